# Built by `prep build` from solutions/hyperparameters/checks.py: do not edit by hand.
"""Checks of the lesson hyperparameters: for each exercise its oracle, its makers and a test for each thing that can go wrong."""

import math
import statistics

import numpy as np
from scipy.special import ndtr

from grader.judging.checking import Wrong, agree, contract, points, refuse, sparing

# --- shared: is it a cross-validation? --------------------------------------------------------------------------------


def index_array(value, what, case):
    """Indices, given as an array or a list, as an integer array; Wrong for anything else."""
    try:
        rows = np.asarray(value)
    except ValueError:
        rows = np.asarray(None)
    rows = rows.astype(np.int64) if rows.size == 0 else rows
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        raise Wrong(f"{what} must be row numbers, a 1-D integer array or list.", expected="row numbers", got=value, case=case.name)
    return rows.astype(np.int64)


def validation_folds(got, n, k, case):
    """The k validation sets of a result whose pairs fit: every row validated once, and trained on in all other pairs."""
    if not isinstance(got, list | tuple) or len(got) != k:
        raise Wrong(f"The result must be a list of {k} pairs (train, validation).", expected=f"{k} pairs", got=got, case=case.name)
    folds = []
    for number, pair in enumerate(got):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Wrong(f"Entry {number} is no pair (train, validation).", expected="(train, validation)", got=pair, case=case.name)
        train, validation = (index_array(part, f"Both parts of pair {number}", case) for part in pair)
        if not np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(n)):
            message = f"In pair {number} train and validation together must hold each of the {n} rows once."
            raise Wrong(message, expected=f"rows 0..{n - 1}, each once", got=pair, case=case.name)
        folds.append(validation)
    counted = np.sort(np.concatenate(folds))
    if not np.array_equal(counted, np.arange(n)):
        raise Wrong("Over all pairs each row must be validated exactly once.", expected=f"rows 0..{n - 1}, each once", got=counted, case=case.name)
    return folds


def even_sizes(folds, case):
    """Wrong where the sizes of the validation sets differ by more than 1."""
    sizes = [len(fold) for fold in folds]
    if max(sizes) - min(sizes) > 1:
        raise Wrong(f"The validation sets have {sizes} rows: they may differ by at most 1.", expected="at most 1 apart", got=sizes, case=case.name)


def even_classes(folds, y, case):
    """Wrong where a class's counts in the validation sets differ by more than 1."""
    for label in np.unique(y):
        counts = [int(np.sum(y[fold] == label)) for fold in folds]
        if max(counts) - min(counts) > 1:
            message = f"Class {label.item()} has {counts} rows in the validation sets: they may differ by at most 1."
            raise Wrong(message, expected="at most 1 apart", got=counts, case=case.name)


def together(folds):
    """The partition without its order."""
    return {frozenset(fold.tolist()) for fold in folds}


def neighbours(folds, n):
    """How many pairs of neighbouring rows (i, i + 1) are validated together."""
    fold_of = np.zeros(n, dtype=int)
    for number, fold in enumerate(folds):
        fold_of[fold] = number
    return int(np.sum(fold_of[1:] == fold_of[:-1]))


def mixed(folds, n, k, case):
    """Wrong where neighbours in the file are validated together far more, or far less, often than chance would have it."""
    found, mean = neighbours(folds, n), (n - 1) / k
    if abs(found - mean) > 6 * math.sqrt(mean):
        message = f"{found} of {n - 1} neighbouring rows are validated together; a shuffle gives about {mean:.0f}. Shuffle the rows, then split."
        raise Wrong(message, expected=f"about {mean:.0f}", got=found, case=case.name)


def seeds_matter(partitions):
    """Wrong unless the first two partitions (the same seed) are equal and the third (another seed) is not."""
    (case, first), (_, again), (_, other) = partitions
    if first != again:
        raise Wrong("The same seed gave two different splits.", expected="the same rows validated together", got="others", case=case.name)
    if first == other:
        raise Wrong("Two seeds gave the same split: the same rows are validated together.", expected="another split", got="the same", case=case.name)


# --- parameter_grid ---------------------------------------------------------------------------------------------------


def grid_by_counting(space):
    """The number of a combination, written with one digit for each key, the last key being the lowest digit."""
    names = sorted(space)
    combinations = []
    for number in range(math.prod(len(space[name]) for name in names)):
        point = {}
        for name in reversed(names):
            number, digit = divmod(number, len(space[name]))
            point[name] = space[name][digit]
        combinations.append({name: point[name] for name in names})
    return combinations


def numbers(rng, count):
    return [float(value) for value in rng.uniform(0.001, 10, count).round(4)]


def spaces(rng):
    """Keys in no order, each with a number of values of its own."""
    yield "two keys", {"lr": numbers(rng, 2), "depth": [int(value) for value in rng.permutation(20)[:2]]}
    yield "three keys", {"width": [int(value) for value in rng.permutation(64)[:2]], "lr": numbers(rng, 3), "decay": numbers(rng, 4)}


def short_spaces(rng):
    yield "an empty space", {}
    yield "a key without values", {"lr": numbers(rng, 2), "depth": []}
    yield "one key, one value", {"lr": numbers(rng, 1)}


def other_values(rng):
    """Values that are no numbers, repeat, or cannot be hashed or compared."""
    yield "strings and None", {"solver": ["sgd", "adam"], "decay": [None, float(rng.uniform(0, 1))]}
    yield "layers", {"layers": [(64,), (32, int(rng.integers(8, 16)))], "bias": [True, False]}
    yield "lists and a repeated value", {"layers": [[3, 1], [2]], "lr": [0.1, 0.01, 0.1]}


@points(2)
def test_parameter_grid(parameter_grid, draw):
    """Every combination once, keys sorted, the last key fastest."""
    agree(parameter_grid, draw(spaces, grid_by_counting))


@points(1)
def test_parameter_grid_short(parameter_grid, draw):
    """An empty space has one combination, the empty dict; a key without values leaves none."""
    agree(parameter_grid, draw(short_spaces, grid_by_counting))


