"""caffe.Detector: a net that classifies windows of images, as in R-CNN.

Source: Girshick et al., "Rich feature hierarchies for accurate object detection", CVPR 2014.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cortado.data.transformer import empty_image, image_transformer
from cortado.data.window_crop import window_with_context

from . import io
from .net import Net
from .proto.caffe_pb2 import TEST


class Detector(Net):
    """Detector(model_file, pretrained_file, ...): detect_windows() classifies windows of images.

    mean, input_scale, raw_scale, channel_swap    as Transformer takes them
    context_pad    pixels of the net's input that show what lies around a window; where that
                   reaches out of the image, the mean is put, zeros if there is none
    """

    def __init__(
        self,
        model_file: str | Path,
        pretrained_file: str | Path | None,
        mean: np.ndarray | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ):
        super().__init__(model_file, TEST, weights=pretrained_file)
        name = self.inputs[0]
        self.transformer = image_transformer(
            name, self.blobs[name].shape, mean, input_scale, raw_scale, channel_swap
        )
        self.configure_crop(context_pad)

    def configure_crop(self, context_pad: int | None) -> None:
        """Set how many pixels of context there are; None or 0 for none."""
        name = self.inputs[0]
        height, width = self.blobs[name].shape[2:]
        if context_pad and not (height == width > 2 * context_pad > 0):
            raise ValueError(
                f"context_pad: {context_pad} on every side needs a square input that is larger; "
                f"{name!r} is {height} x {width}"
            )
        self.context_pad = context_pad or 0
        self.crop_mean = empty_image(self.transformer, name)

    def detect_windows(
        self, images_windows: Iterable[tuple[str, Iterable[Sequence[int]]]]
    ) -> list[dict[str, Any]]:
        """Classify windows, (ymin, xmin, ymax, xmax) in pixels, of images given by their files.

        Returned is a dictionary for each window in turn: "window" as given, "prediction" with a
        value for each class, "filename".
        """
        places: list[tuple[str, Sequence[int]]] = []
        data = []
        name = self.inputs[0]
        for filename, windows in images_windows:
            image = io.load_image(filename, color=self.blobs[name].shape[1] != 1)
            for window in windows:
                places.append((filename, window))
                try:
                    data.append(self.transformer.preprocess(name, self.crop(image, window)))
                except ValueError as problem:
                    raise ValueError(f"{filename}: {problem}") from None
        if not places:
            return []
        predictions = self.forward_all(**{name: np.asarray(data)})[self.outputs[0]]
        return [
            {"window": window, "prediction": prediction, "filename": filename}
            for (filename, window), prediction in zip(places, predictions, strict=True)
        ]

    def detect_selective_search(self, image_fnames: Sequence[str]) -> list[dict[str, Any]]:
        """Classify the windows that selective search proposes in images given by their files.

        Needs the module selective_search_ijcv_with_python, which runs the original MATLAB code.
        """
        try:
            import selective_search_ijcv_with_python as selective_search
        except ImportError:
            raise ImportError(
                "detect_selective_search needs the module selective_search_ijcv_with_python, and "
                "MATLAB; give windows that you have to detect_windows"
            ) from None
        filenames = [str(Path(name).absolute()) for name in image_fnames]
        windows = selective_search.get_windows(filenames, cmd="selective_search_rcnn")
        return self.detect_windows(zip(image_fnames, windows, strict=True))

    def crop(self, im: np.ndarray, window: Sequence[int]) -> np.ndarray:
        """The part of an image (H, W, K) that a window, (ymin, xmin, ymax, xmax), shows.

        Without context it has the size of the window, which ends before ymax and xmax; with
        context, that of the input of the net, the window scaled to fit, as WindowData does it.
        """
        corners = [round(float(edge)) for edge in window]
        return window_with_context(im, corners, self.context_pad, self.crop_mean)
