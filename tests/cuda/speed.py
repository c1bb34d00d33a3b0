"""How fast a device trains: recorded steps, called steps and the plain notebook loop, and what the launches alone cost."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING
from unittest.mock import patch

import torch

from bench.models.autoencoders.images import image_tensor
from bench.training import flat, loop, steps
from bench.training.determinism import configure
from bench.training.loop import Examples, Schedule, Surroundings, fit
from tests.cuda.subjects import BATCH_SIZE, LEARNING_RATE, Scale, sample, silent, subject
from tests.perf.notebook import NotebookAutoencoder, notebook_epoch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue
    from torch import Tensor

    from tests.perf.notebook import Loader

REPLAYS = 2000


def epochs(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """Seconds an epoch, training and validation, of the notebook's loop and of ours; the first epoch warms up."""
    configure(device, threads=1)  # before CUDA starts; the notebook's loop then takes the flags back that it lives without
    notebook = _notebook(device, scale)
    found: dict[str, JsonValue] = {"training_images": 2000 * scale.copies, "validation_images": 500 * scale.copies}
    found["notebook"] = notebook
    for name in ("ae", "vae", "dae", "head"):
        for capture in (True, False):
            found[f"{name}_{'recorded' if capture else 'called'}"] = _ours(name, device, scale, folder, capture=capture)
    with patch.object(steps, "BRANCHING", not steps.BRANCHING):
        for name in ("ae", "vae"):
            found[f"{name}_recorded_{'with' if steps.BRANCHING else 'without'}_branches"] = _ours(
                name, device, scale, folder, capture=True
            )
    with patch.object(flat, "_view", _channels_last):
        found["ae_recorded_channels_last"] = _ours("ae", device, scale, folder, capture=True)
    with patch.object(loop, "backward_of", lambda _module, vector: flat._adding(vector)):
        found["ae_recorded_gradients_added"] = _ours("ae", device, scale, folder, capture=True)
    return found


