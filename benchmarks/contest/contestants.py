"""Who takes part: by name, the script in peers/, its mode, and the Python that runs it."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .agreement import GRADIENT_LIMIT, LIMIT, differences
from .bvlc import CaffeTime, find_bvlc
from .environment import opencv_python, peers_python
from .rounds import Runner
from .worker import Worker, WorkerError, results

OURS = "cortado"
BVLC = "bvlc"


@dataclass(frozen=True)
class Contestant:
    """A way to run a net."""

    script: str
    mode: str = ""
    python: Callable[[], str] = peers_python
    is_checked: bool = True  # False: another contestant is, which computes the same


CONTESTANTS = {
    OURS: Contestant("cortado_worker.py", python=lambda: sys.executable),
    "torch": Contestant("torch_worker.py", "eager"),
    "channels-last": Contestant("torch_worker.py", "channels-last"),
    # To compile them once more for the check would take minutes; "torch" runs the same module.
    "compile": Contestant("torch_worker.py", "compile", is_checked=False),
    "compile-last": Contestant("torch_worker.py", "compile-channels-last", is_checked=False),
    "graph-last": Contestant("torch_worker.py", "graph-channels-last", is_checked=False),
    "autotune-last": Contestant(
        "torch_worker.py", "compile-autotune-channels-last", is_checked=False
    ),
    "onnxruntime": Contestant("onnxruntime_worker.py"),
    "opencv": Contestant("opencv_worker.py", python=opencv_python),
}


def taking_part(asked: str) -> list[str]:
    """We, those asked for by a comma list, and BVLC's Caffe if it is here."""
    names = [OURS, *(name for name in asked.split(",") if name and name != OURS)]
    for name in names:
        if name not in CONTESTANTS:
            raise SystemExit(f"no contestant {name!r}; there are: {', '.join(CONTESTANTS)}")
    return [*names, BVLC] if find_bvlc() else names


def ready(
    names: list[str], threads: int, folder: Path, training: bool, stack: ExitStack, **options: Any
) -> dict[str, Runner]:
    """Those who compute what we do, ready to run; `stack` will end them."""
    runners: dict[str, Runner] = {}
    for name in names:
        try:
            if name not in (OURS, BVLC) and CONTESTANTS[name].is_checked:
                _check(name, threads, folder, training)
            runner = _start(name, threads, folder, training, options)
        except WorkerError as problem:
            print(f"  {name} does not take part: {problem}", flush=True)
            continue
        runners[name] = stack.enter_context(runner)
    return runners


def _start(
    name: str, threads: int, folder: Path, training: bool, options: dict[str, Any]
) -> Worker | CaffeTime:
    if name == BVLC:
        return CaffeTime(find_bvlc() or "caffe", str(folder), training, threads)
    contestant = CONTESTANTS[name]
    told = {"mode": contestant.mode, "folder": str(folder), "training": training, **options}
    return Worker(contestant.python(), contestant.script, threads, **told)


def _check(name: str, threads: int, folder: Path, training: bool) -> None:
    """Print how far a contestant is from us; WorkerError if that is too far."""
    ours = results_of(OURS, threads, folder, training)
    outputs, gradients = differences(ours, results_of(name, threads, folder, training))
    text = f"outputs differ by {outputs:.1e}"
    text += f", gradients by {gradients:.1e}" if training else ""
    if outputs > LIMIT or gradients > GRADIENT_LIMIT:
        raise WorkerError(text)
    print(f"  {name}: {text}", flush=True)


def results_of(name: str, threads: int, folder: Path, training: bool) -> Path:
    """The file of what a contestant computed; made once."""
    contestant, path = CONTESTANTS[name], folder / f"{name}.npz"
    if not path.exists():
        told = {"mode": contestant.mode, "folder": str(folder), "training": training}
        results(contestant.python(), contestant.script, threads, path, **told)
    return path
