"""Quasi-random search keeps the contract and covers the space evenly."""

from __future__ import annotations

import numpy as np
import pytest

from parzen.algorithms.base import Ask
from parzen.algorithms.quasirandom import QuasiRandom
from parzen.run.study import Study
from parzen.space import hp
from parzen.testing import AlgorithmContract


class TestQuasiRandom(AlgorithmContract):
    algorithm = QuasiRandom()


@pytest.mark.parametrize("seed", range(5))
def test_sixteen_points_fill_the_sixteenths_of_each_axis(seed):
    """One in each, which random points do once in a million times."""
    space = [hp.uniform(f"x{i}", 0, 1) for i in range(4)]
    history = Study(space, seed=0).history
    points = [QuasiRandom().suggest(history, Ask(number, seed)).point for number in range(16)]
    for label in ("x0", "x1", "x2", "x3"):
        assert sorted(int(point[label] * 16) for point in points) == list(range(16))


def test_each_option_of_a_choice_comes_equally_often():
    """Of 16 points each of 4 options gets 4."""
    history = Study({"c": hp.choice("c", list("abcd"))}, seed=0).history
    taken = [QuasiRandom().suggest(history, Ask(number, 3)).point["c"] for number in range(16)]
    assert np.bincount(taken).tolist() == [4, 4, 4, 4]


def test_more_hyperparameters_than_direction_numbers_are_fine():
    space = [hp.uniform(f"x{i}", 0, 1) for i in range(300)]
    history = Study(space, seed=0).history
    point = QuasiRandom().suggest(history, Ask(5, 0)).point
    assert len(point) == 300
    assert len(set(point.values())) == 300
