"""Checks of the lesson metrics, exercise by exercise: its oracle, its makers of inputs, and a test for each thing that can go wrong.

Oracles count one by one, by the definition. Drawn data hold no accidental ties, and every known mistake shows on every draw.
"""

import math

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- shared -----------------------------------------------------------------------------------------------------------


def ratio(part, whole):
    return part / whole if whole else 0.0


def count_table(y_true, y_pred, n_classes):
    table = np.zeros((n_classes, n_classes), dtype=np.int64)
    for true, predicted in zip(y_true.tolist(), y_pred.tolist(), strict=True):
        table[int(true), int(predicted)] += 1
    return table


def four_numbers(y_true, y_pred):
    (tn, fp), (fn, tp) = count_table(y_true, y_pred, 2).tolist()
    precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
    return (tp + tn) / len(y_true), precision, recall, ratio(2 * precision * recall, precision + recall)


def pairs(y_true, scores):
    """The fraction of (positive, negative) pairs in the right order, ties one half; nan without pairs."""
    difference = scores[y_true == 1][:, None].astype(float) - scores[y_true == 0][None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0))) if difference.size else math.nan


def misfits(rng):
    """Two arguments that are not both (n,) with n >= 1, in ways that numpy would broadcast."""
    yield "no rows", np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    yield "three rows against one", np.array([0, 1, 1]), np.array([1])
    yield "one row against three", np.array([1]), np.array([0, 1, 1])
    yield "a row against a column", np.array([0, 1]), np.array([[0], [1]])
    yield "two columns", np.array([[0], [1]]), np.array([[0], [1]])


def with_more(maker, *more, floats=False):
    """The cases of a maker with further arguments; its second argument as floats where it holds scores."""
    for name, y, second in maker:
        yield name, y, second.astype(np.float64) / 2 if floats else second, *more


def misfits_scores(rng):
    yield from with_more(misfits(rng), floats=True)


def distinct(rng):
    """Scores that are all different, in no order; those of a hundred thresholds are others, and give another area."""
    yield "four rows", np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    while True:
        y = rng.permutation(np.repeat([0, 1], [36, 24]))
        scores = rng.random(60) + 0.3 * y
        close = rng.choice(np.arange(20, 80), 3, replace=False) / 100  # pairs that no grid of a hundred thresholds tells apart
        scores[np.flatnonzero(y == 0)[:3]] = close + 0.00402
        scores[np.flatnonzero(y == 1)[:3]] = close + 0.00405
        if abs(pairs(y, np.minimum(np.floor(100 * scores), 100)) - pairs(y, scores)) > 1e-3:  # else the others make up for them
            break
    yield "60 rows", y, scores


def tied(rng):
    """Four distinct scores among many rows. The tied pairs are odd in number: no order of the rows makes half of them right.

    More than sixteen rows a score: fewer an unstable sort leaves in their order, now and then.
    """
    yield "two rows tied", np.array([1, 0]), np.array([0.5, 0.5])
    positives, negatives = rng.integers(9, 20, (2, 4))
    positives[0] = 9
    negatives[0] += 1 - (positives @ negatives) % 2
    levels = np.arange(4) / 4
    scores = [rng.permutation(np.repeat(levels, counts)) for counts in (negatives, positives)]
    yield "4 distinct scores", np.repeat([0, 1], [negatives.sum(), positives.sum()]), np.concatenate(scores)


def logits(rng):
    """Scores far outside [0, 1], and some that differ by little; no two are equal."""
    y = rng.permutation(np.repeat([0, 1], [24, 16]))
    yield "40 logits", y, rng.choice(np.arange(-600, 600), 40, replace=False) / 10 + 20.03 * y
    yield "scores a billionth apart", np.array([0, 1, 0, 1]), 0.5 + 1e-9 * np.array([0, 1, 2, 3])


def small_scores(rng):
    """Whole-number scores of one byte: minus wraps around."""
    yield "uint8 scores", np.array([False, True, False, True]), np.array([0, 3, 1, 200], dtype=np.uint8)
    yield "int8 scores", np.array([0, 1, 1, 0], dtype=np.int8), np.array([-128, 5, 100, -3], dtype=np.int8)


def plain_scores(rng):
    """Scores that stay apart as float32 and as whole numbers; labels of one byte."""
    y = rng.permutation(np.repeat([0, 1], [14, 10])).astype(np.uint8)
    yield "24 rows, uint8 labels", y, rng.choice(41, 24, replace=False) - 20 + 0.25


