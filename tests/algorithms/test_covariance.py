import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.algorithms.covariance import Covariance, Inputs
from parzen.algorithms.cube import Cube, cube
from parzen.algorithms.surrogate import Factor, Posterior
from parzen.space.flatten import flatten
from parzen.testing.algorithms import example_space
from parzen.testing.strategies import spaces

NAMES = ["flat", "mixed", "conditional", "finite"]


def problem(name, n=30, seed=0):
    shape = cube(example_space(name))
    covariance = Covariance(shape)
    rng = np.random.default_rng(seed)
    rows = shape.legal(shape.draw(n, rng))
    theta = covariance.start(2.0) + 0.3 * rng.normal(size=covariance.size)
    return shape, covariance, rows, theta, rng.normal(size=n)


def full(factor):
    """The covariance of a factor's rows, noise included, the slow way."""
    return factor.covariances(Inputs(factor.near, factor.wide)) + factor.noise * np.eye(factor.n)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_of_the_evidence_is_its_derivative(name):
    _, covariance, rows, theta, y = problem(name)
    pairs = covariance.pairs(covariance.inputs(rows))
    _, gradient = covariance.evidence(theta, pairs, y, 0.0)
    step = 1e-6 * np.eye(covariance.size)
    slow = [
        (covariance.evidence(theta + e, pairs, y, 0.0)[0] - covariance.evidence(theta - e, pairs, y, 0.0)[0])
        / 2e-6
        for e in step
    ]
    assert gradient == pytest.approx(np.array(slow), rel=1e-5, abs=1e-6 * np.abs(gradient).max())


@pytest.mark.parametrize("name", NAMES)
def test_the_evidence_is_that_of_a_normal_law(name):
    """Equation 5.8 of Rasmussen and Williams, with NumPy's determinant and solution."""
    _, covariance, rows, theta, y = problem(name)
    inputs = covariance.inputs(rows)
    pairs = covariance.pairs(inputs)
    K = full(Factor(covariance, theta, inputs, np.zeros(len(y))))
    slow = 0.5 * y @ np.linalg.solve(K, y) + 0.5 * np.linalg.slogdet(K)[1]
    prior = covariance._prior(theta, pairs.dims)[0]
    assert covariance.evidence(theta, pairs, y, 0.0)[0] - prior == pytest.approx(slow, rel=1e-9)


@given(spaces(), st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_it_is_positive_definite_on_every_space(space, seed):
    shape = Cube(flatten(space))
    covariance = Covariance(shape)
    rng = np.random.default_rng(seed)
    inputs = covariance.inputs(shape.legal(shape.draw(25, rng)))
    factor = Factor(covariance, covariance.start(1.0), inputs, np.zeros(25))
    assert np.linalg.eigvalsh(full(factor)).min() > 0.5 * factor.noise


@pytest.mark.parametrize("name", NAMES)
def test_a_grown_factor_is_one_made_at_once(name):
    _, covariance, rows, theta, y = problem(name, n=90)
    inputs = covariance.inputs(rows)
    noise = np.linspace(0.0, 0.1, 90)
    grown = Factor(covariance, theta, inputs.take(slice(0, 10)), noise[:10])
    grown.add(inputs.take(slice(10, 90)), noise[10:])
    whole = Factor(covariance, theta, inputs, noise)
    assert grown.inverse[:90, :90] == pytest.approx(whole.inverse[:90, :90], abs=1e-6)
    del y


@pytest.mark.parametrize("name", NAMES)
def test_the_posterior_is_that_of_the_book(name):
    """Equations 2.25 and 2.26, with explicit inverses."""
    shape, covariance, rows, theta, y = problem(name)
    factor = Factor(covariance, theta, covariance.inputs(rows), np.zeros(len(y)))
    others = covariance.inputs(shape.legal(shape.draw(20, np.random.default_rng(1))))
    mean, deviation = Posterior(factor, y).predict(others)
    scaled = factor.scaled(others)
    k, K = factor.covariances(scaled), full(factor)
    assert mean == pytest.approx(k @ np.linalg.solve(K, y), abs=1e-8)
    prior = factor.covariances(scaled, scaled).diagonal()
    variance = prior - np.einsum("ij,ji->i", k, np.linalg.solve(K, k.T))
    assert deviation**2 == pytest.approx(variance, abs=1e-8)


@pytest.mark.parametrize("name", ["flat", "mixed", "conditional"])
def test_the_slope_of_the_improvement_is_its_derivative(name):
    shape, covariance, rows, theta, y = problem(name)
    posterior = Posterior(Factor(covariance, theta, covariance.inputs(rows), np.zeros(len(y))), y)
    rows = shape.legal(shape.draw(6, np.random.default_rng(2)))
    value, slope = posterior.slope(covariance.inputs(rows), -0.5)
    assert value == pytest.approx(posterior.log_improvement(covariance.inputs(rows), -0.5), abs=1e-9)
    for k, j in enumerate(shape.numbers):
        moved = [rows.copy(), rows.copy()]
        moved[0][:, j] -= 1e-6
        moved[1][:, j] += 1e-6
        ends = [posterior.log_improvement(covariance.inputs(other), -0.5) for other in moved]
        active = ~np.isnan(rows[:, j])
        assert slope[active, k] == pytest.approx((ends[1] - ends[0])[active] / 2e-6, rel=1e-3, abs=1e-4)


def test_pending_points_leave_the_mean_and_lower_the_deviation():
    shape, covariance, rows, theta, y = problem("flat")
    inputs = covariance.inputs(rows)
    factor = Factor(covariance, theta, inputs, np.zeros(len(y)))
    pending = covariance.inputs(shape.draw(3, np.random.default_rng(3)))
    before = Posterior(factor, y).predict(pending)
    grown = factor.copy()
    grown.add(pending, np.zeros(3))
    after = Posterior(grown, y).predict(pending)
    assert factor.n == len(y)
    assert after[0] == pytest.approx(before[0])
    assert (after[1] < before[1]).all()


def test_a_joint_draw_has_the_posterior_s_moments():
    shape, covariance, rows, theta, y = problem("flat")
    posterior = Posterior(Factor(covariance, theta, covariance.inputs(rows), np.zeros(len(y))), y)
    others = covariance.inputs(shape.draw(4, np.random.default_rng(4)))
    mean, deviation = posterior.predict(others)
    rng = np.random.default_rng(5)
    draws = np.array([posterior.draw(others, rng) for _ in range(2000)])
    # Six standard errors of 2 000 draws.
    assert (np.abs(draws.mean(axis=0) - mean) < 6 * deviation / 2000**0.5 + 1e-9).all()
    assert draws.std(axis=0) == pytest.approx(deviation, rel=0.1)


def test_dims_are_the_mean_number_of_active_hyperparameters():
    shape, covariance, rows, _, _ = problem("conditional", n=200)
    inputs = covariance.inputs(rows)
    assert covariance.dims(inputs) == pytest.approx((~np.isnan(rows)).sum(axis=1).mean())
    del shape


def test_fitting_finds_the_idle_hyperparameter():
    """Its length becomes much longer than that of the one that matters."""
    shape = cube(example_space("flat"))
    covariance = Covariance(shape)
    rows = shape.draw(60, np.random.default_rng(0))
    y = np.sin(8 * rows[:, 0])
    y = (y - y.mean()) / y.std()
    theta = covariance.fit(covariance.inputs(rows), y, 0.0, [covariance.start(3.0)], 40)
    assert theta[0] < theta[1] - 2.0
    assert theta[0] < theta[2] - 2.0
