"""The -gpu and -precision flags: which device a command runs on, and how exactly."""

from ..core import log
from ..kernels.gpu import PRECISIONS
from .flags import FlagParser


def add_precision_flag(parser: FlagParser) -> None:
    """Declare -precision."""
    what = "how a GPU rounds products and, in 16 bits, blobs; weights stay float32"
    parser.add_flag("precision", "float32", what, choices=PRECISIONS)


def choose_device(gpu: str, source: str = "caffe.cpp:197") -> str:
    """ "cpu" for an empty flag, else "gpu:N" for the first GPU named; says so in the log."""
    if not gpu:
        log.info(source, "Use CPU.")
        return "cpu"
    ordinal, *others = gpu.split(",")
    device = f"gpu:{0 if ordinal == 'all' else ordinal}"
    log.info(source, f"Using GPUs {gpu}")
    if others or ordinal == "all":
        log.warning(source, f"a net runs on one GPU: on {device}")
    return device
