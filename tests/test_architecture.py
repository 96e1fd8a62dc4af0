"""The house's one rule about imports, checked file by file: downwards only.

`ROOMS` below is the table. Every file under `src/parzen` belongs to one room;
every import in it is read from the source, also those inside functions and
under `TYPE_CHECKING`, so an edge cannot hide in a lazy import. Nothing is
imported here and nothing is run.

What this does not see: modules that are named in strings and loaded by name.
Those tables (algorithms, storages, executors, the lazy names of the front
door) are read by people.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "src" / "parzen"


# --------------------------------------------------------------------------
# The tables
# --------------------------------------------------------------------------

DOORS = 5


@dataclass(frozen=True)
class Room:
    """A file or package directly below `parzen`, and what it may import of ours.

    A room imports itself and every floor below it. `beside` adds modules of
    its own floor, `but` takes rooms below away, and `only` replaces all of it.
    An entry `executors.base` means that one module and not its package.
    """

    floor: int
    beside: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


ROOMS = {
    # Floor 0, ground: errors < numerics, rng < space < history.
    "errors": Room(0),
    "numerics": Room(0, beside=("errors",)),
    "rng": Room(0, beside=("errors",)),
    "space": Room(0, beside=("errors", "numerics", "rng")),
    "history": Room(0, beside=("errors", "numerics", "rng", "space")),
    # Floor 1, deciders: strangers to each other.
    "algorithms": Room(1),
    "pruners": Room(1),
    "stopping": Room(1),
    "insight": Room(1),
    # Floor 2, storage: knows events as data, and no algorithm and no space.
    "storage": Room(2, only=("errors", "history.events")),
    "frames": Room(2, but=("storage",)),  # trials as tables; knows pandas, polars and Arrow
    "cards": Room(2, beside=("frames",), but=("storage",)),  # HTML for notebooks
    "byvalue": Room(2, only=()),  # knows cloudpickle, and nothing of ours
    # Floor 3, machinery: executors < run, and run knows no executor but the protocol.
    "executors": Room(3, but=("storage",)),
    "run": Room(3, beside=("executors.base",)),
    # Floor 4, front: documents < domain < trials < search.
    "documents": Room(4),
    "domain": Room(4, beside=("documents",)),
    "attachments": Room(4),
    "engines": Room(4, beside=("arguments",)),
    "trials": Room(4, beside=("attachments", "documents", "domain")),
    "save": Room(4, beside=("documents", "domain", "trials")),
    "early_stop": Room(4),
    "best": Room(4),
    "arguments": Room(4),
    "workers": Room(4, beside=("attachments",)),
    "suggest": Room(4, beside=("documents", "domain", "trials")),
    "tracebacks": Room(4),
    "search": Room(
        4,
        beside=(
            "arguments",
            "attachments",
            "best",
            "documents",
            "domain",
            "engines",
            "save",
            "tracebacks",
            "trials",
            "workers",
        ),
    ),
    "plots": Room(4),
    "formats": Room(4, beside=("plots",)),  # a report holds pictures
    # Floor 5, doors: nobody imports them. Published contracts are above the
    # house like a door: they may look at everything, and only tests look at them.
    "__init__": Room(DOORS, beside=("hyperopt",)),
    "hyperopt": Room(DOORS, beside=("sklearn",)),  # HyperoptSearchCV
    "cli": Room(DOORS),
    "__main__": Room(DOORS, beside=("cli",)),
    "dashboard": Room(DOORS),
    "sklearn": Room(DOORS),
    "loggers": Room(DOORS),
    "testing": Room(DOORS),
}

# Floors 0 and 1 are pure: no clock, file, thread, log, print, global or chance.
PURE_FLOORS = (0, 1)
IMPURE_MODULES = {
    "time": "a clock",
    "datetime": "a clock",
    "os": "a file",
    "pathlib": "a file",
    "io": "a file",
    "tempfile": "a file",
    "shutil": "a file",
    "glob": "a file",
    "importlib.resources": "a file",
    "threading": "a thread",
    "_thread": "a thread",
    "concurrent": "a thread",
    "multiprocessing": "a process",
    "subprocess": "a process",
    "asyncio": "an event loop",
    "socket": "a network",
    "logging": "a log",
    "random": "global randomness",
    "secrets": "global randomness",
    "uuid": "global randomness",
}
IMPURE_CALLS = {"print": "prints", "open": "opens a file", "input": "reads the terminal"}
# The Sobol generator's direction numbers are a data file beside it.
IMPURE_MODULE_ALLOWED = {"importlib.resources": ("algorithms/sobol.py",)}
# Everything that draws is handed a Generator; only rng.py makes one.
RANDOM_NAMES_ALLOWED = {"Generator"}
RANDOM_DOOR = "rng.py"

# SciPy by subpackage: the floors that may use it (None: all), and whether only
# inside a function. Whatever is not here is refused: `scipy.stats` alone costs
# 0.6 s of CPU to import.
SCIPY: dict[str, tuple[tuple[int, ...] | None, bool]] = {
    "scipy.special": (None, False),
    "scipy.linalg": ((0, 1), True),
    "scipy.optimize": ((1,), True),
}

CORE_PACKAGES = {"numpy", "scipy"}  # anywhere, within the rules above
LAZY_PACKAGES = {"cloudpickle", "threadpoolctl"}  # needed, but not by `import parzen`
TEST_PACKAGES = {"pytest", "hypothesis"}  # in any file of the published contracts, and nowhere else
TEST_ROOM = "testing"


# --------------------------------------------------------------------------
# Reading the source
# --------------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """One imported module, e.g. `history.events` (ours, without `parzen.`) or `scipy.special`."""

    file: File
    line: int
    target: str
    ours: bool
    lazy: bool  # inside a function, or for the type checker only

    @property
    def where(self) -> str:
        return self.file.at(self.line)


@dataclass(frozen=True)
class File:
    """One source file; `module` is `history.events`, or `__init__` for the front door."""

    path: Path
    root: Path
    module: str
    package: bool

    @property
    def relative(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), filename=str(self.path))

    def at(self, line: int) -> str:
        return f"src/parzen/{self.relative}:{line}"


def read_package(root: Path) -> list[File]:
    files = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if package else parts) or "__init__"
        files.append(File(path, root, module, package))
    return files


def is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def nodes(tree: ast.AST, lazy: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below `tree`, and whether it stays unrun when the module is imported."""
    for child in ast.iter_child_nodes(tree):
        below = lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield child, below
        if isinstance(child, ast.If) and is_type_checking(child.test):
            for branch in child.body:
                yield branch, True
                yield from nodes(branch, True)
            for branch in child.orelse:
                yield branch, below
                yield from nodes(branch, below)
        else:
            yield from nodes(child, below)


