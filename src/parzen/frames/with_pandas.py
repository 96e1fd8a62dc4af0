"""Columns as a pandas data frame; the one file that knows pandas."""

from __future__ import annotations

from typing import Any

import numpy as np

from parzen.errors import MissingDependency
from parzen.frames.columns import Column


def frame(columns: list[Column]) -> Any:
    """A `pandas.DataFrame` of nullable types: ``pandas.NA`` where a value is null, NaN where it is NaN.

    Args:
        columns: Of the same length.

    Raises:
        MissingDependency: If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingDependency("to_pandas needs pandas: pip install 'parzen[pandas]'") from error
    return pd.DataFrame({column.name: _series(pd, column) for column in columns}, copy=False)


def _series(pandas: Any, column: Column) -> Any:
    null = ~column.present
    if column.kind == "int":
        return pandas.arrays.IntegerArray(column.values, null)
    if column.kind == "float":
        return pandas.arrays.FloatingArray(column.values, null)
    if column.kind == "bool":
        return pandas.arrays.BooleanArray(column.values, null)
    if column.kind == "time":
        times = column.values.astype("datetime64[us]")
        times[null] = np.datetime64("NaT")
        return pandas.Series(times).dt.tz_localize("UTC")
    if column.kind == "category":
        codes = np.where(column.present, column.values, -1)
        return pandas.Categorical.from_codes(codes, list(column.categories), ordered=column.ordered)
    return pandas.array(column.values, dtype=pandas.StringDtype("python"))
