"""The Store protocol and the table of schemes.

Everything is atomic per call. Readers never see event n+1 before event n, a
batch is all or nothing, and a key that exists makes the whole batch fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from parzen.errors import InvalidArgument, did_you_mean
from parzen.history.events import Event


class Store(Protocol):
    """Keeps the events of studies, and named bytes beside them."""

    def append(self, study: str, events: Sequence[Event]) -> int:
        """Append a batch; returns the number of its last event.

        Args:
            study: The study's name.
            events: In order.

        Raises:
            Taken: If the unique key of one of them exists; nothing is written then.
        """
        ...

    def read(self, study: str, after: int) -> list[Event]:
        """The events after number `after`, in order, without gaps.

        Args:
            study: The study's name.
            after: The last event that is known already; 0 for all.
        """
        ...

    def studies(self) -> list[str]:
        """The names of all studies."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a name, replacing what was there.

        Args:
            key: Its name.
            data: The bytes.
        """
        ...

    def get(self, key: str) -> bytes:
        """The bytes under a name.

        Args:
            key: Its name.

        Raises:
            KeyError: If there are none.
        """
        ...

    def hold(self, study: str, number: int, attempt: int, owner: str, seconds: float) -> bool:
        """Take or renew the lease of an attempt; True if `owner` now holds it.

        Args:
            study: The study's name.
            number: The trial's.
            attempt: Which claim.
            owner: Who wants it.
            seconds: For how long from now.
        """
        ...


def _memory(rest: str) -> Store:
    from parzen.storage.memory import MemoryStore

    del rest
    return MemoryStore()


SCHEMES: dict[str, Callable[[str], Store]] = {"memory": _memory}


def open_store(url: str) -> Store:
    """Open the store that a URL names.

    Args:
        url: ``"memory://"`` keeps everything in this process.

    Raises:
        InvalidArgument: If no store has the URL's scheme.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise InvalidArgument(
            f"no store is known for {url!r}.{did_you_mean(scheme, list(SCHEMES))} Known: "
            + ", ".join(f"{name}://" for name in SCHEMES)
        )
    return SCHEMES[scheme](rest)
