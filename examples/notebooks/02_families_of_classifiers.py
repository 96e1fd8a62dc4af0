# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Families of classifiers
#
# A real search: which classifier, and with which settings, reads handwritten digits best? It is stopped in
# the middle, goes on, and is looked at: what mattered, what failed, and what to try next.

# %%
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from parzen import Study, fmin, hp, insight, plots

# %% [markdown]
# 600 images to search with, and the others to test with, which the search never sees.

# %%
images, digits = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(images / 16, digits, train_size=600, stratify=digits, random_state=0)
parts = StratifiedKFold(3, shuffle=True, random_state=0)

# %% [markdown]
# ## The space is a tree
#
# Each family is an option with hyperparameters of its own. `gamma` exists for the kernel "rbf" only.

# %%
SPACE = {
    "scale": hp.choice("scale", [False, True]),
    "model": hp.choice(
        "model",
        [
            {
                "family": "svc",
                "C": hp.float(1e-3, 1e3, log=True, label="C"),
                "kernel": hp.choice(
                    "kernel",
                    [
                        {"kernel": "linear"},
                        {"kernel": "rbf", "gamma": hp.float(1e-4, 1, log=True, label="gamma")},
                    ],
                ),
            },
            {
                "family": "neighbours",
                "n_neighbors": hp.int(1, 800, label="neighbours"),
                "weights": hp.choice("weights", ["uniform", "distance"]),
            },
            {
                "family": "extra trees",
                "n_estimators": hp.int(5, 40, log=True, label="trees"),
                "max_features": hp.float(0.02, 1, log=True, label="features"),
            },
        ],
    ),
}
plots.distributions(SPACE)


# %% [markdown]
# ## The objective
#
# One minus the accuracy in cross-validation. A part has 400 images to learn from, and nobody has more than
# 400 neighbours there: scikit-learn raises. Such a trial has failed, and the search learns where.


# %%
def classifier(point):
    arguments = dict(point["model"])
    family = arguments.pop("family")
    if family == "svc":
        arguments |= arguments.pop("kernel")
    if family == "extra trees":
        arguments["random_state"] = 0
    kinds = {
        "svc": SVC,
        "neighbours": KNeighborsClassifier,
        "extra trees": ExtraTreesClassifier,
    }
    model = kinds[family](**arguments)
    return make_pipeline(StandardScaler(), model) if point["scale"] else model


def objective(point):
    accuracy = cross_val_score(classifier(point), x, y, cv=parts, error_score="raise")
    return {"loss": 1 - accuracy.mean(), "spread": float(accuracy.std())}


# %% [markdown]
# ## Interrupted
#
# The button *Interrupt the kernel* ends the running trial, and the best so far is returned. Here a trial
# presses it, so that this page is the same each time.


# %%
def interrupted(point):
    import signal

    if len(Study.load("digits.db").trials) == 25:
        signal.raise_signal(signal.SIGINT)  # what the button does
    return objective(point)


search = {"max_evals": 70, "trials": "digits.db", "on_error": "continue", "seed": 1, "verbose": False}
best = fmin(interrupted, SPACE, **search)
print(f"{best.stopped} after {len(best.study.trials)} of 70 trials, best loss {best.loss:.3f}")

# %% [markdown]
# ## And resumed
#
# The same call goes on, with the file's seed and all that was learned.

# %%
best = fmin(objective, SPACE, **search)
print(f"{len(best.study.trials)} trials, {1 - best.loss:.1%} right in cross-validation")
print(best.params["model"], "scaled" if best.params["scale"] else "not scaled")

# %%
plots.history(best)

# %% [markdown]
# ## What failed

# %%
failed = [trial for trial in best.study.trials if trial.error]
print(f"{len(failed)} failed; the first:", failed[0].error["message"].splitlines()[0])
print(insight.failing_region(best.study.history))

# %% [markdown]
# ## What mattered
#
# A conditional hyperparameter is judged among the trials that used it. The number behind it says how many
# there were.

# %%
plots.effects(best)

# %%
for one in insight.importance(best):
    share = f"{one.value:.2f} ± {one.spread:.2f}" if one.trials >= 30 else "too few"
    print(f"{one.label:<12}{share:<14}{one.trials:>3} trials   {one.given or ''}")

# %% [markdown]
# Each curve is a trial. One that does not use a hyperparameter runs through the shaded lane under its axis,
# so no trial is left out.

# %%
plots.parallel(best)

# %% [markdown]
# ## What to try next
#
# The findings, each with its evidence, and a space that follows from them, as code.

# %%
print(insight.next_space(best))

# %% [markdown]
# ## On images that the search never saw
#
# The best of many is a little flattered by the cross-validation. The test images say how much.

# %%
for name, model in {"the best": classifier(best.params), "SVC as it comes": SVC()}.items():
    inside = cross_val_score(model, x, y, cv=parts).mean()
    print(f"{name:<16} cross-validation {inside:.3f}, test {model.fit(x, y).score(x_test, y_test):.3f}")

# %% [markdown]
# From here: [Conditional spaces](../../docs/conditional-spaces.md), [Failed
# trials](../../docs/failures.md), [Many trials at once](../../docs/parallel.md).
