"""All pictures of two searches: what `docs/pictures.md` shows.

    python -m benchmarks.gallery [--to docs/pictures/gallery] [--only NAME ...] [--check]

The first is a real search, kept as a file: `benchmarks.gallery_study` made it. The second has 20 000 trials
on a cheap function with conditions, failures and pruned trials, and is made here each time. A second run on
the same machine gives the same bytes.

With `--check` nothing is written: each picture is drawn, and it is said how long that took and how large it
would be.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gallery_study import FILE, SPACE
from parzen import Study, hp, plots
from parzen.plots import mpl

FOLDER = FILE.parent
MANY = 20_000
START = 1_700_000_000.0  # when the made-up clock of the large search begins, in seconds since 1970
WORKERS = 8

LARGE = {
    "model": hp.choice(
        "model",
        [
            {
                "type": "trees",
                "depth": hp.int(1, 20, label="depth"),
                "leaf": hp.float(1, 1000, log=True, label="leaf"),
            },
            {
                "type": "network",
                "lr": hp.float(1e-5, 1, log=True, label="lr"),
                "activation": hp.choice("activation", ["relu", "tanh", "gelu"]),
            },
        ],
    ),
    "dropout": hp.float(0, 0.9, label="dropout"),
    "noise": hp.float(0, 1, label="noise"),
}


def truth(params: dict[str, Any]) -> float:
    """The loss of the large search without its noise."""
    model = params["model"]
    if model["type"] == "trees":
        loss = 0.05 + 0.02 * abs(model["depth"] - 8) + 0.03 * (np.log10(model["leaf"]) - 1) ** 2
    else:
        slow = {"relu": 0.0, "tanh": 0.05, "gelu": 0.02}[model["activation"]]
        loss = 0.01 + 0.08 * (np.log10(model["lr"]) + 3) ** 2 + slow
    return float(loss + 0.1 * (params["dropout"] - 0.3) ** 2)


def told(study: Study, trial: Any, rng: np.random.Generator) -> Any:
    """What becomes of a trial of the large search: failed, pruned, or a loss and a size."""
    loss = truth(trial.params) * float(np.exp(rng.normal(0, 0.15)))
    if trial.params["model"]["type"] == "network" and trial.params["model"]["lr"] > 0.3:
        return FloatingPointError("the loss is not a number")
    last = 3 if loss > 0.35 else 9
    if trial.number % 10 == 0 or last == 3:
        for step in (1, 3, 9)[: 2 if last == 3 else 3]:
            study.report(trial.number, loss * (1 + 2 / step), step)
    return loss, last


def large(trials: int = MANY, seed: int = 0) -> Study:
    """The large search: half of its trials at random, half near the best, told on a made-up clock.

    Args:
        trials: How many.
        seed: Of everything in it.
    """
    from parzen.executors.base import Outcome

    rng = np.random.default_rng(seed)
    study = Study(LARGE, "random", seed=seed, name="large")
    best: tuple[float, dict[str, Any]] | None = None
    for number in range(trials):
        if best is not None and number % 2:
            study.enqueue(nearby(study, best[1], rng))
        trial = study.ask()
        found = told(study, trial, rng)
        if isinstance(found, Exception):
            study.tell(trial, found)
        elif found[1] == 3:
            study.tell(trial, Outcome("pruned", result={"status": "fail"}))
        elif number % 4999 == 1:
            study.tell(trial, {"loss": 1e6, "size": 1.0})
        elif number < trials - 3:
            study.tell(trial, {"loss": found[0], "size": float(rng.lognormal(2 - 3 * found[0], 0.8))})
            if best is None or found[0] < best[0]:
                best = (found[0], dict(trial.point or {}))
    return clocked(study, rng)


def nearby(study: Study, point: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A point beside another one: numbers moved by a normal step, choices kept nine times of ten."""
    fresh = study.space.point_from(lambda _: float(rng.random()))
    if fresh.get("model") != point.get("model"):
        return fresh
    moved = {}
    for param in study.space.params:
        if param.label not in point:
            continue
        law, value = param.distribution, point[param.label]
        if param.label == "noise":  # does nothing, and is not to look as if it did
            moved[param.label] = fresh[param.label]
        elif param.options:
            moved[param.label] = fresh[param.label] if rng.random() < 0.1 else value
        else:
            share = float(law.latent(np.array([float(value)]))[0]) + float(rng.normal(0, 0.12))
            moved[param.label] = law.at(min(max(share, 0.0), 1.0))
    return moved


