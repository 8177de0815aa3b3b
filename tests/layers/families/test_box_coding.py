import numpy as np
import pytest

from cortado.layers.families.box_coding import BoxCoding
from cortado.proto.caffe_pb2 import PriorBoxParameter

PRIOR = np.array([[0.2, 0.2, 0.6, 0.4]])
BOX = np.array([[0.3, 0.1, 0.5, 0.5]])
VARIANCE = np.array([[0.1, 0.1, 0.2, 0.2]])


@pytest.mark.parametrize(
    ("code_type", "code"),
    [
        ("CORNER", [0.1, -0.1, -0.1, 0.1]),
        ("CORNER_SIZE", [0.25, -0.5, -0.25, 0.5]),
        ("CENTER_SIZE", [0, 0, np.log(0.5), np.log(2)]),
    ],
)
def test_codes(code_type, code):
    coding = BoxCoding(PriorBoxParameter.CodeType.Value(code_type))
    np.testing.assert_allclose(
        coding.encode(PRIOR, VARIANCE, BOX), [code / VARIANCE[0]], atol=1e-12
    )
    left_out = BoxCoding(coding.code_type, variance_in_target=True)
    np.testing.assert_allclose(left_out.encode(PRIOR, VARIANCE, BOX), [code], atol=1e-12)


@pytest.mark.parametrize("code_type", PriorBoxParameter.CodeType.values())
@pytest.mark.parametrize("in_target", [True, False])
def test_decode_undoes_encode(rng, code_type, in_target):
    coding = BoxCoding(code_type, in_target)
    low = rng.random((2, 6, 2))
    priors, boxes = (np.concatenate([low, low + rng.random((2, 6, 2)) + 0.1], -1) for _ in "12")
    variances = rng.random((6, 4)) + 0.1
    codes = coding.encode(priors, variances, boxes)
    np.testing.assert_allclose(coding.decode(priors, variances, codes), boxes)


def test_a_code_of_0_is_the_prior():
    for code_type in PriorBoxParameter.CodeType.values():
        found = BoxCoding(code_type).decode(PRIOR, VARIANCE, np.zeros((1, 4)))
        np.testing.assert_allclose(found, PRIOR)
