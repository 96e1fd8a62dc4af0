from parzen.algorithms.gp import GP
from parzen.testing import AlgorithmContract


class TestGP(AlgorithmContract):
    algorithm = GP(n_startup_jobs=25)
