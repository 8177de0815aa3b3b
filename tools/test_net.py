"""Score a model: caffe test -model net.prototxt -weights net.caffemodel [-iterations 50].

Runs the net in phase TEST and prints every output of every batch, then their means; of a net that
ends in DetectionEvaluate, the average precision of each class, then their mean.
"""

from argparse import Namespace
from typing import Any

from ..core import log
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import TEST
from .device import add_precision_flag, choose_device
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_flag("model", "", "the net definition, a prototxt file")
    parser.add_flag("weights", "", "the weights: files separated by commas")
    parser.add_flag("iterations", 50, "how many batches to run")
    parser.add_flag("gpu", "", "the GPU to run on; none: the CPU")
    add_precision_flag(parser)
    parser.add_flag("level", 0, "the level of the net")
    parser.add_flag("stage", "", "stages of the net, separated by commas")
    parser.add_flag("ap_version", "Integral", "of detectors: 11point, MaxIntegral or Integral")


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
    from ..solvers.average_precision import check_version
    from ..solvers.detection_testing import is_detector

    check_version(flags.ap_version, "-ap_version")

    stages = tuple(flags.stage.split(","))
    net = Net(
        read_net(flags.model),
        TEST,
        level=flags.level,
        stages=stages,
        device=device,
        keep=(),
        precision=flags.precision,
    )
    try:
        for path in flags.weights.split(","):
            load_weights(net, path)
        log.info("caffe.cpp:281", f"Running for {flags.iterations} iterations.")
        if is_detector(net):
            _detect(net, flags.iterations, flags.ap_version)
        else:
            _score(net, flags.iterations)
    finally:
        net.close()
    return 0


def _score(net: Any, batches: int) -> None:
    from ..solvers.testing import mean_outputs

    means, loss = mean_outputs(net, batches, on_batch=_show_batch)
    log.info("caffe.cpp:309", f"Loss: {loss:g}")
    for name, mean in means:
        weight = net.loss_weight(name)
        note = f" (* {weight:g} = {weight * mean:g} loss)" if weight else ""
        log.info("caffe.cpp:321", f"{name} = {mean:g}{note}")


def _detect(net: Any, batches: int, version: str) -> None:
    from ..solvers.detection_testing import evaluate

    found, loss = evaluate(net, batches)
    log.info("caffe.cpp:309", f"Loss: {loss:g}")
    for name, evaluation in found.items():
        precisions = evaluation.by_class(version)
        for label, precision in precisions.items():
            log.info("caffe.cpp:321", f"class{label}: {precision:g}")
        mean = sum(precisions.values()) / len(precisions)
        log.info("caffe.cpp:321", f"{name} = {mean:g}")


def _show_batch(number: int, scores: list[tuple[str, float]]) -> None:
    for name, value in scores:
        log.info("caffe.cpp:304", f"Batch {number}, {name} = {value:g}")
