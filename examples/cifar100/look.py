"""What is looked at afterwards: pictures of the search, and a drawing of the best network.

    python examples/cifar100/look.py [--out results/cifar100]

draws the pictures anew, also while the search runs. No PyTorch is needed.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from parzen import Study, errors, insight, plots

PICTURES = {
    "history": "the best so far, trial by trial",
    "curves": "learning curves: who was pruned, and when",
    "effects": "what each hyperparameter does to the error",
    "importance": "how much each one matters",
    "matrix": "the scatter matrix of the most important ones",
    "timeline": "when each trial ran",
}


def save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def pictures(study: Any, folder: Path) -> None:
    """Draw the search into a folder, with the curves once for each hyperparameter; say what to try next."""
    plt.switch_backend("Agg")  # into files, also where there is no screen
    for name in PICTURES:
        save(getattr(plots, name)(study), folder / f"{name}.png")
    (folder / "next.txt").write_text(f"{insight.next_space(study)}\n", encoding="utf-8")
    for param in study.space.params:
        save(plots.curves(study, by=param.label), folder / "curves" / f"{param.label}.png")


Row = tuple[str, str, tuple[int, ...], int]  # what model.describe gives for a block


def drawing(rows: list[Row]) -> str:
    """A network as text, a line for each block: its output's shape, what it learns, a bar of its size."""
    lines = [f"{'block':<12}{'':<14}{'output':>14}{'parameters':>12}"]
    for name, note, shape, parameters in rows:
        count = f"{parameters:,}" if parameters else ""
        bar = "█" * round(math.log2(math.prod(shape) + 1))
        lines.append(f"{name:<12}{note:<14}{' x '.join(map(str, shape)):>14}{count:>12}  {bar}")
    lines.append(f"{'in all':<40}{sum(row[3] for row in rows):>12,}")
    return "\n".join(lines)


def diagram(rows: list[Row]) -> Figure:
    """The same as a picture: boxes, wide where many numbers pass, blue where some are learned."""
    figure = Figure(figsize=(6, 0.4 * len(rows) + 0.4))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-1, 1), ylim=(len(rows) - 0.3, -0.7))
    ax.axis("off")
    widest = max(math.log2(math.prod(shape) + 1) for _, _, shape, _ in rows)
    for i, (name, note, shape, parameters) in enumerate(rows):
        half = 0.45 + 0.5 * math.log2(math.prod(shape) + 1) / widest
        colour = "#cfe3f2" if parameters else "#eeeeee"
        ax.barh(i, 2 * half, left=-half, height=0.66, color=colour, edgecolor="#5b7f9b", linewidth=0.8)
        learned = f"{parameters:,} learned" if parameters else ""
        title = f"{name}   {note}" if note else name
        ax.text(-half + 0.03, i, title, ha="left", va="center", fontsize=9)
        ax.text(0.12, i, " x ".join(map(str, shape)), ha="center", va="center", fontsize=9)
        ax.text(half - 0.03, i, learned, ha="right", va="center", fontsize=8, color="#444444")
        if i and name != "coarse":  # the two labels come from the same block
            ax.annotate("", (0, i - 0.33), (0, i - 0.67), arrowprops={"arrowstyle": "->", "color": "#5b7f9b"})
    return figure


def guide(out: Path) -> str:
    """What to look at, in lines."""
    lines = [f"what to look at, below {out}:"]
    places = {f"pictures/{name}.png": text for name, text in PICTURES.items()} | {
        "pictures/curves/": "the learning curves, coloured by each hyperparameter",
        "pictures/next.txt": "what the trials say of the space, and code for the next one",
        "trials/": "a JSON file for each trial, sorted by accuracy",
        "best/": "the best network: drawing, curve, weights",
    }
    lines += [f"  {place:<26}{text}" for place, text in places.items()]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/cifar100"), help="of the search")
    options = parser.parse_args()
    try:
        study = Study.load(options.out / "search.db")
    except errors.StudyNotFound as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    pictures(study, options.out / "pictures")
    print(guide(options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
