"""What a machine makes has a pattern: no text can stand in its place; what people write stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from store.canonical import digest
from store.certificates import Side
from store.doors import FILE_BYTES
from store.records import commit
from store.schema import Execution, FileEntry, Record, Run, TaskKey
from tests.store.test_records import draft
from tests.store.test_runs import make_run

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "[x]{onclick=alert(1)}",
    "<b>1</b>",
    "a\nb",
    "\x1b[31m",
    "{{< include x >}}",
    "\u202e",
    "`x`",
    "a\\b",
    "x" * 500,
    "a b" * 200,
)
MADE_BY_MACHINE = (
    ("execution", "started_at"),
    ("execution", "git_commit"),
    ("execution", "packages", "numpy"),
    ("ingredients", "environment", "device"),
    ("ingredients", "code", "bench.a"),
    ("fingerprint",),
    ("task", "experiment"),
    ("task", "variant"),
    ("result", "status"),
    ("files", 0, "name"),
)
NAMES = (
    ("execution", "packages"),
    ("execution", "machine"),
    ("ingredients", "environment"),
    ("result", "metrics"),
    ("result", "facts"),
)


def placed(fields: Any, path: tuple[str | int, ...], value: object) -> Any:  # noqa: ANN401 - any JSON value
    """The fields with another value at a place; mappings on the way are there or made."""
    copy = dict(fields) if isinstance(fields, dict) else list(fields)
    copy[path[0]] = (
        value if len(path) == 1 else placed(copy[path[0]] if path[0] in copy or isinstance(copy, list) else {}, path[1:], value)
    )
    return copy


@pytest.fixture
def fields(tmp_path: Path) -> dict[str, Any]:
    """A record as JSON."""
    return commit(tmp_path, draft()).record.model_dump(mode="json")


@pytest.mark.parametrize("path", MADE_BY_MACHINE, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("text", HOSTILE)
def test_text_cannot_stand_where_a_machine_writes(path: tuple[str | int, ...], text: str, fields: dict[str, Any]) -> None:
    """Markup, line ends, escapes and pages of text are refused when the record is read."""
    with pytest.raises(ValidationError):
        Record.model_validate(placed(fields, path, text))


@pytest.mark.parametrize("path", NAMES, ids=".".join)
@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_names(path: tuple[str, ...], text: str, fields: dict[str, Any]) -> None:
    """Of packages, machine facts, traits, metrics and facts alike."""
    with pytest.raises(ValidationError):
        Record.model_validate(placed(fields, (*path, text), 1 if path[-1] in {"metrics", "facts", "machine"} else "1.0"))


@pytest.mark.parametrize("text", HOSTILE)
def test_free_text_stays_as_it_is(text: str, fields: dict[str, Any]) -> None:
    """A reason, a fact and a processor's name are somebody else's words."""
    for path in (("result", "reason"), ("result", "facts", "class_names"), ("execution", "machine", "processor")):
        found = Record.model_validate(placed(fields, path, text)).model_dump(mode="json")
        for key in path:
            found = found[key]
        assert found == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("task", "seed"), -1), (("task", "seed"), 1 << 63),
        (("execution", "duration_s"), -0.5), (("execution", "duration_s"), 2e10),
        (("execution", "peak_memory_bytes"), -1), (("files", 0, "size_bytes"), -1),
        (("execution", "started_at"), "2026-99-99T00:00:00"),
        (("execution", "git_commit"), "main"), (("ingredients", "upstream"), {"../../x": "a" * 64}),
    ],
)  # fmt: skip
def test_numbers_and_dates_have_a_range(path: tuple[str | int, ...], value: object, fields: dict[str, Any]) -> None:
    """Below nothing, beyond what a column holds, no date that is none."""
    with pytest.raises(ValidationError):
        Record.model_validate(placed(fields, path, value))


@pytest.mark.parametrize("text", HOSTILE)
def test_runs_and_certificates_have_patterns_too(text: str, tmp_path: Path) -> None:
    """Name, study, profile and date of a run, and the commits of a certificate; a command's words are free."""
    run = make_run(tmp_path).model_dump(mode="json")
    for name in ("run_id", "profile", "created_at", "study"):
        with pytest.raises(ValidationError):
            Run.model_validate({**run, name: text})
    assert Run.model_validate({**run, "command": [text]}).command == (text,)
    if text != "a b" * 200 and len(text) < 200:
        with pytest.raises(ValidationError):
            Side(environment={}, machines=(), git=(text,))


def test_real_values_fit() -> None:
    """As they come from machines of several kinds."""
    assert TaskKey(experiment="autoencoder", variant="vae.vae.beta-1.0", seed=2**62).id.endswith("4611686018427387904")
    side = Side(
        environment={"device": ("cuda:NVIDIA H100 80GB HBM3",)},
        machines=({"processor": "AMD EPYC [x]"},),
        git=("no git checkout",),
    )
    assert side.git == ("no git checkout",)


def test_a_fingerprint_is_the_digest_of_the_task_and_all_its_ingredients(tmp_path: Path) -> None:
    """It is written out in pieces, which together are the canonical JSON of the whole."""
    record = commit(tmp_path, draft()).record
    varied = {"config": {"z": [1, 1.0, None, "é\u2028"], "a": {"y": True, "b": 1e-7}}, "environment": {"z": "2", "a": "1"}}
    for ingredients in (record.ingredients, record.ingredients.model_copy(update=varied)):
        whole = {"task": record.task.model_dump(mode="json"), "ingredients": ingredients.model_dump(mode="json")}
        assert ingredients.fingerprint(record.task) == digest(whole)


def test_the_last_value_of_each_range_fits_and_the_next_does_not() -> None:
    """Names of 80 letters, seeds below 2^63, files as large as are read, three centuries."""
    assert TaskKey(experiment="a" * 80, variant="v", seed=(1 << 63) - 1).seed == (1 << 63) - 1
    assert FileEntry(name="n", sha256="0" * 64, size_bytes=FILE_BYTES).size_bytes == 4 * 1024**3
    nothing = {"peak_memory_bytes": 0, "machine": {}, "packages": {}, "git_commit": None, "git_dirty": None}
    assert Execution.model_validate({**nothing, "started_at": "", "duration_s": 1e10}).duration_s == 1e10
    for model, fields in (
        (TaskKey, {"experiment": "a" * 81, "variant": "v"}),
        (FileEntry, {"name": "n", "sha256": "0" * 64, "size_bytes": FILE_BYTES + 1}),
        (Execution, {**nothing, "started_at": "", "duration_s": 1e10 + 1e-5}),
        (TaskKey, {"experiment": "a", "variant": "v", "more": 1}),
    ):
        with pytest.raises(ValidationError):
            model.model_validate(fields)
    with pytest.raises(ValidationError, match="frozen"):
        TaskKey(experiment="a", variant="v").seed = 1  # type: ignore[misc]


def test_a_task_without_a_seed_is_done_once() -> None:
    """Seed zero is a seed; the variant ends where what a study changed begins."""
    assert TaskKey(experiment="a", variant="v").id == "a/v/once"
    assert TaskKey(experiment="a", variant="v", seed=0).id == "a/v/seed-0"
    assert TaskKey(experiment="a", variant="v.b-1.0").base_variant == "v"
