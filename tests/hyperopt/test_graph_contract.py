"""What libraries rely on when they walk a space's graph or drive a search by documents.

The shape of the graph is the one Ray Tune, Katib and NNI look at. The loop
does what Ray Tune's HyperOptSearch does, without Ray (`test_ray.py` has it
with Ray).
"""

from __future__ import annotations

import copy
import math

import cloudpickle
import numpy as np
import pytest

from parzen import hyperopt as hpo
from parzen.errors import InvalidSpace
from parzen.hyperopt import hp, pyll
from parzen.hyperopt.fmin import generate_trials_to_calculate

# The graph's shape


def find(expr, name):
    return [node for node in pyll.dfs(pyll.as_apply(expr)) if node.name == name]


def test_a_choice_is_a_switch_with_its_index_first():
    node = hp.choice("c", ["a", hp.uniform("x", 0, 1), {"k": 1}])
    assert isinstance(node, pyll.Apply)
    assert node.name == "switch"
    assert node.pos_args[0].name == "hyperopt_param"
    assert [option.name for option in node.pos_args[1:]] == ["literal", "hyperopt_param", "dict"]


def test_a_constant_is_a_literal_with_its_object():
    marker = object()
    node = hp.choice("c", [marker, 3]).pos_args[1]
    assert node.name == "literal"
    assert isinstance(node, pyll.Literal)
    assert node.obj is marker


def test_pchoice_is_a_switch_too():
    node = hp.pchoice("c", [(0.3, "a"), (0.7, "b")])
    assert node.name == "switch"
    assert [option.obj for option in node.pos_args[1:]] == ["a", "b"]


@pytest.mark.parametrize(
    ("make", "word", "arguments"),
    [
        (lambda: hp.uniform("x", -1, 2), "uniform", {"low": -1, "high": 2}),
        (lambda: hp.quniform("x", 0, 9, 3), "quniform", {"low": 0, "high": 9, "q": 3}),
        (lambda: hp.loguniform("x", -2, 1.5), "loguniform", {"low": -2, "high": 1.5}),
        (lambda: hp.qloguniform("x", 0, 4, 2), "qloguniform", {"low": 0, "high": 4, "q": 2}),
        (lambda: hp.normal("x", 0, 1), "normal", {"mu": 0, "sigma": 1}),
        (lambda: hp.qnormal("x", 0, 1, 0.5), "qnormal", {"mu": 0, "sigma": 1, "q": 0.5}),
        (lambda: hp.lognormal("x", 0, 1), "lognormal", {"mu": 0, "sigma": 1}),
        (lambda: hp.qlognormal("x", 0, 1, 1), "qlognormal", {"mu": 0, "sigma": 1, "q": 1}),
    ],
)
def test_a_hyperparameter_is_its_label_and_its_draw(make, word, arguments):
    node = make()
    assert node.name == "hyperopt_param"
    label, draw = node.pos_args
    assert (label.name, label.obj) == ("literal", "x")
    assert draw.name == word
    assert {key: value.obj for key, value in draw.named_args} == arguments
    assert {key: value.obj for key, value in draw.arg.items()} == arguments


def test_randint_is_a_draw_of_that_name():
    assert hp.randint("n", 5).pos_args[1].name == "randint"


def test_an_operation_has_its_inputs_as_positional_arguments():
    x = hp.uniform("x", 0, 1)
    node = pyll.scope.int(x)
    assert (node.name, node.pos_args) == ("int", (x,))
    added = x + 2
    assert added.pos_args[0] is x
    assert added.pos_args[1].obj == 2


def test_a_dict_names_its_inputs_and_a_list_does_not():
    x = hp.uniform("x", 0, 1)
    whole = pyll.as_apply({"a": x, "b": [1, x]})
    assert whole.name == "dict"
    assert [key for key, _ in whole.named_args] == ["a", "b"]
    assert whole.named_args[0][1] is x
    inner = whole.named_args[1][1]
    assert inner.name == "pos_args"
    assert inner.pos_args[1] is x


def test_depth_first_order_ends_at_the_root_and_has_each_node_once():
    x = hp.uniform("x", 0, 1)
    root = pyll.as_apply([x, x + 1, {"k": x}])
    order = pyll.dfs(root)
    assert order[-1] is root
    assert len(order) == len(set(map(id, order)))
    for node in order:
        assert all(order.index(below) < order.index(node) for below in node.inputs())


