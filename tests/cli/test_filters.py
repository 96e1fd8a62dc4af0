"""Filters answer as Python does where a trial has all values, False where it has not, and run nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parzen.cli.filters import Filter
from parzen.errors import InvalidArgument

RECORD = {
    "number": 7,
    "state": "done",
    "loss": 0.25,
    "params": {"lr": 0.01, "model": "svm", "model.0.C": 3, "two words": 1},
    "metrics": {"acc": 0.9},
    "error": None,
}


def passes(text, record=RECORD):
    return Filter(text, record["params"], record["metrics"])(record)


numbers = st.integers(-5, 5) | st.floats(-5, 5)
comparisons = st.builds(
    "{} {} {}".format,
    st.sampled_from(["loss", "number", "params.lr"]) | numbers,
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.sampled_from(["loss", "number", "params.lr", "-loss", "2 * number + 1"]) | numbers,
)
expressions = st.recursive(
    comparisons,
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("(not {})".format, inner)
    ),
    max_leaves=6,
)


class _Params:
    lr = RECORD["params"]["lr"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=expressions)
def test_a_filter_answers_as_python_does(text):
    names = {"loss": RECORD["loss"], "number": RECORD["number"], "params": _Params}
    assert passes(text) is bool(eval(text, {}, names))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('loss < 0.3 and params.model == "svm" and state != "pruned"', True),
        ('params["model.0.C"] == 3', True),
        ('params["two words"] == 1', True),
        ('state in ("done", "pruned")', True),
        ('state not in ["failed"]', True),
        ("0.1 < loss < 0.3", True),
        ('"v" in params.model', True),
        ("error is None", True),
        ("error == None", True),
        ("error is not None", False),
        ("error.type == 'MemoryError'", False),
        ("error.type != 'MemoryError'", False),  # there is none to compare with
        ("metrics.acc > 0.5", True),
        ("loss / 0 > 1", False),
        ('loss < "a"', False),
        ("-params.model < 1", False),
        ("params.lr", True),
    ],
)
def test_a_filter_reads_records(text, expected):
    assert passes(text) is expected


def test_what_a_trial_has_not_passes_no_comparison():
    record = {**RECORD, "loss": None, "params": {}}
    keep = Filter("loss < 1 or loss >= 1 or params.lr != 3", ["lr"], [])
    assert not keep(record)
    assert Filter("not loss < 1", [], [])(record)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "params.lr.__class__",
        "[x for x in params]",
        "(lambda: 1)()",
        "loss if loss else 1",
        "f'{loss}'",
        "9 ** 9 ** 9",
        "loss := 1",
        "params[0]",
        "b'a' == b'a'",
        "1j < 2",
        "loss <",
        "",
        "(" * 1500,
        "loss < 1" + " " * 3000,
        "x" * 100,
    ],
)
def test_anything_but_a_comparison_is_refused_before_any_trial_is_read(text):
    with pytest.raises(InvalidArgument, match=r"--filter|a filter has"):
        passes(text)


@given(text=st.text(max_size=40))
def test_any_text_is_a_filter_or_a_mistake(text):
    try:
        keep = Filter(text, ["lr"], ["acc"])
    except InvalidArgument:
        return
    assert keep(RECORD) in (True, False)
