"""Hundreds of random corruptions of a real store: verify finds and names every one of them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from bench.rechecking.verification.command import verify_facts
from tests.bench.rechecking.verification.damage import CAMPAIGN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.rechecking.verification.conftest import Store
    from tests.bench.rechecking.verification.remembered import Remembering

pytestmark = pytest.mark.campaign


def test_the_whole_store_is_sound(store: Store) -> None:
    """Without damage nothing is found, and every record that ran is recomputed."""
    facts = verify_facts(store.root, None, everything=True)
    assert (facts["problems"], facts["not_recomputed"]) == ([], [])
    assert facts["records"] == 33
    assert facts["values_recomputed"] > 400


def test_the_campaign_is_as_large_as_it_says() -> None:
    """At least 300 corruptions."""
    assert sum(CAMPAIGN.values()) >= 300


@pytest.mark.campaign
@pytest.mark.parametrize("damage", CAMPAIGN, ids=lambda each: each.__name__)
def test_every_corruption_is_found_and_named(
    damage: Callable[[Store, Random], list[Path]], store: Store, verifier: Remembering
) -> None:
    """The problems name each place that was touched."""
    missed = []
    for number in range(CAMPAIGN[damage]):
        places = damage(store, Random(f"{damage.__name__}-{number}"))  # noqa: S311 - not to keep a secret, but to repeat it
        named = {problem["where"] for problem in verifier.verify(store.root)["problems"]}
        missed += [(number, place, sorted(named)) for place in places if str(place) not in named]
        store.restore()
    assert missed == []
