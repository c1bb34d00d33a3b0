"""The experiments of Part I, planned and run on a tiny stand-in: files, metrics and facts are those of docs/records.md."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from bench.datasets.fashion.dataset import TEST_IMAGES, TRAIN_IMAGES
from bench.harness.task import Context, Outcome, Task
from bench.studies.assignment_2.config import StudyConfig
from store.errors import UsageError
from store.formats import read_arrays, read_table, read_weights
from tests.bench.rechecking.verification.tiny_study import write_images
from tests.bench.studies.assignment_2.experiments.records import stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.records import Stored

EXPERIMENTS = ("architecture", "fashion_data", "autoencoder", "reconstruction", "latent", "classifier")
TRAIN, TEST = 80, 50
CONFIG = StudyConfig.model_validate(
    {
        "seeds": [0, 1],
        "dataset": {"source": "sample"},
        "autoencoder": {"epochs": 2, "batch_size": 16},
        "classifier": {"epochs": 2, "batch_size": 16, "hidden_units": [12, 11]},
        "latent": {"perplexity": 5.0, "neighbours": 3, "metric_images": 40},
        "reconstruction": {"pairs": [0, 7], "noise_sweep": [0.0, 0.5]},
    }
)


@pytest.fixture(autouse=True)
def restored_switches() -> Iterator[None]:
    """Tasks configure the whole process: put its switches back."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four files with a bright square per image whose place is the class."""
    folder = tmp_path_factory.mktemp("fashion-mnist")
    write_images(folder, TRAIN, TEST)
    return folder


def quiet(_step: int, _total: int, **_values: float) -> None:
    """Nobody watches."""


def tasks(config: StudyConfig = CONFIG) -> dict[str, Task]:
    """Every task of Part I by id."""
    modules = (import_module(f"bench.studies.assignment_2.experiments.{name}") for name in EXPERIMENTS)
    return {task.key.id: task for module in modules for task in module.plan(config)}


def outcome_of(task: Task, data: Path, root: Path, upstream: dict[str, Stored] | None = None) -> Outcome:
    """Run one task in a scratch folder of its own."""
    scratch = root / "scratch" / task.key.id
    scratch.mkdir(parents=True, exist_ok=True)
    context = Context(task, "cpu", 1, dict.fromkeys(task.inputs, data), upstream or {}, scratch, quiet)
    outcome: Outcome = import_module(task.module).run(context)
    return outcome


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stored]:
    """The records of the three networks of seed 0."""
    root = tmp_path_factory.mktemp("trained")
    found = {}
    for variant in ("ae", "vae", "dae"):
        task = tasks()[f"autoencoder/{variant}/seed-0"]
        found[task.key.id] = stored(task, outcome_of(task, data, root), root)
    return found


def downstream(task_id: str, data: Path, trained: dict[str, Stored], root: Path) -> Stored:
    """Run the task on its upstream record and store it."""
    task = tasks()[task_id]
    outcome = outcome_of(task, data, root, {name: trained[name] for name in task.upstream})
    return stored(task, outcome, root)


def test_the_plan_covers_every_cell() -> None:
    """Six layer tables and one pixel latent once, and for both seeds the cut and three networks in four experiments."""
    found = tasks()
    seeded = {
        f"{experiment}/{variant}/seed-{seed}"
        for experiment in ("autoencoder", "reconstruction", "latent", "classifier")
        for variant in ("ae", "vae", "dae")
        for seed in (0, 1)
    }
    once = {f"architecture/{prefix}{variant}/once" for prefix in ("", "classifier-") for variant in ("ae", "vae", "dae")}
    assert set(found) == seeded | once | {"latent/pixels/once", "fashion_data/parts/seed-0", "fashion_data/parts/seed-1"}
    assert found["classifier/vae/seed-1"].upstream == ("autoencoder/vae/seed-1",)
    assert found["architecture/ae/once"].inputs == ()


