"""Drawing the page of effects: where each panel goes, and what is in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from parzen.plots import mpl, sides
from parzen.plots.data import STATES, Data
from parzen.plots.levels import loss_at, loss_units
from parzen.plots.marks import MARKERS, draw_marks, line_handle, mark_size
from parzen.plots.page import Page, Panel, Section
from parzen.plots.phrases import nothing
from parzen.plots.ranked import draw_best, footnote, headline, legend_at, patch_handle, ring_handle
from parzen.plots.sample import MANY, cells
from parzen.plots.tree import opener
from parzen.plots.words import cut
from parzen.wording import many

# Inches.
COLUMNS = 4
WIDTH, TALL, STRIP = 2.75, 1.75, 0.5  # of a panel, and of the strip below it
SPACE, BETWEEN = 0.35, 0.62  # beside a panel, and below its strip for ticks and the next title
TITLE, HEAD, FOOT, LEFT = 0.5, 1.05, 0.2, 0.75
MARGIN, LINE, NARROWEST = 0.15, 0.16, 6.6  # at the sides, of small print, of a page
ROWS = 36  # of cells
SLANTED = 6  # names of more options than these do not fit side by side
QUESTION = "How does each hyperparameter matter?"
KEY = "Dashed: ends of the range. Below: prior, l(x) of the best and g(x) of the other trials."

Row = list[tuple[Section | None, tuple[Panel, ...]]]  # panels, and the section if it begins there


def draw_page(page: Page, ax: Any = None) -> Any:
    """Draw the page of effects with Matplotlib.

    Args:
        page: Its data.
        ax: Axes whose place is used; None for a new figure.

    Returns:
        The figure.
    """
    if not (page.data.counts["done"] + page.data.counts["pruned"]) or not page.sections:
        figure, own = mpl.new_axes(ax)
        mpl.empty(own, _nothing(page))
        return figure
    rows = packed(page)
    columns = max(sum(len(panels) for _, panels in row) for row in rows)
    width = max(LEFT + columns * (WIDTH + SPACE), NARROWEST)
    inner = width - 2 * MARGIN
    small = mpl.wrapped(page.subtitle, inner, 9).count("\n")
    foot = mpl.wrapped(_foot(page), inner, 8).count("\n")
    barren = [mpl.wrapped(part.line, inner, 8) for part in page.sections if part.barren]
    listed = sum(LINE * (words.count("\n") + 1) for words in barren)
    head = HEAD + LINE * small
    height = head + sum(_tall(row) for row in rows) + listed + FOOT + LINE * foot
    figure, region, colours = _place(ax, width, height)
    older = len(figure.axes), len(figure.texts)
    top = height - head
    for row in rows:
        _row(figure, region, page, row, top, colours)
        top -= _tall(row)
    if barren:
        x, y, _, _ = region(MARGIN, top + 0.2, 0, 0)
        figure.text(
            x, y, mpl.plain("\n".join(barren)), fontsize=8, color=colours.ink, va="top", linespacing=1.4
        )
    if ax is None:
        headline(figure, QUESTION, page.subtitle, colours)
        footnote(figure, _foot(page), colours)
        _legend(figure, page.data, colours, LINE * small)
    else:
        _shrink(figure, older, _share(figure, region))
    return figure


def _share(figure: Any, region: Any) -> float:
    """How large letters are, so that the page also fits into the place of small axes."""
    _, _, across, upwards = region(0, 0, 1, 1)
    width, height = mpl.inches(figure)
    return float(np.clip(min(across * width, upwards * height), 0.4, 1.0))


def _shrink(figure: Any, older: tuple[int, int], share: float) -> None:
    """Smaller letters in the axes and texts that were added last."""
    added = figure.axes[older[0] :]
    kind = mpl.pyplot().matplotlib.text.Text
    words = [text for one in added for text in one.findobj(kind) if text.get_text()]
    texts = [*figure.texts[older[1] :], *words]
    for text in texts:
        text.set_fontsize(share * text.get_fontsize())
    for one in added:
        one.tick_params(labelsize=8 * share)


def _nothing(page: Page) -> str:
    """Why there is no panel."""
    data = page.data
    if not len(data):
        return nothing(data)
    if not page.sections:
        return "the space has no hyperparameter"
    states = ", ".join(f"{many(data.counts[state])} {state}" for state in STATES if data.counts[state])
    return f"no trial has a loss yet, so nothing can be said of hyperparameters: {states}"


def _foot(page: Page) -> str:
    return f"{page.remark} {KEY}".strip()


def _tall(row: Row) -> float:
    """Inches of a row: its title, its panels, and its ticks, which take more where names are slanted."""
    titled = any(section is not None for section, _ in row)
    slanted = any(len(panel.axis.ticks) > SLANTED for _, panels in row for panel in panels if _flat(panel))
    return TITLE * titled + TALL + STRIP + BETWEEN + 0.2 * slanted


def _flat(panel: Panel) -> bool:
    return panel.axis.kind == "labels"


def _place(ax: Any, width: float, height: float) -> tuple[Any, Any, mpl.Palette]:
    """A figure, how a rectangle in inches of the page becomes one in shares of it, and its colours."""
    if ax is None:
        figure = mpl.shown_once(mpl.pyplot().figure(figsize=(width, height)))
        left, bottom, across, upwards = 0.0, 0.0, 1.0, 1.0
        colours = mpl.palette()
    else:
        figure, ax = mpl.new_axes(ax)
        left, bottom, across, upwards = ax.get_position().bounds
        colours = mpl.palette(ax)
        ax.set_axis_off()

    def region(x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        return (
            left + across * x / width,
            bottom + upwards * y / height,
            across * w / width,
            upwards * h / height,
        )

    return figure, region, colours


def packed(page: Page) -> list[Row]:
    """Rows of the page: short sections side by side, long ones over several rows; barren ones in none.

    Args:
        page: Its data.

    Returns:
        For each row its pieces: the section that begins there, or None where one goes on, and panels.
    """
    rows: list[Row] = []
    free = 0
    for section in (part for part in page.sections if not part.barren):
        for start in range(0, len(section.panels), COLUMNS):
            piece = section.panels[start : start + COLUMNS]
            if start or len(piece) > free or len(section.panels) > COLUMNS:
                rows.append([])
                free = COLUMNS
            rows[-1].append((None if start else section, piece))
            free -= len(piece)
    return rows


def _row(
    figure: Any,
    region: Any,
    page: Page,
    row: Row,
    top: float,
    colours: mpl.Palette,
) -> None:
    """Titles, and the panels below them."""
    column = 0
    top -= TITLE * any(section is not None for section, _ in row)
    for section, panels in row:
        left = LEFT + column * (WIDTH + SPACE)
        if section is not None:
            _heading(figure, region, section, (left, top), len(panels) * (WIDTH + SPACE) - SPACE, colours)
        for k, panel in enumerate(panels):
            left = LEFT + (column + k) * (WIDTH + SPACE)
            above = figure.add_axes(region(left, top - TALL, WIDTH, TALL))
            below = figure.add_axes(region(left, top - TALL - STRIP, WIDTH, STRIP))
            room = (WIDTH + SPACE / 2) * region(0, 0, 1, 1)[2] * mpl.inches(figure)[0]
            _panel(above, page, panel, colours, room / _share(figure, region), first=not column + k)
            _strip(below, panel, colours, first=not column + k)
        column += len(panels)


def _heading(
    figure: Any, region: Any, section: Section, corner: tuple[float, float], room: float, colours: mpl.Palette
) -> None:
    """A section's condition and its share of the trials, above a line over its panels."""
    left, top = corner
    x, y, across, _ = region(left, top + 0.26, room, 0)
    line = mpl.pyplot().matplotlib.lines.Line2D
    figure.add_artist(line([x, x + across], [y, y], color=colours.faint, linewidth=0.8, alpha=0.6))
    space = across * mpl.inches(figure)[0] / _share(figure, region)
    title = opener(section.title)  # labels are unique, and what it lies in has a section of its own
    words = {"color": colours.ink, "va": "bottom"}
    detail = mpl.fitted(section.detail, space, 8)
    figure.text(x, region(left, top + 0.3, 0, 0)[1], detail, fontsize=8, alpha=0.85, **words)
    title = mpl.plain(mpl.fitted(title, space, 10, bold=True))
    figure.text(x, region(left, top + 0.45, 0, 0)[1], title, fontsize=10, fontweight="bold", **words)


