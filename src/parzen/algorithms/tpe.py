"""TPE: a tree-structured Parzen estimator over the whole conditional space.

Past trials are split into a few good ones and the rest. Each set becomes a
mixture of product kernels over all hyperparameters at once, conditional ones
included: l from the good trials, g from the rest. Candidates are drawn from
l, and the one with the largest l / g is proposed.

It differs from the original in what our measurements showed to matter: joint
kernels, one bandwidth for both mixtures, weights by rank, a quasi-random
start, running trials counted as bad ones, failures learned as bad, and no
point proposed twice while others are left.

Sources: Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter
optimization", NIPS 2011, section 4, for l, g and their ratio; Watanabe, arXiv
2304.11127 (2023), for the mixture of product kernels.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.encoding import Encoding, encoding
from parzen.algorithms.quasirandom import sobol_start
from parzen.errors import InvalidArgument
from parzen.history.history import Floats, History, OutcomeRow, Status
from parzen.numerics.mixture import Candidates, Components, Kernels, bins, draw, log_density, log_norm
from parzen.space.space import Space

STARTUP = 10
GOOD_SHARE, GOOD_MOST = 0.1, 25  # of all ended trials, and never more than that many
SCOTT = 0.7  # factor on Scott's rule
NARROWEST = 0.02  # of the range
LABEL_WIDTH = 0.5  # share of a label's kernel that is the prior
BRANCH_WIDTH = 0.25  # the same for a choice that other hyperparameters depend on
SPREAD = 4  # times as many draws from a conditional l, to have enough in one branch
RECENT = 25  # trials that count in full in g; older ones fade
MOST_REST = 1000  # components of g


@dataclass(frozen=True, slots=True)
class TPE:
    """Settings of TPE. Those left out have our meaning, those given have Hyperopt's.

    Args:
        n_startup_jobs: Trials that must have ended before the model is used, at least 0.
            Left out: 10. Until then points are quasi-random. With ``mode="hyperopt"``: 20,
            running trials count too, and until then points are random.
        prior_weight: Weight of the prior in each mixture, in trials; above 0.
        n_EI_candidates: Draws from l among which the best ratio is taken, at least 1.
        gamma: If given, ``min(ceil(gamma * sqrt(n)), 25)`` of n trials are good, as in Hyperopt.
            Left out: a tenth of them, at most 25.
        mode: ``"parzen"``, or ``"hyperopt"`` for Hyperopt's own rules (see `parzen.algorithms.tpe_classic`).
        verbose: Accepted for Hyperopt's sake; it changes nothing.
    """

    n_startup_jobs: int | None = None
    prior_weight: float = 1.0
    n_EI_candidates: int = 24  # noqa: N815  # Hyperopt's name
    gamma: float | None = None
    mode: Literal["parzen", "hyperopt"] = "parzen"
    verbose: bool = True

    def __post_init__(self) -> None:
        if self.mode not in ("parzen", "hyperopt"):
            raise InvalidArgument(f"mode must be 'parzen' or 'hyperopt'; got {self.mode!r}")
        if self.n_startup_jobs is not None and self.n_startup_jobs < 0:
            raise InvalidArgument(f"n_startup_jobs must be at least 0; got {self.n_startup_jobs!r}")
        if not self.prior_weight > 0 or self.n_EI_candidates < 1:
            raise InvalidArgument(
                "prior_weight must be above 0 and n_EI_candidates at least 1; "
                f"got {self.prior_weight!r} and {self.n_EI_candidates!r}"
            )
        if self.gamma is not None and not self.gamma > 0:
            raise InvalidArgument(f"gamma must be above 0; got {self.gamma!r}")

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The point with the largest ratio l / g among draws from l.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        if self.mode == "hyperopt":
            from parzen.algorithms.tpe_classic import suggest

            return suggest(self, history, ask)
        # Far components underflow to 0, as they should; the user's np.seterr is not asked.
        with np.errstate(under="ignore"):
            return self._suggest(history, ask)

    def _suggest(self, history: History, ask: Ask) -> Proposal:
        code = encoding(history.space)
        seen = history.derived("tpe", lambda: Seen(code), Seen.add)
        startup = STARTUP if self.n_startup_jobs is None else self.n_startup_jobs
        if history.ended < startup:
            point = sobol_start(history, ask)
            if seen.repeats and seen.has(history, history.space.encode(point)):
                point = _any_new(history, seen, ask) or point
            return Proposal(point, note={"by": "sobol"})
        return Model(self, history, seen).suggest(ask)

    def good(self, n: int) -> int:
        """How many of `n` ended trials are good ones."""
        if self.gamma is None:
            return min(max(math.ceil(GOOD_SHARE * n), 2 if n > 2 else 1), GOOD_MOST)
        return min(math.ceil(self.gamma * math.sqrt(n)), GOOD_MOST)


class Seen:
    """What has been seen so far: latent rows, their ranking and which points were tried.

    A fold over outcomes; it only ever grows.
    """

    def __init__(self, code: Encoding) -> None:
        self.code = code
        d = len(code.space)
        self.n = 0
        self.done = 0  # successful ones with a finite loss
        self.z = np.empty((64, d))  # latent rows
        self.bins = np.empty((64, len(code.lines)), dtype=np.intp)  # for their kernels' normalisers
        self.codes = np.empty((len(code.tables), 64), dtype=np.intp)
        self.ranking: list[tuple[int, float, float, int, int]] = []  # class, its order, number, row
        self.repeats = _can_repeat(code)
        self.keys: set[bytes] = set()
        self.masked = code.space.conditional  # or trials come from a space without some label
        self._raw: list[Floats] = []

    def add(self, row: OutcomeRow) -> None:
        """Take in one outcome."""
        ok = row.status is Status.DONE and row.losses and row.losses[0] < math.inf
        order = (row.losses[0] if ok else math.inf, 0.0)
        if row.status is Status.PRUNED and row.last is not None:
            step, value = row.last  # the further it came the better, and then its value there
            order = (-step, math.inf if math.isnan(value) else value)
        insort(self.ranking, (_CLASS[row.status], *order, row.number, self.n + len(self._raw)))
        self.done += bool(ok)
        self._raw.append(row.values)
        if self.repeats:
            self.keys.add(_key(row.values))

    def encode(self) -> None:
        """Bring rows added since the last call into the latent scale."""
        if not self._raw:
            return
        rows = np.array(self._raw)
        self.masked = self.masked or bool(np.isnan(rows).any())
        end = self.n + len(rows)
        if end > len(self.z):
            size = max(2 * len(self.z), end)
            self.z = _grown(self.z, size)
            self.bins = _grown(self.bins, size)
            wider = np.empty((len(self.codes), size), dtype=np.intp)
            wider[:, : self.n] = self.codes[:, : self.n]
            self.codes = wider
        z = self.z[self.n : end] = self.code.latent(rows)
        self.bins[self.n : end] = bins(z[:, self.code.lines])
        for t, table in enumerate(self.code.tables):
            self.codes[t, self.n : end] = table.codes(rows[:, table.column])
        self.n = end
        self._raw.clear()

    def has(self, history: History, row: list[float] | Floats) -> bool:
        """Whether a row was tried or is being tried.

        Args:
            history: The present view.
            row: (d,) values in the user's scale; NaN where inactive.
        """
        key = _key(np.asarray(row, dtype=float))
        return key in self.keys or any(_key(other) == key for other in history.running())


_CLASS = {Status.DONE: 0, Status.PRUNED: 1, Status.FAILED: 2, Status.LOST: 2}


def _grown(array: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([array, np.empty((size - len(array), *array.shape[1:]), dtype=array.dtype)])


def _key(row: Floats) -> bytes:
    return (row + 0.0).tobytes()  # adding 0 makes -0.0 and 0.0 one


def _can_repeat(code: Encoding) -> bool:
    """Whether some point has no continuous hyperparameter."""
    always = [not param.conditional for param in code.space.params]
    return not any(on and continuous for on, continuous in zip(always, code.continuous, strict=True))


class Model:
    """The two mixtures of one suggestion."""

    def __init__(self, settings: TPE, history: History, seen: Seen) -> None:
        self.settings = settings
        self.history = history
        self.space: Space = history.space
        self.code = seen.code
        self.seen = seen
        seen.encode()
        self.running = history.running()
        self.masked = seen.masked or bool(np.isnan(self.running).any())
        good = min(settings.good(seen.n), seen.done)
        self.best = np.array([row for *_, row in seen.ranking[:good]], dtype=np.intp)
        ranks = np.log(good + 1.0) - np.log(np.arange(1.0, good + 1.0))
        weights = ranks * (good / ranks.sum()) if good else ranks
        self.kernels = self._kernels(weights)
        self.below = self._components(self.best, weights)
        self.above = self._rest()

    def _kernels(self, weights: Floats) -> Kernels:
        """Bandwidths from the good trials: Scott's rule on a deviation shrunk to the prior's."""
        code, z = self.code, self.seen.z[self.best]
        total = weights.sum() + self.settings.prior_weight
        on = ~np.isnan(z)
        w = (weights / total)[:, None] * on
        filled = np.where(on, z, 0.0)
        mass = w.sum(axis=0)
        mean = (w * filled).sum(axis=0) / (mass + 1e-12)
        spread = (w * (filled - mean) ** 2).sum(axis=0)
        shrink = 1.0 / (len(z) + 1)
        deviation = np.sqrt((spread + code.prior_variance * shrink) / (mass + shrink))
        count = on.sum(axis=0)
        dims = max(1.0, float(count.sum()) / max(len(z), 1))
        width = SCOTT * deviation * np.maximum(count, 1) ** (-1.0 / (4.0 + dims))
        width = np.minimum(np.maximum(width, NARROWEST * code.scale), code.scale)
        # Steps of 5 % leave the rest's normalisers as they were in most suggestions.
        width = np.exp(np.round(np.log(width) * 20.0) / 20.0)
        tables = [
            _label_kernel(table.prior, BRANCH_WIDTH if table.decides else LABEL_WIDTH)
            if table.edges is None
            else _cell_kernel(table.edges, table.centres, float(width[table.column]))
            for table in code.tables
        ]
        with np.errstate(divide="ignore"):
            logs = [np.log(table) for table in tables]
        return Kernels(width[code.lines], code.unbounded, logs, [t.log_prior for t in code.tables])

    def _components(self, rows: np.ndarray, weights: Floats) -> Components:
        seen = self.seen
        return self._parts(seen.z[rows], seen.bins[rows], seen.codes[:, rows], weights)

    def _parts(self, z: Floats, places: np.ndarray, codes: np.ndarray, weights: Floats) -> Components:
        prior = self.settings.prior_weight
        total = weights.sum() + prior
        means = z if not self.code.tables else z[:, self.code.lines]
        on_lines = on_tables = None
        if self.masked:
            on_lines = ~np.isnan(means)
            means = np.where(on_lines, means, 0.5)
            on_tables = ~np.isnan(z[:, [table.column for table in self.code.tables]]).T
        norms = log_norm(places, self.kernels.sigma, self.kernels.unbounded)
        return Components(means, codes, on_lines, on_tables, norms, weights / total, prior / total)

    def _rest(self) -> Components:
        """g: everything that is not good, older trials fading, and the running ones in full."""
        seen = self.seen
        count = seen.n - len(self.best)
        if count <= MOST_REST:
            # All rows as they lie, without a copy: the good ones get weight 0.
            z, at, codes = seen.z[: seen.n], seen.bins[: seen.n], seen.codes[:, : seen.n]
            rest = np.ones(seen.n)
            rest[self.best] = 0.0
            weights = self._fading(np.cumsum(rest) - 1.0, count) * rest
        else:
            keep = np.ones(seen.n, dtype=bool)
            keep[self.best] = False
            rows = np.flatnonzero(keep)
            # The newest half, and an even sample of what is older.
            newest = MOST_REST // 2
            older = np.linspace(0, count - newest - 1, MOST_REST - newest).astype(np.intp)
            places = np.concatenate([older, np.arange(count - newest, count)])
            rows = rows[places]
            z, at, codes = seen.z[rows], seen.bins[rows], seen.codes[:, rows]
            weights = self._fading(places, count)
        running = self.running
        if len(running):
            extra = self.code.latent(running)
            more = [table.codes(running[:, table.column]) for table in self.code.tables]
            z = np.concatenate([z, extra])
            at = np.concatenate([at, bins(extra[:, self.code.lines])])
            codes = np.concatenate(
                [codes, np.array(more, dtype=np.intp).reshape(len(codes), len(running))], axis=1
            )
            weights = np.concatenate([weights, np.ones(len(running))])
        return self._parts(z, at, codes, weights)

    @staticmethod
    def _fading(places: np.ndarray, count: int) -> Floats:
        """Weights of trials by age: 1 for the newest, then down to 1 / count for the oldest of `count`."""
        if count <= RECENT:
            return np.ones(len(places))
        slope = (count - 1.0) / max(count - RECENT - 1, 1)
        return np.minimum((1.0 + places * slope) / count, 1.0)

    def suggest(self, ask: Ask) -> Proposal:
        """Draw candidates from l and take the one with the best ratio."""
        wanted = self.settings.n_EI_candidates
        spread = SPREAD if self.space.conditional else 1
        z, on, codes = self._legal(*draw(self.kernels, self.below, spread * wanted, ask.rng))
        if spread > 1:
            # A branch is drawn from l, not maximised: ratios of different branches compare how
            # densely they were sampled, and the search would never leave the first good one.
            same = np.flatnonzero((on == on[0]).all(axis=1))[:wanted]
            z, on, codes = z[same], on[same], codes[:, same]
        ratio = self._ratio(z, on, codes)
        if self.seen.repeats:
            new = self._new(z, on, codes)
            other = None if new.any() else self._other(ask)
            if other is not None:
                return other
            if new.any():
                ratio = np.where(new, ratio, -np.inf)
        best = int(np.argmax(ratio))
        point = self._point(z[best], codes[:, best], on[best])
        return Proposal(point, note={"by": "tpe", "ratio": round(float(ratio[best]), 4)})

    def _legal(self, x: Floats, codes: np.ndarray) -> tuple[Floats, np.ndarray, np.ndarray]:
        """Draws as latent rows (c, d) with rounded lines snapped, and which hyperparameters each uses."""
        code = self.code
        z = np.empty((len(x), len(self.space)))
        z[:, code.lines] = x
        for t, table in enumerate(code.tables):
            z[:, table.column] = table.centres[codes[t]]
        for j in code.rounded:
            law = self.space.params[j].distribution
            z[:, j] = law.latent(law.value(z[:, j]))
        on = np.ones(z.shape, dtype=bool)
        if self.space.conditional:
            values = np.full(z.shape, np.nan)
            for t, table in enumerate(code.tables):
                values[:, table.column] = table.values[codes[t]]
            on = self.space.active(values)
        return z, on, codes

    def _ratio(self, z: Floats, on: np.ndarray, codes: np.ndarray) -> Floats:
        lines = self.code.lines
        columns = [table.column for table in self.code.tables]
        masked = self.masked
        at = Candidates(
            z[:, lines], codes, on[:, lines] if masked else None, on[:, columns].T if masked else None
        )
        ratio: Floats = log_density(self.kernels, self.below, at) - log_density(self.kernels, self.above, at)
        return ratio

    def _point(self, z: Floats, codes: np.ndarray, on: np.ndarray) -> dict[str, float | int]:
        point = {}
        values = {table.column: table.values[codes[t]] for t, table in enumerate(self.code.tables)}
        for j, (param, position, used) in enumerate(
            zip(self.space.params, z.tolist(), on.tolist(), strict=True)
        ):
            if used:
                law = param.distribution
                point[param.label] = law.plain(float(values[j])) if j in values else law.at(position)
        return point

    def _new(self, z: Floats, on: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Which candidates are points that nobody has tried or is trying."""
        tried = self.seen.keys | {_key(row) for row in self.history.running()}
        rows = [self.space.encode(self._point(z[i], codes[:, i], on[i])) for i in range(len(z))]
        return np.array([_key(np.array(row, dtype=float)) not in tried for row in rows])

    def _other(self, ask: Ask) -> Proposal | None:
        """Where all draws were repeats: the best ratio among other points not yet tried."""
        rows = _unseen(self.history, self.seen, ask)
        if not len(rows):
            return None
        codes = np.array([t.codes(rows[:, t.column]) for t in self.code.tables], dtype=np.intp)
        codes = codes.reshape(len(self.code.tables), len(rows))
        on = ~np.isnan(rows)
        z = np.where(on, self.code.latent(rows), 0.5)
        ratio = self._ratio(z, on, codes)
        best = int(np.argmax(ratio))
        return Proposal(
            self.space.decode(rows[best]), note={"by": "tpe", "ratio": round(float(ratio[best]), 4)}
        )


