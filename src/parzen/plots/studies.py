"""Which search did better? Several studies in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.plots import marks, mpl, sides
from parzen.plots.backends import interactive
from parzen.plots.data import Data, Floats, Scale, read, scale
from parzen.plots.phrases import nothing
from parzen.plots.times import unit_of
from parzen.plots.words import cut
from parzen.wording import many, plural

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes

STEPS = 1000  # corners of one line at most


def groups(targets: Any) -> dict[str, list[Data]]:
    """Studies by what they are called; several of one name belong together.

    Args:
        targets: One target, several, or name -> target or targets.

    Raises:
        InvalidArgument: If there is none, or some maximise and others minimise.
    """
    found: dict[str, list[Data]] = {}
    if isinstance(targets, Mapping) and not hasattr(targets, "study"):
        for name, own in targets.items():
            found[str(name)] = [read(one) for one in (own if isinstance(own, (list, tuple)) else [own])]
    else:
        several = (
            targets if isinstance(targets, Sequence) and not isinstance(targets, (str, bytes)) else [targets]
        )
        for k, one in enumerate(several, start=1):
            data = read(one)
            found.setdefault(data.name or f"history {k}", []).append(data)
    every = [data for own in found.values() for data in own]
    if not every:
        raise InvalidArgument("there is no study to compare; got none")
    if len({data.maximize for data in every}) > 1:
        raise InvalidArgument("some of the studies maximise and others minimise: they have no common axis")
    return found


def compare(targets: Any, *, ax: Axes | None = None, backend: str = "matplotlib", x: str = "trial") -> Any:
    """The best so far of several studies, by trials or by time.

    Studies that share a name, or stand in one list under one key, are
    repetitions: their median is drawn with the range of their middle half (of
    all, if they are fewer than five).

    Args:
        targets: Several `Study`, `Trials`, `Best` or `History`; or a dict of name -> one or a list.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.
        x: ``"trial"`` for how many trials have ended, ``"time"`` for time since the first one began.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If there is no study, directions differ, or an argument is not as above.
        MissingDependency: If the backend is not installed.
    """
    if x not in ("trial", "time"):
        raise InvalidArgument(f'x must be "trial" or "time"; got {x!r}')
    draw = interactive(backend, "compare", ax)
    if draw is not None:
        return draw(targets, x=x)
    found = groups(targets)
    every = [data for own in found.values() for data in own]
    figure, ax = mpl.new_axes(ax, (7.0, 4.0))
    if not any(data.counts["done"] for data in every):
        trials = sum(map(len, every))
        mpl.empty(ax, f"{plural(trials, 'trial')}, none succeeded yet" if trials else nothing(every[0]))
        return figure
    unit, grid, lines = best_lines(found, x)
    drawn = [own[:, ~np.isnan(own).any(axis=0)].ravel() for own in lines.values()]
    steps = np.unique(np.concatenate(drawn))
    limits = scale(steps, np.concatenate([own[:, -1] for own in lines.values()]))
    words = "trials ended" if x == "trial" else f"time since the first trial began ({unit})"
    word = every[0].word
    colours = mpl.style(ax, words, f"best {word} so far", "Comparison", headline(found))
    sides.set_losses(ax, limits)
    ax.set_xlim(float(grid[0]), float(grid[-1]))
    handles = []
    for k, (name, own) in enumerate(lines.items()):
        colour = colours.series[k % len(colours.series)]
        dashes = "-" if k < len(colours.series) else "--"
        with_band(ax, grid, own, colour, dashes)
        label = cut(name, 24) + (f" ({len(own)} runs)" if len(own) > 1 else "")
        handles.append(marks.line_handle(colour, label, lw=1.8, ls=dashes))
    _legend(ax, handles, colours, "lower right" if every[0].maximize else "upper right")
    if x == "trial":
        sides.whole_ticks(ax)
    mpl.note(figure, ax, _beyond(limits, "step"))
    return figure


def _legend(ax: Axes, handles: list[Any], colours: Any, corner: str) -> None:
    """In the corner that lines leave free; beside the axes if it is long."""
    if len(handles) <= 5:
        marks.box(ax, handles, colours, loc=corner)
    else:
        marks.box(ax, handles, colours, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def headline(found: Mapping[str, list[Data]]) -> str:
    """How many studies are compared, and what is drawn of several runs.

    Args:
        found: From `groups`.
    """
    count = sum(map(len, found.values()))
    several = any(len(own) > 1 for own in found.values())
    middle = all(len(own) >= 5 for own in found.values() if len(own) > 1)
    kind = "the middle half" if middle else "the range"
    return f"{count} {'study' if count == 1 else 'studies'}" + (
        f"; median and {kind} of runs" if several else ""
    )


def _beyond(limits: Scale, what: str) -> str:
    count = limits.under + limits.over
    return f"{plural(count, what)} beyond the limits." if count else ""


def best_lines(found: Mapping[str, list[Data]], x: str) -> tuple[str, Floats, dict[str, Floats]]:
    """The best so far of each run, at common places.

    Args:
        found: From `groups`.
        x: ``"trial"`` or ``"time"``.

    Returns:
        The unit of time, (g,) places, and for each name (runs, g) values, NaN before the first success.
    """
    unit, runs = _runs(found, x)
    grid = _grid(runs)
    return unit, grid, {name: np.array([_held(run, grid) for run in own]) for name, own in runs.items()}


def middle(grid: Floats, lines: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Where all runs have a value: places, lower end, median and upper end of the band.

    Args:
        grid: (g,) places.
        lines: (runs, g) values; NaN where a run has none yet.
    """
    known = ~np.isnan(lines).any(axis=0)
    shares = [0.25, 0.5, 0.75] if len(lines) >= 5 else [0.0, 0.5, 1.0]
    low, half, high = np.quantile(lines[:, known], shares, axis=0) if known.any() else np.empty((3, 0))
    return grid[known], low, half, high


