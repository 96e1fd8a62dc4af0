"""The effect of every hyperparameter: one page, in the tree of the space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parzen.insight import Effect
from parzen.insight import effects as estimated
from parzen.plots.axes import Axis, axis
from parzen.plots.backends import interactive
from parzen.plots.bars import scarce
from parzen.plots.data import Data, Floats, Scale, read, scale, study_of
from parzen.plots.sample import MANY
from parzen.plots.tree import Branch, branches
from parzen.plots.words import brief, cut
from parzen.space.distributions.base import Lattice, Line


@dataclass(frozen=True)
class Panel:
    """One hyperparameter on the page.

    Attributes:
        axis: Its axis.
        values: (n,) its values, NaN where inactive.
        effect: What the trials say about it.
        bounded: Whether its range has ends.
    """

    axis: Axis
    values: Floats
    effect: Effect
    bounded: bool

    @property
    def title(self) -> str:
        """Its label, and how much it explains."""
        one = self.effect.importance
        share = f"{one.value:.2f} ± {one.spread:.2f}" if one.known else scarce(one)
        return f"{cut(self.axis.label, 24, middle=True)}  ({share})"


@dataclass(frozen=True)
class Section:
    """A branch of the space with its panels, the most important first."""

    branch: Branch
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Page:
    """What the page of effects shows.

    Attributes:
        data: The trials.
        sections: The root and the branches.
        scale: The axis of the loss, common to all panels.
    """

    data: Data
    sections: tuple[Section, ...]
    scale: Scale

    @property
    def subtitle(self) -> str:
        """What is to be seen, in one sentence."""
        line = "the line is their median and the band holds 8 in 10"
        return (
            f"{len(self.data)} trials; {line}. Behind each name: the share of the variation that it explains."
        )

    @property
    def remark(self) -> str:
        """What stands for itself or is left out; ``""`` if nothing."""
        data, found = self.data, []
        if len(data) > MANY:
            found.append("Darker cells hold more trials.")
        out = self.scale.over + self.scale.under
        if out:
            verb = "lies" if out == 1 else "lie"
            found.append(f"{out} outlying {data.word}{'s' if out > 1 else ''} {verb} at the edge.")
        if data.counts["failed"]:
            found.append(f"{data.counts['failed']} failed, drawn at the bad edge.")
        if data.counts["pruned"]:
            found.append(f"{data.counts['pruned']} pruned, at their last report.")
        if data.counts["running"]:
            found.append(f"{data.counts['running']} running, not drawn.")
        return " ".join(found)


def page(target: Any, labels: Sequence[str] | None = None) -> Page:
    """The data of the page of effects.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        labels: Only these hyperparameters; None for all.

    Raises:
        InvalidArgument: If a label is unknown.
    """
    data = read(target)
    wanted = None if labels is None else {data.column(label) for label in labels}
    found = {data.space.index[one.label]: one for one in estimated(study_of(target))}
    order = list(found)
    sections = []
    for branch in branches(data):
        columns = [j for j in order if j in branch.columns and (wanted is None or j in wanted)]
        panels = tuple(_panel(data, j, found[j]) for j in columns)
        if panels:
            sections.append(Section(branch, _words(data, branch), panels))
    best = [] if data.best is None else [data.shown(data.losses[data.best])]
    return Page(data, tuple(sections), scale(data.shown(data.losses[data.good]), keep=best))


def _panel(data: Data, column: int, effect: Effect) -> Panel:
    geometry = data.space.params[column].distribution.geometry
    bounded = isinstance(geometry, Lattice) or (isinstance(geometry, Line) and geometry.bounded)
    values = data.values[:, column]
    drawn = axis(data.space, column, values)
    return Panel(drawn, values, effect, bounded and drawn.kind != "labels")


def _words(data: Data, branch: Branch) -> str:
    """The title of a section: the branch, its share of the trials and its best."""
    best = ""
    if branch.best is not None:
        value = float(data.shown(data.losses[branch.best]))
        best = f", best {data.word} {brief(value)} at trial {data.numbers[branch.best]}"
    if not branch.depth:
        return f"Every trial ({branch.trials}{best})"
    return f"{branch.title} ({branch.trials} of {len(data)} trials, {branch.share:.0%}{best})"


def effects(
    target: Any,
    *,
    labels: Sequence[str] | None = None,
    ax: Any = None,
    backend: str = "matplotlib",
) -> Any:
    """The effect of every hyperparameter on the loss, on one page.

    A panel for each, the most important first, in the tree of the space: what
    every trial uses, then each branch with its share of the trials and its
    best. A panel shows the trials, their running median with the band between
    the 10 % and 90 % quantiles, the best trial (ring) and the ends of the
    range (dashed). The strip below it shows the prior (dotted), and how
    densely the best trials, l(x), and the others, g(x), lie. Failed trials
    lie at the bad edge, pruned ones at their last report. More than 2 000
    trials are drawn as cells.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        labels: Only these hyperparameters; left out, all.
        ax: Matplotlib axes whose place is used; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidArgument: If an argument cannot be used.
        MissingDependency: If the library that draws is not installed.
    """
    other = interactive(backend, "effects", ax)
    found = page(target, labels)
    if other is not None:
        return other(found)
    from parzen.plots.panels import draw_page

    return draw_page(found, ax)
