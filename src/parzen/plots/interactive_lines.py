"""Interactive forms of history, learning curves, timeline, trade-off and distribution of losses."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from parzen.plots.data import STATES, Data, read, scale
from parzen.plots.front import chosen, front
from parzen.plots.interactive_base import (
    alone,
    finish,
    graph_objects,
    hover,
    loss_place,
    loss_side,
    number,
    ring,
    states,
)
from parzen.plots.levels import loss_at
from parzen.plots.mpl import LIGHT
from parzen.plots.phrases import nothing, summary
from parzen.plots.sample import MANY, sample
from parzen.plots.studies import groups
from parzen.plots.times import Lanes, clock_ticks, lanes

CURVES = 400  # learning curves that are drawn


def history(target: Any, x: str = "trial", objective: int = 0) -> Any:
    """All losses, and the best so far as a line of steps."""
    data = read(target, objective)
    if not len(data):
        return alone("History", nothing(data))
    clock = lanes(data)
    at = data.numbers.astype(float) if x == "trial" else clock.drawn(clock.ends)
    order = np.argsort(np.where(np.isnan(at), np.inf, at), kind="stable")
    best = data.shown(data.best_so_far(order))
    shown = data.shown(data.height())
    limits = scale(shown, best)
    lowest = np.where(np.isnan(shown), loss_at(limits, 0.02), shown)
    figure = graph_objects().Figure()
    everyone, y = np.arange(len(data)), loss_place(limits, lowest)
    states(figure, data, everyone, at, y, hover(data, everyone, values=len(data) <= MANY))
    look = {"mode": "lines", "line": {"color": LIGHT.best, "width": 2, "shape": "hv"}, "hoverinfo": "skip"}
    steps = {"x": at[order], "y": loss_place(limits, best), "name": "best so far"}
    figure.add_trace(graph_objects().Scatter(**steps, **look))
    if data.best is not None and np.isfinite(at[data.best]):
        ring(figure, at[data.best], y[data.best])
    if x == "trial":
        figure.update_xaxes(title_text="trial")
    else:
        _set_clock(figure, clock)
    figure.update_yaxes(**loss_side(limits, data.word))
    lost, out = int(np.isnan(shown).sum()), limits.over + limits.under
    found = [f"{lost} without a number, at the lower edge."] if lost else []
    found += [f"{out} beyond the limits, at the edge."] if out else []
    found += ["So many trials tell no values on hover."] if len(data) > MANY else []
    return finish(figure, "History", summary(data), " ".join(found), height=480)


def _set_clock(figure: Any, clock: Lanes) -> None:
    """Round times on the axis, in which long idle times are collapsed."""
    ticks, names, unit = clock_ticks(clock)
    title = f"time since the first trial began ({unit})"
    figure.update_xaxes(tickvals=list(ticks), ticktext=names, title_text=title)


def edf(targets: Any) -> Any:
    """The share of ended trials that were at least so good."""
    found = groups(targets)
    every = [data for own in found.values() for data in own]
    losses = np.concatenate([data.losses[data.is_in("done")] for data in every])
    if np.isnan(losses).all():
        return alone("How many trials were how good", "no trial succeeded yet")
    limits = scale(every[0].shown(losses))
    go = graph_objects()
    figure = go.Figure()
    for k, (name, own) in enumerate(found.items()):
        ordered = np.sort(np.concatenate([data.losses[data.is_in("done")] for data in own]))
        ordered = ordered[~np.isnan(ordered)]
        ended = sum(int((~data.is_in("running")).sum()) for data in own)
        shares = np.arange(1, len(ordered) + 1) / max(ended, 1)
        words = [
            f"{html.escape(name)}<br>{share:.1%} reach {number(v)}"
            for share, v in zip(shares, every[0].shown(ordered), strict=True)
        ]
        line = {"shape": "hv", "color": LIGHT.series[k % len(LIGHT.series)], "width": 2}
        places = loss_place(limits, every[0].shown(ordered))
        look = {"mode": "lines", "line": line, "hovertext": words, "hoverinfo": "text"}
        figure.add_trace(go.Scatter(x=places, y=shares, name=html.escape(f"{name}: {ended} ended"), **look))
    relation = "at least" if every[0].maximize else "at most"
    figure.update_xaxes(**loss_side(limits, every[0].word))
    title = f"share of trials with {every[0].word} {relation} this"
    figure.update_yaxes(title_text=title, tickformat=".0%", range=[0, 1.02])
    return finish(figure, "How many trials were how good", "", height=460, showlegend=True)


def pareto(target: Any, metric: str | None = None, larger: bool = False) -> Any:
    """The loss against a metric, and the trials that nothing beats in both."""
    data = read(target)
    if not data.counts["done"]:
        return alone("Trade-off", nothing(data) if not len(data) else "no trial succeeded yet")
    name, values = chosen(data, metric)
    able = data.is_in("done") & ~np.isnan(data.losses) & ~np.isnan(values)
    order = front(data.losses, -values if larger else values, able)
    shown = data.shown(data.losses)
    across, up = scale(values[able], values[order]), scale(shown[able], shown[order])
    which = np.flatnonzero(able)
    figure = graph_objects().Figure()
    x, y = loss_place(across, values), loss_place(up, shown)
    text = [
        f"{words}<br>{html.escape(name)} {v:.6g}"
        for words, v in zip(hover(data, which), values[which], strict=True)
    ]
    states(figure, data, which, x[which], y[which], text)
    line = {"color": LIGHT.best, "width": 2, "shape": "vh" if larger else "hv"}
    look = {"mode": "lines+markers", "line": line, "hoverinfo": "skip", "name": "front"}
    figure.add_trace(graph_objects().Scatter(x=x[order], y=y[order], **look))
    figure.update_xaxes(**loss_side(across, name))
    figure.update_yaxes(**loss_side(up, data.word))
    left = int((~able).sum())
    remark = f"{left} of {len(data)} trials have no loss or no {name}." if left else ""
    return finish(figure, "Trade-off", f"{len(order)} trials on the front", remark, height=480)


def curves(target: Any, by: str | None = None, best: int = 3) -> Any:
    """Reported values by step, one curve for each trial; `by` is told on hover, as are all values."""
    data = read(target)
    if by is not None:
        data.column(by)
    reporting = np.flatnonzero([len(own) > 0 for own in data.reports])
    if not len(reporting):
        return alone("Learning curves", "no trial reported a value: call trial.report(value, step)")
    limits = scale(data.shown(np.concatenate([data.reports[i][:, 1] for i in reporting])))
    losses = np.where(data.good, data.losses, np.nan)[reporting]
    drawn = reporting[sample(losses, best=CURVES // 2, rest=CURVES // 2)]
    top = [int(i) for i in drawn[np.argsort(losses_of(data, drawn), kind="stable")][: max(best, 0)]]
    figure = graph_objects().Figure()
    texts = dict(zip(drawn.tolist(), hover(data, drawn), strict=True))
    for i in [*(int(i) for i in drawn if int(i) not in top), *reversed(top)]:
        _curve(figure, data, i, limits, texts[i], i in top)
    figure.update_xaxes(title_text="step")
    figure.update_yaxes(**loss_side(limits, f"reported {data.word}"))
    remark = f"{len(drawn)} of {len(reporting)} curves drawn." if len(drawn) < len(reporting) else ""
    words = f"{len(reporting)} trials with reports, {data.counts['pruned']} pruned"
    return finish(figure, "Learning curves", words, remark, height=480)


def losses_of(data: Data, which: Any) -> Any:
    """(k,) losses of successful trials, infinite for all others."""
    return np.where(data.good, data.losses, np.inf)[which]


def _curve(figure: Any, data: Data, i: int, limits: Any, text: str, thick: bool) -> None:
    own = data.reports[i]
    state = STATES[data.state[i]]
    tint = LIGHT.best if thick else LIGHT.states[state] if state != "done" else LIGHT.faint
    line = {"color": tint, "width": 2.5 if thick else 1}
    mark = graph_objects().Scatter(
        x=own[:, 0], y=loss_place(limits, data.shown(own[:, 1])), mode="lines", line=line,
        opacity=1.0 if thick else 0.55, hovertext=[text] * len(own), hoverinfo="text",
        name=f"trial {data.numbers[i]}", showlegend=thick,
    )  # fmt: skip
    figure.add_trace(mark)


def timeline(target: Any) -> Any:
    """A lane for each worker, a bar for each trial."""
    data = read(target)
    found = lanes(data)
    if not found.names:
        return alone("Timeline", nothing(data) if not len(data) else "no trial has begun yet")
    go = graph_objects()
    figure = go.Figure()
    low, high = found.drawn(found.starts), found.drawn(found.ends)
    shortest = 0.0015 * (float(found.drawn(found.total)) or 1.0)
    for state in STATES:
        which = np.flatnonzero(data.is_in(state) & (found.rows >= 0))
        if not len(which):
            continue
        told = hover(data, which, values=len(data) <= MANY)
        spent = (found.ends - found.starts)[which]
        text = [f"{words}<br>{t:.4g} s" for words, t in zip(told, spent, strict=True)]
        bar = go.Bar(
            base=low[which], x=np.maximum((high - low)[which], shortest), y=found.rows[which],
            orientation="h",
            marker={"color": LIGHT.states[state], "line": {"width": 0}}, hovertext=text, hoverinfo="text",
            name=f"{state} {data.counts[state]}",
        )  # fmt: skip
        figure.add_trace(bar)
    names = [html.escape(name) for name in found.names]
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, autorange="reversed", title_text="worker"
    )
    _set_clock(figure, found)
    gaps = f"; {len(found.gaps)} idle times collapsed" if len(found.gaps) else ""
    words = f"{len(names)} lanes, {100 * found.busy.mean():.0f} % busy{gaps}"
    return finish(figure, "Timeline", words, height=220 + 40 * len(names), barmode="overlay")
