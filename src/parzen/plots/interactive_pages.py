"""Interactive forms of effects, scatter matrix, parallel coordinates, contour and importance."""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np

from parzen.plots.axes import LANE
from parzen.plots.bars import Bars, scarce
from parzen.plots.coordinates import Lines
from parzen.plots.density import best_words
from parzen.plots.interactive_base import (
    BEST_FIRST,
    alone,
    drawn_trials,
    finish,
    graph_objects,
    hover,
    loss_place,
    loss_side,
    ring,
    side,
    states,
    subplots,
)
from parzen.plots.levels import loss_at
from parzen.plots.mpl import LIGHT
from parzen.plots.page import Page, Panel, Section
from parzen.plots.ranked import OTHER, stretch
from parzen.plots.sample import binned
from parzen.plots.scatter import Pairs
from parzen.plots.surface import Contour, places

COLUMNS = 3
FEW = 300  # trials of which a matrix tells every value in every panel
PANEL, STRIP = (0.3, 0.88), (0.1, 0.28)  # shares of a row's height, from below
BAND = "rgba(34,34,34,0.12)"


def importance(shown: Bars) -> Any:
    """Horizontal bars with whiskers."""
    go = graph_objects()
    found = shown.found
    names = [html.escape(one.label + (f" (if {one.given})" if one.given else "")) for one in found]
    values = [one.value if one.known else None for one in found]
    spreads = [one.spread if one.known else None for one in found]
    words = [
        f"<b>{name}</b><br>{one.value:.3f} ± {one.spread:.3f}<br>{one.trials} trials"
        if one.known
        else scarce(one)
        for name, one in zip(names, found, strict=True)
    ]
    colours = [LIGHT.series[0] if one.given is None else LIGHT.series[2] for one in found]
    bar = go.Bar(
        x=values, y=names, orientation="h", marker={"color": colours}, hovertext=words, hoverinfo="text",
        error_x={"type": "data", "array": spreads, "color": LIGHT.ink, "thickness": 1.2},
    )  # fmt: skip
    figure = go.Figure(bar)
    for name, one in zip(names, found, strict=True):
        if not one.known:
            figure.add_annotation(x=0, y=name, text=f"<i>{scarce(one)}</i>", showarrow=False, xanchor="left")
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=names, automargin=True)
    figure.update_xaxes(
        title_text=html.escape(f"share of the variation of the {shown.word}"), rangemode="tozero"
    )
    height = 160 + 30 * len(found)
    return finish(figure, "Which hyperparameters matter?", shown.subtitle, shown.remark, height=height)


def contour(found: Contour) -> Any:
    """A surface with the trials on it; a veil lies where nothing is known."""
    go = graph_objects()
    data, fitted = found.data, found.surface
    if fitted is None:
        return alone("Where is the loss low?", "no trial that uses both has succeeded yet")
    x, y = (places(one, s) for one, s in zip(found.axes, (fitted.x, fitted.y), strict=True))
    shown = data.shown(fitted.value)
    options = any(one.options for one in found.axes)
    scale = BEST_FIRST + ("_r" if data.maximize else "")
    look: dict[str, Any] = {"colorscale": scale, "colorbar": {"title": data.word}, "hoverinfo": "skip"}
    if not options:
        look |= {"line": {"width": 0.5, "color": "white"}, "ncontours": 10}
    figure = go.Figure((go.Heatmap if options else go.Contour)(x=x, y=y, z=shown, **look))
    veil = np.where(fitted.known, np.nan, 1.0)
    white = [[0, "rgba(255,255,255,0.82)"], [1, "rgba(255,255,255,0.82)"]]
    figure.add_trace(go.Heatmap(x=x, y=y, z=veil, colorscale=white, showscale=False, hoverinfo="skip"))
    which, remark = drawn_trials(data)
    which = which[found.both[which]]
    jitter = (data.numbers[which], data.numbers[which] * OTHER)
    marks = [
        one.places(data.values[which, j], numbers, lane=False)
        for one, j, numbers in zip(found.axes, found.columns, jitter, strict=True)
    ]
    states(figure, data, which, marks[0], marks[1], hover(data, which))
    figure.update_traces(marker={"line": {"width": 1, "color": "white"}}, selector={"mode": "markers"})
    for at in np.flatnonzero(which == data.best):
        ring(figure, marks[0][at], marks[1][at])
    figure.update_xaxes(**side(found.axes[0]))
    figure.update_yaxes(**side(found.axes[1]))
    title = "Where is the value high?" if data.maximize else "Where is the loss low?"
    words = " ".join(filter(None, [found.remark, remark]))
    return finish(figure, title, found.subtitle.replace("Hatched", "Pale"), words, height=560)


