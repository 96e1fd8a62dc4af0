"""The next space: findings turned into a space and into code that runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parzen.insight.code import code_of
from parzen.insight.evidence import Evidence
from parzen.insight.finding import Finding
from parzen.insight.findings_list import found
from parzen.insight.restored import restored
from parzen.insight.rewrite import Changes, rewritten, with_law
from parzen.insight.table import table
from parzen.space.expr import Apply
from parzen.space.flatten import flatten
from parzen.space.space import Space

_SHAPELESS = (
    "The study keeps labels and laws, not the shape of your space: compare the keys below with yours,",
    "and add the constants.",
)


@dataclass(frozen=True, eq=False)
class NextSpace:
    """What to try next.

    Attributes:
        findings: What it follows from.
        code: Python that defines ``space``; it needs nothing but its own imports, and what `missing` names.
        space: The same space, for `fmin`.
        missing: A sentence for each object in the space that has no text.
    """

    findings: tuple[Finding, ...]
    code: str
    space: Apply
    missing: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether it differs from the space that was searched."""
        return any(one.change for one in self.findings)

    def __str__(self) -> str:
        lines = [f"{one.kind:<9}  {one.sentence}" for one in self.findings] or ["nothing stands out"]
        return "\n".join([*lines, "", self.code])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: findings, code, and the laws of the new space."""
        return {
            "findings": [one.to_json() for one in self.findings],
            "changed": self.changed,
            "code": self.code,
            "missing": list(self.missing),
            "space": flatten(self.space).to_json(),
        }


def next_space(target: Any) -> NextSpace:
    """The findings of a study, and the space to search next.

    An edge is extended, a range narrowed, what does not matter fixed at its best value, and losing options
    go. Labels stay. With no finding that changes anything it is the space that was searched.

    A study that was read from a file without its space has labels and laws, but not the
    shape of the objective's argument; a comment in the code says so.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.

    Raises:
        InvalidArgument: If the target is none of these.
    """
    seen = Evidence(table(target))
    said = tuple(found(seen))
    space = seen.data.space
    comments: tuple[str, ...] = ()
    if space.expr is None:
        space, comments = restored(space), _SHAPELESS
    expr = rewritten(space, _changes(space, said))
    code = code_of(expr, comments)
    return NextSpace(said, code.text, expr, tuple(code.missing))


def _changes(space: Space, said: tuple[Finding, ...]) -> Changes:
    changes = Changes()
    bounds: dict[str, dict[str, Any]] = {}
    for one in said:
        label = one.label
        if label is None or not one.change:
            continue
        if "drop" in one.change:
            changes.dropped.setdefault(label, set()).update(one.change["drop"])
        elif "fix" in one.change:
            changes.fixed[label] = one.change["fix"]
        else:
            bounds.setdefault(label, {}).update(_tighter(bounds.get(label, {}), one))
    for label, change in bounds.items():
        if label not in changes.fixed:
            changes.laws[label] = with_law(space.params[space.index[label]].distribution, change)
    # A space without a hyperparameter cannot be searched.
    if changes.fixed and len(changes.fixed) == len(space):
        del changes.fixed[next(iter(changes.fixed))]
    return changes


def _tighter(now: dict[str, Any], one: Finding) -> dict[str, Any]:
    """A region that fails stays out also where another finding would widen the range."""
    change = dict(one.change)
    if "low" in now and "low" in change and one.kind != "edge":
        return {"low": max(now["low"], change["low"]), "high": min(now["high"], change["high"])}
    return change
