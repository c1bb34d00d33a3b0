"""The command line of the report: which run it means, where it writes, and what it says to a slip."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from report.cli import main
from report.evidence.runs import chosen_run
from report.evidence.studies import default_study
from store.errors import StudyError, UsageError
from tests.report.study import Spec, write_study
from tests.report.tiny_study import NAME, known, write_project, write_run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with two runs of a tiny study and, made between them, one of the default study."""
    root = tmp_path_factory.mktemp("both")
    artifacts = root / "artifacts"
    for _ in known(write_project(root)):
        write_run_of(artifacts, created_at="2025-01-01")
        write_study(artifacts, Spec(seeds=(0,), images=20))
        yield artifacts


def test_a_run_is_found_by_name_by_study_and_as_the_latest(both: Path) -> None:
    """The pointer wins where it is of the study, else the run that was made last."""
    assert chosen_run(both).run_id == "synthetic-1"
    assert chosen_run(both, None, NAME).run_id == f"{NAME}-run"
    assert chosen_run(both, None, default_study()).run_id == "synthetic-1"
    assert chosen_run(both, f"{NAME}-run").run_id == f"{NAME}-run"


def test_the_run_made_last_is_the_latest_of_its_study(tmp_path: Path) -> None:
    """Of two runs that the pointer does not name, the newer one."""
    for _ in known(write_project(tmp_path)):
        write_run_of(tmp_path / "a", created_at="2025-01-01", run_id="older")
        write_run_of(tmp_path / "a", created_at="2025-06-01", run_id="newer")
        write_run_of(tmp_path / "a", created_at="2024-01-01", run_id="oldest")
        assert chosen_run(tmp_path / "a", None, NAME).run_id == "oldest"  # it was written last, and the pointer names it
        write_study(tmp_path / "a", Spec(seeds=(0,), images=20))
        assert chosen_run(tmp_path / "a", None, NAME).run_id == "newer"


def test_a_run_of_another_study_is_refused(both: Path, tmp_path: Path) -> None:
    """A name and a study that do not fit, and a study without a run, are errors that say which."""
    with pytest.raises(UsageError, match="run synthetic-1 is one of assignment_2"):
        chosen_run(both, "synthetic-1", NAME)
    write_study(tmp_path, Spec(seeds=(0,), images=20))
    with pytest.raises(StudyError, match="no run of fashion_benchmark"):
        chosen_run(tmp_path, None, "fashion_benchmark")


