"""HEBO, which has no conditions: all parameters are searched and inactive ones ignored.

A failure is observed as NaN; HEBO leaves out what is not finite.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.base import BlownUp, Objective, Param
from benchmarks.peers.flat import active

Params = tuple[Param, ...]


def space_of(params: Params) -> Any:
    """The space in HEBO's words."""
    from hebo.design_space.design_space import DesignSpace

    def row(p: Param) -> dict[str, Any]:
        if p.kind == "cat":
            return {"name": p.name, "type": "cat", "categories": list(range(p.size))}
        ends: dict[str, Any] = {"name": p.name, "lb": p.low, "ub": p.high}
        if p.kind == "float":
            return {**ends, "type": "pow", "base": 10} if p.log else {**ends, "type": "num"}
        ends = {**ends, "lb": int(p.low), "ub": int(p.high)}
        if p.log:
            return {**ends, "type": "pow_int", "base": 10}
        return {**ends, "type": "step_int", "step": p.step} if p.step > 1 else {**ends, "type": "int"}

    return DesignSpace().parse([row(p) for p in params])


def search(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`HEBO.suggest` and `HEBO.observe`, one point at a time."""
    import torch
    from hebo.optimizers.hebo import HEBO

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # HEBO draws from the global generator
    optimizer = HEBO(space_of(params), scramble_seed=seed)
    for _ in range(trials):
        row = optimizer.suggest(n_suggestions=1)
        try:
            loss = objective(active(params, row.iloc[0].to_dict()))
        except BlownUp:
            loss = math.nan
        optimizer.observe(row, np.array([[loss]]))
