"""Records are written whole or not at all, and any altered byte is found and named."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

import pytest

from store.canonical import digest, readable_json
from store.errors import IntegrityError, StoreError
from store.records import MANIFEST, Draft, check_files, commit, folder_of, load, records_of, sweep, write_atomic
from store.schema import Execution, Ingredients, Result, TaskKey, seal

if TYPE_CHECKING:
    from pathlib import Path

KEY = TaskKey(experiment="autoencoder", variant="ae", seed=0)


def draft(*, status: str = "ok", seconds: float = 1.0, weight: bytes = b"weights", config: int = 1) -> Draft:
    """A small record about to be written."""
    execution = Execution(
        started_at="2026-01-01T00:00:00+00:00",
        duration_s=seconds,
        peak_memory_bytes=1,
        machine={},
        packages={},
        git_commit=None,
        git_dirty=None,
    )
    ingredients = Ingredients(config={"epochs": config}, code={}, inputs={}, upstream={}, environment={})
    result = Result.model_validate({"status": status, "metrics": {"mse_per_pixel": 0.1 + 0.2}})
    files = {"weights.bin": weight, "timing.json": str(seconds).encode()}
    return Draft(KEY, ingredients, result, files, execution, frozenset({"timing.json"}))


def test_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """Numbers keep full precision and every file its bytes."""
    stored = commit(tmp_path, draft())
    again = load(stored.folder)
    check_files(again)
    assert again.record == stored.record
    assert again.record.result.metrics["mse_per_pixel"] == 0.1 + 0.2
    assert again.file("weights.bin").read_bytes() == b"weights"


def test_timing_is_no_part_of_the_result(tmp_path: Path) -> None:
    """Two runs of one computation agree in their result digest although they took different times."""
    first = commit(tmp_path / "a", draft(seconds=1.0)).record
    second = commit(tmp_path / "b", draft(seconds=2.0)).record
    other = commit(tmp_path / "c", draft(weight=b"other")).record
    assert first.result_digest == second.result_digest != other.result_digest
    assert first.digest != second.digest


@pytest.mark.parametrize("name", ["weights.bin", "timing.json"])
def test_flipped_byte_in_a_file_is_named(tmp_path: Path, name: str) -> None:
    """The error says which file of which record differs."""
    stored = commit(tmp_path, draft())
    path = stored.folder / name
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=name):
        check_files(load(stored.folder))


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A deleted file does not go unnoticed."""
    stored = commit(tmp_path, draft())
    (stored.folder / "weights.bin").unlink()
    with pytest.raises(IntegrityError, match=r"lacks its file weights\.bin"):
        check_files(stored)


def test_edited_number_in_the_manifest_is_found(tmp_path: Path) -> None:
    """A nicer metric typed into record.json is refused."""
    stored = commit(tmp_path, draft())
    path = stored.folder / MANIFEST
    fields = json.loads(path.read_text())
    fields["result"]["metrics"]["mse_per_pixel"] = 0.001
    path.write_text(json.dumps(fields))
    with pytest.raises(IntegrityError, match="altered"):
        load(stored.folder)


def test_record_in_another_tasks_folder_is_refused(tmp_path: Path) -> None:
    """A record moved to another seed's place does not pass for that seed."""
    stored = commit(tmp_path, draft())
    moved = stored.folder.parent.parent / "seed-1" / stored.folder.name
    moved.parent.mkdir()
    stored.folder.rename(moved)
    with pytest.raises(IntegrityError, match="another task"):
        load(moved)


def test_unknown_schema_version_is_refused(tmp_path: Path) -> None:
    """A record of a later program says so instead of being half understood."""
    stored = commit(tmp_path, draft())
    path = stored.folder / MANIFEST
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    with pytest.raises(IntegrityError, match="99"):
        load(stored.folder)


