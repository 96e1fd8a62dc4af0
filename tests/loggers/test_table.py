"""The CSV logger: a row for each trial, also after crashes, for new columns and for several studies."""

from __future__ import annotations

import csv
import os
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen import Study, fmin, hp
from parzen.errors import InvalidArgument
from parzen.formats import import_table
from parzen.loggers import CSV, TrialRecord, log
from parzen.loggers.base import Journal

SPACE = hp.choice("kind", [{"is": "tree", "n": hp.int(1, 9)}, {"is": "line", "x": hp.float(0, 1)}])


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def objective(point):
    if "n" in point:
        raise ValueError('a "quoted", message\nof two lines')
    return {"loss": point["x"], "accuracy": 1 - point["x"]}


def search(path, most, trials=None, **options):
    kept = {"on_error": "continue", "verbose": False, "seed": 1, "loggers": [CSV(path)], **options}
    return fmin(objective, SPACE, max_evals=most, trials=trials, **kept)


def test_pandas_reads_numbers_as_numbers_and_what_a_trial_does_not_use_as_absent(tmp_path):
    path = tmp_path / "deep" / "trials.csv"
    study = search(path, 8).study
    frame = pd.read_csv(path, parse_dates=["started", "ended"])
    assert frame["number"].tolist() == list(range(8))
    assert set(frame["state"]) == {"done", "failed"}
    for row, trial in zip(frame.to_dict("records"), study.trials, strict=True):
        used = trial.point["kind"] == 1
        assert row["state"] == ("done" if used else "failed")
        assert pd.notna(row["param.1.x"]) == used
        assert pd.notna(row["param.0.n"]) == (not used)
        if used:
            assert row["loss"] == pytest.approx(trial.loss, rel=1e-15)  # pandas rounds the last digit
            assert row["loss"] == row["param.1.x"]
            assert row["metric.accuracy"] == pytest.approx(1 - trial.loss, rel=1e-15)
        else:
            assert (row["error.type"], row["error.message"]) == ("ValueError", 'a "quoted", message')
        assert row["started"].timestamp() == pytest.approx(trial.started, abs=1e-5)
        assert row["duration_s"] == trial.ended - trial.started


def test_the_table_can_be_imported_into_another_study(tmp_path):
    """A study that maximises, with values of options as numbers and as texts, and failures."""
    space = {"size": hp.choice("size", [16, 32]), "act": hp.choice("act", ["relu", "tanh"]), "family": SPACE}

    def score(point):
        return objective(point["family"])["loss"]

    path = tmp_path / "trials.csv"
    kept = {"seed": 1, "maximize": True, "on_error": "continue", "verbose": False}
    study = fmin(score, space, max_evals=9, loggers=[CSV(path)], **kept).study
    copy = Study(space, seed=0, maximize=True)
    import_table(path, copy)
    assert {trial.status.name for trial in study.trials} == {"DONE", "FAILED"}
    for old, new in zip(study.trials, copy.trials, strict=True):
        assert (new.status, new.point, list(new.losses)) == (old.status, old.point, list(old.losses))


def test_a_resumed_search_adds_what_is_new_and_nothing_twice(tmp_path):
    path, store = tmp_path / "trials.csv", tmp_path / "s.db"
    search(path, 3, store)
    first = path.read_text()
    search(path, 3, store)
    assert path.read_text() == first
    search(path, 7, store)
    assert [row["number"] for row in rows(path)] == [str(n) for n in range(7)]


def test_two_studies_share_a_file_and_each_knows_its_own_rows(tmp_path):
    path = tmp_path / "trials.csv"
    search(path, 2)
    study = Study({"other": hp.int(1, 3)}, seed=0)
    study.tell(study.ask(), 1.0)
    log(study, CSV(path))
    log(study, CSV(path))
    found = rows(path)
    assert [(row["study"], row["number"]) for row in found[2:]] == [(found[2]["study"], "0")]
    assert found[0]["study"] == found[1]["study"] != found[2]["study"]
    assert found[2]["param.other"] == str(study.trials[0].params["other"])
    assert [row["param.other"] for row in found[:2]] == ["", ""]


def test_a_new_column_keeps_every_row_and_the_old_columns_in_their_order(tmp_path):
    path = tmp_path / "trials.csv"
    study = Study({"x": hp.float(0, 1)}, seed=0)
    study.tell(study.ask(), {"loss": 1.0, "a": 2})
    log(study, CSV(path))
    before = path.read_text().splitlines()
    study.tell(study.ask(), {"loss": 1.0, "b": 3})
    log(study, CSV(path))
    after = path.read_text().splitlines()
    assert after[0] == f"{before[0]},metric.b"
    assert after[1] == f"{before[1]},"
    assert [(row["metric.a"], row["metric.b"]) for row in rows(path)] == [("2.0", ""), ("", "3.0")]
    assert os.listdir(tmp_path) == ["trials.csv"]


def test_a_file_cut_anywhere_is_completed_to_the_same_rows(tmp_path, monkeypatch):
    path = tmp_path / "trials.csv"
    study = search(path, 3).study
    whole = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda file: None)
    for length in range(0, len(whole), 3):
        path.write_bytes(whole[:length])
        log(study, CSV(path))
        assert path.read_bytes() == whole, length


def test_a_file_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n")
    study = Study({"x": hp.float(0, 1)}, seed=0)
    study.tell(study.ask(), 1.0)
    with pytest.raises(InvalidArgument, match="holds something else than trials"):
        log(study, CSV(path))
    with pytest.warns(RuntimeWarning, match="the logger CSV failed"):
        search(path, 1)
    assert path.read_text() == "a,b\n1,2\n"


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.text() | st.floats(allow_nan=False), max_size=5))
def test_any_labels_and_values_stay_in_their_cells(tmp_path_factory, params):
    from parzen.loggers import StudyRecord

    path = tmp_path_factory.mktemp("csv") / "t.csv"
    logger = CSV(path)
    logger.begin(StudyRecord("s-1", "s", "loss", False, list(params)))
    logger.ended(TrialRecord(0, 1, "done", params, 0.5))
    logger.ended(TrialRecord(1, 1, "done", {}, 0.25))
    found = rows(path)
    assert [(row["number"], row["loss"]) for row in found] == [("0", "0.5"), ("1", "0.25")]
    assert CSV(path).begin(StudyRecord("s-1", "s", "loss", False)) == [0, 1]
    for label, value in params.items():
        if label.split() == [label] and (not isinstance(value, str) or value.split() == [value]):
            assert found[0][f"param.{label}"] == str(value)
            assert found[1][f"param.{label}"] == ""


def test_times_are_in_utc(tmp_path):
    path = tmp_path / "t.csv"
    study = search(path, 1).study
    started = datetime.fromisoformat(rows(path)[0]["started"])
    assert started.utcoffset().total_seconds() == 0
    assert started.timestamp() == pytest.approx(study.trials[0].started, abs=1e-5)


def test_a_journal_forgets_a_number_that_was_cut_off(tmp_path):
    path = tmp_path / "in" / "journal.txt"
    journal = Journal(path)
    assert journal.numbers() == frozenset()
    journal.add(3)
    journal.add(12)
    path.write_bytes(path.read_bytes()[:-2])
    assert journal.numbers() == {3}
    journal.add(5)
    assert journal.numbers() == {3, 5}
