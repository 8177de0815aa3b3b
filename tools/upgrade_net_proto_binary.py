"""Bring an old caffemodel up to date, weights and all: caffe upgrade_net_proto_binary OLD NEW.

Every command reads old ones anyway; other programs may not.
"""

import sys
from argparse import Namespace
from pathlib import Path

from google.protobuf.message import DecodeError, EncodeError

from ..core import log
from ..proto import ConfigError, read_net, write_file
from ..proto.caffe_pb2 import NetParameter
from ..proto.input_file import read_file
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("old", metavar="OLD", type=Path, help="a binary net of any age")
    parser.add_argument("new", metavar="NEW", type=Path, help="to be written")


def main() -> int:
    """Run under the name that the tool has in Caffe."""
    from .cli import run as run_command

    return run_command("upgrade_net_proto_binary", sys.argv[1:], "upgrade_net_proto_binary")


def run(flags: Namespace) -> int:
    """Write the net as it is read."""
    try:
        written = NetParameter.FromString(read_file(flags.old))
    except (DecodeError, UnicodeDecodeError):
        raise ConfigError(
            f"{flags.old}: is no binary net; if it is prototxt, upgrade_net_proto_text brings it "
            "up to date"
        ) from None
    net = read_net(flags.old)
    if net == written:
        log.error(
            "upgrade_net_proto_binary.cpp:29", f"File already in latest proto format: {flags.old}"
        )
    try:
        data = net.SerializeToString()
    except (EncodeError, ValueError) as problem:
        raise ConfigError(f"{flags.new}: cannot be written: {problem}") from None
    write_file(flags.new, [data])
    log.info(
        "upgrade_net_proto_binary.cpp:40",
        f"Wrote upgraded NetParameter binary proto to {flags.new}",
    )
    return 0
