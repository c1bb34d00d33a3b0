"""520 forged stores: no traceback, nothing that takes a minute, nothing accepted that can be recomputed, nothing executed."""

from __future__ import annotations

import socket
import subprocess
from random import Random
from typing import TYPE_CHECKING

import pytest

from bench.harness.studies import load_study
from bench.rechecking.verification.standing import standing_of
from report.evidence.records import arrays, document, evidence_of, frame
from store.archive import export_run, import_run
from store.cleaning import removable
from store.errors import StudyError
from tests.bench.rechecking.verification.hostile import forged_field, forged_file, forged_manifest, odd_place
from tests.bench.rechecking.verification.rewriting import Copy, load_copy, write_copy
from tests.limits import a_minute

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.rechecking.verification.remembered import Remembering

pytestmark = pytest.mark.campaign
COUNTS = {"field": 200, "file": 160, "manifest": 100, "place": 60}


@pytest.fixture(scope="module")
def verifier(memory: Remembering, study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remembering]:
    """Verification that recomputes equal records once, and has seen the untouched ones: the minute is for what is forged."""
    untouched = tmp_path_factory.mktemp("untouched") / "store"
    write_copy(load_copy(study), untouched)
    with pytest.MonkeyPatch.context() as patch:
        assert memory.within(patch).verify(untouched)["sound"]
        yield memory


@pytest.fixture(scope="module")
def known(study: Path) -> set[tuple[str, int]]:
    """The files of the untouched store, which a report can read."""
    read_all(study, set())
    return files_of(study / "records")


@pytest.fixture(autouse=True)
def sealed_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection or starts a program fails."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a forged store made the program reach out")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(subprocess, "Popen", refused)
    monkeypatch.setattr("os.system", refused)


@pytest.fixture(scope="module")
def original(study: Path) -> Copy:
    """The untouched store in memory, of which each forgery takes a copy."""
    return load_copy(study)


def forge(kind: str, original: Copy, target: Path, random: Random) -> tuple[str, str] | None:
    """Write a forged store; task and field where it is known which one verification has to find."""
    store = original.again(*original.whole)
    place = forged_field(store, random) if kind == "field" else forged_file(store, random) if kind == "file" else None
    write_copy(store, target)
    if kind == "manifest":
        forged_manifest(target, random)
    if kind == "place":
        odd_place(target, random)
    return place


def files_of(root: Path) -> set[tuple[str, int]]:
    """Name and inode of every file below a folder, by which another store's link to it is known."""
    return {(path.name, path.lstat().st_ino) for path in root.rglob("*")}


def read_all(root: Path, known: set[tuple[str, int]]) -> None:
    """What a report reads: every record, and each table, array and document that is no link to one that was read before.

    Only our own errors may come.
    """
    try:
        everything = evidence_of(root).everything()
    except StudyError:
        return
    for stored in everything:
        linked = files_of(stored.folder) & known
        for entry in stored.record.files:
            reader = {"parquet": frame, "npz": arrays, "json": document}.get(entry.name.rpartition(".")[2])
            try:
                if reader is not None and not any(entry.name == name for name, _ in linked):
                    reader(stored, entry.name)
            except StudyError:
                continue


def carry(root: Path, tmp_path: Path) -> None:
    """Out as an archive, and in again."""
    try:
        export_run(root, None, tmp_path / "run.tar")
        import_run(tmp_path / "other", tmp_path / "run.tar")
        removable(tmp_path / "other")
    except StudyError:
        return


def owed(place: tuple[str, str] | None) -> bool:
    """Whether verification must find the edit: of a field that follows from something, or holds with another record."""
    if place is None:
        return False
    task, field = place
    return standing_of(field, load_study().fields().get(task.split("/")[0], {})) in {"recomputed", "cross-checked"}


@pytest.mark.parametrize("kind", COUNTS)
@pytest.mark.parametrize("part", range(10))
def test_forged_stores(
    kind: str, part: int, original: Copy, verifier: Remembering, known: set[tuple[str, int]], tmp_path: Path
) -> None:
    """A tenth of the campaign: each store is verified and read as a report reads it; those that differ in form are carried.

    Of stores that are forged in one value and whole in themselves a quarter is carried: to an archive they are like any other.
    """
    accepted = []
    for number in range(part, COUNTS[kind], 10):
        target = tmp_path / str(number)
        place = forge(kind, original, target, Random(f"{kind}-{number}"))  # noqa: S311 - to repeat it
        with a_minute():
            try:
                sound = bool(verifier.verify(target)["sound"])
            except StudyError:
                sound = False
            read_all(target, known)
            if kind in {"manifest", "place"} or number // 10 % 4 == 0:
                carry(target, tmp_path / f"carried-{number}")
        if sound and owed(place) and (kind == "field" or ":" in str(place)):
            accepted.append((number, place))
    assert accepted == []


def test_campaign_is_as_large_as_it_says() -> None:
    """At least 500 stores."""
    assert sum(COUNTS.values()) >= 500
