"""Known mistakes of the lesson metrics, in the form in which people write them first: no refusals, no care for types, unless that is the mistake."""

import math

import numpy as np


def _table(y_true, y_pred, k):
    table = np.zeros((k, k), dtype=int)
    for true, predicted in zip(np.ravel(y_true).tolist(), np.ravel(y_pred).tolist(), strict=False):
        table[int(true), int(predicted)] += 1
    return table


def _ratio(a, b):
    return float(a) / float(b) if b else 0.0


def _same_shape(a, b):
    if np.shape(a) != np.shape(b) or np.ndim(a) != 1 or np.size(a) == 0:
        raise ValueError("shapes do not fit")


# --- confusion_matrix ---


def confusion_matrix__transposed(y_true, y_pred, n_classes):
    """Rows and columns are swapped: row i must be for the rows whose truth is i, yours is for those predicted as i."""
    return _table(y_pred, y_true, n_classes)


def confusion_matrix__rates(y_true, y_pred, n_classes):
    """Each row was divided by its sum: those are rates; the matrix holds counts."""
    table = _table(y_true, y_pred, n_classes)
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)


def confusion_matrix__rates_of_all(y_true, y_pred, n_classes):
    """The entries were divided by the number of rows: the matrix holds counts."""
    table = _table(y_true, y_pred, n_classes)
    return table / table.sum()


def confusion_matrix__only_labels_seen(y_true, y_pred, n_classes):
    """The size came from the labels that occur: use n_classes, or the tables of two test sets cannot be compared."""
    labels = np.unique(np.concatenate([np.ravel(y_true), np.ravel(y_pred)]))
    return np.array([[np.sum((y_true == i) & (y_pred == j)) for j in labels] for i in labels])


def confusion_matrix__only_true_labels_seen(y_true, y_pred, n_classes):
    """The size came from the labels of y_true that occur: use n_classes, or a class that is only predicted has no column."""
    labels = np.unique(y_true)
    return np.array([[np.sum((y_true == i) & (y_pred == j)) for j in labels] for i in labels])


def confusion_matrix__size_of_largest_label(y_true, y_pred, n_classes):
    """The size came from the largest label that occurs: use n_classes, or the tables of two test sets cannot be compared."""
    return _table(y_true, y_pred, int(max(np.max(y_true), np.max(y_pred))) + 1)


def confusion_matrix__fancy_add(y_true, y_pred, n_classes):
    """A pair that occurs twice was counted once, as `table[y_true, y_pred] += 1` does: use np.add.at, or bincount of int64 pair numbers."""
    table = np.zeros((n_classes, n_classes), dtype=int)
    table[y_true, y_pred] += 1
    return table


