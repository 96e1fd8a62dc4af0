"""The median rule keeps the contract and is the rule of the Vizier paper."""

from __future__ import annotations

import math
import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.errors import InvalidArgument
from parzen.history import events as e
from parzen.history.ledger import fold_all
from parzen.pruners.median import Median
from parzen.testing.pruners import PrunerContract, history_of, log_of, pruned_at, steps_of


class TestMedian(PrunerContract):
    pruner = Median()


class TestMedianWithWarmUp(PrunerContract):
    pruner = Median(startup=0, warmup=7.5, every=3, least=2)
    warm = 7.5


def slow(curves, step, reports):
    """The rule as the paper states it, word by word."""
    averages = [
        statistics.fmean(seen)
        for curve in curves
        if (seen := [value for s, value in steps_of(curve).items() if s <= step])
    ]
    return bool(averages) and min(reports.values()) > statistics.median(averages)


values = st.floats(-100, 100).map(lambda x: round(x, 3))
curves = st.dictionaries(st.integers(1, 12), values, min_size=1, max_size=8).map(
    lambda curve: dict(sorted(curve.items()))
)


@given(others=st.lists(curves, min_size=1, max_size=7), own=curves)
def test_it_decides_as_its_slow_twin(others, own):
    """Up to the last bits of the averages, which are left out here."""
    own = steps_of(own)
    decided = Median(startup=0).prune(history_of(others), len(others), own)
    step = max(own)
    near = slow(others, step, {s: v + 1e-9 for s, v in own.items()})
    if near == slow(others, step, {s: v - 1e-9 for s, v in own.items()}):
        assert decided == near


def test_a_peer_counts_with_its_running_average():
    """Its values 9, 3, 3 have the averages 9, 6, 5."""
    history = history_of([[9.0, 3.0, 3.0]])
    pruner = Median(startup=0)
    assert not pruner.prune(history, 1, {1: 8.0, 2: 5.0})
    assert not pruner.prune(history, 1, {1: 9.0, 2: 6.0})
    assert pruner.prune(history, 1, {1: 8.0, 2: 7.0, 3: 5.5})


def test_the_trials_best_value_counts():
    """Not its newest: it was good once."""
    assert not Median(startup=0).prune(history_of([[2.0, 2.0]]), 1, {1: 1.0, 2: 50.0})


def test_steps_between_two_reports_take_the_earlier_one():
    history = history_of([{1: 4.0, 10: 0.0}])
    pruner = Median(startup=0)
    assert not pruner.prune(history, 1, {9.5: 3.0})  # against 4
    assert pruner.prune(history, 1, {10: 3.0})  # against 2
    assert not pruner.prune(history, 1, {0.5: 99.0})  # nobody had reported by then


def test_only_done_trials_are_peers():
    pruner = Median(startup=0)
    for status in ("failed", "pruned", None):
        assert not pruner.prune(history_of([[1.0]], [status]), 1, {1: 5.0})
    assert pruner.prune(history_of([[1.0]]), 1, {1: 5.0})


def test_excluded_trials_are_no_peers():
    log = [*log_of([[1.0], [8.0]]), e.Excluded(0.0, 0)]
    assert not Median(startup=0).prune(fold_all(log).history(), 2, {1: 5.0})


def test_a_repeated_report_of_a_later_attempt_replaces_the_first():
    log = log_of([[1.0]], [None])
    log += [e.Released(0.0, 0, 1), e.Claimed(0.0, 0, 2, "me"), e.Reported(0.0, 0, 2, 7.0, 1)]
    log.append(e.Finished(0.0, 0, 2, "done", [7.0]))
    history = fold_all(log).history()
    assert not Median(startup=0).prune(history, 1, {1: 6.0})
    assert Median(startup=0).prune(history, 1, {1: 8.0})


def test_startup_and_least_count_completed_trials():
    three = history_of([[1.0], [1.0], {5: 1.0}])
    assert Median(startup=3).prune(three, 3, {1: 5.0})
    assert not Median(startup=4).prune(three, 3, {1: 5.0})
    assert Median(startup=0, least=2).prune(three, 3, {1: 5.0})
    assert not Median(startup=0, least=3).prune(three, 3, {1: 5.0})


def test_every_skips_reports():
    """From step 3 on it looks at the first report and each second one after it."""
    pruner, history = Median(startup=0, warmup=3, every=2), history_of([[0.0] * 9])
    own, looked = {}, []
    for step in range(1, 9):
        own[step] = 1.0
        looked.append(pruner.prune(history, 1, own))
    assert looked == [False, False, True, False, True, False, True, False]


def test_an_amended_failure_is_a_peer_no_more():
    ledger = fold_all(log_of([[1.0]]))
    assert Median(startup=0).prune(ledger.history(), 1, {1: 5.0})
    ledger.fold(e.Amended(0.0, 0, "failed", []))
    assert not Median(startup=0).prune(ledger.history(), 1, {1: 5.0})


@pytest.mark.parametrize(
    "settings",
    [{"startup": -1}, {"startup": 1.5}, {"warmup": math.nan}, {"every": 0}, {"least": 0}, {"least": True}],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(InvalidArgument, match=next(iter(settings))):
        Median(**settings)


def test_five_thousand_curves_of_a_hundred_reports_cost_little():
    """Under 3 ms of this thread a decision, once a step was asked for: only what is new is looked at."""
    log = log_of([[1.0 + i % 7] * 100 for i in range(5001)])
    cut = max(i for i, event in enumerate(log) if isinstance(event, e.Opened))
    ledger, pruner = fold_all(log[:cut]), Median()

    def decide(number):
        own = {}
        for step in range(1, 101):
            own[float(step)] = 0.5
            assert not pruner.prune(ledger.history(), number, own)

    decide(5000)
    for event in log[cut:]:
        ledger.fold(event)
    start = time.thread_time()
    decide(5001)
    assert (time.thread_time() - start) / 100 < 3e-3
    assert pruned_at(pruner, ledger.history(), 5001, [50.0]) == 1.0
