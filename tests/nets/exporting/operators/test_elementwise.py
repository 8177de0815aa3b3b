import pytest

from cortado.nets.exporting import export_onnx
from cortado.proto import ConfigError

LAYERS = [
    'type: "ReLU"',
    'type: "ReLU" relu_param { negative_slope: 0.1 }',
    'type: "PReLU"',
    'type: "PReLU" prelu_param { channel_shared: true }',
    'type: "ELU" elu_param { alpha: 0.7 }',
    'type: "Sigmoid"',
    'type: "TanH"',
    'type: "AbsVal"',
    'type: "BNLL"',
    'type: "Swish" swish_param { beta: 1.5 }',
    'type: "Clip" clip_param { min: -0.5 max: 1 }',
    'type: "Threshold" threshold_param { threshold: 0.2 }',
    'type: "Power" power_param { power: 2 scale: 0.5 shift: 1 }',
    'type: "Power" power_param { scale: 0.5 }',
    'type: "Power"',
    'type: "Power" power_param { power: 3 }',
    'type: "Power" power_param { power: 0 shift: 2 }',
    'type: "Power" power_param { power: 2 scale: 0 shift: 3 }',
    'type: "Exp"',
    'type: "Exp" exp_param { base: 2 scale: 0.5 shift: 1 }',
    'type: "Dropout"',
    'type: "Dropout" dropout_param { dropout_ratio: 0.3 scale_train: false }',
]


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3)], ids=["4 axes", "2 axes"])
@pytest.mark.parametrize("layer", LAYERS)
def test_layers(check, layer, shape):
    check(layer, x=shape, batches=[3])


@pytest.mark.parametrize("fields", ["", "log_param { base: 2 scale: 0.5 shift: 4 }"])
def test_logarithms(check, fields):
    check(f'type: "Log" {fields}', x=(3,), values={"x": [0.5, 1, 3]})


def test_large_numbers_do_not_overflow_in_softplus(check):
    check('type: "BNLL"', x=(4,), values={"x": [-200, -1, 1, 200]})


@pytest.mark.parametrize(
    "fields", ["SUM", "PROD", "MAX", "SUM coeff: 1 coeff: -1 coeff: 0.5"], ids=str
)
def test_three_bottoms(check, fields):
    layer = f"""type: "Eltwise" bottom: "x" bottom: "a" bottom: "b" top: "y"
                eltwise_param {{ operation: {fields} }}"""
    check(layer, x=(2, 3, 4), a=(2, 3, 4), b=(2, 3, 4))


def test_dropout_that_stays_random_is_refused(make_net):
    layer = """layer { name: "drop" type: "Dropout" bottom: "x" top: "y"
               dropout_param { sample_weights_test: true } }"""
    with pytest.raises(
        ConfigError, match=r"'drop' \(Dropout\): cannot be exported.*sample_weights"
    ):
        export_onnx(make_net(layer, x=(2, 3)))
