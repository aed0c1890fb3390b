"""Known mistakes of the lesson data_quality, in the form in which people write them first: no refusals, no care for types, unless that is it."""

import math
import unicodedata
import warnings
from collections import Counter

import numpy as np


def _fit(train, test):
    if np.ndim(train) != 2 or np.ndim(test) != 2 or train.shape[1] != test.shape[1] or not len(train) or not len(test):
        raise ValueError("tables do not fit")


def _floats(table):
    return np.array(table, dtype=table.dtype if table.dtype.kind == "f" else np.float64)


def _median(train):
    known = ~np.isnan(train).all(axis=0)
    fill = np.zeros(train.shape[1])
    fill[known] = np.nanmedian(train[:, known], axis=0)
    return fill


def _filled(table, fill):
    return np.where(np.isnan(table), fill, table)


# --- median_impute ---


def median_impute__mean(train, test):
    """Holes were filled with the column's mean, which one outlier drags away: take the median of train."""
    fill = np.nanmean(train, axis=0)
    return _filled(train, fill), _filled(test, fill)


def median_impute__test_from_test(train, test):
    """Test was filled with its own median: a leak, and impossible for one row. Use train's median for both tables."""
    return _filled(train, _median(train)), _filled(test, _median(test))


def median_impute__fit_on_both(train, test):
    """The median was taken over train and test together, so test rows leak into training: take it over train alone."""
    fill = _median(np.concatenate([train, test]))
    return _filled(train, fill), _filled(test, fill)


def median_impute__zero(train, test):
    """Holes were filled with 0, which may be far from every value of the column: fill with train's median."""
    return np.nan_to_num(train), np.nan_to_num(test)


def median_impute__one_median(train, test):
    """One median of the whole table was used: each column has its own, axis=0."""
    fill = np.nanmedian(train)
    return _filled(train, fill), _filled(test, fill)


def median_impute__median_with_zeros(train, test):
    """Holes counted as 0 in the median: leave them out, for example with nanmedian."""
    fill = np.median(np.nan_to_num(train), axis=0)
    return _filled(train, fill), _filled(test, fill)