def imports_of(file: File, modules: set[str]) -> Iterator[Import]:
    """All imports of `file`; `modules` are the names of ours, to tell `a.b` from a name in `a`."""

    def make(line: int, name: str, lazy: bool, part: str = "") -> Import:
        top, _, rest = name.partition(".")
        if top != "parzen":
            return Import(file, line, f"{name}.{part}" if part else name, False, lazy)
        full = f"{rest}.{part}".strip(".") if part else rest
        # `from parzen.history import events` is the module, and
        # `from parzen.history import History` the package.
        return Import(file, line, full if full in modules else rest or "__init__", True, lazy)

    for node, lazy in nodes(file.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield make(node.lineno, alias.name, lazy)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = ["parzen", *([] if file.module == "__init__" else file.module.split("."))]
                here = here[: len(here) - node.level + (1 if file.package else 0)]
                base = ".".join([*here, base] if base else here)
            for alias in node.names:
                yield make(node.lineno, base, lazy, alias.name)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0].value
            if called in {"import_module", "__import__"} and isinstance(name, str):
                yield make(node.lineno, name, lazy)


@dataclass(frozen=True)
class House:
    files: list[File]
    imports: list[Import]


def read_house(root: Path) -> House:
    files = read_package(root)
    modules = {file.module for file in files}
    known = [file for file in files if file.room in ROOMS]  # the others fail a test of their own
    return House(files, [found for file in known for found in imports_of(file, modules)])


