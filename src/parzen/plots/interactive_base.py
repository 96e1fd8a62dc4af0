"""The one file that imports Plotly, and what its pictures share: words on hover, axes, marks."""

from __future__ import annotations

import html
import math
import textwrap
from typing import Any

import numpy as np

from parzen.errors import MissingDependency
from parzen.plots.axes import INACTIVE, Axis
from parzen.plots.data import STATES, Data, Scale, Whole
from parzen.plots.levels import loss_at, loss_ticks
from parzen.plots.mpl import LIGHT
from parzen.plots.sample import MANY, sample
from parzen.plots.words import brief, cut
from parzen.wording import many

SYMBOLS = {"done": "circle", "running": "circle-open", "pruned": "triangle-down", "failed": "x-thin"}
WIDE = 150  # characters of a line of small print
WORDS = 40  # characters of a value on hover
BEST_FIRST = "Viridis"  # 0, the best rank, is the dark end


def graph_objects() -> Any:
    """Plotly's `graph_objects`.

    Raises:
        MissingDependency: If Plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise MissingDependency(
            "interactive pictures need Plotly", hint="pip install 'parzen[plotly]'"
        ) from error
    return go


def subplots(rows: int, columns: int, **options: Any) -> Any:
    """A figure with a grid of axes, in the house's look.

    Args:
        rows: How many rows.
        columns: How many columns.
        options: For Plotly's `make_subplots`.

    Raises:
        MissingDependency: If Plotly is not installed.
    """
    graph_objects()
    from plotly.subplots import make_subplots

    return make_subplots(rows=rows, cols=columns, **options)


def finish(figure: Any, title: str, subtitle: str, remark: str = "", **layout: Any) -> Any:
    """Title, small print and margins; returns the figure.

    Args:
        figure: The figure.
        title: What the picture answers.
        subtitle: The answer.
        remark: What was left out; it may have several lines.
        layout: For Plotly's `update_layout`.
    """
    lines = [line for text in (subtitle, *remark.split("\n")) for line in textwrap.wrap(text, WIDE)]
    small = "".join(f"<br><sub>{html.escape(line)}</sub>" for line in lines)
    look = {
        "template": "plotly_white",
        "title": {"text": f"<b>{html.escape(title)}</b>{small}", "x": 0.02, "xanchor": "left"},
        "margin": {"l": 70, "r": 30, "t": 130 + 20 * max(len(lines) - 2, 0), "b": 60},
        "hoverlabel": {"align": "left"},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "right", "x": 1.0},
    }
    figure.update_layout(**{**look, **layout})
    return figure


# Words


def hover(data: Data, which: Whole, values: bool = True) -> list[str]:
    """What is said of each trial: its number, state, loss and values.

    Args:
        data: The trials.
        which: (k,) indices of trials.
        values: Whether the values of its hyperparameters are told.
    """
    names = [_named(data, j) for j in range(len(data.space))]
    labels = [html.escape(cut(param.label, WORDS)) for param in data.space.params]
    shown = data.shown(data.losses)
    found = []
    for i in which.tolist():
        state = STATES[data.state[i]]
        lines = [f"<b>trial {data.numbers[i]}</b>" + ("" if state == "done" else f", {state}")]
        if not math.isnan(shown[i]):
            lines.append(f"{data.word} {shown[i]:.6g}")
        lines += [
            f"{label} = {name(x)}"
            for label, name, x in zip(labels, names, data.values[i].tolist(), strict=True)
            if values and not math.isnan(x)
        ]
        found.append("<br>".join(lines))
    return found


def _named(data: Data, column: int) -> Any:
    from parzen.plots.axes import axis

    one = axis(data.space, column)
    if not one.options:
        return lambda x: f"{x:.6g}"
    first = round(one.low + 0.5)
    return lambda x: html.escape(one.options[int(x) - first])


def drawn_trials(data: Data) -> tuple[Whole, str]:
    """Indices of the trials that are drawn, and a sentence if those are not all.

    Args:
        data: The trials.
    """
    if len(data) <= MANY:
        return np.arange(len(data)), ""
    kept = sample(np.where(data.good, data.losses, np.nan), best=MANY // 4, rest=3 * MANY // 4)
    return (
        kept,
        f"Drawn: the best {MANY // 4}, and {3 * MANY // 4} of the other trials spread over their ranks.",
    )


# Axes


def side(one: Axis, lane: bool = False, title: bool = True, off: str = INACTIVE) -> dict[str, Any]:
    """The axis of a hyperparameter, for Plotly's `update_xaxes` and `update_yaxes`.

    Args:
        one: The axis.
        lane: Whether inactive values are drawn.
        title: Whether its label is written.
        off: What the lane of inactive values is called.
    """
    limits = one.limits(lane)
    ticks, names = list(one.ticks), [html.escape(name) for name in one.names]
    if lane:
        ticks, names = [one.lane, *ticks], [off, *names]
    return {
        "type": "log" if one.log else "linear",
        "range": [math.log10(x) for x in limits] if one.log else list(limits),
        "tickvals": ticks,
        "ticktext": names,
        "title_text": html.escape(one.title) if title else "",
    }


def loss_side(limits: Scale, title: str) -> dict[str, Any]:
    """The axis of a loss; its places come from `loss_place`.

    Args:
        limits: From `parzen.plots.data.scale`.
        title: Its words.
    """
    if limits.kind == "log":
        return {
            "type": "log",
            "range": [math.log10(limits.low), math.log10(limits.high)],
            "title_text": html.escape(title),
        }
    units, names = loss_ticks(limits)
    return {
        "range": [loss_place(limits, limits.low), loss_place(limits, limits.high)],
        "tickvals": [loss_place(limits, x) for x in loss_at(limits, units)],
        "ticktext": list(names),
        "title_text": html.escape(title),
    }


def loss_place(limits: Scale, shown: Any) -> Any:
    """Where a value stands: itself, or on a symlog axis, which Plotly lacks, its arsinh.

    Args:
        limits: The axis.
        shown: A value, or (n,) values; those beyond the limits are moved to them.
    """
    inside = np.clip(shown, limits.low, limits.high)
    return np.arcsinh(inside / limits.threshold) if limits.kind == "symlog" else inside


# Marks


def states(
    figure: Any,
    data: Data,
    which: Whole,
    x: Any,
    y: Any,
    text: list[str],
    *,
    legend: bool = True,
    **place: Any,
) -> None:
    """Marks for trials by state, with words on hover.

    Args:
        figure: The figure.
        data: The trials.
        which: (k,) indices of those that are drawn.
        x: (k,) where.
        y: (k,) where; NaN leaves one out.
        text: From `hover`, one for each.
        legend: Whether the states stand in the legend.
        place: `row` and `col` in a grid.
    """
    go = graph_objects()
    kind = go.Scattergl if len(which) > 300 else go.Scatter
    x, y, words = np.asarray(x, dtype=float), np.asarray(y, dtype=float), np.array(text, dtype=object)
    for state in STATES:
        mask = data.is_in(state)[which] & np.isfinite(x) & np.isfinite(y)
        if not mask.any():
            continue
        marker: dict[str, Any] = {
            "symbol": SYMBOLS[state],
            "color": LIGHT.states[state],
            "size": 6,
            "opacity": 0.75,
        }
        if state == "failed":
            marker["line"] = {"width": 1.5, "color": LIGHT.states[state]}
        mark = kind(
            x=x[mask], y=y[mask], mode="markers", marker=marker,
            hovertext=words[mask].tolist(), hoverinfo="text",
            name=f"{state} {many(data.counts[state])}", legendgroup=state, showlegend=legend,
        )  # fmt: skip
        figure.add_trace(mark, **place)


def ring(figure: Any, x: float, y: float, *, legend: bool = True, **place: Any) -> None:
    """A ring around the best trial.

    Args:
        figure: The figure.
        x: Where.
        y: Where.
        legend: Whether it stands in the legend.
        place: `row` and `col` in a grid.
    """
    marker = {"symbol": "circle-open", "size": 13, "color": LIGHT.best, "line": {"width": 2}}
    mark = graph_objects().Scatter(
        x=[x], y=[y], mode="markers", marker=marker, hoverinfo="skip", name="best", legendgroup="best",
        showlegend=legend,
    )  # fmt: skip
    figure.add_trace(mark, **place)


def alone(title: str, text: str) -> Any:
    """A figure that says in one sentence why nothing is drawn.

    Args:
        title: The picture's.
        text: The sentence.
    """
    figure = graph_objects().Figure()
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(text=html.escape(text), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    return finish(figure, title, "")


def number(x: float) -> str:
    """A number in few characters, escaped like all words."""
    return html.escape(brief(x))
