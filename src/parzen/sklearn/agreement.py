"""Whether a fit may go on with a kept search: a note of the study says what it was fitted on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from parzen.errors import StudyChanged
from parzen.run.study import Study
from parzen.sklearn import theirs

_KEY = "sklearn"  # of the study's note that says what it was fitted on
_MUST_AGREE = ("data", "folds", "estimator", "scoring")
_LONGEST = 2000  # characters of a text that are kept
_SHOWN = 200  # of which a message shows so many
OWN_FILE = "give this fit a file of its own in study="


def mark_of(
    X: Any, y: Any, params: Mapping[str, Any], splits: Any, cv: Any, estimator: Any, scoring: Any, refit: Any
) -> dict[str, str]:
    """What a fit is fitted on: what must agree, and words about it for messages.

    Args:
        X: The data.
        y: Targets, or None.
        params: What `fit` was given beside them.
        splits: The folds.
        cv: The splitter that made them.
        estimator: What is tuned.
        scoring: As given to the search.
        refit: As given to the search.
    """
    return {
        "data": theirs.content_hash([X, y, dict(params)]),
        "folds": theirs.content_hash(splits),
        "estimator": text_of(estimator)[:_LONGEST],
        "scoring": _scoring(scoring, refit),
        "values": theirs.content_hash([_values(X), _values(y)]),
        "X": _form(X),
        "y": _form(y),
        "cv": f"{len(splits)} {'fold' if len(splits) == 1 else 'folds'} of {_splitter(cv)}",
    }


def check(study: Study, mark: Mapping[str, str]) -> None:
    """Note what a new study is fitted on, or compare it with what an old one was.

    Args:
        study: The kept one.
        mark: From `mark_of`.

    Raises:
        StudyChanged: If they differ, with what differs and the fix.
    """
    marks = (each.note[_KEY] for each in study.ledger.notes if each.number is None and _KEY in each.note)
    earlier = next(marks, None)
    if earlier is None:
        if len(study.trials):
            raise StudyChanged(
                f"{study.place} has a study that is none of ParzenSearchCV's",
                hint="give the fit a file of its own in study=",
            )
        study.note({_KEY: dict(mark)})
        return
    changed = [name for name in _MUST_AGREE if earlier.get(name) != mark[name]]
    if changed:
        told = [each for each in (_difference(name, earlier, mark) for name in changed) if each]
        raise StudyChanged(
            f"the search kept in {study.place} was made with other {_joined(changed)} than this fit"
            + (": " + "; ".join(told) if told else ""),
            hint=_fix(changed, earlier, mark),
        )


def text_of(value: Any) -> str:
    """A value as one line that is the same in every process: without addresses.

    Args:
        value: Any.
    """
    return re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(repr(value).split()))


def _values(data: Any) -> Any:
    """The numbers alone, whatever holds them."""
    if data is None or hasattr(data, "toarray"):
        return data
    values = np.ascontiguousarray(data)  # the hash depends on the order in memory
    return values.astype(np.float64) if values.dtype.kind in "biuf" else values


def _form(data: Any) -> str:
    """What holds the data, and how much there is."""
    if data is None:
        return "None"
    columns = getattr(data, "columns", None)
    shape = getattr(data, "shape", None)
    size = " x ".join(map(str, (len(data),) if shape is None else shape))
    dtype = getattr(data, "dtype", None)
    held = f"{type(data).__name__} of {size}" + (f" {dtype}" if isinstance(dtype, np.dtype) else "")
    if columns is None:
        return held
    return f"{held} with the columns {', '.join(map(str, columns))}"[:_LONGEST]


def _splitter(cv: Any) -> str:
    text = text_of(cv)
    return "an iterable" if text.startswith("_CVIterableWrapper") else text


def _scoring(scoring: Any, refit: Any) -> str:
    if callable(scoring):
        return str(getattr(scoring, "__qualname__", text_of(scoring)))
    if isinstance(scoring, (list, tuple, set, dict)):
        return f"{sorted(scoring)} by {refit if isinstance(refit, str) else next(iter(scoring))}"
    return str(scoring)


def _difference(name: str, earlier: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What was and what is, in words; empty where there are none."""
    if name == "data":
        forms = [_was(each, earlier.get(each), now[each]) for each in ("X", "y")]
        told = "; ".join(each for each in forms if each)
        if "values" not in earlier:
            return ""
        if not _form_alone(earlier, now):
            return told or "the values of X or y are others"
        if told:
            return f"the values are the same, but {told}"
        return (
            "X and y have the same values in another form, as by index, columns or dtypes, "
            "or fit got other parameters"
        )
    name = "cv" if name == "folds" else name
    return _was(name, earlier.get(name), now[name])


def _was(name: str, before: str | None, after: str) -> str:
    if before is None or before == after:
        return ""
    pairs = enumerate(zip(before, after, strict=False))
    first = next((k for k, (one, other) in pairs if one != other), min(len(before), len(after)))
    return f"{name} was {_short(before, first)} and is {_short(after, first)}"


def _short(text: str, first: int) -> str:
    """A text cut to what can be read, with the place where it begins to differ."""
    start = max(first - _SHOWN // 2, 0) if len(text) > _SHOWN else 0
    end = start + _SHOWN
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")


def _form_alone(earlier: Mapping[str, str], now: Mapping[str, str]) -> bool:
    return earlier.get("values") == now["values"]


def _fix(changed: list[str], earlier: Mapping[str, str], now: Mapping[str, str]) -> str:
    if "data" in changed:
        if _form_alone(earlier, now):
            return f"pass X and y in the form of before, or {OWN_FILE}"
        return "a fit on other data needs a file of its own in study=; without study= nothing is kept"
    drawn = "random_state=None" in now["cv"] and ("shuffle=True" in now["cv"] or "Shuffle" in now["cv"])
    if changed == ["folds"] and earlier.get("cv", now["cv"]) == now["cv"] and drawn:
        return "a splitter that shuffles needs a random_state, so that the folds are the same again"
    arguments = ["cv" if name == "folds" else name for name in changed]
    return f"go on with the {_joined(arguments)} of before, or {OWN_FILE}"


def _joined(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 2 else names)
