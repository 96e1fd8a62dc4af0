"""Pickled Trials, of Hyperopt and of parzen, come along into a study with their space."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from parzen.errors import InvalidArgument, StudyNotFound
from parzen.formats import import_hyperopt
from parzen.history import events as e
from parzen.history.history import Status
from parzen.run.study import Study
from parzen.space import hp
from parzen.trials import Trials

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
FILES = sorted(GOLDEN.glob("hyperopt-*.pkl"))
FLAT = {"x": hp.uniform("x", -5, 5), "y": hp.normal("y", 0, 2), "n": hp.quniform("n", 1, 10, 1)}
CONDITIONAL = hp.choice(
    "model",
    [
        {"kind": "svm", "C": hp.loguniform("C", -5, 5)},
        {
            "kind": "forest",
            "depth": hp.randint("depth", 12),
            "split": hp.choice("split", ["gini", {"rate": hp.loguniform("rate", -3, 0)}]),
        },
    ],
)


def study_for(path):
    return Study(CONDITIONAL if "conditional" in path.stem else FLAT, "random", seed=0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_pickles_come_along(path):
    study, wanted = study_for(path), json.loads(path.with_suffix(".json").read_text())["documents"]
    ended = [doc for doc in wanted if doc["state"] in (2, 3)]
    report = import_hyperopt(path, study)
    assert (report.read, report.taken) == (len(wanted), len(ended))
    assert report.skipped == ({"still running": len(wanted) - len(ended)} if len(ended) < len(wanted) else {})
    for trial, doc in zip(study.trials, ended, strict=True):
        assert trial.point == pytest.approx(doc["vals"])
        assert trial.note["key"] == doc["tid"]
        good = doc["state"] == 2 and doc["status"] == "ok" and doc["loss"] != "nan"
        assert (trial.status is Status.DONE) == good
        if good:
            assert trial.loss == pytest.approx(doc["loss"])
            assert trial.ended >= trial.started > 1.5e9
        assert (trial.error is None) == (doc["error"] is None)
    assert import_hyperopt(path, study).here == len(ended)
    assert len(study.trials) == len(ended)


def test_a_search_that_went_on_is_imported_to_its_end():
    """The second file is the first one's search, resumed: only new trials are taken."""
    study = Study(FLAT, seed=0)
    assert import_hyperopt(GOLDEN / "hyperopt-0.3.0-interrupted.pkl", study).taken == 8
    report = import_hyperopt(GOLDEN / "hyperopt-0.3.0-interrupted-resumed.pkl", study)
    assert (report.taken, report.here) == (3, 8)


def test_results_become_plain_and_keep_what_json_can_hold(tmp_path):
    study = study_for(GOLDEN / "conditional")
    import_hyperopt(GOLDEN / "hyperopt-0.3.0-conditional.pkl", study)
    result = study.trials[0].result
    assert json.loads(json.dumps(e.plain(result))) == result
    assert result["weights"] == [0.0, 1.0, 2.0]
    assert result["ended"] == "2020-01-02T03:04:05"
    assert study.trials[0].metrics["count"] == 1.0


def written(tmp_path, docs, **state):
    """A file as Hyperopt writes it, without Hyperopt."""
    data = cloudpickle.dumps(_Plain({"_dynamic_trials": docs, "_exp_key": None, **state}))
    path = tmp_path / "trials.pkl"
    path.write_bytes(data)
    return path


class _Plain:
    """Pickles as `hyperopt.base.Trials` with a state."""

    def __init__(self, state):
        self.state = state

    def __reduce__(self):
        return Trials, (), self.state


def doc(tid, vals, **changes):
    result = {"loss": float(tid), "status": "ok"}
    misc = {"tid": tid, "vals": {label: [value] for label, value in vals.items()}}
    return {"tid": tid, "state": 2, "result": result, "misc": misc, "book_time": None, **changes}


def test_objects_in_results_are_dropped_and_named(tmp_path):
    model = type("Net", (), {"__module__": "__main__"})()
    docs = [doc(0, {"x": 1.0, "y": 0.0, "n": 3.0}, result={"loss": 0.5, "status": "ok", "model": model})]
    study = Study(FLAT, seed=0)
    report = import_hyperopt(written(tmp_path, docs), study)
    assert report.taken == 1
    assert study.trials[0].loss == 0.5
    assert any("cloudpickle" in name for name in report.dropped)
    assert "dropped from results: " in str(report)
    assert "$unsaved" in json.dumps(e.plain(study.trials[0].result))


