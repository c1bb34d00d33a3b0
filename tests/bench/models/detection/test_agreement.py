"""The trainer's own list of images, boxes and sizes against the record: each kind of difference is named and stops it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.models.detection import isolation
from bench.models.detection.agreement import Expected, check
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.models.detection.training import Request

BOX = (0.0, 0.5, 0.5, 0.25, 0.25)


def label(name: str, *boxes: tuple[float, ...], shape: tuple[int, int] = (40, 100)) -> dict[str, object]:
    """An entry as the trainer keeps it."""
    rows = np.array(boxes, dtype=np.float32).reshape(-1, 5)
    return {"im_file": f"/somewhere/{name}.png", "shape": shape, "cls": rows[:, :1], "bboxes": rows[:, 1:]}


def trainer_of(labels: list[dict[str, object]], **settings: int) -> SimpleNamespace:
    """What the check looks at."""
    loader = SimpleNamespace(dataset=SimpleNamespace(labels=labels))
    asked = {"imgsz": 64, "batch": 4, "epochs": 2, "optimizer": "SGD", "lr0": 0.01, "nbs": 64}
    arguments = SimpleNamespace(**(asked | settings))
    return SimpleNamespace(args=arguments, train_loader=loader, test_loader=SimpleNamespace(dataset=SimpleNamespace(labels=[])))


@pytest.fixture
def wanted(request_in: Callable[..., Request], tmp_path: Path) -> Request:
    """A request for two images, one of them without a box."""
    expected = {"train": (Expected("a", 100, 40, (BOX,)), Expected("b", 100, 40, ())), "val": ()}
    return request_in(tmp_path, expected=expected)


def test_agreement_is_silent(wanted: Request) -> None:
    """In any order."""
    check(trainer_of([label("b"), label("a", BOX)]), wanted)


@pytest.mark.parametrize(
    ("labels", "settings", "said"),
    [
        ([label("a", BOX)], {}, "train: 1 images are left out: b"),
        ([label("a", BOX), label("b"), label("c")], {}, "train: 1 images are added: c"),
        ([label("a", BOX, shape=(100, 40)), label("b")], {}, "train: image a has 40 x 100 pixels, 100 x 40 on record"),
        ([label("a", BOX, BOX), label("b")], {}, "train: image a has 2 boxes that are not the 1 on record"),
        ([label("a", (1.0, *BOX[1:])), label("b")], {}, "train: image a has 1 boxes that are not the 1 on record"),
        ([label("a", BOX), label("b")], {"imgsz": 96}, "imgsz is 96, 64 was asked for"),
        ([label("a", BOX), label("b")], {"batch": 2}, "batch is 2, 4 was asked for"),
    ],
)
def test_each_difference_is_named(
    wanted: Request, labels: list[dict[str, object]], settings: dict[str, int], said: str
) -> None:
    """Images left out or added, turned sizes, other boxes, rounded settings."""
    with pytest.raises(DataError, match=said):
        check(trainer_of(labels, **settings), wanted)


def test_a_training_on_something_else_does_not_begin(
    tmp_path: Path, tiny_data: Path, request_in: Callable[..., Request]
) -> None:
    """The real trainer drops a line that stands twice and an image that is broken: both stop it, with their names."""
    folder = tmp_path / "data"
    for path in sorted(tiny_data.parent.rglob("*.*")):
        (folder / path.relative_to(tiny_data.parent)).parent.mkdir(parents=True, exist_ok=True)
        (folder / path.relative_to(tiny_data.parent)).write_bytes(path.read_bytes())
    twice = folder / "labels/train/train003.txt"
    twice.write_text(twice.read_text() * 2)
    broken = folder / "images/val/val001.png"
    broken.write_bytes(broken.read_bytes()[:100])
    request = request_in(tmp_path / "run", data=folder / "data.yaml")
    doubled = [
        Expected(each.name, each.width, each.height, each.boxes * 2) if each.name == "train003" else each
        for each in request.expected["train"]
    ]
    request = request_in(
        tmp_path / "run", data=folder / "data.yaml", expected={"train": tuple(doubled), "val": request.expected["val"]}
    )
    with pytest.raises(DataError) as caught:
        isolation.train(request, lambda *_, **__: None)
    assert "train: image train003 has 2 boxes that are not the 4 on record" in caught.value.what
    assert "val: 1 images are left out: val001" in caught.value.what


@pytest.mark.campaign
@pytest.mark.parametrize("variables", [{"WORLD_SIZE": "2", "RANK": "0"}, {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"}])
def test_variables_of_a_launcher_do_not_reach_the_trainer(
    tmp_path: Path, request_in: Callable[..., Request], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """It is one process, whatever started the study."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    trained = isolation.train(request_in(tmp_path, epochs=1), lambda *_, **__: None)
    assert trained.history["epoch"] == [1]


@pytest.mark.parametrize(
    "name", ["WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "WANDB_MODE"]
)
def test_what_launchers_and_trackers_set_is_foreign(name: str) -> None:
    """What libraries need is not."""
    assert isolation.is_foreign(name)
    for own in ("PATH", "HOME", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "LD_LIBRARY_PATH", "CUBLAS_WORKSPACE_CONFIG"):
        assert not isolation.is_foreign(own)
