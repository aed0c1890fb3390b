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
#     order: 5
#     minutes: 200
#     topics: [augmentation, transfer learning, pseudo-labels, text and instruction data]
#     needs: [overfitting]
#     out_of_scope: "generative image models, few-shot prompting, active learning as code"
# ---

# %% [markdown]
# # Too little data (数据量不足)
#
# > *"You have 100 labelled images, and labels are expensive. What do you do?"*
#
# The answer that is in every guide is a list: augmentation, more sources, transfer learning. The interviewer has heard the list. What they listen
# for:
#
# 1. You find out first **whether data is the bottleneck**, with a learning curve and an honest test set.
# 2. For each remedy you say **what it assumes**: a flip assumes that the mirror image has the same label.
# 3. You **measure** the gain, several times, against doing nothing, and you know the ways to fool yourself.
# 4. You can say the same for **text**: paraphrases, repeated epochs, mixtures, instruction data.
#
# You will write seven small tools from scratch: three that change images, one that blends them, one that fuses data sets, one that transfers, one
# that labels by itself. Each is put to work on the same 8 x 8 digits, and not each will help. Then come text data, and three hunts: a split that leaks, a
# pipeline of instruction data with planted faults, and a number to predict. **This lesson needs** ridge regression with a free bias (lesson *overfitting*, exercise `ridge_fit`), matrix products, and nothing else but NumPy.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(pad_crop)` helps in three steps.
# Rules for all of them: arrays come in any memory layout, read-only ones too; the real-valued arrays of one call share one dtype; "integers" include narrow ones such as uint8 and int8, whose sums and products wrap around; valid input gives no
# warning; results are compared to 7 digits, to 4 where the data are float32.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# flip_horizontal, pad_crop, affine_warp, mixup, fuse_sources, linear_probe, pseudo_label, split_mended.
# instruction_rows_mended and epochs_predicted take lists and stay on the host.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import time
import warnings
from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact
from matplotlib.patches import ConnectionPatch
from scipy import ndimage
from sklearn.datasets import load_digits, load_sample_image
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})
warnings.simplefilter("ignore", ConvergenceWarning)  # small networks are stopped early here, on purpose
# Colours that the colour-blind can tell apart, too.
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=["#4c78a8", "#f58518", "#e45756", "#72b7b2"])

# %% [markdown]
# ## Is data the bottleneck?
#
# Before you collect anything: train on 10, 20, 50, ... of the rows you have, and look at where the curve is going. If it still rises at the right
# end, more data will help; if it is flat, look at labels, features and model. Each size is drawn twenty times, because with 20 rows *which* 20
# matters as much as anything you do to them.

# %% tags=["folded"]
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.images))
images, labels = digits.images[order] / 16, digits.target[order]
pool, pool_y, test, test_y = images[:1000], labels[:1000], images[1000:], labels[1000:]  # the 797 test images are never trained on


def flat(some):
    """Images as rows."""
    return some.reshape(len(some), -1)


def svm(x, y):
    """A support vector machine trained on images: strong on small data, and fast."""
    return SVC(C=10).fit(flat(x), y)


def draw(n, seed):
    """n labelled images from the pool."""
    rows = np.random.default_rng(seed).permutation(len(pool))[:n]
    return pool[rows], pool_y[rows]


sizes = np.array([10, 20, 50, 100, 200, 500])
curve = np.array([[svm(*draw(n, seed)).score(flat(test), test_y) for seed in range(20)] for n in sizes])
mean, spread = curve.mean(axis=1), curve.std(axis=1, ddof=1)

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.fill_between(sizes, mean - spread, mean + spread, color="#4c78a8", alpha=0.25, label="± one standard deviation over 20 draws")
ax.plot(sizes, mean, "o-", color="#4c78a8", label="mean")
ax.set(
    xscale="log", xticks=sizes, xlabel="labelled images (log scale)", ylabel="accuracy on 797 test images", title="The learning curve of the digits"
)
ax.set_xticklabels(sizes)
ax.minorticks_off()
ax.legend(loc="lower right")
plt.show()
for n, m, s in zip(sizes, mean, spread, strict=True):
    print(f"n = {n:3}: {m:.3f} ± {s:.3f}")

# %% [markdown]
# With 10 labels the support vector machine is right on 42 %, with 100 on 91.5 %, with 500 on 98 %. The curve still rises at 100: twice the labels buy
# 4 more points. So data *is* the bottleneck, and we know what a remedy must beat. Look at the band too: with 10 labels the draws scatter by 7 points,
# so a single run shows nothing. With a few hundred rows put a test set aside first, and take a simple, strong model through cross-validation on the
# rest: its mean is what a remedy must beat, its spread tells how far chance moves it.
#
# ## 1. `flip_horizontal`   *(easy, 3 min, asked sometimes)*
#
# > *"Write the simplest augmentation there is. What can go wrong with it?"*
#
# One line, and three questions in it: which axis is the width, is the result a copy, is the dtype still uint8? And the one that matters: is the
# mirror image of a cat a cat, of a 3 a 3, of a chest X-ray a chest X-ray?


# %%
def flip_horizontal(images):
    """Mirror images left to right.

    images: (B, H, W), of any dtype, B, H, W >= 1. Not changed.
    Returns (B, H, W) of the same dtype: column j of a result is column W-1-j of its image. A new
    array, no view of the input.
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
# **In PyTorch.** `torch.flip(images, dims=(-1,))` copies, where `np.flip` returns a view. `torchvision.transforms.v2.RandomHorizontalFlip(p=0.5)` flips **the whole tensor it is handed** or none of it: applied to a batch it
# flips all images together, so it belongs into the data set, image by image.
#
# ## 2. `pad_crop`   *(medium, 10 min, asked sometimes)*
#
# > *"Shift every image of the batch by its own random amount. No loop over pixels."*
#
# The recipe that goes with CIFAR-10: a frame of `pad` zeros around the image, then a crop of the old size at a random place. `pad` = 1 with offsets
# in {0, 1, 2} x {0, 1, 2} shifts by at most one pixel. The offsets are an argument, so the function itself is not random, and can be checked.


# %%
def pad_crop(images, pad, offsets):
    """Zero-pad images, then crop each at its own place: with random offsets, a random shift.

    images: (B, H, W), of any dtype, B, H, W >= 1. pad: int >= 0, the zeros added on each of the
    four sides. offsets: (B, 2) integers of any integer dtype, also unsigned: (row, column) of
    image b's crop in its padded image, each 0..2*pad; (pad, pad) gives back the image. Not
    changed.
    Returns (B, H, W) of the images' dtype, a new array.
    ValueError: images that are not (B, H, W) with at least one entry, offsets that are not (B,
    2), an offset outside 0..2*pad.
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
# **In PyTorch.** `v2.RandomCrop(32, padding=4)` draws **one** offset for the tensor it is handed, so a batch moves together; per-image offsets are what a data set gives, or an index as yours. The other common crop, `v2.RandomResizedCrop(224, scale=(0.08, 1.0))`, cuts a random
# rectangle of 8 to 100 % of the area and resizes it. At 8 % the dog may be outside the picture, with the label still *dog*: ImageNet has one large object in the middle, your data may not.
#
# ## 3. `affine_warp`   *(hard, 25 min, asked rarely)*
#
# > *"Rotation, shift, shear, zoom: implement them. How many functions do you need?"*
#
# One. All four are $\mathbf p \mapsto A\mathbf p + \mathbf t$ on coordinates, a 2 x 3 matrix. Two decisions make it right:
#
# **Backwards.** Ask for every *output* pixel where it comes from. The other way round, two input pixels land on one output pixel and others get
# none: holes. So the matrix is the inverse of what you see: to zoom in by 2, look at places half as far from the centre.
#
# **Between pixels.** The place $(r, c)$ is hardly ever whole. With $i=\lfloor r\rfloor$, $j=\lfloor c\rfloor$, $s=r-i$, $t=c-j$ the value is
#
# $$(1-s)(1-t)\,I_{i,j}+(1-s)\,t\,I_{i,j+1}+s\,(1-t)\,I_{i+1,j}+s\,t\,I_{i+1,j+1}$$
#
# where an $I$ outside the image is 0. For coordinates from the centre, `(row, column)` with rows downwards:
#
# | to | matrix |
# |---|---|
# | rotate by $\theta$, clockwise | $\begin{pmatrix}\cos\theta&-\sin\theta&0\\\sin\theta&\cos\theta&0\end{pmatrix}$ |
# | move the content down by $a$, right by $b$ | $\begin{pmatrix}1&0&-a\\0&1&-b\end{pmatrix}$ |
# | zoom in by $z$ | $\begin{pmatrix}1/z&0&0\\0&1/z&0\end{pmatrix}$ |
# | shear | $\begin{pmatrix}1&0&0\\k&1&0\end{pmatrix}$ |
#
# Several in a row are one matrix product, so the image is interpolated once. Do not warp a warped image: each interpolation blurs.

# %% tags=["folded"]
angle = np.deg2rad(20)
output = np.stack(np.meshgrid(np.arange(8) - 3.5, np.arange(8) - 3.5, indexing="ij")).reshape(2, -1)
r, c = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ output + 3.5  # where the 64 output pixels look
one = 29  # one of them, and the four pixels around the place
top, left = int(r[one]), int(c[one])
corners = [(i, j) for i in (top, top + 1) for j in (left, left + 1)]
three = pool[np.flatnonzero(pool_y == 3)[1]]
turned_three = ndimage.affine_transform(three, np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]),
    3.5 - np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ [3.5, 3.5], order=1, mode="grid-constant")  # fmt: skip

figure, axes = plt.subplots(1, 3, figsize=(9, 3.5), layout="constrained")
for ax, picture in zip(axes, (turned_three, three, three), strict=True):
    ax.imshow(picture, cmap="gray_r", alpha=0.6)
    ax.grid(False)
    ax.set_xlabel("column")
axes[0].plot(output[1] + 3.5, output[0] + 3.5, ".", color="#e45756")
axes[0].plot(output[1, one] + 3.5, output[0, one] + 3.5, "o", color="#e45756", markersize=10)
axes[0].set(title="the output and its grid", ylabel="row", xlim=(-1.8, 8.8), ylim=(8.8, -1.8))
for ax in axes[1:]:
    ax.plot(c, r, ".", color="#e45756")
    ax.plot(c[one], r[one], "o", color="#e45756", markersize=10)
    ax.plot([j for _, j in corners], [i for i, _ in corners], "s", color="#4c78a8", markersize=5)
