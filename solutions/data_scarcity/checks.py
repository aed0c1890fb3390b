"""Checks of the lesson data_scarcity: for each exercise its oracle by another way, its makers and a test for each thing that can go wrong."""

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- shared -----------------------------------------------------------------------------------------------------------


def whole(rng, low, high, shape):
    """Whole numbers, with both bounds among them."""
    numbers = rng.integers(low, high + 1, shape)
    numbers.flat[0], numbers.flat[-1] = high, low
    return numbers


def pictures(rng):
    """Images of different sizes, more rows than columns or fewer."""
    yield "one image, 2 x 3", np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    yield "2 images, 3 x 4", rng.normal(size=(2, 3, 4))
    yield "3 images, 4 x 5", rng.normal(size=(3, 4, 5)) * 9


def picture_types(rng):
    values = rng.integers(0, 100, (2, 3, 4))
    yield "bool", values > 50
    for dtype in (np.uint8, np.int8, np.int16, np.int64, np.float16, np.float32, np.float64):
        yield np.dtype(dtype).name, values.astype(dtype)


def no_pictures(rng):
    yield "one image without a batch axis", np.ones((3, 4))
    yield "images with a colour axis", np.ones((2, 3, 4, 3))
    yield "no images", np.ones((0, 3, 4))
    yield "images without rows", np.ones((2, 0, 4))
    yield "images without columns", np.ones((2, 3, 0))


def keeps_dtype(answer, cases):
    """Right results, of the images' own dtype."""
    for case, got in answer.on(cases):
        want, found = str(case.args[0].dtype), str(getattr(got, "dtype", type(got).__name__))
        if found != want:
            text = f"{answer.name} must keep the images' dtype, {want}; the result has {found}."
            raise Wrong(text, case=case.name, expected=want, got=found, about="type")
        if not np.array_equal(got, case.expected):
            raise Wrong(f"{answer.text(case)} returned another value.", case=case.name, expected=case.expected, got=got)


def result_types(answer, cases, wanted):
    """Each result's dtype, as `wanted(case)` lists them; an empty name stands for any."""
    for case, got in answer.on(cases):
        parts = got if isinstance(got, tuple | list) else [got]
        for want, part in zip(wanted(case), parts, strict=False):
            found = str(getattr(part, "dtype", type(part).__name__))
            if want and found != want:
                text = f"{answer.name} must return {want} here ({case.name}), not {found}."
                raise Wrong(text, case=case.name, expected=want, got=found)


# --- flip_horizontal --------------------------------------------------------------------------------------------------


def mirrored(images):
    return np.take(images, range(images.shape[2] - 1, -1, -1), axis=2)


def flip_horizontal_batch(rng):
    """One ordinary case for the contract."""
    *_, case = pictures(rng)
    yield case


def flip_horizontal_narrow(rng):
    yield "one column", rng.normal(size=(2, 3, 1))
    yield "one row", rng.normal(size=(2, 1, 4))
    yield "one pixel", rng.normal(size=(1, 1, 1))


@points(1)
def test_flip_horizontal(flip_horizontal, draw):
    """Column j of the result is column W-1-j of the image; the images keep their order."""
    agree(flip_horizontal, draw(pictures, mirrored))


@points(1, rule=True)
def test_flip_horizontal_types(flip_horizontal, draw):
    """The dtype is kept: bool, integers of any width, float16, float32."""
    keeps_dtype(flip_horizontal, draw(picture_types, mirrored))


@points(1)
def test_flip_horizontal_contract(flip_horizontal, draw):
    """A new array, for a single column too: inputs stay as they are and share no memory with the result, in any layout."""
    contract(flip_horizontal, draw, flip_horizontal_batch, mirrored, floats=(0,))
    contract(flip_horizontal, draw, flip_horizontal_narrow, mirrored)


@points(1)
def test_flip_horizontal_shapes(flip_horizontal, draw):
    """What is not (B, H, W), or empty, is a ValueError."""
    refuse(flip_horizontal, draw(no_pictures))


# --- pad_crop ---------------------------------------------------------------------------------------------------------


def crops(images, pad, offsets):
    """Pixel (i, j) of a crop is pixel (i + row - pad, j + column - pad) of the image where there is one."""
    out = np.zeros_like(images)
    for b, (row, column) in enumerate(np.asarray(offsets).tolist()):
        for i in range(images.shape[1]):
            for j in range(images.shape[2]):
                k, m = i + row - pad, j + column - pad
                if 0 <= k < images.shape[1] and 0 <= m < images.shape[2]:
                    out[b, i, j] = images[b, k, m]
    return out


def pad_crop_shifts(rng):
    """Every image at an offset of its own, wide ones and tall ones."""
    yield "one image, pad 1, a crop from the upper left", np.arange(1.0, 7.0).reshape(1, 2, 3), 1, np.array([[0, 0]])
    yield "one image, pad 1, a crop further down", np.arange(1.0, 7.0).reshape(1, 2, 3), 1, np.array([[2, 1]])
    for count, pad, shape in ((4, 2, (4, 5)), (6, 1, (5, 3))):
        offsets = rng.integers(0, 2 * pad + 1, (count, 2))
        offsets[:2] = (0, 2 * pad), (pad + 1, pad - 1)
        yield f"{count} images, pad {pad}", rng.uniform(1, 9, (count, *shape)), pad, offsets


def pad_crop_batch(rng):
    """One ordinary case for the contract."""
    *_, case = pad_crop_shifts(rng)
    yield case


def pad_crop_far(rng):
    yield "the centre gives the image back", rng.normal(size=(2, 3, 3)), 2, np.full((2, 2), 2)
    yield "no padding", rng.normal(size=(2, 3, 4)), 0, np.zeros((2, 2), dtype=np.int64)
    yield "shifted out of sight", rng.normal(size=(2, 2, 3)), 3, np.array([[0, 0], [6, 5]])
    yield "one pixel, at three places", rng.uniform(1, 9, (3, 1, 1)), 1, np.array([[1, 1], [1, 2], [0, 1]])


def pad_crop_offsets(rng):
    """Offsets at the bounds of the narrow types, where a sum with H or a difference from pad wraps."""
    images = rng.uniform(1, 9, (2, 2, 3))
    yield "offsets up to 4", images, 2, np.array([[0, 4], [3, 1]])
    yield "offsets up to 127", images, 64, np.array([[64, 65], [127, 63]])
    yield "offsets up to 255", images, 128, np.array([[127, 130], [255, 128]])
    yield "uint64", images, 2, np.array([[0, 4], [3, 1]], dtype=np.uint64)  # with int64 it makes floats


def pad_crop_types(rng):
    for name, images in picture_types(rng):
        yield name, images, 1, np.array([[0, 2], [1, 1]])


def pad_crop_misfits(rng):
    images, offsets = np.ones((2, 3, 4)), np.array([[0, 1], [1, 0]])
    yield "a row of 2*pad + 1", images, 1, np.array([[0, 0], [3, 0]])
    yield "a column of 2*pad + 1", images, 1, np.array([[0, 3], [0, 0]])
    yield "a negative row", images, 1, np.array([[-1, 0], [1, 0]])
    yield "a negative column", images, 1, np.array([[0, -1], [1, 0]])
    yield "a row of 2*pad + 1 in every image", images, 1, np.array([[3, 0], [3, 1]])
    yield "a negative row in every image", images, 1, np.array([[-1, 0], [-1, 1]])
    yield "one offset for two images", images, 1, offsets[:1]
    yield "one offset without an axis", images, 1, offsets[0]
    yield "three offsets for two images", images, 1, np.array([[0, 1], [1, 0], [1, 1]])
    yield "three numbers an offset", images, 1, np.ones((2, 3), dtype=np.int64)
    yield "one image without a batch axis", images[0], 1, np.array([[0, 1]] * 3)
    yield "images with a colour axis", np.ones((2, 3, 4, 3)), 1, offsets
    yield "no images", images[:0], 1, np.zeros((0, 2), dtype=np.int64)
    yield "images without columns", images[:, :, :0], 1, offsets


