"""The study's configuration: one frozen section per kind of task; the defaults are the published protocol.

``protocol.toml`` of the study's data gives the source of each default, or the reason why it is assumed; a test holds both
equal.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PositiveInt = Annotated[int, Field(gt=0, strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Part = Literal["autoencoders", "detection"]
Study = Literal["main", "leakage", "sensitivity"]
Split = Literal["random", "drive"]
Fraction = Annotated[float, Field(gt=0, lt=1)]

_T = TypeVar("_T", bound=Hashable)


def _each_once(values: tuple[_T, ...]) -> tuple[_T, ...]:
    if len(set(values)) < len(values):
        raise ValueError("name each one once")
    return values


Once = AfterValidator(_each_once)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DatasetConfig(_Section):
    """FashionMNIST and its cut. ``sample`` is the embedded part of it, ``full`` the four official files."""

    source: Literal["full", "sample"] = "full"
    validation_fraction: Fraction = 0.2


class AutoencoderConfig(_Section):
    """Training of AE, VAE and DAE (Table 4, Figure 1). ``upsample`` is the mode of Table 1's Decoder 5."""

    epochs: PositiveInt = 25
    batch_size: PositiveInt = 32
    learning_rate: PositiveFloat = 1e-3
    upsample: Literal["nearest", "bilinear"] = "nearest"


class VaeConfig(_Section):
    """The VAE's own values: ``beta`` weighs the KL term against the squared error summed over pixels."""

    latent_dim: PositiveInt = 20
    beta: NonNegativeFloat = 0.5


class DaeConfig(_Section):
    """Standard deviation of the Gaussian noise added before clamping to [0, 1]."""

    noise_factor: NonNegativeFloat = 0.5


class ReconstructionConfig(_Section):
    """Evaluation on test images: the shown pairs and the noise sweep."""

    pairs: tuple[Count, ...] = tuple(range(10))
    noise_factor: NonNegativeFloat = 0.5
    noise_sweep: tuple[NonNegativeFloat, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


class LatentConfig(_Section):
    """t-SNE of the test latents and the numbers that say how separated the classes are."""

    random_state: Count = 42
    perplexity: PositiveFloat = 30.0
    neighbours: PositiveInt = 10
    metric_images: PositiveInt = 5000


class ClassifierConfig(_Section):
    """The dense classifier on the frozen encoder (section 2.4, Figure 6); ``hidden_units`` are its dense layers with ReLU."""

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 64
    learning_rate: PositiveFloat = 1e-3
    hidden_units: tuple[PositiveInt, ...] = (256, 128)


class DetectionConfig(_Section):
    """YOLOv5s on KITTI (section 3): the subset, its cut, the classes and the training of every arm.

    ``dataset`` is ``kitti`` or the embedded ``drawn`` street scenes; ``images`` is how many of the first ids are taken,
    unless ``ids`` names them one by one;
    ``split`` draws the validation part at random (as published) or whole drives at a time. ``arms`` are named
    ``<scratch|transfer>-<car|3class>``.
    """

    dataset: Literal["kitti", "drawn"] = "kitti"
    images: PositiveInt = 500
    ids: Annotated[tuple[str, ...], Once] = ()
    split: Split = "random"
    validation_fraction: Fraction = 0.2
    car: tuple[str, ...] = ("Car",)
    person: tuple[str, ...] = ("Pedestrian", "Person_sitting")
    cyclist: tuple[str, ...] = ("Cyclist",)
    image_size: PositiveInt = 416
    batch_size: PositiveInt = 16
    epochs: PositiveInt = 50
    arms: Annotated[tuple[Literal["scratch-car", "transfer-3class", "transfer-car", "scratch-3class"], ...], Once] = (
        "scratch-car",
        "transfer-3class",
        "transfer-car",
        "scratch-3class",
    )
    strict_labels: bool = False


class SensitivityConfig(_Section):
    """What other values of the assumed settings would change (``--study sensitivity``).

    ``alternatives`` are written as ``--set`` takes them, and each is tried by itself, on the first ``seeds`` of the study's
    seeds.
    """

    seeds: PositiveInt = 3
    alternatives: Annotated[tuple[str, ...], Once] = (
        "autoencoder.batch_size=64",
        "vae.beta=1.0",
        "autoencoder.upsample=bilinear",
        "classifier.batch_size=32",
        "classifier.hidden_units=[128]",
        "classifier.hidden_units=[512, 256]",
    )


class ExecutionConfig(_Section):
    """Where tasks run. ``threads`` is per task and fixed, because it can change the last bits of a sum."""

    device: Annotated[str, Field(pattern=r"^(cpu|cuda(:\d+)?)$")] = "cpu"
    threads: PositiveInt = 1


class StudyConfig(_Section):
    """A whole study; ``seeds`` are the replications, ``parts`` which of its two parts are run.

    ``studies`` are what is asked of them: ``main`` the tables and figures of the source, ``leakage`` what neighbouring
    frames on both sides of a random split are worth to the detectors, ``sensitivity`` what the assumed values of Part I
    are worth to its results.
    """

    seeds: Annotated[tuple[Count, ...], Once] = Field(default=(0,), min_length=1)
    parts: Annotated[tuple[Part, ...], Once] = Field(default=("autoencoders", "detection"), min_length=1)
    studies: Annotated[tuple[Study, ...], Once] = Field(default=("main",), min_length=1)
    dataset: DatasetConfig = DatasetConfig()
    autoencoder: AutoencoderConfig = AutoencoderConfig()
    vae: VaeConfig = VaeConfig()
    dae: DaeConfig = DaeConfig()
    reconstruction: ReconstructionConfig = ReconstructionConfig()
    latent: LatentConfig = LatentConfig()
    classifier: ClassifierConfig = ClassifierConfig()
    detection: DetectionConfig = DetectionConfig()
    sensitivity: SensitivityConfig = SensitivityConfig()
    execution: ExecutionConfig = ExecutionConfig()
