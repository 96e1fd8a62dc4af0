"""A horizontal axis of time, on which long idle times are collapsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parzen.plots.mpl import Palette
from parzen.plots.times import Lanes, clock_ticks, length

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes


def set_clock(ax: Axes, found: Lanes) -> str:
    """Make the horizontal axis a clock without its long idle times; returns the unit of its ticks.

    Args:
        ax: The axes.
        found: From `parzen.plots.times.lanes`.
    """
    places, names, unit = clock_ticks(found)
    end = float(found.drawn(found.total)) or 1.0
    ax.set_xticks(places, names)
    ax.set_xlim(-0.01 * end, 1.01 * end)
    return unit


def draw_gaps(ax: Axes, found: Lanes, colours: Palette) -> None:
    """Marks where idle times were collapsed, with how long they were.

    Args:
        ax: The axes, whose horizontal one is a clock.
        found: The lanes.
        colours: The colours in force.
    """
    for low, high in found.gaps:
        left, right = found.drawn(np.array([low, high]))
        middle = (left + right) / 2
        ax.axvspan(left, right, color=colours.paper, lw=0, zorder=1.5)
        for x in (left + 0.3 * (right - left), left + 0.7 * (right - left)):
            ax.plot(
                [x, x],
                [0, 1],
                transform=ax.get_xaxis_transform(),
                color=colours.faint,
                lw=0.9,
                ls=":",
                zorder=3.5,
            )
        ax.annotate(
            f"{length(high - low)} idle", (middle, 0.5), xycoords=ax.get_xaxis_transform(), rotation=90,
            ha="center", va="center", fontsize=7.5, color=colours.ink,
            bbox={"facecolor": colours.paper, "edgecolor": "none", "pad": 1.0}, zorder=4,
        )  # fmt: skip