def parallel(found: Lines) -> Any:
    """Parallel coordinates; drag along an axis to select trials, drag a title to move an axis."""
    go = graph_objects()
    rank = found.data.rank[found.drawn]
    grey = np.where(np.isnan(rank), 1.15, rank)
    scale = [[0, "#440154"], [0.22, "#3b528b"], [0.43, "#21918c"], [0.65, "#5ec962"], [0.87, "#fde725"]]
    scale += [[0.8701, LIGHT.faint], [1, LIGHT.faint]]
    # Later lines lie on top, and the best are to be seen.
    order = np.argsort(-grey, kind="stable")
    dimensions = []
    for column, (ticks, names), title, lane in zip(
        found.heights.T, found.ticks, found.titles, found.lanes, strict=True
    ):
        at, named = list(ticks), [html.escape(name) for name in names]
        if lane:
            at, named = [LANE, *at], ["off", *named]
        dimensions.append(
            {"label": html.escape(title), "values": column[order], "range": [LANE - 0.05, 1.03],
             "tickvals": at, "ticktext": named}
        )  # fmt: skip
    line = {"color": grey[order], "colorscale": scale, "cmin": 0, "cmax": 1.15}
    figure = go.Figure(go.Parcoords(dimensions=dimensions, line=line))
    advice = "Grey: without a rank. Drag along an axis to select, drag a title to move its axis."
    words = " ".join(filter(None, [found.remark, advice]))
    margin = {"l": 80, "r": 60, "t": 190, "b": 30}
    return finish(
        figure, "Which settings lead to good trials?", found.subtitle, words, height=600, margin=margin
    )


def matrix(found: Pairs) -> Any:
    """Every pair below the diagonal, densities on it."""
    k, data = len(found.columns), found.data
    which = np.arange(0 if found.binned else len(data))
    remark = "Cells instead of marks: darker is better on average." if found.binned else ""
    text = hover(data, which, values=len(which) <= FEW)
    figure = subplots(k, k, horizontal_spacing=0.012, vertical_spacing=0.012)
    rank = data.rank[which]
    order = np.argsort(-np.where(np.isnan(rank), 2.0, rank), kind="stable")
    for row in range(k):
        for column in range(row + 1):
            place = {"row": row + 1, "col": column + 1}
            if row == column:
                _density(figure, found, row, place)
            elif found.binned:
                _cells(figure, found, (column, row), place)
            else:
                _pair(figure, found, (column, row), (which[order], [text[i] for i in order]), place)
            across = side(found.axes[column], found.lanes[column], title=row == k - 1, off="")
            figure.update_xaxes(**across, showticklabels=row == k - 1, tickfont_size=9, **place)
            if row != column:
                upwards = side(found.axes[row], found.lanes[row], title=column == 0, off="off")
                figure.update_yaxes(**upwards, showticklabels=column == 0, tickfont_size=9, **place)
        for column in range(row + 1, k):
            figure.update_xaxes(visible=False, row=row + 1, col=column + 1)
            figure.update_yaxes(visible=False, row=row + 1, col=column + 1)
    words = " ".join(filter(None, [found.remark, remark]))
    edge = max(150 * k, 450)
    title = "Which values go together?"
    return finish(figure, title, found.subtitle, words, height=edge + 120, width=edge + 150, showlegend=False)


def _cells(figure: Any, found: Pairs, pair: tuple[int, int], place: Any) -> None:
    """Mean rank and how many trials there are, by cell."""
    across, upwards = (found.cells(i) for i in pair)
    mean, counts = binned(across, upwards, found.data.rank)
    low, high = stretch(mean)
    sides = {
        name: found.axes[i].at(one.edges) for name, i, one in zip("xy", pair, (across, upwards), strict=True)
    }
    # Lists of short numbers: a figure of 28 panels stays small.
    rows = [[None if np.isnan(v) else round(v, 3) for v in row] for row in mean.tolist()]
    words = "%{customdata} trials, mean rank %{z}<extra></extra>"
    cell = graph_objects().Heatmap(
        **sides, z=rows, customdata=counts.astype(int).tolist(), zmin=low, zmax=high, colorscale=BEST_FIRST,
        showscale=False, hovertemplate=words,
    )  # fmt: skip
    figure.add_trace(cell, **place)


