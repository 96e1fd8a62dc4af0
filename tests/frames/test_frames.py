"""Trials as tables of pandas, polars and Arrow, without losing a type or a missing value."""

from __future__ import annotations

import datetime as dt
import gc
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen import Trials, fmin
from parzen.errors import InvalidArgument, MissingDependency
from parzen.formats import import_table
from parzen.frames import stream
from parzen.frames.columns import STATES, columns_of
from parzen.frames.options import option_names
from parzen.frames.table import TrialTable
from parzen.run.study import Study
from parzen.space import hp
from parzen.space.flatten import flatten

SVM = {"kind": "svm", "C": hp.float(1e-3, 1e3, log=True, label="C")}
KNN = {"kind": "knn", "k": hp.int(1, 30, label="k")}
SPACE = {
    "model": hp.choice("model", [SVM, KNN]),
    "size": hp.ordinal(["small", "medium", "large"]),
    "n": hp.randint("n", 5),
}
BASE = ["number", "state", "loss", "duration_s", "started", "ended"]
LAST = ["error.type", "error.message", "worker"]


@pytest.fixture(scope="module")
def study():
    """A conditional search with every kind of end: done, failed in three ways, excluded, running."""
    study = Study(SPACE, "random", seed=0)
    ends = {3: ValueError("bad\nthing"), 4: math.nan, 5: {"status": "fail"}, 6: math.inf}
    for i in range(12):
        trial = study.ask()
        result = {
            "loss": i / 2,
            "epochs": i,
            "accuracy": math.nan if i == 7 else 0.5,
            "converged": i % 2 == 0,
            "host": "a<b",
            "sizes": [1, 2],
            "model_object": object(),
        }
        study.tell(trial, ends.get(i, result))
    study.ask()
    study.note({"by hand": "looks good"}, 2)
    study.exclude([8])
    return study


def test_the_columns_and_their_order(study):
    assert study.trials.to_pandas().columns.tolist() == [
        *BASE,
        *("param.model", "param.C", "param.k", "param.size", "param.n"),
        *("metric.epochs", "metric.accuracy", "metric.converged"),
        *("attr.host", "attr.sizes", "attr.by hand"),
        *LAST,
    ]


def test_a_column_of_what_was_returned_is_added_where_it_was_to_be_made_large():
    study = Study({"x": hp.float(0, 1)}, seed=0, maximize=True)
    study.tell(study.ask(), 0.25)
    row = study.trials.to_dicts()[0]
    assert (row["loss"], row["value"]) == (-0.25, 0.25)


def test_inactive_is_null_and_nan_is_nan(study):
    for frame in (study.trials.to_polars(), pl.from_arrow(study.trials.to_arrow())):
        svm = frame["param.model"].cast(pl.String) == "svm"
        assert (frame["param.C"].is_null() == ~svm).all()
        assert (frame["param.k"].is_null() == svm).all()
        assert frame["loss"].is_nan().to_list()[4]
        assert frame["loss"].is_null().to_list() == [i in (3, 5, 12) for i in range(13)]
        assert frame["metric.accuracy"].is_nan().sum() == 1
        assert frame["loss"].to_list()[6] == math.inf


def test_pandas_keeps_nan_and_na_apart(study):
    loss = study.trials.to_pandas()["loss"].array
    assert loss.isna().tolist() == [i in (3, 5, 12) for i in range(13)]
    assert math.isnan(loss[4])
    assert loss[3] is pd.NA


def test_kinds_in_pandas(study):
    kinds = study.trials.to_pandas().dtypes.astype(str).to_dict()
    assert {kinds[name] for name in ("number", "param.k", "param.n", "metric.epochs")} == {"Int64"}
    assert {kinds[name] for name in ("loss", "param.C", "metric.accuracy")} == {"Float64"}
    assert kinds["metric.converged"] == "boolean"
    assert kinds["started"] == "datetime64[us, UTC]"
    assert {kinds[name] for name in ("state", "param.model", "param.size")} == {"category"}
    assert kinds["error.message"] == "string"


