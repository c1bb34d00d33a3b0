"""Every slip in a run, a record or a file is found, named with its place, and hides no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from store.audit import audit_certificate, audit_latest, audit_record, audit_run, record_folders
from store.canonical import readable_json
from store.certificates import Certificate, certificate_path, write_certificate
from store.errors import IntegrityError
from store.links import audit_certified, audit_links, upstream_of
from store.records import MANIFEST, Draft, Stored, check_files, commit, folder_of, load
from store.runs import LATEST, run_id_of, write_run
from store.schema import Ingredients, Result, Run, RunEntry, TaskKey, seal
from tests.limits import a_minute
from tests.store.test_records import draft

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from store.audit import AuditedRecord


def downstream(upstream: Stored) -> Draft:
    """A record made from another one."""
    record, plain = upstream.record, draft()
    ingredients = Ingredients(config={}, code={}, inputs={}, upstream={record.task.id: record.fingerprint}, environment={})
    result = Result(status="ok", upstream_results={record.task.id: record.result_digest})
    task = TaskKey(experiment="classifier", variant="ae", seed=0)
    return Draft(task, ingredients, result, plain.files, plain.execution, plain.volatile)


def make_run(root: Path) -> Run:
    """A run of a record and another one made from it."""
    first = commit(root, draft())
    records = [first.record, commit(root, downstream(first)).record]
    entries = [
        RunEntry(task=each.task, fingerprint=each.fingerprint, status=each.status, record_digest=each.digest)
        for each in records
    ]
    run_id = run_id_of("quick", (each.fingerprint for each in records))
    fields = {"run_id": run_id, "profile": "quick", "config": {}, "command": [], "created_at": "2026-01-01T00:00:00+00:00"}
    return write_run(root, {**fields, "entries": [entry.model_dump(mode="json") for entry in entries]})


def audited(root: Path, run: Run) -> dict[str, AuditedRecord]:
    """The audits of the run's records by task id."""
    return {each.task.id: audit_record(root, folder_of(root, each.task, each.fingerprint)) for each in run.entries}


def whats(root: Path) -> str:
    """All that is wrong with the only run under ``root``, a line each."""
    (name,) = (path.name for path in (root / "runs").iterdir() if path.is_dir())
    run, problems = audit_run(root, name)
    problems = [*audit_latest(root), *problems]
    if run is not None:
        records = audited(root, run)
        problems += [problem for each in records.values() for problem in each.problems]
        problems += audit_links(run, records)
        certificate, found = audit_certificate(root, run)
        problems += [*found, *(audit_certified(certificate, certificate_path(root, name), records) if certificate else ())]
    assert all(problem.where.startswith(str(root)) and problem.cure for problem in problems)
    return "\n".join(problem.what for problem in problems)


