"""First drafts of the lesson data_scarcity, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math

import numpy as np

# --- flip_horizontal ---


def flip_horizontal__slice(images):
    """right: the slice itself, a view."""
    return images[:, :, ::-1]


def flip_horizontal__fliplr(images):
    """upside-down: np.fliplr flips axis 1, which is the height of a batch."""
    return np.fliplr(images)


def flip_horizontal__first_axis(images):
    """batch-reversed: the batch is turned round."""
    return images[::-1].copy()


def flip_horizontal__no_axis(images):
    """every-axis: np.flip without an axis turns all three."""
    return np.flip(images)


def flip_horizontal__two_axes(images):
    """both-axes: rotated by 180 degrees."""
    return images[:, ::-1, ::-1].copy()


def flip_horizontal__swap_in_place(images):
    """in-place or none: columns swapped in the caller's array."""
    for j in range(images.shape[2] // 2):
        images[:, :, j], images[:, :, -1 - j] = images[:, :, -1 - j].copy(), images[:, :, j].copy()
    return images


def flip_horizontal__swap_without_copy(images):
    """views-swapped: the same on a copy, the left half lost before it is read."""
    images = images.copy()
    for j in range(images.shape[2] // 2):
        images[:, :, j], images[:, :, -1 - j] = images[:, :, -1 - j], images[:, :, j]
    return images


def flip_horizontal__transpose(images):
    """none: a mirror along the diagonal."""
    return images.transpose(0, 2, 1)


def flip_horizontal__ascontiguous_no_copy(images):
    """view-of-one-column: Relies on ascontiguousarray to copy, which does nothing for images of width 1: the result is then a view."""
    if images.ndim != 3 or images.size < 1:
        raise ValueError("images: (B, H, W), at least one entry")
    # a reversed slice is a view, make it a real array
    return np.ascontiguousarray(images[..., ::-1])


# --- pad_crop ---


def pad_crop__loop(images, pad, offsets):
    """right: a loop over the batch, nothing refused."""
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    h, w = images.shape[1:]
    return np.stack([image[r : r + h, c : c + w] for image, (r, c) in zip(padded, offsets, strict=True)])


def pad_crop__first_offset(images, pad, offsets):
    """one-offset-for-all: one crop for the batch."""
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    r, c = offsets[0]
    return padded[:, r : r + images.shape[1], c : c + images.shape[2]]


def pad_crop__xy(images, pad, offsets):
    """rows-and-columns-swapped: offsets read as x, y."""
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    h, w = images.shape[1:]
    return np.stack([image[y : y + h, x : x + w] for image, (x, y) in zip(padded, offsets, strict=True)])


def pad_crop__roll(images, pad, offsets):
    """rolled: np.roll, so what leaves comes in at the other side."""
    return np.stack([np.roll(image, (pad - r, pad - c), (0, 1)) for image, (r, c) in zip(images, np.asarray(offsets, int), strict=True)])


def pad_crop__edge(images, pad, offsets):
    """edge-repeated: mode="edge"."""
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)), mode="edge")
    h, w = images.shape[1:]
    return np.stack([image[r : r + h, c : c + w] for image, (r, c) in zip(padded, offsets, strict=True)])


def pad_crop__reflect(images, pad, offsets):
    """reflected or none: mode="reflect"."""
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)), mode="reflect") if pad else images
    h, w = images.shape[1:]
    return np.stack([image[r : r + h, c : c + w] for image, (r, c) in zip(padded, offsets, strict=True)])


def pad_crop__zeros_of_float(images, pad, offsets):
    """to-float or right: a frame made by np.zeros."""
    n, h, w = images.shape
    padded = np.zeros((n, h + 2 * pad, w + 2 * pad))
    padded[:, pad : pad + h, pad : pad + w] = images
    return np.stack([image[r : r + h, c : c + w] for image, (r, c) in zip(padded, offsets, strict=True)])


