"""Known mistakes of the lesson metrics. Each makes one mistake and is right otherwise."""

import math

import numpy as np


def _fit(a, b):
    if np.shape(a) != np.shape(b) or np.ndim(a) != 1 or np.size(a) == 0:
        raise ValueError("shapes do not fit")


def _matrix_of(y_true, y_pred, k):
    _fit(y_true, y_pred)
    y, p = np.asarray(y_true).astype(int), np.asarray(y_pred).astype(int)
    if min(y.min(), p.min()) < 0 or max(y.max(), p.max()) >= k:
        raise ValueError("label outside")
    table = np.zeros((k, k), dtype=int)
    np.add.at(table, (y, p), 1)
    return table


def _ratio(a, b):
    return float(a) / float(b) if b else 0.0


# --- confusion_matrix ---


def confusion_matrix__transposed(y_true, y_pred, n_classes):
    """Rows and columns are swapped: row i counts what truly is i, column j what was predicted as j."""
    return _matrix_of(y_true, y_pred, n_classes).T.copy()


def confusion_matrix__rates(y_true, y_pred, n_classes):
    """Each row was divided by its sum: those are rates; the matrix holds counts."""
    table = _matrix_of(y_true, y_pred, n_classes)
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)


def confusion_matrix__only_labels_seen(y_true, y_pred, n_classes):
    """The size came from the labels that occur: use n_classes, or two test sets give tables that cannot be compared."""
    table = _matrix_of(y_true, y_pred, n_classes)
    seen = np.union1d(y_true, y_pred).astype(int)
    return table[np.ix_(seen, seen)]


def confusion_matrix__fancy_add(y_true, y_pred, n_classes):
    """`table[y_true, y_pred] += 1` adds once for each distinct pair: use np.add.at or bincount of y_true * k + y_pred."""
    _matrix_of(y_true, y_pred, n_classes)
    table = np.zeros((n_classes, n_classes), dtype=int)
    table[y_true.astype(int), y_pred.astype(int)] += 1
    return table


def confusion_matrix__negative_wraps(y_true, y_pred, n_classes):
    """A label of -1 was counted in the last row, as negative indices are: check that labels are at least 0."""
    _fit(y_true, y_pred)
    wrapped = [np.where(y < 0, y.astype(int) + n_classes, y) for y in (y_true, y_pred)]
    return _matrix_of(*wrapped, n_classes)


def confusion_matrix__outside_ignored(y_true, y_pred, n_classes):
    """Rows with an unknown label were dropped without a word: the counts no longer add up to n. Raise ValueError."""
    _fit(y_true, y_pred)
    known = (y_true >= 0) & (y_true < n_classes) & (y_pred >= 0) & (y_pred < n_classes)
    return _matrix_of(y_true[known], y_pred[known], n_classes) if known.any() else np.zeros((n_classes, n_classes), dtype=int)


def confusion_matrix__zip_cuts(y_true, y_pred, n_classes):
    """`zip` stopped at the shorter of the two, so labels were lost in silence: compare the shapes first."""
    if np.size(y_true) == 0:
        raise ValueError("empty")
    length = min(len(y_true), len(y_pred))
    return _matrix_of(np.ravel(y_true)[:length], np.ravel(y_pred)[:length], n_classes)


def confusion_matrix__in_place(y_true, y_pred, n_classes):
    """`y_true *= n_classes` overwrites the caller's labels; `pairs = y_true * n_classes + y_pred` makes an array of your own."""
    table = _matrix_of(y_true, y_pred, n_classes)
    if y_true.flags.writeable and y_true.dtype == np.int64:
        y_true *= n_classes
    return table


# --- binary_metrics ---


def _counts(y_true, y_pred):
    (tn, fp), (fn, tp) = _matrix_of(y_true, y_pred, 2).tolist()
    return tn, fp, fn, tp


def _four(accuracy, precision, recall):
    return accuracy, precision, recall, _ratio(2 * precision * recall, precision + recall)


