"""Whatever part, arm, model or seed a run leaves out, its report holds together: no reference to what is not there."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from report.evidence.studies import study_of
from report.printing.formatting import formatter_of
from report.printing.strings import languages, load_strings
from report.sections.source import source_text
from report.studies.assignment_2.arms import ARMS
from report.studies.assignment_2.models import MODELS
from report.tables.catalogue import all_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from report.evidence.subject import Subject
    from store.records import Stored

pytestmark = pytest.mark.usefixtures("unwritten")

PART_TWO = ("detection_data", "detector", "detection")
NOTHING = {"status": "skipped", "reason": "no weights", "metrics": {}, "facts": {}}
Keep = tuple[str, "Callable[[str, str], bool]"]


def kept_arms(*arms: str) -> Keep:
    """A run of Part II alone with these arms, and the data of their class tasks."""
    tasks = {arm.partition("-")[2] for arm in arms}
    return f"arms {'+'.join(arms)}", lambda e, v: e in PART_TWO and (v in arms or v in tasks)


def kept_models(*models: str) -> Keep:
    """A run of Part I alone with these models."""
    return (
        f"models {'+'.join(models)}",
        lambda e, v: e not in PART_TWO and v.removeprefix("classifier-") in {*models, "parts", "pixels"},
    )


def case_name(value: object) -> str:
    """What a case is called; its function has no name of its own."""
    return value if isinstance(value, str) else getattr(value, "__name__", "").strip("<>")


ONE: list[Keep] = [
    ("everything", lambda _e, _v: True),
    ("nothing", lambda _e, _v: False),
    ("part one", lambda e, _v: e not in PART_TWO),
    ("part two", lambda e, _v: e in PART_TWO),
    *(kept_arms(arm) for arm in ARMS),
    *(kept_models(model) for model in MODELS),
]
SEVERAL: list[Keep] = [
    *(kept_arms(*arms) for arms in combinations(ARMS, 2)),
    *(kept_models(*models) for models in combinations(MODELS, 2)),
    ("only architectures", lambda e, _v: e == "architecture"),
    ("only latent spaces", lambda e, _v: e == "latent"),
    ("only classifiers", lambda e, _v: e == "classifier"),
    ("only detection data", lambda e, _v: e == "detection_data"),
]


def reduced(subject: Subject, keep: Callable[[str, str], bool]) -> Subject:
    """The same run without the cells that are not kept."""
    cells = {cell: records for cell, records in subject.evidence.cells.items() if keep(*cell)}
    return replace(subject, evidence=replace(subject.evidence, cells=cells))


def failed(subject: Subject, keep: Callable[[str, str], bool]) -> Subject:
    """The same run where every task that is not kept was skipped."""

    def skipped(stored: Stored) -> Stored:
        result = stored.record.result.model_copy(
            update={"status": "skipped", "reason": "no weights", "metrics": {}, "facts": {}}
        )
        return replace(stored, record=stored.record.model_copy(update={"result": result, "files": ()}))

    cells = {
        cell: records if keep(*cell) else tuple(skipped(stored) for stored in records)
        for cell, records in subject.evidence.cells.items()
    }
    return replace(subject, evidence=replace(subject.evidence, cells=cells))


def dangling(text: str) -> set[str]:
    """References and links to elements that the source does not define."""
    defined = set(re.findall(r"\{#([\w.-]+)", text))
    named = set(re.findall(r"(?<![\w\\])@((?:fig|tbl|sec|eq)-[\w-]+)", text)) | set(re.findall(r"\]\(#([\w.-]+)\)", text))
    return named - defined


@pytest.mark.parametrize(
    ("change", "name", "keep"),
    [*((reduced, *case) for case in (*ONE, *SEVERAL)), *((failed, *case) for case in ONE)],
    ids=case_name,
)
def test_every_reference_resolves(
    whole: Subject, tmp_path: Path, change: Callable[..., Subject], name: str, keep: Callable[[str, str], bool]
) -> None:
    """The source of every subset, with the rest left out or skipped, refers to nothing that it does not have."""
    text = source_text(change(whole, keep), tmp_path)
    assert dangling(text) == set(), name
    assert "{?" not in text


@pytest.mark.parametrize("language", [name for name in languages(study_of("assignment_2")) if name != "en"])
@pytest.mark.parametrize("change", [reduced, failed], ids=["left out", "skipped"])
def test_every_reference_resolves_in_every_language(
    whole: Subject, tmp_path: Path, language: str, change: Callable[..., Subject]
) -> None:
    """A translation keeps the places whose words depend on what is shown."""
    strings = load_strings(whole.study, language)
    edition = replace(whole, strings=strings, numbers=formatter_of(strings))
    for name, keep in ONE[:4]:
        assert dangling(source_text(change(edition, keep), tmp_path)) == set(), name


def test_the_check_sees_what_dangles() -> None:
    """A reference, a list and a link to nothing are found; citations and defined elements are not."""
    text = "@fig-a, (@tbl-b) [here](#sec-c) and [@xiao2017] ![A](a.svg){#fig-a} name@fig-d"
    assert dangling(text) == {"tbl-b", "sec-c"}


@pytest.mark.parametrize(("name", "keep"), ONE, ids=[name for name, _ in ONE])
def test_no_table_is_a_wall_of_words(whole: Subject, name: str, keep: Callable[[str, str], bool]) -> None:
    """Where tasks were skipped, each table that stays has a published or a measured number."""
    for table in all_tables(failed(whole, keep)).values():
        cells = [cell for row in table.rows for cell in row]
        assert not any(cell.missing for cell in cells) or any(cell.kind in {"value", "published"} for cell in cells), (
            name,
            table.id,
        )


def test_every_element_that_a_template_places_is_there_in_a_whole_run(whole: Subject, tmp_path: Path) -> None:
    """A misspelt identifier would leave its place empty for ever."""
    text = source_text(whole, tmp_path)
    sections = "\n".join(path.read_text(encoding="utf-8") for path in whole.study.templates.rglob("*.j2"))
    conditional = {"detection-leakage", "detection-leakage-gaps"}  # a second question, which this run was not asked
    for kind, mark in (("tables", "tbl"), ("figures", "fig")):
        named = set(re.findall(rf'{kind}\["([\w-]+)"\]', sections)) - conditional
        assert named
        assert {name for name in named if f"{{#{mark}-{name}" not in text} == set()
