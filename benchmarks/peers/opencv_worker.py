"""Runs a job's net.onnx with the dnn module of OpenCV 4, the last that read Caffe's files."""

import json
from pathlib import Path

import cv2
import numpy as np
from serve import serve


def prepare(options):
    """The two functions that serve asks for."""
    if not cv2.__version__.startswith("4."):
        raise SystemExit(f"OpenCV {cv2.__version__}: CORTADO_OPENCV can name a Python with 4")
    cv2.setNumThreads(options.threads)
    folder = Path(options.folder) / "check" if options.check else Path(options.folder)
    net = cv2.dnn.readNetFromONNX(str(folder / "net.onnx"))
    output = json.loads((folder / "description.json").read_text())["outputs"][0]
    with np.load(folder / "inputs.npz") as arrays:
        inputs = dict(arrays)

    def forward():
        for name, values in inputs.items():
            net.setInput(values, name)
        return net.forward(output)

    def run(count):
        for _ in range(count):
            forward()

    return run, lambda path: np.savez(path, **{output: forward()})


serve(prepare)
