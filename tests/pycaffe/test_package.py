"""The names of the package, and what importing it loads."""

import subprocess
import sys

import pytest

import caffe


@pytest.mark.parametrize("name", [*caffe.__all__, *caffe._LAZY])
def test_every_public_name_is_there(name):
    assert getattr(caffe, name) is not None


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'caffe' has no attribute 'Nett'"):
        _ = caffe.Nett


def test_import_loads_neither_opencv_nor_numba():
    script = "import caffe, sys; print({'cv2', 'numba', 'pydot'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
