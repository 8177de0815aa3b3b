"""Runs a job with torch: mode "eager", "channels-last", "compile" or "compile-channels-last"."""

import json
from pathlib import Path

import numpy as np
import torch
from serve import serve
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
    if "channels-last" in options.mode:
        net = net.to(memory_format=torch.channels_last)
        inputs = {name: channels_last(x) for name, x in inputs.items()}
    net.requires_grad_(options.training)
    called = torch.compile(net) if "compile" in options.mode else net
    step = training_step(called, inputs, options.update) if options.training else None
    return step or inference(called, inputs), lambda path: save(path, net, inputs, step)


def as_tensor(array):
    """Labels, which are one number each, become integers."""
    x = torch.from_numpy(array)
    return x.long() if x.dim() == 1 else x


def channels_last(x):
    """Pictures in channels-last order; labels as they are."""
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


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
        gradients = net.weight_gradients()
        results |= {f"gradient {name}": g.contiguous().numpy() for name, g in gradients.items()}
    np.savez(path, **results)


serve(prepare)
