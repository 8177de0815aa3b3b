import numpy as np
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Wants

PRIORS = """type: "PriorBox" prior_box_param {
    min_size: 20 max_size: 40 aspect_ratio: 2 variance: 0.1 variance: 0.1 variance: 0.2
    variance: 0.3 clip: true }"""


def test_priors(gpu):
    check_parity(gpu, PRIORS, (2, 8, 3, 5), (2, 3, 60, 80), backward=False)


def test_what_they_are_made_for_has_a_gradient_of_0(gpu):
    tried = gpu_layer(gpu, PRIORS, (2, 8, 3, 5), (2, 3, 60, 80))
    tried.bottom[0].diff[...] = 1
    gpu.residence.begin()
    for call in tried.kernel.bind_backward(tried.top, tried.bottom, Wants([True, False])):
        call()
    gpu.residence.end()
    np.testing.assert_array_equal(tried.bottom[0].diff, 0)
