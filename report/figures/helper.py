"""A process that draws figures ahead: ``python -m report.figures.helper ARTIFACTS RUN KEPT LANGUAGE/NAME...``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from report.evidence.records import evidence_of
from report.evidence.studies import study_of
from report.evidence.subject import subject_of
from report.figures.catalogue import draw_all
from report.printing.strings import load_strings

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> None:
    """Draw the figures that are named into the folder of kept ones, in this order."""
    artifacts, run_id, kept, *wanted = arguments
    evidence = evidence_of(Path(artifacts), run_id)
    study = study_of(evidence.run.study)
    languages = {one.partition("/")[0] for one in wanted}
    subjects = {one: subject_of(study, evidence, load_strings(study, one)) for one in languages}
    with tempfile.TemporaryDirectory() as folder:
        for one in wanted:
            language, _, name = one.partition("/")
            draw_all(subjects[language], Path(folder), Path(kept), (name,))


if __name__ == "__main__":
    main(sys.argv[1:])
