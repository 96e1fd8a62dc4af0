"""Trials as plain records, and records as trials: what is exported can be imported again.

`record` is one trial as people and programs read it: the loss as the objective
returned it, options of choices by name, times in UTC. `flat` is the same as a
row of a table, with a column for each hyperparameter, ``param.LABEL``, and
each metric, ``metric.NAME``; a value that is not used is absent.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from parzen.errors import InvalidArgument, StudyNotFound
from parzen.formats.intake import RUNNING, Found, Intake, Report
from parzen.formats.merge import origin_of
from parzen.formats.options import Name, index_of, named, names_in
from parzen.history.events import plain
from parzen.history.history import ENDED, Trial
from parzen.run.failures import why_failed
from parzen.run.study import Study
from parzen.space.space import Space

_SPECIAL = {"NaN": math.nan, "inf": math.inf, "-inf": -math.inf}


class Records:
    """Makes records of a study's trials.

    Args:
        study: Whose.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.names = names_in(study.space)
        self.sign = -1.0 if study.maximize else 1.0
        created = study.ledger.created
        self.origin = "" if created is None else origin_of(created)

    def all(self, full: bool = False) -> Iterator[dict[str, Any]]:
        """One record for each trial that has a point, in the order of their numbers.

        Args:
            full: As for `of`.
        """
        return (self.of(trial, full) for trial in self.study.trials if trial.point is not None)

    def of(self, trial: Trial, full: bool = False) -> dict[str, Any]:
        """One trial.

        Args:
            trial: Of this study.
            full: Whether with stored values, note, reports, result and traceback.
        """
        loss = self.loss(trial)
        record: dict[str, Any] = {
            "number": trial.number,
            "state": trial.status.name.lower(),
            "loss": loss,
            "params": {
                label: named(self.names, label, value) for label, value in (trial.point or {}).items()
            },
            "metrics": dict(trial.metrics),
            "started": utc(trial.started),
            "ended": utc(trial.ended),
            "duration_s": duration(trial),
            "attempts": trial.attempt,
            "worker": trial.owner or None,
            "error": error_of(trial, full),
        }
        if trial.budget is not None:
            record["budget"] = trial.budget
        if trial.excluded:
            record["excluded"] = True
        if loss is None or not math.isfinite(loss):
            record["reason"] = f"loss is {_word(loss)}" if loss is not None else why_failed(trial)
        if full:
            record |= self._more(trial)
        return record

    def loss(self, trial: Trial) -> float | None:
        """What the objective returned: the loss, or its negative where the study maximises."""
        return self.sign * trial.losses[0] if trial.losses else None

    def _more(self, trial: Trial) -> dict[str, Any]:
        result = trial.result
        if isinstance(result, dict) and isinstance(result.get("loss"), (int, float)):
            result = {**result, "loss": self.sign * result["loss"]}
        more = {
            "point": dict(trial.point or {}),
            "note": plain(dict(trial.note)),
            "reports": [[step, self.sign * value] for step, value in sorted(trial.reports.items())],
            "result": plain(result),
            "study": self.origin,
        }
        if len(trial.losses) > 1:
            more["losses"] = [self.sign * trial.losses[0], *trial.losses[1:]]
        return more


def utc(moment: float) -> str | None:
    """A moment as ISO 8601 in UTC, with microseconds.

    Args:
        moment: Seconds since 1970; NaN is None.
    """
    if not math.isfinite(moment):
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def duration(trial: Trial) -> float | None:
    """Seconds from the start of the evaluation to its end, or None.

    Args:
        trial: Any.
    """
    seconds = trial.ended - trial.started
    return seconds if math.isfinite(seconds) else None