def _label_kernel(prior: Floats, width: float) -> Floats:
    """(k, k) matrix: a share `width` of the prior, the rest on the option itself."""
    kernel = np.tile(width * prior, (len(prior), 1))
    kernel[np.diag_indices(len(prior))] += 1.0 - width
    return kernel


def _cell_kernel(edges: Floats, centres: Floats, sigma: float) -> Floats:
    """(k, k) mass that a Gaussian at each cell's middle puts into each cell, rows summing to 1."""
    from scipy.special import ndtr

    below = ndtr((edges[None, :] - centres[:, None]) / sigma)
    mass = np.maximum(np.diff(below, axis=1), 1e-300)
    kernel: Floats = mass / mass.sum(axis=1, keepdims=True)
    return kernel


ENUMERABLE = 2000


def _unseen(history: History, seen: Seen, ask: Ask) -> Floats:
    """Up to 256 rows that were not tried: all that are left of a small space, else draws from the prior."""
    space = history.space
    tried = seen.keys | {_key(row) for row in history.running()}
    rng = ask.study_rng(f"unseen/{ask.number}")
    if space.cardinality <= ENUMERABLE:
        rows = _all_rows(seen.code)
        left = [i for i, row in enumerate(rows) if _key(row) not in tried]
        if len(left) > 256:
            left = sorted(rng.choice(left, size=256, replace=False).tolist())
        return rows[left]
    found = {}
    for _ in range(512):
        shares = rng.random(len(space)).tolist()
        row = np.array(space.encode(space.point_from(shares.__getitem__)), dtype=float)
        if _key(row) not in tried:
            found[_key(row)] = row
        if len(found) == 64:
            break
    return np.array(list(found.values())).reshape(len(found), len(space))


def _all_rows(code: Encoding) -> Floats:
    """(k, d) every point of a small finite space."""
    values = {table.column: table.values for table in code.tables}
    space = code.space
    for j, param in enumerate(space.params):
        if j not in values:
            law = param.distribution
            count = int(Space([param.__class__(param.label, law)]).cardinality)
            values[j] = np.unique(law.value((np.arange(4 * count) + 0.5) / (4 * count)))
    sizes = [len(values[j]) for j in range(len(space))]
    rows = np.full((int(space.count(sizes)), len(space)), np.nan)
    for i in range(len(rows)):
        for j, k in space.pick(sizes, i).items():
            rows[i, j] = values[j][k]
    return rows


def _any_new(history: History, seen: Seen, ask: Ask) -> dict[str, float | int] | None:
    """A point not yet tried, for the start; None if none is left."""
    rows = _unseen(history, seen, ask)
    if not len(rows):
        return None
    return history.space.decode(rows[int(ask.rng.integers(len(rows)))])
