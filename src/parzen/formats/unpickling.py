"""Reading pickles of trials without running what they name.

A pickle is a program: it names functions and calls them. Here nothing that a
pickle names is ever imported. A name of the table below gets a stand-in that
can only make data; so do classes of trials (`Record`). Names of the standard
library whose purpose is to run code or to reach outside are refused, by name:
no honest pickle of trials has them. Every other name, such as a model class in
somebody's result, becomes an inert `Unknown`: calling it, filling it or
setting its state stores nothing and runs nothing. So the rest of the file can
still be read, and the caller learns which names were dropped.

Before anything is built, the opcodes are read once, so that a file cannot ask
for persistent objects, for registered extensions, or for a memo of gigabytes.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import pickle
import pickletools
import re
from collections import OrderedDict, deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument, StudyNotFound
from parzen.history.events import EVENTS

_REFUSED_MODULES = frozenset(
    {
        *(
            "os",
            "posix",
            "nt",
            "subprocess",
            "_posixsubprocess",
            "commands",
            "pty",
            "shutil",
            "sys",
            "ctypes",
        ),
        *("importlib", "imp", "runpy", "code", "codeop", "marshal", "pickle", "_pickle", "pip", "pydoc"),
        *("pdb", "bdb", "timeit", "profile", "cProfile", "webbrowser", "platform", "multiprocessing"),
        *("socket", "http", "urllib", "urllib2", "ftplib", "smtplib", "asyncio"),
    }
)
_REFUSED_BUILTINS = frozenset(
    {
        *("eval", "exec", "execfile", "compile", "open", "file", "__import__", "input", "raw_input"),
        *("globals", "locals", "breakpoint", "apply", "reload"),
    }
)
_NO_TRIALS_OPCODES = frozenset(
    {"PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"}
)
_DTYPE = re.compile(r"[<>|=]?(\?|b1|[iu][1248]|f(2|4|8|16)|c(8|16|32)|O8?|O4|[SU][0-9]{0,9})")


class _Sealed(type):
    """Classes that a pickle cannot change: BUILD on a class would set its attributes."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise pickle.UnpicklingError(f"it sets {name!r} of a class")


class Record(metaclass=_Sealed):
    """An object of a class of trials or of events: the class's name and what it held.

    Attributes:
        kind: As ``hyperopt.base.Trials``.
        state: Its attributes.
    """

    __slots__ = ("kind", "state")

    kind: str
    state: dict[str, Any]
    of = ""

    def __new__(cls, *_: Any, **__: Any) -> Record:
        """An empty one, whatever the arguments."""
        made = object.__new__(cls)
        made.kind, made.state = cls.of, {}
        return made

    def __setstate__(self, state: Any) -> None:
        """Keep attributes, from a dict or from the pair that classes with slots have."""
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self.state.update({str(key): value for key, value in part.items()})


class _Inert(_Sealed):
    """The class of inert classes: a call gives the class again, since it may be one that was called for."""

    def __call__(cls, *_: Any, **__: Any) -> Any:
        return cls

    def __setitem__(cls, key: Any, value: Any) -> None:
        """Nothing."""


class Unknown(metaclass=_Inert):
    """What stands for an object, class or function that is not known here: it holds and does nothing.

    A pickle may take it for a class and make objects of it, call it, fill it
    and set its state. `name_of_unknown` tells what it stands for.
    """

    __slots__ = ()

    def __new__(cls, *_: Any, **__: Any) -> Any:
        """An inert object, whatever the arguments."""
        return object.__new__(cls)

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Itself."""
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Nothing."""

    # Of the class as of its objects.
    @staticmethod
    def _ignore(*_: Any) -> None:
        """Nothing."""

    __setstate__ = append = extend = add = _ignore


def name_of_unknown(value: Any) -> str | None:
    """``module:name`` of what an `Unknown` stands for; None for any other value."""
    kind = value if isinstance(value, _Inert) else type(value)
    return f"{kind.__module__}:{kind.__qualname__}" if isinstance(kind, _Inert) else None


class _Son(dict[Any, Any], metaclass=_Sealed):
    """Stands in for bson's ordered dict, and for dicts with a factory."""

    def __setstate__(self, state: Any) -> None:
        """Nothing: a dict keeps its order by itself."""


