"""Domain and Ctrl: what libraries built on Hyperopt use of them."""

import cloudpickle
import numpy as np
import pytest

from parzen import Ctrl, Domain, Trials, fmin_pass_expr_memo_ctrl, hp, partial, pyll
from parzen.documents import blank, misc_of
from parzen.errors import DuplicateLabel, InvalidAnnotatedParameter, InvalidLoss, InvalidObjectiveResult
from parzen.hyperopt.utils import use_obj_for_literal_in_memo

SPACE = {"x": hp.uniform("x", -1, 1), "k": hp.choice("k", ["a", {"y": hp.normal("y", 0, 1)}])}


def ctrl():
    trials = Trials()
    doc = blank(0, misc_of(0, {"x": 0.5, "k": 0}, ["x", "k", "y"]))
    trials.insert_trial_doc(doc)
    trials.refresh()
    return Ctrl(trials, current_trial=doc)


def test_attributes_are_hyperopts():
    def fn(point):
        return 0.0

    domain = Domain(fn, SPACE)
    assert domain.fn is fn
    assert set(domain.params) == {"x", "k", "y"}
    assert domain.params["x"].name == "uniform"
    assert domain.cmd == ("domain_attachment", "FMinIter_Domain")
    assert domain.workdir is domain.name is domain.loss_target is None
    assert domain.pass_expr_memo_ctrl is False
    assert isinstance(domain.expr, pyll.Apply)
    assert domain.new_result() == {"status": "new"}
    assert "Domain{" in domain.short_str()
    assert domain.rec_eval_print_node_on_error is False


def test_other_attributes_are_kept():
    domain = Domain(len, SPACE, workdir="w", name="n", loss_target=0.5, pass_expr_memo_ctrl=True)
    assert (domain.workdir, domain.name, domain.loss_target) == ("w", "n", 0.5)
    assert domain.pass_expr_memo_ctrl is True


@pytest.mark.parametrize("returned", [1, np.float32(1), True, {"loss": 1, "status": "ok"}])
def test_evaluate_gives_a_result_with_a_plain_loss(returned):
    result = Domain(lambda point: returned, SPACE).evaluate({"x": 0.5, "k": 0}, ctrl())
    assert result == {"loss": 1.0, "status": "ok"}
    assert type(result["loss"]) is float


def test_evaluate_calls_the_objective_with_the_point():
    seen = []
    Domain(lambda point: seen.append(point) or 0.0, SPACE).evaluate({"x": 0.5, "k": 1, "y": 2.0}, ctrl())
    assert seen == [{"x": 0.5, "k": {"y": 2.0}}]


def test_evaluate_attaches_or_leaves_attachments():
    domain = Domain(lambda point: {"loss": 1, "status": "ok", "attachments": {"a": b"1"}}, SPACE)
    first, second = ctrl(), ctrl()
    assert domain.evaluate({"x": 0.5, "k": 0}, first) == {"loss": 1.0, "status": "ok"}
    assert first.trials.attachments == {"ATTACH::0::a": b"1"}
    result = domain.evaluate({"x": 0.5, "k": 0}, second, attach_attachments=False)
    assert result["attachments"] == {"a": b"1"}
    assert second.trials.attachments == {}


@pytest.mark.parametrize("returned", [None, "text", {}, {"status": "ok"}])
def test_evaluate_refuses_what_is_no_result(returned):
    with pytest.raises(InvalidObjectiveResult):
        Domain(lambda point: returned, SPACE).evaluate({"x": 0.5, "k": 0}, ctrl())


def test_evaluate_in_two_steps_equals_evaluate():
    domain, config = Domain(lambda point: point["x"], SPACE), {"x": 0.5, "k": 0}
    returned = domain.evaluate_async(config, ctrl())
    assert isinstance(returned, tuple)
    assert domain.evaluate_async2(returned[0], ctrl(), returned[1]) == domain.evaluate(config, ctrl())
    with pytest.raises(InvalidLoss):
        domain.evaluate_async2({"status": "ok"}, ctrl())


def test_parts_of_a_result_are_read():
    domain = Domain(len, SPACE)
    plain = {"loss": 1.0, "status": "ok"}
    full = {**plain, "loss_variance": 0.25, "true_loss": 2.0}
    assert [domain.loss(result) for result in (plain, full, {})] == [1.0, 1.0, None]
    assert [domain.loss_variance(result) for result in (plain, full)] == [0.0, 0.25]
    assert [domain.true_loss(result) for result in (plain, full)] == [1.0, 2.0]
    assert domain.status(plain) == "ok"
    assert domain.loss(plain, config={}) == 1.0


def test_memo_evaluates_the_expression():
    domain = Domain(len, SPACE)
    memo = domain.memo_from_config({"x": 0.25, "k": 1, "y": -1.0})
    assert pyll.rec_eval(domain.expr, memo=memo) == {"x": 0.25, "k": {"y": -1.0}}


def test_memo_of_a_branch_that_is_not_taken_is_not_looked_at():
    domain = Domain(len, SPACE)
    memo = domain.memo_from_config({"x": 0.25, "k": 0})
    assert pyll.rec_eval(domain.expr, memo=memo, print_node_on_error=False) == {"x": 0.25, "k": "a"}


