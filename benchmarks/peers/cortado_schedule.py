"""Trains as solver.prototxt says, as `caffe train` does."""

from pathlib import Path

import numpy as np
from serve import serve

from cortado.solvers import Solver
from cortado.solvers.testing import mean_outputs


def prepare(options):
    """The two functions that serve asks for."""
    folder = Path(options.folder)
    solver = Solver.from_file(folder / "solver.prototxt")
    with np.load(folder / "weights.npz") as weights:
        for layer, blobs in solver.net.params.items():
            for i, blob in enumerate(blobs):
                blob.data[...] = weights[f"{layer}:{i}"]
    return solver.step, lambda path: save(path, solver)


def save(path, solver):
    """The weights and, if the schedule has tests, the accuracy."""
    results = {
        f"{layer}:{i}": np.array(blob.data)
        for layer, blobs in solver.net.params.items()
        for i, blob in enumerate(blobs)
    }
    if solver.test_nets:
        scores, _ = mean_outputs(solver.test_nets[0], solver.param.test_iter[0])
        results["accuracy"] = dict(scores)["accuracy"]
    np.savez(path, **results)


serve(prepare)
