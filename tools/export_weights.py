"""Write weights for other frameworks: caffe export_weights NET WEIGHTS -o out.npz|out.safetensors.

Arrays are called LAYER.weight and LAYER.bias, a BatchNorm's LAYER.running_mean and
LAYER.running_var, divided by its factor, and weights that only Caffe has LAYER.0, LAYER.1...
"""

from argparse import Namespace

from ..nets import Net, load_weights
from ..nets.exchange import named_arrays, write_arrays
from ..nets.exporting import deployed
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import TEST
from . import input_shapes
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("net", metavar="NET", help="the net definition, a prototxt file")
    parser.add_argument("weights", metavar="WEIGHTS", help="a .caffemodel or .caffemodel.h5")
    parser.add_flag("o", "", "to be written: a .npz or .safetensors")
    input_shapes.add_flags(parser)
    parser.set_defaults(minloglevel=1)


def run(flags: Namespace) -> int:
    """Write the arrays and list them."""
    if not flags.o:
        raise ConfigError("-o is required: the .npz or .safetensors to be written")
    net = Net(deployed(read_net(flags.net), input_shapes.input_shapes(flags.input)), TEST)
    load_weights(net, flags.weights)
    arrays = named_arrays(net)
    write_arrays(flags.o, arrays)
    for name, array in arrays.items():
        print(f"{name} {'x'.join(map(str, array.shape)) or '1'}")
    print(f"Saved {flags.o}: {len(arrays)} arrays")
    return 0