@points(1)
def test_parameter_grid_values(parameter_grid, draw):
    """Values come as they are and in their order: strings, None, tuples, lists, repeated ones too."""
    agree(parameter_grid, draw(other_values, grid_by_counting))


@points(1)
def test_parameter_grid_contract(parameter_grid, draw):
    """The space stays as it was."""
    contract(parameter_grid, draw, spaces, grid_by_counting)


# --- log_uniform ------------------------------------------------------------------------------------------------------


def searches(rng):
    """Many draws over two to six decades, none of them starting at a power of ten."""
    for decades in (2, 6):
        low = float(10 ** rng.uniform(-7, -3))
        yield f"2000 draws over {decades} decades", 2000, low, low * 10**decades, int(rng.integers(1, 10**6))


def same_and_other_seed(rng):
    seed = int(rng.integers(1, 10**6))
    for name, chosen in (("a seed", seed), ("the same seed again", seed), ("the next seed", seed + 1)):
        yield name, 500, 1e-5, 1.0, chosen


def wide_searches(rng):
    yield "from 1e-200 to 1e200", 400, 1e-200, 1e200, int(rng.integers(1, 10**6))
    yield "whole numbers as bounds", 400, 1, 1000, int(rng.integers(1, 10**6))
    yield "a narrow range", 400, 0.9, 1.1, int(rng.integers(1, 10**6))
    yield "billionths", 400, 1e-12, 1e-9, int(rng.integers(1, 10**6))


def bad_bounds(rng):
    yield "low is 0", 5, 0.0, 1.0, 1
    yield "low is negative", 5, -1.0, 1.0, 1
    yield "high equals low", 5, 0.1, 0.1, 1
    yield "high is below low", 5, 1.0, 0.1, 1
    yield "both are negative", 5, -2.0, -1.0, 1


def positions(got, case):
    """Where the draws stand between log low and log high, 0 to 1; Wrong where they are no draws from the range."""
    n, low, high, _ = case.args
    if not isinstance(got, np.ndarray) or got.shape != (n,) or got.dtype != np.float64:
        raise Wrong(f"The result must be a float64 array of shape ({n},).", expected=f"a float64 array of shape ({n},)", got=got, case=case.name)
    if not np.all((got >= low * (1 - 1e-9)) & (got <= high * (1 + 1e-9))):
        raise Wrong(f"Some value is not between {low:.6g} and {high:.6g}.", expected=f"{low:.6g} to {high:.6g}", got=got, case=case.name)
    return (np.log(got) - math.log(low)) / (math.log(high) - math.log(low))


def uniform_in_log(answer, cases):
    for case, got in answer.on(cases):
        drawn = positions(got, case)
        place, n = np.sort(drawn), len(drawn)
        if len(np.unique(got)) < n:
            raise Wrong("Some value came twice: exponents are real numbers, not a few fixed ones.", expected="draws", got=got, case=case.name)
        gap = float(np.max(np.abs(place - (np.arange(n) + 0.5) / n)))
        if gap > 3 / math.sqrt(n):
            below = float(np.mean(place < 0.5))
            message = f"{below:.0%} of the values lie in the lower half of the exponents; uniform in the logarithm means about half."
            raise Wrong(message, expected="about 50%", got=f"{below:.0%}", case=case.name)
        if gap < 0.1 / math.sqrt(n):
            raise Wrong("The values are evenly spaced: that is a grid, not draws.", expected="random draws", got=got, case=case.name)
        rises = int(np.sum(drawn[1:] > drawn[:-1]))
        if abs(rises - n / 2) > 6 * math.sqrt(n / 12):
            message = f"{rises} of {n} values are larger than the one before; of independent draws about half are. Leave them in the order drawn."
            raise Wrong(message, expected=f"about {n // 2}", got=rises, case=case.name)


@points(2)
def test_log_uniform(log_uniform, draw):
    """n values between low and high, as many in each decade."""
    uniform_in_log(log_uniform, draw(searches))


@points(1)
def test_log_uniform_seed(log_uniform, draw):
    """The same seed gives the same numbers, another seed others."""
    (case, first), (_, again), (_, other) = ((case, positions(got, case)) for case, got in log_uniform.on(draw(same_and_other_seed)))
    if not np.array_equal(first, again):
        raise Wrong("The same seed gave different numbers.", expected="the same numbers", got="others", case=case.name)
    if np.allclose(first, other):
        raise Wrong("Two seeds gave the same numbers.", expected="other numbers", got="the same", case=case.name)


@points(1)
def test_log_uniform_wide(log_uniform, draw):
    """Any two positive numbers are bounds: high / low may be too large for a float."""
    uniform_in_log(log_uniform, draw(wide_searches))


@points(1)
def test_log_uniform_refuses(log_uniform, draw):
    """low <= 0 or high <= low: ValueError."""
    refuse(log_uniform, draw(bad_bounds))


# --- kfold_indices ----------------------------------------------------------------------------------------------------


def whole_folds(rng):
    """k divides n."""
    yield "4 rows, 2 folds", 4, 2, int(rng.integers(1, 10**6))
    k = int(rng.integers(3, 7))
    yield f"{k} folds of 7", 7 * k, k, int(rng.integers(1, 10**6))


def ragged_folds(rng):
    """k does not divide n; k may be n."""
    yield "11 rows, 4 folds", 11, 4, int(rng.integers(1, 10**6))
    yield "39 rows, 10 folds", 39, 10, int(rng.integers(1, 10**6))
    yield "6 rows, 6 folds", 6, 6, int(rng.integers(1, 10**6))


def long_file(rng):
    yield "240 rows, 4 folds", 240, 4, int(rng.integers(1, 10**6))
    yield "245 rows, 5 folds", 245, 5, int(rng.integers(1, 10**6))


def fold_seeds(rng):
    seed = int(rng.integers(1, 10**6))
    for name, chosen in (("a seed", seed), ("the same seed again", seed), ("the next seed", seed + 1)):
        yield name, 40, 4, chosen


