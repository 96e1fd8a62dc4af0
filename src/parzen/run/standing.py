"""How a search stands, and the live lines that say so.

A line is a list of pieces, text with a style, so that it can be cut to a width
before colours are added. Nothing here writes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from parzen.history.history import Status, Trial
from parzen.run.failures import why_failed
from parzen.run.study import Study
from parzen.run.wording import Marks, configuration
from parzen.wording import cells, clean, clock, cut, number, rate, seconds

Piece = tuple[str, str]  # text, style: "good", "bad", "bold", "dim" or ""
COLOURS = {"good": "32", "bad": "31", "bold": "1", "dim": "2"}
GAP = "  "
BAR = (5, 20)  # cells of the bar: at least, at most
SLOW = 5.0  # seconds per trial from which on the display says when the running one began
LONG = 600.0  # seconds left from which on the end is given by the clock on the wall


@dataclass(slots=True)
class Standing:
    """A moment of a search, as far as displays show it.

    Attributes:
        study: The search.
        initial: Trials that had ended before this call.
        total: Trials at the end, or None.
        here: Trials that this call has seen end.
        done: Trials that have ended, or those of this call's count.
        elapsed: Seconds since this call began.
        best: The best trial so far, or None.
        last: The trial that ended last, or None.
        newest: The trial that began last, or None.
        report: Number, value in the user's sign, and step of the newest report since that trial began.
        reasons: Why trials failed, those of earlier calls included: kind -> how many.
        note: What the user was told last, such as that the search is stopping.
    """

    study: Study
    initial: int
    total: int | None
    here: int = 0
    done: int = 0
    elapsed: float = 0.0
    best: Trial | None = None
    last: Trial | None = None
    newest: Trial | None = None
    report: tuple[int, float, float] | None = None
    reasons: Counter[str] = field(default_factory=Counter)
    note: str = ""

    def __post_init__(self) -> None:
        """Count what had failed before, so that reasons and `counts` agree after a resume."""
        if self.study.ledger.counts[Status.FAILED]:
            for trial in self.study.trials:
                if trial.status is Status.FAILED:
                    self.reasons[reason(trial)] += 1

    @property
    def per_trial(self) -> float | None:
        """Seconds from one end to the next, on average over this call."""
        ended = self.done - self.initial
        return self.elapsed / ended if ended > 0 else None

    @property
    def word(self) -> str:
        """What the objective returns is called that."""
        return "value" if self.study.maximize else "loss"

    def value(self, trial: Trial) -> float:
        """What the objective returned for a trial: the loss in the user's sign."""
        loss = trial.losses[0]
        return -loss if self.study.maximize else loss

    def counts(self) -> list[Piece]:
        """``58 ok 3 failed 1 running``, of the whole study."""
        counts = self.study.ledger.counts
        words: list[Piece] = []
        for status, word, style in (
            (Status.DONE, "ok", ""),
            (Status.PRUNED, "pruned", ""),
            (Status.FAILED, "failed", "bad"),
            (Status.RUNNING, "running", ""),
        ):
            if counts[status] or status is Status.DONE:
                words += [(" ", "")] if words else []
                words.append((f"{counts[status]} {word}", style))
        return words


def reason(trial: Trial) -> str:
    """Why a trial failed, as its kind: the class of its exception, or a few words."""
    return why_failed(trial).partition(":")[0] if trial.error is not None else why_failed(trial)


def width_of(pieces: Sequence[Piece]) -> int:
    """Columns that a line takes."""
    return sum(cells(text) for text, _ in pieces)


def fit(pieces: Sequence[Piece], width: int, more: str) -> list[Piece]:
    """A line cut to a width.

    Args:
        pieces: The line.
        width: The most columns.
        more: Marks the cut.
    """
    if width_of(pieces) <= width:
        return list(pieces)
    kept: list[Piece] = []
    for text, style in pieces:
        left = width - width_of(kept)
        if cells(text) > left - cells(more):
            return [*kept, (cut(text + more, left, more), style)]
        kept.append((text, style))
    return kept


def render(pieces: Sequence[Piece], colour: bool) -> str:
    """A line as text.

    Args:
        pieces: The line.
        colour: Whether styles become colours.
    """
    if not colour:
        return "".join(text for text, _ in pieces)
    return "".join(
        f"\x1b[{COLOURS[style]}m{text}\x1b[0m" if style and text else text for text, style in pieces
    )


def joined(parts: Sequence[Sequence[Piece]]) -> list[Piece]:
    """Parts of a line with a gap between them."""
    line: list[Piece] = []
    for part in parts:
        line += [(GAP, "")] if line and part else []
        line += part
    return line


# Live lines


