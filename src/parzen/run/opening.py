"""How a study is made, or gone on with: what must agree with what its log says."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from parzen.errors import InvalidSpace, SpaceChanged, StudyChanged, StudyNotFound, did_you_mean
from parzen.history.events import Configured
from parzen.history.ledger import carried
from parzen.space.compare import differences, same, twins
from parzen.space.space import Space
from parzen.storage.base import Store


def free_name(store: Store, name: str) -> str:
    """`name`, or the first free one of ``NAME-2``, ``NAME-3``, ...

    Args:
        store: Where it must be free.
        name: What is wanted.
    """
    taken = set(store.studies())
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def not_found(store: Store, name: str) -> StudyNotFound:
    """The exception for a study that is not there.

    Args:
        store: Where it was looked for.
        name: Its name.
    """
    known = store.studies()
    return StudyNotFound(
        f"there is no study {name!r} in {place_of(store)}."
        f"{did_you_mean(name, known)} It has {', '.join(map(repr, known)) or 'none'}"
    )


def place_of(store: Store) -> str:
    """Where a store is, as a message calls it: a file by its path, short where it is near."""
    if not store.folder:
        return store.url or "memory"
    path = Path(store.folder.removesuffix(".files"))
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def check_direction(name: str, was: bool, given: bool | None) -> None:
    """Refuse another direction than the study's.

    Args:
        name: The study's.
        was: Whether it is maximised.
        given: What the user says, or None.
    """
    if given is not None and was != given:
        raise StudyChanged(
            f"the study {name!r} is {'maximised' if was else 'minimised'}, and maximize={given} was given",
            hint=f"pass maximize={was}, or begin another study with study=",
        )


def check_space(name: str, stored: Space, given: Space, points: Sequence[dict[str, float | int]]) -> None:
    """Refuse another space than the study's, with the differences in words.

    Args:
        name: The study's.
        stored: Its space.
        given: The user's.
        points: Those of its trials.
    """
    if same(given, stored) is not None:
        return
    lines = differences(given, stored) or ["~ options that cannot be told apart were reordered"]
    # A trial whose values are all gone knows nothing about what is searched now.
    kept = sum(bool(carried(point, stored, given)) for point in points)
    extend = f'resume="extend" goes on and keeps the trials that fit ({kept} of {len(points)}); '
    if not given.index.keys() & stored.index.keys():
        extend = "no hyperparameter is in both spaces, so the trials say nothing about the new one: "
    raise SpaceChanged(
        f"the space differs from that of study {name!r} ({len(points)} trials): " + "; ".join(lines),
        hint=f'{extend}resume="new" begins another study and deletes nothing',
        differences=lines,
    )


def check_twins(given: Space) -> None:
    """Refuse, for a durable study, a choice between options that nothing tells apart."""
    labels = twins(given)
    if labels:
        raise InvalidSpace(
            f"choice {labels[0]!r} has options that cannot be told apart by their content, so a study in a "
            "file could not know them again",
            hint="name them: def instead of lambda, or a choice of names and a dict from name to value",
            label=labels[0],
        )


def check_settings(name: str, now: Configured | None, seed: int | None, settings: Mapping[str, Any]) -> None:
    """Refuse a seed or a lockstep that a durable study does not have.

    Args:
        name: The study's.
        now: Its settings, or None for a new one.
        seed: The one that was given, or None.
        settings: Others that were given.
    """
    if now is None:
        return
    if seed is not None and now.seed != seed:
        raise StudyChanged(
            f"the study {name!r} has the seed {now.seed}, and seed={seed} was given",
            hint=f"leave seed out, or pass seed={now.seed}; another search needs another study=",
        )
    if settings.get("lockstep", now.lockstep) != now.lockstep:
        raise StudyChanged(
            f"the study {name!r} runs with lockstep={now.lockstep}, "
            f"and lockstep={settings['lockstep']} was given",
            hint="what a trial may know cannot change within a study: begin another one with study=",
        )


def folder_of(store: Store, name: str, owner: str) -> str:
    """Where a study's files go: beside a file store, else below the working directory or a temporary one.

    Args:
        store: Where the study is kept.
        name: The study's.
        owner: Tells studies in memory apart.
    """
    if store.folder:
        base = Path(store.folder)
    elif store.url:
        base = Path.cwd() / "parzen-files"
    else:
        base = Path(tempfile.gettempdir()) / f"parzen-{sha256(owner.encode()).hexdigest()[:12]}"
    return str(base / safe_name(name))


def safe_name(name: str) -> str:
    """A study's name as the name of a folder: readable where it can be, and never two names alike."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40]
    if plain == name:
        return plain
    return f"{plain or 'study'}-{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
