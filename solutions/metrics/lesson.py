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
#     title: "How good is it? (评估)"
#     order: 3
#     minutes: 150
#     out_of_scope: "ranking metrics (NDCG), regression metrics, human evaluation protocols"
# ---

# %% [markdown]
# # How good is it? (评估)
#
# > *"Your model detects cancer with 97 % accuracy. Are you happy?"*
#
# This question opens more machine-learning interviews than any other, and the wrong answer to it is "yes". What the interviewer listens for:
#
# 1. You ask for the **base rate** before you judge a number.
# 2. You can **define** precision, recall, F1 and AUC without mixing them up, and compute them by hand.
# 3. You know what each number **hides**, and pick the one that fits the cost of the errors.
#
# You will write nine metrics from scratch, from the confusion matrix to the two that large-model interviews add: perplexity and pass@k. At the end
# you hunt a bug in a published formula.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(roc_auc)` helps in three steps.
# One rule for all: arrays come in any memory layout, read-only ones too, and valid input gives no warning.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# confusion_matrix, binary_metrics, fbeta_score, roc_curve, roc_auc, average_precision, expected_calibration_error, perplexity.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %%
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, IntSlider, interact
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# A classifier gives every patient a **score**; a **threshold** turns scores into decisions. Everything in this lesson is about those two steps. The
# data are scikit-learn's breast-cancer set. Two traps to
# begin with: its class 1 is *benign*, so we turn it round, malignant = 1; and it is 37 % malignant, far from a screening, so we keep only enough
# malignant cases for **5 %**.


# %%
def screening(share=0.05, seed=0):
    """Breast-cancer data with the given share of malignant cases: features, labels (1 = malignant)."""
    data = load_breast_cancer()
    malignant = data.target == 0
    benign, ill = np.flatnonzero(~malignant), np.flatnonzero(malignant)
    keep = np.random.default_rng(seed).choice(ill, round(share / (1 - share) * len(benign)), replace=False)
    rows = np.concatenate([benign, keep])
    return data.data[rows], malignant[rows].astype(int)


features, label = screening()
# Few features, so that the problem is not too easy: texture, smoothness, symmetry (their means).
train_x, test_x, y_test_train, y_test = train_test_split(features[:, [1, 4, 8]], label, test_size=0.5, random_state=0, stratify=label)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train_x, y_test_train)
score = model.predict_proba(test_x)[:, 1]


def picture(threshold=0.25):
    """Scores of both classes, with the threshold that makes decisions of them."""
    figure, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
    bins = np.linspace(0, max(0.6, score.max()), 31)
    ax.hist(score[y_test == 0], bins, color="#4c78a8", alpha=0.75, label=f"benign ({np.sum(y_test == 0)})")
    ax.hist(score[y_test == 1], bins, color="#e45756", alpha=0.85, label=f"malignant ({np.sum(y_test == 1)})")
    ax.axvline(threshold, color="black", linestyle="--", label="threshold")
    ax.set(xlabel="score: the model's probability of malignant", ylabel="patients (log scale)", yscale="log", ylim=(0.5, None))
    ax.legend()
    plt.show()


picture()
print(f"share of malignant: {y_test.mean():.3f}")
print(f"accuracy of saying 'benign' to everybody: {1 - y_test.mean():.3f}   of the model at 0.5: {np.mean((score >= 0.5) == y_test):.3f}")

# %% [markdown]
# A model that never looks at the patient has an accuracy above 95 %. Accuracy answers the question "how many are right", and with 5 % ill people
# nearly everybody is right for free. So we count errors by kind.
#
# ## 1. `confusion_matrix`   *(easy, 5 min)*
#
# > *"Write down the confusion matrix for k classes. No loops, please."*
#
# |  | predicted 0 | predicted 1 |
# |---|---|---|
# | **truly 0** | true negatives | false positives |
# | **truly 1** | false negatives | true positives |


