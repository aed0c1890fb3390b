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
#     title: "Noise and bias (数据质量)"
#     order: 6
#     minutes: 150
#     topics: [data cleaning, leakage, deduplication, drift]
#     needs: [metrics]
#     out_of_scope: "time series imputation, fairness constraints in training, data contracts and pipelines"
# ---

# %% [markdown]
# # Noise and bias (数据质量)
#
# > *"Here is a table from three hospitals. Train a model by tomorrow. What do you look at first?"*
#
# The model is the small part of the answer. The interviewer listens for three things:
#
# 1. You **look at the data** before you fit anything: what is missing, what is impossible, what occurs twice, who wrote the labels.
# 2. You learn every statistic **from the training rows only**, and you can say what a leak costs.
# 3. You **measure** what a cleaning step does, on a test set that nobody has cleaned with it.
#
# You will write seven tools, and take one corrupted table through them. Then you hunt three errors, two of them from code as it is published every day.
# **This lesson needs** NumPy, and accuracy and recall from the lesson on metrics.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(median_impute)` helps in three steps.
# Rules for all of them: arrays come in any memory layout, read-only ones too; the real-valued arrays of one call share one dtype; valid input gives no warning; results are compared to 7 digits, to 4 where
# the data are float32.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# median_impute, mad_outliers, standardize, cohen_kappa, group_split, population_stability_index.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# scikit-learn's breast-cancer table is clean: 569 patients, 30 measurements, 37 % malignant. We split it, keep the **test half as it is**, and corrupt
# only the training half, in the three ways that happen in every hospital:
#
# - **10 % of the cells are missing**, at random;
# - **2 % of the cells are 100 times too large**, a wrong unit;
# - **30 % of the malignant patients are labelled benign**, because the second opinion never reached the table.
#
# Because the test half is clean, the score on it is honest: it says what the model would do for a patient who is measured carefully.


# %% tags=["folded"]
def clean_halves(seed):
    """Training and test half of the clean table, malignant = 1."""
    data = load_breast_cancer()
    malignant = (data.target == 0).astype(int)
    return train_test_split(data.data, malignant, test_size=0.5, random_state=seed, stratify=malignant)


def corrupted(x, y, seed):
    """The table with cells missing, cells in a wrong unit and labels flipped; the last two as masks too."""
    rng = np.random.default_rng(seed)
    unit = rng.random(x.shape) < 0.02
    x = np.where(unit, 100 * x, x)
    x[rng.random(x.shape) < 0.10] = np.nan
    ill = np.flatnonzero(y == 1)
    flipped = np.zeros(len(y), bool)
    flipped[rng.choice(ill, round(0.3 * len(ill)), replace=False)] = True
    return x, np.where(flipped, 0, y), unit, flipped


SEEDS = range(10)
TABLES = []
for seed in SEEDS:
    train, test, y_train, y_test = clean_halves(seed)
    TABLES.append((train, test, y_train, y_test, *corrupted(train, y_train, seed)))


def scaled_score(x, y, x_test, y_test):
    """Accuracy and recall of a logistic regression on the test half; scaled by the training half."""
    mean, std = x.mean(axis=0), x.std(axis=0)
    predicted = LogisticRegression(max_iter=2000).fit((x - mean) / std, y).predict((x_test - mean) / std)
    return np.mean(predicted == y_test), np.mean(predicted[y_test == 1])


def corrupted_picture(dirty):
    """Where the holes are, and what a wrong unit does to a column."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    left.imshow(np.isnan(dirty[:60]), aspect="auto", cmap="Greys", interpolation="nearest")
    left.set(xlabel="measurement", ylabel="patient", title="missing cells (black)")
    left.grid(False)
    right.hist(np.log10(dirty[:, 0][np.isfinite(dirty[:, 0])]), 40, color="#4c78a8")
    right.set(xlabel="log10 of the mean radius", ylabel="patients", title="one column, two units")
    plt.show()


# %%
train, test, y_train, y_test, dirty, y_dirty, unit, flipped = TABLES[0]
corrupted_picture(dirty)
complete = ~np.isnan(dirty).any(axis=1)
print(f"{len(train) + len(test)} patients, {train.shape[1]} measurements, {np.mean([*y_train, *y_test]):.0%} malignant")
print(f"{np.isnan(dirty).mean():.3f} of the cells are missing, but only {complete.sum()} of {len(dirty)} patients are complete")
print(f"mean radius: {np.sum(dirty[:, 0] > 100)} values above 100, where the largest true one is {train[:, 0].max():.0f}")
lonely, level = np.array([1.0] * 9 + [1000.0]), np.full((10, 2), 0.1)
print(f"largest z-score of nine ones and 1000: {(lonely.max() - lonely.mean()) / lonely.std():.4f}; standard deviation of ten times 0.1: {level.std(axis=0)[0]:.1e}")
LADDER = {"clean data": [scaled_score(*(half[0], half[2]), half[1], half[3]) for half in TABLES]}
for name in ("complete rows only", "missing -> 0"):
    LADDER[name] = []
    for _, test, _, y_test, dirty, y_dirty, _, _ in TABLES:
        complete = ~np.isnan(dirty).any(axis=1)
        rows = complete if name == "complete rows only" else slice(None)
        LADDER[name].append(scaled_score(np.nan_to_num(dirty[rows]), y_dirty[rows], test, y_test))


def show_ladder():
    """The table of all steps so far: mean and standard deviation over the ten splits."""
    print("training data                                accuracy        recall")
    for name, scores in LADDER.items():
        (accuracy, recall), (accuracy_sd, recall_sd) = np.mean(scores, axis=0), np.std(scores, axis=0)
        print(f"{name:42s} {accuracy:.3f} ± {accuracy_sd:.3f}  {recall:.3f} ± {recall_sd:.3f}")


show_ladder()

# %% [markdown]
# Left: ten holes in a hundred cells leave 13 of 284 patients complete, because a row has 30 chances to lose a cell ($0.9^{30}=0.042$). Right: the bars two decades above the others are the
# values in the wrong unit; three of them are only 1 % of the column. The table has the honest scores. Clean data reach 0.969. The 13 complete rows reach 0.843 with a recall that swings by 0.26 from split to split. And all rows with 0 in
# the holes, the quick fix, reach 0.642 and find 4 % of the malignant cases: hardly better than always answering "benign", which is right for 63 %.
#
# ## 1. `median_impute`   *(easy, 8 min, asked often)*
#
# > *"A tenth of your cells are missing. What do you put there, and where does the number come from?"*
#
# First ask **why** they are missing, because that decides whether filling is allowed at all:
#
# | | the chance that a cell is missing depends on | example | then |
# |---|---|---|---|
# | **MCAR**, completely at random | nothing | a tube broke | filling or dropping rows is unbiased |
# | **MAR**, at random | values that we see | older patients skip a test | fill from the other columns |
# | **MNAR**, not at random | the missing value itself | the very ill are too ill to be measured | that it is missing is information: add an **indicator column** |
#
# Nobody can tell MAR from MNAR by looking at the table; ask whoever filled it in. The median is the usual first filling: half of the values lie
# below it, so a value in the wrong unit does not move it, where it would drag the mean away. Some models (gradient-boosted trees) take nan as it is.
#
# Whatever you fill with is a **statistic of the training rows**, for the test rows too. A median of the test rows is a leak, and it does not exist
# for the one patient who comes tomorrow.


# %%
def median_impute(train, test):
    """Missing cells filled with the column's training median.

    train (n,d), test (m,d): tables, n >= 1, m >= 1, entries finite or nan (integer and bool
    tables have no nan). Not changed.
    Returns (train, test), two new tables of the same shapes: every nan, in both, replaced by
    the median of its column's other entries in train (of an even number of entries: the mean of
    the middle two). A column that is all nan in train gets 0, in both. No warning.
    ValueError: no rows in train or in test, an array that is not 2-D, or column counts that
    differ (one column against several too).
    float32 tables give float32, integer and bool ones float64.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    xp = array_namespace(train, test)
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1] or 0 in (train.shape[0], test.shape[0]):
        raise ValueError(f"need two tables with rows and the same columns, not {train.shape} and {test.shape}")
    train, test = (x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64) for x in (train, test))
    missing = xp.isnan(train)
    ordered = xp.sort(xp.where(missing, xp.full_like(train, math.inf), train), axis=0)  # the holes last
    count = xp.sum(xp.astype(~missing, xp.int64), axis=0)
    low, high = xp.maximum(count - 1, xp.zeros_like(count)) // 2, count // 2
    middle = (xp.take_along_axis(ordered, place[None, :], axis=0)[0, :] for place in (low, high))
    median = sum(0.5 * value for value in middle)
    median = xp.where(count == 0, xp.zeros_like(median), median)
    return xp.where(missing, median, train), xp.where(xp.isnan(test), median, test)
    ### END SOLUTION


