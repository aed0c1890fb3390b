"""Checks of the lesson metrics: oracles that count one by one, makers of inputs, and a test for each thing that can go wrong."""

import math

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- oracles: by the definition, one item at a time -------------------------------------------------------------------


def count_table(y_true, y_pred, n_classes):
    table = np.zeros((n_classes, n_classes), dtype=np.int64)
    for true, said in zip(y_true.tolist(), y_pred.tolist(), strict=True):
        table[int(true), int(said)] += 1
    return table


def ratio(a, b):
    return a / b if b else 0.0


def four_numbers(y_true, y_pred):
    (tn, fp), (fn, tp) = count_table(y_true, y_pred, 2).tolist()
    precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
    return (tp + tn) / len(y_true), precision, recall, ratio(2 * precision * recall, precision + recall)


def only_f1(y_true, y_pred):
    return four_numbers(y_true, y_pred)[3]


def fbeta(y_true, y_pred, n_classes, beta, average):
    table = count_table(y_true, y_pred, n_classes)
    hits, true, said = np.diag(table).tolist(), table.sum(axis=1).tolist(), table.sum(axis=0).tolist()
    if average == "micro":
        hits, true, said = [sum(hits)], [sum(true)], [sum(said)]
    scores = []
    for h, t, s in zip(hits, true, said, strict=True):
        precision, recall = ratio(h, s), ratio(h, t)
        scores.append(ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall))
    if average == "weighted":
        return sum(score * t for score, t in zip(scores, true, strict=True)) / sum(true)
    return sum(scores) / len(scores)


def curve(y_true, scores):
    fpr, tpr, thresholds = [0.0], [0.0], [math.inf]
    for threshold in sorted(set(scores.tolist()), reverse=True):
        said = scores >= threshold
        fpr.append(float(np.mean(said[y_true == 0])))
        tpr.append(float(np.mean(said[y_true == 1])))
        thresholds.append(threshold)
    return np.array(fpr), np.array(tpr), np.array(thresholds)


def pairs(y_true, scores):
    difference = scores[y_true == 1][:, None].astype(float) - scores[y_true == 0][None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0))) if difference.size else math.nan


def step_area(y_true, scores):
    positives, area, before = int(np.sum(y_true == 1)), 0.0, 0.0
    if not positives:
        return 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        said = scores >= threshold
        recall = np.sum(y_true[said] == 1) / positives
        area += (recall - before) * np.mean(y_true[said] == 1)
        before = recall
    return float(area)


def calibration(y_true, prob, n_bins):
    total = 0.0
    for index in range(n_bins):
        inside = (prob >= index / n_bins) & ((prob < (index + 1) / n_bins) | (index == n_bins - 1))
        if inside.any():
            total += inside.sum() * abs(float(np.mean(y_true[inside] == 1)) - float(np.mean(prob[inside].astype(float))))
    return total / len(prob)


def token_perplexity(log_probs, mask):
    kept = [value for row, real in zip(log_probs.tolist(), mask.tolist(), strict=True) for value, one in zip(row, real, strict=True) if one]
    return math.exp(-math.fsum(kept) / len(kept))


def exact_pass(n, c, k):
    return 1 - math.comb(n - c, k) / math.comb(n, k)


# --- makers -----------------------------------------------------------------------------------------------------------


def multiclass(rng):
    """Labels of a few classes, one of them rare, predictions right more often than not."""
    yield "four rows", np.array([0, 1, 2, 2]), np.array([0, 2, 2, 1]), 3
    y = rng.integers(0, 6, 120)
    yield "120 rows, 6 classes", y, np.where(rng.random(120) < 0.6, y, rng.integers(0, 6, 120)), 6


def with_absent(rng):
    """Classes that nobody has or nobody predicts."""
    y = rng.integers(0, 3, 20)
    yield "a class that is never true nor predicted", y, rng.permutation(y), 5
    yield "a class that is only predicted", np.array([0, 0, 1]), np.array([0, 2, 1]), 3
    yield "one row", np.array([1]), np.array([0]), 2


