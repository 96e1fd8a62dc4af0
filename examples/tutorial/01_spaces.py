# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 1. Spaces
#
# A space says which values are worth a try, and how often each should come up
# before anything is known. It is made of `hp` words. This part looks at five of
# them by drawing from each.
#
# The first argument of a word is its *label*: the name under which the history
# keeps the value.

# %%
import matplotlib.pyplot as plt
import numpy as np
from drawing import save

from parzen import hp, pyll

SPACES = {
    "randint(5)": hp.randint("randint", 5),
    "uniform(-1, 3)": hp.uniform("uniform", -1, 3),
    "loguniform(-0.3, 0.3)": hp.loguniform("loguniform", -0.3, 0.3),
    "normal(1, 2)": hp.normal("normal", 1, 2),
    "lognormal(0, 0.3)": hp.lognormal("lognormal", 0, 0.3),
}

# %% [markdown]
# `pyll.stochastic.sample` draws one value. With a generator of your own the
# draws can be repeated.

# %%
rng = np.random.default_rng(7)
draws = {}
for name, space in SPACES.items():
    draws[name] = np.array([pyll.stochastic.sample(space, rng) for _ in range(5000)])

print(f"{'5000 draws of':<23}{'lowest':>9}{'median':>9}{'highest':>9}")
for name, values in draws.items():
    print(f"{name:<23}{values.min():>9.3f}{np.median(values):>9.3f}{values.max():>9.3f}")

# %% [markdown]
# What to see in the table:
#
# * `randint(5)` gives the five whole numbers 0, 1, 2, 3, 4. The end is not included.
# * `uniform` has hard ends, here -1 and 3.
# * `loguniform` takes the ends of the *logarithm*: values lie between exp(-0.3) = 0.741
#   and exp(0.3) = 1.350. `hp.float(0.741, 1.350, log=True)` says the same with real ends.
# * `normal` and `lognormal` have no ends. The numbers are mean and standard deviation,
#   for `lognormal` those of the logarithm, so it is never negative.
#
# ## Drawing them with honest ends
#
# A common way to draw a sample is a Gaussian kernel estimate: a small bell on each
# draw, all added up. At a hard end it goes wrong, because half of each bell there lies
# outside, where no value can ever be. The curve then fades towards the end and leaks
# past it, although the law is as high at its end as anywhere.
#
# So here are histograms whose outer bars meet the ends exactly, and over them the exact
# density. The last panel shows the fading, and one cure: fold back in at the end what
# leaked out (reflection).


# %%
def gauss(z):
    return np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


LOGUNIFORM_ENDS = (np.exp(-0.3), np.exp(0.3))
EXACT = {  # name -> (ends to draw between, has hard ends, density)
    "uniform(-1, 3)": ((-1, 3), True, lambda x: np.full_like(x, 1 / 4)),
    "loguniform(-0.3, 0.3)": (LOGUNIFORM_ENDS, True, lambda x: 1 / (0.6 * x)),
    "normal(1, 2)": ((-7, 9), False, lambda x: gauss((x - 1) / 2) / 2),
    "lognormal(0, 0.3)": ((0.2, 3), False, lambda x: gauss(np.log(x) / 0.3) / (0.3 * x)),
}


def draw_law(axes, name, values, bars, label="5000 draws", line="exact density"):
    """Histogram of `values` and the exact density of law `name`; hard ends are upright lines."""
    (low, high), hard, density = EXACT[name]
    axes.hist(values, bins=np.linspace(low, high, 31), density=True, color=bars, label=label)
    x = np.linspace(low, high, 400)
    y = density(x)
    if hard:  # down to zero at the end itself, not beside it
        x, y = np.r_[low, x, high], np.r_[0, y, 0]
    axes.plot(x, y, color="black", linewidth=1.2, label=line)
    axes.set(title=name, xlabel="value", ylabel="density")


figure, panels = plt.subplots(2, 3, figsize=(12, 6.6), layout="constrained")
panels = panels.ravel()

counts = np.bincount(draws["randint(5)"], minlength=5)
panels[0].bar(range(5), counts / counts.sum(), width=0.6, color="#9ecae1", label="5000 draws")
middle = np.arange(5)
panels[0].hlines([1 / 5] * 5, middle - 0.35, middle + 0.35, color="black", label="exact probability")
panels[0].set(title="randint(5)", xlabel="value", ylabel="share of draws", ylim=(0, 0.3))
for panel, name in zip(panels[1:5], EXACT, strict=True):
    draw_law(panel, name, draws[name], bars="#9ecae1")

WIDTH = 0.25  # of one bell
flat = draws["uniform(-1, 3)"]
x = np.linspace(-2, 4, 601)


def bells(centres):
    return gauss((x[:, None] - centres) / WIDTH).sum(axis=1) / (len(flat) * WIDTH)


inside = (x >= -1) & (x <= 3)
folded = bells(np.r_[flat, -2 - flat, 6 - flat])  # mirrored at -1 and at 3
panels[5].plot([-1, -1, 3, 3], [0, 1 / 4, 1 / 4, 0], color="black", linewidth=1.2, label="exact density")
panels[5].plot(x, bells(flat), color="#d95f0e", label="Gaussian kernels: fade and leak")
panels[5].plot(x[inside], folded[inside], color="#3182bd", label="the same, reflected")
panels[5].set(title="uniform(-1, 3) by kernels", xlabel="value", ylabel="density", ylim=(0, 0.42))
for panel in panels:
    panel.legend(fontsize="small", frameon=False, loc="upper right")
panels[1].set_ylim(0, 0.36)
panels[2].set_ylim(0, 3.2)
save(figure, "01_distributions.png")

# %% [markdown]
# ## The log words treat x and 1/x alike
#
# `loguniform(-0.3, 0.3)` and `lognormal(0, 0.3)` are symmetric in the logarithm, and
# 1/x only turns the logarithm's sign. So the inverse of a draw follows the same law. That
# is what a scale wants: "ten times more" and "ten times less" are equally likely.

# %%
figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
print(f"\n{'':<23}{'median x':>9}{'median 1/x':>12}{'mean x':>9}{'mean 1/x':>10}")
for panel, name in zip(panels, ["loguniform(-0.3, 0.3)", "lognormal(0, 0.3)"], strict=True):
    values = draws[name]
    draw_law(panel, name, values, bars="#9ecae1", label="x", line="exact density of both")
    edges = np.linspace(*EXACT[name][0], 31)
    panel.hist(1 / values, edges, density=True, histtype="step", color="#d95f0e", label="1/x")
    panel.set_title(f"{name} and its inverse")
    panel.set_ylim(0, 1.35 * panel.get_ylim()[1])  # room for the legend
    panel.legend(frameon=False, loc="upper right")
    print(
        f"{name:<23}{np.median(values):>9.3f}{np.median(1 / values):>12.3f}"
        f"{values.mean():>9.3f}{(1 / values).mean():>10.3f}"
    )
save(figure, "01_symmetry.png")
