"""A study of other values plans exactly the tasks that each value reaches, beside those with the configuration's own."""

from __future__ import annotations

import pytest

from bench.harness.planner import tasks_of
from bench.harness.profile import load_profile
from bench.studies.assignment_2.config import AssumedValues, StudyConfig
from store.alternatives import alternative_variant, key_and_value
from store.errors import UsageError


def planned(*alternatives: str, seeds: tuple[int, ...] = (0,), questions: tuple[str, ...] = ("sensitivity",)) -> set[str]:
    """The ids of all tasks of Part I."""
    section = {"alternatives": alternatives, "seeds": 2}
    fields = {"seeds": seeds, "parts": ("autoencoders",), "questions": questions, "sensitivity": section}
    return {task.key.id for task in tasks_of(StudyConfig.model_validate(fields))}


OWN = planned("vae.beta=1.0") & planned("classifier.hidden_units=[64]")


@pytest.mark.parametrize(
    ("alternative", "experiments", "models"),
    [
        ("vae.beta=1.0", ("autoencoder", "reconstruction", "latent", "classifier"), ("vae",)),
        ("autoencoder.upsample=bilinear", ("autoencoder", "reconstruction", "latent", "classifier"), ("ae", "dae")),
        ("autoencoder.batch_size=64", ("autoencoder", "reconstruction", "latent", "classifier"), ("ae", "vae", "dae")),
        ("classifier.hidden_units=[64]", ("classifier",), ("ae", "vae", "dae")),
        ("reconstruction.noise_factor=0.4", ("reconstruction",), ("ae", "vae", "dae")),
    ],
)
def test_a_value_reaches_what_uses_it_and_what_reads_that(
    alternative: str, experiments: tuple[str, ...], models: tuple[str, ...]
) -> None:
    """Nothing that it leaves as it is runs again under another name."""
    expected = {
        f"{experiment}/{alternative_variant(model, alternative)}/seed-0" for experiment in experiments for model in models
    }
    assert planned(alternative) - OWN == expected


def test_a_trial_reads_the_trial_before_it_or_the_assumed_one() -> None:
    """The classifier of another beta reads that VAE; a wider classifier reads the VAE as it is."""
    config = StudyConfig(questions=("sensitivity",), parts=("autoencoders",))
    upstream = {task.key.id: task.upstream for task in tasks_of(config)}
    assert upstream["classifier/vae.vae.beta-1.0/seed-0"] == ("autoencoder/vae.vae.beta-1.0/seed-0",)
    assert upstream["classifier/vae.classifier.hidden_units-128/seed-0"] == ("autoencoder/vae/seed-0",)


def test_the_task_has_the_other_value_and_only_that() -> None:
    """A trial differs from its counterpart in one value, and so in its fingerprint."""
    tasks = {task.key.id: task for task in tasks_of(StudyConfig(questions=("sensitivity",), parts=("autoencoders",)))}
    own, other = tasks["autoencoder/vae/seed-0"].config, tasks["autoencoder/vae.vae.beta-1.0/seed-0"].config
    assert own["vae"] == {"latent_dim": 20, "beta": 0.5}
    assert other["vae"] == {"latent_dim": 20, "beta": 1.0}
    assert {name: own[name] for name in own if name != "vae"} == {name: other[name] for name in other if name != "vae"}


def test_only_the_first_seeds_are_tried_and_the_main_study_keeps_all() -> None:
    """Two seeds of four are tried; alone, the study needs no more of the assumed value either."""
    both = planned("vae.beta=1.0", seeds=(0, 1, 2, 3), questions=("main", "sensitivity"))
    assert {name[-1] for name in both if "beta" in name} == {"0", "1"}
    assert {name[-1] for name in both if name.startswith("autoencoder/ae/")} == {"0", "1", "2", "3"}
    alone = planned("vae.beta=1.0", seeds=(0, 1, 2, 3))
    assert {name[-1] for name in alone if name.startswith("autoencoder/ae/")} == {"0", "1"}
    assert alone <= both


