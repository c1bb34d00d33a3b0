"""Builds a row's classifier, fits it to the training images and predicts the test images."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from bench.datasets.fashion.dataset import IMAGE_SIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from pydantic import JsonValue

    from bench.datasets.fashion.dataset import FashionMnist

_MODULES = {
    "DecisionTreeClassifier": "sklearn.tree",
    "ExtraTreeClassifier": "sklearn.tree",
    "GaussianNB": "sklearn.naive_bayes",
    "GradientBoostingClassifier": "sklearn.ensemble",
    "KNeighborsClassifier": "sklearn.neighbors",
    "LinearSVC": "sklearn.svm",
    "LogisticRegression": "sklearn.linear_model",
    "MLPClassifier": "sklearn.neural_network",
    "Perceptron": "sklearn.linear_model",
    "RandomForestClassifier": "sklearn.ensemble",
    "SGDClassifier": "sklearn.linear_model",
    "SVC": "sklearn.svm",
}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Predicted class (N,) int64 of each test image, the library's warnings, and its number of passes where it counts them."""

    predicted: NDArray[np.int64]
    warnings: tuple[str, ...]
    iterations: int | None


def pixels(data: FashionMnist, *, standardise: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Training and test images as (N, 784) float64 grey values, standardised by the training images' means and deviations."""
    train, test = (
        images.reshape(len(images), IMAGE_SIDE**2).astype(np.float64) for images in (data.train_images, data.test_images)
    )
    if not standardise:
        return train, test
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def build(settings: Mapping[str, JsonValue], seed: int | None) -> Any:  # noqa: ANN401 - scikit-learn carries no types
    """The estimator of ``{"estimator", "parameters"}``, its own draws from ``seed``; KeyError for one that is not known."""
    name = str(settings["estimator"])
    parameters: dict[str, Any] = dict(_mapping(settings["parameters"]))
    alone = parameters.pop("one_vs_rest", False)
    kind = getattr(importlib.import_module(_MODULES[name]), name)
    estimator = kind(**{key: tuple(value) if key == "hidden_layer_sizes" else value for key, value in parameters.items()})
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    if not alone:
        return estimator
    from sklearn.multiclass import OneVsRestClassifier  # noqa: PLC0415 - logistic regression alone needs it

    return OneVsRestClassifier(estimator)


def fit(settings: Mapping[str, JsonValue], data: FashionMnist, seed: int | None, *, standardise: bool) -> Fitted:
    """Fit to the training images, in an order that the seed shuffles, and predict the test images."""
    train, test = pixels(data, standardise=standardise)
    order = np.arange(len(train)) if seed is None else np.random.default_rng(seed).permutation(len(train))
    estimator = build(settings, seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(train[order], data.train_labels[order].astype(np.int64))
        predicted = estimator.predict(test).astype(np.int64)
    said = sorted({f"{each.category.__name__}: {each.message}" for each in caught})
    return Fitted(predicted, tuple(said), _iterations(estimator))


def _iterations(estimator: Any) -> int | None:  # noqa: ANN401
    found = getattr(estimator, "n_iter_", None)
    return None if found is None else int(np.max(found))


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(value, dict):
        raise TypeError("the parameters of a classifier are a table")
    return value
