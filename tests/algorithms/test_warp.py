import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parzen.algorithms.warp import half_rank

FINITE = st.floats(-1e300, 1e300)


def warp(losses, failures=0, share=0.5):
    """The warp of some losses and then some failures."""
    y = np.array([*losses, *[math.inf] * failures])
    order = np.argsort(y, kind="stable")
    with np.errstate(all="raise", under="ignore"):
        return half_rank(y, order, len(losses), share)


@given(st.lists(FINITE, min_size=1, max_size=40), st.integers(0, 10), st.sampled_from([0.5, 0.75]))
@example([0.0, -5e-324], 0, 0.5)
def test_order_is_kept(losses, failures, share):
    """A worse loss is never warped to a better one, and failures are last."""
    z, factor = warp(losses, failures, share)
    assert np.isfinite(z).all()
    assert 0.0 <= factor <= 1e100
    order = np.argsort([*losses, *[math.inf] * failures], kind="stable")
    assert (np.diff(z[order]) >= -1e-9).all()


@given(st.lists(FINITE, min_size=2, max_size=40), st.integers(0, 5))
def test_result_is_standardised(losses, failures):
    z, factor = warp(losses, failures)
    if factor:
        assert z.mean() == pytest.approx(0.0, abs=1e-6)
        assert z.std() == pytest.approx(1.0, abs=1e-6)
    else:
        assert (z == 0.0).all()


def test_good_losses_keep_their_distances():
    losses = [0.1, 0.2, 0.4, 5.0, 1e6, 1e12]
    z, factor = warp(losses)
    assert z[1] - z[0] == pytest.approx(0.1 * factor)
    assert z[2] - z[1] == pytest.approx(0.2 * factor)


def test_size_of_bad_losses_does_not_matter():
    """Only their order does."""
    assert warp([1, 2, 3, 4, 5, 6])[0] == pytest.approx(warp([1, 2, 3, 4, 1e9, 1e300])[0])


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=30), st.floats(0.01, 100), st.floats(-100, 100))
def test_units_do_not_matter(losses, factor, shift):
    if len(set(np.round(losses, 3))) < 3:
        return
    moved = [factor * loss + shift for loss in losses]
    if len(set(moved)) < len(set(losses)):
        return  # rounding made two losses one
    assert warp(losses)[0] == pytest.approx(warp(moved)[0], abs=1e-5)


def test_equal_losses_are_equal():
    z, _ = warp([1.0, 2.0, 7.0, 7.0, 7.0, 9.0], failures=3)
    assert z[2] == z[3] == z[4]
    assert z[6] == z[7] == z[8] > z[5]


@pytest.mark.parametrize("losses", [[3.0], [3.0] * 5])
def test_nothing_to_tell_apart(losses):
    """One loss, or equal ones: all 0."""
    z, factor = warp(losses)
    assert (z == 0.0).all()
    assert factor == 0.0


def test_a_normal_sample_is_hardly_changed():
    """Scores above the quantile are scaled so that a normal sample stays one."""
    sample = np.random.default_rng(0).normal(size=4000)
    for share in (0.5, 0.75):
        z, _ = warp(sample, share=share)
        assert np.abs(z - (sample - sample.mean()) / sample.std()).max() < 0.6
        assert np.quantile(np.abs(z - (sample - sample.mean()) / sample.std()), 0.99) < 0.06
