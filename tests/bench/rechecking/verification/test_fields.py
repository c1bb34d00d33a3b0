"""Every field of every record: declared as recomputed, cross-checked or taken on trust, documented so, and edited to see."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.harness.studies import load_study, study_names
from bench.rechecking.verification.standing import EVERYWHERE, standing_of
from tests.bench.rechecking.verification.field_edits import edits_of
from tests.bench.rechecking.verification.rewriting import Copy, load_copy, write_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.rechecking.verification.standing import Standing
    from tests.bench.rechecking.verification.field_edits import Edit
    from tests.bench.rechecking.verification.remembered import Remembering

pytestmark = pytest.mark.campaign
PAGE = Path(__file__).parents[4] / "docs" / "records.md"
WORDS: dict[Standing, str] = {"recomputed": "recomputed", "cross-checked": "cross-checked", "trusted": "on trust"}


def cases(store: Copy) -> Iterator[tuple[str, str, str, Edit]]:
    """Experiment, task, field and edit: one record of each kind of network and of each experiment."""
    seen = set()
    for task, fields in store.records.items():
        experiment, variant, _ = task.split("/")
        kind = (
            experiment,
            variant if variant in {"vae", "pixels"} else "classifier" if variant.startswith("classifier-") else "",
        )
        if fields["result"]["status"] == "ok" and kind not in seen and "." not in variant:
            seen.add(kind)
            yield from ((experiment, task, field, edit) for field, edit in edits_of(store, task))


def edited(store: Copy, task: str, edit: Edit) -> Copy:
    """A copy of the store in memory, with the edit."""
    other = store.again(task)
    edit(other)
    assert not other.is_untouched(task)
    return other


def mismatches(study: Path, chosen: list[tuple[str, str, str, Edit]], tmp_path: Path, verifier: Remembering) -> list[str]:
    """Fields that verification misses although they are not said to be on trust.

    One that is on trust may be found or not (a value of the last epoch stands in the metrics, another is out of range): it is
    edited, to see that this can be done, and not verified.
    """
    store, declared = load_copy(study), load_study().fields()
    write_copy(store, tmp_path / "untouched")
    assert verifier.verify(tmp_path / "untouched")["problems"] == []
    wrong = []
    for number, (experiment, task, field, edit) in enumerate(chosen):
        other, standing = edited(store, task, edit), standing_of(field, declared[experiment])
        if standing == "trusted":
            continue
        write_copy(other, tmp_path / str(number))
        if verifier.verify(tmp_path / str(number))["sound"]:
            wrong.append(f"{task} {field}: said to be {standing}, and not found")
        shutil.rmtree(tmp_path / str(number))
    return wrong


def test_every_field_has_a_standing(study: Path) -> None:
    """A field that an experiment adds has to be declared, or this fails."""
    declared = load_study().fields()
    unknown = {
        f"{experiment} {field}"
        for experiment, _, field, _ in cases(load_copy(study))
        if standing_of(field, declared.get(experiment, {})) is None
    }
    assert unknown == set()


def test_page_lists_every_field() -> None:
    """docs/records.md says of each experiment just what is declared, and of every record what holds everywhere."""
    text = PAGE.read_text(encoding="utf-8")
    studies = {experiment: fields for name in study_names() for experiment, fields in load_study(name).fields().items()}
    for experiment, fields in {**studies, "every record": EVERYWHERE}.items():
        for standing, word in WORDS.items():
            expected = sorted(field for field, found in fields.items() if found == standing)
            line = re.search(rf"^\| {re.escape(experiment)} \| {word} \| (.*) \|$", text, re.MULTILINE)
            listed = sorted(re.findall(r"`([^`]+)`", line[1])) if line else []
            assert listed == expected, f"{experiment}, {word}"


def test_every_edit_is_found_as_declared(study: Path, tmp_path: Path, verifier: Remembering) -> None:
    """Each field of each kind of record, edited with every digest made to fit: found, unless it is declared on trust."""
    chosen = list(cases(load_copy(study)))
    assert len(chosen) > 300
    assert mismatches(study, chosen, tmp_path, verifier) == []
