"""Did the search improve? All losses, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.plots import marks, mpl
from parzen.plots.backends import interactive
from parzen.plots.data import Data, Floats, Scale, Whole, read, scale
from parzen.plots.words import brief, many, plural

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes, Palette

UNITS = ((1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "days"))


def history(
    target: Any, *, ax: Axes | None = None, backend: str = "matplotlib", x: str = "trial", objective: int = 0
) -> Any:
    """The loss of every trial, and the best so far as a line of steps.

    Pruned and running trials stand at their last report. Trials without any
    number are marked on the lower edge, and those beyond the limits by arrows
    at the edge, so that none is lost. The axis is logarithmic where losses
    span decades.

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
    places, words = _places(data, x)
    colours = mpl.style(ax, words, data.word, "History", summary(data))
    order = _order(places)
    best = data.shown(data.best_so_far(order))
    heights = data.shown(data.height())
    limits = scale(heights, best)
    mpl.set_losses(ax, limits)
    counts = _draw(ax, data, places, heights, limits, colours)
    line = _best_line(ax, places[order], best, colours)
    marks.legend_states(ax, counts, colours, line)
    mpl.note(figure, "  ".join(_notes(data, limits, places)))
    return figure


def nothing(data: Data) -> str:
    """Why there is nothing to draw."""
    if data.waiting:
        return f"no trial has a point yet ({plural(data.waiting, 'trial')} opened)"
    return "no trials yet"


def summary(data: Data) -> str:
    """One line on a study: how many trials, and the best of them."""
    if data.best is None:
        return f"{plural(len(data), 'trial')}, none succeeded yet"
    best = data.best
    value = brief(float(data.shown(data.losses[best])))
    since = int((data.numbers > data.numbers[best]).sum())
    flat = f", {plural(since, 'trial')} since" if since else ""
    return f"{plural(len(data), 'trial')}; best {data.word} {value} at trial {data.numbers[best]}{flat}"


def since_start(data: Data) -> tuple[Floats, Floats, str]:
    """(n,) starts and (n,) ends counted from the first start, and their unit.

    Args:
        data: The trials.
    """
    known = np.concatenate([data.started, data.ended])
    known = known[np.isfinite(known)]
    first, last = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    size, unit = next((pair for pair in reversed(UNITS) if last - first >= 2 * pair[0]), UNITS[0])
    return (data.started - first) / size, (data.ended - first) / size, unit


def _places(data: Data, x: str) -> tuple[Floats, str]:
    if x == "trial":
        return data.numbers.astype(np.float64), "trial"
    started, ended, unit = since_start(data)
    return np.where(np.isnan(ended), started, ended), f"time since the first trial began ({unit})"


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
        if beyond.any():
            colour = [colours.states["done"]]
            ax.scatter(
                places[beyond], np.full(int(beyond.sum()), height), transform=edges, marker=marker, s=size + 10,
                facecolors="none", edgecolors=colour, linewidths=0.9, rasterized=marks.dense(len(data)), zorder=3,
            )  # fmt: skip
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


def outside(data: Data) -> list[str]:
    """Sentences on trials of the study that are in none of the arrays."""
    found = []
    if data.waiting:
        found.append(f"{many(data.waiting)} opened and without a point: not drawn.")
    if data.outside:
        found.append(f"{many(data.outside)} of another space or excluded: not drawn.")
    return found
