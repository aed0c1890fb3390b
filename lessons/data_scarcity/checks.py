# Built by `prep build` from solutions/data_scarcity/checks.py: do not edit by hand.
"""Checks of the lesson data_scarcity: oracles by another way, makers of inputs, and a test for each thing that can go wrong."""

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- oracles ----------------------------------------------------------------------------------------------------------


def mirrored(images):
    return np.take(images, range(images.shape[2] - 1, -1, -1), axis=2)


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


def mixed(x, y, lam, perm):
    """Row i is lam of row i and 1 - lam of row perm[i]."""

    def blend(rows):
        return np.array([[lam * a + (1 - lam) * b for a, b in zip(row, rows[j], strict=True)] for row, j in zip(rows, perm, strict=True)], float)

    return blend(x), blend(y)


def fused(sources):
    """One row after the other, compared with all that were kept."""
    kept = []
    for s, (x, y, label_map) in enumerate(sources):
        for row, label in zip(x.tolist(), y.tolist(), strict=True):
            if not any(row == other and label_map[label] == common for other, common, _ in kept):
                kept.append((row, label_map[label], s))
    return np.array([row for row, _, _ in kept], float), np.array([y for _, y, _ in kept]), np.array([s for _, _, s in kept])


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


def sure_rows(probabilities, threshold):
    best = [(max(row), row.index(max(row))) for row in probabilities.tolist()]
    indices = [i for i, (probability, _) in enumerate(best) if probability >= threshold]
    return np.array(indices, dtype=np.int64), np.array([best[i][1] for i in indices], dtype=np.int64)


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
    """The share of test images whose nearest training image has their label."""
    distances = ((test[:, None] - train) ** 2).sum(axis=(2, 3))
    return float(np.mean(train_labels[distances.argmin(axis=1)] == test_labels))


# --- makers -----------------------------------------------------------------------------------------------------------


def pictures(rng):
    """Images of different sizes, more rows than columns or fewer."""
    yield "one image, 2 x 3", np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    yield "2 images, 3 x 4", rng.normal(size=(2, 3, 4))
    yield "3 images, 4 x 5", rng.normal(size=(3, 4, 5)) * 9


def one_batch(rng):
    """One ordinary case for the contract."""
    *_, case = pictures(rng)
    yield case


def narrow_pictures(rng):
    yield "one column", rng.normal(size=(2, 3, 1))
    yield "one row", rng.normal(size=(2, 1, 4))


def picture_types(rng):
    values = rng.integers(0, 200, (2, 3, 4))
    yield "uint8", values.astype(np.uint8)
    yield "bool", values > 100
    yield "float32", values.astype(np.float32)


def no_pictures(rng):
    yield "one image without a batch axis", np.ones((3, 4))
    yield "images with a colour axis", np.ones((2, 3, 4, 3))
    yield "no images", np.ones((0, 3, 4))


def shifts(rng):
    """Every image at an offset of its own."""
    yield "one image, pad 1, a crop from the upper left", np.arange(1.0, 7.0).reshape(1, 2, 3), 1, np.array([[0, 0]])
    yield "one image, pad 1, a crop further down", np.arange(1.0, 7.0).reshape(1, 2, 3), 1, np.array([[2, 1]])
    for count, pad in ((4, 2), (6, 1)):
        offsets = rng.integers(0, 2 * pad + 1, (count, 2))
        offsets[:2] = (0, 2 * pad), (pad + 1, pad - 1)
        yield f"{count} images, pad {pad}", rng.uniform(1, 9, (count, 4, 5)), pad, offsets


def one_shift(rng):
    """One ordinary case for the contract."""
    *_, case = shifts(rng)
    yield case


def far_shifts(rng):
    yield "the centre gives the image back", rng.normal(size=(2, 3, 3)), 2, np.full((2, 2), 2)
    yield "no padding", rng.normal(size=(2, 3, 4)), 0, np.zeros((2, 2), dtype=np.int64)
    yield "shifted out of sight", rng.normal(size=(2, 2, 3)), 3, np.array([[0, 0], [6, 5]])


