"""``parzen create STORE --space ...``: a study that workers can begin with."""

from __future__ import annotations

import argparse
import os

from parzen.cli import making
from parzen.cli.parser import Parser, add_store, store_of
from parzen.errors import InvalidArgument


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument(
        "--space", required=True, metavar="SCRIPT:SPACE", help="train.py:SPACE, or a space in a .json file"
    )
    parser.add_argument("--objective", metavar="SCRIPT:FUNC", help="what workers run")
    making.add_settings(parser)
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def run(options: argparse.Namespace) -> int:
    """Make the study; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal, work
    from parzen.run import importing
    from parzen.run.evaluate import Objective
    from parzen.space.flatten import flatten
    from parzen.workers import SPACE_AT

    store = store_of(options)
    settings = making.settings_of(options)
    space = flatten(making.space_at(options.space))
    if options.objective is not None:
        fn, _ = importing.load(options.objective)
        if space.expr is not None:
            Objective(fn, space)  # refuses one that cannot take the point
        settings["objective"] = _absolute(options.objective)
    if options.resume is None and _exists(store, options.study):
        raise InvalidArgument(
            f"{store} has a study {options.study or 'default'!r} already",
            hint="--resume extend changes its space, --resume new begins another one beside it",
        )
    study = making.make(store, space, options, settings)
    if not options.space.endswith(".json"):
        study.note({SPACE_AT: _absolute(options.space)})
    terminal.message(
        f"made study {study.name!r} in {study.place}, seed {study.seed}; "
        f"to work on it: parzen worker {work.address(study)}",
        options.quiet,
    )
    return 0


def _absolute(name: str) -> str:
    where, _, attribute = name.rpartition(":")
    return f"{os.path.abspath(where)}:{attribute}" if where.endswith(".py") else name


def _exists(store: str, name: str | None) -> bool:
    from parzen.errors import StudyNotFound
    from parzen.storage.base import open_store

    try:
        return (name or "default") in open_store(store, read_only=True).studies()
    except StudyNotFound:
        return False
