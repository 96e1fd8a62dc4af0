"""Asynchronous successive halving keeps the contract and its arithmetic is that of the paper."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.errors import InvalidArgument
from parzen.history import events as e
from parzen.history.ledger import fold_all
from parzen.pruners.asha import Asha
from parzen.testing.pruners import PrunerContract, history_of, log_of, pruned_at, steps_of


class TestAsha(PrunerContract):
    pruner = Asha()
    warm = 1


class TestAshaWithBrackets(PrunerContract):
    pruner = Asha(reduction=2, least=2.0, most=20, brackets=2)
    warm = 2


def test_rungs_are_powers_of_the_reduction():
    asha = Asha()
    assert [asha.rungs(0, step) for step in (0.5, 1, 2, 3, 8, 9, 26, 27)] == [0, 1, 1, 2, 2, 3, 3, 4]
    assert [Asha(most=9).rungs(0, step) for step in (3, 9, 100)] == [2, 2, 2]
    assert [Asha(brackets=2).rungs(1, step) for step in (1, 3, 9)] == [0, 1, 2]


def test_a_rung_that_is_no_exact_float_is_reached():
    """0.1 * 3 is 0.30000000000000004 in floats."""
    assert Asha(least=0.1).rungs(0, 0.3) == 2


def test_one_trial_in_three_goes_on():
    """Of nine values at the first rung the three best pass; the tenth must beat the third."""
    history = history_of([[float(i)] for i in range(9)])
    assert not Asha().prune(history, 9, {1: 1.5})
    assert not Asha().prune(history, 9, {1: 2.0})  # a tie
    assert Asha().prune(history, 9, {1: 2.5})


def test_of_two_trials_only_the_best_goes_on():
    assert Asha().prune(history_of([[1.0]], [None]), 1, {1: 1.5})
    assert not Asha().prune(history_of([[1.0]], [None]), 1, {1: 0.5})


def test_all_trials_count_at_a_rung():
    """Running, pruned and failed ones too."""
    history = history_of([[1.0]] * 4, ["done", "pruned", "failed", None])
    assert Asha(reduction=4).prune(history, 4, {1: 1.5})
    assert not Asha(reduction=4).prune(history, 4, {1: 1.0})


def test_a_trial_is_judged_at_rungs_only():
    """At steps 1, 3 and 9 of the first nine."""
    history, own, looked = history_of([[0.0] * 9]), {}, []
    for step in range(1, 10):
        own[step] = 1.0
        looked.append(Asha().prune(history, 1, own))
    assert [step for step, bad in enumerate(looked, 1) if bad] == [1, 3, 9]


def test_the_first_report_past_a_rung_counts_there():
    """A peer with reports at 2 and 5 is at rung 1 with its value at 2, and at rung 3 with that at 5."""
    history = history_of([{2: 4.0, 5: 1.0}])
    assert not Asha().prune(history, 1, {1: 3.0})
    assert Asha().prune(history, 1, {1: 3.0, 3: 2.0})


def test_a_report_that_passes_several_rungs_counts_at_the_highest():
    """A peer that reported first at step 10 has a value at rung 9, and none at 1 and 3."""
    history = history_of([{10: 1.0}])
    assert not Asha().prune(history, 1, {1: 5.0})
    assert not Asha().prune(history, 1, {1: 5.0, 3: 5.0})
    assert Asha().prune(history, 1, {9: 5.0})
    assert Asha().prune(history, 1, {20: 5.0})


def test_brackets_do_not_see_each_other():
    """Trial 3 of two brackets starts at rung 3, among odd numbers."""
    asha = Asha(brackets=2)
    history = history_of([[0.0] * 9, [2.0] * 9, [0.0] * 9])
    assert pruned_at(asha, history, 3, [1.0] * 9) is None
    assert pruned_at(asha, history, 3, [3.0] * 9) == 3.0
    assert pruned_at(asha, history, 4, [1.0] * 9) == 1.0


def test_nan_of_a_peer_is_the_worst_value():
    assert not Asha().prune(history_of([[math.nan]]), 1, {1: 1e300})


def test_excluded_trials_do_not_count():
    log = [*log_of([[1.0], [8.0]]), e.Excluded(0.0, 0)]
    assert not Asha().prune(fold_all(log).history(), 2, {1: 5.0})


def test_a_later_attempt_replaces_what_the_first_reported():
    log = log_of([[1.0, 1.0, 1.0]], [None])
    log += [e.Released(0.0, 0, 1), e.Claimed(0.0, 0, 2, "me"), e.Reported(0.0, 0, 2, 7.0, 1)]
    history = fold_all(log).history()
    assert not Asha().prune(history, 1, {1: 6.0})
    assert Asha().prune(history, 1, {1: 6.0, 3: 6.0})  # the first attempt's value at 3 stands


def slow(asha, curves, number, own):
    """The rule on whole curves, without any state."""

    def records(i, reports):
        found, last = {}, 0
        for step, value in sorted(reports.items()):
            rung = sum(asha.least * asha.reduction ** (k + i % asha.brackets) <= step for k in range(10))
            if rung > last:
                found[rung] = (step, value)
            last = rung
        return found

    mine = records(number, own)
    step = max(own)
    at = [rung for rung, (s, _) in mine.items() if s == step]
    if not at:
        return False
    peers = [
        records(i, curve)[at[0]][1]
        for i, curve in enumerate(curves)
        if i % asha.brackets == number % asha.brackets and at[0] in records(i, curve)
    ]
    return sum(value < own[step] for value in peers) >= max(1, (len(peers) + 1) // asha.reduction)


curve = st.dictionaries(st.integers(1, 40), st.integers(0, 9).map(float), min_size=1, max_size=6)


@given(
    others=st.lists(curve, max_size=8),
    own=curve,
    reduction=st.integers(2, 4),
    brackets=st.integers(1, 2),
)
def test_it_decides_as_its_slow_twin(others, own, reduction, brackets):
    """For steps in any order: the curves come as they are drawn."""
    asha, others, own = Asha(reduction, 1, None, brackets), [steps_of(c) for c in others], steps_of(own)
    history = history_of(others)
    assert asha.prune(history, len(others), own) == slow(asha, others, len(others), own)


@pytest.mark.parametrize(
    "settings",
    [{"reduction": 1}, {"least": 0}, {"least": math.inf}, {"most": 1}, {"most": math.nan}, {"brackets": 0}],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(InvalidArgument, match=next(iter(settings))):
        Asha(**settings)


def test_five_thousand_curves_of_a_hundred_reports_cost_little():
    """Under 3 ms of this thread a decision, once the log is folded."""
    ledger = fold_all(log_of([[1.0 + i % 7] * 100 for i in range(5000)]))
    asha, own = Asha(), {}
    asha.prune(ledger.history(), 5000, {1.0: 0.0})
    start = time.thread_time()
    for step in range(1, 101):
        own[float(step)] = 0.5
        assert not asha.prune(ledger.history(), 5000, own)
    assert (time.thread_time() - start) / 100 < 3e-3
