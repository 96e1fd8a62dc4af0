"""Two studies as one: the trials of another study that have ended, taken into this one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from parzen.errors import InvalidArgument, InvalidEvent
from parzen.formats.intake import BY, RUNNING, Found, Intake, Report, provenance
from parzen.history import events as e
from parzen.history.history import ENDED, Status, Trial
from parzen.history.ledger import Ledger, fold_all
from parzen.run.study import Study
from parzen.space.space import Space

_STATUS = {Status.DONE: "done", Status.PRUNED: "pruned", Status.FAILED: "failed", Status.LOST: "lost"}


def merge(into: Study, other: Study | Sequence[e.Event]) -> Report:
    """Take the ended trials of another study into this one.

    Options of choices are matched by content, so they may stand in another
    order there. A trial that came to `other` from elsewhere keeps that origin,
    so that one which both have, or which came from `into`, is there once.
    Trials excluded there are left out.

    Args:
        into: Grows.
        other: A study that may have another space, or its whole log.

    Returns:
        What was taken and what was left out.

    Raises:
        InvalidArgument: If the two are one study, optimise in other directions, or the log cannot be read.
    """
    log = other.events() if isinstance(other, Study) else list(other)
    ledger = _folded(log)
    if ledger.created is None:
        raise InvalidArgument("the other study has no trials: its log does not begin")
    own = into.ledger.created
    if own is not None and origin_of(own) == origin_of(ledger.created):
        raise InvalidArgument(f"study {own.study!r} cannot be merged into itself")
    if ledger.objectives != into.ledger.objectives:
        raise InvalidArgument(
            f"study {ledger.created.study!r} has the objectives {ledger.objectives}, and study "
            f"{into.name!r} {into.ledger.objectives}",
            hint=f"merge it into a study with maximize={ledger.objectives == ['maximize']}",
        )
    report = Report(origin_of(ledger.created))
    intake = Intake(into, report)
    if own is not None:  # what came from here is here
        intake.know(origin_of(own), (trial.number for trial in into.trials))
    came = {number: (origin, key) for number, origin, key in provenance(log)}
    for trial in ledger.trials:
        if trial.excluded:
            intake.leave("excluded there")
        elif trial.status not in ENDED or trial.point is None:
            intake.leave(RUNNING)
        else:
            origin, key = came.get(trial.number, (report.origin, trial.number))
            found = _found(trial, key, ledger.space)
            intake.take(found, origin)
    intake.flush()
    return report


def origin_of(created: e.Created) -> str:
    """Where trials of a study come from: ``study:name:hash`` of its name, host and time of creation."""
    text = f"{created.study}\n{created.host}\n{created.at!r}"
    return f"study:{created.study}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _folded(log: list[e.Event]) -> Ledger:
    try:
        return fold_all(log)
    except (InvalidEvent, TypeError, ValueError, LookupError, AttributeError) as error:
        raise InvalidArgument(f"the log of the other study cannot be read: {error}") from None


def _found(trial: Trial, key: int | str, space: Space) -> Found:
    return Found(
        key=key,
        values=_named(trial.point or {}, space),
        status=_STATUS[trial.status],
        losses=list(trial.losses),
        metrics=dict(trial.metrics),
        result=trial.result,
        error=trial.error,
        reports=sorted(trial.reports.items()),
        started=trial.started,
        ended=trial.ended,
        # Not as its own note: algorithms go on from notes in their history, and this one is of another.
        note={"was": dict(trial.note)} if trial.note and trial.note.get("by") != BY else {},
    )


def _named(point: dict[str, float | int], space: Space) -> dict[str, object]:
    """A point with the text of the option in place of its index."""
    named: dict[str, object] = {}
    for label, value in point.items():
        options = space.params[space.index[label]].options if label in space.index else ()
        named[label] = options[int(value)] if 0 <= value < len(options) else value
    return named
