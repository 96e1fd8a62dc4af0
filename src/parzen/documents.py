"""Hyperopt's trial documents: a way of looking at trials. The only place that knows their shape."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from parzen.errors import InvalidTrial
from parzen.executors.base import Outcome
from parzen.history.history import ENDED, Status, Trial
from parzen.run.evaluate import STATUSES, outcome_of

Document = dict[str, Any]

JOB_STATE_NEW = 0
JOB_STATE_RUNNING = 1
JOB_STATE_DONE = 2
JOB_STATE_ERROR = 3
JOB_STATE_CANCEL = 4
JOB_STATES = [JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL]
JOB_VALID_STATES = {JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE}

STATUS_NEW, STATUS_RUNNING, STATUS_SUSPENDED, STATUS_OK, STATUS_FAIL = STATUS_STRINGS = STATUSES

TRIAL_KEYS = [
    "tid",
    "spec",
    "result",
    "misc",
    "state",
    "owner",
    "book_time",
    "refresh_time",
    "exp_key",
]
TRIAL_MISC_KEYS = ["tid", "cmd", "idxs", "vals"]
COMMAND = ("domain_attachment", "FMinIter_Domain")


def moment(seconds: float) -> datetime | None:
    """Seconds since 1970 as documents show them: naive UTC, cut to milliseconds; None for NaN."""
    if math.isnan(seconds):
        return None
    exact = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)


def blank(
    tid: Any, misc: dict[str, Any], *, result: Any = None, spec: Any = None, exp_key: Any = None
) -> Document:
    """A new document.

    Args:
        tid: The trial's id.
        misc: Its ``misc`` part.
        result: Left out, ``{"status": "new"}``.
        spec: Kept as it is; Hyperopt's is None.
        exp_key: Which experiment it belongs to.
    """
    return {
        "state": JOB_STATE_NEW,
        "tid": tid,
        "spec": spec,
        "result": {"status": STATUS_NEW} if result is None else result,
        "misc": misc,
        "exp_key": exp_key,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


def misc_of(tid: Any, point: Mapping[str, float | int], labels: Iterable[str]) -> dict[str, Any]:
    """The ``misc`` part: indices and values of every label; empty lists where inactive.

    Args:
        tid: The trial's id.
        point: Label -> stored value, active labels only.
        labels: All labels of the space.
    """
    return {
        "tid": tid,
        "cmd": COMMAND,
        "workdir": None,
        "idxs": {label: [tid] if label in point else [] for label in labels},
        "vals": {label: [point[label]] if label in point else [] for label in labels},
    }


def document(trial: Trial, tid: Any, labels: Sequence[str], exp_key: Any) -> Document:
    """The document of a trial that has a point.

    Args:
        trial: Any trial with a point.
        tid: Its id.
        labels: All labels of the space.
        exp_key: Which experiment it belongs to.
    """
    made = blank(tid, misc_of(tid, trial.shown, labels), exp_key=exp_key)
    update(made, trial)
    return made


def update(doc: Document, trial: Trial) -> None:
    """Bring state, result, error and times of a document up to date with its trial.

    Args:
        doc: Changed in place.
        trial: Its trial.
    """
    doc["book_time"], doc["refresh_time"] = moment(trial.started), moment(trial.ended)
    doc["state"] = state_of(trial)
    if trial.error is not None:
        doc["misc"]["error"] = (trial.error["type"], trial.error["message"])
    elif trial.status is Status.PRUNED:
        doc["result"] = {"status": STATUS_FAIL, "loss": last_report(trial), "pruned": True}
    elif trial.status in ENDED:
        doc["result"] = trial.result
    if trial.status in ENDED and doc["refresh_time"] is None:
        doc["refresh_time"] = doc["book_time"]


def last_report(trial: Trial) -> float | None:
    """The value of a trial's last step, if it reported any."""
    return trial.reports[max(trial.reports)] if trial.reports else None


def state_of(trial: Trial) -> int:
    """A trial's job state."""
    if trial.status not in ENDED:
        return JOB_STATE_RUNNING if trial.claimed else JOB_STATE_NEW
    return JOB_STATE_ERROR if trial.error is not None or trial.status is Status.LOST else JOB_STATE_DONE


def snapshot(doc: Document) -> tuple[Any, Any, Any]:
    """What of a document the log must agree with: state, status and loss."""
    result = doc.get("result") or {}
    return doc["state"], result.get("status"), result.get("loss")


