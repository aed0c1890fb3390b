"""Right answers of the lesson data_scarcity, unlike the reference."""

import numpy as np


def _real(*arrays):
    return np.float32 if all(array.dtype == np.float32 for array in arrays) else np.float64


# --- flip_horizontal --------------------------------------------------------------------------------------------------


def flip_horizontal__columns_taken(images):
    """Takes the columns by a list of their numbers, last first."""
    if images.ndim != 3 or images.size == 0:
        raise ValueError("images must be (B, H, W)")
    return np.take(images, range(images.shape[2] - 1, -1, -1), axis=2)


def flip_horizontal__column_by_column(images):
    """Writes each column into its place in a new array."""
    if images.ndim != 3 or images.size == 0:
        raise ValueError("images must be (B, H, W)")
    out = np.empty_like(images)
    for j in range(images.shape[2]):
        out[:, :, -1 - j] = images[:, :, j]
    return out


# --- pad_crop ---------------------------------------------------------------------------------------------------------


def pad_crop__loop(images, pad, offsets):
    """Pads with np.pad and cuts one image after the other."""
    if images.ndim != 3 or images.size == 0 or offsets.shape != (len(images), 2) or np.any(offsets < 0) or np.any(offsets > 2 * pad):
        raise ValueError("shapes or offsets do not fit")
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    return np.stack([padded[b, i : i + height, j : j + width] for b, (i, j) in enumerate(offsets.tolist())])


def pad_crop__windows(images, pad, offsets):
    """Takes each image's window from all windows of the padded images."""
    if images.ndim != 3 or images.size == 0 or offsets.shape != (len(images), 2) or np.any(offsets < 0) or np.any(offsets > 2 * pad):
        raise ValueError("shapes or offsets do not fit")
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:], axis=(1, 2))
    return windows[np.arange(len(images)), offsets[:, 0], offsets[:, 1]]


def pad_crop__overlap(images, pad, offsets):
    """Never pads: copies the part of each image that stays in sight into an array of zeros."""
    if images.ndim != 3 or images.size == 0 or offsets.shape != (len(images), 2) or np.any(offsets < 0) or np.any(offsets > 2 * pad):
        raise ValueError("shapes or offsets do not fit")
    out = np.zeros(images.shape, images.dtype)
    _, height, width = images.shape
    for image, target, (i, j) in zip(images, out, offsets.tolist(), strict=True):
        down, right = pad - i, pad - j
        seen = image[max(0, -down) : max(0, height - down), max(0, -right) : max(0, width - right)]
        top, left = max(0, down), max(0, right)
        target[top : top + seen.shape[0], left : left + seen.shape[1]] = seen[: max(0, height - top), : max(0, width - left)]
    return out


# --- affine_warp ------------------------------------------------------------------------------------------------------


def affine_warp__pixel_by_pixel(images, matrices):
    """Four nested loops, as one would explain it on paper."""
    if images.ndim != 3 or images.size == 0 or matrices.shape != (len(images), 2, 3):
        raise ValueError("shapes do not fit")
    batch, height, width = images.shape
    out = np.zeros(images.shape, _real(images, matrices))
    values, maps = images.tolist(), matrices.tolist()
    for b in range(batch):
        for i in range(height):
            for j in range(width):
                y, x = i - (height - 1) / 2, j - (width - 1) / 2
                (r, s, t), (u, v, w) = maps[b]
                row, column = r * y + s * x + t + (height - 1) / 2, u * y + v * x + w + (width - 1) / 2
                if -1 < row < height and -1 < column < width:
                    top, left = int(np.floor(row)), int(np.floor(column))
                    for k in (top, top + 1):
                        for m in (left, left + 1):
                            if 0 <= k < height and 0 <= m < width:
                                out[b, i, j] += (1 - abs(row - k)) * (1 - abs(column - m)) * values[b][k][m]
    return out


