import gc
import threading

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels.onednn import OneDNNError, PlanningError, set_thread_count, thread_count
from cortado.kernels.onednn.attributes import Apply, Attributes, Combine
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Binary, Eltwise
from cortado.kernels.onednn.memory import Memory
from cortado.kernels.onednn.operations import eltwise, matmul, softmax
from cortado.kernels.onednn.operations.convolution import convolution
from cortado.kernels.onednn.primitive import Execution

pytestmark = pytest.mark.usefixtures("needs_onednn")

PLAIN = Descriptor.plain


@pytest.fixture
def product():
    return matmul.forward(PLAIN((2, 3)), PLAIN((3, 4)), None, PLAIN((2, 4)))


@pytest.fixture
def memories(product):
    return {argument: Memory(descriptor) for argument, descriptor in product.arguments().items()}


@pytest.fixture
def restore_threads():
    before = thread_count()
    yield
    set_thread_count(before)


def test_arguments_are_what_the_operation_takes(product):
    expected = {
        Argument.X: PLAIN((2, 3)),
        Argument.FILTERS: PLAIN((3, 4)),
        Argument.Y: PLAIN((2, 4)),
    }
    assert {a: d for a, d in product.arguments().items() if a != Argument.SCRATCHPAD} == expected
    assert product.descriptor(Argument.BIAS) is None


def test_a_call_reads_and_writes_the_arrays_held(rng, product, memories):
    execution = product.bind(memories)
    for _ in range(2):
        x, w = rng.standard_normal((2, 3)).astype("f"), rng.standard_normal((3, 4)).astype("f")
        y = np.empty((2, 4), "f")
        for argument, array in [(Argument.X, x), (Argument.FILTERS, w), (Argument.Y, y)]:
            memories[argument].hold(array)
        execution()
        np.testing.assert_allclose(y, x @ w, rtol=1e-5)


def test_arguments_are_checked(product, memories):
    with pytest.raises(OneDNNError, match="matmul: FILTERS is missing"):
        product.bind({a: m for a, m in memories.items() if a != Argument.FILTERS})
    with pytest.raises(OneDNNError, match="matmul: takes no BIAS"):
        product.bind(memories | {Argument.BIAS: memories[Argument.X]})
    with pytest.raises(OneDNNError, match="matmul: takes no argument 1025"):
        product.bind(memories | {1025: memories[Argument.X]})
    with pytest.raises(OneDNNError, match=r"X was planned as .*\(2, 3\).*, got .*\(2, 4\)"):
        product.bind(memories | {Argument.X: memories[Argument.Y]})


def test_results_must_be_writeable(product, memories):
    array = np.zeros((2, 4), np.float32)
    array.flags.writeable = False
    with pytest.raises(OneDNNError, match="read-only"):
        product.bind(memories | {Argument.Y: Memory(PLAIN((2, 4)), array)})


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(OneDNNError, match="matmul_primitive_desc_create: invalid arguments"):
        matmul.forward(PLAIN((2, 3)), PLAIN((4, 4)), None, PLAIN((2, 4)))


def test_the_reference_implementation_is_refused():
    x = Descriptor.strided((4, 3), (5, 1))
    with pytest.raises(PlanningError, match=r"eltwise_forward has only .*\(ref:any\)"):
        eltwise.forward(Eltwise.TANH, x, x)


def test_binary_post_ops_are_arguments(rng, compute):
    x, w = rng.standard_normal((2, 3)).astype("f"), rng.standard_normal((3, 4)).astype("f")
    factor = rng.standard_normal((1, 4)).astype("f")
    post_ops = Attributes([Combine(Binary.MULTIPLY, PLAIN((1, 4))), Apply(Eltwise.RELU, 0.5)])
    operation = matmul.forward(PLAIN((2, 3)), PLAIN((3, 4)), None, PLAIN((2, 4)), post_ops)
    inputs = {Argument.X: x, Argument.FILTERS: w, Argument.post_op(0): factor}
    results, _ = compute(operation, inputs)
    scaled = (x @ w) * factor
    expected = np.where(scaled > 0, scaled, 0.5 * scaled)
    np.testing.assert_allclose(results[Argument.Y], expected, rtol=1e-5, atol=1e-6)


def convolve(channels: int) -> Execution:
    x, filters = PLAIN((2, channels, 9, 9)), PLAIN((16, channels, 3, 3))
    window = Window((3, 3), (1, 1), (1, 1), (1, 1))
    operation = convolution.forward(
        Descriptor.unspecified(x.shape),
        Descriptor.unspecified(filters.shape),
        None,
        PLAIN((2, 16, 9, 9)),
        window,
    )
    memories = {a: Memory(d) for a, d in operation.arguments().items()}
    for argument in (Argument.X, Argument.FILTERS):
        memories[argument]._array[:] = 0
    return operation.bind(memories)


def test_nothing_is_freed_before_its_last_use(rng):
    alive = []
    for i in range(60):
        alive.append(convolve(1 + i % 5))
        if len(alive) > 10:
            del alive[rng.integers(len(alive))]
        if i % 20 == 0:
            gc.collect()
        for execution in alive:
            execution()
            assert not execution.memories[Argument.Y].array.any()


def test_every_thread_may_plan_and_execute():
    failures = []

    def work(seed):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((3, 50)).astype("f")
        for _ in range(30):
            operation = softmax.forward(softmax.Softmax.SOFTMAX, PLAIN(x.shape), PLAIN(x.shape), 1)
            y = np.empty_like(x)
            operation.bind(
                {Argument.X: Memory(PLAIN(x.shape), x), Argument.Y: Memory(PLAIN(x.shape), y)}
            )()
            if not np.allclose(y.sum(axis=1), 1):
                failures.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.usefixtures("restore_threads")
def test_primitives_keep_their_number_of_threads():
    executions = []
    for count in {1, thread_count()}:
        set_thread_count(count)
        assert thread_count() == count
        executions.append(convolve(5))
    set_thread_count(1)
    for execution in executions:
        execution()
        thread = threading.Thread(target=execution)
        thread.start()
        thread.join()
        assert not execution.memories[Argument.Y].array.any()


@pytest.mark.parametrize("count", [0, -1, 1 << 20])
def test_thread_counts_have_bounds(count):
    with pytest.raises(ValueError, match=rf"must be 1 to \d+ \(processors\), got {count}"):
        set_thread_count(count)
