"""Trials in files: written so that a crash never costs the last good state."""

from __future__ import annotations

import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

from parzen.byvalue import dumps
from parzen.errors import InvalidArgument, ResultWarning, warn
from parzen.trials import Trials

# Where Hyperopt's pickles say their classes are, and what takes their place.
_STAND_INS = {
    ("hyperopt.base", "Trials"): Trials,
    ("hyperopt.mongoexp", "MongoTrials"): Trials,
}


class _Son(dict[str, Any]):
    """Stands in for bson's ordered dict where bson is not installed."""

    def __setstate__(self, state: Any) -> None:
        """Nothing: a dict keeps its order by itself."""


class _ObjectId:
    """Stands in for bson's id where bson is not installed."""

    def __setstate__(self, state: Any) -> None:
        self.binary = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _STAND_INS:
            return _STAND_INS[module, name]
        if (module, name) == ("bson.son", "SON"):
            return _Son
        if (module, name) == ("bson.objectid", "ObjectId"):
            return _ObjectId
        return super().find_class(module, name)


def load_trials(path: str | os.PathLike[str]) -> Trials:
    """Read pickled trials, of parzen or of Hyperopt, whether Hyperopt is installed or not.

    Loading a pickle runs code that it names: read your own files only.

    Args:
        path: Where it is.

    Returns:
        Trials that go on where they ended when passed to `fmin`.

    Raises:
        InvalidArgument: If the file is no pickle of trials.
    """
    with open(path, "rb") as file:
        try:
            loaded = _Unpickler(file).load()
        except (pickle.UnpicklingError, EOFError, ValueError, IndexError) as error:
            raise InvalidArgument(f"{os.fspath(path)!r} is no pickle that can be read: {error}") from None
    if not isinstance(loaded, Trials):
        raise InvalidArgument(f"{os.fspath(path)!r} holds a {type(loaded).__name__}, not Trials")
    return loaded


def save_trials(trials: Trials, path: str | os.PathLike[str], named: set[str] | None = None) -> None:
    """Pickle trials into a file, in one step: a reader sees the old state or the new one.

    What a result holds that cannot be pickled is left out of the file, with one warning that names it.

    Args:
        trials: What to save.
        path: Where to; replaced if it exists.
        named: What a warning has named before, so that it is named once; new names are added.
    """
    try:
        data = dumps(trials)
    except Exception as error:  # noqa: BLE001  # whatever a value's own pickling raises
        data = dumps(_picklable(trials, error, set() if named is None else named))
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _picklable(trials: Trials, error: Exception, named: set[str]) -> Trials:
    """A copy whose results have only what can be pickled."""
    dropped: dict[str, str] = {}

    def keeps(value: Any) -> bool:
        try:
            dumps(value)
        except Exception:  # noqa: BLE001  # as above
            return False
        return True

    def clean(part: dict[str, Any], where: str) -> dict[str, Any]:
        kept = {key: value for key, value in part.items() if keeps(value)}
        dropped.update({f"{where}{key!r}": type(part[key]).__name__ for key in part if key not in kept})
        return kept

    copy = Trials(exp_key=trials._exp_key)
    for doc in trials._dynamic_trials:
        result = doc["result"]
        copy._inserted.append({**doc, "result": clean(result, "") if isinstance(result, dict) else result})
    copy.attachments = clean(trials.attachments, "attachment ")
    copy.refresh()
    if trials._study is not None:
        copy.bind(trials.study.space, seed=trials.study.seed, maximize=trials.study.maximize)
    if not dropped:
        raise error
    new = {key: kind for key, kind in dropped.items() if key not in named}
    if new:
        named.update(new)
        names = ", ".join(f"{key} ({kind})" for key, kind in list(new.items())[:5])
        warn(f"not saved because it cannot be pickled: {names}", ResultWarning)
    return copy