def small_offsets(rng):
    images, offsets = rng.uniform(1, 9, (3, 3, 4)), np.array([[0, 4], [3, 1], [1, 0]])
    yield "uint8 offsets", images, 2, offsets.astype(np.uint8)
    yield "int32 offsets", images, 2, offsets.astype(np.int32)


def shift_types(rng):
    for name, images in picture_types(rng):
        yield name, images, 1, np.array([[0, 2], [1, 1]])


def bad_shifts(rng):
    images = np.ones((2, 3, 4))
    yield "an offset of 2*pad + 1", images, 1, np.array([[0, 0], [3, 0]])
    yield "a negative offset", images, 1, np.array([[0, -1], [1, 0]])
    yield "one offset for two images", images, 1, np.array([[0, 1]])
    yield "one image without a batch axis", images[0], 1, np.array([[0, 1]] * 3)
    yield "no images", images[:0], 1, np.zeros((0, 2), dtype=np.int64)


def turn(angle, zoom=1.0, shear=0.0, shift=(0.0, 0.0)):
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([rotation @ np.array([[1.0, 0.0], [shear, 1.0]]) / zoom, shift])


def inside_warps(rng):
    """Maps that stay near the image: rotation, zoom, shear and shift together, for images that are not square."""
    yield "one image, a quarter of a pixel further", np.arange(1.0, 13.0).reshape(1, 3, 4), np.array([[[1.0, 0.0, 0.25], [0.0, 1.0, 0.5]]])
    maps = [turn(rng.uniform(0.3, 0.7), rng.uniform(1.2, 1.5), rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.8, 2)) for _ in range(3)]
    yield "3 images, 5 x 4", rng.uniform(1, 9, (3, 5, 4)), np.array(maps)
    yield "2 images, 4 x 6", rng.uniform(1, 9, (2, 4, 6)), np.array([turn(-0.6, 0.8, 0.0, (0.3, -0.4)), turn(0.2, 1.1, -0.5, (-0.7, 0.1))])


def quarter_turns(rng):
    images = rng.uniform(1, 9, (3, 4, 4))
    whole = [[[0, -1, 0], [1, 0, 0]], [[-1, 0, 0], [0, -1, 0]], [[1, 0, 1], [0, 1, -1]]]
    yield "a quarter turn, half a turn, a whole pixel's shift", images, np.array(whole, dtype=np.float64)
    yield "nothing to do", images, np.array([[[1.0, 0, 0], [0, 1, 0]]] * 3)


def outside_warps(rng):
    ones = np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    images = rng.uniform(1, 9, (1, 3, 4))
    yield "0.4 rows above the first", images, ones + np.array([[[0, 0, -0.4], [0, 0, 0]]])
    yield "0.7 columns beyond the last", images, ones + np.array([[[0, 0, 0], [0, 0, 0.7]]])
    yield "further out on all sides", images, ones * 2.6
    yield "far away", images, ones + np.array([[[0, 0, 1e12], [0, 0, 0]]])


def whole_warps(rng):
    yield "uint8 images", rng.integers(100, 250, (2, 3, 4)).astype(np.uint8), np.array([turn(0.4), turn(0.0, 1.0, 0.0, (0.5, 0.5))])


def plain_warps(rng):
    """Matrices that are still maps when rounded."""
    for count in (1, 2):
        maps = [turn(rng.uniform(0.1, 0.4), 1.1, 0.1, (0.6, -0.7)) for _ in range(count)]
        yield f"{count} images", rng.uniform(1, 9, (count, 4, 3)), np.array(maps)


def bad_warps(rng):
    images, one = np.ones((2, 3, 4)), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    yield "one (2, 3) matrix for the batch", images, one
    yield "3 matrices for 2 images", images, np.array([one] * 3)
    yield "square matrices", images, np.array([np.eye(3)] * 2)
    yield "one image without a batch axis", images[0], np.array([one] * 3)
    yield "no images", images[:0], np.zeros((0, 2, 3))