@points(2)
def test_pad_crop(pad_crop, draw):
    """Each image is cropped at its own (row, column) of the zero-padded image."""
    agree(pad_crop, draw(pad_crop_shifts, crops))


@points(1)
def test_pad_crop_far(pad_crop, draw):
    """(pad, pad) gives back the image, pad may be 0, and what is shifted out of sight is lost."""
    agree(pad_crop, draw(pad_crop_far, crops))


@points(1, rule=True)
def test_pad_crop_types(pad_crop, draw):
    """The images' dtype is kept: bool, integers of any width, float16, float32."""
    keeps_dtype(pad_crop, draw(pad_crop_types, crops))


@points(1)
def test_pad_crop_offsets(pad_crop, draw):
    """Offsets may have any integer type, an unsigned or narrow one too, up to its bounds."""
    contract(pad_crop, draw, pad_crop_offsets, crops, labels=(2,))


@points(1)
def test_pad_crop_contract(pad_crop, draw):
    """Inputs stay as they are and share no memory with the result, for pad 0 too, in any layout."""
    contract(pad_crop, draw, pad_crop_batch, crops, floats=(0,))
    contract(pad_crop, draw, pad_crop_far, crops)


@points(1)
def test_pad_crop_refused(pad_crop, draw):
    """An offset outside 0..2*pad, or shapes that do not fit, is a ValueError."""
    refuse(pad_crop, draw(pad_crop_misfits))


# --- affine_warp ------------------------------------------------------------------------------------------------------


def tents(images, matrices):
    """Every pixel weighs max(0, 1 - distance) in each direction: bilinear interpolation without corners or cases."""
    images, matrices = images.astype(np.float64), matrices.astype(np.float64)
    _, height, width = images.shape
    rows, columns = np.meshgrid(np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij")
    out = np.zeros(images.shape)
    for image, ((a, b, c), (d, e, f)), target in zip(images, matrices, out, strict=True):
        row, column = a * rows + b * columns + c + (height - 1) / 2, d * rows + e * columns + f + (width - 1) / 2
        down = np.maximum(0, 1 - np.abs(row[:, :, None] - np.arange(height)))
        beside = np.maximum(0, 1 - np.abs(column[:, :, None] - np.arange(width)))
        target[...] = np.einsum("ijk,km,ijm->ij", down, image, beside)
    return out


def turn(angle, zoom=1.0, shear=0.0, shift=(0.0, 0.0)):
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([rotation @ np.array([[1.0, 0.0], [shear, 1.0]]) / zoom, shift])


UNMOVED = np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])


def affine_warp_inside(rng):
    """Maps that stay near the image: rotation, zoom, shear and shift together, for images that are not square."""
    yield "one image, a quarter of a pixel further", np.arange(1.0, 13.0).reshape(1, 3, 4), np.array([[[1.0, 0.0, 0.25], [0.0, 1.0, 0.5]]])
    maps = [turn(rng.uniform(0.3, 0.7), rng.uniform(1.2, 1.5), rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.8, 2)) for _ in range(3)]
    yield "3 images, 5 x 4", rng.uniform(1, 9, (3, 5, 4)), np.array(maps)
    yield "2 images, 4 x 6", rng.uniform(1, 9, (2, 4, 6)), np.array([turn(-0.6, 0.8, 0.0, (0.3, -0.4)), turn(0.2, 1.1, -0.5, (-0.7, 0.1))])


def affine_warp_quarter_turns(rng):
    images = rng.uniform(1, 9, (3, 4, 4))
    maps = [[[0, -1, 0], [1, 0, 0]], [[-1, 0, 0], [0, -1, 0]], [[1, 0, 1], [0, 1, -1]]]
    yield "a quarter turn, half a turn, a whole pixel's shift", images, np.array(maps, dtype=np.float64)
    yield "nothing to do", images, np.concatenate([UNMOVED] * 3)
    yield "whole maps of whole numbers", images, np.array(maps)


def affine_warp_outside(rng):
    images = rng.uniform(1, 9, (1, 3, 4))
    for name, down, right in (
        ("0.4 rows above the first", -0.4, 0.0),
        ("0.3 rows below the last", 0.3, 0.0),
        ("0.6 columns before the first", 0.0, -0.6),
        ("0.7 columns beyond the last", 0.0, 0.7),
        ("beyond two edges", 1.6, -2.3),
        ("far above", -1e12, 0.0),
        ("far below", 1e12, 0.0),
        ("far to the left", 0.0, -1e12),
        ("far to the right", 0.0, 1e12),
    ):
        yield name, images, UNMOVED + np.array([[[0, 0, down], [0, 0, right]]])
    yield "further out on all sides", images, UNMOVED * 2.6
    yield "everything at one place", images, np.array([[[0.0, 0.0, 0.3], [0.0, 0.0, -0.2]]])


def affine_warp_thin(rng):
    yield "one row", rng.uniform(1, 9, (2, 1, 5)), np.array([turn(0.3), turn(0.0, 1.2, 0.0, (0.2, 0.6))])
    yield "one column", rng.uniform(1, 9, (2, 5, 1)), np.array([turn(0.3), turn(0.0, 1.2, 0.0, (0.6, 0.2))])
    yield "one pixel", rng.uniform(1, 9, (2, 1, 1)), np.array([turn(0.3), turn(0.0, 1.0, 0.0, (0.25, -0.5))])


def affine_warp_whole(rng):
    maps = np.array([turn(0.4), turn(0.0, 1.0, 0.0, (0.5, 0.5))])
    yield "pixels up to 255", whole(rng, 0, 255, (2, 3, 4)), maps
    yield "pixels from -128 to 127", whole(rng, -128, 127, (2, 3, 4)), maps
    yield "masks", np.array([[[0, 1, 1, 0], [1, 0, 1, 1], [0, 0, 1, 0]]] * 2), maps


def affine_warp_plain(rng):
    """Matrices that are still maps when rounded."""
    for count in (1, 2):
        maps = [turn(rng.uniform(0.1, 0.4), 1.1, 0.1, (0.6, -0.7)) for _ in range(count)]
        yield f"{count} images", rng.uniform(1, 9, (count, 4, 3)), np.array(maps)


def affine_warp_mixed(rng):
    images, maps = rng.integers(1, 99, (1, 3, 4)), np.array([turn(0.3, 1.1)])
    for pixels, numbers in (("float32", "float64"), ("float64", "float32"), ("uint8", "float32"), ("float16", "float16"), ("float32", "float32")):
        yield f"{pixels} images and {numbers} matrices", images.astype(pixels), maps.astype(numbers)


