"""Every picture draws, without a warning, whatever the study is like.

Warnings are errors in all tests. What the pictures look like is looked at by
people: `make gallery` draws them all.
"""

import sys

import numpy as np
import pytest
from tests.plots.studies import TREE, planted, wide

from parzen import Study, hp, plots
from parzen.errors import InvalidArgument, InvalidSpace, MissingDependency
from parzen.plots import mpl
from parzen.plots.data import STATES, read
from parzen.plots.times import lanes

PICTURES = {
    "history": plots.history,
    "history over time": lambda target, **how: plots.history(target, x="time", **how),
    "curves": plots.curves,
    "timeline": plots.timeline,
    "pareto": lambda target, **how: plots.pareto(target, metric="size", **how),
    "edf": plots.edf,
    "compare": plots.compare,
    "compare over time": lambda target, **how: plots.compare(target, x="time", **how),
    "distributions": plots.distributions,
}

STUDIES = {
    "no trial": lambda: planted(0),
    "one trial": lambda: planted(1),
    "all failed": lambda: planted(6, states=("failed",)),
    "all pruned": lambda: planted(6, states=("pruned",)),
    "all running": lambda: planted(6, states=("running",)),
    "infinite losses": lambda: planted(20, infinite=True),
    "only infinite losses": lambda: planted(1, infinite=True),
    "maximize": lambda: planted(30, maximize=True, pause=1000),
    "many states": lambda: planted(60, pause=1000),
    "many hyperparameters": lambda: planted(12, space=wide(48)),
    "constants only": lambda: planted(5, space={"a": hp.choice("a", [1])}),
    "a history": lambda: planted(20).history,
}


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    mpl.pyplot().close("all")


def texts(figure):
    return [text.get_text() for text in figure.findobj(mpl.pyplot().matplotlib.text.Text) if text.get_text()]


@pytest.mark.parametrize("name", set(PICTURES) - {"distributions"})
@pytest.mark.parametrize("study", STUDIES)
def test_a_picture_draws_without_a_warning(name, study, tmp_path):
    check_picture(name, STUDIES[study](), tmp_path)


@pytest.mark.parametrize("study", ["many states", "many hyperparameters", "constants only", "a history"])
def test_distributions_draw_without_a_warning(study, tmp_path):
    check_picture("distributions", STUDIES[study](), tmp_path)


def check_picture(name, target, tmp_path):
    figure = PICTURES[name](target)
    mpl.save(figure, tmp_path / "picture.svg")
    drawn = [ax for ax in figure.axes if ax.axison and ax.get_xticks().size and ax.has_data()]
    assert all(ax.get_xlabel() or ax.get_ylabel() or ax.get_title(loc="left") for ax in drawn)


@pytest.mark.parametrize("name", set(PICTURES) - {"distributions"})
def test_without_trials_a_picture_says_so(name):
    assert texts(PICTURES[name](planted(0)))[0] == "no trials yet"


@pytest.mark.parametrize("name", PICTURES)
def test_given_axes_are_drawn_on(name):
    figure, sides = mpl.pyplot().subplots(1, 2)
    assert PICTURES[name](planted(20), ax=sides[1]) is figure
    assert not sides[0].has_data()


def test_what_is_no_axes_is_refused():
    with pytest.raises(
        InvalidArgument, match=r"ax must be Matplotlib axes, as from plt.subplots\(\); got int"
    ):
        plots.history(planted(3), ax=3)


@pytest.mark.parametrize("name", PICTURES)
def test_many_trials_make_a_small_vector_file(name, tmp_path):
    """20 000 marks as SVG elements would be megabytes; dense parts are pixels."""
    mpl.save(PICTURES[name](BIG), tmp_path / "big.svg", dpi=80)
    text = (tmp_path / "big.svg").read_text()
    assert len(text) < 600_000
    assert text.count("<use ") < 1500


BIG = planted(3000)


def test_the_history_draws_each_trial_once():
    """Marks, arrows and glyphs on the edge together are as many as trials; running ones have two parts."""
    study = planted(60, infinite=True)
    data = read(study)
    (ax,) = plots.history(study).axes
    marks = sum(len(found.get_offsets()) for found in ax.collections)
    assert marks == len(data) + data.counts["running"]


def test_log_losses_are_drawn_on_a_log_axis():
    study = Study({"x": hp.float(0, 1)}, "random", seed=0)
    for loss in np.geomspace(1e-5, 1, 30):
        study.tell(study.ask(), float(loss))
    assert plots.history(study).axes[0].get_yscale() == "log"


def test_the_best_line_is_one_of_steps_down_to_the_best():
    study = planted(60)
    data = read(study)
    line = plots.history(study).axes[0].lines[0]
    assert line.get_drawstyle() == "steps-post"
    assert line.get_ydata()[-1] == data.losses[data.best]
    assert (np.diff(line.get_ydata()) <= 0).all()


def test_log_hyperparameters_are_drawn_on_log_axes():
    figure = plots.distributions(TREE)
    scales = {ax.get_title(loc="left").strip(): ax.get_xscale() for ax in figure.axes if ax.axison}
    assert scales == {
        "model": "linear", "drop": "linear", "depth": "linear", "leaf": "log", "lr": "log", "act": "linear",
    }  # fmt: skip


def test_a_bounded_density_has_sharp_ends_and_area_one():
    """No smoothing: the density of a uniform law is flat up to its ends."""
    (ax,) = (ax for ax in plots.distributions({"x": hp.float(2, 6)}).axes if ax.axison)
    x, y = ax.lines[0].get_data()
    assert y[1:-1] == pytest.approx(0.25)
    assert (x[0], x[-1], y[0], y[-1]) == (2, 6, 0, 0)


