"""Time one update of 60 million weights: the compiled kernel, NumPy, and torch if it is here.

python benchmarks/update.py [count]. Contestants take turns, so that a busy machine slows all of
them; medians, and their ratio to the kernel's. Threads: OMP_NUM_THREADS, else one per processor.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from cortado.core import Blob
from cortado.kernels import choice
from cortado.nets.weights import Weight, Weights
from cortado.proto import parse_solver
from cortado.solvers.updater import Updater

RULES = {
    "SGD": 'type: "SGD" momentum: 0.9 weight_decay: 0.0005',
    "SGD, clipped": 'type: "SGD" momentum: 0.9 weight_decay: 0.0005 clip_gradients: 1e-3',
    "Nesterov": 'type: "Nesterov" momentum: 0.9 weight_decay: 0.0005',
    "AdaGrad": 'type: "AdaGrad" weight_decay: 0.0005',
    "RMSProp": 'type: "RMSProp" weight_decay: 0.0005',
    "AdaDelta": 'type: "AdaDelta" momentum: 0.95 weight_decay: 0.0005',
    "Adam": 'type: "Adam" momentum: 0.9 weight_decay: 0.0005',
}
TURNS = 9
REST = 0.05  # seconds in which the threads of the one before stop waiting busily for more


def main() -> None:
    """Print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000_000
    for name, text in RULES.items():
        contestants = {
            "numba": ours(count, text, "numba"),
            "numpy": ours(count, text, "numpy"),
            **torch_updates(count, name),
        }
        seconds = take_turns(contestants)
        print(f"{name}, {count / 1e6:g} M weights")
        for contestant, value in seconds.items():
            ratio = value / seconds["numba"]
            print(f"  {contestant:8} {1e3 * value:8.2f} ms  {ratio:6.2f} x")


def ours(count: int, text: str, library: str) -> Callable[[], None]:
    """An update by Cortado, its kernels from one library."""
    weights = Weights("float32")
    weights.learnable.append(Weight(Blob((count,), "float32"), "layer", 0, ""))
    weights.lay_out()
    weights.data[...] = 0.5
    weights.diff[...] = 1e-3
    with choice.only(library):
        updater = Updater(parse_solver(text), weights)
    return lambda: updater.apply(0.01, 1)


def torch_updates(count: int, name: str) -> dict[str, Callable[[], None]]:
    """The same by torch's fused optimizers, for those rules that it has one for."""
    try:
        import torch
    except ImportError:
        return {}
    made = {
        "SGD": lambda w: torch.optim.SGD(w, 0.01, 0.9, weight_decay=5e-4, fused=True),
        "Adam": lambda w: torch.optim.Adam(w, 0.01, weight_decay=5e-4, fused=True),
    }
    if name not in made:
        return {}
    w = torch.full((count,), 0.5, requires_grad=True)
    w.grad = torch.full((count,), 1e-3)
    return {"torch": made[name]([w]).step}


def take_turns(contestants: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median seconds of each, after one call that does not count."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(1 + TURNS):
        for name, run in contestants.items():
            time.sleep(REST)
            start = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in times.items()}


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
