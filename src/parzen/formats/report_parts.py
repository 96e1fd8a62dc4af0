"""What the sections of the report say: each function makes the HTML of one."""

from __future__ import annotations

import ast
import json
import math
import pprint
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from parzen.cards.markup import text
from parzen.errors import InvalidSpace
from parzen.formats.report_html import Cell, code, fold, pairs, paragraph, table
from parzen.history.history import Status, Trial
from parzen.insight import failing_region, next_space
from parzen.naming import SHORT, has_names, texts_of
from parzen.plots.data import STATES, Data
from parzen.plots.tree import Branch, branches, options
from parzen.plots.words import brief
from parzen.run.failures import why_failed
from parzen.wording import many, plural, seconds

BEST = 100  # trials in the table
COLUMNS = 40  # hyperparameters in the table
PAPER = 11  # columns of the table that fit on a sheet


def headline(data: Data) -> str:
    """One sentence on the whole search: its best, how long ago, and what went wrong."""
    if not len(data):
        return "No trial yet."
    counts = data.counts
    bad = [f"{many(counts[state])} {state}" for state in ("running", "pruned", "failed") if counts[state]]
    tail = f"; {', '.join(bad)}" if bad else ""
    if data.best is None:
        return f"None of {plural(len(data), 'trial')} has succeeded yet{tail}."
    best = data.best
    since = int((data.numbers > data.numbers[best]).sum())
    flat = f"; no improvement for {plural(since, 'trial')}" if since else ""
    value = float(data.shown(data.losses[best]))
    return f"Best {data.word} {value:.6g} at trial {data.numbers[best]} of {many(len(data))}{flat}{tail}."


# The best


def best_part(data: Data, trial: Trial | None) -> str:
    """The best trial's values, as a list and as code.

    Args:
        data: The trials.
        trial: The best one; None for a bare history.
    """
    if data.best is None:
        return paragraph("No trial has succeeded yet.")
    i = data.best
    rows: list[tuple[str, object]] = [(data.word, f"{float(data.shown(data.losses[i])):.10g}")]
    rows.append(("trial", int(data.numbers[i])))
    spent = data.ended[i] - data.started[i]
    if math.isfinite(spent):
        rows.append(("duration", seconds(float(spent))))
    rows += [(name, f"{column[i]:.6g}") for name, column in data.metrics.items() if not math.isnan(column[i])]
    values = [
        (data.space.params[j].label, shown_value(data, i, j)) for j in np.flatnonzero(used(data)[i]).tolist()
    ]
    python, plain, stored = _as_code(data, trial)
    words = "The stored point; a choice is the number of its option." if stored else ""
    return (
        pairs(rows)
        + "<h3>Values</h3>"
        + pairs(values)
        + "<h3>As Python</h3>"
        + code(python, "Copy Python")
        + "<h3>As JSON</h3>"
        + code(plain, "Copy JSON")
        + (paragraph(words, "small") if words else "")
    )


def used(data: Data) -> Any:
    """(n, d) which values are there."""
    return ~np.isnan(data.values)


def shown_value(data: Data, i: int, j: int) -> str:
    """A value as one would write it: a number, or an option's name."""
    x, param = float(data.values[i, j]), data.space.params[j]
    return texts_of(param, SHORT)[int(x)] if has_names(param) else f"{x:.6g}"


def _as_code(data: Data, trial: Trial | None) -> tuple[str, str, bool]:
    """Python, JSON, and whether these are the stored point, because the argument itself has no code."""
    point = data.space.decode(data.values[data.best].tolist())
    try:
        params = None if trial is None else trial.params
        if trial is not None and ast.literal_eval(repr(params)) == params:
            return f"params = {_literal(params, 9)}", json.dumps(params, indent=2, ensure_ascii=False), False
    except (InvalidSpace, SyntaxError, TypeError, ValueError):
        pass
    return f"point = {_literal(point, 8)}", json.dumps(point, indent=2, ensure_ascii=False), True


def _literal(value: Any, indent: int) -> str:
    lines = pprint.pformat(value, sort_dicts=False, width=88 - indent).splitlines()
    return ("\n" + " " * indent).join(lines)


# The space


def space_part(data: Data) -> str:
    """The tree of the space: each law, each option, and how often each branch was taken.

    What several branches share stands at the end, under its condition in words.
    """
    found = branches(data)
    if not found:
        return paragraph("The space has no hyperparameter.")
    placed: set[int] = set()
    inner = "".join(
        _item(data, j, placed) for j, param in enumerate(data.space.params) if not param.conditional
    )
    for branch in found:
        left = [j for j in branch.columns if j not in placed]
        if left:
            items = "".join(_item(data, j, placed) for j in left)
            inner += f"<li>{text(f'{branch.title}: {_share(data, branch)}')}<ul>{items}</ul></li>"
    return f'<ul class="tree">{inner}</ul>'