# %%
check(median_impute)

# %% [markdown]
# **In scikit-learn.** `SimpleImputer(strategy="median").fit(train)`, then `.transform(test)`. It **drops** a column that is all nan in train, unless
# `keep_empty_features=True`, where it fills with 0 as ours does. `add_indicator=True` adds the indicator columns. In pandas
# `test.fillna(train.median())`; `df.fillna(df.median())` before the split is the leak.

# %% tags=["instructor"]
median_impute = backend.runs(median_impute)

# %%
if ready(median_impute):
    LADDER["missing -> training median"] = [
        scaled_score(median_impute(dirty, test)[0], y_dirty, test, y_test) for _, test, _, y_test, dirty, y_dirty, _, _ in TABLES
    ]
    show_ladder()

# %% [markdown]
# The inconvenient result: the median is the better filling, and nothing has changed, 0.644 after 0.642. The holes are not the trouble of this table. The cells in the wrong unit are: they stretch the scale of every column, so that all ordinary
# patients look alike after scaling. **Measure each step, or you will praise the wrong one.**
#
# ## 2. `mad_outliers`   *(medium, 8 min, asked sometimes)*
#
# > *"How do you find outliers? And why not three standard deviations?"*
#
# Because the outliers are in the standard deviation too. In a sample of ten, nine values near 1 and one of 1000, the 1000 has a z-score of 3.0, and no value of ten can
# have a larger one: the largest possible z-score is $(n-1)/\sqrt n$ for the sample standard deviation and $\sqrt{n-1}$ with ddof 0. The outlier hides itself (**masking**). The median and the
# **MAD**, the median absolute deviation, keep their values until half of the data are bad; they are *robust*, with a **breakdown point** of 50 %:
#
# $$\mathrm{MAD}=\operatorname{median}_i\lvert x_i-\operatorname{median}(x)\rvert,\qquad\text{outlier: }\lvert x_i-\operatorname{median}(x)\rvert>k\cdot1.4826\cdot\mathrm{MAD}$$
#
# For normal data $1.4826\cdot\mathrm{MAD}$ estimates the standard deviation, since half of a normal distribution lies within 0.6745 of them and $1/0.6745=1.4826$. So $k=3$ means
# "three sigma", for skewed columns take more. Where more than half of the values are equal, MAD is 0, and all others differ from the
# median by more than 0 times anything: everything but the most common value is flagged. Look before you use that.
#
# `flagged = abs(x - x.mean()) > 3 * x.std()` therefore finds nothing there, whatever the tenth value is. An outlier is a **question**, not an error: a wrong unit is repaired, a rare patient stays.


# %%
def mad_outliers(x, k):
    """Which values lie further than k robust standard deviations from the median.

    x: (n,) finite numbers, n >= 1, absolute values up to 1e30 (float32 too) and integers of any
    width. k: a number > 0. Not changed.
    Returns (n,) bool, a new array: abs(x - median) > k * 1.4826 * MAD, where MAD is the median of abs(x -
    median) and the median of an even number of values the mean of the middle two. MAD 0 flags
    exactly the values that differ from the median, however little. No value lies on the bound in the checks.
    ValueError: no values, or an array that is not 1-D.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x)
    if x.ndim != 1 or x.shape[0] == 0:
        raise ValueError(f"need a 1-D array with values, not shape {x.shape}")
    n = x.shape[0]

    def median(values):
        values = xp.sort(values)
        return 0.5 * values[(n - 1) // 2] + 0.5 * values[n // 2]

    x = xp.astype(x, xp.float64)
    distance = xp.abs(x - median(x))
    return distance > k * 1.4826 * median(distance)
    ### END SOLUTION


# %%
check(mad_outliers)

# %% [markdown]
# **In SciPy.** `scipy.stats.median_abs_deviation(x, scale="normal")` is 1.4826 · MAD (its default `scale=1` is not). scikit-learn's `RobustScaler` uses the
# median and the interquartile range. Box plots flag outside $[Q_1-1.5\,\mathrm{IQR},\,Q_3+1.5\,\mathrm{IQR}]$, about 2.7 sigma.
#
# **Put it to work.** In each training column, the flagged cells become missing, and the median fills them:

# %% tags=["instructor"]
mad_outliers = backend.runs(mad_outliers)


# %%
def without_outliers(table, k):
    """The table with outliers, column by column, turned to nan."""
    table = table.copy()
    for column in table.T:
        known = np.flatnonzero(np.isfinite(column))
        column[known[np.asarray(mad_outliers(column[known], k))]] = np.nan
    return table


if ready(median_impute, mad_outliers):
    for k in (3, 8):
        name = f"outliers (k = {k}) -> median too"
        LADDER[name], flagged, wrong_unit = [], 0, 0
        for _, test, _, y_test, dirty, y_dirty, unit, _ in TABLES:
            tidy = without_outliers(dirty, k)
            new = np.isnan(tidy) & ~np.isnan(dirty)
            flagged, wrong_unit = flagged + new.sum(), wrong_unit + np.sum(new & unit)
            LADDER[name].append(scaled_score(median_impute(tidy, test)[0], y_dirty, test, y_test))
        print(f"k = {k}: of {flagged} flagged cells {wrong_unit} are in the wrong unit")
    show_ladder()

# %% [markdown]
# That was it: accuracy rises from 0.644 to 0.918 and recall from 0.04 to 0.81, with $k=3$. Nearly all of the wrong units are found with either $k$. With $k=8$ nine of ten flagged cells are truly wrong, with $k=3$ only one in three,
# because these columns are skewed and their long tails look like outliers. Yet $k=3$ scores *better* here: without the long tails this linear model does better. It would be a mistake to conclude that those cells were errors. What we removed were true
# measurements of very ill patients, and another model might have used them. From here on we keep $k=8$, which finds the errors and leaves the patients.
#
# ## 3. `standardize`   *(easy, 6 min, asked often)*
#
# > *"Write a standard scaler. Where do its mean and standard deviation come from?"*
#
# $$z=\frac{x-\mu_{\text{train}}}{\sigma_{\text{train}}}$$
#
# From the training rows, for the test rows as well. A model was fitted to "one training sigma above the training mean"; the test rows must be measured with the same ruler.
# A constant column has no sigma. It is only centred, and the test of "constant" is whether all values are equal: the computed standard deviation of ten times 0.1 is 1.4e-17, not 0.


# %%
def standardize(train, test):
    """Both tables in units of the training columns' mean and standard deviation.

    train (n,d), test (m,d): tables of finite numbers, n >= 1, m >= 1, absolute values up to
    1e30 (float32 too). Not changed.
    Returns (train, test), two new tables of the same shapes: (x - mean) / std, mean and std
    (ddof 0) of the column in train, computed in float64. A column whose values in train are all equal (ten times 0.1
    too) is only centred: x - that value, in test as well; every other one is divided by its std, however small. No warning.
    ValueError: no rows in train or in test, an array that is not 2-D, or column counts that
    differ (one column against several too).
    float32 tables give float32, integer and bool ones float64.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(train, test)
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1] or 0 in (train.shape[0], test.shape[0]):
        raise ValueError(f"need two tables with rows and the same columns, not {train.shape} and {test.shape}")
    out = train.dtype if xp.isdtype(train.dtype, "real floating") else xp.float64
    train, test = xp.astype(train, xp.float64), xp.astype(test, xp.float64)
    constant = xp.max(train, axis=0) == xp.min(train, axis=0)
    mean = xp.where(constant, train[0, :], xp.mean(train, axis=0))
    std = xp.std(train, axis=0)
    std = xp.where(constant, xp.ones_like(std), std)
    return xp.astype((train - mean) / std, out), xp.astype((test - mean) / std, out)
    ### END SOLUTION


# %%
check(standardize)

# %% [markdown]
# **In scikit-learn.** `StandardScaler().fit(train)`, then `.transform(train)` and `.transform(test)`; inside `make_pipeline(StandardScaler(), model)` cross-validation fits it anew in each fold.
# It also uses ddof 0, where `torch.std` and pandas use ddof 1. It treats a column as constant when its variance is within rounding of 0.
#
# **Put it to work.** A clinic sends its patients in small batches, all of them ill. What if the batch is scaled with its own statistics?

