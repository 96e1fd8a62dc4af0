"""Columns as an Arrow table; the one file that knows pyarrow."""

from __future__ import annotations

from typing import Any

from parzen.errors import MissingDependency


def table(trials: Any) -> Any:
    """A `pyarrow.Table`.

    Args:
        trials: Has `__arrow_c_stream__`.

    Raises:
        MissingDependency: If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingDependency("to_arrow needs pyarrow: pip install 'parzen[arrow]'") from error
    return pa.table(trials)