def test_every_hyperparameter_of_a_space_is_met():
    space = {"a": hp.choice("a", [hp.uniform("b", 0, 1), [hp.normal("c", 0, 1)]]), "d": hp.randint("d", 3)}
    assert sorted(node.pos_args[0].obj for node in find(space, "hyperopt_param")) == ["a", "b", "c", "d"]


# Domain, memo, evaluation

SPACE = {
    "x": hp.uniform("x", -2, 2),
    "c": hp.choice("c", ["plain", {"w": hp.quniform("w", 1, 9, 1)}]),
    "n": pyll.scope.int(hp.quniform("n", 0, 10, 1)),
    "fixed": "kept",
}


def rebuilt(domain, config, ctrl=None):
    """A point's value, the way Ray Tune makes it."""
    memo = domain.memo_from_config(config)
    hpo.utils.use_obj_for_literal_in_memo(domain.expr, ctrl, hpo.Ctrl, memo)
    return pyll.rec_eval(domain.expr, memo=memo, print_node_on_error=domain.rec_eval_print_node_on_error)


def test_a_memo_and_rec_eval_rebuild_the_point():
    domain = hpo.Domain(lambda config: config, SPACE)
    assert rebuilt(domain, {"x": 0.5, "c": 1, "w": 3.0, "n": 4.0}) == {
        "x": 0.5,
        "c": {"w": 3.0},
        "n": 4,
        "fixed": "kept",
    }
    assert rebuilt(domain, {"x": 0.5, "c": 0, "n": 4.0})["c"] == "plain"


def test_the_memo_marks_what_has_no_value():
    domain = hpo.Domain(lambda config: config, SPACE)
    memo = domain.memo_from_config({"x": 0.5})
    values = {node.pos_args[0].obj: value for node, value in memo.items()}
    assert values == {
        "x": 0.5,
        "c": pyll.base.GarbageCollected,
        "w": pyll.base.GarbageCollected,
        "n": pyll.base.GarbageCollected,
    }


def test_a_choice_without_a_value_is_an_error_that_ray_understands():
    """It looks for AssertionError, or for a TypeError that names GarbageCollected."""
    domain = hpo.Domain(lambda config: config, {"c": hp.choice("c", ["a", "b"])})
    with pytest.raises((AssertionError, TypeError)) as caught:
        rebuilt(domain, {})
    assert isinstance(caught.value, AssertionError) or "GarbageCollected" in str(caught.value)


def test_a_hyperparameter_without_any_value_is_named():
    with pytest.raises(InvalidSpace, match="'x'"):
        pyll.rec_eval(hp.uniform("x", 0, 1))


def test_the_ctrl_literal_becomes_the_trials_ctrl():
    space = {"x": hp.uniform("x", 0, 1), "ctrl": hpo.Domain.pyll_ctrl}
    domain = hpo.Domain(lambda config: config, space)
    ctrl = hpo.Ctrl(hpo.Trials(), current_trial=None)
    assert rebuilt(domain, {"x": 0.5}, ctrl)["ctrl"] is ctrl


def test_other_literals_stay_what_they_are():
    array = np.arange(3)
    expr = pyll.as_apply([array, hpo.Ctrl, "text"])
    memo = {}
    hpo.utils.use_obj_for_literal_in_memo(expr, "put in", hpo.Ctrl, memo)
    value = pyll.rec_eval(expr, memo=memo)
    assert value[0] is array
    assert value[1:] == ("put in", "text")


def test_ctrl_reaches_the_running_trial():
    trials = hpo.Trials()
    [tid] = trials.new_trial_ids(1)
    domain = hpo.Domain(lambda config: config, SPACE)
    [doc] = hpo.rand.suggest([tid], domain, trials, 3)
    ctrl = hpo.Ctrl(trials, current_trial=doc)
    ctrl.attachments["note"] = b"bytes"
    ctrl.checkpoint({"loss": 0.5, "status": "ok"})
    assert trials.trial_attachments(doc)["note"] == b"bytes"
    assert doc["result"] == {"loss": 0.5, "status": "ok"}


