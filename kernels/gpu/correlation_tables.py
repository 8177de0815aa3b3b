"""Tables that correlation.cu reads: which numbers of one side of a convolution a number sees.

A convolution has an image side, which its filters slide over, and a map side, with a number for
each filter and position. From image to map, position o of the map sees, by tap t, place
stride o - pad + dilation t of the image. The other way round, a place i of the image sees those
positions o, by those taps t, for which that holds: which taps depends on i + pad modulo the
stride. Places that see by the same taps are one phase.
"""

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from ...core import Array, Shape, Window

AXES = 3  # of the tables; images with fewer get axes of size 1


class Side(NamedTuple):
    """Sizes and strides in memory, in numbers: (N, C, *size)."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Tables:
    """What a launch from one side to the other reads.

    correlation, phases   as the structs of correlation.cuh
    taps      (taps, 4): how far one is away in memory, and along each axis
    places    (taps,): where its number is among those of a filter
    rows      of the largest phase
    columns   channels of a group of the target
    """

    correlation: np.ndarray
    phases: np.ndarray
    taps: np.ndarray
    places: np.ndarray
    rows: int
    columns: int
    column_stride: int  # of filters in the order of files
    group_stride: int


def side_of(array: Array) -> Side:
    """The side that an array of 3 to 5 axes is."""
    n, c, *size = array.shape
    item, channel, *strides = (stride // array.dtype.itemsize for stride in array.strides)
    missing = AXES - len(size)
    return Side((n, c, *[1] * missing, *size), (item, channel, *[0] * missing, *strides))


def widened(window: Window) -> Window:
    """The window with three axes."""
    missing = AXES - window.axes
    ones, none = (1,) * missing, (0,) * missing
    return Window(
        ones + window.kernel, ones + window.stride, none + window.pad, ones + window.dilation
    )


def to_map(image: Side, maps: Side, window: Window, group: int) -> Tables:
    """Tables from image to map."""
    channels, columns = image.shape[1] // group, maps.shape[1] // group
    kernel = np.array(list(np.ndindex(*window.kernel)))
    shifts = kernel * window.dilation
    taps = _taps(shifts, image, channels)
    count = len(kernel)
    places = np.arange(channels)[None, :] * count + np.arange(count)[:, None]
    starts = [-p for p in window.pad], [0] * AXES
    rows = maps.shape[0] * int(np.prod(maps.shape[2:]))
    phases = [[0, len(taps), rows, *maps.shape[2:], *starts[0], *starts[1]]]
    steps = window.stride, (1,) * AXES
    per_column = channels * count
    return Tables(
        _correlation(image, maps, steps, group),
        *(_ints(phases), taps, _ints(places), rows, columns),
        *(per_column, columns * per_column),
    )


def to_image(image: Side, maps: Side, window: Window, group: int) -> Tables:
    """Tables from map to image."""
    channels, columns = maps.shape[1] // group, image.shape[1] // group
    count = int(np.prod(window.kernel))
    numbers = np.arange(count).reshape(window.kernel)
    phases, taps, places, begin = [], [np.zeros((0, 4), np.int32)], [np.zeros((0, 0), int)], 0
    for axes in product(*(_axis_phases(image, window, axis) for axis in range(AXES))):
        kernel = np.array(list(product(*(axis.taps for axis in axes))), int).reshape(-1, AXES)
        shifts = np.array(list(product(*(axis.shifts for axis in axes))), int).reshape(-1, AXES)
        taps.append(_taps(shifts, maps, channels))
        of_kernel = numbers[tuple(kernel.T)]
        by_filter = np.arange(channels)[None, :] * columns * count + of_kernel[:, None]
        places.append(by_filter.reshape(-1, 1))
        end, counts = begin + len(taps[-1]), [axis.size for axis in axes]
        rows = image.shape[0] * int(np.prod(counts))
        starts = [axis.source for axis in axes] + [axis.target for axis in axes]
        phases.append([begin, end, rows, *counts, *starts])
        begin = end
    steps = (1,) * AXES, window.stride
    return Tables(
        _correlation(maps, image, steps, group),
        *(_ints(phases), np.concatenate(taps)),
        _ints(np.concatenate([p.reshape(-1) for p in places])),
        *(max(phase[2] for phase in phases), columns, count, channels * columns * count),
    )


class _AxisPhase(NamedTuple):
    """Places i = target + stride j of an axis, 0 <= j < size.

    They see position source + j + shift of the map by the tap beside the shift.
    """

    size: int
    source: int
    target: int
    taps: list[int]
    shifts: list[int]


def _axis_phases(image: Side, window: Window, axis: int) -> list[_AxisPhase]:
    size, stride, pad = image.shape[2 + axis], window.stride[axis], window.pad[axis]
    dilation, phases = window.dilation[axis], []
    # Where there are fewer places than strides, not all remainders come up.
    for i in range(min(stride, size)):
        source, remainder = divmod(i + pad, stride)
        taps = [t for t in range(window.kernel[axis]) if (remainder - t * dilation) % stride == 0]
        shifts = [(remainder - t * dilation) // stride for t in taps]
        phases.append(_AxisPhase(-(-(size - i) // stride), source, i, taps, shifts))
    return phases


def _taps(shifts: np.ndarray, source: Side, channels: int) -> np.ndarray:
    """(taps, 4): for each shift all channels of a group, one after the other."""
    memory = shifts @ np.array(source.strides[2:], np.int64)
    memory = memory[:, None] + np.arange(channels) * source.strides[1]
    along = np.broadcast_to(shifts[:, None], (len(shifts), channels, AXES))
    return _ints(np.concatenate([memory[..., None], along], axis=2).reshape(-1, 4))


def _correlation(source: Side, target: Side, steps: tuple[Shape, Shape], group: int) -> np.ndarray:
    per_group = source.shape[1] // group * source.strides[1]
    return _ints(
        [
            *(source.shape[0], group, target.shape[1] // group),
            *(source.strides[0], per_group, *source.shape[2:], *source.strides[2:], *steps[0]),
            *(*target.strides[:2], *target.strides[2:], *steps[1]),
        ]
    )


def _ints(numbers: object) -> np.ndarray:
    """32 bits of each: memory is counted modulo 2^32."""
    wide = np.asarray(numbers, np.int64)
    return (wide & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
