"""Who worked when? One lane for each place where trials are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.plots import clock, marks, mpl
from parzen.plots.backends import interactive
from parzen.plots.data import STATES, Data, Floats, read
from parzen.plots.phrases import nothing
from parzen.plots.times import NAMED, Lanes, lanes
from parzen.wording import plural

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes, Palette

HEIGHTS = {"done": 0.76, "running": 0.76, "pruned": 0.5, "failed": 0.26}  # for whom colours are alike


def timeline(target: Any, *, ax: Axes | None = None, backend: str = "matplotlib") -> Any:
    """When each trial ran, and where: a lane for each worker, coloured by what became of the trial.

    Long times in which nothing ran at all are collapsed, with a mark that
    says how long they were. Bars of pruned trials are lower, those of failed
    ones the lowest. The share of time in which a lane was busy is
    written beside it, and does not count collapsed gaps.

    Args:
        target: A `Study`, a `Trials`, what `fmin` returned, or a `History`, which knows no workers.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If an argument is none of these.
        MissingDependency: If the backend is not installed.
    """
    draw = interactive(backend, "timeline", ax)
    if draw is not None:
        return draw(target)
    data = read(target)
    found = lanes(data)
    height = float(np.clip(1.6 + 0.32 * len(found.names), 2.2, 12.0))
    figure, ax = mpl.new_axes(ax, (8.0, height))
    if not len(data) or not found.names:
        mpl.empty(ax, nothing(data) if not len(data) else "no trial has begun yet")
        return figure
    busy = found.busy
    pause = f"; {plural(len(found.gaps), 'idle time')} collapsed" if len(found.gaps) else ""
    subtitle = f"{plural(len(found.names), 'lane')}, {100 * busy.mean():.0f} % busy{pause}"
    unit = clock.set_clock(ax, found)
    colours = mpl.style(ax, f"time since the first trial began ({unit})", "", "Timeline", subtitle, grid=None)
    _draw_bars(ax, data, found, colours)
    clock.draw_gaps(ax, found, colours)
    _set_lanes(ax, found, busy, colours)
    marks.legend_bars(ax, data.counts, colours)
    never = int((found.rows < 0).sum())
    mpl.note(figure, ax, f"{plural(never, 'trial')} never began: not drawn." if never else "")
    return figure


def _draw_bars(ax: Axes, data: Data, found: Lanes, colours: Palette) -> None:
    low, high = found.drawn(found.starts), found.drawn(found.ends)
    end = float(found.drawn(found.total)) or 1.0
    few = len(data) <= 400
    for state in STATES:
        mask = data.is_in(state) & (found.rows >= 0)
        if not mask.any():
            continue
        # A short trial is still to be seen.
        left, width, lane = low[mask], np.maximum(high[mask] - low[mask], 0.0015 * end), found.rows[mask]
        edge = colours.paper if few else None
        boxes = (left, width, lane)
        marks.draw_boxes(ax, boxes, HEIGHTS[state], colours.states[state], edge, marks.dense(len(data)))
        wide = width > 0.015 * end
        if state != "done" and wide.any():
            marks.stamp(ax, (left + width / 2)[wide], lane[wide], state, colours)


def _set_lanes(ax: Axes, found: Lanes, busy: Floats, colours: Palette) -> None:
    count = len(found.names)
    ax.set_ylim(count - 0.4, -0.6)
    if count > NAMED:
        ax.set_ylabel("worker", fontsize=9, color=colours.ink)
        return
    ax.set_yticks(range(count), [mpl.plain(name) for name in found.names])
    ax.set_ylabel("worker", fontsize=9, color=colours.ink)
    for lane, share in enumerate(busy):
        ax.annotate(
            f"{100 * share:.0f} %", (1.0, lane), (4, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=8, color=colours.ink, annotation_clip=False,
        )  # fmt: skip
