"""What every store must do."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import pytest

from parzen.algorithms.tpe import TPE
from parzen.errors import InvalidArgument, Taken
from parzen.history.events import Claimed, Created, Event, Finished, Noted, Opened, Suggested
from parzen.run.study import Study
from parzen.space import hp
from parzen.storage.base import Store
from parzen.testing.durability import DurableFacts
from parzen.testing.searches import digest, resume, run, scripted

_WRITERS = 4
_EACH = 25

# Names that have broken stores: other alphabets, other cases, what SQL, file systems and
# MongoDB's queries take for their own, and one that is longer than any file's name.
_NAMES = [
    *("", " ", "a", "A", "a ", "ä", "a\u0308", "漢字", "🌲", "null", "NULL", "x" * 500),
    *("'; DROP TABLE event; --", '"quoted"', "back\\slash", "%", "_", "%s", "?", ":name", "$1", "{}"),
    *(".", "..", "../up", "/etc", "a/b", "a.b.c", "$where", "new\nline", "tab\t", "CON", "~"),
]
_IMPOSSIBLE = ["nul\0", "half \ud83c"]  # to be kept, or refused before anything is written


def _notes(count: int, start: int = 0) -> list[Event]:
    return [Noted(float(i), {"i": i}) for i in range(start, start + count)]


class StoreContract(DurableFacts):
    """Subclass it and override `open`; `open_read_only` too, where a URL does not say everything.

    Attributes:
        durable: Whether a second store in the same folder sees the first one's data. Its `url`
            then opens it in another process.
    """

    def test_an_unknown_study_is_empty(self, store: Store) -> None:
        """Reading asks for no permission to begin."""
        assert store.read("nobody", 0) == []
        assert store.studies() == []

    def test_events_come_back_in_order_without_gaps(self, store: Store) -> None:
        """One by one and in batches; `append` gives the number of the last event."""
        events = _notes(30)
        heads = [
            store.append("s", events[:1]),
            store.append("s", events[1:10]),
            store.append("s", events[10:]),
        ]
        assert heads == [1, 10, 30]
        assert store.read("s", 0) == events
        for after in (1, 9, 10, 29, 30, 99):
            assert store.read("s", after) == events[after:]

    def test_reading_may_stop_early(self, store: Store) -> None:
        """`most` events come, the first ones; fewer if there are no more."""
        events = _notes(20)
        store.append("s", events[:7])
        store.append("s", events[7:])
        for after in (0, 3, 6, 7, 19, 20, 99):
            for most in (0, 1, 4, 7, 13, 20, 99):
                assert store.read("s", after, most) == events[after : after + most]

    def test_a_large_batch_is_one_batch(self, store: Store) -> None:
        """A thousand keyed events: all of them, or none because the last one's key exists."""
        batch = [Opened(0.0, number) for number in range(1000)]
        assert store.append("s", batch) == 1000
        with pytest.raises(Taken):
            store.append("s", [*(Opened(0.0, number) for number in range(1000, 1999)), batch[-1]])
        assert store.read("s", 0) == batch

    def test_any_text_is_a_name(self, store: Store) -> None:
        """Of a study, of an attachment, of a lease; names that differ in any way are different names."""
        for i, name in enumerate(_NAMES):
            store.append(name, [Opened(0.0, i), *_notes(1, i)])
            store.put(name, str(i).encode())
            assert store.hold(name, 0, 1, name, 3600.0)
        assert sorted(store.studies()) == sorted(_NAMES)
        for i, name in enumerate(_NAMES):
            assert store.read(name, 0) == [Opened(0.0, i), *_notes(1, i)]
            assert store.get(name) == str(i).encode()
            assert not store.hold(name, 0, 1, "somebody else", 3600.0)

    @pytest.mark.parametrize("name", _IMPOSSIBLE, ids=ascii)
    def test_a_name_is_kept_or_refused(self, store: Store, name: str) -> None:
        """NUL and half surrogate pairs are no text to some stores; those say so."""
        try:
            store.append(name, _notes(1))
        except InvalidArgument:
            assert store.studies() == []
        else:
            assert store.read(name, 0) == _notes(1)
            assert store.studies() == [name]
        try:
            store.put(name, b"data")
        except InvalidArgument:
            return
        assert store.get(name) == b"data"

    @pytest.mark.parametrize("text", _IMPOSSIBLE, ids=ascii)
    def test_any_text_in_an_event_comes_back(self, store: Store, text: str) -> None:
        """NUL and half surrogate pairs too, since objectives return what they like."""
        event = Noted(0.0, {text: [text]})
        store.append("s", [event])
        assert store.read("s", 0) == [event]

    def test_what_is_read_is_the_readers_own_list(self, store: Store) -> None:
        """Emptying it does not empty the log."""
        store.append("s", _notes(3))
        store.read("s", 0).clear()
        assert len(store.read("s", 0)) == 3

    def test_every_field_comes_back(self, store: Store) -> None:
        """NaN and infinite losses, nested results, None and text in any alphabet."""
        result = {
            "loss": math.inf,
            "text": 'häß\u0301lich 漢字 🌲 \u2028 "quoted"',
            "deep": [{"a": [1, 2.5, None]}],
        }
        events: list[Event] = [
            Opened(0.25, 0),
            Suggested(0.5, 0, {"größe": 3, "x.0.日": -0.1}, None, {"why": "ñ"}),
            Claimed(1.0, 0, 1, "wirt:7"),
            Finished(2.0, 0, 1, "done", [math.inf, -math.inf], {"λ": 1e300}, result),
        ]
        store.append("Überblick/日本", events)
        assert store.read("Überblick/日本", 0) == events
        store.append("Überblick/日本", [Finished(3.0, 0, 1, "failed", [math.nan])])
        last = store.read("Überblick/日本", 4)[0]
        assert isinstance(last, Finished)
        assert math.isnan(last.losses[0])

    def test_studies_are_apart(self, store: Store) -> None:
        """Each has numbers and keys of its own."""
        assert store.append("a", [Opened(0.0, 0)]) == 1
        assert store.append("b", [Opened(0.0, 0), Opened(0.0, 1)]) == 2
        assert sorted(store.studies()) == ["a", "b"]
        assert len(store.read("a", 0)) == 1

    def test_a_taken_key_fails_the_whole_batch(self, store: Store) -> None:
        """Nothing of it is written, whichever event carries the key; the error names it."""
        store.append("s", [Opened(0.0, 0), Opened(0.0, 1)])
        for batch in (
            [Opened(1.0, 1), Opened(1.0, 2)],
            [Opened(1.0, 2), Opened(1.0, 1)],
            [*_notes(3), Opened(1.0, 0), *_notes(3)],
        ):
            with pytest.raises(Taken) as caught:
                store.append("s", batch)
            assert caught.value.details["key"] in ("opened/0", "opened/1")
        assert len(store.read("s", 0)) == 2
        assert store.append("s", [Opened(1.0, 2)]) == 3

    def test_a_key_may_not_stand_twice_in_a_batch(self, store: Store) -> None:
        """Keys are unique in the study, not from batch to batch only."""
        with pytest.raises(Taken):
            store.append("s", [Opened(0.0, 0), Opened(0.0, 0)])
        assert store.read("s", 0) == []
        assert store.append("s", [Opened(0.0, 0)]) == 1

    def test_every_kind_of_key_is_guarded(self, store: Store) -> None:
        """A study is created once, a trial opened and suggested once, an attempt claimed once."""
        keyed: list[Event] = [
            Created(0.0, "s", {"params": []}, "f", ["minimize"]),
            Opened(0.0, 3),
            Suggested(0.0, 3, {}),
            Claimed(0.0, 3, 1, "a"),
        ]
        store.append("s", keyed)
        for event in keyed:
            with pytest.raises(Taken):
                store.append("s", [event])
        store.append("s", [Claimed(0.0, 3, 2, "a"), *_notes(1), *_notes(1)])
        assert len(store.read("s", 0)) == 7

    def test_two_writers_never_open_one_number(self, store: Store, tmp_path: Path) -> None:
        """Threads race for numbers; each is opened once, and no reader ever sees a gap."""
        won: list[list[int]] = [[] for _ in range(_WRITERS)]
        gaps: list[list[int]] = []
        start = threading.Barrier(_WRITERS + 1)
        done = threading.Event()

        def write(me: int) -> None:
            mine = self.open(tmp_path) if self.durable else store
            start.wait()
            number = 0
            while len(won[me]) < _EACH:
                try:
                    mine.append("race", [Opened(0.0, number), Noted(0.0, {"by": me})])
                    won[me].append(number)
                except Taken:
                    pass
                number += 1

        def read() -> None:
            mine = self.open(tmp_path) if self.durable else store
            start.wait()
            while not done.is_set():
                seen = mine.read("race", 0)
                opened = sorted(event.number for event in seen if isinstance(event, Opened))
                if opened != list(range(len(opened))) or len(seen) != 2 * len(opened):
                    gaps.append(opened)

        writers = [threading.Thread(target=write, args=(me,)) for me in range(_WRITERS)]
        reader = threading.Thread(target=read)
        for thread in (*writers, reader):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()
        assert sorted(number for numbers in won for number in numbers) == list(range(_WRITERS * _EACH))
        assert gaps == []
        # A batch stays together: after each `opened` comes its own note.
        log = store.read("race", 0)
        assert [type(event) for event in log] == [Opened, Noted] * (_WRITERS * _EACH)

    def test_attachments_come_back(self, store: Store) -> None:
        """A megabyte, no byte at all, any byte, under any name; the last one put counts."""
        large = bytes(range(256)) * 4096
        for key, data in {"big": large, "empty": b"", "trial/3/gewicht 漢.pkl": b"\x00\xff\n\r"}.items():
            store.put(key, data)
            assert store.get(key) == data
        store.put("big", b"new")
        assert store.get("big") == b"new"

    def test_a_missing_attachment_is_a_key_error(self, store: Store) -> None:
        """As for any mapping."""
        with pytest.raises(KeyError):
            store.get("nothing")

    def test_an_attachment_is_a_copy(self, store: Store) -> None:
        """The caller may use its buffer again."""
        buffer = bytearray(b"before")
        store.put("b", buffer)  # type: ignore[arg-type]  # bytes-like; the promise is for those who pass one
        buffer[:] = b"after!"
        assert store.get("b") == b"before"

    def test_a_lease_has_one_owner(self, store: Store) -> None:
        """Others are refused until it ends; the owner may renew it; each attempt has its own."""
        assert store.hold("s", 1, 1, "me", 3600.0)
        assert not store.hold("s", 1, 1, "you", 3600.0)
        assert store.hold("s", 1, 1, "me", 3600.0)
        assert store.hold("s", 1, 2, "you", 3600.0)
        assert store.hold("s", 2, 1, "you", 3600.0)
        assert store.hold("t", 1, 1, "you", 3600.0)
        assert not store.hold("s", 1, 1, "you", 3600.0)

    def test_a_lease_that_ran_out_can_be_taken(self, store: Store) -> None:
        """And then it is the new owner's."""
        assert store.hold("s", 1, 1, "me", 0.0)
        assert store.hold("s", 1, 1, "you", 3600.0)
        assert not store.hold("s", 1, 1, "me", 3600.0)

    def test_an_owner_may_shorten_its_lease(self, store: Store) -> None:
        """To nothing, for example, when it is done."""
        assert store.hold("s", 1, 1, "me", 3600.0)
        assert store.hold("s", 1, 1, "me", 0.0)
        assert store.hold("s", 1, 1, "you", 3600.0)

    def test_leases_are_no_events(self, store: Store) -> None:
        """They come and go; history does not know them."""
        store.hold("s", 1, 1, "me", 60.0)
        assert store.read("s", 0) == []
        assert store.studies() == []

    def test_a_closed_store_opens_itself_again(self, store: Store) -> None:
        """Closing frees what is held, twice if asked to, and ends nothing."""
        for number in range(3):
            assert store.append("s", [Opened(0.0, number)]) == number + 1
            store.close()
            store.close()
            assert store.read("s", number) == [Opened(0.0, number)]

    def test_a_study_survives_a_cut_after_every_event(self, store: Store) -> None:
        """A serial search that is killed after any event and resumed ends as if nothing had happened."""
        space = {"x": hp.uniform("x", -3, 3), "c": hp.choice("c", [0, {"n": hp.int(1, 9, label="n")}])}
        script, trials = scripted(failing=0.2), 8

        def open_study(name: str) -> Study:
            return Study(space, TPE(n_startup_jobs=4), seed=3, store=store, name=name)

        whole = run(open_study("whole"), script, trials)
        log = whole.events()
        for cut in range(len(log) + 1):
            name = f"cut after {cut}"
            if cut:
                store.append(name, log[:cut])
            assert digest(resume(open_study(name), script, trials)) == digest(whole), name
