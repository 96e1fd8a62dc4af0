"""Climbing from several places at once, inside a box.

A projected BFGS method whose iterations evaluate all places in one call:
where an evaluation is a matrix product, ten places cost little more than one.

Source: Nocedal and Wright, "Numerical optimization", 2nd ed. (2006),
algorithm 6.1 and equation 6.17 for BFGS; Bertsekas, SIAM J. Control
Optim. 20 (1982), section 2, for holding coordinates at their bounds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parzen.history.history import Floats

SUFFICIENT = 1e-4  # share of the promised gain that a step must bring
FIRST_STEP = 0.2  # length of the first step, in the units of x


def climb(
    value_and_slope: Callable[[Floats], tuple[Floats, Floats]],
    x: Floats,
    low: Floats,
    high: Floats,
    rounds: int,
    gain: float = 1e-4,
) -> tuple[Floats, Floats]:
    """Local maxima near some places.

    Args:
        value_and_slope: (s, m) places to (s,) values and (s, m) gradients, row by row.
        x: (s, m) where to start; inside the box.
        low: (s, m) lower ends.
        high: (s, m) upper ends.
        rounds: Evaluations of all places, at least 1.
        gain: A place whose next step promises less is at its end.

    Returns:
        (s, m) places and (s,) values, nowhere lower than at the start.
    """
    s, m = x.shape
    value, slope = value_and_slope(x)
    unit = np.eye(m)
    H = np.broadcast_to(unit, (s, m, m)).copy()
    fresh = np.ones(s, dtype=bool)
    step = np.ones(s)
    for _ in range(rounds - 1):
        held = ((x <= low) & (slope < 0)) | ((x >= high) & (slope > 0))
        free = np.where(held, 0.0, slope)
        move = np.where(held, 0.0, np.einsum("sij,sj->si", H, free))
        rising = np.einsum("si,si->s", move, free) > 0
        move = np.where(rising[:, None], move, free)
        length = np.sqrt(np.einsum("si,si->s", move, move))
        first = np.where(fresh, np.minimum(1.0, FIRST_STEP / np.maximum(length, 1e-300)), 1.0)
        ahead = np.clip(x + (first * step)[:, None] * move, low, high)
        shift = ahead - x
        promised = np.einsum("si,si->s", shift, slope)
        if not (promised > gain).any():
            break
        there, slope_there = value_and_slope(ahead)
        better = there >= value + SUFFICIENT * promised
        change = slope - slope_there  # of the function turned upside down, which BFGS takes as convex
        curved = np.einsum("si,si->s", shift, change)
        learn = better & (curved > 1e-10 * np.einsum("si,si->s", change, change)) & (curved > 0)
        _update(H, learn, shift, change, curved, fresh)
        fresh &= ~learn
        step = np.where(better, 1.0, step * 0.25)
        stuck = step < 1e-3
        H[stuck], fresh[stuck], step[stuck] = unit, True, 0.1
        x = np.where(better[:, None], ahead, x)
        value = np.where(better, there, value)
        slope = np.where(better[:, None], slope_there, slope)
    return x, value


def _update(
    H: Floats, learn: np.ndarray, shift: Floats, change: Floats, curved: Floats, fresh: np.ndarray
) -> None:
    """BFGS's update of the inverse Hessians of the places in `learn`, in place."""
    rows = np.flatnonzero(learn)
    if not len(rows):
        return
    dx, dg, c = shift[rows], change[rows], curved[rows]
    scaled = fresh[rows]
    size = c / np.einsum("si,si->s", dg, dg)
    h = np.where(scaled[:, None, None], size[:, None, None] * np.eye(H.shape[1]), H[rows])
    hg = np.einsum("sij,sj->si", h, dg)
    grown = (1.0 + np.einsum("si,si->s", dg, hg) / c) / c
    cross = dx[:, :, None] * hg[:, None, :] / c[:, None, None]
    h = h + grown[:, None, None] * (dx[:, :, None] * dx[:, None, :])
    H[rows] = h - cross - cross.transpose(0, 2, 1)
