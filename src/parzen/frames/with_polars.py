"""Columns as a polars data frame; the one file that knows polars."""

from __future__ import annotations

from typing import Any

from parzen.errors import MissingDependency


def frame(trials: Any) -> Any:
    """A `polars.DataFrame`.

    Args:
        trials: Has `__arrow_c_stream__`.

    Raises:
        MissingDependency: If polars is not installed.
    """
    try:
        import polars as pl
    except ImportError as error:
        raise MissingDependency("to_polars needs polars: pip install 'parzen[polars]'") from error
    return pl.DataFrame(trials)
