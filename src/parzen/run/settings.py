"""Settings that a study records: checked when they are given, rebuilt when they are read from its log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from parzen.algorithms import base as algorithms
from parzen.errors import InvalidArgument
from parzen.pruners import base as pruners


def check_seed(seed: Any) -> None:
    """Refuse a seed that is no whole number of at least 0."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InvalidArgument(f"seed must be a whole number of at least 0; got {seed!r}")


def checked_algorithm(given: Any) -> algorithms.Algorithm:
    """An algorithm from a settings object or a name.

    Args:
        given: One of the two.
    """
    if isinstance(given, str):
        return algorithms.named(given)()
    if not isinstance(given, algorithms.Algorithm):
        raise InvalidArgument(f"algorithm must be a name or have a suggest(history, ask); got {given!r}")
    return given


def checked_pruner(given: Any) -> pruners.Pruner:
    """A pruner from a settings object or a name.

    Args:
        given: One of the two.
    """
    if isinstance(given, str):
        return pruners.named(given)
    if not callable(getattr(given, "prune", None)) or isinstance(given, type):
        raise InvalidArgument(
            f"pruner must be a name or have a prune(history, number, reports); got {given!r}",
            hint=f"known names: {', '.join(pruners.NAMES)}",
        )
    return given  # type: ignore[no-any-return]  # checked above


def rebuilt_algorithm(described: Mapping[str, Any]) -> algorithms.Algorithm:
    """The algorithm that a log describes.

    Args:
        described: Its name and settings.

    Raises:
        InvalidArgument: If it is not one of ours: whose code runs is not a log's business.
    """
    settings = dict(described.get("settings") or {})
    if "p_suggest" in settings:
        settings = {
            "p_suggest": [(share, rebuilt_algorithm(inner)) for share, inner in settings["p_suggest"]]
        }
    return _make(described, "parzen.algorithms.", "algo")(**settings)  # type: ignore[no-any-return]


def rebuilt_pruner(described: Mapping[str, Any]) -> pruners.Pruner:
    """The pruner that a log describes.

    Args:
        described: Its name and settings.

    Raises:
        InvalidArgument: If it is not one of ours.
    """
    return _make(described, "parzen.pruners.", "pruner")(**described["settings"])  # type: ignore[no-any-return]


def _make(described: Mapping[str, Any], package: str, argument: str) -> Callable[..., Any]:
    whole = str(described.get("name", ""))
    module, _, name = whole.partition(":")
    if not module.startswith(package):
        raise InvalidArgument(f"the study was made with {argument} {whole!r}; give it again as {argument}=")
    make: Callable[..., Any] = getattr(import_module(module), name)
    return make
