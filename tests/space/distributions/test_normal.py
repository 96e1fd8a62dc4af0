"""Normal laws agree with SciPy, also far out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from parzen.space.distributions.base import Line
from parzen.space.distributions.normal import Normal

U = np.linspace(0.001, 0.999, 37)


def test_normal_is_scipys():
    law, reference = Normal(-3, 2), stats.norm(-3, 2)
    np.testing.assert_allclose([law.quantile(u) for u in U.tolist()], reference.ppf(U), rtol=1e-9, atol=1e-12)
    x = np.array([-50.0, -3.0, 0.0, 12.5])
    np.testing.assert_allclose(law.log_density(x), reference.logpdf(x), rtol=1e-12)


def test_lognormal_is_scipys():
    law, reference = Normal(1, 1.5, log=True), stats.lognorm(1.5, scale=math.e)
    np.testing.assert_allclose([law.quantile(u) for u in U.tolist()], reference.ppf(U), rtol=1e-9)
    x = np.array([1e-6, 0.3, 2.0, 500.0])
    np.testing.assert_allclose(law.log_density(x), reference.logpdf(x), rtol=1e-12)


def test_a_lognormal_has_no_value_at_or_below_zero():
    law = Normal(0, 1, log=True)
    assert law.log_density(np.array([0.0, -1.0])).tolist() == [-math.inf, -math.inf]
    assert not law.contains(0.0)
    assert law.geometry == Line(0.0, math.inf, log=True)


@pytest.mark.parametrize("q", [0.5, 1.0, 3.0])
def test_qnormal_has_the_mass_that_scipy_gives_to_each_cell(q):
    law, reference = Normal(0.7, 4, step=q), stats.norm(0.7, 4)
    values = np.arange(-20, 21) * q
    mass = reference.cdf(values + q / 2) - reference.cdf(values - q / 2)
    near = np.abs(values) < 15  # beyond, SciPy's difference loses digits and ours does not
    np.testing.assert_allclose(np.exp(law.log_density(values))[near], mass[near], rtol=1e-9)


def test_qlognormal_has_the_mass_that_scipy_gives_to_each_cell():
    law, reference = Normal(0.5, 0.7, log=True, step=0.5), stats.lognorm(0.7, scale=math.exp(0.5))
    values = np.arange(0, 30) * 0.5
    mass = reference.cdf(values + 0.25) - reference.cdf(values - 0.25)
    np.testing.assert_allclose(np.exp(law.log_density(values)), mass, rtol=1e-7, atol=1e-15)


def test_rounded_values_far_out_keep_their_digits():
    """By symmetry: 30 standard deviations to either side."""
    law = Normal(0, 1, step=1.0)
    low, high = law.log_density(np.array([-30.0, 30.0]))
    # scipy 1.17.1: norm.logsf(29.5), which the other end changes by 1e-13 of itself
    assert low == pytest.approx(high, rel=1e-12)
    assert high == pytest.approx(-439.43, abs=0.01)


@pytest.mark.parametrize("u", [0.0, 5e-324, 1e-300, 1 - 2**-53])
def test_the_ends_of_the_shares_give_finite_values(u):
    for law in (Normal(0, 1), Normal(0, 1, step=0.1), Normal(0, 1, log=True)):
        assert math.isfinite(law.quantile(u))


@pytest.mark.parametrize("step", [None, 1.0])
def test_a_wide_lognormal_does_not_overflow(step):
    """exp(100 * 8.2) is no float; the largest ones do."""
    law = Normal(0, 100, log=True, step=step)
    assert math.isfinite(law.quantile(1 - 2**-53))
    assert math.isfinite(law.at(8.2))
    assert np.isfinite(law.value(np.array([8.2]))).all()


def test_quantiles_are_symmetric():
    law = Normal(0, 1)
    assert law.quantile(0.25) == pytest.approx(-law.quantile(0.75), rel=1e-12)
    assert law.quantile(0.5) == 0.0
