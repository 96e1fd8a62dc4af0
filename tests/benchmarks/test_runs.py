"""Runs of the quality benchmark: what is recorded, how it is kept, and that nothing cut is read."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from benchmarks.base import BlownUp, Param, Problem, count_points
from benchmarks.problems import SUITES, make, names
from benchmarks.quality import Wish, jobs, parse_variant
from benchmarks.runs import Records, Run, from_steps, search, to_steps
from hypothesis import given, settings
from hypothesis import strategies as st

X = Param("x", "float", 0.0, 4.0)


def walk(params, objective, trials, seed):
    """A search that tries 3, 2, 1, 0, 0, ..."""
    for i in range(trials):
        try:
            objective({"x": max(0.0, 3.0 - i)})
        except BlownUp:
            continue


def test_a_curve_is_the_regret_of_the_best_so_far():
    problem = Problem("line", ("smooth",), (X,), lambda p: p["x"] + 1, 1.0)
    assert search(walk, problem, 5).curve.tolist() == [3, 2, 1, 0, 0]


def test_regret_is_infinite_until_the_first_success_and_stays_over_failures():
    def loss(point):
        if point["x"] > 2:
            raise BlownUp("out of memory")
        return {2.0: math.inf, 1.0: 1.0, 0.0: math.nan}[point["x"]]

    problem = Problem("line", ("exploding",), (X,), loss, 0.0)
    assert search(walk, problem, 5).curve.tolist() == [math.inf, math.inf, 1, 1, 1]


def test_regret_is_without_noise():
    """The noise decides which trial looks best; its true loss is what counts."""
    problem = Problem("line", ("noisy",), (X,), lambda p: p["x"], 0.0, noise=100.0, seed=3)
    curve = search(walk, problem, 50).curve
    assert set(curve) <= {0.0, 1.0, 2.0, 3.0}


def test_a_search_that_stops_early_is_refused_unless_it_saw_all_points():
    def lazy(params, objective, trials, seed):
        objective({"x": 1.0})

    with pytest.raises(RuntimeError, match="1 points of line"):
        search(lazy, Problem("line", ("smooth",), (X,), lambda p: p["x"], 0.0), 5)
    only = dataclasses.replace(X, kind="int", high=1)
    assert (
        search(lazy, Problem("line", ("smooth",), (only,), lambda p: p["x"], 0.0), 3).curve.tolist()
        == [1] * 3
    )


def test_points_of_a_space_are_counted_along_its_branches():
    params = (
        Param("c", "cat", 0, 1),
        Param("n", "int", 10, 50, step=10, parent=("c", 0)),
        Param("d", "cat", 0, 2, parent=("c", 1)),
    )
    assert count_points(params) == 5 + 3
    assert count_points((*params, X)) == math.inf


@settings(deadline=None)
@given(st.lists(st.just(math.inf) | st.floats(0, 1e300), min_size=1, max_size=50))
def test_steps_hold_a_curve_to_five_digits(values):
    curve = np.minimum.accumulate(values)
    assert from_steps(to_steps(curve), len(curve)) == pytest.approx(curve, rel=1e-4)


def test_equal_values_take_no_room():
    assert to_steps(np.full(200, 0.25)) == "0:0.25"


def kept(tmp_path, **options):
    return Records(tmp_path / "report-method.csv", **options)


def a_run(value: float, trials: int = 4) -> Run:
    return Run(np.full(trials, value), 1.5)


def test_a_kept_run_is_found_again_by_another_process(tmp_path):
    problem = make("camel2", "report", 0)
    kept(tmp_path).put("1.0", problem, a_run(0.25))
    found = kept(tmp_path).get("1.0", problem, 4)
    assert found is not None
    assert found.curve.tolist() == [0.25] * 4
    assert kept(tmp_path).get("1.0", problem, 5) is None
    assert kept(tmp_path).get("2.0", problem, 4) is None
    assert kept(tmp_path).get("1.0", make("camel2", "report", 1), 4) is None


def test_a_longer_run_answers_for_a_shorter_one(tmp_path):
    problem = make("camel2", "report", 0)
    for trials in (3, 8, 5):
        kept(tmp_path).put("1.0", problem, a_run(trials, trials))
    found = kept(tmp_path).get("1.0", problem, 4)
    assert found is not None
    assert len(found.curve) == 8


def test_only_the_newest_source_is_kept_where_that_is_asked(tmp_path):
    problem = make("camel2", "report", 0)
    for version in ("1", "2"):
        kept(tmp_path).put(version, problem, a_run(1))
    assert kept(tmp_path).get("1", problem, 4) is not None
    kept(tmp_path, newest_only=True).put("3", problem, a_run(1))
    assert kept(tmp_path).get("1", problem, 4) is None
    assert kept(tmp_path).version == "3"


def test_a_line_cut_anywhere_is_passed_over(tmp_path):
    """As after a kill: the runs before it stay, and the next one begins on a line of its own."""
    path, problems = tmp_path / "report-method.csv", [make("camel2", "report", seed) for seed in range(3)]
    for problem in problems[:2]:
        Records(path).put("1.0", problem, a_run(1))
    whole = path.read_text()
    first = whole.rindex("1.0,camel2")
    for cut in range(first, len(whole)):
        path.write_text(whole[:cut])
        Records(path).put("1.0", problems[2], a_run(2))
        found = [Records(path).get("1.0", problem, 4) is not None for problem in problems]
        assert found == [True, False, True]


def test_the_first_round_gives_every_method_three_seeds():
    wanted = list(jobs(Wish("report", ("random", "hyperopt"), ("camel2",))))
    assert [(job.method, job.seed) for job in wanted[:6]] == [
        (m, s) for m in ("random", "hyperopt") for s in range(3)
    ]
    assert len(wanted) == 20
    assert {job.trials for job in wanted} == {200}


def test_slow_methods_run_problems_of_every_class():
    for method in ("hebo", "smac"):
        chosen = {job.problem for job in jobs(Wish("report", (method,)))}
        kinds = {kind for name in chosen for kind in make(name, "report", 0).kinds}
        assert len(chosen) >= 8
        assert kinds >= {kind for name in SUITES["report"] for kind in make(name, "report", 0).kinds}
        assert chosen <= set(names("report"))


def test_a_variant_names_an_algorithm_and_its_settings():
    name, method = parse_variant("wide=tpe,gamma:0.5,prior:'x'")
    assert (name, method.algorithm, method.settings) == ("wide", "tpe", (("gamma", 0.5), ("prior", "x")))
