"""What data layers give a net on a GPU."""

import time
from contextlib import ExitStack, closing

import cv2
import h5py
import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.kernels.gpu import Batches
from cortado.nets import Net
from cortado.proto import ConfigError, caffe_pb2, write_mean
from cortado.proto.caffe_pb2 import TEST, TRAIN
from cortado.proto.text import parse_text

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

# A net with something to do between two batches, in the layout that a convolution likes.
NET = """
layer {{ name: "data" type: "Data" top: "data" top: "label"
        data_param {{ source: "{source}" batch_size: {size} backend: LMDB prefetch: {prefetch} }}
        transform_param {{ {transform} }} }}
layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param {{ num_output: 4 kernel_size: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
        inner_product_param {{ num_output: 5 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}
"""


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


@pytest.fixture(params=["late", "early"])
def uploads(gpu, request):
    """For tests to run with uploads that end as late, and as early, as they can."""
    if not ON_DEVICE:
        gpu.uploads_are_late = request.param == "late"


@pytest.fixture
def make_net():
    """make_net(text, device, phase) -> a Net, closed in the end."""
    with ExitStack() as opened:

        def make(text, device="gpu", phase=TRAIN, **options):
            param = caffe_pb2.NetParameter()
            parse_text(text, param)
            net = Net(param, phase, device=device, seed=5, **options)
            return opened.enter_context(closing(net))

        yield make


def images_of(rng, *sizes, channels=3, count=7):
    return [
        rng.integers(0, 256, (channels, *sizes[i % len(sizes)]), np.uint8) for i in range(count)
    ]


def png(image):
    return cv2.imencode(".png", np.ascontiguousarray(image.transpose(1, 2, 0)))[1].tobytes()


def described(source, transform="", size=3, prefetch=4):
    return NET.format(source=source, transform=transform, size=size, prefetch=prefetch)


def on_gpu(net):
    return isinstance(net.plan.steps[0].runner.kernel, Batches)


def check_same(make_net, text, phase=TRAIN, passes=6, names=("data", "label")):
    """Batches on a GPU equal those on the host bit for bit."""
    host, device = (make_net(text, name, phase) for name in ("cpu", "gpu"))
    assert on_gpu(device)
    for number in range(passes):
        for net in (host, device):
            net.forward()
        for name in names:
            expected, found = (net.blobs[name].data for net in (host, device))
            np.testing.assert_array_equal(found, expected, err_msg=f"{name} of {number}")
    return device


TRANSFORMS = [
    "",
    "mirror: true scale: 0.0039215684",
    "crop_size: 6 mirror: true mean_value: 104.1 mean_value: 117.2 mean_value: 123.3",
    'crop_size: 6 mirror: true mean_file: "{mean}" scale: 0.017',
    "crop_size: 5 mean_value: 7.7 scale: -0.3",
]


@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize("phase", [TRAIN, TEST])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_batches_are_those_of_the_host(make_net, write_records, rng, tmp_path, phase, transform):
    write_mean(tmp_path / "mean", rng.uniform(0, 255, (1, 3, 8, 9)).astype(np.float32))
    source = write_records(images_of(rng, (8, 9)), [0, 1, 2, 3, 4, 0, 1])
    transform = transform.format(mean=tmp_path / "mean")
    check_same(make_net, described(source, transform), phase)


@pytest.mark.parametrize("prefetch", [1, 2])
def test_a_few_slots_do(make_net, write_records, rng, prefetch):
    source = write_records(images_of(rng, (8, 9)), [0, 1, 2, 3, 4, 0, 1])
    check_same(make_net, described(source, "mirror: true", prefetch=prefetch), passes=8)


def test_images_of_several_sizes_are_cropped(make_net, write_records, rng):
    source = write_records(images_of(rng, (8, 9), (130, 70), (6, 6)), [0, 1, 2, 3, 4, 0, 1])
    check_same(make_net, described(source, "crop_size: 6 mirror: true"))


