from pathlib import Path

import pytest

from cortado.proto import ConfigWarning, format_text, parse_net
from cortado.proto.caffe_pb2 import LayerParameter, ParamSpec, V1LayerParameter
from cortado.proto.upgrade_v1 import v1_type_name

GOLDEN = Path(__file__).parents[1] / "goldens/nets/legacy_v1.npz"

# What Caffe's own upgrade calls them.
TYPES = """
NONE= ABSVAL=AbsVal ACCURACY=Accuracy ARGMAX=ArgMax BNLL=BNLL CONCAT=Concat
CONTRASTIVE_LOSS=ContrastiveLoss CONVOLUTION=Convolution DECONVOLUTION=Deconvolution DATA=Data
DROPOUT=Dropout DUMMY_DATA=DummyData EUCLIDEAN_LOSS=EuclideanLoss ELTWISE=Eltwise EXP=Exp
FLATTEN=Flatten HDF5_DATA=HDF5Data HDF5_OUTPUT=HDF5Output HINGE_LOSS=HingeLoss IM2COL=Im2col
IMAGE_DATA=ImageData INFOGAIN_LOSS=InfogainLoss INNER_PRODUCT=InnerProduct LRN=LRN
MEMORY_DATA=MemoryData MULTINOMIAL_LOGISTIC_LOSS=MultinomialLogisticLoss MVN=MVN POOLING=Pooling
POWER=Power RELU=ReLU SIGMOID=Sigmoid SIGMOID_CROSS_ENTROPY_LOSS=SigmoidCrossEntropyLoss
SILENCE=Silence SLICE=Slice SOFTMAX=Softmax SOFTMAX_LOSS=SoftmaxWithLoss SPLIT=Split TANH=TanH
THRESHOLD=Threshold WINDOW_DATA=WindowData
CROP=Crop BN=BN NORMALIZE=Normalize ROIPOOLING=ROIPooling RELU6=ReLU6 BATCH_NORM=BatchNorm
CONVOLUTION3D=Convolution3D TRIPLET_LOSS=TripletLoss
"""


@pytest.mark.parametrize("pair", TYPES.split())
def test_type(pair):
    old, new = pair.split("=")
    assert v1_type_name(V1LayerParameter.LayerType.Value(old)) == new


def test_unknown_types_keep_their_number():
    assert v1_type_name(999) == "V1:999"


def test_rates_and_sharing_become_param_specs():
    net = parse_net("""
    layers {
      name: "ip" type: INNER_PRODUCT bottom: "a" bottom: "b" top: "c"
      blobs_lr: 1 blobs_lr: 2 weight_decay: 0.5 param: "w" blob_share_mode: PERMISSIVE
      loss_weight: 3 include { phase: TRAIN } exclude { stage: "s" }
      inner_product_param { num_output: 5 }
    }
    """)
    wanted = parse_net("""
    layer {
      name: "ip" type: "InnerProduct" bottom: "a" bottom: "b" top: "c" loss_weight: 3
      param { name: "w" share_mode: PERMISSIVE lr_mult: 1 decay_mult: 0.5 } param { lr_mult: 2 }
      include { phase: TRAIN } exclude { stage: "s" } inner_product_param { num_output: 5 }
    }
    """)
    assert net == wanted
    assert net.layer[0].param[0].share_mode == ParamSpec.PERMISSIVE
    assert not net.layers


def test_every_parameter_of_a_v1_layer_has_a_place_to_go():
    for field in V1LayerParameter.DESCRIPTOR.fields:
        if field.name.endswith("_param"):
            target = LayerParameter.DESCRIPTOR.fields_by_name[field.name]
            assert target.message_type is field.message_type


def test_the_transform_of_data_layers_moves():
    net = parse_net("""
    layers { type: DATA data_param {
      source: "s" scale: 2 mean_file: "m" crop_size: 3 mirror: true } }
    layers { type: IMAGE_DATA image_data_param { source: "s" crop_size: 3 } }
    layers { type: WINDOW_DATA window_data_param { source: "s" mirror: true } }
    layers { type: HDF5_DATA hdf5_data_param { source: "s" } }
    """)
    wanted = parse_net("""
    layer { type: "Data" data_param { source: "s" }
      transform_param { scale: 2 mean_file: "m" crop_size: 3 mirror: true } }
    layer { type: "ImageData" image_data_param { source: "s" } transform_param { crop_size: 3 } }
    layer { type: "WindowData" window_data_param { source: "s" }
      transform_param { mirror: true } }
    layer { type: "HDF5Data" hdf5_data_param { source: "s" } }
    """)
    assert net == wanted


def test_the_old_name_of_eltwise_is_a_product():
    net = parse_net('layers { type: ELTWISE_PRODUCT bottom: "a" bottom: "b" top: "c" }')
    assert net.layer[0].type == "Eltwise"
    assert net.layer[0].eltwise_param.operation == net.layer[0].eltwise_param.PROD


def test_layers_win_over_layer_with_a_warning():
    with pytest.warns(ConfigWarning, match=r"net 'n': gives both layers \{ \} and layer \{ \}"):
        net = parse_net('name: "n" layer { name: "new" } layers { name: "old" type: RELU }')
    assert [layer.name for layer in net.layer] == ["old"]


def test_a_v1_net_that_caffe_ran_is_read(read_archive):
    net = parse_net(str(read_archive(GOLDEN)["prototxt"]))
    assert [layer.type for layer in net.layer] == [
        "Input",
        "Convolution",
        "ReLU",
        "InnerProduct",
        "Softmax",
    ]
    assert [(spec.lr_mult, spec.decay_mult) for spec in net.layer[1].param] == [(1, 1), (2, 0)]
    assert list(net.layer[0].input_param.shape[0].dim) == [4, 3, 8, 8]
    assert parse_net(format_text(net)) == net
