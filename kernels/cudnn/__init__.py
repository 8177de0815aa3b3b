"""cuDNN graphs: what the GPU computes with them, one call for each.

A caller describes its arrays (Tensor), asks for a Recipe, and prepares it for a Target; the Graph
that comes back is bound to device pointers by role, and runs. PlanningError is raised where cuDNN
is absent or has no plan; then another kernel does the work. Nothing is loaded before the first
graph is prepared, and planning needs no device.

The floors of this folder: recipes of the operations; planning, which chooses among plans; graphs,
recipes, tensors; the library.
"""

from .choices import Choices
from .convolution import convolution, convolution_backward_data, convolution_backward_filters
from .deconvolution import (
    deconvolution,
    deconvolution_backward_data,
    deconvolution_backward_filters,
)
from .errors import CudnnError, PlanningError
from .graph import Graph
from .inner_product import (
    inner_product,
    inner_product_backward_data,
    inner_product_backward_weights,
)
from .library import version, why_missing
from .planning import Trial, prepare
from .recipe import Recipe
from .target import Target
from .tensors import Tensor

__all__ = [
    "Choices",
    "CudnnError",
    "Graph",
    "PlanningError",
    "Recipe",
    "Target",
    "Tensor",
    "Trial",
    "convolution",
    "convolution_backward_data",
    "convolution_backward_filters",
    "deconvolution",
    "deconvolution_backward_data",
    "deconvolution_backward_filters",
    "inner_product",
    "inner_product_backward_data",
    "inner_product_backward_weights",
    "prepare",
    "version",
    "why_missing",
]
