"""Properties of the configuration over arbitrary values: what is set is what is read, and no slip goes unnamed."""

from __future__ import annotations

import json
import re
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.harness.profile import leaf_keys, load_profile, parse_seeds
from bench.studies.assignment_2.config import StudyConfig
from store.errors import UsageError

KEYS = sorted(leaf_keys(StudyConfig))
words = st.from_regex(r"[a-z]{1,12}", fullmatch=True)


def value_of(config: StudyConfig, key: str) -> object:
    """The value under a dotted key."""
    return reduce(getattr, key.split("."), config)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("profile", ["quick", "paper"])
def test_every_value_can_be_set_to_what_it_is(profile: str, key: str) -> None:
    """A profile's own value, typed with --set, changes nothing; so every key can be set from the command line."""
    config = load_profile(profile).config
    value = reduce(lambda tree, name: tree[name], key.split("."), config.model_dump(mode="json"))
    if value is None:  # TOML knows no null: such a key is left out
        return
    assert load_profile(profile, [f"{key}={json.dumps(value)}"]).config == config


@given(st.integers(1, 500), st.floats(0.001, 10), st.sampled_from(["quick", "paper"]))
def test_what_is_set_is_what_is_read(epochs: int, beta: float, profile: str) -> None:
    """Whole numbers and fractions arrive to the last bit, the rest stays, and a dumped configuration reads as the same."""
    config = load_profile(profile, [f"autoencoder.epochs={epochs}", f"vae.beta={beta!r}"]).config
    assert (config.autoencoder.epochs, config.vae.beta) == (epochs, beta)
    before = load_profile(profile).config
    untouched = [key for key in KEYS if key not in {"autoencoder.epochs", "vae.beta"}]
    assert all(value_of(config, key) == value_of(before, key) for key in untouched)
    assert StudyConfig.model_validate(json.loads(config.model_dump_json())) == config


@given(st.sampled_from(KEYS), words)
def test_an_unknown_key_is_named(key: str, slip: str) -> None:
    """Whatever the slip, the error says which key is meant."""
    wrong = f"{key}{slip}"
    if wrong in KEYS:
        return
    with pytest.raises(UsageError, match=re.escape(wrong)):
        load_profile("quick", [f"{wrong}=1"])


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True), st.integers(0, 20), st.integers(0, 20))
def test_seeds_are_read_as_written(seeds: list[int], first: int, length: int) -> None:
    """A list gives its numbers in order, a range both ends and all between."""
    assert parse_seeds(",".join(map(str, seeds))) == tuple(sorted(seeds))
    assert parse_seeds(f"{first}-{first + length}") == tuple(range(first, first + length + 1))
