"""Interactive pictures: the same data as the still ones, with words on hover."""

import sys

import numpy as np
import pytest
from tests.plots.studies import TREE, planted

from parzen import hp, plots
from parzen.errors import InvalidArgument, MissingDependency
from parzen.plots.axes import LANE
from parzen.plots.data import read

PICTURES = {
    "history": lambda target: plots.history(target, backend="plotly"),
    "history over time": lambda target: plots.history(target, x="time", backend="plotly"),
    "effects": lambda target: plots.effects(target, backend="plotly"),
    "matrix": lambda target: plots.matrix(target, top=3, backend="plotly"),
    "parallel": lambda target: plots.parallel(target, backend="plotly"),
    "contour": lambda target: plots.contour(target, backend="plotly"),
    "importance": lambda target: plots.importance(target, backend="plotly"),
    "edf": lambda target: plots.edf(target, backend="plotly"),
    "pareto": lambda target: plots.pareto(target, metric="size", backend="plotly"),
    "curves": lambda target: plots.curves(target, backend="plotly"),
    "timeline": lambda target: plots.timeline(target, backend="plotly"),
    "compare": lambda target: plots.compare(target, backend="plotly"),
    "compare over time": lambda target: plots.compare(target, x="time", backend="plotly"),
    "distributions": lambda target: plots.distributions(target, backend="plotly"),
}
STUDIES = {
    "no trial": lambda: planted(0),
    "all failed": lambda: planted(6, states=("failed",)),
    "infinite losses": lambda: planted(20, infinite=True),
    "maximize": lambda: planted(30, maximize=True, pause=1000),
    "many states": lambda: planted(60, pause=1000),
}


def hovered(figure):
    """All that is said on hover."""
    return [words for trace in figure.data for words in (trace.hovertext or ()) if isinstance(words, str)]


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_becomes_json_that_a_browser_reads(name, study):
    text = PICTURES[name](STUDIES[study]()).to_json()
    assert text.startswith("{")
    assert len(text) < 3_000_000


def test_every_trial_is_on_the_history_with_its_number_loss_and_values():
    study = planted(60)
    words = hovered(plots.history(study, backend="plotly"))
    assert len(words) == 60
    best = study.best
    said = next(one for one in words if one.startswith(f"<b>trial {best.number}</b>"))
    assert f"loss {best.loss:.6g}" in said
    assert all(f"{label} = " in said for label in best.point)


def test_names_cannot_become_tags():
    space = {"<b>x</b>": hp.choice("<b>x</b>", ["<i>a</i>", "b"])}
    for name in ("history", "effects", "importance", "parallel"):
        text = PICTURES[name](planted(8, space=space)).to_json()
        assert "<i>a" not in text.replace("\\u003c", "<")
        assert "<b>x" not in text.replace("\\u003c", "<")


def test_a_log_hyperparameter_has_a_log_axis():
    figure = plots.contour(planted(60), "depth", "leaf", backend="plotly")
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("linear", "log")


def test_inactive_values_run_through_the_lane():
    study = planted(60)
    figure = plots.parallel(study, labels=["lr"], backend="plotly")
    values = np.array(figure.data[0].dimensions[0]["values"])
    data = read(study)
    assert int((values < LANE / 2).sum()) == int(np.isnan(data.values[:, data.column("lr")]).sum())


def test_of_many_trials_a_sample_is_drawn_and_the_picture_says_so():
    study = planted(2100, states=("done",), space={"x": hp.float(0, 1), "y": hp.float(0, 1)})
    figure = plots.contour(study, backend="plotly")
    assert "Drawn: the best 500" in figure.layout.title.text
    assert sum(len(trace.x) for trace in figure.data if trace.hovertext) == 2000


def test_the_matrix_of_many_trials_is_one_of_cells_and_small():
    space = {"x": hp.float(0, 1), "y": hp.float(0, 1), "z": hp.choice("z", ["a", "b"])}
    figure = plots.matrix(planted(2100, states=("done",), space=space), backend="plotly")
    assert "Cells instead of marks" in figure.layout.title.text
    cells = [trace for trace in figure.data if trace.type == "heatmap"]
    assert [np.sum(trace.customdata) for trace in cells] == [2100] * 3
    assert len(figure.to_json()) < 300_000


def test_repetitions_are_compared_as_a_median_with_a_band():
    runs = [planted(30, seed=seed) for seed in range(5)]
    figure = plots.compare({"a": runs, "b": planted(30, seed=9)}, backend="plotly")
    assert [trace.name for trace in figure.data if trace.name] == ["a (5 runs)", "b"]
    middle = next(trace for trace in figure.data if trace.name == "a (5 runs)")
    assert middle.line.shape == "hv"
    assert (np.diff(middle.y) <= 0).all()


def test_each_law_has_a_panel_with_its_own_axis():
    figure = plots.distributions(TREE, backend="plotly")
    kinds = [trace.type for trace in figure.data]
    assert kinds == ["bar", "scatter", "bar", "scatter", "scatter", "bar"]
    assert [figure.layout[f"xaxis{k}"].type for k in (4, 5)] == ["log", "log"]


@pytest.mark.parametrize("name", ["history", "effects", "matrix", "parallel", "contour", "importance"])
def test_an_unknown_backend_names_the_known_ones(name):
    with pytest.raises(InvalidArgument, match=r'backend must be "matplotlib" or "plotly"; got \'bokeh\''):
        getattr(plots, name)(planted(5), backend="bokeh")


def test_axes_of_the_other_library_are_refused():
    with pytest.raises(InvalidArgument, match='backend="plotly" cannot draw on'):
        plots.effects(planted(5), ax=object(), backend="plotly")


def test_without_plotly_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingDependency) as caught:
        plots.importance(planted(5), backend="plotly")
    assert caught.value.hint == "pip install 'parzen[plotly]'"
