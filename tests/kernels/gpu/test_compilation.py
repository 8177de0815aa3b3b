"""Every CUDA source is one for real GPUs too: nvcc takes it, without warnings."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
from emulated_gpu import EmulatedGpu, nvcc

from cortado.core.device import opening
from cortado.kernels.gpu import Context, LossRecord, Update
from cortado.kernels.gpu.context import SOURCES
from cortado.nets import Net
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN, SolverParameter
from cortado.solvers.rule import create_rule

pytestmark = pytest.mark.skipif(bool(nvcc.why_missing()), reason=str(nvcc.why_missing()))


# What no golden asks for.
OTHERS = """
layer { name: "in" type: "Input" top: "x" top: "rois" input_param {
        shape { dim: 2 dim: 8 dim: 8 dim: 8 } shape { dim: 3 dim: 5 } } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "drop" }
layer { name: "noise" type: "Noise" bottom: "x" top: "noise" noise_param { gaussian_std: 1 } }
layer { name: "draw" type: "Pooling" bottom: "x" top: "draw"
        pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 } }
layer { name: "regions" type: "PSROIPooling" bottom: "x" bottom: "rois" top: "regions"
        psroi_pooling_param { spatial_scale: 1 output_dim: 2 group_size: 2 } }
layer { name: "boxes" type: "Input" top: "scores" top: "shifts" top: "locations" top: "priors"
        input_param { shape { dim: 1 dim: 2 dim: 4 dim: 5 } shape { dim: 1 dim: 4 dim: 4 dim: 5 }
                      shape { dim: 1 dim: 80 } shape { dim: 1 dim: 2 dim: 80 } } }
layer { name: "image" type: "Input" top: "image" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "proposals" type: "Proposal" bottom: "scores" bottom: "shifts" bottom: "image"
        top: "proposals" proposal_param { ratio: 1 scale: 1 } }
layer { name: "objects" type: "DetectionOutput" bottom: "locations" bottom: "scores"
        bottom: "priors" top: "objects" detection_output_param { num_classes: 2 keep_top_k: 9 } }
layer { name: "peaks" type: "Nms" bottom: "x" top: "peaks" nms_param { num_parts: 2 } }
layer { name: "speech" type: "Input" top: "sounds" top: "cont" top: "words"
        input_param { shape { dim: 9 dim: 2 dim: 5 } shape { dim: 9 dim: 2 }
                      shape { dim: 3 dim: 2 } } }
layer { name: "ctc" type: "CTCLoss" bottom: "sounds" bottom: "cont" bottom: "words" top: "ctc" }
layer { name: "path" type: "CTCGreedyDecoder" bottom: "sounds" bottom: "cont" bottom: "words"
        top: "found words" top: "accuracy" }
layer { name: "fold" type: "BatchReduction" bottom: "x" top: "fold"
        batch_reduction_param { level: 1 level: 1 } }
layer { name: "local" type: "Local" bottom: "x" top: "local"
        local_param { num_output: 3 kernel_size: 3 } }
layer { name: "lengths" type: "L1Loss" bottom: "drop" bottom: "x" top: "lengths"
        l1_loss_param { l2_per_location: true } }
layer { name: "loss" type: "EuclideanLoss" bottom: "drop" bottom: "x" top: "loss" }
layer { name: "steps" type: "Input" top: "steps" top: "sequences" input_param {
        shape { dim: 2 dim: 3 dim: 4 } shape { dim: 2 dim: 2 } } }
layer { name: "read" type: "LabelsequenceAccuracy" bottom: "steps" bottom: "sequences" top: "read" }
force_backward: true
"""


RULES = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")


class Collector(EmulatedGpu):
    """Notes what it is given to compile; its kernels do nothing."""

    def __init__(self):
        super().__init__()
        self.sources = set()

    def compile(self, source, options):
        self.sources.add(source)
        return self

    def get_function(self, name):
        return lambda grid, block, arguments, shared_mem: None


def kind_of(source):
    """Sources of one kind differ in the values of macros alone."""
    return tuple(re.findall(r"#define (?:(REAL \d|RULE \d)|(\w+))|#include (\S+)", source))


@pytest.fixture(scope="module")
def sources(request):
    """One source of each kind that nets and solvers ask for."""
    collector = Collector()
    folder = request.config.rootpath / "tests/goldens"
    cases = [case for place in ("layers", "forks/*") for case in folder.glob(f"{place}/*.npz")]
    nets = [(OTHERS, TRAIN), (OTHERS, TEST)]
    for case in cases:
        with np.load(case) as record:
            phase = TEST if str(record["phase"]) == "TEST" else TRAIN
            nets.append((str(record["prototxt"]), phase))
    with opening(lambda ordinal: collector), np.errstate(all="ignore"):
        for precision in ("float32", "bfloat16"):  # float16 is to the compiler as bfloat16 is
            for text, phase in nets:
                run(Net(parse_net(text), phase, device="gpu", precision=precision))
        for rule in RULES:
            update_once(Context(collector, "float16"), rule)
    return list({kind_of(source): source for source in sorted(collector.sources)}.values())


def run(net):
    """A pass forward and backward, as far as it goes."""
    # Inputs are all zero, which is no label to some losses; others have no backward pass.
    with suppress(ConfigError):
        net.forward()
        net.backward()


def update_once(context, rule):
    """What an iteration does beside running the net."""
    arrays = [context.gpu.zeros(8, "float32") for _ in range(4)]
    solver = create_rule(SolverParameter(type=rule, momentum=0))
    solver.begin(0)
    update = Update(context, context.changing, solver, [(0, 8, 1.0, 0.0)], False, 1.0, 1)
    update.bind(arrays[0], arrays[1], arrays[2:], lambda: 0.1)
    context.loss_scale.seed([(arrays[0], 1.0)])
    LossRecord(context, arrays[0], context.zeros(1, "int32")).bind([(arrays[1], 1.0)], adds=False)


def test_every_file_is_used(sources):
    used = {"transform.cu"} | {re.search(r'#include "(\w+\.cu)"', source)[1] for source in sources}
    assert used == {path.name for path in SOURCES.glob("*.cu")}


@pytest.mark.timeout(900)  # a hundred sources for two architectures
def test_nvcc_takes_every_source(sources, tmp_path):
    def compiled(numbered):
        number, source = numbered
        path = tmp_path / f"{number}.cu"
        path.write_text(source)
        try:
            nvcc.compile_only(path, [SOURCES])
        except nvcc.CompileError as problem:
            return f"{source}\n{problem}"
        return None

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        problems = [text for text in threads.map(compiled, enumerate(sources)) if text]
    assert not problems, problems[0]
