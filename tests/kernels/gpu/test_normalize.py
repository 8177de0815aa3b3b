import pytest
from gpu_parity import check_parity

SHAPES = [(2, 3, 4, 5), (2, 70, 3, 3), (3, 5), (2, 300, 2), (0, 3, 2, 2)]


@pytest.mark.parametrize("shared", ["true", "false"])
@pytest.mark.parametrize("spatial", ["true", "false"])
@pytest.mark.parametrize("shape", SHAPES)
def test_normalize_of_ssd(gpu, shape, spatial, shared):
    param = f"across_spatial: {spatial} channel_shared: {shared}"
    check_parity(gpu, f'type: "Normalize" norm_param {{ {param} }}', shape, atol=1e-4)


def test_long_items(gpu):
    prototxt = 'type: "Normalize" norm_param { channel_shared: false }'
    check_parity(gpu, prototxt, (2, 3, 40, 41), atol=1e-4)


def test_no_gradient_is_wanted(gpu):
    check_parity(gpu, 'type: "Normalize"', (2, 3, 4, 5), no_gradient=[0], atol=1e-4)


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("bp_norm", ["true", "false"])
@pytest.mark.parametrize("kind", ["L1", "L2"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 40), (2, 3, 4), (0, 3, 2, 2)])
def test_normalize_of_caffe_windows(gpu, shape, kind, bp_norm, tops):
    param = f'normalize_type: "{kind}" bp_norm: {bp_norm}'
    prototxt = f'type: "Normalize" normalize_param {{ {param} }}'
    check_parity(gpu, prototxt, shape, tops=tops)
