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
#     title: "Too little data (数据量不足)"
#     order: 1
#     minutes: 150
#     out_of_scope: "generative augmentation, active learning, federated learning"
# ---

# %% [markdown]
# # Too little data (数据量不足)
#
# > *"You have 500 labelled examples, and the deadline is Friday. What do you do first?"*
#
# "Collect more" is the answer that ends the conversation. What the interviewer listens for:
#
# 1. You find out **whether data is what is missing**: a learning curve, a simple baseline, a look at the labels.
# 2. You know what **augmentation** promises the model, and when that promise is a lie: a mirrored 2 is no 2.
# 3. You can **borrow**: from other sources, from a network trained on something else, from your own model's confident guesses; and you measure whether it helped.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# Is data what is missing? Train on more and more of what you have, and look at data you hold back. A curve that still climbs at its right end says yes; a flat one says: not more of the same. The band is the spread over five draws.

# %%
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
pool, held = order[:900], order[900:]
sizes = (25, 50, 100, 200, 400, 800)


def accuracy(train_x, train_y, test_x, test_y):
    """Accuracy of a plain logistic regression."""
    return LogisticRegression(C=0.3, max_iter=400).fit(train_x, train_y).score(test_x, test_y)


curve = np.array([
    [accuracy(digits.data[rows] / 16, digits.target[rows], digits.data[held] / 16, digits.target[held]) for rows in (np.random.default_rng(seed).choice(pool, size, replace=False) for seed in range(5))]
    for size in sizes
])
figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.semilogx(sizes, curve.mean(axis=1), marker="o")
ax.fill_between(sizes, curve.min(axis=1), curve.max(axis=1), alpha=0.2)
ax.set(xlabel="labelled digits", ylabel="accuracy on 897 others", xticks=sizes, xticklabels=sizes)
plt.show()
print("  ".join(f"{size}: {value:.3f}" for size, value in zip(sizes, curve.mean(axis=1), strict=True)))

# %% [markdown] question="first-things" points=4
# ### Q. "500 labelled examples. What do you do first?"   *(easy, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - is data the bottleneck: a learning curve, against a strong simple baseline, with honest cross-validation
# - label quality before label quantity: look at the errors
# - transfer from a pretrained model; augmentation that keeps the label
# - if labels are to be bought: which ones (active learning), at what cost for which gain
#
# **Red flags** (-1): "collect more" and nothing else.
#
# **Follow-ups**: how do you show that augmentation helped (paired comparison, intervals)? what does a label cost?
# === END MARK SCHEME ===

# %% [markdown]
# ## 1. `flip_horizontal`   *(easy, 3 min)*
#
# > *"Name augmentations for images. Which would you use on digits?"*
#
# Rotation, shift, shear, zoom, crop, flip: every one says "this change does not change the label". A flipped cat is a cat. A flipped 2 is nothing, and a rotated 6 is a 9. The axis is part of the question: a batch is (B, H, W), and axis 0 is the batch.


