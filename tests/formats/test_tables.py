"""CSV files and data frames come along, row by row."""

from __future__ import annotations

import math

import pytest

from parzen.errors import InvalidArgument, StudyNotFound
from parzen.formats import import_table
from parzen.history.history import Status
from parzen.run.study import Study
from parzen.space import hp

SPACE = {
    "lr": hp.float(1e-5, 1, log=True),
    "n": hp.int(1, 9),
    "kernel": hp.choice("kernel", ["rbf", {"name": "poly", "degree": hp.int(2, 5, label="degree")}]),
    "flag": hp.choice("flag", [True, False]),
}
TEXT = """lr,n,kernel,degree,flag,loss,accuracy,host
0.1,3,rbf,,True,0.5,0.9,a
0.01,3.0,poly,4,False,0.25,0.95,b
0.001,9,rbf,,True,,,c
"""


@pytest.fixture
def study():
    return Study(SPACE, "random", seed=0)


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        return path

    return write


def test_rows_become_trials(study, table):
    report = import_table(table(TEXT), study)
    assert str(report) == "3 of 3 trials taken"
    first, second, third = study.trials
    assert first.params == {"lr": 0.1, "n": 3, "kernel": "rbf", "flag": True}
    assert second.params == {"lr": 0.01, "n": 3, "kernel": {"name": "poly", "degree": 4}, "flag": False}
    assert [trial.status for trial in study.trials] == [Status.DONE, Status.DONE, Status.FAILED]
    assert (first.loss, second.loss) == (0.5, 0.25)
    assert second.metrics == {"accuracy": 0.95}
    assert second.result == {"accuracy": 0.95, "host": "b", "loss": 0.25, "status": "ok"}
    assert third.result == {"host": "c", "status": "fail"}


def test_a_frame_is_read_like_its_file(study, table):
    pandas = pytest.importorskip("pandas")
    other = Study(SPACE, "random", seed=0)
    path = table(TEXT)
    import_table(path, study)
    report = import_table(pandas.read_csv(path), other)
    assert report.taken == 3
    assert [trial.point for trial in other.trials] == [trial.point for trial in study.trials]
    assert [trial.status for trial in other.trials] == [trial.status for trial in study.trials]


def test_a_table_that_grew_brings_its_new_rows(study, table):
    import_table(table(TEXT), study)
    report = import_table(table(TEXT + "0.5,1,rbf,,True,0.1,0.9,a\n"), study)
    assert (report.taken, report.here) == (1, 3)


def test_equal_rows_are_trials_of_their_own(study, table):
    row = TEXT.splitlines()[1] + "\n"
    assert import_table(table(TEXT + row), study).taken == 4
    assert import_table(table(TEXT + row + row), study).taken == 1


def test_status_words(study, table):
    rows = ["status,lr,n,kernel,flag,loss"]
    rows += [f"{word},0.1,1,rbf,True,1" for word in ("ok", "COMPLETE", "fail", "pruned", "running", "odd")]
    report = import_table(table("\n".join(rows)), study)
    assert [trial.status.name for trial in study.trials] == ["DONE", "DONE", "FAILED", "PRUNED"]
    assert report.skipped == {"still running": 1, "its status is 'odd'": 1}


def test_values_that_do_not_fit_are_counted(study, table):
    rows = ["lr,n,kernel,flag,loss", "2,1,rbf,True,1", "x,1,rbf,True,1", "0.1,1.5,rbf,True,1"]
    rows += ["0.1,1,linear,True,1", "0.1,1,poly,True,1", "0.1,,rbf,True,1"]
    report = import_table(table("\n".join(rows)), study)
    assert report.taken == 0
    assert report.skipped == {
        "lr is outside float(1e-05, 1, log=True)": 1,
        "lr is no number": 1,
        "n is outside int(1, 9)": 1,
        "kernel is none of the options": 1,
        "there is no degree, which the space needs": 1,
        "there is no n, which the space needs": 1,
    }
    assert report.examples["kernel is none of the options"].startswith("kernel = 'linear' in trial ")


def test_values_are_told_values_where_the_study_maximises(table):
    study = Study({"x": hp.uniform("x", 0, 1)}, maximize=True, seed=0)
    import_table(table("x,acc\n0.5,0.9\n0.25,inf\n"), study, loss="acc")
    assert [trial.loss for trial in study.trials] == [-0.9, -math.inf]


def test_a_nan_loss_is_a_failure(table):
    study = Study({"x": hp.uniform("x", 0, 1)}, seed=0)
    import_table(table("x,loss\n0.5,nan\n0.5,\n"), study)
    assert [trial.status for trial in study.trials] == [Status.FAILED, Status.FAILED]


def test_a_loss_that_is_no_number_is_refused(table):
    """A text in the column of losses is no failure; in the row of a trial that failed it may stand."""
    study = Study({"x": hp.uniform("x", 0, 1)}, seed=0)
    with pytest.raises(InvalidArgument, match=r"^the column 'loss' must hold numbers; got 'abc'"):
        import_table(table("x,loss\n0.5,1\n0.5,abc\n"), study)
    study.tell(study.ask(), 1.0)
    frame = study.trials.to_pandas().assign(loss="abc")
    with pytest.raises(InvalidArgument, match=r"^the column 'loss' must hold numbers; got 'abc'"):
        import_table(frame, Study(study.space, seed=0))
    assert import_table(table("x,loss,status\n0.5,diverged,failed\n"), study).taken == 1


def test_what_a_table_lacks_is_said_in_its_own_words():
    study = Study({"x": hp.uniform("x", 0, 1)}, seed=0)
    study.tell(study.ask(), 1.0)
    frame = study.trials.to_pandas()
    for column in ("param.x", "loss"):
        columns = [each for each in frame.columns if each != column]
        with pytest.raises(InvalidArgument) as caught:
            import_table(frame[columns], study)
        assert f"the table has no column {column!r}" in str(caught.value)
        assert str(columns) in str(caught.value)


def test_a_table_without_the_columns_is_refused(study, table, tmp_path):
    with pytest.raises(InvalidArgument, match=r"no column 'los'; .* Did you mean 'loss'") as caught:
        import_table(table(TEXT), study, loss="los")
    assert "loss=" in caught.value.hint
    with pytest.raises(InvalidArgument, match="no column 'n', which every trial of the space has"):
        import_table(table("lr,kernel,flag,loss\n"), study)
    with pytest.raises(InvalidArgument, match="a column twice"):
        import_table(table("lr,lr,n,kernel,flag,loss\n"), study)
    with pytest.raises(InvalidArgument, match=r"row 3 of .* has not the 6 cells"):
        import_table(table("lr,n,kernel,degree,flag,loss\n1,1,rbf,,True,1\n1,1\n"), study)
    with pytest.raises(InvalidArgument, match="a path or a data frame; got list"):
        import_table([1], study)
    with pytest.raises(StudyNotFound, match="there is no file"):
        import_table(tmp_path / "none.csv", study)
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00x")
    with pytest.raises(InvalidArgument, match="no CSV file in UTF-8"):
        import_table(binary, study)
    assert len(study.trials) == 0
