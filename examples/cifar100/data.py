"""The images: CIFAR-100 from its own files, or handwritten digits where there are none.

Arrays only, and no PyTorch. `read_cifar` takes the archive or the folder as it
comes from https://www.cs.toronto.edu/~kriz/cifar.html (the "Python version").
Its files are pickles, and reading a pickle runs whatever code it names, so
they are read by an unpickler that can make NumPy arrays and nothing else.
"""

from __future__ import annotations

import functools
import pickle
import tarfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

GROUPS = np.array([0, 1, 2, 2, 1, 2, 0, 1, 0, 0])  # of digits: with a loop, of straight strokes, of curves


class DataError(ValueError):
    """The images cannot be read; the text is one sentence for the user."""


@dataclass(frozen=True)
class Part:
    """n images with two labels each.

    Attributes:
        pixels: (n, 3, side, side) uint8.
        fine: (n,) int64, the class.
        coarse: (n,) int64, the group of classes.
    """

    pixels: np.ndarray
    fine: np.ndarray
    coarse: np.ndarray

    def __len__(self) -> int:
        return len(self.fine)

    def take(self, rows: np.ndarray | slice) -> Part:
        """Some of the images."""
        return Part(self.pixels[rows], self.fine[rows], self.coarse[rows])


@dataclass(frozen=True)
class Images:
    """What to train with, what to choose by, and what to test with once, at the end.

    Attributes:
        name: One word for files and messages.
        note: A sentence about where they come from.
        train: To train with.
        valid: What the search chooses by.
        test: What the search never sees.
        classes: How many fine and coarse labels there are.
        mirror: Whether a mirrored image keeps its label.
    """

    name: str
    note: str
    train: Part
    valid: Part
    test: Part
    classes: tuple[int, int]
    mirror: bool

    @property
    def side(self) -> int:
        """Height and width of an image in pixels."""
        return self.train.pixels.shape[-1]


@functools.cache
def load(place: str | Path | None, limit: int | None = None, side: int = 16) -> Images:
    """CIFAR-100 from `place`, or digits where that is None.

    Args:
        place: The archive ``cifar-100-python.tar.gz`` or its folder.
        limit: At most so many images to train with; the others are left out.
        side: Of a digit's image, in pixels: a multiple of 8.

    Raises:
        DataError: If the files are not there or cannot be read.
    """
    images = digits(side) if place is None else cifar(place)
    if limit is None or limit >= len(images.train):
        return images
    return replace(images, train=images.train.take(slice(limit)))


def split(part: Part, share: float, seed: int = 0) -> tuple[Part, Part]:
    """All but a share of the images, and that share, by chance; the same for every search."""
    order = np.random.default_rng(seed).permutation(len(part))
    cut = len(part) - round(share * len(part))
    return part.take(order[:cut]), part.take(order[cut:])


def digits(side: int = 16) -> Images:
    """The 1797 digits that come with scikit-learn, enlarged, light on dark in random colours.

    The fine label is the digit, the coarse one its group.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    ink = (bunch.images / 16).repeat(side // 8, axis=1).repeat(side // 8, axis=2)[:, None]
    rng = np.random.default_rng(0)
    paper = rng.uniform(0, 0.5, size=(len(ink), 3, 1, 1))
    pen = rng.uniform(0.5, 1, size=(len(ink), 3, 1, 1))
    noise = rng.normal(0, 0.15, size=(len(ink), 3, side, side))
    pixels = np.clip(paper + ink * (pen - paper) + noise, 0, 1) * 255
    fine = bunch.target.astype(np.int64)
    rest, test = split(Part(pixels.astype(np.uint8), fine, GROUPS[fine]), 0.25)
    train, valid = split(rest, 0.25)
    note = "no --data was given: 1797 coloured images of digits from scikit-learn stand in for CIFAR-100"
    return Images("digits", note, train, valid, test, (10, 3), mirror=False)


def cifar(place: str | Path) -> Images:
    """CIFAR-100; a tenth of its images for training are what the search chooses by."""
    rest, test = read_cifar(Path(place))
    train, valid = split(rest, 0.1)
    note = f"CIFAR-100 from {place}"
    return Images("cifar100", note, train, valid, test, (100, 20), mirror=True)


def read_cifar(place: Path) -> tuple[Part, Part]:
    """The parts for training and for testing, from an archive or a folder.

    Raises:
        DataError: If there is no such place, a part is not in it, or a part is damaged.
    """
    if not place.exists():
        raise DataError(f"there is nothing at {place}; --data takes cifar-100-python.tar.gz or its folder")
    if place.is_dir():
        folder = place / "cifar-100-python" if (place / "cifar-100-python").is_dir() else place
        return _file(folder / "train"), _file(folder / "test")
    try:
        with tarfile.open(place) as archive:
            return _member(archive, "train"), _member(archive, "test")
    except (tarfile.TarError, EOFError, zlib.error):
        raise DataError(f"{place} is no whole tar archive; fetch it again") from None
    except OSError as error:
        raise DataError(f"{place} cannot be read: {error}") from None


def _file(path: Path) -> Part:
    if not path.is_file():
        raise DataError(f"there is no file {path.name!r} in {path.parent}; CIFAR-100 has 'train' and 'test'")
    with path.open("rb") as file:
        return _part(file, str(path))


def _member(archive: tarfile.TarFile, name: str) -> Part:
    try:
        file = archive.extractfile(f"cifar-100-python/{name}")
    except KeyError:
        file = None
    if file is None:
        raise DataError(f"there is no file 'cifar-100-python/{name}' in {archive.name}")
    with file:
        return _part(file, f"{name} in {archive.name}")


class _Arrays(pickle.Unpickler):
    """Makes what CIFAR's files hold: dicts, lists, numbers, byte strings, arrays. No other code is run."""

    ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
    )

    def find_class(self, module: str, name: str) -> type:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no file of CIFAR-100 does")
        return super().find_class(module, name)


def _part(file: BinaryIO, where: str) -> Part:
    # A damaged pickle can raise nearly anything: an index, a key, an attribute, a size.
    try:
        content = _Arrays(file, encoding="bytes").load()
        pixels = np.asarray(content[b"data"])
        fine = np.asarray(content[b"fine_labels"], dtype=np.int64)
        coarse = np.asarray(content[b"coarse_labels"], dtype=np.int64)
    except (tarfile.TarError, OSError, zlib.error):
        raise
    except Exception as error:  # noqa: BLE001  # said in one sentence
        raise DataError(
            f"{where} cannot be read as a part of CIFAR-100: {' '.join(str(error).split())}"
        ) from None
    n = len(fine)
    if pixels.shape != (n, 3072) or pixels.dtype != np.uint8 or coarse.shape != (n,) or n == 0:
        raise DataError(
            f"{where} must hold n images of 3072 bytes with two labels each; "
            f"got {pixels.shape} {pixels.dtype}, {fine.shape} and {coarse.shape}"
        )
    if not (fine.min() >= 0 and fine.max() < 100 and coarse.min() >= 0 and coarse.max() < 20):
        raise DataError(f"{where} has labels that are not from 0 to 99 (fine) and 0 to 19 (coarse)")
    return Part(pixels.reshape(n, 3, 32, 32), fine, coarse)
