"""The configuration of a stored run, read back with the class of its study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from bench.harness.studies import load_study
from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from bench.harness.settings import StudySettings
    from store.schema import Run


def config_of(run: Run, device: str | None) -> StudySettings:
    """The configuration that the run was made with, on another device where one is named.

    Raises UsageError where this version of the program cannot read it.
    """
    execution = run.config.get("execution")
    tree: dict[str, JsonValue] = dict(run.config)
    if device is not None and isinstance(execution, dict):
        tree["execution"] = {**execution, "device": device}
    return parsed_config(tree, f"the configuration of run {run.run_id}", run.study)


def parsed_config(tree: Mapping[str, JsonValue], name: str, study: str | None) -> StudySettings:
    """A stored configuration; raises UsageError, in which ``name`` stands for it, where this program cannot read it."""
    try:
        return load_study(study).config.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        message = f"{name} is none of this program: {key}: {first['msg']}"
        cure = "correct --device, or check out the commit that made the run (report, appendix B)"
        raise UsageError(message, where=key, cure=cure) from error
