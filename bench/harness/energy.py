"""What a task's computing took in energy, where the machine tells: processor counters (RAPL) and the graphics card's (NVML).

The processor's counter is that of the whole package, whoever used it: a task is given the share that its own processor time has
in the busy time of all cores. A card's counter is given to the task whole; tasks that share a card would count it twice.
On most systems only root may read the processor's counters. What is not told stays unknown, never zero.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.gpus import chosen_gpus
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

POWERCAP = Path("/sys/class/powercap")
_BUSY = Path("/proc/stat")
_MICRO, _MILLI = 1e-6, 1e-3


@dataclass(slots=True)
class Meter:
    """Counts from its making on; ``device`` as in the configuration."""

    device: str
    powercap: Path = POWERCAP
    _packages: Mapping[Path, int] = field(init=False)
    _busy_s: float | None = field(init=False)
    _own_s: float = field(init=False)
    _card_j: float | None = field(init=False)

    def __post_init__(self) -> None:
        """Read every counter."""
        self._packages = {domain: at for domain in _domains(self.powercap) if (at := _number(domain / "energy_uj")) is not None}
        self._busy_s, self._own_s, self._card_j = _busy_s(), _own_s(), _card_j(self.device)

    def spent(self) -> dict[str, JsonValue]:
        """Joules by ``processor`` and ``gpu`` since then, each where it is known."""
        known = {"processor": self._of_processor(), "gpu": self._of_card()}
        return {name: round(value, 3) for name, value in known.items() if value is not None}

    def _of_processor(self) -> float | None:
        after = _busy_s()
        used = [_passed(domain, before) for domain, before in self._packages.items()]
        told = [value for value in used if value is not None]
        if not told or len(told) < len(used) or after is None or self._busy_s is None:
            return None
        busy = after - self._busy_s
        share = min(1.0, (_own_s() - self._own_s) / busy) if busy > 0 else 0.0
        return sum(told) * _MICRO * share

    def _of_card(self) -> float | None:
        after = _card_j(self.device)
        return None if after is None or self._card_j is None else after - self._card_j


def _domains(powercap: Path) -> list[Path]:
    """The processor packages; their parts (cores, memory) lie in folders of a second number and are counted with them."""
    return sorted(domain for domain in powercap.glob("intel-rapl:*") if domain.name.count(":") == 1)


def _passed(domain: Path, before: int) -> int | None:
    """Microjoules since ``before``; the counter starts again at its range."""
    after, span = _number(domain / "energy_uj"), _number(domain / "max_energy_range_uj")
    if after is None or span is None:
        return None
    return after - before if after >= before else after - before + span


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _busy_s() -> float | None:
    """Seconds that all cores together were busy since the machine started; None where the system is not Linux."""
    try:
        fields = [int(word) for word in _BUSY.read_text(encoding="ascii").split("\n", 1)[0].split()[1:8]]
    except (OSError, ValueError):
        return None
    user, nice, system, _idle, _waits, hard, soft = fields
    return (user + nice + system + hard + soft) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Processor seconds of this process and of the children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _card_j(device: str) -> float | None:
    """The counter of the device's first GPU; None without one, without the library, or where the card does not count."""
    if device == "cpu":
        return None
    try:
        library = import_module("pynvml")
    except ImportError:
        return None
    try:
        library.nvmlInit()
        card = library.nvmlDeviceGetHandleByUUID(chosen_gpus(device)[0].uuid)
        return float(library.nvmlDeviceGetTotalEnergyConsumption(card)) * _MILLI
    except (library.NVMLError, UsageError):
        return None
