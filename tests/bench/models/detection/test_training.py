"""Tests of whole trainings at the smallest scale, each in its own process as the study runs them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from bench.models.detection import isolation
from bench.models.detection.training import HISTORY, Trained
from store.errors import IntegrityError, StudyError
from tests.bench.models.detection.conftest import tiny_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.models.detection.training import Request

ROOT = Path(__file__).parents[4]


class InterruptionError(Exception):
    """Somebody stopped the study."""


def silent(*_: object, **__: float) -> None:
    """Hear progress and say nothing."""


def trained(request: Request) -> Trained:
    """Train to the end."""
    result = isolation.train(request, silent)
    assert isinstance(result, Trained)
    return result


@pytest.fixture(scope="module")
def plain(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The training that most of these tests hold another one against, made once."""
    return trained(tiny_request(tiny_data, tmp_path_factory.mktemp("plain") / "run"))


def interrupted(request: Request, epoch: int) -> None:
    """Train until ``epoch`` is reported, then stop as a killed study does."""

    def stop(step: int, *_: object, **__: float) -> None:
        if step == epoch:
            raise InterruptionError

    with pytest.raises(InterruptionError):
        isolation.train(request, stop)


def run_program(program: str, folder: Path, request: Request) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter; it finds ``request`` and the tests' imports ready."""
    fields = ", ".join(f"{name}={getattr(request, name)!r}" for name in request.__dataclass_fields__)
    head = f"""
        import os
        from pathlib import Path, PosixPath, WindowsPath
        from bench.models.detection import isolation
        from bench.models.detection.agreement import Expected
        from bench.models.detection.training import Request
        request = Request({fields})
        folder = Path({str(folder)!r})
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "home").mkdir(exist_ok=True)
        os.environ.update(isolation.environment_of(folder))
    """
    ours = {name: value for name, value in os.environ.items() if not isolation.is_foreign(name)}
    environment = {**ours, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}
    source = textwrap.dedent(head) + textwrap.dedent(program)
    return subprocess.run(
        [sys.executable, "-c", source], cwd=folder.parent, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.campaign
def test_an_interrupted_run_ends_as_an_undisturbed_one(tmp_path: Path, request_in: Callable[..., Request]) -> None:
    """Weights, history and predictions are equal to the last bit, wherever the run stopped, and the record says where."""
    epochs, closing = 12, 2  # the trainer closes the mosaic ten epochs before the end
    undisturbed = trained(request_in(tmp_path / "undisturbed", epochs=epochs))
    request = request_in(tmp_path / "interrupted", epochs=epochs)
    stops = [closing - 1, closing, closing + 1]
    for epoch in stops:
        interrupted(request, epoch)
    resumed = trained(request)
    assert resumed.history == undisturbed.history
    assert resumed.last == undisturbed.last
    assert resumed.best == undisturbed.best
    assert resumed.chain == undisturbed.chain
    assert undisturbed.facts["resumed_from_epochs"] == []
    assert resumed.facts["resumed_from_epochs"] == stops
    assert resumed.facts["initial_digest"] == undisturbed.facts["initial_digest"]


@pytest.mark.campaign
def test_a_run_interrupted_after_its_last_epoch_is_only_judged(
    plain: Trained, tmp_path: Path, request_in: Callable[..., Request]
) -> None:
    """No epoch is added, and the result is that of an undisturbed run, with nothing resumed."""
    request = request_in(tmp_path / "interrupted")
    interrupted(request, request.epochs)
    resumed = trained(request)
    assert (resumed.history, resumed.last, resumed.facts) == (plain.history, plain.last, plain.facts)
    assert resumed.chain == plain.chain


@pytest.mark.campaign
def test_a_seed_decides_over_everything(plain: Trained, tmp_path: Path, request_in: Callable[..., Request]) -> None:
    """Equal seeds give equal results, another seed other ones; scratch starts from what its seed gives, nothing else."""
    first, again = plain, trained(request_in(tmp_path / "b"))
    other = trained(request_in(tmp_path / "c", seed=1))
    assert (first.history, first.last, first.facts) == (again.history, again.last, again.facts)
    assert first.chain == again.chain != other.chain
    assert first.last.safetensors != other.last.safetensors
    assert first.facts["initial_digest"] == first.facts["seeded_digest"] != other.facts["initial_digest"]
    assert list(first.history) == list(HISTORY)
    assert first.history["epoch"] == [1, 2]
    assert first.parameters == 2_508_659  # YOLOv5u's nano network with one class


@pytest.mark.campaign
def test_equal_arguments_give_the_numbers_of_the_package_itself(tmp_path: Path, request_in: Callable[..., Request]) -> None:
    """A plain ``YOLO.train`` writes the same losses, and starts from the network that scratch starts from."""
    request = request_in(tmp_path / "ours", epochs=3, network="yolov5s")  # the source's own size
    plain = tmp_path / "plain"
    program = """
        from dataclasses import replace
        from bench.models import vision_compat
        vision_compat.enable()
        from bench.models.detection.arguments import arguments_of
        from bench.models.detection.state import digest_of_tensors
        from ultralytics import YOLO, settings
        settings.update(sync=False)
        model = YOLO("yolov5s.yaml")
        started = []
        def keep(trainer):
            started.append(digest_of_tensors(trainer.model.state_dict()))
        model.add_callback("on_pretrain_routine_end", keep)
        arguments = arguments_of(replace(request, folder=folder))
        model.train(**{name: value for name, value in arguments.items() if name not in ("task", "mode", "model")})
        (folder / "started").write_text(started[0])
    """
    done = run_program(program, plain, request)
    assert done.returncode == 0, done.stderr
    ours = trained(request)
    assert (plain / "started").read_text() == ours.facts["seeded_digest"] == ours.facts["initial_digest"]
    assert ours.parameters == 9_122_579  # YOLOv5u's small network with one class
    with (plain / "trainer" / "results.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = {
        "train/box_loss": "train_box_loss",
        "train/cls_loss": "train_cls_loss",
        "train/dfl_loss": "train_dfl_loss",
        "val/box_loss": "validation_box_loss",
        "val/cls_loss": "validation_cls_loss",
        "val/dfl_loss": "validation_dfl_loss",
        "metrics/precision(B)": "precision",
        "metrics/recall(B)": "recall",
        "metrics/mAP50(B)": "map50",
        "metrics/mAP50-95(B)": "map50_95",
        "lr/pg0": "learning_rate",
    }
    for theirs, our_name in names.items():
        expected = [float(row[theirs]) for row in rows]
        assert list(ours.history[our_name]) == pytest.approx(expected, abs=6e-6), our_name  # the package keeps 5 digits


@pytest.mark.campaign
def test_nothing_is_written_elsewhere_and_no_network_is_asked(tmp_path: Path, request_in: Callable[..., Request]) -> None:
    """Home, working folder and the images' own folder stay as they are; no name is looked up, no address connected to."""
    request = request_in(tmp_path / "run")
    program = """
        import json, sys
        seen = []
        allowed = (str(request.folder), str(request.data.parent / "labels"), os.devnull)
        def watch(event, arguments):
            if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.")):
                seen.append([event, str(arguments[-1])])
            opened = event == "open" and isinstance(arguments[0], (str, os.PathLike))
            written = opened and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if written or event in ("os.mkdir", "os.rename", "os.remove", "os.symlink"):
                place = os.path.abspath(os.fspath(arguments[0]))
                if not place.startswith(allowed):
                    seen.append([event, place])
        isolation._prepare(request.folder, isolation.environment_of(request.folder))
        sys.addaudithook(watch)
        from bench.models import vision_compat
        vision_compat.enable()
        from bench.models.detection import engine
        engine.train(request, lambda *_, **__: None)
        (request.folder / "seen.json").write_text(json.dumps(seen))
    """
    request.folder.mkdir()
    done = run_program(program, tmp_path / "start", request)
    assert done.returncode == 0, (request.folder / isolation.LOG).read_text()
    assert json.loads((request.folder / "seen.json").read_text()) == []


def test_a_loss_that_is_no_number_ends_the_run_as_diverged(tmp_path: Path, request_in: Callable[..., Request]) -> None:
    """The history holds the epochs before; no number that is none gets into it."""
    request = request_in(tmp_path / "run", epochs=4)
    program = """
        import math
        from bench.models import vision_compat
        vision_compat.enable()
        from bench.models.detection import arguments, engine
        from bench.models.detection.training import Diverged
        arguments.ARGUMENTS["cls"] = 1e39
        request.folder.mkdir()
        result = engine.train(request, lambda *_, **__: None)
        assert isinstance(result, Diverged), result
        assert len(result.history["epoch"]) == result.epoch - 1
        assert all(math.isfinite(value) for values in result.history.values() for value in values)
    """
    done = run_program(program, tmp_path / "start", request)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.campaign
def test_predictions_lie_in_the_original_images(plain: Trained, tmp_path: Path) -> None:
    """Boxes are pixels of the image as it is on the disk, scores reach down to 0.001, every image is named by its file."""
    table = read(plain.last.predictions, tmp_path)
    assert table.column_names == ["image", "class_index", "score", "x1", "y1", "x2", "y2"]
    rows = table.to_pylist()
    assert rows
    assert {row["image"] for row in rows} <= {f"val{index:03d}" for index in range(4)}
    for row in rows:
        assert row["class_index"] == 0
        assert 0.001 < row["score"] <= 1
        assert 0 <= row["x1"] <= row["x2"] <= 124
        assert 0 <= row["y1"] <= row["y2"] <= 60


def read(content: bytes, folder: Path) -> object:
    """The table that a record's file would hold."""
    path = folder / "table.parquet"
    path.write_bytes(content)
    return pq.read_table(path)


def test_unknown_weights_are_refused_in_the_child_with_the_cure(tmp_path: Path, request_in: Callable[..., Request]) -> None:
    """An error that a user can cure crosses the process boundary as it is."""
    weights = tmp_path / "yolov5s_v6.0.pt"
    weights.write_bytes(b"something else")
    with pytest.raises(IntegrityError, match="not the published ones"):
        isolation.train(request_in(tmp_path / "run", pretrained=weights), silent)


def test_a_bug_in_the_child_keeps_its_traceback(tmp_path: Path, request_in: Callable[..., Request]) -> None:
    """What went wrong there is raised here, and the note says where."""
    with pytest.raises(isolation.TrainerError) as caught:
        isolation.train(request_in(tmp_path / "run", data=tmp_path / "nowhere.yaml"), silent)
    assert "read_dataset" in "".join(caught.value.__notes__)


def test_a_killed_child_is_an_error_with_a_cure(
    tmp_path: Path, request_in: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that the system ends gives no result: the error names the log and what helps."""
    monkeypatch.setattr(isolation, "_main", kill_oneself)
    with pytest.raises(StudyError, match="status -9") as caught:
        isolation.train(request_in(tmp_path / "run"), silent)
    assert isolation.LOG in caught.value.where


def kill_oneself(*_: object) -> None:
    """End as the kernel ends a process that takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)
