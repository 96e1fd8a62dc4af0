"""Findings and the next space: what is said is so, and the code makes the space it stands for."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings

from parzen import Study, fmin, hp, scope
from parzen.insight import findings, next_space
from parzen.insight.code import code_of
from parzen.insight.restored import restored
from parzen.insight.rewrite import Changes, rewritten
from parzen.space.flatten import flatten
from parzen.space.space import Space
from parzen.testing.strategies import spaces

_SPEC = importlib.util.spec_from_file_location("made", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)
history_of, points_of = made.history_of, made.points_of

SHARED = hp.uniform("x", 0, 1)
EVERYTHING = {
    "lr": hp.float(1e-5, 1e-1, log=True),
    "wd": hp.loguniform("wd", math.log(1e-6), math.log(1e-2)),
    "n": hp.normal("n", 0, 2),
    "qn": hp.qlognormal("qn", 1, 2, 0.5),
    "q": hp.quniform("q", 0, 100, 5),
    "ui": hp.uniformint("ui", 1, 9),
    "r": hp.randint("r", 3, 9),
    "i": hp.int(1, 1024, log=True),
    "st": hp.float(0, 1, step=0.1),
    "o": hp.ordinal(["s", "m", "l"]),
    "pc": hp.pchoice("pc", [(0.3, "a"), (0.7, {"k": hp.int(1, 9), "z": [1, 2, SHARED]})]),
    "c": hp.choice("c", [None, 1.5, True, "t'", int, math.sin, (1, 2), float("inf")]),
    "e": 2 * SHARED + 1,
    "log": scope.log(SHARED) + SHARED**2,
    "nested": {"deep": [hp.float(0, 1), hp.int(1, 3)]},
    "ql": hp.qloguniform("ql", 0, 3, 1),
    "model": hp.choice(
        "model", [{"k": hp.int(1, 9)}, {"c": hp.float(0, 1), "d": hp.choice("d", [1, SHARED])}]
    ),
}


def made_by(code):
    names = {}
    exec(code, names)
    return flatten(names["space"])


@pytest.mark.parametrize(
    "changes",
    [
        Changes(),
        Changes(fixed={"lr": 0.001, "i": 3, "o": 1, "ui": 3.0, "pc": 1}),
        Changes(dropped={"model": {0}, "c": {0, 1}}),
        Changes(dropped={"o": {0}}, fixed={"model": 0}),
    ],
)
def test_code_makes_the_rewritten_space(changes):
    expr = rewritten(flatten(EVERYTHING), changes)
    assert made_by(code_of(expr).text).fingerprint() == flatten(expr).fingerprint()


def test_labels_stay_where_options_go():
    space = {"model": hp.choice("model", [{"a": hp.int(1, 9)}, {"b": hp.int(1, 9)}, {"c": hp.int(1, 9)}])}
    expr = rewritten(flatten(space), Changes(dropped={"model": {0}}))
    assert [param.label for param in flatten(expr).params] == ["model", "model.1.b", "model.2.c"]


@settings(max_examples=40, deadline=None)
@given(space=spaces())
def test_code_of_any_space_makes_an_equal_one(space):
    flat = flatten(space)
    code = code_of(rewritten(flat, Changes()))
    assert code.missing or made_by(code.text).fingerprint() == flat.fingerprint()


def test_space_from_a_file_is_written_from_labels_and_laws():
    space = {"lr": hp.float(0.1, 1, log=True), "m": hp.choice("m", [{"name": "a", "k": hp.int(1, 9)}, "b"])}
    stored = Space.from_json(flatten(space).to_json())
    code = code_of(restored(stored).expr).text
    assert made_by(code).fingerprint() == flatten(space).fingerprint()


def test_what_has_no_text_is_named():
    code = code_of(flatten({"f": hp.choice("f", [object(), 1])}).expr)
    assert len(code.missing) == 1
    assert "# `object` stands for" not in code.text  # the name of a builtin is not taken
    assert "which has no text: define it above this line" in code.text


def edge_history(n=60, limit=3e-3):
    space = {"lr": hp.float(1e-5, limit, log=True), "x": hp.float(-4, 4), "dead": hp.float(0.5, 1.5)}
    return history_of(space, points_of(space, n), lambda p: (math.log10(p["lr"]) + 1) ** 2 + p["x"] ** 2 / 8)


def test_an_optimum_at_an_edge_extends_the_range():
    found = {one.label: one for one in findings(edge_history()) if one.kind == "edge"}
    assert list(found) == ["lr"]
    assert found["lr"].evidence["side"] == "high"
    assert found["lr"].change["high"] > 3e-3
    assert found["lr"].change["low"] == 1e-5


def test_next_space_is_json_and_text_and_runs():
    onward = next_space(edge_history())
    assert json.loads(json.dumps(onward.to_json()))["changed"] is True
    assert made_by(onward.code).fingerprint() == flatten(onward.space).fingerprint()
    assert onward.code in str(onward)
    best = fmin(lambda p: p["x"] ** 2, onward.space, algo="random", max_evals=3, seed=0, verbose=False)
    assert set(best) <= {"lr", "x", "dead"}


def test_the_failing_hyperparameter_is_not_taken_for_one_whose_name_begins_alike():
    study = Study({"a": hp.float(0, 1, label="lr"), "b": hp.float(0, 1, label="lr > x")}, "rand", seed=0)
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, RuntimeError("no") if trial.point["lr > x"] > 0.8 else trial.point["lr"])
    (one,) = [one for one in findings(study) if one.kind == "failing"]
    assert one.label == "lr > x"
    assert one.change["low"] == 0.0
    assert 0.7 < one.change["high"] < 0.9


def test_a_region_that_fails_is_cut_off():
    space = {"b": hp.int(1, 100), "x": hp.float(0, 1)}
    history = history_of(space, points_of(space, 60), lambda p: None if p["b"] > 70 else p["x"])
    (one,) = [one for one in findings(history) if one.kind == "failing"]
    assert (one.label, one.change["low"], one.change["high"] <= 70) == ("b", 1, True)


def test_a_region_is_found_among_more_trials_than_a_float_can_count():
    """1200 over 600 is 4e359."""
    points = [{"x": (i + 0.5) / 1200} for i in range(1200)]
    history = history_of({"x": hp.float(0, 1)}, points, lambda p: None if p["x"] > 0.5 else p["x"])
    assert "failing" in {found.kind for found in findings(history)}


def test_a_few_accidental_failures_are_no_region():
    space = {"x": hp.float(0, 1), "y": hp.float(0, 1)}
    points = points_of(space, 40)
    last = sorted(points, key=lambda p: p["x"])[-1]
    history = history_of(space, points, lambda p: None if p == last else p["y"])
    assert not [one for one in findings(history) if one.kind == "failing"]


def test_noise_is_named_where_it_is_known_and_only_there():
    space = {"x": hp.float(0, 1)}
    points = points_of(space, 40)
    known = history_of(space, points, lambda p: p["x"], metrics=lambda p: {"loss_variance": 0.04})
    (one,) = [one for one in findings(known) if one.kind == "noise"]
    assert one.evidence["deviation"] == pytest.approx(0.2)
    assert one.evidence["within"] == sum(p["x"] <= min(q["x"] for q in points) + 0.2 for p in points)
    unknown = history_of(space, points, lambda p: p["x"])
    assert not [one for one in findings(unknown) if one.kind == "noise"]


def test_an_early_value_that_tells_the_loss_asks_for_a_pruner():
    space = {"x": hp.float(0, 1)}
    points = points_of(space, 40)
    reports = [{1.0: p["x"] + 1, 2.0: p["x"] + 0.5, 4.0: p["x"]} for p in points]
    history = history_of(space, points, lambda p: p["x"], reports=reports)
    (one,) = [one for one in findings(history) if one.kind == "pruner"]
    assert (one.evidence["step"], one.evidence["pruned"]) == (1.0, 0)


def test_a_study_of_a_maximised_value_is_read_the_same_way():
    study = Study({"x": hp.float(1, 10), "y": hp.float(0, 1)}, "random", seed=3, maximize=True)
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, trial.params["x"])
    assert [(one.kind, one.change["low"]) for one in findings(study) if one.label == "x"] == [("edge", 1.0)]
