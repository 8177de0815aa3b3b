"""Solver updates: all that happens to a number, from its gradient to its step, in one pass.

The rules are those of solvers/, and so are their letters and the order of operations: the results
are the same, bit for bit.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numba import get_num_threads, njit, prange, set_num_threads

PIECE = 1 << 14  # numbers: what a thread takes at a time
WORTH_THREADS = 1 << 20  # numbers: one thread takes a millisecond for them

_compiled = njit(parallel=True, cache=True, nogil=True, error_model="numpy")


class Update:
    """Moves flat arrays of weights w by their gradients g, which stay as they are.

    rule.type names the rule, rule.numbers are those of its formula in this iteration.
    """

    def __init__(self, rule: Any, segments: Sequence[tuple[int, int, float, float]], l1: bool):
        pieces = [
            (start, min(start + PIECE, stop), rate_factor, decay)
            for first, stop, rate_factor, decay in segments
            for start in range(first, stop, PIECE)
        ]
        self._bounds = np.array([piece[:2] for piece in pieces], np.int64).reshape(-1, 2)
        self._factors = np.array([piece[2:] for piece in pieces], np.float64).reshape(-1, 2)
        self._rule, self._l1 = rule, l1
        self._step = STEPS[rule.type]

    def norm(self, g) -> float:
        """The L2 norm of g, the same for any number of threads."""
        with _threads_for(g.size):
            return math.sqrt(_sum_of_squares(g, PIECE))

    def step(self, w, g, history, rate: float, scale: float) -> None:
        """Move w by the gradients scale * g and the decay."""
        factors = self._factors * (rate, 1)
        with _threads_for(w.size):
            self._step(w, g, *history, *self._rule.numbers, self._bounds, factors, scale, self._l1)


@contextmanager
def _threads_for(count: int) -> Iterator[None]:
    """All threads for many numbers, one for few."""
    threads = get_num_threads()
    set_num_threads(threads if count >= WORTH_THREADS else 1)
    try:
        yield
    finally:
        set_num_threads(threads)


# Only sums may be reordered, or they would be taken number after number.
@njit(fastmath={"reassoc", "contract"}, cache=True, nogil=True)
def _sum_of_squares_of_piece(g):
    total = 0.0
    for i in range(len(g)):
        total += np.float64(g[i]) * np.float64(g[i])
    return total


@_compiled
def _sum_of_squares(g, piece):
    totals = np.zeros((len(g) + piece - 1) // piece)
    for p in prange(len(totals)):
        totals[p] = _sum_of_squares_of_piece(g[p * piece : (p + 1) * piece])
    return totals.sum()


@njit(inline="always")
def _regularised(g, w, scale, decay, l1):
    direction = np.sign(w) if l1 else w
    return g * scale + direction * decay


@_compiled
def _sgd(w, g, v, momentum, bounds, factors, scale, l1):
    number = w.dtype.type
    m, scale = number(momentum), number(scale)
    for p in prange(len(bounds)):
        place = slice(bounds[p, 0], bounds[p, 1])
        rate, decay = number(factors[p, 0]), number(factors[p, 1])
        w_, g_, v_ = w[place], g[place], v[place]
        for i in range(len(w_)):
            gradient = _regularised(g_[i], w_[i], scale, decay, l1)
            v_[i] = v_[i] * m + gradient * rate
            w_[i] -= v_[i]


@_compiled
def _nesterov(w, g, v, momentum, bounds, factors, scale, l1):
    number = w.dtype.type
    m, ahead, scale = number(momentum), number(1 + momentum), number(scale)
    for p in prange(len(bounds)):
        place = slice(bounds[p, 0], bounds[p, 1])
        rate, decay = number(factors[p, 0]), number(factors[p, 1])
        w_, g_, v_ = w[place], g[place], v[place]
        for i in range(len(w_)):
            gradient = _regularised(g_[i], w_[i], scale, decay, l1)
            before = v_[i] * m
            v_[i] = before + gradient * rate
            w_[i] = (w_[i] + before) - v_[i] * ahead


@_compiled
def _adagrad(w, g, h, delta, bounds, factors, scale, l1):
    number = w.dtype.type
    delta, scale = number(delta), number(scale)
    for p in prange(len(bounds)):
        place = slice(bounds[p, 0], bounds[p, 1])
        rate, decay = number(factors[p, 0]), number(factors[p, 1])
        w_, g_, h_ = w[place], g[place], h[place]
        for i in range(len(w_)):
            gradient = _regularised(g_[i], w_[i], scale, decay, l1)
            h_[i] += gradient * gradient
            w_[i] -= gradient / (np.sqrt(h_[i]) + delta) * rate


@_compiled
def _rmsprop(w, g, h, rms_decay, delta, bounds, factors, scale, l1):
    number = w.dtype.type
    d, rest, delta, scale = number(rms_decay), number(1 - rms_decay), number(delta), number(scale)
    for p in prange(len(bounds)):
        place = slice(bounds[p, 0], bounds[p, 1])
        rate, decay = number(factors[p, 0]), number(factors[p, 1])
        w_, g_, h_ = w[place], g[place], h[place]
        for i in range(len(w_)):
            gradient = _regularised(g_[i], w_[i], scale, decay, l1)
            h_[i] = h_[i] * d + gradient * gradient * rest
            w_[i] -= gradient / (np.sqrt(h_[i]) + delta) * rate


@_compiled
def _adadelta(w, g, h, s, momentum, delta, bounds, factors, scale, l1):
    number = w.dtype.type
    m, rest, delta, scale = number(momentum), number(1 - momentum), number(delta), number(scale)
    for p in prange(len(bounds)):
        place = slice(bounds[p, 0], bounds[p, 1])
        rate, decay = number(factors[p, 0]), number(factors[p, 1])
        w_, g_, h_, s_ = w[place], g[place], h[place], s[place]
        for i in range(len(w_)):
            gradient = _regularised(g_[i], w_[i], scale, decay, l1)
            h_[i] = h_[i] * m + gradient * gradient * rest
            u = np.sqrt((s_[i] + delta) / (h_[i] + delta)) * gradient
            s_[i] = s_[i] * m + u * u * rest
            w_[i] -= u * rate


@_compiled
def _adam(w, g, m, v, b1, b2, delta, correction, bounds, factors, scale, l1):
    number = w.dtype.type
    c1, c2 = number(1 - b1), number(1 - b2)
    b1, b2, delta, scale = number(b1), number(b2), number(delta), number(scale)
    for p in prange(len(bounds)):
        place = slice(bounds[p, 0], bounds[p, 1])
        rate, decay = number(factors[p, 0] * correction), number(factors[p, 1])
        w_, g_, m_, v_ = w[place], g[place], m[place], v[place]
        for i in range(len(w_)):
            gradient = _regularised(g_[i], w_[i], scale, decay, l1)
            m_[i] = m_[i] * b1 + gradient * c1
            v_[i] = v_[i] * b2 + gradient * gradient * c2
            w_[i] -= m_[i] / (np.sqrt(v_[i]) + delta) * rate


STEPS = {
    "AdaDelta": _adadelta,
    "AdaGrad": _adagrad,
    "Adam": _adam,
    "Nesterov": _nesterov,
    "RMSProp": _rmsprop,
    "SGD": _sgd,
}
