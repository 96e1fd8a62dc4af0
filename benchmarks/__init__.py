"""Measurements of parzen beside other libraries: what a trial costs, and what it finds.

Not part of the package and not installed with it. Every figure that the
documentation states is printed by a module in here.
"""

from __future__ import annotations

import os

# One thread each, for every library alike. BLAS reads these when NumPy is
# loaded, so they are set here, before any module of this folder imports it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