def affine_warp__tents(images, matrices):
    """Every pixel weighs max(0, 1 - distance) in each direction: bilinear interpolation as a sum over all pixels, outside included for free."""
    if images.ndim != 3 or images.size == 0 or matrices.shape != (len(images), 2, 3):
        raise ValueError("shapes do not fit")
    _, height, width = images.shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1).reshape(-1, 2) - middle
    places = np.einsum("bij,pj->bpi", matrices[:, :, :2].astype(float), grid) + matrices[:, None, :, 2] + middle
    down = np.maximum(0, 1 - np.abs(places[:, :, 0, None] - np.arange(height)))
    beside = np.maximum(0, 1 - np.abs(places[:, :, 1, None] - np.arange(width)))
    return np.einsum("bph,bhw,bpw->bp", down, images.astype(float), beside, optimize=True).reshape(images.shape).astype(_real(images, matrices))


# --- mixup ------------------------------------------------------------------------------------------------------------


def mixup__matrix(x, y, lam, perm):
    """One mixing matrix for both: lam on the diagonal, 1 - lam at (i, perm[i])."""
    n = x.shape[0]
    if x.ndim != 2 or y.ndim != 2 or n == 0 or y.shape[0] != n or perm.shape != (n,):
        raise ValueError("shapes do not fit")
    mixing = lam * np.eye(n) + (1 - lam) * np.eye(n)[perm]
    return (mixing @ x).astype(_real(x)), (mixing @ y).astype(_real(y))


def mixup__row_by_row(x, y, lam, perm):
    """A loop over the rows."""
    if x.ndim != 2 or y.ndim != 2 or len(x) == 0 or len(y) != len(x) or perm.shape != (len(x),):
        raise ValueError("shapes do not fit")
    outs = []
    for rows in (x, y):
        out = np.empty(rows.shape, _real(rows))
        for i, j in enumerate(perm):
            out[i] = lam * rows[i].astype(out.dtype) + (1 - lam) * rows[j].astype(out.dtype)
        outs.append(out)
    return outs


def mixup__towards_the_partner(x, y, lam, perm):
    """Each row goes a part of the way to its partner: x + (1 - lam) * (x[perm] - x)."""
    if x.ndim != 2 or y.ndim != 2 or len(x) == 0 or len(y) != len(x) or perm.shape != (len(x),):
        raise ValueError("shapes do not fit")
    x, y = x.astype(_real(x)), y.astype(_real(y))
    return x + (1 - lam) * (x[perm] - x), y + (1 - lam) * (y[perm] - y)


# --- fuse_sources -----------------------------------------------------------------------------------------------------


def _same_shapes(sources):
    if not sources:
        raise ValueError("no sources")
    for x, y, _ in sources:
        if x.ndim != 2 or len(x) == 0 or y.shape != (len(x),) or x.shape[1] != sources[0][0].shape[1]:
            raise ValueError("shapes do not fit")


def fuse_sources__seen(sources):
    """Walks through the rows with a set of those already seen."""
    _same_shapes(sources)
    seen, kept, labels, origin = set(), [], [], []
    for s, (x, y, label_map) in enumerate(sources):
        for row, old in zip(x, y.tolist(), strict=True):
            if old not in label_map:
                raise ValueError(f"source {s} has no name for the label {old}")
            key = (*row.tolist(), label_map[old])
            if key not in seen:
                seen.add(key)
                kept.append(row)
                labels.append(label_map[old])
                origin.append(s)
    return np.array(kept, dtype=_real(*[x for x, _, _ in sources])), labels, origin


def fuse_sources__all_pairs(sources):
    """Compares every row with every earlier one."""
    _same_shapes(sources)
    try:
        y = np.array([label_map[old] for _, y, label_map in sources for old in y.tolist()])
    except KeyError as error:
        raise ValueError(f"no common label for {error}") from error
    x = np.concatenate([x.astype(_real(*[x for x, _, _ in sources])) for x, _, _ in sources])
    source = np.concatenate([np.full(len(x), s) for s, (x, _, _) in enumerate(sources)])
    same = (x[:, None] == x).all(axis=2) & (y[:, None] == y)
    first = ~np.tril(same, -1).any(axis=1)
    return x[first], y[first], source[first]


