"""The models of Part I in the order in which tables and figures show them, as ``study.toml`` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.studies import study_of

if TYPE_CHECKING:
    from report.evidence.vocabulary import Look, Objective

STUDY = study_of("assignment_2")
MODELS = tuple(model.key for model in STUDY.vocabulary.models)


def look_of(key: str) -> Look:
    """Colour, marker and line of a model or an arm."""
    return STUDY.vocabulary.look(key)


def objective_of(model: str) -> Objective:
    """What a model minimises; raises ValueError where ``study.toml`` does not say."""
    found = STUDY.vocabulary.of(model).objective
    if found is None:
        raise ValueError(f"study.toml names no objective of {model}")
    return found
