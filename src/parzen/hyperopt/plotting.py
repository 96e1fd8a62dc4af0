"""``hyperopt.plotting``: Hyperopt's four pictures, drawn into Matplotlib's current figure.

They print what Hyperopt prints. `parzen.plots` has more, and shows conditions,
pruned trials and logarithmic scales.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from parzen.documents import STATUS_FAIL, STATUS_NEW, STATUS_OK, STATUS_RUNNING
from parzen.errors import InvalidArgument
from parzen.plots.mpl import pyplot
from parzen.trials import Trials

default_status_colors = {STATUS_NEW: "k", STATUS_RUNNING: "g", STATUS_OK: "b", STATUS_FAIL: "r"}


def algo_as_str(algo: Any) -> str:
    """The name of an algorithm: a text as it is, of anything else its `str`."""
    return algo if isinstance(algo, str) else str(algo)


def main_plot_history(
    trials: Trials,
    do_show: bool = True,
    status_colors: Mapping[str, str] | None = None,
    title: str = "Loss History",
) -> None:
    """Losses in the order of the trials, coloured by status, and a line at the best; prints its height.

    Args:
        trials: Any `Trials`.
        do_show: Whether to call `pyplot.show`.
        status_colors: Status -> colour.
        title: Written above.

    Raises:
        InvalidArgument: If no trial succeeded.
        MissingDependency: If Matplotlib is not installed.
    """
    plt = pyplot()
    best = trials.average_best_error()
    colours = {**default_status_colors, **(status_colors or {})}
    losses, statuses = _told(trials)
    plt.scatter(range(len(losses)), losses, c=[colours.get(status, "y") for status in statuses])
    plt.xlabel("time")
    plt.ylabel("loss")
    print("avg best error:", best)  # noqa: T201  # as Hyperopt does
    plt.axhline(best, c="g")
    plt.title(title)
    if do_show:
        plt.show()


def main_plot_histogram(trials: Trials, do_show: bool = True, title: str = "Loss Histogram") -> None:
    """How often losses occurred; prints how many there are.

    Args:
        trials: Any `Trials`.
        do_show: Whether to call `pyplot.show`.
        title: Written above.

    Raises:
        MissingDependency: If Matplotlib is not installed.
    """
    plt = pyplot()
    losses = [loss for loss in _told(trials)[0] if math.isfinite(loss)]
    print(f"Showing Histogram of {len(losses)} jobs")  # noqa: T201  # as Hyperopt does
    plt.hist(losses)
    plt.xlabel("loss")
    plt.ylabel("frequency")
    plt.title(title)
    if do_show:
        plt.show()


def main_plot_vars(
    trials: Trials,
    do_show: bool = True,
    fontsize: float = 10,
    colorize_best: int | None = None,
    columns: int = 5,
    arrange_by_loss: bool = False,
) -> None:
    """One small picture for each label: its values by trial, dark where the loss is low; prints the range.

    Values whose label contains ``log`` are on a logarithmic axis.

    Args:
        trials: Any `Trials`.
        do_show: Whether to call `pyplot.show`.
        fontsize: Of the titles, in points.
        colorize_best: How many of the best trials are green; None for none.
        columns: Pictures side by side, at least 1.
        arrange_by_loss: Whether the horizontal axis is the loss instead of the trial.

    Raises:
        InvalidArgument: If no trial has a finite loss.
        MissingDependency: If Matplotlib is not installed.
    """
    plt = pyplot()
    losses = trials.losses()
    finite = sorted(loss for loss in losses if loss is not None and math.isfinite(loss))
    if not finite:
        raise InvalidArgument("main_plot_vars needs at least one trial with a finite loss")
    threshold = finite[0] - 1
    if colorize_best is not None:
        threshold = finite[min(colorize_best + 1, len(finite) - 1)]
    print("finite loss range", finite[0], finite[-1], threshold)  # noqa: T201  # as Hyperopt does
    by_tid = dict(zip(trials.tids, losses, strict=True))
    idxs, vals = trials.idxs_vals
    labels = sorted(idxs)
    rows = -(-len(labels) // columns)
    for place, label in enumerate(labels, start=1):
        ax = plt.subplot(rows, columns, place)
        own = [by_tid[tid] for tid in idxs[label]]
        x: Sequence[Any] = idxs[label]
        if arrange_by_loss:
            x = [math.nan if loss is None else loss for loss in own]
        ax.set_title(label, fontsize=fontsize)
        if own:
            ax.scatter(x, vals[label], c=[_shade(loss, finite, threshold) for loss in own], edgecolors="0.7")
        if "log" in label and all(value > 0 for value in vals[label]):
            ax.set_yscale("log")
        ax.tick_params(axis="x", labelbottom=False)
    if do_show:
        plt.show()


def main_plot_1D_attachment(
    trials: Trials,
    attachment_name: str,
    do_show: bool = True,
    colorize_by_loss: bool = True,
    max_darkness: float = 0.5,
    num_trails: int | None = None,
    preprocessing_fn: Callable[[Any], Any] = lambda attachment: attachment,
    line_width: float = 0.1,
) -> None:
    """A line for each trial that has an attachment of one dimension, as a learning curve.

    Args:
        trials: Any `Trials`.
        attachment_name: The attachment's name.
        do_show: Whether to call `pyplot.show`.
        colorize_by_loss: Whether lines of low loss are darker; else all are as dark.
        max_darkness: Grey of the darkest line: 0 is black, 1 is white.
        num_trails: How many of the best trials are drawn; None for all.
        preprocessing_fn: Makes a sequence of numbers of an attachment.
        line_width: In points.

    Raises:
        InvalidArgument: If no trial with a loss has such an attachment.
        MissingDependency: If Matplotlib is not installed.
    """
    plt = pyplot()
    found = []
    for trial, loss in zip(trials.trials, trials.losses(), strict=True):
        attachments = trials.trial_attachments(trial)
        if loss is not None and math.isfinite(loss) and attachment_name in attachments:
            found.append((loss, attachments[attachment_name]))
    if not found:
        raise InvalidArgument(f"no trial with a loss has an attachment {attachment_name!r}")
    found.sort(key=lambda pair: pair[0])
    found = found[:num_trails]
    low, high = found[0][0], found[-1][0]
    for loss, attachment in found:
        share = (loss - low) / (high - low) if colorize_by_loss and high > low else 0.0
        grey = max_darkness + share * (1 - max_darkness) * 0.8
        plt.plot(np.asarray(preprocessing_fn(attachment)).ravel(), color=str(grey), linewidth=line_width)
    plt.title(attachment_name)
    if do_show:
        plt.show()


def _told(trials: Trials) -> tuple[list[float], list[str]]:
    """Losses and statuses of the trials that have a loss."""
    pairs = zip(trials.losses(), trials.statuses(), strict=True)
    told = [(float(loss), status) for loss, status in pairs if loss is not None]
    return [loss for loss, _ in told], [status for _, status in told]


def _shade(loss: float | None, finite: Sequence[float], threshold: float) -> tuple[float, float, float]:
    """Black for the best and white for the worst; shades of green below the threshold."""
    if loss is None or not math.isfinite(loss):
        return 1.0, 1.0, 1.0
    share = (loss - finite[0]) / (finite[-1] - finite[0] + 1e-4)
    return (0.0, 1.0 - share, 0.0) if loss < threshold else (share, share, share)


__all__ = [
    "algo_as_str",
    "default_status_colors",
    "main_plot_1D_attachment",
    "main_plot_histogram",
    "main_plot_history",
    "main_plot_vars",
]