def bad_folds(rng):
    yield "one fold", 10, 1, 1
    yield "no fold", 10, 0, 1
    yield "more folds than rows", 4, 5, 1
    yield "no rows", 0, 2, 1


@points(2)
def test_kfold_indices(kfold_indices, draw):
    """k pairs: each row is validated once, and in each pair train holds all the other rows."""
    for case, got in kfold_indices.on(draw(whole_folds)):
        even_sizes(validation_folds(got, *case.args[:2], case), case)


@points(1)
def test_kfold_indices_ragged(kfold_indices, draw):
    """When k does not divide n, the sizes differ by at most 1."""
    for case, got in kfold_indices.on(draw(ragged_folds)):
        even_sizes(validation_folds(got, *case.args[:2], case), case)


@points(1)
def test_kfold_indices_shuffled(kfold_indices, draw):
    """The rows are shuffled: neighbours in the file do not stay together."""
    for case, got in kfold_indices.on(draw(long_file)):
        n, k, _ = case.args
        mixed(validation_folds(got, n, k, case), n, k, case)


@points(1)
def test_kfold_indices_seed(kfold_indices, draw):
    """The same seed gives the same folds, another seed others."""
    seeds_matter([(case, together(validation_folds(got, *case.args[:2], case))) for case, got in kfold_indices.on(draw(fold_seeds))])


@points(1)
def test_kfold_indices_refuses(kfold_indices, draw):
    """k < 2 or k > n: ValueError."""
    refuse(kfold_indices, draw(bad_folds))


# --- stratified_kfold -------------------------------------------------------------------------------------------------


def labels_of(rng, *counts):
    """Labels 0, 1, ..., so many of each, in random order."""
    return rng.permutation(np.repeat(np.arange(len(counts)), counts))


def whole_classes(rng):
    """k divides the count of every class."""
    yield "two classes of 2, 2 folds", labels_of(rng, 2, 2), 2, int(rng.integers(1, 10**6))
    k = int(rng.integers(3, 6))
    yield f"classes of {5 * k}, {2 * k} and {k}, {k} folds", labels_of(rng, 5 * k, 2 * k, k), k, int(rng.integers(1, 10**6))


def ragged_classes(rng):
    """k divides neither the classes' counts nor n."""
    yield "classes of 5, 5 and 5, 4 folds", labels_of(rng, 5, 5, 5), 4, int(rng.integers(1, 10**6))
    yield "classes of 21, 11, 6 and 6, 5 folds", labels_of(rng, 21, 11, 6, 6), 5, int(rng.integers(1, 10**6))
    yield "six classes of 7, 6 folds", labels_of(rng, *[7] * 6), 6, int(rng.integers(1, 10**6))
    # Dealt out row by row, with no regard to the class, the sizes of the folds drift apart.
    yield "60 classes of 9, 10 folds", labels_of(rng, *[9] * 60), 10, int(rng.integers(1, 10**6))


def rare_classes(rng):
    """Classes with fewer rows than there are folds."""
    yield "classes of 17 and 2, 5 folds", labels_of(rng, 17, 2), 5, int(rng.integers(1, 10**6))
    yield "one row of each class, 3 folds", labels_of(rng, *[1] * 7), 3, int(rng.integers(1, 10**6))
    yield "as many folds as rows", labels_of(rng, 4, 3), 7, int(rng.integers(1, 10**6))


def sorted_labels(rng):
    """Labels sorted, as files often are."""
    yield "two classes of 120, sorted, 4 folds", np.repeat([0, 1], 120), 4, int(rng.integers(1, 10**6))
    yield "one class of 200, 5 folds", np.zeros(200, dtype=np.int64), 5, int(rng.integers(1, 10**6))


def stratified_seeds(rng):
    y, seed = labels_of(rng, 24, 16), int(rng.integers(1, 10**6))
    for name, chosen in (("a seed", seed), ("the same seed again", seed), ("the next seed", seed + 1)):
        yield name, y, 4, chosen


def any_labels(rng):
    """Labels with gaps, negative ones, narrow types at their bounds, a read-only view."""
    y = labels_of(rng, 9, 6, 3)
    yield "labels -5, 7 and 1000", np.array([-5, 7, 1000])[y], 3, 11
    yield "uint8 labels 0, 200 and 255", np.array([0, 200, 255], dtype=np.uint8)[y], 3, 12
    yield "int8 labels -128, 0 and 127", np.array([-128, 0, 127], dtype=np.int8)[y], 3, 13
    yield "bool labels", y > 0, 3, 14
    wide = np.repeat(y, 2)
    wide.flags.writeable = False
    yield "a read-only view of every second label", wide[::2], 3, 15


def bad_labels(rng):
    yield "one fold", np.array([0, 1, 0, 1]), 1, 1
    yield "more folds than rows", np.array([0, 1, 0]), 4, 1
    yield "no rows", np.zeros(0, dtype=np.int64), 2, 1
    yield "a column of labels", np.array([[0], [1], [0], [1]]), 2, 1


def stratified(answer, cases):
    """Wrong where a result is no stratified cross-validation, or the labels were changed."""
    for case, reply in answer.replies(cases):
        if reply.kind != "value":
            answer.no_value(case, reply)
        if reply.changed:
            raise Wrong(f"{answer.name} changed y ({case.name}): shuffle an array of row numbers, not y itself.", case=case.name, about="changed")
        y, k, _ = case.args
        folds = validation_folds(reply.value, len(y), k, case)
        even_classes(folds, y, case)
        even_sizes(folds, case)


@points(2)
def test_stratified_kfold(stratified_kfold, draw):
    """Each row is validated once, and each class has the same count in every fold where k divides it."""
    stratified(stratified_kfold, draw(whole_classes))


@points(2)
def test_stratified_kfold_ragged(stratified_kfold, draw):
    """Elsewhere a class's counts differ by at most 1 between folds, and so do the folds' sizes."""
    stratified(stratified_kfold, draw(ragged_classes))


