"""The study's configuration: one frozen section per kind of task; the defaults are the published protocol.

``protocol.toml`` of the study's data gives the source of each default, or the reason why it is assumed; a test holds both
equal.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from bench.datasets.kitti.settings import KittiSettings
from bench.harness.settings import InferenceConfig, SensitivityConfig, StudySettings
from bench.sections import Count, Fraction, Once, PositiveFloat, PositiveInt, Section
from bench.studies.assignment_2.limits import check_limits

Part = Literal["autoencoders", "detection"]
Rate = Annotated[float, Field(gt=0, le=100)]  # beyond, float32 overflows
Noise = Annotated[float, Field(ge=0, le=100)]
Width = Annotated[int, Field(ge=1, le=65536, strict=True)]
Some = Field(min_length=1, max_length=1000)
Question = Literal["main", "leakage", "sensitivity", "inference"]


class DatasetConfig(Section):
    """FashionMNIST and its cut. ``sample`` is the embedded part of it, ``full`` the four official files."""

    source: Literal["full", "sample"] = "full"
    validation_fraction: Fraction = 0.2


class AutoencoderConfig(Section):
    """Training of AE, VAE and DAE (Table 4, Figure 1). ``upsample`` is the mode of Table 1's Decoder 5."""

    epochs: PositiveInt = 25
    batch_size: PositiveInt = 32
    learning_rate: Rate = 1e-3
    upsample: Literal["nearest", "bilinear"] = "nearest"


class VaeConfig(Section):
    """The VAE's own values: ``beta`` weighs the KL term against the squared error summed over pixels."""

    latent_dim: Annotated[int, Field(ge=2, le=4096, strict=True)] = 20  # t-SNE lays out two dimensions at least
    beta: Annotated[float, Field(ge=0, le=1e6)] = 0.5


class DaeConfig(Section):
    """Standard deviation of the Gaussian noise added before clamping to [0, 1]."""

    noise_factor: Noise = 0.5


class ReconstructionConfig(Section):
    """Evaluation on test images: the shown pairs and the noise sweep."""

    pairs: Annotated[tuple[Count, ...], Some] = tuple(range(10))
    noise_factor: Noise = 0.5
    noise_sweep: Annotated[tuple[Noise, ...], Some] = (
        0.0,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
    )


class LatentConfig(Section):
    """t-SNE of the test latents and the numbers that say how separated the classes are."""

    random_state: Count = 42
    perplexity: PositiveFloat = 30.0
    neighbours: PositiveInt = 10
    metric_images: Annotated[int, Field(ge=20, le=1_000_000, strict=True)] = 5000  # ten classes, and something to compare


class ClassifierConfig(Section):
    """The dense classifier on the frozen encoder (section 2.4, Figure 6); ``hidden_units`` are its dense layers with ReLU."""

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 64
    learning_rate: Rate = 1e-3
    hidden_units: Annotated[tuple[Width, ...], Field(min_length=1, max_length=8)] = (256, 128)


class DetectionConfig(KittiSettings):
    """YOLOv5s on KITTI (section 3): the subset, its cut and classes, and the training of every arm.

    ``arms`` are named ``<scratch|transfer>-<car|3class>``. The transfer arms start from ``pretrained`` weights: COCO's, or
    those of the donor that the study itself trains. The optimizer steps after ``nominal_batch_size`` images.
    """

    network: Literal["yolov5n", "yolov5s"] = "yolov5s"
    pretrained: Literal["coco", "donor"] = "coco"
    optimizer: Literal["SGD", "AdamW"] = "SGD"
    learning_rate: Rate = 0.01
    nominal_batch_size: PositiveInt = 64
    image_size: Annotated[int, Field(ge=32, le=4096, multiple_of=32, strict=True)] = 416  # the network halves it five times
    batch_size: Annotated[int, Field(ge=1, le=4096, strict=True)] = 16
    epochs: PositiveInt = 50
    arms: Annotated[tuple[Literal["scratch-car", "transfer-3class", "transfer-car", "scratch-3class"], ...], Once] = (
        "scratch-car",
        "transfer-3class",
        "transfer-car",
        "scratch-3class",
    )


class DonorConfig(Section):
    """The detector that stands in for COCO weights where ``detection.pretrained`` is ``donor``.

    It is trained once for all seeds, as ``detection`` has it but for the number of ``epochs``, on the first ``images`` of
    street scenes that are drawn of other drives than the arms see.
    """

    images: PositiveInt = 120
    epochs: PositiveInt = 16
    seed: Count = 0


class AssumedValues(SensitivityConfig):
    """The other values of what the source leaves open in Part I."""

    alternatives: Annotated[tuple[str, ...], Once] = (
        "autoencoder.batch_size=64",
        "vae.beta=1.0",
        "autoencoder.upsample=bilinear",
        "classifier.batch_size=32",
        "classifier.hidden_units=[128]",
        "classifier.hidden_units=[512, 256]",
    )


class InferredValues(InferenceConfig):
    """Combinations of what the source leaves open, held against the curves of Figures 1 and 6."""

    alternatives: Annotated[tuple[str, ...], Once] = (
        "autoencoder.batch_size=64",
        "autoencoder.upsample=bilinear",
        "vae.beta=1.0",
        "autoencoder.batch_size=64 & autoencoder.upsample=bilinear",
        "autoencoder.batch_size=64 & vae.beta=1.0",
        "classifier.batch_size=32",
        "classifier.hidden_units=[128]",
        "classifier.hidden_units=[128] & classifier.batch_size=32",
        "classifier.hidden_units=[128, 64] & classifier.batch_size=32",
        "classifier.hidden_units=[512, 256]",
        "classifier.hidden_units=[256, 128, 64]",
    )


class StudyConfig(StudySettings):
    """The whole study.

    Of the ``questions``, ``leakage`` asks what neighbouring frames on both sides of a random split are worth to the detectors,
    ``sensitivity`` what the assumed values of Part I are worth to its results, ``inference`` which of them explain its
    published training and validation curves best.
    """

    study: ClassVar[str] = "assignment_2"

    parts: Annotated[tuple[Part, ...], Once] = Field(default=("autoencoders", "detection"), min_length=1)
    questions: Annotated[tuple[Question, ...], Once] = Field(default=("main",), min_length=1)
    dataset: DatasetConfig = DatasetConfig()
    autoencoder: AutoencoderConfig = AutoencoderConfig()
    vae: VaeConfig = VaeConfig()
    dae: DaeConfig = DaeConfig()
    reconstruction: ReconstructionConfig = ReconstructionConfig()
    latent: LatentConfig = LatentConfig()
    classifier: ClassifierConfig = ClassifierConfig()
    detection: DetectionConfig = DetectionConfig()
    donor: DonorConfig = DonorConfig()
    sensitivity: AssumedValues = AssumedValues()
    inference: InferredValues = InferredValues()

    @model_validator(mode="after")
    def _allowed_by_the_images(self) -> Self:
        check_limits(self)
        return self


def donor_images(config: StudyConfig) -> DetectionConfig:
    """Which images the donor sees: the classes and labels are read as the arms', whatever images these have."""
    own = {"dataset": "drawn", "images": config.donor.images, "ids": (), "split": "random"}
    return config.detection.model_copy(update=own)
