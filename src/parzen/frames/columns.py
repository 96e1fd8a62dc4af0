"""Trials as columns: one value for each trial, and whether it has one.

A value that a trial does not have is *null* (`present` is False there), which
is not NaN: an inactive hyperparameter is null, a loss that came out as NaN is
NaN. Whole numbers stay whole, times are UTC, and what belongs to the search's
own bookkeeping is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.frames.options import has_names, is_ordinal, option_names
from parzen.history.events import Noted, plain
from parzen.history.history import ENDED, Status, Trial
from parzen.space.distributions.base import Labels
from parzen.space.space import Param, Space

STATES = (*(status.name.lower() for status in Status), "excluded")
_EXACT = 2**53  # whole numbers beyond it are not exact as float64, which metrics are kept as
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: dict[Any, Any] = {}
_OURS = frozenset({"loss", "status", "pruned"})  # in results, and in columns of their own
_DTYPES = {"int": np.int64, "float": np.float64, "bool": np.bool_, "time": np.int64, "category": np.int32}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of n values.

    Attributes:
        name: Such as ``"param.lr"``.
        kind: ``"int"``, ``"float"``, ``"bool"``, ``"text"``, ``"time"`` or ``"category"``.
        values: (n,) int64, float64, bool, or object (text); microseconds since 1970 in UTC for times;
            the category's number, int32, for categories. Where a value is null it means nothing.
        present: (n,) bool; False where the value is null.
        categories: The names that a category's numbers stand for.
        ordered: Whether the categories are in order.
    """

    name: str
    kind: str
    values: npt.NDArray[Any]
    present: npt.NDArray[np.bool_]
    categories: tuple[str, ...] = ()
    ordered: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def plain(self) -> list[Any]:
        """Plain Python values, None where null; times as aware `datetime`, categories by name."""
        values: list[Any] = self.values.tolist()
        if self.kind == "category":
            values = [self.categories[code] if code >= 0 else None for code in values]
        elif self.kind == "time":
            values = [_EPOCH + timedelta(microseconds=value) for value in values]
        if self.present.all():
            return values
        return [value if here else None for value, here in zip(values, self.present.tolist())]


def columns_of(
    trials: Sequence[Trial], space: Space, notes: Iterable[Noted] = (), maximize: bool = False
) -> list[Column]:
    """The columns of some trials.

    Args:
        trials: n of one study.
        space: The study's.
        notes: The user's remarks; those on one of the trials become ``attr.`` columns.
        maximize: Whether what the objective returned was to be made large; there is a column
            ``value`` then, the negative of the loss.

    Returns:
        In this order: ``number``, ``state``, ``loss``, ``value``, ``duration_s``, ``started``,
        ``ended``, a ``param.`` for each hyperparameter, a ``metric.`` for each number in results, an
        ``attr.`` for everything else in results and for remarks, ``error.type``, ``error.message``,
        ``worker``.
    """
    losses = _floats("loss", [trial.losses[0] if trial.losses else None for trial in trials])
    started = np.array([trial.started for trial in trials], dtype=np.float64)
    ended = np.array([trial.ended for trial in trials], dtype=np.float64)
    # A trial whose attempt was given back has a start, and waits: its clock is not running.
    started[[trial.status is Status.OPEN for trial in trials]] = math.nan
    found = [
        _filled("number", "int", [trial.number for trial in trials]),
        _category("state", [_state(trial) for trial in trials], STATES),
        losses,
    ]
    if maximize:
        found.append(Column("value", "float", -losses.values, losses.present))
    found += [_duration(started, ended), _times("started", started), _times("ended", ended)]
    points: list[Mapping[str, Any]] = [trial.shown if space.moves else trial.point or {} for trial in trials]
    found += [_parameter(param, points, space) for param in space.params]
    found += _results(trials, notes)
    errors = [_error(trial) for trial in trials]
    found += [
        _texts("error.type", [kind for kind, _ in errors]),
        _texts("error.message", [message for _, message in errors]),
        _texts("worker", [_worker(trial.owner) for trial in trials]),
    ]
    return found


def _state(trial: Trial) -> int:
    return len(Status) if trial.excluded else int(trial.status)


def _error(trial: Trial) -> tuple[str | None, str | None]:
    """Type and message of what went wrong; for a failure without an exception the reason in words."""
    if trial.error is not None:
        kind = str(trial.error.get("type", "")).removeprefix("<class '").removesuffix("'>")
        return kind.rpartition(".")[2] or None, str(trial.error.get("message", ""))
    if trial.status not in ENDED or trial.status in (Status.DONE, Status.PRUNED):
        return None, None
    if trial.losses and math.isnan(trial.losses[0]):
        return None, "the loss is NaN"
    status = trial.result.get("status") if isinstance(trial.result, Mapping) else None
    return None, f"the objective said status {status!r}"


