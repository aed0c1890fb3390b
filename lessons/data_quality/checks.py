# Built by `prep build` from solutions/data_quality/checks.py: do not edit by hand.
"""Checks of the lesson data_quality, exercise by exercise: its oracle, its makers of inputs, and a test for each thing that can go wrong.

Oracles go column by column, value by value, by the definition. Drawn data hold no accidental ties, and every known mistake shows on every draw.
"""

import math
import statistics
import unicodedata
from collections import Counter

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- shared -----------------------------------------------------------------------------------------------------------


def misfit_tables(rng):
    """Two tables that do not fit, in ways that numpy would broadcast."""
    wide, narrow = np.arange(6.0).reshape(2, 3), np.array([[1.0], [2.0]])
    yield "no training rows", np.zeros((0, 3)), wide
    yield "no test rows", wide, np.zeros((0, 3))
    yield "three training columns against one", wide, narrow
    yield "one training column against three", narrow, wide
    yield "a test row that is 1-D", wide, np.array([1.0, 2.0, 4.0])
    yield "1-D arrays", np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 4.0])


def misfit_labels(rng):
    yield "no items", np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    yield "three items against one", np.array([0, 1, 1]), np.array([1])
    yield "one item against three", np.array([1]), np.array([0, 1, 1])
    yield "a row against a column", np.array([0, 1]), np.array([[0], [1]])
    yield "two columns", np.array([[0], [1]]), np.array([[0], [1]])


def columnwise(fit, apply):
    """An oracle of two tables: what `fit` says of a training column, given to `apply` with each value."""

    def oracle(train, test):
        out = [np.array(table, dtype=np.float64) for table in (train, test)]
        for j in range(train.shape[1]):
            learnt = fit([float(value) for value in train[:, j]])
            for table in out:
                table[:, j] = [apply(float(value), learnt) for value in table[:, j]]
        return tuple(out)

    return oracle


def narrow_tables(rng):
    """Whole numbers of one and two bytes that use all of their range."""
    yield "uint8", np.array([[0, 250], [255, 3], [7, 254]], dtype=np.uint8), np.array([[255, 0]], dtype=np.uint8)
    yield "int8", np.array([[-128, 127], [127, -128], [5, 100], [90, 3]], dtype=np.int8), np.array([[-128, 127]], dtype=np.int8)
    yield "int16", np.array([[-32768, 9], [32767, 32000], [30000, 31000]], dtype=np.int16), np.array([[-32768, 32767]], dtype=np.int16)
    yield "bool", np.array([[True, False], [True, True], [False, False]]), np.array([[False, True]])


# --- median_impute ----------------------------------------------------------------------------------------------------


def column_median(values):
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else 0.0


median_filled = columnwise(column_median, lambda value, median: median if math.isnan(value) else value)


def holes(rng):
    """Columns with an even and an odd number of values, one with an outlier; test lies elsewhere."""
    yield "one hole", np.array([[1.0], [3.0], [100.0], [np.nan]]), np.array([[np.nan], [7.0]])
    for n in (20, 41):
        train, test = rng.normal(3, 2, (n, 4)), rng.normal(20, 5, (9, 4))
        train[0, 1] = 1000
        for j in range(4):
            train[rng.choice(np.arange(1, n), 3 + j, replace=False), j] = np.nan
            test[rng.choice(9, 2 + j % 2, replace=False), j] = np.nan
        yield f"{n} rows", train, test


def empty_columns(rng):
    train, test = rng.normal(2, 1, (6, 3)), rng.normal(2, 1, (4, 3))
    train[:, 1] = np.nan
    train[2, 0] = test[1] = np.nan
    yield "a training column without a value", train, test
    yield "no value in train at all", np.full((2, 2), np.nan), np.array([[np.nan, 3.0]])


def other_columns_empty(rng):
    yield "a test column without a value", np.array([[1.0, 2.0], [4.0, np.nan], [9.0, 6.0]]), np.array([[np.nan, 5.0], [np.nan, np.nan]])
    yield "a single test row", np.array([[5.0, 2.0], [6.0, 11.0], [np.nan, 3.0]]), np.array([[np.nan, np.nan]])
    yield "a single training row", np.array([[5.0, np.nan]]), np.array([[np.nan, np.nan], [1.0, 2.0]])


def impute_contract(rng):
    train, test = rng.normal(0, 40, (7, 3)), rng.normal(0, 40, (4, 3))
    yield "nothing is missing", train, test


def impute_floats(rng):
    train, test = rng.normal(3, 2, (8, 3)), rng.normal(3, 2, (5, 3))
    train[[1, 4], [0, 2]] = test[[0, 3], [1, 2]] = np.nan
    yield "8 rows with holes", train, test


@points(2)
def test_median_impute(median_impute, draw):
    """Every nan becomes the median of its column's other values in train."""
    agree(median_impute, draw(holes, median_filled))


@points(1, rule=False)
def test_median_impute_empty_column(median_impute, draw):
    """A column that is all nan in train gets 0, in both tables, without a warning."""
    contract(median_impute, draw, empty_columns, median_filled)


@points(1, rule=False)
def test_median_impute_test_column(median_impute, draw):
    """Test is filled from train also where its own column is empty."""
    contract(median_impute, draw, other_columns_empty, median_filled)


@points(1)
def test_median_impute_contract(median_impute, draw):
    """float32, whole numbers (one byte too), any layout; two new arrays also where nothing is missing; inputs stay as they were."""
    contract(median_impute, draw, impute_contract, median_filled, floats=(0, 1))
    contract(median_impute, draw, impute_floats, median_filled, floats=(0, 1), integers=False)
    contract(median_impute, draw, narrow_tables, median_filled)


@points(1)
def test_median_impute_shapes(median_impute, draw):
    """No rows, 1-D arrays, or columns that do not fit: ValueError."""
    refuse(median_impute, draw(misfit_tables))


# --- mad_outliers -----------------------------------------------------------------------------------------------------


def far_values(x, k):
    values = [float(value) for value in x]
    centre = statistics.median(values)
    mad = statistics.median(abs(value - centre) for value in values)
    return np.array([abs(value - centre) > k * 1.4826 * mad for value in values])


def off_the_bound(x, k):
    """Whether no value lies within 2 % of the bound, nor of the bounds of the common wrong widths."""
    centre = np.median(x)
    distance, mad = np.abs(x - centre), np.median(np.abs(x - centre))
    return np.abs(distance - k * 1.4826 * mad).min() > 0.02 * k * mad


