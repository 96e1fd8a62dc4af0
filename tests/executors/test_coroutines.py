"""Coroutines keep the contract, run at the same time, and are cancelled at their limit."""

from __future__ import annotations

import asyncio
import time

import pytest

from parzen.errors import InvalidArgument, TrialTimeout
from parzen.executors import coroutines
from parzen.executors.base import Outcome, Task, TaskLimits
from parzen.executors.coroutines import Coroutines
from parzen.testing import ExecutorContract


class TestCoroutines(ExecutorContract):
    source = "from parzen.executors.coroutines import Coroutines\nexecutor = Coroutines(2)"
    asynchronous = True
    keeps = frozenset({"seconds"})

    def make(self):
        return Coroutines(2)


def started(evaluate, seconds=None, workers=3):
    evaluate.asynchronous = True
    executor = Coroutines(workers)
    executor.start(evaluate, lambda task, what, values: None, TaskLimits(seconds))
    return executor


def collect(executor, count):
    ended = []
    while len(ended) < count:
        found = executor.wait(60.0)
        assert found != []
        ended += found
    return {task.number: outcome for task, outcome in ended}


def test_objectives_wait_for_each_other():
    """Three that meet at a barrier can only end if all of them run at the same time."""
    met = asyncio.Barrier(3)

    async def evaluate(task, channel):
        await met.wait()
        return Outcome("done", [float(task.number)])

    executor = started(evaluate)
    for number in range(3):
        executor.submit(Task(number))
    assert sorted(collect(executor, 3)) == [0, 1, 2]
    executor.shutdown()


def test_a_limit_of_time_cancels_and_others_go_on():
    cleaned = []

    async def evaluate(task, channel):
        try:
            await asyncio.sleep(0 if task.number else 3600)
        finally:
            cleaned.append(task.number)
        return Outcome("done", [0.0])

    executor = started(evaluate, 0.2)
    for number in range(3):
        executor.submit(Task(number))
    outcomes = collect(executor, 3)
    executor.shutdown()
    assert {number: outcome.status for number, outcome in outcomes.items()} == {
        0: "failed",
        1: "done",
        2: "done",
    }
    assert isinstance(outcomes[0].exception, TrialTimeout)
    assert outcomes[0].error["message"] == "trial 0 ran longer than 0.2 s and was ended"
    assert sorted(cleaned) == [0, 1, 2]


def test_an_objective_that_ignores_its_cancellation_is_left_alone(monkeypatch):
    monkeypatch.setattr(coroutines, "FAREWELL", 0.05)

    async def evaluate(task, channel):
        while task.number == 0:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue
        return Outcome("done", [0.0])

    executor = started(evaluate, 0.1, workers=1)
    for number in range(2):
        executor.submit(Task(number))
    outcomes = collect(executor, 2)
    assert [outcomes[number].status for number in range(2)] == ["failed", "done"]
    executor.shutdown()


def test_shutdown_cancels_what_runs():
    cancelled = []

    async def evaluate(task, channel):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(task.number)
            raise

    executor = started(evaluate)
    executor.submit(Task(4))
    executor.wait(0.05)
    begun = time.monotonic()
    executor.shutdown()
    assert cancelled == [4]
    assert time.monotonic() - begun < 30


def test_a_plain_objective_is_refused():
    with pytest.raises(InvalidArgument, match="async def"):
        Coroutines(2).start(lambda task, channel: None, lambda task, what, values: None, TaskLimits())
