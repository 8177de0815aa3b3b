import numpy as np
import pytest

from cortado.core import Blob
from cortado.core.fillers import fill
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import FillerParameter


def filled(shape, seed=1, **fields):
    blob = Blob(shape, "float64")
    fill(blob, FillerParameter(**fields), np.random.default_rng(seed))
    return blob.data


def test_constant():
    assert filled((2, 2), type="constant", value=0.5).tolist() == [[0.5, 0.5]] * 2


def test_uniform_stays_in_its_bounds():
    values = filled((100, 100), type="uniform", min=-2, max=3)
    assert -2 <= values.min() < -1.9
    assert 2.9 < values.max() <= 3


def test_gaussian():
    values = filled((200, 200), type="gaussian", mean=1, std=0.5)
    assert values.mean() == pytest.approx(1, abs=0.02)
    assert values.std() == pytest.approx(0.5, abs=0.02)


def test_sparse_gaussian_keeps_that_many_inputs_per_output():
    values = filled((50, 2000), type="gaussian", sparse=10)
    assert np.count_nonzero(values) / values.size == pytest.approx(10 / 50, abs=0.02)


def test_positive_unitball_rows_sum_to_one():
    values = filled((5, 3, 2), type="positive_unitball")
    assert values.min() > 0
    np.testing.assert_allclose(values.sum(axis=(1, 2)), 1)


@pytest.mark.parametrize(("norm", "fan"), [("FAN_IN", 100), ("FAN_OUT", 400), ("AVERAGE", 250)])
def test_xavier_and_msra_scale_with_the_fan(norm, fan):
    """Shape (80, 20, 5): fan in 100, fan out 400."""
    shape = (80, 20, 5)
    values = filled(shape, type="xavier", variance_norm=norm)
    bound = np.sqrt(3 / fan)
    assert 0.99 * bound < abs(values).max() <= bound
    values = filled(shape, type="msra", variance_norm=norm)
    assert values.std() == pytest.approx(np.sqrt(2 / fan), rel=0.05)


@pytest.mark.parametrize("kind", ["xavier", "msra", "positive_unitball", "gaussian"])
def test_a_blob_without_numbers_needs_none(kind):
    assert filled((2, 0), type=kind).shape == (2, 0)


def test_bilinear_filters_upsample():
    """Kernel 4, as for stride 2: the products of 1/4, 3/4, 3/4, 1/4."""
    ramp = [0.25, 0.75, 0.75, 0.25]
    values = filled((2, 1, 4, 4), type="bilinear")
    np.testing.assert_allclose(values[1, 0], np.outer(ramp, ramp))


def test_the_seed_decides():
    first, again = (filled((9,), type="xavier", seed=4) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (filled((9,), type="xavier", seed=5) != first).any()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "xavi"}, "unknown type 'xavi'; known types: bilinear, constant"),
        ({"type": "xavier", "sparse": 3}, "sparse is 3, but only type gaussian can be sparse"),
        ({"type": "uniform", "min": 1, "max": 0}, "uniform needs finite min <= max, got 1 and 0"),
        ({"type": "uniform", "max": float("inf")}, "finite min <= max, got 0 and inf"),
        ({"type": "uniform", "min": float("nan")}, "finite min <= max, got nan and 1"),
        ({"type": "gaussian", "std": -1}, "gaussian needs std >= 0, got -1"),
        ({"type": "bilinear"}, r"bilinear needs square filters .* got shape \(2, 3\)"),
    ],
)
def test_what_cannot_be_filled_is_named(fields, message):
    with pytest.raises(ConfigError, match=message):
        filled((2, 3), **fields)
