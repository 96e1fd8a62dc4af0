"""``parzen resume STUDY``: go on with a study, to its end or beyond."""

from __future__ import annotations

import argparse

from parzen import arguments
from parzen.cli import worker

HELP = "Go on with a study where it ended; --more adds trials."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `worker`, and ``--more``.

    Args:
        parser: Of the command.
    """
    worker.add_arguments(parser)
    parser.add_argument("--more", type=int, default=0, help="trials to add to the study's end")


def run(options: argparse.Namespace) -> int:
    """Work until the study's end; the exit code.

    Args:
        options: What was parsed.
    """
    return worker.serve(options, more=arguments.count(options.more, "--more") or 0)
