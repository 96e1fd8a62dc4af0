"""What does a low loss cost? The loss against a metric, and the trials that nothing beats in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.plots import marks, mpl, sides
from parzen.plots.backends import interactive
from parzen.plots.data import Data, Floats, Scale, Whole, read, scale
from parzen.plots.phrases import nothing
from parzen.wording import plural

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes


def pareto(
    target: Any,
    *,
    metric: str | None = None,
    larger: bool = False,
    ax: Axes | None = None,
    backend: str = "matplotlib",
) -> Any:
    """The loss of successful trials against another number in their results, and the front of the two.

    A trial is on the front if no other is at least as good in both and
    better in one.

    Args:
        target: A `Study`, a `Trials`, what `fmin` returned, or a `History`.
        metric: The key of the metric in the results; may be left out if there is just one.
        larger: Whether large values of the metric are wanted.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If no result has that metric, or there are several and none was named.
        MissingDependency: If the backend is not installed.
    """
    draw = interactive(backend, "pareto", ax)
    if draw is not None:
        return draw(target, metric=metric, larger=larger)
    data = read(target)
    figure, ax = mpl.new_axes(ax, (6.5, 4.2))
    if not data.counts["done"]:
        mpl.empty(ax, f"{plural(len(data), 'trial')}, none succeeded yet" if len(data) else nothing(data))
        return figure
    name, values = chosen(data, metric)
    able = data.is_in("done") & ~np.isnan(data.losses) & ~np.isnan(values)
    order = front(data.losses, -values if larger else values, able)
    shown = data.shown(data.losses)
    across, up = scale(values[able], values[order]), scale(shown[able], shown[order])
    wanted = "large" if larger else "small"
    goal = "large" if data.maximize else "small"
    subtitle = f"{plural(len(order), 'trial')} on the front: {data.word} {goal}, {name} {wanted}"
    colours = mpl.style(ax, name, data.word, "Trade-off", subtitle, grid="both")
    sides.set_losses(ax, across, "x")
    sides.set_losses(ax, up, "y")
    x, y = np.clip(values, across.low, across.high), np.clip(shown, up.low, up.high)
    marks.draw_states(ax, data, np.where(able, x, np.nan), y, colours, which=("done",))
    line = _staircase(values[order], shown[order], across, up, larger, data.maximize)
    ax.plot(*line, color=colours.best, lw=1.5, zorder=4)
    ax.scatter(x[order], y[order], s=30, c=colours.best, edgecolors=colours.paper, linewidths=0.8, zorder=5)
    _name_ends(ax, data, x, y, order, larger)
    handles = [marks.line_handle(colours.best, "front", marker="o", ms=4)]
    marks.legend_states(ax, {"done": int(able.sum())}, colours, handles)
    mpl.note(figure, ax, "  ".join(_notes(data, able, across, up)))
    return figure


def chosen(data: Data, metric: str | None) -> tuple[str, Floats]:
    """The name and (n,) values of the metric to draw.

    Args:
        data: The trials.
        metric: The user's choice, or None.

    Raises:
        InvalidArgument: If there is none, or several and no choice.
    """
    if metric is not None:
        return metric, data.metric(metric)
    known = list(data.metrics)
    if len(known) == 1:
        return known[0], data.metrics[known[0]]
    if not known:
        raise InvalidArgument(
            "the results have no metric beside the loss",
            hint='return it with the loss: {"loss": error, "size": megabytes}',
        )
    raise InvalidArgument(
        f"the results have several metrics; name one: metric={known[0]!r}. They are {known}"
    )


def front(losses: Floats, others: Floats, able: Any) -> Whole:
    """Indices of the trials that no other beats, by ascending `others`; both are minimised.

    Args:
        losses: (n,) minimised.
        others: (n,) minimised.
        able: (n,) bool, which trials count; both numbers of those are not NaN.

    >>> front(np.array([3.0, 1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4, bool)).tolist()
    [0, 2, 1]
    """
    index = np.flatnonzero(able)
    order = index[np.lexsort((losses[index], others[index]))]
    lowest = np.minimum.accumulate(losses[order]) if len(order) else losses[order]
    better = np.concatenate([[True], losses[order][1:] < lowest[:-1]]) if len(order) else np.zeros(0, bool)
    return np.asarray(order[better], dtype=np.int64)


def _staircase(x: Floats, y: Floats, across: Scale, up: Scale, larger: bool, maximize: bool) -> Any:
    """Corners of the region that the front dominates, out to the limits."""
    x, y = np.clip(x, across.low, across.high), np.clip(y, up.low, up.high)
    start = up.low if maximize else up.high
    end = across.low if larger else across.high
    return (
        np.concatenate([np.repeat(x, 2), [end]]),
        np.concatenate([[start], np.repeat(y, 2)[:-1], [y[-1], y[-1]]])[: 2 * len(x) + 1],
    )


def _name_ends(ax: Axes, data: Data, x: Floats, y: Floats, order: Whole, larger: bool) -> None:
    """Numbers of the trials at both ends of the front, or of all if they are few."""
    colours = mpl.palette(ax)
    named = order if len(order) <= 6 else order[[0, -1]]
    for i in named:
        ax.annotate(
            f"#{data.numbers[i]}", (x[i], y[i]), (-5 if larger else 5, 5), textcoords="offset points",
            fontsize=7.5, ha="right" if larger else "left", color=colours.ink, zorder=6,
            bbox={"facecolor": colours.paper, "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
        )  # fmt: skip


def _notes(data: Data, able: Any, across: Scale, up: Scale) -> list[str]:
    found = []
    lacking = data.counts["done"] - int(able.sum())
    if lacking:
        found.append(f"{plural(lacking, 'successful trial')} without this metric.")
    beyond = across.under + across.over + up.under + up.over
    if beyond:
        found.append(f"{plural(beyond, 'value')} beyond the limits drawn at the edge.")
    others = len(data) - data.counts["done"]
    if others:
        found.append(f"{plural(others, 'trial')} that did not succeed: not drawn.")
    return found
