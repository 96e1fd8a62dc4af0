"""Optuna's studies come along: values, ends, reports and times, checked against the space, once each.

The file and what Optuna reads from it come from golden/make_optuna_studies.py.
"""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
from pathlib import Path

import pytest

from parzen.errors import InvalidArgument, StudyNotFound
from parzen.formats import import_optuna, space_of_optuna
from parzen.history import events as e
from parzen.history.history import Status
from parzen.run.study import Study
from parzen.space import hp

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
FILE = GOLDEN / "optuna-5.0.0.db"
EXPECTED = json.loads(FILE.with_suffix(".json").read_text())
ENDED = {"COMPLETE": Status.DONE, "PRUNED": Status.PRUNED, "FAIL": Status.FAILED}

MIXED = {
    "x": hp.uniform("x", -5, 5),
    "rate": hp.loguniform("rate", math.log(1e-5), 0),
    "share": hp.float(0, 1, label="share"),
    "layers": hp.int(1, 4, label="layers"),
    "width": hp.int(1, 500, log=True, label="width"),
    "scale": hp.choice("scale", [False, True]),
    "size": hp.ordinal([16, 32, 64], label="size"),
    "model": hp.choice(
        "model",
        [
            {"kind": "forest", "depth": hp.int(2, 8, label="depth")},
            {"kind": "svm", "C": hp.uniform("C", 0.1, 10)},
        ],
    ),
}


@pytest.fixture
def study():
    return Study(MIXED, "random", seed=0)


def theirs(name, ended=True):
    return [trial for trial in EXPECTED[name]["trials"] if (trial["state"] in ENDED) == ended]


def number(value):
    return float(value) if isinstance(value, str) else value


def test_every_ended_trial_comes_along(study):
    report = import_optuna(FILE, study, "mixed")
    wanted = theirs("mixed")
    assert (report.read, report.taken, report.skipped) == (len(wanted) + 1, len(wanted), {"still running": 1})
    assert str(report) == "24 of 25 trials taken; 1 left out: still running"
    for trial, optuna in zip(study.trials, wanted, strict=True):
        params = optuna["params"]
        model = {"kind": params["model"], **{k: params[k] for k in ("C", "depth") if k in params}}
        assert trial.params == {**{k: params[k] for k in MIXED}, "model": model}
        assert trial.status is ENDED[optuna["state"]]
        assert (trial.started, trial.ended) == pytest.approx((optuna["started"], optuna["ended"]), abs=1e-5)
        assert repr(dict(trial.reports)) == repr({float(s): number(v) for s, v in optuna["reports"]})
        assert list(trial.losses) == (optuna["values"] if optuna["state"] == "COMPLETE" else [])
        assert trial.metrics == {k: v for k, v in optuna["attributes"].items() if k != "host"}


def test_results_look_like_an_objectives(study):
    import_optuna(FILE, study, "mixed")
    results = {trial.status: trial.result for trial in study.trials}
    done = next(trial for trial in study.trials if trial.status is Status.DONE)
    assert done.result == {"loss": done.loss, "status": "ok", "host": "here", **done.metrics}
    assert results[Status.PRUNED] == {"status": "fail", "pruned": True}
    assert results[Status.FAILED] == {"status": "fail"}


def test_the_search_goes_on_from_them(study):
    import_optuna(FILE, study, "mixed")
    trial = study.ask()
    assert trial.number == 24
    assert len(study.history) == 25


def test_maximised_values_and_infinities():
    study = Study({"x": hp.uniform("x", 0, 1)}, maximize=True, seed=0)
    import_optuna(f"sqlite:///{FILE}", study, "large")
    assert [-trial.loss for trial in study.trials] == [number(t["values"][0]) for t in theirs("large")]


def test_a_second_import_takes_nothing_twice(study, tmp_path):
    import_optuna(FILE, study, "mixed")
    log = study.events()
    moved = shutil.copy(FILE, tmp_path / "moved.db")
    report = import_optuna(moved, study, "mixed")
    assert (report.taken, report.here) == (0, 24)
    assert str(report) == "0 of 25 trials taken; 24 were here already; 1 left out: still running"
    assert study.events() == log


def test_trials_that_have_ended_since_are_taken_later(study, tmp_path):
    path = tmp_path / "growing.db"
    shutil.copy(FILE, path)
    import_optuna(path, study, "mixed")
    with sqlite3.connect(path) as file:
        file.execute("UPDATE trials SET state = 'FAIL' WHERE state = 'RUNNING'")
        params = "SELECT 1000 + param_id, 25, param_name, param_value, distribution_json FROM trial_params"
        file.execute(f"INSERT INTO trial_params {params} WHERE trial_id = 1")
    file.close()
    report = import_optuna(path, study, "mixed")
    assert (report.taken, report.here) == (1, 24)


def test_a_batch_is_atomic_and_names_its_origin(study):
    batches = []
    append = study.store.append
    study.store.append = lambda name, batch: batches.append(list(batch)) or append(name, batch)
    report = import_optuna(FILE, study, "mixed")
    (batch,) = batches
    assert [type(event) for event in batch[:4]] == [e.Imported, e.Opened, e.Suggested, e.Claimed]
    assert batch[0].origin == report.origin
    assert report.origin.startswith("optuna:optuna-5.0.0.db:mixed:")


