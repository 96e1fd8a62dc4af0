"""What all loggers share: the interface, how a study is replayed to one, and what a folder remembers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from parzen.errors import InvalidArgument
from parzen.run.feed import Feed, Logger
from parzen.run.records import StudyRecord, TrialRecord, Value
from parzen.run.study import Study

__all__ = [
    "Journal",
    "Logger",
    "StudyRecord",
    "TrialRecord",
    "Value",
    "append",
    "log",
    "one_line",
    "whole_lines",
]


def log(target: Any, logger: Logger) -> None:
    """Tell a logger which trials of a study have ended; those that it holds already are left out.

    For studies that are over, and for those driven by ask and tell: call it again whenever the service
    is to be brought up to date.

    Args:
        target: A `Study`, `Trials`, or whatever else has a `study`, such as `Best`.
        logger: Who is told.

    Raises:
        InvalidArgument: If `target` has no study or `logger` is none.
        Exception: What the logger raises.

    >>> import os, tempfile
    >>> from parzen import Study, hp
    >>> from parzen.loggers import CSV, log
    >>> study = Study({"x": hp.float(0, 1)}, seed=0)
    >>> path = os.path.join(tempfile.mkdtemp(), "trials.csv")
    >>> for _ in range(2):
    ...     trial = study.ask()
    ...     counts = study.tell(trial, trial.params["x"])
    ...     log(study, CSV(path))
    >>> len(Path(path).read_text().splitlines())  # a header and two trials
    3
    """
    study = target if isinstance(target, Study) else getattr(target, "study", None)
    if not isinstance(study, Study):
        raise InvalidArgument(
            f"log needs a study; got {target!r}",
            hint="pass a Study, a Trials object or what fmin returned",
        )
    if not isinstance(logger, Logger):
        raise InvalidArgument(
            f"log tells a logger; got {logger!r}", hint="write log(study, CSV('trials.csv'))"
        )
    if study.durable:
        study.refresh()
    with Feed(study, [logger], live=False):
        pass


def one_line(text: str, most: int = 500) -> str:
    r"""A text without line breaks, cut to a length.

    Args:
        text: Anything.
        most: Characters that may stay.

    >>> one_line("no\nbreaks", 6)
    'no bre'
    """
    return " ".join(text.split())[:most]


def whole_lines(path: Path) -> str:
    """The text of a file of lines; what was cut off in the middle of being written is removed from it.

    Args:
        path: The file; one that does not exist has no lines.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ""
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)
    return data[:whole].decode("utf-8")


def append(path: Path, text: str) -> None:
    """Append to a file, and wait until it is on the disk.

    Args:
        path: The file; made with its folder if need be.
        text: Whole lines.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


class Journal:
    """A file beside a service's own that lists which trials it holds to the end.

    For services whose files do not say so, or say it in a form that is slow to read.

    Args:
        path: The file; made with its folder by the first `add`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def numbers(self) -> frozenset[int]:
        """The trials that are listed."""
        return frozenset(int(line) for line in whole_lines(self._path).split())

    def add(self, number: int) -> None:
        """List one more.

        Args:
            number: The trial's.
        """
        append(self._path, f"{number}\n")
