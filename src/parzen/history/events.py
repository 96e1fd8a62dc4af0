"""The events a study consists of, and their JSON.

A study is a list of events that is only ever appended to. Each kind has a
version; a reader stops at a kind or version it does not know. An event may
carry a unique key: a store refuses a batch with a key that exists.

Files are read for many years, so fields are added with a default and never
renamed or removed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from parzen.errors import InvalidEvent

EVENTS: dict[str, type[Event]] = {}


@dataclass(slots=True)
class Event:
    """Something that happened, at `at` seconds since 1970 (UTC). Never changed once it is in a log."""

    at: float

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    later: ClassVar[frozenset[str]] = frozenset()  # fields added since; not written where they are empty

    @property
    def key(self) -> str | None:
        """What must be unique in the study, if anything."""
        return None

    @classmethod
    def __init_subclass__(cls) -> None:
        cls.kind = cls.__name__.lower()
        EVENTS[cls.kind] = cls


@dataclass(slots=True)
class Created(Event):
    """The study exists: its space, its objectives and where it was made."""

    study: str
    space: dict[str, Any]
    fingerprint: str
    objectives: list[str]
    versions: dict[str, str] = field(default_factory=dict)
    host: str = ""
    command: str = ""
    commit: str | None = None

    @property
    def key(self) -> str:
        """A study is created once."""
        return "created"


@dataclass(slots=True)
class Configured(Event):
    """Settings that hold for trials opened from here on."""

    seed: int
    algorithm: dict[str, Any]
    pruner: dict[str, Any] | None = None
    lockstep: int | None = None
    max_evals: int | None = None
    timeout: float | None = None
    loss_threshold: float | None = None
    on_error: str = "raise"
    max_failures: int | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    objective: str | None = None


@dataclass(slots=True)
class Extended(Event):
    """The space from here on; points keep the values that are legal in it."""

    space: dict[str, Any]
    fingerprint: str


@dataclass(slots=True)
class Opened(Event):
    """A trial has a number; `owner` is about to suggest its point."""

    number: int
    owner: str = ""

    later: ClassVar[frozenset[str]] = frozenset({"owner"})

    @property
    def key(self) -> str:
        """Two writers cannot open one number."""
        return f"opened/{self.number}"


@dataclass(slots=True)
class Suggested(Event):
    """A trial has a point."""

    number: int
    point: dict[str, float | int]
    budget: float | None = None
    note: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A trial has one point."""
        return f"suggested/{self.number}"


@dataclass(slots=True)
class Claimed(Event):
    """Somebody evaluates the trial; attempts count from 1."""

    number: int
    attempt: int
    owner: str

    @property
    def key(self) -> str:
        """An attempt has one owner."""
        return f"claimed/{self.number}/{self.attempt}"


@dataclass(slots=True)
class Released(Event):
    """An attempt ended without an outcome; the trial waits for the next."""

    number: int
    attempt: int
    why: str = ""


@dataclass(slots=True)
class Reported(Event):
    """An intermediate value of a running trial."""

    number: int
    attempt: int
    value: float
    step: float


@dataclass(slots=True)
class Finished(Event):
    """The outcome of an attempt. `losses` are minimised; empty where there is none."""

    number: int
    attempt: int
    status: str
    losses: list[float]
    metrics: dict[str, float] = field(default_factory=dict)
    result: Any = None
    error: dict[str, Any] | None = None


@dataclass(slots=True)
class Amended(Event):
    """A finished trial's outcome was corrected by hand."""

    number: int
    status: str
    losses: list[float]
    metrics: dict[str, float] = field(default_factory=dict)
    result: Any = None


@dataclass(slots=True)
class Excluded(Event):
    """A trial no longer counts."""

    number: int
    why: str = ""


@dataclass(slots=True)
class Noted(Event):
    """A remark on a trial, or on the study."""

    note: dict[str, Any]
    number: int | None = None


@dataclass(slots=True)
class Enqueued(Event):
    """A point to be tried: the n-th goes to the n-th trial opened after it that has none."""

    point: dict[str, float | int]
    note: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Imported(Event):
    """The trials opened next come from elsewhere."""

    origin: str


@dataclass(slots=True)
class Requested(Event):
    """Somebody asked the search to pause, resume, stop or cancel."""

    what: str


def to_json(event: Event) -> dict[str, Any]:
    """An event as a JSON object.

    Values that JSON cannot hold become markers ``{"$unsaved": "module:Type"}``;
    `unsaved` lists them.

    Args:
        event: Any event.

    >>> to_json(Opened(at=0.5, number=3))
    {'kind': 'opened', 'v': 1, 'at': 0.5, 'number': 3}
    """
    data: dict[str, Any] = {"kind": event.kind, "v": event.version}
    for name in _names(type(event)):
        value = getattr(event, name)
        data[name] = value if type(value) in _AS_THEY_ARE else plain(value)
    for name in event.later:
        if not data[name]:
            del data[name]
    return data


_AS_THEY_ARE = frozenset({int, str, bool, type(None)})


_NAMES: dict[type[Event], dict[str, None]] = {}  # of the fields of each kind, found once


def _names(kind: type[Event]) -> dict[str, None]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = dict.fromkeys(f.name for f in fields(kind))
    return names


def from_json(data: Mapping[str, Any]) -> Event:
    """Read what `to_json` wrote.

    Args:
        data: A JSON object.

    Raises:
        InvalidEvent: If its kind or version is unknown to this release.
    """
    kind = EVENTS.get(data.get("kind", ""))
    if kind is None or data.get("v", 0) > kind.version:
        raise InvalidEvent(
            f"the log has an event {data.get('kind')!r} of version {data.get('v')!r}, "
            "which this release cannot read",
            hint="open it with the release that wrote it, or a newer one",
        )
    known = _names(kind)
    try:
        return kind(
            **{
                name: revived(value) if type(value) in _NESTED else value
                for name, value in data.items()
                if name in known
            }
        )
    except TypeError as error:
        raise InvalidEvent(f"an event {kind.kind!r} of the log lacks a field: {error}") from None


def plain(value: Any) -> Any:
    """A value as JSON can hold it: NumPy made plain, NaN and infinities tagged, others marked.

    Args:
        value: Anything.

    >>> plain({"a": (1, float("nan"))})
    {'a': [1, {'$float': 'nan'}]}
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is float or isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, (int, str)):
        return str(value) if isinstance(value, str) else int(value)
    if kind is dict or isinstance(value, Mapping):
        return {str(key): item if type(item) in _AS_THEY_ARE else plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return plain(value.tolist())
    return {"$unsaved": f"{kind.__module__}:{kind.__qualname__}"}


_NESTED = frozenset({dict, list})


def revived(value: Any) -> Any:
    """What `plain` gave, with tagged numbers as floats again."""
    if type(value) is dict:
        if len(value) == 1 and "$float" in value:
            return float(value["$float"])
        return {key: revived(item) if type(item) in _NESTED else item for key, item in value.items()}
    if type(value) is list:
        return [revived(item) if type(item) in _NESTED else item for item in value]
    return value
