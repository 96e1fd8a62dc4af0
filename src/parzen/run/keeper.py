"""Keeps claims alive where the loop cannot: while an objective runs in its own thread.

With parallel executors the loop renews leases itself. An inline objective may
run for hours without giving the loop a turn. On a file store a thread is
enough: owners on one machine are known to be alive by their process. On a
server a small child process renews, which C code that never lets go of the
interpreter cannot starve, and which ends with its parent.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from types import TracebackType

from parzen.executors.base import Executor, Task
from parzen.run.study import LEASE, Study
from parzen.storage.base import Store, open_store


class Keeper:
    """Renews the leases of trials that were added, until they are dropped.

    Args:
        study: Holds the claims.
        executor: Runs the trials; of a parallel one the loop takes care.
    """

    def __init__(self, study: Study, executor: Executor) -> None:
        self._study = study
        self._needed = study.durable and not executor.parallel
        self._held: dict[int, int] = {}
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Keeper:
        if not self._needed:
            return self
        if self._study.store.shared:
            self._child = subprocess.Popen(
                [sys.executable, "-c", "from parzen.run.keeper import main; main()"],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self._send(
                {"url": self._study.store.private_url, "study": self._study.name, "owner": self._study.owner}
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()
            self._child.kill()  # it may still be starting, and has nothing to lose
            self._child.wait()

    def add(self, task: Task) -> None:
        """A trial runs from now on."""
        if not self._needed:
            return
        self._held[task.number] = task.attempt
        if self._child is not None:
            self._send({"held": self._held})
        elif self._thread is None:
            self._thread = threading.Thread(target=self._renew, name="parzen-keeper", daemon=True)
            self._thread.start()

    def drop(self, task: Task) -> None:
        """It has ended."""
        if self._held.pop(task.number, None) is not None and self._child is not None:
            self._send({"held": self._held})

    def _renew(self) -> None:
        study = self._study
        while not self._done.wait(LEASE / 3):
            _hold(study.store, study.name, study.owner, dict(self._held))

    def _send(self, message: object) -> None:
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError):  # it died; the lease is what is left of it
                self._child.stdin.write(json.dumps(message) + "\n")
                self._child.stdin.flush()


def _hold(store: Store, study: str, owner: str, held: dict[int, int]) -> None:
    for number, attempt in held.items():
        with contextlib.suppress(OSError):  # the store is away for a moment: the next turn tries again
            store.hold(study, number, attempt, owner, LEASE)


def main() -> None:
    """The child: reads who is held from standard input, renews, ends when its parent does."""
    settings = json.loads(sys.stdin.readline())
    store = open_store(settings["url"])
    held: dict[int, int] = {}
    done = threading.Event()

    def listen() -> None:
        for line in sys.stdin:
            held.clear()
            held.update({int(number): attempt for number, attempt in json.loads(line)["held"].items()})
        done.set()

    threading.Thread(target=listen, daemon=True).start()
    while not done.wait(LEASE / 3):
        _hold(store, settings["study"], settings["owner"], dict(held))
