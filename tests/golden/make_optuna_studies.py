"""Golden SQLite files: studies that real Optuna wrote, for the tests of parzen's reader.

    pip install optuna==5.0.0
    python tests/golden/make_optuna_studies.py

writes `optuna-5.0.0.db`, with the studies

    mixed        minimised; float, log, stepped, int and categorical parameters; a parameter that
                 depends on another; complete, pruned, failed and running trials; user attributes
    large        maximised; values at plus and minus infinity
    two          two objectives

and `optuna-5.0.0.json`: what Optuna itself reads from each study, trial by
trial. Times are whatever the clock says, so each run makes other files. The
reader is Optuna-free; so are the tests.
"""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path
from typing import Any

import optuna

HERE = Path(__file__).resolve().parent
NAME = f"optuna-{optuna.__version__}"


def mixed(trial: optuna.Trial) -> float:
    """Fails in trials 3 and 9, and is pruned where it is bad after two steps."""
    x = trial.suggest_float("x", -5, 5)
    rate = trial.suggest_float("rate", 1e-5, 1.0, log=True)
    share = trial.suggest_float("share", 0.0, 1.0, step=0.25)
    layers = trial.suggest_int("layers", 1, 4)
    width = trial.suggest_int("width", 1, 500, log=True)
    scale = trial.suggest_categorical("scale", [True, False])
    size = trial.suggest_categorical("size", [16, 32, 64])
    model = trial.suggest_categorical("model", ["svm", "forest"])
    loss = x**2 + abs(math.log10(rate) + 2) + share + layers / 4 + width / 500 + scale + size / 64
    loss += trial.suggest_float("C", 0.1, 10) if model == "svm" else trial.suggest_int("depth", 2, 8)
    if trial.number in (3, 9):
        raise ValueError("no convergence")
    for step in range(1, 5):
        trial.report(loss + 4 / step if trial.number != 5 else math.nan, step)
        if step == 2 and loss > 12:
            raise optuna.TrialPruned
    trial.set_user_attr("accuracy", 1 / (1 + loss))
    trial.set_user_attr("host", "here")
    return loss


def large(trial: optuna.Trial) -> float:
    """Two infinities among plain values."""
    x = trial.suggest_float("x", 0, 1)
    return {4: math.inf, 5: -math.inf}.get(trial.number, x)


def plain(value: Any) -> Any:
    """A float that JSON has no word for, as text."""
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def description(study: optuna.Study) -> dict[str, Any]:
    """What Optuna reads."""
    return {
        "directions": [direction.name for direction in study.directions],
        "trials": [
            {
                "number": trial.number,
                "state": trial.state.name,
                "params": trial.params,
                "values": None if trial.values is None else [plain(value) for value in trial.values],
                "reports": [
                    [step, plain(value)] for step, value in sorted(trial.intermediate_values.items())
                ],
                "attributes": trial.user_attrs,
                "started": trial.datetime_start.timestamp() if trial.datetime_start else None,
                "ended": trial.datetime_complete.timestamp() if trial.datetime_complete else None,
            }
            for trial in study.get_trials()
        ],
    }


def main() -> None:
    """Write both files."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = HERE / f"{NAME}.db"
    path.unlink(missing_ok=True)

    def study(name: str, **arguments: Any) -> optuna.Study:
        sampler = optuna.samplers.RandomSampler(seed=1)
        return optuna.create_study(
            storage=f"sqlite:///{path}",
            study_name=name,
            sampler=sampler,
            pruner=optuna.pruners.NopPruner(),
            **arguments,
        )

    first = study("mixed")
    first.optimize(mixed, n_trials=24, catch=(ValueError,))
    first.ask()  # stays running
    second = study("large", direction="maximize")
    second.optimize(large, n_trials=8)
    third = study("two", directions=["minimize", "maximize"])
    third.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 0.0), n_trials=2)
    # Optuna reads it all back before the file is made small.
    found = {each.study_name: description(each) for each in (first, second, third)}
    text = json.dumps(found, indent=1, sort_keys=True, allow_nan=False)
    (HERE / f"{NAME}.json").write_text(text + "\n")
    file = sqlite3.connect(path)
    file.execute("PRAGMA page_size = 512")
    file.execute("VACUUM")
    file.close()
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
