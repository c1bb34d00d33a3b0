"""The command line: exit codes, messages with a cure, JSON on request, and no torch for planning."""

from __future__ import annotations

import errno
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli import main
from bench.harness.display import show
from bench.harness.outcome import outcome_text
from bench.harness.worker import Event
from store.certificates import write_certificate
from store.errors import StoreError
from store.runs import load_run
from tests.store.test_archive import write_store
from tests.store.test_certificates import fields_of

NAMING_PLACES = (
    *(["plan", "--data"], ["plan", "--weights"], ["run", "--artifacts"], ["verify", "--artifacts"], ["import"]),
    *(["export", "--output"], ["statement", "--archive"], ["run", "--tls-ca"], ["data", "where", "--data"]),
)
NAMING_NUMBERS = (["run", "--jobs"], ["run", "--wait"], ["reproduce", "--sample"], ["data", "fetch", "--images"])
NAMING_RUNS = (["verify", "--run"], ["status", "--run"], ["export"], ["reproduce"], ["merge", "a"], ["plan", "--study"])
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "fashion-mnist"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without the caller's settings."""
    for name in ("BENCH_DATA_DIR", "BENCH_ARTIFACTS_DIR", "BENCH_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)


def failing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and standard error of a command."""
    code = main(arguments)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["plan", "--profile", "quik"], 2, "did you mean quick?"),
        (["plan", "--set", "vae.betta=1"], 2, "did you mean vae.beta?"),
        (["plan", "--set", "autoencoder.epochs=-3"], 2, "greater than 0"),
        (["plan", "--seeds", "4-1"], 2, "--seeds"),
        (["plan", "--seeds", ""], 2, "--seeds"),
        (["plan", "--parts", ""], 2, "--parts"),
        (["plan", "--parts", "detection", "--set", "detection.arms=[]"], 2, "no tasks"),
        (["plan", "--data", "no-such-folder"], 2, "correct --data DIR"),
        (["data", "where", "--data", "no-such-folder"], 2, "correct --data DIR"),
        (["data", "verify", "kitti", "--data", __file__], 2, "the data folder is no folder"),
        (["plan", "--profile", "a" * 300 + ".toml"], 2, "File name too long"),
        (["plan", "--device", "tpu"], 2, "execution.device"),
        (["data", "fetch", "cifar"], 2, "fashion-mnist"),
        (["data", "fetch", "--offline"], 1, "fetch once with a network"),
        (["plan", "--profile", "paper", "--offline"], 1, "train-images-idx3-ubyte.gz"),
        (["status"], 1, "nox -s bench"),
    ],
)
def test_mistake_is_explained(
    arguments: list[str], code: int, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each mistake ends with its exit code and a message that names the cure."""
    found, text = failing([*arguments, "--artifacts", str(tmp_path)], capsys)
    assert (found, expected in text) == (code, True), text


def test_json_error_has_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get what, where and cure apart."""
    assert main(["status", "--artifacts", str(tmp_path), "--json"]) == 1
    fields = json.loads(capsys.readouterr().out)
    assert (fields["error"], fields["exit_code"]) == ("no run found", 1)


def test_the_help_says_who_draws_a_sample(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever verifies: an author who knew what is drawn could forge the rest."""
    with pytest.raises(SystemExit):
        main(["reproduce", "--help"])
    assert "drawn here and anew each time" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "--jobs", "0"], "'0' is not a positive whole number"),
        (["run", "--jobs", "x"], "'x' is not a positive whole number"),
        *[([*words, "9" * 5000], "is not a positive whole number") for words in NAMING_NUMBERS],
        (["data", "fetch", "kitti", "--images", "1000001"], "of at most 1000000"),
        (["cluster", "--port", "65536"], "'65536' is no port"),
        (["run", "--artifacts", ""], "an empty name is no folder"),
        (["plan", "--data", ""], "an empty name is no folder"),
        (["export", "--output", ""], "an empty name is no folder"),
        *[([*words, ""], "an empty name") for words in NAMING_RUNS],
        *[([*words, "a" * 300], "File name too long") for words in NAMING_PLACES],
    ],
)
def test_wrong_flag_is_usage(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A value that a flag cannot take ends with exit 2 and says why, before anything is read or made."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert (caught.value.code, expected in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize("words", [["export", "--output"], ["statement", "--output"], ["statement", "--predicate"]])
def test_a_pipe_is_not_written_over(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is a device: the new file would take its place."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SystemExit) as caught:
        main([*words, str(tmp_path / "pipe")])
    assert (caught.value.code, "a device, a pipe or a socket" in capsys.readouterr().err) == (2, True)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("redirection", "code", "expected"),
    [
        *[("| true", 0, ""), (">&-", 0, ""), ("2>&- >&-", 0, ""), ("> /dev/full", 1, "standard output cannot be written")],
        *[("--json > /dev/full", 1, "standard output cannot be written"), ("--seeds x 2> /dev/full", 2, "")],
    ],
)
def test_lost_output_is_no_crash(tmp_path: Path, redirection: str, code: int, expected: str) -> None:
    """A reader that goes away, closed streams and a full disk end without a traceback."""
    words = shlex.join([sys.executable, "-m", "bench", "plan", "--parts", "autoencoders", "--artifacts", str(tmp_path)])
    line = f"set -o pipefail; {words} {redirection}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, cwd=SAMPLE.parents[2])
    assert (done.returncode, "Traceback" in done.stderr, expected in done.stderr) == (code, False, True), done.stderr


def test_a_variable_that_names_no_place_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an option would be."""
    monkeypatch.setenv("BENCH_CACHE_DIR", "a" * 300)
    assert failing(["data", "where", "--artifacts", str(tmp_path)], capsys)[0] == 2
    monkeypatch.setenv("BENCH_ARTIFACTS_DIR", "a" * 300)
    with pytest.raises(SystemExit) as caught:
        main(["verify"])
    assert caught.value.code == 2


def test_artifacts_path_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unwritable artifacts folder is found before anything trains."""
    path = tmp_path / "file"
    path.write_text("")
    code, text = failing(["run", "--artifacts", str(path)], capsys)
    assert (code, "cannot be written" in text, "--artifacts" in text) == (1, True, True)


def test_corrupted_data_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not the official one is named with both checksums, exit 3."""
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "fashion-mnist"))
    code, text = failing(["plan", "--profile", "paper", "--data", str(tmp_path), "--artifacts", str(tmp_path / "a")], capsys)
    assert (code, "train-images-idx3-ubyte.gz is damaged" in text, "expected 3aede38d" in text) == (3, True, True)
    assert folder.is_dir()


def test_cuda_without_driver_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A GPU that is not there is a usage error, not a traceback."""
    monkeypatch.setattr("bench.harness.gpus._listed", tuple)
    code, text = failing(["plan", "--device", "cuda", "--artifacts", str(tmp_path)], capsys)
    assert (code, "--device cpu" in text) == (2, True)


def test_planning_imports_no_torch(tmp_path: Path) -> None:
    """Help, plan and data commands stay fast because nothing heavy is loaded."""
    program = (
        "import sys\nfrom bench.cli import main\n"
        f"main(['plan', '--artifacts', {str(tmp_path)!r}])\n"
        "heavy = {'torch', 'torchvision', 'sklearn', 'skimage', 'matplotlib', 'pandas'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert "autoencoder/ae/seed-0" in done.stdout


def test_plain_display_and_events_file(tmp_path: Path) -> None:
    """Off a terminal each task is one line, and every event lands in the file, infinity as null."""
    stream = (tmp_path / "out").open("w+")
    events = [
        Event("a/b/seed-0", "start", 100.0),
        Event("a/b/seed-0", "progress", 120.0, 1, 4, (("loss", 0.25), ("kl", float("inf")))),
        Event("a/b/seed-0", "failed", 130.0, detail="RuntimeError: boom\nmore"),
    ]
    with stream, show(2, tmp_path / "run" / "events.jsonl", stream) as listen:
        for event in events:
            listen(event)
    text = (tmp_path / "out").read_text()
    assert "1/4, loss 0.25" in text
    assert "about 60 s left" in text
    assert "[1/2] a/b/seed-0 failed 30.0 s  RuntimeError: boom" in text
    lines = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["start", "progress", "failed"]
    assert lines[1]["values"] == {"loss": 0.25, "kl": None}


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_dumb_terminal_gets_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cursor cannot move, each task's end is a line at once."""
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    with show(2, tmp_path / "events.jsonl", stream) as listen:
        listen(Event("a/b/seed-0", "ok", 1.0))
        assert stream.getvalue().startswith("[1/2] a/b/seed-0 ok")


def test_bars_survive_events_out_of_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's last progress may arrive after its task's end: it comes from another process."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with show(1, tmp_path / "events.jsonl", stream) as listen:
        listen(Event("a/b/seed-0", "ok", 1.0))
        listen(Event("a/b/seed-0", "progress", 1.0, 1, 4, (("loss", 0.25),)))
    assert "1/1" in stream.getvalue()


def test_lost_terminal_does_not_stop_the_events_file(tmp_path: Path) -> None:
    """A listener that failed would leave the workers' queue full and the run hanging."""
    read, write = os.pipe()
    os.close(read)
    with (
        os.fdopen(write, "w", encoding="utf-8", buffering=1) as stream,
        show(2, tmp_path / "events.jsonl", stream) as listen,
    ):
        listen(Event("a/b/seed-0", "ok", 1.0))
        listen(Event("a/b/seed-1", "ok", 2.0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 2


def test_events_file_that_cannot_be_opened_has_a_cure(tmp_path: Path) -> None:
    """A folder in its place, a full disk: found before anything is computed."""
    (tmp_path / "events.jsonl").mkdir()
    with pytest.raises(StoreError, match="--artifacts DIR"), show(1, tmp_path / "events.jsonl", sys.stderr):
        pass


def test_equal_reasons_are_said_once() -> None:
    """Six tasks skipped for one reason are one message with six names."""
    reason = "no pretrained weights: put them there"
    wrong = [
        {"task": f"detector/transfer-car/seed-{seed}", "status": "skipped", "reason": reason, "record": "r"}
        for seed in range(3)
    ]
    facts = {"run_id": "quick-1", "artifacts": "artifacts", "counts": {"ok": 5, "skipped": 3}, "reused": 0, "not_ok": wrong}
    text = outcome_text(facts)
    assert text.count(reason) == 1
    assert all(item["task"] in text for item in wrong)


def test_foreign_weights_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file given with --weights counts only if it is one of the published ones: exit 3, with both checksums."""
    path = tmp_path / "mine.pt"
    path.write_bytes(b"not weights")
    arguments = ["plan", "--parts", "detection", "--weights", str(path), "--artifacts", str(tmp_path / "a")]
    code, text = failing([*arguments, "--set", "detection.pretrained=coco"], capsys)
    assert (code, "expected" in text, "mine.pt" in text) == (3, True, True)
    code, text = failing(arguments, capsys)  # the quick profile starts from a donor
    assert (code, "reads pretrained weights" in text, "detection.pretrained=coco" in text) == (2, True, True)
    with pytest.raises(SystemExit) as caught:
        main(["plan", "--weights", str(tmp_path / "missing.pt")])
    assert caught.value.code == 2


def test_strict_is_part_of_what_is_computed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--strict reaches the configuration: the labels' records are other ones."""
    runs = []
    for flags in ([], ["--strict"]):
        assert main(["plan", "--parts", "detection", "--artifacts", str(tmp_path), "--json", *flags]) == 0
        runs.append(json.loads(capsys.readouterr().out)["run_id"])
    assert runs[0] != runs[1]


def test_hostile_text_does_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands in a run's name or a message, it colours nothing and moves no cursor."""
    (tmp_path / "runs" / "\x1b[31mred\rsound: ").mkdir(parents=True)
    (tmp_path / "runs" / "\x1b[31mred\rsound: " / "run.json").write_text("{}")
    assert main(["verify", "--artifacts", str(tmp_path)]) == 3
    assert main(["verify", "--run", "\x1b[2J", "--artifacts", str(tmp_path)]) == 1
    found = capsys.readouterr()
    assert "\\x1b[31mred\\rsound" in found.out
    assert "no run named \\x1b[2J" in found.err
    assert not {"\x1b", "\r"} & {*found.out, *found.err}


def test_its_owner_can_read_an_archive_whatever_the_mask_says(tmp_path: Path) -> None:
    """Any command makes the mask let the owner in; what it says of others is kept."""
    before = os.umask(0o777)
    try:
        assert main(["export", "--artifacts", str(tmp_path / "none")]) == 1
        assert os.umask(0o777) == 0o077
    finally:
        os.umask(before)


@pytest.mark.parametrize("words", [["import", "FILE"], ["statement", "--archive", "FILE"]])
def test_a_file_that_one_may_not_look_at_is_no_traceback(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its folder may belong to somebody else: that is said, with the path and the cure."""
    write_store(tmp_path / "artifacts")
    write_certificate(tmp_path / "artifacts", fields_of(load_run(tmp_path / "artifacts")))
    looks = Path.is_file

    def locked(path: Path) -> bool:
        if path.name == "locked.tar":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return looks(path)

    monkeypatch.setattr(Path, "is_file", locked)
    command = [str(tmp_path / "locked.tar") if word == "FILE" else word for word in words]
    code, error = failing([*command, "--artifacts", str(tmp_path / "artifacts")], capsys)
    assert (code, "locked.tar cannot be read: Permission denied" in error, "cure:" in error) == (1, True, True)
