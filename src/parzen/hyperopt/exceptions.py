"""``hyperopt.exceptions``: Hyperopt's names for what parzen raises."""

from parzen.errors import (
    AllTrialsFailed,
    BadSearchSpace,
    DuplicateLabel,
    InvalidAnnotatedParameter,
    InvalidLoss,
    InvalidResultStatus,
    InvalidTrial,
)

__all__ = [
    "AllTrialsFailed",
    "BadSearchSpace",
    "DuplicateLabel",
    "InvalidAnnotatedParameter",
    "InvalidLoss",
    "InvalidResultStatus",
    "InvalidTrial",
]
