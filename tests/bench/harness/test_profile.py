"""Profiles: defaults are the paper's, overrides are checked, and a slip gets the nearest valid key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.harness.profile import leaf_keys, load_profile, parse_seeds
from bench.studies.assignment_2.config import StudyConfig
from store.errors import UsageError
from store.schema import TaskKey

if TYPE_CHECKING:
    from pathlib import Path


def test_paper_profile_is_the_published_protocol() -> None:
    """Nothing in the paper profile departs from the sourced defaults."""
    assert load_profile("paper").config == StudyConfig(seeds=(0, 1, 2, 3, 4))


def test_quick_profile_uses_the_embedded_sample() -> None:
    """The default profile needs no download."""
    assert load_profile("quick").config.dataset.source == "sample"


def test_overrides_and_fixed_values_win_over_the_file() -> None:
    """--set and flags are applied last, with TOML's types."""
    profile = load_profile("quick", ["autoencoder.epochs=3", "dataset.source=full"], seeds=(7,), execution__device=None)
    assert (profile.config.autoencoder.epochs, profile.config.dataset.source, profile.config.seeds) == (3, "full", (7,))


def test_own_file_is_a_profile(tmp_path: Path) -> None:
    """A user's TOML starts from the published defaults."""
    path = tmp_path / "My Study.toml"
    path.write_text("[vae]\nbeta = 1.0\n")
    profile = load_profile(str(path))
    assert (profile.name, profile.config.vae.beta, profile.config.autoencoder.epochs) == ("my-study", 1.0, 25)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("autoencoder.epoch=3", "did you mean autoencoder.epochs?"),
        ("autoencodr.epochs=3", "did you mean autoencoder?"),
        ("epochs=3", "epochs"),
        ("beta=1", "did you mean vae.beta?"),
        ("autoencoder.epochs=-1", "greater than 0"),
        ("autoencoder.epochs=2.5", "valid integer"),
        ("autoencoder.epochs=many", "valid integer"),
        ("autoencoder.learning_rate=nan", "finite"),
        ("autoencoder.learning_rate=true", "autoencoder.learning_rate = True: it would be read as 1.0"),
        ("autoencoder.learning_rate='0.001'", "a number, without quotation marks"),
        ("autoencoder.learning_rate=\u0661", "autoencoder.learning_rate = '\u0661'"),
        ("execution.capture=1", "write true or false"),
        ("execution.capture=no", "write true or false"),
        ("execution.device=tpu", "execution.device"),
        ("execution.device=cuda:" + "9" * 5000, "execution.device"),
        ("execution.threads=100000", "less than or equal to 1024"),
        ("seeds=[]", "at least 1"),
        ("no-equals-sign", "write it as"),
        ("seeds.x=1", "unknown key"),
    ],
)
def test_wrong_override_is_explained(override: str, expected: str) -> None:
    """The message carries the key and a way out."""
    with pytest.raises(UsageError) as caught:
        load_profile("quick", [override])
    assert expected in str(caught.value)


def test_unknown_profile_offers_the_nearest(tmp_path: Path) -> None:
    """A misspelt name and a missing or broken file each get their own message."""
    with pytest.raises(UsageError, match="did you mean paper"):
        load_profile("papr")
    with pytest.raises(UsageError, match="not found"):
        load_profile("missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("seeds = [")
    with pytest.raises(UsageError, match="not valid TOML"):
        load_profile(str(broken))


def test_error_names_the_flag_that_is_wrong() -> None:
    """What was typed is named, not a file that the user never wrote."""
    with pytest.raises(UsageError) as caught:
        load_profile("quick", ["vae.betta=1"])
    assert caught.value.where == "--set vae.betta=1"
    with pytest.raises(UsageError) as caught:
        load_profile("quick", parts=["foo"])
    assert caught.value.where == "--parts"
    with pytest.raises(UsageError) as caught:
        load_profile("quick", execution__device="tpu")
    assert caught.value.where == "--device"


def test_two_lines_in_one_override_are_refused() -> None:
    """The second would otherwise be dropped without a word."""
    with pytest.raises(UsageError, match="more than one override"):
        load_profile("quick", ["autoencoder.epochs=5\nseeds=[3]"])


def test_long_file_name_still_gives_a_run_a_name(tmp_path: Path) -> None:
    """The name is cut before it meets the run id's limit, which would be found after everything was computed."""
    path = tmp_path / f"{'a' * 120}.toml"
    path.write_text("")
    name = load_profile(str(path)).name
    assert TaskKey(experiment=f"{name}-01234567", variant="a").experiment.startswith("aaaa")


def test_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """Some editors put one before UTF-8 text."""
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf[vae]\nbeta = 1.0\n")
    assert load_profile(str(path)).config.vae.beta == 1.0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("a = " + "[" * 5000 + "]" * 5000, id="lists without end"),
        pytest.param("a = " + "{b = " * 5000 + "1" + "}" * 5000, id="tables without end"),
        pytest.param("seeds = [" + "9" * 5000 + "]", id="more digits than Python reads"),
        pytest.param("[autoencoder]\nepochs = 0x" + "f" * 5000, id="more digits than Python writes"),
        pytest.param("[detection]\ndataset = '" + "x" * 100_000 + "'", id="a text of 100 kB"),
        pytest.param(b"# Stra\xdfe\n", id="latin-1"),
        pytest.param("[vae]".encode("utf-16"), id="UTF-16"),
        pytest.param("#" * (2 << 20), id="2 MB"),
    ],
)
def test_odd_profile_is_refused_shortly(tmp_path: Path, content: str | bytes) -> None:
    """Whatever the file holds: one message of a few lines that names it."""
    path = tmp_path / "odd.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        load_profile(str(path))
    assert (caught.value.where, len(str(caught.value)) < 1000) == (str(path), True)


def test_huge_profile_is_not_read(tmp_path: Path) -> None:
    """A file may claim more bytes than there is memory."""
    path = tmp_path / "huge.toml"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(UsageError, match="bytes, where at most"):
        load_profile(str(path))


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 3000 + "]" * 3000, "0x" + "f" * 5000])
def test_odd_override_is_refused_shortly(value: str) -> None:
    """On the command line as in a file."""
    with pytest.raises(UsageError) as caught:
        load_profile("quick", [f"autoencoder.epochs={value}"])
    assert "autoencoder.epochs" in caught.value.what
    assert len(caught.value.what) < 400


@pytest.mark.parametrize("override", ["foo.bar=1", "autoencoder..epochs=1", ".=1"])
def test_error_names_the_override_whose_section_is_unknown(override: str) -> None:
    """Not the file, which is right."""
    with pytest.raises(UsageError) as caught:
        load_profile("quick", [override])
    assert caught.value.where == f"--set {override}"


def test_seed_lists() -> None:
    """Ranges, lists and mixes; duplicates once, in order."""
    assert parse_seeds("0-4") == (0, 1, 2, 3, 4)
    assert parse_seeds("3,0-1,1") == (0, 1, 3)


@pytest.mark.parametrize("text", ["", "4-0", "a", "1,,2", "-3", "1-", "٣", "0-99999999", "4294967296", "9" * 5000])
def test_wrong_seed_list_is_refused(text: str) -> None:
    """No silent reinterpretation."""
    with pytest.raises(UsageError, match="list of seeds"):
        parse_seeds(text)


def test_leaf_keys_are_dotted() -> None:
    """What --set accepts."""
    assert {"seeds", "vae.beta", "execution.threads"} <= set(leaf_keys(StudyConfig))
