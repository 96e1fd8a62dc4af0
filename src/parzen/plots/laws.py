"""What may be tried? The prior law of each hyperparameter, in the tree of the space."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.insight.target import study_of
from parzen.plots import mpl, sides
from parzen.plots.axes import Axis, axis
from parzen.plots.backends import interactive
from parzen.plots.data import Floats
from parzen.plots.words import cut
from parzen.space.distributions.base import Distribution, Labels, Lattice
from parzen.space.flatten import flatten
from parzen.space.space import Space

if TYPE_CHECKING:
    from parzen.plots.mpl import Axes, Palette

BARS = 60  # discrete values that each get a bar; more become a curve
CELL = (2.15, 1.55)  # inches of one panel
MEASURED = 40  # panels whose words are measured for the layout; of more it would take long


def distributions(space: Any, *, ax: Axes | None = None, backend: str = "matplotlib") -> Any:
    """The prior law of every hyperparameter: exact densities and probabilities, not smoothed samples.

    Panels stand in the tree of the space: first what is always active, then a
    block for each branch. The ends of a bounded law are sharp. On a
    logarithmic axis the density is that of the logarithm, so that a
    log-uniform law is flat; values of rounded laws and options are bars.

    Args:
        space: Dicts, lists and `hp` expressions, a `Space`, or a `Study`, `Trials`, `Best` or `History`.
        ax: Matplotlib axes whose place is used; left out, a new figure.
        backend: ``"matplotlib"`` or ``"plotly"``.

    Returns:
        The figure.

    Raises:
        InvalidSpace: If nothing is searched.
        InvalidArgument: If the backend is unknown.
        MissingDependency: If the backend is not installed.
    """
    draw = interactive(backend, "distributions", ax)
    if draw is not None:
        return draw(space)
    space = space_of(space)
    blocks = tree_blocks(space)
    if not blocks:
        figure, ax = mpl.new_axes(ax, (5.0, 2.0))
        mpl.empty(ax, "the space has no hyperparameter: nothing varies")
        return figure
    columns = min(max(len(block) for _, block in blocks), 4) if len(space) <= 24 else 6
    columns = max(columns, min(3, len(space)))
    rows = _packed(blocks, columns)
    size = (max(CELL[0] * columns, 4.0), CELL[1] * len(rows) + 0.35)
    plain = {} if ax is not None or len(space) <= MEASURED else _margins(*size)
    figure, cells = mpl.new_grid(len(rows), columns, ax, size, measured=not plain, **plain)
    for i, row in enumerate(rows):
        headed = any(given for given, _ in row)
        for j in range(columns):
            if j >= len(row):
                cells[i, j].set_axis_off()
                continue
            given, index = row[j]
            _panel(cells[i, j], space, index, headed)
            if given:
                _heading(cells[i, j], given)
    return figure


def _margins(width: float, height: float) -> dict[str, float]:
    """Margins by rule instead of by measuring every word, for a figure of that many inches."""
    sides = {"left": 0.6 / width, "right": 1 - 0.15 / width}
    return sides | {"bottom": 0.45 / height, "top": 1 - 0.55 / height, "wspace": 0.45, "hspace": 1.1}


def _packed(blocks: list[tuple[str, list[int]]], columns: int) -> list[list[tuple[str, int]]]:
    """Blocks side by side in rows, each with its heading on its first panel; one that fits is not broken."""
    rows: list[list[tuple[str, int]]] = [[]]
    for given, block in blocks:
        if rows[-1] and (len(rows[-1]) + len(block) > columns or given == "always"):
            rows.append([])
        for k, index in enumerate(block):
            if len(rows[-1]) == columns:
                rows.append([])
            rows[-1].append((given if k == 0 else "", index))
    return rows


def space_of(given: Any) -> Space:
    """The space of whatever has one, or of the user's structure.

    Args:
        given: See `distributions`.
    """
    if isinstance(given, Space):
        return given
    try:
        study = study_of(given)
    except InvalidArgument:
        return flatten(given)
    space: Space = study.space
    return space


def tree_blocks(space: Space) -> list[tuple[str, list[int]]]:
    """Hyperparameters by the branch that makes them active, each branch after the choice it belongs to.

    Args:
        space: The space.

    Returns:
        Pairs of the branch in words (``"always"`` for none) and indices of hyperparameters.

    >>> from parzen import hp
    >>> branches = [{"a": hp.float(0, 1)}, {"b": hp.float(0, 1)}]
    >>> space = flatten({"m": hp.choice("m", branches), "c": hp.float(0, 1)})
    >>> [(given, len(block)) for given, block in tree_blocks(space)]
    [('always', 2), ('m = a', 1), ('m = b', 1)]
    """
    found: dict[Any, list[int]] = {}
    for j, param in enumerate(space.params):
        found.setdefault(param.condition, []).append(j)
    ordered = sorted(found, key=min)  # a branch comes after the one it lies in
    return [(axis(space, found[condition][0]).given or "always", found[condition]) for condition in ordered]


def support(distribution: Distribution) -> Floats | None:
    """All values of a discrete law, but for those in far tails; None for a continuous one or too many.

    Args:
        distribution: Any.
    """
    geometry = distribution.geometry
    if isinstance(geometry, Labels):
        return np.arange(geometry.size, dtype=np.float64)
    if isinstance(geometry, Lattice):
        if geometry.size > BARS:
            return None
        return np.array([geometry.low + k * geometry.step for k in range(geometry.size)], dtype=np.float64)
    if geometry.step is None:
        return None
    reach = (0.0, 1.0) if geometry.bounded else (-3.0, 3.0)
    values = np.unique(distribution.value(np.linspace(*reach, 20 * BARS)))
    return values if len(values) <= BARS else None


def _panel(ax: Axes, space: Space, j: int, headed: bool) -> None:
    """One law; `headed` leaves room for a heading above its title."""
    param = space.params[j]
    shape = axis(space, j)
    colours = mpl.style(ax, grid=None)
    values = support(param.distribution)
    if values is None:
        word = _curve(ax, param.distribution, shape, colours)
    else:
        word = _bars(ax, param.distribution, shape, values, colours)
    sides.set_axis(ax, shape, "x", title=False, crowded=True)
    ax.set_ylim(bottom=0)
    ax.margins(y=0.15)
    ax.locator_params(axis="y", nbins=3)
    ax.tick_params(axis="y", labelsize=7)
    ax.set_ylabel(word, fontsize=7.5, color=colours.ink)
    room = 1.35 * mpl.inches(ax)[0]  # to the next panel
    ax.set_title(
        "\n" * headed + mpl.plain(mpl.fitted(param.label, room, 8.5, bold=True)),
        fontsize=8.5,
        loc="left",
        color=colours.ink,
        pad=13 if headed else 11,
        fontweight="bold",
    )
    ax.annotate(
        cut(param.distribution.describe(), 36), (0, 1), (0, 3), xycoords="axes fraction",
        textcoords="offset points", fontsize=7, color=colours.ink, alpha=0.75, annotation_clip=False,
    )  # fmt: skip


def _bars(ax: Axes, law: Distribution, shape: Axis, values: Floats, colours: Palette) -> str:
    """Probabilities of few values; as stems on a logarithmic axis, where bars would have unlike widths."""
    heights = np.exp(law.log_density(values))
    if shape.log:
        places = np.maximum(values, shape.low)
        ax.vlines(places, 0, heights, color=colours.series[0], lw=1.0, alpha=0.6)
        ax.plot(places, heights, "o", ms=2.5, color=colours.series[0])
    else:
        width = 0.72 * (shape.step or 1.0)
        ax.bar(values, heights, width, color=colours.series[0], alpha=0.8)
    return "probability"


def _curve(ax: Axes, law: Distribution, shape: Axis, colours: Palette) -> str:
    """The density over the axis: of log10 of the value on a logarithmic one."""
    x, y = law_curve(law, shape)
    ax.fill_between(x, y, color=colours.series[0], alpha=0.3, linewidth=0)
    ax.plot(x, y, color=colours.series[0], lw=1.4)
    return "density of log10" if shape.log else "density"


def law_curve(law: Distribution, shape: Axis) -> tuple[Floats, Floats]:
    """Places and densities of a law, 0 at both ends; on a logarithmic axis those of log10 of the value.

    Args:
        law: A law with many values.
        shape: Its axis.
    """
    if shape.step is not None:
        values, heights = _rounded(law, shape)
    else:
        values = shape.at(np.linspace(0.0, 1.0, 257))
        heights = np.exp(law.log_density(np.clip(values, *_inner(law, shape))))
        heights = heights * values * math.log(10) if shape.log else heights
    x = np.concatenate([values[:1], values, values[-1:]])
    return x, np.concatenate([[0.0], heights, [0.0]])


def _inner(law: Distribution, shape: Axis) -> tuple[float, float]:
    """The ends of the law itself: a rounding error beyond them has no density."""
    geometry = law.geometry
    if isinstance(geometry, Labels):
        return shape.low, shape.high
    return max(shape.low, geometry.low), min(shape.high, geometry.high)


def _rounded(law: Distribution, shape: Axis) -> tuple[Floats, Floats]:
    """Densities at many discrete values: the probability over the width of the cell that is rounded to it."""
    step = shape.step or 1.0
    reach = (0.0, 1.0) if _bounded(law) else (-2.6, 2.6)
    values = np.unique(law.value(np.linspace(*reach, 513)))
    low, high = values - step / 2, values + step / 2
    if not isinstance(law.geometry, Lattice):
        inner = _inner(law, shape) if _bounded(law) else (-math.inf, math.inf)
        low, high = np.maximum(low, inner[0]), np.minimum(high, inner[1])
    if shape.log:
        low, high = np.log10(np.maximum(low, shape.low / 10)), np.log10(high)
    keep = high > low
    heights = np.exp(law.log_density(values[keep])) / (high - low)[keep]
    return np.maximum(values[keep], shape.low) if shape.log else values[keep], heights


def _bounded(law: Distribution) -> bool:
    geometry = law.geometry
    return isinstance(geometry, Lattice) or (not isinstance(geometry, Labels) and geometry.bounded)


def _heading(ax: Axes, given: str) -> None:
    """The branch of a block, above its first panel; the tree says what lies above that branch."""
    colours = mpl.palette(ax)
    words = "always active" if given == "always" else f"if {cut(given.rpartition(' and ')[2], 34)}"
    ax.annotate(
        mpl.plain(words), (0, 1), (0, 25), xycoords="axes fraction", textcoords="offset points", fontsize=8.5,
        color=colours.best, annotation_clip=False, in_layout=False,
    )  # fmt: skip