def crowd_and_outliers(rng):
    """Values around a centre off 0: outliers on both sides, far ones that widen the standard deviation and near ones."""
    yield "nine near 1, one at 9", np.array([1.0, 1.2, 0.8, 1.1, 0.9, 1.3, 0.7, 1.05, 0.95, 9.0]), 3.0
    for n in (30, 41):
        while True:
            grid = np.linspace(-1, 1, n - 8) + rng.normal(0, 0.002, n - 8)  # MAD about 0.55 to 0.6
            scale, shift = rng.uniform(1, 3), rng.uniform(20, 30)
            x = np.concatenate([grid, [-2.1, 2.15, 3.6, -3.7, 8.0, -9.0, 60.0, 90.0]]) * scale + shift
            x = rng.permutation(x)
            if off_the_bound(x, 3.0):
                break
        yield f"{n} values", x, 3.0
    # A median that is off by one place takes none of the three far ones for an outlier.
    crowd = np.array([0.0, 10.0, 20.0, 30.0, 31.0, 32.0, 33.0])
    yield "seven values, four of them close together", rng.permutation(crowd) * rng.uniform(1, 2), 3.0


def level_values(rng):
    x = np.full(9, float(rng.integers(2, 9)))
    x[[2, 6]] += [0.001, -40.0]
    yield "seven of nine are equal", x, 3.0
    yield "all equal", np.full(4, 0.1), 2.0
    yield "one value", np.array([5.0]), 3.0
    x = np.zeros(7)
    x[rng.choice(7, 2, replace=False)] = [1e-20, -3.0]
    yield "five of seven are 0", x, 3.0
    yield "a crowd in units of 1e-20", 1e-20 * rng.permutation(np.array([0.0, 10.0, 20.0, 30.0, 31.0, 32.0, 33.0])), 3.0


def mad_contract(rng):
    x = 7 * rng.permutation(np.concatenate([np.arange(-9, 10), [90, 130, -100]])) + 3
    yield "22 values", x.astype(np.float64), 4.0


def mad_narrow(rng):
    yield "uint8", np.array([0, 2, 1, 3, 250, 4, 2], dtype=np.uint8), 3.0
    yield "int8", np.array([-128, -120, -125, -122, 127, -127], dtype=np.int8), 3.0
    yield "int16", np.array([32767, 32760, 32766, 32750, -32768], dtype=np.int16), 3.0
    yield "bool", np.array([True, True, False, True]), 3.0


def mad_large(rng):
    yield "float32 of 1e30", np.array([1e30, 1.1e30, 0.9e30, 1.2e30, 1.05e30, 9e30, -9e30], dtype=np.float32) / 10, 3.0
    yield "float16", np.array([60000, 60032, 60064, 59968, 60096, -60000], dtype=np.float16).astype(np.float32), 3.0


def mad_empty(rng):
    yield "no values", np.zeros(0), 3.0
    yield "a table", np.array([[1.0, 2.0], [3.0, 9.0]]), 3.0


@points(2)
def test_mad_outliers(mad_outliers, draw):
    """Further from the median than k times 1.4826 times MAD."""
    agree(mad_outliers, draw(crowd_and_outliers, far_values))


@points(1, rule=False)
def test_mad_outliers_level(mad_outliers, draw):
    """MAD 0 flags exactly the values that differ from the median, without a warning; tiny numbers are judged as any others."""
    contract(mad_outliers, draw, level_values, far_values)


@points(1)
def test_mad_outliers_contract(mad_outliers, draw):
    """A mask of bool; float32, whole numbers, any layout; inputs stay as they were."""
    contract(mad_outliers, draw, mad_contract, far_values, floats=(0,))
    for case, value in mad_outliers.on(draw(mad_contract, far_values)):
        if not isinstance(value, np.ndarray) or value.dtype != np.bool_:
            raise Wrong(
                "The mask is no array of bool.", case=case.name, expected="dtype bool", got=str(getattr(value, "dtype", type(value).__name__))
            )


@points(1)
def test_mad_outliers_narrow(mad_outliers, draw):
    """Integers up to the bounds of their type, and float32 up to 1e30: nothing wraps around or overflows."""
    contract(mad_outliers, draw, mad_narrow, far_values)
    contract(mad_outliers, draw, mad_large, far_values)


@points(1)
def test_mad_outliers_shapes(mad_outliers, draw):
    """No values, or an array that is not 1-D: ValueError."""
    refuse(mad_outliers, draw(mad_empty))


# --- standardize ------------------------------------------------------------------------------------------------------


def mean_and_std(values):
    if len(set(values)) == 1:
        return values[0], 1.0
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


standardized = columnwise(mean_and_std, lambda value, learnt: (value - learnt[0]) / learnt[1])


def two_tables(rng):
    """Columns of different centres and widths; test lies elsewhere."""
    yield "three rows", np.array([[1.0], [2.0], [6.0]]), np.array([[3.0], [9.0]])
    for n in (12, 40):
        centre, width = rng.uniform(2, 9, 4), rng.uniform(2, 5, 4)
        yield f"{n} rows, 4 columns", centre + width * rng.normal(size=(n, 4)), 3 + centre + 2 * width * rng.normal(size=(7, 4))


def level_columns(rng):
    train, test = rng.normal(0, 3, (10, 3)), rng.normal(0, 3, (5, 3))
    train[:, 1] = 0.1
    yield "a column of ten times 0.1", train, test
    yield "a single training row", np.array([[3.0, -2.0]]), np.array([[5.0, 1.0], [0.0, 0.0]])


def tiny_columns(rng):
    train, test = rng.normal(0, 3, (6, 2)), rng.normal(0, 3, (3, 2))
    yield "a column of numbers near 1e-20", train * [1e-20, 1], test * [1e-20, 1]


def standardize_contract(rng):
    yield "9 rows, 3 columns", rng.normal(20, 30, (9, 3)), rng.normal(40, 30, (4, 3))


def standardize_hard(rng):
    """float32 where float32 arithmetic is not enough, and where its squares overflow."""
    train = np.array([[1e4, 1.0], [1e4 + 1, 2.0], [1e4 + 2, 5.0], [1e4 + 4, 3.0]] * 50)
    yield "10000 and a little", train.astype(np.float32), train[:3].astype(np.float32) + 1
    yield "1e30", (train[:, 1:] * 1e29).astype(np.float32), (train[:2, 1:] * 1e29).astype(np.float32)