@pytest.mark.parametrize("first_is_encoded", [False, True])
def test_pixels_may_lie_as_in_encoded_images_or_in_planes(
    make_net, write_records, rng, first_is_encoded
):
    images = images_of(rng, (8, 9))
    mixed = [png(x) if (i % 2 == 0) == first_is_encoded else x for i, x in enumerate(images)]
    source = write_records(mixed, [0, 1, 2, 3, 4, 0, 1])
    check_same(make_net, described(source, "crop_size: 6 force_color: true"))


def test_records_of_floats_are_transformed_on_the_host(make_net, write_records, rng):
    images = [image.astype(np.float32) + 0.5 for image in images_of(rng, (8, 9))]
    source = write_records(images, [0, 1, 2, 3, 4, 0, 1])
    check_same(make_net, described(source, "mirror: true mean_value: 3 scale: 0.5"))


def test_floats_among_bytes_are_an_error(make_net, write_records, rng):
    images = images_of(rng, (8, 9), count=4)
    images[3] = images[3].astype(np.float32)
    net = make_net(described(write_records(images, [0, 1, 2, 3])))
    net.forward()
    message = r"layer 'data' \(Data\): record b'00000003' of .*db: it holds float_data, but the"
    with pytest.raises(ConfigError, match=message):
        net.forward()


def test_a_batch_of_one_takes_the_size_of_its_image_on_the_host(make_net, write_records, rng):
    text = described(write_records(images_of(rng, (8, 9), (6, 7))), size=1).split("layer { name: ")
    text = "layer { name: ".join(text[:2])
    host, device = (make_net(text, name) for name in ("cpu", "gpu"))
    assert not on_gpu(device)
    for _ in range(3):
        host.forward()
        device.forward()
        np.testing.assert_array_equal(device.blobs["data"].data, host.blobs["data"].data)


def test_an_image_of_another_size_is_named_when_its_turn_comes(make_net, write_records, rng):
    images = [*images_of(rng, (8, 9), count=8), *images_of(rng, (6, 7), count=1)]
    net = make_net(described(write_records(images, [0] * 9)))
    message = r"layer 'data' \(Data\): record b'00000008' of .*db: it becomes 3 x 6 x 7 .*, but "
    for _ in range(2):
        net.forward()
    for _ in range(2):
        with pytest.raises(ConfigError, match=message):
            net.forward()
    assert net.state()["data"]["batches"] == 2


def test_a_record_that_does_not_decode_is_named_when_its_turn_comes(make_net, write_records, rng):
    images = [*map(png, images_of(rng, (8, 9), count=7)), b"no picture", b"none"]
    net = make_net(described(write_records(images, [0] * 9)))
    for _ in range(2):
        net.forward()
        time.sleep(0.02)  # by now the threads know
    with pytest.raises(ConfigError, match=r"'data' \(Data\): record b'00000007' of .*: its 10 b"):
        net.forward()


def test_a_label_that_is_no_class_is_named_with_its_record(make_net, write_records, rng):
    labels = [0, 1, 2, 3, 9, 0, 1, 1, 1, 1, 1, 1]
    net = make_net(described(write_records(images_of(rng, (8, 9), count=12), labels)))
    net.forward()
    with pytest.raises(ConfigError, match=r"9.*\(item 1 is record b'00000004' of "):
        net.forward()


def test_what_was_read_ahead_does_not_count(make_net, write_records, rng):
    source = write_records(images_of(rng, (8, 9)), [0, 1, 2, 3, 4, 0, 1])
    net, other = (make_net(described(source, "crop_size: 6 mirror: true")) for _ in range(2))
    for _ in range(4):
        net.forward()
        time.sleep(0.01)
    state = net.state()
    assert state["data"]["batches"] == 4
    assert net.layers[0].describe_item(1) == f"record b'00000003' of {source}"
    expected = []
    for _ in range(5):
        net.forward()
        expected.append(net.blobs["data"].data.copy())
    other.forward()
    for resumed in (other, net):
        resumed.restore(state)
        for batch in expected:
            resumed.forward()
            np.testing.assert_array_equal(resumed.blobs["data"].data, batch)


