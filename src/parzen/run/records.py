"""Studies and trials as other services show them: readable values in the user's own sign.

A record is a snapshot. It holds plain values only, so that whoever gets one
can neither change the search nor needs to know how values are stored.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parzen.history.history import Status, Trial
from parzen.naming import readable
from parzen.run.failures import why_failed
from parzen.run.study import Study

Value = int | float | str


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A study as a service shows it.

    Attributes:
        id: Its name and eight digits that no other study has; the same after each resume. Letters,
            digits, ``_``, ``-`` and ``.`` only, so that it can name a folder.
        name: Its name.
        objective: ``"loss"``, or ``"value"`` where the study maximises.
        maximize: Whether large values are good.
        labels: The hyperparameters, in the space's order.
        settings: What was configured, as plain values: ``seed``, ``algorithm``, ``max_evals`` and others.
    """

    id: str
    name: str
    objective: str
    maximize: bool
    labels: Sequence[str] = ()
    settings: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial as a service shows it.

    Attributes:
        number: Counts from 0 in its study.
        attempt: Which evaluation of it this is, from 1 on; above 1 after a worker died.
        state: ``"running"``, ``"done"``, ``"pruned"`` or ``"failed"``.
        params: Label -> value of the active hyperparameters; an option of a choice by its name.
        value: What the objective returned; None where there is no loss.
        metrics: Other numbers of the result.
        reports: Step -> intermediate value, in the order of the steps; empty while it runs.
        error: What went wrong in one line, such as ``"ValueError: no such layer"``; empty if nothing did.
        error_type: The class of the exception, such as ``"ValueError"``; empty without one.
        traceback: Its traceback; empty without one.
        started: Seconds since 1970.
        ended: Seconds since 1970; None while it runs.
        improved: Whether it was the best so far when it ended.
    """

    number: int
    attempt: int
    state: str
    params: Mapping[str, Value]
    value: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    reports: Mapping[float, float] = field(default_factory=dict)
    error: str = ""
    error_type: str = ""
    traceback: str = ""
    started: float = 0.0
    ended: float | None = None
    improved: bool = False

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; None while it runs."""
        return None if self.ended is None else max(self.ended - self.started, 0.0)


class Recorder:
    """Makes the records of one study.

    Args:
        study: Whose.
    """

    def __init__(self, study: Study) -> None:
        self._study = study

    def study(self) -> StudyRecord:
        """The study as it is now."""
        study, configured = self._study, self._study.ledger.configured
        settings: dict[str, Value] = {"seed": study.seed}
        if configured is not None:
            settings["algorithm"] = str(configured.algorithm.get("name", "")).rpartition(":")[2]
            if configured.pruner is not None:
                settings["pruner"] = str(configured.pruner.get("name", "")).rpartition(":")[2]
            for name in ("max_evals", "timeout", "loss_threshold", "lockstep", "max_failures"):
                if getattr(configured, name) is not None:
                    settings[name] = getattr(configured, name)
        return StudyRecord(
            id=_identity(study),
            name=study.name,
            objective="value" if study.maximize else "loss",
            maximize=study.maximize,
            labels=[param.label for param in study.space.params],
            settings=settings,
        )

    def trial(self, trial: Trial, *, running: bool = False, improved: bool = False) -> TrialRecord:
        """A trial as it is now.

        Args:
            trial: Of this study, with a point.
            running: Whether it is shown as it was before it ended.
            improved: Whether it was the best so far when it ended.
        """
        started = trial.started if math.isfinite(trial.started) else trial.opened
        params = readable(self._study.space, trial.point or {})
        shown = TrialRecord(trial.number, trial.attempt, "running", params, started=started)
        if running:
            return shown
        sign = -1.0 if self._study.maximize else 1.0
        failed = trial.status is Status.FAILED
        return TrialRecord(
            number=shown.number,
            attempt=shown.attempt,
            state=trial.status.name.lower(),
            params=shown.params,
            value=sign * trial.losses[0] if trial.losses else None,
            metrics=dict(trial.metrics),
            reports={step: sign * value for step, value in sorted(trial.reports.items())},
            error=why_failed(trial) if failed else "",
            error_type=why_failed(trial).partition(":")[0] if failed and trial.error else "",
            traceback=str((trial.error or {}).get("traceback", "")) if failed else "",
            started=started,
            ended=trial.ended if math.isfinite(trial.ended) else started,
            improved=improved,
        )


def _identity(study: Study) -> str:
    created = study.ledger.created
    text = f"{study.name} {created.at!r} {created.host} {created.fingerprint}" if created else study.name
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", study.name)[:60]
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
