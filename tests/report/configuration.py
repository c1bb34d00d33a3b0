"""The published configuration as a run manifest has it, and how tests depart from it."""

from __future__ import annotations

from typing import Any

PUBLISHED_CONFIG: dict[str, Any] = {
    "seeds": [0],
    "parts": ["autoencoders"],
    "dataset": {"source": "full", "validation_fraction": 0.2},
    "autoencoder": {"epochs": 25, "batch_size": 32, "learning_rate": 1e-3, "upsample": "nearest"},
    "vae": {"latent_dim": 20, "beta": 0.5},
    "dae": {"noise_factor": 0.5},
    "reconstruction": {
        "pairs": list(range(10)),
        "noise_factor": 0.5,
        "noise_sweep": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
    },
    "latent": {"random_state": 42, "perplexity": 30.0, "neighbours": 10, "metric_images": 5000},
    "classifier": {"epochs": 10, "batch_size": 64, "learning_rate": 1e-3, "hidden_units": [256, 128]},
    "detection": {
        "dataset": "kitti",
        "images": 500,
        "ids": [],
        "split": "random",
        "validation_fraction": 0.2,
        "car": ["Car"],
        "person": ["Pedestrian", "Person_sitting"],
        "cyclist": ["Cyclist"],
        "image_size": 416,
        "batch_size": 16,
        "epochs": 50,
        "arms": ["scratch-car", "transfer-3class", "transfer-car", "scratch-3class"],
        "strict_labels": False,
        "network": "yolov5s",
        "pretrained": "coco",
        "optimizer": "SGD",
        "learning_rate": 0.01,
        "nominal_batch_size": 64,
    },
    "donor": {"images": 120, "epochs": 16, "seed": 0},
    "execution": {"device": "cpu", "threads": 1},
}


def changed_config(section: str, key: str, value: object) -> dict[str, Any]:
    """The published configuration with one value changed."""
    return {**PUBLISHED_CONFIG, section: {**PUBLISHED_CONFIG[section], key: value}}


def with_detection(config: dict[str, Any] = PUBLISHED_CONFIG) -> dict[str, Any]:
    """The configuration with both parts of the study."""
    return {**config, "parts": ["autoencoders", "detection"]}
