"""Effects, matrix, parallel coordinates, contour and importance: what they draw, and that nothing is lost.

Warnings are errors in all tests.
"""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plots.studies import planted, wide

from parzen import Study, hp, plots
from parzen.errors import InvalidArgument
from parzen.plots import mpl
from parzen.plots.axes import LANE, axis
from parzen.plots.bars import bars, scarce
from parzen.plots.coordinates import lines
from parzen.plots.data import Scale, read
from parzen.plots.density import best_trials, density
from parzen.plots.levels import loss_at, loss_ticks, loss_units
from parzen.plots.page import page
from parzen.plots.regression import REACH, surface
from parzen.plots.sample import MANY, binned, cells, sample
from parzen.plots.scatter import pairs
from parzen.plots.surface import contours
from parzen.plots.tree import branches, options

PICTURES = {
    "effects": plots.effects,
    "matrix": lambda target, **how: plots.matrix(target, top=3, **how),
    "parallel": plots.parallel,
    "contour": plots.contour,
    "importance": plots.importance,
}
STUDIES = {
    "no trial": lambda: planted(0),
    "one trial": lambda: planted(1),
    "all failed": lambda: planted(6, states=("failed",)),
    "all pruned": lambda: planted(6, states=("pruned",)),
    "all running": lambda: planted(6, states=("running",)),
    "infinite losses": lambda: planted(20, infinite=True),
    "only infinite losses": lambda: planted(1, infinite=True),
    "maximize": lambda: planted(30, maximize=True),
    "many states": lambda: planted(60),
    "many hyperparameters": lambda: planted(12, space=wide(9)),
    "a history": lambda: planted(20).history,
}


@cache
def crowd():
    """More trials than get a mark each; nobody changes it."""
    return planted(2500, states=("done",), space={"x": hp.float(0, 1), "y": hp.float(1e-3, 1, log=True)})


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    mpl.pyplot().close("all")


def texts(figure):
    return [text.get_text() for text in figure.findobj(mpl.pyplot().matplotlib.text.Text) if text.get_text()]


def rated(n=60, **how):
    """A study of that many trials of known losses: small where `lr` is near 0.01, in the branch `net`."""
    space = {
        "model": hp.choice(
            "model",
            [{"type": "net", "lr": hp.float(1e-4, 1, log=True, label="lr")}, {"type": "tree"}],
        ),
        "size": hp.int(1, 4, label="size"),
    }
    study = Study(space, "random", seed=1, **how)
    for _ in range(n):
        trial = study.ask()
        lr = trial.point.get("lr")
        study.tell(trial, (1.0 if lr is None else (np.log10(lr) + 2) ** 2) + 0.01 * trial.point["size"])
    return study


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("study", STUDIES)
def test_a_picture_draws_without_a_warning(name, study, tmp_path):
    figure = PICTURES[name](STUDIES[study]())
    mpl.save(figure, tmp_path / "picture.png", dpi=30)
    assert (tmp_path / "picture.png").stat().st_size > 500


@pytest.mark.parametrize("name", PICTURES)
def test_given_axes_are_drawn_on(name):
    figure, axes = mpl.pyplot().subplots(1, 2)
    assert PICTURES[name](planted(20), ax=axes[1]) is figure


@pytest.mark.parametrize("name", PICTURES)
def test_many_trials_make_a_small_vector_file(name, tmp_path):
    figure = PICTURES[name](crowd())
    mpl.save(figure, tmp_path / "picture.svg", dpi=60)
    assert (tmp_path / "picture.svg").stat().st_size < 1_000_000


# The page of effects


def test_effects_draw_every_trial_that_uses_a_hyperparameter():
    """A mark for each done, pruned and failed trial; the running ones are told of."""
    study = planted(60)
    found = page(study)
    data = read(study)
    figure = plots.effects(study, labels=["lr"])
    panel = figure.axes[0]
    marks = sum(
        len(one.get_offsets()) for one in panel.collections if one.get_offset_transform() == panel.transData
    )
    used = ~np.isnan(data.values[:, data.column("lr")])
    drawn = used & ~data.is_in("running")
    ring = int(used[data.best])
    assert marks == int(drawn.sum()) + ring
    assert f"{data.counts['running']} running, not drawn." in found.remark


def test_sections_follow_the_tree_with_their_share_and_best():
    data = read(rated())
    root, net = branches(data)
    took = data.values[:, 0] == 0
    assert (root.title, root.trials, root.share) == ("", 60, 1.0)
    assert (net.title, net.trials) == ("model = net", int(took.sum()))
    assert net.best == int(np.argmin(np.where(took, data.losses, np.inf)))
    assert sum(option.trials for option in options(data, 0)) == 60


