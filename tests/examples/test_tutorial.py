"""Each script of examples/tutorial runs by itself, and what it prints is true.

The scripts run as a reader runs them: in an interpreter of their own. Figures go
to a temporary folder, by the variable that the scripts know.
"""

import os
import re
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).resolve().parents[2] / "examples" / "tutorial"
FIGURES = {
    "01_spaces.py": {"01_distributions.png", "01_symmetry.png"},
    "02_first_search.py": {"02_parabola.png", "02_bowl.png"},
    "03_nested_spaces.py": set(),
    "04_trials.py": {"04_failed_trials.png"},
    "05_save_and_resume.py": set(),
    "06_random_grid_tpe.py": {"06_random_grid_tpe.png"},
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """A function: run the script of this name once, and give what it printed."""
    outputs = {}

    def run(name):
        if name not in outputs:
            folder = tmp_path_factory.mktemp("figures")
            # TMPDIR: the script that saves a search makes a temporary folder.
            places = {"MPLBACKEND": "Agg", "PARZEN_FIGURES": str(folder), "TMPDIR": str(folder)}
            done = subprocess.run(
                [sys.executable, str(TUTORIAL / name)],
                env=os.environ | places,
                capture_output=True,
                text=True,
                check=False,
                timeout=100,
            )
            assert done.returncode == 0, done.stderr
            assert "Warning" not in done.stderr, done.stderr
            figures = {path.name: path for path in folder.glob("*.png")}
            outputs[name] = done.stdout, figures
        return outputs[name][0]

    run.outputs = outputs
    return run


def after(text, heading):
    """The Python value on the line after `heading`."""
    return literal_eval(text.split(heading + "\n")[1].splitlines()[0])


def test_every_script_of_the_folder_is_tested():
    assert {path.name for path in TUTORIAL.glob("0*.py")} == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_script_runs_and_saves_its_figures(printed, name):
    printed(name)
    figures = printed.outputs[name][1]
    assert set(figures) == FIGURES[name]
    for path in figures.values():
        assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", FIGURES)
def test_script_is_a_notebook_in_percent_form(name):
    text = (TUTORIAL / name).read_text(encoding="utf-8")
    assert "format_name: percent" in text
    markers = re.findall(r"^# %%.*$", text, re.MULTILINE)
    assert set(markers) == {"# %%", "# %% [markdown]"}


def test_draws_stay_inside_hard_ends(printed):
    found = re.findall(r"^(\w+)\(.*?\)((?: +-?[\d.]+){3})$", printed("01_spaces.py"), re.MULTILINE)
    rows = {name: [float(value) for value in row.split()] for name, row in found}
    assert set(rows) == {"randint", "uniform", "loguniform", "normal", "lognormal"}
    assert rows["randint"] == [0, 2, 4]
    assert -1 <= rows["uniform"][0] <= rows["uniform"][2] <= 3
    # exp(-0.3) and exp(0.3), to the three digits printed.
    assert 0.741 <= rows["loguniform"][0] <= rows["loguniform"][2] <= 1.350
    assert rows["lognormal"][0] > 0


def test_log_words_have_the_same_median_as_their_inverse(printed):
    rows = re.findall(r"^log\w+\(.*?\)((?: +[\d.]+){4})$", printed("01_spaces.py"), re.MULTILINE)
    assert len(rows) == 2
    for row in rows:
        median, median_of_inverse, mean, mean_of_inverse = map(float, row.split())
        # 5000 draws of standard deviation 0.3: the median's is 0.0053, six of them.
        assert median == pytest.approx(1, abs=0.032)
        assert median_of_inverse == pytest.approx(1, abs=0.032)
        assert mean == pytest.approx(mean_of_inverse, abs=0.05)


def test_parabola_is_lowest_near_a_half(printed):
    best = after(printed("02_first_search.py"), "Found minimum after 1000 trials:")
    assert list(best) == ["x"]
    assert best["x"] == pytest.approx(0.5, abs=0.01)


def test_bowl_is_lowest_near_the_origin(printed):
    best = after(printed("02_first_search.py"), "Best x and y after 1000 trials:")
    assert set(best) == {"x", "y"}
    assert best["x"] ** 2 + best["y"] ** 2 < 0.01


def test_ten_samples_have_the_shape_of_the_space(printed):
    text = printed("03_nested_spaces.py").split("Ten samples:\n")[1].split("\nstored:")[0]
    samples = [literal_eval(sample) for sample in re.split(r"\n(?=\{)", text.strip())]
    assert len(samples) == 10
    for sample in samples:
        assert set(sample) == {"shift", "rate", "dropout", "mix", "inner"}
        assert isinstance(sample["mix"], tuple)
        assert sample["mix"][2] in (False, True)
        assert sample["inner"]["kind"] == "fixed"
        assert 1e-4 <= sample["rate"] <= 1e-1
    dropouts = [sample["dropout"] for sample in samples]
    assert None in dropouts
    assert any(isinstance(dropout, float) for dropout in dropouts)


def test_real_values_replace_indices(printed):
    text = printed("03_nested_spaces.py")
    stored = literal_eval(re.search(r"stored: (.*)", text)[1])
    real = literal_eval(re.search(r"real: +(.*)", text)[1])
    assert stored["model"] == ["line", "steps"].index(real["model"]["family"])
    assert real["model"]["family"] == "steps"
    assert isinstance(real["model"]["count"], int)
    assert "same from space_eval: True" in text


def test_failed_trials_are_kept_and_do_not_attract(printed):
    text = printed("04_trials.py")
    best = after(text, "Best x and y after 1000 trials:")
    assert best["y"] <= 1
    assert best["x"] ** 2 + best["y"] ** 2 <= 0.01
    ends = literal_eval(re.search(r"How the trials ended: (.*)", text)[1])
    assert sum(ends.values()) == 1000
    assert ends["fail"] > 0
    # 40 % of the space fails; Hyperopt ends in it with about 430 of these 500.
    assert int(re.search(r"among the last 500: (\d+)", text)[1]) <= 100


def test_documents_have_the_keys_of_hyperopt(printed):
    text = printed("04_trials.py").split("The first three trials:\n")[1].split("\nThe first seven")[0]
    times = ["book_time", "refresh_time"]
    for key in ["tid", "state", "result", "misc", "spec", "owner", "exp_key", "version", *times]:
        assert len(re.findall(rf"^[ {{]'{key}'", text, re.MULTILINE)) == 3


def test_failed_results_keep_their_loss(printed):
    lines = printed("04_trials.py").split("The first seven results:\n")[1].splitlines()[:7]
    for result in map(literal_eval, lines):
        assert set(result) == {"loss", "status", "space"}
        assert (result["status"] == "fail") == (result["space"]["y"] > 1)
        if result["status"] == "fail":
            assert result["loss"] == -1


def test_search_resumes_from_a_pickle(printed):
    text = printed("05_save_and_resume.py")
    assert "first run: 10 trials" in text
    assert "loaded: 10 trials" in text
    assert "second run: 30 trials" in text
    assert "one by one: 30 trials" in text
    assert re.findall(r": (True|False)$", text, re.MULTILINE) == ["True"] * 3


def test_idle_dimensions_cost_a_grid_most(printed):
    text = printed("06_random_grid_tpe.py")
    rows = re.findall(r"^(grid|random|TPE) +(\d+) +([\d.]+) +([\d.]+)$", text, re.MULTILINE)
    values = {name: int(count) for name, count, _, _ in rows}
    median = {name: float(loss) for name, _, loss, _ in rows}
    assert values["grid"] == 4
    assert values["random"] == 64
    assert median["TPE"] < median["random"] < median["grid"]
