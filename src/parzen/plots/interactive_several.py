"""Interactive forms of the comparison of studies and of the laws of a space."""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np

from parzen.plots.axes import axis
from parzen.plots.data import scale
from parzen.plots.interactive_base import alone, finish, graph_objects, loss_place, loss_side, side, subplots
from parzen.plots.laws import law_curve, space_of, support, tree_blocks
from parzen.plots.mpl import LIGHT
from parzen.plots.phrases import nothing
from parzen.plots.studies import best_lines, groups, headline, middle
from parzen.plots.words import cut

COLUMNS = 3
ROW = 210  # pixels of a row of laws


def compare(targets: Any, x: str = "trial") -> Any:
    """The best so far of several studies; click a name in the legend to hide a line."""
    found = groups(targets)
    every = [data for own in found.values() for data in own]
    if not any(data.counts["done"] for data in every):
        trials = sum(map(len, every))
        return alone("Comparison", "no trial succeeded yet" if trials else nothing(every[0]))
    unit, grid, lines = best_lines(found, x)
    drawn = [own[:, ~np.isnan(own).any(axis=0)].ravel() for own in lines.values()]
    limits = scale(np.unique(np.concatenate(drawn)), np.concatenate([own[:, -1] for own in lines.values()]))
    go = graph_objects()
    figure = go.Figure()
    for k, (name, own) in enumerate(lines.items()):
        tint = LIGHT.series[k % len(LIGHT.series)]
        at, low, half, high = middle(grid, own)
        words = html.escape(cut(name, 40) + (f" ({len(own)} runs)" if len(own) > 1 else ""))
        group = {"legendgroup": f"{k}"}
        if len(own) > 1:
            look = {
                "mode": "lines",
                "line": {"width": 0, "shape": "hv"},
                "hoverinfo": "skip",
                "showlegend": False,
            }
            figure.add_trace(go.Scatter(x=at, y=loss_place(limits, high), **look, **group))
            band = {"fill": "tonexty", "fillcolor": _pale(tint)}
            figure.add_trace(go.Scatter(x=at, y=loss_place(limits, low), **band, **look, **group))
        line = {"color": tint, "width": 2, "shape": "hv"}
        text = [f"{words}<br>{place:.6g}: {value:.6g}" for place, value in zip(at, half, strict=True)]
        look = {"mode": "lines", "line": line, "hovertext": text, "hoverinfo": "text"}
        figure.add_trace(go.Scatter(x=at, y=loss_place(limits, half), name=words, **look, **group))
    title = "trials ended" if x == "trial" else f"time since the first trial began ({unit})"
    figure.update_xaxes(title_text=title)
    figure.update_yaxes(**loss_side(limits, f"best {every[0].word} so far"))
    return finish(figure, "Comparison", headline(found), height=460, showlegend=True)


def _pale(tint: str) -> str:
    """A colour of which a fifth is seen."""
    red, green, blue = (int(tint[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def distributions(space: Any) -> Any:
    """The law of each hyperparameter, in the tree of the space."""
    space = space_of(space)
    panels = [(given, j) for given, block in tree_blocks(space) for j in block]
    title = "What may be tried?"
    if not panels:
        return alone(title, "the space has no hyperparameter: nothing varies")
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    heads = [_head(space, given, j) for given, j in panels]
    gap = 0.55 / rows
    figure = subplots(
        rows, columns, subplot_titles=heads, horizontal_spacing=0.09, vertical_spacing=gap if rows > 1 else 0
    )
    figure.update_annotations(font_size=11)
    for k, (_, j) in enumerate(panels):
        _law(figure, space, j, {"row": k // columns + 1, "col": k % columns + 1})
    words = "Exact densities and probabilities. On a logarithmic axis the density is that of log10."
    return finish(figure, title, words, height=150 + ROW * rows, showlegend=False)


def _head(space: Any, given: str, j: int) -> str:
    """Label, law and branch of a panel."""
    param = space.params[j]
    branch = "" if given == "always" else f"<br><i>if {html.escape(cut(given, 40))}</i>"
    law = html.escape(cut(param.distribution.describe(), 40))
    return f"<b>{html.escape(cut(param.label, 30, middle=True))}</b> {law}{branch}"


def _law(figure: Any, space: Any, j: int, place: dict[str, int]) -> None:
    """Bars for options and few values, else a filled curve."""
    go, law, shape = graph_objects(), space.params[j].distribution, axis(space, j)
    values = support(law)
    if values is None:
        x, y = law_curve(law, shape)
        line = {"color": LIGHT.series[0], "width": 1.5}
        trace = go.Scatter(x=x, y=y, mode="lines", line=line, fill="tozeroy", name="density")
    else:
        chance = np.exp(law.log_density(values))
        names = [html.escape(shape.options[i]) for i in range(len(values))] if shape.options else None
        text = [f"{chances:.3g}" for chances in chance]
        if names is not None:
            text = [f"{name}: {word}" for name, word in zip(names, text, strict=True)]
        trace = go.Bar(x=np.maximum(values, shape.low), y=chance, marker_color=LIGHT.series[0],
                       hovertext=text, name="probability")  # fmt: skip
    figure.add_trace(trace, **place)
    figure.update_xaxes(**side(shape, title=False), **place)
    figure.update_yaxes(rangemode="tozero", nticks=4, **place)