def test_panels_of_a_section_are_ordered_by_importance():
    study = planted(60, states=("done",))
    for section in page(study).sections:
        known = [panel.effect.importance.value for panel in section.panels if panel.effect.importance.known]
        assert known == sorted(known, reverse=True)


def test_every_hyperparameter_has_exactly_one_panel():
    study = planted(30)
    labels = [panel.axis.label for section in page(study).sections for panel in section.panels]
    assert sorted(labels) == sorted(study.space.index)


def test_a_log_hyperparameter_has_log_axes_in_panel_and_strip():
    figure = plots.effects(rated(), labels=["lr"])
    assert [one.get_xscale() for one in figure.axes[:2]] == ["log", "log"]


def test_an_unknown_label_is_refused_with_a_near_one():
    for picture in (plots.effects, plots.matrix, plots.parallel):
        with pytest.raises(InvalidArgument, match=r"no hyperparameter is called 'lrr'. Did you mean 'lr'"):
            picture(rated(), labels=["lrr"])


DEEP = {
    "model": hp.choice(
        "model",
        [
            {
                "type": "network",
                "solver": hp.choice(
                    "network.solver",
                    [
                        {"type": "adam", "beta": hp.float(0.8, 1, label="network.solver.adam_beta")},
                        {"type": "sgd", "momentum": hp.float(0, 1, label="network.solver.momentum")},
                    ],
                ),
            },
            {"type": "trees", "depth": hp.int(1, 20, label="depth")},
        ],
    )
}


def told(space, outcome, n=40):
    """A study of random trials; `outcome` makes of a trial's values and number what becomes of it."""
    study = Study(space, "random", seed=2)
    for _ in range(n):
        trial = study.ask()
        study.tell(trial, outcome(trial.params))
    return study


def test_a_branch_without_a_success_takes_one_line_that_says_everything():
    study = told(DEEP, lambda p: RuntimeError("no") if p["model"]["type"] == "network" else 1.0)
    network = int((study.history.values[:, 0] == 0).sum())
    figure = plots.effects(study)
    (line,) = (words for words in texts(figure) if words.startswith("model = network:"))
    share = f"{network} of 40 ({network / 40:.0%}), none succeeded ({network} failed)"
    assert line.splitlines()[0] == f"model = network: {share}. Not drawn: network.solver."
    assert len(figure.axes) == 2 * 2 + 1  # model and depth, each with its strip, and the legend


def test_words_on_the_page_keep_apart_and_inside():
    """Headings and titles beside each other, and the footer within the page's width."""
    figure = plots.effects(planted(60, space=DEEP))
    figure.draw_without_rendering()
    heads = [*figure.texts, *(ax._left_title for ax in figure.axes)]
    boxes = [head.get_window_extent() for head in heads if head.get_text()]
    assert all(box.x1 <= figure.bbox.x1 for box in boxes)
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:i])


def test_pruned_marks_lie_inside_where_few_trials_succeed():
    study = planted(10, states=("pruned",) * 4 + ("done",))
    panel = plots.effects(study, labels=["drop"]).axes[0]
    low, high = panel.get_ylim()
    marks = [one for one in panel.collections if one.get_offset_transform() == panel.transData]
    heights = np.concatenate([one.get_offsets()[:, 1] for one in marks])
    assert len(heights) == 10 + 1  # and the ring
    room = 0.02 * (high - low)
    assert ((heights > low + room) & (heights < high - room)).all()
    assert "beyond the edge" not in page(study).remark


def test_a_trend_ends_where_every_trial_failed():
    study = told({"x": hp.float(0, 1)}, lambda p: RuntimeError("no") if p["x"] > 0.7 else p["x"], n=80)
    (panel,) = page(study).sections[0].panels
    known = np.isfinite(panel.effect.median)
    assert known[panel.effect.grid < 0.6].all()
    highest = np.nanmax(np.where(study.history.losses[:, 0] >= 0, study.history.values[:, 0], np.nan))
    assert panel.effect.grid[known].max() < highest + 0.05


def test_failures_at_random_leave_the_trend_whole():
    """A third of the trials fails anywhere: a run of failures is no range in which all fail."""
    rng = np.random.default_rng(0)
    study = told({"x": hp.float(0, 1)}, lambda p: RuntimeError("no") if rng.random() < 0.3 else p["x"], n=120)
    (panel,) = page(study).sections[0].panels
    assert np.isfinite(panel.effect.median).all()


def test_fewer_than_a_handful_of_trials_have_no_density():
    assert [panel.dense for panel in page(planted(4)).sections[0].panels] == [False, False]
    assert [panel.dense for panel in page(planted(12)).sections[0].panels] == [True, True]


