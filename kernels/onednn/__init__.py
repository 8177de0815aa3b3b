"""oneDNN kernels: the factories of `kernels.cpu` that oneDNN serves well, for float32.

Each raises PlanningError where oneDNN is absent, has no fast code for the geometry, or does not
know the dtype; then the kernel of `kernels.cpu` does the work. Nothing is loaded before the
first kernel is prepared.

The floors of this folder: kernels on plain arrays; `operations`, in layouts that the caller
chooses or leaves to oneDNN; primitives, memories and descriptors; the library.
"""

from typing import Any

from ...core import Shape, Window
from .errors import OneDNNError, PlanningError
from .library import why_missing
from .threads import set_thread_count, thread_count

__all__ = [
    "OneDNNError",
    "PlanningError",
    "prepare_average_pooling",
    "prepare_convolution",
    "prepare_deconvolution",
    "prepare_lrn_across_channels",
    "prepare_max_pooling",
    "set_thread_count",
    "thread_count",
    "why_missing",
]


def prepare_convolution(x_shape: Shape, num_output: int, window: Window, group: int, dtype: Any):
    """As kernels.cpu's; 1 to 3 spatial axes."""
    from .convolution import Convolution

    return Convolution(x_shape, num_output, window, group, dtype)


def prepare_deconvolution(x_shape: Shape, num_output: int, window: Window, group: int, dtype: Any):
    """As kernels.cpu's; 1 to 3 spatial axes."""
    from .deconvolution import Deconvolution

    return Deconvolution(x_shape, num_output, window, group, dtype)


def prepare_max_pooling(x_shape: Shape, window: Window, out: Shape, dtype: Any, keep_index: bool):
    """As kernels.cpu's; 1 to 3 spatial axes, no window over padding alone."""
    from .max_pooling import MaxPooling

    return MaxPooling(x_shape, window, out, dtype, keep_index)


def prepare_average_pooling(
    x_shape: Shape, window: Window, out: Shape, dtype: Any, count_padding: bool
):
    """As kernels.cpu's; 1 to 3 spatial axes, no window over padding alone."""
    from .average_pooling import AveragePooling

    return AveragePooling(x_shape, window, out, dtype, count_padding)


def prepare_lrn_across_channels(
    x_shape: Shape, local_size: int, alpha: float, beta: float, k: float, dtype: Any
):
    """As kernels.cpu's; local_size 3 or 5, beta 0.75."""
    from .lrn_across_channels import LRNAcrossChannels

    return LRNAcrossChannels(x_shape, local_size, alpha, beta, k, dtype)
