"""CuDNNBatchNorm: batch normalization with its scale and shift, as cuDNN counts."""

from ..core import Shape, register
from ..proto.caffe_pb2 import TEST
from .families.running_norm import RunningNorm


@register("CuDNNBatchNorm")
class CuDNNBatchNorm(RunningNorm):
    """y = scale (x - mean) / sqrt(variance + eps) + shift, per channel.

    bottom      x (N, C, ...)
    top         y, same shape; may be the bottom itself (in place)
    weights[0]  scale (1, C, 1, 1)
    weights[1]  shift (1, C, 1, 1)
    weights[2]  running mean (1, C, 1, 1)
    weights[3]  running variance (1, C, 1, 1), times m / (m - 1), m numbers per channel

    Statistics of the batch in phase TRAIN, which move the running values to momentum times
    themselves and 1 - momentum of the batch's; the running values in TEST. frozen: the running
    values always, and scale and shift are not learned. A scale_filler that is not given fills
    with 1, where the fork fills with 0. Running values are not learned: they get lr_mult 0.

    Prototxt: cudnn_batch_norm_param { frozen: false  momentum: 0.999  eps: 1e-05
                                       scale_filler { value: 1 }  bias_filler { value: 0 } }
    Source: the CuDNNBatchNormLayer of Hu et al., "Gather-Excite", NeurIPS 2018, a layer for
            GPUs; here it runs everywhere.
    """

    remembers_unbiased = True

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.cudnn_batch_norm_param
        if not 0 <= param.momentum <= 1:
            raise self.error(
                f"cudnn_batch_norm_param.momentum: {param.momentum:g} must be between 0 and 1"
            )
        self.eps, self.new_share = param.eps, 1 - param.momentum
        self.uses_global_stats = param.frozen or self.param.phase == TEST
        self.learns = not param.frozen
        self.declare_weights(
            bottom_shapes[0],
            *(
                getattr(param, name) if param.HasField(name) else None
                for name in ("scale_filler", "bias_filler")
            ),
        )
