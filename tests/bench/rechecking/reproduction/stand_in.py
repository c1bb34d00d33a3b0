"""An experiment that trains nothing and leaves a chain all the same, for tests of what a re-run says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.harness.task import Outcome
from store.canonical import digest_bytes
from store.chain import PARTS, Link, chain_files

if TYPE_CHECKING:
    from bench.harness.task import Context

EPOCHS = 5
TENSORS = ("encoder.weight", "encoder.bias")


def run(context: Context) -> Outcome:
    """A chain and a value, or what ``behaviour`` asks for; ``again`` is what it does in a re-run, found by its folder."""
    config = context.task.config
    rerun = any(part.startswith("reproduce-") for part in context.scratch.parts)
    behaviour = config.get("again" if rerun else "behaviour", config.get("behaviour", "train"))
    if behaviour == "fail":
        raise RuntimeError("boom")
    if behaviour == "interrupt":
        os.kill(os.getppid(), 2)
    if behaviour == "skip":
        return Outcome(metrics={}, status="skipped", reason="no pretrained weights")
    value = {"other": 1.5, "close": 1.0001, "slightly": 1.02}.get(str(behaviour), 1.0) + 0.01 * (context.task.key.seed or 0)
    value += 1 + (context.task.key.seed or 0) if behaviour == "scattered" else 0
    facts = {"resumed_from_epochs": [2] if behaviour == "resumed" else []}
    upstream = sum(stored.record.result.metrics["value"] for stored in context.upstream.values())
    files = {"weights.bin": str(value).encode()}
    if behaviour in {"train", "close", "slightly", "other", "scattered"}:
        files |= chain_files([link(epoch) for epoch in range(EPOCHS + 1)])
    return Outcome(metrics={"count": 3, "value": value + upstream}, facts=facts, files=files)


def link(epoch: int) -> Link:
    """What a training was after an epoch."""
    parts = {name: digest_bytes(f"{name} {epoch}".encode()) for name in PARTS}
    return Link(**parts, tensors={name: digest_bytes(f"{name} {epoch}".encode())[:16] for name in TENSORS})
