"""``parzen plot STORE KIND -o FILE``: a picture as SVG, PNG, PDF, or HTML that moves."""

from __future__ import annotations

import argparse
import os
from typing import Any

from parzen.cli.parser import Parser, add_name, load, open_study
from parzen.errors import InvalidArgument, did_you_mean

KINDS = (
    *("compare", "contour", "curves", "distributions", "edf", "effects", "history", "importance"),
    *("matrix", "parallel", "pareto", "timeline"),
)
_DPI = (30, 1200)
_SUFFIXES = (".svg", ".png", ".pdf", ".html")


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "words", nargs="*", metavar="STORE KIND", help=f"the store, and one of {', '.join(KINDS)}"
    )
    add_name(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="ends in .svg, .png, .pdf or .html"
    )
    parser.add_argument("-x", metavar="LABEL", help="contour: the hyperparameter to the right")
    parser.add_argument("-y", metavar="LABEL", help="contour: the hyperparameter upwards")
    parser.add_argument(
        "--with",
        action="append",
        default=[],
        dest="others",
        metavar="STORE",
        help="compare, edf: another study",
    )
    parser.add_argument(
        "--dpi", type=int, default=150, metavar="N", help="of a PNG, 30 to 1200 (default: 150)"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def run(options: argparse.Namespace) -> int:
    """Draw and write; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal

    kind = _sort_out(options)
    path = options.output
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _SUFFIXES:
        raise InvalidArgument(f"-o must end in one of {', '.join(_SUFFIXES)}; got {path!r}")
    if not _DPI[0] <= options.dpi <= _DPI[1]:
        raise InvalidArgument(f"--dpi must be from {_DPI[0]} to {_DPI[1]}; got {options.dpi}")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise InvalidArgument(f"-o: there is no folder {folder!r}")
    _write(_figure(kind, options, "plotly" if suffix == ".html" else "matplotlib"), path, options.dpi)
    terminal.message(f"wrote {path}", options.quiet)
    return 0


def _sort_out(options: argparse.Namespace) -> str:
    """The kind, and the store into the options; they may stand in either order."""
    words = list(options.words)
    kinds = [word for word in words if word in KINDS and not os.path.exists(word)] or [
        word for word in words if word in KINDS
    ]
    if not kinds:
        came = f"; got {words[-1]!r}.{did_you_mean(words[-1], list(KINDS))}" if words else ""
        raise InvalidArgument(f"name the kind of picture: one of {', '.join(KINDS)}{came}")
    kind = str(kinds[-1])
    words.remove(kind)
    if len(words) > 1:
        raise InvalidArgument(f"{words[1]!r} is one argument too many; another study is --with STORE")
    options.store = words[0] if words else os.environ.get("PARZEN_STUDY")
    return kind


def _figure(kind: str, options: argparse.Namespace, backend: str) -> Any:
    from parzen import plots

    study = open_study(options)
    draw = getattr(plots, kind)
    if options.others and kind not in ("compare", "edf"):
        raise InvalidArgument(f"--with is for compare and edf; got the kind {kind!r}")
    if kind == "contour":
        x, y = _axes(study, options)
        return draw(study, x, y, backend=backend)
    if kind == "distributions":
        return draw(study.space, backend=backend)
    if kind in ("compare", "edf"):
        studies = [study, *(load(store, None) for store in options.others)]
        return draw(studies if kind == "compare" or options.others else study, backend=backend)
    return draw(study, backend=backend)


def _axes(study: Any, options: argparse.Namespace) -> tuple[str, str]:
    """The two hyperparameters of a contour; left out, the two most important ones."""
    labels = [param.label for param in study.space.params]
    for name, label in (("-x", options.x), ("-y", options.y)):
        if label is not None and label not in labels:
            raise InvalidArgument(
                f"{name}: the space has no hyperparameter {label!r}.{did_you_mean(label, labels)} "
                f"It has {', '.join(labels)}"
            )
    if options.x is not None and options.y is not None:
        return options.x, options.y
    from parzen.insight import importance

    ordered = [one.label for one in importance(study) if one.label not in (options.x, options.y)]
    ordered += ["", ""]
    x = options.x or ordered.pop(0)
    y = options.y or ordered.pop(0)
    if not x or not y:
        raise InvalidArgument("a contour needs two hyperparameters; the space has one")
    return x, y


def _write(figure: Any, path: str, dpi: int) -> None:
    if path.lower().endswith(".html"):
        figure.write_html(path, include_plotlyjs=True)
        return
    figure.savefig(path, dpi=dpi)
