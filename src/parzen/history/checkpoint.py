"""A ledger as bytes and back, so that a long log need not be folded from its first event.

A checkpoint is a cache: what it gives must equal the fold from scratch, and
`differences` says where it does not. Numbers are arrays, results are JSON that
is parsed when somebody looks, all else is one JSON object. A checksum stands
before them, and no code is in it. Whoever keeps one decides whether it still
belongs to a log.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from parzen.errors import InvalidEvent
from parzen.history import events as e
from parzen.history.history import Status, Tables, Trial, Unread
from parzen.history.ledger import Ledger, keep_report
from parzen.space.space import Space

MAGIC = b"parzen ledger 3\n"
_START = len(MAGIC) + 4  # of the first block, after the checksum
_FLOATS = ("opened", "ended")
_WHOLE = ("attempt", "lost", "opened_at", "claimed", "excluded", "status")
_NAMES = ("opener", "owner")
_ROWS = ("point", "losses", "metrics")
_RARE = ("budget", "note", "error", "enqueued", "first")  # kept as JSON, for the trials that have them
_NUMBERED = ("point_numbers", "point_events", "outcome_numbers", "outcome_events")
_NONE, _ODD = -1, -2  # in place of a shape: there is no row; it is kept as JSON
_EXACT = 2**53  # float64 holds every whole number up to here

_text = json.JSONEncoder(separators=(",", ":")).encode
_Columns = dict[str, Any]


def dump(ledger: Ledger) -> bytes:
    """A ledger as bytes.

    Args:
        ledger: Any that has folded a `created` event.
    """
    trials, tables = ledger.trials, ledger._tables
    floats: _Columns = {name: [getattr(t, name) for t in trials] for name in _FLOATS}
    whole: _Columns = {name: [getattr(t, name) for t in trials] for name in _WHOLE}
    names: dict[str, int] = {}
    for name in _NAMES:
        whole[name] = [names.setdefault(getattr(t, name), len(names)) for t in trials]
    for name in _NUMBERED:
        whole[name] = getattr(tables, name)
    whole["started"], floats["started"] = _columns(tables.starts, 2)
    whole["reported"], whole["attempts"], floats["steps"], floats["reported"] = _columns(tables.reports, 4)
    shapes, odd = {}, {}
    for name in _ROWS:
        shapes[name], whole[name], floats[name], odd[name] = _packed([getattr(t, name) for t in trials])
    floats["table"] = tables.values[: len(tables.point_numbers)].ravel()
    state = {
        **_small(ledger),
        "names": list(names),
        "rare": {name: _rare(trials, name) for name in _RARE},
        "shapes": shapes,
        "odd": odd,
        "whole": [[name, len(column)] for name, column in whole.items()],
        "floats": [[name, len(column)] for name, column in floats.items()],
    }
    results = "\n".join(map(_result, trials))
    body = b""
    for block in (_text(state).encode(), _array(whole, "<i8"), results.encode()):
        packed = zlib.compress(block, 1)
        body += len(packed).to_bytes(8, "little") + packed
    body += _array(floats, "<f8")  # as it is: digits hardly shrink, and take longest
    return MAGIC + zlib.crc32(body).to_bytes(4, "little") + body


def _small(ledger: Ledger) -> dict[str, Any]:
    """What does not grow with the trials, or hardly."""
    return {
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
        "away": [[number, *events] for number, events in ledger._away.items()],
        "spaces": {print_: space.to_json() for print_, space in ledger._spaces.items()},
        "running": list(ledger._running.items()),
    }


def _rare(trials: Sequence[Trial], name: str) -> list[tuple[int, Any]]:
    kept = ((t.number, getattr(t, name)) for t in trials)
    empty: Any = {} if name != "enqueued" else None  # an enqueued point may have no label
    return [(number, e.plain(value)) for number, value in kept if value is not None and value != empty]


def _written(log: Iterable[e.Event | None]) -> list[dict[str, Any]]:
    return [e.to_json(event) for event in log if event is not None]


def _result(trial: Trial) -> str:
    kept = trial._result
    return kept if type(kept) is Unread else _text(e.plain(kept))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _array(columns: _Columns, kind: str) -> bytes:
    return np.concatenate([np.asarray(column, kind) for column in columns.values()]).tobytes()


def _packed(rows: Sequence[Any]) -> tuple[list[Any], list[int], list[float], list[Any]]:
    """Rows of numbers, most of them alike, for `_unpacked`.

    Args:
        rows: Mappings (points, metrics), sequences (losses), or None.

    Returns:
        The shapes, the place of each row's among them, all values one after another, and the rows that
        have to be JSON. A shape is the keys, or None, and which values are whole numbers.
    """
    places: dict[Any, int] = {}
    which: list[int] = []
    flat: list[float] = []
    odd: list[Any] = []
    for row in rows:
        if row is None:
            which.append(_NONE)
            continue
        keyed = isinstance(row, Mapping)
        values = list(row.values()) if keyed else list(row)
        shape = tuple(row) if keyed else None, tuple(map(type, values))
        kinds = set(shape[1])
        if kinds <= {float} or (kinds <= {float, int} and max(map(abs, values)) <= _EXACT):
            which.append(places.setdefault(shape, len(places)))
            flat += values
        else:
            which.append(_ODD)
            odd.append(e.plain(row))
    shapes = [
        [keys, [j for j, kind in enumerate(kinds) if kind is int], len(kinds)] for keys, kinds in places
    ]
    return shapes, which, flat, odd


def _unpacked(shapes: list[Any], which: list[int], flat: list[float], odd: list[Any]) -> Iterator[Any]:
    """The rows that `_packed` was given."""
    at = 0
    kept = map(e.revived, odd)
    for place in which:
        if place < 0:
            yield next(kept) if place == _ODD else None
            continue
        keys, whole, size = shapes[place]
        row: list[Any] = flat[at : at + size]
        at += size
        for j in whole:
            row[j] = int(row[j])
        yield row if keys is None else dict(zip(keys, row, strict=True))


def restore(data: bytes | memoryview, space: Space | None = None) -> Ledger:
    """The ledger that was dumped.

    Args:
        data: What `dump` gave.
        space: The user's space, if it is at hand.

    Raises:
        InvalidEvent: If it is no checkpoint of this release.
    """
    data = memoryview(data)
    if data[:_START] != MAGIC + zlib.crc32(data[_START:]).to_bytes(4, "little"):
        raise InvalidEvent("this is no whole checkpoint of a ledger")
    try:
        return _restored(data, space)
    except (zlib.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidEvent(f"a checkpoint cannot be read: {type(error).__name__}") from None


def _block(data: memoryview) -> tuple[bytes, memoryview]:
    """The first block, and what follows it."""
    end = 8 + int.from_bytes(data[:8], "little")
    return zlib.decompress(data[8:end]), data[end:]


def _split(block: bytes | memoryview, kind: str, sizes: list[tuple[str, int]]) -> dict[str, Any]:
    """Name -> a part of an array of columns that follow one another."""
    array, parts, at = np.frombuffer(block, kind), {}, 0
    for name, size in sizes:
        parts[name] = array[at : at + size]
        at += size
    return parts


def _restored(data: memoryview, space: Space | None) -> Ledger:
    head, data = _block(data[_START:])
    numbers, data = _block(data)
    results, data = _block(data)
    state = json.loads(head)
    whole = _split(numbers, "<i8", state["whole"])
    floats = _split(data, "<f8", state["floats"])
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
    ledger._away = {number: (point, end) for number, point, end in state["away"]}
    ledger._spaces = {print_: Space.from_json(space) for print_, space in state["spaces"].items()}
    ledger.trials.extend(_trials(state, whole, floats, results.decode().split("\n"), ledger.space))
    ledger._tables = _tables(ledger, whole, floats)
    return ledger


def _trials(
    state: dict[str, Any], whole: dict[str, Any], floats: dict[str, Any], results: list[str], space: Space
) -> list[Trial]:
    """The trials, but for what the tables know of them."""
    names, statuses, made = state["names"], list(Status), []
    columns = [floats[name].tolist() for name in _FLOATS]
    columns += [whole[name].tolist() for name in (*_WHOLE, *_NAMES)]
    columns += [
        _unpacked(state["shapes"][name], whole[name].tolist(), floats[name].tolist(), state["odd"][name])
        for name in _ROWS
    ]
    for number, row in enumerate(zip(*columns, strict=True)):
        (opened, ended, attempt, lost, opened_at, claimed, excluded, status, opener, owner,
         point, losses, metrics) = row  # fmt: skip
        trial = Trial(number, opened, space, names[opener], opened_at)
        trial.ended, trial.attempt, trial.lost, trial.owner = ended, attempt, lost, names[owner]
        trial.claimed, trial.excluded, trial.status = bool(claimed), bool(excluded), statuses[status]
        trial.point, trial.losses = point, losses
        if metrics:
            trial.metrics = metrics
        result = results[number]
        if result != "null":
            trial._result = Unread(result)
        made.append(trial)
    for name, kept in state["rare"].items():
        for number, value in kept:
            setattr(made[number], name, e.revived(value))
    return made


def _tables(ledger: Ledger, whole: dict[str, Any], floats: dict[str, Any]) -> Tables:
    """The tables, and what the trials have from them."""
    trials = ledger.trials
    tables = Tables(len(ledger.space), len(ledger.objectives))
    tables.starts = list(zip(whole["started"].tolist(), floats["started"].tolist(), strict=True))
    for number, at in tables.starts:
        trials[number].started = at
    columns = whole["reported"], whole["attempts"], floats["steps"], floats["reported"]
    tables.reports = list(zip(*(column.tolist() for column in columns), strict=True))
    for number, attempt, step, value in tables.reports:
        keep_report(trials[number], attempt, step, value)
    points, events = whole["point_numbers"].tolist(), whole["point_events"].tolist()
    for row, number in enumerate(points):
        trials[number].point_row = row
    tables.point_numbers, tables.point_events = points, events
    tables.values = np.empty((max(64, len(points)), tables.d))
    tables.values[: len(points)] = floats["table"].reshape(len(points), tables.d)
    for number, event in zip(
        whole["outcome_numbers"].tolist(), whole["outcome_events"].tolist(), strict=True
    ):
        trial = trials[number]
        trial.outcome_row = tables.add_outcome(trial, event, trial.status, trial.losses, trial.point_row)
    tables.partial = ledger._partial
    return tables


def differences(one: Ledger, two: Ledger) -> list[str]:
    """Where two ledgers differ, in words; empty if they are equal in all that later events or views may use.

    Args:
        one: From a checkpoint.
        two: From scratch.
    """
    found = []
    for name in ("head", "created", "configured", "waiting", "claimed", "counts", "notes", "requests",
                 "seeded", "rebuilt", "_partial", "_running", "_away"):  # fmt: skip
        if getattr(one, name) != getattr(two, name):
            found.append(f"{name}: {getattr(one, name)!r} is not {getattr(two, name)!r}")
    if list(one._queue) != list(two._queue) or one.space.fingerprint() != two.space.fingerprint():
        found.append("the queue or the space")
    if len(one.trials) != len(two.trials):
        return [*found, f"{len(one.trials)} trials are not {len(two.trials)}"]
    slots = ["result", *(name for name in Trial.__slots__ if name not in ("_space", "_params", "_result"))]
    for mine, other in zip(one.trials, two.trials, strict=True):
        for name in slots:
            if _shown(getattr(mine, name)) != _shown(getattr(other, name)):
                found.append(f"trial {mine.number}.{name}")
    a, b = one._tables, two._tables
    for name in (
        *_NUMBERED,
        "outcome_points",
        "statuses",
        "losses",
        "metrics",
        "last_reports",
        "ended",
        "starts",
        "reports",
        "partial",
    ):
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
