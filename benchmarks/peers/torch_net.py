"""A torch module that computes what a job's description says."""

import torch
from torch import nn
from torch.nn import functional


class TorchNet(nn.Module):
    """Given the inputs by name, computes (sum of the losses, scores) or (None, outputs)."""

    def __init__(self, description, weights):
        super().__init__()
        self.description = description
        self.parts = nn.ModuleList(make(layer, weights) for layer in description["layers"])

    def forward(self, inputs):
        values = dict(inputs)
        for layer, part in zip(self.description["layers"], self.parts, strict=True):
            values[layer["top"]] = part(*(values[name] for name in layer["bottoms"]))
        losses = self.description["losses"]
        if not losses:
            return None, {name: values[name] for name in self.description["outputs"]}
        total = sum(
            loss["weight"]
            * functional.cross_entropy(values[loss["score"]].flatten(1), values[loss["label"]])
            for loss in losses
        )
        return total, {loss["score"]: values[loss["score"]] for loss in losses}

    def weights(self):
        """Name, "layer:index" as in Caffe's files, and parameter of each weight that learns."""
        for layer, part in zip(self.description["layers"], self.parts, strict=True):
            name = layer["scale"] if layer["type"] == "BatchNorm" else layer["name"]
            for i, parameter in enumerate(part.parameters()):
                yield f"{name}:{i}", parameter


class Pool(nn.Module):
    """Caffe's pooling: output sizes rounded up, averages over windows with their zeros."""

    def __init__(self, layer):
        super().__init__()
        self.average, self.everything = layer["average"], layer["global"]
        self.window = layer["kernel"], layer["stride"], layer["pad"]

    def forward(self, x):
        if self.everything:
            pool = (
                functional.adaptive_avg_pool2d if self.average else functional.adaptive_max_pool2d
            )
            return pool(x, 1)
        pool = functional.avg_pool2d if self.average else functional.max_pool2d
        return pool(x, *self.window, ceil_mode=True)


class InnerProduct(nn.Linear):
    """A linear layer that flattens what it reads."""

    def forward(self, x):
        return super().forward(x.flatten(1))


class Concat(nn.Module):
    """Several values behind each other."""

    def __init__(self, axis):
        super().__init__()
        self.axis = axis

    def forward(self, *parts):
        return torch.cat(parts, self.axis)


class Sum(nn.Module):
    """The sum of several values."""

    def forward(self, first, *others):
        for other in others:
            first = first + other
        return first


def make(layer, weights):
    """The module of a layer, with its weights."""
    name, kind = layer["name"], layer["type"]
    found = [weights[key] for key in (f"{name}:0", f"{name}:1", f"{name}:2") if key in weights]
    if kind == "Convolution":
        inner = found[0].shape[1] * layer["group"]
        sizes = (layer[field] for field in ("kernel", "stride", "pad", "dilation", "group", "bias"))
        part = nn.Conv2d(inner, found[0].shape[0], *sizes)
        return fill(part, found)
    if kind == "InnerProduct":
        return fill(InnerProduct(*reversed(found[0].shape), bias=layer["bias"]), found)
    if kind == "BatchNorm":
        return batch_norm(layer, found, weights)
    return {
        "Concat": lambda: Concat(layer["axis"]),
        "Dropout": lambda: nn.Dropout(layer["ratio"]),
        "Eltwise": Sum,
        "LRN": lambda: nn.LocalResponseNorm(
            layer["size"], layer["alpha"], layer["beta"], layer["k"]
        ),
        "Pooling": lambda: Pool(layer),
        "ReLU": lambda: nn.ReLU(inplace=layer["in_place"]),
        "Softmax": lambda: nn.Softmax(layer["axis"]),
    }[kind]()


def fill(part, arrays):
    """Copy arrays into the parameters of a module, in order."""
    with torch.no_grad():
        for parameter, array in zip(part.parameters(), arrays, strict=True):
            parameter.copy_(torch.from_numpy(array).reshape(parameter.shape))
    return part


def batch_norm(layer, found, weights):
    """Caffe's running sums as the running means of torch, with the Scale layer's factors."""
    mean, variance, count = found
    part = nn.BatchNorm2d(mean.size, layer["eps"], 1 - layer["fraction"])
    part.running_mean.copy_(torch.from_numpy(mean / (count or 1)))
    part.running_var.copy_(torch.from_numpy(variance / (count or 1)))
    return fill(part, [weights[f"{layer['scale']}:{i}"] for i in (0, 1)])
