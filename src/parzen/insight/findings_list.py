"""Findings: what a search has learned, one sentence each, with numbers and a fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parzen.insight.table import ENOUGH, table

KINDS = ("edge", "dead", "narrow", "branch", "noise", "failing", "converged", "pruner", "few")


@dataclass(frozen=True)
class Finding:
    """One thing that the trials show.

    Attributes:
        kind: One of `KINDS`.
        label: The hyperparameter it is about, or None.
        sentence: What is so, and what to do.
        evidence: The numbers behind it.
        change: For the next space: what to do with the hyperparameter, or empty.
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


def findings(target: Any) -> list[Finding]:
    """What the trials show, in the order of `KINDS`.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.
    """
    data = table(target)
    if len(data) < ENOUGH:
        return [
            Finding(
                "few",
                None,
                f"{len(data)} successful trials are too few; run at least {ENOUGH}.",
                {"trials": len(data)},
            )
        ]
    return []
