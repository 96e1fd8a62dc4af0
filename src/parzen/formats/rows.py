"""Trials as plain records, CSV and JSON lines: what is exported can be imported again.

A record is one trial as people and programs read it: the loss as the objective
returned it, options of choices by name, times in UTC. In tables and files the
loss is the minimised one, and ``value`` what the objective returned, if the
study maximises. `flat` is a record as a row of a table, with a column for each
hyperparameter, ``param.LABEL``, and each metric, ``metric.NAME``; a value that
is not used is absent. `rows_back` reads them.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Container, Iterator, Mapping
from typing import Any, TextIO

from parzen.formats.merge import origin_of
from parzen.frames.facts import FIRST, LAST, duration, error_type, utc
from parzen.history.events import plain
from parzen.history.history import Trial
from parzen.naming import readable
from parzen.run.failures import why_failed
from parzen.run.study import Study
from parzen.wording import not_finite


class Records:
    """Makes records of a study's trials.

    Args:
        study: Whose.
        minimised: Whether losses and reports are the minimised ones, as in tables and files; there is a
            ``value`` then where the study maximises. Left out, they are as the objective returned them.
    """

    def __init__(self, study: Study, minimised: bool = False) -> None:
        self.study = study
        self.sign = -1.0 if study.maximize and not minimised else 1.0
        self.value = study.maximize and minimised
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
            **({"value": None if loss is None else -loss} if self.value else {}),
            "params": readable(self.study.space, trial.point or {}),
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
            record["reason"] = f"loss is {not_finite(loss)}" if loss is not None else why_failed(trial)
        if full:
            record |= self._more(trial)
        return record

    def loss(self, trial: Trial) -> float | None:
        """What the objective returned, or the minimised loss."""
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


def error_of(trial: Trial, full: bool = False) -> dict[str, Any] | None:
    """Type, message and place of a trial's exception, or None.

    Args:
        trial: Any.
        full: Whether with traceback and what it printed.
    """
    if trial.error is None:
        return None
    found = {
        "type": error_type(trial.error),
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
        **{name: record[name] for name in first(record)},
        **{f"param.{label}": value for label, value in record["params"].items()},
        **{f"metric.{name}": value for name, value in record["metrics"].items()},
        "error.type": error.get("type"),
        "error.message": error.get("message"),
        "worker": record["worker"],
        "study": record.get("study"),
    }


def first(record: Container[str]) -> Iterator[str]:
    """The first columns of a table.

    Args:
        record: Has ``"value"`` if the table has this column.
    """
    for name in FIRST:
        yield name
        if name == "loss" and "value" in record:
            yield "value"


def columns(study: Study) -> list[str]:
    """The columns of a study's table.

    Args:
        study: Any.
    """
    metrics = dict.fromkeys(name for trial in study.trials for name in trial.metrics)
    return [
        *first(["value"] if study.maximize else []),
        *(f"param.{param.label}" for param in study.space.params),
        *(f"metric.{name}" for name in metrics),
        *(*LAST, "study"),
    ]


def rows(study: Study) -> Iterator[dict[str, Any]]:
    """The rows of a study's table: one dict for each trial, without what it has not.

    Args:
        study: Any.
    """
    records = Records(study, minimised=True)
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
    for record in Records(study, minimised=True).all(full=True):
        file.write(json.dumps(plain(record), ensure_ascii=False, allow_nan=False) + "\n")
        count += 1
    return count


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else value