def binary_metrics__swapped(y_true, y_pred):
    """Precision and recall are swapped: precision divides by what you predicted positive, recall by what is positive."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four((tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fn), _ratio(tp, tp + fp))


def binary_metrics__recall_is_specificity(y_true, y_pred):
    """Your recall is TN / (TN + FP), the specificity: recall looks at the positives only, TP / (TP + FN)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four((tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fp), _ratio(tn, tn + fp))


def binary_metrics__accuracy_is_recall(y_true, y_pred):
    """Your accuracy counts the positives only, which is recall; accuracy counts both classes: (TP + TN) / n."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four(_ratio(tp, tp + fn), _ratio(tp, tp + fp), _ratio(tp, tp + fn))


def binary_metrics__f1_of_accuracy_and_recall(y_true, y_pred):
    """F1 is the harmonic mean of precision (精确率) and recall, not of accuracy (准确率) and recall."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    accuracy, recall = (tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fn)
    return accuracy, _ratio(tp, tp + fp), recall, _ratio(2 * accuracy * recall, accuracy + recall)


def binary_metrics__arithmetic_f1(y_true, y_pred):
    """F1 is the harmonic mean, 2PR / (P + R): the arithmetic mean calls 100 % recall at 1 % precision a fair 0.5."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
    return (tp + tn) / (tn + fp + fn + tp), precision, recall, (precision + recall) / 2


def binary_metrics__f1_divides_by_zero(y_true, y_pred):
    """Precision and recall are guarded, their sum is not: with both 0, F1 is 0/0. 2TP / (2TP + FP + FN) needs one guard."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = np.float64(_ratio(tp, tp + fp)), np.float64(_ratio(tp, tp + fn))
    return (tp + tn) / (tn + fp + fn + tp), precision, recall, 2 * precision * recall / (precision + recall)


def binary_metrics__differences_of_uint8(y_true, y_pred):
    """With uint8 labels 0 - 1 is 255, so `y_true - y_pred == -1` never holds and every false positive is lost: compare, do not subtract."""
    _fit(y_true, y_pred)
    y, p = (np.asarray(v).astype(np.int64) if np.asarray(v).dtype == bool else np.asarray(v) for v in (y_true, y_pred))
    fp, fn = int(np.sum(y - p == -1)), int(np.sum(y - p == 1))
    tp = int(np.sum((y == 1) & (p == 1)))
    return _four(float(np.mean(y == p)), _ratio(tp, tp + fp), _ratio(tp, tp + fn))


def binary_metrics__shapes_broadcast(y_true, y_pred):
    """(n, 1) == (n,) broadcasts to an n x n table, and its mean is no accuracy: compare the shapes first."""
    y, p = np.asarray(y_true), np.asarray(y_pred)
    if y.size == 0 or y.size != p.size:
        raise ValueError("sizes differ")
    tp, fp, fn = (float(np.sum(a & b)) for a, b in ((y == 1, p == 1), (y != 1, p == 1), (y == 1, p != 1)))
    return _four(float(np.mean(y == p)), _ratio(tp, tp + fp), _ratio(tp, tp + fn))


# --- fbeta_score ---


def _fbetas(table, beta, squared=True, swap=False):
    hits, true, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    b = beta**2 if squared else beta
    if swap:
        true, said = said, true
    return [_ratio((1 + b) * h, b * t + s) for h, t, s in zip(hits, true, said, strict=True)]


def _word(average):
    if average not in ("macro", "micro", "weighted"):
        raise ValueError("average")


def _mean(scores, table, average):
    if average == "micro":
        return float(np.trace(table) / table.sum())
    if average == "weighted":
        return float(np.average(scores, weights=table.sum(axis=1)))
    return float(np.mean(scores))


def fbeta_score__beta_not_squared(y_true, y_pred, n_classes, beta, average):
    """beta enters squared: (1 + beta²)PR / (beta²P + R)."""
    _word(average)
    table = _matrix_of(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, beta, squared=False), table, average)


def fbeta_score__beta_on_recall(y_true, y_pred, n_classes, beta, average):
    """beta² stands beside recall in your denominator; it belongs to precision, so that a large beta asks for recall."""
    _word(average)
    table = _matrix_of(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, beta, swap=True), table, average)