# %% tags=["instructor"]
standardize = backend.runs(standardize)

# %%
if ready(standardize):
    rows = []
    for train, test, y_train, y_test, *_ in TABLES:
        z_train, z_test = standardize(train, test[y_test == 1])
        model = LogisticRegression(max_iter=2000).fit(z_train, y_train)
        own, _ = standardize(test[y_test == 1], test[y_test == 1])
        rows.append((model.predict(z_test).mean(), model.predict(own).mean()))
    (right, own), (right_sd, own_sd) = np.mean(rows, axis=0), np.std(rows, axis=0)
    print(f"recall on a batch of ill patients: training statistics {right:.3f} ± {right_sd:.3f}, the batch's own {own:.3f} ± {own_sd:.3f}")

# %% [markdown]
# With its own mean the batch of ill patients is centred on 0: half of them look healthier than average, and recall falls from 0.938 to 0.421. The shift *was* the information. The same happens, less visibly, when a drifted month is scaled by itself: the drift is
# gone from the inputs, and the model is wrong. For one patient alone it would be (x - x)/0.
#
# ## 4. `cohen_kappa`   *(easy, 8 min, asked often)*
#
# > *"Two annotators agree on 95 % of the items. Are your labels good?"*
#
# It depends on what they would agree on by chance. If both call 95 % of the items harmless without reading them, they agree on 90.5 %. Cohen's kappa takes that off:
#
# $$\kappa=\frac{p_o-p_e}{1-p_e},\qquad p_e=\sum_c\frac{n^a_c}{n}\cdot\frac{n^b_c}{n}$$
#
# $p_o$ is the observed agreement; $p_e$ the agreement of two people who draw labels independently, each with **their own** frequencies. 1 is perfect, 0 is chance, below 0 is
# systematic disagreement. With $p_e=1$, both having used one and the same label throughout, it is 0/0: nan. Ordered labels have a weighted kappa, more than two annotators Fleiss' kappa or Krippendorff's alpha.


