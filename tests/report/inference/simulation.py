"""Studies of known truth in memory: records of drawn metrics, and the verdicts that the report gives on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from report.claims.schema import Claim
from report.evidence.protocol import load_protocol
from report.evidence.published import load_published
from report.evidence.records import Evidence
from report.evidence.studies import study_of
from report.evidence.subject import Subject
from report.inference.verdicts import judge_all
from report.printing.formatting import formatter_of
from report.printing.strings import load_strings
from store.records import Stored
from store.schema import Record, Result, Run, TaskKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EXPERIMENT = "simulated"
PUBLISHED = 88.04  # Table 5's accuracy of the AE, whatever is simulated
TOLERANCE = 1.0
_NOTHING = {"source": "", "quote": "", "english": ""}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of claim: its own fields, and how many quantities it is about."""

    fields: dict[str, Any]
    quantities: int = 1


VALUE = Kind(
    {"kind": "value", "published": "table-5.ae.accuracy", "tolerance": {"absolute": TOLERANCE}, "why": "simulated"},
)
RANGE = Kind({"kind": "range", "at_least": 0.0, "why": "simulated"})
ORDER = Kind({"kind": "order", "order": "falling"}, 2)
ORDER_OF_3 = Kind({"kind": "order", "order": "falling"}, 3)
FIRST_OF_3 = Kind({"kind": "first", "order": "falling"}, 3)


def verdicts(kind: Kind, drawn: NDArray[np.float64], family: int = 1) -> list[str]:
    """A verdict a claim for ``drawn`` of shape (claims, quantities, seeds); so many claims in a row share a family.

    A quantity is a variant with a record a seed, which holds the values of all claims as its metrics.
    """
    names = [f"model-{position}" for position in range(kind.quantities)]
    cells = {(EXPERIMENT, name): _records(name, drawn[:, position]) for position, name in enumerate(names)}
    claims = []
    for index in range(len(drawn)):
        select = [{"experiment": EXPERIMENT, "variant": name, "metric": f"m{index}"} for name in names]
        fields = {**_NOTHING, "id": f"simulated.{index}", "family": f"{index // family}", "select": select, **kind.fields}
        claims.append(Claim.model_validate(fields))
    return [one.verdict for one in judge_all(_subject(cells), claims)]


def paired(rng: np.random.Generator, means: Sequence[float], studies: int, seeds: int) -> NDArray[np.float64]:
    """Normal values of shape (studies, quantities, seeds) around ``means`` with standard deviation 1.

    Where there are several quantities, a five times larger effect of the seed is common to all of a study.
    """
    own = rng.normal(0.0, 1.0, (studies, len(means), seeds))
    shared = rng.normal(0.0, 5.0 if len(means) > 1 else 0.0, (studies, 1, seeds))
    return own + shared + np.array(means)[None, :, None]


def _records(variant: str, drawn: NDArray[np.float64]) -> tuple[Stored, ...]:
    """A record a seed for ``drawn`` of shape (claims, seeds)."""
    return tuple(
        Stored(
            Record.model_construct(
                task=TaskKey(experiment=EXPERIMENT, variant=variant, seed=seed),
                fingerprint="0" * 64,
                result=Result(status="ok", metrics={f"m{index}": float(value) for index, value in enumerate(values)}),
            ),
            Path(),
        )
        for seed, values in enumerate(drawn.T)
    )


def _subject(cells: dict[tuple[str, str], tuple[Stored, ...]]) -> Subject:
    run, study = Run.model_construct(run_id="simulated", config={}, entries=()), study_of()
    strings = load_strings(study, "en")
    return Subject(
        study, Evidence(run, cells), load_published(study.data), load_protocol(study.data), (), strings, formatter_of(strings)
    )