def _pair(figure: Any, found: Pairs, pair: tuple[int, int], drawn: tuple[Any, list[str]], place: Any) -> None:
    go = graph_objects()
    data, (which, text) = found.data, drawn
    x, y = (
        found.axes[i].places(found.values(i)[which], data.numbers[which] * scale, lane=found.lanes[i])
        for i, scale in zip(pair, (1.0, OTHER), strict=True)
    )
    rank = data.rank[which]
    known = ~np.isnan(rank)
    kind = go.Scattergl if len(which) > 300 else go.Scatter
    for mask, marker in (
        (~known, {"color": LIGHT.faint, "symbol": "x-thin", "line": {"width": 1, "color": LIGHT.faint}}),
        (known, {"color": rank[known], "colorscale": BEST_FIRST, "cmin": 0, "cmax": 1}),
    ):
        if mask.any():
            words = [text[i] for i in np.flatnonzero(mask)]
            look = {"mode": "markers", "hovertext": words, "hoverinfo": "text", "showlegend": False}
            figure.add_trace(kind(x=x[mask], y=y[mask], marker={**marker, "size": 5}, **look), **place)


def _density(figure: Any, found: Pairs, i: int, place: Any) -> None:
    go = graph_objects()
    for shape, tint in ((found.every[i], LIGHT.faint), (found.best[i], LIGHT.best)):
        if shape is None:
            continue
        x = found.axes[i].at(shape.units)
        name = "all trials" if tint == LIGHT.faint else best_words(found.data)
        if shape.sticks:
            ends = np.repeat(x, 3), np.tile([0.0, 1.0, np.nan], len(x))
            line = {"color": tint, "width": 2}
            stick = go.Scatter(x=ends[0], y=ends[1], mode="lines", line=line, name=name, showlegend=False)
            figure.add_trace(stick, **place)
        elif shape.bars:
            bar = go.Bar(x=x, y=shape.height, marker_color=tint, opacity=0.6, name=name, showlegend=False)
            figure.add_trace(bar, **place)
        else:
            fill = "tozeroy" if tint == LIGHT.faint else None
            look = {"mode": "lines", "line": {"color": tint, "width": 1.5}, "hoverinfo": "name", "fill": fill}
            figure.add_trace(go.Scatter(x=x, y=shape.height, name=name, showlegend=False, **look), **place)
    figure.update_yaxes(range=[0, 1.12], showticklabels=False, **place)


def effects(page: Page) -> Any:
    """A panel and a strip for each hyperparameter, in the tree of the space."""
    panels = [(part, panel) for part in page.sections if not part.barren for panel in part.panels]
    if not panels:
        return alone("How does each hyperparameter matter?", "the space has no hyperparameter")
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = subplots(2 * rows, columns, horizontal_spacing=0.05)
    barren = [part.line for part in page.sections if part.barren]
    which, remark = drawn_trials(page.data)
    text = hover(page.data, which)
    for k, (section, panel) in enumerate(panels):
        row, column = k // columns, k % columns + 1
        above, below = ({"row": 2 * row + part, "col": column} for part in (1, 2))
        _panel(figure, page, panel, (which, text), above, legend=not k)
        _strip(figure, panel, below, legend=not k)
        figure.update_yaxes(domain=_domain(row, rows, PANEL), **above)
        figure.update_yaxes(domain=_domain(row, rows, STRIP), **below)
        look = {
            "xref": "x domain",
            "yref": "y domain",
            "showarrow": False,
            "xanchor": "left",
            "yanchor": "bottom",
        }
        figure.add_annotation(x=0, y=1.02, text=_heading(section, panel), font_size=11, **look, **above)
    first = " ".join(filter(None, [page.remark.replace("Darker cells hold more trials. ", ""), remark]))
    words = "\n".join([first, *barren])
    legend = {"orientation": "h", "yanchor": "top", "y": -40 / (340 * rows), "xanchor": "left", "x": 0}
    title = "How does each hyperparameter matter?"
    return finish(
        figure, title, page.subtitle, words, height=190 + 340 * rows, barmode="group", legend=legend
    )


