"""Trains YOLOv5 in any size (YOLOv5u: the same backbone and neck, an anchor-free head) through ultralytics; alone talks to it.

Import it only in a process that ``bench.models.detection.isolation`` has prepared: ultralytics reads its settings folder
when it is imported, and changes flags of the whole process.

The trainer's arithmetic is untouched: with equal arguments ``YOLO("yolov5s.yaml").train`` gives the same numbers.
Around it, nothing is downloaded or drawn, a checkpoint holds full precision and every random stream (the package's own
does not: its resumed runs differ), a loss that is no number ends the run, and non-maximum suppression has no time limit (on
a busy machine it drops predictions).

An interrupted run goes on after its last finished epoch and ends with the tensors of an undisturbed one, on a GPU as far as
its kernels are deterministic: gradients, the optimizer's and the shuffler's place and the mosaics' images are put back.
"""

from __future__ import annotations

import math
import time
from copy import copy, deepcopy
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import torch
from ultralytics.models.yolo.detect import DetectionTrainer, DetectionValidator
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import SETTINGS, nms, ops
from ultralytics.utils.torch_utils import get_flops

from bench.models.detection.agreement import check
from bench.models.detection.arguments import OFF, arguments_of, network_file, recorded
from bench.models.detection.dataset import read_dataset
from bench.models.detection.predictions import Stopwatch, boxes_table, rounded
from bench.models.detection.resumption import StepClock, wind
from bench.models.detection.state import (
    STATE,
    State,
    Tensors,
    add_link,
    best_path,
    digest_of_tensors,
    forget_others,
    random_streams,
    read_state,
    read_tensors,
    set_random_streams,
    write_state,
)
from bench.models.detection.training import HISTORY, Columns, Diverged, Request, Trained, Weights, table_of
from bench.models.detection.transfer import columns, load_into
from bench.training import determinism
from bench.training.chain import Chain, unpacked
from store.errors import StudyError
from store.formats import table_bytes, weight_bytes

if TYPE_CHECKING:
    from types import SimpleNamespace

    from bench.harness.task import Progress


class _FinishedError(Exception):
    """An earlier try did all the epochs already."""


class _DivergedError(Exception):
    """The loss or the fitness of an epoch is no number."""


def train(request: Request, progress: Progress) -> Trained | Diverged:
    """Train the arm that ``request`` describes, from where an earlier try was interrupted, and judge its weights.

    ``progress`` hears each epoch with its history row. Raises IntegrityError for unknown pretrained weights and
    StudyError where a batch does not fit into the device's memory.
    """
    SETTINGS.update(dict.fromkeys(OFF, False))
    determinism.configure(request.device, request.threads)
    arm = _Arm(request, progress)
    try:
        arm.train()
    except _FinishedError:
        pass  # nothing is left to do but to judge the weights
    except _DivergedError as error:
        return Diverged(error.args[0], table_of(arm.history), arm.chain.files())
    # The trainer switches this off at its end; some kernels that it uses have no deterministic form on a GPU.
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    return _judge(arm)


class _Validator(DetectionValidator):
    """The package's validator with non-maximum suppression that takes the time that it needs."""

    def postprocess(self, preds: object) -> list[dict[str, torch.Tensor]]:
        """Boxes, scores and classes of each image."""
        found = _suppress(preds, self.args)
        return [{"bboxes": x[:, :4], "conf": x[:, 4], "cls": x[:, 5], "extra": x[:, 6:]} for x in found]