def test_a_change_reaches_only_the_tasks_that_use_it() -> None:
    """Beta is the VAE's, the noise factor the DAE's, an epoch is no layer table's, evaluation values are no training's."""

    def changed(section: str, **values: object) -> set[str]:
        config = CONFIG.model_copy(update={section: getattr(CONFIG, section).model_copy(update=values)})
        before = tasks()
        return {name for name, task in tasks(config).items() if task.config != before[name].config}

    assert changed("vae", beta=0.1) == {"autoencoder/vae/seed-0", "autoencoder/vae/seed-1"}
    assert changed("dae", noise_factor=0.1) == {"autoencoder/dae/seed-0", "autoencoder/dae/seed-1"}
    assert {name.split("/")[0] for name in changed("autoencoder", epochs=9)} == {"autoencoder"}
    assert {name.split("/")[0] for name in changed("latent", perplexity=9.0)} == {"latent"}
    assert {name.split("/")[0] for name in changed("classifier", epochs=9)} == {"classifier"}
    assert "architecture/vae/once" not in changed("autoencoder", upsample="bilinear")


def test_planning_imports_no_torch() -> None:
    """A command that only plans answers at once."""
    code = (
        f"import sys, importlib; names = {EXPERIMENTS!r}\n"
        "for name in names: importlib.import_module(f'bench.studies.assignment_2.experiments.{name}')\n"
        "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[5]).returncode == 0


def test_the_parts_are_cut_as_the_trainings_cut_them(data: Path, trained: dict[str, Stored], tmp_path: Path) -> None:
    """The same images as the autoencoder of the seed has; noise apart, no image stands twice here."""
    outcome = outcome_of(tasks()["fashion_data/parts/seed-0"], data, tmp_path)
    training = trained["autoencoder/ae/seed-0"].record.result
    assert outcome.facts["split_digest"] == training.facts["split_digest"]
    assert [outcome.metrics[f"images_{part}"] for part in ("train", "validation", "test")] == [64, 16, 50]
    assert {value for name, value in outcome.metrics.items() if "copies" in name or "equal" in name} == {0}
    other = outcome_of(tasks()["fashion_data/parts/seed-1"], data, tmp_path)
    assert other.files["test_images.npz"] == outcome.files["test_images.npz"]
    path = tmp_path / "test_images.npz"
    path.write_bytes(outcome.files["test_images.npz"])
    shown, pixels = read_arrays(path), gzip.decompress((data / TEST_IMAGES).read_bytes())[16:]
    assert shown["index"].tolist() == [*range(50)]
    assert shown["pixels"].tobytes() == pixels


def test_images_in_two_parts_are_counted_and_listed(data: Path, tmp_path: Path) -> None:
    """A test image that is a training image, and one that nearly is, each with its number in its own file."""
    folder = tmp_path / "copied"
    shutil.copytree(data, folder)
    train, test = (gzip.decompress((folder / name).read_bytes()) for name in (TRAIN_IMAGES, TEST_IMAGES))
    near = bytes(pixel + 2 for pixel in train[16 + 784 : 16 + 2 * 784])
    (folder / TEST_IMAGES).write_bytes(gzip.compress(test[:16] + train[16 : 16 + 784] + near + test[16 + 2 * 784 :]))
    outcome = outcome_of(tasks()["fashion_data/parts/seed-0"], folder, tmp_path)
    counted = {name: value for name, value in outcome.metrics.items() if name.endswith("_test") and name != "images_test"}
    assert sum(value for name, value in counted.items() if name.startswith("equal")) == 1
    assert sum(value for name, value in counted.items() if name.startswith("near")) == 2
    path = tmp_path / "copies.parquet"
    path.write_bytes(outcome.files["copies.parquet"])
    rows = sorted(read_table(path).to_pylist(), key=lambda row: row["copy_index"])
    assert [(row["original_index"], row["copy_index"], row["rms_grey_levels"]) for row in rows] == [(0, 0, 0.0), (1, 1, 2.0)]


def test_layer_tables_are_documents(data: Path, tmp_path: Path) -> None:
    """The rows are JSON with every documented field; a classifier counts the frozen encoder and the head apart."""
    outcome = outcome_of(tasks()["architecture/classifier-vae/once"], data, tmp_path)
    rows = json.loads(outcome.files["layers.json"])
    assert [row["label"] for row in rows][-4:] == ["Flatten", "Dense 1", "Dense 2", "Dense 3"]
    fields = "label stage operation input_shape output_shape kernel stride padding output_padding activation parameters detail"
    assert all(set(row) == set(fields.split()) for row in rows)
    assert outcome.metrics["trainable_parameters"] == 20 * 12 + 12 + 12 * 11 + 11 + 11 * 10 + 10
    assert outcome.metrics["latent_values"] == 20
    assert outcome_of(tasks()["architecture/ae/once"], data, tmp_path).metrics == {
        "parameters": 86_801,
        "trainable_parameters": 86_801,
        "latent_values": 1152,
    }


@pytest.mark.parametrize(("variant", "terms"), [("ae", 1), ("dae", 1), ("vae", 3)])
def test_training_leaves_history_and_weights(trained: dict[str, Stored], variant: str, terms: int) -> None:
    """A row an epoch with every term for training and validation, the last one among the metrics."""
    record = trained[f"autoencoder/{variant}/seed-0"]
    history = read_table(record.file("history.parquet"))
    assert history["epoch"].to_pylist() == [1, 2]
    assert len(history.column_names) == 2 + 2 * terms
    result = record.record.result
    for name in history.column_names[1:]:
        assert result.metrics[name] == history[name].to_pylist()[-1]
    assert result.metrics["train_images"] == 64
    assert result.metrics["validation_images"] == 16
    assert result.facts["objective"] == ("loss_per_image" if variant == "vae" else "mse_per_pixel")
    values = sum(array.size for array in read_weights(record.file("weights.safetensors")).values())
    assert values == result.metrics["parameters"]
    if variant == "vae":
        assert result.metrics["validation_loss_sum"] == 16 * result.metrics["validation_loss_per_image"]


def test_all_variants_of_a_seed_share_the_cut(trained: dict[str, Stored]) -> None:
    """Their split digests are equal."""
    assert len({str(record.record.result.facts["split_digest"]) for record in trained.values()}) == 1


def test_two_runs_of_a_seed_are_identical(data: Path, trained: dict[str, Stored], tmp_path: Path) -> None:
    """Same task, same bytes."""
    task = tasks()["autoencoder/dae/seed-0"]
    again = stored(task, outcome_of(task, data, tmp_path), tmp_path)
    assert again.record.result_digest == trained[task.key.id].record.result_digest


def test_a_diverged_training_is_an_outcome(data: Path, tmp_path: Path) -> None:
    """An absurd learning rate gives status, reason and the history so far, and no weights."""
    task = tasks()["autoencoder/vae/seed-0"]
    section = task.config["autoencoder"]
    assert isinstance(section, dict)
    wild = replace(task, config={**task.config, "autoencoder": {**section, "learning_rate": 1e6}})
    outcome = outcome_of(wild, data, tmp_path)
    assert outcome.status == "diverged"
    assert "epoch 1" in outcome.reason
    assert set(outcome.files) == {"history.parquet", "chain.parquet", "chain_tensors.parquet"}
    assert np.isfinite(list(outcome.metrics.values())).all()


@pytest.mark.parametrize("variant", ["ae", "vae", "dae"])
def test_reconstruction_stores_errors_pairs_and_sweep(
    data: Path, trained: dict[str, Stored], variant: str, tmp_path: Path
) -> None:
    """The sweep at the standard factor is the mean of the stored errors; the pairs are those asked for."""
    record = downstream(f"reconstruction/{variant}/seed-0", data, trained, tmp_path)
    errors = read_table(record.file("errors.parquet")).to_pydict()
    sweep = read_table(record.file("robustness.parquet")).to_pydict()
    metrics = record.record.result.metrics
    assert errors["index"] == list(range(TEST))
    assert metrics["test_mse_per_pixel_noisy_input"] == pytest.approx(np.mean(errors["mse_per_pixel_noisy_input"]))
    assert sweep["noise_factor"] == [0.0, 0.5]
    assert sweep["mse_per_pixel"][1] == pytest.approx(metrics["test_mse_per_pixel_noisy_input"])
    assert sweep["mse_per_pixel"][0] == pytest.approx(metrics["test_mse_per_pixel_clean_input"])
    assert sweep["input_psnr_db"][0] is None
    arrays = read_arrays(record.file("pairs.npz"))
    assert arrays["index"].tolist() == [0, 7]
    assert set(arrays) == {"index", "label", "original", "noisy", "reconstruction", "reconstruction_of_noisy"}


def test_all_variants_of_a_seed_see_the_same_noise(data: Path, trained: dict[str, Stored], tmp_path: Path) -> None:
    """The noisy rows of the pairs are equal."""
    noisy = [
        read_arrays(downstream(f"reconstruction/{variant}/seed-0", data, trained, tmp_path).file("pairs.npz"))["noisy"]
        for variant in ("ae", "vae")
    ]
    assert np.array_equal(noisy[0], noisy[1])


def test_a_pair_beyond_the_images_is_named(data: Path, trained: dict[str, Stored], tmp_path: Path) -> None:
    """The error says which index and how many images there are."""
    task = tasks()["reconstruction/ae/seed-0"]
    section = task.config["reconstruction"]
    assert isinstance(section, dict)
    beyond = replace(task, config={**task.config, "reconstruction": {**section, "pairs": [3, TEST]}})
    with pytest.raises(UsageError, match=rf"test image {TEST}"):
        outcome_of(beyond, data, tmp_path, {name: trained[name] for name in task.upstream})


@pytest.mark.parametrize(("task_id", "values"), [("latent/vae/seed-0", 20), ("latent/pixels/once", 784)])
def test_latents_get_coordinates_and_scores(
    data: Path, trained: dict[str, Stored], task_id: str, values: int, tmp_path: Path
) -> None:
    """Float32 coordinates for every test image and each documented number."""
    record = downstream(task_id, data, trained, tmp_path)
    table = read_table(record.file("coordinates.parquet"))
    assert table.column_names == ["index", "label", "x", "y"]
    assert str(table.schema.field("x").type) == "float"
    metrics = record.record.result.metrics
    assert set(metrics) == {
        *("knn_accuracy_latent", "knn_accuracy_plane", "silhouette_latent", "silhouette_plane"),
        *("trustworthiness", "kl_divergence_tsne", "latent_values", "images"),
    }
    assert metrics["latent_values"] == values
    assert metrics["images"] == TEST


@pytest.mark.parametrize("variant", ["ae", "vae"])
def test_a_classifier_leaves_its_encoder_as_it_was(
    data: Path, trained: dict[str, Stored], variant: str, tmp_path: Path
) -> None:
    """Digests before and after are those of the trained encoder; scores follow from the stored predictions."""
    record = downstream(f"classifier/{variant}/seed-0", data, trained, tmp_path)
    result = record.record.result
    encoder = trained[f"autoencoder/{variant}/seed-0"].record.result.facts["encoder_digest"]
    assert result.facts == {"encoder_digest_before": encoder, "encoder_digest_after": encoder}
    predictions = read_table(record.file("predictions.parquet")).to_pydict()
    right = np.equal(predictions["label"], predictions["predicted"])
    assert result.metrics["test_accuracy"] == right.mean()
    counts = read_arrays(record.file("confusion.npz"))["counts"]
    assert np.trace(counts) == right.sum()
    history = read_table(record.file("history.parquet"))
    assert history.column_names == [
        *("epoch", "learning_rate", "train_cross_entropy", "train_accuracy"),
        *("validation_cross_entropy", "validation_accuracy"),
    ]
    latents = 1152 if variant == "ae" else 20
    assert result.metrics["trainable_parameters"] == latents * 12 + 12 + 12 * 11 + 11 + 11 * 10 + 10
    assert read_table(record.file("per_class.parquet")).num_rows == 10


@pytest.mark.real_data
@pytest.mark.campaign
def test_the_first_epoch_is_the_published_one(tmp_path: Path) -> None:
    """Full data, batch 32: train and validation MSE within 15 % of Figure 1's .0273 and .0146."""
    config = StudyConfig.model_validate({"autoencoder": {"epochs": 1}})
    outcome = outcome_of(tasks(config)["autoencoder/ae/seed-0"], Path(os.environ["BENCH_DATA_DIR"]) / "fashion-mnist", tmp_path)
    assert outcome.metrics["train_mse_per_pixel"] == pytest.approx(0.0273, rel=0.15)
    assert outcome.metrics["validation_mse_per_pixel"] == pytest.approx(0.0146, rel=0.15)