def _runs(found: Mapping[str, list[Data]], x: str) -> tuple[str, dict[str, list[tuple[Floats, Floats]]]]:
    """(places, best so far) of each study, in the order in which trials ended."""
    every = [data for own in found.values() for data in own]
    longest = max((float(np.nanmax(_seconds(data), initial=0.0)) for data in every), default=0.0)
    size, unit = unit_of(longest)

    def run(data: Data) -> tuple[Floats, Floats]:
        seconds = _seconds(data)
        ended = np.flatnonzero(~data.is_in("running"))
        order = ended[np.argsort(np.where(np.isnan(seconds[ended]), np.inf, seconds[ended]), kind="stable")]
        best = data.shown(
            data.best_so_far(np.concatenate([order, np.setdiff1d(np.arange(len(data)), order)]))
        )
        places = seconds[order] / size if x == "time" else np.arange(1.0, len(order) + 1)
        known = np.isfinite(places)
        return places[known], best[: len(order)][known]

    return unit, {name: [run(data) for data in own] for name, own in found.items()}


def _seconds(data: Data) -> Floats:
    begun = np.concatenate([data.started, data.ended])
    begun = begun[np.isfinite(begun)]
    return data.ended - (begun.min() if len(begun) else 0.0)


def _grid(runs: Mapping[str, list[tuple[Floats, Floats]]]) -> Floats:
    """All places where any line may step, thinned to at most `STEPS`."""
    places = np.unique(np.concatenate([run[0] for own in runs.values() for run in own] or [np.zeros(0)]))
    if not len(places):
        return np.array([0.0, 1.0])
    if len(places) > STEPS:
        places = places[np.unique(np.linspace(0, len(places) - 1, STEPS).astype(int))]
    return places if len(places) > 1 else np.array([places[0] - 0.5, places[0] + 0.5])


def _held(run: tuple[Floats, Floats], grid: Floats) -> Floats:
    """The best so far at each place of the grid: NaN before the first, the last one held to the end."""
    places, best = run
    at = np.searchsorted(places, grid, side="right") - 1
    return np.where(at >= 0, best[np.maximum(at, 0)], np.nan) if len(places) else np.full(len(grid), np.nan)


