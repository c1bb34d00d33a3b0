"""Average precision as faster-coco-eval computes it: an implementation of COCO's evaluation that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faster_coco_eval import COCO, COCOeval_faster

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.scoring.boxes import Detections, Objects

EVERYTHING = [0, 1e10]  # px^2


def coco_evaluator(objects: Objects, detections: Detections, images: int, classes: int) -> COCOeval_faster:
    """An evaluator ready to run: one area range, no cut of detections; rows keep their order."""
    truth = COCO(
        {
            "images": [{"id": number + 1, "width": 1000, "height": 1000} for number in range(images)],
            "categories": [{"id": number + 1, "name": str(number)} for number in range(classes)],
            "annotations": [
                _row(image, class_index, box) | {"id": number, "area": (box[2] - box[0]) * (box[3] - box[1]), "iscrowd": 0}
                for number, (image, class_index, box) in enumerate(
                    zip(objects.image.tolist(), objects.class_index.tolist(), objects.box.tolist(), strict=True), start=1
                )
            ],
        }
    )
    predicted = [
        _row(image, class_index, box) | {"score": score}
        for image, class_index, box, score in zip(
            detections.image.tolist(),
            detections.class_index.tolist(),
            detections.box.tolist(),
            detections.score.tolist(),
            strict=True,
        )
    ]
    evaluator = COCOeval_faster(truth, truth.loadRes(predicted), "bbox")
    evaluator.params.maxDets = [max(len(predicted), 1)]
    evaluator.params.areaRng, evaluator.params.areaRngLbl = [EVERYTHING], ["all"]
    return evaluator


def coco_precision(evaluator: COCOeval_faster) -> NDArray[np.float64]:
    """Interpolated precision (C, T, 101); -1 for a class without ground truth."""
    evaluator.evaluate()
    evaluator.accumulate()
    precision: NDArray[np.float64] = evaluator.eval["precision"][:, :, :, 0, 0].transpose(2, 0, 1)
    return precision


def _row(image: int, class_index: int, box: list[float]) -> dict[str, object]:
    x1, y1, x2, y2 = box
    return {"image_id": image + 1, "category_id": class_index + 1, "bbox": [x1, y1, x2 - x1, y2 - y1]}