# %%
def flip_horizontal(images):
    """Mirror images left to right.

    images: (B, H, W), of any dtype, B, H, W >= 1. Not changed. Returns (B, H, W) of the same
    dtype: column j of a result is column W-1-j of its image. A new array, no view of the input.
    ValueError: images that are not (B, H, W) with at least one entry.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(images)
    if images.ndim != 3 or 0 in images.shape:
        raise ValueError(f"images must be (B, H, W), not {images.shape}")
    return xp.asarray(xp.flip(images, axis=2), copy=True)  # flip alone may be a view
    ### END SOLUTION


# %%
check(flip_horizontal)

# %% [markdown]
# ## 2. `pad_crop`   *(medium, 8 min)*
#
# > *"Shift each image by a few pixels. Without a loop."*
#
# Pad with zeros, crop at a place of the image's **own**: one offset for the whole batch would move all of them together, and teach nothing about differences.


# %%
def pad_crop(images, pad, offsets):
    """Zero-pad images, then crop each at its own place: a random shift, once the offsets are
    random.

    images: (B, H, W), of any dtype, B, H, W >= 1. pad: int >= 0, the zeros added on each of the
    four sides. offsets: (B, 2) integers of any integer dtype, also unsigned: (row, column) of
    image b's crop in its padded image, each 0..2*pad; (pad, pad) gives back the image. Not
    changed. Returns (B, H, W) of the images' dtype, a new array. ValueError: images that are not
    (B, H, W) with at least one entry, offsets that are not (B, 2), an offset outside 0..2*pad.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp, on = array_namespace(images, offsets), device(images)
    if images.ndim != 3 or 0 in images.shape or offsets.shape != (images.shape[0], 2):
        raise ValueError(f"need images (B, H, W) and offsets (B, 2), not {images.shape} and {offsets.shape}")
    offsets = xp.astype(offsets, xp.int64)
    if xp.any((offsets < 0) | (offsets > 2 * pad)):
        raise ValueError(f"offsets must be in 0..{2 * pad}")
    batch, height, width = images.shape
    tall, wide = height + 2 * pad, width + 2 * pad
    padded = xp.zeros((batch, tall, wide), dtype=images.dtype, device=on)
    padded[:, pad : pad + height, pad : pad + width] = images
    image = xp.reshape(xp.arange(batch, device=on), (-1, 1, 1))
    row = offsets[:, 0][:, None, None] + xp.reshape(xp.arange(height, device=on), (-1, 1))
    column = offsets[:, 1][:, None, None] + xp.arange(width, device=on)
    places = (image * tall + row) * wide + column  # (B, H, W), in the flattened padded images
    return xp.reshape(xp.take(xp.reshape(padded, (-1,)), xp.reshape(places, (-1,))), images.shape)
    ### END SOLUTION


# %%
check(pad_crop)

# %% [markdown]
# ## 3. `affine_warp`   *(hard, 20 min)*
#
# > *"Rotation, shift, shear and zoom in one function. Which way does the matrix go?"*
#
# The other way round: for each **output** pixel you ask where in the input its value is. Going forward leaves holes. A place between four pixels takes their bilinear mixture,
#
# $$v=(1-a)(1-b)\,v_{00}+(1-a)\,b\,v_{01}+a\,(1-b)\,v_{10}+ab\,v_{11},$$
#
# and what lies outside counts as zero. Angles are radians, whatever a guide says about its shear.
#
# **And how to make it fast.** The reference pads once instead of testing four borders, takes the four neighbours from one flat array, and works on as many images at a time as stay in the processor's cache. `prep bench solutions data_scarcity` shows what that is worth.