def with_band(ax: Axes, grid: Floats, lines: Floats, colour: str, dashes: str = "-") -> None:
    """A line, or the median of several and a band around it.

    Args:
        ax: The axes.
        grid: (g,) places.
        lines: (runs, g) values; NaN where a run has none yet.
        colour: Of line and band.
        dashes: Matplotlib's line style.
    """
    grid, low, half, high = middle(grid, lines)
    if not len(grid):
        return
    if len(lines) > 1:
        ax.fill_between(grid, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
    ax.step(grid, half, where="post", color=colour, lw=1.8, ls=dashes, zorder=3)


def edf(targets: Any, *, ax: Axes | None = None, backend: str = "matplotlib") -> Any:
    """How many trials were how good: the share of ended trials with a loss of at most each value.

    Pruned and failed trials count as never good enough, so that a line ends
    below 100 % by their share. Studies of one name are put together.

    Args:
        targets: One or several `Study`, `Trials`, `Best` or `History`; or a dict of name -> one or a list.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If there is no study, or directions differ.
        MissingDependency: If the backend is not installed.
    """
    draw = interactive(backend, "edf", ax)
    if draw is not None:
        return draw(targets)
    found = groups(targets)
    every = [data for own in found.values() for data in own]
    figure, ax = mpl.new_axes(ax, (6.5, 4.0))
    done = {
        name: np.concatenate([data.losses[data.is_in("done")] for data in own]) for name, own in found.items()
    }
    losses = np.concatenate(list(done.values()))
    losses = losses[~np.isnan(losses)]
    if not len(losses):
        trials = sum(map(len, every))
        mpl.empty(ax, f"{plural(trials, 'trial')}, none succeeded yet" if trials else nothing(every[0]))
        return figure
    word, maximize = every[0].word, every[0].maximize
    limits = scale(every[0].shown(losses), every[0].shown([losses.min()]))
    relation = "at least" if maximize else "at most"
    ended = sum(int((~data.is_in("running")).sum()) for data in every)
    subtitle = f"{plural(ended, 'trial')} that ended, {many(len(losses))} of them with success"
    words = f"share of trials with {word} {relation} this"
    colours = mpl.style(ax, word, words, "How many were how good", subtitle, grid="both")
    sides.set_losses(ax, limits, "x")
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    handles = []
    for k, (name, own) in enumerate(found.items()):
        ended = sum(int((~data.is_in("running")).sum()) for data in own)
        places, shares = _shares(done[name], ended)
        colour = colours.series[k % len(colours.series)]
        dashes = "-" if k < len(colours.series) else "--"
        shown = every[0].shown(places)
        inside = (shown >= limits.low) & (shown <= limits.high)
        edge = limits.low if maximize else limits.high
        shown, shares = shown[inside], shares[inside]
        ax.step(
            [*shown, edge],
            [*shares, shares[-1] if len(shares) else 0.0],
            where="post",
            color=colour,
            lw=1.8,
            ls=dashes,
        )
        handles.append(marks.line_handle(colour, f"{cut(name, 24)}: {many(ended)} ended", lw=1.8, ls=dashes))
    _legend(ax, handles, colours, "lower left" if maximize else "lower right")
    mpl.note(figure, ax, _beyond(limits, "trial"))
    return figure


def _shares(losses: Floats, ended: int) -> tuple[Floats, Floats]:
    """Corners of the step line: ascending losses, and the share of ended trials up to each."""
    ordered = np.sort(losses[~np.isnan(losses)])
    shares = np.arange(1, len(ordered) + 1) / max(ended, 1)
    finite = np.isfinite(ordered)
    ordered, shares = ordered[finite], shares[finite]
    if len(ordered) > STEPS:
        kept = np.unique(np.linspace(0, len(ordered) - 1, STEPS).astype(int))
        ordered, shares = ordered[kept], shares[kept]
    return np.concatenate([ordered[:1], ordered]), np.concatenate([[0.0], shares])[: len(ordered) + 1]
