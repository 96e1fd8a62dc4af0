"""Attachments of a durable study: bytes in its store, looked at as Hyperopt's dict."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from parzen.errors import InvalidArgument, ResultWarning, warn
from parzen.executors.base import Outcome
from parzen.history.history import Trial
from parzen.run.study import Study


class StoredAttachments(MutableMapping[str, bytes]):
    """Name -> bytes over a study's store; names are Hyperopt's ``ATTACH::<tid>::<name>``.

    A name is in the log once bytes have been stored under it. Deleting it removes it from the log's view;
    the bytes stay.

    Args:
        study: Whose attachments.
    """

    def __init__(self, study: Study) -> None:
        self._study = study

    def _names(self) -> dict[str, None]:
        names: dict[str, None] = {}
        for event in self._study.ledger.notes:
            if "attached" in event.note:
                names[str(event.note["attached"])] = None
            elif "detached" in event.note:
                names.pop(str(event.note["detached"]), None)
        return names

    def _key(self, name: str) -> str:
        return f"{self._study.name}/{name}"

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names():
            raise KeyError(name)
        return self._study.store.get(self._key(name))

    def __setitem__(self, name: str, value: bytes) -> None:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise InvalidArgument(
                f"an attachment of a durable study must be bytes; {name!r} is a {type(value).__name__}",
                hint="write pickle.dumps(value), or save it into trial.directory",
            )
        self._study.store.put(self._key(name), bytes(value))
        if name not in self._names():
            self._study.note({"attached": name})

    def __delitem__(self, name: str) -> None:
        if name not in self._names():
            raise KeyError(name)
        self._study.note({"detached": name})

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


def keep(study: Study, trial: Trial, outcome: Outcome) -> None:
    """Keep what an outcome brought along beside a durable study; what is no bytes is named in a warning.

    Args:
        study: The study.
        trial: Whose outcome it is.
        outcome: With its attachments.
    """
    kept = StoredAttachments(study)
    for name, value in outcome.attachments.items():
        try:
            kept[f"ATTACH::{trial.number}::{name}"] = value
        except InvalidArgument as error:  # the result is kept all the same
            warn(f"not kept: {error}; {error.hint}", ResultWarning)
