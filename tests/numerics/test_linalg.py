import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.numerics.linalg import cholesky, extend, inverse_factor


def covariance(n, seed, rank=None):
    A = np.random.default_rng(seed).normal(size=(n, n if rank is None else rank))
    return A @ A.T / n


@given(st.integers(1, 30), st.integers(0, 1000))
def test_the_inverse_factor_whitens(n, seed):
    K = covariance(n, seed) + 0.1 * np.eye(n)
    inverse = inverse_factor(K)
    assert inverse @ K @ inverse.T == pytest.approx(np.eye(n), abs=1e-9)
    assert np.triu(inverse, 1) == pytest.approx(0.0)


@given(st.integers(2, 25), st.integers(0, 1000))
def test_growing_row_by_row_is_factorising_at_once(n, seed):
    K = covariance(n, seed) + 0.1 * np.eye(n)
    grown = np.zeros((n, n))
    grown[0, 0] = 1.0 / np.sqrt(K[0, 0])
    for i in range(1, n):
        extend(grown, i, K[:i, i], K[i, i])
    assert grown == pytest.approx(inverse_factor(K), abs=1e-8)


@pytest.mark.parametrize("rank", [1, 3])
def test_a_singular_matrix_gets_a_larger_diagonal(rank):
    """Repeated points without noise have such covariances."""
    K = covariance(12, seed=0, rank=rank)
    assert cholesky(K - 1e-9 * np.eye(12)) is None
    inverse = inverse_factor(K)
    assert np.isfinite(inverse).all()
    # The jitter is some 1e-10 of the diagonal: what is whitened is off the null space.
    assert np.linalg.norm(inverse @ K @ inverse.T, 2) == pytest.approx(1.0, abs=1e-3)


def test_a_repeated_row_leaves_some_variance():
    inverse = np.zeros((2, 2))
    inverse[0, 0] = 1.0
    extend(inverse, 1, np.array([1.0]), 1.0)
    assert np.isfinite(inverse).all()
