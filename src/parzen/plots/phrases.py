"""Sentences about a study that several pictures say. Pure."""

from __future__ import annotations

from parzen.plots.data import Data
from parzen.plots.words import brief, many, plural


def nothing(data: Data) -> str:
    """Why there is nothing to draw."""
    if data.waiting:
        return f"no trial has a point yet ({plural(data.waiting, 'trial')} opened)"
    return "no trials yet"


def summary(data: Data) -> str:
    """One line on a study: how many trials, and the best of them."""
    if data.best is None:
        return f"{plural(len(data), 'trial')}, none succeeded yet"
    best = data.best
    value = brief(float(data.shown(data.losses[best])))
    since = int((data.numbers > data.numbers[best]).sum())
    flat = f", {plural(since, 'trial')} since" if since else ""
    return f"{plural(len(data), 'trial')}; best {data.word} {value} at trial {data.numbers[best]}{flat}"


def outside(data: Data) -> list[str]:
    """Sentences on trials of the study that are in none of the arrays."""
    found = []
    if data.waiting:
        found.append(f"{many(data.waiting)} opened and without a point: not drawn.")
    if data.outside:
        found.append(f"{many(data.outside)} of another space or excluded: not drawn.")
    return found
