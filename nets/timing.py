"""Timing: how long each step of a net's plan takes, and with which kernels."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..core import Call, label
from .gpu_runner import GpuRunner
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
    runs_on_host: bool = False  # in a net on a GPU


def time_steps(
    net: Net, iterations: int, on_iteration: Callable[[int, float], None]
) -> list[StepTime]:
    """Run the net forward and, if it learns, backward; on_iteration gets number and seconds."""
    forward = net.plan.bound.forward_by_step()
    backward = net.plan.bound.backward_by_step(adds=False)
    down = dict(backward)
    times = {step: _described(net, step, up, down.get(step, [])) for step, up in forward}
    seconds = partial(_seconds_on_gpu, net.gpu) if net.gpu else _seconds
    for iteration in range(1, iterations + 1):
        begin = time.perf_counter()
        with net.plan.running():
            for step, calls in forward:
                times[step].forward += seconds(calls)
        with net.plan.running():
            for step, calls in backward:
                times[step].backward += seconds(calls)
        on_iteration(iteration, time.perf_counter() - begin)
    return list(times.values())


def _seconds(calls: list[Call]) -> float:
    begin = time.perf_counter()
    for call in calls:
        call()
    return time.perf_counter() - begin


def _seconds_on_gpu(gpu: Any, calls: list[Call]) -> float:
    """By the clock of the device; what runs on the host meanwhile counts as well."""
    return gpu.time(partial(_seconds, calls)) if calls else 0.0


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
        runs_on_host=isinstance(step.runner, GpuRunner) and not step.runner.is_on_gpu,
    )
