"""On what each field of this study's records stands; docs/records.md has the same list, and a test edits every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.rechecking.verification.standing import Standing

# The first pattern that fits a field counts. What is "recomputed" follows from files of the record or of its upstream, from
# the configuration or from the seed; "cross-checked" needs another record of the run that says the same.
_SCENES: Mapping[str, Standing] = {
    "metrics.images_available": "trusted",
    "metrics.images_without_label": "trusted",
    "metrics.*": "recomputed",
    "facts.*": "recomputed",
    "images.parquet:*": "cross-checked",
    "objects.parquet:*": "cross-checked",
    "problems.parquet:*": "trusted",
    "shown.npz:pixels": "cross-checked",
    "shown.npz:*": "recomputed",
}
_CHAIN: Mapping[str, Standing] = {
    "chain.parquet:*": "recomputed",
    "chain_tensors.parquet:tensor": "recomputed",
    "chain_tensors.parquet:epoch": "recomputed",
    "chain_tensors.parquet:*": "trusted",
}
_HISTORY: Mapping[str, Standing] = {
    "history.parquet:epoch": "recomputed",
    "history.parquet:*": "trusted",
}
_TRAINED: Mapping[str, Standing] = {
    "metrics.gflops": "trusted",
    "metrics.*": "recomputed",
    "facts.arguments": "trusted",
    "facts.resumed_from_epochs": "trusted",
    "facts.*": "recomputed",
    "weights.safetensors": "trusted",
    "best.safetensors": "trusted",
    **_CHAIN,
    **_HISTORY,
    "layers.parquet:reason": "trusted",
    "layers.parquet:*": "recomputed",
    "predictions_*.parquet:*": "trusted",
}
FIELDS: Mapping[str, Mapping[str, Standing]] = {
    "architecture": {"metrics.*": "recomputed", "layers.json": "recomputed"},
    "fashion_data": {
        "metrics.images_test": "cross-checked",
        "metrics.*": "recomputed",
        "facts.*": "recomputed",
        "copies.parquet:*": "trusted",
        "test_images.npz:index": "recomputed",
        "test_images.npz:*": "trusted",
    },
    "autoencoder": {
        "metrics.*": "recomputed",
        "facts.objective": "recomputed",
        "facts.encoder_digest": "recomputed",
        "facts.split_digest": "cross-checked",
        "weights.safetensors": "recomputed",
        **_CHAIN,
        "history.parquet:learning_rate": "recomputed",
        **_HISTORY,
    },
    "reconstruction": {
        "metrics.sharpness_ratio": "trusted",
        "metrics.*": "recomputed",
        "errors.parquet:label": "cross-checked",
        "errors.parquet:*": "recomputed",
        "pairs.npz:*": "recomputed",
        "robustness.parquet:noise_factor": "recomputed",
        "robustness.parquet:input_*": "cross-checked",
        "robustness.parquet:*": "trusted",
    },
    "latent": {
        "metrics.knn_accuracy_plane": "recomputed",
        "metrics.silhouette_plane": "recomputed",
        "metrics.images": "recomputed",
        "metrics.latent_values": "cross-checked",
        "metrics.knn_accuracy_latent": "trusted",
        "metrics.silhouette_latent": "trusted",
        "metrics.trustworthiness": "trusted",
        "metrics.kl_divergence_tsne": "trusted",
        "coordinates.parquet:index": "recomputed",
        "coordinates.parquet:label": "cross-checked",
        "coordinates.parquet:*": "recomputed",
    },
    "classifier": {
        "metrics.*": "recomputed",
        "facts.*": "recomputed",
        "weights.safetensors": "recomputed",
        **_CHAIN,
        "history.parquet:learning_rate": "recomputed",
        **_HISTORY,
        "predictions.parquet:probability": "trusted",
        "predictions.parquet:*": "recomputed",
        "confusion.npz:counts": "recomputed",
        "per_class.parquet:*": "recomputed",
    },
    "detection_data": _SCENES,
    "donor_data": _SCENES,
    "detector": _TRAINED,
    "donor": _TRAINED,
    "detection": {
        "metrics.*": "recomputed",
        "facts.*": "recomputed",
        "per_class.parquet:*": "recomputed",
        "curves.parquet:*": "recomputed",
        "matched_iou.parquet:*": "recomputed",
        "confusion.npz:*": "recomputed",
    },
}