@pytest.mark.parametrize("name", PICTURES)
def test_dollar_signs_begin_no_formula(name, tmp_path):
    """Matplotlib would read two of them as one, and stop at this one."""
    space = {"$x^$": hp.choice("$x^$", ["$a_$", "b"]), "$y$ in $": hp.float(0, 1)}
    figure = (
        PICTURES[name](planted(30, space=space))
        if name != "matrix"
        else plots.matrix(planted(30, space=space))
    )
    mpl.save(figure, tmp_path / "picture.png", dpi=30)


# The scatter matrix


def test_the_matrix_says_of_how_many_trials_a_density_is():
    assert "density of the best 5 of 30" in texts(plots.matrix(planted(60, states=("done", "failed")), top=2))
    assert "density of the 2 trials done" in texts(plots.matrix(planted(4, states=("done", "failed")), top=2))
    alone = texts(plots.matrix(planted(4, states=("failed",)), top=2))
    assert not any("best" in words for words in alone)


def test_few_values_are_sticks_and_not_a_curve():
    one = axis(Study({"x": hp.float(0, 1)}, seed=0).space, 0)
    found = density(one, np.array([0.7, 0.2]))
    assert found.sticks
    assert found.units.tolist() == [0.2, 0.7]


def test_the_matrix_shows_the_most_important_and_tells_how_many_are_left_out():
    found = pairs(planted(12, space=wide(30)), top=8)
    assert (len(found.columns), found.left) == (8, 22)
    assert "22 less important hyperparameters not shown" in found.remark


def test_the_matrix_is_a_lower_triangle():
    figure = plots.matrix(rated(), labels=["lr", "model", "size"])
    shown = [ax.get_visible() for ax in figure.axes[:9]]
    assert shown == [True, False, False, True, True, False, True, True, True]


def test_each_panel_of_the_matrix_holds_each_trial_once():
    """Done trials coloured by rank, the others faint, and one ring for the best."""
    study = planted(48)
    figure = plots.matrix(study, labels=["lr", "drop"])
    marks = sum(len(one.get_offsets()) for one in figure.axes[2].collections if len(one.get_offsets()))
    running = 2 * read(study).counts["running"]  # each is two half marks
    assert marks == 48 - running // 2 + running + 1


def test_inactive_values_land_in_the_lane_of_the_matrix():
    study = rated()
    figure = plots.matrix(study, labels=["size", "lr"])
    panel, one = figure.axes[2], axis(study.space, study.space.index["lr"])
    heights = np.concatenate(
        [cloud.get_offsets()[:, 1] for cloud in panel.collections if cloud.get_array() is not None]
    )
    inactive = int(np.isnan(study.history.values[:, study.space.index["lr"]]).sum())
    assert int((np.asarray(heights) < one.low).sum()) == inactive > 0
    assert panel.get_yscale() == "log"


def test_cells_hold_every_trial():
    study = planted(300)
    data = read(study)
    for j in range(len(study.space)):
        one = axis(study.space, j, data.values[:, j])
        found = cells(one, data.values[:, j], lane=True)
        assert np.bincount(found.index, minlength=len(found)).sum() == len(data)
        _, counts = binned(found, found, data.rank)
        assert counts.sum() == len(data)
        assert (np.diff(found.edges) > 0).all()


def test_a_discrete_axis_has_no_cell_without_a_value():
    space = Study({"n": hp.int(1, 500, log=True), "q": hp.quniform("q", 8, 256, 8)}, "random", seed=0).space
    for j in (0, 1):
        one = axis(space, j)
        every = one.grid(2000)
        found = cells(one, every, lane=False)
        assert set(found.index.tolist()) == set(range(len(found)))


def test_the_best_tenth_is_at_least_five():
    data = read(rated(20))
    chosen = best_trials(data)
    assert int(chosen.sum()) == 5
    assert data.losses[chosen].max() < data.losses[~chosen].min()


def test_a_density_is_highest_where_the_values_are():
    one = axis(Study({"x": hp.float(0, 1)}, seed=0).space, 0)
    found = density(one, np.array([0.7, 0.71, 0.72, 0.69, 0.1]))
    assert abs(found.units[found.height.argmax()] - 0.705) < 0.05
    assert density(one, np.array([np.nan])) is None


# Parallel coordinates


def test_every_trial_has_a_curve_and_inactive_values_run_through_the_lane():
    study = planted(60)
    found = lines(study)
    data = read(study)
    assert found.drawn.tolist() == list(range(60))
    assert not np.isnan(found.heights).any()
    for i, j in enumerate(found.columns):
        low = found.heights[:, i] < LANE / 2
        assert low.tolist() == np.isnan(data.values[:, j]).tolist()
    assert (found.heights[:, -1] < LANE / 2).tolist() == (~data.good).tolist()


def test_of_many_trials_the_best_500_are_drawn_and_the_picture_says_how_many():
    study = crowd()
    found = lines(study)
    best = np.argsort(study.history.losses[:, 0], kind="stable")[:500]
    assert set(best.tolist()) <= set(found.drawn.tolist())
    assert len(found.drawn) == 1500
    assert "1 500 of 2 500 trials" in found.subtitle
    assert "the best 500, and 1000 of the others" in found.remark


