"""Draw a net: caffe draw_net net.prototxt out.svg (or .png, .pdf).

Boxes are layers, octagons blobs; arrows tell how many channels or how large a batch. Graphviz
draws it where its program dot and pydot are installed; else an own layout does, for PNG and PDF
with matplotlib.
"""

import sys
from argparse import Namespace

from ..nets.drawing import DIRECTIONS, net_diagram, picture_bytes
from ..proto import ConfigError, read_net, write_file
from ..proto.caffe_pb2 import Phase
from .chart import picture_format
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("net", metavar="NET", help="the net definition, a prototxt file")
    parser.add_argument("picture", metavar="OUT", help="to be written: a .png, .svg or .pdf")
    parser.add_flag("rankdir", "LR", "which way the net runs", choices=DIRECTIONS)
    phases = ("TRAIN", "TEST", "ALL")
    parser.add_flag("phase", "ALL", "whose layers to draw", choices=phases)
    parser.add_flag("display_lrm", False, "show the lr_mult of layers that learn")
    parser.set_defaults(minloglevel=1)


def main() -> int:
    """Run as a command of its own, as in Caffe."""
    from .cli import run as run_command

    return run_command("draw_net", sys.argv[1:], "draw_net")


def run(flags: Namespace) -> int:
    """Write the picture."""
    kind = picture_format(flags.picture)
    phase = None if flags.phase == "ALL" else Phase.Value(flags.phase)
    diagram = net_diagram(read_net(flags.net), phase, flags.display_lrm)
    if not diagram.boxes:
        raise ConfigError(f"{flags.net}: has no layer in phase {flags.phase}")
    print(f"Drawing net to {flags.picture}")
    write_file(flags.picture, [picture_bytes(diagram, flags.rankdir, kind)])
    return 0
