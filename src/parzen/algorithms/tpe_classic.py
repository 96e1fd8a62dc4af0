"""TPE by Hyperopt's rules: what ``TPE(mode="hyperopt")`` runs.

Every hyperparameter is modelled on its own, from the trials that used it. The
best few trials give a density l, the rest a density g; 24 draws from l
compete, and the one with the largest l / g wins. Nothing here is meant to be
better than Hyperopt 0.3.0: it is for those who want the same behaviour. The
random numbers differ, so single points do too; their law is the same.

Left out on purpose: points that were proposed before are not avoided, and
what one choice does to its branches is not modelled.

Source: Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter
optimization", NIPS 2011, section 4; numbers and exceptions as observed in
Hyperopt 0.3.0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.random import Random
from parzen.history.history import Floats, History, Status
from parzen.space.distributions.base import Distribution, Labels, Lattice, Line
from parzen.space.space import Space

STARTUP = 20  # trials drawn at random first
GAMMA = 0.25
GOOD_MOST = 25  # never more good trials than that
RECENT = 25  # trials of each set that count in full; older ones fade
FINEST = 100  # no kernel is narrower than this part of the prior's
LEAST = 1e-12  # what a value that was rounded to 0 stands for on a log scale
TINY = 1e-300

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


class Settings(Protocol):
    """What is read of `TPE`; that class imports this module, so it cannot be named here."""

    @property
    def n_startup_jobs(self) -> int | None:
        """Trials before the model is used; None means 20."""

    @property
    def prior_weight(self) -> float:
        """Weight of the prior in each density, in trials."""

    @property
    def n_EI_candidates(self) -> int:  # noqa: N802  # Hyperopt's name
        """Draws from l for each hyperparameter."""

    @property
    def gamma(self) -> float | None:
        """Factor of the square root in the number of good trials; None means 0.25."""


def suggest(settings: Settings, history: History, ask: Ask) -> Proposal:
    """The point of trial `ask.number`: for each active label the draw with the largest l / g.

    Args:
        settings: Of `TPE`.
        history: What is known. Trials that failed or still run count as infinitely bad.
        ask: Number and source of randomness.
    """
    startup = STARTUP if settings.n_startup_jobs is None else settings.n_startup_jobs
    # Hyperopt counts the trials it has proposed, also those still running.
    if len(history) < startup:
        return Proposal(Random().suggest(history, ask).point, note={"by": "random"})
    gamma = GAMMA if settings.gamma is None else settings.gamma
    good = below(_losses(history), gamma)
    space, columns = history.space, history.values.T
    values: dict[int, float | int] = {}
    # Densities far from all kernels may underflow: to 0, which is right.
    with np.errstate(under="ignore"):
        for j in space.order:
            if not space.uses(j, values):
                continue
            used = ~np.isnan(columns[j])
            sets = columns[j][used & good], columns[j][used & ~good]
            values[j] = _value(space, j, sets, settings, ask.rng)
    point = {space.params[j].label: values[j] for j in sorted(values)}
    return Proposal(point, note={"by": "tpe", "mode": "hyperopt"})


def _losses(history: History) -> Floats:
    """(n,) losses in the order of trial numbers; infinite unless successful."""
    losses = history.losses[:, 0]
    usable = (history.status == Status.DONE) & ~np.isnan(losses)
    return np.where(usable, losses, np.inf)


def n_below(n: int, gamma: float = GAMMA) -> int:
    """How many of `n` trials are good ones.

    >>> [n_below(n) for n in (1, 16, 17, 64, 65, 10_000)]
    [1, 1, 2, 2, 3, 25]
    """
    return min(math.ceil(gamma * math.sqrt(n)), GOOD_MOST)


def below(losses: Floats, gamma: float = GAMMA) -> np.ndarray:
    """(n,) bool: which trials are good; of equal losses the older one is better."""
    good = np.zeros(len(losses), dtype=bool)
    good[np.argsort(losses, kind="stable")[: n_below(len(losses), gamma)]] = True
    return good


def forgetting(n: int) -> Floats:
    """(n,) weights of observations from old to new: 1 for the last 25, before them a ramp from 1 / n to 1."""
    if n <= RECENT:
        return np.ones(n)
    step = (1.0 - 1.0 / n) / max(n - RECENT - 1, 1)
    weights: Floats = np.minimum(1.0 / n + step * np.arange(n), 1.0)
    return weights


def _value(
    space: Space, j: int, sets: tuple[Floats, Floats], settings: Settings, rng: np.random.Generator
) -> float | int:
    """The best draw for one hyperparameter, given good and bad values from old to new."""
    law = space.params[j].distribution
    count, weight = settings.n_EI_candidates, settings.prior_weight
    scale = _scales(space)[j]
    if scale is None:
        few, many = (Counts.of(law, x, weight) for x in sets)
        x = few.draw(count, rng)
        return law.plain(float(x[np.argmax(few.log_mass(x) - many.log_mass(x))]))
    good, bad = (Parzen.of(scale.position(x), weight, scale) for x in sets)
    z = scale.within(good.draw(count, rng))
    if scale.step is None:
        return law.at(float(z[np.argmax(good.log_height(z) - bad.log_height(z))]))
    # Draws that round to one value are one candidate: there is no need to integrate its cell twice.
    x = np.unique(law.value(z) + 0.0)  # no -0.0
    cells = law.cell(x)
    assert cells is not None  # it has a step
    ratio = good.merged().log_mass(*cells) - bad.merged().log_mass(*cells)
    return law.plain(float(x[np.argmax(ratio)]))


@dataclass(frozen=True, slots=True)
class Scale:
    """The latent scale of a line, with values left where rounding has put them.

    On it the prior's kernel has width 1. Unlike `Distribution.latent` it does
    not move a value that was rounded beyond an end of the range to that end.

    Attributes:
        log: Whether logarithms of values are modelled.
        origin, width: Position = ((log of) value - origin) / width.
        prior: The middle of the prior's kernel.
        low, high: Ends of the range; infinite for normal laws.
        least: Smaller values count as this one.
        step: Of the values, or None.
    """

    log: bool
    origin: float
    width: float
    prior: float
    low: float
    high: float
    least: float
    step: float | None

    def position(self, x: Floats) -> Floats:
        """User's scale to latent scale."""
        if self.log:
            x = np.log(np.maximum(x, self.least))
        return (x - self.origin) / self.width

    def within(self, z: Floats) -> Floats:
        """Positions kept away from values that floats cannot hold."""
        if not self.log:
            return z
        return np.clip(z, (-700.0 - self.origin) / self.width, (700.0 - self.origin) / self.width)