@given(st.lists(st.floats(-5, 5) | st.just(float("nan")), max_size=60), st.integers(0, 9), st.integers(1, 9))
def test_a_sample_holds_the_best_and_is_as_large_as_asked(losses, best, rest):
    losses = np.array(losses)
    found = sample(losses, best=best, rest=rest)
    assert len(found) == len(set(found.tolist())) == min(len(losses), best + rest)
    order = np.argsort(losses, kind="stable")[:best]
    assert set(order.tolist()) <= set(found.tolist())


@pytest.mark.parametrize(
    "limits", [Scale("linear", -3, 5), Scale("log", 0.01, 90), Scale("symlog", -50, 700, 0.1)]
)
def test_loss_units_and_their_reverse_agree(limits):
    units = np.linspace(0, 1, 11)
    assert loss_units(limits, loss_at(limits, units)) == pytest.approx(units, abs=1e-12)
    ticks, names = loss_ticks(limits)
    assert 2 <= len(ticks) == len(names) <= 9
    assert (ticks >= -1e-9).all()
    assert (ticks <= 1 + 1e-9).all()


# Contour


def test_a_surface_finds_the_valley_of_a_bowl():
    """Local planes are exact on a plane; on a bowl they are off by about the bandwidth squared."""
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 400))
    found = surface(x, y, (x - 0.3) ** 2 + (y - 0.7) ** 2)
    row, column = np.unravel_index(found.value.argmin(), found.value.shape)
    assert abs(found.x[column] - 0.3) < 0.1
    assert abs(found.y[row] - 0.7) < 0.1


def test_a_surface_is_unknown_far_from_every_trial():
    found = surface(np.array([0.1, 0.12]), np.array([0.1, 0.11]), np.array([1.0, 2.0]))
    far = np.hypot(found.x[None, :] - 0.1, found.y[:, None] - 0.1) > 2 * REACH
    assert not found.known[far].any()
    assert found.known[found.y < 0.12][:, found.x < 0.12].any()


def test_options_are_smoothed_each_for_itself():
    x = np.repeat([0.0, 1.0], 50)
    y = np.tile(np.linspace(0, 1, 50), 2)
    found = surface(x, y, 10 * x + y, options=(2, 0))
    assert found.value.shape == (48, 2)
    assert found.value[:, 0].max() < 2
    assert found.value[:, 1].min() > 9


def test_many_trials_in_cells_give_about_the_surface_of_single_ones():
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 4000))
    whole = surface(x, y, np.sin(5 * x) + y)
    part = surface(x[:2900], y[:2900], np.sin(5 * x[:2900]) + y[:2900])
    assert np.abs(whole.value - part.value).max() < 0.15


def test_a_contour_counts_the_trials_that_it_leaves_out():
    study = rated()
    found = contours(study, "lr", "size")
    inactive = int(np.isnan(study.history.values[:, study.space.index["lr"]]).sum())
    assert found.remark.startswith(f"{inactive} of 60 trials")
    figure = plots.contour(study, "lr", "size")
    assert (figure.axes[0].get_xscale(), figure.axes[0].get_yscale()) == ("log", "linear")


def test_a_contour_of_two_branches_is_refused():
    with pytest.raises(InvalidArgument, match="no trial uses both 'leaf' and 'lr'"):
        plots.contour(planted(30), "leaf", "lr")


def test_a_contour_of_one_hyperparameter_is_refused():
    with pytest.raises(InvalidArgument, match="two different hyperparameters; got 'lr' twice"):
        plots.contour(planted(30), "lr", "lr")
    with pytest.raises(InvalidArgument, match="the space has 1"):
        plots.contour(planted(9, space={"x": hp.float(0, 1)}))


# Importance


def test_few_trials_get_a_sentence_and_no_bar():
    figure = plots.importance(planted(12))
    assert not figure.axes[0].patches
    assert all(scarce(one) in texts(figure) for one in bars(planted(12)).found)


def test_a_conditional_bar_names_its_branch():
    figure = plots.importance(rated(120))
    assert "lr\nif model = net" in texts(figure)


def test_top_must_be_positive():
    with pytest.raises(InvalidArgument, match="top must be at least 1; got 0"):
        plots.importance(planted(5), top=0)


def test_a_space_without_hyperparameters_cannot_be_a_matrix():
    with pytest.raises(InvalidArgument, match="needs at least 1 hyperparameters"):
        plots.matrix(planted(5, space={"x": hp.float(0, 1)}), labels=[])


def test_more_than_many_trials_are_cells():
    assert len(read(crowd())) > MANY
    assert pairs(crowd()).binned
    assert not pairs(planted(50)).binned
