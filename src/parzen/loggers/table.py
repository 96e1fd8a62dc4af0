"""A CSV file with one row for each trial, complete after each of them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from parzen.errors import InvalidArgument
from parzen.frames.facts import utc
from parzen.loggers.base import Logger, StudyRecord, TrialRecord, Value, append, one_line, whole_lines
from parzen.wording import in_line

_FIRST = ["study", "number", "state", "loss"]
_NEXT = ["duration_s", "started", "ended", "error.type", "error.message"]


class CSV(Logger):
    """Appends a row to a CSV file as each trial ends.

    Columns are ``study`` and those of `Trials.to_pandas`: ``number``, ``state``, ``loss`` (minimised;
    where the study maximises, ``value`` is what the objective returned), ``duration_s``, ``started`` and
    ``ended`` (UTC), ``error.type``, ``error.message``, ``param.LABEL`` for each hyperparameter and
    ``metric.NAME`` for each other number of a result. A cell is empty where there is no value, as for a
    hyperparameter that a trial does not use. Several studies may share a file.

    Each row is on the disk before the search goes on. A new column is put behind the others by
    writing the file anew beside the old one, which it then replaces in one step.

    Args:
        path: The file. Its folder is made if need be.

    >>> import tempfile
    >>> from parzen import fmin, hp
    >>> from parzen.loggers import CSV
    >>> path = os.path.join(tempfile.mkdtemp(), "trials.csv")
    >>> best = fmin(abs, hp.uniform("x", -1, 1), max_evals=3, seed=0, verbose=False, loggers=[CSV(path)])
    >>> [row["state"] for row in csv.DictReader(Path(path).read_text().splitlines())]
    ['done', 'done', 'done']
    """

    def __init__(self, path: str | os.PathLike[str] = "trials.csv") -> None:
        self._path = Path(path)
        self._study, self._maximize = "", False
        self._columns: list[str] = []

    def begin(self, study: StudyRecord) -> Collection[int]:
        """Read which trials the file has, and give it the columns of the study's space.

        Args:
            study: What is searched.

        Raises:
            InvalidArgument: If the file holds something else.
        """
        self._study, self._maximize = study.id, study.maximize
        rows = list(csv.reader(io.StringIO(whole_lines(self._path), newline="")))
        self._columns = rows[0] if rows else []
        if rows and self._columns[:2] != _FIRST[:2]:
            raise InvalidArgument(
                f"{str(self._path)!r} holds something else than trials; its columns are {self._columns}",
                hint="give CSV a path of its own",
            )
        own = ["value"] if study.maximize else []
        self._widen([*_FIRST, *own, *_NEXT, *(one_line(f"param.{label}") for label in study.labels)])
        return [int(row[1]) for row in rows[1:] if row[0] == study.id]

    def ended(self, trial: TrialRecord) -> None:
        """Append a row.

        Args:
            trial: All that is known of it.
        """
        value, maximize = trial.value, self._maximize
        row = {
            "study": self._study,
            "number": trial.number,
            "state": trial.state,
            "loss": -value if maximize and value is not None else value,
            **({"value": value} if maximize else {}),
            "duration_s": trial.duration,
            "started": utc(trial.started),
            "ended": utc(trial.ended),
            "error.type": trial.error_type,
            "error.message": one_line(trial.error.removeprefix(f"{trial.error_type}: ")),
            **{one_line(f"param.{label}"): _name(value) for label, value in trial.params.items()},
            **{one_line(f"metric.{name}"): value for name, value in trial.metrics.items()},
        }
        self._widen(list(row))
        append(self._path, _lines([[row.get(column) for column in self._columns]]))

    def _widen(self, wanted: list[str]) -> None:
        """Make sure that the file has these columns."""
        new = [column for column in wanted if column not in self._columns]
        if not new:
            return
        rows = list(csv.reader(io.StringIO(whole_lines(self._path), newline="")))[1:]
        self._columns = [*self._columns, *new]
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.unlink(missing_ok=True)
        append(beside, _lines([self._columns, *([*row, *([""] * len(new))] for row in rows)]))
        os.replace(beside, self._path)
        if os.name == "posix":  # a renamed file lasts once its folder is on the disk
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _name(value: Value) -> Value:
    """The name of an option as one line that stands for no other name."""
    return repr(value) if isinstance(value, str) and not in_line(value) else value


def _lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV, each in one line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(
            [one_line(cell) if isinstance(cell, str) and len(cell.splitlines()) > 1 else cell for cell in row]
        )
    return text.getvalue()
