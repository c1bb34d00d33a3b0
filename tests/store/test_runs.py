"""Run manifests name their records, and a swapped or edited one is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from store.canonical import readable_json
from store.errors import IntegrityError, StudyError
from store.records import MANIFEST, commit
from store.runs import (
    LATEST,
    load_entry,
    load_planned,
    load_run,
    point_latest,
    resealed,
    run_id_of,
    run_path,
    without_options,
    write_run,
)
from store.schema import Run, RunEntry, run_fields, seal
from tests.store.test_records import draft

if TYPE_CHECKING:
    from pathlib import Path


def make_run(root: Path) -> Run:
    """A run of one record."""
    record = commit(root, draft()).record
    entry = RunEntry(task=record.task, fingerprint=record.fingerprint, status=record.status, record_digest=record.digest)
    fields = {"profile": "quick", "config": {}, "command": [], "created_at": "2026-01-01T00:00:00+00:00"}
    return write_run(root, {**fields, "run_id": "quick-1", "entries": [entry.model_dump(mode="json")]})


def test_latest_run_is_found(tmp_path: Path) -> None:
    """Without a name, the run written last is read, records and all."""
    run = make_run(tmp_path)
    assert load_run(tmp_path) == run
    assert load_entry(tmp_path, run.entries[0]).record.task.id == "autoencoder/ae/seed-0"


def test_same_tasks_give_the_same_run_id() -> None:
    """Order does not matter, any other fingerprint does."""
    assert run_id_of("quick", ["a", "b"]) == run_id_of("quick", ["b", "a"]) != run_id_of("quick", ["a", "c"])


def test_missing_run_names_the_known_ones(tmp_path: Path) -> None:
    """The cure is a choice."""
    with pytest.raises(StudyError, match="no run found"):
        load_run(tmp_path)
    make_run(tmp_path)
    with pytest.raises(StudyError, match="quick-1"):
        load_run(tmp_path, "paper-2")


def test_edited_run_is_refused(tmp_path: Path) -> None:
    """Leaving out a failed task by hand is found."""
    run = make_run(tmp_path)
    path = run_path(tmp_path, run.run_id)
    fields = json.loads(path.read_text())
    fields["entries"] = []
    path.write_text(json.dumps(fields))
    with pytest.raises(IntegrityError, match="altered"):
        load_run(tmp_path)


def test_record_swapped_for_another_is_refused(tmp_path: Path) -> None:
    """A record that was recomputed since is not the one that the run names."""
    run = make_run(tmp_path)
    stored = load_entry(tmp_path, run.entries[0])
    other = commit(tmp_path / "elsewhere", draft(seconds=7.0))
    for path in other.folder.iterdir():
        (stored.folder / path.name).write_bytes(path.read_bytes())
    with pytest.raises(IntegrityError, match="not the one"):
        load_entry(tmp_path, run.entries[0])


@pytest.mark.parametrize("epochs", [1.0, True, 2])
def test_a_record_that_is_not_what_was_planned_is_refused(tmp_path: Path, epochs: float) -> None:
    """An edited setting that Python calls equal to the planned one gives another fingerprint than the record states."""
    planned, stored = draft(), commit(tmp_path, draft())
    asked = (stored.folder, planned.task, planned.ingredients, stored.record.fingerprint)
    assert load_planned(*asked) == stored
    fields = json.loads((stored.folder / MANIFEST).read_text())
    fields["ingredients"]["config"]["epochs"] = epochs
    (stored.folder / MANIFEST).write_bytes(readable_json(seal(fields)))
    with pytest.raises(IntegrityError, match="contradicts its fingerprint"):
        load_planned(*asked)


def test_absent_record_is_named(tmp_path: Path) -> None:
    """A deleted record folder is an integrity error with a cure, not a crash."""
    run = make_run(tmp_path)
    (tmp_path / "records").rename(tmp_path / "gone")
    with pytest.raises(IntegrityError, match="not in the store"):
        load_entry(tmp_path, run.entries[0])


def test_pointer_to_the_latest_run_is_left_alone_when_it_is_right(tmp_path: Path) -> None:
    """A run with nothing to do needs no space on the disk and changes no file."""
    run = make_run(tmp_path)
    pointer = tmp_path / "runs" / LATEST
    before = pointer.stat().st_ino
    point_latest(tmp_path, run.run_id)
    assert pointer.stat().st_ino == before
    point_latest(tmp_path, "paper-2")
    assert pointer.read_text() == "paper-2\n"


def test_unreadable_pointer_is_explained(tmp_path: Path) -> None:
    """Noise in place of a run's name is a missing run with a choice, not a decoding error."""
    make_run(tmp_path)
    (tmp_path / "runs" / LATEST).write_bytes(b"\xff\xfe")
    with pytest.raises(StudyError, match="choose one of: quick-1"):
        load_run(tmp_path)


def test_study_is_part_of_the_sealed_manifest(tmp_path: Path) -> None:
    """A run says which study planned it; a manifest without one keeps the digest that it had before there were several."""
    plain = make_run(tmp_path)
    assert "study" not in json.loads(run_path(tmp_path, plain.run_id).read_bytes())
    assert resealed(load_run(tmp_path), plain.entries) == plain
    named = write_run(tmp_path, {**run_fields(plain), "study": "another", "run_id": "quick-2"})
    assert load_run(tmp_path, "quick-2").study == named.study == "another"
    path = run_path(tmp_path, "quick-2")
    path.write_text(path.read_text().replace('"another"', '"yet-another"'))
    with pytest.raises(IntegrityError, match="altered"):
        load_run(tmp_path, "quick-2")


def test_options_are_taken_out_of_a_command_with_their_values() -> None:
    """In both spellings, one at the end without its value too; a longer option with the same beginning stays."""
    words = ["run", "--data", "/home/me", "--seeds", "0", "--data=/x", "--data-set", "a", "--jobs=2", "--jobs"]
    assert without_options(words, ["--data", "--jobs"]) == ["run", "--seeds", "0", "--data-set", "a"]
    assert without_options(words, []) == words
