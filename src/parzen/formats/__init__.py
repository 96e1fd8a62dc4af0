"""Bringing work along: trials of Hyperopt, Optuna, tables and other studies, read into a study.

Every reader takes a study whose space is the one that was searched, checks
each value against it, and answers with a `Report` of what it took and what it
left out, and why. `report` goes the other way: one HTML file that tells what a
search did and learned.
"""

from __future__ import annotations

from parzen.formats.hyperopt_pickle import import_documents, import_hyperopt
from parzen.formats.intake import Report
from parzen.formats.merge import merge
from parzen.formats.optuna import import_optuna, space_of_optuna
from parzen.formats.report import report
from parzen.formats.tables import import_table

__all__ = [
    "Report",
    "import_documents",
    "import_hyperopt",
    "import_optuna",
    "import_table",
    "merge",
    "report",
    "space_of_optuna",
]
