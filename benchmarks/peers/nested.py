"""Spaces as nested dicts, which Hyperopt and parzen share, and define-by-run ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.base import Param, children

Params = tuple[Param, ...]


def branches(params: Params, choice: Param, node: Callable[[Param], Any]) -> list[Any]:
    """The options of a choice: plain numbers, or dicts where there is something inside."""
    inside = [list(children(params, (choice.name, k))) for k in range(choice.size)]
    if not any(inside):
        return list(range(choice.size))
    return [{"branch": k, **{p.name: node(p) for p in inside[k]}} for k in range(choice.size)]


def flatten(params: Params, tree: Mapping[str, Any]) -> dict[str, float | int]:
    """Turn the nested argument of a space of `branches` back into a point."""
    by_name = {param.name: param for param in params}
    point: dict[str, float | int] = {}

    def walk(part: Mapping[str, Any]) -> None:
        for name, value in part.items():
            if isinstance(value, Mapping):
                point[name] = int(value["branch"])
                walk({key: inner for key, inner in value.items() if key != "branch"})
            else:
                point[name] = by_name[name].legal(value)

    walk(tree)
    return point
