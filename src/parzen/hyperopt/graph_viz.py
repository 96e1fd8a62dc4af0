"""``hyperopt.graph_viz``: a space's conditions as a picture, in Graphviz' language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.hyperopt.pyll_utils import expr_to_config


def dot_hyperparameters(expr: Any) -> str:
    """A digraph: a box for each hyperparameter, an ellipse for each condition.

    Arrows lead from a choice to what it may be equal to, and from there to
    the hyperparameters that matter then.

    Args:
        expr: The space.

    Returns:
        The text of a ``.dot`` file.

    >>> from parzen import hp
    >>> print(dot_hyperparameters(hp.choice("c", [0, hp.uniform("x", 0, 1)])))
    digraph {
    "c" [ shape=box];
    "x" [ shape=box];
    "c" -> "c=1";
    "c=1" [ shape=ellipse];
    "c=1" -> "x";
    }
    <BLANKLINE>
    """
    found: dict[str, dict[str, Any]] = {}
    expr_to_config(expr, (), found)
    lines: dict[str, None] = {}  # in order, each once
    for label, hyperparameter in found.items():
        lines[f"{_quoted(label)} [ shape=box];"] = None
        for way in sorted(hyperparameter["conditions"], key=str):
            lines |= dict.fromkeys(_arrows(label, way))
    return "\n".join(["digraph {", *lines, "}", ""])


def _arrows(label: str, way: Sequence[Any]) -> list[str]:
    if not way:
        return []
    alone = [_quoted(f"{condition.name}={condition.val}") for condition in way]
    together = _quoted(" & ".join(f"{condition.name}={condition.val}" for condition in way))
    lines = []
    for condition, ellipse in zip(way, alone, strict=True):
        lines += [f"{_quoted(condition.name)} -> {ellipse};", f"{ellipse} [ shape=ellipse];"]
        if len(way) > 1:
            lines.append(f"{ellipse} -> {together};")
    if len(way) > 1:
        lines.append(f"{together} [ shape=ellipse];")
    return [*lines, f"{together} -> {_quoted(label)};"]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


__all__ = ["dot_hyperparameters"]
