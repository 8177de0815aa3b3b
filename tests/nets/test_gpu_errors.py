"""What nets on a GPU say when something is wrong."""

import pytest
from emulated_gpu import EmulatedGpu
from gpu_nets import PLAIN, make
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.proto import ConfigError

NO_ROOM = r"no room for .*lower batch_size.* largest blobs.* 'x' 0.0 MiB.*; all weights"

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


def test_a_label_that_is_no_class_is_named():
    net = make(PLAIN)
    net.blobs["labels"].data[2] = 17
    with pytest.raises(ConfigError, match=r"layer 'loss' \(SoftmaxWithLoss\): .*17"):
        net.forward()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "float8"}, "precision: 'float8' is none of float32, tf32, bfloat16"),
        ({"precision": "tf32", "device": "cpu"}, 'precision: "tf32" needs a GPU'),
        ({"device": "gpu:x"}, "device: 'gpu:x' is none of"),
    ],
)
def test_what_a_device_cannot_do_is_named(options, message):
    with pytest.raises(ConfigError, match=message):
        make(PLAIN, **options)


@pytest.mark.skipif(ON_DEVICE, reason="limits the memory of an emulated device")
def test_a_device_without_room_says_what_takes_it():
    with opening(lambda ordinal: EmulatedGpu(limit=6_000, ordinal=ordinal)):
        net = make(PLAIN)
        with pytest.raises(ConfigError, match=NO_ROOM):
            net.forward()


@pytest.mark.skipif(ON_DEVICE, reason="limits the memory of an emulated device")
def test_a_device_without_room_for_what_a_net_prepares_says_so_too():
    small = opening(lambda ordinal: EmulatedGpu(limit=600, ordinal=ordinal))
    with small, pytest.raises(ConfigError, match=NO_ROOM):
        make(PLAIN, keep=[])


def test_weights_of_another_device_are_refused():
    ours, theirs = make(PLAIN), make(PLAIN, device="cpu")
    message = 'on device "gpu" it cannot use the weights of a net on device "cpu"'
    with pytest.raises(ConfigError, match=message):
        ours.share_weights(theirs)
    with pytest.raises(ConfigError, match=message):
        make(PLAIN, share_with=theirs)
