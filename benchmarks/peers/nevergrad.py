"""Nevergrad's NGOpt, with conditions as choices among dicts.

An infinite or NaN loss is told as it is, and Nevergrad replaces it by a huge
one. Its `minimize` does not survive exceptions, so these are infinite losses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.base import BlownUp, Objective, Param, children
from benchmarks.peers.nested import branches, flatten

Params = tuple[Param, ...]


def space_of(params: Params) -> Any:
    """The space in Nevergrad's words; a stepped integer is the number of its step."""
    import nevergrad as ng

    def node(p: Param) -> Any:
        if p.kind == "cat":
            options = branches(params, p, node)
            return ng.p.Choice([ng.p.Dict(**o) if isinstance(o, dict) else o for o in options])
        if p.kind == "int" and p.step > 1:
            return ng.p.Scalar(lower=0, upper=int(p.high - p.low) // p.step).set_integer_casting()
        number = (ng.p.Log if p.log else ng.p.Scalar)(lower=p.low, upper=p.high)
        return number.set_integer_casting() if p.kind == "int" else number

    return ng.p.Dict(**{p.name: node(p) for p in children(params, None)})


def search(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`NGOpt.minimize`."""
    import nevergrad as ng

    stepped = {p.name: p for p in params if p.kind == "int" and p.step > 1}

    def lattice(tree: Mapping[str, Any]) -> dict[str, Any]:
        """The same tree with values where there are numbers of steps."""
        return {
            name: lattice(value)
            if isinstance(value, Mapping)
            else stepped[name].low + stepped[name].step * value
            if name in stepped
            else value
            for name, value in tree.items()
        }

    def target(tree: Mapping[str, Any]) -> float:
        try:
            return objective(flatten(params, lattice(tree)))
        except BlownUp:
            return math.inf

    space = space_of(params)
    space.random_state.seed(seed)
    ng.optimizers.NGOpt(parametrization=space, budget=trials).minimize(target)