def scale_of(law: Distribution, line: Line) -> Scale:
    """The scale on which a law is modelled."""
    affine = law.affine()
    if affine is not None:
        _, origin, width = affine
    elif line.bounded:
        origin, high = (math.log(max(end, TINY)) for end in (line.low, line.high))
        width = high - origin
    else:
        # The logarithm is normal and values are rounded; from one step on, positions are affine.
        unit = line.step or 1.0
        first, second = law.latent(np.array([unit, math.e * unit])).tolist()
        width = 1.0 / (second - first)
        origin = math.log(unit) - first * width
    least = TINY if line.step is None else max(line.low, LEAST)
    if line.bounded:
        return Scale(line.log, origin, width, 0.5, 0.0, 1.0, least, line.step)
    return Scale(line.log, origin, width, 0.0, -math.inf, math.inf, least, line.step)


@lru_cache(maxsize=16)
def _scales(space: Space) -> tuple[Scale | None, ...]:
    """The scale of each hyperparameter; None for those that are counted."""
    laws: Sequence[Distribution] = [param.distribution for param in space.params]
    return tuple(scale_of(law, g) if isinstance(g := law.geometry, Line) else None for law in laws)


@dataclass(frozen=True)
class Parzen:
    """A mixture of k Gaussians, cut to an interval as a whole.

    Attributes:
        weights: (k,) summing to 1, before the cut.
        means: (k,) ascending.
        sigmas: (k,) standard deviations.
        low, high: The interval; infinite ends are allowed.
    """

    weights: Floats
    means: Floats
    sigmas: Floats
    low: float
    high: float

    @classmethod
    def of(cls, z: Floats, prior_weight: float, scale: Scale) -> Parzen:
        """One kernel for each observation and a wide one for the prior.

        A kernel reaches to the farther one of its two neighbours, the
        outermost ones to their only one; the prior's middle is a neighbour
        too. A single observation's kernel is half as wide as the prior's.
        Widths are kept between the prior's, which is 1, and a part of it
        that shrinks with the number of kernels.

        Args:
            z: (n,) positions, from old to new.
            prior_weight: Weight of the prior's kernel; the newest observation has 1.
            scale: Where the prior lies.
        """
        n = len(z)
        order = np.argsort(z, kind="stable")
        ordered, weights = z[order], forgetting(n)[order]
        at = int(np.searchsorted(ordered, scale.prior))
        means = np.concatenate([ordered[:at], (scale.prior,), ordered[at:]])
        weights = np.concatenate([weights[:at], (prior_weight,), weights[at:]])
        sigmas = np.zeros(n + 1)
        if n == 1:
            sigmas[:] = 0.5
        else:
            gaps = means[1:] - means[:-1]
            sigmas[1:] = gaps
            np.maximum(sigmas[:-1], gaps, out=sigmas[:-1])
        sigmas = np.minimum(np.maximum(sigmas, 1.0 / min(FINEST, n + 2)), 1.0)
        sigmas[at] = 1.0
        return cls(weights / weights.sum(), means, sigmas, scale.low, scale.high)

    def merged(self) -> Parzen:
        """The same density with equal kernels made one: rounded observations give many."""
        new = (np.diff(self.means) != 0.0) | (np.diff(self.sigmas) != 0.0)
        first = np.flatnonzero(np.append(True, new))
        weights = np.add.reduceat(self.weights, first)
        return Parzen(weights, self.means[first], self.sigmas[first], self.low, self.high)

    @cached_property
    def inside(self) -> Floats:
        """(k,) share of each kernel that lies in the interval."""
        if math.isinf(self.low) and math.isinf(self.high):
            return np.ones(len(self.means))
        return _mass((self.low - self.means) / self.sigmas, (self.high - self.means) / self.sigmas)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """(count,) positions in the interval.

        A kernel's chance is its weight times its share inside, as when draws
        that fall outside are thrown away together with their kernel.
        """
        from scipy.special import ndtr, ndtri

        kernel, place = rng.random((2, count))
        chances = np.cumsum(self.weights * self.inside)
        k = np.minimum(np.searchsorted(chances, kernel * chances[-1], side="right"), len(chances) - 1)
        mean, sigma = self.means[k], self.sigmas[k]
        first, last = ndtr((self.low - mean) / sigma), ndtr((self.high - mean) / sigma)
        share = np.clip(first + place * (last - first), TINY, 1.0 - 1.2e-16)
        drawn: Floats = np.clip(mean + sigma * ndtri(share), self.low, self.high)
        return drawn

    def log_height(self, z: Floats) -> Floats:
        """(c,) log density at positions (c,), up to a constant: what the cut adds is left out."""
        # Far kernels vanish beside the nearest, so past the difference single
        # precision is ample; it is three times as fast.
        far = (z[:, None] - self.means).astype(np.float32)
        far *= (math.sqrt(0.5) / self.sigmas).astype(np.float32)
        far *= far
        nearest = far.min(axis=1)
        terms = np.exp(nearest[:, None] - far)
        total = terms @ (self.weights / self.sigmas).astype(np.float32)
        height: Floats = np.log(np.maximum(total, 1e-37)) - nearest
        return height

    def log_density(self, z: Floats) -> Floats:
        """(c,) log density at positions (c,) in the interval."""
        return self.log_height(z) - (_LOG_ROOT_2PI + math.log(self.weights @ self.inside))

    def log_mass(self, low: Floats, high: Floats) -> Floats:
        """(c,) log probability of intervals with ends (c,) each."""
        mass = _mass((low[:, None] - self.means) / self.sigmas, (high[:, None] - self.means) / self.sigmas)
        return np.log(np.maximum(mass @ self.weights, TINY)) - math.log(self.weights @ self.inside)


