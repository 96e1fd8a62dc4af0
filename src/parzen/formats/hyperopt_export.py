"""Trials as the pickle that Hyperopt itself loads: `hyperopt.base.Trials`, made without Hyperopt.

A pickle names its class. Python's own writer insists on importing what it
names, so the few opcodes around the state are written here.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping
from typing import Any

_PROTOCOL = 2  # that of old readers too
_CLASS = b"chyperopt.base\nTrials\n"
_SHOWN = (0, 1, 2)  # states that `trials` shows: new, running, done
_NEW = b")\x81"  # an object without arguments: EMPTY_TUPLE, NEWOBJ


def pickled(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Documents as a pickled ``hyperopt.Trials``.

    Results keep what a pickle of plain data can hold.

    Args:
        documents: Hyperopt's, one for each trial.
    """
    docs = [_plain(dict(doc)) for doc in documents]
    state: dict[str, Any] = {
        "_ids": {doc["tid"] for doc in docs},
        "_dynamic_trials": docs,
        "_trials": [doc for doc in docs if doc["state"] in _SHOWN],
        "_exp_key": None,
        "attachments": {},
    }
    body = pickle.dumps(state, _PROTOCOL)
    start = pickle.PROTO + bytes([_PROTOCOL])
    return (
        start
        + _CLASS
        + _NEW
        + body.removeprefix(start).removesuffix(pickle.STOP)
        + pickle.BUILD
        + pickle.STOP
    )


def _plain(value: Any) -> Any:
    """Dicts and lists of their own types; what is of a class of ours or of others becomes its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value)) if type(value) in (list, tuple) else [_plain(v) for v in value]
    if value is None or type(value).__module__ in ("builtins", "datetime"):
        return value
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "ndim", 1) == 0 else repr(value)
