"""Colours on light and on dark paper: Okabe and Ito's, which colour-blind people can tell apart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RANKS = "viridis_r"  # colour map of ranks: the best are dark on white
RANKS_ON_DARK = "viridis"


@dataclass(frozen=True)
class Palette:
    """Colours that fit the background of some axes.

    Attributes:
        ink: Text and strong lines.
        faint: Grid, frames and what stands back.
        paper: The background.
        best: The best-so-far line and the best trial.
        states: State -> colour.
        series: Colours of several lines or groups, in order.
        ranks: Name of the colour map for ranks.
    """

    ink: str
    faint: str
    paper: str
    best: str
    states: Mapping[str, str]
    series: tuple[str, ...]
    ranks: str


LIGHT = Palette(
    ink="#222222",
    faint="#9a9a9a",
    paper="#ffffff",
    best="#D55E00",
    states={"done": "#0072B2", "running": "#009E73", "pruned": "#8f8f8f", "failed": "#A3195B"},
    series=("#0072B2", "#D55E00", "#009E73", "#A3195B", "#B07A00", "#3D3D3D", "#56B4E9", "#CC79A7"),
    ranks=RANKS,
)
DARK = Palette(
    ink="#eeeeee",
    faint="#8a8a8a",
    paper="#000000",
    best="#FFA54A",
    states={"done": "#56B4E9", "running": "#2FD6A3", "pruned": "#a5a5a5", "failed": "#FF7FB0"},
    series=("#56B4E9", "#FFA54A", "#2FD6A3", "#FF7FB0", "#F0E442", "#cfcfcf", "#7FA8FF", "#E3B5D3"),
    ranks=RANKS_ON_DARK,
)