def pad_crop__square(images, pad, offsets):
    """none: the width taken for the height too."""
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    w = images.shape[2]
    out = np.zeros_like(images)
    for b, (r, c) in enumerate(offsets):
        crop = padded[b, r : r + w, c : c + w][: images.shape[1]]
        out[b, : crop.shape[0], : crop.shape[1]] = crop
    return out


def pad_crop__exclusive_bound(images, pad, offsets):
    """last-offset-refused: >= where > is meant."""
    if (offsets < 0).any() or (offsets >= 2 * pad).any():
        raise ValueError("offset out of range")
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    h, w = images.shape[1:]
    return np.stack([image[int(r) : int(r) + h, int(c) : int(c) + w] for image, (r, c) in zip(padded, offsets, strict=True)])


def pad_crop__unsigned_subtraction_wraps(images, pad, offsets):
    """narrow-offsets: Computes offsets - pad in the offsets' own dtype, so with unsigned offsets smaller than pad it wraps round to a huge shift."""
    if images.ndim != 3 or images.size == 0:
        raise ValueError("images: (B, H, W)")
    B, H, W = images.shape
    if offsets.shape != (B, 2):
        raise ValueError("offsets: (B, 2)")
    if (offsets < 0).any() or (offsets > 2 * pad).any():
        raise ValueError("offsets must be in 0..2*pad")
    shift = offsets - pad
    out = np.zeros(images.shape, dtype=images.dtype)
    for b, (dr, dc) in enumerate(shift.tolist()):
        r0, r1 = max(0, -dr), min(H, H - dr)
        c0, c1 = max(0, -dc), min(W, W - dc)
        if r0 < r1 and c0 < c1:
            out[b, r0:r1, c0:c1] = images[b, r0 + dr : r1 + dr, c0 + dc : c1 + dc]
    return out


# --- affine_warp ---


def _places(images, matrices, centre=None):
    h, w = images.shape[1:]
    centre = ((h - 1) / 2, (w - 1) / 2) if centre is None else centre
    rows, columns = np.mgrid[:h, :w].astype(float)
    grid = np.stack([rows.ravel() - centre[0], columns.ravel() - centre[1], np.ones(h * w)])
    found = matrices @ grid
    return found[:, 0] + centre[0], found[:, 1] + centre[1]


def _bilinear(images, r, c):
    b, h, w = images.shape
    r0, c0 = np.floor(r).astype(int), np.floor(c).astype(int)
    out = np.zeros(r.shape)
    for dr in (0, 1):
        for dc in (0, 1):
            i, j = r0 + dr, c0 + dc
            inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
            weight = (1 - abs(r - i)) * (1 - abs(c - j))
            values = images[np.arange(b)[:, None], i.clip(0, h - 1), j.clip(0, w - 1)]
            out += np.where(inside, weight * values, 0)
    return out.reshape(images.shape)


def affine_warp__textbook(images, matrices):
    """right: float64 throughout, nothing refused."""
    return _bilinear(images, *_places(images, matrices))


def affine_warp__about_the_corner(images, matrices):
    """corner-origin: coordinates from pixel (0, 0)."""
    return _bilinear(images, *_places(images, matrices, (0, 0)))


def affine_warp__half_size(images, matrices):
    """centre-h-over-2: the centre at H/2, W/2."""
    h, w = images.shape[1:]
    return _bilinear(images, *_places(images, matrices, (h / 2, w / 2)))


def affine_warp__rounded(images, matrices):
    """nearest: the nearest pixel."""
    r, c = _places(images, matrices)
    return _bilinear(images, np.rint(r), np.rint(c))


def affine_warp__int_cast(images, matrices):
    """truncated or none: int() of the place, without weights."""
    r, c = _places(images, matrices)
    return _bilinear(images, r.astype(int), c.astype(int))


def affine_warp__first_matrix(images, matrices):
    """first-matrix-for-all: matrices[0] for every image."""
    return _bilinear(images, *_places(images, np.repeat(matrices[:1], len(images), axis=0)))