@points(1)
def test_stratified_kfold_rare(stratified_kfold, draw):
    """A class may have fewer rows than there are folds."""
    stratified(stratified_kfold, draw(rare_classes))


@points(1)
def test_stratified_kfold_shuffled(stratified_kfold, draw):
    """The rows of a class are shuffled: neighbours in the file do not stay together."""
    for case, got in stratified_kfold.on(draw(sorted_labels)):
        y, k, _ = case.args
        mixed(validation_folds(got, len(y), k, case), len(y), k, case)


@points(1)
def test_stratified_kfold_seed(stratified_kfold, draw):
    """The same seed gives the same folds, another seed others."""
    answered = stratified_kfold.on(draw(stratified_seeds))
    seeds_matter([(case, together(validation_folds(got, len(case.args[0]), case.args[1], case))) for case, got in answered])


@points(1)
def test_stratified_kfold_labels(stratified_kfold, draw):
    """Labels are any integers, in any dtype and layout, and stay as they were."""
    stratified(stratified_kfold, draw(any_labels))


@points(1)
def test_stratified_kfold_refuses(stratified_kfold, draw):
    """k < 2, k > n, no rows, or labels that are not (n,): ValueError."""
    refuse(stratified_kfold, draw(bad_labels))


# --- one_standard_error -----------------------------------------------------------------------------------------------


def simplest_within(lams, scores):
    rows = [[float(value) for value in row] for row in scores]
    means = [math.fsum(row) / len(row) for row in rows]
    best = means.index(max(means))
    error = statistics.stdev(rows[best]) / math.sqrt(len(rows[best]))
    return max(float(lam) for lam, mean in zip(lams, means, strict=True) if mean >= means[best] - error)


def score_rows(rng, folds, gaps, spreads):
    """Rows of scores: `gaps` below the best mean and `spreads` of each row, both in standard errors of the best row."""
    noise = rng.normal(0, 1, (len(gaps), folds))
    noise = noise - noise.mean(axis=1, keepdims=True)
    noise = noise / noise.std(axis=1, ddof=1, keepdims=True) * math.sqrt(folds)  # now each row's standard error is 1
    error = rng.uniform(0.005, 0.02)
    return rng.uniform(0.7, 0.9) - error * np.array(gaps)[:, None] + error * np.array(spreads)[:, None] * noise


def rising_lams(rng, count):
    return np.sort(10 ** (np.arange(count) - rng.uniform(2, 4) + rng.uniform(0, 0.5, count)))


# For each row how far its mean lies below the best, and its spread, both in standard errors of the best row. One row is within the
# error with ddof 1 and not within that with ddof 0, one within a standard deviation, one within its own error. No row lies on the
# bound of a wrong rule, where rounding would decide: for whoever takes the lowest mean no row is a whole error above that.
CURVES = (
    (2, (7, 6.3, 0.4, 0, 0.6, 5), (1, 1, 0.3, 1, 0.3, 0.5)),
    (3, (8.3, 7, 6, 0.5, 0, 0.9, 1.4, 9), (1, 1, 1, 0.4, 1, 0.2, 0.3, 1)),
    (5, (6, 0.5, 0, 0.4, 0.94, 1.5, 2.1, 8), (1, 0.7, 1, 0.3, 0.5, 3, 0.2, 1)),
)


def validation_curves(rng):
    """The lams rise, and the best row stands in the middle."""
    for folds, gaps, spreads in CURVES:
        yield f"{len(gaps)} lams, {folds} folds", rising_lams(rng, len(gaps)), score_rows(rng, folds, gaps, spreads)


def any_order(rng):
    """The answer stands first, bad rows on both sides of the best; some lams are negative, as logarithms are."""
    for folds, gaps, spreads in CURVES:
        within = [row for row, gap in enumerate(gaps) if gap <= 1]
        bad = [row for row, gap in enumerate(gaps) if gap > 1]
        answer, best = max(within), gaps.index(0)
        order = [answer, bad[0], best, bad[1], *sorted(set(within) - {answer, best}), *bad[2:]]
        lams, scores = rising_lams(rng, len(gaps)), score_rows(rng, folds, gaps, spreads)
        yield f"{len(gaps)} lams, not sorted", lams[order], scores[order]
        yield f"{len(gaps)} lams, negative", np.log10(lams)[order] - 9, scores[order]


def on_the_bound(rng):
    """Sums that are exact, one mean exactly one standard error below the best."""
    best = np.array([0.875, 0.375, 0.375, 0.375])  # mean 0.5, standard deviation 0.25, standard error 0.125
    lams = np.array([1.0, 2.0, 4.0]) * int(rng.integers(1, 50))
    yield "a mean on the bound", lams, np.array([best, best[::-1] - 0.125, best - 0.25])
    yield "only one lam", lams[:1], best[None, :]


def fine_scores(rng):
    """Scores that float32 cannot tell apart, and scores far from 1."""
    lams, scores = rising_lams(rng, 4), score_rows(rng, 4, (0, 0.7, 1.6, 7), (1, 0.5, 0.6, 1))
    yield "differences of 1e-9", lams, 1.0 + 1e-8 * scores
    yield "losses with a minus, thousands", lams, -5000.0 + 1000 * scores


def large_scores(rng):
    lams, scores = rising_lams(rng, 4), score_rows(rng, 4, (0, 0.7, 1.6, 7), (1, 0.5, 0.6, 1))
    yield "float32 scores near 1e30", lams.astype(np.float32), (1e30 * scores).astype(np.float32)


def whole_scores(rng):
    """Counts of right answers, up to the bounds of narrow types."""
    best = np.array([122, 126, 118, 122]) + rng.permutation([0, 0, 1, -1])
    lams = np.array([1, 2, 5, 100]) + int(rng.integers(0, 20))
    yield "counts", lams.astype(float), np.array([best, best[::-1] - 1, [119, 125, 107, 105], [3, 120, 7, 90]]).astype(float)
    more = np.array([254, 246, 250, 251, 249])
    yield (
        "larger counts",
        lams.astype(float) + 100,
        np.array([[250, 230, 240, 200, 210], more, more[::-1] - 1, [230, 190, 251, 245, 244]]).astype(float),
    )