def edit(path: Path, change: Callable[[dict[str, Any]], object], *, sealed: bool = False) -> None:
    """Change the fields of a manifest, and its own digest with them where ``sealed``."""
    fields = json.loads(path.read_bytes())
    change(fields)
    path.write_bytes(readable_json(seal(fields) if sealed else fields))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store of one run with two records."""
    make_run(tmp_path)
    return tmp_path


@pytest.fixture
def folder(root: Path) -> Path:
    """The folder of the upstream record."""
    return next(path for path in record_folders(root) if "autoencoder" in path.parts)


@pytest.fixture
def manifest(root: Path) -> Path:
    """The manifest of the run."""
    return next((root / "runs").glob("*/run.json"))


def test_sound_store_has_no_problem(root: Path) -> None:
    """Nothing is found where nothing is wrong."""
    assert whats(root) == ""


def test_all_problems_are_named_at_once(root: Path, folder: Path) -> None:
    """Two damaged files, one missing, one too many and an edited manifest are five problems."""
    (folder / "weights.bin").write_bytes(b"WEIGHTS")
    (folder / "timing.json").unlink()
    (folder / "notes.txt").write_text("mine")
    edit(folder / MANIFEST, lambda fields: fields["result"]["metrics"].update(mse_per_pixel=0.1))
    found = whats(root)
    for expected in (
        "weights.bin of autoencoder/ae/seed-0 was altered: sha256",
        "timing.json of autoencoder/ae/seed-0 is missing",
    ):
        assert expected in found
    assert "'notes.txt' lies in the record" in found
    assert "record.json was altered: its digest does not match" in found
    assert "does not give the record's result digest" in found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda fields: fields["result"]["metrics"].update(mse_per_pixel=0.1), "does not give the record's result digest"),
        (lambda fields: fields["ingredients"]["config"].update(epochs=9), "do not give the record's fingerprint"),
        (lambda fields: fields["task"].update(variant="vae"), "in a folder that is not its own"),
        (lambda fields: fields["files"][0].update(size_bytes=1), "bytes, recorded 1"),
        (lambda fields: fields["files"].append(fields["files"][0]), "more than once"),
        (lambda fields: fields["files"][0].update(name="../../../../../secret"), "files.0.name: String should match"),
        (lambda fields: fields["result"].update(status="fine"), "result.status"),
        (lambda fields: fields["execution"].update(duration_s="1.0"), "execution.duration_s: Input should be a valid number"),
        (lambda fields: fields.update(schema_version=2), "schema_version"),
        (lambda fields: fields.pop("execution"), "execution: Field required"),
        (lambda fields: fields["execution"].update(peak_memory_bytes=7), "is not the one that the run names"),
        (lambda fields: fields["result"].update(status="failed"), "is failed, the run says ok"),
    ],
)
def test_sealed_edit_contradicts_something_else(
    root: Path, folder: Path, change: Callable[[dict[str, Any]], object], expected: str
) -> None:
    """A record whose own digest was made to agree still contradicts its parts, its place or its run."""
    edit(folder / MANIFEST, change, sealed=True)
    assert expected in whats(root)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"digest": NaN}', b'{"a": "\\ud800"}', b"1e999"]
)
@pytest.mark.parametrize("name", ["record", "run"])
def test_garbage_for_a_manifest_is_a_problem_and_no_crash(
    root: Path, folder: Path, manifest: Path, content: bytes, name: str
) -> None:
    """Whatever stands there, it is named."""
    (folder / MANIFEST if name == "record" else manifest).write_bytes(content)
    assert f"{name}.json" in whats(root)


def test_white_space_counts(root: Path, folder: Path) -> None:
    """The same fields in other bytes are not the file that was written."""
    path = folder / MANIFEST
    path.write_bytes(path.read_bytes().replace(b"\n ", b"\n\t", 1))
    assert "its fields are as they were, but its bytes are not" in whats(root)


def test_folder_in_place_of_a_file_is_named(root: Path, folder: Path) -> None:
    """What cannot be read is a problem like any other."""
    (folder / "weights.bin").unlink()
    (folder / "weights.bin").mkdir()
    assert "weights.bin of autoencoder/ae/seed-0 cannot be read" in whats(root)


def test_absent_record_is_named(root: Path, folder: Path) -> None:
    """A record folder that is gone, or was replaced by a file."""
    folder.rename(root / "elsewhere")
    assert "record.json cannot be read: No such file" in whats(root)
    folder.write_text("")
    assert "record.json cannot be read: Not a directory" in whats(root)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda fields: fields.update(run_id="quick-2"), "lies in the folder of run"),
        (lambda fields: fields.update(profile="paper"), "are not those that gave it its name"),
        (lambda fields: fields["entries"].pop(), "are not those that gave it its name"),
        (lambda fields: fields["entries"].pop(0), "was made from autoencoder/ae/seed-0, which the run does not name"),
        (lambda fields: fields["entries"].append(fields["entries"][0]), "twice"),
        (lambda fields: fields["entries"][0].update(status="failed"), "is ok, the run says failed"),
        (lambda fields: fields["entries"][0].update(record_digest="0" * 64), "is not the one that the run names"),
        (lambda fields: fields["entries"][0]["task"].update(variant="../../x"), "entries.0.task.variant"),
        (lambda fields: fields["entries"][0]["task"].update(seed=10**300), "a whole number of more than 64 bits"),
    ],
)
def test_sealed_run_contradicts_its_records(
    root: Path, manifest: Path, change: Callable[[dict[str, Any]], object], expected: str
) -> None:
    """A run whose own digest was made to agree still contradicts its name, its folder or its records."""
    edit(manifest, change, sealed=True)
    assert expected in whats(root)


def test_fingerprint_is_compared_to_the_last_digit(root: Path, manifest: Path) -> None:
    """The folder's name holds only the first 16 of 64 digits."""

    def change(fields: dict[str, Any]) -> None:
        fields["entries"][0]["fingerprint"] = fields["entries"][0]["fingerprint"][:16] + "0" * 48

    edit(manifest, change, sealed=True)
    assert "has another fingerprint than the run gives" in whats(root)
    assert "was made from another autoencoder/ae/seed-0 than the run names" in whats(root)


def test_recomputed_upstream_is_found_downstream(root: Path, folder: Path) -> None:
    """A record made from a result that is no longer there stands on nothing."""
    for path in folder.iterdir():
        path.unlink()
    commit(root, draft(weight=b"other"))
    assert "classifier/ae/seed-0 was made from another result of autoencoder/ae/seed-0" in whats(root)


def test_results_of_no_upstream_are_named(root: Path) -> None:
    """What a record was made from stands in two places, which must agree."""
    path = next(path for path in record_folders(root) if "classifier" in path.parts) / MANIFEST
    edit(path, lambda fields: fields["result"].update(upstream_results={}), sealed=True)
    assert "but gives results of []" in whats(root)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"quick-9\n", "the latest run quick-9 has no manifest"),
        (b"\xff\xfe", "was altered"),
        (b"../../elsewhere\n", "was altered"),
        (b"", "was altered"),
    ],
)
def test_damaged_pointer_is_named(root: Path, content: bytes, expected: str) -> None:
    """The pointer must name a run that is there, and nothing but that."""
    pointer = root / "runs" / LATEST
    name = pointer.read_bytes()
    pointer.write_bytes(content)
    assert expected in whats(root)
    pointer.write_bytes(name.rstrip())
    assert "was altered" in whats(root)
    pointer.unlink()
    assert "cannot be read" in whats(root)


