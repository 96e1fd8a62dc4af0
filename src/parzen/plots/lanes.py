"""Who worked when? One lane for each place where trials are evaluated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.plots import marks, mpl
from parzen.plots.backends import interactive
from parzen.plots.data import STATES, Data, Floats, Whole, read
from parzen.plots.losses import UNITS, nothing
from parzen.plots.words import brief, cut, plural

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes, Palette

LONG = 10.0  # an idle gap of so many median durations is collapsed ...
SHARE = 0.05  # ... if it is also this share of the whole time
BREAK = 0.02  # what is left of it, as a share of the time that is drawn
NAMED = 40  # lanes that each get a name


@dataclass(frozen=True)
class Lanes:
    """When trials ran, and in which lane.

    Attributes:
        rows: (n,) int64 lane of each trial, -1 for one that never started.
        starts, ends: (n,) float64 seconds since the first start; NaN if it never started.
        names: What each lane is called.
        gaps: (g, 2) float64 idle times of all lanes, in seconds, that are to be collapsed.
        total: Seconds from the first start to the last known moment.
    """

    rows: Whole
    starts: Floats
    ends: Floats
    names: tuple[str, ...]
    gaps: Floats
    total: float

    def drawn(self, seconds: Any) -> Floats:
        """Seconds since the first start to seconds on the axis, where gaps are collapsed."""
        at = np.asarray(seconds, dtype=np.float64)
        kept = self.left
        return at - sum(
            (np.clip(at - low, 0.0, high - low) * (1 - kept / (high - low)) for low, high in self.gaps),
            start=np.zeros_like(at),
        )

    @property
    def left(self) -> float:
        """How many seconds of the axis each collapsed gap still takes."""
        busy = self.total - float((self.gaps[:, 1] - self.gaps[:, 0]).sum())
        return BREAK * busy

    @property
    def busy(self) -> Floats:
        """(lanes,) share of the time, without collapsed gaps, in which a trial ran."""
        spent = np.zeros(len(self.names))
        ran = self.rows >= 0
        np.add.at(spent, self.rows[ran], (self.ends - self.starts)[ran])
        time = self.total - float((self.gaps[:, 1] - self.gaps[:, 0]).sum())
        return spent / time if time > 0 else np.zeros_like(spent)


def lanes(data: Data) -> Lanes:
    """Put trials into lanes: one for each owner, and as many as it ran trials at once.

    A lane holds no two trials at the same time. A running trial lasts until
    the last moment that is known of any trial.

    Args:
        data: The trials.
    """
    known = np.concatenate([data.started, data.ended])
    known = known[np.isfinite(known)]
    if not len(known):
        none = np.full(len(data), np.nan)
        return Lanes(np.full(len(data), -1), none, none, (), np.empty((0, 2)), 0.0)
    first, total = float(known.min()), float(known.max() - known.min())
    starts = data.started - first
    ends = np.where(np.isnan(data.ended), total, data.ended - first)
    # An outcome without a claim took no time.
    starts = np.where(np.isnan(starts) & ~np.isnan(data.ended), ends, starts)
    ends = np.where(np.isnan(starts), np.nan, np.maximum(ends, starts))
    free: dict[str, list[tuple[float, int]]] = {}  # owner -> when each of its lanes is free, and which it is
    owners: list[str] = []
    rows = np.full(len(data), -1, dtype=np.int64)
    for i in np.argsort(np.where(np.isnan(starts), np.inf, starts), kind="stable"):
        if math.isnan(starts[i]):
            break
        own = free.setdefault(data.owners[i], [])
        place = next((k for k, (until, _) in enumerate(own) if until <= starts[i] + 1e-9), None)
        if place is None:
            place = len(own)
            own.append((0.0, len(owners)))
            owners.append(data.owners[i])
        own[place] = (float(ends[i]), own[place][1])
        rows[i] = own[place][1]
    order = sorted(range(len(owners)), key=lambda lane: (list(free).index(owners[lane]), lane))
    rank = np.empty(len(owners), dtype=np.int64)
    rank[order] = np.arange(len(owners))
    rows[rows >= 0] = rank[rows[rows >= 0]]
    names = _names([owners[lane] for lane in order])
    return Lanes(rows, starts, ends, names, _gaps(starts, ends, total), total)


def _names(owners: list[str]) -> tuple[str, ...]:
    """Short names: the process, its machine where there are several, and which of its lanes."""
    parts = {owner: owner.split(" ") for owner in owners}
    hosts = {found[0].partition("/")[0] for found in parts.values() if len(found) == 4}
    short: dict[str, str] = {}
    for owner, found in parts.items():
        if len(found) == 4:
            process = f"pid {found[1]}"
            name = process if len(hosts) < 2 else f"{cut(found[0].partition('/')[0], 14)} {process}"
        else:
            name = cut(owner, 20) or "worker"
        short[owner] = name if name not in short.values() else f"{name} ({len(short) + 1})"
    seen: dict[str, int] = {}
    names = []
    for owner in owners:
        seen[owner] = seen.get(owner, 0) + 1
        several = owners.count(owner) > 1 if len(owners) <= NAMED else False
        names.append(f"{short[owner]} · {seen[owner]}" if several else short[owner])
    return tuple(names)


def _gaps(starts: Floats, ends: Floats, total: float) -> Floats:
    """Times in which nothing ran at all, long enough to be collapsed."""
    ran = ~np.isnan(starts)
    order = np.argsort(starts[ran], kind="stable")
    begin, until = starts[ran][order], np.maximum.accumulate(ends[ran][order])
    idle = begin[1:] - until[:-1]
    typical = float(np.median(ends[ran] - starts[ran])) if ran.any() else 0.0
    long = (idle > LONG * typical) & (idle > SHARE * total)
    return np.stack([until[:-1][long], begin[1:][long]], axis=1)


def timeline(target: Any, *, ax: Axes | None = None, backend: str = "matplotlib") -> Any:
    """When each trial ran, and where: a lane for each worker, coloured by what became of the trial.

    Long times in which nothing ran at all are collapsed, with a mark that
    says how long they were. The share of time in which a lane was busy is
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
    unit = _set_time(ax, found)
    colours = mpl.style(ax, f"time since the first trial began ({unit})", "", "Timeline", subtitle, grid=None)
    _draw_bars(ax, data, found, colours)
    _draw_gaps(ax, found, colours)
    _set_lanes(ax, found, busy, colours)
    marks.legend_bars(ax, data.counts, colours)
    never = int((found.rows < 0).sum())
    mpl.note(figure, f"{plural(never, 'trial')} never began: not drawn." if never else "")
    return figure


