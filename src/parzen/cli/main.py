"""The command line: which command, and how mistakes end.

Exit codes: 0 done; 1 the search ended without a successful trial; 2 usage;
3 not found; 4 the store cannot be used; 5 the study has another space, seed or
direction; 6 too many failures; 130 and 143 interrupted, with everything kept.

Only the module of the command that was named is imported.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module

from parzen import errors
from parzen.cli import mistakes
from parzen.cli.parser import Parser

# Command -> its module, its group, and what it does in one line.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("run", "search", "Search: run a function of a script, and keep every trial in a file."),
    "resume": ("resume", "search", "Go on with a study where it ended; --more adds trials."),
    "worker": (
        "worker",
        "search",
        "Evaluate trials of a study, on this machine, until the study has its end.",
    ),
    "create": ("create", "search", "Make a study without running it: its space, settings and end."),
    "pause": ("control", "search", "Start no new trial, let running ones end; `resume` goes on."),
    "stop": ("control", "search", "End a running search after its running trials."),
    "cancel": (
        "control",
        "search",
        "End a running search at once; trials in worker processes will run again.",
    ),
    "list": ("list", "look", "Studies in a file or a folder."),
    "show": ("show", "look", "One study, or its trials: filtered, sorted, as a table."),
    "best": ("best", "look", "The best trials."),
    "trial": ("trial", "look", "One trial: values, result, reports, why it failed."),
    "diff": ("diff", "look", "Two or more trials side by side, what differs first."),
    "effects": ("effects", "look", "What each hyperparameter does to the loss, the most important first."),
    "next": ("next", "look", "What to try next: findings with evidence, and the code of the next space."),
    "plot": ("plot", "look", "A picture of a study as SVG, PNG, PDF or HTML."),
    "export": ("export", "move", "Trials as CSV, JSON lines, Parquet or Hyperopt's pickle; or a report."),
    "import": ("import_", "move", "Take trials of Hyperopt, Optuna, a table or another study into a study."),
    "doctor": ("doctor", "help", "Check the installation, and whether a study is whole."),
    "explain": ("explain", "help", "What an error means and what to do, by its code."),
    "completion": ("completion", "help", "Completion for bash, zsh or fish."),
}
_GROUPS = {
    "search": "run searches",
    "look": "look at studies",
    "move": "bring trials in and out",
    "help": "help",
}
STOPPED = {"interrupted": 130, "terminated": 143}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code.

    Args:
        arguments: Left out, those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stream of somebody's own
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without our glyphs
    warnings.formatwarning = mistakes.warning
    try:
        code = run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code.

    Args:
        arguments: Without the program's name.
    """
    arguments = list(arguments)
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(f"parzen {release()}")
        return 0
    as_json = "--json" in arguments
    try:
        return _run(arguments[0], arguments[1:])
    except errors.ParzenError as error:
        return mistakes.explain(error, as_json)
    except KeyboardInterrupt:  # before or after any trial: `work.serve` says what is kept of a search
        return mistakes.say(errors.ParzenError("interrupted"), as_json, 130)
    except BrokenPipeError:
        raise
    except SystemExit as stop:  # help was asked for
        return stop.code if isinstance(stop.code, int) else 2
    except Exception as error:
        if not mistakes.theirs(error):
            raise  # a mistake of ours: all of it is needed
        return mistakes.show(error, as_json)


def release() -> str:
    """The version of this package, which is loaded since this module is in it."""
    return str(sys.modules["parzen"].__version__)


def _run(word: str, rest: list[str]) -> int:
    if word.startswith("-"):
        raise errors.InvalidArgument(
            f"the command comes first; got the option {word!r}", hint="see: parzen --help"
        )
    if word not in COMMANDS:
        raise errors.InvalidArgument(
            f"there is no command {word!r}.{errors.did_you_mean(word, list(COMMANDS))} "
            f"Commands: {', '.join(COMMANDS)}"
        )
    options = parser_of(word).parse(rest)
    code: int = options.run(options)
    return code


def parser_of(word: str) -> Parser:
    """The parser of one command; imports its module.

    Args:
        word: One of `COMMANDS`.
    """
    name, _, text = COMMANDS[word]
    module = import_module(f"parzen.cli.{name}")
    parser = Parser(prog=f"parzen {word}", description=text, allow_abbrev=False)
    module.add_arguments(parser)
    parser.set_defaults(run=module.run, command=word)
    return parser


def _help() -> str:
    lines = ["usage: parzen COMMAND ...", "", "Search for good hyperparameters.", ""]
    width = max(map(len, COMMANDS))
    for group, title in _GROUPS.items():
        lines.append(f"{title}:")
        lines += [f"  {word:<{width}}  {text}" for word, (_, own, text) in COMMANDS.items() if own == group]
        lines.append("")
    lines += [
        "Options of a command: parzen COMMAND --help",
        "PARZEN_STUDY names the store where none is given. Exit codes: parzen explain",
    ]
    return "\n".join(lines)
