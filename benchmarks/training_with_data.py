"""Time training from a database, data and update included, against torch with data in memory.

    python benchmarks/training_with_data.py [lenet] [cifar10_quick] [--full] [--data data]

We run the solver in models/ as `caffe train` does, its images read from an LMDB. Torch trains the
same net from the same initial weights, by the same batches, rates, momentum and decays; but all
its images lie in one tensor, which is the least work that a loader can have. The contestants take
turns, each in a process and with as many threads as the others; medians. How far their weights
are from ours after two iterations is printed first.

--full runs the whole schedule instead, one contestant after the other, with its tests: seconds,
and the accuracy at the end.

The databases in data/ (or where --data says) are made, and what they are made of is downloaded, by
the commands in the README of the model, unless they are there. CORTADO_PEERS names a Python that
has torch; else one is made in benchmarks/.peers/.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from contest.agreement import worst_distance
from contest.contestants import CONTESTANTS, OURS, taking_part
from contest.options import contest_parser
from contest.rounds import take_turns
from contest.table import Times, print_ratios, print_table
from contest.worker import Worker
from nets.schedule import write_schedule
from nets.zoo import SUBJECTS

NETS = ["lenet", "cifar10_quick"]
TORCH = ["torch", "channels-last", "compile", "compile-last"]
SCRIPTS = {"cortado_worker.py": "cortado_schedule.py", "torch_worker.py": "torch_schedule.py"}
WARM_UP = 2  # iterations that peers/serve.py has run before a worker is ready
MEASURED = 1000  # iterations whose time is told


def main() -> None:
    """Print tables."""
    parser = contest_parser(__doc__ or "", NETS, TORCH)
    parser.add_argument("--data", type=Path, default="data", help="the folder of the databases")
    parser.add_argument("--full", action="store_true", help="run the schedules to their ends")
    options = parser.parse_args()
    names = [name for name in taking_part(options.against) if name in (OURS, *TORCH)]
    seconds: dict[str, Times] = {}
    results: dict[str, Times] = {}
    for net in options.nets:
        print(net, flush=True)
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent) / net
            solver = write_schedule(folder, SUBJECTS[net], options.data, tests=options.full)
            if options.full:
                seconds[net], results[net] = train(names, options.threads, folder, solver.max_iter)
                continue
            times = measure(names, options, folder)
            seconds[net] = {name: MEASURED * value for name, value in times.items()}
            results[net] = {name: SUBJECTS[net].batch / value for name, value in times.items()}
    what = "the whole schedule" if options.full else f"{MEASURED} iterations"
    print(f"\nseconds, {what}; {options.threads} threads")
    print_ratios(seconds, names, OURS, {"best / ours": [n for n in names if n != OURS]}, 1)
    print("\naccuracy" if options.full else "\nimages per second")
    print_table(results, names, 1)


def measure(names: list[str], options, folder: Path) -> Times:
    """Seconds of an iteration."""
    with ExitStack() as stack:
        workers = {}
        for name in names:
            workers[name] = stack.enter_context(start(name, options.threads, folder))
            gap = worst_distance(saved(workers[OURS], folder), saved(workers[name], folder))
            print(f"  {name}: weights differ by {gap:.1e}", flush=True)
        return take_turns(workers, options.rounds)


def train(names: list[str], threads: int, folder: Path, iterations: int) -> tuple[Times, Times]:
    """Seconds of the schedule, and accuracies at its end."""
    seconds: Times = {}
    accuracies: Times = {}
    for name in names:
        with start(name, threads, folder) as worker:
            count = iterations - WARM_UP
            seconds[name] = count * worker.run(count)
            accuracies[name] = float(saved(worker, folder)["accuracy"])
        print(f"  {name}: {seconds[name]:.1f} s, {accuracies[name]:.4f}", flush=True)
    return seconds, accuracies


def start(name: str, threads: int, folder: Path) -> Worker:
    """A worker that has begun with the schedule."""
    contestant = CONTESTANTS[name]
    script = SCRIPTS[contestant.script]
    return Worker(contestant.python(), script, threads, mode=contestant.mode, folder=str(folder))


def saved(worker: Worker, folder: Path) -> dict[str, np.ndarray]:
    """What a worker has computed so far."""
    worker.save(folder / "saved.npz")
    with np.load(folder / "saved.npz") as arrays:
        return dict(arrays)


if __name__ == "__main__":
    main()
