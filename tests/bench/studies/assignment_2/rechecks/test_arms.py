"""The table of layers against the chain's tensors."""

from __future__ import annotations

import pytest

from bench.models.detection.transfer import columns, from_scratch, match
from bench.rechecking.verification.comparison import difference
from bench.studies.assignment_2.rechecks.arms import layers_as_chained

NETWORK = {"model.0.conv.weight": (8, 3), "model.24.cv2.bias": (4,)}
PRETRAINED = {"model.0.conv.weight": (8, 3), "model.24.m.0.bias": (9,)}


def differing(layers: dict[str, list[object]], chained: set[str]) -> list[str]:
    """What the comparisons of the table find."""
    return [found for found in map(difference, layers_as_chained(layers, chained)) if found]


def test_the_head_of_the_pretrained_network_is_no_tensor_of_the_chain() -> None:
    """An honest table of either kind of arm agrees with the chain."""
    assert differing(columns(match(NETWORK, PRETRAINED)), {*NETWORK}) == []
    assert differing(columns(from_scratch(NETWORK)), {*NETWORK}) == []


@pytest.mark.parametrize(
    ("column", "row", "value", "finds"),
    [
        ("layer", 0, 1, "column layer of layers.parquet"),
        ("transferred", 2, True, "tensors of layers.parquet"),
        ("reason", 2, "because", "tensors of layers.parquet"),
        ("reason", 1, "only in the pretrained network, whose head is another", "no tensor of the network"),
        ("reason", 1, "", "a tensor is transferred or has a reason"),
        ("tensor", 1, "model.24.cv3.bias", "tensors of layers.parquet"),
    ],
)
def test_a_forged_row_is_found(column: str, row: int, value: object, finds: str) -> None:
    """One edited value is found."""
    layers = columns(match(NETWORK, PRETRAINED))
    layers[column] = [value if number == row else old for number, old in enumerate(layers[column])]
    assert any(finds in what for what in differing(layers, {*NETWORK}))
