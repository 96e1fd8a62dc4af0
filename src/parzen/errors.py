"""Everything parzen raises, in one tree.

ParzenError
├── BadSearchSpace
│   ├── InvalidSpace (ValueError)          a distribution or a space that cannot be searched
│   └── DuplicateLabel                     two hyperparameters with one label
├── InvalidArgument (ValueError)           an argument of fmin or of a setting
│   ├── InvalidLabel (TypeError)           a label that is missing or no string
│   └── InvalidPoint (KeyError, TypeError) a point that does not fit its space
├── InvalidObjectiveResult (TypeError, ValueError)    what the objective returned
│   ├── InvalidLoss (KeyError)
│   └── InvalidResultStatus (KeyError)
├── InvalidTrial (ValueError)              a document that is no trial
├── InvalidAnnotatedParameter (ValueError)
├── AllTrialsFailed                        a search without one successful trial
├── SearchExhausted                        an algorithm with no point left
├── TooManyFailures                        `max_failures` was passed
├── StudyChanged (ValueError)              a study opened with other settings than its own
│   └── SpaceChanged                       with another space
├── StorageError (OSError)                 a store that cannot be used: locked, read-only, away
│   └── StudyNotFound (FileNotFoundError)  no study where one was expected
├── TrialFailed                            an attempt that ended without an outcome of the objective's
│   ├── TrialTimeout (TimeoutError)        it ran past `trial_timeout`
│   ├── TrialMemory (MemoryError)          it took more than `trial_memory`
│   └── WorkerLost                         its process died
├── Pruned                                 raised by an objective to end its trial early
├── InvalidEvent (ValueError)              a log that cannot be read
├── Taken                                  a store's unique key exists already
└── MissingDependency (ImportError)        an extra that is not installed

Classes that Hyperopt has keep Hyperopt's name, and each also is the built-in
exception that Hyperopt raised in its place, so old handlers go on working.
Each class has a stable code (``PZ011``) for documentation and tools.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any, ClassVar


class ParzenError(Exception):
    """The root of all exceptions of parzen.

    Args:
        message: One sentence: what was wanted and what came.
        hint: What to do about it; shown below the message in a traceback.
        details: Kept as attributes for programs, such as ``label="lr"``.
    """

    code: ClassVar[str] = "PZ000"

    def __init__(self, message: str = "", *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        for name, value in details.items():
            setattr(self, name, value)
        if hint:
            self.add_note(f"fix: {hint}")

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.hint, self.details)


def _rebuild(cls: type[ParzenError], message: str, hint: str | None, details: dict[str, Any]) -> ParzenError:
    return cls(message, hint=hint, **details)


class BadSearchSpace(ParzenError):
    """Something is wrong with the search space."""

    code = "PZ001"


class InvalidSpace(BadSearchSpace, ValueError):
    """A distribution or a space that cannot be searched; ``.label`` names the culprit if there is one."""

    code = "PZ005"


class DuplicateLabel(BadSearchSpace):
    """Two different hyperparameters have the same label; ``.label``."""

    code = "PZ002"


class InvalidArgument(ParzenError, ValueError):
    """An argument has a wrong type, range or name."""

    code = "PZ003"


class InvalidLabel(InvalidArgument, TypeError):
    """A label is missing or is no string."""

    code = "PZ004"


class InvalidPoint(InvalidArgument, KeyError, TypeError):
    """A point does not fit its space; ``.label`` names the first culprit."""

    code = "PZ016"


class InvalidObjectiveResult(ParzenError, TypeError, ValueError):
    """The objective returned something that is no loss; ``.result`` is what it returned."""

    code = "PZ008"


class InvalidLoss(InvalidObjectiveResult, KeyError):
    """A successful result carries no usable loss; ``.result``."""

    code = "PZ009"


class InvalidResultStatus(InvalidObjectiveResult, KeyError):
    """A result's status is none of the known ones; ``.result``."""

    code = "PZ010"


class InvalidTrial(ParzenError, ValueError):
    """A document is no valid trial; ``.obj`` is the document."""

    code = "PZ012"


class InvalidAnnotatedParameter(ParzenError, ValueError):
    """A function given with ``space="annotated"`` has an annotation that is no hp expression."""

    code = "PZ013"


class AllTrialsFailed(ParzenError):
    """No trial of the search succeeded, so there is no best one."""

    code = "PZ014"


class SearchExhausted(ParzenError):
    """An algorithm with finitely many points has proposed all of them."""

    code = "PZ015"


class TooManyFailures(ParzenError):
    """More trials failed than `max_failures` allows."""

    code = "PZ017"


class StudyChanged(ParzenError, ValueError):
    """A durable study was opened with another seed, direction or lockstep than its own."""

    code = "PZ021"


class SpaceChanged(StudyChanged):
    """A durable study was opened with a space that differs from its own."""

    code = "PZ011"


class StorageError(ParzenError, OSError):
    """A store cannot be used: it is locked, read-only, away, of a newer format, or no store at all."""

    code = "PZ022"


class StudyNotFound(StorageError, FileNotFoundError):
    """There is no study where one was expected."""

    code = "PZ023"


class TrialFailed(ParzenError):
    """An attempt failed, and the objective's own exception is not at hand."""

    code = "PZ024"


class TrialTimeout(TrialFailed, TimeoutError):
    """A trial ran longer than `trial_timeout` and was ended; the search learns it as a failure."""

    code = "PZ025"


class TrialMemory(TrialFailed, MemoryError):
    """A trial took more memory than `trial_memory` and was ended; the search learns it as a failure."""

    code = "PZ026"


class WorkerLost(TrialFailed):
    """The process that ran a trial died three times; the search learns it as a failure."""

    code = "PZ027"


class Pruned(ParzenError):
    """Raise it in an objective to end the trial early: what it reported is kept, and it is no failure."""

    code = "PZ028"


class InvalidEvent(ParzenError, ValueError):
    """An event log has an event that this version cannot read."""

    code = "PZ018"


class Taken(ParzenError):
    """A batch of events was refused because one of its unique keys exists; ``.key``."""

    code = "PZ019"


class MissingDependency(ParzenError, ImportError):
    """An optional package is needed and not installed."""

    code = "PZ020"


class SpaceWarning(UserWarning):
    """A space that is legal but probably not what was meant."""


class ResultWarning(UserWarning):
    """A result that is legal but probably not what was meant."""


def did_you_mean(word: str, known: list[str]) -> str:
    """A spelling suggestion to append to a message, or an empty string.

    Args:
        word: What was written.
        known: What could have been meant.

    >>> did_you_mean("tpee", ["tpe", "random"])
    " Did you mean 'tpe'?"
    """
    import difflib

    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the user's line: the first frame that is not ours.

    Args:
        text: One sentence.
        category: `SpaceWarning` or `ResultWarning`.
    """
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "parzen":
        frame = frame.f_back
        level += 1
    warnings.warn(text, category, stacklevel=level)
