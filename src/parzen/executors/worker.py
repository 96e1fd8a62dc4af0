"""The search's view of one child process: its line, its output, its end."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parzen.executors import tree
from parzen.executors.base import Task
from parzen.executors.link import Inbox, send

LOG = 8192  # bytes kept of what a task prints
LEAVING = 5.0  # seconds for a child that was told to go: it runs exit handlers
_PIPE = 1 << 20  # so that children go on printing while the search thinks
_LONGEST_LINE = 1 << 16
# The search's path comes before anything of ours is imported. The user's script is not run again,
# so it needs no `if __name__ == "__main__"`.
_BOOT = (
    "import json, sys; line, payload, sys.path[:], sys.argv[:] = json.loads(sys.argv[1]); "
    "from parzen.executors.child import main; main(line, payload)"
)


@dataclass(frozen=True, slots=True)
class Seed:
    """What all children of an executor are started from.

    Attributes:
        payload: File descriptor of a file with the pickled evaluation.
        token: The executor's, see `tree`.
        folder: Their working directory; None where the search's own is gone.
    """

    payload: int
    token: str
    folder: str | None


class Worker:
    """One child process.

    Args:
        seed: What it starts from.
        number: Its own, unique in the executor.
        slot: The slot that it fills.
        environment: Its variables, but for the token.
        selector: Is told what to watch; the data is `(worker, kind)`.
    """

    def __init__(
        self,
        seed: Seed,
        number: int,
        slot: int,
        environment: Mapping[str, str],
        selector: selectors.BaseSelector,
    ) -> None:
        self.slot = slot
        self.token = f"{seed.token}/{number}"
        self.task: Task | None = None
        self.given = 0.0
        self.ready: float | None = None
        self.leaving: float | None = None
        self._selector = selector
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(seed, theirs.fileno(), {**environment, tree.VARIABLE: self.token})
        self.pid = self._process.pid
        self._inbox = Inbox(self._line)
        self._outputs = [Output(self._process.stdout, "stdout"), Output(self._process.stderr, "stderr")]
        self._log = bytearray()
        self._ended = _death_of(self.pid)
        self._watch(self._line, "line")
        for output in self._outputs:
            self._watch(output.fd, output)
        if self._ended is not None:
            self._watch(self._ended, "ended")

    def _watch(self, what: Any, kind: Any) -> None:
        self._selector.register(what, selectors.EVENT_READ, (self, kind))

    def _forget(self, what: Any) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(what)

    def give(self, task: Task) -> None:
        """Send a task.

        Args:
            task: To be run next.

        Raises:
            ConnectionError: If the process is gone.
        """
        self.task, self.given = task, time.monotonic()
        self._log.clear()
        send(self._line, task)

    def answer(self, fine: bool, value: Any) -> None:
        """Answer the message that its objective waits on.

        Args:
            fine: Whether `value` is the answer; else it is an exception to raise there.
            value: Either.
        """
        with contextlib.suppress(ConnectionError):  # it died while it waited
            try:
                send(self._line, (fine, value))
            except (ConnectionError, KeyboardInterrupt):
                raise
            except Exception:  # noqa: BLE001  # an exception that cannot be pickled
                send(self._line, (False, RuntimeError(f"{type(value).__name__}: {value}")))

    @property
    def began(self) -> float | None:
        """When its task began, or None: the process is still starting."""
        return None if self.ready is None else max(self.given, self.ready)

    def messages(self) -> Iterator[tuple[Any, ...]]:
        """What it has sent; never blocks."""
        yield from self._inbox.messages()
        if self._inbox.closed:
            self._forget(self._line)

    def read_output(self, output: Output) -> None:
        """Pass on what it printed, in whole lines.

        Args:
            output: Which.
        """
        data = output.read()
        self._log += data
        del self._log[:-LOG]
        if output.closed:
            self._forget(output.fd)

    def finish_task(self) -> str:
        """Pass on everything that the task printed, and return the end of it."""
        for output in self._outputs:
            if not output.closed:
                self.read_output(output)
            output.flush()
        self.task = None
        return self.log

    @property
    def log(self) -> str:
        """The end of what its last task printed."""
        return self._log.decode("utf-8", "replace")

    @property
    def gone(self) -> bool:
        """Whether the process has ended, or cannot be spoken to any more."""
        cut = self._inbox.closed and self.leaving is None  # who leaves hangs up first
        return self._process.poll() is not None or cut

    @property
    def watched(self) -> bool:
        """Whether the selector wakes when the process ends."""
        return self._ended is not None

    def leave(self) -> None:
        """Let it end by itself, exit handlers included."""
        if self.leaving is None:
            self.leaving = time.monotonic() + LEAVING
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_WR)

    def bury(self, swept: bool = False) -> str:
        """End what is left of it and of its tree, free everything, and say how it went.

        Args:
            swept: Whether somebody has ended its tree already.
        """
        if self._inbox.closed and self.leaving is None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # the line breaks a moment before the end
                self._process.wait(1.0)
        code = self._process.poll()
        if not swept:
            tree.end(self.token, [self.pid], thorough=self.task is not None)
        self._process.kill()
        self._process.wait()
        self.finish_task()
        for output in self._outputs:
            self._forget(output.fd)
            output.close()
        self._forget(self._line)
        self._line.close()
        if self._ended is not None:
            self._forget(self._ended)
            os.close(self._ended)
            self._ended = None
        return _how(code)

    def wait(self, stop: float) -> None:
        """Wait for it to end by itself, passing on what it prints.

        Args:
            stop: Until then, by the monotonic clock.
        """
        while self._process.poll() is None and time.monotonic() < stop:
            for output in self._outputs:
                if not output.closed:
                    self.read_output(output)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.01)


def _spawn(seed: Seed, line: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    start = json.dumps([line, seed.payload, [str(place) for place in sys.path], sys.argv])
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # -W, -X, -O: as multiprocessing
    return subprocess.Popen(
        [sys.executable, *flags, "-P", "-c", _BOOT, start],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=(line, seed.payload),
        env=dict(environment),
        cwd=seed.folder,
        start_new_session=True,
    )


def _death_of(pid: int) -> int | None:
    """A descriptor that is readable once the process has ended, where there is such a thing.

    The end of its line would not do: a process that it forked may hold that open.
    """
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _how(code: int | None) -> str:
    if code is None:
        return "closed its line to the search"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"number {-code}"
    return f"died with signal {name}"


class Output:
    """A child's standard output or standard error.

    Args:
        pipe: Its reading end.
        name: Of the stream of `sys` that gets it.
    """

    def __init__(self, pipe: Any, name: str) -> None:
        self._pipe, self._name = pipe, name
        self._rest = b""
        self.fd: int = pipe.fileno()
        self.closed = False
        os.set_blocking(self.fd, False)
        if sys.platform == "linux":
            import fcntl

            with contextlib.suppress(OSError):  # a user may have used up what he may have of it
                fcntl.fcntl(self.fd, fcntl.F_SETPIPE_SZ, _PIPE)

    def read(self) -> bytes:
        """All that is there; whole lines of it are passed on."""
        pieces = []
        while True:
            try:
                piece = os.read(self.fd, _LONGEST_LINE)
            except BlockingIOError:
                break
            if not piece:
                self.closed = True
                break
            pieces.append(piece)
            if len(pieces) == 64:  # of one that prints for ever: the others have their turn
                break
        data = b"".join(pieces)
        lines, newline, rest = (self._rest + data).rpartition(b"\n")
        if len(rest) > _LONGEST_LINE:
            lines, newline, rest = lines + newline, rest, b""
        self._rest = rest
        self._write(lines + newline)
        return data

    def flush(self) -> None:
        """Pass on a last line without an end, and end it."""
        if self._rest:
            self._write(self._rest + b"\n")
            self._rest = b""

    def _write(self, data: bytes) -> None:
        stream = getattr(sys, self._name)
        if data and stream is not None:
            with contextlib.suppress(OSError, ValueError):  # a closed stream is the user's affair
                stream.write(data.decode("utf-8", "replace"))
                stream.flush()

    def close(self) -> None:
        """Close the reading end."""
        self.closed = True
        self._pipe.close()
