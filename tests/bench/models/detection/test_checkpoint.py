"""Tests of the checkpoint reader: tensors come out, nothing is executed."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from bench.models.detection.checkpoint import read_checkpoint
from bench.models.detection.transfer import match
from store.errors import IntegrityError
from store.formats import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[4]


class Call:
    """Pickles as a call of ``function`` with ``arguments``."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        """Keep the call."""
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        """What pickle writes."""
        return self.call


def small_network() -> torch.nn.Module:
    """A convolution with batch normalisation inside a sequence, as detectors are built."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4))


def pickled(tmp_path: Path, content: object) -> Path:
    """A zip archive as torch writes it, without storages, whose pickle holds ``content``."""
    path = tmp_path / "made.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content, protocol=2))
    return path


def altered(tmp_path: Path, change: dict[str, bytes]) -> Path:
    """A real torch checkpoint with some members of its archive replaced."""
    buffer = io.BytesIO()
    torch.save({"model": small_network()}, buffer)
    path = tmp_path / "altered.pt"
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            end = name.partition("/")[2]
            new.writestr(name, change.get(end, old.read(name)))
    return path


@pytest.mark.parametrize("half", [False, True])
def test_tensors_of_a_pickled_module_come_out_as_they_went_in(tmp_path: Path, *, half: bool) -> None:
    """Names, types, shapes and values are those of the module's state."""
    network = small_network().half() if half else small_network()
    path = tmp_path / "network.pt"
    torch.save({"epoch": -1, "model": network, "ema": None}, path)
    found = read_checkpoint(path)
    expected = network.state_dict()
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.numpy().dtype
        np.testing.assert_array_equal(found[name], tensor.numpy())


def test_averaged_weights_are_preferred(tmp_path: Path) -> None:
    """Where a checkpoint holds an averaged model, that is the one to start from."""
    averaged = small_network()
    torch.nn.init.constant_(averaged[0].weight, 7.0)
    path = tmp_path / "network.pt"
    torch.save({"model": small_network(), "ema": averaged}, path)
    assert (read_checkpoint(path)["0.weight"] == 7).all()


def test_views_on_one_storage_are_cut_out(tmp_path: Path) -> None:
    """A transposed or sliced parameter is read by its own stride and offset."""
    network = torch.nn.Linear(4, 3)
    base = torch.arange(24.0).reshape(4, 6)
    network.weight = torch.nn.Parameter(base[:, 1:4].t())
    path = tmp_path / "view.pt"
    torch.save({"model": network}, path)
    np.testing.assert_array_equal(read_checkpoint(path)["weight"], base[:, 1:4].t().numpy())


@pytest.mark.parametrize(
    "function", [os.system, eval, exec, __import__, getattr, os.open, print], ids=lambda function: function.__name__
)
def test_a_hostile_pickle_is_refused_and_not_executed(tmp_path: Path, function: Callable[..., object]) -> None:
    """A call of anything but a tensor's constructor is an error, and has no effect."""
    marker = tmp_path / "executed"
    path = pickled(tmp_path, {"model": Call(function, f"touch {marker}")})
    with pytest.raises(IntegrityError, match="calls"):
        read_checkpoint(path)
    assert not marker.exists()


def test_a_hostile_call_inside_a_known_constructor_is_refused(tmp_path: Path) -> None:
    """Hiding the call among a tensor's arguments does not help."""
    marker = tmp_path / "executed"
    path = pickled(tmp_path, {"model": Call(torch._utils._rebuild_tensor_v2, Call(os.system, f"touch {marker}"), 0, (), ())})
    with pytest.raises(IntegrityError):
        read_checkpoint(path)
    assert not marker.exists()


def test_unknown_classes_are_not_imported(tmp_path: Path) -> None:
    """A class of a package that is not there is passed over; its module is never asked for."""
    pickle_text = b"\x80\x02}q\x00X\x05\x00\x00\x00modelq\x01cnowhere.to_be_found\nModel\nq\x02)\x81q\x03}q\x04bs."
    path = tmp_path / "unknown.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle_text)
    assert read_checkpoint(path) == {}


def test_a_storage_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    """A tensor cannot read beyond what the archive holds."""
    with pytest.raises(IntegrityError, match="bytes"):
        read_checkpoint(altered(tmp_path, {"data/0": b"1234"}))