def live(now: Standing, width: int, marks: Marks) -> list[list[Piece]]:
    """The three lines at the bottom of a terminal: progress, the best configuration, the last event.

    Args:
        now: How the search stands.
        width: The most columns.
        marks: The characters.
    """
    best: list[Piece] = [("best   ", "dim")]
    if now.best is None:
        best.append(("none yet", ""))
    else:
        best.append((configuration(now.study.ledger.space, now.best, marks.more), ""))
    lines = [progress(now, width, marks), best, _event(now, marks)]
    return [fit(line, width, marks.more) for line in lines]


def progress(now: Standing, width: int, marks: Marks) -> list[Piece]:
    """The first live line; what matters least is left out first where it does not fit.

    Args:
        now: How the search stands.
        width: The most columns.
        marks: The characters.
    """
    parts = _progress_parts(now)
    for dropped in ("", "rate", "trial", "counts", "clock"):
        parts.pop(dropped, None)
        if dropped == "trial" and "best" in parts:
            parts["best"] = parts["best"][:2]
        line = joined(list(parts.values()))
        room = width - width_of(line) - len(GAP)
        if now.total and room >= BAR[0]:
            return [*bar(now.done, now.total, min(room, BAR[1]), marks), (GAP, ""), *line]
        if not now.total and room >= 0:
            return line
    return fit(joined(list(parts.values())), width, marks.more)


def status(now: Standing) -> list[Piece]:
    """The first live line without its bar: for a log."""
    return joined(list(_progress_parts(now).values()))


def _progress_parts(now: Standing) -> dict[str, list[Piece]]:
    of = f"/{now.total}" if now.total is not None else " trials"
    parts: dict[str, list[Piece]] = {"done": [(f"{now.done}{of}", "")]}
    if now.best is not None:
        parts["best"] = [
            ("best ", ""),
            (number(now.value(now.best)), "bold"),
            (f" (trial {now.best.number})", ""),
        ]
    parts["counts"] = now.counts()
    per_trial = now.per_trial
    if per_trial is not None:
        parts["rate"] = [(rate(per_trial), "dim")]
        left = 0.0 if now.total is None else max(now.total - now.done, 0) * per_trial
        parts["clock"] = [(_end(left, per_trial), "")] if now.total else [(clock(now.elapsed), "dim")]
    return parts


def _end(left: float, per_trial: float) -> str:
    # What stands still for minutes says when, and not how long.
    if left < LONG or per_trial < SLOW:
        return f"ETA {clock(left)}"
    then = time.localtime(time.time() + left)
    return time.strftime("ends %H:%M" if left < 20 * 3600 else "ends %a %d %b %H:%M", then)


def bar(done: int, total: int, width: int, marks: Marks) -> list[Piece]:
    """A bar.

    Args:
        done: So many.
        total: Of so many.
        width: In columns.
        marks: The characters.

    >>> from parzen.run.wording import ASCII
    >>> render(bar(1, 4, 8, ASCII), colour=False)
    '##......'
    """
    steps = len(marks.bar)
    whole, part = divmod(int(min(max(done / total, 0.0), 1.0) * width * steps), steps)
    full = marks.bar[0] * whole + (marks.bar[part] if part else "")
    return [(full, "good"), (marks.rest * (width - len(full)), "dim")]


def _event(now: Standing, marks: Marks) -> list[Piece]:
    if now.note:
        return [("note   ", "dim"), (clean(now.note), "bold")]
    parts: list[list[Piece]] = []
    slow = now.here == 0 or (now.per_trial or 0.0) > SLOW
    if now.report is not None:
        trial, value, step = now.report
        parts.append([(f"trial {trial} at {number(step)}: {number(value)}", "")])
    if now.newest is not None and slow:
        began = time.strftime("%H:%M:%S", time.localtime(now.newest.started))
        parts.append([(f"trial {now.newest.number} began {began}", "")])
    if now.last is not None and now.report is None:
        parts.append([(_outcome(now, now.last), "")])
    if now.reasons:
        why = ", ".join(f"{count} {kind}" for kind, count in now.reasons.most_common(3))
        parts.append([(f"failed: {why}", "bad")])
    line: list[Piece] = [("last   ", "dim")]
    for part in parts:
        line += [(f" {marks.dot} ", "dim")] if len(line) > 1 else []
        line += part
    return line


def _outcome(now: Standing, trial: Trial) -> str:
    if trial.status is Status.DONE:
        said = f"{now.word} {number(now.value(trial))}"
    else:
        said = "pruned" if trial.status is Status.PRUNED else "failed"
    return f"trial {trial.number} {said} {seconds(trial.ended - trial.started)}"
