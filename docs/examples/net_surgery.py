"""Net surgery: turn inner products into convolutions, and classify everywhere in a large image.

python docs/examples/net_surgery.py
"""

import tempfile
from pathlib import Path

import numpy as np
from digits import DIGITS, digits, net_inputs, trained_weights
from google.protobuf import text_format

import caffe
from caffe.proto import caffe_pb2


def fully_convolutional(height, width):
    """The net of models/digits with convolutions for inner products, for images of any size."""
    net = caffe_pb2.NetParameter()
    text_format.Parse((DIGITS / "deploy.prototxt").read_text(), net)
    net.layer[0].input_param.shape[0].dim[:] = [1, 1, height, width]
    # ip1 sees all of pool2, 2 x 2 for one digit; ip2 sees vectors, which are 1 x 1.
    for layer, kernel_size in (("ip1", 2), ("ip2", 1)):
        ip = next(one for one in net.layer if one.name == layer)
        ip.name, ip.type = f"{layer}-conv", "Convolution"
        ip.convolution_param.num_output = ip.inner_product_param.num_output
        ip.convolution_param.kernel_size.append(kernel_size)
        ip.ClearField("inner_product_param")
    return net


def main(folder):
    """Classify a row of four digits in one pass."""
    weights = trained_weights(folder)
    images, labels = digits("test")
    row = np.concatenate(images[:4], axis=1)

    (folder / "conv.prototxt").write_text(str(fully_convolutional(*row.shape)))
    net = caffe.Net(str(DIGITS / "deploy.prototxt"), weights, caffe.TEST)
    conv = caffe.Net(str(folder / "conv.prototxt"), weights, caffe.TEST)  # conv1, conv2: by name
    for layer in ("ip1", "ip2"):
        matrix, bias = (blob.data for blob in net.params[layer])
        filters, conv_bias = (blob.data for blob in conv.params[f"{layer}-conv"])
        print(f"{layer}: {matrix.shape} becomes {filters.shape}")
        filters.flat = matrix.flat  # the same numbers in the same order
        conv_bias[...] = bias
    conv.save(str(folder / "conv.caffemodel"))

    prob = conv.forward(data=net_inputs(row[None]))["prob"][0]
    print("classes along the row", *prob.argmax(axis=0)[0])
    print("digits in it         ", *labels[:4])

    conv.blobs["data"].reshape(1, 1, 8, 8)
    one = net_inputs(images[:1])
    ours, theirs = conv.forward(data=one)["prob"].ravel(), net.forward(data=one)["prob"].ravel()
    print(f"on a single digit the nets differ by {abs(ours - theirs).max():.1e}")


if __name__ == "__main__":
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
