"""``parzen import KIND FILE STORE``: trials of elsewhere into a study."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from parzen.cli import making
from parzen.cli.parser import Parser, add_name, load
from parzen.errors import InvalidArgument, StudyNotFound, did_you_mean

if TYPE_CHECKING:
    from parzen.formats import Report
    from parzen.run.study import Study

KINDS = ("hyperopt", "optuna", "csv", "parquet", "jsonl", "study")


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "words",
        nargs="*",
        metavar="KIND FILE STORE",
        help=f"KIND is one of {', '.join(KINDS)}; STORE takes the trials (default: $PARZEN_STUDY)",
    )
    add_name(parser)
    parser.add_argument(
        "--space", metavar="SCRIPT:SPACE", help="the space that was searched, where STORE has no study yet"
    )
    parser.add_argument("--maximize", action="store_true", help="where STORE has no study yet: it maximises")
    parser.add_argument(
        "--loss", default="loss", metavar="COLUMN", help="csv, parquet: the column with the loss"
    )
    parser.add_argument(
        "--from", dest="source", metavar="NAME", help="optuna, study: the study's name in FILE"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def run(options: argparse.Namespace) -> int:
    """Take the trials in, and say what was left out; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal

    kind, path = _sort_out(options)
    if kind != "optuna" and "://" not in path and not os.path.exists(path):
        raise StudyNotFound(f"there is no file {path!r}")
    study = _study(options, kind, path)
    report = _take(kind, path, study, options)
    terminal.message(f"{report} · {study.name!r} in {study.place}", options.quiet)
    study.checkpoint()
    return 0


def _sort_out(options: argparse.Namespace) -> tuple[str, str]:
    """Kind and file; the store goes into the options."""
    words = list(options.words)
    if not words or words[0] not in KINDS:
        came = f"; got {words[0]!r}.{did_you_mean(words[0], list(KINDS))}" if words else ""
        raise InvalidArgument(
            f"say what is imported: one of {', '.join(KINDS)}{came}",
            hint="parzen import hyperopt trials.pkl search.db",
        )
    if len(words) < 2:
        raise InvalidArgument("name the file to import", hint=f"parzen import {words[0]} FILE search.db")
    if len(words) > 3:
        raise InvalidArgument(f"{words[3]!r} is one argument too many")
    options.store = words[2] if len(words) == 3 else os.environ.get("PARZEN_STUDY")
    if not options.store:
        raise InvalidArgument(
            "name the store that takes the trials", hint=f"parzen import {words[0]} {words[1]} search.db"
        )
    return words[0], words[1]


def _study(options: argparse.Namespace, kind: str, path: str) -> Study:
    """The study that takes the trials: the one there, or a new one with the space that was given."""
    from parzen.run.study import Study

    try:
        study: Study = load(options.store, options.study, write=True)
    except StudyNotFound:
        space, maximize = _space(options, kind, path), _maximizes(options, kind, path)
        rehearsal = _take(kind, path, Study(space, maximize=maximize), options)
        if not rehearsal.taken:  # no file is made for nothing
            raise InvalidArgument(f"no trial of {path!r} can be taken: {rehearsal}") from None
        return Study(space, store=options.store, name=options.study or "default", maximize=maximize)
    if options.space is not None:
        return Study(making.space_at(options.space), store=study.store, name=study.name)
    return study


def _maximizes(options: argparse.Namespace, kind: str, path: str) -> bool:
    from parzen.cli import terminal

    if kind == "optuna":
        from parzen.formats.optuna import maximizes

        return maximizes(path, options.source)
    if kind == "study":
        return bool(load(path, options.source).maximize)
    if kind == "hyperopt":
        return bool(options.maximize)
    said = _file_maximises(kind, path, options.loss)
    if said is None and not options.maximize:
        terminal.message("minimised; for a maximised search: --maximize", options.quiet)
    return bool(options.maximize or said)


def _file_maximises(kind: str, path: str, loss: str) -> bool | None:
    """What a table says; None if it does not say."""
    from parzen.formats import rows_back, tables

    if kind == "jsonl":
        return rows_back.jsonl_maximises(path)
    if loss == "loss" and rows_back.is_export(path):
        return rows_back.csv_maximises(path)
    return tables.table_maximises(path, loss)


def _space(options: argparse.Namespace, kind: str, path: str) -> Any:
    if options.space is not None:
        return making.space_at(options.space)
    if kind == "optuna":
        from parzen.formats import space_of_optuna

        return space_of_optuna(path, options.source)
    if kind == "study":
        return load(path, options.source).space
    raise InvalidArgument(
        f"{options.store} has no study {options.study or 'default'!r} yet, and {kind} does not say which "
        "space was searched",
        hint="name it: --space train.py:SPACE",
    )


def _take(kind: str, path: str, study: Study, options: argparse.Namespace) -> Report:
    from parzen import formats
    from parzen.formats import rows_back

    if kind == "hyperopt":
        return formats.import_hyperopt(path, study)
    if kind == "optuna":
        return formats.import_optuna(path, study, options.source)
    if kind == "study":
        return formats.merge(study, load(path, options.source))
    if kind == "jsonl":
        return rows_back.import_jsonl(path, study)
    if options.loss == "loss" and rows_back.is_export(path):
        return rows_back.import_csv(path, study)
    return formats.import_table(path, study, options.loss)