def affine_warp__inverse(images, matrices):
    """forward-map: the map inverted, since it maps the input."""
    full = np.concatenate([matrices, np.tile([[[0.0, 0.0, 1.0]]], (len(matrices), 1, 1))], axis=1)
    return _bilinear(images, *_places(images, np.linalg.inv(full)[:, :2]))


def affine_warp__clamped(images, matrices):
    """edge-repeated: places clipped to the image."""
    r, c = _places(images, matrices)
    h, w = images.shape[1:]
    return _bilinear(images, r.clip(0, h - 1), c.clip(0, w - 1))


def mixup__two_lines(x, y, lam, perm):
    """right: the formula, float64."""
    return lam * x + (1 - lam) * x[perm], lam * y + (1 - lam) * y[perm]


def mixup__inputs_only(x, y, lam, perm):
    """labels-not-mixed: y as it was."""
    return lam * x + (1 - lam) * x[perm], y


def mixup__other_weight(x, y, lam, perm):
    """lam-swapped: 1 - lam for the row itself, in both."""
    return (1 - lam) * x + lam * x[perm], (1 - lam) * y + lam * y[perm]


def mixup__labels_other_weight(x, y, lam, perm):
    """lam-swapped-for-labels: as published once."""
    return lam * x + (1 - lam) * x[perm], (1 - lam) * y + lam * y[perm]


def mixup__argmax(x, y, lam, perm):
    """hard-labels: the labels made hard again."""
    soft = lam * y + (1 - lam) * y[perm]
    return lam * x + (1 - lam) * x[perm], np.eye(y.shape[1])[soft.argmax(axis=1)]


def mixup__reversed_batch(x, y, lam, perm):
    """reversed-partner: the batch turned round in place of perm."""
    return lam * x + (1 - lam) * x[::-1], lam * y + (1 - lam) * y[::-1]


def mixup__max_lam(x, y, lam, perm):
    """at-least-one-half: lam never below one half, as some codes have it."""
    lam = max(lam, 1 - lam)
    return lam * x + (1 - lam) * x[perm], lam * y + (1 - lam) * y[perm]


def mixup__row_by_row(x, y, lam, perm):
    """reads-changed-rows: a loop that mixes in a copy and reads it again."""
    x, y = x.astype(float), y.astype(float)
    for i, j in enumerate(perm):
        x[i] = lam * x[i] + (1 - lam) * x[j]
        y[i] = lam * y[i] + (1 - lam) * y[j]
    return x, y


def mixup__scattered(x, y, lam, perm):
    """inverse-perm: partners written with px[perm] = x, the inverse of x[perm]."""
    px, py = np.empty_like(x), np.empty_like(y)
    px[perm], py[perm] = x, y
    return lam * x + (1 - lam) * px, lam * y + (1 - lam) * py


def mixup__inputs_other_weight(x, y, lam, perm):
    """lam-swapped-for-rows: lam for the partner in x, for the row itself in y."""
    return (1 - lam) * x + lam * x[perm], lam * y + (1 - lam) * y[perm]


def mixup__lam_at_least_half(x, y, lam, perm):
    """at-least-one-half: Replaces lam by max(lam, 1 - lam), as MixMatch does, so for lam below 0.5 the weights are swapped."""
    if x.ndim != 2 or y.ndim != 2 or perm.ndim != 1:
        raise ValueError("x and y have two axes, perm one")
    if len(x) == 0 or len(x) != len(y) or len(x) != len(perm):
        raise ValueError("row counts do not fit")
    lam = max(lam, 1 - lam)  # the own row should dominate
    mixed = []
    for a in (x, y):
        a = a.astype(np.float32 if a.dtype == np.float32 else np.float64)
        mixed.append(lam * a + (1 - lam) * a[perm])
    return mixed[0], mixed[1]


