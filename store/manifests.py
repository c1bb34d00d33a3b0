"""Reads a sealed manifest (of a record, a run, a certificate): its JSON, its schema, its digest; each refusal says which."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from store.canonical import digest
from store.doors import forbidden, parse_json, read_json, reason_of
from store.errors import IntegrityError, printable
from store.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

_Model = TypeVar("_Model", bound=BaseModel)


def load_manifest(path: Path, model: type[_Model], kind: str, cure: str, version: int = SCHEMA_VERSION) -> _Model:
    """The manifest at ``path``, which ``kind`` names for people, of the schema's ``version``.

    Raises IntegrityError where anything about it is not so, StoreError where it may not be read.
    """
    try:
        fields = read_json(path)
    except PermissionError as error:
        raise forbidden(path, error) from error
    except (OSError, ValueError, MemoryError) as error:
        raise IntegrityError(f"{kind} cannot be read: {reason_of(error)}", where=str(path), cure=cure) from error
    return _checked(fields, model, kind, (str(path), cure), version)


def parse_manifest(content: bytes, model: type[_Model], kind: str, place: tuple[str, str]) -> _Model:
    """The same for bytes that lie in no file yet; ``place`` says where they come from, and what cures it."""
    try:
        fields = parse_json(content)
    except ValueError as error:
        raise IntegrityError(f"{kind} cannot be read: {reason_of(error)}", where=place[0], cure=place[1]) from error
    return _checked(fields, model, kind, place)


def misfits(error: ValidationError) -> list[str]:
    """Where a manifest does not fit its schema, and how: one line each, without what stands there."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [f"{printable('.'.join(map(str, each['loc']))) or 'the whole'}: {printable(each['msg'])}" for each in found]


def _checked(
    fields: JsonValue, model: type[_Model], kind: str, place: tuple[str, str], version: int = SCHEMA_VERSION
) -> _Model:
    where, cure = place
    found = fields.get("schema_version", version) if isinstance(fields, dict) else version
    if found != version or isinstance(found, bool | float):
        message = f"{kind} has schema version {printable(repr(found))[:40]}, this program reads {version}"
        raise IntegrityError(message, where=where, cure=cure)
    try:
        manifest = model.model_validate(fields)
    except ValidationError as error:
        lines = misfits(error)
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        raise IntegrityError(f"{kind} does not fit its schema: {lines[0]}{more}", where=where, cure=cure) from error
    body = {key: value for key, value in fields.items() if key != "digest"} if isinstance(fields, dict) else {}
    if digest(body) != getattr(manifest, "digest", None):
        raise IntegrityError(f"{kind} was altered: its digest does not match", where=where, cure=cure)
    return manifest
