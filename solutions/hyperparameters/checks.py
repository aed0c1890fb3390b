"""Checks of the lesson hyperparameters: for each exercise its oracle, its makers and a test for each thing that can go wrong."""

import math
import statistics

import numpy as np
from scipy.special import ndtr

from grader.judging.checking import Wrong, agree, contract, points, refuse, seeing, sparing

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


def pair_arrays(got, k, case):
    """The k training sets and the k validation sets of a result, as they are."""
    if not isinstance(got, list | tuple) or len(got) != k:
        raise Wrong(f"The result must be a list of {k} pairs (train, validation).", expected=f"{k} pairs", got=got, case=case.name)
    pairs = []
    for number, pair in enumerate(got):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Wrong(f"Entry {number} is no pair (train, validation).", expected="(train, validation)", got=pair, case=case.name)
        pairs.append(tuple(index_array(part, f"Both parts of pair {number}", case) for part in pair))
    return [train for train, _ in pairs], [validation for _, validation in pairs]


def validation_folds(got, n, k, case):
    """The k validation sets of a result whose pairs fit: every row validated once, and trained on in all other pairs."""
    trains, folds = pair_arrays(got, k, case)
    if any(np.any((rows < 0) | (rows >= n)) for rows in (*trains, *folds)):
        raise Wrong(f"Some row is none of 0..{n - 1}.", expected=f"rows 0..{n - 1}", got=got, case=case.name)
    in_train, in_fold = (np.array([np.bincount(rows, minlength=n) for rows in parts]) for parts in (trains, folds))
    validated = in_fold.sum(axis=0)  # (n,): in how many pairs each row is validated
    for number, held in enumerate(in_train + in_fold):
        if np.all(held == 1):
            continue
        row = int(np.flatnonzero(held != 1)[0])
        both, neither = in_train[number, row] and in_fold[number, row], held[row] == 0
        where = "is in both train and validation" if both else "is in neither train nor validation" if neither else "comes more than once"
        message = f"In pair {number} row {row} {where}; together they must hold each of the {n} rows once."
        slug = "validation-in-train" if both and np.all(in_train[in_fold > 0] > 0) else rows_lost(in_fold, n, k)
        raise Wrong(message, expected=f"rows 0..{n - 1}, each once", got=got[number], case=case.name, mistake=slug)
    if not np.all(validated == 1):
        row = int(np.flatnonzero(validated != 1)[0])
        message = f"Over all pairs row {row} is {times(int(validated[row]))}; each must be validated exactly once."
        if swapped := k > 2 and bool(np.all(validated == k - 1)):
            message += " In each pair validation is the larger part: are the two swapped?"
        drawn_anew = np.any(validated == 0) and np.any(validated > 1)
        slug = "pairs-swapped" if swapped else "shuffled-for-each-fold" if drawn_anew else rows_lost(in_fold, n, k)
        raise Wrong(message, expected=f"rows 0..{n - 1}, each once", got=validated, case=case.name, mistake=slug)
    return folds


def times(count):
    return {0: "never validated", 2: "validated twice"}.get(count, f"validated {count} times")


