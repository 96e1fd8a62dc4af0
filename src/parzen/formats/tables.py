"""Tables of trials: CSV and Parquet files and data frames, one row for each trial."""

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
from parzen.formats.direction import check, maximised
from parzen.formats.intake import Found, Intake, Report
from parzen.formats.values import numbers_in
from parzen.frames import with_arrow
from parzen.naming import has_names, names_of
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
    ``state`` the status, and times and errors come along. Their column ``value`` says that the search
    was maximised; one in the other direction than the study's is refused.

    A row is known again by its content, so that a table can be imported again
    when it has grown. Equal rows of one table are trials of their own.

    Args:
        source: The path of a CSV or a Parquet file, or a data frame: of pandas, polars or Arrow, or
            whatever has `columns` and ``to_dict("records")``.
        study: Has the space that was searched.
        loss: The column with the objective's values, as they were returned: to be made large where
            the study maximises.

    Returns:
        What was taken and what was left out.

    Raises:
        StudyNotFound: If there is no such file.
        InvalidArgument: If a column is missing, a loss is no number, the table is of a search in the
            other direction, or the source is no table.
        MissingDependency: If the file is Parquet, and pyarrow is not installed.
    """
    name, given, rows = _read(source)
    names = _own_names(given, study.space)
    if names and loss == "loss":
        check(_own_direction(given, rows, name), study.maximize, _called(name))
        if study.maximize:
            names = {**names, "value": "loss", "loss": ""}
    elif names:
        names = {**names, "loss": "", loss: loss}
    _check_columns(given, names, study.space, loss)
    columns = [names.get(column, column) for column in given if names.get(column, column)]
    header = hashlib.sha256("\n".join([name, *columns]).encode()).hexdigest()[:16]
    intake = Intake(study, Report(f"table:{name}:{header}"))
    _check_losses(rows, names, loss)
    copies: Counter[str] = Counter()
    for line in rows:
        row = line
        if names:
            row = {names[str(key)]: value for key, value in line.items() if names.get(str(key))}
        content = "\n".join(f"{key}={_text(row.get(key))}" for key in columns)
        key = hashlib.sha256(content.encode()).hexdigest()[:16]
        copies[key] += 1
        _take(intake, row, f"{key}-{copies[key]}", loss, bool(names))
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


def table_maximises(path: str | os.PathLike[str], loss: str = "loss") -> bool | None:
    """Whether a file holds trials of a maximised search; None if it does not say so.

    Args:
        path: Of a CSV or a Parquet file.
        loss: As for `import_table`.
    """
    name, columns, rows = _read(path)
    own = {"number", "state"} <= set(columns) and loss == "loss"
    return _own_direction(columns, rows, name) if own else None


def _own_direction(columns: list[str], rows: Iterable[Mapping[str, Any]], name: str) -> bool:
    cells = ({each: _cell(row.get(each)) for each in ("loss", "value")} for row in rows)
    return maximised(cells, "value" in columns, _called(name))


def _called(name: str) -> str:
    return "the data frame" if name == "frame" else repr(name)


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
        if _is_parquet(path):
            table = with_arrow.read_parquet(path)
            return os.path.basename(path), list(map(str, table.column_names)), table.to_pylist()
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


def _is_parquet(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False  # the reader of CSV says what is wrong


def _names_of(source: Any) -> list[str]:
    columns = source.columns() if callable(source.columns) else source.columns
    return [str(getattr(column, "name", column)) for column in columns]


def _check_columns(given: list[str], names: Mapping[str, str], space: Space, loss: str) -> None:
    """Refuse a table that lacks a column; `names` are of `_own_names`."""
    columns = [names.get(column, column) for column in given if names.get(column, column)]
    if loss not in columns:
        raise InvalidArgument(
            f"the table has no column {loss!r}; it has {given}.{did_you_mean(loss, given)}",
            hint="name the objective's column with loss=",
        )
    if len(set(columns)) < len(columns):
        raise InvalidArgument(f"the table has a column twice: {given}")
    for param in space.params:
        if not param.conditional and param.label not in columns:
            lacking = f"param.{param.label}" if names else param.label
            raise InvalidArgument(
                f"the table has no column {lacking!r}, which every trial of the space has; it has "
                f"{given}.{did_you_mean(lacking, given)}"
            )


def _check_losses(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str], loss: str) -> None:
    """Refuse a column of losses that holds something else than numbers, but for trials that failed."""
    column = next((each for each, own in names.items() if own == loss), loss)
    state = "state" if names else "status"
    for row in rows:
        cell = _cell(row.get(column))
        if cell is None or isinstance(_as_number(cell), float):
            continue
        if _STATUS.get(_word(_cell(row.get(state)))) == "done":
            raise InvalidArgument(
                f"the column {column!r} must hold numbers; got {cell!r}",
                hint="name the objective's column with loss=; leave the cell of a failed trial empty",
            )


def _word(status: Any) -> str:
    return str(status or "done").strip().lower()


def _take(intake: Intake, row: Mapping[str, Any], key: str, loss: str, own: bool) -> None:
    labels = intake.study.space.index
    cells = {str(column): _cell(value) for column, value in row.items()}
    if own:  # the names of options, to the character
        cells |= {each: row[each] for each in labels if isinstance(row.get(each), str) and row[each]}
    values = {label: cells[label] for label in labels if cells.get(label) is not None}
    others = {
        column: _as_number(value)
        for column, value in cells.items()
        if column not in labels and column not in (loss, "status", *_MARKS) and value is not None
    }
    twin = _twin(cells, intake.study.space) if own else None
    if twin is not None:
        intake.leave(f"{twin} may be two of the options, which are the same number")
        return
    word = _word(cells.get("status"))
    if word not in _STATUS:
        reason = (
            "still running" if word in ("running", "waiting", "new", "open") else f"its status is {word!r}"
        )
        intake.leave(reason)
        return
    value, status = _as_number(cells.get(loss)), _STATUS[word]
    found = Found(key, values, status, metrics=numbers_in(others), error=_error_in(cells), named=own)
    found.started, found.ended = _seconds(cells.get(STARTED)), _seconds(cells.get(ENDED))
    if status == "done" and isinstance(value, float) and not math.isnan(value):
        found.losses = [-value if intake.study.maximize else value]
        found.result = {**others, "loss": found.losses[0], "status": "ok"}
    else:
        found.status = "pruned" if status == "pruned" else "failed"
        found.result = {**others, "status": "fail", **({"pruned": True} if status == "pruned" else {})}
    intake.take(found)


def _twin(cells: Mapping[str, Any], space: Space) -> str | None:
    """A choice with options such as 1 and 1.0, where a table read as numbers does not say which."""
    for param in space.params:
        value = cells.get(param.label)
        if has_names(param) and isinstance(value, (int, float)) and not isinstance(value, bool):
            alike = [isinstance(name, (int, float)) and name == value for name in names_of(param)]
            if sum(alike) > 1:
                return param.label
    return None


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
