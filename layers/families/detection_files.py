"""DetectionFiles: what a detector found, in the files that the evaluators of contests read."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ...proto import ConfigError, write_file
from .image_sizes import read_name_sizes, to_pixels
from .label_map import read_label_map

FORMATS = ("VOC", "COCO", "ILSVRC")


class DetectionFiles:
    """Writes the detections in num_test_image images, once there are as many.

    VOC      PREFIXclass.txt for each class: lines `image score xmin ymin xmax ymax`, whole pixels
    COCO     PREFIX.json: a list of {"image_id", "category_id", "bbox": [x, y, width, height],
             "score"}; the label map's names are the category ids
    ILSVRC   PREFIX.txt: lines `image label score xmin ymin xmax ymax`

    The images of a net come in the order of name_size_file. Files that were there are replaced.

    Source: the DetectionOutputLayer of SSD's Caffe, which empties the folder first; here other
            files stay.
    """

    def __init__(self, param: Any, labels: list[int]):
        self._folder = Path(param.output_directory)
        self._prefix, self._format = param.output_name_prefix, param.output_format
        self._labels = labels
        self._resize = param.resize_param if param.HasField("resize_param") else None
        if self._format not in FORMATS:
            raise ConfigError(f"output_format: {self._format!r} is none of {', '.join(FORMATS)}")
        self._names = read_label_map(param.label_map_file)
        unnamed = [label for label in labels if label not in self._names]
        if unnamed:
            raise ConfigError(f"label_map_file: {param.label_map_file} has no label {unnamed[0]}")
        self._images = read_name_sizes(param.name_size_file)
        self._count = param.num_test_image or len(self._images)
        if self._count > len(self._images):
            raise ConfigError(
                f"num_test_image: {self._count} are more than the {len(self._images)} images of "
                f"{param.name_size_file}"
            )
        try:
            os.makedirs(self._folder, exist_ok=True)
        except OSError as problem:
            raise ConfigError(
                f"output_directory: {self._folder}: cannot be made: {problem.strerror}"
            ) from None
        self._found: list[tuple[str, int, float, list[float]]] = []
        self._seen = 0

    def add_batch(self, count: int, found: np.ndarray) -> None:
        """Take in the detections in the next `count` images, as DetectionOutput's top has them."""
        rows = found[0, 0]
        rows = rows[rows[:, 1] >= 0]  # a label of -1 says that there are none at all
        for i in range(count):
            self.add(rows[rows[:, 0] == i, 1:])

    def add(self, rows: np.ndarray) -> None:
        """Take in the detections of the next image, (n, 6): label, score and box."""
        image = self._images[self._seen]
        boxes = to_pixels(rows[:, 2:], image, self._resize).astype(float)
        boxes[:, 2:] -= boxes[:, :2]
        boxes = np.floor(boxes * 100 + 0.5) / 100
        for (label, score), box in zip(rows[:, :2].tolist(), boxes.tolist(), strict=True):
            self._found.append((image.name, int(label), score, box))
        self._seen += 1
        if self._seen == self._count:
            {"VOC": self._write_voc, "COCO": self._write_coco, "ILSVRC": self._write_ilsvrc}[
                self._format
            ]()
            self._found.clear()
            self._seen = 0

    def _write_voc(self) -> None:
        lines: dict[int, list[str]] = {label: [] for label in self._labels}
        for name, label, score, box in self._found:
            lines[label].append(f"{name} {score:g} {_corners(box)}\n")
        for label, text in lines.items():
            self._write(f"{self._names[label]}.txt", "".join(text))

    def _write_ilsvrc(self) -> None:
        lines = (
            f"{name} {label} {score:g} {_corners(box)}\n" for name, label, score, box in self._found
        )
        self._write(".txt", "".join(lines))

    def _write_coco(self) -> None:
        found = (
            {
                "image_id": _number(name),
                "category_id": _number(self._names[label]),
                "bbox": box,
                "score": round(score, 6),
            }
            for name, label, score, box in self._found
        )
        self._write(".json", "[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n")

    def _write(self, name: str, text: str) -> None:
        write_file(self._folder / f"{self._prefix}{name}", [text.encode()])


def _corners(box: list[float]) -> str:
    """`xmin ymin xmax ymax` in whole pixels; the size is cut to whole pixels before it counts."""
    x, y, width, height = map(int, box)
    return f"{x} {y} {x + width} {y + height}"


def _number(text: str) -> int | str:
    """COCO's ids are numbers; what is none stays as it is."""
    return int(text) if text.isdecimal() else text
