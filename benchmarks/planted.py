"""Whether the findings of a search are what was planted in it, and whether the next space is better.

    python -m benchmarks.planted
    python -m benchmarks.planted --algo tpe rand --seeds 5

The planted study has eight hyperparameters and 80 trials:

- `lr` and `width` matter, and the optimum of `lr` lies beyond its upper end;
- `seed_like` does nothing;
- of two models `forest` is worse at its best than `net`, whatever its own two hyperparameters are;
- `batch` fails above 200.

A seed counts as right if the search reports all of it (edge of `lr`, `seed_like` dead, `forest`
losing, the failing region, `lr`, `width` and `model` as the three that matter most of those that are
always there) and nothing that is false. It counts as improved if 40 trials of the
next space, a search of its own, end below the best of the 80, and as better than going on if
they end below the best of 40 more trials of the first space.

Then the same search on functions that hold nothing: noise, and noise with heavy tails. Every finding
there about an edge, a branch, a range or the end of progress is false.

Aims, for the default algorithm: 8 of 10 seeds right, 7 of 10 improved, no false finding on noise.
Exits with 1 if one is missed.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from parzen import fmin, hp
from parzen.insight import findings, importance, next_space

TRIALS, MORE = 80, 40
PLANTED = {("edge", "lr"), ("dead", "seed_like"), ("branch", "model"), ("failing", "batch")}
# Also true, and allowed: the optimum of these lies inside, and the rest of their ranges is worse.
TRUE_TOO = {
    ("narrow", "width"),
    ("narrow", "model.0.dropout"),
    ("dead", "model.0.dropout"),
    ("dead", "batch"),
}
RIGHT, IMPROVED = 0.8, 0.7
FALSE_ON_NOISE = {"edge", "branch", "narrow", "failing", "converged", "noise", "pruner"}


def planted_space() -> dict[str, Any]:
    """The space in which the findings are planted."""
    return {
        "lr": hp.float(1e-5, 3e-3, log=True),
        "width": hp.int(8, 512, log=True),
        "batch": hp.int(16, 256),
        "seed_like": hp.float(0, 1),
        "model": hp.choice(
            "model",
            [
                {"name": "net", "dropout": hp.float(0, 0.8)},
                {"name": "forest", "trees": hp.int(10, 500), "depth": hp.int(2, 20)},
            ],
        ),
    }


def planted(point: dict[str, Any]) -> float:
    """The planted loss: 0 at lr = 0.03, width = 90, dropout = 0.3."""
    if point["batch"] > 200:
        raise MemoryError(f"batch {point['batch']} does not fit")
    model = point["model"]
    loss = 0.2 * (math.log10(point["lr"]) - math.log10(0.03)) ** 2
    loss += 2.0 * (math.log10(point["width"]) - math.log10(90)) ** 2
    if model["name"] == "net":
        return loss + 0.4 * (model["dropout"] - 0.3) ** 2
    return loss + 0.9 + 0.1 * abs(model["depth"] - 9) / 10 + 0.05 * (1 - model["trees"] / 500)


def null_space() -> dict[str, Any]:
    """A space for functions that do not look at it."""
    return {
        "x": hp.float(-5, 5),
        "y": hp.float(1e-3, 1, log=True),
        "n": hp.int(1, 30),
        "kind": hp.choice("kind", ["a", "b", {"inner": hp.float(0, 1)}]),
    }


class Noise:
    """An objective that does not look at its point.

    Args:
        law: A method of NumPy's generators.
        seed: Of the noise.
    """

    def __init__(self, law: str, seed: int) -> None:
        self.draw = getattr(np.random.default_rng(seed), law)

    def __call__(self, _: dict[str, Any]) -> float:
        return float(self.draw())


def search(fn: Callable[..., Any], space: Any, algo: str | None, trials: int, seed: int, **more: Any) -> Any:
    """One search that goes on where a trial fails.

    Args:
        fn: The objective.
        space: Its space.
        algo: A name; None for the default.
        trials: How many.
        seed: Of the search.
        more: Other arguments of `fmin`.
    """
    return fmin(
        fn,
        space,
        algo=algo,
        max_evals=trials,
        seed=seed,
        catch_eval_exceptions=True,
        verbose=False,
        **more,
    )


def run_planted(algo: str | None, seeds: int) -> tuple[int, int, int]:
    """Seeds that are right, improved, and better than going on.

    Args:
        algo: A name; None for the default.
        seeds: How many.
    """
    right = improved = better = 0
    for seed in range(seeds):
        best = search(planted, planted_space(), algo, TRIALS, seed)
        said = {(one.kind, one.label) for one in findings(best)}
        order = [one.label for one in importance(best) if one.given is None]
        missed = PLANTED - said
        if set(order[:3]) != {"lr", "width", "model"}:
            missed.add(("important", ", ".join(order[:3])))
        false = {one for one in said if one[1] is not None} - PLANTED - TRUE_TOO
        false |= {one for one in said if one[0] == "converged" and best.loss > 1.05 * _floor()}
        onward = next_space(best)
        after = search(planted, onward.space, algo, MORE, seed + 1000).loss
        same = search(planted, planted_space(), algo, TRIALS + MORE, seed).loss
        right += not missed and not false
        improved += after < best.loss
        better += after < same
        print(
            f"  seed {seed}: best {best.loss:.4f}, next {after:.4f}, going on {same:.4f}; "
            f"important {', '.join(order[:3])}"
            + (f"; missed {sorted(missed)}" if missed else "")
            + (f"; false {sorted(map(str, false))}" if false else ""),
            flush=True,
        )
    return right, improved, better


def _floor() -> float:
    """The least loss inside the first space: at the end of `lr`."""
    return 0.2 * (math.log10(3e-3) - math.log10(0.03)) ** 2


def run_null(algo: str | None, seeds: int) -> int:
    """False findings on functions that hold nothing.

    Args:
        algo: A name; None for the default.
        seeds: How many of each function.
    """
    false = 0
    for name in ("standard_normal", "standard_cauchy"):
        for seed in range(seeds):
            best = search(Noise(name, seed), null_space(), algo, TRIALS, seed)
            wrong = [one.sentence for one in findings(best) if one.kind in FALSE_ON_NOISE]
            false += len(wrong)
            for sentence in wrong:
                print(f"  {name}, seed {seed}: {sentence}", flush=True)
    return false


def main() -> int:
    """Run, print what was found, and say whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--algo", nargs="+", default=["auto", "tpe", "rand"])
    options = parser.parse_args()
    met = True
    for algo in options.algo:
        print(f"{algo}: {TRIALS} trials, then {MORE} of the next space")
        right, improved, better = run_planted(algo, options.seeds)
        false = run_null(algo, options.seeds)
        print(
            f"{algo}: right in {right} of {options.seeds} seeds, improved in {improved}, "
            f"better than going on in {better}; "
            f"{false} false findings in {2 * options.seeds} searches of noise"
        )
        if algo == "auto":
            n = options.seeds
            met = right >= RIGHT * n and improved >= IMPROVED * n and false == 0
    print("aims met" if met else "aims missed")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
