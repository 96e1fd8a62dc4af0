"""What the page of the command line shows happens: each `console` block is typed, in order, in one folder."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

from parzen.cli.main import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"


def commands(text):
    """Each typed command and what is shown below it."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown.rstrip("\n")


def matches(printed, shown):
    """Equal, but for the widths of columns, and for what `...` stands for."""
    tidy = [re.sub(" +", " ", text).replace(" \n", "\n").strip() for text in (printed, shown)]
    pattern = ".*".join(re.escape(part) for part in tidy[1].split("..."))
    return re.fullmatch(pattern, tidy[0], re.DOTALL)


def test_the_page_shows_what_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARZEN_STUDY", raising=False)
    text = PAGE.read_text(encoding="utf-8")
    Path("train.py").write_text(re.search(r"^```python\n# train\.py\n(.*?)^```$", text, re.M | re.S)[1])
    typed = list(commands(text))
    assert len(typed) > 12
    for command, shown in typed:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            run(shlex.split(command)[1:])
        printed = stream.buffer.getvalue().decode()
        assert matches(printed, shown), f"$ {command}\n{printed}\n---\n{shown}"
