"""Marks and legends: the states of trials by glyph and colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.plots.axes import Axis
from parzen.plots.data import STATES, Data
from parzen.plots.mpl import Palette, breadth, colour_map, inches, palette, plain, pyplot
from parzen.wording import many

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
    ax: Axes,
    x: Any,
    y: Any,
    state: str,
    colours: Palette,
    size: float = 16.0,
    n: int | None = None,
    **how: Any,
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
        how: For Matplotlib's `scatter`, such as ``transform``.
    """
    n = len(np.atleast_1d(x)) if n is None else n
    colour = colours.states[state]
    common: dict[str, Any] = {"s": size, "rasterized": dense(n), **how}
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


def draw_arrows(ax: Axes, x: Any, height: float, marker: str, colour: str, n: int) -> None:
    """Hollow arrows at the upper or lower edge, for what lies beyond it.

    Args:
        ax: The axes.
        x: (k,) where.
        height: Share of the axes' height.
        marker: ``"^"`` or ``"v"``.
        colour: Of the outline.
        n: How many trials the picture has in all.
    """
    ax.scatter(
        x,
        np.full(len(x), height),
        transform=ax.get_xaxis_transform(),
        marker=marker,
        s=mark_size(n) + 10,
        facecolors="none",
        edgecolors=colour,
        linewidths=0.9,
        rasterized=dense(n),
        zorder=3,
    )


def stamp(ax: Axes, x: Any, y: Any, state: str, colours: Palette) -> None:
    """Glyphs of a state in the colour of the paper, to be read on bars of the state's colour.

    Args:
        ax: The axes.
        x: (k,) where.
        y: (k,) where.
        state: One of `STATES`.
        colours: The colours in force.
    """
    marker: Any = MARKERS[state]
    if state == "running":
        marker = pyplot().matplotlib.markers.MarkerStyle("o", fillstyle="left")
    ax.scatter(
        x, y, marker=marker, s=14, c=colours.paper, linewidths=1.0 if state == "failed" else 0, zorder=3
    )


def draw_boxes(
    ax: Axes, boxes: tuple[Any, Any, Any], height: float, colour: str, edge: str | None, pixels: bool
) -> None:
    """Bars along lanes, as one collection.

    Args:
        ax: The axes.
        boxes: (k,) left ends, (k,) widths, (k,) lanes.
        height: Of the bars; lanes are 1 apart.
        colour: Of the bars.
        edge: Of thin lines between neighbours, or None.
        pixels: Whether they become pixels, also in a vector file.
    """
    left, width, lane = (np.asarray(part, dtype=np.float64) for part in boxes)
    x = np.stack([left, left, left + width, left + width], axis=1)
    y = np.stack([lane - height / 2, lane + height / 2, lane + height / 2, lane - height / 2], axis=1)
    bars = pyplot().matplotlib.collections.PolyCollection(
        np.stack([x, y], axis=2),
        facecolors=colour,
        edgecolors=edge or "none",
        linewidths=0.4 if edge else 0.0,
        rasterized=pixels,
        zorder=2,
    )
    ax.add_collection(bars)


def draw_lines(ax: Axes, lines: Sequence[Any], colour: Any, alpha: float, pixels: bool) -> None:
    """Many thin lines, as one collection.

    Args:
        ax: The axes.
        lines: For each its (k, 2) points.
        colour: One for all, or one for each.
        alpha: How opaque they are.
        pixels: Whether they become pixels, also in a vector file.
    """
    if lines:
        bundle = pyplot().matplotlib.collections.LineCollection(
            lines, colors=colour, linewidths=0.8, alpha=alpha, rasterized=pixels, zorder=2
        )
        ax.add_collection(bundle)


def colour_bar(figure: Any, ax: Axes, axis: Axis, name: str = "viridis") -> None:
    """A bar beside the axes that explains the colours of a hyperparameter; it steals a little room.

    Args:
        figure: The figure.
        ax: The axes.
        axis: The hyperparameter's; units 0 to 1 are the ends of the colour map.
        name: The colour map.
    """
    colours = palette(ax)
    cmap = colour_map(name)
    if axis.options:
        cmap = pyplot().matplotlib.colors.ListedColormap([cmap(u) for u in axis.units(axis.grid())])
    mappable = pyplot().matplotlib.cm.ScalarMappable(cmap=cmap)
    mappable.set_clim(0.0, 1.0)
    bar = figure.colorbar(mappable, ax=ax, pad=0.02, aspect=30)
    bar.set_ticks(axis.units(np.array(axis.ticks)), labels=[plain(name) for name in axis.names])
    bar.ax.tick_params(labelsize=8, colors=colours.ink, length=2)
    bar.set_label(plain(axis.title), fontsize=9, color=colours.ink)
    bar.outline.set_visible(False)


def legend_bars(ax: Axes, counts: Mapping[str, int], colours: Palette) -> None:
    """A legend of states as patches.

    Args:
        ax: The axes.
        counts: State -> how many.
        colours: The colours in force.
    """
    patch = pyplot().matplotlib.patches.Patch
    found = [patch(color=colours.states[s], label=f"{s} {many(counts[s])}") for s in STATES if counts.get(s)]
    box(ax, found, colours, handlelength=1.2)


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
            handles.append(lines.Line2D([], [], markersize=5, label=f"{state} {many(counts[state])}", **look))
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
    # In the line of the title, so that the subtitle has a line of its own.
    place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 2.1}
    inside = "loc" in where
    names = [handle.get_label() for handle in handles]
    long = sum(breadth(name, 8) + 0.35 for name in names) + breadth(ax.get_title(loc="left"), 10.5, bold=True)
    if not inside and long > 1.15 * inches(ax)[0]:
        # No room beside the title: inside, over the data, small.
        where = {"loc": "upper right", "ncols": 2, "borderaxespad": 0.2, **where}
        inside = True
    for handle in handles:
        handle.set_label(plain(handle.get_label()))
    if not inside:
        where = place | {"ncols": len(handles)} | where
    ax.legend(
        handles=handles,
        fontsize=8,
        frameon=inside,
        facecolor=colours.paper,
        edgecolor="none",
        framealpha=0.8,
        labelcolor=colours.ink,
        handletextpad=0.3,
        columnspacing=1.0,
        **where,
    )


def line_handle(colour: str, label: str, **look: Any) -> Any:
    """A line for a legend.

    Args:
        colour: Its colour.
        label: Its words.
        look: For Matplotlib's `Line2D`.
    """
    return pyplot().matplotlib.lines.Line2D([], [], color=colour, label=label, **look)
