"""What `run` and `create` share: the space and the settings of a study, from options."""

from __future__ import annotations

import argparse
import json
import os
import warnings
from pathlib import Path
from typing import Any

from parzen.cli.parser import Parser
from parzen.errors import BadSearchSpace, InvalidArgument, did_you_mean

_SPACES = ("space", "SPACE")
_ENDLESS = ("none", "inf")


def add_settings(parser: Parser) -> None:
    """What a study is made with.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "-n", "--trials", metavar="N", help="trials in all, earlier ones included; none: until Ctrl-C"
    )
    parser.add_argument("--algo", metavar="NAME", help="auto, tpe, gp, random, ... (default: auto)")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same search")
    direction = parser.add_mutually_exclusive_group()
    direction.add_argument("--maximize", action="store_true", help="make the objective's values large")
    direction.add_argument(
        "--direction", choices=("minimize", "maximize"), help="another way to say --maximize"
    )
    parser.add_argument("--pruner", metavar="NAME", help="median or asha: end trials early by their reports")
    parser.add_argument(
        "--lockstep", type=int, metavar="K", help="the same search for any number of jobs up to K"
    )
    parser.add_argument("--trial-timeout", metavar="TIME", help='end a trial after that time: "90s", "30m"')
    parser.add_argument("--trial-memory", metavar="SIZE", help='end a trial that takes more: "4GB"')
    parser.add_argument(
        "--max-failures", type=int, metavar="N", help="end the search when more trials have failed"
    )
    parser.add_argument(
        "--loss-threshold", type=float, metavar="X", help="end the search when a loss is below it"
    )
    parser.add_argument(
        "--resume",
        choices=("extend", "new"),
        help="if the study has another space: keep the trials that fit, or begin another study",
    )
    parser.add_argument(
        "--point", action="append", default=[], metavar="JSON", help="try a point first: '{\"lr\": 0.01}'"
    )


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, checked, as `Study` takes them.

    Args:
        options: What was parsed.

    Raises:
        InvalidArgument: If one of them cannot be used.
    """
    from parzen import arguments
    from parzen.run.settings import check_seed, checked_pruner

    if options.seed is not None:
        check_seed(options.seed)
    if options.pruner is not None:
        checked_pruner(options.pruner)
    settings: dict[str, Any] = {}
    if options.trials is not None:
        settings["max_evals"] = _count(options.trials)
    given = {
        "max_failures": arguments.count(options.max_failures, "--max-failures"),
        "loss_threshold": arguments.number(options.loss_threshold, "--loss-threshold"),
        "pruner": options.pruner,
    }
    settings |= {name: value for name, value in given.items() if value is not None}
    if options.lockstep is not None:
        settings["lockstep"] = arguments.at_least_one(options.lockstep, "--lockstep")
    limits = {
        "seconds": arguments.seconds(options.trial_timeout, "--trial-timeout"),
        "memory": arguments.memory(options.trial_memory, "--trial-memory"),
    }
    if any(value is not None for value in limits.values()):
        settings["limits"] = limits
    return settings


def _count(text: str) -> int | None:
    from parzen import arguments

    if text.lower() in _ENDLESS:
        return None
    try:
        whole = int(text)
    except ValueError:
        raise InvalidArgument(f"-n must be a whole number of trials, or none; got {text!r}") from None
    return arguments.at_least_one(whole, "-n")


def direction_of(options: argparse.Namespace) -> bool | None:
    """Whether to maximise; None where nothing was said, and the study decides.

    Args:
        options: What was parsed.
    """
    if options.direction is not None:
        return bool(options.direction == "maximize")
    return True if options.maximize else None


