"""Write a net as an ONNX model: caffe export_onnx deploy.prototxt w.caffemodel -o model.onnx.

The model has the layers of phase TEST; losses, measures and data layers are left out. Inputs and
outputs keep their names and Caffe's shapes. -input gives shapes: 1x3x224x224 to the first input, or
data=1x3x224x224;rois=300x5. With -dynamic_batch the first axis may have any size.

Pictures are prepared in the model if -mean (b,g,r numbers, .binaryproto or .npy), -scale or
-swap_channels are given: y = (x - mean) * scale, of x in BGR order, or RGB with -swap_channels;
-nobake only writes them into the model's metadata, beside the -labels. -check runs ONNX Runtime
beside Cortado and fails if an output differs by more than 1e-4 of its largest value.
"""

from argparse import Namespace
from pathlib import Path

import numpy as np

from ..data.rgb_image import read_rgb, resize_image
from ..nets import Net, load_weights
from ..nets.exporting import Preprocessing, deployed, export_onnx
from ..nets.exporting.checking import compare, random_inputs
from ..proto import ConfigError, read_mean, read_net, write_file
from ..proto.caffe_pb2 import TEST
from . import input_shapes
from .flags import FlagParser
from .image_input import load_array


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("net", metavar="NET", help="the net definition, a prototxt file")
    parser.add_argument("weights", metavar="WEIGHTS", help="a .caffemodel or .caffemodel.h5")
    parser.add_flag("o", "model.onnx", "to be written")
    input_shapes.add_flags(parser)
    parser.add_flag("dynamic_batch", False, "let the first axis have any size")
    parser.add_flag("fold", True, "multiply BatchNorm and Scale into convolutions")
    parser.add_flag("mean", "", "to subtract: b,g,r numbers, a .binaryproto or a .npy")
    parser.add_flag("scale", 1.0, "to multiply with, after the mean")
    parser.add_flag("swap_channels", False, "take RGB pictures for a net that was trained on BGR")
    parser.add_flag("bake", True, "do -mean, -scale and -swap_channels in the model")
    parser.add_flag("labels", "", "a file with the name of a class on each line, for the metadata")
    parser.add_flag("check", False, "compare with ONNX Runtime, on random numbers")
    parser.add_flag("check_image", "", "compare on this picture too")
    parser.set_defaults(minloglevel=1)


def run(flags: Namespace) -> int:
    """Write the model; 1 if a check fails."""
    net = Net(deployed(read_net(flags.net), input_shapes.input_shapes(flags.input)), TEST)
    load_weights(net, flags.weights)
    preparation = Preprocessing(_mean(flags.mean), flags.scale, flags.swap_channels)
    for name in net.inputs[:1]:
        preparation.check(name, net.blobs[name].shape)
    facts = {**preparation.facts(flags.bake), **_labels(flags.labels)}
    model = export_onnx(
        net,
        folds=flags.fold,
        dynamic_batch=flags.dynamic_batch,
        preprocessing=preparation if flags.bake else None,
        facts=facts,
    )
    write_file(flags.o, [model.SerializeToString()])
    nodes, megabytes = len(model.graph.node), model.ByteSize() / 2**20
    print(f"{flags.o}: {nodes} nodes, {megabytes:.1f} MiB, opset {model.opset_import[0].version}")
    for side, values in (("input", model.graph.input), ("output", model.graph.output)):
        for value in values:
            print(f"  {side} {value.name} {_shape_text(value)}".rstrip())
    for key, value in facts.items():
        print(f"  {key}: {value if len(value) < 60 else value[:57] + '...'}")
    return _check(flags, net, model, preparation)


def _check(flags: Namespace, net: Net, model, preparation: Preprocessing) -> int:
    """Print how the outputs differ; 1 if one does by too much."""
    trials = []
    if flags.check:
        inputs = random_inputs(net)
        trials.append(("random numbers", inputs))
        if flags.dynamic_batch:
            trials.append(("twice the batch", {k: np.repeat(x, 2, 0) for k, x in inputs.items()}))
    if flags.check_image:
        trials.append((flags.check_image, _picture(flags.check_image, net, preparation)))
    if not flags.bake:  # then both get the picture prepared
        first = net.inputs[0]
        for _, inputs in trials:
            inputs[first] = preparation.apply(inputs[first])
    agree = True
    for what, inputs in trials:
        print(f"checked against ONNX Runtime on {what}:")
        for found in compare(net, model, inputs, preparation if flags.bake else None):
            agree &= found.agrees
            print(
                f"  {found.output}: largest difference {found.difference:.3g}, "
                f"{found.relative:.3g} of the largest value"
                f"{'' if found.agrees else ' - too much'}"
            )
    return 0 if agree else 1


def _picture(path: str, net: Net, preparation: Preprocessing) -> dict[str, np.ndarray]:
    """Inputs for a picture, in [0, 255], resized to what the net takes."""
    inputs = random_inputs(net)
    name = net.inputs[0]
    shape = inputs[name].shape
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise ConfigError(
            f"-check_image: input {name!r} has shape {shape}; pictures need (N, C, H, W) with "
            "C 1 or 3"
        )
    image = resize_image(read_rgb(path, color=shape[1] == 3), shape[2:]) * 255
    if not preparation.swaps_channels:
        image = image[..., ::-1]
    inputs[name] = np.repeat(image.transpose(2, 0, 1)[None], shape[0], 0).astype("float32")
    return inputs


def _mean(text: str) -> np.ndarray | None:
    """The mean that -mean tells: numbers (C) or an image (C, H, W)."""
    if not text:
        return None
    try:
        return np.array([float(word) for word in text.split(",")], "float32")
    except ValueError:
        mean = load_array(text) if text.endswith(".npy") else read_mean(text)
    mean = mean[0] if mean.ndim == 4 and len(mean) == 1 else mean
    if mean.ndim not in (1, 3) or mean.dtype.kind not in "fiu":
        raise ConfigError(f"-mean: {text} has shape {mean.shape}; needs (C,) or (C, H, W)")
    return mean.astype("float32")


def _labels(path: str) -> dict[str, str]:
    if not path:
        return {}
    try:
        lines = Path(path).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"-labels: cannot read {path!r}: {problem}") from None
    return {"labels": "\n".join(line for line in lines if line.strip())}


def _shape_text(value) -> str:
    """ "Nx3x224x224"; "?" stands for a size that is known only when the model is run."""
    sizes = value.type.tensor_type.shape.dim
    names = [size.dim_param or str(size.dim_value) for size in sizes]
    return "x".join("?" if name.startswith(f"{value.name}_") else name for name in names)
