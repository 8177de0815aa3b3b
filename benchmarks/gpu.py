"""Time training steps on a GPU, forward, backward and update, against torch on the same device.

    python benchmarks/gpu.py [--nets resnet50:64,alexnet] [--precisions tf32,bfloat16,float32]
        [--against channels-last,graph-last,compile-last] [--budget 480] [--output found.json]

The nets are those of models/, AlexNet with its groups and LRN, GoogLeNet with its three losses;
inputs lie on the device. All contestants keep their processes and take turns; medians, in
milliseconds, and how many times longer others take. Torch runs channels-last: one kernel after the
other, a step as one CUDA graph, or compiled; cuDNN tries all of its algorithms. In bfloat16 its
weights stay float32, and autocast rounds; so do ours.

First results of few pictures are compared with torch's in float32. What only we get wrong is timed
all the same, and marked. Nets are compiled meanwhile, those of --compiled, and none in float32.

Whatever fails, or does not come in its time, is a dash in the tables, and its reason stands above;
whatever does not fit into --budget seconds is left out, so the nets come in the order of interest.

Megabytes are what torch has allocated at most during a step, and by how much our process lets the
memory of the device shrink. The least time of a net is that of its layers if each moved its blobs
once at the speed of a large copy, or ran at that of a large product, whichever takes longer.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from contest.budget import Budget
from contest.contestants import CONTESTANTS, OURS
from contest.gpu_contest import EXACT, Cell, GpuContest
from contest.gpu_report import Report
from nets.job import Job, write_job
from nets.zoo import GPU_SUBJECTS

NETS = "resnet50:64,alexnet,googlenet,vgg_a,overfeat,lenet,resnet50:256,resnet50:16"
COMPILED = "resnet50:64,googlenet,alexnet"
CHECKING = 0.4  # of the budget, after which nothing more is compared or compiled
SHORTEST = 10.0  # seconds without which no more net is begun
COPIED, SIDE = 2**31, 8192  # bytes, and rows and columns of matrices
CAFFE = "import sys; from cortado.tools.cli import main; sys.exit(main())"
ITERATIONS = 20  # for the times of layers


def main() -> None:
    """Print what comes, then tables."""
    options = parsed()
    if importlib.util.find_spec("torch"):
        os.environ.setdefault("CORTADO_PEERS", sys.executable)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    budget = Budget(options.budget)
    names = [OURS, *options.against]
    report = Report(options.output, names, device_name() or options.device)
    print(report.device, flush=True)
    writer = ThreadPoolExecutor(1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(options, budget, report, start_writing(options.nets, Path(folder), writer))
        finally:
            report.save()
            report.print_tables(options.precisions)
            writer.shutdown(cancel_futures=True)


def parsed() -> Namespace:
    """The options."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    words: dict[str, Any] = {"type": lambda text: [word for word in text.split(",") if word]}
    add = parser.add_argument
    add("--nets", **words, default=NETS, help=f"name or name:batch of {', '.join(GPU_SUBJECTS)}")
    add("--precisions", **words, default="tf32,bfloat16,float32", help="in this order")
    add("--against", **words, default="channels-last,graph-last,compile-last", help="of torch")
    add("--compiled", **words, default=COMPILED, help="nets for those who compile")
    add("--rounds", type=int, default=5, help="how often each takes its turn")
    add("--budget", type=float, default=480, help="seconds for everything")
    add("--output", help="a file for all that was found, as JSON")
    add("--layers", help="a net of --nets whose layers are timed too, by caffe time")
    add("--threads", type=int, default=min(8, os.cpu_count() or 1), help="of the processor")
    add("--device", default="gpu", help="cpu: to try this program")
    options = parser.parse_args()
    for name in ("nets", "compiled"):
        setattr(options, name, [row_of(text, parser) for text in getattr(options, name)])
    options.layers = options.layers and row_of(options.layers, parser)
    for name in options.against:
        if name not in CONTESTANTS:
            parser.error(f"no contestant {name!r}; there are: {', '.join(CONTESTANTS)}")
    return options


