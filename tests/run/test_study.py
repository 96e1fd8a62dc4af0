"""Study: ask and tell, what is recorded, replay, and resume after a cut anywhere."""

from __future__ import annotations

import json
import math
import platform
import sys
import time

import numpy as np
import pytest

from parzen.algorithms.anneal import Anneal
from parzen.algorithms.base import Ask
from parzen.algorithms.grid import Grid
from parzen.algorithms.mix import Mix
from parzen.algorithms.random import Random
from parzen.algorithms.tpe import TPE
from parzen.errors import (
    AllTrialsFailed,
    InvalidArgument,
    InvalidObjectiveResult,
    InvalidPoint,
    SearchExhausted,
)
from parzen.executors.base import Outcome
from parzen.history import events as e
from parzen.history.history import Status
from parzen.run.study import Study
from parzen.space import hp
from parzen.storage.memory import MemoryStore
from parzen.testing import canonical, digest, resume, run, scripted

SPACE = {
    "x": hp.uniform("x", -1, 1),
    "m": hp.choice("m", ["plain", {"n": hp.int(1, 9, label="n")}]),
}


@pytest.fixture
def study():
    return Study(SPACE, "random", seed=0)


def kinds(study):
    return [event.kind for event in study.events()]


# Ask and tell.


def test_ask_gives_numbers_points_and_arguments(study):
    trials = [study.ask() for _ in range(5)]
    assert [trial.number for trial in trials] == [0, 1, 2, 3, 4]
    for trial in trials:
        assert study.space.check(trial.point) == trial.point
        expected = {"n": trial.point["n"]} if trial.point["m"] else "plain"
        assert trial.params == {"x": trial.point["x"], "m": expected}
        assert trial.status is Status.RUNNING


def test_a_trial_is_four_events(study):
    study.tell(study.ask(), 1.0)
    assert kinds(study) == ["created", "configured", "opened", "suggested", "claimed", "finished"]


@pytest.mark.parametrize("which", [lambda t: t, lambda t: t.number, lambda t: np.int64(t.number)])
def test_tell_takes_the_trial_or_its_number(study, which):
    trial = study.ask()
    study.tell(which(trial), 0.5)
    assert (trial.status, trial.loss) == (Status.DONE, 0.5)


def test_trials_may_be_told_in_any_order(study):
    trials = [study.ask() for _ in range(4)]
    for trial in reversed(trials):
        study.tell(trial, float(trial.number))
    assert study.history.losses[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("outcome", "status", "losses"),
    [
        (1, Status.DONE, [1.0]),
        (0.5, Status.DONE, [0.5]),
        (np.float32(0.5), Status.DONE, [0.5]),
        (np.array(0.5), Status.DONE, [0.5]),
        (True, Status.DONE, [1.0]),
        (math.inf, Status.DONE, [math.inf]),
        ({"loss": 0.5}, Status.DONE, [0.5]),
        ({"loss": 0.5, "status": "ok"}, Status.DONE, [0.5]),
        ({"status": "fail"}, Status.FAILED, []),
        ({"status": "fail", "loss": 3.0}, Status.FAILED, [3.0]),
        (RuntimeError("no"), Status.FAILED, []),
        (Outcome("pruned"), Status.PRUNED, []),
        (Outcome("done", [2.0]), Status.DONE, [2.0]),
    ],
)
def test_tell_takes_what_an_objective_returns(study, outcome, status, losses):
    trial = study.ask()
    study.tell(trial, outcome)
    assert (trial.status, list(trial.losses)) == (status, losses)


def test_a_nan_loss_is_a_failure(study):
    trial = study.ask()
    study.tell(trial, math.nan)
    assert trial.status is Status.FAILED
    assert math.isnan(trial.losses[0])
    assert study.incumbent is None


@pytest.mark.parametrize(
    "wrong", [None, "0.5", [1.0], {"accuracy": 1.0}, {"loss": None}, 1j, {"status": "odd"}]
)
def test_what_is_no_result_is_refused_and_the_trial_stays_open(study, wrong):
    trial = study.ask()
    with pytest.raises(InvalidObjectiveResult, match="of trial 0"):
        study.tell(trial, wrong)
    assert trial.status is Status.RUNNING
    study.tell(trial, 1.0)


