"""First drafts of the lesson metrics, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math

import numpy as np

# --- confusion_matrix ---


def confusion_matrix__indexes_by_prediction(y_true, y_pred, n_classes):
    """transposed: the row index is the prediction."""
    cm = np.zeros((n_classes, n_classes), dtype=int)
    for i in range(len(y_true)):
        cm[y_pred[i]][y_true[i]] += 1
    return cm


def confusion_matrix__masks_by_column(y_true, y_pred, n_classes):
    """transposed: a comprehension with the loops in the wrong order."""
    return np.array([[((y_true == t) & (y_pred == p)).sum() for t in range(n_classes)] for p in range(n_classes)])


def confusion_matrix__unique_labels(y_true, y_pred, n_classes):
    """only-labels-seen: the classes are those of y_true and y_pred."""
    classes = sorted(set(y_true.tolist()) | set(y_pred.tolist()))
    place = {c: i for i, c in enumerate(classes)}
    cm = np.zeros((len(classes), len(classes)), dtype=int)
    for t, p in zip(y_true, y_pred, strict=False):
        cm[place[int(t)], place[int(p)]] += 1
    return cm


def confusion_matrix__fancy_index(y_true, y_pred, n_classes):
    """fancy-add: repeated index pairs are added once."""
    cm = np.zeros((n_classes, n_classes), int)
    cm[y_true, y_pred] += 1
    return cm


def confusion_matrix__bincount(y_true, y_pred, n_classes):
    """narrow-product: the usual one-liner, in the labels' own type."""
    return np.bincount(n_classes * y_true + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_matrix__zeros_and_a_loop(y_true, y_pred, n_classes):
    """floats: np.zeros without a dtype."""
    cm = np.zeros((n_classes, n_classes))
    for t, p in zip(y_true, y_pred, strict=False):
        cm[t, p] += 1
    return cm


def confusion_matrix__one_hot(y_true, y_pred, n_classes):
    """floats: the product of two one-hot matrices, which np.eye makes of floats."""
    return np.eye(n_classes)[y_true].T @ np.eye(n_classes)[y_pred]


def confusion_matrix__normalised(y_true, y_pred, n_classes):
    """rates: each row divided by its sum."""
    cm = np.zeros((n_classes, n_classes))
    np.add.at(cm, (y_true, y_pred), 1)
    rows = cm.sum(1, keepdims=True)
    return np.divide(cm, rows, out=np.zeros_like(cm), where=rows > 0)


def confusion_matrix__histogram(y_true, y_pred, n_classes):
    """floats: np.histogram2d counts in floats."""
    edges = np.arange(n_classes + 1) - 0.5
    return np.histogram2d(y_true, y_pred, bins=(edges, edges))[0]


def confusion_matrix__add_at(y_true, y_pred, n_classes):
    """labels-unchecked: right, but labels outside are used as indices."""
    cm = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(cm, (y_true, y_pred), 1)
    return cm


def confusion_matrix__asserts(y_true, y_pred, n_classes):
    """right: bad input is met by assertions, which are no ValueError."""
    assert y_true.shape == y_pred.shape
    y, p = y_true.astype(int), y_pred.astype(int)
    return np.bincount(y * n_classes + p, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def confusion_matrix__unique_of_the_truth(y_true, y_pred, n_classes):
    """only-true-labels-seen: classes from np.unique(y_true)."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or y_true.size == 0:
        raise ValueError("bad shapes")
    for y in (y_true, y_pred):
        if y.min() < 0 or y.max() >= n_classes:
            raise ValueError("label out of range")
    classes = np.unique(y_true)
    cm = np.zeros((len(classes), len(classes)), dtype=int)
    for i, a in enumerate(classes):
        for j, b in enumerate(classes):
            cm[i, j] = np.sum((y_true == a) & (y_pred == b))
    return cm


def confusion_matrix__add_at_alone(y_true, y_pred, n_classes):
    """right: neither labels nor shapes are refused."""
    cm = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(cm, (y_true, y_pred), 1)
    return cm


def confusion_matrix__labels_refused_only(y_true, y_pred, n_classes):
    """right: labels are refused, shapes are not."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if np.any(y_true < 0) or np.any(y_true >= n_classes) or np.any(y_pred < 0) or np.any(y_pred >= n_classes):
        raise ValueError("label")
    classes = np.arange(n_classes)
    return np.array([[np.sum((y_true == i) & (y_pred == j)) for j in classes] for i in classes])


# --- binary_metrics ---


def binary_metrics__no_guards(y_true, y_pred):
    """divides-by-zero: right but for 0/0."""
    tp = np.sum((y_true == 1) & (y_pred == 1))
    fp = np.sum((y_true == 0) & (y_pred == 1))
    fn = np.sum((y_true == 1) & (y_pred == 0))
    acc = np.mean(y_true == y_pred)
    p, r = tp / (tp + fp), tp / (tp + fn)
    return acc, p, r, 2 * p * r / (p + r)


def binary_metrics__plain_division(y_true, y_pred):
    """none: Python numbers, so that 0/0 raises ZeroDivisionError."""
    tp = fp = fn = tn = 0
    for t, p in zip(y_true, y_pred, strict=False):
        if t == 1 and p == 1:
            tp += 1
        elif t == 0 and p == 1:
            fp += 1
        elif t == 1:
            fn += 1
        else:
            tn += 1
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return (tp + tn) / (tp + tn + fp + fn), precision, recall, 2 * precision * recall / (precision + recall)


def binary_metrics__denominators_swapped(y_true, y_pred):
    """swapped: precision divides by the positives, recall by the predicted ones."""
    tp = ((y_true == 1) & (y_pred == 1)).sum()
    acc = (y_true == y_pred).mean()
    precision, recall = tp / (y_true == 1).sum(), tp / (y_pred == 1).sum()
    return acc, precision, recall, 2 * precision * recall / (precision + recall)


def binary_metrics__specificity(y_true, y_pred):
    """recall-is-specificity: recall of the wrong class."""
    tp, tn = np.sum((y_true == 1) & (y_pred == 1)), np.sum((y_true == 0) & (y_pred == 0))
    fp = np.sum((y_true == 0) & (y_pred == 1))
    p, r = tp / (tp + fp), tn / (tn + fp)
    return (tp + tn) / len(y_true), p, r, 2 * p * r / (p + r)


def binary_metrics__by_the_guide(y_true, y_pred):
    """guides-definitions: accuracy on the positives, recall on the negatives."""
    accuracy = np.mean(y_pred[y_true == 1] == 1)
    recall = np.mean(y_pred[y_true == 0] == 0)
    precision = np.mean(y_true[y_pred == 1] == 1)
    return accuracy, precision, recall, 2 * precision * recall / (precision + recall)


def binary_metrics__accuracy_of_positives(y_true, y_pred):
    """accuracy-is-recall: accuracy computed on the positives only."""
    tp, fp = np.sum(y_true * y_pred), np.sum((1 - y_true) * y_pred)
    p, r = tp / (tp + fp), tp / np.sum(y_true)
    return r, p, r, 2 * p * r / (p + r)


def binary_metrics__mean_of_both(y_true, y_pred):
    """arithmetic-f1: F1 as the plain mean."""
    tp = int(((y_true == 1) & (y_pred == 1)).sum())
    p = tp / max(int((y_pred == 1).sum()), 1)
    r = tp / max(int((y_true == 1).sum()), 1)
    return float((y_true == y_pred).mean()), p, r, (p + r) / 2


def binary_metrics__f1_from_accuracy(y_true, y_pred):
    """f1-of-accuracy-and-recall: as the guide says it."""
    acc = float((y_true == y_pred).mean())
    tp = int(((y_true == 1) & (y_pred == 1)).sum())
    p = tp / max(int((y_pred == 1).sum()), 1)
    r = tp / max(int((y_true == 1).sum()), 1)
    return acc, p, r, 2 * acc * r / (acc + r) if acc + r else 0.0


def binary_metrics__forgot_the_two(y_true, y_pred):
    """f1-without-two: PR / (P + R)."""
    tp = np.sum((y_true == 1) & (y_pred == 1))
    p, r = tp / np.sum(y_pred == 1), tp / np.sum(y_true == 1)
    return np.mean(y_true == y_pred), p, r, p * r / (p + r)


def binary_metrics__subtracts(y_true, y_pred):
    """differences-of-uint8: errors counted by the sign of a difference."""
    d = y_true - y_pred
    fn, fp = int((d == 1).sum()), int((d == -1).sum())
    tp = int(((y_true == 1) & (y_pred == 1)).sum())
    p = tp / (tp + fp) if tp + fp else 0.0
    r = tp / (tp + fn) if tp + fn else 0.0
    return float((y_true == y_pred).mean()), p, r, 2 * p * r / (p + r) if p + r else 0.0


def binary_metrics__two_errors(y_true, y_pred):
    """none or swapped: precision and recall swapped, and an arithmetic F1."""
    tp = np.sum((y_true == 1) & (y_pred == 1))
    p, r = tp / np.sum(y_true == 1), tp / np.sum(y_pred == 1)
    return np.mean(y_true == y_pred), p, r, (p + r) / 2


def binary_metrics__f1_guard_missing(y_true, y_pred):
    """f1-divides-by-zero: two guards of three."""
    tp = np.sum((y_true == 1) & (y_pred == 1))
    called, there = np.sum(y_pred == 1), np.sum(y_true == 1)
    p = tp / called if called else np.float64(0)
    r = tp / there if there else np.float64(0)
    return np.mean(y_true == y_pred), p, r, 2 * p * r / (p + r)


def binary_metrics__no_shapes(y_true, y_pred):
    """right: all guards, no look at shapes."""
    y, p = y_true == 1, y_pred == 1
    tp, called, there = (y & p).sum(), p.sum(), y.sum()
    return (y == p).mean(), tp / called if called else 0.0, tp / there if there else 0.0, 2 * tp / (called + there) if called + there else 0.0


def binary_metrics__unsigned_difference(y_true, y_pred):
    """negative-differences: Finds the misses as y_pred - y_true == -1, which unsigned labels never reach."""
    y_true = np.asarray(y_true)
    y_pred = np.asarray(y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape:
        raise ValueError("shapes differ")
    n = y_true.size
    if n == 0:
        raise ValueError("no rows")
    d = y_pred - y_true
    fp = int(np.count_nonzero(d == 1))
    fn = int(np.count_nonzero(d == -1))
    tp = int(np.count_nonzero((y_true == 1) & (y_pred == 1)))
    tn = int(np.count_nonzero((y_true == 0) & (y_pred == 0)))
    acc = (tp + tn) / n
    prec = tp / (tp + fp) if tp + fp > 0 else 0.0
    rec = tp / (tp + fn) if tp + fn > 0 else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if 2 * tp + fp + fn > 0 else 0.0
    return acc, prec, rec, f1


# --- fbeta_score ---


def _per_class(y_true, y_pred, n_classes):
    tp = np.array([np.sum((y_true == c) & (y_pred == c)) for c in range(n_classes)], float)
    return tp, np.array([np.sum(y_pred == c) for c in range(n_classes)]), np.array([np.sum(y_true == c) for c in range(n_classes)])


def _safe(a, b):
    return np.divide(a, b, out=np.zeros_like(a, dtype=float), where=b > 0)


def fbeta_score__linear_beta(y_true, y_pred, n_classes, beta, average):
    """beta-not-squared: beta as it is."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    if average == "micro":
        tp, called, there = (np.array([v.sum()]) for v in (tp, called, there))
    f = _safe((1 + beta) * tp, beta * there + called)
    return float(np.average(f, weights=there)) if average == "weighted" else float(f.mean())


def fbeta_score__beta_beside_recall(y_true, y_pred, n_classes, beta, average):
    """beta-on-recall: P + beta² R below."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    if average == "micro":
        return float(tp.sum() / len(y_true))
    p, r = _safe(tp, called), _safe(tp, there)
    f = _safe((1 + beta**2) * p * r, p + beta**2 * r)
    return float(np.average(f, weights=there)) if average == "weighted" else float(f.mean())


def fbeta_score__f1(y_true, y_pred, n_classes, beta, average):
    """beta-ignored: F1 for every beta."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    if average == "micro":
        return float(tp.sum() / len(y_true))
    f = _safe(2 * tp, called + there)
    return float((f * there).sum() / there.sum()) if average == "weighted" else float(f.mean())


def fbeta_score__classes_of_the_data(y_true, y_pred, n_classes, beta, average):
    """macro-of-present: the mean over the labels that occur, as a library does it."""
    if average == "micro":
        return float(np.mean(y_true == y_pred))
    labels = np.union1d(y_true, y_pred)
    scores, weights = [], []
    for c in labels:
        tp, called, there = np.sum((y_true == c) & (y_pred == c)), np.sum(y_pred == c), np.sum(y_true == c)
        below = beta**2 * there + called
        scores.append((1 + beta**2) * tp / below if below else 0.0)
        weights.append(there)
    return float(np.average(scores, weights=weights)) if average == "weighted" else float(np.mean(scores))


def fbeta_score__f_of_the_means(y_true, y_pred, n_classes, beta, average):
    """mean-then-f: one F of the mean precision and the mean recall."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    b = beta**2
    if average == "micro":
        return float(tp.sum() / len(y_true))
    p, r = _safe(tp, called), _safe(tp, there)
    if average == "macro":
        return float((1 + b) * p.mean() * r.mean() / (b * p.mean() + r.mean()))
    return float(np.average(_safe((1 + b) * p * r, b * p + r), weights=there))


def fbeta_score__unguarded(y_true, y_pred, n_classes, beta, average):
    """nan-for-absent: right until a class is missing."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    if average == "micro":
        return tp.sum() / there.sum()
    p, r = tp / called, tp / there
    f = (1 + beta**2) * p * r / (beta**2 * p + r)
    return f.mean() if average == "macro" else np.average(f, weights=there)


def fbeta_score__else_micro(y_true, y_pred, n_classes, beta, average):
    """unknown-word-is-micro: macro, weighted, and anything else."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    f = _safe((1 + beta**2) * tp, beta**2 * there + called)
    if average == "macro":
        return float(f.mean())
    if average == "weighted":
        return float((f * there).sum() / there.sum())
    return float(tp.sum() / there.sum())


def fbeta_score__else_macro(y_true, y_pred, n_classes, beta, average):
    """unknown-word-is-macro: micro, weighted, and anything else."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    f = _safe((1 + beta**2) * tp, beta**2 * there + called)
    if average == "micro":
        return float(tp.sum() / there.sum())
    if average == "weighted":
        return float((f * there).sum() / there.sum())
    return float(f.mean())


def fbeta_score__always_macro(y_true, y_pred, n_classes, beta, average):
    """average-ignored: the mean of the classes' scores for every word."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    return float(_safe((1 + beta**2) * tp, beta**2 * there + called).mean())


def fbeta_score__column_weights(y_true, y_pred, n_classes, beta, average):
    """weighted-by-predictions: support taken from the wrong axis."""
    cm = np.zeros((n_classes, n_classes))
    for t, p in zip(y_true, y_pred, strict=False):
        cm[t, p] += 1
    tp, called, there = np.diag(cm), cm.sum(0), cm.sum(1)
    f = _safe((1 + beta**2) * tp, beta**2 * there + called)
    return float({"macro": f.mean(), "micro": tp.sum() / cm.sum(), "weighted": (f * called).sum() / called.sum()}[average])


def fbeta_score__support_not_divided(y_true, y_pred, n_classes, beta, average):
    """weights-not-normalised: a sum in the place of a weighted mean."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    f = _safe((1 + beta**2) * tp, beta**2 * there + called)
    return float({"macro": f.mean(), "micro": tp.sum() / there.sum(), "weighted": (f * there).sum()}[average])


def fbeta_score__two_errors(y_true, y_pred, n_classes, beta, average):
    """none: beta linear and the weights of the predictions."""
    tp, called, there = _per_class(y_true, y_pred, n_classes)
    f = _safe((1 + beta) * tp, beta * there + called)
    return float({"macro": f.mean(), "micro": tp.sum() / there.sum(), "weighted": (f * called).sum() / called.sum()}[average])


# --- roc_curve ---


def roc_curve__loop_over_thresholds(y_true, scores):
    """right: the definition, without any refusal."""
    thresholds = [np.inf, *np.unique(scores)[::-1]]
    tpr = [np.mean(scores[y_true == 1] >= t) for t in thresholds]
    fpr = [np.mean(scores[y_true == 0] >= t) for t in thresholds]
    return np.array(fpr), np.array(tpr), np.array(thresholds)


def roc_curve__cumsum_per_row(y_true, scores):
    """a-point-a-row: sorted by -scores, a point for each row."""
    order = np.argsort(-scores)
    y = y_true[order]
    tpr, fpr = np.cumsum(y) / y.sum(), np.cumsum(1 - y) / (1 - y).sum()
    return np.r_[0, fpr], np.r_[0, tpr], np.r_[np.inf, scores[order]]


def roc_curve__cumsum_reversed(y_true, scores):
    """a-point-a-row-reversed: argsort turned round, a point for each row."""
    order = np.argsort(scores)[::-1]
    y = y_true[order] == 1
    tpr, fpr = np.cumsum(y) / y.sum(), np.cumsum(~y) / (~y).sum()
    return np.concatenate([[0.0], fpr]), np.concatenate([[0.0], tpr]), np.concatenate([[np.inf], scores[order]])


def roc_curve__no_origin(y_true, scores):
    """no-first-point: the distinct scores only."""
    thresholds = np.unique(scores)[::-1]
    tpr = np.array([np.sum((scores >= t) & (y_true == 1)) / np.sum(y_true == 1) for t in thresholds])
    fpr = np.array([np.sum((scores >= t) & (y_true == 0)) / np.sum(y_true == 0) for t in thresholds])
    return fpr, tpr, thresholds


def roc_curve__fp_over_alarms(y_true, scores):
    """false-discovery-rate: FP / (TP + FP) for the false positive rate."""
    fpr, tpr, thresholds = [], [], [np.inf, *sorted(set(scores.tolist()), reverse=True)]
    for t in thresholds:
        tp = int(np.sum((scores >= t) & (y_true == 1)))
        fp = int(np.sum((scores >= t) & (y_true == 0)))
        fpr.append(fp / (tp + fp) if tp + fp else 0.0)
        tpr.append(tp / int(np.sum(y_true == 1)))
    return np.array(fpr), np.array(tpr), np.array(thresholds)


def roc_curve__ascending(y_true, scores):
    """lowest-first: thresholds from low to high, +inf at the end."""
    thresholds = np.append(np.unique(scores), np.inf)
    tpr = np.array([(scores[y_true == 1] >= t).mean() for t in thresholds])
    fpr = np.array([(scores[y_true == 0] >= t).mean() for t in thresholds])
    return fpr, tpr, thresholds


def roc_curve__tpr_first(y_true, scores):
    """axes-swapped: returns tpr, fpr."""
    thresholds = np.r_[np.inf, np.unique(scores)[::-1]]
    tpr = np.array([(scores[y_true == 1] >= t).mean() for t in thresholds])
    fpr = np.array([(scores[y_true == 0] >= t).mean() for t in thresholds])
    return tpr, fpr, thresholds


def roc_curve__greater(y_true, scores):
    """strictly-above: > for >=."""
    thresholds = np.r_[np.inf, np.unique(scores)[::-1]]
    tpr = np.array([(scores[y_true == 1] > t).mean() for t in thresholds])
    fpr = np.array([(scores[y_true == 0] > t).mean() for t in thresholds])
    return fpr, tpr, thresholds


def roc_curve__fraction_of_all(y_true, scores):
    """divides-by-all: both rates over n."""
    thresholds = np.r_[np.inf, np.unique(scores)[::-1]]
    tpr = np.array([((scores >= t) & (y_true == 1)).mean() for t in thresholds])
    fpr = np.array([((scores >= t) & (y_true == 0)).mean() for t in thresholds])
    return fpr, tpr, thresholds


def roc_curve__old_threshold(y_true, scores):
    """first-threshold-above: the maximum plus 1 for +inf."""
    cuts = np.unique(scores)[::-1]
    thresholds = np.r_[cuts[0] + 1, cuts]
    tpr = np.array([(scores[y_true == 1] >= t).mean() for t in thresholds])
    fpr = np.array([(scores[y_true == 0] >= t).mean() for t in thresholds])
    return fpr, tpr, thresholds


def roc_curve__specificity_on_x(y_true, scores):
    """specificity: the true negative rate on the x axis."""
    thresholds = np.r_[np.inf, np.unique(scores)[::-1]]
    tpr = np.array([(scores[y_true == 1] >= t).mean() for t in thresholds])
    tnr = np.array([(scores[y_true == 0] < t).mean() for t in thresholds])
    return tnr, tpr, thresholds


def roc_curve__stable_rows(y_true, scores):
    """a-point-a-row-stable: a point for each row, sorted stably."""
    y, s = np.asarray(y_true).astype(int), np.asarray(scores).astype(float)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0 or y.min() == y.max():
        raise ValueError("bad input")
    order = np.argsort(-s, kind="stable")
    y, s = y[order], s[order]
    tpr = np.r_[0, np.cumsum(y) / y.sum()]
    fpr = np.r_[0, np.cumsum(1 - y) / (1 - y).sum()]
    return fpr, tpr, np.r_[np.inf, s]


def roc_curve__first_row_of_tie(y_true, scores):
    """first-of-a-tie: Reads the counts at the first row of each tie instead of the last."""
    y = np.asarray(y_true)
    s = np.asarray(scores)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise ValueError("shapes")
    pos = (y == 1).astype(np.int64)
    n_pos = pos.sum()
    n_neg = pos.size - n_pos
    if n_pos == 0 or n_neg == 0:
        raise ValueError("one class only")
    s = s.astype(np.float64)
    order = np.argsort(-s, kind="mergesort")
    s, pos = s[order], pos[order]
    tps = np.cumsum(pos)
    fps = np.cumsum(1 - pos)
    idx = np.concatenate([[0], np.flatnonzero(np.diff(s)) + 1])
    fpr = np.r_[0.0, fps[idx] / n_neg]
    tpr = np.r_[0.0, tps[idx] / n_pos]
    thr = np.r_[np.inf, s[idx]]
    return fpr, tpr, thr


# --- roc_auc ---


def roc_auc__ranks(y_true, scores):
    """ordinal-ranks: ranks by argsort of argsort."""
    ranks = np.argsort(np.argsort(scores)) + 1
    n_pos = np.sum(y_true == 1)
    n_neg = len(y_true) - n_pos
    return (ranks[y_true == 1].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)


def roc_auc__cumulative(y_true, scores):
    """rows-one-by-one: each negative adds the positives before it."""
    y = y_true[np.argsort(-scores)]
    tp = area = 0
    for label in y:
        if label == 1:
            tp += 1
        else:
            area += tp
    return area / (tp * (len(y) - tp))


def roc_auc__greater_only(y_true, scores):
    """ties-lose: only pairs that are strictly right."""
    pos, neg = scores[y_true == 1], scores[y_true == 0]
    return sum(p > n for p in pos for n in neg) / (len(pos) * len(neg))


def roc_auc__greater_or_equal(y_true, scores):
    """ties-win: >= counts ties as right."""
    pos, neg = scores[y_true == 1], scores[y_true == 0]
    return np.mean(pos[:, None] >= neg[None, :])


def roc_auc__rank_sum(y_true, scores):
    """rank-sum-not-corrected: the rank sum over the number of pairs."""
    s = np.sort(scores)
    ranks = (np.searchsorted(s, scores, "left") + np.searchsorted(s, scores, "right") + 1) / 2
    pos = y_true == 1
    return ranks[pos].sum() / (pos.sum() * (~pos).sum())


def roc_auc__inverted(y_true, scores):
    """upside-down: negatives above positives."""
    pos, neg = scores[y_true == 1], scores[y_true == 0]
    return np.mean((pos[:, None] < neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :]))


def roc_auc__labels_first(y_true, scores):
    """hard-labels: cut at 0.5 before anything else."""
    predicted = (scores >= 0.5).astype(int)
    tpr, fpr = np.mean(predicted[y_true == 1]), np.mean(predicted[y_true == 0])
    return (1 + tpr - fpr) / 2


def roc_auc__hundred_thresholds(y_true, scores):
    """fixed-grid: thresholds from 1 to 0 in steps of a hundredth."""
    tpr, fpr = [], []
    for t in np.linspace(1, 0, 101):
        tpr.append(np.sum((scores >= t) & (y_true == 1)) / np.sum(y_true == 1))
        fpr.append(np.sum((scores >= t) & (y_true == 0)) / np.sum(y_true == 0))
    return np.trapezoid(tpr, fpr)


def roc_auc__unguarded(y_true, scores):
    """warns-for-one-class: all right but 0/0."""
    pos, neg = scores[y_true == 1], scores[y_true == 0]
    wins = np.sum(pos[:, None] > neg[None, :]) + 0.5 * np.sum(pos[:, None] == neg[None, :])
    return wins / (len(pos) * np.int64(len(neg)))


def roc_auc__zero_division(y_true, scores):
    """none: Python's own division by zero where a class is missing."""
    pos, neg = scores[y_true == 1], scores[y_true == 0]
    wins = float(np.sum(pos[:, None] > neg[None, :]) + 0.5 * np.sum(pos[:, None] == neg[None, :]))
    return wins / (len(pos) * len(neg))


def roc_auc__coin_flip(y_true, scores):
    """half-for-one-class: 0.5 without pairs."""
    pos, neg = scores[y_true == 1], scores[y_true == 0]
    if len(pos) == 0 or len(neg) == 0:
        return 0.5
    return float(np.mean((pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])))


def roc_auc__two_errors(y_true, scores):
    """none: labels at 0.5, turned round."""
    predicted = scores < 0.5
    return (1 + np.mean(predicted[y_true == 1]) - np.mean(predicted[y_true == 0])) / 2


def roc_auc__ranks_from_zero(y_true, scores):
    """ranks-from-zero: mean ranks from 0, with n(n+1)/2 taken off."""
    y, s = np.asarray(y_true).astype(int), np.asarray(scores)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise ValueError("bad input")
    n_pos = int(y.sum())
    n_neg = len(y) - n_pos
    if n_pos == 0 or n_neg == 0:
        return float("nan")
    _, inv, cnt = np.unique(s, return_inverse=True, return_counts=True)
    start = np.cumsum(cnt) - cnt
    ranks = (start + (cnt - 1) / 2)[inv]
    return float((ranks[y == 1].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def roc_auc__trapezoid_turned(y_true, scores):
    """upside-down: np.trapezoid's arguments in the wrong order."""
    y, s = np.asarray(y_true).astype(int), np.asarray(scores).astype(float)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise ValueError("bad input")
    if y.min() == y.max():
        return float("nan")
    order = np.argsort(-s)
    y, s = y[order], s[order]
    last = np.r_[np.flatnonzero(np.diff(s)), len(s) - 1]
    tpr = np.r_[0, np.cumsum(y)[last] / y.sum()]
    fpr = np.r_[0, np.cumsum(1 - y)[last] / (1 - y).sum()]
    return float(np.sum(np.diff(tpr) * (fpr[1:] + fpr[:-1]) / 2))


def roc_auc__signs_of_differences(y_true, scores):
    """differences-of-small-integers: differences in the scores' own type."""
    y, s = np.asarray(y_true), np.asarray(scores)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise ValueError("bad input")
    pos, neg = s[y == 1], s[y == 0]
    if len(pos) == 0 or len(neg) == 0:
        return float("nan")
    diff = pos[:, None] - neg[None, :]
    return float(((diff > 0) + 0.5 * (diff == 0)).mean())


def roc_auc__pairs_alone(y_true, scores):
    """right: one class is nan, shapes are not refused."""
    pos = np.asarray(scores, dtype=float)[y_true == 1]
    neg = np.asarray(scores, dtype=float)[y_true == 0]
    if len(pos) == 0 or len(neg) == 0:
        return np.nan
    return np.mean((pos[:, None] > neg) + 0.5 * (pos[:, None] == neg))


def roc_auc__tied_rows_one_by_one(y_true, scores):
    """rows-one-by-one-stable: Lets tied rows enter the curve one by one in the order of the file, so a tie counts 0 or 1 instead of one half."""
    y = np.asarray(y_true)
    s = np.asarray(scores)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise ValueError("shapes")
    y = (y == 1).astype(float)
    if y.min() == y.max():
        return float("nan")
    order = np.argsort(-s.astype(np.float64), kind="stable")
    y = y[order]
    tpr = np.concatenate([[0.0], np.cumsum(y) / y.sum()])
    fpr = np.concatenate([[0.0], np.cumsum(1 - y) / (1 - y).sum()])
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


# --- average_precision ---


def average_precision__precision_at_hits(y_true, scores):
    """a-step-a-row: the mean of precision at each positive, row by row."""
    y = y_true[np.argsort(-scores)]
    hits, total = 0, 0.0
    for i, label in enumerate(y):
        if label == 1:
            hits += 1
            total += hits / (i + 1)
    return total / hits if hits else 0.0


def average_precision__reversed_argsort(y_true, scores):
    """a-step-a-row-reversed: the same, sorted by argsort turned round."""
    y = y_true[np.argsort(scores)[::-1]]
    tp = np.cumsum(y)
    precision = tp / np.arange(1, len(y) + 1)
    recall = tp / max(tp[-1], 1)
    return float(np.sum((recall - np.r_[0, recall[:-1]]) * precision))


def _pr(y_true, scores):
    cuts = np.unique(scores)[::-1]
    tp = np.array([np.sum((scores >= t) & (y_true == 1)) for t in cuts])
    called = np.array([np.sum(scores >= t) for t in cuts])
    return tp / max(np.sum(y_true == 1), 1), tp / called


def average_precision__trapz(y_true, scores):
    """trapezoid: the area by the trapezoid rule, from (0, 1)."""
    recall, precision = _pr(y_true, scores)
    return float(np.trapezoid(np.r_[1, precision], np.r_[0, recall]))


def average_precision__trapz_no_start(y_true, scores):
    """trapezoid-from-first: np.trapezoid over the points alone."""
    recall, precision = _pr(y_true, scores)
    return float(np.trapezoid(precision, recall))


def average_precision__voc(y_true, scores):
    """interpolated: the precision envelope."""
    recall, precision = _pr(y_true, scores)
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    return float(np.sum(np.diff(np.r_[0, recall]) * precision))


def average_precision__voc07(y_true, scores):
    """eleven-points: the mean of eleven interpolated precisions."""
    recall, precision = _pr(y_true, scores)
    return sum(np.max(precision[recall >= t - 1e-9], initial=0.0) for t in np.linspace(0, 1, 11)) / 11


def average_precision__plain_mean(y_true, scores):
    """mean-of-precisions: the mean over all thresholds."""
    return float(_pr(y_true, scores)[1].mean())


def average_precision__over_n(y_true, scores):
    """divides-by-rows: the sum at the positives over the number of rows."""
    recall, precision = _pr(y_true, scores)
    return float(np.sum(np.diff(np.r_[0, recall]) * precision) * np.sum(y_true == 1) / len(y_true))


def average_precision__previous(y_true, scores):
    """previous-precision: the precision at the step's start."""
    recall, precision = _pr(y_true, scores)
    return float(np.sum(np.diff(np.r_[0, recall]) * np.r_[1.0, precision[:-1]]))


def average_precision__no_guard(y_true, scores):
    """nan-without-positives: 0/0 when nothing is positive."""
    cuts = np.unique(scores)[::-1]
    tp = np.array([np.sum((scores >= t) & (y_true == 1)) for t in cuts])
    precision, recall = tp / np.array([np.sum(scores >= t) for t in cuts]), tp / np.sum(y_true == 1)
    return np.sum(np.diff(np.r_[0, recall]) * precision)


def average_precision__from_the_bottom(y_true, scores):
    """lowest-first: the lowest scores enter first."""
    y = y_true[np.argsort(scores, kind="stable")]
    tp = np.cumsum(y == 1)
    return float(np.sum((tp / np.arange(1, len(y) + 1))[y == 1]) / max(tp[-1], 1))


def average_precision__right_but(y_true, scores):
    """right: the definition, without refusals."""
    recall, precision = _pr(y_true, scores)
    return float(np.sum(np.diff(np.r_[0, recall]) * precision))


def average_precision__stable_rows(y_true, scores):
    """a-step-a-row-stable: a step for each row, sorted stably."""
    y, s = np.asarray(y_true).astype(int), np.asarray(scores).astype(float)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise ValueError("bad input")
    if y.sum() == 0:
        return 0.0
    y = y[np.argsort(-s, kind="stable")]
    precision = np.cumsum(y) / np.arange(1, len(y) + 1)
    return float(precision[y == 1].mean())


def average_precision__diff_alone(y_true, scores):
    """first-step-missing: np.diff of the recalls as they are."""
    y, s = np.asarray(y_true).astype(int), np.asarray(scores).astype(float)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise ValueError("bad input")
    if y.sum() == 0:
        return 0.0
    thresholds = np.unique(s)[::-1]
    recall = np.array([np.sum((s >= t) & (y == 1)) / y.sum() for t in thresholds])
    precision = np.array([y[s >= t].mean() for t in thresholds])
    return float(np.sum(np.diff(recall) * precision[1:]))


# --- expected_calibration_error ---


def expected_calibration_error__mask_loop(y_true, prob, n_bins):
    """zero-falls-out: bins open below, as the published loop has them."""
    edges = np.linspace(0, 1, n_bins + 1)
    ece = 0.0
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (prob > low) & (prob <= high)
        if inside.sum() > 0:
            ece += inside.mean() * abs(y_true[inside].mean() - prob[inside].mean())
    return ece


def expected_calibration_error__half_open(y_true, prob, n_bins):
    """one-falls-out: the last bin is open."""
    ece = 0.0
    for b in range(n_bins):
        inside = (prob >= b / n_bins) & (prob < (b + 1) / n_bins)
        if inside.any():
            ece += inside.mean() * abs(y_true[inside].mean() - prob[inside].mean())
    return ece


def expected_calibration_error__signed(y_true, prob, n_bins):
    """no-abs: the gaps with their sign."""
    b = np.minimum((prob * n_bins).astype(int), n_bins - 1)
    return sum((b == i).mean() * (y_true[b == i].mean() - prob[b == i].mean()) for i in range(n_bins) if (b == i).any())


def expected_calibration_error__rmse_like(y_true, prob, n_bins):
    """squared: squared gaps."""
    b = np.minimum((prob * n_bins).astype(int), n_bins - 1)
    return sum((b == i).mean() * (y_true[b == i].mean() - prob[b == i].mean()) ** 2 for i in range(n_bins) if (b == i).any())


def expected_calibration_error__unweighted(y_true, prob, n_bins):
    """bins-weigh-the-same: the mean over filled bins."""
    b = np.minimum((prob * n_bins).astype(int), n_bins - 1)
    return np.mean([abs(y_true[b == i].mean() - prob[b == i].mean()) for i in range(n_bins) if (b == i).any()])


def expected_calibration_error__maximum(y_true, prob, n_bins):
    """largest-gap: the maximum calibration error."""
    b = np.minimum((prob * n_bins).astype(int), n_bins - 1)
    return max(abs(y_true[b == i].mean() - prob[b == i].mean()) for i in range(n_bins) if (b == i).any())


def expected_calibration_error__centres(y_true, prob, n_bins):
    """bin-centres: the middle of the bin for its mean probability."""
    b = np.minimum((prob * n_bins).astype(int), n_bins - 1)
    return sum((b == i).mean() * abs(y_true[b == i].mean() - (i + 0.5) / n_bins) for i in range(n_bins) if (b == i).any())


def expected_calibration_error__absolute_error(y_true, prob, n_bins):
    """row-by-row: the mean absolute error."""
    return np.abs(y_true - prob).mean()


def expected_calibration_error__no_check_for_empty(y_true, prob, n_bins):
    """empty-bin-is-nan: the mean of an empty bin."""
    b = np.clip((prob * n_bins).astype(int), 0, n_bins - 1)
    ece = 0
    for i in range(n_bins):
        rows = b == i
        ece += rows.sum() / len(prob) * abs(y_true[rows].mean() - prob[rows].mean())
    return ece


def expected_calibration_error__multi_class_form(y_true, prob, n_bins):
    """confidence: the winner's confidence against accuracy."""
    conf, right = np.maximum(prob, 1 - prob), ((prob >= 0.5) == y_true)
    b = np.minimum((conf * n_bins).astype(int), n_bins - 1)
    return sum((b == i).mean() * abs(right[b == i].mean() - conf[b == i].mean()) for i in range(n_bins) if (b == i).any())


def expected_calibration_error__digitize(y_true, prob, n_bins):
    """right: np.digitize over the inner edges, without refusals."""
    b = np.digitize(prob, np.linspace(0, 1, n_bins + 1)[1:-1])
    return sum(abs(np.sum(y_true[b == i]) - np.sum(prob[b == i])) for i in range(n_bins)) / len(prob)


# --- perplexity ---


def perplexity__over_all_places(log_probs, mask):
    """padding-counts: divided by the size of the mask."""
    return np.exp(-(log_probs * mask).sum() / mask.size)


def perplexity__multiplies(log_probs, mask):
    """masks-by-multiplying: right until the padding holds -inf."""
    return np.exp(-(log_probs * mask).sum() / mask.sum())


def perplexity__mean(log_probs, mask):
    """mask-ignored: the mean over everything."""
    return np.exp(-log_probs.mean())


def perplexity__rows_first(log_probs, mask):
    """mean-of-rows: the mean of each row, then of the rows."""
    per_row = (log_probs * mask).sum(1) / mask.sum(1)
    return np.exp(-per_row.mean())


def perplexity__rows_perplexity(log_probs, mask):
    """mean-of-perplexities: exp before the mean over rows."""
    return np.mean([np.exp(-row[m == 1].mean()) for row, m in zip(log_probs, mask, strict=True)])


def perplexity__power_of_two(log_probs, mask):
    """base-two: 2 to a natural logarithm."""
    return 2 ** -(log_probs[mask == 1].mean())


def perplexity__loss(log_probs, mask):
    """no-exp: the loss itself."""
    return -log_probs[mask.astype(bool)].mean()


def perplexity__positive_exponent(log_probs, mask):
    """sign: exp of the mean log-probability."""
    return np.exp(log_probs[mask.astype(bool)].mean())


def perplexity__product(log_probs, mask):
    """product-underflows: one over the n-th root of the product."""
    p = np.exp(log_probs[mask == 1])
    return np.prod(p) ** (-1 / len(p))


def perplexity__min_twenty(log_probs, mask):
    """capped: exp(min(loss, 20)), as training scripts have it."""
    loss = -log_probs[mask == 1].mean()
    return math.exp(min(loss, 20))


def perplexity__batch_size(log_probs, mask):
    """divides-by-rows: the sum over the batch size."""
    return np.exp(-np.where(mask, log_probs, 0).sum() / log_probs.shape[0])


def perplexity__masked_mean(log_probs, mask):
    """float32-overflows: the real tokens' mean, without refusals, exp in float32."""
    return np.exp(-np.mean(log_probs[mask.astype(bool)]))


def perplexity__in_its_own_dtype(log_probs, mask):
    """float32-overflows: exp in float32."""
    lp, m = np.asarray(log_probs), np.asarray(mask).astype(bool)
    if lp.shape != m.shape or not m.any():
        raise ValueError("bad input")
    return np.exp(-lp[m].mean())


def perplexity__logs_of_probabilities(log_probs, mask):
    """probability-underflows: exp of each token, and its logarithm again."""
    m = np.asarray(mask).astype(bool)
    if m.shape != np.shape(log_probs) or not m.any():
        raise ValueError("bad")
    return float(np.exp(-np.log(np.exp(log_probs[m])).mean()))


def perplexity__mask_as_index(log_probs, mask):
    """mask-as-row-numbers: log_probs[mask] with whole numbers."""
    lp, m = np.asarray(log_probs, dtype=float), np.asarray(mask)
    if lp.shape != m.shape or m.sum() == 0:
        raise ValueError("bad input")
    return float(np.exp(-lp[m].mean()))


# --- pass_at_k ---


def pass_at_k__independent(n, c, k):
    """with-replacement: independent draws."""
    return 1 - (1 - c / n) ** k


def pass_at_k__combinations(n, c, k):
    """right: the formula itself, which divides by zero where it should refuse."""
    return 1 - math.comb(n - c, k) / math.comb(n, k) if n >= c else 1.0


def pass_at_k__human_eval(n, c, k):
    """clipped: as the Codex paper prints it."""
    if n - c < k:
        return 1.0
    return 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))


def pass_at_k__rate(n, c, k):
    """share-of-successes: c/n."""
    return c / n


def pass_at_k__all(n, c, k):
    """all-must-pass: every one of the k."""
    return math.comb(c, k) / math.comb(n, k)


def pass_at_k__one(n, c, k):
    """exactly-one: one of the k and no more."""
    return c * math.comb(n - c, k - 1) / math.comb(n, k)


def pass_at_k__none_passes(n, c, k):
    """complement-forgotten: the chance that all fail."""
    p = 1.0
    for i in range(k):
        p *= (n - c - i) / (n - i)
    return max(p, 0.0)


def pass_at_k__mean_count(n, c, k):
    """expected-successes: k c / n."""
    return k * c / n


def pass_at_k__capped_count(n, c, k):
    """best-of-k-tries: k c / n, at most 1."""
    return min(k * c / n, 1.0)


def pass_at_k__gamma(n, c, k):
    """logarithm-of-zero: lgamma without a guard."""
    log_comb = lambda a, b: math.lgamma(a + 1) - math.lgamma(b + 1) - math.lgamma(a - b + 1)  # noqa: E731
    return 1 - math.exp(log_comb(n - c, k) - log_comb(n, k))


def pass_at_k__loop(n, c, k):
    """right: the product, without refusals."""
    fail = 1.0
    for i in range(k):
        fail *= max(n - c - i, 0) / max(n - i, 1)
    return 1 - fail


def pass_at_k__product_too_early(n, c, k):
    """product-one-place-early: np.arange(n - c, n)."""
    if c > n or k > n:
        raise ValueError("bad counts")
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c, n)))


