"""Known mistakes of the lesson hyperparameters, in the form in which people write them first."""

import itertools
import math

import numpy as np

# --- parameter_grid ---


def _grid(space):
    keys = sorted(space)
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*(space[key] for key in keys))]


def parameter_grid__keys_not_sorted(space):
    """The keys stand in the order in which the dict was written: sort them, so that a grid does not depend on that."""
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]


def parameter_grid__first_key_fastest(space):
    """The first key changes fastest; it should be the slowest, and the last key the fastest."""
    keys = sorted(space, reverse=True)
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*(space[key] for key in keys))]


def parameter_grid__zipped(space):
    """The first values stand together, then the second: `zip` pairs the lists; use `itertools.product` for all combinations."""
    keys = sorted(space)
    return [dict(zip(keys, values, strict=True)) for values in zip(*(space[key] for key in keys), strict=False)]


def parameter_grid__one_at_a_time(space):
    """Only one key at a time leaves its first value: that is no grid; every value must meet every value of the others."""
    keys = sorted(space)
    first = {key: space[key][0] for key in keys if space[key]}
    return [first] + [{**first, key: value} for key in keys for value in space[key][1:]]


def parameter_grid__empty_space_has_none(space):
    """An empty space gave an empty list: there is one way to choose nothing, so it is [{}]."""
    return _grid(space) if space else []


def parameter_grid__empty_key_skipped(space):
    """A key without values was left out: there is no combination then, and the grid is []."""
    return _grid({key: values for key, values in space.items() if values})


def parameter_grid__one_dict_for_all(space):
    """All entries are the same dict, changed again and again, so all show the last combination: make a new dict each time."""
    point, found = {}, []
    for values in itertools.product(*(space[key] for key in sorted(space))):
        point.update(zip(sorted(space), values, strict=True))
        found.append(point)
    return found


def parameter_grid__values_made_unique(space):
    """Values that repeat were merged or put in another order: take the lists as they are given."""
    keys = sorted(space)
    merged = {key: [v for i, v in enumerate(space[key]) if v not in space[key][:i]] for key in keys}
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*(merged[key] for key in keys))]


def parameter_grid__values_in_a_set(space):
    """The values went through a set, which loses their order and what repeats: take the lists as they are given."""
    keys = sorted(space)
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*(set(space[key]) for key in keys))]


def parameter_grid__values_become_strings(space):
    """Numbers or None came back as strings: an array holds one type only; keep the values in lists."""
    keys = sorted(space)
    plain = {key: [str(v) if any(isinstance(w, str) for values in space.values() for w in values) else v for v in space[key]] for key in keys}
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*(plain[key] for key in keys))]


def parameter_grid__empties_the_space(space):
    """The caller's dict is empty afterwards: `pop` takes keys out of it. Read from it, or work on a copy."""
    points = [{}]
    for key in sorted(space):
        values = space.pop(key)
        points = [{**point, key: value} for point in points for value in values]
    return points


# --- log_uniform ---


def log_uniform__uniform(n, low, high, seed):
    """Nearly all draws lie in the top decade: draw the exponent uniformly, not the number."""
    _bounds(low, high)
    return np.random.default_rng(seed).uniform(low, high, n)


def log_uniform__exp_of_log10(n, low, high, seed):
    """Values lie outside the bounds: log10 of the bounds goes with 10**u, log with exp(u); the two are mixed here."""
    _bounds(low, high)
    return np.exp(np.random.default_rng(seed).uniform(math.log10(low), math.log10(high), n))


def log_uniform__ten_to_the_ln(n, low, high, seed):
    """Values lie outside the bounds: the natural logarithms of the bounds went into 10**u; log goes with exp(u), log10 with 10**u."""
    _bounds(low, high)
    with np.errstate(all="ignore"):
        return 10 ** np.random.default_rng(seed).uniform(math.log(low), math.log(high), n)


def log_uniform__fixed_seed(n, low, high, seed):
    """Another seed gave the same numbers: every search would try the same points. Give the seed to the generator."""
    _bounds(low, high)
    return np.exp(np.random.default_rng(0).uniform(math.log(low), math.log(high), n))


def log_uniform__geomspace(n, low, high, seed):
    """The values are evenly spaced in the logarithm: that is a grid with as many points. Draw them."""
    _bounds(low, high)
    return np.geomspace(low, high, n)


def log_uniform__whole_decades(n, low, high, seed):
    """All values are whole powers of ten apart: exponents are real numbers, draw them with `uniform`."""
    _bounds(low, high)
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    return low * 10.0 ** np.random.default_rng(seed).integers(0, max(last - first, 0) + 1, n)


def log_uniform__log_of_uniform(n, low, high, seed):
    """The lower half of the exponents got too much or too little: the logarithm was applied to a uniform draw; take exp of a uniform exponent."""
    _bounds(low, high)
    u = np.random.default_rng(seed).random(n)
    return low + (high - low) * np.log1p(u * (math.e - 1)) ** 4


def log_uniform__clipped(n, low, high, seed):
    """Many values are a bound itself, to which draws from outside were cut: draw the exponent uniformly between the bounds' logarithms."""
    _bounds(low, high)
    a, b = math.log(low), math.log(high)
    return np.exp(np.clip(np.random.default_rng(seed).normal((a + b) / 2, (b - a) / 4, n), a, b))


def log_uniform__unseeded(n, low, high, seed):
    """The same seed gave different numbers: it never reached the generator that draws. Make that with default_rng(seed)."""
    _bounds(low, high)
    return np.exp(np.random.default_rng().uniform(math.log(low), math.log(high), n))


def log_uniform__ratio_overflows(n, low, high, seed):
    """high / low is infinite for far bounds: take the difference of the logarithms instead."""
    _bounds(low, high)
    with np.errstate(all="ignore"):
        return low * np.power(np.float64(high) / np.float64(low), np.random.default_rng(seed).random(n))


