"""Findings: what a search has learned, one sentence each, with numbers and a fix."""

from __future__ import annotations

from typing import Any

import numpy as np

from parzen.insight.evidence import Evidence
from parzen.insight.finding import KINDS, Finding
from parzen.insight.rules import about_hyperparameters
from parzen.insight.study_rules import converged, failing, few, noise, pruner
from parzen.insight.table import table
from parzen.numerics.threads import one_thread

__all__ = ["KINDS", "Finding", "findings", "found"]


def findings(target: Any) -> list[Finding]:
    """What the trials show, in the order of `KINDS`.

    Nothing is said that trials leave in doubt, so a short or noisy search may have no finding at all. With
    fewer than 30 successful trials only that is said, and what failed trials have in common.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.

    Raises:
        InvalidArgument: If the target is none of these.
    """
    return found(Evidence(table(target)))


def found(seen: Evidence) -> list[Finding]:
    """`findings` of evidence.

    Args:
        seen: The trials.
    """
    # Differences of huge losses are infinite, which is what they should be.
    with np.errstate(over="ignore", invalid="ignore"), one_thread():
        made = [few(seen), failing(seen)]
        if made[0] is None:
            made += [*about_hyperparameters(seen), noise(seen), pruner(seen), converged(seen)]
    kept = [one for one in made if one is not None]
    return sorted(kept, key=lambda one: KINDS.index(one.kind))
