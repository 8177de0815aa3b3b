"""Score a model: caffe test -model net.prototxt -weights net.caffemodel [-iterations 50].

Runs the net in phase TEST and prints every output of every batch, then their means.
"""

from argparse import Namespace

from ..core import log
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import TEST
from .device import choose_device
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_flag("model", "", "the net definition, a prototxt file")
    parser.add_flag("weights", "", "the weights: files separated by commas")
    parser.add_flag("iterations", 50, "how many batches to run")
    parser.add_flag("gpu", "", "the GPU to run on; none: the CPU")
    parser.add_flag("level", 0, "the level of the net")
    parser.add_flag("stage", "", "stages of the net, separated by commas")


def run(flags: Namespace) -> int:
    """Print scores to the log."""
    if not flags.model:
        raise ConfigError("-model: a model definition is needed to score")
    if not flags.weights:
        raise ConfigError("-weights: model weights are needed to score")
    if flags.iterations < 1:
        raise ConfigError(f"-iterations: must be at least 1, got {flags.iterations}")
    device = choose_device(flags.gpu, "caffe.cpp:275")
    from ..nets import Net, load_weights
    from ..solvers.testing import mean_outputs

    stages = tuple(flags.stage.split(","))
    net = Net(read_net(flags.model), TEST, level=flags.level, stages=stages, device=device, keep=())
    try:
        for path in flags.weights.split(","):
            load_weights(net, path)
        log.info("caffe.cpp:281", f"Running for {flags.iterations} iterations.")
        means, loss = mean_outputs(net, flags.iterations, on_batch=_show_batch)
    finally:
        net.close()
    log.info("caffe.cpp:309", f"Loss: {loss:g}")
    for name, mean in means:
        weight = net.loss_weight(name)
        note = f" (* {weight:g} = {weight * mean:g} loss)" if weight else ""
        log.info("caffe.cpp:321", f"{name} = {mean:g}{note}")
    return 0


def _show_batch(number: int, scores: list[tuple[str, float]]) -> None:
    for name, value in scores:
        log.info("caffe.cpp:304", f"Batch {number}, {name} = {value:g}")
