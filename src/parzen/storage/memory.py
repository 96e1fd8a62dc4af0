"""A store in this process's memory: plain lists behind one lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from parzen.errors import Taken
from parzen.history.events import Event


class MemoryStore:
    """Keeps event objects as they are, so that results are the very objects that were told."""

    url = private_url = folder = ""
    shared = False

    def __init__(self) -> None:
        self._logs: dict[str, list[Event]] = {}
        self._keys: dict[str, set[str]] = {}
        self._data: dict[str, bytes] = {}
        self._leases: dict[tuple[str, int, int], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def append(self, study: str, events: Sequence[Event]) -> int:
        """Append a batch; returns the number of its last event.

        Args:
            study: The study's name.
            events: In order.

        Raises:
            Taken: If the unique key of one of them exists; nothing is written then.
        """
        with self._lock:
            log = self._logs.setdefault(study, [])
            keys = self._keys.setdefault(study, set())
            new: set[str] = set()
            for event in events:
                key = event.key
                if key is not None:
                    if key in keys or key in new:
                        raise Taken(f"{key!r} exists already in study {study!r}", key=key)
                    new.add(key)
            keys |= new
            log.extend(events)
            return len(log)

    def read(self, study: str, after: int, most: int | None = None) -> list[Event]:
        """The events after number `after`.

        Args:
            study: The study's name.
            after: The last event that is known already; 0 for all.
            most: At most that many; the first ones.
        """
        with self._lock:
            return self._logs.get(study, [])[after : None if most is None else after + most]

    def studies(self) -> list[str]:
        """The names of all studies that have an event."""
        with self._lock:
            return [name for name, log in self._logs.items() if log]

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a name.

        Args:
            key: Its name.
            data: The bytes.
        """
        with self._lock:
            self._data[key] = bytes(data)

    def get(self, key: str) -> bytes:
        """The bytes under a name.

        Args:
            key: Its name.

        Raises:
            KeyError: If there are none.
        """
        with self._lock:
            return self._data[key]

    def hold(self, study: str, number: int, attempt: int, owner: str, seconds: float) -> bool:
        """Take or renew the lease of an attempt; True if `owner` now holds it.

        Args:
            study: The study's name.
            number: The trial's.
            attempt: Which claim.
            owner: Who wants it.
            seconds: For how long from now.
        """
        with self._lock:
            now = time.monotonic()
            holder, until = self._leases.get((study, number, attempt), (owner, 0.0))
            if holder != owner and until > now:
                return False
            self._leases[study, number, attempt] = (owner, now + seconds)
            return True

    def close(self) -> None:
        """Nothing: memory ends with the process."""
