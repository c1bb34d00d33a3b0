"""Studies are found by name, with what they declare; one that is not there is an error that names the nearest."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

import report.studies
from report.evidence import studies
from report.evidence.dependencies import named_packages, published_name
from report.evidence.studies import default_study, study_names, study_of
from report.evidence.subject import subject_of
from report.printing.strings import load_strings
from store.errors import UsageError
from tests.report.evidence.small_run import evidence
from tests.report.tiny_study import NAME, known, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """The smallest study, which the report can find."""
    yield from (tmp_path for _ in known(write_project(tmp_path)))


def test_a_study_lies_where_its_package_lies(project: Path) -> None:
    """Its data and templates are in the same project, and it is listed among the others."""
    found = study_of(NAME)
    assert (found.name, found.root) == (NAME, project)
    assert found.data == project / "data" / "studies" / NAME
    assert found.templates == project / "templates" / "studies" / NAME
    assert NAME in study_names() == tuple(sorted(study_names()))
    assert study_of().name == default_study() != NAME


def test_an_unknown_study_names_the_nearest_and_all(project: Path) -> None:
    """A slip is answered with what may have been meant, anything else with the choice alone."""
    assert project
    choice = re.escape(f"choose one of: {', '.join(study_names())}")
    with pytest.raises(UsageError, match=f"(?s)no study named tinny.*did you mean {NAME}\\? {choice}"):
        study_of("tinny")
    with pytest.raises(UsageError, match=f"(?s)no study named xyz.*cure:  {choice}"):
        study_of("xyz")


def test_a_package_without_declarations_is_no_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not listed; a folder that is no package has no declarations either."""
    (tmp_path / "empty_one").mkdir()
    (tmp_path / "empty_one" / "__init__.py").touch()
    (tmp_path / "no_package").mkdir()
    (tmp_path / "no_package" / "study.py").touch()
    (tmp_path / "plain.py").touch()
    monkeypatch.setattr(report.studies, "__path__", [*report.studies.__path__, str(tmp_path)])
    assert not {"empty_one", "no_package", "plain"} & set(study_names())


def test_a_study_declares_its_tables_and_figures_and_may_leave_out_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not declared is empty, and what is stands under its own name."""
    for name, more in (
        ("bare_one", ""),
        ("full_one", "QUANTITIES = {'q': len}\nPUBLISHED_RULES = (len,)\nVIEWS = {'v': len}\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "study.py").write_text(f"TABLES = (len,)\nFIGURES = {{'f': len}}\n{more}", encoding="utf-8")
    monkeypatch.setattr(report.studies, "__path__", [*report.studies.__path__, str(tmp_path)])
    studies._declared.cache_clear()
    try:
        bare, full = study_of("bare_one").declared(), study_of("full_one").declared()
    finally:
        studies._declared.cache_clear()
        for module in [module for module in sys.modules if module.endswith("_one.study")]:
            del sys.modules[module]
    assert (bare.tables, bare.figures) == (full.tables, full.figures) == ((len,), {"f": len})
    assert (bare.quantities, bare.published_rules, bare.run_rules, bare.views) == ({}, (), (), {})
    assert (full.quantities, full.published_rules, full.run_rules, full.views) == ({"q": len}, (len,), (), {"v": len})
    nothing = subject_of(study_of(), evidence(), load_strings(study_of(), "en"))
    assert (dict(bare.facts(nothing)), tuple(bare.sensitive(nothing))) == ({}, ())


def test_a_settings_file_that_names_no_default_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not there, no TOML, without the key, or deeper than anything is: the cure restores it."""
    path = tmp_path / "studies.toml"
    monkeypatch.setattr(studies, "_SETTINGS", path)
    for content in (None, "default", "other = 1\n", "default = " + "[" * 5000):
        if content is not None:
            path.write_text(content, encoding="utf-8")
        with pytest.raises(UsageError, match="no default study"):
            default_study()
    path.write_text('default = "mine"\n', encoding="utf-8")
    assert default_study() == "mine"


def test_a_run_that_departs_in_nothing_is_comparable(whole_root: Path) -> None:
    """One key is enough to say otherwise; a model has the name that the report prints."""
    study = study_of()
    strings = load_strings(study, "en")
    departing = subject_of(study, evidence(config={"autoencoder": {"epochs": 1}}), strings)
    assert not departing.comparable
    assert departing.model("ae") == "AE"
    from tests.report.conftest import subject_of as subject_in

    assert subject_in(whole_root).comparable


def test_packages_are_called_as_they_are_published() -> None:
    """Those that compute and render are named, those that test and check are not."""
    assert {"torch", "numpy", "pydantic", "jinja2", "scikit-learn"} <= named_packages()
    assert not {"pytest", "ruff", "mypy"} & named_packages()
    assert (published_name("sklearn"), published_name("cv2"), published_name("Jinja2")) == (
        "scikit-learn",
        "opencv-python",
        "jinja2",
    )
