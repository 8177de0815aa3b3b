"""VideoBatches: batches of the frames of a video file, or of what a camera sees."""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import cv2
import numpy as np

from ..core import log
from ..core.rng import stream
from ..proto import ConfigError
from .annotated_datum import OBJECT
from .annotated_transform import AnnotatedTransformer
from .naming import naming

_NO_OBJECTS = np.empty((0, OBJECT), np.float32)


class Plan(NamedTuple):
    """The frames of a batch, and where its random numbers come from."""

    frames: list[np.ndarray]
    seed: int
    number: int


class VideoBatches:
    """Batches of (images, labels): frames one after the other, with the label 0.

    source  the path of a video, which begins anew at its end, or the number of a camera
    skip    how many frames to pass over before each
    arrays  images (N, C, H, W) and, unless nobody wants them, labels (N,)
    """

    part_size = 1

    def __init__(
        self, source: str | int, transform: AnnotatedTransformer, batch_size: int, skip: int
    ):
        self._source = source
        self._transform = transform
        self._batch_size = batch_size
        self._skip = skip
        self._capture = self._open()
        self._passed = 0  # frames of this round that were read

    def first_size(self) -> tuple[int, int, int]:
        """What a frame becomes: (C, H, W)."""
        frame = self._next_frame()
        self._rewind()
        with naming(str(self)):
            return self._transform.output_size(frame.shape)

    def plans(self, seed: int, start: int) -> Iterator[Plan]:
        self._rewind()
        each = self._skip + 1
        for _ in range(start * self._batch_size * each if isinstance(self._source, str) else 0):
            self._next_frame()
        for number in count(start):
            frames = []
            for _ in range(self._batch_size):
                for _ in range(self._skip):
                    self._next_frame()
                frames.append(self._next_frame())
            yield Plan(frames, seed, number)

    def load(self, plan: Plan, arrays: list[np.ndarray], items: slice) -> None:
        for i in range(items.start, items.stop):
            rng = stream(plan.seed, "batch", plan.number, i)
            with naming(str(self)):
                arrays[0][i], _ = self._transform(plan.frames[i], _NO_OBJECTS, rng)
            if len(arrays) > 1:
                arrays[1][i] = 0

    def describe(self, plan: Plan, index: int) -> str:
        return f"frame {plan.number * self._batch_size + index} of {self}"

    def close(self) -> None:
        self._capture.release()

    def __str__(self) -> str:
        return (
            f"video {self._source}" if isinstance(self._source, str) else f"webcam {self._source}"
        )

    def _next_frame(self) -> np.ndarray:
        """The next frame, (H, W, 3); of a video, the first after the last."""
        is_there, frame = self._capture.read()
        if not is_there and isinstance(self._source, str) and self._passed:
            log.info("video_data_layer.cpp:138", "Finished processing video.")
            self._capture = self._open()
            self._passed = 0
            is_there, frame = self._capture.read()
        if not is_there or frame is None:
            raise ConfigError(f"{self}: gives no frame; it is empty, damaged or switched off")
        self._passed += 1
        return frame

    def _rewind(self) -> None:
        """Go back to the first frame, if there is one."""
        if self._passed and isinstance(self._source, str):
            self._capture = self._open()
            self._passed = 0

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._source)
        if not capture.isOpened():
            raise ConfigError(f"{self}: cannot be opened; {self._remedy()}")
        return capture

    def _remedy(self) -> str:
        if isinstance(self._source, str):
            return "is it there, and a video that OpenCV can decode?"
        return "is there a camera of that number? video_type: VIDEO reads a file"
