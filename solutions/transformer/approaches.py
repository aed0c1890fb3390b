"""Right answers unlike the references: loops, other formulas, other orders."""

import math

import numpy as np


def _floats(*arrays):
    """The arrays in the width that they are computed in."""
    return [array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64) for array in arrays]


# --- attention ---


def _fit(q, k, v):
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[:-2] != k.shape[:-2] or k.shape[:-1] != v.shape[:-1] or q.shape[-1] != k.shape[-1]:
        raise ValueError("q, k and v do not fit")
    if not (q.size and k.size and v.size):
        raise ValueError("an empty array")


def _full(mask, q, k):
    return np.broadcast_to(mask, (*q.shape[:-1], k.shape[-2]))  # a ValueError of numpy's own


def attention__one_query_at_a_time(q, k, v, mask):
    """A loop over all queries, each over the keys that it sees."""
    _fit(q, k, v)
    mask = _full(mask, q, k)
    q, k, v = _floats(q, k, v)
    out = np.zeros((*q.shape[:-1], v.shape[-1]), dtype=np.result_type(q, v))
    for place in np.ndindex(q.shape[:-1]):
        seen = mask[place]
        if seen.any():
            scores = k[place[:-1]][seen] @ q[place] / math.sqrt(q.shape[-1])
            e = np.exp(scores - scores.max())
            out[place] = e @ v[place[:-1]][seen] / e.sum()
    return out


def attention__einsum(q, k, v, mask):
    """By einsum, scaled before the product; hidden weights set to 0 after the exponential of what is seen."""
    _fit(q, k, v)
    mask = _full(mask, q, k)
    q, k, v = _floats(q, k, v)
    root = q.shape[-1] ** 0.25
    scores = np.einsum("...id,...jd->...ij", q / root, k / root)
    top = np.max(scores, axis=-1, keepdims=True, where=mask, initial=-np.inf)
    e = np.exp(np.where(mask, scores - np.where(np.isfinite(top), top, 0), -np.inf))
    total = np.sum(e, axis=-1, keepdims=True)
    return np.einsum("...ij,...jd->...id", np.divide(e, total, out=np.zeros_like(e), where=total > 0), v)


# --- multi_head_attention ---


def _fit_heads(x, weights, n_heads, mask):
    if x.ndim != 3 or not x.size or any(w.shape != (x.shape[2],) * 2 for w in weights) or mask.shape != (x.shape[1],) * 2:
        raise ValueError("shapes do not fit")
    if n_heads <= 0 or x.shape[2] % n_heads != 0:
        raise ValueError("heads do not divide the width")


def multi_head_attention__slices(x, wq, wk, wv, wo, n_heads, mask):
    """The sum over heads of column slices times row slices of wo."""
    _fit_heads(x, (wq, wk, wv, wo), n_heads, mask)
    x, wq, wk, wv, wo = _floats(x, wq, wk, wv, wo)
    d, out = x.shape[2] // n_heads, 0
    for i in range(n_heads):
        own = slice(i * d, (i + 1) * d)
        scores = np.where(mask, (x @ wq[:, own]) @ (x @ wk[:, own]).swapaxes(1, 2) / math.sqrt(d), -np.inf)
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        out = out + e / e.sum(axis=-1, keepdims=True) @ (x @ wv[:, own]) @ wo[own]
    return out


def multi_head_attention__einsum(x, wq, wk, wv, wo, n_heads, mask):
    """The head's axis stays where it is; einsum finds it."""
    _fit_heads(x, (wq, wk, wv, wo), n_heads, mask)
    x, wq, wk, wv, wo = _floats(x, wq, wk, wv, wo)
    b, t, width = x.shape
    q, k, v = ((x @ w).reshape(b, t, n_heads, -1) for w in (wq, wk, wv))
    scores = np.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(width / n_heads)
    scores[:, :, ~mask] = -np.inf
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return np.einsum("bhij,bjhd->bihd", p, v).reshape(b, t, width) @ wo


# --- grouped_query_attention ---


def _fit_groups(q, k, v):
    if q.ndim != 3 or k.ndim != 3 or v.ndim != 3 or k.shape[:2] != v.shape[:2] or q.shape[2] != k.shape[2]:
        raise ValueError("shapes do not fit")
    if not (q.size and k.size and v.size) or len(q) % len(k):
        raise ValueError("heads do not fit")


def _softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def grouped_query_attention__repeat(q, k, v):
    """Keys and values repeated, each head several times in a row."""
    _fit_groups(q, k, v)
    q, k, v = _floats(q, k, v)
    k, v = (np.repeat(part, len(q) // len(part), axis=0) for part in (k, v))
    return _softmax(q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])) @ v


