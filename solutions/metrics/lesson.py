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
#     order: 1
#     minutes: 180
#     topics: [classification metrics, ranking metrics, calibration, language model evaluation]
#     needs: []
#     out_of_scope: "ranking metrics (NDCG), regression metrics, human evaluation protocols"
# ---

# %% [markdown]
# # How good is it? (评估)
#
# > *"Your model detects cancer with 97 % accuracy. Are you happy?"*
#
# This question opens more machine-learning interviews than any other, and the wrong answer to it is "yes". The interviewer listens for three things:
#
# 1. You ask for the **base rate** before you judge a number.
# 2. You can **define** precision, recall, F1 and AUC without mixing them up, and compute them by hand.
# 3. You know what each number **hides**, and pick the one that fits the cost of the errors.
#
# You will write nine metrics from scratch, from the confusion matrix to the two that large-model interviews add, perplexity and pass@k. Then you hunt
# three errors, two of them from a published interview guide. **This lesson needs** nothing but NumPy and the idea of a classifier.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(roc_auc)` helps in three steps.
# Rules for all of them: arrays come in any memory layout, read-only ones too; valid input gives no warning; results are compared to 7 digits, to 4 where
# the data are float32.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# confusion_matrix, binary_metrics, fbeta_score, roc_curve, roc_auc, average_precision, expected_calibration_error, perplexity.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
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
# data are scikit-learn's breast-cancer set, with two traps to begin with. Its class 1 is *benign*, so we turn it round: malignant = 1, the **positive**
# class. And 37 % of it are malignant, far from a screening, so we keep only enough malignant cases for **5 %**.


# %% tags=["folded"]
def screening(fraction=0.05, seed=0):
    """Breast-cancer data with the given fraction of malignant cases: features, labels (1 = malignant)."""
    data = load_breast_cancer()
    malignant = data.target == 0
    benign, ill = np.flatnonzero(~malignant), np.flatnonzero(malignant)
    keep = np.random.default_rng(seed).choice(ill, round(fraction / (1 - fraction) * len(benign)), replace=False)
    rows = np.concatenate([benign, keep])
    return data.data[rows], malignant[rows].astype(int)


def halves(features, label):
    """Training and test half of the data, with the same fraction of malignant cases."""
    return train_test_split(features, label, test_size=0.5, random_state=0, stratify=label)


def fitted(x, y):
    """A logistic regression on standardised features."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(x, y)


FEW = [1, 4, 8]  # mean texture, smoothness, symmetry: few features, so that the problem is not too easy
features, label = screening()
train_x, test_x, y_train, y_test = halves(features, label)
score = fitted(train_x[:, FEW], y_train).predict_proba(test_x[:, FEW])[:, 1]


def picture(threshold=0.1):
    """Scores of both classes, with the threshold that makes decisions of them."""
    figure, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
    bins = np.linspace(0, max(0.6, score.max()), 31)
    ax.hist(score[y_test == 0], bins, color="#4c78a8", alpha=0.75, label=f"benign ({np.sum(y_test == 0)})")
    ax.hist(score[y_test == 1], bins, color="#e45756", alpha=0.85, label=f"malignant ({np.sum(y_test == 1)})")
    ax.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold}")
    ax.set(xlabel="score: the model's probability of malignant", ylabel="patients (log scale)", yscale="log", ylim=(0.5, None))
    ax.legend()
    plt.show()


# %%
picture()
print(f"fraction of malignant: {y_test.mean():.3f}")
print(f"accuracy of predicting 'benign' for everybody: {1 - y_test.mean():.3f}   of the model at 0.5: {np.mean((score >= 0.5) == y_test):.3f}")

# %% [markdown]
# A model that never looks at the patient has an accuracy above 95 %. Accuracy answers the question "how many are right", and with 5 % ill people
# nearly everybody is right for free. So we count errors by kind.
#
# ## 1. `confusion_matrix`   *(easy, 5 min, asked often)*
#
# > *"Write down the confusion matrix for k classes. No loops, please."*
#
# |  | predicted negative (0) | predicted positive (1) |
# |---|---|---|
# | **truly negative (0)** | **TN**, true negative | **FP**, false positive: a false alarm |
# | **truly positive (1)** | **FN**, false negative: a miss | **TP**, true positive |
#
# The second word says what was *predicted*, the first whether that was right. Rows are the truth and columns the prediction, as in scikit-learn; some
# books draw it the other way round, so say which you mean.


# %%
def confusion_matrix(y_true, y_pred, n_classes):
    """Counts of every pair (truth, prediction).

    y_true, y_pred: (n,) integer labels 0..n_classes-1, n >= 1, in any integer dtype (int8 and
    uint8 too, also where n_classes squared does not fit into it). Not changed.
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
# **In scikit-learn.** `confusion_matrix(y_true, y_pred, labels=range(k))`: without `labels` its size comes from the labels that occur, and unknown labels
# are left out without an error. torchmetrics' `multiclass_confusion_matrix` takes the *prediction* first.
#
# ## 2. `binary_metrics`   *(easy, 8 min, asked often)*
#
# > *"Define accuracy, precision, recall and F1. Which one would you report for the screening?"*
#
# | | in words | formula |
# |---|---|---|
# | **accuracy** 准确率 | of all, how many are right | $(TP+TN)/n$ |
# | **precision** 精确率 / 查准率 | of those *predicted* positive, how many are | $TP/(TP+FP)$ |
# | **recall** 召回率 / 查全率, also **sensitivity** 灵敏度, **true positive rate** | of those who *are* positive, how many were found | $TP/(TP+FN)$ |
# | **specificity** 特异度, also true negative rate | of those who are *negative*, how many were predicted negative | $TN/(TN+FP)$ |
# | **F1** | the harmonic mean of precision and recall | $\dfrac{2PR}{P+R}=\dfrac{2TP}{2TP+FP+FN}$ |
#
# Precision and recall divide the same $TP$ by different counts, what was predicted positive and what is positive, and F1 divides it by the mean of
# these two counts. The larger count decides, so the harmonic mean stays near the smaller of the two, and neither can be bought cheaply: predicting
# everybody positive gives recall 1, and at precision 0.01 F1 = 0.02, where the arithmetic mean would give 0.5. True negatives do not appear in F1, so
# they cannot inflate it as they inflate accuracy. It still depends on the base rate, because precision does: quote the base rate beside it. And it
# depends on which class is called positive.
#
# **A published interview guide gets three of these wrong.** Learn its table the other way round:
#
# | the guide says | that is called | the right word |
# |---|---|---|
# | 准确率: 对正例样本的识别能力 (how well positive samples are recognised) | recall, sensitivity: $TP/(TP+FN)$ | 召回率 / 查全率. 准确率 is accuracy, over both classes: $(TP+TN)/n$ |
# | 召回率: 对负例样本的识别能力 (how well negative samples are recognised) | specificity: $TN/(TN+FP)$ | 特异度 |
# | F1: 综合考虑准确率和召回率，用于平衡两者 (balances 准确率 and 召回率) | a mean of accuracy and recall | F1 balances 精确率 / 查准率 (precision) and 召回率 |


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
    true, predicted = xp.astype(y_true, xp.bool), xp.astype(y_pred, xp.bool)

    def count(rows):
        return xp.sum(xp.astype(rows, xp.float64))

    def ratio(part, whole):
        return part / xp.maximum(whole, 1.0)  # whole is 0 only where part is 0 too

    tp, positive, called = count(true & predicted), count(true), count(predicted)
    return count(true == predicted) / y_true.shape[0], ratio(tp, called), ratio(tp, positive), ratio(2 * tp, positive + called)
    ### END SOLUTION


