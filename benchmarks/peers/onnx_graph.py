"""Write a job's net as ONNX, for ONNX Runtime and OpenCV: python onnx_graph.py JOB_FOLDER.

BatchNorm and Scale become one BatchNormalization, which both fold into the convolution before it.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13  # the newest that all of ONNX Runtime and OpenCV 4 read


class GraphWriter:
    """Collects the nodes and weights of an ONNX graph."""

    def __init__(self, description, weights):
        self.description = description
        self.weights = weights
        self.nodes = []
        self.initializers = []

    def model(self):
        """The whole net."""
        for layer in self.description["layers"]:
            getattr(self, layer["type"])(layer)
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in self.description["inputs"].items()
        ]
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            for name in self.description["outputs"]
        ]
        graph = helper.make_graph(
            self.nodes, self.description["name"], inputs, outputs, self.initializers
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=8)

    def node(self, kind, layer, bottoms=None, top=None, **attributes):
        """Add a node that reads a layer's bottoms and makes its top."""
        bottoms = bottoms or layer["bottoms"]
        self.nodes.append(helper.make_node(kind, bottoms, [top or layer["top"]], **attributes))

    def constant(self, name, values):
        """Add a weight; its name."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def filters(self, layer):
        """The names of a layer's filters and, if it has one, its bias."""
        keys = [f"{layer['name']}:{i}" for i in range(1 + layer["bias"])]
        return [self.constant(key, self.weights[key]) for key in keys]

    def Convolution(self, layer):
        self.node(
            "Conv",
            layer,
            [*layer["bottoms"], *self.filters(layer)],
            kernel_shape=layer["kernel"],
            strides=layer["stride"],
            pads=layer["pad"] * 2,
            dilations=layer["dilation"],
            group=layer["group"],
        )

    def InnerProduct(self, layer):
        flat = f"{layer['top']}/flat"
        self.node("Flatten", layer, top=flat)
        self.node("Gemm", layer, [flat, *self.filters(layer)], transB=1)

    def BatchNorm(self, layer):
        name = layer["name"]
        mean, variance, count = (self.weights[f"{name}:{i}"] for i in range(3))
        scale, bias = (self.weights[f"{layer['scale']}:{i}"] for i in range(2))
        count = count[0] or 1
        statistics = (scale, bias, mean / count, variance / count)
        weights = [self.constant(f"{name}:{i}", values) for i, values in enumerate(statistics)]
        self.node("BatchNormalization", layer, [*layer["bottoms"], *weights], epsilon=layer["eps"])

    def Pooling(self, layer):
        kind = "Average" if layer["average"] else "Max"
        if layer["global"]:
            self.node(f"Global{kind}Pool", layer)
            return
        window = {
            "kernel_shape": layer["kernel"],
            "strides": layer["stride"],
            "pads": layer["pad"] * 2,
            "ceil_mode": 1,
        }
        if layer["average"] and any(layer["pad"]):
            window["count_include_pad"] = 1
        self.node(f"{kind}Pool", layer, **window)

    def LRN(self, layer):
        self.node(
            "LRN",
            layer,
            size=layer["size"],
            alpha=layer["alpha"],
            beta=layer["beta"],
            bias=layer["k"],
        )

    def Concat(self, layer):
        self.node("Concat", layer, axis=layer["axis"])

    def Eltwise(self, layer):
        *first, last = layer["bottoms"]
        self.node("Add" if len(first) == 1 else "Sum", layer, [*first, last])

    def ReLU(self, layer):
        self.node("Relu", layer)

    def Dropout(self, layer):
        self.node("Identity", layer)

    def Softmax(self, layer):
        self.node("Softmax", layer, axis=layer["axis"])


def main():
    """Write net.onnx into the job's folder, and into that for the check."""
    folder = Path(sys.argv[1])
    with np.load(folder / "weights.npz") as weights:
        for place in (folder, folder / "check"):
            description = json.loads((place / "description.json").read_text())
            model = GraphWriter(description, weights).model()
            shaped = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
            onnx.save(shaped, place / "net.onnx")


if __name__ == "__main__":
    main()
