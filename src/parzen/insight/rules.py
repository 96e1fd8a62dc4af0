"""Rules about one hyperparameter: an optimum at an end, no influence, a range to narrow, a losing branch.

A rule speaks only where trials leave little doubt: differences are those of a
model that also says how unsure it is where no trial was near.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from parzen.insight.bounds import bounds_of, covers, extended, narrowed, natural, plain
from parzen.insight.evidence import SURE, Evidence
from parzen.insight.finding import Finding, number
from parzen.insight.table import ENOUGH, Floats, share, unbounded
from parzen.naming import SHORT, texts_of
from parzen.space.distributions.base import Distribution, Lattice, Line
from parzen.wording import plural

Rows = npt.NDArray[np.intp]

DEAD = 0.03  # share of variation below which a hyperparameter does not matter
MATTERS = 0.05  # and above which one surely does
NEAR_END = 0.2  # of the prior: where the best trials of an edge lie
MOST_NEAR = 0.6  # of the best trials lie there
SLIGHT = 0.1  # standard deviations of the loss that make no difference
WORTH = 0.6  # a range is narrowed if at most this share of it is left
MARGIN = 0.05  # of the prior, left at both sides of a narrowed range
PLACES = 41
LEAST_IN_BRANCH = 5
CHANCE = 0.002  # of seeing as much between equal branches
BEHIND = 0.1  # of what the search gained: what a losing branch is behind, at least
TOP = 5  # best trials from which the model looks around


def about_hyperparameters(seen: Evidence) -> Iterator[Finding]:
    """What is to be said of each hyperparameter; at most one thing each.

    Args:
        seen: The trials.
    """
    if seen.model is None:
        return
    for j, param in enumerate(seen.data.space.params):
        if param.options and len(param.options) > 1 and _unordered(seen, j):
            found = losing(seen, j) or dead(seen, j)
        else:
            found = at_edge(seen, j) or dead(seen, j) or narrow(seen, j)
        if found is not None:
            yield found


def _unordered(seen: Evidence, j: int) -> bool:
    return bounds_of(seen.data.space.params[j].distribution) is None


def at_edge(seen: Evidence, j: int) -> Finding | None:
    """Whether the optimum lies at an end of the range, or beyond it.

    The best trials lie there, the model's minimum along the hyperparameter does, and it falls up to the end.

    Args:
        seen: The trials.
        j: Which hyperparameter.
    """
    data, law = seen.data, seen.data.space.params[j].distribution
    ends = bounds_of(law)
    best = data.shares[0]
    top = data.shares[: seen.best_count(), j]
    judged = seen.importance[data.space.params[j].label]
    if ends is None or np.isnan(best[j]) or not judged.value - judged.spread > MATTERS:
        return None
    at_low, at_high = share(law, np.array([ends.low, ends.high], dtype=np.float64))
    upper = bool(abs(best[j] - at_high) < abs(best[j] - at_low))
    end, inward = (at_high, -1.0) if upper else (at_low, 1.0)
    close = max(NEAR_END, _cell(law))
    here = top[~np.isnan(top)]
    near = int((np.abs(here - end) <= close).sum())
    if abs(best[j] - end) > close or near < MOST_NEAR * len(top):
        return None
    step = max(0.05, _cell(law))
    places = end + inward * np.array([step, 2 * step, 3 * step, max(0.5, 4 * step)])
    worse, spread = seen.excess(seen.along(j, places, best), _moved(best, j, end))
    # Up to the very end less certainty will do: the step is small.
    if worse[0] < spread[0] or np.any(worse[1:] < SURE * spread[1:]):
        return None
    label, bound = data.space.params[j].label, ends.high if upper else ends.low
    evidence = {
        "bound": float(bound),
        "side": "high" if upper else "low",
        "best": float(data.values[0, j]),
        "near": near,
        "of": len(top),
        "rise": float(worse[1]),
        "spread": float(spread[1]),
    }
    side = "upper" if upper else "lower"
    where = (
        f"{near} of the best {len(top)} trials lie in the {side} fifth of {label!r}, and the loss falls "
        f"up to its end {number(bound)}"
    )
    if unbounded(law):
        middle = float(data.values[0, j])
        return Finding("edge", label, f"{where}: centre it at {number(middle)}.", evidence, {"mu": middle})
    if natural(law, upper):
        advice = f"extend it by hand if {number(bound)} is no natural limit."
        return Finding("edge", label, f"{where}: {advice}", evidence | {"natural": True})
    new = extended(law, upper)
    moved = number(new.high if upper else new.low)
    low, high = plain(law, new)
    return Finding("edge", label, f"{where}: extend it to {moved}.", evidence, {"low": low, "high": high})


def _cell(law: object) -> float:
    geometry = getattr(law, "geometry", None)
    return 1.0 / geometry.size if isinstance(geometry, Lattice) else 0.0


def _moved(point: Floats, j: int, place: float) -> Floats:
    moved = point.copy()
    moved[j] = place
    return moved


def dead(seen: Evidence, j: int) -> Finding | None:
    """Whether a hyperparameter has no influence, over the prior and near the best trial.

    Args:
        seen: The trials.
        j: Which hyperparameter.
    """
    data, param = seen.data, seen.data.space.params[j]
    judged = seen.importance[param.label]
    if not judged.known or judged.value + SURE * judged.spread >= DEAD or np.isnan(data.shares[0, j]):
        return None
    if any(parent == j for other in data.space.params for way in other.condition for parent, _ in way):
        return None
    places = np.arange(len(param.options)) if _options(seen, j) else (np.arange(PLACES) + 0.5) / PLACES
    worse, spread = seen.excess(seen.along(j, places.astype(np.float64), data.shares[0]), data.shares[0])
    if np.any((worse > 3 * spread) & (worse > SLIGHT)):
        return None
    best = _short(param.distribution, float(data.values[0, j]))
    names = texts_of(param, SHORT)
    shown = names[int(best)] if names else number(best)
    where = f" where {judged.given}" if judged.given else ""
    sentence = (
        f"{param.label!r} explains {judged.value:.0%} (± {judged.spread:.0%}) of the loss's variation"
        f"{where}: fix it at {shown}."
    )
    evidence = {"importance": judged.value, "spread": judged.spread, "trials": judged.trials}
    return Finding("dead", param.label, sentence, evidence, {"fix": best})


def _short(law: Distribution, value: float) -> float | int:
    """A value of few figures near one that does not matter."""
    near = float(f"{value:.3g}")
    stepped = float(law.value(law.latent(np.array([near])))[0]) if law.contains(near) else value
    same = (
        isinstance(law.geometry, Line)
        and law.geometry.step is None
        and abs(stepped - near) < 1e-9 * abs(near)
    )
    return law.plain(near if same else value)


def _options(seen: Evidence, j: int) -> bool:
    return bool(seen.data.space.params[j].options) and _unordered(seen, j)


def narrow(seen: Evidence, j: int) -> Finding | None:
    """Whether everything good lies in a part of the range, and the model excludes the rest.

    Args:
        seen: The trials.
        j: Which hyperparameter.
    """
    data, param = seen.data, seen.data.space.params[j]
    law, judged = param.distribution, seen.importance[param.label]
    if not judged.known or judged.value - SURE * judged.spread < MATTERS or bounds_of(law) is None:
        return None
    top = data.shares[: seen.best_count(), j]
    top = top[~np.isnan(top)]
    if len(top) < TOP or np.isnan(data.shares[0, j]):
        return None
    places = (np.arange(PLACES) + 0.5) / PLACES
    open_ = np.zeros(PLACES, dtype=bool)
    for row in data.shares[:TOP]:
        if not np.isnan(row[j]):
            worse, spread = seen.excess(seen.along(j, places, row), data.shares[0])
            open_ |= worse - SURE * spread < 0
    possible = np.concatenate([places[open_], top])
    low, high = max(0.0, possible.min() - MARGIN), min(1.0, possible.max() + MARGIN)
    new = narrowed(law, low, high)
    left = covers(law, new)
    if left > WORTH or new.low >= new.high:
        return None
    ends = plain(law, new)
    values = data.values[: seen.best_count(), j]
    sentence = (
        f"the best {len(top)} trials have {param.label!r} from {number(np.nanmin(values))} to "
        f"{number(np.nanmax(values))}, and elsewhere the loss is higher: narrow it to "
        f"{number(ends[0])} ... {number(ends[1])}."
    )
    evidence = {
        "best_low": float(np.nanmin(values)),
        "best_high": float(np.nanmax(values)),
        "share_left": left,
        "importance": judged.value,
    }
    change = {"low": ends[0], "high": ends[1]}
    if unbounded(law):
        change |= {"normal": True}
    return Finding("narrow", param.label, sentence, evidence, change)


def losing(seen: Evidence, j: int) -> Finding | None:
    """Whether options of a choice are surely worse than the best one, at their best.

    Args:
        seen: The trials.
        j: Which choice.
    """
    data, param = seen.data, seen.data.space.params[j]
    best = data.shares[0]
    if np.isnan(best[j]) or len(data) < ENOUGH:
        return None
    winner, names = int(best[j]), texts_of(param, SHORT)
    dropped, words, rows = [], [], []
    for option in range(len(param.options)):
        mine = np.flatnonzero(data.shares[:, j] == option)
        if option == winner or len(mine) < LEAST_IN_BRANCH:
            continue
        gap = float(data.losses[mine[0]] - data.losses[0])
        if not gap > BEHIND * seen.gained:
            continue
        worse, spread = seen.excess(_candidates(seen, j, option, mine), best)
        if not np.all(worse > SURE * spread) or not _improbable(seen, j, mine, winner):
            continue
        dropped.append(option)
        rows.append({"option": names[option], "trials": len(mine), "behind": gap})
        words.append(f"{names[option]} (worse by {number(gap)} after {plural(len(mine), 'trial')})")
    if not dropped:
        return None
    joined = ", ".join(words)
    sentence = f"{param.label!r} is best as {names[winner]}, surely better than {joined}: drop it."
    if len(dropped) > 1:
        sentence = sentence[:-3] + "them."
    evidence = {"winner": names[winner], "losing": rows}
    return Finding("branch", param.label, sentence, evidence, {"drop": dropped})


def _improbable(seen: Evidence, j: int, mine: Rows, winner: int) -> bool:
    """Whether equal branches would hardly have all the best trials in the other one."""
    theirs = np.flatnonzero(seen.data.shares[:, j] == winner)
    ahead = int((theirs < mine[0]).sum())
    # All of the first `ahead` of the two branches' trials are the winner's.
    both = len(mine) + len(theirs)
    chance = 1.0
    for k in range(ahead):
        chance *= (len(theirs) - k) / (both - k)
    return chance < CHANCE


def _candidates(seen: Evidence, j: int, option: int, mine: Rows) -> Floats:
    """(m, d) points of a branch: its own best trials, and those with what is best elsewhere."""
    data = seen.data
    own = data.shares[mine[:TOP]]
    shared = np.array([not param.conditional for param in data.space.params])
    mixed = []
    for row in data.shares[:TOP]:
        for branch_row in own:
            point = branch_row.copy()
            point[shared] = row[shared]
            point[j] = option
            mixed.append(point)
    return np.vstack([own, np.array(mixed)])