# %%
def cohen_kappa(a, b):
    """Agreement of two annotators beyond chance, Cohen's kappa, unweighted.

    a, b: (n,) labels of the same n >= 1 items, integers of any width (negative and large ones
    too) or bool. Not changed.
    Returns a number: (p_o - p_e) / (1 - p_e), p_o the fraction of items with equal labels, p_e
    the sum over labels of the product of the two annotators' fractions. nan, without a warning,
    when p_e is 1 (both used one and the same label only).
    ValueError: no items, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    xp = array_namespace(a, b)
    if a.ndim != 1 or a.shape != b.shape or a.shape[0] == 0:
        raise ValueError(f"need two (n,) arrays of labels, not {a.shape} and {b.shape}")
    n = a.shape[0]
    a, b = xp.astype(a, xp.int64), xp.astype(b, xp.int64)
    agreed = xp.sum(xp.astype(a == b, xp.float64)) / n
    a, b = xp.sort(a), xp.sort(b)
    pairs = xp.sum(xp.searchsorted(b, a, side="right") - xp.searchsorted(b, a, side="left"))  # of equal labels, all a with all b
    other = xp.astype(n * n - pairs, xp.float64) / n**2  # 1 - p_e
    other = xp.where(pairs == n * n, xp.full_like(other, math.nan), other)
    return (agreed - 1.0 + other) / other
    ### END SOLUTION


# %%
check(cohen_kappa)

# %% [markdown]
# **In scikit-learn.** `cohen_kappa_score(a, b)`; `weights="linear"` or `"quadratic"` for ordered labels. For one label only it returns nan too, with a warning.
#
# **Put it to work.** Two annotators who each make a mistake on 5 % of the items, and more and more unequal classes:

# %% tags=["instructor"]
cohen_kappa = backend.runs(cohen_kappa)

# %%
if ready(cohen_kappa):
    rng = np.random.default_rng(0)
    print("positive   agreement   kappa")
    for fraction in (0.5, 0.2, 0.05, 0.01):
        truth = (rng.random(20_000) < fraction).astype(int)
        a, b = (np.where(rng.random(20_000) < 0.05, 1 - truth, truth) for _ in range(2))
        print(f"{fraction:8.2f} {np.mean(a == b):11.3f} {float(cohen_kappa(a, b)):7.3f}")

# %% [markdown]
# The annotators are equally careful in all four rows, and agree on nine items in ten in all of them. Kappa falls from 0.81 to 0.12, because with 1 % positive most agreement is free. So a kappa without the class frequencies says little, and the usual
# words ("0.6 to 0.8 is substantial", Landis and Koch) hold for balanced classes at best: report the confusion table of the two annotators beside it.
#
# ### Which labels are wrong?
#
# Start with the size of the problem: an expert labels a random sample again, which gives the error rate with an interval (200 rows with 5 % errors give ± 3 points). A low kappa often means that the **guideline** is unclear: then repair the guideline, not only the rows.
#
# A second annotator for every item is expensive. **Out-of-fold confidence** says which items need one: predict each row by a model that was fitted without it, and sort by the probability of the label that it was given.
# (A model that has seen the row has learnt its wrong label too.) Where classes differ in how sure the model is, *confident learning* sets the threshold per class.

# %%
if ready(median_impute, mad_outliers, standardize, cohen_kappa):
    found, LADDER["labels: suspects dropped"], LADDER["labels: suspects checked by an expert"] = [], [], []
    for _, test, y_train, y_test, dirty, y_dirty, _, flipped in TABLES:
        tidy = median_impute(without_outliers(dirty, 8), test)[0]
        scaled, _ = standardize(tidy, test)
        probability = cross_val_predict(LogisticRegression(C=0.1, max_iter=2000), scaled, y_dirty, cv=5, method="predict_proba")
        suspect = probability[np.arange(len(y_dirty)), y_dirty] < 0.5
        found.append((suspect.sum(), np.sum(suspect & flipped), flipped.sum(), float(cohen_kappa(y_dirty, y_train))))
        LADDER["labels: suspects dropped"].append(scaled_score(tidy[~suspect], y_dirty[~suspect], test, y_test))
        LADDER["labels: suspects checked by an expert"].append(scaled_score(tidy, np.where(suspect, y_train, y_dirty), test, y_test))
    suspects, hits, wrong, kappa = np.mean(found, axis=0)
    print(f"{suspects:.1f} suspects a table, {hits:.1f} of them wrong, of {wrong:.1f} wrong labels; kappa of the labels with the truth {kappa:.2f}")
    show_ladder()

# %% tags=["folded"]
if ready(median_impute, mad_outliers, standardize, cohen_kappa):
    figure, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
    places = np.arange(len(LADDER))[::-1]
    for shift, index, color, word in ((0.18, 0, "#4c78a8", "accuracy"), (-0.18, 1, "#e45756", "recall")):
        values = np.array([[score[index] for score in scores] for scores in LADDER.values()])
        ax.barh(places + shift, values.mean(axis=1), 0.34, xerr=values.std(axis=1), color=color, label=word)
    ax.set_yticks(places, LADDER)
    ax.set(xlim=(0, 1.02), xlabel="on the clean test half, ten splits")
    figure.legend(loc="outside upper right", ncols=2)
    plt.show()

# %% [markdown]
# Of 32 wrong labels in a table about 20 are among some 48 suspects; the other suspects are hard but right. **Dropping** all suspects gains nothing worth the name, 0.891 after 0.887 and recall 0.712 after 0.705: the wrong labels go, and the hard, right ones with them. An
# **expert who looks at the 48**, a sixth of the table, brings 0.949 and recall 0.884, most of the way back to the clean data's 0.969 and 0.938. The gap that remains is the holes and the wrong labels that nobody suspected.
#
# One warning: the wrong labels went one way, ill to benign, and such noise moves the decision boundary. Labels flipped evenly in both classes would have cost far less. And had we corrupted the test half too, none of these scores could be trusted: **clean the test set first.**
#
# ## 5. `near_duplicates`   *(medium, 15 min, asked often)*
#
# > *"Deduplicate a text corpus. What counts as the same text?"*
#
# Web text repeats itself: templates, quotations, the same page under two addresses. Repeats waste compute, are memorised word for word, and if one copy is in the test set they are a leak. *Exact* duplicates fall to a
# hash of the normalised text. *Near* duplicates need a similarity: cut the text into overlapping pieces of $k$ characters (**shingles**), and compare the two sets,
#
# $$J(A,B)=\frac{|A\cap B|}{|A\cup B|}.$$
#
# Normalise first. Unicode has several ways to write what looks the same: `ﬁ` is one character, `Ａ` is a full-width A, `é` may be one character or two. **NFKC** makes them one, and `casefold` is
# the lower case meant for comparing (`ß` becomes `ss`).


# %%
def near_duplicates(texts, shingle, threshold):
    """Pairs of texts that are nearly the same.

    texts: a list of str, at least one; a text may be empty. shingle: an int >= 1. threshold: a
    number in (0, 1).
    Each text is brought to Unicode's NFKC form and then casefolded; nothing else is changed,
    spaces and punctuation stay. Its shingles are the set of all its pieces of `shingle` characters in a row;
    a text shorter than that (the empty one too) is itself its only shingle.
    Returns a list of pairs (i, j) of places in texts, i < j, each pair once, in any order: those
    whose Jaccard similarity (common shingles / all different shingles) is >= threshold. No
    similarity lies on the threshold in the checks. Whole numbers; no pair: an empty list.
    ValueError: no texts.
    """
    ### BEGIN SOLUTION
    import unicodedata

    if not len(texts):
        raise ValueError("need at least one text")
    sets = []
    for text in texts:
        text = unicodedata.normalize("NFKC", text).casefold()
        sets.append({text[start : start + shingle] for start in range(max(len(text) - shingle, 0) + 1)})
    pairs = []
    for j, second in enumerate(sets):
        for i, first in enumerate(sets[:j]):
            common = len(first & second)
            if common >= threshold * (len(first) + len(second) - common):
                pairs.append((i, j))
    return pairs
    ### END SOLUTION


# %%
check(near_duplicates)

# %% [markdown]
# **In practice.** `datasketch` has MinHash and LSH; Hugging Face's datatrove and text-dedup run them over a corpus. Production code mostly shingles **words** (5 to 13 of them) after it has removed punctuation, so quote the shingle with the threshold.
#
# **Put it to work** on a small corpus, and on a test set that leaked into it:

# %%
CORPUS = [
    "The mitochondria is the powerhouse of the cell, and every pupil knows it.",
    "THE MITOCHONDRIA IS THE POWERHOUSE OF THE CELL, AND EVERY PUPIL KNOWS IT.",
    "The mitochondria is the powerhouse of a cell, and every student knows it!",
    "Gradient descent walks downhill in small steps until the slope is nearly zero.",
    "Gradient descent walks down hill in small steps until its slope is nearly zero.",
    "A train leaves Paris at nine and travels at 200 km per hour. When does it reach Lyon, 400 km away? Answer: at eleven.",
    "Cookies: we value your privacy. Accept all. Manage choices.",
    "Cookies: we value your privacy. Accept all. Manage choices. Imprint.",
]
QUESTIONS = [
    "A train leaves Paris at nine and travels at 200 km per hour. When does it reach Lyon, 400 km away?",
    "A bus departs from Rome at ten with a speed of 80 km per hour. When is it in Naples, 240 km away?",
]


def shingles(text, size=5):
    """The set of pieces of a casefolded text."""
    return {text.casefold()[start : start + size] for start in range(len(text) - size + 1)}


if ready(near_duplicates):
    for threshold in (0.9, 0.6):
        print(f"at {threshold}: {sorted(tuple(pair) for pair in near_duplicates(CORPUS, 5, threshold))}")
    for question in QUESTIONS:
        found = shingles(question)
        jaccard = max(len(found & shingles(text)) / len(found | shingles(text)) for text in CORPUS)
        contained = max(len(found & shingles(text)) / len(found) for text in CORPUS)
        print(f"{question[:30]!r}...: largest Jaccard {jaccard:.2f}, largest containment {contained:.2f}")

# %% [markdown]
# At 0.9 only the copy in capitals is found; at 0.6 the reworded sentences too, and the two cookie banners. The threshold decides, so read samples on both sides of it.
#
# The first question stands in the corpus word for word, with its answer. Its largest Jaccard similarity is 0.83, below a strict threshold of 0.9, because the corpus text is longer; against a whole web page it would be near 0. **Containment**, the fraction of the *question's* shingles that occur in one text,
# is 1.00: for contamination of a test set that is the right measure. (GPT-3's authors looked for common 13-grams of words.) The second question is the same problem in other words, and no shingle finds it; for that one compares scores on old items with scores on rewritten or newer ones.
#
# ### From eight texts to a terabyte
#
# All pairs of $10^9$ documents are $5\cdot10^{17}$ comparisons. **MinHash** replaces a set by $m$ numbers: the smallest value of each of $m$ random hash functions over its shingles. Two sets agree in such a minimum with probability exactly $J$,
# so the fraction of agreeing numbers estimates $J$ with standard error $\sqrt{J(1-J)/m}$. **LSH** cuts the $m=b\cdot r$ numbers into $b$ bands of $r$, and compares only documents that agree in a whole band. A pair of similarity $s$ becomes a candidate with probability
#
# $$1-(1-s^r)^b,$$
#
# an S-curve with its step near $(1/b)^{1/r}$.


# %%
def minhash_agreement(jaccard, m, rng):
    """Fraction of m random hashes whose minimum over two sets with this similarity is the same."""
    union = 100
    common = round(jaccard * union)
    hashes = rng.random((m, union))  # the first `common` shingles are in both sets, the others in one each
    return np.mean(hashes.argmin(axis=1) < common)


def lsh_picture(bands=20):
    """Left: MinHash's estimates. Right: which pairs become candidates, 100 numbers cut into bands."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    rng = np.random.default_rng(0)
    sizes = [10, 30, 100, 300, 1000]
    estimates = np.array([[minhash_agreement(0.8, m, rng) for _ in range(50)] for m in sizes])
    left.plot(np.repeat(sizes, 50), estimates.ravel(), ".", color="#4c78a8", alpha=0.3)
    for sign in (-1, 1):
        left.plot(sizes, 0.8 + sign * np.sqrt(0.16 / np.array(sizes)), color="#e45756")
    left.set(xscale="log", xlabel="numbers kept for each text, m", ylabel="estimate of J = 0.8", title="MinHash, ± one standard error")
    s = np.linspace(0, 1, 201)
    for b in sorted({5, 20, 50, bands}):
        r = 100 // b
        right.plot(s, 1 - (1 - s**r) ** b, label=f"b = {b}, r = {r}", linewidth=3 if b == bands else 1)
    right.set(xlabel="similarity s", ylabel="P(candidate)", title="LSH: 1 - (1 - s^r)^b")
    right.legend(fontsize=8, loc=(0.55, 0.12))
    plt.show()
    inside = np.abs(estimates - 0.8) < np.sqrt(0.16 / np.array(sizes))[:, None]
    print(f"{inside[2:].mean():.2f} of the estimates from 100 numbers and more lie between the red lines")
    r = 100 // bands
    print(f"b = {bands}, r = {r}: P(candidate) at s = 0.5 {1 - (1 - 0.5**r) ** bands:.3f}, at s = 0.8 {1 - (1 - 0.8**r) ** bands:.4f}")


# %%
lsh_picture()

# %% tags=["folded"]
interact(lsh_picture, bands=[2, 4, 5, 10, 20, 25, 50])

# %% [markdown]
# Of the estimates from 100 numbers and more 74 % lie between the red lines, where about two thirds are expected: 100 numbers give the similarity to ± 0.04. With 20 bands of 5, a pair at 0.8 is found almost surely, 0.9996, and a pair at 0.5 in 47 % of the cases, to be thrown out by a comparison afterwards. More bands move the step to the left: more found, more to check.
#
# **The whole pipeline**, the cheap steps first: extract the text from the page, identify the language, drop pages by simple rules (length, fraction of symbols, repeated lines), normalise, remove exact duplicates by their hash, then near duplicates by MinHash and LSH. A passage that is repeated inside otherwise
# different documents (a template, a licence) needs a search for exact substrings, with a suffix array. Last, take out what overlaps with the evaluation sets.
#
# ## 6. `group_split`   *(medium, 10 min, asked often)*
#
# > *"Your table has several rows for each patient. How do you split it?"*
#
# By **patient**. Rows of one patient resemble each other; if some are in the training set, the model can recognise the patient instead of the illness. The same holds for frames of one video, chunks of one document, and houses of one street. For data with a date, split by **time**.


