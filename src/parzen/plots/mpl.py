"""The house style, and the one file that imports Matplotlib.

States are told apart by glyph and by colour. Colours are Okabe and Ito's
("Color universal design", 2008), which colour-blind people can tell apart;
text and lines take the colour of the style in force, so that pictures also
read on a dark background.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from parzen.errors import InvalidArgument, MissingDependency
from parzen.plots.palettes import DARK as DARK  # noqa: PLC0414  # the other files find them here
from parzen.plots.palettes import LIGHT as LIGHT  # noqa: PLC0414  # as above
from parzen.plots.palettes import Palette as Palette  # noqa: PLC0414  # as above
from parzen.plots.words import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes  # noqa: PLC0414  # for the other files
    from matplotlib.figure import Figure as Figure  # noqa: PLC0414  # as above


def pyplot() -> Any:
    """Matplotlib's `pyplot`.

    Raises:
        MissingDependency: If Matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingDependency("pictures need Matplotlib", hint="pip install 'parzen[plots]'") from error
    return plt


def palette(ax: Axes | None = None) -> Palette:
    """Colours for some axes, or for the style in force: light or dark after the background."""
    plt = pyplot()
    face = plt.rcParams["axes.facecolor"] if ax is None else ax.get_facecolor()
    red, green, blue, opaque = plt.matplotlib.colors.to_rgba(face)
    if not opaque:  # transparent: what lies below decides
        below = plt.rcParams["figure.facecolor"] if ax is None else ax.figure.get_facecolor()
        red, green, blue, _ = plt.matplotlib.colors.to_rgba(below)
    return DARK if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else LIGHT


def colour_map(name: str) -> Any:
    """A function from numbers in [0, 1] to colours.

    Args:
        name: As Matplotlib calls it.
    """
    return pyplot().get_cmap(name)


# Figures and axes


def inches(part: Any) -> tuple[float, float]:
    """Width and height of a figure, a part of one, or axes as they are before the layout is made.

    Args:
        part: Any of them.
    """
    dpi = getattr(part, "dpi", None) or part.figure.dpi
    return float(part.bbox.width / dpi), float(part.bbox.height / dpi)


def new_axes(ax: Axes | None = None, size: tuple[float, float] = (7.0, 4.0)) -> tuple[Figure, Axes]:
    """Axes to draw on: the user's, or those of a new figure.

    Args:
        ax: What the user gave.
        size: Width and height of a new figure, in inches.

    Returns:
        The figure and the axes.

    Raises:
        InvalidArgument: If `ax` is no Matplotlib axes.
        MissingDependency: If Matplotlib is not installed.
    """
    plt = pyplot()
    if ax is None:
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        return shown_once(figure), ax
    return _figure_of(ax), ax


def shown_once(figure: Figure) -> Figure:
    """A new figure; in a notebook without pyplot's hold on it.

    A cell shows the figure that it ends with, and pyplot would show it a second time.

    Args:
        figure: Just made by pyplot.
    """
    plt = pyplot()
    if "inline" in plt.get_backend():
        plt.close(figure)
    return figure


def new_grid(
    rows: int,
    columns: int,
    ax: Axes | None = None,
    size: tuple[float, float] = (8.0, 6.0),
    *,
    measured: bool = True,
    **ratios: Any,
) -> tuple[Figure, Any]:
    """A grid of axes: of a new figure, or in the place of the user's axes.

    Args:
        rows: How many rows.
        columns: How many columns.
        ax: What the user gave; it is emptied and its place divided.
        size: Width and height of a new figure, in inches.
        measured: Whether the layout of a new figure makes room for every word, which takes seconds for
            a hundred axes; else margins are those of `ratios`.
        ratios: For Matplotlib's `GridSpec`: `width_ratios`, `height_ratios`, `wspace`, `hspace`, `left`.

    Returns:
        The figure and a (rows, columns) array of axes.

    Raises:
        InvalidArgument: If `ax` is no Matplotlib axes.
        MissingDependency: If Matplotlib is not installed.
    """
    plt = pyplot()
    if ax is None:
        figure = plt.figure(figsize=size, layout="constrained" if measured else None)
        return shown_once(figure), figure.add_gridspec(rows, columns, **ratios).subplots(squeeze=False)
    figure = _figure_of(ax)
    place = ax.get_subplotspec()
    ax.set_axis_off()
    if place is not None:
        grid = place.subgridspec(rows, columns, **ratios)
        cells = [[figure.add_subplot(grid[i, j]) for j in range(columns)] for i in range(rows)]
        return figure, np.array(cells, dtype=object).reshape(rows, columns)
    inner = [
        [
            ax.inset_axes((j / columns + 0.02, 1 - (i + 1) / rows + 0.04, 0.96 / columns - 0.03, 0.8 / rows))
            for j in range(columns)
        ]
        for i in range(rows)
    ]
    return figure, np.array(inner, dtype=object).reshape(rows, columns)


def _figure_of(ax: Any) -> Any:
    if not hasattr(ax, "get_subplotspec") or not hasattr(ax, "scatter"):
        raise InvalidArgument(f"ax must be Matplotlib axes, as from plt.subplots(); got {type(ax).__name__}")
    return ax.figure


