"""Trials coloured by the rank of their loss, as marks or as cells; and the words around a page of panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.plots.data import Data, Floats
from parzen.plots.marks import box, draw_marks, mark_size
from parzen.plots.mpl import Palette, inches, pyplot, wrapped

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes, Figure

OTHER = 1.1475  # for a second jitter: no small multiples of the two add up to a whole number


def rank_map(colours: Palette) -> Any:
    """The colour map of shares of better trials: 0, the best, stands out from the background."""
    return pyplot().get_cmap(colours.ranks).reversed()


def draw_ranked(ax: Axes, x: Any, y: Any, data: Data, colours: Palette, size: float | None = None) -> None:
    """Marks for trials, coloured by rank, the best on top; trials without a rank by their state.

    Args:
        ax: The axes.
        x: (n,) where.
        y: (n,) where; trials whose place is NaN are left out.
        data: The trials.
        colours: The colours in force.
        size: Area of a mark, in points squared.
    """
    size = mark_size(len(data)) if size is None else size
    placed = np.isfinite(x) & np.isfinite(y)
    for state in ("failed", "pruned", "running"):
        mask = data.is_in(state) & placed
        if mask.any():
            draw_marks(ax, x[mask], y[mask], state, colours, 0.6 * size, n=len(data))
    ranked = np.flatnonzero(placed & ~np.isnan(data.rank))
    ranked = ranked[np.argsort(-data.rank[ranked], kind="stable")]
    ax.scatter(
        x[ranked],
        y[ranked],
        c=data.rank[ranked],
        cmap=rank_map(colours),
        vmin=0,
        vmax=1,
        s=size,
        linewidths=0,
        alpha=0.85,
        zorder=2.6,
    )
    if data.best is not None and placed[data.best]:
        draw_best(ax, x[data.best], y[data.best], colours, size)


def draw_best(ax: Axes, x: float, y: float, colours: Palette, size: float = 16.0) -> None:
    """A ring around the best trial.

    Args:
        ax: The axes.
        x: Where.
        y: Where.
        colours: The colours in force.
        size: Area of the trial's own mark.
    """
    ax.scatter(
        [x], [y], s=max(4 * size, 45), facecolors="none", edgecolors=colours.best, linewidths=1.6, zorder=3.5
    )


def stretch(mean: Floats) -> tuple[float, float]:
    """Ends of a colour scale for mean ranks: those of the middle 96 % of the cells."""
    known = mean[~np.isnan(mean)]
    if not len(known):
        return 0.0, 1.0
    low, high = np.quantile(known, [0.02, 0.98])
    return float(low), max(float(high), float(low) + 0.05)


def draw_cells(
    ax: Axes, edges: tuple[Floats, Floats], mean: Floats, counts: Floats, colours: Palette
) -> None:
    """Cells instead of marks: coloured by mean rank; grey where no trial has a rank.

    Args:
        ax: The axes.
        edges: (k + 1,) and (l + 1,) edges in the user's scale.
        mean: (l, k) mean ranks; NaN where no trial has one.
        counts: (l, k) trials in all.
        colours: The colours in force.
    """
    unranked = np.where(np.isnan(mean) & (counts > 0), 1.0, np.nan)
    grey = pyplot().matplotlib.colors.ListedColormap([colours.faint])
    ax.pcolormesh(*edges, unranked, cmap=grey, vmin=0, vmax=1, alpha=0.5, rasterized=True, linewidth=0)
    low, high = stretch(mean)
    ax.pcolormesh(*edges, mean, cmap=rank_map(colours), vmin=low, vmax=high, rasterized=True, linewidth=0)


def patch_handle(colour: str, label: str, **look: Any) -> Any:
    """An area for a legend.

    Args:
        colour: Its colour.
        label: Its words.
        look: For Matplotlib's `Patch`.
    """
    return pyplot().matplotlib.patches.Patch(facecolor=colour, label=label, **look)


def ring_handle(colours: Palette, label: str = "the best trial") -> Any:
    """The ring of `draw_best` for a legend."""
    look = {"markerfacecolor": "none", "markeredgecolor": colours.best, "markeredgewidth": 1.6}
    return pyplot().matplotlib.lines.Line2D(
        [], [], linestyle="none", marker="o", markersize=7, label=label, **look
    )


def rank_bar(
    figure: Figure, place: tuple[float, float, float, float], words: tuple[str, str], colours: Palette
) -> None:
    """A colour bar of ranks.

    Args:
        figure: The figure.
        place: Left, bottom, width and height, as shares of the figure.
        words: What stands at its two ends: the best and the worst.
        colours: The colours in force.
    """
    bar = figure.add_axes(place)
    bar.imshow(np.linspace(0, 1, 128)[None, :], aspect="auto", cmap=rank_map(colours), extent=(0, 1, 0, 1))
    bar.set_yticks([])
    bar.set_xticks([0, 1], words)
    for text, side in zip(bar.get_xticklabels(), ("left", "right"), strict=True):
        text.set(ha=side, fontsize=8, color=colours.ink)
    bar.tick_params(length=0)
    for spine in bar.spines.values():
        spine.set_visible(False)


def headline(figure: Figure, title: str, subtitle: str, colours: Palette, left: float = 0.15) -> None:
    """Title and small print at the top of a page of panels.

    Args:
        figure: The figure.
        title: In bold: what the page answers.
        subtitle: In small print, below.
        colours: The colours in force.
        left: Distance from the left edge, in inches.
    """
    width, height = inches(figure)
    x = left / width
    figure.text(x, 1 - 0.12 / height, title, fontsize=12, fontweight="bold", color=colours.ink, va="top")
    small = wrapped(subtitle, width - 2 * left, 9)
    figure.text(x, 1 - 0.36 / height, small, fontsize=9, color=colours.ink, alpha=0.85, va="top")


def footnote(figure: Figure, text: str, colours: Palette, left: float = 0.15) -> None:
    """Small print at the bottom of a page of panels.

    Args:
        figure: The figure.
        text: One or two sentences; an empty one does nothing.
        colours: The colours in force.
        left: Distance from the left edge, in inches.
    """
    width, height = inches(figure)
    if text:
        text = wrapped(text, width - 2 * left, 8)
        figure.text(left / width, 0.08 / height, text, fontsize=8, color=colours.ink, alpha=0.75, va="bottom")


def fixed(figure: Figure, spare: tuple[float, float, float, float], gap: float) -> None:
    """Place the panels of a grid by hand: quick, also where there are eighty.

    Args:
        figure: The figure.
        spare: Room at the left, right, bottom and top, in inches.
        gap: Between panels, as a share of a panel.
    """
    width, height = inches(figure)
    plain = {"figure.autolayout": False, "figure.constrained_layout.use": False}
    with pyplot().rc_context(plain):
        figure.set_layout_engine(None)
    left, right, bottom, top = spare
    figure.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        bottom=bottom / height,
        top=1 - top / height,
        wspace=gap,
        hspace=gap,
    )


def legend_at(
    figure: Figure, place: tuple[float, float], handles: Sequence[Any], colours: Palette, columns: int = 1
) -> None:
    """A legend in an empty part of a page.

    Args:
        figure: The figure.
        place: Its upper left corner, as shares of the figure.
        handles: What it explains.
        colours: The colours in force.
        columns: In how many columns.
    """
    ax = figure.add_axes((*place, 1e-4, 1e-4))
    ax.set_axis_off()
    box(ax, handles, colours, loc="upper left", bbox_to_anchor=(0, 1), borderaxespad=0.0, ncols=columns)
