"""``parzen worker STORE``: evaluate trials of a study that others may work on too."""

from __future__ import annotations

import argparse
from typing import Any

from parzen.cli.parser import Parser, add_store, open_study
from parzen.errors import InvalidArgument

FITTED = "sklearn"  # in the study's note: parzen.sklearn says there what it was fitted on


def add_arguments(parser: Parser) -> None:
    """The options that `worker` and `resume` share.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument(
        "--objective",
        metavar="NAME",
        help="pkg.module:function or path/train.py:function (default: the study's)",
    )
    parser.add_argument(
        "--space",
        metavar="NAME",
        help="the space's name in that module, or path/spaces.py:NAME (default: looked for)",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="trials at the same time (default: 1)"
    )
    parser.add_argument("--gpus", metavar="LIST", help="GPUs that the trials see, one each, such as 0,1")
    parser.add_argument("--max-trials", type=int, metavar="N", help="start at most that many trials here")
    parser.add_argument(
        "--timeout", metavar="TIME", help='start no trial after that time, such as "90s" or "2h"'
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "--unpickle",
        action="store_true",
        help="run a pickled objective from the store: its code is not checked",
    )


def run(options: argparse.Namespace) -> int:
    """Work until the study's end; the exit code.

    Args:
        options: What was parsed.
    """
    return serve(options, more=0)


def serve(options: argparse.Namespace, more: int, strict: bool = False) -> int:
    """Open the study, work on it, and say what was found.

    Args:
        options: What was parsed.
        more: Trials to add to the study's end.
        strict: Whether an objective that returns no loss at first ends the search.
    """
    from parzen import arguments
    from parzen.cli import work
    from parzen.workers import Work

    asked = Work(
        objective=options.objective,
        space=options.space,
        jobs=arguments.at_least_one(options.jobs, "--jobs"),
        gpus=work.gpus(options.gpus),
        more=more,
        seconds=arguments.seconds(options.timeout, "--timeout"),
        trials=arguments.count(options.max_trials, "--max-trials"),
        unpickle=options.unpickle,
        strict=strict,
    )
    study = open_study(options, write=True)
    if options.objective is None:
        _refuse_fits(study)
    if options.command == "resume" and study.ledger.requests and study.ledger.requests[-1].what != "resume":
        study.request("resume")
    return work.serve(study, asked, options.quiet)


def _refuse_fits(study: Any) -> None:
    """Say how a search of the scikit-learn door goes on: no function can be named that it runs."""
    configured = study.ledger.configured
    if configured is not None and configured.objective:
        return
    if any(each.number is None and FITTED in each.note for each in study.ledger.notes):
        raise InvalidArgument(
            f"the study {study.name!r} of {study.place} belongs to a ParzenSearchCV, which evaluates by fits",
            hint="to go on, call its fit again on the same data, "
            f"with study={study.place!r} and a larger n_trials",
        )
