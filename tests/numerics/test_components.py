"""Components hold the same numbers however they were added, and whatever bandwidths came before."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from parzen.numerics.components import BINS, NARROW, Components, Layout
from parzen.rng import stream

LAYOUT = Layout(np.array([False, False, True]), [3, NARROW + 1, 2])
STEPS = [np.exp(np.array(steps) / 20.0) for steps in ([-40, -30, -8], [-40, -29, -8], [-50, -29, 3])]


def points(n):
    rng = stream(0, n, "points")
    positions = np.where(LAYOUT.unbounded, rng.normal(size=(n, 3)), rng.random((n, 3)))
    positions[rng.random((n, 3)) < 0.2] = np.nan
    codes = np.array([rng.integers(size + 1, size=n) for size in LAYOUT.sizes], dtype=np.intp)
    return positions, codes


def same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two))


@pytest.mark.parametrize("n", [1, 63, 64, 65, 300])
def test_one_by_one_is_all_at_once_bit_for_bit(n):
    """With bandwidths that move in between, by one line or by several."""
    positions, codes = points(n)
    whole, grown = Components(LAYOUT), Components(LAYOUT)
    whole.add(positions, codes)
    for i in range(n):
        grown.add(positions[i : i + 1], codes[:, i : i + 1])
        grown.scale(STEPS[i // 7 % 3])
    for sigma in STEPS:
        whole.scale(sigma)
        grown.scale(sigma)
        assert same(whole.block(slice(0, n)), grown.block(slice(0, n)))
        fresh = Components(LAYOUT)
        fresh.add(positions, codes)
        fresh.scale(sigma)
        assert same(fresh.block(slice(0, n)), grown.block(slice(0, n)))


def test_rows_and_slices_are_the_same_components():
    positions, codes = points(90)
    components = Components(LAYOUT)
    components.add(positions, codes)
    components.scale(STEPS[0])
    assert same(components.block(np.arange(20, 70)), components.block(slice(20, 70)))


def test_points_behind_a_block_are_what_they_would_be_inside():
    positions, codes = points(90)
    some, every = Components(LAYOUT), Components(LAYOUT)
    some.add(positions[:80], codes[:, :80])
    every.add(positions, codes)
    some.scale(STEPS[1])
    every.scale(STEPS[1])
    extended = some.extended(some.block(slice(0, 80)), positions[80:], codes[:, 80:])
    assert same(extended, every.block(slice(0, 90)))
    assert some.n == 80


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.5, 1.0])
def test_normalisers_are_scipys(sigma):
    """To 0.01 at the narrowest bandwidth, as promised."""
    means = np.linspace(0.0, 1.0, 501)
    law = stats.norm(means, sigma)
    exact = np.log(law.cdf(1.0) - law.cdf(0.0)) + math.log(sigma * math.sqrt(2 * math.pi))
    components = Components(Layout(np.array([False]), []))
    components.add(means[:, None], np.empty((0, 501), dtype=np.intp))
    components.scale(np.array([sigma]))
    own = components.block(slice(0, 501)).features[:, 1].astype(float)
    np.testing.assert_allclose(own - (means - 0.5) ** 2 / (2 * sigma * sigma), exact, atol=0.01)


def test_unbounded_lines_are_not_cut():
    """Relative to the standard normal, whose constant is taken off."""
    means = np.array([-3.0, 0.5, 9.0])
    components = Components(Layout(np.array([True]), []))
    components.add(means[:, None], np.empty((0, 3), dtype=np.intp))
    components.scale(np.array([0.3]))
    own = components.block(slice(0, 3)).features[:, 1]
    np.testing.assert_allclose(own, means**2 / 0.18 + math.log(0.3), rtol=1e-6)


def test_what_is_inactive_is_zero():
    components = Components(LAYOUT)
    components.add(np.full((1, 3), np.nan), LAYOUT.sizes[:, None])
    components.scale(STEPS[0])
    block = components.block(slice(0, 1))
    assert not block.features.any()
    assert not block.means.any()


def test_positions_outside_count_as_the_end_and_room_grows_with_the_points():
    components = Components(Layout(np.array([False]), []))
    components.add(np.array([[-3.0], [7.0]]), np.empty((0, 2), dtype=np.intp))
    assert components._places[0, :2].tolist() == [0, BINS]
    components.add(np.full((200, 1), 0.5), np.empty((0, 200), dtype=np.intp))
    assert len(components.block(slice(0, 202)).means) == components.n == 202