def median_impute__upper_middle(train, test):
    """Of an even number of values the upper middle one was taken: the median is the mean of the two."""
    fill = []
    for column in train.T:
        values = np.sort(column[~np.isnan(column)])
        fill.append(values[len(values) // 2] if len(values) else 0.0)
    return _filled(train, np.array(fill)), _filled(test, np.array(fill))


def median_impute__empty_column(train, test):
    """A column without a value in train stayed nan (nanmedian has no median for it, and warns): put 0 there."""
    with np.errstate(all="ignore"):
        fill = np.nanmedian(train, axis=0)
    return _filled(train, fill), _filled(test, fill)


def median_impute__median_of_nan(train, test):
    """The median of a column with a hole came out as nan, so nothing was filled: leave the holes out, for example with nanmedian."""
    fill = np.median(train, axis=0)
    return _filled(train, fill), _filled(test, fill)


def median_impute__in_place(train, test):
    """The caller's tables were filled in place: work on copies."""
    _fit(train, test)
    train, test = (table if table.dtype.kind == "f" else table.astype(np.float64) for table in (train, test))
    fill = _median(train)
    for table in (train, test):
        np.copyto(table, np.broadcast_to(fill, table.shape).astype(table.dtype), where=np.isnan(table))
    return train, test


def median_impute__shapes_unchecked(train, test):
    """Tables that do not fit were filled by broadcasting: check rows and columns first, and raise ValueError."""
    train, test = _floats(train), _floats(test)
    if train.ndim == 2 and len(train):
        fill = _median(train)
        return _filled(train, fill).astype(train.dtype), _filled(test, fill).astype(test.dtype)
    return train, test


def median_impute__by_rows(train, test):
    """A hole got the median of its row: the median belongs to columns, axis=0, and comes from train."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(np.where(np.isnan(table), np.nanmedian(table, axis=1, keepdims=True), table) for table in (train, test))


# --- mad_outliers ---


def _centre(x):
    x = np.asarray(x, dtype=np.float64)
    return np.abs(x - np.median(x))


def mad_outliers__z_score(x, k):
    """The standard deviation was used, and outliers widen it so that they hide themselves: use 1.4826 · MAD around the median."""
    return np.abs(x - np.mean(x)) > k * np.std(x)


def mad_outliers__without_factor(x, k):
    """MAD was used without the factor 1.4826, so k does not count standard deviations: multiply."""
    distance = _centre(x)
    return distance > k * np.median(distance)


def mad_outliers__divided_factor(x, k):
    """The factor is on the wrong side: 1.4826 · MAD estimates the standard deviation, MAD / 1.4826 does not."""
    distance = _centre(x)
    return distance > k * np.median(distance) / 1.4826


def mad_outliers__mean_deviation(x, k):
    """The mean of the distances was taken, which outliers move: MAD is their median."""
    distance = _centre(x)
    return distance > k * 1.4826 * np.mean(distance)


def mad_outliers__one_side(x, k):
    """Only values above the median were flagged: take the absolute distance."""
    x = np.asarray(x, dtype=np.float64)
    return x - np.median(x) > k * 1.4826 * np.median(np.abs(x - np.median(x)))


def mad_outliers__inverted(x, k):
    """The mask is True for the values to keep: True means outlier."""
    distance = _centre(x)
    return distance <= k * 1.4826 * np.median(distance)


def mad_outliers__indices(x, k):
    """Positions came back instead of a mask: return one bool for each value."""
    distance = _centre(x)
    return np.flatnonzero(distance > k * 1.4826 * np.median(distance))


def mad_outliers__zero_mad_gives_none(x, k):
    """With MAD 0 nothing was flagged: all values that differ from the median are outliers then."""
    distance = _centre(x)
    mad = np.median(distance)
    return distance > k * 1.4826 * mad if mad > 0 else np.zeros(len(x), dtype=bool)


def mad_outliers__epsilon(x, k):
    """Tiny numbers were judged wrongly, as when 1e-9 is added to MAD: compare distance > k · 1.4826 · MAD, which needs no such guard."""
    distance = _centre(x)
    return distance > k * 1.4826 * (np.median(distance) + 1e-9)


def mad_outliers__divides(x, k):
    """With MAD 0 the distance was divided by 0: compare distance > k · 1.4826 · MAD, which needs no division."""
    if np.ndim(x) != 1 or not len(x):
        raise ValueError("need values")
    distance = _centre(x)
    return distance / (1.4826 * np.median(distance)) > k


def mad_outliers__narrow(x, k):
    """Differences of narrow integers wrapped around, or of float32 overflowed: convert to float64 before you subtract."""
    if np.ndim(x) != 1 or not len(x):
        raise ValueError("need values")
    ordered = np.sort(x)
    centre = ordered[len(x) // 2]
    if x.dtype.kind != "f" and x.dtype.itemsize < 4:
        distance = np.abs(x.astype(np.int8) - np.int8(int(centre) % 128))
        return distance > k * 1.4826 * np.median(distance)
    distance = _centre(x)
    return distance > k * 1.4826 * np.median(distance)


def mad_outliers__empty_unchecked(x, k):
    """No values, or a table, gave a mask: raise ValueError."""
    x = np.asarray(x, dtype=np.float64)
    if not x.size:
        return np.zeros(0, dtype=bool)
    return _centre(x) > k * 1.4826 * np.median(_centre(x))


# --- standardize ---


def standardize__fit_on_both(train, test):
    """Mean and standard deviation were taken over train and test together: the test rows leak. Take them from train."""
    both = np.concatenate([train, test])
    return (train - both.mean(axis=0)) / both.std(axis=0), (test - both.mean(axis=0)) / both.std(axis=0)


def standardize__test_by_itself(train, test):
    """Test was standardised with its own statistics, which hides that it is shifted: use train's mean and standard deviation."""
    with np.errstate(all="ignore"):
        return (train - train.mean(axis=0)) / train.std(axis=0), (test - test.mean(axis=0)) / test.std(axis=0)


def standardize__ddof_1(train, test):
    """The standard deviation divides by n - 1 here: the contract says ddof 0."""
    mean = train.mean(axis=0)
    std = np.sqrt(((train - mean) ** 2).sum(axis=0) / max(len(train) - 1, 1))
    return (train - mean) / std, (test - mean) / std


def standardize__variance(train, test):
    """The columns were divided by the variance: divide by its square root."""
    mean, variance = train.mean(axis=0), train.var(axis=0)
    return (train - mean) / variance, (test - mean) / variance


def standardize__by_rows(train, test):
    """Each row was standardised: the statistics belong to columns, axis=0."""
    return tuple((table - table.mean(axis=1, keepdims=True)) / (table.std(axis=1, keepdims=True) + (table.shape[1] == 1)) for table in (train, test))


def standardize__one_mean(train, test):
    """One mean and one standard deviation of the whole table were used: each column has its own, axis=0."""
    return (train - train.mean()) / train.std(), (test - train.mean()) / train.std()


def standardize__only_centred(train, test):
    """The columns were centred, but not divided by the standard deviation."""
    return train - train.mean(axis=0), test - train.mean(axis=0)


def standardize__exactly_zero(train, test):
    """A constant column was divided by a standard deviation that rounding made tiny instead of 0: ask whether all values are equal."""
    train, test = _floats(train), _floats(test)
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(std == 0, 1, std)
    return (train - mean) / std, (test - mean) / std


def standardize__epsilon(train, test):
    """A small number was added to the standard deviation, which shrinks narrow columns: divide by it as it is, and only centre constant columns."""
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / (std + 1e-8), (test - mean) / (std + 1e-8)


def standardize__narrow_taken_for_constant(train, test):
    """A column of tiny numbers was taken for constant because its standard deviation is small: constant is one whose values are all equal."""
    _fit(train, test)
    exact = train.astype(np.float64)
    mean, std = exact.mean(axis=0), exact.std(axis=0)
    std = np.where(std < 1e-8, 1, std)
    return tuple(((table - mean) / std).astype(_floats(table).dtype) for table in (train, test))


def standardize__constant_to_zero(train, test):
    """A column that is constant in train became 0 in test as well: there it is only centred, so a test value that differs shows."""
    _fit(train, test)
    train, test = _floats(train), _floats(test)
    level = train.max(axis=0) == train.min(axis=0)
    mean, std = train.astype(float).mean(axis=0), np.where(level, 1, train.astype(float).std(axis=0))
    return tuple(np.where(level, 0, (table - mean) / std).astype(train.dtype) for table in (train, test))


def standardize__float32_statistics(train, test):
    """Mean and standard deviation of float32 columns were computed in float32: squares of 1e30 overflow there. Compute them in float64."""
    _fit(train, test)
    train, test = _floats(train), _floats(test)
    level = train.max(axis=0) == train.min(axis=0)
    mean = np.where(level, train[0], train.mean(axis=0))
    std = np.where(level, train.dtype.type(1), train.std(axis=0))
    return (train - mean) / std, (test - mean) / std


def standardize__in_place(train, test):
    """The caller's tables were overwritten, so the raw values are lost: compute new arrays."""
    _fit(train, test)
    train, test = (table if table.dtype.kind == "f" else table.astype(np.float64) for table in (train, test))
    exact = train.astype(np.float64)
    level = exact.max(axis=0) == exact.min(axis=0)
    mean, std = np.where(level, exact[0], exact.mean(axis=0)), np.where(level, 1, exact.std(axis=0))
    for table in (train, test):
        table[...] = (table - mean) / std
    return train, test


def standardize__shapes_unchecked(train, test):
    """Tables that do not fit were standardised by broadcasting: check rows and columns first, and raise ValueError."""
    train, test = _floats(train), _floats(test)
    exact = train.astype(np.float64)
    level = exact.max(axis=0) == exact.min(axis=0)
    mean, std = np.where(level, exact[0], exact.mean(axis=0)), np.where(level, 1, exact.std(axis=0))
    return tuple(((table - mean) / std).astype(table.dtype) for table in (train, test))


def standardize__test_centred_by_itself(train, test):
    """Test was centred on its own mean, which hides that it is shifted: take train's mean and standard deviation for both."""
    with np.errstate(all="ignore"):
        return (train - train.mean(axis=0)) / train.std(axis=0), (test - test.mean(axis=0)) / train.std(axis=0)


# --- cohen_kappa ---


def _chance(a, b):
    first, second = Counter(np.ravel(a).tolist()), Counter(np.ravel(b).tolist())
    return sum(first[label] * second[label] for label in first) / (len(a) * len(b))


def _over(observed, chance):
    return (observed - chance) / (1 - chance) if chance < 1 else math.nan


def cohen_kappa__agreement(a, b):
    """This is the plain agreement p_o: take off what two annotators agree on by chance."""
    return float(np.mean(a == b))


def cohen_kappa__uniform_chance(a, b):
    """Chance agreement was 1/k: it comes from each annotator's own label frequencies."""
    return _over(np.mean(a == b), 1 / len(np.unique(np.concatenate([np.ravel(a), np.ravel(b)]))))


def cohen_kappa__pooled(a, b):
    """Chance came from both annotators' pooled frequencies (that is Scott's pi): multiply the frequency of each by the other's."""
    counts = Counter(np.ravel(a).tolist() + np.ravel(b).tolist())
    return _over(np.mean(a == b), sum((count / (2 * len(a))) ** 2 for count in counts.values()))


def cohen_kappa__not_divided(a, b):
    """p_o - p_e was not divided by 1 - p_e, so perfect agreement is not 1."""
    return np.mean(a == b) - _chance(a, b)


def cohen_kappa__divided_by_disagreement(a, b):
    """p_o - p_e was divided by 1 - p_o: the most that can be won beyond chance is 1 - p_e."""
    with np.errstate(all="ignore"):
        agreement = np.mean(a == b)
        return (agreement - _chance(a, b)) / (1 - agreement)


def cohen_kappa__unguarded(a, b):
    """With one label only 0/0 was computed, which warns: return nan before you divide."""
    if np.ndim(a) != 1 or np.shape(a) != np.shape(b) or not len(a):
        raise ValueError("labels do not fit")
    chance = np.float64(_chance(a, b))
    return (np.mean(a == b) - chance) / (1 - chance)


def cohen_kappa__first_annotator(a, b):
    """Chance came from the frequencies of a alone, squared: use the product of a's and b's."""
    return _over(np.mean(a == b), _chance(a, a))


def cohen_kappa__correlation(a, b):
    """This is the correlation of the label numbers: labels are names, compare them for equality."""
    with np.errstate(all="ignore"):
        return float(np.corrcoef(a, b)[0, 1])


def cohen_kappa__weighted(a, b):
    """The distance of the labels counted (linear weights): here two labels are equal or not."""
    distance = np.abs(np.subtract.outer(np.ravel(a), np.ravel(b)).astype(float))
    return 1 - np.mean(np.abs(np.ravel(a).astype(float) - b)) / np.mean(distance) if distance.any() else math.nan


def cohen_kappa__one_for_one_label(a, b):
    """With one label only 1 came back: chance agreement is 1 there, so kappa is 0/0, nan."""
    chance = _chance(a, b)
    return (np.mean(a == b) - chance) / (1 - chance) if chance < 1 else 1.0


def cohen_kappa__zero_for_one_label(a, b):
    """With one label only 0 came back: chance agreement is 1 there, so kappa is 0/0, nan."""
    chance = _chance(a, b)
    return (np.mean(a == b) - chance) / (1 - chance) if chance < 1 else 0.0


def cohen_kappa__near_one_taken_for_one(a, b):
    """Chance agreement just below 1 was taken for 1 and gave nan: only where p_e is exactly 1 there is no kappa."""
    chance = _chance(a, b)
    return (np.mean(a == b) - chance) / (1 - chance) if chance <= 0.999 else math.nan


def cohen_kappa__epsilon(a, b):
    """A small number was added to 1 - p_e: that moves every result a little, and hides that kappa is 0/0, nan, where p_e is 1."""
    chance = _chance(a, b)
    return (np.mean(a == b) - chance) / (1 - chance + 1e-10)


def cohen_kappa__labels_as_indices(a, b):
    """Labels were used as positions, which fails for negative and for large ones: find the distinct labels first, for example with np.unique."""
    if np.ndim(a) != 1 or np.shape(a) != np.shape(b) or not len(a):
        raise ValueError("labels do not fit")
    if min(a.min(), b.min()) < 0 or max(a.max(), b.max()) > 10**6:
        raise IndexError("a label is no position")
    return _over(np.mean(a == b), _chance(a, b))


def cohen_kappa__counted_by_bincount(a, b):
    """np.bincount takes labels for positions, which fails for negative and for large ones: find the distinct labels first, with np.unique."""
    if np.ndim(a) != 1 or np.shape(a) != np.shape(b) or not len(a):
        raise ValueError("labels do not fit")
    k = max(a.max(), b.max()) + 1
    chance = float(np.bincount(a, minlength=k) / len(a) @ (np.bincount(b, minlength=k) / len(b)))
    return _over(np.mean(a == b), chance)


def cohen_kappa__shapes_unchecked(a, b):
    """Labels of different shapes were compared by broadcasting: raise ValueError."""
    return _over(float(np.mean(a == b)), _chance(np.ravel(a), np.ravel(b))) if np.size(a) and np.size(b) else math.nan


def cohen_kappa__labels_0_and_1(a, b):
    """Only the labels 0 and 1 entered the agreement by chance: add up over all labels that occur."""
    agreement = np.mean(a == b)
    chance = np.mean(a == 0) * np.mean(b == 0) + np.mean(a == 1) * np.mean(b == 1)
    return float((agreement - chance) / (1 - chance)) if chance != 1 else np.nan


# --- near_duplicates ---


def _written(text):
    return unicodedata.normalize("NFKC", text).casefold()


def _pieces(text, shingle):
    return {text[i : i + shingle] for i in range(len(text) - shingle + 1)} if len(text) >= shingle else {text}


def _similar(texts, make, threshold, score=None):
    score = score or (lambda a, b: len(a & b) / len(a | b) if a | b else 0.0)
    sets = [make(text) for text in texts]
    return [(i, j) for i in range(len(sets)) for j in range(i + 1, len(sets)) if score(sets[i], sets[j]) >= threshold]


def near_duplicates__containment(texts, shingle, threshold):
    """The common shingles were divided by the smaller set (containment): Jaccard divides by the union."""
    return _similar(texts, lambda text: _pieces(_written(text), shingle), threshold, lambda a, b: len(a & b) / min(len(a), len(b)))


def near_duplicates__dice(texts, shingle, threshold):
    """The common shingles were divided by the mean size of the sets (Dice): Jaccard divides by the union."""
    return _similar(texts, lambda text: _pieces(_written(text), shingle), threshold, lambda a, b: 2 * len(a & b) / (len(a) + len(b)))


def near_duplicates__no_overlap(texts, shingle, threshold):
    """The text was cut into pieces that do not overlap, so one letter more shifts them all: start a shingle at every character."""
    return _similar(texts, lambda text: {_written(text)[i : i + shingle] for i in range(0, max(len(_written(text)), 1), shingle)}, threshold)


def near_duplicates__characters(texts, shingle, threshold):
    """Single characters were compared: a shingle is a piece of `shingle` characters in a row."""
    return _similar(texts, lambda text: set(_written(text)) or {""}, threshold)


def near_duplicates__exact_only(texts, shingle, threshold):
    """Only equal texts were found: compare the sets of shingles."""
    return _similar(texts, _written, threshold, lambda a, b: float(a == b))


def near_duplicates__last_shingle(texts, shingle, threshold):
    """The last shingle of each text is missing: there are len(text) - shingle + 1."""
    return _similar(
        texts, lambda text: {_written(text)[i : i + shingle] for i in range(len(_written(text)) - shingle)} or {_written(text)}, threshold
    )


def near_duplicates__both_orders(texts, shingle, threshold):
    """Each pair came twice, as (i, j) and (j, i): only i < j."""
    pairs = _similar(texts, lambda text: _pieces(_written(text), shingle), threshold)
    return sorted(pairs + [(j, i) for i, j in pairs])


def near_duplicates__itself(texts, shingle, threshold):
    """Each text was paired with itself: only i < j."""
    return _similar(texts, lambda text: _pieces(_written(text), shingle), threshold) + [(i, i) for i in range(len(texts))]


def near_duplicates__counted(texts, shingle, threshold):
    """Repeated shingles counted as often as they occur: compare sets."""

    def score(a, b):
        return sum((a & b).values()) / sum((a | b).values())

    return _similar(
        texts,
        lambda text: Counter(_written(text)[i : i + shingle] for i in range(len(_written(text)) - shingle + 1)) or Counter([_written(text)]),
        threshold,
        score,
    )


def near_duplicates__not_normalised(texts, shingle, threshold):
    """Upper and lower case, ligatures and full-width letters made a difference: apply NFKC, then casefold."""
    return _similar(texts, lambda text: _pieces(text, shingle), threshold)


def near_duplicates__lower_only(texts, shingle, threshold):
    """Case was folded, but ligatures, full-width letters or accents still made a difference: apply unicodedata.normalize("NFKC", text) first."""
    return _similar(texts, lambda text: _pieces(text.casefold(), shingle), threshold)


def near_duplicates__lower(texts, shingle, threshold):
    """ß and SS stayed different, as with lower(): use casefold()."""
    return _similar(texts, lambda text: _pieces(unicodedata.normalize("NFKC", text).lower(), shingle), threshold)


def near_duplicates__lower_without_nfkc(texts, shingle, threshold):
    """ß and SS stayed different, as with lower(), and so did ligatures, full-width letters or accents: apply NFKC, then casefold."""
    return _similar(texts, lambda text: _pieces(text.lower(), shingle), threshold)


def near_duplicates__spaces_dropped(texts, shingle, threshold):
    """Spaces or punctuation were removed: the contract keeps them."""
    return _similar(texts, lambda text: _pieces("".join(c for c in _written(text) if c.isalnum()), shingle), threshold)


def near_duplicates__short_texts_lost(texts, shingle, threshold):
    """A text shorter than a shingle had no shingle at all: it is its own only one."""
    return _similar(texts, lambda text: {_written(text)[i : i + shingle] for i in range(len(_written(text)) - shingle + 1)}, threshold)


def near_duplicates__no_texts_accepted(texts, shingle, threshold):
    """An empty list of texts gave an empty list of pairs: raise ValueError."""
    return _similar(texts, lambda text: _pieces(_written(text), shingle), threshold)


def near_duplicates__words(texts, shingle, threshold):
    """Pieces of so many words were compared: a shingle is a piece of `shingle` characters in a row."""

    def pieces(text):
        words = _written(text).split()
        return {tuple(words[place : place + shingle]) for place in range(len(words) - shingle + 1)} or {tuple(words)}

    return _similar(texts, pieces, threshold)


def near_duplicates__spaces_collapsed(texts, shingle, threshold):
    """Spaces in a row became one, or those at the ends were dropped: after NFKC and casefold nothing else is changed."""
    return _similar(texts, lambda text: _pieces(" ".join(_written(text).split()), shingle), threshold)


# --- group_split ---


def _split(groups, taken):
    inside = np.isin(groups, list(taken))
    return np.flatnonzero(~inside), np.flatnonzero(inside)


def group_split__rows(groups, fraction, seed):
    """Rows were drawn instead of groups, so one group stands on both sides: shuffle the groups."""
    order = np.random.default_rng(seed).permutation(len(groups))
    count = math.ceil(fraction * len(groups))
    return order[count:], order[:count]


def group_split__fraction_of_groups(groups, fraction, seed):
    """A fraction of the groups was taken: the test side must hold the fraction of the rows."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return _split(groups, names[: max(1, int(fraction * len(names)))])


def group_split__fraction_of_groups_up(groups, fraction, seed):
    """A fraction of the groups was taken, rounded up: the test side must hold the fraction of the rows."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return _split(groups, names[: math.ceil(fraction * len(names))])


def group_split__fraction_of_groups_rounded(groups, fraction, seed):
    """A fraction of the groups was taken, rounded: the test side must hold the fraction of the rows."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return _split(groups, names[: max(1, round(fraction * len(names)))])


def group_split__below(groups, fraction, seed):
    """It stopped before the test side held the fraction of the rows: take groups until it holds at least that."""
    taken, count = [], 0
    for group in np.random.default_rng(seed).permutation(np.unique(groups)):
        size = np.sum(groups == group)
        if count + size > fraction * len(groups) and taken:
            break
        taken.append(group)
        count += size
    return _split(groups, taken)


def group_split__below_or_none(groups, fraction, seed):
    """It stopped before the test side held the fraction of the rows, sometimes with no group: take groups until it holds at least that."""
    taken, count = [], 0
    for group in np.random.default_rng(seed).permutation(np.unique(groups)):
        size = np.sum(groups == group)
        if count + size > fraction * len(groups):
            break
        taken.append(group)
        count += size
    return _split(groups, taken)


def group_split__one_group_more(groups, fraction, seed):
    """A group joined although the test side held exactly fraction * n rows already: that is enough, so stop at >=, not at >."""
    taken, count = [], 0
    for group in np.random.default_rng(seed).permutation(np.unique(groups)):
        if count > fraction * len(groups):
            break
        taken.append(group)
        count += np.sum(groups == group)
    return _split(groups, taken)


def group_split__a_group_too_many(groups, fraction, seed):
    """The last group is one too many: stop as soon as the test side holds fraction * n rows."""
    taken, count = [], 0
    for group in np.random.default_rng(seed).permutation(np.unique(groups)):
        taken.append(group)
        if count >= fraction * len(groups):
            break
        count += np.sum(groups == group)
    return _split(groups, taken)


def group_split__swapped(groups, fraction, seed):
    """The sides are in the wrong order: train_idx first, then test_idx."""
    taken, count = [], 0
    for group in np.random.default_rng(seed).permutation(np.unique(groups)):
        if count >= fraction * len(groups):
            break
        taken.append(group)
        count += np.sum(groups == group)
    return _split(groups, taken)[::-1]


def group_split__group_names(groups, fraction, seed):
    """Names of groups came back: return the numbers of the rows."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    count = max(1, int(fraction * len(names)))
    return names[count:], names[:count]


def _in_order(groups, fraction, order):
    taken, count = [], 0
    for group in order:
        if count >= fraction * len(groups):
            break
        taken.append(group)
        count += np.sum(groups == group)
    return _split(groups, taken)


def group_split__no_shuffle(groups, fraction, seed):
    """Every seed drew the same groups: shuffle the groups with np.random.default_rng(seed)."""
    return _in_order(groups, fraction, np.unique(groups))


def group_split__by_rows_drawn(groups, fraction, seed):
    """Large groups were drawn more often, as when the group of a random row is taken: shuffle the distinct groups."""
    rows = np.random.default_rng(seed).permutation(np.asarray(groups))
    return _in_order(groups, fraction, list(dict.fromkeys(rows.tolist())))


def group_split__largest_first(groups, fraction, seed):
    """The groups were taken by size, not at random: shuffle them, whatever their sizes."""
    names, sizes = np.unique(groups, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    return _in_order(groups, fraction, names[shuffled[np.argsort(-sizes[shuffled], kind="stable")]])


def group_split__shapes_unchecked(groups, fraction, seed):
    """No rows, or a column of groups, gave a split: raise ValueError."""
    return _in_order(np.ravel(groups), fraction, np.random.default_rng(seed).permutation(np.unique(groups)))


# --- population_stability_index ---


def _fractions(values, edges, n_bins):
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=n_bins) / len(values)


def _edges(expected, n_bins):
    return np.quantile(np.asarray(expected, dtype=np.float64), np.arange(1, n_bins) / n_bins)


def _psi(e, a):
    e, a = np.maximum(e, 1e-6), np.maximum(a, 1e-6)
    return float(np.sum((a - e) * np.log(a / e)))


def population_stability_index__equal_width(expected, actual, n_bins):
    """The bins have equal widths: the edges are quantiles of expected."""
    edges = np.linspace(np.min(expected), np.max(expected), n_bins + 1)[1:-1]
    return _psi(_fractions(expected, edges, n_bins), _fractions(actual, edges, n_bins))


def population_stability_index__edges_of_actual(expected, actual, n_bins):
    """The edges came from actual: they belong to the reference, expected."""
    edges = _edges(actual, n_bins)
    return _psi(_fractions(expected, edges, n_bins), _fractions(actual, edges, n_bins))


def population_stability_index__edges_of_both(expected, actual, n_bins):
    """The edges came from both months together: they belong to the reference, expected."""
    edges = _edges(np.concatenate([expected, actual]), n_bins)
    return _psi(_fractions(expected, edges, n_bins), _fractions(actual, edges, n_bins))


def population_stability_index__closed_ends(expected, actual, n_bins):
    """Values beyond expected's range were lost, as np.histogram loses them: the outer bins are open."""
    edges = np.quantile(np.asarray(expected, dtype=np.float64), np.linspace(0, 1, n_bins + 1))
    e, a = (np.histogram(values, edges)[0] / len(values) for values in (expected, actual))
    return _psi(e, a)


def population_stability_index__one_direction(expected, actual, n_bins):
    """This is one KL divergence, Σ a·ln(a/e): PSI weighs the logarithm with a - e."""
    edges = _edges(expected, n_bins)
    e, a = (np.maximum(_fractions(values, edges, n_bins), 1e-6) for values in (expected, actual))
    return float(np.sum(a * np.log(a / e)))


def population_stability_index__sign(expected, actual, n_bins):
    """The sign is wrong: (a - e)·ln(a/e) is never negative."""
    edges = _edges(expected, n_bins)
    return -_psi(_fractions(expected, edges, n_bins), _fractions(actual, edges, n_bins))


def population_stability_index__log10(expected, actual, n_bins):
    """The logarithm is that of base 10: PSI takes the natural one."""
    edges = _edges(expected, n_bins)
    return _psi(_fractions(expected, edges, n_bins), _fractions(actual, edges, n_bins)) / math.log(10)


def population_stability_index__counts(expected, actual, n_bins):
    """Counts were compared: divide each month's by its own number of values."""
    edges = _edges(expected, n_bins)
    e, a = (np.bincount(np.searchsorted(edges, values, side="right"), minlength=n_bins) for values in (expected, actual))
    return _psi(e, a)


def population_stability_index__empty_bins_left_out(expected, actual, n_bins):
    """Empty bins were left out, which hides the largest shifts: raise fractions below 1e-6 to 1e-6."""
    edges = _edges(expected, n_bins)
    e, a = _fractions(expected, edges, n_bins), _fractions(actual, edges, n_bins)
    both = (e > 0) & (a > 0)
    return float(np.sum((a[both] - e[both]) * np.log(a[both] / e[both])))


def population_stability_index__no_floor(expected, actual, n_bins):
    """An empty bin gave ln(0), infinite: raise fractions below 1e-6 to 1e-6."""
    edges = _edges(expected, n_bins)
    e, a = _fractions(expected, edges, n_bins), _fractions(actual, edges, n_bins)
    return float(np.sum((a - e) * np.log(a / e)))


def population_stability_index__larger_floor(expected, actual, n_bins):
    """The floor of empty bins was another one than 1e-6, and PSI depends on it."""
    edges = _edges(expected, n_bins)
    e, a = (np.maximum(_fractions(values, edges, n_bins), 1e-4) for values in (expected, actual))
    return float(np.sum((a - e) * np.log(a / e)))


def population_stability_index__renormalised(expected, actual, n_bins):
    """The fractions were divided by their sum again after the floor: they are not renormalised."""
    edges = _edges(expected, n_bins)
    e, a = (np.maximum(_fractions(values, edges, n_bins), 1e-6) for values in (expected, actual))
    return _psi(e / e.sum(), a / a.sum())


def population_stability_index__added(expected, actual, n_bins):
    """1e-6 was added to every fraction: only those below it are raised to it."""
    edges = _edges(expected, n_bins)
    e, a = (_fractions(values, edges, n_bins) + 1e-6 for values in (expected, actual))
    return float(np.sum((a - e) * np.log(a / e)))


# --- hunt 1 ---


def scaling_counterexample__no_common_row():
    """No row stands in both tables: put one row of train into test."""
    return np.array([[0.0], [1.0]]), np.array([[5.0], [9.0]])


def scaling_counterexample__the_same_tables():
    """Both tables are the same, and there published_scaling is right: the ranges must differ."""
    table = np.array([[0.0], [10.0]])
    return table, table + 0.0


def scaling_counterexample__constant():
    """A column is constant, where published_scaling divides by 0: use values that differ."""
    return np.array([[1.0], [1.0]]), np.array([[1.0], [5.0]])


def scaling_counterexample__nearly():
    """The row that is in both tables gets values less than 0.5 apart: make the ranges differ more."""
    return np.array([[0.0], [10.0]]), np.array([[0.0], [11.0]])


def scaling_counterexample__one_row():
    """A single row is constant in every column, where published_scaling divides by 0: give test two rows or more."""
    return np.array([[0.0, 2.0], [10.0, 5.0]]), np.array([[10.0, 5.0]])


def scaling_mended__as_published(train, test):
    """Test was scaled by its own minimum and range: use those of train."""
    with np.errstate(all="ignore"):
        return tuple((table - table.min(axis=0)) / (table.max(axis=0) - table.min(axis=0)) for table in (train, test))


def scaling_mended__fit_on_both(train, test):
    """Minimum and range were taken over both tables, so test leaks into training: take them from train."""
    both = np.concatenate([train, test])
    low, width = both.min(axis=0), both.max(axis=0) - both.min(axis=0)
    return (train - low) / width, (test - low) / width


def scaling_mended__clipped(train, test):
    """Test values were cut to [0, 1]: leave them outside, where the model has seen nothing."""
    low, width = train.min(axis=0), np.maximum(train.max(axis=0) - train.min(axis=0), 1e-300)
    return (train - low) / width, np.clip((test - low) / width, 0, 1)


def scaling_mended__by_maximum(train, test):
    """The columns were divided by the maximum: the range is maximum minus minimum."""
    low = train.min(axis=0)
    return (train - low) / train.max(axis=0), (test - low) / train.max(axis=0)


def scaling_mended__whole_table(train, test):
    """One minimum and one range of the whole table were used: each column has its own, axis=0."""
    low, width = train.min(), np.ptp(train.astype(float))
    return (train - low) / width, (test - low) / width


def scaling_mended__standardised(train, test):
    """This is the standard score: here the minimum is taken off, and the range divides."""
    return (train - train.mean(axis=0)) / train.std(axis=0), (test - train.mean(axis=0)) / train.std(axis=0)


def scaling_mended__epsilon(train, test):
    """A small number was added to the range, which shrinks narrow columns: divide by the range as it is, and by 1 where it is 0."""
    _fit(train, test)
    train, test = _floats(train), _floats(test)
    low, width = train.min(axis=0), train.max(axis=0) - train.min(axis=0) + 1e-8
    return (train - low) / width, (test - low) / width


def scaling_mended__narrow_taken_for_constant(train, test):
    """A column of tiny numbers was taken for constant because its range is small: constant is where max == min."""
    _fit(train, test)
    train, test = _floats(train), _floats(test)
    low, width = train.min(axis=0), train.max(axis=0) - train.min(axis=0)
    width = np.where(width < 1e-8, 1, width).astype(train.dtype)
    return (train - low) / width, (test - low) / width


def scaling_mended__constant_to_zero(train, test):
    """A column that is constant in train became 0 in test as well: there it is x - min, so a test value that differs shows."""
    _fit(train, test)
    train, test = _floats(train), _floats(test)
    low, width = train.min(axis=0), train.max(axis=0) - train.min(axis=0)
    return tuple(np.where(width == 0, 0, (table - low) / np.where(width == 0, 1, width)).astype(table.dtype) for table in (train, test))


def scaling_mended__divides_by_zero(train, test):
    """A column that is constant in train was divided by 0: only take its minimum off."""
    _fit(train, test)
    low, width = train.min(axis=0), train.max(axis=0) - train.min(axis=0)
    return (train - low) / width, (test - low) / width


def scaling_mended__shapes_unchecked(train, test):
    """Tables that do not fit were scaled by broadcasting: check rows and columns first, and raise ValueError."""
    train, test = _floats(train), _floats(test)
    low, width = train.min(axis=0), train.max(axis=0) - train.min(axis=0)
    width = np.where(width == 0, 1, width).astype(train.dtype)
    return (train - low) / width, (test - low) / width


# --- hunt 2 ---


def _length(x):
    """Of each column around its mean; infinite for a constant one, so that it correlates 0."""
    return np.where(x.max(axis=0) == x.min(axis=0), np.inf, np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=0)))


