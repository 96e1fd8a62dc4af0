"""The words users write spaces with.

Hyperopt's words take the label first. The new words `float`, `int` and
`ordinal` take their label from the path in the space (``lr``,
``model.0.C``) unless `label=` is given, take real bounds, include both ends,
and `int` is an int everywhere.
"""

from __future__ import annotations

import math
from builtins import float as _float
from builtins import int as _int
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from parzen.errors import InvalidArgument, InvalidSpace, ParzenError, SpaceWarning, did_you_mean, warn
from parzen.space import operations  # noqa: F401  # fills the table that `scope` reads
from parzen.space.distributions.base import number, ordered
from parzen.space.distributions.categorical import Categorical
from parzen.space.distributions.lattice import Numbers
from parzen.space.distributions.normal import Normal
from parzen.space.distributions.uniform import Uniform
from parzen.space.expr import Apply, Call, Parameter, Switch, as_apply, scope

P = ParamSpec("P")
R = TypeVar("R")
_EXACT = 2**53  # whole numbers beyond it are not exact as float64


def _bounded(word: str, label: Any, low: Any, high: Any, q: Any = None) -> Parameter:
    name = scope.require_label(label, word)
    low, high = number(low, "low", word, name), number(high, "high", word, name)
    step = None if q is None else _step(q, "q", word, name)
    arguments = f"{high!r}, {low!r}" + ("" if q is None else f", {q!r}")
    ordered(low, high, word, name, lambda: f"hp.{word}({name!r}, {arguments})")
    log = "log" in word
    if log:
        _check_log_bounds(word, name, low, high)
    return Parameter(name, Uniform(low, high, log, step))


def _step(q: Any, name: str, word: str, label: str | None) -> _float:
    step = number(q, name, word, label)
    if step <= 0:
        raise InvalidSpace(f"{word} {label!r}: {name} must be above 0; got {q!r}", label=label)
    return step


def _check_log_bounds(word: str, label: str, low: _float, high: _float) -> None:
    real = f"hp.{word}({label!r}, log({low:g}), log({high:g}))"
    if high > math.log(1e300):
        raise InvalidSpace(
            f"{word} {label!r}: exp({high:g}) overflows; the bounds are logarithms of the values",
            hint=f"write {real} or hp.float({low:g}, {high:g}, log=True)",
            label=label,
        )
    # Small positive "logarithms" are far more often meant as the bounds themselves.
    if 0 < low < 1 and high <= 1:
        warn(
            f"{word} {label!r} samples exp({low:g})...exp({high:g}) = "
            f"{math.exp(low):.2f}...{math.exp(high):.2f}. "
            f"For {low:g}...{high:g} write {real} or hp.float({low:g}, {high:g}, log=True).",
            SpaceWarning,
        )


def _gaussian(word: str, label: Any, mu: Any, sigma: Any, q: Any = None) -> Parameter:
    name = scope.require_label(label, word)
    mu, sigma = number(mu, "mu", word, name), number(sigma, "sigma", word, name)
    if sigma <= 0:
        raise InvalidSpace(f"{word} {name!r}: sigma must be above 0; got {sigma!r}", label=name)
    if "log" in word and mu > math.log(1e300):
        raise InvalidSpace(
            f"{word} {name!r}: exp({mu:g}) overflows; mu is the mean of the logarithm", label=name
        )
    return Parameter(name, Normal(mu, sigma, "log" in word, None if q is None else _step(q, "q", word, name)))


