"""A history as a small picture: the best so far as steps, trials as dots. SVG that stands inside a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from parzen.cards.markup import text
from parzen.wording import number

WIDTH, HEIGHT = 560, 120  # in its own units
DOTS = 300  # that are drawn, at most


def picture(
    values: Sequence[float],
    maximize: bool,
    word: str,
    *,
    sentence: str = "",
    noun: str = "trials",
    colour: str = "currentColor",
) -> str:
    """The best so far as steps over the trials, and trials as dots; empty without two values.

    Args:
        values: What the objective returned, in the order of the trials' ends; NaN where there is nothing.
        maximize: Whether large values are good.
        word: ``"loss"`` or ``"value"``.
        sentence: What it shows, for those who cannot see it; left out, the best so far.
        noun: What the values are of.
        colour: Of the line.
    """
    known = [(i, v) for i, v in enumerate(values) if abs(v) < float("inf")]
    if len(known) < 2:
        return ""
    steps = _steps(known, maximize)
    low, high = _range([v for _, v in known], steps, maximize)
    left, right, top, bottom = 62.0, WIDTH - 8.0, 8.0, HEIGHT - 20.0

    def x(i: float) -> float:
        return left + (right - left) * i / max(len(values) - 1, 1)

    def y(v: float) -> float:
        share = (min(max(v, low), high) - low) / (high - low)
        return bottom - (bottom - top) * share

    line = f"M{x(steps[0][0]):.1f} {y(steps[0][1]):.1f}"
    line += "".join(f"H{x(i):.1f}V{y(v):.1f}" for _, (i, v) in pairwise(steps)) + f"H{right:.1f}"
    every = -(-len(known) // DOTS)
    dots = "".join(f'<circle cx="{x(i):.1f}" cy="{y(v):.1f}" r="1.8"/>' for i, v in known[::-every])
    top_label = ("≥ " if max(v for _, v in known) > high else "") + number(high, 3)
    low_label = ("≤ " if min(v for _, v in known) < low else "") + number(low, 3)
    sentence = text(sentence or f"Best {word} so far: {number(steps[-1][1], 6)} after {len(values)} {noun}")
    return "".join(
        (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{sentence}" ',
            'style="width:100%;max-width:700px;color:inherit;display:block;margin:.4em 0" ',
            'font-size="11" fill="currentColor">',
            f"<title>{sentence}</title>",
            f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="currentColor" opacity=".4"/>',
            f'<g opacity=".35">{dots}</g>',
            f'<path d="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{left - 4}" y="{top + 8}" text-anchor="end">{top_label}</text>',
            f'<text x="{left - 4}" y="{bottom}" text-anchor="end">{low_label}</text>',
            f'<text x="{left}" y="{HEIGHT - 5}">{word} and best so far</text>',
            f'<text x="{right}" y="{HEIGHT - 5}" text-anchor="end">{len(values)} {noun}</text>',
            "</svg>",
        )
    )


def _steps(known: list[tuple[int, float]], maximize: bool) -> list[tuple[int, float]]:
    """The trials that were the best so far."""
    sign = -1.0 if maximize else 1.0
    steps = [known[0]]
    for i, v in known[1:]:
        if sign * v < sign * steps[-1][1]:
            steps.append((i, v))
    return steps


def _range(values: list[float], steps: list[tuple[int, float]], maximize: bool) -> tuple[float, float]:
    """What it spans: three quarters of the trials and all later steps; worse ones lie on its edge."""
    ordered = sorted(values, reverse=maximize)
    best, usual = ordered[0], ordered[(3 * (len(ordered) - 1)) // 4]
    later = [v for _, v in steps[1:]] or [v for _, v in steps]
    worst = (min if maximize else max)(usual, *later)
    if worst == best:
        worst = best + (-1 if maximize else 1) * (abs(best) or 1.0)
        if math.isinf(worst):  # no number is so far away on that side
            worst = best / 2
    low, high = min(worst, best), max(worst, best)
    return (low, high) if math.isfinite(high - low) else (low / 4, high / 4)
