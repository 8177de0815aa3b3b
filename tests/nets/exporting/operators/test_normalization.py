import pytest


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3), (5,)], ids=str)
@pytest.mark.parametrize("fields", ["", "batch_norm_param { eps: 0.1 }"])
def test_batch_norm_with_running_statistics(check, fields, shape):
    check(f'type: "BatchNorm" {fields}', x=shape)


def test_batch_norm_of_the_batch(check):
    check('type: "BatchNorm" batch_norm_param { use_global_stats: false }', x=(4, 3, 4, 5))


def test_batch_norm_without_any_pass_remembered(make_net):
    from cortado.nets.exporting import export_onnx
    from cortado.nets.exporting.checking import compare, random_inputs

    net = make_net('layer { name: "b" type: "BatchNorm" bottom: "x" top: "y" }', x=(2, 3, 4, 5))
    net.params["b"][2].data[...] = 0
    (found,) = compare(net, export_onnx(net), random_inputs(net))
    assert found.agrees


@pytest.mark.parametrize("kind", ["Scale", "Bias"])
@pytest.mark.parametrize(
    "fields", ["", "axis: 0 num_axes: 2", "axis: 2 num_axes: -1", "num_axes: 0", "axis: -1"]
)
def test_learned_operands(check, kind, fields):
    bias = "bias_term: true" if kind == "Scale" else ""
    check(f'type: "{kind}" {kind.lower()}_param {{ {fields} {bias} }}', x=(2, 3, 4, 5))


@pytest.mark.parametrize("kind", ["Scale", "Bias"])
@pytest.mark.parametrize(("axis", "shape"), [(0, (2, 3)), (1, (3,)), (2, (4, 5)), (0, ())])
def test_operands_that_are_bottoms(check, kind, axis, shape):
    layer = f"""type: "{kind}" bottom: "x" bottom: "s" top: "y"
                {kind.lower()}_param {{ axis: {axis} }}"""
    check(layer, x=(2, 3, 4, 5), s=shape)


@pytest.mark.parametrize("shape", [(2, 7, 4, 5), (2, 7), (2, 7, 4)], ids=str)
def test_lrn_across_channels(check, shape):
    fields = "local_size: 5 alpha: 0.5 beta: 0.75 k: 2"
    check(f'type: "LRN" lrn_param {{ {fields} }}', x=shape, batches=[3])


@pytest.mark.parametrize("shape", [(2, 3, 7, 6), (2, 3, 9)], ids=str)
def test_lrn_within_a_channel(check, shape):
    fields = "local_size: 3 alpha: 0.5 beta: 0.75 norm_region: WITHIN_CHANNEL"
    check(f'type: "LRN" lrn_param {{ {fields} }}', x=shape)


@pytest.mark.parametrize(
    "fields",
    ["", "across_channels: true", "normalize_variance: false", "eps: 0.5 across_channels: true"],
)
def test_mvn(check, fields):
    check(f'type: "MVN" mvn_param {{ {fields} }}', x=(2, 3, 4, 5), batches=[3])


def test_mvn_of_single_numbers(check):
    check('type: "MVN"', x=(2, 3))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(check, axis):
    check(f'type: "Softmax" softmax_param {{ axis: {axis} }}', x=(2, 3, 4, 5))
