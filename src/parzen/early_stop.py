"""Stop rules in Hyperopt's shape: ``early_stop_fn(trials, *state) -> (stop, new state)``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from parzen.errors import InvalidArgument
from parzen.stopping import NoProgress

StopFn = Callable[..., tuple[bool, list[Any]]]


def no_progress_loss(iteration_stop_count: int = 20, percent_increase: float = 0.0) -> StopFn:
    """Stop after a number of successful trials in a row without a better loss.

    Args:
        iteration_stop_count: How many, at least 1.
        percent_increase: How much lower, in percent of the best loss's size, a loss must be
            to count as better.

    Raises:
        InvalidArgument: If `iteration_stop_count` is below 1.

    >>> from parzen import fmin, hp
    >>> best = fmin(lambda x: 1.0, hp.uniform("x", 0, 1), max_evals=100, verbose=False,
    ...             early_stop_fn=no_progress_loss(5))
    >>> best.stopped, len(best.study.trials)
    ('no_progress', 5)
    """
    if iteration_stop_count < 1:
        raise InvalidArgument(f"iteration_stop_count must be at least 1; got {iteration_stop_count!r}")

    def stop_fn(
        trials: Any, best_loss: float | None = None, iteration_no_progress: int = 0
    ) -> tuple[bool, list[Any]]:
        result = trials.trials[len(trials.trials) - 1]["result"]
        loss = result.get("loss")
        if result.get("status") != "ok" or loss is None or math.isnan(loss):
            return False, [best_loss, iteration_no_progress]
        if best_loss is None:
            return False, [loss, iteration_no_progress + 1]
        if loss < best_loss - abs(best_loss) * percent_increase / 100.0:
            best_loss, iteration_no_progress = loss, 0
        else:
            iteration_no_progress += 1
        return iteration_no_progress >= iteration_stop_count, [best_loss, iteration_no_progress]

    # fmin uses the rule itself, so that no documents have to be made.
    stop_fn.rule = NoProgress(iteration_stop_count, percent_increase)  # type: ignore[attr-defined]
    return stop_fn