def _share(data: Data, branch: Branch) -> str:
    whole = plural(len(data), "trial")
    return f"{many(branch.trials)} of {whole} ({branch.share:.0%}){_best(data, branch.best)}"


def _best(data: Data, i: int | None) -> str:
    return (
        "" if i is None else f", best {brief(float(data.shown(data.losses[i])))} at trial {data.numbers[i]}"
    )


def _item(data: Data, j: int, placed: set[int]) -> str:
    """One hyperparameter; below each option of a choice what only that option opens."""
    param = data.space.params[j]
    placed.add(j)
    name = f"<code>{text(param.label)}</code>"
    if not param.options:
        return f"<li>{name} {text(param.distribution.describe())}</li>"
    inner = ""
    for k, option in enumerate(options(data, j)):
        failed = f", {option.failed} failed" if option.failed else ""
        share = f"{plural(option.trials, 'trial')} ({option.trials / max(len(data), 1):.0%})"
        below = "".join(
            _item(data, deeper, placed)
            for deeper, other in enumerate(data.space.params)
            if len(other.condition) == 1 and other.condition[0][-1:] == ((j, k),)
        )
        words = text(f"{option.name}: {share}{failed}{_best(data, option.best)}")
        inner += f"<li>{words}{f'<ul>{below}</ul>' if below else ''}</li>"
    return f"<li>{name} choice of {len(param.options)}<ul>{inner}</ul></li>"


# Findings


def findings_part(target: Any) -> str:
    """What the trials show, and the code of the next space.

    Args:
        target: A study or a history.
    """
    found = next_space(target)
    if found.findings:
        inner = "".join(f"<li>{text(one.sentence)}</li>" for one in found.findings)
        inner = f"<ul>{inner}</ul>"
    else:
        inner = paragraph("Nothing stands out.")
    if found.code.strip():
        inner += "<h3>The next space</h3>" + code(found.code.strip(), "Copy Python")
    return inner


# Trials


def trials_part(data: Data, labels: Sequence[str] = ()) -> str:
    """The best trials as a table that can be sorted.

    Args:
        data: The trials.
        labels: Hyperparameters, the most important first: the order of the columns.
    """
    order = np.argsort(np.where(data.good, data.losses, np.inf), kind="stable")[:BEST]
    order = order[data.good[order]]
    if not len(order):
        return paragraph("No trial has succeeded yet.")
    # What none of these trials uses has no column.
    first = [data.space.index[label] for label in labels]
    whole = [*first, *(j for j in range(len(data.space)) if j not in set(first))]
    some = used(data)[order].any(axis=0)
    able = [j for j in whole if some[j]]
    columns = able[:COLUMNS]
    heads = ["trial", data.word, "seconds", *data.metrics, *(data.space.params[j].label for j in columns)]
    rows = [list(_cells(data, int(i), columns)) for i in order]
    caption = f"The best {plural(len(order), 'trial')} of {many(len(data))}"
    found = table(caption, heads, rows, paper=PAPER)
    if len(heads) > PAPER:
        sheet = f"On paper: the first {PAPER} of {len(heads)} columns; the file has them all."
        found += paragraph(sheet, "small paper")
    left = len(data.space) - len(columns)
    words = f"{plural(left, 'hyperparameter')} not in the table: none of these trials uses them."
    if len(able) > COLUMNS:
        words = f"{plural(left, 'hyperparameter')} not in the table, which has {COLUMNS} columns for them."
    return found + (paragraph(words, "small") if left else "")


def _cells(data: Data, i: int, columns: list[int]) -> Iterator[Cell]:
    yield Cell(str(data.numbers[i]), kind="number")
    value = float(data.shown(data.losses[i]))
    yield Cell(f"{value:.6g}", value, "number")
    spent = float(data.ended[i] - data.started[i])
    yield Cell("", None) if math.isnan(spent) else Cell(f"{spent:.4g}", spent, "number")
    for column in data.metrics.values():
        x = float(column[i])
        yield Cell("", None) if math.isnan(x) else Cell(f"{x:.6g}", x, "number")
    for j in columns:
        x = float(data.values[i, j])
        if math.isnan(x):
            yield Cell("")
        elif has_names(data.space.params[j]):
            yield Cell(shown_value(data, i, j))
        else:
            yield Cell(f"{x:.6g}", x, "number")


# Failures


def failures_part(study: Any, data: Data) -> str:
    """Every failed trial, grouped by the type of its exception, with one traceback for each group.

    Args:
        study: The study; None for a bare history, which knows no reasons.
        data: The trials.
    """
    failed = data.numbers[data.is_in("failed")].tolist()
    if not failed:
        return paragraph("No trial failed.")
    if study is None:
        numbers = ", ".join(map(str, failed))
        return paragraph(
            f"{plural(len(failed), 'trial')} failed: {numbers}. A bare history knows no reasons."
        )
    opening = paragraph(f"{plural(len(failed), 'trial')} failed.")
    groups: dict[str, list[Trial]] = defaultdict(list)
    for number in failed:
        groups[_kind(study.trials[number])].append(study.trials[number])
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return opening + "".join(_group(study, kind, trials) for kind, trials in ordered)


