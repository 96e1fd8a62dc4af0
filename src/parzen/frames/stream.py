"""Columns through Arrow's C stream interface, with nothing but the standard library.

Whoever knows the protocol (``polars.DataFrame(trials)``, ``pyarrow.table``,
DuckDB, pandas) reads trials without a package of ours in between. Numbers are
handed over as they lie in memory; what is made for the transfer lives until
its reader releases it.

Source: https://arrow.apache.org/docs/format/CStreamInterface.html and the
pages beside it.
"""

from __future__ import annotations

import ctypes
import errno
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.frames.columns import Column

_FORMATS = {"int": b"l", "float": b"g", "bool": b"b", "text": b"u", "time": b"tsu:UTC", "category": b"i"}
_ORDERED, _NULLABLE = 1, 2
_NAME = b"arrow_array_stream"
_UNKNOWN_NULLS = -1


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    _fields_ = (
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.c_void_p),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


_SchemaPointer, _ArrayPointer = ctypes.POINTER(_Schema), ctypes.POINTER(_Array)
_StreamPointer = ctypes.POINTER(_Stream)
_Schema._fields_ = (
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(_SchemaPointer)),
    ("dictionary", _SchemaPointer),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)
_Array._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(_ArrayPointer)),
    ("dictionary", _ArrayPointer),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)

_keys = count(1)
_KEPT: dict[int, Any] = {}  # private_data -> what must live until its release


def stream(columns: list[Column]) -> Any:
    """A capsule named ``arrow_array_stream`` with one batch of all rows.

    Args:
        columns: Of the same length.

    Returns:
        A PyCapsule, as `__arrow_c_stream__` must give it.
    """
    made = _Stream(_GET_SCHEMA, _GET_NEXT, _LAST_ERROR, _RELEASE_STREAM, _keep([columns, False]))
    pointer = ctypes.pointer(made)
    _KEPT[ctypes.addressof(made)] = made
    return _new_capsule(pointer, _NAME, _DESTROY)


def _keep(owned: Any) -> int:
    key = next(_keys) << 4  # no address is that small, so keys of both kinds never meet
    _KEPT[key] = owned
    return key


# The stream's functions


def _get_schema(pointer: Any, out: Any, kept: dict[int, Any] = _KEPT) -> int:
    try:
        _fill_schema(out[0], b"+s", b"", [_schema(column) for column in kept[pointer[0].private_data][0]], 0)
    except Exception:  # noqa: BLE001  # an exception cannot cross C; the reader gets the number
        return errno.EIO
    return 0


def _get_next(pointer: Any, out: Any, kept: dict[int, Any] = _KEPT) -> int:
    try:
        state = kept[pointer[0].private_data]
        if state[1]:
            out[0].release = None  # the end
            return 0
        state[1] = True
        columns = state[0]
        rows = len(columns[0]) if columns else 0
        _fill_array(out[0], rows, [None], [_array(column) for column in columns])
    except Exception:  # noqa: BLE001  # as above
        return errno.EIO
    return 0


def _last_error(pointer: Any) -> None:
    """No words beside the number."""
    del pointer


def _release_stream(pointer: Any, kept: dict[int, Any] = _KEPT) -> None:
    kept.pop(pointer[0].private_data, None)
    pointer[0].release = None


def _release(pointer: Any, kept: dict[int, Any] = _KEPT) -> None:
    """Release a schema or an array: its parts first, unless somebody took them away."""
    node = pointer[0]
    for i in range(node.n_children):
        if node.children[i][0].release:
            _release(node.children[i])
    if node.dictionary and node.dictionary[0].release:
        _release(node.dictionary)
    kept.pop(node.private_data, None)
    node.release = None


# Schemas


def _fill_schema(out: Any, kind: bytes, name: bytes, children: list[Any], flags: int) -> None:
    pointers = (_SchemaPointer * len(children))(*[ctypes.pointer(child) for child in children])
    out.format, out.name, out.metadata = kind, name, None
    out.flags, out.n_children = flags, len(children)
    out.children = ctypes.cast(pointers, ctypes.POINTER(_SchemaPointer)) if children else None
    out.dictionary = None
    out.release = _RELEASE_SCHEMA
    out.private_data = _keep((kind, name, children, pointers))


