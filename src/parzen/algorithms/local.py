"""Local search: quadratic models of least curvature, each trusted near the best trial only.

A model is fitted to the outcomes around the best trial, and the next trial is
where that model is least within a radius. While the outcomes nearby do not
span all directions, a trial goes into one that is missing, and leans towards
where the others say it gets better. When nothing new is to be had within the
radius, it is halved. Labels stay as they are in the best trial.

Few points tell it much: with one trial for each direction it descends, and it
never needs to know the whole space. It knows nothing of what lies far away.
Ripples and noise mislead a model that passes through all outcomes: where one
that only passes near them foretells each from the others better, that is used.

Sources: Powell, "A direct search optimization method that models the objective
and constraint functions by linear interpolation" (1994), for trials in missing
directions and the halved radius; Powell, "Least Frobenius norm updating of
quadratic models that satisfy interpolation conditions", Mathematical
Programming 100 (2004), for the model; Rasmussen and Williams, "Gaussian
processes for machine learning" (2006), equation 5.12, for what each outcome is
foretold from the others. Choices and constants are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.cube import Cube, cube
from parzen.algorithms.gp import GP, STARTUP
from parzen.algorithms.gp_past import Past, past_of
from parzen.algorithms.untried import key
from parzen.history.history import Floats, History
from parzen.numerics.threads import one_thread
from parzen.space.space import Space

LEAST_RADIUS = 1e-6
SPANNED = 2.1  # radii from the best within which outcomes span directions
MODELLED = 4.0  # and within which they are in the model
FLAT = 0.25  # radii that an outcome must lie off the others' plane to add a direction
LEAN = 0.5  # of the radius, down the slope that is known so far
CURVATURE = 0.3  # how readily the model explains differences by curvature
LEVEL = 1e3  # and by its own level; as good as free
EXACT, NEARLY = 1e-8, 1e-2  # how much an outcome may lie off the model: so many times its slack
SLACK = 10.0  # of the best trial; more further away, where differences are larger
CLEARLY = 1.5  # times less squared error, for which a model passes nearly through the outcomes
SHORT = 0.3  # radii; a shorter step is left for a smaller radius
SAME = 0.3  # radii; so is one that ends so near a trial
MOST = 120  # outcomes in a model
STEPS = 60  # of the descent on the model
MOST_NUMBERS = 30  # hyperparameters; of more, too many directions have to be tried first


class Region:
    """The surroundings of the best trial: the trials that have its labels, in its m active numbers.

    While none has ended, the first of those that run passes for the best.

    Args:
        past: The outcomes; one succeeded, or there are none.
        running: (k, d) rows of the cube of the trials without an outcome; one at least if no other is.

    Attributes:
        row: (d,) the best trial's.
        numbers: (m,) its active numbers.
        centre: (m,) their values.
        gaps: (k, m) from the best trial to the others, of length `distances`.
        rises: (k,) how much worse they are; infinite while they run, and where they were pruned.
        order: (k,) the nearest first.
    """

    def __init__(self, past: Past, running: Floats) -> None:
        cube = past.cube
        rows = np.concatenate([past.rows, running])
        losses = np.concatenate([past.losses, np.full(len(running), np.inf)])
        self.best = int(np.argmin(losses))
        self.row = rows[self.best]
        self.numbers = cube.numbers[~np.isnan(self.row[cube.numbers])]
        self.centre = self.row[self.numbers]
        labels = np.flatnonzero(cube.is_label)
        alike = ((rows[:, labels] == self.row[labels]) | np.isnan(self.row[labels])).all(axis=1)
        alike[self.best] = False
        self.gaps = rows[alike][:, self.numbers] - self.centre
        self.distances = np.sqrt((self.gaps * self.gaps).sum(axis=1))
        rises = losses - (losses[self.best] if past.n else 0.0)
        # A failure is as bad as the worst, so that the model slopes away from it.
        rises[: past.n][past.failed] = rises[np.isfinite(rises)].max(initial=0.0) or 1.0
        self.rises = rises[alike]
        self.order = np.argsort(self.distances, kind="stable")

    def spanned(self, radius: float) -> Floats:
        """(k, m) orthonormal directions that the trials nearby span."""
        m = len(self.numbers)
        basis = np.empty((m, m))
        k = 0
        for i in self.order.tolist():
            if k == m or self.distances[i] > SPANNED * radius:
                break
            off = self.gaps[i] - (basis[:k] @ self.gaps[i]) @ basis[:k]
            length = math.sqrt(float(off @ off))
            if length >= FLAT * radius:
                basis[k] = off / length
                k += 1
        return basis[:k]

    def model(self, radius: float) -> tuple[Floats, Floats]:
        """(m,) slope and (m, m) curvature at the best trial, lengths in radii."""
        m = len(self.numbers)
        near = self.order[self.distances[self.order] <= MODELLED * radius]
        near = near[np.isfinite(self.rises[near]) & (self.distances[near] > 0.0)][:MOST]
        if not len(near):
            return np.zeros(m), np.zeros((m, m))
        steps = np.concatenate([np.zeros((1, m)), self.gaps[near] / radius])
        rises = np.concatenate([[0.0], self.rises[near]])
        rises /= max(float(rises.max()), 1e-300)
        dots = steps @ steps.T
        products = dots + 0.5 * CURVATURE * dots * dots
        slack = SLACK + products.diagonal()
        products += LEVEL
        error, shares = _fitted(products, EXACT * slack, rises)
        error_nearly, nearly = _fitted(products, NEARLY * slack, rises)
        if CLEARLY * error_nearly < error:
            shares = nearly
        return shares @ steps, CURVATURE * (steps.T * shares) @ steps

    def missing(self, basis: Floats, radius: float) -> Floats:
        """(m,) the step into the direction that is missed most, leaning down the slope."""
        m, centre = len(self.numbers), self.centre
        missed = 1.0 - (basis * basis).sum(axis=0)
        axis = np.zeros(m)
        axis[int(np.argmax(missed > missed.max() - 1e-9))] = 1.0
        step = axis - (basis @ axis) @ basis
        step *= radius / math.sqrt(float(step @ step))
        outside = [np.abs(at - np.clip(at, 0.0, 1.0)).sum() for at in (centre + step, centre - step)]
        if outside[0] > outside[1] + 1e-12 or (
            abs(outside[0] - outside[1]) <= 1e-12 and step @ (centre - 0.5) > 1e-9
        ):
            step = -step
        slope, _ = self.model(radius)
        steepness = math.sqrt(float(slope @ slope))
        if steepness > 0.0:
            step = np.clip(centre + step, 0.0, 1.0) - centre - slope * (LEAN * radius / steepness)
        return step

    def downhill(self, radius: float) -> Floats:
        """(m,) the step to the model's least value within the radius and the cube."""
        slope, curvature = self.model(radius)
        low, high = -self.centre / radius, (1.0 - self.centre) / radius

        def inside(step: Floats) -> Floats:
            step = np.clip(step, low, high)
            length = math.sqrt(float(step @ step))
            return step / length if length > 1.0 else step

        steepness = math.sqrt(float(slope @ slope))
        rate = 1.0 / (float(np.abs(np.linalg.eigvalsh(curvature)).max()) + steepness + 1e-300)
        found, least = np.zeros(len(slope)), 0.0
        for start in (inside(-slope / (steepness + 1e-300)), found):
            step = start
            for _ in range(STEPS):
                step = inside(step - rate * (slope + curvature @ step))
            value = float(slope @ step + 0.5 * step @ curvature @ step)
            if value < least:
                found, least = step, value
        return found * radius

    def gap(self, step: Floats) -> float:
        """The distance from the end of a step to the nearest trial, the best one included."""
        away = self.gaps - step
        nearest = float(step @ step)
        if len(away):
            nearest = min(nearest, float(np.einsum("ij,ij->i", away, away).min()))
        return math.sqrt(nearest)


