"""Pickles that carry functions of scripts and notebooks by value; the one place that knows cloudpickle."""

from __future__ import annotations

from types import ModuleType


def dumps(value: object) -> bytes:
    """Pickle a value; what it names in ``__main__`` goes with it.

    Args:
        value: Anything.
    """
    import cloudpickle

    data: bytes = cloudpickle.dumps(value)
    return data


def carry(module: ModuleType) -> None:
    """Let a module's functions and classes go by value from now on: no other process can import it."""
    import cloudpickle

    cloudpickle.register_pickle_by_value(module)