def fuse_sources__unique_rows(sources):
    """np.unique over rows with the label as one more column; its first positions, sorted."""
    _same_shapes(sources)
    parts = []
    for s, (x, y, label_map) in enumerate(sources):
        if not set(y.tolist()) <= set(label_map):
            raise ValueError("a label is missing")
        parts.append(np.column_stack([x.astype(float), [label_map[old] for old in y.tolist()], np.full(len(x), s)]))
    table = np.concatenate(parts)
    _, first = np.unique(table[:, :-1], axis=0, return_index=True)
    table = table[np.sort(first)]
    return table[:, :-2].astype(_real(*[x for x, _, _ in sources])), table[:, -2].astype(int), table[:, -1].astype(int)


# --- linear_probe -----------------------------------------------------------------------------------------------------


def _probe_shapes(features, labels, new_features, l2, n_classes):
    if features.ndim != 2 or new_features.ndim != 2 or features.shape[1] != new_features.shape[1] or labels.shape != (len(features),):
        raise ValueError("shapes do not fit")
    if len(features) == 0 or len(new_features) == 0 or l2 <= 0 or np.any(labels < 0) or np.any(labels >= n_classes):
        raise ValueError("no rows, or l2 or a label out of range")


def _standard(features, new_features):
    train, new = features.astype(float), new_features.astype(float)
    mean, std = train.mean(axis=0), train.std(axis=0)
    std[np.ptp(train, axis=0) == 0] = 1.0
    return (train - mean) / std, (new - mean) / std


def linear_probe__kernel(features, labels, new_features, l2, n_classes):
    """The dual: an n x n system in the place of d x d, good when there are fewer rows than features."""
    _probe_shapes(features, labels, new_features, l2, n_classes)
    z, new = _standard(features, new_features)
    y = np.eye(n_classes)[labels]
    alpha = np.linalg.solve(z @ z.T + len(z) * l2 * np.eye(len(z)), y - y.mean(axis=0))
    return np.argmax(new @ z.T @ alpha + y.mean(axis=0), axis=1)


def linear_probe__column_of_ones(features, labels, new_features, l2, n_classes):
    """The bias as one more weight, on a column of ones, with a 0 for it in the penalty."""
    _probe_shapes(features, labels, new_features, l2, n_classes)
    z, new = (np.column_stack([rows, np.ones(len(rows))]) for rows in _standard(features, new_features))
    penalty = np.diag([l2 * len(z)] * (z.shape[1] - 1) + [0.0])
    return (new @ np.linalg.solve(z.T @ z + penalty, z.T @ np.eye(n_classes)[labels])).argmax(axis=1)


def linear_probe__by_singular_values(features, labels, new_features, l2, n_classes):
    """Shrinks each singular direction by s / (s^2 + n l2): no normal equations."""
    _probe_shapes(features, labels, new_features, l2, n_classes)
    z, new = _standard(features, new_features)
    y = np.zeros((len(z), n_classes))
    y[np.arange(len(z)), labels] = 1
    u, s, vt = np.linalg.svd(z, full_matrices=False)
    w = vt.T @ ((s / (s**2 + len(z) * l2))[:, None] * (u.T @ (y - y.mean(axis=0))))
    return [int(label) for label in np.argmax(new @ w + y.mean(axis=0), axis=1)]


# --- pseudo_label -----------------------------------------------------------------------------------------------------


def pseudo_label__row_by_row(probabilities, threshold):
    """A loop over the rows, with two lists."""
    if probabilities.ndim != 2 or probabilities.size == 0:
        raise ValueError("probabilities must be (n, k)")
    indices, labels = [], []
    for i, row in enumerate(probabilities.tolist()):
        if max(row) >= threshold:
            indices.append(i)
            labels.append(row.index(max(row)))
    return indices, labels


def pseudo_label__any_entry(probabilities, threshold):
    """A row is sure if any of its entries is; the labels come from the kept rows."""
    if probabilities.ndim != 2 or probabilities.size == 0:
        raise ValueError("probabilities must be (n, k)")
    sure = (probabilities >= threshold).any(axis=1)
    return np.arange(len(sure))[sure], probabilities[sure].argmax(axis=1)


# --- split_counterexample ---------------------------------------------------------------------------------------------