# %%
def confusion_matrix(y_true, y_pred, n_classes):
    """Counts of every pair (truth, prediction).

    y_true, y_pred: (n,) integer labels 0..n_classes-1, n >= 1, in any integer dtype. Not
    changed.
    Returns (n_classes, n_classes) integers: entry [i, j] is the number of rows whose truth is i
    and whose prediction is j. Classes that do not occur have rows and columns of zeros.
    ValueError: a label outside 0..n_classes-1, no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(y_true, y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or y_true.shape[0] == 0:
        raise ValueError(f"need two (n,) arrays of labels, not {y_true.shape} and {y_pred.shape}")
    y_true, y_pred = xp.astype(y_true, xp.int64, copy=False), xp.astype(y_pred, xp.int64, copy=False)
    for y in (y_true, y_pred):
        if xp.min(y) < 0 or xp.max(y) >= n_classes:
            raise ValueError(f"labels must be in 0..{n_classes - 1}")
    narrow = xp.int16 if n_classes**2 < 2**15 else xp.int64  # sorting 16-bit numbers takes linear time
    pairs = xp.sort(xp.astype(y_true * n_classes + y_pred, narrow))
    starts = xp.searchsorted(pairs, xp.arange(n_classes**2 + 1, dtype=narrow, device=device(pairs)))
    return xp.reshape(starts[1:] - starts[:-1], (n_classes, n_classes))
    ### END SOLUTION


# %%
check(confusion_matrix)

# %% [markdown]
# ## 2. `binary_metrics`   *(easy, 8 min)*
#
# > *"Define accuracy, precision, recall and F1. Which one would you report for the screening?"*
#
# | | in words | formula |
# |---|---|---|
# | **accuracy** 准确率 | of all, how many are right | $(TP+TN)/n$ |
# | **precision** 精确率 | of those *called* ill, how many are | $TP/(TP+FP)$ |
# | **recall** 召回率 | of those who *are* ill, how many were found | $TP/(TP+FN)$ |
# | **F1** | the harmonic mean of precision and recall | $\dfrac{2PR}{P+R}=\dfrac{2TP}{2TP+FP+FN}$ |
#
# The harmonic mean is near the smaller of the two: recall 1 at precision 0.01 gives F1 = 0.02, where the arithmetic mean would say 0.5. True
# negatives do not appear in F1 at all, which is why it survives a 5 % base rate.


# %%
def binary_metrics(y_true, y_pred):
    """Accuracy, precision, recall and F1 of the positive class 1.

    y_true, y_pred: (n,) labels 0 and 1, n >= 1, in any dtype (uint8, bool and float too). Not
    changed.
    Returns four numbers in this order. A ratio 0/0 counts as 0.0, without a warning.
    ValueError: no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(y_true, y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or y_true.shape[0] == 0:
        raise ValueError(f"need two (n,) arrays of labels, not {y_true.shape} and {y_pred.shape}")
    true, said = xp.astype(y_true, xp.bool), xp.astype(y_pred, xp.bool)

    def count(rows):
        return xp.sum(xp.astype(rows, xp.float64))

    def ratio(part, whole):
        return part / xp.maximum(whole, 1.0)  # whole is 0 only where part is 0 too

    hits, trues, saids = count(true & said), count(true), count(said)
    return count(true == said) / y_true.shape[0], ratio(hits, saids), ratio(hits, trues), ratio(2 * hits, trues + saids)
    ### END SOLUTION


# %%
check(binary_metrics)

# %% [markdown]
# **Put it to work.** What your functions say of the screening, at two thresholds:

# %% tags=["instructor"]
confusion_matrix, binary_metrics = map(backend.runs, (confusion_matrix, binary_metrics))

# %%
if ready(confusion_matrix, binary_metrics):
    for threshold in (0.5, 0.1):
        decision = (score >= threshold).astype(int)
        accuracy, precision, recall, f1 = (float(value) for value in binary_metrics(y_test, decision))
        print(f"threshold {threshold}: accuracy {accuracy:.3f}  precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")
        print(confusion_matrix(y_test, decision, 2))

# %% [markdown]
# At 0.5 the model is right about 95.7 % of the patients, half a point more than by saying "benign" to everybody, and it misses 4 of 9 cancers. At
# 0.1 it misses one, raises 32 false alarms instead of 4, and its accuracy falls to 82.4 %, far below that of never looking. By accuracy the better
# screening is the worse model. Nothing about the model has changed, only the threshold.
#
# ## 3. `fbeta_score`   *(medium, 10 min)*
#
# > *"Missing a cancer is worse than a false alarm. How do you put that into one number? And with ten classes?"*
#
# $$F_\beta=\frac{(1+\beta^2)\,P\,R}{\beta^2P+R}=\frac{(1+\beta^2)\,TP}{\beta^2\,(TP+FN)+(TP+FP)}$$
#
# $\beta=2$ weighs recall as if it were twice as important. With more classes each class has its own $F_\beta$ (it against the rest), and there are
# three ways to make one number of them:
# **macro** is the plain mean, so a rare class counts as much as a common one; **weighted** weighs by how often a class is true; **micro** adds up
# TP, FP and FN over the classes first. With one label a row
# every error is one FP and one FN, so micro equals accuracy: a favourite follow-up.


# %%
def fbeta_score(y_true, y_pred, n_classes, beta, average):
    """F-beta of several classes as one number.

    y_true, y_pred: (n,) integer labels 0..n_classes-1, n >= 1. beta: a number > 0. Not changed.
    average: "macro" (plain mean over all n_classes; a class that is neither true nor predicted
    counts 0.0), "weighted" (mean weighted by how often each class is true) or "micro" (TP, FP
    and FN added up over the classes first).
    Returns a number; 0/0 counts as 0.0, without a warning.
    ValueError: another word for average, no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if average not in ("macro", "micro", "weighted"):
        raise ValueError(f"average must be macro, micro or weighted, not {average!r}")
    xp = array_namespace(y_true, y_pred)
    table = xp.astype(confusion_matrix(y_true, y_pred, n_classes), xp.float64)
    true, said = xp.sum(table, axis=1), xp.sum(table, axis=0)
    hits = xp.linalg.diagonal(table)
    if average == "micro":
        return xp.sum(hits) / xp.sum(true)  # one label a row: every error is one FP and one FN
    below = beta**2 * true + said
    scores = (1 + beta**2) * hits / xp.where(below == 0, 1.0, below)
    return xp.mean(scores) if average == "macro" else xp.sum(scores * true) / xp.sum(true)
    ### END SOLUTION


# %%
check(fbeta_score)

# %% [markdown]
# **Put it to work.** Ten digits, two of which we make rare: only 12 images each of the eights and the nines are kept.

# %% tags=["instructor"]
fbeta_score = backend.runs(fbeta_score)

# %%
if ready(fbeta_score, binary_metrics):
    digits = load_digits()
    order = np.random.default_rng(0)
    kept = np.concatenate([order.permutation(np.flatnonzero(digits.target == c))[: 12 if c >= 8 else None] for c in range(10)])
    images, names = digits.data[kept], digits.target[kept]
    left_x, right_x, left_y, right_y = train_test_split(images, names, test_size=0.5, random_state=0, stratify=names)
    said = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(left_x, left_y).predict(right_x)
    for average in ("micro", "weighted", "macro"):
        print(f"{average:8}  F1 {float(fbeta_score(right_y, said, 10, 1.0, average)):.3f}")
    rare = [float(binary_metrics((right_y == c).astype(int), (said == c).astype(int))[3]) for c in (8, 9)]
    print(f"F1 of the eights {rare[0]:.2f}, of the nines {rare[1]:.2f}")

# %% [markdown]
# Micro and weighted say 0.97, macro says 0.90: the two rare digits, 12 of 734 test images, have an F1 of 0.50 and 0.67, and only macro lets them
# speak. None of the three is wrong. Say which one you report, and why.

# %% [markdown] question="screening" points=4
# ### Q. "97 % accuracy on cancer screening. Your reaction?"   *(easy, 3 min)*
#
# Answer as you would in the room: four or five sentences.
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the prevalence: what does "always healthy" score?
# - the confusion matrix, or precision and recall at a stated threshold
# - the costs of a miss and of a false alarm, which decide the threshold
# - a suspicion: leakage, duplicates of a patient in train and test, an unrepresentative test set
#
# **Red flags** (-1): "great" without a question; "use AUC" as a reflex, without saying why.
#
# **Follow-ups**: which curve would you plot (precision-recall) and why; how many positives does the test set need for recall ± 5 points?
# === END MARK SCHEME ===

# %% [markdown] question="harmonic" points=3
# ### Q. "Why the harmonic mean in F1? When would you not use F1?"   *(easy, 3 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - both are rates over different denominators; the harmonic mean is pulled to the smaller, so neither can be bought cheaply
# - F1 ignores true negatives and depends on which class is called positive
# - not when the costs of the two errors differ: F-beta, or expected cost at a threshold
#
# **Red flags** (-1): swaps precision and recall; F1 as a mean of accuracy and recall.
#
# **Follow-ups**: F1 of guessing at random with probability q; macro against micro against weighted on a rare class.
# === END MARK SCHEME ===

# %% [markdown]
# ## 4. `roc_curve`   *(medium, 12 min)*
#
# > *"Draw the ROC curve of these five points."* There will be a tie among them.
#
# Let the threshold fall from $+\infty$. Each time it passes a score, **all rows with that score** become positive at once: the curve moves up by
# their positives and right by their negatives. A tie of both classes is one
# slanted step. If you let tied rows enter one by one, the picture depends on the order of your file.


# %%
def roc_curve(y_true, scores):
    """The ROC curve: false and true positive rates at every distinct score.

    y_true: (n,) labels 0 and 1. scores: (n,) finite real numbers of any dtype, logits too;
    higher means more positive. Not changed.
    Returns three float arrays (fpr, tpr, thresholds) of m + 1 values for m distinct scores, the
    highest threshold first; at threshold t a row is positive when score >= t. The first point
    is (0, 0) with threshold +inf. Floats may be of either width.
    ValueError: one class only, no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(y_true, scores)
    if y_true.ndim != 1 or y_true.shape != scores.shape or y_true.shape[0] == 0:
        raise ValueError(f"need labels and scores of one shape (n,), not {y_true.shape} and {scores.shape}")
    if not xp.isdtype(scores.dtype, "real floating"):
        scores = xp.astype(scores, xp.float64)
    positive = xp.astype(y_true, xp.bool)
    if xp.all(positive) or not xp.any(positive):
        raise ValueError("both classes must occur")
    order = xp.argsort(scores, descending=True, stable=False)  # the order within a tie does not matter
    scores, positive = xp.take(scores, order), xp.take(positive, order)
    hits, alarms = (xp.cumulative_sum(xp.astype(rows, xp.float64)) for rows in (positive, ~positive))
    last = xp.concat([scores[1:] != scores[:-1], xp.ones(1, dtype=xp.bool, device=device(scores))])  # of each run of equal scores
    tpr, fpr = hits / hits[-1], alarms / alarms[-1]
    zero = xp.zeros(1, dtype=tpr.dtype, device=device(scores))
    infinity = xp.full(1, float("inf"), dtype=scores.dtype, device=device(scores))
    return xp.concat([zero, fpr[last]]), xp.concat([zero, tpr[last]]), xp.concat([infinity, scores[last]])
    ### END SOLUTION


# %%
check(roc_curve)

# %% [markdown]
# ## 5. `roc_auc`   *(medium, 12 min)*
#
# > *"What does an AUC of 0.8 mean? Compute it in O(n log n)."*
#
# $$\mathrm{AUC}=P(s^+>s^-)+\tfrac12P(s^+=s^-)$$
#
# It is the chance that a random positive scores above a random negative, ties counting one half. In the picture each cell is a pair; the share of
# filled cells (half-filled for a tie) **is** the AUC, and also the area
# under the curve. Counting all $P\cdot N$ pairs takes $O(n^2)$; sorting turns "how many negatives are below this positive" into a binary search.

# %%
hand_y, hand_s = np.array([1, 0, 1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.6, 0.6, 0.4, 0.3, 0.1])
up, down = np.sort(hand_s[hand_y == 1]), np.sort(hand_s[hand_y == 0])
won = (up[:, None] > down) + 0.5 * (up[:, None] == down)
figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3), layout="constrained")
left.imshow(won, cmap="Blues", vmin=0, vmax=1.3, aspect="auto", origin="lower")
for i, row in enumerate(won):
    for j, value in enumerate(row):
        left.text(j, i, {1.0: "1", 0.5: "½", 0.0: "0"}[float(value)], ha="center", va="center", color="white" if value == 1 else "black")
