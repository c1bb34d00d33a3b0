"""The Process Run Crate in an archive: it describes just the files that are there, and an import holds it against them."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from store.archive import export_run, import_run
from store.canonical import digest_bytes, readable_json
from store.crate import CRATE, crate_bytes
from store.errors import IntegrityError
from store.records import Draft, commit
from store.runs import load_entry, load_run, write_run
from store.schema import Execution, Ingredients, Result, RunEntry, TaskKey
from store.unpacking import CHECKSUMS
from tests.store.test_archive import content, rewritten, write_store

if TYPE_CHECKING:
    from pathlib import Path


def graph_of(archive: Path) -> dict[str, dict[str, Any]]:
    """The crate's entities by identifier."""
    with tarfile.open(archive) as opened:
        stream = opened.extractfile(CRATE)
        assert stream is not None
        return {entity["@id"]: entity for entity in json.loads(stream.read())["@graph"]}


def test_it_describes_the_files_of_the_run(tmp_path: Path) -> None:
    """Every part of the crate is a member of the archive with the size and digest that it says, and no member is left out."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")
    graph = graph_of(tmp_path / "run.tar")
    with tarfile.open(tmp_path / "run.tar") as opened:
        members = {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]
    parts = {part["@id"] for part in graph["./"]["hasPart"]}
    assert parts == members.keys() - {CRATE, CHECKSUMS}
    described = [graph[name] for name in parts if "sha256" in graph[name]]
    assert len(described) == 2
    for entity in described:
        assert entity["sha256"] == digest_bytes(members[entity["@id"]])
        assert entity["contentSize"] == str(len(members[entity["@id"]]))


def test_each_task_is_an_action_of_the_program(tmp_path: Path) -> None:
    """A task that ended well is completed, one that failed says why; both name what computed them and what came of them."""
    started = "2026-01-02T03:04:05+00:00"
    execution = Execution(
        started_at=started, duration_s=2.4, peak_memory_bytes=0, machine={}, packages={}, git_commit="a" * 40, git_dirty=False
    )
    entries = []
    for variant, result in (
        ("good", Result(status="ok", metrics={"value": 1.0})),
        ("bad", Result(status="failed", reason="why")),
    ):
        key = TaskKey(experiment="stand-in", variant=variant, seed=0)
        ingredients = Ingredients(config={}, code={}, inputs={}, upstream={}, environment={})
        record = commit(tmp_path, Draft(key, ingredients, result, {}, execution)).record
        entry = RunEntry(task=key, fingerprint=record.fingerprint, status=record.status, record_digest=record.digest)
        entries.append(entry.model_dump(mode="json"))
    fields = {"run_id": "quick-1", "profile": "quick", "config": {}, "command": [], "created_at": started}
    run = write_run(tmp_path, {**fields, "entries": entries})
    records = [load_entry(tmp_path, entry).record for entry in run.entries]
    graph = {entity["@id"]: entity for entity in json.loads(crate_bytes(run, records))["@graph"]}
    good, bad = graph["#stand-in/good/seed-0"], graph["#stand-in/bad/seed-0"]
    assert good["actionStatus"].endswith("CompletedActionStatus")
    assert (bad["actionStatus"].rpartition("/")[2], bad["error"]) == ("FailedActionStatus", "why")
    assert good["endTime"] == "2026-01-02T03:04:07+00:00"
    assert graph[good["instrument"]["@id"]]["softwareVersion"] == "a" * 40
    assert good.keys().isdisjoint({"error", "object"})
    assert graph["./"]["datePublished"] == started
    assert {each["@id"] for each in good["result"]} <= {part["@id"] for part in graph["./"]["hasPart"]}


def test_what_is_not_known_is_not_said(tmp_path: Path) -> None:
    """No date, no commit and no upstream give no times, no version and no object; the date that a crate needs is the first."""
    write_store(tmp_path)
    run = load_run(tmp_path)
    records = [load_entry(tmp_path, entry).record for entry in run.entries]
    graph = {entity["@id"]: entity for entity in json.loads(crate_bytes(run, records))["@graph"]}
    action = graph["#stand-in/ae/seed-0"]
    assert action.keys().isdisjoint({"error", "object", "startTime", "endTime"})
    assert "softwareVersion" not in graph[action["instrument"]["@id"]]
    assert graph["./"]["datePublished"] == "1970-01-01"
    read = records[1].ingredients.model_copy(update={"upstream": {records[0].task.id: records[0].fingerprint}})
    told = json.loads(crate_bytes(run, [records[0], records[1].model_copy(update={"ingredients": read})]))["@graph"]
    assert [entity["object"] for entity in told if "object" in entity] == [[{"@id": "#stand-in/ae/seed-0"}]]


def test_a_crate_that_describes_another_run_is_refused(tmp_path: Path) -> None:
    """An import takes nothing from an archive whose description was changed, even with its checksum made anew."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")

    def lie(members: dict[str, bytes]) -> None:
        members[CRATE] = members[CRATE].replace(b"CompletedActionStatus", b"FailedActionStatus", 1)
        head = json.loads(members[CHECKSUMS])
        head["files"][CRATE] = {"sha256": digest_bytes(members[CRATE]), "size_bytes": len(members[CRATE])}
        members[CHECKSUMS] = readable_json(head)

    with pytest.raises(IntegrityError, match="does not describe its run"):
        import_run(tmp_path / "b", rewritten(tmp_path / "run.tar", lie, tmp_path / "lied.tar"))
    assert content(tmp_path / "b") == {}


def test_an_archive_without_one_is_taken(tmp_path: Path) -> None:
    """Archives from before there were crates are still archives."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")

    def without(members: dict[str, bytes]) -> None:
        del members[CRATE]
        head = json.loads(members[CHECKSUMS])
        del head["files"][CRATE]
        members[CHECKSUMS] = readable_json(head)

    import_run(tmp_path / "b", rewritten(tmp_path / "run.tar", without, tmp_path / "old.tar"))
    assert load_run(tmp_path / "b").entries == load_run(tmp_path / "a").entries
