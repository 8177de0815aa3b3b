import os

import pytest

from cortado.proto import ConfigError

MODULE = """
import caffe
import numpy as np


class Rows(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data


class Fails(Rows):
    def setup(self, bottom, top):
        if self.param_str == "at once":
            raise KeyError("batch_size")

    def forward(self, bottom, top):
        raise StopIteration("no more data")

    def backward(self, top, propagate_down, bottom):
        raise KeyError("margin")


class NoForward(caffe.Layer):
    def reshape(self, bottom, top):
        pass


class Plain:
    pass
"""


@pytest.fixture(autouse=True)
def my_layers(add_module):
    add_module("my_layers", MODULE)


def python(layer, param_str="", module="my_layers"):
    return (
        f'type: "Python" python_param {{ module: "{module}" layer: "{layer}" '
        f'param_str: "{param_str}" }}'
    )


def test_errors_of_the_class_keep_their_type_and_name_the_layer(make_layer):
    with pytest.raises(KeyError, match="batch_size") as in_setup:
        make_layer(python("Fails", "at once"), (2, 3))
    layer, bottom, top = make_layer(python("Fails"), (2, 3))
    with pytest.raises(StopIteration, match="no more data") as in_forward:
        layer.forward(bottom, top)
    with pytest.raises(KeyError, match="margin") as in_backward:
        layer.backward(top, bottom)
    caught = {"setup": in_setup, "forward": in_forward, "backward": in_backward}
    for method, error in caught.items():
        note = f"raised in {method} of layer 'it' (Python: my_layers.Fails)"
        assert error.value.__notes__ == [note]
        assert error.traceback[-1].path.name == "my_layers.py"


def test_a_module_written_a_moment_ago_is_found(make_layer, add_module, tmp_path):
    with pytest.raises(ConfigError, match="there is no module 'late'"):
        make_layer(python("Rows", module="late"), (2, 3))
    folder = tmp_path.stat()
    add_module("late", "from my_layers import Rows")
    os.utime(tmp_path, ns=(folder.st_atime_ns, folder.st_mtime_ns))  # clocks of files are coarse
    make_layer(python("Rows", module="late"), (2, 3))


@pytest.mark.parametrize(
    ("text", "error", "note"),
    [
        ("import no_such_thing", ModuleNotFoundError, "raised in the import of layer 'it'"),
        ("1 / 0", ZeroDivisionError, "raised in the import of layer 'it'"),
        ("print 'hello'", SyntaxError, "code for Python 2 must be converted"),
    ],
)
def test_errors_inside_the_module_are_its_own(make_layer, add_module, text, error, note):
    add_module("broken", text)
    with pytest.raises(error) as caught:
        make_layer(python("Rows", module="broken"), (2, 3))
    assert any(note in line for line in caught.value.__notes__)


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ('type: "Python"', "python_param.module and python_param.layer are required"),
        (python("Rows", module="absent"), "there is no module 'absent'; add .* PYTHONPATH"),
        (python("Rows", module="absent.rows"), "there is no module 'absent.rows'"),
        (python("Row"), r"my_layers.py\) has no class 'Row'; its layers: .*Rows, Fails, NoForward"),
        (python("Plain"), "'Plain' of .* must be a class derived from caffe.Layer"),
        (python("np"), "'np' of .* must be a class derived from caffe.Layer"),
        (python("NoForward"), r"'NoForward' of .* has no method forward\(self, bottom, top\)"),
    ],
)
def test_what_cannot_be_found_is_named(make_layer, param, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Python\): .*{message}"):
        make_layer(param, (2, 3))


def test_the_places_searched_are_named(make_layer, tmp_path):
    with pytest.raises(ConfigError, match=str(tmp_path)):
        make_layer(python("Rows", module="absent"), (2, 3))


def test_a_class_without_backward_says_so_when_asked(make_layer):
    layer, bottom, top = make_layer(python("Rows"), (2, 3))
    layer.forward(bottom, top)
    with pytest.raises(ConfigError, match="class my_layers.Rows has no method backward"):
        layer.backward(top, bottom)
