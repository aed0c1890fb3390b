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
    for (true, said), count in pairs.items():
        if not (0 <= true < n_classes and 0 <= said < n_classes):
            raise ValueError(f"label outside 0..{n_classes - 1}: {true}, {said}")
        table[int(true), int(said)] = count
    return table


# --- binary_metrics ---


def binary_metrics__one_pass(y_true, y_pred):
    """Four counters in one loop."""
    _fit(y_true, y_pred)
    tp = fp = fn = tn = 0
    for true, said in zip(y_true.tolist(), y_pred.tolist(), strict=True):
        tp += true == 1 and said == 1
        fp += true != 1 and said == 1
        fn += true == 1 and said != 1
        tn += true != 1 and said != 1
    return [(tp + tn) / len(y_true), tp / (tp + fp) if tp else 0.0, tp / (tp + fn) if tp else 0.0, 2 * tp / (2 * tp + fp + fn) if tp else 0.0]


def binary_metrics__sets(y_true, y_pred):
    """Sets of row numbers: F1 is the Dice coefficient of what is positive and what is said to be."""
    _fit(y_true, y_pred)
    true, said = set(np.flatnonzero(y_true == 1).tolist()), set(np.flatnonzero(y_pred == 1).tolist())
    both, either = len(true & said), len(true) + len(said)
    accuracy = 1 - len(true ^ said) / len(y_true)
    return accuracy, both / len(said) if said else 0.0, both / len(true) if true else 0.0, 2 * both / either if either else 0.0


# --- fbeta_score ---


def fbeta_score__one_against_the_rest(y_true, y_pred, n_classes, beta, average):
    """Each class as a binary problem of its own."""
    _fit(y_true, y_pred)
    if average not in ("macro", "micro", "weighted"):
        raise ValueError(f"average is macro, micro or weighted, not {average!r}")
    b = beta * beta
    counts = []
    for label in range(n_classes):
        true, said = y_true == label, y_pred == label
        counts.append((np.sum(true & said), np.sum(true), np.sum(said)))
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
        true, said = int(np.sum(y_true == label)), int(np.sum(y_pred == label))
        share = Fraction(true) if average == "weighted" else Fraction(1)
        if hits:
            precision, recall = Fraction(hits, said), Fraction(hits, true)
            total += share * (1 + b) * precision * recall / (b * precision + recall)
        weight += share
    return float(total / weight)


# --- roc_curve and roc_auc ---


def _classes(y, s):
    _fit(y, s)
    return s[y == 1], s[y == 0]


def roc_curve__every_threshold(y_true, scores):
    """The definition: for each distinct score, the share of each class at or above it."""
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
        said = y_true[scores >= cut]
        recall = np.sum(said == 1) / positives
        area += (recall - before) * np.sum(said == 1) / len(said)
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
    true, said = y_true == 1, y_pred == 1
    return 2 * np.sum(true & said) / max(np.sum(true) + np.sum(said), 1)


def f1_mended__harmonic(y_true, y_pred):
    """Precision, recall, and their harmonic mean."""
    _fit(y_true, y_pred)
    tp = sum(t == s == 1 for t, s in zip(y_true.tolist(), y_pred.tolist(), strict=True))
    if not tp:
        return 0.0
    return 2 / (np.sum(y_pred == 1) / tp + np.sum(y_true == 1) / tp)
