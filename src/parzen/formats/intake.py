"""Taking trials of elsewhere into a study: checked, counted, once each, and in batches that are atomic.

A batch in the log is `imported`, which says where its trials come from, and
then for each trial `opened`, `suggested`, `claimed`, its reports and
`finished`, at the times at which that happened. The note of a trial keeps its
number there, so that a second import of the same source finds what is here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from parzen.errors import Taken
from parzen.formats.values import Misfit, point_of
from parzen.history import events as e
from parzen.run.study import Study

_BATCH = 100  # trials
_EXAMPLES = 5
BY = "import"  # in the notes of imported trials


@dataclass
class Report:
    """What an import did; `str` gives it in one sentence.

    Attributes:
        origin: Where the trials came from.
        read: How many trials were there.
        taken: How many are in the study now that were not before.
        skipped: Why others were left out -> how many.
        examples: For some of the reasons one trial in full: reason -> text.
        dropped: Names of classes in results that are not known here; their values were left out.
    """

    origin: str
    read: int = 0
    taken: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)

    @property
    def here(self) -> int:
        """How many had been taken before."""
        return self.skipped.get(HERE, 0)

    def skip(self, reason: str, example: str = "") -> None:
        """Count a trial that is left out.

        Args:
            reason: Why; the same words for all trials with that reason.
            example: What this trial has.
        """
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        if example and len(self.examples) < _EXAMPLES:
            self.examples.setdefault(reason, example)

    def __str__(self) -> str:
        parts = [f"{self.taken} of {self.read} trials taken"]
        if self.here:
            parts.append(f"{self.here} {HERE}")
        for reason, count in sorted(self.skipped.items(), key=lambda item: (-item[1], item[0])):
            if reason != HERE:
                example = f" ({self.examples[reason]})" if reason in self.examples else ""
                parts.append(f"{count} left out: {reason}{example}")
        if self.dropped:
            parts.append(f"dropped from results: {', '.join(sorted(self.dropped))}")
        return "; ".join(parts)


HERE = "were here already"
RUNNING = "still running"


@dataclass(slots=True)
class Found:
    """One trial of elsewhere that has ended.

    Attributes:
        key: Its number there, or another short name that is unique there.
        values: Label -> value in the source's own terms; see `values.point_of`.
        status: ``"done"``, ``"pruned"``, ``"failed"`` or ``"lost"``.
        losses: Minimised.
        metrics: Other numbers, by name.
        result: As documents show it.
        error: Type, message and traceback, if it raised.
        reports: Minimised values and their steps, in order.
        started, ended: Seconds since 1970, or NaN.
        note: Kept with the point.
        indexed: Whether choices are given by the index of the option, as the user's space counts.
        named: Whether choices are given by the names of their options.
    """

    key: int | str
    values: dict[str, Any]
    status: str
    losses: list[float] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    result: Any = None
    error: dict[str, Any] | None = None
    reports: list[tuple[float, float]] = field(default_factory=list)
    started: float = math.nan
    ended: float = math.nan
    note: dict[str, Any] = field(default_factory=dict)
    indexed: bool = False
    named: bool = False


def provenance(log: Iterable[e.Event]) -> Iterator[tuple[int, str, int | str]]:
    """(number, origin, key there) of each imported trial of a log.

    Args:
        log: Events from the first on.
    """
    origin = ""
    for event in log:
        if isinstance(event, e.Imported):
            origin = event.origin
        elif isinstance(event, e.Suggested) and event.note.get("by") == BY and "key" in event.note:
            yield event.number, origin, event.note["key"]


def identity(origin: str) -> tuple[str, str]:
    """What makes two origins one: its kind and its last part, a hash; a file may have been moved."""
    kind, _, rest = origin.partition(":")
    return kind, rest.rpartition(":")[2]


class Intake:
    """Takes trials into a study.

    Args:
        study: Grows.
        report: Counts; its `origin` is where trials come from, if they do not say it themselves.
    """

    def __init__(self, study: Study, report: Report) -> None:
        self.study = study
        self.report = report
        study.refresh()
        self._here = {(identity(origin), key) for _, origin, key in provenance(study.events())}
        self._waiting: list[tuple[str, Found, dict[str, float | int]]] = []

    def know(self, origin: str, keys: Iterable[int | str]) -> None:
        """Say of trials that they are here.

        Args:
            origin: Where they come from.
            keys: Their numbers there.
        """
        self._here |= {(identity(origin), key) for key in keys}

    def take(self, found: Found, origin: str | None = None) -> None:
        """Take one trial, or count why not.

        Args:
            found: The trial.
            origin: Where it comes from; left out, the report's.
        """
        self.report.read += 1
        origin = self.report.origin if origin is None else origin
        mark = (identity(origin), found.key)
        if mark in self._here:
            self.report.skip(HERE)
            return
        try:
            point = point_of(self.study.space, found.values, found.indexed, found.named)
        except Misfit as misfit:
            self.report.skip(
                misfit.reason, f"{misfit.example} in trial {found.key}" if misfit.example else ""
            )
            return
        self._here.add(mark)
        self._waiting.append((origin, found, point))
        if len(self._waiting) >= _BATCH:
            self.flush()

    def leave(self, reason: str) -> None:
        """Count a trial that is not taken.

        Args:
            reason: Why.
        """
        self.report.read += 1
        self.report.skip(reason)

    def flush(self) -> None:
        """Write what waits, all of it or nothing."""
        while self._waiting:
            try:
                self.study._append(*self._batch())
            except Taken:  # somebody opened a trial in the meantime
                self.study.refresh()
                continue
            self.report.taken += len(self._waiting)
            self._waiting = []

    def _batch(self) -> list[e.Event]:
        now, first = time.time(), len(self.study.trials)
        batch: list[e.Event] = []
        last = None
        for i, (origin, found, point) in enumerate(self._waiting):
            if origin != last:
                batch.append(e.Imported(now, origin))
                last = origin
            batch += self._events(first + i, found, point, now)
        # An enqueued point goes to the next trial that is opened; these have points of their own.
        for waits in list(self.study.ledger._queue)[: len(self._waiting)]:
            batch.append(e.Enqueued(now, waits.point, waits.note))
        return batch

    def _events(self, number: int, found: Found, point: dict[str, float | int], now: float) -> list[e.Event]:
        ended = now if math.isnan(found.ended) else found.ended
        began = ended if math.isnan(found.started) else found.started
        note = {**found.note, "by": BY, "key": found.key}
        made: list[e.Event] = [
            e.Opened(began, number),
            e.Suggested(began, number, point, None, note),
            e.Claimed(began, number, 1, self.study.owner),
        ]
        made += [e.Reported(ended, number, 1, value, step) for step, value in found.reports]
        made.append(
            e.Finished(ended, number, 1, found.status, found.losses, found.metrics, found.result, found.error)
        )
        return made
