"""What all tests share: no outside network, no windows, real data only where it is named, hypothesis without time limits."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import signal
import socket
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.sharing import made_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# The longest first.
_LONG = (
    "tests/bench/rechecking/verification/test_forged_stores.py",
    "tests/faults/test_cluster_campaign.py",
    "tests/faults/test_campaigns.py",
    "tests/project/test_kept_results.py",
    "tests/report/rendering/test_exploring.py",
    "tests/bench/rechecking/verification/test_fields.py",
    "tests/bench/harness/cluster/",
    "tests/project/",
    "tests/test_study.py",
    "tests/faults/",
    "tests/bench/models/detection/test_training.py",
    "tests/report/studies/assignment_2/test_quick_report.py",
    "tests/report/test_build.py",
    "tests/bench/rechecking/",
    "tests/report/studies/assignment_2/test_subsets.py",
)

# A deadline measures the machine's load, not the code; derandomized examples make a failure repeat.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as nohup and the background of a shell leave it
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests interrupt what they start, and it inherits this
os.environ["MPLBACKEND"] = "agg"  # here and in every process that a test starts: matplotlib ends where it knows no such name


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where campaigns alone are asked for, leave out files without one: each process would import them all to find none."""
    alone = config.getoption("markexpr") == "campaign" and collection_path.name.startswith("test_")
    return True if alone and collection_path.is_file() and "campaign" not in collection_path.read_text("utf-8") else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked ``real_data`` where BENCH_DATA_DIR names no folder, and those marked ``cuda`` where there is no GPU.

    Long files come first: a file stays with one process, and one that is begun last would keep the others waiting.
    """
    items.sort(key=lambda item: next((place for place, name in enumerate(_LONG) if item.nodeid.startswith(name)), len(_LONG)))
    has_data = bool(os.environ.get("BENCH_DATA_DIR"))
    _skip_unless(lambda: has_data, items, "real_data", "needs the real data: set BENCH_DATA_DIR to its folder")
    _skip_unless(_has_gpu, items, "cuda", "needs an NVIDIA GPU that torch can use")


def pytest_collection_finish() -> None:
    """Let Python look for garbage rarely, and not among the tests and their modules: it took a sixth of the whole time."""
    gc.set_threshold(100_000, 20, 100)
    gc.collect()
    gc.freeze()


def _skip_unless(present: Callable[[], bool], items: list[pytest.Item], marker: str, reason: str) -> None:
    marked = [item for item in items if item.get_closest_marker(marker)]
    if marked and not present():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=reason))


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(autouse=True, scope="session")
def nothing_is_synced() -> Iterator[None]:
    """Let no file of this process wait for the disk: a sync takes 4 ms, an imported run has 280, and a test's files go anyway.

    What tests start as processes of their own, above all to kill it, syncs as ever.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _handle: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def scenes_are_drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let each cache of this session copy street scenes that are drawn already: 200 take seconds, and many tests plan them."""
    from bench.datasets.drawn import scenes

    draw = scenes.write_drawn

    def copied(folder: Path, drives: range = scenes.DRIVES) -> None:
        name = f"scenes-{drives.start}-{drives.stop}"
        shutil.copytree(made_once(tmp_path_factory, name, partial(draw, drives=drives)), folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenes, "write_drawn", copied)
        yield


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Refuse every connection of this process that leaves the machine, so that no test depends on the network."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: tuple[str, int] | str) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            message = f"a test tried to reach {address[0]}: tests use no network"
            raise AssertionError(message)
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
