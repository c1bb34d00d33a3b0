"""A synthetic study, written once, and what the report makes of it before anything is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from report.evidence.records import evidence_of
from report.evidence.studies import study_of
from report.evidence.subject import subject_of as subject_in
from report.figures import kept
from report.printing.strings import load_strings
from tests.report.configuration import changed_config, with_detection
from tests.report.study import Spec, write_study
from tests.report.tiny_study import run_known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from report.evidence.subject import Subject

NO_WEIGHTS = "no pretrained weights: put yolov5s.pt into the folder weights"
BROKEN = {
    "autoencoder/vae/seed-1": ("diverged", "loss is NaN in epoch 3"),
    "classifier/dae/seed-0": ("failed", "ValueError: no encoder"),
    "classifier/dae/seed-1": ("skipped", "its encoder failed"),
    "classifier/dae/seed-2": ("failed", "ValueError: no encoder"),
    **{f"detector/transfer-{task}/seed-{seed}": ("skipped", NO_WEIGHTS) for task in ("car", "3class") for seed in range(3)},
    **{
        f"detection/transfer-{task}/seed-{seed}": ("skipped", "its detector was skipped")
        for task in ("car", "3class")
        for seed in range(3)
    },
    "detector/scratch-3class/seed-2": ("diverged", "the loss of epoch 7 is no number"),
    "detection/scratch-3class/seed-2": ("skipped", "its detector diverged"),
}


def subject_of(root: Path, language: str = "en") -> Subject:
    """The latest run of ``root`` as tables, figures and observations see it."""
    evidence = evidence_of(root)
    study = study_of(evidence.run.study)
    return subject_in(study, evidence, load_strings(study, language))


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Artifacts with a run of the study that ``bench new`` writes, which the report can find."""
    yield from run_known(tmp_path)


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn and not written: their words and data do not depend on their files."""
    monkeypatch.setattr(kept, "save", lambda *_: None)


@pytest.fixture(scope="session")
def whole_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of a study of both parts with three seeds that follows the protocol and in which all went well."""
    root = tmp_path_factory.mktemp("whole")
    write_study(root, Spec(config=with_detection()))
    return root


@pytest.fixture(scope="session")
def broken_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of a study that departs from the protocol, with diverged, failed and skipped tasks and no weights."""
    root = tmp_path_factory.mktemp("broken")
    write_study(root, Spec(config=with_detection(changed_config("autoencoder", "epochs", 8)), broken=BROKEN))
    return root


@pytest.fixture(scope="session")
def single_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of a study with one seed and without detection."""
    root = tmp_path_factory.mktemp("single")
    write_study(root, Spec(seeds=(0,)))
    return root


@pytest.fixture(scope="session")
def whole(whole_root: Path) -> Subject:
    """The study in which all went well."""
    return subject_of(whole_root)


@pytest.fixture(scope="session")
def broken(broken_root: Path) -> Subject:
    """The study with failures."""
    return subject_of(broken_root)


@pytest.fixture(scope="session")
def single(single_root: Path) -> Subject:
    """The study with one seed."""
    return subject_of(single_root)
