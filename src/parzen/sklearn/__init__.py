"""Searching with scikit-learn: `ParzenSearchCV`, `tuned` estimators in spaces, and ready `spaces`.

Needs scikit-learn 1.6 or newer: ``pip install 'parzen[sklearn]'``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parzen.sklearn import spaces as spaces
    from parzen.sklearn.parameters import tuned as tuned
    from parzen.sklearn.search import ParzenSearchCV as ParzenSearchCV

_WHERE = {
    "ParzenSearchCV": "parzen.sklearn.search",
    "spaces": "parzen.sklearn.spaces:",
    "tuned": "parzen.sklearn.parameters",
}

__all__ = ["ParzenSearchCV", "spaces", "tuned"]


def __getattr__(name: str) -> Any:
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(where.removesuffix(":"))
    return module if where.endswith(":") else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
