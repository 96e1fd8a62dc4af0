"""Uniform laws agree with SciPy, and with Hyperopt on rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from parzen.space import hp
from parzen.space.distributions.base import Line
from parzen.space.distributions.uniform import Uniform

U = np.linspace(0.0, 0.999, 37)


def test_uniform_is_scipys():
    law, reference = Uniform(-2, 5), stats.uniform(-2, 7)
    np.testing.assert_allclose(
        [law.quantile(u) for u in U.tolist()], reference.ppf(U), rtol=1e-12, atol=1e-12
    )
    x = np.array([-3.0, -2.0, 0.0, 4.999, 5.1])
    np.testing.assert_allclose(law.log_density(x), reference.logpdf(x), rtol=1e-12)


def test_loguniform_is_scipys():
    law, reference = Uniform(-5, 2, log=True), stats.loguniform(math.exp(-5), math.exp(2))
    np.testing.assert_allclose([law.quantile(u) for u in U.tolist()], reference.ppf(U), rtol=1e-12)
    x = np.array([0.001, 0.01, 1.0, 7.0, 8.0])
    np.testing.assert_allclose(law.log_density(x), reference.logpdf(x), rtol=1e-12)


@pytest.mark.parametrize(("low", "high", "q"), [(0, 10, 1), (-3.3, 8.2, 0.7), (0, 1, 0.4)])
def test_quniform_has_the_mass_that_scipy_gives_to_each_cell(low, high, q):
    law, reference = Uniform(low, high, step=q), stats.uniform(low, high - low)
    values = np.arange(round(low / q), round(high / q) + 1) * q
    mass = reference.cdf(values + q / 2) - reference.cdf(values - q / 2)
    np.testing.assert_allclose(np.exp(law.log_density(values)), mass, rtol=1e-9, atol=1e-15)


def test_qloguniform_has_the_mass_that_scipy_gives_to_each_cell():
    law, reference = Uniform(-2, 4, log=True, step=1.0), stats.loguniform(math.exp(-2), math.exp(4))
    values = np.arange(0, 56.0)
    mass = reference.cdf(values + 0.5) - reference.cdf(values - 0.5)
    np.testing.assert_allclose(np.exp(law.log_density(values)), mass, rtol=1e-9, atol=1e-15)


def test_the_end_values_of_a_rounded_law_have_half_the_mass():
    """quniform(0, 2, 1): 1/4, 1/2, 1/4, as in Hyperopt."""
    mass = np.exp(Uniform(0, 2, step=1).log_density(np.array([0.0, 1.0, 2.0])))
    np.testing.assert_allclose(mass, [0.25, 0.5, 0.25])


def test_values_are_multiples_of_the_step_and_not_of_low():
    """quniform(0.3, 2, 0.5) gives 0.5, 1.0, 1.5 and 2.0."""
    law = Uniform(0.3, 2, step=0.5)
    assert sorted({law.quantile(u) for u in U.tolist()}) == [0.5, 1.0, 1.5, 2.0]


def test_rounded_values_may_lie_half_a_step_outside():
    """quniform(0, 3, 2) gives 4, as Hyperopt's does."""
    law = Uniform(0, 3, step=2)
    assert law.quantile(0.9) == 2.0
    assert law.contains(4.0)
    assert not law.contains(4.1)


def test_a_value_rounded_to_zero_lies_at_the_lower_end():
    law = Uniform(-5, 2, log=True, step=1.0)
    assert law.quantile(0.0) == 0.0
    assert 0.0 <= law.latent(np.array([0.0]))[0] < law.latent(np.array([1.0]))[0]


def test_values_are_floats_also_where_the_step_is_whole():
    """Hyperopt stores 3.0; `hp.int` is there for ints."""
    assert type(Uniform(0, 10, step=1).quantile(0.33)) is float


def test_float_never_leaves_its_bounds():
    """exp(log(0.1)) is 0.10000000000000002."""
    law = hp.float(1e-5, 0.1, log=True).distribution
    assert law.quantile(1 - 2**-53) <= 0.1
    assert law.at(1.0) == 0.1
    assert law.at(0.0) == 1e-5
    assert law.geometry == Line(1e-5, 0.1, log=True)


@pytest.mark.parametrize("z", [-0.5, 0.0, 1.0, 1.5])
def test_positions_outside_the_latent_scale_are_moved_to_its_ends(z):
    law = Uniform(-2, 5)
    assert law.at(z) == min(max(-2.0 + 7 * z, -2.0), 5.0) == law.value(np.array([z]))[0]


def test_outside_the_interval_the_density_is_zero():
    assert Uniform(0, 1).log_density(np.array([-0.1, 1.1])).tolist() == [-math.inf, -math.inf]
