# Built by `prep build` from solutions/compression/checks.py: do not edit by hand.
"""Checks of the lesson compression: by exercise its oracle, entry by entry, its makers, and a test for each thing that can go wrong."""

import math
from fractions import Fraction

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse, seeing, unique

# --- shared -----------------------------------------------------------------------------------------------------------


def log_softmax(row):
    """Log-probabilities of a list of logits, by math alone."""
    top = max(row)
    total = math.log(math.fsum(math.exp(value - top) for value in row))
    return [value - top - total for value in row]


def frozen(array):
    """The same values as a read-only view with gaps."""
    wide = np.repeat(array, 2, axis=-1)
    wide.flags.writeable = False
    return wide[..., ::2]


def unharmed(answer, cases):
    """Each case with its value, after a look at what else the call did: its input as before, memory of its own, no warning."""
    for case, reply in answer.replies(cases):
        if reply.kind != "value":
            answer.no_value(case, reply)
        if reply.changed:
            raise Wrong(f"{answer.name} changed its input ({case.name}). Work on a copy.", case=case.name)
        if reply.shares:
            raise Wrong(f"The result of {answer.name} shares memory with its input ({case.name}). Return a new array.", case=case.name)
        if reply.warned:
            raise Wrong(f"{answer.text(case)} warned: RuntimeWarning: {reply.warned[0]}.", case=case.name, expected="no warning", got=reply.warned[0])
        yield case, reply.value


# --- quantize_int8 ----------------------------------------------------------------------------------------------------


def quantize_int8_exact(w):
    """Row by row in fractions: the scale as float32 holds it, the quotient rounded half to even."""
    rows, scales = [], []
    for row in w.tolist():
        top = max(abs(Fraction(value)) for value in row)
        scale = np.float32(float(top) / 127) if top else np.float32(1)
        scales.append(scale)
        rows.append([round(Fraction(value) / Fraction(float(scale))) for value in row])
    return np.array(rows, dtype=np.int8), np.array(scales, dtype=np.float32)


def quantize_int8_rows(rng, shape, low=-2.0, high=2.0):
    """Rows of very different size, every quotient at least 1e-3 off a half (but for the row's largest, which is 127)."""
    steps = rng.integers(-126, 127, shape) + rng.uniform(-0.45, 0.45, shape)
    steps[:, 0] = np.abs(steps[:, 0])  # each row has a positive entry
    steps[np.arange(shape[0]), rng.integers(1, shape[1], shape[0])] = 127.0 * rng.choice([-1, 1], shape[0])
    scale = 10.0 ** rng.permutation(np.linspace(low, high, shape[0]))[:, None]
    return steps * scale


def quantize_int8_core(rng):
    """Rows over four powers of ten; the largest entry of some is negative."""
    w = quantize_int8_rows(rng, (2, 3), -1.0, 1.0)
    w[0, np.argmax(np.abs(w[0]))] = -np.abs(w[0]).max()
    yield "2 x 3", w
    yield "7 x 12, rows of different sizes", quantize_int8_rows(rng, (7, 12))
    yield "5 x 5, so that rows and columns cannot be told by shape", quantize_int8_rows(rng, (5, 5))


def quantize_int8_halves(rng):
    """Rows whose largest magnitude is 127, so that the scale is exactly 1, with halves in them."""
    yield "halves", np.array([[127.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5]])
    yield "random halves", np.append(rng.integers(-126, 126, (3, 9)) + 0.5, np.array([[127.0], [-127.0], [127.0]]), axis=1)


def quantize_int8_zero(rng):
    """Rows of zeros, alone and among others."""
    yield "a row of zeros among others", np.array([[0.0, 0.0, 0.0], [1.0, -2.0, 127.0]])
    yield "nothing but zeros", np.zeros((2, 2))
    w = quantize_int8_rows(rng, (3, 6), -30.0, -14.0)
    w[rng.integers(0, 3)] = 0.0
    yield "a row of zeros among tiny ones", w


def quantize_int8_far(rng):
    """Rows far from 1: an epsilon in the scale, or a square, shows here."""
    yield "a row of 1e-12 and one of 1e9", quantize_int8_rows(rng, (2, 6), -14.0, 7.0)
    yield "a row of 1e-28 and one of 1e28", quantize_int8_rows(rng, (2, 6), -30.0, 26.0)
    yield "the same in float32", quantize_int8_rows(rng, (2, 6), -30.0, 26.0).astype(np.float32)


def quantize_int8_plain(rng):
    """Whole multiples of a power of two, so that every type gives the same."""
    for name, shape in (("2 x 4", (2, 4)), ("3 x 6", (3, 6))):
        w = rng.integers(-126, 127, shape).astype(np.float64)
        w[:, 0] = 127.0 * rng.choice([-1, 1], shape[0])
        yield name, w


def quantize_int8_narrow(rng):
    """Integer weights up to the bounds of their type, -128 among them."""
    yield "int8 with -128", np.array([[-128, 3, 64], [5, 2, 1]], dtype=np.int8)
    yield "uint8", np.array([[255, 3, 128], [5, 2, 0]], dtype=np.uint8)
    yield "int16 with -32768", np.array([[-32768, 1000], [3, 2]], dtype=np.int16)
    yield "bool", np.array([[True, False], [False, False]])


def quantize_int8_misfits(rng):
    yield "no rows", np.zeros((0, 3))
    yield "no columns", np.zeros((3, 0))
    yield "one dimension", np.ones(4)
    yield "three dimensions", np.ones((2, 3, 4))


@points(2)
def test_quantize_int8(quantize_int8, draw):
    """One scale a row, its largest magnitude over 127; q is w over its scale, rounded."""
    agree(quantize_int8, draw(quantize_int8_core, quantize_int8_exact), rtol=1e-6, atol=0.0)


@points(1)
def test_quantize_int8_halves(quantize_int8, draw):
    """Halves go to the even neighbour."""
    agree(quantize_int8, draw(quantize_int8_halves, quantize_int8_exact), rtol=1e-6)


@points(1, rule=False)
def test_quantize_int8_zero(quantize_int8, draw):
    """A row of zeros has scale 1, without a warning, and tiny rows beside it have their own."""
    with seeing(lambda _: _epsilon(quantize_int8.values())):
        contract(quantize_int8, draw, quantize_int8_zero, quantize_int8_exact, either_width=True)


@points(1)
def test_quantize_int8_far(quantize_int8, draw):
    """Rows as small as 1e-28 and as large as 1e28 are quantised as well as any other."""
    with seeing(lambda _: _epsilon(quantize_int8.values())):
        agree(quantize_int8, draw(quantize_int8_far, quantize_int8_exact), rtol=1e-6, atol=0.0)


