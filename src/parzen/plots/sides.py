"""Sides of Matplotlib axes: a hyperparameter's, a loss's, whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.plots.axes import INACTIVE, Axis
from parzen.plots.data import Scale
from parzen.plots.mpl import breadth, inches, palette, plain, pyplot
from parzen.plots.words import brief, minor_ticks

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes


def set_axis(
    ax: Axes, axis: Axis, which: str = "x", lane: bool = False, title: bool = True, crowded: bool = False
) -> None:
    """Make one side of some axes that of a hyperparameter, in the user's scale.

    Args:
        ax: The axes.
        axis: The hyperparameter's.
        which: ``"x"`` or ``"y"``.
        lane: Whether inactive values are drawn, which makes room for their lane and names it.
        title: Whether the label is written.
        crowded: Whether there is little room: fewer and smaller ticks.
    """
    plt = pyplot()
    side = ax.xaxis if which == "x" else ax.yaxis
    colours = palette(ax)
    (ax.set_xscale if which == "x" else ax.set_yscale)("log" if axis.log else "linear")
    limits = axis.limits(lane)
    (ax.set_xlim if which == "x" else ax.set_ylim)(*limits)
    ticks, names = list(axis.ticks), list(axis.names)
    if crowded and len(ticks) > (8 if axis.options else 4):
        every = -(-(len(ticks) - 1) // 3)
        ticks, names = ticks[::every], names[::every]
    room = inches(ax)[0]
    size = 7 if crowded else 8.5
    if which == "x" and not axis.options and _touching(axis.units(ticks) * room / 1.2, names, size):
        ticks, names = ticks[::2], names[::2]
    if lane:
        ticks, names = [axis.lane, *ticks], [INACTIVE if not crowded else "off", *names]
        line = ax.axvspan if which == "x" else ax.axhspan
        line(limits[0], float(axis.at(-0.06)), color=colours.faint, alpha=0.12, linewidth=0, zorder=0)
    side.set_major_locator(plt.matplotlib.ticker.FixedLocator(ticks))
    side.set_major_formatter(plt.matplotlib.ticker.FixedFormatter([plain(name) for name in names]))
    minor = minor_ticks(axis.low, axis.high) if axis.log else ()
    side.set_minor_locator(plt.matplotlib.ticker.FixedLocator(minor))
    side.set_minor_formatter(plt.matplotlib.ticker.NullFormatter())
    if which == "x" and axis.options and sum(breadth(name, size) + 0.1 for name in names) > room:
        for text in ax.get_xticklabels():
            text.set(rotation=35, ha="right", rotation_mode="anchor")
    if crowded:
        ax.tick_params(axis=which, labelsize=7)  # type: ignore[arg-type]  # "x" or "y"
    if title:
        (ax.set_xlabel if which == "x" else ax.set_ylabel)(plain(axis.title), fontsize=9, color=colours.ink)


def _touching(places: Any, names: list[str], size: float) -> bool:
    """Whether names at some places, in inches, would meet."""
    halves = np.array([breadth(name, size) / 2 for name in names])
    return bool((np.diff(places) < halves[1:] + halves[:-1] + 0.04).any())


def set_losses(ax: Axes, scale: Scale, which: str = "y") -> None:
    """Make one side of some axes that of a loss.

    Args:
        ax: The axes.
        scale: From `parzen.plots.data.scale`.
        which: ``"x"`` or ``"y"``.
    """
    plt = pyplot()
    options = {"linthresh": scale.threshold} if scale.kind == "symlog" else {}
    (ax.set_xscale if which == "x" else ax.set_yscale)(scale.kind, **options)
    (ax.set_xlim if which == "x" else ax.set_ylim)(scale.low, scale.high)
    side = ax.xaxis if which == "x" else ax.yaxis
    ticker = plt.matplotlib.ticker
    if scale.kind == "log":
        narrow = scale.high / scale.low < 1000
        side.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=8))
        side.set_major_formatter(ticker.FuncFormatter(lambda x, _: brief(x)))
        side.set_minor_formatter(ticker.NullFormatter())
    elif scale.kind == "symlog":
        side.set_major_formatter(ticker.FuncFormatter(lambda x, _: brief(x)))
        side.set_minor_formatter(ticker.NullFormatter())


def whole_ticks(ax: Axes, which: str = "x") -> None:
    """Ticks at whole numbers only, as of trials.

    Args:
        ax: The axes.
        which: ``"x"`` or ``"y"``.
    """
    ax.locator_params(axis=which, integer=True, min_n_ticks=1)  # type: ignore[arg-type]  # "x" or "y"
