"""The pictures that Plotly can draw, by name: what ``backend="plotly"`` looks into."""

from __future__ import annotations

from parzen.plots.interactive_lines import curves, edf, history, pareto, timeline
from parzen.plots.interactive_pages import contour, effects, importance, matrix, parallel
from parzen.plots.interactive_several import compare, distributions

__all__ = [
    "compare",
    "contour",
    "curves",
    "distributions",
    "edf",
    "effects",
    "history",
    "importance",
    "matrix",
    "parallel",
    "pareto",
    "timeline",
]
