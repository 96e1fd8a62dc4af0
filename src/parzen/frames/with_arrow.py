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
    return _arrow("to_arrow").table(trials)


def parquet_bytes(trials: Any) -> bytes:
    """The bytes of a Parquet file.

    Args:
        trials: Has `__arrow_c_stream__`.

    Raises:
        MissingDependency: If pyarrow is not installed.
    """
    arrow = _arrow("Parquet")
    from pyarrow import parquet

    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.table(trials), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _arrow(what: str) -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingDependency(f"{what} needs pyarrow: pip install 'parzen[arrow]'") from error
    return pa