def outside(rng):
    yield "a true label of n_classes", np.array([0, 3]), np.array([0, 1]), 3
    yield "a negative true label", np.array([0, -1]), np.array([0, 1]), 3
    yield "a predicted label of n_classes", np.array([0, 1]), np.array([3, 1]), 3
    yield "a negative predicted label", np.array([0, 1]), np.array([-1, 1]), 3


def misfits(rng):
    yield "no rows", np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    yield "three labels for two predictions", np.array([0, 1, 1]), np.array([0, 1])
    yield "a column against a row", np.array([[0], [1]]), np.array([0, 1])


def misfits_k(rng):
    for name, y, p in misfits(rng):
        yield name, y, p, 2


def misfits_fbeta(rng):
    for name, y, p in misfits(rng):
        yield name, y, p, 2, 1.0, "macro"


def misfits_scores(rng):
    for name, y, p in misfits(rng):
        yield name, y, p.astype(np.float64)


def misfits_bins(rng):
    for name, y, p in misfits(rng):
        yield name, y, p / 2, 4


def binary(rng):
    """0/1 labels with precision, recall, accuracy and F1 all different."""
    yield "seven rows", np.array([1, 1, 1, 1, 0, 0, 0]), np.array([1, 0, 0, 0, 1, 0, 0])
    y = (rng.random(90) < 0.3).astype(np.int64)
    y[:2] = 0, 1
    p = np.where(rng.random(90) < np.where(y == 1, 0.55, 0.15), 1, 0)
    p[:3] = 1, 1, 0
    yield "90 rows", y, p


def nothing_there(rng):
    yield "nothing is predicted positive", np.array([0, 1, 1]), np.array([0, 0, 0])
    yield "nothing is positive", np.array([0, 0, 0]), np.array([0, 1, 0])
    yield "neither", np.array([0, 0]), np.array([0, 0])
    yield "everything wrong", np.array([0, 1]), np.array([1, 0])


def small_types(rng):
    y, p = rng.integers(0, 2, 40), rng.integers(0, 2, 40)
    yield "uint8", y.astype(np.uint8), p.astype(np.uint8)
    yield "bool", y.astype(bool), p.astype(bool)
    yield "float", y.astype(np.float64), p.astype(np.float64)


def averages(rng):
    """Each way of averaging, with beta other than 1."""
    for name, y, p, k in multiclass(rng):
        for average in ("macro", "micro", "weighted"):
            yield f"{name}, {average}", y, p, k, 2.0, average


def small_beta(rng):
    for name, y, p, k in multiclass(rng):
        yield name, y, p, k, 0.5, "macro"


def averages_absent(rng):
    for name, y, p, k in with_absent(rng):
        for average in ("macro", "weighted"):
            yield f"{name}, {average}", y, p, k, 1.0, average


def other_words(rng):
    yield "average='mean'", np.array([0, 1]), np.array([0, 1]), 2, 1.0, "mean"
    yield "average='binary'", np.array([0, 1]), np.array([0, 1]), 2, 1.0, "binary"


def plain_fbeta(rng):
    for name, y, p, k in multiclass(rng):
        yield name, y, p, k, 2.0, "weighted"


def labels(rng, n):
    y = (rng.random(n) < 0.4).astype(np.int64)
    y[:2] = 0, 1
    return rng.permutation(y)


def distinct(rng):
    """Scores that are all different, in no order."""
    yield "four rows", np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    y = labels(rng, 60)
    yield "60 rows", y, rng.random(60) + 0.3 * y


def tied(rng):
    """Few distinct scores among many rows."""
    yield "two rows tied", np.array([0, 1]), np.array([0.5, 0.5])
    yield "two rows tied, the other way round", np.array([1, 0]), np.array([0.5, 0.5])
    yield "60 rows, 4 scores", labels(rng, 60), rng.integers(0, 4, 60) / 4


def logits(rng):
    """Scores far outside [0, 1], and some that differ by little."""
    y = labels(rng, 40)
    yield "40 logits", y, rng.normal(0, 30, 40).round(1) + 20 * y
    yield "scores a millionth apart", np.array([0, 1, 0, 1]), 0.5 + 1e-6 * np.array([0, 1, 2, 3])


