"""The protocol file and the configuration's defaults are one, and every departure from them is found."""

from __future__ import annotations

import copy

import pytest

from bench.studies.assignment_2.config import StudyConfig
from report.evidence.protocol import UNCOMPARED, Counted, Deviation, Protocol, departures, deviations, leaves, load_protocol
from report.evidence.studies import study_of
from store.errors import UsageError
from tests.report.evidence.small_run import evidence, stored

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


COUNTED = Protocol.model_validate(
    {
        "entries": [
            {"key": "data.other", "value": 1, "status": "stated", "source": "T"},
            {"key": "data.images", "value": 6, "status": "stated", "source": "T"},
        ],
        "counted": [{"key": "data.images", "experiment": "fit", "metrics": ["score", "score"]}],
    }
)


@pytest.mark.parametrize(
    ("asked", "score", "expected"),
    [
        (6, None, None),  # nothing was counted: what was asked for counts
        (8, None, 8),
        (6, 3, None),
        (8, 3, None),  # eight were asked for, and the published six were found
        (6, 2, 4),
        (4, 2, 4),
        (8, 5, 10),
    ],
)
def test_what_was_found_counts_and_not_what_was_asked_for(asked: int, score: int | None, expected: int | None) -> None:
    """The sum of the metrics of the first record that has a result, whatever later ones say."""
    records = [] if score is None else [stored("b", 0, status="failed"), stored("b", 1, score), stored("b", 2, 99)]
    ran = evidence(*records, stored("c", 0, 99), config={"data": {"images": asked, "other": 1}})
    if score is None:
        ran = evidence(config=ran.run.config)
    assert departures(ran, COUNTED) == (() if expected is None else (Deviation("data.images", 6, expected),))


def test_what_counts_a_key_is_a_metric_of_the_record() -> None:
    """A misspelt one is named with the key and the record."""
    entry = {"key": "data.images", "experiment": "fit", "metrics": ["score", "scoer"]}
    misspelt = COUNTED.model_copy(update={"counted": (Counted.model_validate(entry),)})
    with pytest.raises(UsageError, match=r"what counts data\.images is no metric of fit/b/seed-0: scoer"):
        departures(evidence(stored("b", 0, 3), config={"data": {"images": 6, "other": 1}}), misspelt)


def test_departures_stand_in_the_order_of_the_protocol() -> None:
    """A number that was found has its place there, and a key that only the run has comes last."""
    config = {"extra": {"key": 1}, "data": {"images": 6, "other": 2}}
    found = departures(evidence(stored("b", 0, 2), config=config), COUNTED)  # type: ignore[arg-type]
    assert [one.key for one in found] == ["data.other", "data.images", "extra.key"]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"key": "a", "value": 1, "status": "assumed", "source": "T"}], "needs its reason in English"),
        ([{"key": "a", "value": 1, "status": "assumed", "source": "T", "reason": {"pt": "x"}}], "needs its reason in English"),
        ([{"key": "a", "value": 1, "status": "stated", "source": "T"}] * 2, "a key stands twice"),
    ],
)
def test_a_value_without_its_reason_or_its_own_key_is_refused(entries: list[dict[str, object]], words: str) -> None:
    """What is assumed says why; a key has one value."""
    with pytest.raises(ValueError, match=words):
        Protocol.model_validate({"entries": entries})


def test_sections_that_a_study_does_not_compare_are_left_out() -> None:
    """Its own and the harness's; a source in one language is in English."""
    tree = {"entries": [{"key": "a.b", "value": 1, "status": "stated", "source": {"pt": "T"}}], "uncompared": ["a"]}
    assert deviations({"a": {"b": 2}, "execution": {"device": "x"}, "c": 3}, Protocol.model_validate(tree)) == (
        Deviation("c", None, 3),
    )
    assert COUNTED.entries[0].source == {"en": "T"}


def test_a_part_that_owns_no_section_owns_nothing() -> None:
    """A section that no part names counts for every run; one that two parts name counts where either ran."""
    tree = {"entries": [], "parts": {"one": ["a", "both"], "two": ["b", "both"]}}
    protocol = Protocol.model_validate(tree)
    config = {"a": 1, "b": 2, "both": 3, "free": 4}
    keys = {run: [one.key for one in deviations({**config, "parts": [run]}, protocol)] for run in ("one", "two", "three")}
    assert keys == {"one": ["a", "both", "free"], "two": ["b", "both", "free"], "three": ["free"]}
    assert len(deviations({**config, "parts": "one"}, protocol)) == 4


def test_what_is_counted_is_the_sum_of_something() -> None:
    """One metric at least."""
    fields = {"key": "data.images", "experiment": "fit"}
    assert Protocol.model_validate({"entries": [], "counted": [{**fields, "metrics": ["a"]}]}).counted[0].metrics == ("a",)
    with pytest.raises(ValueError, match="at least 1 item"):
        Protocol.model_validate({"entries": [], "counted": [{**fields, "metrics": []}]})
