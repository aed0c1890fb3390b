"""Known mistakes of the lesson data_scarcity."""

import numpy as np

# --- what the mistakes get right --------------------------------------------------------------------------------------


def _batch(images):
    if np.ndim(images) != 3 or np.size(images) == 0:
        raise ValueError("images must be (B, H, W)")


def _crops(images, pad, offsets):
    _batch(images)
    if np.shape(offsets) != (len(images), 2):
        raise ValueError("offsets must be (B, 2)")
    offsets = np.asarray(offsets).astype(np.int64)
    if offsets.min() < 0 or offsets.max() > 2 * pad:
        raise ValueError("an offset is outside 0..2*pad")
    return offsets


def _padded(images, pad, **how):
    return np.pad(images, ((0, 0), (pad, pad), (pad, pad)), **how)


def _cut(padded, shape, offsets):
    height, width = shape[1:]
    return np.stack([image[row : row + height, column : column + width] for image, (row, column) in zip(padded, offsets, strict=True)])


def _warp_input(images, matrices):
    _batch(images)
    if np.shape(matrices) != (len(images), 2, 3):
        raise ValueError("matrices must be (B, 2, 3)")
    real = np.float32 if images.dtype == matrices.dtype == np.float32 else np.float64
    return images.astype(real), matrices.astype(real)


def _places(matrices, shape, centre=None):
    """Where the output pixels look, in the input's rows and columns."""
    _, height, width = shape
    centre = ((height - 1) / 2, (width - 1) / 2) if centre is None else centre
    rows = (np.arange(height) - centre[0]).astype(matrices.dtype)[None, :, None]
    columns = (np.arange(width) - centre[1]).astype(matrices.dtype)[None, None, :]
    m = matrices[:, :, :, None, None]
    return m[:, 0, 0] * rows + m[:, 0, 1] * columns + m[:, 0, 2] + centre[0], m[:, 1, 0] * rows + m[:, 1, 1] * columns + m[:, 1, 2] + centre[1]


def _pixels(images, row, column):
    """The pixels at whole places, 0 outside."""
    batch, height, width = images.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    row, column = np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)
    return np.where(inside, images[np.arange(batch)[:, None, None], row, column], images.dtype.type(0))


def _blend(images, row, column, pixels=_pixels, whole=np.floor):
    """Bilinear interpolation."""
    height, width = images.shape[1:]
    row, column = np.clip(row, -2, height + 1), np.clip(column, -2, width + 1)
    top, left = whole(row), whole(column)
    down, right = row - top, column - left
    top, left = top.astype(int), left.astype(int)
    upper = pixels(images, top, left) * (1 - right) + pixels(images, top, left + 1) * right
    lower = pixels(images, top + 1, left) * (1 - right) + pixels(images, top + 1, left + 1) * right
    return upper * (1 - down) + lower * down


def _rows(x, y, perm):
    if np.ndim(x) != 2 or np.ndim(y) != 2 or len(x) == 0 or len(x) != len(y) or np.shape(perm) != (len(x),):
        raise ValueError("x, y and perm must have the same number of rows")
    return tuple(each.astype(np.float32 if each.dtype == np.float32 else np.float64) for each in (x, y))


def _blended(rows, lam, perm):
    return lam * rows + (1 - lam) * rows[perm]


def _stacked(sources):
    """x, y with the common labels, source, of all rows."""
    if not sources:
        raise ValueError("no sources")
    for x, y, label_map in sources:
        if np.ndim(x) != 2 or len(x) == 0 or np.shape(y) != (len(x),) or x.shape[1] != sources[0][0].shape[1]:
            raise ValueError("shapes do not fit")
        if any(label not in label_map for label in y.tolist()):
            raise ValueError("a label is missing")
    real = np.float32 if all(x.dtype == np.float32 for x, _, _ in sources) else np.float64
    x = np.concatenate([x.astype(real) for x, _, _ in sources])
    y = np.array([label_map[label] for _, y, label_map in sources for label in y.tolist()])
    return x, y, np.repeat(np.arange(len(sources)), [len(x) for x, _, _ in sources])


def _first(keys):
    """The positions of the first of each key."""
    seen = {}
    for i, key in enumerate(keys):
        seen.setdefault(key, i)
    return np.array(sorted(seen.values()))


def _keys(x, y):
    return [(*row, label) for row, label in zip(x.tolist(), y.tolist(), strict=True)]


def _probe_input(features, labels, new_features, l2, n_classes):
    if np.ndim(features) != 2 or np.ndim(new_features) != 2 or features.shape[1] != new_features.shape[1] or np.shape(labels) != (len(features),):
        raise ValueError("shapes do not fit")
    if 0 in (len(features), len(new_features)) or l2 <= 0 or min(labels) < 0 or max(labels) >= n_classes:
        raise ValueError("no rows, l2 <= 0 or a label outside")
    return features.astype(np.float64), new_features.astype(np.float64)


def _scale(x, ddof=0):
    return np.where(x.max(axis=0) == x.min(axis=0), 1.0, x.std(axis=0, ddof=ddof))


def _ridge(z, y, l2):
    """Weights and bias for standardised features and one-hot labels."""
    b = y.mean(axis=0)
    return np.linalg.solve(z.T @ z / len(z) + l2 * np.eye(z.shape[1]), z.T @ (y - b) / len(z)), b


def _probed(features, labels, new_features, l2, n_classes):
    """The right scores."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, b = _ridge((x - x.mean(axis=0)) / _scale(x), np.eye(n_classes)[labels], l2)
    return (new - x.mean(axis=0)) / _scale(x) @ w + b


def _sure(probabilities, threshold):
    if np.ndim(probabilities) != 2 or np.size(probabilities) == 0:
        raise ValueError("probabilities must be (n, k)")
    return np.flatnonzero(probabilities.max(axis=1) >= threshold)


def _split_input(images, labels, noise, n_test):
    _batch(images)
    if np.shape(labels) != (len(images),) or np.shape(noise) != np.shape(images) or not 1 <= n_test < len(images):
        raise ValueError("shapes do not fit")
    real = np.float32 if images.dtype == noise.dtype == np.float32 else np.float64
    return images.astype(real), labels.copy(), noise.astype(real)


# --- flip_horizontal --------------------------------------------------------------------------------------------------


def flip_horizontal__batch_reversed(images):
    """You reversed the order of the images, so they no longer go with their labels: the width is the last axis, images[:, :, ::-1]."""
    _batch(images)
    return images[::-1].copy()


def flip_horizontal__upside_down(images):
    """This is the vertical flip: it reverses the rows. Left and right change places when the last axis is reversed."""
    _batch(images)
    return images[:, ::-1].copy()


def flip_horizontal__view_of_one_column(images):
    """Images of one column came back as the caller's own memory: np.ascontiguousarray copies only where it must. Call .copy()."""
    _batch(images)
    return np.ascontiguousarray(images[..., ::-1])


def flip_horizontal__both_axes(images):
    """Rows and columns are both reversed, which is a rotation by 180 degrees: reverse the last axis only."""
    _batch(images)
    return images[:, ::-1, ::-1].copy()


def flip_horizontal__every_axis(images):
    """np.flip without an axis reverses every axis, the order of the images and the rows too: only the last one is meant, axis=-1."""
    _batch(images)
    return np.flip(images).copy()


def flip_horizontal__view(images):
    """images[:, :, ::-1] is a view: who writes to the result changes the original. Add .copy()."""
    _batch(images)
    return images[:, :, ::-1]


def flip_horizontal__in_place(images):
    """The caller's images were overwritten, for example by `images[:] = ...`, and the originals are gone: return a new array."""
    _batch(images)
    flipped = images[:, :, ::-1].copy()
    images[...] = flipped
    return flipped


