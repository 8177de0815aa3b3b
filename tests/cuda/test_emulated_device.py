"""Memory, copies, captures and arrays of the emulated GPU are as strict as CuPy's."""

import numpy as np
import pytest
from emulated_gpu import DeviceArray, EmulatedGpu, LaunchError, OutOfMemory, why_missing

pytestmark = pytest.mark.skipif(why_missing() is not None, reason=str(why_missing()))

ADD = 'extern "C" __global__ void add(float* y, float v) { y[threadIdx.x] += v; }'


@pytest.fixture
def gpu():
    return EmulatedGpu()


@pytest.fixture
def x(gpu):
    array = gpu.empty(6, "f")
    gpu.upload(np.arange(6, dtype="f"), array)
    return array


def test_new_arrays_are_zero_or_garbage(gpu):
    assert gpu.zeros(3, "f").get().tolist() == [0, 0, 0]
    assert np.isnan(gpu.empty(3, "f").get()).all()
    assert np.isnan(gpu.empty(3, "float16").get()).all()
    assert gpu.empty(3, "i").get().tolist() == [-1, -1, -1]
    assert gpu.empty(0, "f").size == 0
    assert gpu.pointer(gpu.empty(3, "f")) % 256 == 0


def test_memory_is_limited_and_comes_back():
    gpu = EmulatedGpu(limit=1000)
    first = gpu.zeros(200, "f")
    assert gpu.memory_info() == (200, 1000)
    with pytest.raises(OutOfMemory, match="no room for 204 bytes more: 200 of 1000 are free"):
        gpu.empty(51, "f")
    part = first[10:].reshape(19, 10)
    del first
    assert gpu.memory_info() == (200, 1000)
    del part
    assert gpu.memory_info() == (1000, 1000)


def test_copies_are_counted(gpu, x):
    back, y = np.zeros((2, 3), "f"), gpu.zeros(6, "f")
    gpu.copy(x, y)
    gpu.download(y, back)
    assert back.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (gpu.uploads, gpu.bytes_uploaded) == (1, 24)
    assert (gpu.downloads, gpu.bytes_downloaded) == (1, 24)


def test_copies_that_do_not_fit(gpu, x):
    with pytest.raises(ValueError, match="5 x float32 do not fit an array of 6 x float32"):
        gpu.upload(np.zeros(5, "f"), x)
    with pytest.raises(ValueError, match="6 x float32 do not fit an array of 6 x int32"):
        gpu.download(x, np.zeros(6, "i"))
    with pytest.raises(ValueError, match="lies dense"):
        gpu.copy(x[::2], gpu.zeros(3, "f"))
    with pytest.raises(TypeError, match="takes an array of the device, got ndarray"):
        gpu.upload(np.zeros(6, "f"), np.zeros(6, "f"))
    with pytest.raises(TypeError, match="takes an array of the host, got DeviceArray"):
        gpu.download(x, x)
    with pytest.raises(TypeError, match="takes an array of the device"):
        gpu.pointer(np.zeros(6, "f"))


@pytest.mark.parametrize(
    "mix",
    [
        lambda x, host: x + host,
        lambda x, host: host + x,
        lambda x, host: x.__iadd__(host),
        lambda x, host: host.__iadd__(x),
        lambda x, host: x == host,
        lambda x, host: np.exp(host, out=x),
        lambda x, host: np.exp(x, out=host),
        lambda x, host: x.__setitem__(slice(None), host),
        lambda x, host: np.add.at(x, np.array([0, 1]), 1),
        lambda x, host: np.concatenate([x, host]),
        lambda x, host: np.copyto(host, x),
        lambda x, host: np.allclose(x, host),
        lambda x, host: x.dot(host),
        lambda x, host: np.where(host > 0, x, x),
    ],
)
def test_arrays_of_host_and_device_do_not_mix(x, mix):
    with pytest.raises(TypeError, match=r"Unsupported type <class 'numpy.ndarray'>"):
        mix(x, np.ones(6, "f"))


def test_what_is_computed_of_device_arrays_stays_there(x):
    results = [
        x[1:], x[::2], x.reshape(2, 3).T, x.ravel(), x.astype("d"), x.copy(), x[2], x.sum(),
        x.mean(), x + 1, 1 + x, -x, x > 2, np.sqrt(x), np.float32(2) * x, np.sum(x), x.max(),
        np.concatenate([x, x]), x[x > 1], x.view("i"), x.any(), next(iter(x)),
        np.where(x > 1, x, 0),
    ]  # fmt: skip
    for i, result in enumerate(results):
        assert type(result) is DeviceArray, i
        assert result.activity is x.activity, i
    assert x.mean().item() == 2.5


def test_what_waits_for_the_device_is_counted(gpu, x):
    waits = [
        lambda: float(x[1]), lambda: int(x[1]), lambda: bool(x[1]), lambda: x[1].item(),
        lambda: x.get(), lambda: x.tolist(), lambda: range(x[1:2].astype("i")[0]),
        lambda: f"{x[1]:.1f}", lambda: 3 in x, lambda: gpu.synchronize(),
    ]  # fmt: skip
    for i, wait in enumerate(waits):
        wait()
        assert gpu.synchronisations == i + 1
    assert type(x.get()) is np.ndarray


