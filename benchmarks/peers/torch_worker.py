"""Runs a job with torch, in one of the modes of torch_modes.py, where torch_place.py says."""

import json
from pathlib import Path

import numpy as np
import torch
from serve import Prepared, serve
from torch_modes import compiled, in_layout
from torch_net import TorchNet
from torch_place import Place

# As in peers/cortado_worker.py: the step is small, so that the loss stays finite.
RATE, MOMENTUM, DECAY = 1e-6, 0.9, 5e-4


def prepare(options):
    """What serve asks for."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    place = Place(options.device, options.precision, chooses=not options.check)
    folder = Path(options.folder)
    run_folder = folder / "check" if options.check else folder
    description = json.loads((run_folder / "description.json").read_text())
    with np.load(folder / "weights.npz") as weights:
        net = TorchNet(description, weights).train(options.training)
    with np.load(run_folder / "inputs.npz") as arrays:
        inputs = {name: as_tensor(array).to(place.device) for name, array in arrays.items()}
    net = in_layout(net.to(place.device), options.mode).requires_grad_(options.training)
    inputs = {name: in_layout(x, options.mode) for name, x in inputs.items()}
    called = compiled(net, options.mode)
    step = Step(called, inputs, place, options.update) if options.training else None
    run = running(step, options.mode, place) if step else inference(called, inputs, place)
    return Prepared(run, saving(net, inputs, place, step), place.peak, place.trim)


def as_tensor(array):
    """Labels, which are one number each, become integers."""
    x = torch.from_numpy(array)
    return x.long() if x.dim() == 1 else x


class Step:
    """Forward and backward, gradients made anew; with an update if asked."""

    def __init__(self, net, inputs, place, update):
        self._net, self._inputs, self._place, self._update = net, inputs, place, update
        self._optimizer = torch.optim.SGD(
            list(net.parameters()), RATE, MOMENTUM, weight_decay=DECAY, fused=True
        )

    def __call__(self):
        self.clear()
        with self._place.rounding():
            loss = self._net(self._inputs)[0]
        loss.backward()
        if self._update:
            self._optimizer.step()

    def clear(self):
        """Drop the gradients."""
        self._optimizer.zero_grad(set_to_none=True)


def running(step, mode, place):
    """What runs a step a number of times, on a GPU after it was warm."""
    if "graph" in mode:
        step = place.recorded(step)
    else:
        place.warm_up(step)

    def run(count):
        for _ in range(count):
            step()
        place.wait()

    return run


def inference(net, inputs, place):
    """Forward without a thought of gradients."""

    def run(count):
        with torch.inference_mode(), place.rounding():
            for _ in range(count):
                net(inputs)
        place.wait()

    return run


def saving(net, inputs, place, step):
    """What saves the scores and, in training, the gradients of the weights."""

    def save(path):
        with place.rounding():
            _, found = net(inputs)
        results = {name: as_array(value) for name, value in found.items()}
        if step:
            step()
            for name, weight in net.weights():
                results[f"gradient {name}"] = as_array(weight.grad)
        np.savez(path, **results)

    return save


def as_array(tensor):
    """Its numbers as NumPy has them."""
    return tensor.detach().float().cpu().contiguous().numpy()


if __name__ == "__main__":
    serve(prepare)
