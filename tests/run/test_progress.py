"""What is worth showing of a search, how often, in which words."""

from __future__ import annotations

import io
import math
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from parzen import Study, Trials, fmin, hp, rand
from parzen.run import console, lasting
from parzen.run.pace import Pace
from parzen.run.progress import Progress, choose
from parzen.run.standing import Standing, bar, fit, live, render, width_of
from parzen.run.wording import ASCII, UNICODE, configuration, marks_for
from parzen.wording import cells, clean, cut, seconds

TEXT = st.text(max_size=40).map(clean)
X = {"x": hp.uniform("x", -1, 1)}


def told(*losses, space=X, maximize=False, **settings):
    """A study whose trials have these losses; an exception's class fails."""
    study = Study(space, "rand", seed=0, maximize=maximize, **settings)
    for loss in losses:
        study.tell(study.ask(), loss)
    return study


def standing_of(study, total=10, **more):
    best = study.incumbent
    return Standing(
        study,
        0,
        total,
        done=study.ledger.ended,
        elapsed=2.0,
        best=None if best is None else study.trials[best[0]],
        last=study.trials[-1] if study.trials else None,
        **more,
    )


def text(pieces):
    return render(pieces, colour=False)


class TestWords:
    @given(TEXT, st.integers(1, 30), st.sampled_from(["…", "..."]))
    def test_a_cut_text_fits_and_an_uncut_one_is_whole(self, words, width, more):
        short = cut(words, width, more)
        assert cells(short) <= width
        if cells(words) <= width:
            assert short == words

    @given(st.text())
    def test_clean_text_is_one_line_without_control_codes(self, words):
        assert clean(words).isprintable()

    def test_a_configuration_names_the_active_hyperparameters_with_their_options(self):
        space = {
            "model": hp.choice("model", [{"kind": "svm", "C": hp.float(1, 2)}, {"kind": "ridge"}]),
            "n": hp.int(1, 3),
        }
        study = Study(space, "rand", seed=0)
        study.enqueue({"model": 0, "model.0.C": 1.23456, "n": 2})
        study.enqueue({"model": 1, "n": 3})
        assert [configuration(study.ledger.space, study.ask()) for _ in range(2)] == [
            "model=svm model.0.C=1.235 n=2",
            "model=ridge n=3",
        ]

    def test_a_study_read_from_a_file_without_its_space_has_names_too(self, tmp_path):
        told(1.0, space={"k": hp.choice("k", ["a", "b"])}, store=tmp_path / "s.db")
        study = Study.load(tmp_path / "s.db")
        assert re.fullmatch("k=[ab]", configuration(study.ledger.space, study.trials[0]))

    @pytest.mark.parametrize(("encoding", "marks"), [("utf-8", UNICODE), ("cp437", ASCII), (None, ASCII)])
    def test_marks_are_those_that_the_encoding_has(self, encoding, marks):
        assert marks_for(encoding) is marks

    @pytest.mark.parametrize("t", [float("nan"), float("inf"), 1e300, -5.0])
    def test_a_broken_clock_breaks_nothing(self, t):
        assert seconds(t)


