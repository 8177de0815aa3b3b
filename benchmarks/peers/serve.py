"""What all workers have in common: how they are asked, and how they answer.

argv[1] is a JSON object of options: "folder" of the job, "training", "threads", "update", "mode",
"check". With "check", a path, the worker runs once, saves what it computed there, and ends. Else
lines go to and fro, after a run or two to warm up:

    ready            from the worker
    run 10           to it: run ten times
    0.0123           from it: seconds for each of the ten
    save PATH        to it: save the results of one run there; from it: the path
    memory           to it
    123456789        from it: the most bytes held while running, beyond those before the net
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

WARM_UP = 2
Run = Callable[[int], Any]  # takes how often


def serve(prepare: Callable[[SimpleNamespace], tuple[Run, Callable[[str], None]]]) -> None:
    """Prepare by the options; then run, or save results, as asked.

    prepare gives two functions: one runs a number of times, one saves the results of one run.
    """
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries may print
    options = SimpleNamespace(**json.loads(sys.argv[1]))
    before = status("VmRSS")
    run, save = prepare(options)
    if options.check:
        save(options.check)
        return
    run(WARM_UP)
    forget_peak()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        word, *argument = line.split()
        if word == "run":
            start = time.perf_counter()
            run(int(argument[0]))
            answer = (time.perf_counter() - start) / int(argument[0])
        elif word == "save":
            save(argument[0])
            answer = argument[0]
        else:
            answer = status("VmHWM") - before
        print(answer, file=answers, flush=True)


def status(field: str) -> int:
    """Bytes of memory of this process: VmRSS, those it has now; VmHWM, the most it had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return 1024 * int(value.split()[0])
    return 0


def forget_peak() -> None:
    """Let VmHWM start again at what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
