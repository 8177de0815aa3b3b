"""Time inference against ONNX Runtime and OpenCV 4's dnn, one picture at a time and 16.

    python benchmarks/inference.py [net...] [--batches 1,16] [--against onnxruntime] [--rounds 7]

The net is deploy.prototxt in models/; the others run a translation of it to ONNX with the same
weights, and are timed only where their outputs are ours. Everyone is given the pictures anew each
time. The contestants take turns, each in a process and with as many threads as the others;
medians, in milliseconds, and how many times longer each takes than we do.

CORTADO_PEERS names a Python that has onnxruntime and onnx, CORTADO_OPENCV one that has OpenCV 4;
else one is made in benchmarks/.peers/. A `caffe` on the PATH that is BVLC's takes part too.
"""

import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from contest.contestants import OURS, ready, taking_part
from contest.environment import peers_python
from contest.options import contest_parser
from contest.rounds import take_turns
from contest.table import Times, print_ratios
from contest.worker import PEERS
from nets.job import write_job
from nets.zoo import SUBJECTS

OTHERS = ["onnxruntime", "opencv"]


def main() -> None:
    """Print a table for each batch size."""
    parser = contest_parser(__doc__ or "", list(SUBJECTS), OTHERS)
    parser.add_argument("--batches", default="1,16", help="how many pictures at a time")
    options = parser.parse_args()
    names = taking_part(options.against)
    batches = [int(count) for count in options.batches.split(",")]
    tables: dict[int, dict[str, Times]] = {batch: {} for batch in batches}
    for net in options.nets:
        for batch in batches:
            print(f"{net}, {batch}", flush=True)
            tables[batch][net] = measure(net, batch, names, options)
    against = {f"{name} / ours": [name] for name in names if name != OURS}
    for batch, rows in tables.items():
        print(f"\nmilliseconds; {options.threads} threads; {batch} pictures at a time")
        print_ratios(rows, names, OURS, against)


def measure(net: str, batch: int, names: list[str], options) -> Times:
    """Seconds of each contestant."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        job = write_job(Path(folder) / net, SUBJECTS[net], training=False, batch=batch)
        subprocess.run([peers_python(), PEERS / "onnx_graph.py", job.folder], check=True)
        runners = ready(names, options.threads, job.folder, False, stack)
        return take_turns(runners, options.rounds)


if __name__ == "__main__":
    main()
