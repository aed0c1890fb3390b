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

# %%
import numpy as np


# %%
def flip_horizontal(images):
    """Mirror images left to right.

    images: (B, H, W), of any dtype, B, H, W >= 1. Not changed.
    Returns (B, H, W) of the same dtype: column j of a result is column W-1-j of its image. A new array, no view of the input.
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
def pad_crop(images, pad, offsets):
    """Zero-pad images, then crop each at its own place: a random shift, once the offsets are random.

    images: (B, H, W), of any dtype, B, H, W >= 1. pad: int >= 0, the zeros added on each of the four sides. offsets: (B, 2) integers of any
    integer dtype, also unsigned: (row, column) of image b's crop in its padded image, each 0..2*pad; (pad, pad) gives back the image. Not changed.
    Returns (B, H, W) of the images' dtype, a new array.
    ValueError: images that are not (B, H, W) with at least one entry, offsets that are not (B, 2), an offset outside 0..2*pad.
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
def affine_warp(images, matrices):
    """Rotate, shift, shear and zoom images: bilinear sampling along an affine map of each image's own.

    images: (B, H, W) real numbers of any dtype, B, H, W >= 1. matrices: (B, 2, 3), finite. Not changed.
    Coordinates are pixels from the centre ((H-1)/2, (W-1)/2). Matrix b maps the place (row, column, 1) of an output pixel to the place
    (row, column) in image b where its value is found, by bilinear interpolation between the four pixels around it. The image lies in a field
    of zeros: those of the four that are outside the image count as 0, so a place less than a pixel outside still gets a share of the edge.
    Returns (B, H, W): float32 if both arguments are float32, else float64.
    ValueError: images that are not (B, H, W) with at least one entry, matrices that are not (B, 2, 3).
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
def mixup(x, y, lam, perm):
    """Mixup: blend every row, and its label, with another row of the batch.

    x: (n, d) real numbers, y: (n, k) one-hot or soft labels, n >= 1, each of any dtype. lam: Python float in 0..1. perm: (n,) integers, a
    permutation of 0..n-1. Not changed.
    Returns two arrays, mixed x (n, d) and mixed y (n, k): lam times a row plus 1-lam times the row that perm names, with the same lam and the same
    perm for both. A result is float32 if its input is float32, else float64.
    ValueError: x or y with another number of axes, no rows, or numbers of rows that differ between x, y and perm.
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
def fuse_sources(sources):
    """Stack data from several sources: one set of labels, no row twice, and where each row came from.

    sources: a list of tuples (x, y, label_map): x (n_s, d) finite real numbers, y (n_s,) integers of any integer dtype, label_map a dict from each of
    the source's labels to the common one, int to int. d is the same in all, n_s >= 1. Not changed.
    Returns x (n, d), y (n,), source (n,): the rows in the order of the list, y with the common labels, source the position (0, 1, ...) of the source
    in the list. Of rows with exactly the same x and the same common label, within a source or in two, only the first is kept; the
    same x with another label stays. x is float32 if every source's x is, else float64; y and source are integers. New arrays.
    ValueError: no sources, a source without rows, shapes that do not fit, a label that its label_map lacks.
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
def linear_probe(features, labels, new_features, l2, n_classes):
    """Transfer learning's last layer: ridge regression on frozen features, in closed form, then the largest score.

    features: (n, d), new_features: (m, d), finite real numbers. labels: (n,) integers 0..n_classes-1 of any integer dtype. n, m >= 1. Not changed.
    Standardise both by the mean and standard deviation (ddof 0) of each column of `features`; a column of `features` whose values are all equal
    (ten times 0.1 too) is only centred. With the one-hot labels Y find W (d, n_classes) and b (n_classes,) that minimise
    (sum over the n rows of |zW + b - y|^2) / n + l2 * |W|^2; b is not penalised.
    Returns (m,) integers: the class with the largest score zW + b for each row of new_features. Checks stay away from near-ties.
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
def pseudo_label(probabilities, threshold):
    """The rows that a model is sure of, and what it says of them.

    probabilities: (n, k) floating-point numbers, n, k >= 1. threshold: a number. Not changed.
    Returns (indices, labels): in increasing order the rows whose largest probability is >= threshold, and the class of that probability in each of
    these rows (the lowest such class if several are level). Both (number of rows kept,) integers, both empty if no row reaches the threshold.
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
def split_counterexample():
    """Data on which guide_split shows an accuracy that is not there.

    Returns (images, labels, noise, n_test), arguments of guide_split: images (n, H, W) and noise (n, H, W) numbers, labels (n,) integers,
    10 <= n_test <= n - 10, n <= 200, H and W <= 16. Call a test image right if the nearest training image (least squared difference) has its label.
    Of what guide_split returns, at least 90 % of the test images must be right. Of the honest split (the last n_test images held out as they
    are, the training set the other images and their noisy copies) at most 50 % may be.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)
    images = rng.normal(size=(40, 4, 4))
    labels = np.arange(40) % 4  # nothing in the images tells them
    return images, labels, rng.normal(0, 0.01, images.shape), 20
    ### END SOLUTION


# %%
def split_mended(images, labels, noise, n_test):
    """Split first, then augment the training set only.

    images: (n, H, W) real numbers in random order, labels: (n,) integers, noise: (n, H, W) real numbers. n_test: int. Not changed.
    Returns (train_images, train_labels, test_images, test_labels). Test: the last n_test images as they are, in their order, and their labels.
    Training: the other images in their order, then their copies with their own noise added, in the same order; the labels go along.
    Images come back as float32 if images and noise are both float32, else as float64. New arrays, no views of the inputs.
    ValueError: images that are not (n, H, W) with at least one entry, labels or noise of another shape, n_test outside 1..n-1.
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
