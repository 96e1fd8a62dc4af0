"""``parzen worker URL``: evaluate trials of a study that others may work on too."""

from __future__ import annotations

import argparse
import os

from parzen import arguments
from parzen.cli.main import STOPPED
from parzen.errors import AllTrialsFailed, InvalidArgument
from parzen.run.progress import choose
from parzen.run.study import Study
from parzen.workers import Work, work

HELP = "Evaluate trials of a study, on this machine, until the study has its end."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that `worker` and `resume` share.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "store",
        nargs="?",
        default=os.environ.get("PARZEN_STUDY"),
        help="file or URL of the store: search.db, search.jsonl, postgresql://host/db, mongodb://host/db "
        "(default: $PARZEN_STUDY)",
    )
    parser.add_argument("--study", default="default", help="the study's name in the store (default: default)")
    parser.add_argument(
        "--objective",
        metavar="NAME",
        help="pkg.module:function or path/train.py:function (default: the study's)",
    )
    parser.add_argument(
        "--space", metavar="NAME", help="the space's name in that module (default: looked for)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="trials at the same time (default: 1)")
    parser.add_argument("--gpus", help="GPUs that the trials see, one each, such as 0,1")
    parser.add_argument("--max-trials", type=int, help="start at most that many trials here")
    parser.add_argument("--timeout", help='start no trial after that time, such as "90s" or "2h"')
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "--unpickle",
        action="store_true",
        help="run a pickled objective from the store: its code is not checked",
    )


def run(options: argparse.Namespace) -> int:
    """Work until the study's end; the exit code.

    Args:
        options: What was parsed.
    """
    return serve(options, more=0)


def serve(options: argparse.Namespace, more: int) -> int:
    """Open the study, work on it, and say what was found.

    Args:
        options: What was parsed.
        more: Trials to add to the study's end.
    """
    if not options.store:
        raise InvalidArgument("name the store: a file such as search.db, or a URL; or set PARZEN_STUDY")
    asked = Work(
        objective=options.objective,
        space=options.space,
        jobs=arguments.at_least_one(options.jobs, "--jobs"),
        gpus=None if options.gpus is None else _gpus(options.gpus),
        more=more,
        seconds=arguments.seconds(options.timeout, "--timeout"),
        trials=arguments.count(options.max_trials, "--max-trials"),
        unpickle=options.unpickle,
    )
    study = Study.load(options.store, options.study, read_only=False)
    stopped = work(study, asked, choose(not options.quiet, True))
    found = study.incumbent
    if found is not None:
        trial = study.trials[found[0]]
        value = -found[1] if study.maximize else found[1]
        shown = ", ".join(f"{label} = {value:.6g}" for label, value in trial.shown.items())
        print(f"best {value:.6g} (trial {trial.number}): {shown}")
    if stopped in STOPPED:
        return STOPPED[stopped]
    over = study.end is not None and study.ledger.ended >= study.end
    if found is None and over:
        raise AllTrialsFailed(f"none of {len(study.trials)} trials succeeded")
    return 0


def _gpus(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InvalidArgument(f"--gpus must be numbers such as 0,1; got {text!r}") from None
