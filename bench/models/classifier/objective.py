"""What the classifier's head minimises, on features that were computed once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it

from bench.training.loop import Objective

if TYPE_CHECKING:
    from torch import nn

    from bench.training.loop import Loss
    from bench.training.steps import Batch


def classification(head: nn.Module) -> Objective:
    """Cross-entropy with accuracy beside it; batches are features (N, L) float32 and labels (N,) int64."""
    return Objective(("cross_entropy", "accuracy"), partial(_cross_entropy, head))


def _cross_entropy(head: nn.Module, batch: Batch, _draw: torch.Generator) -> Loss:
    features, labels = batch
    logits = head(features)
    loss = F.cross_entropy(logits, labels)
    # float64: 0.62 of a batch must not become 0.6200000048
    correct = (logits.detach().argmax(1) == labels).double().mean()
    return loss, torch.stack((loss.detach().double(), correct))
