"""Spark: each task is a job of its own with one partition. The only file that imports PySpark."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import threading
import time
from importlib import import_module
from typing import Any

from parzen.errors import InvalidArgument, MissingDependency
from parzen.executors.base import Evaluate, Outcome, Serve, Task, TaskLimits
from parzen.executors.futures import run_packed
from parzen.executors.mailbox import Mailbox
from parzen.executors.outcomes import lost, packed_evaluate, refuse_limits, unpacked

FAREWELL = 10.0  # seconds for jobs to be cancelled


class SparkExecutor:
    """Runs each task as a Spark job, from a thread of the driver's.

    Without an active session one is started on this machine, without a web
    page, and stopped at the end. There Spark tries a task once; the search
    itself runs a trial again whose worker died. A session of yours keeps its
    ``spark.task.maxFailures``.

    Args:
        workers: How many jobs at a time; left out, what Spark calls its default parallelism.
        session: A `SparkSession`; left out, the active one.

    Raises:
        MissingDependency: If PySpark is not installed.
        InvalidArgument: If the session has no Spark context, as with Spark Connect.
    """

    channel = False
    parallel = True

    def __init__(self, workers: int | None = None, session: Any = None) -> None:
        if workers is not None and workers < 1:
            raise InvalidArgument(f"workers must be at least 1; got {workers!r}")
        try:
            sql: Any = import_module("pyspark.sql")
        except ImportError as error:
            raise MissingDependency(
                'executor="spark" needs PySpark', hint="pip install 'parzen[spark]'"
            ) from error
        found = session or sql.SparkSession.getActiveSession()
        self._ours = found is None
        self._session: Any = _new_session(sql, workers) if found is None else found
        try:
            self._context: Any = self._session.sparkContext
        except Exception as error:
            raise InvalidArgument(
                'executor="spark" needs a session with a Spark context; Spark Connect has none',
                hint="start the session without a remote",
            ) from error
        self.slots: int = workers or int(self._context.defaultParallelism)
        self._group = f"parzen-{secrets.token_hex(4)}"
        self._payload: Any = None
        self._mailbox: Mailbox | None = None
        self._running: dict[int, threading.Thread] = {}

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Send the objective to the cluster.

        Args:
            evaluate: Runs one task.
            serve: Is not called: no channel leads back.
            limits: Must be empty.

        Raises:
            InvalidArgument: If there is a limit, or `evaluate` cannot be pickled.
        """
        refuse_limits(limits, "Spark")
        self._payload = self._context.broadcast(packed_evaluate(evaluate))
        self._mailbox = Mailbox(serve)

    def submit(self, task: Task) -> None:
        """Start the task's job."""
        if self._mailbox is None:
            raise InvalidArgument("the executor was not started, or was shut down")
        thread = import_module("pyspark").InheritableThread(
            target=self._job, args=(task, self._mailbox, self._payload), daemon=True
        )
        self._running[task.number] = thread
        thread.start()

    def _job(self, task: Task, mailbox: Mailbox, payload: Any) -> None:
        context = self._context
        try:
            context.setJobGroup(
                self._group_of(task.number), f"parzen: trial {task.number}", interruptOnCancel=True
            )
            data = context.parallelize([task], 1).map(lambda one: run_packed(payload.value, one)).collect()[0]
            outcome = unpacked(data)
        except Exception as error:  # noqa: BLE001  # whatever failed here is no doing of the objective's
            lines = [line for line in str(error).splitlines() if line.strip()]
            outcome = lost(task.number, f"died: {lines[0] if lines else type(error).__name__}")
        mailbox.put(task, outcome)

    def _group_of(self, number: int) -> str:
        return f"{self._group}-{number}"

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Hand back what has ended.

        Args:
            seconds: At most; None waits until a task ends.
        """
        if self._mailbox is None or not self._running:
            return []
        ended = self._mailbox.collect(seconds)
        for task, _ in ended:
            self._running.pop(task.number).join()
        return ended

    def shutdown(self) -> None:
        """Cancel the jobs that run, and stop the session if it was started here."""
        threads, self._running = self._running, {}
        stop = time.monotonic() + FAREWELL
        while any(thread.is_alive() for thread in threads.values()) and time.monotonic() < stop:
            for number, thread in threads.items():
                # Again and again: a job that its thread is only about to submit is not there to cancel.
                with contextlib.suppress(Exception):  # a session that was stopped meanwhile
                    self._context.cancelJobGroup(self._group_of(number))
                thread.join(0.05)
        self._mailbox = None
        if self._payload is not None:
            with contextlib.suppress(Exception):  # as above
                self._payload.destroy()
            self._payload = None
        if self._ours:
            self._ours = False
            self._session.stop()


def _new_session(sql: Any, workers: int | None) -> Any:
    # Else Spark takes a network interface's address, and whichever python3 is first on the path.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = sql.SparkSession.builder.master(f"local[{workers or '*'}]").appName("parzen")
    for name, value in (
        ("spark.ui.enabled", "false"),
        ("spark.task.maxFailures", "1"),
        ("spark.log.level", "ERROR"),
        ("spark.ui.showConsoleProgress", "false"),
    ):
        builder = builder.config(name, value)
    return builder.getOrCreate()
