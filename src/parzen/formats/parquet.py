"""Trials as Parquet: whole numbers stay whole, choices are categories, gaps are null."""

from __future__ import annotations

from parzen.frames.with_arrow import parquet_bytes
from parzen.run.study import Study


def parquet(study: Study) -> tuple[bytes, int]:
    """A study's table as the bytes of a Parquet file, and how many trials are in it.

    Args:
        study: Any.

    Raises:
        MissingDependency: If pyarrow is not installed.
    """
    trials = study.trials
    return parquet_bytes(trials), len(trials)
