import numpy as np
import pytest
from gpu_parity import check_parity

from cortado.core import Blob
from cortado.kernels.gpu import Context, Dropout, Wants

SHAPE = (2, 3, 4, 5)
OPTIONS = ["", "dropout_ratio: 0.3 scale_train: false", "dropout_ratio: 0"]


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize("options", [*OPTIONS, "sample_weights_test: true"])
def test_the_same_numbers_are_dropped_as_on_the_host(gpu, options, phase, in_place):
    layer = f'type: "Dropout" dropout_param {{ {options} }}'
    check_parity(gpu, layer, SHAPE, phase=phase, in_place=in_place)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize("options", OPTIONS[:2])
def test_the_same_channels_are_dropped_as_on_the_host(gpu, options, phase, in_place):
    layer = f'type: "SpatialDropout" dropout_param {{ {options} }}'
    check_parity(gpu, layer, (3, 7, 2, 5), phase=phase, in_place=in_place)


@pytest.mark.parametrize("shape", [(), (7,), (4, 6), (2, 3, 5), (2, 3, 2, 3, 2), (0, 3)])
def test_shapes_of_other_numbers_of_axes(gpu, shape):
    check_parity(gpu, 'type: "Dropout"', shape)
    if len(shape) > 1:
        check_parity(gpu, 'type: "SpatialDropout"', shape)


def test_many_numbers_are_dropped_by_many_blocks(gpu):
    check_parity(gpu, 'type: "Dropout"', (3, 5, 31, 33))


def test_backward_drops_what_forward_dropped_though_the_key_has_changed(gpu):
    context, keys = Context(gpu), iter((1, 2))
    bottom, top = [Blob((1000,))], [Blob((1000,))]
    for blob in (*bottom, *top):
        blob.live_on(gpu.residence)
        blob.data[...] = blob.diff[...] = 1
    key = context.changing.add("uint64", lambda: next(keys))
    kernel = Dropout(context, key, 1 << 31, 2.0, False)
    gpu.residence.begin()
    context.changing.send()
    for call in kernel.bind_forward(bottom, top):
        call()
    context.changing.send()
    for call in kernel.bind_backward(top, bottom, Wants([True])):
        call()
    gpu.residence.end()
    np.testing.assert_array_equal(top[0].data, bottom[0].diff)
    assert 400 < np.count_nonzero(top[0].data) < 600