def fbeta_score__beta_ignored(y_true, y_pred, n_classes, beta, average):
    """This is F1 whatever beta is."""
    _word(average)
    table = _matrix_of(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, 1.0), table, average)


def fbeta_score__macro_of_present(y_true, y_pred, n_classes, beta, average):
    """Macro averaged over the classes that occur only: an absent class counts 0.0 among all n_classes."""
    _word(average)
    table = _matrix_of(y_true, y_pred, n_classes)
    present = (table.sum(axis=0) + table.sum(axis=1)) > 0
    scores = np.array(_fbetas(table, beta))
    return float(scores[present].mean()) if average == "macro" else _mean(scores, table, average)


def fbeta_score__weighted_by_predictions(y_true, y_pred, n_classes, beta, average):
    """Weighted means by how often a class is true, not by how often it is predicted: rows of the matrix, not columns."""
    _word(average)
    table = _matrix_of(y_true, y_pred, n_classes)
    scores = _fbetas(table, beta)
    return float(np.average(scores, weights=table.sum(axis=0))) if average == "weighted" else _mean(scores, table, average)


def fbeta_score__mean_then_f(y_true, y_pred, n_classes, beta, average):
    """You averaged precision and recall first and took one F of the means; macro is the mean of the classes' own F."""
    _word(average)
    table = _matrix_of(y_true, y_pred, n_classes)
    if average != "macro":
        return _mean(_fbetas(table, beta), table, average)
    precision = np.mean([_ratio(h, s) for h, s in zip(np.diag(table), table.sum(axis=0), strict=True)])
    recall = np.mean([_ratio(h, t) for h, t in zip(np.diag(table), table.sum(axis=1), strict=True)])
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def fbeta_score__unknown_word_is_macro(y_true, y_pred, n_classes, beta, average):
    """A misspelt average fell through to macro, and nobody will notice: raise ValueError for other words."""
    table = _matrix_of(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, beta), table, average)


def fbeta_score__nan_for_absent(y_true, y_pred, n_classes, beta, average):
    """0/0 gave nan for an absent class, and one nan makes the whole mean nan: count it 0.0."""
    _word(average)
    table = _matrix_of(y_true, y_pred, n_classes)
    hits, true, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    with np.errstate(invalid="ignore"):
        scores = (1 + beta**2) * hits / (beta**2 * true + said)
    return _mean(scores, table, average)


# --- roc_curve ---


def _curve(y, s, order, keep):
    y, s = y[order], s[order]
    tpr, fpr = np.cumsum(y == 1) / np.sum(y == 1), np.cumsum(y == 0) / np.sum(y == 0)
    last = np.append(s[1:] != s[:-1], True) if keep == "distinct" else np.ones(len(s), bool)
    return np.append(0.0, fpr[last]), np.append(0.0, tpr[last]), np.append(np.inf, s[last])


def _two(y, s):
    _fit(y, s)
    if len(np.unique(y)) < 2:
        raise ValueError("one class")


def roc_curve__a_point_a_row(y_true, scores):
    """One point for each row: rows with the same score must enter together, or the curve depends on the order of the rows."""
    _two(y_true, scores)
    return _curve(y_true, scores, np.argsort(-scores.astype(float), kind="stable"), "rows")


def roc_curve__no_first_point(y_true, scores):
    """The curve starts at the highest score; put (0, 0) with threshold +inf in front, or its area misses a piece."""
    _two(y_true, scores)
    fpr, tpr, thresholds = _curve(y_true, scores, np.argsort(-scores.astype(float)), "distinct")
    return fpr[1:], tpr[1:], thresholds[1:]


def roc_curve__lowest_first(y_true, scores):
    """You went from the lowest score up, so the curve comes back to front: start with the highest."""
    _two(y_true, scores)
    return tuple(part[::-1].copy() for part in _curve(y_true, scores, np.argsort(-scores.astype(float)), "distinct"))


