"""An experiment that does what its config says, for tests of planner and executor."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from bench.task import Context, Outcome


def run(context: Context) -> Outcome:
    """Return the seed, or fail, diverge, die or touch a file, as ``behaviour`` asks."""
    config = context.task.config
    behaviour = config.get("behaviour", "ok")
    if behaviour == "fail":
        raise RuntimeError("boom")
    if behaviour == "exit":
        sys.exit(0)
    if behaviour == "nan":
        return Outcome(metrics={"value": float("nan")})
    if behaviour == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "die once":
        marker = Path(str(config["marker"]))
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "diverge":
        return Outcome(metrics={}, status="diverged", reason="loss is not finite in epoch 1")
    if behaviour == "change data":
        (context.data["fashion-mnist"] / "train-labels-idx1-ubyte.gz").write_bytes(b"changed")
    if behaviour == "edit source":
        Path(str(config["module"])).write_text("VALUE = 2\n", encoding="utf-8")
    context.progress(1, 1, loss=0.5)
    upstream = sum(stored.record.result.metrics["value"] for stored in context.upstream.values())
    return Outcome(metrics={"value": 1 + upstream}, files={"value.txt": b"1"}, timing={"steps": 1})
