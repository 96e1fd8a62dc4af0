"""examples/demo.py runs with few trials, ends with its table, and goes on after a kill."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from parzen import Study, errors

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo.py"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "demo.db"


def command(study, *more):
    return [sys.executable, str(DEMO), "--trials", "6", "--seed", "1", "--study", str(study), *more]


def finished(study, *more):
    done = subprocess.run(command(study, *more), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def demo(study):
    """What six trials of the demo print: the finished process."""
    return finished(study)


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


def test_a_finished_search_says_so_and_more_extends_it(demo, study):
    again = finished(study)
    assert "it has ended before" in again.stdout
    assert best_of(again) == best_of(demo)
    more = finished(study, "--more", "2")
    assert "goes on after 6 trials" in more.stdout
    assert "best of 8 trials" in more.stdout


def best_of(done):
    return done.stdout[done.stdout.index("best of") :]


def test_a_killed_search_goes_on_to_the_same_end(demo, tmp_path):
    study = tmp_path / "killed.db"
    with subprocess.Popen(command(study), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and ended(study) < 2:
            pass
        process.kill()
    assert best_of(finished(study)) == best_of(demo)


def ended(study):
    try:
        return Study.load(study).ledger.ended
    except errors.StorageError:
        return 0
