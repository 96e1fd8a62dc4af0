"""``parzen run SCRIPT:FUNC``: a search in one command; the same command again goes on with it."""

from __future__ import annotations

import argparse
import os
from typing import Any

from parzen.cli import making
from parzen.cli.parser import Parser
from parzen.errors import InvalidArgument


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "objective", metavar="SCRIPT:FUNC", help="train.py:objective, or pkg.module:objective"
    )
    parser.add_argument(
        "--space",
        metavar="SCRIPT:SPACE",
        help="the space; or its name in the objective's module (default: space or SPACE there)",
    )
    parser.add_argument(
        "--study",
        "--store",
        dest="store",
        metavar="STORE",
        help="file or URL that keeps the study (default: $PARZEN_STUDY, or SCRIPT.db)",
    )
    parser.add_argument("--name", dest="study", metavar="NAME", help="the study's name in the store")
    parser.add_argument("--timeout", metavar="TIME", help='start no trial after that time: "90s", "2h"')
    making.add_settings(parser)
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="trials at the same time (default: 1)"
    )
    parser.add_argument("--gpus", metavar="LIST", help="GPUs that the trials see, one each, such as 0,1")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(options: argparse.Namespace) -> int:
    """Search; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen import arguments
    from parzen.cli import terminal, work
    from parzen.run import importing
    from parzen.run.evaluate import Objective
    from parzen.run.progress import choose
    from parzen.space.flatten import flatten
    from parzen.workers import SPACE_AT, Work

    settings = making.settings_of(options)
    seconds = arguments.seconds(options.timeout, "--timeout")
    jobs = arguments.at_least_one(options.jobs, "--jobs")
    devices = work.gpus(options.gpus)
    store = options.store or os.environ.get("PARZEN_STUDY") or _beside(options.objective)
    if "max_evals" not in settings and seconds is None and not _has_an_end(store, options.study):
        raise InvalidArgument(
            'no end was given. Pass max_evals=100, timeout="30m", or max_evals=None to run until Ctrl-C '
            "(results are kept)."
        )
    fn, module = importing.load(options.objective)
    space, at = _space(options, module)
    flat = flatten(space)
    Objective(fn, flat)  # refuses one that cannot take the point, before anything is written
    choose(not options.quiet, True)  # PARZEN_PROGRESS too is checked before anything is written
    settings["objective"] = _absolute(options.objective)
    study = making.make(store, flat, options, settings)
    if at is not None and not any(each.note.get(SPACE_AT) == at for each in study.ledger.notes):
        study.note({SPACE_AT: at})
    if study.ledger.requests and study.ledger.requests[-1].what in ("stop", "cancel"):
        study.request("resume")  # a pause stands: the loop waits, and says how to go on
    algorithm = str((study.ledger.configured.algorithm if study.ledger.configured else {}).get("name", ""))
    terminal.message(
        f"study   {study.place} · {study.name} · {'maximize' if study.maximize else 'minimize'} · "
        f"{algorithm.rpartition(':')[2]} · seed {study.seed}",
        options.quiet,
    )
    asked = Work(given=(fn, flat), jobs=jobs, gpus=devices, seconds=seconds, strict=True)
    return work.serve(study, asked, options.quiet)


def _space(options: argparse.Namespace, module: Any) -> tuple[Any, str | None]:
    """The space, and its name if another process has to be told where it is."""
    if options.space is None:
        return making.space_in(module), None
    if ":" not in options.space and not options.space.endswith(".json"):
        return making.space_named(module, options.space), None
    where, _, attribute = options.space.rpartition(":")
    if (
        where
        and _absolute(options.space).rpartition(":")[0] == _absolute(options.objective).rpartition(":")[0]
    ):
        return making.space_named(module, attribute), None  # a script is run once
    if options.space.endswith(".json"):
        raise InvalidArgument(
            f"a space in JSON has no values to call a function with; got {options.space!r}",
            hint="parzen create takes it; parzen run needs --space train.py:SPACE",
        )
    return making.space_at(options.space), _absolute(options.space)


def _absolute(name: str) -> str:
    """A name with the whole path of its script, so that it is found from elsewhere."""
    where, _, attribute = name.rpartition(":")
    return f"{os.path.abspath(where)}:{attribute}" if where.endswith(".py") else name


def _beside(objective: str) -> str:
    """``train.db`` for ``train.py:objective``, in this folder."""
    where = objective.rpartition(":")[0]
    stem = os.path.basename(where).removesuffix(".py") if where.endswith(".py") else where.rpartition(".")[2]
    return f"{stem or 'study'}.db"


def _has_an_end(store: str, name: str | None) -> bool:
    from parzen.errors import StudyNotFound
    from parzen.run.study import Study

    try:
        return Study.load(store, name or "default").end is not None
    except StudyNotFound:
        return False