def test_bars_of_a_discrete_law_sum_to_one():
    (ax,) = (ax for ax in plots.distributions({"x": hp.quniform("x", 0, 5, 1)}).axes if ax.axison)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


def test_a_space_without_hyperparameters_is_refused_or_said():
    with pytest.raises(InvalidSpace):
        plots.distributions({"x": "hp.uniform('x', 0, 1)"})


def test_lanes_hold_no_two_trials_at_once():
    found = lanes(read(planted(60)))
    for lane in range(len(found.names)):
        own = found.rows == lane
        order = np.argsort(found.starts[own])
        assert (found.starts[own][order][1:] >= found.ends[own][order][:-1] - 1e-9).all()
    assert (found.rows >= 0).all()


def test_workers_that_run_two_trials_at_once_have_two_lanes():
    study = planted(60)
    study.ledger.trials  # noqa: B018
    found = lanes(read(study))
    assert len(found.names) == len(set(found.names)) >= 3


def test_a_long_idle_time_is_collapsed_and_does_not_count_as_idle():
    ended = ("done", "pruned", "failed")
    short = lanes(read(planted(60, states=ended)))
    long = lanes(read(planted(60, states=ended, pause=1e5)))
    assert (len(short.gaps), len(long.gaps)) == (0, 1)
    assert long.drawn(long.total) < 2 * short.drawn(short.total)
    assert long.busy == pytest.approx(short.busy)
    moments = np.linspace(0, long.total, 500)
    assert (np.diff(long.drawn(moments)) > 0).all()


def test_the_front_holds_exactly_what_nothing_beats():
    from parzen.plots.front import front

    rng = np.random.default_rng(0)
    losses, others = rng.integers(0, 20, 200).astype(float), rng.integers(0, 20, 200).astype(float)
    found = set(front(losses, others, np.ones(200, bool)).tolist())
    for i in range(200):
        beaten = (
            (losses <= losses[i]) & (others <= others[i]) & ((losses < losses[i]) | (others < others[i]))
        ).any()
        twin = any((losses[i], others[i]) == (losses[j], others[j]) for j in found)
        assert twin == (not beaten)


def test_pareto_asks_for_a_metric_where_there_is_a_choice():
    study = Study({"x": hp.float(0, 1)}, "random", seed=0)
    study.tell(study.ask(), {"loss": 1.0})
    with pytest.raises(InvalidArgument, match="no metric beside the loss"):
        plots.pareto(study)
    study.tell(study.ask(), {"loss": 1.0, "size": 2.0, "time": 3.0})
    with pytest.raises(InvalidArgument, match="several metrics; name one"):
        plots.pareto(study)


def test_the_share_of_an_edf_ends_at_the_share_of_success():
    study = planted(60)
    data = read(study)
    ended = len(data) - data.counts["running"]
    line = plots.edf(study).axes[0].lines[0]
    assert line.get_ydata()[-1] == pytest.approx(data.counts["done"] / ended)
    assert (np.diff(line.get_ydata()) >= 0).all()


def test_studies_of_one_name_become_one_line_with_a_band():
    runs = [planted(30, seed=seed) for seed in range(3)]
    (ax,) = plots.compare([*runs, planted(30, seed=9, name="other")]).axes
    assert (len(ax.lines), len(ax.collections)) == (2, 1)
    (ax,) = plots.compare({"a": runs[:2], "b": runs[2]}).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a (2 runs)", "b"]


def test_studies_of_two_directions_are_not_compared():
    with pytest.raises(InvalidArgument, match="some of the studies maximise"):
        plots.compare([planted(5), planted(5, maximize=True)])
    with pytest.raises(InvalidArgument, match="no study to compare"):
        plots.edf([])


def test_curves_can_be_coloured_by_a_hyperparameter():
    figure = plots.curves(planted(40), by="lr")
    assert "lr" in texts(figure)
    with pytest.raises(InvalidArgument, match="no hyperparameter is called 'lrr'"):
        plots.curves(planted(40), by="lrr")


@pytest.mark.parametrize("picture", [plots.history, plots.compare])
def test_an_axis_that_is_not_there_is_refused(picture):
    with pytest.raises(
        InvalidArgument, match='x must be "trial" or "time"; got "date"'.replace('"date"', "'date'")
    ):
        picture(planted(3), x="date")


def test_an_unknown_backend_is_refused():
    with pytest.raises(InvalidArgument, match='backend must be "matplotlib" or "plotly"'):
        plots.history(planted(3), backend="bokeh")


def test_pictures_read_on_a_dark_background():
    with mpl.pyplot().style.context("dark_background"):
        figure = plots.history(planted(30))
        assert mpl.palette(figure.axes[0]) is mpl.DARK
        assert figure.axes[0].yaxis.label.get_color() == mpl.DARK.ink
    assert mpl.palette(plots.history(planted(30)).axes[0]) is mpl.LIGHT


def test_states_differ_in_glyph_and_in_colour():
    from parzen.plots.marks import GLYPHS

    assert set(GLYPHS) == set(STATES) == set(mpl.LIGHT.states)
    assert len(set(GLYPHS.values())) == len(set(mpl.LIGHT.states.values())) == len(STATES)


def test_the_same_picture_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        mpl.save(plots.history(planted(30)), tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_without_matplotlib_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingDependency) as caught:
        plots.history(planted(3))
    assert caught.value.hint == "pip install 'parzen[plots]'"


def test_the_names_of_pictures_are_functions_and_unknown_ones_are_said():
    assert all(callable(getattr(plots, name)) for name in plots.__all__)
    with pytest.raises(AttributeError, match=r"no attribute 'hystory'.*history"):
        plots.hystory  # noqa: B018
