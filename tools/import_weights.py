"""Make a caffemodel of other frameworks' weights: caffe import_weights NET FILE -o OUT.

FILE is a .safetensors, such as a PyTorch state_dict saved with safetensors.torch.save_file, or a
.npz of arrays called LAYER.weight, LAYER.bias, LAYER.running_mean and LAYER.running_var. Layers
take the arrays of their name or, with -by_order, those of a .npz one after the other. Shapes are
checked, a BatchNorm's factor becomes 1, and the Scale after it takes its weight and bias.
"""

from argparse import Namespace
from pathlib import Path

from ..nets import Net, save_weights
from ..nets.exchange import import_arrays, read_arrays
from ..nets.exporting import deployed
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import TEST
from . import input_shapes
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("net", metavar="NET", help="the net definition, a prototxt file")
    parser.add_argument("file", metavar="FILE", help="a .npz or .safetensors")
    parser.add_flag("o", "", "to be written: a .caffemodel or .caffemodel.h5")
    input_shapes.add_flags(parser)
    parser.add_flag("by_order", False, "match layers in their order, whatever their names")
    parser.add_flag("partial", False, "leave layers that the file does not have as they are")
    parser.add_flag("swap_first_layer", False, "turn the first filters from RGB to BGR or back")
    parser.set_defaults(minloglevel=1)


def run(flags: Namespace) -> int:
    """Write the caffemodel and say what came from where."""
    if not flags.o:
        raise ConfigError("-o is required: the .caffemodel to be written")
    if flags.by_order and Path(flags.file).suffix.lower() == ".safetensors":
        raise ConfigError(
            f"-by_order: {flags.file}: .safetensors files are sorted by name; save the arrays in "
            "the order of the layers as .npz: "
            "numpy.savez(file, **{k: v.numpy() for k, v in model.state_dict().items()})"
        )
    arrays = read_arrays(flags.file)
    net = Net(deployed(read_net(flags.net), input_shapes.input_shapes(flags.input)), TEST)
    lines = import_arrays(
        net,
        arrays,
        by_order=flags.by_order,
        partial=flags.partial,
        swap_first_layer=flags.swap_first_layer,
    )
    for line in lines:
        print(line)
    save_weights(net, flags.o, hdf5=flags.o.endswith(".h5"))
    print(f"Saved {flags.o}")
    return 0
