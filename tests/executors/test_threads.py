"""Threads keep the contract."""

from __future__ import annotations

import pytest

from parzen.errors import InvalidArgument, TrialFailed
from parzen.executors.base import Outcome, Task, TaskLimits
from parzen.executors.threads import Threads
from parzen.testing import ExecutorContract


class TestThreads(ExecutorContract):
    source = "from parzen.executors.threads import Threads\nexecutor = Threads(2)"

    def make(self):
        return Threads(2)


def test_a_refused_limit_names_the_executor_that_keeps_it():
    with pytest.raises(InvalidArgument, match="a thread cannot be ended") as caught:
        Threads(2).start(lambda task, channel: None, lambda task, what, values: None, TaskLimits(seconds=1.0))
    assert 'executor="processes"' in caught.value.hint


def test_an_objective_that_still_runs_at_shutdown_ends_at_its_next_report():
    heard = []

    def evaluate(task, channel):
        try:
            while True:
                channel.call("report", 0.5, 1.0)
        except TrialFailed as error:
            heard.append(str(error))
        return Outcome("done", [0.0])

    executor = Threads(1)
    executor.start(evaluate, lambda task, what, values: None, TaskLimits())
    executor.submit(Task(1))
    assert executor.wait(0.02) == []
    executor.shutdown()
    assert heard == ["the search has ended, and nobody listens to its trials"]


@pytest.mark.parametrize("workers", [0, -1])
def test_there_must_be_a_worker(workers):
    with pytest.raises(InvalidArgument, match="at least 1"):
        Threads(workers)
