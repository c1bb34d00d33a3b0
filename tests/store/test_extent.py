"""A manifest lists so much and no more: whatever stands in it, it is refused in seconds and in little memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from store import extent
from store.archive import export_run, import_run
from store.audit import audit_record, audit_run
from store.canonical import readable_json
from store.certificates import certificate_path, load_certificate
from store.doors import parse_json
from store.errors import IntegrityError
from store.extent import MOST, hold_extent, read_plain_document
from store.records import MANIFEST, folder_of
from store.runs import load_entry, load_run, run_path
from tests.limits import a_minute
from tests.store.test_archive import relisted, rewritten, write_store

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

MANY = MOST + 1


@pytest.mark.parametrize(
    "manifest",
    [
        {"entries": [1] * MANY},
        {"entries": [{"task": dict.fromkeys(map(str, range(MANY)))}]},
        {"result": {"metrics": dict.fromkeys(map(str, range(MANY)))}},
        {"result": {"facts": dict.fromkeys(map(str, range(MANY)))}},
        {"files": [[0] * 1000] * 600},
        [0] * MANY,
    ],
)
def test_more_than_any_manifest_has_is_refused(manifest: JsonValue) -> None:
    """Elements and keys, wherever a validator would note each of them."""
    with pytest.raises(ValueError, match="lists more than"):
        hold_extent(manifest)


def test_what_may_be_any_json_may_be_long() -> None:
    """A validator finds nothing amiss in it; just as many things as allowed are allowed."""
    hold_extent({"result": {"facts": {"numbers": [0] * MANY}}, "config": {"a": {"b": [0] * MANY}}})
    hold_extent({"entries": [0] * (MOST - 1)})
    hold_extent("text")


def bomb(content: bytes, key: str) -> bytes:
    """The manifest with a list of three million numbers in the place of ``key``."""
    fields = json.loads(content)
    return readable_json({**fields, key: []}).replace(
        f'"{key}": []'.encode(), f'"{key}": ['.encode() + b"1," * 3_000_000 + b"1]"
    )


def test_no_command_takes_a_minute_for_a_long_manifest(tmp_path: Path) -> None:
    """Of a run, a record or a certificate, by whichever way it is read."""
    name = write_store(tmp_path)
    run = load_run(tmp_path)
    record = folder_of(tmp_path, run.entries[0].task, run.entries[0].fingerprint)
    (record / MANIFEST).write_bytes(bomb((record / MANIFEST).read_bytes(), "files"))
    certificate_path(tmp_path, name).write_bytes(b'{"tasks": [' + b"1," * 3_000_000 + b"1]}")
    with a_minute():
        with pytest.raises(IntegrityError, match="record manifest cannot be read: it lists more"):
            load_entry(tmp_path, run.entries[0])
        with pytest.raises(IntegrityError, match="certificate cannot be read: it lists more"):
            load_certificate(tmp_path, run)
        (problem,) = audit_record(tmp_path, record).problems
        assert "it lists more than" in problem.what
        run_path(tmp_path, name).write_bytes(bomb(run_path(tmp_path, name).read_bytes(), "entries"))
        with pytest.raises(IntegrityError, match="run manifest cannot be read: it lists more"):
            load_run(tmp_path)
        _, (problem,) = audit_run(tmp_path, name)
        assert "it lists more than" in problem.what


@pytest.mark.parametrize(("suffix", "key"), [("run.json", "entries"), ("record.json", "files"), ("checksums.json", "withheld")])
def test_an_archive_of_a_long_manifest_is_refused(suffix: str, key: str, tmp_path: Path) -> None:
    """Before anything is written."""
    write_store(tmp_path / "here")
    export_run(tmp_path / "here", None, tmp_path / "a.tar")

    def edit(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.endswith(suffix))
        members[name] = bomb(members[name], key)
        if suffix != "checksums.json":
            relisted(members, name, members[name])

    with a_minute(), pytest.raises(IntegrityError, match="it lists more than"):
        import_run(tmp_path / "there", rewritten(tmp_path / "a.tar", edit, tmp_path / "b.tar"))
    assert not list((tmp_path / "there").glob("records/*"))


def test_a_manifest_of_a_usual_size_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its few bytes cannot hold enough to matter; what is no JSON is left to the reader that names it."""
    name = write_store(tmp_path)
    monkeypatch.setattr(extent, "read_json", lambda _: pytest.fail("it was read"))
    assert load_run(tmp_path).run_id == name
    monkeypatch.undo()
    run_path(tmp_path, name).write_bytes(b"[" * (2 << 20))
    with pytest.raises(IntegrityError, match="nested more than"):
        load_run(tmp_path)
    assert parse_json(b"1") == 1


@pytest.mark.parametrize(
    "content", [b'{"a": 1, "a": 2}', b'[{"b": {"a": 1, "\\u0061": 1}}]', b'{"a": NaN}', b"[" * 100_000, b"\xff"]
)
def test_a_document_is_read_in_one_way_or_not_at_all(content: bytes, tmp_path: Path) -> None:
    """A key that stands twice counts as its last here and as its first elsewhere, also where it is spelled otherwise."""
    path = tmp_path / "layers.json"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"layers\.json is no JSON that can be read"):
        read_plain_document(path)
    path.write_bytes(b'[{"a": 1}, {"a": 1}]')
    assert read_plain_document(path) == [{"a": 1}, {"a": 1}]