def _strength(x, y):
    return np.abs((x - np.mean(x, axis=0)).T @ (y - np.mean(y))) / _length(x)


def _taken(x, y, train):
    train = np.asarray(train).astype(int)
    return np.asarray(x, dtype=float)[train], np.asarray(y, dtype=float)[train]


def selection_mended__as_published(x, y, train, k):
    """All rows took part, those for testing too: use the rows `train` only."""
    return np.argsort(-_strength(np.asarray(x, float), np.asarray(y, float)), kind="stable")[:k]


def selection_mended__signed(x, y, train, k):
    """Columns that correlate negatively came last: rank by the absolute correlation."""
    x, y = _taken(x, y, train)
    return np.argsort(-((x - x.mean(axis=0)).T @ (y - y.mean())) / _length(x), kind="stable")[:k]


def selection_mended__covariance(x, y, train, k):
    """The columns were ranked by covariance, which grows with their unit: divide by their standard deviation."""
    x, y = _taken(x, y, train)
    return np.argsort(-np.abs((x - x.mean(axis=0)).T @ (y - y.mean())), kind="stable")[:k]


def selection_mended__smallest(x, y, train, k):
    """The columns with the smallest correlation came back: sort from the largest."""
    return np.argsort(_strength(*_taken(x, y, train)), kind="stable")[:k]


