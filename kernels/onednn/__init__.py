"""oneDNN kernels: the factories of `kernels.cpu` that oneDNN serves well, for float32.

Each raises PlanningError where oneDNN is absent, has no fast code for the geometry, or does not
know the dtype; then the kernel of `kernels.cpu` does the work. Nothing is loaded before the
first kernel is prepared.

The floors of this folder: kernels on plain arrays; `operations`, in layouts that the caller
chooses or leaves to oneDNN; primitives, memories and descriptors; the library.
"""

from collections.abc import Sequence
from typing import Any

from ...core import Shape, Window
from .errors import OneDNNError, PlanningError
from .library import why_missing
from .threads import set_thread_count, thread_count
from .workspace import Workspace

__all__ = [
    "OneDNNError",
    "PlanningError",
    "Workspace",
    "prepare_activation",
    "prepare_average_pooling",
    "prepare_batch_normalization",
    "prepare_concatenation",
    "prepare_convolution",
    "prepare_deconvolution",
    "prepare_inner_product",
    "prepare_lrn_across_channels",
    "prepare_max_pooling",
    "prepare_relu",
    "prepare_softmax",
    "prepare_sum",
    "set_thread_count",
    "thread_count",
    "why_missing",
]


Layouts = tuple[bool, bool]  # whether x and y are channels-last

PLAIN = (False, False)


def prepare_convolution(
    x_shape: Shape,
    num_output: int,
    window: Window,
    group: int,
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's; 1 to 3 spatial axes."""
    from .convolution import Convolution

    return Convolution(x_shape, num_output, window, group, dtype, channels_last, workspace)


def prepare_deconvolution(
    x_shape: Shape,
    num_output: int,
    window: Window,
    group: int,
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's; 1 to 3 spatial axes."""
    from .deconvolution import Deconvolution

    return Deconvolution(x_shape, num_output, window, group, dtype, channels_last, workspace)


def prepare_inner_product(
    rows: int,
    inputs: int,
    outputs: int,
    transposed: bool,
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's."""
    from .inner_product import InnerProduct

    _check_float32(dtype)
    return InnerProduct(rows, inputs, outputs, transposed, workspace)


def prepare_max_pooling(
    x_shape: Shape,
    window: Window,
    out: Shape,
    dtype: Any,
    keep_index: bool,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's; 1 to 3 spatial axes, no window over padding alone."""
    from .max_pooling import MaxPooling

    return MaxPooling(x_shape, window, out, dtype, keep_index, channels_last, workspace)


def prepare_average_pooling(
    x_shape: Shape,
    window: Window,
    out: Shape,
    dtype: Any,
    count_padding: bool,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's; 1 to 3 spatial axes, no window over padding alone."""
    from .average_pooling import AveragePooling

    return AveragePooling(x_shape, window, out, dtype, count_padding, channels_last, workspace)


def prepare_lrn_across_channels(
    x_shape: Shape,
    local_size: int,
    alpha: float,
    beta: float,
    k: float,
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's; local_size 3 or 5, beta 0.75."""
    from .lrn_across_channels import LRNAcrossChannels

    return LRNAcrossChannels(x_shape, local_size, alpha, beta, k, dtype, channels_last, workspace)


def prepare_batch_normalization(
    x_shape: Shape,
    epsilon: float,
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
    **parts,
):
    """As kernels.cpu's; x and y in one layout."""
    from .batch_normalization import BatchNormalization

    _check_float32(dtype)
    _check_one_layout(channels_last)
    return BatchNormalization(
        x_shape, epsilon, channels_last=channels_last[0], workspace=workspace, **parts
    )


def prepare_relu(
    count: int, slope: float, dtype: Any, *, channels_last: Layouts = PLAIN, workspace: Any = None
):
    """As kernels.cpu's."""
    from .elementwise import Elementwise
    from .enumerators import Eltwise

    _check_float32(dtype)
    _check_one_layout(channels_last)
    return Elementwise(count, Eltwise.RELU, slope, workspace)


def prepare_activation(
    name: str,
    count: int,
    alpha: float,
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's."""
    from .elementwise import Elementwise
    from .enumerators import Eltwise

    _check_float32(dtype)
    _check_one_layout(channels_last)
    functions = {
        "Sigmoid": (Eltwise.LOGISTIC_OF_Y, alpha, 0.0),
        "TanH": (Eltwise.TANH_OF_Y, alpha, 0.0),
        "ELU": (Eltwise.ELU_OF_Y, alpha, 0.0),
        "ReLU6": (Eltwise.CLIP_V2_OF_Y, 0.0, 6.0),
    }
    function, alpha, beta = functions[name]
    return Elementwise(count, function, alpha, workspace, beta)


def prepare_softmax(
    folded: tuple[int, int, int],
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's; inner 1."""
    from .softmax import Softmax

    _check_float32(dtype)
    if folded[2] != 1:
        raise PlanningError("oneDNN: softmax has fast code along the last axis only")
    return Softmax(folded, workspace)


def prepare_sum(
    count: int,
    weights: Sequence[float],
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's."""
    from .weighted_sum import WeightedSum

    _check_float32(dtype)
    _check_one_layout(channels_last)
    return WeightedSum(count, weights)


def prepare_concatenation(
    x_shapes: Sequence[Shape],
    axis: int,
    dtype: Any,
    *,
    channels_last: Layouts = PLAIN,
    workspace: Any = None,
):
    """As kernels.cpu's."""
    from .concatenation import Concatenation

    _check_float32(dtype)
    _check_one_layout(channels_last)
    return Concatenation(x_shapes, axis, channels_last[0])


def _check_float32(dtype: Any) -> None:
    if dtype != "float32":
        raise PlanningError(f"oneDNN: computes this with float32, not {dtype}")


def _check_one_layout(channels_last: Layouts) -> None:
    if channels_last[0] != channels_last[1]:
        raise PlanningError("oneDNN: x and y must lie in memory alike")
