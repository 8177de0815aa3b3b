"""Runs a job with Cortado: a step of a Solver, of a Net, or a prediction."""

from pathlib import Path

import numpy as np
from serve import serve

from cortado import Net
from cortado.core import unseen
from cortado.proto import parse_solver, read_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

SOLVER = 'base_lr: 1e-6 lr_policy: "fixed" momentum: 0.9 weight_decay: 5e-4 max_iter: 1000000000'


def prepare(options):
    """The two functions that serve asks for."""
    folder = Path(options.folder)
    run_folder = folder / "check" if options.check else folder
    param = read_net(run_folder / "net.prototxt")
    solver = make_solver(param) if options.update else None
    # Checked, every blob is looked at; otherwise none is, as by the commands of Cortado.
    keep = None if options.check else ()
    phase = TRAIN if options.training else TEST
    net = solver.net if solver else Net(param, phase, seed=1, keep=keep)
    with (
        np.load(folder / "weights.npz") as weights,
        unseen([blob for blobs in net.params.values() for blob in blobs]),
    ):
        for layer, blobs in net.params.items():
            for i, blob in enumerate(blobs):
                blob.data[...] = weights[f"{layer}:{i}"]
    with np.load(run_folder / "inputs.npz") as arrays:
        inputs = dict(arrays)
    feed(net, inputs)
    run = training(net) if options.training else inference(net, inputs)
    return solver.step if solver else run, lambda path: save(path, net, options.training)


def make_solver(net):
    """A solver with momentum and decay, as torch_worker.py has."""
    from cortado.solvers import Solver

    param = parse_solver(SOLVER)
    param.net_param.CopyFrom(net)
    return Solver(param, keep=())


def feed(net, inputs):
    """Fill the Input layers."""
    for name, values in inputs.items():
        net.blobs[name].data[...] = values


def training(net):
    """Forward and backward, gradients made anew."""

    def run(count):
        for _ in range(count):
            net.forward()
            net.backward(adds=False)

    return run


def inference(net, inputs):
    """Forward; as the other libraries are, given its input each time."""

    def run(count):
        for _ in range(count):
            feed(net, inputs)
            net.forward()

    return run


def save(path, net, training):
    """Every blob and, in training, the gradients of the weights."""
    net.clear_diffs()
    net.forward()
    results = {name: np.array(blob.data) for name, blob in net.blobs.items()}
    if training:
        net.backward()
        for layer, blobs in net.params.items():
            for i, blob in enumerate(blobs):
                results[f"gradient {layer}:{i}"] = np.array(blob.diff)
    np.savez(path, **results)


serve(prepare)