def rows_lost(in_fold, n, k):
    """The slug of rows that no fold has where all folds have n // k; "" elsewhere."""
    return "remainder-lost" if n % k and in_fold.max() == 1 and np.all(in_fold.sum(axis=1) == n // k) else ""


def even_sizes(folds, case, mistake=""):
    """Wrong where the sizes of the validation sets differ by more than 1."""
    sizes = [len(fold) for fold in folds]
    if max(sizes) - min(sizes) > 1:
        message = f"The validation sets have {sizes} rows: they may differ by at most 1."
        raise Wrong(message, expected="at most 1 apart", got=sizes, case=case.name, mistake=mistake)


def remainder_at_the_end(counts):
    """Whether all that is left over of a division by the number of folds is in the last one."""
    return len(set(counts[:-1])) == 1 and counts[-1] - counts[0] == sum(counts) % len(counts)


def even_classes(folds, y, case, passed_over=""):
    """Wrong where a class's counts in the validation sets differ by more than 1; `passed_over` names a class that is in one fold only."""
    counted = class_counts(folds, y)
    for label, counts in counted.items():
        if max(counts) - min(counts) > 1:
            message = f"Class {label} has {counts} rows in the validation sets: they may differ by at most 1."
            slug = passed_over if max(counts) == sum(counts) else ""
            if all(map(remainder_at_the_end, counted.values())):
                slug = "last-fold-takes-the-remainder"
            raise Wrong(message, expected="at most 1 apart", got=counts, case=case.name, mistake=slug)


def class_counts(folds, y):
    """For each class how many of its rows each fold has."""
    return {label.item(): [int(np.sum(y[fold] == label)) for fold in folds] for label in np.unique(y)}


def surplus(folds, y):
    """The known mistake that leaves the same folds more rows of every class; "" for none."""
    counted = list(class_counts(folds, y).values())
    if all(map(remainder_at_the_end, counted)):
        return "last-fold-takes-the-remainder"
    return "surplus-in-the-first-folds" if all(counts == sorted(counts, reverse=True) for counts in counted) else ""


def together(folds):
    """The partition without its order."""
    return {frozenset(fold.tolist()) for fold in folds}


def neighbours(folds, n):
    """How many pairs of neighbouring rows (i, i + 1) are validated together."""
    fold_of = np.zeros(n, dtype=int)
    for number, fold in enumerate(folds):
        fold_of[fold] = number
    return int(np.sum(fold_of[1:] == fold_of[:-1]))


def pattern(folds, n, k):
    """The known mistake by which rows, numbered in the file's order, are validated together without chance; "" for none."""
    if all(len(set((fold % k).tolist())) == 1 for fold in folds):
        return "every-kth-row"
    if neighbours(folds, n) < n - k:
        return ""
    return "not-shuffled" if np.array_equal(np.concatenate(folds), np.arange(n)) else "folds-shuffled"


def pattern_of_all(answered):
    """The pattern of several splits; folds that are shuffled stand in the file's order by chance, now and then."""
    found = {pattern(folds, *case.args[:2]) for case, folds in answered}
    if found == {"not-shuffled", "folds-shuffled"}:
        return "folds-shuffled"
    return found.pop() if len(found) == 1 else ""


def class_pattern(folds, y, k):
    """The same within classes, the rows numbered class after class."""
    n, rank = len(y), np.empty(len(y), dtype=np.int64)
    rank[np.argsort(y, kind="stable")] = np.arange(n)
    ranked = [rank[fold] for fold in folds]
    if all(len(set((fold % k).tolist())) == 1 for fold in ranked):
        return "not-shuffled"
    return "blocks-of-each-class" if neighbours(ranked, n) >= n - k * len(np.unique(y)) else ""


def mixed(folds, n, k, case, mistake):
    """Wrong where neighbours in the file are validated together far more, or far less, often than chance would have it."""
    found, mean = neighbours(folds, n), (n - 1) / k
    if abs(found - mean) > 6 * math.sqrt(mean):
        message = f"{found} of {n - 1} neighbouring rows are validated together; a shuffle gives about {mean:.0f}. Shuffle the rows, then split."
        raise Wrong(message, expected=f"about {mean:.0f}", got=found, case=case.name, mistake=mistake)


def seeds_matter(answered, mistake):
    """Wrong unless the first two splits (the same seed) are equal and the third (another seed) is not.

    `mistake` is the slug of a pattern in the first, which stays whatever the seed."""
    (case, first), (_, again), (_, other) = ((case, together(folds)) for case, folds in answered)
    if first != again:
        message = "The same seed gave two different splits."
        raise Wrong(message, expected="the same rows validated together", got="others", case=case.name, mistake="unseeded")
    if first == other:
        message = "Two seeds gave the same split: the same rows are validated together."
        raise Wrong(message, expected="another split", got="the same", case=case.name, mistake=mistake or "fixed-seed")


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
        message, expected = f"Some value is not between {low:.6g} and {high:.6g}.", f"{low:.6g} to {high:.6g}"
        raise Wrong(message, expected=expected, got=got, case=case.name, mistake=mixed_logarithms(got, low, high))
    return (np.log(got) - math.log(low)) / (math.log(high) - math.log(low))


def mixed_logarithms(got, low, high):
    """The known mistake of draws whose logarithm of one kind is uniform between the bounds' logarithms of the other; "" for none."""
    if not np.all(np.isfinite(got) & (got > 0)):
        return ""
    for slug, inner, outer in (("exp-of-log10", np.log, math.log10), ("ten-to-the-ln", np.log10, math.log)):
        place = (inner(got) - outer(low)) / (outer(high) - outer(low))
        if np.all(np.abs(place - 0.5) < 0.5 + 1e-9) and unevenness(place)[0] < 3 / math.sqrt(len(place)):
            return slug
    return ""


def unevenness(place):
    """The largest distance of draws from being uniform between 0 and 1, and the draw where it is."""
    rising, n = np.sort(place), len(place)
    gaps = np.abs(rising - (np.arange(n) + 0.5) / n)
    return float(np.max(gaps)), float(rising[np.argmax(gaps)])


def repeated(got, case):
    """Wrong where a value comes twice, as it does where values are chosen among fixed ones or cut to the bounds."""
    n, low, high, _ = case.args
    if not isinstance(got, np.ndarray) or got.shape != (n,) or got.dtype != np.float64:
        return
    values, counts = np.unique(got, return_counts=True)
    if len(values) == n:
        return
    often = values[counts > 1]
    if np.all(np.isclose(often, low, rtol=1e-6, atol=0) | np.isclose(often, high, rtol=1e-6, atol=0)):
        count = int(counts[counts > 1].sum())
        message = f"{count} of {n} values are a bound itself: draws from outside were cut to it. Draw between the bounds."
        raise Wrong(message, expected="draws", got=got, case=case.name, mistake="clipped")
    with np.errstate(all="ignore"):
        steps = np.diff(np.log10(values))
        decades = len(values) > 1 and bool(np.all(np.abs(steps - np.round(steps)) < 1e-6))
    what = f"Only {len(values)} different values came in {n} draws" if 2 * len(values) < n else "Some value came twice"
    message = f"{what}: draw exponents that are real numbers, not a few fixed ones."
    raise Wrong(message, expected="draws", got=got, case=case.name, mistake="whole-decades" if decades else "")


def uniform_in_log(answer, cases):
    for case, got in answer.on(cases):
        repeated(got, case)
        place = positions(got, case)
        n, low, high, _ = case.args
        gap, at = unevenness(place)
        if gap > 3 / math.sqrt(n):
            below, value = float(np.mean(place <= at)), math.exp(math.log(low) + at * (math.log(high) - math.log(low)))
            message = f"{below:.0%} of the values lie below {value:.3g}; of draws uniform in the logarithm {at:.0%} would."
            linear = unevenness((got - low) / (high - low))[0] < 3 / math.sqrt(n)
            raise Wrong(message, expected=f"about {at:.0%}", got=f"{below:.0%}", case=case.name, mistake="uniform" if linear else "")
        if gap < 0.1 / math.sqrt(n):
            message = "The values are evenly spaced: that is a grid, not draws."
            raise Wrong(message, expected="random draws", got=got, case=case.name, mistake="geomspace")
        rises = int(np.sum(place[1:] > place[:-1]))
        if abs(rises - n / 2) > 6 * math.sqrt(n / 12):
            message = f"{rises} of {n} values are larger than the one before; of independent draws about half are. Leave them in the order drawn."
            slug = "sorted" if rises in (0, n - 1) else ""
            raise Wrong(message, expected=f"about {n // 2}", got=rises, case=case.name, mistake=slug)


@points(2)
def test_log_uniform(log_uniform, draw):
    """n values between low and high, as many in each decade."""
    uniform_in_log(log_uniform, draw(searches))


@points(1)
def test_log_uniform_seed(log_uniform, draw):
    """The same seed gives the same numbers, another seed others."""
    (case, first), (_, again), (_, other) = ((case, positions(got, case)) for case, got in log_uniform.on(draw(same_and_other_seed)))
    if not np.array_equal(first, again):
        raise Wrong("The same seed gave different numbers.", expected="the same numbers", got="others", case=case.name, mistake="unseeded")
    if np.allclose(first, other):
        slug = "fixed-seed" if unevenness(first)[0] > 0.1 / math.sqrt(len(first)) else "geomspace"
        raise Wrong("Two seeds gave the same numbers.", expected="other numbers", got="the same", case=case.name, mistake=slug)


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
        folds = validation_folds(got, *case.args[:2], case)
        at_the_end = remainder_at_the_end([len(fold) for fold in folds])
        even_sizes(folds, case, "last-takes-the-remainder" if at_the_end else "")


@points(1)
def test_kfold_indices_shuffled(kfold_indices, draw):
    """The rows are shuffled: neighbours in the file do not stay together."""
    answered = [(case, validation_folds(got, *case.args[:2], case)) for case, got in kfold_indices.on(draw(long_file))]
    for case, folds in answered:
        mixed(folds, *case.args[:2], case, pattern_of_all(answered))


@points(1)
def test_kfold_indices_seed(kfold_indices, draw):
    """The same seed gives the same folds, another seed others."""
    answered = [(case, validation_folds(got, *case.args[:2], case)) for case, got in kfold_indices.on(draw(fold_seeds))]
    seeds_matter(answered, pattern_of_all(answered))


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


def stratified(answer, cases, passed_over=""):
    """Wrong where a result is no stratified cross-validation, or the labels were changed; `passed_over` names a class that was not dealt out."""
    for case, reply in answer.replies(cases):
        if reply.kind != "value":
            answer.no_value(case, reply)
        if reply.changed:
            raise Wrong(f"{answer.name} changed y ({case.name}): shuffle an array of row numbers, not y itself.", case=case.name, about="changed")
        y, k, _ = case.args
        dealt(reply.value, y, k, case, passed_over)
        folds = validation_folds(reply.value, len(y), k, case)
        even_classes(folds, y, case, passed_over)
        even_sizes(folds, case, surplus(folds, y))


def dealt(got, y, k, case, passed_over):
    """Wrong where some rows are in no validation set and no row is in two."""
    folds = pair_arrays(got, k, case)[1]
    rows = np.concatenate(folds)
    lost = np.setdiff1d(np.arange(len(y)), rows)
    if not len(lost) or len(set(rows.tolist())) < len(rows) or np.any((rows < 0) | (rows >= len(y))):
        return
    counted = class_counts(folds, y)
    floors = all(set(counts) == {int(np.sum(y == label)) // k} for label, counts in counted.items())
    whole_class = any(sum(counts) == 0 for counts in counted.values())
    slug = "remainder-lost" if floors else passed_over if whole_class else ""
    message = f"Row {lost[0]}, of class {y[lost[0]].item()}, is in no validation set; each row must be in one."
    raise Wrong(message, expected="each row once", got=got, case=case.name, mistake=slug)


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
        folds = validation_folds(got, len(y), k, case)
        mixed(folds, len(y), k, case, class_pattern(folds, y, k))


@points(1)
def test_stratified_kfold_seed(stratified_kfold, draw):
    """The same seed gives the same folds, another seed others."""
    replies = stratified_kfold.on(draw(stratified_seeds))
    answered = [(case, validation_folds(got, len(case.args[0]), case.args[1], case)) for case, got in replies]
    case, folds = answered[0]
    seeds_matter(answered, class_pattern(folds, *case.args[:2]))


@points(1)
def test_stratified_kfold_labels(stratified_kfold, draw):
    """Labels are any integers, in any dtype and layout, and stay as they were."""
    stratified(stratified_kfold, draw(any_labels), "labels-as-indices")


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
    with seeing(lambda wrong: "trained-twice" if "called score" in wrong.message else ""):
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


ALONE = "nothing is evaluated when one configuration is left"


def losses_of(slopes, last_budget=math.inf):
    """A loss without a trend that depends on the configuration and on the budget: any wrong budget shows."""

    def evaluate(config, budget):
        if budget > last_budget:
            raise ValueError(f"no round has a budget of {budget}: {ALONE}")
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
    with seeing(lambda wrong: "last-evaluated-again" if wrong.case == "one configuration" and ALONE in wrong.message else ""):
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
        slug = "budget-only" if isinstance(given, int | np.integer) else ""
        raise Wrong("budgets_counterexample() must return (max_budget, eta).", expected="(max_budget, eta)", got=given, mistake=slug)
    whole = [value for value in given if isinstance(value, int | np.integer) and not isinstance(value, bool)]
    if len(whole) != 2 or whole[1] < 2 or not whole[1] <= whole[0] <= 10**18:
        raise Wrong("max_budget and eta must be whole numbers, 2 <= eta <= max_budget <= 10**18.", expected="whole numbers", got=given)
    return int(whole[0]), int(whole[1])


@points(2)
def test_budgets_counterexample(budgets_counterexample):
    """A search for which the published line gives another list of budgets."""
    max_budget, eta = _search(budgets_counterexample())
    if published_budgets(max_budget, eta) == budgets(max_budget, eta):
        message = f"For max_budget={max_budget}, eta={eta} it is right."
        raise Wrong(message, expected="another list", got=published_budgets(max_budget, eta), mistake=_right_there(max_budget, eta))


def _right_there(max_budget, eta):
    """The known mistake of a search for which the published line is right."""
    if (max_budget, eta) == (81, 3):
        return "the-example"
    return "logarithm-above" if eta ** (len(budgets(max_budget, eta)) - 1) == max_budget else "no-power"


@points(2)
def test_budgets_counterexample_ordinary(budgets_counterexample):
    """It could be yours: max_budget is at most 1000.

    Floats that fail at 10**17 surprise nobody; this one fails for a few hundred epochs."""
    max_budget, eta = _search(budgets_counterexample())
    if max_budget > 1000:
        wrong_there = published_budgets(max_budget, eta) != budgets(max_budget, eta)
        message = f"max_budget is {max_budget}; at most 1000 is asked."
        raise Wrong(message, expected="at most 1000", got=max_budget, mistake="too-large" if wrong_there else "")


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
