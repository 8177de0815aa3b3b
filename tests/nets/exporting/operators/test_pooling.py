import pytest

SHAPES = [(2, 3, 7, 8), (1, 2, 6, 5)]
WINDOWS = [
    "kernel_size: 3 stride: 2",
    "kernel_size: 2 stride: 2",
    "kernel_size: 3 stride: 2 pad: 1",
    "kernel_size: 3 stride: 1 pad: 2",
    "kernel_size: 2 stride: 3 pad: 1",
    "kernel_h: 3 kernel_w: 2 stride_h: 3 stride_w: 2 pad_h: 1 pad_w: 0",
    "kernel_size: 4 stride: 3 pad: 2",
    "kernel_size: 3 stride: 2 pad: 1 round_mode: FLOOR",
    "kernel_size: 2 stride: 3 ceil_mode: false",
    "global_pooling: true",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("pool", ["MAX", "AVE", "AVE avg_include_pad: false"])
def test_windows_reach_as_far_as_caffe_lets_them(check, pool, window, shape):
    check(f'type: "Pooling" pooling_param {{ pool: {pool} {window} }}', x=shape)


@pytest.mark.parametrize("window", [WINDOWS[0], WINDOWS[1], WINDOWS[9]])
def test_stochastic_pooling_gives_the_expected_value(check, window):
    check(f'type: "Pooling" pooling_param {{ pool: STOCHASTIC {window} }}', x=(2, 3, 7, 8))


def test_stochastic_pooling_of_nothing_positive_is_zero(check):
    zeros = {"x": [[[[0, -1], [0, -2]]]]}
    field = "pooling_param { pool: STOCHASTIC kernel_size: 2 }"
    check(f'type: "Pooling" {field}', x=(1, 1, 2, 2), values=zeros)


def test_places_are_counted_in_each_plane(check):
    layer = """type: "Pooling" bottom: "x" top: "y" top: "places"
               pooling_param { kernel_size: 3 stride: 2 pad: 1 }"""
    check(layer, x=(2, 3, 7, 6))


@pytest.mark.parametrize("shape", [(2, 3, 9), (2, 3, 5, 4, 6)], ids=["1-d", "3-d"])
@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_other_numbers_of_axes(check, pool, shape):
    check(
        f'type: "Pooling" pooling_param {{ pool: {pool} kernel_size: 3 stride: 2 pad: 1 }}', x=shape
    )


def test_four_axes_are_refused(make_net):
    from cortado.nets.exporting import export_onnx
    from cortado.proto import ConfigError

    layer = (
        'layer { name: "p" type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 2 } }'
    )
    with pytest.raises(
        ConfigError, match=r"layer 'p' \(Pooling\): cannot be exported .* 4 spatial"
    ):
        export_onnx(make_net(layer, x=(1, 1, 2, 2, 2, 2)))


def test_caffes_usual_pooling_needs_one_operator(check, operators):
    for pool, name in (("MAX", "MaxPool"), ("AVE", "AveragePool")):
        field = f"pooling_param {{ pool: {pool} kernel_size: 3 stride: 2 }}"
        assert operators(check(f'type: "Pooling" {field}', x=(1, 2, 8, 8))) == [name]


@pytest.mark.parametrize("height", [1, 2, 3])
@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize("size", [(9, 7), (4, 4)])
def test_pyramids(check, size, pool, height):
    field = f"spp_param {{ pyramid_height: {height} pool: {pool} }}"
    check(f'type: "SPP" {field}', x=(2, 3, *size), batches=[3])
