"""Space: activity, points, rows, messages, counting and JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from parzen.errors import InvalidPoint, InvalidSpace
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.space.space import Param, Space, grid_values


@pytest.fixture
def space():
    """x is used in both branches of m, k only in the second."""
    x = hp.uniform("x", 0, 1)
    return flatten(
        {
            "m": hp.choice("m", [{"x": x}, {"x": x, "k": hp.int(1, 3, label="k")}, "none"]),
            "q": hp.quniform("q", 0, 2, 1),
        }
    )


def test_active_follows_the_choices(space):
    rows = np.array([[0, 0.5, 9, 1], [1, 0.5, 2, 1], [2, 0.5, 2, 1]], dtype=float)
    assert [param.label for param in space.params] == ["m", "x", "k", "q"]
    expected = [[True, True, False, True], [True, True, True, True], [True, False, False, True]]
    assert space.active(rows).tolist() == expected
    assert [space.active(row).tolist() for row in rows] == expected


def test_activity_reaches_through_inactive_choices():
    """Below an inactive choice nothing is active, whatever its column holds."""
    inner = hp.choice("inner", [hp.uniform("x", 0, 1), 0])
    space = flatten(hp.choice("outer", [inner, 1]))
    assert space.active(np.array([1.0, 0.0, 0.5])).tolist() == [True, False, False]


def test_encode_and_decode_are_inverse(space):
    point = {"m": 1, "x": 0.25, "k": 3, "q": 2.0}
    row = space.encode(point)
    assert row == [1, 0.25, 3, 2.0]
    assert space.decode(row) == point
    assert [type(value) for value in space.decode(row).values()] == [int, float, int, float]


def test_inactive_hyperparameters_are_nan(space):
    row = space.encode({"m": 2, "q": 0.0})
    assert [math.isnan(value) for value in row] == [False, True, True, False]
    assert space.decode(row) == {"m": 2, "q": 0.0}


def test_point_from_asks_for_active_ones_only(space):
    asked = []
    point = space.point_from(lambda j: asked.append(j) or 0.99)
    assert asked == [0, 3]
    assert point == {"m": 2, "q": 2.0}


def test_build_gives_real_values_in_the_spaces_shape(space):
    assert space.build({"m": 1, "x": 0.5, "k": 2, "q": 1.0}) == {"m": {"x": 0.5, "k": 2}, "q": 1.0}
    assert space.build({"m": 2, "q": 1.0}) == {"m": "none", "q": 1.0}


def test_build_names_what_the_point_lacks(space):
    with pytest.raises(InvalidPoint, match="lacks a value for 'k'") as caught:
        space.build({"m": 1, "x": 0.5, "q": 1.0})
    assert caught.value.label == "k"
    assert isinstance(caught.value, KeyError)


def test_check_drops_inactive_labels_and_makes_plain_numbers(space):
    given = {"m": np.int64(0), "x": np.float32(0.5), "k": 2, "q": np.array(1)}
    checked = space.check(given)
    assert checked == {"m": 0, "x": 0.5, "q": 1.0}
    assert [type(value) for value in checked.values()] == [int, float, float]


@pytest.mark.parametrize(
    ("point", "text", "label"),
    [
        ({"m": 2, "q": 1, "lr": 3}, "unknown label 'lr'", "lr"),
        ({"m": 2, "qq": 1}, "Did you mean 'q'", "qq"),
        ({"m": 1, "x": 0.5, "q": 1}, "lacks 'k', which it makes active", "k"),
        ({"q": 1}, "lacks 'm'", "m"),
        ({"m": 3, "q": 1}, "m = 3, which is not the index of an option of choice of 3", "m"),
        ({"m": "none", "q": 1}, "m = 'none', which is not the index", "m"),
        ({"m": 0, "x": 1.5, "q": 1}, "x = 1.5, which is not a value of uniform", "x"),
        ({"m": 0, "x": math.nan, "q": 1}, "x = nan", "x"),
        ({"m": 0, "x": None, "q": 1}, "x = None", "x"),
        ({"m": 1, "x": 0.5, "k": 2.5, "q": 1}, "k = 2.5", "k"),
        ({"m": [0], "q": 1}, "m = ", "m"),
    ],
)
def test_check_says_what_does_not_fit(space, point, text, label):
    with pytest.raises(InvalidPoint, match=text.replace("(", r"\(")) as caught:
        space.check(point, "points_to_evaluate[0]")
    assert caught.value.label == label
    assert str(caught.value).startswith("points_to_evaluate[0]")


def test_choices_come_before_what_depends_on_them():
    """Also where the expression mentions them later."""
    late = hp.choice("late", [0, 1])
    x = hp.uniform("x", 0, 1)
    space = flatten(
        [hp.choice("a", [x, 0]), hp.choice("b", [hp.choice("late2", [x, 1]), late])],
    )
    place = {j: i for i, j in enumerate(space.order)}
    for j, param in enumerate(space.params):
        assert all(place[parent] < place[j] for way in param.condition for parent, _ in way)


def test_choices_in_a_circle_are_refused():
    law = hp.choice("c", [0, 1]).index.distribution
    circle = Space([Param("a", law, (((1, 0),),)), Param("b", law, (((0, 0),),))])
    with pytest.raises(InvalidSpace, match="circle"):
        circle.order  # noqa: B018  # computing it is the point


@pytest.mark.parametrize(
    ("structure", "count"),
    [
        ({}, 1),
        (hp.randint("n", 7), 7),
        ([hp.choice("a", [0, 1]), hp.int(1, 5)], 10),
        (hp.quniform("q", 0, 10, 2.5), 5),
        (hp.choice("a", [hp.randint("n", 3), {"m": hp.choice("b", [hp.randint("k", 4), 0])}, 0]), 3 + 5 + 1),
        (hp.uniform("x", 0, 1), math.inf),
        (hp.qnormal("x", 0, 1, 1), math.inf),
        (hp.choice("a", [hp.uniform("x", 0, 1), 0]), math.inf),
        (hp.randint("n", 2**40), 2**40),
    ],
)
def test_cardinality_counts_points(structure, count):
    assert flatten(structure).cardinality == count


def test_shared_hyperparameters_are_counted_in_each_branch():
    x = hp.randint("x", 3)
    assert flatten(hp.choice("c", [x, [x, hp.randint("y", 2)], 0])).cardinality == 3 + 6 + 1


def test_counting_many_independent_choices_is_fast():
    """40 choices, each with a hyperparameter of its own: 5**40 points, not 2**40 steps."""
    space = flatten([hp.choice(f"c{i}", [hp.randint(f"n{i}", 4), 0]) for i in range(40)])
    assert space.cardinality == 5**40


def test_pick_numbers_the_points():
    space = flatten(hp.choice("a", [hp.randint("n", 3), hp.choice("b", [hp.randint("k", 4), 0]), 0]))
    sizes = [3, 3, 2, 4]
    picked = [tuple(sorted(space.pick(sizes, i).items())) for i in range(int(space.count(sizes)))]
    assert len(set(picked)) == len(picked) == 9
    assert all(set(dict(p)) >= {0} for p in picked)


def test_grid_values_hold_both_ends():
    assert grid_values(hp.uniform("x", 0, 4).distribution, 3) == [0.0, 2.0, 4.0]
    assert grid_values(hp.int(1, 3).distribution, 9) == [1, 2, 3]
    assert grid_values(hp.choice("c", ["x", "y", "z"]).index.distribution, 1) == [0, 1, 2]


def test_json_brings_everything_back_but_the_expression(space):
    again = Space.from_json(json.loads(json.dumps(space.to_json())))
    assert again.params == space.params
    assert again.fingerprint() == space.fingerprint()
    with pytest.raises(InvalidSpace, match="read from a file"):
        again.build({"m": 2, "q": 0.0})


def test_fingerprints_are_the_same_in_every_process():
    """A durable study compares them: this one must not change."""
    space = flatten({"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", {"n": hp.int(1, 9)}])})
    assert space.fingerprint() == FINGERPRINT


def test_repr_shows_labels_and_laws(space):
    text = repr(space)
    assert text == "Space(m ~ choice of 3, x ~ uniform(0, 1), k ~ int(1, 3), q ~ quniform(0, 2, 1))"
    assert len(space) == 4


# parzen 0.1.0
FINGERPRINT = "ac0a07f7fce250d73469b1abe6450de4"
