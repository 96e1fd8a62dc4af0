"""Work on a study that exists: what `parzen worker` and `parzen resume` do.

A worker needs no argument but the store: the log says which objective, which
limits and when to end. The objective is imported by name; a pickled one runs
only where it is asked for, since unpickling runs code.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from parzen.attachments import keep
from parzen.byvalue import dumps
from parzen.errors import InvalidArgument, InvalidObjectiveResult
from parzen.executors.base import Channel, Evaluate, Executor, Outcome, Task, TaskLimits, named
from parzen.history.history import Trial
from parzen.run import importing
from parzen.run.evaluate import Evaluation, Objective
from parzen.run.loop import Limits, drive
from parzen.run.progress import Progress
from parzen.run.study import Study
from parzen.space.space import Space
from parzen.stopping import LossReached, StopRule

_PICKLED_AT_MOST = 16_000_000  # bytes; a larger one holds data, which belongs elsewhere


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker is asked for.

    Attributes:
        objective: ``pkg.module:function`` or ``path/train.py:function``; None for the one in the log.
        space: What the space is called in the objective's module, or ``path/spaces.py:NAME``; None to
            look for it.
        given: The objective and the space themselves, where they are at hand.
        jobs: Trials at the same time, each in a process of its own.
        gpus: Which GPUs the processes see, one each; None for all.
        more: Trials to add to the study's end.
        seconds: After which no trial is started; None for no limit.
        trials: Trials to start here; None for no limit.
        unpickle: Whether a pickled objective may be run; one that is there is preferred then.
        idle: Seconds without a trial after which to give up; None waits for the study's end.
        in_a_row: Failed trials one after the other after which to give up.
        folder: Where trials run, each in a folder of its own below; None for this one.
        inline: Whether trials run in this process.
        strict: Whether a result that is no loss ends the search, if no trial has succeeded before:
            what returns None at first will not heal.
    """

    objective: str | None = None
    space: str | None = None
    given: tuple[Callable[..., Any], Space] | None = None
    jobs: int = 1
    gpus: Sequence[int] | None = None
    more: int = 0
    seconds: float | None = None
    trials: int | None = None
    unpickle: bool = False
    idle: float | None = None
    in_a_row: int | None = None
    folder: str | None = None
    inline: bool = False
    strict: bool = False


def work(study: Study, asked: Work, factory: Callable[..., Any]) -> str | None:
    """Evaluate trials of a study until its end.

    Args:
        study: Opened for writing.
        asked: How.
        factory: Makes the progress.

    Returns:
        Why it ended early, or None.
    """
    configured = study.ledger.configured
    if configured is None:
        raise InvalidArgument(f"the study {study.name!r} has no settings yet; start it with fmin")
    fn, space = find_objective(study, asked) if asked.given is None else asked.given
    study.bind(space)
    if asked.more:
        study.configure(max_evals=max(study.end or 0, len(study.trials)) + asked.more)
    limits = TaskLimits(configured.limits.get("seconds"), configured.limits.get("memory"))
    rules: list[StopRule] = []
    if configured.loss_threshold is not None:
        sign = -1.0 if study.maximize else 1.0
        rules.append(LossReached(sign * configured.loss_threshold))
    loop = Limits(
        trials=asked.trials,
        seconds=asked.seconds,
        on_error="continue",
        max_failures=configured.max_failures,
        rules=rules,
        kept_in=f"study {study.name!r} of {study.place}",
        task=limits,
        sigterm=True,
        idle=asked.idle,
        in_a_row=asked.in_a_row,
    )
    objective = Objective(fn, study.space, study.maximize)
    evaluate: Any = Evaluation(objective, study.space)
    executor = _executor(evaluate, asked)
    if asked.folder is not None:
        evaluate = InFolder(evaluate, asked.folder)
    with Progress(factory, study, study.ledger.ended, study.end) as progress:
        ended = study.ledger.ended
        known = study.end is not None and study.end >= ended  # it may have been lowered since
        progress.say(
            f"parzen: study {study.name!r} of {study.place}: {ended}"
            f"{f' of {study.end}' if known else ''} trials have ended; "
            f"{asked.jobs} at a time here"
        )
        told = partial(_told, study, asked.strict)
        return drive(study, executor, evaluate, loop, progress, told=told)


