"""``parzen export STORE``: trials as a file of another kind, or a report that opens offline."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from parzen.cli.parser import Parser, add_store, open_study
from parzen.errors import InvalidArgument, StorageError, did_you_mean

if TYPE_CHECKING:
    from parzen.run.study import Study

FORMATS = ("csv", "jsonl", "parquet", "hyperopt")
_OF_SUFFIX = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pkl": "hyperopt"}
_BINARY = ("parquet", "hyperopt")


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument(
        "--format", choices=FORMATS, metavar="NAME", help=f"{', '.join(FORMATS)} (default: by FILE's suffix)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where to (default: stdout)")
    parser.add_argument("--report", metavar="FILE", help="a report in one HTML file")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def run(options: argparse.Namespace) -> int:
    """Write the files; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal

    kind = _kind(options)
    targets = [path for path in (options.report, options.output) if path not in (None, "-")]
    for path in targets:
        _check_target(path, options.force)
    study = open_study(options)
    if options.report:
        from parzen.formats.report import report

        with _explained(options.report):
            report(study, options.report)
        terminal.message(f"wrote {options.report}", options.quiet)
    if kind is not None:
        count = _write(study, kind, options.output)
        if options.output not in (None, "-"):
            terminal.message(f"wrote {count} trials to {options.output}", options.quiet)
    return 0


def _kind(options: argparse.Namespace) -> str | None:
    """Which format; None where only a report is wanted."""
    if options.format is not None:
        kind = str(options.format)
    elif options.output in (None, "-"):
        if options.report:
            return None
        raise InvalidArgument(
            f"say what to write: --format {'|'.join(FORMATS)} -o FILE, or --report report.html"
        )
    else:
        suffix = os.path.splitext(options.output)[1].lower()
        if suffix not in _OF_SUFFIX:
            raise InvalidArgument(
                f"the suffix {suffix!r} of {options.output!r} names no format."
                f"{did_you_mean(suffix, list(_OF_SUFFIX))}",
                hint=f"--format {'|'.join(FORMATS)}",
            )
        kind = _OF_SUFFIX[suffix]
    if kind in _BINARY and options.output in (None, "-") and sys.stdout.isatty():
        raise InvalidArgument(f"{kind} is no text for a terminal", hint="give -o FILE")
    return kind


def _check_target(path: str, force: bool) -> None:
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise InvalidArgument(f"there is no folder {folder!r} to write {path!r} into")
    if os.path.isdir(path):
        raise InvalidArgument(f"{path!r} is a folder")
    if os.path.exists(path) and not force:
        raise InvalidArgument(f"{path!r} is there already", hint="--force replaces it")


class _explained:  # noqa: N801  # used as a function
    """Turns an error of the file system into one sentence.

    Args:
        path: What is written.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Explain what came up."""
        if isinstance(error, OSError) and not isinstance(error, (BrokenPipeError, StorageError)):
            raise StorageError(f"{self.path!r} cannot be written: {error.strerror}") from None


def _write(study: Study, kind: str, path: str | None) -> int:
    from parzen.formats import rows

    where = "-" if path is None else path
    with _explained(where):
        if kind in _BINARY:
            data, count = _bytes(study, kind)
            with nullcontext(sys.stdout.buffer) if where == "-" else open(where, "wb") as file:
                file.write(data)
            return count
        write = rows.write_csv if kind == "csv" else rows.write_jsonl
        if where == "-":
            return write(study, sys.stdout)
        with open(where, "w", encoding="utf-8", newline="") as text:
            return write(study, text)


def _bytes(study: Study, kind: str) -> tuple[bytes, int]:
    if kind == "parquet":
        from parzen.formats.parquet import parquet

        return parquet(study)
    from parzen.formats.hyperopt_export import pickled
    from parzen.trials import Trials

    documents = list(Trials(store=study.store, study=study.name)._dynamic_trials)
    return pickled(documents), len(documents)
