"""The published claims are whole: each names a place, a quantity that a run has, and a published value that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from report.claims.comparability import blocking, departures_of
from report.claims.reading import Reading, read
from report.claims.schema import Claim, Claims, Selector, load_claims
from report.evidence.protocol import Deviation
from report.evidence.studies import study_of
from report.evidence.vocabulary import Vocabulary
from report.inference.verdicts import judge_all
from report.studies.assignment_2.quantities import QUANTITIES
from store.errors import UsageError

if TYPE_CHECKING:
    from report.evidence.subject import Subject

TERMS = study_of().vocabulary
FEWEST = 60  # claims that the study makes, counted generously


def claim(name: str) -> Claim:
    """A claim by its id."""
    return next(one for one in load_claims(study_of().data).claims if one.id == name)


def readings(subject: Subject, one: Claim) -> list[float | None]:
    """The claim's quantities over all seeds of a run."""
    return [
        read(Reading(stored, selector, subject.evidence, subject.published, one.id), QUANTITIES)
        for selector in one.select
        for stored in subject.evidence.complete(selector.experiment, selector.variant)
    ]


def test_the_study_is_written_down_as_claims() -> None:
    """Every kind of claim is there, and every quantity has a claim that needs it."""
    claims = load_claims(study_of().data).claims
    assert len(claims) >= FEWEST
    assert {one.kind for one in claims} == {"value", "range", "exact", "order", "first", "not_comparable"}
    assert {selector.quantity for one in claims for selector in one.select} - {None} == set(QUANTITIES)


@pytest.mark.parametrize("one", load_claims(study_of().data).claims, ids=lambda one: one.id)
def test_every_claim_resolves_against_a_run(whole: Subject, one: Claim) -> None:
    """Each selector finds its records and reads a number from each; each published path leads to a number."""
    if one.published is not None:
        whole.published.number(one.published)
    found = readings(whole, one)
    assert len(found) >= len(one.select)
    assert None not in found


def test_a_selector_that_leads_nowhere_stops_with_the_claims_id(whole: Subject) -> None:
    """A slip in the data names the claim, and says where to correct it."""
    stored = whole.evidence.complete("classifier", "ae")[0]
    for wrong in ({"metric": "test_acuracy"}, {"quantity": "trace"}, {"history": "accuracy", "epoch": "last"}):
        selector = Selector.model_validate({"experiment": "classifier", "variant": "ae", **wrong})
        with pytest.raises(UsageError, match=r"claim table-5\.x") as caught:
            read(Reading(stored, selector, whole.evidence, whole.published, "table-5.x"), QUANTITIES)
        assert caught.value.where == "claims.toml"
    for path in ("table-5.ae.acuracy", "table-6.scratch", "table-4.ae", "figure-5.ae.0", "table-55.ae.accuracy"):
        wrong = claim("table-5.ae.accuracy").model_copy(update={"published": path, "id": "table-5.x"})
        with pytest.raises(UsageError, match=r"claim table-5\.x"):
            judge_all(whole, [wrong])


def test_quantities_are_read_in_the_printed_unit(whole: Subject) -> None:
    """Accuracies in percent, right answers in images, the VAE's validation loss as the source divides it."""
    accuracy, trace = readings(whole, claim("table-5.ae.accuracy"))[0], readings(whole, claim("figure-5.ae.trace"))[0]
    assert accuracy == pytest.approx(88.1)
    assert trace == 10 * 910
    printed = readings(whole, claim("table-4.vae.validation-loss"))[0]
    stored = whole.evidence.complete("autoencoder", "vae")[0]
    assert printed == pytest.approx(stored.record.result.metrics["validation_loss_per_image"] / 4)


def test_a_claim_says_what_its_kind_needs() -> None:
    """A value without a tolerance could be judged as one likes; an id stands once."""
    fields = claim("table-5.ae.accuracy").model_dump(exclude_none=True)
    with pytest.raises(ValidationError, match="lacks what"):
        Claim.model_validate({name: value for name, value in fields.items() if name != "tolerance"})
    whole = load_claims(study_of().data)
    with pytest.raises(ValidationError, match="stands twice"):
        Claims(why=whole.why, claims=(whole.claims[0], whole.claims[0]))
    with pytest.raises(ValidationError, match="no reason is given for: accuracy"):
        Claims(why={}, claims=(claim("table-5.ae.accuracy"),))


def test_a_departure_voids_the_claims_that_depend_on_it() -> None:
    """Another batch size voids a number and qualifies a tendency; other data void both; another part touches neither."""
    number, tendency = claim("table-5.vae.accuracy"), claim("text.vae.blur")
    changed = [Deviation(key, 1, 2) for key in ("autoencoder.batch_size", "vae.beta", "dae.noise_factor", "detection.epochs")]
    keys = departures_of(number, changed, TERMS)
    assert keys == blocking(number, keys, TERMS) == ("autoencoder.batch_size", "vae.beta")
    assert departures_of(tendency, changed, TERMS) == keys
    assert blocking(tendency, keys, TERMS) == ()
    assert blocking(tendency, ("dataset.source",), TERMS) == ("dataset.source",)


@pytest.mark.parametrize(
    ("name", "decisive", "other"),
    [
        ("text.vae.blur", ("dataset.source", "autoencoder.epochs"), ("dataset.validation_fraction", "reconstruction.pairs")),
        ("text.classifier.order", ("dataset.source", "classifier.epochs"), ("classifier.batch_size",)),
        ("transfer.recall", ("detection.dataset", "detection.epochs", "detection.image_size"), ("detection.images",)),
    ],
)
def test_other_data_or_shorter_training_voids_a_tendency(name: str, decisive: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Every decisive setting voids it by itself; each other one that it depends on qualifies it only."""
    for key in (*decisive, *other):
        keys = departures_of(claim(name), [Deviation(key, 1, 2)], TERMS)
        assert keys == (key,)
        assert blocking(claim(name), keys, TERMS) == (keys if key in decisive else ())


def test_an_experiment_that_the_study_does_not_describe_depends_on_everything() -> None:
    """Nothing is compared on the strength of a missing line."""
    stranger = claim("table-5.vae.accuracy").model_copy(
        update={"select": (Selector(experiment="unknown", variant="x", metric="m"),)}
    )
    assert departures_of(stranger, [Deviation("detection.epochs", 1, 2)], TERMS) == ("detection.epochs",)


def test_a_claim_without_another_variant_depends_on_its_own_alone() -> None:
    """Where sections count for variants by a pattern of their names, a variant that is not there fits none."""
    terms = Vocabulary.model_validate(
        {
            "parts": {"one": {"label": {"en": "One"}}},
            "experiments": {"fit": {"part": "one", "sections": ["data"], "own": {"*": ["all"], "svm-*": ["svm"]}}},
        }
    )
    selector = Selector(experiment="fit", variant="svm-1", metric="m")
    alone = claim("table-5.vae.accuracy").model_copy(update={"select": (selector,)})
    changed = [Deviation(key, 1, 2) for key in ("data.a", "all.a", "svm.a", "other.a")]
    assert departures_of(alone, changed, terms) == ("data.a", "all.a", "svm.a")
    both = alone.model_copy(update={"select": (selector.model_copy(update={"variant": "tree", "other": "svm-2"}),)})
    assert departures_of(both, changed, terms) == ("data.a", "all.a", "svm.a")
