"""The loop's reporter: what is worth showing of a search, and how often.

How it is shown is a view's affair: `console.py` has the one of terminals and
the one of logs, `notebook.py` the one of notebooks. ``PARZEN_PROGRESS``
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from parzen.errors import InvalidArgument
from parzen.history.history import Status, Trial
from parzen.run import notebook
from parzen.run.console import LOG_WIDTH, Callback, Console, Lines, Silent, View
from parzen.run.pace import Pace
from parzen.run.screen import Screen, is_terminal
from parzen.run.standing import BAR, Standing, reason
from parzen.run.standing import bar as drawn_bar
from parzen.run.study import Study
from parzen.wording import rate

Factory = Callable[..., Any]
BURST = 10  # lines of a kind that may come at once
PER_SECOND = 0.5  # and from then on
SUMMARIES = 5  # of short searches in a row
SHORT = 1.0  # seconds; a longer search has its summary in any case

_VIEWS: dict[str, type[Any]] = {"bar": Console, "lines": Lines, "none": Silent, "notebook": notebook.Notebook}
_live: list[tuple[int, Any]] = []  # process and search of what is being shown
_paces: WeakKeyDictionary[Any, _Paces] = WeakKeyDictionary()


class _Paces:
    """How often one stream gets lines, over all searches: a loop of short ones must not flood it."""

    def __init__(self) -> None:
        self.drawing = Pace(2 * BURST, 10.0)
        self.better = Pace(BURST, PER_SECOND)
        self.failing = Pace(BURST, PER_SECOND)
        self.opening = Pace(BURST, PER_SECOND)
        self.closing = Pace(SUMMARIES, PER_SECOND)


def _paces_of(stream: Any) -> _Paces:
    try:
        return _paces.setdefault(stream, _Paces())
    except TypeError:  # a stream that nothing can refer to weakly
        return _Paces()


class Progress:
    """What the loop tells, and what becomes of it.

    Args:
        factory: What `choose` gave: a view's class, or a callback in Hyperopt's protocol.
        study: What is searched.
        initial: Trials that had ended before.
        total: Trials at the end, or None.

    Attributes:
        stopped: Why the search ended early; set by the loop.
    """

    def __init__(self, factory: Factory, study: Study, initial: int, total: int | None) -> None:
        own = isinstance(factory, type) and factory in _VIEWS.values()
        self._view: View = factory() if own else Callback(factory)
        self._now = Standing(study, initial, total, done=initial)
        self._paces = _Paces()
        self._changed = True
        self._better: Trial | None = None
        self._failed: Trial | None = None
        self._failures = 0
        self._pace: Pace | None = None
        self._shown = False
        self.stopped: str | None = None

    def __enter__(self) -> Progress:
        shown = self._view.per_second > 0
        if shown and any(process == os.getpid() for process, _ in _live):
            self._view, shown = Silent(), False  # inside another search's objective, or beside it
        if shown:
            self._paces = _paces_of(sys.stderr)
        now = self._now
        self._began = time.monotonic()
        found = now.study.incumbent
        now.best = None if found is None else now.study.trials[found[0]]
        self._view.begin(now)
        if shown:
            fast = self._view.per_second == Console.per_second
            self._pace = self._paces.drawing if fast else Pace(1, self._view.per_second)
            _live.append((os.getpid(), self))
        self._shown = shown
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _live[:] = [shown for shown in _live if shown[1] is not self]
        if isinstance(self._view, Callback):
            self._view.leave(kind, error, trace)
            return
        now = self._refreshed()
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        try:
            if kind is None or interrupted:
                self._flush(last=True)
        finally:
            self._view.end(now, self.stopped, interrupted, self._brief(now, kind, interrupted))

    def _brief(self, now: Standing, kind: type[BaseException] | None, interrupted: bool) -> bool:
        """Whether nothing is said at the end: an exception, or the line of a single trial, says it."""
        if interrupted or self.stopped in ("interrupted", "terminated"):
            return False
        if kind is not None or now.here <= 1:
            return True
        return not self._paces.closing.may() and now.elapsed < SHORT

    # What the loop tells

    def opening(self, lines: Sequence[str]) -> None:
        """Lines before the first trial; of many short searches only some.

        Args:
            lines: Each for itself.
        """
        if lines and self._paces.opening.may():
            for line in lines:
                self._view.say(line)

    def began(self, trial: Trial) -> None:
        """A trial was handed to the executor."""
        self._now.newest = trial
        self._now.report = None
        self._changed = True

    def ended(self, trial: Trial) -> None:
        """One more trial has ended."""
        now = self._now
        now.here += 1
        now.last = trial
        now.report = None
        self._changed = True
        if trial.status is Status.DONE and (now.best is None or trial.losses[0] < now.best.losses[0]):
            self._improve(trial)
        self._view.count(now)

    def _improve(self, trial: Trial) -> None:
        now = self._now
        found = now.study.incumbent  # in a shared study another worker's may be better
        if found is None:
            return
        now.best = now.study.trials[found[0]]
        if found[0] == trial.number:
            self._better = trial
            if self._shown and self._paces.better.may():
                self._better = None
                self._view.ended(self._refreshed(), trial)

    def failed(self, trial: Trial) -> None:
        """A trial failed, and the search goes on."""
        self._now.reasons[reason(trial)] += 1
        self._failed = trial
        self._failures += 1
        if self._shown and self._paces.failing.may():
            self._say_failed()

    def _say_failed(self) -> None:
        if self._failed is not None:
            self._view.failed(self._refreshed(), self._failed, self._failures - 1)
            self._failed, self._failures = None, 0

    def reported(self, number: int, value: float, step: float) -> None:
        """A running objective reported.

        Args:
            number: The trial's.
            value: In the user's sign.
            step: As reported.
        """
        self._now.report = (number, value, step)
        self._changed = True
        self.tick(soft=True)

    def tick(self, soft: bool = False) -> None:
        """A moment to draw: the loop is about to wait.

        Args:
            soft: Whether an objective may be in the middle of a line.
        """
        if not self._changed or self._pace is None:
            return
        now = time.monotonic()
        if not self._pace.may(now):
            return
        self._changed = False
        self._flush()
        self._view.draw(self._refreshed(), soft)

    def _flush(self, last: bool = False) -> None:
        """Write lines that had to wait."""
        if self._better is not None and not last and self._paces.better.may():
            self._view.ended(self._now, self._better)
            self._better = None
        if self._failed is not None and (last or self._paces.failing.may()):
            self._say_failed()

    def _refreshed(self) -> Standing:
        standing = self._now
        study = standing.study
        standing.elapsed = time.monotonic() - self._began
        standing.done = study.ledger.ended if study.durable else standing.initial + standing.here
        found = study.incumbent
        standing.best = None if found is None else study.trials[found[0]]
        return standing

    def say(self, text: str) -> None:
        """A line for the user above the bar; nothing where progress is off."""
        self._view.say(text)

    def alert(self, text: str) -> None:
        """A line that must be seen also where progress is off."""
        self._now.note = text
        self._view.alert(text)


def choose(verbose: bool, show: Any) -> Factory:
    """The view for fmin's `verbose` and `show_progressbar`.

    Raises:
        InvalidArgument: If `show` is neither a bool nor callable, or the variable has an unknown value.
    """
    if callable(show):
        if show is bar:
            return Console
        return Silent if show is silent else show
    if not isinstance(show, bool) and show is not None:
        raise InvalidArgument(f"show_progressbar must be True, False or a progress callback; got {show!r}")
    if not verbose or not show or sys.stderr is None:
        return Silent
    kind = os.environ.get("PARZEN_PROGRESS", "auto")
    if kind not in ("auto", "bar", "lines", "none"):
        raise InvalidArgument(f"PARZEN_PROGRESS must be auto, bar, lines or none; got {kind!r}")
    if kind in ("auto", "bar") and notebook.here():
        kind = "notebook"
    elif kind == "auto":
        kind = "bar" if is_terminal(sys.stderr) else "lines"
    return _VIEWS[kind]


# Hyperopt's callbacks, for those who use them by hand


class _NoBar:
    postfix = ""

    def update(self, n: int) -> None:
        """Nothing."""


@contextmanager
def silent(initial: int = 0, total: int | None = None) -> Iterator[_NoBar]:
    """No progress at all.

    Args:
        initial: Ignored.
        total: Ignored.
    """
    del initial, total
    yield _NoBar()


class _HandBar:
    """A bar that its user drives.

    Args:
        done: Trials at the beginning.
        total: Trials at the end, or None.
    """

    def __init__(self, done: int, total: int | None) -> None:
        self.postfix: Any = ""
        self._done, self._first, self._total = done, done, total
        self._began = time.monotonic()
        self._screen = Screen(sys.stderr)
        self._pace = Pace(5, 10.0 if self._screen.terminal else 1.0)
        if self._screen.terminal:
            self._screen.lift(sys.stdout, sys.stderr)

    def update(self, n: int = 1) -> None:
        """So many more have ended."""
        self._done += n
        if self._pace.may():
            self._screen.draw(self._compose)

    def close(self) -> None:
        """Leave the last state on the screen."""
        self._screen.close(self._compose(self._screen.size()[0] - 1, 1)[0])

    def _compose(self, columns: int, rows: int) -> list[str]:
        elapsed = time.monotonic() - self._began
        count = f"{self._done}/{self._total}" if self._total is not None else f"{self._done} trials"
        parts = [count, str(self.postfix or "")]
        if self._done > self._first:
            parts.append(rate(elapsed / (self._done - self._first)))
        if self._total:
            cells = drawn_bar(self._done, self._total, BAR[1], self._screen.marks)
            parts.insert(0, "".join(text for text, _ in cells))
        return ["  ".join(part for part in parts if part)[: min(columns, LOG_WIDTH)]]


@contextmanager
def bar(initial: int = 0, total: int | None = None) -> Iterator[_HandBar]:
    """A bar on stderr; prints appear above it. As ``show_progressbar=bar`` it is the display of terminals.

    Args:
        initial: Trials that had ended before.
        total: Trials at the end, or None.
    """
    own = _HandBar(initial, total)
    try:
        yield own
    finally:
        own.close()
