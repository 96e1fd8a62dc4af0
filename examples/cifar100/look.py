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

from parzen import Study, errors, plots

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
    """Draw the search into a folder: `PICTURES`, and the curves coloured by each hyperparameter."""
    plt.switch_backend("Agg")  # into files, also where there is no screen
    for name in PICTURES:
        save(getattr(plots, name)(study), folder / f"{name}.png")
    for param in study.space.params:
        save(plots.curves(study, by=param.label), folder / "curves" / f"{param.label}.png")


def drawing(rows: list[tuple[str, tuple[int, ...], int]]) -> str:
    """A network as text, a line for each block: shape of its output, what it learns, and a bar of its size.

    Args:
        rows: What `model.describe` gives.
    """
    lines = [f"{'block':<12}{'output':>14}{'parameters':>12}"]
    for name, shape, parameters in rows:
        count = f"{parameters:,}" if parameters else ""
        bar = "█" * round(math.log2(math.prod(shape) + 1))
        lines.append(f"{name:<12}{' x '.join(map(str, shape)):>14}{count:>12}  {bar}")
    lines.append(f"{'in all':<26}{sum(row[2] for row in rows):>12,}")
    return "\n".join(lines)


def diagram(rows: list[tuple[str, tuple[int, ...], int]]) -> Figure:
    """The same as a picture: boxes from top to bottom, as wide as the image and as dark as the channels."""
    figure = Figure(figsize=(5.5, 0.42 * len(rows) + 0.4))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-1, 1), ylim=(len(rows) - 0.3, -0.7))
    ax.axis("off")
    widest = max(math.log2(math.prod(shape) + 1) for _, shape, _ in rows)
    for i, (name, shape, parameters) in enumerate(rows):
        half = 0.35 + 0.55 * math.log2(math.prod(shape) + 1) / widest
        text = f"{name}    {' x '.join(map(str, shape))}" + (f"    {parameters:,}" if parameters else "")
        shade = "#cfe3f2" if parameters else "#eeeeee"
        ax.barh(i, 2 * half, left=-half, height=0.66, color=shade, edgecolor="#5b7f9b", linewidth=0.8)
        ax.text(0, i, text, ha="center", va="center", fontsize=9)
        if i and name != "coarse":
            ax.annotate("", (0, i - 0.33), (0, i - 0.67), arrowprops={"arrowstyle": "->", "color": "#5b7f9b"})
    return figure


def guide(out: Path) -> str:
    """What to look at, in lines."""
    lines = [f"what to look at, below {out}:"]
    lines += [f"  pictures/{name + '.png':<18} {text}" for name, text in PICTURES.items()]
    lines += [
        "  pictures/curves/       the learning curves, coloured by each hyperparameter",
        "  trials/                a JSON file for each trial; the last name is the best one",
        "  best/                  the best network: drawing, curve, weights",
    ]
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