def _told(study: Study, strict: bool, trial: Trial, outcome: Outcome) -> None:
    """Keep a trial's attachments; give up where the objective cannot be right."""
    keep(study, trial, outcome)
    error = outcome.exception
    if strict and isinstance(error, InvalidObjectiveResult) and study.incumbent is None:
        raise error


def _executor(evaluate: Evaluation, asked: Work) -> Executor:
    if asked.inline:
        return named("inline")
    if evaluate.asynchronous:
        return named("coroutines", asked.jobs)
    settings: dict[str, Any] = {} if asked.gpus is None else {"gpus": list(asked.gpus)}
    return named("processes", asked.jobs, **settings)


def find_objective(study: Study, asked: Work) -> tuple[Callable[..., Any], Space]:
    """The objective and the space with its values.

    Args:
        study: Has the space as JSON.
        asked: May name the objective.

    Raises:
        InvalidArgument: If there is no name, or nothing behind it.
    """
    configured = study.ledger.configured
    name = asked.objective or (configured.objective if configured is not None else None)
    if asked.unpickle and asked.objective is None and _has_pickle(study):
        name = None
    if name is not None:
        fn, module = importing.load(name)
        return fn, _space_for(study, module, asked.space)
    key = _pickle_key(study)
    try:
        pickled = study.store.get(key)
    except KeyError:
        raise InvalidArgument(
            f"the study {study.name!r} does not say which function to run",
            hint="give --objective pkg.module:function or path/to/train.py:function",
        ) from None
    if not asked.unpickle:
        raise InvalidArgument(
            f"the objective of study {study.name!r} is there as a pickle only, and reading it runs its code",
            hint="if you trust whoever can write to this store, add --unpickle; "
            "else give --objective pkg.module:function",
        )
    import pickle

    fn, given = pickle.loads(pickled)
    alike = importing.same_space(given, study.ledger.space)
    return fn, alike


SPACE_AT = "space at"  # a remark on the study: where its space is, if not in the objective's module


def _space_for(study: Study, module: ModuleType, name: str | None) -> Space:
    """The study's space with its values: by its name, where the study says, or in the objective's module."""
    noted = [each.note[SPACE_AT] for each in study.ledger.notes if SPACE_AT in each.note]
    if name is None and noted:
        name = str(noted[-1])
    if name is None or ":" not in name:
        return importing.space_in(module, study.ledger.space, name)
    where, _, attribute = name.rpartition(":")
    return importing.space_in(importing.module(where), study.ledger.space, attribute)


def _has_pickle(study: Study) -> bool:
    try:
        study.store.get(_pickle_key(study))
    except KeyError:
        return False
    return True


class InFolder:
    """An evaluation that runs each trial in a folder of its own, as its working directory.

    Args:
        evaluate: Runs one task.
        folder: Where the folders are, by the trials' numbers.
    """

    asynchronous = False

    def __init__(self, evaluate: Evaluate, folder: str) -> None:
        self.evaluate, self.folder = evaluate, os.path.abspath(folder)

    def __call__(self, task: Task, channel: Channel) -> Any:
        """The outcome of a task.

        Args:
            task: What to evaluate.
            channel: To the loop.
        """
        own = os.path.join(self.folder, str(task.number))
        os.makedirs(own, exist_ok=True)
        before = os.getcwd()
        os.chdir(own)
        try:
            return self.evaluate(task, channel)
        finally:
            os.chdir(before)


def publish(study: Study, fn: Callable[..., Any]) -> None:
    """Keep a pickle of an objective that cannot be imported beside a study on a server.

    Args:
        study: On a shared store.
        fn: The objective.
    """
    try:
        data = dumps((fn, study.space))
    except Exception:  # noqa: BLE001  # whatever the user's objects raise; workers are then told what is missing
        return
    if len(data) <= _PICKLED_AT_MOST:
        study.store.put(_pickle_key(study), data)


def _pickle_key(study: Study) -> str:
    return f"objective/{study.name}"
