"""A step that is recorded once and replayed does what it does when it is called, and a pass sums what its batches give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from bench.models.classifier.network import build_head
from bench.models.classifier.objective import classification
from bench.studies.assignment_2.autoencoders import Shape, build, objective_of
from bench.training import loop, steps
from bench.training.flat import backward_of, copying, flatten
from bench.training.loop import EVALUATION_BATCH, Examples, Objective, Schedule, Surroundings, Training, fit
from bench.training.steps import WARM_UP, Pass, Step, Work, recording, with_optimizer
from tests.bench.training.recorded import AskedForValueError, Recorder

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from bench.training.steps import Batch, Record

SIZE, EPOCHS = 16, 2
TRAIN, VALIDATION = 5 * SIZE + 3, 2 * EVALUATION_BATCH + 10  # whole batches and a rest of each
IMAGES = torch.rand(TRAIN + VALIDATION, 1, 28, 28, generator=torch.Generator().manual_seed(3))
LABELS = torch.arange(TRAIN + VALIDATION) % 10
SUBJECTS = ["ae", "vae", "dae", "head"]


@pytest.fixture(autouse=True)
def _without_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded here is recorded on the CPU, which has no streams; ``test_branches.py`` is about those."""
    monkeypatch.setattr(steps, "BRANCHING", False)


def subject(name: str) -> tuple[nn.Module, Objective, Examples]:
    """A network, what it minimises, and examples; the DAE upsamples as the study's alternative does."""
    if name == "head":
        head = build_head(784, (8,), seed=0)
        parts = (IMAGES.flatten(1), LABELS)
        return head, classification(head), Examples(tuple(p[:TRAIN] for p in parts), tuple(p[TRAIN:] for p in parts))
    network = build(name, Shape("bilinear" if name == "dae" else "nearest"), seed=0)
    objective = objective_of(name, network, noise_factor=0.5, beta=0.5)
    return network, objective, Examples((IMAGES[:TRAIN],), (IMAGES[TRAIN:],))


def train(name: str, scratch: Path, *, capture: bool) -> tuple[nn.Module, Training]:
    """A short training of a real network."""
    scratch.mkdir()
    network, objective, examples = subject(name)
    surroundings = Surroundings(0, scratch, lambda *_, **__: None, capture)
    return network, fit(network, objective, examples, Schedule(EPOCHS, SIZE, 1e-3), surroundings)


def counted(examples: Batch, size: int, record: Record | None = None) -> tuple[Pass, list[int]]:
    """A pass whose single term is the batch's mean, and the batch sizes that it computed itself."""
    sizes: list[int] = []

    def compute(batch: Batch, _draw: torch.Generator) -> Tensor:
        sizes.append(len(batch[0]))
        return batch[0].mean()

    return Pass(examples, size, Work(compute, torch.Generator(), 1), record), sizes


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_recorded_training_equals_one_that_is_not(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chain, history and weights are the same bits, and all whole batches after the warm-up were replayed."""
    recorder = Recorder()
    monkeypatch.setattr(loop, "recording", recorder.recording)
    network, plain = train(name, tmp_path / "plain", capture=False)
    assert recorder.replays == []
    again, recorded = train(name, tmp_path / "recorded", capture=True)
    assert recorder.replays == [EPOCHS * 5 - WARM_UP, EPOCHS * 2 - WARM_UP]
    assert recorded.chain == plain.chain
    assert recorded.history == plain.history
    pairs = zip(network.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_resumed_training_may_record_where_the_first_did_not(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted without recording and resumed with it: the chain is the undisturbed one."""
    monkeypatch.setattr(loop, "recording", Recorder().recording)
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 0.0)
    network, objective, examples = subject(name)
    (tmp_path / "cut").mkdir()
    first = Surroundings(0, tmp_path / "cut", lambda *_, **__: None, capture=False)
    fit(network, objective, examples, Schedule(1, SIZE, 1e-3), first)
    fresh, objective, _ = subject(name)
    second = Surroundings(0, tmp_path / "cut", lambda *_, **__: None, capture=True)
    resumed = fit(fresh, objective, examples, Schedule(EPOCHS, SIZE, 1e-3), second)
    assert resumed.chain == train(name, tmp_path / "whole", capture=False)[1].chain


