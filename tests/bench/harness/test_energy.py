"""A task's energy is its share of what the counters passed, and unknown where one cannot be read."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bench.harness import energy
from bench.harness.energy import Meter
from bench.harness.gpus import Gpu

if TYPE_CHECKING:
    from pathlib import Path

RANGE = 1_000_000_000


def counter(powercap: Path, name: str, microjoules: int) -> None:
    """A package's counter as Linux shows it."""
    folder = powercap / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")


def busy(path: Path, seconds: int) -> None:
    """The first line of /proc/stat, with all the busy time as user time."""
    path.write_text(f"cpu  {seconds * 100} 0 0 5000 700 0 0 9000 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages, one with a part that counts within it; all cores together were busy for 100 s, this process for 1 s."""
    for name, microjoules in (("intel-rapl:0", 5_000_000), ("intel-rapl:0:0", 1), ("intel-rapl:1", RANGE - 1_000_000)):
        counter(tmp_path, name, microjoules)
    busy(tmp_path / "stat", 100)
    monkeypatch.setattr(energy, "_BUSY", tmp_path / "stat")
    monkeypatch.setattr(energy.os, "sysconf", lambda _name: 100)
    own = SimpleNamespace(user=1.0, system=0.0, children_user=0.0, children_system=0.0)
    monkeypatch.setattr(energy.os, "times", lambda: own)
    return tmp_path


def later(machine: Path, monkeypatch: pytest.MonkeyPatch, **own: float) -> None:
    """8 s of all cores later: the first package took 30 J, the second 10 J and began to count anew."""
    counter(machine, "intel-rapl:0", 35_000_000)
    counter(machine, "intel-rapl:1", 9_000_000)
    busy(machine / "stat", 108)
    spent = SimpleNamespace(**({"user": 1.0, "system": 0.0, "children_user": 0.0, "children_system": 0.0} | own))
    monkeypatch.setattr(energy.os, "times", lambda: spent)


def test_a_task_gets_the_share_of_its_processor_time(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of eight busy seconds, in the process, the system and an ended child, are a quarter of 40 J."""
    meter = Meter("cpu", machine)
    later(machine, monkeypatch, user=2.0, system=0.5, children_user=0.5)
    assert meter.spent() == {"processor": 10.0}


def test_what_cannot_be_read_is_unknown(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One package of two would be half of the truth, and a machine without counters has none."""
    meter = Meter("cpu", machine)
    later(machine, monkeypatch, user=2.0)
    (machine / "intel-rapl:1" / "energy_uj").unlink()
    assert meter.spent() == {}
    assert Meter("cpu", machine / "absent").spent() == {}


def test_a_cards_counter_is_read_by_its_uuid(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver gives millijoules since it was loaded; without processor counters the card is told all the same."""
    counts = iter((1_000_000, 1_250_500))

    class NVMLError(Exception):
        pass

    library: Any = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda uuid: uuid,
        nvmlDeviceGetTotalEnergyConsumption=lambda card: {"GPU-1": next(counts)}[card],
    )
    monkeypatch.setattr(energy, "import_module", lambda _name: library)
    monkeypatch.setattr(energy, "chosen_gpus", lambda _device: (Gpu("GPU-1", "Test", "1", 1),))
    assert Meter("cuda", machine / "absent").spent() == {"gpu": 250.5}

    def refused(_card: str) -> int:
        raise NVMLError

    library.nvmlDeviceGetTotalEnergyConsumption = refused
    assert Meter("cuda", machine / "absent").spent() == {}


def test_this_machine_gives_a_number_or_nothing() -> None:
    """Whatever this machine has, nothing is made up: no counter, no value, and a value is not negative."""
    meter = Meter("cpu")
    deadline = time.process_time() + 0.05
    while time.process_time() < deadline:
        pass
    spent = meter.spent()
    assert spent.keys() <= {"processor"}
    assert all(isinstance(value, float) and value >= 0 for value in spent.values())