def mixup__one_dtype_for_both(x, y, lam, perm):
    """one-dtype: Uses one dtype for both results, float32 only if x and y both are, so float32 rows with integer labels come back as float64."""
    if x.ndim != 2 or y.ndim != 2 or perm.ndim != 1:
        raise ValueError("mixup wants (n, d), (n, k), (n,)")
    if not (x.shape[0] == y.shape[0] == perm.shape[0] >= 1):
        raise ValueError("mixup wants the same n >= 1 everywhere")
    dtype = np.float32 if x.dtype == np.float32 and y.dtype == np.float32 else np.float64
    x, y = x.astype(dtype), y.astype(dtype)
    x_mixed = lam * x + (1 - lam) * np.take(x, perm, axis=0)
    y_mixed = lam * y + (1 - lam) * np.take(y, perm, axis=0)
    return x_mixed, y_mixed


# --- fuse_sources ---


def _stack(sources):
    x = np.concatenate([np.asarray(x, float) for x, _, _ in sources])
    y = np.concatenate([[label_map[int(label)] for label in y] for _, y, label_map in sources]).astype(int)
    source = np.concatenate([np.full(len(x), number) for number, (x, _, _) in enumerate(sources)])
    return x, y, source


def fuse_sources__seen(sources):
    """right: a set of rows with labels; KeyError for an unknown label."""
    x, y, source = _stack(sources)
    seen, keep = set(), []
    for i, (row, label) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        if (*row, label) not in seen:
            seen.add((*row, label))
            keep.append(i)
    return x[keep], y[keep], source[keep]


def fuse_sources__stacked(sources):
    """duplicates-kept: concatenated, and that is all."""
    return _stack(sources)


def fuse_sources__unique(sources):
    """sorted: np.unique sorts the rows."""
    x, y, source = _stack(sources)
    _, index = np.unique(np.column_stack([x, y]), axis=0, return_index=True)
    return x[index], y[index], source[index]


def fuse_sources__raw_labels(sources):
    """labels-not-mapped or none: each with its own labels."""
    return fuse_sources__seen([(x, y, {int(label): int(label) for label in y}) for x, y, _ in sources])


def fuse_sources__rows_only(sources):
    """label-ignored: rows with another label count as copies."""
    x, y, source = _stack(sources)
    seen, keep = set(), []
    for i, row in enumerate(x.tolist()):
        if tuple(row) not in seen:
            seen.add(tuple(row))
            keep.append(i)
    return x[keep], y[keep], source[keep]


def fuse_sources__dict_of_last(sources):
    """last-kept: a dict keeps the last index of a row."""
    x, y, source = _stack(sources)
    last = {(*row, label): i for i, (row, label) in enumerate(zip(x.tolist(), y.tolist(), strict=True))}
    keep = sorted(last.values())
    return x[keep], y[keep], source[keep]


def fuse_sources__each_by_itself(sources):
    """within-sources-only: copies are looked for source by source."""
    parts = [fuse_sources__seen([one]) for one in sources]
    source = np.concatenate([np.full(len(part[0]), number) for number, part in enumerate(parts)])
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), source


def fuse_sources__bytes_tell_zeros_apart(sources):
    """none: Compares rows by their bytes, so 0.0 and -0.0, which are equal, count as different and the duplicate stays."""
    if len(sources) < 1:
        raise ValueError("need at least one source")
    d = sources[0][0].shape[1] if sources[0][0].ndim == 2 else -1
    all_float32 = True
    for x, y, _ in sources:
        if x.ndim != 2 or x.shape[1] != d or y.shape != (x.shape[0],) or x.shape[0] < 1:
            raise ValueError("bad shapes")
        all_float32 = all_float32 and x.dtype == np.float32
    dtype = np.float32 if all_float32 else np.float64
    kept = {}
    for k, (x, y, m) in enumerate(sources):
        rows = np.ascontiguousarray(x, dtype=dtype)
        for r in range(len(rows)):
            try:
                label = m[int(y[r])]
            except KeyError:
                raise ValueError("unknown label") from None
            kept.setdefault((rows[r].tobytes(), label), (rows[r], label, k))
    xs, ys, ks = zip(*kept.values(), strict=True)
    return np.stack(xs), np.array(ys, dtype=np.int64), np.array(ks, dtype=np.int64)