def roc_curve__axes_swapped(y_true, scores):
    """fpr and tpr are swapped: the false positive rate comes first, it is the x axis."""
    _two(y_true, scores)
    fpr, tpr, thresholds = _curve(y_true, scores, np.argsort(-scores.astype(float)), "distinct")
    return tpr, fpr, thresholds


def roc_curve__strictly_above(y_true, scores):
    """A row with score equal to the threshold is predicted positive: use >=, not >."""
    _two(y_true, scores)
    thresholds = np.append(np.inf, np.unique(scores)[::-1])
    said = scores[None, :] > thresholds[:, None]
    return said[:, y_true == 0].mean(axis=1), said[:, y_true == 1].mean(axis=1), thresholds


def roc_curve__fixed_grid(y_true, scores):
    """Thresholds on a fixed grid of [0, 1] miss scores between them and say nothing about logits: use the distinct scores."""
    _two(y_true, scores)
    thresholds = np.append(np.inf, np.linspace(1, 0, 11))
    said = scores[None, :] >= thresholds[:, None]
    return said[:, y_true == 0].mean(axis=1), said[:, y_true == 1].mean(axis=1), thresholds


def roc_curve__divides_by_all(y_true, scores):
    """tpr divides by the number of positives and fpr by that of negatives, not by the number of rows."""
    _two(y_true, scores)
    fpr, tpr, thresholds = _curve(y_true, scores, np.argsort(-scores.astype(float)), "distinct")
    return fpr * np.mean(y_true == 0), tpr * np.mean(y_true == 1), thresholds


def roc_curve__one_class_is_zero(y_true, scores):
    """With one class a rate is 0/0; a curve of zeros looks like an answer: raise ValueError."""
    _fit(y_true, scores)
    if len(np.unique(y_true)) < 2:
        return np.zeros(2), np.zeros(2), np.array([np.inf, 0.0])
    return _curve(y_true, scores, np.argsort(-scores.astype(float)), "distinct")


def roc_curve__sorts_in_place(y_true, scores):
    """`scores.sort()` reordered the caller's array, and its labels no longer belong to its scores: sort a copy."""
    _two(y_true, scores)
    result = _curve(y_true, scores, np.argsort(-scores.astype(float)), "distinct")
    if scores.flags.writeable:
        scores.sort()
    return result


def roc_curve__unsigned_minus(y_true, scores):
    """Sorting by -scores goes wrong for unsigned integers: -np.uint8(1) is 255, and 0 stays 0. Convert the scores to float64 first."""
    _two(y_true, scores)
    order = np.argsort(-scores, kind="stable")
    return _curve(y_true, scores.astype(float), order, "distinct")


# --- roc_auc ---


