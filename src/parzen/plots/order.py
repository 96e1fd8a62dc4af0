"""Which hyperparameters come first in a picture: the important ones. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.insight import importance
from parzen.insight.target import study_of
from parzen.plots.data import Data


def by_importance(target: Any, data: Data) -> list[int]:
    """Indices of all hyperparameters, the most important first; those of too few trials last, by their use.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        data: Its trials.
    """
    found = importance(study_of(target))
    known = [data.space.index[one.label] for one in found if one.known]
    left = [j for j in range(len(data.space)) if j not in set(known)]
    used = (~np.isnan(data.values)).sum(axis=0)
    return known + sorted(left, key=lambda j: -int(used[j]))


def chosen(target: Any, data: Data, labels: Sequence[str] | None, top: int, least: int = 1) -> list[int]:
    """The hyperparameters of a picture: those asked for, or the most important ones.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        data: Its trials.
        labels: The user's choice, in his order; None for the most important.
        top: How many of these.
        least: How many the picture needs.

    Raises:
        InvalidArgument: If a label is unknown, or there are too few.
    """
    if labels is not None:
        if isinstance(labels, str):
            raise InvalidArgument(f"labels must be a list of labels; got the text {labels!r}")
        columns = list(dict.fromkeys(data.column(label) for label in labels))
    else:
        if top < least:
            raise InvalidArgument(f"top must be at least {least}; got {top!r}")
        columns = by_importance(target, data)[:top]
    if len(columns) < least:
        raise InvalidArgument(
            f"this picture needs at least {least} hyperparameters; got {len(columns)} "
            f"of the {len(data.space)} in the space"
        )
    return columns
