"""Parallel coordinates: one axis for each hyperparameter, one curve for each trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.plots import mpl
from parzen.plots.axes import LANE, Axis, axis
from parzen.plots.backends import interactive
from parzen.plots.data import Data, Floats, Scale, read, scale
from parzen.plots.levels import loss_ticks, loss_units
from parzen.plots.marks import line_handle
from parzen.plots.order import chosen
from parzen.plots.phrases import nothing
from parzen.plots.ranked import fixed, footnote, headline, legend_at, rank_bar, rank_map
from parzen.plots.sample import MANY, Places, sample
from parzen.plots.tree import branches, opener
from parzen.plots.words import cut
from parzen.wording import many, plural

TOP = 10  # hyperparameters shown unless asked for others
DASHES = {"running": (0, (2, 2)), "pruned": "-", "failed": "-"}  # green is a colour of ranks, too
STEPS = 17  # points of a curve between two axes


@dataclass(frozen=True)
class Lines:
    """What parallel coordinates show: an axis for each of k hyperparameters, and one for the loss.

    Attributes:
        data: The trials.
        columns: Indices of the k hyperparameters, from left to right.
        axes: Their axes.
        lanes: For each of them, and for the loss, whether some drawn trials have no value.
        drawn: (p,) indices of the trials that are drawn.
        heights: (p, k + 1) positions in units; in the lane below 0 where a trial has no value.
        scale: The axis of the loss.
        left: How many hyperparameters are not shown.
    """

    data: Data
    columns: tuple[int, ...]
    axes: tuple[Axis, ...]
    lanes: tuple[bool, ...]
    drawn: Places
    heights: Floats
    scale: Scale
    left: int

    @property
    def ticks(self) -> list[tuple[Floats, tuple[str, ...]]]:
        """For each axis its ticks in units, and their names."""
        found = [(one.units(one.ticks), one.names) for one in self.axes]
        return [*found, loss_ticks(self.scale)]

    @property
    def titles(self) -> list[str]:
        """What each axis shows."""
        return [*(one.label for one in self.axes), self.data.word]

    @property
    def subtitle(self) -> str:
        """What is to be seen, in one sentence."""
        drawn = f"{many(len(self.drawn))} of " if len(self.drawn) < len(self.data) else ""
        whole = plural(len(self.data), "trial")
        if self.data.best is None:
            return f"{drawn}{whole}, none succeeded yet."
        return f"{drawn}{whole}. Colour: rank, from the best to the worst {self.data.word}."

    @property
    def remark(self) -> str:
        """What is left out or stands for itself; ``""`` if nothing."""
        found = []
        if len(self.drawn) < len(self.data):
            others = len(self.drawn) - MANY // 4
            found.append(
                f"Drawn: the best {MANY // 4}, and {others} of the others spread evenly over their ranks."
            )
        if self.left:
            plural = "s" if self.left > 1 else ""
            found.append(f"{self.left} less important hyperparameter{plural} not shown (top=, labels=).")
        out = self.scale.over + self.scale.under
        if out:
            words = self.data.word if out == 1 else self.data.words
            found.append(f"{many(out)} outlying {words} drawn at the end of the axis.")
        if any(self.lanes[:-1]):
            also = ", or have no loss" if self.lanes[-1] else ""
            found.append(f"In the lane below an axis: trials that do not use it{also}.")
        elif self.lanes[-1]:
            found.append(f"In the lane below the last axis: trials without a {self.data.word}.")
        return " ".join(found)


def lines(target: Any, top: int = TOP, labels: Sequence[str] | None = None) -> Lines:
    """The data of parallel coordinates.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        top: How many hyperparameters, the most important ones.
        labels: Which ones instead, in this order.

    Raises:
        InvalidArgument: If a label is unknown or nothing is left to show.
    """
    data = read(target)
    columns = chosen(target, data, labels, top)
    if labels is None:
        columns = _grouped(data, columns)
    drawn_axes = tuple(axis(data.space, j, data.values[:, j]) for j in columns)
    losses = np.where(data.good, data.losses, np.nan)
    drawn = np.arange(len(data))
    if len(data) > MANY:
        drawn = sample(losses, best=MANY // 4, rest=MANY // 2)
    limits = scale(data.shown(losses))
    numbers, values = data.numbers[drawn], data.values[drawn]
    table = [_heights(one, values[:, j], numbers) for one, j in zip(drawn_axes, columns, strict=True)]
    last = loss_units(limits, data.shown(losses[drawn]))
    lane = LANE + drawn_axes[0].jitter(np.full(len(drawn), np.nan), numbers)
    table.append(np.where(np.isnan(last), lane, np.clip(last, 0, 1)))
    lanes = tuple(bool((column < LANE / 2).any()) for column in table)
    return Lines(
        data,
        tuple(columns),
        drawn_axes,
        lanes,
        drawn,
        np.column_stack(table),
        limits,
        len(data.space) - len(columns),
    )


def _heights(one: Axis, values: Floats, numbers: Any) -> Floats:
    """Positions in units: jittered where values are discrete, spread within the lane where there is none."""
    jitter = one.jitter(values, numbers)
    return np.where(np.isnan(values), LANE + jitter, np.clip(one.units(values) + jitter, -0.03, 1.03))


def _grouped(data: Data, columns: list[int]) -> list[int]:
    """Branch after branch, the root first, so that curves do not leave the lane and come back."""
    found = []
    for branch in branches(data):
        found += [j for j in columns if j in branch.columns]
    return found


def parallel(
    target: Any,
    *,
    top: int = TOP,
    labels: Sequence[str] | None = None,
    ax: Any = None,
    backend: str = "matplotlib",
) -> Any:
    """One curve for each trial, through an axis for each hyperparameter and one for the loss.

    Curves are coloured by the rank of the loss, the best on top. A trial that
    does not use a hyperparameter runs through the shaded lane under its axis,
    so that none is dropped; failed, pruned and running trials are faint. Of
    more than 2 000 trials the best 500 are drawn, and a thousand others that
    are spread evenly over the ranks.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        top: How many hyperparameters are shown: the most important ones.
        labels: Which ones instead, from left to right.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If an argument cannot be used.
        MissingDependency: If the library that draws is not installed.
    """
    other = interactive(backend, "parallel", ax)
    found = lines(target, top, labels)
    if other is not None:
        return other(found)
    k = len(found.titles)
    if not len(found.data):
        figure, own = mpl.new_axes(ax)
        mpl.empty(own, nothing(found.data))
        return figure
    figure, own = mpl.new_axes(ax, (float(np.clip(1.25 * k + 0.8, 6, 15)), 5.2))
    colours = mpl.palette(own)
    _curves(own, found, colours)
    _rulers(own, found, colours)
    if ax is None:
        fixed(figure, (0.75, 0.45, 0.8, 1.15), 0.0)
        headline(figure, "Which settings lead to good trials?", found.subtitle, colours)
        footnote(figure, found.remark, colours)
        _legend(figure, found, colours)
    else:
        mpl.remark(own, found.remark)
    return figure


def _curves(ax: Any, found: Lines, colours: mpl.Palette) -> None:
    """A smooth step between neighbouring axes, level where it meets them."""
    data, heights = found.data, found.heights
    rank = data.rank[found.drawn]
    n, k = heights.shape
    t = np.linspace(0.0, 1.0, STEPS)
    bend = t * t * (3 - 2 * t)
    y = heights[:, :-1, None] + (heights[:, 1:] - heights[:, :-1])[:, :, None] * bend
    x = np.arange(k - 1)[:, None] + t
    long = (n, (k - 1) * STEPS)
    curves = np.stack([np.broadcast_to(x, y.shape).reshape(long), y.reshape(long)], axis=2)
    collection = mpl.pyplot().matplotlib.collections.LineCollection
    width = float(np.clip(14 / max(n, 1) ** 0.5, 0.5, 1.4))
    alpha = float(np.clip(30 / max(n, 1) ** 0.7, 0.22, 0.85))
    look = {"linewidths": width, "rasterized": n > MANY // 4}
    for state in ("failed", "pruned", "running"):
        mask = data.is_in(state)[found.drawn]
        tint = {"colors": colours.states[state], "linestyles": DASHES[state], "alpha": 0.6 * alpha}
        ax.add_collection(collection(curves[mask], zorder=1.5, **tint, **look))
    order = np.flatnonzero(~np.isnan(rank))
    order = order[np.argsort(-rank[order], kind="stable")]
    ax.add_collection(
        collection(curves[order], colors=rank_map(colours)(rank[order]), alpha=alpha, zorder=2, **look)
    )
    if data.best is not None:
        row = np.flatnonzero(found.drawn == data.best)
        ax.add_collection(collection(curves[row], colors=colours.best, linewidths=2.0, zorder=3))


def _rulers(ax: Any, found: Lines, colours: mpl.Palette) -> None:
    """The axes, their ticks and names, and the shaded lanes."""
    k = len(found.titles)
    ax.set_axis_off()
    ax.set_xlim(-0.05, k - 1 + 0.05)
    ax.set_ylim(LANE - 0.07, 1.03)
    patches = mpl.pyplot().matplotlib.patches
    halo = {"facecolor": colours.paper, "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
    for i, ((ticks, names), title) in enumerate(zip(found.ticks, found.titles, strict=True)):
        ax.plot([i, i], [0, 1], color=colours.ink, linewidth=1.0, zorder=4)
        words = {"fontsize": 7.5, "color": colours.ink, "zorder": 5, "bbox": halo, "clip_on": False}
        for tick, name in zip(ticks, names, strict=True):
            ax.plot([i - 0.025, i], [tick, tick], color=colours.ink, linewidth=0.8, zorder=4, clip_on=False)
            ax.text(i - 0.04, tick, mpl.plain(cut(name, 12)), ha="right", va="center", **words)
        if found.lanes[i]:
            lane = patches.Rectangle((i - 0.07, LANE - 0.05), 0.14, 0.1, color=colours.faint, alpha=0.25)
            ax.add_patch(lane)
            name = "none" if i == k - 1 else "off"
            ax.text(i - 0.09, LANE, name, ha="right", va="center", **words)
        heading = {**words, "fontsize": 8.5, "fontweight": "bold" if i == k - 1 else "normal"}
        ax.text(i, 1.05, mpl.plain(cut(title, 15, middle=True)), ha="center", va="bottom", **heading)
        given = found.axes[i].given if i < k - 1 else None
        if given:
            small = {**words, "fontsize": 7, "alpha": 0.8}
            words_below = mpl.plain(cut(f"if {opener(given)}", 22))
            ax.text(i, LANE - 0.075, words_below, ha="center", va="top", **small)


def _legend(figure: Any, found: Lines, colours: mpl.Palette) -> None:
    width, height = mpl.inches(figure)
    counts = found.data.counts
    best = found.data.best is not None
    handles = [line_handle(colours.best, "the best trial", linewidth=2)] if best else []
    handles += [
        line_handle(
            colours.states[state],
            f"{state} {many(counts[state])}",
            linewidth=1.2,
            alpha=0.6,
            ls=DASHES[state],
        )
        for state in ("running", "pruned", "failed")
        if counts[state]
    ]
    if best:
        place = (1 - 1.9 / width, 1 - 0.3 / height, 1.6 / width, 0.12 / height)
        rank_bar(figure, place, ("best", "worst"), colours)
    legend_at(figure, (0.15 / width, 1 - 0.6 / height), handles, colours, columns=len(handles))
