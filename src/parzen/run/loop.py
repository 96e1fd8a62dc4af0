"""The loop: keep slots full, collect outcomes, stop when a rule, a clock or the user says so."""

from __future__ import annotations

import shlex
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from parzen.errors import SearchExhausted, TrialFailed
from parzen.executors.base import Evaluate, Executor, Outcome, Task, TaskLimits
from parzen.history.history import ENDED, History, Status, Trial
from parzen.history.ledger import LOST
from parzen.run.interrupts import Interrupts
from parzen.run.keeper import Keeper
from parzen.run.progress import Progress
from parzen.run.study import LEASE, Study
from parzen.run.troubles import Troubles
from parzen.stopping import StopRule

Told = Callable[[Trial, Outcome], None]
More = Callable[[int], list[Trial]]

ATTEMPTS = 3  # a trial whose process died, or whose connection broke, that often is a failure
LOOK = 1.0  # seconds between looks at what others do
IDLE = (0.01, 0.5)  # seconds between looks where nothing runs here: at first, at most


@dataclass(frozen=True, slots=True)
class Limits:
    """When one call of the loop ends.

    Attributes:
        trials: New trials to open, on top of those that wait already; of a durable study, trials to start
            here. None for no limit but the study's own.
        seconds: Wall-clock time after which no trial is started; None for no limit.
        batch: How many trials are asked for before the first of them is evaluated.
        on_error: ``"raise"`` or ``"continue"``.
        max_failures: More failed trials than that end the search with an error; None for no limit.
        rules: Stop rules, looked at after each trial; in lockstep, before a trial is opened.
        after_round: The user's own stop rule, called after each round; True stops.
        kept_in: Where a message says that finished trials are.
        task: What one trial may use.
        sigterm: Whether SIGTERM ends the running trials and gives them back.
        idle: Seconds without a trial to run here after which a worker gives up; None waits for the end.
        in_a_row: That many failed trials one after the other end this worker; None for no limit.
        abandon: Whether what still runs is cut short where the search ends early.
    """

    trials: int | None = None
    seconds: float | None = None
    batch: int = 1
    on_error: str = "raise"
    max_failures: int | None = None
    rules: Sequence[StopRule] = ()
    after_round: Callable[[], bool] | None = None
    kept_in: str = "the study"
    task: TaskLimits = field(default_factory=TaskLimits)
    sigterm: bool = False
    idle: float | None = None
    in_a_row: int | None = None
    abandon: bool = False


def drive(
    study: Study,
    executor: Executor,
    evaluate: Evaluate,
    limits: Limits,
    progress: Progress,
    *,
    told: Told | None = None,
    more: More | None = None,
    watch: Callable[[], None] = lambda: None,
) -> str | None:
    """Run trials until something ends the search.

    Args:
        study: Gives trials and takes outcomes.
        executor: Runs them.
        evaluate: What it runs.
        limits: When to end.
        progress: Shows what happens.
        told: Called with each trial and its outcome once it is in the log.
        more: Opens up to k new trials in place of the study's own algorithm;
            an empty list if there is none.
        watch: Called when the log may have grown: before each wait, and after a report.

    Returns:
        Why it ended early (``"timeout"``, ``"loss_threshold"``, ``"interrupted"``, ...), or None.

    Raises:
        Exception: What the objective raised, if `on_error` is ``"raise"``; it is in the log.
        KeyboardInterrupt: At the second Ctrl-C, or where the first cut nothing short.
    """
    progress.stopped = _Loop(study, executor, limits, progress, told, more, watch).run(evaluate)
    return progress.stopped


