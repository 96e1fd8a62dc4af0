"""Evaluations for the executors' contract, and how to wait for what they do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from parzen.byvalue import carry
from parzen.executors.base import Channel, Outcome, Task, TaskLimits

PATIENCE = 60.0  # seconds after which something that must happen has not; machines may be slow
NO_LIMITS = TaskLimits()

Plain = Callable[[Task, Channel], Outcome]


def done(task: Task, value: float = 0.0) -> Outcome:
    """The outcome of an objective that returned a number.

    Args:
        task: Of the trial.
        value: The loss, on top of twice the trial's number.
    """
    loss = 2.0 * task.number + value
    return Outcome("done", [loss], result={"loss": loss, "status": "ok"})


def double(task: Task, channel: Channel) -> Outcome:
    """Evaluate to twice the trial's number, and use `channel` for nothing."""
    del channel
    return done(task)


def nothing(task: Task, what: str, values: tuple[Any, ...]) -> Any:
    """Answer None to any message: `what` and `values` of a `task`."""


def wait_until(true: Callable[[], Any], what: str) -> None:
    """Look again and again until something is true.

    Args:
        true: Says whether it is.
        what: For the message, if it never is.
    """
    stop = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < stop, f"not in {PATIENCE:g} s: {what}"
        time.sleep(0.005)


class Asynchronous:
    """An evaluation as executors get it from an ``async def`` objective.

    Args:
        evaluate: Does the work.
    """

    asynchronous = True

    def __init__(self, evaluate: Plain) -> None:
        self._evaluate = evaluate

    async def __call__(self, task: Task, channel: Channel) -> Outcome:
        """Do it, after letting others have their turn.

        Args:
            task: What to evaluate.
            channel: For messages.
        """
        import asyncio

        await asyncio.sleep(0)
        return self._evaluate(task, channel)


SCRIPT = """
from parzen.executors.base import Outcome, Task, TaskLimits

print("the script runs")
factor = 3


class Mine(Exception):
    pass


class Model:
    def __init__(self):
        self.weight = 5


times = lambda number: float(factor * number)


def evaluate(task, channel):
    outcome = Outcome("done", [times(task.number)], result={{"model": Model()}})
    if task.number == 1:
        outcome.exception = Mine("of trial 1")
    return outcome


if {asynchronous}:
    plain = evaluate

    async def evaluate(task, channel):
        return plain(task, channel)

    evaluate.asynchronous = True

{source}
executor.start(evaluate, lambda task, what, values: None, TaskLimits())
outcomes = {{}}
for number in range(3):
    executor.submit(Task(number))
    outcomes.update({{task.number: outcome for task, outcome in executor.wait()}})
executor.shutdown()
print(
    isinstance(outcomes[2].result["model"], Model),
    [outcomes[number].losses[0] for number in range(3)],
    repr(outcomes[1].exception) if isinstance(outcomes[1].exception, Mine) else "another class",
    outcomes[0].result["model"].weight,
)
"""

# By value: a child process that runs one of these need not import pytest with the rest of this package.
carry(sys.modules[__name__])