def test_trials_that_do_not_fit_are_counted_by_reason():
    space = {**MIXED, "x": hp.uniform("x", -1, 1), "size": hp.choice("size", [16, 32])}
    study = Study(space, seed=0)
    report = import_optuna(FILE, study, "mixed")
    assert report.taken == len(study.trials) < 24
    outside = report.skipped["x is outside uniform(-1, 1)"]
    assert outside == sum(abs(trial["params"]["x"]) > 1 for trial in theirs("mixed"))
    assert set(report.skipped) == {
        "x is outside uniform(-1, 1)",
        "size is none of the options",
        "still running",
    }
    assert f"{outside} left out: x is outside uniform(-1, 1) (x = " in str(report)
    assert sum(report.skipped.values()) + report.taken == report.read == 25


def test_unknown_and_lacking_parameters_are_reasons():
    report = import_optuna(FILE, Study({"x": hp.uniform("x", -5, 5)}, seed=0), "mixed")
    assert set(report.skipped) == {"the space has no 'rate'", "still running"}
    space = {"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
    report = import_optuna(FILE, Study(space, maximize=True, seed=0), "large")
    assert report.skipped == {"there is no y, which the space needs": 8}


def test_the_other_direction_is_refused(study):
    with pytest.raises(InvalidArgument, match=r"'large' maximises, and study 'default' minimises") as caught:
        import_optuna(FILE, study, "large")
    assert caught.value.hint == "make the study with maximize=True"
    assert len(study.trials) == 0


def test_several_objectives_are_refused(study):
    with pytest.raises(InvalidArgument, match="'two' has 2 objectives"):
        import_optuna(FILE, study, "two")


def test_several_studies_are_named(study):
    with pytest.raises(InvalidArgument, match="has 3 studies: 'mixed', 'large', 'two'") as caught:
        import_optuna(FILE, study)
    assert "name=" in caught.value.hint
    with pytest.raises(StudyNotFound, match=r"no study 'mixd'; .* Did you mean 'mixed'"):
        import_optuna(FILE, study, "mixd")


def test_what_is_no_file_of_optunas_is_refused(study, tmp_path):
    with pytest.raises(StudyNotFound, match="there is no file"):
        import_optuna(tmp_path / "no.db", study)
    text = tmp_path / "text.db"
    text.write_text("no database " * 100)
    with pytest.raises(InvalidArgument, match="no SQLite file that Optuna 3 to 5 wrote"):
        import_optuna(text, study)
    with pytest.raises(InvalidArgument, match="only Optuna's SQLite files can be read; got postgresql://"):
        import_optuna("postgresql://localhost/x", study)
    other = tmp_path / "other.db"
    file = sqlite3.connect(other)
    file.execute("CREATE TABLE t (x)")
    file.close()
    with pytest.raises(InvalidArgument, match="no such table: studies"):
        import_optuna(other, study)


def test_a_value_that_optuna_does_not_write_is_refused(study, tmp_path):
    path = shutil.copy(FILE, tmp_path / "odd.db")
    with sqlite3.connect(path) as file:
        file.execute("UPDATE trial_params SET distribution_json = '{' WHERE param_id = 1")
    file.close()
    with pytest.raises(InvalidArgument, match="a value that Optuna does not write"):
        import_optuna(path, study, "mixed")
    assert len(study.trials) == 0


def test_reading_leaves_no_trace(study, tmp_path):
    """No journal, no changed byte; a file that may not be written can be read."""
    path = Path(shutil.copy(FILE, tmp_path / "x.db"))
    path.chmod(0o444)
    before = path.read_bytes()
    import_optuna(path, study, "mixed")
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["x.db"]


def test_enqueued_points_keep_their_turn(study):
    point = {"x": 0.5, "rate": 0.1, "share": 0.5, "layers": 1, "width": 3, "scale": 0, "size": 1, "model": 0}
    study.enqueue({**point, "depth": 3})
    import_optuna(FILE, study, "mixed")
    assert study.ask().point == {**point, "depth": 3}


def test_a_space_is_made_from_a_study():
    space = space_of_optuna(FILE, "large")
    study = Study(space, maximize=True, seed=0)
    assert import_optuna(FILE, study, "large").taken == 8
    with pytest.raises(InvalidArgument, match="uses C, depth in some trials only"):
        space_of_optuna(FILE, "mixed")


def test_each_distribution_has_a_word(tmp_path):
    path = shutil.copy(FILE, tmp_path / "x.db")
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM trial_params WHERE param_name IN ('C', 'depth')")
    file.close()
    params = Study(space_of_optuna(path, "mixed"), seed=0).space.params
    assert {param.label: param.distribution.describe() for param in params} == {
        "x": "float(-5, 5)",
        "rate": "float(1e-05, 1, log=True)",
        "share": "float(0, 1, step=0.25)",
        "layers": "int(1, 4)",
        "width": "int(1, 500, log=True)",
        "scale": "choice of 2",
        "size": "choice of 3",
        "model": "choice of 2",
    }
