"""Bias: adds a smaller array, learned or given."""

import numpy as np

from ..core import Blobs, register
from ..kernels import gpu
from .families.broadcast import BroadcastLayer


@register("Bias")
class Bias(BroadcastLayer):
    """y = x + b, with b lying along x's axes from `axis` on and repeated over the rest.

    bottom[0]   x, any shape
    bottom[1]   optional: b, any shape that x has from axis on
    top         y, shape of x; may be bottom[0] itself (in place)
    weights[0]  without bottom[1], b: x's num_axes axes from axis on; with num_axes 0 one number,
                shape (); with -1 all axes

    Prototxt: bias_param { axis: 1  num_axes: 1  filler { value: 0 } }
    Source: Caffe's BiasLayer.
    """

    param_name = "bias_param"

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom[1:], top)
        b = self.weights[0] if self.weights else None
        return gpu.Bias(context, *self.operand_axes(bottom), self.gpu_layout(bottom), b)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = self.folded(bottom[0].data), self.folded(top[0].data)
        np.add(x, self.operand(bottom), out=y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.wants_operand_gradient():
            self.give_operand_gradient(self.folded(top[0].diff).sum(axis=(0, 2)), bottom)
        if self.propagate_down[0] and bottom[0] is not top[0]:
            bottom[0].diff[...] = top[0].diff
