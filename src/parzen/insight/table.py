"""Trials as the answers read them: shares of the prior instead of values, one loss each.

Each hyperparameter becomes a share of its prior in [0, 1] (an option its
number), so that the prior is flat whatever the law and its scale. Trials are
sorted by loss and then by values, so that no answer depends on their order.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.errors import InvalidArgument, did_you_mean
from parzen.history.history import History, Status
from parzen.space.distributions.base import Distribution, Labels, Line
from parzen.space.space import Space

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ENOUGH = 30  # trials below which nothing is claimed


@dataclass(frozen=True, eq=False)
class Table:
    """The trials of one history that have a loss, the best first.

    Attributes:
        history: All trials, those without a loss included.
        maximize: Whether the user's values are the negatives of the losses.
        numbers: (n,) trial numbers.
        values: (n, d) in the user's scale; NaN where inactive.
        shares: (n, d) shares of the prior in [0, 1], or an option's number; NaN where inactive.
        losses: (n,) minimised; infinite ones included.
    """

    history: History
    maximize: bool
    numbers: npt.NDArray[np.int64]
    values: Floats
    shares: Floats
    losses: Floats

    @property
    def space(self) -> Space:
        """The space that was searched."""
        return self.history.space

    def __len__(self) -> int:
        return len(self.losses)

    def shown(self, losses: Any) -> Any:
        """Losses as the user counts: the sign turned back where values are made large."""
        return -losses if self.maximize else losses


def view(target: Any) -> tuple[History, bool]:
    """The history behind a target, and whether its user makes values large.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.

    Raises:
        InvalidArgument: If it is none of these, or a `Best` that has lost its study.
    """
    if isinstance(target, History):
        return target, False
    study = target if hasattr(target, "history") else getattr(target, "study", None)
    history = getattr(study, "history", None)
    if not isinstance(history, History):
        raise InvalidArgument(
            f"insight needs a Study, Trials, what fmin returned, or a History; got {type(target).__name__}"
            + (" without its study (pickling drops it)" if hasattr(target, "study") else "")
        )
    return history, bool(getattr(study, "maximize", False))


def table(target: Any, objective: int = 0, metric: str | None = None) -> Table:
    """Read the trials of a target that have a loss.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.
        objective: Which of the m losses.
        metric: The name of a number beside the loss to look at in its place; it is taken as it is.

    Raises:
        InvalidArgument: If there is no such objective or metric.
    """
    history, maximize = view(target)
    columns = history.columns
    if metric is not None:
        metrics = history.metrics
        if metric not in metrics:
            known = sorted(metrics)
            raise InvalidArgument(
                f"no trial has the metric {metric!r}.{did_you_mean(metric, known)} "
                f"Known: {', '.join(known) or 'none'}"
            )
        losses, maximize = metrics[metric], False
    elif 0 <= objective < columns.losses.shape[1]:
        losses = columns.losses[:, objective]
    else:
        raise InvalidArgument(
            f"objective must be below {columns.losses.shape[1]}, the number of objectives; got {objective!r}"
        )
    kept = (columns.status == Status.DONE) & ~np.isnan(losses)
    if history.partial:
        kept &= ~np.isin(columns.numbers, sorted(history.partial))
    numbers, values, losses = columns.numbers[kept], columns.values[kept], losses[kept]
    shares = np.empty_like(values)
    for j, param in enumerate(history.space.params):
        shares[:, j] = share(param.distribution, values[:, j])
    order = np.lexsort((numbers, *np.nan_to_num(values, nan=-math.inf).T[::-1], losses))
    return Table(history, maximize, numbers[order], values[order], shares[order], losses[order])


def share(distribution: Distribution, values: Floats) -> Floats:
    """The share of the prior below each value, or the option's number; NaN stays NaN.

    Args:
        distribution: The law.
        values: In the user's scale.
    """
    latent = distribution.latent(values)
    if unbounded(distribution):
        from scipy.special import ndtr

        return np.asarray(ndtr(latent), dtype=np.float64)
    return latent


def value_at(distribution: Distribution, shares: Floats) -> Floats:
    """The inverse of `share`, to the nearest legal value.

    Args:
        distribution: The law.
        shares: In [0, 1].
    """
    if unbounded(distribution):
        from scipy.special import ndtri

        return distribution.value(ndtri(np.clip(shares, 1e-6, 1 - 1e-6)))
    return distribution.value(shares)


def unbounded(distribution: Distribution) -> bool:
    """Whether the law's latent scale is the standard score."""
    geometry = distribution.geometry
    return isinstance(geometry, Line) and not geometry.bounded


def weights(distribution: Distribution) -> Floats | None:
    """Prior probabilities of the options, or None for numbers."""
    geometry = distribution.geometry
    return np.asarray(geometry.weights, dtype=np.float64) if isinstance(geometry, Labels) else None


def option_names(space: Space, j: int) -> tuple[str, ...]:
    """Short texts for the options of a choice; empty for numbers.

    Args:
        space: The space.
        j: Index of the hyperparameter.
    """
    names = []
    for k, text in enumerate(space.params[j].options):
        plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
        # A class or function is kept as module:name.
        named = re.fullmatch(r"[\w.]+:([\w.]+)", text)
        laws = "{" in text or "(" in text
        short = _name_inside(text) or (named[1] if named else "" if laws else plain)
        names.append(short if 0 < len(short) <= 24 else f"option {k}")
    return tuple(names) if len(set(names)) == len(names) else tuple(f"option {k}" for k in range(len(names)))


def _name_inside(text: str) -> str | None:
    # An option that is a dict most often says what it is: {'name': 'tree', ...}.
    if not text.startswith("{"):
        return None
    for piece in text[1:-1].split(", "):
        key, _, value = piece.partition(": ")
        # Laws inside are JSON, with double quotes.
        if key[:1] == "'" and len(value) > 1 and value[0] == value[-1] == "'":
            return value[1:-1]
    return None


def given(space: Space, j: int) -> str | None:
    """The branch a hyperparameter is conditional on, in words; None if it is always active.

    Args:
        space: The space.
        j: Index of the hyperparameter.

    Returns:
        As ``model = tree``, alternatives joined by ``or``.
    """
    param = space.params[j]
    if not param.conditional:
        return None
    ways = []
    for way in param.condition:
        parts = []
        for parent, taken in way:
            names = option_names(space, parent)
            parts.append(f"{space.params[parent].label} = {names[taken] if taken < len(names) else taken}")
        ways.append(" and ".join(parts))
    return " or ".join(ways)
