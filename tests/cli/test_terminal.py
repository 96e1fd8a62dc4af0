"""A run as people see it: on a terminal, in a pipe, interrupted, narrow, without colours."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl

import pytest

from parzen import Study, hp

SLEEPS = """
import time
from pathlib import Path
from parzen import hp

SPACE = {"lr": hp.float(1e-4, 1, log=True), "model": hp.choice("model", ["linear", "tree"])}


def loss(p):
    print("epoch 1 of 1")
    if Path("slow").exists():
        Path("started").touch()
        time.sleep(1)
    return p["lr"]
"""


class Terminal:
    """A program on a pseudo-terminal, and what it shows."""

    def __init__(self, arguments, environment, columns=80):
        self.control, other = pty.openpty()
        ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.program = subprocess.Popen(
            [sys.executable, "-m", "parzen", *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**environment, "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(other)
        self.text = ""

    def read(self, until=None, seconds=60):
        """What was shown up to some text, or to the program's end."""
        end = time.monotonic() + seconds
        while until is None or until not in self.text:
            assert time.monotonic() < end, self.text
            if not select.select([self.control], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self.control, 65536)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            self.text += data.decode(errors="replace")
        return self.text

    @property
    def plain(self):
        """Without colours and movements."""
        return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", self.text).replace("\r\n", "\n")

    def code(self):
        self.read()
        os.close(self.control)
        return self.program.wait(timeout=30)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SLEEPS)
    return tmp_path


def test_a_run_on_a_terminal(folder, shell):
    shown = Terminal(["run", "train.py:loss", "-n", "4", "--seed", "1"], shell)
    assert shown.code() == 0
    lines = shown.plain
    assert "study   train.db · default · minimize · Auto · seed 1" in lines
    assert (
        len(
            re.findall(
                r"^best +[\d.e-]+ \(trial \d\) +lr=[\d.e-]+ model=(?:linear|tree)", lines, re.MULTILINE
            )
        )
        == 1
    )
    assert re.search(r"saved +train\.db", lines)
    assert "Traceback" not in lines


def test_a_run_in_a_pipe_is_plain(folder, shell):
    command = [sys.executable, "-m", "parzen", "run", "train.py:loss", "-n", "4", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=shell, check=True)
    assert "\r" not in done.stderr + done.stdout
    assert "\x1b" not in done.stderr + done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("best ")]
    assert re.fullmatch(r"best [\d.e-]+ \(trial \d\): lr = [\d.e-]+, model = (linear|tree)", line)
    assert re.search(r"^done +4 of 4 trials in .* 4 ok$", done.stderr, re.MULTILINE)
    assert re.search(r"^saved +train\.db$", done.stderr, re.MULTILINE)


def test_ctrl_c_lets_the_trial_end_and_says_how_to_go_on(folder, shell):
    (folder / "slow").touch()
    shown = Terminal(["run", "train.py:loss", "-n", "50", "--seed", "1"], shell)
    end = time.monotonic() + 60
    while not (folder / "started").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    shown.program.send_signal(signal.SIGINT)
    shown.read(until="Ctrl-C again to stop now")
    assert shown.code() == 130
    assert re.search(r"stopped +1 of 50 trials", shown.plain)
    assert re.search(r"resume +parzen resume train\.db", shown.plain)
    assert "Traceback" not in shown.text
    study = Study.load("train.db")
    assert (study.ledger.ended, study.ledger.claimed) == (1, {})


def test_two_ctrl_c_end_the_trial_too(folder, shell):
    (folder / "slow").touch()
    command = [sys.executable, "-m", "parzen", "run", "train.py:loss", "-n", "50", "--seed", "1"]
    with subprocess.Popen(
        command, env=shell, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as search:
        end = time.monotonic() + 60
        while not (folder / "started").exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        search.send_signal(signal.SIGINT)
        for line in search.stderr:
            if "Ctrl-C again" in line:
                break
        search.send_signal(signal.SIGINT)
        rest = search.stderr.read()
        assert search.wait(timeout=30) == 130
    assert re.search(r"resume +parzen resume train\.db", rest)
    assert "Traceback" not in rest
    assert list(Study.load("train.db").ledger.waiting) == [0]


@pytest.fixture
def wide(tmp_path, monkeypatch):
    """A study whose table is wider than a terminal."""
    monkeypatch.chdir(tmp_path)
    space = {f"a rather long label {i}": hp.float(0, 1) for i in range(4)}
    study = Study(space, "random", store="s.db", seed=0)
    for _ in range(30):
        study.tell(study.ask(), 0.5)
    return study


@pytest.mark.parametrize("columns", [40, 80])
def test_tables_fit_the_terminal(wide, shell, columns):
    shown = Terminal(["show", "s.db", "--trials"], shell, columns)
    assert shown.code() == 0
    plain = shown.plain
    assert "\x1b[1m" in shown.text
    assert "…" in plain
    lines = plain.replace("\r\n", "\n").splitlines()
    assert lines[-31].startswith("trial  state")
    assert max(map(len, lines[-31:])) <= columns
    assert ("left out, since the terminal is narrow: a rather" in plain) is (columns == 40)


def test_no_color_is_obeyed(wide, shell):
    shown = Terminal(["show", "s.db", "--trials"], {**shell, "NO_COLOR": "1"})
    assert shown.code() == 0
    assert "\x1b" not in shown.text


def test_piped_tables_are_whole_and_plain(wide, shell):
    command = [sys.executable, "-m", "parzen", "show", "s.db", "--trials"]
    done = subprocess.run(command, capture_output=True, text=True, env=shell, check=True)
    assert "a rather long label 3" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_closed_pipe_is_silent(wide, shell):
    script = "for i in 1 2 3 4 5 6 7 8; do parzen export s.db --format jsonl; done | head -n 1"
    script = "set -o pipefail; parzen export s.db --format jsonl | head -c 1 >/dev/null"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=shell, check=False)
    assert (done.stderr, done.returncode) == ("", 0)


def test_an_ascii_terminal_gets_words_without_glyphs(wide, shell):
    command = [sys.executable, "-m", "parzen", "show", "s.db", "--trials"]
    environment = {**shell, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert done.stdout.isascii()
    assert b" done " in done.stdout
