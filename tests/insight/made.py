"""Histories made by hand: points drawn from a prior or given, with the losses of a function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from parzen import Study
from parzen.history import events as e
from parzen.history.history import History
from parzen.history.ledger import fold_all
from parzen.rng import stream
from parzen.space.flatten import flatten


def points_of(space: Any, n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Points drawn from the prior."""
    rng, flat = stream(seed, 0, "points"), flatten(space)
    return [flat.point_from(lambda _: float(rng.random())) for _ in range(n)]


def history_of(
    space: Any,
    points: Sequence[dict[str, Any]],
    loss: Callable[[dict[str, Any]], float | None],
    metrics: Callable[[dict[str, Any]], dict[str, float]] = lambda point: {},
    reports: Sequence[dict[float, float]] = (),
) -> History:
    """The history of a search that tried these points; a loss of None is a failed trial."""
    flat = flatten(space)
    log = Study(space, "random", seed=0).events()[:2]
    for number, point in enumerate(points):
        told = loss(point)
        at = 10.0 + number
        log += [e.Opened(at, number, ""), e.Suggested(at, number, point), e.Claimed(at, number, 1, "me")]
        log += [e.Reported(at, number, 1, v, s) for s, v in (reports[number] if reports else {}).items()]
        failed = told is None or math.isnan(told)
        losses = [] if failed else [told]
        log.append(e.Finished(at + 1, number, 1, "failed" if failed else "done", losses, metrics(point)))
    return fold_all(log, flat).history()
