"""Connectionist temporal classification: all the ways to spread a sequence of labels over time.

Source: Graves et al., "Connectionist Temporal Classification", ICML 2006.
"""

from typing import Any

import numpy as np

from ...core import Array

# The logarithm of 0 is -inf; and nan goes on its way: whoever reads it can tell.
_silently = np.errstate(divide="ignore", invalid="ignore")


class CTCAlignment:
    """log P(labels | x), summed over all paths that give the labels, and its gradient.

    A path has a class or the blank at every step. What it gives is the path without its blanks,
    a class repeated without a blank in between being one label; unless merges is False, when
    every class of the path is a label of its own.

    labels   one list of classes per sequence, none of them the blank
    lengths  steps of each sequence
    """

    def __init__(
        self,
        labels: list[list[int]],
        lengths: list[int],
        blank: int,
        merges: bool = True,
    ):
        count, most = len(labels), max(map(len, labels), default=0)
        # A blank before each label and at the end; the rest of a row is never reached.
        states = np.full((count, 2 * most + 1), blank)
        for row, sequence in zip(states, labels, strict=True):
            row[1 : 2 * len(sequence) : 2] = sequence
        is_label = states != blank
        skips = np.zeros(states.shape, bool)
        skips[:, 2:] = is_label[:, 2:] & ((states[:, 2:] != states[:, :-2]) | (not merges))
        ends = np.array([2 * len(sequence) for sequence in labels]).reshape(-1, 1)
        place = np.arange(states.shape[1])
        self.states = states
        self._last = _log((place == ends) | (place == ends - 1))
        self._stays = _log(~is_label | merges)
        self._skips = _log(skips)
        self._lengths = np.array(lengths, int)

    @_silently
    def run(self, log_p: Array) -> tuple[Array, Array]:
        """log P (N), -inf where there is no path, and the share of all paths in each state.

        log_p (T, N, C) are log probabilities of the classes; shares (T, N, states) are 0 after
        the end of a sequence, and everywhere if it has no path.
        """
        steps = len(log_p)
        index = np.broadcast_to(self.states, (steps, *self.states.shape))
        emitted = np.take_along_axis(log_p, index, axis=2)
        before = np.full(emitted.shape, -np.inf)
        after = np.full(emitted.shape, -np.inf)
        before[:1, :, :2] = emitted[:1, :, :2]
        for t in range(1, steps):
            before[t] = emitted[t] + self._step(before[t - 1])
        last = self._last
        for t in reversed(range(steps)):
            ends_here = (self._lengths == t + 1)[:, None]
            if t + 1 < steps:
                after[t] = self._step_back(after[t + 1] + emitted[t + 1])
            after[t] = np.where(ends_here, last, after[t])
        paths = before + after
        # Any step gives the sum; the first one is in every sequence.
        total = _sum_of(paths[0])
        has_path = total != -np.inf  # also for nan, which is to show
        shares = np.exp(paths - np.where(has_path, total, 0)[:, None])
        return total, np.where(has_path[:, None], shares, 0)

    def _step(self, x: Array) -> Array:
        """The sum over the states from which each state is reached."""
        logaddexp, y = np.logaddexp, x + self._stays
        y[:, 1:] = logaddexp(y[:, 1:], x[:, :-1])
        y[:, 2:] = logaddexp(y[:, 2:], x[:, :-2] + self._skips[:, 2:])
        return y

    def _step_back(self, x: Array) -> Array:
        """The sum over the states that each state reaches."""
        logaddexp, y = np.logaddexp, x + self._stays
        y[:, :-1] = logaddexp(y[:, :-1], x[:, 1:])
        y[:, :-2] = logaddexp(y[:, :-2], x[:, 2:] + self._skips[:, 2:])
        return y


@_silently
def log_softmax(x: Array) -> Array:
    """Log probabilities of the classes on the last axis, in double precision."""
    shifted = x.astype("float64")
    shifted -= shifted.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def _log(condition: Any) -> Array:
    """0 where a condition holds, else -inf."""
    return np.where(condition, 0.0, -np.inf)


def _sum_of(logs: Array) -> Array:
    """The log of the sum of the numbers in each row whose logs these are."""
    peak = logs.max(axis=1)
    peak = np.where(np.isfinite(peak), peak, 0)
    return peak + np.log(np.exp(logs - peak[:, None]).sum(axis=1))
