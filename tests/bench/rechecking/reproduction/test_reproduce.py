"""A re-run takes tasks where nothing can be reused, says what came out, and leaves nothing but a certificate."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bench.cli import main
from bench.harness import planner
from bench.rechecking.reproduction.clean_store import clean_store
from bench.rechecking.verification.command import verify_facts
from store.archive import export_run, import_run
from store.canonical import readable_json
from store.certificates import certificate_path, is_checked_here, load_certificate
from store.chain import CHAIN, chain_files
from store.errors import IntegrityError
from store.lock import LOCK
from store.runs import load_run
from store.schema import seal
from tests.bench.rechecking.reproduction.conftest import Store, task
from tests.bench.rechecking.reproduction.stand_in import EPOCHS, link

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

A, B = "stand-in/a/seed-0", "stand-in/b/seed-0"


def leftovers(store: Store) -> list[Path]:
    """What re-runs have left in the cache."""
    return list((store.root / "cache").glob("reproduce-*"))


@pytest.mark.usefixtures("worker_processes")
def test_equal_results_are_certified(stored_run: Callable[..., Store], capsys: pytest.CaptureFixture[str]) -> None:
    """Every task runs again, none is reused, and nothing of the clean store stays."""
    store = stored_run(task("a"), task("b", upstream=[A]))
    before = {path: path.read_bytes() for path in (store.root / "records").rglob("*") if path.is_file()}
    found = store.reproduce()
    assert {name: item.verdict for name, item in found.items()} == {A: "bit_identical", B: "bit_identical"}
    assert found[B].upstream == {A: "again"}
    assert found[A].result_stored == found[A].result_again
    certificate = store.certificate()
    assert certificate.reproduced
    assert certificate.run_digest == load_run(store.root).digest
    assert "no equal bits are promised" in certificate.scope
    assert {path: path.read_bytes() for path in (store.root / "records").rglob("*") if path.is_file()} == before
    assert leftovers(store) == []
    assert "2 of its 2 tasks to run again" in capsys.readouterr().err


def test_a_planted_divergence_is_named_by_epoch_and_tensor(
    stored_run: Callable[..., Store], capsys: pytest.CaptureFixture[str]
) -> None:
    """A record whose chain was altered and sealed again is refuted at the very epoch; the other task is not."""
    store = stored_run(task("a"), task("b"))
    links = [link(epoch) for epoch in range(EPOCHS + 1)]
    tensors = links[3].tensors | {"encoder.bias": "0" * 16}
    links[3] = replace(links[3], weights="f" * 64, tensors=tensors)
    store.alter(A, chain_files(links))
    found = store.reproduce(code=4)
    assert (found[A].verdict, found[A].epoch, found[A].parts) == ("divergence", 3, ("weights",))
    assert found[A].tensors == ("encoder.bias",)
    assert found[B].verdict == "bit_identical"
    assert "first divergence at epoch 3 in weights (encoder.bias)" in capsys.readouterr().out


def test_an_altered_file_after_equal_training_is_named(stored_run: Callable[..., Store]) -> None:
    """Where the chains agree and a file does not, the file stands there with both digests."""
    store = stored_run(task("a"))
    store.alter(A, {"weights.bin": b"forged"})
    (found,) = store.reproduce(code=4).values()
    assert (found.verdict, found.what) == ("different", "files.weights.bin")
    assert found.stored != found.again


def test_another_metric_is_shown_with_both_values(stored_run: Callable[..., Store]) -> None:
    """Without a chain the first metric that differs speaks."""
    (found,) = stored_run(task("a", behaviour="plain", again="other")).reproduce(code=4).values()
    assert (found.verdict, found.what, found.stored, found.again) == ("different", "metrics.value", 1.0, 1.5)


def test_selected_tasks_read_stored_records(stored_run: Callable[..., Store]) -> None:
    """A task alone is judged on its own: what it reads is the run's, even where that would come out otherwise now."""
    store = stored_run(task("a", behaviour="plain", again="other"), task("b", upstream=[A]))
    found = store.reproduce("--task", "stand-in/b/*")
    assert list(found) == [B]
    assert (found[B].verdict, found[B].upstream) == ("bit_identical", {A: "stored"})
    assert store.certificate().selection.patterns == ("stand-in/b/*",)
    together = store.reproduce(code=4)
    assert (together[A].verdict, together[B].verdict) == ("different", "different")