def cycle(rng, n):
    """A permutation that is a single cycle, so that it is not its own inverse."""
    order = rng.permutation(n)
    perm = np.empty(n, dtype=np.int64)
    perm[order] = np.roll(order, 1)
    return perm


def blends(rng):
    yield "3 rows", np.array([[1.0, 2.0], [3.0, 5.0], [8.0, 13.0]]), np.eye(3), 0.7, np.array([1, 2, 0])
    for n, k, lam in ((5, 3, 0.2), (8, 4, 0.85)):
        yield f"{n} rows, {k} classes", rng.normal(size=(n, 4)), np.eye(k)[rng.permutation(np.arange(n) % k)], lam, cycle(rng, n)


def one_blend(rng):
    """One ordinary case for the contract."""
    *_, case = blends(rng)
    yield case


def extreme_blends(rng):
    x, y = rng.normal(size=(4, 2)), np.eye(4)[:, :3]
    yield "lam = 1 changes nothing", x, y, 1.0, np.array([2, 3, 1, 0])
    yield "lam = 0 exchanges the rows", x, y, 0.0, np.array([2, 3, 1, 0])
    yield "soft labels", x, np.full((4, 2), 0.5) + np.array([0.1, -0.1]) * np.arange(4)[:, None], 0.6, np.array([1, 2, 3, 0])


def whole_blends(rng):
    perm = cycle(rng, 4)
    yield "uint8 images, int64 one-hot", rng.integers(0, 250, (4, 3)).astype(np.uint8), np.eye(4, dtype=np.int64), 0.7, perm
    yield "bool", rng.random((4, 3)) > 0.5, np.eye(4, dtype=bool), 0.7, perm


def bad_blends(rng):
    x, y = np.ones((3, 2)), np.eye(3)
    yield "one row of labels", x, y[:1], 0.5, np.array([1, 2, 0])
    yield "labels that are not one-hot", x, np.array([0, 1, 2]), 0.5, np.array([1, 2, 0])
    yield "a permutation of 2 for 3 rows", x, y, 0.5, np.array([1, 0])
    yield "no rows", x[:0], y[:0], 0.5, np.zeros(0, dtype=np.int64)


def two_sources(rng):
    """Two sources with names of their own for the classes, that share rows."""
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


def one_fusion(rng):
    """One ordinary case for the contract."""
    *_, case = two_sources(rng)
    yield case


def disagreeing_sources(rng):
    x = np.round(rng.normal(size=(3, 2)), 2)
    yield "the same x with two labels", [(x, np.array([0, 1, 2]), {0: 0, 1: 1, 2: 2}), (x, np.array([1, 1, 0]), {0: 0, 1: 1})]
    yield "two names of one class", [(x[[0, 1, 0]], np.array([4, 5, 6]), {4: 0, 5: 1, 6: 0})]
    close = x + np.array([[0.0, 1e-6]])
    yield "rows that differ by a millionth", [(x, np.array([0, 0, 0]), {0: 0}), (close, np.array([0, 0, 0]), {0: 0})]


def lone_source(rng):
    yield "one source, labels exchanged", [(np.arange(8.0).reshape(4, 2), np.array([0, 1, 1, 0]), {0: 1, 1: 0, 2: 2})]
    yield "a chain of names", [(np.arange(6.0).reshape(3, 2), np.array([2, 0, 1], dtype=np.uint8), {0: 1, 1: 2, 2: 3})]


def source_types(rng):
    for name, kind in (("float32", np.float32), ("int64", np.int64), ("uint8", np.uint8)):
        x = rng.integers(0, 3, (6, 2)).astype(kind)
        yield name, [(x, np.array([0, 1, 0, 1, 0, 1]), {0: 0, 1: 1}), (x[::-1].copy(), np.array([0, 1, 0, 1, 0, 1]), {0: 1, 1: 0})]


