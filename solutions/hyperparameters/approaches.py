"""Right answers unlike the references: loops, other algorithms, other formulas."""

import bisect
import heapq
import math
import random
import statistics

import numpy as np

# --- parameter_grid ---


def parameter_grid__grow(space):
    """Key by key: every combination so far is extended by every value."""
    points = [{}]
    for key in sorted(space):
        points = [{**point, key: value} for point in points for value in space[key]]
    return points


def parameter_grid__recursion(space):
    """The first key's values before all combinations of the rest."""
    if not space:
        return [{}]
    first = min(space)
    rest = {key: values for key, values in space.items() if key != first}
    return [{first: value, **point} for value in space[first] for point in parameter_grid__recursion(rest)]


# --- log_uniform ---


def log_uniform__standard_library(n, low, high, seed):
    """The standard library's generator, one number at a time."""
    if low <= 0 or high <= low:
        raise ValueError("need 0 < low < high")
    draw = random.Random(seed)
    return np.array([math.exp(draw.uniform(math.log(low), math.log(high))) for _ in range(n)])


def log_uniform__base_ten(n, low, high, seed):
    """Powers of ten, from a legacy generator."""
    if low <= 0 or high <= low:
        raise ValueError("need 0 < low < high")
    u = np.random.RandomState(seed).random_sample(n)
    return 10.0 ** (math.log10(low) + u * (math.log10(high) - math.log10(low)))


# --- kfold_indices ---


def kfold_indices__sort_random_numbers(n, k, seed):
    """Row i belongs to the fold given by its rank among random numbers, modulo k."""
    if k < 2 or k > n:
        raise ValueError(f"{k} folds of {n} rows")
    rank = np.argsort(np.argsort(np.random.RandomState(seed).rand(n)))
    fold = rank % k
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(k)]


def kfold_indices__lists(n, k, seed):
    """Plain lists, sizes by divmod, tuples of pairs."""
    if not 1 < k <= n:
        raise ValueError(f"{k} folds of {n} rows")
    rows = list(range(n))
    random.Random(seed).shuffle(rows)
    size, more = divmod(n, k)
    pairs, start = [], 0
    for i in range(k):
        stop = start + size + (i < more)
        pairs.append([rows[:start] + rows[stop:], rows[start:stop]])
        start = stop
    return tuple(pairs)


# --- stratified_kfold ---


def stratified_kfold__deal_class_by_class(y, k, seed):
    """Each class is shuffled and dealt out, going on at the fold where the last class ended."""
    if np.ndim(y) != 1 or k < 2 or k > len(y):
        raise ValueError(f"{k} folds of labels of shape {np.shape(y)}")
    draw, fold, at = np.random.RandomState(seed), np.zeros(len(y), dtype=int), 0
    for label in np.unique(y):
        rows = draw.permutation(np.flatnonzero(y == label))
        fold[rows] = (at + np.arange(len(rows))) % k
        at += len(rows)
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(k)]


def stratified_kfold__smallest_fold_first(y, k, seed):
    """Each row goes to the fold that has the fewest of its class, of these to the smallest, in plain Python."""
    if np.ndim(y) != 1 or not 2 <= k <= len(y):
        raise ValueError(f"{k} folds of labels of shape {np.shape(y)}")
    rows = list(range(len(y)))
    random.Random(seed).shuffle(rows)
    rows.sort(key=lambda row: int(y[row]))
    folds, seen = [[] for _ in range(k)], {}
    for row in rows:
        of_class = seen.setdefault(int(y[row]), [0] * k)
        best = min(range(k), key=lambda i: (of_class[i], len(folds[i])))
        folds[best].append(row)
        of_class[best] += 1
    return [([row for other in folds if other is not fold for row in other], fold) for fold in folds]


# --- one_standard_error ---


def _curve(lams, scores):
    if np.ndim(lams) != 1 or np.ndim(scores) != 2 or len(lams) == 0 or np.shape(scores)[0] != len(lams) or np.shape(scores)[1] < 2:
        raise ValueError("shapes do not fit")


def one_standard_error__statistics(lams, scores):
    """The statistics module, row by row, from the largest lam down."""
    _curve(lams, scores)
    rows = {float(lam): [float(value) for value in row] for lam, row in zip(lams, scores, strict=True)}
    best = max(rows.values(), key=statistics.fmean)
    bound = statistics.fmean(best) - statistics.stdev(best) / math.sqrt(len(best))
    return next(lam for lam in sorted(rows, reverse=True) if statistics.fmean(rows[lam]) >= bound)


def one_standard_error__by_hand(lams, scores):
    """Deviations squared and added, after scaling by the largest score; the lams are sorted first."""
    _curve(lams, scores)
    order = np.argsort(np.asarray(lams, dtype=np.float64))
    lams, scores = np.asarray(lams, dtype=np.float64)[order], np.asarray(scores, dtype=np.float64)[order]
    mean = scores.sum(axis=1) / scores.shape[1]
    best = int(mean.argmax())
    squares = ((scores[best] - mean[best]) ** 2).sum()
    error = (squares / (scores.shape[1] - 1)) ** 0.5 / scores.shape[1] ** 0.5
    return lams[np.flatnonzero(mean >= mean[best] - error)[-1]]


# --- nested_mended ---