def one_class(rng):
    yield "only positives", np.array([1, 1]), np.array([0.2, 0.7])
    yield "only negatives", np.array([0, 0, 0]), np.array([0.2, 0.7, 0.7])


# --- confusion_matrix -------------------------------------------------------------------------------------------------


def confusion_labels(rng):
    yield "four rows", np.array([0, 1, 1, 2]), np.array([0, 2, 2, 1]), 3
    y = rng.integers(0, 6, 120)
    yield "120 rows, 6 classes", y, np.where(rng.random(120) < 0.6, y, rng.integers(0, 6, 120)), 6


def confusion_absent(rng):
    yield "class 4 never occurs, class 3 is only predicted", np.array([0, 1, 2, 2, 0]), np.array([0, 3, 2, 1, 0]), 5


def confusion_row(rng):
    yield "one row", np.array([1]), np.array([0]), 2


def confusion_outside(rng):
    yield "a true label of n_classes", np.array([0, 3]), np.array([0, 1]), 3
    yield "a negative true label", np.array([0, -1]), np.array([0, 1]), 3
    yield "a predicted label of n_classes", np.array([0, 1]), np.array([3, 1]), 3
    yield "a negative predicted label", np.array([0, 1]), np.array([-1, 1]), 3
    yield "a negative predicted label beside a true 2", np.array([2, 1]), np.array([-1, 1]), 3


def confusion_misfits(rng):
    yield from with_more(misfits(rng), 2)


def confusion_narrow(rng):
    """Labels whose product with n_classes does not fit their type."""
    for dtype, n_classes in ((np.uint8, 20), (np.int16, 182), (np.int8, 20)):
        y, p = rng.integers(0, n_classes, (2, 12))
        y[:2] = p[:2] = n_classes - 1
        yield f"{np.dtype(dtype).name} labels, {n_classes} classes", y.astype(dtype), p.astype(dtype), n_classes


@points(2)
def test_confusion_matrix(confusion_matrix, draw):
    """Rows are the truth, columns the prediction, entries the number of rows."""
    agree(confusion_matrix, draw(confusion_labels, count_table))


@points(1)
def test_confusion_matrix_absent(confusion_matrix, draw):
    """The table has n_classes rows and columns, also where classes do not occur."""
    agree(confusion_matrix, draw(confusion_absent, count_table))


@points(1, rule=True)
def test_confusion_matrix_contract(confusion_matrix, draw):
    """Labels of any integer type, any layout; inputs stay as they were; the counts are integers."""
    contract(confusion_matrix, draw, confusion_narrow, count_table)
    agree(confusion_matrix, draw(confusion_row, count_table), integer=True)


@points(1)
def test_confusion_matrix_outside(confusion_matrix, draw):
    """A label outside 0..n_classes-1 is refused with ValueError."""
    refuse(confusion_matrix, draw(confusion_outside))


