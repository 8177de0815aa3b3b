"""Bring an old solver in prototxt up to date: caffe upgrade_solver_proto_text OLD NEW.

solver_type: ADAM becomes type: "Adam", as every command reads it anyway.
"""

import sys
from argparse import Namespace
from pathlib import Path

from ..core import log
from ..proto import format_text, parse_solver, parse_text, write_file
from ..proto.caffe_pb2 import SolverParameter
from ..proto.input_file import read_file
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("old", metavar="OLD", type=Path, help="a solver, prototxt of any age")
    parser.add_argument("new", metavar="NEW", type=Path, help="to be written")


def main() -> int:
    """Run under the name that the tool has in Caffe."""
    from .cli import run as run_command

    return run_command("upgrade_solver_proto_text", sys.argv[1:], "upgrade_solver_proto_text")


def run(flags: Namespace) -> int:
    """Write the solver as it is read."""
    text = read_file(flags.old).decode("utf-8", "surrogateescape")
    written = SolverParameter()
    parse_text(text, written, str(flags.old))
    solver = parse_solver(text, str(flags.old))
    if solver == written:
        log.error(
            "upgrade_solver_proto_text.cpp:28", f"File already in latest proto format: {flags.old}"
        )
    write_file(flags.new, [format_text(solver).encode()])
    log.info(
        "upgrade_solver_proto_text.cpp:40",
        f"Wrote upgraded SolverParameter text proto to {flags.new}",
    )
    return 0
