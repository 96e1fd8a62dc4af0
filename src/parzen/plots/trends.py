"""The effect of every hyperparameter: one page, in the tree of the space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.plots.backends import interactive
from parzen.plots.page import page
from parzen.plots.panels import draw_page


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
    return draw_page(found, ax)
