# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 4. The history of every trial
#
# A `Trials` object given to `fmin` keeps all that happened: each point, each result,
# and when. The function may return a dictionary instead of a number. `loss` and
# `status` are known keys, and anything else you add is kept with the trial.
#
# Here the upper part of the square is out of bounds: with y > 1 a trial reports that it
# failed. It even reports a loss of -1 there, lower than any honest one. A failed trial
# counts as a bad one whatever its loss says: it is never the best, and the search learns
# to stay away.

# %%
from collections import Counter
from pprint import pprint

import matplotlib.pyplot as plt
import numpy as np
from drawing import save

from parzen import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, tpe


def objective(space):
    x, y = space["x"], space["y"]
    if y > 1:
        return {"loss": -1, "status": STATUS_FAIL, "space": space}
    return {"loss": x**2 + y**2, "status": STATUS_OK, "space": space}


space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
trials = Trials()
best = fmin(objective, space, algo=tpe.suggest, max_evals=1000, trials=trials, seed=3)
print("Best x and y after 1000 trials:")
print(best)
print(f"loss {best.loss:.2e}")

# %% [markdown]
# ## Reading it
#
# `trials.trials` is a list of documents, one per trial, in the form that Hyperopt uses.
# `tid` is the number, `misc["vals"]` the point, `result` what the function returned.

# %%
print("\nThe first three trials:")
for trial in trials.trials[:3]:
    pprint(trial)

print("\nThe first seven results:")
for trial in trials.trials[:7]:
    print(trial["result"])

# %% [markdown]
# Shorter ways to the usual columns: `trials.losses()`, `trials.statuses()`,
# `trials.vals["x"]`, `trials.best_trial`.

# %%
failed = np.array(trials.statuses()) == STATUS_FAIL
print("\nHow the trials ended:", dict(Counter(trials.statuses())))
print(f"failed among the first 100: {failed[:100].sum()}, among the last 500: {failed[-500:].sum()}")
print("best trial:", trials.best_trial["tid"], "with", trials.best_trial["result"])

# %%
x, y = np.array(trials.vals["x"]), np.array(trials.vals["y"])
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
left.axhspan(1, 5, color="#fee0d2", label="y > 1 fails")
left.plot(x[~failed], y[~failed], ".", markersize=4, color="#3182bd", label=f"ok ({np.sum(~failed)})")
left.plot(x[failed], y[failed], "x", markersize=4, color="#cb181d", label=f"failed ({failed.sum()})")
left.set(title="the 1000 trials", xlabel="x", ylabel="y", xlim=(-5, 5), ylim=(-5, 5), aspect="equal")
left.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
right.plot(np.arange(1, 1001), np.cumsum(failed), color="#cb181d")
right.set(title="failed trials so far", xlabel="trials", ylabel="failed", ylim=(0, None))
save(figure, "04_failed_trials.png")
