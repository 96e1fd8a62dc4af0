"""Rules about the whole search: noise, failures, pruning, whether it still improves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from parzen.history.history import Status
from parzen.insight.bounds import Bounds as Ends
from parzen.insight.bounds import bounds_of, plain, rounded
from parzen.insight.evidence import Evidence
from parzen.insight.failures import region
from parzen.insight.finding import Finding, number
from parzen.insight.table import ENOUGH, Floats
from parzen.wording import plural

CHANCE = 0.01  # of seeing as much by accident, below which something is said
WITHIN = 3  # trials that the noise must hide to be worth a word
LEAST_REPEATS = 3
TELLS, TELLS_NOT = 0.85, 0.3  # rank correlations of an early value with the loss


def few(seen: Evidence) -> Finding | None:
    """Whether there are too few trials to say much.

    Args:
        seen: The trials.
    """
    n = len(seen.data)
    if n >= ENOUGH:
        return None
    sentence = f"{plural(n, 'successful trial')} of at least {ENOUGH}: run {ENOUGH - n} more before judging."
    return Finding("few", None, sentence, {"trials": n, "needed": ENOUGH})


def noise(seen: Evidence) -> Finding | None:
    """Whether the best trials differ by less than the noise, as reported or seen in repeated points.

    Args:
        seen: The trials.
    """
    data = seen.data
    found = _noise(seen)
    if found is None or not math.isfinite(data.losses[0]):
        return None
    deviation, source = found
    # Two noisy losses differ by sqrt(2) deviations; one deviation is well within that.
    within = int((data.losses - data.losses[0] <= deviation).sum())
    if within < WITHIN:
        return None
    sentence = (
        f"the best {within} trials differ by less than the noise (one standard deviation is "
        f"{number(deviation)}, from {source}): repeat them before choosing among them."
    )
    evidence = {
        "deviation": deviation,
        "within": within,
        "source": source,
        "loss": float(data.shown(data.losses[0])),
    }
    return Finding("noise", None, sentence, evidence)


def _noise(seen: Evidence) -> tuple[float, str] | None:
    data = seen.data
    stated = seen.history.metrics.get("loss_variance")
    if stated is not None:
        place = {number: k for k, number in enumerate(seen.history.numbers.tolist())}
        own = stated[[place[k] for k in data.numbers.tolist()]]
        best = own[: max(10, len(own) // 10)]
        best = best[np.isfinite(best) & (best > 0)]
        if len(best):
            return math.sqrt(float(np.median(best))), "loss_variance"
    if not len(data) or not data.values.shape[1]:
        return None
    finite = np.isfinite(data.losses)
    _, group = np.unique(np.nan_to_num(data.values[finite], nan=-1e300), axis=0, return_inverse=True)
    squares, freedom = 0.0, 0
    losses = data.losses[finite]
    for k in np.flatnonzero(np.bincount(group.ravel()) > 1):
        members = losses[group.ravel() == k]
        squares += float(((members - members.mean()) ** 2).sum())
        freedom += len(members) - 1
    if freedom < LEAST_REPEATS or squares <= 0:
        return None
    return math.sqrt(squares / freedom), f"{plural(freedom, 'repeated trial')}"


def failing(seen: Evidence) -> Finding | None:
    """Whether failed trials lie where no successful one does, and hardly by accident.

    Args:
        seen: The trials.
    """
    found = region(seen.history)
    if found is None:
        return None
    bad, good, param = found.bad, found.good, seen.history.space.params[found.column]
    ways = math.comb(len(bad) + len(good), len(bad))  # of many trials too large for a float
    chance = 2.0 * len(seen.history.space) * float(Fraction(1, ways))
    if chance > CHANCE:
        return None
    sentence = f"all {len(bad)} failed trials have {found.where}"
    evidence = {"failed": len(bad), "trials": len(bad) + len(good)}
    ends = bounds_of(param.distribution)
    if param.options or ends is None:
        change: Mapping[str, object] = {"drop": sorted({int(k) for k in bad})} if param.options else {}
        return Finding("failing", param.label, f"{sentence}: leave them out.", evidence, change)
    upper = bad.min() > good.max()
    cut = _between(float(good.max() if upper else good.min()), float(bad.min() if upper else bad.max()))
    new = plain(param.distribution, Ends(ends.low, cut) if upper else Ends(cut, ends.high))
    sentence = f"{sentence}: end its range at {number(cut)}."
    return Finding("failing", param.label, sentence, evidence, {"low": new[0], "high": new[1]})


def _between(good: float, bad: float) -> float:
    """A number of few figures between the last good value and the first bad one, near the good one."""
    for digits in range(1, 16):
        near = rounded(good, up=bad > good, digits=digits)
        if min(good, bad) <= near <= max(good, bad) and near != bad:
            return near
    return good


def converged(seen: Evidence) -> Finding | None:
    """Whether the search keeps near its best and has stopped to gain.

    The trials of the last third are all but as good as the best one, measured by what
    the search gained since its first third, and the best of them gained nothing to speak of.

    Args:
        seen: The trials.
    """
    data = seen.data
    losses = data.losses[np.argsort(data.numbers)]
    n = len(losses)
    if n < 2 * ENOUGH:
        return None
    third = n // 3
    first, best = float(np.median(losses[:third])), float(losses.min())
    before, late = float(losses[: n - third].min()), float(np.median(losses[n - third :]))
    gained = first - best
    if not math.isfinite(gained) or gained <= 0:
        return None
    if (late - best) > 0.1 * gained or (before - best) > 0.001 * gained:
        return None
    sentence = (
        f"the last {third} trials gained {number(before - best)} and stay near the best: more trials in this "
        f"space will bring little."
    )
    return Finding("converged", None, sentence, {"trials": third, "gained": before - best, "of": gained})


def pruner(seen: Evidence) -> Finding | None:
    """Whether pruning ends trials before their values say much, or could have ended some and did not.

    Args:
        seen: The trials.
    """
    columns = seen.history.columns
    reports = seen.history.reports
    done = [k for k in np.flatnonzero(columns.status == Status.DONE) if reports[k]]
    pruned = [k for k in np.flatnonzero(columns.status == Status.PRUNED) if reports[k]]
    if len(done) < 10 or len(done) + len(pruned) < ENOUGH:
        return None
    losses = columns.losses[done, 0]
    if pruned:
        step = float(np.median([max(reports[k]) for k in pruned]))
        relation, pairs = _relation([reports[k] for k in done], losses, step)
        bound = relation + 2 / math.sqrt(max(pairs - 3, 1))
        if pairs < 10 or bound > 0.6 or relation > TELLS_NOT or len(pruned) < 0.3 * (len(done) + len(pruned)):
            return None
        sentence = (
            f"{len(pruned)} of {len(done) + len(pruned)} trials were pruned, half of them by step "
            f"{number(step)}, where a value says little about the loss (rank correlation {relation:.2f} in "
            f"{pairs} trials): prune later."
        )
        return Finding(
            "pruner", None, sentence, {"pruned": len(pruned), "step": step, "correlation": relation}
        )
    last = float(np.median([max(reports[k]) for k in done]))
    steps = sorted({s for k in done for s in reports[k] if s <= last / 2})
    for step in steps:
        relation, pairs = _relation([reports[k] for k in done], losses, step)
        if pairs >= 0.9 * len(done) and relation - 2 * (1 - relation**2) / math.sqrt(pairs) > TELLS:
            sentence = (
                f"no trial was pruned, and the value at step {number(step)} of {number(last)} tells the loss "
                f'already (rank correlation {relation:.2f}): pass pruner="median".'
            )
            return Finding("pruner", None, sentence, {"pruned": 0, "step": step, "correlation": relation})
    return None


def _relation(reports: list[Mapping[float, float]], losses: Floats, step: float) -> tuple[float, int]:
    """Spearman's rank correlation of values at a step with final losses, and of how many trials."""
    early = [own.get(max((s for s in own if s <= step), default=math.nan), math.nan) for own in reports]
    pairs = [
        (a, b) for a, b in zip(early, losses.tolist(), strict=True) if math.isfinite(a) and math.isfinite(b)
    ]
    if len(pairs) < 3:
        return 0.0, len(pairs)
    ranks = np.argsort(np.argsort(np.array(pairs), axis=0), axis=0).astype(np.float64)
    centred = ranks - ranks.mean(axis=0)
    sizes = np.sqrt((centred**2).sum(axis=0))
    return float(centred[:, 0] @ centred[:, 1] / max(sizes[0] * sizes[1], 1e-300)), len(pairs)
