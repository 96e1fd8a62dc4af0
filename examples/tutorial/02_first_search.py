# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 2. A first search
#
# Three things make a search: a function to make small, a space to look in, and a
# number of trials. The parabola x**2 - x + 1 is lowest at x = 1/2, where it is 3/4. The
# search is not told; it only sees the values that come back.

# %%
import matplotlib.pyplot as plt
import numpy as np
from drawing import save

from parzen import Trials, fmin, hp, tpe


def f(x):
    return x**2 - x + 1


trials = Trials()  # optional: keeps every trial, for the figure below
best = fmin(f, hp.uniform("x", -5, 5), algo=tpe.suggest, max_evals=1000, trials=trials, seed=1)
print("Found minimum after 1000 trials:")
print(best)

# %% [markdown]
# `best` is a dictionary from label to value. It also carries the loss that was reached.

# %%
print(f"f there: {best.loss:.6f} (the least possible is 0.75)")

tried = np.array(trials.vals["x"])
losses = np.array(trials.losses())
print(f"trials within 0.5 of the minimum: {np.mean(np.abs(tried - 0.5) < 0.5):.0%} (10% by chance)")

# %% [markdown]
# The first trials are spread over the whole range. Later ones gather where the losses
# are low, and a few still look elsewhere.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
line = np.linspace(-5, 5, 400)
left.plot(line, f(line), color="black", linewidth=1, zorder=1)
dots = left.scatter(tried, losses, c=range(len(tried)), s=14, cmap="viridis_r", zorder=2)
left.set(title="x**2 - x + 1 and the 1000 trials", xlabel="x", ylabel="loss")
figure.colorbar(dots, ax=left, label="trial number")
right.plot(tried, ".", markersize=3)
right.axhline(0.5, color="black", linewidth=0.8)
right.set(title="where each trial looked", xlabel="trial number", ylabel="x")
save(figure, "02_parabola.png")

# %% [markdown]
# ## More than one hyperparameter
#
# A space may be a dictionary, and then the function gets a dictionary of the same shape. A search begins in
# the middle of the ranges, which here happens to be the minimum: the loss is 0 from the first trial on.


# %%
def bowl(point):
    return point["x"] ** 2 + point["y"] ** 2


space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
trials = Trials()
best = fmin(bowl, space, algo=tpe.suggest, max_evals=1000, trials=trials, seed=1)
print("\nBest x and y after 1000 trials:")
print(best)
print(f"loss {best.loss:.2e}")

# %%
lowest = np.minimum.accumulate(trials.losses())
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
dots = left.scatter(trials.vals["x"], trials.vals["y"], c=range(len(lowest)), s=10, cmap="viridis_r")
left.set(title="x**2 + y**2: the 1000 trials", xlabel="x", ylabel="y", aspect="equal")
figure.colorbar(dots, ax=left, label="trial number")
right.step(range(1, len(lowest) + 1), lowest, where="post")
right.set(title="lowest loss so far", xlabel="trials", ylabel="loss", xscale="log")
right.set_yscale("symlog", linthresh=1e-3)  # a logarithmic axis has no place for 0
save(figure, "02_bowl.png")