def _word(function: Callable[P, R]) -> Callable[P, R]:
    """Let a word's errors show the user's line and none of the checks below it (decorator)."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ParzenError as error:
            raise error.with_traceback(None) from None

    return call


def _label_first(function: Callable[P, R]) -> Callable[P, R]:
    """The same for a word whose label comes first, which is checked before Python counts arguments."""

    @wraps(function)
    def check(*args: P.args, **kwargs: P.kwargs) -> R:
        scope.require_label(args[0] if args else kwargs.get("label"), function.__name__)
        return function(*args, **kwargs)

    return _word(check)


@_label_first
def uniform(label: str, low: _float, high: _float) -> Parameter:
    """A float, uniform on [low, high).

    Args:
        label: The hyperparameter's name, unique in the space.
        low: Smallest value.
        high: Largest value; above `low`.

    >>> uniform("x", -1, 1)
    x ~ uniform(-1, 1)
    """
    return _bounded("uniform", label, low, high)


@_label_first
def quniform(label: str, low: _float, high: _float, q: _float) -> Parameter:
    """A float: a uniform value on [low, high] rounded to a multiple of `q`.

    Multiples are of `q`, not counted from `low`, and may lie up to q/2 outside.

    Args:
        label: The hyperparameter's name, unique in the space.
        low: Lower end before rounding.
        high: Upper end before rounding; above `low`.
        q: The step; above 0.
    """
    return _bounded("quniform", label, low, high, q)


@_label_first
def uniformint(label: str, low: _float, high: _float, q: _float = 1) -> Apply:
    """An int for the objective, stored as a float: `quniform` with q = 1.

    `q` is accepted and taken as 1. For ints throughout use `hp.int`.

    Args:
        label: The hyperparameter's name, unique in the space.
        low: Lower end; included, with half a share.
        high: Upper end; included, with half a share.
        q: Ignored.
    """
    del q
    name = scope.require_label(label, "uniformint")
    low, high = number(low, "low", "uniformint", name), number(high, "high", "uniformint", name)
    ordered(low, high, "uniformint", name, lambda: f"hp.uniformint({name!r}, {high!r}, {low!r})")
    return Call("int", (Parameter(name, Uniform(low, high, step=1)),))


@_label_first
def loguniform(label: str, low: _float, high: _float) -> Parameter:
    """A float: exp of a uniform value. The bounds are logarithms of the values' bounds.

    Args:
        label: The hyperparameter's name, unique in the space.
        low: Logarithm of the smallest value.
        high: Logarithm of the largest value; above `low`.

    Raises:
        InvalidSpace: If exp(high) overflows.
    """
    return _bounded("loguniform", label, low, high)


@_label_first
def qloguniform(label: str, low: _float, high: _float, q: _float) -> Parameter:
    """A float: exp of a uniform value, rounded to a multiple of `q`; may be 0.

    Args:
        label: The hyperparameter's name, unique in the space.
        low: Logarithm of the smallest value.
        high: Logarithm of the largest value; above `low`.
        q: The step; above 0.
    """
    return _bounded("qloguniform", label, low, high, q)


@_label_first
def normal(label: str, mu: _float, sigma: _float) -> Parameter:
    """A float, normal with mean `mu` and standard deviation `sigma`; unbounded.

    Args:
        label: The hyperparameter's name, unique in the space.
        mu: Mean.
        sigma: Standard deviation; above 0.
    """
    return _gaussian("normal", label, mu, sigma)


@_label_first
def qnormal(label: str, mu: _float, sigma: _float, q: _float) -> Parameter:
    """A float: a normal value rounded to a multiple of `q`; unbounded.

    Args:
        label: The hyperparameter's name, unique in the space.
        mu: Mean.
        sigma: Standard deviation; above 0.
        q: The step; above 0.
    """
    return _gaussian("qnormal", label, mu, sigma, q)


@_label_first
def lognormal(label: str, mu: _float, sigma: _float) -> Parameter:
    """A positive float whose logarithm is normal with mean `mu` and deviation `sigma`.

    Args:
        label: The hyperparameter's name, unique in the space.
        mu: Mean of the logarithm.
        sigma: Standard deviation of the logarithm; above 0.
    """
    return _gaussian("lognormal", label, mu, sigma)


@_label_first
def qlognormal(label: str, mu: _float, sigma: _float, q: _float) -> Parameter:
    """A float: a lognormal value rounded to a multiple of `q`; may be 0.

    Args:
        label: The hyperparameter's name, unique in the space.
        mu: Mean of the logarithm.
        sigma: Standard deviation of the logarithm; above 0.
        q: The step; above 0.
    """
    return _gaussian("qlognormal", label, mu, sigma, q)


@_label_first
def randint(label: str, *args: Any, **kwargs: Any) -> Parameter:
    """An int from [0, upper) or [low, high): ``randint(label, upper)`` or ``randint(label, low, high)``.

    As in Hyperopt, a single bound is the upper one, whether by position or as ``low=``.

    Args:
        label: The hyperparameter's name, unique in the space.
        args: ``upper``, or ``low, high``; whole numbers up to 2**53.
        kwargs: The same by name.
    """
    name = scope.require_label(label, "randint")
    named = dict(zip(("low", "high"), args, strict=False)) | kwargs
    if len(args) > 2 or not set(named) <= {"low", "high"} or "low" not in named:
        raise TypeError("randint takes (label, upper) or (label, low, high); keywords are low= and high=")
    low, high = (0, named["low"]) if named.get("high") is None else (named["low"], named["high"])
    low, high = _whole(low, "low", "randint", name), _whole(high, "high", "randint", name)
    ordered(low, high, "randint", name, lambda: f"hp.randint({name!r}, {high!r}, {low!r})")
    return Parameter(name, Numbers(low, high - 1, word="randint"))


def _whole(value: Any, name: str, word: str, label: str | None) -> _int:
    checked = number(value, name, word, label)
    if checked != _int(checked) or abs(checked) > _EXACT:
        raise InvalidSpace(
            f"{word} {label!r}: {name} must be a whole number up to 2**53; got {value!r}", label=label
        )
    return _int(checked)


@_label_first
def choice(label: str, options: Sequence[Any]) -> Switch:
    """One of `options`, each of which may hold further hp expressions; stored as its index.

    Args:
        label: The hyperparameter's name.
        options: A sequence (list, tuple, range, array) with at least one element.

    Raises:
        InvalidSpace: If there is no option.
    """
    name = scope.require_label(label, "choice")
    nodes = _options(options, "choice", name)
    return Switch(Parameter(name, Categorical((1.0 / len(nodes),) * len(nodes))), nodes)


def _options(options: Any, word: str, label: str | None) -> tuple[Apply, ...]:
    where = f"{word} {label!r}" if label else word
    if isinstance(options, (str, bytes, dict)) or not hasattr(options, "__iter__"):
        listed = list(options) if hasattr(options, "__iter__") else [options]
        raise InvalidSpace(
            f"{where}: options must be a list; got {options!r}",
            hint=f"write hp.{word}({label!r}, {listed!r})",
            label=label,
        )
    nodes = tuple(as_apply(option) for option in options)
    if not nodes:
        raise InvalidSpace(f"{where} has no options.", label=label)
    return nodes


@_label_first
def pchoice(label: str, p_options: Sequence[tuple[_float, Any]]) -> Switch:
    """One of several options with given probabilities; stored as its index.

    Args:
        label: The hyperparameter's name.
        p_options: Pairs (probability, option). Probabilities that do not sum to 1 are scaled, with a warning.

    Raises:
        InvalidSpace: If a probability is negative or there is no option.
    """
    name = scope.require_label(label, "pchoice")
    try:
        weights = [_float(weight) for weight, _ in p_options]
    except (TypeError, ValueError):
        raise InvalidSpace(
            f"pchoice {name!r}: options must be pairs (probability, option); got {p_options!r}",
            hint=f'write hp.pchoice({name!r}, [(0.3, "a"), (0.7, "b")])',
            label=name,
        ) from None
    nodes = _options([option for _, option in p_options], "pchoice", name)
    total = math.fsum(weights)
    if min(weights) < 0 or not 0 < total < math.inf:
        raise InvalidSpace(
            f"pchoice {name!r}: probabilities must be at least 0 and not all 0; got {weights}", label=name
        )
    if abs(total - 1) > 1e-6:
        warn(f"pchoice {name!r}: the probabilities sum to {total:g} and are scaled to 1", SpaceWarning)
    return Switch(Parameter(name, Categorical(tuple(weight / total for weight in weights))), nodes)


@_word
def float(  # noqa: A001  # the word users know
    low: _float,
    high: _float,
    log: bool = False,
    step: _float | None = None,
    *,
    label: str | None = None,
) -> Parameter:
    """A float from `low` to `high`, both in the value's own scale.

    Args:
        low: The smallest value.
        high: The largest value.
        log: Whether the logarithm is uniform; `low` must be above 0 then.
        step: Values are ``low, low + step, ...`` up to `high`, all equally likely.
        label: A name of its own instead of the path in the space.

    Raises:
        InvalidSpace: If the bounds are out of order or do not fit `log` or `step`.

    >>> float(1e-5, 1e-1, log=True)
    (path) ~ float(1e-05, 0.1, log=True)
    """
    _no_label_first("float", low)
    low, high = (
        _float(number(low, "low", "float", label)),
        _float(number(high, "high", "float", label)),
    )
    ordered(low, high, "float", label, lambda: f"hp.float({high!r}, {low!r})")
    if log and low <= 0:
        raise InvalidSpace(
            f"{_named('float', label)} with log=True needs bounds above 0; got low={low!r}",
            hint="hp.float takes real bounds; logarithms go to hp.loguniform(label, low, high)",
            label=label,
        )
    if step is None:
        ends = (math.log(low), math.log(high)) if log else (low, high)
        return Parameter(label, Uniform(*ends, log, bounds=(low, high)))
    if log:
        raise InvalidSpace(f"{_named('float', label)} takes log=True or a step, not both", label=label)
    size = _step(step, "step", "float", label)
    last = math.floor((high - low) / size + 1e-9)
    return Parameter(label, Numbers(low, low + last * size, step=_float(size), word="float"))


@_word
def int(  # noqa: A001  # the word users know
    low: _int,
    high: _int,
    log: bool = False,
    step: _int = 1,
    *,
    label: str | None = None,
) -> Parameter:
    """An int from `low` to `high`, both included; an int for the objective and in all records.

    Args:
        low: The smallest value.
        high: The largest value; the last step below it if the range is no multiple of `step`.
        log: Whether small values are as likely as large ones on a logarithmic scale; `low` at least 1 then.
        step: The distance of neighbours, at least 1.
        label: A name of its own instead of the path in the space.

    Raises:
        InvalidSpace: If the bounds are out of order or do not fit `log`.
    """
    _no_label_first("int", low)
    low, high = _whole(low, "low", "int", label), _whole(high, "high", "int", label)
    size = _whole(step, "step", "int", label)
    if size < 1:
        raise InvalidSpace(f"{_named('int', label)}: step must be at least 1; got {step!r}", label=label)
    if low > high:
        ordered(low, high, "int", label, lambda: f"hp.int({high!r}, {low!r})")
    if log and (low < 1 or size != 1):
        raise InvalidSpace(
            f"{_named('int', label)} with log=True needs low of at least 1 and step 1; "
            f"got low={low!r}, step={step!r}",
            label=label,
        )
    return Parameter(label, Numbers(low, low + (high - low) // size * size, log, size))


@_word
def ordinal(options: Sequence[Any], *, label: str | None = None) -> Switch:
    """One of `options`, which are in order (``["small", "medium", "large"]``); stored as its index.

    Args:
        options: A sequence with at least one element; neighbours are expected to behave alike.
        label: A name of its own instead of the path in the space.
    """
    _no_label_first("ordinal", options)
    nodes = _options(options, "ordinal", label)
    return Switch(Parameter(label, Numbers(0, len(nodes) - 1, word="ordinal")), nodes)


def _named(word: str, label: str | None) -> str:
    return word if label is None else f"{word} {label!r}"


def _no_label_first(word: str, first: Any) -> None:
    if isinstance(first, str):
        raise InvalidArgument(
            f"hp.{word} takes its label from the key; got the label {first!r} first",
            hint=f"write {{{first!r}: hp.{word}(...)}} or hp.{word}(..., label={first!r})",
        )


__all__ = [
    "choice",
    "float",
    "int",
    "lognormal",
    "loguniform",
    "normal",
    "ordinal",
    "pchoice",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
    "uniformint",
]

if not TYPE_CHECKING:  # a checker knows the names above

    def __getattr__(name: str) -> NoReturn:
        raise AttributeError(
            f"hp has no word {name!r}.{did_you_mean(name, __all__)} It has: {', '.join(__all__)}"
        )
