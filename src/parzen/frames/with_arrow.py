"""Columns as an Arrow table; the one file that knows pyarrow."""

from __future__ import annotations

from typing import Any

from parzen.errors import InvalidArgument, MissingDependency


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


def read_parquet(path: str) -> Any:
    """A Parquet file as a `pyarrow.Table`.

    Args:
        path: Of the file.

    Raises:
        MissingDependency: If pyarrow is not installed.
        InvalidArgument: If the file cannot be read.
    """
    arrow = _arrow("Parquet")
    from pyarrow import parquet

    try:
        with open(path, "rb") as file:
            return parquet.read_table(file)
    except (arrow.ArrowException, OSError) as error:
        raise InvalidArgument(f"{path!r} cannot be read as Parquet: {error}") from None


def _arrow(what: str) -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingDependency(f"{what} needs pyarrow: pip install 'parzen[arrow]'") from error
    return pa
