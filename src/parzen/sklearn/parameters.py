"""From a space to an estimator's parameters: names, whole estimators, and conditional ones.

A space is a dict of parameter names as `set_params` takes them (``"clf__C"``),
or several such dicts to choose between. A value may be an estimator; one with
parameters of its own that vary is made by `tuned`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument, InvalidSpace, did_you_mean
from parzen.sklearn import spaces
from parzen.sklearn.labels import ITSELF, labelled, one_of
from parzen.space import hp
from parzen.space.expr import Apply, Bundle, Literal, Switch, as_apply
from parzen.space.flatten import flatten
from parzen.space.space import Space


def tuned(estimator: Any, space: Mapping[str, Any] | None = None, /, **parameters: Any) -> dict[str, Any]:
    """An estimator with parameters that vary, to be an option or a value in a space.

    Args:
        estimator: An estimator with the other parameters as they are to be.
        space: Parameter name -> hp expression, list of options or constant; left out, and without
            `parameters`, the ready space for its class from `parzen.sklearn.spaces`.
        parameters: The same by keyword.

    Returns:
        A plain dict: the estimator under the key ``""``, and its parameters.

    Raises:
        InvalidArgument: If nothing is given and there is no ready space for its class.

    >>> from sklearn.svm import SVC
    >>> from parzen import hp
    >>> tuned(SVC(), C=hp.float(0.1, 10, log=True))
    {'': SVC(), 'C': (path) ~ float(0.1, 10, log=True)}
    """
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        shown = f"{estimator.__name__}()" if isinstance(estimator, type) else "SVC()"
        raise InvalidArgument(
            f"tuned takes an estimator; got {estimator!r}", hint=f"write tuned({shown}, ...)"
        )
    own = {**(space or {}), **parameters}
    return {ITSELF: estimator, **(_chosen(own) if own or space is not None else spaces.of(estimator))}


def space_of(given: Any) -> Space:
    """The user's space, checked for its outermost shape.

    Args:
        given: A dict, a list of dicts, or an expression that becomes a dict. As for `GridSearchCV`, a
            list or array as a dict's value has the options to choose between; a tuple is a constant.

    Raises:
        InvalidSpace: If it is empty, or of another shape.
    """
    given = _chosen(given)
    if isinstance(given, (list, tuple)) and given and all(isinstance(each, Mapping) for each in given):
        given = hp.choice("candidate", list(given)) if len(given) > 1 else given[0]
    space = given if isinstance(given, Space) else flatten(labelled(as_apply(given)))
    leaves = [] if space.expr is None else list(_leaves(space.expr))
    if (isinstance(given, (list, tuple)) and not given) or any(_is_empty(each) for each in leaves):
        raise InvalidSpace(
            f"the space {'is' if len(leaves) == 1 else 'has a dict that is'} empty, with nothing to search",
            hint='write {"C": hp.float(0.1, 10, log=True)}, with the names of your estimator\'s parameters',
        )
    if not leaves or not all(isinstance(each, Bundle) and each.keys for each in leaves):
        raise InvalidSpace(
            "the space must be a dict from parameter names to hp expressions, or a list of such dicts; "
            f"got {type(given).__name__}",
            hint='write {"C": hp.float(0.1, 10, log=True)}',
        )
    return space


def _is_empty(node: Apply) -> bool:
    return isinstance(node, Bundle) and node.keys == ()


def _chosen(given: Any, label: str | None = None) -> Any:
    """The same with a choice for each list or array that stands for a parameter."""
    if isinstance(given, dict):
        return {key: _chosen(value, str(key)) for key, value in given.items()}
    if label is None:
        return [_chosen(each) for each in given] if isinstance(given, (list, tuple)) else given
    if isinstance(given, np.ndarray) and given.ndim == 1:
        given = given.tolist()
    # A list with hp expressions in it is a value of which parts vary.
    if not isinstance(given, (list, range)) or any(isinstance(each, Apply) for each in given):
        return given
    if not given:
        raise InvalidSpace(f"the space has an empty list for {label!r}: it has no options", label=label)
    options = [_chosen(each) if isinstance(each, dict) else each for each in given]
    return one_of(options) if len(options) > 1 else options[0]


def parameters_of(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """What `set_params` takes, from the value of a space.

    Args:
        values: Parameter name -> value. A `tuned` estimator brings its parameters along. So does
            a dict that names its own key, ``{"kernel": {"kernel": "rbf", "gamma": 0.1}}``: it brings
            parameters beside it.
        prefix: Before every name.

    >>> parameters_of({"kernel": {"kernel": "rbf", "gamma": 0.1}, "C": 2.0})
    {'kernel': 'rbf', 'gamma': 0.1, 'C': 2.0}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        above, last = name[: len(name) - len(_last(name))], _last(name)
        if isinstance(value, Mapping) and ITSELF in value:
            found[name] = value[ITSELF]
            found |= parameters_of({k: v for k, v in value.items() if k != ITSELF}, f"{name}__")
        elif isinstance(value, Mapping) and last in value:
            found |= parameters_of(value, above)
        else:
            found[name] = value
    return found


