"""Golden pickles: `Trials` objects that real Hyperopt wrote, for the tests of parzen's reader.

This script runs under Hyperopt, never under parzen, and is no part of the
test run. It writes `hyperopt-VERSION-CASE.pkl` beside itself and, for each,
a `.json` file with what a reader must find in it. Four environments, all
with Python 3.11 (`bson` comes with pymongo and changes what Hyperopt stores):

    python3.11 -m venv h030      &&      h030/bin/pip install hyperopt==0.3.0 setuptools==65.5.0
    python3.11 -m venv h030bson  &&  h030bson/bin/pip install hyperopt==0.3.0 setuptools==65.5.0 pymongo
    python3.11 -m venv h027      &&      h027/bin/pip install hyperopt==0.2.7 setuptools==65.5.0 \
                                             "numpy<2" "networkx<3" "scipy<1.14"
    python3.11 -m venv h027bson  &&  h027bson/bin/pip install (the same) pymongo
    for e in h030 h030bson h027 h027bson; do $e/bin/python make_hyperopt_pickles.py; done

With `bson` present only the two `bson` cases are written, without it all the
others. Clock and seeds are fixed, so a second run writes the same bytes.

The `.json` files hold:

    versions      python, hyperopt, numpy, cloudpickle; pymongo where it was there
    protocol      pickle protocol of the file
    class         the class path of the pickled object
    globals       every class or function path that the pickle names
    documents     all documents, also those Hyperopt hides: tid, state, status,
                  loss, vals (label -> stored value, active labels only), error
    tids, losses, statuses, idxs, vals, argmin
                  what Hyperopt's attributes of these names answer after loading
    attachments   the sorted keys of `trials.attachments`
    next_tid      what `trials.new_trial_ids(1)` answers after loading

A loss is a number, null (the result has none) or the string "nan".
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import pickle
import pickletools
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
from hyperopt.base import have_bson

import hyperopt
from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, rand, tpe, trials_from_docs

HERE = Path(__file__).resolve().parent
LARGEST = 20_000  # bytes; the files live in the repository


def fix_the_clock() -> None:
    """Let Hyperopt's clock start on 2020-01-01 and go on by a second per look."""
    seconds = iter(range(1_000_000))
    start = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - Hyperopt's times have no zone
    # Not `hyperopt.fmin`: that attribute is the function, which hides the module.
    sys.modules["hyperopt.fmin"].coarse_utcnow = lambda: start + dt.timedelta(seconds=next(seconds))


def search(objective: Callable[[Any], Any], space: Any, max_evals: int, **arguments: Any) -> Trials:
    """Run Hyperopt quietly with a fixed seed, and hand back its history."""
    arguments.setdefault("trials", Trials())
    fmin(
        objective,
        space,
        max_evals=max_evals,
        rstate=np.random.default_rng(7),
        show_progressbar=False,
        verbose=False,
        **{"algo": rand.suggest, **arguments},
    )
    return arguments["trials"]


# Objectives and their spaces.

FLAT = {
    "x": hp.uniform("x", -5, 5),
    "y": hp.normal("y", 0, 2),
    "n": hp.quniform("n", 1, 10, 1),
}


def bowl(point: dict[str, Any]) -> float:
    return point["x"] ** 2 + point["y"] ** 2 + 0.1 * point["n"]


CONDITIONAL = hp.choice(
    "model",
    [
        {"kind": "svm", "C": hp.loguniform("C", -5, 5)},
        {
            "kind": "forest",
            "depth": hp.randint("depth", 12),
            "split": hp.choice("split", ["gini", {"rate": hp.loguniform("rate", -3, 0)}]),
        },
    ],
)


class Demanding:
    """An objective that fails in two ways, once has a NaN loss, and fills its results with things."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, point: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.calls % 5 == 2:
            return {"status": STATUS_FAIL, "err": "diverged"}
        if self.calls % 5 == 4:
            # The lowest loss of all: it must not become the best trial.
            return {"status": STATUS_FAIL, "loss": -1.0}
        if self.calls == 10:
            return {"status": STATUS_OK, "loss": float("nan")}
        result = {
            "status": STATUS_OK,
            "loss": np.float64(abs(math.log(point["C"])) if "C" in point else 0.5 + 0.1 * point["depth"]),
            "space": point,
            "history": {"accuracy": [0.25, 0.5], "sizes": (3, 4)},
            "weights": np.arange(3, dtype=np.float32),
            "count": np.int32(self.calls),
            "good": np.bool_(True),
            "ended": dt.datetime(2020, 1, 2, 3, 4, 5),  # noqa: DTZ001 - as users write it
        }
        if self.calls == 1:
            result["attachments"] = {"log.txt": b"first line\n"}
        return result


class RaisesAt:
    """`bowl`, but the given calls (counted from 1) raise `error`."""

    def __init__(self, error: BaseException, *calls: int) -> None:
        self.error, self.raising, self.calls = error, calls, 0

    def __call__(self, point: dict[str, Any]) -> float:
        self.calls += 1
        if self.calls in self.raising:
            raise self.error
        return bowl(point)


# Writing.


def pickled_globals(data: bytes) -> list[str]:
    """Every "module name" that the pickle imports, sorted."""
    found: set[str] = set()
    strings: list[str] = []  # the last strings pushed; STACK_GLOBAL takes two of them
    memo: dict[int, str | None] = {}
    last: str | None = None
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "GLOBAL":
            found.add(argument)
            last = None
        elif opcode.name == "STACK_GLOBAL":
            found.add(f"{strings[-2]} {strings[-1]}")
            last = None
        elif "UNICODE" in opcode.name:
            strings.append(argument)
            last = argument
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = last
        elif opcode.name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = last
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            last = memo[argument]
            if last is not None:
                strings.append(last)
        else:
            last = None
    return sorted(found)


def plain(value: Any) -> Any:
    """NumPy scalars as Python's, and NaN as a word, for JSON."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return value


