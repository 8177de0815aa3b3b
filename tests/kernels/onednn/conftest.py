import numpy as np
import pytest

from cortado.kernels.onednn import why_missing
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument
from cortado.kernels.onednn.memory import Memory
from cortado.kernels.onednn.operations import reorder


@pytest.fixture
def needs_onednn():
    if reason := why_missing():
        pytest.skip(reason)


LAYOUTS = {
    "plain": Descriptor.plain,
    "channels last": Descriptor.channels_last,
    "chosen by oneDNN": Descriptor.unspecified,
}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS.keys())
def layout(request):
    return request.param


BOTH_LAYOUTS = {
    "plain": (False, False),
    "channels-last": (True, True),
    "plain to channels-last": (False, True),
    "channels-last to plain": (True, False),
}


@pytest.fixture(params=BOTH_LAYOUTS.values(), ids=BOTH_LAYOUTS.keys())
def layouts(request):
    """Whether bottom and top lie channels-last."""
    return request.param


@pytest.fixture
def laid():
    """laid(array, channels_last) -> a float32 copy of the array, in one of the two layouts."""

    def lay(array, channels_last):
        array = np.asarray(array, "float32")
        if not channels_last:
            return np.ascontiguousarray(array)
        return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 1, -1)), -1, 1)

    return lay


@pytest.fixture
def run_calls():
    """run_calls(what a kernel bound)."""

    def make(calls):
        for call in calls.all:
            call()

    return make


@pytest.fixture
def assert_close():
    """assert_close(got, expected, tolerance): relative to the largest number expected."""

    def check(got, expected, tolerance=1e-4):
        scale = max(np.abs(expected).max(), 1e-6)
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * scale)

    return check


@pytest.fixture
def compute():
    return run


def run(operation, inputs, kept=None, before=None):
    """Execute a planned operation on plain arrays: (results as plain arrays, memories).

    `kept` are memories of an earlier execution, `before` what results held before.
    """
    memories = dict(kept or {})
    filled = inputs | (before or {})
    for argument, descriptor in operation.arguments().items():
        if argument not in memories:
            memories[argument] = Memory(descriptor)
            if argument in filled:
                copy(plain_memory(filled[argument]), memories[argument])
    operation.bind(memories)()
    inside = {*inputs, *(kept or {}), Argument.WORKSPACE, Argument.SCRATCHPAD}
    return {a: plain_array(m) for a, m in memories.items() if a not in inside}, memories


def plain_memory(array):
    array = np.ascontiguousarray(array, np.float32)
    return Memory(Descriptor.plain(array.shape), array)


def plain_array(memory):
    result = Memory(Descriptor.plain(memory.descriptor.shape, memory.descriptor.dtype))
    copy(memory, result)
    return result.array


def copy(source, target):
    operation = reorder.forward(source.descriptor, target.descriptor)
    operation.bind({Argument.X: source, Argument.Y: target})()
