"""A chain of digests says where two trainings part, and an altered one is found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from store.canonical import digest_bytes
from store.chain import CHAIN, PARTS, Link, chain_files, chain_values, first_divergence, read_chain
from store.errors import IntegrityError
from store.formats import table_bytes
from store.records import Draft, Stored, commit
from store.schema import Execution, Ingredients, Result, TaskKey

if TYPE_CHECKING:
    from pathlib import Path


def link(epoch: int, **changed: str) -> Link:
    """A link whose digests are made of its epoch, but for those given."""
    values = {name: digest_bytes(f"{name} {epoch}".encode()) for name in PARTS}
    return Link(**(values | changed), tensors={"0.weight": f"{epoch:016x}", "0.bias": f"{epoch + 99:016x}"})


LINKS = [link(epoch) for epoch in range(5)]


def record(root: Path, files: dict[str, bytes]) -> Stored:
    """A record with these files."""
    ingredients = Ingredients(config={}, code={}, inputs={}, upstream={}, environment={})
    execution = Execution(
        started_at="", duration_s=0.0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
    )
    key = TaskKey(experiment="training", variant="a", seed=0)
    return commit(root, Draft(key, ingredients, Result(status="ok"), files, execution))


def test_a_stored_chain_is_read_back(tmp_path: Path) -> None:
    """The links come back as they were, and a record without a chain has none."""
    assert read_chain(record(tmp_path / "with", chain_files(LINKS))) == LINKS
    assert read_chain(record(tmp_path / "without", {})) is None


@pytest.mark.parametrize("part", PARTS)
def test_the_first_divergence_is_named(part: str) -> None:
    """Epoch, part and tensor are those in which the other chain differs first, whatever follows."""
    changed = {part: "f" * 64}
    tensors = LINKS[3].tensors | ({"0.bias": "0" * 16} if part == "weights" else {})
    other = [*LINKS[:3], replace(link(3, **changed), tensors=tensors), link(9)]
    found = first_divergence(LINKS, other)
    assert found is not None
    assert (found.epoch, found.parts) == (3, (part,))
    assert found.tensors == (("0.bias",) if part == "weights" else ())


def test_equal_chains_do_not_diverge_and_a_shorter_one_ends() -> None:
    """A chain that stops early parts where it stops."""
    assert first_divergence(LINKS, list(LINKS)) is None
    short = first_divergence(LINKS, LINKS[:2])
    assert short is not None
    assert (short.epoch, short.parts) == (2, ())


def test_each_value_covers_all_before_it() -> None:
    """A change in any digest of any epoch moves the last value."""
    last = chain_values(LINKS)[-1]
    for epoch in range(len(LINKS)):
        for part in PARTS:
            other = [*LINKS[:epoch], link(epoch, **{part: "f" * 64}), *LINKS[epoch + 1 :]]
            assert chain_values(other)[-1] != last
    assert chain_values(LINKS[:4]) == chain_values(LINKS)[:4]


def test_a_chain_that_does_not_follow_from_its_digests_is_refused(tmp_path: Path) -> None:
    """A digest that was edited without the values after it names its epoch."""
    columns = {name: [getattr(one, name) for one in LINKS] for name in ("weights", "optimizer", "rng", "order")}
    columns["weights"][2] = "f" * 64
    content = table_bytes({"epoch": list(range(5)), **columns, "chain": chain_values(LINKS)})
    stored = record(tmp_path, chain_files(LINKS) | {CHAIN: content})
    with pytest.raises(IntegrityError, match="epoch 2"):
        read_chain(stored)


def test_a_link_is_the_digest_of_the_one_before_and_of_its_own_four() -> None:
    """The first follows 64 zeros: whoever reads the format can compute the values without this program."""
    first = digest_bytes(" ".join(["0" * 64, "0", *(f"{name}={LINKS[0].parts()[name]}" for name in PARTS)]).encode())
    second = digest_bytes(" ".join([first, "1", *(f"{name}={LINKS[1].parts()[name]}" for name in PARTS)]).encode())
    assert chain_values(LINKS[:2]) == [first, second]


def test_a_tensor_that_one_side_lacks_is_among_those_that_differ() -> None:
    """Whichever side has it."""
    fewer = replace(link(0, weights="f" * 64), tensors={"0.weight": LINKS[0].tensors["0.weight"]})
    for one, other in ((LINKS[:1], [fewer]), ([fewer], LINKS[:1])):
        found = first_divergence(one, other)
        assert found is not None
        assert found.tensors == ("0.bias",)
