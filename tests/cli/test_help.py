"""`parzen explain` is the page of errors; completion completes; the script of the documentation runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from parzen.cli.completion import SHELLS
from parzen.cli.explain import page, sections
from parzen.cli.main import COMMANDS, parser_of, run

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_installed_catalogue_is_the_page():
    """After a change of the page: cp docs/errors.md src/parzen/cli/errors.md."""
    assert page() == (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [code for code in sections() if code.startswith("PZ")])
def test_every_code_is_explained(code, capsys):
    name, text = sections()[code]
    assert run(["explain", code]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{code} {name}\n\n")
    assert "```" not in out
    assert run(["explain", name.lower()]) == 0
    assert capsys.readouterr().out == out
    assert run(["explain", code, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == text


def completed(tmp_path, words, capsys):
    """What bash offers for the last of some words."""
    assert run(["completion", "bash"]) == 0
    (tmp_path / "c.bash").write_text(capsys.readouterr().out)
    given = " ".join(f'"{word}"' for word in words)
    script = (
        f"source c.bash; COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _parzen; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_values_and_files(tmp_path, capsys):
    (tmp_path / "search.db").touch()
    assert completed(tmp_path, ["parzen", "be"], capsys) == ["best"]
    assert completed(tmp_path, ["parzen", ""], capsys) == [*COMMANDS, "--help", "--version"]
    assert completed(tmp_path, ["parzen", "best", "--j"], capsys) == ["--json"]
    assert completed(tmp_path, ["parzen", "export", "s.db", "--format", "p"], capsys) == ["parquet"]
    assert completed(tmp_path, ["parzen", "best", "sea"], capsys) == ["search.db"]
    assert completed(tmp_path, ["parzen", "plot", "s.db", "hist"], capsys) == ["history"]
    assert completed(tmp_path, ["parzen", "explain", "PZ02"], capsys) == [f"PZ02{i}" for i in range(9)]


@pytest.mark.parametrize("word", COMMANDS)
def test_bash_knows_every_option_of_a_command(word, tmp_path, capsys):
    names = [name for action in parser_of(word)._actions for name in action.option_strings]
    assert completed(tmp_path, ["parzen", word, "-"], capsys) == names


@pytest.mark.parametrize("shell_name", SHELLS)
def test_the_shell_itself_accepts_its_script(shell_name, tmp_path, capsys):
    """zsh and fish are asked where they are installed; their scripts name every command in any case."""
    assert run(["completion", shell_name]) == 0
    text = capsys.readouterr().out
    assert [word for word in COMMANDS if not re.search(rf"\b{word}\b", text)] == []
    program = shutil.which(shell_name)
    if program is None:
        return
    (tmp_path / "script").write_text(text)
    done = subprocess.run([program, "-n", tmp_path / "script"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_of_the_documentation_runs_with_stdout_piped(script, shell):
    """run -> best --json -> export -> report, as one shell script."""
    source = Path(__file__).with_name("session.sh")
    done = subprocess.run(["sh", source], capture_output=True, text=True, env=shell, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"lr 0\.\d+\n20 rows\n", done.stdout)
    assert done.stderr == ""
    report = (script / "report.html").read_text(encoding="utf-8")
    assert report.lstrip().lower().startswith("<!doctype html>")
    page_text = (REPOSITORY / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert source.read_text() in page_text


def test_every_command_and_option_is_on_the_page():
    text = (REPOSITORY / "docs" / "command-line.md").read_text(encoding="utf-8")
    for word in COMMANDS:
        assert f"parzen {word}" in text, word
        for action in parser_of(word)._actions:
            for name in action.option_strings:
                assert f"`{name}" in text or f" {name}" in text, f"{word} {name}"


def test_help_lists_every_command(capsys):
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert [word for word in COMMANDS if not re.search(rf"^  {word} +\S", out, re.MULTILINE)] == []
    assert run(["help", "best"]) == 0
    assert "parzen best" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "parzen 0.1.0\n"
