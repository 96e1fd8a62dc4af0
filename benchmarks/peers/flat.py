"""Conditional spaces for libraries without conditions: all parameters are given, inactive ones ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.base import Param


def active(params: tuple[Param, ...], values: Mapping[str, Any]) -> dict[str, float | int]:
    """The active part of a flat assignment, its values on their lattices."""
    point: dict[str, float | int] = {}
    for p in params:
        if p.parent is None or point.get(p.parent[0]) == p.parent[1]:
            point[p.name] = p.legal(float(values[p.name]))
    return point