@points(1)
def test_confusion_matrix_shapes(confusion_matrix, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(confusion_matrix, draw(confusion_misfits))


# --- binary_metrics ---------------------------------------------------------------------------------------------------


def counted(tn, fp, fn, tp):
    """Labels and predictions with these counts."""
    return np.repeat([0, 0, 1, 1], [tn, fp, fn, tp]), np.repeat([0, 1, 0, 1], [tn, fp, fn, tp])


def binary_labels(rng):
    """Precision below recall below accuracy below specificity, on every draw."""
    yield "five rows", np.array([1, 0, 0, 0, 0]), np.array([1, 1, 1, 0, 0])
    y, p = counted(rng.integers(120, 160), rng.integers(21, 30), rng.integers(9, 13), rng.integers(13, 21))
    rows = rng.permutation(len(y))
    yield f"{len(y)} rows", y[rows], p[rows]


def binary_nothing(rng):
    yield "nothing is predicted positive", np.array([0, 1, 1]), np.array([0, 0, 0])
    yield "nothing is positive", np.array([0, 0, 0]), np.array([0, 1, 0])
    yield "neither", np.array([0, 0]), np.array([0, 0])
    yield "everything wrong", np.array([0, 1]), np.array([1, 0])


def binary_types(rng):
    """Labels of every kind; more true positives than a byte can count."""
    y, p = counted(150, 40, 30, 300)
    rows = rng.permutation(len(y))
    yield "520 rows of uint8", y[rows].astype(np.uint8), p[rows].astype(np.uint8)
    y, p = counted(*rng.integers(3, 9, 4))
    yield "bool", y.astype(bool), p.astype(bool)
    yield "float", y.astype(np.float64), p.astype(np.float64)


@points(2)
def test_binary_metrics(binary_metrics, draw):
    """Accuracy, precision, recall, F1, in this order."""
    agree(binary_metrics, draw(binary_labels, four_numbers))


@points(1, rule=False)
def test_binary_metrics_nothing_there(binary_metrics, draw):
    """0/0 counts as 0.0, without a warning; any layout; inputs stay as they were."""
    contract(binary_metrics, draw, binary_nothing, four_numbers)


@points(1, rule=True)
def test_binary_metrics_types(binary_metrics, draw):
    """Labels may be uint8, bool or float."""
    agree(binary_metrics, draw(binary_types, four_numbers))


@points(1)
def test_binary_metrics_shapes(binary_metrics, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(binary_metrics, draw(misfits))


# --- fbeta_score ------------------------------------------------------------------------------------------------------


def fbeta(y_true, y_pred, n_classes, beta, average):
    table = count_table(y_true, y_pred, n_classes)
    hits, true, predicted = np.diag(table).tolist(), table.sum(axis=1).tolist(), table.sum(axis=0).tolist()
    if average == "micro":
        hits, true, predicted = [sum(hits)], [sum(true)], [sum(predicted)]
    scores = []
    for h, t, s in zip(hits, true, predicted, strict=True):
        precision, recall = ratio(h, s), ratio(h, t)
        scores.append(ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall))
    if average == "weighted":
        return sum(score * t for score, t in zip(scores, true, strict=True)) / sum(true)
    return sum(scores) / len(scores)


def fbeta_labels(rng, rows=120, n_classes=6):
    """Labels and predictions in which every class is found at least twice; the last class is rare and predicted often."""
    y = np.concatenate([np.repeat(np.arange(n_classes), 2), rng.integers(0, n_classes - 1, rows - 2 * n_classes)])
    p = np.where(rng.random(rows) < 0.6, y, rng.integers(0, n_classes, rows))
    p[: 2 * n_classes] = y[: 2 * n_classes]
    p[-5:] = n_classes - 1
    shuffled = rng.permutation(rows)
    return y[shuffled], p[shuffled]


def fbeta_averages(rng):
    """Each way of averaging, with beta other than 1."""
    yield "six rows, macro", np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2]), 3, 2.0, "macro"
    y, p = fbeta_labels(rng)
    for average in ("macro", "micro", "weighted"):
        yield f"120 rows, 6 classes, {average}", y, p, 6, 2.0, average
    as_often = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 2, 2])
    yield "beta 1, every class predicted as often as it occurs", *as_often, 3, 1.0, "macro"


def fbeta_small_beta(rng):
    yield "120 rows, 6 classes", *fbeta_labels(rng), 6, 0.5, "macro"


def fbeta_absent(rng):
    yield "class 2 is never true nor predicted", np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), 3, 1.0, "macro"
    yield "class 1 is never found", np.array([0, 0, 1, 2]), np.array([0, 1, 2, 2]), 3, 2.0, "macro"
    yield "class 3 is only predicted", np.array([0, 0, 0, 1, 2]), np.array([0, 0, 1, 1, 3]), 4, 1.0, "weighted"


def fbeta_narrow(rng):
    yield "uint8 labels, 20 classes", *(part.astype(np.uint8) for part in fbeta_labels(rng, 90, 20)), 20, 2.0, "weighted"


def fbeta_words(rng):
    y, p = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    yield "average='mean'", y, p, 2, 1.0, "mean"
    yield "average='binary'", y, p, 2, 1.0, "binary"


def fbeta_misfits(rng):
    yield from with_more(misfits(rng), 2, 1.0, "macro")


@points(2)
def test_fbeta_score(fbeta_score, draw):
    """F-beta, averaged as asked: macro, micro or weighted by the true counts."""
    agree(fbeta_score, draw(fbeta_averages, fbeta))


@points(1)
def test_fbeta_score_small_beta(fbeta_score, draw):
    """A beta below 1 weighs precision more."""
    agree(fbeta_score, draw(fbeta_small_beta, fbeta))


@points(1, rule=False)
def test_fbeta_score_absent(fbeta_score, draw):
    """0/0 counts as 0.0, without a warning, and macro averages over all n_classes."""
    contract(fbeta_score, draw, fbeta_absent, fbeta)


@points(1)
def test_fbeta_score_contract(fbeta_score, draw):
    """Labels of any integer type, any layout; inputs stay as they were."""
    contract(fbeta_score, draw, fbeta_narrow, fbeta)


