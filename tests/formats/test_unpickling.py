"""The restricted unpickler reads what Hyperopt and parzen wrote, and runs nothing of what a file names."""

from __future__ import annotations

import builtins
import collections
import datetime as dt
import functools
import importlib
import os
import pickle
import struct
import subprocess
import sys
import types
from decimal import Decimal
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from parzen.errors import InvalidArgument, StudyNotFound
from parzen.formats.unpickling import Record, name_of_unknown, safe_load, safe_loads
from parzen.history import events as e
from parzen.space import hp
from parzen.trials import Trials

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PICKLES = sorted(GOLDEN.glob("hyperopt-*.pkl"))


class Reduced:
    """Pickles as a call of `function` with `args`."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.fixture
def traps(monkeypatch):
    """What must not be called; calls are noted."""
    called = []

    def trap(*args, **kwargs):
        called.append(args)

    for module, name in [
        (os, "system"),
        (os, "popen"),
        (subprocess, "Popen"),
        (builtins, "eval"),
        (builtins, "exec"),
    ]:
        monkeypatch.setattr(module, name, trap)
    yield called
    assert called == []


# What is read.


@pytest.mark.parametrize("path", PICKLES, ids=lambda path: path.stem)
def test_golden_pickles_are_read_as_hyperopt_reads_them(path):
    dropped = set()
    loaded = safe_load(path, dropped)
    assert isinstance(loaded, Record)
    assert loaded.kind == "hyperopt.base.Trials"
    assert dropped == set()
    theirs = [doc["misc"]["vals"] for doc in loaded.state["_dynamic_trials"]]
    assert all(
        isinstance(value, float | int | np.number) for vals in theirs for v in vals.values() for value in v
    )


VALUES = {
    "plain": {
        "a": [1, 2.5, None, True, "häß 漢", b"\x00\xff"],
        "b": (1, (2,)),
        "c": {1, 2},
        "d": frozenset({3}),
    },
    "times": [dt.datetime(2020, 1, 2, 3, tzinfo=dt.UTC), dt.date(2020, 1, 2), dt.timedelta(seconds=3)],
    "containers": [
        collections.OrderedDict(a=1),
        collections.deque([1, 2], 5),
        Decimal("1.5"),
        2 + 3j,
        bytearray(b"x"),
    ],
    "numbers": [np.float64(1.5), np.float32(2), np.int64(-3), np.uint8(4), np.bool_(True), np.str_("é")],
    "big endian": [np.array([1.5], ">f8")[0]],
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", VALUES)
def test_data_comes_back(name, protocol):
    loaded = safe_loads(pickle.dumps(VALUES[name], protocol))
    assert repr(loaded).replace("_Son", "OrderedDict") == repr(VALUES[name]) or loaded == VALUES[name]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
        np.array(["a", "bcd"]),
        np.array([1, "x", None], dtype=object),
        np.zeros((0, 3)),
        np.array(5.0),
        np.array([1, 2], ">i4"),
    ],
)
def test_arrays_come_back(array, protocol):
    loaded = safe_loads(pickle.dumps({"array": array}, protocol))["array"]
    assert loaded.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")  # NumPy makes old ones native
    assert loaded.tolist() == array.tolist()
    assert loaded.shape == array.shape


def test_trials_of_parzen_hold_documents_and_events():
    trials = Trials()
    study = trials.bind({"x": hp.uniform("x", 0, 1)}, seed=0)
    study.tell(study.ask(), 0.5)
    loaded = safe_loads(cloudpickle.dumps(trials))
    assert loaded.kind == "parzen.trials.Trials"
    log = loaded.state["_parzen"]["log"]
    assert [item.kind for item in log] == [f"event:{event.kind}" for event in study.events()]
    assert log[-1].state["losses"] == [0.5]


def test_factories_of_default_dicts_are_left_out():
    """A look-up in the result must not call what the file names."""
    loaded = safe_loads(pickle.dumps(collections.defaultdict(list, a=[1])))
    assert loaded == {"a": [1]}
    with pytest.raises(KeyError):
        loaded["b"]


# What is dropped.


class Model(list):
    """Somebody's class, with everything that a pickle can fill."""

    def __init__(self, weights=()):
        super().__init__(weights)
        self.name = "net"


def test_objects_of_unknown_classes_are_inert_and_named():
    dropped = set()
    Model.__module__ = "keras.models"
    module = types.ModuleType("keras.models")
    module.Model = Model
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "keras", types.ModuleType("keras"))
        patch.setitem(sys.modules, "keras.models", module)
        data = pickle.dumps({"loss": 1.0, "model": Model([1, 2]), "again": [Model()]})
    loaded = safe_loads(data, dropped=dropped)
    assert loaded["loss"] == 1.0
    assert name_of_unknown(loaded["model"]) is not None
    assert not hasattr(loaded["model"], "name")
    assert dropped == {"keras.models.Model"}
    assert name_of_unknown(loaded["model"]) == "keras.models:Model"
    assert e.plain(loaded)["model"] == {"$unsaved": "keras.models:Model"}


def test_a_lambda_in_a_result_is_dropped():
    dropped = set()
    loaded = safe_loads(cloudpickle.dumps({"loss": 2.0, "f": lambda x: x + 1}), dropped=dropped)
    assert loaded["loss"] == 2.0
    assert name_of_unknown(loaded["f"]) is not None
    assert any("cloudpickle" in name for name in dropped)


def test_arrays_with_fields_are_unread():
    """NumPy trusts what a file says of such types, so they are not passed to it."""
    loaded = safe_loads(pickle.dumps(np.zeros(3, dtype=[("a", "f8"), ("b", "O")])))
    assert loaded.unread
    assert loaded.size == 0


