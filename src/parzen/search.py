"""fmin: arguments in, a Study and the loop, Best out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from parzen import arguments, engines
from parzen.algorithms import base as algorithms
from parzen.attachments import keep
from parzen.best import Best
from parzen.domain import Ctrl, Domain
from parzen.errors import AllTrialsFailed, InvalidArgument, StudyNotFound
from parzen.executors.base import Channel, Evaluate, Executor, Outcome, Task, TaskLimits
from parzen.history.history import Trial
from parzen.run import importing
from parzen.run.evaluate import Evaluation, Objective, failure, outcome_of, place_of
from parzen.run.feed import Feed, Logger
from parzen.run.loop import Limits, drive
from parzen.run.progress import Progress, choose
from parzen.run.remote import ThroughStore
from parzen.run.study import Study
from parzen.save import load_trials, save_trials
from parzen.stopping import LossReached, NoProgress, StopRule
from parzen.tracebacks import trimmed
from parzen.trials import Trials
from parzen.workers import publish

_MISSING: Any = object()


@trimmed
def fmin(  # noqa: PLR0913, PLR0917  # Hyperopt's arguments, in its order
    fn: Callable[..., Any],
    space: Any,
    algo: Any = None,
    max_evals: int | None = _MISSING,
    timeout: float | str | None = None,
    loss_threshold: float | None = None,
    trials: Trials | str | os.PathLike[str] | None = None,
    rstate: Any = None,
    allow_trials_fmin: bool = True,
    pass_expr_memo_ctrl: bool | None = None,
    catch_eval_exceptions: bool = False,
    verbose: bool = True,
    return_argmin: bool = True,
    points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
    max_queue_len: int = 1,
    show_progressbar: Any = True,
    early_stop_fn: Callable[..., tuple[bool, Any]] | None = None,
    trials_save_file: str | os.PathLike[str] = "",
    *,
    seed: int | None = None,
    maximize: bool = False,
    on_error: str = "raise",
    max_failures: int | None = None,
    study: str = "default",
    resume: str | None = None,
    workers: int | None = None,
    executor: Any = None,
    gpus: int | Sequence[int] | None = None,
    trial_timeout: float | str | None = None,
    trial_memory: int | str | None = None,
    pruner: Any = None,
    lockstep: int | None = None,
    loggers: Sequence[Logger] = (),
    **unknown: Any,
) -> Any:
    """Minimise a function over a space.

    Args:
        fn: The objective. With one required parameter it gets the point; with
            several, the point's top-level keys; a parameter named ``trial``
            gets the trial's context. It returns a loss, or a mapping with
            ``loss`` and optionally ``status``, ``attachments`` and anything else.
        space: Dicts, lists, tuples, `hp` expressions and constants, nested; or
            ``"annotated"``: the annotations of `fn`.
        algo: ``tpe.suggest``, a name, a settings object, a partial of these, or
            a function ``algo(new_ids, domain, trials, seed)`` that returns documents.
            Left out: our default.
        max_evals: Trials in all, those in `trials` included. None goes on without end.
            Left out for a study in a file or on a server: what the study has.
        timeout: Seconds, or text such as ``"30m"``, after which no trial is started.
        loss_threshold: Stop once a loss of this call is below it.
        trials: Keeps the history; passed again, the search goes on. A path or a URL keeps it
            durably: ``"search.db"`` (SQLite), ``"search.jsonl"``, ``"postgresql://host/db"``,
            ``"mongodb://host/db"``. The same call again goes on to the same end.
        rstate: Seed: an int, Generator, RandomState or SeedSequence.
        allow_trials_fmin: Whether a `trials` object with a ``fmin`` of its own takes over.
        pass_expr_memo_ctrl: Whether `fn` is called with ``expr=, memo=, ctrl=``.
        catch_eval_exceptions: The same as ``on_error="continue"``.
        verbose: False shows no progress.
        return_argmin: False returns only the point in the space's own shape.
        points_to_evaluate: Points to try first, on top of `max_evals`.
        max_queue_len: How many trials are asked for before they are evaluated.
        show_progressbar: True, False, or a progress callback.
        early_stop_fn: Called as ``early_stop_fn(trials, *state)`` after each round;
            returns whether to stop, and the state for the next call.
        trials_save_file: Where to keep the trials after each round; read first if it exists.
        seed: A whole number of at least 0; the same as an int `rstate`.
        maximize: Whether the objective's values are to be made large.
        on_error: ``"raise"`` ends the search at an exception of the objective, ``"continue"`` goes on.
        max_failures: More failed trials than that end the search with `TooManyFailures`.
        study: The study's name in a durable store.
        resume: For a durable study whose space has changed: ``"extend"`` keeps the trials that fit,
            ``"new"`` begins another study beside it.
        workers: Trials that run at the same time, in processes of their own; of an ``async def``
            objective, in one event loop.
        executor: Where trials run: ``"processes"``, ``"threads"``, ``"ray"``, ``"spark"``, a settings
            object of these, or any `concurrent.futures.Executor` (loky's, Dask's, MPI's).
        gpus: How many, or which; each worker process sees its own in CUDA_VISIBLE_DEVICES.
        trial_timeout: Seconds, or text such as ``"30m"``, after which a trial and all processes that it
            started are ended; it failed.
        trial_memory: Bytes, or text such as ``"4GB"``, that a trial's processes may hold together.
        pruner: ``"median"``, ``"asha"`` or a settings object: ends trials early by what they report.
        lockstep: Trial i sees the outcomes of trials up to i - k only, so that any number of
            workers up to k gives the same search.
        loggers: Who else is told what happens: ``[MLflow(), CSV("trials.csv")]`` of `parzen.loggers`.
        unknown: Nothing: any other argument is an error that suggests the right name.

    Returns:
        A `Best`: label -> stored value, with ``.params`` for the real values.
        With ``return_argmin=False`` the point in the space's own shape, or None without any trial.

    Raises:
        InvalidSpace: If the space cannot be searched; before the first trial, as the next two.
        DuplicateLabel: If two different hyperparameters have one label.
        InvalidArgument: If an argument cannot be used.
        AllTrialsFailed: If no trial succeeded.

    >>> from parzen import fmin, hp
    >>> best = fmin(lambda x: (x - 1) ** 2, hp.uniform("x", -5, 5), max_evals=60, seed=0, verbose=False)
    >>> abs(best["x"] - 1) < 0.5
    True
    """
    arguments.refuse_unknown(unknown)
    endless = max_evals is _MISSING and timeout is None and loss_threshold is None and early_stop_fn is None
    if endless and not _has_an_end(trials, study):
        raise InvalidArgument(
            'no end was given. Pass max_evals=100, timeout="30m", or max_evals=None to run until Ctrl-C '
            "(results are kept)."
        )
    seconds, threshold = arguments.seconds(timeout), arguments.number(loss_threshold, "loss_threshold")
    if early_stop_fn is not None and not callable(early_stop_fn):
        raise InvalidArgument(f"early_stop_fn must be a function; got {early_stop_fn!r}")
    told = arguments.loggers(loggers)
    if trials is not None and allow_trials_fmin and _takes_over(trials):
        return trials.fmin(  # type: ignore[union-attr]  # the user's own class, which has one
            fn,
            space,
            algo=algo,
            max_evals=None if max_evals is _MISSING else arguments.count(max_evals, "max_evals"),
            timeout=seconds,
            loss_threshold=threshold,
            rstate=rstate if seed is None else np.random.default_rng(seed),
            pass_expr_memo_ctrl=pass_expr_memo_ctrl,
            verbose=verbose,
            catch_eval_exceptions=catch_eval_exceptions,
            return_argmin=return_argmin,
            show_progressbar=show_progressbar,
            early_stop_fn=early_stop_fn,
            trials_save_file=trials_save_file,
            **({"loggers": told} if told else {}),
        )
    path = _save_path(trials_save_file)
    algorithm, foreign = arguments.resolve(algo)
    domain = Domain(fn, space, pass_expr_memo_ctrl=pass_expr_memo_ctrl)
    objective = Objective(domain.fn, domain.space, maximize) if domain.plain else None
    limits = TaskLimits(arguments.seconds(trial_timeout, "trial_timeout"), arguments.memory(trial_memory))
    kept = _trials(trials, path, study)
    if kept.never_raises:
        catch_eval_exceptions = True
    call = _Call(
        domain=domain,
        objective=objective,
        trials=kept,
        algorithm=algorithm,
        foreign=foreign,
        seed=arguments.seed_of(seed, rstate),
        maximize=maximize,
        resume=None if resume is None else arguments.one_of(resume, "resume", ("extend", "new")),
        settings={
            **({} if max_evals is _MISSING else {"max_evals": arguments.count(max_evals, "max_evals")}),
            "timeout": seconds,
            "loss_threshold": threshold,
            "on_error": "continue"
            if catch_eval_exceptions
            else arguments.one_of(on_error, "on_error", ("raise", "continue")),
            "max_failures": arguments.count(max_failures, "max_failures"),
            **({} if pruner is None else {"pruner": pruner}),
            **({} if lockstep is None else {"lockstep": arguments.at_least_one(lockstep, "lockstep")}),
        },
        batch=max(arguments.count(max_queue_len, "max_queue_len") or 1, 1),
        points=arguments.seed_points(points_to_evaluate),
        early_stop_fn=early_stop_fn,
        path=path,
        kept_in="this exception's attribute .trials" if trials is None else "the trials that were given",
        executor=engines.choose(
            domain.fn, workers, kept.executor() if executor is None else executor, gpus, limits
        ),
        limits=limits,
        loggers=told,
    )
    stopped, searched = _search(call, choose(verbose, show_progressbar))
    return _answer(searched, stopped, return_argmin)


@dataclass(frozen=True, slots=True)
class _Call:
    """The checked arguments of one call."""

    domain: Domain
    objective: Objective | None
    trials: Trials
    algorithm: algorithms.Algorithm | None
    foreign: Callable[..., Any] | None
    seed: int | None
    maximize: bool
    resume: str | None
    settings: dict[str, Any]
    batch: int
    points: Sequence[Mapping[str, Any]]
    early_stop_fn: Callable[..., tuple[bool, Any]] | None
    path: Path | None
    kept_in: str
    executor: Executor
    limits: TaskLimits
    loggers: Sequence[Logger]

    @property
    def sign(self) -> float:
        """-1 where large values are good."""
        return -1.0 if self.maximize else 1.0


def _search(call: _Call, factory: Callable[..., Any]) -> tuple[str | None, Study]:
    """Run the search; why it ended early, and its study."""
    trials, domain = call.trials, call.domain
    durable = trials.durable
    # Documents inserted and not refreshed yet come on top of max_evals, as in Hyperopt.
    before = 0 if durable else len(trials)
    if durable:
        name = importing.name_of(domain.fn)
        if name is not None:
            call.settings["objective"] = name
        call.settings["limits"] = {"seconds": call.limits.seconds, "memory": call.limits.memory}
    study = trials.bind(
        domain.space,
        algorithm=call.algorithm,
        seed=call.seed,
        maximize=call.maximize,
        resume=call.resume,
        settings=call.settings,
    )
    _enqueue(study, call.points)
    if not durable:
        trials.release_orphans()
    elif trials.ships_objective or (study.store.shared and "objective" not in call.settings):
        publish(study, domain.fn)
    known = study.ledger.ended if durable else before
    quota = None
    if not durable and call.settings.get("max_evals") is not None:
        quota = max(call.settings["max_evals"] - before, 0) + study.ledger.queued
    save = None if call.path is None else partial(save_trials, trials, call.path, named=set())
    rules, stop_fn = _rules(call, since=0 if durable else len(study.trials))
    limits = Limits(
        trials=quota,
        seconds=call.settings["timeout"],
        batch=call.batch,
        on_error=call.settings["on_error"],
        max_failures=call.settings["max_failures"],
        rules=rules,
        after_round=_after_round(trials, stop_fn, save),
        kept_in=trials.place if durable else call.kept_in,
        task=call.limits,
        abandon=trials.abandons,
    )
    more = None
    if call.foreign is not None:
        more = _asking(
            call.foreign,
            domain,
            trials,
            np.random.default_rng([study.seed, len(study.trials) if durable else before]),
        )
    stopped: str | None = "error"
    total = study.end if quota is None else quota + len(study.ledger.waiting) + before
    try:
        with Feed(study, call.loggers) as feed, Progress(factory, study, known, total) as progress:
            progress.opening(trials.opening_lines(known))
            told = partial(_told, trials)
            evaluate = _evaluation(call, study, progress)
            stopped = feed.stopped = drive(
                study, call.executor, evaluate, limits, progress, told=told, more=more, watch=feed.pump
            )
    except BaseException as error:
        # Whatever ends the search, what was found is not lost with it.
        with suppress(AttributeError):
            error.trials = trials  # type: ignore[attr-defined]  # for those who gave none
        raise
    finally:
        trials.ended(stopped)
        trials.refresh()  # documents that somebody holds show the end
        if save is not None:
            save()
    return stopped, study


def _rules(call: _Call, since: int) -> tuple[list[StopRule], Callable[..., tuple[bool, Any]] | None]:
    """Stop rules of one call, and the user's own one if it is none of ours."""
    rules: list[StopRule] = []
    threshold = call.settings["loss_threshold"]
    if threshold is not None:
        rules.append(LossReached(call.sign * threshold, since))
    patience = getattr(call.early_stop_fn, "rule", None)
    if isinstance(patience, NoProgress):
        return [*rules, NoProgress(patience.trials, patience.percent, since)], None
    return rules, call.early_stop_fn


def _save_path(given: str | os.PathLike[str]) -> Path | None:
    """Where to save, if anywhere; a folder that is not there is found out before the first trial."""
    if not given:
        return None
    path = Path(given)
    if not path.parent.is_dir():
        raise InvalidArgument(f"trials_save_file: there is no folder {str(path.parent)!r}")
    return path


def _trials(trials: Any, path: Path | None, study: str) -> Trials:
    """The given trials, those in a store or a file, or new ones."""
    if importing.being_loaded() is not None:
        raise InvalidArgument(
            f"fmin was called while a worker imported {importing.being_loaded()!r}",
            hint='put the search below if __name__ == "__main__": in that file',
        )
    if isinstance(trials, (str, os.PathLike)):
        if path is not None:
            raise InvalidArgument(
                "give trials= or trials_save_file=, not both: a study in a file saves itself"
            )
        return Trials(store=trials, study=study)
    if trials is None:
        return load_trials(path) if path is not None and path.exists() else Trials()
    if not isinstance(trials, Trials):
        raise InvalidArgument(
            f"trials must be a Trials object, a path or a URL; got {trials!r}",
            hint="Trials pickled by Hyperopt load with parzen.load_trials(path)",
        )
    return trials


def _has_an_end(trials: Any, study: str) -> bool:
    """Whether a durable study that exists says itself how many trials it is to have."""
    if isinstance(trials, (str, os.PathLike)):
        try:
            return Study.load(trials, study).end is not None
        except StudyNotFound:
            return False
    return isinstance(trials, Trials) and trials.end is not None


def _answer(study: Study, stopped: str | None, return_argmin: bool) -> Any:
    if not any(trial.point is not None and not trial.excluded for trial in study.trials):
        if return_argmin:
            raise AllTrialsFailed("There are no evaluation tasks, cannot return argmin of task losses.")
        return None
    best = study.best
    params = study.space.build(best.point or {})
    if not return_argmin:
        return params
    loss = float(best.losses[0])
    return Best(dict(best.shown), params, loss, -loss if study.maximize else loss, best, stopped, study)


def _evaluation(call: _Call, study: Study, progress: Progress) -> Evaluate:
    """What the executor calls: the objective, on the worker's side."""
    domain, executor = call.domain, call.executor
    objective = call.objective
    if objective is None:
        if executor.parallel:
            raise InvalidArgument(
                "an objective that wants Hyperopt's expression, memo or Ctrl runs in this process only",
                hint="let it take the point, or leave workers= and executor= out",
            )
        return partial(_run_with_ctrl, domain, call.trials, study, call.sign)
    objective.by_keyword |= domain.annotated
    evaluation = Evaluation(objective, study.space)
    if executor.channel or not objective.wants_context:
        return evaluation
    if study.store.shared:
        return ThroughStore(evaluation, study.store.private_url, study.name)
    progress.say(
        f"parzen: {type(executor).__name__} has no way back for reports, so nothing is pruned; "
        "with a study on a server (PostgreSQL, MongoDB) it has"
    )
    return evaluation


def _run_with_ctrl(
    domain: Domain, trials: Trials, study: Study, sign: float, task: Task, channel: Channel
) -> Outcome:
    """Run an objective that wants Hyperopt's expression, memo and Ctrl."""
    del channel
    try:
        doc = trials.document_of(task.number)
        returned = domain.call(study.space.shown(task.point), Ctrl(trials, current_trial=doc))
        return outcome_of(returned, place_of(domain.fn), sign)
    except Exception as error:  # noqa: BLE001  # the boundary around the user's code, as in run/evaluate.py
        return failure(error)


def _told(trials: Trials, trial: Trial, outcome: Outcome) -> None:
    """Keep a trial's attachments, and take in documents that were inserted while it ran."""
    trials.settle()
    if not outcome.attachments:
        return
    if trials.durable:
        keep(trials.study, trial, outcome)
        return
    kept = trials.trial_attachments(trials.document_of(trial.number))
    for name, value in outcome.attachments.items():
        kept[name] = value


def _after_round(
    trials: Trials, early_stop_fn: Callable[..., tuple[bool, Any]] | None, save: Callable[[], None] | None
) -> Callable[[], bool] | None:
    """What the loop calls after each round: save, then ask the user's stop rule."""
    if early_stop_fn is None and save is None:
        return None
    state: list[Any] = []

    def after() -> bool:
        if save is not None:
            save()
        if early_stop_fn is None:
            return False
        stop, new = early_stop_fn(trials, *state)
        state[:] = new or []
        return bool(stop)

    return after


def _asking(
    foreign: Callable[..., Any], domain: Domain, trials: Trials, rng: np.random.Generator
) -> Callable[[int], list[Trial]]:
    """Ask a function with Hyperopt's signature for documents and insert them."""

    def more(count: int) -> list[Trial]:
        ids = trials.new_trial_ids(count)
        trials.refresh()
        docs = foreign(ids, domain, trials, int(rng.integers(2**31 - 1)))
        known = len(trials.study.trials)
        if docs:
            trials.insert_trial_docs(docs)
            trials.refresh()
        return list(trials.study.trials[known:])

    return more


def _enqueue(study: Study, points: Sequence[Mapping[str, Any]]) -> None:
    """Enqueue seed points, but for those that a resumed search has tried already."""
    if not points:
        return
    space = study.space
    checked = [space.check(space.stored(point), f"points_to_evaluate[{i}]") for i, point in enumerate(points)]
    tried = [trial.point for trial in study.trials if trial.point is not None]
    for point in checked:
        if point not in tried:
            study.enqueue(space.shown(point), {"by": "points_to_evaluate"})


def _takes_over(trials: Any) -> bool:
    own = getattr(type(trials), "fmin", None)
    return own is not None and own is not Trials.fmin


Trials._minimise = staticmethod(fmin)  # type: ignore[method-assign]  # the one way up, see there