@points(1)
def test_fbeta_score_words(fbeta_score, draw):
    """Another word for the average is refused with ValueError."""
    refuse(fbeta_score, draw(fbeta_words))


@points(1)
def test_fbeta_score_shapes(fbeta_score, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(fbeta_score, draw(fbeta_misfits))


# --- roc_curve --------------------------------------------------------------------------------------------------------


def curve(y_true, scores):
    fpr, tpr, thresholds = [0.0], [0.0], [math.inf]
    for threshold in sorted(set(scores.tolist()), reverse=True):
        predicted = scores >= threshold
        fpr.append(float(np.mean(predicted[y_true == 0])))
        tpr.append(float(np.mean(predicted[y_true == 1])))
        thresholds.append(threshold)
    return np.array(fpr), np.array(tpr), np.array(thresholds)


@points(2)
def test_roc_curve(roc_curve, draw):
    """From (0, 0) at threshold +inf, one point for each score, the highest first."""
    agree(roc_curve, draw(distinct, curve))


@points(1)
def test_roc_curve_ties(roc_curve, draw):
    """Rows with the same score enter together: one point for each distinct score."""
    agree(roc_curve, draw(tied, curve))


@points(1)
def test_roc_curve_logits(roc_curve, draw):
    """Scores may be any finite numbers, logits too."""
    agree(roc_curve, draw(logits, curve))


@points(1, rule=True)
def test_roc_curve_contract(roc_curve, draw):
    """float32, whole numbers (uint8 too), any layout; inputs stay as they were; no warning."""
    contract(roc_curve, draw, plain_scores, curve, floats=(1,), either_width=True)
    agree(roc_curve, draw(small_scores, curve))


@points(1)
def test_roc_curve_refuses(roc_curve, draw):
    """One class only, no rows, or shapes that do not fit: ValueError."""
    refuse(roc_curve, draw(one_class))
    refuse(roc_curve, draw(misfits_scores))


# --- roc_auc ----------------------------------------------------------------------------------------------------------


@points(2)
def test_roc_auc(roc_auc, draw):
    """The fraction of (positive, negative) pairs in the right order."""
    agree(roc_auc, draw(distinct, pairs))


@points(2)
def test_roc_auc_ties(roc_auc, draw):
    """Ties count one half, whatever the order of the rows."""
    agree(roc_auc, draw(tied, pairs))


@points(1)
def test_roc_auc_logits(roc_auc, draw):
    """Scores may be any finite numbers: only their order matters."""
    agree(roc_auc, draw(logits, pairs))


@points(1, rule=False)
def test_roc_auc_one_class(roc_auc, draw):
    """With one class only there are no pairs: nan, without a warning."""
    contract(roc_auc, draw, one_class, pairs)


@points(1, rule=True)
def test_roc_auc_contract(roc_auc, draw):
    """float32, whole numbers (uint8 too), any layout; inputs stay as they were; no warning."""
    agree(roc_auc, draw(small_scores, pairs))
    contract(roc_auc, draw, plain_scores, pairs, floats=(1,))


@points(1)
def test_roc_auc_shapes(roc_auc, draw):
    """No rows, or shapes that do not fit: ValueError."""
    refuse(roc_auc, draw(misfits_scores))


# --- average_precision ------------------------------------------------------------------------------------------------


def step_area(y_true, scores):
    positives, area, before = int(np.sum(y_true == 1)), 0.0, 0.0
    if not positives:
        return 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        predicted = scores >= threshold
        recall = np.sum(y_true[predicted] == 1) / positives
        area += (recall - before) * np.mean(y_true[predicted] == 1)
        before = recall
    return float(area)


@points(2)
def test_average_precision(average_precision, draw):
    """Precision at each score, highest first, weighted by the recall it adds."""
    agree(average_precision, draw(distinct, step_area))


@points(1)
def test_average_precision_ties(average_precision, draw):
    """Rows with the same score enter together."""
    agree(average_precision, draw(tied, step_area))


@points(1, rule=False)
def test_average_precision_one_class(average_precision, draw):
    """0.0 without a positive, 1.0 without a negative, and no warning."""
    contract(average_precision, draw, one_class, step_area)


@points(1, rule=True)
def test_average_precision_contract(average_precision, draw):
    """float32, whole numbers (uint8 too), any layout; inputs stay as they were; no warning."""
    agree(average_precision, draw(small_scores, step_area))
    contract(average_precision, draw, plain_scores, step_area, floats=(1,))


@points(1)
def test_average_precision_shapes(average_precision, draw):
    """No rows, or shapes that do not fit: ValueError."""
    refuse(average_precision, draw(misfits_scores))


# --- expected_calibration_error ---------------------------------------------------------------------------------------


def calibration(y_true, prob, n_bins):
    total = 0.0
    for index in range(n_bins):
        inside = (prob >= index / n_bins) & ((prob < (index + 1) / n_bins) | (index == n_bins - 1))
        if inside.any():
            total += inside.sum() * abs(float(np.mean(y_true[inside] == 1)) - float(np.mean(prob[inside].astype(float))))
    return total / len(prob)


def calibration_rows(rng):
    """Probabilities off the edges of their bins."""
    yield "four rows, 2 bins", np.array([0, 1, 1, 1]), np.array([0.2, 0.4, 0.6, 0.9]), 2
    prob = (np.arange(80) % 10 + rng.uniform(0.1, 0.9, 80)) / 10  # in every bin some
    yield "80 rows, 10 bins", (rng.random(80) < prob**2).astype(np.int64), prob, 10


def calibration_edges(rng):
    yield "a probability of 0 and one of 1", np.array([1, 0, 1]), np.array([0.0, 1.0, 0.9]), 4
    yield "on the edges of 4 bins, and just below", np.array([0, 1, 1, 0, 1, 0]), np.array([0.25, 0.5, 0.75, 0.125, 0.625, 0.5 - 1e-9]), 4


def calibration_uneven(rng):
    yield "one full bin, one row elsewhere, the rest empty", np.array([0, 0, 1, 1, 1]), np.array([0.05, 0.06, 0.07, 0.08, 0.93]), 10
    yield "errors that cancel inside a bin", np.array([0, 1]), np.array([0.55, 0.65]), 1
    yield "one row", np.array([1]), np.array([0.3]), 5


def calibration_contract(rng):
    prob = (np.arange(40) % 10 + rng.uniform(0.1, 0.9, 40)) / 10
    yield "40 rows, uint8 labels", (rng.random(40) < prob**2).astype(np.uint8), prob, 10


def calibration_misfits(rng):
    yield from with_more(misfits(rng), 4, floats=True)


@points(2)
def test_expected_calibration_error(expected_calibration_error, draw):
    """In each bin the gap between the fraction of positives and the mean probability, weighted by the bin's rows."""
    agree(expected_calibration_error, draw(calibration_rows, calibration))


@points(1)
def test_expected_calibration_error_edges(expected_calibration_error, draw):
    """A bin holds its lower edge and not its upper; the last holds 1 too."""
    agree(expected_calibration_error, draw(calibration_edges, calibration))


@points(1, rule=False)
def test_expected_calibration_error_uneven(expected_calibration_error, draw):
    """Empty bins add 0, without a warning, and a bin of one row weighs one row."""
    contract(expected_calibration_error, draw, calibration_uneven, calibration)


@points(1)
def test_expected_calibration_error_contract(expected_calibration_error, draw):
    """float32, any layout; inputs stay as they were; no warning."""
    contract(expected_calibration_error, draw, calibration_contract, calibration, floats=(1,), integers=False)


@points(1)
def test_expected_calibration_error_shapes(expected_calibration_error, draw):
    """No rows, or shapes that do not fit: ValueError."""
    refuse(expected_calibration_error, draw(calibration_misfits))


# --- perplexity -------------------------------------------------------------------------------------------------------


def token_perplexity(log_probs, mask):
    kept = [value for row, real in zip(log_probs.tolist(), mask.tolist(), strict=True) for value, one in zip(row, real, strict=True) if one]
    return math.exp(-math.fsum(kept) / len(kept))


def perplexity_tokens(rng):
    """Log-probabilities of rows of different lengths."""
    yield "one row", np.log(np.array([[0.5, 0.25, 0.1]])), np.array([[1, 1, 0]])
    mask = (np.arange(8) < rng.permutation([1, 8, *rng.integers(1, 9, 4)])[:, None]).astype(np.int64)
    yield "6 rows, up to 8 tokens", np.log(rng.uniform(0.01, 0.9, (6, 8))), mask


def perplexity_padding(rng):
    yield "-inf and nan in the padding", np.array([[math.log(0.5), -math.inf, math.nan]]), np.array([[1, 0, 0]])
    yield "a row of padding only", np.log(np.array([[0.5, 0.1], [0.2, 0.3]])), np.array([[1, 1], [0, 0]])
    yield "a boolean mask with gaps", np.log(np.array([[0.5, 0.1, 0.7], [0.2, 0.3, 0.9]])), np.array([[False, True, False], [True, False, True]])


def perplexity_range(rng):
    yield "1200 tokens", np.log(rng.uniform(0.3, 0.4, (2, 600))), np.ones((2, 600), dtype=np.uint8)
    yield "a mean of about -150", rng.uniform(-180.0, -120.0, (2, 3)), np.array([[1, 1, 1], [1, 1, 0]])
    yield "a token of -800 among likely ones", np.array([[-800.0, *rng.uniform(-2.0, -1.0, 3)]]), np.array([[1, 1, 1, 0]])


def perplexity_contract(rng):
    yield "3 rows, a uint8 mask", np.log(rng.uniform(0.01, 0.9, (3, 4))), (np.arange(4) < np.array([[4], [1], [3]])).astype(np.uint8)


def perplexity_single(rng):
    # Five of them are below -745, where exp is 0 in float64, on every draw.
    yield "float32, a mean of about -165", rng.uniform(-180.0, -151.0, (2, 3)).astype(np.float32), np.array([[1, 1, 1], [1, 1, 0]])


def perplexity_no_tokens(rng):
    yield "no real token", np.zeros((2, 3)), np.zeros((2, 3), dtype=np.int64)
    yield "no tokens at all", np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)
    yield "one row of mask for two rows", np.zeros((2, 3)), np.ones((1, 3), dtype=np.int64)
    yield "two rows of mask for one row", np.zeros((1, 3)), np.ones((2, 3), dtype=np.int64)


