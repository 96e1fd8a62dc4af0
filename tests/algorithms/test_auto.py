from parzen.algorithms.auto import Auto
from parzen.testing import AlgorithmContract


class TestAuto(AlgorithmContract):
    algorithm = Auto(n_startup_jobs=30)