def _epsilon(pairs):
    """The known mistake of an epsilon in the scale: tiny rows, with too large a scale, became zeros; or it is the scale of a row of zeros."""
    tiny, empty = [], []
    for case, value in pairs:
        if (
            not isinstance(value, tuple | list)
            or len(value) != 2
            or [np.shape(part) for part in value] != [case.args[0].shape, case.args[0].shape[:1]]
        ):
            return ""
        for row, codes, scale in zip(np.asarray(case.args[0], dtype=np.float64), *value, strict=True):
            top = np.abs(row).max()
            if top == 0:
                empty.append(float(scale))
            elif top < 1e-6 and not np.any(codes) and scale > top / 127:
                tiny.append(float(scale))
    if empty and all(0 < scale < 1e-3 for scale in empty):
        return "epsilon-everywhere" if tiny else "tiny-scale"
    return "epsilon" if tiny and all(scale == 1 for scale in empty) else ""


@points(1, rule=True)
def test_quantize_int8_types(quantize_int8, draw):
    """q is int8 and the scales are float32, whatever the type of w; int8 weights of -128 and other narrow types are converted first."""
    for case, value in quantize_int8.on(draw(quantize_int8_narrow, quantize_int8_exact)):
        _int8_and_float32(quantize_int8, case, value)
    agree(quantize_int8, draw(quantize_int8_narrow, quantize_int8_exact), rtol=1e-6)
    for case, value in quantize_int8.on(draw(quantize_int8_core)):
        _int8_and_float32(quantize_int8, case, value)


def _int8_and_float32(answer, case, value):
    got = [str(getattr(part, "dtype", type(part).__name__)) for part in value]
    if got != ["int8", "float32"]:
        sentence = f"{answer.name} returned {' and '.join(got)}; q is int8, the scales are float32."
        raise Wrong(sentence, case=case.name, expected="int8, float32", got=got)


@points(1)
def test_quantize_int8_shapes(quantize_int8, draw):
    """No rows, no columns, or not two dimensions: ValueError."""
    refuse(quantize_int8, draw(quantize_int8_misfits))


@points(1)
def test_quantize_int8_contract(quantize_int8, draw):
    """float32, whole numbers, any layout; inputs stay as they were; no warning."""
    contract(quantize_int8, draw, quantize_int8_plain, quantize_int8_exact, floats=(0,), either_width=True)


# --- int8_matmul ------------------------------------------------------------------------------------------------------


def int8_matmul_exact(xq, wq, sx, sw):
    """Python integers, then the scales."""
    rows, columns = xq.tolist(), wq.tolist()
    sums = [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in rows]
    scales = np.asarray(sw, dtype=np.float64).tolist()
    return np.array([[total * float(sx) * scale for total, scale in zip(line, scales, strict=True)] for line in sums], dtype=np.float32)


def int8_matmul_codes(rng, *shape):
    return rng.integers(-128, 128, shape).astype(np.int8)


def int8_matmul_core(rng):
    """Scales that are powers of two, and short rows, so that float32 rounds nothing: how exact the sum is, the next check asks."""
    for name, n, m, d, sx in (("2 x 3 by 2 x 3", 2, 2, 3, 0.5), ("5 x 24 by 6 x 24", 5, 6, 24, 2.0**-6), ("4 x 4 by 4 x 4", 4, 4, 4, 0.25)):
        scale = 2.0 ** -rng.permutation(np.arange(1, m + 1)).astype(np.float32)
        yield name, int8_matmul_codes(rng, n, d), int8_matmul_codes(rng, m, d), sx, scale