def confusion_matrix__narrow_product(y_true, y_pred, n_classes):
    """With narrow labels the count of a pair stood in a wrong entry: y_true * n_classes + y_pred wraps around in uint8; convert to int64 first."""
    return np.bincount(y_true * n_classes + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_matrix__floats(y_true, y_pred, n_classes):
    """The counts came back as floats, as np.zeros makes them: give it dtype=int."""
    table = np.zeros((n_classes, n_classes))
    for true, predicted in zip(y_true.astype(int), y_pred.astype(int), strict=True):
        table[true, predicted] += 1
    return table


def confusion_matrix__labels_unchecked(y_true, y_pred, n_classes):
    """Labels outside 0..n_classes-1 were used as indices: n_classes raised IndexError, -1 was counted in the last class. Check, raise ValueError."""
    _same_shape(y_true, y_pred)
    table = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(table, (y_true, y_pred), 1)
    return table


def confusion_matrix__negative_wraps(y_true, y_pred, n_classes):
    """A label of -1 was counted in the last class, as negative indices are: check that labels are at least 0."""
    _same_shape(y_true, y_pred)
    if max(y_true.max(), y_pred.max()) >= n_classes:
        raise ValueError("label too large")
    return _table(y_true, y_pred, n_classes)


def confusion_matrix__carried_over(y_true, y_pred, n_classes):
    """A predicted label outside 0..n_classes-1 was counted in a neighbouring row: check the labels before y_true * n_classes + y_pred."""
    _same_shape(y_true, y_pred)
    return np.bincount(y_true.astype(np.int64) * n_classes + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_matrix__outside_ignored(y_true, y_pred, n_classes):
    """Rows with an unknown label were left out without a word, so the counts do not add up to n: raise ValueError."""
    _same_shape(y_true, y_pred)
    return np.array([[np.sum((y_true == i) & (y_pred == j)) for j in range(n_classes)] for i in range(n_classes)])


def confusion_matrix__no_shape_check(y_true, y_pred, n_classes):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    if np.any((y_true < 0) | (y_true >= n_classes)) or np.any((y_pred < 0) | (y_pred >= n_classes)):
        raise ValueError("label outside")
    return np.array([[np.sum((y_true == i) & (y_pred == j)) for j in range(n_classes)] for i in range(n_classes)])


def confusion_matrix__zip_cuts(y_true, y_pred, n_classes):
    """Labels beyond the shorter of the two were dropped, as zip does: compare the shapes first."""
    table = np.zeros((n_classes, n_classes), dtype=int)
    for true, predicted in zip(y_true, y_pred, strict=False):
        if not (0 <= true < n_classes and 0 <= predicted < n_classes):
            raise ValueError("label outside")
        table[int(true), int(predicted)] += 1
    return table


def confusion_matrix__in_place(y_true, y_pred, n_classes):
    """The caller's labels were overwritten: `y_true * n_classes` makes an array of your own, `y_true *= n_classes` does not."""
    table = _table(y_true, y_pred, n_classes)
    if y_true.flags.writeable:
        y_true *= 2
    return table


# --- binary_metrics ---


def _counts(y_true, y_pred):
    (tn, fp), (fn, tp) = _table(y_true, y_pred, 2).tolist()
    return tn, fp, fn, tp


def _f1(precision, recall):
    return _ratio(2 * precision * recall, precision + recall)


def _four(accuracy, precision, recall):
    return accuracy, precision, recall, _f1(precision, recall)


def binary_metrics__swapped(y_true, y_pred):
    """Precision and recall are swapped: precision divides by what was predicted positive, recall by what is positive."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four((tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fn), _ratio(tp, tp + fp))


def binary_metrics__recall_is_specificity(y_true, y_pred):
    """Your recall is TN / (TN + FP), the specificity (特异度): recall looks at the positives only, TP / (TP + FN)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four((tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fp), _ratio(tn, tn + fp))


def binary_metrics__accuracy_is_recall(y_true, y_pred):
    """Your accuracy counts the positives only, which is recall; accuracy counts both classes: (TP + TN) / n."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four(_ratio(tp, tp + fn), _ratio(tp, tp + fp), _ratio(tp, tp + fn))


def binary_metrics__guides_definitions(y_true, y_pred):
    """Your accuracy is recall and your recall is specificity, the guide's two definitions: accuracy is (TP + TN) / n, recall TP / (TP + FN)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four(_ratio(tp, tp + fn), _ratio(tp, tp + fp), _ratio(tn, tn + fp))


def binary_metrics__f1_of_accuracy_and_recall(y_true, y_pred):
    """F1 is the harmonic mean of precision (精确率) and recall, not of accuracy (准确率) and recall."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    accuracy, recall = (tp + tn) / (tn + fp + fn + tp), _ratio(tp, tp + fn)
    return accuracy, _ratio(tp, tp + fp), recall, _f1(accuracy, recall)


def binary_metrics__arithmetic_f1(y_true, y_pred):
    """F1 is the harmonic mean, 2PR / (P + R): the arithmetic mean gives 100 % recall at 1 % precision a fair 0.5."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
    return (tp + tn) / (tn + fp + fn + tp), precision, recall, (precision + recall) / 2


def binary_metrics__geometric_f1(y_true, y_pred):
    """Your F1 is the geometric mean of precision and recall, the root of P·R: it is the harmonic mean, 2PR / (P + R)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
    return (tp + tn) / (tn + fp + fn + tp), precision, recall, math.sqrt(precision * recall)


def binary_metrics__f1_without_two(y_true, y_pred):
    """Your F1 is half of what it should be: 2PR / (P + R), so that equal precision and recall give that value again."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
    return (tp + tn) / (tn + fp + fn + tp), precision, recall, _ratio(precision * recall, precision + recall)


def binary_metrics__negative_class(y_true, y_pred):
    """Precision, recall and F1 are those of class 0: the positive class is 1."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _four((tp + tn) / (tn + fp + fn + tp), _ratio(tn, tn + fn), _ratio(tn, tn + fp))


def binary_metrics__divides_by_zero(y_true, y_pred):
    """A ratio 0/0 counts as 0.0: guard the denominators of precision, recall and F1 (no positive predicted, none there, none found)."""
    tp, fp, fn = np.sum((y_true == 1) & (y_pred == 1)), np.sum((y_true == 0) & (y_pred == 1)), np.sum((y_true == 1) & (y_pred == 0))
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return np.mean(y_true == y_pred), precision, recall, 2 * precision * recall / (precision + recall)


def binary_metrics__mean_of_nothing(y_true, y_pred):
    """With nothing predicted positive (or nobody positive) precision (or recall) was nan, and F1 with it: count each 0/0 as 0.0 before you add."""
    precision, recall = np.mean(y_true[y_pred == 1] == 1), np.mean(y_pred[y_true == 1] == 1)
    f1 = 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)
    return np.mean(y_true == y_pred), precision, recall, f1


def binary_metrics__f1_divides_by_zero(y_true, y_pred):
    """With precision and recall both 0, F1 was 0/0: their sum needs a guard of its own; 2TP / (2TP + FP + FN) needs one guard in all."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = np.float64(_ratio(tp, tp + fp)), np.float64(_ratio(tp, tp + fn))
    return (tp + tn) / (tn + fp + fn + tp), precision, recall, 2 * precision * recall / (precision + recall)


def binary_metrics__epsilon(y_true, y_pred):
    """The results are a little too small, as with a small number such as 1e-8 or 1e-6 in the denominators: use a condition for 0/0, no epsilon."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = tp / (tp + fp + 1e-6), tp / (tp + fn + 1e-6)
    return (tp + tn) / (tn + fp + fn + tp), precision, recall, 2 * precision * recall / (precision + recall + 1e-6)


def binary_metrics__differences_of_uint8(y_true, y_pred):
    """With uint8 labels 0 - 1 is 255, so `y_true - y_pred == -1` never holds and every false positive is lost: compare, do not subtract."""
    fp, fn = int(np.sum(y_true - y_pred == -1)), int(np.sum(y_true - y_pred == 1))
    tp = int(np.sum((y_true == 1) & (y_pred == 1)))
    return _four(float(np.mean(y_true == y_pred)), _ratio(tp, tp + fp), _ratio(tp, tp + fn))


def binary_metrics__negative_differences(y_true, y_pred):
    """With uint8 labels 0 - 1 is 255, so `y_pred - y_true == -1` never holds and every miss is lost: compare, do not subtract."""
    difference = y_pred - y_true
    fp, fn = int(np.sum(difference == 1)), int(np.sum(difference == -1))
    tp = int(np.sum((y_true == 1) & (y_pred == 1)))
    return _four(float(np.mean(y_true == y_pred)), _ratio(tp, tp + fp), _ratio(tp, tp + fn))


def binary_metrics__sum_of_bools(y_true, y_pred):
    """With bool labels True + True is True, so `y_true + y_pred == 2` never holds and no true positive is counted: compare each with 1."""
    tp, tn = int(np.sum(y_true + y_pred == 2)), int(np.sum(y_true + y_pred == 0))
    return _four((tp + tn) / len(y_true), _ratio(tp, int(np.sum(y_pred))), _ratio(tp, int(np.sum(y_true))))


def binary_metrics__narrow_dot(y_true, y_pred):
    """Products of uint8 labels were added up in uint8, where 300 true positives are 44, and those of bool labels to True: convert to int64 first."""
    tp = int(y_true @ y_pred)
    return _four(float(np.mean(y_true == y_pred)), _ratio(tp, int(np.sum(y_pred))), _ratio(tp, int(np.sum(y_true))))


def binary_metrics__shapes_broadcast(y_true, y_pred):
    """Shapes that do not fit, or no rows, went through: numpy stretches them, (n, 1) == (n,) is an n x n table. Compare the shapes first."""
    tp, fp, fn = (float(np.sum(a & b)) for a, b in ((y_true == 1, y_pred == 1), (y_true != 1, y_pred == 1), (y_true == 1, y_pred != 1)))
    return _four(float(np.mean(y_true == y_pred)) if np.size(y_true) else 0.0, _ratio(tp, tp + fp), _ratio(tp, tp + fn))


# --- fbeta_score ---


def _fbetas(table, beta, squared=True, swap=False):
    hits, true, predicted = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    b = beta**2 if squared else beta
    if swap:
        true, predicted = predicted, true
    return [_ratio((1 + b) * h, b * t + s) for h, t, s in zip(hits, true, predicted, strict=True)]


def _mean(scores, table, average):
    if average == "micro":
        return float(np.trace(table) / table.sum())
    if average == "weighted":
        return float(np.average(scores, weights=table.sum(axis=1)))
    return float(np.mean(scores))


def fbeta_score__beta_not_squared(y_true, y_pred, n_classes, beta, average):
    """beta enters squared: (1 + beta²)PR / (beta²P + R)."""
    table = _table(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, beta, squared=False), table, average)


def fbeta_score__beta_on_recall(y_true, y_pred, n_classes, beta, average):
    """beta² stands beside recall in your denominator; it belongs to precision, beta²P + R, so that a large beta asks for recall."""
    table = _table(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, beta, swap=True), table, average)


def fbeta_score__beta_ignored(y_true, y_pred, n_classes, beta, average):
    """You returned F1, whatever beta is: put beta² beside precision, (1 + beta²)PR / (beta²P + R)."""
    table = _table(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, 1.0), table, average)


def fbeta_score__factor_forgotten(y_true, y_pred, n_classes, beta, average):
    """Where P = R = 1 your F is 1 / (1 + beta²): the numerator is (1 + beta²)PR."""
    table = _table(y_true, y_pred, n_classes)
    value = _mean([score / (1 + beta**2) for score in _fbetas(table, beta)], table, average)
    return value / (1 + beta**2) if average == "micro" else value


def fbeta_score__average_ignored(y_true, y_pred, n_classes, beta, average):
    """You returned the macro mean for every word: weighted and micro are others."""
    table = _table(y_true, y_pred, n_classes)
    return float(np.mean(_fbetas(table, beta)))


def fbeta_score__macro_of_present(y_true, y_pred, n_classes, beta, average):
    """Macro averaged over the classes that occur only: an absent class counts 0.0 among all n_classes."""
    table = _table(y_true, y_pred, n_classes)
    present = (table.sum(axis=0) + table.sum(axis=1)) > 0
    scores = np.array(_fbetas(table, beta))
    return float(scores[present].mean()) if average == "macro" else _mean(scores, table, average)


def fbeta_score__weighted_by_predictions(y_true, y_pred, n_classes, beta, average):
    """Weighted means by how often a class is true, not by how often it is predicted: rows of the matrix, not columns."""
    table = _table(y_true, y_pred, n_classes)
    scores = _fbetas(table, beta)
    return float(np.average(scores, weights=table.sum(axis=0))) if average == "weighted" else _mean(scores, table, average)


def fbeta_score__weights_not_normalised(y_true, y_pred, n_classes, beta, average):
    """The weighted sum was not divided by the number of rows: the weights are fractions that add up to 1."""
    table = _table(y_true, y_pred, n_classes)
    value = _mean(_fbetas(table, beta), table, average)
    return value * float(table.sum()) if average == "weighted" else value


def fbeta_score__mean_then_f(y_true, y_pred, n_classes, beta, average):
    """You averaged precision and recall first and took one F of the means; macro is the mean of the classes' own F."""
    table = _table(y_true, y_pred, n_classes)
    if average != "macro":
        return _mean(_fbetas(table, beta), table, average)
    precision = np.mean([_ratio(h, s) for h, s in zip(np.diag(table), table.sum(axis=0), strict=True)])
    recall = np.mean([_ratio(h, t) for h, t in zip(np.diag(table), table.sum(axis=1), strict=True)])
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def fbeta_score__unknown_word_is_macro(y_true, y_pred, n_classes, beta, average):
    """Another word than macro, micro or weighted got the macro average; a misspelt one will not be noticed: raise ValueError."""
    _same_shape(y_true, y_pred)
    table = _table(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, beta), table, average)


def fbeta_score__unknown_word_is_micro(y_true, y_pred, n_classes, beta, average):
    """Another word than macro, micro or weighted got the micro average; a misspelt one will not be noticed: raise ValueError."""
    _same_shape(y_true, y_pred)
    table = _table(y_true, y_pred, n_classes)
    return _mean(_fbetas(table, beta), table, average if average in ("macro", "weighted") else "micro")


def fbeta_score__nan_for_absent(y_true, y_pred, n_classes, beta, average):
    """0/0 gave nan for a class that is absent or never found, and one nan makes the whole mean nan: count it 0.0."""
    table = _table(y_true, y_pred, n_classes)
    hits, true, predicted = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    precision, recall = hits / predicted, hits / true
    scores = (1 + beta**2) * precision * recall / (beta**2 * precision + recall)
    return _mean(scores, table, average)


def fbeta_score__narrow_product(y_true, y_pred, n_classes, beta, average):
    """With labels of a narrow type the counts went astray: y_true * n_classes + y_pred wraps around in uint8; convert to int64 first."""
    if average not in ("macro", "micro", "weighted"):
        raise ValueError("average")
    table = np.bincount(y_true * n_classes + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)
    return _mean(_fbetas(table, beta), table, average)


def fbeta_score__no_shape_check(y_true, y_pred, n_classes, beta, average):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    if average not in ("macro", "micro", "weighted"):
        raise ValueError("average")
    classes = range(n_classes)
    table = np.array([[np.sum((y_true == i) & (y_pred == j)) for j in classes] for i in classes])
    return _mean(_fbetas(table, beta), table, average)


# --- roc_curve ---


def _curve(y, s, order, keep="distinct"):
    y, s = np.ravel(y)[order], np.ravel(s)[order]
    tpr, fpr = np.cumsum(y == 1) / max(np.sum(y == 1), 1), np.cumsum(y == 0) / max(np.sum(y == 0), 1)
    last = np.append(s[1:] != s[:-1], True)[: len(s)] if keep == "distinct" else np.ones(len(s), bool)
    return np.append(0.0, fpr[last]), np.append(0.0, tpr[last]), np.append(np.inf, s[last])


def _down(scores, stable=True):
    return np.argsort(-np.ravel(scores).astype(float), kind="stable" if stable else None)


def roc_curve__a_point_a_row(y_true, scores):
    """One point for each row: rows with the same score must enter together, or the curve depends on the order of the rows."""
    return _curve(y_true, scores, _down(scores, stable=False), "rows")


def roc_curve__a_point_a_row_stable(y_true, scores):
    """One point for each row, tied rows in the order of the rows: rows with the same score must enter together."""
    return _curve(y_true, scores, _down(scores), "rows")


def roc_curve__a_point_a_row_reversed(y_true, scores):
    """One point for each row, tied rows from the last to the first: rows with the same score must enter together."""
    return _curve(y_true, scores, np.argsort(np.ravel(scores), kind=None)[::-1], "rows")


def roc_curve__first_of_a_tie(y_true, scores):
    """At tied scores the counts were read at the first of the rows: at that threshold all of them are predicted positive, so read at the last."""
    order = _down(scores)
    fpr, tpr, thresholds = _curve(y_true, scores, order, "rows")
    kept = np.append(True, np.diff(np.ravel(scores)[order]) != 0)
    return fpr[np.append(True, kept)], tpr[np.append(True, kept)], thresholds[np.append(True, kept)]


def roc_curve__no_first_point(y_true, scores):
    """The curve starts at the highest score; put (0, 0) with threshold +inf in front, or its area misses a piece."""
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    return fpr[1:], tpr[1:], thresholds[1:]


def roc_curve__first_threshold_above(y_true, scores):
    """The first threshold is the highest score plus 1, an older convention: here it is +inf, which is above every score."""
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    return fpr, tpr, np.append(thresholds[1] + 1, thresholds[1:])


def roc_curve__lowest_first(y_true, scores):
    """The curve comes back to front, the lowest score first: start with the highest."""
    return tuple(part[::-1] for part in _curve(y_true, scores, _down(scores)))


def roc_curve__axes_swapped(y_true, scores):
    """fpr and tpr are swapped: the false positive rate comes first, it is the x axis."""
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    return tpr, fpr, thresholds


def roc_curve__false_discovery_rate(y_true, scores):
    """Your fpr is FP / (TP + FP), the fraction of the predicted positives that are wrong: fpr divides by all negatives, FP / (FP + TN)."""
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    fp, tp = fpr * np.sum(y_true == 0), tpr * np.sum(y_true == 1)
    return fp / np.maximum(tp + fp, 1), tpr, thresholds


def roc_curve__precision_and_recall(y_true, scores):
    """The first array is precision, TP / (TP + FP): that is the precision-recall curve. ROC wants FP / (FP + TN) on its x axis."""
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    fp, tp = fpr * np.sum(y_true == 0), tpr * np.sum(y_true == 1)
    return np.where(tp + fp == 0, 1.0, tp / np.maximum(tp + fp, 1)), tpr, thresholds


def roc_curve__specificity(y_true, scores):
    """The first array is 1 - fpr, the specificity: ROC plots FP / (FP + TN), so it starts at 0."""
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    return 1 - fpr, tpr, thresholds


def roc_curve__strictly_above(y_true, scores):
    """A row with score equal to the threshold is predicted positive: use >=, not >."""
    thresholds = np.append(np.inf, np.unique(scores)[::-1])
    predicted = scores[None, :] > thresholds[:, None]
    return predicted[:, y_true == 0].mean(axis=1), predicted[:, y_true == 1].mean(axis=1), thresholds


def roc_curve__fixed_grid(y_true, scores):
    """Thresholds on a fixed grid of [0, 1] miss scores between them and say nothing about logits: use the distinct scores."""
    thresholds = np.append(np.inf, np.linspace(1, 0, 11))
    predicted = scores[None, :] >= thresholds[:, None]
    return predicted[:, y_true == 0].mean(axis=1), predicted[:, y_true == 1].mean(axis=1), thresholds


def roc_curve__divides_by_all(y_true, scores):
    """tpr divides by the number of positives and fpr by that of negatives, not by the number of rows."""
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    return fpr * np.mean(y_true == 0), tpr * np.mean(y_true == 1), thresholds


def roc_curve__one_class_accepted(y_true, scores):
    """With one class a rate is 0/0, and whatever comes back looks like an answer: raise ValueError."""
    _same_shape(y_true, scores)
    fpr, tpr, thresholds = _curve(y_true, scores, _down(scores))
    return fpr, tpr, thresholds.astype(scores.dtype if scores.dtype.kind == "f" else np.float64)


def roc_curve__no_shape_check(y_true, scores):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    if np.size(y_true) > 1 and len(np.unique(y_true)) < 2:
        raise ValueError("one class")
    length = min(np.size(y_true), np.size(scores))
    y, s = np.ravel(y_true)[:length], np.ravel(scores)[:length]
    fpr, tpr, thresholds = _curve(y, s, _down(s)) if length else (np.zeros(1), np.zeros(1), np.array([np.inf]))
    return fpr, tpr, thresholds.astype(s.dtype if s.dtype.kind == "f" else np.float64)


def roc_curve__sorts_in_place(y_true, scores):
    """The caller's scores were reordered, so its labels no longer belong to them: sort a copy (np.sort, not scores.sort())."""
    result = _curve(y_true, scores, _down(scores))
    if scores.flags.writeable:
        scores.sort()
    return result


def roc_curve__unsigned_minus(y_true, scores):
    """Scores of a byte came in a wrong order, as when sorting by -scores: -np.uint8(1) is 255, -np.int8(-128) is -128. Convert to float64 first."""
    return _curve(y_true, scores, np.argsort(-np.ravel(scores), kind="stable"))


# --- roc_auc ---


def _by_ranks(y, ranks):
    positive = np.ravel(y) == 1
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def _mid_ranks(s):
    _, inverse, counts = np.unique(np.ravel(s), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def _ordinal(scores, kind):
    ranks = np.empty(np.size(scores))
    ranks[np.argsort(np.ravel(scores), kind=kind)] = np.arange(1, np.size(scores) + 1)
    return ranks


def roc_auc__ordinal_ranks(y_true, scores):
    """Tied scores got different ranks, so the result depends on the order of the rows: average the ranks (ties count one half)."""
    return _by_ranks(y_true, _ordinal(scores, None))


def roc_auc__ordinal_ranks_stable(y_true, scores):
    """Tied scores got different ranks, in the order of the rows: average the ranks (ties count one half)."""
    return _by_ranks(y_true, _ordinal(scores, "stable"))


def roc_auc__rows_one_by_one(y_true, scores):
    """Tied rows entered one by one, in the order of a sort: rows with the same score enter together, which counts ties one half."""
    y = np.ravel(y_true)[_down(scores, stable=False)]
    positives, pairs = np.cumsum(y == 1), np.sum(y == 1) * np.sum(y == 0)
    return float(np.sum(positives[y == 0]) / pairs) if pairs else float("nan")


def roc_auc__rows_one_by_one_stable(y_true, scores):
    """Tied rows entered one by one, in the order of the rows: rows with the same score enter together, which counts ties one half."""
    y = np.ravel(y_true)[_down(scores)]
    positives, pairs = np.cumsum(y == 1), np.sum(y == 1) * np.sum(y == 0)
    return float(np.sum(positives[y == 0]) / pairs) if pairs else float("nan")


def roc_auc__ties_lose(y_true, scores):
    """A tied pair counted 0: it is neither right nor wrong, and counts one half."""
    positive, negative = scores[y_true == 1], scores[y_true == 0]
    return float(np.mean(positive[:, None] > negative[None, :])) if len(positive) and len(negative) else float("nan")


def roc_auc__ties_win(y_true, scores):
    """A tied pair counted 1, as with >=: it is neither right nor wrong, and counts one half."""
    positive, negative = scores[y_true == 1], scores[y_true == 0]
    return float(np.mean(positive[:, None] >= negative[None, :])) if len(positive) and len(negative) else float("nan")


def roc_auc__hard_labels(y_true, scores):
    """Thresholding at 0.5 first turns AUC into balanced accuracy: keep the scores."""
    return _by_ranks(y_true, _mid_ranks(scores >= 0.5))


def roc_auc__upside_down(y_true, scores):
    """You returned 1 - AUC, as when the scores are sorted the wrong way round, or fpr and tpr have changed places under the curve."""
    return _by_ranks(y_true, _mid_ranks(-np.ravel(scores).astype(float)))


def roc_auc__fixed_grid(y_true, scores):
    """A grid of thresholds in [0, 1] misses scores between its lines and breaks on logits: use the distinct scores."""
    predicted = scores[None, :] >= np.linspace(1, 0, 101)[:, None]
    fpr, tpr = predicted[:, y_true == 0].mean(axis=1), predicted[:, y_true == 1].mean(axis=1)
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


def roc_auc__starts_at_the_highest_score(y_true, scores):
    """The area is too small by the piece before the first point: put (0, 0) in front of the curve."""
    fpr, tpr, _ = _curve(y_true, scores, _down(scores))
    return float(np.sum(np.diff(fpr[1:]) * (tpr[2:] + tpr[1:-1]) / 2))


def roc_auc__rank_sum_not_corrected(y_true, scores):
    """The result exceeds 1: take n₊(n₊ + 1)/2, the positives' least possible rank sum, off before dividing by n₊·n₋."""
    positive = np.ravel(y_true) == 1
    return float(_mid_ranks(scores)[positive].sum() / (positive.sum() * (~positive).sum()))


def roc_auc__ranks_from_zero(y_true, scores):
    """The result is too small by 1/n₋, as with ranks that count from 0: take n₊(n₊ - 1)/2 off then, or count them from 1."""
    return _by_ranks(y_true, _mid_ranks(scores) - 1)


def roc_auc__half_for_one_class(y_true, scores):
    """With one class only you returned 0.5, which looks like a measured coin flip; there are no pairs to measure: return nan."""
    value = _by_ranks(y_true, _mid_ranks(scores))
    return 0.5 if value != value else value


def roc_auc__warns_for_one_class(y_true, scores):
    """With one class only, 0/0 gave nan with a RuntimeWarning: look for the missing class before dividing."""
    positive = np.ravel(y_true) == 1
    n, m = positive.sum(), (~positive).sum()
    return (_mid_ranks(scores)[positive].sum() - n * (n + 1) / 2) / (n * m)


def roc_auc__no_shape_check(y_true, scores):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    if len(y_true) != len(scores):
        raise ValueError("lengths")
    return _by_ranks(y_true, _mid_ranks(scores)) if len(y_true) else float("nan")


def roc_auc__differences_of_small_integers(y_true, scores):
    """Differences of uint8 or int8 scores wrap around, 1 - 3 is 254: compare the scores, or convert them to float64 first."""
    if np.size(y_true) == 0 or np.shape(y_true) != np.shape(scores):
        raise ValueError("shapes")
    positive, negative = scores[y_true == 1], scores[y_true == 0]
    if not len(positive) or not len(negative):
        return float("nan")
    if scores.dtype.kind == "b":
        scores = scores.astype(int)
    difference = positive[:, None] - negative[None, :]
    wins, ties = np.sum(difference > 0), np.sum(difference == 0)
    return float((wins + ties / 2) / difference.size)


def roc_auc__sorts_in_place(y_true, scores):
    """The caller's scores were reordered: sort a copy (np.sort, not scores.sort())."""
    value = _by_ranks(y_true, _mid_ranks(scores))
    if scores.flags.writeable:
        scores.sort()
    return value


def roc_auc__unsigned_minus(y_true, scores):
    """Scores of a byte came in a wrong order, as when sorting by -scores: -np.uint8(1) is 255, -np.int8(-128) is -128. Convert to float64 first."""
    fpr, tpr, _ = _curve(y_true, scores, np.argsort(-np.ravel(scores), kind="stable"))
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


# --- average_precision ---


def _row_by_row(y, order):
    y = np.ravel(y)[order]
    hits = np.cumsum(y == 1)
    return float(np.sum((hits / np.arange(1, len(y) + 1))[y == 1]) / hits[-1]) if len(y) and hits[-1] else 0.0


def _steps(y, s, order):
    y, s = np.ravel(y)[order], np.ravel(s)[order]
    hits = np.cumsum(y == 1)
    last = np.append(s[1:] != s[:-1], True)
    return hits[last] / max(int(hits[-1]), 1), hits[last] / np.flatnonzero(np.append(False, last))


def _area(recall, precision):
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision))


