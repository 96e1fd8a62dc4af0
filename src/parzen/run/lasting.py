"""The lines that stay: one for a trial that is worth it, and the summary at the end."""

from __future__ import annotations

import shlex

from parzen.history.history import Status, Trial
from parzen.run.failures import why_failed
from parzen.run.standing import GAP, Piece, Standing, fit, width_of
from parzen.run.study import Study
from parzen.run.wording import Marks, cells, clean, configuration, cut, number, seconds

WIDEST = 100  # cells of a line on a terminal, if nothing in it is longer
MESSAGE = 300  # cells of a message where lines are not cut to a terminal; twice that for a configuration
ANSWER = 6  # lines that the best configuration may take at the end


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
    if width is not None and width_of(first) > width:
        lines = [first[:2], [(" " * 9, ""), *first[2:]]]
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
    line: list[Piece] = [("best     ", "dim"), (number(now.value(best)), "bold")]
    line.append((f" (trial {best.number}) ", ""))
    if width is None:
        return [[*line, (" " + found, "")]]
    lines = [line]
    words = found.split(" ")
    for i, word in enumerate(words):
        # The last line keeps room for how many are left out.
        room = width - 16 if len(lines) == ANSWER and i < len(words) - 1 else width
        if width_of(lines[-1]) + 1 + cells(word) > room and width_of(lines[-1]) > 9:
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
