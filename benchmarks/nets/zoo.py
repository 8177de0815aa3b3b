"""The nets that are measured: where their prototxts lie, and how many pictures a step takes."""

from dataclasses import dataclass, replace
from pathlib import Path

from cortado.proto import read_net
from cortado.proto.caffe_pb2 import NetParameter

BENCHMARKS = Path(__file__).parent.parent
MODELS = BENCHMARKS.parent / "models"


@dataclass(frozen=True)
class Subject:
    """A net to measure."""

    folder: Path  # holds deploy.prototxt, and train_val.prototxt or train_test.prototxt
    batch: int  # pictures in a training step

    @property
    def training(self) -> NetParameter:
        """The net that trains and tests."""
        name = "train_val" if (self.folder / "train_val.prototxt").exists() else "train_test"
        return read_net(self.folder / f"{name}.prototxt")

    @property
    def deployed(self) -> NetParameter:
        """The net that predicts."""
        return read_net(self.folder / "deploy.prototxt")

    @property
    def picture(self) -> tuple[int, ...]:
        """(C, H, W) of one input."""
        layer = next(layer for layer in self.deployed.layer if layer.type == "Input")
        return tuple(layer.input_param.shape[0].dim[1:])


SUBJECTS = {
    "alexnet": Subject(MODELS / "alexnet", 32),
    "googlenet": Subject(MODELS / "googlenet", 16),
    "squeezenet_v1.1": Subject(MODELS / "squeezenet_v1.1", 16),
    "resnet50": Subject(MODELS / "resnet50", 16),
    "mobilenet": Subject(MODELS / "mobilenet", 16),
    "vgg_a": Subject(BENCHMARKS / "nets" / "vgg_a", 8),
    "cifar10_quick": Subject(MODELS / "cifar10_quick", 100),
    "lenet": Subject(MODELS / "lenet", 64),
}

# With the batches of convnet-benchmarks: smaller ones leave most of a GPU idle.
GPU_SUBJECTS = {name: replace(subject, batch=128) for name, subject in SUBJECTS.items()} | {
    "overfeat": Subject(BENCHMARKS / "nets" / "overfeat", 128),
    "vgg_a": replace(SUBJECTS["vgg_a"], batch=64),
    "resnet50": replace(SUBJECTS["resnet50"], batch=64),
    "lenet": SUBJECTS["lenet"],
}