def log_uniform__sorted(n, low, high, seed):
    """The draws were sorted: two searches side by side would then go up together. Independent draws stay in the order in which they come."""
    _bounds(low, high)
    return np.sort(np.exp(np.random.default_rng(seed).uniform(math.log(low), math.log(high), n)))


def log_uniform__bounds_not_refused(n, low, high, seed):
    """A bound of 0 or less, or a high that is not above low, was accepted: raise ValueError."""
    with np.errstate(all="ignore"):
        a, b = np.log(np.float64(low)), np.log(np.float64(high))
        return np.exp(a + (b - a) * np.random.default_rng(seed).random(n))


def log_uniform__log_of_a_bad_bound(n, low, high, seed):
    """A bound of 0 or less ended in another error, from its logarithm: ask 0 < low < high first, and raise ValueError."""
    if high <= low:
        raise ValueError("high must be above low")
    with np.errstate(all="ignore"):
        return np.exp(np.random.default_rng(seed).uniform(np.log(low), np.log(high), n))


def log_uniform__equal_bounds_accepted(n, low, high, seed):
    """high = low, or a high below it, was accepted: only low < high is a range. Raise ValueError."""
    if low <= 0 or high <= 0:
        raise ValueError("bounds must be positive")
    u = np.random.default_rng(seed).random(n)
    return np.exp(math.log(low) + u * (math.log(high) - math.log(low)))


def _bounds(low, high):
    if not 0 < low < high:
        raise ValueError("need 0 < low < high")


# --- kfold_indices ---


def _k(n, k):
    if not 2 <= k <= n:
        raise ValueError("need 2 <= k <= n")


def _pairs(folds):
    return [(np.concatenate([f for j, f in enumerate(folds) if j != i]), folds[i]) for i in range(len(folds))]


def kfold_indices__last_takes_the_remainder(n, k, seed):
    """The last fold has all the left-over rows: give one of them to each of the first n % k folds, as `np.array_split` does."""
    _k(n, k)
    rows, size = np.random.default_rng(seed).permutation(n), n // k
    return _pairs([rows[i * size : (i + 1) * size if i < k - 1 else n] for i in range(k)])


def kfold_indices__remainder_lost(n, k, seed):
    """The left-over rows are in no fold: n // k rows a fold lose n % k of them. Every row must be validated once."""
    _k(n, k)
    rows, size = np.random.default_rng(seed).permutation(n), n // k
    return _pairs([rows[i * size : (i + 1) * size] for i in range(k)])


def kfold_indices__not_shuffled(n, k, seed):
    """Neighbouring rows are validated together: in a sorted file each fold is one class. Permute the rows first."""
    _k(n, k)
    return _pairs(np.array_split(np.arange(n), k))


def kfold_indices__every_kth_row(n, k, seed):
    """Every k-th row forms a fold: that is a pattern, not a shuffle, and the seed changes nothing. Permute the rows first."""
    _k(n, k)
    return _pairs([np.arange(n)[i::k] for i in range(k)])


def kfold_indices__folds_shuffled(n, k, seed):
    """The folds were shuffled, or the rows within them; which rows stay together did not change. Permute the rows before you cut."""
    _k(n, k)
    rng, folds = np.random.default_rng(seed), np.array_split(np.arange(n), k)
    return _pairs([rng.permutation(folds[i]) for i in rng.permutation(k)])


def kfold_indices__shuffled_for_each_fold(n, k, seed):
    """Some rows are validated more than once and others never: the folds were not cut from one permutation. Shuffle once, then cut."""
    _k(n, k)
    rng, found = np.random.default_rng(seed), []
    for fold in np.array_split(np.arange(n), k):
        rows = rng.permutation(n)
        found.append((rows[len(fold) :], rows[: len(fold)]))
    return found


def kfold_indices__validation_in_train(n, k, seed):
    """The validation rows are in train as well, so every model has seen what it is scored on: take them out."""
    _k(n, k)
    rows = np.random.default_rng(seed).permutation(n)
    return [(rows, fold) for fold in np.array_split(rows, k)]


def kfold_indices__pairs_swapped(n, k, seed):
    """The pairs are (validation, train): train comes first, and holds all folds but one."""
    _k(n, k)
    return [(b, a) for a, b in _pairs(np.array_split(np.random.default_rng(seed).permutation(n), k))]


def kfold_indices__fixed_seed(n, k, seed):
    """Two seeds gave the same folds: give the seed to the generator."""
    _k(n, k)
    return _pairs(np.array_split(np.random.default_rng(0).permutation(n), k))


def kfold_indices__unseeded(n, k, seed):
    """The same seed gave different folds: it never reached the generator that shuffles. Make that with default_rng(seed)."""
    _k(n, k)
    return _pairs(np.array_split(np.random.default_rng().permutation(n), k))


def kfold_indices__more_folds_than_rows(n, k, seed):
    """More folds than rows were accepted, so some validate nothing: raise ValueError when k > n."""
    if k < 2:
        raise ValueError("k must be 2 or more")
    return _pairs(np.array_split(np.random.default_rng(seed).permutation(n), k))


def kfold_indices__one_fold_accepted(n, k, seed):
    """k = 1 was accepted: there is nothing left to train on. Raise ValueError when k < 2."""
    if k > n or k < 1:
        raise ValueError("k must be 1 to n")
    folds = np.array_split(np.random.default_rng(seed).permutation(n), k)
    return [(np.concatenate([f for j, f in enumerate(folds) if j != i] or [np.zeros(0, int)]), folds[i]) for i in range(k)]


# --- stratified_kfold ---


def _labels(y, k):
    if np.ndim(y) != 1 or not 2 <= k <= len(y):
        raise ValueError("need labels (n,) and 2 <= k <= n")


