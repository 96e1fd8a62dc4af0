"""The reference: a page for each public module, a heading for each public name, a page of commands.

The names come from the code (`__all__`), so none can be forgotten; the texts are the docstrings, which
mkdocstrings puts in. A public module that this version does not have is left out.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

# Public modules: path, title of the page, and what is to be said first.
MODULES = {
    "parzen": "All that `import parzen` gives. [Names](../api.md) says in one line what each is for.",
    "parzen.hp": "The words that a space is made of. [Spaces](../spaces.md) explains them.",
    "parzen.errors": "Exceptions and warnings. [Errors](../errors.md) has an example and the fix for each.",
    "parzen.plots": "Pictures of a search.",
    "parzen.insight": "What a search learned.",
    "parzen.formats": "Import, export, merge.",
    "parzen.sklearn": "Searches as scikit-learn estimators.",
    "parzen.loggers": "Trials in other tools' logs.",
    "parzen.hyperopt": "Hyperopt's names. See [Moving from Hyperopt](../moving-from-hyperopt.md).",
    "parzen.testing": "Contracts for implementations of your own, and problems with known minima.",
}


@cache
def module(path: str) -> ModuleType | None:
    """A public module, or None where this version has none."""
    if path == "parzen.hp":
        return import_module("parzen.space.hp")
    return import_module(path) if find_spec(path) else None


def public(path: str) -> list[str]:
    """The public names of a public module, in its order."""
    there = module(path)
    if there is None:
        return []
    if hasattr(there, "__all__"):
        return list(there.__all__)
    own = [name for name, value in vars(there).items() if getattr(value, "__module__", "") == there.__name__]
    return [name for name in own if not name.startswith("_")]


def titles() -> dict[str, str]:
    """The pages of the reference, in order: path below docs/ -> title in the menu."""
    pages = {page_of(path): path for path in MODULES if module(path)}
    return {**pages, "reference/commands.md": "Commands"}


def page_of(path: str) -> str:
    """Where the page of a module lies."""
    return f"reference/{path.removeprefix('parzen.')}.md"


def names() -> list[str]:
    """Every public name, with the module that gives it."""
    return [f"{path}.{name}" for path in MODULES for name in public(path)]


def pages() -> dict[str, str]:
    """The reference as Markdown for mkdocstrings: path below docs/ -> text."""
    found = {}
    for path, text in MODULES.items():
        if module(path):
            entries = [entry(path, name) for name in public(path)]
            found[page_of(path)] = "\n\n".join([f"# {path}", text, *entries]) + "\n"
    return found | {"reference/commands.md": commands()}


def entry(path: str, name: str) -> str:
    """One name: an anchor, and its docstring or what it is."""
    value = getattr(module(path), name)
    anchor = f'<a id="{path}.{name}"></a>'
    if inspect.ismodule(value):
        other = next((each for each in MODULES if each != path and module(each) is value), None)
        if other:
            page = page_of(other).removeprefix("reference/")
            return f"{anchor}\n\n## `{name}`\n\nA module: [{other}]({page})."
        return f"{anchor}\n\n## `{name}`\n\n{directive(value.__name__, name, module=True)}"
    if (inspect.isclass(value) or inspect.isroutine(value)) and ours(value):
        return f"{anchor}\n\n{directive(f'{value.__module__}.{value.__qualname__}', name)}"
    if inspect.isclass(value) or inspect.isroutine(value):
        return f"{anchor}\n\n## `{name}`\n\nPython's `{value.__module__}.{value.__qualname__}`."
    text = (inspect.getdoc(value) or "").partition("\n")[0] if ours(type(value)) else ""
    return f"{anchor}\n\n## `{name}`\n\n{text or f'`{value!r:.200}`'}"


def ours(value: object) -> bool:
    """Whether a class or function is parzen's own, and so has a docstring that can be read."""
    return str(getattr(value, "__module__", "")).startswith("parzen.")


def directive(target: str, name: str, *, module: bool = False) -> str:
    """The block by which mkdocstrings puts in one object."""
    options = {"heading_level": 3 if module else 2, "heading": name, "toc_label": name}
    if module:
        options |= {"show_root_heading": False, "show_root_toc_entry": False}
    lines = [
        f"      {key}: {str(value).lower() if isinstance(value, bool) else value}"
        for key, value in options.items()
    ]
    return "\n".join([f"::: {target}", "    options:", *lines])


def commands() -> str:
    """The page of commands: each with its own help text."""
    text = ["# Commands", "What `parzen COMMAND --help` prints."]
    for name, help_text in command_helps().items():
        text.append(f"## parzen {name}\n\n```text\n{help_text.strip()}\n```")
    return "\n\n".join(text) + "\n"


def command_helps() -> dict[str, str]:
    """The help of each command of this version, 80 columns wide."""
    import contextlib
    import io
    import os

    from parzen.cli import main as cli

    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        found = {}
        for name in command_names():
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
                cli.main([name, "--help"])
            found[name] = printed.getvalue()
        return found
    finally:
        os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)


def command_names() -> list[str]:
    """The commands of this version."""
    from parzen.cli import main as cli

    return list(getattr(cli, "COMMANDS", ("worker", "resume")))
