# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 6. Grid, random, TPE
#
# Often one hyperparameter decides and the others hardly matter, and nobody knows
# beforehand which. Here `x` decides alone; `idle1` and `idle2` do nothing. Each way of
# searching gets 64 trials.
#
# * A grid of 64 points in three dimensions has only 4 values of x. It tries each of them
#   16 times, and learns nothing from the last 15.
# * Random search tries 64 values of x, whatever the idle dimensions do.
# * TPE looks at what came back, and looks closer where it was low.

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from drawing import save

from parzen import Trials, fmin, grid, hp, rand, tpe

BUDGET, SEEDS = 64, range(11)
space = {name: hp.uniform(name, 0, 1) for name in ("x", "idle1", "idle2")}


def curve(x):
    """A wide valley with a narrow one in its middle. The floor is 0, at x = 0.43."""
    away = (x - 0.43) ** 2
    return 1 - 0.5 * np.exp(-away / 0.3**2) - 0.5 * np.exp(-away / 0.04**2)


def objective(point):
    return float(curve(point["x"]))


ALGORITHMS = {
    "grid": partial(grid.suggest, steps=4),
    "random": rand.suggest,
    "TPE": tpe.suggest,
}


def search(algorithm, seed):
    trials = Trials()
    fmin(objective, space, algo=algorithm, max_evals=BUDGET, trials=trials, seed=seed, verbose=False)
    return trials


# %% [markdown]
# One run says little, so each is repeated with eleven seeds. The seed of a grid only
# shuffles the order of its points. Where its four values of x fall is luck, good or bad.

# %%
runs = {name: [search(algorithm, seed) for seed in SEEDS] for name, algorithm in ALGORITHMS.items()}

print(f"{BUDGET} trials, {len(SEEDS)} seeds{'values of x':>16}{'median of the best':>21}{'worst':>9}")
for name, searches in runs.items():
    lowest = [min(trials.losses()) for trials in searches]
    values = len({round(x, 9) for x in searches[0].vals["x"]})
    print(f"{name:<19}{values:>16}{np.median(lowest):>21.4f}{max(lowest):>9.4f}")

# %%
COLOURS = {"grid": "#7f7f7f", "random": "#3182bd", "TPE": "#d95f0e"}
figure = plt.figure(figsize=(12, 7.4), layout="constrained")
panels = figure.subplot_mosaic(
    [["curve grid", "curve random", "curve TPE"], ["grid", "random", "TPE"], ["race", "race", "race"]],
    height_ratios=[1, 1.3, 1.4],
)
line = np.linspace(0, 1, 500)
for name, searches in runs.items():
    x = np.array(searches[0].vals["x"])
    above, below = panels[f"curve {name}"], panels[name]
    above.plot(line, curve(line), color="black", linewidth=1)
    above.plot(x, curve(x), "o", markersize=4, color=COLOURS[name], alpha=0.6)
    above.set(title=f"{name}: lowest {curve(x).min():.4f}", ylabel="loss", xlim=(-0.03, 1.03))
    above.tick_params(labelbottom=False)
    below.plot(x, searches[0].vals["idle1"], "o", markersize=4, color=COLOURS[name])
    below.set(xlabel="x (decides)", ylabel="idle1", xlim=(-0.03, 1.03), ylim=(-0.05, 1.05))

    lowest = np.minimum.accumulate([trials.losses() for trials in searches], axis=1)
    count = np.arange(1, BUDGET + 1)
    panels["race"].plot(count, np.median(lowest, axis=0), color=COLOURS[name], label=f"{name}, median")
    quarter, three_quarters = np.quantile(lowest, [0.25, 0.75], axis=0)
    panels["race"].fill_between(count, quarter, three_quarters, color=COLOURS[name], alpha=0.15, linewidth=0)
panels["race"].set(title="lowest loss so far (band: middle half of 11 seeds)", xlabel="trials", ylabel="loss")
panels["race"].set(yscale="log", xlim=(0, BUDGET + 1))
panels["race"].legend(frameon=False, loc="lower left")
save(figure, "06_random_grid_tpe.png")
