"""One hyperparameter as an axis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen import hp
from parzen.plots.axes import LANE, axes, axis
from parzen.plots.words import branch, brief, cut, linear_ticks, log_ticks, option_names
from parzen.space.flatten import flatten
from parzen.testing.strategies import spaces


def one(law, values=()):
    return axis(flatten({"x": law}), 0, values)


def test_log_laws_have_log_axes():
    assert one(hp.float(1e-4, 1, log=True)).log
    assert one(hp.int(1, 1000, log=True)).log
    assert one(hp.loguniform("x", -3, 3)).log
    assert one(hp.lognormal("x", 0, 1)).log
    assert not one(hp.float(0, 1)).log
    assert not one(hp.normal("x", 0, 1)).log


def test_equal_ratios_are_equal_distances_on_a_log_axis():
    units = one(hp.float(1e-4, 1, log=True)).units([1e-4, 1e-3, 1e-2, 1e-1, 1])
    assert units == pytest.approx([0, 0.25, 0.5, 0.75, 1])


@given(space=spaces(), seed=st.integers(0, 100))
def test_values_of_a_space_lie_between_the_ends_and_inactive_ones_in_the_lane(space, seed):
    space, rng = flatten(space), np.random.default_rng(seed)
    rows = np.array([space.encode(space.point_from(lambda _: float(rng.random()))) for _ in range(20)])
    for j, found in enumerate(axes(space, rows)):
        units = found.units(rows[:, j], lane=True)
        inactive = np.isnan(rows[:, j])
        assert (units[inactive] == LANE).all()
        assert ((units[~inactive] >= -1e-9) & (units[~inactive] <= 1 + 1e-9)).all()
        low, high = found.limits(lane=True)
        places = found.places(rows[:, j], np.arange(20))
        assert ((places >= low) & (places <= high)).all()
        assert low < found.lane < found.low


def test_the_lane_lies_below_the_axis_also_on_a_log_scale():
    found = one(hp.float(1e-4, 1, log=True))
    assert 0 < found.limits(lane=True)[0] < found.lane < 1e-4
    assert found.units([np.nan], lane=True).tolist() == [LANE]
    assert np.isnan(found.units([np.nan])).all()


def test_an_unbounded_axis_holds_what_was_tried():
    assert one(hp.normal("x", 0, 1)).high < 3
    assert one(hp.normal("x", 0, 1), [7.5]).high == 7.5


def test_jitter_parts_equal_values_and_is_the_same_each_time():
    found = one(hp.choice("x", ["a", "b"]))
    first = found.places(np.zeros(50), np.arange(50))
    assert len(set(first)) == 50
    assert np.array_equal(first, found.places(np.zeros(50), np.arange(50)))
    assert (np.abs(first) < 0.5).all()


def test_continuous_values_are_not_moved():
    found = one(hp.float(0, 1))
    assert found.places([0.3], [7]) == pytest.approx([0.3])


def test_a_choice_has_a_tick_for_each_option():
    found = one(hp.choice("x", ["relu", "tanh", None]))
    assert (found.kind, found.ticks, found.names) == ("labels", (0.0, 1.0, 2.0), ("relu", "tanh", "None"))


def test_an_ordinal_shows_its_options():
    assert one(hp.ordinal([8, 16, 32], label="x")).names == ("8", "16", "32")


def test_few_whole_numbers_each_have_a_tick():
    assert one(hp.int(1, 5)).names == ("1", "2", "3", "4", "5")


def test_a_rounded_log_law_names_its_zero():
    found = one(hp.qloguniform("x", -3, 4, 1))
    assert found.names[0] == "0"
    assert found.units([0.0]).tolist() == [0.0]


def test_rounding_beyond_the_ends_is_on_the_axis():
    assert one(hp.quniform("x", 0.3, 10, 1)).low <= 0.0


def test_grids_hold_all_of_few_values():
    assert one(hp.int(1, 5)).grid().tolist() == [1, 2, 3, 4, 5]
    assert one(hp.choice("x", ["a", "b", "c"])).grid().tolist() == [0, 1, 2]
    assert len(one(hp.float(0, 1)).grid(33)) == 33
    whole = one(hp.int(1, 1000, log=True)).grid(20)
    assert np.array_equal(whole, np.round(whole))


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6))
def test_ticks_are_few_and_inside(low, width):
    ticks = linear_ticks(low, low + width)
    assert 1 <= len(ticks) <= 6
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)


@given(low=st.floats(1e-12, 1e6), ratio=st.floats(1.01, 1e12))
def test_log_ticks_are_few_and_inside(low, ratio):
    ticks = log_ticks(low, low * ratio)
    assert 1 <= len(ticks) <= 10
    assert all(low * (1 - 1e-6) <= tick <= low * ratio * (1 + 1e-6) for tick in ticks)


@given(options=st.lists(st.text(min_size=1), min_size=1, max_size=12, unique=True))
def test_names_of_options_are_short_and_distinct(options):
    names = option_names([repr(option) for option in options])
    assert len(set(names)) == len(options)
    assert all(len(name) <= 16 for name in names)


def test_options_are_called_by_the_word_in_them():
    space = flatten(
        {"m": hp.choice("m", [{"type": "svm", "C": hp.float(0, 1)}, {"lr": hp.float(0, 1)}, np.mean])}
    )
    assert option_names(space.params[0].options) == ("svm", "lr", "mean")


def test_a_branch_is_told_in_words():
    inner = hp.choice("k", ["a", {"w": hp.float(0, 1, label="w")}])
    space = flatten(hp.choice("m", [{"type": "svm", "k": inner}, {"type": "knn"}]))
    assert branch(space, space.index["m"]) is None
    assert branch(space, space.index["w"]) == "m = svm and k = w"


def test_numbers_and_texts_are_cut():
    assert brief(1e-5) == "1e-5"
    assert brief(0.1 + 0.2) == "0.3"
    assert cut("a long option\nwith lines", 10) == "a long o…"
    assert len(cut("model.0.learning_rate", 12, middle=True)) == 12
