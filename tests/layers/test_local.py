import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

NAMES = [("Local", "local_param"), ("LocalConvolution", "convolution_param")]


def local(fields="num_output: 2 kernel_size: 3", names=NAMES[0]):
    return f'type: "{names[0]}" {names[1]} {{ {fields} }}'


def definition(x, w, b, size, stride, pad):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    out_h, out_w = ((n - size) // stride + 1 for n in x.shape[2:])
    y = np.zeros((len(x), len(w), out_h, out_w))
    for n, m, i, j in np.ndindex(y.shape):
        place = i * out_w + j
        rows, columns = (slice(k * stride, k * stride + size) for k in (i, j))
        y[n, m, i, j] = x[n, :, rows, columns].ravel() @ w[m, 0, :, place]
        y[n, m, i, j] += b[0, 0, m, place] if b is not None else 0
    return y


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize(
    ("fields", "size", "stride", "pad"),
    [("kernel_size: 3", 3, 1, 0), ("kernel_size: 2 stride: 2 pad: 1", 2, 2, 1)],
)
@pytest.mark.parametrize("bias", [True, False])
def test_every_place_has_filters_of_its_own(make_layer, names, fields, size, stride, pad, bias):
    more = "" if bias else "bias_term: false"
    layer, bottom, top = make_layer(local(f"num_output: 2 {fields} {more}", names), (2, 3, 5, 6))
    layer.forward(bottom, top)
    w, *b = (weight.data for weight in layer.weights)
    assert len(b) == bias
    assert w.shape == (2, 1, 3 * size**2, top[0].shape[2] * top[0].shape[3])
    expected = definition(bottom[0].data, w, b[0] if b else None, size, stride, pad)
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("fields", ["kernel_size: 3", "kernel_size: 2 stride: 2 pad: 1"])
def test_gradient(make_layer, names, fields):
    check_gradients(*make_layer(local(f"num_output: 2 {fields}", names), (2, 2, 4, 3)))


def test_fillers(make_layer):
    fields = "num_output: 2 kernel_size: 3 weight_filler { value: 2 } bias_filler { value: 3 }"
    layer, _, _ = make_layer(local(fields), (1, 1, 4, 4))
    layer.fill_weights()
    assert [float(weight.data.ravel()[0]) for weight in layer.weights] == [2, 3]


@pytest.mark.parametrize(
    ("fields", "shape", "message"),
    [
        ("kernel_size: 3", (1, 1, 4, 4), "local_param.num_output is required"),
        ("num_output: 2", (1, 1, 4, 4), "local_param.kernel_size: is required"),
        ("num_output: 2 kernel_size: 5", (1, 1, 4, 4), r"local_param.kernel_size: .* does not fit"),
        ("num_output: 2 kernel_size: 3", (4, 4), r"must be \(N, C, H, W\), got shape \(4, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Local\): .*{message}"):
        make_layer(local(fields), shape)


def test_another_size_is_named(make_layer):
    layer, bottom, top = make_layer(local(), (1, 1, 4, 4))
    bottom[0].reshape(1, 1, 5, 5)
    with pytest.raises(ConfigError, match=r"made for every place of one size .*\(1, 1, 5, 5\)"):
        layer.reshape(bottom, top)