def description(data: bytes) -> dict[str, Any]:
    """What a reader must find, asked of Hyperopt itself after loading."""
    trials = pickle.loads(data)
    versions = {
        "python": platform.python_version(),
        "hyperopt": hyperopt.__version__,
        "numpy": np.__version__,
        "cloudpickle": cloudpickle.__version__,
    }
    if have_bson:
        import pymongo

        versions["pymongo"] = pymongo.version
    documents = [
        {
            "tid": document["tid"],
            "state": document["state"],
            "status": document["result"].get("status"),
            "loss": document["result"].get("loss"),
            "vals": {label: found[0] for label, found in document["misc"]["vals"].items() if len(found)},
            "error": document["misc"].get("error"),
        }
        for document in trials._dynamic_trials
    ]
    return {
        "versions": versions,
        "protocol": data[1],
        "class": f"{type(trials).__module__}.{type(trials).__qualname__}",
        "globals": pickled_globals(data),
        "documents": documents,
        "tids": trials.tids,
        "losses": trials.losses(),
        "statuses": trials.statuses(),
        "idxs": trials.idxs,
        "vals": trials.vals,
        "argmin": trials.argmin,
        "attachments": sorted(trials.attachments),
        "next_tid": trials.new_trial_ids(1)[0],
    }


def keep(case: str, data: bytes) -> None:
    """Write the pickle and its description."""
    assert len(data) < LARGEST, f"{case}: {len(data)} bytes"
    path = HERE / f"hyperopt-{hyperopt.__version__}-{case}.pkl"
    path.write_bytes(data)
    text = json.dumps(plain(description(data)), indent=1, sort_keys=True, allow_nan=False)
    path.with_suffix(".json").write_text(text + "\n")
    print(f"{path.name}: {len(data)} bytes")


# The cases.


def flat() -> None:
    """Five real suggestions of TPE behind its twenty random ones; protocol 3, as old scripts wrote it."""
    keep("flat", pickle.dumps(search(bowl, FLAT, 25, algo=tpe.suggest), protocol=3))


def conditional() -> None:
    """Nested choices, failures with and without a loss, full results; the default protocol."""
    keep("conditional", pickle.dumps(search(Demanding(), CONDITIONAL, 20)))


def errors() -> None:
    """`catch_eval_exceptions=True`: documents in state ERROR, which `trials.trials` does not show."""
    objective = RaisesAt(ValueError("no convergence"), 3, 7)
    keep("errors", pickle.dumps(search(objective, FLAT, 10, catch_eval_exceptions=True)))


def save_file() -> None:
    """What fmin itself writes to `trials_save_file`, through cloudpickle."""
    path = HERE / "save_file.tmp"
    # `trials=None`, because fmin reads and makes the file only then.
    search(bowl, FLAT, 8, trials=None, trials_save_file=str(path))
    data = path.read_bytes()
    path.unlink()
    keep("save-file", data)


def interrupted() -> None:
    """Ctrl-C in trial 8 leaves it RUNNING for ever; the second file is the same search, continued."""
    trials = Trials()
    with contextlib.suppress(KeyboardInterrupt):
        search(RaisesAt(KeyboardInterrupt(), 9), FLAT, 12, trials=trials)
    keep("interrupted", pickle.dumps(trials))
    search(bowl, FLAT, 12, trials=trials)
    keep("interrupted-resumed", pickle.dumps(trials))


def with_bson() -> None:
    """With pymongo installed Hyperopt makes each suggestion plain; Mongo's own documents are SON."""
    from bson import SON, CodecOptions, ObjectId, decode, encode

    trials = search(bowl, FLAT, 10)
    keep("bson", pickle.dumps(trials))

    # What `trials_from_docs(list(mongo_trials), validate=False)` holds: the
    # documents as the database hands them out, without a server to ask.
    documents = []
    for document in trials.trials:
        stored = SON(document, _id=ObjectId(f"{document['tid']:024x}"), owner=["host:1"], version=1)
        documents.append(decode(encode(stored), CodecOptions(document_class=SON)))
    keep("bson-son", pickle.dumps(trials_from_docs(documents, validate=False)))


def main() -> None:
    fix_the_clock()
    if have_bson:
        with_bson()
        return
    flat()
    conditional()
    errors()
    save_file()
    interrupted()


if __name__ == "__main__":
    main()
