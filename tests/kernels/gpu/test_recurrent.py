import numpy as np
import pytest
from gpu_parity import check_parity, open_test_gpu

from cortado.core.device import opening
from cortado.nets import Net
from cortado.proto import caffe_pb2
from cortado.proto.caffe_pb2 import TRAIN
from cortado.proto.text import parse_text

CONT = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1]], np.float32)
T, N, D = 4, 3, 2
NET = """
layer { name: "in" type: "Input" top: "x" top: "cont"
        input_param { shape { dim: 4 dim: N dim: 3 } shape { dim: 4 dim: N } } }
layer { name: "it" type: "LSTM" bottom: "x" bottom: "cont" top: "y"
        recurrent_param { num_output: 2 weight_filler { type: "gaussian" std: 1 } } }
"""


def recurrent(type: str, options: str = "") -> str:
    return f'type: "{type}" recurrent_param {{ num_output: {D} {options} }}'


@pytest.mark.parametrize("type", ["LSTM", "RNN"])
def test_states_live_on(gpu, type):
    check_parity(gpu, recurrent(type), (T, N, 5), CONT, atol=1e-4)


@pytest.mark.parametrize("type", ["LSTM", "RNN"])
def test_static_inputs(gpu, type):
    check_parity(gpu, recurrent(type), (T, N, 2, 3), CONT, (N, 5), atol=1e-4)


@pytest.mark.parametrize("type", ["LSTM", "RNN"])
@pytest.mark.parametrize("static", [[], [(N, 1)]])
def test_exposed_states(gpu, type, static):
    states = {"LSTM": 2, "RNN": 1}[type]
    bottoms = [(T, N, 3), CONT, *static, *[(1, N, D)] * states]
    check_parity(gpu, recurrent(type, "expose_hidden: true"), *bottoms, tops=1 + states, atol=1e-4)


@pytest.mark.parametrize("type", ["LSTM", "RNN"])
def test_one_step(gpu, type):
    check_parity(gpu, recurrent(type), (1, N, 3), CONT[:1], no_gradient=[0], atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "cont", "options"),
    [
        ((T, N, 3), [CONT], ""),
        ((T, N, 3), [], ""),
        ((T * N, 3), [CONT], f"batch_size: {N}"),
        ((T, N, 3), [CONT], "clipping_threshold: 0.1"),
    ],
)
def test_the_other_lstm(gpu, shape, cont, options):
    prototxt = f'type: "Lstm" lstm_param {{ num_output: {D} {options} }}'
    check_parity(gpu, prototxt, shape, *cont, atol=1e-4)


def test_clipped_gradients_stay_nan(gpu):
    x = np.ones((T, N, 3), np.float32)
    x[1, 0, 2] = np.nan
    prototxt = f'type: "Lstm" lstm_param {{ num_output: {D} clipping_threshold: 0.1 }}'
    check_parity(gpu, prototxt, x, CONT, atol=1e-4)


def test_lstm_unit(gpu):
    cont = np.array([[1, 0, 1]], np.float32)
    bottoms = (1, 3, 50), (1, 3, 200), cont
    check_parity(gpu, 'type: "LSTMUnit"', *bottoms, tops=2)
    check_parity(gpu, 'type: "LSTMUnit"', *bottoms, tops=2, no_gradient=[0])


def net_on(device, streams):
    param = caffe_pb2.NetParameter()
    parse_text(NET.replace("N", str(streams)), param)
    return Net(param, phase=TRAIN, device=device, seed=3)


@pytest.mark.parametrize("restored", [2, 4])
def test_states_are_saved_and_streams_come_and_go(gpu, restored):
    def run(device):
        seen, net = [], net_on(device, 3)
        for streams in (3, 2, 4, 4):
            net.blobs["x"].reshape(4, streams, 3)
            net.blobs["cont"].reshape(4, streams)
            net.blobs["x"].data[...] = np.linspace(-1, 1, 12 * streams).reshape(4, streams, 3)
            net.blobs["cont"].data[...] = 1
            net.forward()
            seen.append(net.blobs["y"].data.copy())
        other = net_on(device, restored)
        other.layers[-1].restore(net.layers[-1].state())
        other.blobs["cont"].data[...] = 1
        for _ in range(2):
            other.forward()
            seen.append(other.blobs["y"].data.copy())
        other.layers[-1].restore(net.layers[-1].state())
        other.forward()
        return [*seen, other.blobs["y"].data.copy()]

    with opening(open_test_gpu):
        results = run("gpu")
    for result, expected in zip(results, run("cpu"), strict=True):
        np.testing.assert_allclose(result, expected, 1e-4, 1e-5)


SIXTEEN_BITS = """
force_backward: true
layer { name: "in" type: "Input" top: "x" top: "cont" top: "static" top: "h" input_param {
        shape { dim: 4 dim: 3 dim: 5 } shape { dim: 4 dim: 3 } shape { dim: 3 dim: 2 }
        shape { dim: 1 dim: 3 dim: 2 } } }
layer { name: "it" type: "RNN" bottom: "x" bottom: "cont" bottom: "static" bottom: "h"
        top: "y" top: "last"
        recurrent_param { num_output: 2 expose_hidden: true weight_filler { type: "xavier" } } }
layer { name: "next" type: "LSTM" bottom: "y" bottom: "cont" top: "z"
        recurrent_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Reduction" bottom: "z" top: "sum" loss_weight: 1
        reduction_param { operation: SUMSQ } }
layer { name: "end" type: "Reduction" bottom: "last" top: "end" loss_weight: 1
        reduction_param { operation: SUMSQ } }
"""


def test_16_bits(gpu):
    def run(**options):
        param = caffe_pb2.NetParameter()
        parse_text(SIXTEEN_BITS, param)
        net = Net(param, phase=TRAIN, seed=3, **options)
        rng = np.random.default_rng(4)
        for name in ("x", "static", "h"):
            net.blobs[name].data[...] = rng.standard_normal(net.blobs[name].shape)
        net.blobs["cont"].data[...] = CONT
        net.forward()
        net.backward(adds=False)
        if options:
            stored = {name: str(net.blobs[name].gpu_data.dtype) for name in ("x", "y", "z", "last")}
            assert set(stored.values()) == {"uint16"}
        weights = [blob for blobs in net.params.values() for blob in blobs]
        gradients = [blob.diff.copy() for blob in (net.blobs["x"], net.blobs["h"], *weights)]
        return [net.blobs["z"].data.copy(), net.blobs["last"].data.copy(), *gradients]

    with opening(open_test_gpu):
        results = run(device="gpu", precision="bfloat16")
    for result, expected in zip(results, run(), strict=True):
        np.testing.assert_allclose(result, expected, 0.05, 0.02 * np.abs(expected).max())
