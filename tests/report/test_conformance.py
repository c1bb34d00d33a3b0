"""What every study owes the report, checked over each one that is found; and what the report's core owes all: to know none."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from report.claims.schema import load_claims
from report.evidence.protocol import load_protocol
from report.evidence.published import load_published
from report.evidence.records import Evidence
from report.evidence.studies import Study, study_names, study_of
from report.evidence.subject import subject_of
from report.printing.strings import STYLE, languages, load_strings
from report.tables.catalogue import all_tables
from store.schema import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
STUDIES = [study_of(name) for name in study_names()]
CORE = [path for path in sorted((ROOT / "report").rglob("*.py")) if "studies" not in path.relative_to(ROOT).parts]
EACH = pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
TEXT = {".j2", ".toml", ".css", ".html", ".lua", ".typ"}


def names() -> set[str]:
    """Studies, models, arms and experiments that any study declares; a name that is a common word tells nothing."""
    found: set[str] = set()
    for study in STUDIES:
        vocabulary = study.vocabulary
        found |= {study.name, *vocabulary.experiments, *(one.key for one in (*vocabulary.models, *vocabulary.arms))}
    return found - {"baseline"}


def literals(source: str) -> Iterator[str]:
    """Every string and name of a module but its documentation."""
    tree = ast.parse(source)
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value
        elif isinstance(node, ast.Name | ast.Attribute):
            yield node.id if isinstance(node, ast.Name) else node.attr


def named_in(text: str) -> set[str]:
    """The studies, models, arms and experiments that a text names."""
    return {name for name in names() if re.search(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9_-])", text)}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_core_names_no_study(path: Path) -> None:
    """No module outside report/studies imports a study or holds the name of one, of a model, an arm or an experiment."""
    source = path.read_text(encoding="utf-8")
    imported = {node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.startswith("report.studies.")} == set()
    assert {name for text in literals(source) for name in named_in(text)} == set()


def test_the_shared_templates_name_no_study() -> None:
    """Page styles, shared sections and shared strings speak of no study, model, arm or experiment."""
    files = [path for path in sorted(STYLE.rglob("*")) if path.suffix in TEXT]
    assert len(files) > 15
    assert {path.name: found for path in files if (found := named_in(path.read_text(encoding="utf-8")))} == {}


def test_the_check_of_names_can_fail() -> None:
    """A model as an argument, in an f-string, and as a name is found; the same word in documentation is not."""
    source = 'def f():\n    """About vae."""\n    return g("vae", f"{x}/dae/seed"), ae\n'
    assert {name for text in literals(source) for name in named_in(text)} == {"vae", "dae", "ae"}


@EACH
def test_every_claim_resolves(study: Study) -> None:
    """Each claim names an experiment of the study, a published value that is there, and a quantity that is declared."""
    published, vocabulary, quantities = load_published(study.data), study.vocabulary, study.declared().quantities
    claims = load_claims(study.data).claims
    assert claims
    for claim in claims:
        for selector in claim.select:
            assert selector.experiment in vocabulary.experiments, claim.id
            assert selector.quantity is None or selector.quantity in quantities, claim.id
            assert selector.curve is None or published.find_curve(selector.curve) is not None, claim.id
        assert claim.published is None or published.find(claim.published) is not None, claim.id


@EACH
def test_every_published_value_is_shown(study: Study) -> None:
    """Each number of the source stands in a table, also in the report of a run that has computed nothing yet."""
    published = load_published(study.data)
    run = Run.model_construct(run_id="nothing", profile="none", config={}, entries=(), command=(), created_at="2026-01-01")
    subject = subject_of(study, Evidence(run, {}), load_strings(study, languages(study)[0]))
    cells = [cell for table in all_tables(subject).values() for row in table.rows for cell in row if cell.kind == "published"]
    shown = {cell.text for cell in cells}
    missing = [
        f"{place}.{name}"
        for place, entry in published.places.items()
        for name in entry.values
        if not any(_shows(text, published.number(f"{place}.{name}").value) for text in shown)
    ]
    assert missing == []


def _shows(text: str, value: float) -> bool:
    """Whether the printed number is the value as far as its digits go."""
    plain = text.replace(",", "").replace("\N{MINUS SIGN}", "-")
    return re.fullmatch(r"-?\d+(\.\d+)?", plain) is not None and float(plain) == value


@EACH
def test_every_declaration_has_its_words(study: Study) -> None:
    """Title, captions of figures, topics of the protocol and sentences of the audit stand in every language."""
    declared = study.declared()
    needed = {"report.title", "report.subtitle", *(f"figure_captions.{name}" for name in declared.figures)}
    needed |= {f"fixed.{entry.topic}" for entry in load_protocol(study.data).fixed}
    needed |= {
        f"audit_published.{rule.__name__}.{key}" for rule in declared.published_rules for key in ("place", "slip", "clean")
    }
    needed |= {f"audit_run.{rule.__name__}" for rule in declared.run_rules}
    assert languages(study)
    for language in languages(study):
        assert needed - set(load_strings(study, language).texts) == set(), language


@EACH
def test_every_reason_is_given_in_every_language(study: Study) -> None:
    """An assumption's reason is read in the report's language: no edition falls back to another."""
    protocol = load_protocol(study.data)
    assumed = [entry for entry in (*protocol.entries, *protocol.fixed) if entry.status == "assumed"]
    for language in languages(study):
        assert [entry.source for entry in assumed if not entry.reason.get(language)] == [], language


@EACH
def test_what_every_study_shares_has_its_place(study: Study) -> None:
    """The report has the summary, the claims, the audit and where its numbers come from."""
    template = (study.templates / "report.qmd.j2").read_text(encoding="utf-8")
    for section in ("summary", "claims", "audit", "sensitivity", "provenance"):
        assert f"sections/{section}.qmd.j2" in template, section