def _panel(ax: Any, page: Page, panel: Panel, colours: mpl.Palette, room: float, first: bool) -> None:
    mpl.style(ax, grid="y", y=page.data.word if first else "")
    label = mpl.fitted(panel.axis.label, room - mpl.breadth(f"  {panel.share}", 9), 9)
    ax.set_title(mpl.plain(f"{label}  {panel.share}"), loc="left", fontsize=9, color=colours.ink, pad=4)
    sides.set_axis(ax, panel.axis, "x", title=False)
    sides.set_losses(ax, page.scale)
    ax.tick_params(axis="x", which="both", labelbottom=False, length=0)
    if not first:
        ax.tick_params(axis="y", which="both", labelleft=False)
    if panel.bounded:
        for end in (panel.axis.low, panel.axis.high):
            ax.axvline(end, color=colours.faint, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1)
    _trials(ax, page, panel, colours)
    _trend(ax, panel, colours)
    best = page.data.best
    if best is not None and not np.isnan(panel.values[best]):
        x = panel.axis.places(panel.values, page.data.numbers, lane=False)[best]
        draw_best(ax, x, _inside(page, page.data.losses)[best], colours)


def _inside(page: Page, losses: Any, spare: float = 0.04) -> Any:
    """Heights as the user counts, outliers moved to just inside the edge: so many units from it."""
    units = loss_units(page.scale, page.data.shown(losses))
    return loss_at(page.scale, np.clip(units, spare, 1 - spare))


