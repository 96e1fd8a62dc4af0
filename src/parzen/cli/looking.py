"""What the commands that look at a study share: its headline, its state, and a line for each trial."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from parzen.cli import terminal
from parzen.errors import InvalidArgument
from parzen.formats.rows import Records
from parzen.history.history import Trial
from parzen.run import owner
from parzen.run.study import Study

STALLED = 120.0  # seconds without an event after which claims of other machines look dead


def about(study: Study) -> dict[str, Any]:
    """A study as documents name it.

    Args:
        study: Any.
    """
    return {
        "store": study.place,
        "name": study.name,
        "direction": "maximize" if study.maximize else "minimize",
    }


def last_moment(study: Study) -> float:
    """When something last happened to a trial, in seconds since 1970; NaN before the first.

    Args:
        study: Any.
    """
    moments = [m for t in study.trials for m in (t.opened, t.started, t.ended) if math.isfinite(m)]
    return max(moments, default=math.nan)


def state_of(study: Study) -> str:
    """``running``, ``paused``, ``finished``, ``stalled`` or ``idle``.

    Args:
        study: Any.
    """
    alive = [owner.alive(study.trials[number].owner) for number in study.ledger.claimed]
    recent = time.time() - last_moment(study) < STALLED
    if any(one or (one is None and recent) for one in alive):
        return "running"
    if study.end is not None and study.ledger.ended >= study.end:
        return "finished"
    if study.paused:
        return "paused"
    return "stalled" if alive else "idle"


def counts(study: Study) -> dict[str, int]:
    """Trials by state.

    Args:
        study: Any.
    """
    return {status.name.lower(): count for status, count in study.ledger.counts.items()}


def best_of(study: Study, records: Records) -> dict[str, Any] | None:
    """The record of the best trial, or None.

    Args:
        study: Any.
        records: Of it.
    """
    found = study.incumbent
    return None if found is None else records.of(study.trials[found[0]])


def values(record: dict[str, Any]) -> str:
    """Values of hyperparameters in one line.

    Args:
        record: Of a trial.
    """
    return " ".join(f"{label}={terminal.number(value)}" for label, value in record["params"].items())


def trial_of(study: Study, number: int) -> Trial:
    """A trial by its number.

    Args:
        study: Any.
        number: From 0 on.

    Raises:
        InvalidArgument: If there is none, or it has no point yet.
    """
    n = len(study.trials)
    if not 0 <= number < n:
        known = f"its trials are 0 to {n - 1}" if n else "it has no trials yet"
        raise InvalidArgument(f"study {study.name!r} of {study.place} has no trial {number}; {known}")
    return study.trials[number]


def headline(study: Study) -> str:
    """A study in one sentence.

    Args:
        study: Any.
    """
    own = counts(study)
    words = [f"{own['done']} ok"] + [
        f"{own[word]} {word}" for word in ("pruned", "failed", "running") if own[word]
    ]
    found = study.incumbent
    best = ""
    if found is not None:
        value = -found[1] if study.maximize else found[1]
        best = f" · best {terminal.number(value)} (trial {found[0]})"
    return f"{terminal.so_far(study.ledger.ended, study.end)}: {', '.join(words)}{best} · {state_of(study)}"


def plain_rows(records: Sequence[dict[str, Any]], labels: Sequence[str]) -> list[list[str]]:
    """Cells of a table of trials: number, state, loss, duration, a column for each label, why it failed.

    Args:
        records: Of trials.
        labels: Hyperparameters.
    """
    return [
        [
            str(record["number"]),
            terminal.state(record["state"]),
            terminal.number(record["loss"]),
            terminal.duration(record["duration_s"]),
            *(terminal.number(record["params"].get(label)) for label in labels),
            "" if record["state"] in ("done", "running", "open") else str(record.get("reason") or ""),
        ]
        for record in records
    ]


def print_trials(study: Study, records: Sequence[dict[str, Any]]) -> None:
    """A table of trials.

    Args:
        study: Theirs.
        records: Of trials.
    """
    used = {label for record in records for label in record["params"]}
    labels = [param.label for param in study.space.params if param.label in used]
    rows = plain_rows(records, labels)
    heads = ["trial", "state", "loss", "time", *labels]
    if any(row[-1] for row in rows):
        heads.append("why")
    else:
        rows = [row[:-1] for row in rows]
    numbers = [p.label for p in study.space.params if not p.options and " " not in p.label]
    print(terminal.table(heads, rows, " ".join(["trial", "loss", "time", *numbers])))
