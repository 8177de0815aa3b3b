"""Training runs as files for TensorBoard: scalars, histograms of the weights, the graph."""

import contextlib
from typing import Any

import numpy as np

from ..core import optional, unseen
from ..nets import Net
from ..proto import ConfigError
from ..solvers import Solver
from .training_log import Row


class EventFiles:
    """Writes a run into a folder. Weights are written at every test of net 0, and at the end."""

    def __init__(self, folder: str, solver: Solver):
        module = optional.load("tensorboardX", "tensorboard", "-tensorboard")
        try:
            self._writer = module.SummaryWriter(folder)
        except OSError as problem:
            raise ConfigError(f"-tensorboard: {folder}: {problem.strerror}") from None
        self._solver = solver
        self._weights_at: int | None = None
        self._write_graph(solver.net)

    def train(self, row: Row) -> None:
        """The outputs of the training net, its smoothed loss, and the rate."""
        self._write_scalars("train", row)
        self._writer.add_scalar("learning_rate", row.rate, row.iteration)

    def test(self, number: int, row: Row) -> None:
        """The mean outputs of a test net."""
        self._write_scalars(f"test{number}" if number else "test", row)
        if number == 0:
            self._write_weights()

    def close(self) -> None:
        """Write the last weights, and all that waits to be written."""
        self._write_weights()
        with contextlib.suppress(OSError):
            self._writer.close()

    def _write_scalars(self, prefix: str, row: Row) -> None:
        for name, value in row.outputs.items():
            tag = f"{prefix}/{name.replace(' ', '_')}"
            self._writer.add_scalar(tag, value, row.iteration)

    def _write_weights(self) -> None:
        iteration = self._solver.iteration
        if iteration == self._weights_at:
            return
        self._weights_at = iteration
        weights = self._solver.net.weights.learnable
        with unseen([weight.blob for weight in weights]):
            for weight in weights:
                data = weight.blob.data
                values = data if isinstance(data, np.ndarray) else data.get()
                finite = values[np.isfinite(values)]
                if finite.size:
                    tag = f"{weight.owner}/{weight.index}"
                    self._writer.add_histogram(tag, finite, iteration)

    def _write_graph(self, net: Net) -> None:
        messages: Any = optional.load("tensorboardX.proto.graph_pb2", "tensorboard", "-tensorboard")
        events: Any = optional.load("tensorboardX.proto.event_pb2", "tensorboard", "-tensorboard")
        graph = messages.GraphDef()
        makers: dict[str, str] = {}
        for node in net.graph.nodes:
            made = graph.node.add(name=node.name, op=node.param.type)
            made.input.extend(dict.fromkeys(makers[bottom] for bottom in node.bottoms))
            makers.update((top, node.name) for top in node.tops)
        event = events.Event(graph_def=graph.SerializeToString())
        self._writer.file_writer.add_event(event)
