"""First drafts of the lesson hyperparameters, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import itertools
import math
import random

import numpy as np

# --- parameter_grid ---


def parameter_grid__product_of_values(space):
    """keys-not-sorted: the first idea, straight from the dict."""
    return [dict(zip(space.keys(), combination, strict=False)) for combination in itertools.product(*space.values())]


def parameter_grid__grows_from_the_back(space):
    """first-key-fastest: each new key is put outside of what there is."""
    points = [{}]
    for key in sorted(space):
        points = [{**point, key: value} for value in space[key] for point in points]
    return points


def parameter_grid__zip_of_lists(space):
    """zipped: pairs the lists up to the shortest."""
    if not space:
        return [{}]
    keys = sorted(space)
    return [{k: v for k, v in zip(keys, row, strict=False)} for row in zip(*[space[k] for k in keys], strict=False)]


def parameter_grid__nested_loop_of_two(space):
    """none: two loops, for two keys."""
    keys = sorted(space)
    a, b = keys[0], keys[1]
    return [{a: x, b: y} for x in space[a] for y in space[b]]


def parameter_grid__guard_for_empty(space):
    """empty-space-has-none: returns early when there is nothing."""
    if not space:
        return []
    keys, out = sorted(space), [{}]
    for key in keys:
        out = [dict(point, **{key: value}) for point in out for value in space[key]]
    return out


def parameter_grid__update_and_append(space):
    """one-dict-for-all: appends the same dict again and again."""
    out, current, keys = [], {}, sorted(space)

    def go(i):
        if i == len(keys):
            out.append(current)
            return
        for value in space[keys[i]]:
            current[keys[i]] = value
            go(i + 1)

    go(0)
    return out


def parameter_grid__meshgrid(space):
    """none: through arrays of numbers; single values get NumPy's types and names are lost."""
    keys = sorted(space)
    grids = np.meshgrid(*[np.arange(len(space[k])) for k in keys], indexing="xy")
    return [{k: space[k][int(g.ravel()[i])] for k, g in zip(keys, grids, strict=True)} for i in range(grids[0].size)] if keys else [{}]


def parameter_grid__defaults_for_empty_lists(space):
    """empty-key-skipped: skips what has no values."""
    out = [{}]
    for key, values in sorted(space.items()):
        if not values:
            continue
        out = [{**p, key: v} for p in out for v in values]
    return out


def parameter_grid__tuples_only(space):
    """none: the combinations without their keys."""
    return list(itertools.product(*(space[k] for k in sorted(space))))


def parameter_grid__unique_values(space):
    """values-in-a-set: no value is tried twice."""
    keys = sorted(space)
    return [dict(zip(keys, combination, strict=True)) for combination in itertools.product(*[list(set(space[k])) for k in keys])]


# --- log_uniform ---


def log_uniform__np_uniform(n, low, high, seed):
    """uniform: draws the number itself."""
    if low <= 0 or high <= low:
        raise ValueError
    return np.random.default_rng(seed).uniform(low, high, size=n)


def log_uniform__logspace_choice(n, low, high, seed):
    """none: picks among 20 fixed points."""
    if low <= 0 or high <= low:
        raise ValueError
    return np.random.default_rng(seed).choice(np.geomspace(low, high, 20), n)


def log_uniform__geomspace_draft(n, low, high, seed):
    """geomspace: a grid and no draw."""
    return np.geomspace(low, high, n)


def log_uniform__natural_and_ten(n, low, high, seed):
    """ten-to-the-ln: log of the bounds, then a power of ten."""
    u = np.random.default_rng(seed).uniform(np.log(low), np.log(high), n)
    with np.errstate(all="ignore"):
        return 10**u


def log_uniform__ten_and_natural(n, low, high, seed):
    """exp-of-log10: log10 of the bounds, then exp."""
    rng = np.random.default_rng(seed)
    return np.exp(rng.uniform(np.log10(low), np.log10(high), n))


def log_uniform__seed_42(n, low, high, seed=0):
    """fixed-seed: a seed of its own, with another generator than the known mistake's."""
    np.random.seed(42)
    return np.exp(np.random.uniform(np.log(low), np.log(high), n))


def log_uniform__no_seed(n, low, high, seed):
    """unseeded: draws from fresh entropy."""
    if low <= 0 or high <= low:
        raise ValueError
    return np.exp(np.random.default_rng().uniform(np.log(low), np.log(high), n))


def log_uniform__no_refusals(n, low, high, seed):
    """right: right but for the refusals, of which a log of a negative number makes nan."""
    with np.errstate(all="ignore"):
        low, high = float(low), float(high)
        return low ** (1 - (u := np.random.default_rng(seed).random(n))) * high**u if low > 0 and high > 0 else np.full(n, np.nan)


def log_uniform__power_of_the_ratio(n, low, high, seed):
    """ratio-overflows: low times the ratio to the power u."""
    if low <= 0 or high <= low:
        raise ValueError("bad bounds")
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        return low * (np.float64(high) / np.float64(low)) ** rng.random(n)


