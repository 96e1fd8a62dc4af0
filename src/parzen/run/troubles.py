"""What the loop does about failed trials: raise, warn, count, and give up."""

from __future__ import annotations

from typing import Any

from parzen.errors import ResultWarning, TooManyFailures, TrialFailed, warn
from parzen.executors.base import Outcome
from parzen.history.history import Status, Trial
from parzen.insight.failures import failing_region
from parzen.run.failures import why_failed
from parzen.run.progress import Progress
from parzen.run.study import Study


class Troubles:
    """Failures of one call of the loop.

    In lockstep nothing is raised at once: trials that the failed one allowed are run first, and
    then the exception of the lowest number is raised. So the number of workers decides nothing.

    Args:
        study: Whose trials fail.
        limits: The loop's: `on_error`, `max_failures`, `kept_in`.
        progress: Shows one line for each.
    """

    def __init__(self, study: Study, limits: Any, progress: Progress) -> None:
        self._study, self._limits, self._progress = study, limits, progress
        self._held_back: dict[int, BaseException] = {}
        self._failures = self._ended = 0
        self._nan: set[int] = set()
        self._nan_in_a_row = 0
        self._same_error: list[str] = []
        self._warned = False

    def take(self, trial: Trial, outcome: Outcome) -> None:
        """Note one outcome.

        Args:
            trial: Whose.
            outcome: What it was.

        Raises:
            BaseException: What the objective raised, if `on_error` is ``"raise"``.
            TooManyFailures: If `max_failures` is passed.
        """
        self._ended += 1
        if outcome.status != "failed":
            self._nan_in_a_row = 0
            self._same_error.clear()
            return
        self._failures += 1
        error = self._error(trial, outcome)
        if error is not None:
            if self._limits.on_error == "raise":
                error.add_note(kept(self._study, self._limits.kept_in))
                self._raise(trial.number, error)
                return
            self._say(trial, error)
        else:
            self._progress.failed(trial)
            if trial.losses and trial.losses[0] != trial.losses[0]:
                self._note_nan(trial)
        if self._study.lockstep is None:
            self._give_up(self._failures, trial, error)

    def _give_up(self, failures: int, last: Trial, cause: BaseException | None) -> None:
        most = self._limits.max_failures
        if most is not None and failures > most:
            raise TooManyFailures(
                f"{failures} trials failed, more than max_failures={most}; the last one: {why_failed(last)}"
            ) from cause

    def _error(self, trial: Trial, outcome: Outcome) -> BaseException | None:
        """The exception of an outcome; made from its text where the object did not come along."""
        if outcome.exception is not None or outcome.error is None:
            return outcome.exception
        error = TrialFailed(why_failed(trial), error=outcome.error)
        if outcome.error.get("traceback"):
            error.add_note(str(outcome.error["traceback"]))
        return error

    def _raise(self, number: int, error: BaseException) -> None:
        if self._study.lockstep is None:
            raise error
        self._held_back.setdefault(number, error)

    def over(self, since: int) -> bool:
        """Whether, in lockstep, failures forbid to open any further trial.

        Args:
            since: The first trial of this call.
        """
        return self._study.lockstep is not None and self.bars(since, len(self._study.trials))

    def raise_held_back(self, since: int) -> None:
        """In lockstep: raise the exception of the lowest number, or give up by `max_failures`.

        Args:
            since: The first trial of this call.
        """
        if self._held_back:
            raise self._held_back[min(self._held_back)]
        if self._study.lockstep is not None:
            failed = self._failed(since, len(self._study.trials))
            if failed:
                self._give_up(len(failed), failed[-1], None)

    def _failed(self, since: int, past: int) -> list[Trial]:
        return [trial for trial in self._study.trials[since:past] if trial.status is Status.FAILED]

    def bars(self, since: int, past: int) -> bool:
        """Whether failures among trials `since` to below `past` forbid another one (lockstep only).

        Args:
            since: The first trial of this call.
            past: What the next trial may know ends here.
        """
        if self._held_back and min(self._held_back) < past:
            return True
        failed = self._failed(since, past)
        if self._limits.on_error == "raise" and any(trial.error is not None for trial in failed):
            return True
        most = self._limits.max_failures
        return most is not None and len(failed) > most

    def _say(self, trial: Trial, error: BaseException) -> None:
        self._progress.failed(trial)
        self._same_error.append(type(error).__name__)
        if len(self._study.trials) == 3 and len(self._same_error) == 3 and len(set(self._same_error)) == 1:
            warn(f"the first 3 trials all failed with {why_failed(trial)}", ResultWarning)

    def _note_nan(self, trial: Trial) -> None:
        self._nan.add(trial.number)
        self._nan_in_a_row += 1
        often = self._ended >= 20 and 2 * len(self._nan) > self._ended
        if not self._warned and (often or self._nan_in_a_row == 10):
            self._warned = True
            region = failing_region(self._study.history, self._nan)
            count = f"{len(self._nan)} of {self._ended} trials" if often else "10 trials in a row"
            warn(f"{count} returned NaN as their loss" + (f"; {region}" if region else ""), ResultWarning)


def kept(study: Study, where: str) -> str:
    """A note for an exception that ends a search: what is kept, and where.

    Args:
        study: The study.
        where: Where its trials are.
    """
    done = study.ledger.counts[Status.DONE]
    best = study.incumbent
    found = "" if best is None else f"; best so far {best[1]:.6g} (trial {best[0]})"
    return f"parzen: {done} trials finished before{found}; all are kept in {where}"
