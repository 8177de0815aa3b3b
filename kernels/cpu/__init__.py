"""CPU kernels: a factory per operation. Numba where it is faster, NumPy; float32 and float64.

Shapes: x (N, C, *size), y (N, K, *out); size has any number of spatial axes, and a Window one
number for each. Bottom gradients (dx) are written, weight gradients (dfilters, dbias) added to.
Arrays are C-contiguous and have the dtype that the kernel was prepared for.
"""

from .factories.boxes import (
    prepare_pixel_suppression,
    prepare_region_max,
    prepare_region_mean,
    prepare_suppression,
)
from .factories.data import (
    prepare_transform,
    prepare_update,
)
from .factories.elementwise import (
    prepare_activation,
    prepare_concatenation,
    prepare_dropout,
    prepare_parts,
    prepare_relu,
    prepare_sum,
)
from .factories.filters import (
    prepare_convolution,
    prepare_deconvolution,
    prepare_im2col,
    prepare_inner_product,
)
from .factories.normalization import (
    prepare_batch_normalization,
    prepare_lrn_across_channels,
    prepare_lrn_within_channel,
    prepare_softmax,
)
from .factories.rows import (
    prepare_add_rows,
    prepare_count_not_less,
    prepare_labels,
)
from .factories.windows import (
    prepare_average_pooling,
    prepare_bins,
    prepare_max_pooling,
    prepare_stochastic_pooling,
    prepare_weighted_pooling,
)

__all__ = [
    "prepare_activation",
    "prepare_add_rows",
    "prepare_average_pooling",
    "prepare_batch_normalization",
    "prepare_bins",
    "prepare_concatenation",
    "prepare_convolution",
    "prepare_count_not_less",
    "prepare_deconvolution",
    "prepare_dropout",
    "prepare_im2col",
    "prepare_inner_product",
    "prepare_labels",
    "prepare_lrn_across_channels",
    "prepare_lrn_within_channel",
    "prepare_max_pooling",
    "prepare_parts",
    "prepare_pixel_suppression",
    "prepare_relu",
    "prepare_region_max",
    "prepare_region_mean",
    "prepare_softmax",
    "prepare_stochastic_pooling",
    "prepare_sum",
    "prepare_suppression",
    "prepare_transform",
    "prepare_update",
    "prepare_weighted_pooling",
]
