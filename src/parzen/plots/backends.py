"""Which of the two libraries draws."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from parzen.errors import InvalidArgument

# Loaded by name when asked for: what draws interactively uses the data of all pictures.
_WHERE = {"plotly": "interactive"}


def interactive(backend: str, name: str, ax: Any = None) -> Callable[..., Any] | None:
    """The Plotly function that draws a picture; None where Matplotlib is to draw it.

    Args:
        backend: ``"matplotlib"`` or ``"plotly"``.
        name: The picture's, as in `parzen.plots`.
        ax: What the user gave as `ax`, which only Matplotlib can use.

    Raises:
        InvalidArgument: If there is no such backend, or it has not this picture.
    """
    if backend == "matplotlib":
        return None
    if backend not in _WHERE:
        raise InvalidArgument(f'backend must be "matplotlib" or "plotly"; got {backend!r}')
    if ax is not None:
        raise InvalidArgument('ax= takes Matplotlib axes, which backend="plotly" cannot draw on')
    module = import_module(f"parzen.plots.{_WHERE[backend]}")
    drawer: Callable[..., Any] | None = getattr(module, name, None)
    if drawer is None:
        raise InvalidArgument(f"{name} has no interactive form; leave backend= out")
    return drawer