def stratified_kfold__not_stratified(y, k, seed):
    """A class is unevenly shared out: these are plain k-fold's folds. Deal out each class on its own."""
    _labels(y, k)
    return _pairs(np.array_split(np.random.default_rng(seed).permutation(len(y)), k))


def stratified_kfold__sorted_blocks(y, k, seed):
    """Each fold is (nearly) one class: the rows were sorted by class and cut into blocks. Deal them out in turn instead."""
    _labels(y, k)
    rows = np.random.default_rng(seed).permutation(len(y))
    return _pairs(np.array_split(rows[np.argsort(y[rows], kind="stable")], k))


def stratified_kfold__surplus_in_the_first_folds(y, k, seed):
    """The folds' sizes differ by more than 1: every class gave its left-over rows to the first folds. Go on dealing where the last class ended."""
    _labels(y, k)
    rng, folds = np.random.default_rng(seed), [[] for _ in range(k)]
    for label in np.unique(y):
        for i, part in enumerate(np.array_split(rng.permutation(np.flatnonzero(y == label)), k)):
            folds[i].extend(part.tolist())
    return _pairs([np.array(fold, dtype=int) for fold in folds])


def stratified_kfold__last_fold_takes_the_remainder(y, k, seed):
    """The left-over rows of every class all went to the last fold: deal them out one by one, going on where the last class ended."""
    _labels(y, k)
    rng, folds = np.random.default_rng(seed), [[] for _ in range(k)]
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        size = len(rows) // k
        for i in range(k):
            folds[i].extend(rows[i * size : (i + 1) * size if i < k - 1 else len(rows)].tolist())
    return _pairs([np.array(fold, dtype=int) for fold in folds])


def stratified_kfold__remainder_lost(y, k, seed):
    """Some rows are in no validation set: count // k rows of each class and fold leave a remainder. Deal out those as well."""
    _labels(y, k)
    rng, folds = np.random.default_rng(seed), [[] for _ in range(k)]
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        size = len(rows) // k
        for i in range(k):
            folds[i].extend(rows[i * size : (i + 1) * size].tolist())
    return _pairs([np.array(fold, dtype=int) for fold in folds])


def stratified_kfold__not_shuffled(y, k, seed):
    """The rows of a class were dealt out in the file's order: permute them by the seed first."""
    _labels(y, k)
    rows = np.argsort(y, kind="stable")
    return _pairs([rows[i::k] for i in range(k)])