def one_class(rng):
    yield "only positives", np.array([1, 1]), np.array([0.2, 0.7])
    yield "only negatives", np.array([0, 0]), np.array([0.2, 0.7])


def no_positive(rng):
    yield "no positive", np.array([0, 0, 0]), np.array([0.2, 0.7, 0.7])
    yield "only positives", np.array([1, 1]), np.array([0.2, 0.7])


def unsigned(rng):
    """Scores in a type whose minus wraps around."""
    yield "uint8 scores, 0 among them", np.array([0, 1, 0, 1]), np.array([0, 3, 1, 200], dtype=np.uint8)
    yield "12 rows of uint8 scores", labels(rng, 12), rng.integers(0, 9, 12).astype(np.uint8)


def scores_contract(rng):
    """Scores that stay apart as float32 and as whole numbers."""
    yield "5 rows", np.array([0, 1, 1, 0, 1]), np.array([-3.0, 2.5, 0.5, 0.5, 4.5])
    y = labels(rng, 24)
    yield "24 rows", y, rng.integers(-20, 20, 24) / 4 + y


def forecasts(rng):
    """Probabilities off the edges of their bins."""
    yield "four rows, 2 bins", np.array([0, 1, 1, 1]), np.array([0.2, 0.4, 0.6, 0.9]), 2
    prob = (rng.integers(0, 10, 80) + rng.uniform(0.1, 0.9, 80)) / 10
    yield "80 rows, 10 bins", (rng.random(80) < prob**2).astype(np.int64), prob, 10


def on_edges(rng):
    yield "a probability of 0 and one of 1", np.array([0, 0, 1]), np.array([0.0, 1.0, 0.9]), 4
    yield "on the middle edge", np.array([0, 1, 0]), np.array([0.5, 0.3, 0.5]), 2
    yield "on dyadic edges", np.array([0, 1, 1, 0]), np.array([0.25, 0.5, 0.75, 0.125]), 4


def uneven_bins(rng):
    yield "one full bin, one row elsewhere, the rest empty", np.array([0, 0, 1, 1, 1]), np.array([0.05, 0.06, 0.07, 0.08, 0.93]), 10
    yield "one row", np.array([1]), np.array([0.3]), 5
    yield "errors that cancel inside a bin", np.array([0, 1]), np.array([0.55, 0.65]), 1


def tokens(rng):
    """Log-probabilities of rows of different lengths."""
    yield "one row", np.log(np.array([[0.5, 0.25]])), np.array([[1, 1]])
    mask = (np.arange(8) < rng.integers(1, 9, (6, 1))).astype(np.int64)
    yield "6 rows, up to 8 tokens", np.log(rng.uniform(0.01, 0.9, (6, 8))), mask


def padding(rng):
    yield "-inf in the padding", np.array([[math.log(0.5), -math.inf]]), np.array([[1, 0]])
    yield "an empty row", np.log(np.array([[0.5, 0.1], [0.2, 0.3]])), np.array([[1, 1], [0, 0]])
    yield "a boolean mask", np.log(np.array([[0.5, 0.1], [0.2, 0.3]])), np.array([[True, False], [True, True]])


def no_tokens(rng):
    yield "no real token", np.zeros((2, 3)), np.zeros((2, 3), dtype=np.int64)
    yield "no tokens at all", np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)
    yield "a mask of another shape", np.zeros((2, 3)), np.ones((3, 2), dtype=np.int64)


