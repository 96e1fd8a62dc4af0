"""A checkpoint gives the very ledger that the log gives, at any head, and goes on as that one does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen import Study, hp
from parzen.algorithms.tpe import TPE
from parzen.errors import InvalidEvent
from parzen.executors.base import Outcome
from parzen.history import events as e
from parzen.history.checkpoint import MAGIC, differences, dump, restore
from parzen.history.events import from_json, to_json
from parzen.history.ledger import fold_all
from parzen.run.checkpoints import due

SPACE = {"x": hp.uniform("x", -3, 3), "c": hp.choice("c", [0, {"n": hp.int(1, 9, label="n")}])}
WIDER = {**SPACE, "y": hp.float(0, 1)}
STEPS = ["tell", "tell", "fail", "nan", "prune", "report", "release", "hang", "enqueue", "amend", "exclude",
         "note", "stop", "extend", "put in"]  # fmt: skip


def log_of(steps):
    """A study driven through the steps; what JSON would make of its log."""
    study = Study(SPACE, TPE(n_startup_jobs=3), seed=1)
    wide = False
    for i, step in enumerate(steps):
        ended = [t.number for t in study.trials if t.status.name in ("DONE", "FAILED") and not t.excluded]
        if step == "enqueue":
            study.enqueue({"x": 0.5, "c": 0, **({"y": 0.5} if wide else {})})
        elif step == "amend" and ended:
            study.amend(ended[i % len(ended)], {"loss": float(i), "why": None})
        elif step == "exclude" and ended:
            study.exclude([ended[i % len(ended)]], "by hand")
        elif step == "note":
            study.note({"i": i, "inf": float("inf")}, None)
        elif step == "stop":
            study.request("stop")
        elif step == "extend":
            wide = not wide
            study.bind(WIDER if wide else SPACE)
        elif step == "put in":
            study.put_in({"x": 9.0}, {"by": "document"})
        elif step in ("tell", "fail", "nan", "prune", "report", "release", "hang"):
            drive(study, step, i)
    return [from_json(json.loads(json.dumps(to_json(event)))) for event in study.events()]


def drive(study, step, i):
    trial = study.ask()
    if step in ("report", "prune"):
        study.report(trial.number, float(i), 1)
        study.report(trial.number, float("nan"), 2)
    if step == "release":
        study.release(trial.number, "worker lost: scripted")
    elif step == "fail":
        study.tell(trial, RuntimeError("no"))
    elif step == "nan":
        study.tell(trial, float("nan"))
    elif step == "prune":
        study.tell(trial, Outcome("pruned", result={"status": "fail", "pruned": True}))
    elif step != "hang":
        study.tell(trial, {"loss": float(i % 5), "deep": [{"a": float("-inf")}], "seconds": 2})


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=25), cut=st.floats(0, 1))
def test_it_is_the_ledger_of_the_log_and_stays_so(steps, cut):
    log = log_of(steps)
    head = max(2, int(cut * len(log)))
    kept = restore(dump(fold_all(log[:head])))
    assert differences(kept, fold_all(log[:head])) == []
    for event in log[head:]:
        kept.fold(event)
    whole = fold_all(log)
    assert differences(kept, whole) == []
    one, two = kept.history(), whole.history()
    assert repr(one.reports) == repr(two.reports)
    assert repr(one.running().tolist()) == repr(two.running().tolist())


def test_derived_state_is_the_same_bit_for_bit():
    from parzen.algorithms.base import Ask

    log = log_of(["tell", "fail", "report"] * 12)
    kept = restore(dump(fold_all(log[:-20])))
    whole = fold_all(log[:-20])
    for event in log[-20:]:
        kept.fold(event)
        whole.fold(event)
    ask = lambda ledger: TPE(n_startup_jobs=3).suggest(ledger.history(), Ask(99, 1))  # noqa: E731
    assert ask(kept) == ask(whole)


def test_the_comparison_sees_a_difference():
    log = log_of(["tell"] * 4)
    one, two = fold_all(log), fold_all(log)
    one.trials[2].losses = [99.0]
    one._tables.starts.append((0, 0.0))
    assert differences(one, two) == ["trial 2.losses", "the table starts"]


def test_numbers_are_what_they_were_to_the_last_bit():
    """Whole numbers stay whole, and those beyond 2**53, which float64 does not hold, are kept exactly."""
    log = log_of(["tell"] * 3)
    metrics = {"n": 2**60 + 1, "m": 3, "x": 0.1 + 0.2, "zero": -0.0}
    log += [
        e.Enqueued(1.0, {}),
        e.Opened(1.0, 3, "me"),
        e.Suggested(1.0, 3, {"x": 1, "c": 0}, 0.0, {"by": "hand"}),
        e.Claimed(2.0, 3, 1, "me"),
        e.Finished(3.0, 3, 1, "done", [1], metrics, {"loss": 1, "n": 2**60 + 1}),
        e.Opened(4.0, 4, "you"),
        e.Suggested(4.0, 4, {"x": float("nan"), "c": 2**53 + 1}),
    ]
    kept, whole = restore(dump(fold_all(log))), fold_all(log)
    assert differences(kept, whole) == []
    slots = ("point", "budget", "note", "enqueued", "metrics", "result", "opened", "started", "ended")
    for one, two in zip(kept.trials, whole.trials, strict=True):
        assert [repr(getattr(one, name)) for name in slots] == [repr(getattr(two, name)) for name in slots]
        assert repr(list(one.losses)) == repr(list(two.losses))


def test_a_result_is_read_when_somebody_looks_and_written_again_unread():
    log = log_of(["tell", "fail"])
    once = dump(restore(dump(fold_all(log))))
    kept = restore(once)
    assert kept.trials[0].result == fold_all(log).trials[0].result
    kept.trials[0].result["mine"] = 1
    assert kept.trials[0].result["mine"] == 1  # one object from then on, as from a log
    assert differences(restore(once), fold_all(log)) == []


def test_a_flipped_bit_is_noticed():
    data = dump(fold_all(log_of(["tell"] * 3)))
    for at in range(0, len(data), 97):
        torn = bytearray(data)
        torn[at] ^= 1
        with pytest.raises(InvalidEvent):
            restore(bytes(torn))


@pytest.mark.parametrize("data", [b"", b"no", MAGIC, MAGIC + b"\xff" * 40, dump(fold_all(log_of([])))[:-9]])
def test_what_is_no_checkpoint_is_refused(data):
    with pytest.raises(InvalidEvent):
        restore(data)


def test_one_is_due_when_the_log_has_grown_by_a_quarter():
    assert not due(4_999, 0)
    assert due(5_000, 0)
    assert not due(104_000, 100_000)
    assert due(125_000, 100_000)
