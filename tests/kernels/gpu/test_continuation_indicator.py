import pytest
from gpu_parity import check_parity


@pytest.mark.parametrize("steps", [1, 4])
def test_the_first_step_of_each_sequence_is_marked(gpu, steps):
    param = f"time_step: {steps} batch_size: 3"
    prototxt = f'type: "ContinuationIndicator" continuation_indicator_param {{ {param} }}'
    check_parity(gpu, prototxt, backward=False)
