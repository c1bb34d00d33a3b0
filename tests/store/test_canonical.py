"""Equal content gives equal bytes, and what JSON cannot say is refused."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from store.canonical import canonical_json, digest, digest_bytes, digest_file, digest_within, readable_json

if TYPE_CHECKING:
    from pathlib import Path

VALUE = {"b": [1, 0.1], "a": "é"}


def test_the_order_of_keys_is_no_content() -> None:
    """Sorted, without spaces, in UTF-8: digests of years hang on these bytes."""
    assert canonical_json(VALUE) == '{"a":"é","b":[1,0.1]}'.encode()
    assert digest(VALUE) == hashlib.sha256('{"a":"é","b":[1,0.1]}'.encode()).hexdigest()
    assert readable_json(VALUE) == '{\n "a": "é",\n "b": [\n  1,\n  0.1\n ]\n}\n'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [{"a": -float("inf")}]])
def test_what_json_has_no_number_for_is_refused(value: object) -> None:
    """A record with a NaN could be read by Python alone."""
    for written in (canonical_json, readable_json):
        with pytest.raises(ValueError, match="JSON compliant"):
            written(value)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path, size: int) -> None:
    """Whatever its size against the pieces in which it is read."""
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "file"
    path.write_bytes(content[:size])
    assert digest_file(path) == digest_bytes(content[:size])


def test_a_file_beyond_the_limit_is_measured_and_not_read(tmp_path: Path) -> None:
    """Just as many bytes as allowed are read; one more gives the size alone."""
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert digest_within(path, 5) == (digest_bytes(b"12345"), 5)
    assert digest_within(path, 4) == (None, 5)
