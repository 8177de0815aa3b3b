"""Graphs of batch normalization on x (N, C, …); what is per channel is float32, of C numbers.

The channels of a position have to fill 16 bytes evenly: 4 or a multiple in float32, 8 in 16 bits.
There is no plan for a backward pass with the gradient of a ReLU in it.
"""

from typing import Any

from .epilogue import rectified
from .recipe import Recipe
from .tensors import Tensor, per_channel


def batch_normalization(
    x: Tensor, y: Tensor, epsilon: float, *, momentum: float = 1.0, slope: float | None = None
) -> Recipe:
    """y = scale (x - mean) / sqrt(variance + epsilon) + shift, of the batch, then perhaps a ReLU.

    Roles: x, scale, shift, y; mean and inverse_deviation, which the backward pass reads; and
    running_mean, running_variance, which go in and come out (as new_running_mean, …; the same
    arrays may serve): r = (1 - momentum) r + momentum s, with s the mean of the batch and its
    variance times m / (m - 1), of m numbers to a channel. With a momentum of 1 they are those of
    the batch, as Caffe adds them to its sums; the arrays must hold finite numbers all the same.
    """
    x, y = _alike(x, y)
    channels = per_channel(x)

    def compose(graph: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        # Without running statistics 1.27 of the frontend cannot lower this at all.
        made, mean, deviation, running_mean, running_variance = graph.batchnorm(
            input=tensors["x"],
            scale=tensors["scale"],
            bias=tensors["shift"],
            in_running_mean=tensors["running_mean"],
            in_running_var=tensors["running_variance"],
            epsilon=tensors["epsilon"],
            momentum=tensors["momentum"],
        )
        return {
            "y": made if slope is None else rectified(graph, made, slope),
            "mean": mean,
            "inverse_deviation": deviation,
            "new_running_mean": running_mean,
            "new_running_variance": running_variance,
        }

    given = ("scale", "shift", "running_mean", "running_variance")
    kept = ("mean", "inverse_deviation", "new_running_mean", "new_running_variance")
    return Recipe(
        "batch normalization",
        {"x": x} | {role: channels for role in given},
        {"y": y} | {role: channels for role in kept},
        compose,
        {"slope": slope},
        {"epsilon": epsilon, "momentum": momentum},
        multiplies=False,
    )


def batch_normalization_backward(x: Tensor, dy: Tensor, dx: Tensor) -> Recipe:
    """dx, dscale and dshift of the above, without its ReLU.

    Roles: x, dy, scale, mean, inverse_deviation; dx, dscale, dshift.
    """
    x, dy, dx = _alike(x, dy, dx)
    channels = per_channel(x)

    def compose(graph: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        made, dscale, dshift = graph.batchnorm_backward(
            grad=tensors["dy"],
            input=tensors["x"],
            scale=tensors["scale"],
            mean=tensors["mean"],
            inv_variance=tensors["inverse_deviation"],
        )
        return {"dx": made, "dscale": dscale, "dshift": dshift}

    given = ("scale", "mean", "inverse_deviation")
    return Recipe(
        "batch normalization backward",
        {"x": x, "dy": dy} | {role: channels for role in given},
        {"dx": dx, "dscale": channels, "dshift": channels},
        compose,
        multiplies=False,
    )


def channel_affine(x: Tensor, y: Tensor, *, slope: float | None = None) -> Recipe:
    """y = scale[c] x + shift[c], then perhaps a ReLU: normalization with known statistics.

    Roles: x, scale, shift, y.
    """
    x, y = _alike(x, y)
    channels = per_channel(x)

    def compose(graph: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        scaled = graph.scale(input=tensors["x"], scale=tensors["scale"])
        made = graph.bias(input=scaled, bias=tensors["shift"])
        return {"y": made if slope is None else rectified(graph, made, slope)}

    inputs = {"x": x, "scale": channels, "shift": channels}
    settings = {"slope": slope}
    return Recipe("channel affine", inputs, {"y": y}, compose, settings, multiplies=False)


def _alike(*arrays: Tensor) -> tuple[Tensor, ...]:
    first = arrays[0].as_image()
    return tuple(array.as_image().alike(first) for array in arrays)
