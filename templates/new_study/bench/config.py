"""The study's configuration: the defaults are the published protocol, and ``protocol.toml`` says where each comes from."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bench.harness.settings import StudySettings
from bench.sections import Once, PositiveInt, Section


class SimulationConfig(Section):
    """One section for each kind of task: change a value here, and only the tasks that read this section run again."""

    points: PositiveInt = 10_000


class StudyConfig(StudySettings):
    """The whole study. ``parts`` are what ``--parts`` can choose from; a study of one part has one name here."""

    study: ClassVar[str] = "STUDY_NAME"

    parts: Annotated[tuple[Literal["simulation"], ...], Once] = Field(default=("simulation",), min_length=1)
    questions: Annotated[tuple[Literal["main"], ...], Once] = Field(default=("main",), min_length=1)
    simulation: SimulationConfig = SimulationConfig()
