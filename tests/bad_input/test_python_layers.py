"""Layers that users write, and get wrong."""

import pytest

from cortado.tools.cli import main

NET = """
layer {{ name: "in" type: "Input" top: "x" input_param {{ shape {{ dim: 2 }} }} }}
layer {{ name: "mine" type: "Python" bottom: "x" top: "y"
        python_param {{ module: "{}" layer: "{}" }} }}
"""
MODULE = """
import caffe

class Greedy(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape({})
    def forward(self, bottom, top): top[0].data[...] = prices["coffee"]
    def backward(self, top, propagate_down, bottom): pass
"""


def test_a_missing_module_is_named(net_refused):
    message = net_refused(NET.format("no_such_module", "Greedy"))
    assert message.startswith(
        "layer 'mine' (Python): python_param.module: there is no module 'no_such_module'; add its "
        "folder to PYTHONPATH"
    )


def test_a_missing_class_is_named_beside_those_that_are_there(net_refused, place, monkeypatch):
    monkeypatch.syspath_prepend(place)
    (place / "lacking_module.py").write_text(MODULE.format(1))
    message = net_refused(NET.format("lacking_module", "Greeedy"))
    assert "has no class 'Greeedy'; its layers: Greedy" in message


def test_what_user_code_raises_keeps_its_type_and_names_the_layer(place, monkeypatch):
    monkeypatch.syspath_prepend(place)
    (place / "raising_module.py").write_text(MODULE.format(1))
    (place / "it.prototxt").write_text(NET.format("raising_module", "Greedy"))
    with pytest.raises(NameError) as raised:
        main(["time", "-model", "it.prototxt"])
    assert raised.value.__notes__ == [
        "raised in forward of layer 'mine' (Python: raising_module.Greedy)"
    ]
    assert raised.traceback[-1].path == place / "raising_module.py"


def test_a_shape_that_cannot_be_is_refused(net_refused, place, monkeypatch):
    monkeypatch.syspath_prepend(place)
    (place / "shrinking_module.py").write_text(MODULE.format(-1))
    assert net_refused(NET.format("shrinking_module", "Greedy")) == (
        "layer 'mine' (Python): reshape of shrinking_module.Greedy: a blob cannot have shape "
        "(-1,): sizes are 0 or more"
    )
