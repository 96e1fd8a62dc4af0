"""``parzen effects STORE``: what each hyperparameter does to the loss, the most important first."""

from __future__ import annotations

import argparse
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from parzen.cli.parser import Parser, add_json, add_store, open_study

if TYPE_CHECKING:
    from parzen.history.history import Trial
    from parzen.run.study import Study
    from parzen.space.space import Param

_SHARE = 0.1  # of the successful trials are the best ones
_LEAST = 5


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print a row for each hyperparameter; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen.cli import looking, terminal
    from parzen.history.history import Status
    from parzen.insight import effects, findings

    study = open_study(options)
    found = effects(study)
    done = study.ledger.counts[Status.DONE]
    best = looking.ranked(study, max(_LEAST, round(_SHARE * done)))
    said = {one.label: one.kind for one in reversed(findings(study)) if one.label is not None}
    params = {param.label: param for param in study.space.params}
    if options.json:
        columns = [
            {**effect.to_json(), "best_values": _values(best, params[effect.label])} for effect in found
        ]
        terminal.document("effects", {"study": looking.about(study), "trials": done, "effects": columns})
        return 0
    rows = []
    for effect in found:
        judged, param = effect.importance, params[effect.label]
        value = "too few" if math.isnan(judged.value) else f"{judged.value:.2f} ±{judged.spread:.2f}"
        note = "; ".join(filter(None, (said.get(effect.label, ""), effect.note, _given(judged))))
        rows.append([effect.label, value, _shown(best, param), _range(param), note])
    heads = ["hyperparameter", "importance", f"best {len(best)} trials", "range", "note"]
    print(terminal.table(heads, rows))
    _say_few(study, done)
    return 0


def _say_few(study: Study, done: int) -> None:
    from parzen.cli import terminal

    if done < 30:
        terminal.message(f"{done} successful trials are few: importance needs about 30")
    del study


def _given(judged: Any) -> str:
    return f"if {judged.given}, {judged.trials} trials" if judged.given else ""


def _values(best: list[Trial], param: Param) -> dict[str, Any]:
    """The values of a hyperparameter in the best trials: options counted, numbers as a range."""
    from parzen.formats.options import names_of

    own = [trial.point[param.label] for trial in best if trial.point and param.label in trial.point]
    if param.options:
        names = names_of(param)
        counted = Counter(str(names[int(value)]) for value in own)
        return {"trials": len(own), "options": dict(counted.most_common())}
    return {"trials": len(own), "low": min(own, default=None), "high": max(own, default=None)}


def _shown(best: list[Trial], param: Param) -> str:
    from parzen.cli import terminal

    found = _values(best, param)
    if not found["trials"]:
        return "-"
    if param.options:
        return ", ".join(f"{name} {count}" for name, count in found["options"].items())
    low, high = (f"{found[end]:.3g}" for end in ("low", "high"))
    less = f" ({found['trials']} of {len(best)})" if found["trials"] < len(best) else ""
    return (low if low == high else f"{low} {terminal.DOTS} {high}") + less


def _range(param: Param) -> str:
    from parzen.formats.options import names_of

    if not param.options:
        return param.distribution.describe()
    names = names_of(param)
    return ", ".join(map(str, names)) if len(names) <= 3 else f"{len(names)} options"
