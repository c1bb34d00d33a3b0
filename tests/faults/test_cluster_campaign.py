"""The quick study's first part on a cluster whose workers are killed and cut off: each record as if nothing had happened."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.faults.test_campaigns import answer

if TYPE_CHECKING:
    from pathlib import Path

WHOLE, PART = (20, 5), (8, 2)  # kills and cuts: a cut takes 12 s by itself, a worker that was killed 8 s to come back


@pytest.mark.campaign
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_a_study_on_a_cluster_that_breaks_gives_the_records_of_an_undisturbed_one(tmp_path: Path) -> None:
    """Kills of tasks, workers and machines, and cuts: no record lost, none with another result digest.

    8 and 2 of them at one seed; with ``BENCH_WHOLE_CAMPAIGNS=1`` 20 and 5 at all seeds.
    """
    pytest.importorskip("distributed", reason="the group cluster is not installed")
    whole = bool(os.environ.get("BENCH_WHOLE_CAMPAIGNS"))
    kills, cuts = WHOLE if whole else PART
    found = answer("cluster_campaign", tmp_path, str(kills), str(cuts), "1", *(() if whole else ("--seeds", "0")))
    assert (found["lost"], found["differing"]) == ([], 0)
    assert found["compared"] >= found["records"] > 0
    assert sum(found["struck"].values()) == kills + cuts
