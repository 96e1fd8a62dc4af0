import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.numerics.improvement import log_h


@pytest.mark.parametrize(
    ("u", "value"),
    [  # mpmath 1.4.1, 60 digits: log(npdf(u) + u * ncdf(u))
        (3.0, 1.0987396653277078),
        (0.0, -0.91893853320467274),
        (-1.0, -2.4851210257126413),
        (-5.0, -16.74430116266099),
        (-40.0, -808.29856835661996),
        (-1e5, -5000000023.9447895),
    ],
)
def test_values(u, value):
    assert log_h(np.array([u]))[0][0] == pytest.approx(value, rel=1e-9)


@given(st.floats(-1e6, 1e6))
def test_the_slope_is_the_derivative(u):
    step = 1e-6 * max(1.0, abs(u))
    ends = log_h(np.array([u - step, u + step]))[0]
    slope = log_h(np.array([u]))[1][0]
    assert (ends[1] - ends[0]) / (2 * step) == pytest.approx(slope, rel=1e-2, abs=1e-7)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20))
def test_any_finite_number_has_a_value(numbers):
    """It grows with u, and raises nothing but underflows."""
    u = np.sort(np.array(numbers))
    with np.errstate(all="raise", under="ignore"):
        value, slope = log_h(u)
    assert not np.isnan(value).any()
    assert (slope >= 0).all()
    assert (np.diff(value) >= -1e-9 * np.abs(value[1:])).all()


def test_both_branches_meet():
    """Left and right of -1 different formulas are used."""
    left, right = log_h(np.array([-1.0 - 1e-12, -1.0 + 1e-12]))[0]
    assert math.isclose(left, right, rel_tol=1e-11)
