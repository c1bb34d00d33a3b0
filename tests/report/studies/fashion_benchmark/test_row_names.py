"""Rows of Table 3 are called what a reader can tell apart: in claims by family and settings, in figures in full."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from report.evidence.published import load_published
from report.evidence.studies import study_of
from report.printing.figure_style import _LONGEST_TICK
from report.printing.strings import languages, load_strings
from report.studies.fashion_benchmark.figures.dots import GROUPS, _lines
from report.studies.fashion_benchmark.rows import rows, variant_name

if TYPE_CHECKING:
    from report.evidence.subject import Subject

STUDY = study_of("fashion_benchmark")


@pytest.fixture(params=languages(STUDY))
def subject(request: pytest.FixtureRequest) -> Subject:
    """The published table in one language, without a run."""
    strings = load_strings(STUDY, request.param)
    return cast("Subject", SimpleNamespace(study=STUDY, strings=strings, published=load_published(STUDY.data)))


def test_a_claim_names_a_row_by_family_and_settings(subject: Subject) -> None:
    """Every row has a name of its own, none of them its key; what is no row has none."""
    names = [variant_name(subject, row.key) for row in rows(subject)]
    assert len(set(names)) == len(names) == 126
    assert not [name for name, row in zip(names, rows(subject), strict=True) if name == row.key]
    assert variant_name(subject, "ae") == ""


def test_no_label_of_a_figure_is_cut(subject: Subject) -> None:
    """Each row of a figure is told from the others: its settings, or its family's name, fit beside the axis."""
    everything = rows(subject)
    shown = 0
    for families in GROUPS.values():
        lines = _lines(subject, [row for row in everything if row.family in families])
        assert not [words for words, _ in lines if len(words) > _LONGEST_TICK]
        shown += sum(row is not None for _, row in lines)
    assert shown == 126
