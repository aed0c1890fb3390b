# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   prep:
#     title: "Search without fooling yourself (超参数选择)"
#     order: 8
#     minutes: 160
#     topics: [hyperparameter search, cross-validation, model selection, Bayesian optimisation]
#     needs: [metrics, overfitting]
#     out_of_scope: "fitting a Gaussian process's own hyperparameters, population-based training, neural architecture search"
# ---

# %% [markdown]
# # Search without fooling yourself (超参数选择)
#
# > *"You tried a thousand configurations and the best one has 94 % on validation. What will it have in production?"*
#
# **Needs:** `metrics` (accuracy and its uncertainty) and `overfitting` (training, validation and test data; ridge regression).
#
# A **parameter** is fitted by the training (a weight). A **hyperparameter** is fixed before the training (a learning rate, a depth, a penalty), because the training loss could not choose
# it: it would always take the largest network and no penalty. So hyperparameters are chosen on data that the training did not see. That choice is a fit too, and it overfits like any other. What interviewers listen for:
#
# 1. You **search well**: the right scale, random rather than a grid, the budget where it matters.
# 2. You **measure honestly**: folds that share nothing, a score for the winner that took no part in the choice.
# 3. You know **how large the noise is**, and do not call a difference within it an improvement.
#
# You write the search from its parts: a grid, a log-uniform draw, two kinds of folds, the one-standard-error rule, successive halving and expected
# improvement. In between you repair a pipeline that tunes on the test fold, predict a bill, and find the float in a famous line of code.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(log_uniform)` helps in three steps. Rules for all functions: arguments are never changed, arrays come in any
# memory layout and read-only too, no result shares memory with them, and valid input gives no warning. Unless the text says otherwise numbers are compared to 1e-7 of their size.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# stratified_kfold, one_standard_error, expected_improvement.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import math

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The search of this lesson
#
# 200 handwritten digits to train on, 100 to validate, and a support vector machine with two hyperparameters: `C` (how much errors cost) and `gamma` (how
# narrow the kernel is). Any model with two knobs would do.

# %% tags=["folded"]
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
pixels, names = digits.data[order] / 16, digits.target[order]


def validation_accuracy(C, gamma):
    """Accuracy on the 100 validation images of an SVM trained on the 200 others."""
    return SVC(C=C, gamma=gamma).fit(pixels[:200], names[:200]).score(pixels[200:300], names[200:300])


gammas = np.geomspace(1e-5, 100, 36)
curve = [validation_accuracy(3, gamma) for gamma in gammas]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
left.plot(gammas, curve, ".-", color="#4c78a8")
left.set(xlabel="gamma (linear axis)", ylabel="validation accuracy")
right.semilogx(gammas, curve, ".-", color="#4c78a8")
right.set(xlabel="gamma (log axis)")
plt.show()
good = gammas[np.array(curve) > 0.9]
print(f"accuracy above 0.9 for gamma from {good.min():.2g} to {good.max():.2g}; best {max(curve):.2f}")

# %% [markdown]
# The same 36 runs twice. On the linear axis everything that matters is squeezed against the left edge; on the log axis the good region is a fifth of the picture. `gamma`, learning rates,
# penalties and widths act by **factors**: going from 0.001 to 0.01 changes about as much as going from 0.1 to 1.
#
# ## 1. `parameter_grid`   *(easy, 6 min, asked sometimes)*
#
# > *"Write the grid of a grid search, without scikit-learn."*
#
# A grid has $\prod_i n_i$ points, so it grows exponentially with the number of hyperparameters: four values each make 16 points for two of them and 4096 for six.


# %%
def parameter_grid(space):
    """All combinations of the values of a search space.

    space: a dict with strings as keys; each value is a list of things to try: numbers, strings,
    None, tuples, lists, whatever; repeated ones stay repeated. Not changed.
    Returns a list of dicts with all keys of space, one for each combination. With the keys
    sorted alphabetically, the last key changes fastest and the first slowest; each key's values
    come in their given order, unchanged. An empty space gives [{}], one combination; a key with
    an empty list gives [].
    """
    ### BEGIN SOLUTION
    from itertools import product

    keys = sorted(space)
    return [dict(zip(keys, values, strict=True)) for values in product(*(space[key] for key in keys))]
    ### END SOLUTION


# %%
check(parameter_grid)

# %% [markdown]
# **In scikit-learn.** `ParameterGrid(space)` gives the same dicts in the same order, and also takes a list of spaces. It wants a sequence for each key, and raises
# ValueError for an empty one, where ours has no combination.
#
# ## 2. `log_uniform`   *(easy, 6 min, asked often)*
#
# > *"How do you draw a learning rate between 1e-5 and 1?"*
#
# Uniform draws between 1e-5 and 1 lie above 0.1 with probability 0.9, and below 0.001 with probability 0.001. Draw the **exponent** instead:
#
# $$v=\exp(u),\qquad u\sim\mathrm{Uniform}(\ln a,\ \ln b)$$
#
# Now each of the five decades gets a fifth of the draws.


# %%
def log_uniform(n, low, high, seed):
    """Random numbers that are uniform in their logarithm.

    n: how many, at least 1. low, high: the bounds, 0 < low < high, floats or whole numbers, as
    far apart as 1e-200 and 1e200: high / low may be too large for a float. seed: a whole number
    >= 0.
    Returns an (n,) float64 array of independent draws v, in the order drawn (not sorted), low <= v <= high up to rounding (1e-9
    of their size is allowed), with log(v) uniform between log(low) and log(high): real numbers, none
    of which comes twice, not a choice among fixed ones. The same seed gives the same numbers,
    another seed others. Which generator you use is up to you.
    ValueError: low <= 0 or high <= low.
    """
    ### BEGIN SOLUTION
    import math

    import numpy as np

    if not 0 < low < high:
        raise ValueError(f"need 0 < low < high, not {low} and {high}")
    return np.exp(np.random.default_rng(seed).uniform(math.log(low), math.log(high), n))
    ### END SOLUTION


# %%
check(log_uniform)

# %% [markdown]
# **In scipy and scikit-learn.** `scipy.stats.loguniform(low, high).rvs(n, random_state=seed)` is the same distribution with other numbers, and is what `RandomizedSearchCV` expects for
# a learning rate. Optuna: `trial.suggest_float("lr", low, high, log=True)`.
#
# **Put it to work.** First the scale: 25 values of gamma between 1e-5 and 10, evenly spaced or log-uniform. Then grid against random: 16 runs for `C` and `gamma` together, as a 4 × 4 grid and as 16 draws, ten times.

# %%
if ready(parameter_grid, log_uniform):
    for name, tried in (("evenly spaced", np.linspace(1e-5, 10, 25)), ("log-uniform", log_uniform(25, 1e-5, 10, 0))):
        found = [validation_accuracy(3, gamma) for gamma in tried]
        print(f"{name:13}: best of 25 {max(found):.2f}, median {np.median(found):.2f}")
    grid = parameter_grid({"C": list(np.geomspace(1, 1e4, 4)), "gamma": list(np.geomspace(1e-5, 100, 4))})
    on_grid = [validation_accuracy(**point) for point in grid]
    draws = [
        [{"C": C, "gamma": gamma} for C, gamma in zip(log_uniform(16, 1, 1e4, 2 * s), log_uniform(16, 1e-5, 100, 2 * s + 1), strict=True)]
        for s in range(10)
    ]
    at_random = [[validation_accuracy(**point) for point in points] for points in draws]
    best = [max(found) for found in at_random]
    for C, row in zip(np.geomspace(1, 1e4, 4), np.reshape(on_grid, (4, 4)), strict=True):
        print(f"grid, C = {C:7.0f}: accuracy {' '.join(f'{one:.2f}' for one in row)}")
    print(f"4 x 4 grid: best {max(on_grid):.2f}")
    print(f"16 random:  best {np.mean(best):.3f} on average over 10 seeds (standard deviation {np.std(best, ddof=1):.3f}), {min(best):.2f} at worst")

