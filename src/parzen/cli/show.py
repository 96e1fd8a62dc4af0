"""``parzen show STORE``: one study, or with --trials, --filter, --sort or --limit its trials."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from parzen.cli.parser import Parser, add_json, add_store, open_study
from parzen.errors import InvalidArgument, did_you_mean

if TYPE_CHECKING:
    from parzen.run.study import Study

_COLUMNS = ("number", "state", "loss", "duration_s", "started", "ended", "attempts")


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument("--trials", action="store_true", help="a row for each trial")
    parser.add_argument(
        "--filter",
        metavar="EXPR",
        help="trials that pass, in Python's syntax: "
        '\'loss < 0.1 and params.model == "svm" and state != "pruned"\'',
    )
    parser.add_argument("--sort", metavar="COL", help="loss, duration_s, params.LABEL, ...: smallest first")
    parser.add_argument("--reverse", action="store_true", help="largest first")
    parser.add_argument("--limit", type=int, metavar="N", help="at most that many trials")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the study or its trials; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen import arguments

    limit = arguments.count(options.limit, "--limit")
    study = open_study(options)
    if options.trials or options.filter or options.sort or options.reverse or limit is not None:
        return _trials(study, options, limit)
    return _study(study, options.json)


def _trials(study: Study, options: argparse.Namespace, limit: int | None) -> int:
    from parzen.cli import looking, terminal
    from parzen.cli.filters import Filter
    from parzen.formats.rows import Records
    from parzen.naming import has_names, names_of

    labels = [param.label for param in study.space.params]
    metrics = list(study.history.metrics)
    names = {param.label: names_of(param) for param in study.space.params if has_names(param)}
    keep = None if options.filter is None else Filter(options.filter, labels, metrics, names)
    found = [record for record in Records(study).all() if keep is None or keep(record)]
    whole = len(found)
    if options.sort:
        path = _column(options.sort, labels, metrics)
        found.sort(key=lambda record: _key(record, path, options.reverse))
    elif options.reverse:
        found.reverse()
    found = found[:limit]
    if options.json:
        terminal.document("trials", {"study": looking.about(study), "matching": whole, "trials": found})
        return 0
    if found:
        looking.print_trials(study, found)
    if not found or len(found) < whole:
        terminal.message(f"{len(found)} of {whole} matching trials shown ({len(study.trials)} in all)")
    return 0


def _column(name: str, labels: list[str], metrics: list[str]) -> tuple[str, str | None]:
    """Where a column's values are in a record."""
    part, dot, rest = name.partition(".")
    known = {"params": labels, "param": labels, "metrics": metrics, "metric": metrics}
    if dot and rest in known.get(part, []):
        return part.removesuffix("s") + "s", rest
    if name in _COLUMNS:
        return name, None
    if name in labels:
        return "params", name
    if name in metrics:
        return "metrics", name
    every = [*_COLUMNS, *labels, *metrics, *(f"params.{label}" for label in labels)]
    raise InvalidArgument(
        f"--sort: trials have no column {name!r}.{did_you_mean(name, every)} "
        f"Columns: {', '.join([*_COLUMNS, *labels, *metrics])}"
    )


def _key(record: dict[str, Any], path: tuple[str, str | None], reverse: bool) -> tuple[Any, ...]:
    """For sorting: numbers before texts, and what a trial has not at the end in any direction."""
    part, name = path
    value = record[part] if name is None else record[part].get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return (2, 0, record["number"])
    if isinstance(value, (int, float)):
        return (0, -value if reverse else value, record["number"])
    text = tuple(-ord(letter) for letter in value) if reverse else tuple(map(ord, str(value)))
    return (1, text, record["number"])


def _study(study: Study, as_json: bool) -> int:
    from parzen.cli import looking, terminal
    from parzen.formats.rows import Records
    from parzen.frames.facts import utc

    records = Records(study)
    best = looking.best_of(study, records)
    configured, created = study.ledger.configured, study.ledger.created
    algorithm = (configured.algorithm if configured is not None else {}).get("name", "")
    started = created.at if created is not None else math.nan
    if as_json:
        parts = {
            "study": looking.about(study),
            "state": looking.state_of(study),
            "trials": looking.counts(study),
            "end": study.end,
            "seed": study.seed,
            "algorithm": {} if configured is None else configured.algorithm,
            "objective": None if configured is None else configured.objective,
            "created": utc(started),
            "updated": utc(looking.last_moment(study)),
            "best": None if best is None else terminal.clean(best),
            "space": study.ledger.space.to_json(),
        }
        terminal.document("study", parts)
        return 0
    lines = [
        ("study", f"{study.place} · {study.name} · {'maximize' if study.maximize else 'minimize'}"),
        ("trials", looking.headline(study)),
    ]
    if best is not None:
        lines.append(("best", looking.values(best)))
    lines += [
        ("search", f"{algorithm.rpartition(':')[2] or '-'} · seed {study.seed}"),
        ("made", f"{utc(started) or '-'}, last changed {terminal.ago(looking.last_moment(study))}"),
    ]
    if configured is not None and configured.objective:
        lines.append(("objective", configured.objective))
    for name, text in lines:
        print(terminal.fitted(f"{name:<9}  {text}"))
    print()
    print(_space_table(study))
    return 0


def _space_table(study: Study) -> str:
    from parzen.cli import terminal
    from parzen.naming import branch, has_names, texts_of

    space = study.space
    rows = []
    for j, param in enumerate(space.params):
        law = param.distribution.describe()
        if has_names(param):
            law += f": {', '.join(texts_of(param))}"
        rows.append([param.label, law, branch(space, j) or ""])
    heads = ["hyperparameter", "law", "only if"]
    if not any(row[2] for row in rows):
        heads, rows = heads[:2], [row[:2] for row in rows]
    return terminal.table(heads, rows)