# %%
def affine_warp(images, matrices):
    """Rotate, shift, shear and zoom images: bilinear sampling along an affine map of each
    image's own.

    images: (B, H, W) real numbers of any dtype, B, H, W >= 1. matrices: (B, 2, 3), finite. Not
    changed. Coordinates are pixels from the centre ((H-1)/2, (W-1)/2). Matrix b maps the place
    (row, column, 1) of an output pixel to the place (row, column) in image b where its value is
    found, by bilinear interpolation between the four pixels around it. The image lies in a field
    of zeros: those of the four that are outside the image count as 0, so a place less than a
    pixel outside still gets a share of the edge. Returns (B, H, W): float32 if both arguments
    are float32, else float64. ValueError: images that are not (B, H, W) with at least one entry,
    matrices that are not (B, 2, 3).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp, on = array_namespace(images, matrices), device(images)
    if images.ndim != 3 or 0 in images.shape or matrices.shape != (images.shape[0], 2, 3):
        raise ValueError(f"need images (B, H, W) and matrices (B, 2, 3), not {images.shape} and {matrices.shape}")
    real = xp.float32 if images.dtype == matrices.dtype == xp.float32 else xp.float64
    images, matrices = xp.astype(images, real, copy=False), xp.astype(matrices, real, copy=False)
    batch, height, width = images.shape
    tall, wide = height + 3, width + 3  # one row and column of zeros before the image, two after it
    rows = xp.reshape(xp.arange(height, dtype=real, device=on) - (height - 1) / 2, (-1, 1))
    columns = xp.arange(width, dtype=real, device=on) - (width - 1) / 2

    def place(matrix, axis, size):  # (b, H, W): where to look, in the padded image; whatever is far outside looks at the zeros
        a, b, c = (xp.reshape(matrix[:, axis, j], (-1, 1, 1)) for j in range(3))
        return xp.clip(a * rows + (c + (size + 1) / 2) + b * columns, 0.0, size + 1.0)

    def between(one, other, share):
        return one + share * (other - one)

    def warp(some, matrix):
        padded = xp.zeros((some.shape[0], tall, wide), dtype=real, device=on)
        padded[:, 1:-2, 1:-2] = some
        flat = xp.reshape(padded, (-1,))
        row, column = place(matrix, 0, height), place(matrix, 1, width)
        top, left = xp.floor(row), xp.floor(column)
        down, right = row - top, column - left
        first = xp.reshape(xp.arange(some.shape[0], device=on) * tall, (-1, 1, 1))
        corner = xp.reshape((first + xp.astype(top, xp.int64)) * wide + xp.astype(left, xp.int64), (-1,))

        def pixel(below, beside):
            return xp.reshape(xp.take(flat[below * wide + beside :], corner), row.shape)

        return between(between(pixel(0, 0), pixel(0, 1), right), between(pixel(1, 0), pixel(1, 1), right), down)

    step = max(1, 2**16 // (height * width))  # so many images at a time stay in the cache
    ends = [(start, min(start + step, batch)) for start in range(0, batch, step)]
    return xp.concat([warp(images[i:j, ...], matrices[i:j, ...]) for i, j in ends])
    ### END SOLUTION


# %%
check(affine_warp)

# %%
def turned(angle, shift=(0.0, 0.0), zoom=1.0, shear=0.0):
    """The matrix that looks up a picture turned by an angle (radians), moved, zoomed and sheared."""
    c, s = np.cos(angle) / zoom, np.sin(angle) / zoom
    return np.array([[c, -s + shear, shift[0]], [s, c, shift[1]]])


if ready(flip_horizontal, pad_crop, affine_warp):
    one = digits.images[3:4]
    views = {"original": one, "flipped": flip_horizontal(one), "shifted": pad_crop(one, 2, np.array([[4, 1]]))}
    for name, matrix in (("turned", turned(0.5)), ("sheared", turned(0, shear=0.5)), ("zoomed", turned(0, zoom=1.4)), ("all three", turned(-0.3, (0.5, 0), 0.8, 0.2))):
        views[name] = affine_warp(one, matrix[None])
    figure, axes = plt.subplots(1, len(views), figsize=(9, 1.7), layout="constrained")
    for ax, (name, view) in zip(axes, views.items(), strict=True):
        ax.imshow(np.asarray(view)[0], cmap="Greys")
        ax.set_title(name, fontsize=9)
        ax.axis("off")
    plt.show()

# %% [markdown]
# **Put it to work, with the inconvenient result.** A small network on 100 digits. Your shifts and your flips as augmentation, tested on digits in their place and on digits that were moved by up to two pixels:

# %%
if ready(flip_horizontal, pad_crop):
    rng = np.random.default_rng(0)
    rows = pool[:100]
    small, small_label = digits.images[rows] / 16, digits.target[rows]
    moved = np.asarray(pad_crop(digits.images[held] / 16, 2, rng.integers(0, 5, (len(held), 2))))
    shifts = [np.asarray(pad_crop(small, 2, rng.integers(0, 5, (100, 2)))) for _ in range(8)]
    recipes = {"as they are": [small], "with shifts": [small, *shifts], "with flips": [small, np.asarray(flip_horizontal(small))]}
    for name, parts in recipes.items():
        train_x = np.concatenate(parts).reshape(-1, 64)
        model = MLPClassifier((64,), max_iter=200, n_iter_no_change=200, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that 200 epochs are all is meant
            model.fit(train_x, np.tile(small_label, len(parts)))
        scores = [model.score(images.reshape(-1, 64), digits.target[held]) for images in (digits.images[held] / 16, moved)]
        print(f"{name:12} accuracy on centred digits {scores[0]:.3f}, on moved digits {scores[1]:.3f}")

# %% [markdown]
# Augmentation is a statement about the **test** data. Shifts help where digits are moved and may cost something where they are not; flips state something that is false for digits, and the numbers say so.

# %% [markdown]
# ## 4. `mixup`   *(easy, 5 min)*
#
# > *"What is mixup, and what happens to the labels?"*
#
# $\tilde x=\lambda x_i+(1-\lambda)x_j$ and, with the **same** $\lambda$ and the same partner, $\tilde y=\lambda y_i+(1-\lambda)y_j$. The model is asked to be in between where the data are in between (Zhang et al., 2018).


# %%
def mixup(x, y, lam, perm):
    """Mixup: blend every row, and its label, with another row of the batch.

    x: (n, d) real numbers, y: (n, k) one-hot or soft labels, n >= 1, each of any dtype. lam:
    Python float in 0..1. perm: (n,) integers, a permutation of 0..n-1. Not changed. Returns two
    arrays, mixed x (n, d) and mixed y (n, k): lam times a row plus 1-lam times the row that perm
    names, with the same lam and the same perm for both. A result is float32 if its input is
    float32, else float64. ValueError: x or y with another number of axes, no rows, or numbers of
    rows that differ between x, y and perm.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, y, perm)
    if x.ndim != 2 or y.ndim != 2 or x.shape[0] == 0 or y.shape[0] != x.shape[0] or perm.shape != x.shape[:1]:
        raise ValueError(f"need x (n, d), y (n, k) and perm (n,), not {x.shape}, {y.shape} and {perm.shape}")

    def mixed(rows):
        rows = xp.astype(rows, xp.float32 if rows.dtype == xp.float32 else xp.float64, copy=False)
        return lam * rows + (1 - lam) * xp.take(rows, perm, axis=0)

    return mixed(x), mixed(y)
    ### END SOLUTION