@pytest.mark.usefixtures("uploads")
def test_a_net_may_be_closed_at_any_time(make_net, write_records, rng):
    source = write_records(images_of(rng, (8, 9)), [0, 1, 2, 3, 4, 0, 1])
    for passes in range(4):
        net = make_net(described(source))
        for _ in range(passes):
            net.forward()
        net.close()
        net.close()


def test_labels_may_be_left_out(make_net, write_records, rng):
    source = write_records(images_of(rng, (8, 9)))
    text = (
        f'layer {{ name: "data" type: "Data" top: "data" transform_param {{ mirror: true }} '
        f'data_param {{ source: "{source}" batch_size: 3 backend: LMDB }} }}'
    )
    check_same(make_net, text, names=["data"])


@pytest.mark.parametrize(("precision", "bits"), [("float16", 11), ("bfloat16", 8)])
def test_images_are_rounded_and_labels_are_not(make_net, write_records, rng, precision, bits):
    labels = [257, 1, 2, 3, 4, 0, 1]
    text = described(write_records(images_of(rng, (8, 9)), labels), "scale: 0.017")
    text = text.replace("num_output: 5", "num_output: 300")
    host, device = make_net(text, "cpu"), make_net(text, precision=precision)
    for net in (host, device):
        net.forward()
    np.testing.assert_array_equal(device.blobs["label"].data, host.blobs["label"].data)
    assert device.blobs["data"].gpu_data.dtype.itemsize == 2
    got, want = (net.blobs["data"].data for net in (device, host))
    np.testing.assert_allclose(got, want, rtol=2.0**-bits)


def test_parts_of_a_net_and_whole_passes_take_turns(make_net, write_records, rng):
    source = write_records(images_of(rng, (8, 9)), [0, 1, 2, 3, 4, 0, 1])
    host, device = (make_net(described(source, "mirror: true"), name) for name in ("cpu", "gpu"))
    for net in (host, device):
        net.forward()
        net.forward(0, 0)
        net.forward(1)
        net.forward()
    np.testing.assert_array_equal(device.blobs["data"].data, host.blobs["data"].data)


def test_image_files_are_transformed_on_the_device(make_net, rng, tmp_path):
    for i, image in enumerate(images_of(rng, (8, 9), (9, 12))):
        (tmp_path / f"{i}.png").write_bytes(png(image))
    (tmp_path / "list.txt").write_text("".join(f"{i}.png {i}\n" for i in range(7)))
    text = (
        f'layer {{ name: "data" type: "ImageData" top: "data" top: "label" image_data_param {{ '
        f'source: "{tmp_path}/list.txt" root_folder: "{tmp_path}/" batch_size: 3 shuffle: true }} '
        f"transform_param {{ crop_size: 7 mirror: true mean_value: 9 scale: 0.1 }} }}"
    )
    net = check_same(make_net, text)
    assert len(net.layers[0]._uploads.arrays) == 3


def test_other_batches_are_uploaded_ahead_as_well(make_net, rng, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["deep"] = rng.standard_normal((5, 2, 3, 2, 2)).astype(np.float32)
        file["label"] = np.arange(5)
    (tmp_path / "list.txt").write_text(f"{tmp_path}/a.h5")
    text = (
        f'layer {{ name: "data" type: "HDF5Data" top: "deep" top: "label" '
        f'hdf5_data_param {{ source: "{tmp_path}/list.txt" batch_size: 2 }} }}'
    )
    check_same(make_net, text, names=["deep", "label"])


@pytest.mark.skipif(ON_DEVICE, reason="the journal is the emulated device's")
def test_the_batch_of_a_step_is_uploaded_before_the_last_one_is_waited_for(
    make_net, write_records, rng, gpu
):
    source = write_records(images_of(rng, (8, 9)), [0, 1, 2, 3, 4, 0, 1])
    gpu.uploads_are_late = False
    net = make_net(described(source, "mirror: true"))
    for _ in range(4):
        net.forward()
        time.sleep(0.05)  # as a step of a large net would
    del gpu.activity.journal[:]
    net.plan.step_on_gpu([], lambda batch: [], [])
    assert gpu.activity.journal[:2] == ["copy", "upload starts"]
    assert "wait" not in gpu.activity.journal