left.set(xticks=range(4), xticklabels=down, yticks=range(3), yticklabels=up, xlabel="negatives' scores", ylabel="positives' scores")
left.set_title(f"pairs: {won.sum():g} of {won.size} = {won.mean():.3f}")
left.grid(False)
fpr_hand = [np.mean(down >= t) for t in (np.inf, *sorted(set(hand_s), reverse=True))]
tpr_hand = [np.mean(up >= t) for t in (np.inf, *sorted(set(hand_s), reverse=True))]
right.fill_between(fpr_hand, tpr_hand, alpha=0.25)
right.plot(fpr_hand, tpr_hand, marker="o")
right.plot([0, 1], [0, 1], color="grey", linestyle=":")
right.set(xlabel="false positive rate", ylabel="true positive rate", title=f"area: {np.trapezoid(tpr_hand, fpr_hand):.3f}")
plt.show()


# %%
def roc_auc(y_true, scores):
    """Area under the ROC curve: the share of (positive, negative) pairs in which the positive scores higher, ties one half.

    y_true: (n,) labels 0 and 1, n >= 1. scores: (n,) finite real numbers of any dtype, logits
    too. Not changed.
    Returns a number; nan when there is one class only. No warning. Aim at O(n log n).
    ValueError: no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(y_true, scores)
    if y_true.ndim != 1 or y_true.shape != scores.shape or y_true.shape[0] == 0:
        raise ValueError(f"need labels and scores of one shape (n,), not {y_true.shape} and {scores.shape}")
    if not xp.isdtype(scores.dtype, "real floating"):
        scores = xp.astype(scores, xp.float64)
    is_positive = xp.astype(y_true, xp.bool)
    positive, negative = xp.sort(scores[is_positive], stable=False), xp.sort(scores[~is_positive], stable=False)
    pairs = positive.shape[0] * negative.shape[0]
    if pairs == 0:
        return float("nan")
    below = xp.searchsorted(negative, positive, side="left")
    below_or_level = xp.searchsorted(negative, positive, side="right")
    return xp.astype(xp.sum(below) + xp.sum(below_or_level), xp.float64) / (2.0 * pairs)
    ### END SOLUTION


# %%
check(roc_auc)

# %% [markdown]
# **And how to make it fast.** A million scores take scikit-learn's `roc_auc_score` several times as long as this. The difference: two sorts of
# plain floats instead of one argsort that must carry the labels along (moving
# indices around is slow), no stable sort, and *sorted* queries, so that the binary search walks through memory in order. `prep bench solutions
# metrics` measures it on your machine.
#
# ## 6. `average_precision`   *(medium, 10 min)*
#
# > *"5 % positives: ROC or precision-recall?"*
#
# A false positive rate of 5 % sounds good, and means as many false alarms as there are ill people. ROC does not see that, because it never compares
# the two classes in size; precision does. The area under the
# precision-recall curve is summed in steps, $\mathrm{AP}=\sum_i(R_i-R_{i-1})\,P_i$: straight lines between its points would promise precisions that
# no threshold reaches.


# %%
def average_precision(y_true, scores):
    """Average precision: the sum of (R_i - R_(i-1)) * P_i over the distinct scores, the highest first.

    y_true: (n,) labels 0 and 1, n >= 1. scores: (n,) finite real numbers of any dtype, logits
    too. Not changed.
    R_i and P_i are recall and precision when rows with score >= the i-th distinct score are
    positive; R_0 = 0.
    Returns a number; 0.0 when there is no positive. No warning.
    ValueError: no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(y_true, scores)
    if y_true.ndim != 1 or y_true.shape != scores.shape or y_true.shape[0] == 0:
        raise ValueError(f"need labels and scores of one shape (n,), not {y_true.shape} and {scores.shape}")
    if not xp.isdtype(scores.dtype, "real floating"):
        scores = xp.astype(scores, xp.float64)
    is_positive = xp.astype(y_true, xp.bool)
    positive, negative = xp.sort(scores[is_positive], stable=False), xp.sort(scores[~is_positive], stable=False)
    if positive.shape[0] == 0:
        return 0.0
    # Each positive adds 1/P to the recall when the threshold is its own score: AP is the mean of the precisions there.
    hits = xp.astype(positive.shape[0] - xp.searchsorted(positive, positive), xp.float64)
    alarms = xp.astype(negative.shape[0] - xp.searchsorted(negative, positive), xp.float64)
    return xp.mean(hits / (hits + alarms))
    ### END SOLUTION


