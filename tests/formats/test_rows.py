"""Trials as CSV and JSON lines come back as the same trials: what is inactive stays inactive."""

from __future__ import annotations

import io
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen import Pruned, Study, hp
from parzen.errors import InvalidArgument, StudyNotFound
from parzen.formats import rows, rows_back
from parzen.naming import index_of, names_of
from parzen.space.flatten import flatten

SPACE = {
    "lr": hp.float(1e-5, 1e-1, log=True),
    "n": hp.int(1, 9),
    "kind": hp.choice(
        "kind", ["a", 1, "1", 2.5, True, None, 'x, y\n"z"', {"name": "tree", "d": hp.int(1, 5)}]
    ),
    "batch": hp.ordinal([8, 16, 32]),
    "q": hp.quniform("q", 0, 10, 0.5),
}

outcomes = st.one_of(
    st.floats(-1e300, 1e300),
    st.just(math.nan),
    st.just(math.inf),
    st.builds(lambda loss, acc: {"loss": loss, "acc": acc, "text": "é"}, st.floats(-9, 9), st.floats()),
    st.just({"status": "fail"}),
    st.builds(RuntimeError, st.text(max_size=20)),
    st.just(Pruned()),
)


def made(told, maximize=False):
    study = Study(SPACE, "random", seed=len(told), maximize=maximize)
    for outcome in told:
        trial = study.ask()
        if isinstance(outcome, Pruned):
            study.report(trial.number, 0.5, 1)
            study.report(trial.number, 0.25, 2)
            from parzen.executors.base import Outcome

            study.tell(trial, Outcome("pruned", result={"status": "fail", "pruned": True}))
        else:
            study.tell(trial, outcome)
    return study


def alike(a, b):
    """Equal, with NaN equal to itself."""
    return repr(a) == repr(b)


@settings(max_examples=40, deadline=None)
@given(told=st.lists(outcomes, min_size=1, max_size=12), maximize=st.booleans())
def test_json_lines_keep_everything(tmp_path_factory, told, maximize):
    study = made(told, maximize)
    path = tmp_path_factory.mktemp("rows") / "trials.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        assert rows.write_jsonl(study, file) == len(told)
    other = Study(SPACE, store=None, seed=0, maximize=maximize)
    report = rows_back.import_jsonl(path, other)
    assert (report.taken, report.read) == (len(told), len(told))
    for before, after in zip(study.trials, other.trials, strict=True):
        assert before.point == after.point
        assert before.status == after.status
        assert alike(list(before.losses), list(after.losses))
        assert alike(dict(before.metrics), dict(after.metrics))
        assert before.reports == after.reports
        assert alike(before.result, after.result)
        assert (before.error or {}).get("message") == (after.error or {}).get("message")
        assert abs(before.started - after.started) < 1e-5
        assert abs(before.ended - after.ended) < 1e-5


@settings(max_examples=40, deadline=None)
@given(told=st.lists(outcomes, min_size=1, max_size=12), maximize=st.booleans())
def test_csv_keeps_points_states_losses_and_metrics(tmp_path_factory, told, maximize):
    study = made(told, maximize)
    path = tmp_path_factory.mktemp("rows") / "trials.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        assert rows.write_csv(study, file) == len(told)
    assert rows_back.is_export(path)
    other = Study(SPACE, seed=0, maximize=maximize)
    assert rows_back.import_csv(path, other).taken == len(told)
    for before, after in zip(study.trials, other.trials, strict=True):
        assert before.point == after.point
        assert before.status == after.status
        assert alike(list(before.losses), list(after.losses))
        assert alike(dict(before.metrics), dict(after.metrics))