class _ObjectId(metaclass=_Sealed):
    """Stands in for bson's id."""

    __slots__ = ("binary",)

    def __setstate__(self, state: Any) -> None:
        """Keep its twelve bytes."""
        self.binary = state

    def __str__(self) -> str:
        binary = getattr(self, "binary", b"")
        return binary.hex() if isinstance(binary, bytes) else str(binary)


class _Dtype(metaclass=_Sealed):
    """Stands in for NumPy's dtype while reading: NumPy's own trusts the state that a file gives it."""

    __slots__ = ("code", "swapped")

    def __init__(self, code: Any, *_: Any) -> None:
        text = code.decode("latin1") if isinstance(code, bytes) else code
        self.code = text if isinstance(text, str) and _DTYPE.fullmatch(text) else None
        self.swapped = False

    def __setstate__(self, state: Any) -> None:
        """Keep the order of bytes."""
        self.swapped = state[1] in (">", b">")

    def real(self) -> np.dtype[Any] | None:
        """The dtype, if it is of plain numbers, texts or objects."""
        return None if self.code is None else np.dtype(self.code).newbyteorder(">" if self.swapped else "<")


class Array(np.ndarray[Any, np.dtype[Any]], metaclass=_Sealed):
    """An array; `.unread` is True where its dtype is none that is read here."""

    unread = False

    def __setstate__(self, state: Any) -> None:
        """Fill it, with a dtype of ours and with as many bytes as it needs."""
        _, shape, dtype, fortran, raw = state
        real = dtype.real() if isinstance(dtype, _Dtype) else None
        if real is None:
            self.unread = True
            return
        super().__setstate__((1, shape, real, fortran, raw if real.hasobject else _raw(raw)))


def _raw(raw: Any) -> bytes:
    # Python 2 wrote bytes as text.
    return raw.encode("latin1") if isinstance(raw, str) else bytes(memoryview(raw))


def _reconstruct(*_: Any) -> Array:
    return np.ndarray.__new__(Array, (0,))


def _scalar(dtype: Any, raw: Any = None) -> Any:
    real = dtype.real() if isinstance(dtype, _Dtype) else None
    if real is None:
        return Unknown
    if real.hasobject:
        return raw
    return np.frombuffer(_raw(raw), real)[0] if real.itemsize else real.type()


def _from_buffer(raw: Any, dtype: Any, shape: Any, order: Any) -> Any:
    real = dtype.real() if isinstance(dtype, _Dtype) else None
    return Unknown if real is None else np.frombuffer(_raw(raw), real).reshape(shape, order=order).view(Array)


def _reconstructed(cls: Any, _: Any = None, state: Any = None) -> Any:
    """What `copyreg._reconstructor` does, for stand-ins only."""
    made = _new(cls)
    if isinstance(made, _Son) and isinstance(state, dict):
        made.update(state)
    return made


def _new(cls: Any, *args: Any) -> Any:
    if not isinstance(cls, _Sealed):
        raise pickle.UnpicklingError("it makes an object of what is no class")
    made: Any = cls
    return made.__new__(made, *args)


def _bytes(text: Any = b"", _: Any = None) -> bytes:
    if isinstance(text, str):
        return text.encode("latin1")
    if not isinstance(text, (bytes, bytearray, list)):
        raise pickle.UnpicklingError(f"it makes bytes from a {type(text).__name__}")
    return bytes(text)


def _factory_dict(_: Any = None, items: Any = ()) -> _Son:
    """A dict with a factory, without the factory: a look-up of a missing key must call nothing."""
    return _Son(items)