def average_precision__trapezoid(y_true, scores):
    """The trapezoid rule draws lines between points that no threshold reaches, and its area is another number: sum steps, (R_i - R_{i-1})·P_i."""
    recall, precision = _steps(y_true, scores, _down(scores))
    recall, precision = np.append(0.0, recall), np.append(1.0, precision)
    return float(np.sum(np.diff(recall) * (precision[1:] + precision[:-1]) / 2))


def average_precision__trapezoid_from_first(y_true, scores):
    """Trapezoids between the curve's points, the piece before the first one left out: sum steps from recall 0, (R_i - R_{i-1})·P_i."""
    recall, precision = _steps(y_true, scores, _down(scores))
    return float(np.sum(np.diff(recall) * (precision[1:] + precision[:-1]) / 2))


def average_precision__a_step_a_row(y_true, scores):
    """Each row made a step of its own: rows with the same score enter together, or the result depends on their order."""
    return _row_by_row(y_true, _down(scores, stable=False))


def average_precision__a_step_a_row_stable(y_true, scores):
    """Each row made a step of its own, tied rows in the order of the rows: rows with the same score enter together."""
    return _row_by_row(y_true, _down(scores))


def average_precision__a_step_a_row_reversed(y_true, scores):
    """Each row made a step of its own, tied rows from the last to the first: rows with the same score enter together."""
    return _row_by_row(y_true, np.argsort(np.ravel(scores), kind=None)[::-1])


