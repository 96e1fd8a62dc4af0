"""The loss over two hyperparameters, and where it is known."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.plots import mpl, sides
from parzen.plots.axes import Axis, axis
from parzen.plots.backends import interactive
from parzen.plots.data import Data, Mask, read
from parzen.plots.marks import dense, draw_marks, mark_size
from parzen.plots.order import by_importance
from parzen.plots.phrases import nothing
from parzen.plots.ranked import OTHER, draw_best, rank_map
from parzen.plots.regression import Surface, surface
from parzen.wording import many, plural

LEVELS = 9  # lines of equal loss
FEWEST = 3  # trials that a surface is fitted to


@dataclass(frozen=True)
class Contour:
    """What a contour picture shows.

    Attributes:
        data: The trials.
        axes: The two axes.
        columns: Indices of the two hyperparameters.
        both: (n,) trials that use both.
        surface: Of the losses, positions in units of the axes; None if fewer than three trials that use
            both succeeded.
    """

    data: Data
    axes: tuple[Axis, Axis]
    columns: tuple[int, int]
    both: Mask
    surface: Surface | None

    @property
    def subtitle(self) -> str:
        """What is to be seen, in one sentence."""
        used = int((self.both & self.data.good).sum())
        if self.surface is None:
            return f"No surface: {plural(used, 'trial') if used else 'no trial'} with both succeeded."
        return (
            f"Smoothed {self.data.word} of {plural(used, 'trial')}. Hatched: no trial near. Ring: the best."
        )

    @property
    def remark(self) -> str:
        """What is left out; ``""`` if nothing."""
        missing = int((~self.both).sum())
        if not missing:
            return ""
        whole = plural(len(self.data), "trial")
        return f"{many(missing)} of {whole} use only one of the two or neither, and are not shown."


def contours(target: Any, x: str | None = None, y: str | None = None) -> Contour:
    """The data of a contour picture.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        x: Label of the hyperparameter across; None for an important one.
        y: Label of the one upwards; None for an important one.

    Raises:
        InvalidArgument: If a label is unknown, both are one, or no trial uses both.
    """
    data = read(target)
    columns = _pair(target, data, x, y)
    drawn = tuple(axis(data.space, j, data.values[:, j]) for j in columns)
    both = ~(np.isnan(data.values[:, columns[0]]) | np.isnan(data.values[:, columns[1]]))
    if len(data) and not both.any():
        labels = [data.space.params[j].label for j in columns]
        raise InvalidArgument(
            f"no trial uses both {labels[0]!r} and {labels[1]!r}, so there is no surface over them",
            hint="choose two of one branch; plots.matrix shows which pairs have trials",
        )
    used = np.flatnonzero(both & data.good)
    fitted = None
    if len(used) >= FEWEST:
        sizes = tuple(len(one.options) for one in drawn)
        places = [
            data.values[used, j] - (one.low + 0.5)
            if one.options
            else np.clip(one.units(data.values[used, j]), 0, 1)
            for one, j in zip(drawn, columns, strict=True)
        ]
        fitted = surface(places[0], places[1], data.losses[used], options=(sizes[0], sizes[1]))
    return Contour(data, (drawn[0], drawn[1]), columns, both, fitted)


def _pair(target: Any, data: Data, x: str | None, y: str | None) -> tuple[int, int]:
    """The two columns; what was left out is the most important one that trials share with the other."""
    given = [None if label is None else data.column(label) for label in (x, y)]
    if len(data.space) < 2:
        raise InvalidArgument(
            f"a contour needs two hyperparameters; the space has {len(data.space)}",
            hint="plots.effects shows one",
        )
    if given[0] is not None and given[0] == given[1]:
        raise InvalidArgument(f"x and y must be two different hyperparameters; got {x!r} twice")
    if given[0] is not None and given[1] is not None:
        return given[0], given[1]
    ordered = by_importance(target, data)
    used = ~np.isnan(data.values)
    able = [
        pair
        for pair in itertools.permutations(ordered, 2)
        if all(want in (None, have) for want, have in zip(given, pair, strict=True))
    ]
    # The most important pair of which a tenth of the trials uses both; else the one that most trials use.
    for rows in (used[data.good], used):
        shared = rows.T.astype(np.int64) @ rows
        for i, j in able:
            if shared[i, j] >= max(0.1 * len(rows), FEWEST):
                return i, j
    return max(able, key=lambda pair: int(shared[pair]))


def contour(
    target: Any,
    x: str | None = None,
    y: str | None = None,
    *,
    ax: Any = None,
    backend: str = "matplotlib",
) -> Any:
    """The loss over two hyperparameters, smoothed, with the trials on it.

    The surface is a local regression. Where no trial is near it is hatched:
    nothing is known there. Options of a choice are columns or rows, each
    smoothed for itself. Dark is good.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        x: Label of the hyperparameter across; left out, the most important one.
        y: Label of the one upwards; left out, the most important one that goes with `x`.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If a label is unknown, both are one, or no trial uses both.
        MissingDependency: If the library that draws is not installed.
    """
    other = interactive(backend, "contour", ax)
    found = contours(target, x, y)
    if other is not None:
        return other(found)
    figure, own = mpl.new_axes(ax, (7.0, 5.2))
    if not len(found.data):
        mpl.empty(own, nothing(found.data))
        return figure
    colours = mpl.style(
        own,
        title="Where is the loss low?" if found.data.sign > 0 else "Where is the value high?",
        subtitle=found.subtitle,
        grid=None,
    )
    for one, which in zip(found.axes, "xy", strict=True):
        sides.set_axis(own, one, which)
    if found.surface is not None:
        _fill(figure, own, found, found.surface, colours)
    _trials(own, found, colours)
    mpl.remark(own, found.remark)
    return figure


def places(one: Axis, side: Any) -> Any:
    """Positions of a surface's side in the user's scale.

    Args:
        one: The axis.
        side: (k,) positions in units, or the numbers of options.
    """
    return one.low + 0.5 + side if one.options else one.at(side)


def _fill(figure: Any, ax: Any, found: Contour, fitted: Surface, colours: mpl.Palette) -> None:
    shown = found.data.shown(fitted.value)
    known = shown[fitted.known]
    low, high = float(known.min()), float(known.max())
    if not low < high:
        high = low + max(abs(low), 1.0) * 1e-6
    # The best is dark on a light page: for losses the low end, for values that are to be large the high one.
    tint = rank_map(colours) if found.data.sign > 0 else rank_map(colours).reversed()
    levels = mpl.pyplot().matplotlib.ticker.MaxNLocator(LEVELS).tick_values(low, high)
    x, y = (places(one, side) for one, side in zip(found.axes, (fitted.x, fitted.y), strict=True))
    if any(one.options for one in found.axes):
        edges = [_edges(one, side) for one, side in zip(found.axes, (fitted.x, fitted.y), strict=True)]
        filled = ax.pcolormesh(*edges, shown, cmap=tint, vmin=low, vmax=high, rasterized=True, zorder=0.5)
        _hatch_cells(ax, edges, fitted.known, colours)
    else:
        filled = ax.contourf(x, y, np.clip(shown, low, high), levels=levels, cmap=tint, zorder=0.5)
        ax.contour(
            x, y, np.clip(shown, low, high), levels=levels, colors=colours.paper, linewidths=0.5, zorder=0.6
        )
        far = (~fitted.known).astype(float)
        if far.any():
            veil = {"levels": [0.5, 1.5], "zorder": 0.8}
            ax.contourf(x, y, far, colors=[colours.paper], alpha=0.82, **veil)
            with mpl.pyplot().rc_context({"hatch.color": colours.faint, "hatch.linewidth": 0.5}):
                ax.contourf(x, y, far, colors="none", hatches=["////"], **veil)
    bar = figure.colorbar(filled, ax=ax, fraction=0.05, pad=0.02)
    bar.set_label(found.data.word, fontsize=9, color=colours.ink)
    bar.ax.tick_params(labelsize=8, colors=colours.ink)
    bar.outline.set_visible(False)


def _edges(one: Axis, side: Any) -> Any:
    """Edges of cells around the positions of a surface's side, in the user's scale."""
    if one.options:
        return np.append(places(one, side) - 0.5, one.high)
    middle = (side[1:] + side[:-1]) / 2
    return one.at(np.concatenate([[0.0], middle, [1.0]]))


def _hatch_cells(ax: Any, edges: Any, known: Mask, colours: mpl.Palette) -> None:
    """Veil and hatch the cells where nothing is known: runs of them along the columns or rows."""
    patches = mpl.pyplot().matplotlib.patches
    veil = {"facecolor": colours.paper, "alpha": 0.82, "linewidth": 0, "zorder": 0.8}
    for column in range(known.shape[1]):
        bounds = np.flatnonzero(np.diff(np.concatenate([[True], known[:, column], [True]]).astype(int)))
        for start, stop in zip(bounds[::2], bounds[1::2], strict=True):
            corner = edges[0][column], edges[1][start]
            size = edges[0][column + 1] - corner[0], edges[1][stop] - corner[1]
            ax.add_patch(patches.Rectangle(corner, *size, **veil))
            lines = {
                "fill": False,
                "hatch": "////",
                "edgecolor": colours.faint,
                "linewidth": 0,
                "zorder": 0.9,
            }
            ax.add_patch(patches.Rectangle(corner, *size, **lines))


def _trials(ax: Any, found: Contour, colours: mpl.Palette) -> None:
    data = found.data
    x = found.axes[0].places(found.data.values[:, found.columns[0]], data.numbers, lane=False)
    y = found.axes[1].places(found.data.values[:, found.columns[1]], data.numbers * OTHER, lane=False)
    size = mark_size(len(data))
    for state in ("failed", "pruned", "running"):
        mask = data.is_in(state) & found.both
        if mask.any():
            draw_marks(ax, x[mask], y[mask], state, colours, 0.8 * size, n=len(data))
    done = data.is_in("done") & found.both
    many = dense(int(done.sum()))
    edge = {"linewidths": 0} if many else {"edgecolors": colours.paper, "linewidths": 0.5}
    alpha = 0.12 if many else 0.8
    ax.scatter(
        x[done],
        y[done],
        s=2 if many else size,
        color=colours.ink,
        alpha=alpha,
        zorder=2,
        rasterized=many,
        **edge,
    )
    if data.best is not None and found.both[data.best]:
        halo = {"facecolors": "none", "edgecolors": colours.paper, "linewidths": 3.6}
        ax.scatter([x[data.best]], [y[data.best]], s=max(4 * size, 45), zorder=3.4, **halo)
        draw_best(ax, x[data.best], y[data.best], colours, size)
