"""Rows become latent rows and tables' codes, and come back as the same points."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parzen.algorithms.encoding import COARSE, Encoding, coarse_values, encoding
from parzen.rng import stream
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.testing.algorithms import SPACES, example_space


def rows_of(space, count=60):
    """Random rows of a space."""
    rng = stream(0, 0, "rows")
    points = [space.point_from(lambda j: float(rng.random())) for _ in range(count)]
    return np.array([space.encode(point) for point in points], dtype=float).reshape(count, len(space)), points


def law(made):
    return flatten(made).params[0].distribution


@pytest.mark.parametrize("name", [name for name in SPACES if name != "none at all"])
def test_rows_come_back_as_the_same_points(name):
    space = example_space(name)
    rows, points = rows_of(space)
    code = Encoding(space)
    for row, point in zip(code.latent(rows), points):
        back = code.decode(row)
        assert list(back) == list(point)
        assert [back[label] for label in back] == pytest.approx(list(point.values()), rel=1e-9, abs=1e-9)
        assert [type(value) for value in back.values()] == [type(value) for value in point.values()]


@pytest.mark.parametrize("name", [name for name in SPACES if name != "none at all"])
def test_columns_are_what_each_law_gives(name):
    """The short cut over all columns at once against `Distribution.latent`."""
    space = example_space(name)
    rows, _ = rows_of(space)
    z = Encoding(space).latent(rows)
    for j, param in enumerate(space.params):
        np.testing.assert_allclose(z[:, j], param.distribution.latent(rows[:, j]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", list(SPACES))
def test_every_column_is_a_line_or_a_table(name):
    space = example_space(name)
    code = Encoding(space)
    columns = sorted([*code.lines.tolist(), *(table.column for table in code.tables)])
    assert columns == list(range(len(space)))


def test_latent_leaves_its_argument_alone():
    space = example_space("mixed")
    rows, _ = rows_of(space)
    before = rows.copy()
    Encoding(space).latent(rows)
    np.testing.assert_array_equal(rows, before)


def test_bounded_lines_stay_in_the_unit_interval():
    """A value that was rounded beyond an end counts as the end."""
    space = flatten({"q": hp.quniform("q", 0, 300, 7), "x": hp.uniform("x", 0, 1)})
    assert Encoding(space).latent(np.array([[301.0, 1.0 + 1e-12], [0.0, -1e-12]])).tolist() == [
        [1, 1],
        [0, 0],
    ]


@pytest.mark.parametrize(
    "made",
    [
        hp.choice("c", ["a", "b", "c"]),
        hp.int(1, 12),
        hp.int(1, 60, log=True),
        hp.float(0.1, 0.7, step=0.1),
        hp.quniform("q", 0, 10, 1),
        hp.quniform("q", 0.3, 7.1, 2.5),
        hp.qloguniform("q", 0, 3, 1),
        hp.randint("n", -3, 4),
    ],
)
def test_tables_hold_every_value_that_can_be_drawn(made):
    distribution = law(made)
    (table,) = Encoding(flatten(made)).tables
    drawn = sorted({float(distribution.quantile((i + 0.5) / 4000)) for i in range(4000)})
    np.testing.assert_allclose(table.values, drawn, rtol=1e-12)
    assert table.codes(np.array(drawn)).tolist() == list(range(len(drawn)))
    assert table.prior.sum() == pytest.approx(1.0)
    shares = np.diff(table.edges) if table.edges is not None else table.prior
    np.testing.assert_allclose(shares, table.prior, rtol=1e-9)


def test_a_table_gives_nan_a_code_that_nobody_reads():
    (table,) = Encoding(flatten(hp.int(1, 5))).tables
    assert table.codes(np.array([math.nan, 1.0, 5.0])).tolist() == [0, 0, 4]


@pytest.mark.parametrize(
    "made",
    [
        hp.uniform("x", 0, 1),
        hp.normal("x", 0, 1),
        hp.qnormal("x", 0, 1, 1),
        hp.int(1, COARSE + 1),
        hp.quniform("x", 0, 1000, 1),
    ],
)
def test_what_has_many_values_is_a_line(made):
    assert coarse_values(law(made), COARSE) is None
    assert Encoding(flatten(made)).lines.tolist() == [0]


def test_sixty_four_values_are_still_a_table():
    assert len(coarse_values(law(hp.int(1, COARSE)), COARSE)) == COARSE


def test_a_decider_is_a_table_whatever_its_size():
    """Activity is looked up by value."""
    space = flatten(hp.choice("c", [hp.uniform(f"x{k}", 0, 1) for k in range(100)]))
    assert [table.column for table in Encoding(space).tables] == [0]


def test_the_encoding_of_a_space_is_made_once():
    space = flatten(hp.uniform("x", 0, 1))
    assert encoding(space) is encoding(space)


def test_values_without_a_cell_are_left_out():
    """quniform(0.5, 2.5, 1) would give 0 and 3 from its very ends only."""
    values = coarse_values(law(hp.quniform("q", 0.4, 2.6, 1)), COARSE)
    assert values.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert coarse_values(law(hp.quniform("q", 0.5, 2.5, 1)), COARSE).tolist() == [1.0, 2.0]
