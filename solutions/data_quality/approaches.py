"""Right answers unlike the references: loops, other algorithms, other formulas."""

import bisect
import math
import statistics
import unicodedata
from collections import Counter, defaultdict

import numpy as np


def _tables(train, test):
    if np.ndim(train) != 2 or np.ndim(test) != 2 or train.shape[1] != test.shape[1] or not len(train) or not len(test):
        raise ValueError("tables do not fit")
    return [np.array(table, dtype=table.dtype if table.dtype.kind == "f" else np.float64) for table in (train, test)]


# --- median_impute ---


def median_impute__nanmedian(train, test):
    """numpy's nanmedian, on the columns that have a value."""
    train, test = _tables(train, test)
    fill = np.zeros(train.shape[1])
    known = ~np.isnan(train).all(axis=0)
    fill[known] = np.nanmedian(train[:, known], axis=0)
    for table in (train, test):
        holes = np.isnan(table)
        table[holes] = np.broadcast_to(fill, table.shape)[holes]
    return train, test


def median_impute__column_by_column(train, test):
    """A loop over columns with the standard library's median."""
    out = _tables(train, test)
    for j in range(train.shape[1]):
        values = [value for value in out[0][:, j].tolist() if value == value]
        fill = statistics.median(values) if values else 0.0
        for table in out:
            table[np.isnan(table[:, j]), j] = fill
    return out


# --- mad_outliers ---


def mad_outliers__np_median(x, k):
    """numpy's median, twice."""
    if x.ndim != 1 or not x.size:
        raise ValueError("need values")
    distance = np.abs(x.astype(np.float64) - np.median(x.astype(np.float64)))
    return distance > 1.4826 * k * np.median(distance)


def mad_outliers__interval(x, k):
    """The two ends of the interval first, then a comparison with each."""
    if np.ndim(x) != 1 or len(x) == 0:
        raise ValueError("need values")
    values = [float(value) for value in x]
    centre = statistics.median(values)
    reach = k * 1.4826 * statistics.median([abs(value - centre) for value in values])
    return np.array([value < centre - reach or value > centre + reach for value in values])


# --- standardize ---


def standardize__sums(train, test):
    """Sums of the centred columns, in float64; constant columns by comparing with the first row."""
    first, second = _tables(train, test)
    wide = first.astype(np.float64)
    centred = wide - wide[0]
    level = (centred == 0).all(axis=0)
    mean = wide[0] + centred.sum(axis=0) / len(wide)
    mean[level] = wide[0][level]
    std = np.sqrt(((wide - mean) ** 2).sum(axis=0) / len(wide))
    std[level] = 1.0
    return tuple(((table.astype(np.float64) - mean) / std).astype(first.dtype) for table in (first, second))


def standardize__column_by_column(train, test):
    """A loop over columns with math.fsum."""
    first, second = _tables(train, test)
    out = np.empty_like(first), np.empty_like(second)
    for j in range(first.shape[1]):
        values = [float(value) for value in first[:, j]]
        mean, std = values[0], 1.0
        if min(values) < max(values):
            mean = math.fsum(values) / len(values)
            std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
        for result, table in zip(out, (first, second), strict=True):
            result[:, j] = [(float(value) - mean) / std for value in table[:, j]]
    return out


# --- cohen_kappa ---


def _labels(a, b):
    if np.ndim(a) != 1 or np.shape(a) != np.shape(b) or not len(a):
        raise ValueError("need two (n,) arrays")


def cohen_kappa__table(a, b):
    """From the confusion table: the diagonal, and the product of its margins."""
    _labels(a, b)
    names, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    table = np.zeros((len(names), len(names)))
    np.add.at(table, (places[: len(a)], places[len(a) :]), 1.0)
    if len(names) == 1:
        return math.nan
    table /= table.sum()
    chance = table.sum(axis=0) @ table.sum(axis=1)
    return (np.trace(table) - chance) / (1 - chance)


def cohen_kappa__disagreement(a, b):
    """1 minus observed over expected disagreement, with counters."""
    _labels(a, b)
    first, second = Counter(a.tolist()), Counter(b.tolist())
    expected = sum(m * k for one, m in first.items() for other, k in second.items() if one != other)
    observed = sum(one != other for one, other in zip(a.tolist(), b.tolist(), strict=True)) * len(a)
    return 1 - observed / expected if expected else float("nan")


# --- near_duplicates ---


def _set(text, shingle):
    text = unicodedata.normalize("NFKC", text).casefold()
    return frozenset([text]) if len(text) <= shingle else frozenset(map("".join, zip(*(text[i:] for i in range(shingle)), strict=False)))


