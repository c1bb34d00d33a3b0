"""A study of known truth in memory: one record a seed for each model, and what the judge makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from report.claims.schema import Claim
from report.evidence.protocol import load_protocol
from report.evidence.published import Published
from report.evidence.records import Evidence
from report.evidence.studies import study_of
from report.evidence.subject import Subject
from report.inference.verdicts import judge_all
from report.printing.formatting import formatter_of
from report.printing.strings import load_strings
from store.records import Stored
from store.schema import Record, Result, Run, TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from report.inference.verdicts import Judged

EXPERIMENT, METRIC = "simulated", "score"
VALUE = {"kind": "value", "published": "place.score", "tolerance": {"absolute": 1.0}, "why": "simulated"}
RANGE = {"kind": "range", "at_least": 0.0, "why": "simulated"}
ORDER = {"kind": "order", "order": "falling"}
FIRST = {"kind": "first", "order": "falling"}
_NOTHING = {"source": "", "quote": "", "english": "", "family": "simulated"}


def claim(fields: Mapping[str, Any], models: Sequence[str] = ("a",), name: str = "claim") -> Claim:
    """A claim on the score of these models."""
    select = [{"experiment": EXPERIMENT, "variant": model, "metric": METRIC} for model in models]
    return Claim.model_validate({**_NOTHING, "id": name, "select": select, **fields})


def judged(
    values: Mapping[str, Sequence[float]],
    claims: Sequence[Claim],
    published: str = "88.04",
    draws: int | None = 1,
    seeds: Sequence[int | None] | None = None,
    seeds_of: Mapping[str, Sequence[int | None]] | None = None,
) -> tuple[Judged, ...]:
    """Verdicts where each model has these scores, seed by seed from 0 on unless ``seeds`` or ``seeds_of`` says otherwise."""
    own = seeds_of or {}
    cells = {(EXPERIMENT, name): _records(name, s, own.get(name) or seeds or range(len(s))) for name, s in values.items()}
    return judge_all(_subject(cells, published, draws), claims)


def _records(model: str, scores: Sequence[float], seeds: Sequence[int | None]) -> tuple[Stored, ...]:
    return tuple(
        Stored(
            Record.model_construct(
                task=TaskKey(experiment=EXPERIMENT, variant=model, seed=seed),
                fingerprint="0" * 64,
                result=Result(status="ok", metrics={METRIC: score}),
            ),
            Path(),
        )
        for seed, score in zip(seeds, scores, strict=True)
    )


def _subject(cells: Mapping[tuple[str, str], tuple[Stored, ...]], printed: str, draws: int | None) -> Subject:
    run, study = Run.model_construct(run_id="simulated", config={}, entries=()), study_of()
    place = {"source": "Place", "draws": draws, "values": {"score": printed}}
    source = {"authors": "", "title": "", "date": "", "language": "en"}
    published = Published.model_validate({"source": source, "places": {"place": place}})
    strings = load_strings(study, "en")
    return Subject(study, Evidence(run, cells), published, load_protocol(study.data), (), strings, formatter_of(strings))
