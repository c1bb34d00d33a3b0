"""A whole study of invented numbers whose records follow docs/records.md, so that the report is tested without training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from store.alternatives import alternative_variant
from store.formats import array_bytes, document_bytes, table_bytes
from store.records import Draft, commit
from store.runs import write_run
from store.schema import Execution, Ingredients, Result, Run, RunEntry, TaskKey
from tests.report.configuration import PUBLISHED_CONFIG
from tests.report.detection_study import detection_tasks, donor_tasks, leakage_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from store.records import Stored

MODELS = ("ae", "vae", "dae")
Found = tuple[dict[str, float], dict[str, Any], dict[str, bytes]]  # metrics, facts, files of one record
DIGEST = "ab" * 32
LATENTS = {"ae": 1152, "vae": 20, "dae": 1152, "pixels": 784}
MACHINE = {"cpu": "Test CPU", "cores": 2, "gpu": None}
AE_ROWS = (
    ("Input", "input", "Image", (1, 28, 28)),
    ("Encoder 1", "encoder", "Conv2d", (8, 14, 14)),
    ("Encoder 2", "encoder", "Conv2d", (8, 14, 14)),
    ("Encoder 3", "encoder", "Conv2d", (16, 5, 5)),
    ("Encoder 4", "encoder", "Conv2d", (32, 5, 5)),
    ("Encoder 5", "encoder", "Conv2d", (128, 3, 3)),
    ("Decoder 1", "decoder", "ConvTranspose2d", (32, 5, 5)),
    ("Decoder 2", "decoder", "Conv2d", (16, 5, 5)),
    ("Decoder 3", "decoder", "ConvTranspose2d", (8, 14, 14)),
    ("Decoder 4", "decoder", "Conv2d", (8, 14, 14)),
    ("Decoder 5", "decoder", "Upsample + Conv2d", (1, 28, 28)),
    ("Output", "output", "Sigmoid", (1, 28, 28)),
)
VAE_ROWS = (
    ("Input", "input", "Image", (1, 28, 28)),
    ("Encoder 1", "encoder", "Conv2d", (8, 14, 14)),
    ("Encoder 2", "encoder", "Conv2d", (16, 7, 7)),
    ("Encoder 3", "encoder", "Conv2d", (32, 4, 4)),
    ("Bottleneck", "bottleneck", "Linear", (20,)),
    ("Reparameterization", "bottleneck", "Sample", (20,)),
    ("Decoder 1", "decoder", "Linear", (32, 4, 4)),
    ("Decoder 2", "decoder", "ConvTranspose2d", (16, 7, 7)),
    ("Decoder 3", "decoder", "ConvTranspose2d", (8, 14, 14)),
    ("Decoder 4", "decoder", "ConvTranspose2d", (1, 28, 28)),
    ("Output", "output", "Sigmoid", (1, 28, 28)),
)
HEAD = (
    ("Flatten", "head", "Flatten", (1152,)),
    ("Dense 1", "head", "Linear", (256,)),
    ("Dense 2", "head", "Linear", (128,)),
    ("Dense 3", "head", "Linear", (10,)),
)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a synthetic study is like. ``models`` may have others than the source's, which do as the AE does.

    ``broken`` maps task id to (status, reason), ``metrics`` to numbers that override its own, ``undefined`` to metrics that it
    lacks and names in its facts, ``edits`` to a function that changes metrics, facts and files together. ``alternatives``
    maps a value of the sensitivity study to the (experiment, model) that it touches.
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    models: tuple[str, ...] = MODELS
    images: int = 200
    config: Mapping[str, Any] = field(default_factory=lambda: PUBLISHED_CONFIG)
    broken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    undefined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    edits: Mapping[str, Callable[[Found], Found]] = field(default_factory=dict)
    alternatives: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """Which parts of the study the configuration runs."""
        return tuple(self.config["parts"])


def write_study(root: Path, spec: Spec | None = None) -> Run:
    """Commit every record of docs/records.md and the run manifest that names them."""
    spec = spec or Spec()
    stored = [_commit(root, spec, task, found) for task, found in _tasks(spec)]
    entries = [
        RunEntry(task=s.record.task, fingerprint=s.record.fingerprint, status=s.record.status, record_digest=s.record.digest)
        for s in stored
    ]
    fields = {
        "run_id": "synthetic-1",
        "profile": "synthetic",
        "config": {**spec.config, "seeds": list(spec.seeds)},
        "entries": [entry.model_dump(mode="json") for entry in entries],
        "command": ["python", "-m", "bench", "run"],
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    return write_run(root, fields)


def _tasks(spec: Spec) -> list[tuple[TaskKey, Found]]:
    return [
        *(_autoencoder_tasks(spec) if "autoencoders" in spec.parts else ()),
        *(detection_tasks(spec.seeds, spec.config["detection"]["dataset"]) if "detection" in spec.parts else ()),
        *(
            leakage_tasks(spec.seeds, spec.config["detection"]["dataset"])
            if "leakage" in spec.config.get("questions", ())
            else ()
        ),
        *(donor_tasks() if spec.config["detection"]["pretrained"] == "donor" else ()),
        *_sensitivity_tasks(spec),
    ]


def _sensitivity_tasks(spec: Spec) -> list[tuple[TaskKey, Found]]:
    """The tasks that each alternative of ``spec`` changes, as if it changed no number; ``spec.metrics`` can."""
    makers = {"autoencoder": _autoencoder, "reconstruction": _reconstruction, "latent": _latent, "classifier": _classifier}
    return [
        (
            TaskKey(experiment=experiment, variant=alternative_variant(model, alternative), seed=seed),
            makers[experiment](model, seed, spec.images),
        )
        for alternative, cells in spec.alternatives.items()
        for experiment, model in cells
        for seed in spec.seeds[: spec.config["sensitivity"]["seeds"]]
    ]


def _fashion_data(_model: str, _seed: int, _images: int) -> Found:
    pairs = (("train", "validation", 9), ("train", "test", 6), ("validation", "test", 1))
    metrics: dict[str, float] = {"images_train": 48000, "images_validation": 12000, "images_test": 10000}
    metrics |= {f"near_copies_{one}_{other}": count for one, other, count in pairs}
    metrics |= {f"equal_images_{one}_{other}": 0 for one, other, _ in pairs}
    table = {
        "original_part": [one for one, _, count in pairs for _ in range(count)],
        "original_index": [number for _, _, count in pairs for number in range(count)],
        "copy_part": [other for _, other, count in pairs for _ in range(count)],
        "copy_index": [number for _, _, count in pairs for number in range(count)],
        "rms_grey_levels": [3.0] * 16,
        "same_label": [True] * 16,
    }
    facts = {"split_digest": DIGEST, "near_rms_grey_levels": 4.0}
    shown = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    pictures = array_bytes({"index": np.arange(0, 120, 2), "pixels": shown})
    return metrics, facts, {"copies.parquet": table_bytes(table), "test_images.npz": pictures}


def _autoencoder_tasks(spec: Spec) -> list[tuple[TaskKey, Found]]:
    tasks = [(TaskKey(experiment="architecture", variant=name), _architecture(name)) for name in _networks(spec)]
    tasks += [(TaskKey(experiment="fashion_data", variant="parts", seed=s), _fashion_data("", s, 0)) for s in spec.seeds]
    tasks.append((TaskKey(experiment="latent", variant="pixels"), _latent("pixels", 0, spec.images)))
    for seed in spec.seeds:
        for model in spec.models:
            for experiment, make in (
                ("autoencoder", _autoencoder),
                ("reconstruction", _reconstruction),
                ("classifier", _classifier),
            ):
                tasks.append((TaskKey(experiment=experiment, variant=model, seed=seed), make(model, seed, spec.images)))
            tasks.append((TaskKey(experiment="latent", variant=model, seed=seed), _latent(model, seed, spec.images)))
    return tasks


def _commit(root: Path, spec: Spec, task: TaskKey, found: Found) -> Stored:
    metrics, facts, files = spec.edits[task.id](found) if task.id in spec.edits else found
    status, reason = spec.broken.get(task.id, ("ok", ""))
    if status == "ok":
        metrics, absent = {**metrics, **spec.metrics.get(task.id, {})}, spec.undefined.get(task.id, ())
        facts = facts | {"undefined_metrics": list(absent)} if absent else facts
        result = Result(status="ok", metrics={name: metrics[name] for name in metrics if name not in absent}, facts=facts)
    else:
        result = Result(status=status, reason=reason)
        files = {"traceback.txt": f"Traceback of {task.id}\n".encode()} if status == "failed" else {}
    ingredients = Ingredients(
        config={},
        code={"m": DIGEST},
        inputs={"fashion-mnist": DIGEST},
        upstream={},
        environment={"device": "cpu", "torch": "2.13.0"},
    )
    return commit(root, Draft(task, ingredients, result, files, execution(), frozenset({"timing.json"} & files.keys())))


def execution() -> Execution:
    """Where and when an invented record was computed."""
    packages = {"torch": "2.13.0", "numpy": "2.0.0", "some-dependency": "1.0"}
    return Execution(
        started_at="2026-01-01T00:00:00+00:00",
        duration_s=12.5,
        peak_memory_bytes=300 << 20,
        machine=MACHINE,
        packages=packages,
        git_commit="0123abc",
        git_dirty=False,
    )


def _networks(spec: Spec) -> tuple[str, ...]:
    return (*spec.models, *(f"classifier-{model}" for model in spec.models))


def _like(model: str) -> str:
    """Whose numbers a model has."""
    return model if model in LATENTS else "ae"


def _architecture(network: str) -> Found:
    model = network.removeprefix("classifier-")
    rows = VAE_ROWS if model == "vae" else AE_ROWS
    if network != model:
        rows = (
            *(row for row in rows if row[1] in {"input", "encoder", "bottleneck"} and row[0] != "Reparameterization"),
            *HEAD,
        )
    layers, before = [], (1, 28, 28)
    for label, stage, operation, shape in rows:
        plain = stage == "input" or operation in {"Sigmoid", "Flatten", "Sample"}
        layers.append(
            {
                "label": label,
                "stage": stage,
                "operation": operation,
                "input_shape": list(before),
                "output_shape": list(shape),
                "kernel": None if plain or operation == "Linear" else 3,
                "stride": None if plain or operation == "Linear" else 2,
                "padding": None if plain or operation == "Linear" else 1,
                "output_padding": None,
                "activation": None if plain else "ReLU",
                "parameters": 0 if plain else 80,
                "detail": {},
            }
        )
        before = shape
    metrics = {"parameters": 86801, "trainable_parameters": 86801, "latent_values": LATENTS[_like(model)]}
    return metrics, {}, {"layers.json": document_bytes(layers)}


def _autoencoder(model: str, seed: int, _: int) -> Found:
    epochs = np.arange(1, 26)
    level = {"ae": 0.005, "vae": 20.0, "dae": 0.014}[_like(model)] * (1 + 0.01 * seed)
    train, validation = level * (1 + 2.0 / epochs), 1.01 * level * (1 + 1.8 / epochs)
    names = ("loss_per_image", "sse_per_image", "kl_nats_per_image") if model == "vae" else ("mse_per_pixel",)
    table: dict[str, Any] = {"epoch": epochs, "learning_rate": np.full(25, 1e-3)}
    for position, name in enumerate(names):
        share = (1.0, 0.7, 0.6)[position]
        table[f"train_{name}"], table[f"validation_{name}"] = share * train, share * validation
    metrics = {name: float(column[-1]) for name, column in table.items() if name != "epoch"}
    metrics |= {"best_epoch": 25, "train_images": 48000, "validation_images": 12000, "parameters": 86801}
    if model == "vae":
        metrics["validation_loss_sum"] = 12000 * metrics["validation_loss_per_image"]
    facts = {"objective": names[0], "encoder_digest": DIGEST, "split_digest": DIGEST}
    return metrics, facts, {"history.parquet": table_bytes(table), "weights.safetensors": f"{model} {seed}".encode()}


def _reconstruction(model: str, seed: int, images: int) -> Found:
    random = np.random.default_rng([seed, MODELS.index(_like(model))])
    clean_level, noisy_level = {"ae": (0.005, 0.040), "vae": (0.020, 0.030), "dae": (0.010, 0.014)}[_like(model)]
    clean, noisy = (random.lognormal(np.log(level), 0.3, images) for level in (clean_level, noisy_level))
    errors = {"index": np.arange(images), "label": np.arange(images) % 10}
    errors |= {"mse_per_pixel_clean_input": clean, "mse_per_pixel_noisy_input": noisy}
    metrics: dict[str, float] = {}
    for which, values in (("clean", clean), ("noisy", noisy)):
        metrics[f"test_mse_per_pixel_{which}_input"] = float(values.mean())
        metrics[f"median_mse_per_pixel_{which}_input"] = float(np.median(values))
        metrics[f"p95_mse_per_pixel_{which}_input"] = float(np.quantile(values, 0.95))
    metrics["noise_removed_fraction"] = {"ae": 0.6, "vae": 0.7, "dae": 0.87}[_like(model)] + 0.001 * seed
    metrics["sharpness_ratio"] = {"ae": 0.8, "vae": 0.4, "dae": 0.7}[_like(model)] + 0.001 * seed
    files = {"errors.parquet": table_bytes(errors), "robustness.parquet": table_bytes(_sweep(clean_level, noisy_level))}
    return metrics, {}, {**files, "pairs.npz": array_bytes(_pairs(random))}


def _sweep(clean: float, noisy: float) -> dict[str, Any]:
    factor = np.linspace(0, 0.8, 9).round(1)
    mse = clean + (noisy - clean) * factor / 0.5
    given = 0.2 * factor**2
    psnr = [None, *(float(value) for value in -10 * np.log10(given[1:]))]
    return {
        "noise_factor": factor,
        "mse_per_pixel": mse,
        "psnr_db": -10 * np.log10(mse),
        "ssim": 0.95 - 0.6 * factor * noisy / 0.04,
        "input_mse_per_pixel": given,
        "input_psnr_db": psnr,
        "input_ssim": 1 - 0.9 * factor,
    }


def _pairs(random: np.random.Generator) -> dict[str, Any]:
    ramp = np.clip(np.hypot(*np.mgrid[-1:1:28j, -1:1:28j]), 0, 1).astype(np.float32)
    shades = np.stack([1 - ramp * (0.5 + 0.05 * position) for position in range(10)])
    original = (np.round(255 * shades) / 255).astype(np.float32)
    noisy = np.clip(original + random.normal(0, 0.5, original.shape), 0, 1).astype(np.float32)
    blurred = (0.9 * original + 0.05).astype(np.float32)
    index = np.arange(10)
    return {
        "index": index,
        "label": index,
        "original": original,
        "noisy": noisy,
        "reconstruction": blurred,
        "reconstruction_of_noisy": blurred,
    }


def _latent(space: str, seed: int, images: int) -> Found:
    random = np.random.default_rng([7, seed])
    label = np.arange(images) % 10
    angle = 2 * np.pi * label / 10
    table = {"index": np.arange(images), "label": label}
    table |= {
        name: (30 * f(angle) + random.normal(0, 4, images)).astype(np.float32) for name, f in (("x", np.cos), ("y", np.sin))
    }
    level = {"ae": 0.85, "vae": 0.80, "dae": 0.83, "pixels": 0.81}[_like(space)] + 0.001 * seed
    metrics = {"knn_accuracy_latent": level, "knn_accuracy_plane": level - 0.02, "silhouette_latent": level - 0.7}
    metrics |= {"silhouette_plane": level - 0.6, "trustworthiness": 0.98, "kl_divergence_tsne": 1.5}
    metrics |= {"latent_values": LATENTS[_like(space)], "images": 5000}
    return metrics, {}, {"coordinates.parquet": table_bytes(table)}


def _classifier(model: str, seed: int, _: int) -> Found:
    epochs = np.arange(1, 11)
    level = {"ae": 0.881, "vae": 0.872, "dae": 0.868}[_like(model)] + 0.0005 * seed
    history = {"epoch": epochs, "learning_rate": np.full(10, 1e-3)}
    history |= {"train_cross_entropy": 0.3 + 0.3 / epochs, "validation_cross_entropy": 0.32 + 0.1 / epochs}
    history |= {"train_accuracy": level + 0.02 - 0.1 / epochs, "validation_accuracy": level + 0.01 - 0.05 / epochs}
    counts = np.full((10, 10), 10) + np.eye(10, dtype=np.int64) * 900
    per_class = {"label": np.arange(10), "support": np.full(10, 1000)}
    per_class |= {name: np.full(10, level) for name in ("precision", "recall", "f1")}
    right = np.arange(10000) < round(10000 * level)
    label = np.arange(10000) % 10
    predictions = {"index": np.arange(10000), "label": label, "predicted": np.where(right, label, (label + 1) % 10)}
    metrics = {"test_accuracy": float(right.mean()), "macro_precision": level, "macro_recall": level, "macro_f1": level - 0.001}
    metrics |= {name: float(column[-1]) for name, column in history.items() if name != "epoch"}
    metrics |= {"trainable_parameters": 148874, "test_images": 10000}
    files = {
        "history.parquet": table_bytes(history),
        "predictions.parquet": table_bytes({**predictions, "probability": np.full(10000, 0.9)}),
        "confusion.npz": array_bytes({"counts": counts}),
        "per_class.parquet": table_bytes(per_class),
        "weights.safetensors": f"{model} {seed}".encode(),
    }
    return metrics, {"encoder_digest_before": DIGEST, "encoder_digest_after": DIGEST}, files
