"""Expected improvement on the logarithmic scale, where it neither underflows nor goes flat.

Sources: Jones, Schonlau and Welch, "Efficient global optimization of
expensive black-box functions", J. Global Optimization 13 (1998), equation 15;
Ament et al., "Unexpected improvements to expected improvement for Bayesian
optimization", NeurIPS 2023, equations 9 and 10, for the stable logarithm.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
_FAR = -1e4  # below it the first term of the tail's series is exact to 1e-8


def log_h(u: Floats) -> tuple[Floats, Floats]:
    """Logarithm of h(u) = phi(u) + u Phi(u), and its derivative Phi(u) / h(u).

    The expected improvement at mean m and deviation s below a loss b is
    s h((b - m) / s).

    Args:
        u: Any shape, finite.

    Returns:
        Two arrays of that shape.

    >>> log_h(np.array([0.0, -40.0]))[0].round(4).tolist()
    [-0.9189, -808.2986]
    """
    from scipy.special import erfcx, ndtr

    value, slope = np.empty_like(u), np.empty_like(u)
    near = u > -1.0
    x = np.minimum(u[near], 1e100)
    mass = ndtr(x)
    h = np.exp(-0.5 * np.minimum(x * x, 1400.0) - _LOG_ROOT_2PI) + x * mass
    value[near], slope[near] = np.log(h), mass / h
    x = np.maximum(u[~near], -1e100)
    # Phi / phi, by the scaled complementary error function.
    ratio = erfcx(x / -math.sqrt(2.0)) * math.sqrt(math.pi / 2.0)
    rest = np.where(x < _FAR, 1.0 / (x * x), np.maximum(1.0 + x * ratio, 1e-300))
    value[~near] = -0.5 * x * x - _LOG_ROOT_2PI + np.log(rest)
    slope[~near] = ratio / rest
    return value, slope