# %%
check(binary_metrics)

# %% [markdown]
# **In scikit-learn.** `precision_recall_fscore_support(y_true, y_pred, average="binary")` and `accuracy_score`. For 0/0 they return 0.0 *and* warn, unless
# you pass `zero_division=0.0`.
#
# **Put it to work.** The screening at two thresholds:

# %% tags=["instructor"]
confusion_matrix, binary_metrics = map(backend.runs, (confusion_matrix, binary_metrics))

# %%
if ready(confusion_matrix, binary_metrics):
    for threshold in (0.5, 0.1):
        decision = (score >= threshold).astype(int)
        accuracy, precision, recall, f1 = (float(value) for value in binary_metrics(y_test, decision))
        (tn, fp), (fn, tp) = np.asarray(confusion_matrix(y_test, decision, 2)).tolist()
        specificity = tn / (tn + fp)
        mcc = (tp * tn - fp * fn) / np.sqrt(float(tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        print(f"threshold {threshold}: TP {tp}  FN {fn}  FP {fp}  TN {tn}")
        print(f"  accuracy {accuracy:.3f}  precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")
        print(f"  specificity {specificity:.3f}  balanced accuracy {(recall + specificity) / 2:.3f}  MCC {mcc:.3f}")

# %% [markdown]
# At 0.5 the model is right about 95.7 % of the patients, half a point more than by predicting "benign" for everybody, and it misses 4 of 9 cancers. At
# 0.1 it misses one, raises 32 false alarms instead of 4, and its accuracy falls to 82.4 %, far below that of never looking. By accuracy the better
# screening is the worse model. Nothing about the model has changed, only the threshold.
#
# Two more numbers that interviewers ask for use all four counts:
#
# - **Balanced accuracy** is the mean of recall and specificity. Answering the same for everybody scores 0.5 at any base rate. It rises from 0.767 to 0.855 here.
# - **MCC** (Matthews' correlation, the $\phi$ coefficient) is the correlation of truth and prediction,
#   $\dfrac{TP\cdot TN-FP\cdot FN}{\sqrt{(TP+FP)(TP+FN)(TN+FP)(TN+FN)}}$: 1 is perfect, 0 is chance, and it is high only if all four rates are good. It falls
#   here, from 0.53 to 0.37, because four of five alarms are now false.
#
# The two disagree about the better threshold, because one weighs the classes alike and the other does not. Only the costs of the errors can decide.
#
# And if a number looks too good, suspect the data before you praise the model: **leakage** (a feature that was recorded after the diagnosis, a scaler fitted on all rows), the same patient in the training and the test half, or a test set
# that does not look like the people who will come.
#
# ## 3. `fbeta_score`   *(medium, 10 min, asked sometimes)*
#
# > *"Missing a cancer is worse than a false alarm. How do you put that into one number? And with ten classes?"*
#
# $$F_\beta=\frac{(1+\beta^2)\,P\,R}{\beta^2P+R}=\frac{(1+\beta^2)\,TP}{\beta^2\,(TP+FN)+(TP+FP)}$$
#
# Where the two errors cost differently, F1, which weighs precision and recall alike, is the wrong number; $\beta=2$ weighs recall as if it were twice as important. With more classes each class has its own $F_\beta$ (this class against all others), and there are
# three ways to make one number of them:
#
# - **macro** is the plain mean, so a rare class counts as much as a common one;
# - **weighted** weighs each class by how often it is true;
# - **micro** adds up TP, FP and FN over the classes first. With one label a row every error is one FP and one FN, so micro equals accuracy: a favourite
#   follow-up.


# %%
def fbeta_score(y_true, y_pred, n_classes, beta, average):
    """F-beta of several classes as one number.

    y_true, y_pred: (n,) integer labels 0..n_classes-1, n >= 1, in any integer dtype (uint8 too).
    beta: a number > 0. Not changed.
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
    true, predicted = xp.sum(table, axis=1), xp.sum(table, axis=0)
    tp = xp.linalg.diagonal(table)
    if average == "micro":
        return xp.sum(tp) / xp.sum(true)  # one label a row: every error is one FP and one FN
    below = beta**2 * true + predicted
    scores = (1 + beta**2) * tp / xp.where(below == 0, 1.0, below)
    return xp.mean(scores) if average == "macro" else xp.sum(scores * true) / xp.sum(true)
    ### END SOLUTION


# %%
check(fbeta_score)

# %% [markdown]
# **In scikit-learn.** `fbeta_score(y_true, y_pred, beta=2, average="macro", labels=range(k), zero_division=0.0)`: without `labels` the mean is over the
# classes that occur in either array, not over all k. A macro F1 of the mean precision and mean recall is another number; say which you use.
#
# **Put it to work.** Ten digits, two of which we make rare: only 12 images each of the eights and the nines are kept. Ten random choices and splits:

# %% tags=["instructor"]
fbeta_score = backend.runs(fbeta_score)


# %%
def rare_digits(seed):
    """Test labels and predicted probabilities of the ten digits, of which only 12 eights and 12 nines are kept."""
    data, rng = load_digits(), np.random.default_rng(seed)
    kept = np.concatenate([rng.permutation(np.flatnonzero(data.target == c))[: 12 if c >= 8 else None] for c in range(10)])
    x, other_x, y, other_y = train_test_split(data.data[kept], data.target[kept], test_size=0.5, random_state=seed, stratify=data.target[kept])
    return other_y, fitted(x, y).predict_proba(other_x)


digit_runs = [rare_digits(seed) for seed in range(10)]
if ready(fbeta_score, binary_metrics):
    for average in ("micro", "weighted", "macro"):
        values = [float(fbeta_score(y, prob.argmax(axis=1), 10, 1.0, average)) for y, prob in digit_runs]
        print(f"{average:8}  F1 {np.mean(values):.3f}, standard deviation {np.std(values):.3f}")
    rare = [float(binary_metrics((y == c).astype(int), (prob.argmax(axis=1) == c).astype(int))[3]) for y, prob in digit_runs for c in (8, 9)]
    print(f"F1 of the eights and the nines, {np.sum(digit_runs[0][0] >= 8)} of {len(digit_runs[0][0])} test images: mean {np.mean(rare):.2f}, from {min(rare):.2f} to {max(rare):.2f}")

# %% [markdown]
# Micro and weighted F1 are 0.98, macro is 0.91: the two rare digits, 12 of 734 test images, have a mean F1 of 0.63, and only macro shows it. Macro also
# varies most from run to run (0.022 against 0.005), since six images carry a tenth of it. None of the three is wrong. Say which one you report, and why.

# %% [markdown] question="screening" points=4
# ### Q. "97 % accuracy on cancer screening. Your reaction?"   *(easy, 3 min, asked often)*
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
# **A strong answer, said aloud**: My first question is how many of the patients are ill. If it is three per cent, then a model that calls everybody healthy also has
# 97 per cent, so the number says nothing yet. I would ask for the confusion matrix on a held-out set: how many of the ill were found, that is recall, and how many of
# the alarms were real, that is precision, both at a stated threshold. Then I would ask what the errors cost. In screening a miss is usually far worse than a false alarm that
# a second test clears up, so I would move the threshold until recall is acceptable and report the precision that is left, with the precision-recall curve. I would also say
# how many positives the test set holds, because with nine of them a recall of 0.6 has an interval from about 0.3 to 0.8. And if the number looks too good, I would suspect
# leakage: the same patient in both halves, or a feature that was recorded after the diagnosis.
#
# **A weak candidate says**: "97 % is very good, I would deploy it." Or: "Accuracy is bad for imbalanced data, so use AUC", and stops there.
#
# **Follow-ups**:
# - *Which curve would you plot, and why?* Precision-recall: both of its axes are about the few positives. A false positive rate of 3 % looks small on a ROC curve and can mean more false alarms than patients.
# - *How many positives does the test set need for recall ± 5 points?* About $1.96^2\,r(1-r)/0.05^2$: 246 at a recall of 0.8, 385 at 0.5.
# - *You have no more positives. What now?* Report the interval, use cross-validation so that every positive is tested once, compare models pairwise on the same rows.
# === END MARK SCHEME ===

# %% [markdown] question="harmonic" points=3
# ### Q. "Why the harmonic mean in F1? When would you not use F1?"   *(easy, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - both are fractions with different denominators; the harmonic mean is pulled to the smaller, so neither can be bought cheaply
# - F1 ignores true negatives and depends on which class is called positive, and on the base rate
# - not when the costs of the two errors differ: F-beta, or expected cost at a threshold
#
# **Red flags** (-1): swaps precision and recall; F1 as a mean of accuracy and recall.
#
# **A strong answer, said aloud**: Precision and recall share their numerator, the true positives, but divide by different things: precision by what I predicted positive, recall by what is
# positive. The harmonic mean of the two is two TP over two TP plus FP plus FN, so it counts errors of both kinds against the true positives. It stays near the smaller value: if I predict
# everything positive, recall is one, precision is the base rate, say one per cent, and F1 is two per cent, where the arithmetic mean would give me fifty. I would not use F1 when the two errors
# have different costs; then I take F-beta, or better the expected cost at a threshold. I would not use it when true negatives matter, because they do not appear in it, or when nobody can say
# which class is the positive one, since swapping the classes changes it. And I never compare F1 across data sets with different base rates, because precision moves with the base
# rate. If I need a ranking without a threshold, I use average precision.
#
# **A weak candidate says**: "F1 balances precision and recall, so it is the best metric for imbalanced data."
#
# **Follow-ups**:
# - *F1 of guessing "positive" at random with probability q, at prevalence π?* Precision is π, recall is q, so F1 = 2πq/(π+q); at 5 % positives it is 0.09 for q = ½ and at most 0.095, for q = 1. That is the number to beat.
# - *Macro, micro or weighted for a rare class that matters?* Macro, or that class's own F1. Micro and weighted are carried by the common classes.
# - *Why can micro-F1 not be better than accuracy?* With one label a row it is accuracy: each error is one FP and one FN.
# === END MARK SCHEME ===

# %% [markdown]
# ## 4. `roc_curve`   *(medium, 12 min, asked often)*
#
# > *"Draw the ROC curve of these five points."* There will be a tie among them.
#
# Each threshold $t$ predicts positive where score $\ge t$, and has two rates, one for each class:
#
# $$\mathrm{TPR}=\frac{TP}{TP+FN}\ \ (\text{recall, sensitivity})\qquad\qquad\mathrm{FPR}=\frac{FP}{FP+TN}\ \ (1-\text{specificity})$$
#
# Each divides by the size of its *own* class. The curve plots TPR (up) against FPR (right) for all thresholds. Let the threshold fall from $+\infty$,
# where nothing is predicted positive. Each time it passes a score, **all rows with that score** become positive at once: the curve goes up by their
# positives, divided by all positives, and right by their negatives, divided by all negatives. A tie of both classes is one slanted step. If you let tied rows
# enter one by one, the picture depends on the order of your file.


# %%
def roc_curve(y_true, scores):
    """The ROC curve: false and true positive rates at every distinct score.

    y_true: (n,) labels 0 and 1, of any integer dtype or bool. scores: (n,) finite real numbers
    of any dtype (uint8 too), logits too; higher means more positive. Not changed.
    Returns three float arrays (fpr, tpr, thresholds) of m + 1 values for m distinct scores, the
    highest threshold first; at threshold t a row is predicted positive when score >= t, fpr is
    FP/(FP+TN) and tpr TP/(TP+FN). The first point is (0, 0) with threshold +inf. Floats may be
    of either width. No warning.
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
    tp, fp = (xp.cumulative_sum(xp.astype(rows, xp.float64)) for rows in (positive, ~positive))
    last = xp.concat([scores[1:] != scores[:-1], xp.ones(1, dtype=xp.bool, device=device(scores))])  # of each run of equal scores
    tpr, fpr = tp / tp[-1], fp / fp[-1]
    zero = xp.zeros(1, dtype=tpr.dtype, device=device(scores))
    infinity = xp.full(1, float("inf"), dtype=scores.dtype, device=device(scores))
    return xp.concat([zero, fpr[last]]), xp.concat([zero, tpr[last]]), xp.concat([infinity, scores[last]])
    ### END SOLUTION


# %%
check(roc_curve)

# %% [markdown]
# **In scikit-learn.** `roc_curve(y, scores, drop_intermediate=False)` is ours. By default it leaves out points on straight pieces, and before version 1.3 its
# first threshold was the highest score plus 1.
#
# ## 5. `roc_auc`   *(medium, 12 min, asked often)*
#
# > *"What does an AUC of 0.8 mean? Compute it in O(n log n)."*
#
# $$\mathrm{AUC}=P(s^+>s^-)+\tfrac12P(s^+=s^-)$$
#
# It is the probability that a random positive scores above a random negative, ties counting one half. In the picture each cell is a pair; the fraction of
# filled cells (half-filled for a tie) **is** the AUC, and also the area
# under the curve. Counting all $P\cdot N$ pairs takes $O(n^2)$; sorting turns "how many negatives are below this positive" into a binary search.

# %% tags=["folded"]
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

# %% [markdown]
# Eight and a half of twelve pairs are in the right order, and the area under the curve is the same 0.708. The slanted piece is the tie at 0.6: the triangle under it is the ½.


# %%
def roc_auc(y_true, scores):
    """Area under the ROC curve: the fraction of (positive, negative) pairs in which the positive scores higher, ties one half.

    y_true: (n,) labels 0 and 1, of any integer dtype or bool, n >= 1. scores: (n,) finite real
    numbers of any dtype (uint8 too), logits too. Not changed.
    Returns a number; nan when there is one class only. No warning. Any right way passes; aim at
    O(n log n).
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
# **Where AUC misleads.** It weighs all thresholds, and often only the left end of the curve can be used, because nobody can follow up more false alarms: report the recall at a fixed FPR, or a *partial AUC*
# (`max_fpr` in scikit-learn). It sees only the order of the scores: any increasing map of them leaves it as it is. So it is blind to calibration (section 7), and to the base rate as well (section 6).
#
# **In scikit-learn.** `roc_auc_score(y, scores)`: the scores are `model.predict_proba(x)[:, 1]` or `model.decision_function(x)`, never `model.predict(x)`. One class only
# gives nan with a warning (an error before version 1.6).
#
# <details><summary>How to make it fast</summary>
#
# A million scores take scikit-learn's `roc_auc_score` several times as long as this. The difference: two sorts of plain floats instead of one argsort that must
# carry the labels along (moving indices around is slow), no stable sort, and *sorted* queries, so that the binary search walks through memory in order.
# `prep bench solutions metrics` measures it on your machine.
#
# </details>
#
# **More than two classes.** *One-vs-rest* (`multi_class="ovr"`) computes one AUC for each class against all others and averages them; *one-vs-one* (`"ovo"`) computes one for each pair of
# classes, on the rows of that pair only, in both directions. Both are macro means here; one-vs-one does not depend on how frequent the classes are.

# %%
if ready(roc_auc):
    ovr, ovo = [], []
    for y, prob in digit_runs:
        ovr.append(np.mean([float(roc_auc((y == c).astype(int), prob[:, c])) for c in range(10)]))
        both = [np.isin(y, (c, d)) for c in range(10) for d in range(10) if c != d]
        order = [c for c in range(10) for d in range(10) if c != d]
        ovo.append(np.mean([float(roc_auc((y[rows] == c).astype(int), prob[rows, c])) for rows, c in zip(both, order, strict=True)]))
    print(f"digits, two of them rare: one-vs-rest {np.mean(ovr):.4f}, one-vs-one {np.mean(ovo):.4f}")

# %% [markdown]
# Both are above 0.99 on runs whose macro F1 is 0.91: in most pairs the order is right even where the largest probability is not. AUC hides what the rare classes cost.
#
# ## 6. `average_precision`   *(medium, 10 min, asked often)*
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

    y_true: (n,) labels 0 and 1, of any integer dtype or bool, n >= 1. scores: (n,) finite real
    numbers of any dtype (uint8 too), logits too. Not changed.
    R_i and P_i are recall and precision when rows with score >= the i-th distinct score are
    predicted positive; R_0 = 0.
    Returns a number; 0.0 when there is no positive (and so 1.0 when there is no negative). No
    warning.
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
    tp = xp.astype(positive.shape[0] - xp.searchsorted(positive, positive), xp.float64)
    fp = xp.astype(negative.shape[0] - xp.searchsorted(negative, positive), xp.float64)
    return xp.mean(tp / (tp + fp))
    ### END SOLUTION


# %%
check(average_precision)

# %% [markdown]
# **In scikit-learn.** `average_precision_score(y, scores)` is the same sum. `auc(recall, precision)` of `precision_recall_curve` is *not*: it draws straight lines. Object
# detection has its own forms, with 11 points or with the precision raised to the best at any higher recall.
#
# **Put it to work.** Both curves of the screening, and a slider for the threshold. Watch the same threshold sit in a comfortable place on the
# ROC curve and in an uncomfortable one on the other.

# %% tags=["instructor"]
roc_curve, roc_auc, average_precision = map(backend.runs, (roc_curve, roc_auc, average_precision))


# %% tags=["folded"]
def both_curves(threshold=0.1):
    """One threshold on the scores, on the ROC curve and on the precision-recall curve, and what it decides."""
    fpr, tpr, cuts = (np.asarray(part) for part in roc_curve(y_test, score))
    tp, fp = tpr * np.sum(y_test == 1), fpr * np.sum(y_test == 0)
    precision = np.divide(tp, tp + fp, out=np.ones_like(tp), where=tp + fp > 0)
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
    found, false = round(tp[here]), round(fp[here])
    counts = f"TP {found}, FN {int(y_test.sum()) - found}, FP {false}"
    figure.suptitle(f"threshold {threshold:.2f}: {counts}; recall {tpr[here]:.2f}, precision {precision[here]:.2f}", fontsize=11)
    plt.show()


# %%
if ready(roc_curve, roc_auc, average_precision):
    both_curves()

# %%
if ready(roc_curve, roc_auc, average_precision):
    interact(both_curves, threshold=FloatSlider(0.1, min=0.01, max=0.9, step=0.01, continuous_update=False))

# %% [markdown]
# The precision-recall curve is a saw. While the falling threshold meets benign patients only, recall stands still and precision drops: a vertical line down. The next malignant
# patient moves it one ninth to the right, and precision jumps up a little. With nine positives there are nine teeth. The curve starts at precision 1 by convention
# (nothing predicted, nothing wrong) and ends at the base rate, the dotted line, where everything is predicted positive.
#
# ## How sure are you?
#
# With $n$ independent rows a fraction $\hat p$ has a standard error of $\sqrt{\hat p(1-\hat p)/n}$, where $n$ counts the rows in the *denominator*: for recall the positives only.
# For small $n$, and near 0 or 1, take the **Wilson interval** instead of $\hat p\pm1.96$ standard errors, which leaves [0, 1]:
#
# $$\frac{\hat p+\frac{z^2}{2n}\ \pm\ z\sqrt{\frac{\hat p(1-\hat p)}n+\frac{z^2}{4n^2}}}{1+\frac{z^2}n},\qquad z=1.96\text{ for 95 \%}$$
#
# A number without such a formula, as AUC or AP, gets a **bootstrap** interval: draw the test rows with replacement a few hundred times, compute the number each time, take the 2.5th and 97.5th
# percentile. (DeLong's method gives AUC a variance in closed form.)


# %%
def wilson(successes, n, z=1.96):
    """The 95 % Wilson interval of a proportion."""
    p = successes / n
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


print("recall 5 of 9: {:.2f} to {:.2f}".format(*wilson(5, 9)), "  recall 90 of 162: {:.2f} to {:.2f}".format(*wilson(90, 162)))
print("no error in 100 rows, accuracy: {:.3f} to {:.3f}".format(*wilson(100, 100)))
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
# The same patients in other proportions: AUC does not move, AP climbs from 0.59 to 0.95. An AP means nothing without the fraction of positives it was
# measured at; its baseline is that fraction.
#
# The intervals are the inconvenient part: AP lies somewhere between 0.3 and 0.9, and a recall of 5 in 9 between 0.27 and 0.81. Nine positives cannot tell a poor model from a good one, and no
# choice of metric changes that. Even 100 right answers of 100 only say that accuracy is above 0.963.
#
# **Two models on the same rows: compare them in pairs.** Their errors are alike, since a hard row is hard for both, and the difference of the two numbers on *the same* bootstrap rows varies much less
# than either. (For accuracy, **McNemar's test** does this exactly: only the rows that one model gets right and the other wrong count.) Here all 212 malignant cases are used:

# %%
if ready(roc_auc):
    full_train, full_test, y_full_train, y_full = halves(*screening(212 / 569))
    models = {"texture, smoothness, symmetry": FEW, "the same and fractal dimension": [*FEW, 9]}
    chances = [fitted(full_train[:, columns], y_full_train).predict_proba(full_test[:, columns])[:, 1] for columns in models.values()]
    rows = np.random.default_rng(0).integers(0, len(y_full), (500, len(y_full)))
    one, other = (np.array([float(roc_auc(y_full[r], p[r])) for r in rows]) for p in chances)
    for name, p, values in zip(models, chances, (one, other), strict=True):
        low, high = np.percentile(values, [2.5, 97.5])
        print(f"{name:32} AUC {float(roc_auc(y_full, p)):.3f}, {low:.3f} to {high:.3f}")
    low, high = np.percentile(other - one, [2.5, 97.5])
    print(f"{'difference, in pairs':32}     {np.mean(other - one):.3f}, {low:.3f} to {high:.3f}")

# %% [markdown]
# The two intervals overlap by far, and yet the difference is above 0 in its whole interval. "The error bars overlap, so there is no difference" is a wrong conclusion for models that were tested on the same rows.

# %% [markdown] question="auc-meaning" points=4
# ### Q. "What does AUC mean, and when does it mislead?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the probability that a random positive scores above a random negative, ties one half
# - it depends on order only: unchanged by any increasing map of the scores, and by the fraction of positives
# - so it says nothing of calibration, and under heavy imbalance it looks good where precision is poor: use PR/AP
# - often only a part of the curve matters (a low false positive rate); compare two models with a paired bootstrap or DeLong
#
# **Red flags** (-1): "the accuracy over all thresholds"; computes AUC of hard labels.
#
# **A strong answer, said aloud**: AUC is the probability that a randomly chosen positive gets a higher score than a randomly chosen negative, with ties counted one half. It is also the area under the curve of true positive
# rate against false positive rate. Because it only looks at the order of the scores, it needs no threshold, it does not change under any increasing map of the scores, and it does not depend on
# the base rate. That is its strength and its weakness. It says nothing about calibration: halve all the probabilities and AUC is the same. With one positive in a thousand, a false positive rate of one per cent looks
# excellent on the curve and means ten false alarms for each positive, so there I look at precision-recall and average precision. Often only the left end of the curve matters, because nobody can act on
# more alarms; then I report recall at a fixed false positive rate, or a partial AUC. I compare two models on the same test rows, with a paired bootstrap or DeLong's test.
#
# **A weak candidate says**: "AUC is the area under the curve, the closer to 1 the better, and it is good for imbalanced data."
#
# **Follow-ups**:
# - *What is the AUC of hard labels?* One corner at (1 - specificity, recall), so the area is the mean of recall and specificity: balanced accuracy.
# - *By hand: positives score 0.9, 0.7, 0.4, negatives 0.7, 0.2.* The first positive beats both (2), the second ties one and beats one (1.5), the third beats one (1): 4.5 of 6 pairs, 0.75.
# - *In O(n log n)?* Sort; the positives' rank sum with ties averaged, less n₊(n₊+1)/2, over n₊n₋. That is the Mann-Whitney U statistic.
# - *The AUC of a model that answers 0.5 to everybody?* Every pair is a tie: 0.5.
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `expected_calibration_error`   *(medium, 10 min, asked sometimes)*
#
# > *"The model says 0.8. Can I believe it?"*
#
# Probabilities are **calibrated** when of all the cases that got 0.8, 80 % come true. Cut [0, 1] into equal bins, compare in each bin the mean
# probability with the fraction of positives, and weigh by the number of rows:
#
# $$\mathrm{ECE}=\sum_b\frac{n_b}{n}\,\bigl|\bar y_b-\bar p_b\bigr|$$
#
# AUC cannot see this: halve every probability and the order stays the same. ECE has a weakness of its own: always answering the base rate is
# perfectly calibrated, and useless.


# %%
def expected_calibration_error(y_true, prob, n_bins):
    """Expected calibration error over equal-width bins.

    y_true: (n,) labels 0 and 1, of any integer dtype, n >= 1. prob: (n,) probabilities of class
    1, in [0, 1], float32 or float64. n_bins >= 1. Not changed.
    Bin i is [i/n_bins, (i+1)/n_bins), the last one closed. Of the inner edges only binary
    fractions such as 1/4 are checked: others are subject to rounding.
    Returns the sum over bins of |mean of y - mean of prob| in the bin times the bin's fraction
    of the rows; empty bins add 0. No warning.
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

# %% [markdown]
# **In scikit-learn and PyTorch.** scikit-learn has no ECE; `calibration_curve(y, prob, n_bins=10)` gives the points of the diagram below, and `CalibratedClassifierCV` repairs a model.
# torchmetrics' `binary_calibration_error` and most papers bin the *confidence* of the predicted class, max(p, 1 - p), and compare it with accuracy: other numbers than ours, and the multi-class form.
#
# **Two scores that reward both order and honesty.** A *proper* score is best, on average, for whoever states the true probabilities:
#
# $$\text{log loss}=-\frac1n\sum_i\bigl[y_i\ln p_i+(1-y_i)\ln(1-p_i)\bigr]\qquad\qquad\text{Brier}=\frac1n\sum_i(p_i-y_i)^2$$
#
# Log loss, which is the cross-entropy that you train with, punishes certainty without bound: one positive with $p=0$ makes it infinite. Brier stays below 1.
# Always answering the base rate $\pi$ scores $\pi(1-\pi)$ there, so compare with that.
#
# **To repair** overconfidence, divide the logits by one number $T$ that makes the log loss smallest on rows that are not the test rows (**temperature scaling**). The order, and so AUC, stays.

# %% tags=["instructor"]
expected_calibration_error = backend.runs(expected_calibration_error)

# %% tags=["folded"]
full_train, full_test, y_full_train, y_full = halves(*screening(212 / 569))  # all 212 malignant cases: nine positives cannot fill eight bins
full_model = fitted(full_train[:, FEW], y_full_train)


def logistic(logits):
    """The probability that a logit stands for."""
    return 1 / (1 + np.exp(-logits))


def log_loss(y, p):
    """The mean cross-entropy."""
    return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


def reliability(predictions):
    """Fraction of positives against mean probability, in eight bins, and every model's scores."""
    figure, ax = plt.subplots(figsize=(4.6, 3.8), layout="constrained")
    for name, p in predictions.items():
        bins = np.minimum((p * 8).astype(int), 7)
        places = [(p[bins == b].mean(), y_full[bins == b].mean()) for b in range(8) if np.any(bins == b)]
        ax.plot(*zip(*places, strict=True), marker="o", label=name)
        ece, area = float(expected_calibration_error(y_full, p, 8)), float(roc_auc(y_full, p))
        print(f"{name:20} AUC {area:.3f}  ECE {ece:.3f}  log loss {log_loss(y_full, p):.3f}  Brier {np.mean((p - y_full) ** 2):.3f}")
    ax.plot([0, 1], [0, 1], color="grey", linestyle=":")
    ax.set(xlabel="mean probability in the bin", ylabel="fraction of positives")
    ax.legend(fontsize=8)
    plt.show()


# %%
if ready(expected_calibration_error, roc_auc):
    logits = full_model.decision_function(full_test[:, FEW])
    train_logits = full_model.decision_function(full_train[:, FEW])
    temperatures = np.linspace(0.5, 6, 111)
    best = temperatures[np.argmin([log_loss(y_full_train, logistic(3 * train_logits / t)) for t in temperatures])]
    print(f"temperature chosen on the training half: {best:.2f}")
    constant = np.full(len(y_full), y_full_train.mean())
    reliability(
        {
            "logistic regression": logistic(logits),
            "logits times 3": logistic(3 * logits),
            "the same, rescaled": logistic(3 * logits / best),
            "the base rate": constant,
        }
    )

# %% [markdown]
# Three of the four have the same AUC to the last digit, since their order is the same; their calibration is not. Tripled logits are overconfident: ECE, log loss and Brier rise together, and one temperature brings
# them back. The last row has the lowest ECE of all and an AUC of one half: ECE alone rewards a model that knows nothing. An interviewer who asks "would you trust the probability?" wants to hear the difference.
#
# **What calibration buys: the threshold.** Let a false alarm cost $c_{FP}$ and a miss $c_{FN}$. Predicting positive costs $(1-p)\,c_{FP}$ on average, predicting negative $p\,c_{FN}$; so predict positive
# when $p>\dfrac{c_{FP}}{c_{FP}+c_{FN}}$, which is $1/(1+m)$ when a miss costs $m$ false alarms. It needs no search, but it needs honest probabilities.


# %% tags=["folded"]
def cost_curve(miss=10):
    """What each threshold costs a patient on the test half, when a miss costs so many false alarms; the band holds 95 % of 300 bootstrap samples."""
    p = full_model.predict_proba(full_test[:, FEW])[:, 1]
    cuts = np.linspace(0.005, 0.995, 199)
    tables = [np.asarray(confusion_matrix(y_full, (p >= cut).astype(int), 2)) for cut in cuts]
    cost = np.array([table[0, 1] + miss * table[1, 0] for table in tables]) / len(p)
    each = np.where(p[None, :] >= cuts[:, None], y_full == 0, miss * (y_full == 1))  # (thresholds, patients)
    weights = np.random.default_rng(0).multinomial(len(p), np.full(len(p), 1 / len(p)), 300) / len(p)
    resampled = weights @ each.T
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    rule = 1 / (1 + miss)
    at_rule, best = np.argmin(abs(cuts - rule)), cost.argmin()
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.fill_between(cuts, low, high, step="mid", alpha=0.2)
    ax.step(cuts, cost, where="mid")
    ax.axvline(rule, color="black", linestyle="--", label=f"1 / (1 + {miss}) = {rule:.2f} costs {cost[at_rule]:.2f}")
    ax.plot(cuts[best], cost[best], "o", color="#e45756", label=f"cheapest on these rows: {cuts[best]:.2f} costs {cost[best]:.2f}")
    ax.set(xlabel="threshold", ylabel="cost a patient, in false alarms", title=f"a miss costs {miss} false alarms")
    ax.legend()
    plt.show()
    worse = np.percentile(resampled[:, at_rule] - resampled[:, best], [2.5, 97.5])
    chosen = cuts[resampled.argmin(axis=1)]
    print(f"cost of the rule minus cost of the cheapest, in pairs: {worse[0]:.2f} to {worse[1]:.2f}")
    print(f"cheapest threshold over the bootstrap samples: {np.percentile(chosen, 2.5):.2f} to {np.percentile(chosen, 97.5):.2f}")
    print(f"a threshold of 0.5 costs {cost[np.argmin(abs(cuts - 0.5))]:.2f}")


# %%
if ready(confusion_matrix):
    cost_curve()

# %%
if ready(confusion_matrix):
    interact(cost_curve, miss=IntSlider(10, min=1, max=50, continuous_update=False))

# %% [markdown]
# The curve is flat around its minimum. The rule's 0.09 costs 0.62 a patient and the best threshold of these rows, 0.04, costs 0.50, but the difference lies between -0.01 and 0.29: 285 patients do not refute
# the rule. The red point was chosen on the rows that it is judged by, so it is too good to be true, and it moves: from 0.04 to 0.14 over the bootstrap samples, and with the slider. What the
# figure does refute is 0.5, at 1.63 a patient. The rule's small loss has a reason, too: an ECE of 0.085 means that the probabilities are not quite honest.
#
# **In practice** the threshold is chosen on *validation* rows, with its uncertainty, and the test rows judge it once. Where capacity decides, say 200 cases a day, the threshold is the score of the 200th case. And the world drifts: watch the
# fraction of predicted positives and the calibration. When only the base rate moves, from $\pi$ to $\pi'$, multiply the odds $p/(1-p)$ by $\frac{\pi'/(1-\pi')}{\pi/(1-\pi)}$ (by Bayes they are the prior odds times a likelihood ratio, which stays) and keep the rule.
#
# ## 8. `perplexity`   *(easy, 6 min, asked often)*
#
# > *"How do you evaluate a language model before anybody has asked it anything?"*
#
# $$\mathrm{PPL}=\exp\Bigl(-\frac1{N}\sum_{\text{real tokens}}\ln p\Bigr)$$
#
# It is one over the geometric mean of the probabilities of the true tokens: the number of equally likely tokens the model hesitates between. The classic
# errors are all about the mean: padding counted in, rows averaged before
# tokens, batches averaged before rows. Perplexities compare only between models with the same tokeniser.


# %%
def perplexity(log_probs, mask):
    """Perplexity of the real tokens of a padded batch.

    log_probs: (B, T) natural logarithms of the probabilities of the true tokens, float32 or
    float64. mask: (B, T) integers or bool, 1 (or True) for real tokens, 0 for padding, which may
    stand anywhere and where log_probs may hold anything, -inf and nan too. Not changed.
    Returns exp of minus the mean over all real tokens together, a number, however many tokens
    there are and however large it is (up to 1e300, for float32 log_probs too). No warning.
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
# **In PyTorch.** `torch.exp(F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100))`: it averages over the tokens that are not ignored, *of that batch*. The mean of several batches'
# losses is right only if all have equally many real tokens; add up losses (`reduction="sum"`) and tokens instead.
#
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
#
# ## 9. `pass_at_k`   *(medium, 8 min, asked sometimes)*
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
    a number, to 9 digits and without overflow; 1 where n - c < k.
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

# %% [markdown]
# **In HumanEval's code** the same product is `1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))`, with 1.0 where `n - c < k`, and no look at counts that cannot be. The figure of a benchmark is its mean over the tasks.

# %%
if ready(pass_at_k):
    k = np.arange(1, 51)
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    ax.plot(k, [pass_at_k(50, 3, int(one)) for one in k], label="unbiased, n = 50, c = 3")
    ax.plot(k, 1 - (1 - 3 / 50) ** k, linestyle="--", label="with replacement: 1 - (1 - c/n)^k")
    ax.set(xlabel="k", ylabel="pass@k")
    ax.legend()
    plt.show()
    rng, runs = np.random.default_rng(0), 4000
    passed = rng.binomial(20, 0.1, runs)  # twenty attempts at a task that one attempt in ten solves; the true pass@10 is 1 - 0.9^10
    estimates = np.array([pass_at_k(20, int(c), 10) for c in passed]), 1 - (1 - passed / 20) ** 10
    print(f"true pass@10 {1 - 0.9**10:.3f}; mean of {runs} estimates from n = 20: " + ", ".join(f"{e.mean():.3f}" for e in estimates))

# %% [markdown]
# The two agree at k = 1; from there on the dashed line is too low. Over 4000 repetitions the unbiased estimate is right on average, 0.649 for 0.651, and the one with replacement is low, 0.566.
#
# ## Beyond one number: products and language models
#
# **Offline up, online flat.** An offline metric is a *proxy*: clicks in a log are not what users want, and the gain may sit in a segment that hardly occurs. The log was written under the old model,
# which decided what people could click at all (*position bias*, *feedback*); it may be older than today's users (*drift*), or have *leaked* into training. The experiment may be too small: with $n$ users in each
# arm and a conversion rate $p$ it sees, with 80 % power, differences above about $2.8\sqrt{2p(1-p)/n}$ (2.8 is 1.96 for the 95 % and 0.84 for the power). And a slower page can eat what better results gained.
#
# **Evaluating a large language model.** Start from the product's own tasks, and prefer outcomes that a program can check: exact match, unit tests (pass@k), valid JSON. For open answers let people compare two answers
# *side by side*, measure their agreement with Cohen's $\kappa=(p_o-p_e)/(1-p_e)$, which takes off the agreement by chance, and give the win rate its interval. A **model as judge** is cheap, but prefers the first answer
# (*position*), the longer one (*length*), and its own style (*self-preference*): swap the order, control the length, and calibrate it against people before you believe it. Look for
# **contamination**: benchmark items in the training data show as long verbatim overlaps, or as a drop on rewritten or newer items. Keep private items. Perplexity says how well text is predicted, not whether an answer is helpful or
# true. Safety, latency and cost are constraints, and a fixed *regression suite* runs before each release.

# %% [markdown] question="offline-online" points=3
# ### Q. "Offline metrics rose, the online test is flat. Why?"   *(medium, 4 min, asked often)*
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
# **A strong answer, said aloud**: I would first ask whether the test could have seen the effect: from the number of users and the base rate I compute the smallest detectable difference, and often flat just means too small
# to see. Then I check that the model that runs online is the one we evaluated: same features, same version, and no extra latency, because a slower page alone can cancel a gain. Next I look at the metric. Offline we
# measure clicks or labels, a proxy; online we measure what people do. I compare the two by segment, since an improvement on rare queries will not move the average. Then I look at the log: it was
# collected under the old model, with position bias, so a new model that ranks other items gets no credit for them, and it may contain leakage or simply be older than today's traffic. To tell these apart I would
# go from cheap to expensive: sanity checks and latency first, then power, then slices, then a small interleaving experiment or a fresh set of labels.
#
# **A weak candidate says**: "The online test was probably noisy, I would run it again."
#
# **Follow-ups**:
# - *In which order would you tell these apart?* Is it the same model with the same features and latency (hours), was there enough power (a formula), slices (a query), then fresh labels or interleaving (weeks).
# - *How do you find leakage here?* A score that is too good, one feature that carries nearly all of it, a drop when you split by time or by user.
# - *How large a sample for a lift from 10 % to 10.5 %?* $n\approx 2\cdot2.8^2\cdot0.1\cdot0.9/0.005^2$, about 56 000 in each arm for 80 % power.
# === END MARK SCHEME ===

# %% [markdown] question="evaluate-llm" points=4
# ### Q. "How do you evaluate a large language model for our product?"   *(medium, 6 min, asked often)*
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
# **A strong answer, said aloud**: I start with what the product must do, and collect a few hundred real tasks for it, kept private so that they cannot be in anybody's training data. Where a program can decide, I let it: exact match, unit tests with
# pass at k, valid JSON. For open answers I use pairwise comparison by people with a written guideline, measure their agreement with kappa, and report the win rate with its confidence interval. To go faster I add a model
# as judge, but only after I have compared it with the people on the same items, with the order of the answers swapped and the length controlled, because judges prefer the first, the longer and their own kind of answer. Public benchmarks
# I read with suspicion, since their items may have leaked into training. Perplexity helps to compare checkpoints of one model; it does not tell me whether an answer is helpful or true. Then come the constraints, safety, latency
# and cost, a regression suite that runs on every release, and in the end an online test.
#
# **A weak candidate says**: "I would look at the leaderboard and pick the best model", or "I would compute BLEU."
#
# **Follow-ups**:
# - *How many comparisons to see a 52 % win rate?* For a 95 % interval that excludes 50 %: $(1.96\cdot0.5/0.02)^2$, about 2400; for 80 % power about 4900.
# - *What would make you distrust the judge?* It changes its mind when the order is swapped, agrees with people hardly more than by chance (kappa near 0), prefers longer answers at equal quality, or comes from the family that it judges.
# - *How do you look for contamination?* Search for long n-gram overlaps with the training data, compare old items with new or rewritten ones, ask for the continuation of an item.
# === END MARK SCHEME ===

# %% [markdown] question="threshold" points=3
# ### Q. "How do you choose the threshold?"   *(hard, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - from costs: with calibrated probabilities, positive when p > c_FP / (c_FP + c_FN)
# - on validation data, never on the test set; with its uncertainty
# - constraints (how many cases can be looked at a day) and a plan for drift: watch the rate of positives and recalibrate
#
# **Red flags** (-1): "0.5"; "where F1 is largest on the test set".
#
# **A strong answer, said aloud**: From the costs. If the probabilities are calibrated, predicting positive costs one minus p times the price of a false alarm, predicting negative costs p times the price of a miss, so I predict positive when p is above c FP over
# c FP plus c FN. If a miss is ten times worse, that is one eleventh, far from 0.5. If the probabilities are not calibrated, I calibrate them first, or I search the threshold with the lowest cost on validation data, with
# cross-validation or a bootstrap to see how uncertain it is; with few positives it jumps around. Never on the test set, or the test result is too good. Often the constraint decides instead: if the team can look at two hundred
# cases a day, the threshold is the score of the two-hundredth case, or I fix the recall that is required by law. And I plan for drift: I watch the fraction of predicted positives and the calibration over time,
# and when the base rate moves, I recalibrate the probabilities and keep the rule.
#
# **A weak candidate says**: "I take 0.5", or "I take the threshold with the best F1 on the test set."
#
# **Follow-ups**:
# - *The cost of a miss doubles: where does the threshold go?* From 1/(1+m) to 1/(1+2m): for m = 10 from 0.091 to 0.048, nearly half.
# - *The prevalence halves: and now?* The rule stays; the probabilities must be corrected: multiply the odds by the ratio of the new prior odds to the old ones. Without that correction the old scores are too high.
# - *Nobody can name the costs.* Show two or three thresholds with what each means: so many found, so many missed, so many false alarms a day. People can choose between these.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 1: F1 of two words   *(medium, 10 min, asked often)*
#
# 准确率 (accuracy) and 精确率 (precision) differ in one character, and the guide's sentence on F1, 综合考虑准确率和召回率，用于平衡两者, takes the wrong one. Here is that sentence as code, as somebody who trusts it would write it.
# It runs, it is between 0 and 1, it is 1 for a perfect model, and on balanced data it is close to the truth: that is how such an error survives.


# %%
def guide_f1(y_true, y_pred):
    """F1 of 准确率 and 召回率. Wrong."""
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
    at most one row in ten is positive, there is a true positive, and guide_f1 differs from F1
    by at least 0.2.
    """
    ### BEGIN SOLUTION
    y_true = np.array([1] + 19 * [0])
    y_pred = np.array(5 * [1] + 15 * [0])  # the one ill person is found, and there are four false alarms
    return y_true, y_pred
    ### END SOLUTION


# %%
check(f1_counterexample)

# %% [markdown]
# **Then, fixed.**


# %%
def f1_mended(y_true, y_pred):
    """F1 of the positive class 1: the harmonic mean of precision and recall.

    y_true, y_pred: (n,) labels 0 and 1, n >= 1, in any dtype (uint8 and bool too). Not changed.
    Returns a number; 0/0 counts as 0.0, without a warning.
    ValueError: no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    return binary_metrics(y_true, y_pred)[3]
    ### END SOLUTION


# %%
check(f1_mended)

# %% [markdown]
# **In scikit-learn.** `f1_score(y_true, y_pred)`: of labels only, it refuses probabilities; 0/0 is 0.0 with a warning, unless you pass `zero_division=0.0`.
#
# ## Hunt 2: one `y_pred` for everything   *(medium, 10 min, asked sometimes)*
#
# The same guide evaluates its model by handing one and the same `y_pred` to accuracy, recall, F1 *and* AUC. There is no `y_pred` for which that is right. Labels and scores are two things:


# %%
def guide_evaluate(y_true, y_pred):
    """Accuracy, recall, F1 and AUC from one y_pred. Wrong, whichever it gets."""
    from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score

    return accuracy_score(y_true, y_pred), recall_score(y_true, y_pred), f1_score(y_true, y_pred), roc_auc_score(y_true, y_pred)


for name, y_pred in (("probabilities", score), ("labels at 0.1", (score >= 0.1).astype(int))):
    try:
        print(f"{name}: " + "  ".join(f"{value:.3f}" for value in guide_evaluate(y_test, y_pred)))
    except ValueError as error:
        print(f"{name}: ValueError: {error}")

# %% [markdown]
# Probabilities do not pass accuracy. Labels pass everything, and their AUC is another number than that of the scores: 0.855, where `roc_auc` gives 0.952, without any warning. **Fix it**: labels at a stated threshold for the first three, the probabilities for the last.


# %%
def evaluate_mended(y_true, prob, threshold):
    """Accuracy, recall and F1 at a threshold, and AUC.

    y_true: (n,) labels 0 and 1, of any integer dtype, n >= 1. prob: (n,) probabilities of class
    1, float32 or float64. threshold: a number that none of prob differs from by rounding alone;
    a row is predicted positive when prob >= threshold. Not changed.
    Returns four numbers in this order. 0/0 counts as 0.0; AUC of one class only is nan. No
    warning.
    ValueError: no rows, or shapes that are not the same (n,).
    """
    ### BEGIN SOLUTION
    accuracy, _, recall, f1 = binary_metrics(y_true, prob >= threshold)
    return accuracy, recall, f1, roc_auc(y_true, prob)
    ### END SOLUTION


# %%
check(evaluate_mended)

# %% [markdown]
# **In scikit-learn.** `classification_report(y_true, prob >= threshold)` prints the first three, `roc_auc_score(y_true, prob)` is the last; of one class only it is nan, with a warning.
#
# (The guide's training code has one more fault of evaluation: `validation_data=(x_test, y_test)` chooses by the test set and then reports it. The lesson on overfitting takes that up.)
#
# ## Hunt 3: what does it print?   *(medium, 6 min, asked sometimes)*
#
# Somebody calls `roc_auc_score(y_true, model.predict(x))`, with hard labels for scores. You are shown the confusion matrix only. **Predict the output**, before you run anything: draw the curve of a score that takes two values.


# %%
def label_auc_predicted(tn, fp, fn, tp):
    """The AUC of predicted labels 0 and 1 used as scores, from the four counts.

    tn, fp, fn, tp: whole numbers >= 0, Python ints.
    Returns a number; nan where there is no positive or no negative.
    """
    ### BEGIN SOLUTION
    positives, negatives = tp + fn, tn + fp
    if positives == 0 or negatives == 0:
        return float("nan")
    return (tp / positives + tn / negatives) / 2
    ### END SOLUTION


# %%
check(label_auc_predicted)

# %% [markdown]
# The curve has one corner, at (FPR, TPR), and the area under it is $\frac12(\mathrm{TPR}+1-\mathrm{FPR})$: **balanced accuracy**. So an AUC of labels is no ranking metric at all, and it depends on the threshold. **In scikit-learn** it is `balanced_accuracy_score`, which of one class only gives that class's recall.

# %% [markdown] tags=["sheet"]
# ## One page: metrics
#
# | | formula | traps |
# |---|---|---|
# | accuracy 准确率 | $(TP+TN)/n$ | the base rate is its baseline |
# | precision 精确率 | $TP/(TP+FP)$ | moves with the base rate; 0/0 when nothing is predicted |
# | recall 召回率 = sensitivity = TPR | $TP/(TP+FN)$ | 1 for "everything positive" |
# | specificity 特异度 = 1 − FPR | $TN/(TN+FP)$ | FPR divides by the negatives, not by the alarms |
# | F1; $F_\beta$ | $\frac{2TP}{2TP+FP+FN}$; $\frac{(1+\beta^2)PR}{\beta^2P+R}$ | β squared, beside precision; ignores TN |
# | macro, weighted, micro | mean; by true counts; counts added up | micro = accuracy with one label a row |
# | balanced accuracy; MCC | $\frac12(\mathrm{TPR}+\mathrm{TNR})$; correlation | the AUC of labels is the first |
# | ROC, AUC | $P(s^+>s^-)+\frac12P(s^+=s^-)$ | ties one half; blind to base rate and calibration |
# | AP | $\sum(R_i-R_{i-1})P_i$ | steps, no trapezoids; baseline = base rate |
# | ECE; log loss; Brier | $\sum\frac{n_b}n\lvert\bar y_b-\bar p_b\rvert$; $-\overline{\ln p_{\text{true}}}$; $\overline{(p-y)^2}$ | constant base rate has ECE 0 |
# | threshold | $p>c_{FP}/(c_{FP}+c_{FN})$ | calibrated; chosen on validation data |
# | perplexity | $\exp(-\text{mean}\ln p)$ over real tokens | padding; mean of means; tokenisers |
# | pass@k | $1-\binom{n-c}k/\binom nk$ | not $1-(1-c/n)^k$ |
# | 95 % interval | $\pm1.96\sqrt{p(1-p)/n}$, Wilson when small | recall's $n$ is the positives; two models: in pairs |
#
# **Sixty seconds to say.** "I ask for the base rate first, because always answering the larger class sets the accuracy to beat. Then I look at the confusion matrix at a stated threshold: precision divides by what I predicted
# positive, recall by what is positive, and F1 is their harmonic mean. Without a threshold I use AUC, the probability that a positive scores above a negative, or average precision when positives are rare. If the probabilities themselves are used, I check
# calibration, and set the threshold from the costs on validation data. Every number gets an interval, and two models are compared on the same rows. For a language model I add perplexity over real tokens, pass@k without replacement,
# and people who compare answers side by side."

# %%
status()