def average_precision__first_step_missing(y_true, scores):
    """The first step, from recall 0, is missing: put R_0 = 0 in front of the recalls before np.diff."""
    recall, precision = _steps(y_true, scores, _down(scores))
    return float(np.sum(np.diff(recall) * precision[1:]))


def average_precision__lowest_first(y_true, scores):
    """You started from the lowest score: the first rows to enter are those with the highest."""
    return _area(*_steps(y_true, scores, np.argsort(np.ravel(scores).astype(float), kind="stable")))


def average_precision__mean_of_precisions(y_true, scores):
    """You averaged precision over all thresholds: only a threshold that adds recall counts, by how much it adds."""
    return float(_steps(y_true, scores, _down(scores))[1].mean())


def average_precision__divides_by_rows(y_true, scores):
    """The precisions at the positives were summed and divided by the number of rows: divide by the number of positives."""
    y = np.ravel(y_true)
    return _area(*_steps(y_true, scores, _down(scores))) * float(np.mean(y == 1))


def average_precision__interpolated(y_true, scores):
    """Precision was raised to the best one at any higher recall, as the interpolated form does: here each step has its own precision."""
    recall, precision = _steps(y_true, scores, _down(scores))
    return _area(recall, np.maximum.accumulate(precision[::-1])[::-1])


