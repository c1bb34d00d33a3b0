"""``bench verify`` from the command line, and the edits that only a recomputation finds, one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.cli import main
from bench.rechecking.verification.command import verify_facts
from store.formats import document_bytes, read_table, read_weights, table_bytes, weight_bytes
from store.records import MANIFEST
from tests.bench.rechecking.verification.forgery import Fields, forge, read, write_sealed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.rechecking.verification.conftest import Store
    from tests.bench.rechecking.verification.remembered import Remembering

pytestmark = pytest.mark.campaign


def found(store: Store, *, everything: bool = False) -> str:
    """Every problem on a line of its own."""
    return "\n".join(problem["what"] for problem in verify_facts(store.root, None, everything=everything)["problems"])


def test_sound_run_is_exit_0_and_damage_exit_3(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """People read what, where and cure of each problem and a summary; programs get them as fields."""
    arguments = ["verify", "--artifacts", str(store.root)]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1].startswith("sound: quick-")
    assert "taken on trust, as nothing stored tells it" in out
    assert "  latent: metrics.knn_accuracy_latent" in out
    path = store.folder("reconstruction/ae/seed-0") / "errors.parquet"
    path.write_bytes(b"")
    assert main(arguments) == 3
    out = capsys.readouterr().out
    assert f"where: {path}" in out
    assert "2 problems: quick-" in out  # the digest and the size
    assert "(1 records not recomputed)" in out
    assert main([*arguments, "--json"]) == 3
    facts = json.loads(capsys.readouterr().out)
    assert (facts["sound"], facts["problems"][0]["where"]) == (False, str(path))


def test_no_run_and_unknown_run_are_exit_1(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to verify is a mistake, not a sound store."""
    assert main(["verify", "--artifacts", str(tmp_path)]) == 1
    assert "make one: nox -s bench" in capsys.readouterr().err
    assert main(["verify", "--artifacts", str(store.root), "--run", "../.."]) == 1
    assert "choose one of: quick-" in capsys.readouterr().err


def test_without_a_pointer_every_run_is_looked_at(store: Store) -> None:
    """A lost pointer is one problem and hides no other."""
    (store.root / "runs" / "latest").unlink()
    (store.folder("latent/ae/seed-0") / "coordinates.parquet").unlink()
    text = found(store)
    assert "pointer to the latest run" in text
    assert "coordinates.parquet of latent/ae/seed-0 is missing" in text


def test_record_of_no_run_is_checked_with_all(store: Store) -> None:
    """A record that no run names is part of the store all the same."""
    folder = store.folder("architecture/ae/once")
    stray = folder.with_name("0" * 16)
    stray.mkdir()
    (stray / MANIFEST).write_bytes((folder / MANIFEST).read_bytes())
    assert found(store) == ""
    assert "lies in a folder that is not its own" in found(store, everything=True)
    (stray / MANIFEST).unlink()
    stray.rmdir()


def test_records_without_a_run_are_verified(store: Store) -> None:
    """A run that was killed before its end leaves records and no manifest: they are recomputed all the same."""
    forge(store.root, store.folder("classifier/ae/seed-0"), lambda fields: fields["result"]["metrics"].update(macro_f1=0.99))
    for path in (store.root / "runs").rglob("*"):
        if path.is_file():
            path.unlink()
    facts = verify_facts(store.root, None)
    assert (facts["runs"], facts["records"], facts["not_recomputed"]) == ([], 33, [])
    assert [problem["what"].partition(" is ")[0] for problem in facts["problems"]] == ["metric macro_f1"]


def test_edited_number_is_named_with_both_values(store: Store) -> None:
    """An unsealed edit breaks the digest, and the recomputation says which number it was."""
    path = store.folder("classifier/vae/seed-0") / MANIFEST
    fields = read(path)
    fields["result"]["metrics"]["test_accuracy"] = 0.99
    path.write_text(json.dumps(fields))
    text = found(store)
    assert "record.json was altered: its digest does not match" in text
    assert "metric test_accuracy is 0.99 on record" in text


@pytest.mark.parametrize(
    ("task", "fact", "value", "expected"),
    [
        ("autoencoder/ae/seed-0", "encoder_digest", "0" * 64, "fact encoder_digest"),
        ("autoencoder/dae/seed-0", "split_digest", "0" * 64, "fact split_digest"),
        ("autoencoder/vae/seed-0", "objective", "mse_per_pixel", "fact objective"),
        ("classifier/ae/seed-0", "encoder_digest_after", "0" * 64, "fact encoder_digest_after"),
        ("detection_data/3class/seed-0", "split_digest", "0" * 64, "fact split_digest"),
        ("detector/scratch-3class/seed-0", "class_names", ["car"], "fact class_names"),
        ("detector/scratch-3class/seed-0", "pretrained", {"source": "x"}, "fact pretrained is given"),
    ],
)
def test_forged_fact_is_found(store: Store, task: str, fact: str, value: object, expected: str) -> None:
    """A fact that a file, a weight or another record speaks against."""
    forge(store.root, store.folder(task), lambda fields: fields["result"]["facts"].update({fact: value}))
    assert expected in found(store)


