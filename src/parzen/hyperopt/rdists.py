"""``hyperopt.rdists``: the laws of hyperparameters as objects with SciPy's method names.

They are thin: densities come from `parzen.space.distributions`. SciPy's own
distribution classes are not used, since they cost 0.6 s of CPU to import. So
there is no `fit`, and no `loc` or `scale`.

Numbers in give floats out, arrays give arrays. Draws come from NumPy's global
generator, as in Hyperopt, unless `random_state` is given.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, ndtr, ndtri

from parzen.errors import InvalidArgument
from parzen.space.distributions.base import Array
from parzen.space.distributions.normal import Normal
from parzen.space.distributions.uniform import Uniform

Size = int | tuple[int, ...] | None


class _Law(ABC):
    """What all the laws below share: an underlying law, and draws from it."""

    _law: Uniform | Normal

    def _draw(self, size: Size, random_state: Any) -> Array:
        if random_state is None:
            shares = np.random.random_sample(size)  # noqa: NPY002  # the global generator, as in Hyperopt
        elif isinstance(random_state, np.random.RandomState):
            shares = random_state.random_sample(size)
        else:
            shares = np.random.default_rng(random_state).random(size)
        return np.asarray(self._at(np.asarray(shares, dtype=float)))

    def _at(self, share: Array) -> Array:
        """The value at a share of the law."""
        # 2**-54 stands for the one draw in 2**53 that is exactly 0.
        return self._law.value(
            share if isinstance(self._law, Uniform) else ndtri(np.maximum(share, 2.0**-54))
        )


class _Continuous(_Law):
    """A positive law with a density, with the methods of SciPy's continuous ones."""

    def pdf(self, x: npt.ArrayLike) -> Any:
        """Density at `x`."""
        return _like(x, np.exp(self._log_density(x)))

    def logpdf(self, x: npt.ArrayLike) -> Any:
        """Logarithm of the density at `x`."""
        return _like(x, self._log_density(x))

    def _log_density(self, x: npt.ArrayLike) -> Array:
        return self._law.log_density(np.asarray(x, dtype=float))

    def _score(self, x: npt.ArrayLike) -> Array:
        """Share of the interval, or standard score; minus infinity where nothing lies below `x`."""
        given = np.asarray(x, dtype=float)
        low = 0.0 if isinstance(self._law, Uniform) else -math.inf
        return np.where(given > 0, self._law.latent(given), np.where(np.isnan(given), np.nan, low))

    def cdf(self, x: npt.ArrayLike) -> Any:
        """Probability of a value up to `x`."""
        score = self._score(x)
        return _like(x, score if isinstance(self._law, Uniform) else ndtr(score))

    def sf(self, x: npt.ArrayLike) -> Any:
        """Probability of a value above `x`."""
        score = self._score(x)
        return _like(x, 1 - score if isinstance(self._law, Uniform) else ndtr(-score))

    def logcdf(self, x: npt.ArrayLike) -> Any:
        """Logarithm of `cdf`."""
        score = self._score(x)
        with np.errstate(divide="ignore"):
            return _like(x, np.log(score) if isinstance(self._law, Uniform) else log_ndtr(score))

    def logsf(self, x: npt.ArrayLike) -> Any:
        """Logarithm of `sf`."""
        score = self._score(x)
        with np.errstate(divide="ignore"):
            return _like(x, np.log1p(-score) if isinstance(self._law, Uniform) else log_ndtr(-score))

    def ppf(self, q: npt.ArrayLike) -> Any:
        """The value below which a share `q` lies; NaN unless `q` is in [0, 1]."""
        share = np.asarray(q, dtype=float)
        legal = np.where((share >= 0) & (share <= 1), share, np.nan)
        if isinstance(self._law, Uniform):
            return _like(q, self._law.value(legal))
        return _like(q, np.exp(self._law.mu + self._law.sigma * ndtri(legal)))

    def isf(self, q: npt.ArrayLike) -> Any:
        """The value above which a share `q` lies; NaN unless `q` is in [0, 1]."""
        return self.ppf(1.0 - np.asarray(q, dtype=float))

    def rvs(self, size: Size = None, random_state: Any = None) -> Any:
        """Draws.

        Args:
            size: Their shape; left out, one float.
            random_state: A NumPy generator or a seed.
        """
        return _single(self._draw(size, random_state), size, float)

    @abstractmethod
    def moment(self, order: int) -> float:
        """The mean of the value's power `order`, at least 1."""

    @abstractmethod
    def entropy(self) -> float:
        """Differential entropy, in nats."""

    def mean(self) -> float:
        """The mean."""
        return self.moment(1)

    def var(self) -> float:
        """The variance."""
        return self.moment(2) - self.moment(1) ** 2

    def std(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.var())

    def stats(self, moments: str = "mv") -> tuple[float, ...]:
        """Mean (``m``) and variance (``v``), in the order asked for."""
        if not set(moments) <= {"m", "v"}:
            raise InvalidArgument(f"moments may have 'm' and 'v'; got {moments!r}")
        return tuple(self.mean() if letter == "m" else self.var() for letter in moments)

    def median(self) -> float:
        """The median."""
        return float(self.ppf(0.5))

    def interval(self, confidence: float) -> tuple[float, float]:
        """The ends of the middle share `confidence` of the law."""
        return self.ppf(0.5 - confidence / 2), self.ppf(0.5 + confidence / 2)

    def support(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return self.ppf(0.0), self.ppf(1.0)


class loguniform_gen(_Continuous):
    """exp of a uniform value.

    Args:
        low: Logarithm of the smallest value.
        high: Logarithm of the largest value.
    """

    def __init__(self, low: float = 0, high: float = 1) -> None:
        _ordered(low, high)
        self._low, self._high = float(low), float(high)
        self._law = Uniform(self._low, self._high, log=True)

    def moment(self, order: int) -> float:
        """The mean of the value's power `order`, at least 1."""
        width = order * (self._high - self._low)
        return math.exp(order * self._low) * math.expm1(width) / width

    def entropy(self) -> float:
        """Differential entropy, in nats."""
        return (self._low + self._high) / 2 + math.log(self._high - self._low)


class lognorm_gen(_Continuous):
    """exp of a normal value.

    Args:
        mu: Mean of the logarithm.
        sigma: Standard deviation of the logarithm; above 0.
    """

    def __init__(self, mu: float, sigma: float) -> None:
        _positive(sigma, "sigma")
        self.mu_, self.s_ = float(mu), float(sigma)
        self._law = Normal(self.mu_, self.s_, log=True)

    def moment(self, order: int) -> float:
        """The mean of the value's power `order`, at least 1."""
        return math.exp(order * self.mu_ + 0.5 * (order * self.s_) ** 2)

    def var(self) -> float:
        """The variance."""
        # The difference of moments would lose everything for a small sigma.
        return math.expm1(self.s_**2) * math.exp(2 * self.mu_ + self.s_**2)

    def entropy(self) -> float:
        """Differential entropy, in nats."""
        return self.mu_ + 0.5 + math.log(self.s_) + 0.5 * math.log(2 * math.pi)


class _Rounded(_Law):
    """A law on multiples of `q`; draws are ints if `q` is one."""

    q: float

    def in_domain(self, x: npt.ArrayLike) -> Any:
        """Whether `x` is a multiple of `q`."""
        given = np.asarray(x, dtype=float)
        return np.isclose(given, np.round(given / self.q) * self.q)[()]

    def pmf(self, x: npt.ArrayLike) -> Any:
        """Probability of exactly `x`; 0 unless it is a multiple of `q`."""
        return _like(x, np.exp(self.logpmf(x)))

    def logpmf(self, x: npt.ArrayLike) -> Any:
        """Logarithm of `pmf`."""
        given = np.asarray(x, dtype=float)
        multiples = np.round(given / self.q) * self.q
        # A multiple below 0 has no mass on the logarithmic scale, so any will do there.
        legal = np.maximum(multiples, 0.0) if self._law.log else multiples
        mass = np.where(legal == multiples, self._law.log_density(legal), -np.inf)
        return _like(x, np.where(self.in_domain(given), mass, -np.inf))

    def rvs(self, size: Size = (), random_state: Any = None) -> Any:
        """Draws.

        Args:
            size: Their shape; left out, one number.
            random_state: A NumPy generator or a seed.
        """
        whole = isinstance(self.q, (int, np.integer))
        draws = self._draw(size, random_state) + 0.0  # no -0.0
        return _single(draws.astype(np.int64) if whole else draws, size, int if whole else float)


class _Table(_Rounded):
    """A rounded law with finitely many values `xs` and their probabilities `ps`."""

    def __init__(self, low: float, high: float, q: float, log: bool) -> None:
        _ordered(low, high)
        _positive(q, "q")
        self.low, self.high, self.q = float(low), float(high), q
        self._law = Uniform(self.low, self.high, log, float(q))
        ends = (math.exp(self.low), math.exp(self.high)) if log else (self.low, self.high)
        first, last = (round(end / q) for end in ends)
        self.xs = np.arange(first, last + 1) * q
        self.ps = np.exp(self.logpmf(self.xs))


class quniform_gen(_Table):
    """A uniform value rounded to a multiple of `q`.

    Args:
        low: Lower end before rounding.
        high: Upper end before rounding.
        q: The step; above 0.
    """

    def __init__(self, low: float, high: float, q: float) -> None:
        super().__init__(low, high, q, log=False)


class qloguniform_gen(_Table):
    """exp of a uniform value, rounded to a multiple of `q`.

    Args:
        low: Logarithm of the lower end before rounding.
        high: Logarithm of the upper end before rounding.
        q: The step; above 0.
    """

    def __init__(self, low: float, high: float, q: float) -> None:
        super().__init__(low, high, q, log=True)


class _RoundedNormal(_Rounded):
    def __init__(self, mu: float, sigma: float, q: float, log: bool) -> None:
        _positive(sigma, "sigma")
        _positive(q, "q")
        self.mu, self.sigma, self.q = float(mu), float(sigma), q
        self._law = Normal(self.mu, self.sigma, log, float(q))


class qnormal_gen(_RoundedNormal):
    """A normal value rounded to a multiple of `q`.

    Args:
        mu: Mean.
        sigma: Standard deviation; above 0.
        q: The step; above 0.
    """

    def __init__(self, mu: float, sigma: float, q: float) -> None:
        super().__init__(mu, sigma, q, log=False)


class qlognormal_gen(_RoundedNormal):
    """exp of a normal value, rounded to a multiple of `q`; may be 0.

    Args:
        mu: Mean of the logarithm.
        sigma: Standard deviation of the logarithm; above 0.
        q: The step; above 0.
    """

    def __init__(self, mu: float, sigma: float, q: float) -> None:
        super().__init__(mu, sigma, q, log=True)

    def in_domain(self, x: npt.ArrayLike) -> Any:
        """Whether `x` is a multiple of `q` and not negative."""
        return np.logical_and(super().in_domain(x), np.asarray(x) >= 0)[()]


def _like(x: Any, result: Any) -> Any:
    """A float where a number was given, else an array."""
    return float(result) if np.ndim(x) == 0 else result


def _single(draws: Array | npt.NDArray[np.int64], size: Size, kind: type[int] | type[float]) -> Any:
    return kind(draws) if size in ((), None) else draws


def _ordered(low: float, high: float) -> None:
    if not low < high:
        raise InvalidArgument(f"low must be below high; got {low!r} and {high!r}")


def _positive(value: float, name: str) -> None:
    if not value > 0:
        raise InvalidArgument(f"{name} must be above 0; got {value!r}")


__all__ = [
    "lognorm_gen",
    "loguniform_gen",
    "qlognormal_gen",
    "qloguniform_gen",
    "qnormal_gen",
    "quniform_gen",
]
