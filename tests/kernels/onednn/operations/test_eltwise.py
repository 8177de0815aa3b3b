import numpy as np
import pytest

from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Eltwise
from cortado.kernels.onednn.memory import Memory
from cortado.kernels.onednn.operations import eltwise


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# alpha, beta, y of x
FUNCTIONS = {
    Eltwise.RELU: (0.1, 0, lambda x: np.where(x > 0, x, 0.1 * x)),
    Eltwise.TANH: (0, 0, np.tanh),
    Eltwise.ELU: (0.5, 0, lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    Eltwise.SQUARE: (0, 0, np.square),
    Eltwise.ABS: (0, 0, np.abs),
    Eltwise.SQRT: (0, 0, np.sqrt),
    Eltwise.LINEAR: (3, 2, lambda x: 3 * x + 2),
    Eltwise.SOFT_RELU: (1, 0, lambda x: np.log1p(np.exp(x))),
    Eltwise.LOGISTIC: (0, 0, sigmoid),
    Eltwise.EXP: (0, 0, np.exp),
    Eltwise.SWISH: (1, 0, lambda x: x * sigmoid(x)),
    Eltwise.LOG: (0, 0, np.log),
    Eltwise.CLIP: (-1, 1, lambda x: np.clip(x, -1, 1)),
    Eltwise.CLIP_V2: (-1, 1, lambda x: np.clip(x, -1, 1)),
    Eltwise.POWER: (2, 3, lambda x: 2 * x**3),
}
POSITIVE = {"SQRT", "SQRT_OF_Y", "LOG"}


@pytest.mark.parametrize("function", list(Eltwise))
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 17, 5, 3)], ids=str)
def test_both_passes(rng, compute, function, shape):
    by_result = function.name.endswith("_OF_Y")
    alpha, beta, definition = FUNCTIONS[Eltwise[function.name.removesuffix("_OF_Y")]]
    x, dy = rng.uniform(0.1, 2, shape), rng.standard_normal(shape)
    if function.name not in POSITIVE:
        x *= rng.choice([-1, 1], shape)
    y, step = definition(x), 1e-6
    dx = dy * (definition(x + step) - definition(x - step)) / (2 * step)

    array = Descriptor.plain(shape)
    forward = eltwise.forward(function, array, array, alpha, beta)
    results, _ = compute(forward, {Argument.X: x})
    np.testing.assert_allclose(results[Argument.Y], y, rtol=1e-4, atol=1e-5)
    backward = eltwise.backward(function, array, array, array, alpha, beta, forward)
    data = {Argument.Y: y} if by_result else {Argument.X: x}
    results, _ = compute(backward, data | {Argument.DY: dy})
    np.testing.assert_allclose(results[Argument.DX], dx, rtol=1e-4, atol=1e-5)


def test_in_place(rng):
    array = rng.standard_normal((2, 16, 3, 3)).astype("f")
    expected = np.maximum(array, 0)
    plain = Descriptor.plain(array.shape)
    memory = Memory(plain, array)
    relu = eltwise.forward(Eltwise.RELU, plain, plain)
    relu.bind({Argument.X: memory, Argument.Y: memory})()
    np.testing.assert_array_equal(array, expected)
