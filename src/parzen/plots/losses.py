"""Did the search improve? All losses, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.plots import clock, marks, mpl, sides
from parzen.plots.backends import interactive
from parzen.plots.data import STATES, Data, Floats, Scale, Whole, read, scale
from parzen.plots.phrases import nothing, outside, summary
from parzen.plots.times import Lanes, lanes
from parzen.wording import plural

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes, Palette


def history(
    target: Any, *, ax: Axes | None = None, backend: str = "matplotlib", x: str = "trial", objective: int = 0
) -> Any:
    """The loss of every trial, and the best so far as a line of steps.

    Pruned and running trials stand at their last report. Trials without any
    number are marked on the lower edge, and those beyond the limits by arrows
    at the edge, so that none is lost. The axis is logarithmic where losses
    span decades. Long times in which nothing ran are collapsed.

    Args:
        target: A `Study`, a `Trials`, what `fmin` returned, or a `History`.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.
        x: ``"trial"`` for the trial's number, ``"time"`` for when it ended.
        objective: Which of the losses.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If an argument is none of these.
        MissingDependency: If the backend is not installed.

    >>> from parzen import Study, hp, plots
    >>> study = Study({"x": hp.float(0, 1)}, seed=0)
    >>> figure = plots.history(study)  # doctest: +SKIP
    """
    if x not in ("trial", "time"):
        raise InvalidArgument(f'x must be "trial" or "time"; got {x!r}')
    draw = interactive(backend, "history", ax)
    if draw is not None:
        return draw(target, x=x, objective=objective)
    data = read(target, objective)
    figure, ax = mpl.new_axes(ax, (7.5, 4.0))
    if not len(data):
        mpl.empty(ax, nothing(data))
        return figure
    places, words, found = _places(ax, data, x)
    colours = mpl.style(ax, words, data.word, "History", summary(data))
    order = _order(places)
    best = data.shown(data.best_so_far(order))
    heights = data.shown(data.height())
    limits = scale(heights, best[-1:])
    sides.set_losses(ax, limits)
    if not np.isfinite(heights).any():
        ax.set_yticks([])
    counts = _draw(ax, data, places, heights, limits, colours)
    line = _best_line(ax, places[order], best, colours)
    if found is None:
        sides.whole_ticks(ax)
    else:
        clock.draw_gaps(ax, found, colours)
    marks.legend_states(ax, counts, colours, line)
    mpl.note(figure, ax, "  ".join(_notes(data, limits, places)))
    return figure


def _places(ax: Axes, data: Data, x: str) -> tuple[Floats, str, Lanes | None]:
    """(n,) where trials stand, what the axis is called, and the clock that it is."""
    if x == "trial":
        return data.numbers.astype(np.float64), "trial", None
    found = lanes(data)
    unit = clock.set_clock(ax, found)
    return found.drawn(found.ends), f"time since the first trial began ({unit})", found


def _order(places: Floats) -> Whole:
    """Trials in the order in which they stand on the axis; those without a place last."""
    return np.argsort(np.where(np.isnan(places), np.inf, places), kind="stable")


def _draw(
    ax: Axes, data: Data, places: Floats, heights: Floats, limits: Scale, colours: Palette
) -> dict[str, int]:
    """Marks inside the limits, arrows where they lie beyond, the lower edge for those without a number."""
    span = float(np.nanmax(places) - np.nanmin(places)) if np.isfinite(places).any() else 1.0
    room = 0.015 * span or 0.5
    ax.set_xlim(float(np.nanmin(places)) - room, float(np.nanmax(places)) + room)
    inside = (heights >= limits.low) & (heights <= limits.high)
    marks.draw_states(ax, data, places, np.where(inside, heights, np.nan), colours)
    size = marks.mark_size(len(data))
    edges = ax.get_xaxis_transform()
    for beyond, height, marker in ((heights > limits.high, 0.985, "^"), (heights < limits.low, 0.015, "v")):
        for state in STATES:
            own = beyond & data.is_in(state)
            if own.any():
                marks.draw_arrows(ax, places[own], height, marker, colours.states[state], len(data))
    nowhere = np.isnan(heights)
    for state in ("failed", "pruned", "done", "running"):
        mask = nowhere & data.is_in(state)
        if mask.any():
            at = np.full(int(mask.sum()), 0.02)
            marks.draw_marks(ax, places[mask], at, state, colours, size, n=len(data), transform=edges)
    return data.counts


def _best_line(ax: Axes, places: Floats, best: Floats, colours: Palette) -> list[Any]:
    """The line of steps, kept to the places where it changes."""
    known = np.flatnonzero(np.isfinite(best) & np.isfinite(places))
    if not len(known):
        return []
    steps = known[np.concatenate([[True], np.diff(best[known]) != 0])]
    end = float(np.nanmax(places))
    ax.step(
        [*places[steps], end],
        [*best[steps], best[known[-1]]],
        where="post",
        color=colours.best,
        lw=1.8,
        zorder=4,
    )
    return [marks.line_handle(colours.best, "best so far", lw=1.8)]


def _notes(data: Data, limits: Scale, places: Floats) -> list[str]:
    found = []
    heights = data.height()
    lost = int((np.isnan(heights)).sum())
    if lost:
        found.append(f"{plural(lost, 'trial')} without a number on the lower edge.")
    beyond = limits.under + limits.over
    if beyond:
        infinite = int(np.isinf(heights).sum())
        part = f" ({infinite} infinite)" if infinite else ""
        found.append(f"{plural(beyond, 'trial')} beyond the limits{part}: arrows at the edge.")
    if data.counts["pruned"] and not np.isnan(heights[data.is_in("pruned")]).all():
        found.append("Pruned trials stand at their last report.")
    timeless = int(np.isnan(places).sum())
    if timeless:
        found.append(f"{plural(timeless, 'trial')} without a time not drawn.")
    return found + outside(data)