def bad_curves(rng):
    yield "no lams", np.zeros(0), np.zeros((0, 3))
    yield "more rows than lams", np.array([1.0, 2.0]), np.ones((3, 4)) + np.eye(3, 4)
    yield "fewer rows than lams", np.array([1.0, 2.0, 3.0]), np.eye(1, 4)
    yield "one fold", np.array([1.0, 2.0]), np.array([[0.5], [0.6]])
    yield "no fold axis", np.array([1.0, 2.0]), np.array([0.5, 0.6])
    yield "folds in the rows", np.array([1.0, 2.0, 3.0]), np.array([[0.5, 0.6, 0.7], [0.4, 0.6, 0.8]])
    yield "lams as a column", np.array([[1.0], [2.0]]), np.array([[0.5, 0.6], [0.7, 0.9]])


@points(2)
def test_one_standard_error(one_standard_error, draw):
    """The largest lam whose mean is within one standard error (ddof 1) of the best mean."""
    agree(one_standard_error, draw(validation_curves, simplest_within))


@points(1)
def test_one_standard_error_order(one_standard_error, draw):
    """The lams come in any order, and may be negative."""
    agree(one_standard_error, draw(any_order, simplest_within))


@points(1)
def test_one_standard_error_bound(one_standard_error, draw):
    """A mean exactly one standard error below the best counts; one lam alone is the answer."""
    agree(one_standard_error, draw(on_the_bound, simplest_within))


@points(1)
def test_one_standard_error_fine(one_standard_error, draw):
    """Differences of a billionth count, and so do scores of any size."""
    agree(one_standard_error, draw(fine_scores, simplest_within))


@points(1)
def test_one_standard_error_contract(one_standard_error, draw):
    """float32 (of 1e30 too), whole numbers of any width, any layout; inputs stay as they were; no warning."""
    contract(one_standard_error, draw, whole_scores, simplest_within, floats=(0, 1), labels=(0, 1), either_width=True)
    contract(one_standard_error, draw, large_scores, simplest_within, either_width=True)


@points(1)
def test_one_standard_error_refuses(one_standard_error, draw):
    """No lams, fewer than two folds, or shapes that do not fit: ValueError."""
    refuse(one_standard_error, draw(bad_curves))


# --- nested_mended (a hunt) -------------------------------------------------------------------------------------------


def nested(score, configs, folds):
    folds = [np.asarray(fold) for fold in folds]
    outer = []
    for i, test in enumerate(folds):
        totals = []
        for config in configs:
            inner = []
            for j, validation in enumerate(folds):
                if j != i:
                    rows = [row for m, fold in enumerate(folds) if m not in (i, j) for row in fold.tolist()]
                    inner.append(float(score(config, np.array(rows), validation)))
            totals.append(math.fsum(inner) / len(inner))
        best = configs[totals.index(max(totals))]
        rows = [row for m, fold in enumerate(folds) if m != i for row in fold.tolist()]
        outer.append(float(score(best, np.array(rows), test)))
    return math.fsum(outer) / len(outer)


def scorer(configs, weights):
    """A score without sense that depends on the configuration and on every row, for training and for validation: any wrong row shows."""

    def score(config, train, validation):
        train, validation = (np.asarray(rows, dtype=np.int64) for rows in (train, validation))
        row = weights[configs.index(config)]
        return float((row[0, train].sum() + row[1, validation].sum()) % 1000003) / 1000003

    return score


def other_choices(score, configs, folds):
    """What comes out where the choice is made by other rows: trained or scored on the wrong ones, by one inner fold, once for all, the worst; and
    where folds count by their rows, inside or outside."""
    k = len(folds)

    def only(*kept):
        return np.concatenate([folds[m] for m in kept])

    def but(*left_out):
        return only(*[m for m in range(k) if m not in left_out])

    sizes = [len(fold) for fold in folds]

    def outer(inner, weights=None):
        best = [max(configs, key=lambda config: inner(config, i)) for i in range(k)]
        return np.average([score(best[i], but(i), folds[i]) for i in range(k)], weights=weights)

    def inside(config, i, weighted=False):
        others = [j for j in range(k) if j != i]
        weights = [sizes[j] for j in others] if weighted else None
        return np.average([score(config, but(i, j), folds[j]) for j in others], weights=weights)

    def over_folds(train, validation):
        return outer(lambda config, i: np.mean([score(config, train(i, j), validation(i, j)) for j in range(k) if j != i]))

    return [
        over_folds(lambda i, j: but(i), lambda i, j: folds[i]),
        over_folds(lambda i, j: but(i, j), lambda i, j: folds[i]),
        over_folds(lambda i, j: folds[j], lambda i, j: folds[j]),
        over_folds(lambda i, j: but(j), lambda i, j: folds[j]),
        over_folds(lambda i, j: but(i), lambda i, j: folds[j]),
        over_folds(lambda i, j: but(i), lambda i, j: but(i)),
        outer(lambda config, i: score(config, but(i, (i + 1) % k), folds[(i + 1) % k])),
        outer(lambda config, i: -inside(config, i)),
        outer(lambda config, i: inside(config, i, weighted=True)),
        outer(inside, sizes),
        outer(lambda config, i: inside(config, i, weighted=True), sizes),
        max(np.mean([score(config, but(i), folds[i]) for i in range(k)]) for config in configs),
    ]


def pipelines(rng):
    """Scores on which every choice by other rows gives another number, in the last case a number of its own."""
    for (n, k, count), cuts in (((6, 3, 2), (1, 3)), ((17, 4, 4), (7, 9, 11))):
        configs = [{"lam": float(lam)} for lam in rng.uniform(0.01, 10, count).round(3)]
        while True:
            score = scorer(configs, rng.integers(0, 1000003, (count, 2, n)))
            folds = np.split(rng.permutation(n), cuts)  # of different sizes: a mean over rows is not the mean over folds
            right = nested(score, configs, folds)
            others = other_choices(score, configs, folds)
            apart = np.diff(np.sort([right, *others])).min() if k > 3 else np.abs(np.array(others) - right).min()
            in_order = all(np.all(np.diff(fold) > 0) for fold in folds)  # who sorts them would change nothing
            if apart > 1e-4 and not in_order:
                break
        yield f"{n} rows, {k} folds, {count} configurations", score, configs, folds