def test_values_outside_the_space_are_left_out(tmp_path):
    good = {"x": 1.0, "y": 0.0, "n": 3.0}
    docs = [doc(0, good), doc(1, {**good, "x": 12}), doc(2, {**good, "z": 1}), doc(3, {**good, "x": "text"})]
    docs += [doc(4, good, state=1), doc(5, good, state=4), "no document", doc(6, {**good, "x": math.nan})]
    report = import_hyperopt(written(tmp_path, docs), Study(FLAT, seed=0))
    assert str(report) == (
        "1 of 7 trials taken; 2 left out: x is outside uniform(-5, 5) (x = 12 in trial 1); "
        "1 left out: cancelled; 1 left out: still running; 1 left out: the space has no 'z'; "
        "1 left out: x is no number (x = 'text' in trial 3)"
    )


def test_an_index_counts_in_the_users_space():
    """A durable study may hold the options in another order than the space given now."""
    first = Study({"c": hp.choice("c", ["a", "b"])}, seed=0)
    again = Study({"c": hp.choice("c", ["b", "a"])}, store=first.store, seed=0)
    docs = [doc(0, {"c": 0})]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("parzen.formats.hyperopt_pickle.safe_load", lambda path, dropped: _record(docs))
        import_hyperopt("trials.pkl", again)
    assert again.trials[0].params == {"c": "b"}


def _record(docs):
    from parzen.formats.unpickling import safe_loads

    loaded = safe_loads(b"\x80\x02chyperopt.base\nTrials\n)\x81.")
    loaded.state["_dynamic_trials"] = docs
    return loaded


def test_parzens_own_trials_bring_their_log(tmp_path):
    """With reports, pruned trials and the direction, which documents do not have."""
    trials = Trials()
    study = trials.bind(FLAT, seed=0, maximize=True)
    for k in range(4):
        trial = study.ask()
        study.report(trial.number, 5.0 + k, 1)
        study.tell(trial, float(k))
    path = tmp_path / "trials.pkl"
    path.write_bytes(pickle.dumps(trials))
    into = Study(FLAT, maximize=True, seed=1)
    report = import_hyperopt(path, into)
    assert report.taken == 4
    assert [trial.point for trial in into.trials] == [trial.point for trial in study.trials]
    assert [trial.loss for trial in into.trials] == [0.0, -1.0, -2.0, -3.0]
    assert [dict(trial.reports) for trial in into.trials] == [{1.0: -5.0 - k} for k in range(4)]
    with pytest.raises(InvalidArgument, match="objectives"):
        import_hyperopt(path, Study(FLAT, seed=0))


def test_minimised_losses_do_not_enter_a_study_that_maximises():
    with pytest.raises(InvalidArgument, match="are minimised, and study 'default' maximises"):
        import_hyperopt(FILES[0], Study(FLAT, maximize=True, seed=0))


def test_results_that_contain_themselves_are_refused(tmp_path):
    endless = {"loss": 1.0, "status": "ok"}
    endless["self"] = endless
    wide = [0]
    for _ in range(40):
        wide = [wide, wide]
    for result in (endless, {"loss": 1.0, "status": "ok", "wide": wide}):
        docs = [doc(0, {"x": 1.0, "y": 0.0, "n": 3.0}, result=result)]
        with pytest.raises(InvalidArgument, match="contains itself or unfolds"):
            import_hyperopt(written(tmp_path, docs), Study(FLAT, seed=0))


def test_other_pickles_are_refused(tmp_path):
    path = tmp_path / "x.pkl"
    for value in ([1, 2], {"_dynamic_trials": []}, np.zeros(3), e.Opened(0.0, 1)):
        path.write_bytes(pickle.dumps(value))
        with pytest.raises(InvalidArgument, match="not Trials"):
            import_hyperopt(path, Study(FLAT, seed=0))
    with pytest.raises(StudyNotFound):
        import_hyperopt(tmp_path / "none.pkl", Study(FLAT, seed=0))
