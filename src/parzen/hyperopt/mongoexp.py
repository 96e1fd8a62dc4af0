"""``hyperopt.mongoexp``: a search whose trials run in ``hyperopt-mongo-worker`` processes anywhere.

The study lives in the same database, beside the collection that the URL names
(``jobs``): documents that Hyperopt left there are taken in once, and nothing
of theirs is changed. The objective travels as a pickle. A worker runs what it
finds, as Hyperopt's does; start one only against a database whose writers you
trust.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

from parzen.domain import Ctrl
from parzen.errors import InvalidTrial, ParzenError, StorageError
from parzen.executors.base import Evaluate, Executor, Outcome, Serve, Task, TaskLimits
from parzen.formats import import_documents
from parzen.hyperopt.mongo_urls import MongoJobs, as_mongo_str, parse_url, study_name, url_to_keep
from parzen.hyperopt.mongo_worker import (
    MongoWorker,
    ReserveTimeout,
    Shutdown,
    WaitQuit,
    main_worker,
    main_worker_helper,
)
from parzen.run.study import Study
from parzen.storage.mongodb import MongoStore
from parzen.trials import Trials

OperationFailure = StorageError
InvalidMongoTrial = InvalidTrial
MongoCtrl = Ctrl


class DomainSwapError(ParzenError):
    """Hyperopt raised it where an experiment got another objective; parzen runs the newest one."""


class _Elsewhere:
    """An executor without a slot: other processes run the trials."""

    slots = 0
    channel = True
    parallel = True

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Nothing to get ready."""

    def submit(self, task: Task) -> None:
        """Never called: there is no slot."""

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Nothing ends here."""
        return []

    def shutdown(self) -> None:
        """Nothing to free."""


class MongoTrials(Trials):
    """Trials in a MongoDB; `fmin` waits while ``hyperopt-mongo-worker`` processes run them.

    Args:
        arg: ``mongo://[user[:password]@]host[:port]/database/jobs``, or a `MongoJobs`.
        exp_key: Names the experiment; those of one database and collection are apart.
        cmd: Accepted for Hyperopt's sake.
        workdir: Accepted for Hyperopt's sake: workers have a ``--workdir``.
        refresh: Accepted for Hyperopt's sake.
    """

    asynchronous = True
    ships_objective = True

    def __init__(
        self,
        arg: str | MongoJobs,
        exp_key: str | None = None,
        cmd: Any = None,
        workdir: str | None = None,
        refresh: bool = True,
    ) -> None:
        del cmd, refresh
        self._url = arg.url if isinstance(arg, MongoJobs) else arg
        self._workdir = workdir
        url, self._collection = parse_url(self._url)
        super().__init__(store=MongoStore(url), study=study_name(self._collection, exp_key))
        self._exp_key = exp_key

    def bind(self, space: Any, **arguments: Any) -> Study:
        """As `Trials.bind`; documents that Hyperopt left in the collection are taken in, once.

        Args:
            space: As for `fmin`.
            arguments: As for `Trials.bind`.
        """
        study = super().bind(space, **arguments)
        take_jobs(study, self._collection, self._exp_key, self)
        return study

    def executor(self) -> Executor:
        """None of its own: workers run the trials."""
        return _Elsewhere()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (url_to_keep(self._url), self._exp_key, self._workdir)


def _reopened(url: str, exp_key: str | None, workdir: str | None) -> MongoTrials:
    return MongoTrials(url, exp_key=exp_key, workdir=workdir)


def take_jobs(study: Study, collection: str, exp_key: str | None, trials: MongoTrials) -> None:
    """Take the documents of Hyperopt's own collection into a study, the first time that it is opened.

    Finished ones become finished trials, those that wait or ran are tried next. Attachments come along.

    Args:
        study: Of the experiment.
        collection: Where Hyperopt kept its documents.
        exp_key: Of the experiment.
        trials: Gives attachments their place.
    """
    mark = {"jobs": collection}
    if any(event.note.get("taken") == mark for event in study.ledger.notes):
        return
    store: Any = study.store
    documents = store.documents(collection, {"exp_key": exp_key})
    if documents:
        first = hashlib.sha256(str(documents[0].get("_id")).encode()).hexdigest()[:16]
        import_documents(documents, f"hyperopt:{collection}:{first}", study)
        for doc in documents:
            _take_unfinished(study, doc)
            for name, place in doc.get("_attachments") or ():
                trials.attachments[f"ATTACH::{doc['tid']}::{name}"] = store.file(place)
    study.note({"taken": mark})


def _take_unfinished(study: Study, doc: Mapping[str, Any]) -> None:
    if doc.get("state") not in (0, 1):
        return
    vals = doc.get("misc", {}).get("vals", {})
    point = {label: values[0] for label, values in vals.items() if len(values)}
    if study.space.fits(study.space.stored(point)):
        study.enqueue(point, {"by": "hyperopt", "tid": doc.get("tid")})


def main() -> None:
    """Run `main_worker` and end the process."""
    sys.exit(main_worker())


__all__ = [
    "DomainSwapError",
    "InvalidMongoTrial",
    "MongoCtrl",
    "MongoJobs",
    "MongoTrials",
    "MongoWorker",
    "OperationFailure",
    "ReserveTimeout",
    "Shutdown",
    "WaitQuit",
    "as_mongo_str",
    "main",
    "main_worker",
    "main_worker_helper",
    "parse_url",
]

if __name__ == "__main__":
    main()