axes[1].set(title="the input, where they look", xlim=(-1.8, 8.8), ylim=(8.8, -1.8))
arrow = {"arrowstyle": "-|>", "color": "#e45756", "shrinkA": 6, "shrinkB": 6, "connectionstyle": "arc3,rad=-0.25", "linewidth": 1.5}
link = ConnectionPatch((output[1, one] + 3.5, output[0, one] + 3.5), (c[one], r[one]), "data", "data", axesA=axes[0], axesB=axes[1], **arrow)
figure.add_artist(link)
for i, j in corners:
    weight = (1 - abs(r[one] - i)) * (1 - abs(c[one] - j))
    label = {"boxstyle": "round", "facecolor": "white", "edgecolor": "none"}
    place = (0, 20 if i == top else -20)
    axes[2].annotate(f"{weight:.2f}", (j, i), xytext=place, textcoords="offset points", ha="center", va="center", fontsize=12, bbox=label)
axes[2].set(title="the weights of four pixels", xlim=(left - 0.6, left + 1.6), ylim=(top + 1.6, top - 0.6))
axes[2].set(xticks=[left, left + 1], yticks=[top, top + 1])
plt.show()
print(f"output pixel ({one // 8}, {one % 8}) looks at row {r[one]:.2f}, column {c[one]:.2f} of the input")

# %% [markdown]
# The grid on the left is regular, because it is the output that is filled pixel by pixel. The arrow goes **from the output to the input**: that is the backward map. Its places, in the middle, are the same grid turned by 20° the other way, so the digit
# appears turned clockwise. The place lies between four pixels, and the nearest of them gets the largest weight.


