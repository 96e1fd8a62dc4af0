"""Pickles that carry functions of scripts and notebooks by value; the one place that knows cloudpickle."""

from __future__ import annotations

import io
from collections import ChainMap
from collections.abc import Callable
from functools import cache
from types import CodeType, ModuleType
from typing import Any, ClassVar


def dumps(value: object) -> bytes:
    """Pickle a value; what it names in ``__main__`` goes with it.

    Args:
        value: Anything.
    """
    buffer = io.BytesIO()
    _pickler()(buffer).dump(value)
    return buffer.getvalue()


def carry(module: ModuleType) -> None:
    """Let a module's functions and classes go by value from now on: no other process can import it."""
    import cloudpickle

    cloudpickle.register_pickle_by_value(module)


@cache
def _pickler() -> Any:
    """A pickler that keeps the file names of functions, so that tracebacks from elsewhere say where."""
    import cloudpickle

    table = cloudpickle.Pickler.dispatch_table
    reduce = table[CodeType]

    def placed(code: CodeType) -> tuple[Any, ...]:
        make, arguments = reduce(code)[:2]
        return _place, (make, arguments, code.co_filename)

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # the package has no types
        dispatch_table: ClassVar[Any] = ChainMap({CodeType: placed}, table)

    return Pickler


def _place(make: Callable[..., CodeType], arguments: tuple[Any, ...], name: str) -> CodeType:
    return make(*arguments).replace(co_filename=name)
