"""Checks of the lesson transformer: for each exercise its oracle, the makers of its inputs, and a test for each thing that can go wrong."""

import math

import numpy as np
from scipy.special import expit, log_softmax, softmax

from grader.judging.checking import Wrong, agree, contract, points, refuse, seeing, sparing

# --- shared -----------------------------------------------------------------------------------------------------------


def loop_attention(q, k, v, mask):
    """One query after the other, one key after the other, in Python's floats: (Tq, dv)."""
    out = np.zeros((len(q), v.shape[1]))
    for i, query in enumerate(q.tolist()):
        seen = [j for j in range(len(k)) if mask[i, j]]
        scores = [math.fsum(a * b for a, b in zip(query, k[j].tolist(), strict=True)) / math.sqrt(len(query)) for j in seen]
        e = [math.exp(score - max(scores)) for score in scores]
        for column in range(v.shape[1]):
            out[i, column] = math.fsum(w * float(v[j, column]) for w, j in zip(e, seen, strict=True)) / math.fsum(e) if seen else 0.0
    return out


def everything(q, k):
    return np.ones((q.shape[-2], k.shape[-2]), dtype=bool)


def some_seen(rng, *shape):
    """A mask about half of which may be seen; every row sees something and hides something."""
    mask = rng.random(shape) < 0.5
    flat = mask.reshape(-1, shape[-1])
    places = np.array([rng.permutation(shape[-1])[:2] for _ in flat])
    flat[np.arange(len(flat)), places[:, 0]] = True
    flat[np.arange(len(flat)), places[:, 1]] = False
    return flat.reshape(shape)


def all_seen_by_some(rng, size):
    """A square mask like some_seen, in which every key is seen by some query and hidden from another, too."""
    while True:
        mask = some_seen(rng, size, size)
        if mask.any(axis=0).all() and not mask.all(axis=0).any():
            return mask


def extreme(rng, dtype, *shape):
    """Whole numbers near a type's bounds, as int64."""
    info = np.iinfo(dtype)
    return np.where(rng.random(shape) < 0.5, info.max - rng.integers(0, 3, shape), info.min + rng.integers(0, 3, shape))


# --- attention --------------------------------------------------------------------------------------------------------


def attention_exact(q, k, v, mask):
    scores = (*q.shape[:-1], k.shape[-2])
    full = np.broadcast_to(mask, scores)
    out = np.zeros((*q.shape[:-1], v.shape[-1]))
    for place in np.ndindex(q.shape[:-2]):
        out[place] = loop_attention(*(np.asarray(part[place], np.float64) for part in (q, k, v)), full[place])
    return out


def attention_parts(rng, lead, tq, tk, d, dv):
    return rng.normal(size=(*lead, tq, d)) * 1.5, rng.normal(size=(*lead, tk, d)), rng.normal(size=(*lead, tk, dv)) + 0.5


def attention_core(rng):
    """Masks that are neither symmetric nor causal; no size equals another."""
    for lead, tq, tk, d, dv in (((), 2, 3, 4, 5), ((), 3, 4, 2, 3), ((2,), 4, 5, 3, 2), ((2, 3), 3, 4, 2, 5)):
        q, k, v = attention_parts(rng, lead, tq, tk, d, dv)
        yield f"q {q.shape}, {tk} keys", q, k, v, some_seen(rng, *lead, tq, tk)
    q, k, v = attention_parts(rng, (), 3, 4, 2, 3)
    k[:, 0] = 5.0 + rng.uniform(0, 1, 4)
    q[:2, 0] = 12.0, -12.0
    yield "scores of about 45 in one row and -45 in another", q, k, v, some_seen(rng, 3, 4)


def attention_masks(rng):
    """Masks that broadcast."""
    q, k, v = attention_parts(rng, (2, 3), 3, 4, 2, 5)
    yield "mask (Tq, Tk)", q, k, v, some_seen(rng, 3, 4)
    yield "mask (1, Tk)", q, k, v, some_seen(rng, 1, 4)
    yield "mask (2, 1, 1, Tk)", q, k, v, some_seen(rng, 2, 1, 1, 4)
    yield "mask (Tk,)", q, k, v, some_seen(rng, 4)
    one = np.array([[True], [False], [True]])
    yield "mask (Tq, 1)", q, k, v, one


def attention_blind(rng):
    q, k, v = attention_parts(rng, (2,), 3, 4, 2, 3)
    mask = some_seen(rng, 2, 3, 4)
    mask[0, 1] = mask[1, 2] = False
    yield "two queries see nothing", q, k, v, mask
    yield "nobody sees anything", *attention_parts(rng, (), 2, 3, 2, 2), np.zeros((2, 3), dtype=bool)