# %%
check(average_precision)

# %% [markdown]
# **Put it to work.** Both curves of the screening, and a slider for the threshold. Watch the same threshold sit in a comfortable place on the
# ROC curve and in an uncomfortable one on the other.


# %% tags=["instructor"]
roc_curve, roc_auc, average_precision = map(backend.runs, (roc_curve, roc_auc, average_precision))


# %%
def both_curves(threshold=0.1):
    """One threshold on the scores, on the ROC curve and on the precision-recall curve, and what it decides."""
    fpr, tpr, cuts = (np.asarray(part) for part in roc_curve(y_test, score))
    hits, alarms = tpr * np.sum(y_test == 1), fpr * np.sum(y_test == 0)
    precision = np.divide(hits, hits + alarms, out=np.ones_like(hits), where=hits + alarms > 0)
    here = np.flatnonzero(cuts >= threshold)[-1]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(8.5, 3), layout="constrained")
    bins = np.linspace(0, 1, 26)
    left.hist(score[y_test == 0], bins, color="#4c78a8", alpha=0.75, label="benign")
    left.hist(score[y_test == 1], bins, color="#e45756", alpha=0.85, label="malignant")
    left.axvline(threshold, color="black", linestyle="--")
    left.set(xlabel="score", ylabel="patients (log scale)", yscale="log", ylim=(0.5, None), title="scores")
    left.legend()
    middle.plot(fpr, tpr)
    middle.plot([0, 1], [0, 1], color="grey", linestyle=":")
    middle.plot(fpr[here], tpr[here], "o", color="#e45756", markersize=9)
    middle.set(xlabel="false positive rate", ylabel="recall", title=f"ROC, AUC {float(roc_auc(y_test, score)):.3f}")
    right.step(tpr, precision, where="pre")
    right.axhline(y_test.mean(), color="grey", linestyle=":")
    right.plot(tpr[here], precision[here], "o", color="#e45756", markersize=9)
    right.set(xlabel="recall", ylabel="precision", ylim=(0, 1.04), title=f"precision-recall, AP {float(average_precision(y_test, score)):.3f}")
    found, false = round(hits[here]), round(alarms[here])
    counts = f"{found} found, {int(y_test.sum()) - found} missed, {false} false alarms"
    figure.suptitle(f"threshold {threshold:.2f}: {counts}; recall {tpr[here]:.2f}, precision {precision[here]:.2f}", fontsize=11)
    plt.show()


