"""Every library of linear algebra keeps to one thread, also those that are loaded late."""

import subprocess
import sys

PROGRAM = """
from parzen.numerics.threads import one_thread
with one_thread():
    import numpy, scipy.linalg, threadpoolctl
    found = [each for each in threadpoolctl.threadpool_info() if each["user_api"] == "blas"]
    print(sorted({each["num_threads"] for each in found}))
"""


def test_libraries_that_are_loaded_later_keep_to_one_thread(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "2")
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout == "[1]\n"
