"""study.toml names each thing once: order, look, labels, pairs and what a result depends on derive from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from report.evidence.studies import study_of
from report.evidence.vocabulary import LINES, MARKERS, PALETTE, Metric, Vocabulary, load_vocabulary
from report.inference.statistics import Interval
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

TINY = """
[parts.one]
label = { en = "One" }

[experiments]
free = { part = "one" }
fit = { part = "one", sections = ["data"], own = { "svm-*" = ["svm"] } }

[families]
trees = { en = "Trees" }

[[models]]
key = "b"
label = { en = "B", pt = "Bê" }
family = "trees"

[[models]]
key = "a"
label = { en = "A" }
sections = ["a"]
colour = "#123456"

[[references]]
key = "none"
label = { en = "None" }
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Vocabulary:
    """Two models, the second with a colour and a section of its own."""
    (tmp_path / "study.toml").write_text(TINY, encoding="utf-8")
    return load_vocabulary(tmp_path)


def test_a_look_follows_from_the_place_unless_it_is_given(tiny: Vocabulary) -> None:
    """Colour, marker and line are those of the place in the order; what the file says goes first."""
    assert tiny.look("b") == (PALETTE[0], MARKERS[0], LINES[0])
    assert tiny.look("a") == ("#123456", MARKERS[1], LINES[1])
    assert tiny.look("none") == (PALETTE[0], MARKERS[0], LINES[0])


def test_every_model_of_the_first_study_looks_different() -> None:
    """No two models, and no two arms, share colour, marker and line."""
    terms = study_of("assignment_2").vocabulary
    for group in (terms.models, terms.arms):
        assert len({terms.look(one.key) for one in group}) == len(group)
        assert len({terms.look(one.key).colour for one in group}) == len(group)


def test_labels_become_strings_in_the_language_or_in_english(tiny: Vocabulary) -> None:
    """What lacks a label in a language keeps its English one."""
    texts = tiny.texts("pt")
    assert (texts["models.b"], texts["models.a"], texts["models.none"]) == ("Bê", "A", "None")
    assert (texts["parts.one"], texts["families.trees"]) == ("One", "Trees")


def test_a_result_depends_on_its_experiment_and_on_its_own_sections(tiny: Vocabulary) -> None:
    """A model's own section counts for it alone, a pattern for the variants that it fits; an unknown one says nothing."""
    assert tiny.sections("fit", "b") == ("data",)
    assert tiny.sections("fit", "a") == ("data", "a")
    assert tiny.sections("fit", "svm-1") == ("data", "svm")
    assert tiny.sections("free", "a") == ()
    assert tiny.sections("other", "a") is None


def test_a_metric_prints_as_it_is_unless_the_study_says_otherwise() -> None:
    """Three digits of the record's own number; accuracies of the first study are percent with two."""
    plain, accuracy = Metric(label={"en": "M"}), study_of("assignment_2").vocabulary.metrics["test_accuracy"]
    assert (plain.scale, plain.digits, plain.better) == (1.0, 3, None)
    assert (accuracy.scale, accuracy.digits, accuracy.unit, accuracy.better) == (100, 2, "%", "higher")
    assert Metric(label={"en": "M"}, digits=0).digits == 0


def test_columns_are_those_of_objectives_and_curves() -> None:
    """Each once, whichever names it."""
    label = {"en": "A"}
    fields = {
        "models": [{"key": "a", "label": label, "objective": {"train": "train_x", "validation": "validation_x", "unit": "u"}}],
        "arms": [{"key": "b", "label": label}],
        "curves": [{"published": "f.a", "experiment": "fit", "variant": "a", "column": "train_y"}],
    }
    assert Vocabulary.model_validate(fields).columns == {"train_x", "validation_x", "train_y"}
    assert Vocabulary().columns == frozenset()


def test_pairs_of_models_are_neighbours_first() -> None:
    """AE and VAE, VAE and DAE, then AE and DAE."""
    assert study_of("assignment_2").vocabulary.model_pairs() == (("ae", "vae"), ("vae", "dae"), ("ae", "dae"))


def test_parts_are_told_by_experiments(tiny: Vocabulary) -> None:
    """A run has a part where it has a task of one of its experiments."""
    assert tiny.has_part([("fit", "a")], "one")
    assert not tiny.has_part([("other", "a")], "one")
    assert not tiny.has_part([("fit", "a")], "two")


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [
        ('key = "a"', 'key = "b"', "twice: b"),
        ('part = "one" }', 'part = "two" }', "not declared in this file: two"),
        ('family = "trees"', 'family = "bees"', "not declared in this file: bees"),
        ('colour = "#123456"', 'colour = "blue"', "pattern"),
        ('colour = "#123456"', 'marker = "zz"', "pattern"),
        ('colour = "#123456"', 'line = "dashed"', "pattern"),
        ('label = { en = "A" }', 'label = { pt = "A" }', "no words in English"),
        ('trees = { en = "Trees" }', "trees = {}", "no words in English"),
    ],
)
def test_a_faulty_name_is_an_error_with_its_file(tmp_path: Path, right: str, wrong: str, what: str) -> None:
    """Two of one key, a part, a family, a colour, a marker or a line that is none, a label or a family without English."""
    (tmp_path / "study.toml").write_text(TINY.replace(right, wrong), encoding="utf-8")
    with pytest.raises(UsageError, match=what):
        load_vocabulary(tmp_path)


def test_a_study_without_the_file_names_nothing(tmp_path: Path) -> None:
    """Nothing is known then, and nothing is taken to be independent of anything."""
    terms = load_vocabulary(tmp_path)
    assert terms.named == ()
    assert terms.sections("fit", "a") is None


def test_a_range_ends_above_its_beginning() -> None:
    """A metric whose least value is not below its most is refused where it is declared."""
    with pytest.raises(ValueError, match="range of a metric"):
        Metric(label={"en": "Share"}, least=1, most=1)
    assert Metric(label={"en": "Share"}, least=0).within(Interval(-0.1, 0.2, "seeds"), 100).low == 0
