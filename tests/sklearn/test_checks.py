"""scikit-learn's own estimator checks, with no exception made for any of them."""

from __future__ import annotations

import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from parzen.hyperopt.sklearn import HyperoptSearchCV
from parzen.sklearn import ParzenSearchCV
from parzen.space import hp

# The first trials of a search are drawn without a model: two are as good as many here.
FEW = {"cv": 2, "n_trials": 2, "error_score": "raise"}
ALPHA = {"alpha": hp.float(0.1, 1)}
SEARCHES = [
    ParzenSearchCV(LogisticRegression(), {"C": hp.float(0.1, 1)}, **FEW),
    ParzenSearchCV(Ridge(), ALPHA, **{**FEW, "error_score": -1.0}),
    ParzenSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": hp.float(0.1, 1)},
        **FEW,
    ),
    ParzenSearchCV(
        KMeans(n_clusters=2, n_init=1, random_state=0), {"n_clusters": hp.int(2, 3)}, **FEW, random_state=0
    ),
    HyperoptSearchCV(Ridge(), ALPHA, 2, cv=2, error_score="raise"),
]


@pytest.mark.filterwarnings("ignore")  # the checks warn themselves, and expect warnings
@parametrize_with_checks(SEARCHES)
def test_scikit_learns_check(estimator, check):
    check(estimator)
