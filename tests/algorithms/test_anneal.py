"""Annealing keeps the contract and draws ever nearer to good trials."""

from __future__ import annotations

import numpy as np
import pytest

from parzen.algorithms.anneal import Anneal
from parzen.algorithms.base import Ask
from parzen.errors import InvalidArgument
from parzen.run.study import Study
from parzen.space import hp
from parzen.testing import PROBLEMS, AlgorithmContract, run


class TestAnneal(AlgorithmContract):
    algorithm = Anneal()


class TestAnnealWithOtherSettings(AlgorithmContract):
    algorithm = Anneal(avg_best_idx=5.0, shrink_coef=0.0)


def near_best(shrink_coef):
    """Mean distance of what comes after 40 trials from the best of them, over 50 asks."""
    algorithm = Anneal(shrink_coef=shrink_coef, avg_best_idx=1.0)
    study = run(Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0), lambda t: abs(t.point["x"] - 0.5), 40)
    history, best = study.history, study.best.point["x"]
    asks = (Ask(number, 0) for number in range(40, 90))
    return np.mean([abs(algorithm.suggest(history, ask).point["x"] - best) for ask in asks])


def test_the_window_shrinks_with_the_number_of_trials():
    """After 40 trials it is 1 / (1 + 40 * shrink_coef) of the range."""
    assert near_best(1.0) < 0.5 / 41
    assert near_best(0.1) < 0.5 / 5
    assert near_best(0.0) > 0.15


def test_failed_trials_are_not_drawn_near():
    """They rank behind all successful ones."""
    study = Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0)
    run(study, lambda t: RuntimeError() if t.point["x"] > 0.5 else t.point["x"] + 1, 30)
    algorithm = Anneal(avg_best_idx=1.0, shrink_coef=5.0)
    points = [algorithm.suggest(study.history, Ask(number, 0)).point["x"] for number in range(30, 60)]
    assert max(points) <= 0.5 + 1 / 151


@pytest.mark.parametrize("name", ["sphere", "branin"])
def test_it_beats_random_search(name):
    """On average over five seeds of 60 trials."""

    def mean(algorithm):
        problem = PROBLEMS[name]
        ends = []
        for seed in range(5):
            study = run(Study(problem.space, algorithm, seed=seed), lambda t: problem.loss(t.params), 60)
            ends.append(study.best.loss - problem.minimum)
        return np.mean(ends)

    assert mean(Anneal()) < mean("random")


@pytest.mark.parametrize(
    "wrong", [{"avg_best_idx": 0.0}, {"shrink_coef": -0.1}, {"avg_best_idx": float("nan")}]
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(InvalidArgument):
        Anneal(**wrong)


def test_a_mean_rank_below_one_is_legal():
    """The settings allow anything above 0, so asking must work too."""
    study = run(Study({"x": hp.uniform("x", 0, 1)}, Anneal(avg_best_idx=0.5), seed=0), lambda t: 0.0, 5)
    assert len(study.trials) == 5
