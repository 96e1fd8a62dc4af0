"""The benchmark's problems have the minima that they claim, and the suites share none of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks.base import BlownUp, Param, Problem, draw
from benchmarks.problems import KINDS, SUITES, make, names

ALL = [(name, suite) for suite in SUITES for name in SUITES[suite]]
IDS = [f"{suite}-{name}" for name, suite in ALL]
LEAST = {"ill-conditioned": 6, "multimodal": 6}  # of the others four
SYNTHETIC = KINDS[:8]


def nudged(problem: Problem, param: Param, step: float) -> dict[str, float | int]:
    """The minimum with one number moved by a share of its range."""
    point = dict(problem.argmin or {})
    point[param.name] = param.from_unit(min(max(param.unit(point[param.name]) + step, 0.0), 1.0))
    return point


def test_the_suites_share_no_name():
    assert not set(SUITES["dev"]) & set(SUITES["report"])


def test_the_suites_share_no_function():
    """Neither a builder nor, for those with the same number of parameters, their losses."""
    builders = [{getattr(b, "args", (b,))[-1] for b in SUITES[suite].values()} for suite in ("dev", "report")]
    assert not builders[0] & builders[1]
    prints = {make(name, suite, 0).fingerprint() for name, suite in ALL}
    assert len(prints) == len(ALL)


@pytest.mark.parametrize("kind", SYNTHETIC)
def test_the_report_has_enough_problems_of_each_kind(kind):
    kinds = [make(name, "report", 0).kinds for name in SUITES["report"]]
    assert sum(kind in k for k in kinds) >= LEAST.get(kind, 4)


def test_an_unknown_problem_is_refused_with_the_known_ones():
    with pytest.raises(KeyError, match="branin2"):
        make("goldstein2", "dev", 0)


def test_the_suites_include_the_tasks_when_they_are_there():
    assert set(names("report")) >= set(SUITES["report"])


@pytest.mark.parametrize(("name", "suite"), ALL, ids=IDS)
class TestEachProblem:
    def test_it_is_well_formed(self, name, suite):
        problem = make(name, suite, 0)
        assert problem.name == name
        assert set(problem.kinds) <= set(KINDS)
        seen: dict[str, Param] = {}
        for p in problem.params:
            assert p.name not in seen
            assert p.low < p.high
            assert p.low > 0 or not p.log
            if p.kind == "int":
                assert (p.high - p.low) % p.step == 0
                assert p.low % p.step == 0  # Hyperopt's lattices start at 0
                assert p.step == 1 or not p.log
            if p.parent is not None:
                assert p.parent[1] < seen[p.parent[0]].size
            seen[p.name] = p

    def test_every_draw_has_a_loss_and_none_is_below_the_minimum(self, name, suite):
        for seed in (0, 1):
            problem, rng = make(name, suite, seed), np.random.default_rng(seed)
            losses = [problem.true_loss(draw(problem.params, rng)) for _ in range(400)]
            assert min(losses) >= problem.optimum - 1e-6 * max(1.0, abs(problem.optimum))
            assert sum(map(math.isfinite, losses)) >= 100

    def test_seeds_are_different_functions(self, name, suite):
        assert make(name, suite, 0).fingerprint() != make(name, suite, 1).fingerprint()
        assert make(name, suite, 0).fingerprint() == make(name, suite, 0).fingerprint()

    def test_the_argmin_is_legal_and_attains_the_minimum(self, name, suite):
        for seed in range(4):
            problem = make(name, suite, seed)
            if problem.argmin is None:
                assert suite == "dev"
                continue
            point = problem.argmin
            for p in problem.params:
                active = p.parent is None or point.get(p.parent[0]) == p.parent[1]
                assert (p.name in point) == active
                if active:
                    assert p.legal(point[p.name]) == point[p.name]
            assert problem.true_loss(point) == pytest.approx(problem.optimum, abs=1e-9)

    def test_no_neighbour_of_the_argmin_is_better(self, name, suite):
        """One number moved by a thousandth, a hundredth or a tenth of its range, to either side."""
        problem = make(name, suite, 2)
        for p in problem.params:
            if problem.argmin is None or p.kind == "cat" or p.name not in problem.argmin:
                continue
            for step in (-0.1, -0.01, -0.001, 0.001, 0.01, 0.1):
                assert problem.true_loss(nudged(problem, p, step)) >= problem.optimum - 1e-9


@pytest.mark.parametrize("name", ["memory6", "stability5", "overflow8", "solvers6"])
def test_a_failing_problem_has_its_minimum_on_the_edge(name):
    """A hundredth of a range away from the minimum, some neighbour fails and another does not."""
    problem = make(name, "report", 1)
    numbers = [p for p in problem.params if p.kind != "cat" and p.name in (problem.argmin or {})]
    near = [problem.true_loss(nudged(problem, p, step)) for p in numbers for step in (-0.05, 0.05)]
    bad = [loss for loss in near if loss > problem.optimum + 0.9]
    assert 0 < len(bad) < len(near)


def test_a_crash_is_an_infinite_loss():
    def crash(_point: object) -> float:
        raise BlownUp("out of memory")

    assert Problem("crash", (), (), crash, 0.0).true_loss({}) == math.inf
