"""The inline executor keeps the contract and runs tasks in order, in this thread."""

from __future__ import annotations

import threading

from parzen.executors.base import Outcome, Task, TaskLimits
from parzen.executors.inline import Inline
from parzen.testing import ExecutorContract


class TestInline(ExecutorContract):
    source = "from parzen.executors.inline import Inline\nexecutor = Inline()"

    def make(self):
        return Inline()


def test_tasks_run_in_order_in_the_calling_thread():
    seen = []

    def evaluate(task, channel):
        seen.append((task.number, threading.get_ident()))
        return Outcome("done", [0.0])

    executor = Inline()
    executor.start(evaluate, lambda task, what, values: None, TaskLimits())
    for number in (3, 1, 2):
        executor.submit(Task(number))
    assert seen == []
    assert [executor.wait()[0][0].number for _ in range(3)] == [3, 1, 2]
    assert seen == [(number, threading.get_ident()) for number in (3, 1, 2)]
