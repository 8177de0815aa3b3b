"""Time training steps, forward and backward, against torch: eager, channels-last and compiled.

    python benchmarks/training.py [net...] [--update] [--against torch,compile] [--rounds 7]

The net is the prototxt in models/, fed with random pictures; torch runs a translation of it with
the same weights, and is timed only where its outputs and gradients are ours. The contestants take
turns, each in a process and with as many threads as the others; medians, in milliseconds, and how
many times longer the fastest of torch's modes takes. With --update the step includes SGD with
momentum and decay. Memory is the most held while stepping, in megabytes, beyond what the process
had before it built the net: libraries that are loaded after that count.

To compile a net takes torch minutes; --against torch,channels-last leaves that out.

CORTADO_PEERS names a Python that has torch; else one is made in benchmarks/.peers/. A `caffe` on
the PATH that is BVLC's takes part, by its own `caffe time` (its memory is that of its process).
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from contest.contestants import BVLC, OURS, ready, taking_part
from contest.options import contest_parser
from contest.rounds import take_turns
from contest.table import Times, print_ratios, print_table
from nets.job import write_job
from nets.zoo import SUBJECTS

TORCH = ["torch", "channels-last", "compile", "compile-last"]
MEGABYTE = 2**20


def main() -> None:
    """Print tables of times and of memory."""
    parser = contest_parser(__doc__ or "", list(SUBJECTS), TORCH)
    parser.add_argument("--update", action="store_true", help="the step includes the update")
    options = parser.parse_args()
    names = taking_part(options.against)
    times: dict[str, Times] = {}
    bytes_held: dict[str, Times] = {}
    for net in options.nets:
        print(net, flush=True)
        title = f"{net}, {SUBJECTS[net].batch}"
        times[title], bytes_held[title] = measure(net, names, options)
    print(f"\nmilliseconds of a step; {options.threads} threads; batch sizes behind the names")
    against = {"best / ours": [name for name in names if name not in (OURS, BVLC)]}
    if BVLC in names:
        against["bvlc / ours"] = [BVLC]
    print_ratios(times, names, OURS, against)
    print("\nmegabytes")
    print_table(bytes_held, names, 1 / MEGABYTE)


def measure(net: str, names: list[str], options) -> tuple[Times, Times]:
    """Seconds and bytes of each contestant."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        job = write_job(Path(folder) / net, SUBJECTS[net], training=True)
        runners = ready(names, options.threads, job.folder, True, stack, update=options.update)
        times = take_turns(runners, options.rounds)
        return times, {name: float(runner.memory()) for name, runner in runners.items()}


if __name__ == "__main__":
    main()