@points(2)
def test_perplexity(perplexity, draw):
    """exp of minus the mean log-probability over all real tokens together."""
    agree(perplexity, draw(perplexity_tokens, token_perplexity))


@points(1, rule=False)
def test_perplexity_padding(perplexity, draw):
    """The mask decides, wherever its zeros stand; what the padding holds does not matter, and gives no warning."""
    contract(perplexity, draw, perplexity_padding, token_perplexity)


@points(1)
def test_perplexity_range(perplexity, draw):
    """A thousand tokens, or improbable ones: nothing underflows, nothing is capped."""
    agree(perplexity, draw(perplexity_range, token_perplexity))


@points(1)
def test_perplexity_contract(perplexity, draw):
    """float32, with improbable tokens too, any layout; inputs stay as they were; no warning."""
    contract(perplexity, draw, perplexity_contract, token_perplexity, floats=(0,), integers=False)
    agree(perplexity, draw(perplexity_single, token_perplexity), rtol=1e-3)


@points(1)
def test_perplexity_no_token(perplexity, draw):
    """No real token, or a mask of another shape: ValueError."""
    refuse(perplexity, draw(perplexity_no_tokens))


# --- pass_at_k --------------------------------------------------------------------------------------------------------


def exact_pass(n, c, k):
    return 1 - math.comb(n - c, k) / math.comb(n, k)