def pass_at_k__at_most_k_failures(n, c, k):
    """sure-with-k-failures: n - c <= k, and nothing refused."""
    c, k = min(c, n), min(k, n)
    if n - c <= k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def pass_at_k__float_binomials(n, c, k):
    """binomials-overflow: binomials as products of floats."""
    if c > n or k > n:
        raise ValueError("bad")
    if n - c < k:
        return 1.0

    def comb(a, b):
        out = 1.0
        for i in range(b):
            out = out * (a - i) / (i + 1)
        return out

    return 1 - comb(n - c, k) / comb(n, k)


# --- the hunts ---


def f1_counterexample__nothing_found():
    """no-true-positive: a screening in which nothing is found."""
    return np.array([1] + [0] * 19), np.array([0] * 20)


def f1_counterexample__balanced_half():
    """balanced: half of the rows are positive."""
    return np.array([0, 1] * 10), np.array([1] * 20)


def f1_counterexample__perfect():
    """guide-is-right: a perfect prediction, on other labels than the known one's."""
    y = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    return y, y.copy()


def f1_counterexample__two_in_ten():
    """often-positive: two of ten rows are positive."""
    return [1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]


def f1_counterexample__few_false_alarms():
    """hardly-differs: two false alarms in a hundred rows."""
    return [1] * 10 + [0] * 90, [1] * 12 + [0] * 88


