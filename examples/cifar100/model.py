"""A convolutional network whose shape is made of hyperparameters.

    image -> [first convolution] -> 2 or 3 times (convolution -> residual units -> pooling)
          -> fully connected, once or twice -> fine label, coarse label

The architecture and its hyperparameters are those of Guillaume Chevalier's
Hyperopt tutorial for Keras; `search.py` says what each may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

FILTERS, FIRST_FILTERS, UNITS_1, UNITS_2 = 40, 16, 1000, 750  # at width 1, before the multipliers
ACTIVATIONS = {"relu": nn.ReLU, "elu": nn.ELU}


def same(inputs: int, outputs: int, kernel: int) -> nn.Module:
    """A convolution that keeps the image's size; an even kernel looks one pixel further right and down."""
    if kernel % 2:
        return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    before, after = (kernel - 1) // 2, kernel // 2
    return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), nn.Conv2d(inputs, outputs, kernel))


def halving(inputs: int, outputs: int, batch_norm: bool) -> nn.Module:
    """A convolution with stride 2 in place of pooling (Springenberg et al., arXiv 1412.6806)."""
    conv = nn.Conv2d(inputs, outputs, kernel_size=3, stride=2, padding=1)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs)) if batch_norm else conv


class Residual(nn.Module):
    """A linear way past a convolution, and the sum of both."""

    def __init__(self, channels: int, kernel: int, params: Mapping[str, Any]) -> None:
        super().__init__()
        self.past = nn.Conv2d(channels, channels, kernel_size=1)
        self.through = nn.Sequential(
            nn.Dropout(params["conv_dropout"]),
            same(channels, channels, kernel),
            ACTIVATIONS[params["activation"]](),
        )
        self.norm = nn.BatchNorm2d(channels) if params["batch_norm"] else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.past(x) + self.through(x))


class Inception(nn.Module):
    """Three ways to halve an image, side by side (after Szegedy et al., arXiv 1602.07261)."""

    def __init__(self, channels: int, params: Mapping[str, Any]) -> None:
        super().__init__()
        narrow, wide = int(0.33 * channels + 1), int(0.4 * channels + 1)
        activation, norm = ACTIVATIONS[params["activation"]], params["batch_norm"]
        self.ways = nn.ModuleList(
            [
                halving(channels, wide, norm),
                nn.Sequential(
                    same(channels, narrow, 1),
                    activation(),
                    same(narrow, wide, 3),
                    activation(),
                    halving(wide, wide, norm),
                ),
                nn.Sequential(same(channels, wide, 1), activation(), nn.MaxPool2d(3, stride=2, padding=1)),
            ]
        )
        self.channels = 3 * wide

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([way(x) for way in self.ways], dim=1)


def pooling(channels: int, params: Mapping[str, Any]) -> tuple[nn.Module, int]:
    """What halves the image, and how many channels come out of it."""
    kind = params["pooling"]
    if kind == "inception":
        block = Inception(channels, params)
        return block, block.channels
    if kind == "all-conv":
        return halving(channels, channels, params["batch_norm"]), channels
    return {"max": nn.MaxPool2d, "avg": nn.AvgPool2d}[kind](2), channels


class Network(nn.Module):
    """Images to scores of fine and coarse labels.

    Args:
        params: A point of `search.SPACE`.
        classes: How many fine and coarse labels there are.
        side: Height and width of an image; at least 8.
        width: Multiplies the number of filters and units; 1 is the tutorial's network.
    """

    def __init__(
        self, params: Mapping[str, Any], classes: tuple[int, int], side: int, width: float = 1
    ) -> None:
        super().__init__()
        self.blocks = nn.Sequential()
        self.notes: dict[str, str] = {}  # of each block, for the drawing

        def add(name: str, *modules: nn.Module, note: str = "") -> None:
            self.blocks.add_module(name, modules[0] if len(modules) == 1 else nn.Sequential(*modules))
            self.notes[name] = note

        kind = params["activation"]
        activation, kernel, residual = ACTIVATIONS[kind], params["kernel"], params["residual"]
        channels = 3
        if params["first_conv"] is not None:
            first, size = max(1, round(width * FIRST_FILTERS)), params["first_conv"]
            add("first", same(channels, first, size), activation(), note=f"{size} x {size}, {kind}")
            channels = first
        for i in range(params["layers"]):
            filters = max(1, int(width * FILTERS * params["conv_mult"] * 2**i))
            add(
                f"conv{i}", same(channels, filters, kernel), activation(), note=f"{kernel} x {kernel}, {kind}"
            )
            if params["batch_norm"]:
                add(f"norm{i}", nn.BatchNorm2d(filters))
            if residual is not None and i >= min(residual["start"], params["layers"] - 1):
                units: list[nn.Module] = [
                    Residual(filters, residual["kernel"], params) for _ in range(residual["units"])
                ]
                if not params["batch_norm"]:
                    units.append(nn.BatchNorm2d(filters))  # sums have grown
                add(
                    f"residual{i}",
                    *units,
                    note=f"{residual['units']} of {residual['kernel']} x {residual['kernel']}",
                )
            pool, channels = pooling(filters, params)
            add(f"pool{i}", pool, note=params["pooling"])
            add(f"drop{i}", nn.Dropout(params["conv_dropout"]), note=f"{params['conv_dropout']:.2f}")
        add("flatten", nn.Flatten())
        features = channels * (side // 2 ** params["layers"]) ** 2
        full = [UNITS_1 * params["fc_mult"]]
        if params["one_more_fc"] is not None:
            full.append(UNITS_2 * params["one_more_fc"]["mult"])
        for i, units in enumerate(full):
            count = max(1, int(width * units))
            add(f"full{i}", nn.Linear(features, count), activation(), note=kind)
            add(f"drop_full{i}", nn.Dropout(params["fc_dropout"]), note=f"{params['fc_dropout']:.2f}")
            features = count
        self.fine, self.coarse = nn.Linear(features, classes[0]), nn.Linear(features, classes[1])
        for module in self.modules():
            # PyTorch's own start is so small that a deep network without batch norm learns nothing for long.
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.blocks(x)
        return self.fine(features), self.coarse(features)


def size(module: nn.Module) -> int:
    """How many numbers a module learns."""
    return sum(p.numel() for p in module.parameters())


@torch.no_grad()
def describe(network: Network, side: int) -> list[tuple[str, str, tuple[int, ...], int]]:
    """Name, note, shape of the output and number of parameters of each block, from image to labels.

    Args:
        network: It is put into its evaluation mode.
        side: Height and width of an image.
    """
    network.eval()
    x = torch.zeros(1, 3, side, side, device=next(network.parameters()).device)
    rows = [("image", "", (3, side, side), 0)]
    for name, block in network.blocks.named_children():
        x = block(x)
        rows.append((name, network.notes[name], tuple(x.shape[1:]), size(block)))
    for name, head in (("fine", network.fine), ("coarse", network.coarse)):
        rows.append((name, "labels", tuple(head(x).shape[1:]), size(head)))
    return rows
