"""A manifest that is not as it was sealed is refused, and each refusal says which way it is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from store.canonical import readable_json
from store.errors import IntegrityError, StoreError
from store.manifests import load_manifest, parse_manifest
from store.schema import Run, seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue

PLACE = ("the archive", "copy it again")
FIELDS: dict[str, JsonValue] = {
    "schema_version": 1,
    "run_id": "quick-1",
    "profile": "quick",
    "config": {},
    "entries": [],
    "command": [],
    "created_at": "",
}


def parsed(fields: JsonValue) -> Run:
    """The manifest of these fields."""
    return parse_manifest(readable_json(fields), Run, "run manifest", PLACE)


def test_a_sealed_manifest_is_read_from_a_file_and_from_bytes(tmp_path: Path) -> None:
    """Both give the same."""
    sealed = seal(FIELDS)
    (tmp_path / "run.json").write_bytes(readable_json(sealed))
    assert load_manifest(tmp_path / "run.json", Run, "run manifest", "x") == parsed(sealed)
    assert parsed(sealed).digest == sealed["digest"]


def without(name: str) -> dict[str, JsonValue]:
    """Sealed without one field."""
    return seal({key: value for key, value in FIELDS.items() if key != name})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({**seal(FIELDS), "profile": "paper"}, "run manifest was altered: its digest does not match"),
        (seal({**FIELDS, "run_id": "No Name"}), "run manifest does not fit its schema: run_id: String should match"),
        (without("profile"), "run manifest does not fit its schema: profile: Field required"),
        ({}, "does not fit its schema: .* and 6 more"),
        ([], "does not fit its schema: the whole: "),
        ("text", "does not fit its schema: the whole: "),
        (None, "does not fit its schema: the whole: "),
        (seal({**FIELDS, "schema_version": 2}), "run manifest has schema version 2, this program reads 1"),
        (seal({**FIELDS, "schema_version": True}), "has schema version True, this program reads 1"),
        (seal({**FIELDS, "schema_version": 1.0}), r"has schema version 1\.0, this program reads 1"),
        (seal({**FIELDS, "schema_version": "x" * 99}), r"has schema version 'x{39}, this program"),
    ],
)
def test_each_fault_is_named(fields: Any, words: str) -> None:  # noqa: ANN401 - anything that JSON holds
    """The seal, the schema with its first place and how many more there are, or another version; with place and cure."""
    with pytest.raises(IntegrityError, match=words) as caught:
        parsed(fields)
    assert (caught.value.where, caught.value.cure) == PLACE


def test_one_fault_alone_has_no_more() -> None:
    """What follows it is said only where there is something."""
    with pytest.raises(IntegrityError) as caught:
        parsed(without("profile"))
    assert " more" not in caught.value.what


def test_a_manifest_without_its_version_is_of_this_one() -> None:
    """Its seal is over what it has."""
    assert parsed(without("schema_version")).schema_version == 1


@pytest.mark.parametrize(
    ("write", "kind", "words"),
    [
        (lambda path: path.write_bytes(b"{"), IntegrityError, "run manifest cannot be read: Expecting"),
        (lambda path: path.mkdir(), IntegrityError, "run manifest cannot be read: Is a directory"),
        (lambda _path: None, IntegrityError, "run manifest cannot be read: No such file"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, write: Callable[[Path], object], kind: type[StoreError], words: str
) -> None:
    """No JSON, no file, or no file of this kind."""
    write(tmp_path / "run.json")
    with pytest.raises(kind, match=words) as caught:
        load_manifest(tmp_path / "run.json", Run, "run manifest", "run again")
    assert (caught.value.where, caught.value.cure) == (str(tmp_path / "run.json"), "run again")
    with pytest.raises(IntegrityError, match="run manifest cannot be read: ") as caught:
        parse_manifest(json.dumps(FIELDS).encode()[:-1], Run, "run manifest", PLACE)
    assert (caught.value.where, caught.value.cure) == PLACE
