"""What every study of ``bench/studies`` keeps to: it plans, says where its values come from, rechecks and documents."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from bench.harness.planner import tasks_of
from bench.harness.profile import leaf_keys, load_profile
from bench.harness.settings import StudySettings
from bench.harness.studies import load_study, study_names

ROOT = Path(__file__).parents[2]
# Settings of the harness and of how much is run: they are no part of what was published.
HARNESS = frozenset(StudySettings.model_fields)
RECORDS = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.parametrize("name", study_names())


def modules_of(name: str) -> list[Path]:
    """The experiments of a study."""
    return sorted((ROOT / "bench" / "studies" / name / "experiments").glob("[a-z]*.py"))


def test_both_profiles_plan_tasks(name: str) -> None:
    """Quick and paper lay out tasks, each once, upstream before downstream, on data sets that the study can find."""
    study = load_study(name)
    for profile in ("quick", "paper"):
        config = load_profile(profile, study=name).config
        ids = [task.key.id for task in tasks_of(config)]
        assert ids
        assert len(ids) == len(set(ids))
        for place, task in enumerate(tasks_of(config)):
            assert set(task.upstream) <= set(ids[:place])
            assert set(task.inputs) <= study.datasets.keys()


def test_the_paper_profile_is_the_configurations_own_defaults(name: str) -> None:
    """What was published stands once, as default; the profile adds seeds, so that something can be tested."""
    config = load_profile("paper", study=name).config
    assert config.model_copy(update={"seeds": type(config)().seeds}) == type(config)()
    assert len(config.seeds) >= 3


def test_every_setting_has_its_source_or_its_reason(name: str) -> None:
    """``protocol.toml`` names each key of the configuration with its default, and no other."""
    tree = tomllib.loads((ROOT / "data" / "studies" / name / "protocol.toml").read_text(encoding="utf-8"))
    uncompared = {*HARNESS, *tree.get("uncompared", ())}
    declared = {entry["key"]: entry["value"] for entry in tree["entries"]}
    config = load_study(name).config()
    keys = {key for key in leaf_keys(type(config)) if key.partition(".")[0] not in uncompared}
    assert declared.keys() == keys
    for key, value in declared.items():
        node: object = config.model_dump(mode="json")
        for part in key.split("."):
            assert isinstance(node, dict)
            node = node[part]
        assert node == value, key


def test_every_experiment_says_what_it_is(name: str) -> None:
    """Its first words carry the source, the command and what to expect, as STYLE asks of an experiment."""
    assert modules_of(name)
    for path in modules_of(name):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert re.search(r"Source:|\(section", text), path
        assert "Command:" in text, path
        assert re.search(r"Expected|Published", text), path


def test_every_experiment_is_rechecked_and_documented(name: str) -> None:
    """``bench verify`` recomputes its records, and docs/records.md says what they hold."""
    experiments = {task.key.experiment for task in tasks_of(load_profile("paper", study=name).config)}
    assert experiments <= load_study(name).rechecks().keys()
    for experiment in experiments:
        assert f"`{experiment}/" in RECORDS, experiment