def bad_sources(rng):
    x, y = np.ones((2, 2)), np.array([0, 1])
    yield "a label that its map lacks", [(x, y, {0: 0, 1: 1}), (x, np.array([0, 4]), {0: 0, 1: 1})]
    yield "no sources", []
    yield "a source without rows", [(x, y, {0: 0, 1: 1}), (x[:0], y[:0], {0: 0})]
    yield "another number of columns", [(x, y, {0: 0, 1: 1}), (np.ones((2, 3)), y, {0: 0, 1: 1})]
    yield "3 labels for 2 rows", [(x, np.array([0, 1, 1]), {0: 0, 1: 1})]


def clear_rows(features, labels, candidates, l2, n_classes, count):
    """The first candidates whose best class leads by a margin that rounding cannot bridge."""
    ordered = np.sort(probe_scores(features, labels, candidates, l2, n_classes), axis=1)
    return candidates[ordered[:, -1] - ordered[:, -2] > 0.01][:count]


def probes(rng):
    """Columns in different units, classes of different sizes, new rows that come from elsewhere."""
    yield "4 rows, 2 classes", np.array([[0.0], [1.0], [3.0], [4.0]]), np.array([0, 0, 1, 1]), np.array([[1.0], [3.5], [-2.0]]), 0.5, 2
    for n, d, l2 in ((40, 4, 0.3), (25, 3, 0.9)):
        labels = rng.permutation(np.array([0] * (n // 2) + [1] * (n // 4) + [2] * (n - n // 2 - n // 4)))
        units = 10.0 ** rng.permutation(np.linspace(-1.5, 1.5, d))
        centres = rng.normal(size=(3, d))
        x = (centres[labels] + rng.normal(size=(n, d)) + 2) * units
        new = (centres[rng.integers(0, 3, 250)] + 1.5 * rng.normal(size=(250, d)) + 1.5) * units
        yield f"{n} rows, {d} columns, l2 {l2}", x, labels, clear_rows(x, labels, new, l2, 3, 100), l2, 3


def rare_classes(rng):
    """A common class, classes that do not occur, and one row only."""
    n = 30
    labels = rng.permutation(np.array([4] * 20 + [1] * 10))
    x = rng.normal(size=(n, 2)) + 0.8 * (labels == 1)[:, None]
    new = rng.normal(size=(80, 2)) * 2
    yield "two of five classes occur, one of them often", x, labels, clear_rows(x, labels, new, 1.5, 5, 40), 1.5, 5
    yield "one row", np.array([[3.0, 5.0]]), np.array([2]), np.array([[1.0, 1.0], [3.0, 5.0]]), 0.1, 3


def flat_columns(rng):
    """A column that is the same in all training rows, and another value in the new ones."""
    for name, value in (("a column of ones", 1.0), ("a column of ten times 0.1", 0.1), ("another of ten times 0.1", 0.1)):
        x, new = rng.normal(size=(10, 3)), rng.normal(size=(12, 3))
        labels = (np.argsort(np.argsort(x[:, 0])) >= 7).astype(np.int64)  # 7 and 3: their means are no binary fractions
        x[:, 1], new[:, 1] = value, value + rng.choice([-0.5, 0.5], 12)
        yield name, x, labels, clear_rows(x, labels, new, 0.1, 2, 12), 0.1, 2


def wide_probes(rng):
    x, labels = rng.normal(size=(6, 9)), np.array([0, 1, 2, 0, 1, 2])
    yield "fewer rows than columns", x, labels, clear_rows(x, labels, rng.normal(size=(30, 9)), 0.2, 3, 12), 0.2, 3
    yield "a single new row", x, labels, clear_rows(x, labels, 2 * rng.normal(size=(30, 9)), 0.2, 3, 1), 0.2, 3


def probe_contract(rng):
    """Classes far apart: rounding to float32 or to whole numbers changes nothing that a prediction could turn on."""
    labels = rng.permutation(np.arange(15) % 3)
    centres = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]])
    x = centres[labels] + rng.uniform(-2, 2, (15, 2))
    yield "15 rows", x, labels, centres[[2, 0, 1, 1, 0]] + rng.uniform(-1, 1, (5, 2)), 0.1, 3