def affine_warp_misfits(rng):
    images, one = np.ones((2, 3, 4)), UNMOVED[0]
    yield "one (2, 3) matrix for the batch", images, one
    yield "a batch of one matrix for 2 images", images, UNMOVED
    yield "3 matrices for 2 images", images, np.array([one] * 3)
    yield "square matrices", images, np.array([np.eye(3)] * 2)
    yield "matrices without a shift", images, np.array([np.eye(2)] * 2)
    yield "one image without a batch axis", images[0], np.array([one] * 3)
    yield "images with a colour axis", np.ones((2, 3, 4, 3)), np.array([one] * 2)
    yield "no images", images[:0], np.zeros((0, 2, 3))
    yield "images without columns", images[:, :, :0], np.array([one] * 2)


@points(3)
def test_affine_warp(affine_warp, draw):
    """Bilinear sampling along each image's own map, measured from the centre."""
    agree(affine_warp, draw(affine_warp_inside, tents))


@points(1)
def test_affine_warp_quarter_turns(affine_warp, draw):
    """Quarter turns, whole shifts and doing nothing move pixels without changing them."""
    agree(affine_warp, draw(affine_warp_quarter_turns, tents))


@points(1)
def test_affine_warp_outside(affine_warp, draw):
    """Pixels outside count 0, one by one: a place less than a pixel outside still gets a fraction of the edge."""
    agree(affine_warp, draw(affine_warp_outside, tents))


@points(1)
def test_affine_warp_whole_numbers(affine_warp, draw):
    """Whole-number images of any width give float64 results with fractions; images of one row, column or pixel are images."""
    contract(affine_warp, draw, affine_warp_whole, tents, labels=(0,))
    contract(affine_warp, draw, affine_warp_thin, tents)


@points(1)
def test_affine_warp_contract(affine_warp, draw):
    """float32 is kept where both arguments have it; inputs stay as they are, in any layout; no warning, far outside neither."""
    contract(affine_warp, draw, affine_warp_plain, tents, floats=(0, 1))
    contract(affine_warp, draw, affine_warp_outside, tents, floats=(0, 1))
    contract(affine_warp, draw, affine_warp_quarter_turns, tents)
    result_types(affine_warp, draw(affine_warp_mixed, tents), lambda case: ["float32" if case.name.count("float32") == 2 else "float64"])


@points(1)
def test_affine_warp_shapes(affine_warp, draw):
    """One matrix for each image: shapes that do not fit are a ValueError."""
    refuse(affine_warp, draw(affine_warp_misfits))


# --- mixup ------------------------------------------------------------------------------------------------------------


def mixed(x, y, lam, perm):
    """Row i is lam of row i and 1 - lam of row perm[i]."""

    def blend(rows):
        return np.array([[lam * a + (1 - lam) * b for a, b in zip(row, rows[j], strict=True)] for row, j in zip(rows, perm.tolist(), strict=True)])

    return blend(x.tolist()), blend(y.tolist())


def cycle(rng, n):
    """A permutation that is a single cycle, so that it is not its own inverse."""
    order = rng.permutation(n)
    perm = np.empty(n, dtype=np.int64)
    perm[order] = np.roll(order, 1)
    return perm


def mixup_blends(rng):
    yield "3 rows", np.array([[1.0, 2.0], [3.0, 5.0], [8.0, 13.0]]), np.eye(3), 0.7, np.array([1, 2, 0])
    for n, k, lam in ((5, 3, 0.2), (8, 4, 0.85)):
        yield f"{n} rows, {k} classes", rng.normal(size=(n, 4)), np.eye(k)[rng.permutation(np.arange(n) % k)], lam, cycle(rng, n)


def mixup_batch(rng):
    """One ordinary case for the contract."""
    *_, case = mixup_blends(rng)
    yield case


def mixup_extremes(rng):
    x, y = rng.normal(size=(4, 2)), np.eye(4)[:, :3]
    yield "lam = 1 changes nothing", x, y, 1.0, np.array([2, 3, 1, 0])
    yield "lam = 0 exchanges the rows", x, y, 0.0, np.array([2, 3, 1, 0])
    yield "a permutation that changes nothing", x, y, 0.3, np.arange(4)
    yield "soft labels", x, np.full((4, 2), 0.5) + np.array([0.1, -0.1]) * np.arange(4)[:, None], 0.6, np.array([1, 2, 3, 0])
    yield "one row", x[:1], y[:1], 0.3, np.array([0])


def mixup_whole(rng):
    perm = cycle(rng, 4)
    yield "pixels up to 255, labels 0 and 1", whole(rng, 0, 255, (4, 3)), np.eye(4, dtype=np.int64), 0.7, perm
    yield "pixels from -128 to 127", whole(rng, -128, 127, (4, 3)), np.eye(4, dtype=np.int64)[:, ::-1], 0.2, perm
    yield "masks", (rng.random((4, 3)) > 0.5).astype(np.int64), np.eye(4, dtype=np.int64), 0.6, perm


def mixup_mixed(rng):
    x, y, perm = rng.integers(0, 9, (3, 2)), np.eye(3), cycle(rng, 3)
    for rows, labels in (("float32", "float64"), ("float64", "float32"), ("uint8", "float32"), ("float32", "int64"), ("float16", "bool")):
        yield f"{rows} rows and {labels} labels", x.astype(rows), y.astype(labels), 0.25, perm


def mixup_misfits(rng):
    x, y, perm = np.ones((3, 2)), np.eye(3), np.array([1, 2, 0])
    yield "one row of labels", x, y[:1], 0.5, perm
    yield "one row of data", x[:1], y, 0.5, perm
    yield "labels too many", x, np.eye(4), 0.5, perm
    yield "labels that are not one-hot", x, np.array([0, 1, 2]), 0.5, perm
    yield "rows without an axis", x[:, 0], y, 0.5, perm
    yield "rows of images", np.ones((3, 2, 2)), y, 0.5, perm
    yield "a permutation of 2 for 3 rows", x, y, 0.5, np.array([1, 0])
    yield "a permutation of 1 for 3 rows", x, y, 0.5, np.array([0])
    yield "a permutation as a column", x, y, 0.5, perm[:, None]
    yield "no rows", x[:0], y[:0], 0.5, np.zeros(0, dtype=np.int64)


@points(2)
def test_mixup(mixup, draw):
    """lam of each row and 1-lam of its partner, the same for its label."""
    agree(mixup, draw(mixup_blends, mixed))


@points(1)
def test_mixup_ends(mixup, draw):
    """lam = 1 changes nothing, lam = 0 exchanges, and labels may be soft already."""
    agree(mixup, draw(mixup_extremes, mixed))


@points(1)
def test_mixup_whole_numbers(mixup, draw):
    """Whole-number rows and labels of any width, and a permutation of any integer type, give float64 results with fractions."""
    contract(mixup, draw, mixup_whole, mixed, labels=(0, 1))
    contract(mixup, draw, mixup_whole, mixed, labels=(3,))


@points(1)
def test_mixup_contract(mixup, draw):
    """float32 is kept, for rows and labels apart; inputs stay as they are and share no memory with the results, for lam = 1 neither."""
    contract(mixup, draw, mixup_batch, mixed, floats=(0, 1))
    contract(mixup, draw, mixup_extremes, mixed)
    result_types(mixup, draw(mixup_mixed, mixed), lambda case: ["float32" if arg.dtype == np.float32 else "float64" for arg in case.args[:2]])


@points(1)
def test_mixup_shapes(mixup, draw):
    """No rows, or numbers of rows that differ, are a ValueError."""
    refuse(mixup, draw(mixup_misfits))


# --- fuse_sources -----------------------------------------------------------------------------------------------------


