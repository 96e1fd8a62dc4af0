"""Ax through its client. Conditions are not stated: all parameters are searched and inactive ones ignored.

A failure is a failed trial, by `mark_trial_failed`.
"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.base import BlownUp, Objective, Param
from benchmarks.peers.flat import active

Params = tuple[Param, ...]


def space_of(params: Params) -> list[Any]:
    """The space in Ax's words; categories are unordered."""
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    def config(p: Param) -> Any:
        if p.kind == "cat":
            values = list(range(p.size))
            return ChoiceParameterConfig(p.name, values=values, parameter_type="int", is_ordered=False)
        scaling, step = ("log" if p.log else "linear"), (p.step if p.step > 1 else None)
        ends = (p.low, p.high) if p.kind == "float" else (int(p.low), int(p.high))
        return RangeParameterConfig(
            p.name, bounds=ends, parameter_type=p.kind, step_size=step, scaling=scaling
        )

    return [config(p) for p in params]


def search(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`Client.get_next_trials` and `complete_trial`, one trial at a time."""
    import torch
    from ax.api.client import Client

    torch.set_num_threads(1)
    client = Client(random_seed=seed)
    client.configure_experiment(parameters=space_of(params))
    client.configure_optimization(objective="-loss")
    for _ in range(trials):
        for index, values in client.get_next_trials(max_trials=1).items():
            try:
                loss = objective(active(params, values))
            except BlownUp:
                loss = math.nan
            if math.isfinite(loss):
                client.complete_trial(trial_index=index, raw_data={"loss": loss})
            else:
                client.mark_trial_failed(trial_index=index)
