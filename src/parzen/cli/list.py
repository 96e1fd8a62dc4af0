"""``parzen list [PATH]``: the studies of a store, or of the stores in a folder."""

from __future__ import annotations

import argparse
import os
from typing import Any

from parzen.cli.parser import Parser, add_json
from parzen.errors import ParzenError, StudyNotFound, did_you_mean


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="a store, or a folder with some (default: $PARZEN_STUDY, or this folder)",
    )
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print a row for each study; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal

    path = options.path or os.environ.get("PARZEN_STUDY") or "."
    folder = "://" not in path and os.path.isdir(path)
    if "://" not in path and not os.path.exists(path):
        near = did_you_mean(path, [each.removeprefix("./") for each in _stores(".")])
        raise StudyNotFound(f"there is no file or folder {path!r}.{near}")
    found, broken = [], []
    for store in _stores(path) if folder else [path]:
        try:
            found += _studies(store)
        except ParzenError as error:
            if not folder:
                raise
            broken.append({"store": store, "reason": error.message})
    if options.json:
        shown = [{key: value for key, value in each.items() if key != "moment"} for each in found]
        terminal.document("list", {"studies": shown, "unreadable": broken})
        return 0
    for each in broken:
        terminal.message(f"left out: {each['reason']}")
    if not found:
        where = "this folder" if path == "." else repr(path)
        terminal.message(f"there is no study in {where}; parzen run train.py:objective -n 100 makes one")
        return 0
    rows = [
        [
            each["store"],
            each["name"],
            each["state"],
            str(each["ended"]) if each["end"] is None else f"{each['ended']}/{each['end']}",
            str(each["failed"]),
            terminal.number(each["best"]),
            terminal.ago(each["moment"]),
        ]
        for each in found
    ]
    heads = ["store", "study", "state", "trials", "failed", "best", "changed"]
    print(terminal.table(heads, rows, "trials failed best"))
    return 0


def _stores(folder: str) -> list[str]:
    """Files in a folder that may be stores, by their suffix or their first bytes."""
    from parzen.storage.files import SUFFIXES

    found = []
    for name in sorted(os.listdir(folder)):
        path = name if folder == "." else os.path.join(folder, name)
        suffix = os.path.splitext(name)[1].lower()
        if suffix not in SUFFIXES or not os.path.isfile(path):
            continue
        try:
            with open(path, "rb") as file:
                start = file.read(16)
        except OSError:
            continue
        if start.startswith((b"SQLite format 3\0", b'{"parzen"')):
            found.append(path)
    return found


def _studies(path: str) -> list[dict[str, Any]]:
    from parzen.cli import looking, terminal
    from parzen.run.study import Study
    from parzen.storage.base import open_store

    store = open_store(path, read_only=True)
    found = []
    for name in store.studies():
        study = Study.load(store, name)
        best, moment, own = study.incumbent, looking.last_moment(study), looking.counts(study)
        found.append(
            {
                **looking.about(study),
                "state": looking.state_of(study),
                "ended": study.ledger.ended,
                "end": study.end,
                "failed": own["failed"],
                "best": None if best is None else (-best[1] if study.maximize else best[1]),
                "best_trial": None if best is None else best[0],
                "updated": terminal.when(moment),
                "moment": moment,
            }
        )
    store.close()
    return found
