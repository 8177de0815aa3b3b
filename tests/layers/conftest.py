import sys
from contextlib import ExitStack, closing

import pytest

from cortado.data.db_writer import DatabaseWriter
from cortado.proto.caffe_pb2 import Datum


@pytest.fixture
def data_layer(make_layer):
    """data_layer(prototxt, tops=2, **options) -> (layer, top): make_layer, closed in the end."""
    with ExitStack() as opened:

        def make(prototxt, tops=2, **options):
            layer, _, top = make_layer(prototxt, tops=tops, **options)
            opened.enter_context(closing(layer))
            return layer, top

        yield make


@pytest.fixture
def write_images(tmp_path):
    """write_images(images, name="db", backend="lmdb") -> path of a database of them.

    Image i, uint8 (C, H, W), or bytes of an encoded one, has key f"{i:08}" and label i.
    """

    def write(images, name="db", backend="lmdb"):
        with DatabaseWriter(tmp_path / name, backend) as database:
            for i, image in enumerate(images):
                if isinstance(image, bytes):
                    datum = Datum(encoded=True, data=image, label=i)
                else:
                    c, h, w = image.shape
                    datum = Datum(channels=c, height=h, width=w, data=image.tobytes(), label=i)
                database.put(f"{i:08}".encode(), datum.SerializeToString())
        return str(tmp_path / name)

    return write


@pytest.fixture
def add_module(tmp_path, monkeypatch):
    """add_module(name, text): a module, for as long as the test runs."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)

    def add(name, text):
        (tmp_path / f"{name}.py").write_text(text)

    yield add
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