def _by_ranks(y, ranks):
    positive = y == 1
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def _mid_ranks(s):
    values, inverse, counts = np.unique(s, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def roc_auc__ordinal_ranks(y_true, scores):
    """Tied scores got different ranks, so the result depends on the order of the rows: average the ranks (ties count one half)."""
    _fit(y_true, scores)
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return _by_ranks(y_true, ranks)


def roc_auc__ties_lose(y_true, scores):
    """A tied pair counted 0: it is neither right nor wrong, and counts one half."""
    _fit(y_true, scores)
    if len(np.unique(y_true)) < 2:
        return float("nan")
    return float(np.mean(scores[y_true == 1][:, None] > scores[y_true == 0][None, :]))


def roc_auc__ties_win(y_true, scores):
    """A tied pair counted 1 (you wrote >=): it counts one half."""
    _fit(y_true, scores)
    if len(np.unique(y_true)) < 2:
        return float("nan")
    return float(np.mean(scores[y_true == 1][:, None] >= scores[y_true == 0][None, :]))


def roc_auc__hard_labels(y_true, scores):
    """Thresholding at 0.5 first turns AUC into balanced accuracy: keep the scores."""
    _fit(y_true, scores)
    return _by_ranks(y_true, _mid_ranks(scores >= 0.5))


def roc_auc__upside_down(y_true, scores):
    """You get 1 - AUC: a higher score must mean more positive."""
    _fit(y_true, scores)
    return _by_ranks(y_true, _mid_ranks(-scores.astype(float)))


def roc_auc__fixed_grid(y_true, scores):
    """A grid of thresholds in [0, 1] misses scores between its lines and breaks on logits: use the distinct scores."""
    _fit(y_true, scores)
    if len(np.unique(y_true)) < 2:
        return float("nan")
    said = scores[None, :] >= np.linspace(1.1, -0.1, 13)[:, None]
    fpr, tpr = said[:, y_true == 0].mean(axis=1), said[:, y_true == 1].mean(axis=1)
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


def roc_auc__half_for_one_class(y_true, scores):
    """Without pairs there is no share of pairs; 0.5 claims a coin flip was seen: return nan."""
    _fit(y_true, scores)
    value = _by_ranks(y_true, _mid_ranks(scores))
    return 0.5 if value != value else value


def roc_auc__no_shape_check(y_true, scores):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    y, s = np.ravel(y_true), np.ravel(scores)
    length = min(len(y), len(s))
    return _by_ranks(y[:length], _mid_ranks(s[:length])) if length else float("nan")


def roc_auc__sorts_in_place(y_true, scores):
    """`scores.sort()` reordered the caller's array: sort a copy."""
    _fit(y_true, scores)
    value = _by_ranks(y_true, _mid_ranks(scores))
    if scores.flags.writeable:
        scores.sort()
    return value


# --- average_precision ---


def _steps(y, s, order):
    y, s = y[order], s[order]
    hits = np.cumsum(y == 1)
    last = np.append(s[1:] != s[:-1], True)
    return hits[last] / max(int(hits[-1]), 1), hits[last] / np.flatnonzero(np.append(False, last))


def average_precision__trapezoid(y_true, scores):
    """The trapezoid rule draws lines between points that no threshold reaches, and is too kind: sum steps, (R_i - R_{i-1})·P_i."""
    _fit(y_true, scores)
    recall, precision = _steps(y_true, scores, np.argsort(-scores.astype(float)))
    if not recall[-1]:
        return 0.0
    return float(np.sum(np.diff(np.append(0.0, recall)) * (precision + np.append(1.0, precision[:-1])) / 2))


def average_precision__a_step_a_row(y_true, scores):
    """Each row made a step of its own: rows with the same score enter together, or the result depends on their order."""
    _fit(y_true, scores)
    y = y_true[np.argsort(-scores.astype(float), kind="stable")]
    hits = np.cumsum(y == 1)
    return float(np.sum((hits / np.arange(1, len(y) + 1))[y == 1]) / hits[-1]) if hits[-1] else 0.0


def average_precision__lowest_first(y_true, scores):
    """You started from the lowest score: the first rows to enter are those with the highest."""
    _fit(y_true, scores)
    recall, precision = _steps(y_true, scores, np.argsort(scores.astype(float)))
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision)) if recall[-1] else 0.0


def average_precision__mean_of_precisions(y_true, scores):
    """You averaged precision over all thresholds: only a threshold that adds recall counts, by how much it adds."""
    _fit(y_true, scores)
    recall, precision = _steps(y_true, scores, np.argsort(-scores.astype(float)))
    return float(precision.mean()) if recall[-1] else 0.0


def average_precision__nan_without_positives(y_true, scores):
    """Without a positive recall is 0/0; the contract says 0.0."""
    _fit(y_true, scores)
    recall, precision = _steps(y_true, scores, np.argsort(-scores.astype(float)))
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision)) if recall[-1] else float("nan")


def average_precision__no_shape_check(y_true, scores):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    y, s = np.ravel(y_true), np.ravel(scores)
    length = min(len(y), len(s))
    if not length:
        return 0.0
    recall, precision = _steps(y[:length], s[:length], np.argsort(-s[:length].astype(float)))
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision)) if recall[-1] else 0.0


def average_precision__sorts_in_place(y_true, scores):
    """`scores.sort()` reordered the caller's array: sort a copy."""
    _fit(y_true, scores)
    recall, precision = _steps(y_true, scores, np.argsort(-scores.astype(float)))
    if scores.flags.writeable:
        scores.sort()
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision)) if recall[-1] else 0.0