def grouped_query_attention__loop(q, k, v):
    """One query head after the other."""
    _fit_groups(q, k, v)
    q, k, v = _floats(q, k, v)
    size = len(q) // len(k)
    return np.stack([_softmax(head @ k[i // size].T / math.sqrt(q.shape[-1])) @ v[i // size] for i, head in enumerate(q)])


# --- rope ---


def _fit_rope(x, positions):
    if x.ndim < 2 or not x.size or x.shape[-1] % 2 or positions.shape != (x.shape[-2],):
        raise ValueError("shapes do not fit")


def rope__complex(x, positions, base):
    """Pairs as complex numbers, multiplied by e to the i times the angle."""
    _fit_rope(x, positions)
    (x,) = _floats(x)
    d = x.shape[-1]
    angles = np.outer(positions.astype(np.float64), base ** (-np.arange(0, d, 2) / d))
    turned = (x[..., 0::2] + 1j * x[..., 1::2].astype(np.float64)) * np.exp(1j * angles)
    out = np.empty_like(x)
    out[..., 0::2], out[..., 1::2] = turned.real, turned.imag
    return out


def rope__pair_by_pair(x, positions, base):
    """A loop over the pairs, a 2 x 2 rotation for each."""
    _fit_rope(x, positions)
    (x,) = _floats(x)
    out, d = np.zeros(x.shape), x.shape[-1]
    for i in range(d // 2):
        angle = positions.astype(float) / float(base) ** (2 * i / d)
        a, b = x[..., 2 * i].astype(float), x[..., 2 * i + 1].astype(float)
        out[..., 2 * i] = a * np.cos(angle) - b * np.sin(angle)
        out[..., 2 * i + 1] = a * np.sin(angle) + b * np.cos(angle)
    return out.astype(x.dtype)


# --- rms_norm ---


def _fit_norm(x, gamma):
    if x.ndim < 1 or not x.size or gamma.shape != x.shape[-1:]:
        raise ValueError("shapes do not fit")


def rms_norm__norm(x, gamma, eps):
    """The length of a row over the root of its width is its root mean square."""
    _fit_norm(x, gamma)
    x, gamma = _floats(x, gamma)
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return (x * gamma / np.sqrt(length**2 / x.shape[-1] + eps)).astype(x.dtype)


def rms_norm__einsum(x, gamma, eps):
    """The sum of squares by einsum, eps times the width beside it."""
    _fit_norm(x, gamma)
    x, gamma = _floats(x, gamma)
    d = x.shape[-1]
    squares = np.einsum("...d,...d->...", x, x)
    return (x * (math.sqrt(d) / np.sqrt(squares + d * eps))[..., None] * gamma).astype(x.dtype)


# --- swiglu ---


def _fit_gate(x, w_gate, w_up, w_down):
    if x.ndim < 1 or w_gate.ndim != 2 or not (x.size and w_gate.size) or x.shape[-1] != w_gate.shape[0]:
        raise ValueError("shapes do not fit")
    if w_up.shape != w_gate.shape or w_down.shape != w_gate.T.shape:
        raise ValueError("shapes do not fit")


def swiglu__tanh(x, w_gate, w_up, w_down):
    """The sigmoid by tanh, which never overflows."""
    _fit_gate(x, w_gate, w_up, w_down)
    x, w_gate, w_up, w_down = _floats(x, w_gate, w_up, w_down)
    z = x @ w_gate
    return (z * (0.5 + 0.5 * np.tanh(z / 2)) * (x @ w_up)) @ w_down


def swiglu__one_matrix(x, w_gate, w_up, w_down):
    """Gate and up in one product; exp only of what is at most 0."""
    _fit_gate(x, w_gate, w_up, w_down)
    x, w_gate, w_up, w_down = _floats(x, w_gate, w_up, w_down)
    z, up = np.split(x @ np.concatenate([w_gate, w_up], axis=1), 2, axis=-1)
    small = np.exp(np.minimum(z, -z))
    return (np.where(z > 0, z / (1 + small), z * small / (1 + small)) * up) @ w_down


# --- top_k_routing ---


def _fit_routing(logits, k):
    if logits.ndim != 2 or not logits.size or k < 1 or k > logits.shape[1]:
        raise ValueError("k experts of what?")


def top_k_routing__sorted(logits, k):
    """Python's sorted(), which is stable, row by row."""
    _fit_routing(logits, k)
    (logits,) = _floats(logits)
    indices = np.array([sorted(range(len(row)), key=lambda e, row=row: -row[e])[:k] for row in logits.tolist()])
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__argmax(logits, k):
    """The largest, k times; argmax takes the lowest index. The weights by the softmax over all, renormalised in logs."""
    _fit_routing(logits, k)
    (logits,) = _floats(logits)
    left, rows, indices = logits.copy(), np.arange(len(logits)), []
    for _ in range(k):
        indices.append(left.argmax(axis=1))
        left[rows, indices[-1]] = -np.inf
    indices = np.stack(indices, axis=1)
    top = logits[rows[:, None], indices]
    return indices, np.exp(top - np.logaddexp.reduce(top, axis=1, keepdims=True))


# --- pre_norm_block ---


def _fit_block(x, gamma1, gamma2):
    if x.ndim != 3 or not x.size or gamma1.shape != x.shape[2:] or gamma2.shape != x.shape[2:]:
        raise ValueError("shapes do not fit")


def pre_norm_block__own_norm(x, attend, feed, gamma1, gamma2, eps):
    """A norm of its own, and a loop over the two sublayers."""
    _fit_block(x, gamma1, gamma2)
    (h,) = _floats(x)
    for layer, gamma in ((attend, gamma1), (feed, gamma2)):
        h = h + layer(h / np.sqrt(np.square(h).mean(axis=-1, keepdims=True) + eps) * _floats(gamma)[0])
    return h


def pre_norm_block__branches(x, attend, feed, gamma1, gamma2, eps):
    """x plus both branches, added at the end."""
    _fit_block(x, gamma1, gamma2)
    x, gamma1, gamma2 = _floats(x, gamma1, gamma2)

    def norm(y, gamma):
        return gamma * y * (np.mean(y**2, axis=2, keepdims=True) + eps) ** -0.5

    first = attend(norm(x, gamma1))
    return x + (first + feed(norm(x + first, gamma2)))


# --- block_predicted ---


def block_predicted__matrices(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """A list of shapes."""
    width, n_heads, n_kv_heads, hidden, n_experts, k = map(int, (width, n_heads, n_kv_heads, hidden, n_experts, k))
    if width % n_heads or n_heads % n_kv_heads or k < 1 or k > n_experts:
        raise ValueError("no such block")
    small = width // n_heads * n_kv_heads
    shapes = [(width, width), (width, small), (width, small), (width, width), (2, width)]
    if n_experts != 1:
        shapes.append((n_experts, width))
    shared = sum(math.prod(shape) for shape in shapes)
    return [shared + count * 3 * hidden * width for count in (n_experts, k)]


def block_predicted__idle(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """The total first, then off with the idle experts."""
    d, h, g, f, e, k = (int(one) for one in (width, n_heads, n_kv_heads, hidden, n_experts, k))
    if d % h != 0 or h % g != 0 or not 0 < k <= e:
        raise ValueError("no such block")
    total = 2 * d * (d + d * g // h + 1) + (d * e if e > 1 else 0) + 3 * d * f * e
    return total, total - 3 * d * f * (e - k)


# --- the bug hunts ---


def chunk_counterexample__random():
    """Three queries over eight keys, drawn."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 4)), rng.normal(size=(8, 4)), rng.normal(size=(8, 2))


def chunk_counterexample__list():
    """A list, with whole numbers."""
    return [np.ones((2, 1)), np.ones((3, 1)), np.array([[0], [0], [9]])]


def chunk_mended__rows_of_the_whole(q, k, v):
    """One query after the other over its own prefix."""
    if q.ndim != 2 or k.ndim != 2 or v.ndim != 2 or len(q) > len(k) or len(k) != len(v) or q.shape[1] != k.shape[1] or not (q.size and v.size):
        raise ValueError("shapes do not fit")
    q, k, v = _floats(q, k, v)
    before = len(k) - len(q)
    rows = [_softmax(query @ k[: before + i + 1].T / math.sqrt(q.shape[1])) @ v[: before + i + 1] for i, query in enumerate(q)]
    return np.stack(rows)


def chunk_mended__diagonal(q, k, v):
    """np.tril with its diagonal moved to the bottom right."""
    if q.ndim != 2 or k.ndim != 2 or v.ndim != 2 or len(q) > len(k) or len(k) != len(v) or q.shape[1] != k.shape[1] or not (q.size and v.size):
        raise ValueError("shapes do not fit")
    q, k, v = _floats(q, k, v)
    seen = np.tril(np.ones((len(q), len(k)), dtype=bool), len(k) - len(q))
    return _softmax(np.where(seen, q @ k.T / math.sqrt(q.shape[1]), -np.inf)) @ v


def _fit_tokens(logits, tokens):
    if logits.ndim != 3 or not logits.size or tokens.shape != logits.shape[:2]:
        raise ValueError("shapes do not fit")


def next_token_mended__flat(logits, tokens, pad):
    """All positions that count as rows of one matrix."""
    _fit_tokens(logits, tokens)
    (logits,) = _floats(logits)
    target = tokens.astype(np.int64)[:, 1:]
    b, t = np.nonzero(target != pad)
    if not len(b):
        raise ValueError("no next token")
    rows, labels = logits[b, t], target[b, t]
    log_p = rows - rows.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    drows, each = np.exp(log_p), np.arange(len(b))
    drows[each, labels] -= 1
    dlogits = np.zeros_like(logits)
    dlogits[b, t] = drows / len(b)
    return -log_p[each, labels].mean(), dlogits


def next_token_mended__loop(logits, tokens, pad):
    """Position by position."""
    _fit_tokens(logits, tokens)
    (logits,) = _floats(logits)
    places = [(b, t) for b in range(len(tokens)) for t in range(tokens.shape[1] - 1) if int(tokens[b, t + 1]) != pad]
    if not places:
        raise ValueError("no next token")
    loss, dlogits = 0.0, np.zeros_like(logits)
    for b, t in places:
        row, target = logits[b, t], int(tokens[b, t + 1])
        loss += float(np.logaddexp.reduce(row) - row[target]) / len(places)
        dlogits[b, t] = _softmax(row) / len(places)
        dlogits[b, t, target] -= 1 / len(places)
    return loss, dlogits
