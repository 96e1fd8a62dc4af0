"""What every executor must do.

Objectives here are closures and local classes, so they go to other processes
by value; what happened there is told by outcomes and by files.
"""

# ruff: noqa: ARG001  # what an evaluation takes is fixed; not each of these needs all of it

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from parzen.errors import InvalidArgument, WorkerLost
from parzen.executors.base import Channel, Evaluate, Executor, Outcome, Serve, Task, TaskLimits
from parzen.testing.evaluations import (
    NO_LIMITS,
    PATIENCE,
    SCRIPT,
    Asynchronous,
    Plain,
    done,
    double,
    nothing,
    wait_until,
)


class ExecutorContract:
    """Subclass it and override `make`.

    Attributes:
        source: Python source that makes such an executor and calls it `executor`, for a script.
        processes: Whether each task runs in a process other than the search's, whose death it survives.
        keeps: Which limits it keeps: ``"seconds"``, ``"memory"``.
        asynchronous: Whether it wants coroutines.
        many: How many tasks a long test runs.
    """

    source: ClassVar[str] = ""
    processes: ClassVar[bool] = False
    keeps: ClassVar[frozenset[str]] = frozenset()
    asynchronous: ClassVar[bool] = False
    many: ClassVar[int] = 25

    def make(self) -> Executor:
        """A new executor, not started."""
        raise NotImplementedError

    def evaluation(self, evaluate: Plain) -> Evaluate:
        """An evaluation of the kind that this executor wants.

        Args:
            evaluate: Does the work.
        """
        return Asynchronous(evaluate) if self.asynchronous else evaluate  # type: ignore[return-value]  # a coroutine

    @contextmanager
    def started(
        self, evaluate: Plain, serve: Serve | None = None, limits: TaskLimits = NO_LIMITS
    ) -> Iterator[Executor]:
        """A started executor, shut down at the end.

        Args:
            evaluate: What it runs.
            serve: Answers messages; left out, with None.
            limits: For each task.
        """
        executor = self.make()
        try:
            executor.start(self.evaluation(evaluate), serve or nothing, limits)
            yield executor
        finally:
            executor.shutdown()

    def collect(self, executor: Executor, tasks: list[Task]) -> dict[int, Outcome]:
        """Submit tasks, keeping the slots full, and wait for all.

        Args:
            executor: Under test.
            tasks: With different numbers.

        Returns:
            The outcomes by number; checks on the way that each task comes back once.
        """
        outcomes: dict[int, Outcome] = {}
        left, running = list(tasks), 0
        while left or running:
            while left and running < executor.slots:
                executor.submit(left.pop(0))
                running += 1
            ended = executor.wait(PATIENCE)
            assert ended != []
            for task, outcome in ended:
                assert task.number not in outcomes
                outcomes[task.number] = outcome
            running -= len(ended)
        return outcomes

    def run(self, evaluate: Plain, count: int = 3, serve: Serve | None = None) -> dict[int, Outcome]:
        """The outcomes of some tasks, by number.

        Args:
            evaluate: What runs.
            count: How many tasks.
            serve: Answers messages.
        """
        with self.started(evaluate, serve) as executor:
            return self.collect(executor, [Task(number, point={"x": 0.5}) for number in range(count)])

    def test_there_is_at_least_one_slot(self) -> None:
        """An executor without a slot would never run anything."""
        with self.started(double) as executor:
            assert executor.slots >= 1

    def test_every_task_comes_back_once(self) -> None:
        """With its own outcome, whatever the order."""
        outcomes = self.run(double, self.many)
        losses = {number: outcome.losses for number, outcome in outcomes.items()}
        assert losses == {number: [2.0 * number] for number in range(self.many)}
        assert {outcome.status for outcome in outcomes.values()} == {"done"}

    def test_a_task_arrives_as_it_was_sent(self) -> None:
        """Point, attempt, budget, folder and seed."""
        sent = Task(7, 2, {"x": 0.25, "n": 3}, budget=1.5, directory="somewhere", seed=2**70)

        def echo(task: Task, channel: Channel) -> Outcome:
            point = dict(task.point)
            seen = [task.number, task.attempt, point, task.budget, task.directory, task.seed]
            return Outcome("done", [1.0], {"m": 0.5}, {"loss": 1.0, "seen": seen})

        with self.started(echo) as executor:
            executor.submit(sent)
            ((task, outcome),) = executor.wait(PATIENCE)
        assert task == sent
        assert outcome.result["seen"] == [7, 2, {"x": 0.25, "n": 3}, 1.5, "somewhere", 2**70]
        assert outcome.metrics == {"m": 0.5}

    def test_no_more_tasks_run_at_a_time_than_there_are_slots(self) -> None:
        """Even if more are submitted."""

        def spell(task: Task, channel: Channel) -> Outcome:
            begun = time.time()
            while time.time() < begun + 0.02:
                pass
            return Outcome("done", [0.0], {"begun": begun, "ended": time.time()})

        with self.started(spell) as executor:
            count = 3 * executor.slots
            for number in range(count):
                executor.submit(Task(number))
            outcomes: list[Outcome] = []
            while len(outcomes) < count:
                ended = executor.wait(PATIENCE)
                assert ended != []
                outcomes += [outcome for _, outcome in ended]
            spans = [(outcome.metrics["begun"], outcome.metrics["ended"]) for outcome in outcomes]
            for moment, _ in spans:
                assert sum(begun <= moment < ended for begun, ended in spans) <= executor.slots

    def test_an_exception_is_an_outcome(self) -> None:
        """Also one that the evaluation did not catch; the others are not disturbed."""

        def fail_if_odd(task: Task, channel: Channel) -> Outcome:
            if task.number % 2:
                raise SystemExit(f"{task.number} is odd")
            return done(task)

        if not self.make_and_ask("parallel"):
            return  # in the search's own thread, such an exception is the user's
        outcomes = self.run(fail_if_odd, 6)
        assert [outcomes[number].status for number in range(6)] == ["done", "failed"] * 3
        error = outcomes[3].error
        assert error is not None
        assert error["message"] == "3 is odd"
        assert "SystemExit" in error["type"]
        assert "fail_if_odd" in error["traceback"]
        assert isinstance(outcomes[3].exception, SystemExit)

    def test_an_exception_comes_back_as_itself(self) -> None:
        """With its class, where it can be pickled."""

        def fail(task: Task, channel: Channel) -> Outcome:
            try:
                raise KeyError("nothing")
            except KeyError as error:
                return Outcome("failed", error={"type": "t", "message": "m"}, exception=error)

        (outcome,) = self.run(fail, 1).values()
        assert isinstance(outcome.exception, KeyError)
        assert outcome.error == {"type": "t", "message": "m"}

    def test_an_exception_that_cannot_be_pickled_is_kept_as_text(self) -> None:
        """Neither the one that cannot leave its process, nor the one that cannot arrive, harms anything."""

        class NeedsTwo(Exception):
            def __init__(self, one: int, two: int) -> None:
                super().__init__(f"{one} and {two}")

        def fail(task: Task, channel: Channel) -> Outcome:
            error: Exception = NeedsTwo(1, 2)
            if task.number:
                error = RuntimeError(threading.Lock())
            return Outcome("failed", error={"type": "t", "message": str(task.number)}, exception=error)

        outcomes = self.run(fail, 2)
        for number in range(2):
            assert outcomes[number].status == "failed"
            assert outcomes[number].error == {"type": "t", "message": str(number)}

    def test_a_result_that_cannot_be_pickled_loses_only_that(self) -> None:
        """What cannot be sent is named; the loss arrives."""

        def hold(task: Task, channel: Channel) -> Outcome:
            lock = threading.Lock()
            return Outcome("done", [1.5], {}, {"loss": 1.5, "lock": lock}, attachments={"a": lock, "b": b"1"})

        (outcome,) = self.run(hold, 1).values()
        assert outcome.losses == [1.5]
        assert outcome.result["loss"] == 1.5
        assert outcome.attachments["b"] == b"1"
        if self.processes:
            assert outcome.result["lock"] == {"$unsaved": "_thread:lock"}
            assert outcome.attachments["a"] == {"$unsaved": "_thread:lock"}

    def test_objects_of_the_users_come_back(self) -> None:
        """In results and attachments, classes made in a function included."""

        class Model:
            weight = 3

        def train(task: Task, channel: Channel) -> Outcome:
            return Outcome("done", [0.0], {}, {"loss": 0.0, "model": Model()}, attachments={"m": (1, {2})})

        (outcome,) = self.run(train, 1).values()
        assert outcome.result["model"].weight == 3
        assert outcome.attachments["m"] == (1, {2})

    def test_messages_are_answered_in_the_thread_that_waits(self) -> None:
        """In order, with the task that asks; an answer may be an exception, raised in the objective."""
        heard: list[tuple[int, str, tuple[Any, ...], int]] = []

        def serve(task: Task, what: str, values: tuple[Any, ...]) -> Any:
            heard.append((task.number, what, values, threading.get_ident()))
            if what == "boom":
                raise LookupError("no such thing")
            return what == "should_prune"

        def speak(task: Task, channel: Channel) -> Outcome:
            channel.call("report", 0.5, 1.0)
            pruned = channel.call("should_prune")
            try:
                channel.call("boom")
            except LookupError as error:
                return Outcome("done", [0.0], {}, {"pruned": pruned, "heard": str(error)})
            return Outcome("failed")

        if not self.make_and_ask("channel"):
            return
        outcomes = self.run(speak, 3, serve)
        for number in range(3):
            assert outcomes[number].result == {"pruned": True, "heard": "no such thing"}
            mine = [(what, values) for n, what, values, _ in heard if n == number]
            assert mine == [("report", (0.5, 1.0)), ("should_prune", ()), ("boom", ())]
        assert {thread for *_, thread in heard} == {threading.get_ident()}

    def test_without_a_channel_reports_go_nowhere(self) -> None:
        """And nothing is pruned, so that objectives need not know."""

        def speak(task: Task, channel: Channel) -> Outcome:
            answers = [channel.call("report", 0.5, 1.0), channel.call("should_prune")]
            return Outcome("done", [0.0], {}, {"answers": answers})

        if self.make_and_ask("channel"):
            return
        (outcome,) = self.run(speak, 1).values()
        assert outcome.result == {"answers": [None, False]}

    def make_and_ask(self, name: str) -> Any:
        """The value of an executor's attribute.

        Args:
            name: ``"channel"``, ``"parallel"`` or ``"slots"``.
        """
        with self.started(double) as executor:
            return getattr(executor, name)

    def test_wait_gives_up_when_its_time_is_over(self, tmp_path: Path) -> None:
        """With an empty list, and the task goes on; with nothing submitted it never blocks."""
        gate = str(tmp_path / "gate")

        def pass_gate(task: Task, channel: Channel) -> Outcome:
            wait_until(lambda: os.path.exists(gate), "the gate")
            return done(task)

        if not self.make_and_ask("parallel"):
            return
        with self.started(pass_gate) as executor:
            assert executor.wait() == []
            executor.submit(Task(1))
            assert executor.wait(0.0) == []
            assert executor.wait(0.05) == []
            Path(gate).touch()
            ((task, outcome),) = executor.wait(PATIENCE)
            assert (task.number, outcome.losses) == (1, [2.0])

    def test_a_worker_that_dies_loses_its_own_task_only(self) -> None:
        """The task is lost, and may be given again; the search goes on."""

        def die_once(task: Task, channel: Channel) -> Outcome:
            if task.number == 1 and task.attempt == 1:
                os._exit(7)
            return done(task)

        if not self.processes:
            return
        with self.started(die_once) as executor:
            outcomes = self.collect(executor, [Task(1)])
            assert outcomes[1].status == "lost"
            assert isinstance(outcomes[1].exception, WorkerLost)
            assert outcomes[1].error is not None
            assert "the process of trial 1 " in outcomes[1].error["message"]
            again = self.collect(executor, [Task(1, 2), Task(2), Task(3)])
            assert {number: outcome.losses for number, outcome in again.items()} == {
                1: [2.0],
                2: [4.0],
                3: [6.0],
            }

    def test_limits_are_kept_or_refused(self) -> None:
        """One that cannot be kept is refused in a sentence, before the first task."""
        for name, limits in (("seconds", TaskLimits(seconds=3600.0)), ("memory", TaskLimits(memory=2**50))):
            if name in self.keeps:
                with self.started(double, limits=limits) as executor:
                    assert self.collect(executor, [Task(1)])[1].losses == [2.0]
            else:
                with pytest.raises(InvalidArgument), self.started(double, limits=limits):
                    pass

    def test_shutdown_drops_what_has_not_started(self, tmp_path: Path) -> None:
        """At most the tasks that had a slot are evaluated."""
        folder = str(tmp_path)

        def leave_a_mark(task: Task, channel: Channel) -> Outcome:
            Path(folder, str(task.number)).touch()
            wait_until(lambda: os.path.exists(os.path.join(folder, "end")), "the end")
            return done(task)

        executor = self.make()
        slots = executor.slots
        executor.start(self.evaluation(leave_a_mark), nothing, NO_LIMITS)
        for number in range(3 * slots):
            executor.submit(Task(number))
        if executor.parallel and not self.processes:  # threads cannot be ended, so they are let go
            _while_ending(executor.shutdown, tmp_path / "end")
        executor.shutdown()
        (tmp_path / "end").touch()
        assert len([path for path in tmp_path.iterdir() if path.name != "end"]) <= slots

    def test_shutdown_may_be_called_twice(self) -> None:
        """The loop calls it in a `finally`, the user perhaps again; also of one that never started."""
        executor = self.make()
        executor.start(self.evaluation(double), nothing, NO_LIMITS)
        executor.submit(Task(1))
        executor.wait(PATIENCE)
        executor.shutdown()
        executor.shutdown()
        self.make().shutdown()

    def test_nothing_is_left_behind(self) -> None:
        """Threads, descriptors and child processes are as many as before."""
        self.run(double)  # what is made once and kept: an engine's own daemons, a pool given
        before = _held()
        self.run(double)
        wait_until(lambda: all(now <= then for now, then in zip(_held(), before)), f"{before}, now {_held()}")

    def test_a_script_needs_no_guard(self, tmp_path: Path) -> None:
        """Objectives, classes and lambdas of ``__main__`` work, without ``if __name__ == "__main__"``."""
        if not self.source:
            return
        script = tmp_path / "script.py"
        script.write_text(SCRIPT.format(source=self.source, asynchronous=self.asynchronous), encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert ended.stdout.splitlines()[-1:] == ["True [0.0, 3.0, 6.0] Mine('of trial 1') 5"], ended.stderr


def _while_ending(shutdown: Callable[[], None], gate: Path) -> None:
    """Shut down while the objectives that run are let go: threads cannot be ended."""
    thread = threading.Thread(target=shutdown)
    thread.start()
    gate.touch()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def _held() -> tuple[int, int, int]:
    """How many threads, file descriptors and child processes this process has."""
    descriptors = children = 0
    with suppress(OSError):
        descriptors = len(os.listdir("/proc/self/fd"))
        for task in os.listdir("/proc/self/task"):
            children += len(Path("/proc/self/task", task, "children").read_text(encoding="ascii").split())
    return threading.active_count(), descriptors, children
