"""Trials: Hyperopt's history object over a study.

Documents are made when somebody looks. From then on they are live: the search
updates them in place, and what outside code edits or inserts is compared with
the log at `refresh()` and appended to it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import Any

import numpy as np

from parzen import documents
from parzen.algorithms.base import Algorithm
from parzen.attachments import StoredAttachments
from parzen.documents import Document
from parzen.errors import AllTrialsFailed, InvalidArgument, InvalidTrial, StudyNotFound
from parzen.executors.base import Executor
from parzen.frames.columns import Column
from parzen.frames.table import Tabular
from parzen.history import events
from parzen.history.history import ENDED
from parzen.run.failures import no_success
from parzen.run.study import Study
from parzen.space.flatten import flatten


class Trials(Tabular):
    """The trials of a search, as documents.

    Args:
        exp_key: Names the experiment; documents carry it. A path such as ``"search.db"`` or a URL
            opens the study that is kept there.
        refresh: Accepted for Hyperopt's sake.
        store: Where the study is kept: a `Store`, a path or a URL; left out, in memory.
        study: The study's name there.

    >>> from parzen import fmin, hp, Trials
    >>> trials = Trials()
    >>> best = fmin(lambda x: x**2, hp.uniform("x", -1, 1), max_evals=5, trials=trials, verbose=False)
    >>> len(trials), trials.trials[0]["result"]["status"]
    (5, 'ok')
    """

    asynchronous = False
    ships_objective = False  # whether a pickle of every objective is kept beside the study
    never_raises = False  # whether failed trials never end a search
    abandons = False  # whether what runs when a search ends early is cut short

    def __init__(
        self,
        exp_key: str | None = None,
        refresh: bool = True,
        *,
        store: Any = None,
        study: str = "default",
    ) -> None:
        del refresh
        if store is None and _names_a_store(exp_key):
            store, exp_key = exp_key, None
        self._exp_key = exp_key
        self._attachments: Any = {}
        self._store: Any = None
        self._study_name = study
        self._start()
        self._store = store

    def _start(self) -> None:
        self._opened: Study | None = None
        self._looked = self._writing = False
        self._seed_given = False
        self._documents: list[Document] = []  # all of them, in order
        self._inserted: list[Document] = []  # visible after the next refresh
        self._visible: list[Document] = []
        self._tids: list[Any] = []  # of trial number i; None if its document was never asked for
        self._numbers: dict[Any, int] = {}  # the reverse
        self._by_number: dict[int, Document] = {}
        self._agreed: dict[int, tuple[Any, Any, Any]] = {}  # the document when it was last compared
        self._logged: dict[int, tuple[Any, Any, Any]] = {}  # the log at that time
        self._next_id = 0
        self._extra_ids: set[Any] = set()
        self._head = 0

    @property
    def _study(self) -> Study | None:
        """The study, if there is one; that of a store is opened for reading when somebody looks."""
        if self._opened is None and self._store is not None and not self._looked:
            self._look()
        return self._opened

    def _look(self) -> None:
        self._looked = True
        with suppress(StudyNotFound):
            self._take_study(Study.load(self._store, self._study_name))

    def _take_study(self, study: Study) -> None:
        self._opened, self._study_name = study, study.name
        self._attachments = StoredAttachments(study)

    @property
    def attachments(self) -> Any:
        """``ATTACH::<tid>::<name>`` -> object; bytes in a durable study."""
        if self._store is not None and self._opened is None and self._study is None:
            return {}
        return self._attachments

    @attachments.setter
    def attachments(self, attachments: Any) -> None:
        self._attachments = attachments

    # Binding to a space

    @property
    def study(self) -> Study:
        """The study behind these trials.

        Raises:
            InvalidArgument: If no space was given yet: before the first `fmin` or `Domain`.
        """
        if self._study is None:
            raise InvalidArgument("these trials have no space yet; the first fmin or Domain gives them one")
        return self._study

    def _repr_html_(self) -> str:
        """What notebooks show: the study's card, once there is a study."""
        study = self._study
        return f"<code>{escape(repr(self))}</code>" if study is None else study._repr_html_()

    def columns(self) -> list[Column]:
        """The trials as a table's columns; see `to_pandas`, `to_polars`, `to_arrow` and `to_dicts`.

        Raises:
            InvalidArgument: If no space was given yet.
        """
        self.refresh()
        return self.study.trials.columns()

    def bind(
        self,
        space: Any,
        *,
        algorithm: Algorithm | None = None,
        seed: int | None = None,
        maximize: bool | None = None,
        resume: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Study:
        """Give the trials a space; documents that were inserted before are bound to it.

        Args:
            space: As for `fmin`; another one than before carries past points over.
            algorithm: What suggests from here on.
            seed: The seed from here on; left out, the one in force stays.
            maximize: Whether the objective's values are to be made large; left out, as it was, or False.
            resume: For a durable study: ``"extend"`` or ``"new"``, as for `Study`.
            settings: Other fields of the `configured` event.

        Raises:
            InvalidArgument: If the trials were made with another direction.
            StudyChanged: If a durable study does not agree.
        """
        given = flatten(space)
        others = dict(settings or {})
        if self._store is not None and not (self._writing and resume is None):
            self._open(given, algorithm, seed=seed, maximize=maximize, resume=resume, **others)
        elif self._study is None:
            self._opened = Study(given, algorithm or "auto", seed=seed, maximize=maximize, **others)
            self._head = self._opened.ledger.head
        elif self._store is not None:
            self._study.enter(given, maximize, seed=seed, **others)
            self._study.configure(algorithm=algorithm, seed=seed, **others)
        else:
            if maximize is not None and self._study.maximize != maximize:
                was = "maximised" if self._study.maximize else "minimised"
                raise InvalidArgument(
                    f"these trials were {was} so far",
                    hint=f"pass maximize={self._study.maximize}, or new Trials()",
                )
            self._study.bind(given)
            self._study.configure(algorithm=algorithm, seed=seed, **others)
        self._seed_given = self._seed_given or seed is not None
        self.refresh()
        return self.study

    def _open(self, space: Any, algorithm: Algorithm | None, **arguments: Any) -> None:
        """Open the study in the store for writing."""
        study = Study(space, algorithm, store=self._store, name=self._study_name, **arguments)
        if study.name != self._study_name:
            self._start()  # another study has other documents
        self._take_study(study)
        self._writing = True
        self._follow_space(study, [param.label for param in study.space.params])

    def executor(self) -> Executor | None:
        """Where these trials run, if they say so themselves."""
        return None

    def ended(self, stopped: str | None) -> None:
        """Called when a call of fmin is over, however it ended.

        Args:
            stopped: Why it ended early, or None.
        """

    @property
    def durable(self) -> bool:
        """Whether they are kept in a store."""
        return self._store is not None

    @property
    def end(self) -> int | None:
        """How many trials a durable study is to have; None without an end, and in memory."""
        return None if self._study is None else self._study.end

    @property
    def place(self) -> str:
        """Where a durable study is, in words."""
        return f"study {self.study.name!r} of {self.study.place}"

    def opening_lines(self, known: int) -> list[str]:
        """What to say when a durable study is opened for a search.

        Args:
            known: Trials that have ended.
        """
        if self._store is None:
            return []
        study = self.study
        where = f"parzen: {self.place}"
        if not study.trials:
            lines = [f"{where}: new, seed {study.seed}"]
        elif study.end is not None and known >= study.end:
            lines = [f"{where}: all {known} trials are there; a larger max_evals goes on"]
        else:
            of = "" if study.end is None else f" of {study.end}"
            lines = [f"{where}: goes on after {known}{of} trials, seed {study.seed}"]
        return lines

    # Documents and log

    def _sync(self) -> None:
        """Bring documents up to date with the log."""
        study = self._study
        if study is None or study.ledger.head == self._head:
            return
        labels = [param.label for param in study.ledger.space.params]
        new = study.store.read(study.name, self._head)
        if any(isinstance(event, events.Extended) for event in new):
            self._follow_space(study, labels)
        touched = dict.fromkeys(
            event.number for event in new if not isinstance(event, events.Noted) and hasattr(event, "number")
        )
        self._head = study.ledger.head
        for number in touched:
            trial = study.trials[number]
            if trial.point is None or trial.excluded:
                continue
            doc = self._by_number.get(number)
            if doc is None:
                tid = self._tid(number)
                doc = documents.document(trial, tid, labels, self._exp_key)
                self._by_number[number] = doc
                self._documents.append(doc)
                if doc["state"] in documents.JOB_VALID_STATES:
                    self._visible.append(doc)
            elif self._logged.get(number) != _in_log(trial):
                documents.update(doc, trial)
                if doc["state"] == documents.JOB_STATE_ERROR:
                    self._visible = [other for other in self._visible if other is not doc]
            self._agree(doc, number)

    def _agree(self, doc: Document, number: int) -> None:
        """Note that document and log have been compared."""
        self._agreed[number] = documents.snapshot(doc)
        self._logged[number] = _in_log(self.study.trials[number])

    def _follow_space(self, study: Study, labels: list[str]) -> None:
        """Rewrite values in documents where the space changed: a reordered choice has other indices."""
        for number, doc in self._by_number.items():
            carried = documents.misc_of(doc["tid"], study.trials[number].shown, labels)
            doc["misc"]["idxs"] |= carried["idxs"]
            doc["misc"]["vals"] |= carried["vals"]

    def _tid(self, number: int) -> Any:
        """The id of a trial; new trials get the next free one."""
        while len(self._tids) <= number:
            self._tids.append(None)
        if self._tids[number] is None:
            tid = self._next_id = max(self._next_id, number)
            self._next_id += 1
            self._tids[number] = tid
            self._numbers[tid] = number
        return self._tids[number]

    def _absorb(self) -> None:
        """Append to the log what outside code inserted or edited."""
        study = self._study
        if study is None or not self._documents:
            return
        for doc in self._documents:
            number = self._numbers.get(doc["tid"])
            if number is None:
                self._take_in(study, doc)
            elif documents.snapshot(doc) != self._agreed.get(number):
                self._push(study, doc, number)

    def _take_in(self, study: Study, doc: Document) -> None:
        if doc["state"] == documents.JOB_STATE_CANCEL:
            return
        point = study.space.stored(documents.point_in(doc))
        trial = study.put_in(point, {"by": "document"})
        while len(self._tids) <= trial.number:
            self._tids.append(None)
        self._tids[trial.number] = doc["tid"]
        self._numbers[doc["tid"]] = trial.number
        self._by_number[trial.number] = doc
        self._push(study, doc, trial.number)

    def _push(self, study: Study, doc: Document, number: int) -> None:
        trial = study.trials[number]
        state = doc["state"]
        ended = state in (documents.JOB_STATE_DONE, documents.JOB_STATE_ERROR)
        if trial.status in ENDED:
            if ended:
                study.amend(number, documents.outcome_in(doc))
            else:  # set back to be run again
                study.exclude([number], "its document was reset")
                del self._numbers[doc["tid"]], self._by_number[number]
                self._take_in(study, doc)
                return
        elif ended:
            study.tell(number, documents.outcome_in(doc))
        elif state == documents.JOB_STATE_CANCEL:
            study.exclude([number], "its document was cancelled")
        elif state == documents.JOB_STATE_RUNNING and not trial.claimed:
            study.claim(trial)
        elif state == documents.JOB_STATE_NEW and trial.claimed:
            study.release(number, "its document was reset")
        self._agree(doc, number)

    def refresh(self) -> None:
        """Show inserted documents, and take edits of documents into the log."""
        if self._store is not None:
            self._refresh_store()
        if not self._documents and not self._inserted:
            return  # nobody has seen a document yet
        self._sync()
        self._documents.extend(self._inserted)
        self._inserted = []
        self._absorb()
        self._sync()
        self._visible = [
            doc
            for doc in self._documents
            if doc["state"] in documents.JOB_VALID_STATES and doc["exp_key"] == self._exp_key
        ]

    def _refresh_store(self) -> None:
        """Take in what others wrote; reading a document is a reason to look."""
        if self._study is None:
            self._look()
        else:
            self._study.refresh()

    def settle(self) -> None:
        """Take in documents that were inserted since the last refresh, if there are any."""
        if self._inserted:
            self.refresh()

    def release_orphans(self) -> None:
        """Let trials that an interrupted run left RUNNING be evaluated again."""
        study = self._study
        if study is not None:
            study.release_all("left running by an earlier run")
            self._sync()

    def document_of(self, number: int) -> Document:
        """The document of a trial that the log knows."""
        self._sync()
        return self._by_number[number]

    # Hyperopt's attributes

    @property
    def trials(self) -> list[Document]:
        """Documents whose state is NEW, RUNNING or DONE, in order."""
        self._sync()
        return self._visible

    @property
    def _trials(self) -> list[Document]:
        return self.trials

    @property
    def _dynamic_trials(self) -> list[Document]:
        self._sync()
        return self._documents + self._inserted

    @property
    def _ids(self) -> set[Any]:
        self._sync()
        return {doc["tid"] for doc in self._documents} | self._extra_ids

    @property
    def tids(self) -> list[Any]:
        """Ids of the visible trials."""
        return [doc["tid"] for doc in self.trials]

    @property
    def specs(self) -> list[Any]:
        """Their specs."""
        return [doc["spec"] for doc in self.trials]

    @property
    def results(self) -> list[Any]:
        """Their results."""
        return [doc["result"] for doc in self.trials]

    @property
    def miscs(self) -> list[Any]:
        """Their misc parts."""
        return [doc["misc"] for doc in self.trials]

    @property
    def idxs_vals(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Label -> ids of the trials that use it, and label -> their values.

        Raises:
            InvalidTrial: If there are no trials; a ValueError.
        """
        return documents.idxs_vals(self.miscs)

    @property
    def idxs(self) -> dict[str, list[Any]]:
        """Label -> ids of the trials that use it."""
        return self.idxs_vals[0]

    @property
    def vals(self) -> dict[str, list[Any]]:
        """Label -> values in the trials that use it."""
        return self.idxs_vals[1]

    def __iter__(self) -> Iterator[Document]:
        return iter(self.trials)

    def __len__(self) -> int:
        return len(self.trials)

    def __getitem__(self, item: Any) -> Any:
        raise NotImplementedError("write trials.trials[i] for the document of the i-th trial")

    def __repr__(self) -> str:
        if self._study is None:
            return f"Trials({len(self.trials)} documents, no space yet)"
        return f"Trials{repr(self._study).removeprefix('Study')}"

    def losses(self, bandit: Any = None) -> list[Any]:
        """Loss of each visible trial; None where its result has none."""
        del bandit
        return [result.get("loss") for result in self.results]

    def statuses(self, bandit: Any = None) -> list[Any]:
        """Status of each visible trial."""
        del bandit
        return [result.get("status") for result in self.results]

    @property
    def best_trial(self) -> Document:
        """The document of the successful trial with the lowest loss; the first of equal ones.

        Raises:
            AllTrialsFailed: If there is none.
        """
        best: Document | None = None
        for doc in self.trials:
            result = doc["result"]
            loss = result.get("loss")
            if result.get("status") != documents.STATUS_OK or loss is None or math.isnan(loss):
                continue
            if best is None or loss < best["result"]["loss"]:
                best = doc
        if best is None:
            raise self._no_success()
        return best

    def _no_success(self) -> AllTrialsFailed:
        if self._study is not None:
            return no_success(self._study.trials)
        return AllTrialsFailed(f"none of {len(self)} trials succeeded")

    @property
    def argmin(self) -> dict[str, float | int]:
        """Label -> stored value of the best trial, active labels only.

        Raises:
            AllTrialsFailed: If no trial succeeded.
        """
        return documents.point_in(self.best_trial)

    def average_best_error(self, bandit: Any = None) -> np.float64:
        """Mean true loss of the trials that may be the best, weighted by the chance that they are.

        Without variances in the results it is the true loss of the trial with the lowest loss.

        Args:
            bandit: Accepted for Hyperopt's sake.

        Raises:
            InvalidArgument: If no trial succeeded; a ValueError.
        """
        del bandit
        ok = [result for result in self.results if result.get("status") == documents.STATUS_OK]
        ok = [result for result in ok if result.get("loss") is not None and result["loss"] == result["loss"]]
        if not ok:
            raise InvalidArgument("average_best_error needs at least one successful trial")
        losses = np.array([float(result["loss"]) for result in ok])
        variances = np.array([float(result.get("loss_variance") or 0.0) for result in ok])
        truth = np.array([float(result.get("true_loss", result["loss"])) for result in ok])
        best = int(np.argmin(losses))
        near = losses <= losses[best] + 3 * np.sqrt(variances[best])
        if not variances[near].any():
            return np.float64(truth[best])
        # Chance of being the lowest, counted over draws of all near losses.
        draws = np.random.default_rng(123).normal(
            losses[near], np.sqrt(variances[near]), (1000, int(near.sum()))
        )
        chance = np.bincount(draws.argmin(axis=1), minlength=int(near.sum())) / 1000.0
        return np.float64((chance * truth[near]).sum())

    # Hyperopt's methods

    def new_trial_ids(self, n: int) -> list[int]:
        """Reserve `n` ids."""
        self._sync()
        start = max([self._next_id, *(tid + 1 for tid in self._ids if isinstance(tid, int))])
        self._next_id = start + n
        ids = list(range(start, start + n))
        self._extra_ids.update(ids)
        return ids

    def new_trial_docs(
        self, tids: Sequence[Any], specs: Sequence[Any], results: Sequence[Any], miscs: Sequence[Any]
    ) -> list[Document]:
        """Documents with state NEW for given ids, specs, results and misc parts; not inserted yet.

        Args:
            tids: Ids.
            specs: One for each, usually None.
            results: Their results.
            miscs: Their misc parts.
        """
        rows = zip(tids, specs, results, miscs, strict=True)
        return [
            documents.blank(tid, misc, result=result, spec=spec, exp_key=self._exp_key)
            for tid, spec, result, misc in rows
        ]

    def source_trial_docs(
        self,
        tids: Sequence[Any],
        specs: Sequence[Any],
        results: Sequence[Any],
        miscs: Sequence[Any],
        sources: Sequence[Document],
    ) -> list[Document]:
        """Documents as `new_trial_docs` makes them, marked as coming from other trials.

        Args:
            tids: Ids.
            specs: One for each, usually None.
            results: Their results.
            miscs: Their misc parts.
            sources: The documents they come from.
        """
        docs = self.new_trial_docs(tids, specs, results, [dict(misc) for misc in miscs])
        for doc, source in zip(docs, sources, strict=True):
            doc["misc"] |= {"tid": doc["tid"], "from_tid": source["tid"]}
            for label, idxs in doc["misc"]["idxs"].items():
                doc["misc"]["idxs"][label] = [doc["tid"]] * len(idxs)
            doc |= {key: source[key] for key in ("owner", "book_time", "exp_key")}
        return docs

    def assert_valid_trial(self, trial: Any) -> Document:
        """Check that an object is a document of these trials; returns it.

        Args:
            trial: Anything.

        Raises:
            InvalidTrial: If it is not.
        """
        return documents.check(trial, self._exp_key)

    def insert_trial_doc(self, doc: Document) -> Any:
        """Insert one document; it is visible after `refresh`. Returns its id.

        Args:
            doc: The document.

        Raises:
            InvalidTrial: If it is no valid document.
        """
        return self.insert_trial_docs([doc])[0]

    def insert_trial_docs(self, docs: Iterable[Document]) -> list[Any]:
        """Insert documents, all or none; they are visible after `refresh`. Returns their ids.

        Args:
            docs: The documents.

        Raises:
            InvalidTrial: If one of them is no valid document, or its id exists.
        """
        checked = [self.assert_valid_trial(doc) for doc in docs]
        self._sync()
        known = {doc["tid"] for doc in self._documents} | {doc["tid"] for doc in self._inserted}
        for doc in checked:
            if doc["tid"] in known:
                raise InvalidTrial(f"a trial with tid {doc['tid']!r} exists already", obj=doc)
            known.add(doc["tid"])
        self._inserted.extend(checked)
        self._extra_ids.update(doc["tid"] for doc in checked)
        whole = [doc["tid"] + 1 for doc in checked if isinstance(doc["tid"], int)]
        self._next_id = max([self._next_id, *whole])
        return [doc["tid"] for doc in checked]

    def count_by_state_synced(
        self, arg: int | Iterable[int], trials: Iterable[Document] | None = None
    ) -> int:
        """How many of the visible documents have one of the given states.

        Args:
            arg: A state or several.
            trials: Other documents to count in.
        """
        states = {arg} if isinstance(arg, int) else set(arg)
        return sum(doc["state"] in states for doc in (self.trials if trials is None else trials))

    def count_by_state_unsynced(self, arg: int | Iterable[int]) -> int:
        """How many of all documents have one of the given states."""
        mine = [doc for doc in self._dynamic_trials if doc["exp_key"] == self._exp_key]
        return self.count_by_state_synced(arg, mine)

    def trial_attachments(self, trial: Document) -> documents.TrialAttachments:
        """The attachments of one trial, by name."""
        return documents.TrialAttachments(self.attachments, trial["tid"])

    def view(self, exp_key: str | None = None, refresh: bool = True) -> Trials:
        """The documents of another experiment among these, as Trials of their own.

        Args:
            exp_key: Which experiment.
            refresh: Accepted for Hyperopt's sake.
        """
        del refresh
        other = type(self)(exp_key=exp_key)
        other.attachments = self.attachments
        other._inserted = [doc for doc in self._dynamic_trials if doc["exp_key"] == exp_key]
        other._next_id = self._next_id
        other.refresh()
        return other

    def delete_all(self) -> None:
        """Forget all trials and attachments; ids are not used again."""
        self._sync()
        if self._study is not None:
            live = [trial.number for trial in self._study.trials if not trial.excluded]
            self._study.exclude(live, "deleted")
            self._head = self._study.ledger.head
        self._documents, self._inserted, self._visible = [], [], []
        self._by_number, self._numbers, self._agreed, self._logged = {}, {}, {}, {}
        self.attachments = {}

    def fmin(self, fn: Any, space: Any, algo: Any = None, max_evals: Any = None, **kwargs: Any) -> Any:
        """`parzen.fmin` with these trials; without progress unless ``verbose=True``.

        Args:
            fn: See `parzen.fmin`, as all below.
            space: What to search.
            algo: Who suggests.
            max_evals: Trials in all.
            kwargs: Its other arguments.
        """
        options = {"verbose": False, "allow_trials_fmin": False, **kwargs}
        return self._minimise(fn, space, algo=algo, max_evals=max_evals, trials=self, **options)

    @staticmethod
    def _minimise(fn: Any, space: Any, **kwargs: Any) -> Any:
        """`parzen.fmin`, which is built on this class and puts itself here."""
        del fn, space, kwargs
        raise InvalidArgument("import parzen.search before Trials.fmin is used")

    # Pickling

    def __getstate__(self) -> dict[str, Any]:
        """Documents as Hyperopt pickles them, and the log with the space's JSON beside them."""
        self.refresh()
        study = self._study
        own = {
            "log": None if study is None else study.events(),
            "tids": self._tids,
            "next_id": self._next_id,
            "seed_given": self._seed_given,
        }
        return {
            "_ids": self._ids,
            "_dynamic_trials": self._documents,
            "_exp_key": self._exp_key,
            "attachments": dict(self.attachments),
            "_trials": self._visible,
            "_parzen": own,
        }

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Read what `__getstate__` or Hyperopt's own Trials wrote."""
        self._exp_key = state.get("_exp_key")
        self.attachments = dict(state.get("attachments") or {})
        self._store, self._study_name = None, "default"
        self._start()
        self._extra_ids = set(state.get("_ids") or ())
        self._documents = [_as_dict(doc) for doc in state.get("_dynamic_trials") or ()]
        own = state.get("_parzen") or {}
        whole = [tid + 1 for tid in self._extra_ids if isinstance(tid, (int, np.integer))]
        whole += [doc["tid"] + 1 for doc in self._documents if isinstance(doc["tid"], (int, np.integer))]
        self._next_id = max([own.get("next_id", 0), *map(int, whole)])
        if own.get("log"):
            self._opened = study = Study.from_events(own["log"])
            self._seed_given = own["seed_given"]
            self._tids = list(own["tids"])
            self._numbers = {tid: n for n, tid in enumerate(self._tids) if tid is not None}
            for doc in self._documents:
                number = self._numbers.get(doc["tid"])
                if number is not None and not study.trials[number].excluded:
                    self._by_number[number] = doc
                    self._agree(doc, number)
            self._head = study.ledger.head
        self.refresh()


_FILES = (".db", ".sqlite", ".sqlite3", ".jsonl")


def _names_a_store(given: Any) -> bool:
    """Whether what stands in the place of an exp_key is a path or a URL."""
    if isinstance(given, str):
        return "://" in given or given.endswith(_FILES)
    return isinstance(given, os.PathLike)


def _in_log(trial: Any) -> tuple[Any, Any, Any]:
    """The `snapshot` that a trial's document should have."""
    state = documents.state_of(trial)
    if state == documents.JOB_STATE_DONE and isinstance(trial.result, Mapping):
        return state, trial.result.get("status"), trial.result.get("loss")
    return state, documents.STATUS_NEW, None


def _as_dict(doc: Any) -> Document:
    """A document as plain dicts: with bson installed, Hyperopt's are of a class of its own."""
    plain = doc if type(doc) is dict else dict(doc)
    for part in ("misc", "result"):
        if isinstance(plain.get(part), Mapping) and type(plain[part]) is not dict:
            plain[part] = dict(plain[part])
    for part in ("idxs", "vals"):
        if isinstance(plain["misc"].get(part), Mapping) and type(plain["misc"][part]) is not dict:
            plain["misc"][part] = dict(plain["misc"][part])
    return plain


def trials_from_docs(docs: Iterable[Document], validate: bool = True, **kwargs: Any) -> Trials:
    """Trials that hold given documents.

    Args:
        docs: Documents, the live objects.
        validate: Whether to check them.
        kwargs: For `Trials`.

    Raises:
        InvalidTrial: If one of them is no valid document.
    """
    trials = Trials(**kwargs)
    given = list(docs)
    if validate:
        trials.insert_trial_docs(given)
    else:
        trials._inserted.extend(given)
    trials.refresh()
    return trials


def generate_trials_to_calculate(points: Iterable[Mapping[str, Any]], exp_key: str | None = None) -> Trials:
    """Trials with a document of state NEW for each point; `fmin` evaluates them first.

    Args:
        points: Label -> stored value; a choice as its index.
        exp_key: For `Trials`.
    """
    trials = Trials(exp_key=exp_key)
    for tid, point in enumerate(points):
        misc = documents.misc_of(tid, point, list(point))
        trials.insert_trial_doc(documents.blank(tid, misc, exp_key=exp_key))
    return trials