def _mass(low: Floats, high: Floats) -> Floats:
    """Standard normal probability between two bounds."""
    from scipy.special import ndtr

    # By symmetry both ends are taken from the lower tail, where ndtr is exact.
    upper = low > 0.0
    mass: Floats = ndtr(np.where(upper, -low, high)) - ndtr(np.where(upper, -high, low))
    return mass


@dataclass(frozen=True)
class Counts:
    """Probabilities from weighted counts, with the prior spread over all values.

    Only values that occur are kept, so the number of possible ones is free.

    Attributes:
        law: The prior.
        values: (k,) observed values, ascending, each once.
        counts: (k,) their weighted counts.
        prior: The prior's weight, as a count: `prior_weight` for each possible value.
    """

    law: Distribution
    values: Floats
    counts: Floats
    prior: float

    @classmethod
    def of(cls, law: Distribution, x: Floats, prior_weight: float) -> Counts:
        """Count observations (n,), given from old to new."""
        geometry = law.geometry
        assert isinstance(geometry, (Labels, Lattice))
        values, which = np.unique(x, return_inverse=True)
        counts = np.bincount(which, weights=forgetting(len(x)), minlength=len(values)).astype(float)
        return cls(law, values, counts, prior_weight * geometry.size)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """(count,) values."""
        entry, share = rng.random((2, count))
        sums = np.cumsum(np.append(self.counts, self.prior))
        k = np.searchsorted(sums[:-1], entry * sums[-1], side="right")
        seen = self.values.tolist()
        quantile = self.law.quantile
        drawn = [
            seen[i] if i < len(seen) else quantile(u) for i, u in zip(k.tolist(), share.tolist(), strict=True)
        ]
        return np.array(drawn, dtype=float)

    def log_mass(self, x: Floats) -> Floats:
        """(c,) log probability of possible values (c,)."""
        mass = self.prior * np.exp(self.law.log_density(x))
        if len(self.values):
            near = np.minimum(np.searchsorted(self.values, x), len(self.values) - 1)
            mass += np.where(self.values[near] == x, self.counts[near], 0.0)
        return np.log(np.maximum(mass, TINY)) - math.log(self.prior + float(self.counts.sum()))
