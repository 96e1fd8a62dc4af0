"""What runs in a child process: tasks come in, outcomes and messages go out.

It imports nothing of parzen's but this room: whatever an objective needs comes
with the objective. Objectives run in the main thread, as signal handlers,
event loops and some C libraries want it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import mmap
import os
import pickle
import signal
import socket
import sys
import threading
import time
import traceback
from typing import Any

from parzen.executors.base import Evaluate, Outcome
from parzen.executors.link import receive, send
from parzen.executors.outcomes import evaluated, failed, packed


def main(line: int, payload: int) -> None:
    """Serve until the search closes the line.

    Args:
        line: File descriptor of this end of the socket pair.
        payload: Of a file with the pickled evaluation.
    """
    _settle()
    os.set_inheritable(line, False)  # a program that an objective starts must not hold it open
    own = os.getpid()
    with socket.socket(fileno=line) as connection:
        try:
            evaluate = _load(payload)
        except BaseException as error:  # noqa: BLE001  # modules of the user's are imported here
            send(connection, ("unusable", f"{type(error).__name__}: {error}", traceback.format_exc()))
            return
        send(connection, ("ready", time.monotonic()))
        try:
            while True:
                task = receive(connection)
                channel = _Channel(connection)
                outcome = evaluated(evaluate, task, channel)
                if os.getpid() != own:  # the objective forked, and this is the copy coming back
                    os._exit(0)
                _answer(connection, channel, outcome)
        except (EOFError, ConnectionError):
            return


def _settle() -> None:
    # A terminal's Ctrl-C is for the search alone. A handler, and not SIG_IGN: that would be inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    faulthandler.enable()  # a crash in C says where, in the trial's log
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _load(payload: int) -> Evaluate:
    # Mapped and not read: the file's position is shared with all other children.
    with mmap.mmap(payload, 0, access=mmap.ACCESS_READ) as data:
        evaluate = pickle.loads(data)
    os.close(payload)
    return evaluate  # type: ignore[no-any-return]  # packed by the search


def _answer(connection: socket.socket, channel: _Channel, outcome: Outcome) -> None:
    channel.close()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # they may be the objective's own
            stream.flush()
    try:
        data = packed(outcome)
    except Exception as error:  # noqa: BLE001  # an outcome that holds no numbers as its losses, say
        data = packed(failed(error))
    send(connection, ("outcome", data))


class _Channel:
    """The line to the search, for one task; threads of the objective may share it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._open = True

    def call(self, what: str, *values: Any) -> Any:
        with self._lock:
            if not self._open:  # a thread that the objective left behind
                return None
            send(self._connection, ("ask", what, values))
            fine, answer = receive(self._connection)
        if not fine:
            raise answer
        return answer

    def close(self) -> None:
        with self._lock:
            self._open = False
