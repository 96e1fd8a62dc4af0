"""What a finding is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("few", "edge", "failing", "branch", "narrow", "dead", "noise", "pruner", "converged")


@dataclass(frozen=True)
class Finding:
    """One thing that the trials show.

    Attributes:
        kind: One of `KINDS`.
        label: The hyperparameter it is about, or None.
        sentence: What is so, and what to do.
        evidence: The numbers behind it, plain JSON values.
        change: What follows for the next space: ``{"low": ..., "high": ...}`` new bounds, ``{"fix": value}``,
            ``{"drop": [option, ...]}``, or nothing.
    """

    kind: str
    label: str | None
    sentence: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    change: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "label": self.label,
            "sentence": self.sentence,
            "evidence": dict(self.evidence),
            "change": dict(self.change),
        }


def number(x: float) -> str:
    """A number as sentences show it.

    >>> number(0.123456), number(3.0), number(1e-05)
    ('0.1235', '3', '1e-05')
    """
    return f"{float(x):.4g}"


def counted(n: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "trial"), counted(3, "trial")
    ('1 trial', '3 trials')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"
