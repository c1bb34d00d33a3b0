"""Records whose digests are right and whose content is not what a task writes: an error that says so, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from report.cli import main
from report.evidence.contradictions import held_to_the_contract
from store.errors import IntegrityError, UsageError

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "error",
    [KeyError("counts"), IndexError("axis 0"), TypeError("a str"), AttributeError("items"), ZeroDivisionError(), MemoryError()],
)
def test_what_comes_of_a_broken_contract_is_damage(tmp_path: Path, error: Exception) -> None:
    """It names the kind of error, the line that read it, and the command that says more."""
    with pytest.raises(IntegrityError) as caught, held_to_the_contract(tmp_path):
        raise error
    assert type(error).__name__ in caught.value.what
    assert "tests/report/evidence/test_contradictions.py:" in caught.value.what
    assert (caught.value.where, "bench verify" in caught.value.cure, caught.value.exit_code) == (str(tmp_path), True, 3)


def test_our_own_errors_pass_as_they_are(tmp_path: Path) -> None:
    """A slip of the user's is no damage, and an interrupt no error."""
    with pytest.raises(UsageError), held_to_the_contract(tmp_path):
        raise UsageError("a slip")
    with pytest.raises(KeyboardInterrupt), held_to_the_contract(tmp_path):
        raise KeyboardInterrupt


def test_a_bug_shows_its_traceback_in_development_mode(tmp_path: Path) -> None:
    """Whoever looks for it sees the line."""
    program = (
        "from pathlib import Path\nfrom report.evidence.contradictions import held_to_the_contract\n"
        f"with held_to_the_contract(Path({str(tmp_path)!r})):\n    [][1]\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert "IndexError: list index out of range" in done.stderr
    assert "IntegrityError" not in done.stderr


def test_a_command_ends_with_damage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3 and a message in place of a traceback."""

    def reading(*_: object) -> None:
        raise KeyError("counts")

    monkeypatch.setattr("report.build.build", reading)
    assert main(["build", "--artifacts", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert ("KeyError" in said, "Traceback" in said) == (True, False)
