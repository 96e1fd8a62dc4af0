"""Study: one search. The only writer of events."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from parzen.algorithms import base as algorithms
from parzen.errors import AllTrialsFailed, InvalidArgument, SearchExhausted, Taken
from parzen.executors.base import Outcome
from parzen.history import events as e
from parzen.history.history import ENDED, History, Status, Trial
from parzen.history.ledger import Ledger
from parzen.history.queries import incumbent
from parzen.run.evaluate import outcome_of
from parzen.run.origin import created
from parzen.space.flatten import flatten
from parzen.storage.base import Store
from parzen.storage.memory import MemoryStore


class Study:
    """A search that the user drives with `ask` and `tell`, or that `fmin` drives.

    Args:
        space: Dicts, lists, tuples, `hp` expressions and constants, or a `Space`.
        algo: A settings object such as ``TPE()``, or a name such as ``"tpe"``.
        seed: A whole number of at least 0; left out, fresh entropy. The same
            seed and the same outcomes give the same search.
        maximize: Whether told values are to be made large.
        store: Where events are kept; left out, in memory.
        name: The study's name in the store.

    >>> from parzen import Study, hp
    >>> study = Study({"x": hp.float(-5, 5)}, seed=0)
    >>> for _ in range(30):
    ...     trial = study.ask()
    ...     study.tell(trial, trial.params["x"] ** 2)
    >>> abs(study.best.params["x"]) < 1
    True
    """

    def __init__(
        self,
        space: Any,
        algo: algorithms.Algorithm | str = "tpe",
        *,
        seed: int | None = None,
        maximize: bool = False,
        store: Store | None = None,
        name: str = "default",
    ) -> None:
        self.space = flatten(space)
        self.store: Store = MemoryStore() if store is None else store
        self.name = name
        self.owner = f"{platform.node()}:{os.getpid()}"
        self.ledger = Ledger(self.space)
        self._algorithm: algorithms.Algorithm | None = None
        self._held: dict[int, int] = {}  # trial -> the attempt this object claimed
        self.refresh()
        if self.ledger.created is None:
            self._append(created(name, self.space, maximize))
        self.configure(algorithm=algo, seed=seed)

    @classmethod
    def from_events(cls, log: Iterable[e.Event], space: Any = None, name: str = "default") -> Study:
        """A study in memory that goes on from a log.

        Args:
            log: Its events, from the first on.
            space: The user's space; without it values cannot be built.
            name: The study's name.
        """
        self = cls.__new__(cls)
        self.store = MemoryStore()
        self.name = name
        self.owner = f"{platform.node()}:{os.getpid()}"
        self.store.append(name, list(log))
        self.ledger = Ledger(None if space is None else flatten(space))
        self._algorithm = None
        self._held = {}
        self.refresh()
        self.space = self.ledger.space
        return self

    def __repr__(self) -> str:
        best = self.incumbent
        shown = "" if best is None else f"; best {best[1]:.6g} @ {best[0]}"
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

    @property
    def trials(self) -> Sequence[Trial]:
        """All trials, in the order of their numbers."""
        return self.ledger.trials

    @property
    def history(self) -> History:
        """The view at the present end of the log."""
        return self.ledger.history()

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

    def configure(
        self, *, algorithm: algorithms.Algorithm | str | None = None, seed: int | None = None, **settings: Any
    ) -> None:
        """Set what holds for trials opened from here on; what is left out stays.

        Args:
            algorithm: A settings object or a name.
            seed: A whole number of at least 0.
            settings: Other fields of the `configured` event, such as ``max_evals``.

        Raises:
            InvalidArgument: If one of them cannot be used.
        """
        now = self.ledger.configured
        if isinstance(algorithm, str):
            algorithm = algorithms.named(algorithm)()
        if algorithm is not None and not isinstance(algorithm, algorithms.Algorithm):
            raise InvalidArgument(
                f"algorithm must be a name or have a suggest(history, ask); got {algorithm!r}"
            )
        if algorithm is not None:
            self._algorithm = algorithm
        if seed is None:
            seed = now.seed if now is not None else int(np.random.SeedSequence().generate_state(1)[0])
        else:
            _check_seed(seed)
        values = {"seed": int(seed), **settings}
        if self._algorithm is not None:
            values["algorithm"] = algorithms.describe(self._algorithm)
        if now is None or any(getattr(now, key) != value for key, value in values.items()):
            kept = {} if now is None else {f: getattr(now, f) for f in _CARRIED}
            self._append(e.Configured(time.time(), **{**kept, **values}))

    def bind(self, space: Any) -> None:
        """Use a space given again: the same one, or a changed one, to which past points are carried over.

        Args:
            space: As for the constructor.
        """
        given = flatten(space)
        if given.fingerprint() == self.ledger.space.fingerprint():
            self.ledger.bind(given)
        else:
            self.ledger._given = given
            self._append(e.Extended(time.time(), given.to_json(), given.fingerprint()))
        self.space = given

    def refresh(self) -> None:
        """Take in what others appended."""
        ledger = self.ledger
        for event in self.store.read(self.name, ledger.head):
            ledger.fold(event)

    def _append(self, *batch: e.Event) -> None:
        head = self.store.append(self.name, batch)
        ledger = self.ledger
        if head == ledger.head + len(batch):
            for event in batch:
                ledger.fold(event)
        else:
            self.refresh()

    def ask(self, claim: bool = True) -> Trial:
        """The next trial to evaluate: one that waits, else a new one.

        Args:
            claim: Whether this study evaluates it now; the loop claims when evaluation starts.

        Returns:
            A trial with `number`, `point` (stored values) and `params` (the objective's argument).

        Raises:
            SearchExhausted: If the algorithm has no point left.
        """
        trial = self._waiting() or self._open()
        if trial.point is None:
            self._suggest(trial, claim)
        elif claim:
            self.claim(trial)
        return trial

    def _waiting(self) -> Trial | None:
        for number in self.ledger.waiting:
            return self.trials[number]
        return None

    def next_number(self) -> int:
        """Open a trial that nobody works on yet, without a point; returns its number."""
        return self._open().number

    def suggest_for(self, number: int) -> Trial:
        """Give an opened trial its point, without claiming it."""
        trial = self._known(number)
        if trial.point is None:
            self._suggest(trial, claim=False)
        return trial

    def _open(self) -> Trial:
        algorithm = self._used_algorithm()
        ledger = self.ledger
        # Before the number is taken, so that no trial stays open for ever.
        if not ledger.queued:
            left = algorithms.size(algorithm, self.space) + ledger.seeded
            if len(ledger.trials) >= left:
                raise SearchExhausted(f"all {left:.0f} points were proposed")
        while True:
            number = len(ledger.trials)
            try:
                self._append(e.Opened(time.time(), number))
            except Taken:
                self.refresh()
                continue
            return ledger.trials[number]

    def _used_algorithm(self) -> algorithms.Algorithm:
        if self._algorithm is None:
            described = self.ledger.configured.algorithm if self.ledger.configured is not None else {}
            self._algorithm = _rebuilt(described)
        return self._algorithm

    def _suggest(self, trial: Trial, claim: bool) -> None:
        if trial.enqueued is not None:
            point, budget, note = dict(trial.enqueued), None, dict(trial.note)
        else:
            ask = algorithms.Ask(trial.number, self.seed)
            proposal = self._used_algorithm().suggest(self.ledger.history(), ask)
            point, budget, note = dict(proposal.point), proposal.budget, dict(proposal.note)
        now = time.time()
        suggested = e.Suggested(now, trial.number, point, budget, note)
        if claim:
            self._append(suggested, e.Claimed(now, trial.number, trial.attempt + 1, self.owner))
            self._held[trial.number] = trial.attempt
        else:
            self._append(suggested)

    def claim(self, trial: Trial) -> int:
        """Say that this study evaluates a trial now; returns the attempt's number."""
        self._append(e.Claimed(time.time(), trial.number, trial.attempt + 1, self.owner))
        self._held[trial.number] = trial.attempt
        return trial.attempt

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

    def tell(self, trial: Trial | int, outcome: Any, attempt: int | None = None) -> None:
        """Say what became of a trial.

        Args:
            trial: The trial that `ask` gave, or its number.
            outcome: A loss, a mapping with ``loss``, an exception, or an `Outcome`.
            attempt: Which claim it belongs to; left out, the one this study holds.

        Raises:
            InvalidObjectiveResult: If `outcome` is none of these.
            InvalidArgument: If the trial was never opened or has ended already.
        """
        number = trial if isinstance(trial, (int, np.integer)) else trial.number
        row = self._known(int(number))
        if row.status in ENDED:
            raise InvalidArgument(f"trial {number} has ended already ({row.status.name.lower()})")
        if isinstance(outcome, BaseException):
            text = {"type": str(type(outcome)), "message": str(outcome), "traceback": ""}
            outcome = Outcome("failed", error=text, result={"status": "fail"})
        elif not isinstance(outcome, Outcome):
            outcome = outcome_of(outcome, f"of trial {number}", -1.0 if self.maximize else 1.0)
        if row.point is None:
            raise InvalidArgument(f"trial {number} has no point yet")
        if row.attempt == 0:
            self.claim(row)
        if attempt is None:
            attempt = self._held.pop(row.number, row.attempt)
        self._append(
            e.Finished(
                time.time(),
                row.number,
                attempt,
                outcome.status,
                outcome.losses,
                dict(outcome.metrics),
                outcome.result,
                outcome.error,
            )
        )

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
        if trial.status in ENDED:
            raise InvalidArgument(f"trial {number} has ended already ({trial.status.name.lower()})")
        if attempt is None:
            attempt = self._held.get(number, trial.attempt)
        loss = -float(value) if self.maximize else float(value)
        self._append(e.Reported(time.time(), number, attempt, loss, float(step)))

    def _known(self, number: int) -> Trial:
        if not 0 <= number < len(self.trials):
            raise InvalidArgument(f"there is no trial {number}; the study has {len(self.trials)}")
        return self.trials[number]

    def enqueue(self, point: Mapping[str, Any], note: Mapping[str, Any] | None = None) -> None:
        """Have a point tried next.

        Args:
            point: Label -> stored value; a choice as its index. Every label that it makes active.
            note: Kept with the trial.

        Raises:
            InvalidPoint: If it does not fit the space.
        """
        checked = self.space.check(point, "the enqueued point")
        self._append(e.Enqueued(time.time(), checked, dict(note or {"by": "user"})))

    def amend(self, number: int, outcome: Outcome) -> None:
        """Correct the outcome of a trial that has ended.

        Args:
            number: The trial's.
            outcome: What holds instead.
        """
        self._append(
            e.Amended(
                time.time(), number, outcome.status, outcome.losses, dict(outcome.metrics), outcome.result
            )
        )

    def exclude(self, numbers: Iterable[int], why: str = "") -> None:
        """Make trials no longer count.

        Args:
            numbers: The trials'.
            why: Kept in the log.
        """
        now = time.time()
        batch = [e.Excluded(now, number, why) for number in numbers]
        if batch:
            self._append(*batch)

    def note(self, note: Mapping[str, Any], number: int | None = None) -> None:
        """Add a remark to a trial, or to the study.

        Args:
            note: Small JSON.
            number: The trial's; left out, it is on the study.
        """
        self._append(e.Noted(time.time(), dict(note), number))

    def put_in(self, point: dict[str, float | int], note: dict[str, Any]) -> Trial:
        """Add a trial with a given point, which then waits for its evaluation.

        Args:
            point: Stored values; not checked, since old documents may come from another space.
            note: Where it comes from.
        """
        number = len(self.trials)
        now = time.time()
        self._append(e.Opened(now, number), e.Suggested(now, number, point, None, note))
        return self.trials[number]


_CARRIED = (
    "algorithm",
    "pruner",
    "lockstep",
    "max_evals",
    "timeout",
    "loss_threshold",
    "on_error",
    "max_failures",
    "limits",
    "objective",
)


def _check_seed(seed: Any) -> None:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InvalidArgument(f"seed must be a whole number of at least 0; got {seed!r}")


def _rebuilt(described: Mapping[str, Any]) -> algorithms.Algorithm:
    """The algorithm that the log describes.

    Raises:
        InvalidArgument: If it is not one of ours: whose code runs is not a log's business.
    """
    from importlib import import_module

    whole = str(described.get("name", ""))
    module, _, name = whole.partition(":")
    if not module.startswith("parzen.algorithms."):
        raise InvalidArgument(f"the study was made with the algorithm {whole!r}; give it again as algo=")
    make: Callable[..., algorithms.Algorithm] = getattr(import_module(module), name)
    settings = described["settings"]
    if "p_suggest" in settings:
        settings = {"p_suggest": [(share, _rebuilt(inner)) for share, inner in settings["p_suggest"]]}
    return make(**settings)


def no_success(trials: Iterable[Trial]) -> AllTrialsFailed:
    """The exception for a search without a successful trial, with the reasons counted."""
    ended = [trial for trial in trials if not trial.excluded]
    if not ended:
        return AllTrialsFailed("there are no trials, so there is no best one")
    reasons: dict[str, int] = {}
    for trial in ended:
        if trial.status is not Status.DONE:
            reason = why_failed(trial)
            reasons[reason] = reasons.get(reason, 0) + 1
    table = "; ".join(
        f"{count} x {reason}" for reason, count in sorted(reasons.items(), key=lambda kv: -kv[1])
    )
    return AllTrialsFailed(f"none of {len(ended)} trials succeeded: {table}")


def why_failed(trial: Trial) -> str:
    """One line on why a trial has no usable loss."""
    if trial.error is not None:
        kind = str(trial.error["type"]).removeprefix("<class '").removesuffix("'>").rsplit(".", 1)[-1]
        message = str(trial.error["message"]).splitlines()
        return f"{kind}: {message[0]}" if message else kind
    if trial.status not in ENDED:
        return "not finished"
    if trial.losses and trial.losses[0] != trial.losses[0]:
        return "loss is NaN"
    status = trial.result.get("status") if isinstance(trial.result, dict) else None
    return f"status {status!r}"
