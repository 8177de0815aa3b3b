import subprocess
import sys

import pytest

import cortado.proto


def test_errors_load_neither_protobuf_nor_numpy():
    code = (
        "import sys\n"
        "from cortado.proto import ConfigError, ConfigWarning\n"
        "print([name for name in ('google.protobuf', 'numpy', 'h5py') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "[]\n", result.stderr


def test_every_public_name_is_there():
    for name in cortado.proto.__all__:
        assert getattr(cortado.proto, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'cortado.proto' has no attribute 'red_net'"):
        _ = cortado.proto.red_net