def selection_mended__worst_first(x, y, train, k):
    """The k columns are right, and stand in the wrong order: the best comes first."""
    return np.argsort(-_strength(*_taken(x, y, train)), kind="stable")[:k][::-1]


def selection_mended__only_y_cut(x, y, train, k):
    """The means came from all rows, and the products from the training rows: take the rows `train` before anything is computed."""
    train = np.asarray(train).astype(int)
    x, y = np.asarray(x, float), np.asarray(y, float)
    x, y = (x - x.mean(axis=0))[train], (y - y.mean())[train]
    return np.argsort(-np.abs(x.T @ y) / np.maximum(np.sqrt((x**2).sum(axis=0)), 1e-30), kind="stable")[:k]


def selection_mended__tiny_column_lost(x, y, train, k):
    """A column of tiny numbers came last, as when 1e-8 is added to its length or a small length is taken for 0: constant is where max == min."""
    x, y = _taken(x, y, train)
    x, y = x - x.mean(axis=0), y - y.mean()
    return np.argsort(-np.abs(x.T @ y) / (np.sqrt((x**2).sum(axis=0)) + 1e-8), kind="stable")[:k]


def selection_mended__constant_first(x, y, train, k):
    """A column that is constant in training gave 0/0: it correlates 0 and comes last."""
    if np.ndim(x) != 2 or np.shape(y) != np.shape(x)[:1] or np.ndim(train) != 1 or not len(train):
        raise ValueError("shapes do not fit")
    x, y = _taken(x, y, train)
    x, y = x - x.mean(axis=0), y - y.mean()
    return np.argsort(-np.abs(x.T @ y) / np.sqrt((x**2).sum(axis=0)))[:k]


