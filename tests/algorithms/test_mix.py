"""A mixture keeps the contract and draws its algorithms as often as told."""

from __future__ import annotations

import numpy as np
import pytest

from parzen.algorithms.anneal import Anneal
from parzen.algorithms.base import Ask
from parzen.algorithms.mix import Mix
from parzen.algorithms.random import Random
from parzen.algorithms.tpe import TPE
from parzen.errors import InvalidArgument
from parzen.run.study import Study
from parzen.space import hp
from parzen.testing import AlgorithmContract, run


class TestMix(AlgorithmContract):
    algorithm = Mix([(0.2, Random()), (0.3, Anneal()), (0.5, TPE())])


SPACE = {"x": hp.uniform("x", 0, 1)}


def test_each_algorithm_answers_as_often_as_told():
    """Six standard deviations of 1000 draws; the note says who it was."""
    mix, history = Mix([(0.25, Random()), (0.75, Anneal())]), Study(SPACE, seed=0).history
    by = [mix.suggest(history, Ask(number, 0)).note["by"] for number in range(1000)]
    assert abs(np.mean([name == "Random" for name in by]) - 0.25) < 6 * np.sqrt(0.1875 / 1000)
    assert set(by) == {"Random", "Anneal"}


def test_an_algorithm_alone_gives_its_own_points():
    """The draw of the algorithm takes nothing from the suggestion's random numbers."""
    mixed = run(Study(SPACE, Mix([(1.0, TPE())]), seed=4), lambda t: t.point["x"], 25)
    alone = run(Study(SPACE, TPE(), seed=4), lambda t: t.point["x"], 25)
    assert [t.point for t in mixed.trials] == [t.point for t in alone.trials]


def test_a_share_of_zero_is_never_drawn():
    mix, history = Mix([(0.0, TPE()), (1.0, Random())]), Study(SPACE, seed=0).history
    assert {mix.suggest(history, Ask(number, 0)).note["by"] for number in range(200)} == {"Random"}


@pytest.mark.parametrize("shares", [[], [0.5], [0.5, 0.6], [1.5, -0.5]])
def test_shares_that_do_not_sum_to_one_are_refused(shares):
    with pytest.raises(InvalidArgument, match="sum to 1"):
        Mix([(share, Random()) for share in shares])
