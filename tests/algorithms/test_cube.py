import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.algorithms.cube import Cube, cube
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.testing.algorithms import SPACES, example_space
from parzen.testing.strategies import spaces


def drawn(space, count, seed=0):
    """Points from the prior, as rows of values."""
    rng = np.random.default_rng(seed)
    points = [space.point_from(lambda _: rng.random()) for _ in range(count)]
    return points, np.array([space.encode(point) for point in points], dtype=float).reshape(count, len(space))


@pytest.mark.parametrize("name", list(SPACES))
def test_points_come_back(name):
    """Values to the cube and back: exact where discrete, to rounding where continuous."""
    space = example_space(name)
    shape = cube(space)
    points, values = drawn(space, 50)
    for row, point in zip(shape.rows(values), points, strict=True):
        back = shape.point(row)
        assert back.keys() == point.keys()
        assert back == pytest.approx(point, rel=1e-6, abs=1e-6)


@given(spaces(), st.integers(0, 1000))
def test_draws_are_legal(space, seed):
    shape = Cube(flatten(space))
    rng = np.random.default_rng(seed)
    rows = shape.legal(shape.draw(20, rng))
    for row in rows:
        point = shape.point(shape.snapped(row))
        assert shape.space.check(point) == point
    again = shape.filled(rows, rng)
    assert (np.isnan(again) == np.isnan(rows)).all()


def test_numbers_lie_between_0_and_1():
    space = example_space("mixed")
    _, values = drawn(space, 200)
    shape = cube(space)
    rows = shape.rows(values)
    numbers = rows[:, shape.numbers]
    assert np.nanmin(numbers) >= 0.0
    assert np.nanmax(numbers) <= 1.0
    # The prior is uniform there.
    assert np.nanmean(numbers[:, 0]) == pytest.approx(0.5, abs=0.08)


def test_draws_follow_the_prior():
    space = flatten({"k": hp.pchoice("k", [(0.7, "a"), (0.2, "b"), (0.1, "c")]), "z": hp.normal("z", 3, 2)})
    shape = cube(space)
    rows = shape.legal(shape.draw(20_000, np.random.default_rng(0)))
    # Six standard deviations of a share of 20 000.
    assert (rows[:, 0] == 0).mean() == pytest.approx(0.7, abs=0.02)
    assert rows[:, 1].mean() == pytest.approx(0.5, abs=0.015)


def test_neighbours_differ_in_one_discrete_hyperparameter():
    space = flatten(
        {
            "n": hp.int(1, 5, label="n"),
            "k": hp.choice("k", ["a", {"x": hp.uniform("x", 0, 1)}, "c"]),
            "y": hp.uniform("y", 0, 1),
        }
    )
    shape = cube(space)
    row = shape.rows(np.array([space.encode({"n": 3, "k": 0, "y": 0.25})]))[0]
    points = [shape.point(other) for other in shape.neighbours(row, np.random.default_rng(0))]
    assert sorted((p["n"], p["k"]) for p in points) == [
        (2, 0),
        (3, 1),
        (3, 1),
        (3, 1),
        (3, 2),
        (3, 2),
        (3, 2),
        (4, 0),
    ]
    assert all(p["y"] == pytest.approx(0.25) for p in points)
    assert all(("x" in p) == (p["k"] == 1) for p in points)


def test_a_choice_between_numbers_is_a_label():
    """What other hyperparameters depend on has no order here."""
    shape = cube(example_space("conditional"))
    assert {shape.space.params[j].label for j in shape.labels} == {"model", "split", "scale"}


def test_the_log_prior_is_zero_where_priors_are_flat():
    space = example_space("flat")
    shape = cube(space)
    middle = shape.rows(np.array([space.encode({"x": 1.0, "y": 0.01, "z": 0.0})]))
    tail = shape.rows(np.array([space.encode({"x": -4.0, "y": 0.3, "z": 4.0})]))
    assert shape.log_prior(middle)[0] == pytest.approx(0.0)
    assert shape.log_prior(tail)[0] == pytest.approx(-2.0)  # two standard deviations of z
