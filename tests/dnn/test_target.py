import numpy as np
import pytest
from gpu_parity import open_test_gpu, why_no_gpu

from cortado import dnn
from cortado.core.device import opening
from cortado.nets import Net, save_weights
from cortado.proto import ConfigError, parse_net

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "score" type: "InnerProduct" bottom: "data" top: "score"
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }
"""
X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def net(tmp_path):
    (tmp_path / "deploy.prototxt").write_text(NET)
    save_weights(Net(parse_net(NET), 1, seed=3), tmp_path / "w.caffemodel")
    net = dnn.readNetFromCaffe(str(tmp_path / "deploy.prototxt"), str(tmp_path / "w.caffemodel"))
    net.setInput(X)
    return net


@pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))
@pytest.mark.parametrize(("target", "tolerance"), [(6, 1e-5), (7, 2e-2)])
def test_the_target_cuda_is_a_gpu(net, target, tolerance):
    expected = {name: net.forward(name).copy() for name in ("score", "prob")}
    with opening(open_test_gpu):
        net.setPreferableTarget(target)
        for name, array in expected.items():
            np.testing.assert_allclose(net.forward(name), array, rtol=tolerance, atol=tolerance)
        assert all(used.gpu is not None for used in net._nets.values())
        net.setPreferableTarget(dnn.DNN_TARGET_CPU)
    np.testing.assert_array_equal(net.forward("prob"), expected["prob"])


def test_without_a_gpu_the_cpu_goes_on_and_says_so(net):
    expected = net.forward().copy()

    def fail(ordinal):
        raise ConfigError("no GPU is usable")

    with opening(fail), pytest.warns(RuntimeWarning, match="the CPU: no GPU is usable"):
        net.setPreferableTarget(6)
    np.testing.assert_array_equal(net.forward(), expected)
