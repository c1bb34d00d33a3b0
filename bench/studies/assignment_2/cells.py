"""Which detectors a study trains on which split, and what their tasks are called; imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.datasets.kitti.settings import Split
    from bench.studies.assignment_2.config import StudyConfig

LEAKAGE_ARMS = ("scratch-car", "transfer-car")  # the same task, trained both ways
SPLITS: tuple[Split, ...] = ("random", "drive")


@dataclass(frozen=True, slots=True)
class Cell:
    """An arm on a split. ``suffix`` ends the names of its tasks; the split of the configuration has none."""

    arm: str
    split: Split
    suffix: str

    @property
    def variant(self) -> str:
        """``scratch-car``, or ``scratch-car.drive`` on a split that is not the configuration's."""
        return self.arm + self.suffix

    @property
    def transfers(self) -> bool:
        """Whether the arm starts from pretrained weights."""
        return self.arm.startswith("transfer")

    @property
    def data(self) -> str:
        """``car``, ``3class`` or ``car.drive``: the data that the arm is trained on."""
        return self.variant.partition("-")[2]


def needs_donor(config: StudyConfig) -> bool:
    """Whether an arm starts from the weights of a detector that the study trains itself."""
    return config.detection.pretrained == "donor" and any(cell.transfers for cell in cells_of(config))


def cells_of(config: StudyConfig) -> tuple[Cell, ...]:
    """The cells of all questions that are asked, each once.

    ``leakage`` shares the cells on the configuration's split with ``main``: they have the same names and fingerprints.
    """
    own = config.detection.split
    cells = [Cell(arm, own, "") for arm in config.detection.arms] if "main" in config.questions else []
    if "leakage" in config.questions:
        cells += [Cell(arm, split, "" if split == own else f".{split}") for split in SPLITS for arm in LEAKAGE_ARMS]
    return tuple(dict.fromkeys(cells))