def average_precision__eleven_points(y_true, scores):
    """The mean of the best precision at recall 0, 0.1, ..., 1 is the 11-point form of old object-detection contests: sum over the distinct scores."""
    recall, precision = _steps(y_true, scores, _down(scores))
    return float(np.mean([np.max(precision[recall >= r - 1e-12], initial=0.0) for r in np.linspace(0, 1, 11)]))


def average_precision__previous_precision(y_true, scores):
    """Each step of recall was weighted by the precision before it: P_i stands at the step's end."""
    recall, precision = _steps(y_true, scores, _down(scores))
    return _area(recall, np.append(1.0, precision[:-1]))


def average_precision__nan_without_positives(y_true, scores):
    """Without a positive recall is 0/0; here it counts as 0.0: look for a positive before dividing."""
    order = _down(scores)
    y, s = np.ravel(y_true)[order], np.ravel(scores)[order]
    last = np.append(s[1:] != s[:-1], True)
    tp = np.cumsum(y == 1)[last]
    return np.sum(np.diff(np.append(0.0, tp / tp[-1])) * tp / np.flatnonzero(np.append(False, last)))


def average_precision__no_shape_check(y_true, scores):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    if len(y_true) != len(scores):
        raise ValueError("lengths")
    return _area(*_steps(y_true, scores, _down(scores))) if len(y_true) else 0.0


def average_precision__sorts_in_place(y_true, scores):
    """The caller's scores were reordered: sort a copy (np.sort, not scores.sort())."""
    value = _area(*_steps(y_true, scores, _down(scores)))
    if scores.flags.writeable:
        scores.sort()
    return value


def average_precision__unsigned_minus(y_true, scores):
    """Scores of a byte came in a wrong order, as when sorting by -scores: -np.uint8(1) is 255, -np.int8(-128) is -128. Convert to float64 first."""
    return _area(*_steps(y_true, scores, np.argsort(-np.ravel(scores), kind="stable")))


# --- expected_calibration_error ---


def _index(p, n_bins):
    return np.minimum((p * n_bins).astype(int), n_bins - 1)


def _gaps(y, p, index, n_bins, size=abs):
    """The weighted gaps of the bins that hold something."""
    held = [index == b for b in range(n_bins) if np.any(index == b)]
    return float(sum(np.sum(rows) * size(np.mean(y[rows]) - np.mean(p[rows])) for rows in held) / len(p))


def expected_calibration_error__bins_weigh_the_same(y_true, prob, n_bins):
    """Every filled bin weighed the same: weigh each by its fraction of the rows."""
    index = _index(prob, n_bins)
    return float(np.mean([abs(y_true[index == b].mean() - prob[index == b].mean()) for b in range(n_bins) if np.any(index == b)]))


def expected_calibration_error__mean_over_all_bins(y_true, prob, n_bins):
    """The gaps were added up and divided by n_bins, empty bins too: weigh each gap by its bin's fraction of the rows."""
    index = _index(prob, n_bins)
    return float(sum(abs(y_true[index == b].mean() - prob[index == b].mean()) for b in range(n_bins) if np.any(index == b)) / n_bins)


def expected_calibration_error__row_by_row(y_true, prob, n_bins):
    """|y - p| row by row is not calibration: a probability of 0.7 is perfect when 7 of 10 come true. Average within the bin first."""
    return float(np.mean(np.abs(y_true - prob)))


def expected_calibration_error__no_abs(y_true, prob, n_bins):
    """Gaps of different sign cancelled: take the absolute value of each bin's gap before adding."""
    return _gaps(y_true, prob, _index(prob, n_bins), n_bins, float)


def expected_calibration_error__squared(y_true, prob, n_bins):
    """The gaps were squared: take their absolute value."""
    return _gaps(y_true, prob, _index(prob, n_bins), n_bins, lambda gap: gap**2)


def expected_calibration_error__largest_gap(y_true, prob, n_bins):
    """You returned the largest gap of a bin, which is the maximum calibration error: add the gaps up, weighted by the bins' rows."""
    index = _index(prob, n_bins)
    return float(max(abs(y_true[index == b].mean() - prob[index == b].mean()) for b in range(n_bins) if np.any(index == b)))


def expected_calibration_error__bin_centres(y_true, prob, n_bins):
    """The mean probability of a bin is not the bin's centre: average the probabilities that are in it."""
    index = _index(prob, n_bins)
    return float(
        sum(np.sum(index == b) * abs(y_true[index == b].mean() - (b + 0.5) / n_bins) for b in range(n_bins) if np.any(index == b)) / len(prob)
    )


def expected_calibration_error__confidence(y_true, prob, n_bins):
    """You took max(p, 1-p) and whether the guess was right, the multi-class form: here prob is the probability of class 1."""
    confident, right = np.maximum(prob, 1 - prob), (prob >= 0.5) == (y_true == 1)
    return _gaps(right, confident, _index(confident, n_bins), n_bins)