def flip_horizontal__views_swapped(images):
    """Half of the columns came twice: when two views are swapped, the second assignment reads what the first has overwritten. Copy one of them."""
    _batch(images)
    out, width = images.copy(), images.shape[2]
    for j in range(width // 2):
        out[:, :, j], out[:, :, width - 1 - j] = out[:, :, width - 1 - j], out[:, :, j]
    return out


def flip_horizontal__to_float(images):
    """The result is float64 whatever came: eight times the memory for uint8 images. A flip needs no arithmetic; keep the dtype."""
    _batch(images)
    return images[:, :, ::-1].astype(np.float64)


def flip_horizontal__one_image_too(images):
    """An image (H, W) without its batch axis must be refused: here it slips through, and elsewhere its rows are taken for a batch."""
    if np.ndim(images) != 3:
        return np.flip(images, axis=-1).copy()
    _batch(images)
    return images[:, :, ::-1].copy()


# --- pad_crop ---------------------------------------------------------------------------------------------------------


def pad_crop__one_offset_for_all(images, pad, offsets):
    """Every image was cropped at offsets[0]: the whole batch moves together. Each image has its own row of offsets."""
    offsets = _crops(images, pad, offsets)
    return _cut(_padded(images, pad), images.shape, np.broadcast_to(offsets[0], offsets.shape))


def pad_crop__rows_and_columns_swapped(images, pad, offsets):
    """An offset is (row, column); you moved sideways where it says down, as (x, y) would."""
    offsets = _crops(images, pad, offsets)
    return _cut(_padded(images, pad), images.shape, offsets[:, ::-1])


def pad_crop__batch_padded_too(images, pad, offsets):
    """np.pad(images, pad) pads every axis, the batch too, so the crops come from the wrong images: pass ((0, 0), (pad, pad), (pad, pad))."""
    offsets = _crops(images, pad, offsets)
    padded = np.zeros_like(_padded(images, pad))
    padded[pad:] = _padded(images, pad)[: max(0, len(images) - pad)]  # the first images of np.pad(images, pad), without the others
    return _cut(padded, images.shape, offsets)


def pad_crop__edge_repeated(images, pad, offsets):
    """The border is filled with the edge pixels; the text asks for zeros."""
    offsets = _crops(images, pad, offsets)
    return _cut(_padded(images, pad, mode="edge"), images.shape, offsets)


def pad_crop__rolled(images, pad, offsets):
    """np.roll brings what leaves on one side back in on the other: what is shifted out must be lost, and zeros come in."""
    offsets = _crops(images, pad, offsets)
    return np.stack([np.roll(image, (pad - row, pad - column), axis=(0, 1)) for image, (row, column) in zip(images, offsets, strict=True)])


def pad_crop__other_direction(images, pad, offsets):
    """The content moved the other way: a crop further down shows the image further up. An offset is where the crop begins, not how far to push."""
    offsets = _crops(images, pad, offsets)
    return _cut(_padded(images, pad), images.shape, 2 * pad - offsets)


def pad_crop__padding_kept(images, pad, offsets):
    """The crop has a beginning but no end, so the padding is still there: cut H x W, from row to row + H and column to column + W."""
    offsets = _crops(images, pad, offsets)
    out = np.zeros((images.shape[0], images.shape[1] + 2 * pad, images.shape[2] + 2 * pad), images.dtype)
    for b, (row, column) in enumerate(offsets):
        crop = _padded(images, pad)[b, row:, column:]
        out[b, : crop.shape[0], : crop.shape[1]] = crop
    return out


def pad_crop__to_float(images, pad, offsets):
    """np.zeros without a dtype makes float64: pass dtype=images.dtype, or uint8 images come back eight times as large."""
    return _cut(_padded(images, pad), images.shape, _crops(images, pad, offsets)).astype(np.float64)


def pad_crop__unsigned_wraps(images, pad, offsets):
    """Unsigned offsets wrapped around below pad (uint8: 0 - 2 = 254), so those crops are empty of image: convert offsets to int64 first."""
    _crops(images, pad, offsets)
    start = (offsets - np.asarray(pad).astype(offsets.dtype)).astype(np.int64)  # wraps around for unsigned types
    out = np.zeros_like(images)
    _, height, width = images.shape
    for b, (row, column) in enumerate(start.tolist()):
        for i in range(max(0, -row), min(height, height - row)):
            for j in range(max(0, -column), min(width, width - column)):
                out[b, i, j] = images[b, i + row, j + column]
    return out


def pad_crop__outside_pulled_in(images, pad, offsets):
    """An offset outside 0..2*pad was clipped without a word: it is somebody's error, so raise ValueError."""
    _crops(images, pad, np.clip(np.asarray(offsets).astype(np.int64), 0, 2 * pad) if np.shape(offsets) == (len(images), 2) else offsets)
    return _cut(_padded(images, pad), images.shape, np.clip(np.asarray(offsets).astype(np.int64), 0, 2 * pad))


def pad_crop__negative_wraps(images, pad, offsets):
    """A negative offset counted from the far side, as negative indices do: check that offsets are at least 0."""
    high = np.asarray(offsets).astype(np.int64)
    if high.shape == (len(images), 2):
        high = np.where(high < 0, high + 2 * pad + 1, high)
    return _cut(_padded(images, pad), images.shape, _crops(images, pad, high))


def pad_crop__last_offset_refused(images, pad, offsets):
    """An offset of exactly 2*pad was refused: it is the last one allowed, and only what lies beyond is a ValueError."""
    offsets = _crops(images, pad, offsets)
    if offsets.max() >= 2 * pad:
        raise ValueError("an offset is too large")
    return _cut(_padded(images, pad), images.shape, offsets)


def pad_crop__narrow_offsets(images, pad, offsets):
    """`offsets - pad` of unsigned offsets wraps around below 0, to a place outside: convert the offsets to int64 first."""
    signed = _crops(images, pad, offsets)
    out = _cut(_padded(images, pad), images.shape, signed)
    wrapped = (np.asarray(offsets).dtype.kind == "u") & (signed < pad).any(axis=1)
    return np.where(wrapped[:, None, None], np.zeros_like(out), out)


def pad_crop__reflected(images, pad, offsets):
    """The border is filled with reflected pixels; the text asks for zeros."""
    return _cut(np.pad(images, ((0, 0), (pad, pad), (pad, pad)), mode="symmetric"), images.shape, offsets.astype(np.int64))


def pad_crop__narrow_end(images, pad, offsets):
    """The end of a crop, row + H, wrapped around in the offsets' own narrow type: convert offsets to int64 first."""
    offsets = np.asarray(offsets)
    padded, (_, height, width) = _padded(images, pad), images.shape
    out = np.zeros_like(images)
    if np.any(offsets < 0) or np.any(offsets.astype(np.int64) > 2 * pad) or offsets.shape != (len(images), 2):
        raise ValueError("offsets do not fit")
    for target, image, (row, column) in zip(out, padded, offsets, strict=True):
        size = np.asarray([height, width]).astype(offsets.dtype)
        with np.errstate(over="ignore"):
            cut = image[row : row + size[0], column : column + size[1]]
        target[: cut.shape[0], : cut.shape[1]] = cut
    return out


# --- affine_warp ------------------------------------------------------------------------------------------------------


def affine_warp__forward_map(images, matrices):
    """The matrix was taken as input to output, so everything turns and moves the other way: it says where each OUTPUT pixel finds its value."""
    images, matrices = _warp_input(images, matrices)
    full = np.concatenate([matrices, np.broadcast_to(np.array([[[0, 0, 1]]], matrices.dtype), (len(matrices), 1, 3))], axis=1)
    return _blend(images, *_places(np.linalg.inv(full)[:, :2], images.shape))


def affine_warp__corner_origin(images, matrices):
    """Coordinates were counted from the corner, so a rotation swings the image out of sight: subtract the centre before, add it after."""
    images, matrices = _warp_input(images, matrices)
    return _blend(images, *_places(matrices, images.shape, centre=(0, 0)))


def affine_warp__centre_h_over_2(images, matrices):
    """H/2 is not the centre of pixels 0..H-1: it is (H-1)/2. Half a pixel off, every rotation also shifts."""
    images, matrices = _warp_input(images, matrices)
    return _blend(images, *_places(matrices, images.shape, centre=(images.shape[1] / 2, images.shape[2] / 2)))


def affine_warp__square_only(images, matrices):
    """The centre of the rows was used for the columns too: right for square images only."""
    images, matrices = _warp_input(images, matrices)
    middle = (images.shape[1] - 1) / 2
    return _blend(images, *_places(matrices, images.shape, centre=(middle, middle)))


def affine_warp__x_before_y(images, matrices):
    """The matrix was read as (x, y, 1), that is (column, row, 1), as OpenCV would: here rows come first."""
    images, matrices = _warp_input(images, matrices)
    return _blend(images, *_places(matrices[:, ::-1][:, :, [1, 0, 2]], images.shape))


def affine_warp__nearest(images, matrices):
    """Places were rounded to the nearest pixel: bilinear interpolation blends the four pixels around."""
    images, matrices = _warp_input(images, matrices)
    row, column = _places(matrices, images.shape)
    return _pixels(images, np.rint(row).astype(int), np.rint(column).astype(int))


def affine_warp__truncated(images, matrices):
    """Places were cut towards zero, as int() and astype(int) do, so -0.3 became 0 and the weights at the top and left edge are wrong: use floor."""
    images, matrices = _warp_input(images, matrices)
    return _blend(images, *_places(matrices, images.shape), whole=np.trunc)


def affine_warp__edge_repeated(images, matrices):
    """Places outside took the nearest edge pixel, which smears the border: outside is 0."""
    images, matrices = _warp_input(images, matrices)
    row, column = _places(matrices, images.shape)
    return _blend(images, np.clip(row, 0, images.shape[1] - 1), np.clip(column, 0, images.shape[2] - 1))


def affine_warp__no_share_of_the_edge(images, matrices):
    """A place less than a pixel outside became 0 at once: it still blends the edge with the zeros, so only the missing neighbours count 0."""
    images, matrices = _warp_input(images, matrices)
    row, column = _places(matrices, images.shape)
    inside = (row >= 0) & (row <= images.shape[1] - 1) & (column >= 0) & (column <= images.shape[2] - 1)
    return np.where(inside, _blend(images, row, column), images.dtype.type(0))


def affine_warp__wraps(images, matrices):
    """A place above the first row looked at the last one, as index -1 does: neighbours outside count 0."""
    images, matrices = _warp_input(images, matrices)

    def pixels(images, row, column):
        height, width = images.shape[1:]
        row, column = np.where(row == -1, height - 1, row), np.where(column == -1, width - 1, column)
        return _pixels(images, row, column)

    return _blend(images, *_places(matrices, images.shape), pixels=pixels)


def affine_warp__shares_swapped(images, matrices):
    """The nearer pixel got the smaller weight: the pixel at floor(place) weighs 1 minus the fraction, the next one the fraction."""
    images, matrices = _warp_input(images, matrices)
    row, column = _places(matrices, images.shape)
    row, column = np.clip(row, -2, images.shape[1] + 1), np.clip(column, -2, images.shape[2] + 1)
    return _blend(images, 2 * np.floor(row) + 1 - row, 2 * np.floor(column) + 1 - column)


def affine_warp__transposed(images, matrices):
    """The 2 x 2 part was transposed, (row, column) @ M for M @ (row, column): a rotation turns the other way, a shear tips the other axis."""
    images, matrices = _warp_input(images, matrices)
    flipped = np.concatenate([matrices[:, :, :2].transpose(0, 2, 1), matrices[:, :, 2:]], axis=2)
    return _blend(images, *_places(flipped, images.shape))


def affine_warp__first_matrix_for_all(images, matrices):
    """Every image was warped by matrices[0]: image b has matrix b."""
    images, matrices = _warp_input(images, matrices)
    return _blend(images, *_places(np.broadcast_to(matrices[:1], matrices.shape), images.shape))


def affine_warp__integers_cut(images, matrices):
    """The result was stored in the images' integer type, which cuts off the fractions: integer images give float64."""
    first, second = _warp_input(images, matrices)
    out = _blend(first, *_places(second, images.shape))
    return out if images.dtype.kind == "f" else out.astype(images.dtype)


def affine_warp__one_matrix_broadcast(images, matrices):
    """A single (2, 3) matrix was spread over the batch without a word: the shape must be (B, 2, 3), anything else is a ValueError."""
    if np.shape(matrices) == (2, 3) and np.ndim(images) == 3:
        matrices = np.broadcast_to(matrices, (len(images), 2, 3))
    images, matrices = _warp_input(images, matrices)
    return _blend(images, *_places(matrices, images.shape))


# --- mixup ------------------------------------------------------------------------------------------------------------


def mixup__labels_not_mixed(x, y, lam, perm):
    """x is 70 % one thing and 30 % another, and its label still says 100 %: mix y with the same lam and perm."""
    x, y = _rows(x, y, perm)
    return _blended(x, lam, perm), y


def mixup__lam_swapped_for_labels(x, y, lam, perm):
    """The labels got 1-lam where the rows got lam (at 0.5 nobody sees it): the row that weighs lam has the label that weighs lam."""
    x, y = _rows(x, y, perm)
    return _blended(x, lam, perm), _blended(y, 1 - lam, perm)


def mixup__lam_swapped_for_rows(x, y, lam, perm):
    """The rows got 1-lam where the labels got lam (at 0.5 nobody sees it): lam belongs to the row itself, in x as in y."""
    x, y = _rows(x, y, perm)
    return _blended(x, 1 - lam, perm), _blended(y, lam, perm)


def mixup__lam_swapped(x, y, lam, perm):
    """lam belongs to the row itself and 1-lam to its partner; yours are the other way round, in x and y."""
    x, y = _rows(x, y, perm)
    return _blended(x, 1 - lam, perm), _blended(y, 1 - lam, perm)


def mixup__inverse_perm_for_labels(x, y, lam, perm):
    """Rows and labels were paired differently: x with row perm[i], y with the row that perm sends to i. Use y[perm] as well."""
    x, y = _rows(x, y, perm)
    return _blended(x, lam, perm), _blended(y, lam, np.argsort(perm))


def mixup__inverse_perm(x, y, lam, perm):
    """Row i was mixed with the row that perm sends to i; its partner is row perm[i]: x[perm], and y[perm]."""
    x, y = _rows(x, y, perm)
    return _blended(x, lam, np.argsort(perm)), _blended(y, lam, np.argsort(perm))


def mixup__at_least_one_half(x, y, lam, perm):
    """lam was replaced by max(lam, 1 - lam), as MixMatch does: here it is taken as given."""
    x, y = _rows(x, y, perm)
    return _blended(x, max(lam, 1 - lam), perm), _blended(y, max(lam, 1 - lam), perm)


def mixup__one_dtype(x, y, lam, perm):
    """Both results have one dtype, float32 only where x and y both are: each keeps its own width."""
    rows, labels = _rows(x, y, perm)
    kind = np.float32 if np.asarray(x).dtype == np.asarray(y).dtype == np.float32 else np.float64
    return _blended(rows, lam, perm).astype(kind), _blended(labels, lam, perm).astype(kind)


def mixup__reads_changed_rows(x, y, lam, perm):
    """The loop writes into the array it reads from, so later rows are mixed with rows that are mixed already: read from the original."""
    x, y = _rows(x, y, perm)
    for i, j in enumerate(perm.tolist()):
        x[i] = lam * x[i] + (1 - lam) * x[j]
        y[i] = lam * y[i] + (1 - lam) * y[j]
    return x, y


def mixup__integers_cut(x, y, lam, perm):
    """The result was stored in the input's integer type: soft labels such as 0.7 and 0.3 became 0. Whole numbers need float64."""
    outs = [_blended(rows, lam, perm) for rows in _rows(x, y, perm)]
    return tuple(out if rows.dtype.kind == "f" else out.astype(rows.dtype) for out, rows in zip(outs, (x, y), strict=True))


def mixup__in_place(x, y, lam, perm):
    """The caller's batch was overwritten, so the next epoch trains on blends of blends (for example by `x *= lam`): write x = lam * x + ..."""
    mixed = [_blended(rows, lam, perm) for rows in _rows(x, y, perm)]
    x[...], y[...] = mixed
    return tuple(mixed)


def mixup__hard_labels(x, y, lam, perm):
    """The mixed label was rounded to the heavier class: the point of mixup is the soft label in between."""
    x, y = _rows(x, y, perm)
    mixed = _blended(y, lam, perm)
    return _blended(x, lam, perm), np.eye(y.shape[1], dtype=y.dtype)[mixed.argmax(axis=1)]


def mixup__widened(x, y, lam, perm):
    """float32 became float64, as a conversion does, or np.float64(lam) times float32 in NumPy 2: keep float32 where it came."""
    x, y = _rows(x, y, perm)
    return _blended(x.astype(np.float64), lam, perm), _blended(y.astype(np.float64), lam, perm)


def mixup__reversed_partner(x, y, lam, perm):
    """The partner was the batch read backwards, x[::-1]; perm says which row it is."""
    x, y = _rows(x, y, perm)
    back = np.arange(len(x))[::-1]
    return _blended(x, lam, back), _blended(y, lam, back)


def mixup__one_row_of_labels(x, y, lam, perm):
    """y with one row was spread over all rows of x: numbers of rows that differ are a ValueError."""
    if np.ndim(y) == 2 and len(y) == 1 and np.ndim(x) == 2:
        y = np.broadcast_to(y, (len(x), y.shape[1]))
    x, y = _rows(x, y, perm)
    return _blended(x, lam, perm), _blended(y, lam, perm)


# --- fuse_sources -----------------------------------------------------------------------------------------------------


def fuse_sources__labels_not_mapped(sources):
    """The sources' own labels were stacked: 1 means one thing here and another there. Map them by label_map first."""
    x, new, source = _stacked(sources)
    y = np.concatenate([y for _, y, _ in sources]).astype(new.dtype)
    kept = _first(_keys(x, y))
    return x[kept], y[kept], source[kept]


def fuse_sources__compared_before_mapping(sources):
    """Duplicates were looked for before the labels were mapped: two names of one class hid them. Map first, then compare."""
    x, new, source = _stacked(sources)
    kept = _first(_keys(x, np.concatenate([y for _, y, _ in sources])))
    return x[kept], new[kept], source[kept]


def fuse_sources__label_ignored(sources):
    """Rows with equal x and different labels were dropped too: that hides a disagreement of the sources. Compare x and label."""
    x, y, source = _stacked(sources)
    kept = _first([tuple(row) for row in x.tolist()])
    return x[kept], y[kept], source[kept]


def fuse_sources__last_kept(sources):
    """The last of equal rows was kept; the text asks for the first."""
    x, y, source = _stacked(sources)
    kept = len(x) - 1 - _first(_keys(x, y)[::-1])[::-1]
    return x[kept], y[kept], source[kept]


def fuse_sources__sorted(sources):
    """np.unique sorts the rows: the order of the list is lost. Take its return_index, sort that, and index with it."""
    x, y, source = _stacked(sources)
    kept = _first(_keys(x, y))
    kept = kept[np.lexsort(np.column_stack([y[kept], x[kept][:, ::-1]]).T)]
    return x[kept], y[kept], source[kept]


def fuse_sources__within_sources_only(sources):
    """Duplicates were dropped inside each source but not between them, where they leak from training into test."""
    x, y, source = _stacked(sources)
    kept = _first([(*key, s) for key, s in zip(_keys(x, y), source.tolist(), strict=True)])
    return x[kept], y[kept], source[kept]


def fuse_sources__neighbours_only(sources):
    """Only duplicates next to each other were found: compare with every row before, by a set of rows or by sorting."""
    x, y, source = _stacked(sources)
    keys = _keys(x, y)
    kept = np.array([i for i in range(len(keys)) if i == 0 or keys[i] != keys[i - 1]])
    return x[kept], y[kept], source[kept]


def fuse_sources__all_copies_dropped(sources):
    """Of rows that occur twice none was left: the first is to be kept."""
    x, y, source = _stacked(sources)
    keys = _keys(x, y)
    kept = np.array([i for i, key in enumerate(keys) if keys.count(key) == 1], dtype=int)
    return x[kept], y[kept], source[kept]


def fuse_sources__source_not_dropped(sources):
    """`source` still has an entry for every dropped row, so it no longer lines up with x and y: index it with the same rows."""
    x, y, source = _stacked(sources)
    kept = _first(_keys(x, y))
    return x[kept], y[kept], source


def fuse_sources__duplicates_kept(sources):
    """The sources were stacked as they are: rows that several hold count several times, and land in training and test."""
    return _stacked(sources)


def fuse_sources__mapped_one_after_the_other(sources):
    """Labels were mapped twice, as `y[y == old] = new` in a loop does ({0: 1, 1: 0} makes all of them 0): look up in the original labels."""
    x, _, source = _stacked(sources)
    parts = []
    for _, y, label_map in sources:
        y = y.astype(np.int64)
        for old, new in label_map.items():
            y[y == old] = new
        parts.append(y)
    y = np.concatenate(parts)
    kept = _first(_keys(x, y))
    return x[kept], y[kept], source[kept]


def fuse_sources__unknown_kept(sources):
    """A label that is not in label_map was kept as it is: it may mean another class in the common list. Raise ValueError."""
    sources = [(x, y, {**{label: label for label in y.tolist()}, **label_map}) for x, y, label_map in sources]
    x, y, source = _stacked(sources)
    kept = _first(_keys(x, y))
    return x[kept], y[kept], source[kept]


def fuse_sources__nearly_equal_dropped(sources):
    """Rows that differ after the third decimal were taken for duplicates: only exactly equal rows are."""
    x, y, source = _stacked(sources)
    kept = _first(_keys(x.round(3), y))
    return x[kept], y[kept], source[kept]


def fuse_sources__widened(sources):
    """float32 features came back as float64, as going through Python lists does: keep float32 where every source has it."""
    x, y, source = _stacked(sources)
    kept = _first(_keys(x, y))
    return x[kept].astype(np.float64), y[kept], source[kept]


# --- linear_probe -----------------------------------------------------------------------------------------------------


def linear_probe__not_standardised(features, labels, new_features, l2, n_classes):
    """The features were not divided by their standard deviation: the penalty then depends on their units, and a large column is hardly penalised."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, b = _ridge(x - x.mean(axis=0), np.eye(n_classes)[labels], l2)
    return np.argmax((new - x.mean(axis=0)) @ w + b, axis=1)


def linear_probe__new_by_its_own_mean(features, labels, new_features, l2, n_classes):
    """The new rows were standardised by their own mean and std, which hides how they differ from training and fails for one row: use training's."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, b = _ridge((x - x.mean(axis=0)) / _scale(x), np.eye(n_classes)[labels], l2)
    return np.argmax((new - new.mean(axis=0)) / _scale(new) @ w + b, axis=1)


def linear_probe__fit_on_both(features, labels, new_features, l2, n_classes):
    """Mean and std were taken from training and new rows together, a leak: from the training features alone."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    both = np.concatenate([x, new])
    z = (x - both.mean(axis=0)) / _scale(both)
    y = np.eye(n_classes)[labels]
    w, _ = _ridge(z - z.mean(axis=0), y, l2)
    return np.argmax(((new - both.mean(axis=0)) / _scale(both) - z.mean(axis=0)) @ w + y.mean(axis=0), axis=1)


def linear_probe__scaled_by_both(features, labels, new_features, l2, n_classes):
    """Mean and std were taken from all rows, the new ones too, a leak: take both from the training features alone."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    both = np.concatenate([x, new])
    w, b = _ridge((x - both.mean(axis=0)) / _scale(both), np.eye(n_classes)[labels], l2)
    return np.argmax((new - both.mean(axis=0)) / _scale(both) @ w + b, axis=1)


def linear_probe__new_not_standardised(features, labels, new_features, l2, n_classes):
    """The weights were fitted to standardised features and applied to raw ones: transform the new rows the same way."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, b = _ridge((x - x.mean(axis=0)) / _scale(x), np.eye(n_classes)[labels], l2)
    return np.argmax(new @ w + b, axis=1)


def linear_probe__std_is_zero(features, labels, new_features, l2, n_classes):
    """A column of ten times 0.1 was divided by its std, which is 1e-17 and not 0: find constant columns by max == min."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    scale = np.where(x.std(axis=0) == 0, 1.0, x.std(axis=0))
    w, b = _ridge((x - x.mean(axis=0)) / scale, np.eye(n_classes)[labels], l2)
    return np.argmax((new - x.mean(axis=0)) / scale @ w + b, axis=1)


def linear_probe__divides_by_zero(features, labels, new_features, l2, n_classes):
    """A column that never changes has std 0: dividing gives nan in every score. Only centre such a column."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    constant = x.max(axis=0) == x.min(axis=0)
    scale = np.where(constant, 0.0, x.std(axis=0))
    mean = np.where(constant, x[0], x.mean(axis=0))
    w, b = _ridge((x - mean) / scale, np.eye(n_classes)[labels], l2)
    return np.argmax((new - mean) / scale @ w + b, axis=1)


def linear_probe__tiny_column_lost(features, labels, new_features, l2, n_classes):
    """A column of tiny numbers hardly counted, as when 1e-8 is added to its std or a small std is taken for 0: constant is where max == min."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    scale = np.where(x.max(axis=0) == x.min(axis=0), 1.0, x.std(axis=0) + 1e-8)
    w, b = _ridge((x - x.mean(axis=0)) / scale, np.eye(n_classes)[labels], l2)
    return np.argmax((new - x.mean(axis=0)) / scale @ w + b, axis=1)


def linear_probe__no_bias(features, labels, new_features, l2, n_classes):
    """How common a class is did not count: add the bias b, the mean of the one-hot labels."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, _ = _ridge((x - x.mean(axis=0)) / _scale(x), np.eye(n_classes)[labels], l2)
    return np.argmax((new - x.mean(axis=0)) / _scale(x) @ w, axis=1)


def linear_probe__bias_penalised(features, labels, new_features, l2, n_classes):
    """The column of ones was penalised with the rest, which shrinks the frequent classes most: leave the bias out of the penalty."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, b = _ridge((x - x.mean(axis=0)) / _scale(x), np.eye(n_classes)[labels], l2)
    return np.argmax((new - x.mean(axis=0)) / _scale(x) @ w + b / (1 + l2), axis=1)


def linear_probe__l2_everywhere(features, labels, new_features, l2, n_classes):
    """l2 was added to every entry of the matrix: it belongs on the diagonal, l2·I."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    z, y = (x - x.mean(axis=0)) / _scale(x), np.eye(n_classes)[labels]
    w = np.linalg.lstsq(z.T @ z / len(z) + l2, z.T @ (y - y.mean(axis=0)) / len(z), rcond=None)[0]
    return np.argmax((new - x.mean(axis=0)) / _scale(x) @ w + y.mean(axis=0), axis=1)


def linear_probe__sum_not_mean(features, labels, new_features, l2, n_classes):
    """The errors were summed, not averaged, so the penalty counts n times less: z'z/n + l2*I, or z'z + n*l2*I."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, b = _ridge((x - x.mean(axis=0)) / _scale(x), np.eye(n_classes)[labels], l2 / len(x))
    return np.argmax((new - x.mean(axis=0)) / _scale(x) @ w + b, axis=1)


def linear_probe__class_number(features, labels, new_features, l2, n_classes):
    """The class number itself was fitted and rounded, as if class 1 lay between 0 and 2: fit one column of 0 and 1 for each class."""
    x, new = _probe_input(features, labels, new_features, l2, n_classes)
    w, b = _ridge((x - x.mean(axis=0)) / _scale(x), np.asarray(labels, float)[:, None], l2)
    return np.clip(np.rint((new - x.mean(axis=0)) / _scale(x) @ w + b)[:, 0], 0, n_classes - 1).astype(int)


def linear_probe__position_among_seen(features, labels, new_features, l2, n_classes):
    """The one-hot columns were the classes that occur, so the result is a position among those: make n_classes columns."""
    scores = _probed(features, labels, new_features, l2, n_classes)
    return np.argmax(scores[:, np.unique(labels)], axis=1)


def linear_probe__scores(features, labels, new_features, l2, n_classes):
    """These are the scores; the answer is the class with the largest one: argmax over axis 1."""
    return _probed(features, labels, new_features, l2, n_classes)


def linear_probe__l2_unchecked(features, labels, new_features, l2, n_classes):
    """l2 of 0 or less was taken: with fewer rows than columns there is then no single solution. Raise ValueError."""
    if l2 <= 0:
        return np.argmax(_probed(features, labels, new_features, 1e-9, n_classes), axis=1)
    return np.argmax(_probed(features, labels, new_features, l2, n_classes), axis=1)


def linear_probe__unknown_label_ignored(features, labels, new_features, l2, n_classes):
    """A label outside 0..n_classes-1 became a row of zeros in the one-hot table, so a corrupted data set trains without a word: raise ValueError."""
    x, new = _probe_input(features, np.clip(labels, 0, n_classes - 1), new_features, l2, n_classes)
    y = (np.asarray(labels)[:, None] == np.arange(n_classes)).astype(float)
    w, b = _ridge((x - x.mean(axis=0)) / _scale(x), y, l2)
    return np.argmax((new - x.mean(axis=0)) / _scale(x) @ w + b, axis=1)


# --- pseudo_label -----------------------------------------------------------------------------------------------------


def pseudo_label__strictly_above(probabilities, threshold):
    """A row exactly at the threshold counts too: >=, not >."""
    _sure(probabilities, threshold)
    indices = np.flatnonzero(probabilities.max(axis=1) > threshold)
    return indices, probabilities.argmax(axis=1)[indices]


def pseudo_label__labels_of_all(probabilities, threshold):
    """The labels are those of all rows: take them at the kept indices, so that the two arrays line up."""
    return _sure(probabilities, threshold), probabilities.argmax(axis=1)


def pseudo_label__mask(probabilities, threshold):
    """A boolean mask came back where indices were asked for: np.flatnonzero(mask)."""
    indices = _sure(probabilities, threshold)
    return probabilities.max(axis=1) >= threshold, probabilities.argmax(axis=1)[indices]


def pseudo_label__most_certain_first(probabilities, threshold):
    """The rows were sorted by confidence; the text asks for the order of the rows."""
    indices = _sure(probabilities, threshold)
    indices = indices[np.argsort(-probabilities.max(axis=1)[indices], kind="stable")]
    return indices, probabilities.argmax(axis=1)[indices]


def pseudo_label__probabilities_for_labels(probabilities, threshold):
    """The second array holds the largest probabilities (max); the labels are where they are (argmax)."""
    indices = _sure(probabilities, threshold)
    return indices, probabilities.max(axis=1)[indices]


def pseudo_label__none_refused(probabilities, threshold):
    """No row reached the threshold and you raised: that is an ordinary outcome early in training, two empty arrays."""
    indices = _sure(probabilities, threshold)
    if not len(indices):
        raise ValueError("no row is sure enough")
    return indices, probabilities.argmax(axis=1)[indices]


def pseudo_label__last_of_level(probabilities, threshold):
    """Of two level classes the last was taken; the text asks for the lowest, which argmax gives."""
    indices = _sure(probabilities, threshold)
    return indices, (probabilities.shape[1] - 1 - probabilities[:, ::-1].argmax(axis=1))[indices]


def pseudo_label__class_0_lost(probabilities, threshold):
    """The rows of class 0 are gone, as a test like `if label` does, and a model trained on the rest forgets the class: test the probability."""
    indices = _sure(probabilities, threshold)
    labels = probabilities.argmax(axis=1)[indices]
    return indices[labels > 0], labels[labels > 0]


def pseudo_label__counted_among_kept(probabilities, threshold):
    """The indices count the rows kept, 0, 1, 2, ...; they must point into `probabilities`."""
    indices = _sure(probabilities, threshold)
    return np.arange(len(indices)), probabilities.argmax(axis=1)[indices]


def pseudo_label__one_row_for_each_entry(probabilities, threshold):
    """A row is there twice, with two labels: below 0.5 two entries of a row can reach the threshold. Take the row's largest first."""
    _sure(probabilities, threshold)
    rows, classes = np.nonzero(probabilities >= threshold)
    return rows, classes


def pseudo_label__lead_over_the_second(probabilities, threshold):
    """The lead over the second class was compared with the threshold; the largest probability itself is."""
    _sure(probabilities, threshold)
    ordered = np.sort(probabilities, axis=1)
    lead = ordered[:, -1] - (ordered[:, -2] if ordered.shape[1] > 1 else 0)
    indices = np.flatnonzero(lead >= threshold)
    return indices, probabilities.argmax(axis=1)[indices]


def pseudo_label__one_row_too(probabilities, threshold):
    """A single row (k,) slipped through as if it were a batch: the shape must be (n, k), anything else is a ValueError."""
    if np.ndim(probabilities) == 1 and np.size(probabilities):
        probabilities = probabilities[None, :]
    return _sure(probabilities, threshold), probabilities.argmax(axis=1)[_sure(probabilities, threshold)]


# --- split_counterexample ---------------------------------------------------------------------------------------------


def _random_images(n, seed=1):
    return np.random.default_rng(seed).normal(size=(n, 4, 4))


def split_counterexample__learnable():
    """The images tell the labels, so the honest split scores well too and the leak does not show: take labels unrelated to the images."""
    labels = np.arange(40) % 2
    return _random_images(40) * 0.1 + 5.0 * labels[:, None, None], labels, np.full((40, 4, 4), 0.001), 15


def split_counterexample__noise_too_strong():
    """With so much noise a copy is no longer its original's nearest neighbour, and nothing is remembered: make the noise smaller."""
    rng = np.random.default_rng(2)
    return _random_images(40), np.arange(40), 20 * rng.normal(size=(40, 4, 4)), 15


def split_counterexample__few_test_images():
    """n_test must be at least 10: one test image proves nothing."""
    return _random_images(40), np.arange(40), np.full((40, 4, 4), 0.001), 1


def split_counterexample__one_label():
    """All labels are the same, so every prediction is right in both splits: use several."""
    return _random_images(40), np.zeros(40, dtype=int), np.full((40, 4, 4), 0.001), 15


def split_counterexample__two_arguments():
    """Return the four arguments of guide_split as a tuple: images, labels, noise, n_test."""
    return _random_images(40), np.arange(40)


def split_counterexample__flat_images():
    """images and noise must be (n, H, W): yours are rows of numbers."""
    return _random_images(40).reshape(40, 16), np.arange(40), np.full((40, 16), 0.001), 15


def split_counterexample__no_noise_axis():
    """noise must have the shape of images, one noise image for each."""
    return _random_images(40), np.arange(40), np.full((4, 4), 0.001), 15


def split_counterexample__a_class_each():
    """Every row has a label of its own, which shows the leak; no data set is labelled so: take a few classes with many rows each."""
    return _random_images(40), np.arange(40), np.full((40, 4, 4), 0.001), 15


# --- split_mended -----------------------------------------------------------------------------------------------------


def split_mended__augmented_first(images, labels, noise, n_test):
    """This is guide_split: the copies of the test images' originals are in the training set. Split first."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    images, labels = np.concatenate([images, images + noise]), np.concatenate([labels, labels])
    return images[:-n_test], labels[:-n_test], images[-n_test:], labels[-n_test:]


def split_mended__copies_of_the_test_images(images, labels, noise, n_test):
    """The noisy copies of the test images stayed in the training set: add noise to the training images only."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, train_labels = np.concatenate([images[:-n_test], images + noise]), np.concatenate([labels[:-n_test], labels])
    return train, train_labels, images[-n_test:], labels[-n_test:]


def split_mended__test_augmented_too(images, labels, noise, n_test):
    """The test set was augmented as well: it must be what comes in practice, the images as they are."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, test, y, y_test = images[:-n_test], images[-n_test:], labels[:-n_test], labels[-n_test:]
    train, test = np.concatenate([train, train + noise[:-n_test]]), np.concatenate([test, test + noise[-n_test:]])
    return train, np.concatenate([y, y]), test, np.concatenate([y_test, y_test])


def split_mended__noisy_test(images, labels, noise, n_test):
    """The test images have noise on them: hold them out as they are."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, y = images[:-n_test], labels[:-n_test]
    return np.concatenate([train, train + noise[:-n_test]]), np.concatenate([y, y]), images[-n_test:] + noise[-n_test:], labels[-n_test:]


def split_mended__not_augmented(images, labels, noise, n_test):
    """The training set lacks the noisy copies: concatenate train with train + its noise."""
    images, labels, _ = _split_input(images, labels, noise, n_test)
    return images[:-n_test], labels[:-n_test], images[-n_test:], labels[-n_test:]


def split_mended__originals_dropped(images, labels, noise, n_test):
    """Only the noisy copies are in the training set: the originals belong there too."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    return (images + noise)[:-n_test], labels[:-n_test], images[-n_test:], labels[-n_test:]


def split_mended__labels_interleaved(images, labels, noise, n_test):
    """np.repeat gives each label twice in a row, the images come as originals, then copies: concatenate the labels as the images."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, y = images[:-n_test], labels[:-n_test]
    return np.concatenate([train, train + noise[:-n_test]]), np.repeat(y, 2), images[-n_test:], labels[-n_test:]


def split_mended__copies_interleaved(images, labels, noise, n_test):
    """Each noisy copy stands right after its image; the text asks for all the images first, then their copies."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, y = images[:-n_test], labels[:-n_test]
    both = np.stack([train, train + noise[:-n_test]], axis=1).reshape(-1, *train.shape[1:])
    return both, np.repeat(y, 2), images[-n_test:], labels[-n_test:]


def split_mended__narrow_sums(images, labels, noise, n_test):
    """Images and noise were added in their own narrow type, where sums wrap around: convert them to float64 first."""
    real, labels, _ = _split_input(images, labels, noise, n_test)
    train, summed = real[:-n_test], (images[:-n_test] + noise[:-n_test]).astype(real.dtype)
    return np.concatenate([train, summed]), np.tile(labels[:-n_test], 2), real[-n_test:], labels[-n_test:]


def split_mended__noise_of_another_image(images, labels, noise, n_test):
    """The noise was taken from the wrong end: training image i gets noise[i]."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, y = images[:-n_test], labels[:-n_test]
    return np.concatenate([train, train + noise[n_test:]]), np.concatenate([y, y]), images[-n_test:], labels[-n_test:]


def split_mended__first_rows_held_out(images, labels, noise, n_test):
    """The first n_test images were held out; the text asks for the last."""
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, y = images[n_test:], labels[n_test:]
    return np.concatenate([train, train + noise[n_test:]]), np.concatenate([y, y]), images[:n_test], labels[:n_test]


def split_mended__views(images, labels, noise, n_test):
    """The test images are a view of the caller's array: whoever normalises one changes the other. Copy them."""
    _, y, wide_noise = _split_input(images, labels, noise, n_test)
    train = images[:-n_test].astype(wide_noise.dtype)
    test = images[-n_test:] if images.dtype == wide_noise.dtype else images[-n_test:].astype(wide_noise.dtype)
    return np.concatenate([train, train + wide_noise[:-n_test]]), np.concatenate([y[:-n_test], y[:-n_test]]), test, y[-n_test:]


def split_mended__in_place(images, labels, noise, n_test):
    """The caller's images were changed (for example by `images += noise`): write train + noise, which makes a new array."""
    wide, y, wide_noise = _split_input(images, labels, noise, n_test)
    train = wide[:-n_test]
    out = np.concatenate([train, train + wide_noise[:-n_test]]), np.concatenate([y[:-n_test], y[:-n_test]]), wide[-n_test:], y[-n_test:]
    images[:-n_test] += noise[:-n_test].astype(images.dtype)
    return out


def split_mended__none_held_out(images, labels, noise, n_test):
    """n_test = 0 must be refused: images[:-0] is empty, so all images became test images."""
    if n_test == 0 and np.ndim(images) == 3:
        return images[:-n_test] * 1.0, labels[:-n_test].copy(), images[-n_test:] * 1.0, labels[-n_test:].copy()
    images, labels, noise = _split_input(images, labels, noise, n_test)
    train, y = images[:-n_test], labels[:-n_test]
    return np.concatenate([train, train + noise[:-n_test]]), np.concatenate([y, y]), images[-n_test:], labels[-n_test:]


# --- instruction_rows_mended ------------------------------------------------------------------------------------------


def _rows_of(prompts, responses, eos, length):
    """Row, number of prompt tokens, number of real tokens, for each pair; refuses what does not fit."""
    if not prompts or len(prompts) != len(responses) or any(not r for r in responses) or any(len(p) >= length for p in prompts):
        raise ValueError("prompts and responses do not fit")
    for prompt, response in zip(prompts, responses, strict=True):
        real = [*prompt, *response, eos][:length]
        yield real + [eos] * (length - len(real)), len(prompt), len(real)


def _tables(prompts, responses, eos, length, target, seen):
    """ids, and targets and attention by a rule of (row, place, prompt tokens, real tokens)."""
    rows = list(_rows_of(prompts, responses, eos, length))
    targets = [[row[t] if target(row, t, p, n) else -100 for t in range(length)] for row, p, n in rows]
    return [row for row, _, _ in rows], targets, [[int(seen(row, t, p, n)) for t in range(length)] for row, p, n in rows]


def _learned(row, t, p, n):
    return p <= t < n


def _real(row, t, p, n):
    return t < n


def instruction_rows_mended__as_published(prompts, responses, eos, length):
    """This is published_rows: the prompt is learned, and every eos is masked because padding is recognised by its value. Go by place."""
    rows = [([*p, *r] + [eos] * length)[:length] for p, r in zip(prompts, responses, strict=False)]
    targets = [[-100 if token == eos else token for token in row] for row in rows]
    return rows, targets, [[int(token != eos) for token in row] for row in rows]


def instruction_rows_mended__eos_masked_by_value(prompts, responses, eos, length):
    """The eos that ends a response is -100 in the targets, so nobody teaches the model to stop: mask the padding by its place, not its value."""
    rows = list(_rows_of(prompts, responses, eos, length))
    targets = [[-100 if t < p or token == eos else token for t, token in enumerate(row)] for row, p, _ in rows]
    return [row for row, _, _ in rows], targets, [[1] * n + [0] * (length - n) for _, _, n in rows]


def instruction_rows_mended__hidden_by_value(prompts, responses, eos, length):
    """attention is 0 wherever the token is eos, so the end of a response is hidden, and the turns of a prompt: mask by place."""
    rows, targets, _ = _tables(prompts, responses, eos, length, _learned, _real)
    return rows, targets, [[int(token != eos) for token in row] for row in rows]


def instruction_rows_mended__prompt_learned(prompts, responses, eos, length):
    """The prompt is among the targets, so the model is taught to write prompts: -100 there."""
    return _tables(prompts, responses, eos, length, _real, _real)


def instruction_rows_mended__eos_not_learned(prompts, responses, eos, length):
    """The eos that ends a response is not among the targets: it belongs to what is learned, or the model never stops."""
    if len(prompts) != len(responses):
        raise ValueError("prompts and responses do not fit")
    ids, targets, attention = _tables(prompts, responses, eos, length, _learned, _real)
    for row, p, r in zip(targets, prompts, responses, strict=True):
        if len(p) + len(r) < length:
            row[len(p) + len(r)] = -100
    return ids, targets, attention


def instruction_rows_mended__end_taken_for_padding(prompts, responses, eos, length):
    """The eos that ends a response counts as padding, in targets and attention: append it to the response before you pad."""
    ids, targets, attention = instruction_rows_mended__eos_not_learned(prompts, responses, eos, length)
    for row, p, r in zip(attention, prompts, responses, strict=True):
        if len(p) + len(r) < length:
            row[len(p) + len(r)] = 0
    return ids, targets, attention


def instruction_rows_mended__padding_learned(prompts, responses, eos, length):
    """The padding is among the targets, so most of the loss goes to writing eos after eos: -100 there."""
    return _tables(prompts, responses, eos, length, lambda row, t, p, n: t >= p, _real)


def instruction_rows_mended__padding_seen(prompts, responses, eos, length):
    """attention is 1 on the padding, too: it is 0 there."""
    return _tables(prompts, responses, eos, length, _learned, lambda *place: True)


def instruction_rows_mended__prompt_hidden(prompts, responses, eos, length):
    """attention is 0 on the prompt: what is not learned must still be read. Only the padding is 0."""
    return _tables(prompts, responses, eos, length, _learned, _learned)


def instruction_rows_mended__shifted(prompts, responses, eos, length):
    """The targets are shifted by one place: target t is token t itself, the loss does the shifting."""
    ids, targets, attention = _tables(prompts, responses, eos, length, _learned, _real)
    return ids, [[*row[1:], -100] for row in targets], attention


def instruction_rows_mended__padded_in_front(prompts, responses, eos, length):
    """The padding stands in front, as for generation: here rows are filled up at their end."""
    ids, targets, attention = _tables(prompts, responses, eos, length, _learned, _real)
    turns = [length - sum(row) for row in attention]
    return tuple([row[length - k :] + row[: length - k] for row, k in zip(table, turns, strict=True)] for table in (ids, targets, attention))


def instruction_rows_mended__zero_for_minus_100(prompts, responses, eos, length):
    """Places without a target hold 0, which is a token: -100 is what the loss leaves out."""
    ids, targets, attention = _tables(prompts, responses, eos, length, _learned, _real)
    return ids, [[0 if token == -100 else token for token in row] for row in targets], attention


def instruction_rows_mended__cut_in_front(prompts, responses, eos, length):
    """A row that is too long lost its beginning; the text asks to cut its end."""
    tables = [], [], []
    if len(prompts) != len(responses):
        raise ValueError("prompts and responses do not fit")
    for prompt, response in zip(prompts, responses, strict=True):
        whole = len(prompt) + len(response) + 1
        for table, (row,) in zip(tables, _tables([prompt], [response], eos, max(length, whole), _learned, _real), strict=True):
            table.append(row[-length:])
    list(_rows_of(prompts, responses, eos, length))
    return tables


def instruction_rows_mended__eos_after_a_cut(prompts, responses, eos, length):
    """A response that was cut got an eos at its end, which teaches the model to stop in the middle: a row that is cut has none."""
    ids, targets, attention = _tables(prompts, responses, eos, length, _learned, _real)
    for row, target, p, r in zip(ids, targets, prompts, responses, strict=True):
        if len(p) + len(r) >= length:
            row[-1] = target[-1] = eos
    return ids, targets, attention


def instruction_rows_mended__prompt_ends_at_eos(prompts, responses, eos, length):
    """The prompt was taken to end at its first eos; an eos may stand inside a prompt. Its length says where it ends."""
    ids, targets, attention = _tables(prompts, responses, eos, length, _learned, _real)
    for row, target, p in zip(ids, targets, prompts, strict=True):
        if eos in p:
            target[p.index(eos) + 1 : len(p)] = row[p.index(eos) + 1 : len(p)]
    return ids, targets, attention


def instruction_rows_mended__changes_the_prompt(prompts, responses, eos, length):
    """The caller's prompts hold the responses now, as `row = prompt; row += response` does: make a new list, [*prompt, *response]."""
    tables = _tables(prompts, responses, eos, length, _learned, _real)
    for prompt, response in zip(prompts, responses, strict=True):
        prompt += response
    return tables


def instruction_rows_mended__shorter_list_decides(prompts, responses, eos, length):
    """Lists of different lengths were cut to the shorter one, as zip does: compare the lengths, and raise ValueError."""
    n = min(len(prompts), len(responses))
    return _tables(prompts[:n], responses[:n], eos, length, _learned, _real)


def _unchecked(prompts, responses, eos, length):
    """The right tables, without a look at what there is to learn."""
    tables = [], [], []
    if not prompts or len(prompts) != len(responses):
        raise ValueError("a response for each prompt")
    for prompt, response in zip(prompts, responses, strict=True):
        learned = [*response, eos]
        padding = max(0, length - len(prompt) - len(learned))
        tables[0].append([*prompt, *learned, *[eos] * padding][:length])
        tables[1].append([*[-100] * len(prompt), *learned, *[-100] * padding][:length])
        tables[2].append([1] * (length - padding) + [0] * padding)
    return tables


def instruction_rows_mended__nothing_to_learn(prompts, responses, eos, length):
    """An empty response, or a prompt that fills the row, was accepted: its loss is a mean of nothing. Raise ValueError."""
    return _unchecked(prompts, responses, eos, length)


def instruction_rows_mended__empty_response(prompts, responses, eos, length):
    """An empty response was accepted: the text asks for a ValueError, as there is no answer to learn."""
    if any(len(prompt) >= length for prompt in prompts):
        raise ValueError("a prompt fills the row")
    return _unchecked(prompts, responses, eos, length)


def instruction_rows_mended__prompt_fills_the_row(prompts, responses, eos, length):
    """A prompt of exactly `length` tokens was accepted: no token of its response is left to learn. Refuse len(prompt) >= length."""
    if any(not response for response in responses) or any(len(prompt) > length for prompt in prompts):
        raise ValueError("an empty response, or a prompt that is too long")
    return _unchecked(prompts, responses, eos, length)


# --- epochs_predicted -------------------------------------------------------------------------------------------------


def _weights(tokens, alpha):
    powers = [n**alpha for n in tokens]
    return [power / sum(powers) for power in powers]


def epochs_predicted__tokens(tokens, alpha, budget):
    """These are the tokens read from each source; divided by the source's size they are epochs."""
    return [budget * weight for weight in _weights(tokens, alpha)]


def epochs_predicted__weights(tokens, alpha, budget):
    """These are the weights p; epochs are p times the budget over the source's size."""
    return _weights(tokens, alpha)


def epochs_predicted__alpha_ignored(tokens, alpha, budget):
    """Every source got the same number of epochs, the budget over all tokens: that is alpha = 1. Raise the sizes to the power alpha."""
    return [budget / sum(tokens) for _ in tokens]


def epochs_predicted__all_alike(tokens, alpha, budget):
    """Every source got the same number of tokens: that is alpha = 0. Raise the sizes to the power alpha."""
    return [budget / len(tokens) / n for n in tokens]


def epochs_predicted__not_normalised(tokens, alpha, budget):
    """The powers were not divided by their sum, so the weights are no probabilities."""
    return [budget * n**alpha / n for n in tokens]


def epochs_predicted__temperature(tokens, alpha, budget):
    """The sizes were raised to 1/alpha, which favours the large sources: alpha is the exponent itself (the temperature is 1/alpha)."""
    shares = np.array(tokens, float) / max(tokens)
    powers = shares ** (1 / alpha if alpha else 1e9)
    return (budget * powers / powers.sum() / np.array(tokens, float)).tolist()


def epochs_predicted__power_of_all(tokens, alpha, budget):
    """The powers were divided by the power of the sum, (n / sum) ** alpha, not by the sum of the powers: such weights do not add up to 1."""
    return [budget * n**alpha / sum(tokens) ** alpha / n for n in tokens]


def epochs_predicted__whole_epochs(tokens, alpha, budget):
    """The epochs were cut to whole numbers: a source may be read three quarters of a time, so divide with /, not //."""
    return [budget * weight // n for weight, n in zip(_weights(tokens, alpha), tokens, strict=True)]


def epochs_predicted__whole(tokens, alpha, budget):
    """The epochs were rounded to whole numbers: 0.3 of an epoch is a fraction of one."""
    return [round(budget * weight / n) for weight, n in zip(_weights(tokens, alpha), tokens, strict=True)]


def epochs_predicted__upside_down(tokens, alpha, budget):
    """The source's size over the tokens read from it is the inverse: divide the tokens read by the size."""
    return [n / (budget * weight) if budget else 0.0 for weight, n in zip(_weights(tokens, alpha), tokens, strict=True)]


def epochs_predicted__at_least_one(tokens, alpha, budget):
    """A source was given at least one epoch; a budget may be smaller than the corpora."""
    return [max(1.0, budget * weight / n) for weight, n in zip(_weights(tokens, alpha), tokens, strict=True)]
