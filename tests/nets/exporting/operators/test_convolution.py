import pytest

FIELDS = [
    "kernel_size: 3",
    "kernel_size: 3 stride: 2 pad: 1 bias_term: false",
    "kernel_size: 3 group: 2 dilation: 2 pad: 2",
    "kernel_h: 3 kernel_w: 1 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 0",
    "kernel_size: 1 group: 4",
    "kernel_size: 1 pad: 1",
]


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("fields", FIELDS)
def test_geometries(check, kind, fields):
    layer = f'type: "{kind}" convolution_param {{ num_output: 8 {fields} }}'
    check(layer, x=(2, 4, 7, 8), batches=[3])


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("shape", [(2, 4, 9), (2, 4, 5, 6, 7)], ids=["1-d", "3-d"])
def test_other_numbers_of_axes(check, kind, shape):
    fields = "num_output: 2 kernel_size: 3 stride: 2 pad: 1"
    check(f'type: "{kind}" convolution_param {{ {fields} }}', x=shape)


@pytest.mark.parametrize("axis", [0, 2, 3])
def test_axes_before_the_channels_count_images(check, axis):
    fields = f"num_output: 3 kernel_size: 2 axis: {axis}"
    check(f'type: "Convolution" convolution_param {{ {fields} }}', x=(4, 3, 5, 6)[-4:])


def test_several_bottoms_share_the_filters(check):
    layer = """type: "Convolution" bottom: "x" bottom: "z" top: "y" top: "w"
               convolution_param { num_output: 2 kernel_size: 3 }"""
    model = check(layer, x=(2, 3, 7, 8), z=(1, 3, 5, 5))
    assert len(model.graph.initializer) == 2


def test_shared_weights_are_written_once(check):
    layer = """layer {{ name: "{0}" type: "Convolution" bottom: "{0}x" top: "{0}y"
               param {{ name: "w" }} param {{ name: "b" }}
               convolution_param {{ num_output: 2 kernel_size: 3 }} }}"""
    layers = layer.format("a") + layer.format("b")
    assert len(check(layers, ax=(2, 3, 7, 8), bx=(2, 3, 7, 8)).graph.initializer) == 2


def test_columns(check):
    fields = "kernel_size: 3 stride: 2 pad: 1"
    check(f'type: "Im2col" convolution_param {{ {fields} }}', x=(2, 3, 7, 8))