class _Loop:
    """One call of `drive`."""

    def __init__(
        self,
        study: Study,
        executor: Executor,
        limits: Limits,
        progress: Progress,
        told: Told | None,
        more: More | None,
        watch: Callable[[], None],
    ) -> None:
        self.study, self.executor, self.limits = study, executor, limits
        self.progress, self.told, self.more, self.watch = progress, told, more, watch
        self.queue: deque[Trial] = deque()  # asked for, not handed over
        self.running: dict[int, Task] = {}
        self.troubles = Troubles(study, limits, progress)
        self.opened = 0
        self.started = 0
        self.failed_in_a_row = 0
        self.stopped: str | None = None
        self.exhausted = False
        self.begun = time.monotonic()
        self.looked = self.renewed = self.busy = self.begun
        self.idle = IDLE[0]
        self.since = len(study.trials)
        self.requests = len(study.ledger.requests)
        # A wish to pause stands until it is undone; others are for those who run.
        self.paused = study.durable and study.paused
        self.cancelled = False
        if self.paused:
            self.say_paused()

    def run(self, evaluate: Evaluate) -> str | None:
        with (
            Interrupts(self.explain, self.limits.sigterm) as interrupts,
            Keeper(self.study, self.executor) as keeper,
        ):
            self.keeper = keeper
            try:
                self.executor.start(evaluate, self.serve, self.limits.task)
                if self.study.durable:
                    self.look()
                self.turn(interrupts)
            finally:
                self.executor.shutdown()
                for number in (*self.running, *(trial.number for trial in self.queue if trial.claimed)):
                    self.study.release(number, "interrupted")
            self.study.checkpoint()
            self.troubles.raise_held_back(self.since)
            if interrupts.terminated:
                return "terminated"
            if interrupts.asked and (self.used_up() or self.study.incumbent is None):
                raise KeyboardInterrupt
        return self.stopped

    def turn(self, interrupts: Interrupts) -> None:
        while True:
            if interrupts.terminated:
                self.stopped = "terminated"
                return
            if interrupts.asked:
                self.stopped = "interrupted"
            elif self.late():
                self.stopped = self.stopped or "timeout"
            if not self.stopped and not self.paused:
                self.fill()
            self.watch()
            if self.cancelled or (self.stopped and self.limits.abandon):
                return
            if not self.running:
                if self.stopped or self.over():
                    self.stopped = self.stopped or ("exhausted" if self.exhausted else None)
                    return
                self.wait_for_others()
                continue
            self.collect()

    def late(self) -> bool:
        seconds = self.limits.seconds
        return seconds is not None and time.monotonic() - self.begun >= seconds

    # Asking

    def fill(self) -> None:
        """Hand over trials while there are free slots: those that wait, then new ones."""
        if not self.executor.slots:
            self.offer()
        while len(self.running) < self.executor.slots and not self.had_enough():
            if not self.queue:
                self.ask()
            if not self.queue:
                return
            trial = self.queue.popleft()
            if trial.status in ENDED or trial.excluded:
                continue
            held = trial.claimed and trial.owner == self.study.owner
            if held or self.study.claim(trial):
                self.submit(trial)

    def had_enough(self) -> bool:
        """Whether this worker has started as many trials of a durable study as it is to start."""
        most = self.limits.trials
        return self.study.durable and most is not None and self.started >= most

    def offer(self) -> None:
        """Nothing runs here: keep trials of an algorithm that only this process has ready for others."""
        study = self.study
        while self.more is not None and len(study.ledger.waiting) < self.limits.batch:
            full = study.end is not None and len(study.trials) >= study.end
            if full or not self.more(1):
                self.exhausted = True
                return

    def submit(self, trial: Trial) -> None:
        self.started += 1
        self.busy = time.monotonic()
        task = self.study.task(trial)
        self.running[trial.number] = task
        self.keeper.add(task)
        self.progress.began(trial)
        self.executor.submit(task)

    def ask(self) -> None:
        """Put trials that may run now into the queue."""
        try:
            if self.more is not None:
                self.ask_foreign(max(self.limits.batch, self.executor.slots - len(self.running)))
            elif self.limits.batch > max(1, self.executor.slots):
                self.ask_many(self.limits.batch)
            else:
                trial = self.study.take(may=self.may_open)
                if trial is not None:
                    self.opened += trial.number >= self.since and trial.attempt == 1
                    self.queue.append(trial)
        except SearchExhausted:
            self.exhausted = True

    def ask_many(self, width: int) -> None:
        """All that wait, and new ones up to a number; none is claimed before its turn."""
        study = self.study
        self.queue.extend(study.suggest_for(number) for number in list(study.ledger.waiting))
        while len(self.queue) < width and self.may_open(len(study.trials)):
            self.queue.append(study.suggest_for(study.next_number()))
            self.opened += 1

    def ask_foreign(self, room: int) -> None:
        waiting = [self.study.trials[number] for number in self.study.ledger.waiting]
        self.queue.extend(waiting)
        study, left = self.study, room - len(waiting)
        if self.limits.trials is not None:
            left = min(left, self.limits.trials - self.opened)
        if study.end is not None:
            left = min(left, study.end - len(study.trials))
        while left > 0 and self.more is not None:
            new = self.more(left)
            if not new:
                self.exhausted = True
                return
            self.opened += len(new)
            left -= len(new)
            self.queue.extend(new)

    def may_open(self, number: int) -> bool:
        """Whether the search's limits let the next trial be opened."""
        if not self.study.durable and self.limits.trials is not None and self.opened >= self.limits.trials:
            return False
        lockstep = self.study.lockstep
        if lockstep is None:
            return True
        past = lockstep.past(number)
        if self.troubles.bars(self.since, past):
            return False
        self.check_rules(lockstep.view(number))
        return self.stopped is None

    def over(self) -> bool:
        """Whether nothing is left to do, here or elsewhere."""
        study, ledger = self.study, self.study.ledger
        if not study.durable:
            return True
        if self.had_enough():
            return True
        study.refresh()
        full = study.end is not None and len(study.trials) >= study.end
        if not (full or self.exhausted or self.troubles.over(self.since)):
            return False  # something will open, or wait for others
        return not ledger.waiting and not ledger.claimed

    def wait_for_others(self) -> None:
        """Others run the trials that are left; take over if they die."""
        time.sleep(self.idle)
        self.idle = min(2 * self.idle, IDLE[1])
        if self.limits.idle is not None and time.monotonic() - self.busy > self.limits.idle:
            self.stopped = "idle"
        self.look()

    # Collecting

    def collect(self) -> None:
        self.progress.tick()
        ended = self.executor.wait(LOOK if self.study.durable and self.executor.parallel else self.patience())
        if ended:
            self.idle = IDLE[0]
        for task, outcome in ended:
            self.running.pop(task.number)
            self.keeper.drop(task)
            self.take(task, outcome)
        if self.study.durable and time.monotonic() - self.looked > LOOK:
            self.look()
        round_over = not self.queue and (self.executor.slots > 1 or not self.running)
        after = self.limits.after_round
        if ended and round_over and not self.stopped and after is not None and after():
            self.stopped = "early_stop"

    def patience(self) -> float | None:
        """How long to wait for an outcome: an interrupt must be seen, a timeout too."""
        return 0.2 if self.executor.parallel else None

    def look(self) -> None:
        """Take in what others did, keep what runs here alive, release what died elsewhere."""
        now = self.looked = time.monotonic()
        study = self.study
        study.refresh()
        study.reap()
        if now - self.renewed > LEASE / 3:
            self.renewed = now
            study.renew(self.running)
        self.obey()
        if study.lockstep is None and not self.stopped:
            self.check_rules(study.history)

    def obey(self) -> None:
        """Do what was asked for since the last look; the last request counts."""
        requests = self.study.ledger.requests
        if len(requests) == self.requests:
            return
        self.requests, what = len(requests), requests[-1].what
        before, self.paused = self.paused, what == "pause"
        if self.paused and not before:
            self.say_paused()
        elif before and what == "resume":
            self.progress.alert("parzen: going on")
        self.cancelled = what == "cancel"
        if what in ("stop", "cancel"):
            self.stopped = self.stopped or ("stopped" if what == "stop" else "cancelled")

    def say_paused(self) -> None:
        name, place = self.study.name, self.study.place
        named = "" if name == "default" else f" --name {shlex.quote(name)}"
        self.progress.alert(
            "parzen: paused, no new trial is started; "
            f"to go on: parzen resume {shlex.quote(place)}{named} --no-work"
        )

    def take(self, task: Task, outcome: Outcome) -> None:
        """Record what became of a trial."""
        study, trial = self.study, self.study.trials[task.number]
        if self.again(trial, outcome):
            return
        counts = study.tell(trial, outcome, task.attempt)
        if self.told is not None and counts:
            self.told(trial, outcome)
        if not counts:
            return
        self.progress.ended(trial)
        self.busy = time.monotonic()
        self.failed_in_a_row = self.failed_in_a_row + 1 if outcome.status == "failed" else 0
        if self.failed_in_a_row == self.limits.in_a_row:
            self.stopped = self.stopped or "failures"
        self.troubles.take(trial, outcome)
        if study.lockstep is None:
            self.check_rules(study.history)

    def again(self, trial: Trial, outcome: Outcome) -> bool:
        """Give a trial back whose process died or whose connection broke, unless that was often enough."""
        lost = outcome.status == "lost"
        broken = self.study.durable and isinstance(outcome.exception, ConnectionError)
        if not lost and not broken:
            return False
        message = str((outcome.error or {}).get("message", outcome.exception))
        if trial.lost + 1 < ATTEMPTS:
            self.progress.say(f"parzen: trial {trial.number} runs again: {message}")
            self.study.release(trial.number, f"{LOST}: {message}")
            return True
        if lost:
            outcome.status = "failed"
            outcome.result = outcome.result or {"status": "fail"}
        return False

    def check_rules(self, history: History) -> None:
        for rule in self.limits.rules:
            self.stopped = self.stopped or rule.check(history)

    # Talking

    def serve(self, task: Task, what: str, values: tuple[Any, ...]) -> Any:
        """Answer a running objective."""
        if what == "report":
            value, step = values
            self.study.report(task.number, value, step, task.attempt)
            self.progress.reported(task.number, value, step)
            self.watch()
            return None
        if what == "should_prune":
            return self.study.should_prune(task.number)
        raise TrialFailed(f"a trial asked for {what!r}, which the search does not know")

    def explain(self) -> None:
        now = time.time()
        trials = self.study.trials
        what = ", ".join(f"trial {n}, {now - trials[n].started:.0f} s so far" for n in self.running)
        several = "trials" if len(self.running) > 1 else "trial"
        after = f" after the running {several} ({what})" if what else ""
        self.progress.alert(f"Stopping{after}. Ctrl-C again to stop now.")

    def used_up(self) -> bool:
        study = self.study
        if study.ledger.waiting:
            return False
        if study.end is not None:
            return study.ledger.counts[Status.RUNNING] == 0 and len(study.trials) >= study.end
        return self.limits.trials is not None and self.opened >= self.limits.trials
