"""Where numbers come from, in words of the report's language: settings beside their keys, facts of the machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from report.printing.strings import load_strings
from report.tables.provenance import assumed, environment, stated

if TYPE_CHECKING:
    from report.evidence.subject import Subject

FACTS = ("Commit do Git", "Dispositivo")


def in_portuguese(subject: Subject) -> Subject:
    """The same run, told in Portuguese."""
    return replace(subject, strings=load_strings(subject.study, "pt"))


@pytest.mark.parametrize("status", ["stated", "assumed"])
def test_a_setting_is_told_in_words_beside_its_key(whole: Subject, status: str) -> None:
    """No row begins with a key of the configuration; the last column has it, empty for what stands in the code."""
    subject = in_portuguese(whole)
    table = {"stated": stated, "assumed": assumed}[status](subject)
    keys = [entry.key for entry in subject.protocol.entries if entry.status == status]
    assert table.columns[-1].title == "Chave"
    assert [row[-1].text for row in table.rows if row[-1].text] == keys
    assert not {row[0].text for row in table.rows} & set(keys)
    assert all(row[0].text[:1].isupper() for row in table.rows)


def test_facts_of_the_machine_are_told_in_the_language(whole: Subject) -> None:
    """None under the name that the record has for it."""
    told = [row[0].text for row in environment(in_portuguese(whole)).rows]
    assert set(FACTS) <= set(told)
    assert not [name for name in told if "_" in name or name.islower()]
