"""Multiplies two large matrices of float32, by NumPy's BLAS ("numpy") or oneDNN's ("onednn").

The option "size" is the number of rows and columns of each.
"""

from ctypes import POINTER, c_char, c_float, c_int64

import numpy as np
from serve import serve


def prepare(options):
    """The two functions that serve asks for."""
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal((options.size,) * 2, np.float32) for _ in range(2))
    product = np.empty_like(a)
    multiply = {"numpy": np.matmul, "onednn": onednn_product}[options.mode]

    def run(count):
        for _ in range(count):
            multiply(a, b, product)

    return run, lambda path: np.savez(path, product=product)


def onednn_product(a, b, product):
    """product = a b, by dnnl_sgemm, which takes matrices by rows."""
    from cortado.kernels.onednn.library import library

    n = c_int64(len(a))
    pointers = [x.ctypes.data_as(POINTER(c_float)) for x in (a, b, product)]
    one, zero, no = c_float(1), c_float(0), c_char(b"N")
    sgemm = library().function("sgemm")
    status = sgemm(no, no, n, n, n, one, pointers[0], n, pointers[1], n, zero, pointers[2], n)
    if status:
        raise RuntimeError(f"dnnl_sgemm: {status}")


serve(prepare)
