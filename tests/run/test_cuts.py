"""Resume: the log cut after any event, and gone on with, is the search that nobody interrupted.

Every algorithm on memory, and every store with a search that fails, prunes,
reports, retries, has enqueued points and trials that never end.
"""

from __future__ import annotations

import pytest

from parzen import Pruned, Study, hp
from parzen.algorithms.anneal import Anneal
from parzen.algorithms.auto import Auto
from parzen.algorithms.base import NAMES
from parzen.algorithms.cmaes import CMAES
from parzen.algorithms.gp import GP
from parzen.algorithms.grid import Grid
from parzen.algorithms.local import Local
from parzen.algorithms.mix import Mix
from parzen.algorithms.quasirandom import QuasiRandom
from parzen.algorithms.random import Random
from parzen.algorithms.tpe import TPE
from parzen.executors.base import Outcome
from parzen.rng import stream
from parzen.storage.base import open_store
from parzen.storage.memory import MemoryStore
from parzen.testing import digest
from parzen.testing.searches import smooth

SPACE = {
    "x": hp.uniform("x", -3, 3),
    "c": hp.choice("c", [0, {"n": hp.int(1, 9, label="n")}]),
    "q": hp.quniform("q", 0, 8, 2),
}
SEEDS = [{"x": 1.0, "c": 1, "n": 3, "q": 4.0}, {"x": -1.0, "c": 0, "q": 2.0}]

# CMA-ES is for numbers only.
NUMBERS = {label: SPACE[label] for label in ("x", "q")}
NUMBER_SEEDS = [{label: point[label] for label in NUMBERS} for point in SEEDS]

ALGORITHMS = {
    "auto": Auto(n_startup_jobs=4),
    "gp": GP(n_startup_jobs=4),
    "local": Local(n_startup_jobs=4),
    "cmaes": CMAES(n_startup_jobs=4),
    "tpe": TPE(n_startup_jobs=4),
    "classic": TPE(n_startup_jobs=4, mode="hyperopt"),
    "random": Random(),
    "sobol": QuasiRandom(),
    "anneal": Anneal(),
    "grid": Grid(),
    "mix": Mix([(0.5, TPE(n_startup_jobs=4)), (0.5, Random())]),
}


def test_no_algorithm_is_left_out():
    assert set(NAMES) - {"grid"} <= {*ALGORITHMS}
    assert {type(algorithm).__name__ for algorithm in ALGORITHMS.values()} >= {"Grid", "Mix", "TPE"}


def evaluate(study, trial):
    """Report, and say what becomes of the trial: decided by its number, its point and the pruner."""
    if trial.number % 6 == 4:
        return RuntimeError("scripted failure")
    if trial.number % 6 == 5:
        return float("nan")
    loss = smooth(trial.point)
    noise = float(stream(21, trial.number, "cut").random())
    for step in range(1, 4):
        study.report(trial.number, loss + (1 + noise) / step, step)
        if study.should_prune(trial.number):
            return Pruned()
    return loss


def outcome_of(found):
    if isinstance(found, Pruned):
        return Outcome("pruned", result={"status": "fail", "pruned": True})
    return found


def search(study, trials):
    """Serial, until the study has its trials: one is lost and runs again, and one never ends."""
    endless = set()
    while len(study.trials) < trials or study.ledger.waiting:
        trial = study.ask()
        if trial.number % 5 == 2 and trial.attempt == 1:
            study.release(trial.number, "scripted loss of the worker")
        elif trial.number % 7 == 6:  # the others see it as running
            endless.add(trial.number)
        else:
            study.tell(trial, outcome_of(evaluate(study, trial)))
    return study


def resumed(algorithm, store, name, log, trials):
    """The search that goes on from a log, or begins where the log is empty."""
    space, seeds = (NUMBERS, NUMBER_SEEDS) if isinstance(algorithm, CMAES) else (SPACE, SEEDS)
    if log:
        store.append(name, log)
    study = Study(space, algorithm, seed=5, store=store, name=name, pruner="median")
    for point in seeds[study.ledger.queued :] if not study.trials else ():
        study.enqueue(point)
    for number in list(study.ledger.claimed):
        study.release(number, "its owner is gone")
    return search(study, trials)


def differences(algorithm, store, trials):
    """After which cuts the search ends differently; checks that everything happens in it."""
    whole = resumed(algorithm, store, "whole", [], trials)
    log = whole.events()
    assert {"released", "reported", "enqueued", "finished"} <= {event.kind for event in log}
    assert {trial.status.name for trial in whole.trials} >= {"DONE", "FAILED", "RUNNING"}
    ends = {
        cut: digest(resumed(algorithm, store, f"cut after {cut}", log[:cut], trials))
        for cut in range(len(log) + 1)
    }
    return [cut for cut, end in ends.items() if end != digest(whole)]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_resumes_after_a_cut_at_every_event(name):
    assert differences(ALGORITHMS[name], MemoryStore(), 14) == []


@pytest.fixture(params=["memory", "search.db", "search.jsonl", "postgresql", "mongodb"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    fixtures = {"postgresql": "postgres_schema", "mongodb": "mongodb_database"}
    where = request.getfixturevalue(fixtures[request.param]) if request.param in fixtures else None
    made = open_store(where or tmp_path / request.param)
    yield made
    made.close()


def test_every_store_resumes_after_a_cut_at_every_event(store):
    # The seventh trial is the first that never ends; an append to a server takes milliseconds.
    assert differences(TPE(n_startup_jobs=3), store, 7 if store.shared else 10) == []
