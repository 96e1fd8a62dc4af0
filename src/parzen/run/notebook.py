"""What a Jupyter notebook shows: one display that is replaced at most twice a second.

HTML and an inline picture, without scripts or widgets: so it also shows in a
saved notebook and on sites that render one. Colours follow the page's text,
so that light and dark themes both work. The same in plain text goes with it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

from parzen.cards.markup import text
from parzen.cards.picture import picture
from parzen.history.history import Status, Trial
from parzen.run import lasting, standing
from parzen.run.console import View
from parzen.run.failures import why_failed
from parzen.run.standing import Standing, render
from parzen.run.wording import UNICODE, configuration
from parzen.wording import clean, cut, number, seconds

FAILURES = 10  # that are listed, at most
PLAIN = 100  # columns of the plain text
ACCENT = "#2a8fd6"  # seen on white and on black


class Notebook(View):
    """Headline, bar, the best so far as a picture, failures."""

    per_second = 2.0

    def __init__(self) -> None:
        self._id = f"parzen-{os.urandom(6).hex()}"
        self._shown = False
        self._losses: list[
            float
        ] = []  # of trials in the order of their ends, in the user's sign; NaN for others
        self._failures: list[tuple[Trial, int]] = []
        self._said: list[str] = []
        self._read = 0

    def begin(self, now: Standing) -> None:
        """Show what is there already."""
        for trial in now.study.trials:
            if trial.status in (Status.DONE, Status.FAILED, Status.PRUNED):
                self._note(now, trial)
            if trial.status is Status.FAILED:
                self._failures = [*self._failures, (trial, 0)][-FAILURES:]
        self._publish(now, "")

    def _note(self, now: Standing, trial: Trial) -> None:
        done = trial.status is Status.DONE and trial.losses
        self._losses.append(now.value(trial) if done else float("nan"))

    def count(self, now: Standing) -> None:
        """Keep its loss for the picture."""
        if now.last is not None:
            self._note(now, now.last)

    def draw(self, now: Standing, soft: bool) -> None:
        """Replace the display."""
        self._publish(now, "")

    def failed(self, now: Standing, trial: Trial, more: int) -> None:
        """It is in the list, from the next drawing on."""
        self._failures = [*self._failures, (trial, more)][-FAILURES:]

    def say(self, words: str) -> None:
        """Below the headline."""
        self._said = [*self._said, clean(words)][-3:]

    def end(self, now: Standing, stopped: str | None, interrupted: bool, brief: bool) -> None:
        """Show the final state."""
        now.note = ""
        lines = lasting.summary(now, stopped, interrupted, None, UNICODE)
        self._publish(now, render(lines[0], colour=False), [render(line, colour=False) for line in lines])

    def _publish(self, now: Standing, headline: str, plain: list[str] | None = None) -> None:
        """Send the display, or a new state of it.

        Args:
            now: How the search stands.
            headline: Left empty while the search runs.
            plain: The plain text; left out, the live lines.
        """
        from IPython.display import display, update_display

        lines = plain or [render(line, colour=False) for line in standing.live(now, PLAIN, UNICODE)]
        data = {
            "text/plain": "\n".join(line.rstrip() for line in lines),
            "text/html": self._html(now, headline),
        }
        # Their types differ between versions of IPython.
        show: Callable[..., Any] = update_display if self._shown else display
        self._shown = True
        show(data, raw=True, display_id=self._id)

    # The page

    def _html(self, now: Standing, headline: str) -> str:
        head = re.sub(" {2,}", " · ", headline or render(standing.status(now), colour=False))
        parts = [f'<div style="font-weight:600;margin-bottom:.3em">{text(head)}</div>']
        parts += [f'<div style="opacity:.75">{text(line)}</div>' for line in (*self._said, now.note) if line]
        if now.total:
            parts.append(_bar(now.done, now.total))
        if now.best is not None:
            found = configuration(now.study.ledger.space, now.best, UNICODE.more)
            best = f"best {now.word} <b>{number(now.value(now.best))}</b> (trial {now.best.number})"
            parts.append(f"<div>{best} &nbsp;<code>{text(found)}</code></div>")
        parts.append(picture(self._losses, now.study.maximize, now.word, colour=ACCENT))
        parts.append(self._failed_list(now))
        style = "max-width:46em;font-size:.95em;line-height:1.5;color:inherit"
        return f'<div style="{style}">{"".join(parts)}</div>'

    def _failed_list(self, now: Standing) -> str:
        failed = now.study.ledger.counts[Status.FAILED]  # as the headline says
        if not failed:
            return ""
        rows = []
        for trial, more in self._failures:
            where = (trial.error or {}).get("where")
            why = cut(clean(why_failed(trial)), 200, UNICODE.more) + (f" ({where})" if where else "")
            others = f" and {more} more before it" if more else ""
            took = seconds(trial.ended - trial.started)
            rows.append(f"<li>trial {trial.number}{others}: {text(why)} <small>{took}</small></li>")
        word = "trial" if failed == 1 else "trials"
        return f"<details><summary>{failed} {word} failed</summary><ul>{''.join(rows)}</ul></details>"


def _bar(done: int, total: int) -> str:
    share = min(max(done / total, 0.0), 1.0)
    inner = f'<div style="width:{100 * share:.1f}%;height:100%;background:{ACCENT};border-radius:3px"></div>'
    frame = "height:.5em;border-radius:3px;margin:.3em 0;background:rgba(128,128,128,.3)"
    label = f'role="progressbar" aria-valuemin="0" aria-valuemax="{total}" aria-valuenow="{done}"'
    return f'<div {label} style="{frame}">{inner}</div>'


def here() -> bool:
    """Whether this runs in a Jupyter kernel, Colab's included."""
    get_ipython: Any = sys.modules["IPython"].get_ipython if "IPython" in sys.modules else None
    shell = None if get_ipython is None else get_ipython()
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__)
