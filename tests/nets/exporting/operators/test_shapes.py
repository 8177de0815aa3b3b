import pytest

from cortado.nets.exporting import export_onnx
from cortado.proto import ConfigError

RESHAPES = [
    "shape { dim: 0 dim: -1 }",
    "shape { dim: 0 dim: 4 dim: 15 }",
    "shape { dim: 5 dim: -1 } axis: 1",
    "shape { dim: 3 dim: 2 dim: 2 } axis: 1 num_axes: 2",
]


@pytest.mark.parametrize("fields", RESHAPES)
def test_reshape(check, fields):
    check(f'type: "Reshape" reshape_param {{ {fields} }}', x=(2, 3, 4, 5), batches=[3])


@pytest.mark.parametrize("fields", ["", "axis: 2", "axis: 0 end_axis: 1", "axis: -2"])
def test_flatten(check, fields):
    check(f'type: "Flatten" flatten_param {{ {fields} }}', x=(2, 3, 4, 5), batches=[3])


@pytest.mark.parametrize("fields", ["", "axis: 2", "concat_dim: 0", "axis: -1"])
def test_concat(check, fields):
    layer = f'type: "Concat" bottom: "x" bottom: "z" top: "y" concat_param {{ {fields} }}'
    check(layer, x=(2, 3, 4), z=(2, 3, 4))


@pytest.mark.parametrize(
    "fields", ["", "axis: 2 slice_point: 1 slice_point: 3", "slice_dim: 1", "axis: -2"]
)
def test_slice(check, fields):
    layer = f"""type: "Slice" bottom: "x" top: "a" top: "b" top: "c"
                slice_param {{ {fields} }}"""
    check(layer, x=(2, 6, 4), batches=[3])


@pytest.mark.parametrize("fields", ["", "offset: 1", "axis: 1 offset: 1 offset: 0 offset: 2"])
def test_crop(check, fields):
    layer = f'type: "Crop" bottom: "x" bottom: "z" top: "y" crop_param {{ {fields} }}'
    check(layer, x=(2, 4, 5, 6), z=(2, 3, 4, 4))


def test_a_crop_that_takes_nothing_away_is_left_out(check, operators):
    layer = """layer { name: "c" type: "Crop" bottom: "x" bottom: "z" top: "c" }
               layer { name: "r" type: "ReLU" bottom: "c" top: "y" }"""
    assert operators(check(layer, x=(2, 4, 5, 6), z=(2, 4, 5, 6))) == ["Relu"]


def test_tile(check):
    check('type: "Tile" tile_param { axis: -2 tiles: 3 }', x=(2, 3, 4), batches=[3])


def test_batch_reindex(check):
    check('type: "BatchReindex" bottom: "x" bottom: "index" top: "y"', x=(3, 2, 2), index=(5,))


@pytest.mark.parametrize("bits", [[1, 0, 2, 1], [0, 0, 0, 0]], ids=["three", "none"])
def test_filter(check, bits):
    layer = 'type: "Filter" bottom: "x" bottom: "s" top: "y"'
    check(layer, x=(4, 3, 2), s=(4,), values={"s": bits})


def test_split_and_silence_leave_nothing(check, operators):
    layers = """layer { name: "s" type: "Split" bottom: "x" top: "a" top: "b" }
                layer { name: "quiet" type: "Silence" bottom: "a" }
                layer { name: "r" type: "ReLU" bottom: "b" top: "y" }"""
    assert operators(check(layers, x=(2, 3))) == ["Relu"]


def test_parameters_and_constants(check):
    layers = """layer { name: "p" type: "Parameter" top: "p" parameter_param {
                        shape { dim: 2 dim: 3 } } }
                layer { name: "d" type: "DummyData" top: "d" dummy_data_param {
                        shape { dim: 2 dim: 3 } data_filler { value: 2 } } }
                layer { name: "s" type: "Eltwise" bottom: "x" bottom: "p" bottom: "d" top: "y" }"""
    check(layers, x=(2, 3))


def test_random_constants_are_refused(make_net):
    layers = """layer { name: "d" type: "DummyData" top: "d" dummy_data_param {
                        shape { dim: 2 } data_filler { type: "gaussian" } } }
                layer { name: "s" type: "Eltwise" bottom: "x" bottom: "d" top: "y" }"""
    with pytest.raises(ConfigError, match=r"'d' \(DummyData\).*data_filler.*Input layer"):
        export_onnx(make_net(layers, x=(2,)))
