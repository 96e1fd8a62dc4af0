"""Trials as Parquet: whole numbers stay whole, choices are categories, gaps are null."""

from __future__ import annotations

import io
from typing import Any

from parzen.errors import MissingDependency
from parzen.formats.rows import columns, rows
from parzen.run.study import Study
from parzen.space.distributions.base import Lattice


def parquet(study: Study) -> tuple[bytes, int]:
    """A study's table as the bytes of a Parquet file, and how many trials are in it.

    Args:
        study: Any.

    Raises:
        MissingDependency: If pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
        from pyarrow import parquet as writer
    except ImportError:
        raise MissingDependency("Parquet needs pyarrow: pip install 'parzen[arrow]'") from None
    table = list(rows(study))
    kinds = _kinds(study, pa)
    made = {}
    for name in columns(study):
        values = [row.get(name) for row in table]
        made[name] = _column(pa, values, kinds.get(name))
    buffer = io.BytesIO()
    writer.write_table(pa.table(made), buffer)
    return buffer.getvalue(), len(table)


def _column(arrow: Any, values: list[Any], kind: Any) -> Any:
    if kind == "category":
        return arrow.array([None if value is None else str(value) for value in values]).dictionary_encode()
    if kind == "moment":
        from datetime import datetime

        moments = [None if value is None else datetime.fromisoformat(value) for value in values]
        return arrow.array(moments, arrow.timestamp("us", tz="UTC"))
    return arrow.array(values, kind)


def _kinds(study: Study, arrow: Any) -> dict[str, Any]:
    """Column -> Arrow's type, or what is to be done with it."""
    kinds: dict[str, Any] = {
        "number": arrow.int64(),
        "loss": arrow.float64(),
        "duration_s": arrow.float64(),
        "started": "moment",
        "ended": "moment",
        "state": "category",
        "error.type": arrow.string(),
        "error.message": arrow.string(),
        "worker": arrow.string(),
        "study": arrow.string(),
    }
    for param in study.space.params:
        whole = isinstance(param.distribution.geometry, Lattice)
        kind = "category" if param.options else arrow.int64() if whole else arrow.float64()
        kinds[f"param.{param.label}"] = kind
    for trial in study.trials:
        kinds |= {f"metric.{name}": arrow.float64() for name in trial.metrics}
    return kinds