def test_upstream_is_used_only_where_its_files_are_intact(root: Path, folder: Path, manifest: Path) -> None:
    """Nothing is recomputed from a file that is known to be damaged."""
    run = Run.model_validate_json(manifest.read_bytes())
    records = audited(root, run)
    stored = records["classifier/ae/seed-0"].stored
    assert stored is not None
    assert upstream_of(stored, records) == {"autoencoder/ae/seed-0": records["autoencoder/ae/seed-0"].stored}
    (folder / "weights.bin").write_bytes(b"")
    assert upstream_of(stored, audited(root, run)) is None


def certify(root: Path, manifest: Path) -> Path:
    """Give the run a certificate that says that its first task was reproduced."""
    run = Run.model_validate_json(manifest.read_bytes())
    entry = run.entries[0]
    stored = audited(root, run)[entry.task.id].stored
    assert stored is not None
    task = {"task": entry.task.model_dump(), "fingerprint": entry.fingerprint, "verdict": "bit_identical"}
    side = {"environment": {}, "machines": [], "git": []}
    fields = {
        "run_id": run.run_id,
        "run_digest": run.digest,
        "scope": "",
        "selection": {"tasks_in_run": 2, "trainings_in_run": 0},
        "tolerance": {"relative": 0.0, "deviations": 0.0, "seeds": 1, "cap": 0.0},
        "stored": side,
        "again": side,
        "tasks": [{**task, "result_stored": stored.record.result_digest, "result_again": stored.record.result_digest}],
        "outcome": "reproduced",
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    whole = Certificate.model_validate({**fields, "digest": "0" * 64}).model_dump(mode="json", exclude={"digest"})
    write_certificate(root, whole)
    return certificate_path(root, run.run_id)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda fields: fields.update(outcome="not_reproduced"), "says of the whole what its tasks do not say"),
        (lambda fields: fields["tasks"][0].update(result_stored="0" * 64), "judges another result of autoencoder/ae/seed-0"),
        (lambda fields: fields["tasks"][0].update(fingerprint="0" * 64), "judges another autoencoder/ae/seed-0"),
        (lambda fields: fields["tasks"][0]["task"].update(seed=7), "judges autoencoder/ae/seed-7, which the run does not name"),
        (lambda fields: fields["tasks"][0].update(verdict="fine"), "does not fit the schema of a certificate"),
        (lambda fields: fields.update(run_digest="0" * 64), ""),
    ],
)
def test_certificate_is_held_against_the_run(
    root: Path, manifest: Path, change: Callable[[dict[str, Any]], object], expected: str
) -> None:
    """A sound one is no problem, an edited one is, and one of an earlier state of the run counts for nothing."""
    path = certify(root, manifest)
    assert whats(root) == ""
    edit(path, change, sealed=True)
    assert expected in whats(root)
    assert (expected == "") == (whats(root) == "")
    edit(path, lambda fields: fields.update(scope="more"))
    assert "certificate.json was altered" in whats(root)


@pytest.mark.parametrize("grown", [1, 1 << 40])
def test_a_file_that_grew_is_named_and_not_read(root: Path, folder: Path, grown: int) -> None:
    """A sparse terabyte takes no time: its size alone speaks against it."""
    path = folder / "weights.bin"
    recorded = path.stat().st_size
    with path.open("r+b") as stream:
        stream.truncate(recorded + grown)
    found = [problem.what for problem in audit_record(root, folder).problems]
    assert found == [f"weights.bin of autoencoder/ae/seed-0 has {recorded + grown} bytes, recorded {recorded}"]
    with pytest.raises(IntegrityError, match=rf"weights\.bin of record .* was altered: sha256 of {recorded + grown} bytes"):
        check_files(load(folder))


def test_long_lists_take_no_quadratic_time(tmp_path: Path) -> None:
    """A manifest of any size that is read at all is audited in seconds: 60,000 tasks, and as many files."""
    run = make_run(tmp_path)
    path = tmp_path / "runs" / run.run_id / "run.json"
    fields, many = json.loads(path.read_text()), 60_000
    entry = fields["entries"][0]
    fields["entries"] = [{**entry, "task": {**entry["task"], "seed": seed}} for seed in (0, *range(many))]
    path.write_bytes(readable_json(seal(fields)))
    with a_minute():
        read, problems = audit_run(tmp_path, run.run_id)
    assert read is not None
    assert [problem.what for problem in problems if "twice" in problem.what] == ["the run names autoencoder/ae/seed-0 twice"]
    folder = folder_of(tmp_path, run.entries[0].task, run.entries[0].fingerprint)
    fields = json.loads((folder / MANIFEST).read_text())
    file = fields["files"][0]
    fields["files"] = [file, *({**file, "name": f"{number}.bin"} for number in range(many))]
    (folder / MANIFEST).write_bytes(readable_json(seal(fields)))
    with a_minute():
        assert len(audit_record(tmp_path, folder).problems) > many