def outcome_in(doc: Document) -> Outcome:
    """The outcome that a document with state DONE or ERROR carries.

    A result without a usable status or loss is a failure, never an error:
    documents are read as they are.

    Args:
        doc: The document.
    """
    result = doc.get("result")
    error = doc["misc"].get("error")
    if doc["state"] == JOB_STATE_ERROR or error is not None:
        kind, message = (
            error if isinstance(error, (tuple, list)) and len(error) == 2 else ("Error", str(error))
        )
        text = {"type": str(kind), "message": str(message), "traceback": ""}
        return Outcome("failed", error=text, result=result)
    if not isinstance(result, Mapping):
        return Outcome("failed", result=result)
    try:
        read = outcome_of({"status": STATUS_FAIL if "loss" not in result else STATUS_OK, **result})
    except (TypeError, ValueError):
        return Outcome("failed", result=result)
    if result.get("status") != STATUS_OK:
        read.status = "failed"
    read.result = result  # the very object, so that edits show
    return read


def point_in(doc: Document) -> dict[str, float | int]:
    """Label -> stored value of a document, as plain Python numbers; inactive labels are left out."""
    point: dict[str, float | int] = {}
    for label, values in doc["misc"]["vals"].items():
        if len(values):
            value = values[0]
            value = value.item() if hasattr(value, "item") else value
            if isinstance(value, (int, float)):
                point[label] = int(value) if isinstance(value, (bool, int)) else float(value)
    return point


def check(doc: Any, exp_key: Any = None) -> Document:
    """Check that an object is a trial document.

    Args:
        doc: Anything.
        exp_key: The experiment it must belong to.

    Raises:
        InvalidTrial: If a key is missing or ids contradict each other.
    """
    if not isinstance(doc, dict):
        raise InvalidTrial(f"a trial document must be a dict; got {type(doc).__name__}", obj=doc)
    for part, needed, where in [
        (doc, TRIAL_KEYS, "document"),
        (doc.get("misc"), TRIAL_MISC_KEYS, "misc part"),
    ]:
        missing = [key for key in needed if key not in (part or {})]
        if missing:
            raise InvalidTrial(f"the trial's {where} lacks {', '.join(map(repr, missing))}", obj=doc)
    if doc["tid"] != doc["misc"]["tid"]:
        raise InvalidTrial(f"tid {doc['tid']!r} and misc.tid {doc['misc']['tid']!r} differ", obj=doc)
    if doc["state"] not in JOB_STATES:
        raise InvalidTrial(f"state must be one of {JOB_STATES}; got {doc['state']!r}", obj=doc)
    if doc["exp_key"] != exp_key:
        raise InvalidTrial(f"exp_key is {doc['exp_key']!r}, but these trials have {exp_key!r}", obj=doc)
    return doc


class TrialAttachments:
    """One trial's attachments: get, set, delete and test by name.

    Args:
        store: Where all attachments are.
        tid: The trial's id.
    """

    def __init__(self, store: dict[str, Any], tid: Any) -> None:
        self._store, self._tid = store, tid

    def _key(self, name: str) -> str:
        return f"ATTACH::{self._tid}::{name}"

    def __contains__(self, name: str) -> bool:
        return self._key(name) in self._store

    def __getitem__(self, name: str) -> Any:
        return self._store[self._key(name)]

    def __setitem__(self, name: str, value: Any) -> None:
        self._store[self._key(name)] = value

    def __delitem__(self, name: str) -> None:
        del self._store[self._key(name)]

    def keys(self) -> list[str]:
        """The names."""
        start = self._key("")
        return [key.removeprefix(start) for key in self._store if key.startswith(start)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())


def idxs_vals(miscs: Sequence[Mapping[str, Any]]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Label -> ids and label -> values, over documents' misc parts.

    Args:
        miscs: In order.

    Raises:
        InvalidTrial: If there are none; a ValueError.
    """
    if not miscs:
        raise InvalidTrial("there are no trials")
    labels = dict.fromkeys(label for misc in miscs for label in misc["idxs"])
    idxs: dict[str, list[Any]] = {label: [] for label in labels}
    vals: dict[str, list[Any]] = {label: [] for label in labels}
    for misc in miscs:
        for label, ids in misc["idxs"].items():
            idxs[label].extend(ids)
            vals[label].extend(misc["vals"][label])
    return idxs, vals
