"""fmin's arguments, checked: each function takes what a user may write and gives what the search needs."""

from __future__ import annotations

import math
import os
import types
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from parzen.algorithms import base as algorithms
from parzen.errors import InvalidArgument, did_you_mean
from parzen.run.feed import Logger


def resolve(algo: Any) -> tuple[algorithms.Algorithm | None, Callable[..., Any] | None]:
    """What `algo=` means: one of our algorithms, or a foreign function.

    Args:
        algo: None, a name, a module or function of ours, a partial of it, a
            settings class or object, or any other callable with Hyperopt's signature.

    Returns:
        A pair of which one is given; both None for the default.

    Raises:
        InvalidArgument: If it is none of these.
    """
    if algo is None:
        return None, None
    if isinstance(algo, str):
        return algorithms.named(algo)(), None
    settings: dict[str, Any] = {}
    inner = algo
    while isinstance(inner, partial):
        settings = {**inner.keywords, **settings}
        if inner.args:
            return None, algo
        inner = inner.func
    if isinstance(inner, types.ModuleType):
        inner = getattr(inner, "suggest", inner)
    make = getattr(inner, "make_algorithm", None)
    if make is None and isinstance(inner, type) and callable(getattr(inner, "suggest", None)):
        make = inner
    if make is not None:
        known = [*getattr(make, "__dataclass_fields__", settings)]
        for name in settings:
            if name not in known:
                raise InvalidArgument(f"algo has no setting {name!r}.{did_you_mean(name, known)}")
        try:
            return make(**settings), None
        except TypeError as error:
            raise InvalidArgument(f"algo: {error}") from None
    if callable(getattr(inner, "suggest", None)) and not settings:
        return inner, None
    if callable(algo):
        return None, algo
    raise InvalidArgument(
        "algo must be a name, tpe.suggest, a settings object or a function with Hyperopt's signature; "
        f"got {algo!r}"
    )


def refuse_unknown(unknown: Mapping[str, Any]) -> None:
    """Refuse arguments that fmin does not have, with the right name.

    Args:
        unknown: What was given beside the known ones.
    """
    for name in unknown:
        # partial objects and docs show the same names as the signature
        raise TypeError(
            f"fmin() got an unexpected keyword argument {name!r}.{did_you_mean(name, _ARGUMENTS)}"
        )


_ARGUMENTS = [
    "fn",
    "space",
    "algo",
    "max_evals",
    "timeout",
    "loss_threshold",
    "trials",
    "rstate",
    "allow_trials_fmin",
    "pass_expr_memo_ctrl",
    "catch_eval_exceptions",
    "verbose",
    "return_argmin",
    "points_to_evaluate",
    "max_queue_len",
    "show_progressbar",
    "early_stop_fn",
    "trials_save_file",
    "seed",
    "maximize",
    "on_error",
    "max_failures",
    "study",
    "resume",
    "workers",
    "executor",
    "gpus",
    "trial_timeout",
    "trial_memory",
    "pruner",
    "lockstep",
    "loggers",
]


def loggers(value: Any) -> Sequence[Logger]:
    """Check who else is told what happens.

    Args:
        value: A list of `Logger` objects, or None.
    """
    if value is None:
        return ()
    if isinstance(value, (list, tuple)) and all(isinstance(each, Logger) for each in value):
        return tuple(value)
    raise InvalidArgument(
        f"loggers must be a list of loggers; got {value!r}",
        hint="write loggers=[CSV('trials.csv')], after: from parzen.loggers import CSV",
    )


def seed_points(points: Any) -> Sequence[Mapping[str, Any]]:
    """Check points to be tried first.

    Args:
        points: A list of mappings label -> stored value, or None.
    """
    if points is None:
        return ()
    if not isinstance(points, (list, tuple)) or not all(isinstance(point, Mapping) for point in points):
        raise InvalidArgument(
            f"points_to_evaluate must be a list of dicts label -> value; got {points!r}",
            hint="write points_to_evaluate=[{'x': 0.5}]",
        )
    return points


