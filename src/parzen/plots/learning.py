"""How do trials learn? The reports of all trials, by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.plots import marks, mpl, sides
from parzen.plots.axes import Axis, axis
from parzen.plots.backends import interactive
from parzen.plots.data import STATES, Data, Floats, Scale, Whole, read, scale
from parzen.plots.phrases import nothing
from parzen.plots.words import brief
from parzen.wording import many, plural

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes, Palette

MOST = 400  # curves that are drawn one by one
BINS = 100  # steps at which the median and its band are computed
FEWEST = 4  # curves at a step from which there is a band


def curves(
    target: Any,
    *,
    ax: Axes | None = None,
    backend: str = "matplotlib",
    by: str | None = None,
    best: int = 3,
) -> Any:
    """Reported values by step: all trials thin, the best thick, their median and the middle 80 % as a band.

    Where a trial was pruned or failed, its curve ends with the glyph of that
    state. Of more than 400 curves the best and an even sample of the others
    are drawn; median and band are always those of all.

    Args:
        target: A `Study`, a `Trials`, what `fmin` returned, or a `History`.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.
        by: The label of a hyperparameter that gives the colour; grey where it is inactive.
        best: How many of the best trials are drawn thick and named, at least 0.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If `by` is no label of the space, or another argument is not as above.
        MissingDependency: If the backend is not installed.
    """
    if best < 0:
        raise InvalidArgument(f"best must be at least 0; got {best!r}")
    draw = interactive(backend, "curves", ax)
    if draw is not None:
        return draw(target, by=by, best=best)
    data = read(target)
    column = None if by is None else data.column(by)
    figure, ax = mpl.new_axes(ax, (7.5, 4.2))
    reporting = np.flatnonzero([len(own) > 0 for own in data.reports])
    if not len(reporting):
        silent = f"none of {plural(len(data), 'trial')} reported a value: call trial.report(value, step)"
        mpl.empty(ax, silent if len(data) else nothing(data))
        return figure
    cut_short = int(data.is_in("pruned")[reporting].sum())
    subtitle = f"{plural(len(reporting), 'trial')} with reports, {many(cut_short)} pruned"
    colours = mpl.style(ax, "step", f"reported {data.word}", "Learning curves", subtitle)
    points = np.concatenate([data.reports[i] for i in reporting])
    limits = scale(data.shown(points[:, 1]))
    sides.set_losses(ax, limits)
    _set_steps(ax, points[:, 0])
    top = _best(data, reporting, best)
    drawn = _sample(data, reporting, top)
    shades = None if column is None else axis(data.space, column, data.values[:, column])
    _draw_lines(figure, ax, data, np.setdiff1d(drawn, top), colours, shades)
    handles = _draw_band(ax, data, points, colours)
    handles += _draw_best(ax, data, top, colours, shades)
    _draw_ends(ax, data, drawn, limits, colours)
    states = {state: int(data.is_in(state)[reporting].sum()) for state in STATES if state != "done"}
    corner = "lower right" if data.maximize else "upper right"
    marks.legend_states(ax, states, colours, handles, loc=corner)
    mpl.note(figure, ax, "  ".join(_notes(data, reporting, drawn, limits)))
    return figure


def _best(data: Data, reporting: Whole, count: int) -> Whole:
    able = reporting[data.good[reporting]]
    return able[np.argsort(data.losses[able], kind="stable")[:count]]


def _sample(data: Data, reporting: Whole, top: Whole) -> Whole:
    """The best and, of too many others, evenly spread ones in the order of their last values."""
    if len(reporting) <= MOST:
        return reporting
    rest = np.setdiff1d(reporting, top)
    _, last = data.last_report()
    rest = rest[np.argsort(last[rest], kind="stable")]
    chosen = rest[np.unique(np.linspace(0, len(rest) - 1, MOST - len(top)).astype(int))]
    return np.sort(np.concatenate([top, chosen]))


def _set_steps(ax: Axes, steps: Floats) -> None:
    low, high = float(steps.min()), float(steps.max())
    if low > 0 and high / low >= 64:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(lambda x, _: brief(x))
        ax.set_xlim(low / 1.1, high * 1.1)
    elif high > low:
        room = 0.03 * (high - low)
        ax.set_xlim(low - room, high + room)
    else:
        ax.set_xlim(low - 0.5, high + 0.5)
    if ax.get_xscale() == "linear" and (steps == np.round(steps)).all():
        sides.whole_ticks(ax)


def _lines(data: Data, which: Whole) -> list[Floats]:
    return [np.stack([data.reports[i][:, 0], data.shown(data.reports[i][:, 1])], axis=1) for i in which]


def _draw_lines(
    figure: Any, ax: Axes, data: Data, which: Whole, colours: Palette, shades: Axis | None
) -> None:
    """Thin curves, coloured by a hyperparameter if asked; single reports are dots."""
    many_points = sum(len(data.reports[i]) for i in which) > marks.DENSE
    alpha = float(np.clip((2.4 if shades is None else 6) / max(len(which), 1) ** 0.5, 0.1, 0.8))
    colour: Any = colours.faint
    if shades is not None:
        units = shades.units(data.values[which, data.space.index[shades.label]])
        cmap = mpl.colour_map("viridis")
        colour = [cmap(u) if np.isfinite(u) else colours.faint for u in np.clip(units, 0, 1)]
        marks.colour_bar(figure, ax, shades)
    marks.draw_lines(ax, _lines(data, which), colour, alpha, many_points)
    single = np.array([i for i in which if len(data.reports[i]) == 1], dtype=np.int64)
    if len(single):
        dots = np.concatenate([data.reports[i] for i in single])
        mask = np.isin(which, single)
        shade = colour if isinstance(colour, str) else [colour[k] for k in np.flatnonzero(mask)]
        ax.scatter(dots[:, 0], data.shown(dots[:, 1]), s=5, c=shade, linewidths=0, rasterized=many_points)


def _draw_band(ax: Axes, data: Data, points: Floats, colours: Palette) -> list[Any]:
    """Median and middle 80 % of the values at each step, over the trials that reported there."""
    steps, low, middle, high = band(points[:, 0], data.shown(points[:, 1]))
    if len(steps) < 2:
        return []
    ax.fill_between(steps, low, high, color=colours.ink, alpha=0.1, linewidth=0, zorder=2.2)
    for edge in (low, high):
        ax.plot(steps, edge, color=colours.ink, lw=0.6, alpha=0.5, zorder=4)
    ax.plot(steps, middle, color=colours.ink, lw=1.4, ls=(0, (4, 2)), zorder=4)
    return [marks.line_handle(colours.ink, "median, 10–90 % band", lw=1.4, ls=(0, (4, 2)))]  # noqa: RUF001  # a dash between numbers


def band(steps: Floats, values: Floats, fewest: int = FEWEST) -> tuple[Floats, Floats, Floats, Floats]:
    """Median and middle 80 % by step; of very many steps, by equal parts of their range.

    Args:
        steps: (k,) where.
        values: (k,) what; infinite ones count as such.
        fewest: Steps with fewer values are left out.

    Returns:
        Steps, 10 % quantile, median, 90 % quantile; each of the same length.

    >>> band(np.array([1, 1, 1, 2.0]), np.array([1, 2, 3, 9.0]), fewest=3)[2]
    array([2.])
    """
    at, place = np.unique(steps, return_inverse=True)
    if len(at) > BINS:
        edges = np.linspace(at[0], at[-1], BINS + 1)
        place = np.clip(np.searchsorted(edges, steps, side="right") - 1, 0, BINS - 1)
        at = (edges[:-1] + edges[1:]) / 2
    order = np.argsort(place, kind="stable")
    parts = np.split(values[order], np.searchsorted(place[order], np.arange(1, len(at))))
    rows = [
        (x, *np.quantile(own[~np.isnan(own)], [0.1, 0.5, 0.9], method="nearest"))
        for x, own in zip(at, parts, strict=True)
        if (~np.isnan(own)).sum() >= fewest
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _draw_best(ax: Axes, data: Data, top: Whole, colours: Palette, shades: Axis | None) -> list[Any]:
    handles = []
    for k, (i, line) in enumerate(zip(top, _lines(data, top), strict=True)):
        colour: Any = colours.series[k % len(colours.series)]
        style = "-"
        if shades is not None:
            unit = float(shades.units(data.values[i, data.space.index[shades.label]]))
            colour = mpl.colour_map("viridis")(np.clip(unit, 0, 1)) if np.isfinite(unit) else colours.faint
        ax.plot(line[:, 0], line[:, 1], color=colours.paper, lw=3.6, zorder=4.5)
        ax.plot(line[:, 0], line[:, 1], color=colour, lw=2.0, ls=style, zorder=5, marker="o", ms=2.5)
        value = brief(float(data.shown(data.losses[i])))
        handles.append(marks.line_handle(colour, f"#{data.numbers[i]} ({value})", lw=2.0))
    return handles


def _draw_ends(ax: Axes, data: Data, drawn: Whole, limits: Scale, colours: Palette) -> None:
    """A glyph where a curve was cut short or still goes on."""
    for state in ("pruned", "failed", "running"):
        own = drawn[data.is_in(state)[drawn]]
        if len(own):
            ends = np.array([data.reports[i][-1] for i in own])
            heights = np.clip(data.shown(ends[:, 1]), limits.low, limits.high)
            marks.draw_marks(ax, ends[:, 0], heights, state, colours, 18.0, n=len(drawn), clip_on=False)


def _notes(data: Data, reporting: Whole, drawn: Whole, limits: Scale) -> list[str]:
    found = []
    if len(drawn) < len(reporting):
        found.append(
            f"{many(len(drawn))} of {many(len(reporting))} curves drawn, the best and an even sample; "
            "the band is of all."
        )
    silent = len(data) - len(reporting)
    if silent:
        found.append(f"{plural(silent, 'trial')} without reports.")
    if limits.under + limits.over:
        found.append(f"{plural(limits.under + limits.over, 'report')} beyond the limits.")
    return found