# %%
check(mixup)

# %% [markdown] question="augmentation-hurts" points=4
# ### Q. "When does augmentation hurt?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - when it changes the label: 6 and 9, left and right in medicine, a negation in text
# - when it makes training data unlike the test data
# - when it happens before the split, or on the validation set
# - when it is so strong that the model cannot fit it
#
# **Red flags** (-1): "it never hurts".
#
# **Follow-ups**: test-time augmentation; what does mixup do to calibration?
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `fuse_sources`   *(medium, 12 min)*
#
# > *"Another department has data too. Their label 1 is our label 3. Merge them."*
#
# Map the labels, stack, drop rows that are in there twice (they would sit in training and in test), and **remember where each row came from**: you will want to split by source, and to find out whether the source gives the label away.


# %%
def fuse_sources(sources):
    """Stack data from several sources: one set of labels, no row twice, and where each row
    came from.

    sources: a list of tuples (x, y, label_map): x (n_s, d) finite real numbers, y (n_s,)
    integers of any integer dtype, label_map a dict from each of the source's labels to the
    common one, int to int. d is the same in all, n_s >= 1. Not changed. Returns x (n, d), y
    (n,), source (n,): the rows in the order of the list, y with the common labels, source the
    position (0, 1, ...) of the source in the list. Of rows with exactly the same x and the same
    common label, within a source or in two, only the first is kept; the same x with another
    label stays. x is float32 if every source's x is, else float64; y and source are integers.
    New arrays. ValueError: no sources, a source without rows, shapes that do not fit, a label
    that its label_map lacks.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    if not sources:
        raise ValueError("there are no sources")
    for x, y, _ in sources:
        if x.ndim != 2 or x.shape[0] == 0 or y.shape != x.shape[:1] or x.shape[1] != sources[0][0].shape[1]:
            raise ValueError(f"a source needs x (n, d) and y (n,), not {x.shape} and {y.shape}")
    xp, on = array_namespace(*[x for x, _, _ in sources]), device(sources[0][0])

    def common(y, label_map):
        old, new = (xp.asarray(list(some), dtype=xp.int64, device=on) for some in (label_map.keys(), label_map.values()))
        same = xp.astype(y, xp.int64)[:, None] == old  # (n_s, labels)
        if not xp.all(xp.any(same, axis=1)):
            raise ValueError(f"a label is missing from {label_map}")
        return xp.sum(xp.where(same, new, 0), axis=1)

    y = xp.concat([common(y, label_map) for _, y, label_map in sources])
    real = xp.float32 if all(x.dtype == xp.float32 for x, _, _ in sources) else xp.float64
    x = xp.concat([xp.astype(x, real) for x, _, _ in sources])
    source = xp.concat([xp.full(x.shape[0], s, dtype=xp.int64, device=on) for s, (x, _, _) in enumerate(sources)])
    group = xp.unique_inverse(y).inverse_indices  # rows of a group agree in the label and in the columns seen so far
    for j in range(x.shape[1]):
        group = xp.unique_inverse(group * x.shape[0] + xp.unique_inverse(x[:, j]).inverse_indices).inverse_indices
    kept = xp.sort(xp.unique_all(group).indices)  # the first row of each group
    return xp.take(x, kept, axis=0), xp.take(y, kept), xp.take(source, kept)
    ### END SOLUTION


# %%
check(fuse_sources)

# %% [markdown] question="fuse" points=3
# ### Q. "Two sources, two distributions. How do you put them together?"   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (any three, 1 point each):
# - schema, units and labels made one; duplicates across sources removed
# - the source kept as a column, for grouped splits and evaluation by source
# - weights, if the target population is like one of them
# - licence and privacy
#
# **Red flags** (-1): concatenates and shuffles.
#
# **Follow-ups**: the source predicts the label: how do you find out (train a classifier for the source), what do you do?
# === END MARK SCHEME ===

# %% [markdown]
# ## 6. `linear_probe`   *(medium, 12 min)*
#
# > *"Fine-tune everything, or the last layer only?"*
#
# With little data: freeze the network, standardise its features, and fit one linear layer. Ridge on one-hot labels has a closed form, $\bigl(\tfrac1nz^\top z+\lambda I\bigr)W=\tfrac1nz^\top(Y-\bar Y)$: one solve, no learning rate.


# %%
def linear_probe(features, labels, new_features, l2, n_classes):
    """Transfer learning's last layer: ridge regression on frozen features, in closed form,
    then the largest score.

    features: (n, d), new_features: (m, d), finite real numbers. labels: (n,) integers
    0..n_classes-1 of any integer dtype. n, m >= 1. Not changed. Standardise both by the mean and
    standard deviation (ddof 0) of each column of `features`; a column of `features` whose values
    are all equal (ten times 0.1 too) is only centred. With the one-hot labels Y find W (d,
    n_classes) and b (n_classes,) that minimise (sum over the n rows of |zW + b - y|^2) / n + l2
    * |W|^2; b is not penalised. Returns (m,) integers: the class with the largest score zW + b
    for each row of new_features. Checks stay away from near-ties. ValueError: l2 <= 0, no rows,
    shapes that do not fit, a label outside 0..n_classes-1.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp, on = array_namespace(features, labels, new_features), device(features)
    if features.ndim != 2 or new_features.ndim != 2 or features.shape[1] != new_features.shape[1] or labels.shape != features.shape[:1]:
        raise ValueError(f"need (n, d), (n,) and (m, d), not {features.shape}, {labels.shape} and {new_features.shape}")
    labels = xp.astype(labels, xp.int64)
    if 0 in (features.shape[0], new_features.shape[0]) or l2 <= 0 or xp.any((labels < 0) | (labels >= n_classes)):
        raise ValueError(f"need rows, l2 > 0 and labels in 0..{n_classes - 1}")
    n, d = features.shape
    x, new = (xp.astype(each, xp.float64) for each in (features, new_features))  # x'x squares the condition number: float64, always
    mean = xp.mean(x, axis=0)
    constant = xp.max(x, axis=0) == xp.min(x, axis=0)  # the std of ten times 0.1 is 1e-17, not 0
    scale = xp.where(constant, 1.0, xp.std(x, axis=0))
    z = (x - mean) / scale
    y = xp.astype(labels[:, None] == xp.arange(n_classes, device=on), xp.float64)
    b = xp.mean(y, axis=0)  # z is centred, so the best b is y's mean
    w = xp.linalg.solve(z.T @ z / n + l2 * xp.eye(d, device=on), z.T @ (y - b) / n)
    return xp.argmax((new - mean) / scale @ w + b, axis=1)
    ### END SOLUTION


