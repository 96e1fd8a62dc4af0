"""Studies in Optuna's SQLite files, read with the standard library; Optuna need not be installed.

The tables are those of Optuna's `RDBStorage`, which are the same from 3.0 to
5.0: `studies`, `study_directions`, `trials`, `trial_params`, `trial_values`,
`trial_intermediate_values`, `trial_user_attributes`. The file is opened for
reading only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parzen.errors import InvalidArgument, ParzenError, StudyNotFound, did_you_mean
from parzen.formats.intake import RUNNING, Found, Intake, Report
from parzen.formats.values import numbers_in
from parzen.run.study import Study
from parzen.space import hp

_SPECIAL = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}
_STATUS = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}


@dataclass(slots=True)
class _Origin:
    """A study in a file: its id and name there, and whether it maximises."""

    file: sqlite3.Connection
    path: str
    id: int
    name: str
    maximize: bool

    def rows(self, columns: str, table: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a table of trials' parts: trial's number first, then the columns."""
        yield from self.file.execute(
            f"SELECT t.number, {columns} FROM {table} p JOIN trials t ON t.trial_id = p.trial_id "
            "WHERE t.study_id = ? ORDER BY t.number, p.rowid",
            (self.id,),
        )


def import_optuna(path_or_url: str | os.PathLike[str], study: Study, name: str | None = None) -> Report:
    """Take the ended trials of an Optuna study into a study.

    A parameter's name is the label. A categorical's value is looked up among
    the options of the choice, by content: the value itself, or the one option
    in which it stands, as ``"svm"`` in ``{"kind": "svm", "C": ...}``. Whether
    a number was drawn on a logarithmic scale or in steps does not matter: its
    value must be legal. Pruned trials bring their intermediate values.

    Args:
        path_or_url: The file, or ``"sqlite:///file.db"``.
        study: Has the space that was searched.
        name: The Optuna study's name; may be left out where the file has one study only.

    Returns:
        What was taken and what was left out.

    Raises:
        StudyNotFound: If there is no such file or study.
        InvalidArgument: If it is no SQLite file of Optuna's, or the directions differ.
    """
    with _opened(path_or_url, name) as origin:
        if origin.maximize != study.maximize:
            words = {True: "maximises", False: "minimises"}
            raise InvalidArgument(
                f"the Optuna study {origin.name!r} {words[origin.maximize]}, and study {study.name!r} "
                f"{words[study.maximize]}",
                hint=f"make the study with maximize={origin.maximize}",
            )
        report = Report(f"optuna:{os.path.basename(origin.path)}:{origin.name}:{_identity(origin)}")
        trials = list(_trials(origin))
    intake = Intake(study, report)
    for found in trials:
        if found is None:
            intake.leave(RUNNING)
        else:
            intake.take(found)
    intake.flush()
    return report


def maximizes(path_or_url: str | os.PathLike[str], name: str | None = None) -> bool:
    """Whether an Optuna study makes its values large.

    Args:
        path_or_url: The file, or ``"sqlite:///file.db"``.
        name: The study's name; may be left out where the file has one study only.
    """
    with _opened(path_or_url, name) as origin:
        return origin.maximize


def space_of_optuna(path_or_url: str | os.PathLike[str], name: str | None = None) -> dict[str, Any]:
    """The space that an Optuna study searched, as far as its trials tell.

    Every parameter stands at the top, by its name: Optuna does not record
    what a parameter depends on, so one that some trials lack is refused.

    Args:
        path_or_url: The file, or ``"sqlite:///file.db"``.
        name: The study's name; may be left out where the file has one study only.

    Returns:
        What `fmin` and `Study` take as a space.

    Raises:
        StudyNotFound: If there is no such file or study.
        InvalidArgument: If it is no file of Optuna's, or parameters are conditional.
    """
    with _opened(path_or_url, name) as origin:
        laws: dict[str, dict[str, Any]] = {}
        seen: dict[str, set[int]] = {}
        for number, label, text in origin.rows("p.param_name, p.distribution_json", "trial_params"):
            laws[label] = json.loads(text)  # the newest one
            seen.setdefault(label, set()).add(number)
        every = set().union(*seen.values())
        partial = sorted(label for label, numbers in seen.items() if numbers != every)
        if partial:
            raise InvalidArgument(
                f"the Optuna study {origin.name!r} uses {', '.join(partial)} in some trials only",
                hint="write the space with hp.choice, whose options hold what depends on it",
            )
        return {label: _law(label, law) for label, law in laws.items()}


def _law(label: str, law: dict[str, Any]) -> Any:
    given, kind = law["attributes"], str(law["name"])
    if "choices" in given:
        return hp.choice(label, list(given["choices"]))
    log, step = given.get("log", False) or "Log" in kind, given.get("step", given.get("q"))
    if kind.startswith("Int"):
        return hp.int(given["low"], given["high"], log=log, step=1 if log else step or 1, label=label)
    return hp.float(given["low"], given["high"], log=log, step=step, label=label)


