"""BN: each channel with mean 0 and variance 1, then scaled and shifted."""

from typing import Any

from ..core import Shape, register
from ..proto.caffe_pb2 import TEST, TRAIN, BNParameter
from .families.running_norm import RunningNorm

_SLOPES = ("slope_filler", "bias_filler")
_SCALES = ("scale_filler", "shift_filler")
_MOMENTUM = ("momentum", "eps", "frozen", "engine")
_MODE = ("bn_mode",)
_AVERAGE = ("var_eps", "moving_average", "decay", "axis")


@register("BN")
class BN(RunningNorm):
    """y = scale (x - mean) / sqrt(variance + eps) + shift, per channel, in three dialects.

    bottom      x (N, C, ...)
    top         y, same shape; may be the bottom itself (in place)
    weights[0]  scale (1, C, 1, 1)
    weights[1]  shift (1, C, 1, 1)
    weights[2]  running mean (1, C, 1, 1); SegNet's dialect has none
    weights[3]  running variance (1, C, 1, 1), biased; SegNet's has none

    What is in bn_param tells the dialects apart.

    slope_filler, bias_filler, momentum, eps, frozen, or nothing (PSPNet, yjxiong, caffe-windows):
    statistics of the batch in phase TRAIN, which move the running values to momentum times
    themselves and 1 - momentum of the batch's; the running values in TEST. frozen: the running
    values always, and scale and shift are not learned.

    bn_mode, or scale_filler and shift_filler alone (SegNet, ENet): statistics of the batch in
    both phases, with eps 1e-9, and no running values. INFERENCE: y = scale x + shift.

    var_eps, moving_average, decay, axis, beside either pair of fillers (CTPN, ILGNet): statistics
    of the batch, which move the running values to 1 - decay of themselves and decay of the
    batch's in TRAIN; the running values in TEST with moving_average. axis says which is C.

    A filler that is not given fills scale with 1, where the forks fill it with 0, and shift
    with 0. Running values are not learned: they get lr_mult 0.

    Prototxt: bn_param { slope_filler { value: 1 }  bias_filler { value: 0 }  momentum: 0.9
                         eps: 1e-05  frozen: false }
              bn_param { scale_filler { value: 1 }  shift_filler { value: 0 }  bn_mode: LEARN }
              bn_param { scale_filler { value: 1 }  shift_filler { value: 0 }  var_eps: 1e-10
                         moving_average: false  decay: 0.05  axis: 1 }
    Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015; the BNLayers of those forks.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.bn_param
        given = [field.name for field, _ in param.ListFields()]
        dialect, fillers, others = self._momentum, _SLOPES, ()
        if any(name in given for name in _AVERAGE):
            dialect, others = self._moving_average, (_MOMENTUM + _MODE)
            if any(name in given for name in _SCALES):
                fillers, others = _SCALES, (_SLOPES + others)
        elif any(name in given for name in _SCALES + _MODE):
            dialect, fillers, others = self._mode, _SCALES, (_SLOPES + _MOMENTUM)
        mixed = [name for name in given if name in others]
        if mixed:
            first = next(name for name in given if name not in others)
            raise self.error(
                f"bn_param: {first} and {mixed[0]} belong to different dialects of BN; there are "
                "slope_filler, bias_filler, momentum, eps, frozen (PSPNet's), scale_filler, "
                "shift_filler, bn_mode (SegNet's), and var_eps, moving_average, decay, axis beside "
                "either pair of fillers (CTPN's)"
            )
        dialect(param)
        self.declare_weights(
            bottom_shapes[0],
            *(getattr(param, name) if param.HasField(name) else None for name in fillers),
        )

    def _momentum(self, param: Any) -> None:
        self._check_share("momentum", param.momentum)
        self.eps, self.new_share = param.eps, 1 - param.momentum
        self.uses_global_stats = param.frozen or self.param.phase == TEST
        self.learns = not param.frozen

    def _mode(self, param: Any) -> None:
        self.eps = 1e-9
        self.remembers = False
        self.normalizes = param.bn_mode == BNParameter.LEARN

    def _moving_average(self, param: Any) -> None:
        self._check_share("decay", param.decay)
        if param.axis not in (1, 2):
            raise self.error(f"bn_param.axis: {param.axis:g} must be 1 or 2")
        self.axis = int(param.axis)
        self.eps = param.var_eps
        self.new_share = param.decay if self.param.phase == TRAIN else 0.0
        self.uses_global_stats = param.moving_average and self.param.phase == TEST

    def _check_share(self, field: str, value: float) -> None:
        if not 0 <= value <= 1:
            raise self.error(f"bn_param.{field}: {value:g} must be between 0 and 1")