def int8_matmul_long(rng):
    """Long rows whose large parts cancel: one half after the other shows a running sum in float32, in turns the partial sums of a BLAS."""
    sw = np.array([1.0, 0.5], dtype=np.float32)
    for name, count, turns in (("20 000 terms, one half cancels the other", 20_000, False), ("100 000 terms that cancel in turns", 100_000, True)):
        signs = np.where(np.arange(count) % 2 if turns else np.arange(count) >= count // 2, -1, 1)
        codes = [rng.integers(100, 128, (2, count)) for _ in range(2)]
        yield name, (codes[0] * signs).astype(np.int8), codes[1].astype(np.int8), 1.0, sw
    low = np.full((1, 100_000), -128, dtype=np.int8)
    yield "100 000 times -128 by -128", low, low.copy(), 2.0**-10, np.array([0.5], dtype=np.float32)


def int8_matmul_scales(rng):
    """x's scale as the types it comes in; no codes below 0, so that nothing cancels."""
    for name, sx in (("a Python float", 0.02), ("a 0-d float32 array", np.array(0.02, dtype=np.float32)), ("a whole number", 2)):
        x, w = (np.abs(int8_matmul_codes(rng, n, 5) // 2) for n in (2, 3))
        yield f"sx is {name}", x, w, sx, rng.uniform(0.01, 1, 3).astype(np.float32)


def int8_matmul_plain(rng):
    """Scales that are powers of two and short rows, so that float32 holds the result exactly."""
    for n, m, d in ((1, 2, 3), (3, 4, 6)):
        scale = 2.0 ** -rng.integers(0, 5, m).astype(np.float32)
        yield f"{n} x {d} by {m} x {d}", int8_matmul_codes(rng, n, d), int8_matmul_codes(rng, m, d), 0.5, scale


def int8_matmul_misfits(rng):
    x, w, sw = np.ones((2, 3), dtype=np.int8), np.ones((4, 3), dtype=np.int8), np.ones(4, dtype=np.float32)
    yield "rows of other lengths", x, np.ones((4, 2), dtype=np.int8), 1.0, sw
    yield "rows of length 1 against 3", x, np.ones((4, 1), dtype=np.int8), 1.0, sw
    yield "one scale for four rows", x, w, 1.0, sw[:1].copy()
    yield "five scales for four rows", x, w, 1.0, np.ones(5, dtype=np.float32)
    yield "a column of scales", x, w, 1.0, sw[:, None].copy()
    yield "four scales for one row", x, w[:1].copy(), 1.0, sw
    yield "no rows in x", x[:0].copy(), w, 1.0, sw
    yield "no rows in w", x, w[:0].copy(), 1.0, sw[:0].copy()
    yield "no columns", x[:, :0].copy(), w[:, :0].copy(), 1.0, sw
    yield "x of one dimension", np.ones(3, dtype=np.int8), w, 1.0, sw
    yield "w of one dimension", x, np.ones(3, dtype=np.int8), 1.0, np.ones(3, dtype=np.float32)


@points(2)
def test_int8_matmul(int8_matmul, draw):
    """x's rows times w's rows, then x's scale and the scale of w's row."""
    agree(int8_matmul, draw(int8_matmul_core, int8_matmul_exact), rtol=1e-6, atol=0.0)


@points(2)
def test_int8_matmul_long(int8_matmul, draw):
    """The sum of up to 100 000 products is exact."""
    agree(int8_matmul, draw(int8_matmul_long, int8_matmul_exact), rtol=1e-6, atol=0.0)


@points(1, rule=True)
def test_int8_matmul_scales(int8_matmul, draw):
    """The result is float32, whatever kind of number x's scale is."""
    for case, value in int8_matmul.on(draw(int8_matmul_scales)):
        dtype = str(getattr(value, "dtype", type(value).__name__))
        if dtype != "float32":
            raise Wrong(f"int8_matmul returned {dtype}; the result is float32.", case=case.name, expected="float32", got=dtype)
    agree(int8_matmul, draw(int8_matmul_scales, int8_matmul_exact), rtol=1e-6, atol=0.0)


@points(1)
def test_int8_matmul_shapes(int8_matmul, draw):
    """Nothing to multiply, rows of different lengths, or not one scale for each row of w: ValueError."""
    refuse(int8_matmul, draw(int8_matmul_misfits))


@points(1)
def test_int8_matmul_contract(int8_matmul, draw):
    """Any layout; inputs stay as they were; no warning."""
    contract(int8_matmul, draw, int8_matmul_plain, int8_matmul_exact, either_width=True)


# --- magnitude_prune --------------------------------------------------------------------------------------------------


def magnitude_prune_exact(w, sparsity):
    """A list of (magnitude, place), sorted; the first round(sparsity * size) become 0."""
    flat = np.array(w, dtype=np.float64, order="C").reshape(-1)
    order = sorted(range(flat.size), key=lambda place: (abs(flat[place]), place))
    flat[order[: round(sparsity * flat.size)]] = 0.0
    return flat.reshape(w.shape)


def magnitude_prune_core(rng):
    """Magnitudes all different, some rows much larger than others, the largest ones negative."""
    yield "2 x 3", rng.permutation([0.1, 0.3, 0.5, 0.8, 1.3, 2.1]).reshape(2, 3) * np.array([[-1, 1, -1], [1, -1, 1]]), 0.5
    w = rng.permutation(np.linspace(0.01, 1, 48)).reshape(6, 8) * rng.choice([-1, 1], (6, 8))
    w[2] *= -7.0
    yield "6 x 8, one large row", w, 0.75
    yield "20 weights in a row", rng.permutation(np.linspace(-1, 0.97, 20)), 0.3


def magnitude_prune_ties(rng):
    """Few magnitudes among many weights, as quantised weights have."""
    yield "six of one magnitude", np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]), 0.5
    yield "40 weights, 4 magnitudes", rng.integers(1, 5, (5, 8)) * rng.choice([-1.0, 1.0], (5, 8)), 0.4
    yield "400 weights, 3 magnitudes", rng.integers(1, 4, (20, 20)) * rng.choice([-1.0, 1.0], (20, 20)), 0.5
    yield "a cube of 3 x 3 x 3", rng.integers(1, 3, (3, 3, 3)).astype(np.float64), 1 / 3
    yield "zeros among them", np.array([0.0, 2.0, 0.0, 1.0, 3.0, 0.0, 1.0, 4.0]), 0.5


def magnitude_prune_counts(rng):
    """Where round, int, ceil and a quantile differ; none and all."""
    yield "2.5 of 5: the even 2", rng.permutation([1.0, 2.0, 3.0, 4.0, 5.0]), 0.5
    yield "3.5 of 7: the even 4", rng.permutation([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -7.0]), 0.5
    yield "0.29 of 100 is 28.999...", rng.permutation(np.arange(1.0, 101)).reshape(10, 10), 0.29
    yield "0.31 of 10", rng.permutation(np.arange(1.0, 11)), 0.31
    yield "none", rng.permutation([1.0, -2.0, 3.0]), 0.0
    yield "all", rng.permutation([1.0, -2.0, 3.0, 3.0]), 1.0
    yield "one weight, kept", np.array([[3.0]]), 0.5


def magnitude_prune_plain(rng):
    yield "2 x 3", rng.permutation([1.25, -2.5, 3.75, 5.0, -6.25, 7.5]).reshape(2, 3), 0.5
    yield "none to prune", rng.permutation([1.0, -2.0, 3.0, 4.0]).reshape(2, 2), 0.0
    yield "20 x 20 with ties", rng.integers(1, 4, (20, 20)) * rng.choice([-1.0, 1.0], (20, 20)), 0.4


def magnitude_prune_narrow(rng):
    yield "int8 with -128", np.array([[-128, 3, 100], [5, -7, 1]], dtype=np.int8), 0.5
    yield "int16 with -32768", np.array([-32768, 1000, 3, 2], dtype=np.int16), 0.5
    yield "uint8", np.array([255, 1, 128, 2], dtype=np.uint8), 0.5
    yield "float32 of 1e30 and 1e-30", np.array([1e30, -2e30, 1e-30, -3e-30], dtype=np.float32), 0.25


def magnitude_prune_misfits(rng):
    yield "no weights", np.zeros(0), 0.5
    yield "no columns", np.zeros((3, 0)), 0.5


@points(2)
def test_magnitude_prune(magnitude_prune, draw):
    """The weights of smallest magnitude in the whole array become 0; the others stay."""
    agree(magnitude_prune, draw(magnitude_prune_core, magnitude_prune_exact))


@points(1)
def test_magnitude_prune_ties(magnitude_prune, draw):
    """Of equal magnitudes those that come first, row by row, are pruned; zeros that are already there count."""
    agree(magnitude_prune, draw(magnitude_prune_ties, magnitude_prune_exact))


@points(1)
def test_magnitude_prune_counts(magnitude_prune, draw):
    """Exactly round(sparsity * size) weights, with Python's round; none and all too."""
    agree(magnitude_prune, draw(magnitude_prune_counts, magnitude_prune_exact))


@points(1, rule=True)
def test_magnitude_prune_contract(magnitude_prune, draw):
    """float32, whole numbers (int8's -128 too), any layout; a new array even where nothing is pruned; inputs stay as they were."""
    agree(magnitude_prune, draw(magnitude_prune_narrow, magnitude_prune_exact))
    with seeing(lambda wrong: "in-place" if wrong.about == "changed" else ""):
        contract(magnitude_prune, draw, magnitude_prune_plain, magnitude_prune_exact, floats=(0,))


@points(1)
def test_magnitude_prune_empty(magnitude_prune, draw):
    """No weights: ValueError."""
    refuse(magnitude_prune, draw(magnitude_prune_misfits))


# --- low_rank ---------------------------------------------------------------------------------------------------------


def low_rank_exact(w, rank):
    """The best product, by the eigenvectors of w wᵀ or wᵀ w: w projected on the `rank` leading ones."""
    w = np.asarray(w, dtype=np.float64)
    top = np.max(np.abs(w))
    w = w / top
    if w.shape[0] <= w.shape[1]:
        _, vectors = np.linalg.eigh(w @ w.T)
        basis = vectors[:, ::-1][:, :rank]
        return top * (basis @ (basis.T @ w))
    return low_rank_exact(top * w.T, rank).T


def low_rank_matrix(rng, m, n, values):
    """A matrix with these singular values."""
    left, _ = np.linalg.qr(rng.normal(size=(m, len(values))))
    right, _ = np.linalg.qr(rng.normal(size=(n, len(values))))
    return left * np.asarray(values, dtype=np.float64) @ right.T


def low_rank_core(rng):
    yield "2 x 3, rank 1", low_rank_matrix(rng, 2, 3, [3.0, 1.0]), 1
    yield "6 x 4, rank 2", low_rank_matrix(rng, 6, 4, [5.0, 3.0, 1.5, 0.5]), 2
    yield "5 x 5, rank 3", low_rank_matrix(rng, 5, 5, [4.0, 3.0, 2.0, 1.0, 0.5]), 3
    yield "8 x 20, rank 3", low_rank_matrix(rng, 8, 20, [9.0, 6.0, 4.0, 2.0, 1.0, 0.5]), 3


def low_rank_edges(rng):
    yield "full rank", low_rank_matrix(rng, 3, 5, [3.0, 2.0, 1.0]), 3
    yield "rank above the matrix's own", low_rank_matrix(rng, 5, 6, [3.0, 1.0]), 3
    yield "one row", rng.normal(size=(1, 4)), 1
    yield "one column", rng.normal(size=(4, 1)), 1


def low_rank_far(rng):
    """Magnitudes at which a square leaves float32's range."""
    yield "float32 of 1e-25", (1e-25 * low_rank_matrix(rng, 4, 6, [4.0, 2.0, 1.0, 0.5])).astype(np.float32), 2
    yield "float32 of 1e25", (1e25 * low_rank_matrix(rng, 4, 6, [4.0, 2.0, 1.0, 0.5])).astype(np.float32), 2


def low_rank_variants(rng):
    """One matrix in every type and layout."""
    w = low_rank_matrix(rng, 4, 6, [40.0, 20.0, 8.0, 3.0])
    yield "plain", w, 2
    yield "float32", w.astype(np.float32), 2
    yield "whole numbers", np.rint(w).astype(np.int64), 2
    yield "whole numbers in int8", np.rint(w).astype(np.int8), 2
    yield "a read-only view of every second element", frozen(w), 2
    yield "Fortran order", np.asfortranarray(w), 2
    yield "full rank", w.copy(), 4


def low_rank_misfits(rng):
    w = rng.normal(size=(3, 4))
    yield "rank 0", w, 0
    yield "a negative rank", w, -1
    yield "rank 4 of a 3 x 4 matrix", w, 4
    yield "rank 4 of a 4 x 3 matrix", w.T.copy(), 4
    yield "no rows", np.zeros((0, 3)), 1
    yield "one dimension", np.ones(4), 1
    yield "three dimensions", np.ones((2, 3, 4)), 1


def _low_rank_judged(case, value, width=False):
    """The factors have the right shapes, and width where that is asked, and their product is the best one."""
    w, rank = case.args
    if not isinstance(value, tuple | list) or len(value) != 2 or not all(isinstance(part, np.ndarray) and part.dtype.kind == "f" for part in value):
        raise Wrong("low_rank must return two float arrays, (a, b).", case=case.name, expected="(a, b)", got=value)
    shapes, wanted = [part.shape for part in value], [(w.shape[0], rank), (rank, w.shape[1])]
    if shapes != wanted:
        sentence = f"The factors have shapes {shapes[0]} and {shapes[1]}; expected {wanted[0]} and {wanted[1]}."
        raise Wrong(sentence, case=case.name, expected=str(wanted), got=str(shapes))
    single = w.dtype == np.float32
    if width and any((part.dtype == np.float32) != single for part in value):
        got = f"{value[0].dtype} and {value[1].dtype}"
        raise Wrong(
            f"From a {w.dtype} matrix came factors of {got}.",
            case=case.name,
            expected="float32" if single else "float64",
            got=got,
            mistake="always-float64" if single and all(part.dtype == np.float64 for part in value) else "",
        )
    product, top = value[0].astype(np.float64) @ value[1].astype(np.float64), np.max(np.abs(case.expected))
    error = float(np.max(np.abs(product - case.expected)) / top)
    if not error <= (1e-4 if single else 1e-6):
        sentence = f"The product a @ b is off by {error:.2g} of its largest entry ({case.name})."
        raise Wrong(sentence, case=case.name, expected=case.expected, got=product, error=f"{error:.2g}")


def low_rank_product(value):
    """The product of the factors, which are right with any signs, in their type: by its largest entry, and that."""
    a, b = (np.asarray(part, dtype=np.float64) for part in value)
    product = a @ b
    largest = np.abs(product).max() or 1.0
    return (product / largest).astype(np.result_type(*value, np.float32)), largest


@points(2)
@unique(low_rank_product)
def test_low_rank(low_rank, draw):
    """a @ b is the nearest matrix of that rank."""
    for case, value in low_rank.on(draw(low_rank_core, low_rank_exact)):
        _low_rank_judged(case, value)


@points(1)
def test_low_rank_edges(low_rank, draw):
    """At full rank, and above the rank that the matrix has, the product is the matrix itself; one row or one column too."""
    for case, value in low_rank.on(draw(low_rank_edges, low_rank_exact)):
        _low_rank_judged(case, value)


@points(1)
def test_low_rank_far(low_rank, draw):
    """float32 entries of 1e-25 and 1e25 work: nothing is squared."""
    for case, value in unharmed(low_rank, draw(low_rank_far, low_rank_exact)):
        _low_rank_judged(case, value)


@points(1)
def test_low_rank_refuses(low_rank, draw):
    """A rank below 1 or above the shorter side, no entries, or not two dimensions: ValueError."""
    refuse(low_rank, draw(low_rank_misfits))


@points(1, rule=True)
def test_low_rank_contract(low_rank, draw):
    """float32, whole numbers, any layout; inputs stay as they were; no warning."""
    for case, value in unharmed(low_rank, draw(low_rank_variants, low_rank_exact)):
        _low_rank_judged(case, value, width=True)


# --- lora_forward -----------------------------------------------------------------------------------------------------


def lora_forward_exact(x, w, a, b, alpha):
    """Entry by entry, in Python floats."""
    x, w, a, b = (np.asarray(part, dtype=np.float64).tolist() for part in (x, w, a, b))

    def times(left, right):
        return [[math.fsum(p * q for p, q in zip(row, column, strict=True)) for column in zip(*right, strict=True)] for row in left]

    side = times(times(x, a), b)
    return np.array([[p + alpha / len(b) * q for p, q in zip(*rows, strict=True)] for rows in zip(times(x, w), side, strict=True)])


def lora_forward_parts(rng, n, d, m, r):
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=(d, r)), rng.normal(size=(r, m))


