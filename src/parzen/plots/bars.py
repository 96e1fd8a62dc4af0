"""How much of the loss's variation each hyperparameter explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.insight import Importance
from parzen.insight import importance as judged
from parzen.insight.target import study_of
from parzen.plots import mpl
from parzen.plots.backends import interactive
from parzen.plots.data import Data, read
from parzen.plots.marks import box
from parzen.plots.ranked import patch_handle
from parzen.plots.tree import opener
from parzen.plots.words import cut

TOP = 20  # hyperparameters shown unless asked for more
NEEDED = 30  # trials, below which nothing is said


@dataclass(frozen=True)
class Bars:
    """What the picture of importances shows.

    Attributes:
        data: The trials.
        word: What is explained: the loss, or a metric by its name.
        found: The hyperparameters shown, the most important first.
        left: How many are not shown.
    """

    data: Data
    word: str
    found: tuple[Importance, ...]
    left: int

    @property
    def subtitle(self) -> str:
        """What is to be seen, in one sentence."""
        return f"Share of the variation of the {self.word} that each explains, where it is used."

    @property
    def remark(self) -> str:
        """What is left out; ``""`` if nothing."""
        plural = "s" if self.left > 1 else ""
        return f"{self.left} less important hyperparameter{plural} not shown (top=)." if self.left else ""


def bars(target: Any, top: int = TOP, metric: str | None = None) -> Bars:
    """The data of the picture of importances.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        top: How many hyperparameters at most.
        metric: The name of a number beside the loss to explain in its place.

    Raises:
        InvalidArgument: If `top` is no positive number or no result has the metric.
    """
    if top < 1:
        raise InvalidArgument(f"top must be at least 1; got {top!r}")
    data = read(target)
    if metric is not None:
        data.metric(metric)
    found = judged(study_of(target), metric=metric)
    return Bars(data, metric or data.word, tuple(found[:top]), max(len(found) - top, 0))


def scarce(one: Importance) -> str:
    """What is said of a hyperparameter that too few trials use."""
    return f"too few trials: {one.trials} of {NEEDED}"


def importance(
    target: Any,
    *,
    top: int = TOP,
    metric: str | None = None,
    ax: Any = None,
    backend: str = "matplotlib",
) -> Any:
    """How much of the loss's variation each hyperparameter explains, the most important first.

    A conditional hyperparameter is judged among the trials that use it, and
    its bar says which branch that is. Whiskers reach one standard deviation to
    both sides. Where fewer than 30 trials use it, it says so and draws no bar.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        top: How many hyperparameters are shown.
        metric: The name of a number beside the loss to explain in its place.
        ax: Matplotlib axes to draw on; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If an argument cannot be used.
        MissingDependency: If the library that draws is not installed.
    """
    other = interactive(backend, "importance", ax)
    shown = bars(target, top, metric)
    return draw_bars(shown, ax) if other is None else other(shown)


def draw_bars(shown: Bars, ax: Any = None) -> Any:
    """Draw importances with Matplotlib.

    Args:
        shown: Their data.
        ax: Matplotlib axes to draw on; None for a new figure.

    Returns:
        The figure.
    """
    figure, own = mpl.new_axes(ax, (7.4, float(np.clip(0.36 * len(shown.found) + 1.3, 2.2, 14))))
    colours = mpl.style(
        own,
        x=f"share of the variation of the {shown.word}",
        title="Which hyperparameters matter?",
        subtitle=shown.subtitle,
        grid="x",
    )
    _draw(own, shown, colours)
    if not shown.found:
        mpl.empty(own, "The space has no hyperparameter")
    mpl.remark(own, shown.remark)
    return figure


def _draw(ax: Any, shown: Bars, colours: mpl.Palette) -> None:
    rows = np.arange(len(shown.found))
    for row, one in zip(rows, shown.found, strict=True):
        colour = colours.series[0] if one.given is None else colours.series[2]
        if not one.known:
            ax.text(
                0.005, row, scarce(one), va="center", fontsize=8, style="italic", color=colours.ink, alpha=0.8
            )
            continue
        ax.barh(row, one.value, height=0.62, color=colour, alpha=0.85, zorder=2)
        reach = max(one.value - one.spread, 0.0), min(one.value + one.spread, 1.0)
        ax.plot(reach, [row, row], color=colours.ink, linewidth=1.2, zorder=3, solid_capstyle="butt")
        for end in reach:
            ax.plot([end, end], [row - 0.12, row + 0.12], color=colours.ink, linewidth=1.2, zorder=3)
        ax.text(
            reach[1] + 0.012,
            row,
            f"{one.value:.2f} ± {one.spread:.2f}",
            va="center",
            fontsize=8,
            color=colours.ink,
        )
    row_height = mpl.inches(ax)[1] / max(len(rows), 1)
    told = row_height > 0.28  # inches, for two lines
    names = [
        cut(one.label, 26, middle=True) + (f"\nif {cut(opener(one.given), 30)}" if one.given and told else "")
        for one in shown.found
    ]
    ax.set_yticks(rows, [mpl.plain(name) for name in names])
    ax.tick_params(axis="y", length=0, labelsize=8)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    highest = max((one.value + one.spread for one in shown.found if one.known), default=0.4)
    ax.set_xlim(0, min(max(1.25 * highest, 0.3), 1.18))
    if any(one.given and one.known for one in shown.found):
        handles = [
            patch_handle(colours.series[0], "always used", alpha=0.85),
            patch_handle(colours.series[2], "of one branch", alpha=0.85),
        ]
        box(ax, handles, colours, loc="lower right")