def test_a_trial_is_told_once(study):
    trial = study.ask()
    study.tell(trial, 1.0)
    with pytest.raises(InvalidArgument, match=r"trial 0 has ended already \(done\)"):
        study.tell(trial, 2.0)
    assert trial.loss == 1.0


@pytest.mark.parametrize("number", [1, -1, 99])
def test_a_trial_that_was_never_opened_cannot_be_told(study, number):
    study.ask()
    with pytest.raises(InvalidArgument, match=f"no trial {number}; the study has 1"):
        study.tell(number, 1.0)


def test_a_trial_without_a_point_cannot_be_told(study):
    number = study.next_number()
    with pytest.raises(InvalidArgument, match="no point"):
        study.tell(number, 1.0)
    study.suggest_for(number)
    study.tell(number, 1.0)


def test_an_exception_is_kept_as_text(study):
    trial = study.ask()
    study.tell(trial, ValueError("too hot"))
    assert (trial.error["type"], trial.error["message"]) == ("<class 'ValueError'>", "too hot")
    assert json.dumps(e.to_json(study.events()[-1]))


def test_memory_keeps_the_objects_of_a_result(study):
    model = object()
    trial = study.ask()
    study.tell(trial, {"loss": 1.0, "model": model})
    assert trial.result["model"] is model


def test_numbers_beside_the_loss_become_metrics(study):
    for accuracy in (0.5, np.float32(0.25)):
        study.tell(study.ask(), {"loss": 1.0, "accuracy": accuracy, "name": "a", "flag": True})
    study.tell(study.ask(), 2.0)
    metrics = study.history.metrics
    np.testing.assert_array_equal(metrics["accuracy"], [0.5, 0.25, np.nan])
    assert "loss" not in metrics
    assert "name" not in metrics


def test_maximising_keeps_negatives_inside():
    study = Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0, maximize=True)
    for value in (1.0, 3.0, 2.0):
        study.tell(study.ask(), value)
    assert study.maximize
    assert study.best.number == 1
    assert study.incumbent == (1, -3.0)
    assert study.history.losses[:, 0].tolist() == [-1.0, -3.0, -2.0]


def test_best_counts_the_reasons_where_nothing_succeeded(study):
    with pytest.raises(AllTrialsFailed, match="no trials"):
        study.best  # noqa: B018  # asking is the point
    for outcome in (ValueError("a"), ValueError("a"), math.nan, {"status": "fail"}):
        study.tell(study.ask(), outcome)
    with pytest.raises(
        AllTrialsFailed, match="none of 4 trials succeeded: 2 x ValueError: a; 1 x loss is NaN"
    ):
        study.best  # noqa: B018


def test_reasons_that_differ_in_a_number_or_an_address_are_counted_together(study):
    for message in ("Got 2.0 at 0x7f01", "Got 3.5e-7 at 0x7fAB", "Got nothing"):
        study.tell(study.ask(), ValueError(message))
    with pytest.raises(AllTrialsFailed) as caught:
        study.best  # noqa: B018
    assert str(caught.value) == (
        "none of 3 trials succeeded: 2 x ValueError: Got 2.0 at 0x7f01 (the numbers differ); "
        "1 x ValueError: Got nothing"
    )


def test_repr_counts_trials(study):
    assert repr(study) == "Study('default', 0 trials: none yet)"
    run(study, lambda t: RuntimeError() if t.number == 1 else float(t.number + 1), 3)
    study.ask()
    assert repr(study) == "Study('default', 4 trials: 2 ok 1 failed 1 running; best 1 @ 0)"


# Points of the user's.


def test_enqueued_points_come_next_in_their_order(study):
    study.tell(study.ask(), 1.0)
    study.enqueue({"x": 0.5, "m": 0})
    study.enqueue({"x": 0.25, "m": 1, "n": 3})
    points = [study.ask() for _ in range(3)]
    assert [trial.point for trial in points[:2]] == [{"x": 0.5, "m": 0}, {"x": 0.25, "m": 1, "n": 3}]
    assert points[0].note == {"by": "user"}
    assert points[2].note == {}


