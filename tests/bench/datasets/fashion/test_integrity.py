"""Checksums: sound files pass, each kind of damage is named with what was found and expected."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest

from bench.datasets.fashion.dataset import TEST_IMAGES, TRAIN_LABELS
from bench.datasets.fashion.integrity import digest_of, verify
from bench.datasets.fashion.manifest import SAMPLE_FOLDER, read_manifest
from store.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_embedded_sample_is_what_its_manifest_says() -> None:
    """Sizes, both checksums and the promise of less than 2 MB, with the licence beside it."""
    manifest = read_manifest("sample")
    assert [entry.name for entry in verify(SAMPLE_FOLDER, "sample")] == [facts.name for facts in manifest.files]
    for facts in manifest.files:
        content = (SAMPLE_FOLDER / facts.name).read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == facts.md5
    assert sum(facts.size_bytes for facts in manifest.files) < 2_000_000
    assert "Zalando SE" in (SAMPLE_FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_a_flipped_byte_is_named_with_both_checksums(tiny_folder: Path) -> None:
    """Damage that keeps the size: file, found and expected checksum, a cure, exit code 3."""
    path = tiny_folder / TEST_IMAGES
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(IntegrityError) as caught:
        verify(tiny_folder, "full")
    found = hashlib.sha256(damaged).hexdigest()
    assert caught.value.what == f"{TEST_IMAGES} is damaged: sha256 {found}, expected {expected}"
    assert caught.value.where == str(path)
    assert "nox -s bench -- data fetch" in caught.value.cure
    assert caught.value.exit_code == 3


def test_a_truncated_file_is_named_with_both_sizes(tiny_folder: Path) -> None:
    """A download that stopped early shows by its size."""
    path = tiny_folder / TRAIN_LABELS
    content = path.read_bytes()
    path.write_bytes(content[:-7])
    with pytest.raises(IntegrityError, match=f"size {len(content) - 7} bytes, expected {len(content)}"):
        verify(tiny_folder, "full")


def test_a_missing_file_is_named(tiny_folder: Path) -> None:
    """Both the check and the digest say which file is not there."""
    (tiny_folder / TRAIN_LABELS).unlink()
    for ask in (verify, digest_of):
        with pytest.raises(DataError, match=f"{TRAIN_LABELS} is missing"):
            ask(tiny_folder, "full")


def test_a_damaged_sample_is_cured_by_git(tmp_path: Path) -> None:
    """The embedded files come back from the repository, not from a download."""
    shutil.copytree(SAMPLE_FOLDER, tmp_path / "sample")
    (tmp_path / "sample" / TRAIN_LABELS).write_bytes(b"")
    with pytest.raises(IntegrityError, match="git checkout -- data/sample"):
        verify(tmp_path / "sample", "sample")


def test_the_digest_follows_the_bytes_not_the_folder(tmp_path: Path, tiny_folder: Path) -> None:
    """A copy has the same digest, a changed byte another one: it is computed, not read from the manifest."""
    before = digest_of(tiny_folder, "full")
    copy = tmp_path / "copy"
    shutil.copytree(tiny_folder, copy)
    assert digest_of(copy, "full") == before
    (copy / TRAIN_LABELS).write_bytes(b"other")
    assert digest_of(copy, "full") != before


def test_a_sparse_file_is_not_read_for_hours(tiny_folder: Path) -> None:
    """A file that is larger than its reader takes is damaged, whatever is in it."""
    with (tiny_folder / TEST_IMAGES).open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(IntegrityError, match=f"{TEST_IMAGES} is damaged: sha256 of {1 << 40} bytes"):
        verify(tiny_folder, "full")