def _trials(ax: Any, page: Page, panel: Panel, colours: mpl.Palette) -> None:
    data = page.data
    x = panel.axis.places(panel.values, data.numbers, lane=False)
    used = ~np.isnan(panel.values)
    size = 0.8 * mark_size(len(data))
    bad = float(loss_at(page.scale, 0.96 if data.sign > 0 else 0.04))
    failed = data.is_in("failed") & used
    if failed.any():
        draw_marks(ax, x[failed], np.full(failed.sum(), bad), "failed", colours, size, n=len(data))
    y = _inside(page, data.height(), spare=0.1)  # beside the failed ones, not on them
    pruned = data.is_in("pruned") & used & np.isfinite(y)
    if pruned.any():
        draw_marks(ax, x[pruned], y[pruned], "pruned", colours, 0.7 * size, n=len(data))
    done = data.is_in("done") & used & ~np.isnan(data.losses)
    if len(data) <= MANY:
        draw_marks(ax, x[done], y[done], "done", colours, size, n=len(data))
    elif done.any():
        _cells(ax, page, panel, done, colours)


def _cells(ax: Any, page: Page, panel: Panel, done: Any, colours: mpl.Palette) -> None:
    """How many trials lie in each cell: on a logarithmic scale of colours."""
    columns = cells(panel.axis, panel.values[done], lane=False, most=48)
    edges = loss_at(page.scale, np.linspace(0.0, 1.0, ROWS + 1))
    rows = np.searchsorted(edges[1:-1], _inside(page, page.data.losses)[done])
    counts = np.bincount(rows * len(columns) + columns.index, minlength=ROWS * len(columns)).astype(float)
    plt = mpl.pyplot()
    tint = plt.matplotlib.colors.LinearSegmentedColormap.from_list(
        "counts", [(*plt.matplotlib.colors.to_rgb(colours.states["done"]), alpha) for alpha in (0.12, 1.0)]
    )
    shown = np.where(counts > 0, counts, np.nan).reshape(ROWS, -1)
    norm = plt.matplotlib.colors.LogNorm(1, max(counts.max(), 2))
    ax.pcolormesh(panel.axis.at(columns.edges), edges, shown, cmap=tint, norm=norm, rasterized=True)


