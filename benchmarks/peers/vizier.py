"""Vizier's default designer, `VizierGPUCBPEBandit`; it refuses conditions, so all parameters are given.

A failure is an infeasible trial, by `Trial.complete(infeasibility_reason=...)`.
The designer is asked directly, since its service takes no seed.
"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.base import BlownUp, Objective, Param
from benchmarks.peers.flat import active

Params = tuple[Param, ...]


def problem_of(params: Params) -> Any:
    """The space and the goal in Vizier's words; a stepped integer is a list of values."""
    from vizier import pyvizier as vz

    problem = vz.ProblemStatement()
    root = problem.search_space.root
    for p in params:
        scale = vz.ScaleType.LOG if p.log else vz.ScaleType.LINEAR
        if p.kind == "cat":
            root.add_categorical_param(p.name, [str(k) for k in range(p.size)])
        elif p.kind == "float":
            root.add_float_param(p.name, p.low, p.high, scale_type=scale)
        elif p.step > 1:
            root.add_discrete_param(p.name, list(range(int(p.low), int(p.high) + 1, p.step)))
        else:
            root.add_int_param(p.name, int(p.low), int(p.high), scale_type=scale)
    problem.metric_information.append(vz.MetricInformation("loss", goal=vz.ObjectiveMetricGoal.MINIMIZE))
    return problem


def search(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`suggest` and `update`, one trial at a time."""
    import jax
    from vizier import algorithms
    from vizier import pyvizier as vz
    from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

    designer = VizierGPUCBPEBandit(problem_of(params), rng=jax.random.PRNGKey(seed))
    for number in range(1, trials + 1):
        trial = designer.suggest(count=1)[0].to_trial(number)
        try:
            loss = objective(active(params, {p.name: trial.parameters.get_value(p.name) for p in params}))
        except BlownUp:
            loss = math.nan
        if math.isfinite(loss):
            trial.complete(vz.Measurement({"loss": loss}))
        else:
            trial.complete(vz.Measurement(), infeasibility_reason="failed")
        designer.update(algorithms.CompletedTrials([trial]), algorithms.ActiveTrials())
