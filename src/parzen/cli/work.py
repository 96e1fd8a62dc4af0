"""What `run`, `resume` and `worker` share: working on a study, and saying how it ended."""

from __future__ import annotations

import os
import shlex
import sys
import time
from typing import TYPE_CHECKING, Any

from parzen.cli import terminal
from parzen.cli.main import STOPPED
from parzen.errors import AllTrialsFailed, InvalidArgument, ParzenError

if TYPE_CHECKING:
    from parzen.run.study import Study
    from parzen.workers import Work


def serve(study: Study, asked: Work, quiet: bool) -> int:
    """Work on a study until its end, say what was found; the exit code.

    Args:
        study: Opened for writing.
        asked: How.
        quiet: Whether only the result is said.

    Raises:
        AllTrialsFailed: If the study has come to its end without one success.
    """
    from parzen.run.progress import choose
    from parzen.workers import work

    begun, before = time.monotonic(), study.ledger.ended
    shown = not quiet and os.environ.get("PARZEN_PROGRESS") != "none"  # then the progress sums up
    try:
        stopped = work(study, asked, choose(not quiet, True))
    except KeyboardInterrupt:
        study.refresh()
        if study.incumbent is not None:
            tell_best(study)
        if not shown:
            _say_end(study, "interrupted", begun, before)
        return STOPPED["interrupted"]
    except ParzenError:
        if study.ledger.ended > before:
            _say_end(study, "error", begun, before)
        raise
    found = study.incumbent
    few = study.ledger.ended - before <= 1  # of so few the progress makes no summary
    if (shown and few and stopped not in STOPPED) or (not shown and stopped in STOPPED):
        _say_end(study, stopped, begun, before)
    summed = shown and (not few or stopped in STOPPED)
    if found is not None and not (summed and sys.stdout.isatty()):  # else it stands on the screen already
        tell_best(study)
    if stopped in STOPPED:
        return STOPPED[stopped]
    over = study.end is not None and study.ledger.ended >= study.end
    if found is None and (over or study.ledger.ended > before):
        raise _no_success(study)
    return 0


def _no_success(study: Study) -> AllTrialsFailed:
    """Why no trial succeeded; with what is known about the newest failure."""
    from parzen.run.failures import no_success

    error = no_success(study.trials)
    last = next((trial for trial in reversed(study.trials) if trial.error is not None), None)
    if last is not None and last.error is not None:
        for line in str(last.error.get("traceback", "")).splitlines():
            if line.startswith("parzen: "):  # a note of ours on the user's exception
                error.add_note(line)
        error.hint = f"for a traceback: parzen trial {address(study)} {last.number}"
    return error


def tell_best(study: Study) -> None:
    """The best trial in one line on stdout.

    Args:
        study: Has one.
    """
    from parzen.naming import readable

    trial = study.best
    value = -trial.losses[0] if study.maximize else trial.losses[0]
    shown = ", ".join(
        f"{label} = {_short(value)}" for label, value in readable(study.space, trial.point or {}).items()
    )
    print(f"best {value:.6g} (trial {trial.number}): {shown}", flush=True)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _say_end(study: Study, stopped: str | None, begun: float, before: int) -> None:
    """How it ended, where it is kept, and how to go on."""
    ended, end = study.ledger.ended, study.end
    took = terminal.duration(time.monotonic() - begun)
    word = {None: "finished" if end is not None and ended >= end else "ended", "error": "stopped"}
    how = word.get(stopped, stopped)
    so_far = terminal.so_far(ended, end)
    terminal.message(f"{how}  {so_far} ({ended - before} here) in {took} · saved in {study.place}")
    if end is None or ended < end:
        terminal.message(f"resume  parzen resume {address(study)}")


def address(study: Study) -> str:
    """A study as an argument of commands.

    Args:
        study: Any.
    """
    named = "" if study.name == "default" else f" --name {shlex.quote(study.name)}"
    return shlex.quote(study.place) + named


def gpus(text: str | None) -> list[int] | None:
    """GPUs as written on the command line.

    Args:
        text: As ``0,1``; None for all.

    Raises:
        InvalidArgument: If it is no list of numbers.
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InvalidArgument(f"--gpus must be numbers such as 0,1; got {text!r}")
    return [int(part) for part in parts]
