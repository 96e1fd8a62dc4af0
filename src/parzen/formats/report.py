"""The report: one HTML file that says what a search did and learned, opens without a network, and prints."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from parzen.errors import InvalidArgument
from parzen.formats import report_parts as parts
from parzen.formats import report_pictures as pictures
from parzen.formats.report_html import document, paragraph
from parzen.history.history import History
from parzen.insight import Importance
from parzen.insight.target import study_of
from parzen.plots.bars import TOP, Bars, draw_bars
from parzen.plots.coordinates import TOP as TOP_LINES
from parzen.plots.data import Data, read

PAIRS = 6  # hyperparameters in the scatter matrix


def report(target: Any, path: str | os.PathLike[str], *, title: str | None = None) -> Path:
    """Write a report of a study: one HTML file that needs nothing else.

    It holds the best values as Python and JSON, the space with the share of
    each branch, pictures of the history, effects, importance, pairs of
    values, whole trials, learning curves and timeline, findings with the code of the next space, the best 100
    trials, all failures with their reasons, the environment, and the code
    that runs the search again. It follows the reader's light or dark setting.

    Args:
        target: A `Study`, a `Trials`, what `fmin` returned, or a bare `History`, which knows no
            reasons of failures and no environment.
        path: Where to write; an existing file is replaced in one step.
        title: The heading; left out, the study's name.

    Returns:
        The path.

    Raises:
        InvalidArgument: If `target` is something else, or `path` cannot be a file.
        MissingDependency: If Matplotlib is not installed.

    >>> from parzen import Study, hp
    >>> from parzen.formats import report
    >>> study = Study({"x": hp.float(0, 1)}, seed=0)
    >>> file = report(study, "report.html")  # doctest: +SKIP
    """
    place = Path(path)
    if place.is_dir() or not place.parent.is_dir():
        why = "it is a folder" if place.is_dir() else f"there is no folder {str(place.parent)!r}"
        raise InvalidArgument(f"path must be that of a file to write; got {str(path)!r}: {why}")
    found = study_of(target)
    study = None if isinstance(found, History) else found
    data = read(found)
    heading = title or (f"Study {data.name}" if data.name else "Search")
    opening = paragraph(parts.headline(data), "summary")
    opening += paragraph(f"{parts.states_line(data)}.", "small") if len(data) else ""
    page = document(heading, list(_sections(found, study, data)), opening, pictures.variables())
    _write(place, page)
    return place


def _sections(target: Any, study: Any, data: Data) -> list[tuple[str, str]]:
    """Heading and HTML of each section, in the order of the page."""
    found = [
        ("Best", parts.best_part(data, parts.best_trial(study, data))),
        ("Space", parts.space_part(data)),
    ]
    if len(data):
        judged, drawn = _pictures(target, data)
        found += drawn
        found.append(("Findings and what to try next", parts.findings_part(target)))
        found += _more_pictures(target, data)
        found.append(("Trials", parts.trials_part(data, [one.label for one in judged])))
    return [
        *found,
        ("Failures", parts.failures_part(study, data)),
        ("Environment", parts.environment_part(study)),
        ("Code to reproduce", parts.settings_part(study)),
    ]


def _pictures(target: Any, data: Data) -> tuple[list[Importance], list[tuple[str, str]]]:
    """The importances, the most important first, and the pictures that tell what the search learned."""
    from parzen.plots import history, matrix, parallel
    from parzen.plots.page import page
    from parzen.plots.panels import draw_page

    found = [("History", pictures.picture("history", pictures.of_history(data), lambda: history(target)))]
    if not len(data.space):
        return [], found
    effects = page(target)
    # Once for both pictures: with many trials it takes seconds.
    judged = [one.effect.importance for section in effects.sections for one in section.panels]
    judged.sort(key=lambda one: (not one.known, -one.value if one.known else 0.0))
    words = pictures.of_effects(judged, data)
    found.append(("Effects", pictures.picture("effects", words, lambda: draw_page(effects))))
    shown = Bars(data, data.word, tuple(judged[:TOP]), max(len(judged) - TOP, 0))
    words = pictures.of_importance(judged, data.word)
    found.append(("Importance", pictures.picture("importance", words, lambda: draw_bars(shown))))
    if len(data.space) > 1:
        words = pictures.of_pairs(judged, data, PAIRS)
        draw = partial(matrix, target, top=PAIRS)
        found.append(("Pairs of values", pictures.picture("matrix", words, draw)))
        words = pictures.of_lines(judged, data, TOP_LINES)
        draw = partial(parallel, target, top=TOP_LINES)
        found.append(("All values of a trial", pictures.picture("parallel", words, draw)))
    return judged, found


def _more_pictures(target: Any, data: Data) -> list[tuple[str, str]]:
    from parzen.plots import curves, timeline
    from parzen.plots.times import lanes

    found = []
    if any(len(own) for own in data.reports):
        words = pictures.of_curves(data)
        found.append(("Learning curves", pictures.picture("curves", words, lambda: curves(target))))
    if lanes(data).names:
        words = pictures.of_timeline(data)
        found.append(("Timeline", pictures.picture("timeline", words, lambda: timeline(target))))
    return found


def _write(place: Path, page: str) -> None:
    """Beside it first, then in its place, so that no half a report is ever seen."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        beside.write_text(page, encoding="utf-8")
        os.replace(beside, place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