def test_a_capture_does_nothing_until_it_is_replayed(gpu, x):
    add = gpu.compile(ADD, ()).get_function("add")
    y = gpu.zeros(6, "f")

    def square():
        y[...] *= y

    replay = gpu.capture(
        [
            lambda: add((1,), (6,), (x, np.float32(1))),
            lambda: gpu.copy(x, y),
            square,
            lambda: x[3:].fill(0),
        ]
    )
    assert x.get().tolist() == [0, 1, 2, 3, 4, 5]
    replay()
    assert y.get().tolist() == [1, 4, 9, 16, 25, 36]
    replay()
    assert x.get().tolist() == [2, 3, 4, 0, 0, 0]
    assert y.get().tolist() == [4, 9, 16, 1, 1, 1]
    assert (gpu.graph_launches, gpu.launches) == (2, 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda gpu, x: gpu.zeros(1, "f"),
        lambda gpu, x: gpu.empty(1, "f"),
        lambda gpu, x: gpu.upload(np.zeros(6, "f"), x),
        lambda gpu, x: gpu.download(x, np.zeros(6, "f")),
        lambda gpu, x: gpu.synchronize(),
        lambda gpu, x: gpu.capture([]),
        lambda gpu, x: float(x[0]),
        lambda gpu, x: bool(x[0]),
        lambda gpu, x: x.get(),
        lambda gpu, x: x[0].item(),
        lambda gpu, x: x + 1,
        lambda gpu, x: x.copy(),
        lambda gpu, x: x.sum(),
        lambda gpu, x: np.concatenate([x, x]),
    ],
)
def test_what_a_capture_cannot_hold(gpu, x, call):
    with pytest.raises(RuntimeError, match="is not possible while a graph is captured"):
        gpu.capture([lambda: call(gpu, x)])
    call(gpu, x)  # the capture is over


def test_wrong_arguments_show_in_the_capture(gpu, x):
    add = gpu.compile(ADD, ()).get_function("add")
    with pytest.raises(TypeError, match="kernel add: v takes"):
        gpu.capture([lambda: add((1,), (6,), (x, 1.0))])


def test_a_graph_does_not_keep_its_arrays(gpu):
    add = gpu.compile(ADD, ()).get_function("add")
    arrays = [gpu.zeros(6, "f")]
    replay = gpu.capture([lambda: add((1,), (6,), (arrays[0], np.float32(1)))])
    replay()
    arrays.clear()
    with pytest.raises(LaunchError, match="kernel add: an array of the graph is no longer there"):
        replay()


def test_launches_are_counted(gpu, x):
    add = gpu.compile(ADD, ()).get_function("add")
    add((1,), (3,), (x[2:], np.float32(10)))
    assert x.get().tolist() == [0, 1, 12, 13, 14, 5]
    assert gpu.launches == 1


def test_printing_an_array_is_no_wait(gpu, x):
    assert "0." in repr(x[:2])
    assert str(x[:2]).startswith("DeviceArray")
    assert gpu.synchronisations == 0


@pytest.mark.parametrize("late", [True, False])
def test_uploads_beside_other_work_are_there_after_their_event(gpu, x, late):
    gpu.uploads_are_late = late
    pinned = gpu.pinned(8, "f")
    pinned[...] = 1
    done = gpu.start_upload(pinned[2:], x, gpu.mark())
    assert done.done == (not late)
    pinned[...] = 2
    gpu.wait_for(done)
    assert done.done == (not late)
    assert x.get().tolist() == [2 if late else 1] * 6
    assert (gpu.uploads, gpu.bytes_uploaded) == (2, 48)
    waits = gpu.synchronisations
    done.synchronize()
    assert done.done
    assert gpu.synchronisations == waits + 1


def test_uploads_that_would_go_wrong(gpu, x):
    pinned, y = gpu.pinned(6, "f"), gpu.zeros(6, "f")
    before = gpu.mark()
    gpu.copy(x, y)
    with pytest.raises(RuntimeError, match="a copy may not have read the array yet"):
        gpu.start_upload(pinned, x, before)
    with pytest.raises(ValueError, match="only pinned memory"):
        gpu.start_upload(np.zeros(6, "f"), x, gpu.mark())
    with pytest.raises(ValueError, match="do not fit"):
        gpu.start_upload(pinned[1:], x, gpu.mark())
    gpu.start_upload(pinned, x, gpu.mark())


def test_the_journal_says_in_which_order_things_were_asked_for(gpu, x):
    graph = gpu.capture([lambda: gpu.copy(x, x)])
    gpu.start_upload(gpu.pinned(6, "f"), x, gpu.mark())
    gpu.copy(x, gpu.zeros(6, "f"))
    graph()
    gpu.synchronize()
    assert gpu.activity.journal == ["upload starts", "copy", "graph", "wait"]
