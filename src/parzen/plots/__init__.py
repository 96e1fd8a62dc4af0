"""Pictures of what a search did and learned.

Each function takes a `Study`, a `Trials`, what `fmin` returned or a `History`,
draws with Matplotlib (``pip install 'parzen[plots]'``) and returns the figure;
``ax=`` draws into axes that are there, ``backend="plotly"`` makes an
interactive one. A study without trials gives a picture that says so.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# No file is named after a function: a submodule would take its name's place in the package.
_WHERE = {
    "compare": "studies",
    "contour": "surface",
    "curves": "learning",
    "distributions": "laws",
    "edf": "studies",
    "effects": "trends",
    "history": "losses",
    "importance": "bars",
    "matrix": "scatter",
    "parallel": "coordinates",
    "pareto": "front",
    "timeline": "lanes",
}

__all__ = sorted(_WHERE)  # noqa: PLE0605  # strings, from the table above


def __getattr__(name: str) -> Any:
    where = _WHERE.get(name)
    if where is None:
        from parzen.errors import did_you_mean

        raise AttributeError(
            f"module 'parzen.plots' has no attribute {name!r}.{did_you_mean(name, list(_WHERE))}"
        )
    value = getattr(import_module(f"parzen.plots.{where}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