def average_precision__unsigned_minus(y_true, scores):
    """Sorting by -scores goes wrong for unsigned integers: -np.uint8(1) is 255, and 0 stays 0. Convert the scores to float64 first."""
    _fit(y_true, scores)
    recall, precision = _steps(y_true, scores, np.argsort(-scores, kind="stable"))
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision)) if recall[-1] else 0.0


# --- expected_calibration_error ---


def _bins(y, p, n_bins):
    _fit(y, p)
    return np.asarray(y) == 1, np.asarray(p).astype(float), np.minimum((np.asarray(p).astype(float) * n_bins).astype(int), n_bins - 1)


def _gaps(y, p, index, n_bins):
    """The weighted gaps of the bins that hold something."""
    held = [index == b for b in range(n_bins) if np.any(index == b)]
    return float(sum(np.sum(rows) * abs(y[rows].mean() - p[rows].mean()) for rows in held) / len(p))


def expected_calibration_error__bins_weigh_the_same(y_true, prob, n_bins):
    """Every bin weighed the same: weigh each by its share of the rows."""
    y, p, index = _bins(y_true, prob, n_bins)
    return float(np.mean([abs(y[index == b].mean() - p[index == b].mean()) for b in range(n_bins) if np.any(index == b)]))


def expected_calibration_error__row_by_row(y_true, prob, n_bins):
    """|y - p| row by row is not calibration: a forecast of 0.7 is perfect when 7 of 10 come true. Average within the bin first."""
    y, p, _ = _bins(y_true, prob, n_bins)
    return float(np.mean(np.abs(y - p)))


def expected_calibration_error__bin_centres(y_true, prob, n_bins):
    """The mean probability of a bin is not the bin's centre: average the probabilities that are in it."""
    y, p, index = _bins(y_true, prob, n_bins)
    return float(sum(np.sum(index == b) * abs(y[index == b].mean() - (b + 0.5) / n_bins) for b in range(n_bins) if np.any(index == b)) / len(p))


def expected_calibration_error__confidence(y_true, prob, n_bins):
    """You took max(p, 1-p) and whether the guess was right, the multi-class form: here prob is the chance of class 1."""
    y, p, _ = _bins(y_true, prob, n_bins)
    confident, right = np.maximum(p, 1 - p), (p >= 0.5) == y
    index = np.minimum((confident * n_bins).astype(int), n_bins - 1)
    return _gaps(right, confident, index, n_bins)


def expected_calibration_error__one_falls_out(y_true, prob, n_bins):
    """A probability of exactly 1 fell into no bin: the last bin is closed."""
    y, p, _ = _bins(y_true, prob, n_bins)
    index = (p * n_bins).astype(int)
    return _gaps(y, p, index, n_bins)


def expected_calibration_error__upper_edges(y_true, prob, n_bins):
    """Bins were open below and closed above: here a bin holds its lower edge, [i/n, (i+1)/n)."""
    y, p, _ = _bins(y_true, prob, n_bins)
    index = np.clip(np.ceil(p * n_bins).astype(int) - 1, 0, n_bins - 1)
    return _gaps(y, p, index, n_bins)


def expected_calibration_error__empty_bin_is_nan(y_true, prob, n_bins):
    """The mean of an empty bin is nan, and nan times 0 is nan: leave empty bins out."""
    y, p, index = _bins(y_true, prob, n_bins)
    total = 0.0
    for b in range(n_bins):
        inside = index == b
        total += inside.sum() * abs(y[inside].mean() - p[inside].mean()) if inside.any() else float("nan")
    return total / len(p)


def expected_calibration_error__no_shape_check(y_true, prob, n_bins):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    y, p = np.ravel(y_true), np.ravel(prob)
    length = min(len(y), len(p))
    if not length:
        return 0.0
    y, p, index = _bins(y[:length], p[:length], n_bins)
    return _gaps(y, p, index, n_bins)