# %%
def affine_warp(images, matrices):
    """Rotate, shift, shear and zoom images, each along an affine map of its own.

    images: (B, H, W) real numbers of any dtype, B, H, W >= 1. matrices: (B, 2, 3), finite. Not
    changed.
    Coordinates are pixels from the centre ((H-1)/2, (W-1)/2). Matrix b maps the place (row,
    column, 1) of an output pixel to the place (row, column) in image b where its value is found,
    by bilinear interpolation between the four pixels around it. The image lies in a field of
    zeros: those of the four that are outside the image count as 0, so a place less than a pixel
    outside still gets a fraction of the edge. Places may be as far out as 1e12.
    Returns (B, H, W): float32 if both arguments are float32, else float64.
    ValueError: images that are not (B, H, W) with at least one entry, matrices that are not (B,
    2, 3).
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
    rows, columns = (xp.arange(size, dtype=real, device=on) - (size - 1) / 2 for size in (height, width))
    ones = xp.ones((height, width), dtype=real, device=on)
    grid = xp.reshape(xp.stack([*xp.meshgrid(rows, columns, indexing="ij"), ones]), (3, -1))  # (row, column, 1) of every output pixel
    matrices = matrices + xp.asarray([[0, 0, (height + 1) / 2], [0, 0, (width + 1) / 2]], dtype=real, device=on)  # to the padded image's places

    def between(one, other, fraction):
        return one + fraction * (other - one)

    def warp(some, matrix):
        padded = xp.zeros((some.shape[0], tall, wide), dtype=real, device=on)
        padded[:, 1:-2, 1:-2] = some
        flat = xp.reshape(padded, (-1,))
        row = xp.clip(matrix[:, 0, :] @ grid, 0.0, height + 1.0)  # (b, H * W); what is far outside looks at the zeros
        column = xp.clip(matrix[:, 1, :] @ grid, 0.0, width + 1.0)
        first = xp.reshape(xp.arange(some.shape[0], dtype=xp.int32, device=on) * tall * wide, (-1, 1))
        corner = xp.reshape(first + xp.astype(row, xp.int32) * wide + xp.astype(column, xp.int32), (-1,))
        corner = xp.astype(corner, xp.int64)

        def pixel(below, beside):
            return xp.reshape(xp.take(flat[below * wide + beside :], corner), row.shape)

        down, right = row - xp.floor(row), column - xp.floor(column)
        found = between(between(pixel(0, 0), pixel(0, 1), right), between(pixel(1, 0), pixel(1, 1), right), down)
        return xp.reshape(found, some.shape)

    pixels = 2**17 if "cpu" in str(on).lower() else 2**26  # a CPU works best near its cache, a GPU on as much as it can hold
    step = max(1, pixels // (height * width))  # so many images at a time
    warped = xp.empty_like(images)
    for start in range(0, batch, step):
        some = slice(start, min(start + step, batch))
        warped[some, ...] = warp(images[some, ...], matrices[some, ...])
    return warped
    ### END SOLUTION


# %%
check(affine_warp)

# %% [markdown]
# **In PyTorch.** `F.grid_sample(images, F.affine_grid(theta, size, align_corners=True), align_corners=True)` is the same backward map, with three differences: its coordinates run from -1 to 1 over the image, it puts **x (the column) first**, and its default `align_corners=False` counts
# the ends of the image from the edges of the corner pixels, not from their centres. SciPy's `ndimage.affine_transform(image, matrix, offset, order=1, mode="grid-constant")` counts from the corner, so the offset has to carry the centre; its `mode="constant"` gives a place outside nothing at all
# (no fraction of the edge).
#
# **Put it to work.** A colour picture is three images with one matrix. Everything an "image data generator" does is in this grid:

# %% tags=["instructor"]
flip_horizontal, pad_crop, affine_warp = map(backend.runs, (flip_horizontal, pad_crop, affine_warp))

# %% tags=["folded"]
flower = np.moveaxis(load_sample_image("flower.jpg")[60:380:4, 230:550:4] / 255, 2, 0)  # 3 planes of 80 x 80


def matrix(degrees=0.0, zoom=1.0, shear=0.0, down=0.0, right=0.0):
    """The (2, 3) matrix that rotates, zooms, shears and then shifts."""
    turn = np.deg2rad(degrees)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array([[1.0, 0.0], [shear, 1.0]]) / zoom
    return np.column_stack([linear, linear @ [-down, -right]])


def warped(picture, **how):
    """A colour picture through affine_warp."""
    return np.moveaxis(affine_warp(picture, np.stack([matrix(**how)] * 3)), 0, 2)


if ready(flip_horizontal, pad_crop, affine_warp):
    panels = {
        "original": np.moveaxis(flower, 0, 2),
        "flip_horizontal": np.moveaxis(flip_horizontal(flower), 0, 2),
        "pad_crop, 20 of 80": np.moveaxis(pad_crop(flower, 20, np.array([[30, 8]] * 3)), 0, 2),
        "rotate by 25°": warped(flower, degrees=25),
        "move by (10, -15)": warped(flower, down=10, right=-15),
        "shear by 0.4": warped(flower, shear=0.4),
        "zoom by 1.6": warped(flower, zoom=1.6),
        "all of it, one matrix": warped(flower, degrees=-15, zoom=1.3, shear=0.2, right=8),
    }
    figure, axes = plt.subplots(2, 4, figsize=(8.5, 4.6), layout="constrained")
    for ax, (name, panel) in zip(axes.flat, panels.items(), strict=True):
        ax.imshow(np.clip(panel, 0, 1))
        ax.set_title(name, fontsize=10)
        ax.set_axis_off()
    plt.show()

# %% [markdown]
# One of them, and then the knobs are yours:


# %% tags=["folded"]
def show_warp(degrees=0.0, zoom=1.0, shear=0.0, right=0.0):
    """The flower, warped."""
    figure, ax = plt.subplots(figsize=(3.2, 3.2), layout="constrained")
    ax.imshow(np.clip(warped(flower, degrees=degrees, zoom=zoom, shear=shear, right=right), 0, 1))
    ax.set_axis_off()
    plt.show()


if ready(affine_warp):
    show_warp(degrees=20, zoom=1.2)

# %%
if ready(affine_warp):
    interact(
        show_warp,
        degrees=FloatSlider(value=0, min=-180, max=180, step=5),
        zoom=FloatSlider(value=1, min=0.5, max=3, step=0.1),
        shear=FloatSlider(value=0, min=-1, max=1, step=0.1),
        right=FloatSlider(value=0, min=-40, max=40, step=2),
    )

# %% [markdown]
# **What the guides get wrong.** The list "rotate, shift, shear, zoom, flip" usually comes with a call of Keras' `ImageDataGenerator`. Read its arguments as claims:
#
# | argument | what it does | what goes wrong |
# |---|---|---|
# | `shear_range=0.2` | an angle in **degrees**, up to 0.2° | nothing happens: call `show_warp(shear=0.0035)`. It was radians until December 2017 (keras pull request 8868), and old tutorials went on running. 0.2° moves the edge of a 224-pixel image by 0.4 pixels |
# | `width_shift_range=0.2` | below 1 a **fraction** of the width, from 1 on a number of pixels | 1 looks like "all" and means one pixel |
# | `rotation_range=180` | any angle | a 6 becomes a 9, and keeps its label |
# | `horizontal_flip=True` | mirrors half of the images | a b becomes a d; left and right change places in a medical image, and in any text |
# | `fill_mode="nearest"` (the default) | repeats the edge pixel into the empty part | streaks that no camera makes (below); ours fills with zeros; on an object that touches the edge both are visible |
# | the class itself | deprecated in Keras; use `keras.layers.RandomRotation` and the like, or torchvision's v2 | angles there are fractions of a full turn |
#
# **Look at what your augmentation does**, not at its arguments.

# %% tags=["folded"]
figure, axes = plt.subplots(1, 4, figsize=(8.5, 2.4), layout="constrained")
for ax, mode in zip(axes, ("constant", "nearest", "reflect", "wrap"), strict=True):
    shifted = ndimage.shift(np.moveaxis(flower, 0, 2), (14, -22, 0), order=1, mode=mode)
    ax.imshow(np.clip(shifted, 0, 1))
    ax.set_title(f"filled by {mode}", fontsize=10)
    ax.set_axis_off()
plt.show()

# %% [markdown]
# The same shift, four ways to fill. *nearest* draws streaks, *reflect* a second flower upside down, *wrap* brings what has left back on the other side; zeros at least say that nothing is known there. For the digits it makes no difference, their edges are empty.
#
# <details><summary><b>How fast is it, and how to make it so</b></summary>
#
# No loop over pixels or images. One index for all: flatten the batch, and the four neighbours are the same indices into an array that starts 0, 1, W or W + 1 later. No cases: a frame of zeros around each image, and places clipped to it *before* they become integers, replace every test for "outside". And blocks: on a CPU so many images at
# a time as stay in the cache, on a GPU large ones, since each call costs the same however little it does. The cell compares with SciPy, image by image; `prep bench solutions data_scarcity` measures more on your machine.
#
# </details>

# %% tags=["folded"]
if ready(affine_warp):
    many = np.random.default_rng(0).random((300, 32, 32), dtype=np.float32)
    maps = np.stack([matrix(degrees=d, right=1.5) for d in np.linspace(-20, 20, 300)]).astype(np.float32)
    centre = np.array([15.5, 15.5])

    def by_scipy():
        """The same warp, image by image."""
        turned = zip(many, maps, strict=True)
        return np.stack(
            [ndimage.affine_transform(i, m[:, :2], centre - m[:, :2] @ centre + m[:, 2], order=1, mode="grid-constant") for i, m in turned]
        )

    for name, call in (("affine_warp", lambda: affine_warp(many, maps)), ("scipy.ndimage, image by image", by_scipy)):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            result = call()
            times.append(time.perf_counter() - start)
        print(f"{name:30} {1e3 * min(times):8.1f} ms for 300 images of 32 x 32")
    print(f"largest difference {np.abs(affine_warp(many, maps) - by_scipy()).max():.1e}")

# %% [markdown]
# The results agree to float32's digits. All images in one expression take a fraction of the time that scipy takes image by image.

# %% [markdown]
# ## Does it help?
#
# 100 labelled digits, ten draws. For each draw: train on the 100, on the 100 and five shifted copies of each, on the 100 and their mirror images,
# on the 100 and five slightly rotated, sheared and zoomed copies, on the 100 and five copies turned by any angle. Test on the digits as they come, centred, and on digits that were shifted by up
# to a pixel. Two models, a support vector machine and a small neural network. Every number is a **difference to no augmentation in the same draw**,
# with its standard error: pairs cancel the luck of the draw.


# %% tags=["folded"]
def moved(some, rng, pad=1):
    """Each image shifted by up to `pad` pixels."""
    return pad_crop(some, pad, rng.integers(0, 2 * pad + 1, (len(some), 2)))


def jittered(some, rng):
    """Each image a little rotated, sheared and zoomed."""
    n = len(some)
    draws = zip(rng.uniform(-12, 12, n), rng.uniform(0.9, 1.1, n), rng.uniform(-0.2, 0.2, n), strict=True)
    return affine_warp(some, np.stack([matrix(degrees, zoom, shear) for degrees, zoom, shear in draws]))


def spun(some, rng):
    """Each image turned by any angle."""
    return affine_warp(some, np.stack([matrix(degrees) for degrees in rng.uniform(-180, 180, len(some))]))


def network(x, y):
    """A small neural network trained on images."""
    return MLPClassifier((64,), max_iter=60, learning_rate_init=0.01, random_state=0).fit(flat(x), y)


if ready(flip_horizontal, pad_crop, affine_warp):
    moved_test = moved(test, np.random.default_rng(5))
    ways = {
        "shifts": lambda x, rng: [x, *[moved(x, rng) for _ in range(5)]],
        "mirror images": lambda x, rng: [x, flip_horizontal(x)],
        "rotation, shear, zoom": lambda x, rng: [x, *[jittered(x, rng) for _ in range(5)]],
        "rotation by any angle": lambda x, rng: [x, *[spun(x, rng) for _ in range(5)]],
    }
    for fit in (svm, network):
        scores = {name: [] for name in ("none", *ways)}
        for seed in range(10):
            rng, (x, y) = np.random.default_rng(seed), draw(100, seed)
            for name, way in {"none": lambda x, rng: [x], **ways}.items():
                parts = way(x, rng)
                model = fit(np.concatenate(parts), np.tile(y, len(parts)))
                scores[name].append([model.score(flat(test), test_y), model.score(flat(moved_test), test_y)])
        plain = np.array(scores.pop("none"))
        print(f"{fit.__name__:24} centred {plain[:, 0].mean():.3f}            shifted {plain[:, 1].mean():.3f}")
        for name, values in scores.items():
            gain = 100 * (np.array(values) - plain)
            error = gain.std(axis=0, ddof=1) / np.sqrt(len(gain))
            print(f"  {name:22} {gain[:, 0].mean():+6.1f} ± {error[0]:.1f} points      {gain[:, 1].mean():+6.1f} ± {error[1]:.1f} points")

# %% [markdown]
# An augmentation is a bet on what the test will look like.
#
# - **Shifts** gain 46 and 37 points when the test digits are shifted. On centred ones they gain the support vector machine nothing that can be told
#   from chance, and cost the network 2.4 points: its 64 units now also serve positions that never come.
# - **Mirror images** cost points everywhere. A mirrored 2 is not a 2; the claim behind a flip is false for digits, as that behind dropping words is for a sentence with "not" in it.
# - **Small rotations, shears and zooms** gain about a point: hands do differ so. On the learning curve that is what twenty more labels would buy.
# - **Rotation by any angle** costs 4 to 8 points everywhere: among its copies are sixes that stand where nines do. The guides' list names rotation without saying how far; up to 12° it helps, up to 180° it hurts.
#
# Such a paired difference with its standard error is what to answer when somebody shows a gain of 0.4 points on one run: over ten draws the standard errors here are up to half a point, so one run shows nothing. The copies are made from the training images only: made before the split they would put test images into training (hunt 1), and a test set that is augmented tells about other pictures than those that will come.
# (**Test-time augmentation** is the exception by design: predict on several copies of a test image and average. It costs as many predictions, and helps where the augmentation's claim is true.)
#
# ## What else one does with few labels
#
# - **Label quality before quantity.** Have a sample labelled twice, measure the agreement (Cohen's kappa, lesson *data quality*), and clean the test set first: with 5 % wrong labels in it no model can show more than 95 %.
# - **Active learning.** Ask for labels where they teach most: rows that the model is least sure of, or on which several models disagree, a batch at a time and not all alike. Keep a randomly drawn test set, since the chosen rows are no fair sample. And price them: what one label costs, against what the learning curve says that it gains.
# - **Transfer** from a model trained on more data (section 6), and **pseudo-labels** for rows without labels (section 7).

# %% [markdown] question="first-steps" points=5
# ### Q. "You have 500 labelled examples. What do you do first?"   *(easy, 4 min, asked often)*
#
# Answer as you would in the room: what, in which order, and what each step would tell you.
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - a learning curve: is the amount of data the bottleneck at all?
# - a simple, strong baseline and an honest estimate: cross-validation, its spread, a test set put aside first
# - label quality before quantity: look at examples, measure agreement, clean the test set first
# - transfer from a model trained on more data, and augmentation that keeps the label, each measured against doing nothing
# - more labels where they teach most (active learning), and what one of them costs
#
# **Red flags** (-1): "collect more data", and nothing else; a large model from scratch.
#
# **A strong answer, said aloud**: First I put a test set aside and look at the labels: I have fifty rows labelled twice and see how often people agree, because wrong labels in the test set cap every number that follows. Then I train a simple strong baseline, a linear model on pretrained features, with cross-validation, and I
# write down its spread, so that I know what difference I could see at all. Then the learning curve: a hundred, two hundred, four hundred rows, several draws each. If it is flat, more data will not help, and I work on labels, features or the model. If it still rises, I read off what doubling the data is worth. Against that
# price I compare the remedies: fine-tuning a pretrained model, augmentations whose claim about the label I have checked with somebody who knows the domain, pseudo-labels if I have unlabelled rows. Each is compared with doing nothing, on the same draws. If we do buy labels, I choose rows that the model is unsure of, and keep a random test set.
#
# **A weak candidate says**: "I would collect more data, and use data augmentation and transfer learning."
#
# **Follow-ups**:
# - *What is one more label worth?* The slope of the learning curve: here, from 100 to 200 labels, about 4 points for 100 labels. Compare it with their price.
# - *How do you show that an augmentation helped?* The same draws with and without it, the differences with their standard error, on a test set that is not augmented; several seeds of training, too.
# - *Cross-validation or a fixed validation set, with 500 rows?* Cross-validation, stratified: a tenth of 500 is 50 rows, and an accuracy of 0.9 on 50 rows has a standard error of 4 points.
# === END MARK SCHEME ===

# %% [markdown] question="augmentation-hurts" points=4
# ### Q. "When does augmentation hurt?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - it changes the label: 6 and 9 by rotation, left and right in medicine, a dropped negation in text
# - it makes training unlike the test: shifts when everything is centred, flips of things that are never mirrored; or it is so strong that the model underfits
# - it leaks when done before the split: a copy of a test image in training
# - it is applied to validation or test, so the number is about other data
#
# **Red flags** (-1): "more variety cannot hurt".
#
# **A strong answer, said aloud**: An augmentation is a claim: this change keeps the label, and such inputs will come. It hurts when either half is false. The label changes when a six is turned upside down, when left and right are exchanged in a medical image, when a paraphrase drops the word not. And the second half: on digits that are all
# centred, training a small network on shifted copies cost me two points, because its capacity went to positions that never come; on shifted test digits the same copies gained more than thirty. Too strong a transformation is the extreme case, the training accuracy falls too. Then there are two mistakes of procedure. If I augment
# before the split, a copy of a test image is in the training set and the score is a memory test. If I augment the validation set, I measure on data that will not come. So I look at a grid of augmented images with somebody who knows the domain, and I compare with no augmentation, in pairs over several draws.
#
# **A weak candidate says**: "If you augment too much the model may overfit to the augmented images."
#
# **Follow-ups**:
# - *What is test-time augmentation, and when does it help?* Averaging the predictions over several copies of a test input; it helps where the claim is true, and multiplies the cost of a prediction.
# - *What does mixup do to calibration?* Soft labels keep a model from being certain, so confidence falls; an over-confident network is often better calibrated, one that was calibrated becomes under-confident.
# - *Which augmentations exist for tables?* Few that keep the label: noise within the measurement error, values dropped as they are missing in practice, mixup or SMOTE between neighbours, always after the split.
# - *And if the label is a bounding box?* Transform it with the image: map its four corners and take their bounding box; a box that is mostly cut off should be dropped.
# === END MARK SCHEME ===

# %% [markdown]
# ## 4. `mixup`   *(easy, 6 min, asked sometimes)*
#
# > *"What is mixup? What happens to the labels?"*
#
# Blend two training rows, and their labels with the same weight (Zhang et al., *mixup: Beyond Empirical Risk Minimization*, 2018):
#
# $$\tilde x=\lambda x_i+(1-\lambda)x_{\pi(i)},\qquad\tilde y=\lambda y_i+(1-\lambda)y_{\pi(i)},\qquad\lambda\sim\text{Beta}(\alpha,\alpha)$$
#
# The model is asked to behave linearly between examples. It works for anything that can be averaged, images, spectrograms, embeddings, and not for
# token ids. The usual slips: labels left alone, $\lambda$ the wrong way round (nobody sees it at $\lambda=0.5$), integer labels that cannot hold
# 0.7.


# %%
def mixup(x, y, lam, perm):
    """Mixup: blend every row, and its label, with another row of the batch.

    x: (n, d) real numbers, y: (n, k) one-hot or soft labels, n >= 1, each of any dtype. lam:
    Python float in 0..1. perm: (n,) integers of any width, a permutation of 0..n-1. Not changed.
    Returns two arrays, mixed x (n, d) and mixed y (n, k): lam times a row plus 1-lam times the
    row that perm names, with the same lam and the same perm for both. A result is float32 if its
    input is float32, else float64. New arrays, for lam = 1 too.
    ValueError: x or y with another number of axes, no rows, or numbers of rows that differ
    between x, y and perm.
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

