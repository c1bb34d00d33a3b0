"""Which function recomputes which experiment's records, and what the records of one run say of the same thing."""

from __future__ import annotations

from bench.studies.assignment_2.rechecks import detection, images, training
from bench.studies.assignment_2.rechecks.across import agreeing
from bench.studies.assignment_2.rechecks.fields import FIELDS

__all__ = ["FIELDS", "RECORDS", "agreeing"]

RECORDS = {
    "architecture": images.architecture,
    "fashion_data": images.fashion_data,
    "autoencoder": training.autoencoder,
    "reconstruction": images.reconstruction,
    "latent": images.latent,
    "classifier": training.classifier,
    "detection_data": detection.detection_data,
    "detector": detection.detector,
    "detection": detection.detection,
    "donor_data": detection.detection_data,
    "donor": detection.detector,
}
