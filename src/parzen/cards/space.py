"""A space as a tree: what always varies, and below each option of a choice what varies with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from parzen.cards import markup
from parzen.frames.options import has_names, is_ordinal, option_names
from parzen.space.space import Param, Space

_MOST = 8  # options that are listed


@dataclass(slots=True)
class Node:
    """One line of the tree, and what stands below it.

    Attributes:
        name: A label or an option.
        law: The law in words; empty for an option.
        below: What depends on it.
    """

    name: str
    law: str = ""
    below: list[Node] = field(default_factory=list)


def tree(space: Space) -> list[Node]:
    """The hyperparameters of a space, each where it is active.

    One that is active in several places stands at the first and says so.

    Args:
        space: Any.
    """
    return [_node(space, j) for j, param in enumerate(space.params) if param.condition[:1] == ((),)]


def _node(space: Space, j: int) -> Node:
    param = space.params[j]
    node = Node(param.label, _law(param))
    if len(param.condition) > 1:
        others = (_way(space, way) for way in param.condition[1:])
        node.law += f" (also with {', or '.join(others)})"
    children: dict[int, list[int]] = {}
    for k, other in enumerate(space.params):
        way = other.condition[0] if other.condition else ()
        if way and way[-1][0] == j:
            children.setdefault(way[-1][1], []).append(k)
    if children:
        names = option_names(param) if param.options else ()
        options = range(max(len(names), *(option + 1 for option in children)))
        for option in options:
            name = names[option] if option < len(names) else str(option)
            node.below.append(Node(name, below=[_node(space, k) for k in children.get(option, ())]))
    return node


def _law(param: Param) -> str:
    if not has_names(param):
        return param.distribution.describe()
    names = list(option_names(param))
    if len(names) > _MOST:
        names = [*names[: _MOST - 1], f"... {len(names) - _MOST + 1} more"]
    weights = getattr(param.distribution, "weights", ())
    if len(set(weights)) > 1 and len(weights) == len(names):
        names = [f"{name} ({weight:.3g})" for name, weight in zip(names, weights)]
    return (" < " if is_ordinal(param) else " | ").join(names)


def _way(space: Space, way: tuple[tuple[int, int], ...]) -> str:
    words = []
    for parent, taken in way:
        param = space.params[parent]
        names = option_names(param) if param.options else ()
        words.append(f"{param.label} = {names[taken] if taken < len(names) else taken}")
    return " and ".join(words)


def space_text(space: Space) -> str:
    """The tree as text.

    Args:
        space: Any.

    >>> from parzen import hp
    >>> from parzen.space.flatten import flatten
    >>> model = hp.choice("model", [{"kind": "svm", "C": hp.float(0.1, 10, log=True)}, {"kind": "bayes"}])
    >>> print(space_text(flatten({"model": model, "seed": hp.int(0, 9)})))
    model  svm | bayes
    ├ svm
    │ └ model.0.C  float(0.1, 10, log=True)
    └ bayes
    seed  int(0, 9)
    """
    lines: list[str] = []
    for node in tree(space):
        _write(node, "", "", lines)
    return "\n".join(lines) if lines else "nothing to search"


def _write(node: Node, first: str, rest: str, lines: list[str]) -> None:
    lines.append(f"{first}{node.name}{'  ' if node.law else ''}{node.law}")
    for i, below in enumerate(node.below):
        end = i == len(node.below) - 1
        _write(below, f"{rest}{'└ ' if end else '├ '}", f"{rest}{'  ' if end else '│ '}", lines)


def space_html(space: Space) -> str:
    """The tree as HTML.

    Args:
        space: Any.
    """
    count = len(space)
    title = f"Space of {count} hyperparameter{'' if count == 1 else 's'}"
    return markup.card(markup.heading(title), tree_html(space))


def tree_html(space: Space) -> str:
    """The tree alone, as nested lists.

    Args:
        space: Any.
    """
    return _list(tree(space)) or "nothing to search"


def _list(nodes: list[Node]) -> str:
    if not nodes:
        return ""
    items = "".join(f'<li style="margin:.1em 0">{_line(node)}{_list(node.below)}</li>' for node in nodes)
    return f'<ul style="margin:.2em 0 .2em .2em;padding-left:1.2em">{items}</ul>'


def _line(node: Node) -> str:
    if not node.law:
        return f"<i>{markup.text(node.name)}</i>"
    law = f'<span style="{markup.QUIET}">{markup.text(node.law)}</span>'
    return f"<code>{markup.text(node.name)}</code> {law}"