@points(2)
def test_standardize(standardize, draw):
    """Both tables, minus train's mean, over train's standard deviation with ddof 0."""
    agree(standardize, draw(two_tables, standardized))


@points(1, rule=False)
def test_standardize_level(standardize, draw):
    """A column that is constant in train (ten times 0.1 too) is only centred, in both tables, without a warning."""
    contract(standardize, draw, level_columns, standardized)


@points(1)
def test_standardize_tiny(standardize, draw):
    """A narrow column is no constant one: nothing is added to its standard deviation."""
    agree(standardize, draw(tiny_columns, standardized), rtol=1e-6)


@points(1)
def test_standardize_contract(standardize, draw):
    """float32, whole numbers up to the bounds of their type, any layout; inputs stay as they were."""
    contract(standardize, draw, standardize_contract, standardized, floats=(0, 1))
    contract(standardize, draw, narrow_tables, standardized)


@points(1, rule=True)
def test_standardize_hard(standardize, draw):
    """Mean and standard deviation are computed in float64: float32 columns far from 0, and of 1e30."""
    for case, reply in standardize.replies(draw(standardize_hard, standardized)):
        if reply.kind != "value":
            standardize.no_value(case, reply)
        if reply.warned:
            raise Wrong(f"{standardize.text(case)} warned: {reply.warned[0]}.", case=case.name, expected="no warning", got=reply.warned[0])
    agree(standardize, draw(standardize_hard, standardized), rtol=1e-4, atol=1e-4)


@points(1)
def test_standardize_shapes(standardize, draw):
    """No rows, 1-D arrays, or columns that do not fit: ValueError."""
    refuse(standardize, draw(misfit_tables))


# --- cohen_kappa ------------------------------------------------------------------------------------------------------


def kappa(a, b):
    a, b = [int(label) for label in a], [int(label) for label in b]
    n, first, second = len(a), Counter(a), Counter(b)
    chance = sum(first[label] * second[label] for label in first)  # in n² parts
    if chance == n * n:
        return math.nan
    agreed = sum(one == other for one, other in zip(a, b, strict=True))
    return (agreed * n - chance) / (n * n - chance)


