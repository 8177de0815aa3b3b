"""Scale: multiplies by a smaller array, learned or given, and may add another."""

from typing import Any

from ..core import Blob, Blobs, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import FillerParameter
from .families.broadcast import BroadcastLayer


@register("Scale")
class Scale(BroadcastLayer):
    """y = s x + b, with s and b lying along x's axes from `axis` on and repeated over the rest.

    bottom[0]    x, any shape
    bottom[1]    optional: s, any shape that x has from axis on
    top          y, shape of x; may be bottom[0] itself (in place)
    weights[0]   without bottom[1], s: x's num_axes axes from axis on; with num_axes 0 one number,
                 shape (); with -1 all axes
    weights[-1]  with bias_term, b, shape of s

    Prototxt: scale_param { axis: 1  num_axes: 1  filler { value: 1 }
                            bias_term: false  bias_filler { value: 0 } }
    Source: Caffe's ScaleLayer; after a BatchNorm, gamma and beta of Ioffe and Szegedy, "Batch
            Normalization", ICML 2015.
    """

    param_name = "scale_param"

    def operand_filler(self) -> Any:
        param = self.param.scale_param
        return param.filler if param.HasField("filler") else FillerParameter(value=1)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        super().setup(bottom_shapes)
        param = self.param.scale_param
        if param.bias_term:
            self.add_weight(self.operand_shape(bottom_shapes), param.bias_filler)

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        in_place = bottom[0] is top[0]
        self._kept_x = Blob(bottom[0].shape, self.dtype) if in_place else None

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom[1:], top)
        s = self.weights[0] if len(bottom) == 1 else None
        b = self.weights[-1] if self.param.scale_param.bias_term else None
        axes, layout = self.operand_axes(bottom), self.gpu_layout(bottom)
        return gpu.Scale(context, *axes, layout, s, b, self.wants_operand_gradient())

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = self.folded(bottom[0].data), self.folded(top[0].data)
        if self._kept_x and self.wants_operand_gradient():
            self._kept_x.data[...] = bottom[0].data
        has_bias = self.param.scale_param.bias_term
        b = self.spread(self.weights[-1].data) if has_bias else None
        self.parts.scale(x, self.operand(bottom), b, y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        dy = self.folded(top[0].diff)
        if self.param.scale_param.bias_term and self.param_propagate_down[-1]:
            self.add_gradient(self.weights[-1], self.parts.row_sums(dy).sum(axis=0))
        if self.wants_operand_gradient():
            x = self.folded((self._kept_x or bottom[0]).data)
            self.give_operand_gradient(self.parts.row_products(x, dy).sum(axis=0), bottom)
        if self.propagate_down[0]:
            dx = self.folded(bottom[0].diff)
            self.parts.scale(dy, self.operand(bottom), None, dx)
