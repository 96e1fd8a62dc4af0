"""Ranks, wins, intervals and regrets of the quality benchmark, on curves made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks.comparison import Comparison, Estimate, estimate, outcome, ranks
from hypothesis import given, settings
from hypothesis import strategies as st


def flat(value: float, trials: int = 100) -> np.ndarray:
    return np.full(trials, value)


def comparison() -> Comparison:
    """Two problems of two seeds: "good" is ten times better than "bad", and bad is as random."""
    pairs = [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    falling = np.concatenate([[math.inf, 8.0], np.full(98, 4.0)])
    curves = {
        "random": dict.fromkeys(pairs, falling),
        "good": dict.fromkeys(pairs, flat(0.4)),
        "bad": dict.fromkeys(pairs, flat(4.0)),
        "slow": {("a", 0): flat(1.0, 50)},
    }
    return Comparison(curves, {"a": ("smooth",), "b": ("mixed", "noisy")})


def test_equal_values_share_a_rank():
    assert ranks(np.array([[3.0, 1.0, 3.0], [1.0, 2.0, math.inf]])).tolist() == [[2.5, 1, 2.5], [1, 2, 3]]


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0, math.inf]), min_size=4, max_size=4), min_size=1))
def test_the_ranks_of_a_row_always_add_up(rows):
    assert ranks(np.array(rows)).sum(axis=1) == pytest.approx(10)


@pytest.mark.parametrize(
    ("ours", "theirs", "won"),
    [(1, 2, 1), (2, 1, 0), (1, 1, 0.5), (1, 1 + 1e-6, 0.5), (math.inf, math.inf, 0.5), (1, math.inf, 1)],
)
def test_a_win_is_one_and_a_tie_a_half(ours, theirs, won):
    assert outcome(ours, theirs) == won


def test_an_interval_holds_its_mean_and_draws_whole_problems():
    """Many seeds of two problems that disagree: the interval is as wide as two values allow."""
    found = estimate({"a": [1.0] * 50, "b": [0.0] * 50})
    assert (found.low, found.mean, found.high) == (0.0, 0.5, 1.0)


def test_a_problem_with_more_seeds_weighs_more():
    assert estimate({"a": [1.0] * 3, "b": [0.0]}).mean == 0.75


def test_pairs_are_those_that_all_methods_share():
    assert len(comparison().pairs(["good", "bad"], 100)) == 4
    assert comparison().pairs(["good", "slow"], 50) == [("a", 0)]
    assert comparison().pairs(["good", "slow"], 100) == []
    assert comparison().pairs(["good"], 100, "noisy") == [("b", 0), ("b", 1)]


def test_mean_ranks_are_over_the_shared_pairs():
    means = [rank.mean for rank in comparison().ranks(["good", "bad", "random"], 100)]
    assert means == [1.0, 2.5, 2.5]
    assert comparison().ranks(["good", "slow"], 100) == []


def test_wins_count_ties_half():
    assert comparison().wins("good", "bad", 100) == Estimate(1.0, 1.0, 1.0)
    assert comparison().wins("bad", "random", 100) == Estimate(0.5, 0.5, 0.5)
    assert comparison().wins("good", "slow", 100) is None


def test_regret_is_one_at_the_first_success_of_random_search():
    """It failed first and then left 8, so 0.4 is a twentieth; before any success regret is 1."""
    result = comparison()
    assert result.normalised("good", ("a", 0), 100) == pytest.approx(0.05)
    assert result.normalised("random", ("a", 0), 1) == 1.0


def test_ratio_is_geometric_and_below_one_when_ours_is_better():
    assert comparison().ratio("good", "bad", 100) == pytest.approx(0.1)


def test_regrets_below_the_floor_are_equal():
    pairs = [("a", 0)]
    curves = {name: dict.fromkeys(pairs, flat(v)) for name, v in {"random": 1, "x": 1e-5, "y": 1e-9}.items()}
    won = Comparison(curves, {"a": ("smooth",)}).wins("x", "y", 100)
    assert won is not None
    assert won.mean == 0.5


def test_trials_to_reach_is_the_first_trial_as_good_as_the_others_last():
    pairs = [("a", 0), ("a", 1)]
    falling = np.linspace(1, 0.01, 100)
    curves = {"random": dict.fromkeys(pairs, flat(1)), "x": dict.fromkeys(pairs, falling)}
    curves["y"] = dict.fromkeys(pairs, flat(0.91))
    result = Comparison(curves, {"a": ("smooth",)})
    assert result.reach("x", "y", 100) == pytest.approx(10)
    assert result.reach("y", "x", 100) == pytest.approx(200)
