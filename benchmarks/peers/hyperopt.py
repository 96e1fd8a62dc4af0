"""Hyperopt's TPE through its `fmin`. An objective that raises is a failed trial, by its own option.

A loss that is infinite or NaN is passed on as it is.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.base import Objective, Param, Point, children
from benchmarks.peers.nested import branches, flatten

Params = tuple[Param, ...]


def space_of(params: Params) -> dict[str, Any]:
    """The space in Hyperopt's words; a branch with children is a dict that also holds its number."""
    from hyperopt import hp

    def node(param: Param) -> Any:
        low, high = param.low, param.high
        if param.kind == "cat":
            return hp.choice(param.name, branches(params, param, node))
        if param.kind == "int":
            if param.log:
                return hp.qloguniform(param.name, np.log(low), np.log(high), param.step)
            return hp.quniform(param.name, low, high, param.step)
        if param.log:
            return hp.loguniform(param.name, np.log(low), np.log(high))
        return hp.uniform(param.name, low, high)

    return {param.name: node(param) for param in children(params, None)}


def tpe(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`hyperopt.fmin` with TPE."""
    from hyperopt import Trials, fmin
    from hyperopt import tpe as algorithm

    fmin(
        lambda tree: objective(flatten(params, tree)),
        space_of(params),
        algo=algorithm.suggest,
        max_evals=trials,
        trials=Trials(),
        rstate=np.random.default_rng(seed),
        catch_eval_exceptions=True,
        verbose=False,
        show_progressbar=False,
        return_argmin=False,
    )


class HyperoptBench:
    """`tpe.suggest` of Hyperopt, with the inserting and refreshing that its `fmin` does around it."""

    def __init__(self, params: Params) -> None:
        from hyperopt.base import Domain

        from hyperopt import JOB_STATE_DONE, Trials, tpe

        self._params, self._done, self._suggest = params, JOB_STATE_DONE, tpe.suggest
        self._domain = Domain(lambda _: 0.0, space_of(params))
        self._trials = Trials()
        self._seed = 0

    def fill(self, points: list[Point], losses: list[float]) -> None:
        """Add finished trials as documents, unobserved by the clock."""
        ids = self._trials.new_trial_ids(len(points))
        miscs = [
            {
                "tid": tid,
                "cmd": self._domain.cmd,
                "workdir": None,
                "idxs": {p.name: [tid] if p.name in point else [] for p in self._params},
                "vals": {p.name: [point[p.name]] if p.name in point else [] for p in self._params},
            }
            for tid, point in zip(ids, points, strict=True)
        ]
        results = [{"loss": loss, "status": "ok"} for loss in losses]
        docs = self._trials.new_trial_docs(ids, [None] * len(ids), results, miscs)
        for doc in docs:
            doc["state"] = self._done
        self._trials.insert_trial_docs(docs)
        self._trials.refresh()

    def step(self, objective: Objective) -> float:
        """Suggest, insert, evaluate, refresh; returns the CPU seconds without the evaluation."""
        self._seed += 1
        start = time.process_time()
        ids = self._trials.new_trial_ids(1)
        self._trials.refresh()
        docs = self._suggest(ids, self._domain, self._trials, self._seed, verbose=False)
        self._trials.insert_trial_docs(docs)
        self._trials.refresh()
        asked = time.process_time()
        doc = self._trials._dynamic_trials[-1]
        loss = objective({name: vals[0] for name, vals in doc["misc"]["vals"].items() if vals})
        told = time.process_time()
        doc["result"], doc["state"] = {"loss": loss, "status": "ok"}, self._done
        self._trials.refresh()
        return asked - start + time.process_time() - told
