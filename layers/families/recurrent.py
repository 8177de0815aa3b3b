"""RecurrentLayer: what RNN and LSTM share."""

from abc import abstractmethod
from math import prod
from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Layer, Shape
from ...kernels import gpu
from .last_state import LastState


class RecurrentLayer(Layer):
    """Runs a cell over T time steps of N independent streams, and backward through time.

    What no earlier output enters - the product of x with its weights, all weight gradients, the
    gradient of x - is one matrix product over all steps; a step itself costs one small one.

    cont[t, n] multiplies the state that stream n brings into step t: 0 starts a sequence, 1
    continues it. The state also lives on from one forward to the next, except under
    expose_hidden, where it comes as bottoms and goes as tops. Gradients end at the first step of
    a batch, as in Caffe; but exposed states have gradients too, which Caffe leaves out, and the
    numbers of steps and of streams may change.

    A cell declares its states (h first) and how many rows of weights an output takes, makes its
    buffers in prepare_cell, and runs one step in step_forward and step_backward.
    """

    states: tuple[str, ...] = ("h",)
    rows_per_output = 1
    gpu_cell: str  # which cell of kernels/gpu/recurrent.py it has

    inputs: Array  # (T, N, rows): x, bias and x_static, times their weights; then h comes on top
    input_diffs: Array  # (T, N, rows): their gradient, for backward to write
    kept: list[Array]  # each state before step t, times cont[t]: (T, N, D)
    values: list[Array]  # each state: (T + 1, N, D), the first one from before the batch
    carried: list[Array]  # in backward, the gradient of each state after the present step: (N, D)

    @abstractmethod
    def prepare_cell(self, steps: int, streams: int) -> None:
        """Make inputs, input_diffs and kept."""

    @abstractmethod
    def step_forward(self, t: int) -> None:
        """Write values[...][t + 1] from inputs[t] and kept[...][t]."""

    @abstractmethod
    def write_output(self, y: Array) -> None:
        """Write the top, (T, N, D), when all steps are done."""

    @abstractmethod
    def begin_backward(self, dy: Array) -> Array:
        """Prepare to go back; returns the gradient of h at each step that y alone gives."""

    @abstractmethod
    def step_backward(self, t: int) -> None:
        """Write input_diffs[t] from carried; turn what is not h in there into that of kept."""

    # Declaring.

    def check_wiring(self, bottoms: int, tops: int) -> None:
        exposed = len(self.states) if self.param.recurrent_param.expose_hidden else 0
        self.bottom_count = range(2 + exposed, 4 + exposed)
        self.top_count = 1 + exposed
        super().check_wiring(bottoms, tops)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.recurrent_param
        self.num_output = param.num_output
        if self.num_output < 1:
            raise self.error("recurrent_param.num_output is required and must be at least 1")
        self._exposes = param.expose_hidden
        exposed = len(self.states) if self._exposes else 0
        self._has_static = len(bottom_shapes) == 3 + exposed
        self._first_state = len(bottom_shapes) - exposed
        self._check_bottoms(bottom_shapes)

        rows = self.rows_per_output * self.num_output
        self._w_x = self.add_weight((rows, prod(bottom_shapes[0][2:])), param.weight_filler)
        self._b = self.add_weight((rows,), param.bias_filler)
        if self._has_static:
            self._w_static = self.add_weight(
                (rows, prod(bottom_shapes[2][1:])), param.weight_filler
            )
        self._w_h = self.add_weight((rows, self.num_output), param.weight_filler)
        self.declare_states(bottom_shapes[0][1])

    def declare_states(self, streams: int) -> None:
        """Make the states that live on."""
        self._last = [LastState(streams, self.num_output, self.dtype) for _ in self.states]

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self._check_bottoms(bottom_shapes)
        self._check_size("x", prod(bottom_shapes[0][2:]), self._w_x)
        if self._has_static:
            self._check_size("x_static", prod(bottom_shapes[2][1:]), self._w_static)
        steps, streams = bottom_shapes[0][:2]
        exposed = len(self.states) if self._exposes else 0
        return [(steps, streams, self.num_output)] + [(1, streams, self.num_output)] * exposed

    def allows_force_backward(self, index: int) -> bool:
        return index != 1

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        steps, streams, size = top[0].shape
        self.prepare_cell(steps, streams)
        self.values = [self._zeros(steps + 1, streams, size) for _ in self.states]
        self.carried = [self._zeros(streams, size) for _ in self.states]
        self._cont = self._zeros(steps, streams, 1)
        self._from_h = self._zeros(streams, self.inputs.shape[2])
        self._from_static = self._zeros(streams, self.inputs.shape[2])
        self._gradient = self._zeros(max(weight.count for weight in self.weights))

    def _zeros(self, *shape: int) -> Array:
        return np.zeros(shape, self.dtype)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return self.make_gpu_kernel(context, *top[0].shape[:2])

    def make_gpu_kernel(
        self, context: gpu.Context, steps: int, streams: int, **more: Any
    ) -> gpu.Kernel | None:
        """The kernel for so many steps and streams; more: as Recurrence has it."""
        if any(self.propagate_down[1:2]) or not steps * streams:
            return None
        last = [state.move_to(context.gpu.residence, streams) for state in self._last]
        geometry = self.gpu_cell, steps, streams, self.num_output
        it = gpu.Recurrence(*geometry, self._exposes, last, **more)
        names = {id(weight): name for name, weight in self.named_weights().items()}
        return gpu.Recurrent(context, it, {names[id(w)]: w for w in self.weights})

    def named_weights(self) -> dict[str, Blob]:
        """The weights by the names that GPU kernels have for them."""
        static = {"static": self._w_static} if self._has_static else {}
        return {"x": self._w_x, "b": self._b, "h": self._w_h, **static}

    # Running.

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        w_h = self._w_h.data.T
        self._cont[...] = bottom[1].data[..., None]
        self._enter(bottom)
        self._transform_inputs(bottom)
        for t, (inputs, cont) in enumerate(zip(self.inputs, self._cont, strict=True)):
            for values, kept in zip(self.values, self.kept, strict=True):
                np.multiply(values[t], cont, out=kept[t])
            inputs += np.matmul(self.kept[0][t], w_h, out=self._from_h)
            self.step_forward(t)
        self.write_output(top[0].data)
        self._leave(top)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down[1:2]):
            raise self.error("has no gradient for bottom[1], which says where sequences start")
        w_h = self._w_h.data
        for i, carried in enumerate(self.carried):
            carried[...] = top[1 + i].diff[0] if self._exposes else 0
        dh = self.begin_backward(top[0].diff)
        for t in reversed(range(len(self._cont))):
            self.carried[0] += dh[t]
            self.step_backward(t)
            np.matmul(self.input_diffs[t], w_h, out=self.carried[0])
            for carried in self.carried:
                carried *= self._cont[t]
        self._write_bottom_diffs(bottom)
        self._add_weight_diffs(bottom)

    def add_gradient(self, weight: Blob, dy: Array, x: Array) -> None:
        """Add to weight.diff what y = x weight^T gives it, unless nobody reads it."""
        if self.param_propagate_down[self.weights.index(weight)]:
            product = self._gradient[: weight.count].reshape(weight.shape)
            weight.diff[...] += np.matmul(dy.T, x, out=product)

    def add_bias_gradient(self, bias: Blob, dy: Array) -> None:
        """Add to bias.diff what y = x + bias gives it, unless nobody reads it."""
        if self.param_propagate_down[self.weights.index(bias)]:
            bias.diff[...] += dy.sum(axis=0)

    def _enter(self, bottom: Blobs) -> None:
        """Write the states before the first step."""
        for i, (values, last) in enumerate(zip(self.values, self._last, strict=True)):
            if self._exposes:
                values[0] = bottom[self._first_state + i].data[0]
            else:
                last.give(values[0])

    def _leave(self, top: Blobs) -> None:
        """Keep, or hand on, the states after the last step."""
        for i, values in enumerate(self.values):
            if self._exposes:
                top[1 + i].data[0] = values[-1]
            else:
                self._last[i].take(values[-1])

    def _transform_inputs(self, bottom: Blobs) -> None:
        """What every step adds to the product of its weights with h."""
        np.matmul(_rows(bottom[0].data, 2), self._w_x.data.T, out=_rows(self.inputs, 2))
        self.inputs += self._b.data
        if self._has_static:
            static = _rows(bottom[2].data, 1)
            self.inputs += np.matmul(static, self._w_static.data.T, out=self._from_static)

    def _write_bottom_diffs(self, bottom: Blobs) -> None:
        matmul, diffs = np.matmul, _rows(self.input_diffs, 2)
        if self.propagate_down[0]:
            matmul(diffs, self._w_x.data, out=_rows(bottom[0].diff, 2))
        if self._has_static:
            self.input_diffs.sum(axis=0, out=self._from_static)
            if self.propagate_down[2]:
                matmul(self._from_static, self._w_static.data, out=_rows(bottom[2].diff, 1))
        if self._exposes:
            for i, carried in enumerate(self.carried, self._first_state):
                if self.propagate_down[i]:
                    bottom[i].diff[0] = carried

    def _add_weight_diffs(self, bottom: Blobs) -> None:
        diffs = _rows(self.input_diffs, 2)
        self.add_gradient(self._w_x, diffs, _rows(bottom[0].data, 2))
        self.add_bias_gradient(self._b, diffs)
        if self._has_static:
            self.add_gradient(self._w_static, self._from_static, _rows(bottom[2].data, 1))
        self.add_gradient(self._w_h, diffs, _rows(self.kept[0], 2))

    # Resuming.

    def state(self) -> dict[str, Any]:
        """The states after the last forward."""
        if self._exposes:
            return {}
        return {name: last.saved() for name, last in zip(self.states, self._last, strict=True)}

    def restore(self, state: dict[str, Any]) -> None:
        for name, last in zip(self.states, self._last, strict=True):
            shape = tuple(state[name]["shape"])
            if shape[1:] != (self.num_output,):
                raise self.error(
                    f"the saved state {name} has shape {shape}, but num_output is "
                    f"{self.num_output}; was the net changed since the snapshot?"
                )
            last.restore(state[name])

    # Checking.

    def _check_bottoms(self, shapes: list[Shape]) -> None:
        x, cont = shapes[:2]
        if len(x) < 2:
            raise self.error(f"bottom[0] must be x (T, N, ...), got shape {x}")
        if cont != x[:2]:
            raise self.error(
                f"bottom[1] must be cont (T, N) = {x[:2]}, as x has shape {x}, got shape {cont}"
            )
        if self._has_static and shapes[2][:1] != x[1:2]:
            raise self.error(
                f"bottom[2] must be x_static (N, ...) with N = {x[1]}, as x has shape {x}, "
                f"got shape {shapes[2]}"
            )
        wanted = (1, x[1], self.num_output)
        for name, i in zip(self.states, range(self._first_state, len(shapes)), strict=False):
            if shapes[i] != wanted:
                raise self.error(
                    f"bottom[{i}] must be {name}_0 (1, N, num_output) = {wanted}, "
                    f"got shape {shapes[i]}"
                )

    def _check_size(self, name: str, size: int, weight: Blob) -> None:
        if size != weight.shape[1]:
            raise self.error(
                f"weights were made for {weight.shape[1]} numbers per stream in {name}, got {size}"
            )


def _rows(array: Array, axes: int) -> Array:
    """A matrix with one row per index of the leading axes."""
    return array.reshape(prod(array.shape[:axes]), prod(array.shape[axes:]))
