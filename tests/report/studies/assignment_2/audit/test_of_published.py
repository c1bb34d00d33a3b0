"""Each rule on the published report fires on its numbers, and is silent where they are set right."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from report.checks.finding import findings
from report.studies.assignment_2.audit.of_published import RULES
from tests.report.restated import restated

if TYPE_CHECKING:
    from report.evidence.subject import Subject

# Rule to what would have to stand in published.toml instead: path to value.
CORRECTED: dict[str, dict[str, Any]] = {
    "vae_validation_scale": {"table-4.vae.validation_loss": "20.5476"},
    "different_tasks": {"conduct.transfer_classes": ["car"]},
    "peak_reported": {"figure-11.last.precision": "0.79"},
    "map_tie": {"figure-11.last.map50": "0.56"},
    "overcomplete": {"table-4.ae.latent_dim": "1152"},
    "within_sampling_error": {"table-5.ae.accuracy": "91.00", "table-5.dae.accuracy": "83.00"},
    "ground_truth_as_detections": {"conduct.transfer_panel_prints_confidences": True},
    "digits": {"conduct.objects_called": ["camisola"]},
    "one_run": {"conduct.runs": 5},
    "split_not_stated": {"conduct.detection_split": "by drive"},
}


def test_every_slip_of_the_published_report_is_found(whole: Subject) -> None:
    """The published numbers break every rule; each finding says how sure it is."""
    found = findings(RULES, whole)
    assert {one.key for one in found if one.outcome == "slip"} == {rule.__name__ for rule in RULES}
    assert {one.certainty for one in found} == {"established", "likely", "possible"}


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
def test_corrected_numbers_silence_the_rule_alone(whole: Subject, rule: str) -> None:
    """With the number set right the rule is silent, and the others still speak."""
    published = restated(whole.published, CORRECTED[rule])
    found = findings(RULES, replace(whole, published=published))
    assert {one.key for one in found if one.outcome == "clean"} == {rule}


def test_the_vae_finding_shows_the_runs_own_loss_both_ways(whole: Subject) -> None:
    """The re-run's validation loss stands there per image and as the source would have printed it."""
    finding = findings(RULES, whole)[0]
    ours, printed = (float(re.search(r"\[([0-9.]+)\]", finding.values[name])[1]) for name in ("ours", "ours_printed"))
    assert printed == pytest.approx(ours / 4, abs=1e-4)
    assert "autoencoder/vae" in finding.values["ours_printed"]