if ready(roc_curve, roc_auc, average_precision):
    both_curves()

# %%
if ready(roc_curve, roc_auc, average_precision):
    interact(both_curves, threshold=FloatSlider(0.1, min=0.01, max=0.9, step=0.01, continuous_update=False))

# %% [markdown]
# **Two questions that follow at once.** What if the disease were common? And how sure are you, with nine positives?

# %%
if ready(roc_auc, average_precision):
    common = np.concatenate([np.flatnonzero(y_test == 0), np.repeat(np.flatnonzero(y_test == 1), 20)])
    for name, rows in (("5 % positive", np.arange(len(y_test))), ("50 % positive: each ill patient 20 times", common)):
        print(f"{name}: AUC {float(roc_auc(y_test[rows], score[rows])):.3f}  AP {float(average_precision(y_test[rows], score[rows])):.3f}")
    rng = np.random.default_rng(0)
    draws = [rows for rows in rng.integers(0, len(y_test), (500, len(y_test))) if y_test[rows].any()]
    for name, metric in (("AUC", roc_auc), ("AP", average_precision)):
        low, high = np.percentile([float(metric(y_test[rows], score[rows])) for rows in draws], [2.5, 97.5])
        print(f"{name}: 95 % bootstrap interval {low:.2f} to {high:.2f}")

# %% [markdown]
# The same patients in other proportions: AUC does not move, AP climbs from 0.59 to 0.95. An AP means nothing without the share of positives it was
# measured at; its baseline is that share.
#
# The intervals are the inconvenient part: AP lies somewhere between 0.3 and 0.9. Nine positives cannot tell a poor model from a good one, and no
# choice of metric mends that.

