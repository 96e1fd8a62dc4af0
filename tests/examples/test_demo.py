"""examples/demo.py runs with few trials, and ends with its table."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo.py"


@pytest.fixture(scope="module")
def demo():
    """What six trials of the demo print: the finished process."""
    command = [sys.executable, str(DEMO), "--trials", "6", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return done


def test_header_tells_data_and_budget(demo):
    assert "1000 images of digits to search with, 797 to test with" in demo.stdout
    assert "6 trials, 4 model families, seed 1" in demo.stdout


def test_best_configuration_has_real_values(demo):
    family, number = re.search(r"best of 6 trials: ([a-z ]+), found in trial (\d)", demo.stdout).groups()
    assert family in ("svc", "neighbours", "extra trees", "logistic")
    assert int(number) < 6
    assert re.search(r"^  \w+ = \S+$", demo.stdout, re.MULTILINE)


def test_table_compares_with_the_defaults(demo):
    table = demo.stdout.split("on the test images")[1]
    rows = re.findall(r"^(tuned|default) ([a-z ]+?) +(\d+) +(0\.\d{4})", table, re.MULTILINE)
    assert rows[0][0] == "tuned"
    assert rows[1][0] == "default"
    assert rows[1][1] == rows[0][1]
    assert {"svc", "random forest"} <= {family for kind, family, _, _ in rows if kind == "default"}
    for _, _, wrong, accuracy in rows:
        assert float(accuracy) == pytest.approx(1 - int(wrong) / 797, abs=1e-4)
    # Each default is compared image by image; the difference of the counts is that of the errors.
    verdict = "(?:within noise|a clear gain|a clear loss)"
    pairs = re.findall(rf"(\d+) +0\.\d{{4}} +(\d+) / (\d+) images: {verdict}", table)
    assert len(pairs) == len(rows) - 1
    for wrong, wins, losses in pairs:
        assert int(wrong) - int(rows[0][2]) == int(wins) - int(losses)


def test_screen_is_clean(demo):
    assert "Warning" not in demo.stdout + demo.stderr
    assert "Traceback" not in demo.stderr
