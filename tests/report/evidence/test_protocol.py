"""The protocol file and the configuration's defaults are one, and every departure from them is found."""

from __future__ import annotations

import copy

import pytest

from bench.studies.assignment_2.config import StudyConfig
from report.evidence.protocol import UNCOMPARED, Deviation, deviations, leaves, load_protocol
from report.evidence.studies import study_of

PUBLISHED = load_protocol(study_of().data)
DEFAULTS = {**StudyConfig().model_dump(mode="json"), "parts": ["autoencoders", "detection"]}


def test_every_key_of_the_configuration_has_its_source() -> None:
    """No leaf of StudyConfig is without an entry, and no entry is without a leaf; seeds and device have none."""
    keys = {key for key, _ in leaves(DEFAULTS) if key.split(".")[0] not in UNCOMPARED}
    assert {entry.key for entry in PUBLISHED.entries} == keys


def test_defaults_are_the_published_protocol() -> None:
    """A configuration that changes nothing departs in nothing."""
    assert deviations(DEFAULTS, PUBLISHED) == ()


def test_assumed_values_have_reasons() -> None:
    """Each value that the source does not state says why it was taken, each stated one where it stands."""
    for entry in (*PUBLISHED.entries, *PUBLISHED.fixed):
        assert entry.source
        assert entry.status == "stated" or len(entry.reason["en"]) > 20


@pytest.mark.parametrize("key", [entry.key for entry in PUBLISHED.entries])
def test_change_of_any_key_is_a_deviation(key: str) -> None:
    """Whatever key changes, the run counts as departing in exactly that key."""
    config = copy.deepcopy(DEFAULTS)
    section, name = key.split(".")
    config[section][name] = "changed"
    published = {entry.key: entry.value for entry in PUBLISHED.entries}[key]
    assert deviations(config, PUBLISHED) == (Deviation(key, published, "changed"),)


def test_seeds_and_device_are_no_deviation() -> None:
    """More seeds or another device leave a run comparable."""
    config = {**DEFAULTS, "seeds": [0, 1, 2], "execution": {"device": "cuda", "threads": 4}}
    assert deviations(config, PUBLISHED) == ()


def test_a_part_that_is_not_run_does_not_count() -> None:
    """Settings of the detector say nothing about a run of the autoencoders, and the other way round."""
    config = copy.deepcopy(DEFAULTS)
    config["detection"]["epochs"] = 1
    config["vae"]["beta"] = 1.0
    found = {part: [d.key for d in deviations({**config, "parts": [part]}, PUBLISHED)] for part in config["parts"]}
    assert found == {"autoencoders": ["vae.beta"], "detection": ["detection.epochs"]}


def test_unknown_and_missing_keys_are_deviations() -> None:
    """A key that only one side has is listed, not ignored."""
    config = {**DEFAULTS, "extra": {"key": 1}}
    del config["vae"]
    found = deviations(config, PUBLISHED)
    assert Deviation("extra.key", None, 1) in found
    assert Deviation("vae.beta", 0.5, None) in found