# %%
def group_split(groups, fraction, seed):
    """Rows split so that no group stands on both sides.

    groups: (n,) integers of any width, n >= 1, at least two different ones. fraction: a number,
    0 < fraction < 1. seed: an int >= 0. Not changed.
    The groups are drawn in random order, every order equally likely, whatever their sizes; whole
    groups join the test side, one after another, until it holds at least fraction * n rows, and
    no more of them. All other groups are for training; the checks always leave one.
    Returns (train_idx, test_idx), the row numbers of each side, in any order: every row is on
    exactly one side. The same arguments give the same split, and different seeds draw
    differently.
    ValueError: no rows, or an array that is not 1-D.
    """
    ### BEGIN SOLUTION
    import numpy as np
    from array_api_compat import array_namespace, device

    xp = array_namespace(groups)
    if groups.ndim != 1 or groups.shape[0] == 0:
        raise ValueError(f"need a 1-D array with rows, not shape {groups.shape}")
    groups = xp.astype(groups, xp.int64)
    names, ordered = xp.sort(xp.unique_values(groups)), xp.sort(groups)
    order = np.random.default_rng(seed).permutation(names.shape[0])
    order = xp.asarray(order, dtype=xp.int64, device=device(groups))
    size = xp.searchsorted(ordered, names, side="right") - xp.searchsorted(ordered, names, side="left")
    filled = xp.cumulative_sum(xp.take(size, order, axis=0))
    drawn = xp.sum(xp.astype(xp.astype(filled, xp.float64) < fraction * groups.shape[0], xp.int64)) + 1
    place = xp.take(xp.argsort(order), xp.searchsorted(names, groups), axis=0)  # of each row's group in the order
    return xp.nonzero(place >= drawn)[0], xp.nonzero(place < drawn)[0]
    ### END SOLUTION


# %%
check(group_split)

# %% [markdown]
# **In scikit-learn.** `GroupShuffleSplit(test_size=0.3)` takes 30 % of the **groups**, ours groups until 30 % of the **rows** are reached. `GroupKFold` and `StratifiedGroupKFold` are for cross-validation, `TimeSeriesSplit` for dates.
#
# **Put it to work: what does a leak cost?** Four famous leaks, each beside its honest twin, on data where we know the honest answer. In the first three the labels are coin flips, so anything above 0.5 is a lie. In the fourth there are 60 patients with 5 recordings each, and the signal is weak.

# %% tags=["instructor"]
group_split = backend.runs(group_split)


# %%
def top_columns(x, y, k):
    """The k columns that correlate most with y."""
    x, y = x - x.mean(axis=0), y - y.mean()
    return np.argsort(-np.abs(x.T @ y) / np.sqrt((x**2).sum(axis=0)))[:k]


def leak_scores(seed):
    """Accuracy of each leak and of its honest twin, on data drawn with this seed."""
    rng = np.random.default_rng(seed)
    scores = {}
    x, y = rng.normal(size=(100, 2000)), rng.permutation(np.arange(100) % 2)
    rows = rng.permutation(100)
    inside, outside = rows[:60], rows[60:]
    for word, seen in (("leak", rows), ("honest", inside)):
        mean, std = x[seen, :20].mean(axis=0), x[seen, :20].std(axis=0)
        z = (x[:, :20] - mean) / std
        scores["scaler fitted on all rows", word] = LogisticRegression().fit(z[inside], y[inside]).score(z[outside], y[outside])
        best = top_columns(x[seen], y[seen], 20)
        scores["features chosen on all rows", word] = LogisticRegression().fit(x[inside][:, best], y[inside]).score(x[outside][:, best], y[outside])
    twice = np.tile(np.arange(100), 2)  # every row occurs twice
    shuffled = rng.permutation(200)
    a, b = twice[shuffled[:120]], twice[shuffled[120:]]
    nearest = KNeighborsClassifier(1)
    scores["duplicates across the split", "leak"] = nearest.fit(x[a, :20], y[a]).score(x[b, :20], y[b])
    scores["duplicates across the split", "honest"] = nearest.fit(x[inside, :20], y[inside]).score(x[outside, :20], y[outside])
    patient = np.repeat(np.arange(60), 5)
    ill = rng.permutation(np.arange(60) % 2)[patient]
    z = rng.normal(size=(60, 10))[patient] + 0.4 * rng.normal(size=(300, 10)) + 0.25 * ill[:, None]
    shuffled = rng.permutation(300)
    for word, (a, b) in (("leak", (shuffled[100:], shuffled[:100])), ("honest", group_split(patient, 0.33, seed))):
        scores["one patient on both sides", word] = nearest.fit(z[a], ill[a]).score(z[b], ill[b])
    return scores


if ready(group_split):
    runs = [leak_scores(seed) for seed in range(20)]
    names = list(dict.fromkeys(name for name, _ in runs[0]))
    figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
    for shift, word, color in ((0.2, "leak", "#e45756"), (-0.2, "honest", "#4c78a8")):
        values = np.array([[run[name, word] for run in runs] for name in names])
        ax.barh(np.arange(4)[::-1] + shift, values.mean(axis=1), 0.38, xerr=values.std(axis=1), color=color, label=word)
        for name, row in zip(names, values, strict=True):
            print(f"{name:30s} {word:7s} {row.mean():.3f} ± {row.std():.3f}")
    ax.axvline(0.5, color="black", linestyle="--")
    ax.set_yticks(np.arange(4)[::-1], names)
    ax.set(xlim=(0, 1.02), xlabel="accuracy on the test rows, 20 seeds (mean, standard deviation)")
    figure.legend(loc="outside upper right", ncols=2)
    plt.show()

# %% [markdown]
# The most famous leak is harmless here: a **scaler** fitted on all rows gains nothing, 0.496 against 0.499. (Do it right all the same: it costs nothing, and with few rows and heavy tails it may matter.) The others are not harmless. **Choosing features** by their correlation with the labels of
# all rows makes 0.84 out of coin flips, because among 2000 columns of noise some fit the test rows too. **Duplicates** give 0.78: six in ten test rows have their copy in training (of the 199 other rows 120 are there), and are right for free. **Patients on both sides** turn 0.54, the honest score of this weak signal, into 0.97: the model recognises the patient.
# So the size of a leak is how much it tells about the *labels* of the test rows. The spread matters as well: with 40 test rows an honest score swings by 0.07 to 0.11.
#
# **How to find a leak.** Score each feature alone: where one has an AUC near 1, ask when its value is written, before the outcome is known or after. Split again by group and by time, and see whether the score falls. Then shuffle the labels and run the whole pipeline, which must score at chance:
# if it does not, a step has looked at the labels of the test rows (as the selection above). This last test finds neither a target in disguise nor a patient on both sides.
#
# ## 7. `population_stability_index`   *(medium, 12 min, asked sometimes)*
#
# > *"The model has been online for a year. How do you notice that its data have changed?"*
#
# First name the kind of shift, because the cure differs:
#
# | | what changes | example | what helps |
# |---|---|---|---|
# | **covariate shift** | $p(x)$ | a new clinic with older patients | reweight, or collect there |
# | **label shift** | $p(y)$ | an epidemic: more are ill | correct the prior odds |
# | **concept drift** | $p(y\mid x)$ | a new definition of the illness | new labels, retrain |
#
# Inputs can be watched without labels. PSI cuts the reference month into bins that hold equally many values, and compares the fractions $e_i$ (expected) and $a_i$ (actual):
#
# $$\mathrm{PSI}=\sum_i(a_i-e_i)\,\ln\frac{a_i}{e_i}$$
#
# It is a symmetrised KL divergence, $\mathrm{KL}(a\,\|\,e)+\mathrm{KL}(e\,\|\,a)$. Bankers read below 0.1 as stable and above 0.25 as shifted. An empty bin would make it infinite, hence the floor.


