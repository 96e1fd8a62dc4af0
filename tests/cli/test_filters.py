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
        ("-params.model < 1", False),
        ("params.lr", True),
    ],
)
def test_a_filter_reads_records(text, expected):
    assert passes(text) is expected


OPTIONS = {"model": ("svm", "knn"), "units": (16, 32)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('params.model == "svmm"', "params.model is never 'svmm'. Did you mean 'svm'? It is one of svm, knn"),
        ('"svmm" != params.model', "params.model is never 'svmm'"),
        ('params.model in ("svm", "tree")', "params.model is never 'tree'. It is one of svm, knn"),
        ('loss < 1 and not (params["model"] == "kn")', "Did you mean 'knn'?"),
        ('params.units == "16"', "params.units is never '16'. Did you mean 16?"),
        ("params.model == 1", "params.model is never 1"),
        ("params.model < 1", "params.model is a text, and 1 is a number"),
        ('params.units > "9"', "params.units is a number, and '9' is a text"),
        ('state == "finished"', "state is never 'finished'"),
        ('state != "prunde"', "Did you mean 'pruned'?"),
        ('loss < "a"', "loss is a number, and 'a' is a text"),
        ('0 < loss < "a"', "loss is a number, and 'a' is a text"),
        ('params.lr == "0.1"', "params.lr is a number, and '0.1' is a text"),
        ("params.lr in ('0.1', 0.2)", "params.lr is a number, and '0.1' is a text"),
        ('metrics.acc > "0.5"', "metrics.acc is a number, and '0.5' is a text"),
        ("worker == -1", "worker is a text, and -1 is a number"),
    ],
)
def test_a_comparison_with_what_no_trial_can_have_is_a_mistake(text, said):
    with pytest.raises(InvalidArgument) as caught:
        Filter(text, ["lr", "model", "units"], ["acc"], OPTIONS)
    assert said in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        'params.model == "svm" or params.model != None',
        '"v" in params.model',
        "params.units > 20 and params.units in (16, 32)",
        "-1 < params.lr",
        "error.type == 'MemoryError'",
    ],
)
def test_a_comparison_with_what_a_trial_can_have_is_none(text):
    Filter(text, ["lr", "model", "units"], ["acc"], OPTIONS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("params.model.0.C > 0", "'model.0.C' has to stand in brackets: params[\"model.0.C\"]"),
        ("params.model.0.D > 0", "'model.0.D' has to stand in brackets: params[\"model.0.D\"]"),
        ("params.two words > 0", "'two words' has to stand in brackets: params[\"two words\"]"),
    ],
)
def test_a_label_that_python_cannot_read_has_to_stand_in_brackets(text, said):
    with pytest.raises(InvalidArgument) as caught:
        passes(text)
    assert said in caught.value.message


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
