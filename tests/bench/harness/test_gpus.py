"""Which GPUs a run takes, as a stand-in for the driver's program lists them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from bench.harness import environment, gpus
from bench.harness.executor import Site, run_all
from bench.harness.gpus import VISIBLE, chosen_gpus
from bench.harness.local import local_executor
from bench.harness.provenance import provenance_of
from bench.harness.task import ON_CPU
from store.errors import UsageError
from tests.bench.harness.test_board import planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.harness.planner import Planned

ROWS = ("GPU-aa, Card X, 600.1, 80000", "GPU-bb, Card X, 600.1, 80000", "GPU-cc, Card Y, 600.1, 80000")


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program nvidia-smi in front of PATH that lists two cards of one kind and one of another."""
    folder = tmp_path / "driver"
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{row}'\n" for row in ROWS))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.delenv(VISIBLE, raising=False)
    gpus._listed.cache_clear()
    yield program
    gpus._listed.cache_clear()
    provenance_of.cache_clear()


@pytest.mark.usefixtures("cards")
def test_a_device_names_all_visible_gpus_or_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """``cuda`` is all of one kind, a list picks, and CUDA_VISIBLE_DEVICES goes before both, by number or UUID."""
    assert chosen_gpus("cpu") == ()
    assert [gpu.uuid for gpu in chosen_gpus("cuda:1,cuda:0")] == ["GPU-bb", "GPU-aa"]
    assert environment.device_kind("cuda:2") == "cuda:Card Y"
    with pytest.raises(UsageError, match="2 kinds"):
        chosen_gpus("cuda")
    monkeypatch.setenv(VISIBLE, "GPU-cc,0")
    assert [gpu.uuid for gpu in chosen_gpus("cuda:0")] == ["GPU-cc"]
    monkeypatch.setenv(VISIBLE, "1")
    assert [gpu.uuid for gpu in chosen_gpus("cuda")] == ["GPU-bb"]


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(("device", "visible"), [("cuda:3", None), ("cuda:0,cuda:1", "1"), ("cuda", "-1"), ("cuda", "")])
def test_a_gpu_that_is_not_there_is_an_error_with_the_cure(
    device: str, visible: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the last card, beyond those that are visible, and where none is."""
    if visible is not None:
        monkeypatch.setenv(VISIBLE, visible)
    with pytest.raises(UsageError, match="--device cpu"):
        chosen_gpus(device)


@pytest.mark.usefixtures("cards")
def test_slots_of_a_run_with_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each card so many times, and the cores that are left; with --jobs as many CPU slots as tasks may run."""
    monkeypatch.setattr("bench.harness.local.usable_cores", lambda: 8)
    names = [slot.name for slot in local_executor("cuda:0,cuda:1", 1, None, jobs_per_gpu=2).slots()]
    assert names == ["gpu-0.0", "gpu-1.0", "gpu-0.1", "gpu-1.1", "cpu-0", "cpu-1", "cpu-2", "cpu-3"]
    assert [slot.name for slot in local_executor("cuda:0", 1, 1).slots()] == ["gpu-0.0", "cpu-0"]
    assert [slot.gpu for slot in local_executor("cpu", 4, None).slots()] == [False, False]


@pytest.mark.usefixtures("cards")
def test_each_worker_sees_its_own_gpu_alone_and_says_so(tmp_path: Path) -> None:
    """The variable stands before the task imports anything, CPU tasks see no GPU, and the record names the card used."""
    items: list[Planned] = [planned("where-a"), planned("where-b"), planned("where-c", needs=ON_CPU)]
    opened = partial(local_executor, "cuda:0,cuda:1", 1, None)
    done = run_all(items, Site(tmp_path / "store", 1, {}, opened), lambda _event: None)
    assert [done[item.id].record.result.reason for item in items] == [""] * 3
    seen = [done[item.id].record.result.facts[VISIBLE] for item in items]
    assert seen == ["GPU-aa", "GPU-bb", ""]
    machines = [done[item.id].record.execution.machine for item in items]
    assert [(machine["device"], machine.get("gpu")) for machine in machines] == [
        ("cuda", "Card X"),
        ("cuda", "Card X"),
        ("cpu", None),
    ]
    assert [done[item.id].record.result.facts["torch_loaded"] for item in items] == [False] * 3
