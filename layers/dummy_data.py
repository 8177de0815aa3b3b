"""DummyData: blobs of constants or random numbers, to try a net without data."""

from typing import Any

from ..core import ONE_OR_MORE, Blob, Blobs, Calls, Layer, Shape, register, unseen
from ..core.fillers import fill
from ..core.rng import stream
from ..proto import ConfigError
from ..proto.caffe_pb2 import FillerParameter


@register("DummyData")
class DummyData(Layer):
    """Tops filled by data_filler: constants once, everything else anew in every forward.

    top[i]  of shape[i], or (num[i], channels[i], height[i], width[i]); one of each serves all tops

    Prototxt: dummy_data_param { shape { dim, ... } ..., data_filler { type: "constant" value: 0 }
    ... }; no filler, one for all tops, or one for each
    Source: Caffe's dummy_data_layer.cpp.
    """

    bottom_count = 0
    top_count = ONE_OR_MORE

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._seed = int(self.rng.integers(1 << 32))
        self._forwards = 0
        fillers = list(self.param.dummy_data_param.data_filler) or [FillerParameter()]
        self._fillers_of_tops = self._one_per_top(fillers, "data_filler", "fillers")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        param = self.param.dummy_data_param
        legacy = {name: getattr(param, name) for name in ("num", "channels", "height", "width")}
        if not any(legacy.values()):
            shapes = [tuple(shape.dim) for shape in param.shape]
            return self._one_per_top(shapes, "shape", "shapes")
        if param.shape:
            raise self.error(
                "dummy_data_param: give shape, or num, channels, height and width, not both"
            )
        sizes = [self._one_per_top(list(v), name, "values") for name, v in legacy.items()]
        return list(zip(*sizes, strict=True))

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        # All of them, so that a bad filler is found before the net runs. Who fills a top does not
        # keep it: on a GPU it need not be sent again.
        with unseen(top):
            for i, (blob, filler) in enumerate(zip(top, self._fillers_of_tops, strict=True)):
                self._fill(i, blob, filler)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        if all(filler.type == "constant" for filler in self._fillers_of_tops):
            return Calls([])
        return super().bind_forward(bottom, top, constant=constant)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        for i, (blob, filler) in enumerate(zip(top, self._fillers_of_tops, strict=True)):
            if filler.type != "constant":
                self._fill(i, blob, filler)
        self._forwards += 1

    def state(self) -> dict[str, Any]:
        return {"seed": self._seed, "forwards": self._forwards}

    def restore(self, state: dict[str, Any]) -> None:
        self._seed, self._forwards = state["seed"], state["forwards"]

    def _fill(self, index: int, blob: Blob, filler: FillerParameter) -> None:
        try:
            fill(blob, filler, stream(self._seed, self._forwards, index))
        except ConfigError as problem:
            raise self.error(f"dummy_data_param.data_filler: {problem}") from None

    def _one_per_top(self, given: list[Any], field: str, things: str) -> list[Any]:
        tops = len(self.param.top)
        if len(given) not in (1, tops):
            raise self.error(
                f"dummy_data_param.{field}: {len(given)} {things} for {tops} tops; "
                "give one for all, or one for each"
            )
        return given if len(given) == tops else given * tops