def pass_attempts(rng):
    yield "n=5 c=2 k=2", 5, 2, 2
    n, k = int(rng.integers(20, 60)), int(rng.integers(4, 7))
    c = int(rng.integers(n // 3, n // 2))
    yield f"n={n} c={c} k={k}", n, c, k


def pass_extremes(rng):
    yield "one draw", 10, 3, 1
    yield "no success", 8, 0, 3
    yield "every attempt succeeds", 8, 8, 3
    yield "fewer failures than draws", 5, 3, 4
    yield "all are drawn", 6, 1, 6
    yield "as many failures as draws", 6, 3, 3


def pass_large(rng):
    yield "n=10000 c=1 k=1500", 10_000, 1, 1_500
    yield "n=10000 c=5000 k=10", 10_000, 5_000, 10
    yield "n=2000 c=3 k=200", 2_000, 3, 200


def pass_too_many(rng):
    yield "more successes than attempts", 5, 6, 2
    yield "more draws than attempts", 5, 2, 6


@points(2)
def test_pass_at_k(pass_at_k, draw):
    """The chance that k attempts drawn from the n hold a success: 1 - C(n-c, k) / C(n, k)."""
    agree(pass_at_k, draw(pass_attempts, exact_pass))


@points(1)
def test_pass_at_k_extremes(pass_at_k, draw):
    """c/n for one draw, 0 without a success, 1 when failures are fewer than draws."""
    agree(pass_at_k, draw(pass_extremes, exact_pass))


@points(1)
def test_pass_at_k_large(pass_at_k, draw):
    """n up to 10 000, without overflow."""
    agree(pass_at_k, draw(pass_large, exact_pass))


@points(1)
def test_pass_at_k_refuses(pass_at_k, draw):
    """c > n or k > n: ValueError."""
    refuse(pass_at_k, draw(pass_too_many))


# --- hunt 1: f1_counterexample, f1_mended -----------------------------------------------------------------------------


def only_f1(y_true, y_pred):
    return four_numbers(y_true, y_pred)[3]


def guide_f1(y_true, y_pred):
    """F1 of accuracy and recall."""
    accuracy, _, recall, _ = four_numbers(y_true, y_pred)
    return ratio(2 * accuracy * recall, accuracy + recall)


def _pair(given):
    """The counterexample as two arrays of labels; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise Wrong("f1_counterexample() must return two arrays, (y_true, y_pred).", expected="(y_true, y_pred)", got=given)
    y_true, y_pred = np.asarray(given[0]), np.asarray(given[1])
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or not y_true.size:
        seen = "wrong-lengths" if y_true.ndim == y_pred.ndim == 1 and y_true.size != y_pred.size else ""
        raise Wrong("y_true and y_pred must be 1-D, of the same length, not empty.", expected="two rows of labels", got=given, mistake=seen)
    if not (np.isin(y_true, (0, 1)).all() and np.isin(y_pred, (0, 1)).all()):
        between = y_pred.dtype.kind == "f" and np.all((y_pred >= 0) & (y_pred <= 1)) and not np.isin(y_pred, (0, 1)).all()
        raise Wrong("The labels must be 0 and 1.", expected="labels 0 and 1", got=given, mistake="scores-for-labels" if between else "")
    return y_true, y_pred


def f1_nothing(rng):
    yield "nothing is predicted positive", np.array([0, 1, 1]), np.array([0, 0, 0])
    yield "neither", np.array([0, 0]), np.array([0, 0])
    yield "everything wrong", np.array([0, 1], dtype=np.uint8), np.array([1, 0], dtype=np.uint8)


def f1_types(rng):
    yield from (case for case in binary_types(rng) if case[0] != "float")


@points(2)
def test_f1_counterexample(f1_counterexample):
    """Labels and predictions on which guide_f1 is off by at least 0.2."""
    y_true, y_pred = _pair(f1_counterexample())
    right, guide = only_f1(y_true, y_pred), guide_f1(y_true, y_pred)
    if abs(right - guide) < 0.2:
        sentence = f"On your labels guide_f1 gives {guide:.3f} and F1 is {right:.3f}: less than 0.2 apart."
        balanced = np.mean(y_true) == 0.5
        seen = "no-true-positive" if right == 0 else "guide-is-right" if right == guide == 1 else "balanced" if balanced else "hardly-differs"
        raise Wrong(sentence, expected="0.2 apart or more", got=abs(right - guide), mistake=seen)


@points(2)
def test_f1_counterexample_screening(f1_counterexample):
    """It is a screening: at most one row in ten is positive, and there is a true positive.

    That is where the error hurts: accuracy is carried by the many negatives."""
    y_true, y_pred = _pair(f1_counterexample())
    if np.mean(y_true) > 0.1:
        raise Wrong("More than one row in ten is positive.", expected="at most 0.1", got=float(np.mean(y_true)), mistake="often-positive")
    if not np.sum((y_true == 1) & (y_pred == 1)):
        raise Wrong("There is no true positive, so both scores are 0.", expected="a true positive", got="none", mistake="no-true-positive")


@points(2)
def test_f1_mended(f1_mended, draw):
    """F1 is the harmonic mean of precision and recall."""
    agree(f1_mended, draw(binary_labels, only_f1))


@points(1, rule=False)
def test_f1_mended_nothing_there(f1_mended, draw):
    """0/0 counts as 0.0, without a warning."""
    contract(f1_mended, draw, f1_nothing, only_f1)


@points(1, rule=True)
def test_f1_mended_types(f1_mended, draw):
    """Labels may be uint8 or bool."""
    agree(f1_mended, draw(f1_types, only_f1))


@points(1)
def test_f1_mended_shapes(f1_mended, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(f1_mended, draw(misfits))


# --- hunt 2: evaluate_mended ------------------------------------------------------------------------------------------


def evaluation(y_true, prob, threshold):
    accuracy, _, recall, f1 = four_numbers(y_true, prob >= threshold)
    return accuracy, recall, f1, pairs(y_true, prob)


def evaluate_rows(rng):
    """Probabilities off the threshold, on both sides of it and of 0.5 in both classes."""
    yield "six rows", np.array([0, 1, 0, 1, 0, 1]), np.array([0.1, 0.4, 0.35, 0.8, 0.6, 0.2]), 0.3
    y = rng.permutation(np.repeat([0, 1], [60, 30]))
    prob = np.where(y == 1, rng.uniform(0.05, 0.95, 90), rng.uniform(0.02, 0.8, 90) ** 2)
    prob[np.flatnonzero(y == 1)[:3]] = rng.uniform(0.35, 0.45, 3)
    yield "90 rows", y, prob, 0.3


def evaluate_edges(rng):
    yield "probabilities on the threshold", np.array([1, 0, 1, 0]), np.array([0.5, 0.5, 0.75, 0.25]), 0.5
    yield "one positive, on the threshold", np.array([0, 1, 0]), np.array([0.75, 0.5, 0.25]), 0.5


def evaluate_one_class(rng):
    yield "no positive", np.array([0, 0, 0]), np.array([0.2, 0.7, 0.1]), 0.5
    yield "no negative, nothing predicted", np.array([1, 1]), np.array([0.2, 0.4]), 0.5


def evaluate_contract(rng):
    y = np.array([0, 1, 0, 1, 1, 0], dtype=np.uint8)
    yield "six rows, uint8 labels", y, rng.permutation([0.11, 0.42, 0.36, 0.83, 0.61, 0.24]), 0.3


def evaluate_misfits(rng):
    yield from with_more(misfits(rng), 0.25, floats=True)


@points(2)
def test_evaluate_mended(evaluate_mended, draw):
    """Accuracy, recall and F1 of the labels, AUC of the probabilities."""
    agree(evaluate_mended, draw(evaluate_rows, evaluation))


@points(1)
def test_evaluate_mended_edges(evaluate_mended, draw):
    """A probability equal to the threshold is predicted positive, and counts one half in AUC's ties."""
    agree(evaluate_mended, draw(evaluate_edges, evaluation))


@points(1, rule=False)
def test_evaluate_mended_one_class(evaluate_mended, draw):
    """With one class only AUC is nan and 0/0 is 0.0, without a warning."""
    contract(evaluate_mended, draw, evaluate_one_class, evaluation)


@points(1)
def test_evaluate_mended_contract(evaluate_mended, draw):
    """float32, any layout; inputs stay as they were; no warning."""
    contract(evaluate_mended, draw, evaluate_contract, evaluation, floats=(1,), integers=False)


@points(1)
def test_evaluate_mended_shapes(evaluate_mended, draw):
    """No rows, or shapes that do not fit: ValueError."""
    refuse(evaluate_mended, draw(evaluate_misfits))


# --- hunt 3: label_auc_predicted --------------------------------------------------------------------------------------


def label_auc(tn, fp, fn, tp):
    """The AUC of the labels themselves, pair by pair."""
    y, p = counted(tn, fp, fn, tp)
    return pairs(y, p)


def label_counts(rng):
    yield "tn=3 fp=1 fn=1 tp=1", 3, 1, 1, 1
    for size in (20, 60):
        fp, fn, tp = (int(count) for count in rng.permutation(np.arange(2, size // 2))[:3])
        yield f"tn={2 * size + tp} fp={fp} fn={fn} tp={tp}", 2 * size + tp, fp, fn, tp


def label_edges(rng):
    yield "everything predicted positive", 0, 7, 0, 3
    yield "everything right", 6, 0, 0, 2
    yield "everything wrong", 0, 4, 5, 0
    yield "as many false alarms as true negatives", 4, 4, 1, 3


def label_one_class(rng):
    yield "no positive", 5, 2, 0, 0
    yield "no negative", 0, 0, 1, 3


@points(2)
def test_label_auc_predicted(label_auc_predicted, draw):
    """The AUC of hard labels, from the four counts."""
    agree(label_auc_predicted, draw(label_counts, label_auc))


@points(1)
def test_label_auc_predicted_edges(label_auc_predicted, draw):
    """One half where everything is predicted positive, 1 and 0 at the ends."""
    agree(label_auc_predicted, draw(label_edges, label_auc))


@points(1)
def test_label_auc_predicted_one_class(label_auc_predicted, draw):
    """Without a positive or without a negative: nan."""
    agree(label_auc_predicted, draw(label_one_class, label_auc))