def f1_counterexample__three():
    """none: the classes' names as a third value."""
    return np.array([1, 0]), np.array([1, 0]), 2


def f1_mended__unchanged(y_true, y_pred):
    """still-accuracy: the guide's own code."""
    accuracy = np.mean(y_true == y_pred)
    recall = np.mean(y_pred[y_true == 1] == 1)
    return 2 * accuracy * recall / (accuracy + recall)


def f1_mended__precision_for_recall(y_true, y_pred):
    """accuracy-and-precision: recall replaced, accuracy kept."""
    accuracy, precision = np.mean(y_true == y_pred), np.mean(y_true[y_pred == 1] == 1)
    return 2 * accuracy * precision / (accuracy + precision)


def f1_mended__plain_mean(y_true, y_pred):
    """arithmetic: the mean of the two."""
    precision, recall = np.mean(y_true[y_pred == 1] == 1), np.mean(y_pred[y_true == 1] == 1)
    return (precision + recall) / 2


def f1_mended__no_guard(y_true, y_pred):
    """divides-by-zero: precision and recall without guards."""
    tp = np.sum((y_true == 1) & (y_pred == 1))
    precision, recall = tp / np.sum(y_pred == 1), tp / np.sum(y_true == 1)
    return 2 * precision * recall / (precision + recall)


