# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # First searches
#
# From the laws of a space to a search that was stopped and went on, in ten minutes. Every cell runs as it
# stands.
#
# parzen makes a function small. You say which arguments it has and how often it may be called; parzen
# decides which to try next.

# %%
from parzen import Trials, fmin, hp, plots, pyll

# %% [markdown]
# ## What a space means
#
# Words of `hp` say which values are worth a try, and how often each should come up before anything is
# known: the
# *prior*. Look at it before you search.

# %%
priors = {
    "layers": hp.int(1, 5),
    "momentum": hp.uniform("momentum", -1, 3),
    "learning rate": hp.float(1e-5, 1e-1, log=True),
    "shift": hp.normal("shift", 1, 2),
    "scale": hp.lognormal("scale", 0, 0.3),
    "kernel": hp.choice("kernel", ["rbf", "linear", "poly"]),
}
plots.distributions(priors)

# %% [markdown]
# These are exact densities, not smoothed samples: the ends of a bounded law are sharp. On a logarithmic
# axis each factor of ten is as likely as the next.
#
# A sample is what your function gets:

# %%
for seed in range(3):
    print(pyll.stochastic.sample(priors, rng=seed))

# %% [markdown]
# ## A first search
#
# The parabola x² - x + 1 is lowest at x = 1/2, where it is 3/4. The search is not told; it only sees the
# values that come back.


# %%
def parabola(x):
    return x**2 - x + 1


best = fmin(parabola, hp.uniform("x", -5, 5), max_evals=40, seed=0, verbose=False)
print(f"x = {best.params:.3f}, loss {best.loss:.4f}")

# %% [markdown]
# `verbose=False` hides the progress. Leave it out, and while the cell runs you see how far it is, the best
# so far and a small curve.

# %%
plots.history(best)

# %% [markdown]
# ## Choices inside choices
#
# An option of `hp.choice` may hold hyperparameters of its own. They exist only in the trials that took it.


# %%
space = {
    "shift": hp.float(-3, 3),
    "model": hp.choice(
        "model",
        [
            {"family": "line", "slope": hp.float(-2, 2)},
            {"family": "steps", "count": hp.int(1, 20), "height": hp.float(0.01, 10, log=True)},
        ],
    ),
}


def staircase(point):
    """How far from a staircase of 7 steps of height 0.5; no line comes nearer than 1."""
    model, away = point["model"], point["shift"] ** 2 / 10
    if model["family"] == "line":
        return 1 + away + abs(model["slope"] - 0.5) / 4
    return away + abs(model["count"] - 7) / 10 + abs(model["height"] - 0.5)


best = fmin(staircase, space, max_evals=80, seed=0, verbose=False)
print("stored:", {label: round(value, 4) for label, value in best.items()})
print("real:  ", best.params["model"]["family"], "with", best.params["model"]["count"], "steps")

# %% [markdown]
# `best` is a dict of stored values, where a choice is the number of its option. `best.params` has the real
# values in the shape of the space.
#
# What did each hyperparameter do? The page of effects shows all of them, the most important first, in the
# tree of the space.

# %%
plots.effects(best)

# %% [markdown]
# Each panel has the trials, their running median and the band of the middle 80 %. In the strip below: the
# prior (dotted), where the best trials lie, and where the others do.
#
# ## Trials that fail
#
# A function may raise, return NaN or report a failure. Here the upper part of the square is out of bounds,
# and says so with a loss that is lower than any honest one. A failed trial is a bad trial all the same:
# never the best, and the search stays away.


# %%
def bounded(point):
    if point["y"] > 1:
        return {"loss": -1, "status": "fail"}
    return (point["x"] - 1) ** 2 + (point["y"] + 2) ** 2


square = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
trials = Trials()
best = fmin(bounded, square, max_evals=100, trials=trials, seed=0, verbose=False)
print(f"best x = {best['x']:.2f}, y = {best['y']:.2f}, loss {best.loss:.4f}")
print("failed among the first 10:", trials.statuses()[:10].count("fail"))
print("failed among the last 50: ", trials.statuses()[-50:].count("fail"))

# %%
plots.contour(best, "x", "y")

# %% [markdown]
# The colours are a surface that was fitted to the trials; where it is hatched there are none nearby, and it
# is a guess.
#
# ## Stop, and go on
#
# Name a file, and every step is kept in it. The same call goes on from there: after an interrupt, a crash,
# or a week. `max_evals` is the total.

# %%
for total in (20, 50):
    best = fmin(bounded, square, max_evals=total, trials="search.db", seed=0, verbose=False)
    print(f"{len(best.study.trials)} trials, loss {best.loss:.4f}")

# %% [markdown]
# Twenty and thirty are the same search as fifty at once:

# %%
from parzen.testing import digest

whole = fmin(bounded, square, max_evals=50, seed=0, verbose=False)
print(digest(whole.study) == digest(best.study))

# %% [markdown]
# ## Looking without running
#
# `Study.load` reads a study, also while others write to it.

# %%
from parzen import Study

study = Study.load("search.db")
print(study)
plots.parallel(study)

# %% [markdown]
# From here: [a real search](02_families_of_classifiers.ipynb) over three families of classifiers;
# [Spaces](../../docs/spaces.md) has all words; [Keeping a search](../../docs/keep.md) has the rest about
# files.
