"""Tune a convolutional network for days: kill it when you like, and run the same command to go on.

    python examples/cifar100/search.py --data cifar-100-python.tar.gz --trials 200

Everything is below --out: the study (search.db), a JSON file for each trial
(trials/), checkpoints (search.db.files/), pictures (pictures/) and the best
network, trained again for longer (best/). Without --data handwritten digits
stand in for CIFAR-100. README.md says more.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import look
import torch
from data import DataError, Images, load
from model import describe, size
from train import Tensors, Training, device

from parzen import STATUS_OK, Asha, Median, Pruned, Study, errors, fmin, hp

# log=True makes each factor of two equally likely; multipliers go as far down as up.
SPACE = {
    "lr_mult": hp.float(1 / 5, 5, log=True),
    "l2_mult": hp.float(1 / 20, 20, log=True),
    "batch_size": hp.int(32, 512, log=True),
    "optimizer": hp.choice("optimizer", ["adam", "nadam", "rmsprop"]),
    "coarse_weight": hp.float(0.1, 0.7),  # of the coarse labels' loss; the fine ones' is 1
    "conv_dropout": hp.float(0, 0.35),
    "fc_dropout": hp.float(0, 0.6),
    "batch_norm": hp.choice("batch_norm", [False, True]),
    "activation": hp.choice("activation", ["relu", "elu"]),
    "first_conv": hp.choice("first_conv", [None, 3, 4]),  # the size of a first convolution, if any
    "layers": hp.int(2, 3),  # of convolution and pooling
    "kernel": hp.int(2, 4),
    "conv_mult": hp.float(0.55, 1.8, log=True),  # of the number of filters
    "pooling": hp.choice("pooling", ["max", "avg", "all-conv", "inception"]),
    # Three hyperparameters that there are only where there are residual units.
    "residual": hp.choice(
        "residual", [None, {"units": hp.int(1, 4), "start": hp.int(0, 2), "kernel": hp.int(2, 4)}]
    ),
    "fc_mult": hp.float(0.55, 1.8, log=True),  # of the number of fully connected units
    "one_more_fc": hp.choice("one_more_fc", [None, {"mult": hp.float(0.55, 1.8, log=True)}]),
}


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, help="cifar-100-python.tar.gz or its folder; left out: digits")
    add("--side", type=int, default=16, help="of a digit's image in pixels, a multiple of 8 (default: 16)")
    add("--images", type=int, help="train with at most so many images")
    add("--trials", type=int, default=100, help="networks to try in all (default: 100)")
    add("--more", type=int, default=0, help="networks to add to a search that has ended")
    add("--epochs", type=int, default=30, help="of each trial (default: 30)")
    add("--pruner", choices=["median", "asha", "none"], default="median", help="what ends trials early")
    add("--retrain", type=int, default=100, help="epochs of the best network at the end (default: 100)")
    add("--width", type=float, default=1, help="multiplies filters and units (default: 1)")
    add("--workers", type=int, default=1, help="trials at the same time (default: 1)")
    add("--gpus", type=int, help="graphics cards, one for each worker")
    add("--extend", action="store_true", help="SPACE was changed: keep the trials that fit")
    add("--seed", type=int, default=0, help="of the search and of every network (default: 0)")
    add("--out", type=Path, default=Path("results/cifar100"), help="where everything is kept")
    return parser.parse_args(arguments)


def write(folder: Path, name: str, content: Mapping[str, Any]) -> None:
    """A JSON file that is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.new").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (folder / f"{name}.new").replace(folder / f"{name}.json")


def record(options: argparse.Namespace, number: int, run: Training, status: str) -> dict[str, Any]:
    """Write the file of a trial that has ended, with its accuracy in the name; give what is in it."""
    content = run.curve[-1] | {
        "number": number,
        "status": status,
        "seconds": sum(row["seconds"] for row in run.curve),
        "parameters": size(run.network),
        "space": run.params,
        "history": run.curve,
    }
    write(options.out / "trials", f"model_{content['accuracy']:.4f}_trial{number:03}", content)
    run.forget()
    return content


def objective(options: argparse.Namespace) -> Any:
    """The function that is searched: it trains one network, and gives its error on images left aside."""

    def train(params, trial):
        source = load(options.data, options.images, options.side)  # read once in each process
        seed = int(trial.rng.integers(2**31))  # the same when the trial runs again
        run = Training(params, source, options.epochs, trial.directory, seed=seed, width=options.width)
        for row in run.rows():
            trial.report(1 - row["accuracy"], step=row["epoch"])
            if trial.should_prune():
                record(options, trial.number, run, "pruned")
                raise Pruned
        found = record(options, trial.number, run, "done")
        kept = ("accuracy", "coarse_accuracy", "parameters", "seconds")
        return {"loss": 1 - found["accuracy"], "status": STATUS_OK} | {key: found[key] for key in kept}

    return train


