# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 3. Nested spaces
#
# Dictionaries, lists and tuples may hold `hp` words, fixed values and one another, as
# deep as needed. `hp.choice` takes one of several options, and an option may itself hold
# words. Those exist only in the trials that took the option.

# %%
from pprint import pprint

import numpy as np

from parzen import fmin, hp, pyll, space_eval

space = {
    "shift": hp.normal("shift", 0, 2),
    "rate": hp.loguniform("rate", np.log(1e-4), np.log(1e-1)),
    "dropout": hp.choice("use_dropout", [None, hp.uniform("dropout", 0, 1)]),
    "mix": [
        hp.normal("first", 0, 1),
        hp.uniform("second", -1, 1),
        hp.choice("third", [False, True]),
    ],
    "inner": {
        "width": hp.uniform("width", 0, 3),
        "kind": "fixed",
    },
}
pprint(space)

# %% [markdown]
# ## Ten samples
#
# Look at `dropout`: it is None in about half of them. The list comes back as a tuple, as
# in Hyperopt.

# %%
rng = np.random.default_rng(3)
print("\nTen samples:")
for _ in range(10):
    pprint(pyll.stochastic.sample(space, rng), width=110)

# %% [markdown]
# ## Indices and real values
#
# The history stores which option of a choice was taken, as its position 0, 1, 2, ...
# `best` is that stored form. `best.params` holds the real values in the shape of the
# space, and `space_eval` makes the same from any stored point.
#
# The next space has two families that share nothing. `hp.float` and `hp.int` take real
# ends, and with `hp.int` both are included. They need no label: the place in the space
# names them, as in `model.1.count`.

# %%
models = {
    "model": hp.choice(
        "model",
        [
            {"family": "line", "slope": hp.float(-2, 2)},
            {"family": "steps", "count": hp.int(1, 20), "height": hp.float(0.01, 10, log=True)},
        ],
    )
}


def loss(point):
    """How far from a staircase of 7 steps of height 0.5; no line comes nearer than 2."""
    model = point["model"]
    if model["family"] == "line":
        return 2 + abs(model["slope"] - 0.5)
    return abs(model["count"] - 7) / 10 + abs(np.log(model["height"] / 0.5))


best = fmin(loss, models, algo="tpe", max_evals=150, seed=2)
print("\nstored:", best)
print("real:  ", best.params)
print("same from space_eval:", space_eval(models, best) == best.params)
