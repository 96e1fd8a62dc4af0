"""Feed: tells loggers what has happened in a study since they were last told.

What is told is read off the folded log and not passed along by the loop, so it
makes no difference who ran a trial, whether a logger is attached before the
search, in the middle or after its end, and whether the process was killed in
between: a logger says which trials it holds to the end, and is told the rest.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Any

from parzen.errors import warn
from parzen.history.history import ENDED, Status, Trial
from parzen.run.records import Recorder, StudyRecord, TrialRecord
from parzen.run.study import Study


class Logger:
    """What a service is told. Derive from it and write the methods that you need; here they do nothing.

    Calls come from one thread, in this order: `begin`; for each trial `began`, `reported` any number of
    times, `ended`; `finish`. Trials that run at the same time take turns. A trial whose worker died has
    `began` called again, with a higher `attempt`. An exception detaches the logger with one warning.
    """

    def begin(self, study: StudyRecord) -> Collection[int]:
        """A study begins, or goes on.

        Args:
            study: What is searched.

        Returns:
            Numbers of its trials that the service holds to the end already. They are not told again.
            What it holds of any other trial is to be replaced when `began` is called.
        """
        return ()

    def began(self, trial: TrialRecord) -> None:
        """A trial is being evaluated.

        Args:
            trial: Its state is ``"running"``.
        """

    def reported(self, trial: TrialRecord, step: float, value: float) -> None:
        """A running trial reported.

        Args:
            trial: As `began` was given.
            step: In the objective's unit. Each step comes once; in order, unless the objective jumps.
            value: In the user's sign.
        """

    def ended(self, trial: TrialRecord) -> None:
        """A trial has an outcome.

        Args:
            trial: All that is known of it.
        """

    def finish(self, study: StudyRecord, best: TrialRecord | None, why: str | None) -> None:
        """The search is over for now; files and connections are to be closed.

        Args:
            study: What was searched.
            best: The best trial; None without a successful one.
            why: ``"timeout"``, ``"interrupted"``, ``"error"`` or whatever else ended it early, or None.
        """


class _Attached:
    """A logger that still works, and what it need not be told."""

    def __init__(self, logger: Logger) -> None:
        self.logger = logger
        self.known: Collection[int] = ()


class _Open:
    """A trial that has begun for the loggers and has not ended.

    Args:
        record: As `began` was given.
    """

    def __init__(self, record: TrialRecord) -> None:
        self.record = record
        self.steps: set[float] = set()  # that were told


class Feed:
    """Tells loggers about one study, from `with` to its end.

    Args:
        study: Whose log is told.
        loggers: Who are told.
        live: Whether a search goes on: trials that run are told too, and a logger that fails is left out
            with a warning. Otherwise only what has ended is told, and its exception is raised.

    Attributes:
        stopped: Why the search ended early; set by the caller.
    """

    def __init__(self, study: Study, loggers: Sequence[Logger], *, live: bool = True) -> None:
        self.stopped: str | None = None
        self._study = study
        self._recorder = Recorder(study)
        self._attached = [_Attached(logger) for logger in loggers]
        self._live = live
        self._head = -1
        self._seen = 0  # trials that were looked at
        self._waiting: dict[int, None] = {}  # of these, those that have not ended for the loggers
        self._open: dict[int, _Open] = {}
        self._reports = 0
        self._best = math.inf

    def __enter__(self) -> Feed:
        if self._attached:
            record = self._recorder.study()
            for each in list(self._attached):
                each.known = frozenset(self._call(each, "begin", record) or ())
            # Who is said to run trials now may be dead; the first look of the loop finds that out.
            self._pump(running=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._attached:
            return
        why = self.stopped
        if kind is not None:
            why = "interrupted" if issubclass(kind, KeyboardInterrupt) else "error"
        self._pump(running=False)
        found = self._study.incumbent
        best = None if found is None else self._recorder.trial(self._study.trials[found[0]], improved=True)
        record = self._recorder.study()
        for each in list(self._attached):
            self._call(each, "finish", record, best, why)

    def pump(self) -> None:
        """Tell what is new in the study's log; nothing where nothing is."""
        head = self._study.ledger.head
        if self._attached and head != self._head:
            self._head = head
            self._pump(running=True)

    def _pump(self, running: bool) -> None:
        ledger = self._study.ledger
        trials = ledger.trials
        self._waiting.update(dict.fromkeys(range(self._seen, len(trials))))
        self._seen = len(trials)
        over = []
        for number in list(self._waiting):
            trial = trials[number]
            if trial.excluded or trial.status in ENDED:
                del self._waiting[number]
                if not trial.excluded and trial.point is not None:
                    over.append(trial)
            elif running and trial.claimed and trial.point is not None:
                self._begin(trial)
        self._report()
        for trial in sorted(over, key=lambda trial: trial.ended):
            self._end(trial)

    def _begin(self, trial: Trial) -> None:
        held = self._open.get(trial.number)
        if held is None or held.record.attempt < trial.attempt:
            record = self._recorder.trial(trial, running=True)
            self._open[trial.number] = _Open(record)
            self._tell(trial.number, "began", record)

    def _report(self) -> None:
        """Tell what running trials reported; what ended ones did is told as they end, in order."""
        new = self._study.history.reported(self._reports)
        self._reports += len(new)
        for number, attempt, step, loss in new:
            held = self._open.get(number)
            if held is not None and attempt == held.record.attempt and number in self._waiting:
                self._step(held, step, -loss if self._study.maximize else loss)

    def _step(self, held: _Open, step: float, value: float) -> None:
        if step not in held.steps:
            held.steps.add(step)
            self._tell(held.record.number, "reported", held.record, step, value)

    def _end(self, trial: Trial) -> None:
        improved = trial.status is Status.DONE and trial.loss is not None and trial.loss < self._best
        if improved:
            self._best = trial.losses[0]
        if all(trial.number in each.known for each in self._attached):
            self._open.pop(trial.number, None)
            return
        self._begin(trial)
        held = self._open.pop(trial.number)
        record = self._recorder.trial(trial, improved=improved)
        for step, value in record.reports.items():
            self._step(held, step, value)
        self._tell(trial.number, "ended", record)

    def _tell(self, number: int, what: str, *values: Any) -> None:
        for each in list(self._attached):
            if number not in each.known:
                self._call(each, what, *values)

    def _call(self, each: _Attached, what: str, *values: Any) -> Any:
        try:
            return getattr(each.logger, what)(*values)
        except Exception as error:  # the boundary around a service of somebody else's
            self._attached.remove(each)
            if not self._live:
                raise
            what_came = " ".join(f"{type(error).__name__}: {error}".split())
            warn(
                f"the logger {type(each.logger).__name__} failed and gets no more of this search, which goes "
                f"on without it: {what_came}",
                RuntimeWarning,
            )
        return None