def fused(sources):
    """One row after the other, compared with all that were kept."""
    kept = []
    for s, (x, y, label_map) in enumerate(sources):
        for row, label in zip(x.tolist(), y.tolist(), strict=True):
            if not any(row == other and label_map[label] == common for other, common, _ in kept):
                kept.append((row, label_map[label], s))
    return np.array([row for row, _, _ in kept], float), np.array([y for _, y, _ in kept]), np.array([s for _, _, s in kept])


def fuse_sources_two(rng):
    """Sources with names of their own for the classes, that share rows."""
    a = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [5.0, 6.0]])
    yield "4 rows and 2", [(a, np.array([0, 1, 0, 1]), {0: 1, 1: 0}), (np.array([[9.0, 9.0], [3.0, 4.0]]), np.array([7, 5]), {5: 0, 7: 1})]
    pool = np.round(rng.normal(size=(6, 3)), 2)
    sources = []
    for n, names in ((7, {0: 2, 1: 0, 2: 1}), (9, {10: 0, 20: 1, 30: 2}), (6, {3: 2, 1: 1, 2: 0})):
        rows = rng.integers(0, 6, n)
        rows[:4] = 0, 3, 0, 5
        back = {new: old for old, new in names.items()}
        sources.append((pool[rows], np.array([back[int(row) % 3] for row in rows]), names))
    yield "3 sources of 7, 9 and 6 rows", sources


def fuse_sources_batch(rng):
    """One ordinary case for the contract."""
    *_, case = fuse_sources_two(rng)
    yield case


def fuse_sources_disagreeing(rng):
    x = np.round(rng.normal(size=(3, 2)), 2)
    yield "the same x with two labels", [(x, np.array([0, 1, 2]), {0: 0, 1: 1, 2: 2}), (x, np.array([1, 1, 0]), {0: 0, 1: 1})]
    yield "two names of one class", [(x[[0, 1, 0]], np.array([4, 5, 6]), {4: 0, 5: 1, 6: 0})]
    close = x + np.array([[0.0, 1e-6]])
    yield "rows that differ by a millionth", [(x, np.array([0, 0, 0]), {0: 0}), (close, np.array([0, 0, 0]), {0: 0})]
    yield "0 and -0, which are equal", [(np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 1.0]]), np.array([0, 0, 0]), {0: 0})]
    yield "rows that differ by a rounding error", [(np.array([[0.3, 1.0], [0.1 + 0.2, 1.0]]), np.array([0, 0]), {0: 0})]
    yield "the same numbers in another order", [(x, np.array([0, 0, 0]), {0: 0}), (x[:, ::-1].copy(), np.array([0, 0, 0]), {0: 0})]


def fuse_sources_names(rng):
    yield "one source, labels exchanged", [(np.arange(8.0).reshape(4, 2), np.array([0, 1, 1, 0]), {0: 1, 1: 0, 2: 2})]
    yield "a chain of names", [(np.arange(6.0).reshape(3, 2), np.array([2, 0, 1], dtype=np.uint8), {0: 1, 1: 2, 2: 3})]
    yield "one row", [(np.array([[1.5]]), np.array([4]), {4: 9})]
    yield "labels below 0 and above 1000", [(np.arange(3.0).reshape(3, 1), np.array([-1, 5000, -1]), {-1: 5000, 5000: -1})]


def fuse_sources_many(rng):
    """More rows than a byte counts, each twice."""
    x = rng.permutation(300).astype(float)[:, None] * np.array([[1.0, -1.0]])
    y = (x[:, 0] % 3).astype(np.int64)
    names = {0: 0, 1: 1, 2: 2}
    again = rng.permutation(300)
    yield "300 rows, and the same in another order", [(x, y, names), (x[again], y[again], names)]


def fuse_sources_narrow(rng):
    x = np.array([[0, 200], [255, 1], [0, 200], [44, 3]])
    yield (
        "pixels up to 255, labels up to 255",
        [(x, np.array([0, 255, 0, 200]), {0: 300, 255: 1, 200: 0}), (x[:2] + 0, np.array([3, 7]), {3: 300, 7: 0})],
    )
    yield "numbers from -128 to 127", [(np.array([[-128, 127], [127, -128]]), np.array([-128, 127]), {-128: 1, 127: 0})]


def fuse_sources_types(rng):
    x, y, names = rng.integers(0, 3, (6, 2)), np.array([0, 1, 0, 1, 0, 1]), {0: 0, 1: 1}
    for first, second in (("float32", "float32"), ("float32", "float64"), ("int64", "float32"), ("uint8", "uint8"), ("float16", "float16")):
        yield f"{first} and {second}", [(x.astype(first), y, names), (x[::-1].astype(second), y, {0: 1, 1: 0})]


def fuse_sources_wanted(case):
    return ["float32" if all(x.dtype == np.float32 for x, _, _ in case.args[0]) else "float64"]


def fuse_sources_misfits(rng):
    x, y, names = np.ones((2, 2)), np.array([0, 1]), {0: 0, 1: 1}
    yield "a label that its map lacks", [(x, y, names), (x, np.array([0, 4]), names)]
    yield "an empty map", [(x, y, {})]
    yield "no sources", []
    yield "a source without rows", [(x, y, names), (x[:0], y[:0], names)]
    yield "another number of columns", [(x, y, names), (np.ones((2, 3)), y, names)]
    yield "one column where two are", [(x, y, names), (np.ones((2, 1)), y, names)]
    yield "3 labels for 2 rows", [(x, np.array([0, 1, 1]), names)]
    yield "1 label for 2 rows", [(x, np.array([0]), names)]
    yield "labels as a column", [(x, y[:, None], names)]
    yield "rows without an axis", [(x[:, 0], y, names)]
    yield "rows of images", [(np.ones((2, 2, 2)), y, names)]


@points(2)
def test_fuse_sources(fuse_sources, draw):
    """Rows in order with common labels, each once, and the source it was first seen in."""
    agree(fuse_sources, draw(fuse_sources_two, fused))


@points(1)
def test_fuse_sources_disagreement(fuse_sources, draw):
    """Only rows with exactly the same x and the same common label are duplicates."""
    agree(fuse_sources, draw(fuse_sources_disagreeing, fused))


@points(1)
def test_fuse_sources_names(fuse_sources, draw):
    """Every label is looked up once: {0: 1, 1: 0} exchanges two labels."""
    agree(fuse_sources, draw(fuse_sources_names, fused))


@points(1)
def test_fuse_sources_many(fuse_sources, draw):
    """Hundreds of rows, each twice."""
    agree(fuse_sources, draw(fuse_sources_many, fused))


@points(1, rule=True)
def test_fuse_sources_types(fuse_sources, draw):
    """x is float32 if all sources are, else float64; y and source are integers."""
    cases = draw(fuse_sources_types, fused)
    result_types(fuse_sources, cases, fuse_sources_wanted)
    for case, got in fuse_sources.on(cases):
        for name, part in zip(("y", "source"), got[1:], strict=False):
            if np.asarray(part).dtype.kind not in "iu":
                found = str(np.asarray(part).dtype)
                raise Wrong(f"{name} must be integers, not {found}.", case=case.name, expected="integers", got=found, about="type")


@points(1)
def test_fuse_sources_contract(fuse_sources, draw):
    """Whole numbers and labels of any width; inputs stay as they are and share no memory with the results, in any layout."""
    contract(fuse_sources, draw, fuse_sources_batch, fused)
    contract(fuse_sources, draw, fuse_sources_names, fused)
    contract(fuse_sources, draw, fuse_sources_narrow, fused, labels=(0,))


