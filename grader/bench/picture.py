"""The benchmark as a picture: time against size, a panel for each workload.

Its colours are readable on a light page and on a dark one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.bench.solutions import Row

_INK = "#7d7d7d"
_COLORS = {
    "ours": "#2f80ed",
    "scikit-learn": "#e8830c",
    "scipy-ndimage": "#2f9e44",
    "opencv": "#c2519f",
    "torch": "#e5484d",
    "torch-fused": "#e5484d",
    "torchmetrics": "#9a6bea",
}
_BOLD = {"linewidth": 2.8, "markersize": 5, "zorder": 3}
_THIN = {"linewidth": 1.2, "markersize": 3}
_STYLES = {"ours": "o-", "torch-fused": "o--", "products alone": "o:"}


def save(rows: Sequence[Row], path: Path) -> None:
    """Draw the rows into a file, whose name says what kind it is."""
    import matplotlib

    matplotlib.use("Agg")  # a server has no screen
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(row.workload for row in rows))
    columns = min(4, len(names))
    lines = -(-len(names) // columns)
    parts = ("text", "xtick", "ytick", "grid")
    inked = [*(f"{part}.color" for part in parts), "axes.labelcolor", "axes.edgecolor"]
    style: dict[Any, Any] = dict.fromkeys(inked, _INK)
    style |= {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    style |= {"figure.constrained_layout.h_pad": 0.09, "figure.constrained_layout.w_pad": 0.09}
    with plt.rc_context(style):
        size = (3 * columns, 2.4 * lines + 0.5)
        # squeeze=False: `axes` is an array for a single panel, too.
        figure, axes = plt.subplots(lines, columns, figsize=size, squeeze=False, layout="constrained")
        for ax in axes.flat[len(names) :]:
            ax.remove()
        for name, ax in zip(names, axes.flat, strict=False):
            _panel(ax, [row for row in rows if row.workload == name and row.time])
        _legend(figure)
        figure.savefig(path, dpi=150, transparent=True)
        plt.close(figure)


def _panel(ax: Any, rows: Sequence[Row]) -> None:
    """Time against size, ours bold and on top."""
    from matplotlib.ticker import EngFormatter, NullFormatter

    for who in dict.fromkeys(row.who for row in rows):
        timed = [row for row in rows if row.who == who and row.time]
        sizes = [row.size for row in timed]
        times = [row.time.median for row in timed if row.time]
        look = _BOLD if who == "ours" else _THIN
        color, style = _COLORS.get(who, _INK), _STYLES.get(who, "o-")
        ax.loglog(sizes, times, style, color=color, label=who, **look)
    ax.set_title(rows[0].workload, fontsize=10, fontweight="bold", loc="left")
    ax.set_xlabel(rows[0].unit, labelpad=1)
    for axis, unit in ((ax.xaxis, ""), (ax.yaxis, "s")):
        axis.set_major_formatter(EngFormatter(unit))
        axis.set_minor_formatter(NullFormatter())
    low, high = ax.get_ylim()
    # Whole decades, so that two are labelled at least.
    ax.set_ylim(10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high)))
    ax.tick_params(which="minor", length=0)
    ax.grid(alpha=0.25, linewidth=0.6)


def _legend(figure: Any) -> None:
    """One for all panels, everybody once."""
    entries: dict[str, Any] = {}
    for ax in figure.axes:
        lines, names = ax.get_legend_handles_labels()
        entries |= dict(zip(names, lines, strict=True))
    shown = sorted(entries, key=[*_COLORS, *entries].index)
    lines = [entries[who] for who in shown]
    title = "Time of one call, by size: lower is faster"
    where = {"loc": "outside lower center", "ncols": min(8, len(shown)), "frameon": False}
    figure.legend(lines, shown, title=title, **where)