def _schema(column: Column) -> _Schema:
    made = _Schema()
    flags = _NULLABLE | (_ORDERED if column.ordered else 0)
    _fill_schema(made, _FORMATS[column.kind], column.name.encode(), [], flags)
    if column.kind == "category":
        words = _Schema()
        _fill_schema(words, b"u", b"", [], _NULLABLE)
        made.dictionary = ctypes.pointer(words)
        _KEPT[made.private_data] = (*_KEPT[made.private_data], words)
    return made


# Arrays


def _fill_array(out: Any, length: int, buffers: list[Any], children: list[Any]) -> None:
    addresses = [None if each is None else each.ctypes.data for each in buffers]
    held = (ctypes.c_void_p * len(buffers))(*addresses)
    pointers = (_ArrayPointer * len(children))(*[ctypes.pointer(child) for child in children])
    out.length, out.null_count, out.offset = length, _UNKNOWN_NULLS if buffers[0] is not None else 0, 0
    out.n_buffers, out.n_children = len(buffers), len(children)
    out.buffers = ctypes.cast(held, ctypes.POINTER(ctypes.c_void_p))
    out.children = ctypes.cast(pointers, ctypes.POINTER(_ArrayPointer)) if children else None
    out.dictionary = None
    out.release = _RELEASE_ARRAY
    out.private_data = _keep((buffers, held, children, pointers))


def _array(column: Column) -> _Array:
    made = _Array()
    valid = None if column.present.all() else np.packbits(column.present, bitorder="little")
    if column.kind == "text":
        _fill_array(made, len(column), [valid, *_words(column.values.tolist())], [])
        return made
    values = np.packbits(column.values, bitorder="little") if column.kind == "bool" else column.values
    _fill_array(made, len(column), [valid, np.ascontiguousarray(values)], [])
    if column.kind == "category":
        words = _Array()
        _fill_array(words, len(column.categories), [None, *_words(list(column.categories))], [])
        made.dictionary = ctypes.pointer(words)
        _KEPT[made.private_data] = (*_KEPT[made.private_data], words)
    return made


def _words(texts: list[str | None]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Offsets and bytes of texts; a null takes no byte."""
    encoded = [b"" if text is None else text.encode("utf-8", "replace") for text in texts]
    ends = np.cumsum([0, *(len(each) for each in encoded)])
    if ends[-1] >= 2**31:
        raise OverflowError("the texts of one column have more than 2 GB")
    # At least one byte, so that the buffer has an address.
    return ends.astype(np.int32), np.frombuffer(b"".join(encoded) + b"\0", dtype=np.uint8)


# What C calls. A reader may release at the very end of the program, so these live for ever.


def _callback(result: Any, function: Any, *arguments: Any) -> int:
    made = ctypes.CFUNCTYPE(result, *arguments)(function)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(made))
    return ctypes.cast(made, ctypes.c_void_p).value or 0


_GET_SCHEMA = _callback(ctypes.c_int, _get_schema, _StreamPointer, _SchemaPointer)
_GET_NEXT = _callback(ctypes.c_int, _get_next, _StreamPointer, _ArrayPointer)
_LAST_ERROR = _callback(ctypes.c_void_p, _last_error, _StreamPointer)
_RELEASE_STREAM = _callback(None, _release_stream, _StreamPointer)
_RELEASE_SCHEMA = _callback(None, _release, _SchemaPointer)
_RELEASE_ARRAY = _callback(None, _release, _ArrayPointer)

_pointer_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def _destroy(capsule: int, kept: dict[int, Any] = _KEPT, pointer_of: Any = _pointer_of) -> None:
    """The capsule is gone: what its stream holds goes too, unless a reader took it over."""
    made = kept.pop(pointer_of(capsule, b"arrow_array_stream"), None)
    if made is not None and made.release:
        kept.pop(made.private_data, None)


_destroyer = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(_destroy)
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_destroyer))
_DESTROY = ctypes.cast(_destroyer, ctypes.c_void_p)
_new_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)
