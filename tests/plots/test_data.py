"""Trials as arrays: what every picture is drawn from."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plots.studies import planted

from parzen import Study, Trials, fmin, hp
from parzen.errors import InvalidArgument
from parzen.plots.data import STATES, read, scale, study_of


@pytest.fixture(scope="module")
def data():
    return read(planted(60))


def test_every_trial_is_in_exactly_one_state(data):
    assert len(data) == 60
    assert sum(data.counts.values()) == 60
    assert np.array_equal(sum(data.is_in(state).astype(int) for state in STATES), np.ones(60, int))


def test_states_follow_the_log(data):
    expected = ["done", "done", "pruned", "failed", "done", "running"] * 10
    assert [STATES[k] for k in data.state] == expected


@given(losses=st.lists(st.one_of(st.floats(allow_nan=False, width=32), st.none()), max_size=30))
def test_best_so_far_never_rises_and_ends_at_the_best(losses):
    study = Study({"x": hp.float(0, 1)}, "random", seed=0)
    for loss in losses:
        study.tell(study.ask(), RuntimeError("no") if loss is None else loss)
    found = read(study)
    best = found.best_so_far()
    known = best[~np.isnan(best)]
    assert (known[1:] <= known[:-1]).all()
    finite = [loss for loss in losses if loss is not None and loss < math.inf]
    if finite:
        assert known[-1] == min(finite) == found.losses[found.best]
        assert found.numbers[found.best] == study.incumbent[0]


def test_best_so_far_in_another_order_ends_at_the_same_best(data):
    order = np.argsort(-data.numbers)
    assert data.best_so_far(order)[-1] == data.best_so_far()[-1] == data.losses[data.best]


def test_before_the_first_success_there_is_no_best():
    found = read(planted(6, states=("failed", "pruned", "running")))
    assert found.best is None
    assert np.isnan(found.best_so_far()).all()


def test_maximize_turns_the_sign_back():
    low, high = read(planted(20)), read(planted(20, maximize=True))
    assert np.array_equal(low.shown(low.losses), high.shown(high.losses), equal_nan=True)
    assert high.losses[high.best] == -np.nanmax(low.losses)
    assert (low.word, high.word) == ("loss", "value")


def test_pruned_and_running_trials_stand_at_their_last_report(data):
    steps, last = data.last_report()
    cut_short = data.is_in("pruned") | data.is_in("running")
    assert np.array_equal(data.height()[cut_short], last[cut_short])
    assert set(steps[cut_short]) == {2.0}
    assert np.isnan(data.height()[data.is_in("failed")]).all()
    assert np.array_equal(data.height()[data.is_in("done")], data.losses[data.is_in("done")])


def test_ranks_go_from_the_best_to_the_worst(data):
    order = np.argsort(data.losses[data.good])
    assert np.array_equal(np.argsort(data.rank[data.good]), order)
    assert data.rank[data.best] == 0
    assert np.nanmax(data.rank) == 1
    assert np.isnan(data.rank[~data.good]).all()


def test_equal_losses_have_equal_ranks():
    study = Study({"x": hp.float(0, 1)}, "random", seed=0)
    for loss in (2.0, 1.0, 2.0, 1.0):
        study.tell(study.ask(), loss)
    assert read(study).rank.tolist() == [2 / 3, 0, 2 / 3, 0]


def test_all_targets_give_the_same_arrays():
    trials = Trials()
    best = fmin(lambda x: x**2, hp.uniform("x", -1, 1), max_evals=5, trials=trials, seed=0, verbose=False)
    found = [read(target) for target in (trials, trials.study, best, trials.study.history)]
    for other in found[1:]:
        assert np.array_equal(found[0].losses, other.losses)
        assert np.array_equal(found[0].values, other.values)


def test_what_is_no_study_is_refused_in_one_sentence():
    with pytest.raises(
        InvalidArgument, match="expected a Study, a Trials, what fmin returned, or a History; got list"
    ):
        study_of([])


def test_a_best_that_lost_its_study_is_told_apart():
    import pickle

    best = fmin(lambda x: x**2, hp.uniform("x", -1, 1), max_evals=2, seed=0, verbose=False)
    with pytest.raises(InvalidArgument, match="this Best has no study to draw"):
        read(pickle.loads(pickle.dumps(best)))


def test_unknown_names_come_with_a_suggestion(data):
    with pytest.raises(InvalidArgument, match=r"no hyperparameter is called 'dropp'.*drop"):
        data.column("dropp")
    with pytest.raises(InvalidArgument, match=r"no result has the metric 'sise'.*size"):
        data.metric("sise")
    with pytest.raises(InvalidArgument, match="objective must be from 0 to 0; got 1"):
        read(planted(1), objective=1)


def test_trials_without_a_point_are_counted():
    study = Study({"x": hp.float(0, 1)}, "random", seed=0)
    study.tell(study.ask(), 1.0)
    study.exclude([0])
    study.ask()
    found = read(study)
    assert (len(found), found.waiting, found.outside) == (1, 0, 1)


class TestScale:
    def test_losses_that_span_decades_are_drawn_on_a_log_axis(self):
        assert scale(np.geomspace(1e-4, 1, 50)).kind == "log"

    def test_a_crowded_better_half_makes_a_log_axis_too(self):
        assert scale([0.01, 0.011, 0.012, 0.013, 0.014, 0.3, 0.4, 0.5, 0.6]).kind == "log"

    def test_similar_losses_are_drawn_on_a_linear_axis(self):
        assert scale(np.linspace(0.2, 0.9, 50)).kind == "linear"

    def test_zeros_and_decades_make_a_symlog_axis(self):
        assert scale([0.0, *np.geomspace(1e-4, 1, 50)]).kind == "symlog"

    def test_signs_and_decades_make_a_symlog_axis(self):
        assert scale([*-np.geomspace(1e-4, 10, 50), *np.geomspace(1e-4, 10, 50)]).kind == "symlog"

    @given(
        values=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=40),
        keep=st.lists(st.floats(-1e6, 1e6), max_size=3),
    )
    def test_each_value_is_inside_or_counted(self, values, keep):
        found = scale(values, keep)
        assert found.low < found.high
        numbers = np.array([x for x in values if not math.isnan(x)])
        inside = (numbers >= found.low) & (numbers <= found.high)
        assert int(inside.sum()) + found.under + found.over == len(numbers)
        assert all(found.low <= x <= found.high for x in keep)

    def test_an_outlier_is_counted_and_does_not_stretch_the_axis(self):
        found = scale([1.0, 1.1, 1.2, 1.3, 1.1, 1.2, 1.0, 1e9, math.inf])
        assert found.high < 2
        assert (found.under, found.over) == (0, 2)
