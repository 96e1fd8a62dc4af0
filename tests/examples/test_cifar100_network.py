"""examples/cifar100 with PyTorch: each network of the space works, a killed search comes to the same end."""

from __future__ import annotations

import contextlib
import copy
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import cifar

from parzen import Study
from parzen.history.history import Status

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "cifar100"
MODULES = ("data", "model", "train", "look", "search")

# The whole file takes half a minute of one core, and some tests several seconds: more on a busy machine.
pytestmark = [pytest.mark.torch, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def example():
    """The example's modules by name, imported as its scripts import each other."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        yield {name: import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(EXAMPLE))
        for name in MODULES:
            sys.modules.pop(name, None)


def point(example, seed):
    """A random point of the space."""
    return Study(example["search"].SPACE, "rand", seed=seed).ask().params


def test_space_has_the_tutorials_hyperparameters(example):
    """Nineteen, and two switches; what is behind a switch is there only where it is on."""
    params = Study(example["search"].SPACE).space.params
    switches = {"residual", "one_more_fc"}
    assert len([param for param in params if param.label not in switches]) == 19
    conditional = {param.label for param in params if param.conditional}
    assert conditional == {
        "residual.1.units",
        "residual.1.start",
        "residual.1.kernel",
        "one_more_fc.1.mult",
    }


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), side=st.sampled_from([8, 16]), images=st.integers(2, 5))
def test_every_point_is_a_network_that_learns(example, seed, side, images):
    """Forwards and backwards: each parameter has a finite gradient, and the heads have the right size."""
    import torch

    torch.manual_seed(0)
    network = example["model"].Network(point(example, seed), (10, 3), side, width=0.1)
    fine, coarse = network(torch.randn(images, 3, side, side))
    assert (fine.shape, coarse.shape) == ((images, 10), (images, 3))
    (fine.square().mean() + coarse.square().mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_drawing_counts_every_parameter(example, seed):
    network = example["model"].Network(point(example, seed), (10, 3), 16, width=0.1)
    rows = example["model"].describe(network, 16)
    total = example["model"].size(network)
    assert sum(row[3] for row in rows) == total
    text = example["look"].drawing(rows)
    assert text.splitlines()[-1].split() == ["in", "all", f"{total:,}"]
    assert [line.split()[0] for line in text.splitlines()[1:-1]] == [row[0] for row in rows]


def tiny(example, images=96):
    return example["data"].load(None, images, 8)


def without_clock(curve):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in curve]


@pytest.mark.parametrize("seed", [2, 3])
def test_training_goes_on_as_if_never_stopped(example, tmp_path, seed):
    """Cut after an epoch that was saved and one that was not: curve and weights are those of one run."""
    import torch

    def training(folder):
        (tmp_path / folder).mkdir(exist_ok=True)
        return example["train"].Training(
            point(example, seed), tiny(example), 4, tmp_path / folder, seed=5, width=0.1
        )

    whole = training("whole")
    assert [row["epoch"] for row in whole.rows()] == [1, 2, 3, 4]
    rows = training("cut").rows()
    next(rows), next(rows)  # the first epoch is saved when the second is asked for
    del rows
    rest = training("cut")
    assert [row["epoch"] for row in rest.rows()] == [2, 3, 4]
    assert without_clock(rest.curve) == without_clock(whole.curve)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, rest.network.state_dict()[name]), name


def test_training_lowers_the_loss(example, tmp_path):
    params = copy.deepcopy(Study(example["search"].SPACE, seed=0).ask().params)  # the middle of the space
    run = example["train"].Training(params, tiny(example, 600), 6, tmp_path, width=0.3)
    losses = [row["train_loss"] for row in run.rows()]
    assert losses[-1] < 0.8 * losses[0]


def test_a_network_that_diverges_fails_with_its_reason(example, tmp_path):
    params = copy.deepcopy(Study(example["search"].SPACE, seed=0).ask().params)
    params["lr_mult"] = 1e38
    run = example["train"].Training(params, tiny(example), 3, tmp_path, width=0.05)
    with pytest.raises(FloatingPointError, match="no longer finite in epoch"):
        list(run.rows())


OPTIONS = ["--trials", "5", "--epochs", "12", "--width", "0.05", "--images", "96", "--side", "8"]
OPTIONS += ["--retrain", "3", "--pruner", "asha", "--seed", "1"]


def story(out):
    """What a search did, without clock values: points, outcomes, reports, and the network at its end."""
    study = Study.load(out / "search.db")
    trials = [(trial.number, trial.point, trial.status, trial.loss) for trial in study.trials]
    files = {path.name: json.loads(path.read_text()) for path in sorted((out / "trials").iterdir())}
    curves = {name: without_clock(content["history"]) for name, content in files.items()}
    (best,) = (out / "best").glob("*/model.json")
    tested = json.loads(best.read_text())["test"]
    return trials, [dict(reports) for reports in study.history.reports], curves, tested


@pytest.fixture(scope="module")
def finished(example, tmp_path_factory):
    """The folder of a whole search, without pictures."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(example["look"], "pictures", lambda study, folder: None)
        assert example["search"].main([*OPTIONS, "--out", str(out)]) == 0
    return out


def test_each_trial_leaves_a_file_with_its_score_in_the_name(finished):
    trials = Study.load(finished / "search.db").trials
    paths = sorted((finished / "trials").iterdir())
    assert len(paths) == len(trials) == 5
    for path in paths:
        content = json.loads(path.read_text())
        trial = trials[content["number"]]
        assert path.name == f"model_{content['accuracy']:.4f}_trial{trial.number:03}.json"
        assert content["status"] == trial.status.name.lower()
        assert content["space"]["batch_size"] == trial.point["batch_size"]
        assert len(content["history"]) == content["epoch"]
        if trial.status is Status.DONE:
            assert trial.loss == 1 - content["accuracy"]


def test_reports_are_the_learning_curves(finished):
    study = Study.load(finished / "search.db")
    for path in (finished / "trials").iterdir():
        content = json.loads(path.read_text())
        curve = {row["epoch"]: 1 - row["accuracy"] for row in content["history"]}
        assert dict(study.history.reports[content["number"]]) == curve


def test_the_best_network_is_drawn_and_kept(finished, example):
    import torch

    best = Study.load(finished / "search.db").best
    (folder,) = (finished / "best").iterdir()
    assert folder.name == f"trial{best.number:03}_3_epochs"
    content = json.loads((folder / "model.json").read_text())
    network = example["model"].Network(content["space"], (10, 3), 8, content["width"])
    network.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    assert len(content["history"]) == 3
    assert "coarse" in (folder / "model.txt").read_text()
    assert (folder / "model.png").read_bytes().startswith(b"\x89PNG")


def test_pictures_are_there(finished, example):
    pictures = finished / "pictures"
    example["look"].pictures(Study.load(finished / "search.db"), pictures)
    names = {path.stem for path in pictures.glob("*.png")}
    assert names == set(example["look"].PICTURES)
    labels = {param.label for param in Study.load(finished / "search.db").space.params}
    assert {path.stem for path in (pictures / "curves").glob("*.png")} == labels


def test_no_checkpoint_of_an_ended_trial_is_left(finished):
    assert list((finished / "search.db.files").rglob("*.pt")) == []


def test_a_killed_search_comes_to_the_same_end(example, finished, tmp_path, monkeypatch):
    out = tmp_path / "killed"
    command = [sys.executable, str(EXAMPLE / "search.py"), *OPTIONS, "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(out.glob("search.db.files/*/trial-00001/checkpoint.pt")):
            with_pause(process)
        process.kill()
    left = Study.load(out / "search.db")
    assert 1 <= left.ledger.ended < 5
    monkeypatch.setattr(example["look"], "pictures", lambda study, folder: None)
    assert example["search"].main([*OPTIONS, "--out", str(out)]) == 0
    assert story(out) == story(finished)
    # An attempt that follows a kill begins no earlier than with the last epoch that was reported.
    attempts = {}
    for number, attempt, step, _ in Study.load(out / "search.db").history.reported():
        attempts.setdefault((number, attempt), []).append(step)
    for (number, attempt), steps in attempts.items():
        if attempt > 1:
            assert min(steps) >= max(attempts[number, attempt - 1])


def with_pause(process):
    """Wait a little for the end of a process, and leave the processor to it meanwhile."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=0.02)


def test_a_search_that_has_ended_says_so_and_more_extends_it(example, finished, capsys, monkeypatch):
    monkeypatch.setattr(example["look"], "pictures", lambda study, folder: None)
    before = story(finished)
    assert example["search"].main([*OPTIONS, "--out", str(finished)]) == 0
    assert "it has ended before" in capsys.readouterr().out
    assert story(finished) == before
    assert example["search"].main([*OPTIONS, "--out", str(finished), "--more", "1"]) == 0
    assert "goes on after 5 trials" in capsys.readouterr().out
    assert len(Study.load(finished / "search.db").trials) == 6


def test_a_folder_with_other_settings_is_refused(example, finished, capsys):
    assert example["search"].main([*OPTIONS, "--width", "0.1", "--out", str(finished)]) == 2
    error = capsys.readouterr().err
    assert "give this one another --out" in error
    assert error.count("\n") == 1


def test_missing_data_is_one_sentence(example, tmp_path, capsys):
    assert example["search"].main(["--data", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: there is nothing at")


@pytest.mark.parametrize("wanted", [0, 1000])
def test_more_cards_than_there_are_is_one_sentence(example, tmp_path, capsys, wanted):
    assert example["search"].main(["--gpus", str(wanted), "--out", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(f"error: --gpus {wanted}: it takes 1 to as many graphics cards")
    assert not (tmp_path / "none").exists()


def test_workers_train_side_by_side(example, tmp_path, monkeypatch):
    """In processes of their own, from an archive in CIFAR-100's format."""
    parts = {"train": cifar.python2(cifar.part(60)), "test": cifar.python2(cifar.part(20))}
    monkeypatch.setattr(example["look"], "pictures", lambda study, folder: None)
    archive = cifar.write_archive(tmp_path, **parts)
    arguments = ["--data", str(archive), "--trials", "2", "--epochs", "1", "--width", "0.05"]
    arguments += ["--retrain", "1", "--workers", "2", "--out", str(tmp_path / "out")]
    assert example["search"].main(arguments) == 0
    study = Study.load(tmp_path / "out" / "search.db")
    assert [trial.status for trial in study.trials] == [Status.DONE] * 2
    assert np.isfinite(study.history.losses).all()
    assert len(list((tmp_path / "out" / "trials").iterdir())) == 2
