"""``parzen doctor [STORE]``: is everything installed, and is the study whole?"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from parzen.cli.main import release
from parzen.cli.parser import Parser, add_json, add_store

if TYPE_CHECKING:
    from parzen.run.study import Study

_NEEDED = ("numpy", "scipy", "cloudpickle", "threadpoolctl")
# Package -> the extra that brings it, and what it is for.
_OPTIONAL = {
    "matplotlib": ("plots", "pictures and reports"),
    "plotly": ("plotly", "pictures that move"),
    "pandas": ("pandas", "data frames"),
    "polars": ("polars", "data frames"),
    "pyarrow": ("arrow", "Parquet"),
    "scikit-learn": ("sklearn", "estimators"),
    "cmaes": ("cmaes", 'algo="cmaes"'),
    "sqlalchemy": ("postgresql", "PostgreSQL"),
    "psycopg": ("postgresql", "PostgreSQL"),
    "pymongo": ("mongodb", "MongoDB"),
    "distributed": ("dask", "Dask"),
    "ray": ("ray", "Ray"),
    "pyspark": ("spark", "Spark"),
}
_LITTLE = 200e6  # bytes left on a disk
_MARKS = {"ok": "✓", "note": "·", "warning": "!", "bad": "✗"}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        about: What.
        verdict: ``ok``, ``note``, ``warning`` or ``bad``.
        text: What was found, and what to do.
    """

    about: str
    verdict: str
    text: str


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print what was checked; the exit code is 4 if a study is damaged.

    Args:
        options: What was parsed.
    """
    from parzen.cli import terminal

    checks = [*_installation()]
    if options.store:
        checks += _store(options.store, options.study)
    broken = [check for check in checks if check.verdict == "bad"]
    if options.json:
        terminal.document("doctor", {"ok": not broken, "checks": [asdict(check) for check in checks]})
        return 4 if broken else 0
    wide = max(len(check.about) for check in checks)
    colors = {"bad": "red", "warning": "yellow", "ok": "green"}
    for check in checks:
        mark = terminal.paint(_MARKS[check.verdict], colors.get(check.verdict))
        print(f"{mark} {check.about:<{wide}}  {check.text}")
    if broken:
        terminal.message(f"{len(broken)} of {len(checks)} checks failed")
        return 4
    return 0


def _installation() -> Iterator[Check]:
    yield Check("parzen", "ok", f"{release()} on Python {platform.python_version()}, {platform.platform()}")
    for name in _NEEDED:
        found = _version(name)
        if found is None:
            yield Check(name, "bad", f"not installed: pip install {name}")
        else:
            yield Check(name, "ok", found)
    for name, (extra, use) in _OPTIONAL.items():
        found = _version(name)
        if found is None:
            yield Check(name, "note", f"not installed; for {use}: pip install 'parzen[{extra}]'")
        else:
            yield Check(name, "ok", found)
    if _version("hyperopt") is not None and _version("parzen-hyperopt") is not None:
        yield Check("hyperopt", "warning", "Hyperopt and parzen-hyperopt are both installed; uninstall one")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _store(where: str, name: str | None) -> Iterator[Check]:
    from parzen.errors import ParzenError
    from parzen.storage.base import open_store

    try:
        store = open_store(where, read_only=True)
    except ParzenError as error:
        yield Check("store", "bad", f"{error.message}{f'; {error.hint}' if error.hint else ''}")
        return
    yield from _place(where, store)
    try:
        names = store.studies() if name is None else [name]
    except ParzenError as error:
        yield Check("store", "bad", error.message)
        return
    if not names:
        yield Check("studies", "note", "none yet")
    for each in names:
        yield from _study(store, each, f"study {each}")


def _place(where: str, store: Any) -> Iterator[Check]:
    """The file and its disk."""
    from parzen.storage import mounts
    from parzen.storage.sqlite import SqliteStore

    path = getattr(store, "path", None)
    if path is None:
        yield Check("store", "ok", f"{where} answers")
        return
    kind = mounts.file_system(path)
    if kind in mounts.SHARED:
        yield Check(
            "file system", "warning", f"{kind} is shared by machines; JSON lines may lie there, SQLite not"
        )
    else:
        yield Check("file system", "ok", kind or "unknown")
    left = shutil.disk_usage(os.path.dirname(path)).free
    full = left < _LITTLE
    yield Check(
        "disk", "warning" if full else "ok", f"{left / 1e9:.1f} GB left{', which is little' if full else ''}"
    )
    if isinstance(store, SqliteStore):
        said = [row[0] for row in store._rows("PRAGMA quick_check")]
        whole = said == ["ok"]
        text = (
            "SQLite's own check finds nothing"
            if whole
            else f"damaged: {'; '.join(map(str, said[:3]))}; restore a copy"
        )
        yield Check("store", "ok" if whole else "bad", text)
    else:
        yield Check("store", "ok", "every line has its checksum")


def _study(store: Any, name: str, about: str) -> Iterator[Check]:
    from parzen.errors import ParzenError
    from parzen.history.ledger import fold_all
    from parzen.run.study import Study

    try:
        log = store.read(name, 0)
        fold_all(log)
    except (ParzenError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        yield Check(about, "bad", f"its log cannot be read: {error}")
        return
    if not log:
        yield Check(about, "bad", "there is no such study")
        return
    study = Study.load(store, name)
    yield Check(about, "ok", f"{len(log)} events, {len(study.trials)} trials")
    yield from _checkpoint(store, study, f"{about} checkpoint")
    yield from _claims(study, f"{about} running")


def _checkpoint(store: Any, study: Study, about: str) -> Iterator[Check]:
    from parzen.run import checkpoints

    try:
        store.get(f"checkpoint/{study.name}")
    except KeyError:
        yield Check(about, "ok", "none, and none is needed")
        return
    if checkpoints.load(store, study.name, None) is None:
        yield Check(about, "warning", "it does not belong to this log, and is not used")
        return
    differing = checkpoints.verify(store, study.name)
    if differing:
        text = f"it differs from the log in {', '.join(differing[:5])}; export the study and import it anew"
        yield Check(about, "bad", text)
    else:
        yield Check(about, "ok", "rebuilt from the log: equal")


def _claims(study: Study, about: str) -> Iterator[Check]:
    """Trials that somebody evaluates, or evaluated until it died."""
    from parzen.cli.looking import state_of
    from parzen.run import owner

    claimed = {number: owner.alive(study.trials[number].owner) for number in study.ledger.claimed}
    dead = [number for number, alive in claimed.items() if alive is False]
    away = [number for number, alive in claimed.items() if alive is None]
    if dead:
        which = ", ".join(map(str, dead[:8]))
        yield Check(about, "warning", f"trial {which}: its process is gone; parzen resume runs it again")
    if away and state_of(study) == "stalled":
        which = ", ".join(map(str, away[:8]))
        yield Check(
            about, "warning", f"trial {which}: claimed elsewhere, and silent; its lease ends by itself"
        )
    if not dead and not away:
        yield Check(
            about, "ok", f"{len(claimed)} trials, all of processes that live" if claimed else "nothing"
        )