def check(options: argparse.Namespace, source: Images) -> str | None:
    """What is wrong with the folder: it holds a search with other settings. None if it is new or fits."""
    wanted = {
        "data": source.name,
        "images": len(source.train),
        "side": source.side,
        "epochs": options.epochs,
        "width": options.width,
    }
    path = options.out / "settings.json"
    if not path.exists():
        write(options.out, "settings", wanted)
        return None
    there = json.loads(path.read_text(encoding="utf-8"))
    if there == wanted:
        return None
    return f"{options.out} holds a search with {there}, and now it is {wanted}; give this one another --out"


def cards(wanted: int | None) -> str | None:
    """What is wrong with `--gpus`: a worker without a card would train on the processor, and slowly."""
    there = torch.cuda.device_count()
    if wanted is None or 1 <= wanted <= there:
        return None
    return f"--gpus {wanted}: it takes 1 to as many graphics cards as PyTorch finds; here it finds {there}"


def there_already(path: Path) -> tuple[int, int]:
    """How many trials of a search have ended, and how many it is to have."""
    try:
        study = Study.load(path)
    except errors.StudyNotFound:
        return 0, 0
    return study.ledger.ended, study.end or 0


def pruner(name: str, epochs: int) -> Median | Asha | None:
    """Which rule ends trials early. A quarter of the epochs tells little, so no trial ends before it."""
    first = max(1, epochs // 4)
    if name == "none" or first == epochs:
        return None
    return Median(warmup=first) if name == "median" else Asha(least=first, most=epochs)


def search(options: argparse.Namespace) -> Any:
    """Run what is missing of the search, and give its `Best`."""
    path = options.out / "search.db"
    known, planned = there_already(path)
    total = max(options.trials, planned) + options.more
    print(f"search: {total} trials of up to {options.epochs} epochs on {device()}, kept in {path}")
    if known >= total:
        print("it has ended before, and nothing is left to run; --more 10 adds 10 trials")
    elif planned:
        print(f"it was begun before, and goes on after {known} trials")
    return fmin(
        objective(options),
        SPACE,
        max_evals=total,
        trials=path,
        seed=options.seed,
        resume="extend" if options.extend else None,
        pruner=pruner(options.pruner, options.epochs),
        on_error="continue",  # a network that does not fit into memory is a bad one, and no reason to stop
        max_failures=max(10, total // 4),
        workers=options.workers if options.workers > 1 else None,
        gpus=options.gpus,
    )


def retrain(options: argparse.Namespace, best: Any) -> dict[str, Any]:
    """Train the best network anew and for longer, then test it, once, with images it was not chosen by."""
    source = load(options.data, options.images, options.side)
    folder = options.out / "best" / f"trial{best.trial.number:03}_{options.retrain}_epochs"
    folder.mkdir(parents=True, exist_ok=True)
    run = Training(best.params, source, options.retrain, folder, seed=options.seed, width=options.width)
    print(f"\nretraining it for {options.retrain} epochs, from {len(run.curve)}")
    for row in run.rows():
        if row["epoch"] % max(1, options.retrain // 5) == 0:
            print(f"  epoch {row['epoch']:3.0f}   loss {row['loss']:.3f}   accuracy {row['accuracy']:.4f}")
    tested = run.evaluate(Tensors(source.test, run.device))
    torch.save(run.network.state_dict(), folder / "weights.pt")
    content = {"space": best.params, "history": run.curve, "test": tested, "width": options.width}
    write(folder, "model", content)
    rows = describe(run.network, source.side)
    drawing = look.drawing(rows)
    look.save(look.diagram(rows), folder / "model.png")
    (folder / "model.txt").write_text(drawing + "\n", encoding="utf-8")
    print(f"\n{drawing}\n")
    return tested


def flat(params: Mapping[str, Any]) -> dict[str, Any]:
    """Nested hyperparameters with their place in the name: ``residual.units``."""
    rows: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, dict):
            rows |= {f"{name}.{inner}": each for inner, each in flat(value).items()}
        else:
            rows[name] = value
    return rows


def finish(options: argparse.Namespace, best: Any) -> None:
    """What comes after the search: the best network again, and the pictures."""
    print(f"\nbest of {len(best.study.trials)}: trial {best.trial.number}, accuracy {1 - best.loss:.4f}")
    for name, value in flat(best.params).items():
        print(f"  {name} = {value:.4g}" if isinstance(value, float) else f"  {name} = {value}")
    tested = retrain(options, best)
    print(f"accuracy on the test images: {tested['accuracy']:.4f}, of groups {tested['coarse_accuracy']:.4f}")
    look.pictures(best.study, options.out / "pictures")
    print(look.guide(options.out))


def main(arguments: list[str] | None = None) -> int:
    options = options_of(arguments)
    try:
        source = load(options.data, options.images, options.side)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    trouble = cards(options.gpus) or check(options, source)
    if trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2
    print(f"data: {source.note}")
    print(f"{len(source.train)} to train with, {len(source.valid)} to choose by, {len(source.test)} to test")
    try:
        best = search(options)
        if best.stopped == "interrupted":
            raise KeyboardInterrupt  # the running trial has ended, and nothing more is wanted
        finish(options, best)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where it was", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