@points(1)
def test_fuse_sources_refused(fuse_sources, draw):
    """A label without a name in its map, no sources, an empty one or shapes that do not fit are a ValueError."""
    refuse(fuse_sources, draw(fuse_sources_misfits))


# --- linear_probe -----------------------------------------------------------------------------------------------------


def probe_scores(features, labels, new_features, l2, n_classes):
    """The minimum by least squares with one more row for each penalised weight, the bias as a column of ones."""
    x, new = features.astype(np.float64), new_features.astype(np.float64)
    n, d = x.shape
    constant = (x == x[0]).all(axis=0)
    mean, scale = x.mean(axis=0), np.where(constant, 1.0, x.std(axis=0))
    z = np.where(constant, 0.0, (x - mean) / scale)
    design = np.block([[z / np.sqrt(n), np.full((n, 1), 1 / np.sqrt(n))], [np.sqrt(l2) * np.eye(d), np.zeros((d, 1))]])
    target = np.concatenate([np.eye(n_classes)[labels.astype(int)] / np.sqrt(n), np.zeros((d, n_classes))])
    weights = np.linalg.lstsq(design, target, rcond=None)[0]
    return (new - mean) / scale @ weights[:-1] + weights[-1]


def probed(*args):
    return probe_scores(*args).argmax(axis=1)


def clear_rows(features, labels, candidates, l2, n_classes, count):
    """The first candidates whose best class leads by a margin that rounding cannot bridge."""
    ordered = np.sort(probe_scores(features, labels, candidates, l2, n_classes), axis=1)
    return candidates[ordered[:, -1] - ordered[:, -2] > 0.01][:count]


def linear_probe_classes(rng):
    """Columns in different units, classes of different sizes, new rows that come from elsewhere."""
    yield "4 rows, 2 classes", np.array([[0.0], [1.0], [3.0], [4.0]]), np.array([0, 0, 1, 1]), np.array([[1.0], [3.5], [-2.0]]), 0.5, 2
    for n, d, l2 in ((40, 4, 0.3), (25, 3, 0.9)):
        labels = rng.permutation(np.array([0] * (n // 2) + [1] * (n // 4) + [2] * (n - n // 2 - n // 4)))
        units = 10.0 ** rng.permutation(np.linspace(-1.5, 1.5, d))
        centres = rng.normal(size=(3, d))
        x = (centres[labels] + rng.normal(size=(n, d)) + 2) * units
        new = (centres[rng.integers(0, 3, 250)] + 1.5 * rng.normal(size=(250, d)) + 1.5) * units
        yield f"{n} rows, {d} columns, l2 {l2}", x, labels, clear_rows(x, labels, new, l2, 3, 100), l2, 3


def linear_probe_rare(rng):
    """A common class, classes that do not occur, and one row only."""
    n = 30
    labels = rng.permutation(np.array([4] * 20 + [1] * 10))
    x = rng.normal(size=(n, 2)) + 0.8 * (labels == 1)[:, None]
    new = rng.normal(size=(80, 2)) * 2
    yield "two of five classes occur, one of them often", x, labels, clear_rows(x, labels, new, 1.5, 5, 40), 1.5, 5
    yield "a row that a penalty of 1 on the bias would give away", *linear_probe_edge(rng)
    yield "one row", np.array([[3.0, 5.0]]), np.array([2]), np.array([[1.0, 1.0], [3.0, 5.0]]), 0.1, 3


def linear_probe_edge(rng):
    """Three rows, and a new one that the class of two wins by its bias alone: 1/3 against 7/24 for the other."""
    x, labels, l2 = np.array([[-1.0], [0.5], [0.5]]) * rng.uniform(1, 9) + rng.normal(), np.array([0, 1, 1]), 0.5
    by_one = np.diff(probe_scores(x, labels, np.array([[0.0], [1.0]]), l2, 2), axis=1)[:, 0]  # at 0 and 1, class 1 less class 0
    lead = 1 / 3 - 7 / 24
    return x, labels, np.array([[(lead - by_one[0]) / (by_one[1] - by_one[0])]]), l2, 2


def linear_probe_flat(rng):
    """A column that is the same in all training rows, and another value in the new ones."""
    for name, value in (("a column of ones", 1.0), ("a column of ten times 0.1", 0.1), ("another of ten times 0.1", 0.1)):
        x, new = rng.normal(size=(10, 3)), rng.normal(size=(12, 3))
        labels = (np.argsort(np.argsort(x[:, 0])) >= 7).astype(np.int64)  # 7 and 3: their means are no binary fractions
        x[:, 1], new[:, 1] = value, value + rng.choice([-0.5, 0.5], 12)
        yield name, x, labels, clear_rows(x, labels, new, 0.1, 2, 12), 0.1, 2
    x, new = rng.normal(size=(10, 2)), rng.normal(size=(30, 2))
    labels = (np.argsort(np.argsort(x[:, 1])) >= 7).astype(np.int64)  # the column of tiny numbers tells them
    new[:2, 1] = 4, -4  # of each class at least one
    yield "a column of numbers near 1e-20", *linear_probe_tiny(x, labels, new)


def linear_probe_tiny(x, labels, new):
    """The last column in units of 1e-20, and the new rows that stay clear then."""
    unit = np.array([1.0, 1e-20])
    return x * unit, labels, clear_rows(x * unit, labels, new * unit, 0.1, 2, 12), 0.1, 2


def linear_probe_wide(rng):
    x, labels = rng.normal(size=(6, 9)), np.array([0, 1, 2, 0, 1, 2])
    yield "fewer rows than columns", x, labels, clear_rows(x, labels, rng.normal(size=(30, 9)), 0.2, 3, 12), 0.2, 3
    yield "a single new row", x, labels, clear_rows(x, labels, 2 * rng.normal(size=(30, 9)), 0.2, 3, 1), 0.2, 3


def linear_probe_apart(rng):
    """Classes far apart: rounding to float32 or to whole numbers changes nothing that a prediction could turn on."""
    labels = rng.permutation(np.arange(15) % 3)
    centres = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]])
    x = centres[labels] + rng.uniform(-2, 2, (15, 2))
    yield "15 rows", x, labels, centres[[2, 0, 1, 1, 0]] + rng.uniform(-1, 1, (5, 2)), 0.1, 3


def linear_probe_near_copies(rng):
    """float32 columns that differ by a few thousandths, which is what tells the classes; z'z in float32 loses it."""
    labels = rng.permutation(np.arange(40) % 2)
    first = np.round(rng.uniform(-3, 3, 50) * 2**10) / 2**10
    apart = np.where(np.concatenate([labels, np.arange(10) % 2]), 1, -1) / 2**13
    x = np.stack([first, first + apart], axis=1).astype(np.float32)  # both are exact in float32
    yield "two columns that differ by 1/8192", x[:40], labels, x[40:], 1e-12, 2


def linear_probe_whole(rng):
    """Features and labels at the bounds of the narrow types, where products, sums and negations wrap."""
    for low, high, names in ((0, 255, [3, 255]), (-128, 127, [126, 127])):
        labels = rng.permutation(np.array(names * 6))
        centres = np.where(labels == names[0], low + 40, high - 40)[:, None]
        x = np.clip(centres + rng.integers(-40, 41, (12, 2)), low, high)
        x[0], x[1] = low, high
        labels[:2] = names
        new = np.array([[low, low + 5], [high, high], [low + 9, low], [high - 3, high]])
        yield f"features from {low} to {high}", x, labels, new, 0.1, max(names) + 1


