"""What a contest on a GPU found: printed as it comes, kept in a file, and as tables at the end."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nets.job import Job
from nets.roofline import least_seconds

from .contestants import OURS
from .gpu_contest import Cell, Check
from .table import Times, line, print_ratios, print_table

MEGABYTE = 2**20
SIZES = {"bfloat16": 2}  # bytes of a number of the blobs, where not 4
IN_DETAIL = "resnet50"  # the net that is compared with the limits of the device


@dataclass
class Report:
    """All that was found out so far."""

    path: str | None  # of the JSON file
    names: list[str]  # of contestants
    device: str
    limits: Times = field(default_factory=dict)  # see GpuContest.limits
    checks: dict[str, dict[str, Check]] = field(default_factory=dict)  # by net and precision
    cells: list[Cell] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)  # by row
    notes: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Print a line that belongs to what was found."""
        self.notes.append(text)
        print(f"  {text}", flush=True)

    def save(self) -> None:
        """Write the file, whole."""
        if not self.path:
            return
        told: dict[str, Any] = {
            "device": self.device,
            "limits": self.limits,
            "checks": {
                net: {precision: asdict(check) for precision, check in checks.items()}
                for net, checks in self.checks.items()
            },
            "cells": [asdict(cell) | self._work(cell) for cell in self.cells],
            "notes": self.notes,
        }
        Path(self.path).write_text(json.dumps(told, indent=1))

    def show_check(self, net: str, precision: str, check: Check) -> None:
        """Keep a check, and print it."""
        self.checks.setdefault(net, {})[precision] = check
        if check.ours is None:
            self.say(f"{net}, {precision}: not compared: {check.problem}")
            return
        verdict = "" if check.is_close else ": TOO FAR"
        text = "outputs {:.1e} from torch's in float32, gradients {:.1e}".format(*check.ours)
        if any(check.theirs):
            text += " (torch's own: {:.1e}, {:.1e})".format(*check.theirs)
        self.say(f"{net}, {precision}: {text}{verdict}")

    def show_cell(self, cell: Cell) -> None:
        """Keep a cell, and print it."""
        self.cells.append(cell)
        times = [f"{name} {1e3 * seconds:.3f}" for name, seconds in cell.seconds.items()]
        loading = sum(cell.loading.values())
        where = f"{cell.row}, {cell.precision}"
        print(f"{where}: {', '.join(times) or '-'} ms; {loading:.0f} s to load", flush=True)
        for name, reason in cell.problems.items():
            self.say(f"{where}, {name}: {reason}")
        self.save()

    def print_tables(self, precisions: list[str]) -> None:
        """All tables, on the device named first."""
        print(f"\n{self.device}")
        for precision in precisions:
            cells = [cell for cell in self.cells if cell.precision == precision]
            if any(cell.seconds for cell in cells):
                self._print_precision(precision, cells)
        self._print_shares()
        print("\n*: farther from torch's results than rounding explains; ?: not compared with them")

    def _print_precision(self, precision: str, cells: list[Cell]) -> None:
        others = [name for name in self.names if name != OURS]
        against = {f"{name.split('-')[0]} / ours": [name] for name in others}
        against["best / ours"] = others
        print(f"\n{precision}: milliseconds of a step, batch sizes behind the names")
        print_ratios({self._title(c): c.seconds for c in cells}, self.names, OURS, against)
        print(f"\n{precision}: megabytes on the device")
        print_table({self._title(c): c.bytes_held for c in cells}, self.names, 1 / MEGABYTE)

    def _title(self, cell: Cell) -> str:
        check = self.checks.get(cell.row.split(":")[0], {}).get(cell.precision)
        mark = "?" if check is None or check.ours is None else "" if check.is_close else "*"
        return f"{cell.row} {mark}"

    def _print_shares(self) -> None:
        cells = [c for c in self.cells if c.row.startswith(IN_DETAIL) and OURS in c.seconds]
        if not cells or "copy" not in self.limits:
            return
        print(f"\nmemory moves at {self.limits['copy'] / 1e9:.0f} GB/s; products run as below")
        heads = ["ours TFLOP/s", "product TFLOP/s", "share", "least ms", "least / ours"]
        print(line("", [*heads, "least / best other"]))
        for cell in cells:
            work = self._work(cell)
            if "least_seconds" not in work:
                continue
            rate, product = work["flop"] / cell.seconds[OURS], self.limits[cell.precision]
            least = work["least_seconds"]
            other = min((s for n, s in cell.seconds.items() if n != OURS), default=0.0)
            numbers = [f"{rate / 1e12:.1f}", f"{product / 1e12:.1f}", f"{rate / product:.0%}"]
            numbers += [f"{1e3 * least:.2f}", f"{least / cell.seconds[OURS]:.0%}"]
            numbers.append(f"{least / other:.0%}" if other else "-")
            print(line(f"{cell.row}, {cell.precision}", numbers))

    def _work(self, cell: Cell) -> dict[str, float]:
        """What its net has to do, and how fast this device could."""
        job = self.jobs.get(cell.row)
        if not job:
            return {}
        told = {"flop": job.flop}
        if {"copy", cell.precision} <= self.limits.keys():
            limits = self.limits[cell.precision], self.limits["copy"]
            size = SIZES.get(cell.precision, 4)
            told["least_seconds"] = least_seconds(job.works, *limits, size)
        return told