def log_uniform__sorts(n, low, high, seed):
    """sorted: draws, then sorts, as one does for a plot."""
    if low <= 0 or high <= low:
        raise ValueError("bounds")
    rng = np.random.default_rng(seed)
    return np.exp(np.sort(rng.uniform(np.log(low), np.log(high), n)))


def log_uniform__looks_at_the_order(n, low, high, seed):
    """log-of-a-bad-bound or right: refuses high <= low only."""
    if high <= low:
        raise ValueError("bounds")
    return np.exp(np.random.default_rng(seed).uniform(np.log(low), np.log(high), n))


def log_uniform__legacy_uniform(n, low, high, seed):
    """uniform: draws the number, with a legacy generator."""
    if low <= 0 or high <= low:
        raise ValueError("bounds")
    return np.random.RandomState(seed).uniform(low, high, n)


def log_uniform__shuffled_grid(n, low, high, seed):
    """geomspace: a grid in random order."""
    return np.random.default_rng(seed).permutation(np.geomspace(low, high, n))


def log_uniform__integers_of_log10(n, low, high, seed):
    """whole-decades: whole exponents, from below low on."""
    lo, hi = int(np.floor(np.log10(low))), int(np.floor(np.log10(high)))
    return 10.0 ** np.random.default_rng(seed).integers(lo, hi + 1, n)


def log_uniform__normal_exponent(n, low, high, seed):
    """clipped: a normal exponent, cut to the bounds."""
    a, b = np.log(low), np.log(high)
    return np.exp(np.clip(np.random.default_rng(seed).normal((a + b) / 2, (b - a) / 4, n), a, b))


def log_uniform__triangular(n, low, high, seed):
    """none: an exponent in the middle more often."""
    rng = np.random.default_rng(seed)
    u = (rng.random(n) + rng.random(n)) / 2
    return np.exp(np.log(low) + u * (np.log(high) - np.log(low)))


# --- kfold_indices ---


