"""Studies for the tests of pictures, written as logs: no algorithm runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from parzen import Study, hp
from parzen.history import events as e

TREE = {
    "model": hp.choice(
        "model",
        [
            {
                "type": "trees",
                "depth": hp.int(1, 20, label="depth"),
                "leaf": hp.float(1, 1000, log=True, label="leaf"),
            },
            {
                "type": "net",
                "lr": hp.float(1e-5, 1, log=True, label="lr"),
                "act": hp.choice("act", ["relu", "tanh", "gelu"]),
            },
        ],
    ),
    "drop": hp.normal("drop", 0, 1),
}

OWNERS = ("one/abc/12 4001 77 0", "one/abc/12 4002 78 0", "two/def/12 4001 5 0")


def planted(
    n: int = 40,
    seed: int = 0,
    *,
    space: Any = TREE,
    maximize: bool = False,
    states: tuple[str, ...] = ("done", "done", "pruned", "failed", "done", "running"),
    pause: float = 0.0,
    infinite: bool = False,
    name: str = "planted",
) -> Study:
    """A study of `n` trials whose states go round `states`; three owners work, with a pause in the middle."""
    study = Study(space, "random", seed=seed, maximize=maximize)
    rng = np.random.default_rng(seed)
    log = study.events()
    sign = -1.0 if maximize else 1.0
    free = [1000.0] * len(OWNERS)
    for i in range(n):
        if i == n // 2:
            free = [max(free) + pause] * len(OWNERS)
        who = int(np.argmin(free))
        at, owner, state = free[who], OWNERS[who], states[i % len(states)]
        point = study.space.point_from(lambda _: float(rng.random()))
        loss = math.inf if infinite and i % 3 == 0 else float(rng.lognormal(0, 0.3))
        steps = 0 if state == "failed" else 4 if state == "done" else 2
        log += [e.Opened(at, i, owner), e.Suggested(at, i, point), e.Claimed(at, i, 1, owner)]
        log += [e.Reported(at + step, i, 1, sign * (loss + 1 / step), step) for step in range(1, steps + 1)]
        free[who] = at + 5
        if state != "running":
            losses = [sign * loss] if state == "done" else []
            log.append(e.Finished(at + 5, i, 1, state, losses, {"size": float(i % 7 + 1)} if losses else {}))
    return Study.from_events(log, name=name)


def wide(d: int) -> Any:
    """A space of that many hyperparameters."""
    return {f"x{k:03}": hp.float(0, 1, label=f"x{k:03}") for k in range(d)}
