"""Random search keeps the contract and draws from the prior."""

from __future__ import annotations

import numpy as np

from parzen.algorithms.base import Ask
from parzen.algorithms.random import Random
from parzen.run.study import Study
from parzen.space import hp
from parzen.testing import AlgorithmContract, run


class TestRandom(AlgorithmContract):
    algorithm = Random()


def test_only_seed_and_number_matter():
    """Outcomes teach it nothing."""
    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", [0, hp.normal("z", 0, 1)])}
    one = run(Study(space, Random(), seed=1), lambda _: 0.0, 20)
    two = run(Study(space, Random(), seed=1), lambda _: RuntimeError(), 20)
    assert [t.point for t in one.trials] == [t.point for t in two.trials]


def test_draws_cover_the_prior():
    """The mean of 2000 uniform draws is within six standard deviations of the middle."""
    history = Study({"x": hp.uniform("x", 0, 1)}, seed=0).history
    drawn = [Random().suggest(history, Ask(number, 0)).point["x"] for number in range(2000)]
    assert abs(np.mean(drawn) - 0.5) < 6 * np.sqrt(1 / 12 / 2000)


def test_a_branch_is_drawn_as_often_as_its_weight():
    """Six standard deviations of 2000 draws."""
    space = {"c": hp.pchoice("c", [(0.2, "a"), (0.8, hp.uniform("x", 0, 1))])}
    history = Study(space, seed=0).history
    taken = [Random().suggest(history, Ask(number, 0)).point["c"] for number in range(2000)]
    assert abs(np.mean(taken) - 0.8) < 6 * np.sqrt(0.16 / 2000)
