"""A run carried to another store: whole and checked, or not at all."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from store import archive
from store.archive import export_run, import_run
from store.canonical import digest_bytes, readable_json
from store.errors import IntegrityError, StoreError, UsageError
from store.records import MANIFEST, Draft, commit
from store.runs import latest_run_id, load_entry, load_run, run_id_of, write_run
from store.schema import Execution, Ingredients, Result, RunEntry, TaskKey, seal
from store.unpacking import CHECKSUMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Members = dict[str, bytes]


def write_store(root: Path, seconds: float = 1.0, value: float = 1.0, copies: int = 100) -> str:
    """A run of two records; returns its name."""
    entries = []
    for variant in ("ae", "vae"):
        key = TaskKey(experiment="stand-in", variant=variant, seed=0)
        ingredients = Ingredients(config={}, code={}, inputs={}, upstream={}, environment={})
        execution = Execution(
            started_at="", duration_s=seconds, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
        )
        result = Result(status="ok", metrics={"value": value})
        record = commit(root, Draft(key, ingredients, result, {"weights.bin": variant.encode() * copies}, execution)).record
        entry = RunEntry(task=key, fingerprint=record.fingerprint, status="ok", record_digest=record.digest)
        entries.append(entry)
    name = run_id_of("quick", (entry.fingerprint for entry in entries))
    fields = {"run_id": name, "profile": "quick", "config": {}, "command": [], "created_at": ""}
    write_run(root, {**fields, "entries": [entry.model_dump(mode="json") for entry in entries]})
    return name


def intact(root: Path) -> int:
    """How many records the latest run has, each compared with all its digests."""
    return len([load_entry(root, entry) for entry in load_run(root).entries])


def content(root: Path) -> Members:
    """Every file below a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def rewritten(source: Path, edit: Callable[[Members], None], target: Path) -> Path:
    """A copy of the archive after an edit of its members."""
    with tarfile.open(source) as old:
        members = {member.name: old.extractfile(member).read() for member in old}  # type: ignore[union-attr]
    edit(members)
    with tarfile.open(target, "w") as new:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return target


def renamed(members: Members, name: str, other: str) -> None:
    """Another name for a member, in the list of checksums as well."""
    members[other] = members.pop(name)
    head = json.loads(members[CHECKSUMS])
    head["files"][other] = head["files"].pop(name)
    members[CHECKSUMS] = json.dumps(head).encode()


def first(members: Members, suffix: str) -> str:
    """The first member whose name ends so."""
    return next(name for name in members if name.endswith(suffix))


def headed(members: Members, **fields: object) -> None:
    """Other values in the head of the archive."""
    members[CHECKSUMS] = json.dumps({**json.loads(members[CHECKSUMS]), **fields}).encode()


def relisted(members: Members, name: str, content: bytes) -> None:
    """Other content for a member, in the list of checksums as well."""
    files = json.loads(members[CHECKSUMS])["files"]
    members[name] = content
    headed(members, files={**files, name: {"sha256": digest_bytes(content), "size_bytes": len(content)}})


def added(members: Members, name: str, *, listed: bool = True) -> None:
    """One more file in a record's folder, in the list of checksums as well where it is ``listed``."""
    path = f"{first(members, MANIFEST).rpartition('/')[0]}/{name}"
    members[path if listed else f"{path}.more"] = b"#!/bin/sh"
    files = json.loads(members[CHECKSUMS])["files"]
    headed(members, files={**files, path: {"sha256": digest_bytes(b"#!/bin/sh"), "size_bytes": 9}} if listed else files)