def _set_time(ax: Axes, found: Lanes) -> str:
    """Ticks at round times, none of them inside a collapsed gap; returns their unit."""
    from parzen.plots.words import linear_ticks

    end = float(found.drawn(found.total)) or 1.0
    size, unit = next((pair for pair in reversed(UNITS) if found.total >= 2 * pair[0]), UNITS[0])
    pieces = np.concatenate([[0.0], found.gaps.ravel(), [found.total]]).reshape(-1, 2) / size
    ticks: list[float] = []
    longest = max(float((pieces[:, 1] - pieces[:, 0]).max()), 1e-9)
    for low, high in pieces:
        count = max(round(7 * (high - low) / longest / len(pieces) ** 0.5), 1) + 1
        inner = linear_ticks(float(low), float(high), count) if high > low else (float(low),)
        ticks += inner or ((low + high) / 2,)
    places = found.drawn(np.array(ticks) * size)
    apart = np.concatenate([[True], np.diff(places) > 0.03 * end])
    ax.set_xticks(places[apart], [brief(float(f"{t:.6g}")) for t in np.array(ticks)[apart]])
    ax.set_xlim(-0.01 * end, 1.01 * end)
    return unit


def _draw_bars(ax: Axes, data: Data, found: Lanes, colours: Palette) -> None:
    low, high = found.drawn(found.starts), found.drawn(found.ends)
    least = 0.0015 * float(found.drawn(found.total) or 1.0)  # else a short trial could not be seen
    many_bars = marks.dense(len(data))
    for state in STATES:
        mask = data.is_in(state) & (found.rows >= 0)
        if mask.any():
            left, width = low[mask], np.maximum(high[mask] - low[mask], least)
            edge = colours.paper if len(data) <= 400 else None
            marks.draw_boxes(ax, (left, width, found.rows[mask]), colours.states[state], edge, many_bars)
            if state != "done" and len(data) <= 400:
                marks.stamp(ax, left + width / 2, found.rows[mask], state, colours)


def _draw_gaps(ax: Axes, found: Lanes, colours: Palette) -> None:
    for low, high in found.gaps:
        left, right = found.drawn(np.array([low, high]))
        middle = (left + right) / 2
        ax.axvspan(left, right, color=colours.paper, lw=0, zorder=3)
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


def length(seconds: float) -> str:
    """A duration in words.

    >>> length(90), length(5400)
    ('90 s', '90 min')
    """
    size, unit = next((pair for pair in reversed(UNITS) if seconds >= 2 * pair[0]), UNITS[0])
    return f"{seconds / size:.3g} {unit}"


def _set_lanes(ax: Axes, found: Lanes, busy: Floats, colours: Palette) -> None:
    count = len(found.names)
    ax.set_ylim(count - 0.4, -0.6)
    if count > NAMED:
        ax.set_ylabel("worker", fontsize=9, color=colours.ink)
        return
    ax.set_yticks(range(count), list(found.names))
    ax.set_ylabel("worker", fontsize=9, color=colours.ink)
    for lane, share in enumerate(busy):
        ax.annotate(
            f"{100 * share:.0f} %", (1.0, lane), (4, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=8, color=colours.ink, annotation_clip=False,
        )  # fmt: skip