def near_duplicates__all_pairs(texts, shingle, threshold):
    """All pairs, similarity by division."""
    if not texts:
        raise ValueError("no texts")
    sets = [_set(text, shingle) for text in texts]
    pairs = [(i, j) for i in range(len(sets)) for j in range(i + 1, len(sets))]
    return [(i, j) for i, j in pairs if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__inverted_index(texts, shingle, threshold):
    """An index from shingle to texts counts the common shingles, so that strangers are never compared."""
    if len(texts) == 0:
        raise ValueError("no texts")
    holders, common, sizes = defaultdict(list), Counter(), []
    for place, text in enumerate(texts):
        pieces = _set(text, shingle)
        sizes.append(len(pieces))
        for piece in pieces:
            common.update((other, place) for other in holders[piece])
            holders[piece].append(place)
    return [[i, j] for (i, j), count in common.items() if count / (sizes[i] + sizes[j] - count) >= threshold]


# --- group_split ---


def _rows(groups):
    if np.ndim(groups) != 1 or len(groups) == 0:
        raise ValueError("need rows")


def group_split__loop(groups, fraction, seed):
    """One group after another, until there are rows enough."""
    _rows(groups)
    rng = np.random.default_rng(seed)
    taken, count = [], 0
    for group in rng.permutation(np.unique(groups)):
        if count >= fraction * len(groups):
            break
        taken.append(group)
        count += int(np.sum(groups == group))
    inside = np.isin(groups, taken)
    return np.flatnonzero(~inside), np.flatnonzero(inside)


def group_split__lists(groups, fraction, seed):
    """Lists of rows by group, shuffled by sorting on random keys; lists come back."""
    _rows(groups)
    members = defaultdict(list)
    for row, group in enumerate(groups.tolist()):
        members[group].append(row)
    names = list(members)
    keys = np.random.default_rng([7, seed]).random(len(names))
    train, test = [], []
    for _, group in sorted(zip(keys.tolist(), names, strict=True)):
        (test if len(test) < fraction * len(groups) else train).extend(members[group])
    return train, test


# --- population_stability_index ---


def _months(expected, actual):
    if np.ndim(expected) != 1 or np.ndim(actual) != 1 or not len(expected) or not len(actual):
        raise ValueError("need values")


def population_stability_index__histogram(expected, actual, n_bins):
    """numpy's quantile and histogram, with infinite outer edges."""
    _months(expected, actual)
    expected, actual = expected.astype(np.float64), actual.astype(np.float64)
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e, a = (np.maximum(np.histogram(values, edges)[0] / len(values), 1e-6) for values in (expected, actual))
    return float(np.sum((a - e) * np.log(a / e)))


def population_stability_index__bisect(expected, actual, n_bins):
    """Edges by linear interpolation, bins by bisect, two KL divergences added."""
    _months(expected, actual)
    ordered = sorted(map(float, expected))
    edges = np.interp(np.arange(1, n_bins) / n_bins * (len(ordered) - 1), np.arange(len(ordered)), ordered).tolist()
    shares = []
    for values in (expected, actual):
        counts = Counter(bisect.bisect_right(edges, float(value)) for value in values)
        shares.append([max(counts[place] / len(values), 1e-6) for place in range(n_bins)])
    forward = sum(a * math.log(a / e) for e, a in zip(*shares, strict=True))
    return forward + sum(e * math.log(e / a) for e, a in zip(*shares, strict=True))


# --- the hunts ---


def scaling_counterexample__two_columns():
    """A table of two columns, and one row of it among larger ones."""
    return np.array([[1.0, 0.0], [2.0, 9.0], [4.0, 3.0]]), np.array([[40.0, 9.0], [2.0, 9.5], [1.0, 0.0], [4.0, 3.0], [-5.0, -90.0]])


def scaling_counterexample__lists():
    """Lists, with the smallest training row as the largest test row."""
    return [[5], [6]], [[5], [1]]


def scaling_mended__ptp(train, test):
    """numpy's ptp, zeros replaced by ones."""
    train, test = _tables(train, test)
    width = np.ptp(train, axis=0)
    width[width == 0] = 1
    low = train.min(axis=0)
    return (train - low) / width, (test - low) / width


def scaling_mended__column_by_column(train, test):
    """A loop over columns."""
    first, second = _tables(train, test)
    out = np.empty_like(first), np.empty_like(second)
    for j in range(first.shape[1]):
        low, high = first[:, j].min(), first[:, j].max()
        for result, table in zip(out, (first, second), strict=True):
            result[:, j] = (table[:, j] - low) / (high - low if high > low else 1)
    return out


def _selection(x, y, train):
    if x.ndim != 2 or y.shape != (x.shape[0],) or train.ndim != 1 or not train.size:
        raise ValueError("shapes do not fit")


def selection_mended__corrcoef(x, y, train, k):
    """numpy's corrcoef, column by column."""
    _selection(x, y, train)
    x, y = x.astype(np.float64)[train.astype(int)], y.astype(np.float64)[train.astype(int)]
    strength = [abs(np.corrcoef(column, y)[0, 1]) if np.ptp(column) else -1.0 for column in x.T]
    return sorted(range(x.shape[1]), key=lambda j: -strength[j])[:k]


def selection_mended__f_test(x, y, train, k):
    """The F statistic of the two classes, which ranks as the squared correlation does."""
    _selection(x, y, train)
    x, y = np.take(x, train.astype(int), axis=0).astype(float), np.take(y, train.astype(int)) == 1
    grand = x.mean(axis=0)
    between = sum(part.sum() * (x[part].mean(axis=0) - grand) ** 2 for part in (y, ~y))
    within = sum(((x[part] - x[part].mean(axis=0)) ** 2).sum(axis=0) for part in (y, ~y))
    strength = np.divide(between, between + within, out=np.zeros(len(grand)), where=np.ptp(x, axis=0) > 0)
    return np.argsort(strength)[::-1][:k]


def copies_predicted__binomials(n, n_test, copies):
    """Two exact binomial coefficients."""
    return 1 - math.comb(n_test - 1, copies - 1) / math.comb(n - 1, copies - 1)


def copies_predicted__logarithms(n, n_test, copies):
    """The sum of logarithms."""
    if copies > n_test:
        return 1.0
    return -math.expm1(sum(math.log((n_test - i) / (n - i)) for i in range(1, copies)))