# %%
check(linear_probe)

# %%
if ready(linear_probe):
    rng = np.random.default_rng(1)
    low, high = digits.target < 5, digits.target >= 5
    network = MLPClassifier((64,), max_iter=150, random_state=0, tol=1e-3).fit(digits.data[low] / 16, digits.target[low])  # knows 0 to 4


    def features(x, weights, bias):
        return np.maximum(x @ weights + bias, 0)


    shuffled = rng.permutation(np.flatnonzero(high))
    test = shuffled[400:]
    noise = rng.normal(0, 0.2, (64, 64))
    makers = {
        "pixels": lambda x: x,
        "features of the network": lambda x: features(x, network.coefs_[0], network.intercepts_[0]),
        "random features": lambda x: features(x, noise, 0.0),
    }
    for count in (25, 100, 400):
        some = shuffled[:count]
        scores = {}
        for name, make in makers.items():
            said = linear_probe(make(digits.data[some] / 16), digits.target[some] - 5, make(digits.data[test] / 16), 0.3, 5)
            scores[name] = np.mean(np.asarray(said) == digits.target[test] - 5)
        print(f"{count:3} digits of 5 to 9:  " + "  ".join(f"{name} {score:.3f}" for name, score in scores.items()))

# %% [markdown]
# Compare with the random features before you praise the pretrained ones: on digits as simple as these, transfer from 0-4 to 5-9 need not pay. That comparison is the habit to show.

