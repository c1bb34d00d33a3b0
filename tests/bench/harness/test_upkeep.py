"""``bench export``, ``import``, ``merge`` and ``clean`` on the command line: what goes, what stays, and who is asked."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bench.cli import main
from bench.harness import planner
from bench.harness.upkeep import clean_facts
from tests.store.machines import CLASSIFIER, LEAF, NETWORK, ONCE, Machine, make
from tests.store.test_archive import content, intact, write_store

if TYPE_CHECKING:
    from pathlib import Path

    from bench.studies.assignment_2.config import StudyConfig

LITTER = (
    "records/stand-in/dae/seed-0/0123456789abcdef/record.json",
    "cache/scratch/0123456789abcdef/checkpoint.bin",
    "quarantine/stand-in/ae/seed-0/0123456789abcdef/quarantine.json",
    "runs/.partial-latest-12345678",
    "report/.partial-report.html-12345678",
)
KEPT = ("cache/datasets/fashion-mnist/train.gz", "perf/benchmark.json", "report/report.html")


class Terminal(io.StringIO):
    """A user at a terminal who types this."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store with a run, what belongs beside it, and what nobody needs."""
    write_store(tmp_path / "a")
    for name in (*LITTER, *KEPT):
        path = tmp_path / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path / "a"


def clean(root: Path, answers: io.StringIO, *, yes: bool = False) -> dict[str, object]:
    """Run the command's core."""
    return dict(clean_facts(Namespace(artifacts=root, yes=yes), io.StringIO(), answers))


@pytest.mark.parametrize(("answers", "yes"), [(Terminal("y\n"), False), (io.StringIO(), True)])
def test_what_no_run_names_goes_and_all_else_stays(root: Path, answers: io.StringIO, yes: bool) -> None:  # noqa: FBT001
    """Agreed to, or with --yes: the litter goes, the run stays sound, data and reports stay."""
    facts = clean(root, answers, yes=yes)
    assert (facts["removed"], facts["freed_bytes"]) == (True, 5 * len(LITTER))
    assert not any((root / name).exists() for name in LITTER)
    assert all((root / name).is_file() for name in KEPT)
    assert not (root / "records" / "stand-in" / "dae").exists()
    assert intact(root) == 2
    assert clean(root, answers, yes=True)["items"] == []


@pytest.mark.parametrize("answers", [Terminal("\n"), Terminal("n\n"), Terminal(""), io.StringIO("y\n")])
def test_nothing_goes_unless_a_person_agrees(root: Path, answers: io.StringIO) -> None:
    """A refusal, an empty answer, or no terminal at all: only said what would go."""
    before = content(root)
    facts = clean(root, answers)
    assert (facts["removed"], facts["size_bytes"]) == (False, 5 * len(LITTER))
    assert {name: data for name, data in content(root).items() if name != ".lock"} == before


def test_nothing_goes_while_a_run_cannot_be_read(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its records might be among those that no readable run names."""
    manifest = next(root.glob("runs/*/run.json"))
    manifest.write_bytes(manifest.read_bytes().replace(b"quick", b"quack"))
    assert main(["clean", "--yes", "--artifacts", str(root)]) == 3
    assert "was altered" in capsys.readouterr().err
    assert all((root / name).exists() for name in LITTER)


def test_a_pattern_that_leaves_nothing_out_is_told(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Misspelt, it would let out of the house what was to stay there."""
    export = ["export", "--artifacts", str(root), "--output", str(tmp_path / "run.tar")]
    assert main([*export, "--leave-out", "*.bin", "--leave-out", "*.binn", "--leave-out", "record.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [f"--leave-out {pattern!r} fits no file: it left out nothing" for pattern in ("*.binn", "record.json")]


def test_export_and_import_on_the_command_line(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The two commands hand a run from one store to another; a wrong file is named with exit code 2."""
    target = str(tmp_path / "run.tar")
    assert main(["export", "--artifacts", str(root), "--output", target, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 2
    assert main(["import", target, "--artifacts", str(tmp_path / "b")]) == 0
    assert "2 records, 2 of them new" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "none.tar"), "--artifacts", str(tmp_path / "b")]) == 2
    assert "no such archive" in capsys.readouterr().err


def tasks_of_machines(config: StudyConfig) -> list[SimpleNamespace]:
    """The tasks of ``tests.store.machines`` in place of the real experiments'."""
    names = [LEAF, ONCE, *(f"{kind}/seed-{seed}" for kind in (NETWORK, CLASSIFIER) for seed in config.seeds)]
    return [SimpleNamespace(key=SimpleNamespace(id=name)) for name in names]


def test_two_machines_runs_are_imported_and_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What both computed is said to be kept; merging again says that the run is there."""
    monkeypatch.setattr(planner, "tasks_of", tasks_of_machines)
    store = ["--artifacts", str(tmp_path / "c")]
    names = []
    for name, machine in (("a", Machine(seeds=(0,))), ("b", Machine(seconds=2.0, seeds=(1,)))):
        names.append(make(tmp_path / name, machine).run_id)
        target = str(tmp_path / f"{name}.tar")
        assert main(["export", "--artifacts", str(tmp_path / name), "--output", target]) == 0
        assert main(["import", target, *store]) == 0
    assert f"kept this store's record, which the run names now: {ONCE}" in capsys.readouterr().out
    assert main(["merge", *names, "--json", *store]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["merged"], facts["records"], facts["written"], facts["choices"]) == (names, 6, True, [])
    assert main(["merge", *reversed(names), *store]) == 0
    assert "it was there already" in capsys.readouterr().out
    assert main(["merge", names[0], *store]) == 2
    assert "two runs or more" in capsys.readouterr().err


def test_what_an_import_replaced_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The task, and the earlier run that names another record now."""
    earlier = make(tmp_path / "a", Machine(states={f"{NETWORK}/seed-0": "failed"}))
    make(tmp_path / "b", Machine(seconds=2.0, seeds=(0, 1)))
    target = str(tmp_path / "b.tar")
    assert main(["export", "--artifacts", str(tmp_path / "b"), "--output", target]) == 0
    assert main(["import", target, "--artifacts", str(tmp_path / "a")]) == 0
    text = capsys.readouterr().out
    assert f"replaced this store's record, which had no result or lacked files: {NETWORK}/seed-0" in text
    assert f"updated the records that it names: run {earlier.run_id}" in text


def test_a_merge_that_leaves_holes_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real experiments are asked what the merged configuration consists of."""
    names = [make(tmp_path, Machine(seeds=(seed,))).run_id for seed in (0, 1)]
    assert main(["merge", *names, "--artifacts", str(tmp_path)]) == 2
    assert "none has architecture/classifier-ae/once" in capsys.readouterr().err