def starts_with(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


# --------------------------------------------------------------------------
# The rules: each yields one sentence per offence, with file and line
# --------------------------------------------------------------------------


def unknown_rooms(house: House) -> Iterator[str]:
    for file in house.files:
        if file.room not in ROOMS:
            yield f"{file.at(1)}: the room {file.room!r} is not in the table of tests/test_architecture.py"


def allowed(room_name: str) -> list[str]:
    """What a room may import of ours, as prefixes (`executors.base`: that module alone)."""
    room = ROOMS[room_name]
    if room.only is not None:
        return [room_name, *room.only]
    below = [name for name, other in ROOMS.items() if other.floor < room.floor and name not in room.but]
    return [room_name, *below, *room.beside]


def forbidden_edges(house: House) -> Iterator[str]:
    for found in house.imports:
        if not found.ours:
            continue
        here = found.file.room
        may = allowed(here)
        if any(starts_with(found.target, name) for name in may):
            continue
        name = "parzen" if found.target == "__init__" else f"parzen.{found.target}"
        target_room = found.target.partition(".")[0]
        why = "nobody imports a door" if target_room in ROOMS and ROOMS[target_room].floor == DOORS else ""
        why = why or f"it may import {', '.join(sorted(set(may) - {here})) or 'nothing of ours'}"
        yield f"{found.where}: {here} (floor {ROOMS[here].floor}) must not import {name}; {why}"


def cycles(house: House) -> Iterator[str]:
    """Each group of modules that import each other, with one edge's place."""
    edges: dict[str, dict[str, str]] = defaultdict(dict)
    for found in house.imports:
        if found.ours and found.target != found.file.module:
            edges[found.file.module].setdefault(found.target, found.where)

    def path_back(start: str) -> list[str] | None:
        came_from = {start: ""}
        queue = [start]
        for module in queue:
            for target in edges[module]:
                if target == start:
                    path = [module]
                    while came_from[path[-1]]:
                        path.append(came_from[path[-1]])
                    return path[::-1]
                if target in edges and target not in came_from:
                    came_from[target] = module
                    queue.append(target)
        return None

    reported: set[str] = set()
    for start in sorted(edges):
        path = None if start in reported else path_back(start)
        if path:
            reported.update(path)
            where = edges[start][path[1] if len(path) > 1 else start]
            yield f"{where}: imports in a circle: {' -> '.join([*path, start])}"


def impurities(house: House) -> Iterator[str]:
    pure = [file for file in house.files if file.room in ROOMS and ROOMS[file.room].floor in PURE_FLOORS]
    for found in house.imports:
        if found.ours or found.file not in pure:
            continue
        for module, what in IMPURE_MODULES.items():
            exempt = found.file.relative in IMPURE_MODULE_ALLOWED.get(module, ())
            if starts_with(found.target, module) and not exempt:
                yield f"{found.where}: imports {module}, {what}, on a pure floor"
        if starts_with(found.target, "numpy.random") and found.file.relative != RANDOM_DOOR:
            yield f"{found.where}: imports numpy.random on a pure floor; write np.random.Generator in types"
    for file in pure:
        for node, _ in nodes(file.tree):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if called in IMPURE_CALLS:
                yield f"{file.at(node.lineno)}: {IMPURE_CALLS[called]} on a pure floor"
            elif isinstance(node, ast.Global):
                yield f"{file.at(node.lineno)}: changes a global name on a pure floor"
            elif (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value) in {"np.random", "numpy.random"}
                and node.attr not in RANDOM_NAMES_ALLOWED
                and file.relative != RANDOM_DOOR
            ):
                yield f"{file.at(node.lineno)}: np.random.{node.attr} on a pure floor; use the rng given"


def scipy_offences(house: House) -> Iterator[str]:
    for found in house.imports:
        if found.ours or not starts_with(found.target, "scipy"):
            continue
        rule = next((rule for name, rule in SCIPY.items() if starts_with(found.target, name)), None)
        if rule is None:
            yield f"{found.where}: imports {found.target}; of SciPy we use {', '.join(SCIPY)}"
            continue
        floors, only_lazy = rule
        if floors is not None and ROOMS[found.file.room].floor not in floors:
            yield f"{found.where}: {found.target} is for floor {', '.join(map(str, floors))} only"
        if only_lazy and not found.lazy:
            yield f"{found.where}: import {found.target} inside the function that needs it"