def test_a_tensor_that_reaches_outside_its_storage_is_refused(tmp_path: Path) -> None:
    """Offset, shape and stride are checked before memory is looked at."""
    network = torch.nn.Linear(2, 2, bias=False)
    path = tmp_path / "outside.pt"
    torch.save({"model": network}, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in members if name.endswith("data.pkl"))
    two_by_two = b"K\x02K\x02\x86"
    assert two_by_two in members[name]
    members[name] = members[name].replace(two_by_two, b"K\x02K\x63\x86", 1)
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    with pytest.raises(IntegrityError, match="outside its storage"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty, foreign or cut file is named with the cure."""
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(IntegrityError) as caught:
        read_checkpoint(path)
    assert caught.value.where == str(path)
    assert caught.value.cure


@pytest.mark.parametrize("content", [b"", b"\x80\x02", b"\x80\x02}q\x00", b"\x80\x02K\x01.", b"\x80\x02}."])
def test_a_pickle_without_a_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """A cut pickle and one that holds something else are errors of the file, not of the program."""
    with pytest.raises(IntegrityError):
        read_checkpoint(altered(tmp_path, {"data.pkl": content}))


@pytest.mark.real_data
def test_both_forms_of_the_real_weights_hold_equal_tensors(real_weights: Path) -> None:
    """The official checkpoint, read without its classes, gives what the safetensors file holds."""
    found = read_checkpoint(real_weights / "yolov5s_v6.0.pt")
    expected = read_weights(real_weights / "yolov5s-v6.0-coco.safetensors")
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        np.testing.assert_array_equal(found[name].reshape(tensor.shape), tensor)


YOLOV5U = """
import os, sys
from copy import deepcopy
os.environ.update(YOLO_OFFLINE="true", YOLO_CONFIG_DIR=sys.argv[2], HOME=sys.argv[2])
from bench.models import vision_compat
vision_compat.enable()
import torch
from ultralytics.nn.tasks import DetectionModel
torch.manual_seed(1)
model = DetectionModel("yolov5s.yaml", nc=80, verbose=False)
model.args = {"imgsz": 640, "task": "detect"}
content = {"epoch": -1, "best_fitness": None, "model": deepcopy(model).half(), "ema": None, "optimizer": None}
torch.save({**content, "train_args": {"imgsz": 640}, "date": None, "version": "8.0.0"}, sys.argv[1])
"""


@pytest.mark.campaign
def test_a_checkpoint_of_the_package_is_read_and_all_but_the_classes_fit(tmp_path: Path) -> None:
    """The form of yolov5su.pt: every tensor is read, and in a network of one class only the class branch has other shapes."""
    path = tmp_path / "yolov5su.pt"
    subprocess.run([sys.executable, "-c", YOLOV5U, str(path), str(tmp_path)], check=True, capture_output=True, cwd=ROOT)
    tensors = read_checkpoint(path)
    assert {str(tensor.dtype) for name, tensor in tensors.items() if name.endswith("weight")} == {"float16"}
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    one_class = {name: (1, *shape[1:]) if ".cv3." in name and shape[:1] == (80,) else shape for name, shape in shapes.items()}
    rows = match(one_class, shapes)
    left = [row for row in rows if not row.transferred]
    assert len(rows) == len(tensors) > 400
    assert {row.tensor for row in left} == {name for name in shapes if one_class[name] != shapes[name]}
    assert left
    assert all(row.reason.endswith("in the pretrained network") for row in left)


def crafted(tmp_path: Path, content: bytes, *, compressed: bool = False) -> Path:
    """An archive with this pickle and one storage of one number."""
    path = tmp_path / "crafted.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        archive.writestr("m/data.pkl", content)
        archive.writestr("m/data/0", bytes(4))
    return path


def rebuilt(offset: int, size: tuple[object, ...], stride: tuple[object, ...], count: object = 1) -> bytes:
    """The pickle of a model with one tensor that claims this shape."""
    storage = Call(_persistent, count)
    rest: tuple[object, ...] = (False, {})
    return _Pickler.dumps({"model": Call(torch._utils._rebuild_tensor_v2, storage, offset, size, stride, *rest)})


def _persistent(count: object) -> None:
    raise AssertionError(f"never called: {count}")


class _Pickler(pickle.Pickler):
    """Writes a stand-in storage as torch writes real ones."""

    @staticmethod
    def dumps(content: object) -> bytes:
        """The pickle's bytes."""
        sink = io.BytesIO()
        _Pickler(sink, protocol=2).dump(content)
        return sink.getvalue()

    def persistent_id(self, obj: object) -> object:
        """What stands for the storage."""
        if isinstance(obj, Call) and obj.call[0] is _persistent:
            return ("storage", torch.FloatStorage, "0", "cpu", obj.call[1][0])
        return None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (rebuilt(0, (1_000_000, 1_000_000), (0, 0)), "more numbers than its storage"),
        (rebuilt(0, (1 << 70,), (0,)), "malformed tensor"),
        (rebuilt(0, (1,), (1 << 70,)), "malformed tensor"),
        (rebuilt(0, (1,) * 70, (1,) * 70), "malformed tensor"),
        (rebuilt(0, (True,), (True,)), "malformed tensor"),
        (rebuilt(0, (1.0,), (1,)), "malformed tensor"),
        (rebuilt(0, (1,), (1,), count=True), "without a name or a length"),
        (b"\x80\x02Nr\xff\xff\xff\x7f0N.", "beyond its own length"),
        (b"\x80\x02)" + b"\x85" * 100_000 + b".", "nests tuples"),
        (b"\x80\x02" + b"N0" * (3 << 20) + b"N.", "data.pkl of more than"),
    ],
)
def test_what_would_fill_the_memory_is_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    """Views of strides 0, sizes beyond all arrays, memo places and towers that no checkpoint has."""
    with pytest.raises(IntegrityError, match=expected):
        read_checkpoint(crafted(tmp_path, content))


def test_compressed_members_are_refused(tmp_path: Path) -> None:
    """Torch stores its members as they are; what is packed may unpack to anything."""
    with pytest.raises(IntegrityError, match="unpack to more than the file"):
        read_checkpoint(crafted(tmp_path, b"\x80\x02N.", compressed=True))