# %% [markdown]
# **In PyTorch.** `torchvision.transforms.v2.MixUp(alpha=0.2, num_classes=k)` draws $\lambda$ once a batch, rolls the batch by one in the place of a permutation, and makes soft labels from class indices; `F.cross_entropy` accepts them. The original code kept hard labels and averaged two losses,
# $\lambda L(y_a)+(1-\lambda)L(y_b)$: the same, since cross-entropy is linear in the label.
#
# **Put it to work**, with a control that papers sometimes lack. Blended rows are also *more* rows, and a network trained for 60 epochs on six times
# the rows takes six times the steps. So: the 100 rows; the 100 rows six times; the 100 and five blends each; the same blends with the label rounded
# to the heavier one.

# %% tags=["instructor"]
mixup = backend.runs(mixup)

# %% tags=["folded"]
if ready(mixup):
    lam = 0.65
    x, y = draw(100, 0)
    pair = [int(np.flatnonzero(pool_y == 3)[1]), int(np.flatnonzero(pool_y == 0)[2])]
    blend, soft = mixup(flat(pool[pair]), np.eye(10)[pool_y[pair]], lam, np.array([1, 0]))
    figure, axes = plt.subplots(1, 3, figsize=(7, 2.7), layout="constrained")
    panels = (
        (pool[pair[0]], "label: 3"),
        (pool[pair[1]], "label: 0"),
        (blend[0].reshape(8, 8), f"label: 3 at {soft[0, 3]:.2f}, 0 at {soft[0, 0]:.2f}"),
    )
    for ax, (panel, title) in zip(axes, panels, strict=True):
        ax.imshow(panel, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(title, fontsize=10)
        ax.set_axis_off()
    plt.show()

    results = {"100 rows": [], "100 rows six times": [], "five blends each": [], "blends, rounded labels": []}
    for seed in range(10):
        rng, (x, y) = np.random.default_rng(seed), draw(100, seed)
        x, y = flat(x), np.eye(10)[y]
        blends = [(x, y), *[mixup(x, y, rng.beta(0.4, 0.4), rng.permutation(100)) for _ in range(5)]]
        many_x, many_y = (np.concatenate(part) for part in zip(*blends, strict=True))
        sets = [(x, y), (np.tile(x, (6, 1)), np.tile(y, (6, 1))), (many_x, many_y), (many_x, np.eye(10)[many_y.argmax(axis=1)])]
        for values, (a, b) in zip(results.values(), sets, strict=True):
            model = MLPRegressor(hidden_layer_sizes=(64,), max_iter=60, learning_rate_init=0.01, random_state=0).fit(a, b)
            values.append(np.mean(model.predict(flat(test)).argmax(axis=1) == test_y))
    first = np.array(results["100 rows"])
    for name, values in results.items():
        gain = 100 * (np.array(values) - first)
        print(f"{name:24} accuracy {np.mean(values):.3f}   {gain.mean():+.1f} ± {gain.std(ddof=1) / np.sqrt(len(gain)):.1f} points")

# %% [markdown]
# Nothing: 0.0 ± 0.7 points, and no row of the table is clearly different from zero. On 100 small digits mixup does not raise the accuracy of a
# small network. The gains that were published are for large networks trained for long. Say so when you propose it, and bring the control: had the
# six-fold rows gained 3 points, "blends against 100 rows" would have sold training time as mixup.
#
# ## 5. `fuse_sources`   *(medium, 15 min, asked sometimes)*
#
# > *"Two teams have labelled data for the same task. Put them together."*
#
# Fusing data is bookkeeping, and the bookkeeping is where it goes wrong. Their class 1 is our class 0. The same example is in both, so it may end
# up in training *and* test. And six months later somebody asks where row 4711 came from. So: one vocabulary of labels, no duplicates, and a column
# that remembers the source. The classic slip is `for old, new in map.items(): y[y == old] = new`, which maps {0: 1, 1: 0} to all
# zeros.


# %%
def fuse_sources(sources):
    """Stack data from several sources: common labels, no row twice, each with its source.

    sources: a list of tuples (x, y, label_map): x (n_s, d) finite real numbers of any dtype, y
    (n_s,) integers of any width, label_map a dict from each of the source's labels to the
    common one, int to int. d is the same in all, n_s >= 1. Not changed.
    Returns x (n, d), y (n,), source (n,): the rows in the order of the list, y with the common
    labels, source the position (0, 1, ...) of the source in the list. Of rows with exactly the
    same x (0 and -0 are the same) and the same common label, within a source or in two, only the
    first is kept; the same x with another label stays. x is float32 if every source's x is, else
    float64; y and source are integers. New arrays.
    ValueError: no sources, a source without rows, shapes that do not fit, a label that its
    label_map lacks.
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

# %% [markdown]
# **In pandas.** `pd.concat(frames, keys=names).drop_duplicates(subset=[...])` keeps the first as well; `y.map(label_map)` looks each label up once, and gives **nan** for a label that the map lacks, without an error. For text "exactly equal" finds too little: near-duplicates need MinHash (lesson *data quality*).
#
# **Put it to work.** Team A: 40 digits, brightness 0 to 1. Team B: 380 digits, brightness 0 to 255, where the zero is called 10 (as in the
# house-number data set SVHN), 20 of them the same images as A's.

# %% tags=["instructor"]
fuse_sources = backend.runs(fuse_sources)

# %% tags=["folded"]
if ready(fuse_sources):
    rows = np.random.default_rng(0).permutation(1000)
    mine, theirs = rows[:40], np.concatenate([rows[40:400], rows[:20]])
    names_a, names_b = {c: c for c in range(10)}, {**{c: c for c in range(1, 10)}, 10: 0}
    team_a = (flat(pool[mine]), pool_y[mine], names_a)
    bright, their_y = flat(pool[theirs]) * 255, np.where(pool_y[theirs] == 0, 10, pool_y[theirs])
    attempts = {
        "A alone": [team_a],
        "A and B as they came": [team_a, (bright, their_y, names_b)],
        "B's 1..10 taken for 0..9": [team_a, (bright / 255, their_y, {c: c - 1 for c in range(1, 11)})],
        "units and labels agreed": [team_a, (bright / 255, their_y, names_b)],
    }
    for name, sources in attempts.items():
        x, y, source = fuse_sources(sources)
        source = np.asarray(source)
        score = SVC(C=10).fit(x, y).score(flat(test), test_y)
        print(f"{name:25} {len(x):3} rows ({np.sum(source == 0)} of A, {np.sum(source == 1):3} of B)   accuracy {score:.3f}")

# %% [markdown]
# Agreed on units and labels, B's data lift the accuracy from 0.788 to 0.974, and the 20 shared images are found. As they came, in two units of
# brightness, the accuracy is that of guessing, and no duplicate is found either, since 1.0 is not 255. With B's classes off by one the model learns
# B's numbering, and is right on 2 %. Nothing raised an error in either case. Look at the number of rows: a fusion of overlapping sources that drops
# none is a warning.
#
# Five more points belong to any fusion. **Meaning**: the same word may be given by other rules; have some examples labelled by both teams, and look at the disagreements. **Weights**: a large source drowns a small one; weigh the rows, or draw from each source with a chosen probability, so that the mixture looks like production. **Shortcuts**: if all positives come from one hospital, the model learns the hospital. Train a classifier of the *source*; if it is nearly
# perfect, and the source tells the label, split by source (train on some, test on another) and report each source by itself. **Fine print**: may the data be joined at all (licence, consent, personal data that becomes identifiable by joining)? **Order**: deduplicate across sources *before* the split.

# %% [markdown] question="two-sources" points=5
# ### Q. "Two sources, two distributions. How do you fuse them?"   *(medium, 5 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - one schema: label definitions, units, encodings, checked on examples labelled by both
# - duplicates across sources removed before the split
# - the source kept with each row: evaluate per source, split by group, or use it as a feature knowingly
# - weights or sampling, so that the large source does not drown the one that looks like production
# - licence and privacy: may the data be joined at all?
#
# **Red flags** (-1): concatenates and shuffles; one overall accuracy.
#
# **A strong answer, said aloud**: Before any code I make sure that a label means the same in both: I take examples that both teams have labelled, or have some labelled by both, and look at the disagreements. Then units and encodings, which I check by comparing the distribution of every column per source; in our experiment a brightness of 0 to 255 against
# 0 to 1 brought the accuracy down to guessing, without an error. I map labels by an explicit table that refuses what it does not know, and remove duplicates across the sources before I split. Every row keeps its source. I use it for evaluation per source and for a split that holds one source out, because if one source has most
# of the positives, the model may learn the source. I check that by training a classifier of the source. If the sources differ in size I weigh them so that the mixture looks like production. And at the start I ask whether licence and privacy allow the join.
#
# **A weak candidate says**: "I would concatenate the two data sets, shuffle them, and normalise."
#
# **Follow-ups**:
# - *The source predicts the label: how do you notice?* A model on the source alone beats the base rate, or accuracy falls sharply when one source is held out of training.
# - *And what do you do then?* Balance the labels within each source, drop features that only tell the source, or train and report per source; the honest number is that on a source never seen.
# - *Same x, two labels: which is right?* Neither is dropped in silence: count them, that is the disagreement of the sources; have them judged, or keep both as soft labels.
# === END MARK SCHEME ===

# %% [markdown]
# ## 6. `linear_probe`   *(medium, 15 min, asked sometimes)*
#
# > *"Transfer learning with fifty labels. What do you train, and what do you freeze?"*
#
# Freeze everything, take the features of the last hidden layer, and train a linear layer on them: the **linear probe**. With few labels it is the
# baseline to beat, and ridge regression on one-hot labels has it in closed form. With standardised features $Z$ (column means 0) and
# one-hot labels $Y$:
#
# $$\min_{W,b}\ \tfrac1n\lVert ZW+\mathbf 1b-Y\rVert^2+\lambda\lVert W\rVert^2
# \quad\Rightarrow\quad b=\bar Y,\qquad W=\bigl(\tfrac1nZ^\top Z+\lambda I\bigr)^{-1}\tfrac1nZ^\top(Y-\bar Y)$$
#
# with $\lambda$ = `l2`, because $Z^\top\mathbf 1=0$ decouples $b$ from $W$. Mean and standard deviation come from the training features alone, and the new features get
# the same ones.


# %%
def linear_probe(features, labels, new_features, l2, n_classes):
    """Transfer learning's last layer: ridge regression on frozen features, then the largest score.

    features: (n, d), new_features: (m, d), finite real numbers of any dtype, computed in float64.
    labels: (n,) integers 0..n_classes-1 of any width. n, m >= 1. Not changed.
    Standardise both by the mean and standard deviation (ddof 0) of each column of `features`; a
    column of `features` whose values are all equal (ten times 0.1 too) is only centred, every
    other one divided by its standard deviation, however small. With the one-hot labels Y find W
    (d, n_classes) and b (n_classes,) that minimise (sum over the n rows of |zW + b - y|^2) / n +
    l2 * |W|^2; b is not penalised.
    Returns (m,) integers: the class with the largest score zW + b for each row of new_features.
    Checks stay away from near-ties.
    ValueError: l2 <= 0, no rows, shapes that do not fit, a label outside 0..n_classes-1.
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

# %% [markdown]
# **In scikit-learn.** `make_pipeline(StandardScaler(), RidgeClassifier(alpha))` is nearly that: its labels are ±1 in the place of 0 and 1, which changes the scores and not the largest, and `alpha` is $n\lambda$, since it **sums** the squared errors. `StandardScaler` also gives a constant column the scale 1, found by a tolerance.
# In practice the probe's last layer is `LogisticRegression`; ridge is the one with a closed form, and as good to compare features with.
#
# **Put it to work.** The old task: tell the digits 0 to 4 apart, with about 500 labels. The new task: 5 to 9, with few. Three kinds of features for
# the new task: the raw pixels, the hidden layer of a network trained on the old task, and the hidden layer of a network that was never trained. And
# two old tasks: one with digits as they come, one with shifted ones. The new task's digits are shifted, as they would be from a phone camera.

# %% tags=["instructor"]
linear_probe = backend.runs(linear_probe)

# %% tags=["folded"]
if ready(linear_probe, pad_crop):

    def pretrained(shifts):
        """The hidden layer of a network that has learnt 0-4, with so many shifted copies."""
        rng, old = np.random.default_rng(0), pool_y < 5
        x = np.concatenate([pool[old], *[moved(pool[old], rng) for _ in range(shifts)]])
        net = MLPClassifier((64,), max_iter=40, learning_rate_init=0.005, random_state=0).fit(flat(x), np.tile(pool_y[old], shifts + 1))
        return lambda some: np.maximum(flat(some) @ net.coefs_[0] + net.intercepts_[0], 0)

    untrained = np.random.default_rng(3).normal(size=(64, 64))
    kinds = {
        "pretrained on shifted 0-4": pretrained(3),
        "pretrained on centred 0-4": pretrained(0),
        "never trained": lambda some: np.maximum(flat(some) @ untrained, 0),
        "raw pixels": flat,
    }
    new_x, new_y = moved(images[labels >= 5], np.random.default_rng(7)), labels[labels >= 5] - 5
    few = (10, 25, 50, 100, 300)
    found = {name: [] for name in kinds}
    for n in few:
        for name, kind in kinds.items():
            features = kind(new_x)
            splits = [np.random.default_rng(seed).permutation(len(new_x)) for seed in range(20)]
            predicted = [(linear_probe(features[p[:n]], new_y[p[:n]], features[p[400:]], 0.1, 5), new_y[p[400:]]) for p in splits]
            right = [np.mean(np.asarray(a) == b) for a, b in predicted]
            found[name].append((np.mean(right), np.std(right, ddof=1)))
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for (name, values), style in zip(found.items(), ("o-", "s--", "^:", "d-"), strict=True):
        ax.plot(few, [value for value, _ in values], style, label=name)
    ax.set(xscale="log", xticks=few, xlabel="labels of the new task (log scale)", ylabel="accuracy on shifted 5-9")
    ax.set_xticklabels(few)
    ax.minorticks_off()
    ax.legend()
    plt.show()
    for name, values in found.items():
        print(f"{name:26}", "  ".join(f"n={n}: {v:.3f} ± {e:.3f}" for n, (v, e) in zip(few, values, strict=True)))

# %% [markdown]
# (± is the standard deviation over 20 splits.) Features from **shifted** 0-4 are ahead of the pixels by 8 points at 50 labels and at 300. Features from **centred** 0-4 are not: what transfers
# is what the old task made the network indifferent to, and that one never saw a shift. At 300 labels they even lose to features that were **never
# trained**, a control that costs one line and is missing from most reports: when the transferred features lose to it, that is **negative transfer**. (The other control is a network trained from scratch on the new labels.) And with 10 labels all four are bad.
#
# **How much to train?** From little to much: the probe; the last layers; everything, with a small learning rate (smaller still for the lower layers, and warmed up). It depends on how many labels there are and how far the new domain is from the old: few labels and a near domain, freeze; many labels or a far domain, train more. Training everything overfits
# sooner and **forgets** the old task. What freezing forgets: the preprocessing, the tokenizer and the normalisation statistics must be those of the old model.
#
# **LoRA** trains in between: each chosen weight matrix $W$ (d by k) stays frozen and becomes $W+\frac{\alpha}{r}BA$ with $B$ (d by r) and $A$ (r by k). $B$ starts at 0, so that training begins at the old model; were $A$ zero as well, neither would ever get a gradient. With $d=k=4096$ and $r=8$ that is 65,536 trained numbers in the place of 16.8 million. The frozen ones need
# no gradient and no optimiser state (Adam's two numbers a weight), the result is a small file for each task, and for serving $BA$ is added into $W$, at no cost in speed. The activations are still there, and the forward pass is not cheaper.

# %% [markdown] question="fine-tune" points=5
# ### Q. "Fine-tune everything, only the last layer, or LoRA?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - it depends on two things: how many labels, and how far the new domain is from the old
# - freezing overfits less; full fine-tuning needs a small learning rate, per layer or warmed up, and can forget
# - what freezing forgets: normalisation statistics, preprocessing, a tokenizer must be those of the old model
# - negative transfer exists: compare with a model from scratch and with features that were never trained
# - LoRA: W + BA, no gradients and no optimiser state for the frozen weights, one small file a task, merged for serving
#
# **Red flags** (-1): "always fine-tune everything"; the preprocessing of the new data, not the old model's.
#
# **A strong answer, said aloud**: It depends on how many labels I have and how far the new domain is. With a few hundred labels near the old domain I freeze everything and train a linear probe, which is a minute's work and the baseline to beat. With more labels, or a domain that looks different, I train more: the last layers, or everything with a small
# learning rate, warmed up, and lower for the lower layers. Full fine-tuning overfits sooner and forgets what the model could do before, so I check the old task too. LoRA lies in between: I freeze W and learn a product of two thin matrices, B starting at zero, so training starts from the old model. I save the gradients and Adam's
# state of the frozen weights, which is most of the memory, and keep one small file a task that can be merged for serving. In all cases I keep the old model's preprocessing, tokenizer and normalisation. And I compare with a model from scratch and with an untrained network's features, because negative transfer exists.
#
# **A weak candidate says**: "LoRA is the state of the art, so I would use LoRA; it is faster."
#
# **Follow-ups**:
# - *How do you choose the rank?* Start at 8 or 16 and double it: if the validation loss does not move, it is enough. Which matrices are adapted matters more than the rank.
# - *Why does one of the two factors start at zero?* So that BA = 0 and the first step starts at the old model. The other must not be zero, or both gradients are.
# - *Is LoRA's forward pass cheaper?* No: it is a little dearer until BA is merged. What is saved is memory for gradients and optimiser state.
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `pseudo_label`   *(easy, 6 min, asked sometimes)*
#
# > *"You have 50 labels and 950 images without. Use them."*
#
# Train on the 50, label the rest with the model, keep what it is sure of, train again. The function is four lines; the judgement is in the
# threshold.


# %%
def pseudo_label(probabilities, threshold):
    """The rows that a model is sure of, and the classes that it predicts for them.

    probabilities: (n, k) float64 or float32, n, k >= 1. Not changed. threshold: a Python number.
    Returns (indices, labels): in increasing order the rows whose largest probability is >=
    threshold, and the class of that probability in each of these rows (the lowest such class if
    several are level). Both (number of rows kept,) integers, both empty if no row reaches the
    threshold. float32's 0.9 is a little less than 0.9: NumPy compares in float32 and counts it, a
    float64 copy does not. Either is right here; the checks keep off such cases.
    ValueError: probabilities that are not (n, k) with at least one entry.
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

# %% [markdown]
# **In scikit-learn.** `SelfTrainingClassifier(model, threshold=0.75)` does several rounds; unlabelled rows carry the label -1, and a row counts if its largest probability is **above** the threshold, where ours has "at least". In PyTorch `values, labels = p.max(dim=1)` gives both at once.
#
# **Put it to work.** 50 labels, 950 images without, ten draws, thresholds from loose to strict. As the labels are known to us we can look at what
# a real project cannot: how many of the pseudo-labels are right.


# %% tags=["instructor"]
pseudo_label = backend.runs(pseudo_label)


# %% tags=["folded"]
def logistic(x, y):
    """Logistic regression on rows."""
    return LogisticRegression(C=10, max_iter=300).fit(x, y)


def self_train(threshold, seed, n=50):
    """Test accuracy before and after, fraction kept, fraction right among them, and how many of each class were kept."""
    rows = np.random.default_rng(seed).permutation(1000)
    known, rest = rows[:n], rows[n:]
    model = logistic(flat(pool[known]), pool_y[known])
    indices, predicted = (np.asarray(part) for part in pseudo_label(model.predict_proba(flat(pool[rest])), threshold))
    predicted = model.classes_[predicted]
    again = logistic(np.concatenate([flat(pool[known]), flat(pool[rest[indices]])]), np.concatenate([pool_y[known], predicted]))
    right = np.mean(predicted == pool_y[rest[indices]]) if len(predicted) else np.nan
    before, after = model.score(flat(test), test_y), again.score(flat(test), test_y)
    return before, after, len(predicted) / len(rest), right, np.bincount(predicted, minlength=10)


if ready(pseudo_label):
    print("labels   threshold   kept   right   largest class   accuracy without   with pseudo-labels   gain, points")
    for n, threshold in ((50, 0.5), (50, 0.7), (50, 0.8), (50, 0.9), (50, 0.95), (20, 0.9)):
        runs = [self_train(threshold, seed, n) for seed in range(10)]
        before, after, kept, right = (np.array([run[k] for run in runs]) for k in range(4))
        largest = np.mean([run[4].max() / run[4].sum() for run in runs])
        error = 100 * np.std(after - before, ddof=1) / np.sqrt(10)
        print(
            f"{n:6}   {threshold:9}   {kept.mean():4.0%}    {right.mean():4.0%} {largest:15.0%} {before.mean():18.3f} {after.mean():20.3f}   {100 * np.mean(after - before):+6.1f} ± {error:.1f}"
        )

# %% [markdown]
# The stricter the threshold, the purer the labels and the smaller the gain. At 0.5 one pseudo-label in nine is wrong, and the model gains 3 points;
# at 0.95 99 % are right, and nothing is gained. Those that pass are the ones it did not need: the easy digits. And they are of few classes, so the
# second model also learns that the hard classes are rare. Three warnings: this table was made with the true labels of the "unlabelled" images and
# with the test set, so to choose 0.5 from it would be cheating (labelled validation rows choose, and test images are never pseudo-labelled); softmax
# probabilities of another model mean something else; and a weaker start does worse: with 20 labels in the place of 50, a threshold of 0.9 costs 3
# points. The model's own confident errors come back to it as labels: **confirmation bias**.
#
# Better forms keep the idea and change three things. A **threshold for each class**, or equal numbers of each, so that easy classes do not crowd out the others. **Calibration** first (lesson *metrics*), so that 0.9 means 0.9. And **FixMatch**: predict on a weakly augmented copy, keep the label if the model is sure, and train on a strongly augmented copy of the same
# image, so that the model does not just learn its own answer again. Unlabelled data from elsewhere may hold classes that the task does not have; each gets a confident wrong label.
#
# Here is one draw at 0.9, class by class. Eights and nines hardly get in.


# %% tags=["folded"]
def show_kept(threshold=0.9):
    """Which classes the pseudo-labels are of."""
    before, after, kept, right, counts = self_train(threshold, 0)
    figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
    ax.bar(range(10), counts, color="#4c78a8")
    ax.set(xticks=range(10), ylim=(0, 120), xlabel="class", ylabel="pseudo-labels")
    ax.set_title(
        f"threshold {threshold:.2f}: {kept:.0%} kept, {right:.0%} of them right, accuracy {before:.3f} before, {after:.3f} after", fontsize=10
    )
    plt.show()


if ready(pseudo_label):
    show_kept()

# %% [markdown]
# Move the threshold and watch the classes:

# %%
if ready(pseudo_label):
    interact(show_kept, threshold=FloatSlider(value=0.9, min=0.4, max=0.96, step=0.02, continuous_update=False))

# %% [markdown] question="pseudo-labels" points=4
# ### Q. "Self-training made our model worse. Why, and what would you change?"   *(medium, 4 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - confirmation bias: the model's confident errors become labels
# - only easy classes pass a strict threshold: a threshold for each class, or equal numbers of each
# - the probabilities are not calibrated, so 0.9 does not mean 0.9; unlabelled data may come from elsewhere
# - the strong form: pseudo-label from a weakly augmented image, train on a strongly augmented one (FixMatch); and never the test images
#
# **Red flags** (-1): "lower the threshold until it works on the test set".
#
# **A strong answer, said aloud**: The model wrote its own labels, so its confident errors came back as truth, which is called confirmation bias: with few labels to start from it is worst. In our experiment a start with twenty labels lost three points where a start with fifty gained. The second reason is selection. A strict threshold lets the easy
# classes through, so the second model also learns that the hard ones are rare; I would look at the counts by class, and use a threshold for each class or take equal numbers. Third, the threshold itself: softmax probabilities are often overconfident, so I would calibrate on held-out labels first. Then I would check that the
# unlabelled data come from the same place and hold the same classes. If all that is in order I would change the method: FixMatch takes the label from a weakly augmented image and trains on a strongly augmented one, so that the model has something to learn. The threshold is chosen on a validation set, never on the test set.
#
# **A weak candidate says**: "The pseudo-labels are noisy; I would raise the threshold."
#
# **Follow-ups**:
# - *How many rounds, and when do you stop?* Until the validation accuracy, on real labels, stops rising; often one or two. Watch the class counts: when they drift, stop.
# - *Soft or hard pseudo-labels?* Hard ones sharpen the model and repeat its errors; soft ones are distillation, and keep its doubt. With a threshold hard is usual.
# - *Semi-supervised or a few more labels?* Price both on the learning curve: here self-training at 0.5 gains 3 points over 50 labels, about what 20 to 50 more labels would.
# === END MARK SCHEME ===

# %% [markdown]
# ## When the data are text
#
# For a language model "too little data" means tokens, and the remedies have other names. Each is again a claim. A corpus that is small is no start from scratch: one goes on training a pretrained model, and compares with that model's loss on held-out documents. Before anything else, deduplicate and split by document.
#
# **Paraphrases.** *Back-translation* (into another language and back, by two translation models) and paraphrases by a language model keep the meaning and change the words; replacing words by synonyms, dropping and swapping words is cheap and rougher. The claim is that the **label survives**. It does not when the change hits a negation ("not bad"), a number, a name, or
# the very thing that the label is about (style, dialect, politeness, grammar). A round trip through another language also irons out rare words and typing errors, so the copies are cleaner than what users write. Check a sample by hand; drop copies that are nearly identical, and those whose meaning has moved (a model that says whether each entails the other). And split first: a paraphrase
# of a test sentence in the training set is a leak.
#
# **Repeating.** The other way to get more tokens is to read the same ones again. How often does that help? Here is a small model of characters: it sees five characters and predicts the next. The text is NumPy's documentation. Given 4,000 characters, we read them 1 to 16 times, and compare with as many characters that are all **new**.


# %% tags=["folded"]
ALPHABET = "abcdefghijklmnopqrstuvwxyz .,-()"
SEEN = 5  # characters that the model sees


def encoded(text):
    """A text's characters as numbers, in lower case, all that is not in the alphabet as one space."""
    kept = "".join(c if c in ALPHABET else " " for c in text.lower())
    return np.array([ALPHABET.index(c) for c in " ".join(kept.split())])


def windows(ids, n):
    """The first n pairs of five characters and the next one."""
    runs = np.lib.stride_tricks.sliding_window_view(ids, SEEN + 1)[:n]
    return runs[:, :SEEN], runs[:, SEEN]


def character_model(x, y, seed):
    """A network with 64 hidden units, trained by Adam on these pairs in their order, 128 at a time; returns its loss on other pairs."""
    rng, k = np.random.default_rng(seed), len(ALPHABET)
    weights = [rng.normal(0, 0.1, (SEEN * k, 64)), np.zeros(64), rng.normal(0, 0.1, (64, k)), np.zeros(k)]
    weights = [w.astype(np.float32) for w in weights]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]

    def forward(x):
        one_hot = np.zeros((len(x), SEEN * k), np.float32)
        one_hot[np.arange(len(x))[:, None], x + k * np.arange(SEEN)] = 1
        a = np.maximum(one_hot @ weights[0] + weights[1], 0)
        z = a @ weights[2] + weights[3]
        z = z - z.max(axis=1, keepdims=True)
        return one_hot, a, z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    steps = len(x) // 128
    for t in range(steps):
        batch = slice(128 * t, 128 * t + 128)
        one_hot, a, log_p = forward(x[batch])
        dz = np.exp(log_p)
        dz[np.arange(128), y[batch]] -= 1
        dz /= 128
        da = (dz @ weights[2].T) * (a > 0)
        gradients = one_hot.T @ da, da.sum(axis=0), a.T @ dz, dz.sum(axis=0)
        for w, m, v, g in zip(weights, first, second, gradients, strict=True):
            m += 0.1 * (g - m)
            v += 0.01 * (g * g - v)
            w -= 0.005 * (1 - t / steps) * (m / (1 - 0.9 ** (t + 1))) / (np.sqrt(v / (1 - 0.99 ** (t + 1))) + 1e-8)
    return lambda x, y: float(-np.mean(forward(x)[2][np.arange(len(x)), y]))


