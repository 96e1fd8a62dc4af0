"""What loggers are told: all of it, once, in order, whoever ran the trials. None can harm a search."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen import Study, Trials, fmin, hp
from parzen.errors import InvalidArgument
from parzen.executors.threads import Threads
from parzen.loggers import Logger, log
from parzen.naming import names_of
from parzen.run.feed import Feed
from parzen.space.flatten import flatten

SPACE = {
    "lr": hp.float(1e-4, 1, log=True),
    "model": hp.choice(
        "model", [{"kind": "svm", "C": hp.float(0, 1)}, {"kind": "tree", "depth": hp.int(1, 9)}]
    ),
    "size": hp.choice("size", [16, 32]),
}


class Told(Logger):
    """Remembers what it was told; `held` are the trials that its service has already."""

    def __init__(self, held=()):
        self.held = held
        self.calls = []

    def begin(self, study):
        self.study = study
        self.calls.append(("begin",))
        return self.held

    def began(self, trial):
        self.calls.append(("began", trial.number, trial.attempt))

    def reported(self, trial, step, value):
        self.calls.append(("reported", trial.number, step, value))

    def ended(self, trial):
        self.calls.append(("ended", trial.number, trial))

    def finish(self, study, best, why):
        self.best, self.why = best, why
        self.calls.append(("finish",))

    @property
    def trials(self):
        return [call[2] for call in self.calls if call[0] == "ended"]

    def of(self, number):
        return [call[0] for call in self.calls if call[1:2] == (number,)]


def reporting(point, trial):
    for step in range(3):
        trial.report(point["lr"] + step, step)
    if point["size"] == 32:
        raise ValueError("no room\nfor 32")
    return {"loss": point["lr"], "accuracy": 0.5}


def test_each_trial_is_begun_reported_and_ended_between_begin_and_finish():
    told = Told()
    best = fmin(reporting, SPACE, max_evals=8, seed=1, on_error="continue", verbose=False, loggers=[told])
    assert told.calls[0] == ("begin",)
    assert told.calls[-1] == ("finish",)
    for number in range(8):
        assert told.of(number) == ["began", "reported", "reported", "reported", "ended"]
    assert [trial.number for trial in told.trials] == list(range(8))
    assert told.best.number == best.trial.number
    assert told.why is None


def test_reports_arrive_while_their_trial_runs():
    told, seen = Told(), []

    def objective(x, trial):
        trial.report(7.0, 1)
        seen.append(told.calls[-1])
        return x

    fmin(objective, hp.uniform("x", 0, 1), max_evals=2, verbose=False, loggers=[told])
    assert seen == [("reported", 0, 1.0, 7.0), ("reported", 1, 1.0, 7.0)]


def test_values_are_readable_and_inactive_hyperparameters_absent():
    told = Told()
    fmin(reporting, SPACE, max_evals=12, seed=1, on_error="continue", verbose=False, loggers=[told])
    kinds = {trial.params["model"] for trial in told.trials}
    assert kinds == {"svm", "tree"}
    for trial in told.trials:
        assert ("model.0.C" in trial.params) == (trial.params["model"] == "svm")
        assert ("model.1.depth" in trial.params) == (trial.params["model"] == "tree")
        assert trial.params["size"] in (16, 32)
        if trial.params["size"] == 32:
            assert (trial.state, trial.value, trial.error) == ("failed", None, "ValueError: no room")
            assert trial.error_type == "ValueError"
            assert "raise ValueError" in trial.traceback
        else:
            assert (trial.state, trial.value, trial.error) == ("done", trial.params["lr"], "")
            assert trial.metrics == {"accuracy": 0.5}
        assert trial.duration >= 0


def test_a_study_that_maximises_shows_values_as_they_were_returned():
    told = Told()
    study = Study({"x": hp.float(1, 2)}, maximize=True, seed=0)
    for value in (1.0, 3.0, 2.0):
        trial = study.ask()
        study.report(trial.number, value / 2, 1)
        study.tell(trial, value)
    log(study, told)
    assert [trial.value for trial in told.trials] == [1.0, 3.0, 2.0]
    assert [trial.reports for trial in told.trials] == [{1.0: 0.5}, {1.0: 1.5}, {1.0: 1.0}]
    assert [trial.improved for trial in told.trials] == [True, True, False]
    assert (told.study.objective, told.study.maximize, told.best.value) == ("value", True, 3.0)


def test_the_study_is_described_by_what_was_configured():
    told = Told()
    fmin(
        lambda point: point["lr"],
        SPACE,
        algo="tpe",
        max_evals=1,
        seed=5,
        pruner="median",
        verbose=False,
        loggers=[told],
    )
    assert told.study.settings == {"seed": 5, "algorithm": "TPE", "pruner": "Median", "max_evals": 1}
    assert list(told.study.labels) == ["lr", "model", "model.0.C", "model.1.depth", "size"]
    assert re.fullmatch(r"default-[0-9a-f]{8}", told.study.id)


def test_two_studies_of_one_name_have_different_ids_and_a_resumed_one_keeps_its_own(tmp_path):
    ids = []
    for trials, most in ((tmp_path / "a.db", 1), (tmp_path / "a.db", 2), (tmp_path / "b.db", 1)):
        told = Told()
        fmin(abs, hp.uniform("x", 0, 1), max_evals=most, trials=trials, verbose=False, loggers=[told])
        ids.append(told.study.id)
    assert ids[0] == ids[1]
    assert ids[0] != ids[2]


def test_what_a_service_holds_already_is_not_told_again(tmp_path):
    """Three end unheard, of which two are held; then the other one and the two new ones are told."""
    path = tmp_path / "s.db"
    fmin(abs, hp.uniform("x", 0, 1), max_evals=3, seed=0, trials=path, verbose=False)
    told = Told(held=[0, 2])
    fmin(abs, hp.uniform("x", 0, 1), max_evals=5, seed=0, trials=path, verbose=False, loggers=[told])
    assert [trial.number for trial in told.trials] == [1, 3, 4]


def test_improvements_are_judged_on_all_trials_also_on_those_that_are_not_told():
    study = Study({"x": hp.float(0, 1)}, seed=0)
    for loss in (1.0, 3.0, 0.5):
        study.tell(study.ask(), loss)
    told = Told(held=[0])
    log(study, told)
    assert [(trial.number, trial.improved) for trial in told.trials] == [(1, False), (2, True)]


def test_worker_processes_are_told_by_their_parent():
    told = Told()
    fmin(reporting, SPACE, max_evals=6, seed=1, workers=2, on_error="continue", verbose=False, loggers=[told])
    for number in range(6):
        assert told.of(number) == ["began", "reported", "reported", "reported", "ended"]


def test_threads_are_told_in_the_thread_of_the_caller():
    import threading

    threads = set()

    class Where(Logger):
        def reported(self, trial, step, value):
            threads.add(threading.current_thread())

    fmin(
        reporting,
        SPACE,
        max_evals=4,
        seed=1,
        executor=Threads(2),
        on_error="continue",
        verbose=False,
        loggers=[Where()],
    )
    assert threads == {threading.current_thread()}


class Broken(Logger):
    """Fails at the n-th call."""

    def __init__(self, n):
        self.left = n

    def _count(self, *_):
        self.left -= 1
        if self.left == 0:
            raise ConnectionError("the server\nis away")
        assert self.left > 0, "called after its failure"

    begin = began = reported = ended = finish = _count


@given(st.integers(1, 17))
@settings(max_examples=17, deadline=None)
def test_a_logger_that_fails_at_any_call_is_left_out_with_one_warning(n):
    """Three trials make begin, 3 x (began, 3 reported, ended) and finish: 17 calls."""
    broken, told, undisturbed = Broken(n), Told(), Told()
    options = {"max_evals": 3, "seed": 4, "on_error": "continue", "verbose": False}
    fmin(reporting, SPACE, **options, loggers=[undisturbed])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fmin(reporting, SPACE, **options, loggers=[broken, told])
    (warning,) = caught
    assert str(warning.message) == (
        "the logger Broken failed and gets no more of this search, which goes on without it: "
        "ConnectionError: the server is away"
    )
    assert [trial.params for trial in told.trials] == [trial.params for trial in undisturbed.trials]
    assert told.calls[-1] == ("finish",)


def test_log_raises_what_the_logger_raises():
    study = Study({"x": hp.float(0, 1)}, seed=0)
    with pytest.raises(ConnectionError):
        log(study, Broken(1))


def test_log_takes_studies_trials_and_what_fmin_returns():
    trials = Trials()
    best = fmin(abs, hp.uniform("x", 0, 1), max_evals=2, trials=trials, verbose=False)
    for target in (best, trials, best.study):
        told = Told()
        log(target, told)
        assert [trial.number for trial in told.trials] == [0, 1]
    with pytest.raises(InvalidArgument, match="log needs a study; got 3"):
        log(3, told)
    with pytest.raises(InvalidArgument, match="log tells a logger; got 'mlflow'"):
        log(best, "mlflow")


def test_log_leaves_out_trials_that_still_run_and_those_that_were_excluded():
    study = Study({"x": hp.float(0, 1)}, seed=0)
    for loss in (1.0, 2.0):
        study.tell(study.ask(), loss)
    study.exclude([0])
    study.ask()
    told = Told()
    log(study, told)
    assert [call[:2] for call in told.calls[1:-1]] == [("began", 1), ("ended", 1)]


def test_a_trial_that_runs_again_begins_again_and_its_reports_belong_to_the_new_attempt():
    study, told = Study({"x": hp.float(0, 1)}, seed=0), Told()
    with Feed(study, [told]) as feed:
        trial = study.ask()
        study.report(0, 5.0, 1)
        study.report(0, 4.0, 2)
        feed.pump()
        study.release(0, "gone")
        feed.pump()
        study.claim(trial)
        study.report(0, 3.0, 2)
        feed.pump()
        study.tell(trial, 1.0)
    assert [call[:4] for call in told.calls[1:-2]] == [
        ("began", 0, 1),
        ("reported", 0, 1.0, 5.0),
        ("reported", 0, 2.0, 4.0),
        ("began", 0, 2),
        ("reported", 0, 2.0, 3.0),
        ("reported", 0, 1.0, 5.0),  # the second attempt went on from the first one's checkpoint
    ]
    assert told.trials[0].reports == {1.0: 5.0, 2.0: 3.0}


@pytest.mark.parametrize(("error", "why"), [(KeyboardInterrupt, "interrupted"), (ValueError, "error")])
def test_a_logger_learns_why_the_search_ended(error, why):
    study, told = Study({"x": hp.float(0, 1)}, seed=0), Told()
    feed = Feed(study, [told])
    with pytest.raises(error), feed:
        raise error
    assert told.why == why
    assert told.best is None


def test_a_search_that_ends_early_says_why():
    told = Told()
    fmin(abs, hp.uniform("x", 0, 1), max_evals=9, loss_threshold=2, verbose=False, loggers=[told])
    assert told.why == "loss_threshold"
    assert len(told.trials) == 1


@pytest.mark.parametrize("given", ["csv", [3], Logger(), [Logger]])
def test_what_is_no_list_of_loggers_is_refused_before_the_first_trial(given):
    with pytest.raises(InvalidArgument, match="loggers must be a list of loggers"):
        fmin(abs, hp.uniform("x", 0, 1), max_evals=1, loggers=given)


@given(st.lists(st.sampled_from([1, "1", 1.0, None, True, "True", int]), min_size=2, unique_by=repr))
def test_names_of_options_differ(options):
    (param,) = flatten(hp.choice("c", options)).params
    assert len({str(name) for name in names_of(param)}) == len(options)


def test_a_search_without_loggers_pays_nothing():
    study = Study({"x": hp.float(0, 1)}, seed=0)
    with Feed(study, []) as feed:
        study.tell(study.ask(), 1.0)
        feed.pump()
    assert feed._seen == 0
