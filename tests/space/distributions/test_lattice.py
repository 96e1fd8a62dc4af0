"""Finitely many numbers in order: exact masses, no enumeration, ints that stay ints."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from parzen.space import hp
from parzen.space.distributions.base import Lattice
from parzen.space.distributions.lattice import Numbers


def test_randint_is_scipys():
    law, reference = hp.randint("x", -4, 9).distribution, stats.randint(-4, 9)
    x = np.arange(-4.0, 9.0)
    np.testing.assert_allclose(law.log_density(x), reference.logpmf(x), rtol=1e-12)
    u = np.linspace(0.001, 0.999, 50)
    assert [law.quantile(v) for v in u.tolist()] == reference.ppf(u).astype(int).tolist()


def test_randint_leaves_out_its_upper_bound():
    law = hp.randint("x", 5).distribution
    assert {law.quantile(u / 100) for u in range(100)} == {0, 1, 2, 3, 4}
    assert law.geometry == Lattice(0, 4)


def test_all_values_of_an_int_are_equally_likely():
    """Both ends too: 1/16 each, where rounding would give the ends half."""
    law = hp.int(1, 16).distribution
    np.testing.assert_allclose(law.log_density(np.arange(1.0, 17.0)), math.log(1 / 16), rtol=1e-12)


def test_a_logarithmic_int_is_a_rounded_loguniform():
    """SciPy's mass of each cell [k - 1/2, k + 1/2]."""
    law, reference = hp.int(1, 300, log=True).distribution, stats.loguniform(0.5, 300.5)
    k = np.arange(1.0, 301.0)
    mass = reference.cdf(k + 0.5) - reference.cdf(k - 0.5)
    np.testing.assert_allclose(np.exp(law.log_density(k)), mass, rtol=1e-9)


@pytest.mark.parametrize(
    ("law", "values"),
    [
        (hp.int(16, 250, step=16), list(range(16, 241, 16))),
        (hp.float(0.1, 0.75, step=0.1), [0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 0.6, 0.7000000000000001]),
        (hp.int(5, 5), [5]),
    ],
)
def test_steps_begin_at_low(law, values):
    distribution = law.distribution
    drawn = sorted({distribution.quantile((i + 0.5) / 500) for i in range(500)})
    assert drawn == pytest.approx(values, rel=1e-12)
    assert [type(x) for x in drawn] == [type(x) for x in values]


def test_every_value_of_two_to_the_52_can_be_reached():
    """The range is never enumerated; the ends and the middle are exact."""
    law = hp.randint("x", 2**52).distribution
    assert law.quantile(0.0) == 0
    assert law.quantile(1 - 2**-53) == 2**52 - 1
    assert law.quantile(0.5) == 2**51


def test_plain_takes_off_rounding_dust():
    law = Numbers(0.1, 0.7, step=0.1, word="float")
    assert law.plain(0.3) == law.quantile(0.4)


@pytest.mark.parametrize(("x", "inside"), [(1, True), (16, True), (0, False), (17, False), (2.5, False)])
def test_an_int_contains_whole_numbers_between_its_ends(x, inside):
    assert hp.int(1, 16).distribution.contains(x) is inside


def test_a_float_with_a_step_contains_its_own_rounded_end():
    """0.1 + 6 * 0.1 is 0.7000000000000001; the user writes 0.7."""
    law = hp.float(0.1, 0.7, step=0.1).distribution
    assert law.contains(0.7)
    assert law.contains(law.quantile(0.999))


def test_it_names_the_word_it_came_from():
    assert hp.randint("x", 3, 9).distribution.describe() == "randint(3, 9)"
    assert hp.int(1, 9).distribution.describe() == "int(1, 9)"
    assert hp.float(0.0, 1.0, step=0.5).distribution.call()[0] == "float"