# What is refused, and never runs.

HOSTILE = [
    Reduced(os.system, "touch pwned"),
    Reduced(eval, "1 + 1"),
    Reduced(exec, "x = 1"),
    Reduced(subprocess.Popen, ["true"]),
    Reduced(__import__, "os"),
    Reduced(importlib.import_module, "os"),
    Reduced(compile, "1", "x", "eval"),
    Reduced(pickle.loads, b"N."),
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.call[0].__name__)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_code_to_run_is_refused_by_name(hostile, protocol):
    data = pickle.dumps({"_dynamic_trials": [hostile]}, protocol)
    words = rf"the data names \w+\.{hostile.call[0].__name__}, which is no part of a pickle of trials"
    with pytest.raises(InvalidArgument, match=words) as caught:
        safe_loads(data)
    assert "pickle.load" in caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'touch pwned'\ntR.",
        b"(S'touch pwned'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch pwned'\no.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.",
        b"c__builtin__\neval\n(S'1'\ntR.",
        b"cnumpy\nos.system\n(S'ls'\ntR.",
        b"cdatetime\nsys.exit\n)R.",
    ],
)
def test_hand_made_pickles_run_nothing(data, traps):
    """Old opcodes, and names that reach through an allowed module."""
    try:
        loaded = safe_loads(data)
    except InvalidArgument:
        return
    assert name_of_unknown(loaded) is not None


@pytest.mark.parametrize(
    "gadget",
    [
        Reduced(functools.partial, os.getcwd),
        Reduced(getattr, os, "system"),
        Reduced(types.FunctionType, (lambda: 0).__code__.co_name, {}),
        Reduced(np.load, "/etc/passwd"),
        Reduced(np.fromfile, "/etc/passwd"),
        Reduced(map, len, [[1]]),
    ],
    ids=["partial", "getattr", "FunctionType", "load", "fromfile", "map"],
)
def test_other_callables_are_inert_or_refused(gadget, traps):
    try:
        loaded = safe_loads(pickle.dumps([gadget]))
    except (InvalidArgument, pickle.PicklingError, TypeError):
        return
    assert name_of_unknown(loaded[0]) is not None


def test_chains_of_calls_stay_inert(traps):
    """A call of what a call gave, filled, indexed and set: all of it does nothing."""
    data = b"cfunctools\npartial\n(cnp\nrun\nS'x'\ntR(S'y'\ntR(S'z'\ntR(I1\nI2\nu(I3\ne}b."
    assert name_of_unknown(safe_loads(data)) is not None


def test_stand_ins_cannot_be_changed():
    """BUILD on a class or function of the table would change it for everybody after."""
    for name in (
        b"hyperopt.base\nTrials",
        b"bson.son\nSON",
        b"parzen.history.events\nFinished",
        b"numpy\ndtype",
        b"datetime\ndatetime",
    ):
        for state in (b"}S'of'\nS'x'\ns", b"N}S'of'\nS'x'\ns\x86", b"N}S'__setstate__'\nNs\x86"):
            with pytest.raises(InvalidArgument, match="can be read"):
                safe_loads(b"\x80\x02c" + name + b"\n" + state + b"b.")
    assert name_of_unknown(safe_loads(b"\x80\x02ckeras\nModel\nN}S'of'\nS'x'\ns\x86b.")) == "keras:Model"
    assert safe_loads(b"\x80\x02chyperopt.base\nTrials\n)\x81.").kind == "hyperopt.base.Trials"


def test_dtypes_of_numpy_never_see_the_file():
    """A state that claims plain bytes where objects are would make NumPy follow pointers from the file."""
    hostile = b"\x80\x02cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntb"
    data = b"\x80\x02cnumpy.core.multiarray\nscalar\n(" + hostile[2:] + b"S'AAAAAAAA'\ntR."
    assert safe_loads(data) == "AAAAAAAA"
    array = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\nt"
    with pytest.raises(InvalidArgument, match="can be read"):
        safe_loads(array + hostile[2:] + b"I00\nS'AAAAAAAA'\ntb.")


def test_shapes_larger_than_the_data_are_refused():
    data = pickle.dumps(np.zeros(3)).replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85")
    with pytest.raises(InvalidArgument, match="can be read"):
        safe_loads(data)


def test_persistent_ids_and_extensions_are_refused():
    for data in (b"Pmodel\n.", b"\x80\x02S'x'\nQ.", b"\x80\x02\x82\x01.", b"\x80\x05\x97."):
        with pytest.raises(InvalidArgument, match="outside the file"):
            safe_loads(data)


def test_a_memo_of_gigabytes_is_refused():
    """Its index alone would make the unpickler allocate 32 GB."""
    with pytest.raises(InvalidArgument, match="memo larger than itself"):
        safe_loads(b"\x80\x02Nr" + struct.pack("<I", 2**31 - 1) + b".")
    with pytest.raises(InvalidArgument, match="can be read"):
        safe_loads(b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.")


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"PK\x03\x04zip", b"\x80\x04", b"\x80\x09N.", b"}(S'a'\nu.", b"0."]
)
def test_what_is_no_pickle_says_so(data):
    with pytest.raises(InvalidArgument, match="the data is no pickle that can be read"):
        safe_loads(data)


@pytest.mark.parametrize("cut", range(0, 400, 23))
def test_a_cut_file_is_refused(cut):
    with pytest.raises(InvalidArgument, match="can be read"):
        safe_loads(PICKLES[0].read_bytes()[:cut])


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(StudyNotFound, match="there is no file"):
        safe_load(tmp_path / "trials.pkl")
