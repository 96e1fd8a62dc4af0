"""Studies are merged: every trial that has ended, once, with what it reported and where it came from."""

from __future__ import annotations

import pytest

from parzen.errors import InvalidArgument
from parzen.executors.base import Outcome
from parzen.formats import merge
from parzen.formats.intake import Found, Intake, Report, provenance
from parzen.formats.values import option_of
from parzen.history.history import Status
from parzen.run.study import Study
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.storage.memory import MemoryStore

SPACE = {"x": hp.uniform("x", -1, 1), "m": hp.choice("m", ["plain", {"n": hp.int(1, 9, label="n")}])}
OTHER = {"x": hp.uniform("x", -1, 0.5), "m": hp.choice("m", [{"n": hp.int(1, 9, label="n")}, "plain", "new"])}


def searched(name, space=SPACE, trials=12, **arguments):
    study = Study(space, "random", name=name, seed=len(name), **arguments)
    for k in range(trials):
        trial = study.ask()
        study.report(trial.number, float(k), 1)
        study.report(trial.number, k / 2, 2)
        outcomes = [float(k), {"loss": float(k), "acc": 0.5}, Outcome("pruned"), ValueError("no")]
        study.tell(trial, outcomes[k % 4])
    return study


def bodies(study):
    return [
        (trial.point, trial.status, list(trial.losses), dict(trial.metrics), trial.error, dict(trial.reports))
        for trial in study.trials
    ]


def test_all_ended_trials_come_along():
    into, other = searched("into"), searched("the other")
    running = other.ask()
    report = merge(into, other)
    assert str(report) == "12 of 13 trials taken; 1 left out: still running"
    assert bodies(into)[12:] == bodies(other)[: running.number]
    assert [trial.ended for trial in into.trials[12:]] == [trial.ended for trial in other.trials[:12]]
    assert into.history.reports[12:] == other.history.reports[:12]


def test_a_second_merge_takes_nothing_twice():
    into, other = searched("into"), searched("the other")
    merge(into, other)
    assert merge(into, other).here == 12
    other.tell(other.ask(), 1.0)
    assert merge(into, other).taken == 1
    assert len(into.trials) == 25


def test_trials_keep_their_origin_over_several_merges():
    """What came from a goes by b to c, and once; what came from c is not taken back."""
    a, b, c = searched("a"), searched("bb"), searched("ccc")
    merge(b, a)
    merge(b, c)
    report = merge(c, b)
    assert (report.taken, report.here) == (24, 12)
    assert merge(c, a).here == 12
    origins = [origin.split(":")[1] for _, origin, _ in provenance(c.events())]
    assert origins == ["bb"] * 12 + ["a"] * 12


def test_options_are_matched_by_content_and_values_checked():
    into, other = Study(OTHER, seed=0), searched("the other")
    report = merge(into, other)
    legal = [trial for trial in other.trials if trial.point["x"] <= 0.5]
    assert report.taken == len(legal) < 12
    assert [trial.params for trial in into.trials] == [trial.params for trial in legal]
    assert set(report.skipped) == {"x is outside uniform(-1, 0.5)"}


def test_excluded_trials_stay_behind():
    other = searched("the other")
    other.exclude([0, 1])
    report = merge(Study(SPACE, seed=0), other)
    assert (report.taken, report.skipped) == (10, {"excluded there": 2})


def test_a_study_is_not_merged_into_itself():
    store = MemoryStore()
    study = searched("self", store=store)
    with pytest.raises(InvalidArgument, match="into itself"):
        merge(study, Study(SPACE, store=store, name="self"))


def test_directions_must_agree():
    with pytest.raises(InvalidArgument, match="objectives") as caught:
        merge(Study(SPACE, seed=0), searched("up", maximize=True))
    assert caught.value.hint == "merge it into a study with maximize=True"


def test_a_log_that_cannot_be_read_is_refused():
    log = searched("the other").events()
    with pytest.raises(InvalidArgument, match="cannot be read"):
        merge(Study(SPACE, seed=0), [log[0], log[-1]])
    with pytest.raises(InvalidArgument, match="does not begin"):
        merge(Study(SPACE, seed=0), [])


def test_many_trials_are_written_in_batches():
    """250 trials: three calls of the store, each with whole trials."""
    into, sizes = Study(SPACE, seed=0), []
    append = into.store.append
    into.store.append = lambda name, batch: (
        sizes.append(sum(e.kind == "finished" for e in batch)) or append(name, batch)
    )
    merge(into, searched("the other", trials=250))
    assert sizes == [100, 100, 50]


def test_an_import_beside_another_writer_finds_free_numbers():
    store = MemoryStore()
    mine, other = Study(SPACE, store=store, seed=0), Study(SPACE, store=store)
    intake = Intake(mine, Report("test::x"))
    other.tell(other.ask(), 1.0)
    for key in range(3):
        intake.take(Found(key, {"x": 0.5, "m": "plain"}, "done", [float(key)]))
    intake.flush()
    assert [trial.loss for trial in mine.trials] == [1.0, 0.0, 1.0, 2.0]
    assert intake.report.taken == 3
    assert all(trial.status is Status.DONE for trial in mine.trials)


def test_options_by_content():
    space = flatten(
        {
            "c": hp.choice(
                "c", ["a", 1, 2.5, None, True, {"kind": "svm", "C": hp.uniform("C", 0, 1)}, ("a", "b")]
            ),
            "d": hp.choice("d", [{"svm": 1}, {"kind": "svm"}, {"kind": "svm2"}]),
        }
    )
    c, d = space.params[space.index["c"]], space.params[space.index["d"]]
    assert [option_of(c, value) for value in ("a", 1, 2.5, None, True)] == [0, 1, 2, 3, 4]
    assert [option_of(c, value) for value in ("1", "1.0", "2.50", "None", "True", "'a'")] == [
        1,
        1,
        2,
        3,
        4,
        0,
    ]
    assert [option_of(c, value) for value in ("svm", "b", "C", "x", 7)] == [5, 6, None, None, None]
    assert option_of(d, "svm") == 1
