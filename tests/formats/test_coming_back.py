"""Tables of a study come back as the same trials: with the direction, and each option as the one it was."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parzen import Study, hp
from parzen.cli.main import run
from parzen.errors import InvalidArgument
from parzen.formats import import_table, rows, rows_back
from parzen.loggers import CSV, log

SPACE = {"x": hp.float(0, 1, label="x")}
SCRIPT = "from parzen import hp\nSPACE = {'x': hp.float(0, 1, label='x')}\n"


def made(space, maximize=False, store=None, trials=12):
    study = Study(space, "random", seed=0, maximize=maximize, store=store)
    for i in range(trials):
        study.tell(study.ask(), {"loss": float(i), "acc": i / 2} if i else {"status": "fail"})
    return study


# Every way out, by name: it writes a file and says how it is read into a study.


def exported(study, path, write):
    with open(path, "w", encoding="utf-8", newline="") as file:
        write(study, file)


def by_csv(study, path):
    exported(study, path, rows.write_csv)
    return lambda into: rows_back.import_csv(path, into)


def by_jsonl(study, path):
    exported(study, path, rows.write_jsonl)
    return lambda into: rows_back.import_jsonl(path, into)


def by_logger(study, path):
    log(study, CSV(path))
    return lambda into: rows_back.import_csv(path, into)


def by_logger_as_table(study, path):
    log(study, CSV(path))
    return lambda into: import_table(path, into)


def by_frame(study, path):
    return lambda into: import_table(study.trials.to_pandas(), into)


def by_frame_in_csv(study, path):
    study.trials.to_pandas().to_csv(path, index=False)
    return lambda into: import_table(path, into)


def by_polars(study, path):
    return lambda into: import_table(study.trials.to_polars(), into)


def by_parquet(study, path):
    study.trials.to_polars().write_parquet(path)
    return lambda into: import_table(path, into)


WAYS = [by_csv, by_jsonl, by_logger, by_logger_as_table, by_frame, by_frame_in_csv, by_polars, by_parquet]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def way(request):
    return request.param


@pytest.mark.parametrize("maximize", [False, True])
def test_losses_come_back_in_their_direction(tmp_path, way, maximize):
    study, other = made(SPACE, maximize), Study(SPACE, maximize=maximize)
    assert way(study, tmp_path / "t")(other).taken == 12
    assert [(t.status, t.losses, t.point) for t in other.trials] == [
        (t.status, t.losses, t.point) for t in study.trials
    ]
    assert other.best.point == study.best.point


@pytest.mark.parametrize("maximize", [False, True])
def test_a_study_in_the_other_direction_takes_nothing(tmp_path, way, maximize):
    read, other = way(made(SPACE, maximize), tmp_path / "t"), Study(SPACE, maximize=not maximize)
    mine, its = ("maximised", "minimised") if maximize else ("minimised", "maximised")
    with pytest.raises(InvalidArgument, match=f"is of a {mine} search, and the study .* is {its}") as caught:
        read(other)
    assert caught.value.hint == f"take them into a study with maximize={maximize}"
    assert len(other.trials) == 0


def test_one_table_of_two_directions_is_refused(tmp_path):
    for maximize in (False, True):
        log(made(SPACE, maximize), CSV(tmp_path / "t.csv"))
    with pytest.raises(InvalidArgument, match="trials of a maximised and of a minimised search"):
        rows_back.import_csv(tmp_path / "t.csv", Study(SPACE))


def test_loss_is_minimised_in_every_table(tmp_path):
    study = made(SPACE, maximize=True, trials=2)
    text = io.StringIO()
    rows.write_csv(study, text)
    header, _, row = text.getvalue().splitlines()
    assert header.startswith("number,state,loss,value,duration_s")
    assert row.startswith("1,done,-1.0,1.0,")
    (frame,) = study.trials[1:].to_pandas()[["loss", "value"]].values.tolist()
    assert frame == [-1.0, 1.0]


# On the command line


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARZEN_STUDY", raising=False)
    Path("s.py").write_text(SCRIPT)
    return tmp_path


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_new_study_takes_its_direction_from_the_file(folder, capsys, kind, maximize):
    study = made(SPACE, maximize, store="mx.db")
    assert run(["export", "mx.db", "-o", f"mx.{kind}"]) == 0
    assert run(["import", kind, f"mx.{kind}", "mx2.db", "--space", "s.py:SPACE"]) == 0
    assert "--maximize" not in capsys.readouterr().err
    new = Study.load("mx2.db")
    assert new.maximize == maximize
    assert new.best.point == study.best.point
    Study(SPACE, store="other.db", maximize=not maximize)
    assert run(["import", kind, f"mx.{kind}", "other.db"]) == 2
    assert "takes its trials is" in capsys.readouterr().err


def test_the_file_of_a_logger_is_not_turned_over(folder):
    study = made(SPACE, maximize=True)
    log(study, CSV("mxl.csv"))
    assert run(["import", "csv", "mxl.csv", "mx.db", "--space", "s.py:SPACE"]) == 0
    assert Study.load("mx.db").best.point == study.best.point


def test_a_table_that_says_no_direction_is_minimised_and_that_is_said(folder, capsys):
    Path("t.csv").write_text("x,loss\n0.5,1\n0.25,2\n")
    assert run(["import", "csv", "t.csv", "a.db", "--space", "s.py:SPACE"]) == 0
    assert "minimised; for a maximised search: --maximize\n" in capsys.readouterr().err
    assert run(["import", "csv", "t.csv", "b.db", "--space", "s.py:SPACE", "--maximize"]) == 0
    assert "for a maximised search" not in capsys.readouterr().err
    assert (Study.load("a.db").best.point, Study.load("b.db").best.point) == (
        {"x": 0.5},
        {"x": 0.25},
    )


def test_parquet_that_is_broken_is_refused_in_one_sentence(folder, capsys):
    Path("t.parquet").write_bytes(b"PAR1 and no more")
    assert run(["import", "parquet", "t.parquet", "a.db", "--space", "s.py:SPACE"]) == 2
    assert "'t.parquet' cannot be read as Parquet" in capsys.readouterr().err
    assert not Path("a.db").exists()


# Options


class First:
    """A class as an option."""


class Second:
    """Another."""


OPTIONS = [
    [First, Second],
    [np.tanh, np.sin],
    [(1, 2), (3, 4)],
    ["a" * 80 + "b", "a" * 80 + "c"],
    ["a" * 501, "a" * 500, "a" * 502],
    ["a\nb", "c", "a b"],
    [None, "None"],
    [True, "True"],
    ["b c", "b  c"],
    [" a", "a", "a "],
    ["a", "'a'", "\"'a'\""],
    [1, 1.0, True, "1"],
    ["nan", "b", ""],
    [float("nan"), "nan", None, "null", "NA"],
    [{"n": hp.float(0, 1, label="n")}, {"x": hp.float(0, 1, label="x")}],
]


def comes_back(options, way, path):
    space = {"k": hp.choice("k", options)}
    study, other = made(space), Study({"k": hp.choice("k", options[::-1])})
    report = way(study, path)(other)
    assert str(report) == "12 of 12 trials taken"
    texts = [study.space.params[0].options[t.point["k"]] for t in study.trials]
    assert [other.space.params[0].options[t.point["k"]] for t in other.trials] == texts


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
def test_options_come_back(tmp_path, way, options):
    comes_back(options, way, tmp_path / "t")


def test_no_option_is_guessed_where_a_reader_made_one_number_of_two(tmp_path):
    """pandas reads 1 and 1.0 from CSV as the same number."""
    space = {"k": hp.choice("k", [1, 1.0, 2])}
    study, other = made(space), Study(space)
    by_logger(study, tmp_path / "t.csv")
    frame = pd.read_csv(tmp_path / "t.csv")
    report = import_table(frame, other)
    twos = [t.number for t in study.trials if t.point["k"] == 2]
    assert (report.taken, len(report.skipped)) == (len(twos), 1)
    assert {t.point["k"] for t in other.trials} == {2}
    assert "k may be two of the options" in str(report)


words = st.text(st.sampled_from("ab '\"\n\\1.,{}:Ntrue"), max_size=5)
constants = st.one_of(words, st.integers(-2, 2), st.sampled_from([0.5, 1.0, True, False, None]))
anything = st.one_of(constants, st.tuples(constants, constants), st.builds(lambda c: {"kind": c}, constants))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=st.lists(anything, min_size=1, max_size=5, unique_by=repr))
def test_any_option_comes_back(tmp_path_factory, way, options):
    comes_back(options, way, tmp_path_factory.mktemp("t") / "t")
