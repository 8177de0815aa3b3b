import json

import pytest

from cortado.core import Window
from cortado.kernels.cudnn import (
    Tensor,
    convolution,
    convolution_backward_filters,
    deconvolution_backward_filters,
    inner_product,
    inner_product_backward_weights,
)

WINDOW = Window((3, 3), (1, 1), (1, 1), (1, 1))
X, Y = Tensor.channels_last((2, 4, 5, 5)), Tensor.channels_last((2, 8, 5, 5))
FILTERS = Tensor.channels_last((8, 4, 3, 3))


def key(**options):
    return convolution(X, FILTERS, Y, WINDOW, **options).key(tf32=True)


def test_a_key_is_json_and_always_the_same():
    assert key() == key()
    told = json.loads(key(bias="float32", slope=0.1))
    assert told["arrays"]["x"] == ["float32", [2, 4, 5, 5], [100, 1, 20, 4]]
    assert told["settings"]["window"]["pad"] == [1, 1]
    assert told["settings"]["slope"] == 0.1
    assert told["tf32"] is True


@pytest.mark.parametrize(
    "other",
    [
        key(bias="float32"),
        key(adds=True),
        key(slope=0.0),
        key(slope=0.1),
        convolution(X, FILTERS, Y, WINDOW).key(tf32=False),
        convolution(X, FILTERS, Y, Window((3, 3), (1, 1), (2, 2), (2, 2))).key(tf32=True),
        convolution(X, Tensor.plain((8, 4, 3, 3)), Y, WINDOW).key(tf32=True),
        convolution_backward_filters(X, Y, FILTERS, WINDOW).key(tf32=True),
    ],
)
def test_another_graph_has_another_key(other):
    assert other != key()


def test_roles_are_the_arrays():
    recipe = convolution(X, FILTERS, Y, WINDOW, bias="float32", adds=True)
    assert set(recipe.roles) == {"x", "filters", "bias", "addend", "y"}
    recipe = deconvolution_backward_filters(Y, X, FILTERS, WINDOW)
    assert set(recipe.roles) == {"x", "dy", "dfilters"}
    for form in inner_product(Tensor.plain((2, 3)), Tensor.plain((5, 3)), Tensor.plain((2, 5))):
        assert set(form.roles) == {"x", "weights", "y"}


def test_a_bias_is_one_number_per_channel_in_its_own_dtype():
    x, y = (Tensor.channels_last(t.shape, "float16") for t in (X, Y))
    filters = Tensor.channels_last((8, 4, 3, 3), "float16")
    bias = convolution(x, filters, y, WINDOW, bias="float32").inputs["bias"]
    assert bias == Tensor.channels_last((1, 8, 1, 1))


def test_matrices_are_transposed_by_their_strides():
    x, dy, dweights = (Tensor.plain(shape) for shape in ((2, 3), (2, 5), (5, 3)))
    product, _ = inner_product_backward_weights(x, dy, dweights)
    assert product.inputs["dy"].shape == (1, 5, 2)
    assert product.inputs["dy"].strides[1:] == (1, 5)
