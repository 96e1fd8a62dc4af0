"""CMA-ES: an evolution strategy with a learned covariance, for long searches over numbers.

The strategy itself is the library `cmaes`. Here its state is a fold: outcomes
of its own proposals, in the order of the view, make generations. What was
known before it starts gives the first mean and covariance. When it has
converged it starts again, elsewhere and with twice as many points in a
generation.

Sources: Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772
(2016); Nomura et al., "Warm starting CMA-ES for hyperparameter optimization",
AAAI 2021, equations 6 to 8, for the start; Auger and Hansen, "A restart
CMA evolution strategy with increasing population size", CEC 2005.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.cube import Cube, cube
from parzen.algorithms.quasirandom import sobol_start
from parzen.algorithms.sobol import sobol_point
from parzen.errors import InvalidArgument, MissingDependency
from parzen.history.history import Floats, History, OutcomeRow, Status
from parzen.numerics.threads import one_thread
from parzen.space.space import Space

STARTUP = 20
SIGMA = 0.25  # of a start from nowhere, as a share of the range
FAILED = 1e300  # the loss of a failure: worse than any
BEST = 25  # earlier trials that give the first mean and covariance


@dataclass(frozen=True, slots=True)
class CMAES:
    """Settings of CMA-ES, which is for two or more numbers without choices and conditions.

    Args:
        n_startup_jobs: Trials that must have ended before it starts, at least 2; until then points are
            quasi-random. Left out: 20.
    """

    n_startup_jobs: int | None = None

    def __post_init__(self) -> None:
        if self.n_startup_jobs is not None and self.n_startup_jobs < 2:
            raise InvalidArgument(f"n_startup_jobs must be at least 2; got {self.n_startup_jobs!r}")

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """A draw from the present generation's law.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.

        Raises:
            InvalidArgument: If the space has a choice, a condition or fewer than two hyperparameters.
            MissingDependency: If the library `cmaes` is not installed.
        """
        space = history.space
        if not suits(space):
            raise InvalidArgument(
                "cmaes needs two or more numbers, without choices and conditions; "
                f"got {space!r}. Use algo='auto' for such a space"
            )
        startup = STARTUP if self.n_startup_jobs is None else self.n_startup_jobs
        with one_thread(), np.errstate(under="ignore"):
            strategy = history.derived(
                ("cmaes", startup), lambda: Strategy(cube(space), startup), Strategy.add
            )
            if strategy.law is None:
                return Proposal(sobol_start(history, ask), note={"by": "sobol"})
            strategy.law.reseed_rng(int(ask.rng.integers(2**32)))
            row = np.clip(strategy.law.ask(), 0.0, 1.0)
        note = {"by": "cmaes", "generation": strategy.law.generation, "restarts": strategy.restarts}
        return Proposal(strategy.cube.point(row), note=note)


def suits(space: Space) -> bool:
    """Whether CMA-ES can search a space.

    Args:
        space: Any.
    """
    return len(space) >= 2 and not space.conditional and not cube(space).labels


class Strategy:
    """The state of the evolution strategy: a fold over outcomes.

    Attributes:
        law: The library's optimizer; None before the start.
        restarts: How often it began anew.
    """

    def __init__(self, shape: Cube, startup: int) -> None:
        self.cube = shape
        self.startup = startup
        self.law: Any = None
        self.restarts = 0
        self._before: list[tuple[Floats, float]] = []
        self._generation: list[tuple[Floats, float]] = []

    def add(self, row: OutcomeRow) -> None:
        """Take in one outcome."""
        good = row.status is Status.DONE and row.losses and math.isfinite(row.losses[0])
        loss = min(row.losses[0], FAILED) if good else FAILED
        if self.law is None:
            self._before.append((self.cube.rows(row.values[None, :])[0], loss))
            if len(self._before) == self.startup:
                self._begin()
                self._before.clear()
        elif row.note.get("by") == "cmaes":
            self._generation.append((self.cube.rows(row.values[None, :])[0], loss))
            if len(self._generation) == self.law.population_size:
                self._tell()

    def _begin(self) -> None:
        from_before = sorted(self._before, key=lambda pair: pair[1])
        count = min(BEST, max(2, len(from_before) // 4))
        mean, sigma, covariance = _library().get_warm_start_mgd(from_before, gamma=count / len(from_before))
        self.law = self._made(np.clip(mean, 0.01, 0.99), sigma, covariance, None)

    def _made(self, mean: Floats, sigma: float, covariance: Floats | None, size: int | None) -> Any:
        d = len(mean)
        bounds = np.tile([0.0, 1.0], (d, 1))
        law = _library().CMA(
            mean=mean, sigma=sigma, cov=covariance, bounds=bounds, population_size=size, seed=0
        )
        law.ask()  # what it computes for the first draw of a generation belongs to the fold
        return law

    def _tell(self) -> None:
        self.law.tell(self._generation)
        self._generation = []
        if self.law.should_stop():
            self.restarts += 1
            mean = sobol_point(self.restarts, len(self.cube.space))
            self.law = self._made(np.clip(mean, 0.01, 0.99), SIGMA, None, 2 * self.law.population_size)
        self.law.ask()


def _library() -> Any:
    try:
        import cmaes
    except ModuleNotFoundError:
        raise MissingDependency(
            "CMA-ES needs the library cmaes", hint="pip install 'parzen[cmaes]'"
        ) from None
    return cmaes
