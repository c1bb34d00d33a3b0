"""Settings that the images or a library do not allow are refused before anything runs, with the range that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.cli import main
from bench.harness.profile import load_profile
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("vae.latent_dim=1", r"vae\.latent_dim = 1: .*greater than or equal to 2"),
        ("latent.metric_images=2", r"latent\.metric_images = 2: .*greater than or equal to 20"),
        ("latent.random_state=4294967296", r"latent\.random_state = 4294967296: .*less than or equal to 4294967295"),
        ("latent.perplexity=200", r"latent\.perplexity = 200\.0: allowed is 1 to 166, a third of the 500 test images"),
        ("latent.perplexity=0.5", r"latent\.perplexity = 0\.5: allowed is 1 to 166"),
        ("latent.neighbours=250", r"latent\.neighbours = 250: allowed is 1 to 249, less than half of the 500 images"),
        (
            "dataset.validation_fraction=0.0001",
            r"validation_fraction = 0\.0001: allowed is 0\.00025 to 0\.99975, so that neither",
        ),
        ("dataset.validation_fraction=0.9999", r"dataset\.validation_fraction = 0\.9999: allowed is 0\.00025 to 0\.99975"),
        ("detection.validation_fraction=0.001", r"detection\.validation_fraction = 0\.001: allowed is 0\.0125 to 0\.9875"),
        ("detection.images=1", r"detection\.images = 1: allowed is 2 to 1000000"),
        ("detection.ids=['000000']", r"detection\.ids = 1: allowed is 2 to 1000000, one for each part"),
        ("detection.image_size=100", r"detection\.image_size = 100: .*multiple of 32"),
        ("detection.image_size=0", r"detection\.image_size = 0: .*greater than or equal to 32"),
        ("reconstruction.pairs=[500]", r"reconstruction\.pairs = 500: allowed is 0 to 499, there are 500 test images"),
        ("reconstruction.pairs=[]", r"reconstruction\.pairs = \[\]: .*at least 1 item"),
        ("dae.noise_factor=1e300", r"dae\.noise_factor = 1e\+300: .*less than or equal to 100"),
        ("autoencoder.learning_rate=1e300", r"autoencoder\.learning_rate = 1e\+300: .*less than or equal to 100"),
        ("autoencoder.batch_size=1000000000000", r"less than or equal to 1000000"),
        ("classifier.hidden_units=[]", r"classifier\.hidden_units = \[\]: .*at least 1 item"),
        ("seeds=[4294967296]", r"seeds\.0 = 4294967296: .*less than or equal to 4294967295"),
    ],
)
def test_a_setting_beyond_its_range_is_refused(override: str, said: str) -> None:
    """It names the key, the value, the range and the flag, and no library's own error is seen."""
    with pytest.raises(UsageError, match=rf"{said}[^\0]*where: --set") as caught:
        load_profile("quick", ["detection.images=40", override], study="assignment_2")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "override", ["latent.perplexity=166", "latent.neighbours=249", "dataset.validation_fraction=0.0003", "vae.latent_dim=2"]
)
def test_the_ends_of_a_range_are_allowed(override: str) -> None:
    """The messages do not refuse more than they say."""
    load_profile("quick", [override], study="assignment_2")


def test_the_full_data_allow_more() -> None:
    """The range is that of the data that the profile names."""
    load_profile("paper", ["latent.perplexity=3000", "reconstruction.pairs=[9999]"], study="assignment_2")
    with pytest.raises(UsageError, match=r"perplexity = 4000\.0: allowed is 1 to 3333, a third of the 10000 test images"):
        load_profile("paper", ["latent.perplexity=4000"], study="assignment_2")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ('detection.car=["Kar"]', "KITTI has no class 'Kar'"),
        ('detection.car=[""]', "KITTI has no class ''"),
        ('detection.cyclist=["Car"]', "class Car is given to both car and cyclist"),
        ("detection.car=[]", "scratch-car would have nothing to find: no class of the labels is given to car"),
        ("donor.images=1", "donor.images = 1: with detection.validation_fraction = 0.2 one part of them is empty"),
        ("donor.images=2", "donor.images = 2: "),
    ],
)
def test_what_street_images_cannot_give_is_refused_by_the_plan(
    override: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Classes and scenes are held against what there is before anything runs."""
    words = ["plan", "--parts", "detection", "--seeds", "0", "--set", override, "--offline", "--artifacts", str(tmp_path)]
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_a_class_that_no_arm_needs_may_be_none(tmp_path: Path) -> None:
    """Who looks for cars and persons has no cyclists to name; three scenes are enough for two parts."""
    words = ["plan", "--parts", "detection", "--seeds", "0", "--set", "detection.cyclist=[]", "--set", "donor.images=3"]
    assert main([*words, "--offline", "--artifacts", str(tmp_path)]) == 0