# %%
def population_stability_index(expected, actual, n_bins):
    """How far the distribution of `actual` has moved from that of `expected`.

    expected (n,), actual (m,): finite numbers, n >= 2, m >= 1, n and m may differ. n_bins: an int >= 1. Not changed.
    The inner edges are the quantiles 1/n_bins, 2/n_bins, ... of expected, as numpy.quantile
    gives them by default (linear between neighbours). A bin holds lo <= value < hi; the first
    and the last are open outwards, so values beyond expected's range count in them. e and a are the
    fractions of expected and of actual in each bin, those below 1e-6 raised to 1e-6, and not
    renormalised.
    Returns a number, the sum over bins of (a - e) * ln(a / e). No value lies on an edge in the
    checks.
    ValueError: no values in one of them, or an array that is not 1-D.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(expected, actual)
    if expected.ndim != 1 or actual.ndim != 1 or 0 in (expected.shape[0], actual.shape[0]):
        raise ValueError(f"need two 1-D arrays with values, not {expected.shape} and {actual.shape}")
    expected, actual = xp.sort(xp.astype(expected, xp.float64)), xp.sort(xp.astype(actual, xp.float64))
    last = expected.shape[0] - 1
    place = xp.arange(1, n_bins, dtype=xp.int64, device=device(expected)) * last
    low = place // n_bins
    below, above = (xp.take(expected, low + step, axis=0) for step in (0, min(1, last)))
    edges = below + xp.astype(place % n_bins, xp.float64) / n_bins * (above - below)

    def fractions(values):
        n = values.shape[0]
        ends = (xp.full((1,), end, dtype=xp.int64, device=device(values)) for end in (0, n))
        counts = xp.diff(xp.concat([next(ends), xp.astype(xp.searchsorted(values, edges), xp.int64), next(ends)]))
        return xp.maximum(xp.astype(counts, xp.float64) / n, 1e-6)

    e, a = fractions(expected), fractions(actual)
    return xp.sum((a - e) * xp.log(a / e))
    ### END SOLUTION


# %%
check(population_stability_index)

# %% [markdown]
# **In practice.** Neither scikit-learn nor SciPy has PSI; `scipy.stats.ks_2samp` is the test without bins. Monitoring tools (evidently, nannyml) differ in bins and in the floor: the same data give another PSI elsewhere. With many equal values quantile edges coincide, and categories need one bin each.
#
# **Put it to work.** One measurement over twelve months. In month 7 a new device arrives that reads 8 % higher:

# %% tags=["instructor"]
population_stability_index = backend.runs(population_stability_index)

# %% tags=["folded"]
if ready(population_stability_index):
    radius = load_breast_cancer().data[:, 0]
    rng = np.random.default_rng(0)
    reference = radius + rng.normal(0, 0.05, len(radius))
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    drift = {}
    for size, color in ((2000, "#4c78a8"), (50, "#e45756")):
        drift[size] = []
        for month in range(1, 13):
            values = rng.choice(radius, size) * (1.08 if month >= 7 else 1.0) + rng.normal(0, 0.05, size)
            drift[size].append(float(population_stability_index(reference, values, 10)))
            if size == 2000 and month in (1, 12):
                left.hist(values, 40, density=True, histtype="step", linewidth=2, label=f"month {month}")
        left.set(xlabel="mean radius", ylabel="density", title="2000 patients a month")
        right.plot(range(1, 13), drift[size], "o-", color=color, label=f"{size} patients a month")
    left.legend()
    for level in (0.1, 0.25):
        right.axhline(level, color="black", linestyle="--")
    right.set(xlabel="month", ylabel="PSI", title="the new device comes in month 7")
    right.legend(fontsize=8, loc=(0.12, 0.78))
    plt.show()
    for size, values in drift.items():
        print(f"{size} a month: months 1 to 6 {min(values[:6]):.3f} to {max(values[:6]):.3f}, months 7 to 12 {min(values[6:]):.3f} to {max(values[6:]):.3f}")
    chance = 9 * (1 / len(reference) + 1 / 50)
    print(f"PSI of no drift at all, 10 bins, 50 patients: about {chance:.2f}")

# %% [markdown]
# With 2000 patients a month the new device is plain: 0.15 to 0.18 after month 7, at most 0.008 before. Note that 8 % on every value does not reach the bankers' 0.25. With 50 patients a month PSI is useless at these levels: quiet months lie between 0.07 and 1.2, drifted ones between 0.10 and 1.5. Sampling alone gives about
# $(B-1)(1/n+1/m)=0.20$, and a single empty bin adds $0.1\cdot\ln(0.1/10^{-6})\approx1.15$ more, by the floor. So set the alarm level from quiet months of the same size, take fewer bins for few values, and wait for more rows.
#
# PSI sees one feature at a time. For all of them together, train a classifier to tell last month's rows from the reference (**domain classifier**): an AUC near 0.5 means that it cannot. Neither sees concept drift, for which you need labels.
#
# An alarm is a question first: mostly it is a broken sensor, a changed unit or a new version upstream. Of 200 features some alarm by chance, and on millions of rows every test is significant, so look at the size of a change and not at its p-value. What counts is the model's performance, by slice, as soon as labels come.

# %% [markdown] question="missing" points=4
# ### Q. "A tenth of the values are missing. What do you do?"   *(easy, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - why they are missing: MCAR, MAR, MNAR, and that MNAR makes the gap itself informative
# - an indicator column, or a model that takes nan
# - statistics from the training rows only, fitted anew in each fold
# - compare the options by a validated score, dropping rows and a simple baseline among them
#
# **Red flags** (-1): "drop the rows" or "fill in the mean" without a question; filling before the split.
#
# **A strong answer, said aloud**: First I ask why they are missing, because that decides what is allowed. If a machine failed at random, filling is harmless. If older patients skip a test, I can fill from the other columns. If the value itself is the reason,
# say the very ill are not measured, then the gap carries information and I keep it as an indicator column. I look at the pattern: by column, by row, over time and by source. Dropping incomplete rows sounds safe, but with thirty columns and ten percent of cells missing
# only about four rows in a hundred survive, and they may be a biased sample. So my baseline is the training median plus an indicator, inside the pipeline, so that each fold computes its own median and the test rows never take part. Then I compare it with
# a model that takes missing values itself, such as gradient-boosted trees, and with an iterative imputer, by cross-validation. If the difference is within noise, I keep the simple one, and I monitor the missing rate in production.
#
# **A weak candidate says**: "I call dropna", or "I fill everything with the mean and go on."
#
# **Follow-ups**:
# - *Mean or median?* The median does not move with outliers; the mean keeps the column's mean. Both shrink the variance and weaken correlations.
# - *How would you test for MNAR?* From the table alone one cannot; follow up a sample of the missing cases, or ask who collects them.
# - *The column is missing in 90 % of rows.* Keep the indicator, try without the value; often the indicator is all there is.
# === END MARK SCHEME ===

# %% [markdown] question="leakage" points=4
# ### Q. "Your model has an AUC of 0.99 on the first day. What now?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each, up to 4):
# - suspicion of leakage before joy; compare with what is plausible, or with a simple baseline
# - kinds: target in the features, preprocessing or selection before the split, duplicates, groups, time
# - detection: AUC of each single feature, importances, is the feature known at prediction time, split by group or time and compare
# - a permutation test: with shuffled labels the whole pipeline must score at chance
# - prevention: split first, everything fitted inside a pipeline in each fold
#
# **Red flags** (-1): "great, we ship it"; fixing it by regularisation.
#
# **A strong answer, said aloud**: I do not believe it yet. I first look at single features: if one alone has an AUC of 0.98, I ask when its value is written. A field such as "treatment started" is filled after the diagnosis, so it is the target in disguise. Then the split. Do
# rows repeat, exactly or nearly? Does one patient or one user stand on both sides? Is the test set later in time than the training set, as it will be in use? I split again by group and by time, and see whether the score falls. Then the preprocessing: was anything fitted before the split?
# A scaler costs hardly anything, but choosing features by their correlation with the label on all rows can make pure noise look good, and oversampling before the split puts copies into the test set. A cheap test catches most of it: I shuffle the labels and run the whole pipeline.
# It must score at chance. If it does not, the pipeline leaks. Only then do I report the number, with its interval.
#
# **A weak candidate says**: "The data set is easy", or "I would add dropout, it is overfitting."
#
# **Follow-ups**:
# - *What does the permutation test not find?* A target in the features, or duplicates and groups when labels are shuffled by row: the shuffling destroys the link. It finds steps that look at the label, such as selection.
# - *Oversampling: before or after the split?* After, and inside each fold; before it, copies of a test row are in training.
# - *A leak in a language model's benchmark?* Contamination: items in the pre-training data; search for long n-gram overlaps.
# === END MARK SCHEME ===

# %% [markdown] question="label-errors" points=4
# ### Q. "You suspect that labels are wrong. How do you find out, and what do you do?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each, up to 4):
# - a random sample, labelled again by an expert: the error rate with an interval; kappa between annotators
# - out-of-fold confidence to rank suspects, with a threshold per class
# - the kind of noise: symmetric or one-sided, by annotator, by slice; one-sided noise moves the decision, not just the variance
# - clean the test set first, by hand
# - correct rather than drop where possible; the guideline is repaired, not only the rows
#
# **Red flags** (-1): dropping all rows that the model gets wrong, test rows among them.
#
# **A strong answer, said aloud**: I start with the size of the problem. I take a random sample of two hundred rows, have an expert label them blindly, and get an error rate with its interval, and I let two annotators label the same rows and compute kappa, because low kappa means that the guideline
# is the problem. Then I search where the errors are. I predict each row out of fold, so by a model that has not seen its label, and sort by the probability of the given label, with a threshold for each class since the model is not equally sure of all. The suspicious rows go to a
# person. I do not simply drop them, because hard and rare cases look suspicious too, and dropping them makes the data easy. I look at the kind of noise: if mostly positives are labelled negative, the decision boundary moves and recall falls, however many data I have. The
# test set comes first of all, and by hand, or I cannot even measure whether cleaning helped.
#
# **A weak candidate says**: "Neural networks are robust to label noise", or "I delete everything with a high loss."
#
# **Follow-ups**:
# - *How large a sample to see 5 % errors?* At 5 %, 200 rows give ± 3 points, $1.96\sqrt{0.05\cdot0.95/200}$.
# - *Kappa is 0.4: what next?* Look at the confusion of the two annotators, sharpen the guideline for the worst pair, label again; the model cannot be judged beyond that agreement.
# - *Why out of fold?* A model that was fitted to the row has learnt its wrong label and is confident in it.
# === END MARK SCHEME ===

# %% [markdown] question="dedup" points=4
# ### Q. "How do you clean and deduplicate a terabyte of text for pre-training, and what for?"   *(medium, 6 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each, up to 4):
# - order: extract and normalise, filter language and quality, exact hashes, then near duplicates
# - MinHash over shingles and LSH bands; the candidate probability 1 - (1 - s^r)^b, the threshold tuned on samples that people read
# - exact substrings as well (suffix array), since templates and quotations repeat inside different documents
# - decontamination against the evaluation sets, by n-gram overlap or containment
# - why: memorised text, wasted compute, test scores that are too good
#
# **Red flags** (-1): comparing all pairs; deduplicating only inside the training set.
#
# **A strong answer, said aloud**: In order of cost. I extract the text, normalise Unicode and white space, identify the language, and throw out pages by simple rules: length, symbol ratio, repeated lines. Then exact duplicates by a hash of the normalised text. For near duplicates
# all pairs are out of the question, so I take shingles of five words, a MinHash signature of some hundred numbers, and LSH: b bands of r rows make a pair of similarity s a candidate with probability one minus one minus s to the r, to the b. I choose b and r so that the step of this curve is at my threshold,
# verify the candidates, join them to clusters and keep one document each. I read samples just above and below the threshold, because templates and licences look alike. Long repeated passages inside different documents need a suffix array. Last, decontamination: I search the corpus for long
# n-gram overlaps with every evaluation set, and I use containment there rather than Jaccard, since a question is short and the page that contains it long.
#
# **A weak candidate says**: "drop_duplicates on the text column", or "I compute embeddings of all documents and compare all of them."
#
# **Follow-ups**:
# - *What does deduplication buy?* Lee et al. (2021) found one 61-word sentence more than 60 000 times in C4; after deduplication models emitted memorised text about ten times less often.
# - *More bands or more rows?* More bands raise recall and the number of candidates, more rows make the step sharper and move it to the right.
# - *Is every duplicate bad?* No: how often a good page is repeated is a weight one may choose; unintended repeats are the problem.
# === END MARK SCHEME ===

# %% [markdown] question="shift" points=4
# ### Q. "How do you detect distribution shift, and what do you do about it?"   *(hard, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each, up to 4):
# - covariate shift, label shift, concept drift, and that concept drift does not show in the inputs
# - one feature: PSI or KS, with the sample size and the number of features (multiple testing) in mind
# - all features: a classifier that tells old from new rows, its AUC
# - is performance affected? delayed labels, slices, calibration
# - action: find the broken sensor first; reweight, recalibrate or retrain; alarm levels from quiet months
#
# **Red flags** (-1): retraining on every alarm; p-values alone on millions of rows.
#
# **A strong answer, said aloud**: I separate three things. The inputs change, the base rate changes, or the relation between them changes. The last one, concept drift, cannot be seen in the inputs, so I need labels, however few and late. For the inputs I watch each feature with PSI or
# a KS statistic against a fixed reference month, but I set the alarm level from quiet months, because with fifty rows PSI is above 0.1 by chance alone, and with a million rows every test is significant. With two hundred features some will always alarm, so I correct for that. For changes in
# combinations I train a classifier to tell last month from the reference: an AUC near one half is fine, and its important features tell me where to look. An alarm is a question first: mostly it is a broken sensor, a changed unit or a new upstream
# version. If it is real, I check performance by slice; then I recalibrate for a changed base rate, reweight for covariate shift, and retrain for concept drift, with the old model as the baseline.
#
# **A weak candidate says**: "We retrain every week, so drift is no problem."
#
# **Follow-ups**:
# - *Why is PSI above 0 without drift?* Sampling: with B bins it is about $(B-1)(1/n+1/m)$.
# - *Base rate moved from 5 % to 10 %: what do you change?* Multiply the predicted odds by the ratio of the prior odds, $(0.1/0.9)/(0.05/0.95)\approx2.1$; the ranking stays.
# - *AUC of the domain classifier is 0.95, accuracy is stable. Retrain?* Not for that alone: the shift may sit in features that the model ignores. Look where it is, and watch.
# === END MARK SCHEME ===

# %% [markdown]
# ### Bias in data, in a paragraph
#
# A table can be clean and still wrong for its purpose. **Sampling bias**: who is not in it (patients who could not pay). **Measurement bias**: the label is a proxy (arrests for crimes, costs for illness), or one group was labelled by another
# clinic. Dropping a sensitive column does not help where others are **proxies** for it (a postcode). Report recall, precision and calibration **for each group**, with intervals, since the small ones are noisy; when base rates differ, equal error rates and equal
# calibration cannot hold together, so somebody has to choose. Write down where the data come from and for whom the model is not meant (a *data sheet*, a *model card*).

# %% [markdown] question="bias" points=3
# ### Q. "Your model works worse for one group of users. What do you do?"   *(medium, 5 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each, up to 3):
# - measure by group with intervals: recall, precision, calibration; is the difference larger than noise
# - find the cause: too few rows, worse measurement, a label that is a proxy, a different base rate
# - the cure follows the cause: collect or reweight, repair labels, thresholds; a trade-off that somebody must decide and document
# - dropping the sensitive column is no cure, because of proxies
#
# **Red flags** (-1): "we do not use the sensitive attribute, so the model is fair".
#
# **A strong answer, said aloud**: First I check that the difference is real: recall, precision and calibration for each group with an interval, because with thirty positives in a group recall can be off by fifteen points by chance. If it is real, I look for the cause. Is the group
# rare in the training data? Then more data or a higher weight may help. Are its measurements worse, or its labels written by other people, with a lower kappa? Then I repair the labels. Is the label itself a proxy, such as costs for need? Then no model will fix it, and we
# need another target. Is its base rate different? Then equal error rates and equal calibration cannot both hold, and someone with the responsibility must say which matters here; I show what each choice costs. Removing the sensitive column does not solve it, since
# postcode or vocabulary carry it too, and without the column I cannot even measure. I write the result and the limits into the model card, and watch the groups separately after release.
#
# **A weak candidate says**: "We remove the attribute from the features."
#
# **Follow-ups**:
# - *May you use different thresholds for groups?* Technically it equalises one error rate; whether it is allowed is a legal question, so ask before.
# - *The group has 30 positives. How sure is a recall of 0.8?* ± 0.14, $1.96\sqrt{0.8\cdot0.2/30}$.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 1: `fit_transform`, twice   *(easy, 8 min, asked often)*
#
# `x_train = scaler.fit_transform(x_train)` is followed, in a great many published notebooks, by `x_test = scaler.fit_transform(x_test)`. This is what these two lines compute with a `MinMaxScaler`:


# %%
def published_scaling(train, test):
    """Both tables on [0, 1]. Wrong."""

    def fit_transform(table):
        return (table - table.min(axis=0)) / (table.max(axis=0) - table.min(axis=0))

    return fit_transform(train), fit_transform(test)


print(published_scaling(np.array([[0.0], [10.0]]), np.array([[2.0], [4.0]]))[1].ravel())

# %% [markdown]
# It runs, and everything lies in [0, 1]. **First, an input on which it goes wrong**: one patient who is in both tables, and is two different patients afterwards.


# %%
def scaling_counterexample():
    """Two tables on which published_scaling gives the same row two very different values.

    Returns (train, test): two 2-D arrays of finite numbers with the same columns, none of them
    constant in train or in test, such that some row of train equals some row of test, and after
    published_scaling these two rows differ by at least 0.5 in some column.
    """
    ### BEGIN SOLUTION
    import numpy as np

    return np.array([[0.0], [10.0]]), np.array([[10.0], [100.0]])  # 10 becomes 1 in train and 0 in test
    ### END SOLUTION


# %%
check(scaling_counterexample)

# %% [markdown]
# **Then, fixed.** With the training minimum and range, a test value may lie outside [0, 1], and that is right: it *is* outside of what the model has seen.


# %%
def scaling_mended(train, test):
    """Both tables in units of the training columns' range: (x - min) / (max - min).

    train (n,d), test (m,d): tables of finite numbers, n >= 1, m >= 1. Not changed.
    Returns (train, test), two new tables; min and max are those of the column in train, for test too, and test
    is not clipped. A column that is constant in train becomes x - min, in test as well; every
    other one is divided by its range, however small. No warning.
    ValueError: no rows in train or in test, an array that is not 2-D, or column counts that
    differ (one column against several too).
    float32 tables give float32, integer and bool ones float64.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(train, test)
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1] or 0 in (train.shape[0], test.shape[0]):
        raise ValueError(f"need two tables with rows and the same columns, not {train.shape} and {test.shape}")
    train, test = (x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64) for x in (train, test))
    low = xp.min(train, axis=0)
    spread = xp.max(train, axis=0) - low
    spread = xp.where(spread == 0, xp.ones_like(spread), spread)
    return (train - low) / spread, (test - low) / spread
    ### END SOLUTION