def test_failing_evaluation_prints_nothing(capfd):
    """Hyperopt prints a banner with the failing node."""
    domain = Domain(len, {"x": hp.uniform("x", -2, -1) / hp.choice("k", [0])})
    with pytest.raises(ZeroDivisionError):
        pyll.rec_eval(domain.expr, memo=domain.memo_from_config({"x": -1.5, "k": 0}))
    assert capfd.readouterr() == ("", "")


def test_graph_has_the_shape_that_libraries_walk():
    """Ray Tune: a choice is a ``switch`` with the index first; constants are ``literal`` with ``.obj``."""
    domain = Domain(len, SPACE)
    switches = [node for node in pyll.dfs(domain.expr) if node.name == "switch"]
    assert len(switches) == 1
    index, *options = switches[0].pos_args
    assert options[0].name == "literal"
    assert options[0].obj == "a"
    assert options[1].name == "dict"
    assert index.name == "hyperopt_param"


def test_literal_in_the_expression_is_replaced_by_the_ctrl():
    domain = Domain(lambda point: point, {"x": hp.uniform("x", 0, 1), "ctrl": Domain.pyll_ctrl})
    memo, mine = domain.memo_from_config({"x": 0.5}), ctrl()
    use_obj_for_literal_in_memo(domain.expr, mine, Ctrl, memo)
    assert pyll.rec_eval(domain.expr, memo=memo)["ctrl"] is mine


def test_duplicate_labels_are_found_when_the_domain_is_built():
    space = hp.choice("k", [hp.uniform("x", 0, 1), hp.uniform("x", 0, 1)])
    with pytest.raises(DuplicateLabel, match="'x'"):
        Domain(len, space)


def test_mark_on_the_function_is_seen_also_through_partial():
    @fmin_pass_expr_memo_ctrl
    def fn(expr, memo, ctrl):
        return 0.0

    assert Domain(fn, SPACE).pass_expr_memo_ctrl is True
    assert Domain(partial(fn), SPACE).pass_expr_memo_ctrl is True
    assert Domain(partial(partial(fn)), SPACE).pass_expr_memo_ctrl is True
    assert Domain(fn, SPACE, pass_expr_memo_ctrl=False).pass_expr_memo_ctrl is False


def test_annotations_are_a_space():
    def fn(x: hp.uniform("x", 0, 1), y: hp.randint("why", 3)):
        return x + y

    domain = Domain(fn, "annotated")
    assert set(domain.params) == {"x", "why"}
    assert domain.evaluate({"x": 0.5, "why": 2}, ctrl())["loss"] == 2.5


@pytest.mark.parametrize("annotation", [float, 3, "float"])
def test_annotations_that_are_no_parameter_are_refused(annotation):
    def fn(x):
        return 0.0

    fn.__annotations__["x"] = annotation
    with pytest.raises(InvalidAnnotatedParameter, match="'x'") as caught:
        Domain(fn, "annotated")
    assert isinstance(caught.value, ValueError)


def test_domain_survives_cloudpickle_with_a_local_function():
    offset = 3.0
    back = cloudpickle.loads(cloudpickle.dumps(Domain(lambda point: point["x"] + offset, SPACE)))
    assert back.evaluate({"x": 0.5, "k": 0}, ctrl()) == {"loss": 3.5, "status": "ok"}
    assert set(back.params) == {"x", "k", "y"}


def test_domain_survives_cloudpickle_with_the_ctrl_in_its_space():
    domain = Domain(lambda point: point["x"], {"x": hp.uniform("x", 0, 1), "ctrl": Domain.pyll_ctrl})
    back = cloudpickle.loads(cloudpickle.dumps(domain))
    assert back.evaluate({"x": 0.5}, ctrl()) == {"loss": 0.5, "status": "ok"}


class TestCtrl:
    def test_checkpoint_writes_into_the_document(self):
        mine = ctrl()
        mine.checkpoint({"status": "running"})
        assert mine.current_trial["result"] == {"status": "running"}
        assert mine.current_trial["refresh_time"] is not None
        mine.checkpoint()
        assert mine.current_trial["result"] == {"status": "running"}

    def test_checkpoint_without_a_trial_does_nothing(self):
        Ctrl(Trials()).checkpoint({"status": "running"})

    def test_messages_go_to_a_logger(self, caplog):
        mine = ctrl()
        with caplog.at_level("DEBUG"):
            for say in [mine.debug, mine.info, mine.warn, mine.error]:
                say("value %d", 3)
        assert [record.getMessage() for record in caplog.records] == ["value 3"] * 4
        assert [record.levelname for record in caplog.records] == ["DEBUG", "INFO", "WARNING", "ERROR"]

    def test_attachments_are_the_trials(self):
        mine = ctrl()
        mine.attachments["a"] = 1
        assert mine.trials.attachments == {"ATTACH::0::a": 1}

    def test_injected_results_are_done_and_name_their_source(self):
        mine = ctrl()
        misc = misc_of(0, {"x": 0.1, "k": 0}, ["x", "k", "y"])
        mine.inject_results([None], [{"status": "ok", "loss": 1.0}], [misc])
        mine.trials.refresh()
        doc = mine.trials.trials[-1]
        assert (doc["tid"], doc["state"], doc["misc"]["from_tid"]) == (1, 2, 0)
