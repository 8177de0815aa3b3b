"""Timing: how long each step of a net's plan takes, and with which kernels."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core import Call, label
from .net import Net
from .step import Step


@dataclass
class StepTime:
    """Sums over all iterations of one step, in seconds."""

    layers: list[str]  # their names: several if a pass made them one
    forward_multiply_adds: int
    backward_multiply_adds: int
    forward_kernels: list[str]
    backward_kernels: list[str]
    forward: float = 0.0
    backward: float = 0.0


def time_steps(
    net: Net, iterations: int, on_iteration: Callable[[int, float], None]
) -> list[StepTime]:
    """Run the net forward and, if it learns, backward; on_iteration gets number and seconds."""
    forward = net.plan.bound.forward_by_step()
    backward = net.plan.bound.backward_by_step(adds=False)
    down = dict(backward)
    times = {step: _described(net, step, up, down.get(step, [])) for step, up in forward}
    with np.errstate(all="ignore"):
        for iteration in range(1, iterations + 1):
            begin = time.perf_counter()
            for step, calls in forward:
                times[step].forward += _seconds(calls)
            for step, calls in backward:
                times[step].backward += _seconds(calls)
            on_iteration(iteration, time.perf_counter() - begin)
    return list(times.values())


def _seconds(calls: list[Call]) -> float:
    begin = time.perf_counter()
    for call in calls:
        call()
    return time.perf_counter() - begin


def _described(net: Net, step: Step, forward: list[Call], backward: list[Call]) -> StepTime:
    up = down = 0
    for i in step.layers:
        layer, count = net.layers[i], net.layers[i].multiply_adds(net.bottoms[i], net.tops[i])
        up += count
        down += count * (any(layer.propagate_down) + any(layer.param_propagate_down))
    return StepTime(
        [net.layer_names[i] for i in step.layers],
        up,
        down,
        list(dict.fromkeys(map(label, forward))),
        list(dict.fromkeys(map(label, backward))),
    )
