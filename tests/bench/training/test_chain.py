"""What a training's chain hashes: everything that a state holds, and nothing about where it lies."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch

from bench.training.chain import Chain, digest_of, unpacked


def test_every_value_counts() -> None:
    """States that differ in kind, type, shape, length, name or nesting have different digests."""
    states: list[object] = [
        torch.arange(4.0),
        torch.arange(4.0).reshape(2, 2),
        torch.arange(4.0).double(),
        torch.tensor(0.0),
        torch.empty(0),
        torch.tensor(True),  # noqa: FBT003 - a tensor of one truth value
        [1, 2],
        [[1], 2],
        ["1", "2"],
        ["12"],
        1,
        1.0,
        "1",
        True,
        None,
        {"a": 1},
        {"b": 1},
        {"a": [1]},
    ]
    digests = [digest_of(state) for state in states]
    assert [pair for pair in combinations(range(len(states)), 2) if digests[pair[0]] == digests[pair[1]]] == []


def test_layout_and_order_of_keys_do_not_count() -> None:
    """A view in another memory layout and a dictionary in another order are the same state."""
    image = torch.rand(2, 3, 4, 5)
    assert digest_of(image) == digest_of(image.contiguous(memory_format=torch.channels_last))
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_what_has_no_digest_is_refused() -> None:
    """An object whose bytes are not known is an error, not a constant."""
    with pytest.raises(TypeError, match="object"):
        digest_of([object()])


def test_a_chain_survives_a_checkpoint() -> None:
    """Packed and unpacked, it goes on as if nothing had been."""
    chain = Chain()
    for value in (1.0, 2.0):
        chain.add({"weight": torch.tensor(value)}, optimizer=[], rng="state", order=[3, 1, 2])
    again = unpacked(chain.packed())
    assert again == chain
    assert again.files() == chain.files()