def nested_mended__table(score, configs, folds):
    """A table of inner scores, configurations by folds, for each test fold."""
    if len(configs) == 0 or len(folds) < 3:
        raise ValueError("too few configurations or folds")
    outer = []
    for i in range(len(folds)):
        others = [j for j in range(len(folds)) if j != i]
        table = np.array([[score(c, np.concatenate([folds[m] for m in others if m != j]), folds[j]) for j in others] for c in configs])
        best = configs[int(table.mean(axis=1).argmax())]
        outer.append(score(best, np.concatenate([folds[m] for m in others]), folds[i]))
    return np.mean(outer)


def nested_mended__sets(score, configs, folds):
    """Rows as sets and sorted lists, means by math.fsum."""
    if not configs or len(folds) < 3:
        raise ValueError("too few configurations or folds")
    folds = [set(map(int, fold)) for fold in folds]
    everything, total = set().union(*folds), []
    for test in folds:
        best, best_mean = None, -math.inf
        for config in configs:
            inner = [score(config, sorted(everything - test - held), sorted(held)) for held in folds if held is not test]
            if math.fsum(inner) / len(inner) > best_mean:
                best, best_mean = config, math.fsum(inner) / len(inner)
        total.append(float(score(best, sorted(everything - test), sorted(test))))
    return math.fsum(total) / len(total)


# --- successive_halving ---


def successive_halving__recursion(evaluate, configs, min_budget, eta):
    """One round, then the same again with the survivors."""
    if not configs:
        raise ValueError("no configurations")
    if len(configs) == 1:
        return configs[0]
    losses = np.array([float(evaluate(config, min_budget)) for config in configs])
    kept = np.argsort(losses, kind="stable")[: math.ceil(len(configs) / eta)]  # numpy sorts nan last
    return successive_halving__recursion(evaluate, [configs[i] for i in sorted(kept)], min_budget * eta, eta)


def successive_halving__heap(evaluate, configs, min_budget, eta):
    """The smallest of (nan?, loss, place) by a heap."""
    if len(configs) == 0:
        raise ValueError("no configurations")
    alive, r = dict(enumerate(configs)), 0
    while len(alive) > 1:
        keys = []
        for place, config in alive.items():
            loss = float(evaluate(config, min_budget * eta**r))
            keys.append((loss != loss, 0.0 if loss != loss else loss, place))
        kept = {place for *_, place in heapq.nsmallest(-(-len(alive) // eta), keys)}
        alive = {place: config for place, config in alive.items() if place in kept}
        r += 1
    return next(iter(alive.values()))


# --- bill_predicted ---


def bill_predicted__recursion(n, min_budget, eta):
    """This round's bill, and the rest's with a larger first budget."""
    return 0 if n == 1 else n * min_budget + bill_predicted__recursion((n + eta - 1) // eta, min_budget * eta, eta)


def bill_predicted__list_of_rounds(n, min_budget, eta):
    """First the numbers in the race, then the sum."""
    left = [n]
    while left[-1] > 1:
        left.append(sum(1 for _ in range(0, left[-1], eta)))
    return sum(count * min_budget * eta**r for r, count in enumerate(left[:-1]))


# --- the budgets of Hyperband ---


def budgets_counterexample__a_thousand():
    """The log of 1000 to base 10, as floats have it."""
    return 1000, 10


def budgets_counterexample__looked_for():
    """The first that a search finds."""
    for eta in range(2, 11):
        power = eta
        while power <= 1000:
            published = int(math.log(power) / math.log(eta))
            if eta ** (published + 1) <= power:
                return [power, eta]
            power *= eta
    return None


def budgets_mended__powers(max_budget, eta):
    """The powers of eta up to the budget, then one division each."""
    powers = [1]
    while powers[-1] * eta <= max_budget:
        powers.append(powers[-1] * eta)
    return [max_budget // power for power in reversed(powers)]


def budgets_mended__bisect(max_budget, eta):
    """The number of rounds by binary search for the largest exponent."""
    rounds = bisect.bisect_right(range(0, 64), max_budget, key=lambda s: eta**s)
    return [max_budget // eta**s for s in range(rounds)][::-1]


# --- expected_improvement ---


def _beliefs(mean, std):
    if np.ndim(mean) != 1 or np.shape(mean) != np.shape(std) or np.size(mean) == 0:
        raise ValueError("need two arrays of one shape (m,)")
    dtype = np.result_type(mean, std)
    return np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64), dtype if dtype.kind == "f" else np.dtype(np.float64)


def expected_improvement__vectorised(mean, std, best):
    """z for all at once, math.erf by np.vectorize."""
    mean, std, dtype = _beliefs(mean, std)
    gain = best - mean
    with np.errstate(all="ignore"):
        z = np.clip(np.where(std > 0, gain / np.where(std > 0, std, 1), 0), -1e8, 1e8)
    cdf = 0.5 * (1 + np.vectorize(math.erf, otypes=[float])(z / math.sqrt(2)))
    pdf = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    return np.where(std > 0, gain * cdf + std * pdf, np.maximum(gain, 0)).astype(dtype)


def expected_improvement__normal_dist(mean, std, best):
    """statistics.NormalDist for every candidate."""
    mean, std, dtype = _beliefs(mean, std)
    standard = statistics.NormalDist()
    values = []
    for mu, sigma in zip(mean.tolist(), std.tolist(), strict=True):
        gain = float(best) - mu
        if sigma < 1e-200 * max(1.0, abs(gain)):
            values.append(max(gain, 0.0))
        else:
            values.append(gain * standard.cdf(gain / sigma) + sigma * standard.pdf(gain / sigma))
    return np.array(values, dtype=dtype)
