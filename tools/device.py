"""The -gpu flag: which device a command runs on."""

from ..core import log


def choose_device(gpu: str, source: str = "caffe.cpp:197") -> str:
    """ "cpu" for an empty flag, else "gpu:N" for the first GPU named; says so in the log."""
    if not gpu:
        log.info(source, "Use CPU.")
        return "cpu"
    ordinal = gpu.split(",")[0]
    device = f"gpu:{0 if ordinal == 'all' else ordinal}"
    log.info(source, f"Using GPUs {gpu}")
    return device
