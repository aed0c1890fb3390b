"""First drafts of the lesson data_quality, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math
import unicodedata
from collections import Counter

import numpy as np

# --- median_impute ---


def median_impute__simple(train, test):
    """empty-column or right: nanmedian for both, and a column without values is forgotten."""
    medians = np.nanmedian(train, axis=0)
    return np.where(np.isnan(train), medians, train), np.where(np.isnan(test), medians, test)


def median_impute__mean_of_train(train, test):
    """mean: the mean, column by column."""
    train, test = train.copy(), test.copy()
    for j in range(train.shape[1]):
        m = train[~np.isnan(train[:, j]), j].mean()
        train[np.isnan(train[:, j]), j] = m
        test[np.isnan(test[:, j]), j] = m
    return train, test


def median_impute__each_its_own(train, test):
    """test-from-test: one helper called on each table."""

    def fill(t):
        m = np.nanmedian(t, axis=0)
        return np.where(np.isnan(t), m, t)

    return fill(train), fill(test)


def median_impute__stacked(train, test):
    """fit-on-both: vstack, fill, cut."""
    both = np.vstack([train, test])
    m = np.nanmedian(both, axis=0)
    both = np.where(np.isnan(both), m, both)
    return both[: len(train)], both[len(train) :]


def median_impute__plain_median(train, test):
    """median-of-nan: np.median of columns with holes."""
    m = np.median(train, axis=0)
    train, test = train.copy(), test.copy()
    for t in (train, test):
        rows, columns = np.where(np.isnan(t))
        t[rows, columns] = m[columns]
    return train, test


def median_impute__zeros(train, test):
    """zero: where with 0."""
    return np.where(np.isnan(train), 0, train), np.where(np.isnan(test), 0, test)


def median_impute__global(train, test):
    """one-median: axis forgotten."""
    m = np.nanmedian(train)
    return np.where(np.isnan(train), m, train), np.where(np.isnan(test), m, test)


def median_impute__row_medians(train, test):
    """by-rows: medians of rows."""
    a = np.nanmedian(train, axis=1, keepdims=True)
    b = np.nanmedian(test, axis=1, keepdims=True)
    return np.where(np.isnan(train), a, train), np.where(np.isnan(test), b, test)


def median_impute__guarded(train, test):
    """right: handles empty columns, refuses nothing."""
    fill = np.array([np.median(c[~np.isnan(c)]) if (~np.isnan(c)).any() else 0.0 for c in train.T])
    return np.where(np.isnan(train), fill, train), np.where(np.isnan(test), fill, test)


def median_impute__sorted_middle(train, test):
    """upper-middle: sorted(values)[len // 2]."""
    fill = []
    for c in train.T:
        v = sorted(c[~np.isnan(c)].tolist())
        fill.append(v[len(v) // 2] if v else 0)
    fill = np.array(fill, dtype=float)
    return np.where(np.isnan(train), fill, train), np.where(np.isnan(test), fill, test)


# --- mad_outliers ---


def mad_outliers__textbook(x, k):
    """right: numpy's medians, no refusal."""
    m = np.median(x)
    mad = np.median(np.abs(x - m))
    return np.abs(x - m) > k * 1.4826 * mad


def mad_outliers__modified_z(x, k):
    """divides or right: the modified z-score, 0.6745 · d / MAD."""
    m = np.median(x)
    mad = np.median(np.abs(x - m))
    return np.abs(x - m) / (1.4826 * mad) > k


def mad_outliers__sigma(x, k):
    """z-score: mean and standard deviation."""
    return abs((x - x.mean()) / x.std()) > k


def mad_outliers__no_constant(x, k):
    """without-factor: the factor is forgotten."""
    m = np.median(x)
    d = np.abs(x - m)
    return d > k * np.median(d)


def mad_outliers__mean_ad(x, k):
    """mean-deviation: mean instead of the second median."""
    d = np.abs(x - np.median(x))
    return d > k * 1.4826 * d.mean()


def mad_outliers__iqr(x, k):
    """none: quartile fences."""
    q1, q3 = np.percentile(x, [25, 75])
    return (x < q1 - 1.5 * (q3 - q1)) | (x > q3 + 1.5 * (q3 - q1))


def mad_outliers__around_mean(x, k):
    """none or mean-deviation: MAD around the mean."""
    d = np.abs(x - x.mean())
    return d > k * 1.4826 * np.median(d)


def mad_outliers__where(x, k):
    """indices: np.where(...)[0]."""
    m = np.median(x)
    d = np.abs(x - m)
    return np.where(d > k * 1.4826 * np.median(d))[0]


def mad_outliers__guard(x, k):
    """zero-mad-gives-none: returns no outliers when MAD is 0."""
    m = np.median(x)
    mad = np.median(np.abs(x - m)) * 1.4826
    if mad == 0:
        return np.zeros_like(x, dtype=bool)
    return np.abs(x - m) > k * mad


def mad_outliers__keep(x, k):
    """inverted: the mask of inliers."""
    m = np.median(x)
    d = np.abs(x - m)
    return d <= k * 1.4826 * np.median(d)


def mad_outliers__plus_eps(x, k):
    """epsilon: the modified z-score with 1e-12 added to MAD."""
    m = np.median(x)
    mad = np.median(np.abs(x - m)) + 1e-12
    return np.abs(x - m) / (1.4826 * mad) > k


# --- standardize ---


def standardize__textbook(train, test):
    """exactly-zero or right: no care for constant columns."""
    mu, sd = train.mean(0), train.std(0)
    sd = np.where(sd == 0, 1, sd)
    return (train - mu) / sd, (test - mu) / sd


def standardize__scaler_twice(train, test):
    """test-by-itself: fit_transform on each."""

    def z(a):
        return (a - a.mean(axis=0)) / a.std(axis=0)

    return z(train), z(test)


def standardize__together(train, test):
    """fit-on-both: concatenated first."""
    both = np.vstack((train, test))
    mu, sd = both.mean(axis=0), both.std(axis=0)
    return (train - mu) / sd, (test - mu) / sd


def standardize__sample_std(train, test):
    """ddof-1: std with ddof=1, as pandas has it."""
    mu = train.mean(axis=0)
    sd = train.std(axis=0, ddof=1) if len(train) > 1 else 1.0
    return (train - mu) / sd, (test - mu) / sd


def standardize__plus_eps(train, test):
    """epsilon: std + 1e-8."""
    mu, sd = train.mean(axis=0), train.std(axis=0) + 1e-8
    return (train - mu) / sd, (test - mu) / sd


def standardize__no_axis(train, test):
    """one-mean: axis forgotten."""
    mu, sd = np.mean(train), np.std(train)
    return (train - mu) / sd, (test - mu) / sd


def standardize__variance(train, test):
    """variance: var instead of std."""
    mu, v = train.mean(axis=0), train.var(axis=0)
    return (train - mu) / v, (test - mu) / v


def standardize__min_max(train, test):
    """none: the range instead of the standard deviation."""
    low, high = train.min(axis=0), train.max(axis=0)
    return (train - low) / (high - low), (test - low) / (high - low)


def standardize__peak(train, test):
    """right: constant columns by comparing the extremes, no refusals."""
    level = train.max(axis=0) == train.min(axis=0)
    mu = np.where(level, train[0], train.mean(axis=0))
    sd = np.where(level, 1.0, train.std(axis=0))
    return (train - mu) / sd, (test - mu) / sd


def standardize__own_mean_train_std(train, test):
    """test-centred-by-itself: test by its own mean and train's standard deviation."""
    sd = train.std(axis=0)
    return (train - train.mean(axis=0)) / sd, (test - test.mean(axis=0)) / sd


def standardize__overwrites(train, test):
    """in-place: augmented assignments, with care for constant columns and whole numbers."""
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1] or not len(train) or not len(test):
        raise ValueError("tables do not fit")
    if train.dtype.kind != "f":
        train, test = train.astype(np.float64), test.astype(np.float64)
    constant = np.ptp(train, axis=0) == 0
    mu = np.where(constant, train[0], train.mean(axis=0, dtype=np.float64))
    sd = np.where(constant, 1.0, train.std(axis=0, dtype=np.float64))
    train -= mu
    test -= mu
    train /= sd
    test /= sd
    return train, test


def standardize__small_std(train, test):
    """narrow-taken-for-constant: below 1e-12 counts as 0, and nothing is refused."""
    mu, sd = train.mean(axis=0, dtype=float), train.std(axis=0, dtype=float)
    sd[sd < 1e-12] = 1.0
    return ((train - mu) / sd).astype(np.float32 if train.dtype == np.float32 else float), (test - mu) / sd


# --- cohen_kappa ---


def cohen_kappa__accuracy(a, b):
    """agreement: the mean of equality."""
    return (a == b).mean()


def cohen_kappa__one_over_k(a, b):
    """uniform-chance: pe = 1 / k."""
    k = len(set(a.tolist()) | set(b.tolist()))
    po = (a == b).mean()
    return (po - 1 / k) / (1 - 1 / k) if k > 1 else float("nan")


def cohen_kappa__scott(a, b):
    """pooled: frequencies of both together."""
    both = np.concatenate([a, b])
    pe = sum(np.mean(both == label) ** 2 for label in np.unique(both))
    po = np.mean(a == b)
    return (po - pe) / (1 - pe) if pe < 1 else float("nan")


def cohen_kappa__difference(a, b):
    """not-divided: p_o - p_e."""
    labels = np.unique(np.concatenate([a, b]))
    return np.mean(a == b) - sum(np.mean(a == c) * np.mean(b == c) for c in labels)


def cohen_kappa__bincount(a, b):
    """counted-by-bincount or right: bincount."""
    k = max(a.max(), b.max()) + 1
    pa, pb = np.bincount(a, minlength=k) / len(a), np.bincount(b, minlength=k) / len(b)
    pe = (pa * pb).sum()
    if pe == 1:
        return float("nan")
    return (np.mean(a == b) - pe) / (1 - pe)


def cohen_kappa__perfect_is_one(a, b):
    """one-for-one-label: a special case gives 1."""
    labels = np.unique(np.concatenate([a, b]))
    pe = sum(np.mean(a == c) * np.mean(b == c) for c in labels)
    if pe == 1:
        return 1.0
    return (np.mean(a == b) - pe) / (1 - pe)


def cohen_kappa__zero(a, b):
    """zero-for-one-label: a special case gives 0."""
    labels = np.unique(np.concatenate([a, b]))
    pe = sum(np.mean(a == c) * np.mean(b == c) for c in labels)
    return 0.0 if pe == 1 else (np.mean(a == b) - pe) / (1 - pe)


def cohen_kappa__unguarded(a, b):
    """none or right: one label raises a division by zero."""
    n = len(a)
    ca, cb = Counter(a.tolist()), Counter(b.tolist())
    po = sum(x == y for x, y in zip(a.tolist(), b.tolist(), strict=True)) / n
    pe = sum(ca[c] * cb[c] for c in ca) / n**2
    return (po - pe) / (1 - pe)


def cohen_kappa__by_po(a, b):
    """none: divided by p_o."""
    labels = np.unique(np.concatenate([a, b]))
    po, pe = np.mean(a == b), sum(np.mean(a == c) * np.mean(b == c) for c in labels)
    return (po - pe) / po if po else 0.0


def cohen_kappa__over_disagreement(a, b):
    """divided-by-disagreement: 1 - p_o for 1 - p_e, perfect agreement as a special case."""
    labels = np.unique(np.concatenate([a, b]))
    po, pe = np.mean(a == b), sum(np.mean(a == c) * np.mean(b == c) for c in labels)
    return 1.0 if po == 1 else (po - pe) / (1 - po)


def cohen_kappa__yes_and_no(a, b):
    """labels-0-and-1: the binary formula."""
    po = np.mean(a == b)
    yes = np.mean(a == 1) * np.mean(b == 1)
    no = np.mean(a == 0) * np.mean(b == 0)
    pe = yes + no
    return (po - pe) / (1 - pe) if pe < 1 else float("nan")


def cohen_kappa__plus_eps(a, b):
    """epsilon: 1e-10 in the denominator, no special case."""
    classes = np.unique(a)
    po, pe = np.mean(a == b), sum(np.mean(a == c) * np.mean(b == c) for c in classes)
    return (po - pe) / (1 - pe + 1e-10)


def cohen_kappa__nearly_one(a, b):
    """near-one-taken-for-one: nan above 0.999."""
    classes = np.unique(a)
    po, pe = np.mean(a == b), sum(np.mean(a == c) * np.mean(b == c) for c in classes)
    return (po - pe) / (1 - pe) if pe < 0.999 else np.nan


# --- near_duplicates ---


def near_duplicates__plain(texts, shingle, threshold):
    """not-normalised or short-texts-lost: shingles of the text as it is."""
    sets = [{t[i : i + shingle] for i in range(len(t) - shingle + 1)} for t in texts]
    out = []
    for i in range(len(texts)):
        for j in range(i + 1, len(texts)):
            union = sets[i] | sets[j]
            if union and len(sets[i] & sets[j]) / len(union) >= threshold:
                out.append((i, j))
    return out


def near_duplicates__lowercased(texts, shingle, threshold):
    """lower: NFKC and lower()."""
    texts = [unicodedata.normalize("NFKC", t).lower() for t in texts]
    sets = [{t[i : i + shingle] for i in range(len(t) - shingle + 1)} or {t} for t in texts]
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__casefold_only(texts, shingle, threshold):
    """lower-only: casefold without NFKC."""
    texts = [t.casefold() for t in texts]
    sets = [{t[i : i + shingle] for i in range(len(t) - shingle + 1)} or {t} for t in texts]
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__lower_alone(texts, shingle, threshold):
    """lower-without-nfkc: lower() and nothing else."""
    texts = [t.lower() for t in texts]
    sets = [{t[i : i + shingle] for i in range(len(t) - shingle + 1)} or {t} for t in texts]
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__blocks(texts, shingle, threshold):
    """no-overlap: a step of `shingle`."""
    texts = [unicodedata.normalize("NFKC", t).casefold() for t in texts]
    sets = [{t[i : i + shingle] for i in range(0, len(t), shingle)} or {""} for t in texts]
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__overlap(texts, shingle, threshold):
    """containment: over the smaller set."""
    texts = [unicodedata.normalize("NFKC", t).casefold() for t in texts]
    sets = [{t[i : i + shingle] for i in range(len(t) - shingle + 1)} or {t} for t in texts]
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / min(len(sets[i]), len(sets[j])) >= threshold]


def near_duplicates__words(texts, shingle, threshold):
    """words: shingles of words."""
    sets = []
    for t in texts:
        w = unicodedata.normalize("NFKC", t).casefold().split()
        sets.append({tuple(w[i : i + shingle]) for i in range(len(w) - shingle + 1)} or {tuple(w)})
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__off_by_one(texts, shingle, threshold):
    """last-shingle: range(len - shingle)."""
    texts = [unicodedata.normalize("NFKC", t).casefold() for t in texts]
    sets = [{t[i : i + shingle] for i in range(len(t) - shingle)} or {t} for t in texts]
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__all_ordered(texts, shingle, threshold):
    """both-orders: i != j."""
    texts = [unicodedata.normalize("NFKC", t).casefold() for t in texts]
    sets = [{t[i : i + shingle] for i in range(len(t) - shingle + 1)} or {t} for t in texts]
    n = len(sets)
    return [(i, j) for i in range(n) for j in range(n) if i != j and len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold]


def near_duplicates__tidied(texts, shingle, threshold):
    """spaces-collapsed: cleans the texts first."""
    grams = []
    for text in texts:
        text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        grams.append({text[i : i + shingle] for i in range(max(1, len(text) - shingle + 1))})
    return [(i, j) for i in range(len(grams)) for j in range(i + 1, len(grams)) if len(grams[i] & grams[j]) / len(grams[i] | grams[j]) >= threshold]


# --- group_split ---


def group_split__permuted_rows(groups, fraction, seed):
    """rows: train_test_split of the rows."""
    p = np.random.default_rng(seed).permutation(len(groups))
    n_test = int(np.ceil(len(groups) * fraction))
    return p[n_test:], p[:n_test]


def group_split__some_groups(groups, fraction, seed):
    """fraction-of-groups: a fraction of the names."""
    u = np.unique(groups)
    np.random.default_rng(seed).shuffle(u)
    test = u[: max(1, int(len(u) * fraction))]
    m = np.isin(groups, test)
    return np.where(~m)[0], np.where(m)[0]


def group_split__sorted_names(groups, fraction, seed):
    """no-shuffle: the names in order."""
    test, count = [], 0
    for g in np.unique(groups):
        if count >= fraction * len(groups):
            break
        test.append(g)
        count += (groups == g).sum()
    m = np.isin(groups, test)
    return np.where(~m)[0], np.where(m)[0]


def group_split__first_seen(groups, fraction, seed):
    """by-rows-drawn: groups in the order of shuffled rows."""
    p = np.random.default_rng(seed).permutation(len(groups))
    chosen = []
    for row in p:
        if np.isin(groups, chosen).sum() >= fraction * len(groups):
            break
        if groups[row] not in chosen:
            chosen.append(groups[row])
    m = np.isin(groups, chosen)
    return np.where(~m)[0], np.where(m)[0]


def group_split__too_few(groups, fraction, seed):
    """below: stops before it would exceed."""
    u = np.random.default_rng(seed).permutation(np.unique(groups))
    chosen, count = [], 0
    for g in u:
        size = (groups == g).sum()
        if chosen and count + size > fraction * len(groups):
            break
        chosen.append(g)
        count += size
    m = np.isin(groups, chosen)
    return np.where(~m)[0], np.where(m)[0]


def group_split__one_more(groups, fraction, seed):
    """a-group-too-many: one group more than needed."""
    u = np.random.default_rng(seed).permutation(np.unique(groups))
    chosen, count = [], 0
    for g in u:
        chosen.append(g)
        if count >= fraction * len(groups):
            break
        count += (groups == g).sum()
    m = np.isin(groups, chosen)
    return np.where(~m)[0], np.where(m)[0]


def group_split__some_groups_up(groups, fraction, seed):
    """fraction-of-groups-up: as GroupShuffleSplit counts."""
    u = np.random.default_rng(seed).permutation(np.unique(groups))
    m = np.isin(groups, u[: int(np.ceil(fraction * len(u)))])
    return np.where(~m)[0], np.where(m)[0]


def group_split__never_beyond(groups, fraction, seed):
    """below-or-none: a group that would exceed the fraction is left out, the first one too."""
    chosen, count = [], 0
    for g in np.random.default_rng(seed).permutation(np.unique(groups)):
        size = int((groups == g).sum())
        if count + size > fraction * len(groups):
            break
        chosen.append(g)
        count += size
    m = np.isin(groups, chosen)
    return np.where(~m)[0], np.where(m)[0]


def group_split__up_to_and_including(groups, fraction, seed):
    """one-group-more: while count <= fraction * n."""
    u = list(np.random.default_rng(seed).permutation(np.unique(groups)))
    chosen, count = [], 0
    while count <= fraction * len(groups) and u:
        chosen.append(u.pop(0))
        count += (groups == chosen[-1]).sum()
    m = np.isin(groups, chosen)
    return np.where(~m)[0], np.where(m)[0]


def group_split__test_first(groups, fraction, seed):
    """swapped: (test, train)."""
    u = np.random.default_rng(seed).permutation(np.unique(groups))
    chosen, count = [], 0
    for g in u:
        if count >= fraction * len(groups):
            break
        chosen.append(g)
        count += (groups == g).sum()
    m = np.isin(groups, chosen)
    return np.where(m)[0], np.where(~m)[0]


def group_split__masks(groups, fraction, seed):
    """none: masks instead of row numbers."""
    u = np.random.default_rng(seed).permutation(np.unique(groups))
    chosen, count = [], 0
    for g in u:
        if count >= fraction * len(groups):
            break
        chosen.append(g)
        count += (groups == g).sum()
    m = np.isin(groups, chosen)
    return ~m, m


def group_split__no_refusal(groups, fraction, seed):
    """right: a while loop without a refusal."""
    u = list(np.random.default_rng(seed).permutation(np.unique(groups)))
    chosen = []
    while np.isin(groups, chosen).sum() < fraction * groups.size:
        chosen.append(u.pop())
    m = np.isin(groups, chosen)
    return np.where(~m)[0], np.where(m)[0]


# --- population_stability_index ---


def population_stability_index__linspace(expected, actual, n_bins):
    """equal-width: np.histogram with n_bins."""
    edges = np.linspace(expected.min(), expected.max(), n_bins + 1)
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.clip(np.histogram(expected, edges)[0] / len(expected), 1e-6, None)
    a = np.clip(np.histogram(actual, edges)[0] / len(actual), 1e-6, None)
    return np.sum((a - e) * np.log(a / e))


def population_stability_index__closed(expected, actual, n_bins):
    """closed-ends: quantiles as they are."""
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    e = np.clip(np.histogram(expected, edges)[0] / len(expected), 1e-6, None)
    a = np.clip(np.histogram(actual, edges)[0] / len(actual), 1e-6, None)
    return np.sum((a - e) * np.log(a / e))


def population_stability_index__kl(expected, actual, n_bins):
    """one-direction: KL(a, e)."""
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.clip(np.histogram(expected, edges)[0] / len(expected), 1e-6, None)
    a = np.clip(np.histogram(actual, edges)[0] / len(actual), 1e-6, None)
    return np.sum(a * np.log(a / e))


def population_stability_index__swapped_arguments(expected, actual, n_bins):
    """edges-of-actual: the months changed places."""
    expected, actual = actual, expected
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.clip(np.histogram(expected, edges)[0] / len(expected), 1e-6, None)
    a = np.clip(np.histogram(actual, edges)[0] / len(actual), 1e-6, None)
    return np.sum((a - e) * np.log(a / e))


def population_stability_index__unguarded(expected, actual, n_bins):
    """no-floor: no floor for empty bins."""
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.histogram(expected, edges)[0] / len(expected)
    a = np.histogram(actual, edges)[0] / len(actual)
    return np.sum((a - e) * np.log(a / e))


def population_stability_index__small_floor(expected, actual, n_bins):
    """larger-floor: 1e-4 for empty bins."""
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.clip(np.histogram(expected, edges)[0] / len(expected), 1e-4, None)
    a = np.clip(np.histogram(actual, edges)[0] / len(actual), 1e-4, None)
    return np.sum((a - e) * np.log(a / e))


def population_stability_index__base_two(expected, actual, n_bins):
    """none: log2."""
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.clip(np.histogram(expected, edges)[0] / len(expected), 1e-6, None)
    a = np.clip(np.histogram(actual, edges)[0] / len(actual), 1e-6, None)
    return np.sum((a - e) * np.log2(a / e))


def population_stability_index__plus_eps(expected, actual, n_bins):
    """added: 1e-6 added to every fraction."""
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.histogram(expected, edges)[0] / len(expected) + 1e-6
    a = np.histogram(actual, edges)[0] / len(actual) + 1e-6
    return np.sum((a - e) * np.log(a / e))


def population_stability_index__no_refusal(expected, actual, n_bins):
    """right: histogram with infinite ends, no refusals."""
    edges = np.quantile(expected, np.linspace(0, 1, n_bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    e = np.maximum(np.histogram(expected, edges)[0] / len(expected), 1e-6)
    a = np.maximum(np.histogram(actual, edges)[0] / len(actual), 1e-6)
    return np.sum((a - e) * np.log(a / e))


# --- the hunts ---


def scaling_counterexample__strangers():
    """no-common-row: ranges differ, no row in both."""
    return np.array([[0.0], [1.0]]), np.array([[100.0], [200.0]])


def scaling_counterexample__one_row_each():
    """constant or one-row: one row each."""
    return np.array([[1.0]]), np.array([[1.0]])


def scaling_mended__train_max(train, test):
    """divides-by-zero or right: train's range, no guard."""
    low, high = train.min(axis=0), train.max(axis=0)
    return (train - low) / (high - low), (test - low) / (high - low)


def scaling_mended__clip(train, test):
    """clipped: test is cut to [0, 1]."""
    low, high = train.min(axis=0), train.max(axis=0)
    width = np.where(high > low, high - low, 1)
    return (train - low) / width, np.clip((test - low) / width, 0, 1)


def scaling_mended__both(train, test):
    """fit-on-both: range of the stacked tables."""
    both = np.vstack([train, test])
    low, high = both.min(0), both.max(0)
    return (train - low) / (high - low), (test - low) / (high - low)


def scaling_mended__plus_eps(train, test):
    """epsilon: 1e-8 in the denominator, as some scalers have it."""
    low, high = train.min(axis=0), train.max(axis=0)
    return (train - low) / (high - low + 1e-8), (test - low) / (high - low + 1e-8)


def scaling_mended__small_range(train, test):
    """narrow-taken-for-constant: a range below 1e-3 counts as 0."""
    low, width = train.min(axis=0), np.ptp(train.astype(float), axis=0)
    width = np.where(width < 1e-3, 1, width)
    return (train - low) / width, (test - low) / width


def scaling_mended__nothing_in_constant_columns(train, test):
    """constant-to-zero: np.where(width == 0, 0, ...) for both tables."""
    low, width = train.min(axis=0), train.max(axis=0) - train.min(axis=0)
    safe = np.where(width == 0, 1, width)
    return np.where(width == 0, 0, (train - low) / safe), np.where(width == 0, 0, (test - low) / safe)


def selection_mended__plus_eps(x, y, train, k):
    """tiny-column-lost: 1e-8 added to the denominator."""
    a, b = x[train], y[train]
    a, b = a - a.mean(axis=0), b - b.mean()
    return np.argsort(-abs(a.T @ b) / (np.sqrt((a**2).sum(axis=0) * (b**2).sum()) + 1e-8))[:k]


def selection_mended__unused(x, y, train, k):
    """as-published: train is still not used."""
    c = [abs(np.corrcoef(col, y)[0, 1]) for col in x.T]
    return np.argsort(c)[::-1][:k]


def selection_mended__no_abs(x, y, train, k):
    """signed: abs forgotten."""
    c = np.array([np.corrcoef(col, y[train])[0, 1] for col in x[train].T])
    return np.argsort(-c)[:k]


def selection_mended__dot(x, y, train, k):
    """covariance: not divided by the standard deviation."""
    a, b = x[train], y[train]
    return np.argsort(-abs((a - a.mean(0)).T @ (b - b.mean())))[:k]


def copies_predicted__powers(n, n_test, copies):
    """with-replacement: a power of the test fraction."""
    return 1 - (n_test / n) ** (copies - 1)


def copies_predicted__all_copies(n, n_test, copies):
    """the-row-itself: all copies in the test set."""
    p = 1.0
    for i in range(copies):
        p *= max(n_test - i, 0) / (n - i)
    return 1 - p


def copies_predicted__power_of_others(n, n_test, copies):
    """others-with-replacement: (n_test - 1) / (n - 1) to a power."""
    return 1 - ((n_test - 1) / (n - 1)) ** (copies - 1)


def copies_predicted__one_factor_more(n, n_test, copies):
    """one-copy-too-many: range(1, copies + 1)."""
    p = 1.0
    for i in range(1, copies + 1):
        p *= max(n_test - i, 0) / max(n - i, 1)
    return 1 - p


def copies_predicted__none_in_training(n, n_test, copies):
    """complement: the probability of no copy."""
    return math.prod(max(n_test - i, 0) / (n - i) for i in range(1, copies))


def copies_predicted__union_bound(n, n_test, copies):
    """fraction-times-copies: adds the probabilities up."""
    return min((copies - 1) * (1 - n_test / n), 1.0)
