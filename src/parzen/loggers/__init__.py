"""Searches in other services: MLflow, TensorBoard, Weights & Biases, and CSV files.

    fmin(objective, space, max_evals=100, loggers=[MLflow(), CSV("trials.csv")])

tells them while the search runs, and ``log(study, MLflow())`` what a study
holds already. Nothing is told twice. Packages are imported when a logger is made.
"""

from __future__ import annotations

from parzen.loggers.base import Logger, StudyRecord, TrialRecord, log
from parzen.loggers.mlflow import MLflow
from parzen.loggers.table import CSV
from parzen.loggers.tensorboard import TensorBoard
from parzen.loggers.wandb import WandB

__all__ = ["CSV", "Logger", "MLflow", "StudyRecord", "TensorBoard", "TrialRecord", "WandB", "log"]