def expected_calibration_error__one_falls_out(y_true, prob, n_bins):
    """A probability of exactly 1 fell into no bin: the last bin is closed."""
    return _gaps(y_true, prob, (prob * n_bins).astype(int), n_bins)


def expected_calibration_error__upper_edges(y_true, prob, n_bins):
    """A probability on an edge was put into the bin below: here a bin holds its lower edge, [i/n, (i+1)/n)."""
    return _gaps(y_true, prob, np.clip(np.ceil(prob * n_bins).astype(int) - 1, 0, n_bins - 1), n_bins)


def expected_calibration_error__zero_falls_out(y_true, prob, n_bins):
    """Bins were open below and closed above, so a probability of 0 fell into none: here they are [i/n, (i+1)/n), the last one closed."""
    return _gaps(y_true, prob, np.ceil(prob * n_bins).astype(int) - 1, n_bins)


def expected_calibration_error__empty_bin_is_nan(y_true, prob, n_bins):
    """The mean of an empty bin is nan, and nan times 0 is nan: leave empty bins out."""
    index, total = _index(prob, n_bins), 0.0
    for b in range(n_bins):
        inside = index == b
        total += inside.sum() * abs(y_true[inside].mean() - prob[inside].mean())
    return total / len(prob)


def expected_calibration_error__no_shape_check(y_true, prob, n_bins):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    if len(y_true) != len(prob):
        raise ValueError("lengths")
    p = prob.astype(float)
    return _gaps(y_true, p, _index(p, n_bins), n_bins) if len(p) else 0.0


def expected_calibration_error__in_place(y_true, prob, n_bins):
    """The caller's probabilities were overwritten: `prob * n_bins` makes an array of your own, `prob *= n_bins` does not."""
    value = _gaps(y_true, prob, _index(prob, n_bins), n_bins)
    if prob.flags.writeable:
        prob *= n_bins
    return value


# --- perplexity ---


def _masked(log_probs, mask):
    return np.where(mask != 0, log_probs, 0.0)


def perplexity__padding_counts(log_probs, mask):
    """The mean divides by all places, padding too, which makes the model look better: divide by the number of real tokens."""
    return float(np.exp(-_masked(log_probs, mask).sum() / mask.size))


def perplexity__mask_ignored(log_probs, mask):
    """The padding's log-probabilities were added in: use the real tokens only, where mask is 1."""
    return float(np.exp(-np.mean(log_probs)))


def perplexity__mean_of_rows(log_probs, mask):
    """You averaged each row first: short rows then weigh as much as long ones. Sum over all real tokens, divide once."""
    return float(np.exp(-np.mean(_masked(log_probs, mask).sum(axis=1) / mask.sum(axis=1))))


def perplexity__mean_of_perplexities(log_probs, mask):
    """The mean of the rows' perplexities is not the perplexity of all tokens: average the logarithms over all real tokens, then exp once."""
    return float(np.mean(np.exp(-_masked(log_probs, mask).sum(axis=1) / mask.sum(axis=1))))


def perplexity__divides_by_rows(log_probs, mask):
    """The sum was divided by the number of rows: divide by the number of real tokens."""
    return float(np.exp(-_masked(log_probs, mask).sum() / len(log_probs)))


def perplexity__not_divided(log_probs, mask):
    """The sum was not divided: perplexity is exp of the MEAN over the real tokens, so a longer text is not worse."""
    return float(np.exp(-_masked(log_probs, mask).sum()))


def perplexity__base_two(log_probs, mask):
    """You returned 2 to the power of a mean of natural logarithms: use exp, or logarithms of base 2."""
    return float(2.0 ** (-_masked(log_probs, mask).sum() / mask.sum()))


def perplexity__no_exp(log_probs, mask):
    """You returned the mean negative log-likelihood; perplexity is exp of it."""
    return float(-_masked(log_probs, mask).sum() / mask.sum())


def perplexity__sign(log_probs, mask):
    """The sign is missing: exp of the mean log-probability is below 1; perplexity is one over it."""
    return float(np.exp(_masked(log_probs, mask).sum() / mask.sum()))


def perplexity__masks_by_multiplying(log_probs, mask):
    """-inf times 0 is nan: where padding holds -inf, choose with np.where (or index) instead of multiplying."""
    return float(np.exp(-np.sum(log_probs * mask) / np.sum(mask)))


def perplexity__product_underflows(log_probs, mask):
    """The probabilities were multiplied, and a thousand of them are 0 in float64: add their logarithms, divide, then exp."""
    with np.errstate(divide="ignore"):
        return float(np.prod(np.exp(_masked(log_probs, mask))) ** (-1 / mask.sum()))


def perplexity__probability_underflows(log_probs, mask):
    """A token of log-probability -800 has probability 0 in float64, so the result was inf: average the log-probabilities, do not exp each."""
    real = mask != 0
    with np.errstate(divide="ignore"):
        return float(np.exp(-np.sum(np.log(np.where(real, np.exp(_masked(log_probs, mask)), 1.0))) / real.sum()))


def perplexity__float32_overflows(log_probs, mask):
    """For float32 log_probs a perplexity above 3e38 came out as inf: make the mean float64 before exp, float(mean)."""
    return np.exp(-log_probs[mask != 0].mean())


def perplexity__mask_as_row_numbers(log_probs, mask):
    """log_probs[mask] with a mask of whole numbers picks rows by number, not real tokens: make it bool, log_probs[mask == 1]."""
    return float(np.exp(-log_probs[mask].mean()))


def perplexity__capped(log_probs, mask):
    """A large perplexity came out too small, as when the mean is cut, for example by min(loss, 20): return it as it is."""
    return float(np.exp(min(-_masked(log_probs, mask).sum() / mask.sum(), 20.0)))


def perplexity__one_for_nothing(log_probs, mask):
    """Without a real token there is nothing to measure; 1 would be a perfect model: raise ValueError."""
    return float(np.exp(-_masked(log_probs, mask).sum() / max(int(mask.sum()), 1)))


def perplexity__nan_for_nothing(log_probs, mask):
    """Without a real token the mean is one of nothing, and came out as nan: look for a token first, raise ValueError."""
    if np.shape(log_probs) != np.shape(mask):
        raise ValueError("shapes")
    total, count = np.sum(_masked(log_probs, mask).astype(np.float64)), np.sum(mask != 0)
    return np.exp(-total / count)


def perplexity__mask_broadcasts(log_probs, mask):
    """A mask of another shape than log_probs was stretched to fit: compare the shapes and raise ValueError."""
    log_probs, mask = np.broadcast_arrays(log_probs, mask)
    if not mask.any():
        raise ValueError("no token")
    return float(np.exp(-_masked(log_probs, mask).sum() / mask.sum()))


def perplexity__overwrites_padding(log_probs, mask):
    """The caller's log_probs were changed: np.where(mask, log_probs, 0) makes an array of your own, `log_probs[mask == 0] = 0` does not."""
    value = float(np.exp(-_masked(log_probs, mask).sum() / max(int(mask.sum()), 1)))
    if log_probs.flags.writeable:
        log_probs[mask == 0] = 0
    return value


# --- pass_at_k ---


def pass_at_k__with_replacement(n, c, k):
    """1 - (1 - c/n)^k draws with replacement, which is biased low: the k attempts are different ones."""
    return 1 - (1 - c / n) ** k


def pass_at_k__share_of_successes(n, c, k):
    """c/n is pass@1; for larger k use 1 - C(n-c, k) / C(n, k)."""
    return c / n


def pass_at_k__all_must_pass(n, c, k):
    """You returned the chance that all k attempts succeed; pass@k asks for at least one."""
    return math.comb(c, k) / math.comb(n, k)


