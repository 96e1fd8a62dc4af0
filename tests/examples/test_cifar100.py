"""examples/cifar100/data.py reads CIFAR-100's own files, runs none of their code, and says what is wrong."""

from __future__ import annotations

import importlib.util
import io
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import cifar

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "cifar100"


@pytest.fixture(scope="module")
def data():
    """The module, under a name of the test's own."""
    spec = importlib.util.spec_from_file_location("cifar100_data", EXAMPLE / "data.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


TRAIN, TEST = cifar.part(30, seed=1), cifar.part(12, seed=2)
WHOLE = {"train": cifar.python2(TRAIN), "test": cifar.python2(TEST)}


@pytest.fixture(params=["folder", "folder around it", "archive"])
def place(request, tmp_path):
    if request.param == "archive":
        return cifar.write_archive(tmp_path, **WHOLE)
    folder = cifar.write_folder(tmp_path, **WHOLE)
    return folder if request.param == "folder" else tmp_path


def test_files_are_what_python_2_would_have_written():
    """No opcode for bytes and no codec: byte strings are Python 2's str."""
    assert b"_codecs" not in WHOLE["train"]
    assert b"numpy.core.multiarray" in WHOLE["train"]
    assert WHOLE["train"].startswith(b"\x80\x02}")


def test_pixels_and_labels_come_back(data, place):
    train, test = data.read_cifar(place)
    for part, content in ((train, TRAIN), (test, TEST)):
        assert np.array_equal(part.pixels.reshape(-1, 3072), content[b"data"])
        assert part.pixels.shape[1:] == (3, 32, 32)
        assert part.fine.tolist() == content[b"fine_labels"]
        assert part.coarse.tolist() == content[b"coarse_labels"]


def test_arrays_of_a_new_numpy_are_read_too(data, tmp_path):
    new = {name: content.replace(b"numpy.core", b"numpy._core") for name, content in WHOLE.items()}
    train, _ = data.read_cifar(cifar.write_folder(tmp_path, **new))
    assert np.array_equal(train.pixels.reshape(-1, 3072), TRAIN[b"data"])


def test_a_tenth_is_left_aside_to_choose_by(data, place):
    images = data.cifar(place)
    assert (len(images.train), len(images.valid), len(images.test)) == (27, 3, 12)
    both = np.concatenate([images.train.pixels, images.valid.pixels])
    assert sorted(map(bytes, both)) == sorted(map(bytes, TRAIN[b"data"]))
    again = data.cifar(place)
    assert np.array_equal(images.valid.pixels, again.valid.pixels)


def test_a_limit_shortens_the_training_part_only(data, place):
    images = data.load(place, 10)
    assert (len(images.train), len(images.valid), len(images.test)) == (10, 3, 12)
    assert images.classes == (100, 20)


class Command:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("write", [cifar.write_folder, cifar.write_archive])
def test_code_in_a_pickle_is_not_run(data, tmp_path, write):
    trap = str(tmp_path / "trap")
    bad = {**TRAIN, b"filenames": Command(trap)}
    place = write(tmp_path, train=cifar.python2(bad), test=WHOLE["test"])
    with pytest.raises(data.DataError, match=r"asks for posix\.mkdir, which no file of CIFAR-100 does$"):
        data.read_cifar(place)
    assert not Path(trap).exists()
    pickle.loads(cifar.python2(bad), encoding="bytes")
    assert Path(trap).exists()  # so it was a trap


def sentence(error):
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 300
    return text


def test_nothing_there(data, tmp_path):
    with pytest.raises(data.DataError) as error:
        data.read_cifar(tmp_path / "nowhere")
    assert "there is nothing at" in sentence(error)


@pytest.mark.parametrize("missing", ["train", "test"])
@pytest.mark.parametrize("write", [cifar.write_folder, cifar.write_archive])
def test_a_missing_part_is_named(data, tmp_path, write, missing):
    parts = {name: content for name, content in WHOLE.items() if name != missing}
    with pytest.raises(data.DataError) as error:
        data.read_cifar(write(tmp_path, **parts))
    assert missing in sentence(error)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_one_sentence(data, tmp_path, share):
    content = WHOLE["train"]
    place = cifar.write_folder(tmp_path, train=content[: int(share * len(content))], test=WHOLE["test"])
    with pytest.raises(data.DataError) as error:
        data.read_cifar(place)
    assert "train cannot be read as a part of CIFAR-100" in sentence(error)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_truncated_archive_is_one_sentence(data, tmp_path, share):
    place = cifar.write_archive(tmp_path, **WHOLE)
    content = place.read_bytes()
    place.write_bytes(content[: int(share * len(content))])
    with pytest.raises(data.DataError) as error:
        data.read_cifar(place)
    assert str(place) in sentence(error)


SMALL = cifar.python2(cifar.part(2))


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(SMALL) - 1))
def test_a_file_cut_anywhere_is_refused(data, cut):
    with pytest.raises(data.DataError):
        data._part(io.BytesIO(SMALL[:cut]), "train")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({b"data": np.zeros((30, 3071), np.uint8)}, "(30, 3071)"),
        ({b"data": np.zeros((30, 3072), np.float32)}, "float32"),
        ({b"coarse_labels": [0] * 29}, "(29,)"),
        ({b"fine_labels": [100] * 30}, "0 to 99"),
        ({b"coarse_labels": [20] * 30}, "0 to 19"),
        ({b"fine_labels": [-1] * 30}, "0 to 99"),
    ],
)
def test_content_of_another_shape_is_refused(data, tmp_path, change, said):
    place = cifar.write_folder(tmp_path, train=cifar.python2(TRAIN | change), test=WHOLE["test"])
    with pytest.raises(data.DataError) as error:
        data.read_cifar(place)
    assert said in sentence(error)


def test_a_pickle_of_something_else_is_refused(data, tmp_path):
    """Such as CIFAR-10's files, which have `labels`."""
    place = cifar.write_folder(tmp_path, train=cifar.python2({b"labels": [1]}), test=WHOLE["test"])
    with pytest.raises(data.DataError, match="cannot be read as a part of CIFAR-100"):
        data.read_cifar(place)


class TestDigits:
    def test_they_say_that_they_stand_in(self, data):
        assert data.load(None).note == (
            "no --data was given: 1797 coloured images of digits from scikit-learn stand in for CIFAR-100"
        )

    @pytest.mark.parametrize("side", [8, 16, 32])
    def test_they_have_the_shape_of_colour_images(self, data, side):
        images = data.load(None, None, side)
        assert images.side == side
        assert images.train.pixels.dtype == np.uint8
        assert len(images.train) + len(images.valid) + len(images.test) == 1797
        assert not images.mirror

    def test_each_digit_has_one_group(self, data):
        images = data.load(None)
        pairs = set(zip(images.train.fine.tolist(), images.train.coarse.tolist(), strict=True))
        assert len(pairs) == 10
        assert images.classes == (10, 3)

    def test_no_two_parts_share_an_image(self, data):
        images = data.load(None)
        parts = [set(map(bytes, part.pixels)) for part in (images.train, images.valid, images.test)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 1797
