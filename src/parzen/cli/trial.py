"""``parzen trial STORE NUMBER``: everything about one trial."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from typing import Any

from parzen.cli.parser import Parser, add_json, add_store, open_study
from parzen.errors import InvalidArgument


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument("number", metavar="NUMBER", help="the trial's")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print one trial; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import looking, terminal
    from parzen.formats.rows import Records
    from parzen.history.events import plain, revived

    number = _number(options)
    study = open_study(options)
    record = Records(study).of(looking.trial_of(study, number), full=True)
    if options.json:
        shown = terminal.clean(revived(plain(record)))
        terminal.document("trial", {"study": looking.about(study), "trial": shown})
        return 0
    for line in _lines(record):
        print(line)
    return 0


def _number(options: argparse.Namespace) -> int:
    try:
        return int(options.number)
    except ValueError:
        if options.store:
            raise InvalidArgument(f"a trial is named by its number; got {options.number!r}") from None
        raise InvalidArgument(
            f"which trial of {options.number}? NUMBER is missing",
            hint=f"for example: parzen trial {shlex.quote(options.number)} 0",
        ) from None


def _lines(record: dict[str, Any]) -> list[str]:
    from parzen.cli import terminal

    shown = [
        ("state", terminal.state(record["state"])),
        ("loss", terminal.number(record["loss"])),
        ("time", terminal.duration(record["duration_s"])),
        ("started", record["started"] or "-"),
        ("worker", record["worker"] or "-"),
    ]
    if record["attempts"] > 1:
        shown.append(("attempts", str(record["attempts"])))
    if record.get("budget") is not None:
        shown.append(("budget", terminal.number(record["budget"])))
    if record.get("excluded"):
        shown.append(("excluded", "it does not count"))
    shown += [(label, terminal.number(value)) for label, value in record["params"].items()]
    shown += [(f"metric {name}", terminal.number(value)) for name, value in record["metrics"].items()]
    if record["reports"]:
        step, value = record["reports"][-1]
        last = f"{terminal.number(value)} at step {terminal.number(step)}"
        shown.append(("reports", f"{len(record['reports'])}, the last {last}"))
    why = record["note"].get("why") or record["note"].get("by")
    if why:
        shown.append(("point from", str(why)))
    wide = max(len(name) for name, _ in shown)
    title = terminal.paint(f"trial {record['number']}", "bold")
    lines = [title, *(terminal.fitted(f"{name:<{wide}}  {text}") for name, text in shown)]
    error = record["error"]
    if error is not None:
        where = f" ({error['where']})" if error.get("where") else ""
        lines += ["", terminal.paint(f"{error['type']}: {error['message']}{where}", "red")]
        if error.get("traceback"):
            lines.append(theirs(error["traceback"]))
        if error.get("log"):
            lines += ["", "the end of what it printed:", error["log"].rstrip()]
    return lines


def theirs(trace: str) -> str:
    """A traceback without our frames; ``PARZEN_DEBUG=1`` keeps them.

    Args:
        trace: As Python prints it.
    """
    if os.environ.get("PARZEN_DEBUG"):
        return trace.rstrip()
    kept, ours = [], False
    for line in trace.rstrip().splitlines():
        if line.startswith("  File "):
            ours = bool(re.match(r'  File "[^"]*/parzen/(run|executors)/\w+\.py"', line))
        elif not line.startswith("    "):
            ours = False
        if not ours:
            kept.append(line)
    return "\n".join(kept)
