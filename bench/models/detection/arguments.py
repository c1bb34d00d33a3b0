"""Every argument of the trainer that can change its numbers, and where each value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from bench.models.detection.training import Request

# The defaults of the package, written out, with the exceptions that a comment explains.
ARGUMENTS: dict[str, object] = {
    "task": "detect",
    "mode": "train",
    "pretrained": False,  # this module loads the pretrained tensors itself
    "lrf": 0.01,
    "momentum": 0.937,
    "weight_decay": 0.0005,
    "warmup_epochs": 3.0,
    "warmup_momentum": 0.8,
    "warmup_bias_lr": 0.1,
    "cos_lr": False,
    "box": 7.5,
    "cls": 0.5,
    "dfl": 1.5,
    "hsv_h": 0.015,
    "hsv_s": 0.7,
    "hsv_v": 0.4,
    "degrees": 0.0,
    "translate": 0.1,
    "scale": 0.5,
    "shear": 0.0,
    "perspective": 0.0,
    "flipud": 0.0,
    "fliplr": 0.5,
    "mosaic": 1.0,
    "mixup": 0.0,
    "copy_paste": 0.0,
    "close_mosaic": 10,
    "conf": 0.001,
    "iou": 0.7,  # of non-maximum suppression, the package's default for validation
    "max_det": 300,
    "rect": False,
    "patience": 0,  # no early stop: every arm trains for all its epochs
    "deterministic": True,
    "workers": 0,  # worker processes would make the order of random numbers depend on their number
    "amp": False,  # half precision changes the numbers, and its check downloads a model
    "cache": False,
    "channels_last": False,  # the package's choice depends on the device
    "val": True,
    "save": True,  # calls save_model below
    "plots": False,
    "verbose": True,
    "exist_ok": True,
}
_BIASES_FROM_ZERO = {"warmup_bias_lr": 0.0}  # as the package has it where it chooses AdamW: 0.1 is SGD's
_PLACES = ("data", "project", "name", "save_dir", "device")  # of this machine: no part of what was computed
# Settings of the package that send or write something elsewhere.
OFF = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")


def arguments_of(request: Request) -> dict[str, object]:
    """The trainer's arguments for this request; all files go below ``request.folder``."""
    return {
        **ARGUMENTS,
        **({} if request.optimizer == "SGD" else _BIASES_FROM_ZERO),
        "model": network_file(request.network),
        "optimizer": request.optimizer,
        "lr0": request.learning_rate,
        "nbs": request.nominal_batch_size,
        "data": str(request.data),
        "project": str(request.folder),
        "name": "trainer",
        "device": request.device.removeprefix("cuda:") if request.device != "cuda" else "0",
        "imgsz": request.image_size,
        "batch": request.batch_size,
        "epochs": request.epochs,
        "seed": request.seed,
    }


def network_file(network: str) -> str:
    """The package's description of the network."""
    return f"{network}.yaml"


def recorded(resolved: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Every argument as the trainer resolved it, the package's own defaults included, without places."""
    return {name: value for name, value in resolved.items() if name not in _PLACES}
