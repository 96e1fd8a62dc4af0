"""Tables of trials: CSV files and data frames, one row for each trial."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from parzen.errors import InvalidArgument, StudyNotFound, did_you_mean
from parzen.formats.intake import Found, Intake, Report
from parzen.formats.values import numbers_in
from parzen.run.study import Study
from parzen.space.space import Space

# What tables call the end of a trial.
_STATUS = {
    **dict.fromkeys(("done", "ok", "complete", "completed", "success", "finished"), "done"),
    **dict.fromkeys(("failed", "fail", "error", "failure"), "failed"),
    "pruned": "pruned",
}

# Columns of a table of trials that are no metrics.
STARTED, ENDED, ERROR_TYPE, ERROR_MESSAGE = _MARKS = ("\0started", "\0ended", "\0type", "\0message")


def import_table(source: Any, study: Study, loss: str = "loss") -> Report:
    """Take the rows of a table into a study, one trial each.

    Columns with a hyperparameter's label hold its values; a choice's are the
    options or their texts. Empty cells are hyperparameters that the row does
    not use. Other columns of numbers become metrics. A row without a loss is a
    failed trial. With a column ``status`` a row may say ``ok``, ``failed`` or
    ``pruned``, in these or the usual other words.

    The tables that `Trials.to_pandas` and its like give are read too: ``param.lr`` is the label ``lr``,
    ``state`` the status, and times and errors come along. Where the study maximises, their column
    ``value`` is taken.

    A row is known again by its content, so that a table can be imported again
    when it has grown. Equal rows of one table are trials of their own.

    Args:
        source: The path of a CSV file, or a data frame: of pandas, polars or Arrow, or whatever has
            `columns` and ``to_dict("records")``.
        study: Has the space that was searched.
        loss: The column with the objective's values, as they were returned: to be made large where
            the study maximises.

    Returns:
        What was taken and what was left out.

    Raises:
        StudyNotFound: If there is no such file.
        InvalidArgument: If a column is missing or the source is no table.
    """
    name, columns, rows = _read(source)
    names = _own_names(columns, study.space)
    if names and loss == "loss" and study.maximize and "value" in columns:
        names = {**names, "value": "loss", "loss": ""}
    columns = [names.get(column, column) for column in columns if names.get(column, column)]
    _check_columns(columns, study.space, loss)
    header = hashlib.sha256("\n".join([name, *columns]).encode()).hexdigest()[:16]
    intake = Intake(study, Report(f"table:{name}:{header}"))
    copies: Counter[str] = Counter()
    for given in rows:
        row = given
        if names:
            row = {names[str(key)]: value for key, value in given.items() if names.get(str(key))}
        content = "\n".join(f"{key}={_text(row.get(key))}" for key in columns)
        key = hashlib.sha256(content.encode()).hexdigest()[:16]
        copies[key] += 1
        _take(intake, row, f"{key}-{copies[key]}", loss)
    intake.flush()
    return intake.report


_OWN = {
    "state": "status",
    "loss": "loss",
    "started": STARTED,
    "ended": ENDED,
    "error.type": ERROR_TYPE,
    "error.message": ERROR_MESSAGE,
}


def _own_names(columns: list[str], space: Space) -> dict[str, str]:
    """What the columns of a table of trials are called here; nothing for a table of another kind."""
    if not {"number", "state"} <= set(columns):
        return {}
    names = dict.fromkeys(columns, "")  # what has no name is left out
    for column in columns:
        prefix, _, rest = column.partition(".")
        if prefix == "param" or (prefix in ("metric", "attr") and rest not in space.index):
            names[column] = rest
    return {**names, **{each: own for each, own in _OWN.items() if each in names}}


def _read(source: Any) -> tuple[str, list[str], Iterable[Mapping[str, Any]]]:
    """Name, columns and rows."""
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                columns = list(reader.fieldnames or [])
                rows = list(reader)
        except (FileNotFoundError, IsADirectoryError):
            raise StudyNotFound(f"there is no file {path!r}") from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise InvalidArgument(f"{path!r} is no CSV file in UTF-8: {error}") from None
        for number, row in enumerate(rows, 2):
            if None in row or None in row.values():
                raise InvalidArgument(
                    f"row {number} of {path!r} has not the {len(columns)} cells of its header"
                )
        return os.path.basename(path), columns, rows
    names = getattr(source, "column_names", None)
    if names is not None and hasattr(source, "to_pylist"):  # Arrow
        return "frame", [str(column) for column in names], source.to_pylist()
    if not hasattr(source, "columns") or not (hasattr(source, "to_dict") or hasattr(source, "to_dicts")):
        raise InvalidArgument(f"a table must be a path or a data frame; got {type(source).__name__}")
    if hasattr(source, "to_dicts"):  # polars, or trials of ours
        rows = source.to_dicts()
        return "frame", [str(column) for column in rows[0]] if rows else _names_of(source), rows
    return "frame", [str(column) for column in source.columns], source.to_dict("records")


def _names_of(source: Any) -> list[str]:
    columns = source.columns() if callable(source.columns) else source.columns
    return [str(getattr(column, "name", column)) for column in columns]


def _check_columns(columns: list[str], space: Space, loss: str) -> None:
    if loss not in columns:
        raise InvalidArgument(
            f"the table has no column {loss!r}; it has {columns}.{did_you_mean(loss, columns)}",
            hint="name the objective's column with loss=",
        )
    if len(set(columns)) < len(columns):
        raise InvalidArgument(f"the table has a column twice: {columns}")
    for param in space.params:
        if not param.conditional and param.label not in columns:
            raise InvalidArgument(
                f"the table has no column {param.label!r}, which every trial of the space has; it has "
                f"{columns}.{did_you_mean(param.label, columns)}"
            )


def _take(intake: Intake, row: Mapping[str, Any], key: str, loss: str) -> None:
    labels = intake.study.space.index
    cells = {str(column): _cell(value) for column, value in row.items()}
    values = {label: cells[label] for label in labels if cells.get(label) is not None}
    others = {
        column: _as_number(value)
        for column, value in cells.items()
        if column not in labels and column not in (loss, "status", *_MARKS) and value is not None
    }
    word = str(cells.get("status") or "done").strip().lower()
    if word not in _STATUS:
        reason = (
            "still running" if word in ("running", "waiting", "new", "open") else f"its status is {word!r}"
        )
        intake.leave(reason)
        return
    value, status = _as_number(cells.get(loss)), _STATUS[word]
    found = Found(key, values, status, metrics=numbers_in(others), error=_error_in(cells))
    found.started, found.ended = _seconds(cells.get(STARTED)), _seconds(cells.get(ENDED))
    if status == "done" and isinstance(value, float) and not math.isnan(value):
        found.losses = [-value if intake.study.maximize else value]
        found.result = {**others, "loss": found.losses[0], "status": "ok"}
    else:
        found.status = "pruned" if status == "pruned" else "failed"
        found.result = {**others, "status": "fail", **({"pruned": True} if status == "pruned" else {})}
    intake.take(found)


def _cell(value: Any) -> Any:
    """A cell's value; None for an empty one, which data frames call NaN, NA or NaT."""
    value = value.item() if hasattr(value, "item") and not isinstance(value, (str, bytes)) else value
    if isinstance(value, str):
        return value.strip() or None
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return None if missing or type(value).__name__ in ("NAType", "NaTType") else value


def _error_in(cells: Mapping[str, Any]) -> dict[str, Any] | None:
    if cells.get(ERROR_TYPE) is None:
        return None
    message = cells.get(ERROR_MESSAGE)
    return {
        "type": str(cells[ERROR_TYPE]),
        "message": "" if message is None else str(message),
        "traceback": "",
    }


def _seconds(value: Any) -> float:
    """A time as seconds since 1970; NaN if it is none."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return math.nan
    return float(value.timestamp()) if isinstance(value, dt.datetime) else math.nan


def _as_number(value: Any) -> Any:
    """A float where it is one, or the text of one."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _text(value: Any) -> str:
    cell = _cell(value)
    return "" if cell is None else str(cell)
