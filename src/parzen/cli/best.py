"""``parzen best STORE``: the best trials, with their values."""

from __future__ import annotations

import argparse

from parzen.cli.parser import Parser, add_json, add_store, open_study


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    add_store(parser)
    parser.add_argument("-k", type=int, default=1, metavar="N", help="how many (default: 1)")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the best trials; the exit code.

    Args:
        options: What was parsed.
    """
    from parzen import arguments
    from parzen.cli import looking, terminal
    from parzen.formats.rows import Records
    from parzen.run.failures import no_success

    most = arguments.at_least_one(options.k, "-k")
    study = open_study(options)
    records = Records(study)
    best = [records.of(trial) for trial in looking.ranked(study, most)]
    if not best:
        raise no_success(study.trials)
    if options.json:
        first = {key: best[0][key] for key in ("number", "loss", "params", "metrics")}
        terminal.document("best", {"study": looking.about(study), **first, "trials": best})
    elif most == 1:
        (record,) = best
        print(f"loss  {terminal.number(record['loss'])}  (trial {record['number']})")
        wide = max(map(len, record["params"]), default=0)
        for label, value in record["params"].items():
            print(terminal.fitted(f"{label:<{wide}}  {terminal.number(value)}"))
    else:
        looking.print_trials(study, best)
    return 0
