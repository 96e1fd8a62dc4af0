"""The pictures of `docs/how-parzen-decides.md`, drawn from what the algorithms themselves compute.

    python -m benchmarks.pictures [--to docs/pictures] [--format svg] [NAME ...]

Each picture is one small search with a fixed seed. Densities, posterior, warp and proposals come from
parzen's own modules; where a picture shows a suggestion, the trial that follows must be that suggestion,
or the program stops. A second run on the same machine gives the same bytes.

Colours: Okabe and Ito, "Color universal design" (2008); marks also differ in shape, for print in grey.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from parzen import GP, TPE, Auto, Study, hp
from parzen.algorithms.acquire import Acquisition
from parzen.algorithms.base import Ask
from parzen.algorithms.covariance import Covariance
from parzen.algorithms.cube import cube
from parzen.algorithms.encoding import encoding
from parzen.algorithms.gp import STARTUP
from parzen.algorithms.gp_models import WHOLE
from parzen.algorithms.gp_past import Past
from parzen.algorithms.surrogate import Factor, Posterior
from parzen.algorithms.tpe_model import Model
from parzen.algorithms.tpe_seen import Seen
from parzen.algorithms.warp import half_rank
from parzen.numerics.mixture import Candidates, log_mixtures, log_ratios
from parzen.testing import PROBLEMS

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
WIDTH = 7.0  # inches
BLACK, GREY, BROWN = "#000000", "#606060", "#8A5F00"  # brown: text that belongs to orange marks
BLUE, SKY, GREEN, ORANGE, RED = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00"
LOOKS = {
    "figure.constrained_layout.use": True,
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "savefig.facecolor": "white",
    # The same bytes at each run: ids by content instead of by chance.
    "svg.hashsalt": "parzen",
}

LOW, HIGH = 0.0, 10.0
LINE = {"x": hp.float(LOW, HIGH)}
SHARES = [model.share for model in WHOLE]  # quantiles of the two warps


def valleys(x: Any) -> Any:
    """The loss of the pictures with one hyperparameter: a wide valley, and a narrower, deeper one."""
    wide, narrow = np.exp(-(((x - 2.4) / 1.4) ** 2)), np.exp(-(((x - 7.3) / 0.8) ** 2))
    return 1.0 - 0.68 * wide - 0.8 * narrow + 0.02 * x


def searched(space: Any, algorithm: Any, seed: int, trials: int, loss: Callable[[Any], Any]) -> Study:
    """A study with that many trials told."""
    study = Study(space, algorithm, seed=seed)
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial, float(loss(trial.params)))
    return study


def panels(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """A figure of panels below each other, with one horizontal axis for all; heights in inches."""
    figure = Figure(figsize=(WIDTH, sum(heights)))
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    return figure, axes[:, 0].tolist()


def label(ax: Axes, x: float, y: float, text: str, color: str, **more: Any) -> None:
    """Text at a place of the data."""
    ax.text(x, y, text, color=color, **more)


def check(told: float, seen: float, what: str) -> None:
    """A picture must show what the algorithm did."""
    if not math.isclose(told, seen, rel_tol=1e-3, abs_tol=1e-3):
        raise SystemExit(f"{what}: the search has {told}, the picture {seen}")


def tpe() -> Figure:
    """One suggestion of TPE: good trials and others, the two densities, their ratio, candidates, proposal.

    The seed is of a search that tried both valleys and is in the right one.
    """
    seed, n = 14, 25
    settings = TPE()
    study = searched(LINE, settings, seed, n, lambda p: valleys(p["x"]))
    history, code = study.history, encoding(study.space)
    seen = history.derived("picture", lambda: Seen(code), Seen.add)
    wanted = settings.n_EI_candidates
    count = settings.good(n)
    model = Model(history, seen, good=count, prior=settings.prior_weight, wanted=wanted)
    parts, weights, priors = model.mixtures

    def logs(z: np.ndarray) -> np.ndarray:
        at = Candidates(z[:, None], np.empty((0, len(z)), dtype=np.intp))
        return log_mixtures(log_ratios(model.good.kernels, parts, at), weights, priors)

    grid = np.linspace(0.0, 1.0, 251)
    good, rest = np.exp(logs(grid).T) / (HIGH - LOW)
    # The very draws of the next suggestion.
    drawn, _ = model.good.draws.at(*Ask(n, study.seed).rng.random((2, wanted, 1)))
    drawn = drawn[:, 0]
    ratios = np.exp(np.diff(logs(drawn)[:, ::-1], axis=1)[:, 0])
    best = int(ratios.argmax())
    chosen = LOW + (HIGH - LOW) * drawn[best]
    trial = study.ask()
    check(trial.params["x"], chosen, "the proposal")
    check(trial.note["ratio"], math.log(ratios[best]), "its ratio")

    x = LOW + (HIGH - LOW) * grid
    tried = np.array([t.params["x"] for t in study.trials[:n]])
    losses = np.array([t.loss for t in study.trials[:n]])
    is_good = np.argsort(np.argsort(losses)) < count
    figure, (top, middle, bottom) = panels([2.0, 1.7, 1.9])
    top.plot(x, valleys(x), color=GREY, lw=1, ls="--")
    top.plot(tried[~is_good], losses[~is_good], "o", mfc="white", mec=ORANGE, mew=1.4, ms=5)
    top.plot(tried[is_good], losses[is_good], "o", color=BLUE, ms=6)
    for marks, color in ((tried[~is_good], ORANGE), (tried[is_good], BLUE)):
        top.vlines(marks, 0.0, 0.07, color=color, transform=top.get_xaxis_transform())
    top.set(ylabel="loss", ylim=(0.2, 1.45))
    label(top, 8.2, 0.45, f"{count} good trials", BLUE)
    label(top, 4.75, 0.75, f"{n - count} others", BROWN, ha="center")
    label(top, 0.1, 1.36, "dashed: the loss, which the search does not see", GREY, va="center")
    middle.fill_between(x, good, color=BLUE, alpha=0.15, lw=0)
    middle.plot(x, good, color=BLUE)
    middle.plot(x, rest, color=ORANGE, ls=(0, (5, 1.5)))
    middle.set(ylabel="density", ylim=(0, 1.15 * float(good.max())))
    label(middle, x[good.argmax()] - 0.9, 0.9 * good.max(), "l, from the good trials", BLUE, ha="right")
    label(middle, 1.6, 1.2 * rest[:75].max(), "g, from the others", BROWN, va="bottom", ha="center")
    highest = float((good / rest).max())
    bottom.plot(x, good / rest, color=GREEN)
    bottom.plot(LOW + (HIGH - LOW) * drawn, ratios, "o", mfc="white", mec=BLACK, ms=4)
    bottom.plot(chosen, ratios[best], "D", color=RED, ms=6.5, zorder=8)
    bottom.set(ylabel="ratio l / g", xlabel="x", xlim=(LOW, HIGH), ylim=(0, 1.3 * highest))
    label(bottom, chosen, 1.17 * highest, f"the proposal, x = {chosen:.2f}", RED, va="center", ha="center")
    label(bottom, 0.1, 1.17 * highest, f"circles: {wanted} candidates, drawn from l", BLACK, va="center")
    return figure


def gaussian_process() -> Figure:
    """One suggestion of the GP: the posterior over the warped losses, and log expected improvement."""
    seed, n, startup = 98, 8, 5
    study = searched(LINE, GP(startup), seed, n, lambda p: valleys(p["x"]))
    shape = cube(study.space)
    past = study.history.derived("picture", lambda: Past(shape, startup), Past.add)
    trial = study.ask()
    (fit,) = trial.note["fits"]
    share = WHOLE[fit["model"]].share
    y, _ = past.warped(np.arange(n), share)
    covariance = Covariance(shape)
    factor = Factor(covariance, fit["theta"], covariance.inputs(past.rows), np.zeros(n))
    posterior = Posterior(factor, y)
    incumbent = float((y - factor.noise * posterior.weights).min())
    acquisition = Acquisition(shape, covariance, posterior, incumbent, 0.0)
    grid = np.linspace(0.0, 1.0, 401)[:, None]
    mean, deviation = posterior.predict(covariance.inputs(grid))
    value = acquisition.values(grid)
    chosen = shape.rows(np.array([[trial.params["x"]]]))
    there = float(acquisition.values(chosen)[0])
    check(trial.note["improvement"], there, "log expected improvement")

    x = LOW + (HIGH - LOW) * grid[:, 0]
    tried = np.array([t.params["x"] for t in study.trials[:n]])
    losses = np.array([t.loss for t in study.trials[:n]])
    figure, (top, middle, bottom) = panels([1.5, 2.2, 1.9])
    top.plot(x, valleys(x), color=GREY, lw=1, ls="--")
    top.plot(tried, losses, "o", color=BLACK, ms=5, clip_on=False)
    top.set(ylabel="loss", ylim=(0.2, 1.45))
    at = float(trial.params["x"])
    label(top, at + 0.15, 1.36, "dashed: the loss, which the search does not see", GREY, va="center")
    middle.fill_between(x, mean - 2 * deviation, mean + 2 * deviation, color=SKY, alpha=0.35, lw=0)
    middle.plot(x, mean, color=BLUE)
    middle.plot(tried, y, "o", color=BLACK, ms=5, zorder=5, clip_on=False)
    highest = float((mean + 2 * deviation).max())
    middle.set(ylabel="warped loss", ylim=(None, highest + 1.2))
    label(
        middle,
        at + 0.15,
        highest + 0.6,
        "the model: mean, and 2 deviations to either side",
        BLUE,
        va="center",
    )
    bottom.plot(x, value, color=RED)
    high = float(value.max())
    bottom.set(ylabel="log exp. improvement", xlabel="x", xlim=(LOW, HIGH), ylim=(high - 9, high + 2))
    bottom.plot(at, there, "D", color=RED, ms=6.5, zorder=8)
    for ax in (top, middle, bottom):
        ax.axvline(at, color=RED, lw=0.8, ls=":")
    label(bottom, at + 0.15, high + 1.2, f"the proposal, x = {at:.2f}", RED, va="center")
    return figure


def warp() -> Figure:
    """Losses as told, only standardised, and after the half-rank warp with either quantile."""
    losses = np.array([0.30, 0.31, 0.33, 0.36, 0.40, 0.47, 0.60, 0.95, 2.4, 30.0, 400.0, 1e6])
    n = len(losses)
    rank = np.arange(1, n + 1)
    plain = (losses - losses.mean()) / losses.std()
    figure = Figure(figsize=(WIDTH, 2.9))
    left, middle, right = figure.subplots(1, 3)
    for ax, shown in ((left, losses), (middle, plain)):
        ax.plot(rank, shown, "o", color=BLACK, ms=5)
    left.set(yscale="log", title="Losses as told", ylabel="loss", ylim=(0.15, 3e6))
    middle.set(title="Only shifted and scaled", ylabel="loss in deviations", ylim=(-1.1, 3.7))
    label(middle, 5.5, -0.05, "eleven trials\nlook the same", BLACK, ha="center")
    for share, mark, color in ((SHARES[0], "o", BLUE), (SHARES[1], "s", GREEN)):
        y, _ = half_rank(losses, np.arange(n), n, share)
        right.plot(rank, y, mark, color=color, mfc="white" if mark == "s" else color, ms=5, mew=1.4)
        kept = math.ceil(share * n)
        right.plot(rank[:kept], y[:kept], color=color, lw=1, zorder=1)
    right.set(title="After the half-rank warp", ylabel="loss in deviations", ylim=(-1.8, 2.7))
    label(right, 3.4, -1.45, f"quantile {SHARES[0]:g}", BLUE)
    label(right, 4.6, 0.95, f"quantile {SHARES[1]:g}", GREEN, ha="center")
    for ax in (left, middle, right):
        ax.set(xlabel="trial, best first", xlim=(0.3, n + 0.7), xticks=[1, 4, 8, 12])
    return figure


FAMILIES = {
    "svm": {"C": hp.float(1e-3, 1e3, log=True), "gamma": hp.float(1e-5, 10, log=True)},
    "forest": {"depth": hp.int(2, 30), "features": hp.float(0.05, 1.0)},
    "boosting": {
        "rate": hp.float(1e-3, 1, log=True),
        "leaves": hp.int(2, 256, log=True),
        "rows": hp.float(0.3, 1.0),
    },
}


def family_loss(point: Any) -> float:
    """An error rate: families reach 0.13, 0.10 and 0.08, and boosting is the hardest to set well."""
    p = point["model"]
    if p["family"] == "svm":
        return 0.13 + 0.02 * math.log10(p["C"] / 3) ** 2 + 0.02 * math.log10(p["gamma"] / 0.02) ** 2
    if p["family"] == "forest":
        return 0.10 + 0.0004 * (p["depth"] - 18) ** 2 + 0.2 * (p["features"] - 0.3) ** 2
    steep = 0.05 * math.log10(p["rate"] / 0.06) ** 2 + 0.06 * math.log10(p["leaves"] / 20) ** 2
    return 0.08 + steep + 0.3 * (p["rows"] - 0.75) ** 2


def families() -> Figure:
    """How the trials of `auto` are spread over three families of models."""
    seed, n = 1, 60
    options = [{"family": name, **ours} for name, ours in FAMILIES.items()]
    study = searched({"model": hp.choice("model", options)}, Auto(), seed, n, family_loss)
    losses = np.array([trial.loss for trial in study.trials])
    branch = np.array([trial.point["model"] for trial in study.trials])
    figure = Figure(figsize=(WIDTH, 2.4))
    ax = figure.subplots()
    order = np.argsort(-losses)  # the best on top
    looks = {"cmap": "cividis", "vmin": 0.08, "vmax": 0.3, "s": 30, "ec": BLACK, "lw": 0.5}
    dots = ax.scatter(order, branch[order], c=losses[order], **looks)
    figure.colorbar(dots, ax=ax, label="loss", extend="max", pad=0.02)
    for row in range(len(options)):
        ours = losses[branch == row]
        text = f"{len(ours)} trials\nbest {ours.min():.3f}"
        ax.text(n + 0.5, row, text, va="center")
    ax.axvspan(-1, STARTUP - 0.5, color=GREY, alpha=0.12, lw=0)
    ax.text(STARTUP / 2 - 0.75, -0.62, "start", color=GREY, ha="center", va="center")
    ax.set(xlabel="trial", yticks=range(len(options)), yticklabels=list(FAMILIES), ylabel="family")
    ax.set(xlim=(-1, n + 8), xticks=range(0, n + 1, 10), ylim=(len(options) - 0.4, -0.9))
    return figure


def parts() -> Figure:
    """Which part of `auto` suggested each trial of one search, and what came of it."""
    seed, n = 7, 40
    problem = PROBLEMS["branin"]
    study = searched(problem.space, Auto(), seed, n, problem.loss)
    gap = np.array([trial.loss - problem.minimum for trial in study.trials])
    by = [trial.note["by"] for trial in study.trials]
    numbers = np.arange(n)
    looks = {"middle": ("^", GREY), "local": ("v", RED), "gp": ("s", BLUE)}
    assert set(by) == set(looks)
    figure, (top, bottom) = panels([2.2, 1.3])
    best = np.minimum.accumulate(gap)
    top.step(numbers, best, where="post", color=BLACK, lw=1)
    label(top, 20.3, 0.5 * best[20], "best so far", BLACK, va="top")
    for row, (part, (mark, color)) in enumerate(looks.items()):
        mine = np.array([each == part for each in by])
        for ax, y in ((top, gap[mine]), (bottom, np.full(mine.sum(), row))):
            ax.plot(numbers[mine], y, mark, color=color, ms=4.5)
    top.set(yscale="log", ylabel="loss above the minimum")
    bottom.set(xlabel="trial", ylabel="suggested by", yticks=range(len(looks)), ylim=(len(looks) - 0.5, -0.5))
    bottom.set(yticklabels=list(looks), xlim=(-1, n))
    return figure


PICTURES: dict[str, Callable[[], Figure]] = {
    "tpe": tpe,
    "gp": gaussian_process,
    "warp": warp,
    "families": families,
    "parts": parts,
}


def rounded(svg: str) -> str:
    """Paths with hundredths of a point, which nobody sees: a third of the size."""
    short = re.compile(r"-?\d+\.\d{3,}")
    return re.sub(r' d="[^"]*"', lambda path: short.sub(lambda x: f"{float(x[0]):.2f}", path[0]), svg)


def draw(name: str, folder: Path, kind: str = "svg") -> Path:
    """Draw one picture into a folder.

    Args:
        name: One of `PICTURES`.
        folder: Where; it must exist.
        kind: A format of matplotlib's.
    """
    path = folder / f"{name}.{kind}"
    with mpl.rc_context(LOOKS):
        metadata = {"Date": None, "Creator": "parzen"} if kind == "svg" else None
        PICTURES[name]().savefig(path, metadata=metadata, dpi=150)
    if kind == "svg":
        path.write_text(rounded(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def main() -> None:
    """Draw all pictures, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*PICTURES, []], help="left out: all")
    parser.add_argument("--to", type=Path, default=FOLDER, help="the folder; left out: docs/pictures")
    parser.add_argument("--format", default="svg", help="svg (left out), png, pdf")
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    for name in given.names or PICTURES:
        path = draw(name, given.to, given.format)
        print(f"{path}  {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