def lora_forward_core(rng):
    yield "2 rows, 3 to 2, rank 1", *lora_forward_parts(rng, 2, 3, 2, 1), 3.0
    yield "5 rows, 6 to 4, rank 3", *lora_forward_parts(rng, 5, 6, 4, 3), 16.0
    yield "4 rows, 4 to 4, rank 4", *lora_forward_parts(rng, 4, 4, 4, 4), 2.0


def lora_forward_zero(rng):
    """The start of every fine-tuning, b = 0, and alpha = 0."""
    x, w, a, b = lora_forward_parts(rng, 3, 4, 5, 2)
    yield "b is zero", x, w, a, 0 * b, 8.0
    yield "alpha is zero", x, w, a, b, 0.0
    yield "a negative alpha", x, w, a, b, -4.0


def lora_forward_whole(rng):
    """Whole numbers whose products leave their types."""
    x, w, a, b = (rng.integers(-128, 128, shape) for shape in ((3, 4), (4, 2), (4, 2), (2, 2)))
    yield "whole numbers from -128 to 127", x, w, a, b, 3


def lora_forward_misfits(rng):
    x, w, a, b = lora_forward_parts(rng, 3, 4, 5, 2)
    yield "x is too wide", np.ones((3, 5)), w, a, b, 1.0
    yield "a is too short", x, w, a[:3].copy(), b, 1.0
    yield "ranks differ", x, w, a, b[:1].copy(), 1.0
    yield "b has one column", x, w, a, b[:, :1].copy(), 1.0
    yield "w has one column", x, w[:, :1].copy(), a, b, 1.0
    yield "rank 0", x, w, a[:, :0].copy(), b[:0].copy(), 1.0
    yield "no rows", x[:0].copy(), w, a, b, 1.0
    yield "no columns", x, w[:, :0].copy(), a, b[:, :0].copy(), 1.0
    yield "x of one dimension", x[0].copy(), w, a, b, 1.0