# --- linear_probe ---


def _probe(features, labels, new, l2, k, mean, std, divide=True):
    z, znew = (features - mean) / std, (new - mean) / std
    y = np.eye(k)[np.asarray(labels, int)]
    n = len(z) if divide else 1
    w = np.linalg.solve(z.T @ z / n + l2 * np.eye(z.shape[1]), z.T @ (y - y.mean(axis=0)) / n)
    return znew @ w + y.mean(axis=0)


def _deviation(features):
    std = features.std(axis=0)
    return np.where(np.ptp(features, axis=0) == 0, 1, std)


def linear_probe__closed_form(features, labels, new_features, l2, n_classes):
    """right: float64, nothing refused."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    return _probe(features, labels, new, l2, n_classes, features.mean(axis=0), _deviation(features)).argmax(axis=1)


def linear_probe__raw_features(features, labels, new_features, l2, n_classes):
    """not-standardised: ridge on the features as they are, centred."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    return _probe(features, labels, new, l2, n_classes, features.mean(axis=0), 1.0).argmax(axis=1)


def linear_probe__sum(features, labels, new_features, l2, n_classes):
    """sum-not-mean: the squares summed, l2 as it is."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    return _probe(features, labels, new, l2, n_classes, features.mean(axis=0), _deviation(features), divide=False).argmax(axis=1)


def linear_probe__scaler_on_both(features, labels, new_features, l2, n_classes):
    """scaled-by-both: mean and deviation of old and new features together."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    both = np.concatenate([features, new])
    return _probe(features, labels, new, l2, n_classes, both.mean(axis=0), _deviation(both)).argmax(axis=1)


def linear_probe__all_scores(features, labels, new_features, l2, n_classes):
    """scores: the scores, without the argmax."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    return _probe(features, labels, new, l2, n_classes, features.mean(axis=0), _deviation(features))


def linear_probe__regression_on_the_number(features, labels, new_features, l2, n_classes):
    """class-number: one regression on the class number, rounded."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    mean, std = features.mean(axis=0), _deviation(features)
    z, y = (features - mean) / std, np.asarray(labels, float)
    w = np.linalg.solve(z.T @ z / len(z) + l2 * np.eye(z.shape[1]), z.T @ (y - y.mean()) / len(z))
    return np.rint((new - mean) / std @ w + y.mean()).clip(0, n_classes - 1).astype(int)


