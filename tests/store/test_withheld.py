"""Archives without some files: what is missing is named, nobody computes with it, and a whole archive fills it in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from store.archive import export_run, import_run
from store.audit import audit_record
from store.errors import IntegrityError
from store.runs import load_entry, load_run
from store.unpacking import CHECKSUMS
from store.withheld import WITHHELD, WithheldError, absent_of, withheld_of
from tests.store.test_archive import rewritten, write_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def light(tmp_path: Path) -> Path:
    """A store that took in a run without its weights."""
    write_store(tmp_path / "whole")
    export_run(tmp_path / "whole", None, tmp_path / "light.tar", ("*.bin",))
    import_run(tmp_path / "light", tmp_path / "light.tar")
    return tmp_path / "light"


def test_a_record_says_which_files_it_lacks(light: Path) -> None:
    """It is sound, names the file, and refuses to hand it out with the cure."""
    for entry in load_run(light).entries:
        stored = load_entry(light, entry)
        assert withheld_of(stored.folder) == {"weights.bin"}
        assert audit_record(light, stored.folder).problems == ()
        with pytest.raises(WithheldError, match="left out of the archive"):
            stored.file("weights.bin")


def test_a_whole_archive_fills_it_in_and_a_light_one_takes_nothing_away(light: Path, tmp_path: Path) -> None:
    """Afterwards all files are there; the light archive once more changes nothing."""
    export_run(tmp_path / "whole", None, tmp_path / "whole.tar")
    for archive in ("whole.tar", "light.tar"):
        import_run(light, tmp_path / archive)
        folders = [load_entry(light, entry).folder for entry in load_run(light).entries]
        assert [withheld_of(folder) for folder in folders] == [frozenset()] * 2
        assert all((folder / "weights.bin").is_file() for folder in folders)


def test_what_was_left_out_once_stays_out_and_named(light: Path, tmp_path: Path) -> None:
    """A light run exported and imported again is the same light run."""
    export_run(light, None, tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == (tmp_path / "light.tar").read_bytes()


@pytest.mark.parametrize(
    ("pattern", "expected"), [("{}/*", {"weights.bin"}), ("{}/weights.*", {"weights.bin"}), ("*/weights", set())]
)
def test_a_pattern_with_a_slash_chooses_among_tasks(tmp_path: Path, pattern: str, expected: set[str]) -> None:
    """The file of one task stays out, the same file of another comes along; a manifest always does."""
    write_store(tmp_path / "whole")
    first, second = load_run(tmp_path / "whole").entries
    export_run(tmp_path / "whole", None, tmp_path / "one.tar", [pattern.format(first.task.id)])
    import_run(tmp_path / "one", tmp_path / "one.tar")
    assert withheld_of(load_entry(tmp_path / "one", first).folder) >= expected
    assert withheld_of(load_entry(tmp_path / "one", second).folder) == frozenset()


def test_a_file_that_is_missing_and_not_named_is_a_problem(light: Path) -> None:
    """The list excuses its own names alone, and no name that the manifest does not have."""
    folder = load_entry(light, load_run(light).entries[0]).folder
    (folder / WITHHELD).write_text(json.dumps({"files": ["other.bin"]}), encoding="utf-8")
    problems = [problem.what for problem in audit_record(light, folder).problems]
    assert any("weights.bin" in what and "is missing" in what for what in problems)
    assert any("which is no file of the record" in what for what in problems)
    with pytest.raises(IntegrityError, match="lacks its file"):
        load_entry(light, load_run(light).entries[0])


@pytest.mark.parametrize("content", ["[]", "{", '{"files": [1]}', '{"files": ["a", 1]}', '{"files": "weights.bin"}'])
def test_a_list_that_cannot_be_read_is_damage(light: Path, content: str) -> None:
    """Never a reason to take a missing file for left out."""
    folder = load_entry(light, load_run(light).entries[0]).folder
    (folder / WITHHELD).write_text(content, encoding="utf-8")
    with pytest.raises(IntegrityError):
        load_entry(light, load_run(light).entries[0])
    assert audit_record(light, folder).problems


def test_an_archive_cannot_leave_out_a_manifest(tmp_path: Path) -> None:
    """Without it nobody could say what is missing: refused, whatever the checksums say."""
    write_store(tmp_path / "whole")
    export_run(tmp_path / "whole", None, tmp_path / "run.tar")

    def without(members: dict[str, bytes]) -> None:
        head = json.loads(members[CHECKSUMS])
        name = next(name for name in members if name.endswith("record.json"))
        head["withheld"] = [name]
        del head["files"][name]
        del members[name]
        members[CHECKSUMS] = json.dumps(head).encode()

    with pytest.raises(IntegrityError):
        import_run(tmp_path / "b", rewritten(tmp_path / "run.tar", without, tmp_path / "bad.tar"))


def test_a_record_lacks_what_is_listed_and_not_there(light: Path) -> None:
    """A file that is there is no lacking one, whatever the list says, and neither is one of no record."""
    stored = load_entry(light, load_run(light).entries[0])
    assert absent_of(stored) == ("weights.bin",)
    (stored.folder / WITHHELD).write_text(json.dumps({"files": ["other.bin", "weights.bin"]}), encoding="utf-8")
    assert absent_of(stored) == ("weights.bin",)
    (stored.folder / WITHHELD).write_text(json.dumps({"files": []}), encoding="utf-8")
    assert absent_of(stored) == ()
    (stored.folder / WITHHELD).write_text(json.dumps({"files": ["weights.bin"]}), encoding="utf-8")
    (stored.folder / "weights.bin").write_bytes(b"x")
    assert absent_of(stored) == ()
