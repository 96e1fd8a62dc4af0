"""Where the tutorial's figures go: one function, shared by its scripts.

The folder is the one named by the environment variable PARZEN_FIGURES, or
`figures` beside this file. No figure is shown on the screen by a script; in a
notebook each one appears under its cell as usual.
"""

import os
from pathlib import Path

from matplotlib.figure import Figure

FOLDER = Path(os.environ.get("PARZEN_FIGURES") or Path(__file__).parent / "figures")


def save(figure: Figure, name: str) -> None:
    """Write `figure` to `name` in the tutorial's folder, and say so."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(FOLDER / name, dpi=110)
    print(f"figure: {name}")