def clocked(study: Study, rng: np.random.Generator) -> Study:
    """The same search on a made-up clock: eight workers, a night without any in the middle."""
    log, free = [], [START] * WORKERS
    begun: dict[int, tuple[int, float, float]] = {}  # trial -> worker, start, end
    for event in study.events():
        number = getattr(event, "number", None)
        if number is None:
            log.append(replace(event, at=START))
            continue
        if number not in begun:
            worker = int(np.argmin(free))
            if number == len(study.trials) // 2:
                free = [max(free) + 12 * 3600] * WORKERS
            lasts = float(rng.gamma(3.0, 1.0))
            begun[number] = (worker, free[worker], free[worker] + lasts)
            free[worker] += lasts
        worker, start, end = begun[number]
        at = end if event.kind == "finished" else start
        changes: dict[str, Any] = {"at": at}
        if hasattr(event, "owner"):
            changes["owner"] = f"machine/-/- {4000 + worker} 0 0"
        log.append(replace(event, **changes))
    return Study.from_events(log, space=LARGE, name="large")


def halves(study: Study) -> dict[str, Study]:
    """The large search cut in eight, to be compared: trials at random beside trials near the best."""
    kinds: dict[str, list[Any]] = {}
    events = study.events()
    head = [event for event in events if getattr(event, "number", None) is None and event.kind != "enqueued"]
    for part in range(8):
        name = ("near the best", "at random")[part % 2]
        kept = [n for n in range(len(study.trials)) if n % 2 != part % 2 and n // 2 % 4 == part // 2]
        numbers = {number: k for k, number in enumerate(kept)}
        own = [
            replace(event, number=numbers[event.number])
            for event in events
            if getattr(event, "number", None) in numbers
        ]
        kinds.setdefault(name, []).append(Study.from_events([*head, *own], space=LARGE, name=name))
    return kinds  # type: ignore[return-value]


def file_of(figure: Any, ends: str) -> bytes:
    """A figure as a small file: PNG with few colours, which a picture of marks and lines does not miss."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{ends}"
        mpl.save(figure, path, dpi=90)
        if ends == "png":
            Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        return path.read_bytes()


Picture = tuple[str, str, Callable[[], Any]]


def pictures(real: Study, big: Study) -> Iterator[Picture]:
    """Name, ending and drawer of each picture, in the order of the page."""
    yield "distributions", "png", lambda: plots.distributions(SPACE)
    for name, study, near, ends in (("digits", real, "svm.nu", "svg"), ("large", big, "lr", "png")):
        # Small vector files where there are few marks; pixels where there are thousands.
        yield f"{name}-history", ends, lambda study=study: plots.history(study)
        yield f"{name}-history-time", ends, lambda study=study: plots.history(study, x="time")
        yield f"{name}-effects", "png", lambda study=study: plots.effects(study)
        yield f"{name}-importance", "png", lambda study=study: plots.importance(study)
        yield f"{name}-matrix", "png", lambda study=study: plots.matrix(study)
        yield (
            f"{name}-parallel",
            "png",
            lambda study=study: plots.parallel(study),
        )
        yield f"{name}-contour", "png", lambda study=study: plots.contour(study)
        yield f"{name}-curves", ends, lambda study=study: plots.curves(study)
        yield f"{name}-curves-by", ends, lambda study=study, near=near: plots.curves(study, by=near)
        yield f"{name}-timeline", ends, lambda study=study: plots.timeline(study)
        metric = "size_kb" if name == "digits" else "size"
        yield f"{name}-pareto", ends, lambda study=study, metric=metric: plots.pareto(study, metric=metric)
        yield f"{name}-edf", ends, lambda study=study: plots.edf(study)
    parts = halves(big)
    yield "large-compare", "png", lambda: plots.compare(parts)
    yield "large-compare-edf", "png", lambda: plots.edf(parts)


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, default=FOLDER)
    parser.add_argument("--only", nargs="*", help="parts of names")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--format", help="svg or png for all, instead of what suits each")
    arguments = parser.parse_args()
    mpl.pyplot().switch_backend("Agg")
    real = Study.load(str(FILE), "digits")
    begun = time.perf_counter()
    big = large()
    print(f"{real}\n{big}, made in {time.perf_counter() - begun:.0f} s")
    total = 0
    for name, ends, draw in pictures(real, big):
        if arguments.only and not any(part in name for part in arguments.only):
            continue
        begun = time.perf_counter()
        figure = draw()
        took = time.perf_counter() - begun
        path = arguments.to / f"{name}.{arguments.format or ends}"
        written = file_of(figure, path.suffix.removeprefix("."))
        mpl.close(figure)
        size = len(written)
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written)
        total += size
        print(f"{path.name:32} {took:6.2f} s {size / 1000:7.0f} kB")
    print(f"{'together':32} {'':8} {total / 1000:7.0f} kB")


if __name__ == "__main__":
    main()