def linear_probe_misfits(rng):
    x, y, new = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), np.array([0, 1, 1]), np.ones((2, 2))
    yield "l2 = 0", x, y, new, 0.0, 2
    yield "l2 < 0", x, y, new, -1.0, 2
    yield "a label of n_classes", x, np.array([0, 1, 2]), new, 0.1, 2
    yield "a negative label", x, np.array([0, 1, -1]), new, 0.1, 2
    yield "another number of columns", x, y, np.ones((2, 3)), 0.1, 2
    yield "one column where two are", x, y, np.ones((2, 1)), 0.1, 2
    yield "2 labels for 3 rows", x, y[:2], new, 0.1, 2
    yield "1 label for 3 rows", x, y[:1], new, 0.1, 2
    yield "labels as a column", x, y[:, None], new, 0.1, 2
    yield "one new row without an axis", x, y, new[0], 0.1, 2
    yield "features without an axis", x[:, 0], y, new, 0.1, 2
    yield "features of images", np.ones((3, 2, 2)), y, np.ones((2, 2, 2)), 0.1, 2
    yield "no new rows", x, y, new[:0], 0.1, 2
    yield "no rows", x[:0], y[:0], new, 0.1, 2


@points(3)
def test_linear_probe(linear_probe, draw):
    """Standardised by the training features, mean squared error plus l2, a free bias, the largest score."""
    agree(linear_probe, draw(linear_probe_classes, probed))


@points(1)
def test_linear_probe_rare(linear_probe, draw):
    """How common a class is counts in the bias; classes that do not occur keep their numbers."""
    agree(linear_probe, draw(linear_probe_rare, probed))


@points(1, rule=False)
def test_linear_probe_flat(linear_probe, draw):
    """A column that is the same in all training rows is only centred, ten times 0.1 too; one of tiny numbers is divided by its std as any other."""
    contract(linear_probe, draw, linear_probe_flat, probed)


@points(1)
def test_linear_probe_wide(linear_probe, draw):
    """Fewer rows than columns, and one new row."""
    agree(linear_probe, draw(linear_probe_wide, probed), integer=True)


@points(1)
def test_linear_probe_contract(linear_probe, draw):
    """float32 and integer features and labels of any width, any layout, inputs unchanged."""
    contract(linear_probe, draw, linear_probe_apart, probed, floats=(0, 2))
    contract(linear_probe, draw, linear_probe_whole, probed, labels=(0, 2))
    agree(linear_probe, draw(linear_probe_near_copies, probed))
    contract(linear_probe, draw, linear_probe_whole, probed, labels=(1,))


@points(1)
def test_linear_probe_refused(linear_probe, draw):
    """l2 <= 0, a label outside 0..n_classes-1, no rows or shapes that do not fit are a ValueError."""
    refuse(linear_probe, draw(linear_probe_misfits))


# --- pseudo_label -----------------------------------------------------------------------------------------------------


def sure_rows(probabilities, threshold):
    best = [(max(row), row.index(max(row))) for row in probabilities.tolist()]
    indices = [i for i, (probability, _) in enumerate(best) if probability >= threshold]
    return np.array(indices, dtype=np.int64), np.array([best[i][1] for i in indices], dtype=np.int64)


def soft(rng, n, k):
    logits = rng.normal(0, 2, (n, k))
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def between(probabilities, place):
    """A threshold that so many rows do not reach, halfway to the next row."""
    return float(np.sort(probabilities.max(axis=1))[[place - 1, place]].mean())


def pseudo_label_opinions(rng):
    yield "3 rows", np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), 0.7
    for n, k in ((12, 3), (25, 4)):
        probabilities = soft(rng, n, k)
        yield f"{n} rows, {k} classes", probabilities, between(probabilities, n // 3 + 1)


def pseudo_label_batch(rng):
    """One ordinary case for the contract."""
    *_, case = pseudo_label_opinions(rng)
    yield case


def pseudo_label_level(rng):
    yield "exactly at the threshold", np.array([[0.25, 0.75], [0.5, 0.5], [0.125, 0.875]]), 0.75
    yield "two classes level", np.array([[0.5, 0.5, 0.0], [0.25, 0.375, 0.375], [0.0, 0.25, 0.75]]), 0.375
    yield "two entries of a row reach the threshold", np.array([[0.45, 0.45 + 0.05, 0.05], [0.3, 0.3, 0.4], [0.05, 0.55, 0.4]]), 0.35


def pseudo_label_few(rng):
    yield "no row is sure", np.array([[0.5, 0.5], [0.4, 0.6]]), 0.95
    probabilities = soft(rng, 6, 3)
    yield "one row is sure", probabilities, between(probabilities, 5)
    yield "one row in all", np.array([[0.2, 0.7, 0.1]]), 0.6
    yield "all rows are sure", probabilities, 0.1
    yield "one class", np.array([[1.0], [1.0]]), 1.0
    yield "a threshold above 1", np.array([[1.0, 0.0]]), 1.5
    many = soft(rng, 300, 3)
    yield "300 rows", many, between(many, 100)


def pseudo_label_none(rng):
    """Also where nothing is in them: an index of floats selects nothing, it raises."""
    yield "no row is sure", np.minimum(soft(rng, 3, 4), 0.8), 0.9


def pseudo_label_misfits(rng):
    yield "one row without a batch axis", np.array([0.2, 0.8]), 0.5
    yield "a batch of batches", np.full((2, 2, 2), 0.5), 0.5
    yield "no rows", np.ones((0, 3)), 0.5
    yield "no classes", np.ones((3, 0)), 0.5


@points(2)
def test_pseudo_label(pseudo_label, draw):
    """The rows whose largest probability reaches the threshold, in order, and their classes."""
    agree(pseudo_label, draw(pseudo_label_opinions, sure_rows), integer=True)


@points(1)
def test_pseudo_label_level(pseudo_label, draw):
    """Exactly at the threshold counts, and of level classes the lowest; a row is there once, however many entries reach the threshold."""
    agree(pseudo_label, draw(pseudo_label_level, sure_rows), integer=True)


@points(1)
def test_pseudo_label_few(pseudo_label, draw):
    """No row sure enough gives two empty results, one row two results of one entry; all rows may be sure."""
    agree(pseudo_label, draw(pseudo_label_few, sure_rows))


@points(1)
def test_pseudo_label_contract(pseudo_label, draw):
    """Any layout, float32 too, inputs unchanged, and no view of them in the results."""
    contract(pseudo_label, draw, pseudo_label_batch, sure_rows, floats=(0,), integers=False)
    agree(pseudo_label, draw(pseudo_label_none, sure_rows), integer=True)


@points(1)
def test_pseudo_label_shapes(pseudo_label, draw):
    """What is not (n, k), or empty, is a ValueError."""
    refuse(pseudo_label, draw(pseudo_label_misfits))


# --- hunt 1: the leaking split ----------------------------------------------------------------------------------------


def honest_split(images, labels, noise, n_test):
    """The last n_test images held out; the others, then their noisy copies."""
    images, noise = images.astype(np.float64), noise.astype(np.float64)
    m = len(images) - n_test
    train = np.array([images[i % m] + (i >= m) * noise[i % m] for i in range(2 * m)])
    return train, np.array([labels[i % m] for i in range(2 * m)]), images[m:], labels[m:]


def guide_split(images, labels, noise, n_test):
    """The wrong split of the lesson, to judge counterexamples by."""
    images, labels = np.concatenate([images, images + noise]), np.concatenate([labels, labels])
    return images[:-n_test], labels[:-n_test], images[-n_test:], labels[-n_test:]


def nearest_accuracy(train, train_labels, test, test_labels):
    """The fraction of test images whose nearest training image has their label."""
    distances = ((test[:, None] - train) ** 2).sum(axis=(2, 3))
    return float(np.mean(train_labels[distances.argmin(axis=1)] == test_labels))


def own_originals(images, labels, noise, n_test):
    """For how many test images of guide_split the nearest training image is their own original."""
    train, _, test, _ = guide_split(images, labels, noise, n_test)
    distances = ((test[:, None] - train) ** 2).sum(axis=(2, 3))
    return int(np.sum(distances.argmin(axis=1) == np.arange(len(images) - n_test, len(images))))


def four_arguments(answer):
    """The counterexample as arrays; Wrong where it is not what the text asks for."""
    got = answer()
    if not isinstance(got, tuple | list) or len(got) != 4:
        two = isinstance(got, tuple | list) and len(got) == 2
        raise Wrong("Return four values: images, labels, noise, n_test.", expected="4 values", got=got, mistake="two-arguments" if two else "")
    try:
        images, labels, noise = np.asarray(got[0], float), np.asarray(got[1]), np.asarray(got[2], float)
        n_test = int(got[3])
    except (TypeError, ValueError) as error:
        raise Wrong("images and noise must be numbers, labels integers, n_test a whole number.", got=got) from error
    if images.ndim != 3 or noise.shape != images.shape or labels.shape != images.shape[:1] or labels.dtype.kind not in "biu":
        raise Wrong(
            f"Needed: images and noise (n, H, W), labels (n,) integers; these are {images.shape}, {noise.shape} and {labels.shape} {labels.dtype}.",
            expected="(n, H, W), (n,), (n, H, W)",
            got=f"{images.shape}, {labels.shape}, {noise.shape}",
            mistake="flat-images" if images.ndim == 2 else "no-noise-axis" if noise.ndim < images.ndim == 3 else "",
        )
    if not 10 <= n_test <= len(images) - 10 or len(images) > 200 or max(images.shape[1:]) > 16 or 0 in images.shape:
        raise Wrong(
            f"Needed: 10 <= n_test <= n - 10, n <= 200, H and W from 1 to 16; this is n = {len(images)}, n_test = {n_test}.",
            got=n_test,
            mistake="few-test-images" if n_test < 10 else "",
        )
    if not (np.isfinite(images).all() and np.isfinite(noise).all()):
        raise Wrong("The images and the noise must be finite numbers.")
    return images, labels, noise, n_test


@points(2)
def test_split_counterexample(split_counterexample, draw):
    """On what guide_split returns, the nearest training image is right for at least 90 % of the test images, honestly for at most 50 %."""
    arguments = four_arguments(split_counterexample)
    leaky, honest = nearest_accuracy(*guide_split(*arguments)), nearest_accuracy(*honest_split(*arguments))
    if leaky < 0.9:
        near, n_test = own_originals(*arguments), arguments[3]
        message = f"After guide_split only {leaky:.0%} of the test images are right: {near} of {n_test} lie nearest to their own original."
        raise Wrong(message, expected="at least 90 %", got=f"{leaky:.0%}", mistake="noise-too-strong" if near < 0.9 * n_test else "")
    if honest > 0.5:
        one_label = len(np.unique(arguments[1])) == 1
        message = f"In the honest split {honest:.0%} of the test images are right, without any leak."
        raise Wrong(message, expected="at most 50 %", got=f"{honest:.0%}", mistake="one-label" if one_label else "learnable")


@points(2)
def test_split_counterexample_classes(split_counterexample, draw):
    """It could happen: at most ten classes, each with at least two of the rows.

    A label of its own for every row shows the leak, and no data set is labelled so."""
    _, labels, _, _ = four_arguments(split_counterexample)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) > 10 or counts.min() < 2:
        text = f"There are {len(classes)} classes, the rarest with {counts.min()} of {len(labels)} rows: at most ten, each with two rows or more."
        raise Wrong(text, expected="at most 10 classes", got=len(classes), mistake="a-class-each" if len(classes) == len(labels) else "")