# %% tags=["folded"]
if ready(parameter_grid, log_uniform):
    figure, axes = plt.subplots(2, 2, figsize=(9, 5), layout="constrained", sharex=True, height_ratios=(2, 1))
    for column, (title, points, found) in enumerate((("grid", grid, on_grid), ("random, seed 0", draws[0], at_random[0]))):
        x, y = [point["gamma"] for point in points], [point["C"] for point in points]
        shown = axes[0, column].scatter(x, y, c=found, cmap="viridis", vmin=0, vmax=1, s=60, edgecolor="black", linewidth=0.5)
        axes[0, column].set(xscale="log", yscale="log", ylabel="C", title=f"{title}: {len(set(x))} values of gamma")
        axes[1, column].semilogx(gammas, curve, color="lightgrey")
        axes[1, column].plot(x, found, "o", color="#e45756", markersize=4)
        axes[1, column].set(xlabel="gamma", ylabel="accuracy")
    figure.colorbar(shown, ax=axes[0, :], label="validation accuracy")
    plt.show()

# %% [markdown]
# Evenly spaced values find 0.92, log-uniform ones 0.97, and the median run says more: 0.12 against 0.68. All but one of the evenly spaced values are far too large.
#
# The grid spends 16 runs on **four** values of gamma, and hits the peak with none of them: 0.94. Random draws try 16 values of gamma and find 0.965 on average, better than the grid with every one of the ten seeds.
# The table shows why: in the two right columns the four runs give the same accuracy four times, because there C does not matter: eight runs, two results. (In the left columns C does matter: a large C makes up for a small
# gamma. So this space is not simply one-dimensional, and random draws win all the same.) The argument is that of Bergstra and Bengio (2012): when few
# of many dimensions matter (**low effective dimension**), a grid wastes its runs on the others, and nobody knows in advance which ones matter.
#
# **How many draws?** A draw misses the best 5 % of the space with probability 0.95. So at least one of $n$ hits it with probability $1-0.95^n$, in any number of dimensions:

# %%
for n in (10, 30, 59, 60, 90):
    print(f"{n:3} draws: {1 - 0.95**n:.3f}")

# %% [markdown]
# 59 draws are enough for 95 %, hence the rule "60 random trials". It promises one of the best 5 % *of your search space*, so it promises nothing when the space is badly chosen.
#
# <details><summary><b>Which hyperparameters first, and what else people ask here</b></summary>
#
# **Learning rate first**, on a log scale: it decides whether anything trains at all, and its good range is narrow. Then **batch size** (with the learning rate: linearly for SGD, about the square root for Adam, with warm-up; the batch
# size is mostly decided by memory and speed), then **weight decay** and the schedule, then **width and depth**, then dropout and the rest. Fix what is known to be harmless (Adam's betas) at its default.
#
# **A budget for one run only** ("the model costs a million"). Tune small **proxies**: fewer layers, less data, shorter runs, and check on two or three sizes that the ranking holds. In the **maximal update
# parametrisation (µP)** widths, initialisation and per-layer learning rates are scaled such that the best learning rate stays the same as the network gets wider, so the small model's can be used for the large one. **Scaling laws**:
# fit loss against size on a ladder of small runs and extrapolate. A schedule that can be **resumed** (constant, then decay) lets one run serve several lengths. Decide before the start at which loss you stop.
#
# **Seeds.** Two runs that differ only in their seed differ, too. Report mean and standard deviation over several seeds, and compare two settings **paired**: same seeds, same folds, differences run by run.
#
# </details>

# %% [markdown] question="which-first" points=4
# ### Q. "A new network, a budget of 50 runs. Which hyperparameters do you tune first, and how?"   *(easy, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the learning rate first, because it decides whether anything trains
# - on a log scale, by random draws rather than a grid
# - then batch size, weight decay, schedule, width; defaults for what hardly matters
# - short runs or a small proxy first, and a baseline with several seeds to know the noise
#
# **Red flags** (-1): a full grid over everything; tunes dropout before the learning rate; tunes on the test set.
#
# **A strong answer, said aloud**: The learning rate, before anything else: a factor of ten in it changes more than all the rest together. I draw it log-uniformly, say from 1e-5 to 1e-1, in ten short runs, and look at
# the curves rather than only at the last number. That gives me a range of one decade. The batch size I take from memory and throughput, and move the learning rate with it. Then I search the learning rate again within that decade together with weight decay, again at random,
# because probably only one or two of these matter, and a grid would repeat the same learning rates for every value of the others. Width and depth come after that, Adam's betas
# stay at their defaults. Before I believe a difference, I run the baseline with three or five seeds: if it moves by half a point on its own, half a point is not a finding. I keep a few of the fifty runs for repeating the two or three best settings with new seeds, and the test set waits until the very end.
#
# **A weak candidate says**: "I do a grid search with five values for each of the six hyperparameters."
#
# **Follow-ups**:
# - *You double the batch. What happens to the learning rate?* About twice for SGD, about the square root of two for Adam, with a longer warm-up; beyond the critical batch neither helps.
# - *Why a log scale?* The effect depends on the ratio: uniform draws between 1e-5 and 1 fall into the top decade 90 % of the time.
# - *How many random draws for one of the best 5 %?* 59 with 95 % probability, whatever the number of dimensions.
# - *And if you can train only once?* Small proxies, µP for the learning rate, scaling-law fits, a schedule that can be resumed.
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `kfold_indices`   *(easy, 8 min, asked often)*
#
# > *"Write k-fold cross-validation. Mind the last fold."*
#
# One validation set of 100 rows is a small sample: an accuracy of 0.95 has a standard error of $\sqrt{0.95\cdot0.05/100}\approx0.022$. **Cross-validation** lets every row be validated once: cut the shuffled
# rows into $k$ folds, train $k$ times on all but one. The classic slips: the last fold takes the remainder (or the remainder is lost), the rows are not shuffled, or they are shuffled anew for each fold, so that folds overlap.
#
# **How many folds?** Larger $k$: each model sees more of the data (less pessimistic), $k$ times the price; the models get more alike and the mean hardly less noisy. 5 or 10 is the custom; $k=n$ is
# leave-one-out.


# %%
def kfold_indices(n, k, seed):
    """The row numbers of k-fold cross-validation.

    n: the number of rows. k: the number of folds. seed: a whole number >= 0.
    Returns a list of k pairs (train, validation), each an integer array or list of row numbers
    in any order. Each of the rows 0..n-1 is validated in exactly one pair; a pair's train holds
    all rows that its validation does not, each once. The sizes of the validation sets differ by
    at most 1. The rows are shuffled at random, once, by the seed, before they are cut: which rows are validated together is
    not decided by where they stand. The same seed gives the same folds, another seed others.
    ValueError: k < 2 or k > n.
    """
    ### BEGIN SOLUTION
    import numpy as np

    if not 2 <= k <= n:
        raise ValueError(f"cannot make {k} folds of {n} rows")
    folds = np.array_split(np.random.default_rng(seed).permutation(n), k)
    return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]
    ### END SOLUTION


# %%
check(kfold_indices)

# %% [markdown]
# **In scikit-learn.** `KFold(k, shuffle=True, random_state=seed).split(x)` yields such pairs, each sorted. Its default is `shuffle=False`: consecutive blocks. `cross_val_score` with `cv=5` never shuffles; for
# classifiers it stratifies.
#
# **Put it to work.** The wine data: three kinds of wine, 178 rows, sorted by kind, as files often are. The same model, the same number of folds:

# %%
if ready(kfold_indices):
    wine = load_wine()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    blocks = np.array_split(np.arange(178), 3)
    unshuffled = [(np.setdiff1d(np.arange(178), block), block) for block in blocks]
    for name, folds in (("not shuffled", unshuffled), ("shuffled", kfold_indices(178, 3, 0))):
        found = [model.fit(wine.data[train], wine.target[train]).score(wine.data[test], wine.target[test]) for train, test in folds]
        print(f"{name:12}: {' '.join(f'{one:.3f}' for one in found)}, mean {np.mean(found):.3f}")

# %% [markdown]
# Without a shuffle the mean is 0.299: each block is (nearly) one kind of wine, which the other two blocks hardly contain. Shuffled, it is 0.977. Nothing but the folds has changed.
#
# **When is plain k-fold wrong?** When rows are not exchangeable. **Groups** (several images of one patient): all rows of a group go to one fold, or the model is validated on people it has seen. **Time**: train on the past, validate on the future, with a
# gap if features look back. **Rare classes**: stratify, see next. And everything that is *fitted* (scaler, imputation, feature selection, oversampling) belongs inside the loop, on `train` only: that is why a pipeline stands in the cell above.
#
# ## 4. `stratified_kfold`   *(medium, 15 min, asked often)*
#
# > *"Five folds, and only eight positives. What can go wrong?"*
#
# A plain shuffle may leave a fold without a positive; recall is then 0/0 there, and the folds' scores differ by luck. **Stratified** folds share out each class evenly: its counts differ by at most 1 between folds. Do the remainders carefully: if
# every class gives its surplus row to fold 0, then with six classes fold 0 is six rows larger.