# %% [markdown] question="fine-tune" points=3
# ### Q. "Fine-tune everything, the last layer, or LoRA?"   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - it depends on how much data there is and how far the domain is; a frozen network overfits less
# - smaller rates for lower layers; statistics of normalisation; forgetting, negative transfer
# - cost: LoRA keeps no optimiser state for the frozen weights; its second factor starts at zero
#
# **Red flags** (-1): "always fine-tune everything".
#
# **Follow-ups**: how do you choose the rank? how would you notice negative transfer?
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `pseudo_label`   *(easy, 4 min)*
#
# > *"You have ten thousand unlabelled examples. Use them."*
#
# Let the model label what it is sure of, and train on. It repeats its own mistakes with growing confidence (confirmation bias), so the threshold is high, the classes are watched, and the test set stays out of it.


# %%
def pseudo_label(probabilities, threshold):
    """The rows that a model is sure of, and what it says of them.

    probabilities: (n, k) floating-point numbers, n, k >= 1. threshold: a number. Not changed.
    Returns (indices, labels): in increasing order the rows whose largest probability is >=
    threshold, and the class of that probability in each of these rows (the lowest such class if
    several are level). Both (number of rows kept,) integers, both empty if no row reaches the
    threshold. ValueError: probabilities that are not (n, k) with at least one entry.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(probabilities)
    if probabilities.ndim != 2 or 0 in probabilities.shape:
        raise ValueError(f"probabilities must be (n, k), not {probabilities.shape}")
    (indices,) = xp.nonzero(xp.max(probabilities, axis=1) >= threshold)
    return indices, xp.take(xp.argmax(probabilities, axis=1), indices)
    ### END SOLUTION


# %%
check(pseudo_label)

# %%
if ready(pseudo_label):
    some, rest = pool[:60], pool[60:]
    x, y = digits.data / 16, digits.target
    first = LogisticRegression(C=1.0, max_iter=400).fit(x[some], y[some])
    print(f"60 labels: accuracy {first.score(x[held], y[held]):.3f}")
    for threshold in (0.5, 0.8, 0.95):
        index, said = (np.asarray(part) for part in pseudo_label(first.predict_proba(x[rest]), threshold))
        right = np.mean(said == y[rest][index]) if len(index) else float("nan")
        second = LogisticRegression(C=1.0, max_iter=400).fit(np.concatenate([x[some], x[rest][index]]), np.concatenate([y[some], said]))
        print(f"threshold {threshold}: {len(index)} pseudo-labels, {right:.1%} of them right, accuracy {second.score(x[held], y[held]):.3f}")

# %% [markdown] question="pseudo" points=3
# ### Q. "Pseudo-labels: what can go wrong?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - confirmation bias: the model's errors come back as labels; threshold and calibration
# - classes drift apart: balance per class; weak and strong augmentation as a pair (FixMatch)
# - never the test set, and a fixed labelled validation set to tell whether it helps
#
# **Red flags** (-1): labels everything.
#
# **Follow-ups**: when do you stop iterating?
# === END MARK SCHEME ===

# %% [markdown] question="synthetic" points=3
# ### Q. "Let a language model write the training data for a language model?"   *(hard, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (any three, 1 point each):
# - filter or verify what it writes (tests, a judge that was checked)
# - diversity and deduplication; mix with real data, or it collapses
# - decontaminate against the evaluation; a fixed real test set measures the gain
# - licences of the model's output
#
# **Red flags** (-1): "as much as we can generate".
#
# **Follow-ups**: how would you see collapse coming?
# === END MARK SCHEME ===

# %% [markdown]
# ## Bug hunt: augmented before the split   *(medium, 10 min)*
#
# A published recipe, shortened. It adds a noisy copy of every image, then splits: every test image is a copy of a training image.

# %%
def guide_split(images, labels, noise, n_test):
    """Augment, then split: training set and test set, as published. Wrong."""
    images, labels = np.concatenate([images, images + noise]), np.concatenate([labels, labels])
    return images[:-n_test], labels[:-n_test], images[-n_test:], labels[-n_test:]

# %% [markdown]
# **First, data on which it shows an accuracy that is not there.**


# %%
def split_counterexample():
    """Data on which guide_split shows an accuracy that is not there.

    Returns (images, labels, noise, n_test), arguments of guide_split: images (n, H, W) and noise
    (n, H, W) numbers, labels (n,) integers, 10 <= n_test <= n - 10, n <= 200, H and W <= 16.
    Call a test image right if the nearest training image (least squared difference) has its
    label. Of what guide_split returns, at least 90 % of the test images must be right. Of the
    honest split (the last n_test images held out as they are, the training set the other images
    and their noisy copies) at most 50 % may be.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)
    images = rng.normal(size=(40, 4, 4))
    labels = np.arange(40) % 4  # nothing in the images tells them
    return images, labels, rng.normal(0, 0.01, images.shape), 20
    ### END SOLUTION


