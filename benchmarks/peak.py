"""Measure which share of the processor's peak each net reaches, in training and in inference.

    python benchmarks/peak.py [net...] [--batch 16] [--rounds 5]

The peak is what a product of two large matrices reaches with as many threads, by NumPy's BLAS or
by oneDNN's, whichever is faster; it takes turns with the net. The operations of a net are those of
its convolutions and inner products, counted from their shapes, two for each multiply-add. Training
takes its own batch size, inference that of --batch.
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from contest.contestants import OURS, ready
from contest.options import contest_parser
from contest.rounds import take_turns
from contest.table import line
from contest.worker import Worker
from nets.job import Job, write_job
from nets.zoo import SUBJECTS

SIZE = 2048  # rows and columns of the matrices
LIBRARIES = ("numpy", "onednn")


def main() -> None:
    """Print a table."""
    parser = contest_parser(__doc__ or "", list(SUBJECTS), [])
    parser.add_argument("--batch", type=int, default=16, help="how many pictures in inference")
    options = parser.parse_args()
    print(f"{options.threads} threads; GFLOP/s")
    print(line("", ["batch", "GFLOP", "milliseconds", "GFLOP/s", "peak", "share"]))
    for net in options.nets:
        for training, batch in ((True, SUBJECTS[net].batch), (False, options.batch)):
            with tempfile.TemporaryDirectory() as folder:
                job = write_job(Path(folder) / net, SUBJECTS[net], training, batch)
                seconds, peak = measure(job, options.threads, options.rounds)
            rate = job.flop / seconds / 1e9
            numbers = [f"{job.flop / 1e9:.2f}", f"{1e3 * seconds:.2f}", f"{rate:.1f}"]
            title = f"{net}, {'training' if training else 'inference'}"
            print(
                line(title, [str(batch), *numbers, f"{peak:.1f}", f"{rate / peak:.0%}"]), flush=True
            )


def measure(job: Job, threads: int, rounds: int) -> tuple[float, float]:
    """Seconds of a run of the net, and the peak in GFLOP/s."""
    with ExitStack() as stack:
        runners = ready([OURS], threads, job.folder, job.training, stack)
        for library in LIBRARIES:
            worker = Worker(sys.executable, "sgemm_worker.py", threads, mode=library, size=SIZE)
            runners[library] = stack.enter_context(worker)
        times = take_turns(runners, rounds)
    return times[OURS], 2 * SIZE**3 / min(times[library] for library in LIBRARIES) / 1e9


if __name__ == "__main__":
    main()
