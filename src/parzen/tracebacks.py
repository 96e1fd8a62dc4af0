"""Tracebacks without our inner frames, so that the user's own stand out."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_HERE = str(Path(__file__).parent) + os.sep


def trimmed(function: Callable[P, R]) -> Callable[P, R]:
    """Let errors leave a function without the frames of ours below it (decorator).

    ``PARZEN_DEBUG=1`` keeps all frames.

    Args:
        function: The outermost function of ours.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            if not os.environ.get("PARZEN_DEBUG"):
                error.__traceback__ = _foreign(error.__traceback__)
            raise

    return call


def _foreign(trace: TracebackType | None) -> TracebackType | None:
    """The frames that are not ours, in order."""
    frames: list[Any] = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_HERE):
            frames.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept
