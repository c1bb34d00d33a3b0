"""A training's history as the table that records keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.formats import table_bytes

if TYPE_CHECKING:
    from bench.training.loop import Training


def history_bytes(training: Training) -> bytes:
    """Parquet with a row an epoch: its number from 1, the learning rate, each loss term; null where not finite."""
    return table_bytes({"epoch": list(range(1, len(training.epoch_seconds) + 1)), **training.history})