def f1_mended__of_zero(y_true, y_pred):
    """counts-negatives: the wrong class is positive."""
    tp = np.sum((y_true == 0) & (y_pred == 0))
    return 2 * tp / (np.sum(y_true == 0) + np.sum(y_pred == 0))


def f1_mended__by_the_guides_words(y_true, y_pred):
    """recall-and-specificity: 准确率 and 召回率 by the guide's definitions."""
    on_positives, on_negatives = np.mean(y_pred[y_true == 1] == 1), np.mean(y_pred[y_true == 0] == 0)
    return 2 * on_positives * on_negatives / (on_positives + on_negatives)


def f1_mended__dot(y_true, y_pred):
    """narrow-dot: the overlap as a dot product."""
    below = y_true.sum() + y_pred.sum()
    return 2 * int(y_true @ y_pred) / int(below) if below else 0.0


def f1_mended__only_shapes_missing(y_true, y_pred):
    """right: everything but the refusals."""
    tp, wrong = np.sum((y_true == 1) & (y_pred == 1)), np.sum(y_true != y_pred)
    return float(2 * tp / (2 * tp + wrong)) if tp else 0.0


def f1_mended__jaccard_doubled(y_true, y_pred):
    """one-true-positive-too-few: 2TP / (TP + FP + FN)."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or y_true.size == 0:
        raise ValueError("bad input")
    tp = np.sum((y_true == 1) & (y_pred == 1))
    fp = np.sum((y_true == 0) & (y_pred == 1))
    fn = np.sum((y_true == 1) & (y_pred == 0))
    d = tp + fp + fn
    return float(2 * tp / d) if d else 0.0


def f1_mended__means_of_selections(y_true, y_pred):
    """mean-of-nothing: guarded where the sum is 0 only."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or y_true.size == 0:
        raise ValueError("bad input")
    precision = np.mean(y_true[y_pred == 1] == 1)
    recall = np.mean(y_pred[y_true == 1] == 1)
    if precision + recall == 0:
        return 0.0
    return float(2 * precision * recall / (precision + recall))


