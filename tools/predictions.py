"""What a net says about images: batch by batch through its input blob."""

import os
from argparse import Namespace
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from ..nets import Net, load_weights
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import TEST
from .device import choose_device
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare which net is asked, and on which device."""
    parser.add_flag("model_def", "", "the net definition, a deploy.prototxt")
    parser.add_flag("pretrained_model", "", "its weights")
    parser.add_flag("gpu", False, "run on the first GPU")


def open_net(flags: Namespace) -> Net:
    """The net of the flags with its weights; ConfigError unless it has one input at least."""
    for flag in ("model_def", "pretrained_model"):
        if not getattr(flags, flag):
            raise ConfigError(f"-{flag}: is needed; there is no default model")
    device = choose_device("0" if flags.gpu else "")
    net = Net(read_net(flags.model_def), TEST, device=device, keep=())
    try:
        if not net.inputs:
            raise ConfigError(
                f"{flags.model_def}: has no input to put images into; it takes a deploy.prototxt"
            )
        load_weights(net, flags.pretrained_model)
    except BaseException:
        net.close()
        raise
    return net


def predict(net: Net, inputs: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """The first output of the net for each input (C, H, W)."""
    source, output = net.blobs[net.inputs[0]], net.blobs[net.outputs[0]]
    most = max(source.num, 1)
    remaining = iter(inputs)
    while batch := list(islice(remaining, most)):
        if source.num != len(batch):
            source.reshape(len(batch), *source.shape[1:])
        source.data[...] = np.stack(batch)
        net.forward()
        result = output.data
        yield from np.array(result if isinstance(result, np.ndarray) else result.get())


def extension(path: str | os.PathLike) -> str:
    """ "csv" for "x.CSV"."""
    return os.path.splitext(path)[1].removeprefix(".").lower()