def split_counterexample__ten_in_turn():
    """Images along a line, ten classes in turn: an image's neighbour is of another class, its copy is not. No random numbers."""
    images = np.arange(60.0)[:, None, None] * np.ones((1, 2, 3))
    return images, np.arange(60) % 10, np.full(images.shape, 0.1), 30


def split_counterexample__neighbours_disagree():
    """Labels alternate along a line, so the nearest other image is always of the other class; lists in the place of arrays."""
    images = [[[float(i)]] for i in range(24)]
    return images, [i % 2 for i in range(24)], [[[0.01]]] * 24, 10


# --- split_mended -----------------------------------------------------------------------------------------------------


def split_mended__indices(images, labels, noise, n_test):
    """Splits the row numbers, and lists the training rows twice."""
    n = len(images)
    if images.ndim != 3 or images.size == 0 or labels.shape != (n,) or noise.shape != images.shape or not 0 < n_test < n:
        raise ValueError("shapes or n_test do not fit")
    real = _real(images, noise)
    train, test = np.arange(n - n_test), np.arange(n - n_test, n)
    both = np.concatenate([train, train])
    strength = np.repeat(np.array([0, 1], real), len(train))[:, None, None]
    return images[both].astype(real) + strength * noise[both].astype(real), labels[both], images[test].astype(real), labels[test]


def split_mended__written_in_place(images, labels, noise, n_test):
    """Makes the arrays first, and fills them half by half."""
    n = len(images)
    if images.ndim != 3 or images.size == 0 or labels.shape != (n,) or noise.shape != images.shape or n_test < 1 or n_test >= n:
        raise ValueError("shapes or n_test do not fit")
    m = n - n_test
    train = np.empty((2 * m, *images.shape[1:]), _real(images, noise))
    train[:m] = images[:m]
    np.add(train[:m], noise[:m], out=train[m:])
    return [train, [*labels[:m].tolist(), *labels[:m].tolist()], images[m:].astype(train.dtype), labels[m:].tolist()]


# --- instruction_rows_mended ------------------------------------------------------------------------------------------


def instruction_rows_mended__filled_tables(prompts, responses, eos, length):
    """Starts from tables of padding, and writes each row's real tokens over their beginning."""
    n = len(prompts)
    if n == 0 or len(responses) != n or min(map(len, responses)) == 0 or max(map(len, prompts)) >= length:
        raise ValueError("prompts and responses do not fit")
    ids, targets, attention = np.full((n, length), eos), np.full((n, length), -100), np.zeros((n, length), int)
    for i in range(n):
        real = (prompts[i] + responses[i] + [eos])[:length]
        ids[i, : len(real)] = real
        attention[i, : len(real)] = 1
        targets[i, len(prompts[i]) : len(real)] = real[len(prompts[i]) :]
    return ids, targets, attention


def instruction_rows_mended__by_places(prompts, responses, eos, length):
    """Compares each place with where the prompt and the response end."""
    if not prompts or len(prompts) != len(responses):
        raise ValueError("prompts and responses do not fit")
    starts = np.array([[len(prompt)] for prompt in prompts])
    ends = starts + np.array([[len(response)] for response in responses])
    if np.any(ends == starts) or np.any(starts >= length):
        raise ValueError("nothing to learn")
    place = np.arange(length)
    ids = np.array([[*prompt, *response, *[eos] * length][:length] for prompt, response in zip(prompts, responses, strict=True)])
    return ids, np.where((place >= starts) & (place <= ends), ids, -100), (place <= ends).astype(int)


# --- epochs_predicted -------------------------------------------------------------------------------------------------


def epochs_predicted__logarithms(tokens, alpha, budget):
    """A softmax of alpha times the logarithm of the sizes."""
    logs = alpha * np.log(tokens)
    weights = np.exp(logs - logs.max())
    return budget * (weights / weights.sum()) / np.array(tokens, float)


def epochs_predicted__against_the_largest(tokens, alpha, budget):
    """One source after another, its weight being one over what all others weigh beside it."""
    return [budget / sum((other / n) ** alpha for other in tokens) / n for n in tokens]
