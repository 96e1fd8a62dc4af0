"""The two mixtures of one TPE suggestion: bandwidths, weights, candidates and their ratio."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.tpe_seen import Seen
from parzen.algorithms.untried import key, untried
from parzen.history.history import Floats, History
from parzen.numerics.components import Block, Codes
from parzen.numerics.mixture import Candidates, Drawn, Kernels, TableKernel, log_mixtures, log_ratios

SCOTT = 0.7  # factor on Scott's rule
NARROWEST = 0.02  # of the range
LABEL_WIDTH = 1 / 3  # share of a label's kernel that is the prior
BRANCH_WIDTH = 0.25  # the same for a choice that other hyperparameters depend on
DECIDED = 0.5  # of suggestions have the branch with the best ratio; the others have one drawn from l
SPREAD = 4  # times as many draws from a conditional l, to have enough in one branch
RECENT = 25  # newest trials, which do not fade in g
MOST_REST = 1000  # components of g


@dataclass(frozen=True, slots=True)
class Good:
    """What depends on the good trials alone.

    Attributes:
        rows: (k,) the good trials, the best first.
        weights: (k,) in l; together with `prior` they sum to 1.
        prior: The prior's weight in l.
        kernels: Of both mixtures.
        draws: l, of which each value is drawn by itself.
    """

    rows: Codes
    weights: Floats
    prior: float
    kernels: Kernels
    draws: Drawn


def good_trials(seen: Seen, rows: list[int], prior: float) -> Good:
    """Weights by rank, and bandwidths by Scott's rule on a deviation shrunk to the prior's.

    Args:
        seen: All past trials.
        rows: The good ones, the best first.
        prior: The prior's weight, in trials.
    """
    code, k = seen.code, len(rows)
    best = np.array(rows, dtype=np.intp)
    weights = (np.log(k + 1.0) - np.log(np.arange(1.0, k + 1.0))) ** 2
    if k:
        weights *= k / weights.sum()
    total = float(weights.sum()) + prior
    weights /= total
    z = seen.latent(best)
    on = ~np.isnan(z)
    if on.all():
        count: Floats = np.full(z.shape[1], float(k))
        mass = np.full(z.shape[1], weights.sum())
    else:
        z, count, mass = np.where(on, z, 0.0), on.sum(axis=0), weights @ on
    mean = (weights @ z) / (mass + 1e-12)
    spread = weights @ ((z - mean) ** 2 * on)
    shrink = 1.0 / (k + 1)
    deviation = np.sqrt((spread + code.prior_variance * shrink) / (mass + shrink))
    dims = max(1.0, float(count.sum()) / max(k, 1))
    width = SCOTT * deviation * np.maximum(count, 1.0) ** (-1.0 / (4.0 + dims))
    width = np.minimum(np.maximum(width, NARROWEST * code.scale), code.scale)
    # Steps of 5 % leave most of the components' features as they were.
    width = np.exp(np.round(np.log(width) * 20.0) / 20.0)
    tables: list[TableKernel] = []
    for t, table in enumerate(code.tables):
        if table.edges is None:
            tables.append(seen.label_kernel(t, BRANCH_WIDTH if table.decides else LABEL_WIDTH))
        else:
            tables.append(seen.cell_kernel(t, float(width[table.column])))
    kernels = Kernels(seen.layout, width[code.lines], tables)
    draws = Drawn(kernels, seen.components.block(best), weights, prior / total)
    return Good(best, weights, prior / total, kernels, draws)


class Model:
    """The two mixtures of one suggestion.

    Args:
        history: The view.
        seen: Its state.
        good: How many trials are good ones, of those that succeeded.
        prior: The prior's weight in each mixture, in trials.
        wanted: How many candidates are compared.
    """

    def __init__(self, history: History, seen: Seen, *, good: int, prior: float, wanted: int) -> None:
        self.history = history
        self.space = history.space
        self.code = seen.code
        self.seen = seen
        self.prior = prior
        self.wanted = wanted
        seen.encode()
        rows = seen.order[: min(good, seen.done)].tolist()
        at = (rows, prior)
        kept = seen.kept
        if kept is None or kept[0] != at:
            kept = seen.kept = at, good_trials(seen, rows, prior)
        self.good: Good = kept[1]  # type: ignore[assignment]  # nobody else writes it
        seen.components.scale(self.good.kernels.sigma)

    @cached_property
    def mixtures(self) -> tuple[Block, Floats, Floats]:
        """The components of both mixtures, (2, k) their weights in l and in g, and the prior's (2,)."""
        seen, good = self.seen, self.good
        n, k = seen.n, len(good.rows)
        running = self.history.running()
        badness = np.empty(n)  # by rank, from 0 to 1; 0 for good ones
        badness[np.array(seen.order)] = np.maximum(np.arange(0.5 - k, n - k), 0.0) / max(n - k, 1)
        if n <= MOST_REST:
            # All rows as they lie, without a copy.
            parts, first, ages = seen.components.block(slice(0, n)), 0, np.arange(1.0, n + 1.0)
        else:
            # The newest half, an even sample of what is older, and the good ones.
            newest = MOST_REST // 2
            step = (n - newest) / (MOST_REST - newest)
            older = (np.arange(MOST_REST - newest) * step).astype(np.intp)
            rows = np.concatenate([older, np.arange(n - newest, n), good.rows])
            parts, first, ages = seen.components.block(rows), MOST_REST, rows + 1.0
            badness = badness.take(rows)
        # A trial counts the more in g the worse it is, and older ones fade.
        against = np.minimum(ages * (1.0 / max(n - RECENT, 1)), 1.0) * badness
        total = float(against.sum()) + len(running) + self.prior
        weights = np.zeros((2, len(ages) + len(running)))
        if first:
            weights[0, first : first + k] = good.weights
        else:
            weights[0, good.rows] = good.weights
        weights[1, : len(ages)] = against / total
        if len(running):
            parts = seen.extended(parts, running)
            weights[1, len(ages) :] = 1.0 / total
        return parts, weights, np.array([good.prior, self.prior / total])

    def suggest(self, ask: Ask) -> Proposal:
        """Draw candidates from l and take the one with the best ratio.

        Args:
            ask: The trial's number and random numbers.
        """
        good, wanted = self.good, self.wanted
        count = wanted * (SPREAD if self.space.conditional else 1)
        shares = ask.rng.random((2, count, good.kernels.layout.m + len(self.code.tables)))
        x, codes = good.draws.at(*shares)
        on = self.code.active(codes)
        if on is not None:
            lead = self._branch(codes[:, :wanted], on[:wanted]) if ask.rng.random() < DECIDED else 0
            same = np.flatnonzero((on == on[lead]).all(axis=1))[:wanted]
            x, codes, on = x[same], codes[:, same], on[same]
        z, cells = self.code.legal(x, codes)
        ratio = self._ratio(z, codes, on, cells)

        def point(i: int) -> dict[str, float | int]:
            return self.code.point(z[i], codes[:, i], None if on is None else on[i])

        best = int(ratio.argmax())
        chosen = point(best)
        if self.seen.repeats:
            tried = self.seen.tried(self.history)
            for i in np.argsort(-ratio, kind="stable").tolist():
                other = point(i)
                if key(np.array(self.space.encode(other), dtype=float)) not in tried:
                    best, chosen = i, other
                    break
            else:  # all draws were repeats; nothing new may be left
                return self._other(ask) or Proposal(chosen, note=_note(ratio[best]))
        return Proposal(chosen, note=_note(ratio[best]))

    def _branch(self, codes: Codes, on: np.ndarray) -> int:
        """Which of some draws has the best ratio by its choices alone, without what depends on them.

        With it, ratios of different branches would compare how densely they were sampled, and
        the search would never leave the first good one.
        """
        nowhere = np.zeros(on.shape)
        return int(self._ratio(nowhere, codes, on & self.code.deciding, {}).argmax())

    def _ratio(
        self, z: Floats, codes: Codes, on: np.ndarray | None, cells: dict[int, tuple[Floats, Floats]]
    ) -> Floats:
        """(c,) log l / g of candidates."""
        code = self.code
        at = Candidates(
            z[:, code.lines],
            codes,
            None if on is None else on[:, code.lines],
            None if on is None else on[:, code.columns].T,
            cells,
        )
        parts, weights, priors = self.mixtures
        logs = log_mixtures(log_ratios(self.good.kernels, parts, at), weights, priors)
        ratio: Floats = logs[:, 0] - logs[:, 1]
        return ratio

    def _other(self, ask: Ask) -> Proposal | None:
        """Where all draws were repeats: the best ratio among other points not yet tried."""
        rows = untried(self.history, self.seen, ask)
        if not len(rows):
            return None
        codes = self.code.codes(rows, inactive=0)
        on = ~np.isnan(rows)
        z = np.where(on, self.code.latent(rows), 0.5)
        cells = self.code.cells(np.where(on, rows, np.nan))
        ratio = self._ratio(z, codes, on if self.space.conditional else None, cells)
        best = int(ratio.argmax())
        return Proposal(self.space.decode(rows[best]), note=_note(ratio[best]))


def _note(ratio: float) -> dict[str, str | float]:
    return {"by": "tpe", "ratio": round(float(ratio), 4)}
