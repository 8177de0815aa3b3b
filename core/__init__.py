"""What every layer is built from: blobs, devices, random numbers, the Layer class."""

from .blob import Array, Blob, Blobs, Shape, unseen
from .calls import Call, Calls, label
from .layer import ANY_NUMBER, ONE_OR_MORE, Layer
from .layout import Layout
from .memory import Memory
from .registry import register
from .rng import Rng
from .window import Window

__all__ = [
    "ANY_NUMBER",
    "ONE_OR_MORE",
    "Array",
    "Blob",
    "Blobs",
    "Call",
    "Calls",
    "Layer",
    "Layout",
    "Memory",
    "Rng",
    "Shape",
    "Window",
    "label",
    "register",
    "unseen",
]