class TestLines:
    @given(st.lists(st.tuples(TEXT, st.sampled_from(["", "good", "dim"])), max_size=5), st.integers(3, 60))
    def test_a_line_fits_its_width_and_keeps_its_beginning(self, pieces, width):
        fitted = fit(pieces, width, "…")
        assert width_of(fitted) <= width
        assert text(pieces).startswith(text(fitted).rstrip("…"))

    @given(st.integers(0, 300), st.integers(1, 300), st.integers(5, 40), st.sampled_from([UNICODE, ASCII]))
    def test_a_bar_is_as_wide_as_it_is_told_and_full_only_at_the_end(self, done, total, width, marks):
        full, rest = (piece for piece, _ in bar(done, total, width, marks))
        assert cells(full + rest) == width
        assert (full == marks.bar[0] * width) == (done >= total)

    @pytest.mark.parametrize("width", range(10, 130, 7))
    def test_live_lines_fit_every_width_and_always_count(self, width):
        lines = live(standing_of(told(3.0, 1.0, 2.0)), width, UNICODE)
        assert len(lines) == 3
        assert all(width_of(line) <= width for line in lines)
        assert "3/10" in text(lines[0])

    def test_a_wide_window_shows_everything(self):
        now = standing_of(told(3.0, 1.0, 2.0, {"status": "fail"}))
        assert text(live(now, 120, UNICODE)[0]) == (
            "████████░░░░░░░░░░░░  4/10  best 1 (trial 1)  3 ok 1 failed  0.5 s/trial  ETA 0:03"
        )

    def test_a_search_of_hours_says_when_it_ends_by_the_clock(self):
        now = standing_of(told(3.0), total=100)
        now.elapsed = 600.0
        assert re.search(r"10\.0 min/trial  ends [\w ]*\d\d:\d\d$", text(live(now, 120, UNICODE)[0]))

    def test_before_any_success_the_best_line_says_so(self):
        now = standing_of(told({"status": "fail"}))
        assert text(live(now, 80, UNICODE)[1]) == "best   none yet"

    def test_the_last_report_of_a_running_trial_is_shown(self):
        now = standing_of(told(3.0), report=(1, 0.25, 7.0))
        assert "trial 1 at 7: 0.25" in text(live(now, 80, UNICODE)[2])

    def test_durations_of_improvements_and_failures_stand_below_each_other(self):
        study = told(3.0)
        now = standing_of(study)
        good = text(lasting.ended(now, study.trials[0], 90, UNICODE))
        bad = text(lasting.failed(now, study.trials[0], 0, 90, UNICODE))
        assert len(good) - len("  best") == len(bad)

    def test_reasons_are_those_of_all_failures_that_are_counted(self):
        now = standing_of(told(1.0, ValueError("a"), math.nan, ValueError("b")))
        assert text(now.counts()) == "1 ok 3 failed"
        assert now.reasons == {"ValueError": 2, "loss is NaN": 1}


