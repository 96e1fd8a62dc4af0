"""Options without order: frequencies are the weights, and impossible options never come."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from parzen.space.distributions.base import Labels
from parzen.space.distributions.categorical import Categorical


def test_probabilities_are_the_weights():
    weights = (0.05, 0.7, 0.25)
    law, reference = Categorical(weights), stats.rv_discrete(values=(range(3), weights))
    x = np.arange(3.0)
    np.testing.assert_allclose(law.log_density(x), reference.logpmf(x), rtol=1e-12)
    u = np.linspace(0.001, 0.999, 50)
    assert [law.quantile(v) for v in u.tolist()] == reference.ppf(u).astype(int).tolist()


def test_an_option_of_probability_zero_is_never_drawn():
    """Not at the ends of [0, 1) and not where the weights' sum is rounded."""
    law = Categorical((0.0, 0.4, 0.0, 0.6, 0.0))
    shares = [0.0, 5e-324, 0.4, math.nextafter(0.4, 0), 1 - 2**-53, *np.linspace(0, 0.999, 99).tolist()]
    assert {law.quantile(u) for u in shares} == {1, 3}


def test_ten_tenths_reach_the_last_option():
    """0.1 added ten times is 0.9999999999999999."""
    assert Categorical((0.1,) * 10).quantile(1 - 2**-53) == 9


def test_the_steps_are_not_part_of_its_identity():
    assert Categorical((0.5, 0.5)) == Categorical((0.5, 0.5))
    assert repr(Categorical((0.5, 0.5))) == "Categorical(weights=(0.5, 0.5))"
    assert Categorical((0.5, 0.5)).geometry == Labels((0.5, 0.5))


def test_a_choice_is_shown_by_its_number_of_options():
    assert Categorical((0.25,) * 4).describe() == "choice of 4"
