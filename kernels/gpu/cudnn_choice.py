"""Whether cuDNN is asked first for what both it and our own CUDA code can do.

It may decline with a PlanningError, case by case; then our own code runs.
"""

from ...core.gpu import Gpu
from ..choice import allowed
from .context import Context


def may_ask_cudnn(context: Context) -> bool:
    """Whether cuDNN may be used, is installed, and runs on this device."""
    # An emulated device has none.
    if not allowed("cudnn") or not isinstance(context.gpu, Gpu):
        return False
    from .. import cudnn

    return cudnn.why_missing() is None