def test_a_sample_is_drawn_by_who_verifies(stored_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the run decides it, a training is always in it, and the certificate states the number that was drawn."""
    store = stored_run(task("z", behaviour="train"), *(task("a", seed, behaviour="plain") for seed in range(8)))
    drawn = []
    for nonce in ("1" * 32, "2" * 32, "3" * 32):
        monkeypatch.setattr(secrets, "token_hex", lambda _size, nonce=nonce: nonce)
        found = store.reproduce("--sample", "3")
        assert len(found) == 3
        assert "stand-in/z/seed-0" in found
        selection = store.certificate().selection
        assert (selection.sample, selection.sample_seed, selection.tasks_in_run, selection.trainings_in_run) == (3, nonce, 9, 1)
        drawn.append(tuple(found))
    assert len(set(drawn)) > 1


def test_a_sample_has_fresh_randomness(stored_run: Callable[..., Store]) -> None:
    """Two samples of the same run are drawn with two numbers of 128 bits."""
    store = stored_run(task("a"))
    numbers = set()
    for _ in range(2):
        store.reproduce("--sample", "1")
        numbers.add(store.certificate().selection.sample_seed)
    assert len(numbers) == 2
    assert {len(number or "") for number in numbers} == {32}


@pytest.mark.parametrize(
    ("behaviour", "seeds", "verdict", "code"),
    [
        ("train", 1, "bit_identical", 0),
        ("close", 1, "consistent", 0),
        ("other", 1, "different", 4),
        ("other", 3, "different", 4),
    ],
)
def test_another_environment_excuses_what_is_close(
    stored_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, behaviour: str, seeds: int, verdict: str, code: int
) -> None:
    """Bits that agree are bits that agree; else the metrics have to lie within the tolerance, and the change is named."""
    store = stored_run(*(task("a", seed, behaviour="train", again=behaviour) for seed in range(seeds)))
    known = planner.environment_class
    monkeypatch.setattr(planner, "environment_class", lambda *given: known(*given) | {"python": "9.9"})
    found = store.reproduce(code=code)[A]
    assert found.verdict == verdict
    assert found.environment[0].endswith("-> 9.9")
    assert store.certificate().again.environment["python"] == ("9.9",)


@pytest.mark.parametrize(
    ("again", "seeds", "verdict"),
    [
        ("slightly", (0, 1, 2), "consistent"),  # 0.02 beside 4 standard deviations of 0.01
        ("slightly", (0, 1), "different"),  # of two seeds no spread is taken
        ("other", (0, 40, 80), "different"),  # 0.5 beside a spread of 0.4, which the cap of 5 % does not let pass
    ],
)
def test_the_spread_of_what_ran_again_widens_the_tolerance(
    stored_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, again: str, seeds: tuple[int, ...], verdict: str
) -> None:
    """As far as the cap goes, and no further."""
    store = stored_run(*(task("a", seed, behaviour="train", again=again) for seed in seeds))
    known = planner.environment_class
    monkeypatch.setattr(planner, "environment_class", lambda *given: known(*given) | {"python": "9.9"})
    found = store.reproduce(code=0 if verdict == "consistent" else 4)
    assert {item.verdict for item in found.values()} == {verdict}
    assert all(item.differences for item in found.values())


def test_the_spread_of_the_stored_seeds_excuses_nothing(
    stored_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Values that a forger scattered widen no tolerance, whatever environment their records claim."""
    store = stored_run(*(task("a", seed, behaviour="scattered", again="train") for seed in range(3)))
    known = planner.environment_class
    monkeypatch.setattr(planner, "environment_class", lambda *given: known(*given) | {"python": "9.9"})
    found = store.reproduce(code=4)
    assert {item.verdict for item in found.values()} == {"different"}
    assert "not reproduced: run" in capsys.readouterr().out


def test_consistent_is_not_called_the_same(
    stored_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The outcome has a word of its own, with the counts, and each file that differs is told with by how much."""
    store = stored_run(task("a", behaviour="train", again="close"))
    known = planner.environment_class
    monkeypatch.setattr(planner, "environment_class", lambda *given: known(*given) | {"python": "9.9"})
    found = store.reproduce()
    assert store.certificate().outcome == "consistent"
    assert found[A].differences == ("weights.bin: other bytes",)
    out = capsys.readouterr().out
    assert "consistent, not the same: run" in out
    assert "reproduced" not in out.partition("consistent, not the same: run")[0]


def test_few_results_are_no_reproduction(stored_run: Callable[..., Store], capsys: pytest.CaptureFixture[str]) -> None:
    """Of ten tasks nine have no result: that the tenth came out says nothing of the run, and the counts are told."""
    store = stored_run(task("a"), *(task("b", seed, behaviour="skip") for seed in range(9)))
    store.reproduce(code=4)
    assert store.certificate().outcome == "incomplete"
    out = capsys.readouterr().out
    assert "not enough to say so" in out
    assert "1 bit-identical, 9 no result to reproduce (of 10 tasks)" in out


def test_what_came_out_has_to_hold_a_training(stored_run: Callable[..., Store]) -> None:
    """Where the run trained anything, tables alone are not enough; a run without trainings has nothing else."""
    store = stored_run(task("a"), task("b", behaviour="plain"))
    store.reproduce("--task", "stand-in/b/*", code=4)
    assert store.certificate().outcome == "incomplete"
    store.reproduce("--task", "stand-in/a/*")
    assert store.certificate().outcome == "reproduced"


def test_a_run_without_trainings_is_reproduced_by_its_tables(stored_run: Callable[..., Store]) -> None:
    """Nothing that could be trained again is missing."""
    store = stored_run(task("b", behaviour="plain"))
    store.reproduce()
    assert store.certificate().outcome == "reproduced"


def test_a_certificate_is_checked_here_until_it_is_carried_away(stored_run: Callable[..., Store], tmp_path: Path) -> None:
    """An archive and a copy of the folder bring a claim; a re-run of one's own is not replaced by one."""
    store = stored_run(task("a"))
    store.reproduce()
    run = load_run(store.root)
    assert is_checked_here(store.root, run)
    export_run(store.root, None, tmp_path / "run.tar")
    import_run(tmp_path / "other", tmp_path / "run.tar")
    shutil.copytree(store.root, tmp_path / "copy")
    for place in (tmp_path / "other", tmp_path / "copy"):
        assert load_certificate(place, run) == store.certificate()
        assert not is_checked_here(place, run)
    mine = Store(tmp_path / "other")
    mine.reproduce()
    own = mine.certificate()
    assert is_checked_here(mine.root, run)
    import_run(mine.root, tmp_path / "run.tar")
    assert (mine.certificate(), is_checked_here(mine.root, run)) == (own, True)


FORGED: dict[str, tuple[Callable[[Any], object], str]] = {
    "another result": (lambda fields: fields["tasks"][0].update(result_again="f" * 64), "bit-identical, with another result"),
    "no result": (lambda fields: fields["tasks"][0].update(result_again=None), "names no result of its re-run"),
    "a word": (lambda fields: fields["tasks"][0].update(verdict="different"), "says of the whole what its tasks do not say"),
    "an environment": (lambda fields: fields["tasks"][0].update(verdict="consistent"), "names no other environment"),
    "no result at all": (lambda fields: fields["tasks"][0].update(verdict="no_result"), "and its record is ok"),
    "a training": (lambda fields: fields["tasks"][0].update(trained=False), "and its record says otherwise"),
    "a task twice": (lambda fields: fields["tasks"].append(fields["tasks"][0]), "judges stand-in/a/seed-0 twice"),
    "the run": (lambda fields: fields["selection"].update(tasks_in_run=5), "another number of tasks than the run has"),
    "the trainings": (lambda fields: fields["selection"].update(trainings_in_run=0), "another number of trainings"),
    "the outcome": (lambda fields: fields.update(outcome="consistent"), "says of the whole what its tasks do not say"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_certificate_is_found(name: str, stored_run: Callable[..., Store]) -> None:
    """Its own digests, the run and the records speak against it."""
    edit, expected = FORGED[name]
    store = stored_run(task("a"), task("b", upstream=[A]))
    store.reproduce()
    assert verify_facts(store.root, None)["problems"] == []
    path = certificate_path(store.root, load_run(store.root).run_id)
    fields = json.loads(path.read_text())
    edit(fields)
    path.write_bytes(readable_json(seal(fields)))
    found = verify_facts(store.root, None)["problems"]
    assert isinstance(found, list)
    assert any(isinstance(each, dict) and expected in str(each["what"]) for each in found)


def test_changed_code_is_not_compared(stored_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    """The module that moved is named, nothing is run, and what reads the record is not comparable either."""
    store = stored_run(task("a"), task("b", upstream=[A]))
    known = planner.closure_of
    monkeypatch.setattr(
        planner,
        "closure_of",
        lambda module: replace(known(module), code={**known(module).code, "bench.harness.task": "0" * 64}),
    )
    found = store.reproduce(code=4)
    assert {item.verdict for item in found.values()} == {"not_comparable"}
    assert found[A].reason == "code changed: bench.harness.task"
    assert f"upstream {A} changed" in found[B].reason


def test_a_task_that_now_fails_or_skips_is_no_reproduction(stored_run: Callable[..., Store]) -> None:
    """The reason stands in the certificate."""
    store = stored_run(task("a", behaviour="train", again="fail"), task("b", behaviour="train", again="skip"))
    found = store.reproduce(code=4)
    assert (found[A].verdict, found[A].reason) == ("failed", "RuntimeError: boom")
    assert (found[B].verdict, found[B].reason) == ("skipped", "no pretrained weights")


def test_a_task_without_a_result_does_not_count(stored_run: Callable[..., Store]) -> None:
    """What the run skipped is listed and decides nothing; alone it is no reproduction."""
    store = stored_run(task("a"), task("b", behaviour="skip"))
    found = store.reproduce()
    assert (found[B].verdict, found[B].result_again) == ("no_result", None)
    store.reproduce("--task", "stand-in/b/*", code=4)


def test_a_resumed_training_says_so(stored_run: Callable[..., Store]) -> None:
    """The same numbers from an interrupted training are the same result; both sides' interruptions are listed."""
    store = stored_run(task("a", behaviour="resumed", again="plain"))
    found = store.reproduce()[A]
    assert (found.verdict, found.resumed_stored, found.resumed_again) == ("bit_identical", (2,), ())
    assert found.result_stored != found.result_again


@pytest.mark.usefixtures("worker_processes")
def test_an_interrupt_leaves_nothing(stored_run: Callable[..., Store], capsys: pytest.CaptureFixture[str]) -> None:
    """No clean store, no certificate, exit 130."""
    store = stored_run(task("a", behaviour="train", again="interrupt"))
    assert main(["reproduce", "--jobs", "1", "--artifacts", str(store.root)]) == 130
    assert leftovers(store) == []
    assert not certificate_path(store.root, load_run(store.root).run_id).exists()
    assert "no certificate written" in capsys.readouterr().err


def test_what_a_killed_re_run_left_is_swept(tmp_path: Path) -> None:
    """A folder whose lock nobody holds goes; one that is in use stays."""
    dead = tmp_path / "cache" / "reproduce-dead"
    dead.mkdir(parents=True)
    (dead / LOCK).touch()
    with clean_store(tmp_path) as first, clean_store(tmp_path) as second:
        assert not dead.exists()
        assert first.is_dir()
        assert second.is_dir()
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_unsound_chain_stops_before_anything_runs(
    stored_run: Callable[..., Store], capsys: pytest.CaptureFixture[str]
) -> None:
    """A chain that does not follow from its digests is damage: exit 3, and no certificate."""
    store = stored_run(task("a"))
    links = [link(epoch) for epoch in range(EPOCHS + 1)]
    other = chain_files([*links[:2], link(9), *links[3:]])
    store.alter(A, {CHAIN: mixed(store, other[CHAIN])})
    assert main(["reproduce", "--artifacts", str(store.root)]) == 3
    assert "epoch 2" in capsys.readouterr().err


def mixed(store: Store, other: bytes) -> bytes:
    """The other chain's digests with the chain values of the stored one."""
    import pyarrow.parquet as pq

    from store.formats import read_table, table_bytes

    (path,) = store.root.glob(f"records/{A}/*/{CHAIN}")
    changed = path.with_name("changed")
    changed.write_bytes(other)
    values = pq.read_table(path).to_pydict()["chain"]
    columns = read_table(changed).to_pydict()
    changed.unlink()
    return table_bytes(columns | {"chain": values})


def test_a_pattern_without_a_task_is_a_mistake(stored_run: Callable[..., Store], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, with the command that lists the tasks."""
    store = stored_run(task("a"))
    assert main(["reproduce", "--task", "standin/*", "--artifacts", str(store.root)]) == 2
    assert "bench status --run" in capsys.readouterr().err


def test_an_altered_certificate_is_refused(stored_run: Callable[..., Store], capsys: pytest.CaptureFixture[str]) -> None:
    """One edited word, and it certifies nothing; the certificate of another manifest is none of this run's."""
    store = stored_run(task("a", behaviour="plain", again="other"))
    assert main(["reproduce", "--json", "--artifacts", str(store.root)]) == 4
    run = load_run(store.root)
    path = certificate_path(store.root, run.run_id)
    assert json.loads(capsys.readouterr().out) == json.loads(path.read_text(encoding="utf-8"))
    assert load_certificate(store.root, run.model_copy(update={"digest": "0" * 64})) is None
    path.write_text(path.read_text(encoding="utf-8").replace('"different"', '"bit_identical"'), encoding="utf-8")
    with pytest.raises(IntegrityError, match="altered"):
        load_certificate(store.root, run)
