"""The command line: which command, and how mistakes end.

Exit codes: 0 done; 1 the search ended without a successful trial; 2 usage;
3 not found; 4 the store cannot be used; 5 the study has another space, seed or
direction; 6 too many failures; 130 and 143 interrupted, with everything kept.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from parzen import errors

COMMANDS = ("resume", "worker")
EXIT: list[tuple[type[Exception], int]] = [
    (errors.StudyNotFound, 3),
    (errors.StorageError, 4),
    (errors.StudyChanged, 5),
    (errors.TooManyFailures, 6),
    (errors.AllTrialsFailed, 1),
    (errors.ParzenError, 2),
]
STOPPED = {"interrupted": 130, "terminated": 143}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code.

    Args:
        arguments: Left out, those of the process.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code.

    Args:
        arguments: Without the program's name.
    """
    parser = _parser()
    if not arguments:
        parser.print_help()
        return 2
    word = arguments[0]
    if not word.startswith("-") and word not in COMMANDS:
        suggestion = errors.did_you_mean(word, list(COMMANDS))
        return _say(f"there is no command {word!r}.{suggestion} Commands: {', '.join(COMMANDS)}", None, 2)
    try:
        options = parser.parse_args(arguments)
        code: int = options.run(options)
    except errors.ParzenError as error:
        return _say(error.message, error.hint, next(code for kind, code in EXIT if isinstance(error, kind)))
    except KeyboardInterrupt:
        return _say("interrupted; everything is kept", None, 130)
    except SystemExit as stop:  # argparse has said what was wrong
        return stop.code if isinstance(stop.code, int) else 2
    return code


def _say(message: str, hint: str | None, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"fix: {hint}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parzen", description="Search for good hyperparameters.", allow_abbrev=False
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"parzen.cli.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.HELP, allow_abbrev=False)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