def package_offences(house: House) -> Iterator[str]:
    users: dict[str, dict[str, str]] = defaultdict(dict)
    for found in house.imports:
        package = found.target.partition(".")[0]
        if found.ours or package in sys.stdlib_module_names or package in CORE_PACKAGES:
            continue
        if package in TEST_PACKAGES:
            if found.file.room != TEST_ROOM:
                yield f"{found.where}: {package} is for parzen.{TEST_ROOM} only"
            continue
        users[package].setdefault(found.file.relative, found.where)
        if package in LAZY_PACKAGES and not found.lazy:
            yield f"{found.where}: import {package} inside the function that needs it"
    for package, places in sorted(users.items()):
        if len(places) > 1:
            yield f"{package} is imported in more than one file: {', '.join(places.values())}"


RULES = {
    "every file belongs to a room of the table": unknown_rooms,
    "imports point downwards": forbidden_edges,
    "no imports in a circle": cycles,
    "floors 0 and 1 are pure": impurities,
    "scipy only where it is cheap": scipy_offences,
    "a package of others in one file": package_offences,
}


# --------------------------------------------------------------------------
# The tests
# --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house() -> House:
    return read_house(PACKAGE)


@pytest.mark.parametrize("rule", RULES, ids=[name.replace(" ", "-") for name in RULES])
def test_the_house_keeps_its_rules(house, rule):
    offences = list(RULES[rule](house))
    assert not offences, f"{rule}, but:\n" + "\n".join(offences)


def offences(tmp_path: Path, rule: str, files: dict[str, str]) -> list[str]:
    """What `rule` says about a package of `files` (path -> source)."""
    for name, source in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return list(RULES[rule](read_house(tmp_path)))


DOWN = "imports point downwards"

