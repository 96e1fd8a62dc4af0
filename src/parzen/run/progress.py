"""What a search shows while it runs.

On a terminal a bar on stderr, with the objective's own prints above it; in a
notebook its widget; elsewhere one plain line now and then. ``PARZEN_PROGRESS``
(``auto``, ``bar``, ``lines``, ``none``) overrides the choice. With progress
off, nothing is written and no stream is touched.

Hyperopt's protocol is spoken too: a factory called with ``initial`` and
``total`` that gives a context manager, whose value has ``update(n)`` and a
settable ``postfix``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, TextIO

from parzen.errors import InvalidArgument

Factory = Callable[..., Any]
SECONDS = 30.0  # between plain lines without improvement
HURRY = 2.0  # between plain lines with improvement


class Progress:
    """The loop's reporter.

    Args:
        factory: Makes the bar.
        initial: Trials that had ended before.
        total: Trials at the end, or None.
        sign: -1 if the user's values are the negatives of the losses.
    """

    def __init__(self, factory: Factory, initial: int, total: int | None, sign: float = 1.0) -> None:
        self._factory = factory
        self._initial, self._total = initial, total
        self._sign = sign
        self._stack = ExitStack()
        self._bar: Any = None
        self._shown: float | None = None

    def __enter__(self) -> Progress:
        self._bar = self._stack.enter_context(self._factory(initial=self._initial, total=self._total))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def ended(self, best: float | None) -> None:
        """One more trial has ended; `best` is the lowest loss so far."""
        if best is not None and best != self._shown:
            self._shown = best
            word = "best loss" if self._sign > 0 else "best value"
            self._bar.postfix = f"{word}: {self._sign * best:.6g}"
        self._bar.update(1)

    def say(self, text: str) -> None:
        """A line for the user above the bar; nothing where progress is off."""
        write = getattr(self._bar, "say", None)
        if write is not None:
            write(text)

    def alert(self, text: str) -> None:
        """A line that must be seen also where progress is off."""
        if getattr(self._bar, "say", None) is not None:
            self.say(text)
        else:
            sys.stderr.write(text + "\n")


def choose(verbose: bool, show: Any) -> Factory:
    """The factory for fmin's `verbose` and `show_progressbar`.

    Raises:
        InvalidArgument: If `show` is neither a bool nor callable, or the variable has an unknown value.
    """
    if callable(show):
        return show  # type: ignore[no-any-return]  # the user's own
    if not isinstance(show, bool) and show is not None:
        raise InvalidArgument(f"show_progressbar must be True, False or a progress callback; got {show!r}")
    if not verbose or not show:
        return silent
    kind = os.environ.get("PARZEN_PROGRESS", "auto")
    if kind not in ("auto", "bar", "lines", "none"):
        raise InvalidArgument(f"PARZEN_PROGRESS must be auto, bar, lines or none; got {kind!r}")
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() or _in_notebook() else "lines"
    return {"bar": bar, "lines": lines, "none": silent}[kind]


class _Silent:
    postfix = ""

    def update(self, n: int) -> None:
        """Nothing."""


@contextmanager
def silent(initial: int = 0, total: int | None = None) -> Iterator[_Silent]:
    """No progress at all.

    Args:
        initial: Ignored.
        total: Ignored.
    """
    del initial, total
    yield _Silent()


class _Lines:
    def __init__(self, done: int, total: int | None, out: TextIO) -> None:
        self.postfix = ""
        self._done, self._total, self._out = done, total, out
        self._begun = self._last = time.monotonic()
        self._printed: tuple[int, str] | None = None
        self._first = done

    def update(self, n: int) -> None:
        self._done += n
        now = time.monotonic()
        improved = self._printed is None or self._printed[1] != self.postfix
        if now - self._last >= (HURRY if improved else SECONDS):
            self.line(now)

    def line(self, now: float) -> None:
        if self._printed == (self._done, self.postfix) or self._done == self._first:
            return
        self._last, self._printed = now, (self._done, self.postfix)
        of = "" if self._total is None else f"/{self._total}"
        found = f"  {self.postfix}" if self.postfix else ""
        print(
            f"parzen  {self._done}{of} trials{found}  {now - self._begun:.1f} s", file=self._out, flush=True
        )

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)


@contextmanager
def lines(initial: int = 0, total: int | None = None) -> Iterator[_Lines]:
    """Plain lines on stderr: at most one in 2 s, at least one in 30 s, and one at the end.

    Args:
        initial: Trials that had ended before.
        total: Trials at the end, or None.
    """
    own = _Lines(initial, total, sys.stderr)
    try:
        yield own
    finally:
        own.line(time.monotonic())


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._postfix = ""

    @property
    def postfix(self) -> str:
        return self._postfix

    @postfix.setter
    def postfix(self, text: str) -> None:
        self._postfix = text
        self._bar.set_postfix_str(text, refresh=False)

    def update(self, n: int) -> None:
        self._bar.update(n)

    def say(self, text: str) -> None:
        above(self._bar, sys.stderr, text)


def above(bar: Any, stream: TextIO, text: str) -> None:
    """Write lines where the bar stands, and the bar again below them.

    Args:
        bar: The tqdm bar.
        stream: Where the lines go.
        text: Without the last line's end.
    """
    bar.clear()
    stream.write(text + "\n")
    stream.flush()
    bar.refresh()


class _Above:
    """A stream that lifts what is printed above the bar."""

    def __init__(self, bar: Any, stream: TextIO) -> None:
        self._bar, self._stream, self._rest = bar, stream, ""

    def write(self, text: str) -> int:
        whole, newline, rest = (self._rest + text).rpartition("\n")
        self._rest = rest
        if newline:
            above(self._bar, self._stream, whole)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def close_line(self) -> None:
        if self._rest:
            above(self._bar, self._stream, self._rest)
            self._rest = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def bar(initial: int = 0, total: int | None = None) -> Iterator[_Bar]:
    """A bar on stderr, or a widget in a notebook; prints of the objective appear above it.

    Args:
        initial: Trials that had ended before.
        total: Trials at the end, or None.
    """
    own = _make_bar(initial, total)
    out = sys.stdout
    lifted = _Above(own, out) if out.isatty() and sys.stderr.isatty() else None
    if lifted is not None:
        sys.stdout = lifted
    try:
        yield _Bar(own)
    finally:
        if lifted is not None:
            if sys.stdout is lifted:
                sys.stdout = out
            lifted.close_line()
        own.close()


def _make_bar(initial: int, total: int | None) -> Any:
    if _in_notebook():
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without widgets it falls back to text, and says so at length
            from tqdm.auto import tqdm

            return tqdm(initial=initial, total=total, unit="trial", leave=True)
    from tqdm import tqdm as plain

    return plain(initial=initial, total=total, unit="trial", leave=True, file=sys.stderr, dynamic_ncols=True)


def _in_notebook() -> bool:
    get_ipython = sys.modules["IPython"].get_ipython if "IPython" in sys.modules else None
    shell = None if get_ipython is None else get_ipython()
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"