def linear_probe__plus_eps(features, labels, new_features, l2, n_classes):
    """tiny-column-lost: std + 1e-8 for every column, and nothing refused."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    return _probe(features, labels, new, l2, n_classes, features.mean(axis=0), features.std(axis=0) + 1e-8).argmax(axis=1)


def linear_probe__small_is_zero(features, labels, new_features, l2, n_classes):
    """tiny-column-lost: whatever is below 1e-12 counts as constant."""
    features, new = np.asarray(features, float), np.asarray(new_features, float)
    std = features.std(axis=0)
    return _probe(features, labels, new, l2, n_classes, features.mean(axis=0), np.where(std < 1e-12, 1.0, std)).argmax(axis=1)


def linear_probe__l2_without_identity(features, labels, new_features, l2, n_classes):
    """l2-everywhere: Adds l2 to every entry of the matrix (the identity is forgotten) instead of to its diagonal only."""
    if features.ndim != 2 or new_features.ndim != 2 or labels.ndim != 1:
        raise ValueError("features (n, d), labels (n,), new_features (m, d)")
    if features.shape[0] != labels.shape[0] or features.shape[1] != new_features.shape[1]:
        raise ValueError("sizes differ")
    if not features.shape[0] or not new_features.shape[0]:
        raise ValueError("no rows")
    if l2 <= 0 or np.any(labels < 0) or np.any(labels >= n_classes):
        raise ValueError("l2 or labels out of range")
    a = features.astype(float)
    b = new_features.astype(float)
    n = a.shape[0]
    centre = a.mean(axis=0)
    scale = np.ones(a.shape[1])
    for j in range(a.shape[1]):
        if a[:, j].min() == a[:, j].max():
            centre[j] = a[0, j]
        else:
            gap = np.abs(a[:, j] - centre[j]).max()
            scale[j] = gap * np.std((a[:, j] - centre[j]) / gap)
    z, z_new = (a - centre) / scale, (b - centre) / scale
    onehot = np.zeros((n, n_classes))
    onehot[np.arange(n), labels.astype(int)] = 1.0
    bias = onehot.mean(axis=0)
    w = np.linalg.solve(z.T @ z / n + l2, z.T @ (onehot - bias) / n)
    return (z_new @ w + bias).argmax(axis=1)


# --- pseudo_label ---


def pseudo_label__where(probabilities, threshold):
    """right: two lines."""
    keep = np.where(probabilities.max(axis=1) >= threshold)[0]
    return keep, probabilities[keep].argmax(axis=1)


def pseudo_label__greater(probabilities, threshold):
    """strictly-above: > for >=."""
    keep = np.where(probabilities.max(axis=1) > threshold)[0]
    return keep, probabilities[keep].argmax(axis=1)


def pseudo_label__boolean(probabilities, threshold):
    """mask: a boolean mask for the indices."""
    keep = probabilities.max(axis=1) >= threshold
    return keep, probabilities.argmax(axis=1)[keep]


def pseudo_label__every_label(probabilities, threshold):
    """labels-of-all: indices of those kept, labels of all."""
    return np.flatnonzero(probabilities.max(axis=1) >= threshold), probabilities.argmax(axis=1)


def pseudo_label__two_wheres(probabilities, threshold):
    """one-row-for-each-entry or right: rows and columns of entries above the threshold."""
    return np.where(probabilities >= threshold)


def pseudo_label__sorted_by_confidence(probabilities, threshold):
    """most-certain-first: best rows first."""
    best = probabilities.max(axis=1)
    order = np.argsort(-best, kind="stable")
    keep = order[best[order] >= threshold]
    return keep, probabilities[keep].argmax(axis=1)


def pseudo_label__confidences(probabilities, threshold):
    """probabilities-for-labels: max for argmax."""
    best = probabilities.max(axis=1)
    keep = np.flatnonzero(best >= threshold)
    return keep, best[keep]


def pseudo_label__swapped(probabilities, threshold):
    """none: labels first."""
    keep = np.flatnonzero(probabilities.max(axis=1) >= threshold)
    return probabilities[keep].argmax(axis=1), keep


def pseudo_label__empty_lists_are_float(probabilities, threshold):
    """none: Makes arrays from lists without a dtype, so if no row reaches the threshold the two empty results are float64, not integers."""
    if probabilities.ndim != 2 or probabilities.size == 0:
        raise ValueError("probabilities: (n, k), not empty")
    best = probabilities.max(axis=1)
    winner = probabilities.argmax(axis=1)
    indices = [i for i in range(len(best)) if best[i] >= threshold]
    labels = [winner[i] for i in indices]
    return np.array(indices), np.array(labels)


# --- split_counterexample ---


def split_counterexample__a_picture_a_class():
    """learnable: all images of a class are one picture, and noise beside it."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 100)
    return np.zeros((100, 4, 4)) + labels[:, None, None], labels, rng.normal(0, 0.01, (100, 4, 4)), 30


def split_counterexample__loud():
    """noise-too-strong: random labels, and noise five times the images."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(100, 3, 3)), rng.integers(0, 10, 100), rng.normal(0, 5, (100, 3, 3)), 30


def split_counterexample__one_image_a_class():
    """a-class-each: labels 0 to n - 1."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 3, 3)), np.arange(60), rng.normal(0, 0.01, (60, 3, 3)), 20


def split_counterexample__all_zeros():
    """one-label: everything has the label 0."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 3, 3)), np.zeros(60, dtype=int), rng.normal(0, 0.01, (60, 3, 3)), 20


def split_counterexample__rows_of_pixels():
    """flat-images: images as rows."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 9)), rng.integers(0, 3, 60), rng.normal(0, 0.01, (60, 9)), 20


# --- split_mended ---


def split_mended__split_then_add(images, labels, noise, n_test):
    """right: split first; views and no refusals."""
    n = len(images) - n_test
    train = np.concatenate([images[:n], images[:n] + noise[:n]])
    return train, np.concatenate([labels[:n], labels[:n]]), images[n:], labels[n:]


def split_mended__still_augments_first(images, labels, noise, n_test):
    """augmented-first or none: concatenates, then cuts the last rows off."""
    x, y = np.concatenate([images, images + noise]), np.concatenate([labels, labels])
    return x[:-n_test], y[:-n_test], x[-n_test:], y[-n_test:]


def split_mended__repeat(images, labels, noise, n_test):
    """labels-interleaved: np.repeat for the labels."""
    n = len(images) - n_test
    return np.concatenate([images[:n], images[:n] + noise[:n]]), np.repeat(labels[:n], 2), images[n:].copy(), labels[n:].copy()


def split_mended__no_copies(images, labels, noise, n_test):
    """not-augmented: an honest split, and no augmentation."""
    n = len(images) - n_test
    return images[:n] * 1.0, labels[:n].copy(), images[n:] * 1.0, labels[n:].copy()


def split_mended__only_noisy(images, labels, noise, n_test):
    """originals-dropped: only the copies."""
    n = len(images) - n_test
    return images[:n] + noise[:n], labels[:n].copy(), images[n:] * 1.0, labels[n:].copy()


def split_mended__from_the_front(images, labels, noise, n_test):
    """first-rows-held-out: the test set is taken in front."""
    rest = images[n_test:]
    train = np.concatenate([rest, rest + noise[n_test:]])
    return train, np.concatenate([labels[n_test:]] * 2), images[:n_test] * 1.0, labels[:n_test].copy()


def split_mended__pairs(images, labels, noise, n_test):
    """copies-interleaved: image, copy, image, copy, by a loop."""
    train, y = [], []
    for image, label, some in list(zip(images, labels, noise, strict=True))[: len(images) - n_test]:
        train += [image, image + some]
        y += [label, label]
    return np.array(train), np.array(y), images[-n_test:].copy(), labels[-n_test:].copy()


def split_mended__adds_in_narrow_integers(images, labels, noise, n_test):
    """narrow-sums: Adds images and noise before it converts them to float, so sums of narrow integers such as uint8 wrap around."""
    if images.ndim != 3 or images.size < 1:
        raise ValueError("no images")
    n = images.shape[0]
    if labels.shape != (n,):
        raise ValueError("labels do not fit")
    if noise.shape != images.shape:
        raise ValueError("noise does not fit")
    if n_test not in range(1, n):
        raise ValueError("n_test outside 1..n-1")
    cut = n - n_test
    dtype = np.float64
    if images.dtype == np.float32 and noise.dtype == np.float32:
        dtype = np.float32
    train_images = np.empty((2 * cut,) + images.shape[1:], dtype)
    train_images[:cut] = images[:cut]
    train_images[cut:] = images[:cut] + noise[:cut]
    train_labels = np.tile(labels[:cut], 2)
    return train_images, train_labels, images[cut:].astype(dtype), labels[cut:].copy()


# --- instruction_rows_mended ---


def _rows(prompts, responses, eos, length, learn_eos=True, learn_prompt=False, see_padding=False):
    ids, targets, attention = [], [], []
    for prompt, response in zip(prompts, responses, strict=False):
        row = [*prompt, *response, eos]
        goal = (list(prompt) if learn_prompt else [-100] * len(prompt)) + list(response) + [eos if learn_eos else -100]
        seen, space = [1] * len(row), max(length - len(row), 0)
        ids.append((row + [eos] * space)[:length])
        targets.append((goal + [-100] * space)[:length])
        attention.append((seen + [int(see_padding)] * space)[:length])
    return ids, targets, attention