def test_choices_are_categories_by_name_and_ordinals_are_in_order(study):
    frame = study.trials.to_pandas()
    assert frame["param.model"].cat.categories.tolist() == ["svm", "knn"]
    assert not frame["param.model"].cat.ordered
    assert frame["param.size"].cat.ordered
    assert (frame["param.size"] > "small").sum() == (frame["param.size"] != "small").sum()
    assert frame["state"].cat.categories.tolist() == list(STATES)
    field = study.trials.to_arrow().schema.field("param.size").type
    assert (pa.types.is_dictionary(field), field.ordered) == (True, True)


def test_failures_have_their_reason(study):
    rows = study.trials.to_dicts()
    found = [(rows[i]["error.type"], rows[i]["error.message"]) for i in (3, 4, 5, 0)]
    assert found == [
        ("ValueError", "bad\nthing"),
        (None, "the loss is NaN"),
        (None, "the objective said status 'fail'"),
        (None, None),
    ]


def test_times_are_utc(study):
    row = study.trials.to_dicts()[0]
    assert row["started"].tzinfo is dt.UTC
    assert row["started"].timestamp() == pytest.approx(study.trials[0].started, abs=1e-6)
    assert row["duration_s"] == study.trials[0].ended - study.trials[0].started
    assert study.trials.to_dicts()[12]["ended"] is None


def test_what_an_excluded_and_a_running_trial_are_called(study):
    states = study.trials.to_pandas()["state"].tolist()
    assert (states[8], states[12], states[0]) == ("excluded", "running", "done")


def test_the_worker_is_a_host_and_a_process(study):
    import os
    import platform

    assert study.trials.to_dicts()[0]["worker"] == f"{platform.node()} {os.getpid()}".strip()


def test_all_frames_say_the_same(study):
    """Through Arrow's interface, pandas' own arrays and plain Python: equal values, equal nulls."""
    rows = study.trials.to_dicts()
    assert _plain(study.trials.to_arrow().to_pylist()) == _plain(rows)
    assert _plain(study.trials.to_polars().to_dicts()) == _plain(rows)
    assert _plain(pl.from_pandas(study.trials.to_pandas()).to_dicts()) == _plain(rows)
    assert _plain(pa.Table.from_pandas(study.trials.to_pandas()).to_pylist()) == _plain(rows)


def test_parquet_keeps_every_type(study, tmp_path):
    path = tmp_path / "trials.parquet"
    table = study.trials.to_arrow()
    pq.write_table(table, path)
    again = pq.read_table(path)
    assert _plain(again.to_pylist()) == _plain(table.to_pylist())
    assert again.schema.types == table.schema.types
    study.trials.to_polars().write_parquet(path)
    frame = pl.read_parquet(path)
    assert frame.schema == study.trials.to_polars().schema
    assert _plain(frame.to_dicts()) == _plain(study.trials.to_dicts())
    study.trials.to_pandas().to_parquet(path)
    kinds = pd.read_parquet(path).dtypes.astype(str)
    assert kinds.tolist() == study.trials.to_pandas().dtypes.astype(str).tolist()


@pytest.mark.parametrize("through", ["to_pandas", "to_polars", "to_arrow", "csv", "itself"])
def test_a_table_is_a_study_again(study, tmp_path, through):
    table = study.trials if through == "itself" else getattr(study.trials, through, study.trials.to_pandas)()
    if through == "csv":
        table.to_csv(tmp_path / "t.csv", index=False)
        table = tmp_path / "t.csv"
    other = Study(SPACE, "random", seed=1)
    report = import_table(table, other)
    assert (report.taken, report.read) == (11, 13)
    assert import_table(table, other).taken == 0
    told = [trial for trial in study.trials if trial.number not in (8, 12)]
    assert [trial.point for trial in other.trials] == [trial.point for trial in told]
    assert [trial.status for trial in other.trials] == [trial.status for trial in told]
    assert other.trials[0].loss == 0.0
    assert other.trials[3].error == {"type": "ValueError", "message": "bad\nthing", "traceback": ""}
    assert other.trials[1].started == pytest.approx(told[1].started, abs=1e-5)
    assert other.trials[1].metrics["epochs"] == 1
    assert "number" not in other.trials[1].metrics