def launches(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """Of one recorded AE step: its kernels, its time, and the time of as many kernels that do nothing."""
    if torch.device(device).type != "cuda":
        return {"skipped": "needs CUDA"}
    graphs: list[torch.cuda.CUDAGraph] = []
    make = torch.cuda.CUDAGraph

    def kept() -> torch.cuda.CUDAGraph:
        graphs.append(make(keep_graph=True))
        return graphs[-1]

    configure(device, threads=1)
    with patch.object(torch.cuda, "CUDAGraph", kept):
        _ours("ae", device, scale, folder / "kept", capture=True)
    nodes = _tried(lambda: dict(Counter(_kinds(graphs[0]))))
    kernels = nodes.get("kernel")
    return {
        "nodes": nodes,
        "names": _tried(lambda: dict(Counter(_names(graphs[0])).most_common())),
        "empty_kernels_ms": _empty(kernels if isinstance(kernels, int) else 100, device),
        "profile": _tried(lambda: _profile(device, scale, folder)),
    }


def _tried(look: Callable[[], dict[str, JsonValue]]) -> dict[str, JsonValue]:
    """What a tool of the driver says, or why it says nothing: which tools there are depends on the machine."""
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - a figure less, whatever the tool answers
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def _ours(name: str, device: str, scale: Scale, folder: Path, *, capture: bool) -> dict[str, JsonValue]:
    chosen = configure(device, threads=1)
    _forget_peak(chosen)
    parts = [_tensors(name, chosen, scale, test=test) for test in (False, True)]
    network, objective, train = subject(name, *parts[0])
    validation = parts[1][:1] if name != "head" else (parts[1][0].flatten(1), parts[1][1])
    scratch = folder / f"{name}-{capture}-{time.perf_counter_ns()}"
    scratch.mkdir(parents=True)
    begin = time.perf_counter()
    schedule = Schedule(scale.turns, BATCH_SIZE, LEARNING_RATE)
    training = fit(network, objective, Examples(train, validation), schedule, Surroundings(0, scratch, silent, capture))
    return {
        "epoch_s": min(training.epoch_seconds),
        "epochs_s": list(training.epoch_seconds),
        "wall_s": time.perf_counter() - begin,
        "peak_memory_bytes": _peak(chosen),
    }


def _notebook(device: str, scale: Scale) -> dict[str, JsonValue]:
    """With the flags that torch starts with (TF32 in convolutions, kernels that need not repeat)."""
    torch.use_deterministic_algorithms(mode=False)
    torch.backends.cudnn.allow_tf32 = True
    _forget_peak(torch.device(device))
    torch.manual_seed(0)
    network = NotebookAutoencoder().to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    cpu = torch.device("cpu")
    datasets = [torch.utils.data.TensorDataset(_tensors("ae", cpu, scale, test=test)[0]) for test in (False, True)]
    loaders: tuple[Loader, Loader] = (
        torch.utils.data.DataLoader(datasets[0], batch_size=BATCH_SIZE, shuffle=True),
        torch.utils.data.DataLoader(datasets[1], batch_size=BATCH_SIZE),
    )
    seconds = []
    for _ in range(scale.turns):
        begin = time.perf_counter()
        notebook_epoch(network, optimizer, loaders, device)
        seconds.append(time.perf_counter() - begin)
    return {"epoch_s": min(seconds), "epochs_s": list(seconds), "peak_memory_bytes": _peak(torch.device(device))}


def _tensors(name: str, device: torch.device, scale: Scale, *, test: bool) -> tuple[Tensor, Tensor]:
    """Images and labels, the sample as often as the scale says; a classifier's are half as wide as the AE's latent."""
    data = sample()
    images, labels = (data.test_images, data.test_labels) if test else (data.train_images, data.train_labels)
    pictures = image_tensor(images, device).repeat(scale.copies, 1, 1, 1)
    if name == "head":
        pictures = torch.cat((pictures.flatten(1), pictures.flatten(1)[:, :368]), 1)  # 1,152 numbers, as the AE's latent has
    return pictures, torch.tensor(labels, dtype=torch.int64, device=device).repeat(scale.copies)


def _channels_last(vector: Tensor, start: int, shape: torch.Size) -> Tensor:
    """``flat._view`` as it is on the CPU."""
    part = vector[start : start + shape.numel()]
    if len(shape) != 4:
        return part.view(shape)
    outer, channels, height, width = shape
    return part.view(outer, height, width, channels).permute(0, 3, 1, 2)


def _kinds(graph: torch.cuda.CUDAGraph) -> list[str]:
    """What each node of a recorded graph is."""
    from cuda.bindings import runtime

    raw = graph.raw_cuda_graph()
    *_, count = runtime.cudaGraphGetNodes(raw, 0)
    _, nodes, _ = runtime.cudaGraphGetNodes(raw, count)
    kinds = [runtime.cudaGraphNodeGetType(node)[1].name for node in nodes[:count]]
    return [kind.removeprefix("cudaGraphNodeType").lower() for kind in kinds]


def _names(graph: torch.cuda.CUDAGraph) -> list[str]:
    """The kernels' names, as far as the driver tells them."""
    from cuda.bindings import driver, runtime

    raw = graph.raw_cuda_graph()
    *_, count = runtime.cudaGraphGetNodes(raw, 0)
    _, nodes, _ = runtime.cudaGraphGetNodes(raw, count)
    names = []
    for node in nodes[:count]:
        error, parameters = driver.cuGraphKernelNodeGetParams(driver.CUgraphNode(init_value=int(node)))
        if int(error) == 0 and int(parameters.func):
            names.append(driver.cuFuncGetName(driver.CUfunction(init_value=int(parameters.func)))[1].decode()[:100])
    return names


def _empty(kernels: int, device: str) -> float:
    """Milliseconds that a replayed graph of this many kernels of one thread takes."""
    one, stream = torch.zeros(1, device=device), torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream())
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.stream(stream):
        one.add_(1.0)
        with torch.cuda.graph(graph, stream=stream):
            for _ in range(kernels):
                one.add_(1.0)
        return _milliseconds(graph.replay, REPLAYS)


def _milliseconds(call: Callable[[], object], times: int) -> float:
    """Of one of many calls in a row, by the device's clock."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    call()
    begin.record()
    for _ in range(times):
        call()
    end.record()
    end.synchronize()
    milliseconds: float = begin.elapsed_time(end)
    return milliseconds / times


def _profile(device: str, scale: Scale, folder: Path) -> dict[str, JsonValue]:
    """Time in kernels of an epoch of called steps, a step; the arithmetic that no launch can hide."""
    from torch.profiler import ProfilerActivity, profile

    few = Scale(1, scale.train, scale.validation, 1, 1)
    with profile(activities=[ProfilerActivity.CUDA]) as profiled:
        _ours("ae", device, few, folder / "profiled", capture=False)
    events = [event for event in profiled.key_averages() if event.device_type == torch.autograd.DeviceType.CUDA]
    total = sum(event.self_device_time_total for event in events)
    top = sorted(events, key=lambda event: -event.self_device_time_total)[:40]
    steps = 2000 // BATCH_SIZE
    return {
        "steps": steps,
        "kernels": sum(event.count for event in events),
        "kernels_us": total,
        "kernel_us_a_step_with_validation": total / steps,
        "top": {event.key[:100]: [event.count, event.self_device_time_total] for event in top},
    }


def _forget_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _peak(device: torch.device) -> int | None:
    return torch.cuda.max_memory_allocated() if device.type == "cuda" else None
