"""What travels to a worker and back, what it keeps, and which addresses are safe to talk to; without a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("distributed", reason="the group cluster is not installed")

from bench.harness.closure import closure_of
from bench.harness.cluster.depot import Depot, checkpoints_in, put_checkpoints
from bench.harness.cluster.link import Access, is_open_to_none
from bench.harness.cluster.parcel import Errand, Study, draft_of, errand_of, parcel_of
from bench.harness.task import Task
from bench.harness.worker import Job, execute
from store.canonical import digest_bytes
from store.errors import IntegrityError, UsageError
from store.records import commit, result_digest_of
from store.schema import Ingredients, TaskKey

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "tests.bench.harness.stand_in"


def job(tmp_path: Path) -> Job:
    """A stand-in job."""
    task = Task(TaskKey(experiment="stand-in", variant="a", seed=0), MODULE, {"behaviour": "ok"})
    ingredients = Ingredients(config={}, code=closure_of(MODULE).code, inputs={}, upstream={}, environment={"device": "cpu"})
    return Job(task, ingredients, "cpu", 1, {}, {}, tmp_path / "scratch")


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("tcp://127.0.0.1:8786", True),
        ("tcp://localhost:8786", True),
        ("tcp://[::1]:8786", True),
        ("tls://10.0.0.1:8786", True),
        ("tcp://10.0.0.1:8786", False),
        ("tcp://0.0.0.0:8786", False),
        ("tcp://127.0.0.1.example.org:8786", False),
        ("ws://10.0.0.1:80", False),
        *[("nonsense", False), ("", False), ("tcp://[", False), ("tcp://[::1", False)],
    ],
)
def test_only_loopback_goes_without_tls(address: str, safe: bool) -> None:  # noqa: FBT001 - a table of cases
    """An open port that executes programs is not talked to."""
    assert is_open_to_none(address) is safe
    if not safe:
        with pytest.raises(UsageError, match="not encrypted"):
            Access(address).check()


def test_tls_needs_its_three_files(tmp_path: Path) -> None:
    """Those that are missing are named."""
    with pytest.raises(UsageError, match="--tls-cert and --tls-key"):
        Access("tls://10.0.0.1:8786", ca=tmp_path / "ca").check()


def test_a_draft_comes_home_as_it_was(tmp_path: Path) -> None:
    """Result, files and execution survive the way, and whose record it is the caller says."""
    asked = job(tmp_path)
    draft = execute(asked)
    home = draft_of(parcel_of(draft), asked)
    assert (home, result_digest_of(home)) == (draft, result_digest_of(draft))
    with pytest.raises(ValueError, match="found"):
        draft_of({**parcel_of(draft), "found": {"result": {"status": "excellent"}, "files": {}}}, asked)


def test_a_job_travels_as_plain_data(tmp_path: Path) -> None:
    """What arrives is the same task with the same fingerprint, and holds no path of the caller's machine."""
    asked = job(tmp_path)
    errand = errand_of(asked, Study(name="assignment_2", config={}), 0, "topic", {})
    assert str(tmp_path) not in str(errand)
    arrived = Errand.model_validate(errand)
    assert (arrived.fingerprint, arrived.task().key) == (asked.ingredients.fingerprint(asked.task.key), asked.task.key)


def test_a_depot_builds_records_from_files_by_digest(tmp_path: Path) -> None:
    """It says what it lacks, takes that in, and makes the record; without a file there is no record."""
    stored = commit(tmp_path / "home", execute(job(tmp_path)))
    depot = Depot(tmp_path / "there")
    contents = [(stored.folder / entry.name).read_bytes() for entry in stored.record.files]
    assert depot.lacks(map(digest_bytes, contents)) == [digest_bytes(content) for content in contents]
    depot.keep(contents[1:])
    with pytest.raises(IntegrityError, match="did not arrive"):
        depot.record(stored.record)
    depot.keep(contents[:1])
    made = depot.record(stored.record)
    assert {entry.name: (made.folder / entry.name).read_bytes() for entry in made.record.files} == dict(
        zip([entry.name for entry in stored.record.files], contents, strict=True)
    )


def test_a_data_sets_file_stays_inside_its_folder(tmp_path: Path) -> None:
    """A name that leads out is refused."""
    depot = Depot(tmp_path)
    depot.receive("a" * 64, "kitti/one.txt", b"1")
    with pytest.raises(IntegrityError, match="outside"):
        depot.receive("a" * 64, "../../elsewhere.txt", b"1")
    assert [path.name for path in tmp_path.rglob("*.txt")] == ["one.txt"]


def test_twins_on_one_machine_have_scratch_folders_of_their_own(tmp_path: Path) -> None:
    """The second attempt does not write into the first one's folder; a later one finds what the first has left."""
    depot = Depot(tmp_path)
    with depot.scratch("f" * 64) as first, depot.scratch("f" * 64) as second:
        assert first != second
    with depot.scratch("f" * 64) as third:
        assert third == first


def test_checkpoints_replace_those_of_before(tmp_path: Path) -> None:
    """What the newer state does not have goes, so that no state finds another one's best weights."""
    put_checkpoints(tmp_path, {"state.pt": b"1", "best-1.pt": b"b1"})
    put_checkpoints(tmp_path, {"state.pt": b"2", "best-2.pt": b"b2"})
    (tmp_path / "notes.txt").write_text("no checkpoint")
    assert checkpoints_in(tmp_path) == {"state.pt": b"2", "best-2.pt": b"b2"}
