import pytest

from cortado.proto import ConfigError, ConfigWarning, format_text, parse_net
from cortado.proto.upgrade_v0 import v0_type_name

NET = """
name: "CaffeNet"
layers {
  layer {
    name: "data" type: "data" source: "train_leveldb" meanfile: "mean.binaryproto"
    batchsize: 256 cropsize: 227 mirror: true scale: 0.5 rand_skip: 3
  }
  top: "data" top: "label"
}
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "padded" }
layers {
  layer {
    name: "conv1" type: "conv" num_output: 96 kernelsize: 11 stride: 4 group: 2 biasterm: false
    weight_filler { type: "gaussian" std: 0.01 }
    blobs_lr: 1. blobs_lr: 2. weight_decay: 1. weight_decay: 0.
  }
  bottom: "padded" top: "conv1"
}
layers { layer { name: "relu1" type: "relu" } bottom: "conv1" top: "conv1" }
layers {
  layer { name: "pool1" type: "pool" pool: AVE kernelsize: 3 stride: 2 }
  bottom: "conv1" top: "pool1"
}
layers {
  layer { name: "norm1" type: "lrn" local_size: 7 alpha: 0.0001 beta: 0.5 k: 2 }
  bottom: "pool1" top: "norm1"
}
layers {
  layer {
    name: "fc" type: "innerproduct" num_output: 10
    bias_filler { type: "constant" value: 1 }
  }
  bottom: "norm1" top: "fc"
}
layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.7 } bottom: "fc" top: "fc" }
layers { layer { name: "loss" type: "softmax_loss" } bottom: "fc" bottom: "label" }
"""

UPGRADED = """
name: "CaffeNet"
layer {
  name: "data" type: "Data" top: "data" top: "label"
  transform_param { scale: 0.5 mirror: true crop_size: 227 mean_file: "mean.binaryproto" }
  data_param { source: "train_leveldb" batch_size: 256 rand_skip: 3 }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param {
    num_output: 96 bias_term: false pad: 2 kernel_size: 11 group: 2 stride: 4
    weight_filler { type: "gaussian" std: 0.01 }
  }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 }
}
layer {
  name: "norm1" type: "LRN" bottom: "pool1" top: "norm1"
  lrn_param { local_size: 7 alpha: 0.0001 beta: 0.5 k: 2 }
}
layer {
  name: "fc" type: "InnerProduct" bottom: "norm1" top: "fc"
  inner_product_param { num_output: 10 bias_filler { type: "constant" value: 1 } }
}
layer {
  name: "drop" type: "Dropout" bottom: "fc" top: "fc" dropout_param { dropout_ratio: 0.7 }
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" }
"""


def test_a_net_of_2013_is_rewritten():
    assert format_text(parse_net(NET)) == format_text(parse_net(UPGRADED))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'name: "w" type: "window_data" source: "w.txt" batchsize: 8 det_fg_threshold: 0.6 '
            "det_bg_threshold: 0.4 det_fg_fraction: 0.5 det_context_pad: 16 "
            'det_crop_mode: "square" cropsize: 9',
            'name: "w" type: "WindowData" transform_param { crop_size: 9 } window_data_param { '
            'source: "w.txt" batch_size: 8 fg_threshold: 0.6 bg_threshold: 0.4 fg_fraction: 0.5 '
            'context_pad: 16 crop_mode: "square" }',
        ),
        (
            'name: "i" type: "images" source: "i.txt" shuffle_images: true new_height: 5 '
            "new_width: 6",
            'name: "i" type: "ImageData" image_data_param { source: "i.txt" shuffle: true '
            "new_height: 5 new_width: 6 }",
        ),
        (
            'name: "c" type: "concat" concat_dim: 0',
            'name: "c" type: "Concat" concat_param { concat_dim: 0 }',
        ),
        (
            'name: "h" type: "hdf5_output" hdf5_output_param { file_name: "o.h5" }',
            'name: "h" type: "HDF5Output" hdf5_output_param { file_name: "o.h5" }',
        ),
    ],
)
def test_layer(old, new):
    assert parse_net(f"layers {{ layer {{ {old} }} }}") == parse_net(f"layer {{ {new} }}")


def test_fields_of_other_layers_are_ignored_with_a_warning():
    text = 'layers { layer { name: "a" type: "relu" kernelsize: 3 } }'
    with pytest.warns(ConfigWarning, match=r"layer 'a' \(relu\): kernelsize means nothing here"):
        net = parse_net(text)
    assert net == parse_net('layer { name: "a" type: "ReLU" }')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name: "a" type: "magic"', "n: layer 'a': unknown V0 type 'magic'; known types: accuracy"),
        (
            'name: "p" type: "padding" pad: 1',
            r"n: layer 'p' \(padding\): has 0 bottoms and 0 tops; it needs one of each",
        ),
    ],
)
def test_what_cannot_be_rewritten_is_an_error(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_net(f"layers {{ layer {{ {text} }} }}", "n")


def test_only_conv_and_pool_can_pad():
    text = """
    layers { layer { name: "p" type: "padding" pad: 1 } bottom: "data" top: "padded" }
    layers { layer { name: "r" type: "relu" } bottom: "padded" top: "r" }
    """
    with pytest.raises(ConfigError, match=r"layer 'r' \(relu\): stands above the padding layer"):
        parse_net(text)


def test_the_name_of_a_type():
    assert v0_type_name("innerproduct") == "InnerProduct"
    assert v0_type_name("magic") == ""


def test_a_name_written_anew_is_padded_no_longer():
    net = parse_net("""
    layers { layer { name: "p" type: "padding" pad: 1 } bottom: "data" top: "x" }
    layers { layer { name: "c" type: "conv" } bottom: "x" top: "x" }
    layers { layer { name: "q" type: "pool" } bottom: "x" top: "y" }
    """)
    conv, pool = net.layer
    assert (conv.bottom, conv.convolution_param.pad) == (["data"], [1])
    assert (pool.bottom, pool.pooling_param.HasField("pad")) == (["x"], False)
