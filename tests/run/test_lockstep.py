"""Lockstep: with `lockstep=k`, any number of workers up to k gives the same search, fast or slow."""

from __future__ import annotations

import threading
import time

import pytest

from parzen import Pruned, Study, errors, fmin, hp
from parzen.history.history import Status
from parzen.rng import stream
from parzen.testing import digest

SPACE = {"x": hp.uniform("x", -3, 3), "c": hp.choice("c", [0, {"n": hp.int(1, 9, label="n")}])}
TRIALS = 24


def objective_of(shuffle):
    """Reports, prunes and fails by number and point alone; how long it takes is another matter."""

    def objective(p, trial):
        wait = float(stream(shuffle, trial.number, "wait").exponential(0.004))
        loss = abs(p["x"] - 1) + (p["c"]["n"] / 9 if p["c"] else 0.5)
        for step in range(1, 4):
            time.sleep(wait)
            trial.report(loss + 1 / step, step)
            if trial.should_prune():
                raise Pruned
        if trial.number % 7 == 3:
            raise RuntimeError(f"trial {trial.number} fails")
        return loss

    return objective


def search(workers, executor, shuffle=0, width=8, **more):
    arguments = {"max_evals": TRIALS, "on_error": "continue", "pruner": "median", **more}
    if workers > 1:
        arguments |= {"workers": workers, "executor": executor}
    return fmin(objective_of(shuffle), SPACE, lockstep=width, seed=12, verbose=False, **arguments)


@pytest.fixture(scope="module")
def serial():
    return search(1, None)


def test_the_search_prunes_fails_and_succeeds(serial):
    counts = serial.study.ledger.counts
    assert counts[Status.PRUNED] > 0
    assert counts[Status.FAILED] > 0
    assert counts[Status.DONE] > 5


@pytest.mark.parametrize("workers", [2, 4, 8])
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_any_number_of_workers_gives_the_same_search(serial, workers, executor):
    assert digest(search(workers, executor, shuffle=workers).study) == digest(serial.study)


@pytest.mark.parametrize("shuffle", range(4))
def test_shuffled_durations_change_nothing(serial, shuffle):
    assert digest(search(4, "threads", shuffle=100 + shuffle).study) == digest(serial.study)


def test_a_trial_sees_nothing_of_those_that_run_beside_it():
    """With width 4, the view of trial 6 has the outcomes of 0, 1 and 2, and runs 3, 4 and 5."""
    study = Study(SPACE, seed=0, lockstep=4)
    running = [study.ask() for _ in range(4)]
    with pytest.raises(errors.InvalidArgument, match="trial 4 waits, in lockstep"):
        study.ask()
    study.tell(running[3], 0.5)  # a late one alone allows nothing
    with pytest.raises(errors.InvalidArgument):
        study.ask()
    for trial in running[:3]:
        study.tell(trial, 1.0)
    for _ in range(3):
        study.ask()
    view = study.lockstep.view(6)
    assert view.numbers.tolist() == [0, 1, 2, 3, 4, 5]
    assert view.status.tolist() == [Status.DONE] * 3 + [Status.RUNNING] * 3


def test_width_one_is_a_serial_search():
    assert digest(search(1, None, width=1).study) == digest(search(1, None, width=None).study)


def test_another_width_is_another_search(serial):
    assert digest(search(1, None, width=2).study) != digest(serial.study)


def raises_at(numbers):
    def objective(p, trial):
        time.sleep(0.002 * (trial.number % 3))
        if trial.number in numbers:
            raise ValueError(f"trial {trial.number}")
        return abs(p["x"])

    return objective


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_lowest_exception_is_raised_after_what_it_allowed(workers):
    """Trials 5 and 7 raise; with width 4, those up to 8 were allowed, and are run."""
    more = {"workers": workers, "executor": "threads"} if workers > 1 else {}
    with pytest.raises(ValueError, match="trial 5") as caught:
        fmin(raises_at({5, 7}), SPACE, max_evals=30, lockstep=4, seed=1, verbose=False, **more)
    study = caught.value.trials.study
    assert len(study.trials) == 9
    assert [trial.number for trial in study.trials if trial.status is Status.FAILED] == [5, 7]


@pytest.mark.parametrize("workers", [1, 3])
def test_max_failures_counts_by_number(workers):
    more = {"workers": workers, "executor": "threads"} if workers > 1 else {}
    with pytest.raises(errors.TooManyFailures) as caught:
        fmin(
            raises_at({2, 4, 6}),
            SPACE,
            max_evals=30,
            lockstep=3,
            seed=1,
            verbose=False,
            on_error="continue",
            max_failures=1,
            **more,
        )
    assert len(caught.value.trials.study.trials) == 7


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_threshold_is_looked_at_before_a_trial_is_opened(workers):
    more = {"workers": workers, "executor": "threads"} if workers > 1 else {}
    best = fmin(
        lambda p: abs(p["x"]),
        SPACE,
        max_evals=200,
        lockstep=4,
        loss_threshold=0.3,
        seed=1,
        verbose=False,
        **more,
    )
    first = next(t.number for t in best.study.trials if t.losses[0] < 0.3)
    assert best.stopped == "loss_threshold"
    assert len(best.study.trials) == first + 4


def test_a_study_in_lockstep_resumes_to_the_same_search(tmp_path, serial):
    where = tmp_path / "s.db"
    for end, workers in ((5, 1), (11, 4), (TRIALS, 2)):
        pieces = search(workers, "threads", trials=where, max_evals=end)
    assert digest(pieces.study) == digest(serial.study)


def test_studies_of_several_owners_take_turns(tmp_path):
    """Three writers on one file, each with a thread and a Study of its own."""
    where = tmp_path / "s.db"
    whole = search(1, None, width=3)
    Study(SPACE, seed=12, store=where, lockstep=3, pruner="median", max_evals=TRIALS)
    found = []
    threads = [
        threading.Thread(target=lambda i=i: found.append(search(1, None, shuffle=i, width=3, trials=where)))
        for i in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert digest(Study.load(where)) == digest(whole.study)
