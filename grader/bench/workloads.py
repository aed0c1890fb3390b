"""What `prep bench solutions` times: every reference that does real work, at several sizes."""

from __future__ import annotations

from grader.bench import (
    alignment,
    backprop,
    compression,
    compute_budget,
    data_quality,
    data_scarcity,
    generation,
    gradient_descent,
    hyperparameters,
    metrics,
    overfitting,
    transformer,
)
from grader.bench.contest import Workload

_COUNTS = (10**3, 10**4, 10**5, 10**6)
_ROWS = (10**2, 10**3, 10**4, 10**5)
_MANY, _MORE = (10**7,), (10**6,)

WORKLOADS = (
    Workload("metrics", "roc_auc", "scores", _COUNTS, metrics.roc_auc, _MANY),
    Workload("metrics", "average_precision", "scores", _COUNTS, metrics.average_precision, _MANY),
    Workload("metrics", "confusion_matrix", "labels", _COUNTS, metrics.confusion_matrix, _MANY),
    Workload("metrics", "fbeta_score", "labels", _COUNTS, metrics.fbeta_score, _MANY),
    Workload("backprop", "mlp_epoch", "rows", (1_000, 10_000), backprop.mlp_epoch),
    Workload("data_scarcity", "affine_warp", "images", (1, 10, 100, 1_000), data_scarcity.affine_warp, (10_000,)),
    Workload("overfitting", "ridge_fit", "rows", _ROWS, overfitting.ridge_fit, _MORE),
    Workload("overfitting", "lasso_ista", "rows", _ROWS, overfitting.lasso_ista, _MORE),
    Workload("gradient_descent", "logistic_regression", "rows", _ROWS, gradient_descent.logistic_regression, _MORE),
    Workload("gradient_descent", "adam", "weights", _COUNTS, gradient_descent.adam, _MANY),
    Workload("gradient_descent", "adamw", "weights", _COUNTS, gradient_descent.adamw, _MANY),
    Workload("gradient_descent", "minibatch_gd", "rows", _COUNTS[:3], gradient_descent.minibatch_gd),
    Workload("data_quality", "cohen_kappa", "labels", _COUNTS, data_quality.cohen_kappa, _MANY),
    Workload("data_quality", "standardize", "rows", _ROWS, data_quality.standardize, _MORE),
    Workload("data_quality", "near_duplicates", "texts", (100, 200, 400), data_quality.near_duplicates),
    Workload("data_quality", "median_impute", "rows", _ROWS, data_quality.median_impute, _MORE),
    Workload(
        "compute_budget", "online_softmax", "columns", (10**3, 10**4, 10**5), compute_budget.online_softmax, _MORE
    ),
    Workload("hyperparameters", "stratified_kfold", "rows", _COUNTS, hyperparameters.stratified_kfold),
    Workload("hyperparameters", "parameter_grid", "points", _COUNTS[:3], hyperparameters.parameter_grid),
    Workload("compression", "int8_matmul", "rows", (64, 256, 512), compression.int8_matmul),
    Workload("compression", "decode_step", "tokens", (128, 1_024, 4_096), compression.decode_step),
    Workload("transformer", "attention", "tokens", (128, 512, 2_048), transformer.attention),
    Workload(
        "transformer", "grouped_query_attention", "tokens", (1_024, 4_096, 16_384), transformer.grouped_query_attention
    ),
    Workload("transformer", "swiglu", "tokens", (16, 128, 1_024), transformer.swiglu),
    Workload("generation", "top_p_filter", "tokens", (10**3, 10**4, 10**5), generation.top_p_filter, _MORE),
    Workload("alignment", "response_log_prob", "rows", (1, 4, 16), alignment.response_log_prob, (64,)),
    Workload("alignment", "info_nce", "pairs", (128, 512, 2_048), alignment.info_nce, (8_192,)),
)