def test_forged_duration_is_found(store: Store) -> None:
    """The timings of a record hold its duration too."""
    forge(store.root, store.folder("latent/vae/seed-0"), lambda fields: fields["execution"].update(duration_s=0.001))
    assert "execution.duration_s is 0.001 on record" in found(store)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("autoencoder", "epochs", 25),
        ("detection", "image_size", 416),
        ("latent", "perplexity", 30.0),
        ("dae", "noise_factor", 0.1),
    ],
)
def test_forged_configuration_of_a_run_is_found(store: Store, section: str, key: str, value: float) -> None:
    """A run that claims other settings than its records were made with."""
    (path,) = (store.root / "runs").glob("*/run.json")
    fields = read(path)
    fields["config"][section][key] = value
    write_sealed(path, fields)
    assert f"config {section}.{key}" in found(store)


def test_forged_seeds_of_a_run_are_found(store: Store) -> None:
    """A run that claims seeds it has no records of."""
    (path,) = (store.root / "runs").glob("*/run.json")
    fields = read(path)
    fields["config"]["seeds"] = [0, 1]
    write_sealed(path, fields)
    assert "task classifier/ae/seed-1 in the run's configuration" in found(store)


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", table_bytes({"index": ["a"]}), table_bytes({"x": [None]}), document_bytes([])]
)
@pytest.mark.parametrize(
    "place",
    [
        "classifier/ae/seed-0/predictions.parquet",
        "reconstruction/ae/seed-0/pairs.npz",
        "autoencoder/ae/seed-0/weights.safetensors",
        "architecture/ae/once/layers.json",
        "detection_data/3class/seed-0/objects.parquet",
        "detection/scratch-3class/seed-0/confusion.npz",
    ],
)
def test_sealed_garbage_is_a_problem_and_no_crash(store: Store, verifier: Remembering, place: str, content: bytes) -> None:
    """A file may hold anything and still have the digest that its manifest gives."""
    task, _, name = place.rpartition("/")
    folder = store.folder(task)
    (folder / name).write_bytes(content)
    forge(store.root, folder, lambda _fields: None)
    assert verifier.verify(store.root)["problems"] != []


def test_better_predictions_need_a_better_record(store: Store) -> None:
    """Predictions that were corrected by hand do not give the record's scores any more."""
    folder = store.folder("detector/scratch-3class/seed-0")
    columns = {"image": ["x"], "class_index": [0], "score": [0.9], "x1": [0.0], "y1": [0.0], "x2": [5.0], "y2": [5.0]}
    (folder / "predictions_last.parquet").write_bytes(table_bytes(columns))

    def edit(fields: Fields) -> None:
        fields["result"]["metrics"]["best_epoch"] = 1

    forge(store.root, folder, edit)
    text = found(store)
    assert "sha256 of predictions_best.parquet" in text
    assert "which is no validation image" in text


@pytest.mark.parametrize("task", ["autoencoder/vae/seed-0", "classifier/dae/seed-0"])
def test_weights_of_another_training_are_found(store: Store, task: str) -> None:
    """The chain of digests ends in the weights that are stored, tensor by tensor."""
    folder = store.folder(task)
    weights = read_weights(folder / "weights.safetensors")
    name = max(weights)
    (folder / "weights.safetensors").write_bytes(weight_bytes({**weights, name: weights[name] + np.float32(1)}))
    forge(store.root, folder, lambda _fields: None)
    assert "tensors of the last epoch of chain_tensors.parquet" in found(store)


def test_broken_chain_is_found(store: Store) -> None:
    """A link that does not follow from the one before, and a chain that is too short for the history."""
    folder = store.folder("detector/scratch-3class/seed-0")
    columns = read_table(folder / "chain.parquet").to_pydict()
    (folder / "chain.parquet").write_bytes(table_bytes({**columns, "rng": ["0" * 64, *columns["rng"][1:]]}))
    forge(store.root, folder, lambda _fields: None)
    assert "does not follow from its own digests at epoch 0" in found(store)
    (folder / "chain.parquet").write_bytes(table_bytes({name: column[:1] for name, column in columns.items()}))
    forge(store.root, folder, lambda _fields: None)
    assert "rows of chain.parquet is 1 on record, 2 recomputed" in found(store)
