import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.proto import ConfigError

LABELS = np.array([2, 0, 5, 2])


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize("options", ["bias: -0.35", "bias_base: 0.3 bias_gamma: 0.4 bias_max: 1"])
def test_margins(gpu, options, phase, in_place):
    layer = f'type: "LabelSpecificAdd" label_specific_add_param {{ {options} }}'
    check_parity(gpu, layer, (4, 6), LABELS, phase=phase, in_place=in_place, no_gradient=[1])
    check_parity(gpu, layer, (4, 2, 3), LABELS, phase=phase, no_gradient=[0, 1])


def test_no_margins_of_no_scores(gpu):
    check_parity(gpu, 'type: "LabelSpecificAdd"', (0, 6), LABELS[:0], no_gradient=[1])


@pytest.mark.parametrize("label", [6, -1, np.nan])
def test_a_label_that_names_no_score_is_a_fault(gpu, label):
    layer = 'type: "LabelSpecificAdd" label_specific_add_param { bias: 1 }'
    tried = gpu_layer(gpu, layer, (3, 6), np.array([1, label, 2.0]))
    context = tried.kernel._context
    gpu.residence.begin()
    context.changing.send()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
    with pytest.raises(ConfigError, match=r"index .* at \[1\] of bottom\[1\], the labels,"):
        context.faults.check()
