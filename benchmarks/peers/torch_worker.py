"""Runs a job with torch, in one of the modes of torch_modes.py."""

import json
from pathlib import Path

import numpy as np
import torch
from serve import serve
from torch_modes import compiled, in_layout
from torch_net import TorchNet

# As in peers/cortado_worker.py: the step is small, so that the loss stays finite.
RATE, MOMENTUM, DECAY = 1e-6, 0.9, 5e-4


def prepare(options):
    """The two functions that serve asks for."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    folder = Path(options.folder)
    run_folder = folder / "check" if options.check else folder
    description = json.loads((run_folder / "description.json").read_text())
    with np.load(folder / "weights.npz") as weights:
        net = TorchNet(description, weights).train(options.training)
    with np.load(run_folder / "inputs.npz") as arrays:
        inputs = {name: as_tensor(array) for name, array in arrays.items()}
    net = in_layout(net, options.mode).requires_grad_(options.training)
    inputs = {name: in_layout(x, options.mode) for name, x in inputs.items()}
    called = compiled(net, options.mode)
    step = training_step(called, inputs, options.update) if options.training else None
    return step or inference(called, inputs), lambda path: save(path, net, inputs, step)


def as_tensor(array):
    """Labels, which are one number each, become integers."""
    x = torch.from_numpy(array)
    return x.long() if x.dim() == 1 else x


def training_step(net, inputs, update):
    """Forward and backward, gradients made anew; with an update if asked."""
    parameters = list(net.parameters())
    optimizer = torch.optim.SGD(parameters, RATE, MOMENTUM, weight_decay=DECAY, fused=True)

    def run(count):
        for _ in range(count):
            optimizer.zero_grad(set_to_none=True)
            net(inputs)[0].backward()
            if update:
                optimizer.step()

    return run


def inference(net, inputs):
    """Forward without a thought of gradients."""

    def run(count):
        with torch.inference_mode():
            for _ in range(count):
                net(inputs)

    return run


def save(path, net, inputs, step):
    """The scores and, in training, the gradients of the weights."""
    total, found = net(inputs)
    results = {name: value.detach().numpy() for name, value in found.items()}
    if step:
        step(1)
        for name, weight in net.weights():
            results[f"gradient {name}"] = weight.grad.contiguous().numpy()
    np.savez(path, **results)


serve(prepare)
