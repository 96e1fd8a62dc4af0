"""``parzen diff STORE A B ...``: trials side by side, what differs first."""

from __future__ import annotations

import argparse
from typing import Any

from parzen.cli.parser import Parser, add_json, add_name, open_study
from parzen.errors import InvalidArgument

_MOST = 8


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    parser.add_argument("words", nargs="*", metavar="STORE NUMBER", help="the store, and two to eight trials")
    add_name(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table; the exit code.

    Args:
        options: What was parsed.
    """
    import os

    from parzen.cli import looking, terminal
    from parzen.formats.rows import Records

    words = list(options.words)
    first = words[0] if words else ""
    options.store = words.pop(0) if words and not first.isdigit() else os.environ.get("PARZEN_STUDY")
    numbers = [_number(word) for word in words]
    if not 2 <= len(numbers) <= _MOST:
        raise InvalidArgument(
            f"name two to {_MOST} trials; got {len(numbers)}", hint="parzen diff search.db 71 64"
        )
    study = open_study(options)
    records = Records(study)
    trials = [records.of(looking.trial_of(study, number)) for number in numbers]
    labels = [param.label for param in study.space.params if any(param.label in t["params"] for t in trials)]
    differing: list[str] = []
    same: list[str] = []
    for label in labels:
        own = [record["params"].get(label) for record in trials]
        (same if len(set(map(repr, own))) == 1 else differing).append(label)
    if options.json:
        parts = {"study": looking.about(study), "differs": differing, "same": same, "trials": trials}
        terminal.document("diff", parts)
        return 0
    print(terminal.table(["", *(f"trial {number}" for number in numbers)], _rows(trials, differing, same)))
    return 0


def _rows(trials: list[dict[str, Any]], differing: list[str], same: list[str]) -> list[list[str]]:
    from parzen.cli import terminal

    rows = [
        ["state", *(terminal.state(record["state"]) for record in trials)],
        ["loss", *(terminal.number(record["loss"]) for record in trials)],
        ["time", *(terminal.duration(record["duration_s"]) for record in trials)],
    ]
    for mark, labels in (("≠", differing), ("=", same)):
        for label in labels:
            own = (terminal.number(record["params"].get(label)) for record in trials)
            rows.append([f"{mark} {label}", *own])
    metrics = dict.fromkeys(name for record in trials for name in record["metrics"])
    for name in metrics:
        own = (terminal.number(record["metrics"].get(name)) for record in trials)
        rows.append([f"  metric {name}", *own])
    return rows


def _number(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise InvalidArgument(f"a trial is named by its number; got {word!r}") from None