class TestSummary:
    def test_a_durable_study_ends_with_where_it_is_and_how_to_look(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        study = told(3.0, 1.0, store=Path("a b.db"), name="second")
        lines = [text(line) for line in lasting.summary(standing_of(study, 2), None, False, 79, UNICODE)]
        assert lines[0] == "done     2 of 2 trials in 2.0 s  2 ok"
        assert lines[2:] == [
            "saved    a b.db (study second)",
            "look     parzen show 'a b.db' --study second",
        ]

    def test_an_unfinished_one_says_how_to_go_on(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        study = told(3.0, store=Path("s.db"), objective="train:loss")
        lines = [text(line) for line in lasting.summary(standing_of(study), "timeout", False, 79, UNICODE)]
        assert lines[0] == "stopped  1 of 10 trials in 2.0 s (timeout)  1 ok"
        assert lines[-2:] == ["resume   parzen resume s.db", "look     parzen show s.db"]

    def test_the_best_configuration_is_whole_on_as_many_lines_as_it_needs(self):
        space = {f"width_{i}": hp.int(1, 9) for i in range(9)}
        lines = lasting.summary(standing_of(told(3.0, space=space)), None, False, 40, UNICODE)
        assert all(width_of(line) <= 40 for line in lines)
        words = " ".join(text(line) for line in lines[1:]).split()
        assert [word.split("=")[0] for word in words if "=" in word] == list(space)

    def test_hundreds_of_hyperparameters_are_counted(self):
        space = {f"width_{i}": hp.int(1, 9) for i in range(200)}
        lines = lasting.summary(standing_of(told(3.0, space=space)), None, False, 60, UNICODE)
        assert len(lines) == 1 + lasting.ANSWER
        assert re.search(r"… and \d+ more$", text(lines[-1]))


class TestLog:
    def run(self, objective, monkeypatch, **settings):
        """What a search writes to a stderr that is no terminal."""
        monkeypatch.delenv("PARZEN_PROGRESS", raising=False)
        err = io.StringIO()
        monkeypatch.setattr(sys, "stderr", err)
        given = {"algo": rand.suggest, "max_evals": 4, "seed": 0, **settings}
        fmin(objective, X, **given)
        return err.getvalue().splitlines()

    def test_it_has_improvements_failures_and_a_summary(self, monkeypatch):
        def objective(point, losses=iter([3.0, RuntimeError("no"), 5.0, 1.0])):  # noqa: B008
            loss = next(losses)
            if isinstance(loss, Exception):
                raise loss
            return loss

        lines = self.run(objective, monkeypatch, on_error="continue")
        assert re.fullmatch(r"\+ trial 0  loss 3  x=\S+  \S+ ms  best", lines[0])
        assert re.fullmatch(r"x trial 1  RuntimeError: no \(test_progress\.py:\d+\)  \S+ ms", lines[1])
        assert re.fullmatch(r"\+ trial 3  loss 1  x=\S+  \S+ ms  best", lines[2])
        assert re.fullmatch(r"done     4 of 4 trials in \S+ ms  3 ok 1 failed", lines[3])
        assert re.fullmatch(r"best     1 \(trial 3\)  x=\S+", lines[4])

    def test_a_line_comes_after_a_while_without_one(self, monkeypatch):
        monkeypatch.setattr(console, "SECONDS", 0.0)
        lines = self.run(lambda point: 1.0, monkeypatch)
        assert any(re.match(r"2/4  best 1 \(trial 0\)  2 ok 1 running  ", line) for line in lines)

    def test_a_reader_that_is_gone_does_not_end_the_search(self, monkeypatch):
        class Gone(io.StringIO):
            def write(self, text):
                raise BrokenPipeError

        monkeypatch.setattr(sys, "stderr", Gone())
        assert fmin(lambda p: 1.0, X, algo=rand.suggest, max_evals=2, seed=0).loss == 1.0

    def test_a_program_without_streams_searches_silently(self, monkeypatch):
        monkeypatch.setattr(sys, "stderr", None)
        monkeypatch.setattr(sys, "stdout", None)
        assert fmin(lambda p: 1.0, X, algo=rand.suggest, max_evals=2, seed=0).loss == 1.0

    def test_a_bar_in_a_pipe_is_one_line_written_over_itself(self, monkeypatch, capsys):
        monkeypatch.setenv("PARZEN_PROGRESS", "bar")
        fmin(lambda p: 1.0, X, algo=rand.suggest, max_evals=3, seed=0)
        err = capsys.readouterr().err
        assert "\x1b" not in err
        assert re.search(r"\r\S+  3/3  best 1 \(trial 0\)  3 ok [^\r\n]*\n", err)


class TestProgress:
    def test_a_better_trial_of_another_worker_is_not_called_an_improvement_here(self):
        study = told(5.0)
        seen = []

        class View(console.View):
            per_second = 10.0

            def ended(self, now, trial):
                seen.append(trial.number)

        with Progress(console.Silent, study, 1, 9) as progress:
            progress._view, progress._shown = View(), True
            other, own = study.ask(), study.ask()
            study.tell(other, 1.0)
            study.tell(own, 2.0)
            progress.ended(study.trials[own.number])
            progress.ended(study.trials[other.number])
        assert seen == []
        assert progress._now.best.number == other.number

    def test_users_own_bar_from_tqdm_gets_updates_and_the_postfix(self, capsys):
        class Mine(tqdm):
            @property
            def postfix(self):
                return self._said

            @postfix.setter
            def postfix(self, value):
                self._said = value
                if value:
                    said.append(value)

        said = []

        def callback(initial, total):
            return Mine(initial=initial, total=total, file=sys.stderr)

        losses = iter([3.0, 4.0, 2.0])
        fmin(lambda p: next(losses), X, algo=rand.suggest, max_evals=3, seed=0, show_progressbar=callback)
        assert said == ["best loss: 3", "best loss: 2"]
        assert "3/3" in capsys.readouterr().err

    def test_the_variable_chooses_among_the_views(self, monkeypatch):
        for kind, view in [("bar", console.Console), ("lines", console.Lines), ("none", console.Silent)]:
            monkeypatch.setenv("PARZEN_PROGRESS", kind)
            assert choose(True, True) is view
            assert choose(False, True) is console.Silent

    def test_a_hundred_trials_cost_less_than_one_drawing(self, monkeypatch):
        """Counted in drawings and not in seconds: at most the burst and ten a second."""
        drawn = []
        monkeypatch.setattr(console.Lines, "draw", lambda self, now, soft: drawn.append(now.done))
        monkeypatch.setenv("PARZEN_PROGRESS", "lines")
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        best = fmin(lambda p: 1.0, X, algo=rand.suggest, max_evals=2000, seed=0, trials=Trials())
        took = best.study.trials[-1].ended - best.study.trials[0].opened
        assert len(drawn) <= 20 + 10 * took + 1


class TestPace:
    @given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 8), st.floats(0.1, 5))
    def test_no_more_come_than_the_burst_and_the_rate_allow(self, gaps, burst, rate):
        pace, now, came = Pace(burst, rate), 0.0, []
        pace._at = 0.0
        for gap in gaps:
            now += gap
            if pace.may(now):
                came.append(now)
        for i, first in enumerate(came):
            for k, last in enumerate(came[i:]):
                assert k + 1 <= burst + rate * (last - first) + 1e-6
