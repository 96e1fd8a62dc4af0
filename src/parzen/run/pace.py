"""How often something may be shown: at once while it is rare, at a steady rate where it is not."""

from __future__ import annotations

import time


class Pace:
    """A budget that fills up with time.

    Args:
        burst: How many may come at once.
        per_second: How many more each second allows.
    """

    __slots__ = ("_at", "_burst", "_left", "_per_second")

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._per_second = burst, per_second
        self._left = burst
        self._at = time.monotonic()

    def may(self, now: float | None = None) -> bool:
        """Whether one may come now; if so, it counts as having come.

        Args:
            now: Seconds on the monotonic clock; left out, it is read.
        """
        now = time.monotonic() if now is None else now
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
