import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.algorithms.ascent import climb


def hill(centre, turn, steep):
    """A concave quadratic and its slope."""
    H = turn @ np.diag(steep) @ turn.T

    def value_and_slope(x):
        away = x - centre
        return -0.5 * np.einsum("si,ij,sj->s", away, H, away), -away @ H

    return value_and_slope


def box(s, m):
    return np.zeros((s, m)), np.ones((s, m))


@given(st.integers(1, 8), st.integers(0, 500))
def test_it_finds_the_top_of_a_turned_hill(m, seed):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(m, m)))[0]
    steep = 10.0 ** rng.uniform(0, 2, m)
    centre = rng.uniform(0.3, 0.7, m)
    low, high = box(4, m)
    start = rng.random((4, m))
    x, value = climb(hill(centre, turn, steep), start, low - 9, high + 9, 80, gain=1e-10)
    assert value == pytest.approx(0.0, abs=1e-4)
    assert x == pytest.approx(np.broadcast_to(centre, (4, m)), abs=2e-2)


def test_a_top_outside_is_met_at_the_wall():
    low, high = box(1, 2)
    x, _ = climb(hill(np.array([2.0, 0.4]), np.eye(2), np.array([3.0, 1.0])), low + 0.2, low, high, 40, 1e-12)
    assert x[0] == pytest.approx([1.0, 0.4], abs=1e-3)


@given(st.integers(0, 500), st.integers(1, 30))
def test_it_never_goes_down(seed, rounds):
    """Each place ends no lower than it starts, also on a rugged function."""
    rng = np.random.default_rng(seed)
    low, high = box(5, 3)

    def rugged(x):
        return np.sin(9 * x).sum(axis=1) + np.cos(31 * x).sum(axis=1), 9 * np.cos(9 * x) - 31 * np.sin(31 * x)

    start = rng.random((5, 3))
    x, value = climb(rugged, start, low, high, rounds)
    assert (value >= rugged(start)[0]).all()
    assert value == pytest.approx(rugged(x)[0])
    assert ((x >= low) & (x <= high)).all()


def test_places_do_not_influence_each_other():
    rng = np.random.default_rng(0)
    f = hill(np.array([0.4, 0.6]), np.eye(2), np.array([5.0, 50.0]))
    start = rng.random((3, 2))
    low, high = box(3, 2)
    together, _ = climb(f, start, low, high, 12, gain=0.0)
    alone = [climb(f, start[i : i + 1], low[:1], high[:1], 12, gain=0.0)[0][0] for i in range(3)]
    assert together == pytest.approx(np.array(alone))
