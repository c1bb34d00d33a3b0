"""Makes the embedded sample: the first images of the official files, in the same format.

Command: ``python -m bench.datasets.fashion.sample --data DIR`` (DIR holds the four official files, or a folder
fashion-mnist with them). It writes data/sample/fashion-mnist and prints the files' entries for
data/fashion_mnist.toml. Takes about 2 s.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.datasets.fashion.dataset import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, load
from bench.datasets.fashion.idx import gzip_bytes, idx_bytes
from bench.datasets.fashion.integrity import verify
from bench.datasets.fashion.locate import locate
from bench.datasets.fashion.manifest import SAMPLE_FOLDER
from store.canonical import digest_bytes
from store.errors import StudyError
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.datasets.fashion.dataset import FashionMnist

TRAIN_COUNT = 2000
TEST_COUNT = 500


def sample_files(data: FashionMnist) -> dict[str, bytes]:
    """File name to gzipped IDX bytes of the first 2,000 training and 500 test images of ``data``."""
    parts = {
        TRAIN_IMAGES: data.train_images[:TRAIN_COUNT],
        TRAIN_LABELS: data.train_labels[:TRAIN_COUNT],
        TEST_IMAGES: data.test_images[:TEST_COUNT],
        TEST_LABELS: data.test_labels[:TEST_COUNT],
    }
    return {name: gzip_bytes(idx_bytes(values)) for name, values in parts.items()}


def manifest_entries(files: Mapping[str, bytes]) -> str:
    """The ``[[sample.files]]`` entries of data/fashion_mnist.toml for ``files``."""
    counts = {TRAIN_IMAGES: TRAIN_COUNT, TRAIN_LABELS: TRAIN_COUNT, TEST_IMAGES: TEST_COUNT, TEST_LABELS: TEST_COUNT}
    return "\n".join(
        f"[[sample.files]]\n"
        f'name = "{name}"\n'
        f"images = {counts[name]}\n"
        f"size_bytes = {len(content)}\n"
        f'sha256 = "{digest_bytes(content)}"\n'
        f'md5 = "{hashlib.md5(content, usedforsecurity=False).hexdigest()}"\n'
        for name, content in files.items()
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sample and print its manifest entries; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.datasets.fashion.sample", description="Make the embedded sample.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the four official files")
    parser.add_argument("--out", type=Path, default=SAMPLE_FOLDER, metavar="DIR", help="where to write (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        folder = locate("full", data_dir=options.data, cache_dir=options.data, offline=True)
        verify(folder, "full")
        files = sample_files(load(folder))
        for name, content in files.items():
            write_atomic(options.out / name, content)
    except StudyError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    sys.stdout.write(manifest_entries(files))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
