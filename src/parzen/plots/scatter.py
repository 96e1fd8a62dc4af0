"""The scatter matrix: every pair of the most important hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.plots import mpl, sides
from parzen.plots.axes import Axis, axis
from parzen.plots.backends import interactive
from parzen.plots.data import Data, Floats, read
from parzen.plots.density import Density, best_trials, best_words, density
from parzen.plots.marks import line_handle
from parzen.plots.order import chosen
from parzen.plots.phrases import nothing
from parzen.plots.ranked import (
    OTHER,
    draw_cells,
    draw_ranked,
    fixed,
    footnote,
    headline,
    legend_at,
    patch_handle,
    rank_bar,
    ring_handle,
)
from parzen.plots.sample import MANY, Cells, binned, cells
from parzen.plots.words import cut
from parzen.wording import many, plural

TOP = 8  # hyperparameters shown unless asked for others


@dataclass(frozen=True)
class Pairs:
    """What a scatter matrix shows.

    Attributes:
        data: The trials.
        columns: Indices of its hyperparameters, in order.
        axes: Their axes.
        lanes: For each, whether some trials do not use it.
        every, best: For each, the density of all trials and of the best; None where there is none.
        left: How many hyperparameters are not shown.
    """

    data: Data
    columns: tuple[int, ...]
    axes: tuple[Axis, ...]
    lanes: tuple[bool, ...]
    every: tuple[Density | None, ...]
    best: tuple[Density | None, ...]
    left: int

    @property
    def binned(self) -> bool:
        """Whether there are too many trials for a mark each."""
        return len(self.data) > MANY

    def values(self, i: int) -> Floats:
        """(n,) values of the i-th hyperparameter shown."""
        return self.data.values[:, self.columns[i]]

    def cells(self, i: int) -> Cells:
        """The cells of the i-th hyperparameter shown."""
        return cells(self.axes[i], self.values(i), self.lanes[i])

    @property
    def subtitle(self) -> str:
        """What is to be seen, in one sentence."""
        shown = "mean rank in a cell" if self.binned else "rank of a trial"
        whole = plural(len(self.data), "trial")
        if self.data.best is None:
            return f"{whole}, none succeeded yet."
        return f"{whole}. Colour: {shown}, from the best to the worst {self.data.word}."

    @property
    def remark(self) -> str:
        """What is left out or stands for itself; ``""`` if nothing."""
        counts, found = self.data.counts, []
        if self.left:
            plural = "s" if self.left > 1 else ""
            found.append(f"{self.left} less important hyperparameter{plural} not shown (top=, labels=).")
        faint = [
            f"{many(counts[state])} {state}" for state in ("running", "pruned", "failed") if counts[state]
        ]
        if faint:
            found.append(f"Without a rank: {', '.join(faint)}.")
        if any(self.lanes):
            found.append("In the lane beside an axis: trials that do not use it.")
        return " ".join(found)


def pairs(target: Any, top: int = TOP, labels: Sequence[str] | None = None) -> Pairs:
    """The data of a scatter matrix.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        top: How many hyperparameters, the most important ones.
        labels: Which ones instead, in this order.

    Raises:
        InvalidArgument: If a label is unknown or nothing is left to show.
    """
    data = read(target)
    columns = tuple(chosen(target, data, labels, top))
    drawn = [axis(data.space, j, data.values[:, j]) for j in columns]
    best = best_trials(data)
    return Pairs(
        data,
        columns,
        tuple(drawn),
        tuple(bool(np.isnan(data.values[:, j]).any()) for j in columns),
        tuple(density(a, data.values[:, j]) for a, j in zip(drawn, columns, strict=True)),
        tuple(density(a, data.values[best, j]) for a, j in zip(drawn, columns, strict=True)),
        len(data.space) - len(columns),
    )


def matrix(
    target: Any,
    *,
    top: int = TOP,
    labels: Sequence[str] | None = None,
    ax: Any = None,
    backend: str = "matplotlib",
) -> Any:
    """Every pair of hyperparameters, with each one's density on the diagonal.

    Marks are coloured by the rank of the loss, so that outliers do not wash
    the colours out. On the diagonal the grey area is the density of all
    trials, the line that of the best tenth, and at least of five. Trials that do not use a
    conditional hyperparameter lie in a shaded lane beside its range. More
    than 2 000 trials are drawn as cells.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        top: How many hyperparameters are shown: the most important ones.
        labels: Which ones instead, in this order.
        ax: Matplotlib axes whose place is used; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If an argument cannot be used.
        MissingDependency: If the library that draws is not installed.
    """
    other = interactive(backend, "matrix", ax)
    found = pairs(target, top, labels)
    if other is not None:
        return other(found)
    k = len(found.columns)
    if not len(found.data):
        figure, own = mpl.new_axes(ax)
        mpl.empty(own, nothing(found.data))
        return figure
    side = float(np.clip(11.0 / k, 1.15, 2.6))
    figure, grid = mpl.new_grid(k, k, ax, (max(side * k + 1.0, 5.5), max(side * k + 1.2, 5.0)))
    if ax is None:
        fixed(figure, (0.95, 0.2, 1.12, 0.75), 0.09)
    for i in range(k):
        for j in range(k):
            if j > i:
                grid[i, j].set_visible(False)
            elif i == j:
                _diagonal(grid[i, i], found, i)
            else:
                _pair(grid[i, j], found, j, i)
            if j <= i:
                _words(grid[i, j], found, j, i, k)
    _legend(figure, grid, found, whole=ax is None)
    return figure


def _pair(ax: Any, found: Pairs, x: int, y: int) -> None:
    """One panel: hyperparameter `x` across and `y` upwards, as their places among those shown."""
    data, colours = found.data, mpl.palette(ax)
    if found.binned:
        columns, rows = found.cells(x), found.cells(y)
        mean, counts = binned(columns, rows, data.rank)
        edges = found.axes[x].at(columns.edges), found.axes[y].at(rows.edges)
        draw_cells(ax, edges, mean, counts, colours)
        return
    across = found.axes[x].places(found.values(x), data.numbers, lane=found.lanes[x])
    # Another jitter upwards, else equal pairs lie on diagonals.
    upwards = found.axes[y].places(found.values(y), data.numbers * OTHER, lane=found.lanes[y])
    draw_ranked(ax, across, upwards, data, colours)


def _diagonal(ax: Any, found: Pairs, i: int) -> None:
    colours = mpl.palette(ax)
    for shape, colour, filled in (
        (found.every[i], colours.faint, True),
        (found.best[i], colours.best, False),
    ):
        if shape is None:
            continue
        x = found.axes[i].at(shape.units)
        if shape.sticks:
            ax.vlines(x, 0, shape.height, color=colour, linewidth=3.5 if filled else 1.5)
        elif shape.bars:
            look = (
                {"color": colour, "alpha": 0.45}
                if filled
                else {"fill": False, "edgecolor": colour, "lw": 1.4}
            )
            ax.bar(x, shape.height, width=0.8 if filled else 0.6, **look)
        elif filled:
            ax.fill_between(x, 0, shape.height, color=colour, alpha=0.45, linewidth=0)
        else:
            ax.plot(x, shape.height, color=colour, linewidth=1.5)
    ax.set_ylim(0, 1.12)


def _words(ax: Any, found: Pairs, x: int, y: int, k: int) -> None:
    """Scales, ticks and words: labels at the left and the bottom edge only."""
    crowded = k > 2
    mpl.style(ax, grid=None)
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color(mpl.palette(ax).faint)
    sides.set_axis(ax, found.axes[x], "x", lane=found.lanes[x], crowded=crowded)
    if crowded and found.lanes[x]:
        # Its name would touch the first tick, and the shade tells enough.
        ax.set_xticklabels(["", *(text.get_text() for text in ax.get_xticklabels()[1:])])
    if x == y:
        ax.set_yticks([])
        ax.set_ylabel("")
    else:
        sides.set_axis(ax, found.axes[y], "y", lane=found.lanes[y], crowded=crowded)
    most = 16 if crowded else 28
    if y == k - 1:
        ax.set_xlabel(mpl.plain(cut(found.axes[x].label, most, middle=True)), fontsize=8.5)
        if crowded:
            _level(ax)
    else:
        ax.tick_params(axis="x", which="both", labelbottom=False)
        ax.set_xlabel("")
    if x == 0:
        words = cut(found.axes[y].label, most, middle=True)
        ax.set_ylabel(mpl.plain(words), fontsize=8.5, color=mpl.palette(ax).ink)
    else:
        ax.tick_params(axis="y", which="both", labelleft=False)
        ax.set_ylabel("")


def _level(ax: Any) -> None:
    """Short names below a crowded axis, and its label at the same height as its neighbours'."""
    names = [cut(text.get_text(), 10) for text in ax.get_xticklabels()]
    ax.set_xticklabels(names)
    _, height = mpl.inches(ax.figure)
    ax.xaxis.set_label_coords(0.5, -0.52 / (height * ax.get_position().height))


def _legend(figure: Any, grid: Any, found: Pairs, whole: bool) -> None:
    """Colour bar and what the diagonal shows, in the empty half; title above and notes below."""
    colours, k = mpl.palette(grid[0, 0]), len(found.columns)
    if whole:
        headline(figure, "Which values go together?", found.subtitle, colours)
        footnote(figure, found.remark, colours)
    handles = [
        patch_handle(colours.faint, "density of all trials", alpha=0.45),
    ]
    words = best_words(found.data)
    if words:
        handles.append(line_handle(colours.best, f"density of {words}", linewidth=1.5))
        handles += [] if found.binned else [ring_handle(colours)]
    width, height = mpl.inches(figure)
    left = grid[0, 1].get_position().x0 if k > 1 else 0.55
    top = 1 - 0.85 / height if whole else grid[0, 0].get_position().y1
    if words:
        rank_bar(figure, (left, top - 0.12 / height, 1.6 / width, 0.12 / height), ("best", "worst"), colours)
    legend_at(figure, (left, top - 0.5 / height), handles, colours)
