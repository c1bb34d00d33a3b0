"""Tests of the mapping from the pretrained network onto the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from bench.models.detection.transfer import FITS, FROM_SCRATCH, columns, from_scratch, layer_of, load_into, match

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.models.detection.training import Request

TARGET = {"model.0.conv.weight": (8, 3), "model.3.bn.bias": (8,), "model.24.cv2.weight": (4, 8), "model.24.count": ()}
PRETRAINED = {"model.0.conv.weight": (8, 3), "model.3.bn.bias": (16,), "model.24.m.0.weight": (255, 8)}


def test_tensors_of_equal_name_and_shape_are_taken_over_and_others_say_why() -> None:
    """Each tensor of the network has a row in its order, then come those that only the pretrained network has."""
    rows = {row.tensor: row for row in match(TARGET, PRETRAINED)}
    assert list(rows) == [*TARGET, "model.24.m.0.weight"]
    assert rows["model.0.conv.weight"].transferred
    assert rows["model.0.conv.weight"].reason == FITS
    assert [row.tensor for row in rows.values() if row.transferred] == ["model.0.conv.weight"]
    assert rows["model.3.bn.bias"].reason == "shape 8 here, 16 in the pretrained network"
    assert "anchor-free" in rows["model.24.cv2.weight"].reason
    assert "only in the pretrained network" in rows["model.24.m.0.weight"].reason


def test_from_scratch_takes_nothing_over() -> None:
    """Every row says so."""
    rows = from_scratch(TARGET)
    assert {row.reason for row in rows} == {FROM_SCRATCH}
    assert not any(row.transferred for row in rows)


def test_columns_hold_a_value_of_each_row() -> None:
    """The table has the record's columns, equally long."""
    table = columns(match(TARGET, PRETRAINED))
    assert list(table) == ["layer", "tensor", "transferred", "reason"]
    assert {len(values) for values in table.values()} == {5}
    assert list(table["layer"]) == [0, 3, 24, 24, 24]


def test_loading_copies_values_into_fitting_tensors_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Half precision values arrive as float32, counters as they are; what does not fit keeps its fresh values."""
    torch.manual_seed(0)
    network = torch.nn.ModuleDict({"model": torch.nn.Sequential(torch.nn.BatchNorm2d(2), torch.nn.Linear(3, 2))})
    fresh = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    source = {
        "model.0.weight": np.array([0.5, 2.0], np.float16),
        "model.0.num_batches_tracked": np.array(7),
        "model.1.weight": np.zeros((2, 4), np.float16),
    }
    monkeypatch.setattr("bench.models.detection.transfer.load_tensors", lambda *_: source)
    rows = load_into(network, tmp_path / "weights")
    found = network.state_dict()
    assert {row.tensor for row in rows if row.transferred} == {"model.0.weight", "model.0.num_batches_tracked"}
    assert found["model.0.weight"].tolist() == [0.5, 2.0]
    assert found["model.0.weight"].dtype == torch.float32
    assert found["model.0.num_batches_tracked"] == 7
    torch.testing.assert_close(found["model.1.weight"], fresh["model.1.weight"], rtol=0, atol=0)


def test_loading_nothing_leaves_every_tensor_as_it_was() -> None:
    """Without weights the network stays as its seed made it."""
    network = torch.nn.ModuleDict({"model": torch.nn.Sequential(torch.nn.Linear(3, 2))})
    fresh = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    rows = load_into(network, None)
    assert not any(row.transferred for row in rows)
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in network.state_dict().items())


def test_a_name_without_layer_is_an_error() -> None:
    """Networks whose tensors are named otherwise cannot be told layer by layer."""
    with pytest.raises(ValueError, match="numbered layer"):
        layer_of("backbone.0.weight")


@pytest.mark.campaign
@pytest.mark.real_data
def test_backbone_and_neck_of_the_real_network_are_transferred_and_the_head_is_not(
    tmp_path: Path, real_weights: Path, request_in: Callable[..., Request]
) -> None:
    """All tensors of layers 0-23 fit and carry the pretrained values; layer 24 keeps its fresh ones."""
    from bench.models.detection import isolation

    known: dict[str, object] = {"network": "yolov5s", "epochs": 1}
    weights = real_weights / "yolov5s_v6.0.pt"
    transfer = isolation.train(request_in(tmp_path / "transfer", pretrained=weights, **known), lambda *_, **__: None)
    scratch = isolation.train(request_in(tmp_path / "scratch", **known), lambda *_, **__: None)
    table = transfer.layers
    moved = {layer for layer, flag in zip(table["layer"], table["transferred"], strict=True) if flag}
    kept = {layer for layer, flag in zip(table["layer"], table["transferred"], strict=True) if not flag}
    assert max(moved) == 23
    assert kept == {24}
    assert transfer.facts["initial_digest"] != transfer.facts["seeded_digest"]
    assert transfer.facts["seeded_digest"] == scratch.facts["seeded_digest"] == scratch.facts["initial_digest"]
