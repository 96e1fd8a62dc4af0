"""``parzen explain PZ011``: what an error means, offline: the page of the documentation."""

from __future__ import annotations

import argparse
import re
from importlib import resources
from typing import Any

from parzen import errors
from parzen.cli.parser import Parser, add_json
from parzen.errors import InvalidArgument, did_you_mean

EXIT_CODES = {
    0: "done",
    1: "the search ended without a successful trial",
    2: "usage: an argument, a space or a script that cannot be used",
    3: "there is no such study or file",
    4: "the store cannot be read or written",
    5: "the study has another space, direction, seed or lockstep",
    6: "more trials failed than --max-failures",
    130: "interrupted by Ctrl-C; everything is kept",
    143: "ended by SIGTERM; everything is kept",
}


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="PZ011, or SpaceChanged; left out, a list of all"
    )
    add_json(parser)


def page() -> str:
    """The error catalogue, the same text as ``docs/errors.md``."""
    return resources.files("parzen.cli").joinpath("errors.md").read_text(encoding="utf-8")


def sections() -> dict[str, tuple[str, str]]:
    """Code -> class and text of each error, in the order of the page; warnings have their name as code."""
    found = {}
    for part in re.split(r"^## ", page(), flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        code, _, name = title.strip().rpartition(" ")
        found[code or name] = (name, text.strip("\n"))
    return found


def run(options: argparse.Namespace) -> int:
    """Print the section; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal

    known = sections()
    if options.code is None:
        _list_all(known, options.json)
        return 0
    wanted = options.code.lower()
    if wanted.removeprefix("pz").isdigit():
        wanted = f"pz{int(wanted.removeprefix('pz')):03}"
    for code, (name, text) in known.items():
        if wanted in (code.lower(), name.lower()):
            if options.json:
                terminal.document("explain", {"code": code, "name": name, "text": text})
            else:
                print(terminal.paint(name if code == name else f"{code} {name}", "bold"))
                print()
                print(readable(text))
            return 0
    near = did_you_mean(options.code, [*known, *(name for name, _ in known.values())])
    raise InvalidArgument(
        f"there is no error {options.code!r}.{near}", hint="parzen explain lists all of them"
    )


def readable(text: str) -> str:
    """Markdown as people read it on a terminal: links as their words, code indented, prose in lines that fit.

    Args:
        text: A section of the page.
    """
    from parzen.cli import terminal

    shown = []
    for part in re.split(r"^(```.*?^```)$", text, flags=re.MULTILINE | re.DOTALL):
        if part.startswith("```"):
            lines = [line for line in part.splitlines()[1:-1] if line != "# output"]
            shown.append("\n".join(f"    {line}".rstrip() for line in lines))
            continue
        plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", part)
        shown += [terminal.wrapped(" ".join(each.split())) for each in plain.split("\n\n") if each.strip()]
    return "\n\n".join(shown)


def _list_all(known: dict[str, tuple[str, str]], as_json: bool) -> None:
    from parzen.cli import terminal

    rows = [[code if code != name else "", name, _says(name)] for code, (name, _) in known.items()]
    if as_json:
        parts: dict[str, Any] = {
            "errors": [{"code": code or name, "name": name, "says": says} for code, name, says in rows],
            "exit_codes": {str(code): text for code, text in EXIT_CODES.items()},
        }
        terminal.document("explain", parts)
        return
    print(terminal.table(["code", "error", "says"], rows))
    print()
    print(terminal.table(["exit", "means"], [[str(code), text] for code, text in EXIT_CODES.items()], "exit"))


def _says(name: str) -> str:
    """What an error says, in the first line of its class."""
    return str(getattr(errors, name).__doc__).partition("\n")[0].rstrip(".")
