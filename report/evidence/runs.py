"""Which run a command means: the one that it names, the latest of a study, or the latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.studies import default_study, study_of
from store.errors import StudyError, UsageError
from store.runs import load_run

if TYPE_CHECKING:
    from pathlib import Path

    from store.schema import Run


def chosen_run(root: Path, run_id: str | None = None, study: str | None = None) -> Run:
    """The named run; else the latest of the study: the one that ``runs/latest`` names, else the one made last.

    Raises UsageError for an unknown study or a run of another one, StudyError where there is none.
    """
    wanted = None if study is None else study_of(study).name
    if run_id is not None or wanted is None:
        run = load_run(root, run_id)
        if wanted not in {None, study_name(run)}:
            cure = f"leave out --study, or name a run of {wanted}"
            raise UsageError(f"run {run.run_id} is one of {study_name(run)}", where=f"--study {wanted}", cure=cure)
        return run
    latest = load_run(root)
    if study_name(latest) == wanted:
        return latest
    runs = (load_run(root, path.parent.name) for path in sorted((root / "runs").glob("*/run.json")))
    own = [run for run in runs if study_name(run) == wanted]
    if not own:
        raise StudyError(f"no run of {wanted}", where=str(root), cure=f"make one: nox -s bench -- --study {wanted}")
    return max(own, key=lambda run: run.created_at)


def study_name(run: Run) -> str:
    """The study that the run is of; manifests from before there were several name none."""
    return run.study or default_study()