@contextmanager
def _opened(path_or_url: str | os.PathLike[str], name: str | None) -> Iterator[_Origin]:
    path = _path(path_or_url)
    try:
        file = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise InvalidArgument(f"{path!r} cannot be opened: {error}") from None
    try:
        yield _chosen(file, path, name)
    except sqlite3.Error as error:
        raise InvalidArgument(
            f"{path!r} is no SQLite file that Optuna 3 to 5 wrote: {error}",
            hint="an older file: `optuna storage upgrade`; another storage: optuna.copy_study() into sqlite:///",
        ) from None
    except ParzenError:
        raise
    except (ValueError, LookupError, TypeError) as error:
        raise InvalidArgument(f"{path!r} has a value that Optuna does not write: {error}") from None
    finally:
        file.close()


def _path(path_or_url: str | os.PathLike[str]) -> str:
    text = os.fspath(path_or_url)
    scheme, separator, rest = text.partition("://")
    if separator:
        if scheme.partition("+")[0] != "sqlite":
            raise InvalidArgument(
                f"only Optuna's SQLite files can be read; got {scheme}://",
                hint="copy the study into one with optuna.copy_study()",
            )
        text = rest.removeprefix("/").partition("?")[0]  # sqlite:////tmp/x.db is /tmp/x.db
    if not os.path.isfile(text):
        raise StudyNotFound(f"there is no file {text!r}")
    return text


def _chosen(file: sqlite3.Connection, path: str, name: str | None) -> _Origin:
    ids = dict(file.execute("SELECT study_name, study_id FROM studies ORDER BY study_id"))
    shown = ", ".join(repr(known) for known in ids) or "none"
    if name is None and len(ids) > 1:
        raise InvalidArgument(f"{path!r} has {len(ids)} studies: {shown}", hint="say which one with name=")
    if not ids or (name is not None and name not in ids):
        wanted = "study" if name is None else f"study {name!r}"
        guess = did_you_mean(name or "", list(ids))
        raise StudyNotFound(f"{path!r} has no {wanted}; it has {shown}.{guess}")
    chosen = name if name is not None else next(iter(ids))
    found = file.execute(
        "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", (ids[chosen],)
    )
    directions = [direction for (direction,) in found]
    if len(directions) != 1:
        raise InvalidArgument(
            f"the Optuna study {chosen!r} has {len(directions)} objectives; one can be read"
        )
    return _Origin(file, path, ids[chosen], chosen, directions[0] == "MAXIMIZE")


def _identity(origin: _Origin) -> str:
    """A hash of what stays as it is when the study goes on or its file is moved."""
    first = origin.file.execute(
        "SELECT datetime_start FROM trials WHERE study_id = ? ORDER BY number LIMIT 1", (origin.id,)
    ).fetchone()
    text = repr((origin.name, origin.maximize, first))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _trials(origin: _Origin) -> Iterator[Found | None]:
    """The trials in order; None for one that has not ended."""
    zone = _zone(origin)
    found: dict[int, Found | None] = {}
    query = "SELECT number, state, datetime_start, datetime_complete FROM trials WHERE study_id = ?"
    for number, state, start, complete in origin.file.execute(f"{query} ORDER BY number", (origin.id,)):
        found[number] = None
        if state in _STATUS:
            found[number] = Found(
                number, {}, _STATUS[state], started=_seconds(start, zone), ended=_seconds(complete, zone)
            )
    sign = -1.0 if origin.maximize else 1.0
    for number, label, value, law in origin.rows(
        "p.param_name, p.param_value, p.distribution_json", "trial_params"
    ):
        trial = found[number]
        if trial is not None:
            trial.values[label] = _value(value, law)
    for number, value, kind in origin.rows("p.value, p.value_type", "trial_values"):
        trial = found[number]
        if trial is not None and trial.status == "done":
            trial.losses = [sign * _SPECIAL.get(kind, value)]
    parts = origin.rows(
        "p.step, p.intermediate_value, p.intermediate_value_type", "trial_intermediate_values"
    )
    for number, step, value, kind in parts:
        trial = found[number]
        if trial is not None:
            trial.reports.append((float(step), sign * _SPECIAL.get(kind, value)))
    attributes: dict[int, dict[str, Any]] = {}
    for number, key, text in origin.rows("p.key, p.value_json", "trial_user_attributes"):
        attributes.setdefault(number, {})[key] = json.loads(text)
    for number, trial in found.items():
        if trial is not None:
            _complete(trial, attributes.get(number, {}))
        yield trial


def _complete(trial: Found, attributes: dict[str, Any]) -> None:
    """Order reports, and make the result of a trial as an objective of ours would have returned it."""
    trial.reports.sort()
    trial.metrics = numbers_in(attributes)
    if trial.status == "done":
        trial.result = {**attributes, "loss": trial.losses[0], "status": "ok"}
    else:
        trial.result = {**attributes, "status": "fail"}
        if trial.status == "pruned":
            trial.result["pruned"] = True


def _value(value: float, law: str) -> Any:
    """Optuna stores a float for every parameter: of a categorical the index of the choice."""
    read = json.loads(law)
    choices = read["attributes"].get("choices")
    if choices is not None:
        return choices[int(value)]
    return round(value) if str(read["name"]).startswith("Int") else value


def _zone(origin: _Origin) -> dt.tzinfo | None:
    """Times have no zone in the file: Optuna 5 writes UTC, those before wrote local time."""
    found = origin.file.execute("SELECT library_version FROM version_info").fetchone()
    major = str(found[0]).partition(".")[0] if found else ""
    return dt.UTC if major.isdigit() and int(major) >= 5 else None


def _seconds(text: str | None, zone: dt.tzinfo | None) -> float:
    return math.nan if text is None else dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
