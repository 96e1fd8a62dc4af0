"""``hyperopt.plotting`` prints Hyperopt's lines and draws into the current figure."""

import inspect

import numpy as np
import pytest

import parzen
from parzen import Trials, fmin, hp
from parzen.errors import InvalidArgument
from parzen.hyperopt import plotting
from parzen.plots.mpl import pyplot

SPACE = {"lr_log": hp.loguniform("lr_log", -5, 0), "m": hp.choice("m", [0, hp.uniform("u", 0, 1)])}


def objective(params):
    if params["m"] == 0:
        return {"status": "fail"}
    curve = np.linspace(1, params["lr_log"], 5)
    return {"loss": params["lr_log"], "status": "ok", "attachments": {"curve": curve}}


@pytest.fixture(scope="module")
def trials():
    found = Trials()
    fmin(objective, SPACE, max_evals=20, trials=found, seed=0, verbose=False, algo=parzen.rand.suggest)
    return found


@pytest.fixture(autouse=True)
def figure():
    yield pyplot().figure()
    pyplot().close("all")


def test_history_prints_the_best_error_and_draws_each_loss(trials, figure, capsys):
    plotting.main_plot_history(trials, do_show=False)
    best = min(loss for loss in trials.losses() if loss is not None)
    assert capsys.readouterr().out == f"avg best error: {best}\n"
    (ax,) = figure.axes
    told = sum(loss is not None for loss in trials.losses())
    assert len(ax.collections[0].get_offsets()) == told
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("time", "loss", "Loss History")


def test_histogram_prints_how_many_jobs(trials, figure, capsys):
    plotting.main_plot_histogram(trials, do_show=False)
    told = sum(loss is not None for loss in trials.losses())
    assert capsys.readouterr().out == f"Showing Histogram of {told} jobs\n"
    assert sum(bar.get_height() for bar in figure.axes[0].patches) == told


@pytest.mark.parametrize("by_loss", [False, True])
def test_vars_draws_each_label_and_prints_the_range(trials, figure, capsys, by_loss):
    plotting.main_plot_vars(trials, do_show=False, colorize_best=2, columns=2, arrange_by_loss=by_loss)
    finite = sorted(loss for loss in trials.losses() if loss is not None)
    assert capsys.readouterr().out == f"finite loss range {finite[0]} {finite[-1]} {finite[3]}\n"
    scales = {ax.get_title(): ax.get_yscale() for ax in figure.axes}
    assert scales == {"lr_log": "log", "m": "linear", "u": "linear"}


def test_attachments_of_the_best_trials_become_lines(trials, figure):
    plotting.main_plot_1D_attachment(
        trials, "curve", do_show=False, num_trails=3, preprocessing_fn=np.negative
    )
    lines = figure.axes[0].lines
    finite = sorted(loss for loss in trials.losses() if loss is not None)
    assert [line.get_ydata()[-1] for line in lines] == pytest.approx([-loss for loss in finite[:3]])
    with pytest.raises(InvalidArgument, match="no trial with a loss has an attachment 'none'"):
        plotting.main_plot_1D_attachment(trials, "none", do_show=False)


def test_without_a_success_there_is_nothing_to_draw():
    for draw in (plotting.main_plot_history, plotting.main_plot_vars):
        with pytest.raises(ValueError, match="needs at least one"):
            draw(Trials(), do_show=False)


def test_signatures_are_hyperopts():
    expected = {
        "main_plot_history": "trials do_show status_colors title",
        "main_plot_histogram": "trials do_show title",
        "main_plot_vars": "trials do_show fontsize colorize_best columns arrange_by_loss",
        "main_plot_1D_attachment": """trials attachment_name do_show colorize_by_loss max_darkness num_trails
            preprocessing_fn line_width""",
    }
    for name, parameters in expected.items():
        assert list(inspect.signature(getattr(plotting, name)).parameters) == parameters.split()


def test_it_is_found_by_both_doors():
    assert parzen.hyperopt.plotting is plotting


def test_a_name_of_an_algorithm_is_a_text():
    assert plotting.algo_as_str("tpe") == "tpe"
    assert plotting.algo_as_str(3) == "3"
