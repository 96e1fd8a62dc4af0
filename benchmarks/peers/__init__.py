"""The libraries that are compared, each through its own front door and with its own defaults.

A *method* runs a whole problem, as a user's script would; only the seed is
set. A *bench* holds a history of any length and times one ask and one tell on
it. A library is imported when it is first used, so that one that is not
installed costs only its own rows. How a library is told of a failure stands at
the top of its file.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.base import Objective, Param

Search = Callable[[tuple[Param, ...], Objective, int, int], None]


@dataclass(frozen=True)
class Method:
    """A row of the comparison: one way to search, of one library.

    Attributes:
        title: What reports call it.
        distribution: What is installed, and whose version runs are filed under.
        door: "file:function" of this folder.
        algorithm: parzen's name of it; "" for the others.
        environment: The folder of the environment that has it.
        seeds: How many seeds the comparison runs.
        trials: How many trials each.
        problems: How many of a suite's core problems; 0 for all problems.
        settings: Of parzen's algorithm, as pairs; empty for its defaults.
    """

    title: str
    distribution: str
    door: str
    algorithm: str = ""
    environment: str = ".venv-bench"
    seeds: int = 10
    trials: int = 200
    problems: int = 0
    settings: tuple[tuple[str, Any], ...] = ()

    def search(self) -> Search:
        """What runs a problem: called with parameters, objective, trials and seed."""
        found = _door(self.door)
        if self.settings:
            return partial(found, self.algorithm, settings=dict(self.settings))
        return partial(found, self.algorithm) if self.algorithm else found


_SLOW: dict[str, Any] = {"seeds": 3, "trials": 100, "problems": 16}
_SLOWEST: dict[str, Any] = {"seeds": 3, "trials": 50, "problems": 8}

METHODS: dict[str, Method] = {
    "auto": Method("parzen auto", "parzen", "parzen:search", "auto"),
    "gp": Method("parzen gp", "parzen", "parzen:search", "gp"),
    "tpe": Method("parzen tpe", "parzen", "parzen:search", "tpe"),
    "rand": Method("parzen rand", "parzen", "parzen:search", "rand", seeds=3),
    "random": Method("random search", "numpy", "chance:search"),
    "hyperopt": Method("Hyperopt TPE", "hyperopt", "hyperopt:tpe"),
    "optuna": Method("Optuna TPE", "optuna", "optuna:tpe"),
    "optuna-independent": Method("Optuna TPE, independent", "optuna", "optuna:independent"),
    "optuna-group": Method("Optuna TPE, group", "optuna", "optuna:group"),
    "rustuna": Method("Rustuna TPE", "rustuna", "optuna:rustuna"),
    "nevergrad": Method(
        "Nevergrad NGOpt", "nevergrad", "nevergrad:search", environment=".venv-bench-nevergrad"
    ),
    "smac": Method("SMAC3", "smac", "smac:search", **_SLOW),
    "optuna-gp": Method("Optuna GPSampler", "optuna", "optuna:gp", **_SLOW),
    "optuna-auto": Method("Optuna AutoSampler's rule", "optuna", "optuna:auto", **_SLOW),
    "hebo": Method("HEBO", "HEBO", "hebo:search", environment=".venv-bench-hebo", **_SLOWEST),
    "ax": Method("Ax", "ax-platform", "ax:search", environment=".venv-bench-ax", **_SLOWEST),
}


def _door(name: str) -> Any:
    """The object that "file:name" of this folder stands for."""
    file, _, attribute = name.partition(":")
    return getattr(importlib.import_module(f"benchmarks.peers.{file}"), attribute)


def _bench(door: str, params: tuple[Param, ...]) -> Any:
    return _door(door)(params)


def _search(name: str, params: tuple[Param, ...], objective: Objective, trials: int, seed: int) -> None:
    METHODS[name].search()(params, objective, trials, seed)


# What `overhead` times, by library; of each it is the TPE.
BENCHES: dict[str, Callable[[tuple[Param, ...]], Any]] = {
    "parzen": partial(_bench, "parzen:ParzenBench"),
    "hyperopt": partial(_bench, "hyperopt:HyperoptBench"),
    "optuna": partial(_bench, "optuna:OptunaBench"),
    "rustuna": partial(_bench, "optuna:RustunaBench"),
}
SEARCHES: dict[str, Search] = {
    "parzen": partial(_search, "tpe"),
    "hyperopt": partial(_search, "hyperopt"),
    "optuna": partial(_search, "optuna"),
    "rustuna": partial(_search, "rustuna"),
}


def silence() -> None:
    """Keep progress, advice and warnings of all libraries off the terminal."""
    warnings.filterwarnings("ignore")
    # Not by logger: Optuna sets its own logger's level when it is imported.
    logging.disable(logging.CRITICAL)


@cache
def version(distribution: str) -> str:
    """What results are filed under.

    For parzen, which changes between releases, this includes a checksum of
    the source that a suggestion depends on.

    Raises:
        ModuleNotFoundError: If the library is not installed.
    """
    if distribution == "parzen":
        return _parzen_version()
    if distribution == "numpy":
        return np.__version__
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(f"No module named {distribution!r}", name=distribution) from None


def _parzen_version() -> str:
    import parzen

    if parzen.__file__ is None:  # a folder without the package in it
        raise ModuleNotFoundError("No module named 'parzen'", name="parzen")
    root = Path(parzen.__file__).parent
    # A suggestion is a function of history and seed: these rooms, and no door or store.
    rooms = [
        path
        for room in ("algorithms", "numerics", "space", "history")
        for path in (root / room).rglob("*.py")
    ]
    digest = hashlib.sha256()
    for path in sorted([*rooms, root / "rng.py", root / "search.py"]):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"{getattr(parzen, '__version__', '0')}+{digest.hexdigest()[:8]}"


def missing(name: str) -> str:
    """Why a method cannot run in this environment; empty if it can."""
    method = METHODS[name]
    try:
        version(method.distribution)
    except ModuleNotFoundError as error:
        return str(error)
    if method.algorithm:
        from parzen.algorithms.base import named
        from parzen.errors import InvalidArgument

        try:
            named(method.algorithm)
        except InvalidArgument as error:
            return str(error)
    return ""
