"""What every executor must do."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

from parzen.executors.base import Evaluate, Executor, Outcome, Task
from parzen.history.history import Trial
from parzen.run.evaluate import Objective, evaluator
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.space.space import Space


def _task(number: int, space: Space) -> Task:
    trial = Trial(number, 0.0, space)
    trial.point = {"x": float(number)}
    return Task(number, trial)


def _double(task: Task) -> Outcome:
    return Outcome("done", [2.0 * task.number], result={"loss": 2.0 * task.number, "status": "ok"})


def _leave_a_mark(folder: str, task: Task) -> Outcome:
    # A file is seen from other threads and from other processes.
    Path(folder, str(task.number)).touch()
    return _double(task)


def _raise_if_odd(x: float) -> float:
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x


def _zero() -> int:
    return 0


class ExecutorContract:
    """Subclass it and override `make`."""

    def make(self, evaluate: Evaluate) -> Executor:
        """An executor that runs tasks with `evaluate`, a function that can be pickled."""
        raise NotImplementedError

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
            ended = executor.wait()
            assert ended != []
            for task, outcome in ended:
                assert task.number not in outcomes
                outcomes[task.number] = outcome
            running -= len(ended)
        return outcomes

    def test_there_is_at_least_one_slot(self) -> None:
        """An executor without a slot would never run anything."""
        executor = self.make(_double)
        assert executor.slots >= 1
        executor.shutdown()

    def test_every_task_comes_back_once(self) -> None:
        """With its own outcome, whatever the order."""
        space = flatten(hp.uniform("x", 0, 100))
        executor = self.make(_double)
        outcomes = self.collect(executor, [_task(number, space) for number in range(25)])
        executor.shutdown()
        losses = {number: outcome.losses for number, outcome in outcomes.items()}
        assert losses == {number: [2.0 * number] for number in range(25)}

    def test_an_objective_that_raises_is_an_outcome(self) -> None:
        """`wait` raises nothing; the others are not disturbed."""
        space = flatten(hp.uniform("x", 0, 100))
        executor = self.make(evaluator(Objective(_raise_if_odd, space), space, _zero))
        outcomes = self.collect(executor, [_task(number, space) for number in range(6)])
        executor.shutdown()
        assert Counter(outcome.status for outcome in outcomes.values()) == {"done": 3, "failed": 3}
        error = outcomes[3].error
        assert error is not None
        assert error["message"] == "3.0 is odd"
        assert "ValueError" in error["type"]
        assert "_raise_if_odd" in error["traceback"]

    def test_shutdown_drops_what_has_not_started(self, tmp_path: Path) -> None:
        """At most the tasks that had a slot are evaluated."""
        space = flatten(hp.uniform("x", 0, 100))
        executor = self.make(partial(_leave_a_mark, str(tmp_path)))
        for number in range(3 * executor.slots):
            executor.submit(_task(number, space))
        executor.shutdown()
        assert len(list(tmp_path.iterdir())) <= executor.slots

    def test_shutdown_may_be_called_twice(self) -> None:
        """The loop calls it in a `finally`, the user perhaps again."""
        executor = self.make(_double)
        executor.shutdown()
        executor.shutdown()