def test_the_recorder_shows_what_a_graph_would_not_see() -> None:
    """A step that counts in Python, or that asks for a value on the device, does not pass these tests by accident."""
    total, count = torch.zeros(1), [0]

    def counts_in_python() -> None:
        count[0] += 1
        total.add_(count[0])

    step = Step(counts_in_python, torch.Generator(), Recorder())
    for _ in range(WARM_UP + 3):
        step()
    assert total.item() == sum(range(1, WARM_UP + 1)) + 3 * (WARM_UP + 1)

    def asks() -> None:
        total.add_(1.0 if total.item() > 0 else 2.0)

    step = Step(asks, torch.Generator(), Recorder())
    for _ in range(WARM_UP):
        step()
    with pytest.raises(AskedForValueError):
        step()


def test_recording_has_no_effect_of_its_own() -> None:
    """The first replay is the step that follows the warm-up: numbers are drawn and added once for each step."""
    total, draw = torch.zeros(4), torch.Generator().manual_seed(1)
    step = Step(lambda: total.add_(torch.rand(4, generator=draw)), draw, Recorder())
    for _ in range(WARM_UP + 4):
        step()
    again = torch.Generator().manual_seed(1)
    expected = torch.zeros(4)
    for _ in range(WARM_UP + 4):
        expected.add_(torch.rand(4, generator=again))
    assert torch.equal(total, expected)
    assert torch.equal(draw.get_state(), again.get_state())


@pytest.mark.parametrize("record", [None, Recorder()])
def test_a_pass_follows_its_order_and_weighs_by_size(record: Record | None) -> None:
    """A new order is taken in place; a smaller last batch counts for its examples only, and each pass starts anew."""
    numbers = torch.arange(11, dtype=torch.float32)
    over, sizes = counted((numbers,), 2, record)
    for order in (torch.arange(11), torch.arange(11).flip(0)):
        over.order.copy_(order)
        over.run()
        assert over.means() == [5.0]
    assert sizes.count(1) == 2
    seen = [over._rows[0].tolist(), over._rest.tolist()]
    assert seen == [[10, 9], [0]]


def test_a_pass_without_a_whole_batch_is_one_short_batch() -> None:
    """Three examples in batches of sixteen are a batch of three."""
    over, sizes = counted((torch.tensor([1.0, 2.0, 6.0]),), 16, Recorder())
    over.run()
    assert (over.means(), sizes) == ([3.0], [3])


def test_gradients_that_are_copied_equal_those_that_are_added() -> None:
    """Both ways into the flat gradient give the same numbers, whatever was there before."""
    network, objective, examples = subject("vae")
    flat = flatten(network)
    assert flat.grad is not None
    found = []
    for backward in (backward_of(network, flat), copying(network)):
        flat.grad.fill_(7.0)
        loss, _ = objective.evaluate(examples.train, torch.Generator().manual_seed(0))
        backward(loss)
        found.append(flat.grad.clone())
    assert torch.equal(*found)
    assert found[0].abs().max() > 0


def test_an_optimizer_is_told_only_while_it_is_recorded() -> None:
    """Outside, its state names nothing of how it was computed, even after a recording that failed."""
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight])
    told: list[bool] = []

    def record(body: object, _draw: torch.Generator) -> object:
        told.append(optimizer.param_groups[0]["capturable"])
        if len(told) > 1:
            raise RuntimeError("cannot be recorded")
        return body

    told_record = with_optimizer(record, optimizer)  # type: ignore[arg-type]
    assert told_record is not None
    told_record(optimizer.step, torch.Generator())
    with pytest.raises(RuntimeError, match="cannot"):
        told_record(optimizer.step, torch.Generator())
    assert told == [True, True]
    assert optimizer.param_groups[0]["capturable"] is False
    assert with_optimizer(None, optimizer) is None


def test_the_cpu_records_nothing() -> None:
    """There the step is called each time, whatever the configuration says."""
    with recording(torch.device("cpu"), capture=True) as record:
        assert record is None
    with recording(torch.device("cuda"), capture=False) as record:
        assert record is None
