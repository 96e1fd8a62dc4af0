"""SMAC3's facade for hyperparameters, with conditions as ConfigSpace states them.

An objective that raises or returns something infinite or NaN is a crashed
trial by SMAC's own rule. The cost of a crash is set, as its documentation
advises, for its forest refuses the infinite one that is the default. SMAC is
told that the objective is deterministic: a repeated evaluation would be a trial.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.base import Objective, Param, Point

Params = tuple[Param, ...]


def space_of(params: Params, seed: int) -> Any:
    """The space in ConfigSpace's words; a stepped integer is the number of its step, as it has no steps."""
    import ConfigSpace as Space

    space = Space.ConfigurationSpace(seed=seed)
    nodes: dict[str, Any] = {}
    for p in params:
        if p.kind == "cat":
            nodes[p.name] = Space.CategoricalHyperparameter(p.name, list(range(p.size)))
        elif p.kind == "float":
            nodes[p.name] = Space.UniformFloatHyperparameter(p.name, p.low, p.high, log=p.log)
        elif p.step > 1:
            last = int(p.high - p.low) // p.step
            nodes[p.name] = Space.UniformIntegerHyperparameter(p.name, 0, last)
        else:
            nodes[p.name] = Space.UniformIntegerHyperparameter(p.name, int(p.low), int(p.high), log=p.log)
    space.add(*nodes.values())
    space.add(
        *(Space.EqualsCondition(nodes[p.name], nodes[p.parent[0]], p.parent[1]) for p in params if p.parent)
    )
    return space


def point_of(params: Params, config: Any) -> Point:
    """A configuration as a point."""
    by_name = {p.name: p for p in params}
    point: dict[str, float | int] = {}
    for name, value in dict(config).items():
        p = by_name[name]
        stepped = p.kind == "int" and p.step > 1
        point[name] = p.legal(p.low + p.step * int(value) if stepped else float(value))
    return point


def search(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`HyperparameterOptimizationFacade.optimize`."""
    from smac import HyperparameterOptimizationFacade, Scenario

    def target(config: Any, seed: int = 0) -> float:  # noqa: ARG001  # SMAC passes it by name
        return objective(point_of(params, config))

    with tempfile.TemporaryDirectory() as folder:
        scenario = Scenario(
            space_of(params, seed),
            n_trials=trials,
            seed=seed,
            deterministic=True,
            crash_cost=1e3,
            output_directory=Path(folder),
        )
        HyperparameterOptimizationFacade(scenario, target, logging_level=False, overwrite=True).optimize()
