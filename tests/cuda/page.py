"""Makes a page of what ``tests.cuda.measure`` found: ``python -m tests.cuda.page FIGURES.json > PAGE.md``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Figures = Mapping[str, Any]


def lines_of(content: Mapping[str, Any]) -> list[str]:
    """The page, line by line."""
    lines = ["# Figures of a run on CUDA", ""]
    lines += [
        "Made by `nox -s cuda` ([how to run it](../../how-to/run-on-cuda.md)) and written by `python -m tests.cuda.page`;",
        f"the figures themselves are in `figures.json` beside this page. The run took {content['seconds']:.0f} s.",
    ]
    for name, found in content["sections"].items():
        lines += ["", f"## {TITLES.get(name, name)}", ""]
        if found["status"] != "ok":
            reason = found.get("error", "it took longer than its limit")
            lines.append(f"**{found['status']}** after {found['seconds']:.0f} s: {reason}")
        elif "skipped" in found["figures"]:
            lines.append(f"Skipped: {found['figures']['skipped']}.")
        else:
            lines += SECTIONS[name](found["figures"])
    return lines


def _machine(figures: Figures) -> list[str]:
    rows = [(key, value) for key, value in figures.items() if isinstance(value, str | int | float | bool)]
    for group in ("packages", "flags"):
        rows += [(key, value) for key, value in figures.get(group, {}).items() if value is not None]
    return _table(("what", "value"), rows)


def _epochs(figures: Figures) -> list[str]:
    images = f"{figures['training_images']:,} training and {figures['validation_images']:,} validation images"
    notebook = figures["notebook"]["epoch_s"]
    rows = [
        (name, f"{found['epoch_s']:.3f}", f"{notebook / found['epoch_s']:.2f}", _mib(found["peak_memory_bytes"]))
        for name, found in figures.items()
        if isinstance(found, dict)
    ]
    return [
        f"Seconds an epoch at batch size 32 on {images}: the fastest of several.",
        "`notebook` is the AE in the loop that notebooks teach: a DataLoader over tensors, `.to(device)` and `.item()` in each",
        "step, `torch.optim.Adam` as it is, torch's own flags (TF32 in convolutions, kernels that need not repeat). `recorded`",
        "replays graphs, `called` is the same without. The ratio is the notebook's AE epoch over this one.",
        "",
        *_table(("training", "epoch, s", "notebook over it", "peak memory, MiB"), rows),
    ]


def _launches(figures: Figures) -> list[str]:
    nodes = ", ".join(f"{count} {kind}" for kind, count in figures["nodes"].items())
    lines = [
        f"One recorded AE step has these nodes: {nodes}. A replayed graph of as many kernels that add 1 to one number",
        f"takes {figures['empty_kernels_ms']:.3f} ms: the launch floor.",
    ]
    profile = figures["profile"]
    if "error" not in profile:
        spent = profile["kernel_us_a_step_with_validation"] / 1000
        lines.append(
            f"Called one by one, each of {profile['steps']} steps spends {spent:.3f} ms in kernels, validation included."
        )
    return lines


def _repeated(figures: Figures) -> list[str]:
    rows = [
        (name, found["error"], "") if "error" in found else (name, _yes(found["twice"]), _yes(found["recorded_as_called"]))
        for name, found in figures.items()
        if isinstance(found, dict)
    ]
    return [
        "Chain of digests, history and weights, as bits:",
        "",
        *_table(("network", "two recorded runs equal", "recorded equals called"), rows),
    ]


def _unwaiting(figures: Figures) -> list[str]:
    rows = [(name, found.get("error") or _yes(found["never_waited"])) for name, found in figures.items()]
    return [
        "Trained, recorded and called, where a wait for the device within a pass is an error:",
        "",
        *_table(("network", "never waited"), rows),
    ]


def _resumed(figures: Figures) -> list[str]:
    rows = [(name, _yes(found["killed"]), found["resumed_in_epoch"], _yes(found["equal"])) for name, found in figures.items()]
    return _table(("network", "killed (SIGKILL)", "resumed in epoch", "same bits as undisturbed"), rows)


def _losses(figures: Figures) -> list[str]:
    rows = [
        (
            name,
            f"{found['gradient_relative']:.1e}",
            f"{found['largest_relative']:.1e}",
            f"{found['largest_absolute_accuracy']:.1e}",
            _yes(found["within"]),
        )
        for name, found in figures["networks"].items()
    ]
    return [
        "Each epoch's losses against the CPU's, with the same random numbers, and the gradient of the first batch; tolerances:",
        f"losses {figures['loss_tolerance']:g} relative (rounding grows while a training leaves its plateau), gradients",
        f"{figures['gradient_tolerance']:g} relative, accuracies {figures['accuracy_tolerance']:g} absolute.",
        "",
        *_table(("network", "gradient", "largest relative difference", "largest difference of accuracy", "within"), rows),
    ]


def _evaluations(figures: Figures) -> list[str]:
    rows = [
        (
            name,
            f"{found['largest_relative_metric']:.1e} ({found['of']})",
            f"{found['largest_relative_latent']:.1e}",
            found["predictions_that_differ"],
            _yes(found["within"]),
            _yes(found["twice"]),
        )
        for name, found in figures.items()
        if isinstance(found, dict)
    ]
    heads = (
        "network",
        "largest difference of a mean",
        "of a latent",
        "predictions that differ",
        "within",
        "twice the same bits",
    )
    return [
        f"The same weights examined on both; the tolerance is {figures['metric_tolerance']:g} relative for means over the test",
        f"images, and {figures['latent_tolerance']:g} of the largest latent.",
        "",
        *_table(heads, rows),
    ]


def _study(figures: Figures) -> list[str]:
    parts = {task: where for task, where in figures["chains_part"].items() if where is not None}
    lines = [
        f"{figures['equal']} of {figures['records']} records have the same result digest in both runs; "
        + "; ".join(f"{len(tasks)} {status}" for status, tasks in figures["status"].items())
        + ".",
    ]
    if figures["differing"]:
        lines += ["", f"Differing: {', '.join(figures['differing'])}."]
    lines += [
        f"The chains of {task} part in epoch {where['epoch']}: {', '.join(where['in'])}." for task, where in parts.items()
    ]
    rows = [(name, f"{seconds:.1f}") for name, seconds in figures["seconds"].items()]
    return [*lines, "", *_table(("task", "seconds, imports included"), rows)]


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(map(str, row))} |" for row in rows)]


def _yes(truth: object) -> str:
    return "yes" if truth else "**no**"


def _mib(size: int | None) -> str:
    return "unknown" if size is None else f"{size / (1 << 20):.0f}"


SECTIONS: dict[str, Callable[[Figures], list[str]]] = {
    "machine": _machine,
    "epochs": _epochs,
    "launches": _launches,
    "repeated": _repeated,
    "branched": _repeated,
    "unwaiting": _unwaiting,
    "resumed": _resumed,
    "losses": _losses,
    "evaluations": _evaluations,
    "part_one": _study,
    "detector": _study,
}
TITLES = {
    "machine": "Machine",
    "epochs": "Speed and memory",
    "launches": "What the launches cost",
    "repeated": "Do trainings repeat?",
    "branched": "Do they repeat with the other setting of branches?",
    "unwaiting": "Does the host wait within an epoch?",
    "resumed": "Killed and resumed",
    "losses": "Losses beside the CPU's",
    "evaluations": "Latents, reconstructions and scores beside the CPU's",
    "part_one": "Part I through the command line, recorded and called",
    "detector": "A detector on drawn scenes, twice",
}

if __name__ == "__main__":
    sys.stdout.write("\n".join(lines_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))) + "\n")