def _heading(section: Section, panel: Panel) -> str:
    branch = f"{section.branch.title}: " if section.branch.title else ""
    return html.escape(branch + panel.title)


def _domain(row: int, rows: int, part: tuple[float, float]) -> list[float]:
    """Where a part of a row of panels lies in the figure's height, as shares from below."""
    bottom = (rows - 1 - row) / rows
    return [bottom + share / rows for share in part]


def _panel(
    figure: Any, page: Page, panel: Panel, drawn: tuple[Any, list[str]], place: dict[str, int], legend: bool
) -> None:
    data, (which, text) = page.data, drawn
    x = panel.axis.places(panel.values, data.numbers, lane=False)
    bad = float(loss_at(page.scale, 0.02 if data.maximize else 0.98))
    heights = np.where(data.is_in("failed"), bad, data.shown(data.height()))
    y = loss_place(page.scale, heights)
    effect, go = panel.effect, graph_objects()
    low, high, median = (loss_place(page.scale, part) for part in (effect.low, effect.high, effect.median))
    band = {**_outline(effect.grid, low, high), "fill": "toself", "fillcolor": BAND}
    look = {"mode": "lines", "hoverinfo": "skip", "showlegend": legend}
    if panel.axis.kind != "labels":
        figure.add_trace(
            go.Scatter(**band, **look, line={"width": 0}, name="8 in 10", legendgroup="band"), **place
        )
    states(figure, data, which, x[which], y[which], text, legend=legend, **place)
    options = {"mode": "markers", "marker": {"symbol": "line-ew", "size": 40, "line": {"width": 2.5}}}
    line = options if panel.axis.kind == "labels" else {"line": {"color": LIGHT.ink, "width": 2}}
    figure.add_trace(
        go.Scatter(x=effect.grid, y=median, **{**look, **line}, name="median", legendgroup="median"), **place
    )
    if data.best is not None and np.isfinite(x[data.best]):
        ring(figure, x[data.best], y[data.best], legend=legend, **place)
    figure.update_xaxes(**side(panel.axis, title=False), showticklabels=False, **place)
    figure.update_yaxes(**loss_side(page.scale, data.word if place["col"] == 1 else ""), **place)


def _outline(grid: Any, low: Any, high: Any) -> dict[str, list[float]]:
    """The outline of a band: one loop for each stretch where it is known, None between them."""
    x: list[Any] = []
    y: list[Any] = []
    known = np.concatenate([[False], np.isfinite(low) & np.isfinite(high), [False]])
    ends = np.flatnonzero(np.diff(known.astype(int)))
    for start, stop in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True):
        own = grid[start:stop]
        x += [*own, *own[::-1], None]
        y += [*high[start:stop], *low[start:stop][::-1], None]
    return {"x": x, "y": y}


def _strip(figure: Any, panel: Panel, place: dict[str, int], legend: bool) -> None:
    go, effect = graph_objects(), panel.effect
    shapes = {"g(x) others": effect.rest, "l(x) best": effect.good, "prior": effect.prior}
    flat = panel.axis.kind == "labels"
    tints = {"g(x) others": LIGHT.faint, "l(x) best": LIGHT.best, "prior": LIGHT.ink}
    for name, shape in shapes.items():
        height = shape if flat else shape / (float(np.nanmax(shape)) or 1.0)
        look = {"name": name, "legendgroup": name, "showlegend": legend, "hoverinfo": "name"}
        if flat:
            mark = go.Bar(x=effect.grid, y=height, marker_color=tints[name], opacity=0.75, **look)
        else:
            dash = {"color": tints[name], "width": 1.5, "dash": "dot" if name == "prior" else "solid"}
            fill = None if name == "prior" else "tozeroy"
            mark = go.Scatter(x=effect.grid, y=height, mode="lines", line=dash, fill=fill, **look)
        figure.add_trace(mark, **place)
    figure.update_xaxes(**side(panel.axis, title=False), **place)
    figure.update_yaxes(showticklabels=False, rangemode="tozero", **place)
