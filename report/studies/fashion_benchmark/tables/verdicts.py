"""How many rows of each family have which verdict: counted, as the one judge gave them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from report.inference.verdicts import VERDICTS, judge_all
from report.printing import cells
from report.printing.table import Column, Table
from report.studies.fashion_benchmark.rows import FAMILIES, family_of

if TYPE_CHECKING:
    from report.evidence.subject import Subject

ROW_CLAIM = "table-3."


def families(subject: Subject) -> Table:
    """One row a family, one column a verdict."""
    s = subject.strings
    counted: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES}
    for judged in judge_all(subject):
        if judged.claim.id.startswith(ROW_CLAIM):
            counted[family_of(judged.claim.id.removeprefix(ROW_CLAIM))][judged.verdict] += 1
    body = tuple(
        (cells.text(s(f"families.{family}")), *(cells.text(subject.numbers.integer(found[verdict])) for verdict in VERDICTS))
        for family, found in counted.items()
    )
    heads = (Column(s("columns.family")), *(Column(s(f"claim_verdicts.{verdict}"), "right") for verdict in VERDICTS))
    return Table("families", s("captions.families"), heads, body)
