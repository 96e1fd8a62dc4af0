# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 5. Save and resume
#
# A search may take days, and a computer may not. `Trials` can be pickled. Loaded again,
# perhaps tomorrow and in another process, it goes on where it stopped.
#
# `max_evals` is the total, not what is added: 30 means that twenty are run if ten are
# already there. (Load pickles of your own only: loading one runs code from it.)

# %%
import os
import pickle
import tempfile
from pathlib import Path

from parzen import Trials, fmin, hp, tpe

space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}


def bowl(point):
    return (point["x"] - 1) ** 2 + (point["y"] + 2) ** 2


folder = Path(tempfile.mkdtemp(prefix="parzen-tutorial-"))
first = Trials()
fmin(bowl, space, algo=tpe.suggest, max_evals=10, trials=first, seed=11)
(folder / "search.pkl").write_bytes(pickle.dumps(first))
print(f"first run: {len(first)} trials, lowest loss {min(first.losses()):.4f}, saved")

# %%
second = pickle.loads((folder / "search.pkl").read_bytes())
print(f"loaded: {len(second)} trials")
fmin(bowl, space, algo=tpe.suggest, max_evals=30, trials=second, seed=11)
print(f"second run: {len(second)} trials, lowest loss {min(second.losses()):.4f}")
print("numbers run on:", second.tids == list(range(30)))
print("the first ten are those of the first run:", second.losses()[:10] == first.losses())

# %% [markdown]
# ## One trial at a time
#
# When one trial takes an hour, each should be on disk as soon as it is done. So: load
# what there is, run one more, save, and begin again. The program may be stopped and
# started at any moment, and loses at most the trial that was running.
#
# The new file is written beside the old one and then put in its place, so that a
# crash in the middle of a write leaves the old one whole.


# %%
def run_a_trial(path: Path) -> Trials:
    trials = pickle.loads(path.read_bytes()) if path.exists() else Trials()
    fmin(bowl, space, tpe.suggest, max_evals=len(trials.trials) + 1, trials=trials, seed=11, verbose=False)
    beside = path.with_suffix(".new")
    beside.write_bytes(pickle.dumps(trials))
    os.replace(beside, path)
    return trials


for _ in range(30):  # a real program would say: while True
    trials = run_a_trial(folder / "one-by-one.pkl")
print(f"\none by one: {len(trials)} trials, lowest loss {min(trials.losses()):.4f}")

# %% [markdown]
# A trial's point depends on the seed, on the trial's number and on what came before, and
# on nothing else. So thirty separate calls make the same search as the two above.

# %%
print("same search as ten and then twenty:", trials.losses() == second.losses())
