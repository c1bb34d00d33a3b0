"""A re-run takes tasks where nothing can be reused, says what came out, and leaves nothing but a certificate."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.cli import main
from bench.harness import planner
from bench.rechecking.reproduction.clean_store import clean_store
from store.certificates import certificate_path, load_certificate
from store.chain import CHAIN, chain_files
from store.errors import IntegrityError
from store.lock import LOCK
from store.runs import load_run
from tests.bench.rechecking.reproduction.conftest import task
from tests.bench.rechecking.reproduction.stand_in import EPOCHS, link

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.rechecking.reproduction.conftest import Store

A, B = "stand-in/a/seed-0", "stand-in/b/seed-0"


def leftovers(store: Store) -> list[Path]:
    """What re-runs have left in the cache."""
    return list((store.root / "cache").glob("reproduce-*"))


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


def test_a_sample_is_the_same_each_time(stored_run: Callable[..., Store]) -> None:
    """The run decides which tasks are drawn; the certificate states the seed."""
    store = stored_run(*(task("a", seed) for seed in range(6)), task("z", behaviour="skip"))
    first, again = store.reproduce("--sample", "2"), store.reproduce("--sample", "2")
    assert len(first) == 2
    assert list(first) == list(again)
    selection = store.certificate().selection
    assert (selection.sample, selection.sample_seed) == (2, load_run(store.root).digest[:16])
    assert selection.tasks_in_run == 7


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


def test_the_seeds_spread_widens_the_tolerance(stored_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    """0.5 is far out for three seeds that lie within 0.02, and nothing special where they lie within units."""
    far = [task("a", seed, behaviour="train", again="other") for seed in (0, 40, 80)]
    store = stored_run(*far)
    known = planner.environment_class
    monkeypatch.setattr(planner, "environment_class", lambda *given: known(*given) | {"python": "9.9"})
    assert {item.verdict for item in store.reproduce().values()} == {"consistent"}


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