def split_mended_rows(rng):
    """Images, labels in an order of their own, noise, and how many are for the test."""
    yield "3 images, 1 for the test", np.arange(6.0).reshape(3, 1, 2), np.array([5, 3, 4]), np.full((3, 1, 2), 0.5), 1
    for n, n_test in ((7, 2), (9, 5)):
        yield f"{n} images, {n_test} for the test", rng.normal(size=(n, 2, 3)), rng.permutation(n), rng.normal(size=(n, 2, 3)), n_test


def split_mended_batch(rng):
    """One ordinary case for the contract."""
    *_, case = split_mended_rows(rng)
    yield case


def split_mended_one(rng):
    yield "one training image", rng.normal(size=(4, 2, 2)), np.array([1, 0, 1, 1]), rng.normal(size=(4, 2, 2)), 3
    yield "no noise", rng.normal(size=(4, 2, 2)), np.array([1, 0, 1, 1]), np.zeros((4, 2, 2)), 2


def split_mended_whole(rng):
    yield "pixels and noise up to 255", whole(rng, 0, 255, (4, 2, 2)), np.array([0, 255, 7, 255]), whole(rng, 0, 255, (4, 2, 2)), 1
    yield "pixels and noise from -128 to 127", whole(rng, -128, 127, (4, 2, 2)), np.array([0, 9, 7, 2]), whole(rng, -128, 127, (4, 2, 2)), 2


def split_mended_mixed(rng):
    images, labels, noise = rng.integers(0, 9, (4, 2, 2)), np.array([1, 0, 1, 1]), rng.integers(0, 9, (4, 2, 2))
    for pixels, numbers in (("float32", "float64"), ("float64", "float32"), ("uint8", "float32"), ("float16", "float16"), ("float32", "float32")):
        yield f"{pixels} images and {numbers} noise", images.astype(pixels), labels, noise.astype(numbers), 2


def split_mended_misfits(rng):
    images, labels = np.ones((3, 2, 2)), np.array([0, 1, 2])
    yield "n_test = 0", images, labels, images, 0
    yield "n_test = n", images, labels, images, 3
    yield "n_test > n", images, labels, images, 5
    yield "n_test < 0", images, labels, images, -1
    yield "2 labels for 3 images", images, labels[:2], images, 1
    yield "1 label for 3 images", images, labels[:1], images, 1
    yield "labels as a column", images, labels[:, None], images, 1
    yield "one noise image for all", images, labels, images[0], 1
    yield "a batch of one noise image", images, labels, images[:1], 1
    yield "noise for one image more", images, labels, np.ones((4, 2, 2)), 1
    yield "no batch axis", images[0], labels[:2], images[0], 1
    yield "images with a colour axis", np.ones((3, 2, 2, 3)), labels, np.ones((3, 2, 2, 3)), 1
    yield "images without columns", images[:, :, :0], labels, images[:, :, :0], 1


@points(2)
def test_split_mended(split_mended, draw):
    """The last n_test images as they are; the others and then their noisy copies; labels to match."""
    agree(split_mended, draw(split_mended_rows, honest_split))


@points(1)
def test_split_mended_one(split_mended, draw):
    """One training image is enough, and noise may be 0."""
    agree(split_mended, draw(split_mended_one, honest_split))