def row_of(text: str, parser: ArgumentParser) -> str:
    """The name of a net, and its batch."""
    name, _, batch = text.partition(":")
    if name not in GPU_SUBJECTS:
        parser.error(f"no net {name!r}; there are: {', '.join(GPU_SUBJECTS)}")
    return f"{name}:{batch or GPU_SUBJECTS[name].batch}"


def device_name() -> str:
    """What nvidia-smi says of the first GPU; nothing without it."""
    command = [
        "nvidia-smi",
        "--query-gpu=name,driver_version,memory.total",
        "--format=csv,noheader",
    ]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return shown.stdout.partition("\n")[0]


def run(options: Namespace, budget: Budget, report: Report, jobs: dict[str, Future]) -> None:
    """Measure the limits, compare, compile, and take times, as long as there is time."""
    with GpuContest(report.names, options.device, options.threads, budget) as contest:
        report.say(f"{budget.spent:.0f} s until all were started")
        on_gpu = options.device == "gpu"
        sizes = (COPIED, SIDE) if on_gpu else (COPIED // 64, SIDE // 16)
        report.limits |= contest.limits(options.precisions, *sizes, options.rounds)
        report.save()
        compare(options, contest, report, jobs)
        for reason in contest.end_compiling(max(0.0, CHECKING * budget.seconds - budget.spent)):
            report.say(f"not compiled: {reason}")
        report.say(f"{budget.spent:.0f} s until all were compared and compiled")
        take_times(options, contest, report)
        if options.layers in report.jobs:
            time_layers(options, contest, report)


def start_writing(rows: list[str], folder: Path, writer: ThreadPoolExecutor) -> dict[str, Future]:
    """Jobs that will be there, by row: another thread writes them, in order."""
    first: dict[str, Job] = {}

    def write(row: str) -> Job:
        name, batch = row.split(":")
        place = folder / row.replace(":", "-")
        job = write_job(place, GPU_SUBJECTS[name], True, int(batch), first.get(name))
        return first.setdefault(name, job) and job

    return {row: writer.submit(write, row) for row in rows}


def compare(
    options: Namespace, contest: GpuContest, report: Report, jobs: dict[str, Future]
) -> None:
    """Compare each net's results, in each precision; begin to compile."""
    for row, future in jobs.items():
        try:
            job = report.jobs[row] = future.result(contest.budget.left)
        except Exception as problem:
            report.say(f"{row}: {problem!r}")
            continue
        if row in options.compiled:
            for precision in options.precisions:
                if precision != EXACT:
                    contest.compile_ahead(job, precision)
        net = row.split(":")[0]
        if net in report.checks:
            continue
        for precision in options.precisions:
            if contest.budget.spent < CHECKING * contest.budget.seconds:
                report.show_check(net, precision, contest.check(job, precision))
                report.save()


def take_times(options: Namespace, contest: GpuContest, report: Report) -> None:
    """Fill cells while there is time."""
    for cell in cells_of(options, report):
        if contest.budget.left < SHORTEST:
            report.say(f"{cell.row}, {cell.precision}: no time left")
            continue
        try:
            contest.time(cell, report.jobs[cell.row], options.rounds)
        except Exception as problem:
            cell.note("all", problem)
        report.show_cell(cell)


def cells_of(options: Namespace, report: Report) -> Iterator[Cell]:
    """All to be filled, in order."""
    for row in report.jobs:
        for precision in options.precisions:
            yield Cell(row, precision)


def time_layers(options: Namespace, contest: GpuContest, report: Report) -> None:
    """Write what `caffe time` says of a net's layers beside the output."""
    for precision in options.precisions:
        command = [sys.executable, "-c", CAFFE, "time", "-precision", precision]
        command += ["-model", str(report.jobs[options.layers].folder / "net.prototxt")]
        command += ["-iterations", str(ITERATIONS), *(["-gpu", "0"] * (options.device == "gpu"))]
        path = Path(f"{options.output or 'gpu'}.{precision}.layers")
        with path.open("w") as log:
            try:
                subprocess.run(command, stdout=log, stderr=log, timeout=contest.budget.left)
            except subprocess.TimeoutExpired:
                report.say(f"{path} is not complete")
        report.say(f"times of layers in {path}")


if __name__ == "__main__":
    main()
