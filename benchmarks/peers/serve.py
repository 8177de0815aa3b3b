"""What all workers have in common: how they are asked, and how they answer.

argv[1] is a JSON object of options: "folder" of the job, "training", "threads", "update", "mode",
"device" ("cpu" or "gpu"), "precision", "check", "waits". With "check", a path, the worker runs
once, saves what it computed there, and ends. Else lines go to and fro, after a run or two to warm
up, or at once if it "waits" for its first job:

    ready            from the worker
    run 10           to it: run ten times
    0.0123           from it: seconds for each of the ten
    save PATH        to it: save the results of one run there; from it: the path
    memory           to it
    123456789        from it: the most bytes held while running, beyond those before the net
    leave            to it: have no job any more; from it: left
    load OPTIONS     to it: leave the job for another; from it: ready
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, TextIO

WARM_UP = 2
Run = Callable[[int], Any]  # takes how often


class Prepared(NamedTuple):
    """What a worker can do with a job."""

    run: Run
    save: Callable[[str], Any]  # the results of one run, to a path
    memory: Callable[[], int] | None = None  # bytes held; None: ask the operating system
    give_back: Callable[[], Any] | None = None  # called when all else is forgotten


Prepare = Callable[[SimpleNamespace], Prepared | tuple]


def serve(prepare: Prepare) -> None:
    """Prepare by the options; then run, or save results, as asked."""
    answers = private_output()
    options = SimpleNamespace(**json.loads(sys.argv[1]))
    server = Server(prepare)
    if not options.waits:
        server.load(options)
    if options.check:
        return
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        word, _, argument = line.strip().partition(" ")
        print(server.answer(word, argument), file=answers, flush=True)


def private_output() -> TextIO:
    """Standard output for answers alone: what libraries and their processes print goes elsewhere.

    Those processes do not hold it open either when this one ends.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return answers


class Server:
    """Has one job at a time."""

    def __init__(self, prepare: Prepare):
        self._prepare = prepare
        self._job: Prepared | None = None
        self._before = 0

    def load(self, options: SimpleNamespace) -> None:
        """Take a job, and be warm; or, to "check", save what it computes and have none."""
        self.leave()
        self._before = status("VmRSS")
        job = Prepared(*self._prepare(options))
        if options.check:
            job.save(options.check)
            return
        job.run(WARM_UP)
        if not job.memory:
            forget_peak()
        self._job = job

    def leave(self) -> None:
        """Have no job: the memory of one goes before that of the next one comes."""
        give_back = self._job.give_back if self._job else None
        self._job = None
        gc.collect()
        if give_back:
            give_back()

    def answer(self, word: str, argument: str) -> Any:
        """Do what a line asks for."""
        if word == "load":
            self.load(SimpleNamespace(**json.loads(argument)))
            return "ready"
        if word == "leave":
            self.leave()
            return "left"
        assert self._job, "there is no job"
        if word == "run":
            start = time.perf_counter()
            self._job.run(int(argument))
            return (time.perf_counter() - start) / int(argument)
        if word == "save":
            self._job.save(argument)
            return argument
        return self._job.memory() if self._job.memory else status("VmHWM") - self._before


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
