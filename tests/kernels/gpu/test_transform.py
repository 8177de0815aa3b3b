import numpy as np
import pytest
from emulated_gpu import ORDERS, thread_order
from gpu_parity import ON_DEVICE

from cortado.core import Blob
from cortado.data.image_windows import ImageWindows
from cortado.data.transform import Transformer
from cortado.kernels.gpu import Batches, Context, Transform
from cortado.proto import write_mean
from cortado.proto.caffe_pb2 import TEST, TRAIN, TransformationParameter
from cortado.proto.text import parse_text


def transformers(text, phase):
    param = TransformationParameter()
    parse_text(text, param)
    return Transformer(param, phase, "float32")


def on_device(gpu, array):
    device = gpu.empty(array.size, array.dtype)
    gpu.upload(array, device)
    return device


def run(gpu, transform, x, shape, channels_last, stored=None):
    blob = Blob(shape)
    blob.live_on(gpu.residence)
    blob.channels_last = channels_last
    if stored:
        blob.data_memory.store_as(np.dtype(stored))
    found = []
    for order in ORDERS if not ON_DEVICE else ORDERS[:1]:
        gpu.residence.begin()
        with thread_order(order):
            for launch in transform.bind(x, blob):
                launch()
        gpu.residence.end()
        found.append(blob.data.copy())
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    return found[0]


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("has_planes", [False, True])
@pytest.mark.parametrize("phase", [TRAIN, TEST])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "scale: 0.0039215684",
        "mirror: true mean_value: 104.00699 mean_value: 116.66877 mean_value: 122.67892",
        "crop_size: 5 mean_value: 7.5 scale: 0.017",
        "crop_size: 5 mirror: true mean_file: 'mean' scale: 0.3",
        "mirror: true mean_file: 'mean'",
    ],
)
def test_images_become_what_they_become_on_the_host(
    gpu, rng, tmp_path, text, phase, has_planes, channels_last
):
    write_mean(tmp_path / "mean", rng.uniform(0, 255, (1, 3, 7, 9)).astype(np.float32))
    transform = transformers(text.replace("'mean'", f"'{tmp_path}/mean'"), phase)
    images = rng.integers(0, 256, (6, 3, 7, 9), dtype=np.uint8)
    if not has_planes:
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    chances = transform.chances(3, 0, 6)
    shape = (6, *transform.output_size((3, 7, 9)))
    expected = np.empty(shape, np.float32)
    transform(images, expected, chances)
    windows = ImageWindows(transform, images[0])
    arrays = [np.empty(*part) for part in windows.parts(6)]
    windows.into_batch(images, arrays, slice(0, 6), chances)
    one_by_one = [np.empty(*part) for part in windows.parts(6)]
    for i in range(6):
        one = None if chances is None else chances[i : i + 1]
        windows.into_batch(images[i : i + 1], one_by_one, slice(i, i + 1), one)
    for k in (0, 2):
        np.testing.assert_array_equal(arrays[k], one_by_one[k])
    how = windows.mean, windows.scale, windows.has_planes
    kernel = Transform(Context(gpu), on_device(gpu, arrays[2]), *how)
    got = run(gpu, kernel, on_device(gpu, arrays[0]), shape, channels_last)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("shape", [(2, 3, 200, 11), (3, 2, 3, 5, 4), (5, 4), (7,)])
def test_numbers_of_any_shape_stay_what_they_are(gpu, rng, shape, channels_last):
    channels_last = channels_last and len(shape) > 2
    x = rng.standard_normal(shape).astype(np.float32)
    x.ravel()[:2] = -0.0, np.inf
    got = run(gpu, Transform(Context(gpu)), on_device(gpu, x), shape, channels_last)
    np.testing.assert_array_equal(got, x)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(x))


@pytest.mark.parametrize(("stored", "bits"), [("float16", 11), ("uint16", 8)])
def test_numbers_are_rounded_to_what_the_device_stores(gpu, rng, stored, bits):
    x = rng.standard_normal((4, 3, 5, 6)).astype(np.float32)
    got = run(gpu, Transform(Context(gpu)), on_device(gpu, x), x.shape, True, stored)
    np.testing.assert_allclose(got, x, rtol=2.0**-bits)
    assert (got != x).any()


def test_labels_may_be_left_out_of_the_tops(gpu):
    context = Context(gpu)
    blob = Blob((2, 3))
    blob.live_on(gpu.residence)
    arrays = [on_device(gpu, np.arange(n, dtype=np.float32)) for n in (6, 2, 9)]
    calls = Batches(context, lambda: None, arrays).bind_forward([], [blob])
    gpu.residence.begin()
    for call in calls:
        call()
    gpu.residence.end()
    assert len(calls) == 2
    assert blob.data.ravel().tolist() == list(range(6))
