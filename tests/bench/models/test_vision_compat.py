"""Tests of the cure for a torchvision whose compiled operators do not load."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from bench.models.vision_compat import suppress

OFFSET = 100.0


def plain_suppression(boxes: torch.Tensor, scores: torch.Tensor, threshold: float) -> list[int]:
    """The definition, one pair of boxes at a time."""
    kept: list[int] = []
    for index in torch.sort(scores, descending=True, stable=True).indices.tolist():
        if all(iou(boxes[index], boxes[other]) <= threshold for other in kept):
            kept.append(index)
    return kept


def iou(a: torch.Tensor, b: torch.Tensor) -> float:
    """Intersection over union of two boxes."""
    width = float(torch.min(a[2], b[2]) - torch.max(a[0], b[0]))
    height = float(torch.min(a[3], b[3]) - torch.max(a[1], b[1]))
    overlap = max(width, 0) * max(height, 0)
    return overlap / float((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - overlap)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_suppression_keeps_what_the_definition_keeps(threshold: float) -> None:
    """On random boxes the result and its order are those of the definition."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand(150, 2, generator=generator) * 40
    boxes = torch.cat([corners, corners + 5 + torch.rand(150, 2, generator=generator) * 40], dim=1)
    scores = torch.rand(150, generator=generator)
    assert suppress(boxes, scores, threshold).tolist() == plain_suppression(boxes, scores, threshold)


def test_of_equal_scores_the_first_box_wins() -> None:
    """Ties are broken by position, so that a run repeats."""
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 10], [OFFSET, OFFSET, OFFSET + 10, OFFSET + 10]])
    assert suppress(boxes, torch.ones(3), 0.5).tolist() == [0, 2]


def test_no_boxes_and_empty_boxes_are_no_error() -> None:
    """An image without candidates gives none, and boxes without area suppress nothing."""
    assert suppress(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []
    assert suppress(torch.zeros(2, 4), torch.tensor([0.1, 0.2]), 0.5).tolist() == [1, 0]


def test_torchvision_works_after_enable_and_a_second_call_changes_nothing() -> None:
    """A fresh process can import torchvision and suppress boxes, whichever build of torch it has."""
    program = (
        "from bench.models.vision_compat import enable\n"
        "first = enable()\n"
        "assert enable() is first\n"
        "import torch\n"
        "from torchvision.ops import nms\n"
        "boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60]])\n"
        "assert nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5).tolist() == [1, 2]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
