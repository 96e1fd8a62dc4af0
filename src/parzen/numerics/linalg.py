"""Triangular factors of covariance matrices that never fail and can grow by a row.

Only the inverse of the lower Cholesky factor is kept: it gives solutions,
variances and gradients by matrix products, and a new row costs O(n^2).

Source: Golub and Van Loan, "Matrix computations", 4th ed. (2013), section 4.2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def cholesky(K: Floats) -> Floats | None:
    """(n, n) lower factor of a symmetric matrix, or None if it is not positive definite.

    Args:
        K: (n, n); only its lower triangle matters.
    """
    from scipy.linalg import lapack

    L, info = lapack.dpotrf(np.asfortranarray(K), lower=1, clean=1)
    return L if info == 0 else None


def inverse_factor(K: Floats) -> Floats:
    """(n, n) inverse of the lower Cholesky factor of a positive semidefinite matrix.

    Where rounding has made it indefinite, the diagonal grows by the smallest
    of 1e-10, 1e-8, ... times its mean that helps.

    Args:
        K: (n, n), symmetric and finite.
    """
    from scipy.linalg import lapack

    mean = float(np.trace(K)) / max(len(K), 1)
    jitter = 0.0
    while True:
        L = cholesky(K + jitter * np.eye(len(K)) if jitter else K)
        if L is not None:
            inverse: Floats = lapack.dtrtri(L, lower=1)[0]
            return np.ascontiguousarray(inverse)
        jitter = 100 * jitter if jitter else 1e-10 * mean


def extend(inverse: Floats, n: int, k: Floats, variance: float) -> None:
    """Write row n of an inverse factor whose first n rows are given.

    Args:
        inverse: (m, m) with m > n, zero above the diagonal; changed in place.
        n: How many rows it has so far.
        k: (n,) covariances of the new point with them.
        variance: Of the new point, its noise included. Where rounding leaves less than
            1e-12 of it, that much is taken.
    """
    known = inverse[:n, :n]
    solved = known @ k
    left = max(variance - float(solved @ solved), 1e-12 * variance)
    root = left**0.5
    inverse[n, :n] = (solved @ known) / -root
    inverse[n, n] = 1.0 / root
