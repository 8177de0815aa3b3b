"""Pooling: the largest, mean or a random value under a sliding window."""

from collections.abc import Sequence
from typing import Any

from ..core import Blobs, Calls, Layout, Shape, Window, register
from ..core.rng import restore_rng, rng_state
from ..kernels import bind, cpu, gpu
from ..kernels.gpu.windows import is_served
from ..proto.caffe_pb2 import TEST, PoolingParameter
from .families.sliding_window import SlidingWindow


@register("Pooling")
class Pooling(SlidingWindow):
    """y = max, mean or a random draw of x under a window that slides along the spatial axes.

    bottom  x (N, C, *size): any number of spatial axes
    top[0]  y (N, C, *out)  with  out = ceil((size + 2 pad - kernel) / stride) + 1, less the
            windows that would start beyond x and its padding
    top[1]  only with MAX: the place of each maximum in its flat plane, shaped like y

    MAX         the padding never wins; of equal values, the first does
    AVE         divides by what lies under the window in x and its padding
    STOCHASTIC  TRAIN draws one value, with probability proportional to it; TEST gives the
                value to be expected, sum x^2 / sum x. For x >= 0: negative values count as 0.
                A GPU draws from another sequence than the host does.

    global_pooling: the window is all of x. round_mode: FLOOR (ceil_mode: false) leaves out
    windows that reach past the padding. avg_include_pad: false divides by what lies in x alone.
    pad_type: SAME gives out = ceil(size / stride), with as much padding as that takes, the odd
    one behind, and divides by what lies in x alone.

    Prototxt: pooling_param { pool: MAX, kernel_size, stride: 1, pad: 0, pad_type: VALID,
                              round_mode: CEIL, global_pooling: false, avg_include_pad: true }
              One number for all axes, or kernel_h and kernel_w (stride_h, pad_h...).
    Source: Boureau et al., ICML 2010; Zeiler and Fergus, "Stochastic Pooling", ICLR 2013.
            Rounding up, and dividing by clipped windows, is Caffe's way.
    """

    top_count = range(1, 3)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param, shape = self.param.pooling_param, bottom_shapes[0]
        if len(shape) < 3:
            raise self.error(f"needs a bottom (N, C, *size) with spatial axes, got shape {shape}")
        self.axes = len(shape) - 2
        self.method = param.pool
        self.tops = max(1, len(self.param.top))
        if self.tops > 1 and self.method != PoolingParameter.MAX:
            raise self.error(
                f"gives a second top, the places of the maxima, only with pooling_param.pool: MAX, "
                f"got {PoolingParameter.PoolMethod.Name(self.method)}"
            )
        if param.torch_pooling:
            raise self.error(
                "pooling_param.torch_pooling: true is not supported; round_mode: FLOOR rounds down"
            )
        self.round_up = self._rounds_up(param)
        self._pads_as_needed = param.pad_type == PoolingParameter.SAME
        if self._pads_as_needed:
            self._check_same(param)
        if param.global_pooling:
            self._check_global(param)
        else:
            self.window = self.window_of(self.axes)
            self._check_pad()

    def window_of(self, axes: int) -> Window:
        """The window that the prototxt asks for along these spatial axes."""
        return self.read_window(self.param.pooling_param, "pooling_param", axes)

    def _rounds_up(self, param: Any) -> bool:
        by_mode = param.round_mode == PoolingParameter.CEIL
        if not param.HasField("ceil_mode"):
            return by_mode
        if param.HasField("round_mode") and by_mode != param.ceil_mode:
            raise self.error(
                f"pooling_param.ceil_mode: {str(param.ceil_mode).lower()} contradicts round_mode: "
                f"{PoolingParameter.RoundMode.Name(param.round_mode)}; leave one of them out"
            )
        return param.ceil_mode

    def _check_same(self, param: Any) -> None:
        given = ("pad", "pad_h", "pad_w", "round_mode", "ceil_mode")
        named = [field for field in given if param.HasField(field)]
        named += ["global_pooling"] if param.global_pooling else []
        named += ["avg_include_pad"] if param.HasField("avg_include_pad") else []
        if named:
            raise self.error(
                f"pooling_param.{named[0]}: cannot stand beside pad_type: SAME, which says it"
            )

    def _check_global(self, param: Any) -> None:
        for field in ("kernel_size", "kernel_h", "kernel_w"):
            if param.HasField(field):
                raise self.error(f"pooling_param.{field}: cannot stand beside global_pooling: true")
        for field, neutral in [("stride", 1), ("pad", 0)]:
            for name in (field, f"{field}_h", f"{field}_w"):
                if param.HasField(name) and getattr(param, name) != neutral:
                    raise self.error(
                        f"pooling_param.{name}: must be {neutral} under global_pooling: true, "
                        f"got {getattr(param, name)}"
                    )

    def _check_pad(self) -> None:
        if self.method == PoolingParameter.STOCHASTIC and any(self.window.pad):
            raise self.error(f"pooling_param.pad: must be 0 with STOCHASTIC, got {self.window.pad}")
        for pad, kernel in zip(self.window.pad, self.window.kernel, strict=True):
            if pad >= kernel:
                raise self.error(
                    f"pooling_param.pad: {pad} must be smaller than the kernel ({kernel}), "
                    "or windows would see padding alone"
                )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        n, c, *size = bottom_shapes[0]
        if len(size) != self.axes:
            raise self.error(
                f"was set up for {self.axes} spatial axes, got a bottom of shape {bottom_shapes[0]}"
            )
        if self.param.pooling_param.global_pooling:
            ones = (1,) * self.axes
            self.window = Window(
                kernel=tuple(size), stride=ones, pad=(0,) * self.axes, dilation=ones
            )
        if self._pads_as_needed:
            self.window, out = self.window.padded_to_same(tuple(size))
            self._check_pad()
        else:
            out = self.window.pooled_size(tuple(size), self.round_up)
        self.check_fit("pooling_param", out, tuple(size))
        return [(n, c, *out)] * self.tops

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        geometry = (bottom[0].shape, self.window, top[0].shape[2:], self.dtype)
        placing = self.placing(bottom[0], top[0])
        if self.method == PoolingParameter.MAX:
            keep_index = self.tops > 1 or any(self.propagate_down)
            self._kernel: Any = cpu.prepare_max_pooling(*geometry, keep_index, **placing)
        elif self.method == PoolingParameter.AVE:
            self._kernel = cpu.prepare_average_pooling(*geometry, self._counts_padding, **placing)
        elif self._weighs:
            self._kernel = cpu.prepare_weighted_pooling(*geometry)
        else:
            self._kernel = cpu.prepare_stochastic_pooling(*geometry, self.rng)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        if not is_served(self.window):
            return None
        geometry = (context, self.window, bottom[0].shape[2:], top[0].shape[2:])
        if self.method == PoolingParameter.MAX:
            return gpu.MaxPooling(*geometry, keeps=any(self.propagate_down))
        if self.method == PoolingParameter.AVE:
            return gpu.AveragePooling(*geometry, self._counts_padding)
        if self._weighs:
            return gpu.WeightedPooling(context, self.window)
        return gpu.StochasticPooling(context, self.window, self._gpu_key)

    def _gpu_key(self) -> int:
        return int(self.rng.integers(1 << 64, dtype="uint64"))

    @property
    def _counts_padding(self) -> bool:
        return self.param.pooling_param.avg_include_pad and not self._pads_as_needed

    @property
    def _weighs(self) -> bool:
        return self.method == PoolingParameter.STOCHASTIC and self.param.phase == TEST

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._kernel.forward(bottom[0].data, top[0].data)
        if self.tops > 1:
            top[1].data[...] = self._kernel.index

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        if self._weighs:
            x, y = bottom[0].data, top[0].data
            self._kernel.backward(x, y, top[0].diff, bottom[0].diff)
        else:
            self._kernel.backward(top[0].diff, bottom[0].diff)

    def layout(self) -> Layout:
        if self.method == PoolingParameter.STOCHASTIC or self.tops > 1 or self.dtype != "float32":
            return Layout.PLAIN
        return Layout.CHANNELS_LAST if 1 <= self.axes <= 3 else Layout.PLAIN

    def backward_reads(self) -> tuple[bool, bool]:
        return self._weighs, self._weighs

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        if self.tops > 1:
            return super().bind_forward(bottom, top, constant=constant)
        return bind(self._kernel, "forward", bottom[0].data, top[0].data)

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if self._weighs:
            return super().bind_backward(top, bottom, adds)
        if not self.propagate_down[0]:
            return Calls([])
        return bind(self._kernel, "backward", top[0].diff, bottom[0].diff)

    def state(self) -> dict[str, Any]:
        return rng_state(self.rng) if self.method == PoolingParameter.STOCHASTIC else {}

    def restore(self, state: dict[str, Any]) -> None:
        if state:
            restore_rng(self.rng, state)
