"""GpuRunner: runs a step of a net on a GPU, or on the host with copies each way."""

from collections.abc import Iterator, Sequence
from functools import partial

from ..core import Blob, Blobs, Call, Calls, Layer, Layout, Shape
from ..core.blob import Side
from ..kernels import gpu
from .step import Runner, Step


class GpuRunner:
    """Stands for a layer, or for what a pass made of several, in a net on a GPU.

    If that has a GPU kernel for the blobs at hand, its calls are the kernel's launches. Else it
    runs on the host: what it reads is fetched before its calls, and what it writes stored after.
    """

    def __init__(self, runner: Runner, context: gpu.Context):
        self.runner = runner
        self._context = context
        self.kernel: gpu.Kernel | None = None
        self._chosen_for: list[Shape] | None = None

    @property
    def is_on_gpu(self) -> bool:
        """Whether it has a kernel."""
        return self.kernel is not None

    @property
    def shapes_vary(self) -> bool:
        """As Layer.shapes_vary."""
        return getattr(self.runner, "shapes_vary", False)

    @property
    def type(self) -> str:
        """As Layer.type; "" for several layers."""
        return getattr(self.runner, "type", "")

    @property
    def propagate_down(self) -> list[bool]:
        """Which bottoms have gradients that somebody reads."""
        return self.runner.propagate_down

    @property
    def param_propagate_down(self) -> list[bool]:
        """Which weights have gradients that somebody reads."""
        return self.runner.param_propagate_down

    @property
    def weights(self) -> list[Blob]:
        """As Layer.weights."""
        return self.runner.weights

    def layout(self) -> Layout:
        """What the kernel says, or the layer."""
        return self.kernel.layout if self.kernel else self.runner.layout()

    def backward_reads(self) -> tuple[bool, bool]:
        """What the kernel says, or the layer."""
        return self.kernel.backward_reads if self.kernel else self.runner.backward_reads()

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        """As Layer.gpu_kernel."""
        return self.runner.gpu_kernel(context, bottom, top)

    def choose(self, bottom: Blobs, top: Blobs) -> None:
        """Ask for a kernel for these shapes, if it was not done: before layouts are decided."""
        shapes = [blob.shape for blob in (*bottom, *top)]
        if shapes != self._chosen_for:
            self.kernel = self.runner.gpu_kernel(self._context, bottom, top)
            self._chosen_for = shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """Ask for a kernel for these shapes, or prepare the layer's own."""
        self.choose(bottom, top)
        if not self.kernel:
            self.runner.prepare_kernels(bottom, top)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """The kernel's launches, or the layer's calls between copies."""
        if self.kernel:
            return Calls(list(self.kernel.bind_forward(bottom, top)))
        inner = self.runner.bind_forward(bottom, top)
        if not bottom and not inner.all:
            return Calls([partial(_store_if_held, blob) for blob in top])
        weights = self.runner.weights
        fetched = _copies("fetch", "data", (*bottom, *weights))
        # Statistics are remembered in weights, in the forward pass.
        stored = _copies("store", "data", (*top, *weights))
        return Calls([*fetched, *inner.all, *stored])

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        """The kernel's launches, or the layer's calls between copies."""
        down, wanted = self.runner.propagate_down, self.runner.param_propagate_down
        if self.kernel:
            wants = gpu.Wants(down, wanted, adds)
            return Calls(list(self.kernel.bind_backward(top, bottom, wants)))
        inner = self.runner.bind_backward(top, bottom, adds)
        reads_bottoms, reads_tops = self.runner.backward_reads()
        read = [*(bottom if reads_bottoms else ()), *(top if reads_tops else ())]
        learned = [w for w, want in zip(self.runner.weights, wanted, strict=True) if want]
        written = [blob for blob, want in zip(bottom, down, strict=True) if want]
        if not isinstance(self.runner, Layer):
            written += top  # what a ReLU in place made of them is seen by users
        return Calls(
            [
                *_copies("fetch", "data", (*read, *self.runner.weights)),
                *_copies("fetch", "diff", (*top, *learned)),
                *inner.all,
                *_copies("store", "diff", (*written, *learned)),
            ]
        )

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Run once, as Layer.forward."""
        for call in self.bind_forward(bottom, top).all:
            call()

    def backward(self, top: Blobs, bottom: Blobs) -> None:
        """Run once, as Layer.backward: weight diffs are added to."""
        for call in self.bind_backward(top, bottom, [True] * len(self.weights)).all:
            call()

    def of_layer(self, layer: Layer) -> "GpuRunner":
        """A runner of one of the layers alone."""
        return GpuRunner(layer, self._context)


def put_on_gpu(steps: Sequence[Step], context: gpu.Context) -> None:
    """Let steps run on a GPU, those that have a kernel for it."""
    for step in steps:
        runner = GpuRunner(step.runner, context)
        runner.choose(step.bottoms, step.tops)
        step.runner = runner
        for hidden, visible in step.hidden:
            if visible.is_on_gpu and not hidden.is_on_gpu:
                hidden.live_on(context.gpu.residence)


def _store_if_held(blob: Blob) -> None:
    """Copy what a user filled to the device; while nobody has the array, it is there already."""
    if blob.handed_out:
        blob.store("data")


def _copies(direction: str, side: Side, blobs: Sequence[Blob]) -> Iterator[Call]:
    seen: list[Blob] = []
    for blob in blobs:
        if not any(blob is other for other in seen):
            seen.append(blob)
            yield partial(blob.fetch if direction == "fetch" else blob.store, side)
