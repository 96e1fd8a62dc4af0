"""What turns a plain function into a hard one: rotation, stretching, small dents.

Source: Hansen, Finck, Ros and Auger, "Real-parameter black-box optimization
benchmarking 2009: noiseless functions definitions", INRIA RR-6829 (2009),
section 0.2.
"""

from __future__ import annotations

import numpy as np


def rotation(d: int, rng: np.random.Generator) -> np.ndarray:
    """(d, d) float64: an orthogonal matrix, uniform over all of them."""
    q, r = np.linalg.qr(rng.normal(size=(d, d)))
    return q * np.sign(np.diag(r))


def stretch(d: int, condition: float) -> np.ndarray:
    """(d,) factors from 1 to the square root of `condition`, evenly in their logarithm."""
    return condition ** (0.5 * np.linspace(0, 1, d))


def oscillate(x: np.ndarray) -> np.ndarray:
    """T_osz: small smooth dents of every scale; keeps signs and order, and 0 at 0."""
    size = np.log(np.where(x == 0, 1.0, np.abs(x)))
    fast, slow = np.where(x > 0, 10.0, 5.5), np.where(x > 0, 7.9, 3.1)
    return np.sign(x) * np.exp(size + 0.049 * (np.sin(fast * size) + np.sin(slow * size))) * (x != 0)


def asymmetric(x: np.ndarray, beta: float) -> np.ndarray:
    """T_asy: bends the positive side of each axis, the later axes more."""
    bend = beta * np.linspace(0, 1, len(x))
    positive = np.maximum(x, 0)
    return np.where(x > 0, positive ** (1 + bend * np.sqrt(positive)), x)
