"""Study: one search. The only writer of events."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from parzen.algorithms import base as algorithms
from parzen.errors import InvalidArgument, SearchExhausted, Taken, did_you_mean
from parzen.executors.base import Outcome, Task
from parzen.frames.table import TrialTable
from parzen.history import events as e
from parzen.history.history import ENDED, History, Status, Trial
from parzen.history.ledger import Ledger, fold_all
from parzen.history.queries import incumbent
from parzen.run import checkpoints, html, opening, owner
from parzen.run.evaluate import outcome_of
from parzen.run.failures import error_text, no_success
from parzen.run.lockstep import Lockstep
from parzen.run.origin import created
from parzen.run.settings import (
    check_seed,
    checked_algorithm,
    checked_pruner,
    rebuilt_algorithm,
    rebuilt_pruner,
)
from parzen.run.unsaved import Unsaved
from parzen.space.compare import same
from parzen.space.flatten import flatten
from parzen.storage.base import Store, open_store
from parzen.storage.memory import MemoryStore

CHUNK = 20_000  # events read at once
LEASE = 60.0  # seconds that a claim is safe after its owner was last heard of
REQUESTS = ("pause", "resume", "stop", "cancel")
PATIENCE = 10.0  # seconds until somebody else's opened trial without a point is taken up

html.attach()

_AT_WORK: WeakValueDictionary[str, Study] = WeakValueDictionary()  # studies of this process


def _evaluates(who: str, number: int) -> bool | None:
    """Whether somebody still evaluates a trial; None where that cannot be known from here."""
    if not owner.mine(who):
        return owner.alive(who)
    study = _AT_WORK.get(who)
    return study is not None and number in study._held


def _suggests(who: str, number: int) -> bool | None:
    """Whether somebody is still making the point of a trial; None where that cannot be known from here."""
    if not owner.mine(who):
        return owner.alive(who)
    study = _AT_WORK.get(who)
    return study is not None and number == study._suggesting


class Study:
    """A search that the user drives with `ask` and `tell`, or that `fmin` drives.

    Args:
        space: Dicts, lists, tuples, `hp` expressions and constants, or a `Space`. Left out, that of
            a study that exists, whose values cannot be built then.
        algo: A settings object such as ``TPE()``, or a name such as ``"tpe"``; left out, what the
            study has, or ``"auto"``.
        seed: A whole number of at least 0; left out, what the study has, or fresh entropy. The same
            seed and the same outcomes give the same search.
        maximize: Whether told values are to be made large; left out, as the study is, or False.
        store: Where events are kept: a `Store`, a path or a URL; left out, in memory.
        name: The study's name in the store.
        resume: ``"extend"`` takes a changed space and keeps the trials that fit, ``"new"`` begins
            another study beside one of this name; left out, a changed space is refused.
        settings: Fields of the `configured` event, such as ``max_evals``, ``lockstep`` or ``pruner``.

    Raises:
        SpaceChanged: If a durable study has another space.
        StudyChanged: If it has another seed, direction or lockstep than the one given.
        StorageError: If the store cannot be used.

    >>> from parzen import Study, hp
    >>> study = Study({"x": hp.float(-5, 5)}, seed=0)
    >>> for _ in range(30):
    ...     trial = study.ask()
    ...     counts = study.tell(trial, trial.params["x"] ** 2)
    >>> abs(study.best.params["x"]) < 1
    True
    """

    def __init__(
        self,
        space: Any = None,
        algo: algorithms.Algorithm | str | None = None,
        *,
        seed: int | None = None,
        maximize: bool | None = None,
        store: Store | str | os.PathLike[str] | None = None,
        name: str = "default",
        resume: str | None = None,
        **settings: Any,
    ) -> None:
        if store is None:
            store = MemoryStore()
        elif isinstance(store, (str, os.PathLike)):
            store = open_store(store)
        given = None if space is None else flatten(space)
        if resume == "new":
            name = opening.free_name(store, name)
        self._begin(store, name, given)
        self.refresh()
        self.enter(given, maximize, extend=resume == "extend", seed=seed, **settings)
        self.configure(algorithm=algo, seed=seed, **settings)
        self.checkpoint()

    def enter(
        self,
        given: Any,
        maximize: bool | None,
        *,
        extend: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        """Create a study that has no event yet, or compare what is given with what it has.

        Args:
            given: The user's `Space`; None for the one in the log.
            maximize: The user's direction; None for the one in the log.
            extend: Whether a changed space is taken.
            seed: The user's; None for the one in the log.
            settings: Those that are to be configured next.
        """
        if given is not None and self.durable:
            opening.check_twins(given)
        if self.ledger.created is None and given is not None:
            try:
                self._append(created(self.name, given, bool(maximize)))
            except Taken:  # another process began it at the same time
                self.refresh()
        if self.ledger.created is None:
            raise opening.not_found(self.store, self.name)
        opening.check_direction(self.name, self.maximize, maximize)
        if given is not None:
            if not extend:
                points = [trial.point for trial in self.ledger.trials if trial.point is not None]
                opening.check_space(self.name, self.ledger.space, given, points)
            self.bind(given)
        if self.durable:
            opening.check_settings(self.name, self.ledger.configured, seed, settings)
        self.space = self.ledger.space

    def _begin(self, store: Store, name: str, space: Any) -> None:
        self.store = store
        self.name = name
        self.owner = owner.identity()
        _AT_WORK[self.owner] = self
        kept = checkpoints.load(store, name, space)
        self._checkpoint = 0 if kept is None else kept.head
        self.ledger = kept or Ledger(space)
        self._table = TrialTable(self.ledger)
        self.space = self.ledger.space
        self._algorithm: algorithms.Algorithm | None = None
        self._pruner: Any = None
        self._held: dict[int, int] = {}  # trial -> the attempt this object claimed
        self._suggesting: int | None = None  # the trial that this object is making a point for
        self._seen: dict[int, float] = {}  # trial without a point -> when it was noticed
        self._lockstep: Lockstep | None = None
        self._folder = ""
        self._unsaved = Unsaved()

    @classmethod
    def from_events(cls, log: Iterable[e.Event], space: Any = None, name: str = "default") -> Study:
        """A study in memory that goes on from a log.

        Args:
            log: Its events, from the first on.
            space: The user's space; without it values cannot be built.
            name: The study's name.
        """
        self = cls.__new__(cls)
        self._begin(MemoryStore(), name, None if space is None else flatten(space))
        self.store.append(name, list(log))
        self.refresh()
        self.space = self.ledger.space
        return self

    @classmethod
    def load(
        cls, store: Store | str | os.PathLike[str], name: str = "default", read_only: bool = True
    ) -> Study:
        """A study that exists, to look at while others write to it, or to go on with.

        Args:
            store: A `Store`, a path or a URL.
            name: The study's name.
            read_only: Whether the store is opened for reading only.

        Raises:
            StudyNotFound: If there is none.
        """
        if isinstance(store, (str, os.PathLike)):
            store = open_store(store, read_only=read_only)
        self = cls.__new__(cls)
        self._begin(store, name, None)
        self.refresh()
        self.enter(None, None)
        return self

    def __repr__(self) -> str:
        best = self.incumbent
        shown = "" if best is None else f"; best {-best[1] if self.maximize else best[1]:.6g} @ {best[0]}"
        counts = self.ledger.counts
        words = (
            f"{counts[status]} {word}"
            for status, word in [
                (Status.DONE, "ok"),
                (Status.PRUNED, "pruned"),
                (Status.FAILED, "failed"),
                (Status.RUNNING, "running"),
            ]
            if counts[status]
        )
        return f"Study({self.name!r}, {len(self.trials)} trials: {' '.join(words) or 'none yet'}{shown})"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        from parzen.cards.study import study_html

        return study_html(self.name, self.ledger)

    @property
    def trials(self) -> TrialTable:
        """All trials, in the order of their numbers; also a table: ``study.trials.to_pandas()``."""
        return self._table

    @property
    def history(self) -> History:
        """The view at the present end of the log."""
        return self.ledger.history()

    @property
    def durable(self) -> bool:
        """Whether the study outlives this process."""
        return bool(self.store.url)

    @property
    def place(self) -> str:
        """Where the study is kept, as a message calls it."""
        return opening.place_of(self.store)

    @property
    def maximize(self) -> bool:
        """Whether told values are to be made large; losses inside are their negatives."""
        return self.ledger.objectives[0] == "maximize"

    @property
    def seed(self) -> int:
        """The seed in force."""
        configured = self.ledger.configured
        return 0 if configured is None else configured.seed

    @property
    def end(self) -> int | None:
        """How many trials a durable study is to have in all; None without an end, and in memory."""
        configured = self.ledger.configured
        return configured.max_evals if configured is not None and self.durable else None

    @property
    def incumbent(self) -> tuple[int, float] | None:
        """Number and loss of the best successful trial, or None."""
        return incumbent(self.history)

    @property
    def best(self) -> Trial:
        """The best successful trial.

        Raises:
            AllTrialsFailed: If there is none.
        """
        found = self.incumbent
        if found is None:
            raise no_success(self.trials)
        return self.trials[found[0]]

    def events(self) -> list[e.Event]:
        """The whole log."""
        return self.store.read(self.name, 0)

    # Settings

    def configure(
        self, *, algorithm: algorithms.Algorithm | str | None = None, seed: int | None = None, **settings: Any
    ) -> None:
        """Set what holds for trials opened from here on; what is left out stays.

        Args:
            algorithm: A settings object or a name.
            seed: A whole number of at least 0.
            settings: Other fields of the `configured` event, such as ``max_evals``; a `pruner` as a
                settings object or a name.

        Raises:
            InvalidArgument: If one of them cannot be used.
        """
        now = self.ledger.configured
        if algorithm is None and now is None:
            algorithm = "auto"
        if algorithm is not None:
            self._algorithm = algorithm = checked_algorithm(algorithm)
            settings["algorithm"] = algorithms.describe(algorithm)
        if settings.get("pruner") is not None:
            self._pruner = pruner = checked_pruner(settings["pruner"])
            settings["pruner"] = algorithms.describe(pruner)
        if seed is None:
            seed = now.seed if now is not None else int(np.random.SeedSequence().generate_state(1)[0])
        else:
            check_seed(seed)
        values = {"seed": int(seed), **settings}
        if now is None or any(getattr(now, key) != e.plain(value) for key, value in values.items()):
            kept = {} if now is None else {f.name: getattr(now, f.name) for f in fields(now)}
            self._append(e.Configured(**{**kept, **values, "at": time.time()}))

    def bind(self, space: Any) -> None:
        """Use a space given again: the same one, or a changed one, to which past points are carried over.

        Args:
            space: As for the constructor.
        """
        given = flatten(space)
        stored = self.ledger.space
        alike = given if given.fingerprint() == stored.fingerprint() else None
        if alike is None and self.durable:
            alike = same(given, stored)
        if alike is not None:
            self.ledger.bind(alike)
        else:
            self.ledger._given = given
            self._append(e.Extended(time.time(), given.to_json(), given.fingerprint()))
        self.space = self.ledger.space

    @property
    def lockstep(self) -> Lockstep | None:
        """The views of a search in lockstep; None where trials see whatever is there."""
        configured = self.ledger.configured
        width = None if configured is None else configured.lockstep
        if width is None:
            return None
        if self._lockstep is None or self._lockstep.width != width:
            self._lockstep = Lockstep(self.ledger, width)
        return self._lockstep

    # The log

    def refresh(self) -> None:
        """Take in what others appended."""
        events = self.store.read(self.name, self.ledger.head, CHUNK)
        self._fold(events)
        if len(events) == CHUNK:
            with checkpoints.unhurried():
                while events:
                    events = self.store.read(self.name, self.ledger.head, CHUNK)
                    self._fold(events)

    def _fold(self, events: Iterable[e.Event]) -> None:
        ledger = self.ledger
        for event in events:
            ledger.fold(event)
        self.space = ledger.space

    def _append(self, *batch: e.Event) -> None:
        """Write a batch and take in the log up to its end, and not a single event more."""
        ledger = self.ledger
        head = self.store.append(self.name, batch)
        if head == ledger.head + len(batch):
            self._fold(batch)
        else:
            self._fold(self.store.read(self.name, ledger.head, head - ledger.head))

    def checkpoint(self) -> None:
        """Keep what the log amounts to, if it has grown enough since that was last done."""
        if self.durable and checkpoints.due(self.ledger.head, self._checkpoint):
            checkpoints.save(self.store, self.name, self.ledger)
            self._checkpoint = self.ledger.head

    # Asking

    def ask(self, claim: bool = True) -> Trial:
        """The next trial to evaluate: one that waits, else a new one.

        Args:
            claim: Whether this study evaluates it now; the loop claims when evaluation starts.

        Returns:
            A trial with `number`, `point` (stored values) and `params` (the objective's argument).

        Raises:
            SearchExhausted: If the algorithm has no point left, or the study as many trials as it is to have.
            InvalidArgument: If a search in lockstep must wait for a trial to end first.
        """
        if self.store.url:
            self.refresh()
            self.reap()
        trial = self.take(claim)
        if trial is None:
            if self.end is not None and len(self.trials) >= self.end:
                raise SearchExhausted(f"the study has the {self.end} trials that it is to have")
            raise InvalidArgument(
                f"trial {len(self.trials)} waits, in lockstep, for an earlier one to end",
                hint="tell the outcome of a trial that you asked for",
            )
        return trial

    def take(self, claim: bool = True, may: Callable[[int], bool] | None = None) -> Trial | None:
        """The next trial that may run now; None if there is none at the moment.

        Args:
            claim: Whether it is claimed in the same step.
            may: Whether a number may be opened; asked once it is known to be the next one.

        Raises:
            SearchExhausted: If the algorithm has no point left.
        """
        for number in list(self.ledger.waiting):
            trial = self.ledger.trials[number]
            if trial.point is None and not self._may_suggest(trial):
                continue
            if self._prepare(trial, claim):
                return trial
        try:
            while (new := self._open(may)) is not None:
                if self._prepare(new, claim):
                    return new
        finally:
            self._suggesting = None
        return None

    def _prepare(self, trial: Trial, claim: bool) -> bool:
        """Give a trial its point and claim it, if wanted; False if somebody else was faster."""
        if trial.point is None:
            self._suggest(trial, claim)
            if claim and self._holds(trial):
                return True
        return not claim or self.claim(trial)

    def _may_suggest(self, trial: Trial) -> bool:
        """Whether a trial without a point is ours to suggest, or was left behind."""
        if trial.opener in ("", self.owner) or _suggests(trial.opener, trial.number) is False:
            return True
        noticed = self._seen.setdefault(trial.number, time.monotonic())
        return time.monotonic() - noticed > PATIENCE

    def next_number(self) -> int:
        """Open a trial that nobody works on yet, without a point; returns its number."""
        trial = self._open(None)
        if trial is None:
            raise SearchExhausted("no trial may be opened now")
        return trial.number

    def suggest_for(self, number: int) -> Trial:
        """Give an opened trial its point, without claiming it."""
        trial = self._known(number)
        if trial.point is None:
            self._suggest(trial, claim=False)
        return trial

    def _open(self, may: Callable[[int], bool] | None) -> Trial | None:
        ledger = self.ledger
        while True:
            number = len(ledger.trials)
            if self.end is not None and number >= self.end:
                return None
            if self.lockstep is not None and not self.lockstep.ready(number):
                return None
            if may is not None and not may(number):
                return None
            # Before the number is taken, so that no trial stays open for ever.
            if not ledger.queued:
                left = algorithms.size(self._used_algorithm(), self.space) + ledger.seeded
                if number >= left:
                    raise SearchExhausted(f"all {left:.0f} points were proposed")
            self._suggesting = number
            try:
                self._append(e.Opened(time.time(), number, self.owner))
            except Taken:
                self.refresh()
                continue
            return ledger.trials[number]

    def _used_algorithm(self) -> algorithms.Algorithm:
        if self._algorithm is None:
            described = self.ledger.configured.algorithm if self.ledger.configured is not None else {}
            self._algorithm = rebuilt_algorithm(described)
        return self._algorithm

    def _view(self, trial: Trial) -> History:
        """What a trial's suggestion may know: the log up to its `opened` event."""
        if self.lockstep is not None:
            return self.lockstep.view(trial.number)
        if self.ledger.head == trial.opened_at:
            return self.ledger.history()
        log = self.store.read(self.name, 0, trial.opened_at)
        return fold_all(log, self.ledger.space).history()

    def _suggest(self, trial: Trial, claim: bool) -> None:
        if trial.enqueued is not None:
            point, budget, note = dict(trial.enqueued), None, dict(trial.note)
        else:
            ask = algorithms.Ask(trial.number, self.seed)
            proposal = self._used_algorithm().suggest(self._view(trial), ask)
            point, budget, note = dict(proposal.point), proposal.budget, dict(proposal.note)
        now = time.time()
        batch: list[e.Event] = [e.Suggested(now, trial.number, point, budget, note)]
        if claim:
            batch.append(e.Claimed(now, trial.number, trial.attempt + 1, self.owner))
        try:
            self._append(*batch)
        except Taken:  # somebody else suggested it meanwhile, or knew better
            self.refresh()
            return
        if claim:
            self._note_claim(trial)

    # Claims

    def claim(self, trial: Trial) -> bool:
        """Say that this study evaluates a trial now; False if somebody else does, or it has ended."""
        # A claim on top of another would count for nothing, and bar its number from the next attempt.
        if trial.claimed or trial.status in ENDED or trial.excluded:
            return self._holds(trial)
        try:
            self._append(e.Claimed(time.time(), trial.number, trial.attempt + 1, self.owner))
        except Taken:
            self.refresh()
        return self._note_claim(trial)

    def _holds(self, trial: Trial) -> bool:
        return trial.claimed and trial.owner == self.owner and trial.number in self._held

    def _note_claim(self, trial: Trial) -> bool:
        if not trial.claimed or trial.owner != self.owner:
            return False
        self._held[trial.number] = trial.attempt
        if self.store.shared:
            self.renew([trial.number])
        return True

    def renew(self, numbers: Iterable[int]) -> None:
        """Say that trials which this study holds are still being evaluated.

        Args:
            numbers: The trials'.
        """
        for number in numbers:
            attempt = self._held.get(number)
            if attempt is not None:
                self.store.hold(self.name, number, attempt, self.owner, LEASE)

    def reap(self) -> list[int]:
        """Release trials whose evaluators are gone; returns their numbers.

        Somebody in this PID namespace is gone when its process is, and never before. Of others
        the lease decides, by the store's clock.
        """
        released = []
        for number in list(self.ledger.claimed):
            trial = self.ledger.trials[number]
            if trial.owner == self.owner:
                continue
            alive = _evaluates(trial.owner, number)
            if alive is None and time.time() - trial.started > LEASE:
                alive = not self.store.hold(self.name, number, trial.attempt, self.owner, LEASE)
            if alive is False:
                self.release(number, f"gone: {trial.owner}")
                released.append(number)
        return released

    def release(self, number: int, why: str = "") -> None:
        """Give a claimed trial back: it will be evaluated again.

        Args:
            number: The trial's.
            why: Kept in the log.
        """
        trial = self._known(number)
        if trial.claimed:
            self._append(e.Released(time.time(), number, trial.attempt, why))
        self._held.pop(number, None)

    def release_all(self, why: str) -> None:
        """Give back every claimed trial, whoever holds it: for a study that only this object uses.

        Args:
            why: Kept in the log.
        """
        for number in list(self.ledger.claimed):
            self.release(number, why)

    def task(self, trial: Trial) -> Task:
        """What an executor needs to evaluate a trial that this study holds."""
        attempt = self._held.get(trial.number, trial.attempt)
        where = self.directory(trial.number)
        return Task(trial.number, attempt, dict(trial.point or {}), trial.budget, where, self.seed)

    def directory(self, number: int) -> str:
        """The folder that belongs to a trial and survives retries; not made here."""
        if not self._folder:
            self._folder = opening.folder_of(self.store, self.name, self.owner)
        return f"{self._folder}{os.sep}trial-{number:05d}"

    # Telling

    def tell(self, trial: Trial | int, outcome: Any, attempt: int | None = None) -> bool:
        """Say what became of a trial.

        Args:
            trial: The trial that `ask` gave, or its number.
            outcome: A loss, a mapping with ``loss``, an exception, or an `Outcome`.
            attempt: Which claim it belongs to; left out, the one this study holds.

        Returns:
            Whether it counts. An outcome of a claim that was lost to somebody else is kept, and does not.

        Raises:
            InvalidObjectiveResult: If `outcome` is none of these.
            InvalidArgument: If the trial was never opened or this study has told its outcome already.
        """
        number = int(trial if isinstance(trial, (int, np.integer)) else trial.number)
        row = self._known(number)
        if attempt is None:
            attempt = self._held.get(number)
        if row.status in ENDED and attempt is None:
            raise InvalidArgument(f"trial {number} has ended already ({row.status.name.lower()})")
        if isinstance(outcome, BaseException):
            outcome = Outcome("failed", error=error_text(outcome), result={"status": "fail"})
        elif not isinstance(outcome, Outcome):
            outcome = outcome_of(outcome, f"of trial {number}", -1.0 if self.maximize else 1.0)
        if row.point is None:
            raise InvalidArgument(f"trial {number} has no point yet")
        if row.attempt == 0:
            self.claim(row)
        attempt = row.attempt if attempt is None else attempt
        if self.durable:
            self._unsaved.warn(outcome.result)
        self._append(
            e.Finished(
                time.time(),
                number,
                attempt,
                outcome.status,
                outcome.losses,
                dict(outcome.metrics),
                outcome.result,
                outcome.error,
            )
        )
        self._held.pop(number, None)
        return row.status in ENDED and row.attempt == attempt

    def report(self, number: int, value: float, step: float, attempt: int | None = None) -> None:
        """Say an intermediate value of a running trial; `History.reports` shows it.

        Args:
            number: The trial's.
            value: The loss so far, or with ``maximize=True`` the value so far.
            step: How far the trial is, in the user's unit; one value counts for each step.
            attempt: Which claim it belongs to; left out, the one this study holds.

        Raises:
            InvalidArgument: If the trial was never opened or has ended already.
        """
        trial = self._known(number)
        if attempt is None:
            attempt = self._held.get(number, trial.attempt)
            if trial.status in ENDED:
                raise InvalidArgument(f"trial {number} has ended already ({trial.status.name.lower()})")
        loss = -float(value) if self.maximize else float(value)
        self._append(e.Reported(time.time(), number, attempt, loss, float(step)))

    def should_prune(self, number: int) -> bool:
        """Whether the study's pruner would end a running trial, by its reports so far.

        Args:
            number: The trial's.
        """
        trial = self._known(number)
        pruner = self._used_pruner()
        if pruner is None or not trial.reports:
            return False
        view = self.history if self.lockstep is None else self.lockstep.view(number)
        return bool(pruner.prune(view, number, trial.reports))

    def _used_pruner(self) -> Any:
        described = None if self.ledger.configured is None else self.ledger.configured.pruner
        if described is None:
            return None
        if self._pruner is None:
            self._pruner = rebuilt_pruner(described)
        return self._pruner

    def _known(self, number: int) -> Trial:
        trials = self.ledger.trials
        if not 0 <= number < len(trials):
            raise InvalidArgument(f"there is no trial {number}; the study has {len(trials)}")
        return trials[number]

    # By hand

    def enqueue(self, point: Mapping[str, Any], note: Mapping[str, Any] | None = None) -> None:
        """Have a point tried next.

        Args:
            point: Label -> stored value; a choice as its index. Every label that it makes active.
            note: Kept with the trial.

        Raises:
            InvalidPoint: If it does not fit the space.
        """
        checked = self.space.check(self.space.stored(point), "the enqueued point")
        self._append(e.Enqueued(time.time(), checked, dict(note or {"by": "user"})))

    def retry(self, number: int) -> None:
        """Have the point of a trial tried again, as a new trial: after a failure that has been mended.

        Args:
            number: The trial's.
        """
        trial = self._known(number)
        if trial.point is None:
            raise InvalidArgument(f"trial {number} has no point yet")
        self._append(e.Enqueued(time.time(), dict(trial.point), {"by": "retry", "of": number}))

    def amend(self, number: int, outcome: Any) -> None:
        """Correct the outcome of a trial that has ended; what was told before stays in the log.

        Args:
            number: The trial's.
            outcome: What holds instead: a loss, a mapping, or an `Outcome`.
        """
        if self._known(number).status not in ENDED:
            raise InvalidArgument(f"trial {number} has not ended; tell its outcome instead")
        if not isinstance(outcome, Outcome):
            outcome = outcome_of(outcome, f"of trial {number}", -1.0 if self.maximize else 1.0)
        self._append(
            e.Amended(
                time.time(), number, outcome.status, outcome.losses, dict(outcome.metrics), outcome.result
            )
        )

    def exclude(self, numbers: Iterable[int], why: str = "") -> None:
        """Make trials no longer count; they stay in the log.

        Args:
            numbers: The trials'.
            why: Kept in the log.
        """
        now = time.time()
        batch = [e.Excluded(now, self._known(number).number, why) for number in numbers]
        if batch:
            self._append(*batch)

    def note(self, note: Mapping[str, Any], number: int | None = None) -> None:
        """Add a remark to a trial, or to the study.

        Args:
            note: Small JSON.
            number: The trial's; left out, it is on the study.
        """
        self._append(e.Noted(time.time(), dict(note), number))

    def request(self, what: str) -> None:
        """Ask those who run the study for something; they look about once a second.

        ``"pause"`` starts no new trial and lets running ones end, until ``"resume"``; it also holds for
        those who begin to run it later. ``"stop"`` ends the search after the running trials,
        ``"cancel"`` at once: running trials are given back and run again when the study goes on.

        Args:
            what: One of the four.
        """
        if what not in REQUESTS:
            raise InvalidArgument(
                f"a request must be one of {', '.join(map(repr, REQUESTS))}; got {what!r}."
                f"{did_you_mean(what, list(REQUESTS))}"
            )
        self._append(e.Requested(time.time(), what))

    @property
    def paused(self) -> bool:
        """Whether somebody asked for a pause that still stands."""
        requests = self.ledger.requests
        return bool(requests) and requests[-1].what == "pause"

    def put_in(self, point: dict[str, float | int], note: dict[str, Any]) -> Trial:
        """Add a trial with a given point, which then waits for its evaluation.

        Args:
            point: Stored values; not checked, since old documents may come from another space.
            note: Where it comes from.
        """
        while True:
            number = len(self.ledger.trials)
            now = time.time()
            try:
                self._append(e.Opened(now, number, self.owner), e.Suggested(now, number, point, None, note))
            except Taken:
                self.refresh()
                continue
            return self.ledger.trials[number]
