"""What every study's configuration has: seeds, parts, questions, other values to try, and where tasks run. Imports no study."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from bench.sections import Count, Once, PositiveInt, Section

MAIN = "main"
SENSITIVITY = "sensitivity"
INFERENCE = "inference"


class SensitivityConfig(Section):
    """What other values of the assumed settings would change (``--question sensitivity``).

    ``alternatives`` are written as ``--set`` takes them, and each is tried by itself, on the first ``seeds`` of the study's
    seeds. A study whose source leaves values open names its own alternatives.
    """

    seeds: PositiveInt = 3
    alternatives: Annotated[tuple[str, ...], Once] = ()


class InferenceConfig(Section):
    """Which values explain the published training curves best (``--question inference``).

    ``alternatives`` are combinations of settings that stand beside the configuration's own values, each written as ``--set``
    takes it, with `` & `` between settings that are changed together; all on the first ``seeds`` of the study's seeds.
    """

    seeds: PositiveInt = 3
    alternatives: Annotated[tuple[str, ...], Once] = ()


class ExecutionConfig(Section):
    """Where tasks run: ``cuda`` takes all visible GPUs, ``cuda:0,cuda:2`` names some.

    ``threads`` is per task and fixed, because it can change the last bits of a sum. ``capture`` lets a CUDA device replay
    recorded training steps: the same bits, sooner. Elsewhere it has no effect.
    """

    device: Annotated[str, Field(pattern=r"^(cpu|cuda|cuda:[0-9]{1,4}(,cuda:[0-9]{1,4}){0,63})$")] = "cpu"
    threads: Annotated[int, Field(ge=1, le=1024, strict=True)] = 1  # each is made, whatever the processor has
    capture: bool = True


class StudySettings(Section):
    """The settings that the harness itself reads; a study's own configuration extends them with its sections.

    ``study`` is the name of the study's package, ``seeds`` are the replications, ``parts`` which of its parts are run, and
    ``questions`` what is asked of them: ``main`` the tables and figures of the source, ``sensitivity`` what the assumed values
    are worth to its results, ``inference`` which values explain its training curves best, and those of the study itself.
    """

    study: ClassVar[str]

    seeds: Annotated[tuple[Count, ...], Once] = Field(default=(0,), min_length=1)
    parts: Annotated[tuple[str, ...], Once] = Field(default=(), min_length=1)
    questions: Annotated[tuple[str, ...], Once] = Field(default=(MAIN,), min_length=1)
    sensitivity: SensitivityConfig = SensitivityConfig()
    inference: InferenceConfig = InferenceConfig()
    execution: ExecutionConfig = ExecutionConfig()
