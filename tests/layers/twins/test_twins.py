import pytest

from cortado.core import log
from cortado.layers.twins import twin_of
from cortado.proto import ConfigError

TWIN = (
    'type: "Python" python_param { module: "rpn.proposal_layer" layer: "ProposalLayer" '
    "param_str: \"'feat_stride': 16\" }"
)
SHAPES = [(1, 18, 5, 6), (1, 36, 5, 6), (1, 3)]

OWN = """
import caffe
class ProposalLayer(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(3, 5)
    def forward(self, bottom, top):
        top[0].data[...] = 7
"""


@pytest.fixture
def warnings(monkeypatch):
    lines = []
    monkeypatch.setattr(log, "warning", lambda source, message: lines.append(message))
    return lines


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """own_module(text): rpn/proposal_layer.py of the user's, in sys.path."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        (tmp_path / "rpn").mkdir()
        (tmp_path / "rpn/__init__.py").write_text("")
        (tmp_path / "rpn/proposal_layer.py").write_text(text)

    yield write
    import sys

    for name in ("rpn", "rpn.proposal_layer"):
        sys.modules.pop(name, None)


def test_a_twin_takes_the_place_of_a_module_that_is_not_there(make_layer, warnings):
    layer, bottom, top = make_layer(TWIN, *SHAPES)
    layer.forward(bottom, top)
    assert warnings == [
        "Layer it: rpn.proposal_layer.ProposalLayer cannot be imported (no such module); "
        "Cortado's own layer of that name takes its place"
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("import fast_rcnn.config", "fast_rcnn"), ("print 'for Python 2'", "print")],
)
def test_or_of_one_that_does_not_run_here(make_layer, warnings, own_module, text, reason):
    own_module(text)
    make_layer(TWIN, *SHAPES)
    assert reason in warnings[0]


def test_a_module_that_is_there_comes_first(make_layer, warnings, own_module):
    own_module(OWN)
    layer, bottom, top = make_layer(TWIN, *SHAPES)
    layer.forward(bottom, top)
    assert top[0].shape == (3, 5)
    assert warnings == []
    assert layer.state() == {}
    layer.restore({})


def test_other_modules_have_no_twin(make_layer):
    assert twin_of("rpn.proposal_layer", "Other") is None
    with pytest.raises(ConfigError, match="there is no module 'rpn.other'"):
        make_layer(TWIN.replace("rpn.proposal_layer", "rpn.other"), *SHAPES)
