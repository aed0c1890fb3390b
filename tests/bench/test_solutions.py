"""`prep bench solutions`: everybody does the same task, and what is measured is written down.

No test looks at a time.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import ROOT

from grader import backends
from grader.bench import solutions
from grader.bench.contest import GAP, Contest, Workload, fewest_steps, installed, loosest
from grader.bench.solutions import Figures, Row, gpu_wins
from grader.bench.timing import Ceiling, Time
from grader.bench.workloads import WORKLOADS
from grader.cli import main
from grader.course.catalogue import find_lesson
from grader.course.right_answers import references

PEERS = {
    "roc_auc": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "average_precision": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "confusion_matrix": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "fbeta_score": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "mlp_epoch": {"scikit-learn": "sklearn", "torch": "torch", "products alone": "numpy"},
    "affine_warp": {"scipy-ndimage": "scipy", "opencv": "cv2", "torch": "torch"},
    "ridge_fit": {"scikit-learn": "sklearn"},
    "lasso_ista": {"scikit-learn": "sklearn"},
    "logistic_regression": {"scikit-learn": "sklearn"},
    "adam": {"torch": "torch", "torch-fused": "torch"},
    "minibatch_gd": {"torch": "torch"},
    "online_softmax": {"scipy": "scipy", "torch": "torch"},