def _kind(trial: Trial) -> str:
    """The exception's name without its module, or the reason in other words."""
    reason = why_failed(trial)
    return reason.partition(":")[0] if trial.error is not None else reason


def _group(study: Any, kind: str, trials: list[Trial]) -> str:
    """One kind of failure: how often, each trial with its message, and the newest traceback."""
    rows = [[Cell(str(trial.number), kind="number"), Cell(_message(trial), kind="text")] for trial in trials]
    if trials[0].error is not None:
        inner = table(f"Trials that failed with {kind}", ["trial", "message"], rows)
    else:
        inner = paragraph("Trials " + ", ".join(str(trial.number) for trial in trials))
    # Imported trials have a message and no traceback.
    traced = [(trial.number, str((trial.error or {}).get("traceback", "")).rstrip()) for trial in trials]
    traced = [pair for pair in traced if pair[1]]
    if traced:
        inner += fold(f"Traceback of trial {traced[-1][0]}", f'<pre tabindex="0">{text(traced[-1][1])}</pre>')
    region = failing_region(study.history, {trial.number for trial in trials})
    where = paragraph(f"{region[0].upper()}{region[1:]}.") if region else ""
    return f"<h3>{text(kind)}: {plural(len(trials), 'trial')}</h3>{where}{inner}"


def _message(trial: Trial, most: int = 300) -> str:
    message = "" if trial.error is None else str(trial.error.get("message", "")).strip()
    return message if len(message) <= most else message[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


# Environment and code


def environment_part(study: Any) -> str:
    """Where and with what the study was made.

    Args:
        study: The study; None for a bare history.
    """
    created = None if study is None else study.ledger.created
    if created is None:
        return paragraph("A bare history does not know where it was made.")
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(created.at))
    rows: list[tuple[str, object]] = [("study", created.study), ("created", when)]
    rows += [(name, version) for name, version in created.versions.items()]
    rows += [("host", created.host or "unknown"), ("command", created.command or "unknown")]
    rows.append(("git commit", created.commit or "none"))
    if study.durable:
        rows.append(("kept in", study.place))
    return pairs(rows)


def settings_part(study: Any) -> str:
    """The code that runs the same search again, and the settings it is made of.

    Args:
        study: The study; None for a bare history.
    """
    if study is None or study.ledger.configured is None:
        return paragraph("A bare history does not know its settings.")
    now = study.ledger.configured
    arguments: list[tuple[str, Any]] = [("max_evals", now.max_evals), ("seed", now.seed)]
    arguments += [
        ("timeout", now.timeout),
        ("loss_threshold", now.loss_threshold),
        ("lockstep", now.lockstep),
    ]
    if study.maximize:
        arguments.append(("maximize", True))
    if now.on_error != "raise":
        arguments.append(("on_error", now.on_error))
    setup, algorithm = _settings_object(now.algorithm, "algorithm")
    lines = [] if algorithm is None else [f"algo={algorithm}"]
    if now.pruner is not None:
        extra, pruner = _settings_object(now.pruner, "pruner")
        setup += [line for line in extra if line not in setup]
        lines += [f"pruner={pruner}"] if pruner else []
    lines += [f"{name}={value!r}" for name, value in arguments if value is not None or name == "max_evals"]
    module, _, function = (now.objective or "").partition(":")
    known = bool(module and function)
    source = f"from {module} import {function} as objective" if known else "from search import objective"
    whose = "" if known else "  # your own"
    inner = "\n".join(f"    {line}," for line in ["objective", "space", *lines])
    place = module if known else "search"
    head = ["from parzen import fmin", *setup, source + whose, f"from {place} import space  # your own"]
    return code("\n".join([*head, "", f"best = fmin(\n{inner}\n)", "print(best.params)"]), "Copy Python")


def _settings_object(described: dict[str, Any], kind: str) -> tuple[list[str], str | None]:
    """An import and an expression for an algorithm or pruner as the log describes it."""
    module, _, name = str(described.get("name", "")).partition(":")
    if not (module and name.isidentifier()):
        return [f"# the log does not say how to make the {kind}: {json.dumps(described)}"], None
    settings = ", ".join(f"{key}={value!r}" for key, value in dict(described.get("settings", {})).items())
    return [f"from {module} import {name}"], f"{name}({settings})"


def states_line(data: Data) -> str:
    """How many trials are in each state, in words."""
    return ", ".join(f"{many(data.counts[state])} {state}" for state in STATES if data.counts[state])


def best_trial(study: Any, data: Data) -> Trial | None:
    """The best trial of a study; None for a bare history or if none succeeded."""
    if study is None or data.best is None:
        return None
    trial: Trial = study.trials[int(data.numbers[data.best])]
    return trial if trial.status is Status.DONE else None