# rule, path, source, and a part of the sentence that must come (None: no offence)
CASES = [
    ("every file belongs to a room of the table", "attic/x.py", "", "the room 'attic' is not in the table"),
    ("every file belongs to a room of the table", "space/x.py", "", None),
    (DOWN, "space/x.py", "from parzen.errors import ParzenError", None),
    (DOWN, "space/x.py", "from parzen.history.events import Opened", "must not import parzen.history"),
    (DOWN, "errors.py", "import parzen.rng", "nothing of ours"),
    (DOWN, "rng.py", "from parzen.numerics import normal", "src/parzen/rng.py:1: rng (floor 0) must not"),
    (DOWN, "algorithms/x.py", "from parzen.history import History", None),
    (DOWN, "algorithms/x.py", "from parzen.algorithms.base import Ask", None),
    (DOWN, "algorithms/x.py", "from parzen.insight import effects", "must not import parzen.insight"),
    (DOWN, "algorithms/x.py", "def f():\n    from parzen.run.study import Study", "x.py:2: algorithms"),
    (DOWN, "stopping.py", "if TYPE_CHECKING:\n    from parzen.run import study", "stopping.py:2"),
    (DOWN, "storage/x.py", "from parzen.history.events import Event", None),
    (DOWN, "storage/x.py", "from parzen.history import events", None),
    (DOWN, "storage/x.py", "from parzen.history import History", "errors, history.events"),
    (DOWN, "storage/x.py", "from parzen.space.space import Space", "must not import parzen.space.space"),
    (DOWN, "executors/x.py", "from parzen.run.context import Context", "must not import parzen.run.context"),
    (DOWN, "executors/x.py", "from parzen.storage.base import Store", "must not import parzen.storage.base"),
    (DOWN, "run/x.py", "from parzen.executors.base import Executor", None),
    (
        DOWN,
        "run/x.py",
        "from parzen.executors.inline import Inline",
        "must not import parzen.executors.inline",
    ),
    (DOWN, "run/x.py", "from ..executors import inline", "must not import parzen.executors.inline"),
    (DOWN, "run/x.py", "from . import loop", None),
    (DOWN, "documents.py", "from parzen.trials import Trials", "must not import parzen.trials"),
    (DOWN, "trials.py", "from parzen.domain import Domain", None),
    (DOWN, "formats/x.py", "from parzen.documents import document", "must not import parzen.documents"),
    (DOWN, "search.py", "from parzen import fmin", "nobody imports a door"),
    (DOWN, "search.py", "import importlib\nimportlib.import_module('parzen.cli')", "search.py:2"),
    (DOWN, "hyperopt/x.py", "from parzen.hyperopt import base\nfrom parzen.search import fmin", None),
    (DOWN, "sklearn.py", "from parzen.hyperopt import fmin", "nobody imports a door"),
    (DOWN, "testing/x.py", "from parzen.search import fmin", None),
    (DOWN, "run/x.py", "from parzen.testing import problems", "nobody imports a door"),
    ("no imports in a circle", "space/x.py", "from parzen.space import expr", "space.expr -> space.x"),
    ("floors 0 and 1 are pure", "space/x.py", "import os.path", "imports os, a file"),
    (
        "floors 0 and 1 are pure",
        "insight/x.py",
        "def f():\n    from time import time",
        "x.py:2: imports time",
    ),
    ("floors 0 and 1 are pure", "insight/x.py", "print(1)", "prints on a pure floor"),
    ("floors 0 and 1 are pure", "insight/x.py", "def f():\n    global g", "changes a global"),
    ("floors 0 and 1 are pure", "rng.py", "from numpy.random import Philox\nnp.random.Philox(1)", None),
    ("floors 0 and 1 are pure", "space/x.py", "def f(r: np.random.Generator): ...", None),
    ("floors 0 and 1 are pure", "space/x.py", "np.random.default_rng()", "np.random.default_rng on a pure"),
    ("floors 0 and 1 are pure", "algorithms/sobol.py", "from importlib import resources", None),
    ("floors 0 and 1 are pure", "algorithms/tpe.py", "from importlib import resources", "a file"),
    ("floors 0 and 1 are pure", "algorithms/base.py", "from importlib import import_module", None),
    ("floors 0 and 1 are pure", "storage/x.py", "import os, time, threading", None),
    ("scipy only where it is cheap", "numerics/x.py", "from scipy.special import ndtr", None),
    ("scipy only where it is cheap", "numerics/x.py", "from scipy import special", None),
    (
        "scipy only where it is cheap",
        "hyperopt/x.py",
        "def f():\n    import scipy.stats",
        "imports scipy.stats",
    ),
    ("scipy only where it is cheap", "space/x.py", "import scipy", "imports scipy;"),
    ("scipy only where it is cheap", "algorithms/x.py", "def f():\n    from scipy import linalg", None),
    ("scipy only where it is cheap", "algorithms/x.py", "from scipy import linalg", "inside the function"),
    ("scipy only where it is cheap", "space/x.py", "def f():\n    import scipy.optimize", "for floor 1 only"),
    ("a package of others in one file", "run/x.py", "import cloudpickle", "inside the function"),
    ("a package of others in one file", "run/x.py", "def f():\n    import cloudpickle", None),
    ("a package of others in one file", "run/x.py", "import pytest", "for parzen.testing only"),
    ("a package of others in one file", "testing/x.py", "import pytest, hypothesis", None),
    ("a package of others in one file", "testing/x.py", "import pandas", "more than one file"),
]


@pytest.mark.parametrize(("rule", "path", "source", "expected"), CASES)
def test_the_rules_see_what_they_should(tmp_path, rule, path, source, expected):
    others = {
        "history/events.py": "",
        "executors/inline.py": "",
        "run/loop.py": "",
        "space/expr.py": "from parzen.space.x import name",
        "plots/x.py": "def f():\n    import pandas",
        "sklearn.py": "",
    }
    found = offences(tmp_path, rule, {**others, path: source})
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert expected in found[0]


def test_the_table_itself_points_downwards():
    for name, room in ROOMS.items():
        for other in (*room.beside, *room.but, *(room.only or ())):
            assert other.partition(".")[0] in ROOMS
            assert ROOMS[other.partition(".")[0]].floor <= room.floor, f"{name} -> {other}"