def _last(name: str) -> str:
    return name.rpartition("__")[2]


def check_names(space: Space, estimator: Any) -> None:
    """Refuse a space with a parameter that the estimator has not, or with a class for an estimator.

    Args:
        space: From `space_of`.
        estimator: Has `get_params`.

    Raises:
        InvalidSpace: If there is one; the message has the name that was meant, or all names.
    """
    for bundle in _leaves(space.expr or Literal()):
        for way in _ways(bundle, ""):
            _check_way(way, estimator)


_Way = dict[str, list[Any]]  # name -> the constants that may stand there


def _ways(node: Apply, prefix: str) -> Iterator[_Way]:
    """The parameters that a dict of a space may set, alternatives of dicts apart."""
    if not isinstance(node, Bundle) or node.keys is None:
        return
    plain: _Way = {}
    for key, item in zip(node.keys, node.items, strict=True):
        name = f"{prefix}{key}"
        plain[name] = []
        for leaf in _leaves(item):
            keys = leaf.keys if isinstance(leaf, Bundle) and leaf.keys is not None else ()
            if ITSELF in keys:
                itself = leaf.items[keys.index(ITSELF)]
                estimators = [each.obj for each in _leaves(itself) if isinstance(each, Literal)]
                plain[name] += estimators
                inner = {k: v for k, v in zip(keys, leaf.items, strict=True) if k != ITSELF}
                for way in _ways(as_apply(inner), f"{name}__"):
                    yield {name: estimators, **way}
            elif _last(name) in keys:
                yield from _ways(leaf, name[: len(name) - len(_last(name))])
            elif isinstance(leaf, Literal):
                plain[name].append(leaf.obj)
    yield plain


def _leaves(node: Apply) -> Iterator[Any]:
    """What a node may become, choices resolved."""
    if isinstance(node, Switch):
        for option in node.options:
            yield from _leaves(option)
    else:
        yield node


def _check_way(way: _Way, estimator: Any) -> None:
    for name, constants in way.items():
        for each in constants:
            if isinstance(each, type) and hasattr(each, "get_params"):
                raise InvalidSpace(
                    f"the space has the class {each.__name__} for {name!r}, where an estimator belongs",
                    hint=f"write {each.__name__}()",
                    label=name,
                )
            if hasattr(each, "rvs") and hasattr(each, "support"):
                raise InvalidSpace(
                    f"the space has a distribution of SciPy for {name!r}, where an hp expression belongs",
                    hint=f"write {_word_for(each, name)}",
                    label=name,
                )
        if not _has(estimator, name, way, ""):
            known = sorted({*estimator.get_params(deep=True), *_nested(way)})
            plain = [each for each in known if "__" not in each or "__" in name]
            shown = ", ".join(plain[:40]) + (", ..." if len(plain) > 40 else "")
            raise InvalidSpace(
                f"the space has the parameter {name!r}, which {type(estimator).__name__} has not."
                f"{_meant(name, known)} It has: {shown}",
                label=name,
            )


def _word_for(law: Any, name: str) -> str:
    """The hp word for a frozen distribution of SciPy."""
    kind = getattr(getattr(law, "dist", None), "name", "")
    low, high = (f"{float(each):.12g}" for each in law.support())
    words = {
        "loguniform": f"hp.float({low}, {high}, log=True)",
        "reciprocal": f"hp.float({low}, {high}, log=True)",
        "uniform": f"hp.float({low}, {high})",
        "randint": f"hp.int({low}, {high})",
        "norm": f"hp.normal({name!r}, {float(law.mean()):.12g}, {float(law.std()):.12g})",
    }
    return words.get(kind, "hp.float(low, high), hp.int(low, high) or hp.normal(label, mean, deviation)")


def _meant(name: str, known: list[str]) -> str:
    alike = [each for each in known if each.lower() == name.lower()]
    return f" Did you mean {alike[0]!r}?" if alike else did_you_mean(name, known)


def _has(estimator: Any, name: str, way: _Way, prefix: str) -> bool:
    """Whether an estimator has a parameter once those of this way are set."""
    head, _, rest = name.partition("__")
    known = estimator.get_params(deep=True)
    if head not in known:
        return False
    if not rest:
        return True
    put = [each for each in way.get(prefix + head, []) if hasattr(each, "get_params")]
    inner = put or [known[head]]
    return any(hasattr(each, "get_params") and _has(each, rest, way, f"{prefix}{head}__") for each in inner)


def _nested(way: _Way) -> Iterator[str]:
    for name, constants in way.items():
        for each in constants:
            if hasattr(each, "get_params") and not isinstance(each, type):
                yield from (f"{name}__{inner}" for inner in each.get_params(deep=True))
