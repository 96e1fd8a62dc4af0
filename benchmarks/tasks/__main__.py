"""Print the tables of README.md from the data files: `python -m benchmarks.tasks`."""

from __future__ import annotations

import numpy as np

from benchmarks.tasks.spaces import TASKS
from benchmarks.tasks.surrogate import DATA, load, served


def row(name: str) -> tuple[str, str]:
    """A task's line in the table of tasks, and its line in the table of fits."""
    task, stored = TASKS[name], load(name)
    table, about = stored.table, stored.about
    held_out = about["held_out"]
    trained = table.status == 0
    prior = table.loss[trained & (table.origin == 0)]
    cells = [
        name,
        task.suite,
        ", ".join(kind for kind in task.kinds if kind != "real"),
        str(len(task.params)),
        task.loss,
        f"{len(table.loss)}, {int((~trained).sum())} failed",
        f"{about['cpu_seconds']}",
        f"{np.median(prior):.3g}",
        f"{about['best_trained']:.4g}",
    ]
    fits = [f"{held_out[form]['r2']:.2f}" for form in ("trees", "networks", "mixture")]
    fits += [f"{held_out[form]['spearman']:.2f}" for form in ("trees", "networks", "mixture")]
    fits += [f"{held_out['mixture']['spearman_top']:.2f}", f"{about['share_of_trees']:.2f}"]
    if "failures" in held_out:
        fits.append("{} of {}, {} of {}".format(*held_out["failures"], *held_out["trained"]))
    else:
        fits.append("")
    fits += [f"{about['optimum']:.4g}", f"{(DATA / f'{name}.npz').stat().st_size / 1000:.0f}"]
    return "| " + " | ".join(cells) + " |", "| " + " | ".join([name, *fits]) + " |"


def main() -> None:
    """Print both tables."""
    rows = [row(name) for suite in ("dev", "report") for name in served(suite)]
    print("| task | suite | kinds | d | loss | configurations | CPU s | median of the prior | best trained |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(first for first, _ in rows))
    print()
    print(
        "| task | R2 trees | networks | mixture | Spearman trees | networks | mixture"
        " | best quarter | trees' share | failures, trained told right | optimum | kB |"
    )
    print("|---|" + "---|" * 11)
    print("\n".join(second for _, second in rows))


if __name__ == "__main__":
    main()
