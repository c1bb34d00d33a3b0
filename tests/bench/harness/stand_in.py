"""An experiment that does what its config says, for tests of planner and executor."""

from __future__ import annotations

import os
import signal
import struct
import sys
import time
from pathlib import Path

from bench.harness import worker
from bench.harness.task import Context, Outcome


class Unpicklable(bytes):
    """Bytes that cannot leave the process."""

    __slots__ = ()

    def __reduce__(self) -> str:
        """Refuse."""
        raise TypeError("no record can hold this")


class Deadly(bytes):
    """Bytes that make whoever sends them die with half of the message on its way."""

    __slots__ = ()

    def __reduce__(self) -> str:
        """Write the head and a part of a longer message to the parent, as a kill in the midst of it would leave it."""
        os.write(worker._parent[0].fileno(), struct.pack("!i", 1_000_000) + b"half")
        os.kill(os.getpid(), signal.SIGKILL)
        return ""


_ODD = {
    "nan": Outcome(metrics={"value": float("nan")}),
    "diverge": Outcome(metrics={}, status="diverged", reason="loss is not finite in epoch 1"),
    "unpicklable": Outcome(metrics={"value": 1}, files={"value.txt": Unpicklable(b"1")}),
}


def run(context: Context) -> Outcome:
    """Return the seed, or fail, diverge, die or touch a file, as ``behaviour`` asks."""
    config = context.task.config
    behaviour = config.get("behaviour", "ok")
    if behaviour == "fail":
        raise RuntimeError("boom")
    if behaviour == "see limits":
        return Outcome(metrics={}, facts={"seen": sorted(name for name in os.environ if name.startswith("OPENCV_"))})
    if behaviour == "exit":
        sys.exit(0)
    if behaviour in _ODD:
        return _ODD[behaviour]
    if behaviour == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour in {"die once", "die sending"} and _first_time(Path(str(config["marker"]))):
        if behaviour == "die sending":
            return Outcome(metrics={"value": 1}, files={"value.txt": Deadly(b"1")})
        os.kill(os.getpid(), signal.SIGKILL)
    _disturb(str(behaviour), context)
    if context.task.key.variant.startswith("where"):
        seen = {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES"), "torch_loaded": "torch" in sys.modules}
        return Outcome(metrics={}, facts=seen)
    context.progress(1, 1, loss=0.5)
    upstream = sum(stored.record.result.metrics["value"] for stored in context.upstream.values())
    return Outcome(metrics={"value": 1 + upstream}, files={"value.txt": b"1"}, timing={"steps": 1})


def _disturb(behaviour: str, context: Context) -> None:
    config = context.task.config
    if behaviour == "sleep":
        time.sleep(float(str(config["seconds"])))
    if behaviour == "say scratch":
        raise RuntimeError(f"no room in {context.scratch}")
    if behaviour == "write scratch":
        (context.scratch / "place.txt").write_text(str(context.scratch), encoding="utf-8")
    if behaviour == "wait for":
        _wait_for(Path(str(config["marker"])), context)
    if behaviour == "change data":
        (context.data["fashion-mnist"] / "train-labels-idx1-ubyte.gz").write_bytes(b"changed")
    if behaviour == "edit source":
        Path(str(config["module"])).write_text("VALUE = 2\n", encoding="utf-8")


def _wait_for(marker: Path, context: Context) -> None:
    """Say who waits, and wait until the marker is there, or a minute."""
    (marker.parent / f"{marker.name}.{os.getpid()}.waits").write_text(context.task.key.id)
    for _ in range(6000):
        if marker.exists():
            return
        time.sleep(0.01)
    raise TimeoutError(f"nobody made {marker}")


def _first_time(marker: Path) -> bool:
    if marker.exists():
        return False
    marker.touch()
    return True
