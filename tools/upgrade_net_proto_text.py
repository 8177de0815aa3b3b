"""Bring an old net in prototxt up to date: caffe upgrade_net_proto_text OLD NEW.

layers { } of 2013 and 2014 and input: become layer { }, as every command reads them anyway.
"""

import sys
from argparse import Namespace
from pathlib import Path

from ..core import log
from ..proto import ConfigError, format_text, parse_text, read_net, write_file
from ..proto.caffe_pb2 import NetParameter
from ..proto.input_file import read_file
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("old", metavar="OLD", type=Path, help="a net, prototxt of any age")
    parser.add_argument("new", metavar="NEW", type=Path, help="to be written")


def main() -> int:
    """Run under the name that the tool has in Caffe."""
    from .cli import run as run_command

    return run_command("upgrade_net_proto_text", sys.argv[1:], "upgrade_net_proto_text")


def run(flags: Namespace) -> int:
    """Write the net as it is read."""
    data = read_file(flags.old)
    if b"\0" in data:
        raise ConfigError(f"{flags.old}: is binary: upgrade_net_proto_binary brings it up to date")
    written = NetParameter()
    parse_text(data.decode("utf-8", "surrogateescape"), written, str(flags.old))
    net = read_net(flags.old)
    if net == written:
        log.error(
            "upgrade_net_proto_text.cpp:29", f"File already in latest proto format: {flags.old}"
        )
    write_file(flags.new, [format_text(net).encode()])
    log.info(
        "upgrade_net_proto_text.cpp:41", f"Wrote upgraded NetParameter text proto to {flags.new}"
    )
    return 0
