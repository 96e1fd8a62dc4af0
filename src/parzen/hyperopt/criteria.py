"""``hyperopt.criteria``: how much better than a threshold a value is expected to be.

Larger is better here: improvement is what lies above the threshold. All but
the empirical ones take numbers or arrays and work elementwise.

Source for the tail: Ament, Daulton, Eriksson, Balandat and Bakshy, "Unexpected
improvements to expected improvement for Bayesian optimization", NeurIPS 2023,
section 4.1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, ndtr

Floats = npt.NDArray[np.float64]
_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
# Below -100 deviations the difference of two nearly equal numbers has lost
# four digits, and four terms of the asymptotic series are exact to 1e-13.
_FAR = -100.0


def EI_empirical(samples: npt.ArrayLike, thresh: float) -> np.float64:
    """Mean improvement of samples over a threshold.

    Args:
        samples: Draws of the value, of any shape.
        thresh: The threshold.
    """
    return np.float64(np.maximum(np.asarray(samples, dtype=float) - thresh, 0.0).mean())


def EI_gaussian_empirical(mean: float, var: float, thresh: float, rng: Any, N: int) -> np.float64:
    """Expected improvement of a normal value, estimated from draws.

    Args:
        mean: Its mean.
        var: Its variance.
        thresh: The threshold.
        rng: A NumPy generator, new or old.
        N: How many draws.
    """
    return EI_empirical(rng.standard_normal(N) * math.sqrt(var) + mean, thresh)


def EI_gaussian(mean: npt.ArrayLike, var: npt.ArrayLike, thresh: npt.ArrayLike) -> Any:
    """Expected improvement of a normal value, exact.

    Args:
        mean: Its mean.
        var: Its variance, above 0.
        thresh: The threshold.

    Returns:
        A NumPy float, or an array if one was given.
    """
    sigma = np.sqrt(var)
    score = np.subtract(mean, thresh) / sigma
    density = np.exp(-0.5 * score**2 - _LOG_ROOT_2PI)
    return sigma * (score * ndtr(score) + density)


def logEI_gaussian(mean: npt.ArrayLike, var: npt.ArrayLike, thresh: npt.ArrayLike) -> Any:
    """Logarithm of `EI_gaussian`; finite and exact also where that underflows to 0.

    Args:
        mean: The value's mean.
        var: Its variance, above 0.
        thresh: The threshold.

    Returns:
        A NumPy float, or an array if one was given.
    """
    sigma = np.asarray(np.sqrt(var), dtype=float)
    score = np.asarray(np.subtract(mean, thresh) / sigma, dtype=float)
    return (np.log(sigma) + _log_h(score))[()]


def _log_h(z: Floats) -> Floats:
    """log(z * Phi(z) + phi(z)), each of three forms where it is accurate."""
    near = np.maximum(z, -1.0)
    below = np.clip(z, _FAR, -1.0)
    far = np.minimum(z, _FAR)
    log_density = -0.5 * z * z - _LOG_ROOT_2PI
    upper = np.log(near * ndtr(near) + np.exp(-0.5 * near * near - _LOG_ROOT_2PI))
    # Phi(z) / phi(z) = sqrt(pi / 2) * erfcx(-z / sqrt(2)), without underflow.
    middle = log_density + np.log1p(below * math.sqrt(math.pi / 2) * erfcx(-below / math.sqrt(2)))
    s = far**-2
    tail = log_density + np.log(s) + np.log1p(s * (-3 + s * (15 - 105 * s)))
    result: Floats = np.where(z > -1.0, upper, np.where(z > _FAR, middle, tail))
    return result


def UCB(mean: npt.ArrayLike, var: npt.ArrayLike, zscore: float) -> Any:
    """Upper confidence bound: `zscore` standard deviations above the mean.

    Args:
        mean: The value's mean.
        var: Its variance.
        zscore: How many standard deviations.
    """
    return np.add(mean, np.sqrt(var) * zscore)


__all__ = ["UCB", "EI_empirical", "EI_gaussian", "EI_gaussian_empirical", "logEI_gaussian"]
