"""Table 5 and the per-class scores behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from report.evidence.measure import measure, metric
from report.evidence.records import frame
from report.printing import cells
from report.printing.cells import Comparison
from report.printing.table import Column, Table
from report.studies.assignment_2.measures import accuracy
from report.studies.assignment_2.models import MODELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from report.evidence.measure import Measurement
    from report.evidence.published import Printed, Published
    from report.evidence.subject import Subject
    from store.records import Stored

SCORES = (("accuracy", "test_accuracy"), ("precision", "macro_precision"), ("recall", "macro_recall"), ("f1", "macro_f1"))


def scores(subject: Subject) -> Table:
    """Table 5: accuracy and macro precision, recall and F1 of the three classifiers, in percent."""
    s = subject.strings
    rows = []
    for model in MODELS:
        for printed, name in SCORES:
            number = subject.published.find(f"table-5.{model}.{printed}")
            label, terms = s(f"quantities.{printed}", model=subject.model(model)), subject.study.vocabulary.metrics[name]
            row = Comparison(number, score(subject, model, name), terms.digits, terms.scale, 0)
            rows.append((cells.text(label), row))
    body = tuple((label, *cells.compared(subject, row)) for label, row in rows)
    heads = (Column(s("columns.score")), *cells.compared_columns(subject))
    return Table(
        "classification", s("captions.classification"), heads, body, cells.notes(subject, [row.measured for _, row in rows])
    )


def score(subject: Subject, model: str, name: str) -> Measurement:
    """One of Table 5's scores as a fraction; accuracy has an interval for one seed, too."""
    if name == "test_accuracy":
        return accuracy(subject.evidence, model)
    return metric(subject.evidence, "classifier", model, name)


def per_class(subject: Subject) -> Table:
    """F1 of every class, published (from Figure 5) beside re-run, in percent."""
    s = subject.strings
    rows = []
    for label, name in enumerate(subject.published.words("classes")):
        row = [cells.text(name)]
        for model in MODELS:
            row.append(cells.printed(subject, published_f1(subject.published, model, label)))
            row.append(cells.value(subject, class_f1(subject, model, label), 1, 100))
        rows.append(tuple(row))
    titles = [
        s("columns.of", quantity=subject.model(model), who=s(f"columns.{who}"))
        for model in MODELS
        for who in ("published", "rerun")
    ]
    heads = (Column(s("columns.class")), *(Column(title, "right") for title in titles))
    missing = [measured for model in MODELS if (measured := class_f1(subject, model, 0)).incomplete]
    return Table("per-class", s("captions.per-class"), heads, tuple(rows), cells.notes(subject, missing))


def class_f1(subject: Subject, model: str, label: int) -> Measurement:
    """F1 of one class over seeds, as a fraction."""

    def read(stored: Stored) -> float:
        return float(frame(stored, "per_class.parquet").set_index("label")["f1"].loc[label])

    return measure(subject.evidence, "classifier", model, read, name="class_f1")


def published_f1(published: Published, model: str, label: int) -> Printed | None:
    """F1 of one class in percent, from the model's published matrix; None where there is none."""
    matrix = published.find_matrix(f"figure-5.{model}")
    if matrix is None:
        return None
    trace = published.number(f"figure-5.{model}.trace")
    return replace(trace, value=100 * float(f1_of(np.array(matrix))[label]), decimals=1)


def f1_of(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of every class of a (C, C) confusion matrix, rows true class: 2 TP / (row sum + column sum)."""
    hits = 2.0 * np.diag(counts)
    found: NDArray[np.float64] = hits / (counts.sum(axis=0) + counts.sum(axis=1))
    return found
