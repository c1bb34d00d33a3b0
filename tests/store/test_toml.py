"""TOML that people write is read as they meant it, or refused for a reason; nothing is waited for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from store.doors import DEPTH
from store.toml import toml_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_mark_of_utf_8_is_no_part_of_the_text(tmp_path: Path, mark: bytes) -> None:
    """Some editors write one."""
    path = tmp_path / "some.toml"
    path.write_bytes(mark + 'name = "\N{GREEK SMALL LETTER PI}"'.encode())
    assert toml_of(path) == {"name": "\N{GREEK SMALL LETTER PI}"}


def test_levels_are_counted(tmp_path: Path) -> None:
    """As deep as any file here may nest, and one deeper, in brackets and in dotted keys."""
    path = tmp_path / "some.toml"
    inner = DEPTH - 1
    path.write_text("a = " + "[" * inner + "]" * inner, encoding="utf-8")
    assert toml_of(path)
    for text in (f"a = {'[' * DEPTH}{']' * DEPTH}", ".".join(["a"] * (DEPTH + 1)) + " = 1"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=f"nested more than {DEPTH} deep"):
            toml_of(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = " + b"[" * 5000, "nested more than"),
        (b"a = '\xe9'", "can't decode"),
        (b"a", "Expected"),
        (b"a." * 100_000 + b"a = 1", "nested more than"),
        (b"b = { " + b"'a' . " * 100_000 + b"a = 1 }", "nested more than"),
        (b"# long\n" * 200_000, "bytes, where at most"),
    ],
)
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """Brackets beyond what Python can follow, another encoding, no key and value, keys of minutes, more than a megabyte."""
    path = tmp_path / "some.toml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        toml_of(path)


def test_words_with_dots_are_no_levels(tmp_path: Path) -> None:
    """A sentence, an ellipsis, a number: many dots in a text or a comment, and one long key."""
    path = tmp_path / "some.toml"
    path.write_text(
        "# " + "One two. " * 99 + "\n" + "k" * 200_000 + " = '" + "... " * 99 + "0.5, " * 99 + "'", encoding="utf-8"
    )
    assert list(toml_of(path)) == ["k" * 200_000]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody writes into it."""
    os.mkfifo(tmp_path / "some.toml")
    with pytest.raises(OSError, match="it is a pipe"):
        toml_of(tmp_path / "some.toml")
