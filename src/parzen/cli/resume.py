"""``parzen resume STORE``: go on with a study, to its end or beyond; undoes pause, stop and cancel."""

from __future__ import annotations

import argparse

from parzen.cli import worker
from parzen.cli.parser import Parser, open_study


def add_arguments(parser: Parser) -> None:
    """Those of `worker`, and its own.

    Args:
        parser: Of the command.
    """
    worker.add_arguments(parser)
    parser.add_argument("--more", type=int, default=0, metavar="N", help="trials to add to the study's end")
    parser.add_argument(
        "--no-work",
        action="store_true",
        help="only let processes that are paused go on, and run nothing here",
    )


def run(options: argparse.Namespace) -> int:
    """Work until the study's end; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen import arguments
    from parzen.cli import terminal

    more = arguments.count(options.more, "--more") or 0
    if not options.no_work:
        return worker.serve(options, more, strict=True)
    study = open_study(options, write=True)
    study.request("resume")
    if more:
        study.configure(max_evals=max(study.end or 0, len(study.trials)) + more)
    terminal.message("those who run the study go on", options.quiet)
    return 0