@pytest.mark.parametrize(
    ("alternative", "message"),
    [
        ("vae.bta=1.0", "unknown key 'vae.bta'"),
        ("vae.beta=-1", "vae.beta"),
        ("vae.beta", "not an override"),
        ("vae.beta=0.5", "changes no task"),
        ("detection.epochs=3", "changes no task"),
        ("seeds=[5]", "changes no task"),
        ("vae.beta=1.0 & vae.beta=2.0", "gives vae.beta two values"),
    ],
)
def test_a_wrong_alternative_is_named(alternative: str, message: str) -> None:
    """No such key, a bad value, no value, the value that it has, a setting of Part II, another seed, and two values at once."""
    with pytest.raises(UsageError, match=message) as caught:
        planned(alternative)
    assert caught.value.where == "sensitivity.alternatives"


def test_alternatives_are_set_like_any_value() -> None:
    """``--set`` takes the whole list; one that stands twice is refused."""
    config = load_profile("paper", ['sensitivity.alternatives=["vae.beta=0.25"]'], questions=["sensitivity"]).config
    assert config.sensitivity == AssumedValues(alternatives=("vae.beta=0.25",))
    with pytest.raises(UsageError, match="name each one once"):
        load_profile("paper", ['sensitivity.alternatives=["vae.beta=0.25", "vae.beta=0.25"]'])


def test_names_of_trials() -> None:
    """Folders hold no signs that a shell or a file system minds."""
    assert alternative_variant("ae", "autoencoder.batch_size = 64") == "ae.autoencoder.batch_size-64"
    assert alternative_variant("ae", 'autoencoder.upsample="bilinear"') == "ae.autoencoder.upsample-bilinear"
    assert key_and_value(' autoencoder.upsample = "bilinear"') == ("autoencoder.upsample", "bilinear")


def inferred(*combinations: str) -> dict[str, tuple[str, ...]]:
    """The tasks of a study that infers values from curves, with what each reads."""
    section = {"alternatives": combinations, "seeds": 1}
    config = StudyConfig.model_validate({"parts": ("autoencoders",), "questions": ("inference",), "inference": section})
    return {task.key.id: task.upstream for task in tasks_of(config)}


def test_values_are_changed_together() -> None:
    """A combination runs once with all its values, only what trains, under a name that holds all of them."""
    found = inferred("classifier.hidden_units=[64, 32] & vae.beta=1.0")
    own = {f"{experiment}/{model}/seed-0" for experiment in ("autoencoder", "classifier") for model in ("ae", "vae", "dae")}
    name = "classifier.hidden_units-64-32-vae.beta-1.0"
    assert found.keys() - own == {f"classifier/{model}.{name}/seed-0" for model in ("ae", "vae", "dae")} | {
        f"autoencoder/vae.{name}/seed-0"
    }
    assert found[f"classifier/vae.{name}/seed-0"] == (f"autoencoder/vae.{name}/seed-0",)
    assert found[f"classifier/ae.{name}/seed-0"] == ("autoencoder/ae/seed-0",)


def test_a_trial_of_both_questions_is_one_task() -> None:
    """What the study of sensitivity and the inference both try has one record."""
    section = {"alternatives": ("vae.beta=1.0",), "seeds": 1}
    fields = {"parts": ("autoencoders",), "sensitivity": section, "inference": section}
    alone, both = (
        [task.key.id for task in tasks_of(StudyConfig.model_validate({**fields, "questions": questions}))]
        for questions in (("sensitivity",), ("sensitivity", "inference"))
    )
    assert sorted(alone) == sorted(both)


@pytest.mark.parametrize("questions", [("sensitivity",), ("sensitivity", "inference")])
def test_two_alternatives_of_one_name_are_refused(questions: tuple[str, ...]) -> None:
    """Names leave signs out: without this, the records of one value would stand in the report as those of the other."""
    values = ("vae.beta=1e-1", "vae.beta=1e+1")
    tried = [values] if len(questions) == 1 else [values[:1], values[1:]]
    sections = {name: {"alternatives": each, "seeds": 1} for name, each in zip(questions, tried, strict=True)}
    config = StudyConfig.model_validate({"parts": ("autoencoders",), "questions": questions, **sections})
    with pytest.raises(UsageError, match="of one name with other settings"):
        tasks_of(config)


def test_too_long_a_combination_is_an_error() -> None:
    """A record's name has its limit; the error says so before anything runs."""
    with pytest.raises(UsageError, match="more than 80 characters") as caught:
        inferred("autoencoder.batch_size=64 & autoencoder.upsample=bilinear & classifier.batch_size=32")
    assert caught.value.where == "inference.alternatives"
