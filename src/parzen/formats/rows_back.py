"""Trials that were exported come back: CSV as `rows.write_csv` and the loggers write it, and JSON lines."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TextIO

from parzen.errors import InvalidArgument, StudyNotFound
from parzen.formats.direction import check, maximised
from parzen.formats.intake import RUNNING, Found, Intake, Report
from parzen.formats.merge import origin_of
from parzen.history.history import ENDED
from parzen.run.study import Study

_SPECIAL = {"NaN": math.nan, "inf": math.inf, "-inf": -math.inf}


def is_export(path: str | os.PathLike[str]) -> bool:
    """Whether a CSV file has the columns that `rows.write_csv` and the loggers' `CSV` write.

    Args:
        path: Of the file.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False  # the reader of tables says what is wrong
    return {"number", "state", "loss", "study"} <= set(header) and any(
        name.startswith("param.") for name in header
    )


def import_csv(path: str | os.PathLike[str], study: Study) -> Report:
    """Take the trials of a file that `rows.write_csv` or a logger wrote into a study.

    Args:
        path: Of the file.
        study: Has the space that was searched.

    Raises:
        InvalidArgument: If the file is of a search in the other direction, or no CSV file.
    """
    return _take(study, os.fspath(path), _csv(path))


def import_jsonl(path: str | os.PathLike[str], study: Study) -> Report:
    """Take the trials of a file that `rows.write_jsonl` wrote into a study.

    Args:
        path: Of the file.
        study: Has the space that was searched.

    Raises:
        InvalidArgument: If the file is of a search in the other direction, or a line is no trial.
    """
    return _take(study, os.fspath(path), _jsonl(path))


def csv_maximises(path: str | os.PathLike[str]) -> bool:
    """Whether a file that `import_csv` reads is of a maximised search.

    Args:
        path: Of the file.
    """
    return _maximised(os.fspath(path), _csv(path))


def jsonl_maximises(path: str | os.PathLike[str]) -> bool:
    """Whether a file that `import_jsonl` reads is of a maximised search.

    Args:
        path: Of the file.
    """
    return _maximised(os.fspath(path), _jsonl(path))


def _csv(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    with _opened(path) as file:
        try:
            return list(map(_from_row, csv.DictReader(file)))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InvalidArgument(f"{os.fspath(path)!r} is no CSV file in UTF-8: {error}") from None


def _jsonl(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    with _opened(path) as file:
        try:
            return list(_lines(os.fspath(path), file))
        except UnicodeDecodeError as error:
            raise InvalidArgument(f"{os.fspath(path)!r} is no JSON lines in UTF-8: {error}") from None


def _maximised(path: str, records: list[dict[str, Any]]) -> bool:
    return maximised(records, any("value" in record for record in records), repr(path))


def _opened(path: str | os.PathLike[str]) -> TextIO:
    try:
        return open(path, encoding="utf-8-sig", newline="")
    except (FileNotFoundError, IsADirectoryError):
        raise StudyNotFound(f"there is no file {os.fspath(path)!r}") from None


def _lines(path: str, file: TextIO) -> Iterator[dict[str, Any]]:
    for count, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict) or not {"number", "state", "params"} <= record.keys():
            raise InvalidArgument(
                f"line {count} of {path!r} is no trial: a JSON object with number, state and params"
            )
        yield record


def _from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table as a record."""
    cells = {key: value for key, value in row.items() if value not in ("", None)}

    def part(prefix: str) -> dict[str, Any]:
        return {key.removeprefix(prefix): cells[key] for key in cells if key.startswith(prefix)}

    record = {key: cells.get(key) for key in ("state", "started", "ended", "study")}
    error = part("error.")
    return {
        **record,
        "number": _whole(cells.get("number")),
        "loss": _float(cells.get("loss")),
        **({"value": _float(cells.get("value"))} if "value" in row else {}),
        "params": part("param."),
        "metrics": {name: _float(value) for name, value in part("metric.").items()},
        "error": error or None,
    }


def _take(study: Study, path: str, records: list[dict[str, Any]]) -> Report:
    name = os.path.basename(path)
    intake: Intake | None = None
    if records:
        check(_maximised(path, records), study.maximize, repr(path))
    own = study.ledger.created
    for record in records:
        if intake is None:
            origin = record.get("study") or f"rows:{name}:{_identity(record)}"
            intake = Intake(study, Report(str(origin)))
            if own is not None:  # what came from here is here
                intake.know(origin_of(own), (trial.number for trial in study.trials))
        if record.get("state") not in {status.name.lower() for status in ENDED}:
            intake.leave(RUNNING)
            continue
        intake.take(_found(record), record.get("study") or None)
    if intake is None:
        return Report(f"rows:{name}:empty")
    intake.flush()
    return intake.report


def _identity(first: Mapping[str, Any]) -> str:
    text = json.dumps([first.get("started"), first.get("params")], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _found(record: Mapping[str, Any]) -> Found:
    losses = _losses(record)
    result = _untagged(record.get("result"))
    return Found(
        key=record["number"],
        values=dict(record.get("params") or {}),
        status=str(record["state"]),
        losses=losses,
        metrics={name: _float(value) for name, value in _untagged(record.get("metrics") or {}).items()},
        result=result if result is not None else _result(record, losses),
        error=_error(record.get("error")),
        reports=[(float(step), value) for step, value in _untagged(record.get("reports") or [])],
        started=_moment(record.get("started")),
        ended=_moment(record.get("ended")),
        named=True,
    )


def _losses(record: Mapping[str, Any]) -> list[float]:
    given = _untagged(record.get("losses") or [record.get("loss")])
    reason = str(record.get("reason") or "")
    if given[0] is None and reason.startswith("loss is "):
        given = [_SPECIAL.get(reason.removeprefix("loss is ")), *given[1:]]
    return [] if given[0] is None else list(map(float, given))


def _result(record: Mapping[str, Any], losses: list[float]) -> dict[str, Any]:
    """What a table does not say, made from what it says."""
    metrics = dict(record.get("metrics") or {})
    if record["state"] == "done":
        return {**metrics, "loss": losses[0] if losses else None, "status": "ok"}
    return {**metrics, "status": "fail", **({"pruned": True} if record["state"] == "pruned" else {})}


def _error(error: Any) -> dict[str, Any] | None:
    if not isinstance(error, Mapping):
        return None
    kept = {"type": "", "message": "", "traceback": ""}
    return kept | {key: value for key, value in error.items() if value is not None}


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"$float"}:
            return float(value["$float"])
        return {key: _untagged(item) for key, item in value.items()}
    return [_untagged(item) for item in value] if isinstance(value, list) else value


def _float(value: Any) -> Any:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        raise InvalidArgument(f"a loss or a metric must be a number; got {value!r}") from None


def _whole(value: Any) -> int | str:
    try:
        return int(value)
    except (TypeError, ValueError):
        return str(value)


def _moment(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp() if text else math.nan
    except ValueError:
        return math.nan
