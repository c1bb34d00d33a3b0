"""What a run's manifest says of the command that made it."""

from __future__ import annotations

from bench.harness.invocation import without_places


def test_a_recorded_command_names_no_folder_of_its_machine() -> None:
    """Options of place go in both spellings, and nothing else does."""
    typed = ["run", "--data", "/home/ana/data", "--profile=paper", "--artifacts=/scratch/x", "--seeds", "0-4", "--artifacts"]
    assert without_places(typed) == ["run", "--profile=paper", "--seeds", "0-4"]