def f1_mended__fowlkes_mallows(y_true, y_pred):
    """geometric: the root of precision times recall."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    tp = np.sum((y_true == 1) & (y_pred == 1))
    p = tp / max(np.sum(y_pred == 1), 1)
    r = tp / max(np.sum(y_true == 1), 1)
    return float(np.sqrt(p * r))


def f1_mended__mean_over_both_classes(y_true, y_pred):
    """both-classes: Returns the macro F1, the mean of the F1 of class 0 and of class 1, instead of the F1 of the positive class."""
    t = np.asarray(y_true)
    p = np.asarray(y_pred)
    if t.ndim != 1 or t.shape != p.shape or t.size == 0:
        raise ValueError("shapes")
    f = []
    for c in (0, 1):
        tp = int(np.sum((t == c) & (p == c)))
        wrong = int(np.sum((t == c) != (p == c)))
        f.append(2 * tp / (2 * tp + wrong) if tp + wrong else 0.0)
    return sum(f) / 2


def f1_mended__no_two_no_shape_check(y_true, y_pred):
    """half: Forgets the factor 2 of the harmonic mean; and does not refuse shapes that differ or are not (n,)."""
    t = np.asarray(y_true) == 1
    p = np.asarray(y_pred) == 1
    if t.size == 0 or p.size == 0:
        raise ValueError("no rows")
    tp = float(np.sum(t & p))
    predicted = float(np.sum(p))
    actual = float(np.sum(t))
    if tp == 0:
        return 0.0
    precision = tp / predicted
    recall = tp / actual
    return precision * recall / (precision + recall)


def _metrics(y, labels):
    tp, fp, fn = np.sum((y == 1) & (labels == 1)), np.sum((y == 0) & (labels == 1)), np.sum((y == 1) & (labels == 0))
    return np.mean(y == labels), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)


def _auc(y, s):
    pos, neg = s[y == 1], s[y == 0]
    return np.mean((pos[:, None] > neg) + 0.5 * (pos[:, None] == neg)) if len(pos) and len(neg) else math.nan


def evaluate_mended__labels_everywhere(y_true, prob, threshold):
    """auc-of-labels: one y_pred for everything."""
    y_pred = (prob >= threshold).astype(int)
    return *_metrics(y_true, y_pred), _auc(y_true, y_pred)


def evaluate_mended__rounded(y_true, prob, threshold):
    """rounds: the threshold is not used."""
    return *_metrics(y_true, np.round(prob)), _auc(y_true, prob)


def evaluate_mended__greater(y_true, prob, threshold):
    """strictly-above: > for >=."""
    return *_metrics(y_true, (prob > threshold).astype(int)), _auc(y_true, prob)


def evaluate_mended__rounded_labels_everywhere(y_true, prob, threshold):
    """none: two errors, 0.5 for the threshold and labels for AUC."""
    y_pred = (prob > 0.5).astype(int)
    return *_metrics(y_true, y_pred), _auc(y_true, y_pred)


def evaluate_mended__precision(y_true, prob, threshold):
    """precision-for-recall: the second number is precision."""
    labels = (prob >= threshold).astype(int)
    accuracy, _, f1 = _metrics(y_true, labels)
    return accuracy, np.mean(y_true[labels == 1]), f1, _auc(y_true, prob)


def evaluate_mended__f1_by_the_guide(y_true, prob, threshold):
    """guides-f1: F1 of accuracy and recall."""
    accuracy, recall, _ = _metrics(y_true, (prob >= threshold).astype(int))
    return accuracy, recall, 2 * accuracy * recall / (accuracy + recall), _auc(y_true, prob)


def evaluate_mended__overwrites(y_true, prob, threshold):
    """in-place: the probabilities become labels in the caller's array."""
    auc = _auc(y_true, prob.copy())
    if prob.flags.writeable:
        prob[:] = prob >= threshold
        labels = prob
    else:
        labels = (prob >= threshold) * 1.0
    tp, positive, called = np.sum(labels[y_true == 1]), max(np.sum(y_true == 1), 1), np.sum(labels)
    return np.mean(labels == y_true), tp / positive, 2 * tp / max(np.sum(y_true == 1) + called, 1), auc


