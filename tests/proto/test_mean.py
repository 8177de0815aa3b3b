from pathlib import Path

import numpy as np
import pytest

from cortado.proto import ConfigError, read_mean, write_mean
from cortado.proto.caffe_pb2 import BlobProto

GOLDEN = Path(__file__).parents[1] / "goldens/tools"


def test_a_mean_is_a_legacy_blob(tmp_path):
    mean = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    write_mean(tmp_path / "m", mean)
    message = BlobProto.FromString((tmp_path / "m").read_bytes())
    assert message == BlobProto(num=1, channels=3, height=2, width=2, data=range(12))


def test_a_mean_is_read_back(tmp_path):
    mean = np.arange(12, dtype=np.float32).reshape(1, 3, 2, 2)
    write_mean(tmp_path / "m", mean)
    assert np.array_equal(read_mean(tmp_path / "m"), mean)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.binaryproto")), ids=str)
def test_means_of_caffe_are_written_byte_for_byte(path, tmp_path):
    write_mean(tmp_path / "m", read_mean(path))
    assert (tmp_path / "m").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x2a\x7f", "at byte 2: 127 more bytes were announced: the file is truncated, damaged"),
        (b"", "holds 0 values"),
        (BlobProto(data=[1]).SerializeToString(), "holds no image: it is no mean file"),
    ],
)
def test_what_is_no_mean(tmp_path, data, message):
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        read_mean(tmp_path / "m")