def selection_mended__nan_first(x, y, train, k):
    """A column that is constant in training has the correlation nan, which np.argsort(...)[::-1] puts first: count it as 0, so that it comes last."""
    x, y = _taken(x, y, train)
    with np.errstate(all="ignore"):
        found = [abs(np.corrcoef(column, y)[0, 1]) for column in x.T]
    return np.argsort(found)[::-1][:k]


# --- hunt 3 ---


def copies_predicted__with_replacement(n, n_test, copies):
    """Each copy was placed by itself, as if drawn with replacement: the places are taken one after another, (n_test - i) of (n - i)."""
    return 1 - (n_test / n) ** (copies - 1)


def copies_predicted__training_fraction(n, n_test, copies):
    """This is the training fraction, right for one copy at most: all copies - 1 may be in training."""
    return (n - n_test) / n


def copies_predicted__the_row_itself(n, n_test, copies):
    """The row itself counted among its copies: it is in the test set already, so copies - 1 are left among n - 1 places."""
    return 1 - math.comb(n_test, copies) / math.comb(n, copies)


def copies_predicted__one_copy_too_many(n, n_test, copies):
    """One factor too many: copies - 1 copies are left beside the row itself, so i runs from 1 to copies - 1."""
    return 1 - math.prod((n_test - i) / (n - i) for i in range(1, copies + 1))


def copies_predicted__complement(n, n_test, copies):
    """This is the probability that no copy is in training: take 1 minus it."""
    return math.comb(n_test - 1, copies - 1) / math.comb(n - 1, copies - 1)


def copies_predicted__all_in_training(n, n_test, copies):
    """This is the probability that all copies are in training: one is enough."""
    return math.comb(n - n_test, copies - 1) / math.comb(n - 1, copies - 1)


def copies_predicted__expected_number(n, n_test, copies):
    """This is the expected number of copies in training, which may exceed 1: the probability of at least one was asked for."""
    return (copies - 1) * (n - n_test) / (n - 1)


def copies_predicted__others_with_replacement(n, n_test, copies):
    """Each copy was placed by itself among the n - 1 other places: they are taken one after another, (n_test - i) of (n - i)."""
    return 1 - ((n_test - 1) / (n - 1)) ** (copies - 1)


def copies_predicted__fraction_times_copies(n, n_test, copies):
    """The training fraction was multiplied by the number of copies, and cut at 1: the probabilities overlap. Take 1 minus that of no copy."""
    return min(1.0, (copies - 1) * (n - n_test) / n)