class _Maker:
    """A function that makes data, as a thing that a pickle can call and cannot change."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)

    def __setstate__(self, state: Any) -> None:
        """Refuse: BUILD would set attributes."""
        raise pickle.UnpicklingError("it sets the state of a function")


def _sealed(name: str, base: type, **space: Any) -> Any:
    return type(base)(name, (base,), {"__slots__": (), **space})


def _record(kind: str) -> Any:
    return _sealed("Record", Record, of=kind)


_TRIALS = ("hyperopt.base.Trials", "hyperopt.mongoexp.MongoTrials", "hyperopt.spark.SparkTrials")
_TABLE: dict[str, Any] = {
    **{name: _record(name) for name in (*_TRIALS, "parzen.trials.Trials", "parzen.hyperopt.base.Trials")},
    **{f"parzen.history.events.{cls.__name__}": _record(f"event:{kind}") for kind, cls in EVENTS.items()},
    "bson.son.SON": _Son,
    "bson.objectid.ObjectId": _ObjectId,
    "numpy.dtype": _Maker(_Dtype),
    "numpy.ndarray": _Maker(_reconstruct),
    **{f"numpy.{core}multiarray._reconstruct": _Maker(_reconstruct) for core in ("core.", "_core.", "")},
    **{f"numpy.{core}multiarray.scalar": _Maker(_scalar) for core in ("core.", "_core.", "")},
    **{f"numpy.{core}.numeric._frombuffer": _Maker(_from_buffer) for core in ("core", "_core")},
    "datetime.datetime": _Maker(dt.datetime),
    "datetime.date": _Maker(dt.date),
    "datetime.time": _Maker(dt.time),
    "datetime.timedelta": _Maker(dt.timedelta),
    "datetime.timezone": _Maker(dt.timezone),
    "decimal.Decimal": _Maker(Decimal),
    "collections.OrderedDict": _Maker(OrderedDict),
    "collections.Counter": _Maker(lambda items=(): _Son(items)),
    "collections.defaultdict": _Maker(_factory_dict),
    "collections.deque": _Maker(deque),
    "_codecs.encode": _Maker(_bytes),
    "copyreg._reconstructor": _Maker(_reconstructed),
    "copyreg.__newobj__": _Maker(_new),
    **{f"builtins.{kind.__name__}": _Maker(kind) for kind in (set, frozenset, complex)},
    **{f"builtins.{name}": _Maker(_bytes) for name in ("bytes", "bytearray")},
    "builtins.object": Unknown,
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, dropped: set[str]) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self._dropped = dropped
        self._made: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in; nothing is imported."""
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        whole = f"{module}.{name}"
        if whole in _TABLE:
            return _TABLE[whole]
        builtin = module == "builtins" and name.partition(".")[0] in _REFUSED_BUILTINS
        if builtin or module.partition(".")[0] in _REFUSED_MODULES:
            raise _Refused(whole)
        self._dropped.add(whole)
        if whole not in self._made:
            # Named after what it stands for, so that the mark of a dropped value says it.
            self._made[whole] = _sealed("Unknown", Unknown, __module__=module, __qualname__=name)
        return self._made[whole]

    def persistent_load(self, pid: Any) -> Any:
        """Refuse: objects outside the file are no part of it."""
        raise pickle.UnpicklingError("it names objects outside the file")


class _Refused(Exception):
    """A name that no pickle of trials has."""


def safe_loads(data: bytes, where: str = "the data", dropped: set[str] | None = None) -> Any:
    """Read a pickle of trials; nothing that it names is imported or run.

    Args:
        data: The pickle.
        where: How messages call it.
        dropped: Gets the names of classes and functions that are not known here; what they would
            have made is an `Unknown` in the value.

    Returns:
        Plain containers, numbers, texts, times and arrays; objects of trials and of events as `Record`.

    Raises:
        InvalidArgument: If it is no pickle, or names something whose purpose is to run code.
    """
    try:
        _check_opcodes(data)
        return _Unpickler(data, set() if dropped is None else dropped).load()
    except _Refused as refused:
        raise InvalidArgument(
            f"{where} names {refused}, which is no part of a pickle of trials; nothing of it was run",
            hint="do not open this file with pickle.load: it was made to run code",
            name=str(refused),
        ) from None
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        LookupError,
        ArithmeticError,
        RecursionError,
        MemoryError,
    ) as error:
        raise InvalidArgument(f"{where} is no pickle that can be read: {error}") from None


def safe_load(path: str | os.PathLike[str], dropped: set[str] | None = None) -> Any:
    """Read a file as `safe_loads` does.

    Args:
        path: Where it is.
        dropped: Gets the names that are not known here.

    Raises:
        StudyNotFound: If there is no such file.
        InvalidArgument: If it is no pickle, or names something whose purpose is to run code.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            data = file.read()
    except (FileNotFoundError, IsADirectoryError):
        raise StudyNotFound(f"there is no file {name!r}") from None
    return safe_loads(data, repr(name), dropped)


def _check_opcodes(data: bytes) -> None:
    """Refuse what would reach outside the data or take memory out of proportion to it."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in _NO_TRIALS_OPCODES:
            raise pickle.UnpicklingError("it names objects outside the file")
        # The unpickler makes room for as many as the number says.
        if opcode.name.endswith("PUT") and int(argument or 0) > len(data):
            raise pickle.UnpicklingError("it has a memo larger than itself")