def error_of(trial: Trial, full: bool = False) -> dict[str, Any] | None:
    """Type, message and place of a trial's exception, or None.

    Args:
        trial: Any.
        full: Whether with traceback and what it printed.
    """
    if trial.error is None:
        return None
    kind = str(trial.error.get("type", "")).removeprefix("<class '").removesuffix("'>")
    found = {
        "type": kind.removeprefix("builtins."),
        "message": str(trial.error.get("message", "")),
        "where": trial.error.get("where"),
    }
    if full:
        found |= {key: trial.error[key] for key in ("traceback", "log") if trial.error.get(key)}
    return found


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as a row of a table.

    Args:
        record: From `Records`.
    """
    error = record["error"] or {}
    return {
        "number": record["number"],
        "state": record["state"],
        "loss": record["loss"],
        "duration_s": record["duration_s"],
        "started": record["started"],
        "ended": record["ended"],
        **{f"param.{label}": value for label, value in record["params"].items()},
        **{f"metric.{name}": value for name, value in record["metrics"].items()},
        "error.type": error.get("type"),
        "error.message": error.get("message"),
        "worker": record["worker"],
        "study": record.get("study"),
    }


def columns(study: Study) -> list[str]:
    """The columns of a study's table.

    Args:
        study: Any.
    """
    metrics = dict.fromkeys(name for trial in study.trials for name in trial.metrics)
    return [
        *("number", "state", "loss", "duration_s", "started", "ended"),
        *(f"param.{param.label}" for param in study.space.params),
        *(f"metric.{name}" for name in metrics),
        *("error.type", "error.message", "worker", "study"),
    ]


def rows(study: Study) -> Iterator[dict[str, Any]]:
    """The rows of a study's table: one dict for each trial, without what it has not.

    Args:
        study: Any.
    """
    records = Records(study)
    for record in records.all():
        yield flat({**record, "study": records.origin})


def write_csv(study: Study, file: TextIO) -> int:
    """Write trials as CSV; an empty cell is a value that the trial has not. Returns how many.

    Args:
        study: Any.
        file: Opened with ``newline=""``.
    """
    writer = csv.DictWriter(file, columns(study), restval="")
    writer.writeheader()
    count = 0
    for row in rows(study):
        writer.writerow({key: _cell(value) for key, value in row.items()})
        count += 1
    return count


def write_jsonl(study: Study, file: TextIO) -> int:
    """Write trials as JSON lines, one record each, with all that is known. Returns how many.

    Args:
        study: Any.
        file: For text.
    """
    count = 0
    for record in Records(study).all(full=True):
        file.write(json.dumps(plain(record), ensure_ascii=False, allow_nan=False) + "\n")
        count += 1
    return count


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else value


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"


# Import.


def is_export(path: str | os.PathLike[str]) -> bool:
    """Whether a CSV file has the columns that `write_csv` writes.

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
    """Take the trials of a file that `write_csv` wrote into a study.

    Args:
        path: Of the file.
        study: Has the space that was searched.
    """
    with _opened(path) as file:
        try:
            return _take(study, os.fspath(path), map(_from_row, csv.DictReader(file)))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InvalidArgument(f"{os.fspath(path)!r} is no CSV file in UTF-8: {error}") from None


def import_jsonl(path: str | os.PathLike[str], study: Study) -> Report:
    """Take the trials of a file that `write_jsonl` wrote into a study.

    Args:
        path: Of the file.
        study: Has the space that was searched.

    Raises:
        InvalidArgument: If a line is no trial.
    """
    with _opened(path) as file:
        return _take(study, os.fspath(path), _lines(os.fspath(path), file))


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
        "params": part("param."),
        "metrics": {name: _float(value) for name, value in part("metric.").items()},
        "error": error or None,
    }


def _take(study: Study, path: str, records: Iterable[Mapping[str, Any]]) -> Report:
    name = os.path.basename(path)
    intake: Intake | None = None
    names, sign = names_in(study.space), -1.0 if study.maximize else 1.0
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
        intake.take(_found(record, study.space, names, sign), record.get("study") or None)
    if intake is None:
        return Report(f"rows:{name}:empty")
    intake.flush()
    return intake.report


def _identity(first: Mapping[str, Any]) -> str:
    text = json.dumps([first.get("started"), first.get("params")], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _found(record: Mapping[str, Any], space: Space, names: Mapping[str, list[Name]], sign: float) -> Found:
    values = dict(record.get("params") or {})
    found: dict[str, Any] = {
        label: index_of(names[label], value) for label, value in values.items() if label in names
    }
    known = None not in found.values()  # else the names themselves, and what reads them says what is wrong
    losses = _losses(record, sign)
    result = _untagged(record.get("result"))
    if isinstance(result, dict) and isinstance(result.get("loss"), (int, float)):
        result["loss"] = sign * result["loss"]
    return Found(
        key=record["number"],
        values=space.shown({**values, **found}) if known else values,
        status=str(record["state"]),
        losses=losses,
        metrics={name: _float(value) for name, value in _untagged(record.get("metrics") or {}).items()},
        result=result if result is not None else _result(record, losses),
        error=_error(record.get("error")),
        reports=[(float(step), sign * value) for step, value in _untagged(record.get("reports") or [])],
        started=_moment(record.get("started")),
        ended=_moment(record.get("ended")),
        indexed=known,
    )


def _losses(record: Mapping[str, Any], sign: float) -> list[float]:
    given = _untagged(record.get("losses") or [record.get("loss")])
    reason = str(record.get("reason") or "")
    if given[0] is None and reason.startswith("loss is "):
        given = [_SPECIAL.get(reason.removeprefix("loss is ")), *given[1:]]
    return [] if given[0] is None else [sign * float(given[0]), *map(float, given[1:])]


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
