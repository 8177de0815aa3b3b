"""Input: blobs that the user fills."""

from ..core import ONE_OR_MORE, Blobs, Calls, Layer, Shape, register


@register("Input")
class Input(Layer):
    """Tops are what the user wrote to them: forward does nothing.

    top[i]  of shape[i]; one shape serves all tops, without any they wait to be reshaped

    Prototxt: input_param { shape { dim, dim, ... } ... }
    Source: Caffe's input_layer.cpp.
    """

    bottom_count = 0
    top_count = ONE_OR_MORE

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        tops = len(self.param.top)
        shapes = [tuple(shape.dim) for shape in self.param.input_param.shape] or [(0,)]
        if len(shapes) not in (1, tops):
            raise self.error(
                f"input_param.shape: {len(shapes)} shapes for {tops} tops; give one for all, "
                "one for each, or none"
            )
        return shapes if len(shapes) == tops else shapes * tops

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        pass

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        return Calls([])