def attention_large(rng):
    """Scores of ±1e4, in whole numbers, so that float32 rounds none: d is a power of four."""
    q = 100.0 * rng.choice([-1.0, 1.0], (3, 4))
    k = 50.0 * rng.choice([-1.0, 1.0], (5, 4)) + rng.integers(-1, 2, (5, 4)) * 0.5
    yield "scores of 1e4", q, k, rng.integers(-9, 10, (5, 2)).astype(float), some_seen(rng, 3, 5)
    q = np.array([[200.0, 0.0, 0.0, 0.0]])
    k = np.array([[-100.0, 0.0, 0.0, 0.0], [-100.0, 1.0, 0.0, 0.0], [100.0, 0.0, 0.0, 0.0]])
    yield "all that is seen is at -1e4", q, k, np.array([[1.0], [3.0], [50.0]]), np.array([[True, True, False]])
    k = np.array([[0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [100.0, 0.0, 0.0, 0.0]])
    yield "only a hidden score is at 1e4", np.array([[200.0, 1.0, -1.0, 0.0]]), k, np.array([[1.0], [3.0], [50.0]]), np.array([[True, True, False]])
    k = np.array([[100.0, 0.0, 0.0, 0.0], [100.0, 1.0, 0.0, 0.0]])
    q = np.array([[200.0, 1.0, 0.0, 0.0], [-200.0, 1.0, 0.0, 0.0]])
    yield "one row at 1e4, another at -1e4", q, k, np.array([[1.0], [3.0]]), np.ones((2, 2), dtype=bool)


def attention_small(rng):
    yield "q (2, 3, 2)", *attention_parts(rng, (2,), 3, 4, 2, 3), some_seen(rng, 3, 4)


def attention_whole(rng):
    for dtype in (np.uint8, np.int8, np.int16):
        q, k, v = extreme(rng, dtype, 2, 4), extreme(rng, dtype, 3, 4), extreme(rng, dtype, 3, 2)
        yield f"whole numbers to the bounds of {np.dtype(dtype).name}", q, k, v, some_seen(rng, 2, 3)
    yield "zeros and ones", rng.integers(0, 2, (3, 4)), rng.integers(0, 2, (4, 4)), np.array([[1, 1], [0, 1], [1, 0], [1, 1]]), some_seen(rng, 3, 4)


def attention_misfits(rng):
    q, k, v = attention_parts(rng, (2,), 3, 4, 2, 5)
    seen = everything(q, k)
    yield "a key of another width", q, k[..., :1].copy(), v, seen
    yield "a query of another width", q[..., :1].copy(), k, v, seen
    yield "a value too few", q, k, v[:, :3].copy(), seen
    yield "one value for all keys", q, k, v[:, :1].copy(), seen
    yield "one q for two k", q[:1].copy(), k, v, seen
    yield "one k and v for two q", q, k[:1].copy(), v[:1].copy(), seen
    yield "one v for two k", q, k, v[:1].copy(), seen
    yield "q without the axis in front", q[0].copy(), k, v, seen
    yield "q of one axis", q[0, 0].copy(), k[0].copy(), v[0].copy(), np.ones(4, dtype=bool)
    yield "a mask too wide", q, k, v, np.ones((3, 5), dtype=bool)
    yield "a mask too tall", q, k, v, np.ones((4, 4), dtype=bool)
    yield "a mask for three", q, k, v, np.ones((3, 3, 4), dtype=bool)
    yield "a mask with more axes", q, k, v, np.ones((1, 2, 3, 4), dtype=bool)
    yield "a mask of three rows for one query", q[:, :1].copy(), k, v, np.ones((3, 4), dtype=bool)
    yield "a mask of two texts for one", q[:1].copy(), k[:1].copy(), v[:1].copy(), np.ones((2, 3, 4), dtype=bool)
    yield "a mask of four columns for one key", q, k[:, :1].copy(), v[:, :1].copy(), np.ones((3, 4), dtype=bool)
    yield "no queries", q[:, :0].copy(), k, v, np.ones((1, 4), dtype=bool)
    yield "no keys", q, k[:, :0].copy(), v[:, :0].copy(), np.ones((3, 1), dtype=bool)
    yield "width 0", q[..., :0].copy(), k[..., :0].copy(), v, seen
    yield "values of width 0", q, k, v[..., :0].copy(), seen


@points(2)
def test_attention(attention, draw):
    """The mean of the values that may be seen, weighted by the softmax of q·k/√d over the keys."""
    agree(attention, draw(attention_core, attention_exact))


@points(1)
def test_attention_masks(attention, draw):
    """The mask may have any shape that broadcasts to (..., Tq, Tk)."""
    agree(attention, draw(attention_masks, attention_exact))


@points(2)
def test_attention_blind(attention, draw):
    """A query that may see nothing gives zeros."""
    agree(attention, draw(attention_blind, attention_exact))


@points(1)
def test_attention_large(attention, draw):
    """Right at scores of ±1e4, hidden ones included."""
    agree(attention, draw(attention_large, attention_exact))


@points(2)
def test_attention_contract(attention, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; no warning, nothing changed."""
    contract(attention, draw, attention_whole, attention_exact, labels=(0, 1, 2))
    contract(attention, draw, attention_small, attention_exact, floats=(0, 1, 2))
    contract(attention, draw, attention_blind, attention_exact, floats=(0, 1, 2))
    contract(attention, draw, attention_large, attention_exact, floats=(0, 1, 2))


@points(1)
def test_attention_misfit(attention, draw):
    """Shapes that do not fit, an empty array, or a mask that does not broadcast: ValueError."""
    refuse(attention, draw(attention_misfits))


# --- multi_head_attention ---------------------------------------------------------------------------------------------


def heads_exact(x, wq, wk, wv, wo, n_heads, mask):
    """The sum over heads: column slices through one attention, then the same row slices of wo. Nothing is reshaped."""
    x, wq, wk, wv, wo = (np.asarray(part, np.float64) for part in (x, wq, wk, wv, wo))
    d = x.shape[2] // n_heads
    out = np.zeros(x.shape)
    for b, row in enumerate(x):
        for i in range(n_heads):
            own = slice(i * d, (i + 1) * d)
            out[b] += loop_attention(row @ wq[:, own], row @ wk[:, own], row @ wv[:, own], mask) @ wo[own]
    return out


def heads_parts(rng, batch, tokens, width):
    return rng.normal(size=(batch, tokens, width)), *(rng.normal(size=(4, width, width)) * 1.5 / math.sqrt(width))


def heads_core(rng):
    for batch, tokens, n_heads, d in ((1, 3, 2, 2), (2, 4, 3, 2), (2, 3, 2, 3)):
        x, *weights = heads_parts(rng, batch, tokens, n_heads * d)
        yield f"{n_heads} heads of width {d}, {tokens} tokens", x, *weights, n_heads, all_seen_by_some(rng, tokens)


def heads_few(rng):
    x, *weights = heads_parts(rng, 2, 3, 4)
    yield "one head", x, *weights, 1, some_seen(rng, 3, 3)
    yield "as many heads as columns", x, *weights, 4, some_seen(rng, 3, 3)
    x, *weights = heads_parts(rng, 2, 1, 4)
    yield "one token", x, *weights, 2, np.ones((1, 1), dtype=bool)


def heads_whole(rng):
    """Keys of small weights, so that no score comes near -1e9, a usual stand-in for -inf."""
    for dtype in (np.uint8, np.int8):
        x, wq, wv, wo = extreme(rng, dtype, 1, 3, 2), *(extreme(rng, dtype, 2, 2) for _ in range(3))
        yield f"to the bounds of {np.dtype(dtype).name}", x, wq, rng.integers(1, 10, (2, 2)), wv, wo, 2, some_seen(rng, 3, 3)


def heads_misfits(rng):
    x, *weights = heads_parts(rng, 2, 3, 4)
    seen = np.ones((3, 3), dtype=bool)
    for place, name in enumerate(("wq", "wk", "wv", "wo")):
        for what, change in (("narrow", lambda w: w[:, :2]), ("short", lambda w: w[:2])):
            other = list(weights)
            other[place] = change(other[place]).copy()
            yield f"{name} too {what}", x, *other, 2, seen
    yield "3 heads of 4 columns", x, *weights, 3, seen
    yield "no heads", x, *weights, 0, seen
    yield "-2 heads", x, *weights, -2, seen
    yield "more heads than columns", x, *weights, 8, seen
    yield "a mask of one row", x, *weights, 2, seen[:1].copy()
    yield "a mask of one column", x, *weights, 2, seen[:, :1].copy()
    yield "a mask for each text", x, *weights, 2, np.ones((2, 3, 3), dtype=bool)
    yield "a mask with an axis in front", x, *weights, 2, np.ones((1, 3, 3), dtype=bool)
    yield "x of two axes", x[0].copy(), *weights, 2, seen
    yield "no texts", x[:0].copy(), *weights, 2, seen
    yield "no tokens", x[:, :0].copy(), *weights, 2, np.ones((0, 0), dtype=bool)
    yield "width 0", x[..., :0].copy(), *(w[:0, :0].copy() for w in weights), 2, seen


@points(3)
def test_multi_head_attention(multi_head_attention, draw):
    """Each head attends in its own columns; the results go through its own rows of wo and add up."""
    agree(multi_head_attention, draw(heads_core, heads_exact))


@points(1)
def test_multi_head_attention_few(multi_head_attention, draw):
    """One head, heads of one column, and one token."""
    agree(multi_head_attention, draw(heads_few, heads_exact))


@points(2)
def test_multi_head_attention_contract(multi_head_attention, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; no warning, nothing changed."""
    contract(multi_head_attention, draw, heads_whole, heads_exact, labels=(0, 1, 2, 3, 4))
    contract(multi_head_attention, draw, heads_few, heads_exact, floats=(0, 1, 2, 3, 4))


@points(1)
def test_multi_head_attention_misfit(multi_head_attention, draw):
    """n_heads that does not divide D, a mask that is not (T, T), shapes that do not fit or an empty x: ValueError."""
    refuse(multi_head_attention, draw(heads_misfits))


# --- grouped_query_attention ------------------------------------------------------------------------------------------


def grouped_exact(q, k, v):
    """One loop for each query head."""
    q, k, v = (np.asarray(part, np.float64) for part in (q, k, v))
    size = len(q) // len(k)
    return np.stack([loop_attention(q[i], k[i // size], v[i // size], everything(q, k)) for i in range(len(q))])


def grouped_parts(rng, heads, groups, tq, tk, d, dv):
    return rng.normal(size=(heads, tq, d)) * 1.5, rng.normal(size=(groups, tk, d)), rng.normal(size=(groups, tk, dv)) + 0.5


def grouped_core(rng):
    for heads, groups, tq, tk, d, dv in ((4, 2, 1, 3, 2, 2), (6, 2, 3, 4, 2, 3), (6, 3, 2, 5, 3, 2)):
        yield f"{heads} query heads, {groups} key heads", *grouped_parts(rng, heads, groups, tq, tk, d, dv)


def grouped_ends(rng):
    yield "multi-query", *grouped_parts(rng, 4, 1, 2, 3, 2, 3)
    yield "a key head for each query head", *grouped_parts(rng, 3, 3, 2, 4, 2, 3)
    yield "one of everything", *grouped_parts(rng, 1, 1, 1, 1, 1, 1)


def grouped_large(rng):
    q = 100.0 * rng.choice([-1.0, 1.0], (4, 2, 4))
    k = 50.0 * rng.choice([-1.0, 1.0], (2, 5, 4)) + rng.integers(-1, 2, (2, 5, 4)) * 0.5
    yield "scores of 1e4", q, k, rng.integers(-9, 10, (2, 5, 2)).astype(float)
    away = np.array([[[200.0, 0.0, 0.0, 0.0]]])
    yield "all at -1e4", away, np.array([[[-100.0, 0.0, 0.0, 0.0], [-100.0, 1.0, 0.0, 0.0]]]), np.array([[[1.0], [3.0]]])


def grouped_small(rng):
    yield "4 query heads, 2 key heads", *grouped_parts(rng, 4, 2, 2, 3, 2, 3)


def grouped_whole(rng):
    for dtype in (np.uint8, np.int8, np.int16):
        yield f"to the bounds of {np.dtype(dtype).name}", extreme(rng, dtype, 4, 2, 4), extreme(rng, dtype, 2, 3, 4), extreme(rng, dtype, 2, 3, 2)


def grouped_misfits(rng):
    q, k, v = grouped_parts(rng, 4, 2, 2, 3, 2, 5)
    yield "3 key heads for 4", *grouped_parts(rng, 4, 3, 2, 3, 2, 3)
    yield "more key heads than query heads", *grouped_parts(rng, 2, 4, 2, 3, 2, 3)
    yield "a key of another width", q, k[..., :1].copy(), v
    yield "a query of another width", q[..., :1].copy(), k, v
    yield "a value head too few", q, k, v[:1].copy()
    yield "a key head too few", q, k[:1].copy(), v
    yield "a value too few", q, k, v[:, :2].copy()
    yield "one value for all keys", q, k, v[:, :1].copy()
    yield "q of two axes", q[0].copy(), k, v
    yield "k and v of two axes", q, k[0].copy(), v[0].copy()
    yield "q of four axes", q[None].copy(), k, v
    yield "no query heads", q[:0].copy(), k, v
    yield "no key heads", q, k[:0].copy(), v[:0].copy()
    yield "no queries", q[:, :0].copy(), k, v
    yield "no keys", q, k[:, :0].copy(), v[:, :0].copy()
    yield "width 0", q[..., :0].copy(), k[..., :0].copy(), v
    yield "values of width 0", q, k, v[..., :0].copy()


@points(2)
def test_grouped_query_attention(grouped_query_attention, draw):
    """Query head i attends with key and value head i // (H / G)."""
    agree(grouped_query_attention, draw(grouped_core, grouped_exact))


@points(1)
def test_grouped_query_attention_ends(grouped_query_attention, draw):
    """One key head for all, and one for each."""
    agree(grouped_query_attention, draw(grouped_ends, grouped_exact))


@points(1)
def test_grouped_query_attention_large(grouped_query_attention, draw):
    """Right at scores of ±1e4."""
    agree(grouped_query_attention, draw(grouped_large, grouped_exact))


@points(1)
def test_grouped_query_attention_contract(grouped_query_attention, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; no warning, nothing changed."""
    contract(grouped_query_attention, draw, grouped_whole, grouped_exact, labels=(0, 1, 2))
    contract(grouped_query_attention, draw, grouped_small, grouped_exact, floats=(0, 1, 2))
    contract(grouped_query_attention, draw, grouped_large, grouped_exact, floats=(0, 1, 2))


@points(1)
def test_grouped_query_attention_misfit(grouped_query_attention, draw):
    """G does not divide H, shapes that do not fit, or an empty array: ValueError."""
    refuse(grouped_query_attention, draw(grouped_misfits))


# --- rope -------------------------------------------------------------------------------------------------------------


def rope_exact(x, positions, base):
    """Each pair as a complex number, times e to the i·angle."""
    x = np.asarray(x, np.float64)
    d = x.shape[-1]
    out = np.empty(x.shape)
    for t, position in enumerate(positions.tolist()):
        for i in range(d // 2):
            angle = int(position) * float(base) ** (-2 * i / d)
            z = (x[..., t, 2 * i] + 1j * x[..., t, 2 * i + 1]) * complex(math.cos(angle), math.sin(angle))
            out[..., t, 2 * i], out[..., t, 2 * i + 1] = z.real, z.imag
    return out


def rope_core(rng):
    """Positions that are not 0..T-1, in no order."""
    for lead, tokens, d, base in (((), 2, 4, 10000.0), ((), 4, 6, 100.0), ((2,), 3, 8, 10000.0)):
        positions = rng.permutation(np.arange(1, 40))[:tokens]
        yield f"positions {positions.tolist()}, width {d}", rng.normal(size=(*lead, tokens, d)), positions, base


def rope_plain(rng):
    yield "one pair", rng.normal(size=(3, 2)), np.array([0, 1, 2]), 10000.0
    yield "position 0 alone", rng.normal(size=(1, 4)), np.array([0]), 10000.0
    yield "three axes in front", rng.normal(size=(2, 1, 3, 2, 4)), np.array([5, 5]), 500.0


def rope_far(rng):
    """Positions of a text of 100 000 tokens."""
    yield "far", rng.normal(size=(3, 8)), np.array([99_999, 31_234, 100_000]), 10000.0
    yield "a large base", rng.normal(size=(2, 3, 16)), rng.permutation(np.arange(60_000, 100_000))[:3], 500_000.0


def rope_far32(rng):
    yield "far, float32", rng.normal(size=(4, 32)).astype(np.float32), np.array([99_999, 100_000, 77_777, 12_345]), 10000.0


def rope_positions(rng):
    """Positions up to the bounds of narrow types."""
    yield "to the bounds of uint8", rng.normal(size=(3, 4)), np.array([255, 254, 3]), 10000.0
    yield "to the bounds of int8", rng.normal(size=(2, 4)), np.array([127, 126]), 100.0
    yield "to the bounds of int16", rng.normal(size=(2, 6)), np.array([32767, 32766]), 10000.0


def rope_whole(rng):
    for dtype in (np.uint8, np.int8, np.int16):
        yield f"to the bounds of {np.dtype(dtype).name}", extreme(rng, dtype, 3, 4), np.array([3, 0, 11]), 10000.0


def rope_misfits(rng):
    x = rng.normal(size=(2, 3, 4))
    at = np.array([0, 1, 2])
    yield "an odd width", x[..., :3].copy(), at, 10000.0
    yield "width 1", x[..., :1].copy(), at, 10000.0
    yield "one position for all", x, at[:1].copy(), 10000.0
    yield "a position too few", x, at[:2].copy(), 10000.0
    yield "a position too many", x, np.arange(4), 10000.0
    yield "positions of two axes", x, np.stack([at, at]), 10000.0
    yield "positions as a column", x[0].copy(), at[:, None].copy(), 10000.0
    yield "x of one axis", x[0, 0].copy(), np.array([1]), 10000.0
    yield "width 0", x[..., :0].copy(), at, 10000.0
    yield "no tokens", x[:, :0].copy(), at[:0].copy(), 10000.0
    yield "no texts", x[:0].copy(), at, 10000.0


@points(2)
def test_rope(rope, draw):
    """Adjacent pairs turn by their token's position times base^(-2i/d)."""
    agree(rope, draw(rope_core, rope_exact), rtol=1e-4, atol=1e-4)  # how exact, the far positions ask


@points(1)
def test_rope_plain(rope, draw):
    """One pair, position 0 (nothing turns), and any number of axes in front."""
    agree(rope, draw(rope_plain, rope_exact), rtol=1e-4, atol=1e-4)


@points(1)
def test_rope_far(rope, draw):
    """Right at position 100 000, and to 1e-5 in float32 too: the angles are computed in float64."""
    with seeing(lambda _: _float32_angles(rope.values())):
        agree(rope, draw(rope_far, rope_exact))
    agree(rope, draw(rope_far32, rope_exact), rtol=1e-5, atol=1e-5)


def _float32_angles(pairs):
    """The known mistake of angles in float32: every pair has its length, and its angle is off by no more than float32 rounds it."""
    off = []
    for case, value in pairs:
        x, positions, base = case.args
        if np.shape(value) != x.shape or x.dtype == np.float32 or np.asarray(value).dtype.kind != "f":
            return ""
        got, right = (np.asarray(part, dtype=np.float64).reshape(*x.shape[:-1], -1, 2) for part in (value, case.expected))
        got, right = got[..., 0] + 1j * got[..., 1], right[..., 0] + 1j * right[..., 1]
        angles = positions.astype(np.float64)[:, None] * float(base) ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1])
        if not np.allclose(np.abs(got), np.abs(right), rtol=3e-7) or not np.all(np.abs(np.angle(got / right)) <= 4e-7 * angles + 3e-7):
            return ""
        off.append(np.max(np.abs(np.angle(got / right))))
    return "float32-angles" if off and max(off) > 1e-5 else ""


@points(2)
def test_rope_contract(rope, draw):
    """float32 stays float32, whole numbers and positions of any integer type, any layout; no warning, nothing changed, a new array."""
    contract(rope, draw, rope_plain, rope_exact, floats=(0,))
    contract(rope, draw, rope_positions, rope_exact, labels=(1,))
    contract(rope, draw, rope_whole, rope_exact, labels=(0,))


@points(1)
def test_rope_misfit(rope, draw):
    """An odd width, positions that are not (T,), an empty x or one of fewer than two axes: ValueError."""
    refuse(rope, draw(rope_misfits))


# --- rms_norm ---------------------------------------------------------------------------------------------------------


def rms_exact(x, gamma, eps):
    """Row by row with math.fsum."""
    rows = np.asarray(x, np.float64).reshape(-1, x.shape[-1])
    out = []
    for row in rows.tolist():
        scale = math.sqrt(math.fsum(value * value for value in row) / len(row) + eps)
        out.append([value / scale * float(g) for value, g in zip(row, gamma.tolist(), strict=True)])
    return np.array(out).reshape(x.shape)


def rms_core(rng):
    """Rows with a mean, so that taking it off shows; an eps that counts."""
    for shape in ((3,), (2, 4), (2, 3, 5)):
        yield f"x {shape}", rng.normal(1.0, 1.0, shape), rng.uniform(0.5, 2.0, shape[-1]), float(rng.uniform(0.05, 0.2))
    yield "a row of zeros", np.array([[0.0, 0.0], [1.0, -2.0]]), rng.uniform(0.5, 2.0, 2), float(rng.uniform(0.05, 0.2))


def rms_small(rng):
    """Rows about as large as the square root of eps, and rows of zeros."""
    yield "rows near the root of eps", 1e-3 * rng.normal(1.0, 0.5, (2, 4)), rng.uniform(0.5, 2.0, 4), 1e-6
    x = rng.normal(1.0, 1.0, (3, 4))
    x[1] = 0.0
    yield "a row of zeros", x, rng.uniform(0.5, 2.0, 4), 1e-5
    yield "one column", rng.normal(2.0, 0.5, (3, 1)), np.array([1.5]), 0.5


def rms_whole(rng):
    for dtype in (np.uint8, np.int8, np.int16):
        yield f"to the bounds of {np.dtype(dtype).name}", extreme(rng, dtype, 3, 4), extreme(rng, dtype, 4), 0.5


def rms_misfits(rng):
    x, gamma = rng.normal(size=(2, 4)), np.ones(4)
    yield "one gamma for all", x, gamma[:1].copy(), 0.1
    yield "a gamma too few", x, gamma[:3].copy(), 0.1
    yield "a gamma for each row", x, np.ones((2, 4)), 0.1
    yield "a gamma of two axes", x, np.ones((1, 4)), 0.1
    yield "a wide gamma on one column", x[:, :1].copy(), gamma, 0.1
    yield "no axis in gamma", x, np.array(1.0), 0.1
    yield "no axis in x", np.array(1.0), np.ones(1), 0.1
    yield "no columns", x[:, :0].copy(), gamma[:0].copy(), 0.1
    yield "no rows", x[:0].copy(), gamma, 0.1


@points(2)
def test_rms_norm(rms_norm, draw):
    """x over the root of its mean square plus eps, times gamma, along the last axis."""
    with seeing(lambda _: _same_eps(rms_norm.values())):
        agree(rms_norm, draw(rms_core, rms_exact))


def _same_eps(pairs):
    """The known mistake of an eps of one's own: one number above 0 stands under the root in all cases, whatever was given."""
    found = []
    for case, value in pairs:
        x, gamma, eps = case.args
        got = np.asarray(value)
        if got.shape != x.shape or got.dtype.kind != "f" or not np.isfinite(got).all() or np.any((got == 0) != (x == 0)):
            return ""
        under = (x * gamma / np.where(x == 0, 1.0, got)) ** 2 - np.mean(x**2, axis=-1, keepdims=True)
        found += under[x != 0].tolist()
    low, high = (min(found), max(found)) if found else (0.0, 0.0)
    return "eps-ignored" if 1e-10 < low <= high < 1.01 * low + 1e-12 else ""


@points(1)
def test_rms_norm_small(rms_norm, draw):
    """eps is inside the root, which shows in small rows; a row of zeros gives zeros."""
    agree(rms_norm, draw(rms_small, rms_exact), atol=1e-12)


@points(2)
def test_rms_norm_contract(rms_norm, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; no warning, nothing changed."""
    contract(rms_norm, draw, rms_whole, rms_exact, labels=(0, 1))
    contract(rms_norm, draw, rms_core, rms_exact, floats=(0, 1))


@points(1)
def test_rms_norm_misfit(rms_norm, draw):
    """gamma that is not (D,), or an empty x: ValueError."""
    refuse(rms_norm, draw(rms_misfits))


# --- swiglu -----------------------------------------------------------------------------------------------------------


def swiglu_exact(x, w_gate, w_up, w_down):
    x, w_gate, w_up, w_down = (np.asarray(part, np.float64) for part in (x, w_gate, w_up, w_down))
    gate = np.einsum("...d,df->...f", x, w_gate)
    return np.einsum("...f,...f,fd->...d", gate * expit(gate), np.einsum("...d,df->...f", x, w_up), w_down)


def swiglu_parts(rng, lead, d, f):
    return rng.normal(size=(*lead, d)), rng.normal(size=(d, f)), rng.normal(size=(d, f)), rng.normal(size=(f, d))


def swiglu_core(rng):
    for lead, d, f in (((), 2, 3), ((3,), 3, 4), ((2, 3), 4, 2)):
        yield f"x {(*lead, d)}, F = {f}", *swiglu_parts(rng, lead, d, f)


def swiglu_large(rng):
    """Gates of ±1000 and ±700."""
    yield "gates of ±1000", np.array([[1.0], [-1.0]]), np.array([[1000.0, -700.0]]), rng.uniform(0.5, 2, (1, 2)), rng.uniform(0.5, 2, (2, 1))
    yield "gates of ±100", np.array([[1.0], [-1.0]]), np.array([[100.0, -95.0]]), rng.uniform(0.5, 2, (1, 2)), rng.uniform(0.5, 2, (2, 1))


def swiglu_whole(rng):
    for dtype in (np.uint8, np.int8):
        yield (
            f"to the bounds of {np.dtype(dtype).name}",
            extreme(rng, dtype, 2, 3),
            *(extreme(rng, dtype, *shape) for shape in ((3, 2), (3, 2), (2, 3))),
        )


def swiglu_misfits(rng):
    x, gate, up, down = swiglu_parts(rng, (2,), 3, 4)
    yield "a gate of other rows", x, gate[:2].copy(), up, down
    yield "a gate of one column", x, gate[:, :1].copy(), up, down
    yield "an up branch of one column", x, gate, up[:, :1].copy(), down
    yield "an up branch of other rows", x, gate, up[:2].copy(), down
    yield "down with a row too few", x, gate, up, down[:3].copy()
    yield "down to another width", x, gate, up, down[:, :2].copy()
    yield "down not turned", x, gate, up, down.T.copy()
    yield "gate and up of one axis", x, gate[:, 0].copy(), up[:, 0].copy(), down
    yield "x without an axis", np.array(1.0), gate, up, down
    yield "no rows", x[:0].copy(), gate, up, down
    yield "width 0", x[:, :0].copy(), gate[:0].copy(), up[:0].copy(), down[:, :0].copy()
    yield "F = 0", x, gate[:, :0].copy(), up[:, :0].copy(), down[:0].copy()


@points(2)
def test_swiglu(swiglu, draw):
    """silu of the gate, times the up branch, through w_down."""
    agree(swiglu, draw(swiglu_core, swiglu_exact))


@points(1, rule=False)
def test_swiglu_large(swiglu, draw):
    """Right and without a warning at gates of ±1000, float32 too."""
    contract(swiglu, draw, swiglu_large, swiglu_exact, floats=(0, 1, 2, 3), either_width=True)


@points(1)
def test_swiglu_contract(swiglu, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; nothing changed."""
    contract(swiglu, draw, swiglu_whole, swiglu_exact, labels=(0, 1, 2, 3))
    contract(swiglu, draw, swiglu_core, swiglu_exact, floats=(0, 1, 2, 3))


@points(1)
def test_swiglu_misfit(swiglu, draw):
    """Shapes that do not fit, or an empty array: ValueError."""
    refuse(swiglu, draw(swiglu_misfits))


# --- top_k_routing ----------------------------------------------------------------------------------------------------


def routing_exact(logits, k):
    """Python's sorted() and scipy's softmax over the k."""
    indices = [sorted(range(len(row)), key=lambda e, row=row: (-row[e], e))[:k] for row in np.asarray(logits, np.float64).tolist()]
    weights = [softmax([float(row[e]) for e in chosen]) for row, chosen in zip(logits, indices, strict=True)]
    return np.array(indices), np.array(weights)


def spaced(rng, tokens, experts):
    """Logits no two of which are close."""
    return np.stack([rng.permutation(experts) for _ in range(tokens)]) * 0.7 + rng.uniform(-0.2, 0.2, (tokens, experts))


def routing_core(rng):
    """So many experts at last that a partition does not happen to sort them."""
    for tokens, experts, k in ((2, 4, 2), (5, 6, 3), (40, 8, 2), (2, 2000, 1000)):
        yield f"{k} of {experts} experts", spaced(rng, tokens, experts), k


def routing_ends(rng):
    yield "one expert a token", spaced(rng, 4, 5), 1
    yield "all experts", spaced(rng, 4, 5), 5
    yield "one expert in all", rng.normal(size=(3, 1)), 1


def routing_ties(rng):
    logits = np.array([[1.0, 3.0, 3.0, 0.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-1.0, -1.0, 2.0, -1.0, 2.0, 2.0]])
    for k in (2, 4):
        yield f"equal logits, {k} experts", logits, k
    wide = rng.integers(0, 3, (4, 40)).astype(float)
    yield "three values among 40 experts", wide, 20
    yield "three values among 400 experts", rng.integers(0, 3, (2, 400)).astype(float), 200


def routing_large(rng):
    yield "±1000", np.array([[-1000.0, 1000.0, 999.0], [-1000.0, -1001.0, -1000.5], [1000.0, 0.0, -1000.0]]), 2
    yield "all at -1000", np.array([[-1000.0, -1002.0, -1001.0]]), 3


def routing_whole(rng):
    yield "to the bounds of uint8", np.array([[255, 0, 254, 3], [0, 1, 2, 255]]), 3
    yield "to the bounds of int8", np.array([[-128, 127, 126, 0], [-127, -128, -126, -125]]), 3
    yield "to the bounds of int16", np.array([[-32768, 32767, 32766], [-32767, -32766, -32768]]), 2
    yield "zeros and ones", np.array([[0, 1, 1, 0], [1, 0, 0, 1]]), 3


def routing_misfits(rng):
    logits = rng.normal(size=(3, 4))
    for k in (0, -1, 5):
        yield f"k = {k} of 4", logits, k
    yield "no tokens", logits[:0].copy(), 2
    yield "no experts", logits[:, :0].copy(), 1
    yield "one axis", logits[0].copy(), 2
    yield "three axes", logits[None].copy(), 2


@points(2)
def test_top_k_routing(top_k_routing, draw):
    """The k largest logits of each token, largest first, and the softmax over these."""
    with seeing(lambda _: _unordered(top_k_routing.values())):
        agree(top_k_routing, draw(routing_core, routing_exact))


def _unordered(pairs):
    """The known mistake of a partition: the k experts are right and each has its weight, but in no order, neither up nor down."""
    down = up = True
    for case, value in pairs:
        if not isinstance(value, tuple | list) or len(value) != 2 or any(np.shape(part) != case.expected[0].shape for part in value):
            return ""
        indices, weights = (np.asarray(part) for part in value)
        if indices.dtype.kind not in "iu" or not np.array_equal(np.sort(indices, axis=1), np.sort(case.expected[0], axis=1)):
            return ""
        chosen = np.take_along_axis(np.asarray(case.args[0], np.float64), indices, axis=1)
        if not np.allclose(weights, softmax(chosen, axis=1), rtol=1e-6):
            return ""
        down, up = down and np.all(np.diff(chosen) < 0), up and np.all(np.diff(chosen) > 0)
    return "" if down or up else "unordered"


@points(1)
def test_top_k_routing_ends(top_k_routing, draw):
    """k = 1 and k = E."""
    agree(top_k_routing, draw(routing_ends, routing_exact))


@points(1)
def test_top_k_routing_ties(top_k_routing, draw):
    """Of equal logits the lower index comes first."""
    with seeing(lambda _: _unstable(top_k_routing.values())):
        agree(top_k_routing, draw(routing_ties, routing_exact))


def _unstable(pairs):
    """The known mistake of an unstable sort: the logits come in the right order, but equal ones by neither the lower nor the higher index."""
    lower = higher = True
    for case, value in pairs:
        if not isinstance(value, tuple | list) or len(value) != 2 or np.shape(value[0]) != case.expected[0].shape:
            return ""
        indices = np.asarray(value[0])
        if indices.dtype.kind not in "iu" or indices.min() < 0 or indices.max() >= case.args[0].shape[1]:
            return ""
        chosen, right = (np.take_along_axis(case.args[0], each, axis=1) for each in (indices, case.expected[0]))
        if not np.array_equal(chosen, right) or any(len(set(row)) < len(row) for row in indices.tolist()):
            return ""
        lower, higher = lower and np.array_equal(indices, case.expected[0]), higher and np.array_equal(indices, _higher_first(*case.args))
    return "" if lower or higher else "unstable"


def _higher_first(logits, k):
    return np.argsort(logits, axis=1, kind="stable")[:, ::-1][:, :k]


@points(1)
def test_top_k_routing_large(top_k_routing, draw):
    """Right at logits of ±1000."""
    agree(top_k_routing, draw(routing_large, routing_exact))


@points(1)
def test_top_k_routing_contract(top_k_routing, draw):
    """Indices of an integer type; float32 weights stay float32, whole numbers of any type, any layout; no warning."""
    contract(top_k_routing, draw, routing_whole, routing_exact, labels=(0,))
    for case, value in top_k_routing.on(draw(routing_ends, routing_exact)):
        indices = np.asarray(value[0]) if isinstance(value, tuple | list) and len(value) == 2 else None
        if indices is not None and not np.issubdtype(indices.dtype, np.integer):
            raise Wrong("The indices must be of an integer type.", case=case.name, expected="integers", got=indices)
    contract(top_k_routing, draw, routing_ends, routing_exact, floats=(0,), integers=False)
    contract(top_k_routing, draw, routing_large, routing_exact, floats=(0,))


@points(1)
def test_top_k_routing_misfit(top_k_routing, draw):
    """k outside 1..E, logits that are empty or not (T, E): ValueError."""
    refuse(top_k_routing, draw(routing_misfits))


# --- pre_norm_block ---------------------------------------------------------------------------------------------------


def block_exact(x, attend, feed, gamma1, gamma2, eps):
    x, gamma1, gamma2 = (np.asarray(part, np.float64) for part in (x, gamma1, gamma2))
    h = x + attend(rms_exact(x, gamma1, eps))
    return h + feed(rms_exact(h, gamma2, eps))


def looks_back(slope):
    """Adds up the tokens so far; neither even nor linear."""

    def attend(x):
        return slope * np.cumsum(x, axis=1) + 0.5 * x**2

    attend.formula = f"lambda x: {slope:.2f} * np.cumsum(x, axis=1) + 0.5 * x**2"
    return attend


def bends(slope):
    """Each token for itself."""

    def feed(x):
        return slope * np.maximum(x, 0) + 0.25 * x[..., ::-1]

    feed.formula = f"lambda x: {slope:.2f} * np.maximum(x, 0) + 0.25 * x[..., ::-1]"
    return feed


def block_core(rng):
    for shape in ((1, 2, 3), (2, 3, 4), (3, 2, 5)):
        gammas = rng.uniform(0.5, 1.0, shape[2]), rng.uniform(1.5, 2.0, shape[2])
        x = rng.normal(1.0, 1.5, shape)
        if shape[0] == 3:
            x[1, 0] = 0.0
        yield f"x {shape}", x, looks_back(float(rng.uniform(0.4, 0.8))), bends(float(rng.uniform(1, 2))), *gammas, 0.1


def block_whole(rng):
    for dtype in (np.uint8, np.int8):
        bounds = extreme(rng, dtype, 1, 2, 3), looks_back(0.5), bends(1.5), extreme(rng, dtype, 3), extreme(rng, dtype, 3), 0.1
        yield f"to the bounds of {np.dtype(dtype).name}", *bounds


def block_zero(rng):
    x = rng.normal(1.0, 1.5, (2, 2, 3))
    x[0, 0] = 0.0
    for name, each in (("a token of zeros", x), ("tokens near the root of eps", 1e-3 * rng.normal(1.0, 0.5, (1, 2, 3)))):
        yield name, each, looks_back(0.5), bends(1.5), rng.uniform(0.5, 1.0, 3), rng.uniform(1.5, 2.0, 3), 1e-6


def quiet(x):
    """A sublayer that adds nothing."""
    return np.zeros_like(x)


def block_misfits(rng):
    x, gamma = rng.normal(size=(2, 3, 4)), np.ones(4)
    yield "one gamma1 for all", x, quiet, quiet, gamma[:1].copy(), gamma, 0.1
    yield "one gamma2 for all", x, quiet, quiet, gamma, gamma[:1].copy(), 0.1
    yield "a gamma1 too few", x, quiet, quiet, gamma[:3].copy(), gamma, 0.1
    yield "a gamma2 too few", x, quiet, quiet, gamma, gamma[:3].copy(), 0.1
    yield "gamma2 of two axes", x, quiet, quiet, gamma, np.ones((1, 4)), 0.1
    yield "x of two axes", x[0].copy(), quiet, quiet, gamma, gamma, 0.1
    yield "x of four axes", x[None].copy(), quiet, quiet, gamma, gamma, 0.1
    yield "no texts", x[:0].copy(), quiet, quiet, gamma, gamma, 0.1
    yield "no tokens", x[:, :0].copy(), quiet, quiet, gamma, gamma, 0.1
    yield "width 0", x[..., :0].copy(), quiet, quiet, gamma[:0].copy(), gamma[:0].copy(), 0.1


@points(2)
def test_pre_norm_block(pre_norm_block, draw):
    """x plus attend of its norm with gamma1, and to that feed of its norm with gamma2."""
    agree(pre_norm_block, draw(block_core, block_exact))


@points(1)
def test_pre_norm_block_zero(pre_norm_block, draw):
    """A token of zeros is normed to zeros, and eps counts in tokens as small as its root.

    It keeps eps in its place: without it the row is nan."""
    agree(pre_norm_block, draw(block_zero, block_exact))


@points(1)
def test_pre_norm_block_calls(pre_norm_block, draw):
    """attend and feed are called once each.

    The values of an answer that calls them twice are right, so no known mistake is told from it; the cost is not."""
    sparing(pre_norm_block, draw(block_core, block_exact), lambda *args: 1)


@points(1)
def test_pre_norm_block_contract(pre_norm_block, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; no warning, nothing changed."""
    contract(pre_norm_block, draw, block_core, block_exact, floats=(0, 3, 4))
    contract(pre_norm_block, draw, block_whole, block_exact, labels=(0, 3, 4))


@points(1)
def test_pre_norm_block_misfit(pre_norm_block, draw):
    """x that is not (B, T, D) or empty, or a gamma that is not (D,): ValueError."""
    refuse(pre_norm_block, draw(block_misfits))


# --- block_predicted --------------------------------------------------------------------------------------------------


def block_count(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """Matrix by matrix."""
    width, n_heads, n_kv_heads, hidden, n_experts, k = map(int, (width, n_heads, n_kv_heads, hidden, n_experts, k))
    shared = [(width, width), (width, width), (1, width), (1, width)] + 2 * [(width, width * n_kv_heads // n_heads)]
    shared += [(width, n_experts)] if n_experts > 1 else []
    expert = [(width, hidden), (width, hidden), (hidden, width)]
    return tuple(sum(a * b for a, b in shared + expert * count) for count in (n_experts, k))


def count_core(rng):
    for heads, groups in ((4, 2), (6, 3), (32, 8)):
        experts = int(rng.integers(4, 9))
        yield (
            f"{heads} heads, {groups} key heads, experts",
            heads * int(rng.integers(5, 20)),
            heads,
            groups,
            int(rng.integers(50, 999)),
            experts,
            int(rng.integers(2, 4)),
        )


def count_dense(rng):
    heads = int(rng.integers(3, 9))
    yield "one feed-forward layer", heads * int(rng.integers(5, 20)), heads, heads, int(rng.integers(50, 999)), 1, 1
    yield "one key head", 8 * int(rng.integers(5, 20)), 8, 1, int(rng.integers(50, 999)), 1, 1
    yield "two experts", 8 * int(rng.integers(5, 20)), 8, 2, int(rng.integers(50, 999)), 2, 1
    yield "all experts", 8 * int(rng.integers(5, 20)), 8, 4, int(rng.integers(50, 999)), 3, 3


def count_numpy(rng):
    yield "int32", *np.array([4096 + 32 * int(rng.integers(1, 9)), 32, 8, 14336, 64, 2], np.int32)
    yield "int64", *np.array([8192, 64, 8, 28672, 16, 2], np.int64)
    yield "int32, wide", *np.array([65536, 64, 64, 262144, 1, 1], np.int32)


def count_misfits(rng):
    yield "heads that do not divide the width", 30, 4, 2, 64, 4, 2
    yield "key heads that do not divide the heads", 32, 4, 3, 64, 4, 2
    yield "more key heads than heads", 32, 4, 8, 64, 4, 2
    yield "no expert used", 32, 4, 2, 64, 4, 0
    yield "more experts than there are", 32, 4, 2, 64, 4, 5
    yield "two of one", 32, 4, 2, 64, 1, 2


@points(2)
def test_block_predicted(block_predicted, draw):
    """All parameters of a block with experts, and those that one token uses."""
    agree(block_predicted, draw(count_core, block_count))


@points(1)
def test_block_predicted_dense(block_predicted, draw):
    """One expert needs no router, two do; G may be 1 or H, and k all experts."""
    agree(block_predicted, draw(count_dense, block_count))


@points(1)
def test_block_predicted_numpy(block_predicted, draw):
    """Numpy integers of 32 bits do not overflow, and both counts are of an integer type."""
    contract(block_predicted, draw, count_numpy, block_count)
    agree(block_predicted, draw(count_core, block_count), integer=True)


@points(1)
def test_block_predicted_misfit(block_predicted, draw):
    """Heads that do not divide, or k outside 1..n_experts: ValueError."""
    refuse(block_predicted, draw(count_misfits))


# --- hunt: chunk_counterexample and chunk_mended ----------------------------------------------------------------------


def chunk_exact(q, k, v):
    """The last Tq rows of the whole: position by position over the keys up to it."""
    q, k, v = (np.asarray(part, np.float64) for part in (q, k, v))
    mask = np.array([[j <= len(k) - len(q) + i for j in range(len(k))] for i in range(len(q))])
    return loop_attention(q, k, v, mask)


def published_chunk(q, k, v):
    """As in the lesson: the lower triangle from the top left."""
    return loop_attention(*(np.asarray(part, np.float64) for part in (q, k, v)), np.tril(np.ones((len(q), len(k)), dtype=bool)))


def _chunk(given):
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise Wrong("chunk_counterexample() must return three arrays, (q, k, v).", expected="(q, k, v)", got=given)
    try:
        q, k, v = (np.asarray(part, np.float64) for part in given)
    except (TypeError, ValueError):
        raise Wrong("These are no arrays of numbers.", expected="(q, k, v)", got=given) from None
    fits = q.ndim == k.ndim == v.ndim == 2 and q.shape[1] == k.shape[1] and len(k) == len(v) and len(q) > 0
    if fits and len(q) > len(k):
        sentence = f"There are {len(q)} queries and {len(k)} keys; the queries are the last positions of the text, so Tq <= Tk."
        raise Wrong(sentence, expected="Tq <= Tk", got=[q.shape, k.shape, v.shape], mistake="more-queries")
    if not fits or not q.shape[1] or not v.shape[1] or max(part.size for part in (q, k, v)) > 1000:
        raise Wrong(
            "These are no arguments of chunk_attention.", expected="(Tq, d), (Tk, d), (Tk, dv) with 1 <= Tq <= Tk", got=[q.shape, k.shape, v.shape]
        )
    if not all(np.all(np.abs(part) <= 100) for part in (q, k, v)):
        raise Wrong("All entries must be finite numbers between -100 and 100.", expected="entries between -100 and 100", got=given, mistake="huge")
    return q, k, v


@points(2)
def test_chunk_counterexample(chunk_counterexample):
    """An input on which the published result is more than 0.01 off."""
    q, k, v = _chunk(chunk_counterexample())
    off = float(np.max(np.abs(chunk_exact(q, k, v) - published_chunk(q, k, v))))
    if not off > 0.01:
        mistake = "square" if len(q) == len(k) else "equal-values" if np.all(v == v[:1]) else ""
        raise Wrong("On this input the published function is right, to 0.01.", expected="a difference above 0.01", got=off, mistake=mistake)


@points(2)
def test_chunk_counterexample_chunk(chunk_counterexample):
    """And there are at least two queries: a chunk, not a single token.

    It is the case that a function which handles one new token on its own still gets wrong."""
    q, k, v = _chunk(chunk_counterexample())
    if len(q) < 2:
        raise Wrong("There is one query only.", expected="at least 2 queries", got=len(q), mistake="one-query")


def chunk_core(rng):
    for tq, tk, d, dv in ((2, 4, 2, 3), (3, 5, 4, 2), (4, 9, 3, 2)):
        yield f"the last {tq} of {tk}", rng.normal(size=(tq, d)) * 1.5, rng.normal(size=(tk, d)), rng.normal(size=(tk, dv)) + 0.5


def chunk_ends(rng):
    yield "one new token", rng.normal(size=(1, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    yield "the whole text", rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    yield "one of everything", rng.normal(size=(1, 1)), rng.normal(size=(1, 1)), rng.normal(size=(1, 1))


def chunk_large(rng):
    k = np.array([[100.0, 0.0, 0.0, 0.0], [100.0, 1.0, 0.0, 0.0], [100.0, 2.0, 0.0, 0.0]])
    yield "one row at 1e4, another at -1e4", np.array([[200.0, 1.0, 0.0, 0.0], [-200.0, 1.0, 0.0, 0.0]]), k, np.array([[1.0], [3.0], [7.0]])


def chunk_whole(rng):
    for dtype in (np.uint8, np.int8):
        yield f"to the bounds of {np.dtype(dtype).name}", extreme(rng, dtype, 2, 4), extreme(rng, dtype, 4, 4), extreme(rng, dtype, 4, 2)


def chunk_misfits(rng):
    q, k, v = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    yield "more queries than keys", np.tile(q, (3, 1)), k, v
    yield "a key of another width", q, k[:, :1].copy(), v
    yield "a value too few", q, k, v[:3].copy()
    yield "one value for all", q, k, v[:1].copy()
    yield "no queries", q[:0].copy(), k, v
    yield "no keys", q[:0].copy(), k[:0].copy(), v[:0].copy()
    yield "width 0", q[:, :0].copy(), k[:, :0].copy(), v
    yield "three axes", q[None].copy(), k[None].copy(), v[None].copy()
    yield "v of one axis", q, k, v[:, 0].copy()


@points(2)
def test_chunk_mended(chunk_mended, draw):
    """Query i stands at position Tk - Tq + i and sees the keys up to it."""
    agree(chunk_mended, draw(chunk_core, chunk_exact))


@points(1)
def test_chunk_mended_ends(chunk_mended, draw):
    """One new token sees everything; a whole text is plain causal attention."""
    agree(chunk_mended, draw(chunk_ends, chunk_exact))


@points(1)
def test_chunk_mended_large(chunk_mended, draw):
    """Right at scores of ±1e4."""
    agree(chunk_mended, draw(chunk_large, chunk_exact))


@points(1)
def test_chunk_mended_contract(chunk_mended, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; no warning, nothing changed."""
    contract(chunk_mended, draw, chunk_whole, chunk_exact, labels=(0, 1, 2))
    contract(chunk_mended, draw, chunk_ends, chunk_exact, floats=(0, 1, 2))


@points(1)
def test_chunk_mended_misfit(chunk_mended, draw):
    """More queries than keys, shapes that do not fit, or an empty array: ValueError."""
    refuse(chunk_mended, draw(chunk_misfits))


# --- hunt: next_token_mended ------------------------------------------------------------------------------------------


def next_token_exact(logits, tokens, pad):
    """Position by position."""
    logits = np.asarray(logits, np.float64)
    places = [(b, t) for b in range(len(tokens)) for t in range(tokens.shape[1] - 1) if int(tokens[b, t + 1]) != pad]
    losses, dlogits = [], np.zeros(logits.shape)
    for b, t in places:
        log_p, target = log_softmax(logits[b, t]), int(tokens[b, t + 1])
        losses.append(-log_p[target])
        dlogits[b, t] = np.exp(log_p) / len(places)
        dlogits[b, t, target] -= 1 / len(places)
    return math.fsum(losses) / len(places), dlogits


def next_token_core(rng):
    for batch, tokens, vocabulary in ((1, 3, 4), (2, 4, 5), (3, 5, 3)):
        yield f"{batch} texts of {tokens} tokens", rng.normal(size=(batch, tokens, vocabulary)) * 2, rng.integers(0, vocabulary, (batch, tokens)), -1


def next_token_padded(rng):
    """Padding of different lengths, at the end, at the start and in between."""
    tokens = np.array([[2, 0, 1, 3, -1], [1, 3, -1, -1, -1], [-1, 2, -1, 0, 1]])
    yield "pad -1", rng.normal(size=(3, 5, 4)) * 2, tokens, -1
    yield "pad is a token", rng.normal(size=(3, 5, 4)) * 2, np.where(tokens < 0, 0, tokens), 0
    yield "pad -100", rng.normal(size=(3, 5, 4)) * 2, np.where(tokens < 0, -100, tokens), -100
    yield "one position counts", rng.normal(size=(2, 3, 4)), np.array([[0, 1, -1], [2, -1, -1]]), -1


def next_token_large(rng):
    logits = np.array([[[1000.0, -1000.0, 0.0], [-1000.0, -1001.0, -1003.0], [0.0, 0.0, 0.0]]])
    yield "±1000", logits, np.array([[0, 1, 2]]), -1
    yield "±1000 and padding", np.concatenate([logits, logits[:, ::-1]]), np.array([[0, 2, 1], [1, 0, -1]]), -1


def next_token_narrow(rng):
    yield "tokens to the bounds of uint8", rng.normal(size=(1, 3, 256)), np.array([[0, 255, 254]]), -1
    yield "tokens to the bounds of int8", rng.normal(size=(1, 3, 128)), np.array([[5, 127, 126]]), -1
    yield "whole logits", rng.integers(-128, 128, (2, 3, 4)), np.array([[1, 2, 3], [0, 3, 1]]), -1


def next_token_narrow_logits(rng):
    for dtype in (np.uint8, np.int8, np.int16):
        yield f"logits to the bounds of {np.dtype(dtype).name}", extreme(rng, dtype, 2, 3, 4), np.array([[1, 2, 3], [0, 3, 1]]), -1


def next_token_misfits(rng):
    logits, tokens = rng.normal(size=(2, 3, 4)), np.array([[1, 2, 3], [0, 3, 1]])
    yield "a text of tokens too few", logits, tokens[:1].copy(), -1
    yield "a token too few", logits, tokens[:, :2].copy(), -1
    yield "tokens of one axis", logits, tokens[0].copy(), -1
    yield "logits of two axes", logits[0].copy(), tokens[0].copy(), -1
    yield "one token each", logits[:, :1].copy(), tokens[:, :1].copy(), -1
    yield "nothing but padding after the first", logits, np.array([[1, -1, -1], [2, -1, -1]]), -1
    yield "no texts", logits[:0].copy(), tokens[:0].copy(), -1
    yield "no tokens", logits[:, :0].copy(), tokens[:, :0].copy(), -1
    yield "no vocabulary", logits[..., :0].copy(), tokens, -1


@points(2)
def test_next_token_mended(next_token_mended, draw):
    """logits[t] are asked for tokens[t + 1]: the mean cross-entropy and its gradient; the last position counts for nothing."""
    agree(next_token_mended, draw(next_token_core, next_token_exact))


@points(2)
def test_next_token_mended_padded(next_token_mended, draw):
    """A next token that is pad does not count, in neither the sum nor the number."""
    agree(next_token_mended, draw(next_token_padded, next_token_exact))


@points(1)
def test_next_token_mended_large(next_token_mended, draw):
    """Right at logits of ±1000."""
    agree(next_token_mended, draw(next_token_large, next_token_exact))


@points(1)
def test_next_token_mended_contract(next_token_mended, draw):
    """float32 stays float32, whole numbers and tokens of any integer type, any layout; no warning, nothing changed."""
    contract(next_token_mended, draw, next_token_large, next_token_exact, floats=(0,))
    contract(next_token_mended, draw, next_token_padded, next_token_exact, floats=(0,))
    contract(next_token_mended, draw, next_token_narrow, next_token_exact, labels=(1,))
    contract(next_token_mended, draw, next_token_narrow_logits, next_token_exact, labels=(0,))


@points(1)
def test_next_token_mended_misfit(next_token_mended, draw):
    """Shapes that do not fit, or nothing to predict: ValueError."""
    refuse(next_token_mended, draw(next_token_misfits))