@dataclass(frozen=True, slots=True)
class Local:
    """Local search, and the Gaussian process where there is nothing new nearby.

    Args:
        n_startup_jobs: What the Gaussian process takes. Left out: 10.
    """

    n_startup_jobs: int | None = None

    def __post_init__(self) -> None:
        GP(self.n_startup_jobs)  # checks it

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The end of a step from the best trial; where all that ended have failed, a first point.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        startup = STARTUP if self.n_startup_jobs is None else self.n_startup_jobs
        past = past_of(history, startup)
        if past.done or (history.ended == 0 and len(history)):
            with np.errstate(over="ignore", under="ignore"), one_thread():
                found = _step(history, past)
            if found is not None:
                return found
        return GP(self.n_startup_jobs).suggest(history, ask)


def _fitted(products: Floats, off: Floats, rises: Floats) -> tuple[float, Floats]:
    """The sum of squares by which the others foretell each rise wrongly, and the (n,) shares of a model.

    Args:
        products: (n, n) of the outcomes' features.
        off: (n,) variances of what lies off the model.
        rises: (n,).
    """
    covariance = products.copy()
    covariance.flat[:: len(rises) + 1] += off
    inverse = np.linalg.inv(covariance)
    shares = inverse @ rises
    errors = shares / inverse.diagonal()
    return float(errors @ errors), shares


def suits(space: Space) -> bool:
    """Whether a space consists of numbers, and not too many of them."""
    numbers = cube(space).numbers
    return 0 < len(numbers) == len(space) <= MOST_NUMBERS


def _step(history: History, past: Past) -> Proposal | None:
    """The next trial around the best; None if there is nothing new nearby."""
    shape = past.cube
    region = Region(past, shape.rows(history.running()))
    if not len(region.numbers):
        return None
    tried = past.tried(history)
    radius = past.radius
    while radius > LEAST_RADIUS:
        basis = region.spanned(radius)
        spans = len(basis) == len(region.numbers)
        if spans and not past.n:
            return None  # where it goes down is not known yet
        step = region.downhill(radius) if spans else region.missing(basis, radius)
        row = region.row.copy()
        row[region.numbers] = np.clip(region.centre + step, 0.0, 1.0)
        row = _legal(shape, row)
        step = row[region.numbers] - region.centre
        length = math.sqrt(float(step @ step))
        far = length >= SHORT * radius and region.gap(step) >= SAME * min(radius, length)
        if far or not spans:
            point = shape.point(row)
            if key(np.array(history.space.encode(point), dtype=float)) not in tried:
                return Proposal(point, note={"by": "local", "radius": radius})
        radius /= 2.0
    return None


def _legal(shape: Cube, row: Floats) -> Floats:
    """A row with its numbers at legal places."""
    if shape.coarse:
        row = shape.legal(np.where(np.isnan(row), 0.0, row)[None, :])[0]
    return shape.snapped(row)
