"""Searches with scripted outcomes, and the form in which two searches are compared.

A script decides what becomes of a trial from its number and point alone. So
one search can be run twice, cut in pieces, or replayed, and must stay the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from parzen.errors import SearchExhausted
from parzen.history.events import plain
from parzen.history.history import ENDED, Status, Trial
from parzen.rng import stream
from parzen.run.study import Study

Script = Callable[[Trial], Any]


def canonical(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """What "the same search" means: everything but times, owners and attempts, as JSON.

    Args:
        trials: In the order of their numbers. Those without a point are left out.
    """
    return [
        {
            "number": trial.number,
            "point": dict(trial.point),
            "budget": trial.budget,
            "note": plain(trial.note),
            "status": trial.status.name if trial.status in ENDED else Status.RUNNING.name,
            "losses": plain(list(trial.losses)),
            "result": plain(trial.result),
            "reports": [[step, plain(value)] for step, value in sorted(trial.reports.items())],
        }
        for trial in trials
        if trial.point is not None
    ]


def digest(study: Study) -> str:
    """A hash of the canonical form of a study's trials."""
    text = json.dumps(canonical(study.trials), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def scripted(failing: float = 0.0, nan: float = 0.0, hanging: float = 0.0) -> Script:
    """A script with a smooth loss, and trials that fail, return NaN or never end.

    Args:
        failing: Share of trials that raise.
        nan: Share of trials whose loss is NaN.
        hanging: Share of trials that stay running; the script returns None for them.

    Returns:
        A function from a trial to what `Study.tell` takes.
    """

    def script(trial: Trial) -> Any:
        draw = float(stream(20, trial.number, "script").random())
        if draw < failing:
            return RuntimeError("scripted failure")
        if draw < failing + nan:
            return float("nan")
        if draw < failing + nan + hanging:
            return None
        return smooth(trial.point or {})

    return script


def smooth(point: Mapping[str, float | int]) -> float:
    """A bounded loss that depends on every value of a point: lower near 1."""
    distances = (abs(value - 1.0) / (1.0 + abs(value - 1.0)) for _, value in sorted(point.items()))
    return sum(distances)


def run(study: Study, script: Script, trials: int) -> Study:
    """Ask and tell, one trial after the other, until a study has that many trials.

    Args:
        study: New or resumed; trials that wait are taken first.
        script: Gives outcomes; None leaves a trial running.
        trials: How many there shall be; fewer if the algorithm has no more points.

    Returns:
        The study.
    """
    while len(study.trials) < trials or study.ledger.waiting:
        try:
            trial = study.ask()
        except SearchExhausted:
            break
        outcome = script(trial)
        if outcome is not None:
            study.tell(trial, outcome)
    return study


def resume(study: Study, script: Script, trials: int) -> Study:
    """Give back what a dead owner had claimed, then go on as `run` does.

    Args:
        study: Read from a log that was cut somewhere.
        script: Gives outcomes.
        trials: How many there shall be in the end.
    """
    for trial in study.trials:
        if trial.claimed:
            study.release(trial.number, "its owner is gone")
    return run(study, script, trials)