def pass_at_k__exactly_one(n, c, k):
    """You returned the chance of exactly one success among the k; pass@k asks for at least one."""
    return c * math.comb(n - c, k - 1) / math.comb(n, k) if n >= c else 0.0


def pass_at_k__complement_forgotten(n, c, k):
    """You returned the chance that none of the k succeeds: subtract it from 1."""
    return math.comb(n - c, k) / math.comb(n, k)


def pass_at_k__factorials_overflow(n, c, k):
    """The binomials of n = 10 000 are beyond float: multiply the ratios (n-c-i)/(n-i), or use exact integers."""
    above = below = 1.0
    for i in range(k):
        above, below = above * max(n - c - i, 0), below * (n - i)
    return 1 - above / below if math.isfinite(below) and below else float("nan")


def pass_at_k__binomials_overflow(n, c, k):
    """The binomials of n = 10 000 are beyond float, and inf / inf is nan: multiply the ratios (n-c-i)/(n-i), or use exact integers."""
    if c > n or k > n:
        raise ValueError("at most n")

    def comb(a, b):
        out = np.float64(1.0)
        for i in range(b):
            out = out * (a - i) / (i + 1)
        return out

    with np.errstate(all="ignore"):
        return float(1 - comb(n - c, k) / comb(n, k)) if n - c >= k else 1.0


def pass_at_k__product_one_place_early(n, c, k):
    """The product runs from n-c+1 to n: yours began at n-c and ended before n."""
    if c > n or k > n:
        raise ValueError("at most n")
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c, n))) if n - c > k else 1.0


def pass_at_k__sure_with_k_failures(n, c, k):
    """With exactly k failures all k draws can fail: the answer is 1 only where n - c < k, not where they are equal."""
    if c > n or k > n:
        raise ValueError("at most n")
    return 1.0 if n - c <= k else 1 - math.comb(n - c, k) / math.comb(n, k)


def pass_at_k__expected_successes(n, c, k):
    """k·c/n is the expected number of successes, and passes 1: pass@k is the chance of at least one."""
    return k * c / n


def pass_at_k__best_of_k_tries(n, c, k):
    """You returned min(1, k·c/n), which adds up chances that overlap: use 1 - C(n-c, k) / C(n, k)."""
    return min(1.0, k * c / n)


def pass_at_k__logarithm_of_zero(n, c, k):
    """Where failures are fewer than draws, C(n-c, k) is 0 and has no logarithm: answer 1 when n - c < k."""
    if c > n or k > n:
        raise ValueError("at most n")
    log = math.lgamma
    return 1 - math.exp(log(n - c + 1) - log(n - c - k + 1) - log(n + 1) + log(n - k + 1))


def pass_at_k__clipped(n, c, k):
    """c > n or k > n got an answer; counts that cannot be are a bug upstream: raise ValueError."""
    return 1.0 if n - c < k else 1 - math.comb(n - c, k) / math.comb(n, k)


# --- f1_counterexample ---


def f1_counterexample__guide_is_right():
    """On your labels the given formula and F1 agree at 1: the error shows where precision and accuracy differ."""
    return np.array([1] + [0] * 19), np.array([1] + [0] * 19)


def f1_counterexample__hardly_differs():
    """F1 and the given formula differ by little: let precision fall far below accuracy, with many negatives and some false positives."""
    return np.array([1, 1] + [0] * 38), np.array([1, 0, 1] + [0] * 37)


def f1_counterexample__no_true_positive():
    """There is no true positive, so F1 and the given formula are both 0: let one who is positive be found."""
    return np.array([1] + [0] * 19), np.array([0] * 18 + [1] * 2)


def f1_counterexample__balanced():
    """Half of your rows are positive, and then F1 and the given formula are near each other: the question is a screening, where few are."""
    return np.array([1] * 2 + [0] * 2), np.array([0, 1, 1, 0])


def f1_counterexample__often_positive():
    """More than one in ten of your rows is positive: a screening has fewer."""
    return np.array([1] * 4 + [0] * 16), np.array([1] * 12 + [0] * 8)


def f1_counterexample__wrong_lengths():
    """Labels and predictions have different lengths, so they are no pair."""
    return np.array([1] + [0] * 19), np.array([1, 1, 1])


def f1_counterexample__scores_for_labels():
    """Your predictions are probabilities: F1 is of labels, 0 or 1."""
    return np.array([1] + [0] * 19), np.array([0.9] + [0.4] * 19)


# --- f1_mended ---


def f1_mended__still_accuracy(y_true, y_pred):
    """This is still the formula of accuracy and recall: replace accuracy by precision, TP / (TP + FP)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _f1(_ratio(tp + tn, tn + fp + fn + tp), _ratio(tp, tp + fn))


def f1_mended__arithmetic(y_true, y_pred):
    """F1 is the harmonic mean of precision and recall, not the arithmetic one."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return (_ratio(tp, tp + fp) + _ratio(tp, tp + fn)) / 2


def f1_mended__accuracy_and_precision(y_true, y_pred):
    """Now recall is gone: F1 weighs precision against recall; accuracy has no part in it."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _f1(_ratio(tp + tn, tn + fp + fn + tp), _ratio(tp, tp + fp))


def f1_mended__recall_and_specificity(y_true, y_pred):
    """This is the harmonic mean of recall and specificity, the guide's words taken by its own definitions: F1 is of precision and recall."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _f1(_ratio(tp, tp + fn), _ratio(tn, tn + fp))


def f1_mended__divides_by_zero(y_true, y_pred):
    """With precision and recall both 0 the formula is 0/0: 2TP / (2TP + FP + FN) needs one guard only."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    precision, recall = np.float64(_ratio(tp, tp + fp)), np.float64(_ratio(tp, tp + fn))
    return float(2 * precision * recall / (precision + recall))


def f1_mended__mean_of_nothing(y_true, y_pred):
    """With nothing predicted positive (or nobody positive) precision (or recall) was nan, and F1 with it: count each 0/0 as 0.0 before you add."""
    precision, recall = np.mean(y_true[y_pred == 1] == 1), np.mean(y_pred[y_true == 1] == 1)
    return 0.0 if precision + recall == 0 else float(2 * precision * recall / (precision + recall))


def f1_mended__one_true_positive_too_few(y_true, y_pred):
    """2TP was divided by TP + FP + FN, which can exceed 1: the true positives count twice below as well, 2TP + FP + FN."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _ratio(2 * tp, tp + fp + fn)


def f1_mended__jaccard(y_true, y_pred):
    """TP / (TP + FP + FN) is the Jaccard index (IoU): F1 counts the true positives twice, 2TP / (2TP + FP + FN)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _ratio(tp, tp + fp + fn)


def f1_mended__both_classes(y_true, y_pred):
    """That is macro F1, the mean of the F1 of class 0 and of class 1: here F1 is that of class 1 alone."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return (_ratio(2 * tp, 2 * tp + fp + fn) + _ratio(2 * tn, 2 * tn + fp + fn)) / 2


def f1_mended__half(y_true, y_pred):
    """The factor 2 is missing: the harmonic mean is 2PR / (P + R)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _ratio(tp, 2 * tp + fp + fn)


def f1_mended__geometric(y_true, y_pred):
    """You took the geometric mean of precision and recall, the root of P·R: F1 is their harmonic mean, 2PR / (P + R)."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return math.sqrt(_ratio(tp, tp + fp) * _ratio(tp, tp + fn))


def f1_mended__counts_negatives(y_true, y_pred):
    """You returned the F1 of class 0: the positive class is 1."""
    tn, fp, fn, tp = _counts(y_true, y_pred)
    return _ratio(2 * tn, 2 * tn + fp + fn)


def f1_mended__narrow_dot(y_true, y_pred):
    """Products of uint8 labels were added up in uint8, where 300 true positives are 44, and those of bool labels to True: convert to int64 first."""
    return _ratio(2 * int(np.ravel(y_true) @ np.ravel(y_pred)), int(np.sum(y_true)) + int(np.sum(y_pred)))


