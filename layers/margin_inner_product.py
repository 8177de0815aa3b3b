"""MarginInnerProduct: cosines between features and classes, the right one made harder."""

from math import cos, pi, prod
from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.lookup import LookupLayer, WrongIndex

# cos(m theta) as a polynomial in cos(theta): coefficients of rising powers.
_CHEBYSHEV = {1: (0, 1), 2: (-1, 0, 2), 3: (0, -3, 0, 4), 4: (1, 0, -8, 0, 8)}

_LABELS = "bottom[1], the labels,"


@register("MarginInnerProduct")
class MarginInnerProduct(LookupLayer):
    """y = x w^T, but for the label |x| (psi(theta) + lambda cos(theta)) / (1 + lambda).

    theta is the angle between x and w; psi(theta) = (-1)^k cos(m theta) - 2 k for theta between
    k pi / m and (k + 1) pi / m, which falls from 1 to 1 - 2 m. m is 1 for type SINGLE, where
    psi is the cosine, 2 for DOUBLE, 3 for TRIPLE, 4 for QUADRUPLE.

    bottom[0]  x (N, ...), K numbers from axis on
    bottom[1]  labels (N), whole numbers in [0, num_output)
    top[0]     y (N, num_output)
    top[1]     optional: lambda (1)
    weights    w (num_output, K); forward scales each row to length 1

    lambda = max(lambda_min, base (1 + gamma i)^-power), i the number of this forward, counted
    from iteration. The gradient is the fork's: that of w is dy^T x, as if there were no margin;
    in that of x, the parts along w and x that psi gives are divided by their common length.

    Prototxt: margin_inner_product_param { num_output: (required)  type: SINGLE
                                           weight_filler { value: 0 }  axis: 1  base: 1  gamma: 0
                                           power: 1  iteration: 0  lambda_min: 0 }
    Source: Liu et al., "SphereFace: Deep Hypersphere Embedding for Face Recognition", CVPR 2017,
            and its Caffe.
    """

    bottom_count = 2
    top_count = range(1, 3)

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_lambda = tops == 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.margin_inner_product_param
        if not param.num_output:
            raise self.error(
                "margin_inner_product_param.num_output is required and must be at least 1"
            )
        inputs = prod(bottom_shapes[0][self._axis(bottom_shapes[0]) :])
        self._w = self.add_weight((param.num_output, inputs), param.weight_filler)
        self._margin = param.type + 1
        self._limits = [cos(pi * j / self._margin) for j in range(1, self._margin)]
        self._iteration = param.iteration

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        x, labels = bottom_shapes
        axis = self._axis(x)
        outputs, made_for = self._w.shape
        if prod(x[axis:]) != made_for:
            raise self.error(
                f"weights were made for {made_for} inputs; a bottom of shape {x} has "
                f"{prod(x[axis:])} from axis {axis} on"
            )
        if prod(labels) != prod(x[:axis]):
            raise self.error(
                f"bottom[1] must be one label for each of {prod(x[:axis])} items, got shape "
                f"{labels}"
            )
        return [(*x[:axis], outputs), (1,)][: 1 + self._gives_lambda]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._items = np.arange(bottom[1].count)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        if self.propagate_down[1]:
            return None  # backward_cpu says why it cannot
        return gpu.MarginInnerProduct(
            context,
            self._w,
            self._axis(bottom[0].shape),
            _CHEBYSHEV[self._margin],
            self._limits,
            context.changing.add("float32", self._next_lambda),
            WrongIndex(self, bottom[1], self._w.shape[0], _LABELS),
        )

    def allows_force_backward(self, index: int) -> bool:
        return index == 0

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._lambda = self._next_lambda()
        w = self._w.data
        w /= self._divisors(self._lengths(w))[:, None]
        x = bottom[0].data.reshape(len(self._items), w.shape[1])
        y = top[0].data.reshape(len(x), len(w))
        np.matmul(x, w.T, out=y)
        labels = self.row_numbers(bottom[1], len(w), _LABELS).ravel()
        self._places = self._items, labels
        if self._margin > 1:
            plain, length = y[self._places], self._lengths(x)
            self._cosine = plain / self._divisors(length)
            hard = length * self._psi(self._cosine)[0]
            y[self._places] = (hard + self._lambda * plain) / (1 + self._lambda)
        if self._gives_lambda:
            top[1].data[...] = self._lambda

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[1]:
            raise self.error(
                "cannot give bottom[1], the labels, a gradient; stop there with propagate_down: "
                "one true or false per bottom"
            )
        w = self._w.data
        x = bottom[0].data.reshape(len(self._items), w.shape[1])
        dy = top[0].diff.reshape(len(x), len(w))
        if self.param_propagate_down[0]:
            self._w.diff[...] += dy.T @ x
        if not self.propagate_down[0]:
            return
        dx = bottom[0].diff.reshape(x.shape)
        np.matmul(dy, w, out=dx)
        if self._margin > 1:
            psi, slope = self._psi(self._cosine)
            along_x = (psi - self._cosine * slope) / self._divisors(self._lengths(x))
            norm = np.sqrt(slope**2 + along_x**2)
            share = dy[self._places] / (1 + self._lambda)
            dx += (share * (slope / norm - 1))[:, None] * w[self._places[1]]
            dx += (share * along_x / norm)[:, None] * x

    def state(self) -> dict[str, Any]:
        return {"iteration": self._iteration}

    def restore(self, state: dict[str, Any]) -> None:
        self._iteration = state["iteration"]

    def _next_lambda(self) -> float:
        """The lambda of one more forward."""
        param = self.param.margin_inner_product_param
        self._iteration += 1
        annealed = param.base * (1 + param.gamma * self._iteration) ** -param.power
        return max(annealed, param.lambda_min)

    def _psi(self, cosine: Array) -> tuple[Array, Array]:
        """psi, and what it grows by with the cosine."""
        terms = list(enumerate(_CHEBYSHEV[self._margin]))
        value = sum(factor * cosine**power for power, factor in terms if factor)
        slope = sum(factor * power * cosine ** (power - 1) for power, factor in terms if power)
        k = sum((cosine < limit).astype(cosine.dtype) for limit in self._limits)
        sign = 1 - 2 * (k % 2)
        return sign * value - 2 * k, sign * slope

    def _lengths(self, rows: Array) -> Array:
        return np.sqrt(np.einsum("nk,nk->n", rows, rows))

    def _divisors(self, lengths: Array) -> Array:
        """The lengths, but 1 for 0: zeros have no angle to anything."""
        return np.where(lengths > 0, lengths, 1)

    def _axis(self, x: Shape) -> int:
        return self.canonical_axis(
            self.param.margin_inner_product_param.axis, len(x), "margin_inner_product_param.axis"
        )