@pytest.mark.campaign
def test_reports_of_two_studies_lie_apart(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The default study's stands in the folder itself, the other's in a folder of its name; both verify where they lie."""
    report = both / "report"
    built = ["build", "--artifacts", str(both), "--engine", "pandoc", "--formats", "html", "--lang", "en", "--json"]
    assert main([*built, "--study", NAME]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == [str(report / NAME / "report.html")]
    assert not (report / "report.html").exists()
    assert main(built) == 0
    assert json.loads(capsys.readouterr().out)["study"] == default_study()
    kept = [
        report / name for name in ("report.html", "synthetic-1/report.html", f"{NAME}/report.html", f"{NAME}-run/report.html")
    ]
    assert kept[0].read_bytes() == kept[1].read_bytes() != kept[2].read_bytes() == kept[3].read_bytes()
    for path in kept:
        assert main(["verify", str(path), "--artifacts", str(both)]) == 0, path


def test_audit_and_compare_take_the_latest_run_of_a_study(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no run is named, --study says whose latest is meant."""
    assert main(["audit", "--artifacts", str(both), "--study", NAME, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run_id"] == f"{NAME}-run"
    assert main(["compare", "synthetic-1", "--artifacts", str(both), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == ["synthetic-1", "synthetic-1"]


def test_the_audit_of_some_claims(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By verdict and by a pattern of ids, as lines, JSON and CSV; the status stays that of the whole run."""
    audit = ["audit", "synthetic-1", "--artifacts", str(both), "--no-fail"]
    assert main([*audit, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert main([*audit, "--claim", "table-5.*,figure-5.ae.trace", "--verdict", "consistent", "--json"]) == 0
    some = json.loads(capsys.readouterr().out)
    wanted = [c["id"] for c in whole["claims"] if c["id"].startswith(("table-5.", "figure-5.ae.trace"))]
    verdicts = {c["id"]: c["verdict"] for c in whole["claims"]}
    assert [c["id"] for c in some["claims"]] == [name for name in wanted if verdicts[name] == "consistent"]
    assert some["claims"]
    assert some["counts"] == whole["counts"]
    assert main([*audit, "--claim", "table-5.ae.accuracy", "--csv"]) == 0
    header, row = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert float(dict(zip(header, row, strict=True))["published"]) == 88.04
    assert main([*audit, "--claim", "table-5.ae.accuracy"]) == 0
    assert "88.04 %" in capsys.readouterr().out
    for arguments, words in (
        (["--verdict", "refutd"], "refutd is no verdict"),
        (["--claim", "table-5.ae.acuracy"], "did you mean"),
    ):
        assert main([*audit, *arguments]) == 2
        assert words in capsys.readouterr().err


def test_slips_are_usage_errors_that_help(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 for a misspelt command, study or run, for a file that is no report, and for two runs at once."""
    store = ["--artifacts", str(both)]
    for arguments, words in (
        (["audit", "--study", "tinny", *store], "did you mean tiny?"),
        (["build", "nosuch", *store], "no run named nosuch"),
        (["build", "a", "--run", "b", *store], "two runs are named"),
        (["verify", str(ROOT / "README.md"), *store], "README.md is no report"),
        (["verify", str(both / "report.html"), *store], "no such file"),
    ):
        assert main(arguments) == 2, arguments
        assert words in capsys.readouterr().err


def test_a_reader_that_leaves_does_not_end_the_audit(both: Path) -> None:
    """``report audit | head -1`` prints no traceback and keeps its exit status."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "report", "audit", "--artifacts", str(both), "--run", "synthetic-1", "--no-fail"]
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(command, cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_backend_that_matplotlib_does_not_know_ends_no_command(both: Path) -> None:
    """A user's MPLBACKEND is for windows of theirs; the report opens none."""
    command = [sys.executable, "-m", "report", "audit", "--artifacts", str(both), "--run", "synthetic-1", "--no-fail"]
    surroundings = {**os.environ, "MPLBACKEND": "gtk"}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        *(["build", "--artifacts"], ["build", "--output"], ["verify"], ["audit", "--artifacts"]),
        ["compare", "a", "b", "--artifacts-b"],
    ],
)
@pytest.mark.parametrize("name", ["", "a" * 300])
def test_what_can_be_no_place_is_usage(words: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty name would mean the current folder, and a long one would end in a traceback."""
    with pytest.raises(SystemExit) as caught:
        main([*words, name])
    assert (caught.value.code, "no folder and no file" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        *(["audit", "--run"], ["build"], ["build", "--study"], ["audit", "--lang"], ["compare", "a"], ["compare"]),
        *(["audit", "--verdict"], ["audit", "--claim"]),
    ],
)
def test_an_empty_name_is_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It does not mean the latest run, the default study, all languages or all claims."""
    with pytest.raises(SystemExit) as caught:
        main([*words, ""])
    assert (caught.value.code, "an empty " in capsys.readouterr().err) == (2, True)


def test_a_sparse_page_is_not_read(both: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file may claim more bytes than there is memory: it is no report of ours."""
    page = tmp_path / "report.html"
    with page.open("wb") as stream:
        stream.truncate(1 << 40)
    assert main(["verify", str(page), "--artifacts", str(both)]) == 3
    assert "report.html cannot be read" in capsys.readouterr().err


def test_a_date_that_is_none_is_usage(both: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The variable decides the PDF's date, and libraries read it, too."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert main(["audit", "--artifacts", str(both)]) == 2
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err


def test_an_interrupt_ends_without_a_traceback(
    both: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the exit status that interrupted programs have."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("report.build.build", interrupted)
    assert main(["build", "--artifacts", str(both)]) == 130
    assert capsys.readouterr().err.startswith("interrupted")


@pytest.mark.parametrize(
    ("redirection", "code"),
    [("--run synthetic-1 --json > /dev/full", 1), ("--run no-such-run --json > /dev/full 2> /dev/full", 2)],
)
def test_full_streams_change_no_exit_status(both: Path, redirection: str, code: int) -> None:
    """The facts of an error go to standard output, too, which may be what failed."""
    words = shlex.join([sys.executable, "-m", "report", "audit", "--no-fail", "--artifacts", str(both)])
    line = f"{words} {redirection}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr


def test_its_owner_can_read_a_report_whatever_the_mask_says(both: Path) -> None:
    """Any command makes the mask let the owner in; what it says of others is kept."""
    before = os.umask(0o777)
    try:
        assert main(["build", "none", "--artifacts", str(both)]) == 2
        assert os.umask(0o777) == 0o077
    finally:
        os.umask(before)
