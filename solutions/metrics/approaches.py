"""Right answers unlike the references: loops, other algorithms, other formulas."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np


def _fit(a, b):
    if np.shape(a) != np.shape(b) or np.ndim(a) != 1 or np.size(a) == 0:
        raise ValueError(f"need two 1-D arrays of one length, not {np.shape(a)} and {np.shape(b)}")


# --- confusion_matrix ---


def confusion_matrix__bincount(y_true, y_pred, n_classes):
    """bincount of y_true * k + y_pred: each pair of labels is one number."""
    _fit(y_true, y_pred)
    y, p = y_true.astype(np.int64), y_pred.astype(np.int64)
    if min(y.min(), p.min()) < 0 or max(y.max(), p.max()) >= n_classes:
        raise ValueError("label outside 0..n_classes-1")
    return np.bincount(y * n_classes + p, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_matrix__counter(y_true, y_pred, n_classes):
    """A dictionary of pairs, counted in plain Python."""
    _fit(y_true, y_pred)
    pairs = Counter(zip(y_true.tolist(), y_pred.tolist(), strict=True))
    table = np.zeros((n_classes, n_classes), dtype=int)
    for (true, predicted), count in pairs.items():
        if not (0 <= true < n_classes and 0 <= predicted < n_classes):
            raise ValueError(f"label outside 0..{n_classes - 1}: {true}, {predicted}")
        table[int(true), int(predicted)] = count
    return table


# --- binary_metrics ---


def binary_metrics__one_pass(y_true, y_pred):
    """Four counters in one loop."""
    _fit(y_true, y_pred)
    tp = fp = fn = tn = 0
    for true, predicted in zip(y_true.tolist(), y_pred.tolist(), strict=True):
        tp += true == 1 and predicted == 1
        fp += true != 1 and predicted == 1
        fn += true == 1 and predicted != 1
        tn += true != 1 and predicted != 1
    return [(tp + tn) / len(y_true), tp / (tp + fp) if tp else 0.0, tp / (tp + fn) if tp else 0.0, 2 * tp / (2 * tp + fp + fn) if tp else 0.0]


def binary_metrics__sets(y_true, y_pred):
    """Sets of row numbers: F1 is the Dice coefficient of what is positive and what is predicted to be."""
    _fit(y_true, y_pred)
    true, predicted = set(np.flatnonzero(y_true == 1).tolist()), set(np.flatnonzero(y_pred == 1).tolist())
    both, either = len(true & predicted), len(true) + len(predicted)
    accuracy = 1 - len(true ^ predicted) / len(y_true)
    return accuracy, both / len(predicted) if predicted else 0.0, both / len(true) if true else 0.0, 2 * both / either if either else 0.0


# --- fbeta_score ---


def fbeta_score__one_against_the_rest(y_true, y_pred, n_classes, beta, average):
    """Each class as a binary problem of its own."""
    _fit(y_true, y_pred)
    if average not in ("macro", "micro", "weighted"):
        raise ValueError(f"average is macro, micro or weighted, not {average!r}")
    b = beta * beta
    counts = []
    for label in range(n_classes):
        true, predicted = y_true == label, y_pred == label
        counts.append((np.sum(true & predicted), np.sum(true), np.sum(predicted)))
    if average == "micro":
        counts = [tuple(map(sum, zip(*counts, strict=True)))]
    scores = [float((1 + b) * h / (b * t + s)) if b * t + s else 0.0 for h, t, s in counts]
    weights = [t if average == "weighted" else 1 for _, t, _ in counts]
    return np.float64(sum(w * f for w, f in zip(weights, scores, strict=True)) / sum(weights))


def fbeta_score__precision_and_recall(y_true, y_pred, n_classes, beta, average):
    """By the book: precision and recall of each class, then their weighted harmonic mean, in fractions."""
    _fit(y_true, y_pred)
    if average not in {"macro", "micro", "weighted"}:
        raise ValueError("unknown average")
    if average == "micro":  # with one label a row, all errors are both a false positive and a false negative
        return float(np.mean(np.equal(y_true, y_pred)))
    b, total, weight = Fraction(beta) ** 2, Fraction(0), Fraction(0)
    for label in range(n_classes):
        hits = int(np.sum((y_true == label) & (y_pred == label)))
        true, predicted = int(np.sum(y_true == label)), int(np.sum(y_pred == label))
        weight_of_class = Fraction(true) if average == "weighted" else Fraction(1)
        if hits:
            precision, recall = Fraction(hits, predicted), Fraction(hits, true)
            total += weight_of_class * (1 + b) * precision * recall / (b * precision + recall)
        weight += weight_of_class
    return float(total / weight)


# --- roc_curve and roc_auc ---


def _classes(y, s):
    _fit(y, s)
    return s[y == 1], s[y == 0]


def roc_curve__every_threshold(y_true, scores):
    """The definition: for each distinct score, the fraction of each class at or above it."""
    positive, negative = _classes(y_true, scores)
    if not positive.size or not negative.size:
        raise ValueError("both classes must occur")
    thresholds = np.concatenate([[np.inf], np.unique(scores)[::-1].astype(float)])
    fpr = [float(np.mean(negative >= t)) for t in thresholds]
    tpr = [float(np.mean(positive >= t)) for t in thresholds]
    return np.array(fpr), np.array(tpr), thresholds


def roc_curve__binary_search(y_true, scores):
    """Sort each class once; searchsorted counts how many are below a threshold."""
    positive, negative = (np.sort(part) for part in _classes(y_true, scores))
    if not len(positive) or not len(negative):
        raise ValueError("both classes must occur")
    cuts = np.unique(scores)[::-1]
    rates = [1 - np.searchsorted(part, cuts, side="left") / len(part) for part in (negative, positive)]
    return np.append(0.0, rates[0]), np.append(0.0, rates[1]), np.append(np.inf, cuts)


def roc_auc__all_pairs(y_true, scores):
    """The definition: compare every positive with every negative."""
    positive, negative = _classes(y_true, scores)
    if not len(positive) or not len(negative):
        return float("nan")
    wins = (positive[:, None] > negative).sum() + 0.5 * (positive[:, None] == negative).sum()
    return float(wins / (len(positive) * len(negative)))


def roc_auc__mean_ranks(y_true, scores):
    """Mann-Whitney: the positives' mean ranks, ties averaged, less the least they could be."""
    _fit(y_true, scores)
    positive = np.equal(y_true, 1)
    n, m = int(positive.sum()), int(positive.size - positive.sum())
    if n == 0 or m == 0:
        return math.nan
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return np.float64((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def roc_auc__area(y_true, scores):
    """The area under the curve by trapezoids, which is what gives ties their half."""
    positive, negative = _classes(y_true, scores)
    if not len(positive) or not len(negative):
        return math.nan
    cuts = np.unique(scores)[::-1]
    tpr = np.concatenate([[0.0], [np.mean(positive >= cut) for cut in cuts]])
    fpr = np.concatenate([[0.0], [np.mean(negative >= cut) for cut in cuts]])
    return float(np.sum((fpr[1:] - fpr[:-1]) * (tpr[1:] + tpr[:-1]) / 2))


def average_precision__every_threshold(y_true, scores):
    """The definition, threshold by threshold."""
    _fit(y_true, scores)
    positives = int(np.sum(y_true == 1))
    area, before = 0.0, 0.0
    for cut in sorted(set(scores.tolist()), reverse=True) if positives else []:
        predicted = y_true[scores >= cut]
        recall = np.sum(predicted == 1) / positives
        area += (recall - before) * np.sum(predicted == 1) / len(predicted)
        before = recall
    return float(area)


def average_precision__groups(y_true, scores):
    """Counts of each distinct score by bincount, then cumulative sums from the top."""
    _fit(y_true, scores)
    _, inverse = np.unique(scores, return_inverse=True)
    rows, hits = np.bincount(inverse)[::-1], np.bincount(inverse, weights=(y_true == 1).astype(float))[::-1]
    return np.sum(hits * np.cumsum(hits) / np.cumsum(rows)) / max(hits.sum(), 1.0)


# --- the rest ---


def expected_calibration_error__loop(y_true, prob, n_bins):
    """A list for each bin."""
    _fit(y_true, prob)
    bins = [[] for _ in range(n_bins)]
    for true, p in zip(y_true.tolist(), prob.tolist(), strict=True):
        bins[min(int(p * n_bins), n_bins - 1)].append(float(true == 1) - p)
    return sum(abs(math.fsum(gaps)) for gaps in bins) / len(prob)


def expected_calibration_error__bincount(y_true, prob, n_bins):
    """Sums of y - p in each bin by bincount; the bin's size cancels."""
    _fit(y_true, prob)
    index = np.minimum(np.floor(prob.astype(np.float64) * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(index, weights=(y_true == 1) - prob.astype(np.float64), minlength=n_bins)
    return np.abs(gaps).sum() / len(prob)


def perplexity__inverse_geometric_mean(log_probs, mask):
    """One over the geometric mean of the probabilities."""
    if np.shape(log_probs) != np.shape(mask):
        raise ValueError("log_probs and mask differ in shape")
    kept = log_probs[np.asarray(mask).astype(bool)]
    if not kept.size:
        raise ValueError("no real token")
    return 1 / math.prod(math.exp(value / kept.size) for value in kept.tolist())


def perplexity__running(log_probs, mask):
    """A sum and a count, token by token."""
    if np.shape(log_probs) != np.shape(mask):
        raise ValueError("log_probs and mask differ in shape")
    total, count = 0.0, 0
    for row, real in zip(log_probs, mask, strict=True):
        for value, one in zip(row, real, strict=True):
            if one:
                total, count = total + float(value), count + 1
    if not count:
        raise ValueError("no real token")
    return np.exp(-total / count)


def pass_at_k__exact_integers(n, c, k):
    """Python's integers do not overflow: the two binomials themselves."""
    if not (c <= n and k <= n):
        raise ValueError("c and k are at most n")
    return float(1 - Fraction(math.comb(n - c, k), math.comb(n, k)))


def pass_at_k__logarithms(n, c, k):
    """Binomials by lgamma, subtracted as logarithms."""
    if c > n or k > n:
        raise ValueError("c and k are at most n")
    if n - c < k:
        return 1.0
    log = math.lgamma
    return -math.expm1(log(n - c + 1) - log(n - c - k + 1) - log(n + 1) + log(n - k + 1))


def f1_counterexample__alarm():
    """A nervous screen: the one ill person is found, with a lot of false alarms."""
    y_true = np.zeros(20, dtype=int)
    y_true[0] = 1
    y_pred = np.zeros(20, dtype=int)
    y_pred[:5] = 1
    return y_true, y_pred


def f1_counterexample__lists():
    """Plain lists."""
    return [1, 1] + [0] * 38, [1, 0] + [1] * 12 + [0] * 26


def f1_mended__dice(y_true, y_pred):
    """Twice the overlap over the sum of the two sizes."""
    _fit(y_true, y_pred)
    true, predicted = y_true == 1, y_pred == 1
    return 2 * np.sum(true & predicted) / max(np.sum(true) + np.sum(predicted), 1)


def f1_mended__harmonic(y_true, y_pred):
    """Precision, recall, and their harmonic mean."""
    _fit(y_true, y_pred)
    tp = sum(t == s == 1 for t, s in zip(y_true.tolist(), y_pred.tolist(), strict=True))
    if not tp:
        return 0.0
    return 2 / (np.sum(y_pred == 1) / tp + np.sum(y_true == 1) / tp)


def evaluate_mended__by_hand(y_true, prob, threshold):
    """Counts by comparison, AUC by all pairs."""
    _fit(y_true, prob)
    true, predicted = np.equal(y_true, 1), prob >= threshold
    tp, errors = int(np.sum(true & predicted)), int(np.sum(true != predicted))
    f1 = 2 * tp / (2 * tp + errors) if tp else 0.0
    return [1 - errors / len(prob), tp / int(true.sum()) if tp else 0.0, f1, roc_auc__all_pairs(y_true, prob)]


def evaluate_mended__one_pass(y_true, prob, threshold):
    """One loop for the counts, ranks for AUC."""
    _fit(y_true, prob)
    tp = fp = fn = 0
    for true, p in zip(y_true.tolist(), prob.tolist(), strict=True):
        tp += true == 1 and p >= threshold
        fp += true != 1 and p >= threshold
        fn += true == 1 and p < threshold
    accuracy = (len(prob) - fp - fn) / len(prob)
    return accuracy, tp / max(tp + fn, 1), 2 * tp / max(2 * tp + fp + fn, 1), roc_auc__mean_ranks(y_true, prob)


def label_auc_predicted__balanced_accuracy(tn, fp, fn, tp):
    """The mean of recall and specificity, the area of two trapezoids."""
    if not tp + fn or not tn + fp:
        return math.nan
    return (tp / (tp + fn) + tn / (tn + fp)) / 2


def label_auc_predicted__pairs(tn, fp, fn, tp):
    """Pairs in the right order, and half of those that are tied."""
    positives, negatives = tp + fn, tn + fp
    if positives * negatives == 0:
        return np.nan
    return (tp * tn + 0.5 * (tp * fp + fn * tn)) / (positives * negatives)
