"""The in-toto statement of a run: signed by whoever repeated it, on what holds it, and on nothing else."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from bench.harness.statement import statement_facts, statement_text
from store.archive import export_run, import_run
from store.canonical import digest_file
from store.certificates import certificate_path, write_certificate
from store.errors import IntegrityError, StudyError, UsageError
from store.runs import load_run, run_path
from tests.store.test_archive import first, rewritten, write_store
from tests.store.test_certificates import fields_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A run that was repeated here."""
    root = tmp_path / "here"
    write_store(root)
    write_certificate(root, fields_of(load_run(root)))
    return root


def stated(root: Path, archive: Path | None = None, **others: Path) -> dict[str, object]:
    """The statement of the run at ``root``, read back."""
    target = root.parent / "statement.json"
    options = {"artifacts": root, "run": None, "archive": archive, "output": target, "predicate": None, **others}
    facts = statement_facts(argparse.Namespace(**options))
    assert statement_text(facts).endswith(str(target))
    found: dict[str, object] = json.loads(target.read_text(encoding="utf-8"))
    return found


def test_its_subject_is_the_archive_that_holds_the_run(store: Path, tmp_path: Path) -> None:
    """Or else the run's manifest; what is stated of it is the certificate, which stands in a file of its own too."""
    archive, alone = tmp_path / "run.tar", tmp_path / "predicate.json"
    run = export_run(store, None, archive)
    found = stated(store, archive, predicate=alone)
    assert found["subject"] == [{"name": "run.tar", "digest": {"sha256": digest_file(archive)}}]
    kept = json.loads(certificate_path(store, run.run_id).read_bytes())
    assert found["predicate"] == kept == json.loads(alone.read_bytes())
    assert stated(store)["subject"] == [{"name": "run.json", "digest": {"sha256": digest_file(run_path(store, run.run_id))}}]


def test_a_light_archive_holds_the_run_too(store: Path, tmp_path: Path) -> None:
    """What is left out is named there with its digest."""
    export_run(store, None, tmp_path / "light.tar", ["weights.bin"])
    assert stated(store, tmp_path / "light.tar")


def test_an_archive_of_another_run_is_refused(store: Path, tmp_path: Path) -> None:
    """The signature would stand under what nobody repeated."""
    other = tmp_path / "other"
    write_store(other, value=2.0)
    export_run(other, None, tmp_path / "other.tar")
    with pytest.raises(UsageError, match="and not run"):
        stated(store, tmp_path / "other.tar")
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(UsageError, match="no such archive"):
        stated(store, store.parent)
    with pytest.raises(IntegrityError, match="cannot be read"):
        stated(store, tmp_path / "notes.txt")
    assert not (tmp_path / "statement.json").exists()


def test_an_archive_that_was_altered_is_refused(store: Path, tmp_path: Path) -> None:
    """Also in a file whose record only names its digest."""
    export_run(store, None, tmp_path / "run.tar")
    altered = rewritten(
        tmp_path / "run.tar", lambda held: held.update({first(held, "weights.bin"): b"x" * 200}), tmp_path / "altered.tar"
    )
    with pytest.raises(IntegrityError, match="altered"):
        stated(store, altered)


def test_a_certificate_of_somebody_else_is_not_stated_as_ones_own(store: Path, tmp_path: Path) -> None:
    """Neither one that came with an archive, nor one in a copy of the folder."""
    export_run(store, None, tmp_path / "run.tar")
    import_run(tmp_path / "there", tmp_path / "run.tar")
    with pytest.raises(StudyError, match="not checked here"):
        stated(tmp_path / "there")
    shutil.copytree(store, tmp_path / "copy")
    with pytest.raises(StudyError, match="not checked here"):
        stated(tmp_path / "copy")


def test_a_run_that_nobody_repeated_has_no_statement(tmp_path: Path) -> None:
    """The cure is the command that makes a certificate."""
    write_store(tmp_path / "here")
    with pytest.raises(StudyError, match="no certificate") as caught:
        stated(tmp_path / "here")
    assert "bench reproduce" in str(caught.value.cure)