def test_values_of_a_study_that_maximises_come_back_as_they_were():
    study = Study({"x": hp.float(0, 1)}, seed=0, maximize=True)
    study.tell(study.ask(), 0.25)
    other = Study({"x": hp.float(0, 1)}, seed=0, maximize=True)
    import_table(study.trials, other)
    assert other.best.loss == -0.25


def test_a_study_without_trials_is_a_table_without_rows():
    study = Study(SPACE, seed=0)
    names = [*BASE, "param.model", "param.C", "param.k", "param.size", "param.n", *LAST]
    assert study.trials.to_pandas().columns.tolist() == names
    assert study.trials.to_polars().shape == (0, len(names))
    assert study.trials.to_arrow().num_rows == 0
    assert study.trials.to_dicts() == []


def test_trials_of_fmin_have_the_same_table():
    trials = Trials()
    with pytest.raises(InvalidArgument, match="no space yet"):
        trials.to_pandas()
    fmin(lambda p: p["x"], {"x": hp.float(0, 1)}, max_evals=3, trials=trials, seed=0, verbose=False)
    assert trials.to_dicts() == trials.study.trials.to_dicts()
    assert pl.DataFrame(trials).shape == pa.table(trials).shape == trials.to_pandas().shape


def test_reordered_options_have_the_right_names(tmp_path):
    """The log keeps the stored order, and points are shown in that of the space given now."""
    path = tmp_path / "s.db"
    study = Study({"m": hp.choice("m", ["a", "b", "c"])}, "random", seed=0, store=path)
    for _ in range(6):
        trial = study.ask()
        study.tell(trial, {"loss": 0.0, "was": trial.params["m"]})
    again = Study({"m": hp.choice("m", ["c", "a", "b"])}, store=path)
    for table in (study.trials, again.trials, Study.load(path).trials):
        frame = table.to_pandas()
        assert frame["param.m"].tolist() == frame["attr.was"].tolist()


@pytest.mark.parametrize(
    ("package", "way", "extra"),
    [("pandas", "to_pandas", "pandas"), ("polars", "to_polars", "polars"), ("pyarrow", "to_arrow", "arrow")],
)
def test_without_the_package_the_command_that_installs_it_is_named(study, monkeypatch, package, way, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependency, match=rf"{way} needs {package}: pip install 'parzen\[{extra}\]'"):
        getattr(study.trials, way)()


class TestTable:
    def test_it_is_a_sequence_of_trials(self, study):
        table = study.trials
        assert isinstance(table, TrialTable)
        assert [trial.number for trial in table] == list(range(len(table))) == list(range(13))
        assert (table[-1].number, table.index(table[5]), table.count(table[5])) == (12, 5, 1)
        assert table[3] in table
        assert next(trial.number for trial in reversed(table)) == 12
        assert table == study.ledger.trials

    def test_a_slice_is_a_table_too(self, study):
        assert study.trials[2:5].to_pandas()["number"].tolist() == [2, 3, 4]

    def test_it_is_a_view(self):
        study = Study({"x": hp.float(0, 1)}, seed=0)
        table = study.trials
        study.ask()
        assert len(table) == 1

    def test_its_text_is_short(self, study):
        lines = repr(study.trials).splitlines()
        assert (lines[0], len(lines), lines[-1]) == ("TrialTable(13 trials)", 5, "  ... 10 more")