# %%
def stratified_kfold(y, k, seed):
    """The row numbers of stratified k-fold cross-validation.

    y: (n,) integer labels of any values (negative, with gaps), in any integer dtype or bool.
    Not changed. k: the number of folds, which may exceed the count of a class. seed: a whole number >= 0.
    Returns a list of k pairs (train, validation), each an integer array or list of row numbers
    in any order. Each row is validated in exactly one pair; a pair's train holds all other rows,
    each once. For every class, its counts in the validation sets differ by at most 1 between
    folds, and so do the sizes of the validation sets. Within a class the rows are shuffled at random by the
    seed: which of them are validated together is not decided by where they stand. The same seed
    gives the same folds, another seed others.
    ValueError: k < 2, k > n, no rows, or y is not of shape (n,).
    """
    ### BEGIN SOLUTION
    import numpy as np
    from array_api_compat import array_namespace, device

    xp = array_namespace(y)
    if y.ndim != 1 or not 2 <= k <= y.shape[0]:
        raise ValueError(f"cannot make {k} folds of labels of shape {y.shape}")
    shuffled = xp.asarray(np.random.default_rng(seed).permutation(y.shape[0]), device=device(y))
    labels = xp.astype(xp.take(y, shuffled, axis=0), xp.int64)
    rows = xp.take(shuffled, xp.argsort(labels, stable=True), axis=0)  # class after class, shuffled within
    folds = [rows[i::k] + 0 for i in range(k)]  # dealt out like cards
    return [(xp.concat(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]
    ### END SOLUTION


# %%
check(stratified_kfold)

# %% [markdown]
# **In scikit-learn.** `StratifiedKFold(k, shuffle=True, random_state=seed).split(x, y)`. It warns when a class has fewer than $k$ rows and raises ValueError when every class has. There is no stratification for
# groups *and* exact class counts: `StratifiedGroupKFold` does its best.
#
# **Put it to work.** Breast cancer with 8 malignant cases left among 357 benign ones, five folds, 200 seeds: how many positives does each fold get?

# %% tags=["instructor"]
stratified_kfold = backend.runs(stratified_kfold)

# %%
if ready(kfold_indices, stratified_kfold):
    malignant = (load_breast_cancer().target == 0).astype(int)
    rare = np.concatenate([np.flatnonzero(malignant == 0), np.flatnonzero(malignant == 1)[:8]])
    y = malignant[rare]
    counts = {"plain": [], "stratified": []}
    for seed in range(200):
        counts["plain"] += [int(y[test].sum()) for _, test in kfold_indices(len(y), 5, seed)]
        counts["stratified"] += [int(y[test].sum()) for _, test in stratified_kfold(y, 5, seed)]
    figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
    for shift, (name, found) in zip((-0.2, 0.2), counts.items(), strict=True):
        ax.bar(np.arange(6) + shift, np.bincount(found, minlength=6) / len(found), 0.4, label=name)
    ax.set(xlabel="positives in a fold", ylabel="fraction of folds")
    ax.legend()
    plt.show()
    for name, found in counts.items():
        without = np.reshape(found, (200, 5)).min(axis=1) == 0
        print(f"{name:10}: {min(found)} to {max(found)} positives in a fold; some fold has none under {without.mean():.0%} of the seeds")

# %% [markdown]
# Of 200 plain shuffles 69 % leave at least one of the five folds without a positive, so that its recall does not exist. Stratified folds have one or two positives, always.

# %% [markdown] question="kfold-when-not" points=4
# ### Q. "When is k-fold cross-validation the wrong tool? And how do you choose k?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - rows that belong together (patients, users, near-duplicates): split by group
# - time: train on the past, validate on the future
# - rare classes: stratify; and everything that is fitted goes inside the loop
# - k: bias (less training data) against cost; 5 or 10; more folds hardly reduce the noise of the mean, repeats with other seeds show it
#
# **Red flags** (-1): scaler or feature selection before the split; "k as large as possible"; shuffles a time series.
#
# **A strong answer, said aloud**: K-fold assumes that rows are exchangeable: any row could have been in any fold. That fails in three common ways. If several rows come from one patient or one user, I split by group, otherwise the model is validated on people it has seen. If the data have a time order, I train on the past
# and validate on the future, because that is how it will be used. And with a rare class I stratify, or some fold has no positive at all. The second thing I check is what happens before the loop: a
# scaler, an imputer, and above all feature selection, must be fitted inside each training part. On pure noise, selecting features first can give an accuracy of ninety per cent. As for k: with five folds each model sees eighty per cent of the data, so the score is slightly pessimistic; with
# ten it is less so, and costs twice as much. Leave-one-out is rarely worth it. To see how noisy the estimate is, I repeat five-fold with other seeds rather than raise k.
#
# **A weak candidate says**: "Cross-validation always gives an unbiased estimate, so I use ten folds."
#
# **Follow-ups**:
# - *The folds of an unshuffled file?* Sorted labels make folds of one class each: 0.30 instead of 0.98 on the wine data here.
# - *Is the standard error over folds right?* Only roughly: the training sets overlap, so the folds' scores are dependent, and it is usually too small.
# - *Which model do you ship after five folds?* None of the five: one trained on all data with the chosen hyperparameters.
# - *Groups and a rare class at once?* Stratified group k-fold, which can only approximate; look at the counts for each fold.
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `one_standard_error`   *(medium, 10 min, asked sometimes)*
#
# > *"Your validation curve is flat around its best point. Which model do you take?"*
#
# The mean over folds is itself uncertain: its **standard error** is $s/\sqrt k$, with $s$ the standard deviation of the $k$ scores (with $k-1$ in the denominator). All models within one standard error of the best are equally good as far as anybody can tell.
# Breiman's **one-standard-error rule** takes the *simplest* of them; here that is the largest penalty $\lambda$:
#
# $$\hat\lambda=\max\bigl\{\lambda_i:\ \bar s_i\ \ge\ \bar s_{\text{best}}-\mathrm{SE}_{\text{best}}\bigr\}$$


# %%
def one_standard_error(lams, scores):
    """The largest penalty that is as good as the best one, within one standard error.

    lams: (m,) real numbers in any order, m >= 1; negative ones are allowed. scores: (m, folds),
    folds >= 2, finite, higher is better; row i holds the scores of lams[i], one for each fold.
    Both in any real dtype (narrow integers and bool too), and computed in float64: float32 scores may be as
    large as 1e30, and means that differ by 1e-9 are different. Not changed.
    Returns a number: the largest of the lams whose mean score is at least the best row's mean
    minus the best row's standard error, which is the standard deviation of its scores (ddof 1)
    over sqrt(folds). A mean exactly on that bound counts (checked where all sums are exact in
    floating point; other checks keep off the bound). No two rows have the best mean. No warning.
    ValueError: no lams, fewer than two folds, scores not of shape (m, folds), lams not of shape
    (m,).
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    xp = array_namespace(lams, scores)
    if lams.ndim != 1 or scores.ndim != 2 or lams.shape[0] == 0 or scores.shape[0] != lams.shape[0] or scores.shape[1] < 2:
        raise ValueError(f"{lams.shape} and {scores.shape} do not fit (m,) and (m, folds) with two folds or more")
    lams, scores = xp.astype(lams, xp.float64), xp.astype(scores, xp.float64)
    mean = xp.mean(scores, axis=1)
    best = xp.max(mean)
    spread = xp.std(scores, axis=1, correction=1)
    error = xp.max(xp.where(mean == best, spread, 0.0)) / math.sqrt(scores.shape[1])
    return xp.max(xp.where(mean >= best - error, lams, -math.inf))
    ### END SOLUTION


# %%
check(one_standard_error)

# %% [markdown]
# **In scikit-learn.** `GridSearchCV(refit=f)` takes a function of `cv_results_` that returns the index to refit. Mind `cv_results_["std_test_score"]`: it is a standard deviation with ddof 0, and not divided by the square root of the number of folds.
#
# **Put it to work.** Diabetes data with all products of two features (65 columns, 150 training rows), ridge regression, five folds:

# %% tags=["instructor"]
one_standard_error = backend.runs(one_standard_error)

# %%
if ready(kfold_indices, one_standard_error):
    diabetes = load_diabetes()
    wide = StandardScaler().fit_transform(PolynomialFeatures(2, include_bias=False).fit_transform(diabetes.data))
    target = (diabetes.target - diabetes.target.mean()) / diabetes.target.std()
    lams = np.geomspace(0.01, 1e5, 22)

    def r_squared(x, y, new_x, new_y):
        """R2 on new rows of ridge regressions with every lam: one singular value decomposition does for all."""
        u, s, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
        weights = (s / (s**2 + lams[:, None]) * (u.T @ (y - y.mean()))) @ vt
        predicted = y.mean() + weights @ (new_x - x.mean(axis=0)).T
        return 1 - np.mean((new_y - predicted) ** 2, axis=1) / np.var(new_y)

    def chosen(seed):
        """The scores of five folds of 150 drawn rows, the best lam, the rule's lam, and the R2 of both on the 292 other rows."""
        rows = np.random.default_rng(seed).permutation(442)
        x, y, others = wide[rows[:150]], target[rows[:150]], rows[150:]
        scores = np.transpose([r_squared(x[a], y[a], x[b], y[b]) for a, b in kfold_indices(150, 5, seed)])
        rule = float(one_standard_error(lams, scores))
        best = scores.mean(axis=1).argmax()
        fresh = r_squared(x, y, wide[others], target[others])
        return scores, lams[best], rule, (fresh[best], fresh[lams == rule][0])

    scores, best, rule, _ = chosen(0)
    mean, error = scores.mean(axis=1), scores.std(axis=1, ddof=1) / np.sqrt(5)
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.errorbar(lams, mean, error, fmt=".-", color="#4c78a8", capsize=2, label="mean of 5 folds, 1 standard error")
    ax.axhline(mean.max() - error[mean.argmax()], color="grey", linestyle=":")
    ax.axvline(best, color="black", linestyle="--", label=f"best: {best:.3g}")
    ax.axvline(rule, color="#e45756", label=f"one standard error: {rule:.3g}")
    ax.set(xscale="log", xlabel="lam", ylabel="R2", ylim=(-0.4, 0.7))
    ax.legend()
    plt.show()
    runs = [chosen(seed)[1:] for seed in range(20)]
    gain = np.array([fresh[1] - fresh[0] for _, _, fresh in runs])
    print(
        f"lam over 20 draws of the data: best {min(r[0] for r in runs):.3g} to {max(r[0] for r in runs):.3g}, rule {min(r[1] for r in runs):.3g} to {max(r[1] for r in runs):.3g}"
    )
    print(
        f"R2 on fresh rows, rule minus best: mean {gain.mean():+.3f}, from {gain.min():+.3f} to {gain.max():+.3f}; better in {np.sum(gain > 0)} of 20"
    )

# %% [markdown]
# The best lam is 46, and the rule takes 464: within the error bars the curve is flat over a factor of ten. Over 20 draws of the data the rule does **not** score better on fresh rows: R2 is 0.019 lower on average (from 0.123
# lower to 0.019 higher), and better in 6 of 20. That is its honest description: it pays a little accuracy for a simpler and more stable model. It pays off where simplicity has a value of its own (fewer features with the lasso, a
# smaller tree), or where the curve has its best point by luck. And with five folds the standard error is itself a rough number.
#
# ## The winner's curse
#
# > *"Your best of 1000 trials drops on the test set. Nothing is wrong with the code. Why?"*
#
# Each validation score is truth plus luck. The maximum of many scores picks the good ones *and* the lucky ones, and luck does not repeat. The purest case has no truth at all: models that guess a coin, 100 validation rows.

# %%
coins = np.random.default_rng(0)
for trials in (1, 10, 100, 1000):
    best = [(coins.random((trials, 100)) < 0.5).mean(axis=1).max() for _ in range(200)]
    print(f"best of {trials:4} coin flippers on 100 rows: {np.mean(best):.3f} (standard deviation {np.std(best, ddof=1):.3f} over 200 repetitions)")

# %% [markdown]
# The best of a thousand coins is right on 66 % of the rows. On new rows it is right on half of them. With noise $\sigma$ the bias grows with the number $m$ of trials like $\sigma\sqrt{2\ln m}$, which is an upper estimate (here 0.19 at $m=1000$, measured 0.16): slowly, and it never stops.
#
# What helps, in this order: an **untouched test set**, used once; **nested cross-validation**, where the choice is made anew inside each outer training part, so that the outer fold had no say; **fewer, better trials**; repeating the finalists
# with **new seeds**; reporting the score **with its interval**.
#
# ## 6. Hunt: tuned on the test fold   *(medium, 12 min, asked often)*
#
# Below is a "nested" cross-validation from a code review. `score(config, train, validation)` trains on some rows and scores on others. It runs, looks careful, and every outer fold is scored by a model that was not trained on it.


# %%
def tuned_on_the_test_fold(score, configs, folds):
    """A nested cross-validation, its author says. Wrong."""
    outer = []
    for i, test in enumerate(folds):
        train = np.concatenate(folds[:i] + folds[i + 1 :])
        best = max(configs, key=lambda config: score(config, train, test))
        outer.append(score(best, train, test))
    return float(np.mean(outer))


# %% [markdown]
# The training is clean, the *choice* is not: `best` was chosen by the very rows that score it. Repair it: inside each outer training part, choose by cross-validation over the remaining folds.


# %%
def nested_mended(score, configs, folds):
    """The score of choosing the best configuration, measured on rows that had no say in the choice.

    score: a function score(config, train, validation) that trains a configuration on the rows
    `train` and returns its score on the rows `validation`, a float, higher is better, never
    nan. Rows are integer arrays (or lists) of row numbers, in any order.
    configs: a list of configurations (anything). folds: a list of (n_i,) integer arrays, three
    or more; together they hold every row once. Neither is changed.
    For each fold i as the test fold: a configuration's inner score is the plain mean, over
    each other fold j, of its score on fold j when trained on the rows of all folds but i and j.
    The configuration with the highest inner score (of equal ones the first in configs) is then
    trained on the rows of all folds but i and scored on fold i. score is called once for each of
    these, as each call is a training.
    Returns the plain mean of these test scores, one for each fold, a number.
    ValueError: no configurations, or fewer than three folds.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if not configs or len(folds) < 3:
        raise ValueError(f"need a configuration and three folds, not {len(configs)} and {len(folds)}")
    xp = array_namespace(*folds)

    def all_but(*left_out):
        return xp.concat([fold for i, fold in enumerate(folds) if i not in left_out])

    def inner(config, i):
        scores = [float(score(config, all_but(i, j), fold)) for j, fold in enumerate(folds) if j != i]
        return sum(scores) / len(scores)

    chosen = [max(configs, key=lambda config: inner(config, i)) for i in range(len(folds))]  # used up here
    return sum(float(score(best, all_but(i), folds[i])) for i, best in enumerate(chosen)) / len(folds)
    ### END SOLUTION


# %%
check(nested_mended)

# %% [markdown]
# **In scikit-learn.** `cross_val_score(GridSearchCV(model, space, cv=inner), x, y, cv=outer)`: the search is itself an estimator, fitted inside each outer training part.
#
# **Put it to work.** 80 images, each labelled **at random**, half of them +1 and half -1: nothing can be learned, and on new images any model is right half of the time. 24 configurations of `C` and `gamma`,
# four folds, twenty repetitions. (The model is the SVM with least squares for its loss, which takes one line and a fraction of the time.)

# %%
if ready(kfold_indices, nested_mended):

    def three_estimates(seed, n=80):
        """Best mean over folds, the hunt's function, and the nested score, on images with random labels."""
        rng = np.random.default_rng(seed)
        x, y = pixels[rng.permutation(len(pixels))[:n]], rng.permutation(np.arange(n) % 2) * 2 - 1
        distance = np.sum((x[:, None] - x[None]) ** 2, axis=2)
        configs = [{"C": C, "gamma": gamma} for C in (0.1, 1, 10, 100) for gamma in np.geomspace(1e-3, 1, 6)]
        folds = [validation for _, validation in kfold_indices(n, 4, seed)]

        def score(config, train, validation):
            kernel = np.exp(-config["gamma"] * distance)
            weights = np.linalg.solve(kernel[np.ix_(train, train)] + np.eye(len(train)) / config["C"], y[train])
            return float(np.mean(np.sign(kernel[np.ix_(validation, train)] @ weights) == y[validation]))

        means = [np.mean([score(c, np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(4)]) for c in configs]
        return max(means), tuned_on_the_test_fold(score, configs, folds), float(nested_mended(score, configs, folds))

    found = np.array([three_estimates(seed) for seed in range(20)])
    for name, column in zip(("best mean over the folds", "tuned on the test fold", "nested"), found.T, strict=True):
        print(f"{name:25}: {column.mean():.3f} (standard deviation {column.std(ddof=1):.3f} over 20 repetitions)")

# %% [markdown]
# The best mean over the folds is 0.561 where the truth is 0.5, and the function from the hunt says 0.600: it chooses anew for each test fold, by 20 rows, so it overfits the choice even more. The nested score is 0.490: honest, within
# its noise, which is large: 80 rows leave a standard deviation of 0.07 from one repetition to the next.

# %% [markdown] question="winners-curse" points=5
# ### Q. "The best of 1000 trials had 94 % on validation and has 90 % on test. What happened, and what do you do?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the winner's curse: the maximum of noisy scores is biased upwards, even with clean code
# - its size: noise of one score against the spread of the candidates, growing slowly with the number of trials
# - nested cross-validation or an untouched test set gives the honest number
# - among near-equals take the simplest (one standard error), repeat finalists with new seeds
# - rule out other causes: leakage, a different distribution of the test set; and do not go back and tune on the test set
#
# **Red flags** (-1): tunes again until the test score is good; "the model overfits the training set" as the only cause.
#
# **A strong answer, said aloud**: Some of that drop is expected. Each validation score is the true quality plus noise, and by taking the maximum of a thousand I selected for noise. With a hundred coin flippers on a hundred rows the best one is right on sixty-two per cent, with a thousand on
# sixty-six. So I first ask how large the noise is: with five hundred validation rows at ninety-four per cent, one standard error is about one point, and the best of a thousand can be three points lucky, if the candidates are
# similar. Four points would still make me look for leakage and a test set from another period. Then I report the test number, not the validation number, with its interval. I do not tune until the test set looks good: then it is a validation set. For the next round: nested
# cross-validation for the estimate, fewer and better-chosen trials, the ten finalists repeated with new seeds, and within one standard error the simplest model. The winner may still be the right model to ship; only its score was wrong.
#
# **A weak candidate says**: "The model overfits, so I add regularisation and check the test score again."
#
# **Follow-ups**:
# - *Is nested cross-validation a way to choose the configuration?* No: it scores the procedure. The choice is then made once more, on all data.
# - *Does the bias vanish with more validation rows?* It shrinks with the noise, like one over the square root of the rows.
# - *How do you compare two configurations?* Paired: the same folds and seeds, the mean of the differences and its standard error.
# - *How many times may you look at the test set?* Once for the report; each decision that it influences turns it into validation data.
# === END MARK SCHEME ===

# %% [markdown] question="parameter-or-hyper" points=3
# ### Q. "What is a hyperparameter, and why can't the training data choose it?"   *(easy, 2 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - parameters are fitted by the training; hyperparameters are fixed before it and shape it
# - the training loss would always prefer the most flexible setting: no penalty, the largest model
# - so a validation set chooses, and since choosing is fitting, a third set gives the final score
#
# **Red flags** (-1): chooses on the test set; calls the learning rate a parameter that the network learns.
#
# **A strong answer, said aloud**: Parameters are what training fits: weights, biases, the splits of a tree. Hyperparameters are what I fix before: learning rate, penalty, depth, the number of epochs, also which features and which augmentation. The training loss cannot choose them, because it would always say the same thing: no
# penalty, more depth, more epochs. A penalty never lowers the training loss, by definition. So I hold out validation data and choose by its score. But choosing is a kind of fitting: if I compare two hundred settings on one validation set, the best score
# is partly luck. That is why there is a third set, or an outer loop of cross-validation, which scores the winner once. The boundary is not sharp: some hyperparameters can be learned, for example by maximising the marginal likelihood of a Gaussian process, or by gradients through the validation loss. Even then, the data that choose them are not the data that may score them.
#
# **A weak candidate says**: "Hyperparameters are the important parameters. I pick the ones with the best test accuracy."
#
# **Follow-ups**:
# - *Is the number of epochs a hyperparameter?* Yes, and early stopping chooses it on validation data at every epoch.
# - *Is the random seed one?* No: choosing the best seed is the winner's curse in its pure form. Report the mean over seeds.
# - *How does leakage happen through tuning?* A decision (features, threshold, preprocessing) taken after looking at the rows that score it.
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `successive_halving`   *(medium, 15 min, asked sometimes)*
#
# > *"A hundred configurations, and money for ten full trainings."*
#
# Most configurations look bad early. Successive halving trains all of them a little, keeps the best $1/\eta$, trains those $\eta$ times longer, and so on: each round costs about the same, and
# nearly all of the budget goes to configurations that are still in the race.


# %%
def successive_halving(evaluate, configs, min_budget, eta):
    """The configuration that is left when the worst are dropped round by round.

    evaluate: a function evaluate(config, budget) that returns a loss, a number, lower is better; it may be nan
    or infinite. It is called with an element of configs itself and a whole number.
    configs: a list of anything (dicts, tuples, ...); they may not be comparable or hashable. Not changed.
    min_budget: a whole number >= 1. eta: a whole number >= 2.
    Round r = 0, 1, ... evaluates every configuration that is left once, with the budget
    min_budget * eta**r and keeps the ceil(len / eta) with the lowest losses, until one is left,
    which is returned: the element of configs itself (judged by ==). A loss of nan is worse than
    any other, inf too. Of configurations with equal losses (nan equals nan) those given earlier in configs are kept. When one is left nothing
    is evaluated any more; so a single configuration comes back without any evaluation.
    ValueError: no configurations.
    """
    ### BEGIN SOLUTION
    import math

    if not configs:
        raise ValueError("no configurations")
    alive, budget = list(configs), min_budget
    while len(alive) > 1:
        losses = [float(evaluate(config, budget)) for config in alive]
        keys = [(1, 0.0) if math.isnan(loss) else (0, loss) for loss in losses]
        ranked = sorted(range(len(alive)), key=keys.__getitem__)  # stable: of equal ones the earlier
        alive = [alive[i] for i in sorted(ranked[: -(-len(alive) // eta)])]  # back in their given order
        budget *= eta
    return alive[0]
    ### END SOLUTION


# %%
check(successive_halving)

# %% [markdown]
# **In scikit-learn.** `HalvingRandomSearchCV(model, space, factor=eta)`: the budget is the number of training rows (or any integer parameter, `resource="n_estimators"`). It keeps
# `ceil(n / factor)`, as we do, and stops when `factor` or fewer are in the race, or the data are used up, and then takes the best of the last round. In PyTorch people use Optuna's `SuccessiveHalvingPruner` or Ray's `ASHAScheduler`, which does not wait for the whole round.
#
# **Put it to work: the late bloomer.** Linear regression by SGD, one row at a time, nine learning rates. A large one is far ahead after one pass over the data and then stops improving, since each row throws it about; a small
# one starts slowly and goes on.

# %%
passes, rates = 81, np.geomspace(3e-4, 0.1, 9)


def sgd_curves(seed):
    """The validation loss of every learning rate after 1 to 81 passes, (81, 9)."""
    rng = np.random.default_rng(seed)
    w_true = rng.normal(0, 1, 10)
    x, held = rng.normal(0, 1, (50, 10)), rng.normal(0, 1, (500, 10))
    y = x @ w_true + rng.normal(0, 1, 50)
    w, losses = np.zeros((9, 10)), np.zeros((passes, 9))
    for epoch in range(passes):
        for row in rng.permutation(50):
            w -= rates[:, None] * np.clip(w @ x[row] - y[row], -1e3, 1e3)[:, None] * x[row]
        losses[epoch] = np.mean((held @ w.T - (held @ w_true)[:, None]) ** 2, axis=0)
    return losses


curves = sgd_curves(0)
figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for index, rate in enumerate(rates):
    ax.loglog(np.arange(1, passes + 1), curves[:, index], color=plt.cm.viridis(index / 9), label=f"{rate:.2g}")
for budget in (1, 3, 9, 27, 81):
    ax.axvline(budget, color="grey", linestyle=":", linewidth=1)
ax.set(xlabel="passes over the data", ylabel="validation loss")
ax.legend(title="learning rate", fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %%
if ready(successive_halving):

    def regret(curves, min_budget):
        """How much worse than the best after 81 passes halving's choice is then, and what the search cost, in passes."""
        spent = []

        def evaluate(index, budget):
            spent.append(budget)
            return curves[min(budget, passes) - 1, index]

        winner = successive_halving(evaluate, list(range(9)), min_budget, 3)
        return winner, curves[-1, winner] / curves[-1].min(), sum(spent)

    many = [sgd_curves(seed) for seed in range(10)]
    for min_budget in (1, 3, 9, 27):
        found = [regret(curves, min_budget) for curves in many]
        ratios = np.array([ratio for _, ratio, _ in found])
        print(
            f"rounds of {min_budget:2} and {3 * min_budget:2} passes, {found[0][2]:3} in all: loss after 81 passes "
            f"{np.median(ratios):.2f} times the best (median of 10 seeds; {ratios.min():.2f} to {ratios.max():.2f})"
        )
    best = [rates[curves[-1].argmin()] for curves in many]
    print(f"nine full trainings cost {9 * passes} passes; the best learning rate after 81 passes is {min(best):.2g} to {max(best):.2g}")

# %% [markdown]
# With first rounds of 1 and 3 passes the search costs 18 passes instead of 729, and its choice ends with 1.44 times the best loss (median of ten seeds), 2.86 times at worst: the late bloomers were dropped after one pass. From 9 passes on it
# is 1.04 times the best for 162 passes, and with rounds of 27 and 81 the best itself in the median, for two thirds of the full price. Cheap or safe: the first budget decides, and it must be long enough for the ranking to show.
#
# Halving's assumption is **rank stability**: who is ahead early is ahead late. It fails wherever the ranking depends on the length of the run: learning rates, strong regularisation, warm-up, large models. **Hyperband**
# hedges: it runs halving several times, from "many configurations, tiny first budget" to "few configurations, full budget at once". With `n_samples` as the budget the
# effect is the same: on few rows strong regularisation wins.
#
# ## 8. Hunt: what will it cost?   *(easy, 8 min, asked sometimes)*
#
# > *"Before you start: how many epochs is that?"*
#
# Predict the bill of `successive_halving` without running it.


# %%
def bill_predicted(n, min_budget, eta):
    """The budgets of all evaluations that successive_halving makes on n configurations, added up.

    n, min_budget: whole numbers >= 1. eta: a whole number >= 2; it may exceed n. Every round trains from scratch, so
    an evaluation in round r costs min_budget * eta**r in full.
    Returns a whole number, exact, also for a min_budget of 10**15 and more. n = 1 costs 0.
    """
    ### BEGIN SOLUTION
    total, budget = 0, min_budget
    while n > 1:
        total += n * budget
        n, budget = -(-n // eta), budget * eta
    return total
    ### END SOLUTION


# %%
check(bill_predicted)

# %%
if ready(bill_predicted):
    for n in (81, 82, 100, 243):
        print(
            f"{n:3} configurations, eta 3, first budget 1: {bill_predicted(n, 1, 3):5}; rule of thumb n * rounds: {n * math.ceil(round(math.log(n, 3), 9)):5}"
        )

# %% [markdown]
# "Each round costs the same" is exact at powers of $\eta$: 81 configurations cost 324. One more, 82, costs 526: the ceilings keep 28, 10, 4 and 2, and there is a fifth round, whose two runs of 81 passes make up most of the difference.
#
# ## 9. Hunt: the float in Hyperband   *(medium, 10 min, asked rarely)*
#
# How many rounds fit between a budget of 1 and `max_budget`? As many as $\eta$ can be divided out: $s_{\max}=\lfloor\log_\eta(\text{max\_budget})\rfloor$. The page of Hyperband's authors has these two lines (there the budget is called `max_iter`), and many repositories have copied them:
#
#     logeta = lambda x: log(x)/log(eta)
#     s_max = int(logeta(max_iter))
#
# They are right for the 81 of their example.


# %%
def published_budgets(max_budget, eta):
    """The budgets of the rounds, smallest first, with the published line. Wrong for some."""
    s_max = int(math.log(max_budget) / math.log(eta))
    return [max_budget // eta**s for s in range(s_max, -1, -1)]


print(published_budgets(81, 3), published_budgets(100, 3))

# %% [markdown]
# **First, a search for which it is wrong**, one that could be yours.


# %%
def budgets_counterexample():
    """A budget and an eta for which published_budgets gives the wrong list.

    Returns (max_budget, eta), two whole numbers, eta >= 2 and eta <= max_budget <= 1000, such
    that the published list is not that of all max_budget // eta**s that are at least 1.
    """
    ### BEGIN SOLUTION
    return 243, 3
    ### END SOLUTION


# %%
check(budgets_counterexample)

# %% [markdown]
# **Then, fixed**, without a float.


# %%
def budgets_mended(max_budget, eta):
    """The budgets of the rounds of successive halving that ends with max_budget.

    max_budget: a whole number, 1 <= max_budget <= 10**18. eta: a whole number >= 2; it may exceed max_budget.
    Returns the list of max_budget // eta**s for every s >= 0 for which that is at least 1,
    smallest first, so the last is max_budget. Whole numbers, all exact.
    """
    ### BEGIN SOLUTION
    found = []
    while max_budget >= 1:
        found.append(max_budget)
        max_budget //= eta
    return found[::-1]
    ### END SOLUTION


# %%
check(budgets_mended)

# %%
print(f"log(243) / log(3)   = {math.log(243) / math.log(3)!r}")
print(f"log(1000) / log(10) = {math.log(1000) / math.log(10)!r}")
print(f"log(125) / log(5)   = {math.log(125) / math.log(5)!r}")

# %% [markdown]
# The quotient of two rounded logarithms may end just below the whole number, and `int` drops a whole round: of 243 epochs the published line makes 3, 9, 27, 81, 243 and skips the round of 1. scikit-learn's halving
# search computes its number of rounds as `1 + floor(log(n_candidates, factor))` (version 1.9): with 243 candidates and factor 3 it runs five rounds instead of six and picks the winner among three. In both cases nothing crashes. Take
# logarithms of whole numbers with whole numbers.

# %% [markdown] question="search-methods" points=5
# ### Q. "Grid, random, Bayesian, successive halving: when do you use which?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - a grid only for one or two dimensions; it wastes runs where few dimensions matter
# - random: log-uniform, any number of dimensions, all runs in parallel, 60 draws for the best 5 %
# - Bayesian: a surrogate and an acquisition function; for few, expensive runs; sequential by nature, needs care with noise and batches
# - successive halving or Hyperband: many cheap starts; assumes that early ranks are kept
# - what decides between them: the price of a run, how many can run at once, whether early results tell anything
#
# **Red flags** (-1): "Bayesian is always best"; no word about parallel runs; no word about noise.
#
# **A strong answer, said aloud**: It depends on the price of a run, on how many can run at once, and on whether early results tell anything. A grid I only use for one or two hyperparameters, mostly for a picture. For three or more I draw at random, log-uniformly where factors matter: usually
# one or two dimensions decide, and random draws try as many values in each as there are runs. It is perfectly parallel, and sixty draws hit the best five per cent with ninety-five per cent probability. If a run takes a day and I can afford thirty, I use Bayesian optimisation: a Gaussian process or a tree model
# predicts mean and uncertainty, and expected improvement picks the next point. It is sequential, so with eight workers I need a batch version. If runs can be judged early, successive halving saves the most, often ten times. But it assumes that early ranks hold, and learning rates are the classic
# counterexample: a large one leads early and loses late. Hyperband hedges against that. In practice I combine: random or Bayesian proposals, stopped early.
#
# **A weak candidate says**: "Bayesian optimisation, because it is the smartest. Grid search if there is time."
#
# **Follow-ups**:
# - *When is halving wrong?* When learning curves cross after the first budget: small learning rates, strong regularisation, large models.
# - *What is ASHA?* Asynchronous halving: a configuration is promoted as soon as it is in the best 1/eta of those seen in its round, so that no worker waits.
# - *What does a Gaussian process cost?* O(n^3) in the number of runs: fine for hundreds, not for tens of thousands; trees (TPE, random forests) scale further.
# - *How do you know the search beat luck?* A random search with the same budget, several seeds each.
# === END MARK SCHEME ===

# %% [markdown]
# ## 10. `expected_improvement`   *(medium, 12 min, asked often)*
#
# > *"Ten runs are done. Where do you put the eleventh?"*
#
# **Bayesian optimisation** fits a **surrogate** to the runs so far, usually a Gaussian process: for every candidate a belief $\mathcal N(\mu,\sigma^2)$ about its loss. An **acquisition function** turns belief into a number
# to maximise. Let $f^*$ be the lowest loss so far. The improvement of a candidate is $\max(f^*-f,\,0)$, and its expectation, with $z=(f^*-\mu)/\sigma$, is
#
# $$\mathrm{EI}=\int\max(f^*-f,0)\,\mathcal N(f;\mu,\sigma^2)\,df=(f^*-\mu)\,\Phi(z)+\sigma\,\varphi(z)$$
#
# The first term rewards a good mean (**exploitation**), the second uncertainty (**exploration**). $\Phi(z)=\tfrac12\operatorname{erfc}(-z/\sqrt2)$ and $\varphi(z)=e^{-z^2/2}/\sqrt{2\pi}$. Many texts maximise; **here a loss is minimised**, so mind the sign.


# %%
def expected_improvement(mean, std, best):
    """The expected improvement of candidates over the lowest loss so far (minimisation).

    mean, std: (m,) real numbers of any dtype, floats both of one, m >= 1, std >= 0: the belief about each
    candidate's loss is normal with this mean and standard deviation. best: a number, the lowest loss so far. Not changed.
    Returns (m,): the expectation of max(best - loss, 0); where std is 0 it is max(best - mean, 0). It is computed in float64;
    float64, integers and bools give float64, float32 gives float32. Compared to 1e-9, absolutely,
    or 1e-7 of its size (float32: 1e-5, or 1e-4 of its size); no warning, also where best - mean is a
    hundred times std, or std is as small as 1e-250.
    math.erf or math.erfc for each element is the expected way: neither NumPy nor the array API
    has an error function.
    ValueError: no candidates, or mean and std are not of the same shape (m,); nothing is broadcast.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace, device

    xp = array_namespace(mean, std)
    if mean.ndim != 1 or mean.shape != std.shape or mean.shape[0] == 0:
        raise ValueError(f"need two arrays of one shape (m,), not {mean.shape} and {std.shape}")

    def improvement(mu, sigma):
        gain = float(best) - mu
        if sigma == 0:
            return max(gain, 0.0)
        z = gain / sigma
        return gain * math.erfc(-z / math.sqrt(2)) / 2 + sigma * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    values = [improvement(float(mean[i]), float(std[i])) for i in range(mean.shape[0])]
    floating = xp.isdtype(mean.dtype, "real floating") and xp.isdtype(std.dtype, "real floating")
    return xp.asarray(values, dtype=xp.result_type(mean, std) if floating else xp.float64, device=device(mean))
    ### END SOLUTION


# %%
check(expected_improvement)

# %% [markdown]
# **In PyTorch / scikit-learn.** BoTorch's `ExpectedImprovement(model, best_f, maximize=False)` is this formula on a model's posterior (its default maximises), and its documentation recommends `LogExpectedImprovement`, because EI
# and its gradient underflow to 0 far from the best. scikit-learn has the surrogate (`GaussianProcessRegressor`, `predict(..., return_std=True)`), not the acquisition. Some codes subtract a margin `xi` from $f^*-\mu$ to explore more.
#
# **Put it to work** on a curve one can look at: the error of the SVM along `gamma`, from the first picture. Three runs to begin with, then EI chooses five more. The surrogate is a Gaussian process in ten lines.

# %% tags=["instructor"]
expected_improvement = backend.runs(expected_improvement)

# %%
line = np.log10(gammas)
truth = 1 - np.array(curve)


def surrogate(tried, length=1.0, height=0.5, noise=0.02):
    """A Gaussian process's mean and standard deviation along the line, after the runs tried (indices)."""

    def kernel(a, b):
        return height**2 * np.exp(-((a[:, None] - b[None, :]) ** 2) / (2 * length**2))

    x, y = line[tried], truth[tried]
    inverse = np.linalg.inv(kernel(x, x) + noise**2 * np.eye(len(x)))
    across = kernel(line, x)
    mean = y.mean() + across @ inverse @ (y - y.mean())
    variance = height**2 - np.sum(across @ inverse * across, axis=1)
    return mean, np.sqrt(np.maximum(variance, 0))


if ready(expected_improvement):
    tried = [3, 12, 32]
    figure, axes = plt.subplots(2, 3, figsize=(10, 4.4), layout="constrained", sharex=True, height_ratios=(2, 1))
    for step in range(5):
        mean, std = surrogate(tried)
        value = np.asarray(expected_improvement(mean, std, float(truth[tried].min())))
        following = int(value.argmax())
        if step in (0, 1, 4):
            top, bottom = axes[:, (0, 1, 4).index(step)]
            top.plot(line, truth, color="grey", linestyle=":", label="the true curve")
            top.plot(line, mean, color="#4c78a8", label="mean")
            top.fill_between(line, mean - 2 * std, mean + 2 * std, color="#4c78a8", alpha=0.2, label="2 std")
            top.plot(line[tried], truth[tried], "o", color="black")
            top.set(title=f"after {len(tried)} runs", ylim=(-0.4, 1.5))
            bottom.plot(line, value, color="#e45756")
            bottom.axvline(line[following], color="#e45756", linestyle="--")
            bottom.set(xlabel="log10 gamma")
        tried.append(following)
    axes[0, 0].set(ylabel="error")
    axes[1, 0].set(ylabel="EI")
    axes[0, 0].legend(fontsize=7)
    plt.show()
    print("errors in order:", " ".join(f"{one:.2f}" for one in truth[tried]), f"; the lowest on the whole line: {truth.min():.2f}")
    chance = np.random.default_rng(0)
    by_luck = [truth[np.concatenate([[3, 12, 32], chance.choice(36, 5, replace=False)])].min() for _ in range(1000)]
    print(f"five random runs instead: lowest error {np.mean(by_luck):.3f} on average over 1000 repetitions")

# %% [markdown]
# The three first runs have errors of 0.89, 0.48 and 0.89. The first point that EI chooses has 0.05, the third 0.03, which is the lowest on the whole line; five random runs reach 0.104 on average. In the first two pictures EI is near zero at the runs already made, and high where the
# band reaches far below the best so far. In the third it is highest at the best run, and the last two runs repeat it: this surrogate assumes noise (`noise=0.02`), so it is not sure of a run already made. Without noise EI is 0 there. The comparison flatters it: one dimension, a smooth curve, no noise, and a length scale that was chosen by looking.
#
# <details><summary><b>What goes wrong with it in practice</b></summary>
#
# - **Noise.** "The lowest loss so far" is a winner's score, so $f^*$ is too low and EI too small. Use the surrogate's mean at the best point, or noisy EI.
# - **Scale.** The surrogate assumes that the loss changes equally fast everywhere: give it the logarithm of a learning rate, and a loss without outliers (a diverged run at 1e6 flattens everything else; clip it or take ranks).
# - **Parallel runs.** EI is greedy and gives one point; eight workers would all get it. Draw from the posterior (Thompson sampling), or pretend that the first point came out at its mean and ask again.
# - **Cost.** EI per second of training prefers cheap runs; multi-fidelity methods (BOHB) combine it with halving.
#
# </details>

# %% [markdown] question="bayesian" points=4
# ### Q. "Explain Bayesian optimisation and expected improvement to a colleague."   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - a surrogate that gives mean and uncertainty for every candidate, updated after each run
# - an acquisition function; EI is the expected amount below the best so far, and it is in closed form for a normal belief
# - exploitation against exploration: low mean or large uncertainty
# - its limits: sequential, noise in the best value, scale of the inputs, many dimensions
#
# **Red flags** (-1): takes the lowest predicted mean; confuses EI with the probability of improvement; no uncertainty.
#
# **A strong answer, said aloud**: Each run is expensive, so between runs I can afford to think. I fit a cheap model, the surrogate, usually a Gaussian process, to all runs so far: for every candidate it gives a mean and a standard deviation of the loss.
# Then I ask of each candidate: by how much do I expect it to beat the best loss so far, where not beating it counts zero? For a normal belief that has a closed form: the gap times the normal distribution function of z, plus sigma times the density at z, where z is gap over sigma. It is large where the mean
# is low or where the uncertainty is high, so it balances exploitation and exploration without a knob. I run the candidate with the largest value, add the result, and repeat. Unlike the probability of improvement, it does not prefer tiny, safe gains. But it is sequential, the best value is itself noisy, the inputs need a sensible
# scale, such as log learning rate, and beyond some twenty dimensions a random search is hard to beat.
#
# **A weak candidate says**: "It predicts the loss of every setting, and then you take the setting with the lowest prediction."
#
# **Follow-ups**:
# - *What is EI where a run was already made?* Without noise, std is 0 there and the gain is at most 0, so EI is 0: it never repeats a run.
# - *EI or probability of improvement?* PI counts how often, not by how much, and so clings to the best point.
# - *Eight workers?* Thompson sampling, or a batch: pretend the first result is its mean, update, ask again.
# - *Why does EI underflow and what helps?* Far from the best both terms are about exp(-z²/2); its logarithm is optimised instead.
# === END MARK SCHEME ===

# %% [markdown] tags=["sheet"]
# ## The sheet
#
# | what | formula | trap |
# |---|---|---|
# | log-uniform | $\exp(u)$, $u\sim U(\ln a,\ln b)$ | uniform: 90 % of draws in the top decade; log10 bounds with exp |
# | grid | $\prod n_i$ points | few values of the one dimension that matters |
# | random | $1-0.95^n$: 59 draws for the best 5 % | of your space, not of the world |
# | k-fold | each row validated once, sizes differ by at most 1 | no shuffle; the last fold; overlapping folds; groups, time; scaler outside |
# | stratified | each class's counts differ by at most 1 | all remainders in fold 0 |
# | standard error | $s/\sqrt k$, ddof 1 | standard deviation instead; folds are dependent |
# | one-standard-error rule | simplest with $\bar s\ge\bar s_\text{best}-\mathrm{SE}_\text{best}$ | each row's own error |
# | winner's curse | bias up to $\sigma\sqrt{2\ln m}$ | reporting the winner's validation score |
# | nested | choose inside each outer training part | it scores the procedure, it does not choose |
# | halving | keep $\lceil n/\eta\rceil$, budget $\times\,\eta$ | late bloomers; nan sorted first; floor of a float logarithm |
# | EI | $(f^*-\mu)\Phi(z)+\sigma\varphi(z)$, $z=(f^*-\mu)/\sigma$ | sign for maximisation; σ = 0; variance for std |
#
# **Sixty seconds to say.** Learning rate first, on a log scale, by random draws: few dimensions matter, and a grid repeats itself. Shuffle, stratify, split by group or time where rows belong together, and fit everything inside the fold. The best of many scores is partly luck, so
# its score is not a result: nested cross-validation or an untouched test set is. Within one standard error take the simplest. Halving saves most of the money when early ranks hold, and drops the late bloomer when they do not. Expected improvement spends a costly run where the mean is low or nothing is known. And report seeds, spread and the number of trials.

# %%
status()