@points(1)
def test_split_mended_contract(split_mended, draw):
    """float32 is kept, whole numbers of any width become float64; inputs stay as they are and share no memory with the results."""
    contract(split_mended, draw, split_mended_batch, honest_split, floats=(0, 2))
    contract(split_mended, draw, split_mended_whole, honest_split, labels=(0, 2))
    contract(split_mended, draw, split_mended_whole, honest_split, labels=(1,))
    wanted = {True: ["float32", "", "float32"], False: ["float64", "", "float64"]}
    result_types(split_mended, draw(split_mended_mixed, honest_split), lambda case: wanted[case.name.count("float32") == 2])


@points(1)
def test_split_mended_refused(split_mended, draw):
    """n_test outside 1..n-1, or shapes that do not fit, is a ValueError."""
    refuse(split_mended, draw(split_mended_misfits))


# --- hunt 2: instruction data -----------------------------------------------------------------------------------------


def rows_by_hand(prompts, responses, eos, length):
    """Position by position: is it prompt, response, the end of the response, or padding?"""
    ids, targets, attention = (np.zeros((len(prompts), length), dtype=np.int64) for _ in range(3))
    for i, (prompt, response) in enumerate(zip(prompts, responses, strict=True)):
        for t in range(length):
            after = t - len(prompt)
            ids[i, t] = prompt[t] if after < 0 else response[after] if after < len(response) else eos
            targets[i, t] = ids[i, t] if 0 <= after <= len(response) else -100
            attention[i, t] = after <= len(response)
    return ids, targets, attention


def conversation(rng, sizes, eos, length):
    """Prompts and responses of these lengths, without the eos token."""

    def some(n):
        return [int(token) + (token >= eos) for token in rng.integers(0, 90, n)]

    return [some(p) for p, _ in sizes], [some(r) for _, r in sizes], eos, length


def instruction_rows_mended_plain(rng):
    """Rows of several lengths, all with room to spare."""
    yield "one row", [[5, 6]], [[7]], 2, 5
    for length in (9, 12):
        sizes = [(int(rng.integers(2, 5)), int(rng.integers(1, 4))) for _ in range(4)]
        yield f"4 rows of {length}", *conversation(rng, sizes, int(rng.integers(1, 90)), length)


def instruction_rows_mended_eos(rng):
    """Prompts that hold the eos token themselves, between turns."""
    prompts, responses, eos, length = conversation(rng, [(5, 2), (4, 3)], 0, 11)
    prompts[0][2] = prompts[1][0] = prompts[1][3] = eos
    yield "prompts of several turns", prompts, responses, eos, length
    prompts, responses, eos, length = conversation(rng, [(3, 4), (2, 3)], 50, 9)
    responses[0][1] = eos
    yield "a response with eos inside", prompts, responses, eos, length


def instruction_rows_mended_cut(rng):
    yield "exactly full with eos", *conversation(rng, [(3, 3), (2, 1)], 1, 7)
    yield "no room for eos", *conversation(rng, [(3, 4), (2, 1)], 1, 7)
    yield "the response is cut", *conversation(rng, [(4, 9), (6, 2)], 1, 7)
    yield "no prompt", *conversation(rng, [(0, 3), (2, 2)], 1, 6)
    yield "one row, one token", [[]], [[4]], 2, 1


def instruction_rows_mended_misfits(rng):
    yield "a response too few", [[1], [2]], [[3]], 0, 5
    yield "a prompt too few", [[1]], [[3], [4]], 0, 5
    yield "no rows", [], [], 0, 5
    yield "an empty response", [[1], [2]], [[3], []], 0, 5
    yield "a prompt as long as the row", [[1, 2, 3], [1]], [[4], [5]], 0, 3
    yield "a prompt longer than the row", [[1], [1, 2, 3, 4]], [[4], [5]], 0, 3
    yield "rows of no length", [[]], [[4]], 0, 0


@points(2)
def test_instruction_rows_mended(instruction_rows_mended, draw):
    """Prompt, response, one eos, padding; targets are the response and its eos alone, and only the padding is not attended to."""
    agree(instruction_rows_mended, draw(instruction_rows_mended_plain, rows_by_hand), integer=True)


@points(1)
def test_instruction_rows_mended_eos(instruction_rows_mended, draw):
    """An eos token inside a prompt is read like any other, and inside a response it is learned, too."""
    agree(instruction_rows_mended, draw(instruction_rows_mended_eos, rows_by_hand), integer=True)


@points(1)
def test_instruction_rows_mended_cut(instruction_rows_mended, draw):
    """A row that is too long is cut at its end, and has no eos then; a prompt may be empty."""
    agree(instruction_rows_mended, draw(instruction_rows_mended_cut, rows_by_hand), integer=True)


@points(1)
def test_instruction_rows_mended_contract(instruction_rows_mended, draw):
    """The caller's lists stay as they are."""
    contract(instruction_rows_mended, draw, instruction_rows_mended_plain, rows_by_hand)


@points(1)
def test_instruction_rows_mended_refused(instruction_rows_mended, draw):
    """Lists of different lengths or without rows, an empty response, or a prompt that leaves no room for it: ValueError."""
    refuse(instruction_rows_mended, draw(instruction_rows_mended_misfits))


# --- hunt 3: how often is each source read ----------------------------------------------------------------------------


def epochs_by_hand(tokens, alpha, budget):
    largest = max(tokens)
    weights = [(n / largest) ** alpha for n in tokens]
    return [budget * weight / sum(weights) / n for weight, n in zip(weights, tokens, strict=True)]


def epochs_predicted_mixes(rng):
    """Sources of different sizes, exponents between 0 and 1."""
    yield "two sources, the square root", [100, 400], 0.5, 300
    for k, alpha in ((3, 0.7), (4, 0.3)):
        tokens = [int(n) for n in rng.integers(10, 90, k) * 10 ** rng.permutation(k)]
        yield f"{k} sources, alpha {alpha}", tokens, alpha, int(rng.integers(1, 20)) * sum(tokens)


def epochs_predicted_ends(rng):
    tokens = [int(n) for n in rng.integers(10, 90, 3) * 10 ** rng.permutation(3)]
    yield "alpha 1: in proportion", tokens, 1.0, 4 * sum(tokens)
    yield "alpha 0: all alike", tokens, 0.0, 2 * sum(tokens)
    yield "one source", tokens[:1], 0.4, 5 * tokens[0]
    yield "less than an epoch", tokens, 0.5, sum(tokens) // 7
    yield "no training", tokens, 0.5, 0


def epochs_predicted_large(rng):
    yield "trillions of tokens", [int(rng.integers(1, 9)) * 10**12, int(rng.integers(1, 9)) * 10**9], 0.5, 15 * 10**12
    yield "a large and a tiny source", [9 * 10**12, 7], 0.9, 10**12
    yield "trillions, alpha the whole number 1", [int(rng.integers(2, 9)) * 10**12, int(rng.integers(2, 9)) * 10**11], 1, 15 * 10**12


@points(2)
def test_epochs_predicted(epochs_predicted, draw):
    """The source's weight times the budget, over its size."""
    agree(epochs_predicted, draw(epochs_predicted_mixes, epochs_by_hand), atol=0)


@points(1)
def test_epochs_predicted_ends(epochs_predicted, draw):
    """alpha 0 and 1, a single source, a budget of less than an epoch or of nothing."""
    agree(epochs_predicted, draw(epochs_predicted_ends, epochs_by_hand), atol=0)


@points(1)
def test_epochs_predicted_large(epochs_predicted, draw):
    """Corpora of trillions of tokens."""
    agree(epochs_predicted, draw(epochs_predicted_large, epochs_by_hand), atol=0)
