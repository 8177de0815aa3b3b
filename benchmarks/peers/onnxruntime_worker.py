"""Runs a job's net.onnx with ONNX Runtime, at its default optimization level: all of them."""

from pathlib import Path

import numpy as np
import onnxruntime
from serve import serve


def prepare(options):
    """The two functions that serve asks for."""
    folder = Path(options.folder) / "check" if options.check else Path(options.folder)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        folder / "net.onnx", settings, providers=["CPUExecutionProvider"]
    )
    with np.load(folder / "inputs.npz") as arrays:
        inputs = dict(arrays)

    def run(count):
        for _ in range(count):
            session.run(None, inputs)

    def save(path):
        names = [output.name for output in session.get_outputs()]
        np.savez(path, **dict(zip(names, session.run(names, inputs), strict=True)))

    return run, save


serve(prepare)