def annotators(rng):
    """Labels of unequal frequencies, that differ between the two; every mistake moves the result."""
    yield "six items", np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 1])
    for n in (50, 91):
        a = np.concatenate([np.repeat([0, 1, 2], [n // 2, 8, 5]), rng.integers(0, 3, n - n // 2 - 13)])
        b = np.where(rng.random(n) < 0.6, a, rng.choice(3, n, p=[0.2, 0.2, 0.6]))
        b[:3] = [1, 2, 2]
        rows = rng.permutation(n)
        yield f"{n} items, 3 labels", a[rows], b[rows]


def one_label(rng):
    yield "one label only", np.array([2, 2, 2]), np.array([2, 2, 2])
    yield "one item, agreed", np.array([1]), np.array([1])


def no_chance(rng):
    yield "each one label, different ones", np.array([0, 0, 0]), np.array([1, 1, 1])
    yield "one item, not agreed", np.array([0]), np.array([3])
    yield "all agreed", np.array([0, 1, 1]), np.array([0, 1, 1])
    yield "always the other", np.array([0, 1, 0, 1]), np.array([1, 0, 1, 0])
    yield "a label that only one of them used", np.array([0, 1, 2, 2]), np.array([0, 1, 1, 0])


def chance_near_one(rng):
    """2100 items with one positive each: p_e is 0.99905."""
    first, other = rng.choice(2100, 2, replace=False)
    items = np.arange(2100)
    yield "2100 items, one positive each, the same", (items == first).astype(np.int64), (items == first).astype(np.int64)
    yield "2100 items, one positive each, another", (items == first).astype(np.int64), (items == other).astype(np.int64)


def odd_labels(rng):
    a = rng.choice([-3, 7, 10**9], 30, p=[0.5, 0.3, 0.2])
    b = np.where(rng.random(30) < 0.7, a, rng.choice([-3, 7, 10**9], 30))
    a[:4], b[:4] = [-3, 7, -3, 10**9], [-3, 7, 7, -3]
    yield "labels -3, 7 and 1000000000", a, b


def narrow_labels(rng):
    a = rng.permutation(np.repeat([0, 1], [250, 50]))
    b = np.where(rng.random(300) < 0.8, a, 1 - a)
    b[:2] = 1 - a[:2]
    yield "300 items, labels 0 and 1", a, b
    yield "labels to 127", np.array([127, 127, 0, 5, 127]), np.array([127, 0, 0, 5, 127])


@points(2)
def test_cohen_kappa(cohen_kappa, draw):
    """The agreement beyond chance, chance from each annotator's own frequencies."""
    agree(cohen_kappa, draw(annotators, kappa))


@points(1, rule=False)
def test_cohen_kappa_one_label(cohen_kappa, draw):
    """nan, without a warning, when both used one and the same label only."""
    contract(cohen_kappa, draw, one_label, kappa)


@points(1, rule=False)
def test_cohen_kappa_ends(cohen_kappa, draw):
    """0, 1 and -1 at the ends, a label that only one of them used, and chance agreement just below 1."""
    contract(cohen_kappa, draw, no_chance, kappa)
    agree(cohen_kappa, draw(chance_near_one, kappa), rtol=1e-9, atol=1e-12)


@points(1)
def test_cohen_kappa_labels(cohen_kappa, draw):
    """Labels may be any integers: negative, large, of any width, or bool; any layout; inputs stay as they were."""
    contract(cohen_kappa, draw, odd_labels, kappa)
    contract(cohen_kappa, draw, narrow_labels, kappa, labels=(0, 1))


@points(1)
def test_cohen_kappa_shapes(cohen_kappa, draw):
    """No items, or labels of different shapes: ValueError."""
    refuse(cohen_kappa, draw(misfit_labels))


# --- near_duplicates --------------------------------------------------------------------------------------------------


def pieces(text, shingle):
    text = unicodedata.normalize("NFKC", text).casefold()
    return {text} if len(text) < shingle else {text[i : i + shingle] for i in range(len(text) - shingle + 1)}


def similar_pairs(texts, shingle, threshold):
    sets = [pieces(text, shingle) for text in texts]
    return [(i, j) for j in range(len(sets)) for i in range(j) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def letters(rng, n):
    return "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), n))


def off_threshold(texts, shingle, threshold):
    sets = [pieces(text, shingle) for text in texts]
    return all(abs(len(a & b) / len(a | b) - threshold) > 0.02 for j, a in enumerate(sets) for b in sets[:j])


def texts_drawn(rng):
    """Texts of random letters: an exact copy, one with two letters changed, one cut off, one that contains another, and strangers."""
    yield "three texts", ["the cat sat on the mat today", "a dog ran off", "the cat sat on the mat now"], 3, 0.5
    word = "".join(rng.permutation(list("abcdefghijklmnopqrstuvwxyz"))[:8])  # 5 shingles of 7 are common, without the last one all
    yield "two texts that differ in their last letter, and a copy", [word, word[:-1] + "0", word], 3, 0.8
    for size in (2, 4):
        while True:
            first, second = letters(rng, 40), letters(rng, 40)
            changed = first[:12] + "0" + first[13:30] + "1" + first[31:]  # similarity about 0.6 at 4, 0.8 at 2
            halves = second[20:] + second[:20]  # nearly the same pieces in another order
            long = second + letters(rng, 70)  # contains the second; similarity about 0.35
            texts = [first, second, changed, halves, long, letters(rng, 40), second]
            order = rng.permutation(len(texts))
            if off_threshold(texts, size, 0.52):
                break
        yield f"7 texts, pieces of {size}", [texts[place] for place in order], size, 0.52


def texts_repeating(rng):
    """The same pieces, in other numbers."""
    word = letters(rng, 3) + " "
    yield "abab against ababababab", ["abab", "ababababab", "xyxyxy"], 2, 0.9
    yield "a word once, twice and five times", [word * 2, word * 5, word[::-1] * 2], 3, 0.9
    yield "one piece a text, with a common end", ["xbc", "abc", "bca"], 3, 0.25


def texts_written(rng):
    """What looks alike is written with other characters."""
    yield "upper and lower case", ["HELLO WORLD", "hello world", "yellow"], 3, 0.9
    yield "sharp s", ["Straße am Fluss", "STRASSE AM FLUSS", "Platz am See"], 3, 0.95
    yield "a ligature, full-width letters", ["the ﬁne office", "the fine oﬃce", "ｔｈｅ ｆｉｎｅ ｏｆｆｉｃｅ", "the five"], 3, 0.95
    yield "an accent of its own", ["café crème", "cafe\u0301 cre\u0300me", "cafe creme"], 2, 0.95
    yield "a full-width capital", ["ＡＢＣＤ", "abcd", "bcde"], 2, 0.9
    yield "a unit that grows by NFKC", ["㎏", "kg", "g"], 2, 0.9


def texts_kept(rng):
    """Spaces and punctuation count."""
    yield "spaces and punctuation", ["a b c d e f", "abcdef", "a, b, c, d, e, f", "a b c d e f"], 2, 0.7
    yield "several spaces, and spaces at the ends", ["a b c", "a  b  c", " a b c ", "a\tb\tc"], 2, 0.9


def texts_short(rng):
    yield "shorter than a shingle", ["ab", "AB", "abc", "b"], 3, 0.5
    yield "two empty texts", ["", "abc", ""], 2, 0.5
    yield "as long as a shingle", ["abc", "abc", "abd"], 3, 0.5
    yield "one text", ["abc"], 2, 0.5
    yield "pieces of one character", ["aab", "ba", "cd"], 1, 0.5


def texts_none(rng):
    yield "no texts", [], 3, 0.5


def _pairs(value, case):
    """The pairs as a sorted list of tuples of Python ints."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        raise Wrong(
            f"near_duplicates returned a {type(value).__name__}, where a list of pairs was expected.",
            case=case.name,
            expected=case.expected,
            got=value,
        )
    for pair in value:
        items = pair.tolist() if isinstance(pair, np.ndarray) else pair
        whole = (
            isinstance(items, list | tuple) and len(items) == 2 and all(isinstance(i, int | np.integer) and not isinstance(i, bool) for i in items)
        )
        if not whole:
            raise Wrong("The list holds something that is no pair of whole numbers.", case=case.name, expected=case.expected, got=value)
    return sorted((int(i), int(j)) for i, j in value)


def _same_pairs(near_duplicates, cases):
    for case, value in near_duplicates.on(cases):
        if _pairs(value, case) != sorted(case.expected):
            message = f"{near_duplicates.text(case)} returned other pairs than expected: {_other_pairs(case, value)}."
            raise Wrong(message, case=case.name, expected=sorted(case.expected), got=value)


def _other_pairs(case, value):
    """Which pairs are missing or too many, and the texts of the first of them."""
    found, wanted, texts = Counter(_pairs(value, case)), Counter(case.expected), case.args[0]
    missing, surplus = sorted((wanted - found).elements()), sorted((found - wanted).elements())
    told = [f"{pair} is missing" for pair in missing[:3]] + [f"{pair} is too many" for pair in surplus[:3]]
    if len(missing) > 3 or len(surplus) > 3:
        told.append("and others")
    i, j = (missing + surplus)[0]
    if min(i, j) >= 0 and max(i, j) < len(texts) and len(texts[i]) + len(texts[j]) <= 80:
        told[0] += f" ({texts[i]!r} and {texts[j]!r})"
    return ", ".join(told)


@points(2)
def test_near_duplicates(near_duplicates, draw):
    """The pairs i < j whose sets of shingles have a Jaccard similarity of at least the threshold, each once."""
    _same_pairs(near_duplicates, draw(texts_drawn, similar_pairs))


@points(1)
def test_near_duplicates_repeating(near_duplicates, draw):
    """Shingles form a set: repeats count once."""
    _same_pairs(near_duplicates, draw(texts_repeating, similar_pairs))


@points(2)
def test_near_duplicates_written(near_duplicates, draw):
    """NFKC and then casefold: case, ligatures, full-width letters and accents make no difference."""
    _same_pairs(near_duplicates, draw(texts_written, similar_pairs))


@points(1)
def test_near_duplicates_kept(near_duplicates, draw):
    """Nothing else is changed: spaces and punctuation stay."""
    _same_pairs(near_duplicates, draw(texts_kept, similar_pairs))


@points(1)
def test_near_duplicates_short(near_duplicates, draw):
    """A text shorter than a shingle, the empty one too, is its own only shingle."""
    _same_pairs(near_duplicates, draw(texts_short, similar_pairs))


@points(1)
def test_near_duplicates_none(near_duplicates, draw):
    """No texts: ValueError."""
    refuse(near_duplicates, draw(texts_none))


# --- group_split ------------------------------------------------------------------------------------------------------


def groups_drawn(rng):
    """The rows are mixed; fraction · n is reached exactly in one case.

    Two of nine groups are always too few; of unequal groups no fixed number is right: of the last ones it takes a large one, and one only.
    """
    yield "seven rows, 3 groups", np.array([5, 5, 9, 9, 9, 2, 2]), 0.3, 0
    yield "half of eight rows, two a group", np.array([3, 5, 3, 8, 5, 6, 6, 8]), 0.5, int(rng.integers(1000))
    sizes = {"9 groups of 4 or 5 rows": rng.integers(4, 6, 9)}
    for trial in range(2):
        sizes[f"20 groups of 1 or 9 rows, {trial + 1}"] = np.repeat([1, 9], 10)
    yield from _mixed(rng, sizes, 0.3)
    yield from _mixed(rng, {f"20 groups of one row and 2 of 250, {trial + 1}": np.repeat([1, 250], [20, 2]) for trial in range(3)}, 20 / 520)


def _mixed(rng, sizes, fraction):
    """Groups of these sizes in mixed rows, and a fraction that asks for half a row more."""
    for name, size in sizes.items():
        groups = rng.permutation(np.repeat(rng.choice(90, len(size), replace=False), size))
        yield name, groups, (int(fraction * len(groups)) + 0.5) / len(groups), int(rng.integers(1000))


def groups_twice(rng):
    for name, *args in groups_drawn(rng):
        yield f"{name}, first call", *args
        yield f"{name}, second call", *args


def groups_seeds(rng):
    """Six groups of two rows; two of them are drawn."""
    groups = rng.permutation(np.repeat(np.array([3, 11, 4, 8, 20, 6]), 2))
    for seed in range(120):
        yield f"seed {seed}", groups, 0.3, seed


def groups_unequal(rng):
    """One group of 20 rows among 10 of two; 0.2 of the rows are 8 and a half. It joins when it is drawn among the first five: 5 times in 11."""
    groups = rng.permutation(np.concatenate([np.full(20, 50), np.repeat(np.arange(10) * 3, 2)]))
    for seed in range(150):
        yield f"seed {seed}", groups, 8.5 / 40, seed


def groups_odd(rng):
    yield "one row a group", np.arange(9), 0.5, 3
    yield "two groups", np.array([1, 0, 1, 0, 0]), 0.3, 5
    yield "negative and large", np.array([-7, 10**9, -7, 10**9, 4]), 0.3, 1
    yield "uint8 to 255", np.array([255, 0, 255, 7, 0, 128], dtype=np.uint8), 0.25, 2
    yield "int8 from -128", np.array([127, -128, 127, 7, 0, -128], dtype=np.int8), 0.25, 2
    view = np.repeat(np.array([4, 1, 4, 2, 1, 3]), 2)[::2]
    view.flags.writeable = False
    yield "a read-only view of every second row", view, 0.4, 4
    yield "more rows than a byte counts", np.repeat(np.arange(4, dtype=np.uint8), 100), 0.3, 7


def groups_none(rng):
    yield "no rows", np.zeros(0, dtype=np.int64), 0.3, 0
    yield "a column", np.array([[1], [2], [2]]), 0.3, 0


def _sides(case, value):
    """Both sides as arrays of row numbers that hold every row once."""
    n = len(case.args[0])
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Wrong("group_split did not return two sides.", case=case.name, expected="(train_idx, test_idx)", got=value)
    sides = [np.asarray(side) for side in value]
    if any(side.ndim != 1 or (side.dtype.kind not in "iu" and side.size) for side in sides):
        raise Wrong("A side is no 1-D array or list of row numbers.", case=case.name, expected="whole numbers", got=value)
    train, test = (side.astype(np.int64) for side in sides)
    if sorted([*train.tolist(), *test.tolist()]) != list(range(n)):
        raise Wrong("Not every row stands on exactly one side.", case=case.name, expected=f"the rows 0 to {n - 1}, each once", got=value)
    return train, test


def _groups_of(case, value):
    """The groups on the test side, none of which is on the other, after the rules on its size."""
    groups, fraction = case.args[:2]
    train, test = _sides(case, value)
    drawn = set(groups[test].tolist())
    both = drawn & set(groups[train].tolist())
    if both:
        raise Wrong(f"Group {min(both)} stands on both sides.", case=case.name, expected="each group on one side", got=value)
    least = fraction * len(groups)
    if len(test) < least:
        raise Wrong(
            f"The test side holds {len(test)} of {len(groups)} rows, fewer than fraction * n = {least:.4g}.",
            case=case.name,
            expected=f">= {least:.4g}",
            got=len(test),
        )
    without = len(test) - max(Counter(groups[test].tolist()).values())
    if without >= least:
        message = (
            f"The test side holds {len(test)} rows, and without its largest group it still holds {without}, "
            f"where fraction * n = {least:.4g} are enough: a group too many."
        )
        raise Wrong(message, case=case.name, expected="no group more than needed", got=len(test))
    return frozenset(drawn)


def _told(case, value):
    """The groups on the test side, or what is wrong with them."""
    try:
        return _groups_of(case, value)
    except Wrong as wrong:
        return wrong


def _all_groups(group_split, cases):
    """The groups on the test side of every case; which cases are wrong is noted, and the first of them told."""
    found = [_told(case, value) for case, value in group_split.on(cases)]
    group_split.judged([frozenset({"value"} if isinstance(each, Wrong) else ()) for each in found])
    for each in found:
        if isinstance(each, Wrong):
            raise each
    return found


def _wrong_together(group_split, cases, message, expected, got):
    """Draws of which each could be right, and that are wrong together."""
    group_split.judged([frozenset({"value"}) for _ in cases])
    raise Wrong(message, expected=expected, got=got)


@points(2)
def test_group_split(group_split, draw):
    """Every row on one side, no group on both, and whole groups until the test side holds fraction · n rows."""
    _all_groups(group_split, draw(groups_drawn))


@points(1)
def test_group_split_seed(group_split, draw):
    """The same seed draws the same groups, other seeds draw others."""
    twice, cases = draw(groups_twice), draw(groups_seeds)[:20]
    drawn = _all_groups(group_split, twice)
    for first, second in zip(drawn[::2], drawn[1::2], strict=True):
        if first != second:
            message = "Two calls with the same arguments drew different groups."
            _wrong_together(group_split, twice, message, sorted(first), sorted(second))
    seeds = len(set(_all_groups(group_split, cases)))
    if seeds < 4:
        message = f"20 seeds drew only {seeds} different test sides of the 15 possible."
        _wrong_together(group_split, cases, message, "at least 4", seeds)


@points(1)
def test_group_split_uniform(group_split, draw):
    """Every group is as likely as every other of its size."""
    cases = draw(groups_seeds)
    counts = Counter(group for groups in _all_groups(group_split, cases) for group in groups)
    n, p = len(cases), 1 / 3
    bound = 5 * math.sqrt(n * p * (1 - p))
    for group in sorted(set(cases[0].args[0].tolist())):
        if abs(counts[group] - n * p) > bound:
            message = f"Of six groups of two rows, two are drawn; with {n} seeds group {group} was drawn {counts[group]} times."
            _wrong_together(group_split, cases, message, f"{n * p:.0f} ± {bound:.0f}", counts[group])


@points(1)
def test_group_split_sizes(group_split, draw):
    """The order of the groups does not depend on their sizes."""
    cases = draw(groups_unequal)
    count = sum(50 in groups for groups in _all_groups(group_split, cases))
    n, p = len(cases), 5 / 11
    bound = 5 * math.sqrt(n * p * (1 - p))
    if abs(count - n * p) > bound:
        message = f"One group of 20 rows among ten of two, 8.5 rows to draw: with {n} seeds the large group joined {count} times."
        _wrong_together(group_split, cases, message, f"{n * p:.0f} ± {bound:.0f}", count)


@points(1, rule=True)
def test_group_split_contract(group_split, draw):
    """Groups of any integer type and any layout; the input stays as it was; no warning."""
    cases = draw(groups_odd)
    for case, reply in group_split.replies(cases):
        if reply.kind != "value":
            group_split.no_value(case, reply)
        if reply.changed:
            raise Wrong(f"group_split changed its input ({case.name}).", case=case.name)
        if reply.warned:
            raise Wrong(f"group_split warned: {reply.warned[0]}.", case=case.name, expected="no warning", got=reply.warned[0])
        _groups_of(case, reply.value)


@points(1)
def test_group_split_shapes(group_split, draw):
    """No rows, or an array that is not 1-D: ValueError."""
    refuse(group_split, draw(groups_none))


# --- population_stability_index ---------------------------------------------------------------------------------------


def stability(expected, actual, n_bins):
    ordered = sorted(float(value) for value in expected)
    edges = []
    for bin_ in range(1, n_bins):
        whole, part = divmod(bin_ * (len(ordered) - 1), n_bins)
        edges.append(ordered[whole] + (part / n_bins * (ordered[whole + 1] - ordered[whole]) if part else 0.0))
    shares = []
    for values in (ordered, [float(value) for value in actual]):
        places = Counter(sum(value >= edge for edge in edges) for value in values)
        shares.append([max(places[bin_] / len(values), 1e-6) for bin_ in range(n_bins)])
    return math.fsum((a - e) * math.log(a / e) for e, a in zip(*shares, strict=True))


def spread(rng, n, low, high):
    """n skewed values at least 2 apart, in no order."""
    values = low + (high - low) * (np.arange(n) / n) ** 2 + 2.5 * np.arange(n)
    return rng.permutation(np.round(values)) + 0.25


def off_edges(expected, actual, n_bins):
    """Whether no value lies within 0.2 of an edge; the edges then lie strictly between values of expected."""
    edges = np.quantile(expected, np.arange(1, n_bins) / n_bins)
    both = np.concatenate([expected, actual])
    return not edges.size or np.abs(both[:, None] - edges).min() > 0.2


def months(rng, sizes=((24, 30), (44, 60))):
    """A skewed month, and one that is shifted and narrower; every bin has values of both.

    Nor does a value lie on an edge that somebody takes from actual.
    """
    for n, m in sizes:
        for _ in range(10_000):
            expected = spread(rng, n, 0, 100)
            actual = rng.choice(np.arange(-10, 100 + 3 * n), m, replace=False) + 0.25
            actual = np.where(rng.random(m) < 0.4, np.abs(actual) * 0.5 + 3, actual)
            actual = np.concatenate([np.round(actual) + 0.25, [expected.min() - 20, expected.max() + 30]])
            edges = np.quantile(expected, np.arange(1, 5) / 5)
            counts = np.bincount(np.searchsorted(edges, actual, side="right"), minlength=5)
            if off_edges(expected, actual, 5) and off_edges(actual, expected, 5) and counts.min() > 0:
                break
        yield f"{n} and {m + 2} values, 5 bins", expected, actual, 5


def months_small(rng):
    yield "four values, 2 bins", np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.5, 9.0]), 2
    yield from months(rng)


def months_empty_bins(rng):
    yield "an empty bin", np.arange(12.0), np.array([0.3, 1.2, 4.3, 4.6, 20.0, 11.2]), 4
    yield "everything beyond the range", np.arange(8.0), np.array([100.0, 101.0]), 3
    yield "more bins than values", np.array([1.0, 2.0, 4.0]), np.array([1.1, 3.7, 3.8]), 7


def months_edges(rng):
    yield "one bin", np.array([1.0, 2.0, 3.0]), np.array([9.0, 0.0]), 1
    yield "the same values", np.arange(12.0), np.arange(12.0), 4
    yield "one actual value", np.arange(12.0), np.array([7.2]), 4


def months_narrow(rng):
    yield "uint8", np.array([0, 250, 7, 100, 255, 31], dtype=np.uint8), np.array([3, 200, 254, 9], dtype=np.uint8), 3
    yield "int8", np.array([-128, 127, -100, 110, 5, -3], dtype=np.int8), np.array([-127, 126, 4, 120, -120], dtype=np.int8), 3
    yield "int16", np.array([-32768, 32767, -30000, 30000, 5, -3], dtype=np.int16), np.array([-32767, 32766, 4, 31000], dtype=np.int16), 3


def months_none(rng):
    yield "no expected values", np.zeros(0), np.array([1.0, 2.0]), 2
    yield "no actual values", np.array([1.0, 2.0]), np.zeros(0), 2
    yield "a table of expected values", np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.5]), 2
    yield "a table of actual values", np.array([1.0, 2.0, 3.0, 4.0]), np.array([[1.5]]), 2


@points(2)
def test_population_stability_index(population_stability_index, draw):
    """Σ (a - e)·ln(a / e) over bins between the quantiles of expected, the outer ones open."""
    agree(population_stability_index, draw(months_small, stability))


@points(1, rule=False)
def test_population_stability_index_empty(population_stability_index, draw):
    """Fractions below 1e-6 are raised to 1e-6, and not renormalised; no warning."""
    contract(population_stability_index, draw, months_empty_bins, stability)


@points(1, rule=False)
def test_population_stability_index_edges(population_stability_index, draw):
    """One bin and equal months give 0; one actual value is enough."""
    contract(population_stability_index, draw, months_edges, stability)


@points(1)
def test_population_stability_index_contract(population_stability_index, draw):
    """float32, whole numbers up to the bounds of their type, any layout; inputs stay as they were."""
    contract(population_stability_index, draw, months, stability, floats=(0, 1))
    contract(population_stability_index, draw, months_narrow, stability)


@points(1)
def test_population_stability_index_shapes(population_stability_index, draw):
    """No values, or arrays that are not 1-D: ValueError."""
    refuse(population_stability_index, draw(months_none))


# --- hunt 1: scaling_counterexample, scaling_mended -------------------------------------------------------------------


def published_scaling(train, test):
    return tuple((table - table.min(axis=0)) / (table.max(axis=0) - table.min(axis=0)) for table in (train, test))


def _two_tables(value):
    """The counterexample's two tables, in float64."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Wrong("scaling_counterexample did not return two tables.", expected="(train, test)", got=value)
    try:
        train, test = (np.asarray(table, dtype=np.float64) for table in value)
    except (TypeError, ValueError):
        raise Wrong("The tables are no arrays of numbers.", expected="two 2-D arrays", got=value) from None
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1] or not train.size or not test.size:
        raise Wrong("The tables are not 2-D with the same columns.", expected="(n,d) and (m,d)", got=f"{train.shape} and {test.shape}")
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        raise Wrong("The tables hold numbers that are not finite.", expected="finite numbers", got=value)
    for name, table in (("train", train), ("test", test)):
        level = table.max(axis=0) == table.min(axis=0)
        if level.any():
            rows = ", which has a single row," if len(table) == 1 else ""
            message = f"Column {level.argmax()} of {name}{rows} is constant, where published_scaling divides by 0."
            raise Wrong(message, expected="no constant column", got=value, mistake="one-row" if rows else "constant")
    return train, test


def _furthest_apart(train, test):
    """Column and scaled values, in train and in test, where a row that is in both differs most; Wrong without such a row."""
    equal = (train[:, None, :] == test[None, :, :]).all(axis=-1)
    if not equal.any():
        raise Wrong("No row of train equals a row of test.", expected="a row in both", got="none", mistake="no-common-row")
    first, second = published_scaling(train, test)
    gaps = np.where(equal[:, :, None], np.abs(first[:, None, :] - second[None, :, :]), -1.0)
    i, j, column = np.unravel_index(gaps.argmax(), gaps.shape)
    return int(column), float(first[i, column]), float(second[j, column])


@points(2)
def test_scaling_counterexample(scaling_counterexample):
    """A row that stands in both tables."""
    _furthest_apart(*_two_tables(scaling_counterexample()))


@points(2)
def test_scaling_counterexample_gap(scaling_counterexample):
    """published_scaling gives this row values that differ by at least 0.5."""
    train, test = _two_tables(scaling_counterexample())
    column, first, second = _furthest_apart(train, test)
    gap, same = abs(first - second), np.array_equal(train, test)
    if gap < 0.5:
        message = f"The row that is in both tables becomes {first:.3g} in train and {second:.3g} in test (column {column}): too near."
        why = "the-same-tables" if same else "nearly"
        raise Wrong(message, expected="at least 0.5 apart", got=f"{gap:.3g} apart", mistake=why)


def low_and_range(values):
    return min(values), (max(values) - min(values)) or 1.0


ranged = columnwise(low_and_range, lambda value, learnt: (value - learnt[0]) / learnt[1])


@points(2)
def test_scaling_mended(scaling_mended, draw):
    """(x - min) / (max - min), both from train, for both tables; test is not clipped."""
    agree(scaling_mended, draw(two_tables, ranged))


@points(1, rule=False)
def test_scaling_mended_level(scaling_mended, draw):
    """A column that is constant in train becomes x - min, in both tables, without a warning."""
    contract(scaling_mended, draw, level_columns, ranged)


@points(1)
def test_scaling_mended_tiny(scaling_mended, draw):
    """A narrow column is no constant one: nothing is added to its range."""
    agree(scaling_mended, draw(tiny_columns, ranged))


@points(1)
def test_scaling_mended_contract(scaling_mended, draw):
    """float32, whole numbers up to the bounds of their type, any layout; inputs stay as they were."""
    contract(scaling_mended, draw, standardize_contract, ranged, floats=(0, 1))
    contract(scaling_mended, draw, narrow_tables, ranged)


@points(1)
def test_scaling_mended_shapes(scaling_mended, draw):
    """No rows, 1-D arrays, or columns that do not fit: ValueError."""
    refuse(scaling_mended, draw(misfit_tables))


# --- hunt 2: selection_mended -----------------------------------------------------------------------------------------


def correlations(x, y, rows):
    """The absolute correlation of each column with y on these rows; 0 for a constant column."""
    x, y = np.asarray(x, np.float64)[rows], np.asarray(y, np.float64)[rows]
    found = []
    for column in x.T:
        level = column.max() == column.min()
        found.append(0.0 if level else abs(float(np.corrcoef(column, y)[0, 1])))
    return np.array(found)


def best_columns(x, y, train, k):
    return np.argsort(-correlations(x, y, train), kind="stable")[:k]


def distinct_rankings(rng, n, m, d, k):
    """Data on which the ranking by the training rows is clear, and differs from those by all rows, by covariance and without absolute values."""
    while True:
        y = rng.permutation(np.arange(n) % 2)
        train = rng.permutation(n)[:m]
        x = 100 * rng.normal(size=(n, d)) * rng.uniform(0.5, 4, d) + 50
        right = correlations(x, y, train)
        signed = np.corrcoef(x[train].T, y[train])[-1, :-1]
        by_mean = np.abs(x[train][y[train] == 1].mean(axis=0) - x[train][y[train] == 0].mean(axis=0))
        others = [correlations(x, y, np.arange(n)), signed, by_mean, -right, right[::-1]]
        gaps = np.abs(right[:, None] - right)[np.triu_indices(d, 1)].min()
        chosen = [np.argsort(-strength)[:k].tolist() for strength in [right, *others]]
        if gaps > 0.004 and all(set(other) != set(chosen[0]) for other in chosen[1:5]) and len(set(y[train])) == 2:
            return x, y, train


def selections(rng):
    x = np.array([[0.0, 5.0], [1.0, 5.5], [0.0, 7.0], [1.0, 1.0], [9.0, 1.0]])
    yield "five rows, 2 columns", x, np.array([0, 1, 0, 1, 0]), np.array([0, 1, 2, 3]), 1
    for n, m, d, k in ((20, 12, 8, 3), (30, 20, 12, 4)):
        yield f"{n} rows, {d} columns", *distinct_rankings(rng, n, m, d, k), k
    yield "four positives in 24 rows, each class with a spread of its own", *uneven_spreads(rng), 1


def uneven_spreads(rng):
    """Two columns with the same gap between the classes: one spreads in the few positives, one in the many negatives."""
    y = rng.permutation(np.repeat([1, 0], [4, 20]))
    x = np.repeat(y[:, None].astype(np.float64), 2, axis=1)
    x[y == 1, 0] += rng.permutation([-2, 2, -2, 2])
    x[y == 0, 1] += rng.permutation(np.repeat([-1.2, 1.2], 10))
    return x, y, rng.permutation(24)


def selections_level(rng):
    x, y, train = distinct_rankings(rng, 20, 12, 6, 3)
    x[:, 2] = 0.1
    yield "a constant column", x, y, train, 6
    x = x.copy()
    x[train, 4], x[:, 2] = 3.0, 40.0 * y + 3 * rng.permutation(20)
    yield "a column that is constant in training", x, y, train, 6
    x, y, train = distinct_rankings(rng, 20, 12, 6, 3)
    x[:, best_columns(x, y, train, 1)] *= 1e-20
    yield "the best column holds numbers near 1e-18", x, y, train, 6


def selections_contract(rng):
    yield "20 rows, 6 columns", *distinct_rankings(rng, 20, 12, 6, 3), 3


def selections_narrow(rng):
    x, y, train = distinct_rankings(rng, 20, 12, 5, 2)
    ranks = np.argsort(np.argsort(x, axis=0), axis=0) * 13
    while np.abs(np.subtract.outer(c := correlations(ranks, y, train), c))[np.triu_indices(5, 1)].min() < 0.004:
        x, y, train = distinct_rankings(rng, 20, 12, 5, 2)
        ranks = np.argsort(np.argsort(x, axis=0), axis=0) * 13
    yield "uint8 table", ranks.astype(np.uint8), y, train, 2


def selections_misfit(rng):
    x, y, train = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1]), np.array([0, 1, 2])
    yield "no training rows", x, y, np.zeros(0, dtype=np.int64), 1
    yield "labels of another length", x, np.array([0, 1, 0, 1, 1]), train, 1
    yield "labels in a column", x, y[:, None], train, 1
    yield "x is 1-D", np.arange(4.0), y, train, 1


@points(2)
def test_selection_mended(selection_mended, draw):
    """The columns that correlate most with the label on the training rows, the best first."""
    agree(selection_mended, draw(selections, best_columns), integer=True)


@points(1, rule=False)
def test_selection_mended_level(selection_mended, draw):
    """A column that is constant on the training rows comes last, without a warning; one of tiny numbers is not constant."""
    contract(selection_mended, draw, selections_level, best_columns)


@points(1)
def test_selection_mended_contract(selection_mended, draw):
    """float32, whole numbers, labels and rows of any integer type, any layout; inputs stay as they were."""
    contract(selection_mended, draw, selections_contract, best_columns, floats=(0,), labels=(1, 2))
    contract(selection_mended, draw, selections_narrow, best_columns)


@points(1)
def test_selection_mended_shapes(selection_mended, draw):
    """No training rows, or shapes that do not fit: ValueError."""
    refuse(selection_mended, draw(selections_misfit))


# --- hunt 3: copies_predicted -----------------------------------------------------------------------------------------


def copies_crossing(n, n_test, copies):
    return 1.0 - math.comb(n_test - 1, copies - 1) / math.comb(n - 1, copies - 1)


def copies_drawn(rng):
    yield "n=10 n_test=4 copies=3", 10, 4, 3
    for low, high in ((25, 45), (50, 90)):
        n = int(rng.integers(low, high))
        n_test, copies = int(rng.integers(n // 3, n // 2)), int(rng.integers(3, 6))
        yield f"n={n} n_test={n_test} copies={copies}", n, n_test, copies


def copies_edges(rng):
    yield "no copy", 10, 4, 1
    yield "one test row", 10, 1, 2
    yield "as many copies as test rows", 12, 3, 3
    yield "more copies than test rows", 12, 3, 4
    yield "every row a copy", 5, 4, 5


def copies_many(rng):
    yield "10 000 rows", 10_000, 7_000, 40
    yield "10 000 rows, 5 000 copies", 10_000, 9_999, 5_000


@points(2)
def test_copies_predicted(copies_predicted, draw):
    """The probability that at least one of the copies is in training, drawn without replacement."""
    agree(copies_predicted, draw(copies_drawn, copies_crossing))


@points(1)
def test_copies_predicted_edges(copies_predicted, draw):
    """0 for a row without copies, 1 as soon as they do not all fit into the test set."""
    agree(copies_predicted, draw(copies_edges, copies_crossing))


@points(1)
def test_copies_predicted_many(copies_predicted, draw):
    """No overflow for 10 000 rows."""
    agree(copies_predicted, draw(copies_many, copies_crossing))