@points(2)
def test_lora_forward(lora_forward, draw):
    """x @ w plus alpha / r times x @ a @ b."""
    agree(lora_forward, draw(lora_forward_core, lora_forward_exact))


@points(1)
def test_lora_forward_zero(lora_forward, draw):
    """With b = 0 or alpha = 0 it is the base layer."""
    agree(lora_forward, draw(lora_forward_zero, lora_forward_exact))


@points(1)
def test_lora_forward_contract(lora_forward, draw):
    """float32, whole numbers of any width, any layout; inputs stay as they were; no warning."""
    contract(lora_forward, draw, lora_forward_whole, lora_forward_exact, labels=(0, 1, 2, 3))
    contract(lora_forward, draw, lora_forward_core, lora_forward_exact, floats=(0, 1, 2, 3))


@points(1)
def test_lora_forward_shapes(lora_forward, draw):
    """Shapes that do not fit, rank 0, or nothing to multiply: ValueError."""
    refuse(lora_forward, draw(lora_forward_misfits))


# --- distillation_loss ------------------------------------------------------------------------------------------------


def distillation_loss_exact(student, teacher, temperature):
    """Row by row with math.exp and math.fsum."""
    rows = []
    for one, other in zip(student.tolist(), teacher.tolist(), strict=True):
        log_q, log_p = (log_softmax([float(value) / temperature for value in row]) for row in (one, other))
        rows.append(math.fsum(math.exp(p) * (p - q) for p, q in zip(log_p, log_q, strict=True)))
    return temperature**2 * math.fsum(rows) / len(rows)


def distillation_loss_core(rng):
    """Several temperatures, none of them 1; rows and columns differ in number."""
    yield "two rows of two, T = 2", rng.normal(0, 2, (2, 2)), rng.normal(0, 2, (2, 2)) + np.array([1.0, -1.0]), 2.0
    yield "6 rows of 4, T = 3", rng.normal(0, 3, (6, 4)), rng.normal(0, 3, (6, 4)), 3.0
    yield "5 rows of 7, T = 0.5", rng.normal(0, 1, (5, 7)), rng.normal(0, 1, (5, 7)), 0.5


def distillation_loss_one(rng):
    """T = 1: the plain KL divergence."""
    yield "6 rows of 3", rng.normal(0, 2, (6, 3)), rng.normal(0, 2, (6, 3)), 1.0


def distillation_loss_same(rng):
    """The same distribution, from the same logits and from logits moved by a constant in each row."""
    z = rng.normal(0, 2, (4, 5))
    yield "student equals teacher", z, z.copy(), 4.0
    yield "moved by a constant in each row", z, z + rng.normal(0, 5, (4, 1)), 4.0
    yield "one class", rng.normal(size=(3, 1)), rng.normal(size=(3, 1)), 2.0


def distillation_loss_extreme(rng):
    yield "student sure and wrong", np.array([[1000.0, -1000.0]]), np.array([[0.5, 0.25]]), 2.0
    yield "teacher sure", np.array([[0.5, 0.25]]), np.array([[1000.0, -1000.0]]), 2.0
    yield "both sure, of different classes", np.array([[-1000.0, 1000.0, 0.0]]), np.array([[1000.0, -1000.0, 0.0]]), 1.0
    yield "rows of different size", np.array([[1000.0, 990.0], [-1000.0, -990.0]]), np.array([[-990.0, -1000.0], [990.0, 1000.0]]), 3.0


def distillation_loss_extreme32(rng):
    for name, student, teacher, temperature in distillation_loss_extreme(rng):
        yield f"{name}, float32", student.astype(np.float32), teacher.astype(np.float32), temperature


def distillation_loss_whole(rng):
    yield "whole numbers from -128 to 127", rng.integers(-128, 128, (3, 4)), rng.integers(-128, 128, (3, 4)), 16


def distillation_loss_misfits(rng):
    yield "no rows", np.zeros((0, 3)), np.zeros((0, 3)), 2.0
    yield "no classes", np.zeros((3, 0)), np.zeros((3, 0)), 2.0
    yield "one teacher row for three", np.zeros((3, 4)), np.zeros((1, 4)), 2.0
    yield "one student row for three", np.zeros((1, 4)), np.zeros((3, 4)), 2.0
    yield "one teacher column for four", np.zeros((3, 4)), np.zeros((3, 1)), 2.0
    yield "three dimensions", np.zeros((2, 3, 4)), np.zeros((2, 3, 4)), 2.0
    yield "one dimension", np.zeros(4), np.zeros(4), 2.0


@points(2)
def test_distillation_loss(distillation_loss, draw):
    """T² times the mean over rows of KL(teacher ‖ student), both softened by T."""
    agree(distillation_loss, draw(distillation_loss_core, distillation_loss_exact))


@points(1)
def test_distillation_loss_one(distillation_loss, draw):
    """At T = 1 it is the plain KL divergence.

    It tells who has the temperature wrong from who has the divergence wrong."""
    agree(distillation_loss, draw(distillation_loss_one, distillation_loss_exact))


@points(1)
def test_distillation_loss_same(distillation_loss, draw):
    """0 where both distributions are the same, to 1e-9; logits may differ by a constant in each row."""
    agree(distillation_loss, draw(distillation_loss_same, distillation_loss_exact))


@points(1, rule=False)
def test_distillation_loss_extreme(distillation_loss, draw):
    """Exact and without warning at logits of ±1000, float32 too."""
    contract(distillation_loss, draw, distillation_loss_extreme, distillation_loss_exact)
    agree(distillation_loss, draw(distillation_loss_extreme32, distillation_loss_exact), rtol=1e-4)