def equal_configs(rng):
    """Configurations of equal inner scores, which differ on the test fold."""
    configs = [{"lam": 1.0}, {"lam": 2.0}, {"lam": 3.0}]
    folds = [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])]
    best = float(rng.uniform(0.6, 0.9))

    def score(config, train, validation):
        inner = len(train) < 4
        return (best if config["lam"] < 3 else 0.1) if inner else {1.0: 0.25, 2.0: 0.75, 3.0: 1.0}[config["lam"]] * best

    yield "the first two are equal inside", score, configs, folds


def bad_pipelines(rng):
    folds = [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])]
    yield "no configurations", scorer([], np.ones((1, 2, 6))), [], folds
    yield "two folds", scorer([1], np.ones((1, 2, 6))), [1], folds[:2]


@points(2)
def test_nested_mended(nested_mended, draw):
    """In each round the test fold takes no part in the choice, and the chosen configuration is trained on all other folds."""
    agree(nested_mended, draw(pipelines, nested))


@points(1)
def test_nested_mended_ties(nested_mended, draw):
    """Of configurations with equal inner scores the first is taken."""
    agree(nested_mended, draw(equal_configs, nested))


@points(1)
def test_nested_mended_refuses(nested_mended, draw):
    """No configuration, or fewer than three folds: ValueError."""
    refuse(nested_mended, draw(bad_pipelines))


@points(1)
def test_nested_mended_contract(nested_mended, draw):
    """The folds stay as they were, in any layout; each of the inner and outer models is trained once."""
    contract(nested_mended, draw, pipelines, nested, floats=())
    sparing(nested_mended, draw(pipelines, nested), lambda score, configs, folds: len(folds) * ((len(folds) - 1) * len(configs) + 1))


# --- successive_halving -----------------------------------------------------------------------------------------------