def instruction_rows_mended__by_place(prompts, responses, eos, length):
    """right: by place; nothing refused."""
    return _rows(prompts, responses, eos, length)


def instruction_rows_mended__loss_on_all(prompts, responses, eos, length):
    """prompt-learned: the prompt is learned as well."""
    return _rows(prompts, responses, eos, length, learn_prompt=True)


def instruction_rows_mended__no_end(prompts, responses, eos, length):
    """eos-not-learned: the end of a response is not learned."""
    return _rows(prompts, responses, eos, length, learn_eos=False)


def instruction_rows_mended__sees_all(prompts, responses, eos, length):
    """padding-seen: ones everywhere."""
    return _rows(prompts, responses, eos, length, see_padding=True)


def instruction_rows_mended__collator(prompts, responses, eos, length):
    """eos-masked-by-value: the usual collator, labels[labels == pad] = -100."""
    ids, targets, attention = _rows(prompts, responses, eos, length)
    return ids, [[-100 if token == eos else token for token in row] for row in targets], attention


def instruction_rows_mended__loss_shift(prompts, responses, eos, length):
    """shifted: targets moved by one place already."""
    ids, targets, attention = _rows(prompts, responses, eos, length)
    return ids, [[*row[1:], -100] for row in targets], attention


def instruction_rows_mended__longer_prompts_only(prompts, responses, eos, length):
    """empty-response or prompt-fills-the-row: > length is refused, and no more."""
    if not prompts or len(prompts) != len(responses) or max(map(len, prompts)) > length:
        raise ValueError("does not fit")
    return _rows(prompts, responses, eos, length)


def instruction_rows_mended__prompt_of_length(prompts, responses, eos, length):
    """prompt-fills-the-row: refuses all but a prompt of exactly `length` tokens."""
    if not prompts or len(prompts) != len(responses) or not all(responses) or max(map(len, prompts)) > length:
        raise ValueError("does not fit")
    return _rows(prompts, responses, eos, length)


# --- epochs_predicted ---


def epochs_predicted__tokens_read(tokens, alpha, budget):
    """tokens: stops one step early."""
    n = np.asarray(tokens, dtype=float)
    return budget * n**alpha / (n**alpha).sum()


def epochs_predicted__shares(tokens, alpha, budget):
    """weights: the probabilities."""
    n = np.asarray(tokens, dtype=float)
    return n**alpha / (n**alpha).sum()


def epochs_predicted__one_over_alpha(tokens, alpha, budget):
    """temperature or none: exponent 1/alpha."""
    n = np.asarray(tokens, dtype=float) / max(tokens)
    p = n ** (1 / max(alpha, 1e-3))
    return budget * p / p.sum() / np.asarray(tokens, dtype=float)


def epochs_predicted__proportional(tokens, alpha, budget):
    """alpha-ignored: proportional to the size."""
    return [budget / sum(tokens)] * len(tokens)


def epochs_predicted__softmax(tokens, alpha, budget):
    """none: a softmax of alpha times the size."""
    n = np.asarray(tokens, dtype=float)
    p = np.exp(alpha * (n - n.max()))
    return budget * p / p.sum() / n


def epochs_predicted__whole_epochs_only(tokens, alpha, budget):
    """whole-epochs: Divides with //, so only whole epochs are counted and a source read three quarters of a time gets 0."""
    powers = [n**alpha for n in tokens]
    total = math.fsum(powers)
    return [budget * w / total // n for w, n in zip(powers, tokens, strict=True)]


def epochs_predicted__int64_product_overflows(tokens, alpha, budget):
    """none: Multiplies budget and token counts as int64, so with an integer alpha = 1 and corpora of billions of tokens the product wraps around."""
    t = np.array(tokens)
    weights = t**alpha
    read = budget * weights / weights.sum()
    return read / t
