"""Sizes that cannot be, or that no machine can hold."""

import re

import numpy as np
import pytest

from cortado.proto import write_mean

IMAGE = "dim: 1 dim: 3 dim: 8 dim: 8"
CONVOLUTION = 'type: "Convolution" convolution_param {{ num_output: 2 {} }}'


def fed_by(shape, layer=""):
    start = f'layer {{ name: "in" type: "Input" top: "x" input_param {{ shape {{ {shape} }} }} }}'
    return start + (f'layer {{ name: "it" bottom: "x" top: "y" {layer} }}' if layer else "")


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (fed_by("dim: 1 dim: -3"), r"'in' \(Input\): top\[0\]: .* \(1, -3\): sizes are 0 or more"),
        (fed_by("dim: 1000000 dim: 1000000"), "these are 1,000,000,000,000 numbers"),
        (fed_by("dim: 9223372036854775807 " * 3), "numbers, and 2,147,483,647 are allowed"),
        (fed_by("dim: 1 " * 70), "cannot have 70 axes; 32 are allowed"),
        (
            fed_by(IMAGE, 'type: "InnerProduct" inner_product_param { num_output: 4000000000 }'),
            r"'it' \(InnerProduct\): weight 0: .*4000000000.* numbers",
        ),
        (
            fed_by(IMAGE, CONVOLUTION.format("kernel_size: 3 pad: 999999")),
            r"'it' \(Convolution\): top\[0\]: .* numbers",
        ),
        (
            fed_by(IMAGE, CONVOLUTION.format("kernel_size: 9")),
            r"kernel_size: \(9, 9\) .* does not fit a bottom of size \(8, 8\)",
        ),
        (
            fed_by(IMAGE, 'type: "Tile" tile_param { tiles: 2000000000 }'),
            r"'it' \(Tile\): top\[0\]: .* numbers",
        ),
        (
            fed_by(IMAGE, 'type: "Embed" embed_param { input_dim: 4000000000 num_output: 9 }'),
            r"'it' \(Embed\): weight 0: .* numbers",
        ),
    ],
)
def test_sizes_that_cannot_be_are_named(net_refused, net, message):
    assert re.search(message, net_refused(net))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size: 4": "batch_size: 0"}, "'data' .*: data_param.batch_size: must be 1 or more"),
        ({"batch_size: 4": "batch_size: 4000000000"}, r"shape \(4000000000, 2, 8, 8\)"),
        (
            {"scale: 0.01": "crop_size: 20"},
            "record b'00000000' of db: transform_param.crop_size: 20 does not fit .* height 8",
        ),
        (
            {"scale: 0.01": 'mean_file: "mean.binaryproto"'},
            "mean.binaryproto has size 2 x 9 x 9, but the image 2 x 8 x 8",
        ),
        (
            {"scale: 0.01": "mean_value: 1 mean_value: 2 mean_value: 3"},
            "transform_param.mean_value: 3 values for 2 channels",
        ),
    ],
)
def test_sizes_that_do_not_fit_the_data_are_named(refused, place, changes, message):
    write_mean(place / "mean.binaryproto", np.zeros((1, 2, 9, 9), np.float32))
    assert re.search(message, refused(net=changes))
