"""Arguments of a command: options that several commands share, and mistakes in one sentence."""

from __future__ import annotations

import argparse
import gc
import os
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from parzen.errors import InvalidArgument, StudyNotFound, did_you_mean

# What argparse says, and what is said here.
_SENTENCES = [
    (r"^(\S+): invalid int value: (.*)$", r"\1 must be a whole number; got \2"),
    (r"^(\S+): invalid float value: (.*)$", r"\1 must be a number; got \2"),
    (r"^(\S+): expected one argument$", r"\1 needs a value"),
    (r"^(\S+): ignored explicit argument (.*)$", r"\1 takes no value; got \2"),
    (r"^(\S+): not allowed with argument (\S+)$", r"\1 and \2 cannot both be given"),
]


class Parser(argparse.ArgumentParser):
    """argparse's, with errors as `InvalidArgument`, so that they end like all other mistakes."""

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Options and positional arguments in any order.

        Args:
            arguments: Without the command.

        Raises:
            InvalidArgument: If they cannot be understood.
        """
        options, unknown = self.parse_known_intermixed_args(list(arguments))
        if unknown:
            word = unknown[0].partition("=")[0]
            known = [name for action in self._actions for name in action.option_strings]
            if word.startswith("-"):
                self.error(f"there is no option {word!r}.{did_you_mean(word, known)}")
            self.error(f"{word!r} is one argument too many")
        return options

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found.

        Args:
            message: Its sentence.
        """
        choice = re.fullmatch(r"argument (.+?): invalid choice: (.+?) \(choose from (.+)\)", message)
        if choice is not None:
            known = re.findall(r"[\w.-]+", choice[3])
            message = f"{choice[1]}: {choice[2]} is none of {', '.join(known)}."
            message += did_you_mean(choice[2].strip("'"), known)
        message = re.sub(r"^argument ", "", message)
        for pattern, words in _SENTENCES:
            message = re.sub(pattern, words, message)
        message = message.replace("the following arguments are required: ", "missing: ")
        raise InvalidArgument(message, hint=f"see: {self.prog} --help")


def add_store(parser: argparse.ArgumentParser) -> None:
    """Which study: the store, and the study's name in it.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "store",
        nargs="?",
        metavar="STORE",
        default=os.environ.get("PARZEN_STUDY"),
        help="file or URL of the store: search.db, search.jsonl, postgresql://host/db, mongodb://host/db "
        "(default: $PARZEN_STUDY)",
    )
    add_name(parser)


def add_name(parser: argparse.ArgumentParser) -> None:
    """The study's name in its store.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "--name",
        "--study",
        dest="study",
        metavar="NAME",
        help="the study's name in the store (default: default, or the only one there)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``.

    Args:
        parser: Of a command that reads.
    """
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout, errors as JSON too")


def store_of(options: argparse.Namespace) -> str:
    """The store that was named.

    Args:
        options: What was parsed.

    Raises:
        InvalidArgument: If none was.
    """
    if not options.store:
        raise InvalidArgument("name the store: a file such as search.db, or a URL; or set PARZEN_STUDY")
    return str(options.store)


def open_study(options: argparse.Namespace, write: bool = False) -> Any:
    """The study that was named.

    Args:
        options: What was parsed.
        write: Whether it is opened for writing.

    Returns:
        A `Study`.

    Raises:
        StudyNotFound: If there is none.
    """
    return load(store_of(options), options.study, write)


def load(store: str, name: str | None, write: bool = False) -> Any:
    """A study by its store and name.

    Args:
        store: A path or a URL.
        name: Left out, ``default``, or the only one there.
        write: Whether it is opened for writing.

    Returns:
        A `Study`.

    Raises:
        StudyNotFound: If there is none; it says what is near.
    """
    from parzen.run.study import Study
    from parzen.storage.base import open_store

    try:
        opened = open_store(store, read_only=not write)
        names = opened.studies()
        if write and not names:
            open_store(store, read_only=True)  # a file that is not there: which are near?
    except StudyNotFound as error:
        text = re.sub("^there is no '[^']*'", f"there is no study at {store!r}", error.message)
        raise StudyNotFound(text, hint=error.hint or "see: parzen list") from None
    if name is None:
        name = names[0] if len(names) == 1 else "default"
    study = Study.load(opened, name, read_only=not write)
    if not write:
        gc.freeze()  # a large study is millions of objects that stay, and nothing to look for among them
    return study
