"""A tiny data set of the same four files with its own manifest."""

from __future__ import annotations

import gzip
import hashlib
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.datasets.fashion import manifest
from bench.datasets.fashion.dataset import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _packed(values: np.ndarray) -> bytes:
    header = struct.pack(f">{1 + values.ndim}I", 0x0800 | values.ndim, *values.shape)
    return gzip.compress(header + values.tobytes(), mtime=0)


@pytest.fixture
def tiny_files() -> dict[str, bytes]:
    """Five training and three test images: file name to gzipped IDX bytes, in manifest order."""
    generator = np.random.default_rng(0)
    return {
        TRAIN_IMAGES: _packed(generator.integers(0, 256, (5, 28, 28), dtype=np.uint8)),
        TRAIN_LABELS: _packed(np.array([9, 0, 0, 3, 1], dtype=np.uint8)),
        TEST_IMAGES: _packed(generator.integers(0, 256, (3, 28, 28), dtype=np.uint8)),
        TEST_LABELS: _packed(np.array([2, 2, 7], dtype=np.uint8)),
    }


@pytest.fixture
def use_tiny(tmp_path: Path, tiny_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Call it with mirror addresses: from then on the manifest's full source is the tiny data set."""

    def use(*mirrors: str) -> None:
        lines = ["[full]", 'licence = "MIT"', 'holder = "nobody"', f"mirrors = {list(mirrors)!r}"]
        for name, content in tiny_files.items():
            sha256, md5 = hashlib.sha256(content).hexdigest(), hashlib.md5(content, usedforsecurity=False).hexdigest()
            lines += ["[[full.files]]", f'name = "{name}"', f"images = {5 if name.startswith('train') else 3}"]
            unpacked = gzip.decompress(content)
            lines += [f"unpacked_bytes = {len(unpacked)}", f'unpacked_sha256 = "{hashlib.sha256(unpacked).hexdigest()}"']
            lines += [f"size_bytes = {len(content)}", f'sha256 = "{sha256}"', f'md5 = "{md5}"']
        path = tmp_path / "manifest.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setattr(manifest, "MANIFEST_PATH", path)

    return use


@pytest.fixture
def tiny_folder(tmp_path: Path, tiny_files: dict[str, bytes], use_tiny: Callable[..., None]) -> Path:
    """A user's data folder with the tiny files in ``fashion-mnist``; there is no mirror to fall back to."""
    use_tiny()
    folder = tmp_path / "mine" / "fashion-mnist"
    folder.mkdir(parents=True)
    for name, content in tiny_files.items():
        (folder / name).write_bytes(content)
    return folder