def _trend(ax: Any, panel: Panel, colours: mpl.Palette) -> None:
    effect = panel.effect
    if panel.axis.kind == "labels":
        for x, median, low, high in zip(effect.grid, effect.median, effect.low, effect.high, strict=True):
            if np.isfinite(median):
                ax.fill_between([x - 0.4, x + 0.4], low, high, color=colours.ink, alpha=0.13, linewidth=0)
                ax.plot([x - 0.4, x + 0.4], [median, median], color=colours.ink, linewidth=1.8, zorder=3)
        return
    ax.fill_between(effect.grid, effect.low, effect.high, color=colours.ink, alpha=0.13, linewidth=0)
    ax.plot(effect.grid, effect.median, color=colours.ink, linewidth=1.8, zorder=3)


def _strip(ax: Any, panel: Panel, colours: mpl.Palette, first: bool) -> None:
    """Prior, l(x) and g(x), each with its highest point at 1."""
    mpl.style(ax, grid=None, y="density" if first else "")
    sides.set_axis(ax, panel.axis, "x", title=False)
    ax.tick_params(axis="x", labelsize=8)
    if panel.axis.kind == "labels":
        _name_options(ax)
    ax.set_yticks([])
    ax.set_ylim(0, 1.12)
    effect, flat = panel.effect, _flat(panel)
    none = np.zeros(len(effect.grid))
    shapes = [*((effect.rest, effect.good) if panel.dense else (none, none)), effect.prior]
    highest = (
        max((float(np.nanmax(s)) for s in shapes if s.size and np.isfinite(s).any()), default=1.0) or 1.0
    )
    rest, good, prior = (shape / (highest if flat else float(np.nanmax(shape)) or 1.0) for shape in shapes)
    x = effect.grid
    if not panel.dense:
        ax.text(0.5, 0.45, "too few for densities", transform=ax.transAxes, ha="center", va="center",
                fontsize=7.5, style="italic", color=colours.ink, alpha=0.7)  # fmt: skip
    if flat:
        ax.bar(x - 0.2, rest, 0.36, color=colours.faint, alpha=0.7, linewidth=0)
        ax.bar(x + 0.2, good, 0.36, color=colours.best, alpha=0.8, linewidth=0)
        for k, height in zip(x, prior, strict=True):
            ax.plot([k - 0.42, k + 0.42], [height, height], color=colours.ink, linestyle=":", linewidth=1.2)
        return
    ax.fill_between(x, 0, rest, color=colours.faint, alpha=0.5, linewidth=0)
    if good.any():
        ax.fill_between(x, 0, good, color=colours.best, alpha=0.35, linewidth=0)
        ax.plot(x, good, color=colours.best, linewidth=1.3)
    ax.plot(x, prior, color=colours.ink, linestyle=":", linewidth=1.2)


def _name_options(ax: Any) -> None:
    """Names as long as there is room for, side by side; slanted where there are many."""
    ticks = ax.get_xticklabels()
    few = len(ticks) <= SLANTED
    look = (
        {"rotation": 0, "ha": "center"} if few else {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    )
    ax.set_xticklabels([cut(tick.get_text(), 42 // len(ticks) if few else 8) for tick in ticks], **look)


def _legend(figure: Any, data: Data, colours: mpl.Palette, lower: float) -> None:
    handles = []
    for state in ("done", "pruned", "failed"):
        if data.counts[state]:
            look = {"marker": MARKERS[state], "linestyle": "none", "markersize": 5}
            handles.append(line_handle(colours.states[state], f"{state} {many(data.counts[state])}", **look))
    if data.best is not None:
        handles += [line_handle(colours.ink, "median", linewidth=1.8), ring_handle(colours, "best")]
    handles.append(line_handle(colours.ink, "prior", linewidth=1.2, linestyle=":"))
    if data.best is not None:
        handles.append(patch_handle(colours.best, "l(x) best", alpha=0.5))
    handles.append(patch_handle(colours.faint, "g(x) others", alpha=0.6))
    width, height = mpl.inches(figure)
    legend_at(figure, (0.15 / width, 1 - (0.58 + lower) / height), handles, colours, columns=len(handles))
