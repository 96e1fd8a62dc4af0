"""Tasks that train small networks in PyTorch, on one thread and from a fixed seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.problems import Point
from benchmarks.tasks.data_sets import digits
from benchmarks.tasks.training import Outcome

torch.set_num_threads(1)
Schedule = Callable[[float], float]  # share of training done -> factor of the learning rate


def fit(
    model: nn.Module,
    optimiser: Any,
    data: tuple[Any, ...],
    epochs: int,
    batch: int,
    schedule: Schedule = lambda _: 1.0,
    criterion: Callable[..., torch.Tensor] = nn.functional.cross_entropy,
) -> list[float]:
    """Train and validate after each epoch.

    Args:
        data: Training inputs and targets, validation inputs and targets, as arrays.

    Returns:
        What `criterion` gives on the validation rows. Training ends early when one is not finite.
    """
    x, y, valid, truth = (torch.as_tensor(part) for part in data)
    x, valid = x.float(), valid.float()
    generator = torch.Generator().manual_seed(0)
    first = [group["lr"] for group in optimiser.param_groups]
    steps, done, curve = epochs * -(-len(y) // batch), 0, []
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(y), generator=generator).split(batch):
            for group, rate in zip(optimiser.param_groups, first):
                group["lr"] = rate * schedule(done / steps)
            optimiser.zero_grad()
            criterion(model(x[rows]), y[rows]).backward()
            optimiser.step()
            done += 1
        model.eval()
        with torch.no_grad():
            curve.append(float(criterion(model(valid), truth)))
        if not math.isfinite(curve[-1]):
            break
    return curve


def weights(model: nn.Module) -> float:
    """How many weights a network has."""
    return float(sum(part.numel() for part in model.parameters()))


def perceptron(inputs: int, point: Point, outputs: int) -> nn.Module:
    """Layers of one width, each with an activation and dropout."""
    activation = (nn.ReLU, nn.Tanh, nn.GELU)[int(point["activation"])]
    parts: list[nn.Module] = []
    width = int(point["width"])
    for _ in range(int(point["layers"])):
        parts += [nn.Linear(inputs, width), activation(), nn.Dropout(float(point["dropout"]))]
        inputs = width
    return nn.Sequential(*parts, nn.Linear(inputs, outputs))


def mlp_digits(point: Point) -> Outcome:
    """A multilayer perceptron by SGD with momentum; `gain` multiplies the first weights."""
    torch.manual_seed(0)
    x, y, valid, truth = digits(800, 997)
    model = perceptron(64, point, 10)
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                layer.weight *= float(point["gain"])
    optimiser = torch.optim.SGD(
        model.parameters(), point["rate"], momentum=point["momentum"], weight_decay=point["decay"]
    )
    schedule: Schedule = (
        (lambda done: (1 + math.cos(math.pi * done)) / 2) if point["schedule"] else lambda _: 1
    )
    data = (x / 8 - 1, y, valid / 8 - 1, truth)
    curve = fit(model, optimiser, data, 10, int(point["batch"]), schedule)
    return Outcome(curve[-1], tuple(curve), weights(model))


def cnn_digits(point: Point) -> Outcome:
    """A convolutional network; raises where the kernels and pools leave nothing of the picture."""
    torch.manual_seed(0)
    x, y, valid, truth = digits(400, 800)
    parts: list[nn.Module] = []
    before, channels, kernel = 1, int(point["channels"]), int(point["kernel"])
    for _ in range(int(point["layers"])):
        parts.append(nn.Conv2d(before, channels, kernel, padding=kernel // 2 if point["padding"] else 0))
        if point["norm"]:
            parts.append(nn.BatchNorm2d(channels))
        parts.append(nn.ReLU())
        if point["pool"]:
            parts.append((nn.MaxPool2d, nn.AvgPool2d)[int(point["pool"]) - 1](2))
        before, channels = channels, min(2 * channels, 32)
    body = nn.Sequential(*parts, nn.Flatten(), nn.Dropout(float(point["dropout"])))
    body.eval()
    with torch.no_grad():
        inside = body(torch.zeros(1, 1, 8, 8)).shape[1]
    model = nn.Sequential(body, nn.Linear(inside, 10))
    if point["optimiser"] == 0:
        optimiser: Any = torch.optim.SGD(
            model.parameters(), point["sgd_rate"], momentum=point["sgd_momentum"], weight_decay=point["decay"]
        )
    else:
        optimiser = torch.optim.AdamW(
            model.parameters(),
            point["adam_rate"],
            betas=(0.9, point["adam_memory"]),
            weight_decay=point["decay"],
        )
    pictures = [(part / 8 - 1).reshape(-1, 1, 8, 8) for part in (x, valid)]
    curve = fit(model, optimiser, (pictures[0], y, pictures[1], truth), 6, int(point["batch"]))
    return Outcome(curve[-1], tuple(curve), weights(model))


EVALUATE: dict[str, Callable[[Point], Outcome]] = {"mlp-digits": mlp_digits, "cnn-digits": cnn_digits}
