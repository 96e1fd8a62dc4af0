"""Trial documents: Hyperopt's shape, key by key."""

import datetime as dt
import json
import math

import pytest

from parzen import Domain, Trials, documents, fmin, hp, rand
from parzen.documents import TRIAL_KEYS, TRIAL_MISC_KEYS
from parzen.errors import InvalidTrial
from parzen.history.history import Status

SPACE = {
    "x": hp.uniform("x", -1, 1),
    "k": hp.choice("k", [{"n": hp.randint("n", 5)}, {"q": hp.quniform("q", 0, 9, 1)}]),
}


def search(fn=lambda point: point["x"], max_evals=6, **arguments):
    trials = Trials(**({"exp_key": arguments.pop("exp_key")} if "exp_key" in arguments else {}))
    fmin(fn, SPACE, algo=rand.suggest, max_evals=max_evals, trials=trials, seed=0, verbose=False, **arguments)
    return trials


def test_document_has_hyperopts_keys_in_its_order():
    """Hyperopt 0.3.0 prints them so."""
    doc = search().trials[0]
    keys = [
        "state",
        "tid",
        "spec",
        "result",
        "misc",
        "exp_key",
        "owner",
        "version",
        "book_time",
        "refresh_time",
    ]
    assert list(doc) == keys
    assert list(doc["misc"]) == ["tid", "cmd", "workdir", "idxs", "vals"]
    assert set(TRIAL_KEYS) <= set(doc)
    assert set(TRIAL_MISC_KEYS) <= set(doc["misc"])


def test_fixed_parts_are_hyperopts():
    for tid, doc in enumerate(search().trials):
        assert doc["tid"] == doc["misc"]["tid"] == tid
        assert doc["state"] == documents.JOB_STATE_DONE
        assert doc["spec"] is doc["exp_key"] is doc["owner"] is doc["misc"]["workdir"] is None
        assert doc["version"] == 0
        assert doc["misc"]["cmd"] == ("domain_attachment", "FMinIter_Domain")


def test_every_label_is_a_key_and_inactive_ones_are_empty():
    for doc in search().trials:
        idxs, vals = doc["misc"]["idxs"], doc["misc"]["vals"]
        assert set(idxs) == set(vals) == {"x", "k", "n", "q"}
        active = "n" if vals["k"] == [0] else "q"
        assert {label for label in vals if vals[label]} == {"x", "k", active}
        assert all(idxs[label] == ([doc["tid"]] if vals[label] else []) for label in vals)


def test_values_are_plain_and_fit_json():
    for doc in search(max_evals=12).trials:
        kinds = {label: type(vals[0]) for label, vals in doc["misc"]["vals"].items() if vals}
        assert kinds["x"] is float
        assert kinds["k"] is int
        assert kinds.get("n", int) is int
        assert kinds.get("q", float) is float
        json.dumps(doc["misc"])
        json.dumps(doc["result"])


def test_times_are_naive_utc_cut_to_milliseconds_and_in_order():
    before = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(milliseconds=1)
    for doc in search().trials:
        for key in ["book_time", "refresh_time"]:
            assert type(doc[key]) is dt.datetime
            assert doc[key].tzinfo is None
            assert doc[key].microsecond % 1000 == 0
        assert before <= doc["book_time"] <= doc["refresh_time"]
    assert doc["refresh_time"] <= dt.datetime.now(dt.UTC).replace(tzinfo=None)


def test_exception_leaves_type_and_message_and_the_new_result():
    def objective(point):
        raise RuntimeError("boom")

    trials = Trials()
    with pytest.raises(RuntimeError):
        fmin(objective, SPACE, algo=rand.suggest, max_evals=1, trials=trials, verbose=False)
    (doc,) = trials._dynamic_trials
    assert doc["state"] == documents.JOB_STATE_ERROR
    assert doc["misc"]["error"] == ("<class 'RuntimeError'>", "boom")
    assert doc["result"] == {"status": "new"}
    assert doc["book_time"] <= doc["refresh_time"]


def test_error_is_a_key_only_after_an_exception():
    assert all(
        "error" not in doc["misc"] for doc in search(lambda p: {"status": "fail"} if p["x"] > 0 else 1.0)
    )


def test_states_and_statuses_are_hyperopts_numbers_and_words():
    assert documents.JOB_STATES == [0, 1, 2, 3, 4]
    assert {0, 1, 2} == documents.JOB_VALID_STATES
    assert list(documents.STATUS_STRINGS) == ["new", "running", "suspended", "ok", "fail"]


def test_moment_cuts_and_does_not_round():
    assert documents.moment(1.9996) == dt.datetime(1970, 1, 1, 0, 0, 1, 999000)  # noqa: DTZ001  # naive, as documents
    assert documents.moment(math.nan) is None


def test_point_of_a_document_is_plain_and_has_active_labels_only():
    import numpy as np

    misc = {"vals": {"a": [np.float64(1.5)], "b": [], "c": [np.int64(3)], "d": [True]}}
    point = documents.point_in({"misc": misc})
    assert point == {"a": 1.5, "c": 3, "d": 1}
    assert [type(value) for value in point.values()] == [float, int, int]


@pytest.mark.parametrize(
    ("state", "result", "status", "losses"),
    [
        (2, {"status": "ok", "loss": 1}, "done", [1.0]),
        (2, {"status": "ok", "loss": "1.5"}, "done", [1.5]),
        (2, {"loss": 1.0}, "failed", [1.0]),
        (2, {"status": "fail", "loss": -1}, "failed", [-1.0]),
        (2, {"status": "ok"}, "failed", []),
        (2, {"status": "ok", "loss": float("nan")}, "failed", None),
        (2, {"status": "okay", "loss": 1.0}, "failed", []),
        (2, None, "failed", []),
        (2, "text", "failed", []),
        (3, {"status": "ok", "loss": 1.0}, "failed", []),
    ],
)
def test_outcome_is_read_from_any_document_without_an_error(state, result, status, losses):
    doc = {"state": state, "result": result, "misc": {}}
    outcome = documents.outcome_in(doc)
    assert outcome.status == status
    assert losses is None or list(outcome.losses) == losses
    assert outcome.result is result


def test_error_of_a_document_is_read():
    doc = {"state": 3, "result": {"status": "new"}, "misc": {"error": ("<class 'E'>", "why")}}
    error = documents.outcome_in(doc).error
    assert (error["type"], error["message"]) == ("<class 'E'>", "why")


def test_pruned_trial_is_a_failed_document_with_its_last_value():
    from parzen import Study
    from parzen.executors.base import Outcome

    study = Study(SPACE, "random", seed=0)
    trial = study.ask()
    study.report(trial.number, 5.0, step=1)
    study.report(trial.number, 3.0, step=2)
    study.tell(trial, Outcome("pruned"))
    assert study.trials[0].status is Status.PRUNED
    doc = documents.document(study.trials[0], 0, ["x", "k", "n", "q"], None)
    assert doc["state"] == documents.JOB_STATE_DONE
    assert doc["result"] == {"status": "fail", "loss": 3.0, "pruned": True}


def test_check_accepts_what_suggest_makes():
    trials = Trials(exp_key="e")
    (doc,) = rand.suggest([0], Domain(len, SPACE), trials, 1)
    assert documents.check(doc, "e") is doc
    with pytest.raises(InvalidTrial, match="exp_key is 'e'"):
        documents.check(doc, "f")
