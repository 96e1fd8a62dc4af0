"""All exceptions are in one tree, with stable codes, and are the built-ins that old handlers expect."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback

import pytest

from parzen import errors
from parzen.errors import InvalidSpace, ParzenError, did_you_mean

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, ParzenError)]

# The built-in exceptions that Hyperopt 0.3.0 raised in their places, or that Python's users expect.
BUILTINS = {
    "InvalidSpace": (ValueError,),
    "InvalidArgument": (ValueError,),
    "InvalidLabel": (TypeError, ValueError),
    "InvalidPoint": (KeyError, ValueError, TypeError),
    "InvalidObjectiveResult": (TypeError, ValueError),
    "InvalidLoss": (TypeError, ValueError, KeyError),
    "InvalidResultStatus": (KeyError, TypeError, ValueError),
    "InvalidTrial": (ValueError,),
    "InvalidAnnotatedParameter": (ValueError,),
    "StudyChanged": (ValueError,),
    "SpaceChanged": (ValueError,),
    "StorageError": (OSError,),
    "StudyNotFound": (FileNotFoundError, OSError),
    "TrialTimeout": (TimeoutError, OSError),
    "TrialMemory": (MemoryError,),
    "InvalidEvent": (ValueError,),
    "MissingDependency": (ImportError,),
}

# Published in the documentation: never reused, never changed.
CODES = {
    "ParzenError": "PZ000",
    "BadSearchSpace": "PZ001",
    "DuplicateLabel": "PZ002",
    "InvalidArgument": "PZ003",
    "InvalidLabel": "PZ004",
    "InvalidSpace": "PZ005",
    "InvalidObjectiveResult": "PZ008",
    "InvalidLoss": "PZ009",
    "InvalidResultStatus": "PZ010",
    "SpaceChanged": "PZ011",
    "InvalidTrial": "PZ012",
    "InvalidAnnotatedParameter": "PZ013",
    "AllTrialsFailed": "PZ014",
    "SearchExhausted": "PZ015",
    "InvalidPoint": "PZ016",
    "TooManyFailures": "PZ017",
    "InvalidEvent": "PZ018",
    "Taken": "PZ019",
    "MissingDependency": "PZ020",
    "StudyChanged": "PZ021",
    "StorageError": "PZ022",
    "StudyNotFound": "PZ023",
    "TrialFailed": "PZ024",
    "TrialTimeout": "PZ025",
    "TrialMemory": "PZ026",
    "WorkerLost": "PZ027",
    "Pruned": "PZ028",
}


def test_every_class_has_a_code_of_its_own():
    codes = [cls.__dict__.get("code") for cls in CLASSES]
    assert None not in codes
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(("name", "code"), list(CODES.items()))
def test_codes_do_not_change(name, code):
    assert getattr(errors, name).code == code


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_each_is_the_built_in_it_stands_for(cls):
    own = {base for base in cls.__mro__ if base.__module__ == "builtins"}
    own -= {object, BaseException, Exception, LookupError}
    assert own == set(BUILTINS.get(cls.__name__, ()))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_tree_at_the_top_of_the_module_is_the_real_one(cls):
    """Name, depth and parent of each line."""
    stack: list[str] = []
    parents = {}
    for line in errors.__doc__.splitlines():
        bare = line.lstrip("│├└─ ")
        if not bare or not bare.split()[0][0].isupper() or not (line[:1] in "│├└" or bare == "ParzenError"):
            continue
        depth = (len(line) - len(bare)) // 4
        stack = [*stack[:depth], bare.split()[0]]
        parents[stack[-1]] = stack[-2] if depth else None
    parent = next((base.__name__ for base in cls.__bases__ if issubclass(base, ParzenError)), None)
    assert parents[cls.__name__] == parent


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
def test_they_survive_pickling_and_copying(cls, again):
    """Processes hand them over."""
    there = again(cls("message", hint="do this", label="lr", number=3))
    assert type(there) is cls
    assert (str(there), there.hint, there.label, there.number) == ("message", "do this", "lr", 3)
    assert there.__notes__ == ["fix: do this"]


def test_the_message_is_shown_as_it_is():
    """A KeyError would show it in quotes."""
    assert str(errors.InvalidPoint("the point lacks 'x'")) == "the point lacks 'x'"
    assert str(errors.InvalidResultStatus("no 'status'")) == "no 'status'"


def test_the_hint_stands_below_the_message_in_a_traceback():
    error = InvalidSpace("low should be less than high", hint="swap them")
    lines = traceback.format_exception_only(error)
    assert lines[-1].strip() == "fix: swap them"
    assert "swap" not in str(error)


def test_the_culprit_is_an_attribute():
    error = errors.Taken("taken", key="opened/3")
    assert error.key == "opened/3"
    assert error.details == {"key": "opened/3"}


def test_a_message_may_be_left_out():
    """Hyperopt's users raise and catch the bare classes."""
    assert [str(cls()) for cls in CLASSES] == [""] * len(CLASSES)


def test_did_you_mean_names_the_nearest_word():
    assert did_you_mean("tpee", ["tpe", "random"]) == " Did you mean 'tpe'?"


@pytest.mark.parametrize(("word", "known"), [("zzz", ["tpe"]), ("tpe", []), ("", ["tpe"])])
def test_did_you_mean_is_silent_where_nothing_is_near(word, known):
    assert did_you_mean(word, known) == ""


def test_warnings_are_user_warnings():
    assert issubclass(errors.SpaceWarning, UserWarning)
    assert issubclass(errors.ResultWarning, UserWarning)
