"""Files in the format of CIFAR-100: pickles as Python 2 wrote them, with byte strings as keys."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import ClassVar

import numpy as np


class Python2(pickle._Pickler):
    """Writes byte strings with Python 2's own opcode; Python 3 has none for them in protocol 2."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, text):
        self.write(pickle.BINSTRING + struct.pack("<i", len(text)) + text)

    dispatch[bytes] = save_string


def python2(content):
    """The bytes of a pickle that Python 2 and NumPy 1 might have written."""
    file = io.BytesIO()
    Python2(file, protocol=2).dump(content)
    return file.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def part(n, seed=0):
    """What a file of n images holds; the coarse label is a function of the fine one, as in CIFAR-100."""
    rng = np.random.default_rng(seed)
    fine = rng.integers(0, 100, n).tolist()
    return {
        b"data": rng.integers(0, 256, (n, 3072), dtype=np.uint8),
        b"fine_labels": fine,
        b"coarse_labels": [label // 5 for label in fine],
        b"filenames": [b"image_%d.png" % i for i in range(n)],
        b"batch_label": b"training batch 1 of 1",
    }


def write_folder(place: Path, **parts: bytes) -> Path:
    """A folder `cifar-100-python` below `place`, with the given files."""
    folder = place / "cifar-100-python"
    folder.mkdir(parents=True)
    for name, content in parts.items():
        (folder / name).write_bytes(content)
    return folder


def write_archive(place: Path, **parts: bytes) -> Path:
    """The archive, compressed, with the given files."""
    path = place / "cifar-100-python.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in parts.items():
            member = tarfile.TarInfo(f"cifar-100-python/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
