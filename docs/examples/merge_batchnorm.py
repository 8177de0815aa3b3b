"""Merge BatchNorm and Scale into the convolution before them, and save the smaller net.

python docs/examples/merge_batchnorm.py
"""

import tempfile
from pathlib import Path

import numpy as np
from digits import digits, net_inputs, write_solver

import caffe
from caffe import layers as L


def normalized(n, name, bottom, num_output):
    """Convolution, BatchNorm, Scale, ReLU."""
    n[name] = L.Convolution(
        bottom,
        kernel_size=3,
        pad=1,
        num_output=num_output,
        bias_term=False,
        weight_filler=dict(type="msra"),
    )
    n[f"{name}/bn"] = L.BatchNorm(n[name], in_place=True)
    n[f"{name}/scale"] = L.Scale(n[f"{name}/bn"], bias_term=True, in_place=True)
    n[f"{name}/relu"] = L.ReLU(n[f"{name}/scale"], in_place=True)
    return n[f"{name}/relu"]


def merged(n, name, bottom, num_output):
    """What becomes of it: Convolution with bias, ReLU."""
    n[name] = L.Convolution(bottom, kernel_size=3, pad=1, num_output=num_output)
    n[f"{name}/relu"] = L.ReLU(n[name], in_place=True)
    return n[f"{name}/relu"]


def net(block, with_labels):
    """Two blocks, a score for each digit, and a loss or probabilities."""
    n = caffe.NetSpec()
    if with_labels:
        n.data, n.label = L.MemoryData(batch_size=64, channels=1, height=8, width=8, ntop=2)
    else:
        n.data = L.Input(shape=dict(dim=[64, 1, 8, 8]))
    top = L.Pooling(block(n, "conv1", n.data, 16), kernel_size=2, stride=2)
    top = L.Pooling(block(n, "conv2", top, 32), kernel_size=2, stride=2)
    n.score = L.InnerProduct(top, num_output=10, weight_filler=dict(type="xavier"))
    if with_labels:
        n.loss = L.SoftmaxWithLoss(n.score, n.label)
    else:
        n.prob = L.Softmax(n.score)
    return n.to_proto()


def merge(source, target, name):
    """Write the weights of a block of source into the convolution of target."""
    mean, variance, factor = (blob.data for blob in source.params[f"{name}/bn"])
    gamma, beta = (blob.data for blob in source.params[f"{name}/scale"])
    factor = 1 / factor[0] if factor[0] else 0  # sums are stored, and what to divide them by
    gain = gamma / np.sqrt(variance * factor + 1e-5)
    filters, bias = target.params[name]
    filters.data[...] = source.params[name][0].data * gain[:, None, None, None]
    bias.data[...] = beta - mean * factor * gain


def main(folder):
    """Train, merge, save, and show that both nets say the same."""
    solver = caffe.get_solver(write_solver(folder, net(normalized, with_labels=True)))
    images, labels = digits("train")
    solver.net.set_input_arrays(net_inputs(images[:1408]), labels[:1408])
    solver.step(150)
    solver.net.save(str(folder / "trained.caffemodel"))

    (folder / "deploy.prototxt").write_text(str(net(normalized, with_labels=False)))
    (folder / "merged.prototxt").write_text(str(net(merged, with_labels=False)))
    source = caffe.Net(
        str(folder / "deploy.prototxt"), str(folder / "trained.caffemodel"), caffe.TEST
    )
    target = caffe.Net(str(folder / "merged.prototxt"), caffe.TEST)
    for name in target.params:
        if f"{name}/bn" in source.params:
            merge(source, target, name)
        else:
            for ours, theirs in zip(target.params[name], source.params[name], strict=True):
                ours.data[...] = theirs.data
    target.save(str(folder / "merged.caffemodel"))

    merged_net = caffe.Net(
        str(folder / "merged.prototxt"), str(folder / "merged.caffemodel"), caffe.TEST
    )
    images, labels = digits("test")
    data = net_inputs(images)
    before = source.forward_all(data=data)["prob"]
    after = merged_net.forward_all(data=data)["prob"]
    print(f"layers: {len(source.layers)} before, {len(merged_net.layers)} after")
    print(f"accuracy {np.mean(after.argmax(axis=1) == labels):.3f}")
    print(f"probabilities differ by {abs(before - after).max():.1e}")


if __name__ == "__main__":
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
