"""Runs a job with Cortado: a step of a Solver, of a Net, or a prediction."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
from serve import Prepared, serve

from cortado import Net
from cortado.core import unseen
from cortado.proto import parse_solver, read_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

SOLVER = 'base_lr: 1e-6 lr_policy: "fixed" momentum: 0.9 weight_decay: 5e-4 max_iter: 1000000000'
RECORDED = 4  # steps on a GPU, by then one launch


def prepare(options):
    """What serve asks for."""
    folder = Path(options.folder)
    run_folder = folder / "check" if options.check else folder
    param = without_fillers(read_net(run_folder / "net.prototxt"))
    place = {"device": options.device, "precision": options.precision}
    before = bytes_on(options.device)
    solver = make_solver(param, place) if options.update and not options.check else None
    # Checked, every blob is looked at; otherwise none is, as by the commands of Cortado.
    keep = None if options.check else ()
    phase = TRAIN if options.training else TEST
    net = solver.net if solver else Net(param, phase, seed=1, keep=keep, **place)
    with np.load(folder / "weights.npz") as weights:
        fill(net, weights)
    with np.load(run_folder / "inputs.npz") as arrays:
        inputs = dict(arrays)
    with unseen([net.blobs[name] for name in inputs]):  # so they stay where they were sent
        feed(net, inputs)
    run = training(net, solver) if options.training else inference(net, inputs)
    save = saving(net, options.training)
    if options.check:
        return Prepared(run, guessing(save))
    if not net.gpu:
        return Prepared(run, save)
    run(RECORDED)
    held = bytes_on(options.device) - before  # later, others will have taken some too
    return Prepared(run, save, lambda: held, partial(bytes_on, options.device))


def without_fillers(param):
    """The net with weights of zero: all are read from a file."""
    for layer in param.layer:
        for fields in (layer.convolution_param, layer.inner_product_param):
            fields.ClearField("weight_filler")
            fields.ClearField("bias_filler")
    return param


def make_solver(net, place):
    """A solver with momentum and decay, as torch_worker.py has."""
    from cortado.solvers import Solver

    param = parse_solver(SOLVER)
    param.net_param.CopyFrom(net)
    return Solver(param, keep=(), **place)


def fill(net, weights):
    """Set the weights, which nobody looks at from then on."""
    with unseen([blob for blobs in net.params.values() for blob in blobs]):
        for layer, blobs in net.params.items():
            for i, blob in enumerate(blobs):
                blob.data[...] = weights[f"{layer}:{i}"]


def feed(net, inputs):
    """Fill the Input layers."""
    for name, values in inputs.items():
        net.blobs[name].data[...] = values


def training(net, solver):
    """Steps of a solver; without one, forward and backward, gradients made anew."""

    def run(count):
        if solver:
            solver.step(count)
        else:
            for _ in range(count):
                net.forward()
                net.backward(adds=False)
        if net.gpu:
            net.gpu.synchronize()

    return run


def inference(net, inputs):
    """Forward; as the other libraries are, given its input each time."""

    def run(count):
        for _ in range(count):
            feed(net, inputs)
            net.forward()

    return run


def bytes_on(device):
    """Bytes that are taken on a GPU, by whomever; ours gives back what nothing lies in."""
    from cortado.core.device import open_device

    gpu = open_device(device)
    if not gpu:
        return 0
    gpu.synchronize()
    if "cupy" in sys.modules:
        sys.modules["cupy"].get_default_memory_pool().free_all_blocks()
    free, total = gpu.memory_info()
    return total - free


def saving(net, training):
    """What saves every blob and, in training, the gradients of the weights."""

    def save(path):
        net.clear_diffs()
        net.forward()
        results = {name: np.array(blob.data) for name, blob in net.blobs.items()}
        if training:
            net.backward()
            for layer, blobs in net.params.items():
                for i, blob in enumerate(blobs):
                    results[f"gradient {layer}:{i}"] = np.array(blob.diff)
        np.savez(path, **results)

    return save


def guessing(save):
    """The same with cuDNN's first guesses: for few pictures, to time plans takes the longest."""
    from cortado.kernels import cudnn

    def guess(recipe, target, *, trial=None, choices=None, **told):
        return prepare(recipe, target, **told)

    def save_guessing(path):
        cudnn.prepare = guess
        try:
            save(path)
        finally:
            cudnn.prepare = prepare

    prepare = cudnn.prepare
    return save_guessing


if __name__ == "__main__":
    serve(prepare)
