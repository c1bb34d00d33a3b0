"""The published results of ``data/studies/assignment_2/published.toml``, validated: the other column of every comparison."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from store.errors import UsageError

DATA = Path(__file__).parents[2] / "data" / "studies" / "assignment_2"
Model = Literal["ae", "vae", "dae"]
MODELS: tuple[Model, ...] = ("ae", "vae", "dae")
_T = TypeVar("_T")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Study(_Entry):
    """The source itself, its classes and the sizes of its splits."""

    authors: str
    title: str
    date: str
    language: str
    classes: tuple[str, ...] = Field(min_length=10, max_length=10)
    train_images: int
    validation_images: int
    test_images: int


class LayerRow(_Entry):
    """One printed row of Table 1 or 2; ``shape`` is channel first, without the batch axis."""

    label: str
    operation: str
    shape: tuple[int, ...]


class LayerTable(_Entry):
    """Table 1 or 2 as printed."""

    source: str
    rows: tuple[LayerRow, ...]


class Traits(_Entry):
    """One column of Table 3, as keys of the strings file."""

    objective: str
    noise: str
    cost: str
    latent_space: str
    robustness: str


class Training(_Entry):
    """One row of Table 4; ``latent_dim`` is None where the source prints N/A."""

    optimizer: str
    learning_rate: float
    loss: Literal["mse", "mse_kl"]
    train_loss: float
    validation_loss: float
    latent_dim: int | None = None


class Scores(_Entry):
    """One row of Table 5, in percent."""

    accuracy: float
    precision: float
    recall: float
    f1: float


class DetectionRow(_Entry):
    """One row of Table 6, with what the published curves show beside it."""

    metric: Literal["precision", "recall", "map50", "map50_95"]
    scratch: float
    transfer: float
    scratch_last: float
    transfer_last: float
    transfer_peak: float


class DetectionTable(_Entry):
    """Table 6 and the sources of its columns."""

    source: str
    curves_source: str
    rows: tuple[DetectionRow, ...]


class Curve(_Entry):
    """A digitised curve; ``epochs`` counts from 1 and may leave epochs out."""

    values: tuple[float, ...]
    epochs: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _epochs_fit(self) -> Self:
        if self.epochs and len(self.epochs) != len(self.values):
            raise ValueError("as many epochs as values are needed")
        return self

    @property
    def x(self) -> tuple[int, ...]:
        """The epochs of the values: as given, or 1, 2, 3 and so on."""
        return self.epochs or tuple(range(1, len(self.values) + 1))


class LossCurves(_Entry):
    """Training and validation curve of one panel of Figure 1."""

    train: Curve
    validation: Curve


class PairErrors(_Entry):
    """The errors printed above reconstructions in Figure 2, by test-image index."""

    index: tuple[int, ...]
    mse_per_pixel: tuple[float, ...]


class Conduct(_Entry):
    """How the published study was done, as far as it tells: ``runs`` is 0 and ``detection_split`` empty where it does not."""

    source: str
    runs: int
    detection_split: str
    scratch_classes: tuple[str, ...]
    transfer_classes: tuple[str, ...]
    scratch_panel_prints_confidences: bool
    transfer_panel_prints_confidences: bool
    objects_called: tuple[str, ...]
    objects_are: tuple[str, ...]


class Confusion(_Entry):
    """One matrix of Figure 5: rows true class, columns predicted class."""

    counts: tuple[tuple[int, ...], ...] = Field(min_length=10, max_length=10)


class ClassifierCurves(_Entry):
    """Figure 6, one model: accuracy in percent, loss as cross-entropy, by epoch from 1."""

    train_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]


class PerModel(_Entry, Generic[_T]):
    """One entry a model, and where in the source they stand."""

    source: str
    ae: _T
    vae: _T
    dae: _T

    def of(self, model: Model) -> _T:
        """The entry of one model."""
        return {"ae": self.ae, "vae": self.vae, "dae": self.dae}[model]


class PublishedPairs(_Entry):
    """Figure 2: only the AE's panel prints its errors."""

    source: str
    ae: PairErrors


class Published(_Entry):
    """All of ``data/studies/assignment_2/published.toml``."""

    study: Study
    table_1: LayerTable
    table_2: LayerTable
    table_3: PerModel[Traits]
    table_4: PerModel[Training]
    table_5: PerModel[Scores]
    table_6: DetectionTable
    conduct: Conduct
    figure_1: PerModel[LossCurves]
    figure_2: PublishedPairs
    figure_5: PerModel[Confusion]
    figure_6: PerModel[ClassifierCurves]

    def vae_validation_per_image(self) -> float:
        """Table 4's VAE validation loss on the scale of its training loss: it was divided by the training images."""
        return self.table_4.vae.validation_loss * self.study.train_images / self.study.validation_images


@cache
def load_published(path: Path = DATA / "published.toml") -> Published:
    """Read and check the published results; raises UsageError that names the entry at fault."""
    return read_toml(path, Published)


_M = TypeVar("_M", bound=BaseModel)


def read_toml(path: Path, schema: type[_M]) -> _M:
    """Read a TOML file of ``data`` into its schema; raises UsageError that names file and entry."""
    cure = "correct the entry, or restore the file: git checkout -- data"
    try:
        return schema.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read {path.name}: {error}", where=str(path), cure=cure) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{path}, entry {'.'.join(str(part) for part in first['loc'])}"
        raise UsageError(f"{path.name}: {first['msg']}", where=where, cure=cure) from error