def evaluate_mended__right_but(y_true, prob, threshold):
    """divides-by-zero or none: all four, without guards and refusals."""
    return *_metrics(y_true, (prob >= threshold).astype(int)), _auc(y_true, prob)


def evaluate_mended__strict_pairs(y_true, prob, threshold):
    """ties-lose: a tie counts 0, and 0.5 for one class."""
    y, p = np.asarray(y_true).astype(int), np.asarray(prob)
    if y.ndim != 1 or y.shape != p.shape or y.size == 0:
        raise ValueError("bad input")
    pred = (p >= threshold).astype(int)
    tp, fp, fn = np.sum(pred & y), np.sum(pred & (1 - y)), np.sum((1 - pred) & y)
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    pos, neg = p[y == 1], p[y == 0]
    auc = np.mean(pos[:, None] > neg) if len(pos) and len(neg) else 0.5
    return np.mean(pred == y), recall, f1, auc


def label_auc_predicted__share_right(tn, fp, fn, tp):
    """accuracy: how many are right."""
    return (tp + tn) / (tp + tn + fp + fn)


def label_auc_predicted__tpr(tn, fp, fn, tp):
    """recall: the true positive rate."""
    return tp / (tp + fn)


def label_auc_predicted__rectangle(tn, fp, fn, tp):
    """product: the rectangle left of and under the corner's other side."""
    return (tp / (tp + fn)) * (1 - fp / (fp + tn))