def bad_probes(rng):
    x, y, new = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), np.array([0, 1, 1]), np.ones((2, 2))
    yield "l2 = 0", x, y, new, 0.0, 2
    yield "l2 < 0", x, y, new, -1.0, 2
    yield "a label of n_classes", x, np.array([0, 1, 2]), new, 0.1, 2
    yield "a negative label", x, np.array([0, 1, -1]), new, 0.1, 2
    yield "another number of columns", x, y, np.ones((2, 3)), 0.1, 2
    yield "2 labels for 3 rows", x, y[:2], new, 0.1, 2
    yield "no new rows", x, y, new[:0], 0.1, 2


def opinions(rng):
    yield "3 rows", np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), 0.7
    for n, k in ((12, 3), (25, 4)):
        logits = rng.normal(0, 2, (n, k))
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        yield f"{n} rows, {k} classes", probabilities, float(np.sort(probabilities.max(axis=1))[[n // 3, n // 3 + 1]].mean())


def one_opinion(rng):
    """One ordinary case for the contract."""
    *_, case = opinions(rng)
    yield case


def at_threshold(rng):
    yield "exactly at the threshold", np.array([[0.25, 0.75], [0.5, 0.5], [0.125, 0.875]]), 0.75
    yield "two classes level", np.array([[0.5, 0.5, 0.0], [0.25, 0.375, 0.375], [0.0, 0.25, 0.75]]), 0.375


def below_half(rng):
    yield "two entries of a row reach the threshold", np.array([[0.45, 0.45 + 0.05, 0.05], [0.3, 0.3, 0.4], [0.05, 0.55, 0.4]]), 0.35


def nobody_sure(rng):
    yield "no row is sure", np.array([[0.5, 0.5], [0.4, 0.6]]), 0.95


def bad_opinions(rng):
    yield "one row without a batch axis", np.array([0.2, 0.8]), 0.5
    yield "no rows", np.ones((0, 3)), 0.5
    yield "no classes", np.ones((3, 0)), 0.5


def held_out(rng):
    """Images, labels in an order of their own, noise, and how many are for the test."""
    yield "3 images, 1 for the test", np.arange(6.0).reshape(3, 1, 2), np.array([5, 3, 4]), np.full((3, 1, 2), 0.5), 1
    for n, n_test in ((7, 2), (9, 5)):
        yield f"{n} images, {n_test} for the test", rng.normal(size=(n, 2, 3)), rng.permutation(n), rng.normal(size=(n, 2, 3)), n_test


def one_split(rng):
    """One ordinary case for the contract."""
    *_, case = held_out(rng)
    yield case


def one_trained(rng):
    yield "one training image", rng.normal(size=(4, 2, 2)), np.array([1, 0, 1, 1]), rng.normal(size=(4, 2, 2)), 3


def bad_splits(rng):
    images, labels = np.ones((3, 2, 2)), np.array([0, 1, 2])
    yield "n_test = 0", images, labels, images, 0
    yield "n_test = n", images, labels, images, 3
    yield "2 labels for 3 images", images, labels[:2], images, 1
    yield "one noise image for all", images, labels, images[0], 1
    yield "no batch axis", images[0], labels[:2], images[0], 1


# --- flip_horizontal --------------------------------------------------------------------------------------------------


def keeps_dtype(answer, cases):
    """Right results, of the images' own dtype."""
    for case, got in answer.on(cases):
        want, found = str(case.args[0].dtype), str(getattr(got, "dtype", type(got).__name__))
        if found != want:
            raise Wrong(f"{answer.name} must keep the images' dtype, {want}; the result has {found}.", case=case.name, expected=want, got=found)
        if not np.array_equal(got, case.expected):
            raise Wrong(f"{answer.text(case)} returned something else.", case=case.name, expected=case.expected, got=got)


@points(1)
def test_flip_horizontal(flip_horizontal, draw):
    """Column j of the result is column W-1-j of the image; the images keep their order."""
    agree(flip_horizontal, draw(pictures, mirrored))


@points(1, rule=True)
def test_flip_horizontal_types(flip_horizontal, draw):
    """The dtype is kept: uint8, bool, float32."""
    keeps_dtype(flip_horizontal, draw(picture_types, mirrored))


@points(1)
def test_flip_horizontal_contract(flip_horizontal, draw):
    """A new array: inputs stay as they are and share no memory with the result, in any layout."""
    contract(flip_horizontal, draw, one_batch, mirrored, floats=(0,))


@points(1)
def test_flip_horizontal_shapes(flip_horizontal, draw):
    """What is not (B, H, W), or empty, is a ValueError."""
    refuse(flip_horizontal, draw(no_pictures))


# --- pad_crop ---------------------------------------------------------------------------------------------------------


@points(2)
def test_pad_crop(pad_crop, draw):
    """Each image is cropped at its own (row, column) of the zero-padded image."""
    agree(pad_crop, draw(shifts, crops))


@points(1)
def test_pad_crop_far(pad_crop, draw):
    """(pad, pad) gives back the image, pad may be 0, and what is shifted out of sight is lost."""
    agree(pad_crop, draw(far_shifts, crops))


@points(1)
def test_pad_crop_unsigned(pad_crop, draw):
    """Offsets may have any integer type, also an unsigned one."""
    agree(pad_crop, draw(small_offsets, crops))


@points(1, rule=True)
def test_pad_crop_types(pad_crop, draw):
    """The images' dtype is kept: uint8, bool, float32."""
    keeps_dtype(pad_crop, draw(shift_types, crops))


@points(1)
def test_pad_crop_contract(pad_crop, draw):
    """Inputs stay as they are and share no memory with the result, in any layout."""
    contract(pad_crop, draw, one_shift, crops, floats=(0,))


@points(1)
def test_pad_crop_refused(pad_crop, draw):
    """An offset outside 0..2*pad, or shapes that do not fit, is a ValueError."""
    refuse(pad_crop, draw(bad_shifts))


# --- affine_warp ------------------------------------------------------------------------------------------------------


@points(3)
def test_affine_warp(affine_warp, draw):
    """Bilinear sampling along each image's own map, measured from the centre."""
    agree(affine_warp, draw(inside_warps, tents))


@points(1)
def test_affine_warp_quarter_turns(affine_warp, draw):
    """Quarter turns, whole shifts and doing nothing move pixels without changing them."""
    agree(affine_warp, draw(quarter_turns, tents))


@points(1)
def test_affine_warp_outside(affine_warp, draw):
    """Pixels outside count 0, one by one: a place less than a pixel outside still gets a share of the edge."""
    agree(affine_warp, draw(outside_warps, tents))


@points(1)
def test_affine_warp_whole_numbers(affine_warp, draw):
    """Whole-number images give float64 results with fractions."""
    contract(affine_warp, draw, whole_warps, tents)


@points(1)
def test_affine_warp_contract(affine_warp, draw):
    """float32 is kept; inputs stay as they are, in any layout; no warning."""
    contract(affine_warp, draw, plain_warps, tents, floats=(0, 1))


@points(1)
def test_affine_warp_shapes(affine_warp, draw):
    """One matrix for each image: shapes that do not fit are a ValueError."""
    refuse(affine_warp, draw(bad_warps))


# --- mixup ------------------------------------------------------------------------------------------------------------


@points(2)
def test_mixup(mixup, draw):
    """lam of each row and 1-lam of its partner, the same for its label."""
    agree(mixup, draw(blends, mixed))


@points(1)
def test_mixup_ends(mixup, draw):
    """lam = 1 changes nothing, lam = 0 exchanges, and labels may be soft already."""
    agree(mixup, draw(extreme_blends, mixed))


@points(1)
def test_mixup_whole_numbers(mixup, draw):
    """uint8 images and integer one-hot labels give float64 results with fractions."""
    contract(mixup, draw, whole_blends, mixed)


@points(1)
def test_mixup_contract(mixup, draw):
    """float32 is kept; inputs stay as they are and share no memory with the results."""
    contract(mixup, draw, one_blend, mixed, floats=(0, 1))


@points(1)
def test_mixup_shapes(mixup, draw):
    """No rows, or numbers of rows that differ, are a ValueError."""
    refuse(mixup, draw(bad_blends))


# --- fuse_sources -----------------------------------------------------------------------------------------------------


@points(2)
def test_fuse_sources(fuse_sources, draw):
    """Rows in order with common labels, each once, and the source it was first seen in."""
    agree(fuse_sources, draw(two_sources, fused))


@points(1)
def test_fuse_sources_disagreement(fuse_sources, draw):
    """Only rows with exactly the same x and the same common label are duplicates."""
    agree(fuse_sources, draw(disagreeing_sources, fused))


@points(1)
def test_fuse_sources_names(fuse_sources, draw):
    """Every label is looked up once: {0: 1, 1: 0} exchanges two labels."""
    agree(fuse_sources, draw(lone_source, fused))


@points(1, rule=True)
def test_fuse_sources_types(fuse_sources, draw):
    """x is float32 if all sources are, else float64."""
    for case, got in fuse_sources.on(draw(source_types, fused)):
        want = "float32" if case.name == "float32" else "float64"
        x = got[0] if isinstance(got, tuple | list) and len(got) else got
        found = str(getattr(x, "dtype", type(x).__name__))
        if found != want:
            raise Wrong(f"For {case.name} sources x must come back as {want}, not {found}.", case=case.name, expected=want, got=found)


@points(1)
def test_fuse_sources_contract(fuse_sources, draw):
    """Inputs stay as they are and share no memory with the results, in any layout."""
    contract(fuse_sources, draw, one_fusion, fused)


@points(1)
def test_fuse_sources_refused(fuse_sources, draw):
    """A label without a name in its map, no sources, an empty one or shapes that do not fit are a ValueError."""
    refuse(fuse_sources, draw(bad_sources))


# --- linear_probe -----------------------------------------------------------------------------------------------------


@points(3)
def test_linear_probe(linear_probe, draw):
    """Standardised by the training features, mean squared error plus l2, a free bias, the largest score."""
    agree(linear_probe, draw(probes, probed))


@points(1)
def test_linear_probe_rare(linear_probe, draw):
    """How common a class is counts in the bias; classes that do not occur keep their numbers."""
    agree(linear_probe, draw(rare_classes, probed))


@points(1)
def test_linear_probe_flat(linear_probe, draw):
    """A column that is the same in all training rows is only centred, ten times 0.1 too."""
    contract(linear_probe, draw, flat_columns, probed)


@points(1)
def test_linear_probe_contract(linear_probe, draw):
    """Integer and float32 features, any layout, inputs unchanged, fewer rows than columns, one new row."""
    contract(linear_probe, draw, probe_contract, probed, floats=(0, 2))
    agree(linear_probe, draw(wide_probes, probed))


@points(1)
def test_linear_probe_refused(linear_probe, draw):
    """l2 <= 0, a label outside 0..n_classes-1, no rows or shapes that do not fit are a ValueError."""
    refuse(linear_probe, draw(bad_probes))


# --- pseudo_label -----------------------------------------------------------------------------------------------------


@points(2)
def test_pseudo_label(pseudo_label, draw):
    """The rows whose largest probability reaches the threshold, in order, and their classes."""
    agree(pseudo_label, draw(opinions, sure_rows), integer=True)


@points(1)
def test_pseudo_label_level(pseudo_label, draw):
    """Exactly at the threshold counts, and of level classes the lowest; a row is there once, however many entries reach the threshold."""
    agree(pseudo_label, [*draw(at_threshold, sure_rows), *draw(below_half, sure_rows)], integer=True)


@points(1)
def test_pseudo_label_nobody(pseudo_label, draw):
    """No row sure enough: two empty results."""
    agree(pseudo_label, draw(nobody_sure, sure_rows))


@points(1)
def test_pseudo_label_contract(pseudo_label, draw):
    """Any layout, inputs unchanged, and no view of them in the results; what is not (n, k) is a ValueError."""
    contract(pseudo_label, draw, one_opinion, sure_rows, floats=(0,), integers=False)
    refuse(pseudo_label, draw(bad_opinions))


# --- split_counterexample ---------------------------------------------------------------------------------------------


def four_arguments(answer):
    """The counterexample as arrays; Wrong where it is not what the text asks for."""
    got = answer()
    if not isinstance(got, tuple | list) or len(got) != 4:
        raise Wrong("Return four values: images, labels, noise, n_test.", expected="4 values", got=got)
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
        )
    if not 10 <= n_test <= len(images) - 10 or len(images) > 200 or max(images.shape[1:]) > 16 or 0 in images.shape:
        raise Wrong(f"Needed: 10 <= n_test <= n - 10, n <= 200, H and W from 1 to 16; this is n = {len(images)}, n_test = {n_test}.", got=n_test)
    if not (np.isfinite(images).all() and np.isfinite(noise).all()):
        raise Wrong("The images and the noise must be finite numbers.")
    return images, labels, noise, n_test


@points(2)
def test_split_counterexample(split_counterexample, draw):
    """On what guide_split returns, the nearest training image is right for at least 90 % of the test images, honestly for at most 50 %."""
    arguments = four_arguments(split_counterexample)
    leaky, honest = nearest_accuracy(*guide_split(*arguments)), nearest_accuracy(*honest_split(*arguments))
    if leaky < 0.9:
        raise Wrong(f"After guide_split only {leaky:.0%} of the test images are right.", expected="at least 90 %", got=f"{leaky:.0%}")
    if honest > 0.5:
        raise Wrong(f"In the honest split {honest:.0%} are right as well.", expected="at most 50 %", got=f"{honest:.0%}")


@points(1)
def test_split_counterexample_shapes(split_counterexample, draw):
    """Four arguments that fit together, at least 10 test images and 10 others."""
    four_arguments(split_counterexample)


@points(1)
def test_split_counterexample_labels(split_counterexample, draw):
    """Honestly, at most 50 % are right."""
    honest = nearest_accuracy(*honest_split(*four_arguments(split_counterexample)))
    if honest > 0.5:
        message = f"In the honest split {honest:.0%} of the test images are right: the images tell the labels, so no leak is needed."
        raise Wrong(message, expected="at most 50 %", got=f"{honest:.0%}")


# --- split_mended -----------------------------------------------------------------------------------------------------


@points(2)
def test_split_mended(split_mended, draw):
    """The last n_test images as they are; the others and then their noisy copies; labels to match."""
    agree(split_mended, draw(held_out, honest_split))


@points(1)
def test_split_mended_one(split_mended, draw):
    """One training image is enough."""
    agree(split_mended, draw(one_trained, honest_split))


@points(1)
def test_split_mended_contract(split_mended, draw):
    """float32 is kept, whole numbers become float64; inputs stay as they are and share no memory with the results."""
    contract(split_mended, draw, one_split, honest_split, floats=(0, 2))


@points(1)
def test_split_mended_refused(split_mended, draw):
    """n_test outside 1..n-1, or shapes that do not fit, is a ValueError."""
    refuse(split_mended, draw(bad_splits))