@points(1)
def test_distillation_loss_contract(distillation_loss, draw):
    """float32, whole numbers of any width, any layout; inputs stay as they were; no warning."""
    contract(distillation_loss, draw, distillation_loss_whole, distillation_loss_exact, labels=(0, 1))
    contract(distillation_loss, draw, distillation_loss_core, distillation_loss_exact, floats=(0, 1))


@points(1)
def test_distillation_loss_shapes(distillation_loss, draw):
    """No rows, no classes, or shapes that are not the same (n, k): ValueError."""
    refuse(distillation_loss, draw(distillation_loss_misfits))


# --- decode_step ------------------------------------------------------------------------------------------------------


def decode_step_exact(q, k, v, k_cache, v_cache):
    """Head by head and key by key, with math.exp and math.fsum."""
    keys, values = (np.concatenate([cache, new[:, None, :]], axis=1) for cache, new in ((k_cache, k), (v_cache, v)))
    out = []
    for head in range(q.shape[0]):
        query = [float(one) for one in q[head]]
        scores = [math.fsum(a * float(b) for a, b in zip(query, key, strict=True)) / math.sqrt(len(query)) for key in keys[head]]
        weights = [math.exp(one) for one in log_softmax(scores)]
        out.append([math.fsum(weight * float(one) for weight, one in zip(weights, column, strict=True)) for column in values[head].T])
    return np.array(out), keys.astype(np.float64), values.astype(np.float64)


def decode_step_parts(rng, heads, d, dv, length, draw=None):
    draw = draw or (lambda *shape: rng.normal(size=shape))
    return draw(heads, d), draw(heads, d), draw(heads, dv), draw(heads, length, d), draw(heads, length, dv)


def decode_step_core(rng):
    yield "1 head, 2 cached tokens", *decode_step_parts(rng, 1, 2, 3, 2)
    yield "3 heads, 6 cached tokens", *decode_step_parts(rng, 3, 4, 5, 6)
    yield "4 heads, 4 cached tokens, all sizes equal", *decode_step_parts(rng, 4, 4, 4, 4)


def decode_step_first(rng):
    """An empty cache: the first token sees itself alone."""
    yield "2 heads, no cached token", *decode_step_parts(rng, 2, 3, 4, 0)
    yield "one of everything", *decode_step_parts(rng, 1, 1, 1, 0)


def decode_step_large(rng):
    """Scores of about 1e4 in the first head and -1e4 in the second."""
    for length in (1, 5):
        q, k, v, keys, values = decode_step_parts(rng, 2, 4, 3, length)
        along = np.sign(q) * np.array([[1.0], [-1.0]])
        yield f"scores of ±1e4, {length} cached", 200.0 * np.sign(q), 25.0 * along + k, v, 25.0 * along[:, None] + keys, values


def decode_step_large32(rng):
    """The same in float32: whole numbers, so that no score is rounded."""
    q = np.array([[100.0, 100.0], [-100.0, 100.0]], dtype=np.float32)
    keys = np.array([[[70.0, 71.0], [-70.0, -70.0]], [[70.0, -70.0], [-70.0, 70.0]]], dtype=np.float32)
    values = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]], dtype=np.float32)
    yield "scores of 1e4 in float32", q, np.array([[70.0, 60.0], [70.0, 70.0]], dtype=np.float32), values[:, 0] + 10, keys, values


def decode_step_whole(rng):
    """Whole numbers whose products leave their types."""
    yield "whole numbers from -128 to 127", *decode_step_parts(rng, 2, 3, 2, 3, lambda *shape: rng.integers(-128, 128, shape))


def decode_step_misfits(rng):
    q, k, v, keys, values = decode_step_parts(rng, 3, 4, 5, 2)
    yield "a key of another width", q, k[:, :1].copy(), v, keys, values
    yield "a query of another width", q[:, :1].copy(), k, v, keys, values
    yield "a query for one head", q[:1].copy(), k, v, keys, values
    yield "a key for one head", q, k[:1].copy(), v, keys, values
    yield "a value of another width", q, k, v[:, :1].copy(), keys, values
    yield "a key cache of one head", q, k, v, keys[:1].copy(), values
    yield "a value cache of one head", q, k, v, keys, values[:1].copy()
    yield "caches of different lengths", q, k, v, keys[:, :1].copy(), values
    yield "a cache of two dimensions", q, k, v, keys[0].copy(), values
    yield "a query of one dimension", q[0].copy(), k, v, keys, values
    yield "a value of one dimension", q, k, v[:, 0].copy(), keys, values
    yield "no heads", q[:0].copy(), k[:0].copy(), v[:0].copy(), keys[:0].copy(), values[:0].copy()
    yield "width 0", q[:, :0].copy(), k[:, :0].copy(), v, keys[:, :, :0].copy(), values
    yield "values of width 0", q, k, v[:, :0].copy(), keys, values[:, :, :0].copy()


@points(2)
def test_decode_step(decode_step, draw):
    """The new token attends to the cached keys and to its own, which comes last; the caches come back one longer."""
    agree(decode_step, draw(decode_step_core, decode_step_exact))


@points(1)
def test_decode_step_first(decode_step, draw):
    """With an empty cache the new token sees itself alone."""
    agree(decode_step, draw(decode_step_first, decode_step_exact))


@points(1, rule=False)
def test_decode_step_large(decode_step, draw):
    """Finite and without warning at scores of ±1e4, float32 too."""
    contract(decode_step, draw, decode_step_large, decode_step_exact)
    agree(decode_step, draw(decode_step_large32, decode_step_exact), rtol=1e-4)


@points(2)
def test_decode_step_contract(decode_step, draw):
    """The caches are new arrays and the given ones stay as they were; float32, whole numbers of any width, any layout; no warning."""
    contract(decode_step, draw, decode_step_whole, decode_step_exact, labels=(0, 1, 2, 3, 4))
    contract(decode_step, draw, decode_step_core, decode_step_exact, floats=(0, 1, 2, 3, 4))
    contract(decode_step, draw, decode_step_first, decode_step_exact, floats=(0, 1, 2, 3, 4))


@points(1)
def test_decode_step_shapes(decode_step, draw):
    """Shapes that do not fit, no heads or a width of 0: ValueError."""
    refuse(decode_step, draw(decode_step_misfits))


# --- hunt: mask_counterexample and mask_mended ------------------------------------------------------------------------


def mask_mended_exact(w, mask, fraction):
    """A list of (magnitude, place) of the weights that are left, sorted."""
    flat, left = np.asarray(w, dtype=np.float64).reshape(-1), np.array(mask, dtype=np.int64, order="C").reshape(-1)
    order = sorted(np.flatnonzero(left).tolist(), key=lambda place: (abs(flat[place]), place))
    left[order[: round(fraction * len(order))]] = 0
    return left.reshape(mask.shape)


def threshold_mask_again(w, mask, fraction):
    """The published mask: everything at or below the magnitude at place `count` goes."""
    count = round(fraction * int(mask.sum()))
    threshold = np.sort(np.abs(w[mask == 1]))[count]
    return np.where(np.abs(w) > threshold, mask, 0)