def test_a_spec_is_the_active_labels_with_plain_numbers():
    trials = hpo.Trials()
    domain = hpo.Domain(lambda config: config, SPACE)
    for seed in range(20):
        [doc] = hpo.rand.suggest(trials.new_trial_ids(1), domain, trials, seed)
        spec = hpo.base.spec_from_misc(doc["misc"])
        assert set(spec) == {"x", "c", "n"} | ({"w"} if spec["c"] == 1 else set())
        assert all(type(value) in (int, float) for value in spec.values())
        assert set(doc["misc"]["vals"]) == {"x", "c", "n", "w"}


# The loop of Ray Tune


class Searcher:
    """Asks and tells by documents, as Ray Tune's HyperOptSearch does.

    `by_tid`: whether a told document is looked up in `trials.trials` or is the
    one that `suggest` made.
    """

    def __init__(self, by_tid, algo=hpo.tpe.suggest, points=None, seed=0):
        self.by_tid = by_tid
        self.algo = hpo.partial(hpo.partial(algo, n_startup_jobs=5), gamma=0.25)
        self.rstate = np.random.RandomState(seed)
        self.points = 0 if points is None else len(points)
        self.trials = hpo.Trials()
        if points is not None:
            self.trials = generate_trials_to_calculate(list(reversed(points)))
            self.trials.refresh()
        self.domain = hpo.Domain(lambda config: config, SPACE)
        self.live = {}

    def suggest(self, name):
        if self.points:
            self.points -= 1
            doc = self.trials.trials[self.points]
        else:
            ids = self.trials.new_trial_ids(1)
            self.trials.refresh()
            docs = self.algo(ids, self.domain, self.trials, self.rstate.randint(2**31 - 1))
            self.trials.insert_trial_docs(docs)
            self.trials.refresh()
            doc = docs[0]
        self.live[name] = (doc["tid"], doc)
        config = hpo.base.spec_from_misc(doc["misc"])
        return copy.deepcopy(rebuilt(self.domain, config, hpo.Ctrl(self.trials, current_trial=doc)))

    def document(self, name):
        tid, doc = self.live[name]
        return next(doc for doc in self.trials.trials if doc["tid"] == tid) if self.by_tid else doc

    def result(self, name):
        doc = self.document(name)
        doc["book_time"] = doc["refresh_time"] = hpo.utils.coarse_utcnow()

    def complete(self, name, loss=None):
        doc = self.document(name)
        doc["refresh_time"] = hpo.utils.coarse_utcnow()
        if loss is None:
            doc["state"] = hpo.JOB_STATE_ERROR
            doc["misc"]["error"] = ("<class 'TuneError'>", "Tune Error")
        else:
            doc["state"] = hpo.JOB_STATE_DONE
            doc["result"] = {"loss": loss, "status": "ok"}
        self.trials.refresh()
        del self.live[name]

    def learned(self):
        """The losses in the history that the algorithm sees, in order; None where there is none."""
        losses = self.trials.study.history.losses[:, 0]
        return [None if math.isnan(loss) else loss for loss in losses.tolist()]


def loss_of(config):
    width = 5.0 if config["c"] == "plain" else config["c"]["w"]
    return (config["x"] - 1) ** 2 + (width - 3) ** 2 / 9 + config["n"] / 10


by_tid = pytest.mark.parametrize("by_tid", [True, False], ids=["looked up by tid", "the same dict"])


@by_tid
def test_losses_written_into_documents_are_learned(by_tid):
    searcher = Searcher(by_tid)
    told = []
    for i in range(25):
        config = searcher.suggest(str(i))
        searcher.result(str(i))
        told.append(loss_of(config))
        searcher.complete(str(i), told[-1])
    assert searcher.learned() == told
    assert searcher.trials.losses() == told
    assert searcher.trials.best_trial["result"]["loss"] == min(told)


def test_both_ways_of_telling_give_the_same_search():
    def configs(by_tid):
        searcher = Searcher(by_tid, seed=3)
        for i in range(20):
            config = searcher.suggest(str(i))
            searcher.complete(str(i), loss_of(config))
            yield config

    assert list(configs(True)) == list(configs(False))


def test_what_is_told_decides_what_is_suggested_next():
    """After 20 trials TPE proposes near the minimum that it was told, wherever that is."""

    def late(sign):
        searcher = Searcher(by_tid=False, seed=1)
        xs = []
        for i in range(45):
            config = searcher.suggest(str(i))
            xs.append(config["x"])
            searcher.complete(str(i), (config["x"] - 1.5 * sign) ** 2)
        return float(np.median(xs[20:]))

    assert late(1) > 0.5
    assert late(-1) < -0.5


