"""A study as HTML: what it found, its history in one picture, its best trials and its failures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from parzen.cards import markup
from parzen.cards.space import tree_html
from parzen.frames.options import has_names, option_names
from parzen.history.history import Status, Trial
from parzen.history.ledger import Ledger
from parzen.history.queries import incumbent
from parzen.space.space import Space

_BEST = 5
_ROWS = 10
_WIDE = 8  # hyperparameters that a table of trials shows
_KINDS = 20  # of failures
_WORDS = (
    (Status.DONE, "ok"),
    (Status.PRUNED, "pruned"),
    (Status.FAILED, "failed"),
    (Status.LOST, "lost"),
    (Status.RUNNING, "running"),
    (Status.OPEN, "waiting"),
)


def study_html(name: str, ledger: Ledger) -> str:
    """A study's card.

    Args:
        name: The study's.
        ledger: Its trials.
    """
    sign = _sign(ledger)
    best = incumbent(ledger.history())
    word = "value" if sign < 0 else "loss"
    sentence = headline(ledger)
    parts = [markup.heading(f"Study {markup.text(repr(name))}", markup.text(sentence))]
    if best is not None:
        trial = ledger.trials[best[0]]
        rows = [(f"best {word}", _bold(markup.number(sign * best[1]))), *_point_rows(trial, ledger.space)]
        parts.append(markup.table((), [(markup.text(label), cell) for label, cell in rows]))
        values = [_value(trial, sign) for trial in ledger.trials if not trial.excluded]
        parts.append(markup.picture(values, sign > 0, f"History: {sentence}"))
        top = sorted(
            (t for t in ledger.trials if t.status is Status.DONE and t.losses and not t.excluded),
            key=lambda t: (t.losses[0], t.number),
        )[:_BEST]
        if len(top) > 1:
            parts.append(f'<div style="{markup.QUIET}">The {len(top)} best trials</div>')
            parts.append(_trial_rows(top, ledger, columns=False))
    parts += _failures(ledger)
    parts.append(markup.folded(f"Space of {len(ledger.space)}", tree_html(ledger.space)))
    return markup.card(*parts)


def headline(ledger: Ledger) -> str:
    """What a study found, in one sentence.

    Args:
        ledger: Its trials.
    """
    trials, counts = ledger.trials, ledger.counts
    if not trials:
        return "no trials yet"
    shown = ", ".join(f"{counts[status]} {word}" for status, word in _WORDS if counts[status])
    best = incumbent(ledger.history())
    parts = [f"{len(trials)} trials: {shown or 'none that counts'}"]
    if best is not None:
        sign = _sign(ledger)
        parts.insert(0, f"best {markup.number(sign * best[1])} at trial {best[0]}")
        flat = sum(t.status in (Status.DONE, Status.PRUNED, Status.FAILED) for t in trials[best[0] + 1 :])
        if flat:
            parts.append(f"no improvement for {flat} trial{'' if flat == 1 else 's'}")
    return "; ".join(parts)


def trials_html(trials: Sequence[Trial], ledger: Ledger) -> str:
    """A table of trials: all of a few, the first and the last of many.

    Args:
        trials: Of one study.
        ledger: The study's.
    """
    title = f"{len(trials)} trial{'' if len(trials) == 1 else 's'}"
    if not trials:
        return markup.card(markup.heading(title))
    if len(trials) <= _ROWS:
        return markup.card(markup.heading(title), _trial_rows(list(trials), ledger))
    half = _ROWS // 2
    shown = [*trials[:half], *trials[len(trials) - half :]]
    sentence = f"the first and the last {half}"
    return markup.card(markup.heading(title, sentence), _trial_rows(shown, ledger))


def trial_html(trial: Trial) -> str:
    """A trial's card: its values, what came of it, and why it failed if it did.

    Args:
        trial: Any.
    """
    spent = trial.ended - trial.started
    facts = [trial.status.name.lower()]
    facts += [f"loss {markup.number(float(trial.losses[0]))}"] if trial.losses else []
    facts += [f"{_seconds(spent)} s"] if not math.isnan(spent) else []
    facts += ["excluded"] if trial.excluded else []
    parts = [markup.heading(f"Trial {trial.number}", markup.text(" · ".join(facts)))]
    rows = _point_rows(trial, trial._space)
    rows += [(name, markup.text(markup.number(value))) for name, value in trial.metrics.items()]
    parts.append(markup.table((), [(markup.text(label), cell) for label, cell in rows]))
    if trial.reports:
        values = [trial.reports[step] for step in sorted(trial.reports)]
        parts.append(markup.picture(values, True, f"{len(values)} reports of trial {trial.number}"))
    if trial.error is not None:
        kind, message = _reason(trial)
        seen = f"{_bold(markup.text(kind))}: {markup.text(_first_line(message))}"
        details = str(trial.error.get("traceback") or message)
        parts.append(markup.folded(seen, markup.preformatted(details)))
    return markup.card(*parts)


def best_html(point: dict[str, Any], trial: Trial | None, value: float, stopped: str | None) -> str:
    """The card of what a search returned.

    Args:
        point: Label -> stored value.
        trial: The best one, where it is at hand.
        value: What the objective returned.
        stopped: Why the search ended early, or None.
    """
    where = "" if trial is None else f"trial {trial.number}"
    early = f"ended early: {stopped}" if stopped else ""
    rows = _point_rows(trial, trial._space) if trial is not None else _plain_rows(point)
    rows = [("value", _bold(markup.number(value))), *rows]
    sentence = markup.text("; ".join(part for part in (where, early) if part))
    body = markup.table((), [(markup.text(label), cell) for label, cell in rows])
    return markup.card(markup.heading("Best", sentence), body)


def _bold(inner: str) -> str:
    return f"<b>{inner}</b>"


def _sign(ledger: Ledger) -> float:
    return -1.0 if ledger.objectives[0] == "maximize" else 1.0


def _value(trial: Trial, sign: float) -> float:
    good = trial.status is Status.DONE and bool(trial.losses)
    return sign * float(trial.losses[0]) if good else math.nan


def _plain_rows(point: dict[str, Any]) -> list[tuple[str, str]]:
    return [(label, markup.text(markup.number(value))) for label, value in point.items()]


def _point_rows(trial: Trial, space: Space) -> list[tuple[str, str]]:
    """Label and value of the active hyperparameters, choices by name."""
    return [(label, markup.text(_shown(label, value, space))) for label, value in (trial.point or {}).items()]


def _shown(label: str, value: float | int, space: Space) -> str:
    if label in space.index:
        param = space.params[space.index[label]]
        if has_names(param) and 0 <= value < len(param.options):
            return option_names(param)[int(value)]
    return markup.number(value)


def _trial_rows(trials: list[Trial], ledger: Ledger, columns: bool = True) -> str:
    sign, space = _sign(ledger), ledger.space
    used = {label for trial in trials for label in trial.point or ()}
    labels = [param.label for param in space.params if param.label in used][:_WIDE]
    head = ["trial", *(["state"] if columns else []), "value" if sign < 0 else "loss", *labels, "seconds"]
    rows = []
    for trial in trials:
        point = trial.point or {}
        loss = markup.number(sign * float(trial.losses[0])) if trial.losses else ""
        spent = trial.ended - trial.started
        state = "excluded" if trial.excluded else trial.status.name.lower()
        cells = [_shown(label, point[label], space) if label in point else "" for label in labels]
        rows.append([str(trial.number), *([state] if columns else []), loss, *cells, _seconds(spent)])
    return markup.table(head, [[markup.text(cell) for cell in row] for row in rows])


def _seconds(spent: float) -> str:
    if math.isnan(spent):
        return ""
    return f"{spent:.3g}" if spent >= 0.001 else "< 0.001"


def _failures(ledger: Ledger) -> list[str]:
    """Failed trials by reason, folded away."""
    failed = [t for t in ledger.trials if t.status in (Status.FAILED, Status.LOST) and not t.excluded]
    if not failed:
        return []
    groups: dict[tuple[str, str], list[Trial]] = {}
    for trial in failed:
        kind, message = _reason(trial)
        groups.setdefault((kind, _first_line(message)), []).append(trial)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[1][0].number))
    rows = [
        [markup.text(cell) for cell in (len(group), kind, message, _numbers(group))]
        for (kind, message), group in ordered[:_KINDS]
    ]
    more = len(ordered) - _KINDS
    inner = markup.table(["trials", "error", "message", "numbers"], rows)
    inner += f"<div>... {more} more kinds</div>" if more > 0 else ""
    return [markup.folded(f"{len(failed)} failed", inner)]


def _numbers(group: list[Trial]) -> str:
    shown = ", ".join(str(trial.number) for trial in group[:8])
    return f"{shown}, ..." if len(group) > 8 else shown


def _reason(trial: Trial) -> tuple[str, str]:
    if trial.error is None:
        nan = bool(trial.losses) and math.isnan(trial.losses[0])
        return "", "the loss is NaN" if nan else "the objective said that it failed"
    kind = str(trial.error.get("type", "")).removeprefix("<class '").removesuffix("'>").rpartition(".")[2]
    return kind, str(trial.error.get("message", ""))


def _first_line(message: str) -> str:
    lines = message.strip().splitlines()
    line = lines[0] if lines else ""
    return line if len(line) <= 160 else f"{line[:157]}..."