def _worker(owner: str) -> str | None:
    """Host and process of who ran a trial."""
    place, _, rest = owner.partition(" ")
    return f"{place.partition('/')[0]} {rest.partition(' ')[0]}".strip() or None


# One column


def _filled(name: str, kind: str, values: list[Any]) -> Column:
    array: npt.NDArray[Any] = np.array(values, dtype=_DTYPES[kind])
    return Column(name, kind, array, np.ones(len(array), dtype=bool))


def _nullable(name: str, kind: str, values: list[Any], empty: Any) -> Column:
    present = np.array([value is not None for value in values], dtype=bool)
    if not present.all():
        values = [empty if value is None else value for value in values]
    return Column(name, kind, np.array(values, dtype=_DTYPES[kind]), present)


def _floats(name: str, values: list[Any]) -> Column:
    return _nullable(name, "float", values, math.nan)


def _texts(name: str, values: list[str | None]) -> Column:
    array: npt.NDArray[Any] = np.empty(len(values), dtype=object)
    array[:] = values
    return Column(name, "text", array, np.array([value is not None for value in values], dtype=bool))


def _category(name: str, codes: list[Any], names: tuple[str, ...], ordered: bool = False) -> Column:
    column = _nullable(name, "category", codes, -1)
    return Column(name, "category", column.values, column.present, names, ordered)


def _times(name: str, seconds: npt.NDArray[np.float64]) -> Column:
    present = ~np.isnan(seconds)
    micro = np.round(np.where(present, seconds, 0.0) * 1e6).astype(np.int64)
    return Column(name, "time", micro, present)


def _duration(started: npt.NDArray[np.float64], ended: npt.NDArray[np.float64]) -> Column:
    seconds = ended - started
    return Column("duration_s", "float", seconds, ~np.isnan(seconds))


def _parameter(param: Param, points: list[Mapping[str, Any]], space: Space) -> Column:
    name = f"param.{param.label}"
    values = [point.get(param.label) for point in points]
    if has_names(param):
        names = option_names(param)
        if param.label in space.moves:  # points count as the user's space does
            moved = dict(zip(space.moves[param.label], names))
            names = tuple(moved[k] for k in sorted(moved))
        # Old documents may hold an index that this space has not.
        codes = [None if value is None or not 0 <= value < len(names) else int(value) for value in values]
        return _category(name, codes, names, is_ordinal(param))
    geometry = param.distribution.geometry
    whole = isinstance(geometry, Labels) or type(param.distribution.quantile(0.5)) is int
    if whole and all(value is None or float(value).is_integer() for value in values):
        return _nullable(name, "int", values, 0)
    return _floats(name, values)


# Results


def _results(trials: Sequence[Trial], notes: Iterable[Noted]) -> list[Column]:
    """Columns of what results and remarks hold beside the loss."""
    metrics: dict[str, dict[int, Any]] = {}  # name -> row -> value
    others: dict[str, dict[int, Any]] = {}
    for i, trial in enumerate(trials):
        result, told = trial.result, trial.metrics
        own = result if isinstance(result, Mapping) else _NOTHING
        for key, value in told.items():
            if key not in _OURS:
                metrics.setdefault(key, {})[i] = _exact(own.get(key), value)
        if len(own) > len(told) + 2 or not told:  # more than numbers, loss and status
            for key, value in own.items():
                if key not in _OURS and key not in told:
                    others.setdefault(str(key), {})[i] = value
    rows = {trial.number: i for i, trial in enumerate(trials)}
    for noted in notes:
        row = rows.get(noted.number) if noted.number is not None else None
        if row is not None:
            for key, value in noted.note.items():
                others.setdefault(str(key), {})[row] = value
    found = [(f"metric.{name}", values) for name, values in metrics.items()]
    found += [(f"attr.{name}", values) for name, values in others.items()]
    columns = (_typed(name, [values.get(i) for i in range(len(trials))]) for name, values in found)
    return [column for column in columns if column.present.any()]


def _exact(told: Any, metric: float) -> Any:
    """A metric in the type that the objective gave it."""
    if type(told) is float:
        return told
    if isinstance(told, (bool, np.bool_)):
        return bool(told)
    if isinstance(told, (int, np.integer)):
        return int(told) if abs(int(told)) <= _EXACT else metric
    return metric


def _typed(name: str, values: list[Any]) -> Column:
    """A column of the narrowest kind that holds all values."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return _nullable(name, "bool", values, False)
    if kinds == {int} and all(value is None or abs(value) <= _EXACT for value in values):
        return _nullable(name, "int", values, 0)
    if kinds and kinds <= {int, float, bool}:
        return _floats(name, values)
    return _texts(name, [_text(value) for value in values])


def _text(value: Any) -> str | None:
    """A text as it is, anything else as JSON; what a study cannot keep is null."""
    if value is None or isinstance(value, str):
        return value
    kept = plain(value)
    if isinstance(kept, dict) and "$unsaved" in kept:
        return None
    return json.dumps(kept, ensure_ascii=False)