def _mask_case(given):
    """The counterexample as weights, mask and fraction; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise Wrong(
            "mask_counterexample() must return (w, mask, fraction).",
            expected="(w, mask, fraction)",
            got=given,
            mistake="no-mask" if isinstance(given, tuple | list) and len(given) == 2 and np.ndim(given[1]) == 0 else "",
        )
    w, mask, fraction = np.asarray(given[0]), np.asarray(given[1]), given[2]
    if w.dtype.kind not in "biuf" or mask.dtype.kind not in "biuf" or not isinstance(fraction, int | float | np.number):
        raise Wrong("w and mask must hold numbers, and fraction must be one.", expected="numbers", got=given)
    w, mask, fraction = w.astype(np.float64), mask.astype(np.float64), float(fraction)
    if w.shape != mask.shape or not 8 <= w.size <= 10_000 or not np.isfinite(w).all() or not np.isin(mask, (0, 1)).all():
        sentence = "w and mask must have one shape and 8 to 10 000 entries, w finite ones and mask only 0 and 1."
        raise Wrong(sentence, expected="arrays of one shape", got=given, mistake="too-few" if w.size < 8 else "")
    if not 0 < fraction < 1 or not 1 <= round(fraction * mask.sum()) < mask.sum():
        sentence = "fraction must lie between 0 and 1, and round(fraction * left) must be at least 1 and less than the number of weights left."
        raise Wrong(
            sentence,
            expected="0 < fraction < 1",
            got=fraction,
            mistake="nothing-asked" if 0 < fraction < 1 and round(fraction * mask.sum()) == 0 else "",
        )
    return w, mask.astype(np.int64), fraction


@points(2)
def test_mask_counterexample(mask_counterexample):
    """A call on which threshold_mask leaves at most half of the weights that it should leave."""
    w, mask, fraction = _mask_case(mask_counterexample())
    right, left = int(mask_mended_exact(w, mask, fraction).sum()), int(threshold_mask_again(w, mask, fraction).sum())
    if 2 * left > right:
        sentence = f"On your weights threshold_mask leaves {left} of the {right} that should be left: it must leave {right // 2} at most."
        raise Wrong(sentence, expected=f"{right // 2} of {right} at most", got=f"{left} of {right}", mistake=_harmless(w, mask, fraction))


def _harmless(w, mask, fraction):
    """The known mistake in a mask that does too little harm: no ties at all, or none at the threshold."""
    sizes = np.sort(np.abs(w[mask == 1]))
    threshold = sizes[round(fraction * len(sizes))]
    if len(np.unique(sizes)) == len(sizes):
        return "all-different"
    above = sizes[sizes > threshold]
    return "ties-above" if np.sum(sizes == threshold) == 1 and len(np.unique(above)) < len(above) else ""


@points(2)
def test_mask_counterexample_levels(mask_counterexample):
    """The weights that are left have at least three different magnitudes, as quantised weights have.

    With a single magnitude anybody would expect trouble."""
    w, mask, _ = _mask_case(mask_counterexample())
    levels = len(np.unique(np.abs(w[mask == 1])))
    if levels < 3:
        count = "one magnitude" if levels == 1 else f"{levels} magnitudes"
        raise Wrong(
            f"The weights left have only {count}; at least three different ones are asked for.",
            expected="3 or more",
            got=levels,
            mistake="one-magnitude" if levels == 1 else "",
        )


def mask_mended_core(rng):
    """Distinct magnitudes; some weights are already out, small and large ones."""
    yield "all of eight left", rng.permutation(np.linspace(0.1, 0.8, 8)) * rng.choice([-1, 1], 8), np.ones(8, dtype=np.int64), 0.25
    for name, shape, fraction in (("5 x 6", (5, 6), 0.3), ("4 x 4 x 3", (4, 4, 3), 0.5)):
        size = math.prod(shape)
        w = rng.permutation(np.linspace(-1, 0.97, size)).reshape(shape)
        mask = (rng.permutation(size) >= size // 3).astype(np.int64).reshape(shape)
        yield f"{name}, a third already out", w, mask, fraction


def mask_mended_ties(rng):
    yield "eight weights, two magnitudes", np.array([1.0, -1.0, 1.0, 2.0, -1.0, 1.0, 2.0, 1.0]), np.array([1, 1, 0, 1, 1, 1, 1, 1]), 0.3
    yield "6 x 6, few magnitudes", rng.integers(1, 4, (6, 6)) * rng.choice([-1.0, 1.0], (6, 6)), (rng.random((6, 6)) < 0.8).astype(np.int64), 0.4
    yield "zeros among the weights left", np.array([0.0, 0.0, 3.0, 0.0, 1.0, 2.0]), np.array([1, 0, 1, 1, 1, 1]), 0.2
    yield (
        "20 x 20, few magnitudes",
        rng.integers(1, 4, (20, 20)) * rng.choice([-1.0, 1.0], (20, 20)),
        (rng.random((20, 20)) < 0.8).astype(np.int64),
        0.5,
    )


def mask_mended_counts(rng):
    w = rng.permutation(np.arange(1.0, 11))
    yield "none goes", w, np.ones(10, dtype=np.int64), 0.0
    yield "all go", w, np.ones(10, dtype=np.int64), 1.0
    yield "2.5 of 5 left: the even 2", w, np.array([1, 0] * 5), 0.5
    yield "3.5 of 7 left: the even 4", w, np.array([1, 0, 0, 0, 1, 1, 1, 1, 1, 1]), 0.5
    yield "nothing was left", w, np.zeros(10, dtype=np.int64), 0.5
    yield "the last one goes", np.array([5.0, 1.0]), np.array([1, 0]), 0.9


def mask_mended_narrow(rng):
    yield "int8 with -128", np.array([-128, 3, 100, 5], dtype=np.int8), np.ones(4, dtype=np.int64), 0.5
    yield "uint8", np.array([255, 3, 100, 5], dtype=np.uint8), np.ones(4, dtype=np.int64), 0.5
    yield "more than 255 weights left", rng.permutation(np.arange(1.0, 301)), np.ones(300, dtype=np.uint8), 0.5
    yield "a float mask", rng.permutation(np.arange(1.0, 9)), np.array([1.0, 0.0] * 4), 0.5


def mask_mended_misfits(rng):
    yield "no weights", np.zeros(0), np.zeros(0, dtype=np.int64), 0.5
    yield "one mask entry for four", np.ones(4), np.ones(1, dtype=np.int64), 0.5
    yield "four mask entries for one", np.ones(1), np.ones(4, dtype=np.int64), 0.5
    yield "one mask row for two", np.ones((2, 3)), np.ones((1, 3), dtype=np.int64), 0.5
    yield "a flat mask", np.ones((2, 3)), np.ones(6, dtype=np.int64), 0.5


@points(2)
def test_mask_mended(mask_mended, draw):
    """The smallest round(fraction * left) of the weights that are left go as well; what is out stays out."""
    agree(mask_mended, draw(mask_mended_core, mask_mended_exact))


@points(2)
def test_mask_mended_ties(mask_mended, draw):
    """Exactly so many, also among equal magnitudes: those that come first go."""
    agree(mask_mended, draw(mask_mended_ties, mask_mended_exact))


@points(1)
def test_mask_mended_counts(mask_mended, draw):
    """None, all, and halves as Python rounds them; nothing left is no error."""
    agree(mask_mended, draw(mask_mended_counts, mask_mended_exact))


@points(1)
def test_mask_mended_shapes(mask_mended, draw):
    """No weights, or a mask of another shape: ValueError."""
    refuse(mask_mended, draw(mask_mended_misfits))


@points(1, rule=True)
def test_mask_mended_contract(mask_mended, draw):
    """float32, whole numbers, masks of any type, any layout; a new mask; inputs stay as they were; no warning."""
    contract(mask_mended, draw, mask_mended_counts, mask_mended_exact, labels=(1,))
    agree(mask_mended, draw(mask_mended_narrow, mask_mended_exact))
    contract(mask_mended, draw, mask_mended_ties, mask_mended_exact, floats=(0,), labels=(1,))


# --- hunt: slots_mended -----------------------------------------------------------------------------------------------


def slots_mended_exact(q, k, v, k_slots, v_slots, length):
    """decode_step over the filled slots; the new token's key and value in slot `length`."""
    out, keys, values = decode_step_exact(q, k, v, k_slots[:, :length], v_slots[:, :length])
    k_new, v_new = (np.array(slots, dtype=np.float64) for slots in (k_slots, v_slots))
    k_new[:, length], v_new[:, length] = keys[:, -1], values[:, -1]
    return out, k_new, v_new


