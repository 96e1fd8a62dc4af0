"""parzen's algorithms through its `fmin`, by their names.

An objective that raises is a failed trial, by ``on_error="continue"``. A loss
that is infinite or NaN is passed on as it is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from benchmarks.base import Objective, Param, Point, children
from benchmarks.peers.nested import branches, flatten

Params = tuple[Param, ...]


def space_of(params: Params) -> dict[str, Any]:
    """The space in parzen's words, in the same shape as Hyperopt's."""
    from parzen import hp

    def node(param: Param) -> Any:
        if param.kind == "cat":
            return hp.choice(param.name, branches(params, param, node))
        if param.kind == "int":
            low, high = int(param.low), int(param.high)
            return hp.int(low, high, log=param.log, step=param.step, label=param.name)
        return hp.float(param.low, param.high, log=param.log, label=param.name)

    return {param.name: node(param) for param in children(params, None)}


def search(
    algorithm: str,
    params: Params,
    objective: Objective,
    trials: int,
    seed: int,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """`parzen.fmin` with an algorithm by its name; with `settings`, an object of its class."""
    from parzen import fmin
    from parzen.algorithms.base import named

    fmin(
        lambda tree: objective(flatten(params, tree)),
        space_of(params),
        algo=named(algorithm)(**settings) if settings else algorithm,
        max_evals=trials,
        seed=seed,
        on_error="continue",
        verbose=False,
        show_progressbar=False,
        return_argmin=False,
    )


class ParzenBench:
    """`Study.ask` and `Study.tell` of parzen."""

    def __init__(self, params: Params) -> None:
        from parzen import Study

        self._params = params
        self._study = Study(space_of(params), "tpe", seed=0)

    def fill(self, points: list[Point], losses: list[float]) -> None:
        """Add finished trials, unobserved by the clock."""
        for point, loss in zip(points, losses, strict=True):
            self._study.enqueue(dict(point))
            self._study.tell(self._study.ask(), loss)

    def step(self, objective: Objective) -> float:
        """Ask, evaluate, tell; returns the CPU seconds of the ask and the tell."""
        start = time.process_time()
        trial = self._study.ask()
        asked = time.process_time()
        loss = objective(trial.point)
        told = time.process_time()
        self._study.tell(trial, loss)
        return asked - start + time.process_time() - told
