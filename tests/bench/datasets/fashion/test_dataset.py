"""The IDX reader: right arrays from right files, and an error that names the file for anything else."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.datasets.fashion.dataset import CLASS_NAMES, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, load
from bench.datasets.fashion.idx import gzip_bytes, idx_bytes, read_idx
from bench.datasets.fashion.manifest import ROOT, SAMPLE_FOLDER
from store.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_sample_loads_as_bytes_in_published_shapes() -> None:
    """2,000 and 500 images with their labels; the first training image is the ankle boot that opens the data set."""
    data = load(SAMPLE_FOLDER)
    assert data.train_images.shape == (2000, 28, 28)
    assert data.test_images.shape == (500, 28, 28)
    assert (data.train_labels.shape, data.test_labels.shape) == ((2000,), (500,))
    assert {values.dtype for values in (data.train_images, data.train_labels, data.test_images)} == {np.dtype(np.uint8)}
    assert CLASS_NAMES[data.train_labels[0]] == "Ankle boot"
    assert np.unique(data.train_labels).tolist() == list(range(10))


def test_arrays_are_writable() -> None:
    """Wrapping a read-only array makes torch warn, and warnings are errors here."""
    data = load(SAMPLE_FOLDER)
    assert data.train_images.flags.writeable
    assert data.test_labels.flags.writeable


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "too short"),
        (b"no gzip at all", "cannot be read"),
        (gzip.compress(b"\x00\x00"), "too short"),
        (gzip.compress(struct.pack(">II", 0x0801, 4) + b"abcd")[:-9], "cannot be read"),
        (gzip.compress(struct.pack(">IIII", 0x0803, 1, 1, 1) + b"a"), "magic number 0x00000803, expected 0x00000801"),
        (gzip.compress(struct.pack(">II", 0x0D01, 1) + b"abcd"), "magic number 0x00000d01"),
        (gzip.compress(struct.pack(">II", 0x0801, 5) + b"abcd"), r"holds 4 values, its header \(5,\) says 5"),
        (gzip.compress(struct.pack(">II", 0x0801, 3) + b"abcd"), "holds 4 values"),
    ],
    ids=["empty", "no gzip", "no header", "cut gzip", "images", "floats", "too few", "too many"],
)
def test_a_malformed_label_file_is_named(tiny_folder: Path, content: bytes, said: str) -> None:
    """Whatever is wrong inside, the message starts with the file and says what was found."""
    (tiny_folder / TRAIN_LABELS).write_bytes(content)
    with pytest.raises(DataError, match=f"{TRAIN_LABELS} .*{said}") as caught:
        load(tiny_folder)
    assert caught.value.where == str(tiny_folder / TRAIN_LABELS)
    assert caught.value.cure


def test_a_damaged_deflate_stream_is_named(tiny_folder: Path) -> None:
    """Damage behind a sound gzip header is no traceback of zlib."""
    path = tiny_folder / TRAIN_IMAGES
    content = bytearray(path.read_bytes())
    content[20:60] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(DataError, match=TRAIN_IMAGES):
        load(tiny_folder)


def test_a_missing_file_is_named(tiny_folder: Path) -> None:
    """Loading an incomplete folder says which file is not there."""
    (tiny_folder / TEST_IMAGES).unlink()
    with pytest.raises(DataError, match=f"{TEST_IMAGES} is missing"):
        load(tiny_folder)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        (TEST_LABELS, np.zeros(4, np.uint8), "4 labels for 3 images"),
        (TEST_LABELS, np.array([0, 1, 10], np.uint8), "beyond 9"),
        (TEST_IMAGES, np.zeros((3, 32, 32), np.uint8), "32 x 32 pixels, expected 28 x 28"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tiny_folder: Path, name: str, values: np.ndarray, said: str) -> None:
    """Sound IDX files may still be no FashionMNIST: counts, labels and image size are checked."""
    (tiny_folder / name).write_bytes(gzip_bytes(idx_bytes(values)))
    with pytest.raises(DataError, match=said):
        load(tiny_folder)


@given(values=arrays(np.uint8, st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 5))))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, values: np.ndarray) -> None:
    """Any uint8 array survives the way through the file, and its gzip holds neither name nor date."""
    content = gzip_bytes(idx_bytes(values))
    path = tmp_path_factory.mktemp("idx") / "values.gz"
    path.write_bytes(content)
    assert np.array_equal(read_idx(path, dimensions=3), values)
    assert content[3:8] == bytes(5)


def test_the_data_commands_load_without_torch_and_requests() -> None:
    """``bench data where`` must answer at once: neither is imported before something is downloaded."""
    code = (
        "import sys, bench.datasets.fashion.commands, bench.datasets.fashion.dataset\n"
        "print(sorted({'torch', 'requests', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