def shuffled(n, epochs, rng):
    """Row numbers 0..n-1, shuffled anew for each epoch."""
    return np.concatenate([rng.permutation(n) for _ in range(epochs)])


if ready():  # not where answers are judged: it takes seconds
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    manual = encoded(" ".join(str(getattr(np, name).__doc__) for name in sorted(dir(np)) if callable(getattr(np, name)) and not name.startswith("_")))
    manual, held_out = manual[:-10_000], windows(manual[-10_000:], 10_000 - SEEN)
    few_characters, table = 4000, []
    for epochs in (1, 2, 4, 8, 16):
        losses = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            start = rng.integers(0, len(manual) - 16 * few_characters - SEEN)
            x, y = windows(manual[start:], few_characters * epochs)
            rows, fresh = shuffled(few_characters, epochs, rng), rng.permutation(len(x))
            same, new = character_model(x[rows], y[rows], seed), character_model(x[fresh], y[fresh], seed)
            losses.append((same(x[:few_characters], y[:few_characters]), same(*held_out), new(*held_out)))
        table.append((epochs, *np.mean(losses, axis=0), *np.std(np.array(losses)[:, 1:], axis=0, ddof=1)))
        on_train, repeated, fresh_text, *errors = table[-1][1:]
        print(f"{epochs:2} epochs: training loss {on_train:.2f}   test loss {repeated:.2f} ± {errors[0]:.2f}   with new text {fresh_text:.2f} ± {errors[1]:.2f}")
    epochs, on_train, repeated, fresh_text, *errors = np.array(table).T
    ax.errorbar(epochs, repeated, errors[0], marker="o", capsize=3, label="the same 4,000 characters, test")
    ax.errorbar(epochs, fresh_text, errors[1], marker="s", capsize=3, label="as many new characters, test")
    ax.plot(epochs, on_train, ":", color="grey", label="the same 4,000 characters, training")
    ax.set(xscale="log", xticks=epochs, xlabel="epochs (log scale)", ylabel="loss, nats a character")
    ax.set_xticklabels([f"{e:.0f}" for e in epochs])
    ax.minorticks_off()
    ax.legend(fontsize=9)
    plt.show()

