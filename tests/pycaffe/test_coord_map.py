import numpy as np
import pytest

import caffe
from caffe import layers as L
from caffe.coord_map import (
    AxisMismatchException,
    UndefinedMapException,
    compose,
    conv_params,
    coord_map,
    coord_map_from_to,
    crop,
    crop_params,
    inverse,
)


@pytest.fixture
def data():
    return L.Input(shape=dict(dim=[1, 1, 100, 100]))


def fcn(data, pad=0):
    """Down to a quarter and up again."""
    conv = L.Convolution(data, num_output=2, kernel_size=3, pad=pad)
    pool = L.Pooling(L.ReLU(conv, in_place=True), kernel_size=2, stride=2)
    pool = L.Pooling(pool, kernel_size=2, stride=2)
    return L.Deconvolution(pool, convolution_param=dict(num_output=2, kernel_size=8, stride=4))


def test_each_layer_has_its_map(data):
    conv = L.Convolution(data, kernel_size=[5, 7], stride=2, pad=1, dilation=2, num_output=1)
    axis, a, b = coord_map(conv.fn)
    assert (axis, a.tolist(), b.tolist()) == (1, [0.5], [(1 - 4) / 2, (1 - 6) / 2])
    axis, a, b = coord_map(L.Deconvolution(data, convolution_param=dict(kernel_size=4, pad=1)).fn)
    assert (axis, a.tolist(), b.tolist()) == (1, [1], [0.5])
    assert coord_map(L.ReLU(data).fn) == (None, 1, 0)
    axis, a, b = coord_map(L.Crop(data, data, offset=[3, 4]).fn)
    assert (axis, a, b.tolist()) == (1, 1, [-3, -4])
    with pytest.raises(UndefinedMapException, match="positions do not pass through InnerProduct"):
        coord_map(L.InnerProduct(data).fn)
    with pytest.raises(UndefinedMapException, match="Pooling without kernel_size"):
        coord_map(L.Pooling(data, global_pooling=True).fn)


def test_fields_are_read_wherever_they_stand(data):
    for fields in (dict(kernel_size=3, pad=1), dict(pooling_param=dict(kernel_size=3, pad=1))):
        axis, stride, extent, pad = conv_params(L.Pooling(data, **fields).fn)
        assert (axis, *map(int, (stride[0], extent[0], pad[0]))) == (1, 1, 3, 1)
    axis, offset = crop_params(L.Crop(data, data, crop_param=dict(axis=3, offset=[2])).fn)
    assert (axis, offset.tolist()) == (3, [2])
    with pytest.raises(ValueError, match="Convolution: kernel_h is not supported here"):
        conv_params(L.Convolution(data, kernel_h=3, kernel_w=2).fn)


def test_maps_compose_and_invert():
    assert compose((1, 2, 3), (None, 5, 7)) == (1, 10, 17)
    assert compose((None, 1, 0), (1, 5, 7)) == (1, 5, 7)
    assert inverse((1, 2, 3)) == (1, 0.5, -1.5)
    with pytest.raises(AxisMismatchException, match="maps are of axes 1 and 2"):
        compose((1, 1, 0), (2, 1, 0))


def test_a_top_maps_to_itself(data):
    assert coord_map_from_to(data, data) == (None, 1, 0)
    assert crop(data, data).fn.params["crop_param"] == dict(axis=2, offset=[0])


def test_padding_shows_as_an_offset(data):
    for pad in (1, 100):
        axis, a, b = coord_map_from_to(fcn(data, pad), data)
        assert axis == 1
        np.testing.assert_allclose((a[0], b[0]), (1, -(pad + 1)))


def test_the_cropped_top_fits(data, tmp_path):
    n = caffe.NetSpec()
    n.data = data
    n.score = fcn(n.data, pad=100)
    n.crop = crop(n.score, n.data)
    assert n.crop.fn.params["crop_param"]["offset"] == [101]
    (tmp_path / "net.prototxt").write_text(str(n.to_proto()))
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    assert net.blobs["crop"].shape == (1, 2, 100, 100)


def test_fcn_32s_is_cropped_where_its_authors_did():
    """Long et al., CVPR 2015: offset 19, with VGG's convolutions and 100 pixels of padding."""
    data = top = L.Input()
    for i, convolutions in enumerate((2, 2, 3, 3, 3)):
        for j in range(convolutions):
            pad = 100 if i == j == 0 else 1
            top = L.ReLU(L.Convolution(top, num_output=64, kernel_size=3, pad=pad), in_place=True)
        top = L.Pooling(top, kernel_size=2, stride=2)
    top = L.Dropout(L.Convolution(top, num_output=4096, kernel_size=7), in_place=True)
    top = L.Convolution(top, num_output=21, kernel_size=1)
    up = L.Deconvolution(top, convolution_param=dict(num_output=21, kernel_size=64, stride=32))
    assert crop(up, data).fn.params["crop_param"] == dict(axis=2, offset=[19])


def test_crops_follow_other_branches_and_crops(data):
    left = L.Convolution(data, num_output=1, kernel_size=5)
    right = L.Convolution(data, num_output=1, kernel_size=3)
    assert crop(right, left).fn.params["crop_param"]["offset"] == [1]
    cropped = L.Crop(data, left, crop_param=dict(axis=2, offset=[2, 2]))
    assert crop(data, cropped).fn.params["crop_param"]["offset"] == [2, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d: L.Pooling(d, kernel_size=2, stride=2), "scales differ by a factor of"),
        (lambda d: L.Convolution(d, kernel_size=3, num_output=1), "begins before the first"),
        (lambda d: L.Convolution(d, kernel_size=4, pad=2, num_output=1), "between pixels"),
    ],
)
def test_what_no_crop_aligns_is_an_error(data, make, message):
    with pytest.raises(ValueError, match=message):
        crop(make(data), data)


def test_tops_without_a_common_ancestor_are_an_error(data):
    with pytest.raises(RuntimeError, match="no spatial layers connect the two tops"):
        crop(data, L.Input())
    with pytest.raises(RuntimeError, match="no spatial layers connect the two tops"):
        crop(L.InnerProduct(data), data)
    size = L.Input()
    with pytest.raises(RuntimeError, match="no spatial layers connect the two tops"):
        crop(L.Crop(data, size), size)