@pytest.mark.parametrize("failing_call", [1, 2, 3])
def test_full_disk_leaves_nothing_that_counts_as_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing_call: int
) -> None:
    """Whichever write hits the full disk, no record folder appears, the error has a cure, and a later try succeeds."""
    calls = 0
    real = os.fsync

    def full(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == failing_call:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left") as caught:
        commit(tmp_path, draft())
    assert "--artifacts" in caught.value.cure
    assert list(records_of(tmp_path, KEY)) == []
    assert list((tmp_path / "records" / KEY.id).iterdir()) == []
    monkeypatch.undo()
    assert [stored.record.status for stored in (commit(tmp_path, draft()),)] == ["ok"]


def test_failed_record_is_replaced_by_a_later_success(tmp_path: Path) -> None:
    """A retry takes the failed record's place; a finished one is never overwritten."""
    commit(tmp_path, draft(status="failed"))
    commit(tmp_path, draft(status="ok", seconds=5.0))
    commit(tmp_path, draft(status="ok", seconds=9.0))
    found = list(records_of(tmp_path, KEY))
    assert [(item.record.status, item.record.execution.duration_s) for item in found] == [("ok", 5.0)]


def test_second_commit_of_a_finished_task_gives_the_record_that_stands(tmp_path: Path) -> None:
    """Who comes second must go on with the record on the disk: its own differs in its times, and would be refused."""
    first = commit(tmp_path, draft(seconds=1.0))
    second = commit(tmp_path, draft(seconds=2.0))
    assert second == first
    check_files(second)


def test_skipped_record_stays_while_its_reason_stays(tmp_path: Path) -> None:
    """A run that skips again what it skipped before changes nothing on the disk; anything else takes its place."""
    first = commit(tmp_path, draft(status="skipped", seconds=1.0))
    assert commit(tmp_path, draft(status="skipped", seconds=2.0)) == first
    assert commit(tmp_path, draft(status="failed", seconds=3.0)) != first


def test_file_in_a_records_place_is_replaced(tmp_path: Path) -> None:
    """A file where the folder should be does not stop the record, and nothing of it is left."""
    folder = folder_of(tmp_path, KEY, draft().ingredients.fingerprint(KEY))
    folder.parent.mkdir(parents=True)
    folder.write_text("no folder")
    assert load(commit(tmp_path, draft()).folder).record.status == "ok"
    assert list(folder.parent.iterdir()) == [folder]


def test_sweep_removes_what_killed_writes_left(tmp_path: Path) -> None:
    """Half-written folders and files go, records stay."""
    stored = commit(tmp_path, draft())
    (stored.folder.parent / ".partial-0123-abcd").mkdir()
    (stored.folder.parent / ".partial-0123-abcd" / "weights.bin").write_bytes(b"half")
    (stored.folder.parent / ".partial-old").write_bytes(b"")
    run = tmp_path / "runs" / "quick-1" / "run.json"
    run.parent.mkdir(parents=True)
    run.with_name(".partial-run.json-abcd").write_bytes(b"half")
    run.write_bytes(b"whole")
    sweep(tmp_path)
    assert list(stored.folder.parent.iterdir()) == [stored.folder]
    assert list(run.parent.iterdir()) == [run]


def test_file_in_a_folders_place_is_an_error_with_a_cure(tmp_path: Path) -> None:
    """Neither the write nor its tidying up ends in a traceback."""
    (tmp_path / "runs").write_text("no folder")
    with pytest.raises(StoreError, match="--artifacts DIR"):
        write_atomic(tmp_path / "runs" / "latest", b"quick-1")


def test_records_of_other_configurations_stay_beside_each_other(tmp_path: Path) -> None:
    """Changing the configuration makes a new record and loses none."""
    commit(tmp_path, draft(config=1))
    commit(tmp_path, draft(config=2))
    assert len(list(records_of(tmp_path, KEY))) == 2


def test_result_refuses_what_json_cannot_hold() -> None:
    """NaN never enters a record: a task must say that it diverged instead."""
    with pytest.raises(ValueError, match="finite"):
        Result(status="ok", metrics={"mse_per_pixel": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        digest({"mse_per_pixel": float("inf")})


def test_a_record_that_contradicts_its_fingerprint_is_refused(tmp_path: Path) -> None:
    """Another configuration under the same name, with the manifest's own digest made to fit: the fingerprint does not."""
    stored = commit(tmp_path, draft())
    path = stored.folder / MANIFEST
    fields = json.loads(path.read_text())
    fields["ingredients"]["environment"]["device"] = "cuda"
    path.write_bytes(readable_json(seal(fields)))
    with pytest.raises(IntegrityError, match="contradicts its fingerprint"):
        load(stored.folder)