def save(figure: Figure, path: Any, dpi: int = 120) -> None:
    """Write a figure to a file; the ending chooses the format.

    Args:
        figure: Any.
        path: A path or an open binary file.
        dpi: Dots per inch, of pixels and of dense parts.
    """
    plt = pyplot()
    # The same picture gives the same bytes: ids by content, and no date.
    with plt.rc_context({"svg.hashsalt": "parzen"}):
        dated = str(path).endswith((".svg", ".pdf"))
        figure.savefig(
            path,
            dpi=dpi,
            metadata={"Date": None}
            if str(path).endswith(".svg")
            else {"CreationDate": None}
            if dated
            else None,
        )


def close(figure: Figure) -> None:
    """Forget a figure, so that many can be made in one process."""
    pyplot().close(figure)


# Style


def style(
    ax: Axes, x: str = "", y: str = "", title: str = "", subtitle: str = "", grid: str | None = "y"
) -> Palette:
    """Give axes the house's look, and their words.

    Args:
        ax: The axes.
        x: What the horizontal axis shows.
        y: What the vertical axis shows.
        title: What the picture answers.
        subtitle: The answer, in small print under the title.
        grid: Lines of which axis are drawn: ``"x"``, ``"y"``, ``"both"`` or None.

    Returns:
        The colours to draw with.
    """
    colours = palette(ax)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(colours.faint)
        ax.spines[side].set_linewidth(0.8)
    ax.tick_params(colors=colours.ink, labelsize=8.5, width=0.8, length=3, which="major")
    ax.tick_params(color=colours.faint, width=0.6, length=1.5, which="minor")
    if grid is not None:
        ax.grid(True, axis=grid, color=colours.faint, alpha=0.25, linewidth=0.6)  # type: ignore[arg-type]  # one of three words
        ax.set_axisbelow(True)
    if x:
        ax.set_xlabel(plain(x), fontsize=9, color=colours.ink)
    if y:
        ax.set_ylabel(plain(y), fontsize=9, color=colours.ink)
    if title or subtitle:
        head(ax, title, subtitle)
    return colours


def head(ax: Axes, title: str, subtitle: str = "") -> None:
    """A title at the left, and small print under it.

    Args:
        ax: The axes.
        title: In bold.
        subtitle: In small print.
    """
    colours = palette(ax)
    ax.set_title(
        title, loc="left", fontsize=10.5, fontweight="bold", color=colours.ink, pad=20 if subtitle else 6
    )
    if subtitle:
        width = 1.15 * inches(ax)[0]
        ax.annotate(
            plain(fitted(subtitle, width, 8.5)),
            (0, 1),
            (0, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8.5,
            color=colours.ink,
            alpha=0.8,
            annotation_clip=False,
            in_layout=False,
        )


def plain(text: str) -> str:
    """A text of the user's whose dollar signs are to be seen, and do not begin a formula.

    Args:
        text: Any.
    """
    return text.replace("$", r"\$")


def breadth(text: str, size: float, bold: bool = False) -> float:
    """How many inches a text takes in one line.

    Args:
        text: Any; a dollar sign is one.
        size: Of its letters, in points.
        bold: Whether it is in bold.
    """
    matplotlib = pyplot().matplotlib
    look = matplotlib.font_manager.FontProperties(size=size, weight="bold" if bold else "normal")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is told of when it is drawn
        found, _, _ = matplotlib.textpath.text_to_path.get_text_width_height_descent(text, look, ismath=False)
    return float(found) / 72


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """A text without its middle, where it would be too long for one line.

    Args:
        text: Any.
        room: How many inches there are.
        size: Of its letters, in points.
        bold: Whether it is in bold.
    """
    shown = " ".join(text.split())
    while len(shown) > 4 and (wide := breadth(shown, size, bold)) > room:
        most = min(len(shown) - 1, int(len(shown) * room / wide) + 1)
        shown = cut(text, max(most, 4), middle=True)
    return shown


def wrapped(text: str, room: float, size: float) -> str:
    """A text in as many lines as it needs.

    Args:
        text: Any.
        room: How many inches there are.
        size: Of its letters, in points.
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and breadth(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def note(figure: Figure, ax: Axes, text: str) -> None:
    """Small print under the picture: what was clipped, binned or left out.

    Args:
        figure: The figure.
        ax: The picture's axes, below which it stands where the figure has others.
        text: One or two sentences; an empty one does nothing.
    """
    others = [one for one in figure.axes if one is not ax and one.get_label() != "<colorbar>"]
    if others:
        remark(ax, text)
    elif text:
        text = wrapped(text, 0.97 * inches(figure)[0], 7.5)
        figure.supxlabel(plain(text), fontsize=7.5, color=palette(ax).ink, alpha=0.75, x=0.01, ha="left")


def remark(ax: Axes, text: str) -> None:
    """`note` for one of several axes: small print below its own horizontal axis.

    Args:
        ax: The axes.
        text: One or two sentences; an empty one does nothing.
    """
    if text:
        width = inches(ax)[0]
        text = plain(wrapped(text, max(width, 2.0), 8))
        words = ax.get_xlabel()
        ax.set_xlabel(f"{words}\n{text}" if words else text, fontsize=8, color=palette(ax).ink)


def empty(ax: Axes, text: str) -> None:
    """Axes that say in one sentence why nothing is drawn.

    Args:
        ax: The axes.
        text: The sentence.
    """
    colours = palette(ax)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.text(
        0.5,
        0.5,
        text,
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=10,
        color=colours.ink,
        wrap=True,
    )