def test_what_is_inactive_has_no_key_and_an_empty_cell(tmp_path):
    study = Study(SPACE, seed=0)
    point = {"lr": 0.01, "n": 3, "kind": 0, "batch": 1, "q": 0.5}
    study.enqueue(point)
    study.enqueue({**point, "kind": 7, "kind.7.d": 4})
    for _ in range(2):
        study.tell(study.ask(), 1.0)
    text = io.StringIO()
    rows.write_jsonl(study, text)
    first, second = map(json.loads, text.getvalue().splitlines())
    assert first["params"] == {"lr": 0.01, "n": 3, "kind": "a", "batch": 16, "q": 0.5}
    assert second["params"]["kind"] == "tree"
    assert second["params"]["kind.7.d"] == 4
    assert "param.kind.7.d" in rows.columns(study)
    assert "param.kind.7.d" not in next(rows.rows(study))


def test_an_export_of_a_study_is_known_to_it(tmp_path):
    study = made([1.0, 2.0])
    with open(tmp_path / "t.jsonl", "w") as file:
        rows.write_jsonl(study, file)
    assert rows_back.import_jsonl(tmp_path / "t.jsonl", study).here == 2
    other = Study(SPACE, seed=0)
    assert rows_back.import_jsonl(tmp_path / "t.jsonl", other).taken == 2
    assert rows_back.import_jsonl(tmp_path / "t.jsonl", other).here == 2


def test_a_value_that_does_not_fit_is_left_out_with_its_reason(tmp_path):
    study = made([1.0, 2.0])
    text = io.StringIO()
    rows.write_jsonl(study, text)
    first, second = map(json.loads, text.getvalue().splitlines())
    first["params"]["kind"] = "forest"
    second["params"]["n"] = 100
    (tmp_path / "t.jsonl").write_text(f"{json.dumps(first)}\n\n{json.dumps(second)}\n")
    report = rows_back.import_jsonl(tmp_path / "t.jsonl", Study(SPACE, seed=0))
    assert report.taken == 0
    assert "kind is none of the options (kind = 'forest'" in str(report)
    assert "n is outside int(1, 9)" in str(report)


def test_a_file_that_is_no_export_is_refused(tmp_path):
    study = Study(SPACE, seed=0)
    (tmp_path / "t.jsonl").write_text('{"number": 1}\n')
    with pytest.raises(InvalidArgument, match="line 1 of"):
        rows_back.import_jsonl(tmp_path / "t.jsonl", study)
    with pytest.raises(StudyNotFound):
        rows_back.import_jsonl(tmp_path / "none.jsonl", study)
    (tmp_path / "binary.jsonl").write_bytes(b"PAR1\x80")
    with pytest.raises(InvalidArgument, match="is no JSON lines in UTF-8"):
        rows_back.import_jsonl(tmp_path / "binary.jsonl", study)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    assert not rows_back.is_export(tmp_path / "t.csv")
    (tmp_path / "e.jsonl").write_text("")
    assert rows_back.import_jsonl(tmp_path / "e.jsonl", study).read == 0


constants = st.one_of(st.text(max_size=5), st.integers(-3, 3), st.floats(-3, 3), st.booleans(), st.none())


@given(options=st.lists(constants, min_size=1, max_size=6, unique_by=repr))
def test_every_option_has_a_name_of_its_own(options):
    (param,) = flatten(hp.choice("k", options)).params
    names = names_of(param)
    assert len({str(name) for name in names}) == len(options)
    assert [index_of(param, name) for name in names] == list(range(len(options)))
    assert [index_of(param, str(name)) for name in names] == list(range(len(options)))
    assert all(str(name).strip() for name in names)


def test_a_structure_is_called_by_what_it_alone_says():
    (param, *_) = flatten(
        hp.choice(
            "m", [{"kind": "svm", "C": hp.float(0, 1)}, {"kind": "tree", "deep": [1, "svm"]}, len, [1], [2]]
        )
    ).params
    assert names_of(param) == ("svm", "tree", "len", "(1)", "(2)")
    assert [index_of(param, text) for text in param.options] == [0, 1, 2, 3, 4]
