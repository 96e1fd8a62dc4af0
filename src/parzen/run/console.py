"""What a terminal shows while a search runs, and what a pipe or a log gets instead.

A terminal has three live lines, and one that stays for each improvement and
each failure. Elsewhere only those that stay are written, and how the search
stands every 30 s. Both end with a summary. All goes to stderr.
"""

from __future__ import annotations

import os
import sys
import textwrap
import time
from typing import Any

from parzen.history.history import Trial
from parzen.run import lasting, standing
from parzen.run.screen import Screen
from parzen.run.standing import Standing, render
from parzen.run.wording import marks_for

SECONDS = 30.0  # between lines that say how the search stands, where there is no terminal
LOW = 8  # rows of a window that is too low for three live lines
LOG_WIDTH = 100  # columns of a bar that is drawn where there is no terminal


class View:
    """A way of showing a search; what is not defined shows nothing.

    Attributes:
        per_second: How often it may be drawn; 0 for never.
    """

    per_second: float = 0.0

    def begin(self, now: Standing) -> None:
        """The search begins."""

    def count(self, now: Standing) -> None:
        """One more trial has ended; called for each, so it must cost nothing."""

    def draw(self, now: Standing, soft: bool) -> None:
        """Show how the search stands.

        Args:
            now: How it stands.
            soft: Whether an objective may be in the middle of a line.
        """

    def ended(self, now: Standing, trial: Trial) -> None:
        """A trial ended that is worth a line."""

    def failed(self, now: Standing, trial: Trial, more: int) -> None:
        """A trial failed.

        Args:
            now: How the search stands.
            trial: Which.
            more: How many others failed since the last call.
        """

    def say(self, text: str) -> None:
        """A line for the user."""

    def alert(self, text: str) -> None:
        """A line on stderr that the user must see, also where nothing else is shown.

        Args:
            text: The line. It may come from a signal's handler.
        """
        if sys.stderr is not None:
            sys.stderr.write(text + "\n")

    def end(self, now: Standing, stopped: str | None, interrupted: bool, brief: bool) -> None:
        """The search is over: leave the screen as it was found.

        Args:
            now: How it stands.
            stopped: Why it ended early, or None.
            interrupted: Whether an interrupt ends the program.
            brief: Whether nothing more is to be said.
        """


class Silent(View):
    """No progress at all; no stream is touched."""


class Callback(View):
    """A progress callback of the user's, in Hyperopt's protocol.

    Args:
        factory: Called with ``initial`` and ``total``; gives a context manager, whose value has
            ``update(n)`` and a settable ``postfix``.
    """

    def __init__(self, factory: Any) -> None:
        self._factory = factory
        self._context: Any = None
        self._bar: Any = None
        self._best: Trial | None = None

    def begin(self, now: Standing) -> None:
        """Enter it."""
        self._context = self._factory(initial=now.initial, total=now.total)
        self._bar = self._context.__enter__()

    def count(self, now: Standing) -> None:
        """Tell it the best loss if that is new, and that one more trial has ended."""
        if now.best is not None and now.best is not self._best:
            self._best = now.best
            self._bar.postfix = f"best {now.word}: {now.value(now.best):.6g}"
        self._bar.update(1)

    def leave(self, *error: Any) -> None:
        """Leave it.

        Args:
            error: As for ``__exit__``.
        """
        self._context.__exit__(*error)


class Lines(View):
    """Plain lines on stderr: what stays on a terminal, and every 30 s how the search stands."""

    per_second = 10.0

    def begin(self, now: Standing) -> None:
        """Nothing is written yet."""
        self._out = sys.stderr
        self._marks = marks_for(getattr(self._out, "encoding", None))
        self._gone = False
        self._last = time.monotonic()

    def count(self, now: Standing) -> None:
        """Nothing."""

    def draw(self, now: Standing, soft: bool) -> None:
        """A line, if there was none for a while."""
        if time.monotonic() - self._last >= SECONDS:
            self._write(render(standing.status(now), colour=False))

    def ended(self, now: Standing, trial: Trial) -> None:
        """Its line."""
        self._write(render(lasting.ended(now, trial, None, self._marks), colour=False))

    def failed(self, now: Standing, trial: Trial, more: int) -> None:
        """Its line."""
        self._write(render(lasting.failed(now, trial, more, None, self._marks), colour=False))

    def say(self, text: str) -> None:
        """Write it."""
        self._write(text)

    def alert(self, text: str) -> None:
        """Write it."""
        self._write(text)

    def end(self, now: Standing, stopped: str | None, interrupted: bool, brief: bool) -> None:
        """The summary."""
        if not brief:
            lines = lasting.summary(now, stopped, interrupted, None, self._marks)
            self._write("\n".join(render(line, colour=False) for line in lines))

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        if self._gone:
            return
        encoding = getattr(self._out, "encoding", None) or "ascii"
        try:
            # One call, so that lines of several processes that share a log stay whole.
            self._out.write(text.encode(encoding, "replace").decode(encoding, "replace") + "\n")
            self._out.flush()
        except (OSError, ValueError):  # who read it is gone; the search goes on
            self._gone = True


class Console(View):
    """Three live lines on a terminal; one line, written over itself, where there is none."""

    per_second = 10.0

    def begin(self, now: Standing) -> None:
        """Take hold of the streams; nothing is drawn yet."""
        self._screen = Screen(sys.stderr)
        if not self._screen.terminal:
            self.per_second = 1.0
        self._colour = self._screen.terminal and not os.environ.get("NO_COLOR")
        self._marks = self._screen.marks
        if self._screen.terminal:
            self._screen.lift(sys.stdout, sys.stderr)

    def count(self, now: Standing) -> None:
        """Nothing."""

    def draw(self, now: Standing, soft: bool) -> None:
        """The live lines."""

        def compose(columns: int, rows: int) -> list[str]:
            if not self._screen.terminal:
                return [render(standing.progress(now, LOG_WIDTH, self._marks), colour=False)]
            lines = standing.live(now, columns, self._marks)
            return [render(line, self._colour) for line in (lines if rows >= LOW else lines[:1])]

        self._screen.draw(compose, soft)

    def ended(self, now: Standing, trial: Trial) -> None:
        """Its line, above the live ones."""
        self._screen.say(render(lasting.ended(now, trial, self._width, self._marks), self._colour))

    def failed(self, now: Standing, trial: Trial, more: int) -> None:
        """Its line, above the live ones."""
        self._screen.say(render(lasting.failed(now, trial, more, self._width, self._marks), self._colour))

    def say(self, text: str) -> None:
        """Write it above the live lines."""
        self._screen.say(self._wrapped(text))

    def alert(self, text: str) -> None:
        """Write it above the live lines, at once."""
        self._screen.say(self._wrapped(text))

    def end(self, now: Standing, stopped: str | None, interrupted: bool, brief: bool) -> None:
        """Remove the live lines, give the streams back, and write the summary."""
        last = ""
        if not self._screen.terminal:
            last = render(standing.progress(now, LOG_WIDTH, self._marks), colour=False)
        width = self._width
        self._screen.close(last)
        if not brief:
            for line in lasting.summary(now, stopped, interrupted, width, self._marks):
                self._screen.say(render(line, self._colour))

    def _wrapped(self, text: str) -> str:
        if self._width is None:
            return text
        lines = textwrap.wrap(text, max(self._width, 10), break_long_words=False, break_on_hyphens=False)
        return "\n".join(lines)

    @property
    def _width(self) -> int | None:
        return self._screen.size()[0] - 1 if self._screen.terminal else None