def stratified_kfold__blocks_of_each_class(y, k, seed):
    """Neighbouring rows of a class are validated together: each class was cut into blocks without a shuffle. Permute its rows first."""
    _labels(y, k)
    folds, at = [[] for _ in range(k)], 0
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        sizes = [len(rows) // k + ((i - at) % k < len(rows) % k) for i in range(k)]
        for i, part in enumerate(np.split(rows, np.cumsum(sizes)[:-1])):
            folds[i].extend(part.tolist())
        at += len(rows)
    return _pairs([np.array(fold, dtype=int) for fold in folds])


def stratified_kfold__fixed_seed(y, k, seed):
    """Two seeds gave the same folds: give the seed to the generator."""
    _labels(y, k)
    rows = np.random.default_rng(0).permutation(len(y))
    rows = rows[np.argsort(y[rows], kind="stable")]
    return _pairs([rows[i::k] for i in range(k)])


def stratified_kfold__unseeded(y, k, seed):
    """The same seed gave different folds: it never reached the generator that shuffles. Make that with default_rng(seed)."""
    _labels(y, k)
    rows = np.random.default_rng().permutation(len(y))
    rows = rows[np.argsort(y[rows], kind="stable")]
    return _pairs([rows[i::k] for i in range(k)])


def stratified_kfold__rare_class_refused(y, k, seed):
    """A class with fewer rows than folds was refused: some folds then have none of it, which is allowed."""
    _labels(y, k)
    if np.unique(y, return_counts=True)[1].min() < k:
        raise ValueError("a class has fewer rows than there are folds")
    rows = np.random.default_rng(seed).permutation(len(y))
    rows = rows[np.argsort(y[rows], kind="stable")]
    return _pairs([rows[i::k] for i in range(k)])


def stratified_kfold__labels_as_indices(y, k, seed):
    """Some class was passed over, as range(max + 1) does: labels may be negative, have gaps, or be bool. Go through np.unique(y)."""
    _labels(y, k)
    rows = np.random.default_rng(seed).permutation(len(y))
    classes = [rows[y[rows] == label] for label in range(int(np.max(y)) + 1)] if np.asarray(y).dtype != bool else []
    rows = np.concatenate([np.zeros(0, dtype=int), *classes])
    return _pairs([rows[i::k] for i in range(k)])


def stratified_kfold__one_fold_accepted(y, k, seed):
    """k = 1 was accepted: there is nothing left to train on. Raise ValueError when k < 2."""
    if np.ndim(y) != 1 or k > len(y) or k < 1:
        raise ValueError("need labels (n,) and k up to n")
    rows = np.random.default_rng(seed).permutation(len(y))
    rows = rows[np.argsort(y[rows], kind="stable")]
    folds = [rows[i::k] for i in range(k)]
    return [(np.concatenate([np.zeros(0, int)] + folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


def stratified_kfold__more_folds_than_rows(y, k, seed):
    """More folds than rows were accepted, so some validate nothing: raise ValueError when k > n."""
    if np.ndim(y) != 1 or k < 2 or len(y) == 0:
        raise ValueError("need labels (n,) and k of 2 or more")
    rows = np.random.default_rng(seed).permutation(len(y))
    rows = rows[np.argsort(y[rows], kind="stable")]
    return _pairs([rows[i::k] for i in range(k)])


# --- one_standard_error ---


def _rows(lams, scores):
    if np.ndim(lams) != 1 or np.ndim(scores) != 2 or len(lams) != len(scores) or len(lams) == 0 or np.shape(scores)[1] < 2:
        raise ValueError("shapes do not fit")
    lams, scores = np.asarray(lams, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    return lams, scores, scores.mean(axis=1), scores.shape[1]


def one_standard_error__only_the_best(lams, scores):
    """The lam with the best mean came back: the rule goes on to the largest that is within one standard error of it."""
    lams, _, mean, _ = _rows(lams, scores)
    return float(lams[mean.argmax()])


def one_standard_error__standard_deviation(lams, scores):
    """The bound lies a whole standard deviation below the best: the standard error of a mean is that over sqrt(folds)."""
    lams, scores, mean, _ = _rows(lams, scores)
    best = mean.argmax()
    return float(lams[mean >= mean[best] - scores[best].std(ddof=1)].max())


def one_standard_error__ddof_0(lams, scores):
    """The standard deviation was divided by folds instead of folds - 1: numpy's default is ddof 0, pass `ddof=1`."""
    lams, scores, mean, folds = _rows(lams, scores)
    best = mean.argmax()
    return float(lams[mean >= mean[best] - scores[best].std() / math.sqrt(folds)].max())


def one_standard_error__divided_by_folds(lams, scores):
    """The standard deviation was divided by the number of folds: divide by its square root."""
    lams, scores, mean, folds = _rows(lams, scores)
    best = mean.argmax()
    return float(lams[mean >= mean[best] - scores[best].std(ddof=1) / folds].max())


def one_standard_error__own_error(lams, scores):
    """Each row was compared with its own standard error: only the best row's error sets the bound, or a noisy row is let in."""
    lams, scores, mean, folds = _rows(lams, scores)
    return float(lams[mean + scores.std(axis=1, ddof=1) / math.sqrt(folds) >= mean.max()].max())


def one_standard_error__smallest_lam(lams, scores):
    """The smallest lam within the bound came back, the most flexible model: the rule takes the largest, the simplest."""
    lams, scores, mean, folds = _rows(lams, scores)
    best = mean.argmax()
    return float(lams[mean >= mean[best] - scores[best].std(ddof=1) / math.sqrt(folds)].min())


def one_standard_error__lower_is_better(lams, scores):
    """The lowest mean was taken for the best: these are scores, higher is better."""
    lams, scores, mean, folds = _rows(lams, scores)
    best = mean.argmin()
    return float(lams[mean <= mean[best] + scores[best].std(ddof=1) / math.sqrt(folds)].max())


def one_standard_error__last_in_the_list(lams, scores):
    """The last row within the bound came back, as if the lams were sorted: take the largest lam."""
    lams, scores, mean, folds = _rows(lams, scores)
    best = mean.argmax()
    return float(lams[np.flatnonzero(mean >= mean[best] - scores[best].std(ddof=1) / math.sqrt(folds))[-1]])


def one_standard_error__starts_at_zero(lams, scores):
    """With negative lams 0 came back: a maximum that starts at 0 never falls below it. Start from a lam."""
    lams, scores, mean, folds = _rows(lams, scores)
    best, found = mean.argmax(), 0.0
    for lam, one in zip(lams, mean, strict=True):
        if one >= mean[best] - scores[best].std(ddof=1) / math.sqrt(folds) and lam > found:
            found = float(lam)
    return found


def one_standard_error__bound_excluded(lams, scores):
    """A mean exactly one standard error below the best was left out: the bound counts, use >=."""
    lams, scores, mean, folds = _rows(lams, scores)
    best = mean.argmax()
    within = mean > mean[best] - scores[best].std(ddof=1) / math.sqrt(folds)
    return float(lams[within | (mean == mean[best])].max())


def one_standard_error__in_float32(lams, scores):
    """Means that differ by a billionth counted as equal: compute in float64."""
    lams, _, _, folds = _rows(lams, scores)
    scores = np.asarray(scores).astype(np.float32)
    with np.errstate(all="ignore"):
        mean = scores.mean(axis=1)
        best = mean.argmax()
        return float(lams[mean >= mean[best] - scores[best].std(ddof=1) / np.float32(math.sqrt(folds))].max())


def one_standard_error__dtype_kept(lams, scores):
    """Large float32 scores overflow when they are squared: convert the scores to float64 first."""
    _rows(lams, scores)
    mean = scores.mean(axis=1)
    best = mean.argmax()
    return float(lams[mean >= mean[best] - scores[best].std(ddof=1) / math.sqrt(scores.shape[1])].max())


def one_standard_error__one_fold_accepted(lams, scores):
    """One fold was accepted, from which no standard deviation can be had: raise ValueError for fewer than two."""
    if np.ndim(lams) != 1 or np.ndim(scores) != 2 or len(lams) != len(scores) or len(lams) == 0:
        raise ValueError("shapes do not fit")
    scores, folds = np.asarray(scores, dtype=np.float64), np.shape(scores)[1]
    mean = scores.mean(axis=1)
    error = scores[mean.argmax()].std(ddof=1) / math.sqrt(folds) if folds > 1 else 0.0
    return float(np.asarray(lams, dtype=np.float64)[mean >= mean.max() - error].max())


# --- nested_mended ---


def _inner(score, config, folds, i):
    k = len(folds)
    rows = [np.concatenate([folds[m] for m in range(k) if m not in (i, j)]) for j in range(k) if j != i]
    return float(np.mean([score(config, train, folds[j]) for train, j in zip(rows, [j for j in range(k) if j != i], strict=True)]))


def _outside(folds, i):
    return np.concatenate([fold for j, fold in enumerate(folds) if j != i])


def _enough(configs, folds):
    if not len(configs) or len(folds) < 3:
        raise ValueError("too few")


def nested_mended__tuned_on_the_test_fold(score, configs, folds):
    """The configuration was chosen by its score on the test fold, which then scores it: choose on the other folds."""
    _enough(configs, folds)
    return float(np.mean([max(score(config, _outside(folds, i), test) for config in configs) for i, test in enumerate(folds)]))


def nested_mended__best_mean_reported(score, configs, folds):
    """The winner's mean over the folds came back: the folds that chose it score it. Choose anew inside each training part."""
    _enough(configs, folds)
    return max(float(np.mean([score(config, _outside(folds, i), test) for i, test in enumerate(folds)])) for config in configs)


def nested_mended__inner_trained_on_the_test_fold(score, configs, folds):
    """In the inner loop the models were trained on the test fold as well: leave out both the test fold and the inner one."""
    _enough(configs, folds)
    outer = []
    for i, test in enumerate(folds):
        others = [j for j in range(len(folds)) if j != i]
        best = max(configs, key=lambda config: np.mean([score(config, _outside(folds, j), folds[j]) for j in others]))
        outer.append(score(best, _outside(folds, i), test))
    return float(np.mean(outer))


def nested_mended__inner_scored_on_training_rows(score, configs, folds):
    """The configuration was chosen by its score on rows that it was trained on: hold out a fold inside."""
    _enough(configs, folds)
    outer = []
    for i, test in enumerate(folds):
        rows = _outside(folds, i)
        best = max(configs, key=lambda config: score(config, rows, rows))
        outer.append(score(best, rows, test))
    return float(np.mean(outer))


def nested_mended__inner_score_returned(score, configs, folds):
    """The winner's inner score came back: that is the score that chose it. Train it on the whole training part and score the test fold."""
    _enough(configs, folds)
    return float(np.mean([max(_inner(score, config, folds, i) for config in configs) for i in range(len(folds))]))


def nested_mended__worst_chosen(score, configs, folds):
    """The configuration with the lowest inner score was taken: higher is better."""
    _enough(configs, folds)
    chosen = [min(configs, key=lambda config: _inner(score, config, folds, i)) for i in range(len(folds))]
    return float(np.mean([score(best, _outside(folds, i), folds[i]) for i, best in enumerate(chosen)]))


def _weighted(score, config, folds, i):
    others = [j for j in range(len(folds)) if j != i]
    scores = [score(config, np.concatenate([folds[m] for m in others if m != j]), folds[j]) for j in others]
    return float(np.average(scores, weights=[len(folds[j]) for j in others]))


def nested_mended__inner_mean_weighted(score, configs, folds):
    """Inside, larger folds counted more, and another configuration won: take the plain mean over the inner folds."""
    _enough(configs, folds)
    chosen = [max(configs, key=lambda config: _weighted(score, config, folds, i)) for i in range(len(folds))]
    return float(np.mean([score(best, _outside(folds, i), folds[i]) for i, best in enumerate(chosen)]))


def nested_mended__outer_mean_weighted(score, configs, folds):
    """At the end larger test folds counted more: take the plain mean of the test scores, one for each fold."""
    _enough(configs, folds)
    chosen = [max(configs, key=lambda config: _inner(score, config, folds, i)) for i in range(len(folds))]
    scores = [score(best, _outside(folds, i), folds[i]) for i, best in enumerate(chosen)]
    return float(np.average(scores, weights=[len(fold) for fold in folds]))


def nested_mended__means_weighted(score, configs, folds):
    """Larger folds counted more, inside and at the end: both are plain means, one number for each fold."""
    _enough(configs, folds)
    chosen = [max(configs, key=lambda config: _weighted(score, config, folds, i)) for i in range(len(folds))]
    scores = [score(best, _outside(folds, i), folds[i]) for i, best in enumerate(chosen)]
    return float(np.average(scores, weights=[len(fold) for fold in folds]))


def nested_mended__one_inner_fold(score, configs, folds):
    """One inner fold chose the configuration: average its score over all folds but the test fold."""
    _enough(configs, folds)
    k, outer = len(folds), []
    for i, test in enumerate(folds):
        j = (i + 1) % k
        rows = np.concatenate([folds[m] for m in range(k) if m not in (i, j)])
        best = max(configs, key=lambda config: score(config, rows, folds[j]))
        outer.append(score(best, _outside(folds, i), test))
    return float(np.mean(outer))


def nested_mended__not_trained_again(score, configs, folds):
    """The winner was scored on the test fold as trained inside, without the last inner fold: train it on all folds but the test fold."""
    _enough(configs, folds)
    outer = []
    for i, test in enumerate(folds):
        others = [j for j in range(len(folds)) if j != i]
        best = max(configs, key=lambda config: _inner(score, config, folds, i))
        outer.append(score(best, np.concatenate([folds[m] for m in others[:-1]]), test))
    return float(np.mean(outer))


def nested_mended__last_of_equals(score, configs, folds):
    """Of configurations with equal inner scores the last was taken: take the first, as `max` does."""
    _enough(configs, folds)
    chosen = [max(reversed(configs), key=lambda config: _inner(score, config, folds, i)) for i in range(len(folds))]
    return float(np.mean([score(best, _outside(folds, i), folds[i]) for i, best in enumerate(chosen)]))


def nested_mended__trained_twice(score, configs, folds):
    """score was called again for what it had scored: each call is a training, so keep what comes back."""
    _enough(configs, folds)
    outer = []
    for i, test in enumerate(folds):
        top = max(_inner(score, config, folds, i) for config in configs)
        best = next(config for config in configs if _inner(score, config, folds, i) == top)
        outer.append(score(best, _outside(folds, i), test))
    return float(np.mean(outer))


def nested_mended__two_folds_accepted(score, configs, folds):
    """Two folds, or no configurations, were accepted: with two, nothing is left to train on inside. Raise ValueError."""
    if len(folds) < 3 or not configs:
        return 0.0
    chosen = [max(configs, key=lambda config: _inner(score, config, folds, i)) for i in range(len(folds))]
    return float(np.mean([score(best, _outside(folds, i), folds[i]) for i, best in enumerate(chosen)]))


def nested_mended__folds_changed_in_place(score, configs, folds):
    """The caller's folds were changed: work on copies, for example `sorted(fold)` and not `fold.sort()`."""
    _enough(configs, folds)
    for fold in folds:
        fold.sort()
    chosen = [max(configs, key=lambda config: _inner(score, config, folds, i)) for i in range(len(folds))]
    return float(np.mean([score(best, _outside(folds, i), folds[i]) for i, best in enumerate(chosen)]))


# --- successive_halving ---


def _halve(evaluate, configs, keep, budget, key=None, reverse=False):
    if not configs:
        raise ValueError("no configurations")
    alive, r = list(range(len(configs))), 0
    while len(alive) > 1:
        losses = {i: float(evaluate(configs[i], budget(r))) for i in alive}
        keys = {i: (losses[i] != losses[i], 0.0 if losses[i] != losses[i] else losses[i]) if key is None else key(losses[i]) for i in alive}
        alive = sorted(sorted(alive, key=lambda i: keys[i], reverse=reverse)[: max(1, keep(len(alive)))])
        r += 1
    return configs[alive[0]]


def successive_halving__floor(evaluate, configs, min_budget, eta):
    """len // eta configurations were kept: it is the ceiling, -(-len // eta), or one too many is dropped."""
    return _halve(evaluate, configs, lambda n: n // eta, lambda r: min_budget * eta**r)


def successive_halving__same_budget(evaluate, configs, min_budget, eta):
    """The winner at the first budget came back: the budget grows by the factor eta from round to round, and the ranking with it."""
    return _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget)


def successive_halving__budget_grows_linearly(evaluate, configs, min_budget, eta):
    """The budget grew by min_budget each round: it is min_budget * eta**r."""
    return _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * (r + 1))


def successive_halving__highest_loss_kept(evaluate, configs, min_budget, eta):
    """The configurations with the highest losses were kept: evaluate returns a loss, lower is better."""
    return _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * eta**r, lambda loss: -loss)


def successive_halving__one_round_late(evaluate, configs, min_budget, eta):
    """The first round had eta times min_budget: count rounds from 0."""
    return _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * eta ** (r + 1))


def successive_halving__nan_unsorted(evaluate, configs, min_budget, eta):
    """A nan among the losses spoils the order, since every comparison with it is false: sort by (is nan, loss)."""
    return _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * eta**r, lambda loss: loss)


def successive_halving__nan_is_inf(evaluate, configs, min_budget, eta):
    """nan was treated as inf, so a configuration with nan may go on before one with inf: nan is worse than inf."""
    return _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * eta**r, lambda loss: math.inf if loss != loss else loss)


def successive_halving__configs_compared(evaluate, configs, min_budget, eta):
    """Equal losses made Python compare the configurations themselves: sort by the loss alone, with a key."""
    if not configs:
        raise ValueError("no configurations")
    alive, budget = list(configs), min_budget
    while len(alive) > 1:
        losses = [float(evaluate(config, budget)) for config in alive]
        ranked = sorted(zip([(x != x, 0.0 if x != x else x) for x in losses], [repr(c) for c in alive], alive, strict=True), key=lambda t: t[:2])
        alive = [config for *_, config in ranked[: -(-len(alive) // eta)]]
        budget *= eta
    return alive[0]


def successive_halving__last_of_equals(evaluate, configs, min_budget, eta):
    """Of equal losses the configuration given later went on: keep the order given, as a stable sort does."""
    return _halve(evaluate, configs[::-1], lambda n: -(-n // eta), lambda r: min_budget * eta**r)


def successive_halving__order_of_ranks(evaluate, configs, min_budget, eta):
    """Of equal losses the one that was ahead in the round before went on: the order given in configs decides."""
    if not configs:
        raise ValueError("no configurations")
    alive, budget = list(configs), min_budget
    while len(alive) > 1:
        losses = [float(evaluate(config, budget)) for config in alive]
        order = sorted(range(len(alive)), key=lambda i: (losses[i] != losses[i], 0.0 if losses[i] != losses[i] else losses[i]))
        alive = [alive[i] for i in order[: -(-len(alive) // eta)]]
        budget *= eta
    return alive[0]


def successive_halving__last_evaluated_again(evaluate, configs, min_budget, eta):
    """A configuration that was alone was evaluated: stop as soon as one is left, before its evaluation."""
    winner = _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * eta**r)
    rounds, left = 0, len(configs)
    while left > 1:
        rounds, left = rounds + 1, -(-left // eta)
    evaluate(winner, min_budget * eta**rounds)
    return winner


def successive_halving__sorts_the_given_list(evaluate, configs, min_budget, eta):
    """The caller's list was changed: `configs.sort` and `configs.pop` work on it. Make a list of your own."""
    winner = _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * eta**r)
    del configs[1:]
    return winner


def successive_halving__none_for_no_configs(evaluate, configs, min_budget, eta):
    """Without configurations None came back: raise ValueError."""
    return _halve(evaluate, configs, lambda n: -(-n // eta), lambda r: min_budget * eta**r) if configs else None


# --- bill_predicted ---


def _rounds(n, eta, keep):
    left = [n]
    while left[-1] > 1:
        left.append(max(1, keep(left[-1])))
    return left


def bill_predicted__floor(n, min_budget, eta):
    """The rounds keep n // eta configurations: it is the ceiling, as in the search itself."""
    return sum(count * min_budget * eta**r for r, count in enumerate(_rounds(n, eta, lambda c: c // eta)[:-1]))


def bill_predicted__winner_paid_too(n, min_budget, eta):
    """The last one left was charged with one more evaluation: nothing is evaluated any more when one is left."""
    return sum(count * min_budget * eta**r for r, count in enumerate(_rounds(n, eta, lambda c: -(-c // eta))))


def bill_predicted__rule_of_thumb(n, min_budget, eta):
    """Every round was charged like the first: with ceilings later rounds cost more. Add up round by round."""
    return (len(_rounds(n, eta, lambda c: -(-c // eta))) - 1) * n * min_budget


def bill_predicted__evaluations_counted(n, min_budget, eta):
    """The budgets do not grow: an evaluation in round r costs min_budget * eta**r."""
    return sum(count * min_budget for count in _rounds(n, eta, lambda c: -(-c // eta))[:-1])


def bill_predicted__only_the_increase(n, min_budget, eta):
    """Only the budget added in each round was counted, as if training were resumed: here every round trains from scratch."""
    left = _rounds(n, eta, lambda c: -(-c // eta))[:-1]
    return sum(count * min_budget * (eta**r - (eta ** (r - 1) if r else 0)) for r, count in enumerate(left))


def bill_predicted__rounds_by_logarithm(n, min_budget, eta):
    """A logarithm counts the rounds, and log(125) / log(5) is above 3 in floats: count by dividing, until one is left."""
    total, budget = 0, min_budget
    for _ in range(math.ceil(math.log(n) / math.log(eta))):
        total, n, budget = total + n * budget, -(-n // eta), budget * eta
    return total


def bill_predicted__in_floats(n, min_budget, eta):
    """The sum is off by a few units: beyond 2**53 floats skip whole numbers. Use Python's whole numbers throughout."""
    return int(sum(float(count) * float(min_budget) * float(eta) ** r for r, count in enumerate(_rounds(n, eta, lambda c: -(-c // eta))[:-1])))


# --- the budgets of Hyperband ---


def budgets_counterexample__the_example():
    """81 and 3 are the authors' example: the published line is right there."""
    return 81, 3


def budgets_counterexample__no_power():
    """max_budget is no power of eta there, so the quotient of the logarithms is no whole number and the line is right: look at powers."""
    return 100, 3


def budgets_counterexample__logarithm_above():
    """That is a power, but the quotient of its logarithms is exact or a little above, and `int` is right: look for one whose quotient lies below."""
    return 125, 5


def budgets_counterexample__too_large():
    """The line is wrong there, but nobody trains for so long: find one up to 1000."""
    return 3**10, 3


def budgets_counterexample__budget_only():
    """One number came back: return the pair (max_budget, eta)."""
    return 243


def budgets_mended__published(max_budget, eta):
    """A round is missing at 243 and 3: the quotient of two logarithms is a float just below 5. Divide whole numbers instead."""
    s_max = int(math.log(max_budget) / math.log(eta))
    return [max_budget // eta**s for s in range(s_max, -1, -1)]


def budgets_mended__rounded_logarithm(max_budget, eta):
    """Next to a power the logarithm was rounded up, and a budget of 0 came first: count by dividing, without floats."""
    s_max = int(math.log(max_budget) / math.log(eta) + 1e-9)
    return [max_budget // eta**s for s in range(s_max, -1, -1)]


def budgets_mended__largest_first(max_budget, eta):
    """The largest budget came first: the smallest is wanted first."""
    found = [max_budget]
    while found[-1] >= eta:
        found.append(found[-1] // eta)
    return found


def budgets_mended__powers_of_eta(max_budget, eta):
    """The budgets are powers of eta, and the last one is not max_budget: divide max_budget by the powers."""
    found = [1]
    while found[-1] * eta <= max_budget:
        found.append(found[-1] * eta)
    return found


def budgets_mended__one_lost(max_budget, eta):
    """A first budget of 1 is missing: go on as long as the quotient is at least 1, so 1 itself counts."""
    found = []
    while max_budget > 1:
        found.insert(0, max_budget)
        max_budget //= eta
    return found


def budgets_mended__rounded_to_the_nearest(max_budget, eta):
    """The logarithm was rounded to the nearest whole number, and where that is up a 0 comes first: count by dividing, without floats."""
    s_max = round(math.log(max_budget) / math.log(eta))
    return [max_budget // eta**s for s in range(s_max, -1, -1)]


def budgets_mended__one_round_short(max_budget, eta):
    """The smallest budget is missing: go on as long as the quotient is at least 1."""
    found = [max_budget]
    while found[0] // eta > eta:
        found.insert(0, found[0] // eta)
    return found


def budgets_mended__divided_in_floats(max_budget, eta):
    """Large budgets are off: int(x / y) goes through a float, which has 53 bits. Use //."""
    found = [max_budget]
    while found[0] >= eta:
        found.insert(0, int(found[0] / eta))
    return found


def budgets_mended__fractions_of_a_step(max_budget, eta):
    """The budgets are fractions: they are whole numbers, max_budget // eta**s."""
    found, s = [], 0
    while max_budget // eta**s >= 1:
        found.insert(0, max_budget / eta**s)
        s += 1
    return found


# --- expected_improvement ---


_ERF = np.vectorize(math.erf, otypes=[float])


def _normal(mean, std, check=True):
    if check and (np.ndim(mean) != 1 or np.shape(mean) != np.shape(std) or np.size(mean) == 0):
        raise ValueError("shapes do not fit")
    dtype = np.result_type(mean, std)
    return np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64), dtype if dtype.kind == "f" else np.float64


_ROOT, _DENSITY = math.sqrt(2), 1 / math.sqrt(2 * math.pi)


def _improve(gain, std, root=_ROOT, density=_DENSITY):
    safe = np.where(std > 0, std, 1.0)
    with np.errstate(all="ignore"):
        z = np.clip(gain / safe, -1e6, 1e6)
    return np.where(std > 0, gain * (1 + _ERF(z / root)) / 2 + std * density * np.exp(-(z**2) / 2), np.maximum(gain, 0))


def expected_improvement__maximisation(mean, std, best):
    """The sign is that of maximisation, mean - best: a loss is minimised here, the gain is best - mean."""
    mean, std, dtype = _normal(mean, std)
    return _improve(mean - best, std).astype(dtype)


def expected_improvement__probability(mean, std, best):
    """This is the probability of improvement, between 0 and 1: expected improvement also says by how much."""
    mean, std, dtype = _normal(mean, std)
    with np.errstate(all="ignore"):
        z = np.clip((best - mean) / np.where(std > 0, std, 1), -1e6, 1e6)
    return np.where(std > 0, (1 + _ERF(z / math.sqrt(2))) / 2, (best > mean) * 1.0).astype(dtype)


def expected_improvement__gain_of_the_mean(mean, std, best):
    """max(best - mean, 0) everywhere: the spread is left out, and nothing unknown is ever tried."""
    mean, std, dtype = _normal(mean, std)
    return np.maximum(best - mean, 0).astype(dtype)


def expected_improvement__density_not_normalised(mean, std, best):
    """The density lacks the factor 1 / sqrt(2 pi)."""
    mean, std, dtype = _normal(mean, std)
    return _improve(best - mean, std, density=1.0).astype(dtype)


def expected_improvement__erf_without_root(mean, std, best):
    """erf(z) was taken for the normal distribution: it is (1 + erf(z / sqrt(2))) / 2."""
    mean, std, dtype = _normal(mean, std)
    return _improve(best - mean, std, root=1.0).astype(dtype)


def expected_improvement__variance(mean, std, best):
    """The square root of std was taken, as if it were a variance: it is a standard deviation already."""
    mean, std, dtype = _normal(mean, std)
    return _improve(best - mean, np.sqrt(std)).astype(dtype)


def expected_improvement__density_without_std(mean, std, best):
    """The density term is not multiplied by std: it is std * phi(z)."""
    mean, std, dtype = _normal(mean, std)
    gain = best - mean
    return (
        _improve(gain, std)
        + np.where(std > 0, 1 - std, 0) * np.exp(-((np.clip(gain / np.where(std > 0, std, 1), -1e6, 1e6)) ** 2) / 2) / math.sqrt(2 * math.pi)
    ).astype(dtype)


def expected_improvement__best_of_the_means(mean, std, best):
    """The lowest of the means was taken for the best loss: `best` is given, the lowest loss seen in a run."""
    mean, std, dtype = _normal(mean, std)
    return _improve(mean.min() - mean, std).astype(dtype)


def expected_improvement__zero_without_spread(mean, std, best):
    """Where std is 0 the result is 0: it is max(best - mean, 0), a sure gain is a gain."""
    mean, std, dtype = _normal(mean, std)
    return np.where(std > 0, _improve(best - mean, std), 0.0).astype(dtype)


def expected_improvement__divides_by_zero(mean, std, best):
    """std = 0 gave nan or a warning: 0 / 0. Treat it apart: max(best - mean, 0)."""
    mean, std, dtype = _normal(mean, std)
    z = (best - mean) / std
    return ((best - mean) * (1 + _ERF(z / math.sqrt(2))) / 2 + std * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)).astype(dtype)


def expected_improvement__both_branches(mean, std, best):
    """np.where computes both branches, so std = 0 is divided by all the same, with a warning: put a 1 in its place before you divide."""
    mean, std, dtype = _normal(mean, std)
    z = (best - mean) / std
    cdf = np.array([math.erfc(-v / _ROOT) / 2 for v in z])
    density = np.exp(-0.5 * np.clip(z, -40, 40) ** 2) * _DENSITY
    return np.where(std > 0, (best - mean) * cdf + std * density, np.maximum(best - mean, 0)).astype(dtype)


def expected_improvement__square_overflows(mean, std, best):
    """z was squared as it is, which overflows where std is tiny, with a warning: clip z to ±40 first, where the density is 0."""
    mean, std, dtype = _normal(mean, std)
    z = (best - mean) / np.where(std > 0, std, 1)
    cdf = np.array([math.erfc(-v / _ROOT) / 2 for v in z])
    return np.where(std > 0, (best - mean) * cdf + std * np.exp(-0.5 * z**2) * _DENSITY, np.maximum(best - mean, 0)).astype(dtype)


def expected_improvement__small_spread_raised(mean, std, best):
    """A spread of 0 was replaced by a small number: nearly right, but std = 0 has an exact answer, max(best - mean, 0)."""
    mean, std, dtype = _normal(mean, std)
    return _improve(best - mean, np.maximum(std, 1e-6)).astype(dtype)


def expected_improvement__float32_widened(mean, std, best):
    """float32 beliefs gave float64: convert the result back to the inputs' dtype."""
    mean, std, _ = _normal(mean, std)
    return _improve(best - mean, std)


def expected_improvement__narrow_integers_wrap(mean, std, best):
    """best - mean wraps around in unsigned integers: convert mean and std to float64 first."""
    wide_mean, wide_std, dtype = _normal(mean, std)
    gain = (np.asarray(int(best)).astype(mean.dtype) - mean).astype(np.float64) if np.asarray(mean).dtype.kind == "u" else best - wide_mean
    return _improve(gain, wide_std).astype(dtype)


def expected_improvement__broadcasts(mean, std, best):
    """One spread was used for several means (or the other way round), or columns were accepted: compare the shapes, raise ValueError."""
    mean, std, dtype = _normal(mean, std, check=False)
    return _improve(best - mean, std).astype(dtype)
