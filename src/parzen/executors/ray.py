"""Ray: each task is a remote function on its cluster. The only file that imports Ray."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from parzen.errors import InvalidArgument, MissingDependency
from parzen.executors.base import Evaluate, Outcome, Serve, Task, TaskLimits
from parzen.executors.futures import run_packed
from parzen.executors.outcomes import failed, lost, packed_evaluate, refuse_limits, unpacked

_LOSSES = ("WorkerCrashedError", "OutOfMemoryError", "NodeDiedError", "LocalRayletDiedError")


class RayExecutor:
    """Runs each task as a Ray task; Ray is started if it is not, and then stopped at the end.

    Args:
        workers: How many at a time; left out, as many as the cluster's processors allow.
        options: Of Ray's tasks, such as `num_gpus` or `num_cpus`.

    Raises:
        MissingDependency: If Ray is not installed.
    """

    channel = False
    parallel = True

    def __init__(self, workers: int | None = None, **options: Any) -> None:
        if workers is not None and workers < 1:
            raise InvalidArgument(f"workers must be at least 1; got {workers!r}")
        try:
            self._ray: Any = import_module("ray")
        except ImportError as error:
            raise MissingDependency('executor="ray" needs Ray', hint="pip install 'parzen[ray]'") from error
        # A trial whose worker died is run again by the search, which counts its attempts.
        self._options = {"max_retries": 0, **options}
        self._ours = not self._ray.is_initialized()
        if self._ours:
            self._ray.init(include_dashboard=False, log_to_driver=True, logging_level="warning")
        self.slots: int = workers or self._room()
        self._run: Any = None
        self._payload: Any = None
        self._running: dict[Any, Task] = {}

    def _room(self) -> int:
        """How many tasks the cluster has processors and cards for."""
        have = self._ray.cluster_resources()
        need = {"CPU": self._options.get("num_cpus", 1), "GPU": self._options.get("num_gpus", 0)}
        return max(1, int(min(have.get(name, 0) / each for name, each in need.items() if each)))

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Send the objective to the cluster.

        Args:
            evaluate: Runs one task.
            serve: Is not called: no channel leads back.
            limits: Must be empty.

        Raises:
            InvalidArgument: If there is a limit, or `evaluate` cannot be pickled.
        """
        refuse_limits(limits, "Ray")
        self._payload = self._ray.put(packed_evaluate(evaluate))
        self._run = self._ray.remote(run_packed).options(**self._options)

    def submit(self, task: Task) -> None:
        """Hand the task to Ray."""
        if self._run is None:
            raise InvalidArgument("the executor was not started, or was shut down")
        self._running[self._run.remote(self._payload, task)] = task

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Hand back what has ended.

        Args:
            seconds: At most; None waits until a task ends.
        """
        if not self._running:
            return []
        ready, _ = self._ray.wait(list(self._running), num_returns=1, timeout=seconds)
        if ready:  # and whatever else is ready now
            ready, _ = self._ray.wait(list(self._running), num_returns=len(self._running), timeout=0)
        return [self._outcome(reference) for reference in ready]

    def _outcome(self, reference: Any) -> tuple[Task, Outcome]:
        task = self._running.pop(reference)
        try:
            return task, unpacked(self._ray.get(reference))
        except self._ray.exceptions.RayError as error:
            if any(kind.__name__ in _LOSSES for kind in type(error).__mro__):
                return task, lost(task.number, f"died ({type(error).__name__})")
            return task, failed(error)

    def shutdown(self) -> None:
        """End the processes of what runs, and Ray if it was started here."""
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        self._running.clear()
        self._run = self._payload = None
        if self._ours:
            self._ours = False
            self._ray.shutdown()
