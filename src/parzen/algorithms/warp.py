"""Losses as a surrogate wants them: of one scale, with the good ones apart and the bad ones tame.

The *half-rank* warp leaves losses below a quantile as they are and gives those
above it normal scores by rank, scaled to the spread of the good ones. So a
loss of a million, an infinite one and a failure are bad, in that order, and
cost the model nothing.

Source: Song et al., "The Vizier Gaussian process bandit algorithm",
arXiv 2408.11527 (2024), section 4.2, for the half-rank warp; here the
quantile is a setting.
"""

from __future__ import annotations

import math

import numpy as np

from parzen.history.history import Floats

LEAST_SCALE = 1e-100  # of losses, as far as their variances are concerned: its square is above 0


def half_rank(losses: Floats, order: np.ndarray, done: int, share: float) -> tuple[Floats, float]:
    """Warp losses and standardise them.

    Args:
        losses: (n,) of all trials; those that are not among the first `done` of `order` are not looked at.
        order: (n,) indices of the trials, at least one, from the best to the worst, failures last.
        done: How many of them have a finite loss.
        share: Quantile in (0, 1) of the finite losses up to which they keep their distances.

    Returns:
        (n,) float64 with mean 0 and deviation 1 (all 0 if there is nothing to tell apart), lower is
        better; and the factor, at most 1e100, by which small differences of good losses were multiplied.
    """
    from scipy.special import ndtri

    n = len(order)
    ranked = losses[order[:done]]
    good = math.ceil(share * done)
    pivot = float(ranked[good - 1]) if done else 0.0
    good += int(np.searchsorted(ranked[good:], pivot, side="right"))
    # Another unit where squares would leave the range of a double.
    unit = max(abs(float(ranked[0])), abs(pivot)) if done else 1.0
    unit = 1.0 if 1e-100 < unit < 1e100 or unit == 0.0 else unit
    pivot /= unit
    warped = np.empty(n)
    warped[:good] = ranked[:good] / unit
    spread = float(np.sqrt(np.mean((warped[:good] - pivot) ** 2))) if good else 0.0
    if not spread > 1e-12 * abs(pivot):
        # All good losses are equal: any distance to the others will do.
        spread = max(1e-6 * abs(pivot), 1e-6)
    place = good / n
    # Trials of one rank have one score; so do all failures.
    scores = (np.arange(good, n) + 0.5) / n
    scores = _tied(scores, ranked[good:], n - done)
    above = ndtri(np.clip(scores, place, 1.0 - 0.5 / n)) - ndtri(np.clip(place, 0.5 / n, 1.0 - 0.5 / n))
    warped[good:] = pivot + np.maximum(above, 0.0) * spread / _spread_below(share)
    deviation = float(np.std(warped))
    result = np.empty(n)
    if not deviation > 1e-13 * abs(pivot):
        result[:] = 0.0
        return result, 0.0
    result[order] = (warped - warped.mean()) / deviation
    return result, 1.0 / max(deviation * unit, LEAST_SCALE)


def _spread_below(share: float) -> float:
    """Root mean square distance to a quantile of a standard normal's values below it; 1 for the median."""
    from scipy.special import ndtri

    q = float(ndtri(share))
    slope = float(np.exp(-0.5 * q * q)) / (float(np.sqrt(2 * np.pi)) * share)
    return float(np.sqrt(1.0 + q * slope + q * q))


def _tied(scores: Floats, losses: Floats, failures: int) -> Floats:
    """Equal losses share the mean of their scores; so do failures, which are last."""
    if failures > 1:
        scores[len(scores) - failures :] = scores[len(scores) - failures :].mean()
    changes = np.flatnonzero(losses[1:] != losses[:-1]) + 1
    if len(changes) + 1 < len(losses):
        for group in np.split(np.arange(len(losses)), changes):
            scores[group] = scores[group].mean()
    return scores
