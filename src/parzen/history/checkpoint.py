"""A ledger as bytes and back, so that a long log need not be folded from its first event.

A checkpoint is a cache: what it gives must equal the fold from scratch, and
`same` says where it does not. It is JSON by columns and one array, both
compressed; no code is in it. Whoever keeps one decides whether it still
belongs to a log.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from parzen.errors import InvalidEvent
from parzen.history import events as e
from parzen.history.history import Status, Tables, Trial
from parzen.history.ledger import Ledger
from parzen.space.space import Space

MAGIC = b"parzen ledger 1\n"
_PLAIN = ("opened", "started", "ended", "budget", "attempt", "claimed", "lost", "opened_at", "excluded")
_ROWS = ("point_row", "outcome_row")
_NESTED = ("note", "metrics", "result", "error", "enqueued")
_TABLES = ("point_numbers", "point_events", "outcome_numbers", "outcome_points", "outcome_events", "ended")


def dump(ledger: Ledger) -> bytes:
    """A ledger as bytes.

    Args:
        ledger: Any that has folded a `created` event.
    """
    trials, tables = ledger.trials, ledger._tables
    labels: dict[tuple[str, ...], int] = {}
    names: dict[str, int] = {}
    columns: dict[str, Any] = {name: [getattr(t, name) for t in trials] for name in (*_PLAIN, *_ROWS)}
    columns |= {name: [e.plain(getattr(t, name)) or None for t in trials] for name in _NESTED}
    columns["labels"] = [
        -1 if t.point is None else labels.setdefault(tuple(t.point), len(labels)) for t in trials
    ]
    columns["values"] = [None if t.point is None else list(t.point.values()) for t in trials]
    columns["losses"] = [list(t.losses) for t in trials]
    columns["status"] = [int(t.status) for t in trials]
    for name in ("opener", "owner"):
        columns[name] = [names.setdefault(getattr(t, name), len(names)) for t in trials]
    reports = {
        t.number: [[s, v, t._reported_by[s]] for s, v in t.reports.items()] for t in trials if t.reports
    }
    state = {
        "head": ledger.head,
        "space": ledger.space.to_json(),
        "fingerprint": ledger.space.fingerprint(),
        "events": {
            "created": _written([ledger.created]),
            "configured": _written([ledger.configured]),
            "notes": _written(ledger.notes),
            "requests": _written(ledger.requests),
            "queue": _written(ledger._queue),
        },
        "waiting": list(ledger.waiting),
        "claimed": list(ledger.claimed),
        "counts": [ledger.counts[status] for status in Status],
        "seeded": ledger.seeded,
        "rebuilt": ledger.rebuilt,
        "partial": sorted(ledger._partial),
        "running": list(ledger._running.items()),
        "labels": [list(key) for key in labels],
        "names": list(names),
        "trials": columns,
        "reported": list(reports.items()),
        "tables": {name: getattr(tables, name) for name in _TABLES},
        "starts": tables.starts,
        "reports": tables.reports,
        "last_reports": tables.last_reports,
    }
    n = len(tables.point_numbers)
    text = zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 1)
    array = zlib.compress(np.ascontiguousarray(tables.values[:n]).tobytes(), 1)
    return MAGIC + len(text).to_bytes(8, "little") + text + array


def restore(data: bytes, space: Space | None = None) -> Ledger:
    """The ledger that was dumped.

    Args:
        data: What `dump` gave.
        space: The user's space, if it is at hand.

    Raises:
        InvalidEvent: If it is no checkpoint of this release.
    """
    if not data.startswith(MAGIC):
        raise InvalidEvent("this is no checkpoint of a ledger")
    start = len(MAGIC) + 8
    size = int.from_bytes(data[len(MAGIC) : start], "little")
    try:
        text = zlib.decompress(data[start : start + size])
        array = zlib.decompress(data[start + size :])
        state = json.loads(text)
        state["tagged"] = b'"$float"' in text  # few studies have infinities in their results
        return _restored(state, array, space)
    except (zlib.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidEvent(f"a checkpoint cannot be read: {type(error).__name__}") from None


def _restored(state: dict[str, Any], array: bytes, space: Space | None) -> Ledger:
    ledger = Ledger(space)
    kept = {name: [e.from_json(data) for data in log] for name, log in state["events"].items()}
    ledger.created = next(iter(kept["created"]), None)  # type: ignore[assignment]  # written from there
    ledger.configured = next(iter(kept["configured"]), None)  # type: ignore[assignment]  # as above
    ledger._read_space(state["space"], state["fingerprint"])
    ledger.head = state["head"]
    ledger.notes, ledger.requests = kept["notes"], kept["requests"]  # type: ignore[assignment]  # as above
    ledger._queue.extend(kept["queue"])  # type: ignore[arg-type]  # as above
    ledger.waiting = dict.fromkeys(state["waiting"])
    ledger.claimed = dict.fromkeys(state["claimed"])
    ledger.counts = dict(zip(Status, state["counts"], strict=True))
    ledger.seeded, ledger.rebuilt = state["seeded"], state["rebuilt"]
    ledger._partial = frozenset(state["partial"])
    ledger._running = dict(state["running"])
    ledger.trials.extend(_trials(state, ledger.space))
    for number, rows in state["reported"]:
        trial = ledger.trials[number]
        trial.reports = {step: value for step, value, _ in rows}
        trial._reported_by = {step: attempt for step, _, attempt in rows}
    ledger._tables = _tables(state, array, ledger)
    return ledger


def _trials(state: dict[str, Any], space: Space) -> Iterator[Trial]:
    columns, labels, names = state.pop("trials"), state["labels"], state["names"]
    revived = e.revived if state["tagged"] else _as_it_is
    statuses = list(Status)
    rows = zip(*(columns[name] for name in (*_PLAIN, *_ROWS, *_NESTED)), strict=True)
    others = zip(
        *(columns[name] for name in ("labels", "values", "losses", "status", "opener", "owner")), strict=True
    )
    for number, (row, other) in enumerate(zip(rows, others, strict=True)):
        (opened, started, ended, budget, attempt, claimed, lost, opened_at, excluded, point_row, outcome_row,
         note, metrics, result, error, enqueued) = row  # fmt: skip
        which, values, losses, status, opener, owner = other
        trial = Trial(number, opened, space, names[opener], opened_at)
        if which >= 0:
            trial.point = dict(zip(labels[which], values, strict=True))
        trial.started, trial.ended, trial.budget = started, ended, budget
        trial.attempt, trial.claimed, trial.lost, trial.excluded = attempt, claimed, lost, excluded
        trial.point_row, trial.outcome_row, trial.owner = point_row, outcome_row, names[owner]
        trial.status, trial.losses = statuses[status], losses
        if note:
            trial.note = revived(note)
        if metrics:
            trial.metrics = revived(metrics)
        trial.result, trial.error, trial.enqueued = revived(result), revived(error), enqueued
        yield trial


def _as_it_is(value: Any) -> Any:
    return value


def _tables(state: dict[str, Any], array: bytes, ledger: Ledger) -> Tables:
    tables = Tables(len(ledger.space), len(ledger.objectives))
    for name, column in state["tables"].items():
        setattr(tables, name, column)
    n = len(tables.point_numbers)
    values = np.frombuffer(array).reshape(n, tables.d)
    tables.values = np.empty((max(64, n), tables.d))
    tables.values[:n] = values
    outcomes = [ledger.trials[number] for number in tables.outcome_numbers]
    tables.statuses = [trial.status for trial in outcomes]
    tables.losses = [trial.losses for trial in outcomes]
    tables.metrics = [trial.metrics for trial in outcomes]
    tables.starts = [(number, at) for number, at in state["starts"]]
    tables.reports = [(number, attempt, step, value) for number, attempt, step, value in state["reports"]]
    tables.last_reports = [None if last is None else (last[0], last[1]) for last in state["last_reports"]]
    tables.partial = ledger._partial
    return tables


def _written(log: Any) -> list[dict[str, Any]]:
    return [e.to_json(event) for event in log if event is not None]


def differences(one: Ledger, two: Ledger) -> list[str]:
    """Where two ledgers differ, in words; empty if they are equal in all that later events or views may use.

    Args:
        one: From a checkpoint.
        two: From scratch.
    """
    found = []
    for name in ("head", "created", "configured", "waiting", "claimed", "counts", "notes", "requests",
                 "seeded", "rebuilt", "_partial", "_running"):  # fmt: skip
        if getattr(one, name) != getattr(two, name):
            found.append(f"{name}: {getattr(one, name)!r} is not {getattr(two, name)!r}")
    if list(one._queue) != list(two._queue) or one.space.fingerprint() != two.space.fingerprint():
        found.append("the queue or the space")
    if len(one.trials) != len(two.trials):
        return [*found, f"{len(one.trials)} trials are not {len(two.trials)}"]
    slots = [name for name in Trial.__slots__ if name not in ("_space", "_params")]
    for mine, other in zip(one.trials, two.trials, strict=True):
        for name in slots:
            if _shown(getattr(mine, name)) != _shown(getattr(other, name)):
                found.append(f"trial {mine.number}.{name}")
    a, b = one._tables, two._tables
    for name in (*_TABLES, "statuses", "losses", "metrics", "starts", "reports", "last_reports", "partial"):
        if _shown(getattr(a, name)) != _shown(getattr(b, name)):
            found.append(f"the table {name}")
    n = len(a.point_numbers)
    if not np.array_equal(a.values[:n], b.values[: len(b.point_numbers)], equal_nan=True):
        found.append("the table of values")
    return found


def _shown(value: Any) -> str:
    """NaN equals NaN here, and a tuple a list."""
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
    return json.dumps(e.plain(dict(enumerate(value.items())) if isinstance(value, dict) else value))
