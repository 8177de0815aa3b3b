"""Random inputs and weights under which activations neither vanish nor grow."""

import numpy as np

from cortado import Net
from cortado.proto.caffe_pb2 import NetParameter

Arrays = dict[str, np.ndarray]


def random_inputs(net: NetParameter, classes: int) -> Arrays:
    """What the Input layers want: normal pictures, and labels below `classes`."""
    rng = np.random.default_rng(1)
    made = {}
    for layer in net.layer:
        for name, shape in zip(layer.top, layer.input_param.shape, strict=False):
            dims = tuple(shape.dim)
            is_label = len(dims) == 1
            made[name] = rng.integers(classes, size=dims) if is_label else rng.normal(size=dims)
    return {name: values.astype(np.float32) for name, values in made.items()}


def random_weights(net: NetParameter, phase: int, inputs: Arrays) -> Arrays:
    """The weights of each layer, "name:index", drawn as He et al. 2015; biases in -0.1 to 0.1.

    BatchNorm's running sums are those of the inputs, as after one training step.
    """
    filled = NetParameter()
    filled.CopyFrom(net)
    for layer in filled.layer:
        for fields in (layer.convolution_param, layer.inner_product_param):
            if fields.num_output:
                fields.weight_filler.Clear()
                fields.weight_filler.type = "msra"
                fields.bias_filler.Clear()
                fields.bias_filler.type, fields.bias_filler.min = "uniform", -0.1
                fields.bias_filler.max = 0.1
        if layer.type == "BatchNorm":
            layer.batch_norm_param.use_global_stats = False
    made = Net(filled, phase, seed=1)
    for name, values in inputs.items():
        made.blobs[name].data[...] = values
    made.forward()
    return {
        f"{layer}:{i}": np.array(blob.data)
        for layer, blobs in made.params.items()
        for i, blob in enumerate(blobs)
    }
