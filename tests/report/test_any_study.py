"""A report of any study works: the smallest one, and every one that there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from report.build import Options, build
from report.evidence.records import evidence_of
from report.evidence.studies import study_names, study_of
from report.evidence.subject import subject_of
from report.inference.verdicts import judge_all
from report.printing.strings import load_strings
from report.sections.source import source_text
from store.errors import UsageError
from tests.report.tiny_study import NAME, known, write_project, write_run_of

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject


def test_the_smallest_study_has_a_report(tiny: Path) -> None:
    """One table, one figure, one claim, one section: HTML and PDF, with the claim judged and every shared section."""
    result = build(tiny, Options(engine="pandoc"))
    assert result.comparable
    page = result.outputs[0].read_text(encoding="utf-8")
    for words in ("tiny: a published study, re-run", "Estimate of π", "The estimate of π is 3.14", "Every task of the run"):
        assert words in page
    assert result.outputs[1].read_bytes().startswith(b"%PDF-")


def test_its_claim_is_judged(tiny: Path) -> None:
    """Three seeds within a hundredth of the published value reproduce it."""
    study, evidence = study_of(NAME), evidence_of(tiny)
    (judged,) = judge_all(subject_of(study, evidence, load_strings(study, "en")))
    assert (judged.claim.id, judged.verdict) == ("table-1.estimate", "reproduced")


def test_nothing_of_another_study_is_in_it(tiny: Path) -> None:
    """Neither a word nor a table of the first study reaches the report of another."""
    study, evidence = study_of(NAME), evidence_of(tiny)
    text = source_text(subject_of(study, evidence, load_strings(study, "en")), tiny / "figures")
    assert not re.search(r"autoencoder|FashionMNIST|KITTI|\bV?D?AE\b|scratch|transfer", text, re.IGNORECASE)


def test_a_study_without_a_result_has_a_report(tmp_path: Path) -> None:
    """A run whose every task was skipped: the words stand in the table, and nothing points to the figure that is not there."""
    for _ in known(write_project(tmp_path)):
        write_run_of(tmp_path / "artifacts", broken="no data")
        study, evidence = study_of(NAME), evidence_of(tmp_path / "artifacts")
        text = source_text(subject_of(study, evidence, load_strings(study, "en")), tmp_path / "figures")
    assert "fig-convergence" not in text
    assert "no data" in text


def edited(project: Path, name: str, old: str, new: str) -> Subject:
    """What the report of a run of the study is made from, with other words in one of its files."""
    path = project / "data" / "studies" / NAME / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    write_run_of(project / "artifacts")
    study = study_of(NAME)
    return subject_of(study, evidence_of(project / "artifacts"), load_strings(study, "en"))


def test_a_title_may_begin_as_a_tag_does(tmp_path: Path) -> None:
    """In BibTeX a title stands between two braces, which with a "<" behind them would be a shortcode, and stop the report."""
    for _ in known(write_project(tmp_path)):
        subject = edited(tmp_path, "published.toml", "An example to replace", "<i>{{< x >}}</i>")
        text = source_text(subject, tmp_path / "figures")
    assert "{{<" not in text
    assert r"title = {{}<i>\textbraceleft{}\textbraceleft{}< x >" in text.replace("{{{}", "{{}")


def test_a_decisive_setting_is_one_of_the_protocol(tmp_path: Path) -> None:
    """A slip in its name would let a run that departs from it be held against every tendency."""
    for _ in known(write_project(tmp_path)):
        with pytest.raises(UsageError, match=r"decisive names no setting: simulation\.poinst") as caught:
            edited(tmp_path, "study.toml", "decisive = []", 'decisive = ["simulation.poinst"]')
        assert caught.value.cure.startswith("did you mean simulation.points?")


def test_an_unknown_study_is_a_usage_error() -> None:
    """The message names the nearest one and lists all."""
    with pytest.raises(UsageError, match="did you mean assignment_2") as caught:
        study_of("asignment_2")
    assert all(name in caught.value.cure for name in study_names())