# %% [markdown]
# The mean of five draws, with its standard deviation. With two epochs there is next to no difference between old and new text (2.87 and 2.84), with four it is small (2.62 and 2.54): repeating is nearly as good as new. From eight on it is not, and from 8 to 16 the test loss hardly moves (2.43, 2.42) while the training loss goes on falling, from 1.81 to 1.41: those passes overfit the text.
# For large models the published curve has the same shape (Muennighoff et al., *Scaling Data-Constrained Language Models*, 2023): up to about four epochs are nearly as good as new data, then each is worth less, and after some sixteen hardly anything. It depends on the model: a larger one starts to memorise earlier.
#
# **Mixing.** The own texts are few, other texts plenty. What fraction of the training should be one's own? The own texts here: scikit-learn's descriptions of its data sets, 1,000 or 4,000 characters of them; the others: NumPy's documentation. The budget is fixed, 32,000 characters read; a fraction $w$ of them from the own texts (repeated as often as that takes), the rest from the others.

# %% tags=["folded"]
folder = resources.files("sklearn.datasets.descr")
own = encoded(" ".join(part.read_text(encoding="utf-8") for part in sorted(folder.iterdir(), key=lambda part: part.name) if part.name.endswith(".rst")))
own, own_test = own[:-10_000], windows(own[-10_000:], 10_000 - SEEN)
read, fractions = 32_000, (0, 0.1, 0.25, 0.5, 0.75, 1)
figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for size in (1000, 4000):
    points = []
    for w in fractions:
        losses = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            mine, others = windows(own[rng.integers(0, len(own) - size - SEEN) :], size), windows(manual[rng.integers(0, 500_000) :], read)
            n = int(w * read)
            rows, rest = shuffled(size, -(-read // size), rng)[:n], rng.permutation(read)[n:]
            order = rng.permutation(read)
            x, y = (np.concatenate([one[rows], other[rest]])[order] for one, other in zip(mine, others, strict=True))
            losses.append(character_model(x, y, seed)(*own_test))
        points.append((np.mean(losses), np.std(losses, ddof=1)))
        print(f"{size} own characters, w = {w:4}: read {n / size:4.1f} times, loss on own texts {points[-1][0]:.2f} ± {points[-1][1]:.2f}")
    ax.errorbar(fractions, *np.array(points).T, marker="o", capsize=3, label=f"{size:,} own characters")
ax.set(xlabel="fraction of the training that is one's own text", ylabel="loss on own texts")
ax.legend()
plt.show()

# %% [markdown]
# Neither end is best. With 1,000 own characters the lowest loss is at a quarter (2.61, against 2.66 without them and 3.02 with nothing else): read 8 times. With 4,000 it is at a half (2.58), read 4 times. The minimum is flat, so the weight need not be exact, and the mistakes are not alike: too much of a small source costs far more (3.02) than too little (2.63 at a tenth).
# A smaller corpus wants a smaller weight, because it is the repetitions that hurt.
#
# With many sources one writes the weights as $w_i\propto n_i^\alpha$, where $n_i$ is the size of source $i$: $\alpha=1$ reads all equally often, $\alpha=0$ gives each source the same weight, and values between lift the small ones (multilingual models used 0.3 to 0.7; this is **temperature sampling**, with $\alpha=1/T$). Then look at how often each source is read (hunt 3). Better
# weights come from small proxy models trained on several mixtures (DoReMi; regressions of the loss on the weights), always judged by the loss on the *target*, not on the mixture.
#
# **Instruction data.** Here a thousand good examples may do more than a hundred thousand scraped ones (the LIMA paper, 2023, fine-tuned a 65B model on 1,000), since the abilities come from pre-training and the examples teach form. So: **diverse** tasks, correct answers, near-duplicates removed, nothing from the evaluation sets. The loss is taken on the **response only**, with the end-of-text token, in exactly the chat
# template that will be used; hunt 2 is about that. To get more: people write some, a model writes many from seeds (*self-instruct*), and filters keep what can be verified.
#
# **Synthetic text** is the strong form of augmentation, with the same duties. *Verify*: keep code that passes tests and answers that match; an unverified sample is a pseudo-label. *Spread*: prompts drawn from real data and topics, near-duplicates removed, since a model repeats itself. *Decontaminate* against every evaluation set. *Mix* with real text, and measure on a fixed real test set at equal compute: a model
# trained on its own output, again and again, loses the tails of the distribution (**model collapse**). And read the licence of the model that writes.

# %% [markdown] question="text-data" points=5
# ### Q. "Our domain corpus has 2 million tokens. How do you get the most out of it?"   *(hard, 6 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - start from a pretrained model and measure on held-out text of the domain; deduplicate and split by document first
# - repeat it a few times: up to about four epochs are nearly as good as new text, then returns fall and overfitting starts; watch the validation loss
# - mix it with general text and choose the weight by the target's loss; know how often each source is read (small sources lifted, w ∝ n^α)
# - paraphrase, back-translation or synthetic text, with a check that the meaning survived, after the split
# - instruction data: few, diverse, correct; loss on the response only
#
# **Red flags** (-1): trains from scratch on it; "as many epochs as possible"; augments before the split.
#
# **A strong answer, said aloud**: Two million tokens are far too few to train on alone, so I start from a pretrained model and continue training. First I deduplicate, hold out whole documents as a test set, and note the loss of the base model there. Then two decisions. How often do I read the corpus? From published work, and from a small experiment,
# up to about four epochs are nearly as good as fresh text, and after that each one brings less until the test loss rises. And what do I mix it with? If I train on the domain alone the model overfits and forgets, so I add general text, with a weight that I choose by the loss on the domain test set, and I
# calculate how often each source is then read. To get more domain text I would paraphrase or let a model write from our documents, verify a sample, remove near-duplicates and anything close to the test set. If the goal is a task, a thousand careful instruction examples come next, with the loss on the responses only.
#
# **A weak candidate says**: "I would fine-tune on it for many epochs, and use GPT to generate more data."
#
# **Follow-ups**:
# - *When does a paraphrase change the label?* When it touches a negation, a number, a name, or when the label is about the wording itself (style, grammar, politeness).
# - *Three epochs on a source and 0.2 on another: is that bad?* No: it is what lifting a small source means. Look at the small one's training loss against held-out text of the same source.
# - *How do you know that it has not forgotten?* Keep a general test set and report both losses; more general text in the mixture, a smaller learning rate or LoRA keep it.
# - *Why not choose the weights by the training loss of the mixture?* The easiest source would win: its loss is low whatever it is worth to the target.
# === END MARK SCHEME ===

# %% [markdown] question="synthetic" points=5
# ### Q. "May we train our language model on text that a language model wrote?"   *(hard, 6 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - verification: keep what can be checked (code that passes tests, answers that match), filter the rest
# - diversity and duplicates: prompts seeded from real data, near-duplicates removed
# - decontamination against every evaluation set
# - mixed with real data; training again and again on one's own output narrows the distribution (model collapse)
# - licence and terms of the model that wrote it
#
# **Red flags** (-1): "synthetic data is free"; quality judged by the same model that wrote it, and by nothing else.
#
# **A strong answer, said aloud**: Yes, if we treat it as data with a source, and not as free text. The first question is verification: I would start where an answer can be checked, code that passes its tests, mathematics with a known result, extraction against a schema, and keep only what passes. Without a check I would have people judge a sample, and not
# the model that wrote it. Second, diversity: a model repeats itself, so the prompts come from real documents and real user questions, and near-duplicates are removed. Third, decontamination: the writer may have seen the benchmarks, so I remove whatever overlaps with any evaluation set. Fourth, the mixture: I keep real data in, because training on one's own output again and
# again loses the rare cases, which is called model collapse. The gain I measure on a fixed test set written by people, at equal compute, with several mixing weights, one of them zero. And before all that I read the licence of the model, since some forbid training competitors.
#
# **A weak candidate says**: "Yes, GPT-4's answers are better than most human ones, so it is high-quality data."
#
# **Follow-ups**:
# - *How do you measure the gain?* On a fixed, real test set, at equal compute, with several mixes, the one without synthetic text among them, and several seeds.
# - *Is a filtered sample still biased?* Yes, towards what the filter can check and what the model finds easy, as with pseudo-labels; count topics and lengths before and after.
# - *Distillation or synthetic data?* Text carries only the sampled tokens; with the teacher's probabilities one learns more from each token, if they are to be had.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 1: 100 % on labels that mean nothing   *(medium, 12 min, asked often)*
#
# Somebody augments a data set with noisy copies and splits it, in the order in which the tutorial's cells stood. The images are in random order
# already. It runs, and the accuracy is splendid.


# %%
def guide_split(images, labels, noise, n_test):
    """Augment, then hold out the last n_test rows. Wrong."""
    images = np.concatenate([images, images + noise])
    labels = np.concatenate([labels, labels])
    return images[:-n_test], labels[:-n_test], images[-n_test:], labels[-n_test:]


noise = np.random.default_rng(1).normal(0, 0.1, images.shape)
meaningless = np.random.default_rng(0).permutation(labels)  # shuffled: no image tells its label


def test_accuracy(split, y):
    """A nearest-neighbour model's accuracy after a split of the first 600 digits."""
    train_x, train_y, held_x, held_y = split(images[:600], y[:600], noise[:600], 200)
    return KNeighborsClassifier(1).fit(flat(train_x), train_y).score(flat(held_x), held_y)


print(
    f"accuracy after guide_split: true labels {test_accuracy(guide_split, labels):.3f}, shuffled labels {test_accuracy(guide_split, meaningless):.3f}"
)

# %% [markdown]
# The shuffled labels are the giveaway, and the test to remember: **permute the labels, and whatever accuracy is left above guessing is leakage.** First, data of
# your own on which it shows.


# %%
def split_counterexample():
    """Data on which guide_split shows an accuracy that is not there.

    Returns (images, labels, noise, n_test), arguments of guide_split: images (n, H, W) and noise
    (n, H, W) numbers, labels (n,) integers, 10 <= n_test <= n - 10, n <= 200, H and W <= 16.
    Call a test image right if the nearest training image (least squared difference) has its
    label.
    Of what guide_split returns, at least 90 % of the test images must be right. Of the honest
    split (the last n_test images held out as they are, the training set the other images and
    their noisy copies) at most 50 % may be. For full marks there are at most ten classes, each
    with two rows or more.
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
# **Then, fixed.**


# %%
def split_mended(images, labels, noise, n_test):
    """Split first, then augment the training set only.

    images: (n, H, W) real numbers of any dtype, in random order, labels: (n,) integers of any
    width, noise: (n, H, W) real numbers. n_test: int. Not changed.
    Returns (train_images, train_labels, test_images, test_labels). Test: the last n_test images
    as they are, in their order, and their labels.
    Training: the other images in their order, then their copies with their own noise added, in
    the same order; the labels go along.
    Images come back as float32 if images and noise are both float32, else as float64. New
    arrays, no views of the inputs.
    ValueError: images that are not (n, H, W) with at least one entry, labels or noise of another
    shape, n_test outside 1..n-1.
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

# %% tags=["instructor"]
split_mended = backend.runs(split_mended)

# %% tags=["folded"]
if ready(split_mended):
    for name, y in (("true labels", labels), ("shuffled labels", meaningless)):
        print(f"{name:16} guide_split {test_accuracy(guide_split, y):.3f}   split_mended {test_accuracy(split_mended, y):.3f}")

# %% [markdown]
# Every test image after guide_split is a copy of a training image, so a model that only remembers is perfect, on labels that mean nothing too. The
# honest numbers are 95.5 % on the true labels and 12 % on the shuffled ones, where guessing gives 10 %. The same leak hides in oversampling, in
# several photos of one patient, in overlapping windows of one time series, in near-duplicates from the web. Noise is only its most visible form.
#
# **In scikit-learn.** The same order is what `Pipeline` keeps for you: whatever is *fitted* (scalers, selections, imputations, and imblearn's resampling) goes into the pipeline that cross-validation refits on each training part. For copies, patients and paraphrases use `GroupKFold`, with the original's number as the group.
#
# ## Hunt 2: the assistant that never stops   *(medium, 12 min, asked often)*
#
# Rows for fine-tuning on instructions: the prompt, the response, padding. The tokenizer has no padding token, so somebody pads with the end-of-text token `eos`, as many recipes do. A target of **-100** is what PyTorch's cross-entropy leaves out (`ignore_index`). The rows have the right shape, the loss falls, and the model that comes out
# does not stop talking. **There are four faults in these lines.**


# %%
def published_rows(prompts, responses, eos, length):
    """Rows of token ids, their targets and attention masks. Four faults."""
    rows = []
    for prompt, response in zip(prompts, responses, strict=False):
        row = prompt
        row += response
        row += [eos] * (length - len(row))
        rows.append(row[:length])
    targets = [[-100 if token == eos else token for token in row] for row in rows]
    attention = [[int(token != eos) for token in row] for row in rows]
    return rows, targets, attention


for name, table in zip(("ids", "targets", "attention"), published_rows([[11, 0, 12]], [[21, 22]], 0, 8), strict=True):
    print(f"{name:10}", table[0])

# %% [markdown]
# Read the three lines as the model would. Which tokens does it learn to write? Which of them ends an answer? What can it see of a prompt that has two turns, separated by `eos` (0 here)? And print the caller's `prompts` afterwards.


# %%
def instruction_rows_mended(prompts, responses, eos, length):
    """Token ids, targets and attention mask of a batch for fine-tuning on instructions.

    prompts, responses: lists of the same number n >= 1 of lists of token ids (Python ints >= 0).
    eos: the id that ends a response; it may also stand inside a prompt or a response, as a token
    like any other. length: int. Not changed. A row is prompt + response + [eos], cut after
    `length` tokens (a row that is cut has no eos of its own), or filled up with eos to `length`.
    Returns (ids, targets, attention), each n rows of `length` integers (lists or arrays).
    targets: the token itself where it belongs to the response or is the eos that ends it, -100
    in the prompt and in the padding. attention: 1 for prompt, response and the eos that ends it,
    0 for the padding. (Targets are not shifted: the loss does that.)
    ValueError: no rows, lists of different lengths, an empty response, a prompt of `length`
    tokens or more, which leaves nothing to learn.
    """
    ### BEGIN SOLUTION
    if not prompts or len(prompts) != len(responses):
        raise ValueError(f"need a response for each prompt, not {len(responses)} for {len(prompts)}")
    ids, targets, attention = [], [], []
    for prompt, response in zip(prompts, responses, strict=True):
        if not response or len(prompt) >= length:
            raise ValueError(f"{len(prompt)} prompt tokens and {len(response)} response tokens leave nothing to learn in {length}")
        learned = [*response, eos]
        padding = max(0, length - len(prompt) - len(learned))  # known by its place, not by its value
        ids.append([*prompt, *learned, *[eos] * padding][:length])
        targets.append([*[-100] * len(prompt), *learned, *[-100] * padding][:length])
        attention.append([1] * (length - padding) + [0] * padding)
    return ids, targets, attention
    ### END SOLUTION


# %%
check(instruction_rows_mended)

# %% [markdown]
# The four: the prompt is among the targets, so most of the loss goes to writing *prompts*; padding is recognised by its **value**, so the eos that ends a response is masked with it (and nobody teaches the model to stop); for the same reason the eos between turns is hidden from attention; and `row += response` changes the caller's prompt, so the second epoch trains on
# prompts that hold their answers.
#
# **In Hugging Face.** `DataCollatorForLanguageModeling` masks labels where they equal `pad_token_id`; with `tokenizer.pad_token = tokenizer.eos_token` that is this hunt. TRL's `SFTTrainer` takes `completion_only_loss` or `assistant_only_loss`. Give the tokenizer a padding token of its own, or mask by place.
#
# **What does it cost?** A toy assistant adds two digits. Its model is a table of counts: given the last two tokens, which one came next among the targets. It writes until eos, at most 20 tokens.


# %% tags=["folded"]
def answers_of(rows, targets, prompts, eos):
    """What a table of counts, made from the targets, writes after each prompt."""
    counts = {}
    for row, target in zip(rows, targets, strict=True):
        for t in range(2, len(row)):
            if target[t] != -100:
                seen = counts.setdefault((row[t - 2], row[t - 1]), {})
                seen[target[t]] = seen.get(target[t], 0) + 1
    written = []
    for prompt in prompts:
        answer = []
        while len(answer) < 20 and eos not in answer:
            follows = counts.get(tuple([*prompt, *answer][-2:]), {eos + 1: 1})
            answer.append(max(follows, key=follows.get))
        written.append(answer)
    return written


if ready(instruction_rows_mended):
    END = 99  # tokens: sums 0 to 18, questions from 100, the end
    questions = [(a, b) for a in range(10) for b in range(10)]
    asked, sums = [[100 + a, 200 + 10 * a + b] for a, b in questions], [[a + b] for a, b in questions]
    ways = {"published_rows": published_rows, "yours": instruction_rows_mended}
    for name, way in ways.items():
        rows, targets, _ = (np.asarray(part).tolist() for part in way([list(p) for p in asked], sums, END, 8))
        written = answers_of(rows, targets, asked, END)
        right = np.mean([answer[0] == total[0] for answer, total in zip(written, sums, strict=True)])
        whole = np.mean([answer == [*total, END] for answer, total in zip(written, sums, strict=True)])
        print(f"{name:15} first token right {right:4.0%}   whole answer right {whole:4.0%}   mean length {np.mean([len(answer) for answer in written]):.1f} tokens")

# %% [markdown]
# The sums are right in both: the loss on the answers falls, and the first token is right every time. But the count table of `published_rows` has never seen eos as a target, so no answer ends; each runs into the limit of 20 tokens. With the right targets all 100 answers are right and stop. That is how the fault looks in a real run: good benchmark scores where only the first token counts, and endless answers in a chat.
#
# ## Hunt 3: how often is each source read?   *(easy, 8 min, asked sometimes)*
#
# A training run mixes several corpora. Source $i$ has $n_i$ tokens, and each token of the run is drawn from source $i$ with probability $p_i=n_i^\alpha/\sum_jn_j^\alpha$. The budget is the number of tokens read in all. **Predict how many epochs each source gets**, before anything is trained.


# %%
def epochs_predicted(tokens, alpha, budget):
    """How many times each source is read, on average.

    tokens: a list of Python ints >= 1, the size of each source. alpha: a number in 0..1. budget:
    int >= 0, the tokens read in all, each from source i with probability tokens[i] ** alpha over
    the sum of these powers.
    Returns a list (or array) of numbers, one a source: the tokens read from it over its size.
    """
    ### BEGIN SOLUTION
    powers = [n**alpha for n in tokens]
    total = sum(powers)
    return [budget * power / total / n for power, n in zip(powers, tokens, strict=True)]
    ### END SOLUTION


# %%
check(epochs_predicted)

# %% [markdown]
# **Put it to work.** A web crawl, a code corpus and a small corpus of one's own, in billions of tokens, and a budget of 300 billion:

# %% tags=["folded"]
if ready(epochs_predicted):
    corpora = {"web": 1_000_000_000_000, "code": 100_000_000_000, "own": 1_000_000_000}
    print(f"{'alpha':>6}" + "".join(f"{name:>10}" for name in corpora) + "   epochs of each")
    for alpha in (1, 0.7, 0.5, 0.3, 0):
        print(f"{alpha:6}" + "".join(f"{epochs:10.2f}" for epochs in epochs_predicted(list(corpora.values()), alpha, 300_000_000_000)))

# %% [markdown]
# In proportion ($\alpha=1$) all are read alike, a quarter of an epoch: the own texts are one token in a thousand. At $\alpha=0.7$ the own texts are read twice, where repeating costs next to nothing; at 0.5 it is 7 times, and at equal weights 100 times, which is memorising. The mixture's weights and the number of repetitions are one decision.
#
# **In PyTorch.** `WeightedRandomSampler(weights, num_samples)` draws rows with replacement: it takes weights **a row**, so a source's weight has to be divided by its number of rows, or a large source counts twice. Hugging Face's `interleave_datasets(parts, probabilities=p)` stops with the first source that runs out, unless `stopping_strategy="all_exhausted"`.

# %% [markdown] tags=["sheet"]
# ## One page: too little data
#
# | | formula, claim | traps |
# |---|---|---|
# | learning curve | accuracy against n, several draws each | one draw; flat curve: more data will not help |
# | augmentation | claim: the label survives, and such inputs come | 6 and 9, left and right, "not"; before the split; on validation |
# | flip, crop | last axis, copied; an offset an image | views; one offset for the batch; `RandomResizedCrop` cuts the object out |
# | affine warp | output place → input place, from the centre; bilinear weights (1-s)(1-t), ... | forward map leaves holes; x before y; `align_corners`; shear in degrees |
# | mixup | $\lambda x+(1-\lambda)x_\pi$, the same for $y$, $\lambda\sim$ Beta(α, α) | labels left alone; integers; more rows are more steps |
# | fusing | one vocabulary, no duplicates, a source for every row | units; map applied twice; source predicts label |
# | linear probe | $W=(Z^\top Z/n+\lambda I)^{-1}Z^\top(Y-\bar Y)/n$, $b=\bar Y$ | statistics of training only; control: features never trained |
# | LoRA | $W+\frac\alpha rBA$, $B=0$ at the start | forward pass is not cheaper; old preprocessing |
# | pseudo-labels | keep if max p ≥ threshold | confirmation bias; easy classes; calibration |
# | FixMatch | label from weak, train on strong augmentation | |
# | repeating text | 4 epochs ≈ new text; then less each | memorising; split by document |
# | mixing | $p_i\propto n_i^\alpha$, epochs $=p_iN/n_i$ | weights chosen by the mixture's own loss |
# | instruction data | few, diverse, correct; loss on response + eos | pad = eos masked by value; prompt in the loss |
# | synthetic text | verify, spread, decontaminate, mix | model collapse; licence |
# | leak test | permute the labels: what is left above guessing is leakage | copies, patients, paraphrases on both sides |
#
# **Sixty seconds to say.** "First I find out whether data is the bottleneck: a strong simple baseline, an honest test set, and a learning curve with several draws. If it still rises, I compare remedies with doing nothing, in pairs. Augmentation is a claim about the label, so I look at the images and ask who knows the domain. Other sources need one vocabulary, no duplicates, and a source for every row. With
# few labels I start with a linear probe on pretrained features, and features that were never trained as its control; then fine-tuning or LoRA. Unlabelled rows give pseudo-labels, with a threshold for each class and calibrated probabilities. For text I repeat a corpus up to about four times, mix it with general text by a weight chosen on the target, paraphrase what survives a check, and take a small, clean
# instruction set with the loss on the responses. And I split first: then augment, fit, pseudo-label."

# %%
status()
