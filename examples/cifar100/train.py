"""Training that survives a kill: after each epoch everything is in one file.

Each epoch draws from a seed of its own, so an epoch that runs again does what
it did before, and the file needs no state of generators.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from data import Images, Part
from model import Network
from torch import Tensor
from torch.nn.functional import cross_entropy

LEARNING_RATE, L2 = 1e-3, 7e-4  # before the multipliers
OPTIMIZERS = {"adam": torch.optim.Adam, "nadam": torch.optim.NAdam, "rmsprop": torch.optim.RMSprop}
Row = dict[str, float]


def device() -> torch.device:
    """The graphics card if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Tensors:
    """One part of the images, on the device: they are small, and copying batches would take longer."""

    def __init__(self, part: Part, where: torch.device) -> None:
        self.pixels, self.fine, self.coarse = (
            torch.from_numpy(array).to(where) for array in (part.pixels, part.fine, part.coarse)
        )

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.pixels[rows].float() / 127.5 - 1, self.fine[rows], self.coarse[rows]


class Training:
    """One network, trained epoch by epoch, from where an earlier process stopped.

    Args:
        params: A point of `search.SPACE`.
        images: What to train with.
        epochs: How many in all; the learning rate falls to zero over them.
        folder: Where the checkpoint is.
        seed: Of the weights and of each epoch.
        width: Of the network, see `Network`.
    """

    def __init__(
        self,
        params: Mapping[str, Any],
        images: Images,
        epochs: int,
        folder: Path,
        *,
        seed: int = 0,
        width: float = 1,
    ) -> None:
        self.params, self.images, self.epochs, self.seed = params, images, epochs, seed
        self.device = device()
        self.checkpoint = Path(folder) / "checkpoint.pt"
        torch.manual_seed(seed)
        self.network = Network(params, images.classes, images.side, width).to(self.device)
        self.optimizer = OPTIMIZERS[params["optimizer"]](
            self.network.parameters(),
            lr=LEARNING_RATE * params["lr_mult"],
            weight_decay=L2 * params["l2_mult"],
        )
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=epochs)
        self.curve: list[Row] = []
        if self.checkpoint.exists():
            self._resume()

    def rows(self) -> Iterator[Row]:
        """Train, and give each epoch's row, those of earlier processes left out.

        An epoch is saved when the next row is asked for. What the caller does
        with a row is done again if the process is killed before that.

        Raises:
            FloatingPointError: If a loss is no longer finite: the search learns to avoid such points.
        """
        train, valid = Tensors(self.images.train, self.device), Tensors(self.images.valid, self.device)
        while len(self.curve) < self.epochs:
            start = time.perf_counter()
            epoch = len(self.curve) + 1
            torch.manual_seed(self.seed + epoch)
            row = {"epoch": epoch, "train_loss": self._epoch(train), **self.evaluate(valid)}
            if not all(math.isfinite(value) for value in row.values()):
                raise FloatingPointError(f"the loss is no longer finite in epoch {epoch}: {row}")
            self.schedule.step()
            self.curve.append({**row, "seconds": time.perf_counter() - start})
            yield self.curve[-1]
            self._save()

    def _epoch(self, train: Tensors) -> float:
        self.network.train()
        # A last batch of few images would make batch norm's estimates poor, so it is left out.
        size = min(self.params["batch_size"], len(train.fine))
        order = torch.randperm(len(train.fine)).to(self.device)
        batches = order[: len(order) // size * size].split(size)
        total = torch.zeros((), device=self.device)
        for rows in batches:
            x, fine, coarse = train.batch(rows)
            if self.images.mirror:
                mirrored = torch.rand(len(x), device=self.device) < 0.5
                x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
            with self._precision():
                by_fine, by_coarse = self.network(x)
                loss = cross_entropy(by_fine, fine)
                loss = loss + self.params["coarse_weight"] * cross_entropy(by_coarse, coarse)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        return total.item() / len(batches)

    @torch.no_grad()
    def evaluate(self, part: Tensors) -> Row:
        """Loss of the fine labels, and the share of images whose label is right, fine and coarse."""
        self.network.eval()
        sums = torch.zeros(3, device=self.device)
        for rows in torch.arange(len(part.fine), device=self.device).split(1000):
            x, fine, coarse = part.batch(rows)
            with self._precision():
                by_fine, by_coarse = self.network(x)
            sums[0] += cross_entropy(by_fine.float(), fine, reduction="sum")
            sums[1] += (by_fine.argmax(1) == fine).sum()
            sums[2] += (by_coarse.argmax(1) == coarse).sum()
        loss, accuracy, coarse_accuracy = (sums / len(part.fine)).tolist()
        return {"loss": loss, "accuracy": accuracy, "coarse_accuracy": coarse_accuracy}

    def _precision(self) -> torch.autocast:
        """Half the bits on a graphics card; bfloat16 has the range of float32 and needs no scaling."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _parts(self) -> dict[str, Any]:
        return {"network": self.network, "optimizer": self.optimizer, "schedule": self.schedule}

    def _save(self) -> None:
        """Replace the checkpoint in one step: a kill leaves the old one or the new one."""
        states = {name: part.state_dict() for name, part in self._parts().items()}
        new = self.checkpoint.with_suffix(".new")
        torch.save(states | {"curve": self.curve}, new)
        os.replace(new, self.checkpoint)

    def _resume(self) -> None:
        saved = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.curve = saved.pop("curve")
        for name, state in saved.items():
            self._parts()[name].load_state_dict(state)

    def forget(self) -> None:
        """Remove the checkpoint of a trial that has ended: all networks of a search would fill the disk."""
        self.checkpoint.unlink(missing_ok=True)
