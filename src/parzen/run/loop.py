"""The loop: keep slots full, collect outcomes, stop when a rule, a clock or the user says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from parzen.errors import ResultWarning, SearchExhausted, TooManyFailures, warn
from parzen.executors.base import Executor, Outcome, Task
from parzen.history.history import Status, Trial
from parzen.insight.failures import failing_region
from parzen.run.interrupts import Interrupts
from parzen.run.progress import Progress
from parzen.run.study import Study, why_failed
from parzen.stopping import StopRule

Told = Callable[[Trial, Outcome], None]
More = Callable[[int], list[Trial]]


@dataclass(frozen=True, slots=True)
class Limits:
    """When one call of the loop ends.

    Attributes:
        trials: New trials to open; None for no limit. Trials that wait already come on top.
        seconds: Wall-clock time after which no trial is started; None for no limit.
        batch: How many trials are asked for before the first of them is evaluated (one slot only).
        on_error: ``"raise"`` or ``"continue"``.
        max_failures: More failed trials than that end the search with an error; None for no limit.
        rules: Stop rules, looked at after each trial.
        after_round: The user's own stop rule, called after each round; True stops.
        kept_in: Where a message says that finished trials are.
    """

    trials: int | None = None
    seconds: float | None = None
    batch: int = 1
    on_error: str = "raise"
    max_failures: int | None = None
    rules: Sequence[StopRule] = ()
    after_round: Callable[[], bool] | None = None
    kept_in: str = "the study"


@dataclass(slots=True)
class _State:
    opened: int = 0
    failures: int = 0
    ended: int = 0
    nan: set[int] = field(default_factory=set)
    nan_in_a_row: int = 0
    same_error: list[str] = field(default_factory=list)
    warned: bool = False
    stopped: str | None = None
    best: float | None = None


def drive(
    study: Study,
    executor: Executor,
    limits: Limits,
    progress: Progress,
    *,
    told: Told | None = None,
    more: More | None = None,
) -> str | None:
    """Run trials until something ends the search.

    Args:
        study: Gives trials and takes outcomes.
        executor: Runs them.
        limits: When to end.
        progress: Shows what happens.
        told: Called with each trial and its outcome once it is in the log.
        more: Opens up to k new trials in place of the study's own algorithm;
            an empty list if there is none.

    Returns:
        Why it ended early (``"timeout"``, ``"loss_threshold"``, ``"interrupted"``, ...), or None.

    Raises:
        Exception: What the objective raised, if `on_error` is ``"raise"``; it is in the log.
        KeyboardInterrupt: At the second Ctrl-C, or where the first cut nothing short.
    """
    incumbent = study.incumbent
    state = _State(best=None if incumbent is None else incumbent[1])
    begun = time.monotonic()
    running: dict[int, Task] = {}
    source = more or _own(study, max(executor.slots, limits.batch))

    def explain() -> None:
        now = time.time()
        what = ", ".join(f"trial {n}, {now - task.trial.started:.0f} s so far" for n, task in running.items())
        progress.alert(f"Stopping after the running trial ({what}). Ctrl-C again to stop now.")

    with Interrupts(explain) as interrupts:
        try:
            while True:
                late = limits.seconds is not None and time.monotonic() - begun >= limits.seconds
                if interrupts.asked:
                    state.stopped = "interrupted"
                elif late:
                    state.stopped = state.stopped or "timeout"
                if not state.stopped and (not running or len(running) < executor.slots):
                    _fill(study, executor, limits, state, running, source)
                if not running or (executor.slots == 1 and state.stopped):
                    break
                for task, outcome in executor.wait():
                    running.pop(task.number)
                    _take(study, task, outcome, limits, state, progress, told)
                if (
                    not running
                    and not state.stopped
                    and limits.after_round is not None
                    and limits.after_round()
                ):
                    state.stopped = "early_stop"
        finally:
            executor.shutdown()
            for task in running.values():
                study.release(task.number, "interrupted")
        if interrupts.asked and (_used_up(study, limits, state) or study.incumbent is None):
            raise KeyboardInterrupt
    return state.stopped


def _used_up(study: Study, limits: Limits, state: _State) -> bool:
    return limits.trials is not None and state.opened >= limits.trials and not study.ledger.waiting


def _own(study: Study, batch: int) -> More:
    """Ask the study's own algorithm, one trial at a time."""

    def more(count: int) -> list[Trial]:
        del count
        try:
            if batch == 1:  # it will run at once, so it is claimed in the same step
                return [study.ask()]
            return [study.suggest_for(study.next_number())]
        except SearchExhausted:
            return []

    return more


def _fill(
    study: Study, executor: Executor, limits: Limits, state: _State, running: dict[int, Task], more: More
) -> None:
    """Take the trials that wait, ask for as many more as there is room for, and hand them over."""
    width = max(executor.slots, limits.batch) - len(running)
    asked = [study.trials[number] for number in study.ledger.waiting]
    while len(asked) < width and (limits.trials is None or state.opened < limits.trials):
        room = width - len(asked)
        new = more(room if limits.trials is None else min(room, limits.trials - state.opened))
        if not new:
            state.stopped = state.stopped if asked else "exhausted"
            break
        state.opened += len(new)
        asked += new
    for trial in asked:
        task = Task(trial.number, trial)
        running[trial.number] = task
        executor.submit(task)


def _take(
    study: Study,
    task: Task,
    outcome: Outcome,
    limits: Limits,
    state: _State,
    progress: Progress,
    told: Told | None,
) -> None:
    study.tell(task.trial, outcome)
    if told is not None:
        told(task.trial, outcome)
    state.ended += 1
    if outcome.status == "done" and (state.best is None or outcome.losses[0] < state.best):
        state.best = outcome.losses[0]
    progress.ended(state.best)
    if outcome.status == "failed":
        _failed(study, task.trial, outcome, limits, state, progress)
    else:
        state.nan_in_a_row = 0
        state.same_error.clear()
    for rule in limits.rules:
        state.stopped = state.stopped or rule.check(study.history)


def _failed(
    study: Study, trial: Trial, outcome: Outcome, limits: Limits, state: _State, progress: Progress
) -> None:
    state.failures += 1
    error = outcome.exception
    if error is not None:
        if limits.on_error == "raise":
            error.add_note(kept(study, limits.kept_in))
            raise error
        where = (trial.error or {}).get("where")
        place = f" ({where})" if where else ""
        progress.say(f"parzen: trial {trial.number} failed: {why_failed(trial)}{place}")
        state.same_error.append(type(error).__name__)
        if len(study.trials) == 3 and len(state.same_error) == 3 and len(set(state.same_error)) == 1:
            warn(f"the first 3 trials all failed with {why_failed(trial)}", ResultWarning)
    elif trial.losses and trial.losses[0] != trial.losses[0]:
        state.nan.add(trial.number)
        state.nan_in_a_row += 1
        often = state.ended >= 20 and 2 * len(state.nan) > state.ended
        if not state.warned and (often or state.nan_in_a_row == 10):
            state.warned = True
            region = failing_region(study.history, state.nan)
            count = f"{len(state.nan)} of {state.ended} trials" if often else "10 trials in a row"
            warn(f"{count} returned NaN as their loss" + (f"; {region}" if region else ""), ResultWarning)
    if limits.max_failures is not None and state.failures > limits.max_failures:
        raise TooManyFailures(
            f"{state.failures} trials failed, more than max_failures={limits.max_failures}; "
            f"the last one: {why_failed(trial)}"
        ) from error


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
