"""A job: a folder with all that a worker needs to run one net, whoever it is.

net.prototxt       the net, fed by Input layers
description.json   the same for peers: see description.py
inputs.npz         values of the Input layers
check/             the first three again, for comparing results: few pictures, nothing dropped
weights.npz        "layer:index"; for both
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado import Net
from cortado.proto import format_text
from cortado.proto.caffe_pb2 import TEST, TRAIN, NetParameter

from .description import describe
from .fed import class_count, inference_net, training_net, without_dropout
from .operations import operations
from .random_values import random_inputs, random_weights
from .roofline import Work, works_of
from .zoo import Subject

CHECKED_BATCH = 4


@dataclass(frozen=True)
class Job:
    """A folder, and how much computing is in it."""

    folder: Path
    training: bool
    batch: int
    flop: float  # floating-point operations of one run
    works: list[Work]  # of each layer, in training


def write_job(
    folder: Path,
    subject: Subject,
    training: bool,
    batch: int | None = None,
    like: Job | None = None,
) -> Job:
    """Prepare a folder; without a batch, it is that of training.

    `like` is a job of the same net with another batch, whose weights and check are used again.
    """
    batch = batch or subject.batch

    def fed(count: int) -> NetParameter:
        if training:
            return training_net(subject.training, count, subject.picture)
        return inference_net(subject.deployed, count)

    net, checked = fed(batch), without_dropout(fed(CHECKED_BATCH))
    classes = class_count(net)
    _write_run(folder, net, classes)
    if like:
        for name in ("check", "weights.npz"):
            (folder / name).symlink_to(like.folder / name)
        return _scaled(like, folder, batch)
    _write_run(folder / "check", checked, classes)
    weights = random_weights(checked, TRAIN if training else TEST, random_inputs(checked, classes))
    np.savez(folder / "weights.npz", **weights)
    built = Net(checked, TRAIN if training else TEST)
    tops = {layer.name: built.blobs[layer.top[0]].shape for layer in checked.layer}
    told = describe(checked)
    flop = operations(told, weights, tops, training)
    works = works_of(told, weights, tops) if training else []
    return _scaled(Job(folder, training, CHECKED_BATCH, flop, works), folder, batch)


def _scaled(job: Job, folder: Path, batch: int) -> Job:
    """The same with another batch, in another folder."""
    pictures = batch / job.batch
    works = [work.times(pictures) for work in job.works]
    return Job(folder, job.training, batch, job.flop * pictures, works)


def _write_run(folder: Path, net: NetParameter, classes: int) -> None:
    folder.mkdir(parents=True)
    (folder / "net.prototxt").write_text(format_text(net))
    (folder / "description.json").write_text(json.dumps(describe(net)))
    np.savez(folder / "inputs.npz", **random_inputs(net, classes))