def test_an_enqueued_point_is_checked_at_once(study):
    before = len(study.events())
    for wrong in ({"x": 0.5}, {"x": 9.0, "m": 0}, {"x": 0.5, "m": 0, "lr": 1}):
        with pytest.raises(InvalidPoint):
            study.enqueue(wrong)
    assert len(study.events()) == before


def test_an_enqueued_point_may_carry_a_note_and_inactive_labels(study):
    study.enqueue({"x": 0.5, "m": 0, "n": 3}, {"from": "a paper"})
    trial = study.ask()
    assert (trial.point, trial.note) == ({"x": 0.5, "m": 0}, {"from": "a paper"})


def test_enqueued_points_shift_nobodys_numbers(study):
    """Trial 3 has the same point whether trial 1 was enqueued or not."""
    other = Study(SPACE, "random", seed=0)
    other.tell(other.ask(), 1.0)
    other.enqueue({"x": 0.5, "m": 0})
    run(other, lambda t: 1.0, 5)
    run(study, lambda t: 1.0, 5)
    assert [t.point for t in other.trials][2:] == [t.point for t in study.trials][2:]


# Settings.


def test_equal_seeds_give_equal_searches():
    one, two, three = (run(Study(SPACE, "tpe", seed=seed), scripted(0.2), 25) for seed in (3, 3, 4))
    assert digest(one) == digest(two)
    assert digest(one) != digest(three)


def test_a_seed_left_out_is_drawn_and_recorded():
    seeds = {Study(SPACE).seed for _ in range(5)}
    assert len(seeds) == 5
    study = Study(SPACE)
    assert study.events()[1].seed == study.seed


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True, math.nan])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(InvalidArgument, match="seed must be a whole number"):
        Study(SPACE, seed=seed)


@pytest.mark.parametrize("seed", [0, 2**63, 2**100, np.int64(3), np.uint32(3)])
def test_any_whole_number_is_a_seed(seed):
    study = Study(SPACE, seed=seed)
    assert type(study.seed) is int
    study.ask()


@pytest.mark.parametrize("name", ["tpe", "random", "rand", "anneal", "sobol", "grid", "atpe"])
def test_an_algorithm_may_be_a_name(name):
    assert len(run(Study(SPACE, name, seed=0), lambda t: 1.0, 3).trials) == 3


def test_an_unknown_algorithm_is_refused_with_a_suggestion():
    with pytest.raises(InvalidArgument, match="Did you mean 'tpe'"):
        Study(SPACE, "tpee")
    with pytest.raises(InvalidArgument, match="suggest"):
        Study(SPACE, lambda history: {})


def test_settings_are_an_event_only_when_they_change(study):
    study.configure(algorithm="random", seed=0)
    assert kinds(study) == ["created", "configured"]
    study.configure(max_evals=10)
    study.configure(max_evals=10)
    study.configure(algorithm=Anneal())
    assert kinds(study) == ["created", "configured", "configured", "configured"]
    last = study.events()[-1]
    assert (last.max_evals, last.seed) == (10, 0)
    assert last.algorithm["name"] == "parzen.algorithms.anneal:Anneal"


def test_the_algorithm_may_change_between_trials(study):
    study.ask()
    study.configure(algorithm=TPE())
    assert study.ask().note["by"] == "sobol"


def test_a_used_up_space_raises_and_opens_nothing():
    study = run(Study(SPACE, Grid(steps=2), seed=0), lambda t: 1.0, 999)
    before = len(study.events())
    with pytest.raises(SearchExhausted):
        study.ask()
    assert len(study.events()) == before


# What is recorded.


