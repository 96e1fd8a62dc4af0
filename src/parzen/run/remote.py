"""Reports from where no channel leads back to the loop: straight into the study's store."""

from __future__ import annotations

from typing import Any

from parzen.executors.base import Channel, Evaluate, Task
from parzen.run.study import Study


class ThroughStore:
    """An evaluation whose reports and questions go through a server store. Can be pickled.

    Args:
        evaluate: Runs one task.
        url: The store's.
        study: The study's name.
    """

    asynchronous = False

    def __init__(self, evaluate: Evaluate, url: str, study: str) -> None:
        self.evaluate, self.url, self.study = evaluate, url, study

    def __call__(self, task: Task, channel: Channel) -> Any:
        """The outcome of a task.

        Args:
            task: What to evaluate.
            channel: Not used: it leads nowhere.
        """
        own = _StoreChannel(self.url, self.study, task)
        try:
            return self.evaluate(task, own)
        finally:
            own.close()


class _StoreChannel:
    def __init__(self, url: str, name: str, task: Task) -> None:
        self._url, self._name, self._task = url, name, task
        self._study: Study | None = None

    def call(self, what: str, *values: Any) -> Any:
        if self._study is None:
            self._study = Study.load(self._url, self._name, read_only=False)
        study, task = self._study, self._task
        study.refresh()
        if what == "report":
            value, step = values
            study.report(task.number, value, step, task.attempt)
            return None
        return study.should_prune(task.number)

    def close(self) -> None:
        if self._study is not None:
            self._study.store.close()
