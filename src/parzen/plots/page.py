"""The data of the page of effects: every hyperparameter, in the tree of the space. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.insight import Effect
from parzen.insight import effects as estimated
from parzen.insight.target import study_of
from parzen.plots.axes import Axis, axis
from parzen.plots.bars import scarce
from parzen.plots.data import STATES, Data, Floats, Scale, read, scale
from parzen.plots.phrases import nothing
from parzen.plots.sample import MANY
from parzen.plots.tree import Branch, branches
from parzen.plots.words import brief, cut
from parzen.space.distributions.base import Lattice, Line
from parzen.wording import many, plural

HANDFUL = 5  # trials; of fewer no density is drawn


@dataclass(frozen=True)
class Panel:
    """One hyperparameter on the page.

    Attributes:
        axis: Its axis.
        values: (n,) its values, NaN where inactive.
        effect: What the trials say about it.
        bounded: Whether its range has ends.
        ended: How many trials that use it have ended.
    """

    axis: Axis
    values: Floats
    effect: Effect
    bounded: bool
    ended: int

    @property
    def share(self) -> str:
        """How much it explains, in brackets."""
        one = self.effect.importance
        return f"({one.value:.2f} ± {one.spread:.2f})" if one.known else f"({scarce(one)})"

    @property
    def title(self) -> str:
        """Its label, and how much it explains."""
        return f"{cut(self.axis.label, 24, middle=True)}  {self.share}"

    @property
    def dense(self) -> bool:
        """Whether enough trials have ended for densities of them to say anything."""
        return self.ended >= HANDFUL


@dataclass(frozen=True)
class Section:
    """A branch of the space.

    Attributes:
        branch: The branch.
        title: Its condition in words.
        detail: Its share of the trials and its best.
        panels: Its hyperparameters, the most important first.
        barren: Whether it is a branch in which no trial succeeded, though elsewhere some did.
    """

    branch: Branch
    title: str
    detail: str
    panels: tuple[Panel, ...]
    barren: bool = False

    @property
    def line(self) -> str:
        """All that is to be said of a branch in which no trial succeeded."""
        names = ", ".join(panel.axis.label for panel in self.panels)
        return f"{self.title}: {self.detail}. Not drawn: {names}."


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
        if not len(self.data):
            return nothing(self.data)
        line = "the line is the median, the band holds 8 in 10"
        share = "In brackets: the share of the variation that each explains"
        return f"{plural(len(self.data), 'trial')}; {line}. {share}."

    @property
    def remark(self) -> str:
        """What stands for itself or is left out; ``""`` if nothing."""
        data, found = self.data, []
        if len(data) > MANY:
            found.append("Darker cells hold more trials.")
        out = self.scale.over + self.scale.under
        if out:
            verb = "lies" if out == 1 else "lie"
            found.append(f"{out} outlying {data.word if out == 1 else data.words} {verb} at the edge.")
        if data.counts["failed"]:
            found.append(f"{many(data.counts['failed'])} failed, drawn at the bad edge.")
        if data.counts["pruned"]:
            heights = data.shown(data.height()[data.is_in("pruned")])
            beyond = int(((heights < self.scale.low) | (heights > self.scale.high)).sum())
            where = f", {many(beyond)} of them beyond the edge" if beyond else ""
            found.append(f"{many(data.counts['pruned'])} pruned, at their last report{where}.")
        if data.counts["running"]:
            found.append(f"{many(data.counts['running'])} running, not drawn.")
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
            barren = bool(branch.depth) and branch.best is None and data.best is not None
            detail = _detail(data, branch, data.values[:, branch.columns[0]])
            sections.append(Section(branch, branch.title or "Every trial", detail, panels, barren))
    return Page(data, tuple(sections), _scale(data))


def _scale(data: Data) -> Scale:
    """The axis of the loss: of the successful trials, and of the pruned ones if these are more."""
    best = [] if data.best is None else [data.shown(data.losses[data.best])]
    shown = data.good
    if data.counts["pruned"] > shown.sum():
        shown = shown | data.is_in("pruned")
    return scale(data.shown(data.height()[shown]), keep=best)


def _panel(data: Data, column: int, effect: Effect) -> Panel:
    geometry = data.space.params[column].distribution.geometry
    bounded = isinstance(geometry, Lattice) or (isinstance(geometry, Line) and geometry.bounded)
    values = data.values[:, column]
    drawn = axis(data.space, column, values)
    ended = int((~np.isnan(values) & ~data.is_in("running")).sum())
    return Panel(drawn, values, effect, bounded and drawn.kind != "labels", ended)


def _detail(data: Data, branch: Branch, values: Floats) -> str:
    """A branch's share of the trials, and its best or what became of them."""
    best = ", none succeeded" if branch.trials else ""
    if branch.best is not None:
        value = float(data.shown(data.losses[branch.best]))
        best = f", best {brief(value)} at trial {data.numbers[branch.best]}"
    elif branch.trials:
        took = ~np.isnan(values)
        states = [(int((took & data.is_in(state)).sum()), state) for state in STATES[1:]]
        best += f" ({', '.join(f'{many(count)} {state}' for count, state in states if count)})"
    if not branch.depth:
        return f"{plural(branch.trials, 'trial')}{best}"
    return f"{many(branch.trials)} of {many(len(data))} ({branch.share:.0%}){best}"
