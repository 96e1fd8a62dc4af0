"""The package `hyperopt`, answered by parzen.

Every name here is that of `parzen.hyperopt`, and every module ``hyperopt.X``
is the module ``parzen.hyperopt.X`` itself under a second name: nothing is
loaded twice, and a class has one identity whichever way it was imported.

Hyperopt's own distribution has a package of this name too. Where it is
installed, this one refuses to be imported, since the two would mix.
"""

from __future__ import annotations

import sys as _sys
from importlib import import_module as _import_module
from importlib import metadata as _metadata
from importlib.abc import Loader as _Loader
from importlib.abc import MetaPathFinder as _MetaPathFinder
from importlib.machinery import ModuleSpec as _ModuleSpec
from importlib.util import find_spec as _find_spec
from types import CodeType as _CodeType
from types import ModuleType as _ModuleType
from typing import Any as _Any


def _refuse_beside_hyperopt() -> None:
    try:
        version = _metadata.version("hyperopt")
    except _metadata.PackageNotFoundError:
        return
    raise ImportError(
        f"parzen-hyperopt and Hyperopt {version} are both installed, and both are the package 'hyperopt'; "
        "keep one: pip uninstall hyperopt, then pip install --force-reinstall --no-deps parzen-hyperopt "
        "(or, to keep Hyperopt: pip uninstall parzen-hyperopt, then reinstall hyperopt)"
    )


_refuse_beside_hyperopt()

import parzen.hyperopt as _parzen_hyperopt  # noqa: E402  # only after the check
from parzen.hyperopt import *  # noqa: E402

__version__: str = _parzen_hyperopt.__version__
__all__ = list(_parzen_hyperopt.__all__)


def __getattr__(name: str) -> _Any:
    try:
        return getattr(_parzen_hyperopt, name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_parzen_hyperopt)})


class _Alias(_Loader):
    """Loads ``hyperopt.X`` by handing out ``parzen.hyperopt.X``."""

    def __init__(self, real: _ModuleSpec) -> None:
        self._real = real

    def create_module(self, spec: _ModuleSpec) -> _ModuleType:
        module = _import_module(self._real.name)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: _ModuleType) -> None:
        # The import system has just written the alias's spec into the module.
        # It is the same module under its first name, so it gets that one back.
        module.__spec__ = self._own_spec

    # What `python -m hyperopt.X` and inspect ask a loader for.

    def get_code(self, name: str) -> _CodeType | None:
        code: _CodeType | None = self._ask("get_code")
        return code

    def get_source(self, name: str) -> str | None:
        source: str | None = self._ask("get_source")
        return source

    def get_filename(self, name: str) -> str | None:
        return self._real.origin

    def is_package(self, name: str) -> bool:
        return self._real.submodule_search_locations is not None

    def _ask(self, method: str) -> _Any:
        return getattr(self._real.loader, method)(self._real.name)


class _Finder(_MetaPathFinder):
    """Finds ``hyperopt.X`` where ``parzen.hyperopt.X`` is."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> _ModuleSpec | None:
        if not fullname.startswith("hyperopt."):
            return None
        real = _find_spec(f"parzen.{fullname}")
        if real is None:
            return None
        spec = _ModuleSpec(
            fullname,
            _Alias(real),
            origin=real.origin,
            is_package=real.submodule_search_locations is not None,
        )
        spec.submodule_search_locations = real.submodule_search_locations
        return spec


# First in line: below an aliased package the ordinary finder would find the
# files as well, and load them a second time.
if not any(type(finder).__module__ == __name__ for finder in _sys.meta_path):
    _sys.meta_path.insert(0, _Finder())

# `hyperopt.fmin` is the function, and `import hyperopt.fmin` must leave it so.
# A module that is here already is not bound to its name again.
_sys.modules.setdefault(f"{__name__}.fmin", _sys.modules["parzen.hyperopt.fmin"])
