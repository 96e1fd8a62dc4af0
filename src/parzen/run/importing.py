"""Objectives by name: ``pkg.module:function`` or ``path/to/train.py:function``.

A worker on another machine imports the function itself; nothing that was
pickled runs. The space's values are built from the same module: there must be
an object in it that is the study's space.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from parzen.byvalue import carry
from parzen.errors import BadSearchSpace, InvalidArgument, did_you_mean
from parzen.space.compare import same
from parzen.space.expr import Apply
from parzen.space.flatten import flatten
from parzen.space.space import Space

_loading: list[str] = []  # what `load` is importing now


def name_of(fn: Callable[..., Any]) -> str | None:
    """The name by which another process can import a function, or None.

    Args:
        fn: Any callable.
    """
    module = sys.modules.get(getattr(fn, "__module__", "") or "")
    name = getattr(fn, "__qualname__", "")
    if module is None or not name.isidentifier() or getattr(module, name, None) is not fn:
        return None
    if module.__name__ != "__main__":
        return f"{module.__name__}:{name}"
    spec = getattr(module, "__spec__", None)
    if spec is not None and spec.name != "__main__":  # python -m pkg.train
        return f"{spec.name.removesuffix('.__main__')}:{name}"
    file = getattr(module, "__file__", None)
    return f"{os.path.abspath(file)}:{name}" if file and os.path.exists(file) else None


def being_loaded() -> str | None:
    """The name that `load` is importing at this moment, or None."""
    return _loading[-1] if _loading else None


def load(name: str) -> tuple[Callable[..., Any], ModuleType]:
    """Import a function and its module.

    Args:
        name: ``pkg.module:function`` or ``path/to/train.py:function``.

    Raises:
        InvalidArgument: If there is no such module or function.
    """
    where, colon, attribute = name.rpartition(":")
    if not colon or not where or not attribute:
        raise InvalidArgument(
            f"an objective is named as pkg.module:function or path/to/train.py:function; got {name!r}"
        )
    if where.endswith(":"):
        raise InvalidArgument(
            f"one colon stands before the function's name; got {name!r}. "
            f"Did you mean '{where.rstrip(':')}:{attribute}'?"
        )
    _loading.append(name)
    try:
        found_in = module(where, attribute)
    finally:
        _loading.pop()
    found = getattr(found_in, attribute, None)
    if found is None:
        raise InvalidArgument(f"{where} has no {attribute!r}.{did_you_mean(attribute, dir(found_in))}")
    if not callable(found):
        raise InvalidArgument(f"{name} is no function but {found!r}")
    return found, found_in


def module(where: str, attribute: str = "NAME") -> ModuleType:
    """Import a module.

    Args:
        where: Its name, or the path of its file, which ends in ``.py`` and is run anew.
        attribute: What is wanted of it, for messages.

    Raises:
        InvalidArgument: If there is none.
    """
    if where.endswith(".py"):
        return _file(Path(where))
    if where.startswith(".") or "/" in where or os.sep in where:
        near = f" Did you mean '{where}.py:{attribute}'?" if os.path.isfile(f"{where}.py") else ""
        raise InvalidArgument(f"the path of a script ends in .py; got {where!r}.{near}")
    return _module(where)


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise InvalidArgument(f"there is no file {str(path)!r}, which the objective is in")
    name = f"parzen_objective_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidArgument(f"{str(path)!r} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    carry(module)
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec.loader.exec_module(module)
    return module


def _module(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and not name.startswith(error.name):
            raise  # the module is there, and misses something itself
        raise InvalidArgument(f"there is no module {name!r} to import the objective from") from None


def same_space(given: Space, stored: Space) -> Space:
    """A space that came with a pickled objective, checked against the study's.

    Args:
        given: Can build values.
        stored: From the log.

    Raises:
        InvalidArgument: If they differ.
    """
    found = same(given, stored)
    if found is None:
        raise InvalidArgument("the pickled objective belongs to another space than the study's")
    return found


def space_in(module: ModuleType, stored: Space, name: str | None = None) -> Space:
    """The object of a module that is a study's space.

    Args:
        module: Where the objective is.
        stored: The space in the log.
        name: What it is called there; left out, each object of the module is compared.

    Raises:
        InvalidArgument: If there is none.
    """
    if name is not None and not hasattr(module, name):
        raise InvalidArgument(f"{module.__name__} has no {name!r}.{did_you_mean(name, dir(module))}")
    for key, candidate in list(vars(module).items()):
        wanted = key == name if name is not None else not key.startswith("__")
        if not wanted or not isinstance(candidate, (dict, list, tuple, Apply, Space)):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # other globals may look like forgotten hp words
                found = same(flatten(candidate), stored)
        except (BadSearchSpace, TypeError, ValueError, RecursionError):
            continue
        if found is not None:
            return found
    raise InvalidArgument(
        f"{module.__name__} has no object that is this study's space",
        hint="keep the space in a global of the objective's module, or name it with --space",
    )
