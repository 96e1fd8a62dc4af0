"""Events: their JSON round-trips, old logs stay readable, unknown ones stop the reader."""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest

from parzen.errors import InvalidEvent
from parzen.history import events as e
from parzen.history.ledger import fold_all
from parzen.testing import canonical

GOLDEN = Path(__file__).parents[1] / "golden" / "events-1.jsonl"

# One of every kind, with every field set.
EXAMPLES = [
    e.Created(0.5, "s", {"params": []}, "f00", ["minimize"], {"python": "3.11"}, "host", "run.py", "c0ffee"),
    e.Configured(1.0, 7, {"name": "a:B"}, {"name": "p"}, 4, 100, 60.0, 0.1, "continue", 3, {"gb": 2}, "m:f"),
    e.Extended(1.5, {"params": []}, "f01"),
    e.Opened(2.0, 3),
    e.Suggested(2.5, 3, {"x": 0.25, "n": 2}, 9.0, {"by": "tpe"}),
    e.Claimed(3.0, 3, 1, "host:1"),
    e.Released(3.5, 3, 1, "why"),
    e.Reported(4.0, 3, 1, 0.75, 10.0),
    e.Finished(4.5, 3, 1, "done", [0.5], {"acc": 0.9}, {"loss": 0.5, "status": "ok"}, {"type": "T"}),
    e.Amended(5.0, 3, "failed", [0.25], {"acc": 0.8}, {"loss": 0.25}),
    e.Excluded(5.5, 3, "why"),
    e.Noted(6.0, {"text": "remark"}, 3),
    e.Enqueued(6.5, {"x": 0.5}, {"by": "user"}),
    e.Imported(7.0, "hyperopt"),
    e.Requested(7.5, "pause"),
]


def through_json(event):
    return e.from_json(json.loads(json.dumps(e.to_json(event), allow_nan=False)))


def test_every_kind_has_an_example():
    assert {type(event) for event in EXAMPLES} == set(e.EVENTS.values())
    assert [event.kind for event in EXAMPLES] == list(e.EVENTS)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_json_brings_it_back(event):
    assert through_json(event) == event


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_json_names_kind_version_and_time(event):
    data = e.to_json(event)
    assert list(data)[:3] == ["kind", "v", "at"]
    assert (data["kind"], data["v"], data["at"]) == (event.kind, 1, event.at)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_fields_of_a_later_release_are_passed_over(event):
    """Fields may be added, so a newer file of the same version stays readable."""
    assert e.from_json({**e.to_json(event), "added_later": 1}) == event


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_fields_with_a_default_may_be_missing(event):
    """They were added after the first files were written."""
    optional = {f.name for f in fields(event) if f.default is not MISSING or f.default_factory is not MISSING}
    data = {name: value for name, value in e.to_json(event).items() if name not in optional}
    assert type(e.from_json(data)) is type(event)


@pytest.mark.parametrize(
    "data", [{}, {"kind": "exploded", "v": 1}, {"kind": "opened", "v": 2, "at": 0.0, "number": 1}, {"v": 1}]
)
def test_an_unknown_kind_or_version_stops_the_reader(data):
    with pytest.raises(InvalidEvent, match="cannot read") as caught:
        e.from_json(data)
    assert "newer" in caught.value.hint


@pytest.mark.parametrize("data", [{"kind": "opened", "v": 1, "at": 0.0}, {"kind": "claimed", "v": 1}])
def test_an_event_that_lacks_a_field_stops_the_reader(data):
    """A damaged file is an InvalidEvent, not a TypeError from somewhere."""
    with pytest.raises(InvalidEvent):
        e.from_json(data)


KEYS = {
    "created": "created",
    "opened": "opened/3",
    "suggested": "suggested/3",
    "claimed": "claimed/3/1",
}


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_keys_are_what_must_be_unique(event):
    assert event.key == KEYS.get(event.kind)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.1), 0.1),
        (np.int32(3), 3),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ((1, 2), [1, 2]),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
        (math.inf, {"$float": "inf"}),
        (-math.inf, {"$float": "-inf"}),
        (np.float32("nan"), {"$float": "nan"}),
        (True, True),
        (None, None),
        (10**400, 10**400),
        (np.str_("text"), "text"),
        (object(), {"$unsaved": "builtins:object"}),
        (1 + 2j, {"$unsaved": "builtins:complex"}),
        (b"bytes", {"$unsaved": "builtins:bytes"}),
        ({1, 2}, {"$unsaved": "builtins:set"}),
        ([len], [{"$unsaved": "builtins:builtin_function_or_method"}]),
    ],
)
def test_plain_gives_json_values(value, expected):
    made = e.plain(value)
    assert made == expected
    assert json.loads(json.dumps(made, allow_nan=False)) == expected


def test_plain_leaves_no_subclasses():
    """An IntEnum or an np.float64 would be written and read as something else."""
    from parzen.history.history import Status

    made = e.plain([Status.DONE, np.float64(1), np.str_("a")])
    assert [type(value) for value in made] == [int, float, str]


def test_nan_and_infinities_come_back():
    event = e.Finished(0.0, 0, 1, "failed", [math.nan, math.inf, -math.inf], {"m": math.nan})
    there = through_json(event)
    assert [math.isnan(there.losses[0]), *there.losses[1:]] == [True, math.inf, -math.inf]
    assert math.isnan(there.metrics["m"])


@pytest.mark.parametrize("x", [0.1, 5e-324, 1.7976931348623157e308, -0.0, 1 / 3, 2**53 + 1])
def test_floats_come_back_bit_for_bit(x):
    there = through_json(e.Suggested(0.0, 0, {"x": x})).point["x"]
    assert (type(there), np.float64(there).tobytes()) == (type(x), np.float64(x).tobytes())


# The golden log: written by 0.1.0 and never changed.


def golden():
    return [e.from_json(json.loads(line)) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


def test_the_golden_log_has_every_kind():
    assert {event.kind for event in golden()} == {event.kind for event in EXAMPLES}


def test_the_golden_log_is_written_back_as_it_was_read():
    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert [json.dumps(e.to_json(event), ensure_ascii=False) for event in golden()] == lines


def test_the_golden_log_folds_to_the_same_study():
    ledger = fold_all(golden())
    statuses = {trial.number: trial.status.name for trial in ledger.trials}
    assert statuses == {0: "DONE", 1: "FAILED", 2: "DONE", 3: "RUNNING", 4: "DONE", 5: "OPEN"}
    shown = canonical(ledger.trials)
    assert [row["point"] for row in shown] == [
        {"x": 0.5, "m": 0},
        {"x": -1.25, "m": 1, "n": 3},
        {"x": 0.125, "m": 0},
        {"x": 1.5, "m": 0},
        {"x": 2.5, "m": 1, "n": 8},
    ]
    assert [row["losses"] for row in shown] == [[0.25], [], [0.015625], [], [{"$float": "inf"}]]
    assert ledger.trials[2].reports == {1.0: 0.5, 2.0: 0.25}
    assert ledger.trials[2].attempt == 2
    assert ledger.trials[1].excluded
    assert ledger.configured.seed == 42
    assert len(ledger.history()) == 4
    assert ledger.notes[0].note == {"text": "größe 漢字"}
    assert [request.what for request in ledger.requests] == ["pause", "resume"]
