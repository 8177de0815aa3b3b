"""caffe.Classifier: a net that takes one image and gives the probability of each class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cortado.data.transformer import image_transformer

from . import io
from .net import Net
from .proto.caffe_pb2 import TEST


class Classifier(Net):
    """Classifier(model_file, pretrained_file, ...): predict() classifies images.

    image_dims     (height, width) that images are resized to before they are cropped to the
                   input of the net; default: the size of the input
    mean, input_scale, raw_scale, channel_swap    as Transformer takes them
    """

    def __init__(
        self,
        model_file: str | Path,
        pretrained_file: str | Path | None,
        image_dims: Sequence[int] | None = None,
        mean: np.ndarray | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ):
        super().__init__(model_file, TEST, weights=pretrained_file)
        name = self.inputs[0]
        self.transformer = image_transformer(
            name, self.blobs[name].shape, mean, input_scale, raw_scale, channel_swap
        )
        self.crop_dims = np.array(self.blobs[name].shape[2:])
        self.image_dims = self.crop_dims if image_dims is None else np.array(image_dims)

    def predict(self, inputs: Sequence[np.ndarray], oversample: bool = True) -> np.ndarray:
        """The probabilities (N, classes) of images (H, W, K), as load_image gives them.

        With oversample they are the means over ten crops: corners and centre, and mirrored; without
        it, those of the centre alone.
        """
        images = [io.resize_image(image, self.image_dims) for image in inputs]
        crops = io.oversample(images, self.crop_dims)
        crops = crops.reshape(len(images), 10, *crops.shape[1:])
        if not oversample:
            crops = crops[:, 4:5]  # the centre
        name = self.inputs[0]
        data = [self.transformer.preprocess(name, crop) for image in crops for crop in image]
        out = self.forward_all(**{name: np.asarray(data)})[self.outputs[0]]
        return out.reshape(len(images), crops.shape[1], -1).mean(axis=1)
