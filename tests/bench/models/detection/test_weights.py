"""Tests of finding and knowing the pretrained weights."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.models.detection.tensors import load_tensors
from bench.models.detection.weights import FOLDER, cure, digest_of, identify, known_files, locate_weights
from store.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path


def place(root: Path, name: str) -> Path:
    """Put a file of that name where weights belong."""
    path = root / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"not the weights")
    return path


def test_the_data_folder_comes_before_the_cache_and_the_checkpoint_before_its_other_form(tmp_path: Path) -> None:
    """What the user names wins, in the manifest's order."""
    data, cache = tmp_path / "data", tmp_path / "cache"
    assert locate_weights(data, cache) is None
    cached = place(cache, "yolov5s_v6.0.pt")
    assert locate_weights(None, cache) == cached
    second = place(data, "yolov5s-v6.0-coco.safetensors")
    assert locate_weights(data, cache) == second
    first = place(data, "yolov5s_v6.0.pt")
    assert locate_weights(data, cache) == first


def test_a_wrong_checksum_names_file_both_sums_and_cure(tmp_path: Path) -> None:
    """A damaged or other file is no start for a transfer."""
    path = place(tmp_path, "yolov5s-v6.0-coco.safetensors")
    expected = next(known.sha256 for known in known_files() if path.name in known.names)
    for use in (digest_of, identify, load_tensors):
        with pytest.raises(IntegrityError) as caught:
            use(path)
        assert caught.value.where == str(path)
        assert re.search(rf"sha256 [0-9a-f]{{64}}, expected {expected}", caught.value.what)
        assert cure() in caught.value.cure


def test_every_known_file_has_its_own_checksum_and_names() -> None:
    """The manifest is whole: sums are SHA-256, no name stands for two files."""
    files = known_files()
    assert all(re.fullmatch(r"[0-9a-f]{64}", known.sha256) for known in files)
    names = [name for known in files for name in known.names]
    assert len(set(names)) == len(names)
    assert len({known.sha256 for known in files}) == len(files)


def test_planning_needs_no_torch() -> None:
    """Locating weights and planning the arms import neither torch nor the readers of tensors."""
    program = (
        "import sys, bench.models.detection.weights, bench.studies.assignment_2.experiments.detector\n"
        "assert not {'torch', 'numpy', 'pyarrow', 'ultralytics'} & sys.modules.keys()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.real_data
def test_both_real_files_are_known_and_load_alike(real_weights: Path) -> None:
    """Either file gives the same names, shapes and types."""
    files = [known for known in known_files() if "v6.0" in known.source]
    paths = [next(real_weights / name for name in known.names if (real_weights / name).is_file()) for known in files]
    assert [digest_of(path) for path in paths] == [known.sha256 for known in files]
    assert [path.stat().st_size for path in paths] == [known.size_bytes for known in files]
    first, second = (load_tensors(path) for path in paths)
    assert {name: (t.shape, t.dtype) for name, t in first.items()} == {name: (t.shape, t.dtype) for name, t in second.items()}


def test_a_sparse_file_is_not_read_for_hours(tmp_path: Path) -> None:
    """A file that is larger than every known one is none of them."""
    path = place(tmp_path, known_files()[0].name)
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(IntegrityError, match=f"sha256 of {1 << 40} bytes"):
        identify(path)