def slots_mended_core(rng):
    yield "1 head, 2 of 4 slots filled", *decode_step_parts(rng, 1, 2, 3, 4), 2
    yield "3 heads, 5 of 8 slots filled", *decode_step_parts(rng, 3, 4, 5, 8), 5


def slots_mended_ends(rng):
    yield "nothing filled", *decode_step_parts(rng, 2, 3, 2, 5), 0
    yield "one slot free", *decode_step_parts(rng, 2, 3, 2, 5), 4
    yield "a single slot", *decode_step_parts(rng, 2, 3, 2, 1), 0


def slots_mended_stale(rng):
    """Empty slots as they come: zeros, an old conversation of large keys, nan."""
    for name, content in (("zeros", 0.0), ("large numbers", 1e12), ("nan", math.nan)):
        q, k, v, keys, values = decode_step_parts(rng, 2, 3, 4, 6)
        keys[:, 3:], values[:, 3:] = content * np.sign(q)[:, None], content  # as large scores as there are
        yield f"empty slots hold {name}", q, k, v, keys, values, 3


def slots_mended_whole(rng):
    yield "whole numbers", *decode_step_parts(rng, 2, 3, 2, 4, lambda *shape: rng.integers(-128, 128, shape)), 2


def slots_mended_misfits(rng):
    q, k, v, keys, values = decode_step_parts(rng, 3, 4, 5, 2)
    yield "no slot free", q, k, v, keys, values, 2
    yield "more filled than there are", q, k, v, keys, values, 5
    yield "a negative length", q, k, v, keys, values, -1
    yield "no slots", q, k, v, keys[:, :0].copy(), values[:, :0].copy(), 0
    yield "caches of different lengths", q, k, v, keys[:, :1].copy(), values, 0
    yield "a key for one head", q, k[:1].copy(), v, keys, values, 1
    yield "a value of another width", q, k, v[:, :1].copy(), keys, values, 1
    yield "a query of another width", q[:, :1].copy(), k, v, keys, values, 1


@points(2)
def test_slots_mended(slots_mended, draw):
    """The new token is written to slot `length` and attends to the slots 0 to `length`."""
    agree(slots_mended, draw(slots_mended_core, slots_mended_exact))


@points(1)
def test_slots_mended_ends(slots_mended, draw):
    """With nothing filled, and into the last slot."""
    agree(slots_mended, draw(slots_mended_ends, slots_mended_exact))


@points(2)
def test_slots_mended_stale(slots_mended, draw):
    """What the empty slots hold does not matter, nan neither, and stays there."""
    agree(slots_mended, draw(slots_mended_stale, slots_mended_exact))


@points(1)
def test_slots_mended_contract(slots_mended, draw):
    """The caches are new arrays and the given ones stay as they were; float32, whole numbers of any width, any layout; no warning."""
    contract(slots_mended, draw, slots_mended_whole, slots_mended_exact, labels=(0, 1, 2, 3, 4))
    contract(slots_mended, draw, slots_mended_core, slots_mended_exact, floats=(0, 1, 2, 3, 4))


@points(1)
def test_slots_mended_refuses(slots_mended, draw):
    """No free slot, a length below 0, or shapes that do not fit: ValueError."""
    refuse(slots_mended, draw(slots_mended_misfits))


# --- hunt: bytes_predicted --------------------------------------------------------------------------------------------


def bytes_predicted_exact(rows, columns, rank, nonzero):
    int8 = sum(columns + 4 for _ in range(rows))
    factors = 4 * rank * rows + 4 * rank * columns
    csr = 8 * nonzero + 4 * (rows + 1)
    return int8, factors, csr, 4 * nonzero + -(-rows * columns // 8)


def bytes_predicted_core(rng):
    for index in range(4):
        rows, columns = (8 * int(rng.integers(3, 40)) for _ in range(2))
        rank, nonzero = int(rng.integers(2, 12)), int(rng.integers(20, rows * columns))
        yield f"layer {index}: {rows} x {columns}, rank {rank}, {nonzero} nonzero", rows, columns, rank, nonzero


def bytes_predicted_odd(rng):
    """Numbers of weights that no eight divides, and none that is not zero."""
    yield "3 x 3", 3, 3, 1, 4
    yield "5 x 7, nothing nonzero", 5, 7, 2, 0
    yield "1 x 1", 1, 1, 1, 1


def bytes_predicted_large(rng):
    yield "a layer of 5 billion weights", 100_000, 50_001, 16, 2_000_000_001


@points(2)
def test_bytes_predicted(bytes_predicted, draw):
    """The bytes of the layer as int8 with row scales, as two factors, as CSR, and as a bit mask with values."""
    agree(bytes_predicted, draw(bytes_predicted_core, bytes_predicted_exact))


@points(1)
def test_bytes_predicted_odd(bytes_predicted, draw):
    """The bit mask takes whole bytes."""
    agree(bytes_predicted, draw(bytes_predicted_odd, bytes_predicted_exact))


@points(1)
def test_bytes_predicted_large(bytes_predicted, draw):
    """Whole numbers, exact for billions of weights.

    A float of 32 bits, or an integer of 32, cannot count them."""
    agree(bytes_predicted, draw(bytes_predicted_large, bytes_predicted_exact), rtol=1e-12, integer=True)