# %%
check(split_counterexample)

# %% [markdown]
# **Then, mended.**


# %%
def split_mended(images, labels, noise, n_test):
    """Split first, then augment the training set only.

    images: (n, H, W) real numbers in random order, labels: (n,) integers, noise: (n, H, W) real
    numbers. n_test: int. Not changed. Returns (train_images, train_labels, test_images,
    test_labels). Test: the last n_test images as they are, in their order, and their labels.
    Training: the other images in their order, then their copies with their own noise added, in
    the same order; the labels go along. Images come back as float32 if images and noise are both
    float32, else as float64. New arrays, no views of the inputs. ValueError: images that are not
    (n, H, W) with at least one entry, labels or noise of another shape, n_test outside 1..n-1.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(images, labels, noise)
    if images.ndim != 3 or 0 in images.shape or labels.shape != images.shape[:1] or noise.shape != images.shape:
        raise ValueError(f"need images and noise (n, H, W) and labels (n,), not {images.shape}, {noise.shape} and {labels.shape}")
    n_train = images.shape[0] - n_test
    if n_train < 1 or n_test < 1:
        raise ValueError(f"n_test must be in 1..{images.shape[0] - 1}, not {n_test}")
    real = xp.float32 if images.dtype == noise.dtype == xp.float32 else xp.float64
    images, noise = xp.astype(images, real), xp.astype(noise, real)
    train, train_labels = images[:n_train, ...], labels[:n_train]
    test, test_labels = images[n_train:, ...], xp.asarray(labels[n_train:], copy=True)
    return xp.concat([train, train + noise[:n_train, ...]]), xp.concat([train_labels, train_labels]), test, test_labels
    ### END SOLUTION


# %%
check(split_mended)

# %% [markdown]
# ## Before you leave the room
#
# - The learning curve first: is data what is missing?
# - Augmentation is a promise about the test data. Say which, and measure it on data where it could be false.
# - Split first, then augment. Remember the source of every row.
# - Borrowed features against random features, pseudo-labels against none: the baseline is part of the answer.
#
# **Follow-ups to practise aloud**: which augmentations for chest X-rays, for speech, for legal text? What if one class has five examples? How many labels would you buy, and which?

# %%
status()
