"""Figures of a comparison: normalised regret by class, and mean rank, over trials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.base import KINDS
from benchmarks.comparison import SCALE, Comparison
from benchmarks.peers import METHODS

# Okabe and Ito's colours, which the colour-blind can tell apart; ours are dark and wide.
_OURS = {"auto": "#000000", "gp": "#555555", "tpe": "#0072B2"}
_THEIRS = ("#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#8B4513", "#9467BD")


def _style(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour and width of each method's line."""
    theirs = [name for name in methods if name not in _OURS and name != SCALE]
    style = {name: {"color": color, "lw": 2.2, "zorder": 3} for name, color in _OURS.items()}
    style[SCALE] = {"color": "#AAAAAA", "lw": 1.2}
    for i, name in enumerate(theirs):
        dashed = "--" if i >= len(_THEIRS) else "-"
        style[name] = {"color": _THEIRS[i % len(_THEIRS)], "lw": 1.2, "ls": dashed}
    return style


def draw(folder: Path, result: Comparison, groups: Sequence[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    """Draw everything.

    Returns:
        The name of each file, and what it shows in words.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "parzen"  # the same figure gives the same file
    found = []
    if groups:
        title, methods = groups[0]
        longest = max((t for t in (200, 100, 50) if result.pairs(methods, t)), default=0)
        if longest:
            _regret(folder / "regret.svg", result, methods, longest)
            found.append(("regret.svg", f"Normalised regret over trials in each class, {title}"))
    for i, (title, methods) in enumerate(groups):
        longest = max((t for t in (200, 100, 50) if result.pairs(methods, t)), default=0)
        if longest:
            _rank(folder / f"rank-{i + 1}.svg", result, methods, longest)
            found.append((f"rank-{i + 1}.svg", f"Mean rank over trials, {title}"))
    return found


def _save(figure: Any, path: Path, axes: Any, columns: int) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=columns, frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def _regret(path: Path, result: Comparison, methods: Sequence[str], trials: int) -> None:
    """One panel per class: mean normalised regret, its axis logarithmic and cut at a thousandth."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    kinds = [kind for kind in KINDS if result.pairs(methods, trials, kind)]
    rows, style = -(-len(kinds) // 4), _style(methods)
    figure = Figure(figsize=(12, 2.8 * rows + 0.8))
    panels = figure.subplots(rows, 4, squeeze=False).ravel()
    for panel, kind in zip(panels, kinds, strict=False):
        pairs = result.pairs(methods, trials, kind)
        for name in methods:
            mean = np.mean([_shares(result, name, pair, trials) for pair in pairs], axis=0)
            panel.plot(
                np.arange(1, trials + 1), np.maximum(mean, 1e-3), label=METHODS[name].title, **style[name]
            )
        panel.set(yscale="log", title=kind, xlabel="trials")
        panel.set_ylim(top=1.2, bottom=min(0.09, panel.get_ylim()[0]))
        panel.yaxis.set_minor_formatter(NullFormatter())
        panel.grid(alpha=0.25, lw=0.5)
    for panel in panels[len(kinds) :]:
        panel.set_visible(False)
    for panel in panels[::4]:
        panel.set_ylabel("normalised regret")
    figure.tight_layout(rect=(0, 0.7 / figure.get_figheight(), 1, 1))
    _save(figure, path, panels[0], 5)


def _shares(result: Comparison, method: str, pair: tuple[str, int], trials: int) -> np.ndarray:
    """(trials,): normalised regret after each trial."""
    return np.minimum(1, result.curves[method][pair][:trials] / result.level[pair[0]])


def _rank(path: Path, result: Comparison, methods: Sequence[str], trials: int) -> None:
    """Mean rank of each method."""
    from matplotlib.figure import Figure

    steps = sorted({*range(5, min(50, trials), 3), *range(50, trials + 1, 10), trials})
    table = np.array([[rank.mean for rank in result.ranks(methods, t)] for t in steps])
    figure, style = Figure(figsize=(8, 5)), _style(methods)
    panel = figure.subplots()
    for name, column in zip(methods, table.T, strict=True):
        panel.plot(steps, column, label=METHODS[name].title, **style[name])
    panel.set(xlabel="trials", ylabel="mean rank (1 is best)")
    panel.invert_yaxis()
    panel.grid(alpha=0.25, lw=0.5)
    figure.tight_layout(rect=(0, 0.14, 1, 1))
    _save(figure, path, panel, 4)
