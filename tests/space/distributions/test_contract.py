"""Every law of `hp` keeps the contract of distributions."""

from __future__ import annotations

import math

from parzen.space import hp
from parzen.space.distributions.categorical import Categorical
from parzen.testing import DistributionContract


def law(parameter):
    """The distribution of an `hp` expression, through choices and rounding."""
    while not hasattr(parameter, "distribution"):
        parameter = parameter.inputs()[0]
    return parameter.distribution


class TestUniform(DistributionContract):
    distribution = law(hp.uniform("x", -2, 5))


class TestUniformFarFromZero(DistributionContract):
    distribution = law(hp.uniform("x", 1e6, 1e6 + 1))


class TestLoguniform(DistributionContract):
    distribution = law(hp.loguniform("x", -12, 3))


class TestQuniform(DistributionContract):
    distribution = law(hp.quniform("x", 0, 10, 1))


class TestQuniformWhoseEndsAreNoMultiples(DistributionContract):
    distribution = law(hp.quniform("x", 0.3, 7.1, 2.5))


class TestQuniformAroundZero(DistributionContract):
    distribution = law(hp.quniform("x", -1.2, 1.7, 0.1))


class TestQuniformWithManyValues(DistributionContract):
    distribution = law(hp.quniform("x", 0, 5e4, 1))


class TestQloguniform(DistributionContract):
    distribution = law(hp.qloguniform("x", 0, 6, 1))


class TestQloguniformWithZero(DistributionContract):
    distribution = law(hp.qloguniform("x", -5, 2, 0.5))


class TestUniformint(DistributionContract):
    distribution = law(hp.uniformint("x", 1, 9))


class TestNormal(DistributionContract):
    distribution = law(hp.normal("x", -3, 2))


class TestLognormal(DistributionContract):
    distribution = law(hp.lognormal("x", 1, 1.5))


class TestQnormal(DistributionContract):
    distribution = law(hp.qnormal("x", 1, 4, 1))


class TestQnormalWithWideSteps(DistributionContract):
    distribution = law(hp.qnormal("x", 0.2, 1, 2.5))


class TestQlognormal(DistributionContract):
    distribution = law(hp.qlognormal("x", 0.5, 0.7, 0.5))


class TestRandint(DistributionContract):
    distribution = law(hp.randint("x", 7))


class TestRandintWithNegativeValues(DistributionContract):
    distribution = law(hp.randint("x", -4, 9))


class TestRandintWithOneValue(DistributionContract):
    distribution = law(hp.randint("x", 1))


class TestRandintOverTwoToThe31(DistributionContract):
    distribution = law(hp.randint("x", 2**31))


class TestChoice(DistributionContract):
    distribution = law(hp.choice("x", list("abc")))


class TestChoiceOfOne(DistributionContract):
    distribution = law(hp.choice("x", ["only"]))


class TestPchoice(DistributionContract):
    distribution = law(hp.pchoice("x", [(0.05, "a"), (0.7, "b"), (0.25, "c")]))


class TestPchoiceWithAnImpossibleOption(DistributionContract):
    distribution = Categorical((0.0, 0.4, 0.0, 0.6, 0.0))


class TestFloat(DistributionContract):
    distribution = law(hp.float(-0.1, 0.3))


class TestLogFloat(DistributionContract):
    distribution = law(hp.float(1e-7, 0.1, log=True))


class TestFloatWithAStep(DistributionContract):
    distribution = law(hp.float(0.1, 0.75, step=0.1))


class TestInt(DistributionContract):
    distribution = law(hp.int(-3, 12))


class TestIntWithAStep(DistributionContract):
    distribution = law(hp.int(16, 250, step=16))


class TestLogInt(DistributionContract):
    distribution = law(hp.int(1, 300, log=True))


class TestLogIntOverTwoToThe40(DistributionContract):
    distribution = law(hp.int(1, 2**40, log=True))


class TestOrdinal(DistributionContract):
    distribution = law(hp.ordinal(["small", "medium", "large"]))


class TestLoguniformOverManyDecades(DistributionContract):
    distribution = law(hp.loguniform("x", math.log(1e-30), math.log(1e30)))
