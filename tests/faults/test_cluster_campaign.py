"""The quick study's first part on a cluster whose workers are killed and cut off: each record as if nothing had happened."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.faults.test_campaigns import answer

if TYPE_CHECKING:
    from pathlib import Path

KILLS, CUTS = 20, 5


@pytest.mark.campaign
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_a_study_on_a_cluster_that_breaks_gives_the_records_of_an_undisturbed_one(tmp_path: Path) -> None:
    """20 kills of tasks, workers and machines and 5 cuts: no record lost, none with another result digest."""
    pytest.importorskip("distributed", reason="the group cluster is not installed")
    found = answer("cluster_campaign", tmp_path, str(KILLS), str(CUTS), "1")
    assert (found["lost"], found["differing"]) == ([], 0), found
    assert found["compared"] >= found["records"] > 0
    assert sum(found["struck"].values()) == KILLS + CUTS