# %% [markdown] question="auc-meaning" points=4
# ### Q. "What does AUC mean, and when does it mislead?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the chance that a random positive scores above a random negative, ties one half
# - it depends on order only: unchanged by any increasing map of the scores, and by the share of positives
# - so it says nothing of calibration, and under heavy imbalance it looks good where precision is poor: use PR/AP
# - often only a part of the curve matters (a low false positive rate); compare two models with a paired bootstrap or DeLong
#
# **Red flags** (-1): "the accuracy over all thresholds"; computes AUC of hard labels.
#
# **Follow-ups**: the AUC of hard labels (balanced accuracy); by hand for five points with a tie; O(n log n).
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `expected_calibration_error`   *(medium, 10 min)*
#
# > *"The model says 0.8. Can I believe it?"*
#
# A forecast is **calibrated** when of all the cases it gave 0.8, 80 % come true. Cut [0, 1] into equal bins, compare in each bin the mean
# probability with the share of positives, and weigh by the number of rows:
#
# $$\mathrm{ECE}=\sum_b\frac{n_b}{n}\,\bigl|\bar y_b-\bar p_b\bigr|$$
#
# AUC cannot see this: halve every probability and the order stays the same. ECE has a weakness of its own: always answering the base rate is
# perfectly calibrated, and useless.


# %%
def expected_calibration_error(y_true, prob, n_bins):
    """Expected calibration error over equal-width bins.

    y_true: (n,) labels 0 and 1, n >= 1. prob: (n,) probabilities of class 1, in [0, 1], float32
    or float64. n_bins >= 1. Not changed.
    Bin i is [i/n_bins, (i+1)/n_bins), the last one closed. Of the inner edges only binary
    fractions such as 1/4 are checked: others are subject to rounding.
    Returns the sum over bins of |mean of y - mean of prob| in the bin times the bin's share of
    the rows; empty bins add 0. No warning.
    ValueError: no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(y_true, prob)
    if y_true.ndim != 1 or y_true.shape != prob.shape or y_true.shape[0] == 0:
        raise ValueError(f"need labels and probabilities of one shape (n,), not {y_true.shape} and {prob.shape}")
    prob = xp.astype(prob, xp.float64)
    index = xp.minimum(xp.floor(prob * n_bins), xp.asarray(n_bins - 1.0, device=device(prob)))
    inside = index[:, None] == xp.arange(n_bins, dtype=xp.float64, device=device(prob))[None, :]  # (n, bins)
    gap = xp.astype(y_true, xp.float64) - prob
    return xp.sum(xp.abs(gap @ xp.astype(inside, xp.float64))) / prob.shape[0]  # the bins' sizes cancel
    ### END SOLUTION


# %%
check(expected_calibration_error)

# %% tags=["instructor"]
expected_calibration_error = backend.runs(expected_calibration_error)

# %%
if ready(expected_calibration_error):
    figure, ax = plt.subplots(figsize=(4.4, 3.6), layout="constrained")
    full_x, full_y = screening(212 / 569)  # all 212 malignant cases: nine positives cannot fill eight bins
    half_x, rest_x, half_y, rest_y = train_test_split(full_x[:, [1, 4, 8]], full_y, test_size=0.5, random_state=0, stratify=full_y)
    chance = make_pipeline(StandardScaler(), LogisticRegression()).fit(half_x, half_y).predict_proba(rest_x)[:, 1]
    for name, p in (("logistic regression", chance), ("the same, overconfident", chance**3 / (chance**3 + (1 - chance) ** 3))):
        bins = np.minimum((p * 8).astype(int), 7)
        points = [(p[bins == b].mean(), rest_y[bins == b].mean()) for b in range(8) if np.any(bins == b)]
        ax.plot(*zip(*points, strict=True), marker="o", label=f"{name}: ECE {float(expected_calibration_error(rest_y, p, 8)):.3f}")
        if ready(roc_auc):
            print(f"{name}: AUC {float(roc_auc(rest_y, p)):.3f}")
    ax.plot([0, 1], [0, 1], color="grey", linestyle=":")
    ax.set(xlabel="mean probability in the bin", ylabel="share that came true")
    ax.legend(fontsize=8)
    plt.show()

# %% [markdown]
# The AUC is the same to the last digit, since the order is the same; the calibration is not. An interviewer who asks "would you trust the
# probability?" wants to hear the difference.
#
# **What calibration buys: the threshold.** Let a false alarm cost 1 and a miss cost $m$. Calling a patient ill costs $1-p$ on average, sending them
# home costs $m\,p$; so call when $p>1/(1+m)$, if $p$ can be believed.


# %%
def cost_curve(miss=10):
    """What each threshold costs on the screening's test half, when a miss costs so many false alarms."""
    cuts = np.linspace(0.005, 0.995, 199)
    tables = [np.asarray(confusion_matrix(y_test, (score >= cut).astype(int), 2)) for cut in cuts]
    cost = np.array([table[0, 1] + miss * table[1, 0] for table in tables])
    figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
    ax.step(cuts, cost, where="mid")
    rule = 1 / (1 + miss)
    ax.axvline(rule, color="black", linestyle="--", label=f"1 / (1 + {miss}) = {rule:.2f}, costs {cost[np.argmin(abs(cuts - rule))]}")
    ax.plot(cuts[cost.argmin()], cost.min(), "o", color="#e45756", label=f"cheapest on these rows: {cuts[cost.argmin()]:.2f}, costs {cost.min()}")
    ax.set(xlabel="threshold", ylabel="cost, in false alarms", title=f"a miss costs {miss} false alarms")
    ax.legend()
    plt.show()


