"""A folder with a script to tune, and the command `parzen` as a shell finds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TRAIN = """
from parzen import hp

SPACE = {
    "lr": hp.float(1e-4, 1, log=True),
    "model": hp.choice("model", ["linear", {"kind": "tree", "depth": hp.int(1, 9)}]),
}


def loss(p):
    model = p["model"]
    if model != "linear" and model["depth"] == 9:
        raise RuntimeError("out of memory")
    return abs(p["lr"] - 0.01) + (0.5 if model == "linear" else 0.1 * model["depth"])
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """The folder in which the test now is, with train.py in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARZEN_STUDY", raising=False)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


@pytest.fixture
def shell(tmp_path_factory, monkeypatch):
    """The environment of a shell in which `parzen` is this interpreter's."""
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "parzen"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m parzen "$@"\n')
    command.chmod(0o755)
    source = Path(__file__).resolve().parents[2] / "src"
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("PARZEN")},
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": f"{source}:{os.environ.get('PYTHONPATH', '')}",
        "MPLBACKEND": "Agg",
    }
