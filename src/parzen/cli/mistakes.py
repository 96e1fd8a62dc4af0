"""How a mistake is shown: one sentence, the fix, the place in the user's own code, and an exit code."""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from types import TracebackType

from parzen import errors

EXIT: list[tuple[type[Exception], int]] = [
    (errors.StudyNotFound, 3),
    (errors.StorageError, 4),
    (errors.StudyChanged, 5),
    (errors.TooManyFailures, 6),
    (errors.AllTrialsFailed, 1),
    (errors.InvalidObjectiveResult, 1),
    (errors.ParzenError, 2),
]
_PYTHON = os.path.dirname(os.__file__) + os.sep
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

# What Python calls its arguments, and what they are here.
_WORDS = [
    (
        r"Pass max_evals=100, timeout=\"30m\", or max_evals=None to run until Ctrl-C",
        "Give -n 100 or --timeout 30m, or -n none to run until Ctrl-C",
    ),
    (r"\bstudy=(?=$|[ ;,.])", "--name"),
    (r'\bresume="(\w+)"', r"--resume \1"),
    (r"pass maximize=True", "give --maximize"),
    (r"pass maximize=False", "leave --maximize out"),
    (r"maximize=True was given", "--maximize was given"),
    (r"maximize=False was given", "--maximize was not given"),
    (r"\bpass seed=(\d+)", r"give --seed \1"),
    (r"\bseed=(\d+) was given", r"--seed \1 was given"),
    (r"\blockstep=(\w+)", r"--lockstep \1"),
    (r"say which one with name=", "say which one with --from NAME"),
    (r"name the objective's column with loss=", "name the objective's column with --loss COLUMN"),
    (r"leave seed out", "leave --seed out"),
    (r"\bread_only=True", "a command that only reads"),
]


def explain(error: errors.ParzenError, as_json: bool) -> int:
    """Show an error of ours; its exit code.

    Args:
        error: Any.
        as_json: Whether as a JSON document.
    """
    code = next(code for kind, code in EXIT if isinstance(error, kind))
    return say(error, as_json, code, _place(error))


def say(error: errors.ParzenError, as_json: bool, code: int, place: str | None = None) -> int:
    """One sentence on stderr, and the fix below it.

    Args:
        error: Has the message and the hint.
        as_json: Whether as a JSON document.
        code: The exit code, given back.
        place: File and line of the user's code.
    """
    message, hint = _in_words(error.message), _in_words(error.hint or "") or None
    if as_json:
        what = {"code": error.code, "message": message, "hint": hint}
        if place:
            what["where"] = place
        print(json.dumps({"error": what}, ensure_ascii=False), file=sys.stderr)
        return code
    print(f"error: {message}", file=sys.stderr)
    if place:
        print(f"where: {place}", file=sys.stderr)
    if hint:
        print(f"fix: {hint}", file=sys.stderr)
    for note in getattr(error, "__notes__", []):
        if not note.startswith("fix: "):
            print(note, file=sys.stderr)
    return code


def warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """A warning as one line, in place of `warnings.formatwarning`.

    Args:
        message: What it says.
        category: Its class.
        filename: Whose line it is about.
        lineno: Which line.
        line: Its text.
    """
    del category, line
    place = "" if _is_ours(filename) else f" ({os.path.basename(filename)}:{lineno})"
    return f"warning: {message}{place}\n"


def _is_ours(filename: str) -> bool:
    """Whether a line is of this package or of the command's own script, which is nothing to the user."""
    entry = getattr(sys.modules.get("__main__"), "__file__", None) or ""
    return filename.startswith(("<", _HERE)) or os.path.abspath(filename) == os.path.abspath(entry)


def _in_words(text: str) -> str:
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


def theirs(error: BaseException) -> bool:
    """Whether an exception comes from the user's own code.

    Args:
        error: Any.
    """
    return isinstance(error, SyntaxError) or bool(_frames(error.__traceback__))


def show(error: Exception, as_json: bool) -> int:
    """The user's own exception, with the user's frames only.

    Args:
        error: Raised by a script that was imported.
        as_json: Whether as a JSON document.
    """
    frames = _frames(error.__traceback__)
    last = "".join(traceback.format_exception_only(error)).strip()
    if as_json:
        what = {"code": "PZ000", "message": last, "hint": None}
        if frames:
            what["where"] = f"{frames[-1].filename}:{frames[-1].lineno}"
        print(json.dumps({"error": what}, ensure_ascii=False), file=sys.stderr)
        return 2
    print("error: your script raised an exception", file=sys.stderr)
    for line in traceback.format_list(frames):
        print(line, end="", file=sys.stderr)
    print(last, file=sys.stderr)
    return 2


def _frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    """Frames that are neither ours, nor the import system's, nor of the program's entry."""
    inner = False
    kept = []
    for frame in traceback.extract_tb(trace):
        if frame.filename.startswith(_HERE):
            inner = True
        elif inner and not frame.filename.startswith("<frozen "):
            kept.append(frame)
    if all("site-packages" in frame.filename or frame.filename.startswith(_PYTHON) for frame in kept):
        return []  # a library, called by us
    return kept


def _place(error: BaseException) -> str | None:
    """Where in the user's code an error of ours was raised."""
    frames = [frame for frame in _frames(error.__traceback__) if "site-packages" not in frame.filename]
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else None