# %%
check(scaling_mended)

# %% [markdown]
# ## Hunt 2: 0.84 on coin flips   *(medium, 10 min, asked often)*
#
# *The Elements of Statistical Learning* (section 7.10.2) calls this pipeline the wrong way to do cross-validation, and it still appears in papers with many features and few patients:


# %%
def published_selection(x, y, train, k):
    """The k columns that correlate most with the label, the best first; a model is then fitted on the rows `train`. Wrong."""
    centred, signs = x - x.mean(axis=0), y - y.mean()
    correlation = centred.T @ signs / np.sqrt((centred**2).sum(axis=0) * (signs**2).sum())
    return np.argsort(-np.abs(correlation))[:k]


print(published_selection(np.eye(4), np.array([0, 0, 1, 1]), np.array([0, 2]), 2))

# %% [markdown]
# It gave the second pair of bars above. The rows `train` are an argument, and are never used. **Fix it.**


# %%
def selection_mended(x, y, train, k):
    """The k columns that correlate most with the label on the training rows.

    x: (n,d) finite numbers. y: (n,) labels 0 and 1, integers of any width or bool. train: (m,) row numbers,
    integers of any width, without repeats, both labels among them. k: an int, 1 <= k <= d. Not changed.
    Returns k column numbers (whole numbers), the one with the largest absolute correlation with
    y over the rows `train` first; the other rows take no part. A column that is constant on these rows correlates 0, and comes after all others; one
    of tiny numbers is not constant. No warning. In the checks the correlations lie apart, and at most one column is constant.
    ValueError: no training rows, x not 2-D, or y not (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, y, train)
    if x.ndim != 2 or y.shape != x.shape[:1] or train.ndim != 1 or train.shape[0] == 0:
        raise ValueError(f"need x (n,d), y (n,) and training rows, not {x.shape}, {y.shape} and {train.shape}")
    train = xp.astype(train, xp.int64)
    x, y = xp.take(xp.astype(x, xp.float64), train, axis=0), xp.take(xp.astype(y, xp.float64), train, axis=0)
    constant = xp.max(x, axis=0) == xp.min(x, axis=0)
    x, y = x - xp.mean(x, axis=0), y - xp.mean(y)
    length = xp.sqrt(xp.sum(x * x, axis=0))
    length = xp.where(constant, xp.ones_like(length), length)
    strength = xp.where(constant, xp.zeros_like(length), xp.abs(y @ x) / length)
    return xp.argsort(-strength)[:k]
    ### END SOLUTION


# %%
check(selection_mended)

# %% [markdown]
# In scikit-learn: `make_pipeline(SelectKBest(k=20), LogisticRegression())` inside `cross_val_score`, never `SelectKBest().fit(x, y)` before it.
#
# ## Hunt 3: how many copies cross the split?   *(medium, 8 min, asked sometimes)*
#
# Somebody balances a data set by copying each rare row until it occurs `copies` times, and *then* splits at random. **Predict, before you simulate**: what fraction of the rare test rows has a copy in the training set?


# %%
def copies_predicted(n, n_test, copies):
    """The expected fraction of test rows that have a copy in training.

    n: all rows after copying. n_test: the test rows, drawn at random without replacement, 1 <= n_test < n.
    copies: how often each rare row occurs, itself included, 1 <= copies <= n. All three are
    Python ints up to 10 000.
    Returns a number: the probability that, for a rare row in the test set, at least one of its
    copies - 1 copies is in training.
    """
    ### BEGIN SOLUTION
    missed = 1.0  # the probability that all copies so far are in the test set too
    for copy in range(1, copies):
        missed *= max(n_test - copy, 0) / (n - copy)
    return 1.0 - missed
    ### END SOLUTION


# %%
check(copies_predicted)

# %%
if ready(copies_predicted):
    rng = np.random.default_rng(0)
    for copies in (2, 5, 10):
        row, met = np.repeat(np.arange(1000 // copies), copies), []
        for _ in range(200):
            shuffled = rng.permutation(len(row))
            met.append(np.isin(row[shuffled[:300]], row[shuffled[300:]]).mean())
        print(f"{copies:2d} copies, 300 of 1000 rows for testing: predicted {float(copies_predicted(1000, 300, copies)):.4f}, simulated {np.mean(met):.4f}")

# %% [markdown]
# With two copies seven in ten rare test rows are known to the model, with five practically all: the test score on the rare class is a score on training data. **Oversample after the split, in the training rows only**, and inside each fold.
# (It is the formula of pass@k, turned round: both draw without replacement.)

# %% [markdown] tags=["sheet"]
# ## One page: data quality
#
# | | formula or rule | traps |
# |---|---|---|
# | missing values 缺失值 | MCAR, MAR, MNAR; median of train, indicator column | MNAR cannot be seen in the table; 0.9³⁰ = 4 % complete rows |
# | outliers 异常值 | $\lvert x-\mathrm{med}\rvert>k\cdot1.4826\,\mathrm{MAD}$ | z-scores mask: at most $(n-1)/\sqrt n$; MAD 0 flags all others |
# | standardise 标准化 | $(x-\mu_{\text{train}})/\sigma_{\text{train}}$ | constant columns; own statistics of a batch hide its shift |
# | kappa | $(p_o-p_e)/(1-p_e)$ | falls with unequal classes at the same error; each annotator's own frequencies |
# | label errors 标签噪声 | out-of-fold probability of the given label | clean the test set first; correct, do not just drop |
# | near duplicates 近似去重 | Jaccard of shingle sets after NFKC, casefold | sets, not counts; containment for short in long |
# | MinHash; LSH | $P(\text{same minimum})=J$, error $\sqrt{J(1-J)/m}$; $1-(1-s^r)^b$ | step near $(1/b)^{1/r}$ |
# | groups 分组划分 | no group on both sides; dates: by time | `test_size` of groups or of rows |
# | leaks 数据泄漏 | split first, fit everything inside the fold | selection and copies cost much, the scaler little |
# | PSI | $\sum(a-e)\ln(a/e)$; 0.1, 0.25 | by chance $(B-1)(1/n+1/m)$; edges from the reference |
# | copies across a split | $1-\prod_{i=1}^{c-1}\frac{t-i}{n-i}$ | oversample after the split |
#
# **Sixty seconds to say.** "Before I fit anything I look at the table: what is missing and why, what is impossible, what occurs twice, and who wrote the labels. I split first, by patient or by time where rows belong together, and every statistic, the median, the scaler, the choice of features, comes from the training
# rows of the fold. I fill with the training median and an indicator, find outliers with the MAD because the standard deviation hides them, and treat an outlier as a question. I check labels with a second annotator and kappa, rank suspects by out-of-fold confidence, and clean the test set first. Text is normalised, hashed, and
# deduplicated with MinHash and LSH, and the evaluation sets are taken out of the corpus. Each step has to show its effect on a clean test set. In production I watch the inputs with PSI, with alarm levels from quiet months, and the labels as soon as they come."

# %%
status()
