"""Marks and legends: the states of trials by glyph and colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.plots.data import STATES, Data
from parzen.plots.mpl import Palette, pyplot

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes

DENSE = 2000  # from here on marks become pixels: an SVG of 20 000 circles opens in no browser
GLYPHS = {"done": "●", "running": "◐", "pruned": "▼", "failed": "✕"}
MARKERS = {"done": "o", "running": "o", "pruned": "v", "failed": "x"}


def dense(n: int) -> bool:
    """Whether so many marks are to be pixels, also in a vector file."""
    return n > DENSE


def mark_size(n: int) -> float:
    """The area of a mark, in points squared, so that n of them still part."""
    return float(np.clip(60 / max(n, 1) ** 0.3, 3.0, 28.0))


def draw_states(
    ax: Axes,
    data: Data,
    x: Any,
    y: Any,
    colours: Palette,
    which: Sequence[str] = STATES,
    size: float | None = None,
) -> dict[str, int]:
    """Marks for trials, by glyph and colour of their state.

    Args:
        ax: The axes.
        data: The trials.
        x: (n,) where.
        y: (n,) where; trials whose place is NaN are left out.
        colours: The colours in force.
        which: The states that are drawn.
        size: Area of a mark, in points squared.

    Returns:
        How many marks each state got.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    size = mark_size(len(data)) if size is None else size
    drawn = {}
    for state in sorted(which, key=("failed", "pruned", "done", "running").index):
        mask = data.is_in(state) & np.isfinite(x) & np.isfinite(y)
        drawn[state] = int(mask.sum())
        if drawn[state]:
            draw_marks(ax, x[mask], y[mask], state, colours, size, n=len(data))
    return drawn


def draw_marks(
    ax: Axes, x: Any, y: Any, state: str, colours: Palette, size: float = 16.0, n: int | None = None
) -> None:
    """The marks of one state.

    Args:
        ax: The axes.
        x: (k,) where.
        y: (k,) where.
        state: One of `STATES`.
        colours: The colours in force.
        size: Area of a mark, in points squared.
        n: How many trials the picture has in all; many become pixels.
    """
    n = len(np.atleast_1d(x)) if n is None else n
    colour = colours.states[state]
    common: dict[str, Any] = {"s": size, "rasterized": dense(n), "clip_on": True}
    alpha = 0.75 if n < 300 else 0.55 if n < DENSE else 0.35
    if state == "failed":
        ax.scatter(
            x, y, marker="x", c=colour, linewidths=1.0, alpha=min(1.0, alpha + 0.2), zorder=2.4, **common
        )
    elif state == "running":
        common["s"] = max(1.4 * size, 16.0)
        ax.scatter(
            x,
            y,
            marker="o",
            facecolors=colours.paper,
            edgecolors=colour,
            linewidths=1.2,
            zorder=2.8,
            **common,
        )
        half = pyplot().matplotlib.markers.MarkerStyle("o", fillstyle="left")
        ax.scatter(x, y, marker=half, c=colour, linewidths=0, zorder=2.9, **common)
    else:
        marker = MARKERS[state]
        ax.scatter(x, y, marker=marker, c=colour, linewidths=0, alpha=alpha, zorder=2.5, **common)


def legend_states(
    ax: Axes, counts: Mapping[str, int], colours: Palette, extra: Sequence[Any] = (), **where: Any
) -> None:
    """A legend of the states that occur, with how many trials each has.

    Args:
        ax: The axes.
        counts: State -> how many.
        colours: The colours in force.
        extra: Other handles, before the states.
        where: For Matplotlib's `legend`, such as ``loc``.
    """
    lines = pyplot().matplotlib.lines
    handles = list(extra)
    for state in STATES:
        if counts.get(state):
            look: dict[str, Any] = {
                "marker": MARKERS[state],
                "color": colours.states[state],
                "linestyle": "none",
            }
            if state == "running":
                look |= {"fillstyle": "left", "markerfacecoloralt": colours.paper}
            handles.append(lines.Line2D([], [], markersize=5, label=f"{state} {counts[state]}", **look))
    if handles:
        box(ax, handles, colours, **where)


def box(ax: Axes, handles: Sequence[Any], colours: Palette, **where: Any) -> None:
    """A quiet legend above the axes, at the right; or where one says.

    Args:
        ax: The axes.
        handles: What it explains.
        colours: The colours in force.
        where: For Matplotlib's `legend`.
    """
    place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": len(handles), "borderaxespad": 0.3}
    ax.legend(
        handles=handles,
        fontsize=8,
        frameon=False,
        labelcolor=colours.ink,
        handletextpad=0.3,
        columnspacing=1.0,
        **(where or place),
    )


def line_handle(colour: str, label: str, **look: Any) -> Any:
    """A line for a legend.

    Args:
        colour: Its colour.
        label: Its words.
        look: For Matplotlib's `Line2D`.
    """
    return pyplot().matplotlib.lines.Line2D([], [], color=colour, label=label, **look)
