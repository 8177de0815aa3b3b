"""Trains with torch as schedule.json says.

All images lie in one tensor, in the order of the database, and a batch is a slice of it, turned to
float32 when its turn comes: less work than any loader that reads and shuffles files.
"""

import json
from pathlib import Path

import numpy as np
import torch
from serve import serve
from torch_modes import compiled, in_layout
from torch_net import TorchNet

TEST_BATCH = 100


class Training:
    """A net, its data, and where it stands in its schedule."""

    def __init__(self, folder, mode):
        description = json.loads((folder / "description.json").read_text())
        self.schedule = json.loads((folder / "schedule.json").read_text())
        self.label = next(loss["label"] for loss in description["losses"])
        self.input = next(name for name in description["inputs"] if name != self.label)
        self.mode = mode
        self.iteration = 0
        with np.load(folder / "weights.npz") as weights:
            self.net = in_layout(TorchNet(description, weights), mode)
        self.called = compiled(self.net, mode)
        with np.load(folder / "data.npz") as arrays:
            self.data = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self.count = len(self.data["train_images"])
        for name in ("train_images", "train_labels"):  # the last batch goes round to the first
            values = self.data[name]
            self.data[name] = torch.cat([values, values[: self.schedule["batch"]]])
        self.optimizer = self.make_optimizer()

    def make_optimizer(self):
        """SGD with a group of parameters for each rate and decay."""
        groups = {}
        for name, parameter in self.net.weights():
            multipliers = self.schedule["multipliers"].get(name, [1, 1])
            groups.setdefault(tuple(multipliers), []).append(parameter)
        return torch.optim.SGD(
            [
                {"params": p, "factor": rate, "weight_decay": self.schedule["decay"] * decay}
                for (rate, decay), p in groups.items()
            ],
            self.schedule["rates"][0],
            self.schedule["momentum"],
            fused=True,
        )

    def batch(self, part, start, size):
        """Images as the net wants them, and labels, by the names of the inputs."""
        images = self.data[f"{part}_images"][start : start + size]
        x = (images.float() - self.data["mean"]) * self.schedule["scale"]
        labels = self.data[f"{part}_labels"][start : start + size]
        return {self.input: in_layout(x, self.mode), self.label: labels}

    def run(self, iterations):
        """Train for some iterations more."""
        rates, interval = self.schedule["rates"], self.schedule["test_interval"]
        size = self.schedule["batch"]
        for _ in range(iterations):
            if interval and self.iteration % interval == 0:
                self.accuracy()
            for group in self.optimizer.param_groups:
                group["lr"] = rates[min(self.iteration, len(rates) - 1)] * group["factor"]
            self.optimizer.zero_grad(set_to_none=True)
            batch = self.batch("train", self.iteration * size % self.count, size)
            self.called(batch)[0].backward()
            self.optimizer.step()
            self.iteration += 1

    def save(self, path):
        """The weights and, if the schedule has tests, the accuracy."""
        results = {n: w.detach().contiguous().numpy() for n, w in self.net.weights()}
        if self.schedule["test_interval"]:
            results["accuracy"] = self.accuracy()
        np.savez(path, **results)

    def accuracy(self):
        """The share of test images whose largest score is their label's."""
        right, total = 0, len(self.data["test_images"])
        self.net.eval()
        with torch.inference_mode():
            for start in range(0, total, TEST_BATCH):
                batch = self.batch("test", start, TEST_BATCH)
                _, scores = self.net(batch)
                (score,) = scores.values()
                right += int((score.argmax(1) == batch[self.label]).sum())
        self.net.train()
        return right / total


def prepare(options):
    """The two functions that serve asks for."""
    torch.set_num_threads(options.threads)
    training = Training(Path(options.folder), options.mode)
    return training.run, training.save


serve(prepare)