def halve(evaluate, configs, min_budget, eta):
    alive, round_ = list(range(len(configs))), 0
    while len(alive) > 1:
        ranked = []
        for place, index in enumerate(alive):
            loss = float(evaluate(configs[index], min_budget * eta**round_))
            ranked.append((1 if math.isnan(loss) else 0, 0.0 if math.isnan(loss) else loss, place, index))
        keep = -(-len(alive) // eta)
        alive = [index for *_, index in sorted(ranked)[:keep]]
        alive.sort()
        round_ += 1
    return configs[alive[0]]


def losses_of(slopes, last_budget=math.inf):
    """A loss without a trend that depends on the configuration and on the budget: any wrong budget shows."""

    def evaluate(config, budget):
        if budget > last_budget:
            raise ValueError(f"no round has a budget of {budget}: nothing is evaluated when one configuration is left")
        return slopes[config["lr"]] * math.log1p(budget) % 1.0

    return evaluate


def other_schedules(evaluate, configs, min_budget, eta):
    """What wrong schedules come to: floor, one budget, budgets that rise too slowly or start too high, the full budget at once, the losers kept."""

    def run(keep, budget, sign=1):
        alive, round_ = list(configs), 0
        while len(alive) > 1:
            alive = sorted(alive, key=lambda config: sign * evaluate(config, budget(round_)))[: max(keep(len(alive)), 1)]
            round_ += 1
        return configs.index(alive[0])

    def up(count):
        return -(-count // eta)

    return [
        run(lambda count: count // eta, lambda r: min_budget * eta**r),
        run(up, lambda r: min_budget),
        run(up, lambda r: min_budget * (r + 1)),
        run(up, lambda r: min_budget * eta ** (r + 1)),
        run(up, lambda r: min_budget * eta**15),
        run(up, lambda r: min_budget * eta**r, -1),
    ]


def race(rng, count, min_budget, eta):
    """Losses on which the answer is that of no wrong schedule."""
    while True:
        rates = [float(rate) for rate in rng.uniform(0.001, 1, count).round(4)]
        slopes = dict(zip(rates, rng.uniform(1, 1000, count).tolist(), strict=True))
        configs, evaluate = [{"lr": rate} for rate in rates], losses_of(slopes)
        wrong = other_schedules(evaluate, configs, min_budget, eta)
        if len(slopes) == count and configs.index(halve(evaluate, configs, min_budget, eta)) not in wrong:
            return wrong, (f"{count} configurations, eta {eta}", evaluate, configs, min_budget, eta)


def races(rng):
    """Three races, in which each wrong schedule has results of its own."""
    while True:
        drawn = [race(rng, *sizes) for sizes in ((5, 1, 2), (8, 3, 3), (9, 2, 2))]
        if len(set(zip(*(wrong for wrong, _ in drawn), strict=True))) == 6:
            break
    for _, case in drawn:
        yield case


def table(losses):
    """Losses by a configuration's first entry, whatever the budget."""

    def evaluate(config, budget):
        return losses[config[0]]

    return evaluate


def diverged(rng):
    """Losses of nan and inf, wherever they stand."""
    best = float(rng.uniform(0, 1))
    yield "a nan first", table({"a": math.nan, "b": best + 1, "c": best}), [("a", 1), ("b", 2), ("c", 3)], 1, 2
    yield "a nan in the middle", table({"a": best + 1, "b": math.nan, "c": best, "d": best + 2}), [("a", 1), ("b", 2), ("c", 3), ("d", 4)], 1, 3
    yield "nan against inf", table({"a": math.nan, "b": math.inf}), [("a", 1), ("b", 2)], 1, 2
    yield "all nan", table({"a": math.nan, "b": math.nan, "c": math.nan}), [("a", 1), ("b", 2), ("c", 3)], 1, 2


def equal_losses(rng):
    """Equal losses among configurations that cannot be compared with each other."""
    best = float(rng.uniform(0, 1))
    names = ["d", "b", "a", "c"]
    yield "all equal", table(dict.fromkeys(names, best)), [(name, {"x": name}) for name in names], 2, 2
    losses = {"d": best + 1, "b": best, "a": best, "c": best}
    yield "equal behind a worse one", table(losses), [(name, {"x": name}) for name in names], 2, 3
    turn = {"p": (best, best), "q": (best + 1, best + 1), "r": (best - 1, best)}

    def crossing(config, budget):
        return turn[config[0]][budget > 1]

    yield "equal in the second round", crossing, [("p", 1), ("q", 2), ("r", 3)], 1, 2


def evaluations(evaluate, configs, min_budget, eta):
    """How often halving evaluates."""
    budgets = []
    halve(lambda config, budget: budgets.append(budget) or evaluate(config, budget), configs, min_budget, eta)
    return len(budgets)


def one_left(rng):
    """Nothing is evaluated when one is left."""
    rates = [round(float(rate), 4) for rate in rng.uniform([0.001, 2, 3], [1, 3, 4])]
    slopes, configs = dict(zip(rates, rng.uniform(1, 1000, 3).tolist(), strict=True)), [{"lr": rate} for rate in rates]
    yield "one configuration", losses_of(slopes, 0), configs[:1], 1, 2
    yield "three, two rounds", losses_of(slopes, 6), configs, 3, 2
    yield "three, one round", losses_of(slopes, 3), configs, 3, 4


def no_configs(rng):
    yield "no configurations", table({}), [], 1, 2


@points(3)
def test_successive_halving(successive_halving, draw):
    """Round r has budget min_budget * eta**r and keeps the best ceil(len / eta), until one is left."""
    agree(successive_halving, draw(races, halve))


@points(1)
def test_successive_halving_nan(successive_halving, draw):
    """A loss of nan is worse than any other, inf too, wherever it stands."""
    agree(successive_halving, draw(diverged, halve))


@points(1)
def test_successive_halving_ties(successive_halving, draw):
    """Of equal losses the configuration given earlier goes on; configurations are never compared."""
    agree(successive_halving, draw(equal_losses, halve))


@points(1)
def test_successive_halving_last(successive_halving, draw):
    """One that is alone is not evaluated again, a single configuration never."""
    agree(successive_halving, draw(one_left, halve))


@points(1)
def test_successive_halving_contract(successive_halving, draw):
    """The list of configurations stays as it was; each that is left is evaluated once a round."""
    contract(successive_halving, draw, races, halve)
    sparing(successive_halving, draw(races, halve), evaluations)


@points(1)
def test_successive_halving_refuses(successive_halving, draw):
    """No configurations: ValueError."""
    refuse(successive_halving, draw(no_configs))


# --- bill_predicted (a hunt) ------------------------------------------------------------------------------------------


def bill(n, min_budget, eta):
    calls = []
    halve(lambda config, budget: calls.append(budget) or config, list(range(n)), min_budget, eta)
    return sum(calls)


def small_searches(rng):
    """Numbers of configurations that eta does not divide."""
    yield "5 configurations", 5, int(rng.integers(3, 60)), 2
    for eta in (2, 3, 4):
        yield f"eta {eta}", int(rng.integers(5, 15)) * eta + 1, int(rng.integers(3, 60)), eta


def bill_edges(rng):
    budget = int(rng.integers(3, 60))
    yield "one configuration", 1, budget, 2
    yield "two configurations", 2, budget, 3
    yield "243, eta 3", 243, budget, 3
    yield "125, eta 5", 125, budget, 5
    yield "1000, eta 10", 1000, budget, 10


def large_bills(rng):
    yield "a budget of 10**15", int(rng.integers(900, 1000)), 10**15 + int(rng.integers(0, 1000)) * 2 + 1, 2
    yield "eta above n", int(rng.integers(5, 10)), int(rng.integers(3, 60)), 50


@points(2)
def test_bill_predicted(bill_predicted, draw):
    """The budgets of all evaluations added up, every round from scratch."""
    agree(bill_predicted, draw(small_searches, bill))


@points(1)
def test_bill_predicted_edges(bill_predicted, draw):
    """One configuration costs nothing, and powers of eta have no round too many."""
    agree(bill_predicted, draw(bill_edges, bill))


@points(1)
def test_bill_predicted_large(bill_predicted, draw):
    """A whole number, exact for budgets of 10**15 too; eta may exceed n."""
    agree(bill_predicted, draw(large_bills, bill), rtol=0, atol=0)


# --- the budgets of Hyperband (a hunt) --------------------------------------------------------------------------------


def budgets(max_budget, eta):
    found = [max_budget]
    while found[0] >= eta:
        found.insert(0, found[0] // eta)
    return found


def published_budgets(max_budget, eta):
    rounds = int(math.log(max_budget) / math.log(eta))
    return [max_budget // eta**s for s in range(rounds, -1, -1)]


def _search(given):
    """The counterexample as two whole numbers; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise Wrong("budgets_counterexample() must return (max_budget, eta).", expected="(max_budget, eta)", got=given)
    whole = [value for value in given if isinstance(value, int | np.integer) and not isinstance(value, bool)]
    if len(whole) != 2 or whole[1] < 2 or not whole[1] <= whole[0] <= 10**18:
        raise Wrong("max_budget and eta must be whole numbers, 2 <= eta <= max_budget <= 10**18.", expected="whole numbers", got=given)
    return int(whole[0]), int(whole[1])


@points(2)
def test_budgets_counterexample(budgets_counterexample):
    """A search for which the published line gives another list of budgets."""
    max_budget, eta = _search(budgets_counterexample())
    if published_budgets(max_budget, eta) == budgets(max_budget, eta):
        raise Wrong(f"For max_budget={max_budget}, eta={eta} it is right.", expected="another list", got=published_budgets(max_budget, eta))


@points(2)
def test_budgets_counterexample_ordinary(budgets_counterexample):
    """It could be yours: max_budget is at most 1000.

    Floats that fail at 10**17 surprise nobody; this one fails for a few hundred epochs."""
    max_budget, _ = _search(budgets_counterexample())
    if max_budget > 1000:
        raise Wrong(f"max_budget is {max_budget}; at most 1000 is asked.", expected="at most 1000", got=max_budget)


def ordinary_budgets(rng):
    """Budgets far from powers of eta."""
    yield "eta 3", int(rng.integers(160, 215)), 3
    for eta in (2, 4, 10):
        yield f"eta {eta}", int(eta ** (rng.integers(4, 7) + rng.uniform(0.6, 0.9))), eta


def exact_powers(rng):
    for max_budget, eta in ((243, 3), (1000, 10), (125, 5), (729, 9), (59049, 9)):
        yield f"{max_budget} and eta {eta}", max_budget, eta
    power = int(rng.integers(6, 12))
    yield f"3**{power} - 1", 3**power - 1, 3


def large_budgets(rng):
    yield "just below a power", 10**17 - 1, 10
    yield "2**59 - 1", 2**59 - 1, 2
    yield "just above a power", 3**36 + int(rng.integers(1, 100)), 3
    yield "eta above max_budget", int(rng.integers(2, 6)), 7


@points(2)
def test_budgets_mended(budgets_mended, draw):
    """The budgets of the rounds, smallest first: max_budget // eta**s, as long as that is at least 1."""
    agree(budgets_mended, draw(ordinary_budgets, budgets))


@points(1)
def test_budgets_mended_powers(budgets_mended, draw):
    """Exact at powers of eta and next to them."""
    agree(budgets_mended, draw(exact_powers, budgets))


@points(1)
def test_budgets_mended_large(budgets_mended, draw):
    """Exact for max_budget up to 10**18, and one budget where eta is larger than max_budget."""
    agree(budgets_mended, draw(large_budgets, budgets), rtol=0, atol=0)


# --- expected_improvement ---------------------------------------------------------------------------------------------


def improvement(mean, std, best):
    mean, std = np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
    gain, known = best - mean, std == 0
    z = gain / np.where(known, 1.0, std)
    density = np.exp(-(np.minimum(np.abs(z), 1e6) ** 2) / 2) / math.sqrt(2 * math.pi)
    return np.where(known, np.maximum(gain, 0.0), gain * ndtr(z) + std * density)


def beliefs(rng):
    """Means on both sides of the best, spreads other than 1."""
    yield "two points", np.array([0.5, 2.0]), np.array([2.0, 0.5]), 1.25
    best = float(rng.normal(0, 1))
    yield "20 points", best + rng.normal(0, 1.5, 20), rng.uniform(0.2, 3, 20), best


def known_points(rng):
    """Points already evaluated: no spread."""
    best = float(rng.uniform(0.5, 2))
    yield "no spread, worse, better and equal", best + np.array([0.7, -0.4, 0.0]), np.zeros(3), best
    yield "some without spread", best + rng.normal(0, 1, 6), np.array([0.0, 0.5, 0.0, 1.5, 0.0, 0.1]), best


def far_points(rng):
    """Points so far from the best that probabilities become 0 or 1; spreads next to nothing."""
    far = float(rng.uniform(50, 90))
    yield "far above and far below", np.array([far, -far]), np.array([1.0, 1.5]), 0.25
    yield "a spread of 1e-250", np.array([3.0, -3.0, 0.0]), np.array([1e-250, 1e-250, 1e-250]), 0.0
    yield "spreads of a millionth", np.array([0.0, 3e-7, -2e-7]), np.array([7e-7, 5e-7, 8e-7]), 0.0
    yield "one point", np.array([0.3]), np.array([0.6]), 0.1


def whole_beliefs(rng):
    """Whole numbers up to the bounds of narrow types, and numbers that stay apart as such."""
    yield "whole numbers", np.array([0.0, 7.0, 120.0, 127.0]), np.array([1.0, 3.0, 100.0, 0.0]), 5.0
    yield "larger whole numbers", np.array([250.0, 200.0, 3.0, 255.0, 40.0]), np.array([60.0, 200.0, 1.0, 255.0, 0.0]), 45.0
    yield "fractions", rng.integers(-12, 12, 12) / 4, rng.integers(0, 12, 12) / 4, 0.75


def bad_beliefs(rng):
    yield "no points", np.zeros(0), np.zeros(0), 1.0
    yield "more means than spreads", np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.6]), 1.0
    yield "one spread for three means", np.array([1.0, 2.0, 3.0]), np.array([0.5]), 1.0
    yield "one mean for three spreads", np.array([1.0]), np.array([0.5, 0.6, 0.7]), 1.0
    yield "columns", np.array([[1.0], [2.0]]), np.array([[0.5], [0.6]]), 1.0


@points(2)
def test_expected_improvement(expected_improvement, draw):
    """How much lower than the best the point will be on average, a point above counting 0."""
    agree(expected_improvement, draw(beliefs, improvement))


@points(1, rule=False)
def test_expected_improvement_known(expected_improvement, draw):
    """Without spread it is max(best - mean, 0), and there is no warning."""
    agree(expected_improvement, draw(known_points, improvement))
    contract(expected_improvement, draw, known_points, improvement)


@points(1, rule=False)
def test_expected_improvement_far(expected_improvement, draw):
    """Far from the best it is 0 above and best - mean below, for the smallest spreads too, without a warning."""
    contract(expected_improvement, draw, far_points, improvement)


@points(1)
def test_expected_improvement_contract(expected_improvement, draw):
    """float32 kept, whole numbers of any width, any layout; inputs stay as they were; no warning."""
    contract(expected_improvement, draw, whole_beliefs, improvement, floats=(0, 1), labels=(0, 1))


@points(1)
def test_expected_improvement_refuses(expected_improvement, draw):
    """No points, or shapes that are not the same (m,): ValueError."""
    refuse(expected_improvement, draw(bad_beliefs))
