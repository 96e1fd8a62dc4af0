"""``parzen next STORE``: what to try next, and the code of the next space."""

from __future__ import annotations

import argparse

from parzen.cli.parser import Parser, add_json, add_store, open_study


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument("--code", action="store_true", help="only the code, to be put into a file")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print findings and code; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import looking, terminal
    from parzen.insight import next_space

    study = open_study(options)
    found = next_space(study)
    if options.json:
        terminal.document("next", {"study": looking.about(study), **found.to_json()})
    elif options.code:
        print(found.code.rstrip("\n"))
    else:
        for one in found.findings:
            lines = terminal.wrapped(f"{one.kind}: {one.sentence}")
            print(terminal.paint(one.kind, "bold") + lines.removeprefix(one.kind))
        if not found.findings:
            print("no finding: nothing in these trials says that the space should change")
        if found.code:
            print()
            print(found.code.rstrip("\n"))
    return 0
