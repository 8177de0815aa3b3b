"""Parameter: a learned blob as a top."""

from ..core import Blobs, Layer, Shape, register


@register("Parameter")
class Parameter(Layer):
    """y = w, a learned blob that other layers can read.

    top      y, sharing w's data
    weights  w, of the shape given; 0 at first

    Prototxt: parameter_param { shape { dim: (any number) } }
    Source: Caffe's ParameterLayer, where the gradients of several passes (iter_size) replace each
    other; here they add up.
    """

    bottom_count = 0

    def setup(self, bottom_shapes: list[Shape]) -> None:
        shape = tuple(self.param.parameter_param.shape.dim)
        if any(n < 0 for n in shape):
            raise self.error(f"parameter_param.shape: {list(shape)} must not be negative")
        self.add_weight(shape)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return [self.weights[0].shape]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        top[0].share_data(self.weights[0])

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        pass  # the top is the weight's memory

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.param_propagate_down[0]:
            self.weights[0].diff[...] += top[0].diff
