"""Optuna and Rustuna, define-by-run, with several of Optuna's samplers.

An objective that raises is a failed trial, by the option `catch`. NaN is a
failed trial by their own rule, an infinite loss is a loss.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.base import Objective, Param, Point

Params = tuple[Param, ...]


def suggest(params: Params, trial: Any) -> dict[str, float | int]:
    """Ask an Optuna or Rustuna trial for a point, define-by-run."""
    point: dict[str, float | int] = {}
    for p in params:
        if p.parent is not None and point.get(p.parent[0]) != p.parent[1]:
            continue
        if p.kind == "cat":
            point[p.name] = trial.suggest_categorical(p.name, list(range(p.size)))
        elif p.kind == "float":
            point[p.name] = trial.suggest_float(p.name, p.low, p.high, log=p.log)
        elif p.log:
            point[p.name] = trial.suggest_int(p.name, int(p.low), int(p.high), log=True)
        else:
            point[p.name] = trial.suggest_int(p.name, int(p.low), int(p.high), step=p.step)
    return point


def _optimize(params: Params, objective: Objective, trials: int, sampler: Any) -> None:
    import optuna

    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: objective(suggest(params, trial)), n_trials=trials, catch=(Exception,))


def tpe(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`TPESampler` as it is by default."""
    import optuna

    _optimize(params, objective, trials, optuna.samplers.TPESampler(seed=seed))


def independent(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`TPESampler` with one density per hyperparameter, the default before Optuna 5."""
    import optuna

    _optimize(params, objective, trials, optuna.samplers.TPESampler(seed=seed, multivariate=False))


def group(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`TPESampler` with one joint density per group of hyperparameters that occur together."""
    import optuna

    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True)
    _optimize(params, objective, trials, sampler)


def gp(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`GPSampler`; what is not in every trial so far is drawn at random, its own rule."""
    import optuna

    _optimize(params, objective, trials, optuna.samplers.GPSampler(seed=seed))


def auto(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """The rule of OptunaHub's AutoSampler for one objective.

    TPE if anything is categorical or conditional; else `GPSampler` for 250
    trials and `CmaEsSampler` after them.
    """
    import optuna

    if any(p.kind == "cat" for p in params):
        tpe(params, objective, trials, seed)
        return
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=seed))
    for first, end in ((0, min(trials, 250)), (250, trials)):
        if first < end:
            study.optimize(lambda t: objective(suggest(params, t)), n_trials=end - first, catch=(Exception,))
            study.sampler = optuna.samplers.CmaEsSampler(seed=seed)


def rustuna(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """Rustuna's TPE sampler."""
    import rustuna

    study = rustuna.create_study(sampler=rustuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: objective(suggest(params, trial)), n_trials=trials, catch=Exception)


class OptunaBench:
    """`Study.ask`, one `suggest_*` per hyperparameter, and `Study.tell` of Optuna."""

    def __init__(self, params: Params) -> None:
        import optuna
        from optuna import distributions

        self._params = params
        self._library = optuna
        self._study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
        self._distributions = {p.name: _distribution(distributions, p) for p in params}

    def fill(self, points: list[Point], losses: list[float]) -> None:
        """Add finished trials, unobserved by the clock."""
        for point, loss in zip(points, losses, strict=True):
            held = {name: self._distributions[name] for name in point}
            trial = self._library.trial.create_trial(params=dict(point), distributions=held, value=loss)
            self._study.add_trial(trial)

    def step(self, objective: Objective) -> float:
        """Ask, evaluate, tell; returns the CPU seconds of the ask and the tell."""
        start = time.process_time()
        trial = self._study.ask()
        point = suggest(self._params, trial)
        asked = time.process_time()
        loss = objective(point)
        told = time.process_time()
        self._tell(trial, loss)
        return asked - start + time.process_time() - told

    def _tell(self, trial: Any, loss: float) -> None:
        self._study.tell(trial, loss)


class RustunaBench(OptunaBench):
    """The same three calls of Rustuna."""

    def __init__(self, params: Params) -> None:
        import rustuna
        import rustuna.distributions
        import rustuna.trial

        self._params = params
        self._library = rustuna
        self._study = rustuna.create_study(sampler=rustuna.samplers.TPESampler(seed=0))
        self._distributions = {p.name: _distribution(rustuna.distributions, p) for p in params}

    def _tell(self, trial: Any, loss: float) -> None:
        self._study.tell(trial.number, loss)  # it takes numbers only


def _distribution(module: Any, param: Param) -> Any:
    if param.kind == "cat":
        return module.CategoricalDistribution(list(range(param.size)))
    if param.kind == "float":
        return module.FloatDistribution(param.low, param.high, log=param.log)
    return module.IntDistribution(int(param.low), int(param.high), log=param.log, step=param.step)
