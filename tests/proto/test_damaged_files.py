"""Whatever is in a file, reading it gives a value or a ConfigError, and nothing else."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from cortado.proto import (
    ConfigError,
    parse_net,
    read_mean,
    read_net,
    read_solver_state,
    read_weights,
    write_mean,
)

GOLDENS = Path(__file__).parents[1] / "goldens"

PROTOTXT = """
name: "n" # a net
input: "data" input_shape { dim: 1 dim: 3 }
layer {
  name: 'conv\\n' type: "Convolution" bottom: "data" top: "c" loss_weight: -1.5e-3f
  param { lr_mult: 1 } include < phase: TRAIN stage: ["a", "b"] >
  convolution_param { num_output: 0x10 kernel_size: [3, 3] weight_filler { type: "xavier" } }
}
layer { name: "clip" type: "Clip" clip_param { min: -inf, max: 1.; } }
"""


def sources(folder):
    """Each reader with a small file that it reads."""
    write_mean(folder / "mean", np.arange(12, dtype=np.float32).reshape(3, 2, 2))
    with np.load(GOLDENS / "nets/legacy_v1.npz") as archive:
        v1 = str(archive["prototxt"])
    return {
        "weights": (read_weights, (GOLDENS / "solvers/adagrad/init.caffemodel").read_bytes()),
        "state": (
            read_solver_state,
            (GOLDENS / "solvers/adagrad/snap_iter_6.solverstate").read_bytes(),
        ),
        "mean": (read_mean, (folder / "mean").read_bytes()),
        "prototxt": (read_net, PROTOTXT.encode()),
        "v1 prototxt": (read_net, v1.encode()),
        "binary net": (read_net, parse_net(PROTOTXT).SerializeToString() + b"\0"),
    }


@pytest.mark.filterwarnings("ignore::cortado.proto.ConfigWarning")
@pytest.mark.parametrize(
    "kind", ["weights", "state", "mean", "prototxt", "v1 prototxt", "binary net"]
)
def test_damage_is_a_config_error_at_most(kind, tmp_path, rng):
    read, data = sources(tmp_path)[kind]
    path = tmp_path / "damaged"
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(rng.integers(0, 4)):
            damaged[rng.integers(len(data))] = rng.integers(256)
        cut = rng.integers(len(data)) if rng.random() < 0.5 else len(data)
        path.write_bytes(damaged[:cut])
        with suppress(ConfigError):
            read(path)


@pytest.mark.parametrize("kind", ["weights", "state", "mean"])
def test_no_truncation_of_a_value_goes_unseen(kind, tmp_path):
    read, data = sources(tmp_path)[kind]
    path = tmp_path / "cut"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ConfigError):
        read(path)
