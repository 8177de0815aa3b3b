import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def eltwise(param=""):
    return f'type: "Eltwise" eltwise_param {{ {param} }}'


A, B, C = [1, 2, 0, -4], [3, -1, 0, -4], [2, 2, 0, 5]


@pytest.mark.parametrize(
    ("param", "bottoms", "expected"),
    [
        ("", (A, B), [4, 1, 0, -8]),
        ("", (A, B, C), [6, 3, 0, -3]),
        ("coeff: 1 coeff: -1", (A, B), [-2, 3, 0, 0]),
        ("coeff: 2 coeff: 0 coeff: 0.5", (A, B, C), [3, 5, 0, -5.5]),
        ("operation: PROD", (A, B, C), [6, -4, 0, 80]),
        ("operation: MAX", (A, B), [3, 2, 0, -4]),
        ("operation: MAX", (A, B, C), [3, 2, 0, 5]),
    ],
)
def test_forward(make_layer, param, bottoms, expected):
    layer, bottom, top = make_layer(eltwise(param), *bottoms)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == expected


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 2), (1, 2, 2, 2, 2)])
@pytest.mark.parametrize(
    "param",
    ["", "coeff", "operation: MAX", "operation: PROD", "operation: PROD stable_prod_grad: false"],
)
def test_gradient(make_layer, param, shape, count):
    if param == "coeff":
        param = " ".join(f"coeff: {i - 1.5}" for i in range(count))
    layer, bottom, top = make_layer(eltwise(param), *[shape] * count)
    check_gradients(layer, bottom, top)


def test_equal_maxima_pass_the_gradient_to_the_second_bottom(make_layer):
    layer, bottom, top = make_layer(
        eltwise("operation: MAX"), [1, 1, 0, 1], [1, 0, 0, 1], [0, 1, 0, 1]
    )
    layer.forward(bottom, top)
    top[0].diff[...] = 7
    layer.backward(top, bottom)
    assert [blob.diff.tolist() for blob in bottom] == [[0, 7, 0, 0], [7, 0, 7, 7], [0, 0, 0, 0]]


def test_only_the_stable_gradient_of_a_product_survives_0(make_layer):
    for stable, expected in (("true", [3, 5]), ("false", [np.nan, 5])):
        param = f"operation: PROD stable_prod_grad: {stable}"
        layer, bottom, top = make_layer(eltwise(param), [0, 2], [3, 5])
        layer.forward(bottom, top)
        top[0].diff[...] = 1
        layer.backward(top, bottom)
        np.testing.assert_array_equal(bottom[0].diff, expected)


@pytest.mark.parametrize("param", ["", "coeff: 2 coeff: -3 coeff: 4", "operation: MAX"])
def test_in_place_gives_what_separate_blobs_give(make_layer, param):
    layer, bottom, top = make_layer(eltwise(param), (4, 5), (4, 5), (4, 5))
    x, dy = bottom[0].data.copy(), np.cos(np.arange(20)).reshape(4, 5)
    layer.forward(bottom, top)
    top[0].diff[...] = dy
    layer.backward(top, bottom)
    apart = [top[0].data.copy(), *(blob.diff.copy() for blob in bottom)]

    top = bottom[:1]
    layer.reshape(bottom, top)
    bottom[0].data[...] = x
    layer.forward(bottom, top)
    top[0].diff[...] = dy
    layer.backward(top, bottom)
    together = [top[0].data, *(blob.diff for blob in bottom)]
    np.testing.assert_array_equal(together, apart)


def test_only_wanted_gradients_are_written(make_layer):
    layer, bottom, top = make_layer(eltwise(), (3,), (3,))
    layer.propagate_down = [True, False]
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert bottom[0].diff.all()
    assert not bottom[1].diff.any()


@pytest.mark.parametrize(
    ("param", "shapes", "message"),
    [
        ("coeff: 1", [(3,), (3,)], "eltwise_param.coeff: 1 values for 2 bottoms; give one for"),
        ("operation: PROD coeff: 1 coeff: 2", [(3,), (3,)], "only operation SUM takes coeff"),
        ("", [(3,), (3,), (1,)], r"bottom\[2\] has shape \(1,\), bottom\[0\] \(3,\); they must be"),
        ("", [(3,)], "takes 2 or more bottom blobs, got 1"),
    ],
)
def test_errors(make_layer, param, shapes, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Eltwise\): .*{message}"):
        make_layer(eltwise(param), *shapes)


def test_a_product_in_place_is_refused(make_layer):
    layer, bottom, _ = make_layer(eltwise("operation: PROD"), (3,), (3,))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom[:1])
