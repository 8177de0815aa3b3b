import pytest

FIELDS = [
    "",
    "eps: 0.1 frozen: true",
    "scale_filler { value: 1 } shift_filler { value: 0 }",
    "bn_mode: INFERENCE",
    "var_eps: 0.1 moving_average: true",
    "var_eps: 0.1",
]


@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("folds", [True, False], ids=["folded", "as it is"])
def test_bn(check, fields, folds):
    layers = f"""layer {{ name: "conv" type: "Convolution" bottom: "x" top: "c"
                    convolution_param {{ num_output: 4 kernel_size: 3 }} }}
                 layer {{ name: "bn" type: "BN" bottom: "c" top: "y" bn_param {{ {fields} }} }}"""
    check(layers, x=(2, 3, 6, 7), folds=folds)


@pytest.mark.parametrize("fields", FIELDS)
def test_bn_alone(check, fields):
    check(f'type: "BN" bn_param {{ {fields} }}', x=(2, 3, 4, 5))


def test_bn_goes_into_the_convolution(check, operators):
    layers = """layer { name: "conv" type: "Convolution" bottom: "x" top: "c"
                    convolution_param { num_output: 4 kernel_size: 3 } }
                layer { name: "bn" type: "BN" bottom: "c" top: "c" }
                layer { name: "relu" type: "ReLU" bottom: "c" top: "y" }"""
    assert operators(check(layers, x=(2, 3, 6, 7))) == ["Conv", "Relu"]


def test_cudnn_batch_norm(check):
    check('type: "CuDNNBatchNorm"', x=(2, 3, 4, 5), batches=[3])


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "across_spatial: false channel_shared: false",
        "across_spatial: false",
        "channel_shared: false eps: 0.1",
    ],
)
def test_normalize_of_ssd(check, fields):
    check(f'type: "Normalize" norm_param {{ {fields} }}', x=(2, 3, 4, 5), batches=[3])


@pytest.mark.parametrize("kind", ["L1", "L2"])
@pytest.mark.parametrize("tops", ['top: "y"', 'top: "y" top: "norm"'])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3)], ids=str)
def test_normalize_of_caffe_windows(check, make_net, kind, tops, shape):
    from cortado.proto.caffe_pb2 import LayerParameter

    if "normalize_param" not in LayerParameter.DESCRIPTOR.fields_by_name:
        pytest.skip("there is no normalize_param")
    layer = f'type: "Normalize" bottom: "x" {tops} normalize_param {{ normalize_type: "{kind}" }}'
    check(layer, x=shape)
