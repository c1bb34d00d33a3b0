"""Claims that repeat are written once, and what they range over is stated: a new model changes none of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from report.claims.schema import load_claims
from report.claims.templates import expanded
from report.evidence.published import Printed, Published
from report.evidence.studies import study_of
from report.evidence.vocabulary import Vocabulary
from report.inference.verdicts import judge_all
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject

SOURCE = {"authors": "", "title": "", "date": "", "language": "en"}
PUBLISHED = Published.model_validate(
    {"source": SOURCE, "places": {"t": {"source": "T", "values": {"a": {"x": "1234.50"}, "b": {"x": "2"}}}}}
)
TERMS = Vocabulary.model_validate(
    {"models": [{"key": "a", "label": {"en": "Model A", "pt": "Modelo A"}}, {"key": "b", "label": {"en": "B"}}]}
)
NEW_MODEL = """
[[models]]
key = "sae"
label = { en = "Sparse AE" }
objective = { train = "train_mse_per_pixel", validation = "validation_mse_per_pixel", unit = "mse_per_pixel" }
"""


def spoken(number: Printed, language: str) -> tuple[str, str]:
    """The number in the marks of the language, thousands together and apart."""
    marks = str.maketrans(".,", {"en": ".,", "pt": ", "}[language])
    together, apart = (f"{number.value:{mark}.{number.decimals}f}".translate(marks) for mark in ("", ","))
    return together, apart


def written(entry: dict[str, Any]) -> Any:  # noqa: ANN401  # claims before they are validated
    """The claims that an entry stands for."""
    return expanded({"why": {}, "claims": [entry]}, PUBLISHED, TERMS, spoken)["claims"]


def test_an_entry_is_one_claim_a_combination() -> None:
    """The first name varies slowest; keys, fields, labels and the printed number fill the texts, a number stays one."""
    entry = {
        "over": {"model": ["a", "b"], "part": [{"key": "p", "index": 3}, {"key": "q", "index": 4}]},
        "id": "t.{model}.{part}",
        "english": "{model.label} in {part}: {published}, {published:,}",
        "published": "t.{model}.x",
        "select": {"index": "{part.index}", "names": ["{model}", "fixed"]},
        "at_most": 0.1,
    }
    found = written(entry)
    assert [one["id"] for one in found] == ["t.a.p", "t.a.q", "t.b.p", "t.b.q"]
    assert found[1] == {
        "id": "t.a.q",
        "english": "Model A in q: 1234.50, 1,234.50",
        "published": "t.a.x",
        "select": {"index": 4, "names": ["a", "fixed"]},
        "at_most": 0.1,
    }


def test_a_translation_has_the_words_and_marks_of_its_language() -> None:
    """Labels, words that a field has by language, and the printed number; English stays as it was."""
    entry = {
        "over": {"part": [{"key": "p", "model": "a", "name": {"en": "training", "pt": "treino"}, "article": {"pt": "o"}}]},
        "id": "{part}",
        "english": "{part.name} of {part.label}: {published:,}",
        "translated": {"pt": "{part.article} {part.name} de {part.label}: {published}, {published:,}"},
        "published": "t.a.x",
    }
    (found,) = written(entry)
    assert found["english"] == "training of Model A: 1,234.50"
    assert found["translated"] == {"pt": "o treino de Modelo A: 1234,50, 1 234,50"}


def test_an_entry_without_a_range_is_left_alone() -> None:
    """Braces in its words mean nothing."""
    assert written({"id": "x", "quote": "{model}"}) == [{"id": "x", "quote": "{model}"}]


@pytest.mark.parametrize("text", ["{modle}", "{model.name}", "{published}", "{model:,}"])
def test_a_placeholder_that_stands_for_nothing_is_an_error(text: str) -> None:
    """A misspelt name, a field that is not there, a number that is not published."""
    with pytest.raises(ValueError, match="stands for nothing; there are model"):
        written({"over": {"model": ["a"]}, "id": text})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"over": 3}, "over of x is no table of lists"),
        ({"over": {"model": 3}}, "over of x is no table of lists"),
        ({"over": {"model": []}}, "over of x is no table of lists"),
        ({"over": {"model": [{"label": "A"}]}}, "over.model of x lists neither words nor tables with a key"),
        ({"over": {"model": [["a"]]}}, "over.model of x lists neither words nor tables with a key"),
        ({"translated": "a"}, "translated of x is no table of texts"),
        ({"named": ["a"], "over": {"model": ["a"]}}, "named of x is no table of texts"),
        ({"over": {f"m{k}": list(range(10)) for k in range(9)}}, "with x its entries stand for more than 10000 claims"),
    ],
)
def test_an_entry_that_ranges_over_nothing_is_an_error(fields: dict[str, object], words: str) -> None:
    """A number where a table belongs, an empty list, a table without a key, and a billion combinations."""
    with pytest.raises(ValueError, match=words):
        written({"id": "x", **fields})


@pytest.mark.parametrize("claims", [5, {"id": "x"}, [1, 2], ["x"]])
def test_claims_are_tables(claims: object) -> None:
    """Anything else under their name is no list of claims."""
    with pytest.raises(ValueError, match=r"begins with \[\[claims\]\]"):
        expanded({"claims": claims}, PUBLISHED, TERMS, spoken)


def test_as_many_claims_as_one_file_may_hold() -> None:
    """Ten thousand in two entries, and not one more."""
    ranged = {"over": {"a": list(range(99)), "b": list(range(101))}, "id": "{a}.{b}"}
    one = {"id": "x"}
    assert len(expanded({"claims": [ranged, one]}, PUBLISHED, TERMS, spoken)["claims"]) == 10_000  # type: ignore[arg-type,call-overload]
    with pytest.raises(ValueError, match="more than 10000 claims"):
        expanded({"claims": [ranged, one, one]}, PUBLISHED, TERMS, spoken)


def test_the_error_names_the_file(tmp_path: Path) -> None:
    """What is wrong in a template is said like any other slip of the data."""
    for name in ("published.toml", "study.toml"):
        shutil.copyfile(study_of("assignment_2").data / name, tmp_path / name)
    (tmp_path / "claims.toml").write_text('[why]\n[[claims]]\nover.model = ["ae"]\nid = "{x}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"claims\.toml: the placeholder \{x\}") as caught:
        load_claims(tmp_path)
    assert caught.value.where.endswith("claims.toml")


def test_a_new_model_changes_no_claim_no_verdict_and_no_p_value(whole: Subject, tmp_path: Path) -> None:
    """A block in study.toml is a row in tables; what the source said, and how it fares, stay as they were."""
    folder = tmp_path / "data" / "studies" / "assignment_2"
    shutil.copytree(whole.study.data, folder)
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(NEW_MODEL)
    study = replace(whole.study, root=tmp_path)
    assert [model.key for model in study.vocabulary.models] == ["ae", "vae", "dae", "sae"]
    assert load_claims(study.data) == load_claims(whole.study.data)
    assert judge_all(replace(whole, study=study)) == judge_all(whole)