@by_tid
def test_an_error_is_a_failed_trial_without_a_loss(by_tid):
    searcher = Searcher(by_tid)
    told = []
    for i in range(12):
        config = searcher.suggest(str(i))
        told.append(None if i in (3, 7) else loss_of(config))
        searcher.complete(str(i), told[-1])
    assert searcher.learned() == told
    assert len(searcher.trials) == 10
    assert searcher.trials.count_by_state_unsynced(hpo.JOB_STATE_ERROR) == 2


@by_tid
def test_trials_that_end_out_of_order_keep_their_losses(by_tid):
    searcher = Searcher(by_tid)
    told = {}
    for batch in range(5):
        names = [4 * batch + i for i in range(4)]
        configs = {name: searcher.suggest(name) for name in names}
        for name in names[::-1]:
            told[name] = loss_of(configs[name])
            searcher.complete(name, told[name])
    assert searcher.learned() == [told[name] for name in range(20)]


@by_tid
def test_given_points_come_first_and_are_learned(by_tid):
    points = [{"x": 0.5, "c": 1, "w": 3.0, "n": 2.0}, {"x": -1.0, "c": 0, "n": 7.0}]
    searcher = Searcher(by_tid, points=points)
    configs, told = [], []
    for i in range(8):
        configs.append(searcher.suggest(str(i)))
        told.append(loss_of(configs[-1]))
        searcher.complete(str(i), told[-1])
    assert configs[0] == {"x": 0.5, "c": {"w": 3.0}, "n": 2, "fixed": "kept"}
    assert configs[1] == {"x": -1.0, "c": "plain", "n": 7, "fixed": "kept"}
    # Ray hands them over in reverse.
    assert searcher.learned() == [told[1], told[0], *told[2:]]


@by_tid
def test_a_pickled_searcher_goes_on_as_if_nothing_happened(by_tid):
    def advance(searcher, first, last):
        configs = []
        for i in range(first, last):
            configs.append(searcher.suggest(str(i)))
            searcher.complete(str(i), loss_of(configs[-1]))
        return configs

    whole = Searcher(by_tid, seed=5)
    expected = advance(whole, 0, 16)
    cut = Searcher(by_tid, seed=5)
    advance(cut, 0, 9)
    assert advance(cloudpickle.loads(cloudpickle.dumps(cut)), 9, 16) == expected[9:]


def test_a_trial_that_is_open_while_pickled_can_be_told_by_tid():
    searcher = Searcher(by_tid=True)
    config = searcher.suggest("open")
    again = cloudpickle.loads(cloudpickle.dumps(searcher))
    again.complete("open", loss_of(config))
    assert again.learned() == [loss_of(config)]


def test_a_loss_that_is_written_twice_counts_as_written_last():
    searcher = Searcher(by_tid=False)
    searcher.suggest("a")
    doc = searcher.document("a")
    searcher.complete("a", 3.0)
    doc["result"] = {"loss": 1.0, "status": "ok"}
    searcher.trials.refresh()
    assert searcher.learned() == [1.0]


def test_a_result_told_without_refresh_is_learned_by_the_next_suggestion():
    searcher = Searcher(by_tid=False)
    searcher.suggest("a")
    doc = searcher.document("a")
    doc["state"], doc["result"] = hpo.JOB_STATE_DONE, {"loss": 2.0, "status": "ok"}
    searcher.algo([100], searcher.domain, searcher.trials, 1)
    assert searcher.learned() == [2.0]


def test_a_result_edited_in_place_is_learned():
    """`doc["result"]["loss"] = ...` instead of a new dict."""
    searcher = Searcher(by_tid=False)
    searcher.suggest("a")
    doc = searcher.document("a")
    doc["result"].update(loss=4.0, status="ok")
    doc["state"] = hpo.JOB_STATE_DONE
    searcher.trials.refresh()
    assert searcher.learned() == [4.0]


@pytest.mark.parametrize("algo", [hpo.rand.suggest, hpo.anneal.suggest], ids=["rand", "anneal"])
def test_the_loop_runs_with_other_algorithms(algo):
    searcher = Searcher(by_tid=True)
    searcher.algo = algo
    told = []
    for i in range(10):
        config = searcher.suggest(str(i))
        told.append(loss_of(config))
        searcher.complete(str(i), told[-1])
    assert searcher.learned() == told