def attempts(rng):
    yield "n=5 c=2 k=2", 5, 2, 2
    yield "n=10 c=3 k=1", 10, 3, 1
    n = int(rng.integers(20, 60))
    c = int(rng.integers(2, n // 3))
    yield f"n={n} c={c} k=5", n, c, 5


def extremes(rng):
    yield "no success", 8, 0, 3
    yield "every attempt succeeds", 8, 8, 3
    yield "fewer failures than draws", 5, 3, 4
    yield "all are drawn", 6, 1, 6


def large(rng):
    yield "n=10000 c=1 k=1500", 10_000, 1, 1_500
    yield "n=10000 c=5000 k=10", 10_000, 5_000, 10
    yield "n=2000 c=3 k=200", 2_000, 3, 200


def too_many(rng):
    yield "more successes than attempts", 5, 6, 2
    yield "more draws than attempts", 5, 2, 6


# --- confusion_matrix -------------------------------------------------------------------------------------------------


@points(2)
def test_confusion_matrix(confusion_matrix, draw):
    """Rows are the truth, columns the prediction, entries the number of rows."""
    agree(confusion_matrix, draw(multiclass, count_table), integer=True)


@points(1)
def test_confusion_matrix_absent(confusion_matrix, draw):
    """The table has n_classes rows and columns, also for classes that do not occur."""
    agree(confusion_matrix, draw(with_absent, count_table), integer=True)


@points(1)
def test_confusion_matrix_outside(confusion_matrix, draw):
    """A label outside 0..n_classes-1 is refused with ValueError."""
    refuse(confusion_matrix, draw(outside))


@points(1)
def test_confusion_matrix_shapes(confusion_matrix, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(confusion_matrix, draw(misfits_k))


@points(1)
def test_confusion_matrix_contract(confusion_matrix, draw):
    """Any layout; inputs stay as they were."""
    contract(confusion_matrix, draw, multiclass, count_table)


# --- binary_metrics ---------------------------------------------------------------------------------------------------


@points(2)
def test_binary_metrics(binary_metrics, draw):
    """Accuracy, precision, recall, F1, in this order."""
    agree(binary_metrics, draw(binary, four_numbers))


@points(1)
def test_binary_metrics_nothing_there(binary_metrics, draw):
    """0/0 counts as 0.0, without a warning."""
    contract(binary_metrics, draw, nothing_there, four_numbers)


@points(1)
def test_binary_metrics_small_types(binary_metrics, draw):
    """Labels may be uint8, bool or float."""
    agree(binary_metrics, draw(small_types, four_numbers))


@points(1)
def test_binary_metrics_shapes(binary_metrics, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(binary_metrics, draw(misfits))


# --- fbeta_score ------------------------------------------------------------------------------------------------------


@points(2)
def test_fbeta_score(fbeta_score, draw):
    """F-beta, averaged as asked: macro, micro or weighted by the true counts."""
    agree(fbeta_score, draw(averages, fbeta))


@points(1)
def test_fbeta_score_small_beta(fbeta_score, draw):
    """A beta below 1 weighs precision more."""
    agree(fbeta_score, draw(small_beta, fbeta))


@points(1)
def test_fbeta_score_absent(fbeta_score, draw):
    """Macro averages over all n_classes, absent ones count 0.0, and 0/0 is 0.0 without a warning."""
    contract(fbeta_score, draw, averages_absent, fbeta)


@points(1)
def test_fbeta_score_words(fbeta_score, draw):
    """Another word for the average is refused with ValueError."""
    refuse(fbeta_score, draw(other_words))


@points(1)
def test_fbeta_score_shapes(fbeta_score, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(fbeta_score, draw(misfits_fbeta))


# --- roc_curve --------------------------------------------------------------------------------------------------------


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


@points(1)
def test_roc_curve_refuses(roc_curve, draw):
    """One class only, no rows, or shapes that do not fit: ValueError."""
    refuse(roc_curve, draw(one_class))
    refuse(roc_curve, draw(misfits_scores))


@points(1)
def test_roc_curve_contract(roc_curve, draw):
    """float32, whole numbers (uint8 too), any layout; inputs stay as they were."""
    for case, reply in roc_curve.replies(draw(scores_contract, curve)):
        if reply.changed:
            raise Wrong("roc_curve changed its input: sort a copy (`np.sort(x)`), not the array itself (`x.sort()`).", case=case.name)
    agree(roc_curve, draw(single_scores, curve), rtol=1e-5)
    agree(roc_curve, draw(whole_scores, curve))
    agree(roc_curve, draw(unsigned, curve))
    agree(roc_curve, draw(read_only_scores, curve))


def single_scores(rng):
    for name, y, scores in scores_contract(rng):
        yield f"{name}, float32", y, scores.astype(np.float32)


def whole_scores(rng):
    for name, y, scores in scores_contract(rng):
        yield f"{name}, whole numbers", y, np.rint(scores).astype(np.int64)


def read_only_scores(rng):
    for name, y, scores in scores_contract(rng):
        wide = np.repeat(scores, 2)
        wide.flags.writeable = False
        yield f"{name}, a read-only view", y, wide[::2]


# --- roc_auc ----------------------------------------------------------------------------------------------------------


@points(2)
def test_roc_auc(roc_auc, draw):
    """The share of (positive, negative) pairs in the right order."""
    agree(roc_auc, draw(distinct, pairs))


@points(2)
def test_roc_auc_ties(roc_auc, draw):
    """Ties count one half, whatever the order of the rows."""
    agree(roc_auc, draw(tied, pairs))


@points(1)
def test_roc_auc_logits(roc_auc, draw):
    """Scores may be any finite numbers: only their order matters."""
    agree(roc_auc, draw(logits, pairs))


@points(1)
def test_roc_auc_one_class(roc_auc, draw):
    """With one class only there are no pairs: nan."""
    agree(roc_auc, draw(one_class, pairs))


@points(1)
def test_roc_auc_shapes(roc_auc, draw):
    """No rows, or shapes that do not fit: ValueError."""
    refuse(roc_auc, draw(misfits_scores))


@points(1)
def test_roc_auc_contract(roc_auc, draw):
    """float32, whole numbers (uint8 too), any layout; inputs stay as they were; no warning."""
    agree(roc_auc, draw(unsigned, pairs))
    contract(roc_auc, draw, scores_contract, pairs, floats=(1,))


# --- average_precision ------------------------------------------------------------------------------------------------


@points(2)
def test_average_precision(average_precision, draw):
    """Precision at each score, highest first, weighted by the recall it adds."""
    agree(average_precision, draw(distinct, step_area))


@points(1)
def test_average_precision_ties(average_precision, draw):
    """Rows with the same score enter together."""
    agree(average_precision, draw(tied, step_area))


@points(1)
def test_average_precision_no_positive(average_precision, draw):
    """Without a positive it is 0.0, without a warning."""
    contract(average_precision, draw, no_positive, step_area)


@points(1)
def test_average_precision_shapes(average_precision, draw):
    """No rows, or shapes that do not fit: ValueError."""
    refuse(average_precision, draw(misfits_scores))


@points(1)
def test_average_precision_contract(average_precision, draw):
    """float32, whole numbers (uint8 too), any layout; inputs stay as they were; no warning."""
    agree(average_precision, draw(unsigned, step_area))
    contract(average_precision, draw, scores_contract, step_area, floats=(1,))


# --- expected_calibration_error ---------------------------------------------------------------------------------------


@points(2)
def test_expected_calibration_error(expected_calibration_error, draw):
    """In each bin the gap between the share of positives and the mean probability, weighted by the bin's rows."""
    agree(expected_calibration_error, draw(forecasts, calibration))


@points(1)
def test_expected_calibration_error_edges(expected_calibration_error, draw):
    """A bin holds its lower edge and not its upper; the last holds 1 too."""
    agree(expected_calibration_error, draw(on_edges, calibration))


@points(1)
def test_expected_calibration_error_uneven(expected_calibration_error, draw):
    """Empty bins add 0, and a bin of one row weighs one row."""
    agree(expected_calibration_error, draw(uneven_bins, calibration))


@points(1)
def test_expected_calibration_error_shapes(expected_calibration_error, draw):
    """No rows, or shapes that do not fit: ValueError."""
    refuse(expected_calibration_error, draw(misfits_bins))


@points(1)
def test_expected_calibration_error_contract(expected_calibration_error, draw):
    """float32, any layout; inputs stay as they were; no warning."""
    contract(expected_calibration_error, draw, forecasts, calibration, floats=(1,), integers=False)


# --- perplexity -------------------------------------------------------------------------------------------------------


@points(2)
def test_perplexity(perplexity, draw):
    """exp of minus the mean log-probability over all real tokens together."""
    agree(perplexity, draw(tokens, token_perplexity))


@points(1)
def test_perplexity_padding(perplexity, draw):
    """What stands in the padding does not matter, -inf neither; the mask may be boolean."""
    agree(perplexity, draw(padding, token_perplexity))


@points(1)
def test_perplexity_no_token(perplexity, draw):
    """No real token, or a mask of another shape: ValueError."""
    refuse(perplexity, draw(no_tokens))


@points(1)
def test_perplexity_contract(perplexity, draw):
    """float32, any layout; inputs stay as they were; no warning."""
    contract(perplexity, draw, tokens, token_perplexity, floats=(0,), integers=False)


# --- pass_at_k --------------------------------------------------------------------------------------------------------


@points(2)
def test_pass_at_k(pass_at_k, draw):
    """The chance that k attempts drawn from the n hold a success: 1 - C(n-c, k) / C(n, k)."""
    agree(pass_at_k, draw(attempts, exact_pass))


@points(1)
def test_pass_at_k_extremes(pass_at_k, draw):
    """0 without a success, 1 when failures are fewer than draws."""
    agree(pass_at_k, draw(extremes, exact_pass))


@points(1)
def test_pass_at_k_large(pass_at_k, draw):
    """n up to 10 000, without overflow."""
    agree(pass_at_k, draw(large, exact_pass))


@points(1)
def test_pass_at_k_refuses(pass_at_k, draw):
    """c > n or k > n: ValueError."""
    refuse(pass_at_k, draw(too_many))


# --- the bug hunt -----------------------------------------------------------------------------------------------------


def guide_f1(y_true, y_pred):
    """F1 as the guide has it: of accuracy and recall."""
    accuracy, _, recall, _ = four_numbers(y_true, y_pred)
    return ratio(2 * accuracy * recall, accuracy + recall)


def _pair(given):
    """The counterexample as two arrays of labels; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise Wrong("f1_counterexample() must return two arrays, (y_true, y_pred).", expected="(y_true, y_pred)", got=given)
    y_true, y_pred = np.asarray(given[0]), np.asarray(given[1])
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or not y_true.size:
        raise Wrong("y_true and y_pred must be 1-D, of the same length, not empty.", expected="two rows of labels", got=given)
    if not (np.isin(y_true, (0, 1)).all() and np.isin(y_pred, (0, 1)).all()):
        raise Wrong("The labels must be 0 and 1.", expected="labels 0 and 1", got=given)
    return y_true, y_pred


@points(2)
def test_f1_counterexample(f1_counterexample):
    """Labels and predictions on which the guide's F1 is off by at least 0.2."""
    y_true, y_pred = _pair(f1_counterexample())
    right, guide = only_f1(y_true, y_pred), guide_f1(y_true, y_pred)
    if abs(right - guide) < 0.2:
        sentence = f"On your labels the guide says {guide:.3f} and F1 is {right:.3f}: less than 0.2 apart."
        raise Wrong(sentence, expected="0.2 apart or more", got=abs(right - guide))


@points(2)
def test_f1_counterexample_screening(f1_counterexample):
    """It is a screening: at most one row in ten is positive, and at least one positive is found.

    That is where the slip hurts: accuracy is carried by the many negatives."""
    y_true, y_pred = _pair(f1_counterexample())
    if np.mean(y_true) > 0.1:
        raise Wrong("More than one row in ten is positive.", expected="at most 0.1", got=float(np.mean(y_true)))
    if not np.sum((y_true == 1) & (y_pred == 1)):
        raise Wrong("No positive is found, so both scores are 0.", expected="a true positive", got="none")


@points(2)
def test_f1_mended(f1_mended, draw):
    """F1 is the harmonic mean of precision and recall."""
    agree(f1_mended, draw(binary, only_f1))


@points(1)
def test_f1_mended_nothing_there(f1_mended, draw):
    """0/0 counts as 0.0, without a warning."""
    contract(f1_mended, draw, nothing_there, only_f1)


@points(1)
def test_f1_mended_shapes(f1_mended, draw):
    """No rows, or labels and predictions of different shapes: ValueError."""
    refuse(f1_mended, draw(misfits))
