"""How a search stands, and the lines that say so.

A line is a list of pieces, text with a style, so that it can be cut to a width
before colours are added. Nothing here writes.
"""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from parzen.history.history import Status, Trial
from parzen.run.failures import why_failed
from parzen.run.study import Study
from parzen.run.wording import Marks, cells, clean, clock, configuration, cut, number, rate, seconds

Piece = tuple[str, str]  # text, style: "good", "bad", "bold", "dim" or ""
COLOURS = {"good": "32", "bad": "31", "bold": "1", "dim": "2"}
GAP = "  "
BAR = (5, 20)  # cells of the bar: at least, at most
WIDEST = 100  # cells of a permanent line on a terminal, if nothing in it is longer
MESSAGE = 300  # cells of a message or a configuration where lines are not cut to a terminal
ANSWER = 6  # lines that the best configuration may take at the end
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
        reasons: Why trials of this call failed: kind -> how many.
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


# Permanent lines


def ended(now: Standing, trial: Trial, width: int | None, marks: Marks) -> list[Piece]:
    """One line for a trial that has ended well or was pruned.

    Args:
        now: How the search stands.
        trial: Which.
        width: The most columns; None for no limit and no alignment.
        marks: The characters.
    """
    best = now.best is trial
    head: list[Piece] = [(marks.good if best else marks.plain, "good" if best else "dim")]
    head.append((f" trial {trial.number:>{_digits(now, width)}}", ""))
    if trial.status is Status.DONE:
        head.append((f"  {now.word} ", ""))
        shown = number(now.value(trial))
        head.append((shown if width is None or width < 60 else f"{shown:<10}", "bold" if best else ""))
    else:
        head.append(("  pruned", ""))
    text = configuration(now.study.ledger.space, trial, marks.more)
    return _line(head, text, [(seconds(trial.ended - trial.started), "dim")], best, width, marks)


def failed(now: Standing, trial: Trial, more: int, width: int | None, marks: Marks) -> list[Piece]:
    """One line for a trial that failed.

    Args:
        now: How the search stands.
        trial: Which.
        more: So many others failed since the last such line.
        width: The most columns; None for no limit and no alignment.
        marks: The characters.
    """
    where = (trial.error or {}).get("where")
    text = clean(why_failed(trial))
    place = f" ({clean(str(where))})" if where else ""
    text = cut(text, MESSAGE, marks.more) + place
    head: list[Piece] = [(marks.bad, "bad"), (f" trial {trial.number:>{_digits(now, width)}}", "")]
    tail: list[Piece] = [(seconds(trial.ended - trial.started), "dim")]
    if more:
        head.append((f" and {more} more", "bad"))
    return _line(head, text, tail, False, width, marks)


def _digits(now: Standing, width: int | None) -> int:
    most = now.total if now.total is not None else 0
    return 0 if width is None or width < 60 else len(str(max(most - 1, 0)))


def _line(
    head: list[Piece], text: str, tail: list[Piece], best: bool, width: int | None, marks: Marks
) -> list[Piece]:
    """Head, text and tail; on a terminal the tail stands at the right and the text is cut."""
    word: list[Piece] = [("  best", "good")] if best else []
    if width is None:
        shown = cut(text, 2 * MESSAGE, marks.more)
        return [*head, *([("  ", ""), (shown, "")] if text else []), ("  ", ""), *tail, *word]
    right = min(width, max(WIDEST, 0))
    # A failure leaves the columns of "best" free, so that durations stand below each other.
    after = width_of(tail) + len("  best")
    room = right - width_of(head) - after - 2 * len(GAP)
    if room < 24:  # narrow: the text is worth more than the duration
        return fit([*head, (GAP, ""), (text, "")], width, marks.more)
    shown = cut(text, room, marks.more)
    gap = " " * (room - cells(shown))
    return [*head, (GAP, ""), (shown, ""), (gap + GAP, ""), *tail, *word]


# The end


def summary(
    now: Standing, stopped: str | None, interrupted: bool, width: int | None, marks: Marks
) -> list[list[Piece]]:
    """What is left on the screen after a search: how it went, the best, where it is, what to do with it.

    Args:
        now: How the search stands.
        stopped: Why it ended early, or None.
        interrupted: Whether an interrupt ends the program.
        width: The most columns; None for no limit.
        marks: The characters.
    """
    early = interrupted or stopped is not None
    of = f" of {now.total}" if now.total is not None and now.total >= now.done else ""
    reason = "" if stopped in (None, "interrupted", "terminated") else f" ({str(stopped).replace('_', ' ')})"
    first: list[Piece] = [
        ("stopped  " if early else "done     ", "bold"),
        (f"{now.done}{of} trials in {seconds(now.elapsed)}{reason}  ", ""),
        *now.counts(),
    ]
    lines = [first]
    if now.best is None:
        lines.append([("best     ", "dim"), ("none: no trial succeeded", "bad")])
    else:
        lines += _answer(now, now.best, width, marks)
    if now.study.durable:
        name, place = now.study.name, now.study.place
        kept = place if name == "default" else f"{place} (study {name})"
        lines.append([("saved    ", "dim"), (clean(kept), "")])
        where = shlex.quote(place) + ("" if name == "default" else f" --study {shlex.quote(name)}")
        if now.total is None or now.done < now.total:
            lines.append([("resume   ", "dim"), (_resume(now.study, where), "")])
        lines.append([("look     ", "dim"), (f"parzen show {where}", "")])
    return lines if width is None else [_whole(line, width, marks) for line in lines]


def _answer(now: Standing, best: Trial, width: int | None, marks: Marks) -> list[list[Piece]]:
    """The best configuration whole, on as many lines as it needs, up to a few."""
    found = configuration(now.study.ledger.space, best, marks.more)
    line: list[Piece] = [("best     ", "dim"), (number(now.value(best), 6), "bold")]
    line.append((f" (trial {best.number}) ", ""))
    if width is None:
        return [[*line, (" " + found, "")]]
    lines = [line]
    words = found.split(" ")
    for i, word in enumerate(words):
        if width_of(lines[-1]) + 1 + cells(word) > width and width_of(lines[-1]) > 9:
            if len(lines) == ANSWER:
                lines[-1].append((f" {marks.more} and {len(words) - i} more", "dim"))
                break
            lines.append([(" " * 8, "")])
        lines[-1].append((" " + word, ""))
    return lines


def _whole(line: list[Piece], width: int, marks: Marks) -> list[Piece]:
    """Cut a line of the summary, unless it is one to copy."""
    return line if line[0][0].startswith(("saved", "look", "resume")) else fit(line, width, marks.more)


def _resume(study: Study, where: str) -> str:
    configured = study.ledger.configured
    if configured is not None and configured.objective:
        return f"parzen resume {where}"
    return "the same call goes on"