def count(value: Any, name: str) -> int | None:
    """A whole number of at least 0, or None. Hyperopt's users also pass sys.maxsize, infinity and floats.

    Args:
        value: What was given.
        name: How messages call it.
    """
    if value is None or value == math.inf:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float, np.number))
        or not math.isfinite(value)
        or value != int(value)
        or value < 0
    ):
        raise InvalidArgument(f"{name} must be a whole number of at least 0, or None; got {value!r}")
    return int(value)


def number(value: Any, name: str) -> float | None:
    """A number, or None; not NaN, with which nothing compares.

    Args:
        value: What was given.
        name: How messages call it.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or math.isnan(value):
        raise InvalidArgument(
            f"The {name} argument should be None or a numeric value. Given value: {value!r}"
        )
    return float(value)


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: Any, name: str = "timeout") -> float | None:
    """A duration in seconds, or None for no limit.

    Args:
        value: Seconds, or text such as ``"30m"``.
        name: How messages call it.
    """
    if value is None:
        return None
    if isinstance(value, str):
        digits = value.rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = value[len(digits) :].strip() or "s"
        try:
            value = float(digits) * _UNITS[unit]
        except (ValueError, KeyError):
            raise InvalidArgument(
                f'{name} must be seconds or text such as "90s", "30m", "2h"; got {value!r}'
            ) from None
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not value > 0:
        raise InvalidArgument(
            f"The {name} argument should be None or a positive value. Given value: {value!r}"
        )
    return float(value)


_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def memory(value: Any, name: str = "trial_memory") -> int | None:
    """An amount of memory in bytes, or None for no limit.

    Args:
        value: Bytes, or text such as ``"4GB"`` or ``"512MiB"``.
        name: How messages call it.
    """
    if value is None:
        return None
    amount = value
    if isinstance(value, str):
        digits = value.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
        try:
            amount = float(digits) * _BYTES[value[len(digits) :].strip().lower()]
        except (ValueError, KeyError):
            amount = -1
    if isinstance(amount, bool) or not isinstance(amount, (int, float, np.number)) or not 0 < amount < 2**60:
        raise InvalidArgument(f'{name} must be bytes or text such as "4GB", "512MiB"; got {value!r}')
    return int(amount)


def at_least_one(value: Any, name: str) -> int:
    """A whole number of at least 1.

    Args:
        value: What was given.
        name: How messages call it.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < 1:
        raise InvalidArgument(f"{name} must be a whole number of at least 1; got {value!r}")
    return int(value)


def one_of(value: Any, name: str, allowed: tuple[str, ...]) -> str:
    """One of a few words.

    Args:
        value: What was given.
        name: How messages call it.
        allowed: The words.
    """
    if value not in allowed:
        raise InvalidArgument(
            f"{name} must be one of {', '.join(map(repr, allowed))}; got {value!r}."
            f"{did_you_mean(value, list(allowed))}"
        )
    return str(value)


_SEED_VARIABLE = "HYPEROPT_FMIN_SEED"


def seed_of(seed: Any, rstate: Any) -> int | None:
    """The study's seed from `seed=`, `rstate=` or the environment; None to keep the one in force.

    Args:
        seed: fmin's `seed`.
        rstate: fmin's `rstate`.
    """
    if seed is not None and rstate is not None:
        raise InvalidArgument("give seed= or rstate=, not both")
    given = seed if seed is not None else rstate
    if given is None:
        text = os.environ.get(_SEED_VARIABLE, "")
        return _whole_seed(text, _SEED_VARIABLE) if text else None
    if isinstance(given, np.random.Generator):
        return int(given.integers(2**31 - 1))
    if isinstance(given, np.random.RandomState):
        return int(given.randint(2**31 - 1))
    if isinstance(given, np.random.SeedSequence):
        return int(given.generate_state(1, np.uint64)[0])
    return _whole_seed(given, "seed" if seed is not None else "rstate")


def _whole_seed(value: Any, name: str) -> int:
    try:
        whole = int(value)
    except (TypeError, ValueError):
        whole = -1
    text = isinstance(value, (str, bytes)) and name != _SEED_VARIABLE
    if isinstance(value, (bool, float)) or text or whole < 0:
        raise InvalidArgument(
            f"{name} must be a whole number of at least 0, a numpy Generator, RandomState or SeedSequence; "
            f"got {value!r}"
        )
    return whole