def expected_calibration_error__in_place(y_true, prob, n_bins):
    """`prob *= n_bins` overwrites the caller's probabilities; `prob * n_bins` makes an array of your own."""
    _fit(y_true, prob)
    y, p, index = _bins(y_true, prob, n_bins)
    value = _gaps(y, p, index, n_bins)
    if prob.flags.writeable:
        prob *= n_bins
    return value


# --- perplexity ---


def _masked(log_probs, mask):
    if np.shape(log_probs) != np.shape(mask) or not np.any(mask):
        raise ValueError("no real token")
    return np.where(np.asarray(mask) != 0, np.asarray(log_probs).astype(float), 0.0), np.asarray(mask) != 0


def perplexity__padding_counts(log_probs, mask):
    """The mean divides by all places, padding too, which makes the model look better: divide by the real tokens."""
    logs, _ = _masked(log_probs, mask)
    return float(np.exp(-logs.mean()))


def perplexity__mean_of_rows(log_probs, mask):
    """You averaged each row first: short rows then weigh as much as long ones. Sum over all real tokens, divide once."""
    logs, real = _masked(log_probs, mask)
    rows = real.any(axis=1)
    return float(np.exp(-np.mean(logs[rows].sum(axis=1) / real[rows].sum(axis=1))))


def perplexity__mean_of_perplexities(log_probs, mask):
    """The mean of the rows' perplexities is larger than the perplexity of all tokens: average the logarithms, then exp once."""
    logs, real = _masked(log_probs, mask)
    rows = real.any(axis=1)
    return float(np.mean(np.exp(-logs[rows].sum(axis=1) / real[rows].sum(axis=1))))


def perplexity__base_two(log_probs, mask):
    """2 to the power of a mean of natural logarithms: use exp, or logarithms of base 2."""
    logs, real = _masked(log_probs, mask)
    return float(2.0 ** (-logs.sum() / real.sum()))


def perplexity__no_exp(log_probs, mask):
    """That is the mean negative log-likelihood; perplexity is exp of it."""
    logs, real = _masked(log_probs, mask)
    return float(-logs.sum() / real.sum())


def perplexity__sign(log_probs, mask):
    """The sign is missing: exp of the mean log-probability is below 1; perplexity is one over it."""
    logs, real = _masked(log_probs, mask)
    return float(np.exp(logs.sum() / real.sum()))


def perplexity__masks_by_multiplying(log_probs, mask):
    """-inf times 0 is nan: where padding holds -inf, choose with np.where (or index) instead of multiplying."""
    _, real = _masked(log_probs, mask)
    with np.errstate(invalid="ignore"):
        return float(np.exp(-np.sum(np.asarray(log_probs).astype(float) * real) / real.sum()))


def perplexity__one_for_nothing(log_probs, mask):
    """Without a real token there is nothing to measure; 1 would be a perfect model: raise ValueError."""
    if np.shape(log_probs) != np.shape(mask):
        raise ValueError("shapes")
    if not np.any(mask):
        return 1.0
    logs, real = _masked(log_probs, mask)
    return float(np.exp(-logs.sum() / real.sum()))


def perplexity__overwrites_padding(log_probs, mask):
    """`log_probs[mask == 0] = 0` writes into the caller's array; np.where(mask, log_probs, 0) makes one of your own."""
    logs, real = _masked(log_probs, mask)
    if log_probs.flags.writeable:
        log_probs[~real] = 0
    return float(np.exp(-logs.sum() / real.sum()))


# --- pass_at_k ---


def _possible(n, c, k):
    if c > n or k > n:
        raise ValueError("c and k are at most n")


def pass_at_k__with_replacement(n, c, k):
    """1 - (1 - c/n)^k draws with replacement, which is biased low: the k attempts are different ones."""
    _possible(n, c, k)
    return 1 - (1 - c / n) ** k


def pass_at_k__share_of_successes(n, c, k):
    """c/n is pass@1, whatever k."""
    _possible(n, c, k)
    return c / n


def pass_at_k__all_must_pass(n, c, k):
    """That is the chance that all k attempts succeed; pass@k asks for at least one."""
    _possible(n, c, k)
    return math.comb(c, k) / math.comb(n, k)