def test_a_study_records_where_it_was_made(study):
    created = study.events()[0]
    assert created.versions["python"] == platform.python_version()
    assert created.versions["numpy"] == np.__version__
    assert {"parzen", "scipy"} <= set(created.versions)
    assert created.host == platform.node()
    assert created.command == " ".join(sys.argv)
    assert created.fingerprint == study.space.fingerprint()
    assert created.objectives == ["minimize"]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A checkout whose branch `main` is at 40 times the letter a, as files."""
    git = tmp_path / "project" / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text("a" * 40 + "\n")
    below = tmp_path / "project" / "src"
    below.mkdir()
    monkeypatch.chdir(below)
    return git


def test_a_study_records_the_commit(repository):
    assert Study(SPACE).events()[0].commit == "a" * 40


def test_a_study_records_a_detached_commit(repository):
    (repository / "HEAD").write_text("b" * 40 + "\n")
    assert Study(SPACE).events()[0].commit == "b" * 40


def test_a_study_records_a_packed_commit(repository):
    (repository / "refs" / "heads" / "main").unlink()
    (repository / "packed-refs").write_text(f"# pack-refs\n{'c' * 40} refs/heads/main\n")
    assert Study(SPACE).events()[0].commit == "c" * 40


def test_a_study_outside_a_repository_has_no_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Study(SPACE).events()[0].commit is None


def test_times_are_recorded_in_order(study):
    before = time.time()
    trial = study.ask()
    study.tell(trial, 1.0)
    assert before <= trial.opened <= trial.started <= trial.ended <= time.time()


def test_events_are_json(study):
    run(study, scripted(0.3), 5)
    study.enqueue({"x": 0.5, "m": 0})
    study.note({"text": "a"}, 1)
    study.exclude([0], "why")
    for event in study.events():
        assert e.from_json(json.loads(json.dumps(e.to_json(event), allow_nan=False))) == event


# Reports.


def test_reports_are_values_by_step(study):
    trial = study.ask()
    study.report(0, 0.5, 2)
    study.report(0, 0.75, 1)
    study.report(0, 0.25, 2)
    assert trial.reports == {1.0: 0.75, 2.0: 0.25}
    assert study.history.reports == [{1.0: 0.75, 2.0: 0.25}]


def test_reports_are_minimised_inside():
    study = Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0, maximize=True)
    trial = study.ask()
    study.report(0, 0.5, 1)
    assert trial.reports == {1.0: -0.5}


def test_a_trial_that_ended_takes_no_reports(study):
    study.tell(study.ask(), 1.0)
    with pytest.raises(InvalidArgument, match="has ended already"):
        study.report(0, 0.5, 1)


# Corrections.


def test_an_amended_trial_counts_with_its_new_loss(study):
    run(study, lambda t: float(t.number), 3)
    study.amend(0, Outcome("done", [9.0]))
    assert study.incumbent == (1, 1.0)


def test_excluded_trials_do_not_count(study):
    run(study, lambda t: float(t.number), 3)
    study.exclude([0, 1], "a broken data set")
    assert study.best.number == 2
    study.exclude([])
    assert kinds(study).count("excluded") == 2


def test_a_released_trial_is_asked_for_again(study):
    first = study.ask()
    study.ask()
    study.release(0, "the machine went away")
    again = study.ask()
    assert (again.number, again.point, again.attempt) == (0, first.point, 2)
    study.tell(again, 1.0)
    assert again.loss == 1.0


def test_a_late_outcome_of_an_old_attempt_does_not_count(study):
    trial = study.ask()
    study.release(0)
    study.ask()
    study.tell(trial, 5.0, attempt=1)
    assert trial.status is Status.RUNNING
    study.tell(trial, 1.0)
    assert trial.loss == 1.0


# Several instances on one store.


def test_two_studies_on_one_store_see_each_other():
    store = MemoryStore()
    one = Study(SPACE, "random", seed=0, store=store)
    two = Study(SPACE, "random", seed=0, store=store)
    numbers = [study.ask().number for study in (one, two, one, two)]
    assert numbers == [0, 1, 2, 3]
    one.tell(0, 0.5)
    two.refresh()
    assert two.incumbent == (0, 0.5)
    alone = run(Study(SPACE, "random", seed=0), lambda t: 1.0, 4)
    assert [t.point for t in two.trials] == [t.point for t in alone.trials]


# Replay and resume.


ALGORITHMS = {
    "random": Random(),
    "sobol": None,
    "anneal": Anneal(),
    "grid": Grid(steps=3),
    "tpe": TPE(n_startup_jobs=4),
    "classic": TPE(mode="hyperopt", n_startup_jobs=4),
    "mix": Mix([(0.5, TPE(n_startup_jobs=2)), (0.5, Random())]),
}


def new(name):
    return Study(SPACE, ALGORITHMS[name] or name, seed=6)


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_a_study_resumes_after_a_cut_at_every_event(name):
    """Seed and algorithm are read from the log; where only its first event is left, they are given again."""
    script, trials = scripted(failing=0.2, nan=0.1), 9
    whole = run(new(name), script, trials)
    log = whole.events()
    for cut in range(1, len(log) + 1):
        again = Study.from_events(log[:cut], SPACE)
        if cut == 1:
            again.configure(algorithm=ALGORITHMS[name] or name, seed=6)
        assert digest(resume(again, script, trials)) == digest(whole), f"cut after event {cut}"


def test_a_log_resumes_from_its_json():
    """As a file would keep it."""
    script = scripted(failing=0.2)
    whole = run(new("tpe"), script, 14)
    lines = [json.dumps(e.to_json(event)) for event in whole.events()]
    for cut in (2, 11, 30, len(lines)):
        log = [e.from_json(json.loads(line)) for line in lines[:cut]]
        assert digest(resume(Study.from_events(log, SPACE), script, 14)) == digest(whole)


def test_a_study_with_enqueued_points_and_corrections_resumes():
    script = scripted(failing=0.2)

    def begin():
        study = run(new("tpe"), script, 5)
        study.enqueue({"x": 0.5, "m": 0})
        study.amend(0, Outcome("done", [-1.0]))
        study.exclude([2])
        return study

    start = begin()
    log = run(begin(), script, 10).events()
    whole = digest(run(start, script, 10))
    first = next(i for i, event in enumerate(log) if event.kind == "excluded") + 1
    for cut in range(first, len(log) + 1):
        assert digest(resume(Study.from_events(log[:cut], SPACE), script, 10)) == whole, cut


def test_an_asynchronous_run_is_replayed_from_its_log():
    """Eight trials in flight, told in a scrambled order."""
    study, algorithm = Study(SPACE, TPE(n_startup_jobs=5), seed=9), TPE(n_startup_jobs=5)
    rng, flying = np.random.default_rng(0), []
    for _ in range(40):
        while len(flying) < 8:
            flying.append(study.ask())
        trial = flying.pop(int(rng.integers(len(flying))))
        study.tell(trial, trial.point["x"] ** 2)
    log = study.events()
    points = {event.number: event.point for event in log if event.kind == "suggested"}
    for i, event in enumerate(log):
        if event.kind == "opened":
            history = Study.from_events(log[: i + 1], SPACE).history
            assert algorithm.suggest(history, Ask(event.number, 9)).point == points[event.number]


def test_from_events_without_a_space_searches_but_cannot_build():
    whole = run(new("tpe"), lambda t: t.point["x"] ** 2, 8)
    again = Study.from_events(whole.events())
    assert canonical(again.trials) == canonical(whole.trials)
    trial = again.ask()
    assert trial.point == whole.ask().point
    with pytest.raises(Exception, match="read from a file"):
        trial.params  # noqa: B018  # building is the point


def test_a_changed_space_keeps_what_fits():
    study = run(new("tpe"), lambda t: t.point["x"] ** 2, 12)
    study.bind({"x": hp.uniform("x", -2, 2), "m": hp.choice("m", ["plain", {"n": hp.int(1, 9, label="n")}])})
    assert kinds(study)[-1] == "extended"
    assert len(study.history) == 12
    run(study, lambda t: t.point["x"] ** 2, 20)
    assert len(study.history) == 20


def test_the_same_space_given_again_is_no_event():
    study = new("tpe")
    study.bind(SPACE)
    assert kinds(study) == ["created", "configured"]
