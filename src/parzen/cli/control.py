"""``parzen pause|stop|cancel STORE``: ask those who run a study, in whatever process, for something.

What each means: `Study.request`. ``parzen resume`` undoes all three.
"""

from __future__ import annotations

import argparse

from parzen.cli.parser import Parser, add_store, open_study

_SAID = {
    "pause": "paused: running trials end, no new one is started; to go on: parzen resume {}",
    "stop": "asked to stop: running trials end, then the search; to go on: parzen resume {}",
    "cancel": "cancelled: trials in worker processes are ended and will run again, a search without them "
    "ends after its trial; to go on: parzen resume {}",
}


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def run(options: argparse.Namespace) -> int:
    """Append the request; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal
    from parzen.cli.work import address

    study = open_study(options, write=True)
    study.request(options.command)
    running = len(study.ledger.claimed)
    note = f" ({running} running)" if running else " (nothing runs now)"
    terminal.message(_SAID[options.command].format(address(study)) + note, options.quiet)
    return 0