def pass_at_k__complement_forgotten(n, c, k):
    """That is the chance that none of the k succeeds: subtract it from 1."""
    _possible(n, c, k)
    return math.comb(n - c, k) / math.comb(n, k)


def pass_at_k__factorials_overflow(n, c, k):
    """The binomials of n = 10 000 are beyond float: multiply the ratios (n-c-i)/(n-i), or use exact integers."""
    _possible(n, c, k)
    above = below = 1.0
    for i in range(k):
        above, below = above * max(n - c - i, 0), below * (n - i)
    return 1 - above / below if math.isfinite(below) else float("nan")


def pass_at_k__expected_successes(n, c, k):
    """k·c/n is the expected number of successes, and passes 1: pass@k is the chance of at least one."""
    _possible(n, c, k)
    return k * c / n


def pass_at_k__clipped(n, c, k):
    """Too many successes or draws were cut down to n in silence: a count that cannot be is a bug upstream. Raise ValueError."""
    c, k = min(c, n), min(k, n)
    return 1 - math.comb(n - c, k) / math.comb(n, k)


# --- f1_counterexample ---


def f1_counterexample__guide_is_right():
    """On labels that are all found the guide's formula and F1 agree at 1: the slip shows where precision and accuracy differ."""
    return np.array([1] + [0] * 19), np.array([1] + [0] * 19)


def f1_counterexample__hardly_differs():
    """The two differ, but by little: let precision fall far below accuracy, with many negatives and some false alarms."""
    return np.array([1, 1] + [0] * 38), np.array([1, 0, 1] + [0] * 37)


def f1_counterexample__balanced():
    """Half of your rows are positive; the question is a screening, where few are."""
    return np.array([1] * 2 + [0] * 2), np.array([0, 1, 1, 0])


def f1_counterexample__often_positive():
    """A fifth of your rows is positive: a screening has at most one in ten."""
    return np.array([1] * 4 + [0] * 16), np.array([1, 0, 0, 0] + [1] * 8 + [0] * 8)


def f1_counterexample__wrong_lengths():
    """Labels and predictions have different lengths, so they are no pair."""
    return np.array([1] + [0] * 19), np.array([1, 1, 1])


def f1_counterexample__scores_for_labels():
    """Your predictions are probabilities: F1 is of labels, 0 or 1."""
    return np.array([1] + [0] * 19), np.array([0.9] + [0.4] * 19)


# --- f1_mended ---


def f1_mended__still_accuracy(y_true, y_pred):
    """This is still the guide's formula: replace accuracy by precision, TP / (TP + FP)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    accuracy, recall = (tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fn)
    return _ratio(2 * accuracy * recall, accuracy + recall)


def f1_mended__arithmetic(y_true, y_pred):
    """F1 is the harmonic mean of the two, not the arithmetic one."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return (_ratio(tp, tp + fp) + _ratio(tp, tp + fn)) / 2


def f1_mended__accuracy_and_precision(y_true, y_pred):
    """Now recall is gone: F1 weighs precision against recall; accuracy has no part in it."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    accuracy, precision = (tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fp)
    return _ratio(2 * accuracy * precision, accuracy + precision)


def f1_mended__divides_by_zero(y_true, y_pred):
    """With precision and recall both 0 the formula is 0/0: 2TP / (2TP + FP + FN) needs one guard only."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = np.float64(_ratio(tp, tp + fp)), np.float64(_ratio(tp, tp + fn))
    return float(2 * precision * recall / (precision + recall))


def f1_mended__counts_negatives(y_true, y_pred):
    """This is the F1 of class 0: the positive class is 1."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _ratio(2 * tn, 2 * tn + fp + fn)


def f1_mended__no_shape_check(y_true, y_pred):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    y, p = np.ravel(y_true), np.ravel(y_pred)
    length = min(len(y), len(p))
    y, p = y[:length], p[:length]
    tp, fp, fn = np.sum((y == 1) & (p == 1)), np.sum((y != 1) & (p == 1)), np.sum((y == 1) & (p != 1))
    return _ratio(2 * tp, 2 * tp + fp + fn)
