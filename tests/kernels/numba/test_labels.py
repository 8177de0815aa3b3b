import numpy as np
import pytest

from cortado.core import Layer
from cortado.kernels import choice
from cortado.kernels.cpu import thresholds
from cortado.layers.families.class_labels import ClassLabels
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import LayerParameter

pytest.importorskip("numba")

FOLDED = (3, 5, 70)


@pytest.fixture
def readers(monkeypatch):
    """readers(ignore_label) -> a ClassLabels in array code and a compiled one."""
    monkeypatch.setattr(thresholds, "FEW_LABELS", 0)

    def make(ignore_label):
        made = []
        for library in ("numpy", "numba"):
            with choice.only(library):
                made.append(ClassLabels(Layer(LayerParameter(name="it")), FOLDED, ignore_label))
        assert [bool(reader._kernel) for reader in made] == [False, True]
        return made

    return make


@pytest.fixture
def labels(rng):
    return rng.integers(0, 5, (3, 7, 10)) + np.float32(0.75) * rng.integers(0, 2, (3, 7, 10))


@pytest.mark.parametrize("ignore_label", [None, 255, -1, 3, 0])
def test_the_kernel_reads_what_array_code_does(readers, labels, ignore_label):
    if ignore_label is not None:
        labels[:, 2] = ignore_label
    labels[0, 0, 0] = -0.5  # is class 0
    expected, found = readers(ignore_label)
    for reader in (expected, found):
        reader.read(labels)
    assert found.count == expected.count
    for name in ("classes", "places", "ignored"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("wrong", [5, -1, np.nan, np.inf, -np.inf, 1e30, 254])
@pytest.mark.parametrize("ignore_label", [None, 255])
def test_the_first_wrong_label_is_named(readers, labels, wrong, ignore_label):
    labels[1, 3, 4] = labels[2, 0, 0] = wrong
    messages = []
    for reader in readers(ignore_label):
        with pytest.raises(ConfigError, match=r"item 1 at \[3, 4\] is outside \[0, 5\)") as error:
            reader.read(labels)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