def kfold_indices__array_split_of_arange(n, k, seed):
    """not-shuffled: the seed isn't used."""
    if k < 2 or k > n:
        raise ValueError
    folds = np.array_split(np.arange(n), k)
    return [(np.hstack(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


def kfold_indices__size_by_division(n, k, seed):
    """last-takes-the-remainder: sizes of n // k, and the rest at the end."""
    if k < 2 or k > n:
        raise ValueError
    idx = np.random.default_rng(seed).permutation(n)
    s, out = n // k, []
    for i in range(k):
        a, b = i * s, (i + 1) * s
        if i == k - 1:
            b = n
        out.append((np.concatenate([idx[:a], idx[b:]]), idx[a:b]))
    return out


def kfold_indices__rest_forgotten(n, k, seed):
    """remainder-lost or none: left-over rows stay in every train."""
    if k < 2 or k > n:
        raise ValueError
    idx, s = np.random.default_rng(seed).permutation(n), n // k
    return [(np.setdiff1d(idx, idx[i * s : (i + 1) * s]), idx[i * s : (i + 1) * s]) for i in range(k)]


def kfold_indices__random_choice_each_time(n, k, seed):
    """shuffled-for-each-fold: draws every fold anew from all rows."""
    if k < 2 or k > n:
        raise ValueError
    rng, out = np.random.default_rng(seed), []
    for _ in range(k):
        validation = rng.choice(n, n // k, replace=False)
        out.append((np.setdiff1d(np.arange(n), validation), validation))
    return out


def kfold_indices__all_rows_in_train(n, k, seed):
    """validation-in-train: trains on everything."""
    if k < 2 or k > n:
        raise ValueError
    idx = np.random.default_rng(seed).permutation(n)
    return [(idx, part) for part in np.array_split(idx, k)]


def kfold_indices__validation_first(n, k, seed):
    """pairs-swapped: hands out (validation, train)."""
    if k < 2 or k > n:
        raise ValueError
    folds = np.array_split(np.random.default_rng(seed).permutation(n), k)
    return [(folds[i], np.concatenate(folds[:i] + folds[i + 1 :])) for i in range(k)]


def kfold_indices__seed_not_passed(n, k, seed):
    """unseeded: another random order in every call."""
    if k < 2 or k > n:
        raise ValueError
    idx = list(range(n))
    random.SystemRandom().shuffle(idx)
    return [([r for r in idx if r not in set(idx[i::k])], idx[i::k]) for i in range(k)]


def kfold_indices__no_look_at_k(n, k, seed):
    """right: right where k fits; says nothing of a k that does not."""
    idx = np.random.default_rng(seed).permutation(n)
    return [(np.concatenate([idx[j::k] for j in range(k) if j != i]) if k > 1 else idx[:0], idx[i::k]) for i in range(k)]


def kfold_indices__generator(n, k, seed):
    """none: yields pairs, so what comes back is no list."""
    idx = np.random.default_rng(seed).permutation(n)
    folds = np.array_split(idx, k)
    return ((np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k))


def kfold_indices__legacy_rest_at_the_end(n, k, seed):
    """last-takes-the-remainder: with a legacy generator and sorted train."""
    if k < 2 or k > n:
        raise ValueError("k")
    p, s = np.random.RandomState(seed).permutation(n), n // k
    folds = [p[i * s : (i + 1) * s] if i < k - 1 else p[i * s :] for i in range(k)]
    return [(np.setdiff1d(np.arange(n), f), f) for f in folds]


def kfold_indices__shuffles_in_the_loop(n, k, seed):
    """shuffled-for-each-fold: a new permutation in each round."""
    if k < 2 or k > n:
        raise ValueError("k")
    rng, out = random.Random(seed), []
    for i in range(k):
        p = list(range(n))
        rng.shuffle(p)
        folds = np.array_split(np.array(p), k)
        out.append((np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]))
    return out


def kfold_indices__swaps(n, k, seed):
    """pairs-swapped: the fold first, the rest sorted."""
    if k < 2:
        raise ValueError("k")
    return [(fold, np.setdiff1d(np.arange(n), fold)) for fold in np.array_split(np.random.RandomState(seed).permutation(n), k)]


def kfold_indices__order_of_folds(n, k, seed):
    """folds-shuffled: cuts first, then shuffles the folds."""
    if k < 2 or k > n:
        raise ValueError("k")
    folds = np.array_split(np.arange(n), k)
    order = np.random.RandomState(seed).permutation(k)
    return [(np.concatenate([folds[j] for j in range(k) if j != i]), folds[i]) for i in order]


# --- stratified_kfold ---


def _deal(rows, k):
    return [(np.concatenate([rows[j::k] for j in range(k) if j != i]), rows[i::k]) for i in range(k)]


def stratified_kfold__plain(y, k, seed):
    """not-stratified: the function from before."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    folds = np.array_split(np.random.default_rng(seed).permutation(len(y)), k)
    return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


def stratified_kfold__array_split_each_class(y, k, seed):
    """surplus-in-the-first-folds: array_split for every class."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    rng, val = np.random.default_rng(seed), [[] for _ in range(k)]
    for c in np.unique(y):
        for i, part in enumerate(np.array_split(rng.permutation(np.where(y == c)[0]), k)):
            val[i].append(part)
    val = [np.concatenate(v) for v in val]
    return [(np.concatenate(val[:i] + val[i + 1 :]), val[i]) for i in range(k)]


def stratified_kfold__round_robin_each_class(y, k, seed):
    """surplus-in-the-first-folds: every class starts at fold 0."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    rng, fold = np.random.default_rng(seed), np.zeros(len(y), dtype=int)
    for c in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == c))
        fold[rows] = np.arange(len(rows)) % k
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(k)]


def stratified_kfold__sorted_without_shuffle(y, k, seed):
    """not-shuffled: deals out the sorted rows."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    return _deal(np.argsort(y, kind="stable"), k)


def stratified_kfold__cuts_the_sorted_rows(y, k, seed):
    """sorted-blocks or not-stratified: sorts by class and cuts."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    rows = np.random.default_rng(seed).permutation(len(y))
    rows = rows[np.argsort(y[rows], kind="stable")]
    parts = np.array_split(rows, k)
    return [(np.concatenate(parts[:i] + parts[i + 1 :]), parts[i]) for i in range(k)]


def stratified_kfold__refuses_small_classes(y, k, seed):
    """rare-class-refused: as scikit-learn nearly does."""
    if k < 2 or y.ndim != 1 or len(y) == 0 or min(np.unique(y, return_counts=True)[1]) < k:
        raise ValueError("too few rows of a class")
    rows = np.random.default_rng(seed).permutation(len(y))
    return _deal(rows[np.argsort(y[rows], kind="stable")], k)


def stratified_kfold__bincount_of_labels(y, k, seed):
    """none: counts labels with bincount, which negative ones do not survive."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    counts = np.bincount(y)
    rows = np.random.default_rng(seed).permutation(len(y))
    order = np.concatenate([rows[y[rows] == c] for c in range(len(counts))])
    return _deal(order, k)


def stratified_kfold__shuffles_y(y, k, seed):
    """none: shuffles the labels and forgets where they came from."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    shuffled = np.random.default_rng(seed).permutation(y)
    return _deal(np.argsort(shuffled, kind="stable"), k)


def stratified_kfold__fixed_generator(y, k, seed):
    """fixed-seed: the generator of the example."""
    if k < 2 or k > len(y) or y.ndim != 1:
        raise ValueError
    rows = np.random.default_rng(0).permutation(len(y))
    return _deal(rows[np.argsort(y[rows], kind="stable")], k)


def stratified_kfold__no_rules(y, k, seed):
    """right: right where all fits, without a look at k or the shape."""
    rows = np.random.default_rng(seed).permutation(len(y))
    return _deal(rows[np.argsort(np.ravel(y)[rows], kind="stable")], max(k, 2))


def stratified_kfold__rest_of_each_class_at_the_end(y, k, seed):
    """last-fold-takes-the-remainder: floor of each class, train as the complement."""
    if y.ndim != 1 or len(y) == 0 or k < 2 or k > len(y):
        raise ValueError("y or k")
    rng, val = np.random.RandomState(seed), [[] for _ in range(k)]
    for c in np.unique(y):
        rows = rng.permutation(np.where(y == c)[0])
        size = len(rows) // k
        for i in range(k):
            val[i] += rows[i * size : (i + 1) * size if i < k - 1 else len(rows)].tolist()
    return [(np.array([r for r in range(len(y)) if r not in set(v)], dtype=int), np.array(v, dtype=int)) for v in val]


def stratified_kfold__range_of_labels(y, k, seed):
    """labels-as-indices: goes through 0 to the largest label."""
    rng, fold, start = np.random.default_rng(seed), np.zeros(len(y), int), 0
    for c in range(int(np.max(y)) + 1):
        rows = np.flatnonzero(y == c)
        rng.shuffle(rows)
        fold[rows] = (start + np.arange(len(rows))) % k
        start += len(rows)
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(k)]


# --- one_standard_error ---


def one_standard_error__argmax(lams, scores):
    """only-the-best: the usual choice."""
    return lams[np.argmax(np.mean(scores, axis=1))]


def one_standard_error__np_std(lams, scores):
    """ddof-0: numpy's default."""
    m = scores.mean(axis=1)
    i = np.argmax(m)
    se = np.std(scores[i]) / np.sqrt(scores.shape[1])
    return max(lams[m >= m[i] - se])


def one_standard_error__std_is_the_error(lams, scores):
    """standard-deviation: one standard deviation, called error."""
    m = scores.mean(axis=1)
    i = np.argmax(m)
    return lams[m >= m[i] - scores[i].std(ddof=1)].max()


def one_standard_error__error_of_each(lams, scores):
    """own-error: each row's bar must reach the best mean."""
    m, se = scores.mean(axis=1), scores.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
    return max(lam for lam, a, b in zip(lams, m, se, strict=True) if a + b >= m.max())


def one_standard_error__least_penalty(lams, scores):
    """smallest-lam: simple taken for small."""
    m = scores.mean(axis=1)
    i = m.argmax()
    return lams[m >= m[i] - scores[i].std(ddof=1) / scores.shape[1] ** 0.5].min()


def one_standard_error__walks_to_the_right(lams, scores):
    """none: walks on from the best row as long as the next one is within."""
    m = scores.mean(axis=1)
    i = j = int(m.argmax())
    bound = m[i] - scores[i].std(ddof=1) / scores.shape[1] ** 0.5
    while j + 1 < len(lams) and m[j + 1] >= bound:
        j += 1
    return lams[j]


def one_standard_error__strictly_within(lams, scores):
    """bound-excluded: greater than the bound."""
    m = scores.mean(axis=1)
    i = m.argmax()
    good = lams[m > m[i] - scores[i].std(ddof=1) / np.sqrt(scores.shape[1])]
    return good.max()


def one_standard_error__means_over_lams(lams, scores):
    """none: the mean over the wrong axis."""
    m = scores.mean(axis=0)
    i = m.argmax()
    return lams[i]


def one_standard_error__no_rules(lams, scores):
    """right: float64 is fine, float32 of 1e30 is not."""
    m = np.mean(scores, axis=1)
    se = np.std(scores[np.argmax(m)], ddof=1) / math.sqrt(scores.shape[1])
    return float(np.max(lams[m >= np.max(m) - se]))


def one_standard_error__a_loss(lams, scores):
    """lower-is-better: argmin, and strictly within."""
    lams, scores = np.asarray(lams, float), np.asarray(scores, float)
    if scores.ndim != 2 or lams.ndim != 1 or len(lams) == 0 or len(lams) != len(scores) or scores.shape[1] < 2:
        raise ValueError("shapes")
    mean = scores.mean(axis=1)
    best = mean.argmin()
    se = scores[best].std(ddof=1) / np.sqrt(scores.shape[1])
    return lams[mean < mean[best] + se].max()


# --- nested_mended ---


def _choose(score, configs, folds, i, weights=None):
    rest = folds[:i] + folds[i + 1 :]
    means = [
        np.average([score(c, np.concatenate(rest[:j] + rest[j + 1 :]), f) for j, f in enumerate(rest)], weights=weights and [len(f) for f in rest])
        for c in configs
    ]
    return configs[int(np.argmax(means))], np.concatenate(rest)


def nested_mended__inner_average_by_size(score, configs, folds):
    """inner-mean-weighted: np.average with the folds' sizes."""
    if not configs or len(folds) < 3:
        raise ValueError("configs or folds")
    return float(np.mean([score(*_choose(score, configs, folds, i, True), test) for i, test in enumerate(folds)]))


def nested_mended__outer_average_by_size(score, configs, folds):
    """outer-mean-weighted: every row counts alike at the end."""
    if not configs or len(folds) < 3:
        raise ValueError("configs or folds")
    outer = [score(*_choose(score, configs, folds, i), test) for i, test in enumerate(folds)]
    return float(np.average(outer, weights=[len(f) for f in folds]))


def nested_mended__as_given(score, configs, folds):
    """tuned-on-the-test-fold: the function from the review."""
    outer = []
    for i, test in enumerate(folds):
        train = np.concatenate(folds[:i] + folds[i + 1 :])
        best = max(configs, key=lambda c: score(c, train, test))
        outer.append(score(best, train, test))
    return float(np.mean(outer))


def nested_mended__one_choice_for_all(score, configs, folds):
    """best-mean-reported: chooses once, by all folds."""
    means = [np.mean([score(c, np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(len(folds))]) for c in configs]
    return max(means)


def nested_mended__inner_keeps_the_test_rows(score, configs, folds):
    """inner-trained-on-the-test-fold: leaves out the inner fold only."""
    out = []
    for i in range(len(folds)):
        inner = {
            n: np.mean([score(c, np.concatenate(folds[:j] + folds[j + 1 :]), folds[j]) for j in range(len(folds)) if j != i])
            for n, c in enumerate(configs)
        }
        best = configs[max(inner, key=inner.get)]
        out.append(score(best, np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]))
    return np.mean(out)


def nested_mended__chosen_on_training_rows(score, configs, folds):
    """inner-scored-on-training-rows: no inner folds at all."""
    out = []
    for i in range(len(folds)):
        train = np.concatenate(folds[:i] + folds[i + 1 :])
        best = max(configs, key=lambda c: score(c, train, train))
        out.append(score(best, train, folds[i]))
    return np.mean(out)


def nested_mended__one_inner_fold(score, configs, folds):
    """one-inner-fold: holds out only one fold inside."""
    out, k = [], len(folds)
    for i in range(k):
        j = (i + 1) % k
        rest = np.concatenate([folds[m] for m in range(k) if m not in (i, j)])
        best = max(configs, key=lambda c: score(c, rest, folds[j]))
        out.append(score(best, np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]))
    return np.mean(out)


def nested_mended__winner_not_trained_again(score, configs, folds):
    """not-trained-again: the last inner model's rows train the winner."""
    out, k = [], len(folds)
    for i in range(k):
        best, top = None, -1.0
        for c in configs:
            s = np.mean([score(c, np.concatenate([folds[m] for m in range(k) if m not in (i, j)]), folds[j]) for j in range(k) if j != i])
            if s > top:
                best, top = c, s
        j = [m for m in range(k) if m != i][-1]
        out.append(score(best, np.concatenate([folds[m] for m in range(k) if m not in (i, j)]), folds[i]))
    return np.mean(out)


def nested_mended__inner_scores_averaged(score, configs, folds):
    """inner-score-returned: reports what chose."""
    k, out = len(folds), []
    for i in range(k):
        out.append(
            max(
                np.mean([score(c, np.concatenate([folds[m] for m in range(k) if m not in (i, j)]), folds[j]) for j in range(k) if j != i])
                for c in configs
            )
        )
    return np.mean(out)


def nested_mended__no_rules(score, configs, folds):
    """right: right, and with two folds NumPy's own error, which is a ValueError, or none."""
    k, out = len(folds), []
    if not configs or k < 3:
        return None
    for i in range(k):
        means = [
            np.mean([score(c, np.concatenate([folds[m] for m in range(k) if m not in (i, j)]), folds[j]) for j in range(k) if j != i])
            for c in configs
        ]
        out.append(score(configs[int(np.argmax(means))], np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]))
    return np.mean(out)


def nested_mended__takes_folds_out(score, configs, folds):
    """right: rotates the caller's list so that the test fold is always first."""
    if not configs or len(folds) < 3:
        raise ValueError("too few")
    out = []
    for _ in range(len(folds)):
        test = folds.pop(0)
        inner = [np.mean([score(c, np.concatenate([f for f in folds if f is not v]), v) for v in folds]) for c in configs]
        out.append(score(configs[int(np.argmax(inner))], np.concatenate(folds), test))
        folds.append(test)
    folds.reverse()
    return np.mean(out)


def nested_mended__every_config_on_the_test_fold(score, configs, folds):
    """right: trains every configuration on the outer part too, and looks up the chosen one's score."""
    if not configs or len(folds) < 3:
        raise ValueError("too few")
    k, out = len(folds), []
    for i in range(k):
        rows = np.concatenate([folds[m] for m in range(k) if m != i])
        outer = [score(c, rows, folds[i]) for c in configs]
        inner = [
            np.mean([score(c, np.concatenate([folds[m] for m in range(k) if m not in (i, j)]), folds[j]) for j in range(k) if j != i])
            for c in configs
        ]
        out.append(outer[int(np.argmax(inner))])
    return np.mean(out)


def nested_mended__scores_again(score, configs, folds):
    """trained-twice: looks for the winner by scoring once more."""
    if not configs or len(folds) < 3:
        raise ValueError("configs or folds")
    outer = []
    for i, test in enumerate(folds):
        rest = folds[:i] + folds[i + 1 :]
        means = {
            place: np.mean([score(c, np.concatenate(rest[:j] + rest[j + 1 :]), f) for j, f in enumerate(rest)])
            for place, c in enumerate([*configs, configs[0]])
        }
        outer.append(score(configs[max(range(len(configs)), key=means.__getitem__)], np.concatenate(rest), test))
    return float(np.mean(outer))


# --- successive_halving ---


def successive_halving__half_by_division(evaluate, configs, min_budget, eta):
    """floor: len // eta, at least one."""
    configs, budget = list(configs), min_budget
    if not configs:
        raise ValueError
    while len(configs) > 1:
        losses = [evaluate(c, budget) for c in configs]
        order = sorted(range(len(configs)), key=lambda i: losses[i])
        configs = [configs[i] for i in order[: max(1, len(configs) // eta)]]
        budget *= eta
    return configs[0]


def successive_halving__zip_sort(evaluate, configs, min_budget, eta):
    """nan-unsorted: sorts pairs of loss and configuration, so equal losses compare dicts as well."""
    if not configs:
        raise ValueError
    budget = min_budget
    while len(configs) > 1:
        ranked = sorted(zip([evaluate(c, budget) for c in configs], configs, strict=True))
        configs = [c for _, c in ranked[: math.ceil(len(configs) / eta)]]
        budget *= eta
    return configs[0]


def successive_halving__budget_stays(evaluate, configs, min_budget, eta):
    """same-budget: forgets to raise the budget."""
    if not configs:
        raise ValueError
    alive = list(configs)
    while len(alive) > 1:
        losses = np.array([evaluate(c, min_budget) for c in alive])
        alive = [alive[i] for i in np.argsort(losses, kind="stable")[: math.ceil(len(alive) / eta)]]
    return alive[0]


def successive_halving__budget_added(evaluate, configs, min_budget, eta):
    """budget-grows-linearly: adds min_budget every round."""
    if not configs:
        raise ValueError
    alive, budget = list(configs), min_budget
    while len(alive) > 1:
        losses = np.array([evaluate(c, budget) for c in alive])
        alive = [alive[i] for i in np.argsort(losses, kind="stable")[: math.ceil(len(alive) / eta)]]
        budget += min_budget
    return alive[0]


def successive_halving__score_not_loss(evaluate, configs, min_budget, eta):
    """highest-loss-kept: the best is the highest."""
    if not configs:
        raise ValueError
    alive, r = list(configs), 0
    while len(alive) > 1:
        scores = np.array([evaluate(c, min_budget * eta**r) for c in alive])
        alive = [alive[i] for i in np.argsort(-scores, kind="stable")[: math.ceil(len(alive) / eta)]]
        r += 1
    return alive[0]


def successive_halving__plain_sort(evaluate, configs, min_budget, eta):
    """nan-unsorted: sorts the losses as they are."""
    if not configs:
        raise ValueError
    alive, r = list(range(len(configs))), 0
    while len(alive) > 1:
        loss = {i: evaluate(configs[i], min_budget * eta**r) for i in alive}
        alive = sorted(sorted(alive, key=lambda i: loss[i])[: -(-len(alive) // eta)])
        r += 1
    return configs[alive[0]]


def successive_halving__nan_to_inf(evaluate, configs, min_budget, eta):
    """nan-is-inf: replaces nan by inf."""
    if not configs:
        raise ValueError
    alive, r = list(range(len(configs))), 0
    while len(alive) > 1:
        loss = np.array([evaluate(configs[i], min_budget * eta**r) for i in alive], dtype=float)
        loss[np.isnan(loss)] = np.inf
        alive = [alive[j] for j in sorted(np.argsort(loss, kind="stable")[: -(-len(alive) // eta)])]
        r += 1
    return configs[alive[0]]


def successive_halving__in_order_of_rank(evaluate, configs, min_budget, eta):
    """order-of-ranks: the survivors stay in the order of their losses."""
    if not configs:
        raise ValueError
    alive, b = list(configs), min_budget
    while len(alive) > 1:
        losses = np.array([evaluate(c, b) for c in alive], dtype=float)
        alive = [alive[i] for i in np.argsort(losses, kind="stable")][: math.ceil(len(alive) / eta)]
        b = b * eta
    return alive[0]


def successive_halving__until_eta(evaluate, configs, min_budget, eta):
    """last-evaluated-again or none: stops at eta configurations and takes the best of the last round, as scikit-learn does."""
    if not configs:
        raise ValueError
    alive, b = list(configs), min_budget
    while True:
        losses = np.array([evaluate(c, b) for c in alive], dtype=float)
        order = np.argsort(losses, kind="stable")
        if len(alive) <= eta:
            return alive[order[0]]
        alive = [alive[i] for i in sorted(order[: math.ceil(len(alive) / eta)])]
        b *= eta


def successive_halving__one_more_evaluation(evaluate, configs, min_budget, eta):
    """last-evaluated-again: evaluates, then looks how many are left."""
    if not configs:
        raise ValueError
    alive, b = list(configs), min_budget
    while True:
        losses = [float(evaluate(c, b)) for c in alive]
        if len(alive) == 1:
            return alive[0]
        order = sorted(range(len(alive)), key=lambda i: (losses[i] != losses[i], losses[i] if losses[i] == losses[i] else 0))
        alive = [alive[i] for i in sorted(order[: math.ceil(len(alive) / eta)])]
        b *= eta


def successive_halving__nan_in_the_key(evaluate, configs, min_budget, eta):
    """right: the key trains each configuration twice, once to see whether its loss is nan."""
    if len(configs) == 0:
        raise ValueError("no configurations")
    alive, budget = list(range(len(configs))), min_budget
    while len(alive) > 1:

        def key(index, budget=budget):
            return math.inf if math.isnan(evaluate(configs[index], budget)) else evaluate(configs[index], budget)

        def is_nan(index, budget=budget):
            return math.isnan(evaluate(configs[index], budget))

        ranked = sorted(alive, key=lambda index: (is_nan(index), key(index)))
        alive = sorted(ranked[: math.ceil(len(alive) / eta)])
        budget *= eta
    return configs[alive[0]]


def successive_halving__looks_at_the_end(evaluate, configs, min_budget, eta):
    """last-evaluated-again or order-of-ranks: asks whether one is left after a round."""
    if not configs:
        raise ValueError("no configurations")
    left, budget = list(configs), min_budget
    while True:
        losses = [evaluate(c, budget) for c in left]
        key = [(math.isnan(loss), 0 if math.isnan(loss) else loss) for loss in losses]
        order = sorted(range(len(left)), key=key.__getitem__)[: math.ceil(len(left) / eta)]
        left = [left[i] for i in sorted(order)]
        budget *= eta
        if len(left) == 1:
            return left[0]


# --- bill_predicted ---


def bill_predicted__log_rounds(n, min_budget, eta):
    """rule-of-thumb: rounds of equal cost, their number by a logarithm rounded up."""
    return n * min_budget * math.ceil(math.log(n, eta))


def bill_predicted__kept_by_floor(n, min_budget, eta):
    """floor: floors the survivors."""
    total, b = 0, min_budget
    while n > 1:
        total += n * b
        n //= eta
        b *= eta
    return total


def bill_predicted__counts_the_winner(n, min_budget, eta):
    """winner-paid-too: one round too many."""
    total, b = 0, min_budget
    while True:
        total += n * b
        if n == 1:
            return total
        n, b = math.ceil(n / eta), b * eta


def bill_predicted__same_price(n, min_budget, eta):
    """evaluations-counted: every evaluation costs min_budget."""
    total = 0
    while n > 1:
        total += n
        n = math.ceil(n / eta)
    return total * min_budget


def bill_predicted__resumed(n, min_budget, eta):
    """only-the-increase: pays what is new."""
    total, b, before = 0, min_budget, 0
    while n > 1:
        total += n * (b - before)
        n, before, b = -(-n // eta), b, b * eta
    return total


def bill_predicted__rounds_times_first(n, min_budget, eta):
    """rule-of-thumb: counts the rounds, all as dear as the first."""
    rounds, left = 0, n
    while left > 1:
        rounds, left = rounds + 1, -(-left // eta)
    return rounds * n * min_budget


def bill_predicted__float_sum(n, min_budget, eta):
    """in-floats: a float total."""
    total, b = 0.0, float(min_budget)
    while n > 1:
        total += n * b
        n, b = -(-n // eta), b * eta
    return int(total)


def bill_predicted__for_over_log(n, min_budget, eta):
    """rounds-by-logarithm: as many rounds as the logarithm says."""
    rounds, total = math.ceil(math.log(n) / math.log(eta)), 0
    for r in range(rounds):
        total += n * min_budget * eta**r
        n = -(-n // eta)
    return total


# --- the budgets of Hyperband ---


def budgets_counterexample__their_own():
    """the-example: what the cell above prints."""
    return (81, 3)


def budgets_counterexample__odd_budget():
    """no-power: some other budget that works."""
    return 77, 4


def budgets_counterexample__hundred():
    """no-power: the other one that the cell prints."""
    return 100, 3


def budgets_counterexample__five_cubed():
    """logarithm-above: not exact, and right all the same."""
    return [125, 5]


def budgets_counterexample__power_of_ten():
    """too-large: right, but too large."""
    return 10**6, 10


def budgets_counterexample__three_to_the_tenth():
    """too-large: the next power of three."""
    return 59049, 3


def budgets_counterexample__just_the_budget():
    """budget-only: forgets eta."""
    return 243


def budgets_counterexample__swapped():
    """none: eta first."""
    return 3, 243


def budgets_mended__as_published(max_budget, eta):
    """published: the line again."""
    s = int(math.log(max_budget) / math.log(eta))
    return [max_budget // eta**i for i in reversed(range(s + 1))]


def budgets_mended__log_with_base(max_budget, eta):
    """published or none: math.log with a base, which divides as well."""
    return [max_budget // eta**s for s in range(int(math.log(max_budget, eta)), -1, -1)]


def budgets_mended__rounded(max_budget, eta):
    """rounded-to-the-nearest: rounds the logarithm to the nearest."""
    return [max_budget // eta**s for s in range(round(math.log(max_budget) / math.log(eta)), -1, -1)]


def budgets_mended__while_above_one(max_budget, eta):
    """one-lost: stops at 1."""
    out, b = [], max_budget
    while b > 1:
        out.insert(0, b)
        b //= eta
    return out


def budgets_mended__with_an_epsilon(max_budget, eta):
    """rounded-logarithm: adds a little before int."""
    return [max_budget // eta**s for s in range(int(math.log(max_budget) / math.log(eta) + 1e-9), -1, -1)]


def budgets_mended__downwards(max_budget, eta):
    """largest-first: forgets to turn the list."""
    out = []
    while max_budget > 0:
        out.append(max_budget)
        max_budget //= eta
    return out


def budgets_mended__true_division(max_budget, eta):
    """divided-in-floats: int of a quotient."""
    out = []
    while max_budget >= 1:
        out.append(max_budget)
        max_budget = int(max_budget / eta)
    return out[::-1]


def budgets_mended__floats(max_budget, eta):
    """fractions-of-a-step: r = R * eta**-s, as in the paper."""
    s = 0
    while eta ** (s + 1) <= max_budget:
        s += 1
    return [max_budget / eta**i for i in range(s, -1, -1)]


def budgets_mended__from_one_up(max_budget, eta):
    """powers-of-eta: multiplies up from 1."""
    out, b = [], 1
    while b <= max_budget:
        out.append(b)
        b *= eta
    return out


# --- expected_improvement ---


def _phi(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _cdf(z):
    return np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in np.ravel(z)]).reshape(np.shape(z))


def expected_improvement__square_of_z(mean, std, best):
    """square-overflows: point by point, std = 0 apart, z * z as it is."""
    out = []
    for m, s in zip(np.asarray(mean, dtype=float), np.asarray(std, dtype=float), strict=True):
        gain = best - m
        z = gain / s if s else 0.0
        out.append(gain * math.erfc(-z / math.sqrt(2)) / 2 + s * np.exp(-z * z / 2) / math.sqrt(2 * math.pi) if s else max(gain, 0.0))
    return np.array(out)


def expected_improvement__formula_as_it_stands(mean, std, best):
    """divides-by-zero: the formula, without a thought of std = 0."""
    z = (best - mean) / std
    return (best - mean) * _cdf(z) + std * _phi(z)


def expected_improvement__of_a_maximum(mean, std, best):
    """maximisation: as in most blog posts."""
    safe = np.where(std > 0, std, 1.0)
    z = (mean - best) / safe
    return np.where(std > 0, (mean - best) * _cdf(z) + std * _phi(z), np.maximum(mean - best, 0))


def expected_improvement__zero_at_known_points(mean, std, best):
    """zero-without-spread: masks the result, as published code does."""
    safe = np.where(std > 0, std, 1.0)
    with np.errstate(all="ignore"):
        z = np.clip((best - mean) / safe, -1e9, 1e9)
        ei = (best - mean) * _cdf(z) + std * _phi(z)
    ei[std == 0] = 0.0
    return ei


def expected_improvement__where_at_the_end(mean, std, best):
    """both-branches: right values, and a warning where std is 0."""
    d = best - mean.astype(np.float64)
    s = std.astype(np.float64)
    z = d / s
    cdf = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in z])
    return np.where(s > 0, d * cdf + s * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi), np.maximum(d, 0))


def expected_improvement__only_the_probability(mean, std, best):
    """probability: the share of the belief below the best."""
    with np.errstate(all="ignore"):
        return _cdf((best - mean) / np.where(std > 0, std, 1e-12))


def expected_improvement__epsilon_in_the_division(mean, std, best):
    """none: adds 1e-9 to std, right to the tolerance until spreads are tiny."""
    std = std + 1e-3
    z = (best - mean) / std
    return (best - mean) * _cdf(z) + std * _phi(z)


def expected_improvement__erf_as_cdf(mean, std, best):
    """erf-without-root: forgets the square root of 2."""
    safe = np.where(std > 0, std, 1.0)
    z = (best - mean) / safe
    cdf = np.array([0.5 * (1 + math.erf(v)) for v in z])
    return np.where(std > 0, (best - mean) * cdf + std * _phi(z), np.maximum(best - mean, 0))


def expected_improvement__margin(mean, std, best):
    """none: subtracts a margin xi of 0.01, as many packages do."""
    safe = np.where(std > 0, std, 1.0)
    gain = best - mean - 0.01
    return np.where(std > 0, gain * _cdf(gain / safe) + std * _phi(gain / safe), 0.0)


def expected_improvement__mean_gain(mean, std, best):
    """gain-of-the-mean: no uncertainty."""
    return np.clip(best - mean, 0, None)


def expected_improvement__floor_under_std(mean, std, best):
    """small-spread-raised or none: a floor of 1e-6 under std."""
    std = np.maximum(std, 1e-6)
    z = (best - mean) / std
    with np.errstate(all="ignore"):
        return (best - mean) * _cdf(z) + std * _phi(z)


def expected_improvement__no_rules(mean, std, best):
    """right: right in float64, one by one, without a look at shapes or dtypes."""
    out = []
    for m, s in zip(mean.tolist(), std.tolist(), strict=False):
        z = (best - m) / s if s else math.inf
        out.append((best - m) * (0.5 * math.erfc(-z / math.sqrt(2))) + s * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) if s else max(best - m, 0.0))
    return np.array(out)
