"""The documentation's Python runs, and prints what it says it prints.

Collected from README.md, CONTRIBUTING.md and docs/: every block fenced as
`python`. The blocks of one file run in order, in one namespace and in an empty
temporary folder; warnings are errors, as in all tests (see pyproject.toml).

- A fence marked `python no-run` is compiled and not run.
- A `text` block directly after a `python` block, whose first line is
  `# output`, must be what that block printed. `...` stands for anything.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import sys
import traceback
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
OUTPUT_MARK = "# output"


@dataclass(frozen=True)
class Block:
    """One Python block; `line` is that of its first line of code in the file."""

    line: int
    code: str
    run: bool
    output: str | None = None


class BadFence(Exception):
    """The documentation's own mistake, not the code's."""


def fences(text: str) -> list[tuple[int, str, str, bool]]:
    """Each fenced block: its first line's number, info, content, and whether it directly follows a block."""
    found: list[tuple[int, str, str, bool]] = []
    opened: tuple[str, str, int] | None = None  # indent, backticks, line of the content
    info, content, only_blank = "", [], False
    for number, line in enumerate(text.splitlines(), start=1):
        if opened is None:
            match = re.fullmatch(r"( *)(`{3,})([^`]*)", line)
            if match:
                opened, info, content = (match[1], match[2], number + 1), match[3].strip(), []
            elif line.strip():
                only_blank = False
        elif line.strip() == opened[1]:
            found.append((opened[2], info, "\n".join(content), only_blank))
            opened, only_blank = None, True
        else:
            content.append(line.removeprefix(opened[0]))
    if opened is not None:
        raise BadFence(f"the fence before line {opened[2]} is never closed")
    return found


def blocks(text: str) -> list[Block]:
    """The Python blocks of a Markdown text, each with the output that follows it."""
    found: list[Block] = []
    previous_was_python = False
    for line, info, content, directly_after in fences(text):
        language, *marks = info.split() or [""]
        if language == "python":
            if marks not in ([], ["no-run"]):
                raise BadFence(f"line {line - 1}: 'python' may be followed by 'no-run' only; got {info!r}")
            found.append(Block(line, content, run=not marks))
        elif language == "text" and content.split("\n")[0].strip() == OUTPUT_MARK:
            if not (previous_was_python and directly_after and found[-1].run):
                raise BadFence(f"line {line - 1}: output must directly follow a Python block that runs")
            output = content.partition("\n")[2]
            found[-1] = Block(found[-1].line, found[-1].code, run=True, output=output)
        previous_was_python = language == "python"
    return found


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def matches(actual: str, expected: str) -> bool:
    """Whether the texts are equal, but for ends of lines and what `...` stands for."""
    pattern = ".*".join(re.escape(part) for part in tidy(expected).split("..."))
    return re.fullmatch(pattern, tidy(actual), re.DOTALL) is not None


def run_document(text: str, name: str) -> None:
    """Run all blocks of one file; errors carry the file's own line numbers."""
    # A module of its own as __main__: what the snippets define can be pickled,
    # and `if __name__ == "__main__":` holds.
    module = types.ModuleType("__main__")
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        for block in blocks(text):
            code = compile("\n" * (block.line - 1) + block.code, name, "exec", dont_inherit=True)
            if not block.run:
                continue
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(code, module.__dict__)
            if block.output is not None:
                assert matches(printed.getvalue(), block.output), (
                    f"{name}:{block.line}: printed\n{printed.getvalue()}\nbut the text says\n{block.output}"
                )
    finally:
        sys.modules["__main__"] = before
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def documents() -> list[str]:
    named = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]
    paths = [path for path in named if path.exists()] + sorted((REPOSITORY / "docs").rglob("*.md"))
    return [path.relative_to(REPOSITORY).as_posix() for path in paths]


# Files that a page finds in its folder: there -> here.
FILES = {"docs/moving-from-optuna.md": {"old.db": "tests/golden/optuna-5.0.0.db"}}


@pytest.mark.parametrize("name", documents())
def test_the_snippets_of_a_document_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for there, here in FILES.get(name, {}).items():
        shutil.copy(REPOSITORY / here, there)
    run_document((REPOSITORY / name).read_text(encoding="utf-8"), name)


def test_blocks_share_a_namespace_and_know_their_lines():
    run_document("```python\nx = 1\n```\ntext\n```python\nassert x == 1\n```\n", "a.md")
    with pytest.raises(ZeroDivisionError) as caught:
        run_document("# Title\n\n```python\nx = 1\n1 / 0\n```\n", "a.md")
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == ("a.md", 5)


def test_output_is_compared_with_wildcards():
    run_document("```python\nprint('a')\nprint(0.123)\n```\n\n```text\n# output\na\n0.1...\n```\n", "a.md")
    with pytest.raises(AssertionError, match=r"a\.md:2: printed"):
        run_document("```python\nprint('b')\n```\n```text\n# output\na\n```\n", "a.md")
    # Any other text block is prose.
    run_document("```python\nprint('b')\n```\n```text\na\n```\n", "a.md")


def test_no_run_is_compiled_only():
    run_document("```python no-run\n1 / 0\n```\n", "a.md")
    with pytest.raises(SyntaxError) as caught:
        run_document("Text.\n\n```python no-run\n1 /\n```\n", "a.md")
    assert caught.value.lineno == 4


def test_a_block_in_a_list_loses_its_indent():
    (block,) = blocks("1. Do this:\n\n   ```python\n   if True:\n       x = 1\n   ```\n")
    assert block.code == "if True:\n    x = 1"


@pytest.mark.parametrize(
    "text",
    [
        "```python norun\nx\n```\n",
        "```python\nx = 1\n",
        "```text\n# output\na\n```\n",
        "```python\nx = 1\n```\nbetween\n```text\n# output\na\n```\n",
        "```python no-run\nx = 1\n```\n```text\n# output\na\n```\n",
    ],
    ids=["unknown mark", "unclosed", "no code before", "text between", "code not run"],
)
def test_a_fence_that_would_be_ignored_is_an_error(text):
    with pytest.raises(BadFence):
        blocks(text)


def test_main_is_put_back():
    before = sys.modules["__main__"]
    run_document("```python\nassert __name__ == '__main__'\n```\n", "a.md")
    assert sys.modules["__main__"] is before