def f1_mended__no_shape_check(y_true, y_pred):
    """Shapes that do not fit, or no rows, went through: numpy stretches them. Compare them and raise ValueError."""
    tp, fp, fn = np.sum((y_true == 1) & (y_pred == 1)), np.sum((y_true != 1) & (y_pred == 1)), np.sum((y_true == 1) & (y_pred != 1))
    return _ratio(2 * tp, 2 * tp + fp + fn)


# --- evaluate_mended ---


def _evaluated(y, labels, scores, auc=None):
    tn, fp, fn, tp = _counts(y, labels)
    recall = _ratio(tp, tp + fn)
    return _ratio(tp + tn, tn + fp + fn + tp), recall, _f1(_ratio(tp, tp + fp), recall), _by_ranks(y, _mid_ranks(scores)) if auc is None else auc


def evaluate_mended__auc_of_labels(y_true, prob, threshold):
    """AUC was computed from the thresholded labels, so it is balanced accuracy: give it the probabilities."""
    return _evaluated(y_true, prob >= threshold, prob >= threshold)


def evaluate_mended__rounds(y_true, prob, threshold):
    """The labels were made at 0.5, whatever the threshold: compare with the threshold."""
    return _evaluated(y_true, np.round(prob), prob)


def evaluate_mended__strictly_above(y_true, prob, threshold):
    """A probability equal to the threshold was predicted negative: use >=, not >."""
    return _evaluated(y_true, prob > threshold, prob)


def evaluate_mended__precision_for_recall(y_true, prob, threshold):
    """The second number is precision, TP / (TP + FP): recall is TP / (TP + FN)."""
    tn, fp, fn, tp = _counts(y_true, prob >= threshold)
    accuracy, _, f1, auc = _evaluated(y_true, prob >= threshold, prob)
    return accuracy, _ratio(tp, tp + fp), f1, auc


def evaluate_mended__guides_f1(y_true, prob, threshold):
    """F1 was computed from accuracy and recall: it is the harmonic mean of precision and recall."""
    accuracy, recall, _, auc = _evaluated(y_true, prob >= threshold, prob)
    return accuracy, recall, _f1(accuracy, recall), auc


def evaluate_mended__ties_lose(y_true, prob, threshold):
    """A pair with equal probabilities counted 0 in AUC: it is neither right nor wrong, and counts one half."""
    positive, negative = prob[y_true == 1], prob[y_true == 0]
    auc = float(np.mean(positive[:, None] > negative[None, :])) if len(positive) and len(negative) else float("nan")
    return _evaluated(y_true, prob >= threshold, prob, auc)


def evaluate_mended__half_for_one_class(y_true, prob, threshold):
    """With one class only AUC came out as 0.5; there are no pairs to measure: nan, as in roc_auc."""
    *others, auc = _evaluated(y_true, prob >= threshold, prob)
    return *others, 0.5 if auc != auc else auc


def evaluate_mended__divides_by_zero(y_true, prob, threshold):
    """A ratio 0/0 counts as 0.0, without a warning: guard recall and F1, or call binary_metrics, which does."""
    labels = prob >= threshold
    tp, fp, fn = np.sum((y_true == 1) & labels), np.sum((y_true == 0) & labels), np.sum((y_true == 1) & ~labels)
    recall, precision = tp / (tp + fn), tp / (tp + fp)
    auc = _by_ranks(y_true, _mid_ranks(prob))
    return np.mean(labels == (y_true == 1)), recall, 2 * precision * recall / (precision + recall), auc


def evaluate_mended__in_place(y_true, prob, threshold):
    """The caller's probabilities were overwritten with labels: make an array of your own, `labels = prob >= threshold`."""
    result = _evaluated(y_true, prob >= threshold, prob)
    if prob.flags.writeable:
        prob[:] = prob >= threshold
    return result


def evaluate_mended__no_shape_check(y_true, prob, threshold):
    """Shapes that do not fit, or no rows, went through: compare them and raise ValueError."""
    if len(y_true) != len(prob):
        raise ValueError("lengths")
    return _evaluated(y_true, prob >= threshold, prob) if len(y_true) else (0.0, 0.0, 0.0, float("nan"))


# --- label_auc_predicted ---


def label_auc_predicted__accuracy(tn, fp, fn, tp):
    """You returned accuracy: the AUC of labels is the mean of recall and specificity, each class weighing one half."""
    return (tn + tp) / (tn + fp + fn + tp)


def label_auc_predicted__recall(tn, fp, fn, tp):
    """You returned recall alone: one positive beats one negative only if the negative was predicted right as well, so specificity enters."""
    return tp / (tp + fn) if tp + fn else float("nan")


def label_auc_predicted__product(tn, fp, fn, tp):
    """You returned recall times specificity, the pairs in the right order; tied pairs (both predicted alike) count one half."""
    return tp / (tp + fn) * tn / (tn + fp) if (tp + fn) * (tn + fp) else float("nan")


def label_auc_predicted__f1(tn, fp, fn, tp):
    """You returned F1: AUC looks at pairs of one positive and one negative, so true negatives count."""
    return 2 * tp / (2 * tp + fp + fn) if tp + fn and tn + fp else float("nan")


def label_auc_predicted__one_half(tn, fp, fn, tp):
    """Labels do say something about the order: only pairs that are predicted alike are ties."""
    return 0.5 if tp + fn and tn + fp else float("nan")


def label_auc_predicted__geometric_mean(tn, fp, fn, tp):
    """You returned the geometric mean of recall and specificity: the area under the one-corner curve is their arithmetic mean."""
    return math.sqrt(tp / (tp + fn) * tn / (tn + fp)) if (tp + fn) * (tn + fp) else float("nan")


def label_auc_predicted__precision_and_recall(tn, fp, fn, tp):
    """You returned the mean of precision and recall: the curve's corner is at (1 - specificity, recall), so it is specificity that enters."""
    return (_ratio(tp, tp + fp) + _ratio(tp, tp + fn)) / 2 if tp + fn and tn + fp else float("nan")


def label_auc_predicted__predictive_values(tn, fp, fn, tp):
    """You returned the mean of precision and TN / (TN + FN), which divide by what was predicted: recall and specificity divide by the classes."""
    return (_ratio(tp, tp + fp) + _ratio(tn, tn + fn)) / 2 if tp + fn and tn + fp else float("nan")


def label_auc_predicted__specificity(tn, fp, fn, tp):
    """You returned specificity alone: a pair needs its positive predicted right as well, (recall + specificity) / 2."""
    return tn / (tn + fp) if tp + fn and tn + fp else float("nan")


def label_auc_predicted__zero_for_one_class(tn, fp, fn, tp):
    """With one class only there are no pairs; a number looks measured: return nan."""
    return (_ratio(tp, tp + fn) + _ratio(tn, tn + fp)) / 2


def label_auc_predicted__recall_of_one_class(tn, fp, fn, tp):
    """With one class only you returned its recall, as balanced accuracy does: AUC has no pairs there, and is nan."""
    rates = [_ratio(hits, hits + misses) for hits, misses in ((tp, fn), (tn, fp)) if hits + misses]
    return sum(rates) / len(rates) if rates else float("nan")


def label_auc_predicted__half_for_one_class(tn, fp, fn, tp):
    """With one class only you returned 0.5, which looks like a measured coin flip; there are no pairs to measure: return nan."""
    return (tp / (tp + fn) + tn / (tn + fp)) / 2 if tp + fn and tn + fp else 0.5


def label_auc_predicted__divides_by_zero(tn, fp, fn, tp):
    """With one class only the formula divides by 0 and raises: return nan there."""
    return (tp / (tp + fn) + tn / (tn + fp)) / 2