if ready(confusion_matrix):
    cost_curve()

# %%
if ready(confusion_matrix):
    interact(cost_curve, miss=IntSlider(10, min=1, max=50, continuous_update=False))

# %% [markdown]
# The red point was chosen on the rows that it is judged by, nine of them positive: it is too good to be true, and jumps as you move the slider. The
# formula's threshold needs no search, but it needs honest probabilities.
#
# ## 8. `perplexity`   *(easy, 6 min)*
#
# > *"How do you evaluate a language model before anybody has asked it anything?"*
#
# $$\mathrm{PPL}=\exp\Bigl(-\frac1{N}\sum_{\text{real tokens}}\log p\Bigr)$$
#
# One over the geometric mean of the probabilities of the true tokens: the number of equally likely tokens the model hesitates between. The classic
# slips are all about the mean: padding counted in, rows averaged before
# tokens, batches averaged before rows. Perplexities compare only between models with the same tokeniser.


# %%
def perplexity(log_probs, mask):
    """Perplexity of the real tokens of a padded batch.

    log_probs: (B, T) natural logarithms of the probabilities of the true tokens, float32 or
    float64. mask: (B, T), 1 (or True) for real tokens, 0 for padding, where log_probs may hold
    anything, -inf too. Not changed.
    Returns exp of minus the mean over all real tokens together, a number. No warning.
    ValueError: no real token, or shapes that are not the same.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(log_probs, mask)
    if log_probs.shape != mask.shape:
        raise ValueError(f"log_probs {log_probs.shape} and mask {mask.shape} must have one shape")
    real = xp.astype(mask, xp.bool)
    count = xp.sum(xp.astype(real, xp.float64))
    if count == 0:
        raise ValueError("there is no real token to measure")
    total = xp.sum(xp.where(real, xp.astype(log_probs, xp.float64), 0.0))
    return xp.exp(-total / count)
    ### END SOLUTION


# %%
check(perplexity)

# %% [markdown]
# **Put it to work.** The smallest language model there is: which character follows which, counted in one data set's description, then asked about
# other texts.

# %% tags=["instructor"]
perplexity = backend.runs(perplexity)

# %%
if ready(perplexity):
    texts = {name: load().DESCR.lower() for name, load in (("breast cancer", load_breast_cancer), ("wine", load_wine), ("iris", load_iris))}
    alphabet = {char: i for i, char in enumerate(sorted(set("".join(texts.values()))))}
    codes = {name: np.array([alphabet[char] for char in text]) for name, text in texts.items()}
    seen = np.full((len(alphabet), len(alphabet)), 0.1)
    np.add.at(seen, (codes["breast cancer"][:-1], codes["breast cancer"][1:]), 1)
    bigrams = np.log(seen / seen.sum(axis=1, keepdims=True))
    longest = max(len(code) for code in codes.values()) - 1
    for name, code in codes.items():
        row = np.full((1, longest), -np.inf)  # padding, as in a batch
        row[0, : len(code) - 1] = bigrams[code[:-1], code[1:]]
        print(f"{name:14} {float(perplexity(row, np.arange(longest)[None, :] < len(code) - 1)):5.1f} of {len(alphabet)} characters")

# %% [markdown]
# On the text it was counted from, the model hesitates between 9 characters; on texts of the same kind that it has not seen, between 13 and 15. The
# first number is the one that leaks into reports.

# %% [markdown]
# ## 9. `pass_at_k`   *(medium, 8 min)*
#
# > *"We sample n programs for each task and c of them pass the tests. Estimate pass@k."*
#
# The obvious $1-(1-c/n)^k$ draws **with** replacement and is biased low: the same program can be drawn twice. Without replacement, all $k$ fail
# with probability $\binom{n-c}{k}/\binom nk$:
#
# $$\text{pass@}k=1-\frac{\binom{n-c}{k}}{\binom nk}=1-\prod_{i=n-c+1}^{n}\Bigl(1-\frac ki\Bigr)$$
#
# (Chen et al., *Evaluating Large Language Models Trained on Code*, 2021.) The binomials overflow a float long before n = 10 000; the product does
# not.


# %%
def pass_at_k(n, c, k):
    """The unbiased estimate of pass@k: the chance that at least one of k different attempts, drawn from n of which c pass, passes.

    n, c, k: whole numbers, 1 <= k <= n <= 10 000, 0 <= c <= n. Returns 1 - C(n-c, k) / C(n, k),
    a number, to 9 digits and without overflow.
    ValueError: c > n or k > n.
    """
    ### BEGIN SOLUTION
    import math

    if c > n or k > n:
        raise ValueError(f"c={c} and k={k} must be at most n={n}")
    if n - c < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))
    ### END SOLUTION


# %%
check(pass_at_k)

# %%
if ready(pass_at_k):
    k = np.arange(1, 51)
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    ax.plot(k, [pass_at_k(50, 3, int(one)) for one in k], label="unbiased, n = 50, c = 3")
    ax.plot(k, 1 - (1 - 3 / 50) ** k, linestyle="--", label="with replacement: 1 - (1 - c/n)^k")
    ax.set(xlabel="k", ylabel="pass@k")
    ax.legend()
    plt.show()

# %% [markdown] question="offline-online" points=3
# ### Q. "Offline metrics rose, the online test is flat. Why?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (any three, 1 point each):
# - the offline metric is not what users do (proxy mismatch), or the gain sits in a segment that hardly occurs
# - leakage or an old, biased log: position bias, feedback of the model that wrote it
# - drift between the test set's time and now
# - the experiment's power: how large an effect could it have seen?
# - latency or product changes that ate the gain
#
# **Red flags** (-1): "the online test must be wrong".
#
# **Follow-ups**: how would you tell these apart, in which order?
# === END MARK SCHEME ===

# %% [markdown] question="evaluate-llm" points=4
# ### Q. "How do you evaluate a large language model for our product?"   *(medium, 6 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each, up to 4):
# - a test set of the product's own tasks with checkable outcomes (exact match, unit tests: pass@k)
# - people: pairwise comparison, agreement measured (kappa), intervals on the win rate
# - a model as judge only after it is calibrated against people: biases of position, length, self-preference
# - contamination: is the benchmark in the training data? fresh or private items
# - what perplexity cannot say; safety, latency and cost as constraints; a regression suite
#
# **Red flags** (-1): one public leaderboard number; BLEU for open chat.
#
# **Follow-ups**: how many comparisons to see a 52 % win rate? what would make you distrust the judge?
# === END MARK SCHEME ===

# %% [markdown] question="threshold" points=3
# ### Q. "How do you choose the threshold?"   *(hard, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - from costs: with calibrated probabilities, positive when p > c_FP / (c_FP + c_FN)
# - on validation data, never on the test set; with its uncertainty
# - constraints (how many cases can be looked at a day) and a plan for drift: watch the rate of positives and recalibrate
#
# **Red flags** (-1): "0.5"; "where F1 is largest on the test set".
#
# **Follow-ups**: the cost of a miss doubles: where does the threshold go? prevalence halves: and now?
# === END MARK SCHEME ===

# %% [markdown]
# ## Bug hunt: F1 as an interview guide prints it   *(medium, 10 min)*
#
# A Chinese interview guide defines: *"F1 is the harmonic mean of 准确率 (accuracy) and 召回率 (recall)."* It mistakes 准确率 (accuracy) for 精确率 (precision),
# one character. Here it is as code. It runs, it is between
# 0 and 1, it is 1 for a perfect model, and on balanced data it is close to the truth: that is how such a slip survives.


# %%
def guide_f1(y_true, y_pred):
    """F1, as the guide has it. Wrong."""
    accuracy = np.mean(y_true == y_pred)
    recall = np.mean(y_pred[y_true == 1] == 1)
    return 2 * accuracy * recall / (accuracy + recall)


print(guide_f1(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])))

# %% [markdown]
# **First, an input on which it fails badly**, of the kind where it would do harm: a screening.


# %%
def f1_counterexample():
    """Labels and predictions on which guide_f1 is off.

    Returns (y_true, y_pred): two (n,) arrays or lists of labels 0 and 1, not empty, such that
    at most one row in ten is positive, at least one positive is found, and guide_f1 differs
    from F1 by at least 0.2.
    """
    ### BEGIN SOLUTION
    y_true = np.array([1] + 19 * [0])
    y_pred = np.array(5 * [1] + 15 * [0])  # the one ill person is found, and four healthy ones are frightened
    return y_true, y_pred
    ### END SOLUTION


# %%
check(f1_counterexample)

# %% [markdown]
# **Then, mended.**


# %%
def f1_mended(y_true, y_pred):
    """F1 of the positive class 1: the harmonic mean of precision and recall.

    y_true, y_pred: (n,) labels 0 and 1, n >= 1, in any dtype. Not changed. Returns a number;
    0/0 counts as 0.0, without a warning.
    ValueError: no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    return binary_metrics(y_true, y_pred)[3]
    ### END SOLUTION


# %%
check(f1_mended)

# %% [markdown]
# ## Before you leave the room
#
# - Ask for the base rate first. Then name the metric, the threshold and the cost behind it.
# - Precision divides by what you *said*, recall by what *is*.
# - AUC is about order, ECE about belief, AP about finding the rare ones.
# - For a language model: perplexity over real tokens, pass@k without replacement, and people in the loop.
#
# **Follow-ups to practise aloud**: AUC of a model that answers 0.5 to everybody? F1 of random guessing at 5 % positives? Why can micro-F1 not be
# better than accuracy? How wide is the confidence interval of a recall measured on nine positives?

# %%
status()