class TestStream:
    def test_memory_is_given_back(self, study):
        gc.collect()
        before = len(stream._KEPT)
        frame, table = pl.DataFrame(study.trials), pa.table(study.trials)
        capsule = study.trials.__arrow_c_stream__()
        del frame, table, capsule
        gc.collect()
        assert len(stream._KEPT) == before

    def test_one_column_outlives_its_table(self, study):
        column = pa.table(study.trials)["param.size"].combine_chunks()
        gc.collect()
        assert column.to_pylist() == [row["param.size"] for row in study.trials.to_dicts()]

    def test_frames_that_live_to_the_end_of_the_program_do_no_harm(self):
        program = (
            "import polars, pyarrow\n"
            "from parzen import Study, hp\n"
            "study = Study({'x': hp.float(0, 1), 'm': hp.choice('m', ['a', 'b'])}, seed=0)\n"
            "study.tell(study.ask(), 0.5)\n"
            "import builtins\n"
            "builtins.kept = [polars.DataFrame(study.trials), pyarrow.table(study.trials)]\n"
            "kept = study.trials.__arrow_c_stream__()\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    @settings(max_examples=25)
    @given(st.lists(st.one_of(st.none(), st.text(max_size=5)), max_size=20))
    def test_any_text_passes(self, texts):
        study = Study({"x": hp.float(0, 1)}, "random", seed=0)
        for text in texts:
            study.tell(study.ask(), {"loss": 0.0, "text": text})
        clean = [None if t is None else t.encode("utf-8", "replace").decode() for t in texts]
        rows = pa.table(study.trials).to_pylist()
        assert [row.get("attr.text") for row in rows] == clean

    @settings(max_examples=25)
    @given(st.lists(st.one_of(st.none(), st.booleans()), min_size=1, max_size=20))
    def test_any_flags_pass(self, flags):
        study = Study({"x": hp.float(0, 1)}, "random", seed=0)
        for flag in flags:
            study.tell(study.ask(), {"loss": 0.0} | ({} if flag is None else {"flag": flag}))
        assert [row.get("metric.flag") for row in pl.DataFrame(study.trials).to_dicts()] == flags


class TestOptionNames:
    @pytest.mark.parametrize(
        ("options", "names"),
        [
            (["rbf", "linear"], ("rbf", "linear")),
            ([1, 2.5, None, True], ("1", "2.5", "None", "True")),
            ([{"C": hp.float(0, 1), "kind": "a, {b}"}, {"C": 3, "kind": "c"}], ("a, {b}", "c")),
            ([{"kind": "x", "n": 1}, {"kind": "x", "n": 2}], ("1", "2")),
            ([("svm", hp.float(0, 1)), ("knn", 3)], ("svm", "knn")),
            ([math.sin, dict], ("sin", "dict")),
            (["a", {"name": "b"}], ("a", "b")),
            (["a", "a"], ("a", "a (2)")),
            (["x" * 99, "it's"], ("x" * 37 + "...", "it's")),
        ],
    )
    def test_names(self, options, names):
        param = flatten(hp.choice("m", options)).params[0]
        assert option_names(param) == names

    @given(st.lists(st.one_of(st.text(max_size=8), st.integers(), st.none()), min_size=1, max_size=6))
    def test_no_two_are_alike_whatever_the_options(self, options):
        names = option_names(flatten(hp.choice("m", options)).params[0])
        assert len(set(names)) == len(options)


def test_numbers_that_index_a_switch_stay_numbers():
    from parzen.space.expr import scope

    study = Study(scope.switch(hp.randint("i", 3), "a", "b", "c"), "random", seed=0)
    study.tell(study.ask(), 0.0)
    assert study.trials.to_pandas()["param.i"].dtype == "Int64"


def test_a_table_costs_a_constant_share_of_the_trials():
    """Ten times the trials take about ten times the steps: counted, since clocks differ."""

    def steps(n):
        study = Study({"x": hp.float(0, 1)}, "random", seed=0)
        for _ in range(n):
            study.tell(study.ask(), {"loss": 0.0, "epochs": 1, "host": "a"})
        count = 0

        def trace(frame, event, arg):
            nonlocal count
            count += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            columns_of(list(study.trials), study.space)
        finally:
            sys.settrace(before)
        return count

    assert steps(300) < 12 * steps(30)


def _plain(rows):
    """Rows that can be compared: NaN is equal to itself here, and zones are by name."""

    def cell(value):
        if isinstance(value, float) and math.isnan(value):
            return "nan"
        if isinstance(value, dt.datetime):
            return value.timestamp()
        return value.item() if isinstance(value, np.generic) else value

    return [{name: cell(value) for name, value in row.items()} for row in rows]