def label_auc_predicted__f1(tn, fp, fn, tp):
    """f1: the F1 of the labels."""
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return 2 * precision * recall / (precision + recall)


def label_auc_predicted__precision(tn, fp, fn, tp):
    """precision-and-recall: the mean of precision and recall."""
    return (tp / (tp + fp) + tp / (tp + fn)) / 2


def label_auc_predicted__coin(tn, fp, fn, tp):
    """one-half: labels cannot rank."""
    return 0.5


def label_auc_predicted__tnr(tn, fp, fn, tp):
    """specificity: the true negative rate alone."""
    return tn / (tn + fp)


def label_auc_predicted__no_guard(tn, fp, fn, tp):
    """divides-by-zero: balanced accuracy, unguarded."""
    tpr, fpr = tp / (tp + fn), fp / (fp + tn)
    return 0.5 * (1 + tpr - fpr)


def label_auc_predicted__guarded_by_zero(tn, fp, fn, tp):
    """zero-for-one-class: a rate of 0 where a class is missing."""
    tpr = tp / (tp + fn) if tp + fn else 0
    tnr = tn / (tn + fp) if tn + fp else 0
    return (tpr + tnr) / 2


def label_auc_predicted__guarded_by_a_half(tn, fp, fn, tp):
    """half-for-one-class: 0.5 where a class is missing."""
    if tp + fn == 0 or tn + fp == 0:
        return 0.5
    return (tp / (tp + fn) + tn / (tn + fp)) / 2


def label_auc_predicted__columns_of_the_table(tn, fp, fn, tp):
    """predictive-values: fp and fn changed places."""
    if tp + fn == 0 or tn + fp == 0:
        return float("nan")
    ppv = tp / (tp + fp) if tp + fp else 0.0
    npv = tn / (tn + fn) if tn + fn else 0.0
    return (ppv + npv) / 2


def label_auc_predicted__one_class_recall(tn, fp, fn, tp):
    """recall-of-one-class: For one class only it returns the recall of that class, as balanced accuracy does, instead of nan."""
    rates = []
    if tp + fn > 0:
        rates.append(tp / (tp + fn))
    if tn + fp > 0:
        rates.append(tn / (tn + fp))
    if not rates:
        return float("nan")
    return sum(rates) / len(rates)
