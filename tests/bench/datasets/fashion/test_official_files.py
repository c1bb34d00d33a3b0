"""On the real data: the official files are what the manifest says, and the sample is what its command makes of them."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from bench.datasets.fashion.dataset import load
from bench.datasets.fashion.integrity import verify
from bench.datasets.fashion.locate import locate
from bench.datasets.fashion.manifest import SAMPLE_FOLDER, read_manifest
from bench.datasets.fashion.sample import main, manifest_entries, sample_files

pytestmark = pytest.mark.real_data


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """The folder of the official files; without BENCH_DATA_DIR the tests are skipped by their mark."""
    return locate("full", data_dir=Path(os.environ["BENCH_DATA_DIR"]), cache_dir=tmp_path, offline=True)


def test_the_official_files_have_both_published_checksums(official: Path) -> None:
    """SHA-256 as measured here and MD5 as the authors publish it describe the same bytes."""
    verify(official, "full")
    for facts in read_manifest("full").files:
        content = (official / facts.name).read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == facts.md5


def test_the_official_files_load_balanced(official: Path) -> None:
    """60,000 and 10,000 images of 28 x 28, each class equally often."""
    data = load(official)
    assert data.train_images.shape == (60_000, 28, 28)
    assert data.test_images.shape == (10_000, 28, 28)
    assert np.bincount(data.train_labels).tolist() == [6000] * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10


def test_the_sample_holds_the_first_images(official: Path) -> None:
    """The committed sample is a prefix of the official data, whatever compressed it."""
    full, sample = load(official), load(SAMPLE_FOLDER)
    assert np.array_equal(sample.train_images, full.train_images[:2000])
    assert np.array_equal(sample.train_labels, full.train_labels[:2000])
    assert np.array_equal(sample.test_images, full.test_images[:500])
    assert np.array_equal(sample.test_labels, full.test_labels[:500])


@pytest.mark.skipif("zlib-ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng compresses the same content to other bytes")
def test_the_command_makes_the_committed_sample(official: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Byte for byte, and the entries that it prints are those of the manifest."""
    assert main(["--data", str(official), "--out", str(tmp_path)]) == 0
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {facts.name: (SAMPLE_FOLDER / facts.name).read_bytes() for facts in read_manifest("sample").files}
    assert capsys.readouterr().out == manifest_entries(sample_files(load(official)))
    for facts in read_manifest("sample").files:
        entry = manifest_entries({facts.name: made[facts.name]})
        assert facts.sha256 in entry
        assert f"size_bytes = {facts.size_bytes}\n" in entry
        assert f"images = {facts.images}\n" in entry