def test_a_run_comes_through_whole(tmp_path: Path) -> None:
    """Every file arrives byte for byte, the run is sound there and the latest, and equal runs give equal archives."""
    name = write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")
    export_run(tmp_path / "a", name, tmp_path / "again.tar")
    assert (tmp_path / "run.tar").read_bytes() == (tmp_path / "again.tar").read_bytes()
    done = import_run(tmp_path / "b", tmp_path / "run.tar")
    assert (done.run_id, done.records, done.added) == (name, 2, 2)
    assert content(tmp_path / "b") == content(tmp_path / "a")
    assert intact(tmp_path / "b") == 2
    assert import_run(tmp_path / "b", tmp_path / "run.tar").added == 0


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda m: m.update({first(m, "weights.bin"): b"ea" * 100}), r"weights\.bin of the archive was altered"),
        (lambda m: m.update({first(m, "weights.bin"): b"x"}), "has 1 bytes, not 200"),
        (
            lambda m: relisted(m, first(m, "weights.bin"), b"ea" * 100),
            "weights.bin of the archive is not the file that its record",
        ),
        (lambda m: added(m, "weights.sh"), r"holds '.*/weights.sh', which is no file of the run"),
        (lambda m: added(m, "deeper/weights.bin"), "which is no file of the run"),
        (lambda m: added(m, "weights.bin", listed=False), "which is no file of the run"),
        (lambda m: m.pop(first(m, "weights.bin")), "lacks 1 of its files"),
        (lambda m: m.update({"records/more.bin": b"x"}), "no file of the run"),
        (lambda m: renamed(m, first(m, "weights.bin"), "../escaped.bin"), "no file of the run"),
        (lambda m: renamed(m, first(m, "weights.bin"), "/tmp/escaped.bin"), "no file of the run"),  # noqa: S108 - never written
        (lambda m: renamed(m, first(m, "weights.bin"), "cache/escaped.bin"), "no file of the run"),
        (lambda m: renamed(m, first(m, MANIFEST), "records/a/b/c/d/record.json"), "lacks records/stand-in/ae/seed-0/"),
        (lambda m: m.update({CHECKSUMS: b"{}"}), "does not fit its schema: format: Field required"),
        (lambda m: m.update({CHECKSUMS: b"[" * 100_000}), "nested more than"),
        (lambda m: headed(m, run_id="x/../quick-00000000"), "does not fit its schema: run_id"),
        (lambda m: headed(m, run_id="quick-00000000"), "lacks runs/quick-00000000/run.json"),
        (lambda m: headed(m, run_digest="0" * 64), "its manifest is of quick-.* or was altered"),
        (lambda m: headed(m, format=2), "the archive has format 2, this program reads 1"),
    ],
)
def test_an_altered_archive_is_refused(edit: Callable[[Members], None], expected: str, tmp_path: Path) -> None:
    """Whatever was edited, the store stays as it was."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")
    bad = rewritten(tmp_path / "run.tar", edit, tmp_path / "bad.tar")
    before = set(tmp_path.rglob("*"))
    with pytest.raises(Exception, match=expected) as caught:
        import_run(tmp_path / "b", bad)
    assert isinstance(caught.value, UsageError if "format 2" in expected else IntegrityError)
    assert content(tmp_path / "b") == {}
    assert {path for path in tmp_path.rglob("*") if path.is_file()} <= before


@pytest.mark.parametrize("key", ["run_id", "sha256", "files"])
def test_a_key_that_stands_twice_in_the_checksums_is_refused(tmp_path: Path, key: str) -> None:
    """Of two, this reader would take the last and another one the first; at the head, and within a file's entry."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")

    def doubled(members: Members) -> None:
        members[CHECKSUMS] = members[CHECKSUMS].replace(f'"{key}":'.encode(), f'"{key}": "other", "{key}":'.encode(), 1)

    bad = rewritten(tmp_path / "run.tar", doubled, tmp_path / "bad.tar")
    with pytest.raises(IntegrityError, match=f"checksums.json of the archive cannot be read: the key '{key}' stands twice"):
        import_run(tmp_path / "b", bad)
    assert content(tmp_path / "b") == {}


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A tar file without checksums is a mistake of the user; one that was cut off is damage."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")
    with pytest.raises(UsageError, match="no archive of a run"):
        import_run(tmp_path / "b", rewritten(tmp_path / "run.tar", lambda m: m.pop(CHECKSUMS), tmp_path / "bad.tar"))
    (tmp_path / "cut.tar").write_bytes((tmp_path / "run.tar").read_bytes()[:6000])
    with pytest.raises(IntegrityError):
        import_run(tmp_path / "b", tmp_path / "cut.tar")


def test_a_contradicting_record_stops_the_import(tmp_path: Path) -> None:
    """A finished record under the same fingerprint is never replaced, nor the run told of another result."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")
    write_store(tmp_path / "b", value=2.0)
    before = content(tmp_path / "b")
    with pytest.raises(IntegrityError, match="another result"):
        import_run(tmp_path / "b", tmp_path / "run.tar")
    assert content(tmp_path / "b") == before


def test_an_import_that_is_cut_off_leaves_whole_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's manifest comes last: until then no run names what arrived, and the next import goes on from there."""
    name = write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archive, "save_run", full)
        with pytest.raises(StoreError, match="No space left"):
            import_run(tmp_path / "b", tmp_path / "run.tar")
    assert not (tmp_path / "b" / "runs").exists()
    assert import_run(tmp_path / "b", tmp_path / "run.tar").added == 0
    assert latest_run_id(tmp_path / "b") == name
    assert intact(tmp_path / "b") == 2


def test_a_damaged_record_is_not_exported(tmp_path: Path) -> None:
    """Nothing leaves the store that its digests speak against."""
    write_store(tmp_path / "a")
    next((tmp_path / "a").rglob("weights.bin")).write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"weights\.bin"):
        export_run(tmp_path / "a", None, tmp_path / "run.tar")
    assert not (tmp_path / "run.tar").exists()


def test_a_run_that_contradicts_its_records_is_refused(tmp_path: Path) -> None:
    """Sealed anew with all its digests, it still says of a record what the record does not say; nothing is taken."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")

    def lie(members: Members) -> None:
        name = first(members, "run.json")
        fields = json.loads(members[name])
        fields["entries"][0]["status"] = "failed"
        sealed = seal(fields)
        relisted(members, name, readable_json(sealed))
        headed(members, run_digest=sealed["digest"])

    archive_file = rewritten(tmp_path / "run.tar", lie, tmp_path / "lied.tar")
    with pytest.raises(IntegrityError, match="the record of stand-in/ae/seed-0 is ok, the run says failed") as caught:
        import_run(tmp_path / "b", archive_file)
    assert caught.value.where.startswith("in the archive: ")
    assert content(tmp_path / "b") == {}


def test_an_archive_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """The folder that it should lie in is a file: the error names the place and another way."""
    write_store(tmp_path / "a")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"(?s)cannot write the archive.*name another file with --output FILE"):
        export_run(tmp_path / "a", None, tmp_path / "file" / "run.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "file"]


def test_an_archive_leaves_out_only_what_its_records_have(tmp_path: Path) -> None:
    """A name of no file of the run is refused, and so is one of a file that is there."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")
    for choose in (lambda m: f"{first(m, MANIFEST).rpartition('/')[0]}/more.bin", lambda m: first(m, "weights.bin")):
        lied = rewritten(tmp_path / "run.tar", lambda m, choose=choose: headed(m, withheld=[choose(m)]), tmp_path / "lied.tar")  # type: ignore[misc]
        with pytest.raises(IntegrityError, match=r"says that it leaves out .*, which it cannot leave out"):
            import_run(tmp_path / "b", lied)
    assert content(tmp_path / "b") == {}
