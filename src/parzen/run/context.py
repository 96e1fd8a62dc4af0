"""What an objective may hold of its own trial."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.executors.base import Channel, Task
from parzen.rng import stream


class TrialContext:
    """Handed to objectives that have a second parameter named ``trial``.

    Args:
        task: The attempt that runs.
        channel: To the search.

    Attributes:
        number: The trial's number.
        attempt: Counts from 1; above 1 where the trial runs again after its worker died.
        point: Label -> stored value.
        budget: How much of the fidelity to spend, or None.
    """

    def __init__(self, task: Task, channel: Channel) -> None:
        self.number = task.number
        self.attempt = task.attempt
        self.point = dict(task.point)
        self.budget = task.budget
        self.attachments: dict[str, Any] = {}
        self._task = task
        self._channel = channel
        self._rng: np.random.Generator | None = None

    @property
    def rng(self) -> np.random.Generator:
        """A generator of this trial's own: a resumed search draws the same numbers again."""
        if self._rng is None:
            self._rng = stream(self._task.seed, self.number, "objective")
        return self._rng

    @property
    def directory(self) -> Path:
        """A folder of this trial's own, made on first use. It survives a retry: keep checkpoints in it."""
        folder = Path(self._task.directory)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def report(self, value: float, step: float) -> None:
        """Say how the trial is doing; never raises for a bad value of the search's.

        Args:
            value: The loss so far, or with ``maximize=True`` the value so far.
            step: How far the trial is, in your own unit (epochs, rows); one value counts for each step.

        Raises:
            InvalidArgument: If one of them is no number.
        """
        try:
            pair = float(value), float(step)
        except (TypeError, ValueError):
            raise InvalidArgument(
                f"trial.report needs two numbers, value and step; got {value!r} and {step!r}"
            ) from None
        if not pair[1] == pair[1]:
            raise InvalidArgument("trial.report needs a step that is a number; got nan")
        self._channel.call("report", *pair)

    def should_prune(self) -> bool:
        """Whether the pruner would end this trial, by its reports so far; then ``raise Pruned``."""
        return bool(self._channel.call("should_prune"))

    def attach(self, name: str, value: Any) -> None:
        """Keep an object beside the result; `Trials.trial_attachments` gives it back.

        Args:
            name: Unique in this trial.
            value: Any object; bytes where the study is kept in a file.
        """
        self.attachments[name] = value