class _Arm(DetectionTrainer):
    """The package's trainer, started from our weights or none, whose state can be put down and taken up again."""

    def __init__(self, request: Request, progress: Progress) -> None:
        self.request, self.progress = request, progress
        self.history: dict[str, list[float]] = {name: [] for name in HISTORY}
        self.seconds, self.resumed_from = list[float](), list[int]()
        self.best_epoch, self.epoch = 0, -1  # -1: none yet, the state before the first one is part of the chain
        self.chain, self.order = Chain(), list[str]()  # the order names this epoch's images as they were drawn
        self.steps = StepClock()
        self.pending: State | None = None  # what a resumed run has to put back when its first epoch starts
        super().__init__(overrides=arguments_of(request))
        self.add_callback("on_train_epoch_start", _Arm.start_epoch_clock)
        self.add_callback("on_fit_epoch_end", _Arm.end_epoch)

    def get_dataset(self) -> dict[str, Any]:
        """The dataset YAML as it is; the package's own reader would look for a font and a download."""
        return read_dataset(self.request.data)

    def setup_model(self) -> None:
        """Build the network under the seed, then put the pretrained tensors into it."""
        torch.set_num_threads(self.request.threads)  # the package has set its own number
        super().setup_model()
        self.seeded_digest = digest_of_tensors(self.model.state_dict())
        self.layers = columns(load_into(self.model, self.request.pretrained, self.request.pretrained_sha256))
        self.initial_digest = digest_of_tensors(self.model.state_dict())

    def get_validator(self) -> _Validator:
        """The validator that judges each epoch."""
        return _Validator(self.test_loader, save_dir=self.save_dir, args=copy(self.args), _callbacks=self.callbacks)

    def resume_training(self, ckpt: object) -> None:  # noqa: ARG002 - the package's own checkpoint is not used
        """Hold the trainer's lists against the record; take up the state of an interrupted run where there is one."""
        check(self, self.request)
        path = self.request.folder / STATE
        if not path.is_file():
            add_link(self.chain, self.state(), [])
            return
        state = read_state(path)
        self.model.load_state_dict(state["model"])
        self.ema.ema.load_state_dict(state["ema"])
        self.ema.updates = state["ema_updates"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.best_epoch, self.best_fitness = state["best_epoch"], state["best_fitness"]
        self.history, self.seconds, self.chain = state["history"], state["seconds"], unpacked(state["chain"])
        self.start_epoch, self.resumed_from = state["epochs_done"], state["resumed_from"]
        if self.start_epoch == self.epochs:
            raise _FinishedError
        self.resumed_from.append(self.start_epoch)
        self.steps.resume(len(self.train_loader) * self.start_epoch - 1, state["last_step"], self.accumulate)
        self.pending = state
        for index in state["recent"]:
            self.train_loader.dataset.load_image(index)
        # The epoch that closes the mosaic makes a new iterator.
        closing = self.epochs - self.args.close_mosaic
        closed = 0 < closing <= self.start_epoch
        wind(self.train_loader, [closing, self.start_epoch - closing] if closed else [self.start_epoch])

    def start_epoch_clock(self) -> None:
        """Take the time; in a resumed run's first epoch put back the random streams and the accumulated gradients."""
        self.epoch_started = time.perf_counter()
        self.order.clear()
        if self.pending is None:
            return
        set_random_streams(self.pending["streams"])
        for name, parameter in self.model.named_parameters():
            if name in self.pending["gradients"]:
                parameter.grad = self.pending["gradients"][name].to(parameter.device)
        self.pending = None

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Count the batch and note its images; in a resumed run the first optimizer step waits until it is due."""
        self.order += [PurePath(file).name for file in batch["im_file"]]
        self.accumulate: int = self.steps.accumulation(self.accumulate)
        ready: dict[str, Any] = super().preprocess_batch(batch)
        return ready

    def optimizer_step(self) -> None:
        """Step, and remember when."""
        super().optimizer_step()
        self.steps.stepped()

    def _handle_nan_recovery(self, epoch: int) -> bool:
        """End a run whose loss or fitness is no number, instead of trying it again with other random numbers."""
        if self.batch_size != self.request.batch_size:
            message = f"batch size {self.request.batch_size} does not fit into the memory of {self.request.device}"
            raise StudyError(message, cure="set detection.batch_size to a smaller one")
        if not (self.loss.isfinite().all() and math.isfinite(self.fitness)):
            raise _DivergedError(epoch + 1)
        return False

    def save_metrics(self, metrics: dict[str, float]) -> None:  # noqa: ARG002 - rounded to five digits
        """Add the epoch's row to the history at full precision."""
        group = next(group for group in self.optimizer.param_groups if group["param_group"] == "weight")
        found = dict(zip(("precision", "recall", "map50", "map50_95"), self.validator.metrics.mean_results(), strict=True))
        found |= {"epoch": self.epoch + 1, "learning_rate": group["lr"]}
        for name, value in self.tloss.items():
            found[f"train_{name}"] = float(value)
            found[f"validation_{name}"] = float(self.validator.loss[name]) / len(self.test_loader)
        if not all(math.isfinite(found[name]) for name in HISTORY):
            raise _DivergedError(self.epoch + 1)
        for name in HISTORY:
            self.history[name].append(float(found[name]))

    def save_model(self) -> bool:
        """Keep the averaged weights of the best epoch so far; of equal ones the latest, as the package does."""
        if self.fitness == self.best_fitness:
            self.best_epoch = self.epoch + 1
            write_state(best_path(self.request.folder, self.best_epoch), self.ema.ema.state_dict())
        return True

    def end_epoch(self) -> None:
        """Put the state down, after everything that belongs to the epoch, and report it."""
        self.seconds.append(time.perf_counter() - self.epoch_started)
        state = self.state()
        add_link(self.chain, state, self.order)
        write_state(self.request.folder / STATE, state)
        forget_others(best_path(self.request.folder, self.best_epoch))
        newest = {name: values[-1] for name, values in self.history.items() if name != "epoch"}
        self.progress(self.epoch + 1, self.epochs, **newest)

    def state(self) -> State:
        """All that the epochs to come depend on."""
        return {
            "epochs_done": self.epoch + 1,
            "best_epoch": self.best_epoch,
            "best_fitness": self.best_fitness,
            "history": self.history,
            "seconds": self.seconds,
            "resumed_from": self.resumed_from,
            "model": self.model.state_dict(),
            "ema": self.ema.ema.state_dict(),
            "ema_updates": self.ema.updates,
            "optimizer": self.optimizer.state_dict(),
            "gradients": {name: p.grad for name, p in self.model.named_parameters() if p.grad is not None},
            "last_step": self.steps.last_step,
            "streams": random_streams(),
            "recent": list(self.train_loader.dataset.buffer),
            "chain": self.chain.packed(),
        }

    def final_eval(self) -> None:
        """Nothing: ``train`` judges the last and the best weights itself."""


def _judge(arm: _Arm) -> Trained:
    request = arm.request
    last, speed = _weights(arm, arm.ema.ema.state_dict())
    best_is_last = arm.best_epoch == request.epochs
    best = None if best_is_last else _weights(arm, read_tensors(best_path(request.folder, arm.best_epoch)))[0]
    return Trained(
        history=table_of(arm.history),
        chain=arm.chain.files(),
        layers=arm.layers,
        last=last,
        best=best,
        best_epoch=arm.best_epoch,
        parameters=sum(parameter.numel() for parameter in arm.model.parameters()),
        gflops=float(get_flops(deepcopy(arm.model), request.image_size)),
        facts={
            "seeded_digest": arm.seeded_digest,
            "initial_digest": arm.initial_digest,
            "resumed_from_epochs": list(arm.resumed_from),
            "arguments": recorded(vars(arm.args)),
        },
        timing={**speed, "images_per_batch": arm.test_loader.batch_size, "seconds_per_epoch": list(arm.seconds)},
    )


def _weights(arm: _Arm, tensors: Tensors) -> tuple[Weights, dict[str, float]]:
    """Predict with just what is stored."""
    stored = rounded(tensors)
    model = DetectionModel(network_file(arm.request.network), nc=arm.data["nc"], verbose=False)
    model.load_state_dict(stored)
    found, speed = _predict(model.to(arm.device).float().eval().fuse(verbose=False), arm)
    return Weights(weight_bytes({name: tensor.numpy() for name, tensor in stored.items()}), table_bytes(found)), speed


@torch.inference_mode()
def _predict(model: torch.nn.Module, arm: _Arm) -> tuple[Columns, dict[str, float]]:
    """Boxes on the validation images in pixels of the original image, and milliseconds an image by stage."""
    model(torch.zeros(1, 3, arm.args.imgsz, arm.args.imgsz, device=arm.device))  # the first call is slower
    found: dict[str, torch.Tensor] = {}
    watch = Stopwatch(arm.device)
    for batch in arm.test_loader:
        watch.split()
        images = batch["img"].to(arm.device).float() / 255
        watch.split()
        raw = model(images)
        watch.split()
        kept = _suppress(raw, arm.args)
        watch.split()
        for boxes, file, shape, padding in zip(kept, batch["im_file"], batch["ori_shape"], batch["ratio_pad"], strict=True):
            ops.scale_boxes(images.shape[2:], boxes[:, :4], shape, padding)
            found[PurePath(file).stem] = boxes.cpu()
    return boxes_table(found), watch.milliseconds(len(found))


def _suppress(raw: object, args: SimpleNamespace) -> list[torch.Tensor]:
    """The package's non-maximum suppression as its validator calls it: (N, 6) x1, y1, x2, y2, score, class an image."""
    chosen = {"multi_label": True, "agnostic": args.agnostic_nms, "max_det": args.max_det, "max_time_img": math.inf}
    found: list[torch.Tensor] = nms.non_max_suppression(raw, args.conf, args.iou, **chosen)
    return found
