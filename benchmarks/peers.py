"""The libraries that are compared, each through its own front door.

Two doors per library. A *search* runs a whole problem of
`benchmarks.problems`, as a user's script would. A *bench* holds a history of
any length and times one ask and one tell on it. Every library gets its
defaults; only the seed is set.

A library is imported when it is first used, so that one that is not installed
costs only its own rows.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import logging
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problems import BlownUp, Param, Point, children, draw

Params = tuple[Param, ...]
Objective = Callable[[Point], float]
Search = Callable[[Params, Objective, int, int], None]


def silence() -> None:
    """Keep progress, advice and warnings of all libraries off the terminal."""
    warnings.filterwarnings("ignore")
    # Not by logger: Optuna sets its own logger's level when it is imported.
    logging.disable(logging.CRITICAL)


def version(library: str) -> str:
    """What results are filed under.

    For parzen, which changes between releases, this includes a checksum of
    its source.

    Raises:
        ModuleNotFoundError: If the library is not installed.
    """
    if library == "random":
        return f"numpy-{np.__version__}"
    if library != "parzen":
        try:
            return importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            raise ModuleNotFoundError(f"No module named {library!r}", name=library) from None
    import parzen

    if parzen.__file__ is None:  # a folder without the package in it
        raise ModuleNotFoundError("No module named 'parzen'", name="parzen")
    root = Path(parzen.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"{getattr(parzen, '__version__', '0')}+{digest.hexdigest()[:8]}"


# Spaces.


def hyperopt_space(params: Params) -> dict[str, Any]:
    """The space in Hyperopt's words; a branch with children is a dict that also holds its number."""
    from hyperopt import hp

    def node(param: Param) -> Any:
        low, high = param.low, param.high
        if param.kind == "cat":
            return hp.choice(param.name, _branches(params, param, node))
        if param.kind == "int":
            if param.log:
                return hp.qloguniform(param.name, np.log(low), np.log(high), param.step)
            return hp.quniform(param.name, low, high, param.step)
        if param.log:
            return hp.loguniform(param.name, np.log(low), np.log(high))
        return hp.uniform(param.name, low, high)

    return {param.name: node(param) for param in children(params, None)}


def parzen_space(params: Params) -> dict[str, Any]:
    """The space in parzen's words, in the same shape as Hyperopt's."""
    from parzen import hp

    def node(param: Param) -> Any:
        if param.kind == "cat":
            return hp.choice(param.name, _branches(params, param, node))
        if param.kind == "int":
            low, high = int(param.low), int(param.high)
            return hp.int(low, high, log=param.log, step=param.step, label=param.name)
        return hp.float(param.low, param.high, log=param.log, label=param.name)

    return {param.name: node(param) for param in children(params, None)}


def _branches(params: Params, choice: Param, node: Callable[[Param], Any]) -> list[Any]:
    """The options of a choice: plain numbers, or dicts where there is something inside."""
    inside = [list(children(params, (choice.name, k))) for k in range(choice.size)]
    if not any(inside):
        return list(range(choice.size))
    return [{"branch": k, **{p.name: node(p) for p in inside[k]}} for k in range(choice.size)]


def flatten(params: Params, tree: Mapping[str, Any]) -> dict[str, float | int]:
    """Turn the nested argument of `hyperopt_space` or `parzen_space` back into a point."""
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


# Searches. Each evaluates the objective exactly `trials` times. An objective
# that raises is a failed trial in every library, by the library's own option.


def search_random(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """Independent draws from the prior."""
    rng = np.random.default_rng(seed)
    for _ in range(trials):
        with contextlib.suppress(BlownUp):
            objective(draw(params, rng))


def search_parzen(
    params: Params, objective: Objective, trials: int, seed: int, settings: Mapping[str, Any] | None = None
) -> None:
    """`parzen.fmin` with TPE; with `settings`, TPE with those."""
    from parzen import fmin, tpe

    algo: Any = tpe.suggest
    if settings is not None:
        from parzen.algorithms.tpe import TPE

        algo = TPE(**settings)
    fmin(
        lambda tree: objective(flatten(params, tree)),
        parzen_space(params),
        algo=algo,
        max_evals=trials,
        seed=seed,
        on_error="continue",
        verbose=False,
        show_progressbar=False,
        return_argmin=False,
    )


def search_hyperopt(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`hyperopt.fmin` with TPE."""
    from hyperopt import Trials, fmin, tpe

    fmin(
        lambda tree: objective(flatten(params, tree)),
        hyperopt_space(params),
        algo=tpe.suggest,
        max_evals=trials,
        trials=Trials(),
        rstate=np.random.default_rng(seed),
        catch_eval_exceptions=True,
        verbose=False,
        show_progressbar=False,
        return_argmin=False,
    )


def search_optuna(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`Study.optimize` of Optuna with its TPE sampler."""
    import optuna

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: objective(suggest(params, trial)), n_trials=trials, catch=(Exception,))


def search_rustuna(params: Params, objective: Objective, trials: int, seed: int) -> None:
    """`Study.optimize` of Rustuna with its TPE sampler."""
    import rustuna

    study = rustuna.create_study(sampler=rustuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: objective(suggest(params, trial)), n_trials=trials, catch=Exception)


SEARCHES: dict[str, Search] = {
    "parzen": search_parzen,
    "hyperopt": search_hyperopt,
    "optuna": search_optuna,
    "rustuna": search_rustuna,
    "random": search_random,
}


# Benches.


class ParzenBench:
    """`Study.ask` and `Study.tell` of parzen."""

    def __init__(self, params: Params) -> None:
        from parzen import Study

        self._params = params
        self._study = Study(parzen_space(params), "tpe", seed=0)

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


class HyperoptBench:
    """`tpe.suggest` of Hyperopt, with the inserting and refreshing that its `fmin` does around it."""

    def __init__(self, params: Params) -> None:
        from hyperopt.base import Domain

        from hyperopt import JOB_STATE_DONE, Trials, tpe

        self._params, self._done, self._suggest = params, JOB_STATE_DONE, tpe.suggest
        self._domain = Domain(lambda _: 0.0, hyperopt_space(params))
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


BENCHES: dict[str, Callable[[Params], Any]] = {
    "parzen": ParzenBench,
    "hyperopt": HyperoptBench,
    "optuna": OptunaBench,
    "rustuna": RustunaBench,
}
