"""What of a result a durable study cannot keep, said once for each key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parzen.errors import ResultWarning, warn
from parzen.history.events import plain

_PLAIN = (bool, int, float, str, type(None))


class Unsaved:
    """Remembers which keys were named."""

    def __init__(self) -> None:
        self._named: set[str] = set()

    def warn(self, result: Any) -> None:
        """Warn of values that become markers in the log.

        Args:
            result: What the objective returned.
        """
        if isinstance(result, Mapping) and all(type(value) in _PLAIN for value in result.values()):
            return
        new = {key: kind for key, kind in _markers(plain(result), "") if key not in self._named}
        if new:
            self._named.update(new)
            shown = ", ".join(f"{key} ({kind.rpartition(':')[2]})" for key, kind in list(new.items())[:5])
            warn(
                f"not kept, because a study in a file keeps JSON only: {shown}; "
                "put it into trial.directory, or attach bytes",
                ResultWarning,
            )


def _markers(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"$unsaved"}:
            yield path or "the result", value["$unsaved"]
            return
        for key, item in value.items():
            yield from _markers(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from _markers(item, path)
