"""Pickled `Trials`, of Hyperopt 0.1 to 0.3 and of parzen, read without running what they name."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument, ParzenError
from parzen.formats.intake import RUNNING, Found, Intake, Report
from parzen.formats.merge import merge
from parzen.formats.unpickling import Record, safe_load
from parzen.formats.values import calm, numbers_in
from parzen.history import events as e
from parzen.run.study import Study

_NEW, _RUNNING, _DONE, _ERROR, _CANCEL = range(5)


def import_hyperopt(path: str | os.PathLike[str], study: Study) -> Report:
    """Take the trials of a pickled `Trials` into a study.

    Labels are those of the space; a choice is read as the index of its option
    in the space of `study`. Failed trials come along; running ones do not.

    Args:
        path: What ``pickle.dump(trials, file)`` or ``trials_save_file=`` wrote.
        study: Has the space that was searched.

    Returns:
        What was taken and what was left out.

    Raises:
        StudyNotFound: If there is no such file.
        InvalidArgument: If the file is no pickle of trials, or names code to run, or if the study maximises.
    """
    dropped: set[str] = set()
    name = os.path.basename(os.fspath(path))
    loaded = safe_load(path, dropped)
    if not isinstance(loaded, Record) or loaded.kind.startswith("event:"):
        raise InvalidArgument(f"{os.fspath(path)!r} holds a {type(loaded).__qualname__}, not Trials")
    log = _log_in(loaded, name)
    if log:
        report = merge(study, log)
        report.dropped |= dropped
        return report
    if study.maximize:
        raise InvalidArgument(
            f"the losses in {name!r} are minimised, and study {study.name!r} maximises",
            hint="import it into a study made without maximize=True",
        )
    documents = [doc for doc in _list(loaded.state.get("_dynamic_trials")) if isinstance(doc, Mapping)]
    report = Report(f"hyperopt:{name}:{_identity(loaded, documents)}", dropped=dropped)
    intake = Intake(study, report)
    for doc in documents:
        _take(intake, doc)
    intake.flush()
    return report


def import_documents(documents: list[Any], origin: str, study: Study) -> Report:
    """Take the finished ones of Hyperopt's trial documents into a study.

    Args:
        documents: As dicts.
        origin: Names where they come from, as ``hyperopt:NAME:IDENTITY``; the same origin is taken once.
        study: Has the space that was searched.
    """
    intake = Intake(study, Report(origin))
    for doc in documents:
        _take(intake, doc)
    intake.flush()
    return intake.report


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _identity(loaded: Record, documents: list[Any]) -> str:
    """A hash of what stays as it is when the search goes on and is saved again."""
    first = documents[0] if documents else {}
    vals = {str(label): _floats(values) for label, values in _part(first, "misc", "vals").items()}
    parts = [
        loaded.state.get("_exp_key"),
        str(first.get("tid")),
        str(first.get("book_time")),
        sorted(vals.items()),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _floats(values: Any) -> list[Any]:
    items = list(values) if isinstance(values, (list, tuple, np.ndarray)) else []
    return [item.item() if isinstance(item, np.generic) else item for item in items]


def _part(doc: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    part: Any = doc
    for key in path:
        part = part.get(key) if isinstance(part, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _take(intake: Intake, doc: Mapping[str, Any]) -> None:
    state, result, misc = doc.get("state"), doc.get("result"), _part(doc, "misc")
    if state in (_NEW, _RUNNING):
        intake.leave(RUNNING)
        return
    if state == _CANCEL or state not in (_DONE, _ERROR):
        intake.leave("cancelled")
        return
    used = {str(label): _floats(vals) for label, vals in _part(misc, "vals").items()}
    kept = calm(result)
    tid = doc.get("tid")
    found = Found(
        key=int(tid) if isinstance(tid, (int, np.integer)) else str(tid),
        values={label: items[0] for label, items in used.items() if items},
        status="failed",
        result=kept,
        metrics=numbers_in(kept) if isinstance(kept, dict) else {},
        error=_error(misc.get("error")),
        started=_seconds(doc.get("book_time")),
        ended=_seconds(doc.get("refresh_time")),
        indexed=True,
    )
    if isinstance(kept, dict) and found.error is None and state == _DONE:
        _judge(found, kept)
    intake.take(found)


def _judge(found: Found, result: dict[str, Any]) -> None:
    """Set status and losses as a result tells them."""
    loss = result.get("loss")
    if isinstance(loss, (int, float)):
        found.losses = [float(loss)]
        if result.get("status", "ok") == "ok" and not math.isnan(loss):
            found.status = "done"
    if result.get("pruned") is True:
        found.status, found.losses = "pruned", []


def _error(error: Any) -> dict[str, Any] | None:
    if error is None:
        return None
    pair = error if isinstance(error, (tuple, list)) and len(error) == 2 else ("Error", error)
    return {"type": str(pair[0]), "message": str(pair[1]), "traceback": ""}


def _seconds(moment: Any) -> float:
    """Naive UTC, as documents have it, in seconds since 1970."""
    if not isinstance(moment, dt.datetime):
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def _log_in(loaded: Record, name: str) -> list[e.Event]:
    """The log that a pickle of parzen's own carries; empty for Hyperopt's."""
    return list(_events(_list(_part(loaded.state, "_parzen").get("log")), name))


def _events(log: list[Any], name: str) -> Iterator[e.Event]:
    for item in log:
        kind = item.kind.removeprefix("event:") if isinstance(item, Record) else ""
        if kind not in e.EVENTS:
            raise InvalidArgument(f"the log in {name!r} has a {type(item).__name__} where an event should be")
        try:
            yield e.from_json({"kind": kind, "v": e.EVENTS[kind].version, **e.plain(calm(item.state))})
        except (ParzenError, TypeError, ValueError) as error:
            raise InvalidArgument(f"the log in {name!r} cannot be read: {error}") from None