def make(store: str, space: Any, options: argparse.Namespace, settings: dict[str, Any]) -> Any:
    """The study, new or gone on with; a point that was given is enqueued unless it was tried.

    What is given is checked before anything is written.

    Args:
        store: A path or a URL.
        space: The user's, a `Space`.
        options: What was parsed.
        settings: Of the study.

    Returns:
        A `Study`, opened for writing.
    """
    from parzen import arguments
    from parzen.run.study import Study

    algorithm = None
    if options.algo is not None:
        algorithm, _ = arguments.resolve(options.algo)
    points = [space.check(_stored(space, _point(text)), f"--point {text}") for text in options.point]
    study = Study(
        space,
        algorithm,
        seed=options.seed,
        maximize=direction_of(options),
        store=store,
        name=options.study or "default",
        resume=options.resume,
        **settings,
    )
    known = [trial.point for trial in study.trials] + [each.point for each in study.ledger._queue]
    for point in points:
        if point not in known:
            study.enqueue(study.space.shown(point), {"by": "--point"})
    return study


def _point(text: str) -> dict[str, Any]:
    try:
        point = json.loads(text)
    except ValueError:
        point = None
    if not isinstance(point, dict):
        raise InvalidArgument(f"--point must be a JSON object label -> value; got {text!r}")
    return point


def _stored(space: Any, point: dict[str, Any]) -> dict[str, Any]:
    """A point with options by name or by index, as it is stored."""
    from parzen.naming import has_names, index_of

    stored: dict[str, Any] = {}
    for label, value in point.items():
        param = space.params[space.index[label]] if label in space.index else None
        index = index_of(param, value) if param is not None and has_names(param) else None
        stored.update(space.stored({label: value}) if index is None else {label: index})
    return stored


def space_at(name: str) -> Any:
    """A space by the name of what holds it.

    Args:
        name: ``train.py:SPACE``, ``pkg.module:SPACE``, or a ``.json`` file with a space as `Space.to_json`
            or ``parzen show --json`` gives it.

    Raises:
        InvalidArgument: If there is none.
    """
    from parzen.run import importing

    if name.endswith(".json"):
        return _from_json(name)
    where, colon, attribute = name.rpartition(":")
    if not colon or not where or not attribute:
        raise InvalidArgument(
            f"a space is named as train.py:SPACE, pkg.module:SPACE or space.json; got {name!r}"
        )
    return space_named(importing.module(where, attribute), attribute)


def _from_json(path: str) -> Any:
    from parzen.space.space import Space

    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        return Space.from_json(data.get("space", data))
    except OSError as error:
        raise InvalidArgument(f"the space {path!r} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidArgument(f"{path!r} is no space in JSON, as Space.to_json() gives it") from None


def space_named(module: Any, attribute: str) -> Any:
    """A space in a module: an object, or a function without arguments that makes one.

    Args:
        module: Imported.
        attribute: Its name there.

    Raises:
        InvalidArgument: If there is none of that name.
    """
    if not hasattr(module, attribute):
        where = os.path.basename(getattr(module, "__file__", None) or module.__name__)
        raise InvalidArgument(f"{where} has no {attribute!r}.{did_you_mean(attribute, dir(module))}")
    return getattr(module, attribute)


def space_in(module: Any) -> Any:
    """The space of a module that nobody named: ``space`` or ``SPACE``, or the only object with hp words.

    Args:
        module: The objective's.

    Raises:
        InvalidArgument: If there is none, or several.
    """
    from parzen.space.expr import Apply
    from parzen.space.flatten import flatten
    from parzen.space.space import Space

    for name in _SPACES:
        if hasattr(module, name):
            return getattr(module, name)
    found = []
    for name, candidate in vars(module).items():
        if name.startswith("_") or not isinstance(candidate, (dict, list, tuple, Apply, Space)):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # other globals may look like forgotten hp words
                if len(flatten(candidate)):
                    found.append(name)
        except (BadSearchSpace, TypeError, ValueError, RecursionError):
            continue
    if len(found) == 1:
        return getattr(module, found[0])
    where = os.path.basename(getattr(module, "__file__", None) or module.__name__)
    if found:
        raise InvalidArgument(
            f"{where} has several spaces: {', '.join(found)}", hint=f"name one: --space {where}:{found[0]}"
        )
    raise InvalidArgument(
        f"{where} has neither space nor SPACE", hint="name it: --space train.py:NAME, with hp words in it"
    )
