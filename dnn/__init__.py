"""cv2.dnn for Caffe models, which OpenCV 5 reads no more: `from cortado import dnn`.

    net = dnn.readNetFromCaffe("deploy.prototxt", "weights.caffemodel")
    net.setInput(dnn.blobFromImage(image, 1.0, (227, 227), (104, 117, 123)))
    scores = net.forward()

Nets run in Cortado. Whatever else cv2.dnn has, such as blobFromImage and NMSBoxes, is its own.
"""

from typing import Any

from .net import Layer, Net, readNet, readNetFromCaffe

__all__ = ["Layer", "Net", "readNet", "readNetFromCaffe"]


def __getattr__(name: str) -> Any:
    import cv2.dnn

    try:
        return getattr(cv2.dnn, name)
    except AttributeError:
        raise AttributeError(f"neither cortado.dnn nor cv2.dnn has {name!r}") from None
