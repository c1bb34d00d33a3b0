"""A synthetic study, written once, and what the report makes of it before anything is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from report.evidence import evidence_of
from report.formatting import formatter_of
from report.protocol import deviations, load_protocol
from report.published import load_published
from report.strings import load_strings
from report.subject import Subject
from tests.report.study import Spec, changed_config, write_study

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = {
    "autoencoder/vae/seed-1": ("diverged", "loss is NaN in epoch 3"),
    "classifier/dae/seed-0": ("failed", "ValueError: no encoder"),
    "classifier/dae/seed-1": ("skipped", "its encoder failed"),
    "classifier/dae/seed-2": ("failed", "ValueError: no encoder"),
}


def subject_of(root: Path) -> Subject:
    """The latest run of ``root`` as tables, figures and observations see it."""
    evidence, strings, protocol = evidence_of(root), load_strings("en"), load_protocol()
    changed = deviations(evidence.run.config, protocol)
    return Subject(evidence, load_published(), protocol, changed, strings, formatter_of(strings))


@pytest.fixture(scope="session")
def whole_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of a study with three seeds that follows the protocol and in which all went well."""
    root = tmp_path_factory.mktemp("whole")
    write_study(root)
    return root


@pytest.fixture(scope="session")
def broken_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of a study that departs from the protocol, with diverged, failed and skipped tasks."""
    root = tmp_path_factory.mktemp("broken")
    write_study(root, Spec(config=changed_config("autoencoder", "epochs", 8), broken=BROKEN))
    return root


@pytest.fixture(scope="session")
def single_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of a study with one seed."""
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
