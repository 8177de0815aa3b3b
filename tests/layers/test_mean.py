import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError, write_mean


def mean(fields):
    return f'type: "Mean" mean_param {{ {fields} }}'


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("operation: SUBTRACT value: [1, 2, 3]", lambda x, m: x - m),
        ("operation: ADD value: [1, 2, 3]", lambda x, m: x + m),
        (
            "operation: SUBTRACT value: [1, 2, 3] input_scale: 0.5 mean_scale: 2 output_scale: 4",
            lambda x, m: 4 * (0.5 * x - 2 * m),
        ),
    ],
)
def test_values_repeat_along_the_channels(make_layer, fields, expected):
    layer, bottom, top = make_layer(mean(fields), (2, 6, 2, 2), (1, 3, 4, 5), tops=2)
    layer.forward(bottom, top)
    for x, y in zip(bottom, top, strict=True):
        by_channel = np.resize([1, 2, 3], x.shape[1]).reshape(-1, 1, 1)
        np.testing.assert_allclose(y.data, expected(x.data, by_channel))


def test_the_mean_may_be_an_image(make_layer, tmp_path):
    image = np.random.default_rng(3).standard_normal((1, 3, 2, 4)).astype("float32")
    write_mean(tmp_path / "mean.binaryproto", image)
    fields = f'operation: SUBTRACT file: "{tmp_path}/mean.binaryproto"'
    layer, bottom, top = make_layer(mean(fields), (2, 6, 2, 4))
    layer.forward(bottom, top)
    expected = bottom[0].data - np.concatenate([image[0], image[0]])
    np.testing.assert_allclose(top[0].data, expected)
    with pytest.raises(ConfigError, match=r"bottom\[0\], of shape \(2, 3, 2, 3\), must be images"):
        make_layer(mean(fields), (2, 3, 2, 3))


def test_gradient(make_layer):
    fields = "operation: ADD value: 1 input_scale: 2 output_scale: 3"
    check_gradients(*make_layer(mean(fields), (1, 2, 2, 2)))


def test_it_works_in_place(make_layer):
    layer, bottom, _ = make_layer(mean("operation: ADD value: 1"), [[[[1.0, 2]]]])
    layer.reshape(bottom, bottom)
    layer.forward(bottom, bottom)
    assert bottom[0].data.tolist() == [[[[2, 3]]]]


@pytest.mark.parametrize(
    ("fields", "shape", "message"),
    [
        ("value: 1", (1, 1, 2, 2), "mean_param.operation is required"),
        ("operation: ADD", (1, 1, 2, 2), "mean_param: give value or file, one of them"),
        ('operation: ADD value: 1 file: "x"', (1, 1, 2, 2), "give value or file, one of them"),
        ('operation: ADD file: "not_there"', (1, 1, 2, 2), "mean_param.file: .*not_there"),
        ("operation: ADD value: [1, 2]", (1, 3, 2, 2), r"bottom\[0\], of shape \(1, 3, 2, 2\)"),
        ("operation: ADD value: 1", (3, 2), r"bottom\[0\], of shape \(3, 2\), must be images"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Mean\): .*{message}"):
        make_layer(mean(fields), shape)


def test_several_images_are_no_mean(make_layer, tmp_path):
    write_mean(tmp_path / "mean.binaryproto", np.zeros((2, 3, 2, 4), "float32"))
    with pytest.raises(ConfigError, match="mean_param.file: holds 2 images; it must be one"):
        make_layer(mean(f'operation: ADD file: "{tmp_path}/mean.binaryproto"'), (1, 3, 2, 4))
