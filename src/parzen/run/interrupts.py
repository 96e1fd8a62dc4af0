"""Ctrl-C: the first asks the search to stop after the running trial, the second stops it now.

SIGTERM, where it is asked for, stops it now and cleanly: a preempted machine has no time to lose.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Counts Ctrl-C while it is entered; elsewhere than in the main thread it does nothing.

    Args:
        first: Called at the first one, to tell the user.
        sigterm: Whether SIGTERM is taken too.
    """

    def __init__(self, first: Callable[[], None], sigterm: bool = False) -> None:
        self.asked = False
        self.terminated = False
        self._first = first
        self._sigterm = sigterm
        self._before: Any = None
        self._before_term: Any = None

    def __enter__(self) -> Interrupts:
        main = threading.current_thread() is threading.main_thread()
        # A handler other than Python's own belongs to somebody who knows better.
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._handle)
        if main and self._sigterm:
            self._before_term = signal.signal(signal.SIGTERM, self._terminate)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None
        if self._before_term is not None:
            signal.signal(signal.SIGTERM, self._before_term)
            self._before_term = None

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self.terminated = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._first()
