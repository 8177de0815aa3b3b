import logging
import re

import numpy as np
import pytest

from cortado.core import Blob
from cortado.layers import create_layer
from cortado.proto import caffe_pb2
from cortado.proto.text import parse_text
from cortado.tools.cli import main


@pytest.fixture(autouse=True)
def unheard(monkeypatch):
    """No test hears the log unasked: a file of tests that imports caffe turns it on for all."""
    logger = logging.getLogger("cortado")
    level = logger.level
    monkeypatch.setattr(logger, "handlers", [logging.NullHandler()])
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def read_archive():
    """read_archive("x.npz") -> its arrays by name; the file is closed."""

    def read(path):
        with np.load(path) as archive:
            return dict(archive)

    return read


@pytest.fixture
def make_layer():
    """make_layer(prototxt, *bottoms) -> (layer, bottom, top), ready to run.

    A bottom is a shape, filled with normal random numbers, or an array. Weights are random too.
    """

    def make(prototxt, *bottoms, tops=1, dtype="float64", seed=1, phase="TRAIN"):
        param = caffe_pb2.LayerParameter()
        parse_text(f'name: "it" phase: {phase} {prototxt}', param)
        rng = np.random.default_rng(seed)
        arrays = [
            rng.standard_normal(b) if isinstance(b, tuple) else np.asarray(b) for b in bottoms
        ]
        bottom = [Blob(a.shape, dtype) for a in arrays]
        for blob, array in zip(bottom, arrays, strict=True):
            blob.data[...] = array
        top = [Blob((), dtype) for _ in range(tops)]
        layer = create_layer(param, dtype=dtype)
        layer.prepare(bottom, top)
        for weight in layer.weights:
            weight.data[...] = rng.standard_normal(weight.shape)
        return layer, bottom, top

    return make


@pytest.fixture
def caffe(capsys):
    """caffe("train", ...) -> (exit status, lines of stderr, each without its glog prefix)."""

    def run(*words):
        capsys.readouterr()
        status = main([str(word) for word in words])
        lines = capsys.readouterr().err.splitlines()
        return status, [re.sub(r"^[IWE]\d{8} [\d:.]+ +\d+ ", "", line) for line in lines]

    return run
